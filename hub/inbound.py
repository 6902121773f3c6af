"""What may be wrong with a message from outside, and the limits every one of them is read under.

The errors are raised by the readers of `hub.stores` and `hub.tiktok`; `hub.web.hooks` turns them into answers.
"""

from __future__ import annotations

import json
import math
from typing import Any

from hub import clock

MAX_BODY = 1024 * 1024
MAX_DEPTH = 40
SKEW_S = 300


class BadSignature(Exception):
    """The message does not prove who sent it (401 ``signature``)."""


class Skewed(Exception):
    """It is signed, but its time is more than five minutes off (401 ``clock``). ``server_time`` in seconds."""

    def __init__(self, server_time: float | None = None) -> None:
        super().__init__("the sender's clock is off")
        self.server_time = server_time if server_time is not None else clock.timestamp()


class Unreadable(Exception):
    """Signed, but not what the contract says (422)."""


def read_json(body: bytes, *, max_bytes: int = MAX_BODY, max_depth: int = MAX_DEPTH) -> Any:
    """The body as JSON under our limits. Raises `Unreadable`.

    Refused: what is too large or too deep, a name that stands twice in one object (two readers could each believe
    another one), NaN and infinities. Text that no database takes (NUL, lone surrogates) is replaced by U+FFFD.
    """
    if len(body) > max_bytes:
        raise Unreadable(f"more than {max_bytes} bytes")
    if _depth(body) > max_depth:
        raise Unreadable(f"nested deeper than {max_depth}")
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse,
                           parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    return storable(value)


def storable(value: Any) -> Any:
    """The same value with texts that every database takes."""
    if isinstance(value, str):
        if "\x00" in value:
            value = value.replace("\x00", "\ufffd")
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [storable(part) for part in value]
    if isinstance(value, dict):
        return {storable(name): storable(part) for name, part in value.items()}
    return value


def _depth(body: bytes) -> int:
    """How deep brackets nest outside of strings, without building anything."""
    deepest = depth = 0
    in_string = escaped = False
    for byte in body:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in (0x5B, 0x7B):
            depth += 1
            deepest = max(deepest, depth)
        elif byte in (0x5D, 0x7D):
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond all bounds")
    return number

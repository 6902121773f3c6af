"""Why a message that came in is not taken: shared by all senders, turned into statuses by the routes that receive.

BadSignature   401  nobody we know sent it, or it was changed on the way
Skewed         401  rightly signed, but too old or from the future; carries our time for the sender to correct
Unreadable     422  rightly signed, but not what the contract says a message looks like
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

# No sender sends more in one message.
MAX_BODY = 1024 * 1024


class NotTaken(Exception):
    """Base of the three reasons. ``says`` is for the sender's log; it repeats nothing of the message."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


class BadSignature(NotTaken):
    """The signature is missing or does not fit the bytes."""


class Skewed(NotTaken):
    """The sender's clock and ours differ by more than is allowed; ``server_time`` is ours, aware UTC."""

    def __init__(self, says: str, server_time: datetime) -> None:
        super().__init__(says)
        self.server_time = server_time


class Unreadable(NotTaken):
    """The body is no message: not JSON, too deep, or a field of another kind than agreed."""


def storable(value: Any) -> Any:
    """The same value with texts that every database takes: NUL and lone surrogates become U+FFFD."""
    if isinstance(value, str):
        if "\x00" in value:
            value = value.replace("\x00", "\ufffd")
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [storable(part) for part in value]
    if isinstance(value, dict):
        return {storable(name): storable(part) for name, part in value.items()}
    return value

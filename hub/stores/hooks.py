"""The signatures between hub and plugins (contracts/plugins.md 1, 2): keys, verified batches, signed calls and answers.

One secret makes four keys, one for each direction, so that nothing can be sent back to where it came from:

K1  plugin → hub: events          K2  hub → plugin: calls (PrestaShop)
K3  the plugin's answers          K4  the hub's answer to hello

A message is signed over ``id.timestamp.body`` as Standard Webhooks 1.0 says. Pure but for `hub.clock`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub import clock
from hub.domain.events import Event
from hub.inbound import BadSignature, Skewed, Unreadable, storable
from hub.stores.base import HookSecrets

SKEW_S = 300
MOST_EVENTS = 100
MOST_BYTES = 512 * 1024
_LONGEST_ID = 120
_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Keys:
    """The four keys of one secret, 32 raw bytes each (K1 of an App Secret has its length)."""

    k1: bytes
    k2: bytes
    k3: bytes
    k4: bytes


def keys_of(secret: str) -> Keys:
    """All four keys. ``whsec_…`` is decoded from base64; an App Secret's characters are taken as they are shown."""
    first = first_key(secret)
    return Keys(first, *(hmac.new(first, label, hashlib.sha256).digest() for label in (
        b"shopbridge hub to plugin v1", b"shopbridge plugin answer v1", b"shopbridge hub answer v1")))


def first_key(secret: str) -> bytes:
    """K1. The hub keeps the secret of a webhook URL without its prefix: 44 characters of base64 that make 32 bytes."""
    text = secret.removeprefix(_PREFIX)
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
    return raw if len(raw) == 32 and len(text) == 44 else secret.encode()


def sign(key: bytes, message_id: str, seconds: int | str, body: bytes) -> str:
    """``v1,`` and the base64 HMAC-SHA256 of ``id.timestamp.body``."""
    mac = hmac.new(key, f"{message_id}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def signed_headers(key: bytes, message_id: str, body: bytes) -> dict[str, str]:
    """The three headers of a message that leaves now."""
    seconds = int(clock.timestamp())
    return {"webhook-id": message_id, "webhook-timestamp": str(seconds),
            "webhook-signature": sign(key, message_id, seconds, body)}


def answer_headers(secret: str, message_id: str, body: bytes) -> dict[str, str]:
    """The headers of our answer to hello: K4, under the id that hello came with."""
    return signed_headers(keys_of(secret).k4, message_id, body)


def is_signed(key: bytes, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the signatures in these (lower-case) headers is this key's. Says nothing about the age."""
    expected = sign(key, headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""), body).encode()
    given = headers.get("webhook-signature", "").split(" ")[:8]
    return any([hmac.compare_digest(expected, one.encode("utf-8", "replace")) for one in given])


def read_events(body: bytes, headers: Mapping[str, str], secrets: HookSecrets) -> tuple[Sequence[Event], str]:
    """A plugin's batch as events, and the secret it was signed with: during a rotation both count.

    ``headers`` by lower-case name. Raises `BadSignature`, `Skewed` (± 5 min, by the signed timestamp), `Unreadable`.
    """
    secret = next((one for one in secrets.hook if is_signed(first_key(one), headers, body)), None)
    if secret is None or not headers.get("webhook-id"):
        raise BadSignature("signature")
    _check_age(headers.get("webhook-timestamp", ""))
    return _events(body), secret


def _check_age(stamp: str) -> None:
    now = clock.now()
    is_number = stamp.isascii() and stamp.isdigit() and len(stamp) <= 12
    if not is_number or abs(now.timestamp() - int(stamp)) > SKEW_S:
        raise Skewed("the clocks differ by more than five minutes", now)


def _events(body: bytes) -> list[Event]:
    if len(body) > MOST_BYTES:
        raise Unreadable("a batch has at most 512 KiB")
    try:
        batch = storable(json.loads(body))
    except (ValueError, RecursionError):
        raise Unreadable("the body is no JSON") from None
    rows = batch.get("events") if isinstance(batch, dict) else None
    if not isinstance(rows, list) or not rows:
        raise Unreadable("events must be a list with something in it")
    if len(rows) > MOST_EVENTS:
        raise Unreadable("a batch has at most 100 events")
    events = [_event(row) for row in rows]
    if len(events) > 1 and any(event.kind == "plugin.hello" for event in events):
        raise Unreadable("hello travels alone")
    return events


def _event(row: Any) -> Event:
    if not isinstance(row, dict):
        raise Unreadable("an event must be an object")
    subject = row.get("subject")
    if not isinstance(subject, dict):
        raise Unreadable("subject must be an object")
    event_id, kind = _text(row, "id"), _text(row, "type")
    if not event_id or not kind:
        raise Unreadable("an event has an id and a type")
    seq = row.get("seq")
    if seq is not None and (not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq < 2**63):
        raise Unreadable("seq must be a whole number")
    return Event(event_id=event_id, kind=kind, subject=_text(subject, "id"), variant=_text(subject, "variant_id"),
                 scope=_text(row, "store"), via=_text(row, "via"), seq=seq, happened_at=_moment(row.get("at")), raw=row)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST_ID:
        raise Unreadable(f"{name} must be a text of at most {_LONGEST_ID} characters")
    return value


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise Unreadable("at must be a time such as 2026-11-20T12:00:00Z") from None
    if moment.tzinfo is None:
        raise Unreadable("at must name its time zone")
    try:
        return moment.astimezone(clock.now().tzinfo)
    except OverflowError:
        raise Unreadable("at is no moment of our time") from None

"""A webhook of TikTok Shop: is it theirs, and what does it point at (contract 10).

A message is a hint about where to look; what counts is read by API afterwards. Product ids in types 5, 16 and 37 are
JSON numbers above 2^53: they are kept digit by digit.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from hub.domain.events import Event
from hub.inbound import BadSignature, Unreadable
from hub.tiktok.signing import is_from_tiktok
from hub.tiktok.translate import moment, part, rows, text, words

# By the payload's number; subscriptions are made by these names (contract 10).
NAMES = {
    1: "ORDER_STATUS_CHANGE",
    2: "REVERSE_STATUS_UPDATE",
    3: "RECIPIENT_ADDRESS_UPDATE",
    4: "PACKAGE_UPDATE",
    5: "PRODUCT_STATUS_CHANGE",
    6: "SELLER_DEAUTHORIZATION",
    7: "UPCOMING_AUTHORIZATION_EXPIRATION",
    11: "CANCELLATION_STATUS_CHANGE",
    12: "RETURN_STATUS_CHANGE",
    13: "NEW_CONVERSATION",
    14: "NEW_MESSAGE",
    15: "PRODUCT_INFORMATION_CHANGE",
    16: "PRODUCT_CREATION",
    18: "PRODUCT_CATEGORY_CHANGE",
    33: "NEW_MESSAGE_LISTENER",
    36: "INVOICE_STATUS_CHANGE",
    37: "PRODUCT_AUDIT_STATUS_CHANGE",
}
_DEEPEST = 32
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def read(body: bytes, authorization: str, app_key: str, app_secret: str) -> Event:
    """The event in these bytes. Raises ``BadSignature`` before anything is read, ``Unreadable`` for what is no event.

    ``kind`` is the event's name, ``TYPE_<n>`` for a number we have none for. ``owner`` is the shop id, or the
    seller's or creator's open id. ``subject`` is the order or product, ``variant`` the cancellation, return, package
    or SKU. A message without id (type 3) is known by its content.
    """
    if not is_from_tiktok(app_key, app_secret, body, authorization):
        raise BadSignature("the Authorization header does not fit the body")
    message = _message(body)
    number = message.get("type")
    if isinstance(number, bool) or not isinstance(number, int):
        raise Unreadable("type is not a number")
    data = part(message, "data")
    subject, variant = _subject(number, data)
    return Event(
        event_id=text(message, "tts_notification_id") or "sha256:" + hashlib.sha256(body).hexdigest(),
        kind=NAMES.get(number, f"TYPE_{number}"),
        subject=subject,
        variant=variant,
        owner=text(message, "shop_id") or text(message, "seller_open_id") or text(message, "creator_open_id"),
        happened_at=moment(message.get("timestamp")) or moment(data.get("update_time")),
        raw=message,
    )


def _subject(number: int, data: Mapping[str, Any]) -> tuple[str, str]:
    if number == 4:
        packages = rows(data, "package_list")
        first: Mapping[str, Any] = packages[0] if packages else {}
        return next(iter(words(first, "order_id_list")), ""), text(first, "package_id")
    if number == 36:
        return next(iter(words(data, "order_ids")), ""), text(data, "package_id")
    subject = text(data, "order_id") or text(data, "product_id")
    return subject, text(data, "cancel_id") or text(data, "return_id") or text(data, "sku_id")


def _message(body: bytes) -> dict[str, Any]:
    try:
        # Fractions stay text: nothing of a webhook is reckoned with, and the whole is stored as JSON.
        message = json.loads(body, parse_float=str, parse_constant=_no_number)
        # What a database cannot store (half of a surrogate pair, NUL) must not get any further.
        whole = json.dumps(message, ensure_ascii=False)
        whole.encode()
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None
    if not isinstance(message, dict):
        raise Unreadable("the body is not an object")
    if "\\u0000" in whole and _NUL.search(whole):
        raise Unreadable("the body has a NUL character")
    if _depth(message) > _DEEPEST:
        raise Unreadable("the body is nested too deep")
    return message


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _depth(value: Any) -> int:
    """How deep objects and lists are nested, counted level by level: the body may be hostile."""
    level, deep = [value], 0
    while level:
        deep += 1
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(inner, (dict, list))
        ]
    return deep

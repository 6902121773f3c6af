"""BigCommerce's messages (contracts/bigcommerce.md 7): the secret in their header, their signature, and what they tell.

A message says only which thing changed. Its ``hash`` is the same on repeats; the same burst about an order comes several times
over, and the hub waits for its end.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub import clock
from hub.domain.events import Event
from hub.inbound import BadSignature, Skewed, Unreadable, storable
from hub.stores.base import HookSecrets

# The header that the hub lets BigCommerce send back with each message.
SECRET_HEADER = "X-Shopbridge-Secret"
SKEW_S = 300
_LONGEST = 120
_CANCELLED = (5, 6)

# All that the hub subscribes to (7.2): stock comes in four families, by how its product is tracked, and by location.
TOPICS = (
    "store/product/created", "store/product/updated", "store/product/deleted", "store/product/inventory/updated",
    "store/product/inventory/order/updated", "store/sku/created", "store/sku/updated", "store/sku/deleted", "store/sku/inventory/updated",
    "store/sku/inventory/order/updated", "store/channel/*/inventory/product/stock_changed", "store/order/created", "store/order/updated",
    "store/order/archived", "store/order/statusUpdated", "store/order/refund/created", "store/shipment/created", "store/shipment/updated",
    "store/shipment/deleted", "store/app/uninstalled",
)


def read_events(body: bytes, headers: Mapping[str, str], secrets: HookSecrets) -> tuple[Sequence[Event], str]:
    """The one event of a message, and the hook secret that its header held.

    Where it is also signed (Standard Webhooks, by the client secret), the signature must fit, too. Raises `BadSignature`, `Skewed`
    (± 5 minutes, by the signed time), `Unreadable`.
    """
    given = headers.get(SECRET_HEADER.lower(), "").encode("utf-8", "replace")
    secret = next((one for one in secrets.hook if hmac.compare_digest(one.encode(), given)), None)
    if not secret:
        raise BadSignature("secret")
    if "webhook-signature" in headers:
        _check_signature(body, headers, secrets.settings.get("app_secret", ""))
    return [_event(body)], secret


def sign(client_secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """``v1,`` and the base64 HMAC-SHA256 of ``id.timestamp.body`` by the client secret's own bytes (7.3)."""
    mac = hmac.new(client_secret.encode(), f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def _check_signature(body: bytes, headers: Mapping[str, str], client_secret: str) -> None:
    stamp = headers.get("webhook-timestamp", "")
    expected = sign(client_secret, headers.get("webhook-id", ""), stamp, body).encode()
    given = headers["webhook-signature"].split(" ")[:8]
    if not client_secret or not any([hmac.compare_digest(expected, one.encode("utf-8", "replace")) for one in given]):
        raise BadSignature("signature")
    now = clock.now()
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12) or abs(now.timestamp() - int(stamp)) > SKEW_S:
        raise Skewed("the clocks differ by more than five minutes", now)


def _event(body: bytes) -> Event:
    try:
        row = storable(json.loads(body))
    except (ValueError, RecursionError):
        raise Unreadable("the body is no JSON") from None
    if not isinstance(row, dict):
        raise Unreadable("the body must be an object")
    topic, data = _text(row.get("scope"), "scope"), row.get("data") or {}
    if not topic or not isinstance(data, dict):
        raise Unreadable("a message has a scope and an object data")
    kind, subject, variant = _meaning(topic, data)
    # Without a hash it is known by its bytes, which a repeat has again.
    event_id = _text(row.get("hash"), "hash") or f"sha256:{hashlib.sha256(body).hexdigest()}"
    return Event(event_id=event_id, kind=kind, subject=subject, variant=variant, happened_at=_moment(row.get("created_at")),
                 raw={"scope": topic, "id": _text(data.get("id"), "id")})


def _meaning(topic: str, data: Mapping[str, Any]) -> tuple[str, str, str]:
    """Neutral kind, subject and variant. A topic that the hub has no use for keeps its own name."""
    parts = topic.split("/")
    family = parts[1] if len(parts) > 2 else ""
    if family == "channel" and "inventory" in parts:
        return "stock.changed", _text(data.get("product_id"), "product_id"), _text(data.get("variant_id"), "variant_id")
    read = _FAMILIES.get(family)
    return read(parts[2:], data) if read is not None else (topic, _text(data.get("id"), "id"), "")


def _of_product(rest: Sequence[str], data: Mapping[str, Any]) -> tuple[str, str, str]:
    kinds = {"deleted": "product.deleted", "inventory": "stock.changed"}
    return kinds.get(rest[0], "product.saved"), _text(data.get("id"), "id"), ""


def _of_sku(rest: Sequence[str], data: Mapping[str, Any]) -> tuple[str, str, str]:
    named = data.get("inventory") if rest[0] == "inventory" else data.get("sku")
    if not isinstance(named, Mapping):
        raise Unreadable("a sku message names its product")
    product, variant = _text(named.get("product_id"), "product_id"), _text(named.get("variant_id"), "variant_id")
    return "stock.changed" if rest[0] == "inventory" else "product.saved", product, variant


def _of_order(rest: Sequence[str], data: Mapping[str, Any]) -> tuple[str, str, str]:
    status = data.get("status")
    kind = "refund.created" if rest[0] == "refund" else "order.changed"
    if rest[0] == "statusUpdated" and isinstance(status, Mapping) and status.get("new_status_id") in _CANCELLED:
        kind = "order.cancelled"
    return kind, _text(data.get("id"), "id"), ""


def _of_shipment(_: Sequence[str], data: Mapping[str, Any]) -> tuple[str, str, str]:
    return "shipment.changed", _text(data.get("orderId") or data.get("order_id"), "orderId"), ""


def _of_app(rest: Sequence[str], _: Mapping[str, Any]) -> tuple[str, str, str]:
    return ("store.uninstalled" if rest[0] == "uninstalled" else f"store/app/{rest[0]}"), "", ""


_FAMILIES: Mapping[str, Callable[[Sequence[str], Mapping[str, Any]], tuple[str, str, str]]] = {
    "product": _of_product, "sku": _of_sku, "order": _of_order, "shipment": _of_shipment, "app": _of_app,
}


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or len(str(value)) > _LONGEST:
        raise Unreadable(f"{name} must be an id or a text of at most {_LONGEST} characters")
    return str(value)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 253_402_300_800:
        return None
    return datetime.fromtimestamp(value, UTC)

"""What Shopify posts: verified over the raw bytes with the app's client secret, named in the hub's words (contracts/shopify.md 6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from hub.domain.events import Event
from hub.inbound import BadSignature, Unreadable, storable
from hub.stores.base import HookSecrets
from hub.stores.shopify.settings import moment, shop_host
from hub.stores.shopify.translate import ITEM

# Topic → the hub's kind, and which field of the body names the thing.
_KINDS: Mapping[str, tuple[str, str]] = {
    "products/create": ("product.saved", "id"), "products/update": ("product.saved", "id"), "products/delete": ("product.deleted", "id"),
    "inventory_levels/update": ("stock.changed", "inventory_item_id"), "inventory_levels/connect": ("stock.changed", "inventory_item_id"),
    "inventory_levels/disconnect": ("stock.changed", "inventory_item_id"),
    "orders/create": ("order.changed", "id"), "orders/updated": ("order.changed", "id"), "orders/paid": ("order.changed", "id"),
    "orders/edited": ("order.changed", "order_id"), "orders/fulfilled": ("order.changed", "id"),
    "orders/partially_fulfilled": ("order.changed", "id"), "orders/delete": ("order.changed", "id"), "orders/cancelled": ("order.cancelled", "id"),
    "fulfillments/create": ("shipment.changed", "order_id"), "fulfillments/update": ("shipment.changed", "order_id"),
    "refunds/create": ("refund.created", "order_id"),
    "app/uninstalled": ("store.uninstalled", ""), "app/scopes_update": ("store.scopes_changed", ""),
    "customers/data_request": ("privacy.data_request", "customer.id"), "customers/redact": ("privacy.customer_redact", "customer.id"),
    "shop/redact": ("privacy.shop_redact", ""),
}
_ABOUT_A_THING = frozenset({"product.saved", "product.deleted", "stock.changed", "order.changed", "order.cancelled", "shipment.changed",
                            "refund.created"})
_MOST_BYTES = 1024 * 1024


def read_events(body: bytes, headers: Mapping[str, str], secrets: HookSecrets) -> tuple[Sequence[Event], str]:
    """One message is one event. Its id is the same for each delivery of one message, so that a repeat is known.

    Shopify signs no time and sends a message again for four hours as it was, so its age says nothing.
    Raises `BadSignature` for another key or another shop, `Unreadable`.
    """
    if not is_signed(secrets.settings.get("api_secret", ""), body, _header(headers, "hmac-sha256")):
        raise BadSignature("signature")
    shop = str(secrets.settings.get("shop") or "")
    if shop and _host(_header(headers, "shop-domain")) != _host(shop):
        raise BadSignature("another shop")
    topic, message_id = _header(headers, "topic"), _header(headers, "webhook-id")
    if not topic:
        raise Unreadable("the message has no topic")
    if len(body) > _MOST_BYTES:
        raise Unreadable("a message has at most 1 MiB")
    row = _read(body)
    kind, field = _KINDS.get(topic, (topic.replace("/", "."), "id"))
    subject = _named(row, field)
    if kind in _ABOUT_A_THING and not subject.isdigit():
        raise Unreadable(f"{field} must be a number")
    # Only where to look is kept: what the body says of it is read afresh, and a buyer's data nobody needs here.
    told: dict[str, Any] = {"topic": topic, "id": subject}
    if kind.startswith("privacy."):
        orders = row.get("orders_requested") or row.get("orders_to_redact") or ()
        told = {"topic": topic, "orders": [str(one) for one in orders], "customer": subject}
    return [Event(event_id=message_id, kind=kind, subject=f"{ITEM}{subject}" if kind == "stock.changed" else subject,
                  happened_at=moment(_header(headers, "triggered-at")), raw=told)], ""


def is_signed(secret: str, body: bytes, given: str) -> bool:
    """Whether the header is base64 of HMAC-SHA256 over exactly these bytes."""
    expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    return bool(secret) and hmac.compare_digest(expected, given.strip().encode("utf-8", "replace"))


def _header(headers: Mapping[str, str], name: str) -> str:
    """By either family of names: ``x-shopify-topic``, and ``shopify-topic`` of the newer events."""
    return headers.get(f"x-shopify-{name}") or headers.get(f"shopify-{name}") or ""


def _host(text: str) -> str:
    try:
        return shop_host(text)
    except ValueError:
        return text.strip().lower()


def _read(body: bytes) -> dict[str, Any]:
    try:
        row = storable(json.loads(body)) if body else {}
    except (ValueError, RecursionError):
        raise Unreadable("the body is no JSON") from None
    if not isinstance(row, dict):
        raise Unreadable("the body must be an object")
    return row


def _named(row: Mapping[str, Any], field: str) -> str:
    found: Any = row
    for name in field.split(".") if field else ():
        found = found.get(name) if isinstance(found, Mapping) else None
    return str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""

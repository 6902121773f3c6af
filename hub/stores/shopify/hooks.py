"""The hub's webhooks in Shopify: registered, mended, taken away (contracts/shopify.md 6.1, 6.2).

Bodies are cut to what tells where to look: no buyer's data travels, and a product with a thousand variants stays small.
Shopify deletes a subscription after eight failures in a row, so they are looked after with each check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from hub.stores.base import HookReport
from hub.stores.shopify import documents
from hub.stores.shopify.client import Client, NotTaken

_THING = ("id", "admin_graphql_api_id", "updated_at")
_OF_ORDER = ("id", "order_id", "admin_graphql_api_id", "updated_at")
TOPICS: Mapping[str, Sequence[str]] = {
    "PRODUCTS_CREATE": _THING, "PRODUCTS_UPDATE": _THING, "PRODUCTS_DELETE": (),
    "INVENTORY_LEVELS_UPDATE": (), "INVENTORY_LEVELS_CONNECT": (), "INVENTORY_LEVELS_DISCONNECT": (),
    "ORDERS_UPDATED": _THING, "ORDERS_CANCELLED": _THING, "ORDERS_FULFILLED": _THING, "ORDERS_PARTIALLY_FULFILLED": _THING, "ORDERS_DELETE": (),
    "FULFILLMENTS_CREATE": _OF_ORDER, "FULFILLMENTS_UPDATE": _OF_ORDER, "REFUNDS_CREATE": ("id", "order_id", "admin_graphql_api_id", "created_at"),
    "APP_UNINSTALLED": ("id", "myshopify_domain"), "APP_SCOPES_UPDATE": (),
}
_A_PAGE = 100


class Hooks:
    """Subscriptions of this app in one shop; Shopify shows an app only its own."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def ensure(self, address: str) -> HookReport:
        """Registers what is missing at this address and takes away the hub's own at any other. Repeating it changes nothing."""
        made, mended, kept = [], [], []
        there = self._all()
        for one in there:
            if one.get("uri") != address and _is_ours(str(one.get("uri") or ""), address):
                self._delete(one)
        mine = {str(one["topic"]): one for one in there if one.get("uri") == address}
        for topic, fields in TOPICS.items():
            hook: dict[str, Any] = {"uri": address, "format": "JSON", "includeFields": list(fields)}
            found = mine.get(topic)
            if found is None:
                if self._create(topic, hook):
                    made.append(topic)
                else:
                    kept.append(topic)
            elif found.get("format") != "JSON" or sorted(found.get("includeFields") or ()) != sorted(fields):
                self._client.write(documents.HOOK_UPDATE, {"id": found["id"], "hook": hook}, "webhookSubscriptionUpdate",
                                   crash_point="shopify.hooks.update")
                mended.append(topic)
            else:
                kept.append(topic)
        return HookReport(tuple(made), tuple(mended), tuple(kept))

    def remove(self, address: str) -> None:
        """Takes away what is registered at this address."""
        for one in self._all():
            if one.get("uri") == address:
                self._delete(one)

    def _all(self) -> list[Mapping[str, Any]]:
        return [one for _, page in self._client.pages(documents.HOOKS, ("webhookSubscriptions",), first=_A_PAGE) for one in page]

    def _create(self, topic: str, hook: Mapping[str, Any]) -> bool:
        try:
            self._client.write(documents.HOOK_CREATE, {"topic": topic, "hook": hook}, "webhookSubscriptionCreate", crash_point="shopify.hooks.create")
        except NotTaken as error:
            # Another worker was faster between the look and the call.
            if "already been taken" not in error.says:
                raise
            return False
        return True

    def _delete(self, one: Mapping[str, Any]) -> None:
        try:
            self._client.write(documents.HOOK_DELETE, {"id": one["id"]}, "webhookSubscriptionDelete", crash_point="shopify.hooks.delete")
        except NotTaken:
            if any(there["id"] == one["id"] for there in self._all()):
                raise


def _is_ours(uri: str, address: str) -> bool:
    """Whether that is an address of this connection at another place, or of this hub's for another one of the same shop: webhook
    addresses end in a key that is drawn once, and stand in one folder."""
    there, here = urlsplit(uri), urlsplit(address)
    is_same_hub = (there.scheme, there.netloc) == (here.scheme, here.netloc) and there.path.rpartition("/")[0] == here.path.rpartition("/")[0]
    return is_same_hub or there.path == here.path

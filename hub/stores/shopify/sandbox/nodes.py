"""The shop itself, the app's installation, and whatever a global id names (`node`, `nodes`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.stores.shopify.sandbox.access import needs
from hub.stores.shopify.sandbox.catalogue_fields import find_level, find_variant
from hub.stores.shopify.sandbox.fulfilment import find_fulfillment, find_order_of
from hub.stores.shopify.sandbox.graph import Call, Refusal, connection, field, gid, number_of
from hub.stores.shopify.sandbox.order_fields import find_order

Args = dict[str, Any]
Finder = Callable[[Call, str], Any]


def _numbered(kind: str, of: Callable[[Call], Any]) -> Finder:
    return lambda call, given: of(call).get(number_of(given, kind) or 0)


_FINDERS: dict[str, tuple[str, Finder]] = {
    "Product": ("read_products", _numbered("Product", lambda call: call.sim.catalogue.products)),
    "ProductVariant": ("read_products", find_variant),
    "Collection": ("read_products", _numbered("Collection", lambda call: call.sim.catalogue.collections)),
    "MediaImage": ("read_products", _numbered("MediaImage", lambda call: call.sim.catalogue.pictures)),
    "InventoryItem": ("read_inventory", lambda call, given: call.sim.catalogue.item(number_of(given, "InventoryItem"))),
    "InventoryLevel": ("read_inventory", find_level),
    "Location": ("read_locations", lambda call, given: call.sim.catalogue.location(number_of(given, "Location"))),
    "TaxonomyCategory": ("read_products", lambda call, given: next(
        (each for each in call.sim.catalogue.taxons.values() if each.id == given), None)),
    "Order": ("read_orders", find_order),
    "Fulfillment": ("read_orders", find_fulfillment),
    "FulfillmentOrder": ("", find_order_of),
    "BulkOperation": ("", lambda call, given: call.sim.bulk.operations.get(number_of(given, "BulkOperation") or 0)),
    "WebhookSubscription": ("", lambda call, given: call.sim.sender.subscription(number_of(given, "WebhookSubscription"))),
}  # fmt: skip


def find(call: Call, kind: str, given: str) -> Any:
    """The object of a global id; None where there is none; a kind that is not carried is refused."""
    known = _FINDERS.get(kind)
    if known is None:
        raise Refusal(f"Invalid id: {given}", "RESOURCE_NOT_FOUND")
    scope, finder = known
    if scope:
        needs(call, scope, "node")
    return finder(call, given)


@field("QueryRoot", "node")
def _node(call: Call, _: Any, args: Args) -> Any:
    return call.sim.node(call, args["id"])


@field("QueryRoot", "nodes")
def _nodes(call: Call, _: Any, args: Args) -> list[Any]:
    if len(args["ids"]) > 250:
        raise Refusal(f"The input array size of {len(args['ids'])} is greater than the maximum allowed of 250", "MAX_INPUT_SIZE_EXCEEDED")
    return [call.sim.node(call, given) for given in args["ids"]]


@field("QueryRoot", "shop")
def _shop(call: Call, _: Any, args: Args) -> Args:
    sim = call.sim
    currency = sim.catalogue.currency
    return {
        "id": gid("Shop", 70_000_000_001), "name": sim.shop_name, "myshopifyDomain": sim.shop_domain, "email": "owner@practice.example",
        "contactEmail": "owner@practice.example", "createdAt": sim.started_at, "currencyCode": currency,
        "enabledPresentmentCurrencies": [currency], "ianaTimezone": sim.timezone, "taxesIncluded": sim.prices_include_tax,
        "taxShipping": False, "unitSystem": "METRIC_SYSTEM", "url": f"https://{sim.shop_domain}", "weightUnit": "KILOGRAMS",
        "shipsToCountries": [sim.country],
        "plan": {"publicDisplayName": "Basic", "shopifyPlus": False, "partnerDevelopment": sim.orders_per_minute is not None},
        "primaryDomain": {"id": gid("Domain", 1), "host": sim.shop_domain, "sslEnabled": True, "url": f"https://{sim.shop_domain}"},
        "resourceLimits": {"locationLimit": 1000, "maxProductOptions": 3, "maxProductVariants": 2048},
    }  # fmt: skip


@field("QueryRoot", "currentAppInstallation")
def _installation(call: Call, _: Any, args: Args) -> Args:
    scopes = [{"handle": scope, "description": scope.replace("_", " ")} for scope in sorted(call.login.scopes)]
    return {"id": gid("AppInstallation", 1), "app": call.sim.app, "accessScopes": scopes}


@field("QueryRoot", "publicApiVersions")
def _versions(call: Call, _: Any, args: Args) -> list[Args]:
    return [{"handle": handle, "displayName": handle, "supported": True} for handle in ("2026-04", "2026-07")]


class Publication(dict[str, Any]):
    """A sales channel's publication; the practice shop has the online store alone."""

    @property
    def id(self) -> str:
        """Its global id."""
        return str(self["id"])


_ONLINE_STORE = Publication(__typename="Publication", id=gid("Publication", 1), autoPublish=True)


@field("QueryRoot", "publication")
def _publication(call: Call, _: Any, args: Args) -> Publication | None:
    needs(call, "read_publications", "publication")
    return _ONLINE_STORE if number_of(args["id"], "Publication") == 1 else None


@connection("QueryRoot", "publications")
def _publications(call: Call, _: Any, args: Args) -> list[Publication]:
    needs(call, "read_publications", "publications")
    return [_ONLINE_STORE] if args.get("catalogType") in (None, "NONE", "APP") else []


@field("Mutation", "appUninstall")
def _uninstall(call: Call, _: Any, args: Args) -> Args:
    app = call.sim.app
    call.sim.uninstall()
    return {"app": app, "userErrors": []}

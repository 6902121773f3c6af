"""What the tests must know of each store system: the words of its practice store's journal, and its merchant's hands.

One `Merchant` per registered platform; the tests over all of them ask for what they need here and know no platform.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatch
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from hub.stores import PLATFORMS

if TYPE_CHECKING:
    from tests.support.world import World

Row = Mapping[str, Any]
_REFUSAL = "Off the market."


@dataclass(frozen=True, slots=True)
class Write:
    """A call that changes an order: its name in the journal, and what its body must match where one name does several things."""

    operation: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Merchant:
    """One store system. ``writes`` by the plugin's words for them, ``pages`` and ``offers`` are what a fault or the journal matches:
    a page of the catalogue, a look at prices and stock; ``page_size`` is where the adapter keeps how many products a page has, if a page
    is larger than what a test needs. ``refusal`` is how a call that creates an order is answered with a no."""

    slug: str
    writes: Mapping[str, Write]
    pages: Row
    offers: Row
    refusal: Row = field(default_factory=dict)
    half_made: Row = field(default_factory=dict)
    address: str = "base_url"
    page_size: str = ""
    ships_in_parts: bool = True
    changes_totals: bool = True
    permissions: tuple[str, ...] = ()

    # -- what the store does

    def refuse(self, world: World, order_id: str = "") -> None:
        """From now on the store says no to orders (or to this one)."""
        self.fault(world, {"operation": self.writes["orders.create"].operation, **({"contains": order_id} if order_id else {})}, self.refusal)

    def fault(self, world: World, match: Row, do: Row, times: int = -1, **more: Any) -> None:
        """The next calls that match are answered like this."""
        world.store(self.slug, "POST", "faults", {"match": dict(match), "do": dict(do), "times": times, **more})

    def dies_half_way(self, world: World) -> None:
        """The next orders are begun in the store and not finished, where its module can tell."""
        self.fault(world, {"operation": self.writes["orders.create"].operation}, self.half_made)

    def clears(self, world: World, order_id: str) -> None:
        """A person looked at what was left of this order, and took it away."""
        world.store(self.slug, "DELETE", "faults")

    def hurries(self, world: World) -> None:
        """The store lets itself be called as often as a test wants."""

    def says_it_again(self, world: World) -> None:
        """The store sends what it has said before once more."""
        world.store(self.slug, "POST", "events/hello")

    def falls_silent(self, world: World) -> None:
        """The store's messages are no longer meant for the hub, and the hub does not know."""
        world.store(self.slug, "POST", "unpair")

    def take_permissions(self, world: World) -> None:
        """The login may do less than the hub needs: what ``permissions`` names is missing."""
        raise NotImplementedError

    def give_permissions(self, world: World) -> None:
        """It may do all again."""
        raise NotImplementedError

    def a_penny(self, there: Row) -> Row:
        """What the merchant types in to give back a penny of this order."""
        return {"amount": "0.01"}

    # -- what the tests need to know

    @property
    def region(self) -> str:
        """The market of the TikTok shop that its practice store is joined to."""
        return PLATFORMS[self.slug].practice_store().region

    def small_pages(self, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
        """The adapter reads pages of so many products, where its own are too large for a test's catalogue."""
        if self.page_size:
            module, _, name = self.page_size.rpartition(".")
            monkeypatch.setattr(import_module(module), name, size)

    def names(self, order_id: str, copies: list[dict[str, Any]]) -> list[str]:
        """By what a call may name an order of TikTok Shop: its own id where our module is called."""
        return [order_id]

    def calls(self, journal: list[dict[str, Any]], match: Row) -> list[dict[str, Any]]:
        """Those of a journal that ``pages`` or ``offers`` matches."""
        return [one for one in journal if fnmatch(one["operation"], match.get("operation", "*"))
                and re.search(match.get("path_regex", ""), one["path"]) and unquote(match.get("contains", "")) in str(one["query"])]

    def numbers(self, there: Row) -> list[str]:
        """The tracking numbers of the parcels that the store shows."""
        return [str(track["number"]) for one in there["shipments"] for track in _tracks(one) if track.get("number")]


class Magento(Merchant):
    """Our module refuses what the shop refuses; the integration's resources are its permissions."""

    def a_penny(self, there: Row) -> Row:
        return {"lines": [{"sku": there["lines"][0]["sku"], "quantity": 0}], "shipping": "0", "adjustment": "0.01"}

    def take_permissions(self, world: World) -> None:
        world.store(self.slug, "POST", "integration", {"resources": ["Magento_Catalog::products"]})

    def give_permissions(self, world: World) -> None:
        world.store(self.slug, "POST", "integration", {"resources": None})


class PrestaShop(Merchant):
    """A webservice key with permissions by resource. The module signs its answers: it is the shop itself that refuses."""

    def refuse(self, world: World, order_id: str = "") -> None:
        if not order_id:
            world.store(self.slug, "POST", "countries", {"code": self.region, "active": False})
            return
        for line in world.tiktok("GET", f"orders/{order_id}")["line_items"]:
            world.store(self.slug, "PATCH", f"products/{line['seller_sku']}", {"active": False, "via": "sql"})

    def take_permissions(self, world: World) -> None:
        world.store(self.slug, "POST", "webservice", {"permissions": {"products": ["GET"]}})

    def give_permissions(self, world: World) -> None:
        world.store(self.slug, "POST", "webservice", {"permissions": None})

    def dies_half_way(self, world: World) -> None:
        world.store(self.slug, "POST", "die", {"stage": "order"})

    def clears(self, world: World, order_id: str) -> None:
        for one in world.store_orders(self.slug):
            world.store(self.slug, "DELETE", f"orders/{one['order_id']}")
        world.store(self.slug, "DELETE", f"keys/{order_id}")


class Shopify(Merchant):
    """An app with granted scopes, whose webhook subscriptions Shopify may drop."""

    def names(self, order_id: str, copies: list[dict[str, Any]]) -> list[str]:
        parts = [part for one in copies for part in one["fulfillment_orders"]]
        return [order_id, *(f"/Order/{one['order_id']}" for one in copies), *(f"/FulfillmentOrder/{one['id']}" for one in parts)]

    def hurries(self, world: World) -> None:
        world.store(self.slug, "POST", "settings", {"bucket": 200_000, "restore_rate": 100_000})

    def take_permissions(self, world: World) -> None:
        world.store(self.slug, "POST", "login", {"remove_scopes": list(self.permissions)})

    def give_permissions(self, world: World) -> None:
        standing = world.store(self.slug, "GET", "login")
        world.store(self.slug, "POST", "login", {"scopes": sorted({*standing["scopes"], *self.permissions})})

    def says_it_again(self, world: World) -> None:
        world.store(self.slug, "POST", "events/replay", {"count": 5})

    def falls_silent(self, world: World) -> None:
        world.store(self.slug, "POST", "events/forget")


class BigCommerce(Merchant):
    """An API account with permissions, and hooks that may vanish."""

    def names(self, order_id: str, copies: list[dict[str, Any]]) -> list[str]:
        return [order_id, *(f"/orders/{one['order_id']}" for one in copies)]

    def take_permissions(self, world: World) -> None:
        world.store(self.slug, "POST", "scopes", {"remove": list(self.permissions)})

    def give_permissions(self, world: World) -> None:
        world.store(self.slug, "POST", "scopes", {"scopes": None})

    def says_it_again(self, world: World) -> None:
        world.store(self.slug, "POST", "events/replay", {"last": 5})

    def falls_silent(self, world: World) -> None:
        for hook in world.store(self.slug, "GET", "hooks"):
            world.store(self.slug, "DELETE", f"hooks/{hook['id']}")


def standing(there: Row) -> str:
    """``held``, ``open``, ``shipped`` or ``cancelled``: where a row of a practice store's orders stands, whatever its own word."""
    word = str(there["state"])
    if word in ("cancelled", "canceled"):
        return "cancelled"
    left = [Decimal(str(line["quantity"])) - Decimal(str(line["shipped"])) - Decimal(str(line.get("refunded", 0)))
            for line in there["lines"] if "shipped" in line]
    if there.get("fulfillment") == "fulfilled" or left and max(left) <= 0:
        return "shipped"
    if there.get("fulfillment") == "on_hold" or word in ("held", "holded"):
        return "held"
    return {"complete": "shipped", "processing": "open"}.get(word, word)


def _tracks(shipment: Row) -> list[Row]:
    tracks = shipment.get("tracks")
    return [one if isinstance(one, Mapping) else {"number": one} for one in tracks] if tracks is not None else [shipment]


def _no(status: int, body: Any) -> dict[str, Any]:
    return {"status": status, "json": body}


_WORDS = ("orders.create", "orders.ship", "orders.cancel", "orders.refund", "orders.status", "listings.put")


def _writes(*names: str | tuple[str, str]) -> dict[str, Write]:
    return {word: Write(*([name] if isinstance(name, str) else name)) for word, name in zip(_WORDS, names, strict=False)}


_MODULE_NO = _no(422, {"problems": [{"code": "product", "where": "lines[0]", "says": _REFUSAL}]})
_HALF_MADE = {"code": "half_made", "says": "An earlier try died inside the shop's code."}

MERCHANTS: Mapping[str, Merchant] = {one.slug: one for one in (
    Magento(
        "magento", _writes("POST shopbridge/orders", "POST shopbridge/orders/<key>/shipments", "POST shopbridge/orders/<key>/cancel",
                           "POST shopbridge/orders/<key>/refunds", "PUT shopbridge/orders/<key>/status", "PUT shopbridge/listings"),
        pages={"path_regex": "/V1/products$", "method": "GET"}, offers={"path_regex": "/shopbridge/offers"},
        refusal=_MODULE_NO, half_made=_no(409, _HALF_MADE), permissions=("Magento_Sales::", "Magento_Catalog::categories")),
    PrestaShop(
        "prestashop", _writes(*(f"do:{word}" for word in _WORDS)),
        pages={"path_regex": "/api/products$", "method": "GET"}, offers={"operation": "do:offers"},
        ships_in_parts=False, permissions=("categories", "orders")),
    Shopify(
        "shopify", _writes("OrderCreate", "Ship", "OrderCancel", "Refund", "MetafieldsSet"),
        pages={"operation": "Products"}, offers={"operation": "Offers*"},
        refusal=_no(200, {"data": {"orderCreate": {"order": None, "userErrors": [{"field": ["order"], "message": _REFUSAL}]}}}),
        changes_totals=False, permissions=("write_orders", "read_locations")),
    BigCommerce(
        "bigcommerce", _writes("createOrder", "createOrderShipments", ("updateOrder", r'"status_id": ?5\b'), "createOrderRefund",
                               ("updateOrder", r'"status_id": ?(?!5\b)')),
        pages={"operation": "getProducts", "contains": "custom_fields"}, offers={"operation": "getProducts", "contains": "id%3Ain"},
        refusal=_no(400, [{"status": 400, "message": _REFUSAL}]), address="api_url",
        page_size="hub.stores.bigcommerce.catalogue.PAGE", permissions=("store_v2_orders", "store_inventory")),
)}
assert set(MERCHANTS) == set(PLATFORMS), "each registered platform has its merchant"


def is_about(text: str, names: list[str]) -> bool:
    """Whether one of these stands in the text, and not as the beginning of a longer number."""
    return any(re.search(rf"{re.escape(name)}(?!\d)", text) for name in names)

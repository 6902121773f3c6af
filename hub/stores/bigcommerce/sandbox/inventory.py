"""Inventory calls of v3: what is on hand where, absolute and relative adjustments, safety stock, locations (contract 3.5)."""

from __future__ import annotations

import uuid
from typing import Any

from hub.stores.bigcommerce.sandbox.bodies import Each, Flag, Shape, Text, Whole, insist_v3
from hub.stores.bigcommerce.sandbox.gate import Call, Table
from hub.stores.bigcommerce.sandbox.shop import LARGEST_STOCK, ItemKey, Location, Product, Shop, Stock, Variant
from hub.stores.bigcommerce.sandbox.wire import Refusal, envelope, iso

TABLE = Table(("store_inventory",))
LARGEST_WRITE = 2000
LARGEST_READ = 1000
_ITEM = Shape({"location_id": Whole(1), "sku": Text(255, 1), "variant_id": Whole(1), "product_id": Whole(1), "quantity": Whole()},
              required=("location_id", "quantity"))
_ADJUSTMENT = Shape({"reason": Text(), "items": Each(_ITEM, 1)}, required=("items",))
_SETTINGS = Shape({"settings": Each(Shape({
    "identity": Shape({"sku": Text(255, 1), "variant_id": Whole(1), "product_id": Whole(1)}), "safety_stock": Whole(0), "is_in_stock": Flag(),
    "warning_level": Whole(0), "bin_picking_number": Text(255)}, required=("identity",)), 1)}, required=("settings",))
_NAMES = ("sku", "variant_id", "product_id")
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def _item(shop: Shop, identity: dict[str, Any]) -> ItemKey | str:
    """The stock item that is named by exactly one of SKU, variant or product; else what is wrong."""
    given = [name for name in _NAMES if name in identity]
    if len(given) != 1:
        return "exactly one of sku, variant_id, product_id is needed"
    name, value = given[0], identity[given[0]]
    if name == "product_id":
        product = shop.products.get(value)
        if product is None:
            return f"product {value} was not found"
        keys = shop.keys_of(product)
        return keys[0] if len(keys) == 1 else f"product {value} has no stock of its own"
    variant = shop.variants.get(value) if name == "variant_id" else next((one for one in shop.variants.values() if one.sku == value), None)
    if variant is None:
        return f"{name} {value} was not found"
    return _item_of(shop, variant, f"{name} {value}")


def _item_of(shop: Shop, variant: Variant, called: str) -> ItemKey | str:
    product = shop.product_of(variant)
    if product.tracking == "none":
        return f"{called}: inventory is not tracked"
    if product.tracking == "product" and not product.is_simple:
        return f"{called}: inventory is tracked by product"
    return shop.key(variant)


def _adjust(call: Call, relative: bool) -> dict[str, Any]:
    insist_v3(_ADJUSTMENT, call.body)
    items = call.body["items"]
    if len(items) > LARGEST_WRITE:
        raise Refusal(413, f"At most {LARGEST_WRITE} items in one call.")
    shop = call.sim.shop
    errors: dict[str, str] = {}
    moves: dict[tuple[int, ItemKey], int] = {}
    for at, item in enumerate(items):
        key, place = _item(shop, item), item["location_id"]
        if isinstance(key, str):
            errors[f"items.{at}"] = key
        elif place not in shop.locations:
            errors[f"items.{at}.location_id"] = f"location {place} was not found"
        else:
            before = moves.get((place, key), shop.cell(place, key).now) if relative else 0
            after = before + item["quantity"]
            # The Inventory API rejects what the Catalog API would clamp.
            if not 0 <= after <= LARGEST_STOCK:
                errors[f"items.{at}.quantity"] = f"the stock would be {after}"
            moves[(place, key)] = after
    if errors:
        raise Refusal(422, "Inventory adjustment was not applied", errors)
    for (place, key), onhand in moves.items():
        shop.put_stock(place, key, onhand, method="relative" if relative else "absolute")
    return {"transaction_id": uuid.uuid4().hex}


@TABLE.on("put_absolute_adjustment", "PUT", "/v3/inventory/adjustments/absolute")
def put_absolute(call: Call) -> Any:
    return _adjust(call, relative=False)


@TABLE.on("post_relative_adjustment", "POST", "/v3/inventory/adjustments/relative")
def post_relative(call: Call) -> Any:
    return _adjust(call, relative=True)


def _identity(shop: Shop, product: Product, key: ItemKey) -> dict[str, Any]:
    variant = product.variants[0] if key[0] == "product" else shop.variants[key[1]]
    if key[0] == "product" and not product.is_simple:
        return {"sku": product.sku, "product_id": product.id}
    row = {"sku": variant.sku, "variant_id": variant.id, "product_id": product.id}
    return row if variant.sku_id is None else row | {"sku_id": variant.sku_id}


def _numbers(shop: Shop, cell: Stock) -> dict[str, Any]:
    seen = cell.seen(shop.settings.stock_delay_s)
    return {"available_to_sell": max(0, seen - cell.safety), "total_inventory_onhand": seen,
            "settings": {"safety_stock": cell.safety, "is_in_stock": cell.is_in_stock, "warning_level": cell.warning,
                         "bin_picking_number": cell.bin}}


def _asked(call: Call) -> list[tuple[Product, ItemKey]]:
    shop, query = call.sim.shop, call.query
    skus, variants, products = set(call.listed("sku:in")), set(call.numbers("variant_id:in")), set(call.numbers("product_id:in"))
    found = [(one, key) for one in shop.products.values() for key in shop.keys_of(one)]
    return [(product, key) for product, key in found
            if ("product_id:in" not in query or product.id in products)
            and ("variant_id:in" not in query or _identity(shop, product, key).get("variant_id") in variants)
            and ("sku:in" not in query or _identity(shop, product, key)["sku"] in skus)]


@TABLE.on("get_inventory_items", "GET", "/v3/inventory/items", "sku:in", "variant_id:in", "product_id:in", "location_id:in",
          "location_code:in", "page", "limit")
def get_items(call: Call) -> Any:
    shop, ids, codes = call.sim.shop, call.numbers("location_id:in"), call.listed("location_code:in")
    places = [one for one in shop.locations.values() if ("location_id:in" not in call.query or one.id in ids)
              and ("location_code:in" not in call.query or one.code in codes)]

    def write(found: tuple[Product, ItemKey]) -> dict[str, Any]:
        product, key = found
        return {"identity": _identity(shop, product, key), "locations": [
            {"location_id": place.id, "location_code": place.code, "location_name": place.label, "location_enabled": place.enabled,
             **_numbers(shop, shop.cell(place.id, key))} for place in places]}

    return envelope(_asked(call), write, call.query, largest=LARGEST_READ)


def _location(call: Call) -> Location:
    place = call.sim.shop.locations.get(call.ids["location_id"])
    if place is None:
        raise Refusal(404, f"Location {call.ids['location_id']} was not found")
    return place


@TABLE.on("get_location_inventory_items", "GET", "/v3/inventory/locations/{location_id}/items", "sku:in", "variant_id:in",
          "product_id:in", "page", "limit")
def get_location_items(call: Call) -> Any:
    shop, place = call.sim.shop, _location(call)

    def write(found: tuple[Product, ItemKey]) -> dict[str, Any]:
        product, key = found
        identity = _identity(shop, product, key)
        identity.pop("sku_id", None)
        return {"identity": identity, **_numbers(shop, shop.cell(place.id, key))}

    return envelope(_asked(call), write, call.query, largest=LARGEST_READ)


@TABLE.on("put_location_inventory_items", "PUT", "/v3/inventory/locations/{location_id}/items")
def put_location_items(call: Call) -> Any:
    shop, place = call.sim.shop, _location(call)
    insist_v3(_SETTINGS, call.body)
    rows = call.body["settings"]
    if len(rows) > LARGEST_WRITE:
        raise Refusal(413, f"At most {LARGEST_WRITE} items in one call.")
    keys = [_item(shop, row["identity"]) for row in rows]
    errors = {f"settings.{at}.identity": key for at, key in enumerate(keys) if isinstance(key, str)}
    if errors:
        raise Refusal(422, "Inventory settings were not saved", errors)
    for row, key in zip(rows, keys, strict=True):
        if isinstance(key, str):
            continue
        cell = shop.cell(place.id, key)
        cell.safety = row.get("safety_stock", cell.safety)
        cell.warning = row.get("warning_level", cell.warning)
        cell.bin = row.get("bin_picking_number", cell.bin)
        cell.is_in_stock = row.get("is_in_stock", cell.is_in_stock)
        product_id = key[1] if key[0] == "product" else shop.variants[key[1]].product_id
        variant_id = shop.products[product_id].variants[0].id if key[0] == "product" else key[1]
        shop.fire("store/channel/*/inventory/product/settings_changed",
                  {"variant_id": variant_id, "product_id": product_id, "location_id": place.id})
    return {"transaction_id": uuid.uuid4().hex}


def _location_row(call: Call, place: Location) -> dict[str, Any]:
    shop = call.sim.shop
    closed = {"open": False, "opening": "00:00", "closing": "00:00"}
    return {"id": place.id, "code": place.code, "label": place.label, "description": "", "managed_by_external_source": False,
            "type_id": "PHYSICAL", "enabled": place.enabled, "operating_hours": {day: dict(closed) for day in _DAYS},
            "time_zone": shop.timezone, "created_at": iso(call.sim.born), "updated_at": iso(call.sim.born),
            "address": {"address1": "1 Harbour Street", "address2": "", "city": "Leeds", "state": "West Yorkshire", "zip": "LS1 1AA",
                        "email": "shop@example.com", "phone": "0113 496 0000", "geo_coordinates": {"latitude": 53.79, "longitude": -1.54},
                        "country_code": "GB"},
            "storefront_visibility": True, "special_hours": []}


@TABLE.on("getLocations", "GET", "/v3/inventory/locations", "location_id:in", "location_code:in", "is_default", "type_id:in",
          "managed_by_external_source", "is_active", "storefront_visibility", "page", "limit", scopes=("store_locations", "store_inventory"))
def get_locations(call: Call) -> Any:
    query, ids, codes = call.query, call.numbers("location_id:in"), call.listed("location_code:in")
    rows = [one for one in call.sim.shop.locations.values()
            if ("location_id:in" not in query or one.id in ids) and ("location_code:in" not in query or one.code in codes)
            and query.get("is_default", str(one.id == 1).lower()) == str(one.id == 1).lower()
            and query.get("is_active", str(one.enabled).lower()) == str(one.enabled).lower()
            and "PHYSICAL" in query.get("type_id:in", "PHYSICAL") and query.get("managed_by_external_source", "false") == "false"
            and query.get("storefront_visibility", "true") == "true"]
    return envelope(rows, lambda one: _location_row(call, one), query)

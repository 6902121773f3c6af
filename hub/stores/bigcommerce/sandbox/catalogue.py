"""Catalogue calls of v3: products, variants, options, pictures, brands, categories, channels' assignments (contract 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.stores.bigcommerce.sandbox.gate import Call, Table
from hub.stores.bigcommerce.sandbox.seeding import slug
from hub.stores.bigcommerce.sandbox.shop import Category, Option, Picture, Product, Shop, Variant
from hub.stores.bigcommerce.sandbox.wire import Refusal, envelope, iso, moment_of, number

TABLE = Table(("store_v2_products",))
INCLUDES = ("variants", "images", "custom_fields", "bulk_pricing_rules", "primary_image", "modifiers", "options", "videos", "channels",
            "parent_relations", "reviews")
SORTS = ("id", "name", "sku", "price", "date_modified", "date_last_imported", "inventory_level", "is_visible", "total_sold", "calculated_price")
SLOW_PAGE = 10
_PAGING = ("page", "limit")
_FIELDS = ("include_fields", "exclude_fields")
_OPERATORS = ("min", "max", "greater", "less", "in", "not_in")
_PRODUCT_QUERY = (
    "id", "id:in", "id:not_in", "id:min", "id:max", "id:greater", "id:less", "channel_id:in", "name", "sku", "sku:in", "upc", "mpn", "price",
    "weight", "condition", "brand_id", "date_modified", "date_modified:min", "date_modified:max", "date_last_imported",
    "date_last_imported:not", "date_last_imported:min", "date_last_imported:max", "is_visible", "is_featured", "is_free_shipping",
    "inventory_level", "inventory_level:in", "inventory_level:not_in", "inventory_level:min", "inventory_level:max",
    "inventory_level:greater", "inventory_level:less", "inventory_low", "out_of_stock", "total_sold", "type", "categories",
    "categories:in", "keyword", "keyword_context", "availability",
)  # fmt: skip


# --- writing ------------------------------------------------------------------------------------------------------


def product_row(shop: Shop, product: Product, base_url: str, include: Iterable[str] = ()) -> dict[str, Any]:
    """A product as the API shows it."""
    row: dict[str, Any] = {
        "id": product.id, "name": product.name, "type": product.kind, "sku": product.sku, "description": product.description,
        "weight": number(product.weight), "width": number(product.width), "depth": number(product.depth), "height": number(product.height),
        "price": number(product.price), "cost_price": number(product.cost_price), "retail_price": number(product.retail_price),
        "sale_price": number(product.sale_price), "map_price": number(product.map_price), "tax_class_id": 0, "product_tax_code": "",
        "calculated_price": number(product.effective), "categories": list(product.categories), "brand_id": product.brand_id,
        "option_set_id": None, "option_set_display": "right", "inventory_level": shop.level(product),
        "inventory_warning_level": product.warning_level, "inventory_tracking": product.tracking, "reviews_rating_sum": 0,
        "reviews_count": 0, "total_sold": product.total_sold, "fixed_cost_shipping_price": 0, "is_free_shipping": False,
        "is_visible": product.is_visible, "is_featured": False, "related_products": [-1], "warranty": "", "bin_picking_number": "",
        "layout_file": "product.html", "upc": product.upc, "mpn": product.mpn, "gtin": product.gtin, "date_last_imported": "",
        "search_keywords": "", "availability": product.availability, "availability_description": "",
        "gift_wrapping_options_type": "any", "gift_wrapping_options_list": [], "sort_order": 0, "condition": product.condition,
        "is_condition_shown": False, "order_quantity_minimum": product.order_quantity_minimum,
        "order_quantity_maximum": product.order_quantity_maximum, "page_title": "", "meta_keywords": [], "meta_description": "",
        "date_created": iso(product.created), "date_modified": iso(product.modified), "view_count": 0, "preorder_release_date": None,
        "preorder_message": "", "is_preorder_only": False, "is_price_hidden": product.is_price_hidden, "price_hidden_label": "",
        "custom_url": {"url": f"/{slug(product.name)}/", "is_customized": False},
        "base_variant_id": product.variants[0].id if product.is_simple else None,
        "open_graph_type": "product", "open_graph_title": "", "open_graph_description": "", "open_graph_use_meta_description": True,
        "open_graph_use_product_name": True, "open_graph_use_image": True}
    parts: dict[str, Callable[[], Any]] = {
        "variants": lambda: [variant_row(shop, one, base_url) for one in product.variants],
        "images": lambda: [image_row(one, base_url) for one in product.pictures],
        "primary_image": lambda: image_row(product.pictures[0], base_url) if product.pictures else None,
        "custom_fields": lambda: [custom_field_row(one) for one in product.custom_fields],
        "options": lambda: [option_row(one) for one in product.options],
        "modifiers": lambda: [modifier_row(one) for one in product.modifiers],
        "channels": lambda: list(product.channels),
        "parent_relations": list, "bulk_pricing_rules": list, "videos": list, "reviews": list}
    return row | {name: parts[name]() for name in include}


def variant_row(shop: Shop, variant: Variant, base_url: str, *, whole: bool = True) -> dict[str, Any]:
    """A variant. `whole` False: as the list of all variants has it, without the fields of contract 3.3."""
    product = shop.product_of(variant)
    weight = product.weight if variant.weight is None else variant.weight
    key = shop.key(variant)
    row: dict[str, Any] = {
        "id": variant.id, "product_id": variant.product_id, "sku": variant.sku, "sku_id": variant.sku_id,
        "price": number(variant.price), "sale_price": number(variant.sale_price), "retail_price": number(variant.retail_price),
        "cost_price": number(variant.cost_price), "calculated_price": number(shop.price(variant)), "weight": number(variant.weight),
        "width": number(variant.width), "height": number(variant.height), "depth": number(variant.depth), "is_free_shipping": False,
        "fixed_cost_shipping_price": None, "purchasing_disabled": variant.purchasing_disabled,
        "purchasing_disabled_message": variant.purchasing_disabled_message, "upc": variant.upc,
        "inventory_level": 0 if key[0] == "product" or product.tracking == "none" else shop.available(key),
        "inventory_warning_level": 0, "bin_picking_number": variant.bin_picking_number,
        "option_values": [_chosen(product, option_id, value_id) for option_id, value_id in variant.options]}
    if whole:
        row |= {"calculated_weight": number(weight), "mpn": variant.mpn, "gtin": variant.gtin,
                "image_url": image_url(variant.picture, base_url, "standard") if variant.picture else ""}
    return row


def _chosen(product: Product, option_id: int, value_id: int) -> dict[str, Any]:
    option = next(one for one in product.options if one.id == option_id)
    value = next(one for one in option.values if one.id == value_id)
    return {"id": value.id, "label": value.label, "option_id": option.id, "option_display_name": option.display_name}


def option_row(option: Option) -> dict[str, Any]:
    """A variant option."""
    return {"id": option.id, "product_id": option.product_id, "name": f"{option.display_name}{option.id}-{option.product_id}",
            "display_name": option.display_name, "type": option.kind, "sort_order": option.sort_order, "config": {},
            "option_values": [{"id": one.id, "label": one.label, "sort_order": one.sort_order, "is_default": False} for one in option.values]}


def modifier_row(option: Option) -> dict[str, Any]:
    """A modifier."""
    values = [{"id": one.id, "option_id": option.id, "label": one.label, "sort_order": one.sort_order, "is_default": False}
              for one in option.values]
    return option_row(option) | {"required": option.required, "option_values": values}


def image_url(picture: Picture, base_url: str, size: str) -> str:
    """Where the store serves a picture; the query is the version that real ones carry too."""
    return f"{base_url.rstrip('/')}/images/{picture.id}/{size}/{picture.source.name}?c=1"


def image_row(picture: Picture, base_url: str) -> dict[str, Any]:
    """An image."""
    return {"id": picture.id, "product_id": picture.product_id, "is_thumbnail": picture.sort_order == 0, "sort_order": picture.sort_order,
            "description": picture.source.label, "image_file": f"{picture.id}/{picture.source.name}",
            "url_zoom": image_url(picture, base_url, "zoom"), "url_standard": image_url(picture, base_url, "standard"),
            "url_thumbnail": image_url(picture, base_url, "thumbnail"), "url_tiny": image_url(picture, base_url, "tiny"),
            "date_modified": iso(picture.modified)}


def custom_field_row(one: tuple[int, str, str]) -> dict[str, Any]:
    """A custom field."""
    return {"id": one[0], "name": one[1], "value": one[2]}


# --- finding ------------------------------------------------------------------------------------------------------


def _product(call: Call) -> Product:
    product = call.sim.shop.products.get(call.ids["product_id"])
    if product is None:
        raise Refusal(404, f"A product was not found with an id of {call.ids['product_id']}")
    return product


def _include(call: Call) -> list[str]:
    asked = call.listed("include")
    unknown = [one for one in asked if one not in INCLUDES]
    if unknown:
        raise Refusal(422, "include names what is not known", {"include": ", ".join(unknown)})
    return asked


def _trimmed(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    """Only the fields that are asked for; id and what include brings stay."""
    only, but = set(call.listed("include_fields")), set(call.listed("exclude_fields"))
    kept = {"id", *call.listed("include")}
    return {name: value for name, value in row.items() if (not only or name in only or name in kept) and (name not in but or name in kept)}


def _filters(call: Call) -> Callable[[Product], bool]:
    shop = call.sim.shop
    tests: list[Callable[[Product], bool]] = []
    values: dict[str, Callable[[Product], Any]] = {
        "id": lambda one: one.id, "inventory_level": shop.level, "name": lambda one: one.name, "sku": lambda one: one.sku,
        "upc": lambda one: one.upc, "mpn": lambda one: one.mpn, "price": lambda one: one.price, "weight": lambda one: one.weight,
        "condition": lambda one: one.condition.lower(), "brand_id": lambda one: one.brand_id, "total_sold": lambda one: one.total_sold,
        "type": lambda one: one.kind, "availability": lambda one: one.availability, "categories": lambda one: one.categories,
        "is_visible": lambda one: one.is_visible, "is_featured": lambda one: False, "is_free_shipping": lambda one: False,
        "channel_id": lambda one: one.channels, "date_modified": lambda one: one.modified.replace(microsecond=0)}
    for name, raw in call.query.items():
        base, _, operator = name.partition(":")
        if base in values:
            tests.append(_test(name, values[base], operator, raw))
        elif base == "date_last_imported":
            # Nothing in this store was ever imported.
            tests.append(_always if operator == "not" else _never)
    if "keyword" in call.query:
        word = call.query["keyword"].lower()
        tests.append(lambda one: word in one.name.lower() or word in one.sku.lower())
    if call.query.get("out_of_stock") == "1":
        tests.append(lambda one: one.tracking != "none" and shop.level(one) == 0)
    if call.query.get("inventory_low") == "1":
        tests.append(lambda one: one.tracking != "none" and shop.level(one) <= one.warning_level)
    return lambda one: all(test(one) for test in tests)


def _always(product: Product) -> bool:
    return True


def _never(product: Product) -> bool:
    return False


def _test(name: str, value: Callable[[Product], Any], operator: str, raw: str) -> Callable[[Product], bool]:
    base = name.partition(":")[0]
    try:
        wanted = [_read(base, one) for one in (raw.split(",") if operator in ("in", "not_in") else [raw])]
    except (ValueError, InvalidOperation):
        raise Refusal(422, f"{name} cannot be read", {name: "invalid"}) from None
    first = wanted[0]
    tests: dict[str, Callable[[Any], bool]] = {
        "": lambda found: first in found if isinstance(found, list) else found == first,
        "in": lambda found: bool(set(found) & set(wanted)) if isinstance(found, list) else found in wanted,
        "not_in": lambda found: found not in wanted, "min": lambda found: found >= first, "max": lambda found: found <= first,
        "greater": lambda found: found > first, "less": lambda found: found < first}
    chosen = tests[operator]
    return lambda one: chosen(value(one))


def _read(base: str, text: str) -> Any:
    if base in ("id", "inventory_level", "brand_id", "total_sold", "categories", "channel_id"):
        return int(text)
    if base in ("price", "weight"):
        return Decimal(text)
    if base == "date_modified":
        return moment_of(text)
    if base in ("is_visible", "is_featured", "is_free_shipping"):
        if text not in ("true", "false", "1", "0"):
            raise ValueError(text)
        return text in ("true", "1")
    if base == "condition":
        return text.lower()
    return text


def _sorted(call: Call, products: list[Product]) -> list[Product]:
    sort, direction = call.query.get("sort", "id"), call.query.get("direction", "asc")
    if sort not in SORTS or direction not in ("asc", "desc"):
        raise Refusal(422, "sort or direction is not known", {"sort": sort, "direction": direction})
    shop = call.sim.shop
    keys: dict[str, Callable[[Product], Any]] = {
        "name": lambda one: one.name, "sku": lambda one: one.sku, "price": lambda one: one.price, "date_modified": lambda one: one.modified,
        "inventory_level": shop.level, "is_visible": lambda one: one.is_visible, "total_sold": lambda one: one.total_sold,
        "calculated_price": lambda one: one.effective}
    return sorted(products, key=lambda one: (keys[sort](one), one.id) if sort in keys else (one.id,), reverse=direction == "desc")


# --- products -----------------------------------------------------------------------------------------------------


@TABLE.on("getProducts", "GET", "/v3/catalog/products", *_PRODUCT_QUERY, *_PAGING, *_FIELDS, "include", "sort", "direction")
def get_products(call: Call) -> Any:
    shop, include, matches = call.sim.shop, _include(call), _filters(call)
    rows = _sorted(call, [one for one in shop.products.values() if shop.is_listed(one.made) and matches(one)])
    # With options or modifiers the page is ten, whatever was asked (contract 2).
    forced = SLOW_PAGE if {"options", "modifiers"} & set(include) else 0
    return envelope(rows, lambda one: _trimmed(call, product_row(shop, one, call.sim.base_url, include)), call.query, per_page=forced)


@TABLE.on("getProduct", "GET", "/v3/catalog/products/{product_id}", *_FIELDS, "include")
def get_product(call: Call) -> Any:
    return {"data": _trimmed(call, product_row(call.sim.shop, _product(call), call.sim.base_url, _include(call))), "meta": {}}


@TABLE.on("getProductVariants", "GET", "/v3/catalog/products/{product_id}/variants", *_PAGING, *_FIELDS)
def get_product_variants(call: Call) -> Any:
    return envelope(_product(call).variants, lambda one: _trimmed(call, variant_row(call.sim.shop, one, call.sim.base_url)), call.query)


@TABLE.on("getProductVariant", "GET", "/v3/catalog/products/{product_id}/variants/{variant_id}", *_FIELDS)
def get_product_variant(call: Call) -> Any:
    variant = next((one for one in _product(call).variants if one.id == call.ids["variant_id"]), None)
    if variant is None:
        raise Refusal(404, f"A variant was not found with an id of {call.ids['variant_id']}")
    return {"data": _trimmed(call, variant_row(call.sim.shop, variant, call.sim.base_url)), "meta": {}}


@TABLE.on("getVariants", "GET", "/v3/catalog/variants", *_PAGING, *_FIELDS, "id", "sku", "upc", "product_id:in")
def get_variants(call: Call) -> Any:
    shop, products = call.sim.shop, set(call.numbers("product_id:in"))
    ids = set(call.numbers("id"))
    rows = [one for one in shop.variants.values() if shop.is_listed(shop.product_of(one).made)
            and (not products or one.product_id in products) and (not ids or one.id in ids)
            and call.query.get("sku", one.sku) == one.sku and call.query.get("upc", one.upc) == one.upc]
    return envelope(rows, lambda one: _trimmed(call, variant_row(shop, one, call.sim.base_url, whole=False)), call.query)


@TABLE.on("getProductImages", "GET", "/v3/catalog/products/{product_id}/images", *_PAGING, *_FIELDS)
def get_product_images(call: Call) -> Any:
    return envelope(_product(call).pictures, lambda one: _trimmed(call, image_row(one, call.sim.base_url)), call.query)


@TABLE.on("getProductCustomFields", "GET", "/v3/catalog/products/{product_id}/custom-fields", *_PAGING, *_FIELDS)
def get_product_custom_fields(call: Call) -> Any:
    return envelope(_product(call).custom_fields, lambda one: _trimmed(call, custom_field_row(one)), call.query)


@TABLE.on("getProductVariantOptions", "GET", "/v3/catalog/products/{product_id}/options", *_PAGING, *_FIELDS)
def get_product_options(call: Call) -> Any:
    return envelope(_product(call).options, lambda one: _trimmed(call, option_row(one)), call.query)


@TABLE.on("getProductModifiers", "GET", "/v3/catalog/products/{product_id}/modifiers", *_PAGING, *_FIELDS)
def get_product_modifiers(call: Call) -> Any:
    return envelope(_product(call).modifiers, lambda one: _trimmed(call, modifier_row(one)), call.query)


@TABLE.on("getProductsChannelAssignments", "GET", "/v3/catalog/products/channel-assignments", *_PAGING, "product_id:in", "channel_id:in")
def get_channel_assignments(call: Call) -> Any:
    products, channels = set(call.numbers("product_id:in")), set(call.numbers("channel_id:in"))
    rows = [{"product_id": one.id, "channel_id": channel} for one in call.sim.shop.products.values() for channel in one.channels
            if (not products or one.id in products) and (not channels or channel in channels)]
    return envelope(rows, dict, call.query)


@TABLE.on("getProductsCategoryAssignments", "GET", "/v3/catalog/products/category-assignments", *_PAGING, "product_id:in", "category_id:in")
def get_category_assignments(call: Call) -> Any:
    products, categories = set(call.numbers("product_id:in")), set(call.numbers("category_id:in"))
    rows = [{"product_id": one.id, "category_id": category} for one in call.sim.shop.products.values() for category in one.categories
            if (not products or one.id in products) and (not categories or category in categories)]
    return envelope(rows, dict, call.query)


@TABLE.on("getCatalogSummary", "GET", "/v3/catalog/summary")
def get_summary(call: Call) -> Any:
    shop = call.sim.shop
    prices = [shop.price(one) for one in shop.variants.values()] or [Decimal(0)]
    dates: list[datetime] = sorted(one.created for one in shop.products.values())
    first = next(iter(shop.categories.values()), None)
    value = sum((shop.price(one) * shop.available(shop.key(one)) for one in shop.variants.values()), Decimal(0))
    return {"data": {
        "inventory_count": sum(shop.level(one) for one in shop.products.values()), "inventory_value": number(value),
        "variant_count": len(shop.variants), "primary_category_id": first.id if first else 0, "primary_category_name": first.name if first else "",
        "highest_variant_price": number(max(prices)), "average_variant_price": number(sum(prices, Decimal(0)) / len(prices)),
        "lowest_variant_price": f"{min(prices):.4f}", "oldest_variant_date": dates[0].date().isoformat() if dates else "",
        "newest_variant_date": dates[-1].date().isoformat() if dates else ""}, "meta": {}}


# --- brands and categories ----------------------------------------------------------------------------------------


def _brand_row(one: tuple[int, str]) -> dict[str, Any]:
    return {"id": one[0], "name": one[1], "page_title": "", "meta_keywords": [], "meta_description": "", "search_keywords": "",
            "image_url": "", "custom_url": {"url": f"/brands/{slug(one[1])}", "is_customized": False}}


@TABLE.on("getBrands", "GET", "/v3/catalog/brands", *_PAGING, *_FIELDS, "id", "id:in", "name", "sort", "direction")
def get_brands(call: Call) -> Any:
    ids = set(call.numbers("id:in") + call.numbers("id"))
    rows = [one for one in call.sim.shop.brands.items() if (not ids or one[0] in ids) and call.query.get("name", one[1]) == one[1]]
    return envelope(rows, lambda one: _trimmed(call, _brand_row(one)), call.query)


@TABLE.on("getBrand", "GET", "/v3/catalog/brands/{brand_id}", *_FIELDS)
def get_brand(call: Call) -> Any:
    name = call.sim.shop.brands.get(call.ids["brand_id"])
    if name is None:
        raise Refusal(404, f"A brand was not found with an id of {call.ids['brand_id']}")
    return {"data": _trimmed(call, _brand_row((call.ids["brand_id"], name))), "meta": {}}


@TABLE.on("getCategoryTrees", "GET", "/v3/catalog/trees", "id:in", "channel_id:in")
def get_trees(call: Call) -> Any:
    is_asked = call.numbers("id:in") in ([], [1]) and call.numbers("channel_id:in") in ([], [1])
    return envelope([{"id": 1, "name": "Default catalog tree", "channels": [1]}] if is_asked else [], dict, {})


def _category_row(one: Category) -> dict[str, Any]:
    return {"category_id": one.id, "parent_id": one.parent_id, "tree_id": 1, "name": one.name, "description": one.description, "views": 0,
            "sort_order": 0, "page_title": "", "meta_keywords": [], "meta_description": "", "layout_file": "category.html",
            "image_url": "", "is_visible": one.is_visible, "search_keywords": "", "default_product_sort": "use_store_settings",
            "url": {"path": f"/{slug(one.name)}/", "is_customized": False}}


@TABLE.on("getAllCategories", "GET", "/v3/catalog/trees/categories", *_PAGING, *_FIELDS, "category_id:in", "category_id:not_in",
          "tree_id:in", "tree_id:not_in", "parent_id:in", "parent_id:not_in", "name", "is_visible")
def get_categories(call: Call) -> Any:
    given, query = call.query, call.numbers
    rows = [one for one in call.sim.shop.categories.values()
            if ("category_id:in" not in given or one.id in query("category_id:in")) and one.id not in query("category_id:not_in")
            and ("tree_id:in" not in given or 1 in query("tree_id:in")) and 1 not in query("tree_id:not_in")
            and ("parent_id:in" not in given or one.parent_id in query("parent_id:in")) and one.parent_id not in query("parent_id:not_in")
            and given.get("name", one.name) == one.name and given.get("is_visible", str(one.is_visible).lower()) == str(one.is_visible).lower()]
    return envelope(rows, lambda one: _trimmed(call, _category_row(one)), call.query)


@TABLE.on("getCategoryTree", "GET", "/v3/catalog/trees/{tree_id}/categories", "depth")
def get_category_tree(call: Call) -> Any:
    if call.ids["tree_id"] != 1:
        raise Refusal(404, f"A tree was not found with an id of {call.ids['tree_id']}")
    shop = call.sim.shop

    def below(parent: int, path: list[int]) -> list[dict[str, Any]]:
        return [{"id": one.id, "parent_id": parent, "depth": len(path), "path": path, "name": one.name, "is_visible": one.is_visible,
                 "url": f"/{slug(one.name)}/", "children": below(one.id, [*path, one.id])}
                for one in shop.categories.values() if one.parent_id == parent]

    return {"data": below(0, []), "meta": {}}

"""Fills a practice store from the neutral seed, as a merchant who followed the connector's guide would have it.

Products are tracked by variant, but for those named in `by_product` (features BIG-04); each carries a custom field
"Category" with the name of its deepest category (BIG-06). Seed prices are shelf prices. A variant whose price or weight is
its product's has null there. Weights are kilograms and centimetres, or pounds and inches where the shop is not metric.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

from hub import clock
from hub.seed import SeedCatalogue, SeedCategory, SeedImage, SeedProduct, SeedVariant
from hub.stores.bigcommerce.sandbox.shop import (
    DEFAULT_LOCATION,
    Category,
    Channel,
    Location,
    Option,
    Picture,
    Product,
    Shop,
    Stock,
    Value,
    Variant,
)
from hub.stores.bigcommerce.sandbox.wire import ZERO, cents

_POUND_KG = Decimal("0.45359237")
_INCH_CM = Decimal("2.54")
CATEGORY_FIELD = "Category"


def fill(shop: Shop, catalogue: SeedCatalogue, by_product: Collection[str]) -> None:
    """Everything a fresh store with this catalogue has. `by_product` names products by key or SKU."""
    shop.locations[DEFAULT_LOCATION] = Location(DEFAULT_LOCATION, "BC-LOCATION-1", "Default location")
    shop.next_id("location", DEFAULT_LOCATION)
    shop.channels[1] = Channel(1, shop.name, "storefront", "bigcommerce", "active", clock.now())
    paths: dict[tuple[str, ...], int] = {}
    for category in catalogue.categories:
        add_category(shop, category, paths)
    for seed in catalogue.products:
        add_product(shop, seed, paths, catalogue.axis_labels, tracking="product" if {seed.key, seed.sku} & set(by_product) - {""} else "variant")


def add_category(shop: Shop, seed: SeedCategory, paths: dict[tuple[str, ...], int]) -> int:
    """A category below its parent, whose id `paths` knows."""
    number = shop.next_id("category", 20)
    shop.categories[number] = Category(number, paths.get(seed.path[:-1], 0), seed.name, seed.description, seed.active)
    paths[seed.path] = number
    return number


def add_product(shop: Shop, seed: SeedProduct, paths: dict[tuple[str, ...], int], axis_labels: dict[str, str], *,
                tracking: str = "variant") -> Product:
    """A product with options, variants, pictures and stock; fires product/created."""
    now = clock.now()
    base = seed.variants[0] if seed.variants else None
    length, width, height = seed.dimensions_cm or (ZERO, ZERO, ZERO)
    product = Product(
        id=shop.next_id("product", 111), name=seed.name, sku=seed.sku, made=now, created=now, modified=now, description=seed.description,
        price=base.price if base else seed.price, sale_price=(base.special_price if base else seed.special_price) or ZERO,
        weight=_weight(shop, seed.weight_kg or ZERO), width=_length(shop, width), height=_length(shop, height), depth=_length(shop, length),
        kind="digital" if seed.kind == "virtual" else "physical", tracking=tracking, is_visible=seed.enabled,
        availability="available" if seed.enabled else "disabled", categories=[paths[path] for path in seed.categories if path in paths],
        brand_id=_brand(shop, seed.brand), upc="" if len(seed.ean) > 14 else seed.ean, gtin=seed.ean)
    shop.products[product.id] = product
    product.pictures = [_picture(shop, product, image) for image in seed.images]
    if seed.categories:
        set_field(shop, product, CATEGORY_FIELD, seed.categories[-1][-1])
    for name, value in seed.attributes.items():
        if value:
            set_field(shop, product, name.replace("_", " ").capitalize(), value[:250])
    if seed.variants:
        _add_options(shop, product, seed, axis_labels)
        for one in seed.variants:
            _add_variant(shop, product, seed, one)
    else:
        base_variant = _new_variant(shop, product, seed.sku, None)
        base_variant.upc, base_variant.gtin = product.upc, product.gtin
        _first_stock(shop, product, base_variant, seed.quantity)
    shop.fire("store/product/created", {"type": "product", "id": product.id})
    return product


def set_field(shop: Shop, product: Product, name: str, value: str) -> None:
    """Writes a custom field of this name; an empty value takes it away, since blank ones are not allowed."""
    product.custom_fields = [one for one in product.custom_fields if one[1] != name]
    if value:
        product.custom_fields.append((shop.next_id("custom_field", 1), name, value))


def add_modifier(shop: Shop, product: Product, name: str, required: bool) -> Option:
    """A buyer's input that makes no SKU: a drop-down with two choices."""
    modifier = Option(shop.next_id("option", 210), product.id, name, "dropdown", len(product.modifiers), required=required)
    modifier.values = [Value(shop.next_id("value", 310), label, place) for place, label in enumerate(("Yes", "No"))]
    product.modifiers.append(modifier)
    return modifier


def _add_options(shop: Shop, product: Product, seed: SeedProduct, axis_labels: dict[str, str]) -> None:
    for place, axis in enumerate(seed.axes):
        option = Option(shop.next_id("option", 210), product.id, axis_labels.get(axis, axis), "dropdown", place)
        for label in dict.fromkeys(one.options[axis] for one in seed.variants if axis in one.options):
            option.values.append(Value(shop.next_id("value", 310), label, len(option.values)))
        product.options.append(option)


def _add_variant(shop: Shop, product: Product, seed: SeedProduct, one: SeedVariant) -> None:
    variant = _new_variant(shop, product, one.sku, shop.next_id("sku", 501))
    for axis, option in zip(seed.axes, product.options, strict=True):
        if axis in one.options:
            variant.options.append((option.id, next(value.id for value in option.values if value.label == one.options[axis])))
    variant.price = None if one.price == product.price else one.price
    sale = one.special_price or ZERO
    if variant.price is not None or sale != product.sale_price:
        # An own price without an own sale price is not reduced: the product's sale price weighs less.
        variant.sale_price = sale
        variant.price = one.price
    if one.weight_kg is not None and one.weight_kg != seed.weight_kg:
        variant.weight = _weight(shop, one.weight_kg)
    variant.upc = variant.gtin = one.ean
    variant.purchasing_disabled = not one.enabled
    pictures = [_picture(shop, product, image) for image in one.images]
    variant.picture = pictures[0] if pictures else None
    product.pictures += [one for one in pictures if one not in product.pictures]
    _first_stock(shop, product, variant, one.quantity)


def _new_variant(shop: Shop, product: Product, sku: str, sku_id: int | None) -> Variant:
    variant = Variant(shop.next_id("variant", 4001), product.id, sku, sku_id)
    product.variants.append(variant)
    shop.variants[variant.id] = variant
    return variant


def _first_stock(shop: Shop, product: Product, variant: Variant, quantity: int) -> None:
    place = (DEFAULT_LOCATION, shop.key(variant))
    known = shop.stock[place].now if place in shop.stock else 0
    shop.stock[place] = Stock(known + quantity, product.created)


def _picture(shop: Shop, product: Product, image: SeedImage) -> Picture:
    known = next((one for one in product.pictures if one.source.name == image.name), None)
    if known is not None:
        return known
    picture = Picture(shop.next_id("picture", 380), product.id, image, len(product.pictures), product.modified)
    shop.pictures[picture.id] = picture
    return picture


def _brand(shop: Shop, name: str) -> int:
    if not name:
        return 0
    known = next((number for number, one in shop.brands.items() if one == name), 0)
    if not known:
        known = shop.next_id("brand", 35)
        shop.brands[known] = name
    return known


def _weight(shop: Shop, kilograms: Decimal) -> Decimal:
    return kilograms if shop.metric else cents(kilograms / _POUND_KG)


def _length(shop: Shop, centimetres: Decimal) -> Decimal:
    return centimetres if shop.metric else cents(centimetres / _INCH_CM)


def slug(text: str) -> str:
    """As an address has it."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")

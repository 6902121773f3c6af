"""A product as it stands before a push, with the shop it goes to: right as it is, so that each case of the corpus breaks one thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from hub.domain.categories import Category
from hub.domain.products import Dimensions, Image, Measure, Offer, Product, ProductKind, Variant, VariantRef
from hub.rules.listings import Ground
from hub.rules.precedence import Chosen

SHIRT = "Women's T-Shirts"
PICTURE = "https://shop.example/shirt.png"
TITLE = "Harbour T-Shirt of soft cotton"

# Market: its currency, and a price that every market in that currency takes.
MARKETS = {
    "US": ("USD", "25.00"), "GB": ("GBP", "20.00"), "DE": ("EUR", "22.00"), "FR": ("EUR", "22.00"), "ES": ("EUR", "22.00"),
    "IT": ("EUR", "22.00"), "IE": ("EUR", "22.00"), "JP": ("JPY", "2500"), "BR": ("BRL", "120.00"), "MX": ("MXN", "400.00"),
    "ID": ("IDR", "150000"), "MY": ("MYR", "90.00"), "PH": ("PHP", "900.00"), "SG": ("SGD", "30.00"), "TH": ("THB", "600.00"),
    "VN": ("VND", "400000"),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What a picture's file is; the files themselves are made when they are sent."""

    width: int = 800
    height: int = 800
    kind: str = "png"
    size: int = 60_000


@dataclass(frozen=True)
class World:
    """A product, the choices and cached rules that its listing rests on, and its pictures' files by address."""

    product: Product
    ground: Ground
    looks: Mapping[str, Look] = field(default_factory=dict)


Change = Callable[[World], World]


@dataclass(frozen=True)
class Case:
    """A product of the corpus. `code`: what the judge must answer, 0 where the product is good; `edit`: it stands there already."""

    name: str
    code: int
    change: Change
    region: str = "US"
    leaf: str = SHIRT
    edit: bool = False

    @property
    def id(self) -> str:
        """As a test is called."""
        return f"{self.code} {self.name} in {self.region}, {self.leaf}{', edited' if self.edit else ''}"


def variant(number: int, options: Mapping[str, str], **values: Any) -> Variant:
    return Variant(**{"variant_id": f"v{number}", "sku": f"SHIRT-{number}", "options": options, **values})


def offer(variant_id: str, price: str, currency: str) -> Offer:
    return Offer(ref=VariantRef("42", variant_id, ""), scope="default", price=Decimal(price), effective_price=Decimal(price),
                 currency=currency, tax_included=False, salable=40)


def shirt(region: str, category: Category | None, warehouse_id: str, **cached: Any) -> World:
    """A shirt in two colours that this market takes in this leaf."""
    currency, price = MARKETS[region]
    variants = (variant(1, {"Color": "Black"}), variant(2, {"Color": "Blue"}))
    product = Product(
        product_id="42", sku="SHIRT", kind=ProductKind.CONFIGURABLE, title=TITLE, description="<p>A shirt.</p>",
        images=(Image(PICTURE),), category_ids=("7",), category_paths=("Women / Tops",), attributes={"Material": "Cotton"},
        weight=Measure(Decimal("0.3"), "kg"), dimensions=Dimensions(Decimal(30), Decimal(20), Decimal(4), "cm"), variants=variants)
    ground = Ground(
        region=region, currency=currency, warehouse_id=warehouse_id, category=category,
        category_name=category.name if category else "", store_category="Women / Tops",
        offers={one.variant_id: offer(one.variant_id, price, currency) for one in variants},
        stock={one.variant_id: 40 for one in variants}, **cached)
    return World(product, ground)


# -- what the cases change


def of_product(**values: Any) -> Change:
    return lambda world: replace(world, product=replace(world.product, **values))


def of_ground(**values: Any) -> Change:
    return lambda world: replace(world, ground=replace(world.ground, **values))


def of_first(**values: Any) -> Change:
    """Changes the first variant only."""

    def change(world: World) -> World:
        first, *rest = world.product.variants
        return replace(world, product=replace(world.product, variants=(replace(first, **values), *rest)))

    return change


def of_variants(*options: Mapping[str, str], **values: Any) -> Change:
    """A variant for each of these options, each with the offer and stock of the first."""

    def change(world: World) -> World:
        variants = tuple(variant(number, one, **values) for number, one in enumerate(options, 1))
        price = next(iter(world.ground.offers.values()))
        ground = replace(world.ground, offers={one.variant_id: price for one in variants}, stock={one.variant_id: 40 for one in variants})
        return World(replace(world.product, variants=variants), ground, world.looks)

    return change


def of_price(price: str, currency: str = "") -> Change:
    """The price of the first variant."""

    def change(world: World) -> World:
        first = world.product.variants[0].variant_id
        known = currency or world.ground.currency
        return replace(world, ground=replace(world.ground, offers={**world.ground.offers, first: offer(first, price, known)}))

    return change


def of_stock(quantity: int) -> Change:
    return lambda world: replace(world, ground=replace(world.ground, stock={**world.ground.stock, world.product.variants[0].variant_id: quantity}))


def of_size(length: str, width: str, height: str, unit: str = "cm") -> Change:
    """The package size that the store tells."""
    return of_product(dimensions=Dimensions(Decimal(length), Decimal(width), Decimal(height), unit))


def of_weight(value: str, unit: str) -> Change:
    """The weight chosen for this product here, in TikTok Shop's unit."""
    return of_ground(weight=value, weight_unit=unit, own_weight=True)


def of_barcodes(*codes: str, kind: str = "") -> Change:
    """The variants' barcodes in order, and the type that the merchant said they have."""

    def change(world: World) -> World:
        variants = tuple(replace(one, barcode=code) for one, code in zip(world.product.variants, codes, strict=False))
        product = replace(world.product, variants=(*variants, *world.product.variants[len(variants):]))
        return replace(world, product=product, ground=replace(world.ground, barcode_type=kind))

    return change


def of_attributes(**values: str) -> Change:
    """The store's attributes by label, ``_`` for a space, beside those that it has; an empty one is gone."""

    def change(world: World) -> World:
        said = {name.replace("_", " "): value for name, value in values.items()}
        kept = {name: value for name, value in {**world.product.attributes, **said}.items() if value}
        return replace(world, product=replace(world.product, attributes=kept))

    return change


def of_choice(name: str, value: Any, level: str = "product") -> Change:
    """What the merchant chose for a TikTok attribute, by its name (or by an id that the category does not have)."""

    def change(world: World) -> World:
        found = [one.attribute_id for one in world.ground.attributes if one.name == name and not one.is_sales] or [name]
        return replace(world, ground=replace(world.ground, values={**world.ground.values, found[0]: Chosen(value, level)}))

    return change


def of_picture(*looks: Look) -> Change:
    """The product's pictures, by what their files are."""

    def change(world: World) -> World:
        urls = [f"https://shop.example/{number}.{look.kind}" for number, look in enumerate(looks)]
        return World(replace(world.product, images=tuple(Image(url) for url in urls)), world.ground,
                     {**world.looks, **dict(zip(urls, looks, strict=True))})

    return change


def of_variant_pictures(*looks: Look | None) -> Change:
    """A picture for each variant in order, or none."""

    def change(world: World) -> World:
        urls = [f"https://shop.example/variant-{number}.{look.kind}" if look else "" for number, look in enumerate(looks)]
        variants = tuple(replace(one, image=Image(url) if url else None) for one, url in zip(world.product.variants, urls, strict=True))
        found = {url: look for url, look in zip(urls, looks, strict=True) if look}
        return World(replace(world.product, variants=variants), world.ground, {**world.looks, **found})

    return change


def all_of(changes: Sequence[Change]) -> Change:
    def change(world: World) -> World:
        for one in changes:
            world = one(world)
        return world

    return change

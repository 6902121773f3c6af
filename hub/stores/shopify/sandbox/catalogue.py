"""Products, variants, stock at locations, pictures and metafields of the practice store.

Held compactly, so that 100,000 products fit: texts are those of the seed, options and their values are made up when
they are asked for, and an inventory item's number follows from its variant's. Numbers exceed 2^53 on purpose: who
reads them as floats loses them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from hub.seed import CategoryPath, SeedCatalogue, SeedImage, SeedProduct, SeedVariant
from hub.stores.shopify.sandbox.graph import gid
from hub.stores.shopify.sandbox.search import Index, Term

PRODUCT_BASE = 9_100_000_000_000_000
VARIANT_BASE = 9_300_000_000_000_000
ITEM_OFFSET = 200_000_000_000_000
DEFAULT_TITLE = "Default Title"
QUANTITY_NAMES = ("available", "on_hand", "committed", "reserved", "damaged", "safety_stock", "quality_control", "incoming")
ON_HAND_PARTS = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")


@dataclass(slots=True, eq=False)
class Location:
    """A place that holds stock. `address` by the names of LocationAddress."""

    gql: ClassVar[str] = "Location"
    number: int
    name: str
    country_code: str
    created_at: datetime
    is_active: bool = True
    fulfills_online_orders: bool = True

    @property
    def id(self) -> str:
        """The global id."""
        return gid("Location", self.number)


@dataclass(slots=True, eq=False)
class Level:
    """The stock of one item at one location, by state; `on_hand` is the sum of all but `incoming`."""

    gql: ClassVar[str] = "InventoryLevel"
    item: Item
    location: Location
    available: int
    updated_at: datetime
    committed: int = 0
    reserved: int = 0
    damaged: int = 0
    safety_stock: int = 0
    quality_control: int = 0
    incoming: int = 0
    is_active: bool = True

    @property
    def id(self) -> str:
        """Level ids carry the item they are of."""
        return f"{gid('InventoryLevel', self.location.number)}?inventory_item_id={self.item.number}"

    @property
    def on_hand(self) -> int:
        """What physically lies there."""
        return sum(getattr(self, name) for name in ON_HAND_PARTS)


@dataclass(slots=True, eq=False)
class Item:
    """What is stocked and weighed: one per variant. `weight_kg` and `cost` may be unknown."""

    gql: ClassVar[str] = "InventoryItem"
    variant: Variant
    tracked: bool
    requires_shipping: bool
    weight_kg: Decimal | None
    updated_at: datetime
    levels: list[Level] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Follows from the variant's."""
        return self.variant.number + ITEM_OFFSET

    @property
    def id(self) -> str:
        """The global id."""
        return gid("InventoryItem", self.number)

    def at(self, location: Location) -> Level | None:
        """Its level there, active or not."""
        return next((level for level in self.levels if level.location is location), None)

    @property
    def available(self) -> int:
        """What all active locations have available."""
        return sum(level.available for level in self.levels if level.is_active and level.location.is_active)


@dataclass(slots=True, eq=False)
class Variant:
    """A sellable SKU. `labels` are its option values in the order of the product's options."""

    gql: ClassVar[str] = "ProductVariant"
    number: int
    product: Product
    sku: str | None
    barcode: str | None
    price: Decimal
    compare_at_price: Decimal | None
    labels: tuple[str, ...]
    position: int
    created_at: datetime
    updated_at: datetime
    policy: str = "DENY"
    taxable: bool = True
    requires_components: bool = False
    picture: Picture | None = None
    item: Item = field(init=False)
    metafields: list[Metafield] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The global id."""
        return gid("ProductVariant", self.number)

    @property
    def title(self) -> str:
        """`Blue / M`, or Shopify's word for the only variant."""
        return " / ".join(self.labels) or DEFAULT_TITLE


@dataclass(slots=True, eq=False)
class Picture:
    """A picture of a product: a MediaImage that the application serves."""

    gql: ClassVar[str] = "MediaImage"
    number: int
    source: SeedImage
    created_at: datetime
    status: str = "READY"

    @property
    def id(self) -> str:
        """The global id."""
        return gid("MediaImage", self.number)


@dataclass(slots=True, eq=False)
class Metafield:
    """A further fact of an object; the value is text whatever its type."""

    gql: ClassVar[str] = "Metafield"
    number: int
    owner: Any
    namespace: str
    key: str
    type: str
    value: str
    created_at: datetime
    updated_at: datetime

    @property
    def id(self) -> str:
        """The global id."""
        return gid("Metafield", self.number)


@dataclass(slots=True, eq=False)
class Taxon:
    """A category of the standard taxonomy; the practice store's tree is its seed's."""

    gql: ClassVar[str] = "TaxonomyCategory"
    code: str
    path: CategoryPath
    parent: Taxon | None
    children: list[Taxon] = field(default_factory=list)

    @property
    def id(self) -> str:
        """`gid://shopify/TaxonomyCategory/ho-1-2`."""
        return gid("TaxonomyCategory", self.code)


@dataclass(slots=True, eq=False)
class Collection:
    """A merchant's own grouping of products."""

    gql: ClassVar[str] = "Collection"
    number: int
    title: str
    description_html: str
    updated_at: datetime
    products: list[Product] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The global id."""
        return gid("Collection", self.number)

    @property
    def handle(self) -> str:
        """The address part."""
        return handle_of(self.title)


@dataclass(slots=True, eq=False)
class Product:
    """A product with its variants; `option_names` is empty where there is only the default variant."""

    gql: ClassVar[str] = "Product"
    number: int
    title: str
    handle: str
    description_html: str
    vendor: str
    product_type: str
    category: Taxon | None
    status: str
    tags: list[str]
    option_names: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    variants: list[Variant] = field(default_factory=list)
    media: list[Picture] = field(default_factory=list)
    metafields: list[Metafield] = field(default_factory=list)
    collections: list[Collection] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The global id."""
        return gid("Product", self.number)

    @property
    def has_only_default_variant(self) -> bool:
        """Whether the merchant made no options."""
        return not self.option_names


def handle_of(title: str) -> str:
    """`harbour-mug` of "Harbour mug"."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "product"


def _skus(product: Product) -> list[str]:
    return [variant.sku for variant in product.variants if variant.sku]


def _facts(thing: Any) -> list[tuple[str, str, str]]:
    return [(each.namespace, each.key, each.value) for each in thing.metafields]


_STATUSES = frozenset({"active", "archived", "draft", "unlisted"})
PRODUCT_TERMS = {
    "id": Term("number", lambda it: it.number), "title": Term("text", lambda it: it.title),
    "default": Term("text", lambda it: [it.title, *it.title.split(), *_skus(it)]),
    "status": Term("word", lambda it: it.status, _STATUSES), "handle": Term("text", lambda it: it.handle),
    "sku": Term("text", _skus), "barcode": Term("text", lambda it: [each.barcode for each in it.variants if each.barcode]),
    "vendor": Term("text", lambda it: it.vendor), "product_type": Term("text", lambda it: it.product_type),
    "tag": Term("text", lambda it: list(it.tags)), "tag_not": Term("text", lambda it: list(it.tags)),
    "created_at": Term("time", lambda it: it.created_at), "updated_at": Term("time", lambda it: it.updated_at),
    "published_at": Term("time", lambda it: it.published_at), "gift_card": Term("yes", lambda it: False),
    "published_status": Term("word", lambda it: "published" if it.published_at and it.status == "ACTIVE" else "unpublished",
                             frozenset({"published", "unpublished"})),
    "is_price_reduced": Term("yes", lambda it: any(each.compare_at_price and each.compare_at_price > each.price for each in it.variants)),
    "tracks_inventory": Term("yes", lambda it: any(each.item.tracked for each in it.variants)),
    "category_id": Term("text", lambda it: it.category.code if it.category else None),
    "collection_id": Term("text", lambda it: [str(each.number) for each in it.collections]),
    "metafields": Term("text", _facts),
}  # fmt: skip
VARIANT_TERMS = {
    "id": Term("number", lambda it: it.number), "sku": Term("text", lambda it: it.sku), "barcode": Term("text", lambda it: it.barcode),
    "title": Term("text", lambda it: it.title), "product_id": Term("number", lambda it: it.product.number),
    "product_ids": Term("word", lambda it: str(it.product.number)),
    "product_status": Term("word", lambda it: it.product.status, _STATUSES), "updated_at": Term("time", lambda it: it.updated_at),
    "inventory_quantity": Term("number", lambda it: it.item.available),
    "requires_components": Term("yes", lambda it: it.requires_components),
    "location_id": Term("text", lambda it: [str(level.location.number) for level in it.item.levels if level.is_active]),
}  # fmt: skip
ITEM_TERMS = {
    "id": Term("number", lambda it: it.number), "sku": Term("text", lambda it: it.variant.sku),
    "updated_at": Term("time", lambda it: it.updated_at), "created_at": Term("time", lambda it: it.variant.created_at),
}  # fmt: skip
_PRODUCT_SORTS: dict[str, Callable[[Any], Any]] = {
    "ID": lambda it: it.number, "TITLE": lambda it: it.title, "UPDATED_AT": lambda it: it.updated_at,
    "CREATED_AT": lambda it: it.created_at, "VENDOR": lambda it: it.vendor, "PRODUCT_TYPE": lambda it: it.product_type,
}  # fmt: skip
_VARIANT_SORTS: dict[str, Callable[[Any], Any]] = {
    "ID": lambda it: it.number, "SKU": lambda it: it.sku or "", "TITLE": lambda it: it.title, "POSITION": lambda it: it.position,
}  # fmt: skip


class Catalogue:
    """All products of the shop. `tell(topic, thing)` is called after each change that Shopify tells of."""

    def __init__(self, seed: SeedCatalogue, now: Callable[[], datetime], tell: Callable[[str, Any], None], *,
                 locations: tuple[str, ...], country: str) -> None:
        self.now, self.tell, self.currency = now, tell, seed.currency
        self.axis_labels = seed.axis_labels
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.pictures: dict[int, Picture] = {}
        self.by_sku: dict[str, list[Variant]] = {}
        self.deleted: list[tuple[int, datetime]] = []
        self.taxons: dict[CategoryPath, Taxon] = {}
        self.definitions: dict[tuple[str, str, str], int] = {}
        self.collections: dict[int, Collection] = {}
        self.index = Index(PRODUCT_TERMS, _PRODUCT_SORTS, now)
        self.variant_index = Index(VARIANT_TERMS, _VARIANT_SORTS, now)
        self.item_index = Index(ITEM_TERMS, {"ID": lambda it: it.number}, now)
        self._numbers = self._made_products = self._made_variants = 0
        started = now()
        self.locations = [Location(81_000_000_001 + at, name, country, started) for at, name in enumerate(locations)]
        for category in seed.categories:
            self.taxon(category.path)
        for category in seed.categories:
            if len(category.path) == 1:
                made = Collection(self.number(), category.name, category.description, started)
                self.collections[made.number] = made
        for product in seed.products:
            self.add(product, tell=False)

    def number(self) -> int:
        """A number no other small thing of the shop has."""
        self._numbers += 1
        return 9_700_000_000_000_000 + self._numbers

    # --- making -------------------------------------------------------------------------------------------------

    def taxon(self, path: CategoryPath) -> Taxon:
        """The category of this path; made with its parents where it is missing."""
        found = self.taxons.get(path)
        if found is None:
            parent = self.taxon(path[:-1]) if len(path) > 1 else None
            beside = len(parent.children) if parent else sum(each.parent is None for each in self.taxons.values())
            code = f"{parent.code}-{beside + 1}" if parent else f"{re.sub('[^a-z]', '', path[0].lower())[:2] or 'xx'}{beside or ''}"
            found = self.taxons[path] = Taxon(code, path, parent)
            if parent:
                parent.children.append(found)
        return found

    def add(self, seed: SeedProduct, *, tell: bool = True) -> Product:
        """A product of the seed. Its only taxonomy category is the last of its paths, and so is its product type."""
        now = self.now()
        path = seed.categories[-1] if seed.categories else ()
        axes = seed.axes if seed.variants else ()
        self._made_products += 1
        product = Product(
            number=PRODUCT_BASE + self._made_products, title=seed.name, handle=handle_of(seed.key),
            description_html=seed.description, vendor=seed.brand or "Practice", product_type=path[-1] if path else "",
            category=self.taxon(path) if path else None, status="ACTIVE" if seed.enabled else "DRAFT", tags=[],
            option_names=tuple(self._label(axis) for axis in axes), created_at=now, updated_at=now,
            published_at=now if seed.enabled else None,
        )  # fmt: skip
        self.index.before(product, fresh=True)
        self.products[product.number] = product
        for collection in self.collections.values():
            if any(each[:1] == (collection.title,) for each in seed.categories):
                product.collections.append(collection)
                collection.products.append(product)
        for image in seed.images:
            self._picture(product, image)
        for variant in seed.variants or (None,):
            self._variant(product, seed, variant)
        for code, value in seed.attributes.items():
            if value:
                self.set_metafield(product, "custom", code, value)
        if path:
            self.set_metafield(product, "custom", "category", " > ".join(path))
        if tell:
            self.tell("PRODUCTS_CREATE", product)
        return product

    def _label(self, axis: str) -> str:
        label = self.axis_labels.get(axis, axis)
        return label.replace("_", " ").capitalize() if label.islower() else label

    def _variant(self, product: Product, seed: SeedProduct, given: SeedVariant | None) -> None:
        if given is not None and not given.enabled:
            return
        now = self.now()
        own = given or seed
        regular, special = own.price, own.special_price
        self._made_variants += 1
        variant = Variant(
            number=VARIANT_BASE + self._made_variants, product=product, sku=own.sku or None,
            barcode=own.ean or None, price=special if special is not None else regular,
            compare_at_price=regular if special is not None else None,
            labels=tuple(given.options.get(axis, "") for axis in seed.axes) if given else (), position=len(product.variants) + 1,
            created_at=now, updated_at=now, policy="CONTINUE" if seed.backorders else "DENY",
            requires_components=seed.kind == "bundle",
        )  # fmt: skip
        for image in given.images if given else ():
            variant.picture = self._picture(product, image)
        weight = own.weight_kg if own.weight_kg is not None else seed.weight_kg
        variant.item = Item(variant, seed.kind != "virtual", seed.kind != "virtual", weight, now)
        last = len(self.locations) - 1
        share = own.quantity // 4 if last else 0
        for at, location in enumerate(self.locations):
            here = own.quantity - share if at == 0 else share if at == last else 0
            variant.item.levels.append(Level(variant.item, location, here, now))
        product.variants.append(variant)
        self.variants[variant.number] = variant
        self.variant_index.before(variant, fresh=True)
        self.item_index.changed(rows=True)
        if variant.sku:
            self.by_sku.setdefault(variant.sku, []).append(variant)

    def _picture(self, product: Product, image: SeedImage) -> Picture:
        known = next((each for each in product.media if each.source.name == image.name), None)
        if known is None:
            known = Picture(self.number(), image, self.now())
            product.media.append(known)
            self.pictures[known.number] = known
        return known

    def set_metafield(self, owner: Any, namespace: str, key: str, value: str, kind: str = "") -> Metafield:
        """Makes or changes one; its definition is made with the first."""
        now = self.now()
        known = next((each for each in owner.metafields if (each.namespace, each.key) == (namespace, key)), None)
        if known is None:
            known = Metafield(self.number(), owner, namespace, key, kind or "single_line_text_field", value, now, now)
            owner.metafields.append(known)
        known.value, known.updated_at, known.type = value, now, kind or known.type
        self.definitions.setdefault((OWNER_TYPES[owner.gql], namespace, key), known.number)
        return known

    # --- changing ------------------------------------------------------------------------------------------------

    @contextmanager
    def changing(self, product: Product, *, silent: bool = False) -> Iterator[None]:
        """What is done inside is one save of the product."""
        self.index.before(product)
        for variant in product.variants:
            self.variant_index.before(variant)
        yield
        product.updated_at = self.now()
        if not silent:
            self.tell("PRODUCTS_UPDATE", product)

    def delete(self, product: Product) -> None:
        """The product is gone, and a deletion event stays."""
        del self.products[product.number]
        self.index.forget(product)
        for variant in product.variants:
            self.drop_variant(variant)
        for collection in product.collections:
            collection.products.remove(product)
        self.deleted.append((product.number, self.now()))
        self.tell("PRODUCTS_DELETE", product)

    def drop_variant(self, variant: Variant) -> None:
        """One variant less; the caller saves its product."""
        del self.variants[variant.number]
        self.variant_index.forget(variant)
        self.item_index.changed(rows=True)
        if variant.sku:
            self.by_sku[variant.sku].remove(variant)

    def set_quantity(self, level: Level, name: str, quantity: int, *, silent: bool = False) -> int:
        """Sets one state's quantity (`on_hand` moves `available`); gives the change. Shopify saves no product for it."""
        before = getattr(level, name)
        delta = quantity - before
        target = "available" if name == "on_hand" else name
        setattr(level, target, getattr(level, target) + delta)
        level.updated_at = self.now()
        self.variant_index.counted()
        if delta and target == "available" and not silent:
            self.tell("INVENTORY_LEVELS_UPDATE", level)
        return delta

    def item(self, number: int | None) -> Item | None:
        """The inventory item of this number."""
        variant = self.variants.get(number - ITEM_OFFSET) if number is not None else None
        return variant.item if variant else None

    def location(self, number: int | None) -> Location | None:
        """The location of this number."""
        return next((each for each in self.locations if each.number == number), None)


OWNER_TYPES = {"Product": "PRODUCT", "ProductVariant": "PRODUCTVARIANT", "Order": "ORDER"}

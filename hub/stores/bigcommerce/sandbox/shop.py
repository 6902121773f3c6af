"""The practice store's memory: catalogue, prices, locations and stock, and which events a change fires.

Stock stands per location and item: a variant where its product is tracked by variant, the product itself where it is
tracked by product. Changes are seen by readers of the API only after `stock_delay_s`, as the real inventory is
eventually consistent; `Stock.now` is the truth. Moments are `hub.clock`'s.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hub import clock
from hub.seed import SeedImage
from hub.stores.bigcommerce.sandbox.wire import ZERO

LARGEST_STOCK = 2_147_483_647
DEFAULT_LOCATION = 1
ItemKey = tuple[str, int]
"""("variant", id) or ("product", id): what a stock count belongs to."""


@dataclass(slots=True)
class Settings:
    """How this store behaves where the merchant, or what the contract leaves open (11a), decides.

    `stock_delay_s`: how long inventory reads show the old count. `search_delay_s`: how long a new product or order is missing from
    lists. `updates_per_write`: how often `order/updated` fires for one write of an order. `takes_stock`: statuses in which an order
    holds stock under `order_placed`. `returns_stock_by_api`: whether cancel and refund obey `refund_order_stock_adjustment`.
    """

    stock_delay_s: float = 0.0
    search_delay_s: float = 0.0
    empty_list_status: int = 204
    create_status: int = 200
    refuse_out_of_stock: bool = True
    takes_stock: tuple[int, ...] = (1, 2, 3, 7, 8, 9, 10, 11, 12, 13)
    returns_stock_by_api: bool = True
    offline_refund: bool = True
    refund_busy_s: float = 0.0
    shipment_moves_status: bool = True
    updates_per_write: int = 2
    variant_moves_product: bool = False
    sign_hooks: bool = True
    hook_timeout_s: float = 10.0
    hook_live_after_s: float = 0.0


@dataclass(slots=True)
class Picture:
    """An image of a product, served by the store."""

    id: int
    product_id: int
    source: SeedImage
    sort_order: int
    modified: datetime


@dataclass(slots=True)
class Value:
    """A choice of an option or modifier."""

    id: int
    label: str
    sort_order: int


@dataclass(slots=True)
class Option:
    """A variant option, or a modifier (`required` is a modifier's)."""

    id: int
    product_id: int
    display_name: str
    kind: str
    sort_order: int
    values: list[Value] = field(default_factory=list)
    required: bool = False


@dataclass(slots=True)
class Variant:
    """A sellable unit; None inherits from the product. `options` are (option id, value id) in the options' order."""

    id: int
    product_id: int
    sku: str
    sku_id: int | None
    price: Decimal | None = None
    sale_price: Decimal | None = None
    retail_price: Decimal | None = None
    cost_price: Decimal | None = None
    weight: Decimal | None = None
    width: Decimal | None = None
    height: Decimal | None = None
    depth: Decimal | None = None
    purchasing_disabled: bool = False
    purchasing_disabled_message: str = ""
    upc: str = ""
    gtin: str = ""
    mpn: str = ""
    bin_picking_number: str = ""
    picture: Picture | None = None
    options: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Product:
    """A product of the catalogue, with all that stands below it; lists show it `search_delay_s` after `made`."""

    id: int
    name: str
    sku: str
    made: datetime
    created: datetime
    modified: datetime
    description: str = ""
    price: Decimal = ZERO
    sale_price: Decimal = ZERO
    retail_price: Decimal = ZERO
    cost_price: Decimal = ZERO
    map_price: Decimal = ZERO
    weight: Decimal = ZERO
    width: Decimal = ZERO
    height: Decimal = ZERO
    depth: Decimal = ZERO
    kind: str = "physical"
    tracking: str = "variant"
    warning_level: int = 0
    is_visible: bool = True
    availability: str = "available"
    is_price_hidden: bool = False
    condition: str = "New"
    categories: list[int] = field(default_factory=list)
    brand_id: int = 0
    upc: str = ""
    gtin: str = ""
    mpn: str = ""
    order_quantity_minimum: int = 0
    order_quantity_maximum: int = 0
    total_sold: int = 0
    custom_fields: list[tuple[int, str, str]] = field(default_factory=list)
    channels: list[int] = field(default_factory=lambda: [1])
    variants: list[Variant] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    modifiers: list[Option] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    @property
    def is_simple(self) -> bool:
        """Whether it has no more than its base variant."""
        return not self.options

    @property
    def effective(self) -> Decimal:
        """Sale price where there is one, else the price."""
        return self.sale_price if self.sale_price > 0 else self.price


@dataclass(slots=True)
class Category:
    """A category of the one tree."""

    id: int
    parent_id: int
    name: str
    description: str = ""
    is_visible: bool = True


@dataclass(slots=True)
class Location:
    """A place that holds stock."""

    id: int
    code: str
    label: str
    enabled: bool = True


@dataclass(slots=True)
class Channel:
    """A sales channel."""

    id: int
    name: str
    kind: str
    platform: str
    status: str
    created: datetime
    external_id: str = ""
    is_visible: bool = True
    is_listable: bool = True

    @property
    def is_enabled(self) -> bool:
        """Whether orders may name it."""
        return self.status in ("active", "prelaunch", "connected")


class Stock:
    """One count at one location: what is on hand, and how long readers still see what was."""

    __slots__ = ("bin", "history", "is_in_stock", "safety", "warning")

    def __init__(self, onhand: int, at: datetime) -> None:
        self.history: list[tuple[datetime, int]] = [(at, onhand)]
        self.safety = 0
        self.warning = 0
        self.bin = ""
        self.is_in_stock = True

    @property
    def now(self) -> int:
        """What is on hand in truth."""
        return self.history[-1][1]

    def put(self, onhand: int) -> None:
        """A new count, from now."""
        self.history = [*self.history[-20:], (clock.now(), onhand)]

    def seen(self, delay_s: float) -> int:
        """What a reader sees who is `delay_s` behind."""
        if delay_s <= 0:
            return self.now
        limit = clock.now() - timedelta(seconds=delay_s)
        return next((count for at, count in reversed(self.history) if at <= limit), self.history[0][1])


class Shop:
    """All of the store but its orders. Take `lock` around every use."""

    def __init__(self, *, name: str, store_hash: str, currency: str, timezone: str, with_tax: bool, metric: bool,
                 settings: Settings, seed: int = 1) -> None:
        self.lock = threading.RLock()
        self.name = name
        self.store_hash = store_hash
        self.currency = currency
        self.timezone = timezone
        self.with_tax = with_tax
        self.metric = metric
        self.settings = settings
        self.random = random.Random(seed)  # noqa: S311 - ids and stories, no secrets
        self.stock_rules: dict[str, Any] = {
            "product_out_of_stock_behavior": "do_nothing", "option_out_of_stock_behavior": "do_nothing",
            "update_stock_behavior": "order_placed", "edit_order_stock_adjustment": False,
            "refund_order_stock_adjustment": True, "stock_level_display": "dont_show", "default_out_of_stock_message": "Out of stock",
            "hide_in_product_filtering": False, "show_pre_order_stock_levels": False, "show_out_of_stock_message": False}
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.categories: dict[int, Category] = {}
        self.brands: dict[int, str] = {}
        self.locations: dict[int, Location] = {}
        self.channels: dict[int, Channel] = {}
        self.pictures: dict[int, Picture] = {}
        self.price_lists: dict[int, dict[str, Any]] = {}
        self.stock: dict[tuple[int, ItemKey], Stock] = {}
        self.fire: Callable[[str, dict[str, Any]], None] = _nobody
        self._last: dict[str, int] = {}

    def next_id(self, kind: str, first: int) -> int:
        """The next number of this kind, from `first` on."""
        self._last[kind] = self._last.get(kind, first - 1) + 1
        return self._last[kind]

    def age(self, passed: timedelta) -> None:
        """So much time passed for readers that are behind."""
        for cell in self.stock.values():
            cell.history = [(at - passed, count) for at, count in cell.history]
        for product in self.products.values():
            product.made -= passed

    # --- finding ----------------------------------------------------------------------------------------------

    def by_sku(self, sku: str) -> Variant | None:
        """The variant with this SKU; a product's own SKU names its first variant."""
        found = next((one for one in self.variants.values() if one.sku == sku), None)
        if found is None:
            owner = next((one for one in self.products.values() if one.sku == sku and sku), None)
            found = owner.variants[0] if owner else None
        return found

    def product_of(self, variant: Variant) -> Product:
        """The product a variant belongs to."""
        return self.products[variant.product_id]

    def is_listed(self, created: datetime) -> bool:
        """Whether lists show by now what was made then."""
        delay = self.settings.search_delay_s
        return delay <= 0 or clock.now() - created >= timedelta(seconds=delay)

    # --- prices (contract 3.4) --------------------------------------------------------------------------------

    def price(self, variant: Variant) -> Decimal:
        """What a guest pays for one: the variant's own sale price, its own price, else the product's."""
        if variant.sale_price is not None and variant.sale_price > 0:
            return variant.sale_price
        if variant.price is not None:
            return variant.price
        return self.product_of(variant).effective

    # --- stock (contract 3.5) ---------------------------------------------------------------------------------

    def key(self, variant: Variant) -> ItemKey:
        """What holds this variant's stock."""
        if self.product_of(variant).tracking == "product":
            return "product", variant.product_id
        return "variant", variant.id

    def cell(self, location_id: int, key: ItemKey) -> Stock:
        """The count of an item at a location, 0 where there was none."""
        if (location_id, key) not in self.stock:
            self.stock[(location_id, key)] = Stock(0, clock.now())
        return self.stock[(location_id, key)]

    def keys_of(self, product: Product) -> list[ItemKey]:
        """The stock items of a product: none where nothing is tracked."""
        if product.tracking == "none":
            return []
        if product.tracking == "product":
            return [("product", product.id)]
        return [("variant", one.id) for one in product.variants]

    def available(self, key: ItemKey, *, truth: bool = False) -> int:
        """What can be sold of an item at all enabled locations."""
        delay = 0.0 if truth else self.settings.stock_delay_s
        cells = [self.cell(place.id, key) for place in self.locations.values() if place.enabled]
        return sum(max(0, cell.seen(delay) - cell.safety) for cell in cells)

    def level(self, product: Product) -> int:
        """What the Catalog API shows as the product's level: the total to sell."""
        return sum(self.available(key) for key in self.keys_of(product))

    def put_stock(self, location_id: int, key: ItemKey, onhand: int, *, by: str = "", method: str = "absolute") -> None:
        """A new count at a location, with its events. `by` "order": an order moved it."""
        cell = self.cell(location_id, key)
        before = cell.now
        onhand = min(max(onhand, 0), LARGEST_STOCK)
        cell.put(onhand)
        if by == "silent" or (before == onhand and by == "order"):
            return
        self._tell_stock(location_id, key, by, {"method": method, "value": onhand if method == "absolute" else onhand - before})

    def _tell_stock(self, location_id: int, key: ItemKey, by: str, moved: dict[str, Any]) -> None:
        kind, number = key
        part = "inventory/order/updated" if by == "order" else "inventory/updated"
        product_id = number if kind == "product" else self.variants[number].product_id
        product = self.products[product_id]
        variant_id = product.variants[0].id if kind == "product" else number
        if kind == "product" or product.is_simple:
            self.fire(f"store/product/{part}", {"type": "product", "id": product_id, "inventory": {"product_id": product_id, **moved}})
        else:
            sku_id = self.variants[number].sku_id
            self.fire(f"store/sku/{part}", {"type": "sku", "id": sku_id, "inventory": {
                "product_id": product_id, "variant_id": number, **moved}})
        subject = {"variant_id": variant_id, "product_id": product_id, "location_id": location_id}
        self.fire("store/channel/*/inventory/product/stock_changed", subject)
        if self.available(key, truth=True) == 0:
            self.fire("store/channel/*/inventory/product/out_of_stock_reached", subject)
        elif self.available(key, truth=True) <= max(self.cell(location_id, key).warning, product.warning_level):
            self.fire("store/channel/*/inventory/product/low_stock_reached", subject)

    def move_for_order(self, variant: Variant, quantity: int) -> int:
        """An order takes (negative) or gives back stock, the default location first; answers how many really moved."""
        if self.product_of(variant).tracking == "none":
            return 0
        key = self.key(variant)
        if quantity >= 0:
            self.put_stock(DEFAULT_LOCATION, key, self.cell(DEFAULT_LOCATION, key).now + quantity, by="order", method="relative")
            return quantity
        left = -quantity
        for place in sorted((one for one in self.locations.values() if one.enabled), key=lambda one: one.id):
            cell = self.cell(place.id, key)
            taken = min(left, cell.now)
            if taken > 0:
                self.put_stock(place.id, key, cell.now - taken, by="order", method="relative")
                left -= taken
        return quantity + left

    # --- changes ----------------------------------------------------------------------------------------------

    def save(self, product: Product, *, silent: bool = False) -> None:
        """The product was saved: date and event."""
        product.modified = max(clock.now(), product.modified)
        if not silent:
            self.fire("store/product/updated", {"type": "product", "id": product.id})

    def save_variant(self, variant: Variant, *, silent: bool = False) -> None:
        """A variant was saved: its own event; the product's date stays where the settings do not say otherwise."""
        product = self.product_of(variant)
        if product.is_simple or self.settings.variant_moves_product:
            self.save(product, silent=silent)
        if not product.is_simple and not silent:
            self.fire("store/sku/updated", sku_event(variant))

    def delete(self, product: Product) -> None:
        """The product with all that belongs to it."""
        for variant in product.variants:
            del self.variants[variant.id]
        for picture in product.pictures:
            self.pictures.pop(picture.id, None)
        self.stock = {key: cell for key, cell in self.stock.items()
                      if key[1] != ("product", product.id) and not (key[1][0] == "variant" and key[1][1] not in self.variants)}
        del self.products[product.id]
        self.fire("store/product/deleted", {"type": "product", "id": product.id})

    def delete_variant(self, variant: Variant) -> None:
        """One variant of a product with options."""
        product = self.product_of(variant)
        product.variants.remove(variant)
        del self.variants[variant.id]
        self.fire("store/sku/deleted", sku_event(variant))
        self.save(product)

    def path_of(self, category_id: int) -> tuple[str, ...]:
        """A category's names from the top down."""
        return tuple(reversed([one.name for one in self._up(category_id)]))

    def _up(self, category_id: int) -> Iterator[Category]:
        one = self.categories.get(category_id)
        while one is not None:
            yield one
            one = self.categories.get(one.parent_id)


def sku_event(variant: Variant) -> dict[str, Any]:
    """What an event about a variant carries."""
    return {"type": "sku", "id": variant.sku_id, "sku": {"product_id": variant.product_id, "variant_id": variant.id}}


def _nobody(scope: str, data: dict[str, Any]) -> None:
    """Before the hooks are there, nobody listens."""

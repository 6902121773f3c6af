"""What the simulated TikTok Shop remembers: apps, sellers, shops, grants, products, orders, after-sales, messages.

Everything is in memory and changes under one lock (`State.lock`). Time is `hub.clock`, so that a test or a clock file
moves it. What becomes due later (a review, the end of the grace hour, a refund) is kept in a list and done by
`State.tick()`, which runs before each call and in the simulator's own thread.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hub import clock
from hub.simulator import Faults, Journal

ALL_SCOPES = (
    "seller.authorization.info", "seller.shop.info", "seller.product.basic", "seller.product.write",
    "seller.product.delete", "seller.order.info", "seller.order.ext_ref.read", "seller.order.ext_ref.write",
    "seller.fulfillment.basic", "seller.fulfillment.package.write", "seller.logistics",
    "seller.return_refund.basic",
)  # fmt: skip


@dataclass(slots=True)
class App:
    """An app in the partner console. `service_id` names it on the consent page; the key is a public identifier."""

    key: str
    secret: str
    service_id: str
    name: str
    redirect_url: str = ""
    webhook_url: str = ""


@dataclass(slots=True)
class Warehouse:
    """A sales or return warehouse; both may stand at one address and still have two ids."""

    id: str
    name: str
    type: str
    is_default: bool
    effect_status: str = "ENABLED"


@dataclass(slots=True)
class Shop:
    """A seller's shop in one market. `cipher` is what each `shop_cipher` wants."""

    id: str
    name: str
    region: str
    currency: str
    cipher: str
    code: str
    seller_id: str
    warehouses: list[Warehouse] = field(default_factory=list)
    delivery_option_id: str = ""
    active: bool = True
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Seller:
    """A seller account with its shops: one (LOCAL) or several (CROSS_BORDER)."""

    id: str
    name: str
    region: str
    open_id: str
    shop_ids: list[str] = field(default_factory=list)

    @property
    def type(self) -> str:
        """LOCAL or CROSS_BORDER."""
        return "LOCAL" if len(self.shop_ids) == 1 else "CROSS_BORDER"


@dataclass(slots=True)
class Token:
    """An access or refresh token; `expires` in seconds since 1970."""

    value: str
    app_key: str
    seller_id: str
    expires: float
    scopes: tuple[str, ...]
    kind: str
    dead: bool = False
    user_type: int = 0


@dataclass(slots=True)
class Image:
    """A picture that was uploaded here; only such URIs may be used in products."""

    uri: str
    url: str
    width: int
    height: int
    use_case: str
    size: int
    kind: str


@dataclass(slots=True)
class Sku:
    """A SKU with its price and its stock by warehouse (`available`; `committed` is in open orders)."""

    id: str
    seller_sku: str
    sales_attributes: list[dict[str, Any]]
    price: Decimal
    currency: str
    available: dict[str, int] = field(default_factory=dict)
    committed: dict[str, int] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the variant is called on an order."""
        return ", ".join(str(one.get("value_name", "")) for one in self.sales_attributes) or "Default"


@dataclass(slots=True)
class Product:
    """A product. `content` is the version buyers see, `waiting` the edited one under review."""

    id: str
    shop_id: str
    status: str
    audit: str
    content: dict[str, Any]
    skus: list[Sku]
    created: float
    updated: float
    waiting: dict[str, Any] | None = None
    waiting_skus: list[Sku] | None = None
    fail_reasons: list[dict[str, Any]] = field(default_factory=list)
    passed_once: bool = False
    review_round: int = 0
    has_promotion: bool = False

    def sku(self, sku_id: str) -> Sku | None:
        """The live SKU of this id."""
        return next((sku for sku in self.skus if sku.id == sku_id), None)


@dataclass(slots=True)
class Line:
    """One unit of an order. Amounts are for the unit."""

    id: str
    product_id: str
    sku_id: str
    seller_sku: str
    product_name: str
    sku_name: str
    sku_image: str
    original: Decimal
    seller_discount: Decimal
    platform_discount: Decimal
    tax: Decimal
    warehouse_id: str
    status: str = ""
    package_id: str = ""
    cancel_reason: str = ""
    cancel_user: str = ""
    refunded: bool = False
    is_gift: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def sale(self) -> Decimal:
        """What the buyer pays for the unit before tax, after both discounts."""
        return self.original - self.seller_discount - self.platform_discount


@dataclass(slots=True)
class Order:
    """An order with its money as the buyer paid it. `payment` holds wire texts; `truth` the exact sums."""

    id: str
    shop_id: str
    status: str
    lines: list[Line]
    payment: dict[str, str]
    truth: dict[str, Any]
    created: float
    updated: float
    currency: str
    shipping_type: str
    fulfillment_type: str
    address: dict[str, Any]
    buyer: dict[str, Any]
    is_on_hold_order: bool = False
    paid: float | None = None
    package_ids: list[str] = field(default_factory=list)
    cancel_reason: str = ""
    cancel_user: str = ""
    cancelled: float | None = None
    cancel_requested: float | None = None
    shipped: float | None = None
    collected: float | None = None
    delivered: float | None = None
    tracking_changes: int = 0
    extra: dict[str, Any] = field(default_factory=dict)
    external: dict[str, dict[str, Any]] = field(default_factory=dict)

    def open_lines(self) -> list[Line]:
        """The units that are not cancelled."""
        return [line for line in self.lines if line.status != "CANCELLED"]


@dataclass(slots=True)
class Package:
    """A parcel of one order."""

    id: str
    shop_id: str
    order_id: str
    line_ids: list[str]
    status: str
    created: float
    updated: float
    tracking_number: str = ""
    provider_id: str = ""
    provider_name: str = ""
    handover_method: str = ""
    shipped: bool = False
    collected: bool = False
    label_polls: int = 0
    weight: dict[str, str] = field(default_factory=dict)
    dimension: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Cancellation:
    """A cancellation: done by somebody (CANCEL) or asked for by the buyer (BUYER_CANCEL)."""

    id: str
    shop_id: str
    order_id: str
    type: str
    status: str
    role: str
    reason: str
    line_ids: list[str]
    created: float
    updated: float
    deadline: float = 0


@dataclass(slots=True)
class Return:
    """A refund or a return with refund, with its history."""

    id: str
    shop_id: str
    order_id: str
    type: str
    status: str
    role: str
    reason: str
    line_ids: list[str]
    amounts: dict[str, Decimal]
    created: float
    updated: float
    deadline: float = 0
    tracking_number: str = ""
    partial: Decimal | None = None
    records: list[dict[str, Any]] = field(default_factory=list)


class Bucket:
    """A token bucket: `rate` a second, `burst` at once. Real time, because a held clock must not stop it."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._level, self._at = burst, time.monotonic()

    def take(self) -> float:
        """0 when the call may go on, else the seconds until the next one may."""
        at = time.monotonic()
        self._level = min(self.burst, self._level + (at - self._at) * self.rate)
        self._at = at
        if self._level >= 1:
            self._level -= 1
            return 0
        return (1 - self._level) / self.rate


class State:
    """All of it, with the settings that `create_simulator` takes (see there)."""

    def __init__(self, *, seed: int, settings: Mapping[str, Any], journal: Journal | None = None) -> None:
        self.name = "tiktok"
        self.journal = journal or Journal()
        self.faults = Faults()
        self.lock = threading.RLock()
        self.random = random.Random(seed)  # noqa: S311 - a simulator's dice, nothing secret
        self.settings: dict[str, Any] = dict(settings)
        self.apps: dict[str, App] = {}
        self.sellers: dict[str, Seller] = {}
        self.shops: dict[str, Shop] = {}
        self.tokens: dict[str, Token] = {}
        self.codes: dict[str, dict[str, Any]] = {}
        self.images: dict[str, Image] = {}
        self.picture_bytes: dict[str, tuple[str, bytes]] = {}
        self.products: dict[str, Product] = {}
        self.orders: dict[str, Order] = {}
        self.packages: dict[str, Package] = {}
        self.cancellations: dict[str, Cancellation] = {}
        self.returns: dict[str, Return] = {}
        self.brands: dict[str, dict[str, Any]] = {}
        self.repeats: dict[tuple[str, str, str], Any] = {}
        self.custom_attributes: dict[str, str] = {}
        self.review_rules: list[dict[str, Any]] = []
        self.buckets: dict[tuple[str, str, str], Bucket] = {}
        self.throttled_until: float = 0
        self.notify: Callable[[str, Shop, dict[str, Any]], None] = lambda event, shop, data: None
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._counters: dict[str, int] = {}

    def now(self) -> float:
        """Seconds since 1970 on the shared clock."""
        return clock.timestamp()

    def new_id(self, kind: str) -> str:
        """An id as TikTok's are: digits, above 2^53, in order of creation."""
        base = {
            "product": 1729592969712200000, "sku": 1729592969812200000, "order": 576461413038780000,
            "line": 576461413138780000, "package": 1152921504606840000, "cancel": 4035318504086600000,
            "return": 4035319504086600000, "attribute": 7082427311584300000, "value": 7082427311684300000,
            "brand": 7082427311784300000, "file": 7082427311884300000, "user": 7494567890123400000,
        }[kind]  # fmt: skip
        self._counters[kind] = self._counters.get(kind, self.settings.get("first_id", 0)) + 1
        return str(base + self._counters[kind] * 13)

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Do this when so many seconds have passed on the shared clock."""
        heapq.heappush(self._due, (self.now() + seconds, next(self._order), what))

    def tick(self) -> int:
        """Do what has become due; answers how many things that were."""
        done = 0
        with self.lock:
            while self._due and self._due[0][0] <= self.now():
                _, _, what = heapq.heappop(self._due)
                what()
                done += 1
        return done

    def shop_by_cipher(self, cipher: str) -> Shop | None:
        """The shop of this cipher."""
        return next((shop for shop in self.shops.values() if shop.cipher == cipher), None)

    def shops_of(self, seller_id: str) -> list[Shop]:
        """The shops of a seller, in order."""
        return [self.shops[shop_id] for shop_id in self.sellers[seller_id].shop_ids]

    def category_version(self, shop: Shop) -> str:
        """v2 for a seller with an active US shop, else v1 (contract 6, `category_version`)."""
        return "v2" if any(one.region == "US" and one.active for one in self.shops_of(shop.seller_id)) else "v1"

    def is_visible(self, born: float) -> bool:
        """Whether a search shows something that came into being at this moment (searches lag behind reads)."""
        return born + float(self.settings.get("search_delay_s") or 0) <= self.now()

    def only_shop(self) -> Shop:
        """The first shop: what a control call means that names none."""
        return next(iter(self.shops.values()))


def wire_times(**times: float | None) -> dict[str, int]:
    """Moments as whole epoch seconds; those that have not come are left out."""
    return {name: int(value) for name, value in times.items() if value is not None}


DECIMALS = {"JPY": 0, "VND": 0, "IDR": 0}


def places(currency: str) -> int:
    """How many decimals an amount of this currency has on TikTok Shop's wire."""
    return DECIMALS.get(currency, 2)


def money(amount: Decimal, currency: str) -> str:
    """An amount as the wire shows it."""
    return format(amount.quantize(Decimal(1).scaleb(-places(currency))), "f")


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    return sum(amounts, Decimal(0))

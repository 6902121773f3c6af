"""Orders of the practice store: what they are made of, what they add up to, and how they are found (contract 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from hub.stores.shopify.sandbox.catalogue import Location, Metafield, Product, Variant
from hub.stores.shopify.sandbox.graph import gid
from hub.stores.shopify.sandbox.search import Term

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, halves up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def spread(amount: Decimal, weights: list[Decimal]) -> list[Decimal]:
    """Divides an amount by weights to the cent; what rounding leaves goes to the last that has a weight."""
    whole = sum(weights, ZERO)
    if not whole:
        return [ZERO for _ in weights]
    parts = [cents(amount * weight / whole) for weight in weights]
    last = max(at for at, weight in enumerate(weights) if weight)
    parts[last] += amount - sum(parts, ZERO)
    return parts


@dataclass(slots=True, eq=False)
class Tax:
    """One tax on a line, on shipping or, summed, on the order."""

    gql: ClassVar[str] = "TaxLine"
    title: str
    rate: Decimal
    amount: Decimal
    channel_liable: bool


@dataclass(slots=True, eq=False)
class Customer:
    """A buyer; e-mail and phone are unique in the shop."""

    gql: ClassVar[str] = "Customer"
    number: int
    created_at: datetime
    updated_at: datetime
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    note: str | None = None
    tags: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The global id."""
        return gid("Customer", self.number)


@dataclass(slots=True, eq=False)
class Line:
    """One line of an order. `variant` is None for a custom line, or once the product is deleted.

    `claimed` units were taken from `available` when the order was made; `refunded` counts all units that a refund or a
    cancellation took off the order, `cancelled` those of them that were not fulfilled.
    """

    gql: ClassVar[str] = "LineItem"
    number: int
    order: Order
    variant: Variant | None
    title: str
    variant_title: str | None
    sku: str | None
    vendor: str | None
    quantity: int
    unit: Decimal
    taxable: bool
    requires_shipping: bool
    properties: list[dict[str, str]]
    taxes: list[Tax] = field(default_factory=list)
    discount: Decimal = ZERO
    claimed: int = 0
    refunded: int = 0
    cancelled: int = 0

    @property
    def id(self) -> str:
        """The global id."""
        return gid("LineItem", self.number)

    @property
    def product(self) -> Product | None:
        """The variant's product."""
        return self.variant.product if self.variant else None

    @property
    def total(self) -> Decimal:
        """Before the discount."""
        return self.unit * self.quantity

    @property
    def fulfilled(self) -> int:
        """Units in fulfilments that stand."""
        return sum(part.quantity for each in self.order.fulfillments if each.status == "SUCCESS" for part in each.lines
                   if part.line is self)

    @property
    def unfulfilled(self) -> int:
        """Units still to send: neither sent nor taken off."""
        return max(0, self.quantity - self.cancelled - self.fulfilled)

    @property
    def current(self) -> int:
        """Units that are still bought."""
        return self.quantity - self.refunded

    def goods_of(self, units: int) -> tuple[Decimal, Decimal]:
        """What so many units cost after the discount, and their tax."""
        if units >= self.quantity:
            return self.total - self.discount, sum((tax.amount for tax in self.taxes), ZERO)
        share = Decimal(units) / self.quantity
        return cents((self.total - self.discount) * share), cents(sum((tax.amount for tax in self.taxes), ZERO) * share)


@dataclass(slots=True, eq=False)
class Shipping:
    """A shipping line; `discount` by a free-shipping code."""

    gql: ClassVar[str] = "ShippingLine"
    number: int
    title: str
    code: str | None
    source: str | None
    price: Decimal
    taxes: list[Tax]
    discount: Decimal = ZERO

    @property
    def id(self) -> str:
        """The global id."""
        return gid("ShippingLine", self.number)


@dataclass(slots=True, eq=False)
class Transaction:
    """A movement of money, told by whoever made it."""

    gql: ClassVar[str] = "OrderTransaction"
    number: int
    order: Order
    kind: str
    status: str
    gateway: str
    amount: Decimal
    created_at: datetime
    processed_at: datetime
    parent: Transaction | None = None
    test: bool = False

    @property
    def id(self) -> str:
        """The global id."""
        return gid("OrderTransaction", self.number)


@dataclass(slots=True, eq=False)
class Hold:
    """Why a fulfilment order waits. `by_app` names the app that put it, "" the merchant."""

    gql: ClassVar[str] = "FulfillmentHold"
    number: int
    reason: str
    notes: str | None
    handle: str | None
    by_app: str

    @property
    def id(self) -> str:
        """The global id."""
        return gid("FulfillmentHold", self.number)


@dataclass(slots=True, eq=False)
class Part:
    """Units of a line within a fulfilment order, or within a fulfilment (`remaining` unused there)."""

    gql: str
    number: int
    line: Line
    quantity: int
    remaining: int = 0
    source: FulfillmentOrder | None = None

    @property
    def id(self) -> str:
        """The global id."""
        return gid(self.gql, self.number)


@dataclass(slots=True, eq=False)
class FulfillmentOrder:
    """The units of an order that one location is to send."""

    gql: ClassVar[str] = "FulfillmentOrder"
    number: int
    order: Order
    location: Location
    created_at: datetime
    updated_at: datetime
    lines: list[Part] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    status: str = "OPEN"

    @property
    def id(self) -> str:
        """The global id."""
        return gid("FulfillmentOrder", self.number)

    @property
    def is_live(self) -> bool:
        """Whether anything may still happen to it."""
        return self.status not in ("CLOSED", "CANCELLED")


@dataclass(slots=True, eq=False)
class Fulfillment:
    """A parcel of an order. `tracking` rows hold company, number and url."""

    gql: ClassVar[str] = "Fulfillment"
    number: int
    order: Order
    name: str
    location: Location
    created_at: datetime
    updated_at: datetime
    lines: list[Part]
    tracking: list[dict[str, str | None]]
    status: str = "SUCCESS"
    display_status: str = "FULFILLED"
    in_transit_at: datetime | None = None
    delivered_at: datetime | None = None

    @property
    def id(self) -> str:
        """The global id."""
        return gid("Fulfillment", self.number)


@dataclass(slots=True, eq=False)
class RefundPart:
    """Units of a line within a refund."""

    gql: ClassVar[str] = "RefundLineItem"
    number: int
    line: Line
    quantity: int
    restock_type: str
    location: Location | None
    subtotal: Decimal
    tax: Decimal

    @property
    def id(self) -> str:
        """The global id."""
        return gid("RefundLineItem", self.number)


@dataclass(slots=True, eq=False)
class Refund:
    """Lines taken off and money given back; either may be empty."""

    gql: ClassVar[str] = "Refund"
    number: int
    order: Order
    created_at: datetime
    processed_at: datetime
    note: str | None
    lines: list[RefundPart] = field(default_factory=list)
    shipping: Decimal = ZERO
    transactions: list[Transaction] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The global id."""
        return gid("Refund", self.number)

    @property
    def money(self) -> Decimal:
        """What was given back."""
        return sum((each.amount for each in self.transactions if each.status == "SUCCESS"), ZERO)


@dataclass(slots=True, eq=False)
class Order:
    """One order. Amounts are in `currency`; `presentment_rate` turns them into the buyer's."""

    gql: ClassVar[str] = "Order"
    number: int
    place: int
    name: str
    created_at: datetime
    updated_at: datetime
    processed_at: datetime
    currency: str
    presentment_currency: str
    presentment_rate: Decimal
    taxes_included: bool
    by_app: bool
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    po_number: str | None = None
    tags: list[str] = field(default_factory=list)
    attributes: list[dict[str, str]] = field(default_factory=list)
    source_name: str | None = None
    source_identifier: str | None = None
    source_url: str | None = None
    customer: Customer | None = None
    shipping_address: dict[str, Any] | None = None
    billing_address: dict[str, Any] | None = None
    discount_code: str | None = None
    discount_value: dict[str, Any] | None = None
    discounts_shipping: bool = False
    status_override: str | None = None
    test: bool = False
    closed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    staff_note: str | None = None
    lines: list[Line] = field(default_factory=list)
    shipping: list[Shipping] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    metafields: list[Metafield] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The global id."""
        return gid("Order", self.number)

    # --- money ---------------------------------------------------------------------------------------------------

    @property
    def goods(self) -> Decimal:
        """Lines after the discount."""
        return sum((line.total - line.discount for line in self.lines), ZERO)

    @property
    def shipping_price(self) -> Decimal:
        """Shipping after a free-shipping code."""
        return sum((each.price - each.discount for each in self.shipping), ZERO)

    @property
    def taxes(self) -> list[Tax]:
        """The order's taxes, summed by title, rate and who pays them."""
        found: dict[tuple[str, Decimal, bool], Tax] = {}
        for tax in [tax for line in self.lines for tax in line.taxes] + [tax for each in self.shipping for tax in each.taxes]:
            name = (tax.title, tax.rate, tax.channel_liable)
            known = found.setdefault(name, Tax(tax.title, tax.rate, ZERO, tax.channel_liable))
            known.amount += tax.amount
        return list(found.values())

    @property
    def tax(self) -> Decimal:
        """All taxes."""
        return sum((tax.amount for tax in self.taxes), ZERO)

    @property
    def discounts(self) -> Decimal:
        """All that the code took off."""
        return sum((line.discount for line in self.lines), ZERO) + sum((each.discount for each in self.shipping), ZERO)

    @property
    def total(self) -> Decimal:
        """What the order came to when it was made."""
        return self.goods + self.shipping_price + (ZERO if self.taxes_included else self.tax)

    @property
    def current_total(self) -> Decimal:
        """What it comes to now: less the lines and the shipping that refunds took off."""
        return self.total - sum((self.off_by(refund) for refund in self.refunds), ZERO)

    def off_by(self, refund: Refund) -> Decimal:
        """What this refund took off the total, whether or not money moved."""
        return refund.shipping + sum((part.subtotal + (ZERO if self.taxes_included else part.tax) for part in refund.lines), ZERO)

    def paid(self, *kinds: str) -> Decimal:
        """Successful movements of these kinds."""
        return sum((each.amount for each in self.transactions if each.kind in kinds and each.status == "SUCCESS"), ZERO)

    @property
    def received(self) -> Decimal:
        """What came in."""
        return self.paid("SALE", "CAPTURE")

    @property
    def given_back(self) -> Decimal:
        """What went out again."""
        return self.paid("REFUND")

    @property
    def outstanding(self) -> Decimal:
        """What is still owed; below nothing is told as nothing."""
        return max(ZERO, self.current_total - self.received + self.given_back)

    @property
    def financial_status(self) -> str:
        """Follows from the movements, unless the order was made with one and none came since."""
        if self.status_override and not self.transactions:
            return self.status_override
        received, back = self.received, self.given_back
        if back > 0:
            return "REFUNDED" if back >= received else "PARTIALLY_REFUNDED"
        if any(each.kind == "VOID" for each in self.transactions) or (self.cancelled_at and not received):
            return "VOIDED"
        if received >= self.current_total and (received or not self.current_total):
            return "PAID"
        if received:
            return "PARTIALLY_PAID"
        return "AUTHORIZED" if self.paid("AUTHORIZATION") else "PENDING"

    # --- fulfilment ----------------------------------------------------------------------------------------------

    @property
    def fulfillment_status(self) -> str:
        """`displayFulfillmentStatus`."""
        shippable = [line for line in self.lines if line.requires_shipping]
        sent = sum(line.fulfilled for line in shippable)
        left = sum(line.unfulfilled for line in shippable)
        live = [each for each in self.fulfillment_orders if each.is_live]
        if sent and not left:
            return "FULFILLED"
        if sent:
            return "PARTIALLY_FULFILLED"
        if live and all(each.status == "ON_HOLD" for each in live):
            return "ON_HOLD"
        if any(each.status == "IN_PROGRESS" for each in live):
            return "IN_PROGRESS"
        return "UNFULFILLED"

    @property
    def status_word(self) -> str:
        """`open`, `closed` or `cancelled`, as the search knows them."""
        return "cancelled" if self.cancelled_at else "closed" if self.closed_at else "open"


def _status_words(order: Order) -> list[str]:
    return [order.status_word, *(["not_closed"] if order.closed_at is None else [])]


def _facts(order: Order) -> list[tuple[str, str, str]]:
    return [(each.namespace, each.key, each.value) for each in order.metafields]


ORDER_TERMS = {
    "id": Term("number", lambda it: it.number), "name": Term("text", lambda it: [it.name, it.name.removeprefix("#")]),
    "default": Term("text", lambda it: [it.name, it.name.removeprefix("#"), it.email or ""]),
    "email": Term("text", lambda it: it.email), "tag": Term("text", lambda it: list(it.tags)),
    "source_identifier": Term("text", lambda it: it.source_identifier), "source_name": Term("text", lambda it: it.source_name),
    "created_at": Term("time", lambda it: it.created_at), "updated_at": Term("time", lambda it: it.updated_at),
    "processed_at": Term("time", lambda it: it.processed_at),
    "status": Term("word", _status_words, frozenset({"open", "closed", "cancelled", "not_closed"})),
    "financial_status": Term("word", lambda it: it.financial_status, frozenset(
        {"paid", "pending", "authorized", "partially_paid", "partially_refunded", "refunded", "voided", "expired"})),
    "fulfillment_status": Term("word", lambda it: {"FULFILLED": "shipped", "PARTIALLY_FULFILLED": "partial"}.get(
        it.fulfillment_status, "unfulfilled"), frozenset({"shipped", "partial", "unfulfilled", "unshipped", "scheduled", "on_hold"})),
    "return_status": Term("word", lambda it: "no_return", frozenset({"no_return", "in_progress", "returned", "return_requested"})),
    "metafields": Term("text", _facts),
}  # fmt: skip
ORDER_SORTS = {
    "ID": lambda it: it.number, "CREATED_AT": lambda it: it.created_at, "UPDATED_AT": lambda it: it.updated_at,
    "PROCESSED_AT": lambda it: it.processed_at, "ORDER_NUMBER": lambda it: it.place, "TOTAL_PRICE": lambda it: it.total,
}  # fmt: skip


def joined_tags(given: Iterable[str]) -> list[str]:
    """Trimmed, without doubles (case is no difference), in the order of the alphabet."""
    found = {tag.strip().lower(): tag.strip() for tag in reversed(list(given)) if tag.strip()}
    return sorted(found.values(), key=str.lower)

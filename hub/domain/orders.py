"""Orders on both sides: what TikTok Shop sold, and what the store is asked to create."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from hub.domain.money import ZERO


class OrderState(StrEnum):
    """A TikTok Shop order's status (``contracts/tiktok_shop.md`` 6.2); open: a new word reads as ``UNKNOWN``.

    unpaid → (on hold) → awaiting shipment → (partially shipping) → awaiting collection → in transit
    → delivered → completed; cancelled from any of them.
    """

    UNPAID = "UNPAID"
    ON_HOLD = "ON_HOLD"
    AWAITING_SHIPMENT = "AWAITING_SHIPMENT"
    PARTIALLY_SHIPPING = "PARTIALLY_SHIPPING"
    AWAITING_COLLECTION = "AWAITING_COLLECTION"
    IN_TRANSIT = "IN_TRANSIT"
    DELIVERED = "DELIVERED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def read(cls, word: str) -> OrderState:
        """From the wire; webhook 1 spells a cancellation ``CANCEL``."""
        if word == "CANCEL":
            return cls.CANCELLED
        return cls(word) if word in cls.__members__ else cls.UNKNOWN


# Where a status stands in an order's life: an older message never moves an order back (invariant I5).
ORDER_STATE_RANK = {state: rank for rank, state in enumerate(OrderState) if state is not OrderState.UNKNOWN}


class ShippingType(StrEnum):
    """Who carries: TikTok's label (``platform``) or the seller's own carrier."""

    PLATFORM = "platform"
    SELLER = "seller"
    DIGITAL = "digital"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A person and a place; empty strings where TikTok Shop masks or withholds it."""

    name: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One unit sold: TikTok Shop has no quantity (``contracts/tiktok_shop.md`` 13.8). Amounts are per unit."""

    line_id: str
    tiktok_product_id: str
    tiktok_sku_id: str
    seller_sku: str
    title: str
    variant_title: str = ""
    image_url: str = ""
    original_price: Decimal = ZERO
    sale_price: Decimal = ZERO
    seller_discount: Decimal = ZERO
    platform_discount: Decimal = ZERO
    tax: Decimal = ZERO
    fees: tuple[Charge, ...] = ()
    state: OrderState = OrderState.UNKNOWN
    package_id: str = ""
    tracking_number: str = ""
    provider_id: str = ""
    provider_name: str = ""
    is_gift: bool = False
    cancel_reason: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge besides goods and shipping, by TikTok's field name; may be negative."""

    code: str
    title: str
    amount: Decimal
    tax: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingCharge:
    """What shipping cost the buyer: ``net = gross − seller − platform − cofunded``."""

    gross: Decimal = ZERO
    seller_discount: Decimal = ZERO
    platform_discount: Decimal = ZERO
    cofunded_discount: Decimal = ZERO
    net: Decimal = ZERO
    tax: Decimal = ZERO
    title: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A TikTok Shop order as its API told it. ``total`` is what the buyer paid, in ``currency``.

    ``sub_total`` = goods after both discounts; ``tax`` = all tax; ``product_tax``/``shipping_tax`` where
    TikTok splits it. ``fees`` holds every further charge of the payment object, known or not.
    ``raw`` is the answer itself, for support only.
    """

    order_id: str
    state: OrderState
    raw_state: str
    region: str
    currency: str
    created_at: datetime
    updated_at: datetime
    paid_at: datetime | None = None
    lines: tuple[OrderLine, ...] = ()
    goods_gross: Decimal = ZERO
    seller_discount: Decimal = ZERO
    platform_discount: Decimal = ZERO
    sub_total: Decimal = ZERO
    shipping: ShippingCharge = field(default_factory=ShippingCharge)
    fees: tuple[Charge, ...] = ()
    tax: Decimal = ZERO
    product_tax: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    total: Decimal = ZERO
    buyer_email: str = ""
    buyer_id: str = ""
    buyer_message: str = ""
    ship_to: Address = field(default_factory=Address)
    shipping_type: ShippingType = ShippingType.SELLER
    fulfilled_by_tiktok: bool = False
    is_on_hold_order: bool = False
    ship_by: datetime | None = None
    delivery_option_id: str = ""
    delivery_option_name: str = ""
    warehouse_id: str = ""
    package_ids: tuple[str, ...] = ()
    tracking_number: str = ""
    provider_id: str = ""
    provider_name: str = ""
    payment_method: str = ""
    cancel_reason: str = ""
    cancelled_by: str = ""
    cancel_requested: bool = False
    cancelled_at: datetime | None = None
    is_sample: bool = False
    is_replacement: bool = False
    is_exchange: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_paid(self) -> bool:
        """Paid and not taken back: the states from ON_HOLD to COMPLETED."""
        return self.state not in (OrderState.UNPAID, OrderState.CANCELLED, OrderState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A line of the store order: units of one SKU whose money and tax are equal. Amounts are for the line."""

    line_ids: tuple[str, ...]
    product_id: str
    variant_id: str
    sku: str
    title: str
    quantity: int
    gross: Decimal
    seller_discount: Decimal
    platform_discount: Decimal
    net: Decimal
    tax: Decimal
    virtual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """The order that a store is asked to create: ``orders.create`` of ``contracts/plugins.md`` 3, field by field.

    ``key`` is the TikTok order id. Money obeys that page's rules: the parts sum to ``grand``, what the buyer paid.
    """

    key: str
    shop_id: str
    region: str
    store: str
    placed_at: datetime
    paid_at: datetime | None
    currency: str
    prices_include_tax: bool
    tax_remitted_by: str
    state: str
    shipping_type: str
    lines: tuple[DraftLine, ...]
    shipping: ShippingCharge
    fees: tuple[Charge, ...]
    goods: Decimal
    fees_total: Decimal
    tax: Decimal
    grand: Decimal
    buyer_name: str
    buyer_email: str
    buyer_phone: str
    ship_to: Address
    bill_to: Address | None = None
    hold_until: datetime | None = None
    ship_by: datetime | None = None
    payment_title: str = "TikTokPAY"
    transaction_id: str = ""
    allow_backorder: bool = True
    note: str = ""


class StoreOrderState(StrEnum):
    """A store order's state, as far as the main job asks."""

    OPEN = "open"
    HELD = "held"
    SHIPPED = "shipped"
    COMPLETE = "complete"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Goods on their way. ``quantities`` maps a line id of TikTok (or a store SKU) to units; empty = everything.

    ``parcel_id`` is the id of the shipment where it was made: the store's, or TikTok's package id.
    """

    parcel_id: str
    carrier_code: str
    carrier_title: str
    tracking_number: str
    quantities: Mapping[str, int] = field(default_factory=dict)
    provider_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOrder:
    """An order as the store has it. ``key`` is the TikTok order id that it carries, empty for the store's own.

    ``same`` answers a repeated create: did the content equal the first one? ``difference`` is what the store's
    own total deviates from ``grand`` asked for, with its reason, else None. ``oversold``: it took more than there was.
    """

    order_id: str
    number: str
    key: str
    state: StoreOrderState
    raw_state: str
    grand: Decimal
    currency: str
    created_at: datetime | None = None
    parcels: tuple[Parcel, ...] = ()
    refunded: Decimal = ZERO
    same: bool | None = None
    difference: tuple[Decimal, str] | None = None
    oversold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    """What one TikTok line (one unit) gets back."""

    line_id: str
    amount: Decimal
    tax: Decimal = ZERO
    fees: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money that TikTok Shop gave back, once per ``refund_key`` (its return or cancel id). Parts sum to ``total``."""

    refund_key: str
    currency: str
    lines: tuple[RefundLine, ...]
    total: Decimal
    shipping: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    adjustment: Decimal = ZERO
    restock: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """A cancellation on TikTok Shop. ``pending`` waits for the seller's decision in Seller Center (CXL-03)."""

    cancel_id: str
    order_id: str
    status: str
    pending: bool
    done: bool
    withdrawn: bool
    by: str
    reason: str
    line_ids: tuple[str, ...] = ()
    currency: str = ""
    refund_total: Decimal = ZERO
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCase:
    """A return or refund on TikTok Shop; ``refund`` is set once money went back (``completed``)."""

    return_id: str
    order_id: str
    kind: str
    status: str
    completed: bool
    closed: bool
    refund: Refund | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """A way of shipping, by the store's or TikTok's own id."""

    carrier_id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """A TikTok Shop warehouse; ``kind`` is sales or return."""

    warehouse_id: str
    name: str
    kind: str
    is_default: bool
    enabled: bool

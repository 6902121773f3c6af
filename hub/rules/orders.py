"""What is to be done about a TikTok order now (`ORD-01 … ORD-04`, `OST-08`, features.md 34.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.domain.orders import ORDER_STATE_RANK, Order, OrderDraft, OrderState, Parcel, ShippingType
from hub.domain.problems import Problem, problem
from hub.domain.settings import OrderSettings
from hub.rules.order_money import Binding, order_money

# A buyer may cancel without anybody's approval for an hour after paying (contract 8.1).
GRACE = timedelta(hours=1)
RETRY_EVERY = timedelta(minutes=10)
RETRIES = 3


@dataclass(frozen=True, slots=True)
class Create:
    """Create it in the store. ``problems`` are shown, and don't hinder it."""

    draft: OrderDraft
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing to do in the store; ``reason`` is a word of `SKIPS`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """It can't be created until a person mends something."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class CancelInStore:
    """TikTok Shop cancelled it: the store's order goes too."""

    reason: str


@dataclass(frozen=True, slots=True)
class Advance:
    """It stands in the store: carry over status, parcels and refunds."""


Decision = Create | Skip | Blocked | CancelInStore | Advance

SKIPS = {
    "unpaid": "Not paid yet",
    "on_hold": "The buyer can still cancel for an hour; it is created afterwards",
    "cancelled": "Cancelled before it was created in the store",
    "fulfilled_by_tiktok": "TikTok ships it from its own warehouse, and “Sync FBT orders” is off",
    "platform_shipping": "TikTok Shop ships it: it is created once the label is made",
    "before_connection": "Placed before this connection existed",
    "unknown_state": "TikTok Shop gave it a status that this version does not know",
    "on_its_way": "Just arrived: it is being created now",
}


def decide(
    order: Order, bindings: Mapping[str, Binding], settings: OrderSettings, *,
    in_store: bool, since: datetime | None, wanted: bool, now: datetime, shop_id: str, scope: str,
) -> Decision:
    """What to do. ``bindings`` by TikTok SKU id; ``since`` = when the shop was connected; ``wanted`` = a person asked."""
    if in_store:
        return CancelInStore(order.cancel_reason) if order.state is OrderState.CANCELLED else Advance()
    if (reason := not_due(order, settings, since=since, wanted=wanted)) is not None:
        return Skip(reason)
    unbound = {line.tiktok_sku_id: line for line in order.lines if line.tiktok_sku_id not in bindings}
    if unbound:
        return Blocked(tuple(problem("order.unlinked", sku=line.seller_sku or line.tiktok_sku_id, title=line.title)
                             for line in unbound.values()))
    money = order_money(order, bindings)
    problems = (problem("order.other_charge", amount=f"{money.unexplained} {order.currency}"),) if money.unexplained else ()
    hold_until = grace_ends(order)
    draft = OrderDraft(
        key=order.order_id, shop_id=shop_id, region=order.region, store=scope, placed_at=order.created_at,
        paid_at=order.paid_at, currency=order.currency, prices_include_tax=money.prices_include_tax,
        tax_remitted_by=money.tax_remitted_by, state="paid", shipping_type=order.shipping_type.value,
        lines=money.lines,
        shipping=replace(money.shipping, title=order.delivery_option_name or "TikTok Shop shipping",
                         code=order.delivery_option_id or "tiktok"),
        fees=money.fees, goods=money.goods, fees_total=money.fees_total, tax=money.tax, grand=money.grand,
        buyer_name=order.ship_to.name, buyer_email=order.buyer_email, buyer_phone=order.ship_to.phone,
        ship_to=order.ship_to, hold_until=hold_until if hold_until and hold_until > now else None,
        ship_by=order.ship_by, payment_title=settings.payment_title, transaction_id=order.order_id,
        note=order.buyer_message)
    return Create(draft, problems)


def not_due(order: Order, settings: OrderSettings, *, since: datetime | None, wanted: bool) -> str | None:
    """Why the order isn't to be in the store (a word of `SKIPS`), or None where it is."""
    match order.state:
        case OrderState.UNPAID:
            return "unpaid"
        case OrderState.ON_HOLD:
            return "on_hold"
        case OrderState.CANCELLED:
            return "cancelled"
        case OrderState.UNKNOWN:
            return "unknown_state"
    if order.fulfilled_by_tiktok and not settings.sync_tiktok_fulfilled:
        return "fulfilled_by_tiktok"
    if (settings.platform_shipping_waits and order.shipping_type is ShippingType.PLATFORM
            and ORDER_STATE_RANK[order.state] < ORDER_STATE_RANK[OrderState.AWAITING_COLLECTION]):
        return "platform_shipping"
    if not wanted and since is not None and order.created_at < since:
        return "before_connection"
    return None


def grace_ends(order: Order) -> datetime | None:
    """Until when the buyer may still cancel freely; None once TikTok Shop has waited for it itself (ON_HOLD flow)."""
    if order.is_on_hold_order or order.paid_at is None:
        return None
    return order.paid_at + GRACE


def living_units(order: Order, parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
    """The store's parcels with units that can still be shipped on TikTok Shop.

    A store that counts units and does not tell them apart names any of them, one that was cancelled too. Units of one SKU are alike,
    so another of it that nobody shipped takes its place; without any it is left out.
    """
    lines = {line.line_id: line for line in order.lines}
    named = {name for parcel in parcels for name in parcel.quantities}
    spare = [line for line in order.lines if line.line_id not in named and line.state is not OrderState.CANCELLED and not line.tracking_number]
    made = []
    for parcel in parcels:
        quantities: dict[str, int] = {}
        for name, count in parcel.quantities.items():
            line = lines.get(name)
            if line is not None and line.state is OrderState.CANCELLED:
                line = next((one for one in spare if one.tiktok_sku_id == lines[name].tiktok_sku_id), None)
                if line is None:
                    continue
                spare.remove(line)
            quantities[line.line_id if line is not None else name] = count
        made.append(replace(parcel, quantities=quantities))
    return tuple(made)


def next_retry(settings: OrderSettings, failing_since: datetime, retries_done: int) -> datetime | None:
    """When to try again by itself: +10, +20, +30 minutes after the first failure, then never (OST-07)."""
    if not settings.retry_orders or retries_done >= RETRIES:
        return None
    return failing_since + RETRY_EVERY * (retries_done + 1)


def is_older(known: datetime | None, told: datetime) -> bool:
    """Is this news older than what is known already (I5)?"""
    return known is not None and told < known

"""What is known of a TikTok order here: its link, units, timeline and effects. No outside calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.money import rounded, to_minor
from hub.domain.orders import Address, Order, OrderState, Parcel, StoreOrder
from hub.domain.problems import Problem
from hub.models.connections import Connection
from hub.models.listings import ListingSku
from hub.models.orders import EffectKind, EffectState, LinkState, OrderEffect, OrderEvent, OrderLink, OrderUnit
from hub.models.products import StoreProduct, StoreVariant
from hub.models.shops import Shop
from hub.models.values import pack, unpack
from hub.rules.order_money import Binding
from hub.rules.orders import is_older


def insert_once(session: Session, table: Any, row: dict[str, Any]) -> bool:
    """Inserts unless a unique key has it already; True when it was new."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(row).on_conflict_do_nothing().returning(table.id)
    return session.execute(statement).first() is not None


def note_order(session: Session, shop: Shop, order: Order) -> tuple[OrderLink, bool]:
    """Writes down what TikTok Shop told, once per order. The flag is False for news older than what is known (I5)."""
    now = clock.now()
    insert_once(session, OrderLink, {
        "connection_id": shop.connection_id, "shop_id": shop.id, "tiktok_order_id": order.order_id,
        "seen_at": now, "updated_at": now})
    link = session.scalars(select(OrderLink).where(
        OrderLink.shop_id == shop.id, OrderLink.tiktok_order_id == order.order_id)).one()
    if is_older(link.tiktok_updated_at, order.updated_at):
        return link, False
    if link.tiktok_state is not order.state:
        tell(session, link, "tiktok", f"TikTok Shop: {order.raw_state.replace('_', ' ').lower()}")
    link.tiktok_state = order.state
    link.tiktok_updated_at = order.updated_at
    link.order = pack(order) | {"raw": {}}
    link.raw = dict(order.raw)
    if link.redacted_at is not None:
        link.order, link.raw = blanked(link.order), {}
    link.currency, link.total = order.currency, to_minor(order.total, order.currency)
    link.units, link.buyer = len(order.lines), "" if link.redacted_at is not None else order.ship_to.name[:200]
    link.shipping_type = order.shipping_type.value
    link.placed_at, link.paid_at, link.ship_by = order.created_at, order.paid_at, order.ship_by
    link.cancel_requested = order.cancel_requested
    link.updated_at = now
    _note_units(session, link, order)
    return link, True


def _note_units(session: Session, link: OrderLink, order: Order) -> None:
    variants = variants_by_sku(session, link.shop_id, [line.tiktok_sku_id for line in order.lines])
    known = {unit.line_id: unit for unit in session.scalars(select(OrderUnit).where(OrderUnit.link_id == link.id))}
    for line in order.lines:
        unit = known.get(line.line_id)
        if unit is None:
            unit = OrderUnit(link_id=link.id, line_id=line.line_id, tiktok_sku_id=line.tiktok_sku_id)
            session.add(unit)
        unit.variant_id = variants.get(line.tiktok_sku_id)
        unit.cancelled = OrderState.CANCELLED in (line.state, order.state)


def variants_by_sku(session: Session, shop_id: int, sku_ids: Sequence[str]) -> dict[str, int]:
    """Our variant of each TikTok SKU id that has one."""
    rows = session.execute(select(ListingSku.tiktok_sku_id, ListingSku.variant_id).where(
        ListingSku.shop_id == shop_id, ListingSku.tiktok_sku_id.in_(set(sku_ids))))
    return {sku_id: variant_id for sku_id, variant_id in rows}


def blanked(order: dict[str, Any]) -> dict[str, Any]:
    """An order as it is kept, without anything of its buyer."""
    return {**order, "ship_to": pack(Address()), "buyer_email": "", "buyer_id": "", "buyer_message": "", "raw": {}} if order else order


def bindings_of(session: Session, shop_id: int, order: Order) -> dict[str, Binding]:
    """What the store knows each SKU of the order as; a SKU without a listing has no entry (ORD-04)."""
    rows = session.execute(
        select(ListingSku.tiktok_sku_id, StoreProduct.external_id, StoreVariant.external_id, StoreVariant.sku, StoreProduct.kind)
        .join(StoreVariant, StoreVariant.id == ListingSku.variant_id)
        .join(StoreProduct, StoreProduct.id == StoreVariant.product_id)
        .where(ListingSku.shop_id == shop_id, ListingSku.tiktok_sku_id.in_({line.tiktok_sku_id for line in order.lines})))
    return {sku_id: Binding(product_id=product, variant_id=variant, sku=sku, virtual=kind == "virtual")
            for sku_id, product, variant, sku, kind in rows}


def products_of(session: Session, link_id: int) -> Sequence[str]:
    """The store's products in an order."""
    return session.scalars(
        select(StoreProduct.external_id).distinct().join(StoreVariant, StoreVariant.product_id == StoreProduct.id)
        .join(OrderUnit, OrderUnit.variant_id == StoreVariant.id).where(OrderUnit.link_id == link_id)).all()


def order_of(link: OrderLink) -> Order:
    """The order as TikTok Shop told it last."""
    return unpack(Order, link.order)


def tell(session: Session, link: OrderLink, what: str, says: str, task_id: int | None = None, **data: Any) -> None:
    """Adds to the order's timeline."""
    session.add(OrderEvent(link_id=link.id, at=clock.now(), what=what, says=says[:1000], data=data or None, task_id=task_id))


def set_problems(link: OrderLink, problems: Sequence[Problem], keep: Sequence[str] = ()) -> None:
    """Replaces the link's problems; those whose code is in `keep` stay."""
    kept = [row for row in link.problems if row["code"] in keep]
    codes = {(row["code"], row["says"]) for row in kept}
    link.problems = kept + [one.as_json() for one in problems if (one.code, one.says) not in codes]


def is_in_store(link: OrderLink) -> bool:
    """Has the store this order, as far as we know?"""
    return bool(link.store_order_id)


def note_store_order(link: OrderLink, order: StoreOrder) -> None:
    """Writes down where the order stands in the store."""
    link.store_order_id, link.store_number, link.store_state = order.order_id, order.number, order.state.value
    link.store_total = minor(order.grand, order.currency or link.currency)


def intend(session: Session, link_id: int, kind: EffectKind, key: str, data: dict[str, Any] | None = None) -> OrderEffect | None:
    """Reserves an outside effect, once per (link, kind, key). None where it is done, refused or was seen already.

    An intent that stands from an earlier, unfinished try is given back: every platform write is made once per key
    there too, so that it is safe to repeat.
    """
    insert_once(session, OrderEffect, {"link_id": link_id, "kind": kind, "key": key, "state": EffectState.INTENDED,
                                       "data": data or {}, "at": clock.now()})
    effect = session.scalars(select(OrderEffect).where(
        OrderEffect.link_id == link_id, OrderEffect.kind == kind, OrderEffect.key == key)).one()
    return effect if effect.state is EffectState.INTENDED else None


def settle(session: Session, effect_id: int, state: EffectState = EffectState.DONE, **data: Any) -> None:
    """Writes down what came of an effect."""
    effect = session.get_one(OrderEffect, effect_id)
    effect.state, effect.done_at = state, clock.now()
    if data:
        effect.data = {**effect.data, **data}


def settle_older(session: Session, effect_id: int) -> None:
    """What was intended before it and never heard of is over: this one's news holds theirs (a status, not a parcel or a refund)."""
    effect = session.get_one(OrderEffect, effect_id)
    session.execute(update(OrderEffect).where(
        OrderEffect.link_id == effect.link_id, OrderEffect.kind == effect.kind, OrderEffect.id < effect_id,
        OrderEffect.state == EffectState.INTENDED).values(state=EffectState.DONE, done_at=clock.now()))


def forgive(session: Session, link: OrderLink) -> None:
    """A person says that it may work now: what was refused is tried anew, and is no longer a problem until it fails again."""
    session.execute(delete(OrderEffect).where(OrderEffect.link_id == link.id, OrderEffect.state == EffectState.REFUSED))
    link.problems = [row for row in link.problems if not row["code"].endswith("refused")]


def effects_of(session: Session, link_id: int, kind: EffectKind) -> dict[str, OrderEffect]:
    """The link's effects of one kind, by key."""
    return {effect.key: effect for effect in session.scalars(
        select(OrderEffect).where(OrderEffect.link_id == link_id, OrderEffect.kind == kind))}


def claim_create(session: Session, link_id: int, now: datetime) -> bool:
    """The lock of creating: compare-and-set on the intent, so that two workers never send one create each (I2)."""
    claimed = session.execute(update(OrderLink).where(
        OrderLink.id == link_id, OrderLink.intent_at.is_(None), OrderLink.store_order_id == "",
    ).values(intent_at=now, state=LinkState.CREATING, attempts=OrderLink.attempts + 1, updated_at=now).returning(OrderLink.id))
    return claimed.first() is not None


def shops_of(session: Session, connection_id: int) -> Sequence[Shop]:
    """The connection's chosen shops."""
    return session.scalars(select(Shop).where(Shop.connection_id == connection_id).order_by(Shop.id)).all()


def connection_of(session: Session, shop: Shop) -> Connection:
    """The connection that uses this shop. Raises where none does."""
    return session.get_one(Connection, shop.connection_id)


def minor(amount: Decimal, currency: str) -> int:
    """Whole minor units, for sums kept on the link."""
    return to_minor(rounded(amount, currency), currency)


def with_provider(parcel: Parcel, provider_id: str) -> Parcel:
    """The parcel as TikTok Shop wants it: with the id of one of its providers."""
    return replace(parcel, provider_id=provider_id)

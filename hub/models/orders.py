"""A TikTok order's life in the store, and each outside effect it had, once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.orders import OrderState
from hub.models import Base, Json, Moment, key, one_of


class LinkState(StrEnum):
    """seen (not due, why in ``reason``) → creating → in_store → shipped → completed; from each → cancelled;
    creating → needs_attention."""

    SEEN = "seen"
    CREATING = "creating"
    IN_STORE = "in_store"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NEEDS_ATTENTION = "needs_attention"


class OrderLink(Base):
    """One TikTok order of one shop.

    ``tiktok_updated_at`` guards against older news (I5). ``order`` is the neutral order as JSON, ``raw`` TikTok's
    answer. ``intent_at`` is set and committed before a create is sent and emptied when its answer is stored: in
    between the outcome is unknown, never failed. ``attempts`` counts creates; ``retries`` the guide's +10/+20/+30, counted from
    ``failing_since``. ``wanted`` = a person asked for it, whatever its age. ``redacted_at``: the buyer's data was erased and is not kept again.
    Amounts are whole minor units of ``currency``.
    """

    __tablename__ = "order_link"

    id: Mapped[int] = key()
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    tiktok_order_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[LinkState] = mapped_column(one_of(LinkState), default=LinkState.SEEN)
    tiktok_state: Mapped[OrderState] = mapped_column(one_of(OrderState), default=OrderState.UNKNOWN)
    reason: Mapped[str] = mapped_column(String(80), default="")
    problems: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    currency: Mapped[str] = mapped_column(String(3), default="")
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    units: Mapped[int] = mapped_column(default=0)
    buyer: Mapped[str] = mapped_column(String(200), default="")
    shipping_type: Mapped[str] = mapped_column(String(16), default="")
    order: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    raw: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    placed_at: Mapped[datetime | None] = mapped_column(Moment)
    paid_at: Mapped[datetime | None] = mapped_column(Moment)
    ship_by: Mapped[datetime | None] = mapped_column(Moment)
    hold_until: Mapped[datetime | None] = mapped_column(Moment)
    tiktok_updated_at: Mapped[datetime | None] = mapped_column(Moment)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    wanted: Mapped[bool] = mapped_column(default=False)
    store_order_id: Mapped[str] = mapped_column(String(64), default="")
    store_number: Mapped[str] = mapped_column(String(64), default="")
    store_state: Mapped[str] = mapped_column(String(40), default="")
    store_total: Mapped[int | None] = mapped_column(BigInteger)
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    created_in_store_at: Mapped[datetime | None] = mapped_column(Moment)
    intent_at: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    retries: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    next_try_at: Mapped[datetime | None] = mapped_column(Moment)
    parcels: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    redacted_at: Mapped[datetime | None] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("shop_id", "tiktok_order_id"),
        Index("ix_order_link_connection_placed", "connection_id", "placed_at"),
        Index("ix_order_link_connection_state", "connection_id", "state"),
        Index("ix_order_link_store_order", "connection_id", "store_order_id"),
    )


class OrderUnit(Base):
    """One line of a TikTok order, that is one unit, with the store variant it is linked to (if any).

    Units whose link is not yet in the store are taken off the stock that is sent (`architecture.md` 6).
    """

    __tablename__ = "order_unit"

    id: Mapped[int] = key()
    link_id: Mapped[int] = mapped_column(ForeignKey("order_link.id", ondelete="CASCADE"))
    line_id: Mapped[str] = mapped_column(String(64))
    tiktok_sku_id: Mapped[str] = mapped_column(String(64))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("store_variant.id", ondelete="SET NULL"), index=True)
    cancelled: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (UniqueConstraint("link_id", "line_id"),)


class EffectKind(StrEnum):
    """Outside writes about an order besides creating it."""

    STORE_CANCEL = "store_cancel"
    TIKTOK_CANCEL = "tiktok_cancel"
    STORE_SHIPMENT = "store_shipment"
    TIKTOK_SHIPMENT = "tiktok_shipment"
    STORE_REFUND = "store_refund"
    STORE_STATUS = "store_status"


class EffectState(StrEnum):
    """intended (committed before the call) → done | refused."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"


class OrderEffect(Base):
    """At most one effect per (link, kind, key): a cancel id, a package id, a return id (invariant I2, R-31)."""

    __tablename__ = "order_effect"

    id: Mapped[int] = key()
    link_id: Mapped[int] = mapped_column(ForeignKey("order_link.id", ondelete="CASCADE"))
    kind: Mapped[EffectKind] = mapped_column(one_of(EffectKind))
    key: Mapped[str] = mapped_column(String(120))
    state: Mapped[EffectState] = mapped_column(one_of(EffectState), default=EffectState.INTENDED)
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (UniqueConstraint("link_id", "kind", "key"),)


class OrderEvent(Base):
    """The order's timeline, for people."""

    __tablename__ = "order_event"

    id: Mapped[int] = key()
    link_id: Mapped[int] = mapped_column(ForeignKey("order_link.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    what: Mapped[str] = mapped_column(String(60))
    says: Mapped[str] = mapped_column(String(1000), default="")
    data: Mapped[dict[str, Any] | None] = mapped_column(Json)
    task_id: Mapped[int | None]

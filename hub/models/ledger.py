"""What each TikTok order came to, counted from TikTok's order search and the store's own list of marked orders."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models import Base, Json, Moment, key, one_of


class Verdict(StrEnum):
    """seen = created + not_due + failed + missing. ``reason`` says why for the last three."""

    CREATED = "created"
    NOT_DUE = "not_due"
    FAILED = "failed"
    MISSING = "missing"


class LedgerEntry(Base):
    """One TikTok order. ``copies`` > 1 is a double; ``store_orders``: ``[{order_id, number, state, grand}]``."""

    __tablename__ = "ledger_entry"

    id: Mapped[int] = key()
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    tiktok_order_id: Mapped[str] = mapped_column(String(64))
    placed_at: Mapped[datetime] = mapped_column(Moment)
    paid: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[Verdict] = mapped_column(one_of(Verdict))
    reason: Mapped[str] = mapped_column(String(300), default="")
    copies: Mapped[int] = mapped_column(default=0)
    store_orders: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    currency: Mapped[str] = mapped_column(String(3), default="")
    tiktok_total: Mapped[str] = mapped_column(String(32), default="")
    store_total: Mapped[str] = mapped_column(String(32), default="")
    counted_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("shop_id", "tiktok_order_id"),
        Index("ix_ledger_entry_shop_placed", "shop_id", "placed_at"),
        Index("ix_ledger_entry_connection_placed", "connection_id", "placed_at"),
    )

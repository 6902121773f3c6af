"""A TikTok Shop of a grant, and what differs by market: its store scope, warehouse and settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models import Base, Json, Moment, key


class Shop(Base):
    """One market's shop. ``connection_id`` is empty until a connection chose it (TTS-04); one connection at most.

    ``scope`` is the store view or id_shop that it sells from. ``settings`` holds ``products`` and ``orders``
    as `hub.domain.settings` reads them. ``warehouses``, ``providers``: what TikTok Shop listed last.
    """

    __tablename__ = "shop"

    id: Mapped[int] = key()
    grant_id: Mapped[int] = mapped_column(ForeignKey("tiktok_grant.id"))
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"), index=True)
    tiktok_shop_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200), default="")
    region: Mapped[str] = mapped_column(String(8))
    currency: Mapped[str] = mapped_column(String(3), default="")
    cipher: Mapped[str] = mapped_column(String(200))
    seller_type: Mapped[str] = mapped_column(String(32), default="")
    scope: Mapped[str] = mapped_column(String(120), default="")
    warehouse_id: Mapped[str] = mapped_column(String(64), default="")
    warehouses: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    providers: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    hooks_registered_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("grant_id", "tiktok_shop_id"),
        Index("ix_shop_tiktok_shop_id", "tiktok_shop_id"),
    )

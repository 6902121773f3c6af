"""TikTok Shop's categories as cached, and which of them each store category maps to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models import Base, Json, Moment, key


class TikTokCategory(Base):
    """A node of a shop's tree; ``path`` is the whole way down, joined by `` › ``."""

    __tablename__ = "tiktok_category"

    id: Mapped[int] = key()
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    category_id: Mapped[str] = mapped_column(String(64))
    parent_id: Mapped[str] = mapped_column(String(64), default="0")
    name: Mapped[str] = mapped_column(String(300))
    path: Mapped[str] = mapped_column(String(1000), default="")
    is_leaf: Mapped[bool] = mapped_column(default=False)
    permissions: Mapped[list[str]] = mapped_column(Json, default=list)
    read_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("shop_id", "category_id"),
        Index("ix_tiktok_category_shop_parent", "shop_id", "parent_id"),
    )


class CategoryDetail(Base):
    """What a leaf asks for: attributes and rules as `hub.domain.categories` reads them, fetched when first needed."""

    __tablename__ = "category_detail"

    id: Mapped[int] = key()
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    category_id: Mapped[str] = mapped_column(String(64))
    attributes: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    rules: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    read_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (UniqueConstraint("shop_id", "category_id"),)


class CategoryMapping(Base):
    """A store category in one shop: TikTok's suggestion, the merchant's choice, and values for all its products.

    A confirmed choice is never overwritten by a later suggestion (CAT-07). ``attributes``: attribute id →
    ``{"value_id", "text"}`` or ``{"from": "store attribute label"}``.
    """

    __tablename__ = "category_mapping"

    id: Mapped[int] = key()
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    store_category_id: Mapped[str] = mapped_column(String(64))
    store_path: Mapped[str] = mapped_column(String(1000), default="")
    suggested_id: Mapped[str] = mapped_column(String(64), default="")
    category_id: Mapped[str] = mapped_column(String(64), default="")
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    brand_id: Mapped[str] = mapped_column(String(64), default="")
    brand_name: Mapped[str] = mapped_column(String(200), default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    package: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    __table_args__ = (UniqueConstraint("shop_id", "store_category_id"),)

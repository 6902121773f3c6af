"""Snapshots of what the store sells.

Who writes what: a pull or refresh owns the store's columns, a person the ``hub_*`` columns, offers the
`StoreOffer` rows. No wide upsert touches a column of another owner.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models import Base, Json, Moment, key


class StoreProduct(Base):
    """A product of the store. ``data`` is the neutral `Product` as JSON; ``content_hash`` tells a changed one."""

    __tablename__ = "store_product"

    id: Mapped[int] = key()
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(String(64))
    sku: Mapped[str] = mapped_column(String(255), default="")
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(500), default="")
    image_url: Mapped[str] = mapped_column(String(2000), default="")
    category_id: Mapped[str] = mapped_column(String(64), default="")
    category_path: Mapped[str] = mapped_column(String(1000), default="")
    active: Mapped[bool] = mapped_column(default=True)
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    content_hash: Mapped[str] = mapped_column(String(64))
    store_updated_at: Mapped[datetime | None] = mapped_column(Moment)
    pulled_at: Mapped[datetime] = mapped_column(Moment)
    gone_at: Mapped[datetime | None] = mapped_column(Moment)
    # -- a person's own values for TikTok Shop; empty = the store's, the category's or the shop's
    hub_title: Mapped[str] = mapped_column(String(300), default="")
    hub_description: Mapped[str] = mapped_column(Text, default="")
    hub_category_id: Mapped[str] = mapped_column(String(64), default="")
    hub_brand_id: Mapped[str] = mapped_column(String(64), default="")
    hub_brand_name: Mapped[str] = mapped_column(String(200), default="")
    hub_attributes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    hub_package: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    hub_rules: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    hub_threshold: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("ix_store_product_connection_title", "connection_id", "title"),
        Index("ix_store_product_connection_category", "connection_id", "category_id"),
        Index("ix_store_product_connection_sku", "connection_id", "sku"),
    )


class StoreVariant(Base):
    """A sellable unit. ``external_id`` equals the product's where it has no variants."""

    __tablename__ = "store_variant"

    id: Mapped[int] = key()
    product_id: Mapped[int] = mapped_column(ForeignKey("store_product.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(String(64))
    sku: Mapped[str] = mapped_column(String(255), default="")
    options: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    barcode: Mapped[str] = mapped_column(String(64), default="")
    image_url: Mapped[str] = mapped_column(String(2000), default="")
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    gone_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("product_id", "external_id"),
        Index("ix_store_variant_connection_sku", "connection_id", "sku"),
        Index("ix_store_variant_connection_external", "connection_id", "external_id"),
    )


class StoreOffer(Base):
    """Price (millionths) and salable quantity of a variant in one store scope; ``digest`` as last compared."""

    __tablename__ = "store_offer"

    id: Mapped[int] = key()
    variant_id: Mapped[int] = mapped_column(ForeignKey("store_variant.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(120))
    price: Mapped[int] = mapped_column(BigInteger)
    effective_price: Mapped[int] = mapped_column(BigInteger)
    compare_at: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    tax_included: Mapped[bool] = mapped_column(default=False)
    salable: Mapped[int] = mapped_column(BigInteger)
    backorders: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    digest: Mapped[str] = mapped_column(String(128), default="")
    read_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (UniqueConstraint("variant_id", "scope"),)

"""A product's life in one shop."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.listings import ListingState
from hub.models import Base, Json, Moment, key, one_of


class Origin(StrEnum):
    """How the binding to a TikTok product came about."""

    PUSHED = "pushed"
    MAPPED = "mapped"


class Listing(Base):
    """One product in one shop. A row exists from the pull on, so that every product has a state to show.

    ``state`` follows `ListingState`. ``intent_key`` is the idempotency key of a create whose answer is not yet
    known; ``pushed_hash`` the fingerprint of the draft sent last; ``pending`` = something changed since. ``sent``: the fields of it
    to look for when TikTok Shop is read again. ``down_because``: what the hub took it off sale for (``threshold``, ``store``), and
    will bring it back from; "" where a person or TikTok Shop did.
    """

    __tablename__ = "listing"

    id: Mapped[int] = key()
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("store_product.id", ondelete="CASCADE"))
    state: Mapped[ListingState] = mapped_column(one_of(ListingState), default=ListingState.DRAFT)
    origin: Mapped[Origin | None] = mapped_column(one_of(Origin))
    tiktok_product_id: Mapped[str | None] = mapped_column(String(64))
    tiktok_status: Mapped[str] = mapped_column(String(40), default="")
    tiktok_audit: Mapped[str] = mapped_column(String(40), default="")
    problems: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    pending: Mapped[bool] = mapped_column(default=False)
    taken_down: Mapped[bool] = mapped_column(default=False)
    down_because: Mapped[str] = mapped_column(String(20), default="")
    pushed_hash: Mapped[str] = mapped_column(String(64), default="")
    sent: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    intent_key: Mapped[str] = mapped_column(String(64), default="")
    intent_at: Mapped[datetime | None] = mapped_column(Moment)
    pushed_at: Mapped[datetime | None] = mapped_column(Moment)
    live_at: Mapped[datetime | None] = mapped_column(Moment)
    checked_at: Mapped[datetime | None] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("shop_id", "product_id"),
        UniqueConstraint("shop_id", "tiktok_product_id"),
        Index("ix_listing_shop_state", "shop_id", "state"),
        Index("ix_listing_shop_updated", "shop_id", "updated_at", "id"),
        Index("ix_listing_connection_state", "connection_id", "state"),
    )


class ListingSku(Base):
    """A variant's TikTok SKU. ``sent_price`` in millionths and ``sent_stock``: what TikTok Shop was told last."""

    __tablename__ = "listing_sku"

    id: Mapped[int] = key()
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("store_variant.id", ondelete="CASCADE"), index=True)
    tiktok_sku_id: Mapped[str] = mapped_column(String(64))
    seller_sku: Mapped[str] = mapped_column(String(64), default="")
    sent_price: Mapped[int | None] = mapped_column(BigInteger)
    sent_stock: Mapped[int | None] = mapped_column(BigInteger)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("listing_id", "variant_id"),
        UniqueConstraint("shop_id", "tiktok_sku_id"),
    )


class ListingEvent(Base):
    """The listing's timeline, for people: pushed, refused (why), live, price sent …"""

    __tablename__ = "listing_event"

    id: Mapped[int] = key()
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    what: Mapped[str] = mapped_column(String(60))
    says: Mapped[str] = mapped_column(String(1000), default="")
    data: Mapped[dict[str, Any] | None] = mapped_column(Json)
    task_id: Mapped[int | None]


class UploadedImage(Base):
    """A picture TikTok Shop already has: uploaded once per grant, use and content."""

    __tablename__ = "uploaded_image"

    id: Mapped[int] = key()
    grant_id: Mapped[int] = mapped_column(ForeignKey("tiktok_grant.id", ondelete="CASCADE"))
    use_case: Mapped[str] = mapped_column(String(40))
    source_url: Mapped[str] = mapped_column(String(2000))
    content_hash: Mapped[str] = mapped_column(String(64))
    uri: Mapped[str] = mapped_column(String(500))
    uploaded_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("grant_id", "use_case", "content_hash"),
        Index("ix_uploaded_image_source", "grant_id", "source_url"),
    )

"""TikTok apps and what sellers granted them. Two connections of one seller share a grant: tokens live here."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models import Base, Json, Moment, key, one_of
from hub.models.sealed import HasSecrets, Sealed, sealed_column


class App(Base, HasSecrets):
    """An app in TikTok Shop's Partner Center. ``owner_id`` empty = the operator's; else made by that connection."""

    __tablename__ = "tiktok_app"

    id: Mapped[int] = key()
    app_key: Mapped[str] = mapped_column(String(120), unique=True)
    app_secret_sealed: Mapped[str | None] = sealed_column()
    app_secret = Sealed()
    service_id: Mapped[str] = mapped_column(String(120), default="")
    api_host: Mapped[str] = mapped_column(String(300))
    token_host: Mapped[str] = mapped_column(String(300))
    consent_host: Mapped[str] = mapped_column(String(300))
    is_practice: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id", ondelete="SET NULL", use_alter=True))
    created_at: Mapped[datetime] = mapped_column(Moment)


class GrantState(StrEnum):
    """active ⇄ lost (revoked, expired, refused)."""

    ACTIVE = "active"
    LOST = "lost"


class Grant(Base, HasSecrets):
    """A seller's consent to an app. ``refreshing_until`` is the single-flight lock, taken by compare-and-set (R-18)."""

    __tablename__ = "tiktok_grant"

    id: Mapped[int] = key()
    app_id: Mapped[int] = mapped_column(ForeignKey("tiktok_app.id"))
    open_id: Mapped[str] = mapped_column(String(120))
    seller_name: Mapped[str] = mapped_column(String(200), default="")
    region: Mapped[str] = mapped_column(String(8), default="")
    scopes: Mapped[list[str]] = mapped_column(Json, default=list)
    access_token_sealed: Mapped[str | None] = sealed_column()
    access_token = Sealed()
    access_expires_at: Mapped[datetime | None] = mapped_column(Moment)
    refresh_token_sealed: Mapped[str | None] = sealed_column()
    refresh_token = Sealed()
    refresh_expires_at: Mapped[datetime | None] = mapped_column(Moment)
    refreshing_until: Mapped[datetime | None] = mapped_column(Moment)
    refreshes: Mapped[int] = mapped_column(default=0)
    state: Mapped[GrantState] = mapped_column(one_of(GrantState), default=GrantState.ACTIVE)
    lost_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (UniqueConstraint("app_id", "open_id"),)

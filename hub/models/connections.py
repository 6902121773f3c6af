"""A connection joins one store to one TikTok Shop seller."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models import Base, BigId, Json, Moment, key, one_of
from hub.models.sealed import HasSecrets, Sealed, sealed_column


class Mode(StrEnum):
    """practice talks to the sandbox and may use loopback; live talks to the real platforms."""

    PRACTICE = "practice"
    LIVE = "live"


class ConnectionState(StrEnum):
    """setup → connected ⇄ paused (a login was lost, or a person paused it); removed ends it."""

    SETUP = "setup"
    CONNECTED = "connected"
    PAUSED = "paused"
    REMOVED = "removed"


class Connection(Base, HasSecrets):
    """One store and its seller.

    ``settings`` holds what the merchant filled in besides secrets; ``secrets`` the secret fields as JSON text.
    ``hook_secret`` is the text after ``whsec_`` (base64, padded); the older one stays valid until ``old_hook_secret_until``.
    ``store`` is the last `Health` in words: name, version, timezone, scopes, capabilities, plugin.
    ``wizard`` keeps half-filled, non-secret values (CON-07). ``handshake_key`` is the random part of the addresses that a store's own
    sign-in is posted to, ``handshake_state`` how far that has come.
    """

    __tablename__ = "connection"

    id: Mapped[int] = key()
    name: Mapped[str] = mapped_column(String(120))
    platform: Mapped[str] = mapped_column(String(32))
    mode: Mapped[Mode] = mapped_column(one_of(Mode), default=Mode.LIVE)
    state: Mapped[ConnectionState] = mapped_column(one_of(ConnectionState), default=ConnectionState.SETUP)
    paused_because: Mapped[str] = mapped_column(String(500), default="")
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    secrets_sealed: Mapped[str | None] = sealed_column()
    secrets = Sealed()
    hook_key: Mapped[str] = mapped_column(String(32), unique=True)
    hook_secret_sealed: Mapped[str | None] = sealed_column()
    hook_secret = Sealed()
    old_hook_secret_sealed: Mapped[str | None] = sealed_column()
    old_hook_secret = Sealed()
    old_hook_secret_until: Mapped[datetime | None] = mapped_column(Moment)
    handshake_key: Mapped[str] = mapped_column(String(64), unique=True)
    handshake_state: Mapped[str] = mapped_column(String(32), default="")
    store: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    problems: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    wizard: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    has_plugin: Mapped[bool] = mapped_column(default=False)
    last_event_at: Mapped[datetime | None] = mapped_column(Moment)
    last_seq: Mapped[int | None]
    missed_events: Mapped[int] = mapped_column(default=0)
    checked_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    removed_at: Mapped[datetime | None] = mapped_column(Moment)


class ApiToken(Base):
    """A token for /api/v1: one connection, some abilities, kept as a hash.

    ``made_by`` is ``plugin`` (48 h, renewed by the daily hello) or a user's e-mail.
    """

    __tablename__ = "api_token"

    id: Mapped[int] = key()
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(120), default="")
    abilities: Mapped[list[str]] = mapped_column(Json, default=list)
    made_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class OAuthState(Base):
    """A state value given to a consent page: single use, ten minutes, bound to who asked (S-22).

    ``app_id`` is the TikTok app that asks; none where it is the store's own consent page. ``grant_id`` is the grant that came of it:
    whose shops the connection may choose from.
    """

    __tablename__ = "oauth_state"

    id: Mapped[int] = key()
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    app_id: Mapped[int | None] = mapped_column(ForeignKey("tiktok_app.id", ondelete="CASCADE"))
    bound_to: Mapped[str] = mapped_column(String(80))
    grant_id: Mapped[int | None] = mapped_column(BigId)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class StoreLogin(Base):
    """The life of a connection's login to its store. ``renewing_until`` is one worker's claim on renewing it, changed by
    compare-and-set; ``signed_in_at`` tells news of an older login from news of this one."""

    __tablename__ = "store_login"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"), primary_key=True)
    renewing_until: Mapped[datetime | None] = mapped_column(Moment)
    signed_in_at: Mapped[datetime | None] = mapped_column(Moment)
    renewals: Mapped[int] = mapped_column(default=0)


class Watermark(Base):
    """How far periodic work has come: ``orders_seen`` of a shop, ``digest`` of a scope, a pull's cursor …"""

    __tablename__ = "watermark"

    id: Mapped[int] = key()
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime | None] = mapped_column(Moment)
    cursor: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (UniqueConstraint("connection_id", "name"),)

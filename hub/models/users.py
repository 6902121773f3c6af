"""People who sign in, where they are signed in, and the single-use links that are mailed to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, true
from sqlalchemy.orm import Mapped, mapped_column

from hub.models import Base, Moment, key, one_of


class Role(StrEnum):
    """owner: everything; admin: all but users; support: looks and mends records, no secrets, users or deletions (USR-01, USR-06)."""

    OWNER = "owner"
    ADMIN = "admin"
    SUPPORT = "support"


class User(Base):
    """A person. Deleted ones keep their row (history) and lose their e-mail's uniqueness (USR-04).

    ``wants_mail`` is the switch for notices of all connections (CON-10); links to sign in are mailed in any case.
    """

    __tablename__ = "user_account"

    id: Mapped[int] = key()
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[Role] = mapped_column(one_of(Role))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    session_epoch: Mapped[int] = mapped_column(default=1)
    wants_mail: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(Moment)
    signed_in_at: Mapped[datetime | None] = mapped_column(Moment)
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        Index("uq_user_account_email_live", func.lower(email), unique=True,
              sqlite_where=deleted_at.is_(None), postgresql_where=deleted_at.is_(None)),
    )


class UserConnection(Base):
    """Which connections a support user may see; owners and admins see all."""

    __tablename__ = "user_connection"

    id: Mapped[int] = key()
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))

    __table_args__ = (UniqueConstraint("user_id", "connection_id"),)


class SignIn(Base):
    """A browser that somebody is signed in with. Its cookie counts while this row is open, so signing out ends copies of it, too (S-17).

    The session's name is kept only as a hash. ``epoch`` is the person's when it began: a newer one ends it.
    """

    __tablename__ = "sign_in"

    id: Mapped[int] = key()
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    sid_hash: Mapped[str] = mapped_column(String(64), unique=True)
    epoch: Mapped[int]
    device: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    began_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class LinkPurpose(StrEnum):
    """Why a link was mailed."""

    RESET = "reset"
    INVITE = "invite"


class SignInLink(Base):
    """A mailed link: single use, kept only as a hash (S-21)."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = key()
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(one_of(LinkPurpose))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)

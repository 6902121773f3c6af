"""What came in, kept before it is answered: nothing accepted is ever lost (I1)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models import Base, Json, Moment, key, one_of


class InboxState(StrEnum):
    """new → planned (a task took it up) | ignored (why) | parked (no owner known yet, or unreadable)."""

    NEW = "new"
    PLANNED = "planned"
    IGNORED = "ignored"
    PARKED = "parked"


class InboxEvent(Base):
    """One event. ``source`` is ``tiktok:{app}`` or ``plugin:{connection}``; with ``event_id`` it is unique for ever.

    ``body`` is the event's raw JSON bytes (a plugin's batch is one row per event); ``event`` its normalised form.
    """

    __tablename__ = "inbox_event"

    id: Mapped[int] = key()
    source: Mapped[str] = mapped_column(String(64))
    event_id: Mapped[str] = mapped_column(String(128))
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    app_id: Mapped[int | None] = mapped_column(ForeignKey("tiktok_app.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128), default="")
    event: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[InboxState] = mapped_column(one_of(InboxState), default=InboxState.NEW)
    reason: Mapped[str] = mapped_column(String(300), default="")
    task_id: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        Index("ix_inbox_event_new", "id", sqlite_where=state == "new", postgresql_where=state == "new"),
        Index("ix_inbox_event_connection_received", "connection_id", "received_at"),
    )

"""What is to do: the queue of record. RQ carries a task's id and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.tasks import ItemState, Kind, Outcome, Queue, TaskState
from hub.models import Base, BigId, Json, Moment, key, one_of


class Task(Base):
    """A piece of work. Due when ``state`` is queued and ``run_at`` has come; claimed by compare-and-set.

    ``attempts`` counts attempts (each up to three tries: ``tries``), ``crashes`` leases that ran out unsettled
    (parked at 3). ``says`` is the last word for people; ``reference`` goes with a bug. ``shown`` = on the task list.
    ``backoff`` = waits because a remote was unavailable: new events don't hurry it, a success of its connection does.
    A fan-out's parent holds no items; its chunks do, with ``parent_id``.
    """

    __tablename__ = "task"

    id: Mapped[int] = key()
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"), index=True)
    kind: Mapped[Kind] = mapped_column(one_of(Kind))
    lane: Mapped[str | None] = mapped_column(String(120))
    queue: Mapped[Queue] = mapped_column(one_of(Queue), default=Queue.DEFAULT)
    state: Mapped[TaskState] = mapped_column(one_of(TaskState), default=TaskState.QUEUED)
    outcome: Mapped[Outcome | None] = mapped_column(one_of(Outcome))
    args: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    summary: Mapped[str] = mapped_column(String(300), default="")
    says: Mapped[str] = mapped_column(String(1000), default="")
    problems: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    reference: Mapped[str] = mapped_column(String(16), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime] = mapped_column(Moment)
    backoff: Mapped[bool] = mapped_column(default=False)
    holder: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    woken_at: Mapped[datetime | None] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(254), default="")
    shown: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        # one waiting per kind and lane: a second request only makes the waiting one earlier
        Index("uq_task_waiting", "kind", "lane", unique=True,
              sqlite_where=state.in_(["queued", "held"]), postgresql_where=state.in_(["queued", "held"])),
        Index("ix_task_due", "run_at", sqlite_where=state == "queued", postgresql_where=state == "queued"),
        Index("ix_task_lane", "lane", sqlite_where=state == "queued", postgresql_where=state == "queued"),
        Index("ix_task_leases", "lease_until", sqlite_where=state == "running", postgresql_where=state == "running"),
        Index("ix_task_connection_created", "connection_id", "created_at"),
        Index("ix_task_shown", "connection_id", "id", sqlite_where=shown.is_(True), postgresql_where=shown.is_(True)),
    )


class Item(Base):
    """A part of a chunk: one product, one order. A second run of the chunk skips what is done.

    ``attempts`` counts tries; ``crashes`` how often it was running when its process died (given up at 3).
    """

    __tablename__ = "item"

    id: Mapped[int] = key()
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    parent_id: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    subject: Mapped[int] = mapped_column(BigId)
    label: Mapped[str] = mapped_column(String(300), default="")
    lane: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[ItemState] = mapped_column(one_of(ItemState), default=ItemState.WAITING)
    outcome: Mapped[Outcome | None] = mapped_column(one_of(Outcome))
    says: Mapped[str] = mapped_column(String(1000), default="")
    problems: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    attempts: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("parent_id", "subject"),
        Index("ix_item_task_state", "task_id", "state"),
        Index("ix_item_parent_outcome", "parent_id", "outcome"),
    )


class Lane(Base):
    """Who works in a lane now, tasks and items alike; claimed by insert or where the lease has run out.

    An empty ``holder`` rests: stock and price lanes start at most once a second.
    """

    __tablename__ = "lane"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    lease_until: Mapped[datetime] = mapped_column(Moment)


class Schedule(Base):
    """Periodic work: the due task is inserted and ``next_at`` moved on in one transaction."""

    __tablename__ = "schedule"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[Kind] = mapped_column(one_of(Kind))
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    every_s: Mapped[int]
    next_at: Mapped[datetime] = mapped_column(Moment, index=True)
    args: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Leader(Base):
    """The one scheduler that acts: a lease of ten seconds, by compare-and-set."""

    __tablename__ = "leader"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    lease_until: Mapped[datetime] = mapped_column(Moment)


class Notice(Base):
    """What people were told, so that they are told once: unique by what it is about."""

    __tablename__ = "notice"

    id: Mapped[int] = key()
    about: Mapped[str] = mapped_column(String(200), unique=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)

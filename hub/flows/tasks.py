"""Work as rows: submit, fan out, progress. What a flow is given and what it gives back to the runner.

The runner itself (claim, settle, sweep) is `hub.flows.running`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hub import clock, queue
from hub.domain.problems import Problem
from hub.domain.tasks import TERMINAL, ItemState, Kind, Outcome, Queue, TaskState
from hub.flows.leases import LeaseLost, Paused, about_to_write, should_stop
from hub.models.tasks import Item, Task

WAITING = (TaskState.QUEUED, TaskState.HELD)
TRIES = 3
# Work of a paused connection is held, but for what helps it back.
RUNS_WHILE_PAUSED = frozenset({Kind.DRAIN_INBOX, Kind.CHECK_CONNECTION, Kind.REFRESH_TOKEN, Kind.SEND_MAIL, Kind.TIDY,
                               Kind.ERASE_BUYERS})
# Stock and price of one listing start at most once a second.
RESTS_A_SECOND = frozenset({Kind.UPDATE_PRICE, Kind.UPDATE_PRICES, Kind.UPDATE_STOCK, Kind.UPDATE_STOCKS})


@dataclass(frozen=True, slots=True)
class Result:
    """How a flow ended. ``says`` is one sentence for people; ``data`` small facts for the task's page."""

    outcome: Outcome = Outcome.OK
    says: str = ""
    problems: Sequence[Problem] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Again:
    """The flow wants to go on at ``run_at``: a retry it plans itself, or the rest of long work.

    ``counts``: as one more attempt. New events of its lane then don't make it earlier (a person's push does).
    """

    run_at: datetime
    says: str = ""
    counts: bool = False


@dataclass(frozen=True, slots=True)
class TaskView:
    """A claimed task as its flow sees it. ``tries``: those before this one, of the three of an attempt."""

    id: int
    kind: Kind
    connection_id: int | None
    shop_id: int | None
    parent_id: int | None
    lane: str | None
    args: Mapping[str, Any]
    by: str
    attempts: int
    tries: int
    crashes: int

    @property
    def is_last_try(self) -> bool:
        """Whether a `Temporary` now ends the attempt."""
        return self.tries + 1 >= TRIES


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fan-out is: items by what came of them."""

    asked: int
    ok: int
    no_change: int
    needs_attention: int
    failed: int
    waiting: int
    state: TaskState


def submit(
    session: Session,
    kind: Kind,
    *,
    connection_id: int | None = None,
    shop_id: int | None = None,
    lane: str | None = None,
    queue: Queue = Queue.DEFAULT,
    args: Mapping[str, Any] | None = None,
    run_at: datetime | None = None,
    by: str = "",
    summary: str = "",
    shown: bool = False,
    parent_id: int | None = None,
) -> Task:
    """Adds a task and wakes a worker after commit. Where one of (kind, lane) already waits, that one is made earlier
    (unless it waits for a remote that was unavailable, and no person asked) and takes over the arguments: lists are
    united, other values replaced.
    """
    now = clock.now()
    when = run_at or now
    while True:
        if lane is not None:
            waiting = session.scalar(
                select(Task)
                .where(Task.kind == kind, Task.lane == lane, Task.state.in_(WAITING))
                .with_for_update()
                .execution_options(populate_existing=True)
            )
            if waiting is not None:
                _join(session, waiting, args or {}, when, by, summary, shown)
                return waiting
        task = Task(
            connection_id=connection_id, shop_id=shop_id, parent_id=parent_id, kind=kind, lane=lane, queue=queue,
            args=dict(args or {}), run_at=when, by=by, summary=summary[:300], shown=shown, created_at=now,
            state=TaskState.QUEUED,
        )
        try:
            with session.begin_nested():
                session.add(task)
                session.flush()
        except IntegrityError:
            if lane is None:
                raise
            continue  # another session was first; join its task
        if when <= now:
            wake(session, task)
        return task


def _join(
    session: Session, waiting: Task, args: Mapping[str, Any], when: datetime, by: str, summary: str, shown: bool
) -> None:
    if args:
        waiting.args = united(waiting.args, args)
    if by:
        waiting.by = by
        waiting.summary = summary[:300] or waiting.summary
    waiting.shown = waiting.shown or shown
    if waiting.state is TaskState.HELD or (waiting.backoff and not by):
        return
    waiting.backoff = False
    if when < waiting.run_at:
        waiting.run_at = when
        if when <= clock.now():
            wake(session, waiting)


def united(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of two requests for the same work, as one."""
    both = dict(old)
    for name, value in new.items():
        was = both.get(name)
        both[name] = [*was, *(part for part in value if part not in was)] \
            if isinstance(was, list) and isinstance(value, list) else value
    return both


def wake(session: Session, task: Task) -> None:
    """Wakes a worker for this due task after commit."""
    task.woken_at = clock.now()
    queue.after_commit(session, task)


def fan_out(
    session: Session,
    kind: Kind,
    item_ids: Sequence[int],
    *,
    labels: Mapping[int, str] | None = None,
    connection_id: int | None = None,
    shop_id: int | None = None,
    lane_of: Callable[[int], str] | None = None,
    args: Mapping[str, Any] | None = None,
    by: str = "",
    summary: str = "",
    queue: Queue = Queue.BULK,
    chunk: int = 100,
    shown: bool = True,
) -> Task:
    """One parent that people see, and chunks of items that workers take. Answers the parent."""
    now = clock.now()
    ids = list(dict.fromkeys(item_ids))
    parent = Task(
        connection_id=connection_id, shop_id=shop_id, kind=kind, queue=queue, args=dict(args or {}), run_at=now, by=by,
        summary=summary[:300], shown=shown, created_at=now, started_at=now, state=TaskState.RUNNING,
    )
    session.add(parent)
    session.flush()
    if not ids:
        parent.state, parent.outcome, parent.finished_at = TaskState.DONE, Outcome.NO_CHANGE, now
        parent.says = "Nothing to do."
        return parent
    for start in range(0, len(ids), chunk):
        part = ids[start : start + chunk]
        task = submit(session, kind, connection_id=connection_id, shop_id=shop_id, queue=queue, args=args, by=by,
                      parent_id=parent.id)
        session.execute(insert(Item), [
            {"task_id": task.id, "parent_id": parent.id, "subject": subject,
             "label": (labels or {}).get(subject, "")[:300], "lane": lane_of(subject) if lane_of else None,
             "state": ItemState.WAITING}
            for subject in part
        ])
    return parent


def progress(session: Session, task_id: int) -> Progress:
    """Counts of a fan-out. Raises ``LookupError`` where there is no such task."""
    state = session.scalar(select(Task.state).where(Task.id == task_id))
    if state is None:
        raise LookupError(f"no task {task_id}")
    counts: dict[Any, int] = {
        (item_state, outcome): number
        for item_state, outcome, number in session.execute(
            select(Item.state, Item.outcome, func.count()).where(Item.parent_id == task_id)
            .group_by(Item.state, Item.outcome)
        )
    }

    def ended(*outcomes: Outcome) -> int:
        return sum(counts.get((ItemState.DONE, outcome), 0) for outcome in outcomes)

    return Progress(
        asked=sum(counts.values()),
        ok=ended(Outcome.OK, Outcome.PARTLY),
        no_change=ended(Outcome.NO_CHANGE),
        needs_attention=ended(Outcome.NEEDS_ATTENTION),
        failed=ended(Outcome.FAILED, Outcome.BUG),
        waiting=sum(number for (item_state, _), number in counts.items() if item_state is not ItemState.DONE),
        state=state,
    )


def release_held(session: Session, connection_id: int) -> int:
    """The connection works again: what was held goes on now. Answers how many."""
    now = clock.now()
    held = session.scalars(
        select(Task).where(Task.connection_id == connection_id, Task.state == TaskState.HELD).with_for_update()
    ).all()
    for task in held:
        task.state, task.run_at, task.backoff = TaskState.QUEUED, now, False
        wake(session, task)
    return len(held)


def cancel(session: Session, task_id: int, by: str) -> None:
    """Takes back what has not begun; a running part ends its item and then stops. Settled work stays as it is."""
    now = clock.now()
    tasks = session.scalars(
        select(Task).where((Task.id == task_id) | (Task.parent_id == task_id)).with_for_update()
    ).all()
    for task in tasks:
        if task.state in TERMINAL:
            continue
        session.execute(
            update(Item).where(Item.task_id == task.id, Item.state == ItemState.WAITING)
            .values(state=ItemState.DONE, outcome=Outcome.FAILED, says="Cancelled.", finished_at=now)
        )
        if task.state in WAITING or (task.parent_id is None and task.holder is None):
            task.state, task.finished_at, task.says = TaskState.CANCELLED, now, f"Cancelled by {by}."[:1000]


__all__ = [
    "Again", "LeaseLost", "Paused", "Progress", "Result", "TaskView", "about_to_write", "cancel", "fan_out",
    "progress", "release_held", "should_stop", "submit", "wake",
]

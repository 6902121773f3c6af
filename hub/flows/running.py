"""How work is taken, ended and found again: claim, settle by error class, chunks of items, the sweep.

The table of ends is ``architecture.md`` 7. Nothing here calls a remote.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hub import clock, http, limits, log
from hub.crashpoints import crash_point
from hub.domain.problems import problem
from hub.domain.tasks import TERMINAL, ItemState, Outcome, Queue, TaskState
from hub.errors import HubError, NeedsReconnect, Temporary
from hub.flows import alerts, tasks
from hub.flows.leases import (
    LEASE_S,
    Lease,
    LeaseLost,
    Paused,
    is_resting,
    new_holder,
    release_lane,
    release_lanes,
    rows,
    take_lane,
    take_lanes,
)
from hub.flows.logins import login_lost
from hub.flows.tasks import Again, Result, TaskView
from hub.models import Database
from hub.models.connections import Connection, ConnectionState
from hub.models.tasks import Item, Lane, Leader, Task

# Waits after the first and second failed try of an attempt, and after each failed attempt.
TRY_WAITS_S = (10, 60)
ATTEMPT_WAITS_S = (60, 600, 3600, 6 * 3600)
CRASHES = 3
SET_ASIDE = "It stopped its worker three times and was set aside."
LEADER_S = 10
# A wake-up that nobody took is sent again when its queue is empty, or after this long.
REWAKE_S = 5
REWAKE_BUSY_S = 600
# A busy lane is looked at again this often by a chunk that was turned away.
LANE_POLL_S = 1

Ending = Result | Again | BaseException
_log = log.get("hub.flows.running")


@dataclass(slots=True)
class Claimed:
    """A task that is ours to run, and the lease that says so."""

    view: TaskView
    lease: Lease


def claim(db: Database, task_id: int) -> Claimed | None:
    """Takes the task by compare-and-set. None where it is not due, not there, held, or its lane is busy."""
    now = clock.now()
    holder = new_holder()
    with db.write() as session:
        taken = session.execute(
            update(Task)
            .where(Task.id == task_id, Task.state == TaskState.QUEUED, Task.run_at <= now)
            .values(state=TaskState.RUNNING, holder=holder, lease_until=now + timedelta(seconds=LEASE_S),
                    started_at=now, backoff=False),
            execution_options={"synchronize_session": False},
        )
        if rows(taken) == 0:
            return None
        task = session.get_one(Task, task_id)
        if not _may_run(session, task):
            return None
        if task.lane is not None:
            busy_until = take_lane(session, task.lane, holder)
            if busy_until is not None:
                task.state, task.holder, task.lease_until = TaskState.QUEUED, None, None
                if is_resting(session, task.lane):
                    task.run_at = busy_until
                return None
        lease = Lease(db, task.id, task.connection_id, holder)
        view = view_of(task)
    crash_point("task.claimed")
    return Claimed(view, lease)


def is_due(db: Database, task_id: int) -> bool:
    """Whether `claim` may take it: a wake-up that came twice, or late, is no reason to start a process."""
    with db.read() as session:
        return bool(session.scalar(select(exists().where(Task.id == task_id, Task.state == TaskState.QUEUED, Task.run_at <= clock.now()))))


def next_chunk(db: Database, task_id: int) -> int | None:
    """Another chunk of the same fan-out that waits for nothing but a worker; None for a task that is no chunk."""
    parent = select(Task.parent_id).where(Task.id == task_id).scalar_subquery()
    with db.read() as session:
        return session.scalar(select(Task.id).where(Task.parent_id == parent, Task.state == TaskState.QUEUED, Task.run_at <= clock.now())
                              .order_by(Task.id).limit(1))


def view_of(task: Task) -> TaskView:
    """The task as flows see it."""
    return TaskView(id=task.id, kind=task.kind, connection_id=task.connection_id, shop_id=task.shop_id,
                    parent_id=task.parent_id, lane=task.lane, args=dict(task.args), by=task.by, attempts=task.attempts,
                    tries=task.tries, crashes=task.crashes)


def _may_run(session: Session, task: Task) -> bool:
    """Holds the task of a paused connection, ends that of a removed one."""
    if task.connection_id is None or task.kind in tasks.RUNS_WHILE_PAUSED:
        return True
    state = session.scalar(select(Connection.state).where(Connection.id == task.connection_id))
    if state is ConnectionState.REMOVED:
        _end(session, task, TaskState.CANCELLED, None, "The connection was removed.")
        _finish_parent(session, task)
        return False
    if state is ConnectionState.PAUSED:
        _wait(session, task, TaskState.HELD, clock.now(), "Waits until the connection is resumed.")
        return False
    return True


# -- ends ---------------------------------------------------------------------------------------------------------

def settle(db: Database, claimed: Claimed, ending: Ending) -> None:
    """Writes down how the task ended, gives its lanes back and wakes who waited for them.

    Does nothing when the lease was lost: the work belongs to another one then.
    """
    view, lease = claimed.view, claimed.lease
    if isinstance(ending, LeaseLost):
        _log.warning("the lease was lost; another run goes on", task=view.id)
        return
    crash_point("task.before_settle")
    reference = _note_bug(ending, view)
    with db.write() as session:
        if view.parent_id is not None:  # parts of one parent end one after the other: the last closes it
            session.scalar(select(Task.id).where(Task.id == view.parent_id).with_for_update())
        task = session.scalar(
            select(Task).where(Task.id == view.id, Task.holder == lease.holder, Task.state == TaskState.RUNNING)
            .with_for_update()
        )
        if task is None:
            _log.warning("the lease was lost before the end was written down", task=view.id)
            return
        task.crashes = 0
        _apply(session, task, ending, reference)
        rest = _rest_of(task.kind, task.started_at)
        task.holder, task.lease_until = None, None
        if task.lane is not None:
            release_lane(session, task.lane, lease.holder, rest)
            wake_lane(session, task.lane, rest)
        _finish_parent(session, task)
    crash_point("task.after_settle")


def _rest_of(kind: Any, started_at: datetime | None) -> datetime | None:
    return started_at + timedelta(seconds=1) if kind in tasks.RESTS_A_SECOND and started_at else None


def _apply(session: Session, task: Task, ending: Ending, reference: str) -> None:
    now = clock.now()
    if isinstance(ending, Result):
        _end(session, task, TaskState.DONE, ending.outcome, ending.says)
        task.problems = [one.as_json() for one in ending.problems]
        task.result = dict(ending.data)
        task.attempts, task.tries = task.attempts + 1, 0
        if ending.outcome in (Outcome.OK, Outcome.PARTLY) and task.connection_id is not None:
            _thaw(session, task)
    elif isinstance(ending, Again):
        if ending.counts:
            task.attempts, task.tries = task.attempts + 1, 0
        _wait(session, task, TaskState.QUEUED, max(ending.run_at, now), ending.says, backoff=ending.counts)
    elif isinstance(ending, Temporary):
        _try_again(session, task, ending, now)
    elif isinstance(ending, NeedsReconnect):
        if task.connection_id is not None:
            login_lost(session, task.connection_id, ending.says)
        _wait(session, task, TaskState.HELD, now, ending.says)
    elif isinstance(ending, Paused):
        _wait(session, task, TaskState.HELD, now, "Waits until the connection is resumed.")
    elif isinstance(ending, HubError):
        _end(session, task, TaskState.DONE, Outcome.NEEDS_ATTENTION, _words(ending))
        task.problems = [one.as_json() for one in getattr(ending, "problems", ())]
        task.attempts, task.tries = task.attempts + 1, 0
    else:
        _end(session, task, TaskState.FAILED, Outcome.BUG, problem("bug", reference=reference).says)
        task.problems = [problem("bug", reference=reference).as_json()]
        task.reference = reference
        task.attempts, task.tries = task.attempts + 1, 0
        alerts.work_failed(session, task, task.says, is_ours=True)


def _words(error: HubError) -> str:
    return " ".join(filter(None, (error.says, error.hint)))


def _note_bug(ending: Ending, view: TaskView) -> str:
    """Logs what nobody foresaw, with its traceback, under a reference that a person can name."""
    if not isinstance(ending, BaseException) or isinstance(ending, HubError):
        return ""
    reference = secrets.token_hex(3).upper()
    _log.error("bug", reference=reference, task=view.id, kind=str(view.kind), exc_info=ending)
    return reference


def wait_after(tries: int, attempts: int, retry_after: float | None) -> tuple[float | None, bool]:
    """Seconds until the next try after a failed one, and whether that failure ended an attempt.

    ``tries`` and ``attempts`` count those before the failed one; None when there is no further attempt.
    """
    asked = retry_after or 0.0
    if tries + 1 < tasks.TRIES:
        return max(float(TRY_WAITS_S[tries]), asked), False
    if attempts < len(ATTEMPT_WAITS_S):
        return max(float(ATTEMPT_WAITS_S[attempts]), asked), True
    return None, True


def _try_again(session: Session, task: Task, error: Temporary, now: datetime) -> None:
    wait, ended = wait_after(task.tries, task.attempts, error.retry_after)
    task.tries = 0 if ended else task.tries + 1
    task.attempts += int(ended)
    if wait is None:
        _end(session, task, TaskState.FAILED, Outcome.FAILED, _words(error))
        alerts.work_failed(session, task, task.says)
        waiting = _newer(session, task)
        if waiting is not None:  # the newer one goes on where this one stood
            waiting.attempts = max(waiting.attempts, len(ATTEMPT_WAITS_S))
        return
    _wait(session, task, TaskState.QUEUED, now + timedelta(seconds=wait), _words(error), backoff=True)


def _end(session: Session, task: Task, state: TaskState, outcome: Outcome | None, says: str) -> None:
    task.state, task.outcome, task.says = state, outcome, says[:1000]
    task.finished_at, task.holder, task.lease_until = clock.now(), None, None
    if state in TERMINAL and task.parent_id is not None:
        session.execute(
            update(Item).where(Item.task_id == task.id, Item.state != ItemState.DONE)
            .values(state=ItemState.DONE, outcome=Outcome.FAILED, says=says[:1000], finished_at=clock.now())
        )


def _wait(session: Session, task: Task, state: TaskState, run_at: datetime, says: str, *, backoff: bool = False) -> None:
    """Puts the task back. Where a newer one of its lane waits already, this one ends as superseded and hands its
    attempts on, so that the back-off goes on where it was."""
    waiting = _newer(session, task)
    if waiting is not None:
        _end(session, task, TaskState.SUPERSEDED, None, "A newer one took over.")
        waiting.attempts, waiting.tries = max(waiting.attempts, task.attempts), task.tries
        waiting.crashes = max(waiting.crashes, task.crashes)
        waiting.args = tasks.united(task.args, waiting.args)
        if state is TaskState.QUEUED:
            # Later, so that a back-off holds; or earlier, so that nothing unfinished waits for a date set for something else.
            waiting.run_at, waiting.backoff = run_at, backoff
            if run_at <= clock.now():
                tasks.wake(session, waiting)
        elif state is TaskState.HELD:
            waiting.state = TaskState.HELD
        return
    task.state, task.says, task.run_at, task.backoff = state, says[:1000], run_at, backoff
    task.holder, task.lease_until = None, None
    if state is TaskState.QUEUED and run_at <= clock.now():
        tasks.wake(session, task)


def _newer(session: Session, task: Task) -> Task | None:
    if task.lane is None:
        return None
    return session.scalar(
        select(Task).where(Task.kind == task.kind, Task.lane == task.lane, Task.state.in_(tasks.WAITING),
                           Task.id != task.id).with_for_update()
    )


def _thaw(session: Session, task: Task) -> None:
    """The connection's remotes answer again: what waits for them goes on soon, not at the end of its back-off."""
    now = clock.now()
    frozen = session.scalars(
        select(Task).where(Task.connection_id == task.connection_id, Task.state == TaskState.QUEUED,
                           Task.backoff.is_(True), Task.run_at > now + timedelta(seconds=TRY_WAITS_S[-1]),
                           Task.tries == 0, Task.kind == task.kind)
        .order_by(Task.id).limit(50).with_for_update(skip_locked=True)
    ).all()
    for number, one in enumerate(frozen):
        one.run_at = now + timedelta(seconds=number / 5)


def wake_lane(session: Session, lane: str, rest_until: datetime | None = None) -> None:
    """The lane is free: whoever waits for it comes next, after its rest."""
    wake_lanes(session, {lane: rest_until})


def wake_lanes(session: Session, rests: Mapping[str, datetime | None]) -> None:
    """These lanes are free: of those that wait for one, the first comes next, after its rest."""
    if not rests:
        return
    now = clock.now()
    woken = set()
    for waiting in session.scalars(select(Task).where(Task.lane.in_(sorted(rests)), Task.state == TaskState.QUEUED, Task.run_at <= now)
                                   .order_by(Task.run_at, Task.id)).all():
        lane = waiting.lane or ""
        if lane in woken:
            continue
        woken.add(lane)
        rest_until = rests[lane]
        if rest_until is not None and rest_until > now:
            waiting.run_at = rest_until
        else:
            tasks.wake(session, waiting)


def _finish_parent(session: Session, task: Task) -> None:
    """Closes the fan-out with the last of its chunks."""
    if task.parent_id is None or task.state not in TERMINAL:
        return
    session.flush()
    parent = session.scalar(select(Task).where(Task.id == task.parent_id).with_for_update())
    going_on = session.scalar(
        select(func.count()).select_from(Task).where(Task.parent_id == task.parent_id, Task.state.not_in(TERMINAL))
    )
    if parent is None or parent.state in TERMINAL or going_on:
        return
    counts = tasks.progress(session, parent.id)
    parent.state, parent.finished_at = TaskState.DONE, clock.now()
    parent.outcome = outcome_of(counts)
    parent.says = summary_of(counts)


def outcome_of(counts: tasks.Progress) -> Outcome:
    """One word for many items."""
    good = counts.ok + counts.no_change
    if good == counts.asked:
        return Outcome.NO_CHANGE if counts.asked == counts.no_change else Outcome.OK
    if good:
        return Outcome.PARTLY
    return Outcome.NEEDS_ATTENTION if counts.needs_attention else Outcome.FAILED


def summary_of(counts: tasks.Progress) -> str:
    """The counts in words, zeros left out: `25 asked · 18 sent · 3 need you · 4 failed`."""
    parts = ((counts.asked, "asked"), (counts.ok, "done"), (counts.no_change, "unchanged"),
             (counts.needs_attention, "need you"), (counts.failed, "failed"), (counts.waiting, "waiting"))
    return " · ".join(f"{number} {word}" for number, word in parts if number)


# -- chunks -------------------------------------------------------------------------------------------------------

ItemRow = Row[*tuple[Any, ...]]
ItemFlow = Callable[[int], Result | Again]
# Items that write nothing outside and are over in no time are claimed and settled together, as many as fit into this (G9).
TOGETHER_S = 0.1
MOST_TOGETHER = 100
_ITEM: Table = Item.__table__  # type: ignore[assignment]
# How a run of an item ended, written without the row: while it runs, nobody else changes it.
_ENDINGS = ("state", "outcome", "says", "problems", "attempts", "crashes", "run_at", "finished_at")
_SETTLE = update(_ITEM).where(_ITEM.c.id == bindparam("b_id")).values({name: bindparam(f"b_{name}") for name in _ENDINGS})


@dataclass(frozen=True, slots=True)
class _Ended:
    """An item that was run: how it ended and when it began."""

    item: ItemRow
    ending: Ending
    started: datetime


def has_items(db: Database, task_id: int) -> bool:
    """Whether the task is a chunk."""
    with db.read() as session:
        return bool(session.scalar(select(exists().where(Item.task_id == task_id))))


def run_items(db: Database, claimed: Claimed, flow: ItemFlow, most_threads: int, *, together_s: float = TOGETHER_S) -> Ending:
    """Goes through the chunk's waiting items, on as many threads as the rate and the time of the outside calls ask for, and no
    more than ``most_threads``; those that are over in no time as many at once as fit into ``together_s``. Answers how the chunk
    itself ends.

    What is done stays done: a second run takes only what waits. Items that were running when a process died come
    last and one by one, so that only the one that kills is blamed for it (R-22).
    """
    chunk = _Chunk(db, claimed, flow)
    fresh, suspects = chunk.due()
    _Crew(chunk, fresh, most_threads, together_s).work()
    for item in suspects:
        chunk.work([item])
    if chunk.stopped_by is not None:
        return chunk.stopped_by
    return chunk.ending()


class _Crew:
    """The threads of a chunk: one, and more once calls are seen to take so long that one can't use the allowed rate."""

    def __init__(self, chunk: _Chunk, items: Sequence[ItemRow], most: int, together_s: float) -> None:
        self._chunk = chunk
        self._together_s = together_s
        self._todo = deque(items)
        self._most = most
        self._meter = limits.Meter()
        self._lock = threading.Lock()
        self._began: list[Future[None]] = []

    def work(self) -> None:
        """Until nothing is left to begin."""
        if not self._todo:
            return
        with ThreadPoolExecutor(max_workers=self._most, thread_name_prefix="item") as self._pool, self._meter.running():
            http.progress.append(self._grow)
            try:
                self._grow()
                number = 0
                while number < len(self._began):  # those that began meanwhile are waited for too
                    self._began[number].result()
                    number += 1
            finally:
                http.progress.remove(self._grow)

    def _grow(self) -> None:
        """As many as the calls ask for; none beside the last items."""
        with self._lock:
            wanted = 0 if self._chunk.is_over() else min(self._meter.at_once(), self._most)
            while self._todo and len(self._began) < wanted:
                self._began.append(self._pool.submit(self._work_through))

    def _work_through(self) -> None:
        """One thread's share. It begins one by one, and takes several together as long as they are over in no time."""
        size = 1
        while items := self._next(size):
            started = time.monotonic()
            is_quick = self._chunk.work(items)
            each = (time.monotonic() - started) / len(items)
            size = max(1, min(MOST_TOGETHER, int(self._together_s / max(each, 1e-6)))) if is_quick else 1

    def _next(self, size: int) -> list[ItemRow]:
        with self._lock:
            if self._chunk.is_over():
                return []
            size = min(size, max(1, len(self._todo) // len(self._began)))
            return [self._todo.popleft() for _ in range(min(size, len(self._todo)))]


class _Chunk:
    """One run over the items of a chunk."""

    def __init__(self, db: Database, claimed: Claimed, flow: ItemFlow) -> None:
        self.db = db
        self.view = claimed.view
        self.lease = claimed.lease
        self.flow = flow
        self.stopped_by: BaseException | None = None
        self.turned_away = False
        self._lock = threading.Lock()

    def due(self) -> tuple[list[ItemRow], list[ItemRow]]:
        """Items to do now: the ordinary ones, and those that were running when a process died."""
        with self.db.read() as session:
            found: Sequence[ItemRow] = session.execute(
                select(_ITEM.c.id, _ITEM.c.subject, _ITEM.c.label, _ITEM.c.lane, _ITEM.c.attempts, _ITEM.c.crashes)
                .where(_ITEM.c.task_id == self.view.id, _ITEM.c.state == ItemState.WAITING,
                       or_(_ITEM.c.run_at.is_(None), _ITEM.c.run_at <= clock.now()))
                .order_by(_ITEM.c.id)
            ).all()
        return [one for one in found if not one.crashes], [one for one in found if one.crashes]

    def is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.stopped_by is not None or self.lease.stop_asked.is_set() or self.lease.is_lost

    def work(self, asked: Sequence[ItemRow]) -> bool:
        """Some items, from their claim to their end; whether none of them wrote anything outside.

        One that did is settled before the next begins: what lies between an effect and its settlement is done twice
        when a process dies there, and only reading may be.
        """
        ended: list[_Ended] = []
        is_quick = True
        if self.is_over():
            return False
        try:
            items = self._take(asked)
            while items and not self.is_over():
                item = items.pop(0)
                log.bind(item=item.id)
                ended.append(self._run(item))
                self.lease.note()
                if self.lease.wrote_here() or not isinstance(ended[-1].ending, Result):
                    is_quick = False
                    self._settle(ended)
                    ended = []
            self._settle(ended, items)
        except BaseException as error:
            self._stop(error)
        finally:
            self.lease.note()
        return is_quick

    def _run(self, item: ItemRow) -> _Ended:
        started = clock.now()
        with self.lease.in_thread():
            try:
                ending: Ending = self.flow(item.subject)
            except Exception as error:
                ending = error
        return _Ended(item, ending, started)

    def _take(self, asked: Sequence[ItemRow]) -> list[ItemRow]:
        """Claims those that still wait and whose lane is free."""
        with self.db.write() as session:
            lanes = {item.lane for item in asked if item.lane is not None}
            free = take_lanes(session, lanes, self.lease.holder)
            if free != lanes:
                with self._lock:
                    self.turned_away = True
            wanted = [item.id for item in asked if item.lane is None or item.lane in free]
            found = set(session.scalars(
                update(_ITEM).where(_ITEM.c.id.in_(wanted), _ITEM.c.state == ItemState.WAITING)
                .values(state=ItemState.RUNNING).returning(_ITEM.c.id))) if wanted else set()
            release_lanes(session, {item.lane: None for item in asked if item.id not in found and item.lane in free}, self.lease.holder)
        if found:
            crash_point("item.claimed")
        return [item for item in asked if item.id in found]

    def _settle(self, ended: Sequence[_Ended], given_back: Sequence[ItemRow] = ()) -> None:
        """Writes down how these ended; those given back were claimed and not begun."""
        for one in ended:
            if isinstance(one.ending, LeaseLost):
                self._stop(one.ending)
        ended = [one for one in ended if not isinstance(one.ending, LeaseLost)]
        if not ended and not given_back:
            return
        references = [_note_bug(one.ending, self.view) for one in ended]
        crash_point("item.before_settle")
        with self.db.write() as session:
            ours = session.execute(
                update(Task).where(Task.id == self.view.id, Task.holder == self.lease.holder,
                                   Task.state == TaskState.RUNNING).values(crashes=0),
                execution_options={"synchronize_session": False})
            if rows(ours) == 0:
                self._stop(LeaseLost(f"task {self.view.id} is no longer ours"))
                return
            settled = [self._settlement(one, reference) for one, reference in zip(ended, references, strict=True)]
            if settled:
                session.execute(_SETTLE, settled)
            for one, values in zip(ended, settled, strict=True):
                self._tell(session, one, values)
            if given_back:
                session.execute(update(_ITEM).where(_ITEM.c.id.in_([item.id for item in given_back])).values(state=ItemState.WAITING))
            free = {item.lane: None for item in given_back if item.lane is not None}
            free |= {one.item.lane: _rest_of(self.view.kind, one.started) for one in ended if one.item.lane is not None}
            release_lanes(session, free, self.lease.holder)
            wake_lanes(session, free)
        crash_point("item.settled")
        for one in ended:
            if isinstance(one.ending, (NeedsReconnect, Paused)):
                self._stop(one.ending)

    def _tell(self, session: Session, one: _Ended, values: Mapping[str, Any]) -> None:
        is_ours = values["b_outcome"] is Outcome.BUG
        if is_ours or values["b_outcome"] is Outcome.FAILED and isinstance(one.ending, Temporary):
            says = f"{one.item.label}: {values['b_says']}" if one.item.label else values["b_says"]
            alerts.work_failed(session, session.get_one(Task, self.view.id), says, is_ours=is_ours)

    @staticmethod
    def _settlement(one: _Ended, reference: str) -> dict[str, Any]:
        """What is written down about an item, by the columns' names."""
        ending, now = one.ending, clock.now()
        found: dict[str, Any] = {"state": ItemState.DONE, "outcome": None, "says": "", "problems": [], "attempts": one.item.attempts,
                                 "crashes": 0, "run_at": None, "finished_at": now}
        waits: dict[str, Any] = {"state": ItemState.WAITING, "finished_at": None}
        if isinstance(ending, Result):
            found |= {"outcome": ending.outcome, "says": ending.says, "problems": [each.as_json() for each in ending.problems]}
        elif isinstance(ending, Again):
            found |= {**waits, "run_at": max(ending.run_at, now), "says": ending.says}
        elif isinstance(ending, Temporary):
            attempts = one.item.attempts
            wait, _ = wait_after(attempts % tasks.TRIES, attempts // tasks.TRIES, ending.retry_after)
            found |= {"attempts": attempts + 1, "says": _words(ending)}
            found |= {"outcome": Outcome.FAILED} if wait is None else {**waits, "run_at": now + timedelta(seconds=wait)}
        elif isinstance(ending, (NeedsReconnect, Paused)):
            found |= {**waits, "says": ending.says}
        elif isinstance(ending, HubError):
            found |= {"outcome": Outcome.NEEDS_ATTENTION, "says": _words(ending),
                      "problems": [each.as_json() for each in getattr(ending, "problems", ())]}
        else:
            ours = problem("bug", reference=reference)
            found |= {"outcome": Outcome.BUG, "says": ours.says, "problems": [ours.as_json()]}
        found["says"] = found["says"][:1000]
        return {"b_id": one.item.id, **{f"b_{name}": value for name, value in found.items()}}

    def _stop(self, error: BaseException) -> None:
        with self._lock:
            self.stopped_by = self.stopped_by or error

    def ending(self) -> Ending:
        """Done when nothing waits; else again when the first of the waiting ones is due."""
        now = clock.now()
        with self.db.read() as session:
            waiting = session.execute(
                select(func.count(), func.min(func.coalesce(Item.run_at, now)))
                .where(Item.task_id == self.view.id, Item.state != ItemState.DONE)
            ).one()
            outcomes: Sequence[Any] = session.scalars(
                select(Item.outcome).where(Item.task_id == self.view.id).distinct()).all()
        if waiting[0]:
            if self.lease.stop_asked.is_set():
                return Again(now, "Goes on after the restart.")
            first = waiting[1]
            earliest = now + timedelta(seconds=LANE_POLL_S) if self.turned_away else now
            return Again(max(first or now, earliest), f"{waiting[0]} waiting")
        good = {Outcome.OK, Outcome.NO_CHANGE}
        if set(outcomes) <= good:
            return Result(Outcome.OK if Outcome.OK in outcomes else Outcome.NO_CHANGE)
        return Result(Outcome.PARTLY if good & set(outcomes) else Outcome.NEEDS_ATTENTION)


# -- the sweep ----------------------------------------------------------------------------------------------------

def lead(db: Database, holder: str, name: str = "scheduler") -> bool:
    """Whether this process is the one that acts for the next ten seconds (by compare-and-set)."""
    now = clock.now()
    until = now + timedelta(seconds=LEADER_S)
    values = {"holder": holder, "lease_until": until}
    with db.write() as session:
        make: Any = sqlite.insert if db.is_sqlite else postgresql.insert
        led = session.execute(
            make(Leader).values(name=name, **values)
            .on_conflict_do_update(
                index_elements=["name"], set_=values,
                # A lease further ahead than any can be, two hosts' clocks apart, was taken before the clock went back.
                where=or_(Leader.holder == holder, Leader.lease_until <= now, Leader.lease_until > until + timedelta(seconds=LEADER_S)),
            )
            .returning(Leader.name)
        ).first()
    return led is not None


class Sweep:
    """Finds by columns what nobody works on: due tasks, dead leases. One per scheduler process."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._offset: float | None = None
        self._calm_from = 0.0

    def wake_due(self) -> int:
        """Wakes what has come due since it was last woken. Cheap: once a second."""
        now = clock.now()
        with self.db.read() as session:
            if session.scalar(select(Task.id).where(*self._due(now)).limit(1)) is None:
                return 0
        with self.db.write() as session:
            found = session.scalars(select(Task).where(*self._due(now)).order_by(Task.run_at).limit(1000)
                                    .with_for_update(skip_locked=True)).all()
            for task in found:
                tasks.wake(session, task)
        return len(found)

    @staticmethod
    def _due(now: datetime) -> tuple[Any, ...]:
        return (Task.state == TaskState.QUEUED, Task.run_at <= now,
                or_(Task.woken_at.is_(None), Task.woken_at < Task.run_at))

    def rewake(self, lengths: dict[Queue, int]) -> int:
        """Sends wake-ups anew that nobody took: where the queue is empty (it was lost), or after a long time."""
        now = clock.now()
        empty = [name for name, length in lengths.items() if not length]
        stale = Task.woken_at < now - timedelta(seconds=REWAKE_BUSY_S)
        if empty:
            stale = or_(stale, (Task.woken_at < now - timedelta(seconds=REWAKE_S)) & Task.queue.in_(empty))
        # A wake-up from before the clock went back counts as none.
        stale = or_(stale, Task.woken_at > now + timedelta(seconds=REWAKE_S))
        due = (Task.state == TaskState.QUEUED, Task.run_at <= now, stale, ~_lane_is_taken(now))
        with self.db.read() as session:
            if session.scalar(select(Task.id).where(*due).limit(1)) is None:
                return 0
        with self.db.write() as session:
            found = session.scalars(select(Task).where(*due).order_by(Task.run_at).limit(1000)
                                    .with_for_update(skip_locked=True)).all()
            for task in found:
                tasks.wake(session, task)
        return len(found)

    def free_dead(self) -> int:
        """Takes back what a dead process held: again at once, parked at the third time (R-21, R-22)."""
        if self._clock_jumped():
            return 0
        now = clock.now()
        with self.db.write() as session:
            dead = session.scalars(
                select(Task).where(Task.state == TaskState.RUNNING, Task.lease_until <= now)
                .order_by(Task.id).limit(200).with_for_update(skip_locked=True)
            ).all()
            for task in dead:
                _free(session, task)
            session.execute(delete(Lane).where(Lane.lease_until <= now))
        return len(dead)

    def _clock_jumped(self) -> bool:
        """After a jump of the clock leases are given one heartbeat's time to be renewed (R-17)."""
        offset = clock.timestamp() - time.monotonic()
        if self._offset is not None and abs(offset - self._offset) > 5:
            self._calm_from = time.monotonic() + 20
            _log.warning("the clock jumped", seconds=round(offset - self._offset))
        self._offset = offset
        return time.monotonic() < self._calm_from


def _lane_is_taken(now: datetime) -> Any:
    return select(Lane.name).where(Lane.name == Task.lane, Lane.lease_until > now).exists()


def _free(session: Session, task: Task) -> None:
    holder = task.holder
    session.execute(delete(Lane).where(Lane.holder == holder))
    task.crashes += 1
    gave_up = _blame_items(session, task) if task.parent_id is not None else 0
    if gave_up:
        task.crashes = 0
    _log.warning("a worker died at this task", task=task.id, kind=str(task.kind), crashes=task.crashes)
    if task.crashes >= CRASHES:
        _end(session, task, TaskState.PARKED, Outcome.FAILED, SET_ASIDE)
        alerts.work_failed(session, task, SET_ASIDE, was_set_aside=True)
        _finish_parent(session, task)
    else:
        _wait(session, task, TaskState.QUEUED, clock.now(), "Goes on after its worker stopped.")


def _blame_items(session: Session, task: Task) -> int:
    """Items that were running share the blame until they are run alone. Answers how many were given up."""
    running = session.scalars(
        select(Item).where(Item.task_id == task.id, Item.state == ItemState.RUNNING)).all()
    gave_up = 0
    for item in running:
        item.crashes += 1
        item.state = ItemState.WAITING
        if item.crashes >= CRASHES:
            gave_up += 1
            item.state, item.outcome, item.finished_at = ItemState.DONE, Outcome.FAILED, clock.now()
            item.says = SET_ASIDE
            alerts.work_failed(session, task, f"{item.label}: {SET_ASIDE}" if item.label else SET_ASIDE, was_set_aside=True)
    return gave_up


__all__ = ["Claimed", "Sweep", "claim", "has_items", "is_due", "lead", "next_chunk", "outcome_of", "run_items", "settle", "summary_of", "view_of"]

"""What comes in is kept before it is answered (I1), and turned into tasks afterwards.

`accept` stores rows group-committed with their neighbours: one writer thread per process takes all that wait into one
transaction, which halves the time and keeps the tail short. `drain` is a task like any other.
"""

from __future__ import annotations

import hashlib
import queue as _queue
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Table, bindparam, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from hub import clock, log
from hub.crashpoints import crash_point
from hub.domain.events import Event
from hub.domain.tasks import TERMINAL, Kind, Outcome, Queue, TaskState
from hub.errors import HubError
from hub.flows import csv_updates, tasks
from hub.flows.leases import rows as rowcount
from hub.flows.tasks import Again, Result, TaskView
from hub.inbound import storable
from hub.models import Database
from hub.models.connections import Connection
from hub.models.inbox import InboxEvent, InboxState
from hub.models.tasks import Task
from hub.models.tiktok import App
from hub.wiring import Hub

DRAIN_LANE = "inbox"
# Longer than this nobody waits for the group commit: 503, and the sender comes again.
LONGEST_WAIT_S = 2.0
DRAIN_EVERY_S = 1.0
GROUP = 200
# So long a group that has its first event waits for requests that are being read: one transaction for eight of them instead of four.
GATHER_S = 0.004
# After so many messages SQLite's log is carried over at the first quiet moment: about 2,000 pages.
TIDY_AFTER = 250
DRAIN_GROUP = 50
DRAIN_FOR_S = 20.0
# De-duplication outlives any sender's retries (S-04); an event that became an order's news is kept by the order itself.
KEEP = timedelta(days=90)

_log = log.get("hub.flows.inbox")
_TABLE: Table = InboxEvent.__table__  # type: ignore[assignment]


class Busy(Exception):
    """It could not be stored in time: not accepted, the sender is asked to come again."""


class Outdated(Exception):
    """What the sender was verified by (a secret, a state) was changed since it was looked up: to be verified anew."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a message was verified by, as the row of its sender stood when it was looked up. It must still stand so when the
    message is stored: another process may have changed the secret a moment ago."""

    model: type[Connection] | type[App]
    id: int
    stamp: tuple[Any, ...]


# What decides whether a message is taken.
_STAMPS: dict[type[Connection] | type[App], tuple[Any, ...]] = {
    Connection: (Connection.state, Connection.hook_secret_sealed, Connection.old_hook_secret_sealed,
                 Connection.old_hook_secret_until, Connection.secrets_sealed),
    App: (App.app_key, App.app_secret_sealed),
}


def known(row: Connection | App) -> Known:
    """The sender as it stands in this row."""
    model = type(row)
    return Known(model, row.id, tuple(getattr(row, column.key) for column in _STAMPS[model]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One event with its raw bytes, and whose it is. ``source`` is ``tiktok:{app}`` or ``plugin:{connection}``."""

    source: str
    event: Event
    body: bytes
    connection_id: int | None = None
    app_id: int | None = None

    def row(self) -> dict[str, Any]:
        """As the table keeps it; ids that are longer than any sender's own are kept as their hash."""
        event = self.event
        event_id = storable(event.event_id)
        if not event_id:
            event_id = "sha256:" + hashlib.sha256(self.body).hexdigest()
        elif len(event_id) > 128:
            event_id = "sha256:" + hashlib.sha256(event_id.encode()).hexdigest()
        return {
            "source": self.source, "event_id": event_id, "connection_id": self.connection_id, "app_id": self.app_id,
            "kind": storable(event.kind)[:64], "subject": storable(event.subject)[:128], "event": as_json(event),
            "body": self.body, "received_at": clock.now(), "state": InboxState.NEW, "reason": "", "task_id": None,
        }


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a request's events."""

    accepted: int
    duplicate: int


def as_json(event: Event) -> dict[str, Any]:
    """The normalised event, for the inbox row."""
    return storable({
        "event_id": event.event_id, "kind": event.kind, "subject": event.subject, "variant": event.variant,
        "owner": event.owner, "scope": event.scope, "via": event.via, "seq": event.seq,
        "happened_at": event.happened_at.isoformat() if event.happened_at else None, "raw": dict(event.raw),
    })


def accept(hub: Hub, events: Sequence[Incoming], sender: Known | None = None) -> Accepted:
    """Stores what is new and answers once that is durable. Raises `Busy` where it took too long or failed, `Outdated` where the
    sender is no longer who it was when the message was verified: nothing is stored then."""
    waiting = _Waiting([one.row() for one in events], sender)
    writer_of(hub.db).put(waiting)
    if not waiting.done.wait(LONGEST_WAIT_S) or waiting.failed:
        raise Busy
    if waiting.outdated:
        raise Outdated
    return Accepted(waiting.fresh, len(events) - waiting.fresh)


@dataclass(slots=True)
class _Waiting:
    rows: list[dict[str, Any]]
    sender: Known | None = None
    done: threading.Event = field(default_factory=threading.Event)
    fresh: int = 0
    failed: bool = False
    outdated: bool = False


class Writer:
    """One thread that stores what all request threads of this process hand over, as many requests as there are in one transaction."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._queue: _queue.SimpleQueue[_Waiting] = _queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._drained_at = float("-inf")
        self._owes_drain = False
        self._coming = 0
        self._here = threading.local()

    @contextmanager
    def coming(self) -> Iterator[None]:
        """A request is being read: for its events the group waits a moment, if it has none to wait for otherwise."""
        self._here.is_awaited = True
        with self._lock:
            self._coming += 1
        try:
            yield
        finally:
            self._has_come()

    def _has_come(self) -> None:
        if getattr(self._here, "is_awaited", False):
            self._here.is_awaited = False
            with self._lock:
                self._coming -= 1

    def put(self, waiting: _Waiting) -> None:
        """Hands over; the thread is started with the first one."""
        self._has_come()
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._loop, name="inbox", daemon=True)
                    self._thread.start()
        self._queue.put(waiting)

    def stop(self) -> None:
        """Ends the thread once what it has taken is stored."""
        if self._thread is not None:
            self._queue.put(_END)
            self._thread.join(LONGEST_WAIT_S)

    def _loop(self) -> None:
        storing = _Storing(self.db)
        while True:
            group = self._next_group()
            ends = any(one is _END for one in group)
            group = [one for one in group if one is not _END]
            try:
                if group:
                    storing.store(group)
                    self._owes_drain |= any(one.fresh for one in group)
                if not self._is_pressed():
                    self._ask_for_drain()
            except Exception:
                _log.exception("events could not be stored; their senders are told to come again")
                for one in group:
                    one.failed = not one.done.is_set()
            finally:
                for one in group:
                    one.done.set()
            if ends:
                storing.close()
                return
            if not self._is_pressed():
                storing.rest()
            self._ask_for_drain()

    def _is_pressed(self) -> bool:
        """Whether others wait for their turn: then the answers go out first."""
        return self._coming > 0 or not self._queue.empty()

    def _next_group(self) -> list[_Waiting]:
        wait = max(0.0, self._drained_at + DRAIN_EVERY_S - time.monotonic()) if self._owes_drain else None
        try:
            group = [self._queue.get(timeout=wait)]
        except _queue.Empty:
            return []
        size = len(group[0].rows)
        until = time.monotonic() + GATHER_S
        while size < GROUP:
            try:
                group.append(self._queue.get_nowait())
            except _queue.Empty:
                left = until - time.monotonic()
                if not self._coming or left <= 0:
                    break
                try:
                    group.append(self._queue.get(timeout=left))
                except _queue.Empty:
                    break
            size += len(group[-1].rows)
        return group

    def _ask_for_drain(self) -> None:
        """At most once a second. Where it can't be asked for, or the process dies before, the sweep finds what is new."""
        if not self._owes_drain or time.monotonic() < self._drained_at + DRAIN_EVERY_S:
            return
        self._drained_at, self._owes_drain = time.monotonic(), False
        try:
            with self.db.read() as session:
                if _drain_waits(session):
                    return
            with self.db.write() as session:
                request_drain(session)
        except Exception:  # what was stored stays stored, whatever becomes of the wish
            _log.warning("the drain could not be asked for; the sweep will", exc_info=True)


class _Storing:
    """The transactions of the writer's thread, on a connection of its own: as little work as can be for each, because whoever
    comes meanwhile waits for it (G1, G2)."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._connection: SqlConnection | None = None
        self._since = 0     # messages stored since the last rest
        self._insert: Any = (sqlite if db.is_sqlite else postgresql).insert(_TABLE).on_conflict_do_nothing(
            index_elements=["source", "event_id"]).returning(_TABLE.c.source, _TABLE.c.event_id)

    def rest(self) -> None:
        """Nobody waits: what many messages left behind is tidied up now, so that it need not be while somebody does."""
        if self._since >= TIDY_AFTER and self._connection is not None:
            self._db.carry_over(self._connection)
            self._since = 0

    def close(self) -> None:
        """Gives the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def store(self, group: list[_Waiting]) -> None:
        """All of them in one transaction; one by one where the database refuses that."""
        had_one = self._connection is not None
        try:
            self._write(group)
        except SQLAlchemyError as error:
            is_stale = had_one and isinstance(error, DBAPIError) and error.connection_invalidated  # the server was started anew
            if len(group) == 1 and not is_stale:
                raise
            _log.warning("a group of events was refused; storing them one by one", exc_info=True)
            for one in group:
                try:
                    self._write([one])
                except SQLAlchemyError:
                    _log.exception("an event could not be stored")
                    one.failed = True
                one.done.set()
        crash_point("inbox.after_commit")

    def _write(self, group: list[_Waiting]) -> None:
        try:
            if self._connection is None:
                # Whoever changes a secret between the look at the senders and the one insert comes after the messages, in one
                # transaction as in two.
                self._connection = self._db.connect(one_by_one=True)
            with self._db.writing(self._connection) as connection:
                crash_point("inbox.before_commit")
                self._put(connection, group)
        except BaseException:
            self.close()
            raise

    def _put(self, connection: SqlConnection, group: list[_Waiting]) -> None:
        current = _current(connection, {one.sender for one in group if one.sender is not None})
        for one in group:
            one.fresh = 0
            one.outdated = one.sender is not None and one.sender not in current
        group = [one for one in group if not one.outdated]
        rows = [row for one in group for row in one.rows]
        self._since += len(rows)
        fresh = {tuple(found) for found in connection.execute(self._insert, rows)} if rows else set()
        for one in group:
            for row in one.rows:
                if (row["source"], row["event_id"]) in fresh:
                    fresh.discard((row["source"], row["event_id"]))
                    one.fresh += 1


_SENDERS = {model: select(model.__table__.c.id, *(model.__table__.c[column.key] for column in columns))
            .where(model.__table__.c.id.in_(bindparam("ids", expanding=True))) for model, columns in _STAMPS.items()}


def _current(connection: SqlConnection, senders: set[Known]) -> set[Known]:
    """Those of them that still stand as they were looked up: one statement per kind of sender, whatever the group's size."""
    found = set()
    for model, statement in _SENDERS.items():
        ids = [one.id for one in senders if one.model is model]
        if ids:
            found |= {Known(model, row[0], tuple(row[1:])) for row in connection.execute(statement, {"ids": ids})}
    return senders & found


_END = _Waiting([])
_writers: dict[int, Writer] = {}
_writers_lock = threading.Lock()


def writer_of(db: Database) -> Writer:
    """The one writer of this process and database."""
    with _writers_lock:
        writer = _writers.get(id(db))
        if writer is None or writer.db is not db:
            writer = _writers[id(db)] = Writer(db)
        return writer


def stop_writers() -> None:
    """Ends the writers of this process (a web process that stops, and tests)."""
    with _writers_lock:
        stopped = list(_writers.values())
        _writers.clear()
    for writer in stopped:
        writer.stop()


def request_drain(session: Session) -> None:
    """One drain waits at most; it takes all that is new when it starts."""
    tasks.submit(session, Kind.DRAIN_INBOX, lane=DRAIN_LANE, queue=Queue.ORDERS)


def _drain_waits(session: Session) -> bool:
    """Whether a drain is to be run anyhow: it takes all that is new when it starts."""
    return bool(session.scalar(select(exists().where(
        Task.kind == Kind.DRAIN_INBOX, Task.lane == DRAIN_LANE, Task.state == TaskState.QUEUED, Task.run_at <= clock.now()))))


def sweep(db: Database) -> bool:
    """Asks for a drain where new events lie about (their wake-up was lost). Part of the scheduler's sweep."""
    with db.read() as session:
        if session.scalar(select(InboxEvent.id).where(InboxEvent.state == InboxState.NEW).limit(1)) is None:
            return False
    with db.write() as session:
        request_drain(session)
    return True


def drain(hub: Hub, task: TaskView) -> Result | Again:
    """Turns new events into tasks, in batches. An event that nobody can plan is parked with a reference."""
    until = time.monotonic() + DRAIN_FOR_S
    counts: dict[InboxState, int] = {}
    while True:
        with hub.db.write() as session:
            found = session.scalars(
                select(InboxEvent).where(InboxEvent.state == InboxState.NEW).order_by(InboxEvent.id)
                .limit(DRAIN_GROUP)
            ).all()
            for row in found:
                _plan(session, hub, row)
                counts[row.state] = counts.get(row.state, 0) + 1
            _note_heard(session, found)
            crash_point("drain.before_commit")
        crash_point("drain.after_commit")
        if len(found) < DRAIN_GROUP:
            break
        if time.monotonic() > until or tasks.should_stop():
            return Again(clock.now())
    if not counts:
        return Result(Outcome.NO_CHANGE)
    return Result(Outcome.OK, ", ".join(f"{number} {state}" for state, number in sorted(counts.items())))


def _plan(session: Session, hub: Hub, row: InboxEvent) -> None:
    from hub.flows import inbound  # it knows every subject, and some of them know this module

    try:
        with session.begin_nested():
            row.state, reason, row.task_id = inbound.plan(session, hub, row)
            row.reason = reason[:300]
    except HubError as error:
        row.state, row.reason = InboxState.PARKED, error.says[:300]
    except Exception as error:
        if isinstance(error, SQLAlchemyError) and not session.is_active:
            raise
        reference = secrets.token_hex(3).upper()
        _log.exception("bug", reference=reference, message=row.id, kind=row.kind)
        row.state, row.reason = InboxState.PARKED, f"Our mistake. Reference {reference}."


def _note_heard(session: Session, found: Sequence[InboxEvent]) -> None:
    """When each plugin was last heard, and how many numbers of its sequence never came (the gaps are shown)."""
    heard: dict[int, list[InboxEvent]] = {}
    for row in found:
        if row.connection_id is not None and row.source.startswith("plugin:"):
            heard.setdefault(row.connection_id, []).append(row)
    for connection_id, events in heard.items():
        connection = session.get(Connection, connection_id)
        if connection is None:
            continue
        numbers = sorted({int(one.event["seq"]) for one in events if one.event.get("seq") is not None})
        for number in numbers:
            last = connection.last_seq
            if last is None or number == last + 1 or number == 1:
                connection.last_seq = number
            elif number > last:
                connection.missed_events += number - last - 1
                connection.last_seq = number
            elif connection.missed_events:  # one of the missing came after all
                connection.missed_events -= 1
        connection.last_event_at = max(one.received_at for one in events)


def replan(session: Session, app_id: int) -> int:
    """Parked messages to this app are planned again: a shop that was connected after its first order is known now."""
    parked = (InboxEvent.state == InboxState.PARKED, InboxEvent.app_id == app_id)
    moved = rowcount(session.execute(update(InboxEvent).where(*parked).values(state=InboxState.NEW, reason="")
                                     .execution_options(synchronize_session=False)))
    if moved:
        request_drain(session)
    return moved


def tidy(hub: Hub, task: TaskView) -> Result:
    """Takes away what nobody needs any more: old events, settled tasks that no page shows."""
    now = clock.now()
    with hub.db.write() as session:
        old = rowcount(session.execute(
            delete(InboxEvent).where(InboxEvent.received_at < now - KEEP, InboxEvent.state != InboxState.PARKED)))
        done = rowcount(session.execute(delete(Task).where(
            Task.state.in_(TERMINAL), Task.shown.is_(False), Task.parent_id.is_(None),
            Task.finished_at < now - timedelta(days=14), Task.outcome.in_([Outcome.OK, Outcome.NO_CHANGE]))))
        superseded = rowcount(session.execute(delete(Task).where(
            Task.state.in_(TERMINAL), Task.shown.is_(False), Task.parent_id.is_(None),
            Task.finished_at < now - timedelta(days=90))))
        files = csv_updates.tidy(session)
    return Result(Outcome.OK, f"{old} events, {done + superseded} tasks and {files} CSV files taken away")


__all__ = ["Accepted", "Busy", "Incoming", "Known", "Outdated", "accept", "drain", "known", "replan", "request_drain",
           "sweep", "tidy"]

"""Who works on what now: leases of tasks and lanes, the heartbeat that renews them, the check before each write.

A lease is two columns changed by compare-and-set, never a row lock: it outlives transactions (``architecture.md`` 6).
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hub import clock, http, log
from hub.domain.tasks import TaskState
from hub.errors import HubError
from hub.models import Database
from hub.models.connections import Connection, ConnectionState
from hub.models.tasks import Lane, Task

LEASE_S = 45
BEAT_S = 15
# A process that finishes no call and no item for so long has hung: its leases are let run out.
STUCK_S = 60

_log = log.get("hub.flows.leases")


class LeaseLost(Exception):
    """This process may no longer write: its lease ran out and the work belongs to another one now."""


class Paused(HubError):
    """The connection was paused while the task ran: nothing more is sent, the task is held (R-19)."""


def new_holder() -> str:
    """A name for one run of one task; never the same twice."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


class Lease:
    """One task that this process holds, with the lanes of the items it works on."""

    def __init__(self, db: Database, task_id: int, connection_id: int | None, holder: str) -> None:
        self.db = db
        self.task_id = task_id
        self.connection_id = connection_id
        self.holder = holder
        self.is_lost = False
        self.stop_asked = threading.Event()
        self._ended = threading.Event()
        self._noted = time.monotonic()
        self._writers: set[int] = set()
        self._thread: threading.Thread | None = None

    def check(self) -> None:
        """Renews the lease right before a write; raises `LeaseLost`, or `Paused` where nothing may be sent any more."""
        self._writers.add(threading.get_ident())
        if self.is_lost or not self.renew():
            self.is_lost = True
            raise LeaseLost(f"task {self.task_id} is no longer ours")
        if self.connection_id is None:
            return
        with self.db.read() as session:
            state = session.scalar(select(Connection.state).where(Connection.id == self.connection_id))
        if state in (ConnectionState.PAUSED, ConnectionState.REMOVED):
            raise Paused("The connection was paused.")

    def renew(self) -> bool:
        """Moves task and lanes on by 45 seconds. False when the task is not ours or its lease had run out."""
        now = clock.now()
        until = now + timedelta(seconds=LEASE_S)
        with self.db.write() as session:
            held = session.execute(
                update(Task)
                .where(Task.id == self.task_id, Task.holder == self.holder, Task.state == TaskState.RUNNING,
                       Task.lease_until > now)
                .values(lease_until=until),
                execution_options={"synchronize_session": False},
            )
            if rows(held) == 0:
                return False
            session.execute(update(Lane).where(Lane.holder == self.holder).values(lease_until=until),
                            execution_options={"synchronize_session": False})
        return True

    def wrote_here(self) -> bool:
        """Whether this thread has been about to write since it was asked last."""
        wrote = threading.get_ident() in self._writers
        self._writers.discard(threading.get_ident())
        return wrote

    def note(self) -> None:
        """Something was finished: a call or an item."""
        self._noted = time.monotonic()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            if time.monotonic() - self._noted > STUCK_S:
                _log.error("no progress for a minute; the lease is let run out", task=self.task_id)
                return
            try:
                if not self.renew():
                    self.is_lost = True
                    return
            except Exception:  # the database is away; the next beat may still be in time
                _log.warning("the lease could not be renewed", task=self.task_id, exc_info=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Renews in the background, counts finished calls as progress, and is what `about_to_write` checks."""
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._thread.start()
        http.progress.append(self.note)
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)
            http.progress.remove(self.note)
            self._ended.set()

    @contextmanager
    def in_thread(self) -> Iterator[None]:
        """The same lease in a thread of the pool: context variables don't follow into threads."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


_current: ContextVar[Lease | None] = ContextVar("lease", default=None)


def about_to_write() -> None:
    """To be called right before each outside write. Raises `LeaseLost` or `Paused`; does nothing outside a task."""
    lease = _current.get()
    if lease is not None:
        lease.check()


def should_stop() -> bool:
    """Whether the worker was asked to end: long flows stop at the next good place and go on later."""
    lease = _current.get()
    return lease is not None and lease.stop_asked.is_set()


def take_lane(session: Session, name: str, holder: str) -> datetime | None:
    """Claims the lane. None when it is ours now, else the moment until which it is taken or rests."""
    now = clock.now()
    make: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"holder": holder, "lease_until": now + timedelta(seconds=LEASE_S)}
    taken = session.execute(
        make(Lane).values(name=name, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values, where=Lane.lease_until <= now)
        .returning(Lane.name)
    ).first()
    if taken is not None:
        return None
    return session.scalar(select(Lane.lease_until).where(Lane.name == name)) or now


def take_lanes(session: Session, names: Collection[str], holder: str) -> set[str]:
    """Claims those of them that are free, in one statement; answers which. In their order, so that two claims can't lock each
    other out."""
    if not names:
        return set()
    now = clock.now()
    make: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = make(Lane).returning(Lane.name)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_={"holder": new.holder, "lease_until": new.lease_until}, where=Lane.lease_until <= now)
    until = now + timedelta(seconds=LEASE_S)
    return set(session.scalars(statement, [{"name": name, "holder": holder, "lease_until": until} for name in sorted(names)]))


def is_resting(session: Session, name: str) -> bool:
    """Whether the lane is nobody's, but may not start yet."""
    return bool(session.scalar(select(exists().where(Lane.name == name, Lane.holder == ""))))


def release_lane(session: Session, name: str, holder: str, rest_until: datetime | None = None) -> None:
    """Gives the lane back; with `rest_until` nobody starts in it before that."""
    mine = (Lane.name == name) & (Lane.holder == holder)
    if rest_until is not None and rest_until > clock.now():
        session.execute(update(Lane).where(mine).values(holder="", lease_until=rest_until))
    else:
        session.execute(delete(Lane).where(mine))


def release_lanes(session: Session, rests: Mapping[str, datetime | None], holder: str) -> None:
    """Gives these lanes back, each with its rest, as `release_lane` does one: the many that need none in one statement."""
    now = clock.now()
    free = [name for name, rest in rests.items() if rest is None or rest <= now]
    if free:
        session.execute(delete(Lane).where(Lane.name.in_(sorted(free)), Lane.holder == holder),
                        execution_options={"synchronize_session": False})
    for name in sorted(rests.keys() - set(free)):
        release_lane(session, name, holder, rests[name])


def rows(result: Any) -> int:
    """How many rows an update or delete touched."""
    return int(result.rowcount)

"""Tables, and the two kinds of session that touch them.

`read()` sessions begin DEFERRED and never write; `write()` sessions begin IMMEDIATE on SQLite and are short
(`architecture.md` 6: the opposite locks SQLite for everybody). No transaction is open during an outside call.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Engine, Enum, Integer, MetaData, create_engine, event
from sqlalchemy import Connection as SqlConnection
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


# How long a transaction waits for another process's to end, in seconds.
BUSY_S = 10
# SQLite's log in pages of 4 KB: where a thread that writes all the time carries it over at the latest (256 MB of disk).
LONGEST_LOG = 64_000
_pause = threading.Event()


class Base(DeclarativeBase):
    """Every table's base; the naming convention lets migrations drop constraints on SQLite."""

    metadata = MetaData(naming_convention=NAMING)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time. SQLite drops zones, so it is put back on the way out; a naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times are aware: this one has no zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
BigId = BigInteger().with_variant(Integer(), "sqlite")


def one_of(words: type[StrEnum]) -> Enum:
    """A text column that holds one of these words."""
    return Enum(words, native_enum=False, length=32, values_callable=lambda members: [m.value for m in members])


def key() -> Any:
    """A table's own number."""
    return mapped_column(BigId, primary_key=True, autoincrement=True)


def engine_for(url: str, **options: Any) -> Engine:
    """The one way to make an engine, Flask-SQLAlchemy's too.

    SQLite: WAL, foreign keys on, transactions begun by us (DEFERRED unless the session asks for IMMEDIATE).
    """
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    if url.startswith("sqlite"):
        options.setdefault("connect_args", {}).setdefault("timeout", BUSY_S)
    else:
        options.setdefault("pool_pre_ping", True)
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    # Whoever fills the log up carries it over, and waits for the disk with everybody behind him: rarer than SQLite's 1,000 pages,
    # it costs the slowest of a hundred messages nothing (G2). 8,000 pages are 32 MB of disk.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_S * 1000}", "foreign_keys=ON", "wal_autocheckpoint=8000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Any) -> None:
    if connection.get_execution_options().get("writes", False):
        _begin_immediate(connection)
    else:
        connection.exec_driver_sql("BEGIN DEFERRED")


def _driver(connection: SqlConnection) -> sqlite3.Connection:
    driver: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
    return driver


def _begin_immediate(connection: Any) -> None:
    """Takes the one write lock of the file, for which other processes wait too.

    SQLite's own way of waiting sleeps up to a tenth of a second between two looks, so that under steady writing somebody always
    waits far longer than anybody writes. Here the looks are a millisecond apart.
    """
    driver = _driver(connection)
    until = time.monotonic() + BUSY_S
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    break
            _pause.wait(0.001)
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the last try; what it raises is SQLAlchemy's
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_S * 1000}")


class Database:
    """An engine and its sessions. `after_commit` hooks of `hub.queue` hang on the sessions it makes."""

    def __init__(self, url: str, **options: Any) -> None:
        self.engine = engine_for(url, **options)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # One writer per process then waits in a fair lock and not in SQLite's sleeping busy handler (`stack.md` 7).
        self._lock = threading.RLock() if self.is_sqlite else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads; ended by a rollback. What it loaded stays readable afterwards."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A short session that writes: commits at the end, rolls back when something is raised."""
        with self._lock or nullcontext():
            engine = self.engine.execution_options(writes=True) if self.is_sqlite else self.engine
            with Session(engine, expire_on_commit=False) as session, session.begin():
                session.info["writes"] = True
                yield session

    def connect(self, *, one_by_one: bool = False) -> SqlConnection:
        """A connection for `writing`, kept and closed by who asks: for a thread that writes all the time, and without the ORM.
        With ``one_by_one`` each statement is durable by itself on PostgreSQL, which is asked half as often then."""
        if not self.is_sqlite:
            return (self.engine.execution_options(isolation_level="AUTOCOMMIT") if one_by_one else self.engine).connect()
        connection = self.engine.execution_options(writes=True).connect()
        connection.detach()     # it is not the pool's any more: the next line is for this thread alone
        _driver(connection).execute(f"PRAGMA wal_autocheckpoint={LONGEST_LOG}")
        return connection

    def carry_over(self, connection: SqlConnection) -> bool:
        """Takes what SQLite's log holds over into the file, at a moment when nobody waits for this thread. False where the file
        could not be written to now: what is in the log is safe there, and is carried over another time."""
        if not self.is_sqlite:
            return True
        try:
            busy, _pages, _done = _driver(connection).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.OperationalError:
            return False
        return not busy

    @contextmanager
    def writing(self, connection: SqlConnection) -> Iterator[SqlConnection]:
        """A short transaction on such a connection; like `write` but for the session."""
        with self._lock or nullcontext(), connection.begin():
            yield connection

    @contextmanager
    def rehearsal(self) -> Iterator[Database]:
        """The same database, of which nothing stays that is written through what this gives: one transaction, rolled back at
        the end. Nobody is woken. Other writers of an SQLite file wait meanwhile."""
        with self._lock or nullcontext():
            with self.connect() as connection:
                transaction = connection.begin()
                try:
                    yield _Stage(self, connection)
                finally:
                    transaction.rollback()

    def forget_connections(self) -> None:
        """In a forked child: leave the parent's connections to the parent (`stack.md` 5)."""
        self.engine.dispose(close=False)
        if self.is_sqlite:
            self._lock = threading.RLock()


class _Stage(Database):
    """A database whose sessions are parts of one transaction."""

    def __init__(self, real: Database, connection: SqlConnection) -> None:
        self.engine = real.engine
        self.is_sqlite = real.is_sqlite
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with self.read() as session, session.begin():
            session.info["rehearsal"] = True  # its commit makes nothing durable: `hub.queue` wakes nobody
            yield session


def load_all() -> None:
    """Imports every table's module, so that `Base.metadata` is complete."""
    from hub.models import (  # noqa: F401
        categories,
        changes,
        connections,
        csv_updates,
        inbox,
        ledger,
        listings,
        orders,
        products,
        shops,
        tasks,
        tiktok,
        users,
    )

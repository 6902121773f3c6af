"""Fixtures for every folder of tests: databases, the queue, the clock, and the fences around them."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
import structlog

from hub import clock, crashpoints, embedded, http, log, models, queue
from hub.config import Config
from hub.crypto import KeyRing, new_key
from hub.models import sealed
from tests.support import transactions
from tests.support.features import pytest_runtest_makereport  # noqa: F401  (a hook that pytest finds here)
from tests.support.fences import no_outside_attempts  # noqa: F401  (an autouse fixture)
from tests.support.servers import PostgreSQL

pytest_plugins = ["pytester"]  # the tests of the tests' own tools run pytest in pytest

_KEYS = KeyRing.from_string(new_key("test"))
A_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clean_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No clock file, crash point, progress hook or open connection goes from one test to the next.

    In every test an outside call fails while a transaction is open, and secrets have a key.
    """
    monkeypatch.setattr(http.Api, "transaction_probe", staticmethod(transactions.is_open))
    sealed.use_keys(_KEYS)
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()
    log.clear()
    queue.use(None)
    clock.use_file(None)
    crashpoints.arm("")
    crashpoints.work_horse_of(None)
    http.progress.clear()
    http.forget_connections()


@pytest.fixture
def frozen_clock() -> Iterator[datetime]:
    """`hub.clock` stands still at a Monday morning; move on with `hub.clock.hold`."""
    with clock.hold(A_MOMENT):
        yield A_MOMENT


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One throw-away PostgreSQL cluster per test process."""
    server = PostgreSQL()
    yield server
    server.stop()


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database without tables: SQLite, or what an indirect parameter names."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "hub.db"
    _create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _postgresql_template(postgresql: PostgreSQL) -> str:
    """The name of a database with all tables, made once and copied for each test."""
    postgresql.execute("CREATE DATABASE hub_template TEMPLATE template0")
    _create_tables(postgresql.url("hub_template"))
    return "hub_template"


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database with all tables. SQLite; both kinds with `tests.support.both_databases`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        path = tmp_path / "hub.db"
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.create(request.getfixturevalue("_postgresql_template"))
    yield url
    server.drop(url)


def _create_tables(url: str) -> None:
    models.load_all()
    engine = models.engine_for(url)
    models.Base.metadata.create_all(engine)
    if url.startswith("sqlite"):
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


@pytest.fixture
def db(database_url: str) -> Iterator[models.Database]:
    """A database with all tables and no rows. SQLite; both kinds with `tests.support.both_databases`."""
    database = models.Database(database_url)
    yield database
    database.engine.dispose()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Server]:
    """One embedded Valkey per test process."""
    folder = tmp_path_factory.mktemp("queue")
    yield embedded.ensure(folder)
    embedded.stop(folder)


@pytest.fixture
def redis_url(redis_server: embedded.Server) -> str:
    """An empty Redis, alone for this test."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def config(tmp_path: Path, database_url: str, redis_url: str) -> Config:
    """Settings of a practice hub over this test's database and queue."""
    return Config.from_env(
        {
            "SHOPBRIDGE_MODE": "practice",
            "DATA_DIR": str(tmp_path / "data"),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
        }
    )

"""Fixtures of the benchmarks: a PostgreSQL that is durable as in production, and the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub import models
from tests.benchmarks.report import Report
from tests.support.servers import PostgreSQL


@pytest.fixture(autouse=True)
def _ordinary_calls(monkeypatch: pytest.MonkeyPatch, clean_process: None) -> None:
    """The test's own checks inside each outside call are not part of what is measured."""
    from hub import http

    monkeypatch.setattr(http.Api, "transaction_probe", None)


@pytest.fixture(scope="session")
def report() -> Report:
    return Report()


@pytest.fixture(scope="session")
def durable_postgresql() -> Iterator[PostgreSQL]:
    """As a careful operator runs it: every commit reaches the disk."""
    server = PostgreSQL(
        fsync="on", synchronous_commit="on", full_page_writes="on", shared_buffers="512MB", max_wal_size="4GB", autovacuum="on"
    )
    yield server
    server.stop()


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fresh_database(store_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes databases with all tables and no rows; answers their URL."""
    made = 0

    def make() -> str:
        nonlocal made
        made += 1
        if store_name == "SQLite":
            url = f"sqlite:///{tmp_path / f'bench{made}.db'}"
        else:
            url = request.getfixturevalue("durable_postgresql").create()
        models.load_all()
        engine = models.engine_for(url)
        models.Base.metadata.create_all(engine)
        engine.dispose()
        return url

    return make

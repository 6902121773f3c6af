"""One warmed parent for all forks, and one world per file and database: products are live before the first fault."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub import clock, embedded
from tests.faults.bench import Bench, running_bench
from tests.faults.fault_world import FaultWorld, fault_world, is_full
from tests.faults.forks import Forks, warmed
from tests.support.servers import PostgreSQL
from tests.support.world import few_products

STORES = ("magento", "prestashop")
# Random kills of the whole hub take minutes: they are for `make faults`.
collect_ignore = [] if is_full() else ["test_random_kills.py"]


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """The warmed parent."""
    with warmed(tmp_path_factory.mktemp("forks") / "log") as parent:
        yield parent


@contextmanager
def database(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[str]:
    """A fresh database with all tables."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("_sqlite_template"), folder / "hub.db")
        yield f"sqlite:///{folder / 'hub.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.create(request.getfixturevalue("_postgresql_template"))
    yield url
    server.drop(url)


@pytest.fixture(scope="module")
def shared_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, forks: Forks,
                 redis_server: embedded.Server) -> Iterator[FaultWorld]:
    """Both stores with products live, and some that are not pushed yet. The parameter: database, then what is special."""
    kind, special = request.param
    folder = tmp_path_factory.mktemp("world")
    with database(request, kind, folder) as url, fault_world(
            folder, url, redis_server.url, forks, *STORES, catalogue=few_products(22),
            tiktok_settings={"search_delay_s": 30.0} if special == "eventual" else None) as built:
        for platform in STORES:
            built.pull(platform)
            built.push_some(platform, 2)
            if special == "bare":
                built.without_plugin(platform)
        yield built


@pytest.fixture
def world(shared_world: FaultWorld, clean_process: None) -> Iterator[FaultWorld]:
    """The file's world, taken over by this test."""
    shared_world.take_over()
    yield shared_world
    shared_world.forked = False
    for url in shared_world.practice.urls:
        from hub.practice import control

        control(url, "DELETE", "faults")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"] if is_full() else ["postgresql"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A hub of real processes under a keeper, connected to the practice Magento store."""
    folder: Path = tmp_path_factory.mktemp("bench")
    with database(request, request.param, folder) as url, running_bench(folder, url, "magento") as built:
        built.world.pull()
        built.world.push()
        yield built


@pytest.fixture(autouse=True)
def same_clock(request: pytest.FixtureRequest, clean_process: None) -> None:
    """Every test lets go of the clock file at its end; the bench's processes still follow theirs."""
    if "bench" in request.fixturenames:
        clock.use_file(request.getfixturevalue("bench").offset)

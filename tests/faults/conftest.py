"""One warmed parent for all forks, and one world per database and kind: products are live before the first fault."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hub import clock, embedded
from hub.practice import control
from hub.stores import PLATFORMS
from tests.faults.bench import Bench, running_bench
from tests.faults.fault_world import FaultWorld, fault_world, is_full
from tests.faults.forks import Forks, warmed
from tests.support.servers import PostgreSQL
from tests.support.world import few_products

STORES = tuple(PLATFORMS)
# Random kills of the whole hub take minutes: they are for `make faults`.
collect_ignore = [] if is_full() else ["test_random_kills.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that want the same world stand together, whatever their file: a world is built once for them."""
    here = Path(__file__).parent
    places = [number for number, item in enumerate(items) if item.path.parent == here]
    files = list(dict.fromkeys(items[number].path for number in places))

    def group(item: pytest.Item) -> tuple[str, int]:
        kind = getattr(item, "callspec", None)
        return str(kind.params.get("world", "")) if kind else "", files.index(item.path)

    for number, item in zip(places, sorted((items[number] for number in places), key=group), strict=True):
        items[number] = item


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


class Worlds:
    """The world of the last test, kept for the next one where that wants the same."""

    def __init__(self, request: pytest.FixtureRequest, folders: pytest.TempPathFactory, forks: Forks, redis_url: str) -> None:
        self._request, self._folders, self._forks, self._redis_url = request, folders, forks, redis_url
        self._kind: tuple[str, str] | None = None
        self._open = ExitStack()
        self._world: FaultWorld | None = None

    def get(self, kind: str, special: str) -> FaultWorld:
        """All stores with products live, and some that are not pushed yet.

        ``special``: searches that show late, the stores' own ("late") or TikTok Shop's ("eventual"); or stores without plugin ("bare").
        """
        if self._world is None or self._kind != (kind, special):
            self.close()
            folder = self._folders.mktemp("world")
            stores = [slug for slug in STORES if special != "bare" or PLATFORMS[slug].plugin is not None]
            url = self._open.enter_context(database(self._request, kind, folder))
            self._world = self._open.enter_context(fault_world(
                folder, url, self._redis_url, self._forks, *stores, catalogue=few_products(22),
                tiktok_settings={"search_delay_s": 30.0} if special == "eventual" else None))
            self._kind = (kind, special)
            for platform in stores:
                self._world.pull(platform)
                self._world.push_some(platform, 3)
                if special == "bare":
                    self._world.without_plugin(platform)
                if special == "late" and PLATFORMS[platform].plugin is None:
                    self._world.search_late(platform)
        return self._world

    def close(self) -> None:
        """Takes it down."""
        self._open.close()
        self._world = None


@pytest.fixture(scope="session")
def worlds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, forks: Forks, redis_server: embedded.Server,
           postgresql: PostgreSQL) -> Iterator[Worlds]:
    """The worlds, one at a time. The servers are named here, so that they outlive the last of them."""
    kept = Worlds(request, tmp_path_factory, forks, redis_server.url)
    yield kept
    kept.close()


@pytest.fixture
def world(request: pytest.FixtureRequest, worlds: Worlds, clean_process: None) -> Iterator[FaultWorld]:
    """The world of this kind, taken over by this test: an indirect parameter, (database, what is special)."""
    built = worlds.get(*getattr(request, "param", ("postgresql", "late")))
    built.take_over()
    yield built
    built.forked = False
    for url in built.practice.urls:
        control(url, "DELETE", "faults")


@pytest.fixture(scope="module")
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

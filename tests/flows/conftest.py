"""A small world with a connected Magento store, in use by most tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import clock, embedded, queue
from hub.config import Config
from hub.models import sealed
from hub.stores import PLATFORMS
from jobs import entry
from tests.support.trade import Trade
from tests.support.world import World, few_products, small_world

STORES = tuple(PLATFORMS)
# For what is the hub's own work: a store with a module of ours, and one that is joined by its API alone.
TWO = (next(slug for slug, one in PLATFORMS.items() if one.plugin), next(slug for slug, one in PLATFORMS.items() if not one.plugin))
PLENTY = 5000


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test over any store runs over all that are registered, or over those that its file names in ``OVER``."""
    named = {mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")}
    for name in {"trade", "fresh", "either"} & set(metafunc.fixturenames) - named:
        metafunc.parametrize(name, getattr(metafunc.module, "OVER", STORES), indirect=True)


@pytest.fixture
def world(config: Config) -> Iterator[World]:
    """Magento practice store, connected to the US shop; nothing pulled yet."""
    with small_world(config, "magento", catalogue=few_products()) as built:
        yield built


@pytest.fixture
def listed(world: World) -> World:
    """The same with a few products live: two simple ones and one with variants."""
    world.pull()
    world.push()
    return world


@pytest.fixture(scope="module")
def _stores(tmp_path_factory: pytest.TempPathFactory, redis_server: embedded.Server, _sqlite_template: Path) -> Iterator[World]:
    """All stores with a few products live and plenty of each, for all tests of a file that leave them as they were."""
    folder = tmp_path_factory.mktemp("world")
    shutil.copy(_sqlite_template, folder / "hub.db")
    settings = {"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(folder / "data"), "DATABASE_URL": f"sqlite:///{folder / 'hub.db'}",
                "REDIS_URL": redis_server.url}
    with small_world(Config.from_env(settings), *STORES, catalogue=few_products()) as built:
        for platform in STORES:
            sell(built, platform)
        yield built


def sell(world: World, platform: str) -> None:
    """Pulls and pushes all products, of which there is plenty."""
    world.pull(platform)
    world.push(platform)
    for sku in world.skus(platform):
        world.store(platform, "PATCH", f"products/{sku.seller_sku}", {"quantity": PLENTY})
    world.settle()


@pytest.fixture
def trade(request: pytest.FixtureRequest, _stores: World) -> Trade:
    """Buying and selling with each store system in turn, in a world that the whole file shares."""
    sealed.use_keys(_stores.hub.config.key_ring())
    queue.use(_stores.hub.redis)
    entry.use(_stores.hub)
    clock.use_file(_stores.clock_file)
    return Trade(_stores, request.param)


@pytest.fixture
def fresh(request: pytest.FixtureRequest, config: Config) -> Iterator[Trade]:
    """The same in a world of this test's own: for what breaks things, or moves the clock."""
    with small_world(config, request.param, catalogue=few_products()) as built:
        sell(built, request.param)
        yield Trade(built, request.param)


@pytest.fixture
def either(request: pytest.FixtureRequest, config: Config) -> Iterator[tuple[World, str]]:
    """A world with one connected store, of each kind in turn, and its platform's name; nothing pulled yet."""
    few = few_products()
    with small_world(config, request.param, catalogue=few) as built:
        yield built, request.param


@pytest.fixture
def either_listed(either: tuple[World, str]) -> tuple[World, str]:
    """The same with its products live."""
    world, platform = either
    world.pull(platform)
    world.push(platform)
    return either

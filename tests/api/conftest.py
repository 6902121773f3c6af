"""One small world for each file of tests: both practice stores connected and pulled. What a test changes, it puts back or
makes its own. A file that says ``DATABASE = "postgresql"`` has its world there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
import redis
import requests

from hub import embedded, log, queue
from hub.config import Config
from hub.flows import connect
from hub.models import migrations, sealed
from jobs import entry
from tests.api.caller import PREFIX, Caller, Description
from tests.support.world import World, few_products, small_world


@pytest.fixture(scope="module")
def pulled_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, redis_server: embedded.Server) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("api")
    on_postgresql = getattr(request.module, "DATABASE", "sqlite") == "postgresql"
    url = request.getfixturevalue("postgresql").create() if on_postgresql else f"sqlite:///{folder / 'hub.db'}"
    config = Config.from_env({"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(folder), "DATABASE_URL": url, "REDIS_URL": redis_server.url})
    migrations.upgrade(config.database_url)
    with small_world(config, "magento", "prestashop", catalogue=few_products(6)) as world:
        world.pull("magento")
        world.pull("prestashop")
        yield world


@pytest.fixture
def world(pulled_world: World) -> World:
    """The shared world, with this process's keys and queue set to it again after the test before."""
    hub = pulled_world.hub
    log.configure(level="WARNING", as_json=False)
    sealed.use_keys(hub.config.key_ring())
    queue.use(hub.redis)
    entry.use(hub)
    if isinstance(hub.redis, redis.Redis):
        hub.redis.flushall()
    return pulled_world


@pytest.fixture
def description(world: World) -> Description:
    """The API's own description of itself."""
    return Description(requests.get(f"{world.web.url}{PREFIX}/openapi.json", timeout=30).json())


@pytest.fixture
def caller(world: World, description: Description) -> Callable[..., Caller]:
    """Makes a program with a fresh token of one connection."""

    def make(platform: str = "magento", abilities: Sequence[str] = connect.ABILITIES) -> Caller:
        return Caller(world, description, platform, abilities)

    return make

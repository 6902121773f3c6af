"""A small world with a connected Magento store, in use by most tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.config import Config
from tests.support.world import World, few_products, small_world


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

"""One web application per module, over a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub import embedded, queue
from hub.models import sealed
from tests.security.site import Site, open_site


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory, redis_server: embedded.Server) -> Iterator[Site]:
    made = open_site(tmp_path_factory.mktemp("site"), redis_server.url)
    if made.hub.redis is not None:
        made.hub.redis.flushall()
    yield made
    made.hub.close()


@pytest.fixture
def site(_site: Site) -> Site:
    """The module's application, with this process's keys set to it again after the test before."""
    sealed.use_keys(_site.hub.config.key_ring())
    queue.use(_site.hub.redis)
    return _site

"""One bench per module: products are live before the first fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import clock
from tests.faults.bench import Bench, running_bench
from tests.support.servers import PostgreSQL


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A hub of real processes over SQLite, then over PostgreSQL, connected to the practice Magento store."""
    folder: Path = tmp_path_factory.mktemp("bench")
    if request.param == "sqlite":
        from hub.models import migrations

        url = f"sqlite:///{folder / 'hub.db'}"
        migrations.upgrade(url)
        with running_bench(folder, url, "magento") as built:
            built.world.pull()
            built.world.push()
            yield built
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.create()
    from hub.models import migrations

    migrations.upgrade(url)
    with running_bench(folder, url, "magento") as built:
        built.world.pull()
        built.world.push()
        yield built
    server.drop(url)


@pytest.fixture(autouse=True)
def same_clock(request: pytest.FixtureRequest, clean_process: None) -> None:
    """Every test lets go of the clock file at its end; the bench's processes still follow theirs."""
    if "bench" in request.fixturenames:
        clock.use_file(request.getfixturevalue("bench").offset)

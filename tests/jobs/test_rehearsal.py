"""What a worker does once before it forks leaves nothing behind, and spares its children the work."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.engine.interfaces import CacheStats
from sqlalchemy.exc import OperationalError

from hub import crashpoints, queue
from hub.config import Config
from hub.domain.tasks import Kind, Outcome, TaskState
from hub.flows import rehearsal, tasks
from hub.flows.tasks import Result
from hub.models import Base
from hub.models.tasks import Task
from hub.wiring import Hub
from jobs import entry
from tests.support import both_databases
from tests.support.hubs import opened, run_waiting, task, use_flow

pytestmark = both_databases


@pytest.fixture
def hub(config: Config) -> Iterator[Hub]:
    with opened(config) as one:
        yield one
    gc.unfreeze()
    crashpoints.arm("")


def counts(hub: Hub) -> dict[str, int]:
    with hub.db.read() as session:
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in Base.metadata.sorted_tables}


def test_nothing_of_a_rehearsal_stays_and_nobody_is_woken_or_killed_by_it(hub: Hub) -> None:
    before = counts(hub)
    for point in ("task.claimed", "item.settled", "task.after_settle"):
        crashpoints.arm(point)
        rehearsal.rehearse(hub.db)
    assert counts(hub) == before
    assert hub.redis is not None and set(queue.lengths(hub.redis).values()) == {0}


def test_after_a_rehearsal_a_chunk_works_out_no_statement_anew(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub.db.write() as session:
        parent = tasks.fan_out(session, Kind.PUSH_LISTINGS, range(1, 31), lane_of=lambda one: f"listing:{one}").id
    hub.db.engine.clear_compiled_cache()
    rehearsal.rehearse(hub.db)
    anew: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        if context.cache_hit is CacheStats.CACHE_MISS:
            anew.append(statement)

    use_flow(monkeypatch, Kind.PUSH_LISTINGS, lambda hub, listing, view: Result(Outcome.NO_CHANGE), of_items=True)
    with hub.db.read() as session:
        chunk = session.scalars(select(Task.id).where(Task.parent_id == parent)).one()
    event.listen(hub.db.engine, "before_cursor_execute", note)
    assert entry.run(hub, chunk)
    event.remove(hub.db.engine, "before_cursor_execute", note)
    assert anew == []
    assert task(hub, parent).state is TaskState.DONE


def test_a_worker_starts_although_the_database_is_away(hub: Hub) -> None:
    def away(_connection: Any) -> None:
        raise OperationalError("BEGIN", {}, Exception("server closed the connection"))

    event.listen(hub.db.engine, "begin", away, insert=True)
    rehearsal.rehearse(hub.db)
    event.remove(hub.db.engine, "begin", away)
    assert run_waiting(hub) == 0

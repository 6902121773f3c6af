"""G9: many items in few jobs: what the queue costs an item, with forking workers.

Without a queue the same chunks are run by the same code, one after the other in one process: claimed, their items settled,
ended. With it they go through Redis, RQ and a forked process each.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hub import queue
from hub.config import Config
from hub.domain.tasks import Kind, Queue, TaskState
from hub.flows import tasks
from hub.models.tasks import Task
from hub.wiring import Hub
from jobs import entry
from tests.benchmarks import worker
from tests.benchmarks.report import ROUNDS, Report, median
from tests.benchmarks.worker import spin
from tests.support.hubs import add_connection, opened, use_flow
from tests.support.processes import process, until

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]
ITEMS_A_JOB = 100
JOBS = 10


def loops_of_a_millisecond() -> int:
    loops, spent = 1_000, 0.0
    while spent < 0.02:
        loops *= 2
        started = time.process_time()
        spin(loops)
        spent = time.process_time() - started
    return round(loops * 0.001 / spent)


def by_themselves(loops: int, count: int) -> float:
    """The bare computing, for comparison."""
    started = time.perf_counter()
    for _ in range(count):
        spin(loops)
    return count / (time.perf_counter() - started)


def submit(hub: Hub, connection_id: int) -> int:
    with hub.db.write() as session:
        return tasks.fan_out(
            session, Kind.PUSH_LISTINGS, range(1, JOBS * ITEMS_A_JOB + 1), connection_id=connection_id, chunk=ITEMS_A_JOB
        ).id


def without_a_queue(hub: Hub, connection_id: int) -> float:
    """Items per second of the same chunks, run here."""
    queue.use(None)
    parent_id = submit(hub, connection_id)
    queue.use(hub.redis)
    with hub.db.read() as session:
        chunks = session.scalars(select(Task.id).where(Task.parent_id == parent_id).order_by(Task.id)).all()
    for chunk in chunks:
        assert entry.run(hub, chunk)
    return rate_of(hub, parent_id)


def through_the_queue(hub: Hub, connection_id: int) -> float:
    """Items per second with a worker that takes the chunks."""
    parent_id = submit(hub, connection_id)

    def is_done() -> bool:
        with hub.db.read() as session:
            return session.scalar(select(Task.state).where(Task.id == parent_id)) is TaskState.DONE

    until(is_done, 120, "the end of all items")
    return rate_of(hub, parent_id)


def rate_of(hub: Hub, parent_id: int) -> float:
    """Items per second from the first claim to the last end."""
    with hub.db.read() as session:
        counts = tasks.progress(session, parent_id)
        first, last = session.execute(
            select(func.min(Task.started_at), func.max(Task.finished_at)).where(Task.parent_id == parent_id)
        ).one()
    assert counts.ok == JOBS * ITEMS_A_JOB
    return JOBS * ITEMS_A_JOB / (last - first).total_seconds()


def test_a_job_of_a_hundred_items_costs_an_item_little(
    store_name: str, fresh_database: Callable[[], str], redis_url: str, tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config.from_env(
        {"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": fresh_database(), "REDIS_URL": redis_url}
    )
    loops = loops_of_a_millisecond()
    monkeypatch.setattr(worker, "LOOPS", loops)
    use_flow(monkeypatch, Kind.PUSH_LISTINGS, worker.one_item, of_items=True)
    bare, alone, queued = [], [], []
    with opened(config) as hub:
        with hub.db.write() as session:
            connection_id = add_connection(session).id
        without_a_queue(hub, connection_id)
        with process(config, "tests.benchmarks.worker", str(Queue.BULK), BENCH_LOOPS=str(loops)):
            through_the_queue(hub, connection_id)  # the worker has started and forked once
            for _ in range(2 * ROUNDS - 1):
                bare.append(by_themselves(loops, 1_000))
                alone.append(without_a_queue(hub, connection_id))
                queued.append(through_the_queue(hub, connection_id))
    share = median([one / bound for one, bound in zip(queued, alone, strict=True)])
    # A busy minute stretches everything: the millisecond is the one that an item's computing takes in the same round.
    cost_ms = median([unit / one - unit / bound for one, bound, unit in zip(queued, alone, bare, strict=True)])
    own_ms = median([unit / one - 1 for one, unit in zip(alone, bare, strict=True)])
    report.note(
        "G9",
        f"{JOBS} jobs of {ITEMS_A_JOB} items of 1 ms of computing, {store_name}",
        "≥ 0.80 of the rate without a queue, ≤ 0.2 ms an item, by the millisecond of the same round",
        f"{share:.2f}, {cost_ms:.2f} ms an item",
        share >= 0.80 and cost_ms <= 0.2,
        f"{median(queued):,.0f} of {median(alone):,.0f} items/s, one forking worker; claim and settlement take {own_ms:.2f} ms an item more "
        f"than its bare computing ({median(bare):,.0f}/s)",
    )
    assert share >= 0.80
    assert cost_ms <= 0.2

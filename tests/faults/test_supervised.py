"""The whole hub as its processes, under a keeper: the guides' retries, a Redis that forgets, a worker that is killed (R-13, R-20, R-21)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub import clock
from hub.domain.tasks import Kind, TaskState
from hub.models.orders import LinkState, OrderLink
from hub.models.tasks import Task
from tests.faults.bench import Bench, place, wait_quiet
from tests.faults.checker import broken
from tests.faults.fault_world import is_full
from tests.support.processes import until
from tests.support.trade import notices

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
CREATE = "POST shopbridge/orders"
# Once on SQLite too, where Redis forgets all.
POSTGRESQL, BOTH = (["postgresql", "sqlite"] if is_full() else ["postgresql"]), ["postgresql", "sqlite"]


@pytest.fixture(autouse=True)
def no_faults_left(bench: Bench) -> Iterator[None]:
    """The store is well again after each test."""
    yield
    bench.world.store("magento", "DELETE", "faults")


def tries(bench: Bench, order_id: str) -> list[float]:
    """When the store was asked to create this order, in seconds since 1970 by the hub's clock."""
    return [entry.at for entry in bench.world.practice.store("magento").sim.journal.entries(CREATE) if order_id in entry.body]


def is_asked_for(bench: Bench, order_id: str) -> bool:
    """Whether the hub has said that it creates this order now."""
    with bench.hub.db.read() as session:
        return bool(session.scalar(select(OrderLink.intent_at).where(OrderLink.tiktok_order_id == order_id)))


def relay(bench: Bench, order_id: str) -> Task:
    """The order's last task."""
    with bench.hub.db.read() as session:
        found = [task for task in session.scalars(select(Task).where(Task.kind == Kind.RELAY_ORDER).order_by(Task.id))
                 if task.args["tiktok_order_id"] == order_id]
    return found[-1]


@pytest.mark.feature("OST-07")
@pytest.mark.parametrize("bench", POSTGRESQL, indirect=True, scope="module")
def test_a_failing_order_is_tried_at_ten_twenty_and_thirty_minutes_over_restarts_then_told_once(bench: Bench) -> None:
    """R-13: ± 30 seconds of the clock that worker, scheduler and store share."""
    bench.world.store("magento", "POST", "faults", {"match": {"operation": CREATE}, "do": {"status": 503, "json": {}}, "times": -1})
    order_id = place(bench)
    bench.world.deliver()
    until(lambda: bool(tries(bench, order_id)), 60, "the first try")
    first = tries(bench, order_id)[0]
    pass_quick_tries(bench, order_id, 1)
    for attempts, minutes in enumerate((10, 20, 30), start=2):
        before = len(tries(bench, order_id))
        bench.processes.kill("scheduler")       # whoever remembers a time dies between the tries
        bench.processes.kill("worker-1")
        go_to(bench, first + 60 * minutes - 25)
        wait_quiet(bench.world)
        assert len(tries(bench, order_id)) == before, f"tried before {minutes} minutes were over"
        go_to(bench, first + 60 * minutes + 1)
        until(lambda before=before: len(tries(bench, order_id)) > before, 60, f"the try at +{minutes} minutes")  # type: ignore[misc]
        assert abs(tries(bench, order_id)[before] - first - 60 * minutes) <= 30
        pass_quick_tries(bench, order_id, attempts)
    link = bench.world.link(order_id)
    last = relay(bench, order_id)
    assert link.state is LinkState.NEEDS_ATTENTION and [one["code"] for one in link.problems] == ["order.retries_over"], \
        f"{last.state}, {last.attempts} attempts, {last.tries} tries, {last.crashes} crashes, due {last.run_at}: {last.says}"
    assert len(notices(bench.world, f"order:{link.id}:failed")) == 1

    before = len(tries(bench, order_id))
    bench.later(hours=2)
    wait_quiet(bench.world)
    assert len(tries(bench, order_id)) == before, "tried once more after it was given up"
    assert broken(bench.world) == []


def go_to(bench: Bench, moment: float) -> None:
    """The clock goes on to this moment."""
    ahead = moment - clock.timestamp()
    if ahead > 0:
        bench.later(seconds=ahead)


def pass_quick_tries(bench: Bench, order_id: str, attempts: int) -> None:
    """The quick tries within an attempt, 10 and 60 seconds apart, until this many attempts are over.

    A message that arrives while a try runs leaves a newer task, which takes over where the older one ended: each look
    is at whatever stands there now, and nothing is counted across two looks.
    """
    def is_over() -> bool:
        with bench.hub.db.read() as session:
            waiting = [task for task in session.scalars(
                           select(Task).where(Task.kind == Kind.RELAY_ORDER, Task.state.in_([TaskState.QUEUED, TaskState.RUNNING])))
                       if task.args["tiktok_order_id"] == order_id]
        if any(task.state is TaskState.RUNNING for task in waiting):
            return False
        if all(task.tries == 0 and task.attempts >= attempts for task in waiting):
            return True
        go_to(bench, min(task.run_at for task in waiting).timestamp() + 0.5)
        return False

    until(is_over, 120, "the end of the attempt")


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize("bench", BOTH, indirect=True, scope="module")
def test_a_redis_that_forgets_all_and_dies_costs_less_than_a_minute_and_no_order(bench: Bench) -> None:
    """R-20: emptied while work waits, then killed; the queue is made anew from the database."""
    bench.world.store("magento", "POST", "faults", {"match": {"operation": CREATE}, "do": {"delay_s": 0.4}, "times": -1})
    placed = [place(bench, 1, number) for number in range(6)]
    bench.world.deliver()
    bench.empty_redis()
    bench.restart_redis()
    placed += [place(bench, 1, number) for number in range(2)]
    bench.world.deliver()

    def keys() -> list[str]:
        return [one["key"] for one in bench.world.store_orders()]

    until(lambda: set(placed) <= set(keys()), 60, "the queue's return")
    bench.world.store("magento", "DELETE", "faults")
    bench.recover()
    assert [(order, keys().count(order)) for order in placed if keys().count(order) != 1] == []
    assert broken(bench.world) == []


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize("bench", POSTGRESQL, indirect=True, scope="module")
def test_the_work_of_a_killed_worker_is_taken_up_within_a_minute(bench: Bench) -> None:
    """R-21: worker and work-horse are killed in the middle of a call to the store; no clock is moved."""
    bench.world.store("magento", "POST", "faults", {"match": {"operation": CREATE}, "do": {"delay_s": 8, "drop": "after"}, "times": 1})
    order_id = place(bench)
    bench.world.deliver()
    until(lambda: is_asked_for(bench, order_id), 60, "the call to the store")
    dead = relay(bench, order_id)
    assert dead.state is TaskState.RUNNING
    for name in ("worker-1", "worker-2"):
        bench.processes.kill(name)
    killed_at = clock.now()
    until(lambda: relay(bench, order_id).crashes == 1, 75, "the sweep")
    until(lambda: (relay(bench, order_id).started_at or killed_at) > killed_at, 30, "the pick-up")
    picked_up = relay(bench, order_id).started_at or killed_at
    assert timedelta(0) < picked_up - killed_at <= timedelta(seconds=60)
    bench.recover()
    assert [one["key"] for one in bench.world.store_orders()].count(order_id) == 1
    assert broken(bench.world) == []

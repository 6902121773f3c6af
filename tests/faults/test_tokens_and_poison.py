"""A token that dies under eight workers, a sign-in that is refused, and a task that kills whoever takes it (R-18, R-22)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub import practice
from hub.domain.tasks import Kind, TaskState
from hub.flows import inbox, missed, tasks
from hub.models.connections import ConnectionState
from hub.models.orders import OrderLink
from hub.models.products import StoreProduct
from hub.models.tasks import Task
from hub.stores import PLATFORMS
from tests.faults.checker import broken
from tests.faults.fault_world import FaultWorld, is_full, thirds
from tests.faults.forks import Running
from tests.faults.hub_cases import sign_in
from tests.support.processes import until
from tests.support.trade import Trade, notices, owners

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800 if is_full() else 240)]
WORKERS = 8
# The store system with a sign-in of its own, whose tokens end.
SIGNS_IN = next(slug for slug, platform in PLATFORMS.items() if platform.install is not None)
CALLS = 1000 if is_full() else 160
# How long a crowd of workers may take for its calls, on a machine that does other things too.
CROWD_S = 900 if is_full() else 120


def looks(world: FaultWorld, platform: str, count: int) -> list[int]:
    """So many tasks that each ask TikTok Shop for one product."""
    listing = next(one for one in world.listings(platform) if one.tiktok_product_id)
    with world.hub.db.write() as session:
        made = [tasks.submit(session, Kind.CHECK_LISTING, connection_id=world.connections[platform], shop_id=listing.shop_id,
                             lane=f"look:{number}", args={"listing_id": listing.id}) for number in range(count)]
        session.flush()
        return [task.id for task in made]


def crowd(world: FaultWorld, task_ids: Sequence[int], workers: int = WORKERS, threads: int = 1) -> list[Running]:
    """The tasks shared out among so many worker processes, all at once."""
    assert world.forks is not None
    return [world.forks.start(world.env, [("tasks", list(task_ids[number::workers]), threads)]) for number in range(workers)]


def refreshes(world: FaultWorld) -> int:
    """How often TikTok Shop was asked for new tokens."""
    return sum("refresh" in entry.path for entry in world.practice.tiktok.sim.journal.entries())


def states(world: FaultWorld, task_ids: Sequence[int]) -> dict[TaskState, int]:
    """How many of these tasks are in which state."""
    with world.hub.db.read() as session:
        found = session.scalars(select(Task.state).where(Task.id.in_(task_ids))).all()
    return {state: found.count(state) for state in set(found)}


@pytest.mark.feature("TTS-06")
@pytest.mark.parametrize("world", thirds([()], first=24), indirect=True)
def test_a_token_that_dies_under_eight_workers_is_renewed_once_and_nothing_fails(world: FaultWorld) -> None:
    journal = world.practice.tiktok.sim.journal
    numbers, before, calls = looks(world, "magento", CALLS), refreshes(world), len(journal.entries())
    running = crowd(world, numbers)
    until(lambda: len(journal.entries()) > calls + CALLS // 4, CROWD_S, "the first quarter of the calls")
    world.tiktok("POST", "tokens/expire", {"kind": "access"})
    assert all(one.wait(CROWD_S).is_well for one in running)
    assert states(world, numbers) == {TaskState.DONE: CALLS}
    assert refreshes(world) - before == 1
    assert broken(world) == []


@pytest.mark.feature("TTS-06")
@pytest.mark.parametrize("world", thirds([()], first=25), indirect=True)
def test_a_refused_refresh_pauses_the_work_is_told_once_and_all_goes_on_after_the_consent(world: FaultWorld) -> None:
    owners(world)
    numbers = looks(world, "magento", CALLS // 4)
    world.tiktok("POST", "tokens/expire", {"kind": "access"})
    world.tiktok("POST", "tokens/expire", {"kind": "refresh"})
    assert all(one.wait(CROWD_S).is_well for one in crowd(world, numbers))
    assert world.connection().state is ConnectionState.PAUSED
    assert states(world, numbers) == {TaskState.HELD: len(numbers)}
    connection_id = world.connections["magento"]
    assert len(notices(world, f"login:{connection_id}")) == 1

    for platform in world.connections:      # both shops' consents were taken away
        practice.consent(world.hub, world.connections[platform], world.app_id, world.practice.tiktok_url)
    world.forked = True
    world.settle()
    world.forked = False
    assert world.connection().state is ConnectionState.CONNECTED
    assert states(world, numbers) == {TaskState.DONE: len(numbers)}
    assert broken(world) == []


def store_looks(world: FaultWorld, platform: str, count: int) -> list[int]:
    """So many tasks that each ask the store for one product."""
    with world.hub.db.write() as session:
        product_id = session.scalars(select(StoreProduct.external_id).where(
            StoreProduct.connection_id == world.connections[platform]).order_by(StoreProduct.id)).first()
        made = [tasks.submit(session, Kind.REFRESH_PRODUCT, connection_id=world.connections[platform], lane=f"look:{platform}:{number}",
                             args={"external_id": product_id}) for number in range(count)]
        session.flush()
        return [task.id for task in made]


@pytest.fixture
def rich(world: FaultWorld) -> Iterator[FaultWorld]:
    """Shopify has points enough for a crowd, and its token is one that ends."""
    before = world.store(SIGNS_IN, "GET", "settings")
    world.store(SIGNS_IN, "POST", "settings", {"bucket": 1_000_000, "restore_rate": 100_000})
    sign_in(world, SIGNS_IN)
    yield world
    world.store(SIGNS_IN, "POST", "settings", {name: before[name] for name in ("bucket", "restore_rate")})


@pytest.mark.parametrize("world", thirds([()], first=26), indirect=True)
def test_a_stores_token_that_dies_under_eight_workers_is_renewed_once_and_nothing_fails(rich: FaultWorld) -> None:
    """R-18 for a store: the pair that Shopify gives is good for an hour, and all workers share it."""
    journal = rich.practice.store(SIGNS_IN).sim.journal
    numbers, renewed, calls = store_looks(rich, SIGNS_IN, CALLS // 2), len(journal.entries("oauth.token")), len(journal.entries())
    running = crowd(rich, numbers)
    until(lambda: len(journal.entries()) > calls + CALLS // 4, CROWD_S, "the first quarter of the calls")
    rich.store(SIGNS_IN, "POST", "login", {"expire": True})
    assert all(one.wait(CROWD_S).is_well for one in running)
    assert states(rich, numbers) == {TaskState.DONE: len(numbers)}
    assert len(journal.entries("oauth.token")) - renewed == 1
    assert broken(rich) == []


@pytest.mark.parametrize("world", thirds([()], first=27), indirect=True)
def test_a_stores_refused_refresh_pauses_the_work_is_told_once_and_all_goes_on_after_a_new_sign_in(rich: FaultWorld) -> None:
    owners(rich)
    connection_id, told = rich.connections[SIGNS_IN], len(notices(rich, f"login:{rich.connections[SIGNS_IN]}"))
    numbers = store_looks(rich, SIGNS_IN, CALLS // 4)
    rich.store(SIGNS_IN, "POST", "login", {"revoke": True})
    assert all(one.wait(CROWD_S).is_well for one in crowd(rich, numbers))
    assert rich.connection(SIGNS_IN).state is ConnectionState.PAUSED
    assert states(rich, numbers) == {TaskState.HELD: len(numbers)}
    assert len(notices(rich, f"login:{connection_id}")) == told + 1
    trade = Trade(rich, SIGNS_IN)
    order_id = trade.place()
    rich.deliver()

    sign_in(rich, SIGNS_IN)
    rich.recover()
    assert rich.connection(SIGNS_IN).state is ConnectionState.CONNECTED
    assert states(rich, numbers) == {TaskState.DONE: len(numbers)}
    assert len(trade.copies(order_id)) == 1, "what was paid meanwhile comes, too"
    assert broken(rich) == []


@pytest.mark.feature("TSK-04")
@pytest.mark.parametrize("world", thirds([()], first=28), indirect=True)
def test_a_task_that_kills_its_worker_is_set_aside_at_the_third_time_and_others_go_on(world: FaultWorld) -> None:
    poison, healthy = Trade(world, "magento"), Trade(world, "prestashop")
    order_id = poison.place()
    world.deliver()
    for time in range(1, 4):
        ended = world.work_until_killed("magento.orders.create.before")
        assert ended is not None and ended.was_killed, (time, ended, world.last_tasks(30))
        assert world.outlive_leases() == 1
        other = healthy.place()
        world.forked = True
        world.deliver()
        inbox.sweep(world.hub.db)      # as the scheduler does: a drain is asked for once a second at most
        with world.hub.db.read() as session:
            bad = session.scalars(select(Task.id).where(Task.kind == Kind.RELAY_ORDER, Task.lane.endswith(f":{poison.link(order_id).id}"),
                                                        Task.state == TaskState.QUEUED)).all()
        world.pass_time(timedelta(seconds=6))
        for _ in range(4):
            world.run_tasks([one for one in world.due() if one not in bad])
        world.forked = False
        assert len(healthy.copies(other)) == 1
    with world.hub.db.read() as session:
        [parked] = session.scalars(select(Task).where(Task.state == TaskState.PARKED)).all()
    assert json.loads(json.dumps(parked.args))["tiktok_order_id"] == order_id and "three times" in parked.says
    assert world.due() == [] or parked.id not in world.due()
    assert poison.copies(order_id) == []

    with world.hub.db.write() as session:      # a person asks for it again, with the bug mended
        missed.retry(session, session.get_one(OrderLink, poison.link(order_id).id), "tester")
    world.recover()
    assert len(poison.copies(order_id)) == 1
    assert [line for line in broken(world) if f"task {parked.id} " not in line] == []
    with world.hub.db.write() as session:      # the next test shares this world
        session.delete(session.get_one(Task, parked.id))


@pytest.mark.parametrize(("world", "rate"), thirds([(20,)], first=29), indirect=["world"])
def test_two_workers_together_keep_to_the_rate_of_the_platform(world: FaultWorld, rate: int) -> None:
    """Issue 2, 6.3: whoever asks, the busiest second of the platform's journal stays within rate and burst."""
    journal = world.practice.tiktok.sim.journal
    numbers = looks(world, "prestashop", 4 * rate)
    journal.clear()
    assert world.forks is not None
    env = {**world.env, "TIKTOK_CALLS_PER_S": str(rate)}
    running = [world.forks.start(env, [("tasks", numbers[half::2], 6)]) for half in range(2)]
    assert all(one.wait(60).is_well for one in running)
    assert states(world, numbers) == {TaskState.DONE: len(numbers)}
    assert journal.busiest_second() <= rate + rate // 2, journal.busiest_second()

"""Each end of a task, and who goes on after it (``architecture.md`` 6 and 7)."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError

from hub import clock, http, limits
from hub.config import Config
from hub.domain.problems import problem
from hub.domain.tasks import ItemState, Kind, Outcome, Queue, TaskState
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.flows import running, tasks
from hub.flows.leases import LeaseLost
from hub.flows.tasks import Again, Result, TaskView, about_to_write
from hub.models.connections import Connection, ConnectionState
from hub.models.tasks import Item, Lane, Notice, Task
from hub.queue import SERIALIZER, queue_named
from hub.wiring import Hub
from jobs import entry
from jobs.worker import HubWorker
from tests.support import both_databases
from tests.support.hubs import add_connection, items, opened, run_waiting, task, use_flow

pytestmark = both_databases
NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


@pytest.fixture
def hub(config: Config) -> Iterator[Hub]:
    with opened(config) as one:
        yield one


def submit(hub: Hub, kind: Kind = Kind.TIDY, **options: Any) -> int:
    with hub.db.write() as session:
        return tasks.submit(session, kind, **options).id


def connection(hub: Hub) -> int:
    with hub.db.write() as session:
        return add_connection(session).id


def raising(error: Exception) -> Any:
    def flow(_hub: Hub, _task: Any) -> Result:
        raise error

    return flow


def test_a_value_ends_the_task_with_its_outcome(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.TIDY, lambda hub, view: Result(Outcome.PARTLY, "2 of 3", (problem("product.inactive"),),
                                                              {"seen": 3}))
    number = submit(hub)
    assert entry.run(hub, number)
    row = task(hub, number)
    assert (row.state, row.outcome, row.says, row.result) == (TaskState.DONE, Outcome.PARTLY, "2 of 3", {"seen": 3})
    assert row.problems[0]["code"] == "product.inactive"
    assert (row.holder, row.lease_until, row.attempts) == (None, None, 1)


def test_a_task_is_claimed_by_one_of_many(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Barrier(8)
    runs: list[int] = []
    use_flow(monkeypatch, Kind.TIDY, lambda hub, view: runs.append(view.id) or Result())
    number = submit(hub)

    def one() -> None:
        begun.wait()
        entry.run(hub, number)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert runs == [number]


def test_a_refusal_needs_attention_and_is_not_tried_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.TIDY, raising(Refused("No such SKU", problems=[problem("sku.missing", name="S")])))
    number = submit(hub)
    assert run_waiting(hub) == 1
    row = task(hub, number)
    assert (row.state, row.outcome, row.says) == (TaskState.DONE, Outcome.NEEDS_ATTENTION, "No such SKU")
    assert [one["code"] for one in row.problems] == ["sku.missing"]


def test_an_attempt_is_three_tries_and_then_the_waits_grow(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.TIDY, raising(Temporary("busy")))
    waits = []
    now = NOON
    with clock.hold(now):
        number = submit(hub)
    while True:
        with clock.hold(now):
            assert entry.run(hub, number)
        row = task(hub, number)
        if row.state is not TaskState.QUEUED:
            break
        waits.append((row.run_at - now).total_seconds())
        now = row.run_at
    attempt = [10, 60]
    assert waits == [*attempt, 60, *attempt, 600, *attempt, 3600, *attempt, 21600, *attempt]
    assert (row.state, row.outcome, row.says) == (TaskState.FAILED, Outcome.FAILED, "busy")


def test_nothing_is_tried_earlier_than_the_remote_asked_for(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.TIDY, raising(Temporary("busy", retry_after=300)))
    with clock.hold(NOON):
        number = submit(hub)
        entry.run(hub, number)
    assert task(hub, number).run_at == NOON + timedelta(seconds=300)


def test_a_flow_may_plan_its_own_next_time(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    later = NOON + timedelta(minutes=20)
    use_flow(monkeypatch, Kind.TIDY, lambda hub, view: Again(later, "Next try 12:20", counts=True))
    with clock.hold(NOON):
        number = submit(hub, lane="order:1")
        entry.run(hub, number)
        row = task(hub, number)
        assert (row.state, row.run_at, row.says, row.attempts) == (TaskState.QUEUED, later, "Next try 12:20", 1)
        assert submit(hub, lane="order:1") == number
        assert task(hub, number).run_at == later, "an event does not hurry a planned retry"
        submit(hub, lane="order:1", by="ana@example.test")
        assert task(hub, number).run_at == NOON, "a person does"


def test_a_lost_login_holds_the_work_pauses_the_connection_and_is_told_once(
        hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.REFRESH_PRODUCT, raising(NeedsReconnect("The store no longer accepts our sign-in.")))
    shop = connection(hub)
    first, second = (submit(hub, Kind.REFRESH_PRODUCT, connection_id=shop, lane=f"p:{n}") for n in (1, 2))
    run_waiting(hub)
    with hub.db.read() as session:
        row = session.get_one(Connection, shop)
        assert (row.state, row.paused_because) == (ConnectionState.PAUSED, "The store no longer accepts our sign-in.")
        assert session.scalar(select(func.count()).select_from(Notice)) == 1
    assert {task(hub, first).state, task(hub, second).state} == {TaskState.HELD}

    use_flow(monkeypatch, Kind.REFRESH_PRODUCT, lambda hub, view: Result())
    with hub.db.write() as session:
        session.execute(update(Connection).values(state=ConnectionState.CONNECTED))
        assert tasks.release_held(session, shop) == 2
    assert run_waiting(hub) == 2
    assert {task(hub, first).state, task(hub, second).state} == {TaskState.DONE}


def test_a_mistake_of_ours_fails_with_a_reference(
        hub: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    use_flow(monkeypatch, Kind.TIDY, raising(ZeroDivisionError("division by zero")))
    number = submit(hub)
    assert run_waiting(hub) == 1
    row = task(hub, number)
    assert (row.state, row.outcome) == (TaskState.FAILED, Outcome.BUG)
    assert row.reference and row.says == f"Our mistake. Reference {row.reference}."
    assert "ZeroDivisionError" not in row.says


def test_one_waits_per_kind_and_lane_and_arguments_are_united(hub: Hub) -> None:
    first = submit(hub, Kind.REFRESH_OFFERS, lane="offers", args={"external_ids": ["1"]}, run_at=NOON)
    second = submit(hub, Kind.REFRESH_OFFERS, lane="offers", args={"external_ids": ["2", "1"]})
    other = submit(hub, Kind.REFRESH_PRODUCT, lane="offers")
    assert first == second != other
    row = task(hub, first)
    assert row.args == {"external_ids": ["1", "2"]}
    assert row.run_at == NOON


def test_many_at_once_make_one_waiting_task(hub: Hub) -> None:
    begun = threading.Barrier(6)
    made: list[int] = []

    def one() -> None:
        begun.wait()
        made.append(submit(hub, Kind.REFRESH_PRODUCT, lane="p:1"))

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == 1


def test_a_lane_has_one_runner_and_the_next_is_woken_by_its_end(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[TaskState] = []

    def flow(_hub: Hub, view: Any) -> Result:
        if not seen:
            second = submit(hub, Kind.REFRESH_PRODUCT, lane="p:1")
            assert second != view.id
            assert not entry.run(hub, second)
            seen.append(task(hub, second).state)
        return Result()

    use_flow(monkeypatch, Kind.REFRESH_PRODUCT, flow)
    first = submit(hub, Kind.REFRESH_PRODUCT, lane="p:1")
    entry.run(hub, first)
    assert seen == [TaskState.QUEUED]
    with hub.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Lane)) == 0
    assert run_waiting(hub) == 1


def test_a_failed_task_that_a_newer_one_replaces_hands_its_back_off_on(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    newer: list[int] = []

    def flow(_hub: Hub, _view: Any) -> Result:
        newer.append(submit(hub, Kind.REFRESH_PRODUCT, lane="p:1", args={"x": 1}))
        raise Temporary("busy")

    use_flow(monkeypatch, Kind.REFRESH_PRODUCT, flow)
    with clock.hold(NOON):
        first = submit(hub, Kind.REFRESH_PRODUCT, lane="p:1")
        entry.run(hub, first)
    row = task(hub, newer[0])
    assert task(hub, first).state is TaskState.SUPERSEDED
    assert (row.state, row.tries, row.run_at) == (TaskState.QUEUED, 1, NOON + timedelta(seconds=10))


def test_what_is_unfinished_does_not_wait_for_a_later_date_of_its_lane(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order's status was on its way when the worker died, and the buyer's free hour ends later: the status is not an hour late."""
    def plan_later() -> int:
        return submit(hub, Kind.REFRESH_PRODUCT, lane="p:1", run_at=NOON + timedelta(hours=1))

    def busy(_hub: Hub, _view: Any) -> Result:
        plan_later()
        raise Temporary("busy")

    with clock.hold(NOON):
        killed = submit(hub, Kind.REFRESH_PRODUCT, lane="p:1")
        assert running.claim(hub.db, killed)
        later = plan_later()
    with clock.hold(NOON + timedelta(minutes=5)):
        assert running.Sweep(hub.db).free_dead() == 1
        assert (task(hub, killed).state, task(hub, later).run_at) == (TaskState.SUPERSEDED, NOON + timedelta(minutes=5))
        use_flow(monkeypatch, Kind.REFRESH_PRODUCT, busy)
        assert entry.run(hub, later)
        with hub.db.read() as session:
            last = session.scalars(select(Task).order_by(Task.id.desc())).first()
        assert last is not None and last.id != later and last.run_at == NOON + timedelta(minutes=5, seconds=10)


def test_stock_of_one_listing_starts_at_most_once_a_second(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.UPDATE_STOCK, lambda hub, listing, view: Result(), of_items=True)

    def next_one() -> int:
        return submit(hub, Kind.UPDATE_STOCK, lane="listing:7", args={"listing_id": 7})

    with clock.hold(NOON):
        assert entry.run(hub, next_one())
        second = next_one()
        assert not entry.run(hub, second)
        assert task(hub, second).run_at == NOON + timedelta(seconds=1)
    with clock.hold(NOON + timedelta(seconds=1)):
        assert entry.run(hub, second)


def test_no_write_is_made_after_the_lease_is_gone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome: list[str] = []

    def flow(_hub: Hub, view: Any) -> Result:
        about_to_write()
        with hub.db.write() as session:
            session.execute(update(Task).where(Task.id == view.id).values(holder="another"))
        with pytest.raises(LeaseLost):
            about_to_write()
        outcome.append("refused")
        about_to_write()
        return Result(says="written")

    use_flow(monkeypatch, Kind.TIDY, flow)
    number = submit(hub)
    entry.run(hub, number)
    assert outcome == ["refused"]
    row = task(hub, number)
    assert (row.state, row.holder, row.says) == (TaskState.RUNNING, "another", "")


def test_the_work_of_a_dead_worker_goes_on_and_is_parked_at_the_third_time(hub: Hub) -> None:
    now = NOON
    with clock.hold(now):
        number = submit(hub, lane="hub:tidy")
    sweep = running.Sweep(hub.db)
    for crash in (1, 2, 3):
        with clock.hold(now):
            assert running.claim(hub.db, number) is not None
            assert sweep.free_dead() == 0
        now += timedelta(seconds=46)
        with clock.hold(now):
            assert running.Sweep(hub.db).free_dead() == 1
        row = task(hub, number)
        assert row.crashes == crash
        assert row.state is (TaskState.PARKED if crash == 3 else TaskState.QUEUED)
    assert row.says == "It stopped its worker three times and was set aside."


def test_a_jump_of_the_clock_takes_no_lease_from_a_living_worker(hub: Hub) -> None:
    with clock.hold(NOON):
        number = submit(hub)
        assert running.claim(hub.db, number) is not None
        sweep = running.Sweep(hub.db)
        sweep.free_dead()
    with clock.hold(NOON + timedelta(hours=1)):
        assert sweep.free_dead() == 0
    assert task(hub, number).state is TaskState.RUNNING


def test_a_paused_connection_is_left_alone_in_the_middle_of_a_task(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    def flow(_hub: Hub, view: Any) -> Result:
        with hub.db.write() as session:
            session.execute(update(Connection).values(state=ConnectionState.PAUSED))
        about_to_write()
        written.append(1)
        return Result()

    use_flow(monkeypatch, Kind.REFRESH_PRODUCT, flow)
    number = submit(hub, Kind.REFRESH_PRODUCT, connection_id=connection(hub))
    entry.run(hub, number)
    assert not written
    assert task(hub, number).state is TaskState.HELD


def test_the_end_is_written_down_after_a_short_absence_of_the_database(
        hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[int] = []

    def away(_connection: Any) -> None:
        if len(failures) < 2:
            failures.append(1)
            raise OperationalError("BEGIN", {}, Exception("server closed the connection"))

    def flow(_hub: Hub, _view: Any) -> Result:
        event.listen(hub.db.engine, "begin", away, insert=True)
        return Result(says="done")

    monkeypatch.setattr(entry, "SETTLE_WAITS_S", (0.01, 0.01, 0.01))
    use_flow(monkeypatch, Kind.TIDY, flow)
    number = submit(hub)
    entry.run(hub, number)
    event.remove(hub.db.engine, "begin", away)
    row = task(hub, number)
    assert (len(failures), row.state, row.says) == (2, TaskState.DONE, "done")


# -- fan-outs -----------------------------------------------------------------------------------------------------

def push(hub: Hub, subjects: list[int], **options: Any) -> int:
    with hub.db.write() as session:
        return tasks.fan_out(session, Kind.PUSH_LISTINGS, subjects, lane_of=lambda n: f"listing:{n}",
                             labels={n: f"Product {n}" for n in subjects}, by="ana@example.test", **options).id


def test_a_refusal_ends_its_item_and_the_others_go_on(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def flow(_hub: Hub, listing: int, _view: Any) -> Result:
        if listing == 3:
            raise Refused("No picture")
        if listing == 4:
            raise ValueError("mistake")
        return Result(Outcome.NO_CHANGE if listing == 5 else Outcome.OK)

    use_flow(monkeypatch, Kind.PUSH_LISTINGS, flow, of_items=True)
    parent = push(hub, [1, 2, 3, 4, 5, 6, 7], chunk=3)
    assert run_waiting(hub) == 3
    row = task(hub, parent)
    assert (row.state, row.outcome) == (TaskState.DONE, Outcome.PARTLY)
    assert row.says == "7 asked · 4 done · 1 unchanged · 1 need you · 1 failed"
    with hub.db.read() as session:
        counts = tasks.progress(session, parent)
    assert (counts.asked, counts.ok, counts.no_change, counts.needs_attention, counts.failed, counts.waiting) == (
        7, 4, 1, 1, 1, 0)


def test_a_second_run_of_a_chunk_skips_what_is_done(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def flow(_hub: Hub, listing: int, _view: Any) -> Result:
        runs.append(listing)
        if listing == 2 and runs.count(2) == 1:
            raise Temporary("busy")
        return Result()

    use_flow(monkeypatch, Kind.PUSH_LISTINGS, flow, of_items=True)
    with clock.hold(NOON):
        parent = push(hub, [1, 2, 3])
        assert run_waiting(hub) == 1
        assert task(hub, parent).state is TaskState.RUNNING
        assert [one.state for one in items(hub, parent)] == [ItemState.DONE, ItemState.WAITING, ItemState.DONE]
    with clock.hold(NOON + timedelta(seconds=10)):
        assert run_waiting(hub) == 1
    assert sorted(runs) == [1, 2, 2, 3]
    assert task(hub, parent).outcome is Outcome.OK


def test_an_item_whose_lane_is_busy_waits_and_is_done_later(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    use_flow(monkeypatch, Kind.PUSH_LISTINGS, lambda hub, listing, view: runs.append(listing) or Result(), of_items=True)
    with clock.hold(NOON):
        busy = submit(hub, Kind.UPDATE_STOCK, lane="listing:2", args={"listing_id": 2})
        assert running.claim(hub.db, busy) is not None
        parent = push(hub, [1, 2])
        assert run_waiting(hub) == 1
        assert runs == [1]
    with clock.hold(NOON + timedelta(seconds=46)):
        running.Sweep(hub.db).free_dead()
        with hub.db.write() as session:
            session.execute(update(Task).where(Task.id == busy).values(state=TaskState.DONE))
        assert run_waiting(hub) == 1
    assert runs == [1, 2]
    assert task(hub, parent).state is TaskState.DONE


def test_an_item_that_kills_its_worker_stops_only_itself(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    now = NOON

    def crash(chunk: int) -> None:
        """As after a power cut: item 2 and its neighbour were running, nothing was settled."""
        with hub.db.write() as session:
            session.execute(update(Item).where(Item.subject.in_([2, 3]), Item.state == ItemState.WAITING)
                            .values(state=ItemState.RUNNING))

    use_flow(monkeypatch, Kind.PUSH_LISTINGS, lambda hub, listing, view: done.append(listing) or Result(), of_items=True)
    with clock.hold(now):
        parent = push(hub, [1, 2, 3, 4])
    with hub.db.read() as session:
        chunk = session.scalars(select(Task.id).where(Task.parent_id == parent)).one()
    for _ in range(3):
        with clock.hold(now):
            assert running.claim(hub.db, chunk) is not None
        crash(chunk)
        now += timedelta(seconds=46)
        with clock.hold(now):
            running.Sweep(hub.db).free_dead()
    with clock.hold(now):
        assert run_waiting(hub) == 1
    assert sorted(done) == [1, 4]
    row = task(hub, parent)
    assert (row.state, row.outcome) == (TaskState.DONE, Outcome.PARTLY)


def test_a_lost_login_leaves_the_rest_of_a_chunk_waiting(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = connection(hub)
    use_flow(monkeypatch, Kind.PUSH_LISTINGS,
             lambda hub, listing, view: raising(NeedsReconnect("TikTok Shop no longer accepts our sign-in."))(hub, view),
             of_items=True)
    parent = push(hub, list(range(1, 40)), connection_id=shop)
    run_waiting(hub)
    with hub.db.read() as session:
        counts = tasks.progress(session, parent)
    assert (counts.waiting, counts.failed) == (39, 0)
    use_flow(monkeypatch, Kind.PUSH_LISTINGS, lambda hub, listing, view: Result(), of_items=True)
    with hub.db.write() as session:
        session.execute(update(Connection).values(state=ConnectionState.CONNECTED))
        tasks.release_held(session, shop)
    run_waiting(hub)
    assert task(hub, parent).outcome is Outcome.OK


def test_what_has_not_begun_can_be_cancelled(hub: Hub) -> None:
    parent = push(hub, [1, 2, 3], chunk=2)
    with hub.db.write() as session:
        tasks.cancel(session, parent, "ana@example.test")
    assert run_waiting(hub) == 0
    assert task(hub, parent).state is TaskState.CANCELLED
    assert {one.outcome for one in items(hub, parent)} == {Outcome.FAILED}


def test_a_success_ends_the_long_back_off_of_its_connection(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = connection(hub)
    with clock.hold(NOON):
        frozen = submit(hub, Kind.REFRESH_PRODUCT, connection_id=shop, lane="p:1")
        with hub.db.write() as session:
            session.execute(update(Task).where(Task.id == frozen).values(
                run_at=NOON + timedelta(hours=6), backoff=True, attempts=4))
        use_flow(monkeypatch, Kind.REFRESH_PRODUCT, lambda hub, view: Result())
        submit(hub, Kind.REFRESH_PRODUCT, connection_id=shop, lane="p:2")
        assert run_waiting(hub) == 2


def test_a_worker_that_is_asked_to_stop_leaves_the_rest_of_its_chunk_for_later(
        hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def flow(_hub: Hub, listing: int, _view: Any) -> Result:
        runs.append(listing)
        if len(runs) == 1:
            entry.ask_to_stop()
        return Result()

    use_flow(monkeypatch, Kind.PUSH_LISTINGS, flow, of_items=True)
    parent = push(hub, list(range(1, 61)))
    with hub.db.read() as session:
        chunk = session.scalars(select(Task.id).where(Task.parent_id == parent)).one()
    assert entry.run(hub, chunk)
    assert 0 < len(runs) < 60
    assert task(hub, chunk).state is TaskState.QUEUED
    run_waiting(hub)
    assert sorted(runs) == list(range(1, 61))
    assert task(hub, parent).outcome is Outcome.OK


# -- short chunks, one after the other in one process -------------------------------------------------------------

def states_of_chunks(hub: Hub, parent: int) -> list[TaskState]:
    with hub.db.read() as session:
        return list(session.scalars(select(Task.state).where(Task.parent_id == parent).order_by(Task.id)))


@pytest.mark.parametrize(("seconds", "expected"), [(3600.0, 4), (0.0, 1)])
def test_a_process_goes_on_with_the_next_chunk_for_a_while(hub: Hub, monkeypatch: pytest.MonkeyPatch, seconds: float, expected: int) -> None:
    monkeypatch.setattr(entry, "GO_ON_S", seconds)
    use_flow(monkeypatch, Kind.PUSH_LISTINGS, lambda hub, listing, view: Result(), of_items=True)
    parent, other = push(hub, [1, 2, 3, 4], chunk=1), push(hub, [5], chunk=1)
    with hub.db.read() as session:
        first = session.scalars(select(Task.id).where(Task.parent_id == parent).order_by(Task.id)).first()
    assert first is not None
    entry.run_task(first)
    assert states_of_chunks(hub, parent).count(TaskState.DONE) == expected
    assert states_of_chunks(hub, other) == [TaskState.QUEUED], "what is somebody else's waits for its own turn"


def test_a_process_that_is_asked_to_stop_goes_on_with_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.PUSH_LISTINGS, lambda hub, listing, view: entry.ask_to_stop() or Result(), of_items=True)
    parent = push(hub, [1, 2, 3], chunk=1)
    with hub.db.read() as session:
        first = session.scalars(select(Task.id).where(Task.parent_id == parent).order_by(Task.id)).first()
    assert first is not None
    entry.run_task(first)
    assert states_of_chunks(hub, parent) == [TaskState.DONE, TaskState.QUEUED, TaskState.QUEUED]


def test_no_process_is_started_for_a_wake_up_that_has_nothing_to_wake(
        hub: Hub, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    monkeypatch.setattr(HubWorker, "fork_work_horse", lambda self, job, queue: (started.append(job.args[0]), setattr(self, "_horse_pid", 0)))
    monkeypatch.setattr(HubWorker, "monitor_work_horse", lambda self, job, queue: None)
    done, due = submit(hub, queue=Queue.BULK), submit(hub, queue=Queue.BULK)
    with hub.db.write() as session:
        session.execute(update(Task).where(Task.id == done).values(state=TaskState.DONE))
    with redis.Redis.from_url(redis_url) as client:
        bulk = queue_named(Queue.BULK, client)
        [job_of_done] = [one for one in bulk.job_ids if bulk.fetch_job(one).args[0] == done]
        HubWorker([bulk], connection=client, serializer=SERIALIZER).work(burst=True)
        assert started == [due]
        assert bulk.fetch_job(job_of_done) is None and client.llen(bulk.intermediate_queue_key) <= 1


# -- as many threads as the calls ask for ------------------------------------------------------------------------

@pytest.mark.parametrize(("per_s", "seconds", "most", "expected"), [
    (20, 0.25, 16, 6),      # rate × time, and one more
    (20, 0.01, 16, 2), (50, 2.0, 8, 8), (20, None, 16, 1)])
def test_a_chunk_works_on_as_many_threads_as_rate_and_time_of_its_calls_ask_for(
        hub: Hub, monkeypatch: pytest.MonkeyPatch, per_s: int, seconds: float | None, most: int, expected: int) -> None:
    budget = limits.RateBudget("tiktok:1", limits.Rate(per_s), None)
    lock, all_there, busy = threading.Lock(), threading.Event(), [0, 0]

    def flow(_hub: Hub, listing: int, _view: Any) -> Result:
        if listing == 1 and seconds is not None:
            budget.took(seconds)            # as `hub.http.Api` says after a call, whose end it then tells
            for note in http.progress:
                note()
        if listing <= 2:
            return Result(Outcome.NO_CHANGE)
        with lock:
            busy[0] += 1
            busy[1] = max(busy)
            if busy[0] == expected:
                all_there.set()
        assert all_there.wait(20), f"only {busy[1]} of {expected} began"
        with lock:
            busy[0] -= 1
        return Result(Outcome.NO_CHANGE)

    use_flow(monkeypatch, Kind.PUSH_LISTINGS, flow, of_items=True)
    hub.config = dataclasses.replace(hub.config, worker_threads=most)
    parent = push(hub, list(range(1, 41)))
    run_waiting(hub)
    assert busy[1] == expected and task(hub, parent).outcome is Outcome.NO_CHANGE


# -- items that are settled together ------------------------------------------------------------------------------

def together(hub: Hub, count: int, flow, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[int]]:
    """A chunk of items over this flow, run once on one thread; its parent and how many items each settlement ended."""
    use_flow(monkeypatch, Kind.PUSH_LISTINGS, flow, of_items=True)
    settled: list[int] = []
    settle = running._Chunk._settle
    monkeypatch.setattr(running._Chunk, "_settle", lambda self, ended, back=(): (settled.append(len(ended)), settle(self, ended, back))[1])
    hub.config = dataclasses.replace(hub.config, worker_threads=1)
    with hub.db.write() as session:
        parent = tasks.fan_out(session, Kind.PUSH_LISTINGS, list(range(1, count + 1)), lane_of=lambda one: f"listing:{one}").id
    run_waiting(hub)
    return parent, [number for number in settled if number]


def test_items_that_only_read_are_settled_together_and_each_keeps_its_own_end(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def flow(hub: Hub, listing: int, view: TaskView) -> Result:
        return Result(Outcome.NO_CHANGE if listing % 2 else Outcome.OK, f"item {listing}")

    parent, settled = together(hub, 60, flow, monkeypatch)
    assert sum(settled) == 60 and len(settled) < 30
    assert [(one.subject, one.state, one.says) for one in items(hub, parent)] == [(n, ItemState.DONE, f"item {n}") for n in range(1, 61)]
    with hub.db.read() as session:
        assert session.scalars(select(Lane)).all() == []


def test_an_item_that_writes_outside_is_settled_before_the_next_begins(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def flow(hub: Hub, listing: int, view: TaskView) -> Result:
        with hub.db.read() as session:
            done.append(len(session.scalars(select(Item.id).where(Item.state == ItemState.DONE)).all()))
        tasks.about_to_write()
        return Result(Outcome.OK)

    _, settled = together(hub, 12, flow, monkeypatch)
    assert settled == [1] * 12
    assert done == list(range(12))


def test_items_that_were_claimed_and_not_begun_wait_again_when_the_login_is_lost(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []

    def flow(hub: Hub, listing: int, view: TaskView) -> Result:
        ran.append(listing)
        if listing == 10:
            raise NeedsReconnect("The store no longer accepts our sign-in.")
        return Result(Outcome.OK)

    parent, _ = together(hub, 20, flow, monkeypatch)
    states = {one.subject: one.state for one in items(hub, parent)}
    assert ran == list(range(1, 11))
    assert [number for number, state in states.items() if state is ItemState.WAITING] == list(range(10, 21))
    with hub.db.read() as session:
        assert session.scalars(select(Lane)).all() == []

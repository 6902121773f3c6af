"""From kept messages to planned work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from hub import clock
from hub.domain.tasks import Kind, TaskState
from hub.flows import inbound, inbox
from hub.models.connections import Connection
from hub.models.inbox import InboxState
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.models.tiktok import Grant
from jobs import entry
from tests.inbox.conftest import Plant, plugin_event, tiktok_message
from tests.support import both_databases


def drain(plant: Plant) -> None:
    with plant.hub.db.write() as session:
        inbox.request_drain(session)
    with plant.hub.db.read() as session:
        number = session.scalars(select(Task.id).where(
            Task.kind == Kind.DRAIN_INBOX, Task.state == TaskState.QUEUED)).one()
    assert entry.run(plant.hub, number)


def tasks_of(plant: Plant, kind: Kind) -> list[Task]:
    with plant.hub.db.read() as session:
        return list(session.scalars(select(Task).where(Task.kind == kind)))


def order_message(number: int, order: str = "5769") -> dict[str, object]:
    return tiktok_message(number, 1, order_id=order, order_status="AWAITING_SHIPMENT", update_time=1)


def add_shop(plant: Plant) -> None:
    with plant.hub.db.write() as session:
        grant = Grant(app_id=1, open_id="o", created_at=clock.now())
        session.add(grant)
        session.flush()
        session.add(Shop(grant_id=grant.id, connection_id=plant.connection_id, tiktok_shop_id="7494049642642441621",
                         region="US", cipher="c", created_at=clock.now()))


@both_databases
def test_many_messages_about_one_thing_become_one_task(plant: Plant) -> None:
    for start in range(0, 60, 20):
        assert plant.plugin([plugin_event(start + n, "stock.changed") for n in range(1, 21)]).status_code == 202
    drain(plant)
    assert len(tasks_of(plant, Kind.REFRESH_OFFERS)) == 1
    assert {row.state for row in plant.events()} == {InboxState.PLANNED}
    assert len({row.task_id for row in plant.events()}) == 1


@both_databases
def test_a_message_of_an_unknown_shop_is_parked_and_taken_up_once_the_shop_is_known(plant: Plant) -> None:
    plant.tiktok(order_message(1))
    drain(plant)
    (row,) = plant.events()
    assert row.state is InboxState.PARKED
    assert row.reason
    add_shop(plant)
    with plant.hub.db.write() as session:
        assert inbox.replan(session, app_id=2) == 0 and inbox.replan(session, app_id=1) == 1
    drain(plant)
    assert plant.events()[0].state is InboxState.PLANNED
    assert len(tasks_of(plant, Kind.RELAY_ORDER)) == 1


def test_a_message_that_nobody_can_plan_is_parked_alone(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = inbound.plan

    def sometimes(session: object, hub: object, row: object) -> object:
        if row.event_id == "01JD0002":  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return plan(session, hub, row)  # type: ignore[arg-type]

    monkeypatch.setattr(inbound, "plan", sometimes)
    plant.plugin([plugin_event(1), plugin_event(2), plugin_event(3)])
    drain(plant)
    first, second, third = plant.events()
    assert (first.state, second.state, third.state) == (InboxState.PLANNED, InboxState.PARKED, InboxState.PLANNED)
    assert second.reason.startswith("Our mistake. Reference ")


def test_gaps_in_a_plugins_sequence_are_counted_and_late_ones_taken_off(plant: Plant) -> None:
    def missed() -> int:
        drain(plant)
        with plant.hub.db.read() as session:
            return session.get_one(Connection, plant.connection_id).missed_events

    plant.plugin([plugin_event(1), plugin_event(2)])
    assert missed() == 0
    plant.plugin([plugin_event(6)])
    assert missed() == 3
    plant.plugin([plugin_event(4)])
    assert missed() == 2
    with plant.hub.db.read() as session:
        heard = session.get_one(Connection, plant.connection_id).last_event_at
    assert heard is not None
    assert clock.now() - heard < timedelta(minutes=1)


def test_a_lost_wake_up_is_found_by_the_sweep(plant: Plant) -> None:
    plant.plugin([plugin_event(1)])
    with plant.hub.db.write() as session:
        session.delete(session.scalars(select(Task)).one())
    assert inbox.sweep(plant.hub.db)
    assert len(tasks_of(plant, Kind.DRAIN_INBOX)) == 1
    drained = tasks_of(plant, Kind.DRAIN_INBOX)[0]
    assert entry.run(plant.hub, drained.id)
    assert not inbox.sweep(plant.hub.db)


@both_databases
def test_old_messages_go_and_parked_ones_stay(plant: Plant) -> None:
    with clock.hold(clock.now() - timedelta(days=100)):
        plant.plugin([plugin_event(1)])
        plant.tiktok(order_message(1))
        drain(plant)
    with plant.hub.db.write() as session:
        number = inbox.tasks.submit(session, Kind.TIDY).id
    assert entry.run(plant.hub, number)
    (row,) = plant.events()
    assert row.state is InboxState.PARKED

"""Periodic work: the rows, the slots, and a clock that is moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from hub import clock
from hub.config import Config
from hub.domain.tasks import Kind, TaskState
from hub.flows import running, schedules
from hub.models.connections import Connection, ConnectionState
from hub.models.tasks import Schedule, Task
from hub.wiring import Hub
from tests.support import both_databases
from tests.support.hubs import add_connection, opened

pytestmark = both_databases
NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


@pytest.fixture
def hub(config: Config) -> Iterator[Hub]:
    with opened(config) as one:
        yield one


def kinds(hub: Hub) -> list[Kind]:
    with hub.db.write() as session:
        schedules.insert_due(session)
    with hub.db.read() as session:
        found = list(session.scalars(select(Task.kind).where(Task.state == TaskState.QUEUED).order_by(Task.id)))
    with hub.db.write() as session:
        session.execute(update(Task).values(state=TaskState.DONE))
    return found


def test_a_connection_gets_its_periodic_work_once(hub: Hub) -> None:
    with clock.hold(NOON):
        with hub.db.write() as session:
            connection = add_connection(session)
            schedules.ensure(session, connection)
            schedules.ensure(session, connection)
        with hub.db.read() as session:
            rows = session.scalars(select(Schedule)).all()
        assert {row.kind for row in rows} == {kind for kind, _, _ in schedules.OF_A_CONNECTION}
        assert kinds(hub) == []
    with clock.hold(NOON + timedelta(minutes=1)):
        assert kinds(hub) == [Kind.POLL_STORE_ORDERS]
    with clock.hold(NOON + timedelta(minutes=10)):
        assert Kind.RECONCILE in kinds(hub)
        assert kinds(hub) == []


def test_missed_slots_are_skipped_and_never_made_up_for(hub: Hub) -> None:
    with clock.hold(NOON), hub.db.write() as session:
        schedules.ensure_own(session)
    with clock.hold(NOON + timedelta(days=1)):
        assert sorted(kinds(hub)) == sorted([Kind.REFRESH_TOKEN, Kind.TIDY])
        assert kinds(hub) == []


def test_a_clock_that_went_ahead_and_back_loses_no_slot(hub: Hub) -> None:
    with clock.hold(NOON), hub.db.write() as session:
        schedules.ensure_own(session)
    with clock.hold(NOON + timedelta(hours=12)):
        assert kinds(hub)
    with clock.hold(NOON):
        kinds(hub)
    with clock.hold(NOON + timedelta(hours=1)):
        assert Kind.REFRESH_TOKEN in kinds(hub)


def test_a_paused_connection_is_left_alone_and_a_removed_one_forgotten(hub: Hub) -> None:
    with clock.hold(NOON), hub.db.write() as session:
        connection = add_connection(session)
        schedules.ensure(session, connection)
        connection.state = ConnectionState.PAUSED
    with clock.hold(NOON + timedelta(minutes=11)):
        assert kinds(hub) == []
    with hub.db.write() as session:
        row = session.get_one(Connection, connection.id)
        row.state = ConnectionState.REMOVED
        schedules.ensure(session, row)
        assert session.scalars(select(Schedule)).all() == []


def test_one_leads_at_a_time_and_the_lease_passes_on(hub: Hub) -> None:
    with clock.hold(NOON):
        assert running.lead(hub.db, "a")
        assert running.lead(hub.db, "a")
        assert not running.lead(hub.db, "b")
    with clock.hold(NOON + timedelta(seconds=11)):
        assert running.lead(hub.db, "b")
        assert not running.lead(hub.db, "a")
    with clock.hold(NOON - timedelta(hours=1)):
        assert running.lead(hub.db, "a"), "the clock went back: b's lease is no lease"

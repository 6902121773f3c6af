"""Who hears of work that failed for good, and how often (``architecture.md`` 7: told)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from hub import clock
from hub.config import Config
from hub.domain.tasks import ItemState, Kind, Outcome, TaskState
from hub.errors import Refused, Temporary
from hub.flows import running, tasks
from hub.flows.tasks import Result
from hub.models.tasks import Item, Notice, Task
from hub.models.users import Role, User
from hub.wiring import Hub
from jobs import entry
from tests.support import both_databases
from tests.support.hubs import add_connection, items, opened, run_waiting, task, use_flow

pytestmark = both_databases
NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


@pytest.fixture
def hub(config: Config) -> Iterator[Hub]:
    """With one owner, who wants mail."""
    with opened(config) as one:
        with one.db.write() as session:
            session.add(User(email="owner@example.test", name="Owner", role=Role.OWNER, created_at=clock.now()))
        yield one


@pytest.fixture
def shop(hub: Hub) -> int:
    with hub.db.write() as session:
        return add_connection(session, name="My shop").id


def raising(error: Exception) -> Any:
    def flow(*_given: Any) -> Result:
        raise error

    return flow


def on_the_last_try(hub: Hub, kind: Kind, **options: Any) -> int:
    """A task that has failed so often that the next failure is its last."""
    with hub.db.write() as session:
        made = tasks.submit(session, kind, **options)
        made.attempts, made.tries = 4, 2
        return made.id


def told(hub: Hub) -> list[str]:
    with hub.db.read() as session:
        return list(session.scalars(select(Notice.about).order_by(Notice.id)))


def mails(hub: Hub) -> list[dict[str, Any]]:
    with hub.db.read() as session:
        return [dict(one.args) for one in session.scalars(select(Task).where(Task.kind == Kind.SEND_MAIL).order_by(Task.id))]


def test_the_owner_is_told_after_the_last_try_and_not_before(hub: Hub, shop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.PULL_PRODUCTS, raising(Temporary("The store is busy")))
    now = NOON
    with clock.hold(now), hub.db.write() as session:
        number = tasks.submit(session, Kind.PULL_PRODUCTS, connection_id=shop, shown=True, summary="Pull products").id
    while True:
        with clock.hold(now):
            assert entry.run(hub, number)
        row = task(hub, number)
        if row.state is not TaskState.QUEUED:
            break
        assert not told(hub), "it is tried again"
        now = row.run_at
    assert row.state is TaskState.FAILED
    assert told(hub) == [f"failed:{shop}:pull_products:{now:%Y-%m-%d}"]
    mail, = mails(hub)
    assert (mail["to"], mail["subject"]) == ("owner@example.test", "My shop: “Pull products” failed")
    assert mail["lines"][0] == "The store is busy" and mail["button"] == ["Open the task", f"/admin/tasks/{number}/"]


def test_work_that_nobody_sees_or_asked_for_fails_in_silence(hub: Hub, shop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.REFRESH_PRODUCT, raising(Temporary("The store is busy")))
    hidden = on_the_last_try(hub, Kind.REFRESH_PRODUCT, connection_id=shop)
    run_waiting(hub)
    assert task(hub, hidden).state is TaskState.FAILED and not told(hub)
    asked = on_the_last_try(hub, Kind.REFRESH_PRODUCT, connection_id=shop, by="ana@example.test")
    assert entry.run(hub, asked)
    assert len(told(hub)) == 1


def test_a_refusal_is_not_told_at_once(hub: Hub, shop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.PULL_PRODUCTS, raising(Refused("No")))
    number = on_the_last_try(hub, Kind.PULL_PRODUCTS, connection_id=shop, shown=True)
    run_waiting(hub)
    assert task(hub, number).outcome is Outcome.NEEDS_ATTENTION and not told(hub)


def test_a_mistake_of_ours_is_told_with_its_reference(hub: Hub, shop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.TIDY, raising(ZeroDivisionError("division by zero")))
    with hub.db.write() as session:
        numbers = [tasks.submit(session, Kind.TIDY, connection_id=connection_id).id for connection_id in (shop, None)]
    for number in numbers:
        assert entry.run(hub, number)
    for number, mail in zip(numbers, mails(hub), strict=True):
        row = task(hub, number)
        assert row.reference and row.reference in mail["lines"][0] and "division" not in str(mail)
    assert [mail["subject"] for mail in mails(hub)] == ["My shop: “Tidy” failed", "“Tidy” failed"]


def test_the_same_kind_is_told_once_a_day_per_connection(hub: Hub, shop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.PULL_PRODUCTS, raising(Temporary("The store is busy")))
    with hub.db.write() as session:
        other = add_connection(session).id
    for moment, connection_id, expected in ((NOON, shop, 1), (NOON + timedelta(hours=5), shop, 1), (NOON, other, 2),
                                            (NOON + timedelta(days=1), shop, 3)):
        with clock.hold(moment):
            assert entry.run(hub, on_the_last_try(hub, Kind.PULL_PRODUCTS, connection_id=connection_id, shown=True))
        assert len(told(hub)) == len(mails(hub)) == expected


@pytest.mark.parametrize(("error", "words"), [
    (ValueError("mistake"), "Our mistake. Reference"), (Temporary("TikTok Shop is busy"), "TikTok Shop is busy")])
def test_many_parts_that_fail_are_told_as_one(hub: Hub, shop: int, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    use_flow(monkeypatch, Kind.PUSH_LISTINGS, raising(error), of_items=True)
    with hub.db.write() as session:
        parent = tasks.fan_out(session, Kind.PUSH_LISTINGS, [1, 2, 3, 4, 5], labels={n: f"Product {n}" for n in range(1, 6)},
                               connection_id=shop, by="ana@example.test", summary="Push products", chunk=2).id
        session.execute(update(Item).values(attempts=14))
    run_waiting(hub)
    assert {item.outcome for item in items(hub, parent)} == {Outcome.BUG if isinstance(error, ValueError) else Outcome.FAILED}
    mail, = mails(hub)
    assert mail["lines"][0].startswith("Product ") and words in mail["lines"][0]
    assert mail["button"] == ["Open the task", f"/admin/tasks/{parent}/"] and mail["subject"] == "My shop: “Push products” failed"


def dies_three_times(hub: Hub, task_id: int) -> None:
    """Its worker is gone with it, again and again: each lease runs out unsettled and the sweep finds it."""
    now = NOON
    for _ in range(running.CRASHES):
        with clock.hold(now):
            claimed = running.claim(hub.db, task_id)
            assert claimed is not None
            with hub.db.write() as session:
                session.execute(update(Item).where(Item.task_id == task_id, Item.state == ItemState.WAITING).values(state=ItemState.RUNNING))
        now += timedelta(seconds=running.LEASE_S + 1)
        with clock.hold(now):
            assert running.Sweep(hub.db).free_dead() == 1


def test_work_that_stops_its_worker_three_times_is_told_although_nobody_asked_for_it(hub: Hub, shop: int) -> None:
    with clock.hold(NOON), hub.db.write() as session:
        number = tasks.submit(session, Kind.REFRESH_PRODUCT, connection_id=shop, summary="Read a product").id
    dies_three_times(hub, number)
    assert task(hub, number).state is TaskState.PARKED
    assert told(hub) == [f"failed:{shop}:refresh_product:{NOON:%Y-%m-%d}"]
    mail, = mails(hub)
    assert (mail["to"], mail["subject"]) == ("owner@example.test", "My shop: “Read a product” failed")
    assert mail["lines"][0] == "It stopped its worker three times and was set aside."
    assert mail["button"] == ["Open the task", f"/admin/tasks/{number}/"]


def test_a_part_that_stops_its_worker_three_times_is_told_by_its_name(hub: Hub, shop: int) -> None:
    with clock.hold(NOON), hub.db.write() as session:
        parent = tasks.fan_out(session, Kind.PUSH_LISTINGS, [1], labels={1: "Red jacket"}, connection_id=shop, summary="Push products").id
        chunk = session.scalars(select(Task.id).where(Task.parent_id == parent)).one()
    dies_three_times(hub, chunk)
    assert items(hub, parent)[0].outcome is Outcome.FAILED
    mail, = mails(hub)
    assert mail["lines"][0] == "Red jacket: It stopped its worker three times and was set aside."
    assert mail["button"] == ["Open the task", f"/admin/tasks/{parent}/"]


def test_a_mail_that_cannot_be_sent_makes_no_further_mail(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use_flow(monkeypatch, Kind.SEND_MAIL, raising(ValueError("mistake")))
    with hub.db.write() as session:
        number = tasks.submit(session, Kind.SEND_MAIL, by="ana@example.test").id
    run_waiting(hub)
    assert task(hub, number).outcome is Outcome.BUG and not told(hub) and len(mails(hub)) == 1

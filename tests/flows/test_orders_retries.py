"""When the store does not take an order: three quick tries, then +10, +20, +30 minutes, then a person is asked (OST-07)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub import clock
from hub.domain.tasks import Kind
from hub.models.orders import LinkState
from hub.models.tasks import Task
from hub.stores import PLATFORMS
from tests.flows.conftest import STORES, TWO
from tests.flows.test_fulfilment import retry
from tests.support.trade import Trade, notices, owners

# What is the store's own here is asked of all in the contract test and in tests/faults; the whole of the flow of two.
OVER = TWO

BROKEN = {"status": 503, "text": "down for maintenance"}


def break_creates(trade: Trade, do: dict[str, Any] | None = None, contains: str = "", times: int = -1) -> None:
    """The store answers creates like this from now on."""
    match = {"operation": trade.merchant.writes["orders.create"].operation, **({"contains": contains} if contains else {})}
    trade.merchant.fault(trade.world, match, do or BROKEN, times)


def mend(trade: Trade) -> None:
    """The store is well again."""
    trade.world.store(trade.platform, "DELETE", "faults")


def tries_at(trade: Trade, order_id: str) -> list[datetime]:
    """When the store was asked to create it, by its own journal."""
    app = trade.world.practice.store(trade.platform)
    operation = trade.merchant.writes["orders.create"].operation
    return [datetime.fromtimestamp(entry.at, clock.now().tzinfo) for entry in app.sim.journal.entries(operation) if order_id in entry.body]


def wait(trade: Trade, minutes: float) -> None:
    """Time passes, and the work of it is done."""
    trade.world.pass_time(timedelta(minutes=minutes))
    trade.world.settle(later_s=200)


def mails(trade: Trade) -> list[Task]:
    """Mails that were to leave."""
    with trade.world.hub.db.read() as session:
        return list(session.scalars(select(Task).where(Task.kind == Kind.SEND_MAIL)))


@pytest.mark.feature("OST-07")
def test_three_failures_are_tried_again_after_ten_twenty_and_thirty_minutes_and_then_told_once(fresh: Trade):
    owners(fresh.world)
    break_creates(fresh)
    order_id = fresh.place()
    fresh.world.settle(later_s=200)
    first = tries_at(fresh, order_id)
    assert first and fresh.link(order_id).next_try_at is not None

    since = fresh.link(order_id).failing_since
    assert since is not None
    seen = [len(first)]
    for minutes in (10, 20, 30):
        assert fresh.link(order_id).next_try_at == since + timedelta(minutes=minutes)
        before = len(tries_at(fresh, order_id))
        fresh.world.settle()
        assert len(tries_at(fresh, order_id)) == before, "not before its time"
        fresh.world.pass_time(since + timedelta(minutes=minutes) - clock.now())
        fresh.world.settle(later_s=200)
        seen.append(len(tries_at(fresh, order_id)))
        assert seen[-1] > seen[-2]
        assert timedelta(0) <= tries_at(fresh, order_id)[before] - since - timedelta(minutes=minutes) < timedelta(seconds=90)

    link = fresh.link(order_id)
    assert link.state in (LinkState.NEEDS_ATTENTION, LinkState.CREATING) and link.next_try_at is None
    codes = [one["code"] for one in fresh.api(f"orders/{order_id}")["problems"]]
    assert "order.retries_over" in codes
    assert len(notices(fresh.world, "order:")) == 1 and len(mails(fresh)) == 1
    assert fresh.world.ledger(fresh.platform).failed == 1

    mend(fresh)
    retry(fresh, order_id)
    wait(fresh, 61)
    assert len(fresh.copies(order_id)) == 1 and fresh.api(f"orders/{order_id}")["problems"] == []
    assert len(notices(fresh.world, "order:")) == 1


@pytest.mark.feature("OST-07")
def test_with_retries_off_it_is_tried_no_more(fresh: Trade):
    owners(fresh.world)
    fresh.set(retry_orders=False)
    fresh.merchant.refuse(fresh.world)
    order_id = fresh.place()
    fresh.world.settle(later_s=200)
    count = len(tries_at(fresh, order_id))
    for _ in range(4):
        wait(fresh, 10)
    assert len(tries_at(fresh, order_id)) == count == 1
    assert fresh.link(order_id).state is LinkState.NEEDS_ATTENTION and len(notices(fresh.world, "order:")) == 1


@pytest.mark.feature("OST-07")
def test_what_the_store_refuses_is_retried_at_its_times_however_many_others_go_through(fresh: Trade):
    order_id = fresh.place(sku=1)
    fresh.merchant.refuse(fresh.world, order_id)
    fresh.world.settle()
    assert len(tries_at(fresh, order_id)) == 1 and fresh.link(order_id).retries == 1
    for _ in range(4):
        fresh.buy(sku=0)
        fresh.world.settle()
    assert len(tries_at(fresh, order_id)) == 1, "another order's success is no reason to burn its tries"
    wait(fresh, 10)
    assert len(tries_at(fresh, order_id)) == 2


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_lost_answer_ends_in_one_order(fresh: Trade, drop: str):
    """R-05: the connection ends without an answer, with the order made or not; one stands there in the end."""
    break_creates(fresh, {"drop": drop}, times=1)
    order_id = fresh.place()
    fresh.world.settle(later_s=200)
    for _ in range(3):
        wait(fresh, 10)
    assert len(fresh.copies(order_id)) == 1 and fresh.link(order_id).state is LinkState.IN_STORE
    counted = fresh.world.ledger(fresh.platform)
    assert (counted.created, counted.missing, counted.double) == (1, 0, 0)


@pytest.mark.parametrize("fresh", [slug for slug in STORES if PLATFORMS[slug].plugin], indirect=True)    # what only a module can tell
def test_what_was_left_half_made_is_for_a_person_and_goes_on_once_it_is_cleared(fresh: Trade):
    fresh.merchant.dies_half_way(fresh.world)
    order_id = fresh.place()
    fresh.world.settle(later_s=200)
    wait(fresh, 10)

    assert [one["code"] for one in fresh.api(f"orders/{order_id}")["problems"]] == ["order.half_made"]
    asked = len(tries_at(fresh, order_id))
    wait(fresh, 40)
    assert len(tries_at(fresh, order_id)) == asked, "nothing by itself: a second try could make a second order"

    fresh.merchant.clears(fresh.world, order_id)
    retry(fresh, order_id)
    assert len(fresh.copies(order_id)) == 1 and fresh.api(f"orders/{order_id}")["problems"] == []


def test_an_order_that_was_deleted_in_the_store_is_never_made_again_by_itself(fresh: Trade):
    owners(fresh.world)
    order_id = fresh.buy()
    fresh.world.store(fresh.platform, "DELETE", f"orders/{fresh.there(order_id)['order_id']}")
    fresh.world.settle()
    fresh.world.pass_time(timedelta(minutes=10))
    for _ in range(2):
        assert fresh.world.ledger(fresh.platform).missing == 1
    fresh.world.settle()

    assert [one["code"] for one in fresh.api(f"orders/{order_id}")["problems"]] == ["order.deleted"]
    assert len(fresh.store_calls("orders.create", order_id)) == 1 and fresh.copies(order_id) == []
    assert len(notices(fresh.world, "order:")) == 1

"""Orders that no message told of, and a life told in any order (MIS, R-07, R-08)."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.orders import Order
from hub.flows import missed
from hub.flows.order_links import note_order
from hub.flows.schedules import insert_due
from hub.models.shops import Shop
from tests.flows.conftest import TWO
from tests.flows.test_orders import refresh
from tests.support.trade import Trade

OVER = TWO


def silence(trade: Trade) -> None:
    """TikTok Shop's messages are lost from now on."""
    trade.world.tiktok("POST", "webhooks/rules", {"do": "drop", "times": -1})


def hear(trade: Trade) -> None:
    """They arrive again."""
    trade.world.tiktok("DELETE", "webhooks/rules")


def find(trade: Trade) -> list[missed.Missed]:
    """What a person finds who looks at the last hours."""
    now = clock.now()
    return missed.find_missed(trade.world.hub, trade.world.shop_id(trade.platform), now - timedelta(hours=5), now + timedelta(seconds=1))


@pytest.mark.feature("MIS-01", "MIS-02")
def test_seven_missed_orders_are_listed_and_created_once_each(trade: Trade):
    silence(trade)
    lost = {trade.place() for _ in range(7)}
    trade.world.settle()
    hear(trade)
    trade.world.pass_time(timedelta(seconds=2))
    found = {one.order_id: one for one in find(trade)}
    assert set(found) >= lost and all(found[one].units == 1 and found[one].state == "AWAITING_SHIPMENT" for one in lost)
    start, end = clock.now() - timedelta(hours=5), clock.now()
    earlier = missed.find_missed(trade.world.hub, trade.world.shop_id(trade.platform), start, start + timedelta(hours=1))
    assert earlier == []

    with trade.world.hub.db.write() as session:
        shop = session.get_one(Shop, trade.world.shop_id(trade.platform))
        task_id = missed.submit_missed(session, shop, start, end, "tester").id
        missed.submit_missed(session, shop, start, end, "tester")
    trade.world.settle()
    assert trade.world.expect_done(task_id).result["found"] == len(found)
    assert {one: len(trade.copies(one)) for one in lost} == dict.fromkeys(lost, 1)
    assert {one: len(trade.store_calls("orders.create", one)) for one in lost} == dict.fromkeys(lost, 1)
    assert not lost & {one.order_id for one in find(trade)}


@pytest.mark.feature("MIS-03")
def test_only_orders_that_await_shipment_are_listed(trade: Trade):
    silence(trade)
    awaiting, collecting, complete, cancelled = (trade.place() for _ in range(4))
    unpaid = trade.place(status="UNPAID")
    trade.bring_to(collecting, "AWAITING_COLLECTION", settling=False)
    trade.bring_to(complete, "COMPLETED", settling=False)
    trade.tell(cancelled, "cancel", {"by": "BUYER"})
    trade.world.pass_time(timedelta(seconds=2))
    found = {one.order_id for one in find(trade)}
    hear(trade)
    assert found & {awaiting, collecting, complete, cancelled, unpaid} == {awaiting}


@pytest.mark.feature("MIS-01")
def test_a_range_that_ends_before_it_starts_is_refused(trade: Trade):
    with trade.world.hub.db.write() as session, pytest.raises(ValueError, match="after"):
        shop = session.get_one(Shop, trade.world.shop_id(trade.platform))
        missed.submit_missed(session, shop, clock.now(), clock.now() - timedelta(days=1), "tester")


@pytest.mark.feature("MIS-02", "ORD-09")
def test_with_every_third_message_lost_the_ledger_is_even_after_one_cycle(fresh: Trade):
    """R-08: messages are only faster; what they miss is read by time within ten minutes."""
    world = fresh.world
    orders = []
    for number in range(30):
        if number % 3 == 0:
            silence(fresh)
        orders.append(fresh.place(1, number % 3))
        hear(fresh)
    world.settle()
    there = sum(len(fresh.copies(one)) for one in orders)
    assert there == 20, "what was told is there"

    for _ in range(2):
        world.pass_time(timedelta(minutes=5))
        with world.hub.db.write() as session:
            insert_due(session)
        world.settle()
    counted = world.ledger(fresh.platform)
    assert (counted.seen, counted.created, counted.missing, counted.double) == (30, 30, 0, 0)
    assert [len(fresh.store_calls("orders.create", one)) for one in orders] == [1] * 30


# --

# Six events of one life, in the order in which they can happen on TikTok Shop.
LIFE = (("pay",), ("end_hold",), ("request_cancel", "withdraw_cancel"), ("ship",), ("collect", "deliver"), ("refund",))
ORDERS = list(itertools.permutations(range(len(LIFE))))


def is_lost(order: tuple[int, ...], event: int) -> bool:
    """A quarter of the messages never arrives, and another quarter for each permutation."""
    return (order[event] + order[0] + event) % 4 == 0


def test_messages_of_a_life_in_any_order_and_with_losses_end_where_tiktok_is(fresh: Trade):
    """R-07 over the wire: each order's messages come late by its own permutation, some never; then one look by time."""
    world, chosen = fresh.world, ORDERS[::30]
    ids = [fresh.place(status="UNPAID") for _ in chosen]
    silence(fresh)
    seen = {one["id"] for one in world.tiktok("GET", "webhooks")["messages"]}
    held: list[tuple[int, str]] = []
    for step, doings in enumerate(LIFE):
        for order_id, order in zip(ids, chosen, strict=True):
            for doing in doings:
                fresh.tell(order_id, doing)
            news = [one for one in world.tiktok("GET", "webhooks")["messages"] if one["id"] not in seen]
            seen |= {one["id"] for one in news}
            if not is_lost(order, step):
                held += [(max(order[step], step), one["id"]) for one in news]
        for _, message_id in [one for one in held if one[0] == step]:
            world.tiktok("POST", "webhooks/resend", {"id": message_id})
        held = [one for one in held if one[0] != step]
        world.settle()
    refresh(fresh)
    refresh(fresh)

    for order_id in ids:
        assert fresh.link(order_id).tiktok_state.value == fresh.told(order_id)["status"], order_id
        assert len(fresh.copies(order_id)) == 1 and len(fresh.store_calls("orders.create", order_id)) == 1
        assert len(fresh.store_calls("orders.refund", order_id)) == 1 and fresh.store_calls("orders.cancel", order_id) == []
    counted = world.ledger(fresh.platform)
    assert (counted.created, counted.missing, counted.double) == (len(ids), 0, 0)


def test_answers_of_a_life_in_all_720_orders_never_move_it_back(trade: Trade):
    """R-07 and I5, every permutation: what TikTok Shop answered after each event is read in any order, some of it never."""
    order_id = trade.place(status="UNPAID")
    tiktok = trade.world.hub.shop_for(trade.world.shop_id(trade.platform))
    answers: list[Order] = []
    for doings in LIFE:
        for doing in doings:
            trade.tell(order_id, doing)
        answers += tiktok.orders.get([order_id])
        trade.world.pass_time(timedelta(seconds=1))
    last = answers[-1]
    shop = trade.world.shop(trade.platform)

    for number, permutation in enumerate(ORDERS):
        with trade.world.hub.db.engine.connect() as connection, Session(connection) as session:
            newest: Order | None = None
            for event in permutation:
                if is_lost(permutation, event):
                    continue
                told = replace(answers[event], order_id=f"{order_id}-{number}")
                link, is_news = note_order(session, shop, told)
                assert is_news == (newest is None or told.updated_at >= newest.updated_at)
                newest = told if is_news else newest
                assert newest is not None and link.tiktok_state is newest.state and link.tiktok_updated_at == newest.updated_at
            link, _ = note_order(session, shop, replace(last, order_id=f"{order_id}-{number}"))
            assert link.tiktok_state is last.state and link.units == len(last.lines)
            session.rollback()

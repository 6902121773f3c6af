"""Answers that are lost, messages that come too often or never: real workers and a real web side (R-05, R-06, R-08)."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import requests

from hub import clock
from tests.faults.checker import broken
from tests.faults.fault_world import FaultWorld, is_full, thirds
from tests.support.trade import Trade

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800 if is_full() else 240)]
STORES = ("magento", "prestashop")
CREATES = {"magento": "POST shopbridge/orders", "prestashop": "do:orders.create"}
LOSSES: dict[str, dict[str, Any]] = {"never arrived": {"drop": "before"}, "done and cut": {"drop": "after"}, "half an answer": {"truncate": True}}
SEED = 20260302


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize(("world", "loss", "platform"), thirds(list(product(LOSSES, STORES)), first=0), indirect=["world"])
def test_a_lost_answer_to_a_create_makes_no_second_order(world: FaultWorld, platform: str, loss: str) -> None:
    """R-05, with our plugin in the store: the first two answers are lost."""
    trade = Trade(world, platform)
    order_id = trade.place(2, shipping={"original": "4.99"})
    world.store(platform, "POST", "faults", {"match": {"operation": CREATES[platform]}, "do": LOSSES[loss], "times": 2})
    world.recover()
    assert len(trade.copies(order_id)) == 1
    assert world.store(platform, "GET", "faults")["faults"][0]["applied"] >= 1, "the answer was not lost"
    assert broken(world) == []


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize(("world", "late_s"), thirds([(20,), (0,), (60,)], first=6, special="bare"), indirect=["world"])
def test_a_search_that_shows_the_order_late_makes_no_second_one(world: FaultWorld, late_s: int) -> None:
    """R-05, without the plugin: the order is there, the answer is lost, and the store's search shows it only so much later."""
    trade = Trade(world, "magento")
    order_id = trade.place(2)
    created: Any = {"match": {"operation": "POST orders"}, "do": {"drop": "after"}, "times": 1}
    hidden: Any = {"match": {"operation": "GET orders", "contains": order_id}, "do": {"status": 200, "json": {"items": [], "total_count": 0}},
                   "times": -1 if late_s else 1}
    for fault in (created, hidden):
        world.store("magento", "POST", "faults", fault)
    world.forked = True
    world.settle(later_s=0)
    assert len(world.store_orders()) and world.link(order_id).intent_at is not None
    until = clock.now() + timedelta(seconds=late_s)
    while clock.now() < until:
        world.pass_time(timedelta(seconds=10))
        world.settle(later_s=0)
    world.store("magento", "DELETE", "faults")
    world.recover()
    assert len(trade.copies(order_id)) == 1 and trade.link(order_id).store_order_id
    assert broken(world) == []


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize(("world", "platform"), thirds([(one,) for one in STORES], first=9), indirect=["world"])
def test_one_event_fifty_times_and_eight_workers_make_one_create_call(world: FaultWorld, platform: str) -> None:
    """R-06: eight threads send it to the web side, eight workers take whatever is due, all at once."""
    assert world.forks is not None
    trade = Trade(world, platform)
    order_id = trade.place()
    message = world.tiktok("GET", "webhooks?event=ORDER_STATUS_CHANGE")["messages"][-1]
    headers = {"Content-Type": "application/json", "Authorization": message["signature"]}

    def send(_: int) -> int:
        return requests.post(message["url"], data=message["body"].encode(), headers=headers, timeout=20).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(50))) == {200}
    for _ in range(3):
        due = world.due()
        crowd = [world.forks.start(world.env, [("tasks", due, 1)]) for _ in range(8)]
        assert all(one.wait().is_well for one in crowd)
    world.recover()
    assert len(trade.store_calls("orders.create", order_id)) == 1 and len(trade.copies(order_id)) == 1
    assert broken(world) == []


@pytest.mark.feature("MIS-01")
@pytest.mark.parametrize(("world", "platform"), thirds([(one,) for one in STORES], first=11), indirect=["world"])
def test_orders_whose_messages_never_arrive_are_in_the_store_within_one_cycle(world: FaultWorld, platform: str) -> None:
    """R-08: 30 % of the messages are lost; the scheduler and the workers make it good within ten minutes of the hub's clock."""
    dice, trade, lost, placed = random.Random(SEED), Trade(world, platform), 0, []
    for _ in range(200 if is_full() else 10):
        dropped = dice.random() < 0.3 or not lost
        if dropped:
            world.tiktok("POST", "webhooks/rules", {"do": "drop", "times": -1})
        placed.append(trade.place())
        world.tiktok("DELETE", "webhooks/rules")
        lost += dropped
    world.forked = True
    world.settle()
    there = {one["key"] for one in world.store_orders(platform)}
    assert sum(order_id not in there for order_id in placed) == lost > 0
    started = clock.now()
    while sum(order_id not in {one["key"] for one in world.store_orders(platform)} for order_id in placed):
        world.pass_time(timedelta(minutes=1))
        assert world.fork(("schedule",)).is_well
        world.settle(later_s=0)
        assert clock.now() - started <= timedelta(minutes=10), "the ledger is not balanced within a cycle"
    world.forked = False
    counted = world.ledger(platform)
    assert (counted.missing, counted.double) == (0, 0)
    assert broken(world) == []

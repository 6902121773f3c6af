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
from hub.flows import orders as flow
from hub.stores import PLATFORMS
from tests.faults.checker import broken
from tests.faults.fault_world import FaultWorld, in_turn, is_full, thirds
from tests.faults.order_cases import order_comes, tiktok_cancels, tiktok_refunds, tiktok_ships
from tests.support.trade import CALLS, Trade

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800 if is_full() else 240)]
STORES = tuple(PLATFORMS)
# Stores with nothing of ours in them: they create whatever they are asked for, and their search shows it a minute later.
BY_API = tuple(slug for slug in STORES if PLATFORMS[slug].plugin is None)
LOSSES: dict[str, dict[str, Any]] = {"never arrived": {"drop": "before"}, "done and cut": {"drop": "after"}, "half an answer": {"truncate": True}}
# How each of these stores says that it is too busy; the others' words are the same for all.
BUSY: dict[str, dict[str, Any]] = {
    "shopify": {"status": 200, "json": {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {"cost": {"requestedQueryCost": 30, "actualQueryCost": None, "throttleStatus": {
            "maximumAvailable": 2000.0, "currentlyAvailable": 0, "restoreRate": 100.0}}}}},
    "bigcommerce": {"status": 429, "text": "", "headers": {
        "X-Rate-Limit-Requests-Left": "0", "X-Rate-Limit-Requests-Quota": "150", "X-Rate-Limit-Time-Reset-Ms": "1500",
        "X-Rate-Limit-Time-Window-Ms": "30000"}},
}
TROUBLES: dict[str, dict[str, Any] | None] = {
    "done and cut": {"drop": "after"}, "busy": None, "never arrived": {"drop": "before"}, "slow down": {
        "status": 429, "text": "", "headers": {"Retry-After": "2"}}, "half an answer": {"truncate": True}, "down": {"status": 503, "text": "Down"}}
WRITES = {"orders.create": order_comes, "orders.ship": tiktok_ships, "orders.cancel": tiktok_cancels, "orders.refund": tiktok_refunds}
SEED = 20260302


def troubles() -> list[tuple[str, str, str]]:
    """Each write of each such store with every trouble, at full size; else with one, another each time."""
    writes = list(product(BY_API, WRITES))
    if is_full():
        return [(platform, write, trouble) for (platform, write), trouble in product(writes, TROUBLES)]
    return [(platform, write, list(TROUBLES)[number % len(TROUBLES)]) for number, (platform, write) in enumerate(writes)]


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize(("world", "loss", "platform"), thirds(in_turn(list(product(LOSSES, STORES)), len(STORES)), first=0), indirect=["world"])
def test_a_lost_answer_to_a_create_makes_no_second_order(world: FaultWorld, platform: str, loss: str) -> None:
    """R-05, with our plugin where there is one: the first two answers are lost."""
    trade = Trade(world, platform)
    order_id = trade.place(2, shipping={"original": "4.99"})
    world.store(platform, "POST", "faults", {"match": {"operation": CALLS[platform]["orders.create"]}, "do": LOSSES[loss], "times": 2})
    world.recover()
    assert len(trade.copies(order_id)) == 1
    assert world.store(platform, "GET", "faults")["faults"][0]["applied"] >= 1, "the answer was not lost"
    assert broken(world) == []


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize(("world", "late_s"), thirds([(20,), (0,), (60,)], first=5, special="bare"), indirect=["world"])
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
@pytest.mark.parametrize(("world", "platform"), thirds([(one,) for one in BY_API], first=8), indirect=["world"])
def test_an_order_whose_answer_was_lost_is_found_when_the_search_shows_it_and_made_once(world: FaultWorld, platform: str) -> None:
    """R-05, a search that is 60 seconds late: the message again, the scheduler's poll and two workers at once, every ten seconds."""
    assert world.forks is not None and world.store(platform, "GET", "settings")["search_delay_s"] == 60
    trade = Trade(world, platform)
    order_id = trade.place(2, shipping={"original": "4.99"})
    world.store(platform, "POST", "faults", {"match": {"operation": CALLS[platform]["orders.create"]}, "do": {"drop": "after"}, "times": 1})
    world.forked = True
    while not trade.copies(order_id):
        world.settle(later_s=0)
        world.pass_time(timedelta(seconds=1))
    world.forked = False
    assert trade.link(order_id).store_order_id == "", "the answer was not lost"
    message = next(one for one in world.tiktok("GET", "webhooks?event=ORDER_STATUS_CHANGE")["messages"] if order_id in one["body"])
    headers = {"Content-Type": "application/json", "Authorization": message["signature"]}
    made = clock.now()
    while clock.now() < made + timedelta(seconds=120):
        requests.post(message["url"], data=message["body"].encode(), headers=headers, timeout=20)
        with world.hub.db.write() as session:
            flow.submit_relay(session, world.shop(platform), order_id)
        due = world.due()
        crowd = [world.forks.start(world.env, [("schedule",), ("tasks", due, 2)]) for _ in range(2)]
        assert all(one.wait().is_well for one in crowd)
        world.pass_time(timedelta(seconds=10))
    world.recover()
    assert len(trade.copies(order_id)) == 1 and trade.link(order_id).store_order_id == trade.there(order_id)["order_id"]
    assert len(trade.store_calls("orders.create", order_id)) == 1
    assert broken(world) == []


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize(("world", "platform"), thirds([(one,) for one in BY_API], first=10), indirect=["world"])
def test_what_follows_within_the_minute_finds_the_order_by_the_id_that_the_hub_keeps(world: FaultWorld, platform: str) -> None:
    """The buyer cancels before the store's search shows his order: it is cancelled at once, and no second one is made."""
    trade = Trade(world, platform)
    order_id = trade.place()
    placed = clock.now()
    world.settle(later_s=0)
    assert trade.link(order_id).store_order_id
    trade.tell(order_id, "cancel", {"by": "BUYER"})
    world.forked = True
    world.settle(later_s=2)
    world.forked = False
    assert trade.state(order_id) == "cancelled" and len(trade.copies(order_id)) == 1
    assert clock.now() - placed < timedelta(seconds=60), "by then the search would have shown it, too"
    world.recover()
    assert broken(world) == []


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize(("world", "platform", "write", "trouble"), thirds(troubles(), first=12), indirect=["world"])
def test_trouble_in_the_middle_of_a_write_loses_nothing_and_doubles_nothing(world: FaultWorld, platform: str, write: str, trouble: str) -> None:
    """R-05 and the slow-downs, for each write about an order in a store that has nothing of ours in it: the first two calls fail."""
    check = WRITES[write](world, platform)
    do = TROUBLES[trouble] or BUSY[platform]
    world.store(platform, "POST", "faults", {"match": {"operation": CALLS[platform][write]}, "do": do, "times": 2})
    world.recover()
    check()
    assert world.store(platform, "GET", "faults")["faults"][0]["applied"] >= 1, "there was no trouble"
    assert broken(world) == []


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize(("world", "platform"), thirds(in_turn([(one,) for one in STORES], len(STORES)), first=20), indirect=["world"])
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
@pytest.mark.parametrize(("world", "platform"), thirds(in_turn([(one,) for one in reversed(STORES)], len(STORES)), first=22), indirect=["world"])
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

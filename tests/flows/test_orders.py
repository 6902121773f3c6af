"""TikTok orders into the store: once, complete, and only when they are due (ORD, OST-08, ERR-05)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import requests
from sqlalchemy import select

from hub.config import Config
from hub.domain.orders import OrderState
from hub.domain.tasks import Kind
from hub.flows import connect, listings
from hub.flows.order_links import note_order, order_of
from hub.flows.orders import submit_relay
from hub.flows.tasks import submit
from hub.models.inbox import InboxEvent, InboxState
from hub.models.listings import Listing, ListingSku
from hub.models.orders import LinkState
from hub.models.shops import Shop
from jobs import entry
from tests.flows.conftest import TWO, sell
from tests.support.trade import Trade
from tests.support.world import few_products, small_world

# What is the store's own here is asked of all in the contract test and in tests/faults; the whole of the flow of two.
OVER = TWO


@pytest.mark.feature("ORD-01", "FUL-01")
def test_a_paid_order_stands_once_in_the_store_with_tiktoks_id_and_total(trade: Trade):
    order_id = trade.place(2, shipping={"original": "4.99"}, tax={"mode": "remitted", "rate": "0.08"})
    trade.world.settle()

    there = trade.there(order_id)
    assert Decimal(there["totals"]["grand"]) == Decimal(trade.told(order_id)["truth"]["total_amount"])
    assert there["lines"] and sum(Decimal(str(line["quantity"])) for line in there["lines"]) == 2
    shown = trade.api(f"orders/{order_id}")
    assert (shown["state"], shown["tiktok_state"], shown["store_order_id"]) == ("in_store", "AWAITING_SHIPMENT", str(there["order_id"]))
    assert shown["problems"] == []


@pytest.mark.feature("ORD-02")
def test_an_unpaid_order_is_listed_without_a_store_order(trade: Trade):
    order_id = trade.place(status="UNPAID")
    trade.world.settle()

    assert trade.copies(order_id) == []
    shown = trade.api(f"orders/{order_id}")
    assert (shown["state"], shown["tiktok_state"], shown["store_order_id"], shown["reason"]) == ("seen", "UNPAID", "", "unpaid")
    assert trade.store_calls("orders.create", order_id) == []

    trade.tell(order_id, "pay")
    trade.world.settle()
    assert trade.copies(order_id) == []       # the buyer's free hour
    assert trade.link(order_id).reason == "on_hold"
    trade.tell(order_id, "end_hold")
    trade.world.settle()
    assert trade.link(order_id).state is LinkState.IN_STORE and len(trade.copies(order_id)) == 1


@pytest.mark.feature("ORD-09")
def test_an_order_told_ten_times_stands_once(trade: Trade):
    order_id = trade.place()
    message = trade.world.tiktok("GET", "webhooks?event=ORDER_STATUS_CHANGE")["messages"][-1]
    for _ in range(9):
        trade.world.tiktok("POST", "webhooks/resend", {"id": message["id"]})
    trade.world.settle()
    assert len(trade.copies(order_id)) == 1 and len(trade.store_calls("orders.create", order_id)) == 1


@pytest.mark.feature("ORD-09")
def test_one_event_fifty_times_from_eight_threads_asks_the_store_once(fresh: Trade):
    """R-06: the messages arrive side by side, and eight workers take the work side by side."""
    world = fresh.world
    order_id = fresh.place()
    message = world.tiktok("GET", "webhooks?event=ORDER_STATUS_CHANGE")["messages"][-1]
    headers = {"Content-Type": "application/json", "Authorization": message["signature"]}

    def send(number: int) -> int:
        status = requests.post(message["url"], data=message["body"].encode(), headers=headers, timeout=20).status_code
        with world.hub.db.write() as session:       # what a hundred different messages about it would come to
            shop = session.get_one(Shop, world.shop_id(fresh.platform))
            task_id = submit_relay(session, shop, order_id).id
        entry.run(world.hub, task_id)
        return status

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(50)))
    world.settle()

    assert set(answers) == {200}
    assert len(fresh.store_calls("orders.create", order_id)) == 1 and len(fresh.copies(order_id)) == 1
    with world.hub.db.read() as session:
        rows = session.scalars(select(InboxEvent).where(InboxEvent.subject == order_id)).all()
    assert len([row for row in rows if row.event_id == message["id"]]) == 1


@pytest.mark.feature("ORD-03")
def test_an_order_is_found_by_tiktoks_id_and_only_that_one(trade: Trade):
    order_id, other = trade.buy(), trade.buy()
    assert trade.api(f"orders/{order_id}")["key"] == order_id
    listed = [one["key"] for one in every(trade)]
    assert listed.count(order_id) == listed.count(other) == 1
    assert trade.other.api_status(f"orders/{order_id}") == 404
    assert trade.api_status("orders/577000000000000000") == 404


def every(trade: Trade, **query: str) -> list[dict[str, str]]:
    """The API's list of orders, over all pages."""
    found, cursor = [], ""
    while True:
        page = trade.api("orders", **({"cursor": cursor} if cursor else {}), **query)
        found += page["orders"]
        cursor = page["next"] or ""
        if not cursor:
            return found


@pytest.mark.feature("ORD-04", "ERR-05")
def test_an_order_with_an_unlinked_sku_waits_with_a_map_link_and_lands_once_mapped(fresh: Trade):
    world, [linked, strange, *_] = fresh.world, fresh.skus()
    listing_id, variant_id = strange.listing_id, strange.variant_id
    with world.hub.db.write() as session:
        session.delete(session.get_one(ListingSku, strange.id))
    order_id = str(world.tiktok("POST", "orders", {
        "shop_id": world.shop(fresh.platform).tiktok_shop_id, "status": "AWAITING_SHIPMENT",
        "lines": [{"sku_id": linked.tiktok_sku_id}, {"sku_id": strange.tiktok_sku_id}]})["id"])
    world.settle()

    assert fresh.copies(order_id) == [] and fresh.store_calls("orders.create", order_id) == []
    shown = fresh.api(f"orders/{order_id}")
    assert shown["state"] == "needs_attention"
    [problem] = shown["problems"]
    assert problem["code"] == "order.unlinked" and strange.seller_sku in problem["where"] and "Map the TikTok Shop product" in problem["fix"]
    assert fresh.link(order_id).problems[0]["link"] == "products.map"
    assert fresh.world.ledger(fresh.platform).failed == 1

    with world.hub.db.read() as session:
        product_id = session.get_one(Listing, listing_id).tiktok_product_id or ""
    there = listings.look_up(world.hub, world.shop_id(fresh.platform), product_id)
    assert there is not None
    with world.hub.db.write() as session:
        variants = {sku.tiktok_sku_id: sku.variant_id for sku in session.scalars(select(ListingSku).where(ListingSku.listing_id == listing_id))}
        listings.map_existing(session, session.get_one(Listing, listing_id), there,
                              {**variants, strange.tiktok_sku_id: variant_id}, "tester")
    world.settle()
    assert len(fresh.copies(order_id)) == 1
    assert fresh.api(f"orders/{order_id}")["problems"] == []


@pytest.mark.feature("ORD-06")
def test_the_store_order_carries_tiktoks_id_as_its_marker(trade: Trade):
    order_id = trade.buy()
    assert len(trade.store_calls("orders.create", order_id)) == 1
    store = trade.world.hub.store_for(trade.world.connection(trade.platform))
    found = store.find_order(order_id)
    assert found is not None and found.key == order_id and found.order_id == str(trade.there(order_id)["order_id"])


@pytest.mark.feature("ORD-08")
def test_refresh_orders_brings_what_no_message_told(trade: Trade):
    world = trade.world
    world.tiktok("POST", "webhooks/rules", {"do": "drop", "times": -1})
    try:
        order_id = trade.place()
        world.settle()
        assert trade.copies(order_id) == []
        refresh(trade)
        assert len(trade.copies(order_id)) == 1
        trade.tell(order_id, "cancel", {"by": "SYSTEM"})
        refresh(trade)
        assert trade.state(order_id) == "cancelled"
        refresh(trade)
        assert len(trade.store_calls("orders.create", order_id)) == 1
    finally:
        world.tiktok("DELETE", "webhooks/rules")


def refresh(trade: Trade) -> None:
    """The task that reads what changed, and all that follows from it."""
    with trade.world.hub.db.write() as session:
        task = submit(session, Kind.SYNC_ORDERS, shop_id=trade.world.shop_id(trade.platform), summary="Refresh orders",
                      connection_id=trade.world.connections[trade.platform])
        task_id = task.id
    trade.world.pass_time(timedelta(seconds=2))        # a search by time leaves the second that has just begun to the next look
    trade.world.run_due()
    trade.world.expect_done(task_id)
    trade.world.settle()


@pytest.mark.feature("ORD-10")
def test_each_state_has_its_list(trade: Trade):
    unpaid, open_, shipped, cancelled = trade.place(status="UNPAID"), trade.buy(), trade.buy(), trade.buy()
    trade.tell(shipped, "ship")
    trade.tell(cancelled, "cancel", {"by": "BUYER"})
    trade.world.settle()
    where = {"seen": unpaid, "in_store": open_, "shipped": shipped, "cancelled": cancelled}
    for state, order_id in where.items():
        assert [one for one in where.values() if one in {row["key"] for row in every(trade, state=state)}] == [order_id], state


@pytest.mark.feature("OST-08")
def test_orders_that_tiktok_fulfils_stay_here_until_the_setting_says_otherwise(trade: Trade):
    order_id = trade.place(fulfillment_type="FULFILLMENT_BY_TIKTOK", shipping_type="TIKTOK")
    trade.world.settle()
    assert trade.copies(order_id) == [] and trade.link(order_id).reason == "fulfilled_by_tiktok"
    assert trade.api(f"orders/{order_id}")["reason"] == "fulfilled_by_tiktok"
    with trade.with_settings(sync_tiktok_fulfilled=True):
        second = trade.place(fulfillment_type="FULFILLMENT_BY_TIKTOK", shipping_type="TIKTOK")
        trade.world.settle()
        assert len(trade.copies(second)) == 1


def test_a_buyer_whom_tiktok_masks_still_has_his_order(trade: Trade):
    order_id = trade.buy(masked=True, buyer={"first_name": "Noor", "last_name": "Sample"})
    assert Decimal(trade.there(order_id)["totals"]["grand"]) == Decimal(trade.told(order_id)["truth"]["total_amount"])
    assert trade.link(order_id).problems == []


def test_old_news_never_moves_an_order_back(trade: Trade):
    """I5: messages that come late say what was; the order is read afresh, and an older answer changes nothing."""
    order_id = trade.place(status="UNPAID")
    trade.world.tiktok("POST", "webhooks/rules", {"do": "drop", "times": -1})
    trade.tell(order_id, "pay", {"status": "AWAITING_SHIPMENT"})
    trade.tell(order_id, "ship")
    trade.tell(order_id, "collect")
    trade.world.tiktok("DELETE", "webhooks/rules")
    messages = [one for one in trade.world.tiktok("GET", "webhooks?event=ORDER_STATUS_CHANGE")["messages"] if order_id in one["body"]]
    for message in reversed(messages):
        trade.world.tiktok("POST", "webhooks/resend", {"id": message["id"]})
        trade.world.settle()
    assert trade.link(order_id).tiktok_state is OrderState.IN_TRANSIT
    assert len(trade.copies(order_id)) == 1

    stale = order_of(trade.link(order_id))
    older = replace(stale, state=OrderState.AWAITING_SHIPMENT, raw_state="AWAITING_SHIPMENT", updated_at=stale.updated_at - timedelta(seconds=5))
    with trade.world.hub.db.write() as session:
        link, is_news = note_order(session, session.get_one(Shop, trade.world.shop_id(trade.platform)), older)
        assert not is_news and link.tiktok_state is OrderState.IN_TRANSIT


def test_an_order_of_a_shop_that_nobody_chose_yet_is_kept_and_taken_up(config: Config):
    with small_world(config, "magento", catalogue=few_products()) as world:
        sell(world, "magento")
        trade, tiktok_id = Trade(world, "magento"), world.shop().tiktok_shop_id
        with world.hub.db.write() as session:        # the seller's shop, before anybody chose it
            session.get_one(Shop, world.shop_id()).connection_id = None
        order_id = str(world.tiktok("POST", "orders", {
            "shop_id": tiktok_id, "status": "AWAITING_SHIPMENT",
            "lines": [{"seller_sku": "HH-003"}]})["id"])
        world.settle()
        with world.hub.db.read() as session:
            states = {row.state for row in session.scalars(select(InboxEvent).where(InboxEvent.subject == order_id))}
            shop_id = session.scalars(select(Shop.id).where(Shop.tiktok_shop_id == tiktok_id)).one()
            chosen_at = session.get_one(Shop, shop_id).created_at
        assert states == {InboxState.PARKED} and trade.copies(order_id) == []

        connect.choose_shop(world.hub, world.connections["magento"], shop_id)
        with world.hub.db.write() as session:
            session.get_one(Shop, shop_id).created_at = chosen_at
        world.settle()
        assert len(trade.copies(order_id)) == 1

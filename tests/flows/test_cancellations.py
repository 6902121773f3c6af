"""Cancellations both ways, each once, and none comes back as its own echo (CXL, R-31)."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from hub.models.orders import LinkState
from tests.flows.test_fulfilment import number, ship, shipped_calls
from tests.support.trade import Trade


@pytest.mark.feature("CXL-01", "CXL-04")
def test_a_store_cancellation_becomes_one_tiktok_cancellation_with_a_reason(trade: Trade):
    order_id = trade.buy()
    trade.in_store(order_id, "cancel")
    trade.world.settle()

    told = trade.told(order_id)
    assert told["status"] == "CANCELLED" and told["cancel_reason"]
    [call] = trade.tiktok_calls("CancelOrder", order_id)
    assert json.loads(call.body)["cancel_reason"]
    trade.world.settle()
    assert trade.store_calls("orders.cancel", order_id) == [], "TikTok's own message about it goes nowhere"
    assert trade.api(f"orders/{order_id}")["state"] == "cancelled"


@pytest.mark.feature("CXL-02", "CXL-04")
@pytest.mark.parametrize("role", ["BUYER", "SELLER", "SYSTEM", "OPERATOR"])
def test_a_tiktok_cancellation_cancels_the_store_order_once(trade: Trade, role: str):
    order_id = trade.buy(2)
    trade.tell(order_id, "cancel", {"by": role})
    trade.world.settle()
    messages = [one for one in trade.world.tiktok("GET", "webhooks")["messages"] if order_id in one["body"]]
    for message in messages:
        trade.world.tiktok("POST", "webhooks/resend", {"id": message["id"]})
    trade.world.settle()

    assert trade.state(order_id) == "cancelled"
    assert len(trade.store_calls("orders.cancel", order_id)) == 1
    assert trade.tiktok_calls("CancelOrder", order_id) == [], "the store's own message about it goes nowhere"


@pytest.mark.feature("CXL-02")
def test_stock_that_a_cancelled_order_took_is_back(trade: Trade):
    sku = trade.skus()[2]
    before = quantity(trade, sku.seller_sku)
    order_id = trade.buy(3, sku=2)
    assert quantity(trade, sku.seller_sku) == before - 3
    trade.tell(order_id, "cancel", {"by": "BUYER"})
    trade.world.settle()
    assert quantity(trade, sku.seller_sku) == before


def quantity(trade: Trade, sku: str) -> Decimal:
    """What the store can still sell of it."""
    rows = trade.world.store(trade.platform, "GET", "products")
    [row] = [one for one in rows if one["sku"] == sku]
    return Decimal(str(row.get("salable", row["quantity"])))


@pytest.mark.feature("CXL-03")
def test_a_buyers_request_changes_nothing_until_it_is_decided(trade: Trade):
    withdrawn, granted = trade.buy(), trade.buy()
    for order_id in (withdrawn, granted):
        trade.tell(order_id, "request_cancel")
    trade.world.settle()
    for order_id in (withdrawn, granted):
        assert trade.link(order_id).cancel_requested and trade.state(order_id) == "open"
        assert trade.store_calls("orders.cancel", order_id) == []

    trade.tell(withdrawn, "withdraw_cancel")
    trade.tell(granted, "cancel", {"by": "BUYER"})
    trade.world.settle()
    assert (trade.state(withdrawn), trade.state(granted)) == ("open", "cancelled")
    assert not trade.link(withdrawn).cancel_requested and trade.link(withdrawn).state is LinkState.IN_STORE


@pytest.mark.feature("CXL-02", "RET-05")
def test_units_cancelled_out_of_a_living_order_are_refunded_in_the_store_once(trade: Trade):
    order_id = trade.buy(3, tax={"mode": "remitted", "rate": "0.1"})
    line = trade.told(order_id)["truth"]["line_ids"][0]
    trade.tell(order_id, "cancel", {"by": "BUYER", "line_ids": [line]})
    trade.world.pass_time(timedelta(minutes=2))        # until TikTok Shop has paid it back
    trade.world.tiktok("POST", "tick")
    for _ in range(3):
        trade.world.settle()

    assert len(trade.store_calls("orders.refund", order_id)) == 1
    one = Decimal(trade.told(order_id)["truth"]["amounts"]["sub_total"]) / 3
    assert one <= trade.refunded(order_id) == refunds_of(trade, order_id, line) < one * 2
    assert trade.state(order_id) == "open", "the rest of the order lives on"
    ship(trade, order_id, number())
    assert trade.told(order_id)["status"] == "AWAITING_COLLECTION"


def refunds_of(trade: Trade, order_id: str, line_id: str) -> Decimal:
    """What TikTok Shop gave back for this one line of the order, and nothing else of it."""
    shop = trade.world.hub.shop_for(trade.world.shop_id(trade.platform))
    [told] = [one for one in shop.aftersales.cancellations(order_ids=[order_id]) if one.done]
    assert told.line_ids == (line_id,)
    return told.refund_total


@pytest.mark.feature("CXL-02")
def test_units_cancelled_before_the_order_is_created_are_refunded_right_after(trade: Trade):
    order_id = trade.place(3, status="ON_HOLD")
    line = trade.told(order_id)["truth"]["line_ids"][0]
    trade.tell(order_id, "cancel", {"by": "SELLER", "line_ids": [line]})
    trade.world.pass_time(timedelta(minutes=2))
    trade.world.tiktok("POST", "tick")
    trade.world.settle()
    assert trade.copies(order_id) == []
    trade.tell(order_id, "end_hold")
    trade.world.settle()

    assert len(trade.store_calls("orders.refund", order_id)) == 1
    assert Decimal(str(trade.there(order_id)["totals"]["grand"])) == Decimal(trade.told(order_id)["truth"]["total_amount"])
    assert trade.refunded(order_id) == refunds_of(trade, order_id, line) > 0


@pytest.mark.feature("CXL-01")
def test_a_cancellation_that_tiktok_refuses_is_shown_with_what_to_do(trade: Trade):
    order_id = trade.buy()
    trade.world.tiktok("POST", "faults", {"match": {"operation": "CancelOrder", "contains": order_id}, "times": -1,
                                          "do": {"status": 200, "json": {"code": 25001021, "message": "the reason does not match"}}})
    trade.in_store(order_id, "cancel")
    trade.world.settle()
    trade.world.tiktok("DELETE", "faults")
    [problem] = [one for one in trade.api(f"orders/{order_id}")["problems"] if one["code"] == "cancel.refused"]
    assert "TikTok Shop" in problem["says"] and problem["fix"]


def test_what_the_hub_did_never_comes_back_as_new(trade: Trade):
    """R-31: twenty rounds of each kind, and each has one effect on the other side and none on its own."""
    shipped, cancelled, echoed = [], [], []
    for _ in range(5):
        shipped.append(trade.buy())
        cancelled.append(trade.buy())
        echoed.append(trade.buy())
    for order_id in shipped:
        ship(trade, order_id, number())
    for order_id in cancelled:
        trade.tell(order_id, "cancel", {"by": "BUYER"})
    for order_id in echoed:
        trade.in_store(order_id, "cancel")
    for _ in range(3):
        trade.world.settle()
        trade.world.store(trade.platform, "POST", "events/deliver")

    assert {len(shipped_calls(trade, one)) for one in shipped} == {1}
    assert {len(trade.store_calls("orders.ship", one)) for one in (*shipped, *cancelled, *echoed)} == {0}
    assert {len(trade.store_calls("orders.cancel", one)) for one in cancelled} == {1}
    assert {len(trade.tiktok_calls("CancelOrder", one)) for one in (*cancelled, *shipped)} == {0}
    assert {len(trade.tiktok_calls("CancelOrder", one)) for one in echoed} == {1}
    assert {len(trade.store_calls("orders.cancel", one)) for one in echoed} == {0}

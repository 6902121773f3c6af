"""TikTok orders into the store: once, complete, and only when they are due (ORD, OST-08, ERR-05)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hub.models.orders import LinkState
from tests.support.trade import Trade


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

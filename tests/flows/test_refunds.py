"""Refunds begin, run and end on TikTok Shop; the store is told once, with the exact amount (RET)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hub.flows.orders import submit_relay
from tests.flows.test_fulfilment import number, retry, ship
from tests.flows.test_orders import refresh
from tests.support.trade import Trade


def delivered(trade: Trade, units: int = 2, **more: Any) -> str:
    """An order at the buyer's."""
    order_id = trade.buy(units, **more)
    ship(trade, order_id, number())
    for step in ("collect", "deliver"):
        trade.tell(order_id, step)
        trade.world.settle()
    return order_id


@pytest.mark.feature("RET-01", "RET-02", "RET-05")
def test_a_whole_refund_becomes_one_credit_memo_of_that_amount(trade: Trade):
    order_id = delivered(trade, shipping={"original": "4.99"}, tax={"mode": "remitted", "rate": "0.0825"})
    total = trade.tell(order_id, "refund")["refund_total"]
    trade.world.settle()
    messages = [one for one in trade.world.tiktok("GET", "webhooks?event=RETURN_STATUS_CHANGE")["messages"] if order_id in one["body"]]
    assert messages
    for _ in range(5):
        trade.world.tiktok("POST", "webhooks/resend", {"id": messages[-1]["id"]})
        trade.world.settle()

    assert trade.refunded(order_id) == Decimal(total)
    assert len(trade.store_calls("orders.refund", order_id)) == 1
    assert Decimal(trade.api(f"orders/{order_id}")["refunded"]) == Decimal(total)
    assert trade.api(f"orders/{order_id}")["problems"] == []


@pytest.mark.feature("RET-01", "RET-02")
@pytest.mark.parametrize("mode", ["exclusive", "inclusive", "remitted"])
def test_one_unit_of_several_is_refunded_to_the_cent(trade: Trade, mode: str):
    order_id = delivered(trade, 3, tax={"mode": mode, "rate": "0.0825"},
                         lines=[{"sku_id": trade.skus()[0].tiktok_sku_id, "quantity": 3, "seller_discount": "0.37", "platform_discount": "0.11"}])
    line = trade.told(order_id)["truth"]["line_ids"][1]
    total = trade.tell(order_id, "refund", {"line_ids": [line]})["refund_total"]
    trade.world.settle()
    assert trade.refunded(order_id) == Decimal(total) > 0
    second = trade.tell(order_id, "refund", {"line_ids": [trade.told(order_id)["truth"]["line_ids"][2]]})["refund_total"]
    trade.world.settle()
    assert trade.refunded(order_id) == Decimal(total) + Decimal(second)
    assert len(trade.store_calls("orders.refund", order_id)) == 2


@pytest.mark.feature("RET-01")
def test_a_return_is_told_only_when_it_is_complete(trade: Trade):
    order_id = delivered(trade)
    return_id = trade.tell(order_id, "return", {"type": "RETURN_AND_REFUND"})["return_id"]
    for step in ("approve", "buyer_ship", "receive"):
        trade.world.tiktok("POST", f"returns/{return_id}/{step}")
        trade.world.settle()
        assert trade.store_calls("orders.refund", order_id) == [], step
    trade.world.tiktok("POST", f"returns/{return_id}/complete")
    trade.world.settle()
    assert len(trade.store_calls("orders.refund", order_id)) == 1
    assert trade.refunded(order_id) == Decimal(trade.told(order_id)["truth"]["refunded"]) > 0


@pytest.mark.feature("RET-05")
def test_a_refund_that_no_message_told_is_found_by_time(trade: Trade):
    order_id = delivered(trade)
    trade.world.tiktok("POST", "webhooks/rules", {"do": "drop", "times": -1})
    try:
        total = trade.tell(order_id, "refund")["refund_total"]
        trade.world.settle()
        assert trade.store_calls("orders.refund", order_id) == []
        for _ in range(3):
            refresh(trade)
    finally:
        trade.world.tiktok("DELETE", "webhooks/rules")
    assert len(trade.store_calls("orders.refund", order_id)) == 1
    assert trade.refunded(order_id) == Decimal(total)


def test_a_refund_that_the_store_refuses_is_shown_and_not_sent_again_by_itself(trade: Trade):
    order_id = delivered(trade)
    trade.in_store(order_id, "refund", trade.merchant.a_penny(trade.there(order_id)))      # by hand: the whole is more than is left
    trade.world.settle()
    total = trade.tell(order_id, "refund")["refund_total"]
    trade.world.settle()
    [problem] = trade.api(f"orders/{order_id}")["problems"]
    assert problem["code"] == "refund.refused" and total in problem["fix"]
    calls = len(trade.store_calls("orders.refund", order_id))

    message = [one for one in trade.world.tiktok("GET", "webhooks?event=RETURN_STATUS_CHANGE")["messages"] if order_id in one["body"]][-1]
    trade.world.tiktok("POST", "webhooks/resend", {"id": message["id"]})
    with trade.world.hub.db.write() as session:
        submit_relay(session, trade.world.shop(trade.platform), order_id)
    trade.world.settle()
    assert len(trade.store_calls("orders.refund", order_id)) == calls
    assert [one["code"] for one in trade.api(f"orders/{order_id}")["problems"]] == ["refund.refused"], "it stays until a person acts"
    told = len(trade.timeline(order_id))
    retry(trade, order_id)
    assert len(trade.timeline(order_id)) > told and trade.refunded(order_id) == Decimal("0.01"), "asked again, and refused again"

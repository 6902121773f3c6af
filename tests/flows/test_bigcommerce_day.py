"""A day with a BigCommerce store: orders, parcels both ways, refunds, cancellations, and what the ledger counts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from hub.config import Config
from tests.support.trade import Trade
from tests.support.world import few_products, small_world

STORE = "bigcommerce"


@pytest.fixture
def trade(config: Config) -> Iterator[Trade]:
    """BigCommerce with a few products live and plenty of each; its lists show what is new a minute late."""
    with small_world(config, STORE, catalogue=few_products()) as built:
        built.pull(STORE)
        built.push(STORE)
        for sku in built.skus(STORE):
            built.store(STORE, "PATCH", f"products/{sku.seller_sku}", {"quantity": 5000})
        built.settle()
        built.store(STORE, "POST", "settings", {"search_delay_s": 60})
        yield Trade(built, STORE)


@pytest.mark.feature("FUL-05", "FUL-10")
def test_what_the_merchant_ships_reaches_tiktok_shop_and_the_order_follows_it_to_its_end(trade):
    order_id = trade.buy()
    trade.set(carriers={"USPS": trade.world.shop(STORE).providers[-1]["id"]})
    trade.in_store(order_id, "ship", {"number": "9400111899223", "carrier": "usps"})
    trade.world.settle()
    assert trade.told(order_id)["status"] == "AWAITING_COLLECTION"
    for step, status in (("collect", "Shipped"), ("deliver", "Awaiting Pickup"), ("complete", "Completed")):
        trade.tell(order_id, step)
        trade.world.settle()
        assert trade.there(order_id)["status"] == status
    assert len(trade.there(order_id)["shipments"]) == 1


def test_tiktoks_own_parcel_and_its_refund_stand_once_in_the_store(trade):
    order_id = trade.buy(2, shipping_type="TIKTOK")
    trade.bring_to(order_id, "DELIVERED")
    (shipment,) = trade.there(order_id)["shipments"]
    assert shipment["tracks"][0]["number"] == trade.told(order_id)["line_items"][0]["tracking_number"]
    trade.tell(order_id, "refund")
    trade.world.settle()
    there = trade.there(order_id)
    assert Decimal(there["refunded"]) == Decimal(trade.told(order_id)["truth"]["refunded"]) > 0 and len(there["refunds"]) == 1


@pytest.mark.feature("CXL-01", "CXL-02")
def test_a_cancellation_goes_either_way_once(trade):
    sku = trade.skus()[0].seller_sku

    def left() -> int:
        return next(int(one["quantity"]) for one in trade.world.store(STORE, "GET", "products") if one["sku"] == sku)

    before = left()
    there, here = trade.buy(3), trade.buy(2)
    assert left() == before - 5
    trade.tell(there, "cancel", {"by": "BUYER"})
    trade.world.settle()
    assert trade.state(there) == "cancelled" and left() == before - 2
    trade.in_store(here, "cancel")
    trade.world.settle()
    assert trade.told(here)["status"] == "CANCELLED" and left() == before


@pytest.mark.feature("ORD-09")
def test_the_ledger_counts_a_copy_and_an_archived_order_at_once(trade):
    trade.buy()
    copied, archived = trade.buy(), trade.buy()
    trade.in_store(copied, "plant")
    trade.world.store(STORE, "DELETE", f"orders/{trade.there(archived)['order_id']}")
    trade.world.store(STORE, "POST", "settings", {"search_delay_s": 0})
    counted = trade.world.ledger(STORE)
    assert (counted.seen, counted.created, counted.missing, counted.double) == (3, 2, 1, 1)
    assert [one["code"] for one in trade.api(f"orders/{archived}")["problems"]] == ["order.deleted"]

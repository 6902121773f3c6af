"""The main job, end to end: catalogue → TikTok Shop → order → store → shipped → balanced."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from hub.config import Config
from hub.domain.listings import ListingState
from hub.models.orders import LinkState
from tests.support.world import World, small_world


@pytest.mark.feature("PUL-04", "CAT-06", "PRD-05")
def test_a_catalogue_becomes_listings_and_each_other_product_says_why(config: Config):
    with small_world(config, "magento") as world:
        world.pull()
        world.push()

        states = Counter(one.state for one in world.listings())
        assert states[ListingState.LIVE] >= 55, states
        for one in world.listings(state=ListingState.LIVE):
            assert one.tiktok_product_id and one.tiktok_status == "ACTIVATE"
        rest = [one for one in world.listings() if one.state is not ListingState.LIVE]
        assert all(one.state is ListingState.NEEDS_ATTENTION and one.problems for one in rest), [(one.state, one.problems) for one in rest]


@pytest.mark.feature("ORD-01", "FUL-02", "FUL-08")
def test_a_paid_order_lands_ships_and_is_delivered(listed: World):
    sku = listed.skus()[0]

    placed = listed.tiktok("POST", "orders", {
        "shop_id": listed.shop().tiktok_shop_id, "status": "AWAITING_SHIPMENT", "shipping": {"original": "4.99"},
        "lines": [{"sku_id": sku.tiktok_sku_id, "quantity": 2}], "tax": {"mode": "remitted", "rate": "0.08"}})
    listed.settle()

    order_id = placed["id"]
    link = listed.link(order_id)
    assert link.state is LinkState.IN_STORE, link.problems
    [there] = [one for one in listed.store_orders() if one["key"] == order_id]
    told = listed.tiktok("GET", f"orders/{order_id}")
    assert Decimal(there["totals"]["grand"]) == Decimal(told["truth"]["total_amount"])


@pytest.mark.feature("ORD-09")
def test_an_order_told_ten_times_is_created_once(listed: World):
    sku = listed.skus()[0]
    placed = listed.tiktok("POST", "orders", {
        "shop_id": listed.shop().tiktok_shop_id, "status": "AWAITING_SHIPMENT", "lines": [{"sku_id": sku.tiktok_sku_id}]})
    messages = listed.tiktok("GET", "webhooks?event=ORDER_STATUS_CHANGE")["messages"]

    for _ in range(10):
        listed.tiktok("POST", "webhooks/resend", {"id": messages[-1]["id"]})
        listed.settle()

    assert [one["key"] for one in listed.store_orders()].count(placed["id"]) == 1
    counted = listed.ledger()
    assert (counted.missing, counted.double) == (0, 0)


def test_a_planted_copy_shows_as_double_and_a_deleted_order_as_missing(listed: World):
    sku = listed.skus()[0]
    orders = [listed.tiktok("POST", "orders", {
        "shop_id": listed.shop().tiktok_shop_id, "status": "AWAITING_SHIPMENT", "lines": [{"sku_id": sku.tiktok_sku_id}]})["id"]
        for _ in range(2)]
    listed.settle()
    assert (listed.ledger().missing, listed.ledger().double) == (0, 0)

    listed.store("magento", "POST", f"orders/{listed.link(orders[0]).store_order_id}/plant")
    listed.store("magento", "DELETE", f"orders/{listed.link(orders[1]).store_order_id}")

    counted = listed.ledger()
    assert (counted.missing, counted.double) == (1, 1)
    assert counted.seen == counted.created + counted.not_due + counted.failed + counted.missing

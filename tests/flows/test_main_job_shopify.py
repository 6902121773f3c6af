"""The main job with Shopify: what its asynchronous search, its webhooks and its rate limit make of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hub.config import Config
from hub.flows import products
from hub.models.orders import LinkState
from hub.models.shops import Shop
from tests.flows.catalogue import listing_of, there
from tests.support.trade import Trade
from tests.support.world import World, few_products, small_world

SHOPIFY = "shopify"


@pytest.fixture
def world(config: Config) -> Iterator[World]:
    """Shopify's practice store, connected; nothing pulled yet."""
    with small_world(config, SHOPIFY, catalogue=few_products()) as built:
        yield built


@pytest.fixture
def trade(world: World) -> Trade:
    """The same with its products live."""
    world.pull(SHOPIFY)
    world.push(SHOPIFY)
    return Trade(world, SHOPIFY)


def only(found: Any) -> Any:
    (one,) = found
    return one


@pytest.mark.feature("SHP-06", "PUL-08")
def test_a_pull_says_how_long_shopifys_limit_kept_it_waiting_and_leaves_nothing_out(world: World) -> None:
    world.store(SHOPIFY, "POST", "settings", {"bucket": 1000, "restore_rate": 300})
    world.store(SHOPIFY, "POST", "throttle")
    with world.hub.db.write() as session:
        task_id = products.submit_pull(session, world.connections[SHOPIFY], None, None, "tester").id
    world.run_due()
    done = world.expect_done(task_id)
    assert done.result == {"new": 6, "changed": 0, "unchanged": 0}
    assert "waited" in done.says and "rate limit" in done.says


def test_an_order_comes_once_though_the_search_lags_and_its_own_news_arrives_first(world: World, trade: Trade) -> None:
    world.store(SHOPIFY, "POST", "settings", {"search_delay_s": 60})
    order_id = trade.buy()
    world.settle()
    assert trade.link(order_id).state is LinkState.IN_STORE and trade.link(order_id).problems == []
    assert only(world.store_orders(SHOPIFY))["key"] == order_id


@pytest.mark.feature("FUL-01", "FUL-02", "FUL-04")
def test_a_fulfilment_in_shopify_is_tracking_on_tiktok_shop(world: World, trade: Trade) -> None:
    order_id = trade.buy()
    store_id = trade.link(order_id).store_order_id
    world.store(SHOPIFY, "POST", f"orders/{store_id}/ship", {"number": "AB123456789GB", "carrier": trade.world.shop(SHOPIFY).providers[0]["name"]})
    world.settle()
    assert trade.told(order_id)["status"] == "AWAITING_COLLECTION"
    assert "AB123456789GB" in str(trade.told(order_id))


@pytest.mark.feature("CXL-01", "CXL-04")
def test_a_cancellation_in_shopify_is_one_on_tiktok_shop(world: World, trade: Trade) -> None:
    order_id = trade.buy()
    world.store(SHOPIFY, "POST", f"orders/{trade.link(order_id).store_order_id}/cancel", {})
    world.settle()
    assert trade.told(order_id)["status"] == "CANCELLED"
    assert trade.link(order_id).state is LinkState.CANCELLED


@pytest.mark.feature("CXL-02")
def test_a_cancellation_on_tiktok_shop_cancels_in_shopify_once(world: World, trade: Trade) -> None:
    order_id = trade.buy()
    world.store(SHOPIFY, "POST", "settings", {"job_delay_s": 0})
    trade.tell(order_id, "cancel")
    world.settle()
    found = only(world.store_orders(SHOPIFY))
    assert found["state"] == "cancelled" and len(found["refunds"]) == 1


@pytest.mark.feature("OST-13")
def test_an_order_of_the_free_hour_is_on_hold_in_shopify_and_released_after_it(world: World, trade: Trade) -> None:
    order_id = trade.place()
    world.deliver("tiktok")
    world.settle()
    found = only(world.store_orders(SHOPIFY))
    assert found["key"] == order_id and found["fulfillment"] == "on_hold"
    world.pass_time(timedelta(hours=1))
    world.settle()
    assert only(world.store_orders(SHOPIFY))["fulfillment"] == "unfulfilled"


def test_a_hold_that_a_crash_left_out_is_made_up_for_when_the_order_is_found(world: World, trade: Trade) -> None:
    world.store(SHOPIFY, "POST", "faults", {"match": {"operation": "Hold"}, "do": {"drop": "before"}, "times": 1})
    order_id = trade.place()
    world.deliver("tiktok")
    world.settle(later_s=300)
    found = only(world.store_orders(SHOPIFY))
    assert found["key"] == order_id and found["fulfillment"] == "on_hold"


@pytest.mark.feature("INV-12", "INV-13")
def test_the_location_that_was_chosen_gives_the_stock_and_gets_the_order(world: World, trade: Trade) -> None:
    sku = trade.skus()[0].seller_sku
    first, second = only(row for row in world.store(SHOPIFY, "GET", "products") if row["sku"] == sku)["quantities"]
    for location, quantity in ((first, 3), (second, 9)):
        world.store(SHOPIFY, "PATCH", f"products/{sku}", {"quantity": quantity, "location_id": int(location)})
    world.settle()
    assert _on_sale(world, sku) == 12

    with world.hub.db.write() as session:
        session.get_one(Shop, world.shop_id(SHOPIFY)).scope = f"location:{second}"
    world.pull(SHOPIFY)
    assert _on_sale(world, sku) == 9
    order_id = trade.buy()
    open_ones = [one for one in trade.there(order_id)["fulfillment_orders"] if one["status"] == "OPEN"]
    assert {one["location_id"] for one in open_ones} == {second}


def test_stock_that_changes_in_shopify_changes_on_tiktok_shop(world: World, trade: Trade) -> None:
    sku = trade.skus()[0]
    world.store(SHOPIFY, "PATCH", f"products/{sku.seller_sku}", {"quantity": 3})
    world.settle()
    assert _on_sale(world, sku.seller_sku) == 3


def _on_sale(world: World, sku: str) -> int:
    product = there(world, listing_of(world, sku, SHOPIFY).tiktok_product_id)
    return int({one["seller_sku"]: one["available"] for one in product["skus"]}[sku])

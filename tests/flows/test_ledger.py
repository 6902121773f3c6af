"""The ledger: every order accounted for, counted from both sides, and money equal to the cent (section 6.1 of the issue)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.config import Config
from hub.flows.ledger import submit_reconcile
from hub.seed import SeedCatalogue
from tests.flows.conftest import STORES, TWO, sell
from tests.flows.test_fulfilment import retry
from tests.support.merchants import MERCHANTS
from tests.support.trade import Trade
from tests.support.world import few_products, small_world

ORDERS = 200


@pytest.mark.slow
@pytest.mark.feature("ORD-01", "ORD-09")
def test_two_hundred_orders_by_seed_balance_to_the_cent(trade: Trade):
    world = trade.world
    placed = world.tiktok("POST", "orders/seed", {
        "seed": 7, "count": ORDERS, "shop_id": world.shop(trade.platform).tiktok_shop_id})["orders"]
    world.settle()
    counted = world.ledger(trade.platform)

    assert (counted.missing, counted.double, counted.failed) == (0, 0, 0)
    assert counted.seen == counted.created == ORDERS
    in_store = {one["key"]: Decimal(str(one["totals"]["grand"])) for one in world.store_orders(trade.platform)}
    differ = [(one["id"], one["total_amount"], in_store.get(one["id"])) for one in placed
              if in_store.get(one["id"]) != Decimal(one["total_amount"])]
    assert differ == []
    kinds = Counter(one["tax_mode"] for one in placed)
    fees = {name for one in placed for name in one["fees"]}
    assert set(kinds) == {"exclusive", "inclusive", "remitted"} and "eco_packaging_fee" in fees and len(fees) >= 12
    assert {one["masked"] for one in placed} == {True, False}


@pytest.mark.feature("ORD-09")
def test_a_copy_made_by_hand_counts_as_double_and_a_deleted_order_as_missing(fresh: Trade):
    world = fresh.world
    kept, copied, deleted = fresh.buy(), fresh.buy(), fresh.buy()
    world.store(fresh.platform, "POST", f"orders/{fresh.there(copied)['order_id']}/plant")
    world.store(fresh.platform, "DELETE", f"orders/{fresh.there(deleted)['order_id']}")
    world.pass_time(timedelta(minutes=5))       # what a store's search may not show yet is not missing
    counted = world.ledger(fresh.platform)
    assert (counted.seen, counted.created, counted.missing, counted.double) == (3, 2, 1, 1)
    shown = fresh.api("ledger")
    assert {name: shown[name] for name in ("seen", "paid", "created", "not_due", "failed", "missing", "double")} == {
        "seen": 3, "paid": 3, "created": 2, "not_due": 0, "failed": 0, "missing": 1, "double": 1}
    assert [one["code"] for one in fresh.api(f"orders/{copied}")["problems"]] == ["order.double"]
    assert fresh.api(f"orders/{kept}")["problems"] == []

    copy = next(one for one in fresh.copies(copied) if str(one["order_id"]) != fresh.link(copied).store_order_id)
    world.store(fresh.platform, "DELETE", f"orders/{copy['order_id']}")
    retry(fresh, deleted)       # a person says that it should exist
    world.pass_time(timedelta(minutes=1))
    counted = world.ledger(fresh.platform)
    assert (counted.double, fresh.api(f"orders/{copied}")["problems"]) == (0, [])


@pytest.mark.parametrize("fresh", TWO, indirect=True)
def test_each_order_is_counted_as_one_thing_only(fresh: Trade):
    """seen = created + not due + failed + missing, whatever happened to them."""
    world = fresh.world
    fresh.place(status="UNPAID")
    fresh.place(status="ON_HOLD")
    fresh.place(fulfillment_type="FULFILLMENT_BY_TIKTOK", shipping_type="TIKTOK")
    gone = fresh.place(status="UNPAID")
    fresh.tell(gone, "cancel", {"by": "BUYER"})
    cancelled = fresh.buy()
    fresh.tell(cancelled, "cancel", {"by": "BUYER"})
    fresh.buy()
    world.settle()
    counted = world.ledger(fresh.platform)
    assert (counted.seen, counted.created, counted.not_due, counted.failed, counted.missing, counted.double) == (6, 2, 4, 0, 0, 0)
    reasons = {one.reason for one in world.ledger_entries(fresh.platform) if one.verdict.value == "not_due"}
    assert len(reasons) == 4 and all(reasons)


@pytest.mark.parametrize("fresh", TWO, indirect=True)
def test_what_never_arrived_counts_as_missing_after_five_minutes_and_is_set_going(fresh: Trade):
    world = fresh.world
    world.tiktok("POST", "webhooks/rules", {"do": "drop", "times": -1})
    order_id = fresh.place()
    counted = world.ledger(fresh.platform)
    assert (counted.not_due, counted.missing) == (1, 0), "it has just been placed"
    world.pass_time(timedelta(minutes=6))
    with world.hub.db.write() as session:
        task_id = submit_reconcile(session, world.connections[fresh.platform]).id
    world.run_due()
    assert "1 missing" in world.expect_done(task_id).says
    world.settle()
    assert len(fresh.copies(order_id)) == 1
    counted = world.ledger(fresh.platform)
    assert (counted.created, counted.missing) == (1, 0)


@pytest.mark.parametrize("fresh", [slug for slug in STORES if MERCHANTS[slug].changes_totals], indirect=True)
def test_a_total_that_another_extension_changes_is_shown_with_the_amount(fresh: Trade):
    fresh.world.store(fresh.platform, "POST", "surcharge", {"amount": "0.50"})
    order_id = fresh.buy()
    [problem] = fresh.api(f"orders/{order_id}")["problems"]
    assert problem["code"] == "order.total_differs" and "0.50" in problem["says"]
    assert fresh.world.ledger(fresh.platform).created == 1


def test_a_paid_order_of_more_than_there_is_lands_and_says_so(fresh: Trade):
    order_id = fresh.place(units=2)
    fresh.world.store(fresh.platform, "PATCH", f"products/{fresh.skus()[0].seller_sku}", {"quantity": 1, "via": "sql", "silent": True})
    fresh.world.settle()
    assert [one["code"] for one in fresh.api(f"orders/{order_id}")["problems"]] == ["order.oversold"]
    assert len(fresh.copies(order_id)) == 1


@pytest.mark.feature("ORD-01")
@pytest.mark.parametrize("platform", STORES)
def test_a_market_without_decimals_balances_too(config: Config, platform: str):
    catalogue = in_yen(few_products())
    with small_world(config, catalogue=catalogue, regions=("US", "GB", "JP"), currencies=dict.fromkeys(STORES, "JPY")) as world:
        world.join(platform, "JP")
        sell(world, platform)
        placed = world.tiktok("POST", "orders/seed", {
            "seed": 3, "count": 20, "shop_id": world.shop(platform).tiktok_shop_id})["orders"]
        world.settle()

        counted = world.ledger(platform)
        assert (counted.seen, counted.created, counted.missing, counted.double) == (20, 20, 0, 0)
        in_store = {one["key"]: (one["currency"], Decimal(str(one["totals"]["grand"]))) for one in world.store_orders(platform)}
        assert in_store == {one["id"]: ("JPY", Decimal(one["total_amount"])) for one in placed}
        assert all("." not in one["total_amount"] for one in placed)


def in_yen(catalogue: SeedCatalogue) -> SeedCatalogue:
    """The same products for a hundred times as much, in whole numbers."""
    def yen(amount: Decimal) -> Decimal:
        return (amount * 100).quantize(Decimal(1))

    def priced(one: Any) -> Any:
        special = yen(one.special_price) if one.special_price is not None else None
        return replace(one, price=yen(one.price), special_price=special)

    return replace(catalogue, products=tuple(
        replace(priced(one), variants=tuple(priced(variant) for variant in one.variants)) for one in catalogue.products))

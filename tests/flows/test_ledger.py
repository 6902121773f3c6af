"""The ledger: every order accounted for, counted from both sides, and money equal to the cent (section 6.1 of the issue)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hub.config import Config
from hub.seed import SeedCatalogue
from tests.flows.conftest import STORES, sell
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


@pytest.mark.feature("ORD-01")
@pytest.mark.parametrize("platform", STORES)
def test_a_market_without_decimals_balances_too(config: Config, platform: str):
    catalogue = in_yen(few_products())
    with small_world(config, catalogue=catalogue, second_catalogue=catalogue, regions=("US", "GB", "JP"), currencies=("JPY", "JPY")) as world:
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

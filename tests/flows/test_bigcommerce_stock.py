"""A product whose stock the store can't tell by variant is sold, and TikTok Shop hears nothing of its stock (BIG-04)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.config import Config
from hub.flows import listings
from tests.flows.catalogue import first_simple, forget, listing_of, there, writes
from tests.support.world import World, few_products, small_world

STORE = "bigcommerce"


@pytest.fixture
def world(config: Config) -> Iterator[World]:
    """BigCommerce with a few products live."""
    with small_world(config, STORE, catalogue=few_products()) as built:
        built.pull(STORE)
        built.push(STORE)
        yield built


def on_sale(world: World, sku: str) -> int:
    product = there(world, listing_of(world, sku, STORE).tiktok_product_id)
    return int({one["seller_sku"]: one["available"] for one in product["skus"]}[sku])


@pytest.mark.feature("BIG-04", "INV-15")
def test_no_stock_is_sent_for_a_product_tracked_at_product_level(world):
    sku = first_simple(world, STORE)
    world.store(STORE, "PATCH", f"products/{sku}", {"quantity": 9})
    world.settle()
    assert on_sale(world, sku) == 9

    world.store(STORE, "PATCH", f"products/{sku}", {"tracking": "product"})
    world.settle()
    forget(world)
    world.store(STORE, "PATCH", f"products/{sku}", {"quantity": 4})
    world.settle()
    with world.hub.db.write() as session:
        shop = world.shop(STORE)
        listings.submit_stocks(session, shop, [listing_of(world, sku, STORE).id], by="")
    world.settle()
    assert "UpdateInventory" not in writes(world) and on_sale(world, sku) == 9


@pytest.mark.feature("BIG-04")
def test_one_that_is_taken_off_the_store_is_still_taken_off_sale(world):
    sku = first_simple(world, STORE)
    world.store(STORE, "PATCH", f"products/{sku}", {"tracking": "product"})
    world.settle()
    world.store(STORE, "PATCH", f"products/{sku}", {"is_visible": False})
    world.settle()
    assert on_sale(world, sku) == 0

"""Sync rules and low stock on their way to TikTok Shop: what is in the request, what stays, what comes back (RUL, INV, DET-02)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub.domain.listings import ListingState
from hub.domain.tasks import Kind
from hub.flows import listings
from hub.flows.products import submit_for_listing
from hub.flows.settings import change_settings, change_threshold
from hub.models.listings import Listing, ListingEvent, ListingSku
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from tests.flows.catalogue import approve, bodies, choose, first_simple, forget, listing_of, product_of, push, there, writes
from tests.support.world import World


def change(world: World, **changes: Any) -> None:
    with world.hub.db.write() as session:
        change_settings(session, world.shop_id(), "products", changes)
        listings.submit_recheck(session, session.get_one(Shop, world.shop_id()), "tester")
    world.settle()


def rules(world: World, **chosen: str) -> None:
    """Rules of the shop: ``name_update="tts"``."""
    with world.hub.db.write() as session:
        change_settings(session, world.shop_id(), "products", {"rules": {name.replace("_", "."): value for name, value in chosen.items()}})


def own_threshold(world: World, sku: str, **chosen: Any) -> None:
    with world.hub.db.write() as session:
        listing = listing_of(world, sku)
        change_threshold(session.get_one(StoreProduct, listing.product_id), **chosen)
        submit_for_listing(session, Kind.UPDATE_STOCK, session.get_one(Shop, listing.shop_id), listing.id)
    world.pass_time(timedelta(seconds=2))       # a lane rests for a second after stock or price
    world.settle()


def stock(world: World, sku: str, quantity: int) -> None:
    world.store("magento", "PATCH", f"products/{sku}", {"quantity": quantity})
    world.settle()


def on_sale(world: World, sku: str) -> int:
    return int({one["seller_sku"]: one["available"] for one in there(world, listing_of(world, sku).tiktok_product_id)["skus"]}[sku])


def status(world: World, sku: str) -> str:
    return str(there(world, listing_of(world, sku).tiktok_product_id)["status"])


def told(world: World, sku: str) -> list[str]:
    with world.hub.db.read() as session:
        return list(session.scalars(select(ListingEvent.says).where(ListingEvent.listing_id == listing_of(world, sku).id).order_by(ListingEvent.id)))


def content(world: World, sku: str) -> Any:
    """The product as TikTok Shop has it inside."""
    product = world.practice.tiktok.sim.products[listing_of(world, sku).tiktok_product_id or ""]
    return product.waiting or product.content


@pytest.mark.feature("RUL-02", "RUL-03", "DET-02")
def test_the_title_follows_the_rule_and_the_products_own_rule_goes_before_the_shops(listed: World):
    sku = first_simple(listed)
    store_title = product_of(listed, sku).title
    rules(listed, name_update="origin", name_create="origin")
    choose(listed, sku, hub_title="A Title Set in the Hub", hub_rules={})
    push(listed, "magento", [listing_of(listed, sku).id])
    assert content(listed, sku)["title"] == store_title

    choose(listed, sku, hub_rules={"name.update": "connector"})
    push(listed, "magento", [listing_of(listed, sku).id])
    assert content(listed, sku)["title"] == "A Title Set in the Hub" and product_of(listed, sku).title == store_title

    choose(listed, sku, hub_rules={"name.update": "tts"}, hub_title="Not to Be Sent at All")
    choose(listed, sku, hub_attributes={"100001": "Wood"})
    forget(listed)
    push(listed, "magento", [listing_of(listed, sku).id])
    assert all("title" not in body for body in bodies(listed, "PartialEditProduct")) and not bodies(listed, "EditProduct")
    assert content(listed, sku)["title"] == "A Title Set in the Hub"


@pytest.mark.feature("RUL-04")
def test_what_tiktok_shop_keeps_is_not_in_the_request_and_stays_there(listed: World):
    sku = first_simple(listed)
    sim = listed.practice.tiktok.sim.products[listing_of(listed, sku).tiktok_product_id or ""]
    sim.content["description"], sim.content["search_terms"] = "<p>Written in Seller Center.</p>", ["kept"]
    pictures = [dict(one) for one in sim.content["main_images"]]
    rules(listed, description_update="tts", media_update="tts")
    choose(listed, sku, hub_title="Only the Title Is New")
    forget(listed)
    push(listed, "magento", [listing_of(listed, sku).id])
    [body] = bodies(listed, "PartialEditProduct")
    assert not {"description", "main_images", "category_id"}.intersection(body) and body["title"] == "Only the Title Is New"
    assert "UploadProductImage" not in writes(listed) and "EditProduct" not in writes(listed)
    now = content(listed, sku)
    assert (now["description"], now["title"], now["search_terms"]) == ("<p>Written in Seller Center.</p>", "Only the Title Is New", ["kept"])
    assert [one["uri"] for one in now["main_images"]] == [one["uri"] for one in pictures]

    approve(listed)
    assert listing_of(listed, sku).state is ListingState.LIVE and listing_of(listed, sku).problems == []
    forget(listed)
    push(listed, "magento", [listing_of(listed, sku).id])
    assert writes(listed) == [], "nothing of what is synced changed"


@pytest.mark.feature("RUL-04")
def test_pictures_of_variants_that_are_kept_survive_the_skus_being_sent_as_a_block(listed: World):
    with listed.hub.db.read() as session:
        product_id = session.scalars(select(StoreProduct.id).where(StoreProduct.kind == "configurable")).first()
        sku = session.scalars(select(ListingSku.seller_sku).join(Listing, Listing.id == ListingSku.listing_id).where(
            Listing.product_id == product_id)).first() or ""
    sim = listed.practice.tiktok.sim.products[listing_of(listed, sku).tiktok_product_id or ""]
    before = [(one.id, one.sales_attributes) for one in sim.skus]
    assert any("sku_img" in each for _, attributes in before for each in attributes)
    rules(listed, media_update="tts")
    choose(listed, sku, hub_title="A New Title for All Colours")
    push(listed, "magento", [listing_of(listed, sku).id])
    assert [(one.id, one.sales_attributes) for one in sim.waiting_skus or ()] == before


@pytest.mark.feature("RUL-05")
def test_stock_that_is_not_synced_on_create_starts_at_nothing_and_stays_so_where_tiktok_shop_keeps_it(world: World):
    rules(world, stock_create="dont_sync", stock_update="tts")
    world.pull()
    world.push()
    created = bodies(world, "CreateProduct")
    assert created and all(place["quantity"] == 0 for body in created for sku in body["skus"] for place in sku["inventory"])
    assert {one.sent_stock for one in world.skus()} == {0} and "UpdateInventory" not in writes(world)


def test_an_accepted_edit_that_does_not_show_is_told_as_a_difference(listed: World):
    sku = first_simple(listed)
    choose(listed, sku, hub_title="The Title That Was Sent")
    push(listed, "magento", [listing_of(listed, sku).id])
    sim = listed.practice.tiktok.sim.products[listing_of(listed, sku).tiktok_product_id or ""]
    assert sim.waiting is not None
    sim.waiting["title"] = "Some Other Title"
    approve(listed)
    listing = listing_of(listed, sku)
    assert listing.state is ListingState.NEEDS_ATTENTION
    [found] = listing.problems
    assert found["code"] == "tiktok.not_taken" and "“The Title That Was Sent”" in found["says"] and "“Some Other Title”" in found["says"]

    push(listed, "magento", [listing.id])
    approve(listed)
    assert listing_of(listed, sku).state is ListingState.LIVE and listing_of(listed, sku).problems == []


@pytest.mark.feature("INV-03", "INV-05", "INV-11")
def test_below_the_threshold_the_product_goes_off_sale_once_and_comes_back_once(listed: World):
    sku = first_simple(listed)
    stock(listed, sku, 6)
    change(listed, threshold=6, threshold_mode="deactivate")
    assert status(listed, sku) == "ACTIVATE"
    forget(listed)
    for quantity in (5, 4):
        stock(listed, sku, quantity)
    assert status(listed, sku) == "SELLER_DEACTIVATED" and writes(listed).count("DeactivateProducts") == 1
    assert listing_of(listed, sku).state is ListingState.OFF
    assert any(f"{sku} has 5, and your threshold is 6" in says for says in told(listed, sku))

    stock(listed, sku, 7)
    approve(listed)
    stock(listed, sku, 9)
    assert (status(listed, sku), on_sale(listed, sku)) == ("ACTIVATE", 9) and writes(listed).count("ActivateProduct") == 1
    assert listing_of(listed, sku).down_because == ""


@pytest.mark.feature("INV-05")
def test_a_product_that_a_person_took_off_sale_stays_there(listed: World):
    sku = first_simple(listed)
    change(listed, threshold=6, threshold_mode="deactivate")
    with listed.hub.db.write() as session:
        listings.submit_active(session, session.get_one(Shop, listed.shop_id()), [listing_of(listed, sku).id], False, "maya")
    listed.settle()
    for quantity in (3, 50):
        stock(listed, sku, quantity)
    assert status(listed, sku) == "SELLER_DEACTIVATED" and "ActivateProduct" not in writes(listed)

    other = next(one.seller_sku for one in listed.skus() if listing_of(listed, one.seller_sku).id != listing_of(listed, sku).id)
    stock(listed, other, 3)
    assert listing_of(listed, other).down_because == "threshold"
    with listed.hub.db.write() as session:
        listings.submit_active(session, session.get_one(Shop, listed.shop_id()), [listing_of(listed, other).id], False, "maya")
    listed.settle()
    stock(listed, other, 50)
    assert status(listed, other) == "SELLER_DEACTIVATED" and "ActivateProduct" not in writes(listed)


@pytest.mark.feature("INV-06", "INV-09", "INV-10", "INV-11")
def test_out_of_stock_below_the_threshold_and_the_products_own_one_goes_first(listed: World):
    sku = first_simple(listed)
    change(listed, threshold=6, threshold_mode="out_of_stock")
    for quantity, expected in ((5, 0), (6, 6), (10, 10)):
        stock(listed, sku, quantity)
        assert on_sale(listed, sku) == expected
    own_threshold(listed, sku, number=20)
    assert on_sale(listed, sku) == 0
    stock(listed, sku, 1)
    own_threshold(listed, sku, exclude=True)
    assert on_sale(listed, sku) == 1 and status(listed, sku) == "ACTIVATE"


@pytest.mark.feature("INV-08")
def test_units_that_a_cancellation_put_back_are_taken_away_again_and_it_is_told(listed: World):
    sku = first_simple(listed)
    change(listed, threshold=6, threshold_mode="out_of_stock")
    stock(listed, sku, 5)
    listing = listing_of(listed, sku)
    product = listed.practice.tiktok.sim.products[listing.tiktok_product_id or ""]
    product.skus[0].available = dict.fromkeys(product.skus[0].available, 2)
    assert on_sale(listed, sku) == 2
    with listed.hub.db.write() as session:
        submit_for_listing(session, Kind.CHECK_LISTING, session.get_one(Shop, listing.shop_id), listing.id)
    listed.pass_time(timedelta(seconds=2))
    listed.settle()
    assert on_sale(listed, sku) == 0
    assert any(f"had 2 of {sku} on sale again" in says for says in told(listed, sku))

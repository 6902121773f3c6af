"""A product that a person made on TikTok Shop is bound to one of the store, and its orders come in (MAP)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import delete, select, update

from hub.config import Config
from hub.domain.listings import ListingState, TikTokProduct
from hub.flows import listings
from hub.models.listings import Listing, ListingSku, Origin
from hub.models.orders import LinkState
from hub.models.products import StoreVariant
from tests.flows.catalogue import Api, first_simple, forget, listing_of, product_row, push, skus_of, there, writes
from tests.flows.conftest import TWO
from tests.support.world import World, few_products, small_world

Either = tuple[World, str]
OVER = TWO


def unbind(world: World, listing: Listing) -> str:
    """From here on the product there is one that somebody made by hand; its id."""
    with world.hub.db.write() as session:
        session.execute(delete(ListingSku).where(ListingSku.listing_id == listing.id))
        session.execute(update(Listing).where(Listing.id == listing.id).values(
            tiktok_product_id=None, tiktok_status="", tiktok_audit="", origin=None, state=ListingState.DRAFT, pushed_hash=""))
    assert listing.tiktok_product_id
    return listing.tiktok_product_id


def variants_of(world: World, listing: Listing) -> dict[str, int]:
    """Our variants by their SKU."""
    with world.hub.db.read() as session:
        return {one.sku: one.id for one in session.scalars(select(StoreVariant).where(StoreVariant.product_id == listing.product_id))}


def save(world: World, listing: Listing, made: TikTokProduct, variant_of: Mapping[str, int]) -> None:
    with world.hub.db.write() as session:
        listings.map_existing(session, session.get_one(Listing, listing.id), made, variant_of, "tester")


def with_variants(world: World, platform: str) -> Listing:
    return next(one for one in world.listings(platform) if len(skus_of(world, one)) >= 3)


@pytest.mark.feature("MAP-01", "MAP-02")
def test_a_product_of_this_shop_is_found_by_its_id_with_its_skus(either_listed: Either):
    world, platform = either_listed
    product_id = unbind(world, with_variants(world, platform))
    found = listings.look_up(world.hub, world.shop_id(platform), product_id)
    assert found is not None
    assert {one.sku_id for one in found.skus} == {one["id"] for one in there(world, product_id)["skus"]}
    assert all(one.seller_sku and one.price > 0 for one in found.skus)
    assert listings.look_up(world.hub, world.shop_id(platform), "1729000000000000404") is None


@pytest.mark.feature("MAP-02")
def test_another_shop_s_product_is_not_found(config: Config):
    few = few_products(2)
    with small_world(config, "magento", "prestashop", catalogue=few) as world:
        world.pull("prestashop")
        world.push("prestashop")
        foreign = world.listings("prestashop")[0].tiktok_product_id
        assert foreign
        assert listings.look_up(world.hub, world.shop_id("prestashop"), foreign) is not None
        assert listings.look_up(world.hub, world.shop_id("magento"), foreign) is None


@pytest.mark.feature("MAP-03")
def test_each_sku_is_mapped_to_one_variant_and_the_listing_is_live_at_once(either_listed: Either):
    world, platform = either_listed
    listing = with_variants(world, platform)
    made = listings.look_up(world.hub, world.shop_id(platform), unbind(world, listing))
    assert made is not None
    ours = variants_of(world, listing)
    forget(world)

    save(world, listing, made, {sku.sku_id: ours[sku.seller_sku] for sku in made.skus})

    [shown] = Api(world, platform).product(product_row(world, listing).external_id)["listings"]
    assert (shown["state"], shown["tiktok_product_id"]) == ("live", made.product_id)
    with world.hub.db.read() as session:
        assert session.get_one(Listing, listing.id).origin is Origin.MAPPED
    assert {one.tiktok_sku_id: one.variant_id for one in skus_of(world, listing)} == {sku.sku_id: ours[sku.seller_sku] for sku in made.skus}
    world.settle()
    assert set(writes(world)) <= {"UpdateInventory"}, "a mapped product is not made anew"


@pytest.mark.feature("MAP-03")
def test_what_cannot_be_mapped_is_refused_with_a_sentence_and_changes_nothing(either_listed: Either):
    world, platform = either_listed
    listing = with_variants(world, platform)
    made = listings.look_up(world.hub, world.shop_id(platform), unbind(world, listing))
    assert made is not None
    mine = list(variants_of(world, listing).values())
    other = next(one for one in world.listings(platform) if one.id != listing.id)
    strange = next(iter(variants_of(world, other).values()))
    first, second = made.skus[0].sku_id, made.skus[1].sku_id

    for wrong, says in (({}, "at least one SKU"), ({first: mine[0], second: mine[0]}, "one TikTok Shop SKU only"),
                        ({"1729": mine[0]}, "does not belong to this TikTok Shop product"),
                        ({first: strange}, "does not belong to this store product")):
        with pytest.raises(ValueError, match=says):
            save(world, listing, made, wrong)
    assert skus_of(world, listing) == []

    taken = listings.look_up(world.hub, world.shop_id(platform), other.tiktok_product_id or "")
    assert taken is not None
    with pytest.raises(ValueError, match="mapped to another store product already"):
        save(world, listing, taken, {taken.skus[0].sku_id: mine[0]})


@pytest.mark.feature("MAP-04")
def test_an_order_of_an_unmapped_sku_waits_and_lands_by_itself_once_it_is_mapped(either_listed: Either):
    world, platform = either_listed
    sku = first_simple(world, platform)
    listing = listing_of(world, sku, platform)
    product_id = unbind(world, listing)
    made = listings.look_up(world.hub, world.shop_id(platform), product_id)
    assert made is not None
    order_id = str(world.tiktok("POST", "orders", {
        "shop_id": world.shop(platform).tiktok_shop_id, "status": "AWAITING_SHIPMENT",
        "lines": [{"sku_id": made.skus[0].sku_id, "quantity": 1}]})["id"])
    world.settle()
    waiting = world.link(order_id)
    assert waiting.state is LinkState.NEEDS_ATTENTION and waiting.problems[0]["code"] == "order.unlinked"
    assert order_id not in {one["key"] for one in world.store_orders(platform)}

    save(world, listing, made, {made.skus[0].sku_id: variants_of(world, listing)[sku]})
    world.settle()

    assert world.link(order_id).state is LinkState.IN_STORE
    [there_] = [one for one in world.store_orders(platform) if one["key"] == order_id]
    assert {one["sku"] for one in there_["lines"]} == {sku}


def test_a_mapped_product_takes_the_store_s_stock_and_a_push_takes_it_over(either_listed: Either):
    world, platform = either_listed
    sku = first_simple(world, platform)
    listing = listing_of(world, sku, platform)
    made = listings.look_up(world.hub, world.shop_id(platform), unbind(world, listing))
    assert made is not None
    world.tiktok("PUT", "stock", {"sku_id": made.skus[0].sku_id, "quantity": 777})
    save(world, listing, made, {made.skus[0].sku_id: variants_of(world, listing)[sku]})
    world.settle()
    assert there(world, made.product_id)["skus"][0]["available"] != 777, "what it has there by hand is not what the store sells"

    task = push(world, platform, [listing.id])
    assert task
    assert "EditProduct" in writes(world)
    assert len([one for one in world.tiktok("GET", "products")["products"] if sku in str(one["skus"])]) == 1

"""A check without a push: everything that stands in the way is named at once, and nothing is sent (PRD-13)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from hub.config import Config
from hub.domain.listings import ListingState
from hub.domain.tasks import Kind
from hub.flows import listings
from hub.models.categories import CategoryDetail
from hub.models.listings import Listing, ListingEvent
from hub.models.shops import Shop
from hub.sandbox.pictures import picture
from hub.seed import SeedCatalogue, SeedCategory, SeedImage, SeedProduct
from tests.flows.catalogue import Api, approve, choose, forget, journal, listing_of, product_of, progress, push, writes
from tests.flows.conftest import STORES
from tests.support.world import World, small_world

SMALL = SeedImage("mug-from-afar.gif", draw=lambda: b"GIF89a\x40\x00\x40\x00")
OTHER = SeedImage("mug-from-behind.gif", draw=lambda: b"GIF89a\x50\x00\x50\x00")


def mugs(*images: SeedImage) -> SeedCatalogue:
    """A mug that can be listed, and one with much that is wrong."""
    good = SeedProduct("good", "GOOD", "Blue Mug for Every Day", "<p>A mug.</p>", Decimal("10.00"), quantity=5, weight_kg=Decimal("0.4"),
                       dimensions_cm=(Decimal(10), Decimal(9), Decimal(8)), categories=(("Mugs",),), ean="4006381333932",
                       images=images or (picture("good", "mug", "Blue"),))
    poor = SeedProduct("poor", "POOR MUG", "Mug 😀", "<p>杯子</p>", Decimal("9000.00"), quantity=5, categories=(("Mugs",),),
                       images=(picture("poor", "mug", "Red"), SMALL))
    return SeedCatalogue("Two mugs", (good, poor), (SeedCategory(("Mugs",)),))


def check(world: World, platform: str, listing_ids: list[int]) -> int:
    """What the Check action does; the id of its task."""
    with world.hub.db.write() as session:
        task_id = listings.submit_validation(session, session.get_one(Shop, world.shop_id(platform)), listing_ids, "tester").id
    world.run_due(2.0)
    return task_id


def said(world: World, listing: Listing) -> list[str]:
    with world.hub.db.read() as session:
        return list(session.scalars(select(ListingEvent.says).where(ListingEvent.listing_id == listing.id).order_by(ListingEvent.id)))


POOR = {"title.letters", "description.letters", "sku.format", "price.range", "image.unfit"}


@pytest.mark.feature("PRD-13")
@pytest.mark.parametrize("platform", STORES)
def test_a_check_lists_all_problems_at_once_and_nothing_is_sent(config: Config, platform: str):
    with small_world(config, platform, catalogue=mugs()) as world:
        world.pull(platform)
        good, poor = (listing_of(world, sku, platform) for sku in ("GOOD", "POOR MUG"))
        push(world, platform, [good.id])        # the category's rules are kept from now on
        approve(world)
        forget(world)

        task_id = check(world, platform, [good.id, poor.id])

        found = {one["code"]: one for one in listing_of(world, "POOR MUG", platform).problems}
        assert set(found) == POOR
        assert found["image.unfit"]["where"] == "Pictures › 2" and "is no JPG" in found["image.unfit"]["says"]
        assert "“POOR MUG”" in found["sku.format"]["says"] and "9000.00" in found["price.range"]["says"]
        assert all(one["says"] and one["fix"] and one["link"] for one in found.values())
        assert journal(world, "tiktok") == []
        counts = progress(world, task_id)
        assert (counts.ok, counts.needs_attention) == (1, 1)
        assert listing_of(world, "POOR MUG", platform).state is ListingState.NEEDS_ATTENTION


@pytest.mark.feature("PRD-13")
def test_a_check_of_a_product_that_is_fine_says_so_with_what_will_be_left_out(config: Config):
    with small_world(config, "magento", catalogue=mugs()) as world:
        world.pull()
        good = listing_of(world, "GOOD")
        check(world, "magento", [good.id])
        checked = listing_of(world, "GOOD")
        assert (checked.state, checked.problems, checked.tiktok_product_id) == (ListingState.READY, [], None)
        wrong = "The barcode 4006381333932 has a wrong check digit: the variant goes without it."
        assert said(world, good)[-1] == f"Checked: nothing stands in the way · {wrong}"

        push(world, "magento", [good.id])
        assert said(world, good)[-1] == f"Pushed; in review · {wrong}"


@pytest.mark.feature("PRD-13")
def test_a_check_of_what_is_live_names_problems_and_leaves_it_live(config: Config):
    with small_world(config, "magento", catalogue=mugs()) as world:
        world.pull()
        good = listing_of(world, "GOOD")
        push(world, "magento", [good.id])
        approve(world)
        assert listing_of(world, "GOOD").state is ListingState.LIVE
        choose(world, "GOOD", hub_title="Mug 😀")
        check(world, "magento", [good.id])
        after = listing_of(world, "GOOD")
        assert (after.state, [one["code"] for one in after.problems]) == (ListingState.LIVE, ["title.letters"])

        choose(world, "GOOD", hub_title="A mug")
        check(world, "magento", [good.id])
        assert listing_of(world, "GOOD").problems == []


def test_a_check_takes_category_rules_of_any_age(config: Config):
    with small_world(config, "magento", catalogue=mugs()) as world:
        world.pull()
        good = listing_of(world, "GOOD")
        check(world, "magento", [good.id])
        world.pass_time(timedelta(days=40))
        forget(world)
        check(world, "magento", [good.id])
        assert journal(world, "tiktok", "GetCategoryRules") == []
        with world.hub.db.read() as session:
            assert len(session.scalars(select(CategoryDetail)).all()) == 1


def test_files_that_are_no_pictures_are_named_all_at_once_and_not_sent(config: Config):
    with small_world(config, "magento", catalogue=mugs(picture("good", "mug", "Blue"), SMALL, OTHER)) as world:
        world.pull()
        forget(world)
        push(world, "magento", [listing_of(world, "GOOD").id])
        found = listing_of(world, "GOOD").problems
        assert [(one["code"], one["where"]) for one in found] == [("image.unfit", "Pictures › 2"), ("image.unfit", "Pictures › 3")]
        assert [one for one in writes(world) if one in ("CreateProduct", "EditProduct")] == []
        assert len(journal(world, "tiktok", "UploadProductImage")) == 1


@pytest.mark.feature("PRD-13")
def test_a_program_asks_for_a_check_by_the_stores_ids(config: Config):
    with small_world(config, "magento", catalogue=mugs()) as world:
        world.pull()
        api, poor = Api(world), product_of(world, "POOR MUG").external_id
        forget(world)
        task = api.call("POST", "tasks", 202, {"kind": "check", "product_ids": [poor]})
        world.run_due(2.0)
        assert api.get(f"tasks/{task['task_id']}")["kind"] == Kind.VALIDATE_LISTINGS
        [item] = api.get(f"tasks/{task['task_id']}/items")["items"]
        assert item["outcome"] == "needs_attention" and {one["code"] for one in item["problems"]} == POOR
        assert writes(world) == []

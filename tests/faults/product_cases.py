"""Products that are on their way when somebody is killed: each begins something, and gives the check that it happened once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hub import clock
from hub.domain.tasks import Outcome
from hub.flows import listings
from hub.flows import products as flow
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from tests.faults.fault_world import FaultWorld
from tests.faults.order_cases import CHECK
from tests.support.trade import CALLS


def product_is_pushed(world: FaultWorld, platform: str) -> CHECK:
    """A new product stands on TikTok Shop once, its pictures with it."""
    listing_id, sku = world.unpushed(platform)[0]
    with world.hub.db.write() as session:
        listings.submit_push(session, world.shop(platform), [listing_id], "tester")

    def check() -> None:
        found = [one for one in on_tiktok(world) if any(str(part["seller_sku"]).startswith(sku) for part in one["skus"])]
        with world.hub.db.read() as session:
            listing = session.get_one(Listing, listing_id)
        assert [one["id"] for one in found] == [listing.tiktok_product_id], (sku, found, listing.problems)

    return check


def on_tiktok(world: FaultWorld) -> list[dict[str, Any]]:
    return [one for one in world.tiktok("GET", "products")["products"] if one["status"] != "DELETED"]


def live(world: FaultWorld, platform: str) -> Listing:
    """The first product on sale that has one SKU only."""
    skus = Counter(sku.listing_id for sku in world.skus(platform))
    return min((one for one in world.listings(platform) if one.tiktok_status == "ACTIVATE" and skus[one.id] == 1), key=lambda one: one.id)


def told_of(world: FaultWorld, listing: Listing) -> dict[str, Any]:
    return next(one for one in on_tiktok(world) if one["id"] == listing.tiktok_product_id)


def product_is_edited(world: FaultWorld, platform: str) -> CHECK:
    """A new title reaches TikTok Shop."""
    listing = live(world, platform)
    sku, title = _sku_of(world, listing), f"Steel Water Bottle, boiled {clock.timestamp():.0f} times"
    world.store(platform, "PATCH", f"products/{sku}", {"title": title})
    world.settle()
    with world.hub.db.write() as session:
        listings.submit_push(session, world.shop(platform), [listing.id], "tester")

    def check() -> None:
        world.tiktok("POST", "review", {"verdict": "approve"})
        world.settle()
        assert told_of(world, listing)["title"] == title

    return check


def part_is_edited(world: FaultWorld, platform: str) -> CHECK:
    """The same while TikTok Shop keeps its own description: the edit goes in part."""
    with world.hub.db.write() as session:
        session.get_one(StoreProduct, live(world, platform).product_id).hub_rules = {"description.update": "tts"}
    return product_is_edited(world, platform)


def _sku_of(world: FaultWorld, listing: Listing) -> str:
    with world.hub.db.read() as session:
        return session.get_one(StoreProduct, listing.product_id).sku


def price_changes(world: FaultWorld, platform: str) -> CHECK:
    """A new price in the store is TikTok's price."""
    listing = live(world, platform)
    price = Decimal("2.00") + Decimal(int(clock.timestamp()) % 300) / 100       # below any sale price of it
    sku = _sku_of(world, listing)
    world.store(platform, "PATCH", f"products/{sku}", {"price": str(price)})

    def check() -> None:
        [found] = told_of(world, listing)["skus"]
        assert Decimal(str(found["price"])) == price, found

    return check


def stock_changes(world: FaultWorld, platform: str) -> CHECK:
    """A new quantity in the store is TikTok's stock."""
    listing = live(world, platform)
    sku, quantity = _sku_of(world, listing), 100 + int(clock.timestamp()) % 900
    world.store(platform, "PATCH", f"products/{sku}", {"quantity": quantity})

    def check() -> None:
        [found] = told_of(world, listing)["skus"]
        assert quantity - 100 < int(found["available"]) <= quantity, found
        world.store(platform, "PATCH", f"products/{sku}", {"quantity": 5000})
        world.settle()

    return check


def goes_up_or_down(active: bool) -> Callable[[FaultWorld, str], CHECK]:
    """A product is taken down, or put up again."""
    def begin(world: FaultWorld, platform: str) -> CHECK:
        listing = live(world, platform)
        if active:
            with world.hub.db.write() as session:
                listings.submit_active(session, world.shop(platform), [listing.id], False, "tester")
            world.settle()
        with world.hub.db.write() as session:
            listings.submit_active(session, world.shop(platform), [listing.id], active, "tester")

        def check() -> None:
            if not active:
                assert told_of(world, listing)["status"] == "SELLER_DEACTIVATED"
                with world.hub.db.write() as session:
                    listings.submit_active(session, world.shop(platform), [listing.id], True, "tester")
                world.settle()
            world.tiktok("POST", "review", {"verdict": "approve"})
            world.settle()
            assert told_of(world, listing)["status"] == "ACTIVATE"

        return check

    return begin


def store_shows_rows(world: FaultWorld, platform: str) -> CHECK:
    """The store's product grid shows what became of a product."""
    with world.hub.db.write() as session:
        listing = session.get_one(Listing, live(world, platform).id)
        listing.updated_at = clock.now()
        listings.submit_rows(session, world.shop(platform))

    def check() -> None:
        app = world.practice.store(platform)
        assert app.sim.journal.entries(CALLS[platform]["listings.put"])[-1].status == 200

    return check


def catalogue_is_pulled(world: FaultWorld, platform: str) -> tuple[tuple[Any, ...], CHECK]:
    """All products are read anew, as a large catalogue is; what was known stays what it is, and nothing of it is there twice."""
    def known() -> list[tuple[str, str]]:
        with world.hub.db.read() as session:
            return sorted((row.external_id, row.sku) for row in session.scalars(
                select(StoreProduct).where(StoreProduct.connection_id == world.connections[platform], StoreProduct.gone_at.is_(None))))

    before = known()
    with world.hub.db.write() as session:
        pull = flow.submit_pull(session, world.connections[platform], None, None, "tester")
        session.flush()
        task_id = pull.id

    def check() -> None:
        assert world.expect_done(task_id).outcome is Outcome.OK
        assert known() == before

    return ("pull_in_bulk", task_id), check

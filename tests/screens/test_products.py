"""Products on the screen: what a person clicks, what is sent, and what the page says afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from admin import asking, attach
from hub import clock
from hub.app import create_app
from hub.config import Config
from hub.domain.listings import ListingState
from hub.domain.problems import problem
from hub.domain.tasks import Kind
from hub.models.categories import CategoryDetail, CategoryMapping
from hub.models.connections import Connection
from hub.models.listings import Listing, ListingSku
from hub.models.products import StoreProduct, StoreVariant
from hub.models.shops import Shop
from hub.models.tasks import Item, Task
from hub.wiring import Hub
from tests.screens.conftest import Visitor
from tests.screens.rows import Filled, add_product, fill_people
from tests.support.world import World, small_world

SignIn = Callable[[str], Visitor]


@pytest.fixture
def maya(signed_in: SignIn, filled: Filled) -> Visitor:
    """The owner, looking at the first connection."""
    visitor = signed_in("owner")
    visitor.get(f"/admin/connections/{filled.connection_id}/open")
    return visitor


def titles(page: str) -> list[str]:
    """The products of the list."""
    return re.findall(r'<div class="sb-name">.*?<a href="/admin/products/\d+/">([^<]+)</a>', page, re.S)


def counts(page: str) -> dict[str, int]:
    """The tabs with their numbers."""
    tabs = page.split('aria-label="Products by sync state"')[1].split("</nav>")[0]
    return {
        name.strip(): int(n.replace(",", "")) for name, n in re.findall(r">([A-Z][a-z ]+?) <span class=\"sb-count[^>]*>([\d,]+)<", tabs)
    }


def items(hub: Hub, kind: Kind) -> set[int]:
    """What the newest task of this kind was asked to do."""
    with hub.db.read() as db:
        task_id = db.scalar(select(func.max(Task.id)).where(Task.kind == kind, Task.parent_id.is_(None)))
        return set(db.scalars(select(Item.subject).where(Item.parent_id == task_id)))


@pytest.mark.feature("PRD-07", "PRD-05", "PRD-06")
def test_each_tab_lists_its_own_and_the_numbers_sum_to_all(maya: Visitor, filled: Filled) -> None:
    page = maya.get("/admin/products/")
    found = counts(page)
    assert found == {"All": 8, "Synced": 4, "Not synced": 2, "Sync failed": 1, "Update failed": 1}
    assert len(titles(page)) == 8
    for tab, key in (
        ("Synced", "synced"),
        ("Not synced", "not_synced"),
        ("Sync failed", "sync_failed"),
        ("Update failed", "update_failed"),
    ):
        assert len(titles(maya.get(f"/admin/products/?tab={key}"))) == found[tab]
    failed = maya.get("/admin/products/?tab=sync_failed")
    assert titles(failed) == ["Espresso cup, ember"] and "No TikTok Shop category is chosen for Kitchen / Cups." in failed
    assert "12052251 · attribute 100398" in maya.get("/admin/products/?tab=update_failed"), "the raw code stands one click below"
    synced = maya.get("/admin/products/?tab=synced").split("<tbody>", 1)[1]
    assert "Not on TikTok Shop" not in synced, "never Synced without a number there"


@pytest.mark.feature("PRD-10", "PRD-11", "CAT-11", "PRD-09")
def test_the_page_offers_each_action_and_a_row_opens_to_its_variants(maya: Visitor, filled: Filled) -> None:
    page = maya.get("/admin/products/")
    for words in (
        "Pull products",
        "Push",
        "Fill in attributes and brand",
        "Add certificates or size chart",
        "Check status",
        "Choose TikTok category",
        "Map product",
        "Update price",
        "Update stock",
    ):
        assert words in page, words
    row = page.split(f'id="d{filled.listings["live"]}"')[1].split("</tr>\n<tr>")[0]
    assert "FK-MUG-MOS-1" in row and "Set of 2" in row and "36.00" in row and ">38<" in row
    tag = re.search(r'<a class="sb-tag sb-tag-need" href="([^"]+)">.*?1 attribute</a>', page)
    assert tag is not None and "Material" in maya.get(tag.group(1)) and maya.status == 200
    assert "https://seller-us.tiktok.com/product/edit/17294410" in maya.get(f"/admin/products/{filled.listings['live']}/")
    assert "Seller Center" not in maya.get(f"/admin/products/{filled.listings['draft']}/").split("<main")[1].split("sb-grid")[0]


@pytest.mark.feature("PRD-17")
def test_search_and_filters_narrow_the_list_and_what_actions_act_on(maya: Visitor, filled: Filled, hub: Hub) -> None:
    assert titles(maya.get("/admin/products/?q=stoneware+mug")) == ["Stoneware mug, chalk", "Stoneware mug, moss"]
    assert titles(maya.get("/admin/products/?q=FK-CUP-EMB-2")) == ["Espresso cup, ember"]
    with hub.db.read() as db:
        number = db.get_one(Listing, filled.listings["live"]).tiktok_product_id
    assert titles(maya.get(f"/admin/products/?q={number}")) == ["Stoneware mug, moss"]
    assert titles(maya.get("/admin/products/?category=12")) == ["Espresso cup, ember"]
    assert titles(maya.get("/admin/products/?q=100%25")) == [] and "No product matches" in maya.get("/admin/products/?q=100%25")

    asks = maya.post("/admin/products/bulk", {"action": "push", "all": "1", "filter": "q=stoneware+mug"})
    assert "Push 2 products to TikTok Shop?" in asks and "matches your filters" not in asks
    maya.post("/admin/products/bulk", {"action": "push", "all": "1", "filter": "q=stoneware+mug", "confirmed": "1"})
    assert items(hub, Kind.PUSH_LISTINGS) == {filled.listings["live"], filled.listings["update_failed"]}


@pytest.mark.feature("PRD-01", "PRD-02", "TSK-01")
def test_one_or_several_ticked_products_become_a_task_of_so_many_items(maya: Visitor, filled: Filled, hub: Hub) -> None:
    maya.post("/admin/products/bulk", {"action": "push", "ids": str(filled.listings["draft"])})
    assert re.fullmatch(r"/admin/tasks/\d+/", maya.last.headers["Location"])
    assert items(hub, Kind.PUSH_LISTINGS) == {filled.listings["draft"]}
    chosen = [filled.listings[name] for name in ("draft", "sync_failed", "live")]
    maya.post("/admin/products/bulk", {"action": "push", "ids": [str(one) for one in chosen]})
    assert items(hub, Kind.PUSH_LISTINGS) == set(chosen)


@pytest.mark.feature("PRD-03")
def test_sync_all_pages_queues_exactly_the_filtered_ones_and_says_how_many_before(maya: Visitor, filled: Filled, hub: Hub) -> None:
    with hub.db.write() as db:
        connection, shop = db.get_one(Connection, filled.connection_id), db.get_one(Shop, filled.shop_id)
        for n in range(120):
            add_product(db, connection, shop, f"BULK-{n}", f"Candle number {n}")
    page = maya.get("/admin/products/?q=candle+number")
    assert len(titles(page)) == 50 and "1–50 of 120" in page and "Select all 120 that match" in page
    asks = maya.post("/admin/products/bulk", {"action": "push", "all": "1", "filter": "q=candle+number"})
    assert "Push 120 products to TikTok Shop?" in asks and "on all pages" in asks
    with hub.db.read() as db:
        assert (
            db.scalar(select(func.count()).select_from(Task).where(Task.kind == Kind.PUSH_LISTINGS, Task.by == "maya@example.com")) == 2
        ), "nothing yet"
    maya.post("/admin/products/bulk", {"action": "push", "all": "1", "filter": "q=candle+number", "confirmed": "1"})
    assert len(items(hub, Kind.PUSH_LISTINGS)) == 120


@pytest.mark.feature("PRD-16")
def test_a_page_shows_fifty_rows_and_its_box_ticks_fifty(maya: Visitor, filled: Filled, hub: Hub) -> None:
    with hub.db.write() as db:
        for n in range(60):
            add_product(db, db.get_one(Connection, filled.connection_id), db.get_one(Shop, filled.shop_id), f"ROW-{n}", f"Row {n}")
    page = maya.get("/admin/products/?rows=50")
    assert len(titles(page)) == 50 and "Select all 50 on this page" in page
    assert len(titles(maya.get("/admin/products/?rows=20"))) == 20
    assert len(titles(maya.get("/admin/products/?rows=5000"))) == 50
    assert len(titles(maya.get("/admin/products/?page=1"))) == 18


@pytest.mark.feature("PUL-01", "PUL-02", "PUL-03")
def test_pulling_asks_for_two_days_and_starts_at_once(maya: Visitor, filled: Filled, hub: Hub) -> None:
    page = maya.get("/admin/products/?dialog=pull")
    dialog = page.split('id="dlg-pull"')[1].split("</dialog>")[0]
    assert 'type="date"' in dialog and "2 to 3 years" in dialog and "only since the last change" in dialog
    refused = maya.post("/admin/products/pull", {"start": "2026-02-02", "end": "2026-02-01"}, follow_redirects=True)
    assert "The start is after the end." in refused
    with hub.db.read() as db:
        assert db.scalar(select(func.count()).select_from(Task).where(Task.kind == Kind.PULL_PRODUCTS, Task.by == "maya@example.com")) == 1

    maya.post("/admin/products/pull", {"start": "2026-02-01", "end": "2026-02-02"})
    with hub.db.read() as db:
        task = db.scalars(select(Task).where(Task.kind == Kind.PULL_PRODUCTS).order_by(Task.id.desc())).first()
    assert task is not None and maya.last.headers["Location"] == f"/admin/tasks/{task.id}/"
    assert task.args["from"].startswith("2026-02-01T00:00:00-05:00") and task.args["to"].startswith("2026-02-02T23:59:59-05:00"), (
        "New York's days, both included"
    )


@pytest.mark.feature("UPD-02")
def test_update_stock_asks_only_for_what_is_on_tiktok_shop_and_says_what_is_left_out(maya: Visitor, filled: Filled, hub: Hub) -> None:
    ids = [str(filled.listings[name]) for name in ("live", "waiting", "draft")]
    asks = maya.post("/admin/products/bulk", {"action": "update_stock", "ids": ids})
    assert "1 product is not on TikTok Shop yet" in asks
    maya.post("/admin/products/bulk", {"action": "update_stock", "ids": ids, "confirmed": "1"})
    assert items(hub, Kind.UPDATE_STOCKS) == {filled.listings["live"], filled.listings["waiting"]}


def test_a_hostile_title_is_text_everywhere(maya: Visitor, filled: Filled) -> None:
    for path in (
        "/admin/products/",
        f"/admin/products/{filled.listings['hostile']}/",
        f"/admin/products/{filled.listings['hostile']}/attributes",
        "/admin/search?q=FK-XSS",
    ):
        page = maya.get(path, follow_redirects=True)
        assert "&lt;script&gt;window.hurt" in page and "<script>window" not in page


@pytest.mark.feature("CAT-02", "CAT-10")
def test_a_product_takes_a_lowest_level_category_of_its_own_and_no_other(maya: Visitor, filled: Filled, hub: Hub) -> None:
    path = f"/admin/products/{filled.listings['live']}/category"
    found = maya.get("/admin/products/categories?q=cups")
    assert 'value="602"' in found and 'value="603"' in found and 'value="601"' not in found
    refused = maya.post(path, {"category_id": "601"}, follow_redirects=True)
    assert "without further levels" in refused
    maya.post(path, {"category_id": "603"})
    with hub.db.read() as db:
        listing = db.get_one(Listing, filled.listings["live"])
        assert db.get_one(StoreProduct, listing.product_id).hub_category_id == "603" and listing.pending
    page = maya.get(f"/admin/products/{filled.listings['live']}/")
    assert "Kitchenware › Drinkware › Espresso cups" in page and "Chosen for this product" in page


@pytest.mark.feature("CAT-09", "ATT-08")
def test_a_value_of_the_product_beats_the_categorys_and_clearing_it_brings_that_back(maya: Visitor, filled: Filled, hub: Hub) -> None:
    path = f"/admin/products/{filled.listings['live']}/"
    assert "From the category" in maya.get(path)
    maya.post(f"{path}attributes", {"brand_id": "b9|Moss & Co", "value-100398": "2"})
    page = maya.get(path)
    assert "Moss &amp; Co" in page and "Set here, for this product" in page
    with hub.db.read() as db:
        product = db.get_one(StoreProduct, db.get_one(Listing, filled.listings["live"]).product_id)
        assert product.hub_attributes == {"100398": {"value_id": "2", "text": "Glass"}}
    maya.post(f"{path}attributes", {"brand_id": ""})
    assert "Moss &amp; Co" not in maya.get(path).split("Values on both sides")[1].split("</section>")[0]


@pytest.mark.feature("ATT-09")
def test_a_package_size_is_whole_numbers_and_the_mended_one_is_offered(maya: Visitor, filled: Filled, hub: Hub) -> None:
    page = maya.post(
        "/admin/settings/products", {"package_length": "10.5", "package_width": "8", "package_height": "6", "package_weight": "2"}
    )
    assert maya.status == 422 and "Rounded up, 10.5 is 11." in page and 'value="10.5"' in page
    maya.post(
        "/admin/settings/products",
        {"package_length": "11", "package_width": "8", "package_height": "6", "package_weight": "0.5", "rule-stock.update": "tts"},
    )
    with hub.db.read() as db:
        settings = db.get_one(Shop, filled.shop_id).settings["products"]
    assert (settings["package_length"], settings["package_weight"], settings["rules"]) == (11, "0.5", {"stock.update": "tts"})


@pytest.mark.feature("CAT-03", "CAT-06", "CAT-07")
def test_each_store_category_stands_once_with_its_number_and_a_suggestion_that_waits_for_a_word(
    maya: Visitor, filled: Filled, hub: Hub
) -> None:
    page = maya.get("/admin/mappings/")
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    assert rows.count("<tr>") == 3 and "5 products" in rows and "1 product<" in rows and "2 products" in rows
    cups = next(row for row in rows.split("<tr>") if "Cups" in row)
    assert "Espresso cups" in cups and "Suggested" in cups
    with hub.db.read() as db:
        mapping = db.scalars(select(CategoryMapping).where(CategoryMapping.store_category_id == "12")).one()
        assert mapping.confirmed_at is None
    maya.post(f"/admin/mappings/{mapping.id}/", {"part": "category", "category_id": "602"})
    assert "without further levels" in maya.post(
        f"/admin/mappings/{mapping.id}/", {"part": "category", "category_id": "600"}, follow_redirects=True
    )
    with hub.db.read() as db:
        mapping = db.get_one(CategoryMapping, mapping.id)
    assert mapping.category_id == "602" and mapping.confirmed_at is not None


@pytest.mark.feature("ERR-04")
def test_missing_attributes_are_named_with_a_link_to_their_form(maya: Visitor, filled: Filled) -> None:
    page = maya.get(f"/admin/products/{filled.listings['update_failed']}/")
    assert "TikTok Shop requires Material in Mugs and cups." in page
    assert f'href="/admin/products/{filled.listings["update_failed"]}/attributes"' in page


@pytest.mark.feature("ERR-01")
def test_a_sku_that_was_not_found_says_so_and_offers_the_push(maya: Visitor, filled: Filled, hub: Hub) -> None:
    with hub.db.write() as db:
        listing = db.get_one(Listing, filled.listings["live"])
        listing.state, listing.problems = ListingState.NEEDS_ATTENTION, [problem("sku.not_found", sku="FK-MUG-MOS-1").as_json()]
    page = maya.get(f"/admin/products/{filled.listings['live']}/")
    assert "SKU-related products are not found" in page and "Check the SKU in the store" in page and "Push again" in page


# -- with the practice platforms behind it


@pytest.fixture
def world(config: Config) -> Iterator[World]:
    """A joined practice store whose products were pulled and whose categories are confirmed."""
    with small_world(config, "magento") as made:
        made.pull()
        yield made


@pytest.fixture
def clerk(world: World) -> Visitor:
    """The owner at this world's screens."""
    app: Flask = create_app(world.hub.config, world.hub)
    attach(app)
    with world.hub.db.write() as db:
        fill_people(db)
    return Visitor(app.test_client()).sign_in("maya@example.com")


@pytest.mark.feature("PRD-04", "TSK-05", "PRD-12", "MAP-01", "MAP-02", "MAP-03")
def test_from_push_to_live_to_off_and_a_hand_made_product_is_mapped(world: World, clerk: Visitor) -> None:
    with world.hub.db.read() as db:
        first, second = db.scalars(select(Listing).where(Listing.shop_id == world.shop_id()).order_by(Listing.id).limit(2)).all()
    clerk.post("/admin/products/bulk", {"action": "push", "ids": [str(first.id)]})
    task = clerk.last.headers["Location"]
    world.run_due()
    page = clerk.get(task)
    assert "It still reviews each product before buyers see it" in page and "Done in" in page
    assert "In review" in clerk.get(f"/admin/products/{first.id}/")
    world.tiktok("POST", "review", {"verdict": "approve"})
    world.settle()
    page = clerk.get(f"/admin/products/{first.id}/")
    assert ">Live</span>" in page and ">Synced</span>" in page and "What happened" in page

    asks = clerk.post("/admin/products/bulk", {"action": "deactivate", "ids": [str(first.id)]})
    assert "Buyers no longer see them" in asks
    clerk.post("/admin/products/bulk", {"action": "deactivate", "ids": [str(first.id)], "confirmed": "1"})
    world.settle()
    assert ">Off</span>" in clerk.get(f"/admin/products/{first.id}/")

    with world.hub.db.write() as db:
        number = str(db.get_one(Listing, first.id).tiktok_product_id)
        listing = db.get_one(Listing, first.id)
        db.execute(ListingSku.__table__.delete().where(ListingSku.listing_id == first.id))
        listing.tiktok_product_id, listing.state, listing.live_at, listing.pushed_hash = None, ListingState.DRAFT, None, ""
        variants = list(db.scalars(select(StoreVariant.id).where(StoreVariant.product_id == first.product_id)))
    assert "no product with that number" in clerk.get(f"/admin/products/{first.id}/map?tiktok_product_id=1729999999999999999")
    page = clerk.get(f"/admin/products/{first.id}/map?tiktok_product_id={number}")
    skus = re.findall(r'name="sku-(\d+)"', page)
    assert len(skus) == len(variants)
    if len(skus) > 1:
        twice = clerk.post(
            f"/admin/products/{first.id}/map",
            {"tiktok_product_id": number, f"sku-{skus[0]}": str(variants[0]), f"sku-{skus[1]}": str(variants[0])},
        )
        assert "Each variant can be linked once" in twice
    clerk.post(
        f"/admin/products/{first.id}/map",
        {"tiktok_product_id": number, **{f"sku-{s}": str(v) for s, v in zip(skus, variants, strict=True)}},
    )
    assert clerk.last.headers["Location"] == f"/admin/products/{first.id}/"
    taken = clerk.post(f"/admin/products/{second.id}/map", {"tiktok_product_id": number, f"sku-{skus[0]}": "1"})
    assert clerk.status in (200, 404) and "Mapped." not in taken


@pytest.mark.parametrize("operation", ["GetProduct", "GetBrands", "GetOrderList", "GetAttributes"])
def test_a_platform_that_is_slow_does_not_hold_the_page_and_it_says_what_to_do(
    world: World, clerk: Visitor, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """Every page that asks TikTok Shop while somebody waits gives up in time and says so in plain words."""
    with world.hub.db.read() as db:
        listing = db.scalars(select(Listing).where(Listing.shop_id == world.shop_id()).order_by(Listing.id)).first()
        mapping = db.scalars(select(CategoryMapping).where(CategoryMapping.shop_id == world.shop_id())).first()
    assert listing is not None and mapping is not None
    pages = {
        "GetProduct": f"/admin/products/{listing.id}/map?tiktok_product_id=1729999999999999999",
        "GetBrands": "/admin/products/brands?q=fern",
        "GetOrderList": "/admin/orders/missed/?start=2026-01-01&end=2026-01-02",
        "GetAttributes": f"/admin/products/{listing.id}/attributes",
    }
    with world.hub.db.write() as db:
        db.query(CategoryDetail).delete()
    for name in ("SEARCH_S", "LOOK_UP_S", "SEVERAL_S"):
        monkeypatch.setattr(asking, name, 0.2)
    world.tiktok("POST", "faults", {"match": {"operation": operation}, "times": -1, "do": {"delay_s": 1.5}})
    page = clerk.get(pages[operation])
    world.tiktok("DELETE", "faults")
    assert clerk.status == 200 and "TikTok Shop doesn&#39;t answer right now. Nothing was changed. Try again in a minute." in page
    for name in ("SEARCH_S", "LOOK_UP_S", "SEVERAL_S"):
        monkeypatch.setattr(asking, name, 30.0)
    assert "answer right now" not in clerk.get(pages[operation])


def test_a_stale_moment_reads_with_its_day(maya: Visitor, filled: Filled, hub: Hub) -> None:
    with hub.db.write() as db:
        db.get_one(Listing, filled.listings["live"]).updated_at = clock.now() - timedelta(days=400)
    page = maya.get("/admin/products/?q=FK-MUG-MOS")
    assert re.search(r"<time[^>]*>\d+ \w{3} 20\d\d, \d\d:\d\d</time>", page)

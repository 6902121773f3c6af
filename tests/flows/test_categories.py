"""Categories, brands, attributes, packages: what is suggested, what is chosen, and which level wins (CAT, ATT)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from hub.config import Config
from hub.domain.tasks import Kind, Outcome
from hub.flows import categories, tasks
from hub.flows.settings import change_settings
from hub.models.categories import CategoryMapping
from hub.models.shops import Shop
from hub.models.tasks import Task
from tests.flows.catalogue import (
    Api,
    approve,
    bodies,
    category_id,
    choose,
    first_simple,
    forget,
    listing_of,
    many,
    product_of,
    progress,
    pulled,
    push,
    there,
    writes,
)
from tests.flows.conftest import TWO
from tests.support.world import World, small_world

Either = tuple[World, str]
OVER = TWO


def mapping_of(world: World, sku: str, platform: str) -> CategoryMapping:
    store_category = product_of(world, sku, platform).category_id
    with world.hub.db.read() as session:
        return session.scalars(select(CategoryMapping).where(
            CategoryMapping.shop_id == world.shop_id(platform), CategoryMapping.store_category_id == store_category)).one()


def set_level(world: World, sku: str, platform: str, **values: object) -> None:
    """Values for the product's whole category."""
    with world.hub.db.write() as session:
        mapping = session.get_one(CategoryMapping, mapping_of(world, sku, platform).id)
        categories.save_values(session, mapping, **values)      # type: ignore[arg-type]


def settings(world: World, platform: str, **changes: object) -> None:
    with world.hub.db.write() as session:
        change_settings(session, world.shop_id(platform), "products", changes)


def confirm(world: World, platform: str) -> None:
    with world.hub.db.write() as session:
        categories.confirm_suggestions(session, session.get_one(Shop, world.shop_id(platform)))


@pytest.mark.feature("CAT-01", "PRD-04", "PRD-06", "PRD-13")
def test_a_product_without_a_category_fails_before_tiktok_shop_is_asked(either: Either):
    world, platform = either
    pulled(world, platform)
    sku = first_simple(world, platform)
    forget(world)

    task_id = push(world, platform, [listing_of(world, sku, platform).id])

    assert writes(world) == []
    api = Api(world, platform)
    task = api.get(f"tasks/{task_id}")
    [item] = api.items(task_id)
    assert (task["state"], task["progress"]["needs_attention"]) == ("done", 1), "the work is done, the product is not live"
    assert item["outcome"] == "needs_attention"
    assert [one["code"] for one in item["problems"]] == ["category.missing"]
    assert item["problems"][0]["fix"] == "Confirm the suggested category or choose one."
    [listing] = api.product(item["product_id"])["listings"]
    assert listing["state"] == "needs_attention"
    assert listing["tiktok_product_id"] == ""


@pytest.mark.feature("CAT-02")
def test_only_a_lowest_level_category_can_be_chosen(either: Either):
    world, platform = either
    pulled(world, platform)
    api, store_category = Api(world, platform), product_of(world, first_simple(world, platform), platform).category_id
    top = api.get("categories")["categories"][0]
    second = api.get("categories", parent=top["id"])["categories"][0]

    for node in (top, second):
        assert not node["is_leaf"]
        refused = api.call("PUT", "category-mappings", 422, {"store_category_id": store_category, "category_id": node["id"]})
        assert refused["detail"] == "Choose a category without further levels below it."

    leaf = category_id(world, "Mugs", platform)
    saved = api.call("PUT", "category-mappings", 200, {"store_category_id": store_category, "category_id": leaf})
    assert saved["category_id"] == leaf and saved["confirmed_at"]


@pytest.mark.feature("CAT-03", "CAT-04", "CAT-06")
def test_each_store_category_has_a_row_with_a_suggestion_that_counts_only_once_confirmed(either: Either):
    world, platform = either
    pulled(world, platform)
    api = Api(world, platform)

    rows = api.get("category-mappings")["mappings"]
    products = api.products()
    assert {(one["store_category_id"], one["store_path"]) for one in rows} == {(one["category_id"], one["category_path"]) for one in products}
    assert all(one["suggested_id"] and one["category_id"] == "" and one["confirmed_at"] is None for one in rows)
    mugs = next(one for one in rows if one["store_path"].endswith("Mugs"))
    assert mugs["suggested_id"] == category_id(world, "Mugs & Cups", platform)

    confirm(world, platform)
    assert all(one["category_id"] == one["suggested_id"] and one["confirmed_at"] for one in api.get("category-mappings")["mappings"])


@pytest.mark.feature("CAT-07")
def test_a_chosen_category_is_what_is_pushed_and_no_later_suggestion_changes_it(either: Either):
    world, platform = either
    pulled(world, platform)
    sku = first_simple(world, platform)
    api, mine = Api(world, platform), category_id(world, "Plates & Bowls", platform)
    row = mapping_of(world, sku, platform)
    assert row.suggested_id != mine
    api.call("PUT", "category-mappings", 200, {"store_category_id": row.store_category_id, "category_id": mine})

    with world.hub.db.write() as session:
        shop = session.get_one(Shop, world.shop_id(platform))
        tasks.submit(session, Kind.SUGGEST_CATEGORIES, connection_id=shop.connection_id, shop_id=shop.id, lane=f"shop:{shop.id}:suggest")
    world.settle()
    confirm(world, platform)
    assert mapping_of(world, sku, platform).category_id == mine

    push(world, platform, [listing_of(world, sku, platform).id])
    assert bodies(world, "CreateProduct")[-1]["category_id"] == mine


@pytest.mark.feature("CAT-10")
def test_a_category_on_the_product_wins_over_its_store_category_s(either: Either):
    world, platform = either
    world.pull(platform)
    sku, own = first_simple(world, platform), category_id(world, "Wall Art", platform)
    choose(world, sku, platform, hub_category_id=own)
    push(world, platform, [listing_of(world, sku, platform).id])
    assert bodies(world, "CreateProduct")[-1]["category_id"] == own != mapping_of(world, sku, platform).category_id


@pytest.mark.feature("CAT-09", "ATT-08")
def test_the_product_s_value_wins_over_the_category_s_and_that_over_the_store_s(unmeasured: World):
    world, platform = unmeasured, "magento"
    world.pull(platform)
    sku = first_simple(world, platform)
    row = product_of(world, sku, platform)
    assert row.data["dimensions"] is None
    listing_id = listing_of(world, sku, platform).id
    origin = next(one for one in _asked(world, sku, platform) if one.name == "Country of Origin")
    brands = {name: world.tiktok("POST", "brands", {"name": name, "authorized": True})["id"] for name in ("Ours", "Theirs", "House")}

    def sent() -> tuple[str, tuple[str, str, str], str]:
        push(world, platform, [listing_id])
        approve(world)
        body = (bodies(world, "EditProduct") or bodies(world, "CreateProduct"))[-1]
        attributes = {one["id"]: one["values"][0] for one in body["product_attributes"]}
        package = body["package_dimensions"]
        value = attributes[origin.attribute_id]
        return body["brand_id"], (package["length"], package["width"], package["height"]), dict(origin.values)[value["id"]]

    settings(world, platform, brand_id=brands["House"], brand_name="House", attributes={origin.attribute_id: "Portugal"},
             package_length=10, package_width=10, package_height=10)
    set_level(world, sku, platform, brand=(brands["Theirs"], "Theirs"), attributes={origin.attribute_id: "India"},
              package={"length": 22, "width": 22, "height": 22})
    choose(world, sku, platform, hub_brand_id=brands["Ours"], hub_brand_name="Ours", hub_attributes={origin.attribute_id: "China"},
           hub_package={"length": 33, "width": 33, "height": 33})
    assert sent() == (brands["Ours"], ("33", "33", "33"), "China")

    choose(world, sku, platform, hub_brand_id="", hub_brand_name="", hub_attributes={}, hub_package={})
    assert sent() == (brands["Theirs"], ("22", "22", "22"), "India")

    set_level(world, sku, platform, brand=("", ""), attributes={}, package={})
    assert sent() == (brands["House"], ("10", "10", "10"), "Portugal")


def _asked(world: World, sku: str, platform: str) -> tuple[categories.Attribute, ...]:
    return categories.detail(world.hub, world.shop_id(platform), mapping_of(world, sku, platform).category_id).attributes


@pytest.mark.feature("CAT-13")
def test_a_new_category_of_listed_products_waits_for_their_next_push(either_listed: Either):
    world, platform = either_listed
    sku = first_simple(world, platform)
    row, listing = mapping_of(world, sku, platform), listing_of(world, sku, platform)
    other, before = category_id(world, "Wall Art", platform), there(world, listing.tiktok_product_id)["category_id"]
    api = Api(world, platform)
    api.call("PUT", "category-mappings", 200, {"store_category_id": row.store_category_id, "category_id": other})
    world.settle()

    for one in api.products():
        assert one["listings"][0]["pending"] is (one["category_id"] == row.store_category_id), one["title"]
    assert there(world, listing.tiktok_product_id)["category_id"] == before

    push(world, platform, [listing.id])
    approve(world)
    assert there(world, listing.tiktok_product_id)["category_id"] == other
    assert listing_of(world, sku, platform).pending is False


@pytest.mark.feature("ATT-03", "ERR-04")
def test_every_required_attribute_that_is_missing_is_named_and_once_filled_in_the_push_passes(unmeasured: World):
    unmeasured.pull()
    sku, tanks = first_simple(unmeasured), category_id(unmeasured, "Men's Tank")
    choose(unmeasured, sku, hub_category_id=tanks)
    listing_id = listing_of(unmeasured, sku).id
    required = [one for one in categories.detail(unmeasured.hub, unmeasured.shop_id(), tanks).attributes if one.required and not one.is_sales]
    assert required

    forget(unmeasured)
    push(unmeasured, "magento", [listing_id])
    [listing] = Api(unmeasured).product(product_of(unmeasured, sku).external_id)["listings"]
    assert [(one["code"], one["where"]) for one in listing["problems"]] == [
        ("attribute.missing", f"Attributes › {one.name}") for one in required]
    assert writes(unmeasured) == []

    choose(unmeasured, sku, hub_attributes={one.attribute_id: one.values[0][1] for one in required})
    task_id = push(unmeasured, "magento", [listing_id])
    assert progress(unmeasured, task_id).ok == 1
    sent = {one["id"]: one["values"] for one in bodies(unmeasured, "CreateProduct")[-1]["product_attributes"]}
    assert all(sent[one.attribute_id][0]["id"] == one.values[0][0] for one in required)


@pytest.mark.feature("ATT-09")
@pytest.mark.parametrize("wrong", [10.5, 0, -1, "10", "ten"])
def test_a_package_size_is_a_whole_number_above_zero(listed_api: Api, wrong: object):
    refused = listed_api.call("PUT", "attribute-mappings", 422, {"scope": [], "package": {"length": wrong, "width": 10, "height": 10}})
    assert any("length" in one["where"] for one in refused["problems"]), refused
    kept = listed_api.get("attribute-mappings")["mappings"][0]["package"]
    assert kept["length"] == "20"


@pytest.fixture
def unmeasured(config: Config) -> Iterator[World]:
    """A store whose products have neither package size nor weight."""
    with small_world(config, "magento", catalogue=many(1, "")) as built:
        yield built


@pytest.fixture
def listed_api(world: World) -> Api:
    """The API of a connected store."""
    return Api(world)


@pytest.mark.feature("ATT-08")
def test_the_shop_s_default_package_is_sent_where_the_store_has_none(unmeasured: World):
    Api(unmeasured).call("PUT", "attribute-mappings", 200, {
        "scope": [], "package": {"length": 10, "width": 10, "height": 10, "weight": "1"}})
    unmeasured.pull()
    push(unmeasured, "magento", [listing_of(unmeasured, first_simple(unmeasured)).id])
    body = bodies(unmeasured, "CreateProduct")[-1]
    assert body["package_dimensions"] == {"length": "10", "width": "10", "height": "10", "unit": "CENTIMETER"}
    assert body["package_weight"] == {"value": "1", "unit": "KILOGRAM"}


@pytest.mark.feature("ERR-03")
def test_a_product_without_any_package_size_names_the_setting_to_fill_in(unmeasured: World):
    settings(unmeasured, "magento", package_length=None, package_weight=None)
    unmeasured.pull()
    push(unmeasured, "magento", [listing_of(unmeasured, first_simple(unmeasured)).id])
    problems = listing_of(unmeasured, first_simple(unmeasured)).problems
    assert [(one["code"], one["link"]) for one in problems] == [("package.missing", "settings.products"), ("weight.missing", "settings.products")]
    assert bodies(unmeasured, "CreateProduct") == []


@pytest.mark.feature("ATT-02")
def test_a_brand_is_found_by_name_and_sent_with_the_next_push(either: Either):
    world, platform = either
    made = world.tiktok("POST", "brands", {"name": "Tidewater Pottery", "authorized": True})["id"]
    world.tiktok("POST", "brands", {"name": "Tidewater Locked", "t1": True})
    world.pull(platform)
    api, sku = Api(world, platform), first_simple(world, platform)

    found = api.get("brands", q="Tidew")["brands"]
    assert found == [{"id": made, "name": "Tidewater Pottery", "authorized": True}], "one that this seller cannot choose is left out"
    api.call("PUT", "attribute-mappings", 200, {
        "scope": [product_of(world, sku, platform).category_id], "brand": {"id": made, "name": "Tidewater Pottery"}})
    push(world, platform, [listing_of(world, sku, platform).id])
    assert bodies(world, "CreateProduct")[-1]["brand_id"] == made


def test_an_expired_brand_is_refused_with_tiktok_shop_s_words(world: World):
    made = world.tiktok("POST", "brands", {"name": "Gone Brand", "authorized": True, "expired": True})["id"]
    world.pull()
    sku = first_simple(world)
    choose(world, sku, hub_brand_id=made, hub_brand_name="Gone Brand")
    push(world, "magento", [listing_of(world, sku).id])
    [problem] = listing_of(world, sku).problems
    assert problem["code"] == "tiktok.brand" and "expired" in problem["says"]


def test_what_a_category_asks_is_read_once_a_day(listed: World):
    forget(listed)
    sku = first_simple(listed)
    choose(listed, sku, hub_title="Another Title for the Same Thing")
    push(listed, "magento", [listing_of(listed, sku).id])
    assert not [one for one in listed.tiktok("GET", "journal")["entries"] if one["operation"] in ("GetAttributes", "GetCategoryRules")]
    assert bodies(listed, "EditProduct")[-1]["title"] == "Another Title for the Same Thing"


def test_a_tree_that_is_read_anew_replaces_the_old_one_and_suggests(world: World):
    pulled(world, "magento")
    with world.hub.db.write() as session:
        task_id = categories.submit_taxonomy(session, session.get_one(Shop, world.shop_id()), "tester").id
    world.settle()
    with world.hub.db.read() as session:
        task = session.get_one(Task, task_id)
        assert (task.outcome, task.shown) == (Outcome.OK, True)
        assert len({one.category_id for one in categories.leaf_search(session, world.shop_id(), "", 500)}) > 20

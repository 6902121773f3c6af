"""Categories, attributes, brands, and what products take from them, through the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from hub.api import access
from hub.flows.categories import submit_taxonomy
from hub.models.categories import CategoryMapping
from hub.models.connections import Connection
from hub.models.shops import Shop
from tests.api.caller import Caller
from tests.support.world import World

Make = Callable[..., Caller]


def test_the_tree_is_walked_from_its_root_to_a_category_that_can_be_chosen(caller: Make):
    program = caller()
    at, deep = "0", 0
    while True:
        children = program.call("GET", f"/categories?parent={at}")["categories"]
        assert children and all(one["parent_id"] == at for one in children)
        leaf = next((one for one in children if one["selectable"]), None)
        if leaf is not None:
            break
        at, deep = children[0]["id"], deep + 1
    assert leaf["is_leaf"] and deep >= 1
    assert program.call("GET", f"/categories?parent={leaf['id']}")["categories"] == []
    assert leaf in program.call("GET", "/categories", params={"q": leaf["name"]})["categories"]
    program.call("GET", "/categories?parent=999999999", 404)


def test_tiktok_shops_own_suggestion_is_passed_on(caller: Make):
    best = caller().call("POST", "/categories/recommend", json={"title": "Ceramic coffee mug"})["category"]
    assert best["selectable"] and "Mugs" in best["name"]
    assert caller().call("POST", "/categories/recommend", json={"title": "qqqq zzzz"})["category"] is None


@pytest.mark.feature("CAT-02")
def test_a_store_category_is_mapped_and_no_suggestion_takes_it_back(world: World, caller: Make):
    program = caller()
    before = program.call("GET", "/category-mappings")["mappings"][0]
    other = next(one["id"] for one in program.call("GET", "/categories", params={"q": "shirts"})["categories"] if one["id"] != before["category_id"])
    chosen = program.call("PUT", "/category-mappings", json={"store_category_id": before["store_category_id"], "category_id": other})
    assert chosen["category_id"] == other and chosen["confirmed_at"] and chosen["store_path"] == before["store_path"]
    with world.hub.db.write() as session:
        submit_taxonomy(session, session.get_one(Shop, world.shop_id()))
    world.settle()
    [kept] = program.call("GET", "/category-mappings", params={"store_category_id": before["store_category_id"]})["mappings"]
    assert kept["category_id"] == other
    program.call("PUT", "/category-mappings", json={"store_category_id": before["store_category_id"], "category_id": before["category_id"]})
    inner = next(one["id"] for one in program.call("GET", "/categories")["categories"])
    program.call("PUT", "/category-mappings", 422, json={"store_category_id": before["store_category_id"], "category_id": inner})
    assert len(program.history("category chosen")) == 2


def test_mappings_come_in_pages(caller: Make):
    program = caller()
    whole = program.call("GET", "/category-mappings?limit=200")["mappings"]
    assert len(whole) >= 2
    first = program.call("GET", "/category-mappings?limit=1")
    rest = program.call("GET", "/category-mappings", params={"limit": 200, "cursor": first["next"]})
    assert [*first["mappings"], *rest["mappings"]] == whole and rest["next"] is None
    program.call("GET", "/category-mappings?cursor=nonsense", 422)
    program.call("GET", "/category-mappings?limit=201", 422)


def test_a_category_says_which_attributes_and_rules_it_has(caller: Make):
    program = caller()
    mapped = [one["category_id"] for one in program.call("GET", "/category-mappings")["mappings"]]
    mapped.append(program.call("GET", "/categories?q=t-shirts")["categories"][0]["id"])
    asked = [one for category in mapped for one in program.call("GET", f"/categories/{category}/attributes")["attributes"]]
    assert any(one["required"] and one["values"] for one in asked) and any(one["is_sales"] for one in asked)
    category = mapped[0]
    rules = program.call("GET", f"/categories/{category}/rules")
    assert rules["category_id"] == category and isinstance(rules["package_required"], bool)
    inner = program.call("GET", "/categories")["categories"][0]["id"]
    program.call("GET", f"/categories/{inner}/attributes", 422)
    program.call("GET", "/categories/12345678/rules", 404)


def test_a_slow_platform_keeps_nobody_waiting_in_the_stores_admin(caller: Make, world: World, monkeypatch: pytest.MonkeyPatch):
    program = caller()
    monkeypatch.setattr(access, "LONGEST_WAIT_S", 0.2)
    world.tiktok("POST", "faults", {"match": {"operation": "GetBrands"}, "times": -1, "do": {"delay_s": 1.5}})
    try:
        told = program.call("GET", "/brands", 503)
    finally:
        world.tiktok("DELETE", "faults")
    assert told["code"] == "platform_busy"
    monkeypatch.undo()
    assert program.call("GET", "/brands")["brands"], "the next call has its own time"


def test_brands_are_found_by_name(caller: Make):
    program = caller()
    every = program.call("GET", "/brands")["brands"]
    assert every
    word = every[0]["name"].split()[0]
    found = program.call("GET", "/brands", params={"q": word})["brands"]
    assert every[0] in found and all(word.casefold() in one["name"].casefold() for one in found)


def test_values_are_set_for_store_categories_and_for_the_whole_shop(world: World, caller: Make):
    program = caller()
    mapping = program.call("GET", "/category-mappings")["mappings"][0]
    scope = mapping["store_category_id"]
    asked = program.call("GET", f"/categories/{mapping['category_id']}/attributes")["attributes"]
    described = next(one for one in asked if not one["is_sales"])
    values = {described["id"]: {"from": "material"}}
    answer = program.call("PUT", "/attribute-mappings", json={
        "scope": [scope], "attributes": values, "brand": {"id": "7082427311584347905", "name": "Hearth"},
        "package": {"length": 10, "width": 11, "height": 12, "weight": "0.4"}})["mappings"]
    assert answer == [{"scope": scope, "attributes": values, "brand_id": "7082427311584347905", "brand_name": "Hearth",
                       "package": {"length": "10", "width": "11", "height": "12", "weight": "0.4"}}]
    with world.hub.db.read() as session:
        row = session.scalars(select(CategoryMapping).where(
            CategoryMapping.shop_id == world.shop_id(), CategoryMapping.store_category_id == scope)).one()
    assert row.attributes == values and row.package == {"length": 10, "width": 11, "height": 12, "weight": "0.4"}

    program.call("PUT", "/attribute-mappings", json={"scope": [scope], "attributes": {}, "brand": None, "package": None})
    [emptied] = program.call("GET", "/attribute-mappings", params={"scope": scope})["mappings"]
    assert (emptied["attributes"], emptied["brand_id"], emptied["package"]) == ({}, "", {})

    before = program.call("GET", "/attribute-mappings")["mappings"][0]
    assert before["scope"] == "" and before["package"]["length"] == "20"
    [shop] = program.call("PUT", "/attribute-mappings", json={"attributes": {described["id"]: {"text": "Stoneware"}}})["mappings"]
    assert shop["attributes"] == {described["id"]: {"text": "Stoneware"}} and shop["package"] == before["package"]
    program.call("PUT", "/attribute-mappings", json={"attributes": {}})


@pytest.mark.parametrize("body", [
    {"package": {"length": 0}}, {"package": {"length": 1.5}}, {"package": {"weight": "heavy"}}, {"package": {"weight": "-1"}},
    {"attributes": {"100": {}}}, {"attributes": {"100": {"from": "colour"}}}, {"scope": "all"}, {"scope": [1]},
])
def test_values_that_make_no_sense_are_refused(caller: Make, body: dict[str, object]):
    program = caller()
    before = program.call("GET", "/attribute-mappings")
    refused = program.call("PUT", "/attribute-mappings", 422, json=body)
    assert refused["code"] in ("invalid", "attributes")
    assert program.call("GET", "/attribute-mappings") == before


@pytest.mark.feature("NAT-05")
def test_many_store_categories_are_mapped_at_once_and_one_that_cannot_be_is_named(caller: Make):
    program = caller()
    first, second = program.call("GET", "/category-mappings")["mappings"][:2]
    leaf = program.call("GET", "/categories", params={"q": "shirts"})["categories"][0]["id"]
    inner = program.call("GET", "/categories")["categories"][0]["id"]
    answer = program.call("PUT", "/category-mappings/many", json={"mappings": [
        {"store_category_id": first["store_category_id"], "category_id": leaf},
        {"store_category_id": "4711", "category_id": leaf},
        {"store_category_id": second["store_category_id"], "category_id": inner}]})
    assert [one["store_category_id"] for one in answer["mappings"]] == [first["store_category_id"], "4711"]
    assert [one["store_category_id"] for one in answer["refused"]] == [second["store_category_id"]] and answer["refused"][0]["says"]
    gone = program.call("PUT", "/category-mappings/many", json={"mappings": [
        {"store_category_id": "4711", "category_id": ""}, {"store_category_id": "never-seen", "category_id": ""}]})
    assert [(one["category_id"], one["confirmed_at"]) for one in gone["mappings"]] == [("", None)] and gone["refused"] == []
    program.call("PUT", "/category-mappings/many", 422, json={"mappings": []})
    program.call("PUT", "/category-mappings", json={"store_category_id": first["store_category_id"], "category_id": first["category_id"]})


@pytest.mark.feature("NAT-06")
def test_the_stores_own_attributes_stand_for_brand_code_and_size(world: World, caller: Make):
    program = caller()
    before = program.call("GET", "/attribute-mappings")
    assert before["store_attributes"]["brand"] == "manufacturer" and before["identifier_type"] == ""
    after = program.call("PUT", "/attribute-mappings", json={
        "store_attributes": {"brand": "maker", "identifier": "gtin_code", "width": "box_width"}, "identifier_type": "GTIN"})
    assert after["store_attributes"] == {**before["store_attributes"], "brand": "maker", "identifier": "gtin_code", "width": "box_width"}
    assert program.call("GET", "/attribute-mappings")["identifier_type"] == "GTIN"
    with world.hub.db.read() as session:
        settings = session.get_one(Connection, world.connections["magento"]).settings
    assert settings["brand_attribute"] == "maker" and settings["base_url"]
    back = program.call("PUT", "/attribute-mappings", json={
        "store_attributes": {"brand": "", "identifier": "", "width": ""}, "identifier_type": ""})
    assert back["store_attributes"] == before["store_attributes"]
    program.call("PUT", "/attribute-mappings", 422, json={"identifier_type": "QR"})
    assert caller("prestashop").call("GET", "/attribute-mappings")["store_attributes"] == {}
    caller("prestashop").call("PUT", "/attribute-mappings", 422, json={"store_attributes": {"brand": "maker"}})

"""The catalogue and the stock of the practice BigCommerce."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from hub import clock
from tests.sandbox.bigcommerce_shop import BASE, Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    one = Shop()
    yield one
    assert one.faults() == []


def product(shop: Shop, sku: str, include: str = "variants") -> dict:
    return shop.get(f"/v3/catalog/products/{shop.ids(sku)['product_id']}", include=include)["data"]


def names(shop: Shop, **query) -> set[str]:
    return {one["name"] for one in shop.get("/v3/catalog/products", **query)["data"]}


# -- products


def test_a_simple_product_has_one_base_variant_without_options(shop):
    mug = product(shop, "MUG-1")
    (variant,) = mug["variants"]
    assert mug["base_variant_id"] == variant["id"] and variant["option_values"] == [] and variant["sku_id"] is None
    assert (variant["price"], variant["calculated_price"], mug["price"]) == (None, 9.5, 9.5)


def test_variants_have_their_options_and_null_where_they_inherit(shop):
    hood = product(shop, "HOOD-R-S", "variants,options")
    assert hood["base_variant_id"] is None and [one["display_name"] for one in hood["options"]] == ["Color", "Size"]
    first = hood["variants"][0]
    assert [(one["option_display_name"], one["label"]) for one in first["option_values"]] == [("Color", "Red"), ("Size", "S")]
    assert first["price"] is None and first["calculated_price"] == 39.0 and first["sku_id"]


def test_a_changed_variant_no_longer_inherits_and_its_products_date_stays(shop):
    before = product(shop, "HOOD-R-S")["date_modified"]
    with clock.hold(clock.now() + timedelta(hours=1)):
        shop.control("PATCH", "products/HOOD-R-S", {"price": "42.00", "sale_price": "40.00"})
        hood = product(shop, "HOOD-R-S")
    assert hood["date_modified"] == before
    changed = next(one for one in hood["variants"] if one["sku"] == "HOOD-R-S")
    assert (changed["price"], changed["sale_price"], changed["calculated_price"]) == (42.0, 40.0, 40.0)
    assert {one["price"] for one in hood["variants"] if one["sku"] != "HOOD-R-S"} == {None}


def test_a_sale_price_of_zero_is_none(shop):
    tee = product(shop, "TEE-1")
    assert (tee["price"], tee["sale_price"], tee["calculated_price"]) == (15.0, 12.5, 12.5)
    shop.control("PATCH", "products/TEE-1", {"sale_price": None})
    assert (product(shop, "TEE-1")["sale_price"], product(shop, "TEE-1")["calculated_price"]) == (0.0, 15.0)


def test_the_category_stands_in_a_custom_field_of_that_name(shop):
    fields = shop.get(f"/v3/catalog/products/{shop.ids('MUG-1')['product_id']}/custom-fields")["data"]
    assert {one["name"]: one["value"] for one in fields} == {"Category": "Mugs", "Material": "Stoneware"}
    shop.control("PATCH", "products/MUG-1", {"custom_fields": {"Category": "Shoes"}})
    assert {"Shoes"} <= {one["value"] for one in product(shop, "MUG-1", "custom_fields")["custom_fields"]}
    shop.control("PATCH", "products/MUG-1", {"custom_fields": {"Category": ""}})
    assert [one["name"] for one in product(shop, "MUG-1", "custom_fields")["custom_fields"]] == ["Material"]


def test_some_products_are_tracked_by_product_and_their_variants_show_no_level(shop):
    bowl = product(shop, "BOWL-1")
    assert (bowl["inventory_tracking"], bowl["inventory_level"], bowl["variants"][0]["inventory_level"]) == ("product", 7, 0)
    mug = product(shop, "MUG-1")
    assert (mug["inventory_tracking"], mug["inventory_level"], mug["variants"][0]["inventory_level"]) == ("variant", 10, 10)


def test_pictures_are_served_where_the_links_lead(shop):
    (image,) = shop.get(f"/v3/catalog/products/{shop.ids('MUG-1')['product_id']}/images")["data"]
    assert image["is_thumbnail"] and urlsplit(image["url_zoom"]).query
    answer = shop.http.get(image["url_zoom"])
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/jpeg" and answer.content.startswith(b"\xff\xd8")
    assert shop.http.get(f"{BASE}/images/999/zoom/x.jpg").status_code == 404


def test_what_is_not_for_sale_says_so(shop):
    off = product(shop, "OFF-1")
    assert (off["is_visible"], off["availability"]) == (False, "disabled")
    shop.control("PATCH", "products/MUG-1", {"is_price_hidden": True})
    shop.control("PATCH", "products/HOOD-B-M", {"purchasing_disabled": True})
    assert product(shop, "MUG-1")["is_price_hidden"]
    assert [one["sku"] for one in product(shop, "HOOD-B-M")["variants"] if one["purchasing_disabled"]] == ["HOOD-B-M"]


def test_brands_and_categories_are_read_by_their_own_calls(shop):
    mug = product(shop, "MUG-1")
    assert shop.get("/v3/catalog/brands", id__in=str(mug["brand_id"]))["data"][0]["name"] == "Tidewater"
    rows = {one["category_id"]: one for one in shop.get("/v3/catalog/trees/categories", tree_id__in="1")["data"]}
    (own,) = [rows[number] for number in mug["categories"]]
    assert (own["name"], rows[own["parent_id"]]["name"], rows[own["parent_id"]]["parent_id"]) == ("Mugs", "Home", 0)
    tree = shop.get("/v3/catalog/trees/1/categories")["data"]
    assert [one["name"] for one in tree] == ["Home", "Clothing"] and tree[0]["children"][0]["name"] == "Mugs"


def test_the_summary_counts_variants(shop):
    assert shop.get("/v3/catalog/summary")["data"]["variant_count"] == 8


def test_unknown_products_are_404_with_a_title(shop):
    status, says = shop.refused("GET", "/v3/catalog/products/99999")
    assert status == 404 and "99999" in says


# -- paging and filters


def test_pages_link_to_the_next_and_the_previous_one(shop):
    first = shop.get("/v3/catalog/products", limit=2)["meta"]["pagination"]
    assert (first["total"], first["count"], first["per_page"], first["total_pages"]) == (5, 2, 2, 3) and "previous" not in first["links"]
    last = shop.get("/v3/catalog/products", limit=2, page=3)
    assert last["meta"]["pagination"]["count"] == 1 and "next" not in last["meta"]["pagination"]["links"]
    assert shop.refused("GET", "/v3/catalog/products", limit=251)[0] == 413
    assert shop.refused("GET", "/v3/catalog/products", limit="all")[0] == 422


def test_options_or_modifiers_make_pages_of_ten_whatever_was_asked(shop):
    for number in range(9):
        shop.control("POST", "products", {"sku": f"N-{number}", "name": f"New {number}", "price": "1.00"})
    assert len(shop.get("/v3/catalog/products", limit=250, include="variants")["data"]) == 14
    for include in ("options", "variants,modifiers"):
        page = shop.get("/v3/catalog/products", limit=250, include=include)
        assert (len(page["data"]), page["meta"]["pagination"]["per_page"], page["meta"]["pagination"]["total_pages"]) == (10, 10, 2)
    assert shop.refused("GET", "/v3/catalog/products", include="stock")[0] == 422


def test_a_walk_by_id_sees_each_product_once_though_some_are_added(shop):
    seen, after = [], 0
    while page := shop.get("/v3/catalog/products", sort="id", direction="asc", limit=2, id__greater=after)["data"]:
        seen += [one["id"] for one in page]
        after = page[-1]["id"]
        if len(seen) == 2:
            shop.control("POST", "products", {"sku": "LATE", "name": "Late", "price": "1.00"})
    assert len(seen) == len(set(seen)) == 6


def test_a_range_of_dates_needs_full_moments(shop):
    now = clock.now()
    with clock.hold(now + timedelta(days=1)):
        shop.control("POST", "products/MUG-1/save")
    start = (now + timedelta(hours=1)).isoformat(timespec="seconds")
    assert names(shop, date_modified__min=start) == {"Blue mug"}
    assert "Blue mug" not in names(shop, date_modified__max=start)
    # A date alone gets the present time of day, so that what happened before it on that day is missed.
    day = (now + timedelta(days=1)).date().isoformat()
    with clock.hold(now + timedelta(seconds=5)):
        assert names(shop, date_modified__min=day) == set()
    with clock.hold(now - timedelta(seconds=5)):
        assert names(shop, date_modified__min=day) == {"Blue mug"}
    assert shop.refused("GET", "/v3/catalog/products", date_modified__min="yesterday")[0] == 422


def test_filters_choose_by_sku_state_category_and_level(shop):
    assert names(shop, sku="MUG-1") == names(shop, keyword="blue") == {"Blue mug"}
    assert names(shop, sku__in="MUG-1,TEE-1") == {"Blue mug", "Plain tee"}
    assert names(shop, is_visible="false") == names(shop, availability="disabled") == {"Old stock"}
    assert names(shop, id__in=f"{shop.ids('MUG-1')['product_id']},{shop.ids('BOWL-1')['product_id']}") == {"Blue mug", "Harbour bowl"}
    shop.control("PATCH", "products/MUG-1", {"quantity": 0})
    assert names(shop, out_of_stock=1) == names(shop, inventory_level__max=2) == {"Blue mug"}
    assert shop.refused("GET", "/v3/catalog/products", is_visible="perhaps")[0] == 422


def test_only_the_fields_asked_for_come(shop):
    (row,) = shop.get("/v3/catalog/products", sku="MUG-1", include_fields="name,price", include="images")["data"]
    assert set(row) == {"id", "name", "price", "images"}
    assert "description" not in shop.get("/v3/catalog/products", sku="MUG-1", exclude_fields="description")["data"][0]


def test_the_list_of_all_variants_leaves_out_what_only_the_products_own_call_has(shop):
    (row,) = shop.get("/v3/catalog/variants", sku="MUG-1")["data"]
    assert not {"gtin", "mpn", "image_url", "calculated_weight"} & set(row)
    own = shop.get(f"/v3/catalog/products/{row['product_id']}/variants/{row['id']}")["data"]
    assert own["gtin"] == "2900000000018"
    assert len(shop.get("/v3/catalog/variants", product_id__in=str(shop.ids("HOOD-R-S")["product_id"]))["data"]) == 4


def test_a_new_product_comes_into_lists_after_the_delay_of_search(shop):
    shop.control("POST", "settings", {"search_delay_s": 60})
    made = shop.control("POST", "products", {"sku": "NEW", "name": "New", "price": "3.00"})
    assert shop.get("/v3/catalog/products", sku="NEW")["data"] == []
    assert shop.get(f"/v3/catalog/products/{made['product_id']}")["data"]["name"] == "New"
    with clock.hold(clock.now() + timedelta(seconds=61)):
        assert names(shop, sku="NEW") == {"New"}


def test_price_lists_and_channels_are_told(shop):
    shop.control("POST", "pricelists", {"name": "TikTok", "channel_id": 1, "records": [{"sku": "MUG-1", "price": "8.00", "sale_price": "7.50"}]})
    (one,) = shop.get("/v3/pricelists")["data"]
    (record,) = shop.get(f"/v3/pricelists/{one['id']}/records", variant_id__in=str(shop.ids("MUG-1")["variant_id"]))["data"]
    assert (record["price"], record["calculated_price"], record["currency"]) == (8.0, 7.5, "GBP")
    assert shop.get("/v3/pricelists/assignments")["data"][0]["channel_id"] == 1
    body = {"name": "TikTok Shop", "type": "marketplace", "platform": "tiktok", "status": "connected"}
    made = shop.send("POST", "/v3/channels", body)["data"]
    assert made["is_enabled"] and [row["id"] for row in shop.get("/v3/channels", type__in="marketplace")["data"]] == [made["id"]]
    assert shop.refused("POST", "/v3/channels", body)[0] == 409
    assert shop.refused("POST", "/v3/channels", {**body, "name": "TikTok & co"})[0] == 422
    assert shop.refused("POST", "/v3/channels", {**body, "name": "Other", "status": "active"})[0] == 422
    off = shop.send("PUT", f"/v3/channels/{made['id']}", {"status": "disconnected"})["data"]
    assert not off["is_enabled"] and shop.get(f"/v3/channels/{made['id']}")["data"]["status"] == "disconnected"


# -- stock


def items(shop: Shop, sku: str) -> dict:
    (row,) = shop.get("/v3/inventory/items", sku__in=sku)["data"]
    return row


def test_what_can_be_sold_is_what_is_on_hand_less_the_safety_stock(shop):
    mug = shop.ids("MUG-1")
    shop.send("PUT", "/v3/inventory/locations/1/items", {"settings": [{"identity": {"variant_id": mug["variant_id"]}, "safety_stock": 3}]})
    (place,) = items(shop, "MUG-1")["locations"]
    assert (place["total_inventory_onhand"], place["available_to_sell"], place["settings"]["safety_stock"]) == (10, 7, 3)
    assert product(shop, "MUG-1")["inventory_level"] == 7


def test_absolute_and_relative_adjustments_are_applied_whole_or_not_at_all(shop):
    mug, bowl = shop.ids("MUG-1"), shop.ids("BOWL-1")
    made = shop.send("PUT", "/v3/inventory/adjustments/absolute", {"reason": "count", "items": [
        {"location_id": 1, "variant_id": mug["variant_id"], "quantity": 4}, {"location_id": 1, "product_id": bowl["product_id"], "quantity": 6}]})
    assert made["transaction_id"] and (shop.stock("MUG-1"), shop.stock("BOWL-1")) == (4, 6)
    shop.send("POST", "/v3/inventory/adjustments/relative", {"items": [{"location_id": 1, "sku": "MUG-1", "quantity": -1}]})
    assert shop.stock("MUG-1") == 3
    status, says = shop.refused("POST", "/v3/inventory/adjustments/relative", {"items": [
        {"location_id": 1, "sku": "BOWL-1", "quantity": 1}, {"location_id": 1, "sku": "MUG-1", "quantity": -4}]})
    assert status == 422 and "items.1.quantity" in says and (shop.stock("MUG-1"), shop.stock("BOWL-1")) == (3, 6)


@pytest.mark.parametrize("item", [
    {"location_id": 1, "quantity": 1}, {"location_id": 1, "sku": "MUG-1", "variant_id": 4001, "quantity": 1},
    {"location_id": 9, "sku": "MUG-1", "quantity": 1},
    {"location_id": 1, "sku": "NO", "quantity": 1}, {"sku": "MUG-1", "quantity": 1}, {"location_id": 1, "sku": "MUG-1", "quantity": "1"},
    {"location_id": 1, "sku": "MUG-1", "quantity": 1, "note": "x"}, {"location_id": 1, "sku": "MUG-1", "quantity": -1},
])
def test_adjustments_that_do_not_fit_are_422(shop, item):
    assert shop.refused("PUT", "/v3/inventory/adjustments/absolute", {"items": [item]})[0] == 422
    assert shop.stock("MUG-1") == 10


def test_an_item_without_tracking_takes_no_adjustment(shop):
    shop.control("PATCH", "products/MUG-1", {"tracking": "none"})
    assert shop.refused("PUT", "/v3/inventory/adjustments/absolute", {"items": [{"location_id": 1, "sku": "MUG-1", "quantity": 1}]})[0] == 422
    assert shop.get("/v3/inventory/items", sku__in="MUG-1")["data"] == []
    assert shop.refused("PUT", "/v3/inventory/adjustments/absolute",
                        {"items": [{"location_id": 1, "product_id": shop.ids("HOOD-R-S")["product_id"], "quantity": 1}]})[0] == 422


def test_stock_read_right_after_a_write_may_be_the_old_one(shop):
    shop.control("POST", "settings", {"stock_delay_s": 5})
    with clock.hold(clock.now() + timedelta(minutes=1)):
        shop.send("PUT", "/v3/inventory/adjustments/absolute", {"items": [{"location_id": 1, "sku": "MUG-1", "quantity": 2}]})
        assert items(shop, "MUG-1")["locations"][0]["available_to_sell"] == 10 and product(shop, "MUG-1")["inventory_level"] == 10
        with clock.hold(clock.now() + timedelta(seconds=5)):
            assert items(shop, "MUG-1")["locations"][0]["available_to_sell"] == 2 and product(shop, "MUG-1")["inventory_level"] == 2


def test_a_second_location_counts_by_itself_and_into_the_total_while_it_is_enabled(shop):
    place = shop.control("POST", "locations", {"code": "LEEDS", "label": "Leeds"})["id"]
    shop.control("PATCH", "products/MUG-1", {"quantity": 4, "location": place})
    assert {one["location_id"]: one["available_to_sell"] for one in items(shop, "MUG-1")["locations"]} == {1: 10, place: 4}
    (row,) = shop.get(f"/v3/inventory/locations/{place}/items", sku__in="MUG-1")["data"]
    assert row["available_to_sell"] == 4 and product(shop, "MUG-1")["inventory_level"] == 14
    shop.control("PATCH", f"locations/{place}", {"enabled": False})
    assert product(shop, "MUG-1")["inventory_level"] == 10
    assert [one["code"] for one in shop.get("/v3/inventory/locations", is_active="true")["data"]] == ["BC-LOCATION-1"]
    assert [one["id"] for one in shop.get("/v3/inventory/locations", is_default="true")["data"]] == [1]


def test_the_stock_rules_are_read_and_written_with_their_words_only(shop):
    assert shop.get("/v3/settings/inventory")["data"]["update_stock_behavior"] == "order_placed"
    changed = shop.send("PUT", "/v3/settings/inventory", {"refund_order_stock_adjustment": False})["data"]
    assert changed["refund_order_stock_adjustment"] is False
    assert shop.refused("PUT", "/v3/settings/inventory", {"update_stock_behavior": "never"})[0] == 422
    assert shop.refused("GET", "/v3/settings/inventory", channel_id=99)[0] == 422


def test_the_store_tells_its_units_zone_currency_and_tax_mode(shop):
    store = shop.get("/v2/store")
    assert (store["currency"], store["weight_units"], store["is_price_entered_with_tax"], store["timezone"]["name"], store["plan_name"]) == (
        "GBP", "KGS", True, "Europe/London", "Pro")
    assert shop.get("/v2/currencies")[0]["currency_code"] == "GBP"

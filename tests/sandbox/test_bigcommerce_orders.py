"""Orders, stock and shipments of the practice BigCommerce, through v2."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from hub import clock
from tests.sandbox.bigcommerce_shop import ADDRESS, Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    one = Shop()
    yield one
    assert one.faults() == []


def money(order: dict, name: str) -> tuple[Decimal, Decimal, Decimal]:
    """Without tax, with tax, tax."""
    return Decimal(order[f"{name}_ex_tax"]), Decimal(order[f"{name}_inc_tax"]), Decimal(order[f"{name}_tax"])


def change(shop: Shop, order: dict, **body) -> dict:
    return shop.send("PUT", f"/v2/orders/{order['id']}", body)


# -- creating


def test_an_order_comes_back_with_amounts_as_texts_and_parts_as_links(shop):
    order = shop.order()
    assert order["total_inc_tax"] == "31.7900" and order["status"] == "Awaiting Fulfillment" and order["order_source"] == "external"
    assert money(order, "subtotal") == (Decimal("24"), Decimal("28.8"), Decimal("4.8"))
    assert order["products"]["resource"] == f"/orders/{order['id']}/products" and order["external_id"] is None
    assert (order["external_order_id"], order["external_source"], order["payment_status"]) == ("5770", "4321", "")


def test_the_status_is_pending_unless_told_otherwise(shop):
    assert shop.order(status_id=None)["status_id"] == 1


def test_lines_have_ids_of_their_own_and_their_options_in_words(shop):
    order = shop.order()
    mug, hood = shop.lines(order["id"])
    assert mug["id"] != mug["product_id"] and mug["order_address_id"] == shop.get(f"/v2/orders/{order['id']}/shipping_addresses")[0]["id"]
    assert (hood["sku"], hood["variant_id"]) == ("HOOD-R-S", shop.ids("HOOD-R-S")["variant_id"])
    assert [(one["display_name"], one["display_value"]) for one in hood["product_options"]] == [("Color", "Red"), ("Size", "S")]
    assert shop.get(f"/v2/orders/{order['id']}/products/{hood['id']}")["sku"] == "HOOD-R-S"


def test_custom_lines_need_their_name_and_both_prices_and_touch_no_stock(shop):
    custom = {"name": "Unmapped item", "sku": "X-1", "quantity": 1, "price_ex_tax": 4.00, "price_inc_tax": 4.80}
    order = shop.order(products=[custom])
    (line,) = shop.lines(order["id"])
    assert (line["product_id"], line["variant_id"], line["name"], line["sku"]) == (0, 0, "Unmapped item", "X-1")
    for missing in ("name", "price_ex_tax", "price_inc_tax", "quantity"):
        bad = {name: value for name, value in custom.items() if name != missing}
        assert missing in shop.refused("POST", "/v2/orders", shop.order_body(products=[bad]))[1]
    for name in ("", None):
        assert shop.refused("POST", "/v2/orders", shop.order_body(products=[{**custom, "name": name}]))[0] == 400
    assert shop.refused("POST", "/v2/orders", shop.order_body(products=[{**custom, "variant_id": 4001}]))[0] == 400


@pytest.mark.parametrize("missing", ["billing_address", "products"])
def test_what_is_required_is_named_when_it_is_missing(shop, missing):
    status, says = shop.refused("POST", "/v2/orders", shop.order_body(**{missing: None}))
    assert status == 400 and f"The required field '{missing}' was not supplied." in says
    assert shop.control("GET", "orders") == []


@pytest.mark.parametrize("field", ["id", "status", "date_modified", "total_tax", "external_id", "order_source", "payment_status", "coupon_discount",
                                   "currency_code", "is_deleted"])
def test_what_can_only_be_read_cannot_be_written_to(shop, field):
    status, says = shop.refused("POST", "/v2/orders", {**shop.order_body(), field: "1"})
    assert status == 400 and f"The field '{field}' cannot be written to." in says


@pytest.mark.parametrize("changes", [
    {"colour": "blue"}, {"status_id": 15}, {"status_id": "11"}, {"channel_id": 77}, {"customer_id": 5}, {"discount_amount": "-1"},
    {"discount_amount": "x"},
    {"date_created": "soon"}, {"default_currency_code": "SEK"}, {"shipping_cost_ex_tax": True}, {"staff_notes": 5}, {"products": []},
    {"products": [{"product_id": 99999, "quantity": 1}]}, {"products": [{"product_id": 111, "variant_id": 9, "quantity": 1}]},
    {"products": [{"product_id": 111, "quantity": 0}]}, {"products": [{"product_id": 111, "quantity": 1, "price_inc_tax": "9.60"}]},
    {"billing_address": {**ADDRESS, "zip": "1"}}, {"billing_address": {**ADDRESS, "country_iso2": "QQ"}},
    {"billing_address": {**ADDRESS, "state": None}}, {"billing_address": {**ADDRESS, "email": "nobody"}},
    {"billing_address": {name: value for name, value in ADDRESS.items() if name != "country_iso2"}},
    {"fees": [{"type": "custom_fee", "display_name_merchant": "Fee", "cost_ex_tax": "1.00"}]},
    {"fees": [{"type": "tip", "display_name_merchant": "Fee"}]},
])
def test_what_does_not_fit_is_refused_and_nothing_is_kept(shop, changes):
    status, says = shop.refused("POST", "/v2/orders", {**shop.order_body(), **changes})
    assert status == 400 and "message" in says
    assert shop.control("GET", "orders") == [] and shop.stock("MUG-1") == 10


def test_a_country_by_its_name_is_enough(shop):
    address = {**ADDRESS, "country": "United Kingdom"}
    del address["country_iso2"]
    assert shop.order(billing_address=address, shipping_addresses=[address])["billing_address"]["country_iso2"] == "GB"


def test_without_a_shipping_address_the_billing_one_is_used(shop):
    order = shop.order(shipping_addresses=None)
    assert shop.get(f"/v2/orders/{order['id']}/shipping_addresses")[0]["street_1"] == "1 High St"


@pytest.mark.parametrize("name", ["shipping_cost", "handling_cost", "wrapping_cost", "subtotal", "total"])
def test_amounts_in_pairs_come_both_or_not_at_all(shop, name):
    base = shop.order_body(shipping_cost_ex_tax=None, shipping_cost_inc_tax=None)
    status, says = shop.refused("POST", "/v2/orders", {**base, f"{name}_ex_tax": "2.00"})
    assert status == 400 and f"{name}_inc_tax" in says
    order = shop.send("POST", "/v2/orders", {**base, f"{name}_ex_tax": "2.00", f"{name}_inc_tax": "2.40"})
    assert money(order, name) == (Decimal("2"), Decimal("2.4"), Decimal("0.4"))


def test_one_line_price_alone_leaves_the_other_to_the_store_and_breaks_the_totals(shop):
    order = shop.order(products=[{**shop.ids("MUG-1"), "quantity": 1, "price_inc_tax": 5.00}])
    assert money(order, "subtotal") == (Decimal("9.5"), Decimal("5"), Decimal("-4.5"))


def test_prices_left_out_are_the_stores_own(shop):
    order = shop.order(products=[{**shop.ids("TEE-1"), "quantity": 2}])
    assert Decimal(order["subtotal_inc_tax"]) == Decimal("25")


def test_an_overridden_total_stands_and_the_parts_are_not_recomputed(shop):
    order = shop.order(total_ex_tax="20.00", total_inc_tax="30.00")
    assert money(order, "total") == (Decimal("20"), Decimal("30"), Decimal("10")) and Decimal(order["subtotal_inc_tax"]) == Decimal("28.8")


def test_a_discount_and_fees_make_the_total(shop):
    order = shop.order(discount_amount="2.00", fees=[
        {"type": "custom_fee", "display_name_merchant": "Retail delivery fee", "cost_ex_tax": "0.28", "cost_inc_tax": "0.28"}])
    assert Decimal(order["total_inc_tax"]) == Decimal("31.79") - 2 + Decimal("0.28")
    (fee,) = shop.get(f"/v2/orders/{order['id']}/fees")
    assert (fee["display_name_customer"], fee["cost_inc_tax"]) == ("Retail delivery fee", "0.2800")
    taxes = shop.get(f"/v2/orders/{order['id']}/taxes")
    assert [(one["line_item_type"], one["line_amount"]) for one in taxes] == [("item", "3.2000"), ("item", "1.6000"), ("shipping", "0.5000")]


def test_a_product_with_options_needs_its_variant_or_all_its_options(shop):
    hood = shop.ids("HOOD-B-M")
    status, says = shop.refused("POST", "/v2/orders", shop.order_body(products=[{"product_id": hood["product_id"], "quantity": 1}]))
    assert status == 400 and "The options of one or more products are invalid." in says and "Color" in says
    options = shop.get(f"/v3/catalog/products/{hood['product_id']}/options")["data"]
    chosen = {"Color": "Blue", "Size": "M"}
    picked = [{"id": one["id"], "value": str(value["id"])} for one in options for value in one["option_values"]
              if value["label"] == chosen[one["display_name"]]]
    line = {"product_id": hood["product_id"], "quantity": 1, "price_ex_tax": 30, "price_inc_tax": 36, "product_options": picked}
    order = shop.order(products=[line])
    assert shop.lines(order["id"])[0]["variant_id"] == hood["variant_id"]
    assert shop.refused("POST", "/v2/orders", shop.order_body(products=[{**line, "product_options": picked[:1]}]))[0] == 400


def test_a_required_modifier_must_be_answered(shop):
    made = shop.control("POST", "products/MUG-1/modifiers", {"name": "Engraving", "required": True})
    status, says = shop.refused("POST", "/v2/orders", shop.order_body())
    assert status == 400 and "Engraving" in says
    line = {**shop.line("MUG-1"), "product_options": [{"id": made["option_id"], "value": str(made["values"][0]["id"])}]}
    order = shop.order(products=[line])
    assert shop.lines(order["id"])[0]["product_options"][0]["display_value"] == "Yes"


def test_a_created_order_answers_200_or_201_by_setting():
    for status in (200, 201):
        shop = Shop(create_status=status)
        assert shop.raw("POST", "/v2/orders", json=shop.order_body()).status_code == status


# -- finding


def test_the_same_order_twice_makes_two_and_both_are_found_by_their_key(shop):
    first, second = shop.order(), shop.order()
    assert [one["id"] for one in shop.get("/v2/orders", external_order_id="5770")] == [first["id"], second["id"]]
    assert shop.get("/v2/orders", external_order_id="577") is None


def test_lists_are_filtered_sorted_and_paged(shop):
    now = clock.now()
    ids = []
    for hour, status in enumerate((11, 12, 11)):
        with clock.hold(now + timedelta(hours=hour)):
            ids.append(shop.order(status_id=status, external_order_id=f"K{hour}")["id"])
    at = (now + timedelta(minutes=30)).isoformat()
    assert [one["id"] for one in shop.get("/v2/orders", min_date_modified=at)] == ids[1:]
    assert [one["id"] for one in shop.get("/v2/orders", max_date_created=at)] == ids[:1]
    assert [one["id"] for one in shop.get("/v2/orders", status_id=12)] == [ids[1]]
    assert [one["id"] for one in shop.get("/v2/orders", sort="date_modified:desc")] == ids[::-1]
    assert [one["id"] for one in shop.get("/v2/orders", limit=2, page=2)] == ids[2:]
    assert [one["id"] for one in shop.get("/v2/orders", min_id=ids[1], max_id=ids[1])] == [ids[1]]
    assert shop.get("/v2/orders/count", status_id=11)["count"] == 2
    assert shop.refused("GET", "/v2/orders", limit=251)[0] == 400
    assert shop.refused("GET", "/v2/orders", sort="total")[0] == 400
    assert shop.refused("GET", "/v2/orders", min_date_modified="then")[0] == 400


def test_a_new_order_is_found_by_its_id_at_once_and_by_search_after_the_delay(shop):
    shop.control("POST", "settings", {"search_delay_s": 60})
    order = shop.order()
    assert shop.get("/v2/orders", external_order_id="5770") is None
    assert shop.get(f"/v2/orders/{order['id']}")["external_order_id"] == "5770"
    shop.control("POST", "clock", {"advance_s": 61})
    assert shop.get("/v2/orders", external_order_id="5770")[0]["id"] == order["id"]


def test_an_archived_order_stays_readable_and_is_listed_where_it_is_asked_for(shop):
    first, second = shop.order(), shop.order(external_order_id="5771")
    shop.send("DELETE", f"/v2/orders/{first['id']}")
    change(shop, second, is_deleted=True)
    assert shop.get("/v2/orders") is None
    assert [one["is_deleted"] for one in shop.get("/v2/orders", is_deleted="true")] == [True, True]
    assert shop.get(f"/v2/orders/{first['id']}")["is_deleted"] is True


def test_an_unknown_order_is_404(shop):
    assert shop.refused("GET", "/v2/orders/99999")[0] == 404
    assert shop.refused("PUT", "/v2/orders/99999", {"status_id": 5})[0] == 404


# -- changing


def test_the_key_can_be_changed_and_the_merchants_id_only_once(shop):
    order = shop.order(external_merchant_id="m1")
    assert change(shop, order, external_order_id="5771")["external_order_id"] == "5771"
    status, says = shop.refused("PUT", f"/v2/orders/{order['id']}", {"external_merchant_id": "m2"})
    assert status == 400 and "external_merchant_id" in says


def test_sending_back_what_was_read_is_refused(shop):
    order = shop.order()
    assert shop.refused("PUT", f"/v2/orders/{order['id']}", order)[0] == 400


def test_fees_are_replaced_wholesale(shop):
    fee = {"type": "custom_fee", "display_name_merchant": "A", "cost_ex_tax": "1.00", "cost_inc_tax": "1.00"}
    order = shop.order(fees=[fee, {**fee, "display_name_merchant": "B"}])
    changed = change(shop, order, fees=[{**fee, "display_name_merchant": "C", "cost_ex_tax": "2.00", "cost_inc_tax": "2.00"}])
    assert [one["display_name_merchant"] for one in shop.get(f"/v2/orders/{order['id']}/fees")] == ["C"]
    assert Decimal(changed["total_inc_tax"]) == Decimal("33.79")
    change(shop, order, fees=[])
    assert shop.get(f"/v2/orders/{order['id']}/fees") is None


def test_lines_are_changed_added_and_taken_away(shop):
    order = shop.order()
    mug, hood = shop.lines(order["id"])
    custom = {"name": "Card", "quantity": 1, "price_ex_tax": 1.0, "price_inc_tax": 1.2}
    changed = change(shop, order, products=[{"id": mug["id"], "quantity": 1}, {"id": hood["id"], "quantity": 0}, custom])
    assert [(one["name"], one["quantity"]) for one in shop.lines(order["id"])] == [("Blue mug", 1), ("Card", 1)]
    assert Decimal(changed["subtotal_inc_tax"]) == Decimal("10.8")
    assert shop.refused("PUT", f"/v2/orders/{order['id']}", {"products": [{"id": 9, "quantity": 1}]})[0] == 400


def test_an_order_goes_from_hold_to_fulfilment(shop):
    order = shop.order(status_id=12)
    assert order["status"] == "Manual Verification Required"
    assert change(shop, order, status_id=11)["status"] == "Awaiting Fulfillment"


# -- stock


def test_an_order_takes_stock_when_it_is_placed_and_gives_it_back_when_cancelled(shop):
    order = shop.order(products=[shop.line("MUG-1", 2), shop.line("BOWL-1", 3)])
    assert (shop.stock("MUG-1"), shop.stock("BOWL-1")) == (8, 4)
    change(shop, order, status_id=5)
    assert (shop.stock("MUG-1"), shop.stock("BOWL-1")) == (10, 7)
    change(shop, order, status_id=11)
    assert shop.stock("MUG-1") == 8


def test_stock_moves_when_shipped_where_the_store_says_so(shop):
    shop.send("PUT", "/v3/settings/inventory", {"update_stock_behavior": "order_completed_or_shipped"})
    order = shop.order()
    assert shop.stock("MUG-1") == 10
    change(shop, order, status_id=2)
    assert shop.stock("MUG-1") == 8
    change(shop, order, status_id=10)
    assert shop.stock("MUG-1") == 8


@pytest.mark.parametrize("setting", [{"refund_order_stock_adjustment": False}, {"returns_stock_by_api": False}])
def test_a_cancelled_order_keeps_its_stock_where_the_store_does_not_return_it(shop, setting):
    shop.control("POST", "settings", setting)
    order = shop.order()
    change(shop, order, status_id=5)
    assert shop.stock("MUG-1") == 8


@pytest.mark.parametrize(("adjusts", "left"), [(False, 8), (True, 5)])
def test_an_edited_line_moves_stock_only_where_the_store_adjusts_on_edits(shop, adjusts, left):
    shop.send("PUT", "/v3/settings/inventory", {"edit_order_stock_adjustment": adjusts})
    order = shop.order()
    line = shop.lines(order["id"])[0]
    change(shop, order, products=[{"id": line["id"], "quantity": 5}])
    assert shop.stock("MUG-1") == left


def test_an_incomplete_order_takes_no_stock(shop):
    order = shop.order(status_id=0)
    assert shop.stock("MUG-1") == 10
    change(shop, order, status_id=11)
    assert shop.stock("MUG-1") == 8


def test_what_is_out_of_stock_is_refused_by_its_product_or_taken_by_setting(shop):
    status, says = shop.refused("POST", "/v2/orders", shop.order_body(products=[shop.line("MUG-1", 11)]))
    assert status == 409 and "out of stock" in says and '"inventory_level": 10' in says
    assert shop.control("GET", "orders") == [] and shop.stock("MUG-1") == 10
    shop.control("POST", "settings", {"refuse_out_of_stock": False})
    order = shop.order(products=[shop.line("MUG-1", 11)])
    assert shop.stock("MUG-1") == 0
    change(shop, order, status_id=5)
    assert shop.stock("MUG-1") == 10


def test_of_two_orders_at_once_for_the_last_piece_one_is_refused(shop):
    shop.control("PATCH", "products/MUG-1", {"quantity": 1})
    body = shop.order_body(products=[shop.line("MUG-1")])
    with ThreadPoolExecutor(8) as callers:
        statuses = sorted(callers.map(lambda _: shop.raw("POST", "/v2/orders", json=body).status_code, range(8)))
    assert statuses == [200] + [409] * 7 and shop.stock("MUG-1") == 0


def test_what_is_not_tracked_is_never_out_of_stock(shop):
    shop.control("PATCH", "products/MUG-1", {"tracking": "none"})
    assert shop.order(products=[shop.line("MUG-1", 500)])["id"]


# -- shipments


def ship(shop: Shop, order: dict, *items: tuple[int, int], **more) -> dict:
    address = shop.get(f"/v2/orders/{order['id']}/shipping_addresses")[0]["id"]
    body = {"order_address_id": address, "items": [{"order_product_id": line, "quantity": count} for line, count in items], **more}
    return shop.send("POST", f"/v2/orders/{order['id']}/shipments", body)


def test_parcels_move_the_order_to_partially_shipped_and_to_shipped(shop):
    order = shop.order()
    mug, hood = shop.lines(order["id"])
    first = ship(shop, order, (mug["id"], 2), tracking_number="RM1", shipping_provider="royalmail", shipping_method="Royal Mail 24")
    assert first["items"] == [{"order_product_id": mug["id"], "product_id": mug["product_id"], "quantity": 2}]
    assert "RM1" in first["generated_tracking_link"]
    assert shop.get(f"/v2/orders/{order['id']}")["status_id"] == 3
    ship(shop, order, (hood["id"], 1), tracking_number="X1", tracking_link="https://track.example/X1")
    told = shop.get(f"/v2/orders/{order['id']}")
    assert (told["status_id"], told["items_shipped"]) == (2, 3) and told["date_shipped"]
    assert shop.get(f"/v2/orders/{order['id']}/shipments/count")["count"] == 2
    assert [one["quantity_shipped"] for one in shop.lines(order["id"])] == [2, 1]


@pytest.mark.parametrize("changes", [
    {"order_address_id": None}, {"items": None}, {"items": []}, {"order_address_id": 1}, {"items": [{"order_product_id": 1, "quantity": 1}]},
    {"tracking_number": "1" * 51}, {"tracking_link": "x" * 501}, {"shipping_provider": "pigeon"}, {"id": 5}, {"colour": "blue"},
])
def test_shipments_that_do_not_fit_are_refused(shop, changes):
    order = shop.order()
    line = shop.lines(order["id"])[0]
    body = {"order_address_id": line["order_address_id"], "items": [{"order_product_id": line["id"], "quantity": 1}], **changes}
    status, _ = shop.refused("POST", f"/v2/orders/{order['id']}/shipments", {name: value for name, value in body.items() if value is not None})
    assert status == 400 and shop.get(f"/v2/orders/{order['id']}/shipments") is None


def test_no_more_is_shipped_than_was_ordered(shop):
    order = shop.order()
    mug = shop.lines(order["id"])[0]
    ship(shop, order, (mug["id"], 1))
    body = {"order_address_id": mug["order_address_id"], "items": [{"order_product_id": mug["id"], "quantity": 2}]}
    status, says = shop.refused("POST", f"/v2/orders/{order['id']}/shipments", body)
    assert status == 400 and "1 left" in says


def test_tracking_is_edited_and_a_deleted_shipment_leaves_the_status(shop):
    order = shop.order()
    made = ship(shop, order, *[(one["id"], one["quantity"]) for one in shop.lines(order["id"])], tracking_number="A")
    path = f"/v2/orders/{order['id']}/shipments/{made['id']}"
    assert shop.send("PUT", path, {"tracking_number": "B"})["tracking_number"] == "B"
    assert "cannot be written to" in shop.refused("PUT", path, {"items": []})[1]
    assert shop.get(path)["tracking_number"] == "B"
    shop.send("DELETE", path)
    assert shop.get(f"/v2/orders/{order['id']}")["status_id"] == 2
    assert [one["quantity_shipped"] for one in shop.lines(order["id"])] == [0, 0]
    assert shop.refused("GET", path)[0] == 404


# -- the merchant's hands


def test_the_merchant_ships_cancels_plants_and_archives(shop):
    order = shop.order()
    row = shop.control("POST", f"orders/{order['id']}/ship", {"number": "S1", "carrier": "DPD", "lines": [{"sku": "MUG-1", "quantity": 1}]})
    assert row["shipments"][0]["tracks"][0] == {"number": "S1", "carrier_code": "", "title": "DPD"} and row["status_id"] == 3
    shop.control("POST", f"orders/{order['id']}/track", {"number": "S2"})
    twin = shop.control("POST", f"orders/{order['id']}/plant")
    assert [one["id"] for one in shop.get("/v2/orders", external_order_id="5770")] == [order["id"], int(twin["order_id"])]
    assert shop.control("POST", f"orders/{twin['order_id']}/cancel")["state"] == "cancelled"
    shop.control("DELETE", f"orders/{twin['order_id']}")
    rows = shop.control("GET", "orders")
    assert [(one["state"], one["key"], one["totals"]["grand"]) for one in rows] == [("open", "5770", "31.79"), ("deleted", "5770", "31.79")]


def test_an_app_of_the_store_may_add_to_the_total_and_countries_may_be_closed(shop):
    shop.control("POST", "surcharge", {"amount": "1.00"})
    assert Decimal(shop.order()["total_inc_tax"]) == Decimal("32.79")
    shop.control("POST", "countries", {"allowed": ["FR"]})
    status, says = shop.refused("POST", "/v2/orders", shop.order_body())
    assert status == 400 and "GB" in says

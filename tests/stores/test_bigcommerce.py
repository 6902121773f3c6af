"""BigCommerce's words as values: settings, products, prices, webhooks, and an order's body. Nothing is called here."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import ValidationError

from hub import clock
from hub.domain.orders import Address, Charge, OrderState, Parcel, StoreOrderState
from hub.domain.products import ProductKind
from hub.inbound import BadSignature, Skewed, Unreadable
from hub.stores.base import HookSecrets
from hub.stores.bigcommerce import PLATFORM, translate, wording
from hub.stores.bigcommerce.events import SECRET_HEADER, sign
from hub.stores.bigcommerce.settings import BigCommerceSettings, store_hash_of
from hub.stores.bigcommerce.states import full_name
from tests.contract.drafts import KEY, draft

FILLED = {"store_hash": "3l1r5p07vz", "access_token": "t" * 31, "app_key": "c" * 31, "app_secret": "s" * 64}
SHOP = translate.Shop(currency="GBP", tax_included=True, weight_unit="KGS", length_unit="Centimeters", secure_url="https://shop.example",
                      brands={7: "Tidewater"})


class Sold:
    """The two variants of the contract's order."""

    items = {"MUG-1": ("111", "211"), "HOOD-R-S": ("112", "221")}
    sold = ("MUG-1", "HOOD-R-S")


def an_order(**changes: Any) -> Any:
    return draft(Sold(), **changes)


# -- settings


@pytest.mark.feature("BIG-01")
@pytest.mark.parametrize("pasted", [
    "3l1r5p07vz", " 3L1R5P07VZ ", "https://store-3l1r5p07vz.mybigcommerce.com/manage/dashboard", "store-3l1r5p07vz.mybigcommerce.com",
    "https://store-3l1r5p07vz-2.mybigcommerce.com/", "https://api.bigcommerce.com/stores/3l1r5p07vz/v3/", "stores/3l1r5p07vz"])
def test_the_store_hash_is_taken_out_of_what_was_pasted(pasted):
    assert BigCommerceSettings().load({**FILLED, "store_hash": pasted})["store_hash"] == "3l1r5p07vz"


@pytest.mark.feature("BIG-01")
@pytest.mark.parametrize("junk", [
    "", "shop.example", "https://evil.example/store-3l1r5p07vz", "https://mybigcommerce.com", "../../v2/store", "a b", "store-.mybigcommerce.com",
    "https://store-3l1r5p07vz.mybigcommerce.com.evil.example/"])
def test_junk_in_place_of_a_store_hash_is_a_field_error(junk):
    with pytest.raises(ValidationError) as error:
        BigCommerceSettings().load({**FILLED, "store_hash": junk})
    assert "back office" in error.value.messages["store_hash"][0] and store_hash_of(junk) == ""


@pytest.mark.feature("BIG-02")
def test_labels_show_bigcommerces_name_next_to_ours_and_all_credentials_are_required():
    fields = BigCommerceSettings().fields
    assert {name: fields[name].metadata["label"] for name in ("access_token", "app_key", "app_secret")} == {
        "access_token": "Access Token (BigCommerce: Access Token)", "app_key": "App Key (BigCommerce: Client ID)",
        "app_secret": "App Secret (BigCommerce: Client Secret)"}
    with pytest.raises(ValidationError) as error:
        BigCommerceSettings().load({})
    assert set(error.value.messages) == {"store_hash", "access_token", "app_key", "app_secret"}
    with pytest.raises(ValidationError) as blank:
        BigCommerceSettings().load(dict.fromkeys(FILLED, ""))
    assert set(blank.value.messages) == set(FILLED)
    assert fields["access_token"].metadata["secret"] and fields["app_secret"].metadata["secret"]


@pytest.mark.feature("BIG-03")
def test_the_page_warns_that_credentials_are_shown_once_and_what_a_lost_one_means():
    told = " ".join(step.text for step in PLATFORM.steps)
    assert "only be viewed once" in told and "new API account" in told
    fields = BigCommerceSettings().fields
    assert all("only once" in fields[name].metadata["help"] and "new API account" in fields[name].metadata["help"]
               for name in ("access_token", "app_key", "app_secret"))
    assert "[Settings › API Accounts]" in PLATFORM.steps[0].title and "[+ Create API Account]" in PLATFORM.steps[0].title


def test_choices_and_practice_fields_are_told_apart_from_the_login():
    fields = BigCommerceSettings().fields
    assert [name for name, one in fields.items() if one.metadata.get("choice")] == ["sync_unpurchasable"]
    assert [name for name, one in fields.items() if one.metadata.get("practice")] == ["api_url"]
    assert BigCommerceSettings().load({**FILLED, "api_url": ""})["sync_unpurchasable"] is False
    with pytest.raises(ValidationError):
        BigCommerceSettings().load({**FILLED, "api_url": "javascript:alert(1)"})


# -- products


def variant(**changes: Any) -> dict[str, Any]:
    return {"id": 211, "product_id": 111, "sku": "MUG-1", "price": None, "sale_price": None, "retail_price": None, "weight": None,
            "purchasing_disabled": False, "upc": "", "gtin": "", "image_url": "", "option_values": [], **changes}


def row(**changes: Any) -> dict[str, Any]:
    return {"id": 111, "name": "Blue mug", "sku": "MUG-1", "type": "physical", "description": "<p>Holds tea.</p>", "price": Decimal("9.5"),
            "sale_price": 0, "retail_price": 0, "weight": Decimal("0.4"), "width": 10, "height": 9, "depth": 12, "inventory_tracking": "variant",
            "is_visible": True, "availability": "available", "is_price_hidden": False, "brand_id": 7, "upc": "", "gtin": "2900000000018",
            "custom_url": {"url": "/blue-mug/"}, "date_created": "2026-01-02T03:04:05+00:00", "date_modified": "2026-02-02T03:04:05+01:00",
            "custom_fields": [{"id": 1, "name": "Category", "value": "Shoes"}, {"id": 2, "name": "Material", "value": "Stoneware"}],
            "images": [{"id": 9, "is_thumbnail": False, "sort_order": 0, "url_zoom": "https://cdn.example/b.jpg", "description": ""},
                       {"id": 8, "is_thumbnail": True, "sort_order": 1, "url_zoom": "https://cdn.example/a.jpg", "description": "Front"}],
            "variants": [variant()], **changes}


def codes(found: Any) -> list[str]:
    return [one.code for one in found]


def test_a_products_row_becomes_a_product():
    found = translate.product(row(), SHOP)
    assert (found.product_id, found.sku, found.kind, found.title, found.brand) == ("111", "MUG-1", ProductKind.SIMPLE, "Blue mug", "Tidewater")
    assert [one.url for one in found.images] == ["https://cdn.example/a.jpg", "https://cdn.example/b.jpg"]
    assert found.weight is not None and (found.weight.value, found.weight.unit) == (Decimal("0.4"), "kg")
    assert found.dimensions is not None and (found.dimensions.length, found.dimensions.width, found.dimensions.height) == (12, 10, 9)
    assert found.url == "https://shop.example/blue-mug/" and found.active and found.stock_synced
    assert found.updated_at == datetime(2026, 2, 2, 2, 4, 5, tzinfo=UTC)
    (only,) = found.variants
    assert (only.variant_id, only.sku, only.barcode, only.active) == ("211", "MUG-1", "2900000000018", True)
    assert found.problems == () and found.warnings == ()


@pytest.mark.feature("BIG-06")
def test_the_value_of_the_custom_field_category_is_the_stores_category():
    found = translate.product(row(), SHOP)
    assert (found.category_paths, found.category_ids) == (("Shoes",), ("Shoes",))
    assert found.attributes == {"Material": "Stoneware"}


def test_a_category_value_may_be_a_path_and_a_long_one_still_has_an_id():
    rows = [row(custom_fields=[{"name": "category ", "value": "Clothing /Shirts"}]), row(custom_fields=[{"name": "CATEGORY", "value": "x" * 250}])]
    found = {one.path: one for one in translate.categories(rows)}
    assert found["Clothing / Shirts"].parent_id == found["Clothing"].category_id and found["Clothing"].parent_id == ""
    assert all(len(one.category_id) <= 64 for one in found.values()) and len(found) == 3


@pytest.mark.feature("BIG-04")
def test_a_product_tracked_at_product_level_is_flagged_and_no_stock_is_offered():
    tracked = row(inventory_tracking="product", inventory_level=9)
    found = translate.product(tracked, SHOP)
    assert not found.stock_synced
    assert [(one.code, one.says) for one in found.warnings] == [("stock.not_synced", "Stock not synced: track by variant.")]
    assert [one.salable for one in translate.offers(tracked, {211: 9}, "", SHOP)] == [0]


@pytest.mark.feature("BIG-05")
@pytest.mark.parametrize(("changes", "missing"), [
    ({"inventory_tracking": "none"}, "Inventory"), ({"custom_fields": []}, "Category"),
    ({"custom_fields": [{"name": "Category", "value": "  "}]}, "Category")])
def test_a_product_without_inventory_or_category_carries_a_warning_that_names_the_field(changes, missing):
    (warning,) = translate.product(row(**changes), SHOP).warnings
    assert warning.code == "field.missing" and missing in warning.says and warning.fix


@pytest.mark.parametrize(("changes", "word"), [
    ({"availability": "disabled"}, "purchased"), ({"is_price_hidden": True}, "price is hidden"),
    ({"variants": [variant(purchasing_disabled=True)]}, "purchasing is disabled")])
def test_an_unpurchasable_product_comes_along_only_where_the_merchant_says_so(changes, word):
    found = translate.product(row(**changes), SHOP)
    assert not found.active and codes(found.problems) == ["product.not_for_sale"] and word in found.problems[0].says
    assert not any(one.active for one in translate.offers(row(**changes), {}, "", SHOP))
    with_them = replace(SHOP, sync_unpurchasable=True)
    found = translate.product(row(**changes), with_them)
    assert found.active and found.problems == () and all(one.active for one in found.variants)
    assert all(one.active for one in translate.offers(row(**changes), {}, "", with_them))


def test_one_variant_that_cant_be_bought_leaves_the_others_on_sale():
    sizes = [variant(id=1, option_values=[{"option_display_name": "Size", "label": "S"}]),
             variant(id=2, option_values=[{"option_display_name": "Size", "label": "M"}], purchasing_disabled=True)]
    found = translate.product(row(variants=sizes), SHOP)
    assert found.kind is ProductKind.CONFIGURABLE and found.active and found.problems == ()
    assert [(one.options, one.active) for one in found.variants] == [({"Size": "S"}, True), ({"Size": "M"}, False)]


def test_a_hidden_product_is_off_and_a_digital_one_is_virtual():
    assert not translate.product(row(is_visible=False), replace(SHOP, sync_unpurchasable=True)).active
    assert translate.product(row(type="digital"), SHOP).kind is ProductKind.VIRTUAL


def test_a_modifier_that_a_buyer_must_fill_in_keeps_the_product_from_being_sold():
    (found,) = translate.product(row(), SHOP, ["Engraving"]).problems
    assert found.code == "product.needs_answer" and "Engraving" in found.says


@pytest.mark.parametrize(("product", "own", "expected"), [
    ({}, {}, ("9.5", "9.5", None)),
    ({"sale_price": 8}, {}, ("9.5", "8", "9.5")),
    ({"retail_price": 12}, {}, ("9.5", "9.5", "12")),
    ({"retail_price": 12, "sale_price": 8}, {}, ("9.5", "8", "9.5")),
    ({"retail_price": 9}, {}, ("9.5", "9.5", None)),
    ({}, {"price": 7}, ("7", "7", None)),
    ({"sale_price": 8}, {"price": 7}, ("7", "7", None)),
    ({"sale_price": 8}, {"price": 7, "sale_price": 6}, ("7", "6", "7")),
    ({}, {"sale_price": 6}, ("9.5", "6", "9.5")),
    ({}, {"sale_price": 0, "price": 10, "retail_price": 11}, ("10", "10", "11")),
    ({"sale_price": 8}, {"calculated_price": Decimal("7.5")}, ("9.5", "7.5", "9.5")),
])
def test_prices_are_resolved_from_the_product_to_the_variant(product, own, expected):
    found = translate.price_of(variant(**own), row(**product))
    assert (str(found.regular), str(found.effective), None if found.compare_at is None else str(found.compare_at)) == expected


def test_what_is_not_tracked_is_endless_and_what_is_tracked_is_what_the_locations_have():
    assert [one.salable for one in translate.offers(row(inventory_tracking="none"), {}, "", SHOP)] == [translate.ENDLESS]
    item = {"locations": [{"location_id": 1, "location_enabled": True, "available_to_sell": 3},
                          {"location_id": 2, "location_enabled": True, "available_to_sell": -2},
                          {"location_id": 3, "location_enabled": False, "available_to_sell": 50}]}
    assert (translate.available(item), translate.available(item, "1"), translate.available(item, "2"), translate.available(item, "9")) == (3, 3, 0, 0)


@pytest.mark.parametrize(("unit", "expected"), [("LBS", "lb"), ("Ounces", "oz"), ("KGS", "kg"), ("Grams", "g")])
def test_weights_are_in_the_stores_unit(unit, expected):
    weight = translate.product(row(), replace(SHOP, weight_unit=unit)).weight
    assert weight is not None and (weight.value, weight.unit) == (Decimal("0.4"), expected)


# -- webhooks (contract 7.3)

CLIENT_SECRET = "bc-demo-secret-01"
BODY = (b'{"scope":"store/order/statusUpdated","store_id":"1002003","data":{"type":"order","id":250,"status":{"previous_status_id":11,'
        b'"new_status_id":2}},"hash":"0a1b2c3d4e5f60718293a4b5c6d7e8f901234567","created_at":1790000000,"producer":"stores/abc123"}')
SIGNED = {SECRET_HEADER.lower(): "new-secret", "webhook-id": "msg_demo0001", "webhook-timestamp": "1790000000",
          "webhook-signature": "v1,+HIxS1khn5EhTRs9Jor5U2XNNYiDtsp0I/3DjjC5Ww8="}
SECRETS = HookSecrets(("new-secret", "old-secret"), {"app_secret": CLIENT_SECRET})
THEN = datetime.fromtimestamp(1790000000, UTC)


def read(body: bytes = BODY, headers: Any = SIGNED, at: datetime = THEN, secrets: HookSecrets = SECRETS) -> Any:
    with clock.hold(at):
        return PLATFORM.read_events(body, headers, secrets)


def message(topic: str, data: Any, **more: Any) -> tuple[str, str, str]:
    body = json.dumps({"scope": topic, "store_id": "1", "data": data, "hash": "h", "created_at": 1790000000, "producer": "stores/x", **more}).encode()
    ((event,), _) = read(body, {SECRET_HEADER.lower(): "new-secret"})
    return event.kind, event.subject, event.variant


def test_the_contracts_vector_is_read():
    assert sign(CLIENT_SECRET, "msg_demo0001", "1790000000", BODY) == SIGNED["webhook-signature"]
    (event,), secret = read()
    assert (event.event_id, event.kind, event.subject, event.happened_at, secret) == (
        "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", "order.changed", "250", THEN, "new-secret")
    assert event.raw == {"scope": "store/order/statusUpdated", "id": "250"}


@pytest.mark.parametrize("header", [None, "", "nothing", "new-secret "])
def test_without_the_secret_in_its_header_nothing_is_believed_even_if_it_is_signed(header):
    headers = {**SIGNED, SECRET_HEADER.lower(): header} if header is not None else {
        name: value for name, value in SIGNED.items() if name != SECRET_HEADER.lower()}
    with pytest.raises(BadSignature):
        read(headers=headers)


def test_no_secret_at_all_is_no_open_door():
    with pytest.raises(BadSignature):
        read(headers={SECRET_HEADER.lower(): ""}, secrets=HookSecrets(("",), {}))
    with pytest.raises(BadSignature):
        read(headers={}, secrets=HookSecrets((), {}))


def test_during_a_rotation_the_old_secret_counts_and_is_told():
    assert read(headers={SECRET_HEADER.lower(): "old-secret"})[1] == "old-secret"


@pytest.mark.parametrize("changes", [
    {"webhook-signature": "v1,AAAA"}, {"webhook-signature": ""}, {"webhook-id": "msg_other"}, {"webhook-timestamp": "1790000001"},
    {"webhook-signature": "v2,+HIxS1khn5EhTRs9Jor5U2XNNYiDtsp0I/3DjjC5Ww8="}])
def test_a_signature_that_is_there_must_fit(changes):
    with pytest.raises(BadSignature):
        read(headers={**SIGNED, **changes})


def test_one_of_several_signatures_is_enough_and_a_changed_body_fits_none():
    read(headers={**SIGNED, "webhook-signature": f"v1,AAAA {SIGNED['webhook-signature']}"})
    with pytest.raises(BadSignature):
        read(BODY.replace(b"250", b"251"))


@pytest.mark.parametrize("late_s", [-301, 301])
def test_a_rightly_signed_message_of_another_time_is_refused(late_s):
    with pytest.raises(Skewed):
        read(at=THEN + timedelta(seconds=late_s))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"{", b'{"scope":"store/order/created","data":[1]}', b'{"scope":7,"data":{}}x',
                                  b'{"scope":"store/order/created","data":{"id":{"a":1}}}', b'{"scope":"store/sku/updated","data":{"id":1}}'])
def test_a_body_that_is_no_message_is_unreadable(body):
    with pytest.raises(Unreadable):
        read(body, {SECRET_HEADER.lower(): "new-secret"})


@pytest.mark.parametrize(("topic", "data", "expected"), [
    ("store/product/created", {"type": "product", "id": 205}, ("product.saved", "205", "")),
    ("store/product/updated", {"type": "product", "id": 205}, ("product.saved", "205", "")),
    ("store/product/deleted", {"type": "product", "id": 205}, ("product.deleted", "205", "")),
    ("store/product/inventory/updated", {"type": "product", "id": 167, "inventory": {"product_id": 167, "method": "absolute", "value": 3}},
     ("stock.changed", "167", "")),
    ("store/product/inventory/order/updated", {"type": "product", "id": 167, "inventory": {"product_id": 167, "method": "relative", "value": -3}},
     ("stock.changed", "167", "")),
    ("store/sku/created", {"type": "sku", "id": 461, "sku": {"product_id": 206, "variant_id": 509}}, ("product.saved", "206", "509")),
    ("store/sku/deleted", {"type": "sku", "id": 461, "sku": {"product_id": 206, "variant_id": 509}}, ("product.saved", "206", "509")),
    ("store/sku/inventory/updated", {"type": "sku", "id": 461, "inventory": {"product_id": 206, "method": "absolute", "value": 5, "variant_id": 509}},
     ("stock.changed", "206", "509")),
    ("store/channel/1/inventory/product/stock_changed", {"variant_id": 509, "product_id": 206, "location_id": 1}, ("stock.changed", "206", "509")),
    ("store/order/created", {"type": "order", "id": 173331}, ("order.changed", "173331", "")),
    ("store/order/archived", {"type": "order", "id": 250}, ("order.changed", "250", "")),
    ("store/order/statusUpdated", {"type": "order", "id": 250, "status": {"previous_status_id": 11, "new_status_id": 5}},
     ("order.cancelled", "250", "")),
    ("store/order/refund/created", {"type": "order", "id": 252, "refund": {"refund_id": 6}}, ("refund.created", "252", "")),
    ("store/shipment/created", {"type": "shipment", "id": 12, "orderId": 251}, ("shipment.changed", "251", "")),
    ("store/app/uninstalled", {}, ("store.uninstalled", "", "")),
    ("store/customer/created", {"type": "customer", "id": 32}, ("store/customer/created", "32", "")),
    ("odd", None, ("odd", "", "")),
])
def test_each_topic_becomes_a_neutral_kind(topic, data, expected):
    assert message(topic, data) == expected


def test_a_message_without_a_hash_is_known_by_its_bytes():
    headers = {SECRET_HEADER.lower(): "new-secret"}
    first, again, other = (read(json.dumps({"scope": "store/order/updated", "data": {"id": number}}).encode(), headers)[0][0] for number in (1, 1, 2))
    assert first.event_id == again.event_id != other.event_id and first.event_id.startswith("sha256:")


# -- the order that goes out


def test_an_orders_prices_come_in_pairs_and_its_parts_are_what_the_buyer_paid():
    body = wording.order_body(an_order(), wording.lines_of(an_order()), "GBP")
    assert [(one["product_id"], one["variant_id"], one["quantity"], one["price_ex_tax"], one["price_inc_tax"]) for one in body["products"]] == [
        (111, 211, 2, Decimal("28.0000"), Decimal("28.9000")), (112, 221, 1, Decimal("36.0000"), Decimal("37.0000"))]
    assert body["discount_amount"] == "6.00" and not any(name.startswith(("total", "subtotal")) for name in body)
    assert (body["shipping_cost_ex_tax"], body["shipping_cost_inc_tax"]) == ("4.99", "4.99")
    assert [(one["type"], one["cost_ex_tax"], one["cost_inc_tax"]) for one in body["fees"]] == [("custom_fee", "0.28", "0.28")]
    assert (body["external_order_id"], body["external_source"], body["payment_method"], body["customer_id"], body["status_id"]) == (
        KEY, "TikTok Shop", "TikTokPAY", 0, 11)
    assert body["customer_message"] == "leave at the door" and "default_currency_code" not in body


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("fee", ["0.28", "-0.50"])
def test_the_parts_sum_to_the_total_with_and_without_tax(included, fee):
    asked = an_order(prices_include_tax=included, fees=(Charge("other", "Other", Decimal(fee)),), fees_total=Decimal(fee))
    asked = replace(asked, grand=asked.goods + asked.shipping.net + asked.fees_total + (0 if included else asked.tax))
    body = wording.order_body(asked, wording.lines_of(asked), "GBP")
    for suffix, total in (("ex_tax", asked.grand - asked.tax), ("inc_tax", asked.grand)):
        parts = [*(one[f"price_{suffix}"] * one["quantity"] for one in body["products"]), Decimal(body[f"shipping_cost_{suffix}"]),
                 *(Decimal(one[f"cost_{suffix}"]) for one in body.get("fees", ())), -Decimal(body["discount_amount"])]
        assert sum(parts) == total


def test_a_line_that_cant_be_divided_brings_its_totals_along():
    uneven = replace(an_order().lines[0], line_ids=("11", "12", "14"), quantity=3)
    body = wording.order_body(an_order(), wording.lines_of(replace(an_order(), lines=(uneven, an_order().lines[1]))), "GBP")
    assert body["products"][0]["price_ex_tax"] == Decimal("18.6667")
    assert (body["subtotal_ex_tax"], body["subtotal_inc_tax"], body["total_ex_tax"], body["total_inc_tax"]) == ("92.00", "94.80", "91.27", "94.07")


def test_an_unlinked_line_is_a_custom_one_and_a_held_order_waits_for_verification():
    asked = an_order(hold_until=datetime(2026, 11, 21, tzinfo=UTC), currency="EUR")
    asked = replace(asked, lines=(replace(asked.lines[0], product_id="", variant_id=""), asked.lines[1]))
    body = wording.order_body(asked, wording.lines_of(asked), "GBP")
    custom, linked = body["products"]
    assert (custom["name"], custom["sku"], custom["quantity"]) == ("Item MUG-1", "MUG-1", 2) and "product_id" not in custom
    assert linked["variant_id"] == 221 and body["status_id"] == 12 and body["default_currency_code"] == "EUR"


def test_units_that_the_store_does_not_have_become_lines_of_their_own():
    lines = wording.short_of(wording.lines_of(an_order()), {"211": 1, "221": 5})
    assert [(one.ref, one.line_ids, one.is_custom) for one in lines] == [
        ("v211", ("11",), False), ("sMUG-1", ("12",), True), ("v221", ("13",), False)]
    body = wording.order_body(an_order(), lines, "GBP")
    assert sum(one["price_inc_tax"] * one["quantity"] for one in body["products"]) == Decimal("94.80")
    assert "MUG-1" in body["staff_notes"]


def test_the_notes_keep_tiktoks_line_ids_and_survive_what_a_merchant_writes_around_them():
    notes = "Call first!\n" + wording.staff_notes(an_order(), wording.lines_of(an_order())) + "\nThanks."
    assert wording.kept_lines(notes) == {"v211": ["11", "12"], "v221": ["13"]}
    assert wording.kept_hash(notes) == wording.content_hash(an_order())
    assert wording.kept_lines("gone") == {} and wording.kept_hash("gone") == ""
    odd = replace(an_order().lines[0], sku="a:b;c]d e", variant_id="", product_id="")
    named = wording.lines_of(replace(an_order(), lines=(odd,)))
    assert wording.kept_lines(wording.staff_notes(replace(an_order(), lines=(odd,)), named)) == {
        wording.ref_of({"product_id": 0, "sku": "a:b;c]d e"}): ["11", "12"]}


def test_states_are_named_in_full_and_withheld_fields_are_filled():
    assert (full_name("US", "CA"), full_name("us", "ny"), full_name("CA", "ON"), full_name("AU", "NSW"), full_name("GB", "CA"),
            full_name("US", "California")) == ("California", "New York", "Ontario", "New South Wales", "CA", "California")
    found = wording.address_of(Address(country="US", region="TX", postcode="7"), an_order(buyer_name="", buyer_email=""))
    assert (found["first_name"], found["last_name"], found["street_1"], found["zip"], found["state"], found["email"]) == (
        "TikTok", "Buyer", "-", "00000", "Texas", f"{KEY}@tiktok.invalid")


# -- statuses and carriers


@pytest.mark.feature("FUL-10")
@pytest.mark.parametrize(("status", "expected"), [
    (OrderState.AWAITING_SHIPMENT, "Awaiting Fulfillment"), (OrderState.AWAITING_COLLECTION, "Awaiting Shipment"),
    (OrderState.IN_TRANSIT, "Shipped"), (OrderState.DELIVERED, "Awaiting Pickup"), (OrderState.COMPLETED, "Completed"),
    (OrderState.CANCELLED, "Cancelled")])
def test_the_status_table_is_the_guides(status, expected):
    assert PLATFORM.status_table[status] == expected
    names = {2: "Shipped", 8: "Awaiting Pickup", 9: "Awaiting Shipment", 10: "Completed", 11: "Awaiting Fulfillment"}
    if status is not OrderState.CANCELLED:
        assert names[wording.STATUS_OF[status]] == expected


@pytest.mark.parametrize(("now", "wanted", "hold", "expected"), [
    (11, OrderState.AWAITING_COLLECTION, None, 9), (9, OrderState.IN_TRANSIT, None, 2), (2, OrderState.DELIVERED, None, 8),
    (8, OrderState.COMPLETED, None, 10), (2, OrderState.AWAITING_COLLECTION, None, None), (10, OrderState.DELIVERED, None, None),
    (3, OrderState.AWAITING_COLLECTION, None, None), (11, OrderState.AWAITING_SHIPMENT, None, None),
    (11, OrderState.ON_HOLD, True, 12), (11, OrderState.AWAITING_SHIPMENT, True, 12), (2, OrderState.ON_HOLD, True, None),
    (12, OrderState.AWAITING_SHIPMENT, False, 11), (12, OrderState.AWAITING_SHIPMENT, None, None), (12, OrderState.IN_TRANSIT, None, 2),
    (12, OrderState.PARTIALLY_SHIPPING, False, 11), (11, OrderState.PARTIALLY_SHIPPING, None, None), (12, OrderState.UNKNOWN, False, 11),
    (4, OrderState.COMPLETED, None, None), (5, OrderState.IN_TRANSIT, None, None), (13, OrderState.DELIVERED, None, None),
    (14, OrderState.COMPLETED, None, None), (0, OrderState.COMPLETED, None, None), (11, OrderState.UNKNOWN, None, None),
])
def test_a_status_never_goes_back(now, wanted, hold, expected):
    assert wording.next_status(now, wanted, hold) == expected


@pytest.mark.parametrize(("status", "shipped", "state"), [
    (11, 0, StoreOrderState.OPEN), (12, 0, StoreOrderState.HELD), (3, 1, StoreOrderState.OPEN), (2, 3, StoreOrderState.SHIPPED),
    (10, 3, StoreOrderState.COMPLETE), (5, 0, StoreOrderState.CANCELLED), (6, 0, StoreOrderState.CANCELLED), (4, 0, StoreOrderState.CLOSED),
    (14, 3, StoreOrderState.SHIPPED), (14, 0, StoreOrderState.OPEN), (0, 0, StoreOrderState.UNKNOWN), (99, 0, StoreOrderState.UNKNOWN)])
def test_statuses_are_read(status, shipped, state):
    assert wording.state_of({"status_id": status, "items_total": 3, "items_shipped": shipped}) is state


@pytest.mark.parametrize(("code", "title", "expected"), [
    ("dpd", "DPD", {"shipping_method": "DPD", "shipping_provider": "", "tracking_carrier": "dpd-uk"}),
    ("", "Royal Mail", {"shipping_method": "Royal Mail", "shipping_provider": "royalmail"}),
    ("usps", "United States Postal", {"shipping_method": "United States Postal", "shipping_provider": "usps"}),
    ("x", "Some Courier", {"shipping_method": "Some Courier", "shipping_provider": "", "tracking_carrier": ""})])
def test_a_carrier_that_bigcommerce_knows_is_named_its_way(code, title, expected):
    assert wording.carrier_fields(Parcel(parcel_id="p", carrier_code=code, carrier_title=title, tracking_number="T")) == expected


def test_the_carrier_of_a_shipment_is_the_provider_where_the_store_made_it():
    row = {"shipping_provider": "usps", "shipping_method": "Free Shipping"}
    assert wording.carrier_of(row, is_ours=False) == ("usps", "USPS")
    assert wording.carrier_of({"shipping_provider": "", "tracking_carrier": "", "shipping_method": "DPD"}, is_ours=True) == ("", "DPD")


def test_rules_and_order_settings_are_those_of_the_guide():
    assert PLATFORM.order_settings == ("retry_orders", "sync_tiktok_fulfilled", "carriers") and PLATFORM.remembers_deleted
    assert PLATFORM.rule_choices["barcode", "create"] == ("origin", "dont_sync") and ("status", "create") not in PLATFORM.rule_choices
    assert PLATFORM.plugin is None and PLATFORM.install is None

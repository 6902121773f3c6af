"""What is Shopify's own: the address, the sign-in, the messages, and how products and orders are worded. Nothing is called here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLError, build_schema, coerce_input_value, parse, validate
from marshmallow import ValidationError

from hub import clock
from hub.domain.money import ZERO
from hub.domain.orders import Address, Charge, DraftLine, OrderDraft, ShippingCharge
from hub.domain.products import ProductKind
from hub.inbound import BadSignature, Skewed, Unreadable
from hub.stores.base import HookSecrets
from hub.stores.shopify import PLATFORM, Installation, carriers, documents, drafts, oauth, translate
from hub.stores.shopify.events import read_events
from hub.stores.shopify.settings import ShopifyKeys, ShopifySettings
from tests.contract.drafts import draft_of

CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts"
SECRET = "hub-demo-secret-01"
SHOP = {"shop": "demo-hub.myshopify.com", "api_key": "key1", "api_secret": SECRET}
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "money.json").read_text())["cases"]
ACCEPTED = [draft_of(case["body"]) for case in VECTORS if case["verdict"] == "accepted"]


# -- documents


@pytest.fixture(scope="module")
def contract() -> Any:
    path = CONTRACTS / "shopify.graphql"
    if not path.is_file() and os.environ.get("CI") != "true":
        pytest.skip("shopify.graphql is not there")
    return build_schema(path.read_text())


@pytest.mark.parametrize("name", sorted(documents.ALL))
def test_every_document_is_valid_for_the_version_that_is_pinned(contract, name):
    assert validate(contract, parse(documents.ALL[name])) == []


@pytest.mark.parametrize("search", ["", "updated_at:>='2026-01-01T00:00:00Z'", 'a "quoted" \\ word'])
def test_the_bulk_query_is_valid_whatever_the_search(contract, search):
    assert validate(contract, parse(documents.bulk_products(search))) == []


def test_the_bulk_query_keeps_to_what_a_bulk_query_may_have(contract):
    text = documents.bulk_products()
    assert text.count("edges") <= 5 and "pageInfo" not in text and "first:" not in text.replace("media(first: 1)", "")


# -- settings


@pytest.mark.feature("SHP-03")
@pytest.mark.parametrize("typed", ["https://Demo-Hub.myshopify.com/", "demo-hub.myshopify.com", "http://demo-hub.myshopify.com/admin"])
def test_the_permanent_address_is_taken_however_it_was_pasted(typed):
    assert ShopifySettings().load({**SHOP, "shop": typed})["shop"] == "demo-hub.myshopify.com"


@pytest.mark.feature("SHP-03")
@pytest.mark.parametrize("typed", [
    "www.shop.com", "https://shop.example/", "myshopify.com", "demo.myshopify.com.evil.example", "a b.myshopify.com", ""])
def test_a_custom_domain_is_refused_with_where_to_find_the_right_one(typed):
    with pytest.raises(ValidationError) as error:
        ShopifySettings().load({**SHOP, "shop": typed})
    (says,) = error.value.normalized_messages()["shop"]
    assert ".myshopify.com" in says and "Settings › Domains" in says


def test_the_metafield_of_the_category_has_namespace_and_key():
    given = {**SHOP, "category_source": "metafield"}
    with pytest.raises(ValidationError):
        ShopifySettings().load({**given, "category_metafield": "category"})
    keys = ShopifyKeys.of(ShopifySettings().load({**given, "category_metafield": "custom.tiktok_category"}))
    assert keys.category_metafield == ("custom", "tiktok_category")


def test_no_secret_shows_in_the_keys_words():
    assert "s3cret" not in repr(ShopifyKeys.of({**SHOP, "api_secret": "s3cret", "access_token": "s3cret"}))


# -- the way to Shopify's page and back


def signed_query(**changes: str) -> dict[str, str]:
    return {"code": "c0de5a1e77", "host": "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvZGVtby1odWI", "shop": "demo-hub.myshopify.com", "state": "9f2c7d11",
            "timestamp": "1790000000", "hmac": "b16e5837b903112efa49874926344d78c1fd9ec77edb44a8c6f2fcd4188003ca", **changes}


@pytest.fixture
def at_the_time(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(1790000000, UTC) + timedelta(seconds=30))


def test_the_merchant_is_sent_to_his_own_shops_page_with_a_state():
    url = Installation().consent_url(SHOP, {}, "9f2c7d11", "https://hub.test/back")
    assert url.startswith("https://demo-hub.myshopify.com/admin/oauth/authorize?client_id=key1&scope=")
    assert "state=9f2c7d11" in url and "redirect_uri=https%3A%2F%2Fhub.test%2Fback" in url and "grant_options" not in url


def test_the_way_back_is_taken_when_shopify_signed_it(at_the_time):
    Installation().verify(SHOP, {}, signed_query())


@pytest.mark.parametrize("changes", [{"code": "other"}, {"state": "9f2c7d12"}, {"hmac": "00" * 32}, {"extra": "1"}, {"timestamp": "1790000001"}])
def test_a_way_back_that_was_changed_is_refused(at_the_time, changes):
    with pytest.raises(BadSignature):
        Installation().verify(SHOP, {}, signed_query(**changes))


def test_a_way_back_from_another_shop_is_refused_though_it_is_signed(at_the_time):
    with pytest.raises(Unreadable):
        Installation().verify({**SHOP, "shop": "other.myshopify.com"}, {}, signed_query())


def test_an_old_way_back_is_refused(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(1790000000, UTC) + timedelta(hours=1))
    with pytest.raises(Skewed):
        Installation().verify(SHOP, {}, signed_query())


@pytest.mark.parametrize("name", ["code", "hmac", "shop", "state", "timestamp"])
def test_a_way_back_without_a_part_is_refused(at_the_time, name):
    with pytest.raises(Unreadable):
        Installation().verify(SHOP, {}, signed_query(**{name: ""}))


def test_an_empty_secret_verifies_nothing():
    assert not oauth.is_signed("", {"hmac": "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"})


def test_missing_scopes_are_those_that_no_granted_one_includes():
    assert oauth.missing_scopes(list(oauth.SCOPES)) == []
    assert oauth.missing_scopes([one.replace("read_", "write_") for one in oauth.SCOPES]) == []
    assert oauth.missing_scopes([one for one in oauth.SCOPES if one != "write_orders"] + ["read_orders"]) == ["write_orders"]


# -- messages

BODIES = [
    ('{"id":5501,"admin_graphql_api_id":"gid://shopify/Order/5501","name":"#1042","source_name":"tiktok"}',
     "tskaRZb81eG28SU8ggyKFvTltaU8MKiHVeRzkVNaURo=", "orders/updated", ("order.changed", "5501")),
    ('{"inventory_item_id":700123,"location_id":4401,"available":7,"note":"Größe é"}',
     "JlA2hIcVoUIH5xGWfko5GZgThMDdD0A9enBcFBwYnUE=", "inventory_levels/update", ("stock.changed", "item:700123")),
    ('{"inventory_item_id":700123,"location_id":4401,"available":7}',
     "tRL+uFFZz+q/JQjHnJA3WwOHPAazbhTwzc1i6S4lVXE=", "inventory_levels/update", ("stock.changed", "item:700123")),
    ("", "FVccK3ErNcD3sjzi3C+NkqrrilOrGcOSaHEyP+4Lbx8=", "app/uninstalled", ("store.uninstalled", "")),
]


def headers(topic: str, signature: str, **more: str) -> dict[str, str]:
    return {"x-shopify-topic": topic, "x-shopify-hmac-sha256": signature, "x-shopify-shop-domain": "demo-hub.myshopify.com",
            "x-shopify-webhook-id": "b54557e4", "x-shopify-triggered-at": "2026-11-20T12:00:00.123456789Z", **more}


SECRETS = HookSecrets(hook=("unused",), settings={"api_secret": SECRET})


@pytest.mark.parametrize(("body", "signature", "topic", "event"), BODIES)
def test_a_message_is_verified_over_its_raw_bytes(body, signature, topic, event):
    (found,), secret = read_events(body.encode(), headers(topic, signature), SECRETS)
    assert (found.kind, found.subject) == event and (found.event_id, secret) == ("b54557e4", "")
    assert found.happened_at is not None and found.happened_at.year == 2026


def test_the_same_json_written_otherwise_is_another_message():
    with pytest.raises(BadSignature):
        read_events(b'{"inventory_item_id": 700123, "location_id": 4401, "available": 7}', headers("inventory_levels/update", BODIES[2][1]), SECRETS)


@pytest.mark.parametrize("secrets", [HookSecrets(settings={"api_secret": "other"}), HookSecrets(hook=(SECRET,)), HookSecrets()])
def test_only_the_apps_own_secret_counts(secrets):
    with pytest.raises(BadSignature):
        read_events(BODIES[0][0].encode(), headers("orders/updated", BODIES[0][1]), secrets)


def test_a_message_for_another_shop_is_refused():
    with pytest.raises(BadSignature):
        read_events(BODIES[0][0].encode(), headers("orders/updated", BODIES[0][1]),
                    HookSecrets(settings={"api_secret": SECRET, "shop": "other.myshopify.com"}))


def sent(topic: str, body: Mapping[str, Any]) -> Any:
    raw = json.dumps(body).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    (event,), _ = read_events(raw, headers(topic, signature), SECRETS)
    return event


@pytest.mark.parametrize(("topic", "body", "kind", "subject"), [
    ("products/update", {"id": 11}, "product.saved", "11"), ("products/delete", {"id": 11}, "product.deleted", "11"),
    ("orders/cancelled", {"id": 5}, "order.cancelled", "5"), ("fulfillments/create", {"id": 1, "order_id": 5}, "shipment.changed", "5"),
    ("refunds/create", {"id": 1, "order_id": 5}, "refund.created", "5"), ("app/scopes_update", {"id": 1}, "store.scopes_changed", ""),
    ("shop/redact", {"shop_id": 1}, "privacy.shop_redact", ""),
])
def test_topics_are_the_hubs_kinds(topic, body, kind, subject):
    assert (sent(topic, body).kind, sent(topic, body).subject) == (kind, subject)


def test_a_request_about_a_buyer_names_orders_and_keeps_nothing_else_of_him():
    body = {"shop_id": 1, "customer": {"id": 7, "email": "a@b.example", "phone": "1"}, "orders_to_redact": [299938, 280263]}
    event = sent("customers/redact", body)
    assert (event.kind, event.subject) == ("privacy.customer_redact", "7")
    assert event.raw == {"topic": "customers/redact", "orders": ["299938", "280263"], "customer": "7"}


def test_nothing_of_a_buyer_goes_into_the_inbox():
    event = sent("orders/updated", {"id": 5, "email": "a@b.example", "shipping_address": {"name": "Ann"}})
    assert "example" not in json.dumps(dict(event.raw)) and "Ann" not in json.dumps(dict(event.raw))


@pytest.mark.parametrize(("topic", "body"), [("products/update", {}), ("orders/updated", {"id": "gid"}), ("inventory_levels/update", {"id": 1})])
def test_a_message_that_names_nothing_is_unreadable(topic, body):
    with pytest.raises(Unreadable):
        sent(topic, body)


# -- products


def node(**changes: Any) -> dict[str, Any]:
    return {"id": "gid://shopify/Product/9007199254740993", "title": "Red mug", "descriptionHtml": "<p>Holds tea</p>", "vendor": "Clay & Co",
            "productType": "Mugs", "status": "ACTIVE", "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-11-01T10:00:00Z",
            "hasOnlyDefaultVariant": True,
            "category": {"id": "gid://shopify/TaxonomyCategory/hg-11", "fullName": "Home & Garden > Kitchen"}, **changes}


def variant(**changes: Any) -> dict[str, Any]:
    return {"id": "gid://shopify/ProductVariant/111", "sku": "MUG-R", "barcode": "4006381333931", "price": "9.90", "compareAtPrice": None,
            "selectedOptions": [{"name": "Title", "value": "Default Title"}], "inventoryPolicy": "DENY", "sellableOnlineQuantity": 7,
            "inventoryItem": {"id": "gid://shopify/InventoryItem/1", "tracked": True, "requiresShipping": True,
                              "measurement": {"weight": {"value": Decimal("0.4"), "unit": "KILOGRAMS"}}}, **changes}


def read(given: Mapping[str, Any], *variants: Mapping[str, Any], media: Any = (), metafields: Any = (), **facts: Any) -> Any:
    return translate.product(given, variants or (variant(),), media, metafields, translate.Catalogue(**facts))


def test_a_product_of_one_default_variant_is_simple_and_the_variant_keeps_its_own_id():
    found = read(node())
    assert (found.product_id, found.kind, found.sku, found.brand) == ("9007199254740993", ProductKind.SIMPLE, "MUG-R", "Clay & Co")
    assert (found.variants[0].variant_id, found.variants[0].options, found.variants[0].barcode) == ("111", {}, "4006381333931")
    assert (found.weight.value, found.weight.unit) == (Decimal("0.4"), "kg")
    assert (found.category_ids, found.category_paths) == (("Mugs",), ("Mugs",))


@pytest.mark.parametrize(("changes", "kind"), [
    ({"isGiftCard": True}, ProductKind.OTHER), ({"requiresSellingPlan": True}, ProductKind.OTHER),
    ({"hasVariantsThatRequiresComponents": True}, ProductKind.BUNDLE), ({"combinedListingRole": "PARENT"}, ProductKind.GROUPED),
    ({"combinedListingRole": "CHILD"}, ProductKind.SIMPLE), ({"hasOnlyDefaultVariant": False}, ProductKind.CONFIGURABLE),
])
def test_kinds_that_tiktok_shop_does_not_sell_are_told_apart(changes, kind):
    assert read(node(**changes)).kind is kind


def test_a_variant_that_needs_others_makes_a_bundle_and_one_that_is_not_shipped_is_virtual():
    assert read(node(), variant(requiresComponents=True)).kind is ProductKind.BUNDLE
    assert read(node(), variant(inventoryItem={"requiresShipping": False})).kind is ProductKind.VIRTUAL


@pytest.mark.parametrize(("status", "active"), [
    ("ACTIVE", True), ("UNLISTED", True), ("DRAFT", False), ("ARCHIVED", False), ("SOMETHING_NEW", False)])
def test_status_decides_whether_it_is_sold_and_an_unknown_word_breaks_nothing(status, active):
    assert read(node(status=status)).active is active


def test_only_pictures_that_are_ready_come_in_their_order():
    media = [
        {"mediaContentType": "IMAGE", "status": "READY", "alt": None, "image": {"url": "https://cdn.example/1.jpg"}},
        {"mediaContentType": "VIDEO", "status": "READY"},
        {"mediaContentType": "IMAGE", "status": "PROCESSING", "image": None},
        {"mediaContentType": "IMAGE", "status": "READY", "alt": "side", "image": {"url": "https://cdn.example/2.jpg"}},
    ]
    assert [(one.url[-5:], one.position, one.alt) for one in read(node(), media=media).images] == [("1.jpg", 0, ""), ("2.jpg", 1, "side")]


METAFIELDS = [
    {"namespace": "custom", "key": "material", "type": "single_line_text_field", "value": "Stoneware"},
    {"namespace": "custom", "key": "safe", "type": "boolean", "value": "true"},
    {"namespace": "custom", "key": "tags", "type": "list.single_line_text_field", "value": '["tea","soup"]'},
    {"namespace": "custom", "key": "length", "type": "dimension", "value": '{"value": 12.5, "unit": "CENTIMETERS"}'},
    {"namespace": "custom", "key": "twin", "type": "product_reference", "value": "gid://shopify/Product/1"},
    {"namespace": "custom", "key": "layout", "type": "json", "value": "{}"},
    {"namespace": "custom", "key": "broken", "type": "list.single_line_text_field", "value": "no json"},
    {"namespace": "custom", "key": "new_kind", "type": "kind_of_tomorrow", "value": "as it is"},
]


def test_metafields_are_attributes_in_words_under_the_merchants_names():
    names = {("custom", "safe"): "Dishwasher safe"}
    assert read(node(), metafields=METAFIELDS, names=names).attributes == {
        "Material": "Stoneware", "Dishwasher safe": "Yes", "Tags": "tea, soup", "Length": "12.5 centimeters", "New kind": "as it is"}


@pytest.mark.parametrize(("facts", "ids", "paths"), [
    ({"category_source": "product_type"}, ("Mugs",), ("Mugs",)),
    ({"category_source": "category"}, ("hg-11",), ("Home & Garden / Kitchen",)),
    ({"category_source": "metafield", "metafield": ("custom", "tags")}, ("tea", "soup"), ("tea", "soup")),
])
def test_the_category_comes_from_where_the_connection_says(facts, ids, paths):
    found = read(node(), metafields=METAFIELDS, **facts)
    assert (found.category_ids, found.category_paths) == (ids, paths)


def test_a_product_without_a_category_has_none():
    assert read(node(productType="", category=None)).category_ids == ()
    assert read(node(category=None), category_source="category").category_ids == ()


def test_a_category_of_many_words_still_has_an_id_that_can_be_kept():
    long, other = "x" * 200, "x" * 199 + "y"
    assert len(translate.category_id(long)) <= 64 and translate.category_id(long) != translate.category_id(other)


# -- prices and stock


def priced(scope: str = "", **changes: Any) -> Any:
    return translate.offer(variant(**changes), {"id": "gid://shopify/Product/11", "status": "ACTIVE"}, scope, "GBP", True)


@pytest.mark.parametrize(("compare_at", "price", "kept"), [
    ("12.00", "12.00", Decimal("12.00")), ("9.90", "9.90", None), ("8.00", "9.90", None), ("0.00", "9.90", None), (None, "9.90", None)])
def test_a_struck_price_counts_only_above_the_price(compare_at, price, kept):
    found = priced(compareAtPrice=compare_at)
    assert (found.price, found.effective_price, found.compare_at) == (Decimal(price), Decimal("9.90"), kept)


def test_stock_is_what_can_be_sold_online_never_less_than_nothing():
    assert priced().salable == 7
    assert priced(sellableOnlineQuantity=-3).salable == 0
    assert priced(inventoryPolicy="CONTINUE", sellableOnlineQuantity=0).backorders is True


def test_goods_without_a_stock_count_never_run_out():
    item = {"id": "gid://shopify/InventoryItem/1", "tracked": False}
    assert priced(inventoryItem=item, sellableOnlineQuantity=0).salable == translate.ENDLESS
    assert priced("location:1", inventoryItem=item).salable == translate.ENDLESS


def test_stock_of_one_location_is_that_locations_and_none_where_it_is_not_kept():
    def at(level: Any) -> int:
        item = {"id": "gid://shopify/InventoryItem/1", "tracked": True, "inventoryLevel": level}
        return int(priced("location:1", inventoryItem=item).salable)

    assert at({"isActive": True, "quantities": [{"name": "available", "quantity": 3}, {"name": "incoming", "quantity": 9}]}) == 3
    assert at({"isActive": False, "quantities": [{"name": "available", "quantity": 3}]}) == 0
    assert at(None) == 0


# -- orders


def asked(**changes: Any) -> OrderDraft:
    line = DraftLine(line_ids=("11", "12"), product_id="1", variant_id="111", sku="MUG-R", title="Mug", quantity=2, gross=Decimal("56.00"),
                     seller_discount=Decimal("4.00"), platform_discount=Decimal("2.00"), net=Decimal("50.00"), tax=Decimal("1.80"))
    values: dict[str, Any] = {
        "key": "576461413038785752", "shop_id": "7495", "region": "GB", "store": "", "placed_at": datetime(2026, 11, 20, 12, tzinfo=UTC),
        "paid_at": datetime(2026, 11, 20, 12, 1, tzinfo=UTC), "currency": "GBP", "prices_include_tax": False, "tax_remitted_by": "tiktok",
        "state": "paid", "shipping_type": "seller", "lines": (line,),
        "shipping": ShippingCharge(title="Standard", code="std", gross=Decimal("4.99"), net=Decimal("4.99")), "fees": (), "goods": Decimal("50.00"),
        "fees_total": ZERO, "tax": Decimal("1.80"), "grand": Decimal("56.79"), "buyer_name": "Ann B. Buyer", "buyer_email": "x@scs.tiktokw.us",
        "buyer_phone": "(+44)7*****67",
        "ship_to": Address(name="Ann Buyer", lines=("1 High St", "Flat 2"), city="Leeds", postcode="LS1", country="GB", phone="(+44)7*****67")}
    return OrderDraft(**{**values, **changes})


def total(order: Mapping[str, Any]) -> Decimal:
    """As Shopify sums an order up."""
    def money(bag: Mapping[str, Any]) -> Decimal:
        return Decimal(bag["shopMoney"]["amount"])

    taxed = [*order["lineItems"], *order["shippingLines"]]
    goods = sum((money(line["priceSet"]) * line["quantity"] for line in order["lineItems"]), ZERO)
    discount = money(order["discountCode"]["itemFixedDiscountCode"]["amountSet"]) if "discountCode" in order else ZERO
    tax = sum((money(one["priceSet"]) for part in taxed for one in part["taxLines"]), ZERO)
    return goods - discount + sum((money(one["priceSet"]) for one in order["shippingLines"]), ZERO) + (ZERO if order["taxesIncluded"] else tax)


@pytest.mark.parametrize("given", ACCEPTED, ids=lambda one: one.key)
def test_the_parts_of_an_order_sum_to_what_the_buyer_paid(given):
    order = drafts.variables(given)["order"]
    assert total(order) == given.grand
    if given.grand:
        assert order["transactions"][0]["amountSet"]["shopMoney"]["amount"] == str(given.grand)


@pytest.mark.parametrize("given", ACCEPTED, ids=lambda one: one.key)
def test_an_order_is_worded_as_the_pinned_version_takes_it(contract, given):
    errors: list[GraphQLError] = []
    for name, value in (("OrderCreateOrderInput", drafts.variables(given)["order"]), ("OrderCreateOptionsInput", drafts.variables(given)["options"])):
        coerce_input_value(value, contract.type_map[name], lambda path, bad, error: errors.append(error))
    assert errors == []


def test_a_negative_fee_lowers_the_discountable_sum_and_not_a_line():
    given = asked(fees=(Charge("voucher", "Voucher", Decimal("-1.00")), Charge("small_order", "Small order", Decimal("0.50"), Decimal("0.10"))),
                  fees_total=Decimal("-0.50"), tax=Decimal("1.90"), grand=Decimal("56.39"))
    order = drafts.variables(given)["order"]
    assert total(order) == given.grand and all(Decimal(line["priceSet"]["shopMoney"]["amount"]) >= 0 for line in order["lineItems"])


def test_who_owes_the_tax_stands_in_each_tax_line():
    def taxes(who: str) -> Any:
        return drafts.variables(asked(tax_remitted_by=who))["order"]["lineItems"][0]["taxLines"][0]

    assert (taxes("tiktok")["channelLiable"], taxes("tiktok")["rate"], taxes("tiktok")["title"]) == (True, "0.0360", drafts.TAX_REMITTED)
    assert taxes("seller")["channelLiable"] is False


def test_stock_is_claimed_and_the_order_carries_its_key_its_source_and_its_lines():
    given = drafts.variables(asked())
    order = given["order"]
    assert given["options"]["inventoryBehaviour"] == "DECREMENT_IGNORING_POLICY"
    assert drafts.variables(asked(allow_backorder=False))["options"]["inventoryBehaviour"] == "DECREMENT_OBEYING_POLICY"
    assert (order["sourceIdentifier"], order["sourceName"], order["tags"]) == ("576461413038785752", "tiktok-gb", ["TikTok Shop", "GB"])
    assert drafts.key_of({"customAttributes": order["customAttributes"]}) == "576461413038785752"
    (own,) = order["lineItems"][0]["properties"]
    assert drafts.line_ids({"customAttributes": [{"key": own["name"], "value": own["value"]}]}) == ["11", "12"]
    assert order["lineItems"][0]["requiresShipping"] is True and order["transactions"][0]["gateway"] == "TikTokPAY"


def test_the_buyer_is_a_customer_by_his_address_alone_and_masked_numbers_are_left_out():
    order = drafts.variables(asked())["order"]
    assert order["customer"] == {"toUpsert": {"email": "x@scs.tiktokw.us", "firstName": "Ann B.", "lastName": "Buyer"}}
    assert "phone" not in order["shippingAddress"] and "phone" not in order
    assert drafts.variables(asked(buyer_email=""))["order"]["email"] == "tiktok-576461413038785752@example.com"
    called = replace(asked().ship_to, phone="+44 7700 900123")
    assert drafts.variables(asked(ship_to=called))["order"]["shippingAddress"]["phone"] == "+44 7700 900123"


@pytest.mark.parametrize(("country", "region", "made"), [
    ("US", "California", {"provinceCode": "CA"}), ("US", "TX", {"provinceCode": "TX"}), ("MX", "Jalisco", {"province": "Jalisco"}),
    ("GB", "Kent", {})])
def test_states_are_named_as_shopify_takes_them(country, region, made):
    address = drafts.variables(asked(ship_to=Address(name="A B", lines=("1",), city="C", region=region, country=country)))["order"]["shippingAddress"]
    assert {name: address[name] for name in ("provinceCode", "province") if name in address} == made


@pytest.mark.feature("ORD-07")
def test_an_order_from_spain_is_tagged_so():
    assert "ES" in drafts.variables(asked(region="ES", currency="EUR"))["order"]["tags"]


def test_a_line_without_a_product_stands_for_itself():
    line = replace(asked().lines[0], variant_id="", product_id="")
    made = drafts.variables(asked(lines=(line,)))["order"]["lineItems"][0]
    assert "variantId" not in made and (made["title"], made["sku"]) == ("Mug", "MUG-R")


def test_a_repeat_that_asks_for_other_things_is_told_from_one_that_does_not():
    assert drafts.fingerprint(asked()) == drafts.fingerprint(asked(note="other", placed_at=datetime(2026, 11, 20, 12, 5, tzinfo=UTC)))
    assert drafts.fingerprint(asked()) != drafts.fingerprint(asked(grand=Decimal("56.80")))


def test_carriers_are_spelled_as_shopify_links_them():
    assert (carriers.exact("royal mail "), carriers.exact("Somebody's van")) == ("Royal Mail", "Somebody's van")
    assert len(set(carriers.NAMES)) == len(carriers.NAMES) > 80


def test_the_markets_of_the_guide_are_offered():
    assert [one.code for one in PLATFORM.markets] == ["US", "UK", "MX", "EU"]
    assert all(country in PLATFORM.markets[3].title for country in ("Spain", "Ireland", "Germany", "France", "Italy"))

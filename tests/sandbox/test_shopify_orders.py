"""`orderCreate` with its traps, what an order adds up to, how it is found, changed, cancelled and deleted (contract 4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub import clock
from tests.conftest import A_MOMENT
from tests.sandbox.shopify_shop import ORDER_CREATE, Shop, amount, gbp

CANCEL = """mutation Cancel($id: ID!, $restock: Boolean!, $note: String, $rm: OrderCancelRefundMethodInput) {
  orderCancel(orderId: $id, reason: CUSTOMER, restock: $restock, refundMethod: $rm, staffNote: $note) {
    job { id done } orderCancelUserErrors { field message code } } }"""
STATE = """query O($id: ID!) { order(id: $id) { cancelledAt cancelReason closed displayFinancialStatus displayFulfillmentStatus tags note
  currentTotalPriceSet { shopMoney { amount } } totalOutstandingSet { shopMoney { amount } } totalRefundedSet { shopMoney { amount } }
  netPaymentSet { shopMoney { amount } } transactions(first: 10) { kind gateway parentTransaction { id } } cancellation { staffNote }
  lineItems(first: 5) { nodes { currentQuantity unfulfilledQuantity variant { sku } product { id } } } refunds(first: 5) { id } } }"""
BACK = {"originalPaymentMethodsRefund": True}


@pytest.fixture
def shop(frozen_clock: Any) -> Shop:
    return Shop()


def state(shop: Shop, order: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.ask(STATE, id=order)["order"]
    return found


def errors(shop: Shop, behaviour: str | None = "BYPASS", **changes: Any) -> list[dict[str, Any]]:
    payload = shop.create(shop.order(**changes), behaviour)
    assert payload["order"] is None
    assert shop.control("GET", "orders") == []
    rows: list[dict[str, Any]] = payload["userErrors"]
    return rows


def line(shop: Shop, **changes: Any) -> dict[str, Any]:
    return {"variantId": shop.variant("MUG"), "quantity": 2, "requiresShipping": True, "priceSet": gbp("9.90"), **changes}


# -- what is taken --------------------------------------------------------------------------------------------------


def test_an_order_is_made_as_it_was_asked_for(shop: Shop) -> None:
    order = shop.made(note="TikTok order", poNumber="P1", customAttributes=[{"key": "tiktok_order_id", "value": "577"}])
    assert order["name"] == "#1001" and order["email"] == "buyer@example.com" and order["note"] == "TikTok order"
    assert (order["sourceName"], order["sourceIdentifier"], order["tags"]) == ("tiktok-uk", "577001112223334445", ["tiktok-shop"])
    assert [each["sku"] for each in order["lineItems"]["nodes"]] == ["MUG", "SHIRT-Blue-M"]
    row = shop.order_row()
    assert row["attributes"] == [{"key": "tiktok_order_id", "value": "577"}]
    assert row["address"]["city"] == "Leeds" and row["address"]["countryCodeV2"] == "GB"


def test_totals_are_the_sum_of_the_parts(shop: Shop) -> None:
    order = shop.made()
    assert amount(order["subtotalPriceSet"]) == Decimal("49.80")
    assert amount(order["totalShippingPriceSet"]) == Decimal("2.99")
    assert amount(order["totalTaxSet"]) == Decimal("3.30")
    assert amount(order["totalPriceSet"]) == Decimal("52.79")  # taxes are in it
    assert order["displayFinancialStatus"] == "PAID"


def test_taxes_come_on_top_where_they_are_not_included(shop: Shop) -> None:
    order = shop.made(taxesIncluded=False)
    assert amount(order["totalPriceSet"]) == Decimal("56.09")
    assert order["displayFinancialStatus"] == "PARTIALLY_PAID"


def test_channel_liable_taxes_are_told_as_such(shop: Shop) -> None:
    (tax,) = shop.made()["taxLines"]
    assert (tax["title"], tax["rate"], tax["channelLiable"], amount(tax["priceSet"])) == ("VAT", 0.2, True, Decimal("3.30"))


def test_taxes_of_the_order_are_spread_over_taxable_lines(shop: Shop) -> None:
    lines = [line(shop), line(shop, variantId=shop.variant("BOWL"), quantity=1, priceSet=gbp("10.00"), taxable=False),
             line(shop, variantId=shop.variant("SHIRT-Red-M"), quantity=1, priceSet=gbp("30.00"))]
    order = shop.made(lineItems=lines, taxLines=[{"title": "VAT", "rate": "0.2", "priceSet": gbp("8.31")}])
    parts = [sum((amount(tax["priceSet"]) for tax in each["taxLines"]), Decimal(0)) for each in order["lineItems"]["nodes"]]
    assert parts == [Decimal("3.30"), 0, Decimal("5.01")] and amount(order["totalTaxSet"]) == Decimal("8.31")


def test_shipping_bears_taxes_of_its_own(shop: Shop) -> None:
    post = {"title": "Standard", "priceSet": gbp("3.00"), "taxLines": [{"title": "VAT", "rate": "0.2", "priceSet": gbp("0.60")}]}
    order = shop.made(shippingLines=[post], taxesIncluded=False)
    assert amount(order["totalTaxSet"]) == Decimal("3.90") and amount(order["totalPriceSet"]) == Decimal("56.70")
    vat = {each["channelLiable"]: amount(each["priceSet"]) for each in order["taxLines"]}
    assert vat == {True: Decimal("3.30"), False: Decimal("0.60")}  # what the channel does not say it pays, the merchant does


def test_a_tax_without_an_amount_follows_from_its_rate(shop: Shop) -> None:
    order = shop.made(lineItems=[line(shop, taxLines=[{"title": "VAT", "rate": "0.2"}])])
    assert amount(order["totalTaxSet"]) == Decimal("3.30")


def test_a_tax_without_a_rate_is_refused_by_the_type(shop: Shop) -> None:
    refused = shop.refused(ORDER_CREATE, order=shop.order(taxLines=[{"title": "VAT", "priceSet": gbp("1")}]))
    assert refused["extensions"]["problems"][0]["explanation"].startswith("Field 'rate' of required type")


def test_one_discount_code_is_spread_over_the_lines(shop: Shop) -> None:
    order = shop.made(discountCode={"itemFixedDiscountCode": {"code": "TTS", "amountSet": gbp("5.00")}}, transactions=[])
    parts = [each["discountAllocations"][0]["allocatedAmountSet"] for each in order["lineItems"]["nodes"]]
    assert [amount(part) for part in parts] == [Decimal("1.99"), Decimal("3.01")]
    assert amount(order["totalDiscountsSet"]) == Decimal("5.00") and amount(order["totalPriceSet"]) == Decimal("47.79")


def test_a_percentage_and_free_shipping_are_discounts_too(shop: Shop) -> None:
    percent = shop.made(discountCode={"itemPercentageDiscountCode": {"code": "TEN", "percentage": 10.0}})
    assert amount(percent["totalDiscountsSet"]) == Decimal("4.98")
    free = shop.made(discountCode={"freeShippingDiscountCode": {"code": "POST"}})
    assert amount(free["totalShippingPriceSet"]) == 0 and amount(free["totalPriceSet"]) == Decimal("49.80")


def test_money_of_the_buyer_is_told_beside_the_shops(shop: Shop) -> None:
    def bag(pounds: str, dollars: str) -> dict[str, Any]:
        return gbp(pounds) | {"presentmentMoney": {"amount": dollars, "currencyCode": "USD"}}

    order = shop.made(presentmentCurrency="USD", lineItems=[line(shop, quantity=1, priceSet=bag("10.00", "13.00"))], shippingLines=[],
                      transactions=[{"amountSet": bag("10.00", "13.00")}])
    assert order["totalPriceSet"] == {"shopMoney": {"amount": "10.0", "currencyCode": "GBP"},
                                      "presentmentMoney": {"amount": "13.0", "currencyCode": "USD"}}


@pytest.mark.parametrize(("transactions", "told"), [
    ([], "PENDING"), ([("SALE", "10.00")], "PARTIALLY_PAID"), ([("SALE", "52.79")], "PAID"), ([("AUTHORIZATION", "52.79")], "AUTHORIZED"),
    ([("SALE", "30.00"), ("SALE", "22.79")], "PAID")])
def test_the_financial_status_follows_from_the_transactions(shop: Shop, transactions: list[tuple[str, str]], told: str) -> None:
    order = shop.made(transactions=[{"kind": kind, "gateway": "TikTok Shop", "amountSet": gbp(much)} for kind, much in transactions])
    assert order["displayFinancialStatus"] == told


def test_a_line_without_a_variant_is_a_custom_one(shop: Shop) -> None:
    order = shop.made(lineItems=[{"title": "Something", "sku": "X-1", "quantity": 1, "requiresShipping": True, "priceSet": gbp("4.00")}])
    (custom,) = order["lineItems"]["nodes"]
    assert (custom["title"], custom["sku"], custom["variant"]) == ("Something", "X-1", None)


def test_without_a_price_the_variants_own_is_taken(shop: Shop) -> None:
    bare = {"variantId": shop.variant("BOWL"), "quantity": 2}
    assert amount(shop.made(lineItems=[bare], shippingLines=[])["totalPriceSet"]) == Decimal("32.00")


def test_a_moment_to_come_is_taken_for_now(shop: Shop) -> None:
    assert shop.made(processedAt="2027-01-01T00:00:00Z")["processedAt"] == "2026-03-02T09:30:00Z"
    assert shop.made(processedAt="2026-01-01T00:00:00Z")["processedAt"] == "2026-01-01T00:00:00Z"


# -- the defaults are the traps -------------------------------------------------------------------------------------


def test_stock_is_not_touched_unless_it_is_said(shop: Shop) -> None:
    shop.made(behaviour=None)
    assert shop.stock("MUG") == {"available": 9, "on_hand": 9, "committed": 0}


def test_claimed_stock_is_committed_until_it_is_sent(shop: Shop) -> None:
    order = shop.made()
    assert shop.stock("MUG") == {"available": 7, "on_hand": 9, "committed": 2}
    shop.ship(order["id"])
    assert shop.stock("MUG") == {"available": 7, "on_hand": 7, "committed": 0}


def test_the_policy_is_obeyed_where_that_was_asked(shop: Shop) -> None:
    many = [line(shop, quantity=13)]
    (error,) = errors(shop, "DECREMENT_OBEYING_POLICY", lineItems=many)
    assert (error["field"], error["code"]) == (["order", "lineItems", "0"], "INVENTORY_CLAIM_FAILED")
    shop.control("PATCH", "products/MUG", {"policy": "continue"})
    assert shop.made("DECREMENT_OBEYING_POLICY", lineItems=many)
    assert shop.row("MUG")["quantity"] == -1


def test_ignoring_the_policy_oversells(shop: Shop) -> None:
    shop.made(lineItems=[line(shop, quantity=13)])
    assert shop.row("MUG")["quantity"] == -1


def test_a_line_that_needs_no_shipping_has_no_fulfilment_order(shop: Shop) -> None:
    given = line(shop)
    del given["requiresShipping"]
    order = shop.made(lineItems=[given])
    assert order["fulfillmentOrders"]["nodes"] == []
    assert order["lineItems"]["nodes"][0]["requiresShipping"] is False


def test_orders_that_come_at_once_share_the_stock_rightly(shop: Shop) -> None:
    given = shop.order(lineItems=[line(shop, quantity=1)])
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: shop.create(given, "DECREMENT_OBEYING_POLICY"), range(16)))
    made = [each["order"]["name"] for each in told if each["order"]]
    assert len(set(made)) == len(made) == 12  # there were twelve mugs
    assert {each["userErrors"][0]["code"] for each in told if not each["order"]} == {"INVENTORY_CLAIM_FAILED"}
    assert shop.row("MUG")["quantity"] == 0


# -- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("changes", "path"), [
    ({"lineItems": []}, ["order", "lineItems"]), ({"email": "nobody"}, ["order", "email"]), ({"phone": "07700 900001"}, ["order", "phone"]),
    ({"lineItems": [{"quantity": 1, "variantId": "gid://shopify/ProductVariant/1"}]}, ["order", "lineItems", "0", "variantId"]),
    ({"lineItems": [{"quantity": 1, "priceSet": gbp("1")}]}, ["order", "lineItems", "0", "title"]),
    ({"lineItems": [{"quantity": 1, "title": "x"}]}, ["order", "lineItems", "0", "priceSet"]),
    ({"lineItems": [{"quantity": 0, "title": "x", "priceSet": gbp("1")}]}, ["order", "lineItems", "0", "quantity"]),
    ({"currency": "EUR"}, ["order", "lineItems", "0", "priceSet", "shopMoney"]),
    ({"taxLines": [{"title": "VAT", "rate": "0.2", "priceSet": gbp("1")}]}, ["order", "taxLines"]),
    ({"discountCode": {"freeShippingDiscountCode": {"code": "A"}, "itemPercentageDiscountCode": {"code": "B", "percentage": 5.0}}},
     ["order", "discountCode"]),
    ({"discountCode": {}}, ["order", "discountCode"]), ({"sourceName": "web"}, ["order", "sourceName"]),
    ({"shippingLines": [{"title": "x", "priceSet": gbp("-1")}]}, ["order", "shippingLines", "0", "priceSet", "shopMoney"]),
    ({"customer": {"toAssociate": {"email": "stranger@example.com"}}}, ["order", "customer", "toAssociate"])])
def test_each_mistake_is_named_by_its_path(shop: Shop, changes: dict[str, Any], path: list[str]) -> None:
    rows = errors(shop, **changes)
    assert path in [row["field"] for row in rows] and all(row["message"] and row["code"] == "INVALID" for row in rows)


def test_all_mistakes_are_told_at_once(shop: Shop) -> None:
    assert len(errors(shop, email="x", phone="1", lineItems=[])) == 3


def test_a_customer_is_upserted_or_associated_and_never_both(shop: Shop) -> None:
    both = {"toUpsert": {"email": "a@b.co"}, "toAssociate": {"email": "a@b.co"}}
    assert shop.refused(ORDER_CREATE, order=shop.order(customer=both))["extensions"]["code"] == "INVALID_VARIABLE"


def test_a_phone_belongs_to_one_customer(shop: Shop) -> None:
    shop.made(customer={"toUpsert": {"email": "a@example.com", "phone": "+447700900001"}})
    payload = shop.create(shop.order(customer={"toUpsert": {"email": "b@example.com", "phone": "+447700900001"}}))
    assert payload["userErrors"] == [{"field": ["order", "customer", "toUpsert", "phone"], "message": "Phone has already been taken",
                                      "code": "INVALID"}]
    assert shop.made(customer={"toUpsert": {"email": "a@example.com", "phone": "+447700900001"}})


def test_presentment_money_needs_its_currency(shop: Shop) -> None:
    bag = gbp("1") | {"presentmentMoney": {"amount": "2", "currencyCode": "USD"}}
    assert ["order", "presentmentCurrency"] in [row["field"] for row in errors(shop, lineItems=[line(shop, priceSet=bag)])]


def test_a_development_store_takes_five_orders_a_minute(shop: Shop) -> None:
    shop.control("POST", "settings", {"orders_per_minute": 5})
    for at in range(5):
        shop.made(sourceIdentifier=str(at))
    payload = shop.create(shop.order())
    assert payload["order"] is None and "Too many attempts" in payload["userErrors"][0]["message"]
    with clock.hold(A_MOMENT + timedelta(seconds=61)):
        shop.made()


# -- finding and changing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "found"), [
    ("source_identifier:1", [1]), ("source_identifier:1 OR source_identifier:2", [1, 2]), ("source_name:tiktok-uk", [1, 2, 3]), ("tag:special", [3]),
    ("name:#1002", [2]), ("status:open", [1, 2, 3]), ("status:cancelled", []), ("financial_status:paid", [1, 2, 3]),
    ("fulfillment_status:shipped", []), ("metafields.shopbridge.key:k3", [3]), ("created_at:>2026-03-02T09:29:59Z", [1, 2, 3]),
    ("updated_at:>2026-03-02T09:30:00Z", [])])
def test_orders_are_found_by_what_they_carry(shop: Shop, query: str, found: list[int]) -> None:
    for at in (1, 2):
        shop.made(sourceIdentifier=str(at))
    shop.made(sourceIdentifier="3", tags=["special"],
              metafields=[{"namespace": "shopbridge", "key": "key", "type": "single_line_text_field", "value": "k3"}])
    told = shop.ask("query Q($q: String) { orders(first: 5, query: $q, sortKey: ID) { nodes { sourceIdentifier } } }", q=query)["orders"]["nodes"]
    assert [int(each["sourceIdentifier"]) for each in told] == found


def test_the_same_order_may_be_made_twice(shop: Shop) -> None:
    shop.made()
    shop.made()
    assert [row["key"] for row in shop.control("GET", "orders")] == ["577001112223334445"] * 2


def test_an_update_overwrites_lists_and_tags_add_does_not(shop: Shop) -> None:
    order = shop.made(tags=["a", "b"])["id"]
    shop.ask("mutation T($id: ID!) { tagsAdd(id: $id, tags: [\"c\", \"A\"]) { node { id } userErrors { message } } }", id=order)
    assert state(shop, order)["tags"] == ["a", "b", "c"]
    shop.ask("mutation T($id: ID!) { tagsRemove(id: $id, tags: [\"B\"]) { node { id } userErrors { message } } }", id=order)
    assert state(shop, order)["tags"] == ["a", "c"]
    shop.ask("mutation U($i: OrderInput!) { orderUpdate(input: $i) { order { id } userErrors { message } } }",
             i={"id": order, "tags": ["z"], "note": "new"})
    assert (state(shop, order)["tags"], state(shop, order)["note"]) == (["z"], "new")


def test_metafields_are_set_all_or_none(shop: Shop) -> None:
    order = shop.made()["id"]
    query = """mutation M($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { metafields { key value }
        userErrors { field code elementIndex } } }"""
    right = {"ownerId": order, "namespace": "shopbridge", "key": "parcel", "type": "single_line_text_field", "value": "1"}
    told = shop.ask(query, m=[right, right | {"ownerId": "gid://shopify/Order/1", "key": "x"}])["metafieldsSet"]
    assert told == {"metafields": None, "userErrors": [{"field": ["metafields", "1", "ownerId"], "code": "INVALID", "elementIndex": 1}]}
    assert shop.ask(query, m=[right])["metafieldsSet"]["metafields"] == [{"key": "parcel", "value": "1"}]
    assert shop.ask(query, m=[right | {"key": str(at)} for at in range(26)])["metafieldsSet"]["userErrors"][0]["code"] == "LESS_THAN_OR_EQUAL_TO"


def test_an_order_is_archived_and_opened_again(shop: Shop) -> None:
    order = shop.made()["id"]
    shop.ask("mutation C($id: ID!) { orderClose(input: {id: $id}) { order { id } userErrors { message } } }", id=order)
    assert state(shop, order)["closed"] and shop.order_row()["state"] == "closed"
    shop.ask("mutation C($id: ID!) { orderOpen(input: {id: $id}) { order { id } userErrors { message } } }", id=order)
    assert not state(shop, order)["closed"]


def test_an_unpaid_order_is_marked_as_paid_once(shop: Shop) -> None:
    order = shop.made(transactions=[])["id"]
    query = "mutation P($id: ID!) { orderMarkAsPaid(input: {id: $id}) { order { displayFinancialStatus } userErrors { message } } }"
    assert shop.ask(query, id=order)["orderMarkAsPaid"]["order"] == {"displayFinancialStatus": "PAID"}
    assert shop.ask(query, id=order)["orderMarkAsPaid"]["userErrors"]


def test_a_manual_payment_is_no_more_than_what_is_owed(shop: Shop) -> None:
    order = shop.made(transactions=[])["id"]
    query = """mutation P($id: ID!, $a: MoneyInput) { orderCreateManualPayment(id: $id, amount: $a, paymentMethodName: "TikTok") {
        order { displayFinancialStatus } userErrors { code } } }"""
    too_much = shop.ask(query, id=order, a={"amount": "60", "currencyCode": "GBP"})["orderCreateManualPayment"]
    assert too_much["userErrors"] == [{"code": "AMOUNT_EXCEEDS_BALANCE"}]
    part = shop.ask(query, id=order, a={"amount": "10", "currencyCode": "GBP"})["orderCreateManualPayment"]
    assert part["order"] == {"displayFinancialStatus": "PARTIALLY_PAID"}
    assert shop.ask(query, id=order)["orderCreateManualPayment"]["order"] == {"displayFinancialStatus": "PAID"}


def test_a_deleted_order_is_gone(shop: Shop) -> None:
    order = shop.made()["id"]
    told = shop.ask("mutation D($id: ID!) { orderDelete(orderId: $id) { deletedId userErrors { code } } }", id=order)["orderDelete"]
    assert told == {"deletedId": order, "userErrors": []}
    assert shop.ask(STATE, id=order)["order"] is None
    again = shop.ask("mutation D($id: ID!) { orderDelete(orderId: $id) { deletedId userErrors { code } } }", id=order)["orderDelete"]
    assert again["userErrors"] == [{"code": "NOT_FOUND"}]


def test_a_line_whose_product_is_deleted_has_none(shop: Shop) -> None:
    order = shop.made()["id"]
    shop.control("DELETE", "products/MUG")
    first, second = state(shop, order)["lineItems"]["nodes"]
    assert first["variant"] is None and first["product"] is None and second["variant"] == {"sku": "SHIRT-Blue-M"}


def test_the_merchant_can_make_a_second_order_with_the_same_marks(shop: Shop) -> None:
    order = shop.made()["id"]
    made = shop.control("POST", f"orders/{order.rsplit('/', 1)[1]}/plant", status=201)["order_id"]
    found = shop.ask("""{ orders(first: 5, query: "source_identifier:577001112223334445", sortKey: ID) { nodes { id app { name } } } }""")
    found = found["orders"]["nodes"]
    assert [each["id"] for each in found] == [order, f"gid://shopify/Order/{made}"]
    assert [each["app"] is None for each in found] == [False, True]


# -- cancelling -----------------------------------------------------------------------------------------------------


def cancelled(shop: Shop, order: str, *, restock: bool = True, rm: Any = None, note: str | None = None) -> dict[str, Any]:
    told: dict[str, Any] = shop.ask(CANCEL, id=order, restock=restock, rm=rm, note=note)["orderCancel"]
    return told


def test_a_cancellation_is_a_job_that_the_clock_does(shop: Shop) -> None:
    order = shop.made()["id"]
    job = cancelled(shop, order, rm=BACK, note="cancelled on TikTok")["job"]
    assert job["done"] is False and state(shop, order)["cancelledAt"] is None
    with clock.hold(A_MOMENT + timedelta(seconds=1)):
        assert shop.ask("query J($id: ID!) { job(id: $id) { done } }", id=job["id"])["job"] == {"done": True}
        told = state(shop, order)
    assert told["cancelledAt"] and (told["cancelReason"], told["closed"]) == ("CUSTOMER", True)
    assert told["cancellation"] == {"staffNote": "cancelled on TikTok"}
    assert told["displayFinancialStatus"] == "REFUNDED" and amount(told["totalRefundedSet"]) == Decimal("52.79")
    assert [each["kind"] for each in told["transactions"]] == ["SALE", "REFUND"]
    assert amount(told["currentTotalPriceSet"]) == 0 == amount(told["netPaymentSet"])


@pytest.mark.parametrize(("restock", "left"), [(True, {"available": 9, "on_hand": 9, "committed": 0}),
                                               (False, {"available": 7, "on_hand": 7, "committed": 0})])
def test_a_cancellation_restocks_only_if_it_is_said(shop: Shop, restock: bool, left: dict[str, int]) -> None:
    shop.control("POST", "settings", {"job_delay_s": 0})
    cancelled(shop, shop.made()["id"], restock=restock, rm=BACK)
    assert shop.stock("MUG") == left


def test_without_a_refund_method_no_money_moves(shop: Shop) -> None:
    shop.control("POST", "settings", {"job_delay_s": 0})
    order = shop.made()["id"]
    cancelled(shop, order)
    told = state(shop, order)
    assert told["cancelledAt"] and told["displayFinancialStatus"] == "PAID" and amount(told["totalRefundedSet"]) == 0


def test_an_unpaid_order_is_voided_by_its_cancellation(shop: Shop) -> None:
    shop.control("POST", "settings", {"job_delay_s": 0})
    order = shop.made(transactions=[])["id"]
    cancelled(shop, order, rm=BACK)
    assert state(shop, order)["displayFinancialStatus"] == "VOIDED"


def test_an_order_is_cancelled_once(shop: Shop) -> None:
    order = shop.made()["id"]
    cancelled(shop, order)
    while_waiting = cancelled(shop, order)
    shop.control("POST", "clock", {"advance_s": 5})
    for told in (while_waiting, cancelled(shop, order)):
        assert told["job"] is None and told["orderCancelUserErrors"][0]["code"] == "INVALID"


def test_what_is_fulfilled_is_not_cancelled(shop: Shop) -> None:
    order = shop.made()["id"]
    shop.ship(order)
    assert cancelled(shop, order)["orderCancelUserErrors"] == [
        {"field": ["orderId"], "message": "Cannot cancel an order that has fulfilled items", "code": "INVALID"}]


def test_a_note_is_no_longer_than_allowed_and_the_order_must_be_there(shop: Shop) -> None:
    assert cancelled(shop, shop.made()["id"], note="x" * 256)["orderCancelUserErrors"][0]["field"] == ["staffNote"]
    assert cancelled(shop, "gid://shopify/Order/1")["orderCancelUserErrors"][0]["code"] == "NOT_FOUND"


def test_the_merchant_cancels_at_once(shop: Shop) -> None:
    order = shop.made()["id"]
    shop.control("POST", f"orders/{order.rsplit('/', 1)[1]}/cancel", {"restock": True})
    assert state(shop, order)["cancelledAt"] and shop.stock("MUG")["available"] == 9
    shop.control("POST", f"orders/{order.rsplit('/', 1)[1]}/cancel", status=409)


def test_a_billing_address_is_there_only_if_it_was_given(shop: Shop) -> None:
    query = "query A($id: ID!) { order(id: $id) { billingAddress { city countryCodeV2 formatted } billingAddressMatchesShippingAddress } }"
    assert shop.ask(query, id=shop.made()["id"])["order"] == {"billingAddress": None, "billingAddressMatchesShippingAddress": False}
    same = shop.order()["shippingAddress"]
    found = shop.ask(query, id=shop.made(billingAddress=same)["id"])["order"]
    assert found["billingAddress"]["city"] == "Leeds" and found["billingAddressMatchesShippingAddress"] is True
    assert found["billingAddress"]["formatted"] == ["1 High St", "Leeds LS1 1AA", "United Kingdom"]

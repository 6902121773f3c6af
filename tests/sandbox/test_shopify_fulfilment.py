"""Fulfilment orders, holds, parcels, refunds and stock of the practice Shopify shop (contract 4.2 to 5)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub import clock
from tests.conftest import A_MOMENT
from tests.sandbox.shopify_shop import SHIP, Shop, amount, gbp

HOLD = """mutation Hold($id: ID!, $h: FulfillmentOrderHoldInput!) { fulfillmentOrderHold(id: $id, fulfillmentHold: $h) {
  fulfillmentHold { id handle } fulfillmentOrder { id status } remainingFulfillmentOrder { id status } userErrors { field message code } } }"""
RELEASE = """mutation Release($id: ID!, $holdIds: [ID!]) { fulfillmentOrderReleaseHold(id: $id, holdIds: $holdIds) {
  fulfillmentOrder { id status } userErrors { field message code } } }"""
REFUND = """mutation Refund($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key) {
  refund { id note totalRefundedSet { shopMoney { amount } } transactions(first: 5) { nodes { kind amountSet { shopMoney { amount } } } }
    refundLineItems(first: 5) { nodes { quantity restockType restocked subtotalSet { shopMoney { amount } } totalTaxSet { shopMoney { amount } } } } }
  order { displayFinancialStatus } userErrors { field message } } }"""
SET = """mutation Set($input: InventorySetQuantitiesInput!, $key: String!) { inventorySetQuantities(input: $input) @idempotent(key: $key) {
  inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange } } userErrors { field message code } } }"""
ADJUST = """mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
  inventoryAdjustmentGroup { changes { name delta } } userErrors { field message code } } }"""
ORDER = """query O($id: ID!) { order(id: $id) { displayFulfillmentStatus displayFinancialStatus
  currentTotalPriceSet { shopMoney { amount } } transactions(first: 10) { id kind gateway }
  lineItems(first: 5) { nodes { id sku quantity currentQuantity refundableQuantity unfulfilledQuantity } }
  fulfillments(first: 5) { id status displayStatus trackingInfo(first: 3) { company number url }
    fulfillmentLineItems(first: 5) { nodes { quantity lineItem { sku } } } } refunds(first: 5) { id } } }"""
OTHER = {"reason": "OTHER", "reasonNotes": "waiting for TikTok", "handle": "tts-hold"}


@pytest.fixture
def shop(frozen_clock: Any) -> Shop:
    return Shop()


def order_of(shop: Shop, order: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.ask(ORDER, id=order)["order"]
    return found


def only(shop: Shop, order: str) -> dict[str, Any]:
    """The one live fulfilment order."""
    (found,) = [each for each in shop.fulfillment_orders(order) if each["status"] not in ("CLOSED", "CANCELLED")]
    return found


def actions(found: dict[str, Any]) -> set[str]:
    return {each["action"] for each in found["supportedActions"]}


# -- fulfilment orders and parcels ----------------------------------------------------------------------------------


def test_one_fulfilment_order_stands_at_the_location_that_has_enough(shop: Shop) -> None:
    order = shop.made()["id"]
    found = only(shop, order)
    assert (found["status"], found["requestStatus"], found["assignedLocation"]["name"]) == ("OPEN", "UNSUBMITTED", "High Street")
    assert [(each["sku"], each["totalQuantity"], each["remainingQuantity"]) for each in found["lineItems"]["nodes"]] == [
        ("MUG", 2, 2), ("SHIRT-Blue-M", 1, 1)]
    assert {"CREATE_FULFILLMENT", "HOLD", "MOVE", "SPLIT"} <= actions(found)


def test_lines_that_lie_elsewhere_are_sent_from_there(shop: Shop) -> None:
    shop.control("PATCH", "products/MUG", {"quantity": 1, "location_id": list(shop.row("MUG")["quantities"])[0]})
    found = shop.fulfillment_orders(shop.made()["id"])
    assert [(each["assignedLocation"]["name"], [row["sku"] for row in each["lineItems"]["nodes"]]) for each in found] == [
        ("Warehouse", ["MUG"]), ("High Street", ["SHIRT-Blue-M"])]
    assert shop.stock("MUG", at=1) == {"available": 1, "on_hand": 3, "committed": 2}
    both = shop.ship(shop.order_row()["order_id"] and f"gid://shopify/Order/{shop.order_row()['order_id']}")
    assert both["fulfillment"] is None and "same assigned location" in both["userErrors"][0]["message"]


def test_a_parcel_of_everything_closes_it(shop: Shop) -> None:
    order = shop.made()["id"]
    told = shop.ship(order)
    assert told["userErrors"] == [] and told["fulfillment"]["status"] == "SUCCESS"
    assert told["fulfillment"]["trackingInfo"] == [
        {"company": "Royal Mail", "number": "AB123456789GB", "url": "https://track.example/AB123456789GB"}]
    assert order_of(shop, order)["displayFulfillmentStatus"] == "FULFILLED"
    (found,) = shop.fulfillment_orders(order)
    assert (found["status"], actions(found)) == ("CLOSED", set())


def test_a_part_leaves_the_rest_open(shop: Shop) -> None:
    order = shop.made()["id"]
    found = only(shop, order)
    mug = found["lineItems"]["nodes"][0]
    rows = [{"fulfillmentOrderId": found["id"], "fulfillmentOrderLineItems": [{"id": mug["id"], "quantity": 1}]}]
    assert shop.ask(SHIP, f={"lineItemsByFulfillmentOrder": rows})["fulfillmentCreate"]["userErrors"] == []
    told = order_of(shop, order)
    assert told["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    assert [each["unfulfilledQuantity"] for each in told["lineItems"]["nodes"]] == [1, 1]
    rest = only(shop, order)
    assert rest["status"] == "IN_PROGRESS" and [each["remainingQuantity"] for each in rest["lineItems"]["nodes"]] == [1, 1]
    shop.ship(order, company="Snail Post", number="S1")
    assert order_of(shop, order)["displayFulfillmentStatus"] == "FULFILLED"
    assert order_of(shop, order)["fulfillments"][1]["trackingInfo"] == [{"company": "Snail Post", "number": "S1", "url": None}]


def test_wrong_ids_and_quantities_are_named_by_their_path(shop: Shop) -> None:
    order = shop.made()
    found = only(shop, order["id"])
    line = order["lineItems"]["nodes"][0]["id"]

    def refused(rows: list[dict[str, Any]]) -> list[list[str]]:
        return [each["field"] for each in shop.ask(SHIP, f={"lineItemsByFulfillmentOrder": rows})["fulfillmentCreate"]["userErrors"]]

    top = ["fulfillment", "lineItemsByFulfillmentOrder", "0"]
    assert refused([{"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/1"}]) == [[*top, "fulfillmentOrderId"]]
    few = [{"id": found["lineItems"]["nodes"][0]["id"], "quantity": 3}]
    assert refused([{"fulfillmentOrderId": found["id"], "fulfillmentOrderLineItems": few}]) == [[*top, "fulfillmentOrderLineItems", "0", "quantity"]]
    confused = shop.refused(SHIP, f={"lineItemsByFulfillmentOrder": [
        {"fulfillmentOrderId": found["id"], "fulfillmentOrderLineItems": [{"id": line, "quantity": 1}]}]})
    assert "is no FulfillmentOrderLineItem" in confused["message"]
    assert "is no FulfillmentOrder" in shop.refused(SHIP, f={"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": order["id"]}]})["message"]


@pytest.mark.parametrize("tracking", [
    {"number": "1", "numbers": ["1", "2"]}, {"url": "https://t.example/1"}, {"numbers": ["1"], "urls": ["https://a.example", "https://b.example"]}])
def test_tracking_that_does_not_fit_is_refused(shop: Shop, tracking: dict[str, Any]) -> None:
    order = shop.made()["id"]
    assert shop.ship(order, **tracking)["userErrors"] and order_of(shop, order)["fulfillments"] == []


def test_several_numbers_make_several_rows(shop: Shop) -> None:
    told = shop.ship(shop.made()["id"], company="X", numbers=["1", "2"], urls=["https://a.example/1"])
    assert told["fulfillment"]["trackingInfo"] == [{"company": "X", "number": "1", "url": "https://a.example/1"},
                                                   {"company": "X", "number": "2", "url": None}]


def test_tracking_is_changed_and_the_way_is_told(shop: Shop) -> None:
    order = shop.made()["id"]
    sent = shop.ship(order)["fulfillment"]["id"]
    shop.ask("""mutation T($id: ID!, $t: FulfillmentTrackingInput!) { fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $t) {
        userErrors { message } } }""", id=sent, t={"number": "NEW"})
    shop.ask("""mutation E($e: FulfillmentEventInput!) { fulfillmentEventCreate(fulfillmentEvent: $e) { fulfillmentEvent { status }
        userErrors { message } } }""", e={"fulfillmentId": sent, "status": "IN_TRANSIT"})
    (told,) = order_of(shop, order)["fulfillments"]
    assert told["trackingInfo"][0]["number"] == "NEW" and told["displayStatus"] == "IN_TRANSIT"


def test_a_cancelled_fulfilment_leaves_fresh_fulfilment_orders(shop: Shop) -> None:
    order = shop.made()["id"]
    before = only(shop, order)["id"]
    sent = shop.ship(order)["fulfillment"]["id"]
    query = "mutation C($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status } userErrors { message } } }"
    assert shop.ask(query, id=sent)["fulfillmentCancel"] == {"fulfillment": {"status": "CANCELLED"}, "userErrors": []}
    after = only(shop, order)
    assert after["id"] != before and after["status"] == "OPEN"
    assert order_of(shop, order)["displayFulfillmentStatus"] == "UNFULFILLED"
    assert shop.stock("MUG") == {"available": 7, "on_hand": 9, "committed": 2}
    assert shop.ask(query, id=sent)["fulfillmentCancel"]["userErrors"]


def test_moving_makes_new_ids_and_takes_the_stock_along(shop: Shop) -> None:
    order = shop.made()["id"]
    before = only(shop, order)["id"]
    target = f"gid://shopify/Location/{list(shop.row('MUG')['quantities'])[1]}"
    told = shop.ask("""mutation M($id: ID!, $l: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $l) { movedFulfillmentOrder { id
        assignedLocation { name } } originalFulfillmentOrder { id status } userErrors { message } } }""", id=before, l=target)["fulfillmentOrderMove"]
    assert told["userErrors"] == [] and told["originalFulfillmentOrder"] == {"id": before, "status": "CLOSED"}
    assert told["movedFulfillmentOrder"]["id"] != before and told["movedFulfillmentOrder"]["assignedLocation"] == {"name": "Warehouse"}
    assert shop.stock("MUG") == {"available": 9, "on_hand": 9, "committed": 0}
    assert shop.stock("MUG", at=1) == {"available": 1, "on_hand": 3, "committed": 2}


def test_splitting_makes_new_ids(shop: Shop) -> None:
    order = shop.made()["id"]
    found = only(shop, order)
    rows = [{"fulfillmentOrderId": found["id"], "fulfillmentOrderLineItems": [{"id": found["lineItems"]["nodes"][0]["id"], "quantity": 1}]}]
    told = shop.ask("""mutation S($s: [FulfillmentOrderSplitInput!]!) { fulfillmentOrderSplit(fulfillmentOrderSplits: $s) { fulfillmentOrderSplits {
        fulfillmentOrder { id } remainingFulfillmentOrder { id } } userErrors { message } } }""", s=rows)["fulfillmentOrderSplit"]
    (split,) = told["fulfillmentOrderSplits"]
    live = [each for each in shop.fulfillment_orders(order) if each["status"] == "OPEN"]
    assert {each["id"] for each in live} == {split["fulfillmentOrder"]["id"], split["remainingFulfillmentOrder"]["id"]}
    assert found["id"] not in {each["id"] for each in live}


# -- holds ----------------------------------------------------------------------------------------------------------


def held(shop: Shop, number: str, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = shop.ask(HOLD, id=number, h=OTHER | changes)["fulfillmentOrderHold"]
    return told


def test_what_is_held_cannot_be_sent_until_it_is_released(shop: Shop) -> None:
    order = shop.made()["id"]
    number = only(shop, order)["id"]
    hold = held(shop, number)
    assert hold["userErrors"] == [] and hold["fulfillmentOrder"]["status"] == "ON_HOLD"
    assert order_of(shop, order)["displayFulfillmentStatus"] == "ON_HOLD"
    found = only(shop, order)
    assert "CREATE_FULFILLMENT" not in actions(found) and found["fulfillmentHolds"][0]["heldByRequestingApp"]
    refused = shop.ask(SHIP, f={"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": number}]})["fulfillmentCreate"]
    assert refused["fulfillment"] is None and "on_hold" in refused["userErrors"][0]["message"]
    shop.control("POST", f"orders/{order.rsplit('/', 1)[1]}/ship", {"number": "1"}, status=409)
    released = shop.ask(RELEASE, id=number, holdIds=[hold["fulfillmentHold"]["id"]])["fulfillmentOrderReleaseHold"]
    assert released["fulfillmentOrder"]["status"] == "OPEN"
    assert shop.ship(order)["userErrors"] == []


def test_a_handle_is_used_once_and_ten_holds_are_the_most(shop: Shop) -> None:
    number = only(shop, shop.made()["id"])["id"]
    held(shop, number)
    assert held(shop, number)["userErrors"][0]["code"] == "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
    for at in range(9):
        assert held(shop, number, handle=f"h{at}")["userErrors"] == []
    assert held(shop, number, handle="more")["userErrors"][0]["code"] == "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"


def test_a_release_without_ids_lifts_the_merchants_hold_too(shop: Shop) -> None:
    order = shop.made()["id"]
    number = only(shop, order)["id"]
    mine = held(shop, number)["fulfillmentHold"]["id"]
    shop.control("POST", f"orders/{order.rsplit('/', 1)[1]}/hold")
    assert shop.ask(RELEASE, id=number, holdIds=[mine])["fulfillmentOrderReleaseHold"]["fulfillmentOrder"]["status"] == "ON_HOLD"
    assert [each["heldByRequestingApp"] for each in only(shop, order)["fulfillmentHolds"]] == [False]
    assert shop.ask(RELEASE, id=number)["fulfillmentOrderReleaseHold"]["fulfillmentOrder"]["status"] == "OPEN"


def test_a_hold_of_some_lines_leaves_the_rest_apart(shop: Shop) -> None:
    order = shop.made()["id"]
    found = only(shop, order)
    told = held(shop, found["id"], fulfillmentOrderLineItems=[{"id": found["lineItems"]["nodes"][0]["id"], "quantity": 1}])
    assert told["remainingFulfillmentOrder"]["status"] == "OPEN"
    parts = {each["status"]: sum(row["remainingQuantity"] for row in each["lineItems"]["nodes"]) for each in shop.fulfillment_orders(order)}
    assert parts == {"ON_HOLD": 1, "OPEN": 2}


# -- refunds --------------------------------------------------------------------------------------------------------


def refunded(shop: Shop, order: dict[str, Any], key: str = "k1", **given: Any) -> dict[str, Any]:
    told: dict[str, Any] = shop.ask(REFUND, key=key, input={"orderId": order["id"], **given})["refundCreate"]
    return told


def back(order: dict[str, Any], much: str, **changes: Any) -> dict[str, Any]:
    return {"orderId": order["id"], "amount": much, "gateway": "TikTok Shop", "kind": "REFUND", "parentId": order["transactions"][0]["id"], **changes}


def off(shop: Shop, order: dict[str, Any], at: int = 0, quantity: int = 1, kind: str = "NO_RESTOCK", location: bool | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {"lineItemId": order["lineItems"]["nodes"][at]["id"], "quantity": quantity, "restockType": kind}
    if location if location is not None else kind != "NO_RESTOCK":
        row["locationId"] = f"gid://shopify/Location/{list(shop.row('MUG')['quantities'])[0]}"
    return row


def test_a_partial_cancel_is_a_refund_that_shrinks_the_fulfilment_order(shop: Shop) -> None:
    order = shop.made()
    before = only(shop, order["id"])["id"]
    told = refunded(shop, order, refundLineItems=[off(shop, order, kind="CANCEL")], transactions=[back(order, "9.90")])
    assert told["userErrors"] == [] and told["order"] == {"displayFinancialStatus": "PARTIALLY_REFUNDED"}
    (row,) = told["refund"]["refundLineItems"]["nodes"]
    assert (row["restockType"], row["restocked"], amount(row["subtotalSet"]), amount(row["totalTaxSet"])) == (
        "CANCEL", True, Decimal("9.90"), Decimal("1.65"))
    after = only(shop, order["id"])
    assert after["id"] != before and [each["remainingQuantity"] for each in after["lineItems"]["nodes"]] == [1, 1]
    mug = order_of(shop, order["id"])["lineItems"]["nodes"][0]
    assert (mug["quantity"], mug["currentQuantity"], mug["refundableQuantity"], mug["unfulfilledQuantity"]) == (2, 1, 1, 1)
    assert shop.stock("MUG") == {"available": 8, "on_hand": 9, "committed": 1}
    assert amount(order_of(shop, order["id"])["currentTotalPriceSet"]) == Decimal("42.89")


def test_without_transactions_no_money_moves(shop: Shop) -> None:
    order = shop.made()
    told = refunded(shop, order, refundLineItems=[off(shop, order)])
    assert amount(told["refund"]["totalRefundedSet"]) == 0 and told["order"] == {"displayFinancialStatus": "PAID"}


def test_money_alone_takes_no_line_off(shop: Shop) -> None:
    order = shop.made()
    told = refunded(shop, order, transactions=[back(order, "5.00")], note="TikTok refund 88")
    assert told["refund"]["note"] == "TikTok refund 88" and amount(told["refund"]["totalRefundedSet"]) == Decimal("5.00")
    assert order_of(shop, order["id"])["lineItems"]["nodes"][0]["currentQuantity"] == 2


def test_sent_goods_come_back_by_return(shop: Shop) -> None:
    order = shop.made()
    early = refunded(shop, order, "k0", refundLineItems=[off(shop, order, kind="RETURN")])
    assert early["userErrors"][0]["field"] == ["refundLineItems", "0", "restockType"]
    shop.ship(order["id"])
    assert refunded(shop, order, refundLineItems=[off(shop, order, kind="RETURN")], transactions=[back(order, "9.90")])["userErrors"] == []
    assert shop.stock("MUG") == {"available": 8, "on_hand": 8, "committed": 0}
    late = refunded(shop, order, "k2", refundLineItems=[off(shop, order, kind="CANCEL")])
    assert late["userErrors"][0]["field"] == ["refundLineItems", "0", "restockType"]


@pytest.mark.parametrize(("changes", "path"), [
    ({"quantity": 3}, ["refundLineItems", "0", "quantity"]), ({"kind": "LEGACY_RESTOCK"}, ["refundLineItems", "0", "restockType"]),
    ({"kind": "CANCEL", "location": False}, ["refundLineItems", "0", "locationId"]),
    ({"kind": "NO_RESTOCK", "location": True}, ["refundLineItems", "0", "locationId"])])
def test_lines_that_cannot_be_refunded_are_named(shop: Shop, changes: dict[str, Any], path: list[str]) -> None:
    order = shop.made()
    told = refunded(shop, order, refundLineItems=[off(shop, order, **changes)])
    assert told["refund"] is None and path in [each["field"] for each in told["userErrors"]]


@pytest.mark.parametrize(("changes", "path"), [
    ({"amount": "60.00"}, "amount"), ({"amount": "0"}, "amount"), ({"gateway": "manual"}, "gateway"), ({"kind": "SALE"}, "kind"),
    ({"parentId": "gid://shopify/OrderTransaction/1"}, "parentId"), ({"parentId": None}, "parentId")])
def test_money_that_cannot_be_given_back_is_named(shop: Shop, changes: dict[str, Any], path: str) -> None:
    order = shop.made()
    told = refunded(shop, order, transactions=[back(order, "5.00") | changes])
    assert told["refund"] is None and ["transactions", "0", path] in [each["field"] for each in told["userErrors"]]


def test_no_more_is_given_back_than_came_in(shop: Shop) -> None:
    order = shop.made()
    refunded(shop, order, "a", transactions=[back(order, "50.00")])
    assert refunded(shop, order, "b", transactions=[back(order, "5.00")])["userErrors"]
    assert refunded(shop, order, "c", transactions=[back(order, "5.00")], allowOverRefunding=True)["userErrors"] == []


def test_a_refund_without_a_key_is_refused_at_the_top(shop: Shop) -> None:
    order = shop.made()
    query = "mutation R($input: RefundInput!) { refundCreate(input: $input) { refund { id } userErrors { message } } }"
    refused = shop.refused(query, input={"orderId": order["id"], "transactions": [back(order, "5.00")]})
    assert refused["message"] == "The @idempotent directive is required for this mutation but was not provided."
    assert shop.refused(REFUND, key=" ", input={"orderId": order["id"], "transactions": [back(order, "5.00")]})
    assert order_of(shop, order["id"])["refunds"] == []


def test_the_same_key_gives_the_first_answer_again(shop: Shop) -> None:
    order = shop.made()
    first = refunded(shop, order, transactions=[back(order, "5.00")])
    assert refunded(shop, order, transactions=[back(order, "5.00")])["refund"]["id"] == first["refund"]["id"]
    assert len(order_of(shop, order["id"])["refunds"]) == 1
    other = refunded(shop, order, transactions=[back(order, "6.00")])
    assert other["refund"] is None and "different parameters" in other["userErrors"][0]["message"]


def test_a_failed_attempt_spends_its_key(shop: Shop) -> None:
    order = shop.made()
    wrong = {"refundLineItems": [off(shop, order, quantity=9)]}
    assert refunded(shop, order, **wrong)["userErrors"]
    assert "previous attempt" in refunded(shop, order, **wrong)["userErrors"][0]["message"]
    assert refunded(shop, order, "fresh", transactions=[back(order, "5.00")])["userErrors"] == []


def test_a_key_is_forgotten_after_its_time(shop: Shop) -> None:
    order = shop.made()
    refunded(shop, order, transactions=[back(order, "5.00")])
    with clock.hold(A_MOMENT + timedelta(hours=25)):
        refunded(shop, order, transactions=[back(order, "5.00")])
    assert len(order_of(shop, order["id"])["refunds"]) == 2


def test_shipping_is_refunded_no_further_than_it_goes(shop: Shop) -> None:
    order = shop.made()
    assert refunded(shop, order, "a", shipping={"fullRefund": True}, transactions=[back(order, "2.99")])["userErrors"] == []
    assert refunded(shop, order, "b", shipping={"amount": "0.01"}, transactions=[back(order, "0.01")])["userErrors"][0]["field"] == ["shipping"]


def test_a_suggestion_names_amount_tax_maximum_and_parent(shop: Shop) -> None:
    order = shop.made()
    query = """query S($id: ID!, $l: [RefundLineItemInput!], $s: Boolean, $f: Boolean) { order(id: $id) { suggestedRefund(refundLineItems: $l,
        refundShipping: $s, suggestFullRefund: $f) { amountSet { shopMoney { amount } } totalTaxSet { shopMoney { amount } }
        maximumRefundableSet { shopMoney { amount } } suggestedTransactions { gateway kind parentTransaction { id } } } } }"""
    told = shop.ask(query, id=order["id"], l=[off(shop, order, quantity=2)], s=True)["order"]["suggestedRefund"]
    assert (amount(told["amountSet"]), amount(told["totalTaxSet"]), amount(told["maximumRefundableSet"])) == (
        Decimal("22.79"), Decimal("3.30"), Decimal("52.79"))
    (suggested,) = told["suggestedTransactions"]
    assert (suggested["gateway"], suggested["kind"], suggested["parentTransaction"]["id"]) == (
        "TikTok Shop", "SUGGESTED_REFUND", order["transactions"][0]["id"])
    assert amount(shop.ask(query, id=order["id"], f=True)["order"]["suggestedRefund"]["amountSet"]) == Decimal("52.79")


def test_the_merchant_refunds_in_the_admin(shop: Shop) -> None:
    order = shop.made()["id"]
    number = order.rsplit("/", 1)[1]
    row = shop.control("POST", f"orders/{number}/refund", {"lines": [{"sku": "MUG", "quantity": 1}], "restock": True})
    assert row["refunds"][0]["amount"] == "9.90" and row["refunds"][0]["lines"] == [{"sku": "MUG", "quantity": 1, "restock": "CANCEL"}]
    assert shop.control("POST", f"orders/{number}/refund", {"amount": "1.00"})["refunded"] == "10.90"
    assert shop.control("POST", f"orders/{number}/refund", {})["status"] == "refunded"
    assert shop.order_row()["totals"]["refunded"] == "52.79"


# -- stock ----------------------------------------------------------------------------------------------------------


def level(shop: Shop, sku: str = "MUG", at: int = 0, **more: Any) -> dict[str, Any]:
    return {"inventoryItemId": shop.item(sku), "locationId": f"gid://shopify/Location/{list(shop.row('MUG')['quantities'])[at]}", **more}


def put(shop: Shop, rows: list[dict[str, Any]], key: str = "k", name: str = "available", reason: str = "correction") -> dict[str, Any]:
    told: dict[str, Any] = shop.ask(SET, key=key, input={"name": name, "reason": reason, "quantities": rows})["inventorySetQuantities"]
    return told


def test_stock_is_set_compared_or_by_force(shop: Shop) -> None:
    told = put(shop, [level(shop, quantity=5, changeFromQuantity=9)])
    assert told["inventoryAdjustmentGroup"]["changes"] == [{"name": "available", "delta": -4, "quantityAfterChange": 5}]
    stale = put(shop, [level(shop, quantity=7, changeFromQuantity=9)], key="k2")
    assert stale["userErrors"] == [{"field": ["input", "quantities", "0", "changeFromQuantity"], "code": "CHANGE_FROM_QUANTITY_STALE",
                                    "message": "The changeFromQuantity argument no longer matches the persisted quantity."}]
    assert put(shop, [level(shop, quantity=7, changeFromQuantity=None)], key="k3")["userErrors"] == []
    assert shop.stock("MUG")["available"] == 7


def test_on_hand_moves_what_is_available(shop: Shop) -> None:
    shop.made()
    put(shop, [level(shop, quantity=20, changeFromQuantity=None)], name="on_hand")
    assert shop.stock("MUG") == {"available": 18, "on_hand": 20, "committed": 2}


def test_what_it_changes_from_must_be_said_in_variables_and_in_literals(shop: Shop) -> None:
    row = level(shop, quantity=5)
    given = {"name": "available", "reason": "correction", "quantities": [row]}
    assert "changeFromQuantity" in shop.refused(SET, key="a", input=given)["message"]
    literal = f"""mutation S {{ inventorySetQuantities(input: {{name: "available", reason: "correction", quantities: [{{
        inventoryItemId: "{row['inventoryItemId']}", locationId: "{row['locationId']}", quantity: 5 LATER }}]}}) @idempotent(key: "b") {{
        userErrors {{ code }} }} }}"""
    assert "changeFromQuantity" in shop.refused(literal.replace("LATER", ""))["message"]
    assert shop.stock("MUG")["available"] == 9
    assert shop.ask(literal.replace("LATER", ", changeFromQuantity: null"))["inventorySetQuantities"] == {"userErrors": []}


def test_one_bad_row_refuses_them_all(shop: Shop) -> None:
    good = level(shop, quantity=1, changeFromQuantity=None)
    told = put(shop, [good, level(shop, "SET", quantity=1, changeFromQuantity=None),
                      good | {"inventoryItemId": "gid://shopify/InventoryItem/1"}, good])
    assert [(each["field"][2], each["code"]) for each in told["userErrors"]] == [
        ("1", "NON_MUTABLE_INVENTORY_ITEM"), ("2", "INVALID_INVENTORY_ITEM"), ("3", "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR")]
    assert shop.stock("MUG")["available"] == 9


@pytest.mark.parametrize(("changes", "code"), [
    ({"name": "committed"}, "INVALID_NAME"), ({"reason": "because"}, "INVALID_REASON"),
    ({"name": "on_hand", "quantity": -1}, "INVALID_QUANTITY_NEGATIVE"),
    ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"), ({"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION")])
def test_each_kind_of_bad_stock_has_its_code(shop: Shop, changes: dict[str, Any], code: str) -> None:
    row = level(shop, quantity=1, changeFromQuantity=None) | {name: value for name, value in changes.items() if name in ("quantity", "locationId")}
    told = put(shop, [row], name=changes.get("name", "available"), reason=changes.get("reason", "correction"))
    assert code in [each["code"] for each in told["userErrors"]]


def test_stock_is_adjusted_by_a_difference(shop: Shop) -> None:
    def adjusted(key: str, name: str = "available", **more: Any) -> dict[str, Any]:
        row = level(shop, delta=2, changeFromQuantity=None, **more)
        told: dict[str, Any] = shop.ask(ADJUST, key=key, input={"name": name, "reason": "received", "changes": [row]})["inventoryAdjustQuantities"]
        return told

    assert adjusted("a")["userErrors"] == [] and shop.stock("MUG")["available"] == 11
    assert adjusted("a")["userErrors"] == [] and shop.stock("MUG")["available"] == 11  # the same key does it once
    assert adjusted("b", ledgerDocumentUri="gid://hub/Doc/1")["userErrors"][0]["code"] == "INVALID_AVAILABLE_DOCUMENT"
    assert adjusted("c", "damaged")["userErrors"][0]["code"] == "INVALID_QUANTITY_DOCUMENT"
    assert adjusted("d", "damaged", ledgerDocumentUri="gid://hub/Doc/1")["userErrors"] == []
    assert shop.stock("MUG") == {"available": 11, "on_hand": 13, "committed": 0}


def test_another_use_of_a_key_has_a_code(shop: Shop) -> None:
    put(shop, [level(shop, quantity=1, changeFromQuantity=None)])
    assert put(shop, [level(shop, quantity=2, changeFromQuantity=None)])["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    put(shop, [level(shop, quantity=2, changeFromQuantity=9)], key="z")
    assert put(shop, [level(shop, quantity=2, changeFromQuantity=9)], key="z")["userErrors"][0]["code"] == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


def test_an_item_is_stocked_at_a_location_first(shop: Shop) -> None:
    item = shop.sim.catalogue.by_sku["MUG"][0].item
    item.levels[1].is_active = False
    told = put(shop, [level(shop, at=1, quantity=1, changeFromQuantity=None)])
    assert told["userErrors"][0]["code"] == "ITEM_NOT_STOCKED_AT_LOCATION"
    query = """mutation A($i: ID!, $l: ID!, $a: Int, $key: String!) { inventoryActivate(inventoryItemId: $i, locationId: $l, available: $a)
        @idempotent(key: $key) { inventoryLevel { isActive } userErrors { field message } } }"""
    where = level(shop, at=1)
    asked = {"i": where["inventoryItemId"], "l": where["locationId"], "a": 4}
    assert shop.ask(query, key="1", **asked)["inventoryActivate"] == {"inventoryLevel": {"isActive": True}, "userErrors": []}
    assert shop.stock("MUG", at=1)["available"] == 4
    assert shop.ask(query, key="2", **asked)["inventoryActivate"]["userErrors"][0]["field"] == ["available"]


def test_an_order_with_taxes_on_top_gives_them_back(shop: Shop) -> None:
    given = [{"variantId": shop.variant("MUG"), "quantity": 2, "requiresShipping": True, "priceSet": gbp("10.00"),
              "taxLines": [{"title": "Sales tax", "rate": "0.1", "priceSet": gbp("2.00")}]}]
    order = shop.made(taxesIncluded=False, lineItems=given, shippingLines=[],
                      transactions=[{"gateway": "TikTok Shop", "amountSet": gbp("22.00")}])
    assert order["displayFinancialStatus"] == "PAID"
    refunded(shop, order, refundLineItems=[off(shop, order, kind="CANCEL")], transactions=[back(order, "11.00")])
    assert amount(order_of(shop, order["id"])["currentTotalPriceSet"]) == Decimal("11.00")

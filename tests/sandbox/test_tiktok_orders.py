"""The life of orders in the TikTok Shop sandbox: money, holds, parcels, cancellations, refunds, searches."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub import clock
from tests.sandbox.tiktok_shop import Hand


@pytest.fixture
def hand() -> Hand:
    hand = Hand.at(hold_s=3600, refund_after_s=2)
    hand.live()
    return hand


def later(hand: Hand, seconds: float) -> Any:
    return clock.hold(clock.now() + timedelta(seconds=seconds))


def stock(hand: Hand) -> tuple[int, int]:
    (product,) = hand.control("GET", "/sandbox/products")["products"]
    black = next(sku for sku in product["skus"] if sku["seller_sku"] == "SHIRT-Black")
    return black["available"], black["committed"]


def test_an_order_goes_from_unpaid_through_the_grace_hour_to_delivered_and_completed(hand: Hand):
    one = hand.order(status="UNPAID")["id"]
    assert hand.detail(one)["status"] == "UNPAID"
    hand.control("POST", f"/sandbox/orders/{one}/pay")
    held = hand.detail(one)
    assert (held["status"], held["is_on_hold_order"]) == ("ON_HOLD", True)
    assert held["recipient_address"]["full_address"] == "" and held["line_items"]
    assert hand.mark_shipped(one).code == 21011044
    with later(hand, 3599):
        assert hand.detail(one)["status"] == "ON_HOLD"
    with later(hand, 3601):
        ready = hand.detail(one)
        assert ready["status"] == "AWAITING_SHIPMENT" and ready["recipient_address"]["full_address"]
        assert ready["packages"] == []
        assert hand.mark_shipped(one).code == 0
    shipped = hand.detail(one)
    assert (shipped["status"], shipped["tracking_number"]) == ("AWAITING_COLLECTION", "1Z999AA1")
    assert hand.mark_shipped(one).code == 21011006
    for step, status in (("collect", "IN_TRANSIT"), ("deliver", "DELIVERED"), ("complete", "COMPLETED")):
        hand.control("POST", f"/sandbox/orders/{one}/{step}")
        assert hand.detail(one)["status"] == status
    assert {line["display_status"] for line in hand.detail(one)["line_items"]} == {"COMPLETED"}


def test_a_shop_without_the_hold_status_skips_it():
    hand = Hand.at("JP")
    hand.live()
    one = hand.detail(hand.order(status="PAID")["id"])
    assert (one["status"], one["is_on_hold_order"]) == ("AWAITING_SHIPMENT", False)
    assert len(one["packages"]) == 1


def test_units_leave_the_stock_when_ordered_and_come_back_when_cancelled(hand: Hand):
    assert stock(hand) == (40, 0)
    one = hand.order()["id"]
    assert stock(hand) == (38, 2)
    hand.control("POST", f"/sandbox/orders/{one}/cancel", {"by": "BUYER"})
    assert stock(hand) == (40, 0)
    two = hand.order()["id"]
    hand.mark_shipped(two)
    assert stock(hand) == (38, 0)
    hand.control("POST", "/sandbox/orders", {"lines": [{"seller_sku": "SHIRT-Black", "quantity": 39}]}, status=409)


def test_the_total_is_worked_out_from_the_parts(hand: Hand):
    line = {"seller_sku": "SHIRT-Black", "quantity": 3, "seller_discount": "1.25", "platform_discount": "0.50"}
    shipping = {"original": "6.99", "seller_discount": "1.00", "platform_discount": "0.99", "cofunded_discount": "0.50"}
    fees = {"retail_delivery_fee": "0.28", "payment_platform_discount": "0.10", "unheard_of_fee": "0.33"}
    tax = {"mode": "remitted", "rate": "0.0825"}
    one = hand.order(lines=[line], shipping=shipping, fees=fees, tax=tax)["id"]
    payment = hand.detail(one)["payment"]
    assert payment["sub_total"] == "32.25"  # 3 × (12.50 − 1.25 − 0.50)
    assert payment["shipping_fee"] == "4.50"
    assert (payment["product_tax"], payment["shipping_fee_tax"]) == ("2.67", "0.37")  # 3 × 0.89; 4.50 × 8.25 %
    assert payment["unheard_of_fee"] == "0.33"
    assert payment["total_amount"] == "40.30"  # 32.25 + 4.50 + 2.67 + 0.37 + 0.28 − 0.10 + 0.33
    (first, *_) = hand.detail(one)["line_items"]
    assert first["item_tax"] == [{"tax_type": "SALES_TAX", "tax_amount": "0.89", "tax_rate": "0.0825"}]
    detail = hand.call("GET", f"/order/202407/orders/{one}/price_detail").data
    assert (detail["total"], detail["tax_amount"], detail["net_price_amount"]) == ("40.30", "3.04", "37.26")


def test_tax_inside_the_prices_is_shown_and_not_added():
    hand = Hand.at("GB")
    hand.live()
    payment = hand.detail(hand.order(tax={"mode": "inclusive", "rate": "0.2"})["id"])["payment"]
    assert (payment["tax"], payment["total_amount"]) == ("4.16", "25.00")  # 2 × (12.50 − 12.50 / 1.2)


def test_amounts_in_yen_have_no_decimals():
    hand = Hand.at("JP")
    hand.live()
    one = hand.order(tax={"mode": "exclusive", "rate": "0.1"}, shipping={"original": "400"})
    assert hand.detail(one["id"])["payment"]["total_amount"] == "3190"  # 2 × (1250 + 125) + 400 + 40
    hand.control("POST", "/sandbox/orders", {"lines": [{"seller_sku": "SHIRT-Black", "original_price": "0.5"}]}, 409)


def test_200_orders_by_seed_have_each_part_and_sum_to_the_cent(hand: Hand):
    for color in ("Black", "Blue"):
        hand.control("PUT", "/sandbox/stock", {"seller_sku": f"SHIRT-{color}", "quantity": 5000})
    placed = hand.control("POST", "/sandbox/orders/seed", {"seed": 11})["orders"]
    assert len(placed) == 200
    fees = {name for one in placed for name in one["fees"]}
    assert {"retail_delivery_fee", "small_order_fee", "item_insurance_tax", "eco_packaging_fee"} <= fees
    assert {one["tax_mode"] for one in placed} == {"exclusive", "inclusive", "remitted"}
    assert {one["masked"] for one in placed} == {True, False}
    for one in placed:
        part = {name: Decimal(text) for name, text in one["amounts"].items()}
        charges = sum(-Decimal(text) if name == "payment_platform_discount" else Decimal(text) for name, text in one["fees"].items())
        tax = 0 if one["tax_mode"] == "inclusive" else part["tax"]
        assert part["sub_total"] + part["shipping_fee"] + charges + tax == part["total_amount"]
    listed = hand.control("GET", "/sandbox/orders")
    assert Decimal(listed["totals"]["USD"]) == sum(Decimal(one["total_amount"]) for one in placed)
    again = Hand.at()
    again.live()
    for color in ("Black", "Blue"):
        again.control("PUT", "/sandbox/stock", {"seller_sku": f"SHIRT-{color}", "quantity": 5000})
    same = again.control("POST", "/sandbox/orders/seed", {"seed": 11})["orders"]
    assert [one["total_amount"] for one in same] == [one["total_amount"] for one in placed]


def test_a_masked_buyer_shows_neither_name_nor_street(hand: Hand):
    buyer = {"first_name": "Ada", "last_name": "Sample", "line1": "7 Quiet Lane", "city": "Austin"}
    shown = hand.detail(hand.order(buyer=buyer, masked=True)["id"])["recipient_address"]
    assert shown["name"] == "A*** S***"
    assert "Quiet" not in str(shown) and shown["postal_code"] == "78701"
    plain = hand.detail(hand.order(buyer=buyer, masked=False)["id"])["recipient_address"]
    assert plain["name"] == "Ada Sample" and "7 Quiet Lane" in plain["full_address"]


def test_part_of_an_order_ships_first(hand: Hand):
    one = hand.order()
    first, second = one["line_ids"]
    assert hand.mark_shipped(one["id"], order_line_item_ids=[first]).data["order_line_item_ids"] == [first]
    assert hand.detail(one["id"])["status"] == "PARTIALLY_SHIPPING"
    assert hand.mark_shipped(one["id"], order_line_item_ids=[first]).code == 21011020
    assert hand.mark_shipped(one["id"], "1Z999AA2").data["order_line_item_ids"] == [second]
    whole = hand.detail(one["id"])
    assert (whole["status"], len(whole["packages"])) == ("AWAITING_COLLECTION", 2)


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [({"shipping_provider_id": "1"}, 21011022), ({"tracking_number": "no spaces!"}, 21004012),
     ({"order_line_item_ids": ["1"]}, 21011029)],
)  # fmt: skip
def test_a_wrong_parcel_is_refused_and_the_repaired_one_taken(hand: Hand, spoilt: dict[str, Any], code: int):
    one = hand.order()["id"]
    assert hand.mark_shipped(one, **spoilt).code == code
    assert hand.mark_shipped(one).code == 0


def test_a_tracking_number_of_another_buyer_is_refused(hand: Hand):
    first, second = hand.order()["id"], hand.order()["id"]
    assert hand.mark_shipped(first, "1Z111").code == 0
    assert hand.mark_shipped(second, "1Z111").code == 21034012
    assert hand.mark_shipped(second, "1Z222").code == 0


def test_the_platforms_own_parcels_are_not_the_sellers_to_ship(hand: Hand):
    theirs = hand.order(fulfillment_type="FULFILLMENT_BY_TIKTOK")["id"]
    assert hand.mark_shipped(theirs).code == 21008025
    label = hand.order(shipping_type="TIKTOK")["id"]
    assert hand.mark_shipped(label).code == 21011003


def test_a_label_is_there_between_shipping_and_the_carriers_scan():
    hand = Hand.at("GB", label_polls=1)
    hand.live()
    one = hand.order(shipping_type="TIKTOK")["id"]
    package = hand.detail(one)["packages"][0]["id"]
    path, query = f"/fulfillment/202309/packages/{package}", {"document_type": "SHIPPING_LABEL"}
    assert hand.call("GET", f"{path}/shipping_documents", query).code == 21042104
    assert hand.call("POST", f"{path}/ship", body={"handover_method": "PICKUP"}).code == 0
    assert hand.call("GET", f"{path}/shipping_documents", query).code == 11034037
    assert hand.call("GET", f"{path}/shipping_documents", query).data["tracking_number"].startswith("TTS")
    hand.control("POST", f"/sandbox/orders/{one}/collect")
    assert hand.call("GET", f"{path}/shipping_documents", query).code == 21042102


def test_a_buyer_in_the_grace_hour_needs_nobodys_approval(hand: Hand):
    one = hand.order(status="PAID")["id"]
    asked = hand.control("POST", f"/sandbox/orders/{one}/request_cancel")
    assert (asked["cancel_status"], hand.detail(one)["status"]) == ("CANCELLATION_REQUEST_SUCCESS", "CANCELLED")


def test_a_buyers_request_waits_for_the_seller(hand: Hand):
    one = hand.order()["id"]
    asked = hand.control("POST", f"/sandbox/orders/{one}/request_cancel")["cancel_id"]
    order = hand.detail(one)
    assert order["is_buyer_request_cancel"] and order["request_cancel_time"]
    path = "/return_refund/202602/cancellations/search"
    (found,) = hand.call("POST", path, {}, {"order_ids": [one]}).data["cancellations"]
    assert (found["cancel_type"], found["cancel_status"]) == ("BUYER_CANCEL", "CANCELLATION_REQUEST_PENDING")
    assert found["seller_next_action_response"][0]["action"] == "SELLER_RESPOND_CANCEL"
    approve = f"/return_refund/202309/cancellations/{asked}/approve"
    assert hand.call("POST", approve, {"idempotency_key": "a"}).code == 0
    assert hand.call("POST", approve, {"idempotency_key": "a"}).code == 0
    assert hand.call("POST", approve, {"idempotency_key": "b"}).code == 25011012
    assert hand.detail(one)["status"] == "CANCELLED"
    with later(hand, 3):
        (found,) = hand.call("POST", path, {}, {"cancel_ids": [asked]}).data["cancellations"]
        assert found["cancel_status"] == "CANCELLATION_REQUEST_COMPLETE"


def test_a_refused_request_leaves_the_order_as_it_was(hand: Hand):
    one = hand.order()["id"]
    asked = hand.control("POST", f"/sandbox/orders/{one}/request_cancel")["cancel_id"]
    path = f"/return_refund/202309/cancellations/{asked}/reject"
    assert hand.call("POST", path, body={"reject_reason": "because"}).code == 25001014
    reason = {"reject_reason": "seller_reject_apply_product_has_been_packed"}
    assert hand.call("POST", path, body=reason).code == 0
    order = hand.detail(one)
    assert (order["status"], order["is_buyer_request_cancel"]) == ("AWAITING_SHIPMENT", False)


def test_shipping_refuses_an_open_request_in_the_us_and_is_refused_elsewhere(hand: Hand):
    one = hand.order()["id"]
    hand.control("POST", f"/sandbox/orders/{one}/request_cancel")
    assert hand.mark_shipped(one).code == 0
    assert hand.detail(one)["is_buyer_request_cancel"] is False
    british = Hand.at("GB")
    british.live()
    two = british.order()["id"]
    british.control("POST", f"/sandbox/orders/{two}/request_cancel")
    assert british.mark_shipped(two).code == 21008044


def test_a_seller_cancels_with_a_reason_that_fits(hand: Hand):
    one = hand.order()
    path = "/return_refund/202602/cancellations"
    body = {"order_id": one["id"], "cancel_reason": "no such reason"}
    assert hand.call("POST", path, body=body).code == 25001014
    body["cancel_reason"] = "ecom_order_to_ship_canceled_reason_better_price"
    assert hand.call("POST", path, body=body).code == 25001015
    body["cancel_reason"] = "seller_cancel_unpaid_reason_out_of_stock"
    assert hand.call("POST", path, body=body).code == 25001021
    body |= {"cancel_reason": "seller_cancel_reason_wrong_price", "order_line_item_ids": one["line_ids"][:1]}
    assert hand.call("POST", path, body=body).code == 25005010
    body["cancel_reason"] = "seller_cancel_reason_out_of_stock"
    assert hand.call("POST", path, body=body).data["cancel_status"] == "CANCELLATION_REQUEST_SUCCESS"
    left = hand.detail(one["id"])
    assert [line["display_status"] for line in left["line_items"]] == ["CANCELLED", "AWAITING_SHIPMENT"]
    assert left["status"] == "AWAITING_SHIPMENT"


def test_a_refund_of_a_part_and_then_of_the_rest_gives_everything_back(hand: Hand):
    one = hand.order(shipping={"original": "5.00"}, tax={"rate": "0.1"}, fees={"small_order_fee": "1.00"})
    hand.mark_shipped(one["id"])
    for step in ("collect", "deliver"):
        hand.control("POST", f"/sandbox/orders/{one['id']}/{step}")
    first, second = one["line_ids"]
    part = hand.control("POST", f"/sandbox/orders/{one['id']}/refund", {"line_ids": [first]})
    assert (part["refund_total"], hand.detail(one["id"])["status"]) == ("13.75", "DELIVERED")
    rest = hand.control("POST", f"/sandbox/orders/{one['id']}/refund", {"line_ids": [second]})
    assert hand.detail(one["id"])["status"] == "COMPLETED"
    assert Decimal(part["refund_total"]) + Decimal(rest["refund_total"]) == Decimal(one["total_amount"])
    hand.control("POST", f"/sandbox/orders/{one['id']}/refund", {"line_ids": [first]}, status=409)


def test_a_return_goes_through_its_stations_and_keeps_its_history(hand: Hand):
    one = hand.order()["id"]
    hand.mark_shipped(one)
    body = {"type": "RETURN_AND_REFUND"}
    hand.control("POST", f"/sandbox/orders/{one}/return", body, status=409)
    for step in ("collect", "deliver"):
        hand.control("POST", f"/sandbox/orders/{one}/{step}")
    made = hand.control("POST", f"/sandbox/orders/{one}/return", body)["return_id"]
    approve = f"/return_refund/202309/returns/{made}/approve"
    assert hand.call("POST", approve, body={"decision": "APPROVE_RECEIVED_PACKAGE"}).code == 25011012
    assert hand.call("POST", approve, body={"decision": "APPROVE_RETURN"}).code == 0
    hand.control("POST", f"/sandbox/returns/{made}/buyer_ship")
    assert hand.call("POST", approve, body={"decision": "APPROVE_RECEIVED_PACKAGE"}).code == 0
    with later(hand, 3):
        (found,) = hand.call("POST", "/return_refund/202602/returns/search", {}, {"order_ids": [one]}).data["return_orders"]
        assert found["return_status"] == "RETURN_OR_REFUND_REQUEST_COMPLETE"
        records = hand.call("GET", f"/return_refund/202309/returns/{made}/records").data["records"]
    assert [record["event"] for record in reversed(records)] == [
        "RETURN_OR_REFUND_REQUEST_PENDING", "AWAITING_BUYER_SHIP", "BUYER_SHIPPED_ITEM",
        "RETURN_OR_REFUND_REQUEST_SUCCESS", "RETURN_OR_REFUND_REQUEST_COMPLETE",
    ]  # fmt: skip


def test_a_search_walks_all_pages_and_its_upper_bound_is_open(hand: Hand):
    base = clock.now() - timedelta(seconds=10)
    ids = []
    for second in range(5):
        with clock.hold(base + timedelta(seconds=second)):
            ids.append(hand.order()["id"])
    path, query, seen = "/order/202309/orders/search", {"page_size": "2", "sort_order": "ASC"}, []
    while True:
        page = hand.call("POST", path, query, {}).data
        seen += [one["id"] for one in page["orders"]]
        assert page["total_count"] == 5
        if not page["next_page_token"]:
            break
        query["page_token"] = page["next_page_token"]
    assert seen == ids
    start = int(base.timestamp())
    body = {"create_time_ge": start + 1, "create_time_lt": start + 3}
    found = hand.call("POST", path, {"page_size": "10", "sort_order": "ASC"}, body).data["orders"]
    assert [one["id"] for one in found] == ids[1:3]
    assert hand.call("POST", path, {"page_size": "2", "page_token": "forged"}, {}).code == 36009004


def test_a_search_shows_what_is_new_only_after_its_delay(hand: Hand):
    hand.control("PATCH", "/sandbox/settings", {"search_delay_s": 30})
    one = hand.order()["id"]
    path, query = "/order/202309/orders/search", {"page_size": "10"}
    assert hand.call("POST", path, query, {}).data["orders"] == []
    assert hand.detail(one)["id"] == one
    with later(hand, 31):
        assert [row["id"] for row in hand.call("POST", path, query, {}).data["orders"]] == [one]

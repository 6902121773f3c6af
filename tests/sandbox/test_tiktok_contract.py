"""Every operation of the TikTok Shop sandbox is called once, and call and answer fit the OpenAPI file."""

from __future__ import annotations

import json

import pytest

from hub.simulator import Entry
from hub.tiktok.sandbox import OPERATIONS
from tests.sandbox.tiktok_shop import KEY, SECRET, SERVICE, Hand
from tests.support.openapi import Contract

CANCEL = "/return_refund/202309/cancellations"
RETURNS = "/return_refund/202309/returns"
OLD = {
    # Older versions of an operation whose newest one is called below; both run the same code.
    ("EditProduct", "202309"), ("PartialEditProduct", "202309"), ("SearchProducts", "202309"),
    ("SearchProducts", "202312"), ("GetOrderDetail", "202309"), ("CancelOrder", "202309"),
    ("SearchCancellations", "202309"), ("SearchReturns", "202309"), ("CreateReturn", "202309"),
    ("CalculateRefund", "202309"), ("CreatePackages", "202309"),
}  # fmt: skip


def catalogue_tour(hand: Hand) -> None:
    hand.call("GET", "/authorization/202309/shops", cipher=False).data  # noqa: B018 - `data` asserts code 0
    hand.call("GET", "/seller/202309/shops", cipher=False).data  # noqa: B018
    hand.call("GET", "/seller/202309/permissions", cipher=False).data  # noqa: B018
    version = {"category_version": hand.version}
    category = hand.category("Harbour T-Shirt")
    for path, query in (
        ("/product/202309/categories", version),
        (f"/product/202309/categories/{category}/attributes", version),
        (f"/product/202309/categories/{category}/rules", version),
        ("/product/202309/brands", {"page_size": "2", "category_id": category, **version}),
        ("/logistics/202309/warehouses", {}),
        (f"/logistics/202309/warehouses/{hand.warehouse}/delivery_options", {}),
    ):
        assert hand.call("GET", path, query).data
    assert hand.call("POST", "/product/202309/brands", body={"name": "Own brand"}, cipher=False).data["id"]
    hooks = "/event/202309/webhooks"
    body = {"event_type": "ORDER_STATUS_CHANGE", "address": "https://hub.example/hooks/tiktok/1"}
    hand.call("PUT", hooks, body=body).data  # noqa: B018
    assert hand.call("GET", hooks).data["total_count"] == 1
    hand.call("DELETE", hooks, body={"event_type": "ORDER_STATUS_CHANGE"}).data  # noqa: B018


def product_tour(hand: Hand) -> None:
    made = hand.live(brand_id=next(iter(hand.app.sim.brands)))
    product, sku = made["product_id"], made["skus"][0]["id"]
    path = f"/product/202309/products/{product}"
    assert hand.call("GET", path, {"return_under_review_version": "false"}).data["status"] == "ACTIVATE"
    assert hand.call("POST", "/product/202502/products/search", {"page_size": "10"}, {"status": "ALL"}).data
    hand.call("POST", f"/product/202509/products/{product}/partial_edit", body={"title": "Harbour Tee"}).data  # noqa: B018
    hand.control("POST", "/sandbox/review")
    hand.call("PUT", f"/product/202509/products/{product}", body=hand.shirt()).data  # noqa: B018
    hand.control("POST", "/sandbox/review")
    (sku, _) = [one["id"] for one in hand.call("GET", path).data["skus"]]
    price = {"skus": [{"id": sku, "price": {"amount": "13.00", "currency": "USD"}}]}
    hand.call("POST", f"{path}/prices/update", body=price).data  # noqa: B018
    stock = {"skus": [{"id": sku, "inventory": [{"warehouse_id": hand.warehouse, "quantity": 400}]}]}
    hand.call("POST", f"{path}/inventory/update", body=stock).data  # noqa: B018
    assert hand.call("POST", "/product/202309/inventory/search", body={"sku_ids": [sku]}).data["inventory"]
    ids = {"product_ids": [product]}
    other = {"product_ids": [hand.live()["product_id"]]}
    assert hand.call("POST", "/product/202309/products/deactivate", body=other).data == {}
    assert hand.call("POST", "/product/202309/products/activate", body=other).data == {}
    assert hand.call("DELETE", "/product/202309/products", body=other).data == {}
    assert hand.call("POST", "/product/202309/products/recover", body=other).data == {}
    assert hand.call("POST", "/product/202309/products/recover", body=ids).data["errors"][0]["code"] == 12052901


def order_tour(hand: Hand) -> None:
    one = hand.order(tax={"mode": "remitted", "rate": "0.0825"}, fees={"retail_delivery_fee": "0.28"})
    assert hand.call("POST", "/order/202309/orders/search", {"page_size": "10"}, {"update_time_ge": 1}).data["orders"]
    hand.detail(one["id"])
    assert hand.call("GET", f"/order/202407/orders/{one['id']}/price_detail").data["line_items"]
    reference = {"id": one["id"], "external_order": {"id": "100001", "platform": "MAGENTO", "line_items": [
        {"id": "1", "origin_id": one["line_ids"][0]}]}}  # fmt: skip
    hand.call("POST", "/order/202406/orders/external_orders", body={"orders": [reference]}).data  # noqa: B018
    path = f"/order/202406/orders/{one['id']}/external_orders"
    assert hand.call("GET", path, {"platform": "MAGENTO"}).data["external_orders"][0]["id"] == "100001"
    package = hand.mark_shipped(one["id"]).data["package_id"]
    assert hand.call("GET", f"/fulfillment/202309/packages/{package}").data["tracking_number"]
    assert hand.call("POST", "/fulfillment/202309/packages/search", {"page_size": "10"}, {}).data["packages"]
    change = {"tracking_number": "1Z999AA2", "shipping_provider_id": hand.carrier()}
    hand.call("POST", f"/fulfillment/202309/orders/{one['id']}/shipping_info/update", body=change).data  # noqa: B018
    path = f"/fulfillment/202309/packages/{package}/shipping_info/update"
    assert hand.call("POST", path, body={**change, "tracking_number": "1Z999AA3"}).code == 21011051
    assert hand.call("GET", f"/fulfillment/202309/orders/{one['id']}/tracking").data["tracking"]
    label_tour(hand)
    aftersales_tour(hand, one["id"])


def label_tour(hand: Hand) -> None:
    two = hand.order(shipping_type="TIKTOK")
    weight = {"value": "1.0", "unit": "POUND"}
    size = {"length": "10", "width": "8", "height": "4", "unit": "INCH"}
    path = f"/fulfillment/202309/orders/{two['id']}/shipping_services/query"
    services = hand.call("POST", path, body={"weight": weight, "dimension": size}).data["shipping_services"]
    body = {"order_id": two["id"], "shipping_service_id": services[0]["id"], "weight": weight, "dimension": size}
    package = hand.call("POST", "/fulfillment/202512/packages", body=body).data["package_id"]
    path = f"/fulfillment/202309/packages/{package}/shipping_documents"
    url = hand.call("GET", path, {"document_type": "SHIPPING_LABEL"}).data["doc_url"]
    assert hand.app.test_client().get(url).data.startswith(b"%PDF")


def aftersales_tour(hand: Hand, shipped: str) -> None:
    for answer in ("approve", "reject"):
        one = hand.order()
        asked = hand.control("POST", f"/sandbox/orders/{one['id']}/request_cancel")["cancel_id"]
        query = {"return_or_cancel_id": asked}
        reasons = hand.call("GET", "/return_refund/202309/reject_reasons", query).data["reasons"]
        body = {"reject_reason": reasons[0]["name"]} if answer == "reject" else None
        hand.call("POST", f"{CANCEL}/{asked}/{answer}", {"idempotency_key": "k"}, body).data  # noqa: B018
    body = {"order_id": hand.order()["id"], "cancel_reason": "seller_cancel_reason_out_of_stock"}
    assert hand.call("POST", "/return_refund/202602/cancellations", body=body).data["cancel_id"]
    found = hand.call("POST", "/return_refund/202602/cancellations/search", {"page_size": "10"}, {}).data
    assert len(found["cancellations"]) == 3
    for step in ("collect", "deliver"):
        hand.control("POST", f"/sandbox/orders/{shipped}/{step}")
    lines = hand.detail(shipped)["line_items"]
    refund = {"order_id": shipped, "request_type": "REFUND", "order_line_item_ids": [lines[0]["id"]],
              "reason_name": "ecom_order_delivered_refund_reason_damaged_seller"}  # fmt: skip
    assert hand.call("POST", "/return_refund/202602/refunds/calculate", body=refund).data["order_refund_amount"]
    body = {"order_id": shipped, "return_type": "REFUND", "order_line_item_ids": [lines[0]["id"]],
            "return_reason": "ecom_order_delivered_refund_reason_damaged_seller"}  # fmt: skip
    made = hand.call("POST", "/return_refund/202602/returns", {"idempotency_key": "r"}, body).data["return_id"]
    assert hand.call("GET", f"{RETURNS}/{made}/records").data["records"]
    body = {"type": "RETURN_AND_REFUND", "line_ids": [lines[1]["id"]]}
    asked = hand.control("POST", f"/sandbox/orders/{shipped}/return", body)["return_id"]
    hand.call("POST", f"{RETURNS}/{asked}/approve", body={"decision": "APPROVE_RETURN"}).data  # noqa: B018
    hand.control("POST", f"/sandbox/returns/{asked}/buyer_ship")
    body = {"decision": "REJECT_RECEIVED_PACKAGE", "reject_reason": "reverse_reject_request_reason_1"}
    hand.call("POST", f"{RETURNS}/{asked}/reject", body=body).data  # noqa: B018
    found = hand.call("POST", "/return_refund/202602/returns/search", {"page_size": "10"}, {}).data["return_orders"]
    assert [one["return_status"] for one in found] == ["RETURN_OR_REFUND_REQUEST_SUCCESS", "REJECT_RECEIVE_PACKAGE"]


def british_tour(hand: Hand) -> None:
    hand.live()
    one = hand.order(tax={"mode": "inclusive", "rate": "0.2"}, shipping_type="TIKTOK")
    package = hand.detail(one["id"])["packages"][0]["id"]
    hand.call("POST", f"/fulfillment/202309/packages/{package}/ship", body={"handover_method": "DROP_OFF"}).data  # noqa: B018


def sign_in_tour(hand: Hand) -> None:
    hand.control("PUT", "/sandbox/app", {"redirect_url": "https://hub.example/back"})
    browser = hand.app.test_client()
    browser.get("/open/authorize", query_string={"service_id": SERVICE})
    code = hand.control("POST", "/sandbox/authorize")["code"]
    query = {"app_key": KEY, "app_secret": SECRET}
    got = browser.get("/api/v2/token/get", query_string={**query, "auth_code": code, "grant_type": "authorized_code"}).json["data"]
    more = {"refresh_token": got["refresh_token"], "grant_type": "refresh_token"}
    assert browser.get("/api/v2/token/refresh", query_string={**query, **more}).json["code"] == 0
    hand.call("DELETE", "/authorization/202403/shops").data  # noqa: B018


@pytest.fixture(scope="module")
def toured() -> list[Entry]:
    entries: list[Entry] = []
    for region, tours in (
        ("US", (catalogue_tour, product_tour, order_tour, sign_in_tour)),
        ("GB", (british_tour,)),
    ):
        hand = Hand.at(region)
        for tour in tours:
            tour(hand)
        entries += hand.app.sim.journal.entries()
    return entries


def test_every_call_and_answer_fits_the_contract(toured: list[Entry]):
    contract = Contract.find("tiktok_shop.openapi.json")
    faults = []
    for entry in toured:
        try:
            contract.check(entry)
        except AssertionError as fault:
            faults.append(str(fault)[:400])
    assert faults == []


def test_every_operation_of_the_sandbox_was_called(toured: list[Entry]):
    seen = {(entry.operation, part) for entry in toured for part in entry.path.split("/") if part.isdigit()}
    known = {(one.name, one.path.split("/")[2]) for one in OPERATIONS}
    assert known - seen == OLD
    assert {"OAuthAuthorizePage", "OAuthGetAccessToken", "OAuthRefreshToken"} <= {one.operation for one in toured}


def test_every_code_of_a_refusal_is_a_code_of_the_contract(toured: list[Entry]):
    contract = Contract.find("tiktok_shop.openapi.json")
    for entry in toured:
        code = json.loads(entry.answer)["code"] if entry.answer.startswith("{") else 0
        if code:
            assert code in contract.operation(entry.method, entry.path)["x-error-codes"]

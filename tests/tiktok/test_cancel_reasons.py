"""The reason of a cancellation: the market's own name, and TikTok Shop's offer where ours is not taken."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from hub.domain.orders import OrderState
from hub.errors import Refused
from hub.simulator import Entry
from hub.tiktok.cancel_reasons import reason_name
from tests.support.openapi import CONTRACTS
from tests.tiktok.test_fates import HOST, envelope, shop, tokens, wire  # noqa: F401  (fixtures)

REGIONS = ("BR", "DE", "ES", "FR", "GB", "ID", "IE", "IT", "JP", "MX", "MY", "PH", "SG", "TH", "US", "VN")
PAID = OrderState.AWAITING_SHIPMENT


@pytest.mark.parametrize(
    ("reason", "region", "state", "name"),
    [
        ("out_of_stock", "US", PAID, "seller_cancel_reason_out_of_stock"),
        ("out_of_stock", "GB", PAID, "seller_cancel_reason_out_of_stock_uk"),
        ("out_of_stock", "US", OrderState.UNPAID, "seller_cancel_unpaid_reason_out_of_stock"),
        ("wrong_price", "DE", OrderState.ON_HOLD, "seller_cancel_reason_wrong_price"),
        ("wrong_price", "MX", PAID, "seller_cancel_reason_out_of_stock"),
        ("address", "SG", PAID, "seller_cancel_unable_to_deliver_to_buyer_address"),
        ("address", "GB", PAID, "seller_cancel_paid_reason_address_not_deliver_uk"),
        ("buyer_asked", "GB", PAID, "seller_cancel_reason_out_of_stock_uk"),
        ("buyer_asked", "US", PAID, "seller_cancel_paid_reason_buyer_requested_cancellation"),
        ("fraud", "JP", PAID, "seller_cancel_order_reason_potential_fraud"),
        ("no such word", "TH", PAID, "seller_cancel_reason_out_of_stock"),
        ("seller_cancel_reason_wrong_price", "TH", PAID, "seller_cancel_reason_wrong_price"),
    ],
)
def test_a_reason_is_named_as_its_market_names_it(reason, region, state, name):
    assert reason_name(reason, region, state) == name


def contract_names() -> set[str]:
    """Every reason name that stands in the contract's tables for a seller's cancellation."""
    path = CONTRACTS / "tiktok_shop.md"
    if not path.exists():
        pytest.skip("the contract is not there")
    table = path.read_text().partition("**Cancellation: Seller Initiates Cancel**")[2].partition("**")[0]
    return {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}


def test_every_name_we_send_is_one_of_the_contracts():
    known = contract_names()
    for region in REGIONS:
        for reason in ("out_of_stock", "wrong_price", "address", "buyer_asked", "unpaid", "fraud"):
            for state in (OrderState.UNPAID, PAID, OrderState.ON_HOLD, OrderState.AWAITING_COLLECTION):
                assert reason_name(reason, region, state).removesuffix("_uk") in known


def offered(*names, says="", code=25001021):
    """The wire for an order whose first reason is refused, with what TikTok Shop then offers."""

    def cancelled(request):
        name = json.loads(request.body)["cancel_reason"]
        if name in names:
            body = envelope(data={"cancel_id": "77", "cancel_status": "CANCELLATION_REQUEST_SUCCESS"})
        else:
            body = envelope(code, "the reason does not match")
        return 200, {}, json.dumps(body)

    def register(mock):
        mock.post(f"{HOST}/return_refund/202602/cancellations/search", json=envelope(data={"cancellations": []}))
        mock.get(
            f"{HOST}/order/202507/orders",
            json=envelope(data={"orders": [{"id": "5", "status": "AWAITING_SHIPMENT"}]}),
        )
        mock.add_callback("POST", f"{HOST}/return_refund/202602/cancellations", callback=cancelled)
        mock.get(
            f"{HOST}/return_refund/202602/orders/5/aftersale_eligibility",
            json=envelope(data={"sku_eligibility": [{"sku_id": "1", "line_item_eligibility": [
                {"request_type": "CANCEL", "eligible": bool(names), "ineligible_reason": says,
                 "available_reason_names": list(names)}]}]}),
        )  # fmt: skip

    return register


def test_a_reason_that_is_not_taken_is_replaced_by_one_that_is_offered(wire, shop, contract):  # noqa: F811
    offered("seller_cancel_reason_new_name", "seller_cancel_reason_out_of_stock_2026")(wire)
    done = shop.aftersales.cancel("5", "out_of_stock", "k")
    assert done.done and done.cancel_id == "77" and done.reason == "seller_cancel_reason_out_of_stock_2026"
    asked = next(call for call in wire.calls if "aftersale_eligibility" in call.request.url)
    parts = urlsplit(asked.request.url)
    entry = Entry(0, 0.0, "GET", parts.path, "", dict(parse_qsl(parts.query)), "", 200, "", {})
    assert list(contract.request_faults(contract.operation("GET", parts.path), entry)) == []


def test_an_order_that_can_no_longer_be_cancelled_says_why(wire, shop):  # noqa: F811
    offered(says="The parcel is on its way.")(wire)
    with pytest.raises(Refused) as refused:
        shop.aftersales.cancel("5", "out_of_stock", "k")
    assert refused.value.problems[0].code == "cancel.refused"
    assert "The parcel is on its way." in refused.value.problems[0].says
    assert refused.value.context["code"] == 25001021

"""Refund quotes, refunds and transactions of the practice BigCommerce."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub import clock
from tests.sandbox.bigcommerce_shop import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    one = Shop()
    yield one
    assert one.faults() == []


def path(order: dict, what: str = "refunds") -> str:
    return f"/v3/orders/{order['id']}/payment_actions/{what}"


def quote(shop: Shop, order: dict, *items: dict[str, Any]) -> dict:
    return shop.send("POST", path(order, "refund_quotes"), {"items": list(items)})["data"]


def body(amount: float, *items: dict[str, Any], **more: Any) -> dict:
    return {"items": list(items), "payments": [{"provider_id": "custom", "amount": amount, "offline": True}], **more}


def of_line(shop: Shop, order: dict, place: int = 0, quantity: int = 1) -> dict[str, Any]:
    return {"item_type": "PRODUCT", "item_id": shop.lines(order["id"])[place]["id"], "quantity": quantity}


def of_order(order: dict, amount: float) -> dict[str, Any]:
    return {"item_type": "ORDER", "item_id": order["id"], "amount": amount}


def status(shop: Shop, order: dict) -> int:
    return shop.get(f"/v2/orders/{order['id']}")["status_id"]


def test_an_order_made_by_api_has_no_transactions(shop):
    assert shop.raw("GET", f"/v3/orders/{shop.order()['id']}/transactions").status_code == 204


def test_a_quote_offers_the_offline_way_with_its_amount(shop):
    order = shop.order()
    shipping = {"item_type": "SHIPPING", "item_id": shop.lines(order["id"])[0]["order_address_id"], "amount": 2.99}
    told = quote(shop, order, of_line(shop, order, quantity=2), shipping)
    assert (told["total_refund_amount"], told["total_refund_tax_amount"], told["order_level_refund_amount"]) == (22.19, 3.7, 0.0)
    ((method,),) = told["refund_methods"]
    assert (method["provider_id"], method["amount"], method["offline"], method["offline_provider"]) == ("custom", 22.19, True, True)
    assert shop.get(path(order))["data"] == [] and status(shop, order) == 11


def test_a_refund_in_part_and_then_the_rest_moves_the_status_twice(shop):
    order = shop.order()
    item = of_line(shop, order)
    made = shop.send("POST", path(order), body(9.6, {**item, "reason": "Damaged"}))["data"]
    assert (made["total_amount"], made["total_tax"], made["items"][0]["quantity"], made["payments"][0]["is_declined"]) == (9.6, 1.6, 1, False)
    assert status(shop, order) == 14 and shop.get(f"/v2/orders/{order['id']}")["payment_status"] == "partially refunded"
    line = shop.lines(order["id"])[0]
    assert (line["quantity_refunded"], line["is_refunded"], line["refund_amount"]) == (1, False, "9.6000")
    shop.send("POST", path(order), body(22.19, of_order(order, 22.19)))
    told = shop.get(f"/v2/orders/{order['id']}")
    assert (told["status_id"], told["refunded_amount"]) == (4, "31.7900")
    assert len(shop.get(path(order))["data"]) == 2


@pytest.mark.parametrize("payments", [
    [{"provider_id": "custom", "amount": 9.59, "offline": True}], [{"provider_id": "custom", "amount": 9.6}],
    [{"provider_id": "custom", "amount": 9.6, "offline": False}], [{"provider_id": "storecredit", "amount": 9.6, "offline": True}], [],
    [{"provider_id": "custom", "amount": 4.8, "offline": True}, {"provider_id": "custom", "amount": 4.8, "offline": True}],
    [{"provider_id": "custom", "amount": "9.60", "offline": True}],
])
def test_payments_must_come_to_the_quote_by_the_way_that_was_offered(shop, payments):
    order = shop.order()
    code, says = shop.refused("POST", path(order), {"items": [of_line(shop, order)], "payments": payments})
    assert code == 422 and says.startswith('{"data": [{"status": 422')
    assert shop.get(path(order))["data"] == [] and status(shop, order) == 11


@pytest.mark.parametrize("item", [
    {"item_type": "PRODUCT", "item_id": 1, "quantity": 1}, {"item_type": "PRODUCT", "item_id": 7001, "quantity": 3},
    {"item_type": "PRODUCT", "item_id": 7001, "amount": 3.0}, {"item_type": "SHIPPING", "item_id": 3001, "amount": 3.00},
    {"item_type": "SHIPPING", "item_id": 5, "amount": 1.00}, {"item_type": "ORDER", "item_id": 100, "amount": 31.80},
    {"item_type": "ORDER", "item_id": 9, "amount": 1.0}, {"item_type": "ORDER", "item_id": 100, "amount": 0},
    {"item_type": "FEE", "item_id": 1, "amount": 1.0},
    {"item_type": "GIFT_WRAPPING", "item_id": 7001, "quantity": 1}, {"item_type": "VOUCHER", "item_id": 1, "amount": 1.0},
])
def test_what_the_order_has_not_is_not_refunded(shop, item):
    order = shop.order()
    assert order["id"] == 100 and shop.lines(100)[0]["id"] == 7001
    assert shop.refused("POST", path(order, "refund_quotes"), {"items": [item]})[0] == 422


def test_units_are_refunded_once(shop):
    order = shop.order()
    shop.send("POST", path(order), body(19.2, of_line(shop, order, quantity=2)))
    assert shop.refused("POST", path(order, "refund_quotes"), {"items": [of_line(shop, order)]})[0] == 422


def test_a_discount_is_shared_by_the_lines_and_all_units_together_get_their_line_back(shop):
    order = shop.order(discount_amount="1.00", products=[shop.line("MUG-1", 3, 8.0, 9.6)], shipping_cost_ex_tax=None, shipping_cost_inc_tax=None)
    amounts = [quote(shop, order, of_line(shop, order))["total_refund_amount"]]
    for _ in range(2):
        shop.send("POST", path(order), body(amounts[-1], of_line(shop, order)))
        amounts.append(quote(shop, order, of_line(shop, order))["total_refund_amount"])
    assert sum((Decimal(str(one)) for one in amounts), Decimal(0)) == Decimal("27.80")


def test_fees_tax_and_handling_are_refunded_by_amount(shop):
    order = shop.order(handling_cost_ex_tax="1.00", handling_cost_inc_tax="1.20", fees=[
        {"type": "custom_fee", "display_name_merchant": "Fee", "cost_ex_tax": "0.50", "cost_inc_tax": "0.60"}])
    fee = shop.get(f"/v2/orders/{order['id']}/fees")[0]["id"]
    address = shop.lines(order["id"])[0]["order_address_id"]
    told = quote(shop, order, {"item_type": "FEE", "item_id": fee, "amount": 0.6}, {"item_type": "HANDLING", "item_id": address, "amount": 1.2},
                 {"item_type": "TAX", "item_id": order["id"], "amount": 0.1})
    assert (told["total_refund_amount"], told["total_refund_tax_amount"]) == (1.9, 0.4)
    assert quote(shop, order, {**of_line(shop, order), "adjustments": [{"amount": -0.6, "description": "worn"}]})["total_refund_amount"] == 9.0


def test_the_merchants_own_figures_take_the_place_of_the_stores(shop):
    order = shop.order()
    override = {"total_amount": 5.0, "total_tax": 0.5}
    made = shop.send("POST", path(order), body(5.0, of_line(shop, order), merchant_calculated_override=override))["data"]
    assert (made["total_amount"], made["total_tax"], made["uses_merchant_override_values"]) == (5.0, 0.5, True)


def test_tax_alone_is_given_back(shop):
    order = shop.order()
    assert shop.send("POST", path(order, "refund_quotes"), {"tax_adjustment_amount": 1.5})["data"]["total_refund_tax_amount"] == 1.5
    made = shop.send("POST", path(order), {"tax_adjustment_amount": 1.5})["data"]
    assert (made["total_amount"], made["total_tax"]) == (1.5, 1.5)


def test_an_unpaid_order_is_not_refunded(shop):
    order = shop.order(status_id=7)
    assert shop.refused("POST", path(order, "refund_quotes"), {"items": [of_order(order, 1.0)]})[0] == 422


def test_without_a_transaction_the_offline_way_is_offered_or_refused_by_setting(shop):
    shop.control("POST", "settings", {"offline_refund": False})
    order = shop.order()
    code, says = shop.refused("POST", path(order, "refund_quotes"), {"items": [of_order(order, 1.0)]})
    assert code == 422 and "no transaction" in says
    assert shop.refused("POST", path(order), body(1.0, of_order(order, 1.0)))[0] == 422
    assert shop.send("PUT", f"/v2/orders/{order['id']}", {"status_id": 14})["status"] == "Partially Refunded"


def test_one_refund_at_a_time_per_order(shop):
    shop.control("POST", "settings", {"refund_busy_s": 3})
    order, other = shop.order(), shop.order(external_order_id="5771")
    with clock.hold(clock.now()):
        shop.send("POST", path(order), body(1.0, of_order(order, 1.0)))
        code, says = shop.refused("POST", path(order), body(1.0, of_order(order, 1.0)))
        assert code == 503 and f'"order_id": {order["id"]}' in says
        shop.send("POST", path(other), body(1.0, of_order(other, 1.0)))
        with clock.hold(clock.now() + timedelta(seconds=3)):
            shop.send("POST", path(order), body(1.0, of_order(order, 1.0)))
    assert [len(shop.get(path(one))["data"]) for one in (order, other)] == [2, 1]


@pytest.mark.parametrize(("setting", "left"), [({}, 9), ({"refund_order_stock_adjustment": False}, 8), ({"returns_stock_by_api": False}, 8)])
def test_refunded_units_go_back_on_the_shelf_as_the_store_is_set(shop, setting, left):
    shop.control("POST", "settings", setting)
    order = shop.order()
    shop.send("POST", path(order), body(9.6, of_line(shop, order)))
    assert shop.stock("MUG-1") == left


def test_refunds_are_listed_over_all_orders_and_read_by_their_ids(shop):
    orders = [shop.order(external_order_id=key) for key in ("a", "b")]
    made = [shop.send("POST", path(one), body(1.0, of_order(one, 1.0)))["data"]["id"] for one in orders]
    found = shop.get("/v3/orders/payment_actions/refunds", order_id__in=f"{orders[0]['id']},{orders[1]['id']}")["data"]
    assert [one["id"] for one in found] == made
    assert shop.get("/v3/orders/payment_actions/refunds", id__in=str(made[1]))["data"][0]["order_id"] == orders[1]["id"]
    later = (clock.now() + timedelta(hours=1)).isoformat(timespec="seconds")
    assert shop.get("/v3/orders/payment_actions/refunds", created__min=later)["data"] == []
    assert shop.get(f"/v3/orders/payment_actions/refunds/{made[0]}")["data"]["items"][0]["requested_amount"] == "1.0000"
    assert shop.refused("GET", "/v3/orders/payment_actions/refunds/99")[0] == 404


def test_the_merchant_refunds_lines_or_an_amount_with_or_without_the_goods(shop):
    order = shop.order()
    shop.control("POST", f"orders/{order['id']}/refund", {"lines": [{"sku": "MUG-1", "quantity": 1}], "restock": False})
    assert shop.stock("MUG-1") == 8
    row = shop.control("POST", f"orders/{order['id']}/refund", {"lines": [{"sku": "MUG-1", "quantity": 1}], "restock": True})
    assert shop.stock("MUG-1") == 9 and row["refunded"] == "19.20"
    assert shop.control("POST", f"orders/{order['id']}/refund")["state"] == "closed"
    assert shop.http.post(f"http://shop.test/sandbox/orders/{order['id']}/refund", json={"amount": "1.00"}).status_code == 409

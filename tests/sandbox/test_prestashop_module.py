"""The module's endpoint: money checked and recomputed, once per key, shipped, cancelled, refunded, listed."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.prestashop_shop import Practice, money_cases, order_body


@pytest.fixture
def shop() -> Practice:
    return Practice().pair()


def problem_codes(answer: Any) -> set[str]:
    return {each["code"] for each in answer.json()["problems"]}


def repaired(case: dict[str, Any]) -> dict[str, Any]:
    body = copy.deepcopy(case["body"])
    at: Any = body
    *parents, last = case["where"].split(".")
    for name in parents:
        at = at[int(name) if isinstance(at, list) else name]
    at[last] = case["repair"]
    return body


def span() -> dict[str, str]:
    now = datetime.now(UTC)
    return {"from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(hours=1)).isoformat()}


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize("case", money_cases("accepted"), ids=lambda case: case["name"])
def test_a_right_order_is_added_up_by_the_shop_to_the_same_totals(shop: Practice, case: dict[str, Any]) -> None:
    answer = shop.do("orders.create", case["body"])
    assert answer.status_code == 201, answer.text
    assert answer.json()["totals"] == case["totals"]
    assert answer.json()["difference"] is None
    paid = shop.read("orders", display="full")["orders"][0]["total_paid"]
    assert float(paid) == float(case["totals"]["grand"])


@pytest.mark.parametrize("case", money_cases("refused"), ids=lambda case: case["name"])
def test_a_contradiction_is_refused_and_its_smallest_repair_accepted(shop: Practice, case: dict[str, Any]) -> None:
    answer = shop.do("orders.create", case["body"])
    assert answer.status_code == 422
    assert case["code"] in problem_codes(answer)
    assert shop.control("GET", "orders") == [] and shop.stock("SKU-1") == 10
    assert shop.do("orders.create", repaired(case)).status_code == 201


def test_a_charge_of_another_module_shows_as_the_difference(shop: Practice) -> None:
    shop.control("POST", "surcharge", {"amount": "0.50"})
    answer = shop.do("orders.create", order_body()).json()
    assert answer["difference"]["amount"] == "0.50"
    assert answer["totals"]["grand"] == "28.98"


@pytest.mark.parametrize(("where", "value", "code"), [
    ("key", None, "malformed"), ("currency", "CHF", "currency"), ("store", "nowhere", "malformed"),
    ("state", "odd", "malformed"), ("placed_at", "yesterday", "malformed"), ("lines", [], "malformed"),
    ("totals", {"goods": 1}, "malformed"), ("prices_include_tax", "yes", "malformed")])
def test_a_malformed_field_is_named(shop: Practice, where: str, value: Any, code: str) -> None:
    answer = shop.do("orders.create", order_body(**{where: value}))
    assert answer.status_code == 422 and code in problem_codes(answer)
    assert any(each["where"].startswith(where) for each in answer.json()["problems"])


def test_an_amount_with_too_many_decimals_is_refused(shop: Practice) -> None:
    body = order_body("a currency without decimals")
    body["lines"][0]["gross"], body["lines"][0]["seller_discount"] = "1980.5", "0.5"
    assert problem_codes(shop.do("orders.create", body)) == {"precision"}


def test_unknown_and_disabled_items_and_closed_countries_are_refused(shop: Practice) -> None:
    body = order_body()
    body["lines"][0] |= {"product_id": "77", "variant_id": "77", "sku": "NOPE"}
    assert problem_codes(shop.do("orders.create", body)) == {"unknown_sku"}
    shop.control("PATCH", "products/SKU-1", {"active": False})
    assert problem_codes(shop.do("orders.create", order_body())) == {"disabled_sku"}
    shop.control("PATCH", "products/SKU-1", {"active": True})
    shop.control("POST", "countries", {"code": "GB", "active": False})
    assert problem_codes(shop.do("orders.create", order_body())) == {"country"}
    shop.control("POST", "countries", {"code": "GB", "active": True})
    assert shop.do("orders.create", order_body()).status_code == 201


def test_stock_is_reduced_and_an_oversold_order_lands_flagged(shop: Practice) -> None:
    shop.control("PATCH", "products/SKU-1", {"quantity": 0})
    refused = shop.do("orders.create", order_body(allow_backorder=False))
    assert problem_codes(refused) == {"no_stock"}
    landed = shop.do("orders.create", order_body())
    assert (landed.status_code, landed.json()["oversold"]) == (201, True)
    assert (shop.stock("SKU-1"), shop.stock("SKU-2")) == (-1, 2)
    assert shop.control("GET", "mails") == []


@pytest.mark.feature("ORD-10")
def test_an_order_that_arrives_twice_is_created_once(shop: Practice) -> None:
    first = shop.do("orders.create", order_body())
    again = shop.do("orders.create", order_body())
    other = shop.do("orders.create", order_body(buyer={"name": "Somebody else"}))
    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 200]
    assert (again.json()["same"], other.json()["same"]) == (True, False)
    assert len({answer.json()["order_id"] for answer in (first, again, other)}) == 1
    assert len(shop.control("GET", "orders")) == 1 and shop.stock("SKU-1") == 9


def test_a_deleted_order_is_told_and_never_made_anew(shop: Practice) -> None:
    made = shop.do("orders.create", order_body()).json()
    shop.control("DELETE", f"orders/{made['order_id']}")
    again = shop.do("orders.create", order_body())
    assert (again.status_code, again.json()["code"]) == (410, "order_deleted")
    found, never = shop.do("orders.find", {"key": order_body()["key"]}), shop.do("orders.find", {"key": "1"})
    assert (found.status_code, found.json()["code"]) == (404, "order_deleted")
    assert (never.status_code, never.json()["code"]) == (404, "not_found")
    rows = shop.do("orders.list", span()).json()["rows"]
    assert [row[3] for row in rows] == ["deleted"]


@pytest.mark.parametrize(("stage", "status", "orders"), [("cart", 201, 1), ("order", 409, 1), ("done", 200, 1)])
def test_a_try_that_died_is_taken_up_where_it_stopped(shop: Practice, stage: str, status: int, orders: int) -> None:
    shop.control("POST", "die", {"stage": stage})
    died = shop.do("orders.create", order_body())
    assert (died.status_code, died.content) == (500, b"")
    again = shop.do("orders.create", order_body())
    assert again.status_code == status
    assert len(shop.control("GET", "orders")) == orders
    if stage == "order":
        assert again.json()["code"] == "half_made"
        shop.control("DELETE", f"orders/{again.json()['order_id']}")
        shop.control("DELETE", f"keys/{order_body()['key']}")
        assert shop.do("orders.create", order_body()).status_code == 201
    assert shop.stock("SKU-1") == 9


def test_the_list_shows_a_second_order_with_the_same_marker(shop: Practice) -> None:
    made = shop.do("orders.create", order_body()).json()
    twin = shop.control("POST", f"orders/{made['order_id']}/plant")["order_id"]
    rows = shop.do("orders.list", span()).json()["rows"]
    assert [row[:2] for row in rows] == [[order_body()["key"], made["order_id"]], [order_body()["key"], twin]]
    assert {row[4] for row in rows} == {"28.48"}
    none = shop.do("orders.list", {"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z"}).json()
    assert none == {"rows": [], "next": None}


def test_find_knows_the_order_and_says_404_for_another(shop: Practice) -> None:
    made = shop.do("orders.create", order_body()).json()
    found = shop.do("orders.find", {"key": order_body()["key"]}).json()
    assert (found["order_id"], found["key"], found["currency"]) == (made["order_id"], order_body()["key"], "GBP")
    assert [line["net"] for line in found["lines"]] == ["15.00", "9.99"]
    assert shop.do("orders.find", {"key": "1"}).status_code == 404


def test_a_parcel_is_made_once_and_the_order_is_shipped_when_all_is(shop: Practice) -> None:
    body = order_body()
    shop.do("orders.create", body)
    first = {"key": body["key"], "ship_key": "p1", "carrier": {"title": "Royal Mail", "code": "3"}, "number": "RM1",
             "lines": [{"line_id": body["lines"][0]["line_ids"][0], "quantity": 1}]}
    assert shop.do("orders.ship", first).status_code == 201
    assert shop.do("orders.ship", first).json()["same"] is True
    assert shop.do("orders.find", {"key": body["key"]}).json()["state"] == "open"
    bad = shop.do("orders.ship", first | {"ship_key": "p2", "lines": [{"line_id": "9"}]})
    assert problem_codes(bad) == {"unknown_line"}
    rest = shop.do("orders.ship", first | {"ship_key": "p2", "number": "RM2", "lines": [{"sku": "SKU-2"}]}).json()
    assert rest["state"] == "shipped"
    assert [each["tracks"][0]["number"] for each in rest["shipments"]] == ["RM1", "RM2"]
    answer = shop.do("orders.cancel", {"key": body["key"], "reason": "late", "restock": True})
    assert (answer.status_code, answer.json()) == (409, {"code": "cannot_cancel", "state": "shipped"})


@pytest.mark.parametrize(("restock", "left"), [(True, 10), (False, 9)])
def test_a_cancelled_order_gives_its_goods_back_if_asked(shop: Practice, restock: bool, left: int) -> None:
    body = order_body()
    shop.do("orders.create", body)
    given = {"key": body["key"], "reason": "changed mind", "restock": restock}
    assert shop.do("orders.cancel", given).json()["state"] == "cancelled"
    assert shop.do("orders.cancel", given).json()["same"] is True
    assert shop.stock("SKU-1") == left


@pytest.mark.feature("RET-01")
def test_a_refund_is_a_slip_of_the_exact_amount_once_per_key(shop: Practice) -> None:
    body = order_body("the contract's example")
    shop.do("orders.create", body)
    line = body["lines"][0]["line_ids"][0]
    refund = {"key": body["key"], "refund_key": "r1", "restock": True, "shipping": "0.00", "shipping_tax": "0.00",
              "adjustment": "-0.40", "total": "35.00",
              "lines": [{"line_id": line, "amount": "34.00", "tax": "1.40", "fees": "0.00"}]}
    wrong = shop.do("orders.refund", refund | {"total": "35.01"})
    assert problem_codes(wrong) == {"total_sum"}
    made = shop.do("orders.refund", refund)
    assert (made.status_code, made.json()["refunded"]) == (201, "35.00")
    assert shop.do("orders.refund", refund).json()["same"] is True
    slips = shop.read("order_slip", display="full")["order_slip"]
    assert [slip["amount"] for slip in slips] == ["35.000000"]
    assert shop.stock("SKU-1") == 9
    detail = shop.read("order_details", display="full")["order_details"][0]
    assert (detail["product_quantity_refunded"], detail["total_refunded_tax_incl"]) == ("1", "35.400000")
    too_much = shop.do("orders.refund", refund | {"refund_key": "r2", "adjustment": "60.00", "total": "95.40"})
    assert problem_codes(too_much) == {"too_much"}


def test_an_order_on_hold_is_released_by_status(shop: Practice) -> None:
    body = order_body(state="on_hold")
    assert shop.do("orders.create", body).json()["state"] == "held"
    status = {"key": body["key"], "status": "AWAITING_SHIPMENT", "dates": {"ship_by": "2026-11-22T12:00:00Z"}}
    assert shop.do("orders.status", status | {"hold": False}).json()["state"] == "open"
    assert shop.do("orders.find", {"key": body["key"]}).json()["tiktok"]["status"] == "AWAITING_SHIPMENT"


def test_offers_tell_price_and_stock_of_every_combination(shop: Practice) -> None:
    rows = shop.do("offers", {"ids": ["2", "3", "99"], "store": "default"}).json()["rows"]
    assert [(row["sku"], row["price"], row["effective_price"], row["compare_at"]) for row in rows] == [
        ("SKU-2", "20.00", "16.00", "20.00"), ("SHIRT-Blue-M", "30.00", "30.00", None),
        ("SHIRT-Blue-L", "32.50", "32.50", None), ("SHIRT-Red-M", "30.00", "30.00", None)]
    assert all(row["tax_included"] and row["currency"] == "GBP" for row in rows)
    assert rows[0]["variant_id"] == "2" and rows[1]["product_id"] == "3"
    assert shop.do("offers", {"ids": [str(each) for each in range(501)], "store": "default"}).status_code == 422


@pytest.mark.parametrize("change", [{"quantity": 4}, {"price": "31.00"}, {"special_price": "25.00"},
                                    {"active": False}, {"title": "New title"}, {"quantity": 4, "via": "sql"}])
def test_the_digest_of_what_changed_changes_and_no_other(shop: Practice, change: dict[str, Any]) -> None:
    def hashes() -> dict[str, str]:
        rows = shop.do("digest", {"store": "default"}).json()["rows"]
        return {row[2]: row[3] for row in rows}

    before = hashes()
    assert list(before) == ["SKU-1", "SKU-2", "SHIRT-Blue-M", "SHIRT-Blue-L", "SHIRT-Red-M"]
    assert hashes() == before
    shop.control("PATCH", "products/SKU-1", change)
    after = hashes()
    assert [sku for sku in before if before[sku] != after[sku]] == ["SKU-1"]


def test_the_digest_comes_in_pages(shop: Practice) -> None:
    rows, cursor = [], "0.0"
    while cursor:
        page = shop.do("digest", {"store": "default", "cursor": cursor, "limit": 2}).json()
        rows += page["rows"]
        cursor = page["next"]
    assert rows == shop.do("digest", {"store": "default"}).json()["rows"]


def test_listings_are_kept_and_unknown_products_refused(shop: Practice) -> None:
    rows = [{"product_id": "1", "sku": "SKU-1", "status": "live", "problems": []}, {"product_id": "99", "sku": "X"}]
    assert shop.do("listings.put", {"rows": rows}).json()["refused"][0]["product_id"] == "99"
    assert shop.control("GET", "listings") == [rows[0]]


def test_without_the_module_there_is_a_page_and_the_health_says_what_it_can(shop: Practice) -> None:
    health = shop.do("health", {}).json()
    assert {"orders", "offers", "digest"} <= set(health["capabilities"])
    assert [check["name"] for check in health["checks"] if check["ok"]] == ["paired", "queue", "cron"]
    shop.control("POST", "plugin", {"installed": False})
    gone = shop.do("health", {})
    assert gone.status_code == 404 and gone.headers["Content-Type"].startswith("text/html")

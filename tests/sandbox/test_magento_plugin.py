"""The plugin inside the practice Magento shop: money checked and added up, everything once, stock that moves."""

from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from hub.seed import SeedCatalogue, SeedProduct
from hub.simulator import serve
from tests.sandbox.magento_shop import CONSUMER, TOKEN, Shop, order

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "money.json").read_text())["cases"]


def put(body: Any, path: str, value: Any) -> None:
    """Set the value at a dotted path."""
    *way, last = path.split(".")
    for step in way:
        body = body[int(step)] if isinstance(body, list) else body[step]
    body[last] = value


def codes(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {problem["code"] for problem in answer.json()["problems"]}


def vector_shop() -> Shop:
    skus = sorted({line["sku"] for case in VECTORS for line in case["body"]["lines"]})
    products = tuple(SeedProduct(sku, sku, sku, "", Decimal(10), quantity=50) for sku in skus)
    return Shop(catalogue=SeedCatalogue("vectors", products, ()))


def for_shop(shop: Shop, body: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(body)
    for line in made["lines"]:
        product = shop.sim.catalogue.by_sku(line["sku"])
        assert product is not None
        line["product_id"] = str(product.id)
    return made


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_each_rule_of_money_is_kept_and_its_smallest_repair_taken(case: dict[str, Any]):
    shop = vector_shop()
    body = for_shop(shop, case["body"])
    answer = shop.plugin("POST", "orders", body)
    if case["verdict"] == "refused":
        assert case["code"] in codes(answer)
        assert shop.control("GET", "orders") == []
        put(body, case["where"], case["repair"])
        answer = shop.plugin("POST", "orders", body)
    assert answer.status_code == 201, answer.text
    if case["verdict"] == "accepted":
        assert answer.json()["totals"] == case["totals"]


@pytest.mark.parametrize(
    ("where", "value", "code"),
    [
        ("key", "", "malformed"),
        ("store", "mars", "malformed"),
        ("currency", "pounds", "currency"),
        ("state", "sent", "malformed"),
        ("tax_remitted_by", "nobody", "malformed"),
        ("placed_at", "yesterday", "malformed"),
        ("prices_include_tax", "no", "malformed"),
        ("lines", [], "malformed"),
        ("lines.0.quantity", 3, "line_ids"),
        ("lines.0.line_ids", ["11", "13"], "line_ids"),
        ("lines.0.gross", 56.0, "malformed"),
        ("lines.0.gross", "56.001", "precision"),
        ("lines.0.tax", "-1.80", "malformed"),
        ("lines.1.variant_id", "999", "unknown_sku"),
        ("lines.1.product_id", "1", "unknown_sku"),
        ("ship_to.country", "England", "malformed"),
        ("ship_to", None, "malformed"),
        ("payment", None, "malformed"),
    ],
)
def test_a_body_that_is_wrong_in_one_place_is_refused_there_and_taken_when_it_is_right(where: str, value: Any, code: str):
    shop = Shop()
    body = order(shop)
    put(body, where, value)
    answer = shop.plugin("POST", "orders", body)
    assert code in codes(answer)
    assert any(problem["where"].startswith(where.split(".")[0]) for problem in answer.json()["problems"])
    assert shop.plugin("POST", "orders", order(shop)).status_code == 201


def test_the_shop_adds_the_totals_up_by_itself_and_another_charge_shows_as_the_difference():
    shop = Shop()
    plain = shop.plugin("POST", "orders", order(shop)).json()
    assert plain["totals"] == order(shop)["totals"]
    assert plain["difference"] is None
    shop.control("POST", "surcharge", {"amount": "1.50"})
    charged = shop.plugin("POST", "orders", order(shop, "2")).json()
    assert charged["totals"]["grand"] == "95.57"
    assert charged["difference"]["amount"] == "1.50"
    shown = shop.call("GET", f"orders/{charged['order_id']}").json()
    assert shown["grand_total"] == 95.57
    # goods 92.00 gross, 6.00 off the lines and 1.00 off the shipping
    assert (shown["subtotal"], shown["discount_amount"], shown["shipping_amount"], shown["tax_amount"]) == (92, -7, 5.99, 2.8)


def test_a_tax_that_the_prices_contain_is_not_added_again():
    shop = Shop()
    body = order(shop, prices_include_tax=True)
    assert codes(shop.plugin("POST", "orders", body)) == {"grand_sum"}
    body["totals"]["grand"] = "91.27"
    made = shop.plugin("POST", "orders", body)
    assert (made.status_code, made.json()["totals"]["grand"], made.json()["totals"]["tax"]) == (201, "91.27", "2.80")


def test_an_order_that_arrives_twice_is_created_once():
    shop = Shop()
    first = shop.plugin("POST", "orders", order(shop))
    assert first.status_code == 201
    again = shop.plugin("POST", "orders", order(shop))
    assert again.status_code == 200
    assert again.json() == first.json() | {"same": True}
    moved = shop.plugin("POST", "orders", order(shop, note="another note", state="shipped"))
    assert (moved.status_code, moved.json()["same"]) == (200, True)
    changed = shop.plugin("POST", "orders", order(shop, payment={"title": "Another"}))
    assert (changed.status_code, changed.json()["same"]) == (200, False)
    assert len(shop.control("GET", "orders")) == 1
    assert shop.salable("MUG-1") == 8


def test_an_order_whose_store_order_was_deleted_is_not_made_again():
    shop = Shop()
    made = shop.plugin("POST", "orders", order(shop)).json()
    shop.control("DELETE", f"orders/{made['order_id']}")
    gone = shop.plugin("POST", "orders", order(shop))
    assert (gone.status_code, gone.json()["code"]) == (410, "order_deleted")
    assert shop.plugin("GET", f"orders/{order(shop)['key']}").status_code == 404
    rows = listed(shop)
    assert [row[3] for row in rows] == ["deleted"]


def listed(shop: Shop, **extra: Any) -> list[list[str]]:
    query = "orders?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"
    rows: list[list[str]] = []
    cursor = None
    while True:
        answer = shop.plugin("GET", query + (f"&cursor={cursor}" if cursor else "") + "".join(f"&{k}={v}" for k, v in extra.items()))
        assert answer.status_code == 200, answer.text
        rows += answer.json()["rows"]
        cursor = answer.json()["next"]
        if cursor is None:
            return rows


def test_the_list_of_marked_orders_is_read_page_by_page_and_shows_a_planted_double():
    shop = Shop()
    for key in ("1", "2", "3"):
        assert shop.plugin("POST", "orders", order(shop, key)).status_code == 201
    twin = shop.control("POST", "orders/2/plant")
    rows = listed(shop, limit=2)
    assert [row[0] for row in rows] == ["1", "2", "3", "2"]
    assert rows[3] == ["2", twin["order_id"], twin["number"], "processing", "94.07"]
    assert shop.plugin("GET", "orders?from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z").json() == {"rows": [], "next": None}
    assert codes(shop.plugin("GET", "orders?from=2000-01-01&to=2100-01-01T00:00:00Z")) == {"malformed"}


def test_stock_is_reserved_at_the_order_deducted_at_the_shipment_and_given_back_at_cancellation():
    shop = Shop()
    shop.plugin("POST", "orders", order(shop, "1"))
    mug = shop.sim.catalogue.by_sku("MUG-1")
    assert mug is not None
    assert (shop.salable("MUG-1"), mug.quantity) == (8, 10)
    parcel = {"ship_key": "p1", "carrier": {"title": "Evri", "code": "custom"}, "number": "EV1"}
    assert shop.plugin("POST", "orders/1/shipments", parcel).json()["state"] == "complete"
    assert (shop.salable("MUG-1"), mug.quantity) == (8, 8)
    shop.plugin("POST", "orders", order(shop, "2"))
    assert shop.salable("MUG-1") == 6
    assert shop.plugin("POST", "orders/2/cancel", {"reason": "buyer", "restock": True}).json()["same"] is False
    assert (shop.salable("MUG-1"), mug.quantity) == (8, 8)
    assert shop.plugin("POST", "orders/2/cancel", {"reason": "buyer", "restock": True}).json()["same"] is True
    assert shop.salable("MUG-1") == 8
    refused = shop.plugin("POST", "orders/1/cancel", {"reason": "late", "restock": True})
    assert (refused.status_code, refused.json()) == (409, {"code": "cannot_cancel", "state": "complete"})


def test_a_cancellation_without_restock_leaves_the_goods_sold():
    shop = Shop()
    shop.plugin("POST", "orders", order(shop, "1"))
    shop.plugin("POST", "orders/1/cancel", {"reason": "broken", "restock": False})
    assert shop.salable("MUG-1") == 8


def test_an_oversold_order_lands_unless_backorders_are_not_wanted():
    shop = Shop()
    shop.control("PATCH", "products/MUG-1", {"quantity": 1})
    assert codes(shop.plugin("POST", "orders", order(shop, allow_backorder=False))) == {"no_stock"}
    made = shop.plugin("POST", "orders", order(shop))
    assert (made.status_code, made.json()["oversold"]) == (201, True)
    assert shop.salable("MUG-1") == -1


def test_a_disabled_product_and_a_country_not_sold_to_are_refused_until_allowed():
    shop = Shop()
    shop.control("PATCH", "products/HOOD", {"status": 2})
    assert codes(shop.plugin("POST", "orders", order(shop))) == {"disabled_sku"}
    shop.control("PATCH", "products/HOOD", {"status": 1})
    shop.control("POST", "countries", {"allowed": ["US"]})
    assert codes(shop.plugin("POST", "orders", order(shop))) == {"country"}
    shop.control("POST", "countries", {"allowed": ["US", "GB"]})
    assert shop.plugin("POST", "orders", order(shop)).status_code == 201


def test_a_shipment_is_made_once_per_key_and_by_line():
    shop = Shop()
    shop.plugin("POST", "orders", order(shop, "1"))
    part = {"ship_key": "a", "carrier": {"title": "Evri", "code": "custom"}, "number": "1", "lines": [{"line_id": "12", "quantity": 1}]}
    first = shop.plugin("POST", "orders/1/shipments", part)
    assert (first.status_code, first.json()["state"]) == (201, "processing")
    again = shop.plugin("POST", "orders/1/shipments", part)
    assert (again.status_code, again.json()["same"], again.json()["shipment_id"]) == (200, True, first.json()["shipment_id"])
    too_many = shop.plugin("POST", "orders/1/shipments", part | {"ship_key": "b", "lines": [{"line_id": "11", "quantity": 2}]})
    assert (too_many.status_code, too_many.json()["code"]) == (409, "cannot_ship")
    assert codes(shop.plugin("POST", "orders/1/shipments", part | {"ship_key": "b", "lines": [{"line_id": "99"}]})) == {"unknown_line"}
    rest = shop.plugin("POST", "orders/1/shipments", {name: part[name] for name in ("carrier", "number")} | {"ship_key": "b"})
    assert (rest.status_code, rest.json()["state"]) == (201, "complete")
    found = shop.plugin("GET", "orders/1").json()
    assert [shipment["ship_key"] for shipment in found["shipments"]] == ["a", "b"]
    assert [line["shipped"] for line in found["lines"]] == [2, 1]
    assert set(rest.json()) - set(found) == {"ship_key", "shipment_id"}
    hood = shop.sim.catalogue.by_sku("HOOD-R-S")
    assert hood is not None
    assert (found["lines"][1]["product_id"], found["lines"][1]["variant_id"]) == (str(hood.parent_id), str(hood.id))


def refund_body(**changes: Any) -> dict[str, Any]:
    return {
        "refund_key": "r1", "lines": [{"line_id": "13", "amount": "36.00", "tax": "1.00", "fees": "0.00"}], "shipping": "4.99",
        "shipping_tax": "0.00", "adjustment": "0.00", "total": "41.99", "restock": True,
    } | changes  # fmt: skip


def test_a_refund_is_made_once_per_key_and_its_parts_make_its_sum():
    shop = Shop()
    shop.plugin("POST", "orders", order(shop, "1"))
    shop.plugin("POST", "orders/1/shipments", {"ship_key": "a", "carrier": {"title": "E", "code": "c"}, "number": "1"})
    assert shop.salable("HOOD-R-S") == 4
    assert codes(shop.plugin("POST", "orders/1/refunds", refund_body(total="42.00"))) == {"total_sum"}
    made = shop.plugin("POST", "orders/1/refunds", refund_body())
    assert (made.status_code, made.json()["refunded"], made.json()["state"]) == (201, "41.99", "complete")
    again = shop.plugin("POST", "orders/1/refunds", refund_body())
    assert (again.status_code, again.json()["same"], again.json()["refund_id"]) == (200, True, made.json()["refund_id"])
    assert shop.salable("HOOD-R-S") == 5
    assert codes(shop.plugin("POST", "orders/1/refunds", refund_body(refund_key="r2", adjustment="60.00", total="101.99"))) == {"too_much"}
    rest = refund_body(refund_key="r3", lines=[], shipping="0.00", adjustment="52.08", total="52.08", restock=False)
    assert shop.plugin("POST", "orders/1/refunds", rest).json()["state"] == "closed"
    closed = shop.plugin("POST", "orders/1/refunds", refund_body(refund_key="r4"))
    assert (closed.status_code, closed.json()["code"]) == (409, "cannot_refund")
    memos = shop.call("GET", "creditmemos?searchCriteria[pageSize]=10").json()
    assert sum(Decimal(str(memo["grand_total"])) for memo in memos["items"]) == Decimal("94.07")


def test_a_held_order_is_released_or_cancelled():
    shop = Shop()
    assert shop.plugin("POST", "orders", order(shop, "1", state="on_hold")).json()["state"] == "holded"
    assert shop.plugin("PUT", "orders/1/status", {"status": "AWAITING_SHIPMENT", "hold": False}).json()["state"] == "processing"
    assert shop.plugin("PUT", "orders/1/status", {"hold": True}).json()["state"] == "holded"
    assert shop.plugin("POST", "orders/1/cancel", {"reason": "", "restock": True}).json()["state"] == "canceled"
    assert shop.plugin("PUT", "orders/1/status", {"hold": True}).status_code == 409


def test_an_order_made_unpaid_goes_on_when_it_is_paid():
    shop = Shop()
    assert shop.plugin("POST", "orders", order(shop, "1", state="unpaid")).json()["state"] == "pending_payment"
    assert shop.plugin("PUT", "orders/1/status", {"status": "UNPAID"}).json()["state"] == "pending_payment"
    assert shop.plugin("PUT", "orders/1/status", {"status": "AWAITING_SHIPMENT"}).json()["state"] == "processing"


def test_one_key_from_many_threads_over_http_makes_one_order():
    shop = Shop(base_url=None)
    body = order(shop)
    with serve(shop.app) as server:

        def send(_: int) -> int:
            auth = OAuth1(*CONSUMER, *TOKEN, signature_method="HMAC-SHA256")
            return requests.post(f"{server.url}/rest/all/V1/shopbridge/orders", json=body, auth=auth, timeout=10).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(send, range(24)))
    assert statuses == [200] * 23 + [201]
    assert shop.salable("MUG-1") == 8


def test_an_answer_lost_on_the_way_is_asked_for_again_without_a_second_order():
    shop = Shop()
    fault = {"match": {"operation": "POST shopbridge/orders"}, "do": {"drop": "after"}}
    shop.control("POST", "faults", fault)
    with pytest.raises(requests.ConnectionError):
        shop.plugin("POST", "orders", order(shop))
    again = shop.plugin("POST", "orders", order(shop))
    assert (again.status_code, again.json()["same"]) == (200, True)
    assert len(shop.control("GET", "orders")) == 1


def test_offers_say_price_sale_price_and_salable_stock_of_each_sku():
    shop = Shop()
    rows = shop.plugin("POST", "offers", {"ids": ["1", "2", "7", "999"], "store": "default"}).json()["rows"]
    by_sku = {row["sku"]: row for row in rows}
    assert set(by_sku) == {"MUG-1", "TEE-1", "HOOD-R-S", "HOOD-R-M", "HOOD-B-S", "HOOD-B-M"}
    assert by_sku["TEE-1"] == {
        "product_id": "2", "variant_id": "2", "sku": "TEE-1", "price": "15.00", "effective_price": "12.50", "compare_at": "15.00",
        "currency": "GBP", "tax_included": False, "salable": 100, "backorders": False, "active": True,
    }  # fmt: skip
    assert by_sku["HOOD-B-M"]["product_id"] == "7"
    assert codes(shop.plugin("POST", "offers", {"ids": ["1"] * 501, "store": "default"})) == {"malformed"}
    assert shop.plugin("POST", "offers", {"ids": ["1"] * 500, "store": "default"}).status_code == 200


def test_offers_never_say_less_than_nothing_and_much_where_nothing_is_counted():
    shop = Shop()
    mug, tee = (shop.sim.catalogue.by_sku(sku) for sku in ("MUG-1", "TEE-1"))
    assert mug is not None and tee is not None
    shop.sim.catalogue.reserve("MUG-1", Decimal(-999))
    tee.manage_stock = False
    rows = shop.plugin("POST", "offers", {"ids": ["1", "2"], "store": "default"}).json()["rows"]
    assert [(row["sku"], row["salable"], row["backorders"]) for row in rows] == [("MUG-1", 0, False), ("TEE-1", 9999, True)]


def digest(shop: Shop, limit: int = 5000) -> dict[str, str]:
    rows: dict[str, str] = {}
    cursor = ""
    while True:
        answer = shop.plugin("GET", f"digest?store=default&limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json()
        rows |= {sku: mark for _, _, sku, mark in answer["rows"]}
        cursor = answer["next"]
        if cursor is None:
            return rows


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {sku for sku in before if after[sku] != before[sku]}


def test_the_digest_changes_with_stock_price_status_content_and_by_the_clock():
    shop = Shop()
    before = digest(shop, limit=3)
    assert set(before) == {"MUG-1", "TEE-1", "OFF-1", "HOOD-R-S", "HOOD-R-M", "HOOD-B-S", "HOOD-B-M"}
    assert digest(shop) == before
    shop.control("PATCH", "products/HOOD-R-S", {"quantity": 2, "via": "sql", "silent": True})
    assert changed(before, digest(shop)) == {"HOOD-R-S"}
    before = digest(shop)
    shop.plugin("POST", "orders", order(shop))
    assert changed(before, digest(shop)) == {"MUG-1", "HOOD-R-S"}
    before = digest(shop)
    shop.control("PATCH", "products/HOOD", {"title": "Warm hoodie"})
    assert changed(before, digest(shop)) == {"HOOD-R-S", "HOOD-R-M", "HOOD-B-S", "HOOD-B-M"}
    # A special price that begins in an hour changes the hash in an hour, without any row being written.
    before = digest(shop)
    begins = (shop.sim.now() + timedelta(hours=1)).isoformat()
    shop.control("PATCH", "products/MUG-1", {"special_price": "7.00", "special_from": begins, "via": "cron", "silent": True})
    assert digest(shop) == before
    shop.control("POST", "mishaps", {"skew_s": 3700})
    assert changed(before, digest(shop)) == {"MUG-1"}


def test_listings_for_the_grid_are_kept_and_unknown_products_named():
    shop = Shop()
    row = {"product_id": "1", "sku": "MUG-1", "tiktok_product_id": "17", "status": "live", "problems": []}
    answer = shop.plugin("PUT", "listings", {"rows": [row, row | {"product_id": "99"}]})
    assert answer.json() == {"accepted": 1, "refused": [{"product_id": "99", "says": "this shop has no such product"}]}
    assert shop.sim.listings["1", "MUG-1"]["status"] == "live"


def test_without_the_plugin_its_routes_are_those_of_a_bare_shop():
    shop = Shop()
    assert shop.plugin("GET", "health").json()["plugin_version"] == "1.0.0"
    shop.control("POST", "plugin", {"installed": False})
    bare = shop.plugin("GET", "health")
    assert (bare.status_code, bare.json()["message"]) == (404, "Request does not match any route.")
    assert "Shopbridge_TikTokShop" not in shop.call("GET", "modules").json()
    shop.control("POST", "plugin", {"installed": True})
    assert shop.plugin("GET", "health").status_code == 200


def test_the_plugin_needs_its_permission():
    shop = Shop(resources=["Magento_Catalog::products"])
    refused = shop.plugin("GET", "health")
    assert (refused.status_code, refused.json()["parameters"]) == (401, {"resources": "Shopbridge_TikTokShop::api"})

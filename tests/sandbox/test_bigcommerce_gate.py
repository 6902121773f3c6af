"""The door of the practice BigCommerce: who comes in, how often, and what every answer carries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from hub import clock
from hub.simulator import serve
from hub.stores.bigcommerce.sandbox import PRACTICE
from tests.sandbox.bigcommerce_shop import HASH, SECRET, Shop, catalogue

RATE = ("X-Rate-Limit-Requests-Left", "X-Rate-Limit-Requests-Quota", "X-Rate-Limit-Time-Window-Ms", "X-Rate-Limit-Time-Reset-Ms",
        "X-BC-ApiLimit-Remaining")


@pytest.fixture
def shop() -> Iterator[Shop]:
    one = Shop()
    yield one
    assert one.faults() == []


def test_a_token_opens_its_own_store_only(shop):
    assert shop.get("/v2/store")["id"] == HASH
    assert shop.raw("GET", "/v2/store", token="wrong").status_code == 401
    assert shop.raw("GET", "/v2/store", token="").status_code == 401
    other = shop.raw("GET", "/v2/store", store="zzz999")
    assert other.status_code == 404 and other.json()[0]["status"] == 404


def test_v2_and_v3_say_no_in_their_own_shapes(shop):
    bare = shop.raw("GET", "/v2/store", token="wrong").json()
    assert bare == [{"status": 401, "message": bare[0]["message"]}] and bare[0]["message"]
    wrapped = shop.raw("GET", "/v3/catalog/summary", token="wrong").json()
    assert wrapped["status"] == 401 and wrapped["title"] and wrapped["type"].startswith("https://") and wrapped["errors"] == {}


def test_a_revoked_token_is_no_longer_let_in_until_it_is_given_back(shop):
    shop.control("POST", "login", {"revoke": True})
    assert shop.refused("GET", "/v3/catalog/summary")[0] == 401
    shop.control("POST", "login", {"revoke": False})
    assert shop.get("/v3/catalog/summary")


@pytest.mark.parametrize(("scope", "method", "path"), [
    ("store_v2_products", "GET", "/v3/catalog/products"), ("store_v2_orders", "GET", "/v2/orders"),
    ("store_v2_information", "GET", "/v2/store"), ("store_inventory", "GET", "/v3/inventory/items"),
    ("store_v2_information", "GET", "/v3/settings/inventory"), ("store_v2_orders", "POST", "/v2/orders"),
])
def test_a_missing_scope_is_403(shop, scope, method, path):
    shop.control("POST", "scopes", {"remove": [scope]})
    status, says = shop.refused(method, path, {} if method == "POST" else None)
    assert status == 403 and "required scope" in says


def test_a_read_only_scope_reads_and_does_not_write(shop):
    scopes = set(shop.control("GET", "login")["scopes"]) - {"store_v2_orders"}
    shop.control("POST", "scopes", {"scopes": [*scopes, "store_v2_orders_read_only"]})
    assert shop.get("/v2/orders") is None
    assert shop.refused("POST", "/v2/orders", shop.order_body())[0] == 403


def test_either_of_two_scopes_is_enough_for_refunds(shop):
    order = shop.order()
    shop.control("POST", "scopes", {"remove": ["store_v2_orders"]})
    assert shop.get(f"/v3/orders/{order['id']}/payment_actions/refunds")["data"] == []
    shop.control("POST", "scopes", {"remove": ["store_v2_orders", "store_v2_transactions"]})
    assert shop.refused("GET", f"/v3/orders/{order['id']}/payment_actions/refunds")[0] == 403


def test_every_answer_carries_the_rate_headers_and_a_request_id(shop):
    answers = [shop.raw("GET", "/v2/store"), shop.raw("GET", "/v3/nothing"), shop.raw("GET", "/v2/orders"), shop.raw("GET", "/v2/store", token="x")]
    assert [one.status_code for one in answers] == [200, 404, 204, 401]
    assert all(name in one.headers for one in answers for name in RATE)
    assert len({one.headers["X-Request-ID"] for one in answers}) == 4


def test_the_quota_runs_down_within_thirty_seconds_and_starts_again(shop):
    shop.control("POST", "limits", {"plan": "Standard"})
    with clock.hold(clock.now()):
        start = clock.now()
        first = shop.raw("GET", "/v2/time")
        assert (first.headers["X-Rate-Limit-Requests-Quota"], first.headers["X-Rate-Limit-Requests-Left"]) == ("150", "149")
        shop.control("POST", "limits", {"left": 1})
        assert shop.raw("GET", "/v2/time").status_code == 200
        with clock.hold(start + timedelta(seconds=12)):
            late = shop.raw("GET", "/v2/time")
            assert late.status_code == 429 and late.json()[0]["status"] == 429
            assert (late.headers["X-Rate-Limit-Time-Reset-Ms"], late.headers["X-Retry-After"]) == ("18000", "18")
            assert late.headers["X-Rate-Limit-Requests-Left"] == "0"
        with clock.hold(start + timedelta(seconds=30)):
            again = shop.raw("GET", "/v2/time")
            assert (again.status_code, again.headers["X-Rate-Limit-Requests-Left"]) == (200, "149")


def test_platform_load_is_429_without_the_rate_headers(shop):
    shop.control("POST", "limits", {"overload": 2})
    for _ in range(2):
        busy = shop.raw("GET", "/v3/catalog/summary")
        assert busy.status_code == 429 and not [name for name in (*RATE, "X-Retry-After") if name in busy.headers]
    assert shop.raw("GET", "/v3/catalog/summary").status_code == 200


def test_v2_answers_xml_to_who_does_not_ask_for_json(shop):
    answer = shop.raw("GET", "/v2/time", headers={"Accept": "*/*"})
    assert answer.headers["Content-Type"].startswith("application/xml") and "<time>" in answer.text
    assert shop.raw("GET", "/v3/catalog/summary", headers={"Accept": "*/*"}).json()["data"]


def test_wrong_formats_methods_and_paths_are_told_apart(shop):
    assert shop.raw("GET", "/v3/catalog/summary", headers={"Accept": "text/csv"}).status_code == 406
    assert shop.raw("POST", "/v2/orders", data="a=b", headers={"Content-Type": "application/x-www-form-urlencoded"}).status_code == 415
    assert shop.raw("POST", "/v2/orders", data="{", headers={"Content-Type": "application/json"}).status_code == 400
    assert shop.raw("PATCH", "/v2/orders").status_code == 405
    assert shop.raw("GET", "/v3/catalog/nothing").status_code == 404


def test_an_unknown_filter_is_refused_by_its_name(shop):
    status, says = shop.refused("GET", "/v2/orders", number="1")
    assert status == 400 and "'number'" in says
    status, says = shop.refused("GET", "/v3/catalog/products", sku__like="MUG")
    assert status == 422 and "sku:like" in says


def test_dates_are_rfc_2822_in_v2_and_iso_8601_in_v3(frozen_clock, shop):
    order = shop.order()
    product = shop.get("/v3/catalog/products", sku="MUG-1")["data"][0]
    assert order["date_created"] == "Mon, 02 Mar 2026 09:30:00 +0000"
    assert product["date_modified"] == "2026-03-02T09:30:00+00:00"


def test_an_empty_v2_list_is_204_or_an_empty_list_by_setting(shop):
    assert shop.raw("GET", "/v2/orders").status_code == 204
    shop.control("POST", "settings", {"empty_list_status": 200})
    assert shop.raw("GET", "/v2/orders").json() == []


def test_scripted_faults_and_the_journal_know_the_operations_by_the_files_names(shop):
    shop.control("POST", "faults", {"match": {"operation": "getOrders"}, "do": {"status": 503, "text": "down"}})
    assert shop.raw("GET", "/v2/orders").status_code == 503
    shop.control("POST", "faults", {"match": {"operation": "createOrder"}, "do": {"drop": "after"}})
    with pytest.raises(requests.ConnectionError):
        shop.raw("POST", "/v2/orders", json=shop.order_body())
    assert len(shop.get("/v2/orders", external_order_id="5770")) == 1
    (dropped,) = shop.sim.journal.entries("createOrder")
    assert dropped.status == 0 and '"5770"' in dropped.body


def test_unknown_settings_are_refused_by_their_names(shop):
    answer = shop.http.post("http://shop.test/sandbox/settings", json={"serch_delay_s": 3})
    assert answer.status_code == 400 and "serch_delay_s" in answer.json()["error"]
    with pytest.raises(TypeError, match="serch_delay_s"):
        Shop(serch_delay_s=3)


def test_practice_gives_what_a_merchant_types_and_it_opens_the_store_over_http():
    app = PRACTICE.create(catalogue(), client_secret=SECRET)
    with serve(app) as server:
        typed = PRACTICE.settings(app, server.url + "/")
        assert typed["app_secret"] == SECRET and typed["api_url"] == server.url
        answer = requests.get(f"{typed['api_url']}/stores/{typed['store_hash']}/v2/store", timeout=5,
                              headers={"X-Auth-Token": typed["access_token"], "Accept": "application/json"})
        assert answer.json()["currency"] == "GBP"

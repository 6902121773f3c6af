"""How BigCommerce's answers are read: quota headers, errors in words, a lost login, both shapes of lists. Against canned answers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses

from hub.errors import NeedsReconnect, Refused, Temporary
from hub.net import Guard
from hub.stores.bigcommerce.client import Client, scope_of
from hub.stores.bigcommerce.settings import BigCommerceKeys
from hub.stores.bigcommerce.store import BigCommerceStore

BASE = "https://api.bigcommerce.com/stores/abc123"
SETTINGS = {"store_hash": "abc123", "access_token": "tok" * 10, "app_key": "c" * 31, "app_secret": "s" * 64}


class Budget:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def acquire(self, n: int = 1) -> float:
        return 0.0

    def took(self, seconds: float) -> None:
        """Nothing is kept of that here."""

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client() -> Client:
    return Client(BigCommerceKeys.of(SETTINGS), {})


def quota(left: int, *, of: int = 150, reset_ms: int = 6000) -> dict[str, str]:
    return {"X-Rate-Limit-Requests-Left": str(left), "X-Rate-Limit-Requests-Quota": str(of), "X-Rate-Limit-Time-Window-Ms": "30000",
            "X-Rate-Limit-Time-Reset-Ms": str(reset_ms)}


def test_each_call_carries_the_token_and_asks_for_json(wire, client):
    wire.get(f"{BASE}/v2/store", json={"name": "x"})
    wire.post(f"{BASE}/v3/hooks", json={"data": {}})
    client.get("/v2/store")
    client.write("POST", "/v3/hooks", {"scope": "a"}, "x")
    for call in wire.calls:
        assert (call.request.headers["X-Auth-Token"], call.request.headers["Accept"]) == ("tok" * 10, "application/json")
    assert wire.calls[1].request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(("left", "paused"), [(149, []), (40, []), (30, [0.2]), (1, [6.0]), (0, [6.0])])
def test_what_is_left_of_the_quota_is_spread_over_the_rest_of_its_window(wire, left, paused):
    budget = Budget()
    wire.get(f"{BASE}/v2/time", json={"time": 1}, headers=quota(left))
    Client(BigCommerceKeys.of(SETTINGS), {"budget": budget}).get("/v2/time")
    assert budget.pauses == paused


@pytest.mark.parametrize(("headers", "wait"), [
    (quota(0, reset_ms=12500), 12.5), ({"X-Retry-After": "9"}, 9.0), ({"Retry-After": "7"}, 7.0), ({}, 60.0)])
def test_too_many_calls_are_put_off_as_long_as_the_headers_ask_and_longer_without_any(wire, client, headers, wait):
    wire.get(f"{BASE}/v2/orders", status=429, json={"status": 429, "title": "Too many"}, headers=headers)
    with pytest.raises(Temporary) as error:
        client.get("/v2/orders")
    assert error.value.retry_after == wait and error.value.context["sent"] is True


@pytest.mark.parametrize("status", [408, 423, 500, 502, 503, 504])
def test_a_busy_or_locked_store_is_tried_later(wire, client, status):
    wire.get(f"{BASE}/v2/orders", status=status, body="<html>")
    with pytest.raises(Temporary):
        client.get("/v2/orders")


def test_a_full_plan_is_no_reason_to_try_again(wire, client):
    wire.post(f"{BASE}/v2/orders", status=507, json=[{"status": 507, "message": "Storage limit reached"}])
    with pytest.raises(Refused) as error:
        client.write("POST", "/v2/orders", {}, "x")
    assert error.value.says == "Storage limit reached."


@pytest.mark.parametrize(("body", "says", "field"), [
    ([{"status": 400, "message": "The field 'external_id' cannot be written to. Please remove it from your request before trying again."}],
     "The field 'external_id' cannot be written to. Please remove it from your request before trying again.", "external_id"),
    ([{"status": 400, "message": "First"}, {"status": 400, "message": "Second."}], "First. Second.", ""),
    ([{"status": 400, "message": "The field 'country_iso2' is invalid.", "details": {"invalid_reason": "Unknown country"}}],
     "The field 'country_iso2' is invalid. Unknown country.", "country_iso2"),
    ({"status": 422, "title": "JSON data is missing or invalid", "type": "https://x", "errors": {"name": "name is required", "sku": "taken"}},
     "JSON data is missing or invalid. name: name is required; sku: taken", "name"),
    ({"batch_errors": [{"status": 422, "title": "Bad row", "errors": {"id": "unknown"}}]}, "Bad row. id: unknown", ""),
    ({"data": [{"status": 422, "title": "Order can not be refunded", "errors": {}}]}, "Order can not be refunded.", ""),
    ({"title": "Conflict", "errors": ["one", "two"]}, "Conflict. one; two", ""),
    ("plain", "plain", ""), ({}, "BigCommerce refused this (422).", ""), ([], "BigCommerce refused this (422).", "")])
def test_a_refusal_is_said_in_the_stores_words(wire, client, body, says, field):
    wire.put(f"{BASE}/v2/orders/1", status=422, json=body)
    with pytest.raises(Refused) as error:
        client.write("PUT", "/v2/orders/1", {}, "x")
    assert (error.value.says, error.value.context["field"]) == (says, field)


def test_a_token_that_is_gone_is_told_from_one_odd_answer(wire, client):
    wire.get(f"{BASE}/v2/orders", status=401, json={"status": 401, "title": "Unauthorized"})
    wire.get(f"{BASE}/v2/time", status=401)
    with pytest.raises(NeedsReconnect) as error:
        client.get("/v2/orders")
    assert "API Accounts" in error.value.hint
    wire.replace("GET", f"{BASE}/v2/time", json={"time": 1})
    with pytest.raises(Temporary):
        client.get("/v2/orders")


@pytest.mark.parametrize(("path", "scope"), [
    ("/v2/orders", "store_v2_orders (Orders: read-only)"), ("/v3/orders/1/payment_actions/refunds", "store_v2_orders (Orders: read-only)"),
    ("/v3/catalog/products", "store_v2_products (Products: read-only)"), ("/v3/inventory/items", "store_inventory (Store Inventory: read-only)"),
    ("/v3/inventory/locations", "store_locations (Store Locations: read-only)"),
    ("/v3/inventory/locations/1/items", "store_inventory (Store Inventory: read-only)"),
    ("/v3/settings/inventory", "store_v2_information (Information & Settings: read-only)"),
    ("/v2/store", "store_v2_information (Information & Settings: read-only)"), ("/v3/else", "/v3/else")])
def test_a_refused_permission_is_named_by_its_code_and_its_title(wire, client, path, scope):
    wire.get(f"{BASE}{path}", status=403, json={"status": 403, "title": "You don't have a required scope to access the endpoint"})
    with pytest.raises(Refused) as error:
        client.get(path)
    (found,) = error.value.problems
    assert found.code == "store.permission" and scope in found.says and scope_of(path) == scope


def test_a_write_names_the_right_to_modify(wire, client):
    wire.put(f"{BASE}/v2/orders/1", status=403)
    with pytest.raises(Refused) as error:
        client.write("PUT", "/v2/orders/1", {}, "x")
    assert "Orders: modify" in error.value.problems[0].says


def test_nothing_found_is_no_failure(wire, client):
    wire.get(f"{BASE}/v2/orders", status=204)
    assert list(client.rows2("/v2/orders")) == []
    wire.get(f"{BASE}/v3/orders/1/transactions", status=204)
    assert client.data("/v3/orders/1/transactions") is None
    wire.get(f"{BASE}/v2/orders/9", status=404, json=[{"status": 404, "message": "Not found"}])
    assert client.get("/v2/orders/9") is None


def test_an_answer_that_is_no_json_is_not_believed(wire, client):
    wire.get(f"{BASE}/v2/store", body="<html>hello</html>")
    with pytest.raises(Temporary):
        client.get("/v2/store")


def test_lists_of_both_versions_are_read_to_their_end(wire, client):
    for page, ids in ((1, [1, 2]), (2, [3])):
        asked = [responses.matchers.query_param_matcher({"page": page, "limit": 2})]
        wire.get(f"{BASE}/v3/inventory/locations", match=asked, json={"data": [{"id": one} for one in ids],
                 "meta": {"pagination": {"total": 3, "total_pages": 2, "current_page": page}}})
        wire.get(f"{BASE}/v2/orders", match=asked, json=[{"id": one} for one in ids])
    assert [one["id"] for one in client.rows("/v3/inventory/locations", size=2)] == [1, 2, 3]
    assert [one["id"] for one in client.rows2("/v2/orders", size=2)] == [1, 2, 3]


def test_a_page_that_is_too_heavy_is_asked_for_in_smaller_ones(wire):
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        assert request.url is not None
        return (504, {}, "") if "limit=250" in request.url or "limit=50" in request.url else (200, {}, '{"data": [], "meta": {}}')

    wire.add_callback("GET", f"{BASE}/v3/catalog/products", callback=answer)
    assert list(BigCommerceStore(SETTINGS, {}).products(None, None)) == []
    assert len(wire.calls) == 3


def test_only_a_practice_store_may_answer_elsewhere():
    elsewhere = {**SETTINGS, "api_url": "http://127.0.0.1:8004"}
    with pytest.raises(Refused):
        BigCommerceStore(elsewhere, {"guard": Guard()})
    assert BigCommerceStore(elsewhere, {"guard": Guard(practice=True)}).keys.address == "http://127.0.0.1:8004/stores/abc123"
    assert BigCommerceKeys.of(SETTINGS).address == BASE


def test_the_token_goes_to_bigcommerce_alone_and_not_to_its_pictures(wire):
    wire.get("https://cdn11.example/s-abc/images/1/a.jpg", body=b"\xff\xd8 picture")
    assert BigCommerceStore(SETTINGS, {}).image("https://cdn11.example/s-abc/images/1/a.jpg?c=1") == b"\xff\xd8 picture"
    assert "X-Auth-Token" not in wire.calls[0].request.headers


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_picture_that_is_not_given_out_is_refused(wire, status):
    wire.get("https://cdn11.example/a.jpg", status=status)
    with pytest.raises(Refused):
        BigCommerceStore(SETTINGS, {}).image("https://cdn11.example/a.jpg")


def test_decimals_leave_as_the_numbers_that_they_are(wire, client):
    wire.post(f"{BASE}/v2/orders", json={"id": 1})
    client.write("POST", "/v2/orders", {"a": Decimal("28.9000"), "b": Decimal("0.1"), "c": Decimal("19.99")}, "x")
    sent: Any = wire.calls[0].request.body
    assert sent == b'{"a":28.9,"b":0.1,"c":19.99}'

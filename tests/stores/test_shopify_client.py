"""How Shopify's calls end: paced by their cost, throttled, signed out, refused in part or whole, and read page by page."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import responses

from hub import clock
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.stores.shopify import PLATFORM, bulk, client, documents
from hub.stores.shopify.catalogue import BULK_FROM
from hub.stores.shopify.store import ShopifyStore
from tests.stores.test_shopify import asked

ORIGIN = "https://demo-hub.myshopify.com"
GRAPHQL = f"{ORIGIN}/admin/api/2026-07/graphql.json"
TOKEN = f"{ORIGIN}/admin/oauth/access_token"
SETTINGS = {"shop": "demo-hub.myshopify.com", "api_key": "key1", "api_secret": "s3cret", "access_token": "shpat_old"}
COST = {"requestedQueryCost": 100, "actualQueryCost": 40,
        "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 1900, "restoreRate": 100.0}}


@pytest.fixture(autouse=True)
def fresh_bucket(monkeypatch):
    monkeypatch.setattr(client, "_buckets", {})


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def store(**changes: Any) -> ShopifyStore:
    return ShopifyStore({**SETTINGS, **changes}, {})


def says(wire: responses.RequestsMock, *bodies: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
    for body in bodies:
        wire.add(responses.POST, GRAPHQL, json=body, status=status, headers=dict(headers or {}))


def data(**fields: Any) -> dict[str, Any]:
    return {"data": fields, "extensions": {"cost": COST}}


def throttled(asked_for: float, have: float, restore: float = 100.0) -> dict[str, Any]:
    return {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost": {
        "requestedQueryCost": asked_for, "actualQueryCost": None,
        "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": have, "restoreRate": restore}}}}


def error(code: str, message: str = "no", **extensions: Any) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}


def sent(wire: responses.RequestsMock) -> list[tuple[str, Any]]:
    """The operations that were sent, and their variables."""
    bodies = [json.loads(call.request.body) for call in wire.calls if call.request.url == GRAPHQL]
    return [(documents.name_of(body["query"]), body["variables"]) for body in bodies]


COUNT = data(productsCount={"count": 3})


def count(one: ShopifyStore) -> Any:
    return one._client.call(documents.PRODUCTS_COUNT, {"q": None})


# -- pace


def test_a_throttled_call_waits_what_the_formula_says_and_goes_again(wire, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr("hub.http.threading", SimpleNamespace(Lock=threading.Lock, Event=lambda: SimpleNamespace(wait=waits.append)))
    says(wire, throttled(500, 200), COUNT)
    assert count(store())["productsCount"]["count"] == 3
    assert len(waits) == 1 and waits[0] == pytest.approx(3.0, abs=0.1)


def test_a_call_that_would_wait_long_is_put_off_with_the_time_to_wait(wire):
    says(wire, throttled(1000, 0, restore=10.0))
    with pytest.raises(Temporary) as found:
        count(store())
    assert found.value.retry_after == pytest.approx(100, abs=1) and found.value.context["sent"] is False


def test_a_bucket_that_is_known_to_be_empty_is_not_asked(wire):
    one = store()
    low = {**COST, "requestedQueryCost": 900, "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 0, "restoreRate": 50.0}}
    says(wire, {"data": {"productsCount": {"count": 1}}, "extensions": {"cost": low}})
    count(one)
    for _ in range(3):      # who comes again and again does not make it longer
        with pytest.raises(Temporary) as found:
            count(store())
        assert found.value.retry_after == pytest.approx(18, abs=1) and len(sent(wire)) == 1


def test_a_call_that_stays_throttled_is_put_off(wire):
    for _ in range(client.THROTTLED_TRIES):
        says(wire, throttled(100, 100))
    with pytest.raises(Temporary) as found:
        count(store())
    assert found.value.context["sent"] is False and len(sent(wire)) == client.THROTTLED_TRIES


def test_a_page_that_is_too_costly_is_asked_for_in_smaller_ones(wire):
    page = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": ["Mugs"]}
    says(wire, error("MAX_COST_EXCEEDED"), error("MAX_COST_EXCEEDED"), data(productTypes=page))
    assert [one.name for one in store().categories()] == ["Mugs"]
    assert [given["first"] for _, given in sent(wire)] == [250, 125, 62]


# -- what it says at all


@pytest.mark.parametrize(("status", "word"), [(402, "frozen"), (423, "locked")])
def test_a_shop_that_is_frozen_or_locked_is_named_and_waited_for(wire, status, word):
    says(wire, {"errors": "Unavailable Shop"}, status=status)
    with pytest.raises(Temporary) as found:
        count(store())
    assert word in found.value.says and found.value.retry_after


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_shop_is_tried_later(wire, status):
    says(wire, {}, status=status, headers={"Retry-After": "3"})
    with pytest.raises(Temporary) as found:
        count(store())
    assert found.value.retry_after == 3


def test_no_shop_at_the_address_is_a_reason_and_no_riddle(wire):
    says(wire, {"errors": "Not Found"}, status=404)
    with pytest.raises(Refused) as found:
        count(store())
    assert found.value.problems[0].code == "store.not_expected"


def test_a_missing_permission_is_named_with_what_to_do(wire):
    says(wire, {"data": {"productsCount": None}, "errors": [{"message": "Access denied", "path": ["productsCount"], "extensions": {
        "code": "ACCESS_DENIED", "requiredAccess": "`read_products` access scope."}}]})
    with pytest.raises(Refused) as found:
        count(store())
    (one,) = found.value.problems
    assert one.code == "store.permission" and "read_products access scope" in one.says and "Dev Dashboard" in one.fix


def test_what_came_in_part_is_kept(wire):
    says(wire, {"data": {"productsCount": {"count": 7}, "other": None}, "errors": [{"message": "a field failed", "path": ["other"]}]})
    assert count(store())["productsCount"]["count"] == 7


def test_shopifys_own_error_is_tried_again_and_one_of_ours_is_not(wire):
    says(wire, error("INTERNAL_SERVER_ERROR", requestId="r1"), error("undefinedField"))
    with pytest.raises(Temporary):
        count(store())
    with pytest.raises(Refused):
        count(store())


def test_another_version_than_the_pinned_one_is_a_problem_that_says_so(wire):
    shop = {"id": "gid://shopify/Shop/1", "name": "Demo", "myshopifyDomain": "demo-hub.myshopify.com", "currencyCode": "GBP", "ianaTimezone": "UTC"}
    wire.add(responses.POST, GRAPHQL, json=data(shop=shop, currentAppInstallation={"accessScopes": []}), headers={"X-Shopify-API-Version": "2026-10"})
    health = store().check()
    assert not health.ok and any("2026-10" in one.says and "2026-07" in one.says for one in health.problems)


@pytest.mark.feature("SHP-05")
def test_each_missing_scope_is_a_problem_of_its_own(wire):
    shop = {"id": "gid://shopify/Shop/1", "name": "Demo", "myshopifyDomain": "demo-hub.myshopify.com", "currencyCode": "GBP", "ianaTimezone": "UTC"}
    granted = [{"handle": one} for one in ("read_products", "write_inventory", "read_orders", "write_customers", "read_fulfillments",
                                           "write_merchant_managed_fulfillment_orders")]
    says(wire, data(shop=shop, currentAppInstallation={"accessScopes": granted}))
    health = store().check()
    named = [one.says for one in health.problems if one.code == "store.permission"]
    assert len(named) == 2 and "write_orders" in named[1] and "read_locations" in named[0]
    assert all("Dev Dashboard" in one.fix for one in health.problems)


# -- sign-in


def test_a_pasted_token_that_is_no_longer_taken_asks_for_a_reconnect(wire):
    says(wire, {"errors": "[API] Invalid API key or access token"}, status=401)
    with pytest.raises(NeedsReconnect):
        count(store())
    assert len(wire.calls) == 1


def test_an_hours_token_is_renewed_once_and_the_call_goes_again(wire):
    says(wire, {"errors": "expired"}, status=401)
    says(wire, COUNT)
    wire.add(responses.POST, TOKEN, json={"access_token": "shpat_new", "refresh_token": "r2", "expires_in": 3600,
                                          "refresh_token_expires_in": 7776000})
    one = store(refresh_token="r1", token_expires_at=(clock.now() + timedelta(minutes=30)).isoformat())
    assert count(one)["productsCount"]["count"] == 3
    asked_for = json.loads(wire.calls[1].request.body)
    assert asked_for == {"client_id": "key1", "client_secret": "s3cret", "grant_type": "refresh_token", "refresh_token": "r1"}
    assert wire.calls[2].request.headers["X-Shopify-Access-Token"] == "shpat_new"
    assert one._client.login.keys.refresh_token == "r2"


def test_a_token_near_its_end_is_renewed_before_it_is_used(wire):
    wire.add(responses.POST, TOKEN, json={"access_token": "shpat_new", "refresh_token": "r2", "expires_in": 3600})
    says(wire, COUNT)
    count(store(refresh_token="r1", token_expires_at=(clock.now() + timedelta(minutes=2)).isoformat()))
    assert [call.request.url for call in wire.calls] == [TOKEN, GRAPHQL]


def test_a_refresh_token_that_is_dead_asks_for_a_reconnect(wire):
    wire.add(responses.POST, TOKEN, json={"error": "invalid_grant", "error_description": "The refresh token has expired"}, status=400)
    says(wire, {"errors": "[API] Invalid API key or access token"}, status=401)
    with pytest.raises(NeedsReconnect) as found:
        count(store(refresh_token="r1", token_expires_at=(clock.now() - timedelta(days=91)).isoformat()))
    assert found.value.hint


def test_a_token_that_was_pasted_over_a_dead_sign_in_is_taken(wire):
    wire.add(responses.POST, TOKEN, json={"error": "invalid_grant"}, status=400)
    says(wire, COUNT)
    one = store(access_token="shpat_pasted", refresh_token="r1", token_expires_at=(clock.now() - timedelta(days=91)).isoformat())
    assert count(one) and count(one)
    assert [call.request.url for call in wire.calls] == [TOKEN, GRAPHQL, GRAPHQL]


def test_an_app_of_the_stores_own_organisation_fetches_its_token_by_itself(wire):
    wire.add(responses.POST, TOKEN, json={"access_token": "shpca_1", "scope": "read_products", "expires_in": 86399})
    says(wire, COUNT)
    count(store(access_token=""))
    assert json.loads(wire.calls[0].request.body)["grant_type"] == "client_credentials"
    assert wire.calls[1].request.headers["X-Shopify-Access-Token"] == "shpca_1"


def test_renewing_goes_through_the_login_that_all_workers_share(wire):
    class Shared:
        def __init__(self) -> None:
            self.asked: list[tuple[str, str]] = []

        def current(self) -> Mapping[str, str]:
            return {"access_token": "shpat_shared", "refresh_token": "r9", "token_expires_at": (clock.now() + timedelta(hours=1)).isoformat()}

        def renew(self, stale: str, name: str, exchange: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Mapping[str, str]:
            self.asked.append((stale, name))
            return {**self.current(), "access_token": "shpat_of_another_worker"}

    shared = Shared()
    says(wire, {"errors": "expired"}, status=401)
    says(wire, COUNT)
    count(ShopifyStore(SETTINGS, {"login": shared}))
    assert shared.asked == [("shpat_shared", "access_token")]
    assert wire.calls[1].request.headers["X-Shopify-Access-Token"] == "shpat_of_another_worker"


def test_the_code_of_an_install_becomes_a_pair_of_tokens_and_their_end(wire):
    wire.add(responses.POST, TOKEN, json={"access_token": "shpat_1", "refresh_token": "r1", "expires_in": 3600, "scope": "read_products"})
    assert PLATFORM.install is not None
    got = PLATFORM.install.exchange(SETTINGS, {}, {"code": "c1"}, "https://hub.test/back", {})
    assert json.loads(wire.calls[0].request.body) == {"client_id": "key1", "client_secret": "s3cret", "code": "c1", "expiring": "1"}
    assert (got["access_token"], got["refresh_token"]) == ("shpat_1", "r1")
    assert timedelta(minutes=59) < datetime.fromisoformat(got["token_expires_at"]) - clock.now() <= timedelta(hours=1)
    assert set(got) <= set(PLATFORM.settings().fields)


def test_a_code_that_shopify_does_not_take_is_refused_with_its_words(wire):
    wire.add(responses.POST, TOKEN, json={"error": "invalid_request", "error_description": "The authorization code was not found"}, status=400)
    assert PLATFORM.install is not None
    with pytest.raises(Refused, match="was not found"):
        PLATFORM.install.exchange(SETTINGS, {}, {"code": "c1"}, "https://hub.test/back", {})


# -- orders


def order_node(**changes: Any) -> dict[str, Any]:
    return {"id": "gid://shopify/Order/5501", "name": "#1042", "createdAt": "2026-11-20T12:00:00Z", "updatedAt": "2026-11-20T12:00:00Z",
            "sourceIdentifier": "576461413038785752", "customAttributes": [{"key": "tiktok_order_id", "value": "576461413038785752"}],
            "currencyCode": "GBP", "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "UNFULFILLED",
            "totalPriceSet": {"shopMoney": {"amount": "56.79", "currencyCode": "GBP"}}, "totalRefundedSet": {"shopMoney": {"amount": "0.0"}},
            "lineItems": {"pageInfo": {"hasNextPage": False}, "nodes": []}, **changes}


NOBODY = data(orders={"nodes": []})


def test_all_that_shopify_did_not_take_is_told(wire):
    says(wire, NOBODY, data(orderCreate={"order": None, "userErrors": [
        {"field": ["order", "lineItems", "0", "variantId"], "message": "The product variant does not exist", "code": "INVALID"},
        {"field": ["order", "shippingAddress"], "message": "Country is not supported", "code": None}]}))
    with pytest.raises(Refused) as found:
        store().create_order(asked())
    assert [(one.code, one.raw) for one in found.value.problems] == [
        ("order.store_refused", "INVALID:order.lineItems.0.variantId"), ("order.store_refused", "order.shippingAddress")]
    assert "variant does not exist" in found.value.problems[0].says and "Country" in found.value.problems[1].says


def test_a_source_that_the_version_wants_announced_is_left_out(wire):
    refused = {"field": ["order", "sourceName"], "message": "Source name is not valid", "code": "INVALID"}
    says(wire, NOBODY, data(orderCreate={"order": None, "userErrors": [refused]}), data(orderCreate={"order": order_node(), "userErrors": []}))
    assert store().create_order(asked()).order_id == "5501"
    first, second = (given["order"] for name, given in sent(wire) if name == "OrderCreate")
    assert first == {**second, "sourceName": "tiktok-gb"}


def test_a_total_that_shopify_computed_otherwise_is_told(wire):
    money = {"shopMoney": {"amount": "57.79", "currencyCode": "GBP"}}
    says(wire, NOBODY, data(orderCreate={"order": order_node(totalPriceSet=money), "userErrors": []}))
    made = store().create_order(asked())
    assert made.difference is not None and made.difference[0] == Decimal("1.00")


def test_an_order_that_only_looks_like_ours_is_not_taken_for_it(wire):
    other = {"id": "gid://shopify/Order/9", "createdAt": "2026-11-20T12:00:00Z", "sourceIdentifier": "576461413038785752", "sourceName": "pos",
             "customAttributes": []}
    says(wire, data(orders={"nodes": [other]}))
    assert store().find_order("576461413038785752") is None


def test_an_order_whose_id_the_hub_knows_is_read_without_the_search(wire):
    says(wire, data(order=order_node()))
    found = ShopifyStore(SETTINGS, {"known_order": lambda key: "5501"}).order("576461413038785752")
    assert found is not None and found.order_id == "5501" and [name for name, _ in sent(wire)] == ["Order"]


def test_a_lost_answer_to_a_create_says_that_it_may_have_arrived(wire):
    says(wire, NOBODY)
    wire.add(responses.POST, GRAPHQL, body=requests.ConnectionError("cut"))
    with pytest.raises(Temporary) as found:
        store().create_order(asked())
    assert found.value.context["sent"] is True


def test_words_that_shopify_invents_break_nothing(wire):
    says(wire, data(order=order_node(displayFulfillmentStatus="TELEPORTED", displayFinancialStatus=None)),
         data(order={"id": "gid://shopify/Order/5501", "fulfillments": []}))
    found = store().order_by_id("5501")
    assert found is not None and (found.state.value, found.raw_state) == ("open", "/teleported")


# -- the bulk file

FILE = "https://files.example/bulk.jsonl?sig=1"
LINES = [
    {"id": "gid://shopify/Product/1", "title": "One", "status": "ACTIVE", "productType": "Mugs", "hasOnlyDefaultVariant": False},
    {"id": "gid://shopify/ProductVariant/11", "sku": "A", "__parentId": "gid://shopify/Product/1"},
    {"id": "gid://shopify/MediaImage/91", "mediaContentType": "IMAGE", "status": "READY", "image": {"url": "https://cdn.example/v.jpg"},
     "__parentId": "gid://shopify/ProductVariant/11"},
    {"id": "gid://shopify/ProductVariant/12", "sku": "B", "__parentId": "gid://shopify/Product/1"},
    {"id": "gid://shopify/MediaImage/92", "mediaContentType": "IMAGE", "status": "READY", "image": {"url": "https://cdn.example/p.jpg"},
     "__parentId": "gid://shopify/Product/1"},
    {"id": "gid://shopify/Metafield/7", "namespace": "custom", "key": "material", "type": "single_line_text_field", "value": "Clay",
     "__parentId": "gid://shopify/Product/1"},
    {"id": "gid://shopify/Product/2", "title": "Two", "status": "DRAFT", "hasOnlyDefaultVariant": True},
    {"id": "gid://shopify/ProductVariant/21", "sku": "C", "__parentId": "gid://shopify/Product/2"},
    {"id": "gid://shopify/Product/3", "title": "Three", "status": "ACTIVE", "hasOnlyDefaultVariant": True},
    {"id": "gid://shopify/ProductVariant/31", "sku": "D", "__parentId": "gid://shopify/Product/3"},
]
SCATTERED = [LINES[i] for i in (0, 6, 8, 9, 7, 5, 4, 2, 3, 1)]


class Files:
    """Shopify's file host: gives pieces, and counts them; a URL may be over."""

    def __init__(self, wire: responses.RequestsMock, lines: list[dict[str, Any]], *, knows_pieces: bool = True) -> None:
        self.body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        self.pieces: list[str] = []
        self.is_over = False
        self.knows_pieces = knows_pieces
        wire.add_callback(responses.GET, FILE, callback=self.answer)

    def answer(self, request: Any) -> tuple[int, dict[str, str], bytes]:
        wanted = str(request.headers["Range"])
        self.pieces.append(wanted)
        if self.is_over:
            return 403, {}, b"expired"
        if not self.knows_pieces:
            return 200, {}, self.body
        first, last = (int(part) for part in wanted.removeprefix("bytes=").split("-"))
        if first >= len(self.body):
            return 416, {}, b""
        piece = self.body[first:last + 1]
        return 206, {"Content-Range": f"bytes {first}-{first + len(piece) - 1}/{len(self.body)}"}, piece


def operation(status: str, number: str = "77", **more: Any) -> dict[str, Any]:
    return data(bulkOperation={"id": f"gid://shopify/BulkOperation/{number}", "status": status, "errorCode": None, "url": None, **more})


SHOP = data(shop={"ianaTimezone": "UTC"}, currentAppInstallation={"accessScopes": []})
MANY = data(productsCount={"count": BULK_FROM + 1})
STARTED = data(bulkOperationRunQuery={"bulkOperation": {"id": "gid://shopify/BulkOperation/77", "status": "CREATED"}, "userErrors": []})
NO_NAMES = data(metafieldDefinitions={"pageInfo": {"hasNextPage": False}, "nodes": []})


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(bulk, "PIECE", 100)
    monkeypatch.setattr(bulk, "PRODUCTS_A_PAGE", 1)


@pytest.mark.parametrize("knows_pieces", [True, False])
def test_a_large_catalogue_comes_by_one_bulk_operation_read_piece_by_piece(wire, small, knows_pieces):
    files = Files(wire, LINES, knows_pieces=knows_pieces)
    says(wire, SHOP, MANY, STARTED, operation("RUNNING"), operation("COMPLETED", url=FILE), NO_NAMES)
    pages = list(store().products(None, None))
    found = [one for _, page in pages for one in page]
    assert [one.title for one in found] == ["One", "Two", "Three"]
    assert [one.sku for one in found[0].variants] == ["A", "B"] and found[0].variants[0].image.url.endswith("v.jpg")
    assert [one.url[-5:] for one in found[0].images] == ["p.jpg"] and found[0].attributes == {"Material": "Clay"}
    assert all(len(piece) < 40 for piece in files.pieces) and (len(files.pieces) > 5) is knows_pieces
    assert dict(sent(wire))["BulkStart"]["q"].startswith("{ products {")


def test_a_pull_goes_on_after_its_cursor_without_a_new_operation(wire, small):
    Files(wire, LINES)
    says(wire, SHOP, MANY, STARTED, operation("COMPLETED", url=FILE), NO_NAMES)
    pages = [page for page in store().products(None, None) if page[1]]
    says(wire, SHOP, operation("COMPLETED", url=FILE), NO_NAMES)
    rest = [one.title for _, page in store().products(None, None, after=pages[0][0]) for one in page]
    assert rest == ["Two", "Three"] and [name for name, _ in sent(wire)].count("BulkStart") == 1


def test_children_far_from_their_parents_are_put_together_all_the_same(wire, small):
    Files(wire, SCATTERED)
    says(wire, SHOP, MANY, STARTED, operation("COMPLETED", url=FILE), NO_NAMES)
    pages = list(store().products(None, None))
    whole = {one.title: one for _, page in pages for one in page}
    assert sorted(one.sku for one in whole["One"].variants) == ["A", "B"] and whole["One"].attributes == {"Material": "Clay"}
    assert next(one for one in whole["One"].variants if one.sku == "A").image.url.endswith("v.jpg")
    assert [one.sku for one in whole["Three"].variants] == ["D"]
    says(wire, SHOP, operation("COMPLETED", url=FILE), NO_NAMES)
    last = pages[-2][0]
    assert [one.title for _, page in store().products(None, None, after=last) for one in page] == ["Three"]


def test_a_file_that_is_over_is_asked_for_anew(wire, small):
    files = Files(wire, LINES)
    files.is_over = True
    says(wire, SHOP, operation("COMPLETED", url=FILE))

    def again(request: Any) -> tuple[int, dict[str, str], str]:
        files.is_over = False
        return 200, {}, json.dumps(STARTED)

    wire.add_callback(responses.POST, GRAPHQL, callback=again)
    says(wire, operation("COMPLETED", url=FILE), NO_NAMES)
    assert [one.title for _, page in store().products(None, None, after="bulk:5:10") for one in page] == ["One", "Two", "Three"]


def test_an_operation_that_shopify_forgot_is_asked_for_anew(wire, small):
    Files(wire, LINES)
    says(wire, SHOP, data(bulkOperation=None), STARTED, operation("COMPLETED", url=FILE), NO_NAMES)
    assert len([one for _, page in store().products(None, None, after="bulk:5:10") for one in page]) == 3


def test_a_catalogue_without_products_is_no_failure(wire, small):
    says(wire, SHOP, MANY, STARTED, operation("COMPLETED", url=None))
    assert [one for _, page in store().products(None, None) for one in page] == []


def test_a_bulk_operation_that_failed_is_tried_again_and_one_that_may_not_read_says_what_is_missing(wire, small):
    says(wire, SHOP, MANY, STARTED, operation("FAILED", errorCode="TIMEOUT"))
    with pytest.raises(Temporary):
        list(store().products(None, None))
    says(wire, SHOP, MANY, STARTED, operation("FAILED", errorCode="ACCESS_DENIED"))
    with pytest.raises(Refused) as found:
        list(store().products(None, None))
    assert found.value.problems[0].code == "store.permission"


def test_while_other_bulk_operations_run_ours_waits(wire, small):
    says(wire, SHOP, MANY, data(bulkOperationRunQuery={"bulkOperation": None, "userErrors": [
        {"field": None, "message": "A bulk query operation is already in progress", "code": "OPERATION_IN_PROGRESS"}]}))
    with pytest.raises(Temporary) as found:
        list(store().products(None, None))
    assert found.value.retry_after


def test_a_broken_line_is_no_product(wire, small):
    files = Files(wire, LINES)
    files.body = files.body[:-30] + b"\n"
    says(wire, SHOP, MANY, STARTED, operation("COMPLETED", url=FILE), NO_NAMES)
    with pytest.raises(Temporary):
        list(store().products(None, None))


def test_a_range_of_dates_is_a_search_that_begins_a_little_earlier(wire, small):
    Files(wire, LINES)
    says(wire, SHOP, MANY, STARTED, operation("COMPLETED", url=FILE), NO_NAMES)
    list(store().products(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)))
    assert dict(sent(wire))["ProductsCount"] == {"q": "updated_at:>='2026-10-31T23:55:00Z' AND updated_at:<='2026-11-02T00:00:00Z'"}

"""The gate: tokens, install, refresh, scopes, personal data, versions, and what a call costs (contract 1, 2 and 7)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from hub import clock
from tests.conftest import A_MOMENT
from tests.sandbox.shopify_shop import SECRET, SHOP, TOKEN, Shop, signed

BACK = "http://hub.test/connect/store/shopify/callback"
NAME = "{ shop { name } }"


@pytest.fixture
def shop(frozen_clock: Any) -> Shop:
    return Shop()


@pytest.fixture
def bare(frozen_clock: Any) -> Shop:
    return Shop(access_token=None)


def token(shop: Shop, status: int = 200, **given: str) -> dict[str, Any]:
    body = {"client_id": "key-1", "client_secret": SECRET, **given}
    response = shop.session.post(f"{SHOP}/admin/oauth/access_token", json=body, timeout=5)
    assert response.status_code == status, response.text
    told: dict[str, Any] = response.json()
    return told


def install(shop: Shop, state: str = "abc123", **changes: str) -> dict[str, str]:
    asked = {"client_id": "key-1", "scope": "read_products,write_orders", "redirect_uri": BACK, "state": state} | changes
    page = shop.session.get(f"{SHOP}/admin/oauth/authorize", params=asked, timeout=5)
    assert page.status_code == 200 and "Install" in page.text
    back = shop.session.post(f"{SHOP}/admin/oauth/authorize", data=asked, allow_redirects=False, timeout=5)
    assert back.status_code == 302 and back.headers["Location"].startswith(BACK)
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query))


def later(**span: float) -> Any:
    return clock.hold(A_MOMENT + timedelta(**span))


def status(shop: Shop, used: str) -> int:
    shop.token = used
    return shop.post(NAME).status_code


# -- calls ----------------------------------------------------------------------------------------------------------


def test_a_wrong_token_is_told_in_words_and_401(shop: Shop) -> None:
    shop.token = "shpat_other"
    response = shop.post(NAME)
    assert response.status_code == 401
    assert response.json() == {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}


def test_only_post_reaches_the_api(shop: Shop) -> None:
    response = shop.session.get(f"{SHOP}/admin/api/2026-07/graphql.json", headers={"X-Shopify-Access-Token": TOKEN}, timeout=5)
    assert response.status_code == 405


def test_another_version_is_not_found_and_the_right_one_is_named(shop: Shop) -> None:
    assert shop.post(NAME, version="2019-01").status_code == 404
    assert shop.post(NAME).headers["X-Shopify-API-Version"] == "2026-07"


@pytest.mark.parametrize(("query", "code"), [
    ("{ shop { nope } }", "undefinedField"), ("{ shop(id: 1) { name } }", "argumentNotAccepted"),
    ("{ products(first: 1) }", "selectionMismatch"), ("{ product { id } }", "missingRequiredArguments"),
    ("query A($x: ID) { shop { name } }", "variableNotUsed"),
    ("{ products(first: 1, sortKey: NOPE) { nodes { id } } }", "argumentLiteralsIncompatible")])
def test_a_wrong_document_is_refused_whole_with_its_code(shop: Shop, query: str, code: str) -> None:
    told = shop.answer(query)
    assert "data" not in told
    assert told["errors"][0]["extensions"]["code"] == code


def test_what_cannot_be_parsed_is_an_error_at_200(shop: Shop) -> None:
    response = shop.post("{ shop {")
    assert response.status_code == 200 and "data" not in response.json()


def test_an_unknown_field_of_an_input_names_its_path(shop: Shop) -> None:
    refused = shop.refused("mutation C($o: OrderCreateOrderInput!) { orderCreate(order: $o) { order { id } } }",
                           o={"lineItems": [{"quantity": 1, "compareQuantity": 2}]})
    assert refused["extensions"] == {"code": "INVALID_VARIABLE", "problems": [
        {"path": ["lineItems", "0", "compareQuantity"], "explanation": "Field is not defined on OrderCreateLineItemInput"}]}


# -- install and tokens ---------------------------------------------------------------------------------------------


def test_the_install_comes_back_with_state_and_a_signed_query(bare: Shop) -> None:
    query = install(bare)
    assert query["state"] == "abc123" and query["shop"] == "practice-shop.myshopify.com"
    assert query["timestamp"] == str(int(A_MOMENT.timestamp()))
    message = "&".join(f"{name}={value}" for name, value in sorted(query.items()) if name != "hmac")
    assert query["hmac"] == hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("changes", [{"client_id": "other"}, {"redirect_uri": "nowhere"}, {"state": ""}])
def test_an_authorisation_that_is_wrong_gets_no_button(bare: Shop, changes: dict[str, str]) -> None:
    asked = {"client_id": "key-1", "redirect_uri": BACK, "state": "s"} | changes
    assert bare.session.get(f"{SHOP}/admin/oauth/authorize", params=asked, timeout=5).status_code == 400
    assert bare.session.post(f"{SHOP}/admin/oauth/authorize", data=asked, timeout=5).status_code == 400


def test_a_return_address_that_is_not_whitelisted_is_refused() -> None:
    shop = Shop(redirect_uris=["http://hub.test/right"])
    asked = {"client_id": "key-1", "redirect_uri": BACK, "state": "s"}
    assert "whitelisted" in shop.session.get(f"{SHOP}/admin/oauth/authorize", params=asked, timeout=5).text


def test_a_code_buys_an_expiring_pair_once(bare: Shop) -> None:
    code = install(bare)["code"]
    pair = token(bare, code=code, expiring="1")
    assert (pair["expires_in"], pair["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert pair["scope"] == "read_products,read_orders,write_orders"
    assert status(bare, pair["access_token"]) == 200
    assert token(bare, 400, code=code)["error"] == "invalid_request"
    with later(seconds=3599):
        assert status(bare, pair["access_token"]) == 200
    with later(seconds=3600):
        assert status(bare, pair["access_token"]) == 401


def test_without_expiring_the_token_lasts(bare: Shop) -> None:
    answer = token(bare, code=install(bare)["code"])
    assert set(answer) == {"access_token", "scope"}
    with later(days=400):
        assert status(bare, answer["access_token"]) == 200


def test_a_code_is_good_for_a_minute(bare: Shop) -> None:
    code = install(bare)["code"]
    with later(seconds=61):
        assert token(bare, 400, code=code)["error"] == "invalid_request"


def test_a_wrong_client_secret_buys_nothing(bare: Shop) -> None:
    assert token(bare, 401, client_secret="wrong", code=install(bare)["code"])["error"] == "invalid_client"


def refreshed(shop: Shop, old: str, code: int = 200) -> dict[str, Any]:
    return token(shop, code, grant_type="refresh_token", refresh_token=old)


def test_a_refresh_gives_a_new_pair_and_ends_the_old_access(bare: Shop) -> None:
    first = token(bare, code=install(bare)["code"], expiring="1")
    second = refreshed(bare, first["refresh_token"])
    assert second["access_token"] != first["access_token"] and second["refresh_token"] != first["refresh_token"]
    assert status(bare, first["access_token"]) == 401
    assert status(bare, second["access_token"]) == 200


def test_the_old_refresh_token_is_good_until_the_new_one_is_used(bare: Shop) -> None:
    first = token(bare, code=install(bare)["code"], expiring="1")
    refreshed(bare, first["refresh_token"])
    again = refreshed(bare, first["refresh_token"])  # the answer was lost: the same token is used once more
    refreshed(bare, again["refresh_token"])
    assert refreshed(bare, first["refresh_token"], 400)["error"] == "invalid_grant"


def test_an_old_refresh_token_ends_thirty_days_after_its_first_use(bare: Shop) -> None:
    first = token(bare, code=install(bare)["code"], expiring="1")
    refreshed(bare, first["refresh_token"])
    with later(days=29):
        refreshed(bare, first["refresh_token"])
    with later(days=30):
        assert refreshed(bare, first["refresh_token"], 400)["error"] == "invalid_grant"


def test_a_refresh_token_ends_after_ninety_days(bare: Shop) -> None:
    first = token(bare, code=install(bare)["code"], expiring="1")
    with later(days=90):
        assert refreshed(bare, first["refresh_token"], 400)["error"] == "invalid_grant"


def test_a_new_install_ends_older_tokens(shop: Shop) -> None:
    token(shop, code=install(shop)["code"], expiring="1")
    assert status(shop, TOKEN) == 401


def test_client_credentials_give_a_token_for_a_day(bare: Shop) -> None:
    answer = token(bare, grant_type="client_credentials")
    with later(hours=23):
        assert status(bare, answer["access_token"]) == 200
    with later(hours=24):
        assert status(bare, answer["access_token"]) == 401


def test_client_credentials_are_for_the_own_organisation_only() -> None:
    assert token(Shop(client_credentials=False), 400, grant_type="client_credentials")["error"] == "shop_not_permitted"


def test_a_permanent_token_is_exchanged_for_a_pair_one_way(shop: Shop) -> None:
    kind = "urn:shopify:params:oauth:token-type:offline-access-token"
    given = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": TOKEN, "subject_token_type": kind,
             "requested_token_type": kind, "expiring": "1"}
    pair = token(shop, **given)
    assert status(shop, TOKEN) == 401 and status(shop, pair["access_token"]) == 200
    assert token(shop, 400, **given)["error"] == "invalid_subject_token"


def test_an_uninstall_ends_every_token_and_is_told(shop: Shop) -> None:
    shop.ask("""mutation H { webhookSubscriptionCreate(topic: APP_UNINSTALLED, webhookSubscription: {uri: "http://hub.test/hooks/x"}) {
        userErrors { message } } }""")
    shop.control("POST", "uninstall")
    assert status(shop, TOKEN) == 401
    shop.control("POST", "events/deliver")
    headers, body = shop.hub.came[0]
    assert headers["x-shopify-topic"] == "app/uninstalled" and headers["x-shopify-hmac-sha256"] == signed(body)


# -- scopes and personal data ---------------------------------------------------------------------------------------


def test_the_granted_scopes_are_told(shop: Shop) -> None:
    shop.control("POST", "scopes", {"scopes": ["read_products", "write_orders"]})
    found = shop.ask("{ currentAppInstallation { accessScopes { handle } } }")["currentAppInstallation"]["accessScopes"]
    assert {each["handle"] for each in found} == {"read_products", "write_orders"}


@pytest.mark.parametrize(("query", "scope"), [
    ("{ products(first: 1) { nodes { id } } }", "read_products"), ("{ orders(first: 1) { nodes { id } } }", "read_orders"),
    ("{ locations(first: 1) { nodes { id } } }", "read_locations"), ("{ inventoryItems(first: 1) { nodes { id } } }", "read_inventory")])
def test_a_field_without_its_scope_is_denied_by_name(shop: Shop, query: str, scope: str) -> None:
    left = [each for each in shop.sim.access.scopes if each not in (scope, scope.replace("read_", "write_"))]
    shop.control("POST", "login", {"scopes": left})
    refused = shop.refused(query)
    assert refused["extensions"]["code"] == "ACCESS_DENIED" and scope in refused["extensions"]["requiredAccess"]


def test_a_write_scope_holds_its_read_scope(shop: Shop) -> None:
    shop.control("POST", "login", {"scopes": ["write_products"]})
    assert shop.ask("{ products(first: 1) { nodes { id } } }")["products"]["nodes"]


def test_without_their_scope_fulfilment_orders_are_silently_not_there(shop: Shop) -> None:
    order = shop.made()["id"]
    assert shop.fulfillment_orders(order)
    shop.control("POST", "login", {"remove_scopes": ["write_merchant_managed_fulfillment_orders"]})
    assert shop.fulfillment_orders(order) == []


def test_old_orders_need_read_all_orders(shop: Shop) -> None:
    order = shop.made()["id"]
    query = "query O($id: ID!) { order(id: $id) { id } orders(first: 5) { nodes { id } } }"
    with later(days=61):
        assert shop.ask(query, id=order)["order"]
        shop.control("POST", "login", {"remove_scopes": ["read_all_orders"]})
        assert shop.ask(query, id=order) == {"order": None, "orders": {"nodes": []}}


def test_personal_data_is_kept_back_by_a_switch(shop: Shop) -> None:
    order = shop.made(phone="+447700900001")["id"]
    shop.control("POST", "settings", {"protected": True})
    found = shop.ask("query O($id: ID!) { order(id: $id) { email phone customer { id } shippingAddress { city } billingAddress { city } name } }",
                     id=order)["order"]
    assert {name: value for name, value in found.items() if name != "name"} == {
        "email": None, "phone": None, "customer": None, "shippingAddress": None, "billingAddress": None}
    refused = shop.refused("""mutation H { webhookSubscriptionCreate(topic: ORDERS_UPDATED, webhookSubscription: {uri: "http://hub.test/x"}) {
        userErrors { message } } }""")
    assert refused["extensions"]["code"] == "ACCESS_DENIED"


# -- cost -----------------------------------------------------------------------------------------------------------


def cost(shop: Shop, query: str) -> dict[str, Any]:
    told: dict[str, Any] = shop.answer(query)["extensions"]["cost"]
    return told


@pytest.mark.parametrize(("query", "points"), [
    ("{ shop { name currencyCode } }", 1), ("{ shop { plan { publicDisplayName } } }", 2),
    ("{ products(first: 10) { nodes { id } } }", 2 + 10), ("{ products(first: 10) { pageInfo { endCursor } edges { cursor node { id } } } }", 2 + 10),
    ("{ products(first: 10) { nodes { variants(first: 5) { nodes { id inventoryItem { id } } } } } }", 2 + 10 * (1 + 2 + 5 * 2)),
    ("{ products(first: 4) { nodes { media(first: 1) { nodes { id ... on MediaImage { image { url } } } } } } }", 2 + 4 * (1 + 2 + 2)),
    ("""mutation { tagsAdd(id: "gid://shopify/Order/1", tags: ["a"]) { node { id } userErrors { message } } }""", 10 + 1 + 1)])
def test_each_field_has_its_price(shop: Shop, query: str, points: int) -> None:
    assert cost(shop, query)["requestedQueryCost"] == points


def test_what_was_not_used_is_given_back(shop: Shop) -> None:
    told = cost(shop, "{ products(first: 200) { nodes { id } } }")
    assert told["requestedQueryCost"] == 202 and told["actualQueryCost"] == 2 + 6
    assert told["throttleStatus"] == {"maximumAvailable": 2000.0, "currentlyAvailable": 1992, "restoreRate": 100.0}


def test_a_query_above_the_cap_never_runs(shop: Shop) -> None:
    refused = shop.refused("{ products(first: 250) { nodes { variants(first: 10) { nodes { id } } } } }")
    assert refused["extensions"] == {"code": "MAX_COST_EXCEEDED", "cost": 2 + 250 * 13, "maxCost": 1000}
    assert cost(shop, NAME)["throttleStatus"]["currentlyAvailable"] == 1999


def test_an_empty_bucket_throttles_at_200_and_fills_by_the_clock(shop: Shop) -> None:
    shop.control("POST", "throttle")
    response = shop.post("{ products(first: 98) { nodes { id } } }")
    told = response.json()
    assert response.status_code == 200 and "data" not in told
    assert told["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert told["extensions"]["cost"] == {"requestedQueryCost": 100, "actualQueryCost": None, "throttleStatus": {
        "maximumAvailable": 2000.0, "currentlyAvailable": 0, "restoreRate": 100.0}}
    with later(seconds=1):
        assert shop.ask("{ products(first: 98) { nodes { id } } }")["products"]["nodes"]


def test_a_bigger_plan_has_a_bigger_bucket(shop: Shop) -> None:
    shop.control("POST", "settings", {"bucket": 20_000, "restore_rate": 1000})
    assert cost(shop, NAME)["throttleStatus"] == {"maximumAvailable": 20000.0, "currentlyAvailable": 19999, "restoreRate": 1000.0}


def test_pages_hold_two_hundred_and_fifty_at_most(shop: Shop) -> None:
    assert "cannot exceed 250" in shop.refused("{ products(first: 251) { nodes { id } } }")["message"]
    assert shop.refused("{ products { nodes { id } } }")["message"].startswith("you must provide one of first or last")


def test_input_arrays_hold_two_hundred_and_fifty_at_most(shop: Shop) -> None:
    refused = shop.refused("query N($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["gid://shopify/Product/1"] * 251)
    assert refused["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    order = shop.made()["id"]
    refused = shop.refused("mutation T($id: ID!, $t: [String!]!) { tagsAdd(id: $id, tags: $t) { node { id } } }", id=order, t=["x"] * 251)
    assert refused["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


def test_a_dropped_answer_leaves_its_effect(shop: Shop) -> None:
    shop.control("POST", "faults", {"match": {"operation": "OrderCreate"}, "do": {"drop": "after"}})
    with pytest.raises(requests.ConnectionError):
        shop.made()
    assert [row["key"] for row in shop.control("GET", "orders")] == ["577001112223334445"]

"""The sandbox's gate: signature, clock, token, scope, shop, rate; tokens from consent to revocation."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from hub import clock
from hub.simulator import serve
from hub.tiktok.sandbox import sign
from hub.tiktok.sandbox.gateway import is_signed
from tests.sandbox.tiktok_shop import KEY, SECRET, SERVICE, Hand
from tests.support.openapi import CONTRACTS

SHOPS = "/authorization/202309/shops"
WAREHOUSES = "/logistics/202309/warehouses"


@pytest.fixture
def hand() -> Hand:
    return Hand.at()


def test_no_two_places_of_any_shop_share_an_id():
    shops = Hand.at(regions=("US", "GB", "DE", "JP")).app.sim.shops.values()
    ids = [shop.id for shop in shops] + [shop.delivery_option_id for shop in shops] + [w.id for shop in shops for w in shop.warehouses]
    assert len(shops) == 4 and len(set(ids)) == len(ids) == 16


def test_the_published_signatures_are_accepted_and_a_changed_one_is_not():
    path = CONTRACTS / "tiktok_sign_vectors.json"
    if not path.exists():
        pytest.skip("the vectors are not there")
    vectors = json.loads(path.read_text())["request"]
    assert len(vectors) >= 8
    for one in vectors:
        body = (one["body"] or "").encode()
        given = (one["app_secret"], one["path"], one["query"], body, one["content_type"])
        assert is_signed(*given, one["sign"]), one["name"]
        spoilt = ("0" if one["sign"][0] != "0" else "1") + one["sign"][1:]
        assert not is_signed(*given, spoilt), one["name"]


def test_a_wrong_signature_is_refused_and_the_right_one_taken(hand: Hand):
    refused = hand.call("GET", SHOPS, cipher=False, spoil=lambda query: query.update(sign="0" * 64))
    assert refused.code == 106001
    assert hand.call("GET", SHOPS, cipher=False).code == 0


@pytest.mark.parametrize(("lag_s", "repaired"), [(301, 290), (-31, -25)])
def test_the_clock_may_be_five_minutes_late_and_thirty_seconds_early(hand: Hand, lag_s: int, repaired: int):
    hand.lag_s = lag_s
    refused = hand.call("GET", SHOPS, cipher=False)
    assert (refused.code, "timestamp" in refused.json["message"]) == (36009004, True)
    hand.lag_s = repaired
    assert hand.call("GET", SHOPS, cipher=False).code == 0


def word_of(answer: Any) -> tuple[int, int, str]:
    return answer.status, answer.code, answer.json["message"]


def test_the_shared_code_tells_its_cause_by_a_word(hand: Hand):
    hand.key = "nobody"
    status, code, says = word_of(hand.call("GET", SHOPS, cipher=False))
    assert (status, code) == (400, 36009004) and "app_key" in says
    hand.key = KEY
    says = word_of(hand.call("GET", SHOPS, cipher=False, spoil=lambda query: query.pop("sign")))[2]
    assert "signature" in says
    hand.token, fine = "TTP_garbage", hand.token
    status, code, says = word_of(hand.call("GET", SHOPS, cipher=False))
    assert (status, code) == (401, 36009004) and "x-tts-access-token" in says
    hand.token = fine
    says = word_of(hand.call("GET", SHOPS))[2]
    assert "shop_cipher" in says and "not required" in says
    assert hand.call("GET", SHOPS, cipher=False).code == 0


def test_a_cipher_is_demanded_and_must_be_the_sellers(hand: Hand):
    assert hand.call("GET", WAREHOUSES, cipher=False).code == 106013
    right, hand.cipher = hand.cipher, "TTP_of_somebody_else"
    assert hand.call("GET", WAREHOUSES).code == 101000
    hand.cipher = right
    assert hand.call("GET", WAREHOUSES).code == 0


def test_a_scope_that_was_not_granted_is_refused():
    hand = Hand.at(grants=("seller.authorization.info",))
    assert hand.call("GET", SHOPS, cipher=False).code == 0
    refused = hand.call("GET", WAREHOUSES)
    assert (refused.status, refused.code) == (403, 105005)
    hand.control("PATCH", "/sandbox/settings", {"grants": ["seller.logistics"]})
    hand.token = hand.control("POST", "/sandbox/tokens")["access_token"]
    assert hand.call("GET", WAREHOUSES).code == 0


def test_paths_verbs_and_versions_that_are_none(hand: Hand):
    assert word_of(hand.call("GET", "/nothing/202309/here"))[:2] == (404, 36009009)
    assert hand.call("POST", WAREHOUSES).code == 36009010
    assert hand.call("GET", "/logistics/209901/warehouses").code == 36009014
    assert hand.call("GET", WAREHOUSES).code == 0


def test_a_body_that_is_no_json_is_refused(hand: Hand):
    path = "/product/202309/inventory/search"
    assert hand.call("POST", path, body=b"{").code == 36009022
    assert hand.call("POST", path, body=b"[]").code == 36009022
    assert hand.call("POST", path, body={"product_ids": ["1"]}).code == 0
    assert hand.call("POST", "/product/202309/images/upload", cipher=False, body={}).code == 36009023


def test_a_required_parameter_is_named(hand: Hand):
    refused = hand.call("POST", "/order/202309/orders/search", body={})
    assert refused.code == 36009004 and "page_size" in refused.json["message"]
    assert hand.call("POST", "/order/202309/orders/search", {"page_size": "101"}, {}).code == 36009004
    assert hand.call("POST", "/order/202309/orders/search", {"page_size": "100"}, {}).code == 0


def test_more_calls_than_the_rate_are_answered_429_with_the_wait():
    hand = Hand.at(rate_per_s=0.01, burst=3)
    answers = [hand.call("GET", WAREHOUSES) for _ in range(4)]
    assert [one.status for one in answers] == [200, 200, 200, 429]
    assert answers[3].code == 36009002
    assert int(answers[3].headers["Retry-After"]) >= 1
    # The budget is per app, shop and operation.
    assert hand.call("GET", SHOPS, cipher=False).status == 200
    assert hand.app.sim.journal.busiest_second("GetWarehouseList") == 4


def test_an_expired_token_is_refreshed_and_the_spent_refresh_token_is_worth_nothing(hand: Hand):
    hand.control("POST", "/sandbox/tokens/expire", {"kind": "access"})
    refused = hand.call("GET", SHOPS, cipher=False)
    assert (refused.status, refused.code) == (401, 105002)
    pair = hand.control("POST", "/sandbox/tokens")

    def refresh(token: str, **changes: str) -> dict[str, Any]:
        query = {"app_key": KEY, "app_secret": SECRET, "grant_type": "refresh_token", "refresh_token": token}
        return hand.app.test_client().get("/api/v2/token/refresh", query_string={**query, **changes}).json

    fresh = refresh(pair["refresh_token"])["data"]
    assert fresh["access_token_expire_in"] > clock.timestamp()
    assert refresh(pair["refresh_token"])["code"] == 36004005
    assert refresh(fresh["refresh_token"], app_secret="wrong")["code"] == 36009004
    assert refresh(fresh["refresh_token"])["code"] == 0
    hand.token = fresh["access_token"]
    assert hand.call("GET", SHOPS, cipher=False).code == 0


def test_a_token_ends_when_its_time_is_over(hand: Hand):
    with clock.hold(clock.now() + timedelta(days=7, seconds=1)):
        assert hand.call("GET", SHOPS, cipher=False).code == 105002


def test_a_seller_who_removes_the_app_ends_its_tokens(hand: Hand):
    hand.control("PUT", "/sandbox/app", {"webhook_url": "https://hub.example/hooks"})
    hand.control("POST", "/sandbox/deauthorise")
    assert hand.call("GET", SHOPS, cipher=False).code == 36009004
    (message,) = hand.control("GET", "/sandbox/webhooks?event=SELLER_DEAUTHORIZATION")["messages"]
    assert json.loads(message["body"])["type"] == 6


def test_consent_gives_a_code_that_is_good_once():
    hand = Hand.at(redirect_url="https://hub.example/back?from=tiktok")
    browser = hand.app.test_client()
    page = browser.get("/open/authorize", query_string={"service_id": SERVICE, "state": "s-1"})
    assert page.status_code == 200 and "Authorize" in page.text and "sandbox" in page.text
    seller = hand.control("GET", "/sandbox/state")["sellers"][0]["id"]
    form = {"service_id": SERVICE, "state": "s-1", "seller_id": seller}
    back = browser.post("/open/authorize", data={**form, "answer": "authorize"})
    assert back.status_code == 302
    assert back.location.startswith("https://hub.example/back?from=tiktok&code=") and "state=s-1" in back.location
    code = back.location.split("code=")[1].split("&")[0]
    query = {"app_key": KEY, "app_secret": SECRET, "grant_type": "authorized_code", "auth_code": code}
    granted = browser.get("/api/v2/token/get", query_string=query).json["data"]
    hand.token = granted["access_token"]
    assert hand.call("GET", SHOPS, cipher=False).data["shops"][0]["region"] == "US"
    assert browser.get("/api/v2/token/get", query_string=query).json["code"] == 36004004
    declined = browser.post("/open/authorize", data={**form, "answer": "decline"})
    assert "code=null" in declined.location and "error=auth_denied" in declined.location


def test_a_code_is_good_for_thirty_minutes():
    hand = Hand.at(redirect_url="https://hub.example/back")
    code = hand.control("POST", "/sandbox/authorize")["code"]
    query = {"app_key": KEY, "app_secret": SECRET, "grant_type": "authorized_code", "auth_code": code}
    with clock.hold(clock.now() + timedelta(minutes=30)):
        assert hand.app.test_client().get("/api/v2/token/get", query_string=query).json["code"] == 36004004


def test_the_consent_page_says_what_is_wrong_with_a_link():
    hand = Hand.at(redirect_url="https://hub.example/back")
    page = hand.app.test_client().get("/open/authorize?service_id=1")
    assert page.status_code == 400 and "service id" in page.text


def test_an_inactive_shop_is_refused_until_it_is_active_again(hand: Hand):
    shop = f"/sandbox/shops/{hand.shop['id']}"
    hand.control("PATCH", shop, {"active": False})
    assert hand.call("GET", WAREHOUSES).code == 36009043
    hand.control("PATCH", shop, {"active": True})
    assert hand.call("GET", WAREHOUSES).code == 0


def test_it_answers_over_a_real_socket():
    import requests

    hand = Hand.at()
    query = {"app_key": KEY, "timestamp": str(int(clock.timestamp()))}
    query["sign"] = sign(SECRET, SHOPS, query, b"")
    with serve(hand.app) as server:
        headers = {"x-tts-access-token": hand.token}
        answer = requests.get(server.url + SHOPS, params=query, headers=headers, timeout=5)
        assert answer.json()["code"] == 0
        requests.post(server.url + "/sandbox/faults", json={"do": {"drop": "before"}}, timeout=5)
        with pytest.raises(requests.ConnectionError):
            requests.get(server.url + SHOPS, params=query, headers=headers, timeout=5)

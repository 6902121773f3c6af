"""The practice Magento shop lets in whom the real one lets in: signatures, handshake, bearer flag, permissions."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest
import requests
from flask import Flask, request
from requests_oauthlib import OAuth1

from hub import clock
from hub.simulator import InProcessAdapter
from hub.stores.magento.sandbox.rest import STORE
from tests.sandbox.magento_shop import BASE, CONSUMER, TOKEN, Shop


def sign(**changes: Any) -> OAuth1:
    """A signature that may be wrong in one thing."""
    options: dict[str, Any] = {"signature_method": "HMAC-SHA256"}
    return OAuth1(
        changes.pop("key", CONSUMER[0]), changes.pop("secret", CONSUMER[1]), changes.pop("token", TOKEN[0]),
        changes.pop("token_secret", TOKEN[1]), **{**options, **changes},
    )  # fmt: skip


def test_a_signed_call_is_answered():
    assert Shop().call("GET", "store/storeViews").status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"secret": "wrong"}, 401, "The signature is invalid"),
        ({"token_secret": "wrong"}, 401, "The signature is invalid"),
        ({"token": "wrong"}, 401, "Specified token does not exist"),
        ({"key": "wrong"}, 401, "A consumer having the specified key does not exist"),
        ({"signature_method": "HMAC-SHA1"}, 400, "Signature method %1 is not supported"),
    ],
)
def test_a_wrong_signature_is_refused_and_the_right_one_taken(changes: dict[str, Any], status: int, says: str):
    shop = Shop()
    refused = shop.call("GET", "store/storeViews", auth=sign(**changes))
    assert refused.status_code == status
    assert says in refused.json()["message"]
    assert shop.call("GET", "store/storeViews", auth=sign()).status_code == 200


def test_a_nonce_is_taken_once():
    shop = Shop()
    again = sign(nonce="the-same")
    assert shop.call("GET", "store/storeViews", auth=again).status_code == 200
    refused = shop.call("GET", "store/storeViews", auth=again)
    assert (refused.status_code, refused.json()["message"]) == (401, "The nonce is already being used by the consumer with ID %1")


@pytest.mark.parametrize(("offset_s", "status"), [(-86400, 200), (590, 200), (660, 401)])
def test_an_old_timestamp_passes_and_one_far_ahead_does_not(offset_s: int, status: int):
    stamp = str(int(clock.timestamp()) + offset_s)
    assert Shop().call("GET", "store/storeViews", auth=sign(timestamp=stamp)).status_code == status


def _filters(count: int) -> str:
    parts = []
    for index in range(count):
        name = f"searchCriteria[filter_groups][{index}][filters][0]"
        parts += [f"{name}[field]=sku", f"{name}[value]=%25", f"{name}[condition_type]=like"]
    return "products?" + "&".join(parts)


def test_twelve_filters_sorted_by_bytes_are_refused_by_247_and_taken_by_248():
    assert Shop().call("GET", _filters(9)).status_code == 200
    assert Shop().call("GET", _filters(12)).status_code == 401
    assert Shop(version="2.4.8").call("GET", _filters(12)).status_code == 200


def test_an_escaped_slash_in_the_path_is_signed_unescaped_up_to_247():
    assert Shop().call("GET", "products/BAG%2F02").status_code == 401
    assert Shop(version="2.4.8").call("GET", "products/BAG%2F02").status_code == 404


def test_the_bearer_flag_is_off_at_first_and_the_answer_is_that_of_a_missing_permission():
    shop = Shop()
    headers = {"Authorization": f"Bearer {TOKEN[0]}"}
    refused = shop.call("GET", "store/storeViews", auth=None, headers=headers)
    assert refused.status_code == 401
    assert refused.json()["message"] == "The consumer isn't authorized to access %resources."
    assert refused.json()["parameters"] == {"resources": STORE}
    shop.control("POST", "integration", {"bearer": True})
    assert shop.call("GET", "store/storeViews", auth=None, headers=headers).status_code == 200
    assert shop.call("GET", "store/storeViews", auth=None).status_code == 401


def test_a_missing_permission_is_named_until_it_is_given():
    shop = Shop(resources=["Magento_Catalog::products"])
    assert shop.call("GET", "products?searchCriteria[pageSize]=1").status_code == 200
    refused = shop.call("GET", "orders?searchCriteria[pageSize]=1")
    assert (refused.status_code, refused.json()["parameters"]) == (401, {"resources": "Magento_Sales::actions_view"})
    shop.control("POST", "integration", {"resources": None})
    assert shop.call("GET", "orders?searchCriteria[pageSize]=1").status_code == 200


class Connector:
    """Stands where the hub stands in the handshake."""

    def __init__(self, shop: Shop) -> None:
        self.app = Flask("connector")
        self.posted: dict[str, str] = {}
        self.seen: dict[str, str] = {}
        self.app.post("/callback")(self.callback)
        self.app.get("/identity")(self.identity)
        shop.http.mount("http://hub.test", InProcessAdapter(self.app))
        self.shop = shop

    def callback(self) -> tuple[str, int]:
        self.posted = request.form.to_dict()
        return "ignored", 500

    def identity(self) -> tuple[str, int, dict[str, str]]:
        self.seen = request.args.to_dict()
        return "", 302, {"Location": self.seen["success_call_back"]}

    def activate(self) -> Any:
        body = {"callback_url": "http://hub.test/callback", "identity_url": "http://hub.test/identity", "open": True}
        return self.shop.control("POST", "integration/activate", body)

    def exchange(self, step: str, **auth: Any) -> requests.Response:
        signed = OAuth1(
            self.posted["oauth_consumer_key"], self.posted["oauth_consumer_secret"], signature_method="HMAC-SHA256", **auth
        )
        return self.shop.session.post(f"{BASE}/oauth/token/{step}", auth=signed, timeout=5)

    def tokens(self) -> tuple[str, str]:
        asked = dict(urllib.parse.parse_qsl(self.exchange("request").text))
        answer = self.exchange(
            "access", resource_owner_key=asked["oauth_token"], resource_owner_secret=asked["oauth_token_secret"],
            verifier=self.posted["oauth_verifier"],
        )  # fmt: skip
        found = dict(urllib.parse.parse_qsl(answer.text))
        return found["oauth_token"], found["oauth_token_secret"]


@pytest.fixture
def connector() -> Connector:
    return Connector(Shop(access_token=None))


def test_the_handshake_posts_the_keys_and_ends_with_a_token_that_signs(connector: Connector):
    told = connector.activate()
    assert set(connector.posted) == {"oauth_consumer_key", "oauth_consumer_secret", "oauth_verifier", "store_base_url"}
    assert connector.posted["store_base_url"] == f"{BASE}/"
    assert all(len(connector.posted[name]) == 32 for name in connector.posted if name != "store_base_url")
    assert connector.seen["oauth_consumer_key"] == connector.posted["oauth_consumer_key"]
    assert told["popup_leads_to"] == connector.seen["success_call_back"]
    assert not connector.shop.control("GET", "integration")["active"]
    token, secret = connector.tokens()
    assert connector.shop.control("GET", "integration")["active"]
    signed = sign(token=token, token_secret=secret)
    assert connector.shop.call("GET", "store/storeViews", auth=signed).status_code == 200


def test_a_verifier_gives_one_request_token_only(connector: Connector):
    connector.activate()
    assert connector.exchange("request").status_code == 200
    again = connector.exchange("request")
    assert (again.status_code, again.text.split("=")[0]) == (401, "oauth_problem")
    assert "verifier+token" in again.text


def test_the_keys_expire_five_minutes_after_they_were_posted(connector: Connector):
    connector.activate()
    connector.shop.control("POST", "mishaps", {"skew_s": 301})
    late = connector.exchange("request")
    assert (late.status_code, late.text) == (401, "oauth_problem=Consumer+key+has+expired")
    connector.shop.control("POST", "mishaps", {"skew_s": 290})
    assert connector.exchange("request").status_code == 200


def test_a_wrong_verifier_gets_no_access_token(connector: Connector):
    connector.activate()
    asked = dict(urllib.parse.parse_qsl(connector.exchange("request").text))
    refused = connector.exchange(
        "access", resource_owner_key=asked["oauth_token"], resource_owner_secret=asked["oauth_token_secret"], verifier="x" * 32
    )
    assert refused.status_code == 401
    assert not connector.shop.sim.integration.active


def test_reauthorize_ends_the_old_token_and_keeps_the_consumer_key(connector: Connector):
    connector.activate()
    first = connector.tokens()
    key = connector.posted["oauth_consumer_key"]
    connector.activate()
    old = sign(token=first[0], token_secret=first[1])
    assert connector.shop.call("GET", "store/storeViews", auth=old).status_code == 401
    assert connector.posted["oauth_consumer_key"] == key
    new = connector.tokens()
    assert connector.shop.call("GET", "store/storeViews", auth=sign(token=new[0], token_secret=new[1])).status_code == 200

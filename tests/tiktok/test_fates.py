"""How a call may end: accepted, busy, refused, signed out. The HTTP status is believed only without an envelope."""

import json
from decimal import Decimal

import pytest
import requests
import responses

from hub.domain.problems import CATALOGUE
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.tiktok import AppKeys, TikTokShop, auth, codes
from tests.support.openapi import Contract

HOST = "https://api.test"
KEYS = AppKeys(
    app_key="key1", app_secret="s" * 40, service_id="77", api_host=HOST, token_host="https://token.test",
    consent_host="https://consent.test",
)  # fmt: skip
WAREHOUSES = f"{HOST}/logistics/202309/warehouses"


class Tokens:
    """Two tokens: the second comes when the first is not taken."""

    def __init__(self):
        self.stale = []

    def current(self):
        return "old"

    def renew(self, stale_token):
        self.stale.append(stale_token)
        return "new"


@pytest.fixture
def tokens():
    return Tokens()


@pytest.fixture
def shop(tokens):
    return TikTokShop(KEYS, tokens, "cipher1", "US")


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def envelope(code=0, message="Success", data=None):
    return {"code": code, "message": message, "request_id": "20260302093000ABCDEF", "data": data}


def answers(wire, *bodies, status=200, headers=None, url=WAREHOUSES, method="GET"):
    for body in bodies:
        wire.add(method, url, json=body, status=status, headers=headers)


def test_a_refusal_under_200_is_a_refusal_with_the_platforms_code_words_and_request_id(wire, shop):
    answers(wire, envelope(12052261, "the title is empty"))
    with pytest.raises(Refused) as refused:
        shop.logistics.warehouses()
    assert refused.value.context["code"] == 12052261
    assert refused.value.context["message"] == "the title is empty"
    assert refused.value.context["request_id"] == "20260302093000ABCDEF"
    assert refused.value.context["operation"] == "GetWarehouseList"
    assert [one.code for one in refused.value.problems] == ["tiktok.title"]
    assert "the title is empty" in refused.value.problems[0].says
    assert refused.value.problems[0].raw == "12052261 the title is empty"


def test_a_code_that_nobody_knows_is_a_refusal_in_the_platforms_words(wire, shop):
    answers(wire, envelope(99999999, "something new"))
    with pytest.raises(Refused) as refused:
        shop.logistics.warehouses()
    assert (refused.value.problems[0].code, refused.value.problems[0].says) == ("tiktok.refused", "something new")


@pytest.mark.parametrize("code", sorted(codes.TEMPORARY))
def test_a_code_that_says_later_is_temporary_even_under_200(wire, shop, code):
    answers(wire, envelope(code, "try again"))
    with pytest.raises(Temporary) as later:
        shop.logistics.warehouses()
    assert later.value.context["code"] == code


@pytest.mark.parametrize(
    ("code", "headers", "wait"),
    [(36009002, {"Retry-After": "7"}, 7.0), (36009002, {}, 1.0), (36009037, {}, 3600.0), (36009037, {"Retry-After": "90"}, 90.0)],
)  # fmt: skip
def test_throttling_waits_as_long_as_asked(wire, shop, code, headers, wait):
    answers(wire, envelope(code, "too many requests"), status=429, headers=headers)
    with pytest.raises(Temporary) as later:
        shop.logistics.warehouses()
    assert later.value.retry_after == wait


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_without_an_envelope_is_temporary(wire, shop, status):
    wire.get(WAREHOUSES, body="<html>maintenance</html>", status=status, headers={"Retry-After": "30"})
    with pytest.raises(Temporary) as later:
        shop.logistics.warehouses()
    assert later.value.retry_after == 30.0


@pytest.mark.parametrize("body", ["", "<html>", '{"code":0,"data":{"warehouses":[', "[]", '{"ok":true}', '{"code":true}'])
def test_a_200_without_a_whole_envelope_is_temporary_and_no_success(wire, shop, body):
    wire.get(WAREHOUSES, body=body, status=200)
    with pytest.raises(Temporary):
        shop.logistics.warehouses()


def test_no_answer_is_temporary(wire, shop):
    wire.get(WAREHOUSES, body=requests.ConnectionError("gone"))
    with pytest.raises(Temporary):
        shop.logistics.warehouses()


def test_an_expired_token_is_renewed_once_and_the_call_repeated(wire, shop, tokens):
    answers(wire, envelope(105002, "expired"), status=401)
    answers(wire, envelope(data={"warehouses": [{"id": "1", "type": "SALES_WAREHOUSE"}]}))
    assert [one.warehouse_id for one in shop.logistics.warehouses()] == ["1"]
    assert tokens.stale == ["old"]
    assert [call.request.headers["x-tts-access-token"] for call in wire.calls] == ["old", "new"]


def test_a_write_repeated_with_a_new_token_sends_the_same_bytes_signed_anew(wire, shop):
    url = f"{HOST}/event/202309/webhooks"
    answers(wire, envelope(105002, "expired"), envelope(), url=url, method="PUT")
    shop.hooks.register("ORDER_STATUS_CHANGE", "https://hub.test/hooks")
    first, second = (call.request for call in wire.calls)
    assert first.body == second.body == b'{"event_type":"ORDER_STATUS_CHANGE","address":"https://hub.test/hooks"}'


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize("words", ["Invalid 'x-tts-access-token' header", "`access_token` is invalid", "invalid x-tts-access-token"])
def test_a_token_still_unknown_after_one_renewal_needs_a_person(wire, shop, tokens, words, status):
    answers(wire, envelope(36009004, words), envelope(36009004, words), status=status)
    with pytest.raises(NeedsReconnect):
        shop.logistics.warehouses()
    assert tokens.stale == ["old"] and len(wire.calls) == 2


def test_a_shop_that_the_token_does_not_cover_needs_a_person(wire, shop):
    answers(wire, *[envelope(101000, "token and shop_cipher do not belong together")] * 2, status=401)
    with pytest.raises(NeedsReconnect):
        shop.logistics.warehouses()


def test_a_fresh_token_that_is_called_expired_is_tried_later(wire, shop, tokens):
    answers(wire, *[envelope(105002, "expired")] * 2, status=401)
    with pytest.raises(Temporary):
        shop.logistics.warehouses()
    assert len(wire.calls) == 2


@pytest.mark.parametrize(
    ("code", "words"), [(36009004, "Invalid 'app_key'"), (106001, "wrong sign"), (36004005, "can not find related auth record")]
)  # fmt: skip
def test_an_app_that_is_not_let_in_needs_a_person(wire, shop, tokens, code, words):
    answers(wire, envelope(code, words), status=400)
    with pytest.raises(NeedsReconnect):
        shop.logistics.warehouses()
    assert tokens.stale == []


def test_a_wrong_clock_is_said_and_tried_again(wire, shop):
    answers(wire, envelope(36009004, "Invalid 'timestamp'"), status=400)
    with pytest.raises(Temporary) as later:
        shop.logistics.warehouses()
    assert "clock" in later.value.says and later.value.hint


@pytest.mark.parametrize("words", ["'page_size' type invalid", "Unexpected identifier: 'shop_cipher'", "missing credentials"])
def test_any_other_gateway_refusal_is_final(wire, shop, tokens, words):
    answers(wire, envelope(36009004, words), status=400)
    with pytest.raises(Refused):
        shop.logistics.warehouses()
    assert tokens.stale == []


@pytest.mark.parametrize(("code", "problem"), [(105005, "tiktok.scope"), (36009043, "tiktok.seller"), (36009033, "tiktok.ip")])
def test_what_the_merchant_mends_elsewhere_is_named(wire, shop, code, problem):
    answers(wire, envelope(code, "no"), status=403)
    with pytest.raises(Refused) as refused:
        shop.logistics.warehouses()
    assert refused.value.problems[0].code == problem


def test_every_code_leads_to_a_problem_that_the_catalogue_has():
    assert set(codes.PROBLEM_OF.values()) <= set(CATALOGUE)
    for code in codes.PROBLEM_OF:
        told = codes.problem_of(code, "says so")
        assert "?" not in told.says + told.where + told.fix, code


def test_no_code_is_both_busy_and_the_merchants_to_mend():
    assert not codes.TEMPORARY & set(codes.PROBLEM_OF)


def test_every_code_that_a_create_may_refuse_with_is_named_where_the_merchant_mends_it(contract: Contract):
    """Codes of sale modes that we never ask for (pre-sale, bundles, Tokopedia, …) stay in TikTok Shop's words."""
    operation = contract.operation("POST", "/product/202309/products")
    named = [code for code in operation["x-error-codes"] if code in codes.PROBLEM_OF]
    assert len(named) >= 120


def test_a_partial_failure_under_code_0_names_each_product(wire, shop):
    answers(
        wire,
        envelope(data={"errors": [
            {"code": 12052901, "message": "status", "detail": {"product_id": "2"}},
            {"code": 12052330, "message": "whole", "detail": {"product_id": "3", "extra_errors": [
                {"code": 12052048, "message": "of another shop"}]}},
        ]}),
        url=f"{HOST}/product/202309/products/deactivate", method="POST",
    )  # fmt: skip
    refused = shop.products.deactivate(["1", "2", "3"])
    assert {name: one.code for name, one in refused.items()} == {"2": "listing.not_live", "3": "tiktok.gone"}


def test_a_failure_that_names_nothing_counts_for_all_that_was_asked(wire, shop):
    answers(
        wire, envelope(data={"errors": [{"code": 12052990, "message": "check failed"}]}),
        url=f"{HOST}/product/202309/products/activate", method="POST",
    )  # fmt: skip
    assert set(shop.products.activate(["1", "2"])) == {"1", "2"}


def test_more_than_twenty_products_are_switched_in_several_calls(wire, shop):
    answers(wire, *[envelope(data={})] * 3, url=f"{HOST}/product/202309/products/activate", method="POST")
    assert shop.products.activate([str(number) for number in range(45)]) == {}
    assert [len(json.loads(call.request.body)["product_ids"]) for call in wire.calls] == [20, 20, 5]


def test_pages_are_read_to_the_end(wire, shop):
    url = f"{HOST}/order/202309/orders/search"
    answers(
        wire,
        envelope(data={"orders": [{"id": "1"}], "next_page_token": "p2"}),
        envelope(data={"orders": [{"id": "2"}], "next_page_token": ""}),
        url=url, method="POST",
    )  # fmt: skip
    assert [order.order_id for order in shop.orders.search()] == ["1", "2"]
    assert "page_token=p2" in wire.calls[1].request.url
    assert wire.calls[0].request.body is None


def test_a_list_that_never_ends_is_given_up(wire, shop):
    for _ in range(3):
        answers(
            wire, envelope(data={"orders": [], "next_page_token": "same"}),
            url=f"{HOST}/order/202309/orders/search", method="POST",
        )  # fmt: skip
    with pytest.raises(Temporary):
        list(shop.orders.search())
    assert len(wire.calls) == 2


def test_numbers_with_a_fraction_are_exact(wire, shop):
    wire.get(
        f"{HOST}/order/202507/orders",
        body='{"code":0,"message":"","request_id":"","data":{"orders":[{"id":576461413038785752,"payment":'
        '{"currency":"USD","total_amount":0.1,"tax":"0.20"}}]}}',
    )
    (order,) = shop.orders.get(["576461413038785752"])
    assert (order.order_id, order.total, order.tax) == ("576461413038785752", Decimal("0.1"), Decimal("0.20"))


def test_an_amount_that_is_no_number_stops_the_call(wire, shop):
    answers(wire, envelope(data={"orders": [{"id": "1", "payment": {"total_amount": "n/a"}}]}), url=f"{HOST}/order/202507/orders")
    with pytest.raises(Temporary):
        shop.orders.get(["1"])


def test_one_foreign_order_does_not_hide_the_others(wire, shop):
    def known(request):
        ids = request.params["ids"].split(",")
        if "3" in ids:
            return 200, {}, json.dumps(envelope(21008111, "order of another seller"))
        return 200, {}, json.dumps(envelope(data={"orders": [{"id": one} for one in ids]}))

    wire.add_callback("GET", f"{HOST}/order/202507/orders", callback=known)
    assert [one.order_id for one in shop.orders.get(["1", "2", "3", "4", "1"])] == ["1", "2", "4"]


def test_an_id_that_is_none_never_becomes_a_path(wire, shop):
    with pytest.raises(Refused):
        shop.products.get("../orders")
    assert len(wire.calls) == 0


def test_the_query_is_signed_as_it_is_sent(wire, shop):
    from urllib.parse import parse_qsl, urlsplit

    from hub.tiktok.signing import sign

    answers(wire, envelope(data={"brands": []}), url=f"{HOST}/product/202309/brands")
    assert list(shop.categories.brands("Müller & Söhne +100%")) == []
    query = dict(parse_qsl(urlsplit(wire.calls[0].request.url).query))
    assert query["brand_name"] == "Müller & Söhne +100%"
    assert query.pop("sign") == sign("s" * 40, "/product/202309/brands", query)
    assert query["shop_cipher"] == "cipher1" and query["category_version"] == "v2"


@pytest.mark.parametrize(("code", "message"), [(36004004, "invalid auth code"), (36004005, "can not find related auth record")])
def test_a_used_code_or_unknown_refresh_token_needs_a_person(wire, code, message):
    for path in ("get", "refresh"):
        wire.get(f"https://token.test/api/v2/token/{path}", json=envelope(code, message))
    with pytest.raises(NeedsReconnect):
        auth.exchange(KEYS, "c1")
    with pytest.raises(NeedsReconnect):
        auth.refresh(KEYS, "r1")


def test_a_busy_token_host_is_tried_later(wire):
    wire.get("https://token.test/api/v2/token/refresh", body="", status=503)
    with pytest.raises(Temporary):
        auth.refresh(KEYS, "r1")


def test_a_token_answer_without_tokens_is_no_sign_in(wire):
    wire.get("https://token.test/api/v2/token/get", json=envelope(data={"access_token": ""}))
    with pytest.raises(Refused):
        auth.exchange(KEYS, "c1")


def test_secrets_are_in_no_repr():
    assert "ssss" not in repr(KEYS)

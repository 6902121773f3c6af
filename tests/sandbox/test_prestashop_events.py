"""Signatures both ways, replay, and the plugin's sending side (plugin contract sections 1 and 2)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Response

from hub import clock
from hub.simulator_plugin import Keys, NotAWebhookUrl, Pairing, is_signed_by, lower_headers, signature
from tests.sandbox.prestashop_shop import HOOK, SECRET, VECTORS, Practice, order_body, sign

SIGNATURES = json.loads((VECTORS / "signature.json").read_text())


@pytest.fixture
def shop() -> Practice:
    return Practice().pair()


def said(status: int, body: Any = None, **headers: str) -> Response:
    return Response(json.dumps(body or {}), status, headers=headers, content_type="application/json")


@pytest.mark.parametrize("vector", SIGNATURES["secrets"], ids=lambda vector: vector["name"])
def test_the_four_keys_come_out_of_the_secret(vector: dict[str, str]) -> None:
    keys = Keys.from_secret(vector["secret"])
    assert {name: getattr(keys, name).hex() for name in ("k1", "k2", "k3", "k4")} == {
        name: vector[name] for name in ("k1", "k2", "k3", "k4")}


@pytest.mark.parametrize("vector", SIGNATURES["messages"], ids=lambda vector: vector["name"])
def test_each_message_has_its_signature(vector: dict[str, str]) -> None:
    key = getattr(Keys.from_secret(vector["secret"]), vector["key"])
    body = vector["body"].encode()
    assert signature(key, vector["webhook-id"], vector["webhook-timestamp"], body) == vector["webhook-signature"]
    assert is_signed_by(key, vector, body)


@pytest.mark.parametrize("vector", SIGNATURES["wrong"], ids=lambda vector: vector["name"])
def test_a_wrong_signature_is_seen(vector: dict[str, str]) -> None:
    key = getattr(Keys.from_secret(vector["secret"]), vector["key"])
    assert not is_signed_by(key, vector, vector["body"].encode())


@pytest.mark.parametrize("url", [
    "ftp://hub.test/hooks/prestashop/" + "a" * 22 + f"#{SECRET['secret']}", HOOK, f"{HOOK}x#{SECRET['secret']}",
    HOOK.replace("prestashop", "magento") + f"#{SECRET['secret']}", f"{HOOK}#whsec_abc="])
def test_a_text_that_is_no_webhook_url_is_refused(url: str) -> None:
    with pytest.raises(NotAWebhookUrl):
        Pairing.from_webhook_url(url, "prestashop")


def test_the_secret_is_stripped_before_the_url_is_kept(shop: Practice) -> None:
    pairing = shop.sim.sender.pairing
    assert pairing is not None and pairing.url == HOOK
    assert SECRET["secret"] not in json.dumps(shop.control("GET", "events"))


def test_a_call_is_answered_under_k3_with_the_requests_id(shop: Practice) -> None:
    answer = shop.do("health", {}, message_id="call_x")
    headers = lower_headers(dict(answer.headers))
    assert headers["webhook-id"] == "call_x"
    assert headers["webhook-signature"] == sign("k3", "call_x", headers["webhook-timestamp"], answer.content)


@pytest.mark.parametrize(("options", "status", "code"), [
    ({"key": "k1"}, 401, "signature"), ({"key": "k3"}, 401, "signature"), ({"spoil": True}, 401, "signature"),
    ({"shift_s": -301}, 401, "clock"), ({"shift_s": 302}, 401, "clock"), ({"shift_s": -290}, 200, None),
    ({"shift_s": 290}, 200, None)])
def test_a_call_proves_itself_by_signature_and_time(shop: Practice, options: dict[str, Any], status: int,
                                                    code: str | None) -> None:
    answer = shop.do("health", {}, **options)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_a_call_is_taken_once(shop: Practice) -> None:
    assert shop.do("orders.create", order_body(), message_id="one").status_code == 201
    again = shop.do("orders.create", order_body(), message_id="one")
    assert (again.status_code, again.json()["code"]) == (409, "replayed")


def test_hello_pairs_and_its_answer_must_be_signed_by_the_hub(shop: Practice) -> None:
    hello = shop.hub.batches[0]["events"][0]
    assert (hello["type"], hello["seq"], hello["hint"]["currency"]) == ("plugin.hello", 1, "GBP")
    assert shop.sim.sender.reply["api_url"].endswith("/api/v1")
    other = Practice()
    other.hub.bad_hello = True
    other.pair()
    assert not other.sim.sender.state().paired and "not signed" in other.sim.sender.state().notice


def test_events_are_numbered_and_collapsed_when_they_are_claimed(shop: Practice) -> None:
    for quantity in (9, 8, 7):
        shop.control("PATCH", "products/SKU-1", {"quantity": quantity, "via": "import"})
    shop.control("PATCH", "products/SHIRT-Blue-L", {"quantity": 1})
    shop.sim.sender.deliver()
    events = shop.hub.events
    assert [event["seq"] for event in events] == [2, 3]
    assert events[0]["subject"] == {"kind": "product", "id": "1", "sku": "SKU-1"}
    assert (events[0]["via"], events[0]["hint"]) == ("import", {"qty": "7"})
    assert events[1]["subject"] == {"kind": "product", "id": "3", "variant_id": "2", "sku": "SHIRT-Blue-L"}


def test_what_the_hub_did_itself_is_told_as_an_echo(shop: Practice) -> None:
    shop.do("orders.create", order_body())
    shop.sim.sender.deliver()
    assert {(event["type"], event["via"]) for event in shop.hub.events} == {
        ("stock.changed", "hub"), ("order.changed", "hub")}


def test_direct_sql_fires_no_hook(shop: Practice) -> None:
    shop.control("PATCH", "products/SKU-1", {"quantity": 1, "price": "3.00", "via": "sql"})
    assert shop.sim.sender.deliver() == []


@pytest.mark.parametrize("status", [401, 404, 500])
def test_an_answer_that_is_no_yes_keeps_the_rows_and_the_batch(shop: Practice, status: int) -> None:
    shop.hub.answers = [said(status, {"code": "signature"})]
    shop.control("PATCH", "products/SKU-1", {"quantity": 9})
    with clock.hold(clock.now()):
        shop.sim.sender.deliver()
        assert shop.sim.sender.deliver() == [] and shop.sim.sender.state().notice
        with clock.hold(clock.now() + timedelta(seconds=61)):
            shop.sim.sender.deliver()
    assert shop.hub.ids[-1] == shop.hub.ids[-2] and len(shop.hub.events) == 1
    assert shop.sim.sender.state().waiting == 0 and shop.sim.sender.state().notice == ""


def test_a_valid_call_of_the_hub_ends_the_back_off(shop: Practice) -> None:
    shop.hub.answers = [said(500)]
    shop.control("PATCH", "products/SKU-1", {"quantity": 9})
    shop.sim.sender.deliver()
    assert shop.sim.sender.deliver() == []
    shop.do("health", {})
    shop.sim.sender.deliver()
    assert len(shop.hub.events) == 1


def test_retry_after_is_obeyed_and_410_stops(shop: Practice) -> None:
    shop.hub.answers = [said(429, None, **{"Retry-After": "30"}), said(410)]
    shop.control("PATCH", "products/SKU-1", {"quantity": 9})
    with clock.hold(clock.now()):
        shop.sim.sender.deliver()
        with clock.hold(clock.now() + timedelta(seconds=29)):
            assert shop.sim.sender.deliver() == []
        with clock.hold(clock.now() + timedelta(seconds=31)):
            assert shop.sim.sender.deliver()[0].outcome == "stopped"
        with clock.hold(clock.now() + timedelta(days=2)):
            assert shop.sim.sender.deliver() == []
    assert shop.sim.sender.state().stopped


def test_an_unreadable_batch_is_halved_until_one_event_is_left_over(shop: Practice) -> None:
    for sku in ("SKU-1", "SKU-2", "SHIRT-Blue-M", "SHIRT-Red-M"):
        shop.control("PATCH", f"products/{sku}", {"quantity": 1})
    shop.hub.answers = [said(413), said(422), said(422)]
    start = clock.now()
    with clock.hold(start):
        shop.sim.sender.deliver()
    assert len(shop.hub.events) == 3 and shop.sim.sender.state().waiting == 1
    shop.hub.answers = [said(422) for _ in range(30)]
    for hours in (1, 8, 20, 40, 60, 80):
        with clock.hold(start + timedelta(hours=hours)):
            shop.sim.sender._hello_due = False
            shop.sim.sender._said_hello = clock.now()
            shop.sim.sender.deliver()
    assert shop.sim.sender.state().waiting == 0
    assert [each["event"]["subject"]["sku"] for each in shop.sim.sender.dead] == ["SKU-1"]


def test_a_refused_event_is_dead_lettered_alone(shop: Practice) -> None:
    shop.control("PATCH", "products/SKU-1", {"quantity": 1})
    shop.control("PATCH", "products/SKU-2", {"quantity": 1})
    seen: list[str] = []
    original = shop.sim.sender._session.post

    def post(url: str, **options: Any) -> Any:
        ids = [event["id"] for event in json.loads(options["data"])["events"]]
        seen.extend(ids)
        shop.hub.answers = [said(202, {"accepted": 1, "duplicate": 0, "refused": [{"id": ids[0], "says": "odd"}]})]
        return original(url, **options)

    shop.sim.sender._session.post = post  # type: ignore[method-assign]
    shop.sim.sender.deliver()
    assert [each["event"]["id"] for each in shop.sim.sender.dead] == seen[:1]
    assert shop.sim.sender.state().waiting == 0


def test_lost_doubled_and_turned_events_look_as_they_would_at_the_hub(shop: Practice) -> None:
    shop.control("POST", "mishaps", {"drop": 1})
    for sku in ("SKU-1", "SKU-2"):
        shop.control("PATCH", f"products/{sku}", {"quantity": 1})
    shop.sim.sender.deliver()
    assert [event["seq"] for event in shop.hub.events] == [3]
    shop.control("POST", "mishaps", {"duplicate": 1, "reorder": 1})
    for sku in ("SKU-1", "SKU-2"):
        shop.control("PATCH", f"products/{sku}", {"quantity": 2})
    shop.sim.sender.deliver()
    assert [event["seq"] for event in shop.hub.events[1:]] == [5, 4, 5, 4]
    assert shop.hub.ids[-1] == shop.hub.ids[-2]


def test_a_new_secret_is_used_at_once_and_the_former_still_opens_for_a_day(shop: Practice) -> None:
    other = SIGNATURES["secrets"][1]["secret"]
    shop.sim.sender.pair(f"{HOOK}#{other}")
    assert shop.do("health", {}).status_code == 200
    with clock.hold(clock.now() + timedelta(hours=25)):
        assert shop.do("health", {}).status_code == 401


def test_the_merchants_actions_are_told_with_their_kind(shop: Practice) -> None:
    made = shop.do("orders.create", order_body()).json()
    shop.sim.sender.deliver()
    before = len(shop.hub.events)
    shop.control("POST", f"orders/{made['order_id']}/ship", {"number": "TRK", "carrier_code": "3"})
    shop.control("POST", f"orders/{made['order_id']}/refund", {"amount": "5.00"})
    shop.sim.sender.deliver()
    told = shop.hub.events[before:]
    assert {event["type"] for event in told} == {"order.changed", "shipment.changed", "refund.created"}
    assert {event["hint"]["key"] for event in told} == {order_body()["key"]}
    found = shop.do("orders.find", {"key": order_body()["key"]}).json()
    assert found["shipments"][0]["tracks"][0] == {"carrier_code": "3", "title": "Royal Mail", "number": "TRK"}

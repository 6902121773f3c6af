"""The practice Magento shop tells the hub what changed: paired, signed, retried, and damaged on request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, Response, request

from hub import clock
from hub.simulator import InProcessAdapter
from tests.sandbox.magento_shop import Shop, order

KEY = "k" * 22
SECRET = base64.b64encode(b"a" * 32).decode()
URL = f"http://hub.test/hooks/magento/{KEY}"


def mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()


class Hub:
    """Takes batches as the hub does; `answers` are statuses to give first."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.k1 = b"a" * 32
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.bodies: list[bytes] = []
        self.answers: list[tuple[int, dict[str, Any], dict[str, str]]] = []
        app = Flask("hub")
        app.post("/hooks/magento/<key>")(self.take)
        app.post("/hooks/magento")(self.take)
        shop.http.mount("http://hub.test", InProcessAdapter(app))

    def take(self, key: str = "") -> Response:
        body, headers = request.get_data(), request.headers
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        assert headers["webhook-signature"] == "v1," + base64.b64encode(mac(self.k1, signed)).decode()
        assert b"#" not in request.full_path.encode()
        self.ids.append(headers["webhook-id"])
        self.bodies.append(body)
        if self.answers:
            status, answer, extra = self.answers.pop(0)
            return Response(json.dumps(answer), status=status, headers=extra, content_type="application/json")
        events = json.loads(body)["events"]
        self.events += events
        if events[0]["type"] == "plugin.hello":
            assert len(events) == 1
            return self.hello(headers["webhook-id"])
        return Response(json.dumps({"accepted": len(events), "duplicate": 0, "refused": []}), status=202)

    def hello(self, message_id: str) -> Response:
        body = json.dumps({"api_url": "http://hub.test/api/v1", "api_token": "secret-token", "expires_at": ""}).encode()
        stamp = str(int(clock.timestamp()))
        k4 = mac(self.k1, b"shopbridge hub answer v1")
        signature = "v1," + base64.b64encode(mac(k4, f"{message_id}.{stamp}.".encode() + body)).decode()
        headers = {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signature}
        return Response(body, status=200, headers=headers, content_type="application/json")

    def pair(self) -> Any:
        return self.shop.control("POST", "pair", {"url": f"{URL}#whsec_{SECRET}"})

    def delivered(self) -> list[tuple[str, str]]:
        self.shop.control("POST", "events/deliver")
        found = [(event["type"], event["via"]) for event in self.events]
        self.events = []
        return found


@pytest.fixture
def hub() -> Hub:
    one = Hub(Shop())
    assert one.pair()["state"]["paired"]
    one.events = []
    return one


def test_pairing_says_hello_with_the_shops_facts_and_keeps_the_signed_answer():
    one = Hub(Shop())
    told = one.pair()
    hint = one.events[0]["hint"]
    assert one.events[0]["type"] == "plugin.hello"
    assert hint["currency"] == "GBP"
    assert hint["stores"] == [{"code": "default", "name": "Default Store View", "currency": "GBP", "locale": "en_GB"}]
    assert set(hint["capabilities"]) >= {"orders", "offers", "digest"}
    assert told["state"]["paired"]
    assert one.shop.sim.sender.reply["api_token"] == "secret-token"
    assert "secret-token" not in json.dumps(told)


def test_a_text_that_is_no_webhook_url_is_refused_and_the_right_one_taken():
    one = Hub(Shop())
    for wrong in (URL, f"{URL}#whsec_short", f"http://hub.test/hooks/prestashop/{KEY}#whsec_{SECRET}", "hub.test"):
        answer = one.shop.session.post("http://shop.test/sandbox/pair", json={"url": wrong}, timeout=5)
        assert answer.status_code == 400, wrong
    assert one.pair()["state"]["paired"]


def test_the_guides_way_signs_with_the_app_secret_as_it_is_shown():
    one = Hub(Shop())
    one.k1 = b"app-secret-as-shown"
    told = one.shop.control("POST", "pair", {"url": "http://hub.test", "app_key": "ak", "app_secret": "app-secret-as-shown"})
    assert told["state"]["paired"]


def test_what_a_merchant_does_is_told_with_its_writer(hub: Hub):
    shop = hub.shop
    shop.control("PATCH", "products/MUG-1", {"quantity": 4, "via": "import"})
    assert hub.delivered() == [("stock.changed", "import")]
    shop.control("PATCH", "products/TEE-1", {"price": "14.00"})
    assert hub.delivered() == [("price.changed", "admin")]
    shop.control("POST", "products/HOOD/save", {"via": "api"})
    assert hub.delivered() == [("product.saved", "api")]
    shop.control("DELETE", "products/OFF-1")
    assert hub.delivered() == [("product.deleted", "admin")]
    shop.plugin("POST", "orders", order(shop, "1"))
    assert set(hub.delivered()) == {("stock.changed", "hub"), ("order.changed", "hub")}
    shop.control("POST", "orders/1/ship", {"tracks": [{"number": "RM1"}]})
    assert set(hub.delivered()) == {("order.changed", "admin"), ("shipment.changed", "admin")}
    shop.control("POST", "orders/1/track", {"number": "RM2"})
    assert hub.delivered() == [("shipment.changed", "admin")]
    shop.control("POST", "orders/1/refund", {"restock": True})
    assert ("refund.created", "admin") in hub.delivered()
    shop.plugin("POST", "orders", order(shop, "2"))
    hub.delivered()
    shop.control("POST", "orders/2/cancel")
    assert ("order.cancelled", "admin") in hub.delivered()


def test_a_childs_event_names_parent_and_child(hub: Hub):
    hub.shop.control("PATCH", "products/HOOD-B-M", {"quantity": 1})
    hub.shop.control("POST", "events/deliver")
    child = hub.shop.sim.catalogue.by_sku("HOOD-B-M")
    assert child is not None
    subject = hub.events[-1]["subject"]
    assert subject == {"kind": "product", "id": str(child.parent_id), "variant_id": str(child.id), "sku": "HOOD-B-M"}
    assert hub.events[-1]["hint"] == {"qty": "1"}


def test_changes_of_one_subject_collapse_and_numbers_grow_by_one(hub: Hub):
    first = hub.shop.sim.sender.state().seq
    for quantity in (1, 2, 3):
        hub.shop.control("PATCH", "products/MUG-1", {"quantity": quantity})
    hub.shop.control("PATCH", "products/TEE-1", {"quantity": 1})
    hub.shop.control("POST", "events/deliver")
    assert [(event["seq"], event["hint"]["qty"]) for event in hub.events] == [(first + 1, "3"), (first + 2, "1")]


def test_an_unanswered_batch_comes_again_with_the_same_id_and_body(hub: Hub):
    moment = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with clock.hold(moment):
        hub.answers = [(500, {}, {})]
        hub.shop.control("PATCH", "products/MUG-1", {"quantity": 1})
        hub.shop.control("POST", "events/deliver")
        assert hub.delivered() == []
    with clock.hold(moment + timedelta(seconds=61)):
        assert hub.delivered() == [("stock.changed", "admin")]
    assert hub.ids[-1] == hub.ids[-2]
    assert hub.bodies[-1] == hub.bodies[-2]


def test_any_valid_call_of_the_hub_ends_the_waiting(hub: Hub):
    hub.answers = [(503, {}, {"Retry-After": "600"})]
    hub.shop.control("PATCH", "products/MUG-1", {"quantity": 1})
    hub.shop.control("POST", "events/deliver")
    assert hub.delivered() == []
    assert hub.shop.plugin("GET", "health").status_code == 200
    assert hub.delivered() == [("stock.changed", "admin")]


def test_a_removed_connection_ends_the_sending(hub: Hub):
    hub.answers = [(410, {}, {})]
    hub.shop.control("PATCH", "products/MUG-1", {"quantity": 1})
    hub.shop.control("POST", "events/deliver")
    assert hub.shop.control("GET", "events")["state"]["stopped"]
    before = len(hub.ids)
    hub.shop.control("POST", "events/deliver")
    assert len(hub.ids) == before


def test_events_are_lost_doubled_and_turned_around_on_request(hub: Hub):
    shop = hub.shop
    shop.control("POST", "mishaps", {"drop_percent": 50})
    for quantity in range(1, 9):
        sku = ("MUG-1", "TEE-1", "OFF-1", "HOOD-R-S", "HOOD-R-M", "HOOD-B-S", "HOOD-B-M", "HOOD")[quantity - 1]
        shop.control("PATCH", f"products/{sku}", {"quantity": quantity})
    assert len(hub.delivered()) == 4
    shop.control("POST", "mishaps", {"drop_percent": 0, "duplicate": 1})
    shop.control("PATCH", "products/MUG-1", {"quantity": 3})
    assert hub.delivered() == [("stock.changed", "admin")] * 2
    shop.control("POST", "mishaps", {"reorder": 1})
    shop.control("PATCH", "products/MUG-1", {"quantity": 4})
    shop.control("PATCH", "products/TEE-1", {"quantity": 4})
    shop.control("POST", "events/deliver")
    assert [event["subject"]["sku"] for event in hub.events] == ["TEE-1", "MUG-1"]


def test_without_the_plugin_nothing_is_told(hub: Hub):
    hub.shop.control("POST", "plugin", {"installed": False})
    hub.shop.control("PATCH", "products/MUG-1", {"quantity": 1})
    assert hub.delivered() == []

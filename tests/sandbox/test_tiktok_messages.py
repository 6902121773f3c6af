"""Reviews and messages of the TikTok Shop sandbox: verdicts by script, signed webhooks, retries, broken delivery."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask import Flask, request

from hub import clock
from hub.simulator import InProcessAdapter
from tests.sandbox.tiktok_shop import KEY, SECRET, Hand
from tests.support.openapi import CONTRACTS, Contract


class Receiver:
    """The app's end: keeps what comes, answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.status = 200
        self.app = Flask("receiver")
        self.app.post("/hooks")(self.take)
        self.session = requests.Session()
        self.session.mount("http://hub.test", InProcessAdapter(self.app))

    def take(self) -> tuple[str, int]:
        self.got.append((request.headers["Authorization"], request.get_data()))
        return "", self.status

    def events(self) -> list[int]:
        return [json.loads(body)["type"] for _, body in self.got]

    def hand(self, **settings: Any) -> Hand:
        return Hand.at(webhook_session=self.session, webhook_url="http://hub.test/hooks", **settings)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


def flush(hand: Hand) -> int:
    return hand.control("POST", "/sandbox/webhooks/flush")["sent"]


def test_a_review_ends_by_itself_after_its_time():
    hand = Hand.at(review_after_s=5)
    product = hand.create(hand.shirt()).data["product_id"]
    path = f"/product/202309/products/{product}"
    before = hand.call("GET", path).data
    assert (before["status"], before["audit"]["status"]) == ("PENDING", "AUDITING")
    with clock.hold(clock.now() + timedelta(seconds=6)):
        after = hand.call("GET", path).data
        assert (after["status"], after["audit"]["status"]) == ("ACTIVATE", "APPROVED")


def test_a_refused_product_says_why_and_may_come_again():
    hand = Hand.at()
    product = hand.create(hand.shirt(title="Harbour T-Shirt [refuse]")).data["product_id"]
    hand.control("POST", "/sandbox/review")
    path = f"/product/202309/products/{product}"
    refused = hand.call("GET", path).data
    assert refused["status"] == "FAILED" and refused["audit_failed_reasons"][0]["reasons"]
    assert hand.call("PUT", f"/product/202509/products/{product}", body=hand.shirt()).code == 0
    hand.control("POST", "/sandbox/review")
    assert hand.call("GET", path).data["status"] == "ACTIVATE"


def test_a_script_refuses_one_sku_as_often_as_it_says():
    hand = Hand.at()
    rule = {"seller_sku": "SHIRT-Blue", "verdict": "refuse", "reason": "The picture is blurred.", "times": 1}
    hand.control("POST", "/sandbox/review_rules", rule)
    first, second = (hand.create(hand.shirt()).data["product_id"] for _ in range(2))
    assert hand.control("POST", "/sandbox/review")["reviewed"] == {first: "FAILED", second: "ACTIVATE"}
    reasons = hand.call("GET", f"/product/202309/products/{first}").data["audit_failed_reasons"]
    assert reasons[0]["reasons"] == ["The picture is blurred."]


def test_a_live_product_keeps_its_old_face_until_the_new_one_is_approved():
    hand = Hand.at()
    made = hand.live()
    product, path = made["product_id"], f"/product/202309/products/{made['product_id']}"
    assert hand.call("GET", path, {"return_under_review_version": "true"}).code == 12052547
    body = {"title": "Harbour Tee"}
    edited = hand.call("POST", f"/product/202509/products/{product}/partial_edit", body=body).data
    assert edited["audit"]["status"] == "AUDITING"
    assert hand.call("GET", path).data["title"] == "Harbour T-Shirt"
    assert hand.call("GET", path, {"return_under_review_version": "true"}).data["title"] == "Harbour Tee"
    hand.control("POST", "/sandbox/review", {"verdict": "approve"})
    after = hand.call("GET", path).data
    assert (after["title"], len(after["skus"]), len(after["product_attributes"])) == ("Harbour Tee", 2, 1)


def test_a_whole_edit_deletes_what_it_does_not_name_but_keeps_price_and_stock():
    hand = Hand.at()
    made = hand.live(key_product_features=["Soft"])
    path = f"/product/202309/products/{made['product_id']}"
    body = hand.shirt()
    kept = {"id": made["skus"][0]["id"], "seller_sku": "SHIRT-Black",
            "sales_attributes": [{"name": "Color", "value_name": "Black"}]}  # fmt: skip
    body["skus"] = [kept]
    assert hand.call("PUT", f"/product/202509/products/{made['product_id']}", body=body).code == 0
    hand.control("POST", "/sandbox/review")
    after = hand.call("GET", path).data
    (sku,) = after["skus"]
    assert (sku["id"], sku["price"]["sale_price"], sku["inventory"][0]["quantity"]) == (kept["id"], "12.50", 40)
    assert "key_product_features" not in after


def test_messages_are_signed_over_the_apps_key_and_the_raw_body(receiver: Receiver):
    hand = receiver.hand()
    hand.live()
    hand.order()
    flush(hand)
    assert {1, 5, 16, 37} <= set(receiver.events())
    contract = Contract.find("tiktok_shop.openapi.json")
    schemas = {
        one["post"]["x-type"]: one["post"]["requestBody"]["content"]["application/json"]["schema"]
        for one in contract.document["webhooks"].values()
    }
    for signature, body in receiver.got:
        assert signature == hmac.new(SECRET.encode(), KEY.encode() + body, hashlib.sha256).hexdigest()
        message = json.loads(body)
        assert list(contract.faults(schemas[message["type"]], message)) == []
    status = next(json.loads(body) for _, body in receiver.got if json.loads(body)["type"] == 5)
    assert isinstance(status["data"]["product_id"], int) and status["data"]["product_id"] > 2**53


def test_the_published_webhook_signatures_come_out_of_the_same_recipe():
    path = CONTRACTS / "tiktok_sign_vectors.json"
    if not path.exists():
        pytest.skip("the vectors are not there")
    for one in json.loads(path.read_text())["webhook"]:
        text = (one["app_key"] + one["raw_body"]).encode()
        assert hmac.new(one["app_secret"].encode(), text, hashlib.sha256).hexdigest() == one["signature"]


def test_a_message_that_is_not_taken_comes_again_after_2_and_30_minutes_3_and_12_hours(receiver: Receiver):
    hand = receiver.hand()
    hand.live()
    flush(hand)
    receiver.got.clear()
    receiver.status = 500
    moment = clock.now()
    with clock.hold(moment):
        hand.order(status="UNPAID")
        assert flush(hand) == 0
    waited = 0.0
    for number, pause in enumerate((120, 1800, 10800, 43200), 2):
        with clock.hold(moment + timedelta(seconds=waited + pause - 1)):
            flush(hand)
            assert len(receiver.got) == number - 1
        waited += pause
        with clock.hold(moment + timedelta(seconds=waited)):
            flush(hand)
            assert len(receiver.got) == number
    assert len({body for _, body in receiver.got}) == 1
    (message,) = hand.control("GET", "/sandbox/webhooks?event=ORDER_STATUS_CHANGE")["messages"]
    assert (message["state"], len(message["attempts"])) == ("given_up", 5)


def test_a_message_is_not_sent_again_once_it_is_taken(receiver: Receiver):
    hand = receiver.hand()
    hand.live()
    flush(hand)
    count = len(receiver.got)
    with clock.hold(clock.now() + timedelta(days=1)):
        assert flush(hand) == 0
    assert len(receiver.got) == count


def test_messages_are_dropped_doubled_and_reordered_on_demand(receiver: Receiver):
    hand = receiver.hand()
    hand.live()
    flush(hand)
    receiver.got.clear()
    for do in ("drop", "duplicate", "reorder"):
        hand.control("POST", "/sandbox/webhooks/rules", {"do": do, "event": "ORDER_STATUS_CHANGE"})
    ids = [hand.order(status="UNPAID")["id"] for _ in range(4)]
    flush(hand)
    with clock.hold(clock.now() + timedelta(seconds=3)):
        flush(hand)
    arrived = [json.loads(body)["data"]["order_id"] for _, body in receiver.got]
    assert arrived == [ids[1], ids[1], ids[3], ids[2]]
    doubled = [json.loads(body)["tts_notification_id"] for _, body in receiver.got[:2]]
    assert doubled[0] == doubled[1]


def test_a_shops_own_address_wins_over_the_apps(receiver: Receiver):
    hand = receiver.hand()
    hand.live()
    hooks, event = "/event/202309/webhooks", {"event_type": "ORDER_STATUS_CHANGE"}
    for wrong in ("http://hub.example/hooks", "https://hub.example:8443/hooks", "https://192.0.2.7/hooks",
                  "https://hub.example/" + "x" * 240):  # fmt: skip
        assert hand.call("PUT", hooks, body={**event, "address": wrong}).code == 11050001
    assert hand.call("PUT", hooks, body={**event, "address": "https://hub.example/own"}).code == 0
    hand.order(status="UNPAID")
    (message,) = hand.control("GET", "/sandbox/webhooks?event=ORDER_STATUS_CHANGE")["messages"]
    assert message["url"] == "https://hub.example/own"
    assert hand.call("DELETE", hooks, body=event).code == 0
    assert hand.call("DELETE", hooks, body=event).code == 0
    hand.order(status="UNPAID")
    messages = hand.control("GET", "/sandbox/webhooks?event=ORDER_STATUS_CHANGE")["messages"]
    assert messages[-1]["url"] == "http://hub.test/hooks"


def test_the_background_thread_reviews_and_sends_by_itself(receiver: Receiver):
    hand = receiver.hand(run_thread=True, review_after_s=0)
    try:
        hand.create(hand.shirt())
        for _ in range(100):
            if 5 in receiver.events():
                break
            hand.app.sender._stopped.wait(0.05)
        assert 5 in receiver.events()
    finally:
        hand.app.sender.stop()

"""Signatures of requests and webhooks against the contract's vectors, and what changes them."""

import json

import pytest

from hub.inbound import BadSignature, Unreadable
from hub.tiktok import events
from hub.tiktok.signing import sign, sign_webhook
from tests.support.openapi import CONTRACTS

# The example that the vendor's own guide prints (contract 2.1), and one of a webhook (10.1).
VENDOR = "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"
HOOK_BODY = (
    b'{"type":1,"tts_notification_id":"7327112393057371910","shop_id":"7494049642642441621","timestamp":1644412885,'
    b'"data":{"order_id":"576486316948490001","order_status":"UNPAID","is_on_hold_order":false,'
    b'"update_time":1644412885}}'
)
HOOK_SIGN = "1d201900bbf960e545cec9ffd71001a8ef94d6964a7a632b755ab8c21250bafd"
KEY, SECRET = "6abc9demo1k2l", "f3a1c9e07b5d4c2a8e6f0b1d2c3a4e5f60718293"


def vectors(kind):
    path = CONTRACTS / "tiktok_sign_vectors.json"
    if not path.exists():
        pytest.skip("the contract's vectors are not there")
    return json.loads(path.read_text())[kind]


def test_every_request_of_the_contract_is_signed_as_written_there():
    for one in vectors("request"):
        got = sign(one["app_secret"], one["path"], one["query"], (one["body"] or "").encode(), one["content_type"])
        assert got == one["sign"], one["name"]


def test_the_example_of_the_vendors_guide_is_signed_as_printed():
    query = {"app_key": "29a39d", "timestamp": "1623812664"}
    assert sign("e59af819cc", "/authorization/202309/shops", query) == VENDOR


def test_every_webhook_of_the_contract_is_recognised():
    for one in vectors("webhook"):
        body = one["raw_body"].encode()
        assert sign_webhook(one["app_key"], one["app_secret"], body) == one["signature"], one["name"]
        assert events.read(body, one["signature"], one["app_key"], one["app_secret"]).event_id


def test_a_message_says_what_changed_and_whose_it_is():
    event = events.read(HOOK_BODY, HOOK_SIGN, KEY, SECRET)
    assert (event.kind, event.subject, event.owner) == (
        "ORDER_STATUS_CHANGE", "576486316948490001", "7494049642642441621",
    )  # fmt: skip
    assert event.event_id == "7327112393057371910"
    assert event.happened_at is not None and event.happened_at.isoformat() == "2022-02-09T13:21:25+00:00"


@pytest.mark.parametrize("signature", ["", HOOK_SIGN[:-1] + "0", HOOK_SIGN.upper(), "Bearer " + HOOK_SIGN, "ü", "\udc80"])
def test_a_message_with_another_signature_is_not_read(signature):
    with pytest.raises(BadSignature):
        events.read(HOOK_BODY, signature, KEY, SECRET)


def test_a_message_changed_by_one_byte_is_not_read():
    with pytest.raises(BadSignature):
        events.read(HOOK_BODY.replace(b"UNPAID", b"ONHOLD"), HOOK_SIGN, KEY, SECRET)


def signed(body: bytes):
    return events.read(body, sign_webhook(KEY, SECRET, body), KEY, SECRET)


def test_a_product_id_above_2_to_the_53_keeps_every_digit():
    event = signed(b'{"type":5,"tts_notification_id":"1","shop_id":"2","timestamp":1,"data":{"product_id":1729592969712207013}}')
    assert (event.kind, event.subject) == ("PRODUCT_STATUS_CHANGE", "1729592969712207013")


def test_a_package_message_names_order_and_package():
    event = signed(b'{"type":4,"data":{"package_list":[{"package_id":"11","order_id_list":["22","33"]}]}}')
    assert (event.kind, event.subject, event.variant) == ("PACKAGE_UPDATE", "22", "11")


def test_a_return_message_names_order_and_return():
    event = signed(b'{"type":12,"tts_notification_id":"9","data":{"order_id":"22","return_id":"44"}}')
    assert (event.kind, event.subject, event.variant) == ("RETURN_STATUS_CHANGE", "22", "44")


def test_a_message_without_an_id_is_known_by_its_content():
    body = b'{"type":3,"shop_id":"2","data":{"order_id":"5"}}'
    assert signed(body).event_id == signed(body).event_id != signed(body + b" ").event_id


def test_a_number_that_nobody_knows_is_kept():
    assert signed(b'{"type":777,"data":{}}').kind == "TYPE_777"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[1]",
        b"{}",
        b'{"type":"1"}',
        b'{"type":true}',
        b'{"type":1,"data":NaN}',
        b'{"type":1,"data":"\\ud800"}',
        b'{"type":1,"data":"\\u0000"}',
        b'{"type":' + b"9" * 5000 + b"}",
        b'{"type":1,"data":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"type":1,"data":' + b"[" * 50 + b"]" * 50 + b"}",
        b"\xff\xfe",
    ],
    ids=range(13),
)
def test_a_hostile_body_is_unreadable_and_nothing_else(body):
    with pytest.raises(Unreadable):
        signed(body)


def test_a_backslash_before_u0000_is_text_and_no_nul():
    assert signed(b'{"type":1,"data":{"order_id":"\\\\u0000"}}').subject == "\\u0000"

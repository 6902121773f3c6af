"""Signatures between hub and plugins, by the vectors that the PHP tests read too, and what a batch must look like."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub import clock
from hub.inbound import BadSignature, NotTaken, Skewed, Unreadable
from hub.simulator_plugin import EventSender, product_subject
from hub.stores import PLATFORMS, hooks
from hub.stores.base import HookSecrets

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "signature.json").read_text())
NEW, OLD = (one["secret"] for one in VECTORS["secrets"][:2])
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def batch(*events: dict[str, Any]) -> bytes:
    return json.dumps({"plugin": "magento/1.0.0", "events": list(events) or [event()]}).encode()


def event(**changes: Any) -> dict[str, Any]:
    return {"id": "01KAG3W2T0Q4Y3N5X7Z9B1D3F5", "type": "stock.changed", "at": "2026-11-20T12:00:00Z", "seq": 4711, "store": "default",
            "subject": {"kind": "product", "id": "42", "variant_id": "57", "sku": "24-MB01-XS"}, "via": "api", **changes}


def headers(body: bytes, secret: str = NEW) -> dict[str, str]:
    return hooks.signed_headers(hooks.first_key(secret), "msg_1", body)


@pytest.mark.parametrize("vector", VECTORS["secrets"], ids=lambda one: one["name"])
def test_one_secret_makes_the_four_keys_of_the_vectors(vector):
    keys = hooks.keys_of(vector["secret"])
    assert {name: getattr(keys, name).hex() for name in ("k1", "k2", "k3", "k4")} == {name: vector[name] for name in ("k1", "k2", "k3", "k4")}
    assert hooks.keys_of(vector["secret"].removeprefix("whsec_")) == keys


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=lambda one: one["name"])
def test_messages_are_signed_as_the_vectors_say(vector):
    key, body = getattr(hooks.keys_of(vector["secret"]), vector["key"]), vector["body"].encode()
    assert hooks.sign(key, vector["webhook-id"], vector["webhook-timestamp"], body) == vector["webhook-signature"]
    assert hooks.is_signed(key, vector, body)


@pytest.mark.parametrize("vector", VECTORS["wrong"], ids=lambda one: one["name"])
def test_wrong_signatures_of_the_vectors_are_refused(vector):
    assert not hooks.is_signed(getattr(hooks.keys_of(vector["secret"]), vector["key"]), vector, vector["body"].encode())


def test_the_answer_to_hello_is_signed_with_k4_under_hellos_own_id():
    vector = next(one for one in VECTORS["messages"] if one["key"] == "k4")
    with clock.hold(datetime.fromtimestamp(int(vector["webhook-timestamp"]), UTC)):
        given = hooks.answer_headers(vector["secret"], vector["webhook-id"], vector["body"].encode())
    assert given == {name: vector[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}


@pytest.mark.parametrize("slug", sorted(slug for slug, one in PLATFORMS.items() if one.plugin is not None))
def test_a_batch_becomes_events(slug):
    with clock.hold(NOW):
        body = batch(event(), event(id="E2", type="order.changed", subject={"kind": "order", "id": "6"}, via="hub", seq=4712))
        (first, second), secret = PLATFORMS[slug].read_events(body, headers(body), HookSecrets((NEW,)))
    assert secret == NEW
    assert (first.event_id, first.kind, first.subject, first.variant, first.scope, first.via, first.seq) == (
        "01KAG3W2T0Q4Y3N5X7Z9B1D3F5", "stock.changed", "42", "57", "default", "api", 4711)
    assert first.happened_at == datetime(2026, 11, 20, 12, tzinfo=UTC) and first.raw["subject"]["sku"] == "24-MB01-XS"
    assert (second.kind, second.subject, second.via) == ("order.changed", "6", "hub")


def test_during_a_rotation_both_secrets_count_and_it_is_told_which_one_signed():
    body = batch()
    assert hooks.read_events(body, headers(body, OLD), HookSecrets((NEW, OLD)))[1] == OLD
    assert hooks.read_events(body, headers(body, NEW), HookSecrets((NEW, OLD)))[1] == NEW
    with pytest.raises(BadSignature):
        hooks.read_events(body, headers(body, OLD), HookSecrets((NEW,)))


@pytest.mark.parametrize("spoil", [
    lambda body, given: (body + b" ", given),
    lambda body, given: (body, {**given, "webhook-id": "msg_2"}),
    lambda body, given: (body, {**given, "webhook-timestamp": str(int(given["webhook-timestamp"]) + 1)}),
    lambda body, given: (body, {**given, "webhook-signature": ""}),
    lambda body, given: (body, {**given, "webhook-signature": "v1,\udc80"}),
    lambda body, given: (body, {}),
    lambda body, given: (body, hooks.signed_headers(hooks.keys_of(NEW).k2, "msg_1", body)),
])
def test_a_forged_batch_is_refused(spoil):
    body, given = spoil(batch(), headers(batch()))
    with pytest.raises(BadSignature):
        hooks.read_events(body, given, HookSecrets((NEW, OLD)))


def test_a_batch_is_refused_by_its_age_only_after_its_signature_was_right():
    body = batch()
    with clock.hold(NOW):
        given = headers(body)
    for seconds, fails in ((299, False), (-299, False), (301, True), (-301, True)):
        with clock.hold(datetime.fromtimestamp(NOW.timestamp() + seconds, UTC)):
            if not fails:
                assert hooks.read_events(body, given, HookSecrets((NEW,)))
                continue
            with pytest.raises(Skewed) as error:
                hooks.read_events(body, given, HookSecrets((NEW,)))
            assert error.value.server_time == clock.now()
            with pytest.raises(BadSignature):
                hooks.read_events(body, given, HookSecrets((OLD,)))


@pytest.mark.parametrize("body", [
    b"", b"[]", b"{}", b'{"events": []}', b'{"events": [1]}', b"\xff\xfe", b"[" * 5000, batch(event(id="")), batch(event(type=None)),
    batch(event(subject=None)), batch(event(seq="x")), batch(event(seq=True)), batch(event(at="yesterday")), batch(event(at="2026-11-20T12:00:00")),
    batch(event(id="x" * 121)), batch(*[event(id=str(number)) for number in range(101)]), batch(event(type="plugin.hello"), event()),
    batch(event(hint="x" * 530_000)), batch(event(at="0001-01-01T00:00:00+14:00")),
])
def test_a_signed_body_that_is_no_batch_is_unreadable(body):
    with pytest.raises(Unreadable):
        hooks.read_events(body, headers(body), HookSecrets((NEW,)))


@given(some.recursive(some.none() | some.booleans() | some.integers() | some.text(), lambda inner: some.lists(inner, max_size=3)
                      | some.dictionaries(some.sampled_from(["events", "id", "type", "subject", "at", "seq", "store", "via"]), inner, max_size=6),
                      max_leaves=12))
def test_whatever_is_signed_it_is_read_or_refused(value):
    body = json.dumps(value).encode()
    try:
        events, _ = hooks.read_events(body, headers(body), HookSecrets((NEW,)))
    except NotTaken:
        return
    assert events


def test_unknown_fields_are_ignored_and_texts_can_be_stored():
    body = batch(event(store="a\u0000b", colour="blue"))
    (found,), _ = hooks.read_events(body, headers(body), HookSecrets((NEW,)))
    assert "\x00" not in found.scope and found.kind == "stock.changed"


@pytest.mark.feature("MAG-06", "PRS-03")
@pytest.mark.parametrize("slug", sorted(slug for slug, one in PLATFORMS.items() if one.plugin is not None))
def test_what_a_plugin_posts_is_read_as_it_was_meant(slug):
    sent: list[tuple[bytes, dict[str, str]]] = []

    class Wire:
        trust_env = False

        def post(self, url: str, data: bytes, headers: dict[str, str], **_: Any) -> Any:
            sent.append((data, {name.lower(): value for name, value in headers.items()}))
            raise __import__("requests").ConnectionError("nobody there")

    sender = EventSender(slug, hello=lambda: {"plugin_version": "1.0.0"}, session=Wire())  # type: ignore[arg-type]
    sender.pair(f"https://hub.test/hooks/{slug}/{'k' * 22}#{NEW}")
    sender.deliver()
    (hello,), _ = PLATFORMS[slug].read_events(*sent[0], HookSecrets((NEW,)))
    assert hello.kind == "plugin.hello" and hello.raw["hint"] == {"plugin_version": "1.0.0"}
    sender.add("stock.changed", product_subject("42", "57", "MUG-1"), via="admin")
    sender.heard_hub()
    sender.deliver()
    kinds = {event.kind for body, given in sent for event in PLATFORMS[slug].read_events(body, given, HookSecrets((NEW,)))[0]}
    assert "plugin.hello" in kinds

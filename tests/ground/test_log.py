"""Logs tell what happened, never a secret, never a buyer."""

import io
import json
import logging

import pytest
import structlog

from hub import log


@pytest.fixture
def written():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure(level="DEBUG", as_json=True, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    log.clear()
    log._known_secrets.clear()
    structlog.reset_defaults()


def test_a_line_carries_its_fields_and_the_bound_ones(written):
    log.bind(task=41, connection=2)
    log.get("hub.flows").info("listing pushed", sku="MUG-1")
    (line,) = written()
    assert (line["event"], line["task"], line["connection"], line["sku"]) == (
        "listing pushed",
        41,
        2,
        "MUG-1",
    )
    assert line["level"] == "info" and line["logger"] == "hub.flows" and line["timestamp"].endswith("Z")


def test_bound_fields_end_with_clear(written):
    log.bind(task=41)
    log.clear()
    log.get("hub").info("later")
    assert "task" not in written()[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("access_token", "ROW_canary"), ("app_secret", "canary"), ("password", "canary"), ("Authorization", "canary"),
        ("cookie", "canary"), ("sign", "canary"), ("api_key", "canary"), ("email", "canary@shop.example"),
        ("phone", "+1 canary"), ("full_name", "canary"), ("address", {"line": "canary"}), ("recipient", "canary"),
        ("postal_code", "canary"), ("buyer", {"name": "canary"}), ("row", {"deep": [{"refresh_token": "canary"}]}),
        ("says", "mail canary@shop.example now"), ("says", "call +49 170 canary1234567 or +49 170 1234567"),
        ("url", "https://x.example/?access_token=canary&page=2"), ("url", "https://user:canary@x.example/"),
        ("header", "Authorization: Bearer canarycanary"), ("body", '{"app_secret": "canary", "page": 1}'),
        ("query", "code=canary&state=1"), ("says", "oauth_token=canary oauth_verifier=canary"),
    ],
)  # fmt: skip
def test_secrets_and_buyers_data_are_taken_out_of_fields_and_texts(written, name, value):
    log.get("hub").info("event", **{name: value})
    line = json.dumps(written()[0])
    if "1234567 or" in str(value):
        assert "170 1234567" not in line
    else:
        assert "canary" not in line


def test_a_secret_without_a_telling_shape_is_hidden_once_it_is_made_known(written):
    log.hide("wholly-ordinary-words")
    log.get("hub").info("got wholly-ordinary-words back", note=["wholly-ordinary-words"])
    assert "ordinary" not in json.dumps(written())


def test_tracebacks_and_the_libraries_own_lines_are_cleaned_too(written):
    try:
        raise ValueError("token=canary for someone@shop.example")
    except ValueError:
        log.get("hub").exception("failed")
    logging.getLogger("some.library").warning("sent password=canary to %s", "someone@shop.example")
    text = json.dumps(written())
    assert "ValueError" in text and "some.library" in text
    assert "canary" not in text and "someone" not in text


def test_ordinary_fields_stay_readable(written):
    log.get("hub").info(
        "order created",
        order="576461413038785752",
        store_order="100000042",
        error_code="106001",
        status=200,
        ms=12.5,
    )
    (line,) = written()
    assert line["order"] == "576461413038785752" and line["store_order"] == "100000042"
    assert (line["error_code"], line["status"], line["ms"]) == ("106001", 200, 12.5)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_value_cannot_fake_a_second_line(as_json, written):
    stream = io.StringIO()
    log.configure(as_json=as_json, stream=stream)
    log.get("hub").info("one\nERROR fake", sku="a\r\nERROR fake")
    assert len(stream.getvalue().splitlines()) == 1

"""Magento's own sign-in over the two addresses that a merchant pastes into the integration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from hub.flows import connect
from hub.models.connections import Connection, ConnectionState, Mode
from tests.support.world import World

KEYS = {"oauth_consumer_key": "k" * 32, "oauth_consumer_secret": "s" * 32, "oauth_verifier": "v" * 32}


@pytest.fixture
def joining(world: World) -> Iterator[str]:
    """A connection whose store address was entered, and no keys."""
    with world.hub.db.write() as session:
        made = connect.create(session, "Joins by Activate", "magento", Mode.PRACTICE)
        made.wizard = {"base_url": world.practice.url("magento"), "market": "us"}
        world.connections["joining"] = made.id
    yield f"{world.web.url}/connect/magento/{made.handshake_key}"
    with world.hub.db.write() as session:
        session.get_one(Connection, made.id).state = ConnectionState.REMOVED
    del world.connections["joining"]


@pytest.fixture(autouse=True)
def kept_integration(world: World) -> Iterator[None]:
    """Activate ends the integration's old token: the world's own connection gets the new one afterwards."""
    yield
    now = world.store("magento", "GET", "integration")
    if now["access_token"]:
        with world.hub.db.write() as session:
            row = session.get_one(Connection, world.connections["magento"])
            connect.save_store_settings(row, {**row.settings, "access_token": now["access_token"],
                                              "access_token_secret": now["access_token_secret"]})


def activate(world: World, address: str, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = world.store("magento", "POST", "integration/activate", {
        "callback_url": f"{address}/callback", "identity_url": f"{address}/identity", **more})
    return told


def row(world: World) -> Connection:
    return world.connection("joining")


@pytest.mark.feature("MAG-03")
def test_activate_in_magento_exchanges_the_keys_and_the_page_confirms(world: World, joining: str):
    told = activate(world, joining)
    assert told["callback_status"] == 200 and world.store("magento", "GET", "integration")["active"]
    connection = row(world)
    keys = world.store("magento", "GET", "integration")
    kept = {**connection.settings, **json.loads(connection.secrets)}
    assert (kept["consumer_key"], kept["access_token"]) == (keys["consumer_key"], keys["access_token"])
    assert connection.handshake_state == "done" and keys["access_token"] not in (connection.secrets_sealed or "")
    assert connect.check(world.hub, connection.id).ok

    page = requests.get(told["popup_url"], timeout=10)
    assert page.status_code == 200 and "confirmed" in page.text
    assert f'href="{told["success_call_back"]}"' in page.text and page.headers["Refresh"].endswith(told["success_call_back"])
    assert keys["consumer_secret"] not in page.text and keys["access_token"] not in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"] and "<script" not in page.text
    other = requests.get(f"{joining}/identity?oauth_consumer_key={'x' * 32}", timeout=10)
    assert other.status_code == 409 and "confirmed" not in other.text


def test_before_activate_nothing_is_confirmed(joining: str):
    page = requests.get(f"{joining}/identity?oauth_consumer_key=", timeout=10)
    assert page.status_code == 409 and "Not authorised yet" in page.text


def test_the_addresses_are_of_one_connection_only(world: World, joining: str):
    stranger = f"{world.web.url}/connect/magento/{'x' * 32}"
    for address in (stranger, joining.replace("/magento/", "/prestashop/"), joining.replace("/magento/", "/nothing/")):
        assert requests.post(f"{address}/callback", data=KEYS, timeout=10).status_code == 404
        assert requests.get(f"{address}/identity", timeout=10).status_code == 404
    with world.hub.db.read() as session:
        keys = [one.handshake_key for one in session.query(Connection)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("base_url", [
    "http://127.0.0.1:1/", "https://evil.example/", "http://169.254.169.254/", "http://[::1]:22/", "file:///etc/passwd", "//x",
    "http://user@127.0.0.1/", ""])
def test_keys_that_speak_for_another_store_are_refused_and_nobody_is_called(world: World, joining: str, base_url: str):
    """S-09: what is posted decides about nothing but itself."""
    answer = requests.post(f"{joining}/callback", data={**KEYS, "store_base_url": base_url}, timeout=10)
    assert answer.status_code == 422
    assert row(world).handshake_state == "refused" and not row(world).secrets


def test_an_address_that_nobody_entered_goes_through_the_guard(world: World, joining: str):
    with world.hub.db.write() as session:
        session.get_one(Connection, world.connections["joining"]).wizard = {}
    for inside in ("http://169.254.169.254/", "http://10.0.0.1/", "https://metadata.google.internal/"):
        assert requests.post(f"{joining}/callback", data={**KEYS, "store_base_url": inside}, timeout=10).status_code == 422
    with world.hub.db.write() as session:
        session.get_one(Connection, world.connections["joining"]).mode = Mode.LIVE
    refused = requests.post(f"{joining}/callback", data={**KEYS, "store_base_url": world.practice.url("magento")}, timeout=10)
    assert refused.status_code == 422 and "https" in refused.text and not row(world).secrets


def test_a_wrong_verifier_leaves_no_keys_behind(world: World, joining: str):
    answer = requests.post(f"{joining}/callback", data={**KEYS, "store_base_url": world.practice.url("magento")}, timeout=10)
    assert answer.status_code == 422 and row(world).handshake_state == "refused" and not row(world).secrets


@pytest.mark.parametrize("back", ["https://evil.example/", "javascript:alert(1)", "//evil.example/", "http://127.0.0.1:1/admin",
                                  "http://evil.example\\@127.0.0.1/"])
def test_the_page_leads_back_to_the_store_only(world: World, joining: str, back: str):
    """S-22: no open redirect."""
    told = activate(world, joining)
    page = requests.get(f"{joining}/identity?oauth_consumer_key={told['oauth_consumer_key']}&success_call_back={quote(back, safe='')}", timeout=10)
    assert page.status_code == 200 and "href" not in page.text and "Refresh" not in page.headers


def test_the_callback_takes_a_small_form_and_nothing_else(joining: str):
    assert requests.get(f"{joining}/callback", timeout=10).status_code == 405
    assert requests.post(f"{joining}/callback", json=KEYS, timeout=10).status_code == 415
    assert requests.post(f"{joining}/callback", data={**KEYS, "more": "x" * 20_000}, timeout=10).status_code == 413

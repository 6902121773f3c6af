"""The connection's own configuration through the API: app, consent, shops, warehouse, switches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete, select, update

from hub import clock
from hub.flows import connect
from hub.flows.settings import settings_of
from hub.models.connections import Connection, ConnectionState, Mode, OAuthState
from hub.models.shops import Shop
from hub.models.tiktok import App, Grant
from tests.api.caller import Caller
from tests.support.world import World

Make = Callable[..., Caller]
SECRET = "s3cr3t-of-the-stores-own-app"


@pytest.fixture
def fresh(world: World) -> Iterator[str]:
    """A third connection that has a store, and nothing of TikTok Shop yet."""
    with world.hub.db.write() as session:
        made = connect.create(session, "A new one", "magento", Mode.PRACTICE)
        made.store = {"version": "2.4.7", "scopes": [{"code": "default", "name": "Default", "currency": "USD", "locale": "en_US"}]}
        world.connections["fresh"] = made.id
    yield "fresh"
    with world.hub.db.write() as session:
        session.execute(update(Shop).where(Shop.connection_id == made.id).values(connection_id=None))
        session.execute(delete(App).where(App.owner_id == made.id))
        session.get_one(Connection, made.id).state = ConnectionState.REMOVED
    del world.connections["fresh"]


def code_of(world: World) -> str:
    """The seller agrees on the consent page."""
    return str(world.tiktok("POST", "authorize")["code"])


@pytest.fixture
def unused_shop(world: World) -> Iterator[str]:
    """The seller's second shop, as if no connection had chosen it yet."""
    kept = world.shop("prestashop")
    with world.hub.db.write() as session:
        session.get_one(Shop, kept.id).connection_id = None
    yield kept.tiktok_shop_id
    with world.hub.db.write() as session:
        shop = session.get_one(Shop, kept.id)
        shop.connection_id, shop.scope, shop.created_at = kept.connection_id, kept.scope, kept.created_at


def test_the_stores_admin_gets_a_consent_page_with_its_own_state(world: World, caller: Make, fresh: str):
    answer = caller(fresh).call("POST", "/connection/authorization", json={"state_prefix": "magento-4711"})
    query = parse_qs(urlsplit(answer["consent_url"]).query)
    assert answer["state"].startswith("magento-4711.") and query["state"] == [answer["state"]]
    with world.hub.db.read() as session:
        kept = session.scalars(select(OAuthState).order_by(OAuthState.id.desc())).first()
    assert kept is not None and answer["state"] not in kept.state_hash
    assert kept.expires_at - clock.now() <= timedelta(minutes=10)


@pytest.mark.feature("TTS-03")
def test_a_code_brings_the_sellers_shops_once_and_one_of_them_is_chosen(world: World, caller: Make, fresh: str, unused_shop: str):
    program, other = caller(fresh), caller("prestashop")
    state = program.call("POST", "/connection/authorization", json={})["state"]
    code = code_of(world)
    other.call("POST", "/connection/authorization/code", 409, json={"code": code, "state": state})
    program.call("GET", "/warehouses", 409)
    offered = program.call("POST", "/connection/authorization/code", json={"code": code, "state": state})["shops"]
    program.call("POST", "/connection/authorization/code", 409, json={"code": code_of(world), "state": state})
    assert program.call("GET", "/shops")["shops"] == offered and not any(one["chosen"] for one in offered)
    agreed = program.call("GET", "/connection")     # before a shop is chosen, too: the store's admin shows what came back
    assert agreed["authorization"] == "active" and [one["state"] for one in agreed["consents"]] == ["active"]
    assert agreed["consents"][0]["seller"] and agreed["consents"][0]["token_until"] < agreed["consents"][0]["ends_at"]
    with world.hub.db.read() as session:
        grants = session.scalars(select(Grant)).all()
    assert all(grant.access_token and grant.access_token not in (grant.access_token_sealed or "") for grant in grants)

    assert [one["id"] for one in offered] == [unused_shop]      # the other one is in use by another connection
    program.call("PUT", "/connection/shop", 404, json={"shop_id": world.shop("magento").tiktok_shop_id})
    program.call("PUT", "/connection/shop", 422, json={"shop_id": unused_shop, "store": "no-such-view"})
    chosen = program.call("PUT", "/connection/shop", json={"shop_id": unused_shop, "store": "default"})
    assert chosen["chosen"] and chosen["store"] == "default" and chosen["warehouse_id"]
    shown = program.call("GET", "/connection")
    assert shown["state"] == "connected" and shown["authorization"] == "active"
    assert program.history("TikTok shop chosen") and program.history("TikTok Shop authorised")


@pytest.mark.feature("TTS-03")
def test_a_state_is_good_for_ten_minutes(world: World, caller: Make, fresh: str):
    program = caller(fresh)
    state = program.call("POST", "/connection/authorization", json={})["state"]
    with world.hub.db.write() as session:
        session.execute(update(OAuthState).where(OAuthState.used_at.is_(None)).values(expires_at=clock.now() - timedelta(seconds=1)))
    answer = program.call("POST", "/connection/authorization/code", 409, json={"code": code_of(world), "state": state})
    assert "ten minutes" in answer["detail"]


def test_a_store_keeps_an_app_of_its_own_and_only_its_own(world: World, caller: Make, fresh: str):
    program, other = caller(fresh), caller("prestashop")
    kept = program.call("PUT", "/connection/tiktok-app", json={"app_key": "ownapp4711", "app_secret": SECRET, "service_id": "77"})
    assert kept["own"] and kept["hosts"]["api"] == world.hub.config.tiktok_api_host
    changed = program.call("PUT", "/connection/tiktok-app", json={
        "app_key": "ownapp4711", "app_secret": SECRET + "2", "hosts": {"consent": world.hub.config.tiktok_consent_host_us}})
    assert changed["hosts"]["consent"] == world.hub.config.tiktok_consent_host_us and changed["service_id"] == "77"
    with world.hub.db.read() as session:
        app = session.scalars(select(App).where(App.app_key == "ownapp4711")).one()
        operators = session.scalars(select(App.app_key).where(App.owner_id.is_(None))).first()
    assert app.app_secret == SECRET + "2" and app.is_practice
    other.call("PUT", "/connection/tiktok-app", 409, json={"app_key": "ownapp4711", "app_secret": SECRET})
    program.call("PUT", "/connection/tiktok-app", 409, json={"app_key": operators, "app_secret": SECRET})
    told = program.call("POST", "/connection/authorization", json={})
    assert told["consent_url"].startswith(world.hub.config.tiktok_consent_host_us) and "service_id=77" in told["consent_url"]
    assert SECRET not in str(program.call("GET", "/connection")) + str([row.after for row in program.history("TikTok app saved")])


@pytest.mark.feature("TTS-02")
def test_the_market_that_is_named_says_where_the_seller_is_sent(world: World, caller: Make, fresh: str):
    program, config = caller(fresh), world.hub.config
    program.call("PUT", "/connection/tiktok-app", json={"app_key": "ownapp4713", "app_secret": SECRET, "service_id": "77"})
    with world.hub.db.write() as session:
        session.execute(update(App).where(App.app_key == "ownapp4713").values(is_practice=False))
    for asked, host in (({}, config.tiktok_consent_host), ({"market": "us"}, config.tiktok_consent_host_us), ({}, config.tiktok_consent_host_us),
                        ({"market": "elsewhere"}, config.tiktok_consent_host)):
        told = program.call("POST", "/connection/authorization", json=asked)
        assert told["consent_url"].startswith(f"{host}/open/authorize?"), asked
    program.call("POST", "/connection/authorization", 422, json={"market": "mars"})


@pytest.mark.parametrize("host", ["https://evil.example", "http://169.254.169.254", "https://open-api.tiktokglobalshop.com.evil.example",
                                  "https://open-api.tiktokglobalshop.com@evil.example", "file:///etc/passwd"])
def test_secrets_go_only_to_hosts_that_the_hub_allows(caller: Make, fresh: str, host: str):
    for use in ("api", "token", "consent"):
        caller(fresh).call("PUT", "/connection/tiktok-app", 422, json={"app_key": "ownapp4712", "app_secret": SECRET, "hosts": {use: host}})


def test_an_operators_key_from_the_settings_is_taken_before_it_is_used(world: World, caller: Make, fresh: str, monkeypatch: pytest.MonkeyPatch):
    program = caller(fresh)
    monkeypatch.setattr(world.hub, "config", replace(world.hub.config, tiktok_app_key="operators1"))
    program.call("PUT", "/connection/tiktok-app", 409, json={"app_key": "operators1", "app_secret": SECRET})


def test_warehouses_are_the_shops_and_only_one_for_sales_can_be_chosen(world: World, caller: Make):
    program = caller()
    found = program.call("GET", "/warehouses")
    assert found["shop_id"] == world.shop().tiktok_shop_id
    assert [one["id"] for one in found["warehouses"] if one["chosen"]] == [world.shop().warehouse_id]
    for_returns = next(one["id"] for one in found["warehouses"] if one["kind"] == "return")
    program.call("PUT", "/connection/shop", 422, json={"shop_id": found["shop_id"], "warehouse_id": for_returns})
    assert world.shop().warehouse_id != for_returns


def test_switches_for_price_and_stock_turn_what_is_sent_by_itself(world: World, caller: Make):
    program = caller()
    assert program.call("GET", "/settings/sync") | {"shop_id": ""} == {
        "shop_id": "", "price": True, "stock": True, "new_products": False, "changes": False}
    off = program.call("PUT", "/settings/sync", json={"price": False})
    assert (off["price"], off["stock"]) == (False, True)
    assert settings_of(world.shop()).products.rules == {"price.update": "tts"}
    assert program.history("settings changed")[-1].after == {"rules": {"price.update": "tts"}}
    assert program.call("PUT", "/settings/sync", json={"price": True})["price"] is True
    program.call("PUT", "/settings/sync", 422, json={"price": "perhaps"})


def test_the_connection_shows_itself_and_no_secret(world: World, caller: Make):
    program = caller()
    shown = program.call("GET", "/connection")
    assert shown["platform"] == "magento" and shown["has_plugin"] and [one["chosen"] for one in shown["shops"]] == [True]
    assert program.call("GET", "/connections")["connections"] == [shown]
    row = world.connection()
    assert row.hook_secret not in str(shown) and (row.secrets or "-") not in str(shown)


def test_a_connection_is_offered_the_shops_of_its_own_consents_only(caller: Make, fresh: str, unused_shop: str):
    """The app is the operator's and serves several sellers: another seller's unused shop is none of this one's."""
    assert unused_shop in [one["id"] for one in caller("magento").call("GET", "/shops")["shops"]]
    program = caller(fresh)
    program.call("POST", "/connection/authorization", json={})
    assert program.call("GET", "/shops")["shops"] == []
    program.call("PUT", "/connection/shop", 404, json={"shop_id": unused_shop})

"""Joining a store to a TikTok shop, losing the sign-in, and going on after it (CON, MAG, PRS, TTS)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, text

from hub import clock
from hub.domain.tasks import Kind, TaskState
from hub.flows import connect
from hub.flows.connect import NotThisTime
from hub.flows.tasks import submit
from hub.models.connections import Connection, ConnectionState, Mode
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.models.tiktok import App, Grant, GrantState
from hub.practice import consent
from hub.stores import PLATFORMS
from hub.web import hooks
from tests.flows.conftest import STORES, TWO
from tests.support.trade import Trade, notices, owners
from tests.support.world import World

# What the store has no part in is tried with two of them.
OVER = TWO


def new_connection(world: World, platform: str, **settings: str) -> int:
    """A second connection that is being set up; nothing of it is joined yet."""
    with world.hub.db.write() as session:
        made = connect.create(session, "Second", platform, Mode.PRACTICE)
        connect.save_store_settings(made, {**world.practice.settings(platform), **settings})
        return made.id


def ask_consent(world: World, connection_id: int, bound_to: str = "anna") -> tuple[str, str, str]:
    """The seller is sent away and agrees: address, state and the code that he comes back with."""
    with world.hub.db.write() as session:
        app = session.get_one(App, world.app_id)
        url, state = connect.consent(session, world.hub.config, session.get_one(Connection, connection_id), app, bound_to)
    return url, state, world.tiktok("POST", "authorize")["code"]


def codes(health: Any) -> list[str]:
    """The problems of a probe."""
    return [one.code for one in health.problems]


# -- the store


@pytest.mark.feature("PRS-01")
@pytest.mark.parametrize("trade", STORES, indirect=True)
def test_an_address_without_a_shop_behind_it_is_refused_with_the_reason(trade: Trade):
    elsewhere = new_connection(trade.world, trade.platform, **{trade.merchant.address: trade.world.practice.tiktok_url})     # TikTok Shop is no store
    health = connect.check(trade.world.hub, elsewhere)
    assert not health.ok and codes(health)[0] in ("store.not_expected", "login.lost", "store.unreachable"), health
    assert health.problems[0].says and health.problems[0].fix
    nowhere = new_connection(trade.world, trade.platform, **{trade.merchant.address: "http://127.0.0.1:9"})
    health = connect.check(trade.world.hub, nowhere)
    assert codes(health) == ["store.unreachable"]
    with trade.world.hub.db.read() as session:
        address = PLATFORMS[trade.platform].address(session.get_one(Connection, nowhere).settings)
    assert urlsplit(address).netloc in health.problems[0].says and address.rstrip("/") in health.problems[0].says
    assert trade.world.connection(trade.platform).state is ConnectionState.CONNECTED


@pytest.mark.feature("MAG-02", "PRS-02", "CON-06")
@pytest.mark.parametrize("trade", STORES, indirect=True)
def test_each_missing_permission_is_named(trade: Trade):
    world = trade.world
    trade.merchant.take_permissions(world)
    try:
        health = connect.check(world.hub, world.connections[trade.platform])
    finally:
        trade.merchant.give_permissions(world)
    assert not health.ok and "store.permission" in codes(health)
    named = " ".join(one.says for one in health.problems)
    for what in trade.merchant.permissions:
        assert what in named, named
    assert connect.check(world.hub, world.connections[trade.platform]).ok


@pytest.mark.feature("MAG-07", "PRS-02")
@pytest.mark.parametrize("trade", STORES, indirect=True)
def test_secrets_are_sealed_and_a_field_left_empty_keeps_them(trade: Trade):
    world = trade.world
    row = world.connection(trade.platform)
    with world.hub.db.read() as session:
        stored = str(session.execute(text("SELECT * FROM connection WHERE id = :id"), {"id": row.id}).mappings().one())
    platform = PLATFORMS[trade.platform]
    hidden = {name for name, field in platform.settings().fields.items() if field.metadata.get("secret")}
    secrets = [text for name, text in world.practice.settings(trade.platform).items() if name in hidden]
    assert not [one for one in (*secrets, row.hook_secret) if one in stored]
    assert not [one for one in secrets if one in str(row.settings)]
    with world.hub.db.write() as session:
        again = session.get_one(Connection, row.id)
        before = again.secrets
        connect.save_store_settings(again, dict(again.settings))
        assert again.secrets == before


@pytest.mark.feature("MAG-06", "PRS-03")
@pytest.mark.parametrize("fresh", STORES, indirect=True)
def test_a_save_in_the_store_sends_a_signed_message_and_one_that_is_no_longer_joined_none(fresh: Trade):
    world, sku = fresh.world, fresh.skus()[0].seller_sku
    before = world.connection(fresh.platform).last_event_at
    world.pass_time(timedelta(seconds=5))
    world.store(fresh.platform, "POST", f"products/{sku}/save")
    world.settle()
    heard = world.connection(fresh.platform).last_event_at
    assert heard is not None and (before is None or heard > before)
    assert fresh.api("connection")["last_event_at"]

    fresh.merchant.falls_silent(world)
    world.pass_time(timedelta(seconds=5))
    world.store(fresh.platform, "POST", f"products/{sku}/save")
    world.settle()
    assert world.connection(fresh.platform).last_event_at == heard


@pytest.mark.feature("PRS-05", "PRS-03")
@pytest.mark.parametrize("fresh", [slug for slug in STORES if PLATFORMS[slug].plugin], indirect=True)    # joined by a webhook URL
def test_a_url_with_another_secret_is_not_believed_and_a_new_one_goes_on(fresh: Trade, monkeypatch: pytest.MonkeyPatch):
    world = fresh.world
    monkeypatch.setattr(hooks, "KEYS_FOR_S", 0.0)       # secrets are kept in memory for ten seconds
    with world.hub.db.write() as session:
        row = session.get_one(Connection, world.connections[fresh.platform])
        right = connect.hook_url(row, world.hub.config.public_url)
        connect.rotate_hook_secret(session, row)
        session.flush()
        rotated = connect.hook_url(row, world.hub.config.public_url)
    assert right != rotated and re.fullmatch(r".+/hooks/\w+/[\w-]{22}#whsec_[A-Za-z0-9]{43}=", rotated)
    wrong = rotated.replace("#whsec_", "#whsec_A")[:-2] + "="
    for url, is_heard in ((right, True), (rotated, True), (wrong, False)):
        world.pass_time(timedelta(seconds=5))
        before = world.connection(fresh.platform).last_event_at
        try:
            world.store(fresh.platform, "POST", "pair", {"url": url})
            world.store(fresh.platform, "POST", "events/test")
        except Exception:
            assert not is_heard
        world.settle()
        assert (world.connection(fresh.platform).last_event_at != before) is is_heard, url


# -- TikTok Shop's consent


@pytest.mark.feature("TTS-01", "TTS-03")
def test_the_seller_goes_to_tiktok_with_our_state_and_comes_back_once(trade: Trade):
    world = trade.world
    connection_id = new_connection(world, trade.platform)
    url, state, code = ask_consent(world, connection_id)
    assert parse_qs(urlsplit(url).query)["state"] == [state]
    with world.hub.db.read() as session:
        assert url.startswith(session.get_one(App, world.app_id).consent_host)

    with pytest.raises(NotThisTime, match="not started here"):
        connect.finish_consent(world.hub, state, code, "someone else")
    with pytest.raises(NotThisTime, match="not started here"):
        connect.finish_consent(world.hub, "made-up", code, "anna")
    came = connect.finish_consent(world.hub, state, code, "anna")
    assert came.connection_id == connection_id and came.shop_ids
    with pytest.raises(NotThisTime, match="used already"):
        connect.finish_consent(world.hub, state, code, "anna")
    with world.hub.db.read() as session:
        grant = session.scalars(select(Grant)).first()
        assert grant is not None and grant.access_token
        kept = str(session.execute(text("SELECT * FROM tiktok_grant")).mappings().all())
    assert grant.access_token not in kept and grant.refresh_token not in kept


@pytest.mark.feature("TTS-02")
def test_a_seller_in_the_us_agrees_on_a_page_of_his_own(trade: Trade):
    world, config = trade.world, trade.world.hub.config
    connection_id = new_connection(world, trade.platform)

    def host(app: App) -> str:
        address, _ = connect.consent(session, config, session.get_one(Connection, connection_id), app, "anna")
        assert urlsplit(address).path == "/open/authorize"
        return address.split("/open/")[0]

    with world.hub.db.write() as session:
        live = App(app_key="live", service_id="1", api_host=config.tiktok_api_host, token_host=config.tiktok_token_host,
                   consent_host=config.tiktok_consent_host, created_at=clock.now())
        own_host = App(app_key="own", service_id="1", api_host=config.tiktok_api_host, token_host=config.tiktok_token_host,
                       consent_host="https://consent.example", created_at=clock.now())
        session.add_all([live, own_host])
        session.flush()
        row, practice = session.get_one(Connection, connection_id), session.get_one(App, world.app_id)
        assert config.tiktok_consent_host != config.tiktok_consent_host_us
        assert host(live) == config.tiktok_consent_host, "nothing was chosen"
        with pytest.raises(ValueError, match="where your TikTok Shop seller account is"):
            connect.choose_market(row, "mars")
        for market, expected in ((connect.US, config.tiktok_consent_host_us), (connect.ELSEWHERE, config.tiktok_consent_host)):
            connect.choose_market(row, market)
            assert host(live) == expected
            assert host(own_host) == "https://consent.example" and host(practice) == practice.consent_host
        joined = session.get_one(Connection, world.connections[trade.platform])
        known = connect.US if trade.merchant.region == "US" else connect.ELSEWHERE
        assert connect.market_of(session, joined) == known, "from its shop, where it was never asked"
        session.rollback()


@pytest.mark.feature("TTS-03")
def test_a_state_lasts_ten_minutes(fresh: Trade):
    world = fresh.world
    connection_id = new_connection(world, fresh.platform)
    _, state, _ = ask_consent(world, connection_id)
    world.pass_time(timedelta(minutes=11))
    with pytest.raises(NotThisTime, match="ten minutes"):
        connect.finish_consent(world.hub, state, world.tiktok("POST", "authorize")["code"], "anna")


@pytest.mark.feature("TTS-04")
def test_of_several_shops_one_is_chosen_before_anything_is_sold(trade: Trade):
    world = trade.world
    connection_id = new_connection(world, trade.platform)
    came = consent(world.hub, connection_id, world.app_id, world.practice.tiktok_url)
    assert len(came.shop_ids) == len(world.connections) and came.chosen is None
    with world.hub.db.read() as session:
        row = session.get_one(Connection, connection_id)
        offered = {shop.id for shop in connect.shops_to_choose(session, row)}
        taken = set(session.scalars(select(Shop.id).where(Shop.connection_id.is_not(None))))
        assert row.state is not ConnectionState.CONNECTED
    assert not offered & taken
    with pytest.raises(ValueError, match="Another connection"):
        connect.choose_shop(world.hub, connection_id, next(iter(taken)))


@pytest.mark.feature("TTS-06")
@pytest.mark.parametrize("told_by", ["message", "call"])
def test_a_seller_who_removes_the_app_stops_the_work_with_one_notice_until_he_comes_back(fresh: Trade, told_by: str):
    world = fresh.world
    owners(world)
    fresh.buy()
    if told_by == "call":
        world.tiktok("POST", "webhooks/rules", {"do": "drop", "times": -1})
    world.tiktok("POST", "deauthorise")
    for _ in range(3):
        with world.hub.db.write() as session:
            submit(session, Kind.SYNC_ORDERS, shop_id=world.shop_id(fresh.platform), connection_id=world.connections[fresh.platform])
        world.settle()
    assert world.connection(fresh.platform).state is ConnectionState.PAUSED
    assert "TikTok Shop" in fresh.api("connection")["paused_because"]
    assert len(notices(world, "login:")) == 1
    before = len(world.practice.tiktok.sim.journal.entries())
    world.pass_time(timedelta(minutes=30))
    for _ in range(2):
        fresh.world.store(fresh.platform, "PATCH", f"products/{fresh.skus()[0].seller_sku}", {"quantity": 77})
        world.settle()
    assert len(world.practice.tiktok.sim.journal.entries()) == before, "no call leaves while the sign-in is lost"
    with world.hub.db.read() as session:
        assert session.scalars(select(Task).where(Task.state == TaskState.HELD)).all()

    world.tiktok("DELETE", "webhooks/rules")
    consent(world.hub, world.connections[fresh.platform], world.app_id, world.practice.tiktok_url)
    assert world.connection(fresh.platform).state is ConnectionState.CONNECTED
    order_id = fresh.place()
    world.settle()
    assert len(fresh.copies(order_id)) == 1
    with world.hub.db.read() as session:
        assert not session.scalars(select(Task).where(Task.state == TaskState.HELD)).all()
        assert {one.state for one in session.scalars(select(Grant))} == {GrantState.ACTIVE}
    assert len(notices(world, "login:")) == 0, "if it happens again, it is told again"


def test_a_token_that_ended_is_renewed_once_for_all_who_need_it(fresh: Trade):
    world = fresh.world
    world.tiktok("POST", "tokens/expire", {"kind": "access"})
    orders = [fresh.place() for _ in range(8)]
    shop = world.hub.shop_for(world.shop_id(fresh.platform))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda order_id: shop.orders.get([order_id])[0].order_id, orders))
    assert found == orders
    with world.hub.db.read() as session:
        assert [grant.refreshes for grant in session.scalars(select(Grant))] == [1]
    world.settle()
    assert [len(fresh.copies(one)) for one in orders] == [1] * 8


# -- several connections, pausing and parting


@pytest.mark.feature("CON-10", "ACC-05")
@pytest.mark.parametrize("trade", STORES, indirect=True)
def test_two_connections_keep_their_orders_apart(trade: Trade):
    other = trade.other
    mine, yours = trade.place(), other.place()
    trade.world.settle()
    assert (len(trade.copies(mine)), len(other.copies(mine))) == (1, 0)
    assert (len(trade.copies(yours)), len(other.copies(yours))) == (0, 1)
    assert trade.api_status(f"orders/{yours}") == 404


def test_a_paused_connection_sends_nothing_and_goes_on_where_it_was(fresh: Trade):
    world = fresh.world
    with world.hub.db.write() as session:
        connect.pause(session, session.get_one(Connection, world.connections[fresh.platform]), "Stocktaking")
    order_id = fresh.place()
    world.settle()
    assert fresh.copies(order_id) == [] and fresh.tiktok_calls("GetOrderDetail", order_id) == []
    with world.hub.db.write() as session:
        connect.resume(session, session.get_one(Connection, world.connections[fresh.platform]))
    world.settle()
    assert len(fresh.copies(order_id)) == 1


def test_a_removed_connection_frees_its_shop_and_keeps_its_history(fresh: Trade):
    world = fresh.world
    order_id, shop_id = fresh.buy(), world.shop_id(fresh.platform)
    with world.hub.db.write() as session:
        connect.remove(session, session.get_one(Connection, world.connections[fresh.platform]))
    world.tiktok("POST", "orders", {"shop_id": world.tiktok("GET", f"orders/{order_id}")["truth"]["shop_id"], "status": "AWAITING_SHIPMENT",
                                    "lines": [{"sku_id": fresh.world.tiktok("GET", f"orders/{order_id}")["line_items"][0]["sku_id"]}]})
    world.tiktok("POST", "webhooks/flush", {"everything": True})
    world.run_due()
    assert len(world.store_orders(fresh.platform)) == 1
    assert fresh.link(order_id).store_order_id
    with world.hub.db.read() as session:
        assert session.get_one(Shop, shop_id).connection_id is None
        assert session.get_one(Connection, world.connections[fresh.platform]).secrets == ""
    assert clock.now() > fresh.link(order_id).seen_at

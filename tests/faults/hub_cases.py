"""Sign-ins, webhooks, messages and the scheduler when somebody is killed: each begins something, and gives the check for later."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from hub import clock, practice
from hub.domain.tasks import Kind
from hub.flows import connect, store_hooks, tasks
from hub.flows.connect import HOOKS
from hub.models.connections import Connection, ConnectionState, Mode
from hub.models.tiktok import Grant
from hub.stores.base import KeepsHooks
from tests.faults.fault_world import FaultWorld
from tests.faults.order_cases import CHECK, order_comes
from tests.faults.steps import install


def hooks_are_registered(world: FaultWorld, platform: str) -> CHECK:
    """TikTok Shop forgot where to send two kinds of message; the daily look tells it again."""
    shop = world.practice.tiktok.sim.shops[world.shop(platform).tiktok_shop_id]
    for event in HOOKS[:2]:
        shop.webhooks.pop(event, None)
    with world.hub.db.write() as session:
        tasks.submit(session, Kind.REFRESH_SHOPS, connection_id=world.connections[platform], lane=f"test:{clock.timestamp()}")

    def check() -> None:
        assert set(HOOKS) <= set(shop.webhooks)

    return check


def hook_is_forgotten(world: FaultWorld, platform: str) -> tuple[tuple[Any, ...], CHECK]:
    """TikTok Shop is asked to send a message no longer."""
    shop = world.practice.tiktok.sim.shops[world.shop(platform).tiktok_shop_id]
    shop.webhooks.setdefault(HOOKS[-1], {"event_type": HOOKS[-1], "address": "http://127.0.0.1:1/"})

    def check() -> None:
        assert HOOKS[-1] not in shop.webhooks
        hooks_are_registered(world, platform)
        world.settle()
        assert set(HOOKS) <= set(shop.webhooks)

    return ("forget_hook", world.shop_id(platform), HOOKS[-1]), check


def token_is_renewed(world: FaultWorld, platform: str) -> CHECK:
    """The token is over when an order comes; it is renewed, and the order goes on."""
    world.tiktok("POST", "tokens/expire", {"kind": "access"})
    arrived = order_comes(world, platform)

    def check() -> None:
        if world.connection(platform).state is ConnectionState.PAUSED:
            # The new token died with the worker, and TikTok Shop takes the old one once only: the seller is asked, nothing is lost.
            practice.consent(world.hub, world.connections[platform], world.app_id, world.practice.tiktok_url)
            world.settle()
        arrived()

    return check


def seller_consents(world: FaultWorld, platform: str) -> tuple[tuple[Any, ...], CHECK]:
    """The seller consents again; where the hub died, he starts again."""
    connection_id = world.connections[platform]
    with world.hub.db.read() as session:
        before = session.get_one(Grant, world.shop(platform).grant_id).access_token

    def check() -> None:
        with world.hub.db.read() as session:
            grant = session.get_one(Grant, world.shop(platform).grant_id)
            assert grant.access_token != before and world.connection(platform).state is ConnectionState.CONNECTED

    return ("consent", connection_id, world.app_id, world.practice.tiktok_url), check


def integration_is_activated(world: FaultWorld, platform: str) -> tuple[Callable[[], Any], CHECK]:
    """Magento's Activate posts its keys to the web side; where that died, the merchant presses Reauthorize."""
    with world.hub.db.write() as session:
        made = connect.create(session, "Joins by Activate", platform, Mode.PRACTICE)
        made.wizard = {"base_url": world.practice.url("magento")}
        session.flush()
        address, made_id = f"{world.hub.config.public_url}/connect/magento/{made.handshake_key}", made.id

    def activate() -> Any:
        return world.store(platform, "POST", "integration/activate", {
            "callback_url": f"{address}/callback", "identity_url": f"{address}/identity"})

    def check() -> None:
        assert activate()["callback_status"] == 200
        keys = world.store(platform, "GET", "integration")
        assert keys["active"] and keys["access_token"]
        with world.hub.db.write() as session:
            # Activate ended the world's own token; the merchant's one integration is that of both connections.
            row = session.get_one(Connection, world.connections[platform])
            connect.save_store_settings(row, {**row.settings, "access_token": keys["access_token"],
                                              "access_token_secret": keys["access_token_secret"]})
            joined = session.get_one(Connection, made_id)
            assert json.loads(joined.secrets or "{}")["access_token"] == keys["access_token"]
            joined.state = ConnectionState.REMOVED

    return activate, check


def store_signs_in(world: FaultWorld, platform: str) -> tuple[tuple[Any, ...], CHECK]:
    """The merchant installs the app on the store's own page; where the hub died before it kept the login, he starts again."""
    before = sealed(world, platform)["access_token"]

    def check() -> None:
        assert sealed(world, platform)["access_token"] != before
        assert connect.check(world.hub, world.connections[platform]).ok

    return ("install", world.connections[platform]), check


def sealed(world: FaultWorld, platform: str) -> dict[str, str]:
    """The connection's store login, as the hub keeps it."""
    known: dict[str, str] = json.loads(world.connection(platform).secrets or "{}")
    return known


def sign_in(world: FaultWorld, platform: str) -> None:
    """The same now, so that the store's token is one that ends."""
    install(world.hub, world.connections[platform])


def store_token_is_renewed(world: FaultWorld, platform: str) -> CHECK:
    """The store's token is over when an order comes; it is renewed, and the order goes on."""
    sign_in(world, platform)
    world.store(platform, "POST", "login", {"expire": True})
    before = sealed(world, platform)["refresh_token"]
    arrived = order_comes(world, platform)

    def check() -> None:
        arrived()
        assert sealed(world, platform)["refresh_token"] != before
        assert world.connection(platform).state is ConnectionState.CONNECTED

    return check


def hooks_are_moved(world: FaultWorld, platform: str) -> tuple[tuple[Any, ...], CHECK]:
    """The store's webhooks go to an address that the hub had before: those are taken away, and made anew at today's."""
    connection = world.connection(platform)
    store, here = world.hub.store_for(connection), store_hooks.address(connection, world.hub.config.public_url)
    assert isinstance(store, KeepsHooks)
    store.ensure_hooks(f"{here.rpartition('/')[0]}/{'o' * 22}", connection.hook_secret)
    return ("ensure_hooks", connection.id), lambda: _all_registered(store, here, connection.hook_secret)


def hooks_are_damaged(world: FaultWorld, platform: str) -> tuple[tuple[Any, ...], CHECK]:
    """Webhooks stand there, and not as the hub wants them: they are set right."""
    connection = world.connection(platform)
    store, here = world.hub.store_for(connection), store_hooks.address(connection, world.hub.config.public_url)
    assert isinstance(store, KeepsHooks)
    DAMAGES[platform](world)
    return ("ensure_hooks", connection.id), lambda: _all_registered(store, here, connection.hook_secret)


def _all_registered(store: KeepsHooks, address: str, secret: str) -> None:
    report = store.ensure_hooks(address, secret)
    assert (report.made, report.mended) == ((), ()) and report.kept


def _other_fields(world: FaultWorld) -> None:
    for one in world.practice.store("shopify").sim.sender.subscriptions[:2]:
        one.include_fields = ("id", "title")


def _switched_off(world: FaultWorld) -> None:
    for hook in world.store("bigcommerce", "GET", "hooks")[:2]:
        world.store("bigcommerce", "POST", f"hooks/{hook['id']}/deactivate")


# How a webhook that stands there comes to be wrong, by store system.
DAMAGES: Mapping[str, Callable[[FaultWorld], None]] = {"shopify": _other_fields, "bigcommerce": _switched_off}


def message_comes(world: FaultWorld, platform: str) -> tuple[Callable[[], Any], CHECK]:
    """An order's message meets a web side that dies; its sender comes again."""
    check = order_comes(world, platform)
    return (lambda: world.tiktok("POST", "webhooks/flush", {"everything": True})), check


def practice_is_steered(world: FaultWorld, platform: str) -> tuple[tuple[Any, ...], CHECK]:
    """A command to a practice platform, as the demo gives them."""
    before = world.tiktok("GET", "settings")

    def check() -> None:
        assert world.tiktok("GET", "settings") == before

    return ("control", world.practice.tiktok_url, "tick", {}), check


def periodic_work(world: FaultWorld, platform: str) -> tuple[tuple[Any, ...], CHECK]:
    """The scheduler dies at the slot in which an order is found that no message told of."""
    rule = world.tiktok("POST", "webhooks/rules", {"do": "drop", "times": 20})
    assert rule
    check = order_comes(world, platform)
    world.tiktok("DELETE", "webhooks/rules")
    world.pass_time(timedelta(minutes=6))
    return ("schedule",), check

"""What goes on in the hub when it is killed: one case per kind of outside write, and which crash points it passes.

A case prepares the world, starts something, and says afterwards whether it happened once. In between somebody is killed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hub import clock, practice
from hub.domain.tasks import Kind
from hub.flows import connect, listings, tasks
from hub.flows.connect import HOOKS
from hub.models.connections import Connection, ConnectionState, Mode
from hub.models.listings import Listing
from hub.models.tasks import Task
from hub.models.tiktok import Grant
from tests.faults.fault_world import FaultWorld
from tests.support.trade import Trade

BOTH = ("before", "after")
CHECK = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Case:
    """``begin`` starts it and gives the check for later. ``by``: who is killed: a worker at its tasks, a step that no task does
    (``begin`` gives it with the check), or the web side, which ``begin`` calls by itself."""

    name: str
    begin: Callable[[FaultWorld, str], Any]
    points: tuple[str, ...]
    platform: str = "magento"
    by: str = "worker"
    bare: bool = False


def sides(*names: str) -> tuple[str, ...]:
    """Before and after the calls of these names."""
    return tuple(f"{name}.{side}" for name in names for side in BOTH)


# -- orders


def order_comes(world: FaultWorld, platform: str) -> CHECK:
    """A paid order; it has to stand in the store once."""
    trade = Trade(world, platform)
    order_id = trade.place(2, shipping={"original": "4.99"})

    def check() -> None:
        assert len(trade.copies(order_id)) == 1 and trade.link(order_id).store_order_id

    return check


def order_waits(world: FaultWorld, platform: str) -> CHECK:
    """The same, with its message planned already: the order's own task is next."""
    check = order_comes(world, platform)
    world.deliver()
    world.run_tasks([task.id for task in tasks_due(world) if task.kind is Kind.DRAIN_INBOX])
    return check


def tasks_due(world: FaultWorld) -> Sequence[Task]:
    with world.hub.db.read() as session:
        return session.scalars(select(Task).where(Task.id.in_(world.due()))).all()


def bought(world: FaultWorld, platform: str, **more: Any) -> tuple[Trade, str]:
    trade = Trade(world, platform)
    return trade, trade.buy(**more)


def tiktok_ships(world: FaultWorld, platform: str) -> CHECK:
    """TikTok's label becomes one shipment in the store, and its status is shown there."""
    trade, order_id = bought(world, platform, shipping_type="TIKTOK")
    tracking = trade.tell(order_id, "ship")["tracking_number"]

    def check() -> None:
        assert json.dumps(trade.there(order_id)["shipments"]).count(tracking) == 1
        assert [one["number"] for one in trade.link(order_id).parcels] == [tracking]

    return check


def tiktok_cancels(world: FaultWorld, platform: str) -> CHECK:
    """The buyer's cancellation reaches the store once, and the goods are back once."""
    trade, order_id = bought(world, platform)
    before = salable(world, platform, trade)
    trade.tell(order_id, "cancel", {"by": "BUYER"})

    def check() -> None:
        assert trade.state(order_id) == "cancelled"
        assert salable(world, platform, trade) == before + 1
        assert not trade.tiktok_calls("CancelOrder", order_id), "the echo of its own cancellation"

    return check


def salable(world: FaultWorld, platform: str, trade: Trade) -> Decimal:
    [row] = [one for one in world.store(platform, "GET", "products") if one["sku"] == trade.skus()[0].seller_sku]
    return Decimal(str(row.get("salable", row["quantity"])))


def held_is_cancelled(world: FaultWorld, platform: str) -> CHECK:
    """The same for an order that is held in the store."""
    trade, order_id = bought(world, platform)
    trade.in_store(order_id, "hold")
    world.settle()
    trade.tell(order_id, "cancel", {"by": "BUYER"})

    def check() -> None:
        assert trade.state(order_id) == "cancelled"

    return check


def tiktok_refunds(world: FaultWorld, platform: str) -> CHECK:
    """A refund on TikTok Shop becomes one in the store, to the cent."""
    trade, order_id = bought(world, platform)
    trade.bring_to(order_id, "DELIVERED")
    trade.tell(order_id, "refund")

    def check() -> None:
        refunded = Decimal(trade.told(order_id)["truth"]["refunded"])
        assert refunded > 0 and Decimal(str(trade.there(order_id)["refunded"])) == refunded

    return check


def store_ships(world: FaultWorld, platform: str) -> CHECK:
    """The store's tracking number reaches TikTok Shop once."""
    trade, order_id = bought(world, platform)
    tracking, provider = f"1Z{order_id[-12:]}", world.shop(platform).providers[-1]["id"]
    if platform == "magento":
        title, code = "UPS", "ups"
    else:
        carrier = next(iter(world.hub.store_for(world.connection(platform)).carriers()))
        title, code = carrier.title, carrier.carrier_id
    trade.set(carriers={title: provider})
    trade.ship(order_id, tracking, title if platform == "magento" else code)

    def check() -> None:
        told = trade.told(order_id)
        assert told["status"] == "AWAITING_COLLECTION"
        assert {line["tracking_number"] for line in told["line_items"]} == {tracking}
        assert len({line["package_id"] for line in told["line_items"]}) == 1
        assert [one["number"] for one in trade.link(order_id).parcels] == [tracking]

    return check


def store_cancels(world: FaultWorld, platform: str) -> CHECK:
    """The store's cancellation reaches TikTok Shop once."""
    trade, order_id = bought(world, platform)
    trade.in_store(order_id, "cancel")

    def check() -> None:
        assert trade.told(order_id)["status"] == "CANCELLED" and trade.state(order_id) == "cancelled"
        done = [one for one in trade.tiktok_calls("CancelOrder", order_id) if json.loads(one.answer or "{}").get("code") == 0]
        assert len(done) == 1

    return check


def hold_of(holds: bool) -> Callable[[FaultWorld, str], tuple[tuple[Any, ...], CHECK]]:
    """The adapter holds or releases a store order; a second try changes nothing more."""
    def begin(world: FaultWorld, platform: str) -> tuple[tuple[Any, ...], CHECK]:
        trade, order_id = bought(world, platform)
        if not holds:
            trade.in_store(order_id, "hold")
            world.settle()

        def check() -> None:
            assert trade.state(order_id) == ("held" if holds else "open")
            trade.in_store(order_id, "unhold") if holds else None

        return ("hold", world.connections[platform], order_id, holds), check

    return begin


# -- products


def product_is_pushed(world: FaultWorld, platform: str) -> CHECK:
    """A new product stands on TikTok Shop once, its pictures with it."""
    listing_id, sku = world.unpushed(platform)[0]
    with world.hub.db.write() as session:
        listings.submit_push(session, world.shop(platform), [listing_id], "tester")

    def check() -> None:
        found = [one for one in on_tiktok(world) if any(str(part["seller_sku"]).startswith(sku) for part in one["skus"])]
        with world.hub.db.read() as session:
            listing = session.get_one(Listing, listing_id)
        assert [one["id"] for one in found] == [listing.tiktok_product_id], (sku, found, listing.problems)

    return check


def on_tiktok(world: FaultWorld) -> list[dict[str, Any]]:
    return [one for one in world.tiktok("GET", "products")["products"] if one["status"] != "DELETED"]


def live(world: FaultWorld, platform: str) -> Listing:
    """The first product on sale that has one SKU only."""
    skus = Counter(sku.listing_id for sku in world.skus(platform))
    return min((one for one in world.listings(platform) if one.tiktok_status == "ACTIVATE" and skus[one.id] == 1), key=lambda one: one.id)


def told_of(world: FaultWorld, listing: Listing) -> dict[str, Any]:
    return next(one for one in on_tiktok(world) if one["id"] == listing.tiktok_product_id)


def product_is_edited(world: FaultWorld, platform: str) -> CHECK:
    """A new title reaches TikTok Shop."""
    listing = live(world, platform)
    sku, title = _sku_of(world, listing), f"Steel Water Bottle, boiled {clock.timestamp():.0f} times"
    world.store(platform, "PATCH", f"products/{sku}", {"title": title})
    world.settle()
    with world.hub.db.write() as session:
        listings.submit_push(session, world.shop(platform), [listing.id], "tester")

    def check() -> None:
        world.tiktok("POST", "review", {"verdict": "approve"})
        world.settle()
        assert told_of(world, listing)["title"] == title

    return check


def _sku_of(world: FaultWorld, listing: Listing) -> str:
    from hub.models.products import StoreProduct

    with world.hub.db.read() as session:
        return session.get_one(StoreProduct, listing.product_id).sku


def price_changes(world: FaultWorld, platform: str) -> CHECK:
    """A new price in the store is TikTok's price."""
    listing = live(world, platform)
    price = Decimal("2.00") + Decimal(int(clock.timestamp()) % 300) / 100       # below any sale price of it
    sku = _sku_of(world, listing)
    world.store(platform, "PATCH", f"products/{sku}", {"price": str(price)})

    def check() -> None:
        [found] = told_of(world, listing)["skus"]
        assert Decimal(str(found["price"])) == price, found

    return check


def stock_changes(world: FaultWorld, platform: str) -> CHECK:
    """A new quantity in the store is TikTok's stock."""
    listing = live(world, platform)
    sku, quantity = _sku_of(world, listing), 100 + int(clock.timestamp()) % 900
    world.store(platform, "PATCH", f"products/{sku}", {"quantity": quantity})

    def check() -> None:
        [found] = told_of(world, listing)["skus"]
        assert quantity - 100 < int(found["available"]) <= quantity, found
        world.store(platform, "PATCH", f"products/{sku}", {"quantity": 5000})
        world.settle()

    return check


def goes_up_or_down(active: bool) -> Callable[[FaultWorld, str], CHECK]:
    """A product is taken down, or put up again."""
    def begin(world: FaultWorld, platform: str) -> CHECK:
        listing = live(world, platform)
        if active:
            with world.hub.db.write() as session:
                listings.submit_active(session, world.shop(platform), [listing.id], False, "tester")
            world.settle()
        with world.hub.db.write() as session:
            listings.submit_active(session, world.shop(platform), [listing.id], active, "tester")

        def check() -> None:
            if not active:
                assert told_of(world, listing)["status"] == "SELLER_DEACTIVATED"
                with world.hub.db.write() as session:
                    listings.submit_active(session, world.shop(platform), [listing.id], True, "tester")
                world.settle()
            world.tiktok("POST", "review", {"verdict": "approve"})
            world.settle()
            assert told_of(world, listing)["status"] == "ACTIVATE"

        return check

    return begin


def store_shows_rows(world: FaultWorld, platform: str) -> CHECK:
    """The store's product grid shows what became of a product."""
    with world.hub.db.write() as session:
        listing = session.get_one(Listing, live(world, platform).id)
        listing.updated_at = clock.now()
        listings.submit_rows(session, world.shop(platform))

    def check() -> None:
        calls = {"magento": "PUT shopbridge/listings", "prestashop": "do:listings.put"}
        app = world.practice.store(platform)
        assert app.sim.journal.entries(calls[platform])[-1].status == 200

    return check


# -- sign-ins and messages


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
    from datetime import timedelta

    world.pass_time(timedelta(minutes=6))
    return ("schedule",), check


STORES = ("magento", "prestashop")
TASK_POINTS = ("task.claimed", "task.before_flow", "task.before_settle", "task.after_settle")
CASES: tuple[Case, ...] = (
    Case("a message", message_comes, ("inbox.before_commit", "inbox.after_commit"), by="web"),
    Case("a drain", order_comes, ("drain.before_commit", "drain.after_commit", *TASK_POINTS)),
    *(Case(f"an order in {store}", order_waits, (*sides(f"{store}.orders.create"), *TASK_POINTS), store)
      for store in STORES),
    *(Case(f"TikTok's parcel to {store}", tiktok_ships, sides(f"{store}.orders.ship", f"{store}.orders.status"), store) for store in STORES),
    *(Case(f"TikTok's cancellation to {store}", tiktok_cancels, sides(f"{store}.orders.cancel"), store) for store in STORES),
    *(Case(f"TikTok's refund to {store}", tiktok_refunds, sides(f"{store}.orders.refund"), store) for store in STORES),
    *(Case(f"{store}'s parcel to TikTok", store_ships, sides("tiktok.logistics.ship"), store) for store in STORES),
    *(Case(f"{store}'s cancellation to TikTok", store_cancels, sides("tiktok.aftersales.cancel"), store) for store in STORES),
    *(Case(f"the grid of {store}", store_shows_rows, sides(f"{store}.listings.put"), store) for store in STORES),
    Case("a new product", product_is_pushed, (*sides("tiktok.products.upload_image", "tiktok.products.create"),
                                              "item.claimed", "item.before_settle", "item.settled")),
    Case("a new title", product_is_edited, sides("tiktok.products.edit")),
    Case("a new price", price_changes, sides("tiktok.products.update_prices")),
    Case("new stock", stock_changes, sides("tiktok.products.update_stock")),
    Case("taken down", goes_up_or_down(False), sides("tiktok.products.deactivate")),
    Case("put up again", goes_up_or_down(True), sides("tiktok.products.activate")),
    Case("messages asked for", hooks_are_registered, sides("tiktok.hooks.register")),
    Case("a message given up", hook_is_forgotten, sides("tiktok.hooks.remove"), by="step"),
    Case("a token renewed", token_is_renewed, (*sides("tiktok.auth.refresh"), "tiktok.refresh.before_commit")),
    Case("a consent", seller_consents, sides("tiktok.auth.exchange"), by="step"),
    Case("Activate in Magento", integration_is_activated, sides("magento.oauth.token.request", "magento.oauth.token.access"), by="web"),
    Case("a command", practice_is_steered, sides("practice.control"), by="step"),
    Case("a slot of the scheduler", periodic_work, ("schedule.before_commit", "schedule.after_commit"), by="step"),
    # -- without the plugin
    Case("an order in a bare magento", order_comes, sides("magento.orders.create"), bare=True),
    Case("TikTok's parcel to a bare magento", tiktok_ships, sides("magento.orders.ship"), bare=True),
    Case("TikTok's cancellation to a bare magento", tiktok_cancels, sides("magento.orders.cancel"), bare=True),
    Case("a held order cancelled in a bare magento", held_is_cancelled, sides("magento.orders.unhold"), bare=True),
    Case("a bare magento holds", hold_of(True), sides("magento.orders.hold"), by="step", bare=True),
    Case("a bare magento releases", hold_of(False), sides("magento.orders.unhold"), by="step", bare=True),
    Case("an order in a bare prestashop", order_comes, sides(
        *(f"prestashop.{step}" for step in ("customers.create", "addresses.create", "carts.create", "specific_prices.create", "orders.create",
                                            "orders.total", "order_payments.amount", "orders.pay", "order_carriers.cost",
                                            "order_payments.mark"))), "prestashop", bare=True),
    Case("TikTok's parcel to a bare prestashop", tiktok_ships, sides("prestashop.order_carriers.track", "prestashop.orders.ship"),
         "prestashop", bare=True),
    Case("TikTok's cancellation to a bare prestashop", tiktok_cancels, sides("prestashop.orders.cancel"), "prestashop", bare=True),
)
MATRIX: tuple[tuple[Case, str], ...] = tuple((case, point) for case in CASES for point in case.points)


def covered() -> Mapping[str, int]:
    """How often each crash point is met."""
    names = [point for _, point in MATRIX]
    return {name: names.count(name) for name in names}


__all__ = ["CASES", "MATRIX", "Case", "covered"]

"""Orders that are on their way when somebody is killed: each begins one, and gives the check that it happened once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hub.domain.tasks import Kind
from hub.flows import connect
from hub.models.connections import Connection
from hub.models.shops import Shop
from hub.models.tasks import Task
from tests.faults.checker import parcels_of
from tests.faults.fault_world import FaultWorld
from tests.support.trade import Trade

CHECK = Callable[[], None]


def order_comes(world: FaultWorld, platform: str) -> CHECK:
    """A paid order; it has to stand in the store once."""
    trade = Trade(world, platform)
    before = salable(world, platform, trade)
    order_id = trade.place(2, shipping={"original": "4.99"})
    # An order that Magento takes without the module reserves nothing (contracts/magento.md 5).
    takes_nothing = platform == "magento" and not world.connection(platform).has_plugin

    def check() -> None:
        assert len(trade.copies(order_id)) == 1 and trade.link(order_id).store_order_id
        if not takes_nothing:
            assert salable(world, platform, trade) == before - 2, "its goods are taken once"

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


def order_is_held(world: FaultWorld, platform: str) -> CHECK:
    """A store without a module of ours holds a paid order for the hour in which its buyer can still cancel."""
    check = order_waits(world, platform)
    trade, order_id = newest(world, platform)

    def held() -> None:
        check()
        assert trade.state(order_id) == "held"

    return held


def hold_ends(world: FaultWorld, platform: str) -> CHECK:
    """The hour is over: the order may be shipped."""
    check = order_comes(world, platform)
    world.settle()
    trade, order_id = newest(world, platform)
    assert trade.state(order_id) == "held"
    world.pass_time(timedelta(minutes=61))

    def released() -> None:
        check()
        assert trade.state(order_id) == "open"

    return released


def order_is_moved(world: FaultWorld, platform: str) -> CHECK:
    """The merchant sells from one location: the store sends the order from there, wherever it would have sent it from itself."""
    store = world.hub.store_for(world.connection(platform))
    location = [one.code for one in store.check().scopes if one.code][-1]
    scope(world, platform, location)
    check = order_waits(world, platform)
    trade, order_id = newest(world, platform)

    def moved() -> None:
        scope(world, platform, "")
        check()
        assert {one["location_id"] for one in trade.there(order_id)["fulfillment_orders"] if one["status"] != "CLOSED"} == {
            location.removeprefix("location:")}

    return moved


def scope(world: FaultWorld, platform: str, code: str) -> None:
    """The shop sells from this part of the store."""
    with world.hub.db.write() as session:
        session.get_one(Shop, world.shop_id(platform)).scope = code


def newest(world: FaultWorld, platform: str) -> tuple[Trade, str]:
    """The order that was placed last."""
    shop = world.shop(platform).tiktok_shop_id
    return Trade(world, platform), str(next(one["id"] for one in reversed(world.tiktok("GET", "orders")["orders"]) if one["shop_id"] == shop))


def bought(world: FaultWorld, platform: str, **more: Any) -> tuple[Trade, str]:
    trade = Trade(world, platform)
    return trade, trade.buy(**more)


def tiktok_ships(world: FaultWorld, platform: str) -> CHECK:
    """TikTok's label becomes one shipment in the store, and its status is shown there."""
    trade, order_id = bought(world, platform, shipping_type="TIKTOK")
    tracking = trade.tell(order_id, "ship")["tracking_number"]

    def check() -> None:
        assert [number for number, _ in parcels_of(trade.there(order_id))] == [tracking]
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
    buyer_gets_back(world, trade, order_id)

    def check() -> None:
        refunded = Decimal(trade.told(order_id)["truth"]["refunded"])
        assert refunded > 0 and Decimal(str(trade.there(order_id)["refunded"])) == refunded

    return check


def buyer_gets_back(world: FaultWorld, trade: Trade, order_id: str) -> None:
    """A refund on TikTok Shop. Its message makes the hub search for it, so it is told once the search shows it."""
    trade.tell(order_id, "refund")
    world.pass_time(timedelta(seconds=1 + float(world.tiktok("GET", "settings")["search_delay_s"])))


def store_ships(world: FaultWorld, platform: str) -> CHECK:
    """The store's tracking number reaches TikTok Shop once."""
    trade, order_id = bought(world, platform)
    tracking, provider = f"1Z{order_id[-12:]}", world.shop(platform).providers[-1]["id"]
    carrier = next(iter(world.hub.store_for(world.connection(platform)).carriers()))
    trade.set(carriers={carrier.title: provider})
    trade.ship(order_id, tracking, carrier.title, carrier.carrier_id)

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
        store = world.hub.store_for(world.connection(platform))
        if not holds:
            store.set_status(order_id, "ON_HOLD", True)
            world.settle()

        def check() -> None:
            assert trade.state(order_id) == ("held" if holds else "open")
            store.set_status(order_id, "AWAITING_SHIPMENT", False)

        return ("hold", world.connections[platform], order_id, holds), check

    return begin


def order_is_archived(world: FaultWorld, platform: str) -> CHECK:
    """A merchant who archives has a completed order archived."""
    trade, order_id = bought(world, platform)
    trade.bring_to(order_id, "DELIVERED")
    choose(world, platform, archive="cancelled_completed")
    trade.tell(order_id, "complete")

    def check() -> None:
        choose(world, platform, archive="never")
        assert trade.there(order_id)["closed"]

    return check


def choose(world: FaultWorld, platform: str, **choices: str) -> None:
    """The merchant changes choices of the connection."""
    with world.hub.db.write() as session:
        row = session.get_one(Connection, world.connections[platform])
        connect.save_store_settings(row, {**row.settings, **json.loads(row.secrets or "{}"), **choices})


def goods_come_back(world: FaultWorld, platform: str) -> CHECK:
    """The store does not give stock back by itself, so the hub does: at most once, whatever happens in between."""
    world.store(platform, "POST", "settings", {"refund_order_stock_adjustment": False})
    trade, order_id = bought(world, platform)
    before = salable(world, platform, trade)
    trade.tell(order_id, "cancel", {"by": "BUYER"})

    def check() -> None:
        world.store(platform, "POST", "settings", {"refund_order_stock_adjustment": True})
        assert trade.state(order_id) == "cancelled"
        # A crash between cancelling and giving back leaves the figure too low, never too high.
        assert before <= salable(world, platform, trade) <= before + 1

    return check


def refund_is_noted(world: FaultWorld, platform: str) -> CHECK:
    """The store can't book a refund of an order that was paid elsewhere: status and notes tell it, once."""
    world.store(platform, "POST", "settings", {"offline_refund": False})
    trade, order_id = bought(world, platform)
    trade.bring_to(order_id, "DELIVERED")
    buyer_gets_back(world, trade, order_id)

    def check() -> None:
        world.store(platform, "POST", "settings", {"offline_refund": True})
        found = world.hub.store_for(world.connection(platform)).order(order_id)
        assert found is not None and found.refunded == Decimal(trade.told(order_id)["truth"]["refunded"]) > 0

    return check

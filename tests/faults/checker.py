"""The invariants, checked from the outside: what the platforms' simulators saw, against what the hub's tables say.

Each broken promise is one line with the ids it is about; a run is good when there is none (`reliability.md` 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hub import clock
from hub.domain.tasks import Outcome, TaskState, order_lane
from hub.models.inbox import InboxEvent, InboxState
from hub.models.orders import EffectState, LinkState, OrderEffect, OrderLink
from hub.models.tasks import Task
from tests.support.world import World

PAID = {"AWAITING_SHIPMENT", "AWAITING_COLLECTION", "PARTIALLY_SHIPPING", "IN_TRANSIT", "DELIVERED", "COMPLETED"}
HAVE_ORDER = {LinkState.IN_STORE, LinkState.SHIPPED, LinkState.COMPLETED, LinkState.CANCELLED}


def broken(world: World) -> list[str]:
    """Every broken invariant, in words."""
    return [*no_loss(world), *once(world), *complete(world), *money_exact(world), *explained(world)]


def no_loss(world: World) -> Iterator[str]:
    """I1: what was answered 2xx is in the database, and planned or set aside with a reason."""
    with world.hub.db.read() as session:
        rows = session.scalars(select(InboxEvent)).all()
    kept = {row.event_id for row in rows if row.source.startswith("tiktok:")}
    for message in world.tiktok("GET", "webhooks?state=sent")["messages"]:
        if str(message["id"]) not in kept:
            yield f"I1: message {message['id']} was answered 200 and is not kept"
    for row in rows:
        if row.state is InboxState.NEW:
            yield f"I1: message {row.event_id} was never planned"
        if row.state in (InboxState.PARKED, InboxState.IGNORED) and not row.reason:
            yield f"I1: message {row.event_id} was set aside without a reason"


def once(world: World) -> Iterator[str]:
    """I2: one store order per TikTok order, and one effect per cancellation, parcel, refund; one TikTok product per SKU."""
    for platform in world.connections:
        orders = world.store_orders(platform)
        for key, number in Counter(one["key"] for one in orders if one.get("key")).items():
            if number > 1:
                yield f"I2: TikTok order {key} stands {number} times in {platform}"
        for one in orders:
            yield from (f"I2: {number} was shipped {times} times in order {one['number']} of {platform}"
                        for (number, _), times in Counter(parcels_of(one)).items() if times > 1)
    products = [one for one in world.tiktok("GET", "products")["products"] if one["status"] != "DELETED"]
    skus = Counter((one.get("shop_id"), sku["seller_sku"]) for one in products for sku in one["skus"])
    yield from (f"I2: SKU {sku} is on sale {times} times in shop {shop}" for (shop, sku), times in skus.items() if times > 1)
    with world.hub.db.read() as session:
        for effect in session.scalars(select(OrderEffect).where(OrderEffect.state == EffectState.INTENDED)):
            work = session.scalars(select(Task).where(Task.lane == order_lane(effect.link_id)).order_by(Task.id))
            yield (f"I2: {effect.kind} {effect.key} of link {effect.link_id} was intended at {effect.at:%H:%M:%S} and its end is unknown; "
                   + "; ".join(f"{task.kind} {task.state} {task.outcome} at {task.run_at:%H:%M:%S}: {task.says}" for task in work))


def parcels_of(order: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The tracking number of each parcel of a store's order, as its control API tells it, and the location that it left from."""
    found = []
    for parcel in order.get("shipments") or ():
        for track in parcel.get("tracks") or [parcel.get("number")]:
            number = track.get("number") if isinstance(track, Mapping) else track
            found += [(str(number), str(parcel.get("location_id") or ""))] if number else []
    return found


def tasks_of(world: World, link: OrderLink) -> str:
    """What was done about an order, for the message of a failed test."""
    with world.hub.db.read() as session:
        found = session.execute(select(Task.id, Task.kind, Task.state, Task.outcome, Task.says, Task.run_at, Task.attempts)
                                .where(Task.lane == order_lane(link.id)).order_by(Task.id))
        rows = [f"{row.id} {row.kind} {row.state} {row.outcome} “{row.says}” at {row.run_at:%H:%M:%S}, {row.attempts} tries" for row in found]
    return f" (asked {link.intent_at}; now {clock.now():%H:%M:%S}; {'; '.join(rows) or 'no task'})"


def complete(world: World) -> Iterator[str]:
    """I3: each paid order is in the store, or not due, or failed with a reason; the ledger agrees."""
    with world.hub.db.read() as session:
        links = {link.tiktok_order_id: link for link in session.scalars(select(OrderLink))}
    for order in world.tiktok("GET", "orders")["orders"]:
        link = links.get(str(order["id"]))
        if order["status"] not in PAID:
            continue
        if link is None:
            yield f"I3: paid order {order['id']} is unknown"
        elif link.state not in HAVE_ORDER and not link.problems and not link.reason:
            yield f"I3: paid order {order['id']} is {link.state} without a reason{tasks_of(world, link)}"
    for platform in world.connections:
        there = {one["key"] for one in world.store_orders(platform)}
        shop_id = world.shop_id(platform)
        for link in links.values():
            if link.shop_id == shop_id and link.state in HAVE_ORDER and link.store_order_id and link.tiktok_order_id not in there:
                yield f"I3: order {link.tiktok_order_id} counts as {link.state}, but {platform} does not have it"
        counted = world.ledger(platform)
        if counted.missing or counted.double:
            yield f"I3: the ledger of {platform} says {counted}"


def money_exact(world: World) -> Iterator[str]:
    """I7: what the buyer paid is what the store's order says, and what he got back too, never more."""
    truth = {one["id"]: one for one in world.tiktok("GET", "orders")["orders"]}
    for platform in world.connections:
        for one in world.store_orders(platform):
            if not one.get("key"):
                continue
            told = truth[one["key"]]
            if Decimal(one["totals"]["grand"]) != Decimal(told["total_amount"]):
                yield f"I7: order {one['key']}: paid {told['total_amount']}, in {platform} {one['totals']['grand']}"
            # A store may book the money of a cancelled order back with it; TikTok Shop never took it.
            given_back = told["total_amount"] if told["status"] == "CANCELLED" else told["refunded"]
            if Decimal(str(one.get("refunded") or 0)) > Decimal(given_back):
                yield f"I7: order {one['key']}: TikTok Shop gave {given_back} back, {platform} {one['refunded']}"


def explained(world: World) -> Iterator[str]:
    """I9: what failed says why and what to do; nothing ended as our mistake, nothing killed its workers for good."""
    with world.hub.db.read() as session:
        for link in session.scalars(select(OrderLink).where(OrderLink.state == LinkState.NEEDS_ATTENTION)):
            if not link.problems or not all(one["says"] and one["fix"] for one in link.problems):
                yield f"I9: order {link.tiktok_order_id} needs attention and does not say why"
        for task in session.scalars(select(Task).where(
                (Task.outcome == Outcome.BUG) | (Task.state == TaskState.PARKED))):
            yield f"I9: task {task.id} ({task.kind}) ended as {task.state}: {task.says}"

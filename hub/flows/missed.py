"""Orders that no message told of: read by time from both sides, and looked for by a person (MIS-01 … MIS-03, ORD-08, R-08)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.orders import Order, OrderState, StoreOrder
from hub.domain.tasks import Kind, Outcome, Queue
from hub.flows import order_links as links
from hub.flows import tasks
from hub.flows.orders import submit_fulfilment, submit_relay
from hub.flows.tasks import Result, TaskView
from hub.models.connections import Connection, Watermark
from hub.models.orders import LinkState, OrderLink
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.wiring import Hub

# How far a search goes back before its last look: clocks differ, and a search may show a change late.
OVERLAP = timedelta(minutes=15)
FIRST_LOOK = timedelta(days=3)


def sync_orders(hub: Hub, task: TaskView) -> Result:
    """What changed on TikTok Shop since the last look: orders, cancellations, returns. Messages are only faster."""
    started = clock.now()
    with hub.db.read() as session:
        shop = session.get_one(Shop, task.shop_id)
        since = _mark(session, shop, "orders_seen") or max(shop.created_at, started - FIRST_LOOK)
    tiktok = hub.shop_for(shop.id)
    span = (since - OVERLAP, started + timedelta(minutes=1))
    orders = {order.order_id: order for order in tiktok.orders.search(updated=span)}
    touched = {one.order_id for one in tiktok.aftersales.cancellations(updated=span)}
    touched |= {one.order_id for one in tiktok.aftersales.returns(updated=span)}
    with hub.db.write() as session:
        known = _known(session, shop.id, [*orders, *touched])
        news = [order_id for order_id, order in orders.items() if _is_news(order, known.get(order_id))]
        news += sorted(touched)     # a return moves without its order, or within the same second
        for order_id in dict.fromkeys(news):
            submit_relay(session, shop, order_id)
        _set_mark(session, shop, "orders_seen", started)
    return Result(Outcome.OK if news else Outcome.NO_CHANGE, f"{len(orders)} TikTok orders changed, {len(news)} of them news")


def _is_news(order: Order, link: OrderLink | None) -> bool:
    if link is None or link.tiktok_updated_at is None or order.updated_at > link.tiktok_updated_at:
        return True
    is_other = order.updated_at == link.tiktok_updated_at and link.tiktok_state is not order.state     # TikTok Shop counts seconds
    return is_other or link.state is LinkState.CREATING


def _known(session: Session, shop_id: int, order_ids: Sequence[str]) -> dict[str, OrderLink]:
    return {link.tiktok_order_id: link for link in session.scalars(select(OrderLink).where(
        OrderLink.shop_id == shop_id, OrderLink.tiktok_order_id.in_(order_ids)))}


def poll_store_orders(hub: Hub, task: TaskView) -> Result:
    """What changed on our orders in the store since the last look: shipped, cancelled."""
    started = clock.now()
    with hub.db.read() as session:
        connection = session.get_one(Connection, task.connection_id)
        shops = links.shops_of(session, connection.id)
        if not shops:
            return Result(Outcome.NO_CHANGE, "No TikTok shop is chosen yet")
        since = _mark(session, shops[0], "store_orders_seen") or connection.created_at
    changed = list(hub.store_for(connection).orders_changed(since - OVERLAP))
    with hub.db.write() as session:
        links_by_key = {link.tiktok_order_id: link for link in session.scalars(select(OrderLink).where(
            OrderLink.connection_id == connection.id, OrderLink.tiktok_order_id.in_([one.key for one in changed])))}
        news = [links_by_key[one.key] for one in changed if one.key in links_by_key and _differs(one, links_by_key[one.key])]
        for link in news:
            submit_fulfilment(session, link)
        _set_mark(session, shops[0], "store_orders_seen", started)
    return Result(Outcome.OK if news else Outcome.NO_CHANGE, f"{len(news)} store orders changed")


def _differs(there: StoreOrder, link: OrderLink) -> bool:
    if there.state.value != link.store_state:
        return True
    sent = {row["number"] for row in link.parcels}
    return any(parcel.tracking_number not in sent for parcel in there.parcels)


# -- by a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A TikTok order that awaits shipment and is not in the store."""

    order_id: str
    placed_at: datetime
    total: str
    units: int
    state: str
    problem: str


def find_missed(hub: Hub, shop_id: int, start: datetime, end: datetime) -> list[Missed]:
    """TikTok orders of [start, end) that await shipment and are not in the store (MIS-01; others are not queried, MIS-03)."""
    orders = list(hub.shop_for(shop_id).orders.search(created=(start, end), state=OrderState.AWAITING_SHIPMENT.value))
    with hub.db.read() as session:
        known = _known(session, shop_id, [order.order_id for order in orders])
    answer = []
    for order in orders:
        link = known.get(order.order_id)
        if link is not None and links.is_in_store(link):
            continue
        says = link.problems[0]["says"] if link is not None and link.problems else ""
        answer.append(Missed(order_id=order.order_id, placed_at=order.created_at, total=f"{order.total} {order.currency}",
                             units=len(order.lines), state=order.raw_state, problem=says))
    return answer


def submit_missed(session: Session, shop: Shop, start: datetime, end: datetime, by: str) -> Task:
    """Plans *Sync All Missed Orders* for orders of [start, end). Raises ``ValueError`` where start is after end."""
    if start > end:
        raise ValueError("The start date is after the end date.")
    return tasks.submit(session, Kind.SYNC_MISSED_ORDERS, connection_id=shop.connection_id, shop_id=shop.id, queue=Queue.ORDERS,
                        lane=f"shop:{shop.id}:missed", args={"from": start.isoformat(), "to": end.isoformat()}, by=by,
                        summary="Sync all missed orders", shown=True)


def sync_missed(hub: Hub, task: TaskView) -> Result:
    """Sends those found to the store, each through its own lane, so that none is made twice (MIS-02)."""
    assert task.shop_id is not None
    found = find_missed(hub, task.shop_id, datetime.fromisoformat(task.args["from"]), datetime.fromisoformat(task.args["to"]))
    with hub.db.write() as session:
        shop = session.get_one(Shop, task.shop_id)
        for one in found:
            submit_relay(session, shop, one.order_id, wanted=True)
    return Result(Outcome.OK if found else Outcome.NO_CHANGE, f"{len(found)} missed orders found and sent on their way", (),
                  {"found": len(found)})


def retry(session: Session, link: OrderLink, by: str) -> Task:
    """A person asks for it again: everything that stood in the way is tried anew, and its age no longer matters."""
    shop = session.get_one(Shop, link.shop_id)
    links.forgive(session, link)
    if links.is_in_store(link) and not any(row["code"] == "order.deleted" for row in link.problems):
        submit_fulfilment(session, link, by=by)
    elif any(row["code"] == "order.deleted" for row in link.problems):
        link.store_order_id, link.store_number, link.store_state, link.created_in_store_at = "", "", "", None
        links.tell(session, link, "asked", f"{by} asked to create it again")
    return submit_relay(session, shop, link.tiktok_order_id, by=by, wanted=True)


# -- how far a look has come


def _mark(session: Session, shop: Shop, name: str) -> datetime | None:
    return session.scalars(select(Watermark.at).where(
        Watermark.connection_id == shop.connection_id, Watermark.name == f"{name}:{shop.id}")).one_or_none()


def _set_mark(session: Session, shop: Shop, name: str, at: datetime) -> None:
    name = f"{name}:{shop.id}"
    links.insert_once(session, Watermark, {"connection_id": shop.connection_id, "name": name, "cursor": ""})
    session.execute(update(Watermark).where(Watermark.connection_id == shop.connection_id, Watermark.name == name).values(at=at))

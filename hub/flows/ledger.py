"""The ledger: each TikTok order is in the store, not due (why), failed (why) or missing; none stands there twice.

Counted from TikTok's own order search and from the store's own list of marked orders, not from our rows: those only
explain. ``seen = created + not_due + failed + missing``; ``double`` counts orders that stand in the store more than once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.money import text
from hub.domain.orders import Order, StoreOrder, StoreOrderState
from hub.domain.problems import problem
from hub.domain.settings import OrderSettings
from hub.domain.tasks import Kind, Outcome, Queue, connection_lane
from hub.flows import order_links as links
from hub.flows import tasks
from hub.flows.orders import note_deleted, submit_relay
from hub.flows.settings import settings_of
from hub.flows.tasks import Result, TaskView
from hub.models.ledger import LedgerEntry, Verdict
from hub.models.orders import EffectKind, LinkState, OrderLink
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.rules.orders import SKIPS, not_due
from hub.wiring import Hub

WINDOW = timedelta(days=30)
# A paid order that arrived this recently is on its way, not missing: the webhook, or one sync cycle, brings it.
ON_ITS_WAY = timedelta(minutes=5)
# A store order is created after its TikTok order was placed, but clocks differ and retries take hours.
_STORE_MARGIN = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The counts, over orders placed in a stretch of time."""

    seen: int = 0
    paid: int = 0
    created: int = 0
    not_due: int = 0
    failed: int = 0
    missing: int = 0
    double: int = 0
    counted_at: datetime | None = None

    @property
    def balanced(self) -> bool:
        """Nothing missing, nothing double."""
        return not self.missing and not self.double


def submit_reconcile(session: Session, connection_id: int, *, start: datetime | None = None, end: datetime | None = None,
                     by: str = "") -> Task:
    """Plans to count the last 30 days (or the stretch given)."""
    args = {"from": start.isoformat() if start else "", "to": end.isoformat() if end else ""}
    return tasks.submit(session, Kind.RECONCILE, connection_id=connection_id, lane=connection_lane(connection_id, Kind.RECONCILE),
                        queue=Queue.DEFAULT, args=args, by=by, summary="Count the ledger", shown=bool(by))


def reconcile(hub: Hub, task: TaskView) -> Result:
    """Counts all shops of a connection and sets going what is missing. Args: ``from``, ``to`` (ISO, may be empty)."""
    now = clock.now()
    end = datetime.fromisoformat(task.args["to"]) if task.args.get("to") else now
    start = datetime.fromisoformat(task.args["from"]) if task.args.get("from") else end - WINDOW
    with hub.db.read() as session:
        assert task.connection_id is not None
        shops = links.shops_of(session, task.connection_id)
        connection = links.connection_of(session, shops[0]) if shops else None
    if connection is None:
        return Result(Outcome.NO_CHANGE, "No TikTok shop is chosen yet")
    in_store: dict[str, list[StoreOrder]] = defaultdict(list)
    for one in hub.store_for(connection).marked_orders(start - timedelta(hours=1), max(end + _STORE_MARGIN, now + timedelta(minutes=5))):
        in_store[one.key].append(one)
    seen = 0
    for shop in shops:
        orders = list(hub.shop_for(shop.id).orders.search(created=(start, end)))
        seen += len(orders)
        with hub.db.write() as session:
            _write_down(session, shop, orders, in_store, now, timedelta(seconds=hub.platform(connection).search_delay_s))
    with hub.db.read() as session:
        counted = totals(session, task.connection_id, start=start, end=end)
    says = f"{counted.missing} missing, {counted.double} double of {counted.seen} TikTok orders"
    return Result(Outcome.OK if counted.balanced else Outcome.NEEDS_ATTENTION, says, (),
                  {"seen": seen, "missing": counted.missing, "double": counted.double})


def _write_down(session: Session, shop: Shop, orders: Sequence[Order], in_store: Mapping[str, Sequence[StoreOrder]], now: datetime,
                lag: timedelta) -> None:
    known = {link.tiktok_order_id: link for link in session.scalars(select(OrderLink).where(
        OrderLink.shop_id == shop.id, OrderLink.tiktok_order_id.in_([order.order_id for order in orders])))}
    settings = settings_of(shop).orders
    rows = []
    for order in orders:
        link = known.get(order.order_id)
        found = in_store.get(order.order_id, ())
        copies = [one for one in found if one.state is not StoreOrderState.DELETED]
        # One of which the store says itself that it was deleted is not waited for.
        verdict, reason = _judge(order, link, copies, settings, shop, now, lag if len(copies) == len(found) else timedelta(0))
        if verdict is Verdict.MISSING:
            _set_going(session, shop, order, link)
        elif link is not None:
            _note_copies(session, link, copies)
        rows.append(_row(shop, order, verdict, reason, copies, now))
    if rows:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        insert = dialect.insert(LedgerEntry)
        session.execute(insert.on_conflict_do_update(
            index_elements=["shop_id", "tiktok_order_id"],
            set_={name: insert.excluded[name] for name in rows[0] if name not in ("shop_id", "tiktok_order_id")}), rows)


def _judge(order: Order, link: OrderLink | None, copies: Sequence[StoreOrder], settings: OrderSettings, shop: Shop,
           now: datetime, lag: timedelta) -> tuple[Verdict, str]:
    # A store whose search lags behind does not list yet what it has just answered for.
    is_fresh = link is not None and bool(link.store_order_id) and link.created_in_store_at is not None and now - link.created_in_store_at < lag
    if copies or is_fresh:
        return Verdict.CREATED, ""
    wanted = link is not None and link.wanted
    reason = not_due(order, settings, since=shop.created_at, wanted=wanted)
    was_there = link is not None and link.created_in_store_at is not None
    if was_there and reason != "cancelled":
        return Verdict.MISSING, "It was created, and is no longer in the store"
    if reason is not None:
        return Verdict.NOT_DUE, SKIPS[reason]
    if link is not None and link.problems and link.state is LinkState.NEEDS_ATTENTION:
        return Verdict.FAILED, str(link.problems[0]["says"])[:300]
    if link is not None and link.next_try_at is not None:
        return Verdict.FAILED, f"Tried {link.retries} times; next try {link.next_try_at:%H:%M} UTC"
    arrived = max(filter(None, (order.paid_at, order.updated_at)), default=order.created_at)
    if now - arrived < ON_ITS_WAY:
        return Verdict.NOT_DUE, SKIPS["on_its_way"]
    return Verdict.MISSING, "TikTok Shop has it, the store has not"


def _set_going(session: Session, shop: Shop, order: Order, link: OrderLink | None) -> None:
    if link is None or link.created_in_store_at is None:
        submit_relay(session, shop, order.order_id)
        return
    note_deleted(session, link)


def _note_copies(session: Session, link: OrderLink, copies: Sequence[StoreOrder]) -> None:
    codes = {row["code"] for row in link.problems}
    if len(copies) > 1 and "order.double" not in codes:
        double = problem("order.double", count=len(copies), number=link.store_number or copies[0].number)
        link.problems = [*link.problems, double.as_json()]
        links.tell(session, link, "needs_attention", double.says)
    elif len(copies) == 1 and codes & {"order.double", "order.deleted"}:
        link.problems = [row for row in link.problems if row["code"] not in ("order.double", "order.deleted")]
    if copies and not link.store_order_id and link.intent_at is None and not links.effects_of(session, link.id, EffectKind.STORE_CANCEL):
        links.note_store_order(link, copies[0])      # it is there although we never heard: a restored backup, say
        link.created_in_store_at = link.created_in_store_at or copies[0].created_at or clock.now()
        link.state = LinkState.IN_STORE
        links.tell(session, link, "found", f"Found in the store as {copies[0].number}")


def _row(shop: Shop, order: Order, verdict: Verdict, reason: str, copies: Sequence[StoreOrder], now: datetime) -> dict[str, Any]:
    return {
        "connection_id": shop.connection_id, "shop_id": shop.id, "tiktok_order_id": order.order_id, "placed_at": order.created_at,
        "paid": order.is_paid or order.paid_at is not None, "verdict": verdict, "reason": reason, "copies": len(copies),
        "store_orders": [{"order_id": one.order_id, "number": one.number, "state": one.state.value,
                          "grand": str(one.grand)} for one in copies],
        "currency": order.currency, "tiktok_total": text(order.total, order.currency),
        "store_total": str(copies[0].grand) if copies else "", "counted_at": now}


def totals(session: Session, connection_id: int | None = None, *, shop_id: int | None = None,
           start: datetime | None = None, end: datetime | None = None) -> Ledger:
    """The counts of orders placed in [start, end), by default the last 30 days, of a connection or one shop."""
    end = end or clock.now() + timedelta(minutes=1)
    start = start or end - WINDOW
    query = select(
        func.count(), func.sum(case((LedgerEntry.paid, 1), else_=0)),
        *(func.sum(case((LedgerEntry.verdict == verdict, 1), else_=0)) for verdict in Verdict),
        func.sum(case((LedgerEntry.copies > 1, 1), else_=0)), func.max(LedgerEntry.counted_at),
    ).where(LedgerEntry.placed_at >= start, LedgerEntry.placed_at < end)
    if connection_id is not None:
        query = query.where(LedgerEntry.connection_id == connection_id)
    if shop_id is not None:
        query = query.where(LedgerEntry.shop_id == shop_id)
    seen, paid, created, not_due_, failed, missing, double, at = session.execute(query).one()
    return Ledger(seen=seen, paid=paid or 0, created=created or 0, not_due=not_due_ or 0, failed=failed or 0,
                  missing=missing or 0, double=double or 0, counted_at=at)

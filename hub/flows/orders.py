"""TikTok orders into the store, exactly once, and what follows: status, parcels, cancellations, refunds (ORD, FUL, CXL, RET).

The way to exactly once: the intent is committed, then the store is asked, then the answer is committed. After a crash
in between the outcome is *unknown*: the order is looked up by its key, after the store's search delay, before a second
try (`architecture.md` 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.orders import (
    Cancellation,
    Order,
    OrderState,
    Refund,
    RefundLine,
    ShippingType,
    StoreOrder,
    StoreOrderState,
)
from hub.domain.problems import Problem, problem
from hub.domain.settings import OrderSettings
from hub.domain.tasks import Kind, Outcome, Queue, order_lane
from hub.errors import Refused, Temporary
from hub.flows import alerts, tasks
from hub.flows import order_links as links
from hub.flows.order_links import tell
from hub.flows.products import submit_offers
from hub.flows.settings import settings_of
from hub.flows.tasks import Again, Result, TaskView
from hub.models.connections import Connection
from hub.models.orders import EffectKind, EffectState, LinkState, OrderLink
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.rules import orders as rules
from hub.rules.orders import Advance, Blocked, CancelInStore, Create, Skip
from hub.stores.base import Store
from hub.tiktok import TikTokShop
from hub.wiring import Hub

Ending = Result | Again
# The longest that a call may still be under way after its process died (`hub.http`): no look-up before that.
CALL_LIMIT = timedelta(seconds=40)
_FINAL_PROBLEMS = {"order.half_made", "order.deleted"}
_SHIPPED = {OrderState.AWAITING_COLLECTION, OrderState.IN_TRANSIT, OrderState.DELIVERED, OrderState.COMPLETED}


@dataclass(slots=True)
class _Case:
    """One order at hand: both sides open, nothing of the database."""

    hub: Hub
    task: TaskView
    shop: Shop
    connection: Connection
    settings: OrderSettings
    store: Store
    tiktok: TikTokShop
    link_id: int


def submit_relay(session: Session, shop: Shop, tiktok_order_id: str, *, run_at: datetime | None = None, by: str = "",
                 wanted: bool = False) -> Task:
    """Plans to bring one TikTok order up to date; a waiting one only gets earlier. ``wanted`` = a person asked."""
    now = clock.now()
    links.insert_once(session, OrderLink, {
        "connection_id": shop.connection_id, "shop_id": shop.id, "tiktok_order_id": tiktok_order_id,
        "seen_at": now, "updated_at": now})
    link = session.scalars(select(OrderLink).where(
        OrderLink.shop_id == shop.id, OrderLink.tiktok_order_id == tiktok_order_id)).one()
    if wanted:
        link.wanted, link.retries, link.failing_since, link.next_try_at = True, 0, None, None
        link.problems = [row for row in link.problems if row["code"] != "order.retries_over"]
    return tasks.submit(
        session, Kind.RELAY_ORDER, connection_id=shop.connection_id, shop_id=shop.id, lane=order_lane(link.id),
        queue=Queue.ORDERS, args={"tiktok_order_id": tiktok_order_id, "link_id": link.id}, run_at=run_at, by=by,
        summary=f"TikTok order {tiktok_order_id}", shown=bool(by))


def submit_fulfilment(session: Session, link: OrderLink, *, by: str = "") -> Task:
    """Plans to look at the store's side of an order: parcels, cancellation, refunds made there."""
    return tasks.submit(
        session, Kind.RELAY_FULFILMENT, connection_id=link.connection_id, shop_id=link.shop_id, lane=order_lane(link.id),
        queue=Queue.ORDERS, args={"tiktok_order_id": link.tiktok_order_id, "link_id": link.id}, by=by,
        summary=f"Store order {link.store_number}", shown=bool(by))


def relay_order(hub: Hub, task: TaskView) -> Ending:
    """Brings the store up to date with one TikTok order, read fresh. Args: ``tiktok_order_id``, ``link_id``."""
    case = _open(hub, task)
    try:
        return _relay(case, str(task.args["tiktok_order_id"]))
    except Temporary as error:
        return _put_off(case, error.says, error)
    except Refused as error:
        return _refused(case, error)


def _open(hub: Hub, task: TaskView) -> _Case:
    with hub.db.read() as session:
        shop = session.get_one(Shop, task.shop_id)
        connection = links.connection_of(session, shop)
        settings = settings_of(shop).orders
    return _Case(hub, task, shop, connection, settings, hub.store_for(connection), hub.shop_for(shop.id),
                 int(task.args["link_id"]))


def _relay(case: _Case, order_id: str) -> Ending:
    found = case.tiktok.orders.get([order_id])
    if not found:
        return _note_skip(case, "unknown_state", "TikTok Shop knows no such order in this shop.")
    order = found[0]
    with case.hub.db.write() as session:
        link, is_news = links.note_order(session, case.shop, order)
        if not is_news:
            return Result(Outcome.NO_CHANGE, "Older than what is known already")
        decision = rules.decide(
            order, links.bindings_of(session, case.shop.id, order), case.settings, in_store=links.is_in_store(link),
            since=case.shop.created_at, wanted=link.wanted, now=clock.now(),
            shop_id=case.shop.tiktok_shop_id, scope=case.shop.scope)
        unknown_since = link.intent_at if not link.store_order_id else None
        # A remote's recovery wakes what waits for it (`hub.flows.running`); what the store refused keeps to its times.
        not_before = link.next_try_at if link.problems and unknown_since is None else None
    if isinstance(decision, Create) and not_before is not None and clock.now() < not_before:
        return Again(not_before, "The store refused it; waiting for the next try")
    if unknown_since is not None:
        outcome = _look_up(case, order, unknown_since)
        if outcome is not None:
            return outcome
        return _relay(case, order_id)
    match decision:
        case Skip(reason):
            return _note_skip(case, reason)
        case Blocked(problems):
            return _needs_attention(case, problems)
        case Create():
            return _create(case, order, decision)
        case CancelInStore(reason):
            return _cancel_in_store(case, order, reason)
        case Advance():
            return _advance(case, order)


def _note_skip(case: _Case, reason: str, says: str = "") -> Result:
    says = says or rules.SKIPS[reason]
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        if not links.is_in_store(link):
            link.state = LinkState.CANCELLED if reason == "cancelled" else LinkState.SEEN
            if link.reason != reason:
                tell(session, link, "waits", says, case.task.id)
            link.reason = reason
            _calm(link)
            links.set_problems(link, ())
    return Result(Outcome.NO_CHANGE, says)


def _needs_attention(case: _Case, problems: Sequence[Problem]) -> Result:
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        if not links.is_in_store(link):
            link.state = LinkState.NEEDS_ATTENTION
        link.intent_at = None
        links.set_problems(link, problems)
        tell(session, link, "needs_attention", " · ".join(one.says for one in problems), case.task.id)
    return Result(Outcome.NEEDS_ATTENTION, problems[0].says if problems else "", problems)


# -- creating


def _create(case: _Case, order: Order, decision: Create) -> Ending:
    with case.hub.db.write() as session:
        if not links.claim_create(session, case.link_id, clock.now()):
            return Result(Outcome.NO_CHANGE, "Another worker is creating it")
    tasks.about_to_write()
    made = case.store.create_order(decision.draft)
    return _note_created(case, order, made, decision.problems)


def _look_up(case: _Case, order: Order, unknown_since: datetime) -> Ending | None:
    """After a create without an answer. A Result where the order is found or it is too early; None: it isn't there."""
    earliest = unknown_since + CALL_LIMIT + timedelta(seconds=case.hub.platform(case.connection).search_delay_s)
    if clock.now() < earliest and not _asked_by_key(case):
        return Again(earliest, "Asked the store and got no answer; looking it up before trying again")
    made = case.store.find_order(order.order_id)
    if made is not None:
        noted = _note_created(case, order, made, ())
        with case.hub.db.write() as session:
            # What follows a create in a call of its own, as a hold does, may be missing: it comes with the order's status.
            submit_relay(session, case.shop, order.order_id)
        return noted
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        link.intent_at = None
        if any(row["code"] == "order.retries_over" for row in link.problems):
            return Result(Outcome.FAILED, "It is not in the store, and was tried often enough")
    return None


def _asked_by_key(case: _Case) -> bool:
    # Our plugin creates once per key inside the store itself: asking it again is safe at once.
    return case.connection.has_plugin


def _note_created(case: _Case, order: Order, made: StoreOrder, problems: Sequence[Problem]) -> Result:
    found = list(problems)
    if made.difference is not None:
        amount, reason = made.difference
        found.append(problem("order.total_differs", amount=f"{amount} {order.currency}", reason=reason))
    if made.oversold:
        found.append(problem("order.oversold"))
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        links.note_store_order(link, made)
        link.state = LinkState.CANCELLED if made.state is StoreOrderState.CANCELLED else LinkState.IN_STORE
        link.created_in_store_at = link.created_in_store_at or clock.now()
        link.intent_at = None
        link.hold_until = rules.grace_ends(order)
        link.reason = ""
        _calm(link)
        links.set_problems(link, found)
        tell(session, link, "created", f"Created in the store as {made.number}", case.task.id)
        for product_id in links.products_of(session, link.id):
            submit_offers(session, case.connection.id, product_id)      # until the store's new figure is known, its units count as sold
        later = order.state in _SHIPPED or any(line.state is OrderState.CANCELLED for line in order.lines)
        if later or order.state is OrderState.CANCELLED:
            submit_relay(session, case.shop, order.order_id)
        elif link.hold_until is not None:
            submit_relay(session, case.shop, order.order_id, run_at=link.hold_until)     # releases the store's hold
    return Result(Outcome.OK, f"Created in the store as {made.number}", tuple(found), {"store_order": made.number})


def _calm(link: OrderLink) -> None:
    link.retries, link.failing_since, link.next_try_at = 0, None, None


# -- when it fails


def _put_off(case: _Case, says: str, error: Temporary) -> Ending:
    """A failure that may pass. Three quick tries are the runner's; then the guide's +10, +20, +30 minutes (OST-07)."""
    now = clock.now()
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        link.failing_since = link.failing_since or now
        in_store, unknown = links.is_in_store(link), link.intent_at is not None
        if error.context.get("sent") is False:
            link.intent_at, unknown = None, False
        tell(session, link, "try_failed", says, case.task.id)
    if in_store or not case.task.is_last_try:
        raise error
    return _plan_retry(case, says, look_up=unknown)


def _plan_retry(case: _Case, says: str, *, look_up: bool = False, problems: Sequence[Problem] = ()) -> Ending:
    now = clock.now()
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        since = link.failing_since = link.failing_since or now
        next_at = rules.next_retry(case.settings, since, link.retries)
        if next_at is not None:
            link.retries += 1
            link.next_try_at = max(next_at, now)
            link.state = LinkState.NEEDS_ATTENTION if link.intent_at is None else LinkState.CREATING
            links.set_problems(link, problems)
            return Again(link.next_try_at, says, counts=True)
        link.next_try_at = None
        over = problem("order.retries_over", count=link.retries + 1, says=says)
        link.state = LinkState.NEEDS_ATTENTION
        links.set_problems(link, (*problems, over))
        tell(session, link, "needs_attention", over.says, case.task.id)
        order_id = str(case.task.args["tiktok_order_id"])
        alerts.notify(session, f"order:{case.link_id}:failed:{since.isoformat()}", f"TikTok order {order_id} is not in your store",
                      (over.says, over.fix), connection_id=case.connection.id, button=("Open the order", f"/admin/orders/{case.link_id}"))
    if look_up:
        # The end of retries never stops the look-up: what became of the last try is still unknown.
        return Again(now + timedelta(hours=1), says, counts=True)
    return Result(Outcome.FAILED, says, (*problems, over))


def _refused(case: _Case, error: Refused) -> Ending:
    problems = tuple(error.problems) or (problem("order.store_refused", says=error.says),)
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        link.intent_at = None
        in_store = links.is_in_store(link)
        if in_store:
            links.set_problems(link, problems)
            tell(session, link, "needs_attention", problems[0].says, case.task.id)
    if in_store or any(one.code in _FINAL_PROBLEMS for one in problems):
        return _needs_attention(case, problems)
    return _plan_retry(case, problems[0].says, problems=problems)


# -- what follows


def _cancel_in_store(case: _Case, order: Order, reason: str) -> Ending:
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        if links.effects_of(session, link.id, EffectKind.TIKTOK_CANCEL):
            link.state = LinkState.CANCELLED       # the store asked for it: this is its echo (CXL-04)
            return Result(Outcome.NO_CHANGE, "Cancelled in the store before; nothing to send back")
        effect = links.intend(session, link.id, EffectKind.STORE_CANCEL, "order")
        if effect is None:
            return Result(Outcome.NO_CHANGE, "Cancelled already")
        effect_id = effect.id
    tasks.about_to_write()
    try:
        done = case.store.cancel_order(order.order_id, reason or order.cancelled_by or "Cancelled on TikTok Shop",
                                       case.settings.restock_cancelled)
    except Refused as error:
        return _effect_refused(case, effect_id, problem("cancel.refused", side="The store", says=error.says))
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        links.settle(session, effect_id)
        links.note_store_order(link, done)
        link.state = LinkState.CANCELLED
        links.set_problems(link, ())
        tell(session, link, "cancelled", f"Cancelled in the store: {reason or 'cancelled on TikTok Shop'}", case.task.id)
    return Result(Outcome.OK, "Cancelled in the store")


def _effect_refused(case: _Case, effect_id: int, says: Problem) -> Result:
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        links.settle(session, effect_id, EffectState.REFUSED, says=says.says)
        links.set_problems(link, (says,), keep=("order.total_differs", "order.other_charge", "refund.refused", "shipment.store_refused"))
        tell(session, link, "needs_attention", says.says, case.task.id)
    return Result(Outcome.NEEDS_ATTENTION, says.says, (says,))


def _advance(case: _Case, order: Order) -> Result:
    done: list[str] = []
    done += _parcels_to_store(case, order)
    done += _refunds_to_store(case, order)
    done += _status_to_store(case, order)
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        _calm(link)
        if order.state is OrderState.COMPLETED:
            link.state = LinkState.COMPLETED
        elif order.state in _SHIPPED and link.state is LinkState.IN_STORE:
            link.state = LinkState.SHIPPED
        links.set_problems(link, (), keep=_lasting(order))
    return Result(Outcome.OK if done else Outcome.NO_CHANGE, " · ".join(done) or "Nothing new")


def _lasting(order: Order) -> Sequence[str]:
    money = ("order.total_differs", "order.other_charge", "order.oversold", "order.double", "refund.refused", "shipment.store_refused")
    return money if order.state in _SHIPPED else (*money, "carrier.unmapped", "shipment.no_tracking", "shipment.refused", "cancel.refused")


def _parcels_to_store(case: _Case, order: Order) -> list[str]:
    """TikTok's tracking becomes the store's shipment, once per package: its own label, or what was shipped in Seller Center
    (FUL-02, FUL-12). What came from the store is not sent back."""
    said: list[str] = []
    package_ids = dict.fromkeys([*order.package_ids, *(line.package_id for line in order.lines)])
    if order.shipping_type is not ShippingType.PLATFORM and not order.fulfilled_by_tiktok:
        with case.hub.db.read() as session:
            sent = links.effects_of(session, case.link_id, EffectKind.TIKTOK_SHIPMENT).values()
        ours = {str(effect.data.get("number")) for effect in sent}
        package_ids = dict.fromkeys(line.package_id for line in order.lines if line.tracking_number and line.tracking_number not in ours)
    for package_id in filter(None, package_ids):
        parcel = case.tiktok.logistics.package(package_id)
        if parcel is None or not parcel.tracking_number:
            continue
        with case.hub.db.write() as session:
            effect = links.intend(session, case.link_id, EffectKind.STORE_SHIPMENT, package_id, {"number": parcel.tracking_number})
            effect_id = effect.id if effect else None
        if effect_id is None:
            continue
        tasks.about_to_write()
        try:
            case.store.ship(order.order_id, parcel)
        except Refused as error:
            _effect_refused(case, effect_id, problem("shipment.store_refused", says=error.says, number=parcel.tracking_number))
            continue
        with case.hub.db.write() as session:
            links.settle(session, effect_id)
            link = session.get_one(OrderLink, case.link_id)
            link.parcels = [*link.parcels, {"id": package_id, "carrier": parcel.carrier_title, "number": parcel.tracking_number, "from": "tiktok"}]
            tell(session, link, "shipped", f"Tracking {parcel.tracking_number} ({parcel.carrier_title}) sent to the store", case.task.id)
        said.append(f"tracking {parcel.tracking_number}")
    return said


def _refunds_to_store(case: _Case, order: Order) -> list[str]:
    """Completed returns, and lines cancelled out of a living order, become credit memos or slips, once each."""
    refunds = [case_.refund for case_ in case.tiktok.aftersales.returns(order_ids=[order.order_id])
               if case_.completed and case_.refund is not None]
    refunds += [_as_refund(one, order) for one in case.tiktok.aftersales.cancellations(order_ids=[order.order_id])
                if one.done and one.line_ids and len(one.line_ids) < len(order.lines)]
    said: list[str] = []
    for refund in refunds:
        with case.hub.db.write() as session:
            effect = links.intend(session, case.link_id, EffectKind.STORE_REFUND, refund.refund_key, {"total": str(refund.total)})
            effect_id = effect.id if effect else None
        if effect_id is None:
            continue
        tasks.about_to_write()
        try:
            case.store.refund(order.order_id, refund)
        except Refused as error:
            amount = f"{refund.total} {refund.currency}"
            _effect_refused(case, effect_id, problem("refund.refused", says=error.says, amount=amount))
            continue
        with case.hub.db.write() as session:
            links.settle(session, effect_id)
            link = session.get_one(OrderLink, case.link_id)
            fresh_total = links.minor(refund.total, refund.currency)
            link.refunded += fresh_total
            tell(session, link, "refunded", f"Refund of {refund.total} {refund.currency} made in the store", case.task.id)
        said.append(f"refund {refund.total} {refund.currency}")
    return said


def _as_refund(cancellation: Cancellation, order: Order) -> Refund:
    lines = {line.line_id: line for line in order.lines}
    named = [lines[line_id] for line_id in cancellation.line_ids if line_id in lines]
    parts = [RefundLine(line_id=line.line_id, tax=line.tax,
                        amount=line.original_price - line.seller_discount - line.platform_discount) for line in named]
    total = cancellation.refund_total
    rest = total - sum((part.amount + part.tax for part in parts), start=total - total)
    return Refund(refund_key=cancellation.cancel_id, currency=cancellation.currency or order.currency, lines=tuple(parts),
                  total=total, adjustment=rest, restock=True, reason=cancellation.reason)


def _status_to_store(case: _Case, order: Order) -> list[str]:
    """TikTok's status for show in the store; the hold's end releases it (§34.4)."""
    if not case.hub.is_complete(case.connection):
        return []
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        hold_over = link.hold_until is not None and link.hold_until <= clock.now()
        effect = links.intend(session, case.link_id, EffectKind.STORE_STATUS, f"{order.raw_state}{':released' if hold_over else ''}")
        effect_id = effect.id if effect else None
        if not hold_over and link.hold_until is not None:
            submit_relay(session, case.shop, order.order_id, run_at=link.hold_until)
    if effect_id is None:
        return []
    tasks.about_to_write()
    dates = {"updated_at": order.updated_at.isoformat()}
    if order.ship_by:
        dates["ship_by"] = order.ship_by.isoformat()
    case.store.set_status(order.order_id, order.raw_state, False if hold_over else None, dates)
    with case.hub.db.write() as session:
        links.settle(session, effect_id)
        links.settle_older(session, effect_id)
    return [f"status {order.raw_state.replace('_', ' ').lower()}"]


# -- the store's side


def relay_fulfilment(hub: Hub, task: TaskView) -> Ending:
    """Brings TikTok Shop up to date with the store's order: shipped with tracking, cancelled (FUL-01, FUL-06, CXL-01)."""
    case = _open(hub, task)
    order_id = str(task.args["tiktok_order_id"])
    there = case.store.order(order_id)
    with hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        if there is None or there.state is StoreOrderState.DELETED:
            gone = note_deleted(session, link, task.id)
            link.state = LinkState.NEEDS_ATTENTION
            return Result(Outcome.NEEDS_ATTENTION, gone.says, (gone,))
        links.note_store_order(link, there)
        order, hold_until = links.order_of(link), link.hold_until
    if there.state is StoreOrderState.CANCELLED:
        return _cancel_on_tiktok(case, order)
    if order.shipping_type is not ShippingType.SELLER:
        return Result(Outcome.NO_CHANGE, "TikTok Shop ships it")
    return _ship_on_tiktok(case, order, there, hold_until)


def note_deleted(session: Session, link: OrderLink, task_id: int | None = None) -> Problem:
    """The store no longer has it. Whoever deleted it may have had reasons, so a person is asked, once (reliability.md, Part 6)."""
    gone = problem("order.deleted")
    if gone.code not in {row["code"] for row in link.problems}:
        links.set_problems(link, (gone,), keep=("order.total_differs",))
        tell(session, link, "needs_attention", gone.says, task_id)
        alerts.notify(session, f"order:{link.id}:deleted", f"TikTok order {link.tiktok_order_id} is gone from your store",
                      (gone.says, gone.fix), connection_id=link.connection_id, button=("Open the order", f"/admin/orders/{link.id}"))
    return gone


def _cancel_on_tiktok(case: _Case, order: Order) -> Result:
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        if order.state is OrderState.CANCELLED or links.effects_of(session, link.id, EffectKind.STORE_CANCEL):
            link.state = LinkState.CANCELLED
            return Result(Outcome.NO_CHANGE, "Cancelled on TikTok Shop before; nothing to send back")
        effect = links.intend(session, link.id, EffectKind.TIKTOK_CANCEL, "order")
        if effect is None:
            return Result(Outcome.NO_CHANGE, "Sent already")
        effect_id = effect.id
    tasks.about_to_write()
    try:
        done = case.tiktok.aftersales.cancel(order.order_id, "", f"cancel-{case.link_id}")
    except Refused as error:
        return _effect_refused(case, effect_id, problem("cancel.refused", side="TikTok Shop", says=error.says))
    with case.hub.db.write() as session:
        links.settle(session, effect_id, cancel_id=done.cancel_id)
        link = session.get_one(OrderLink, case.link_id)
        link.state = LinkState.CANCELLED
        tell(session, link, "cancelled", "The store's cancellation was sent to TikTok Shop", case.task.id)
    return Result(Outcome.OK, "Cancelled on TikTok Shop")


def _ship_on_tiktok(case: _Case, order: Order, there: StoreOrder, hold_until: datetime | None) -> Ending:
    """The store's tracking becomes TikTok's, once per shipment; waits for a number and for the buyer's free hour."""
    open_states = (OrderState.AWAITING_SHIPMENT, OrderState.PARTIALLY_SHIPPING)
    is_shipped = there.state in (StoreOrderState.SHIPPED, StoreOrderState.COMPLETE)
    if order.state not in open_states or not (there.parcels or is_shipped):
        return Result(Outcome.NO_CHANGE, "Nothing to send")
    with case.hub.db.read() as session:
        from_tiktok = links.effects_of(session, case.link_id, EffectKind.STORE_SHIPMENT)
    if from_tiktok:     # parcels that TikTok Shop told of never go back; a store that keeps no id of ours has their number
        numbers = {str(effect.data.get("number")) for effect in from_tiktok.values()}
        there = replace(there, parcels=tuple(parcel for parcel in there.parcels
                                             if parcel.parcel_id not in from_tiktok and parcel.tracking_number not in numbers))
        if not there.parcels:
            return Result(Outcome.NO_CHANGE, "Nothing to send")
    numbered = [parcel for parcel in rules.living_units(order, there.parcels) if parcel.tracking_number]
    problems: list[Problem] = []
    if len(numbered) < max(len(there.parcels), 1):      # some stores tell of a parcel only once it has its number (FUL-06)
        problems.append(problem("shipment.no_tracking"))
    if hold_until is not None and clock.now() < hold_until and numbered:
        return Again(hold_until, "Shipped in the store; sent once the buyer's free hour to cancel is over")
    sent = 0
    for parcel in numbered:
        provider = _provider(case, parcel.carrier_title, parcel.carrier_code)
        if provider is None:
            problems.append(problem("carrier.unmapped", carrier=parcel.carrier_title or parcel.carrier_code))
            continue
        with case.hub.db.write() as session:
            effect = links.intend(session, case.link_id, EffectKind.TIKTOK_SHIPMENT, parcel.parcel_id, {"number": parcel.tracking_number})
            effect_id = effect.id if effect else None
        if effect_id is None:
            continue
        tasks.about_to_write()
        try:
            package_id = case.tiktok.logistics.ship(order, links.with_provider(parcel, provider))
        except Refused as error:
            problems.append(problem("shipment.refused", says=error.says))
            with case.hub.db.write() as session:
                links.settle(session, effect_id, EffectState.REFUSED, says=error.says)
            continue
        sent += 1
        with case.hub.db.write() as session:
            links.settle(session, effect_id, package_id=package_id)
            link = session.get_one(OrderLink, case.link_id)
            link.state = LinkState.SHIPPED
            link.parcels = [*link.parcels, {"id": parcel.parcel_id, "carrier": parcel.carrier_title,
                                            "number": parcel.tracking_number, "from": "store"}]
            tell(session, link, "shipped", f"Tracking {parcel.tracking_number} ({parcel.carrier_title}) sent to TikTok Shop", case.task.id)
    with case.hub.db.write() as session:
        link = session.get_one(OrderLink, case.link_id)
        links.set_problems(link, problems, keep=("order.total_differs", "order.other_charge"))
        if sent:
            submit_relay(session, case.shop, order.order_id)
    if problems:
        return Result(Outcome.NEEDS_ATTENTION, problems[0].says, tuple(problems))
    return Result(Outcome.OK if sent else Outcome.NO_CHANGE, f"{sent} tracking numbers sent" if sent else "Sent already")


def _provider(case: _Case, title: str, code: str) -> str | None:
    """TikTok's provider for a store carrier: the merchant's mapping, by exact text (OST-15); else an equal name."""
    mapped = case.settings.carriers.get(title) or case.settings.carriers.get(code)
    if mapped:
        return mapped
    if any(row["id"] == code for row in case.shop.providers):
        return code        # our own carrier in a store hands TikTok's own provider id on (FUL-13)
    return next((row["id"] for row in case.shop.providers if row["name"].casefold() == title.strip().casefold()), None)

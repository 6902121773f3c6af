"""A buyer's data on the store's demand: told to the owners, or erased and not kept again (SHP, compliance messages of a store).

TikTok Shop masks most of it. What may be there all the same stands on the order link (name, address, telephone, relay e-mail, the
buyer's message, TikTok Shop's own answer) and in messages about the order. Amounts, states and times stay: the ledger needs them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.sequences import batches
from hub.domain.tasks import Kind, Outcome, Queue
from hub.flows import alerts, tasks
from hub.flows.order_links import blanked
from hub.flows.tasks import Result, TaskView
from hub.models.changes import Change
from hub.models.connections import Connection
from hub.models.inbox import InboxEvent
from hub.models.orders import OrderLink
from hub.models.tasks import Task
from hub.stores import PLATFORMS
from hub.wiring import Hub

AT_ONCE = 200
# The GDPR, and store systems after it, leave a month for an answer.
DAYS_TO_ANSWER = 30


def submit_erasure(session: Session, connection: Connection, store_order_ids: Sequence[str] | None, message_id: int) -> Task:
    """Plans to erase the buyer's data of these store orders; None: of all orders of the connection."""
    return tasks.submit(session, Kind.ERASE_BUYERS, connection_id=connection.id, lane=f"connection:{connection.id}:erase:{message_id}",
                        queue=Queue.BULK, args={"orders": list(store_order_ids) if store_order_ids is not None else None},
                        summary="Erase buyers' data", shown=True)


def erase_buyers(hub: Hub, task: TaskView) -> Result:
    """Erases what is kept of the buyers. Args: ``orders``, the store's order ids, or null for all of the connection."""
    asked = task.args.get("orders")
    with hub.db.read() as session:
        query = select(OrderLink.id).where(OrderLink.connection_id == task.connection_id, OrderLink.redacted_at.is_(None))
        if asked is not None:
            query = query.where(OrderLink.store_order_id.in_([str(one) for one in asked if str(one)]))
        ids = session.scalars(query.order_by(OrderLink.id)).all()
    for some in batches(ids, AT_ONCE):
        with hub.db.write() as session:
            _erase(session, some)
    with hub.db.write() as session:
        connection = session.get_one(Connection, task.connection_id)
        session.add(Change(at=clock.now(), who=PLATFORMS[connection.platform].short, connection_id=connection.id, what="buyers' data erased",
                           subject=f"{len(ids)} orders"))
    return Result(Outcome.OK if ids else Outcome.NO_CHANGE, f"Buyers' data of {len(ids)} orders erased")


def _erase(session: Session, ids: Sequence[int]) -> None:
    now = clock.now()
    found = session.scalars(select(OrderLink).where(OrderLink.id.in_(ids)).with_for_update()).all()
    for link in found:
        link.buyer, link.order, link.raw, link.redacted_at = "", blanked(link.order), {}, now
    subjects = {link.store_order_id for link in found if link.store_order_id} | {link.tiktok_order_id for link in found}
    connection_ids = {link.connection_id for link in found}
    session.execute(update(InboxEvent).where(
        InboxEvent.subject.in_(subjects), or_(InboxEvent.connection_id.in_(connection_ids), InboxEvent.app_id.is_not(None)),
    ).values(body=b"", event={}).execution_options(synchronize_session=False))


def tell_owners(session: Session, connection: Connection, store_order_ids: Sequence[str], message_id: int) -> None:
    """A buyer asks what is kept of him: the merchant answers, so the owners are told what there is, once per request."""
    links = session.scalars(select(OrderLink).where(
        OrderLink.connection_id == connection.id, OrderLink.store_order_id.in_(list(store_order_ids)))).all() if store_order_ids else ()
    kept = [f"TikTok order {link.tiktok_order_id} (in the store as {link.store_number or link.store_order_id}): "
            + ("the buyer's data was erased already." if link.redacted_at else "name, delivery address, telephone, e-mail and message, as far as "
               "TikTok Shop gave them.") for link in links]
    alerts.notify(
        session, f"privacy:{connection.id}:{message_id}", "a buyer asks what is kept of him",
        [f"{PLATFORMS[connection.platform].short} handed on a buyer's request. Answer it within {DAYS_TO_ANSWER} days.",
         *(kept or ["Nothing is kept here of the orders that it names."])],
        connection_id=connection.id, button=("Open the orders", "/admin/orders/"))

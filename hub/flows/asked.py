"""What a store's admin or another program asks for by the store's own product ids: push, prices, stock (NAT-09 … NAT-13).

A big request is gathered first (`begin`, `add`) and set going once (`start`). A product that was never pulled is read
first; its item waits under a task of reading and moves to a task of pushing then.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.problems import problem
from hub.domain.products import Product
from hub.domain.sequences import batches
from hub.domain.tasks import ItemState, Kind, Outcome, Queue, TaskState, listing_lane
from hub.flows import tasks
from hub.flows.products import scopes_of, store_offers, store_products
from hub.flows.tasks import Result, TaskView
from hub.models.connections import Connection
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.models.tasks import Item, Task
from hub.wiring import Hub

KINDS = {"push": (Kind.PUSH_LISTINGS, "Push products"), "check": (Kind.VALIDATE_LISTINGS, "Check before pushing"),
         "prices": (Kind.UPDATE_PRICES, "Update prices"), "stock": (Kind.UPDATE_STOCKS, "Update stock")}
_ALONE = (Kind.UPDATE_PRICES, Kind.UPDATE_STOCKS)
MOST_A_CALL = 10_000
MOST = 200_000
CHUNK = 100
READ_A_TIME = 25
# Subjects of products that have no listing yet; no listing's number comes near it.
UNREAD = 10**12
GATHERING = "Waits for the rest of its products."


def begin(session: Session, shop: Shop, kind: str, by: str) -> Task:
    """A task without products, not going yet. Raises ``KeyError`` for a kind that does not exist."""
    what, summary = KINDS[kind]
    now = clock.now()
    parent = Task(connection_id=shop.connection_id, shop_id=shop.id, kind=what, queue=Queue.BULK, args={"gathering": True}, run_at=now, by=by,
                  summary=summary, says=GATHERING, shown=True, created_at=now, started_at=now, state=TaskState.RUNNING)
    session.add(parent)
    session.flush()
    return parent


def is_gathering(parent: Task) -> bool:
    """Whether more may be added."""
    return bool(parent.args.get("gathering")) and parent.state is TaskState.RUNNING


def add(session: Session, parent: Task, external_ids: Sequence[str]) -> int:
    """Adds products by the store's ids; one that is in it already is passed over. How many it has now.

    Raises ``ValueError`` where it is going already or would be too big.
    """
    if not is_gathering(parent):
        raise ValueError("This task was started already.")
    known = _listings(session, parent, external_ids)
    have_subjects, have_ids = set[int](), set[str]()
    for subject, label in session.execute(select(Item.subject, Item.label).where(Item.parent_id == parent.id)):
        have_subjects.add(subject)
        if subject >= UNREAD:
            have_ids.add(label)
    rows, unread = [], UNREAD + len(have_ids)
    for external_id in dict.fromkeys(external_ids):
        if external_id in known:
            listing_id, title = known[external_id]
            if listing_id not in have_subjects:
                rows.append(_row(parent, listing_id, title[:300], lane=listing_lane(listing_id)))
        elif external_id not in have_ids:
            rows.append(_row(parent, unread, external_id, says="Not pulled yet: it is read first."))
            unread += 1
    total = len(have_subjects) + len(rows)
    if total > MOST:
        raise ValueError(f"A task takes {MOST:,} products.")
    for some in batches(rows, 1000):
        session.execute(insert(Item), some)
    return total


def _row(parent: Task, subject: int, label: str, *, lane: str | None = None, says: str = "") -> dict[str, object]:
    return {"task_id": parent.id, "parent_id": parent.id, "subject": subject, "label": label, "lane": lane, "says": says,
            "state": ItemState.WAITING}


def _listings(session: Session, parent: Task, external_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for some in batches(external_ids, 500):
        found.update({external_id: (listing_id, title) for external_id, listing_id, title in session.execute(
            select(StoreProduct.external_id, Listing.id, StoreProduct.title).join(Listing, Listing.product_id == StoreProduct.id)
            .where(StoreProduct.connection_id == parent.connection_id, Listing.shop_id == parent.shop_id,
                   StoreProduct.gone_at.is_(None), StoreProduct.external_id.in_(some)))})
    return found


def start(session: Session, parent: Task) -> None:
    """Sets the gathered products going. Raises ``ValueError`` where that was done already or there are none."""
    if not is_gathering(parent):
        raise ValueError("This task was started already.")
    waiting = session.execute(select(Item.id, Item.subject, Item.label).where(Item.task_id == parent.id).order_by(Item.id)).all()
    if not waiting:
        raise ValueError("Name at least one product.")
    parent.args, parent.says = {}, ""
    parent.summary = f"{parent.summary} ({len(waiting)})"
    parent.started_at = clock.now()
    for some in batches([one.id for one in waiting if one.subject < UNREAD], CHUNK):
        _move(session, parent, some)
    for unread in batches([one for one in waiting if one.subject >= UNREAD], CHUNK):
        reading = tasks.submit(session, Kind.READ_PRODUCTS, connection_id=parent.connection_id, shop_id=parent.shop_id, queue=Queue.BULK,
                               parent_id=parent.id, by=parent.by, summary="Read products that were not pulled yet")
        session.execute(update(Item).where(Item.id.in_([one.id for one in unread])).values(task_id=reading.id))


def _move(session: Session, parent: Task, item_ids: Sequence[int]) -> None:
    # Push Price and Push Stock in the store's admin also serve shops where neither follows by itself (NAT-13, NAT-14).
    chunk = tasks.submit(session, parent.kind, connection_id=parent.connection_id, shop_id=parent.shop_id, queue=Queue.BULK,
                         parent_id=parent.id, by=parent.by, args={"anyhow": True} if parent.kind in _ALONE else None)
    session.execute(update(Item).where(Item.id.in_(item_ids)).values(task_id=chunk.id))


def read_products(hub: Hub, task: TaskView) -> Result:
    """Reads the products of its items from the store and hands them on; one that the store has not ends there, and says so."""
    with hub.db.read() as session:
        connection = session.get_one(Connection, task.connection_id)
        scopes = scopes_of(session, connection.id)
        waiting = session.execute(select(Item.id, Item.label).where(Item.task_id == task.id, Item.state == ItemState.WAITING)
                                  .order_by(Item.id)).all()
    store, read = hub.store_for(connection), 0
    for some in batches(waiting, READ_A_TIME):
        found: dict[int, Product] = {}
        for item_id, external_id in some:
            product = store.product(external_id)
            if product is not None:
                found[item_id] = product
        ids = sorted({product.product_id for product in found.values()})
        asked_at = clock.now()
        offers = [one for scope in scopes for one in store.offers(ids, scope)] if ids else []
        with hub.db.write() as session:
            store_products(session, connection.id, list({product.product_id: product for product in found.values()}.values()))
            store_offers(session, connection.id, offers, asked_at)
            _hand_on(session, task, [item_id for item_id, _ in some], found)
        read += len(found)
    return Result(Outcome.OK if read == len(waiting) else Outcome.NEEDS_ATTENTION, f"{read} of {len(waiting)} products read")


def _hand_on(session: Session, task: TaskView, item_ids: Sequence[int], found: dict[int, Product]) -> None:
    parent = session.get_one(Task, task.parent_id)
    known = _listings(session, parent, [product.product_id for product in found.values()])
    taken = set(session.scalars(select(Item.subject).where(
        Item.parent_id == parent.id, Item.subject.in_([listing_id for listing_id, _ in known.values()]))))
    moving = []
    for item_id in item_ids:
        item = session.get_one(Item, item_id)
        product = found.get(item_id)
        listing = known.get(product.product_id) if product is not None else None
        if listing is None:
            unknown = problem("product.unknown", id=item.label)
            item.state, item.outcome, item.finished_at = ItemState.DONE, Outcome.NEEDS_ATTENTION, clock.now()
            item.says, item.problems = unknown.says, [unknown.as_json()]
        elif listing[0] in taken:
            session.execute(delete(Item).where(Item.id == item_id))       # a variant of one that is in it already
        else:
            taken.add(listing[0])
            item.subject, item.label, item.lane, item.says = listing[0], listing[1][:300], listing_lane(listing[0]), ""
            moving.append(item_id)
    session.flush()
    if moving:
        _move(session, parent, moving)


def count(session: Session, parent: Task) -> int:
    """How many products it has."""
    return session.scalar(select(func.count()).select_from(Item).where(Item.parent_id == parent.id)) or 0

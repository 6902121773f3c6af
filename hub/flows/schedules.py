"""Periodic work: which there is, and putting what has come due into the queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.tasks import Kind, Queue, connection_lane
from hub.flows import tasks
from hub.models.connections import Connection, ConnectionState
from hub.models.shops import Shop
from hub.models.tasks import Schedule
from hub.stores import PLATFORMS

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# Kind, seconds between two, and the first one's delay. A shop's rows run once per shop.
OF_A_CONNECTION = (
    (Kind.COMPARE_DIGEST, 10 * MINUTE, 2 * MINUTE),
    (Kind.POLL_STORE_ORDERS, 5 * MINUTE, MINUTE),
    (Kind.RECONCILE, 10 * MINUTE, 5 * MINUTE),
    (Kind.CHECK_CONNECTION, HOUR, HOUR),
    (Kind.REFRESH_SHOPS, DAY, DAY),
)
OF_A_SHOP = (
    (Kind.SYNC_ORDERS, 5 * MINUTE, MINUTE),
    (Kind.CHECK_LISTINGS, 10 * MINUTE, 3 * MINUTE),
    (Kind.REFRESH_TAXONOMY, DAY, 0),
)
OF_THE_HUB = ((Kind.REFRESH_TOKEN, 5 * MINUTE, 0), (Kind.TIDY, HOUR, 10 * MINUTE))
_QUEUES = {Kind.SYNC_ORDERS: Queue.ORDERS, Kind.POLL_STORE_ORDERS: Queue.ORDERS, Kind.REFRESH_TAXONOMY: Queue.BULK,
           Kind.TIDY: Queue.BULK}


def ensure(session: Session, connection: Connection) -> None:
    """Makes the rows of a connected connection and its shops, takes those of a removed one away. Safe to repeat."""
    prefix = f"connection:{connection.id}:"
    if connection.state is ConnectionState.REMOVED:
        session.execute(delete(Schedule).where(Schedule.name.startswith(prefix)))
        return
    for kind, every, first in OF_A_CONNECTION:
        if kind is Kind.COMPARE_DIGEST:
            every = PLATFORMS[connection.platform].compare_every_s if connection.platform in PLATFORMS else every
        _ensure(session, connection_lane(connection.id, kind), kind, every, first, connection.id, None)
    for shop_id in session.scalars(select(Shop.id).where(Shop.connection_id == connection.id)):
        for kind, every, first in OF_A_SHOP:
            _ensure(session, connection_lane(connection.id, f"{kind}:{shop_id}"), kind, every, first, connection.id,
                    shop_id)


def ensure_own(session: Session) -> None:
    """The hub's own periodic work."""
    for kind, every, first in OF_THE_HUB:
        _ensure(session, f"hub:{kind}", kind, every, first, None, None)


def _ensure(session: Session, name: str, kind: Kind, every: int, first: int, connection_id: int | None,
            shop_id: int | None) -> None:
    row = session.get(Schedule, name)
    if row is None:
        session.add(Schedule(name=name, kind=kind, connection_id=connection_id, shop_id=shop_id, every_s=every,
                             next_at=clock.now() + timedelta(seconds=first)))
    else:
        row.every_s = every


def insert_due(session: Session) -> int:
    """Submits what has come due and moves ``next_at`` on, in the caller's transaction. Missed slots are skipped, never
    made up for: one run catches up. A paused connection's rows move on without work.
    """
    now = clock.now()
    count = 0
    for row, state in _due(session):
        step = timedelta(seconds=row.every_s)
        row.next_at = row.next_at + step * max(1, (now - row.next_at) // step + 1)
        if not now < row.next_at <= now + step:  # the clock was moved
            row.next_at = now + step
        if state in (ConnectionState.PAUSED, ConnectionState.REMOVED):
            continue
        tasks.submit(session, row.kind, connection_id=row.connection_id, shop_id=row.shop_id, lane=_lane_of(row),
                     queue=_QUEUES.get(row.kind, Queue.DEFAULT), args=row.args)
        count += 1
    return count


def _lane_of(row: Schedule) -> str:
    """The same lane as when a person asks for this work, so that the two never run side by side."""
    return f"shop:{row.shop_id}:taxonomy" if row.kind is Kind.REFRESH_TAXONOMY else row.name


def _due(session: Session) -> Iterator[Any]:
    now = clock.now()
    # A slot further ahead than one period was set before the clock went back.
    ahead = [(Schedule.every_s == every) & (Schedule.next_at > now + timedelta(seconds=every + MINUTE))
             for every in sorted({*(every for _, every, _ in (*OF_A_CONNECTION, *OF_A_SHOP, *OF_THE_HUB)),
                                  *(platform.compare_every_s for platform in PLATFORMS.values())})]
    rows = session.execute(
        select(Schedule, Connection.state).outerjoin(Connection, Connection.id == Schedule.connection_id)
        .where(or_(Schedule.next_at <= now, *ahead))
        .order_by(Schedule.next_at).limit(500).with_for_update(of=Schedule, skip_locked=True)
    ).all()
    return iter(rows)

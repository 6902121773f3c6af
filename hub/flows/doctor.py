"""How this hub is, in one answer: what `shopbridge doctor` says and monitoring reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub import clock
from hub.config import Config
from hub.domain.listings import ListingState
from hub.domain.tasks import TaskState
from hub.flows import ledger
from hub.flows.order_links import shops_of
from hub.flows.people import has_owner
from hub.models.connections import Connection, ConnectionState
from hub.models.inbox import InboxEvent, InboxState
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.models.tasks import Leader, Task
from hub.models.tiktok import Grant, GrantState
from hub.wiring import Hub

# Work that is due is taken within seconds; this long, and nobody works.
STUCK = timedelta(minutes=5)
# The ledger is counted every ten minutes.
OLD_COUNT = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; ``fix`` is empty where it is well."""

    name: str
    ok: bool
    says: str
    fix: str = ""


def examine(hub: Hub, start: datetime | None = None, end: datetime | None = None) -> dict[str, Any]:
    """Everything as JSON-ready values, over orders placed in [start, end): by default the last 30 days.

    ``{connections, products: {pulled, in_review, live, needs_attention}, orders: {seen, paid}, ledger: {seen, created,
    not_due, failed, missing, double}, queue: {waiting, oldest_s, failed}, checks: [{name, ok, says, fix}]}``, with
    ``seen = created + not_due + failed + missing``.
    """
    now = clock.now()
    end = end or now + timedelta(minutes=1)
    start = start or end - ledger.WINDOW
    with hub.db.read() as session:
        counted = ledger.totals(session, start=start, end=end)
        queue = _queue(session, start, end, now)
        answer = {
            "from": _rfc3339(start), "to": _rfc3339(end),
            "connections": [_connection(session, one) for one in session.scalars(
                select(Connection).where(Connection.state != ConnectionState.REMOVED).order_by(Connection.id))],
            "products": _products(session),
            "orders": {"seen": counted.seen, "paid": counted.paid},
            "ledger": {name: getattr(counted, name) for name in ("seen", "created", "not_due", "failed", "missing", "double")},
            "queue": queue,
        }
        checks = [*_of_settings(hub.config), _of_redis(hub), *_of_work(session, queue, now), *_of_connections(session, now)]
    return {**answer, "checks": [asdict(one) for one in checks]}


def _connection(session: Session, row: Connection) -> dict[str, Any]:
    counted = ledger.totals(session, row.id)
    return {"id": str(row.id), "name": row.name, "platform": row.platform, "mode": row.mode.value, "state": row.state.value,
            "says": row.paused_because, "shops": [{"id": shop.tiktok_shop_id, "region": shop.region} for shop in shops_of(session, row.id)],
            "has_plugin": row.has_plugin, "last_event_at": _rfc3339(row.last_event_at), "checked_at": _rfc3339(row.checked_at),
            "missing": counted.missing, "double": counted.double}


def _products(session: Session) -> dict[str, int]:
    alive = select(Connection.id).where(Connection.state != ConnectionState.REMOVED)
    by_state: dict[ListingState, int] = {state: number for state, number in session.execute(
        select(Listing.state, func.count()).where(Listing.connection_id.in_(alive)).group_by(Listing.state))}
    pulled = session.scalar(select(func.count()).select_from(StoreProduct).where(
        StoreProduct.connection_id.in_(alive), StoreProduct.gone_at.is_(None))) or 0
    return {"pulled": pulled, **{state.value: by_state.get(state, 0)
                                 for state in (ListingState.IN_REVIEW, ListingState.LIVE, ListingState.NEEDS_ATTENTION)}}


def _queue(session: Session, start: datetime, end: datetime, now: datetime) -> dict[str, int]:
    due = (Task.state == TaskState.QUEUED, Task.run_at <= now)
    waiting, oldest = session.execute(select(func.count(), func.min(Task.run_at)).where(*due)).one()
    failed = session.scalar(select(func.count()).select_from(Task).where(
        Task.state.in_((TaskState.FAILED, TaskState.PARKED)), Task.finished_at >= start, Task.finished_at < end)) or 0
    return {"waiting": waiting, "oldest_s": round((now - oldest).total_seconds()) if oldest else 0, "failed": failed}


# -- what is looked at


def _of_settings(config: Config) -> Iterator[Check]:
    public = config.is_https or config.is_loopback_only
    yield Check("address", public, config.public_url,
                "" if public else "Set PUBLIC_URL to an https address: TikTok Shop and stores send to no other.")
    mail = bool(config.smtp_url) or config.is_practice
    yield Check("mail", mail, "E-mails are sent" if config.smtp_url else "E-mails are written to the log only",
                "" if mail else "Set SMTP_URL, so that people hear of what needs them.")


def _of_redis(hub: Hub) -> Check:
    try:
        if hub.redis is not None and hub.redis.ping():
            return Check("redis", True, "Redis answers")
    except (redis.RedisError, OSError):
        pass
    return Check("redis", False, "Redis does not answer: work waits up to a few seconds longer",
                 "Start Redis, or check REDIS_URL. Nothing is lost meanwhile.")


def _of_work(session: Session, queue: Mapping[str, int], now: datetime) -> Iterator[Check]:
    owned = has_owner(session)
    yield Check("owner", owned, "The hub has an owner" if owned else "Nobody owns this hub yet",
                "" if owned else "Open its first page, or run: shopbridge create-owner")
    until = session.scalar(select(Leader.lease_until).where(Leader.name == "scheduler"))
    leads = until is not None and until > now
    yield Check("scheduler", leads, "A scheduler is at work" if leads else "No scheduler is at work",
                "" if leads else "Start one: shopbridge scheduler")
    moves = queue["oldest_s"] < STUCK.total_seconds()
    yield Check("workers", moves, f"{queue['waiting']} pieces of work are due, the oldest for {queue['oldest_s']} s",
                "" if moves else "Start more workers: shopbridge worker")
    told = session.scalar(select(func.min(InboxEvent.received_at)).where(InboxEvent.state == InboxState.NEW))
    read = told is None or now - told < STUCK
    yield Check("messages", read, "What platforms told us is read" if read else "Messages of platforms wait to be read",
                "" if read else "Start a worker: shopbridge worker")
    parked = session.scalar(select(func.count()).select_from(Task).where(Task.state == TaskState.PARKED)) or 0
    yield Check("parked", not parked, f"{parked} pieces of work stopped their worker three times and were set aside",
                "" if not parked else "Look at them in Tasks, and run them again when the cause is gone.")


def _of_connections(session: Session, now: datetime) -> Iterator[Check]:
    for row in session.scalars(select(Connection).where(Connection.state != ConnectionState.REMOVED).order_by(Connection.id)):
        yield _of_state(row)
        if row.state is ConnectionState.SETUP:
            continue
        problems = row.problems or []
        yield Check(f"store:{row.id}", not problems, f"{row.name}: {problems[0]['says']}" if problems else f"{row.name}: the store answers",
                    str(problems[0]["fix"]) if problems else "")
        yield _of_consent(session, row)
        yield _of_ledger(session, row, now)


def _of_state(row: Connection) -> Check:
    match row.state:
        case ConnectionState.CONNECTED:
            return Check(f"connection:{row.id}", True, f"{row.name} is connected")
        case ConnectionState.PAUSED:
            return Check(f"connection:{row.id}", False, f"{row.name} is paused: {row.paused_because}".rstrip(": "),
                         "Mend what it names, then resume or reconnect it on its page.")
    return Check(f"connection:{row.id}", False, f"{row.name} is not set up to its end", "Finish the wizard, or remove the connection.")


def _of_consent(session: Session, row: Connection) -> Check:
    states = set(session.scalars(select(Grant.state).join(Shop, Shop.grant_id == Grant.id).where(Shop.connection_id == row.id)))
    if not states:
        return Check(f"tiktok:{row.id}", False, f"{row.name}: no TikTok shop is chosen", "Allow Shopbridge on TikTok Shop and choose a shop.")
    lost = GrantState.LOST in states
    return Check(f"tiktok:{row.id}", not lost, f"{row.name}: TikTok Shop {'no longer lets us in' if lost else 'lets us in'}",
                 "Reconnect TikTok Shop on the connection's page." if lost else "")


def _of_ledger(session: Session, row: Connection, now: datetime) -> Check:
    counted = ledger.totals(session, row.id)
    name, says = f"ledger:{row.id}", f"{row.name}: {counted.missing} missing, {counted.double} double of {counted.seen} TikTok orders"
    if not counted.balanced:
        return Check(name, False, says, "Open the connection's home page: each of these orders is listed with what to do.")
    if counted.counted_at is not None and now - counted.counted_at > OLD_COUNT:
        return Check(name, False, f"{says}, counted {round((now - counted.counted_at).total_seconds() / 60)} min ago",
                     "Start a worker and a scheduler; it is counted every ten minutes.")
    return Check(name, True, says)


def _rfc3339(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment is not None else None


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The same for people, one line each."""
    for one in found["connections"]:
        shops = ", ".join(shop["region"] for shop in one["shops"]) or "no shop yet"
        yield f"{one['name']} ({one['platform']}, {shops}): {one['state']}"
    for title in ("products", "orders", "ledger", "queue"):
        yield f"{title}: " + " · ".join(f"{number} {name.replace('_', ' ')}" for name, number in found[title].items())
    for check in found["checks"]:
        yield f"{'ok  ' if check['ok'] else 'look'}  {check['says']}" + (f" → {check['fix']}" if check["fix"] else "")

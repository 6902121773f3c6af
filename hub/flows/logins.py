"""Logins that end: tokens are renewed before they do, and a connection whose login is lost stops, with one notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.tasks import Outcome
from hub.errors import NeedsReconnect, Temporary
from hub.flows import alerts
from hub.flows.leases import about_to_write, rows
from hub.flows.tasks import Result, TaskView
from hub.models.connections import Connection, ConnectionState
from hub.models.shops import Shop
from hub.models.tiktok import Grant, GrantState
from hub.wiring import GrantTokens, Hub

# Access tokens live for days; a day ahead leaves room for an outage.
RENEW_AHEAD = timedelta(days=1)


def login_lost(session: Session, connection_id: int, says: str) -> None:
    """The connection is paused until a person signs in again, and its owners are told once (R-18)."""
    stopped = session.execute(
        update(Connection)
        .where(Connection.id == connection_id, Connection.state == ConnectionState.CONNECTED)
        .values(state=ConnectionState.PAUSED, paused_because=says[:500])
    )
    if rows(stopped):
        alerts.notify(session, f"login:{connection_id}", "please reconnect",
                      [says, "Nothing is lost: what waits goes on by itself after you reconnect."],
                      connection_id=connection_id, button=("Reconnect", f"/admin/connections/{connection_id}/"))


def connections_of(session: Session, grant_id: int) -> Sequence[int]:
    """The connections that live from this grant."""
    return session.scalars(
        select(Shop.connection_id).where(Shop.grant_id == grant_id, Shop.connection_id.is_not(None)).distinct()
    ).all()  # type: ignore[return-value]


def refresh_tokens(hub: Hub, task: TaskView) -> Result:
    """Renews each access token that has less than a day to live. One grant's failure leaves the others alone."""
    soon = clock.now() + RENEW_AHEAD
    with hub.db.read() as session:
        due = session.scalars(
            select(Grant).where(Grant.state == GrantState.ACTIVE, Grant.access_expires_at <= soon)).all()
    renewed = lost = later = 0
    for grant in due:
        about_to_write()
        try:
            GrantTokens(hub, grant.id).renew(grant.access_token)
            renewed += 1
        except NeedsReconnect as error:
            lost += 1
            with hub.db.write() as session:
                for connection_id in connections_of(session, grant.id):
                    login_lost(session, connection_id, error.says)
        except Temporary:
            later += 1
    if not due:
        return Result(Outcome.NO_CHANGE)
    parts = ((renewed, "renewed"), (lost, "lost"), (later, "tried again later"))
    return Result(Outcome.OK if not lost else Outcome.NEEDS_ATTENTION,
                  ", ".join(f"{number} {word}" for number, word in parts if number))

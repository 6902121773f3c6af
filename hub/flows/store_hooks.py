"""The webhooks that a store without a module posts to us: registered by the hub, looked after every hour, taken away at the end.

A failure is never the connection's: what no message tells is found by asking (orders every five minutes, the catalogue by digest).
It stands on the connection as a problem with what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub import clock
from hub.crashpoints import crash_point
from hub.domain.problems import Problem, problem
from hub.errors import HubError, Refused
from hub.flows.leases import about_to_write
from hub.models.connections import Connection, ConnectionState
from hub.stores.base import HookReport, KeepsHooks
from hub.wiring import Hub

CODE = "hooks.failed"


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is known of a connection's webhooks: the topics registered, when that was last seen to be so, what was done then."""

    topics: tuple[str, ...]
    at: datetime | None
    renewed: tuple[str, ...]


def address(connection: Connection, public_url: str) -> str:
    """Where the store posts to: the webhook address without its secret."""
    return f"{public_url.rstrip('/')}/hooks/{connection.platform}/{connection.hook_key}"


def ensure(hub: Hub, connection_id: int) -> tuple[HookReport | None, Problem | None]:
    """Registers what is missing and switches on what the store switched off. Gives what was done, or the problem that stands in the
    way; both None where the store keeps no webhooks of ours."""
    with hub.db.read() as session:
        connection = session.get_one(Connection, connection_id)
    if connection.state is ConnectionState.REMOVED:
        return None, None
    try:
        store = hub.store_for(connection)
        if not isinstance(store, KeepsHooks):
            return None, None
        about_to_write()
        report = store.ensure_hooks(address(connection, hub.config.public_url), connection.hook_secret)
    except HubError as error:
        found = problem(CODE, says=error.says)
        _note(hub, connection_id, None, found)
        return None, found
    crash_point("store.hooks.before_note")
    _note(hub, connection_id, report, None)
    return report, None


def _note(hub: Hub, connection_id: int, report: HookReport | None, found: Problem | None) -> None:
    with hub.db.write() as session:
        row = session.get_one(Connection, connection_id, with_for_update=True)
        row.problems = [*(one for one in row.problems if one["code"] != CODE), *([found.as_json()] if found else [])]
        if report is not None:
            renewed = sorted({*report.made, *report.mended})
            before: dict[str, Any] = row.store.get("hooks") or {}
            row.store = {**row.store, "hooks": {
                "at": clock.now().isoformat(), "topics": sorted({*report.made, *report.mended, *report.kept}),
                "renewed": renewed if before else [], "renewed_at": clock.now().isoformat() if renewed else before.get("renewed_at")}}


def remove(hub: Hub, connection_id: int) -> str:
    """Takes the webhooks away before the connection ends; what stands in the way is given back as a sentence, and hinders nothing."""
    with hub.db.read() as session:
        connection = session.get_one(Connection, connection_id)
    try:
        store = hub.store_for(connection)
        if isinstance(store, KeepsHooks):
            about_to_write()
            store.remove_hooks(address(connection, hub.config.public_url))
    except Refused as error:
        return error.says
    except HubError as error:
        return f"{error.says} Its webhooks end by themselves: they are answered that nobody is here."
    return ""


def known(connection: Connection) -> Hooks | None:
    """What was last written down; None where none were registered yet."""
    kept = (connection.store or {}).get("hooks")
    if not kept:
        return None
    return Hooks(tuple(kept.get("topics") or ()), datetime.fromisoformat(kept["at"]), tuple(kept.get("renewed") or ()))

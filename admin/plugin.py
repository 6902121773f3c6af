"""The store's module as the screens show it: what it says of itself, what to do about it, and the file to install (PRS-04)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from admin.formatting import ago, duration, plural
from admin.frame import platform_title
from hub import clock, plugin_archives
from hub.models.connections import Connection
from hub.stores import PLATFORMS
from hub.stores.base import PluginOffer

# Beyond these the module's own words are no longer fine: its queue is emptied every minute by cron.
CRON_QUIET = timedelta(minutes=30)
QUEUE_OLD_S = 15 * 60
# The module says hello once a day; with the check of every hour we know more, so silence means something.
SILENT = timedelta(hours=26)

@dataclass(frozen=True, slots=True)
class Fact:
    """One line about the module; ``do`` is there where somebody has to do something."""

    label: str
    value: str
    do: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """The module of a connection's store: ``tone`` and ``says`` first, then the facts."""

    tone: str
    says: str
    more: str
    facts: tuple[Fact, ...]
    offered: plugin_archives.Archive | None


def offer_of(platform: str) -> PluginOffer | None:
    """The module that this store system has; None where it is joined by its API alone."""
    known = PLATFORMS.get(platform)
    return known.plugin if known is not None else None


def module(connection: Connection) -> Module:
    """What is known about the module of this connection's store."""
    try:
        offered = plugin_archives.archive(connection.platform)
    except plugin_archives.NoArchive:
        offered = None
    if not connection.has_plugin:
        return Module("info", "The module hasn't called yet.", "It does as soon as you save the address there. This page notices by itself.",
                      (), offered)
    said: Mapping[str, Any] = (connection.store or {}).get("plugin") or {}
    facts = tuple(_facts(connection, said, offered.version if offered else ""))
    version = str(said.get("plugin_version") or (connection.store or {}).get("plugin_version") or "")
    says = f"The module{' ' + version if version else ''} is connected."
    to_do = [one for one in facts if one.do]
    return Module("need" if to_do else "ok", says, f"{plural(len(to_do), 'thing')} to look at." if to_do else "", facts, offered)


def _facts(connection: Connection, said: Mapping[str, Any], offered: str) -> Iterator[Fact]:
    version = str(said.get("plugin_version", ""))
    if version:
        is_old = bool(offered) and _number(version) < _number(offered)
        yield Fact("Version", version,
                   f"{offered} is newer. Download it and install it over this one; nothing is lost." if is_old else "")
    at = _moment(said.get("said_at"))
    if at is None:
        return
    is_silent = clock.now() - at > SILENT
    yield Fact("Last said how it is", ago(at),
               f"It should every day. Open the module in {platform_title(connection.platform)} and press Save." if is_silent else "")
    yield _cron(connection.platform, said, at)
    queue = said.get("queue")
    if isinstance(queue, Mapping):
        yield from _queue(queue)


def _cron(platform: str, said: Mapping[str, Any], at: datetime) -> Fact:
    seen = _moment(said.get("cron_seen_at"))
    offer = offer_of(platform)
    do = offer.cron if offer is not None else "Ask whoever runs the server to start it."
    if seen is None:
        return Fact("Store's cron", "Has never run", do)
    if at - seen > CRON_QUIET:
        return Fact("Store's cron", f"Stood still for {duration((at - seen).total_seconds())}", do)
    return Fact("Store's cron", "Runs")


def _queue(queue: Mapping[str, Any]) -> Iterator[Fact]:
    waiting, oldest, failed = (_whole(queue.get(name)) for name in ("waiting", "oldest_s", "failed"))
    if waiting and oldest > QUEUE_OLD_S:
        yield Fact("Events waiting there", f"{waiting:,}, the oldest for {duration(oldest)}",
                   "They leave with the store's cron. If that runs, look at the module's page there: it says why the last try failed.")
    else:
        yield Fact("Events waiting there", f"{waiting:,}")
    if failed:
        yield Fact("Events given up", f"{failed:,}", "Nothing is lost: we compare products and orders with the store and catch up. "
                   "The module's page names the events and sends them again.")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, (int, float)) or (isinstance(value, str) and value.isdigit()) else 0


def _moment(text: Any) -> datetime | None:
    """A time that a plugin wrote; None for anything else."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None

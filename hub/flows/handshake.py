"""A store's own sign-in to the hub: keys posted to the callback, exchanged at once, confirmed on the identity page
(MAG-01 … MAG-04).

Nobody signs the callback. It is tied to one connection by the random path it came on, speaks only for the address that
the merchant entered, and every call goes through the guard against internal addresses (S-09).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from marshmallow import ValidationError
from sqlalchemy import select

from hub import clock, log
from hub.errors import HubError
from hub.flows import connect
from hub.inbound import Unreadable
from hub.models.changes import Change
from hub.models.connections import Connection, ConnectionState, Mode
from hub.net import check_address
from hub.stores import PLATFORMS
from hub.wiring import Hub

RECEIVED, DONE, REFUSED = "received", "done", "refused"
_log = log.get("hub.flows.handshake")


class NotAccepted(Exception):
    """The store's sign-in can't be used; the sentence says why, and what to do."""


def find(hub: Hub, platform: str, key: str) -> Connection | None:
    """The connection that this callback path belongs to."""
    if platform not in PLATFORMS or PLATFORMS[platform].handshake is None or len(key) > 64:
        return None
    with hub.db.read() as session:
        return session.scalars(select(Connection).where(
            Connection.handshake_key == key, Connection.platform == platform,
            Connection.state != ConnectionState.REMOVED)).one_or_none()


def receive(hub: Hub, connection: Connection, form: Mapping[str, str]) -> None:
    """Takes the posted keys, exchanges them for the store's tokens and keeps those. Raises `NotAccepted`."""
    handshake = PLATFORMS[connection.platform].handshake
    if handshake is None:
        raise NotAccepted("This store system has no sign-in of its own.")
    _note(hub, connection.id, RECEIVED)
    try:
        consumer = handshake.receive(form)
        entered = str(connection.settings.get("base_url") or connection.wizard.get("base_url") or "")
        _check_address(hub, connection, consumer.base_url, entered, is_same=not entered or handshake.same_store(consumer, entered))
        keys = handshake.exchange(consumer, hub.handshake_options(connection))
        with hub.db.write() as session:
            row = session.get_one(Connection, connection.id)
            connect.save_store_settings(row, {**connect.without_market(row.wizard), **row.settings, "base_url": entered or consumer.base_url, **keys})
            row.handshake_state = DONE
            session.add(Change(at=clock.now(), who=PLATFORMS[row.platform].title, connection_id=row.id, what="store signed in",
                               subject=row.name))
    except (NotAccepted, Unreadable, HubError, ValidationError) as error:
        _note(hub, connection.id, REFUSED)
        _log.warning("a store's sign-in was not accepted", connection=connection.id, reason=type(error).__name__)
        raise NotAccepted(_words(error)) from error
    if connection.state is ConnectionState.PAUSED and connect.check(hub, connection.id).ok:
        with hub.db.write() as session:
            connect.resume(session, session.get_one(Connection, connection.id))


def _words(error: Exception) -> str:
    if isinstance(error, HubError):
        return " ".join(filter(None, (error.says, error.hint)))
    if isinstance(error, ValidationError):
        return "The store sent keys that can't be used."
    return str(error) or "The store's message can't be read."


def _check_address(hub: Hub, connection: Connection, posted: str, entered: str, *, is_same: bool) -> None:
    """The posted address is a claim: it must be the merchant's own, and secret keys go over https only."""
    if not is_same:
        raise NotAccepted(f"The message speaks for another store than {entered}: correct the store address on the connection's page.")
    is_plain = urlsplit(posted).scheme != "https"
    if is_plain and connection.mode is Mode.LIVE and urlsplit(entered).scheme != "http":
        raise NotAccepted("The store's base address must be https: its keys would travel openly.")
    check_address(posted, hub.config.guard(practice=connection.mode is Mode.PRACTICE))


def _note(hub: Hub, connection_id: int, state: str) -> None:
    with hub.db.write() as session:
        session.get_one(Connection, connection_id).handshake_state = state


def is_confirmed(connection: Connection, consumer_key: str) -> bool:
    """Whether the keys that came are those of the integration that the administrator just activated."""
    known = str({**connection.settings, **json.loads(connection.secrets or "{}")}.get("consumer_key", ""))
    return connection.handshake_state == DONE and bool(known) and hmac.compare_digest(known.encode(), consumer_key.encode())


def way_back(connection: Connection, address: str) -> str:
    """Where the store's pop-up goes on: only an address of the store itself, else nothing (no open redirect, S-22)."""
    there, store = urlsplit(address), urlsplit(str(connection.settings.get("base_url", "")))
    if not address.isprintable() or "\\" in address or there.scheme not in ("http", "https") or there.username is not None:
        return ""
    return address if there.netloc.casefold() == store.netloc.casefold() and len(address) < 2000 else ""

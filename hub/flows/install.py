"""A sign-in that starts on the hub's page and comes back from the store's own (SHP-01, SHP-04, S-22).

The hub makes the state (single use, ten minutes, for who asked); the platform makes the address, proves the way back and
exchanges the code. What it gives is kept sealed before anything else is done with it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub import clock
from hub.crashpoints import crash_point
from hub.flows import connect
from hub.flows.connect import STATE_LASTS, NotThisTime
from hub.inbound import NotTaken
from hub.models.changes import Change
from hub.models.connections import Connection, ConnectionState, OAuthState
from hub.stores import PLATFORMS
from hub.stores.base import Install
from hub.wiring import Hub

MOST_FIELDS = 20
LONGEST = 2000


def redirect_uri(public_url: str, platform: str) -> str:
    """Where the store sends the merchant back to: to be entered in the store's app, too."""
    return f"{public_url.rstrip('/')}/connect/store/{platform}/callback"


def start(session: Session, hub: Hub, connection: Connection, bound_to: str) -> str:
    """The store's page to send the merchant to. Raises `NotThisTime` where something must be filled in first."""
    install = _install(connection)
    sealed = _sealed(connection)
    schema = PLATFORMS[connection.platform].settings()
    missing = [name for name in install.needs() if not {**connection.settings, **sealed}.get(name)]
    if missing:
        labels = ", ".join(str(schema.fields[name].metadata.get("label", name)) for name in missing)
        raise NotThisTime(f"Fill in first: {labels}.")
    state = secrets.token_urlsafe(24)
    session.add(OAuthState(state_hash=_hash(state), connection_id=connection.id, app_id=None, bound_to=bound_to[:80],
                           expires_at=clock.now() + STATE_LASTS))
    return install.consent_url(connection.settings, sealed, state, redirect_uri(hub.config.public_url, connection.platform))


def finish(hub: Hub, platform: str, query: Mapping[str, str], bound_to: str) -> int:
    """Takes the merchant back: proves where he comes from, exchanges the code, keeps the login. The connection's id.

    Raises `NotThisTime`, or `hub.errors` where the store refused or did not answer.
    """
    query = {name: value[:LONGEST] for name, value in list(query.items())[:MOST_FIELDS]}
    with hub.db.write() as session:
        # Locked: of two that come back with the same state at once, the second finds it used.
        row = session.scalars(select(OAuthState).where(OAuthState.state_hash == _hash(query.get("state", ""))).with_for_update()).one_or_none()
        if row is None or row.app_id is not None or row.bound_to != bound_to[:80]:
            raise NotThisTime("This sign-in was not started here. Start it again from the connection's page.")
        if row.used_at is not None:
            raise NotThisTime("This sign-in was used already. Start it again from the connection's page.")
        if row.expires_at < clock.now():
            raise NotThisTime("This sign-in took longer than ten minutes. Start it again from the connection's page.")
        connection = session.get_one(Connection, row.connection_id)
        if connection.platform != platform or connection.state is ConnectionState.REMOVED:
            raise NotThisTime("This sign-in belongs to another store. Start it again from the connection's page.")
        row.used_at = clock.now()
    install, sealed = _install(connection), _sealed(connection)
    title = PLATFORMS[platform].short
    try:
        install.verify(connection.settings, sealed, query)
    except NotTaken as error:
        raise NotThisTime(f"{title}'s answer can't be used: {error.says}. Check what you entered, then press Go to authorize again.") from error
    fresh = install.exchange(connection.settings, sealed, query, redirect_uri(hub.config.public_url, platform),
                             hub.handshake_options(connection))
    crash_point("store.install.before_commit")
    with hub.db.write() as session:
        kept = session.get_one(Connection, connection.id)
        connect.save_store_settings(kept, {**kept.settings, **fresh})
        session.add(Change(at=clock.now(), who=title, connection_id=kept.id, what="store signed in", subject=kept.name))
    health = connect.check(hub, connection.id)
    if health.ok and connection.state is ConnectionState.PAUSED:
        with hub.db.write() as session:
            connect.resume(session, session.get_one(Connection, connection.id))
    return connection.id


def is_installed(connection: Connection) -> bool:
    """Whether a sign-in of the store is kept, however it was given."""
    known = _sealed(connection)
    schema = PLATFORMS[connection.platform].settings()
    needed = set(_install(connection).needs())
    return any(known.get(name) for name, field in schema.fields.items() if field.metadata.get("secret") and name not in needed)


def _install(connection: Connection) -> Install:
    install = PLATFORMS[connection.platform].install
    if install is None:
        raise NotThisTime("This store system has no sign-in page of its own.")
    return install


def _sealed(connection: Connection) -> dict[str, str]:
    known: dict[str, str] = json.loads(connection.secrets or "{}")
    return known


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

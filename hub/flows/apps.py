"""TikTok apps: the operator's, which all connections may use, and those that a connection brought of its own (NAT-02)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hub import clock
from hub.config import Config
from hub.models.connections import Connection, Mode
from hub.models.tiktok import App

_TAKEN = "This app is registered here already, and not by this connection. Ask the operator of this hub."


class NotYours(Exception):
    """The app belongs to the operator or to another connection."""


def own_app(session: Session, connection: Connection) -> App | None:
    """The app that this connection brought of its own, the newest of several; None for most."""
    return session.scalars(select(App).where(App.owner_id == connection.id).order_by(App.id.desc()).limit(1)).first()


def app_for(session: Session, connection: Connection) -> App | None:
    """The app that a new consent of this connection is given to: its own, else the operator's."""
    return own_app(session, connection) or session.scalars(select(App).where(App.owner_id.is_(None)).order_by(App.id).limit(1)).first()


def allowed_hosts(config: Config) -> dict[str, tuple[str, ...]]:
    """Where an app's calls may go: what the operator set, by use. The first of each is the default."""
    return {"api": (config.tiktok_api_host,), "token": (config.tiktok_token_host,),
            "consent": (config.tiktok_consent_host, config.tiktok_consent_host_us)}


def keep_own(session: Session, config: Config, connection: Connection, *, app_key: str, app_secret: str, service_id: str,
             hosts: Mapping[str, str]) -> App:
    """Makes or changes the app that this connection owns.

    ``hosts``: ``api``, ``token``, ``consent``; an empty one is the hub's default. Raises `NotYours`, or ``ValueError``
    for a host that the hub does not allow: secrets would be sent there.
    """
    chosen = {}
    for use, allowed in allowed_hosts(config).items():
        wanted = (hosts.get(use) or allowed[0]).rstrip("/")
        if wanted not in {one.rstrip("/") for one in allowed}:
            raise ValueError(f"This hub allows {' or '.join(dict.fromkeys(allowed))} as {use} host.")
        chosen[use] = wanted
    app = session.scalars(select(App).where(App.app_key == app_key)).one_or_none()
    if app_key == config.tiktok_app_key or (app is not None and app.owner_id != connection.id):
        raise NotYours(_TAKEN)
    if app is None:
        app = App(app_key=app_key, owner_id=connection.id, is_practice=connection.mode is Mode.PRACTICE, created_at=clock.now())
        session.add(app)
    app.api_host, app.token_host, app.consent_host = chosen["api"], chosen["token"], chosen["consent"]
    app.service_id, app.app_secret = service_id or app.service_id or "", app_secret
    try:
        session.flush()
    except IntegrityError as error:      # another connection was first, a moment ago
        raise NotYours(_TAKEN) from error
    return app

"""Joins a hub to practice platforms, step by step as a merchant would in the wizard. Used by the demo and by tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from hub import clock
from hub.flows import connect
from hub.http import Api
from hub.models.connections import Connection, Mode
from hub.models.shops import Shop
from hub.models.tiktok import App
from hub.wiring import Hub


def control(url: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """One command to a simulator's control API; its JSON. Raises `hub.errors` where it is refused."""
    options: dict[str, Any] = {"json": dict(body)} if body is not None else {}
    return Api(url).json(method, f"/sandbox/{path.lstrip('/')}", crash_point="practice.control", **options)


def practice_app(hub: Hub, url: str, app_key: str, app_secret: str, service_id: str) -> int:
    """The TikTok app of practice mode: all its hosts are the simulator."""
    with hub.db.write() as session:
        app = session.scalars(select(App).where(App.app_key == app_key)).one_or_none()
        if app is None:
            app = App(app_key=app_key, created_at=clock.now())
            session.add(app)
        app.api_host = app.token_host = app.consent_host = url
        app.service_id, app.is_practice, app.app_secret = service_id, True, app_secret
        session.flush()
        return app.id


def join(hub: Hub, *, name: str, platform: str, settings: Mapping[str, str], store_url: str, tiktok_url: str, app_id: int, region: str) -> int:
    """Makes one connection from nothing to connected: store, plugin, consent, shop. Its id.

    Raises ``RuntimeError`` where the store is not well, with what it said.
    """
    with hub.db.write() as session:
        connection = connect.create(session, name, platform, Mode.PRACTICE)
        connect.save_store_settings(connection, settings)
        connection_id, url = connection.id, connect.hook_url(connection, hub.config.public_url)
    control(store_url, "POST", "pair", {"url": url})
    health = connect.check(hub, connection_id)
    if not health.ok:
        raise RuntimeError("; ".join(one.says for one in health.problems) or "the practice store is not well")
    consented = consent(hub, connection_id, app_id, tiktok_url)
    with hub.db.read() as session:
        shop = session.scalars(select(Shop).where(Shop.id.in_(consented.shop_ids), Shop.region == region,
                                                  Shop.connection_id.is_(None)).order_by(Shop.id)).first()
    if shop is None:
        raise RuntimeError(f"no TikTok shop of {region} is left")
    connect.choose_shop(hub, connection_id, shop.id)
    return connection_id


def consent(hub: Hub, connection_id: int, app_id: int, tiktok_url: str) -> connect.Consented:
    """The seller's part: he is sent to the consent page, agrees, and comes back with a code."""
    with hub.db.write() as session:
        connection, app = session.get_one(Connection, connection_id), session.get_one(App, app_id)
        _, state = connect.consent(session, hub.config, connection, app, "practice")
    code = control(tiktok_url, "POST", "authorize")["code"]
    return connect.finish_consent(hub, state, code, "practice")

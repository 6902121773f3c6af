"""A hub with its web side, one TikTok app, and one store of a made-up platform that posts the plugins' envelope."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from marshmallow import Schema
from sqlalchemy import select
from werkzeug.test import TestResponse

from hub import clock
from hub.app import create_app
from hub.config import Config
from hub.models.inbox import InboxEvent
from hub.models.tiktok import App
from hub.stores import PLATFORMS
from hub.stores.base import Platform
from hub.stores.hooks import read_events
from hub.wiring import Hub
from tests.support.hubs import add_connection, opened

APP_KEY = "6abc9demo"
APP_SECRET = "a practice secret"


def nobody(*_: Any, **__: Any) -> Any:
    raise AssertionError("a webhook opens no store")


@dataclass
class Plant:
    """The web side and who posts to it. Signs by itself, with none of the hub's code."""

    hub: Hub
    client: FlaskClient
    connection_id: int
    hook_key: str
    secret: str

    def tiktok(self, body: bytes | dict[str, Any], signature: str | None = None, app: str = APP_KEY,
               **options: Any) -> TestResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        mac = hmac.new(APP_SECRET.encode(), APP_KEY.encode() + raw, hashlib.sha256).hexdigest()
        headers = {"Authorization": mac if signature is None else signature, "Content-Type": "application/json",
                   **options.pop("headers", {})}
        return self.client.post(f"/hooks/tiktok/{app}", data=raw, headers=headers, **options)

    def plugin(self, body: bytes | list[dict[str, Any]], *, secret: str | None = None, at: int | None = None,
               message_id: str = "", key: str | None = None, headers: dict[str, str] | None = None) -> TestResponse:
        raw = body if isinstance(body, bytes) else json.dumps({"plugin": "test/1.0.0", "events": body}).encode()
        message_id = message_id or f"msg_{secrets.token_hex(8)}"
        stamp = int(clock.timestamp()) if at is None else at
        k1 = base64.b64decode(secret or self.secret)
        mac = hmac.new(k1, f"{message_id}.{stamp}.".encode() + raw, hashlib.sha256).digest()
        return self.client.post(f"/hooks/teststore/{key or self.hook_key}", data=raw, headers={
            "webhook-id": message_id, "webhook-timestamp": str(stamp), "Content-Type": "application/json",
            "webhook-signature": "v1," + base64.b64encode(mac).decode(), **(headers or {})})

    def events(self) -> list[InboxEvent]:
        with self.hub.db.read() as session:
            return list(session.scalars(select(InboxEvent).order_by(InboxEvent.id)))


def tiktok_message(number: int = 1, kind: int = 13, **data: Any) -> dict[str, Any]:
    return {"type": kind, "tts_notification_id": str(number), "shop_id": "7494049642642441621",
            "timestamp": int(clock.timestamp()), "data": {"conversation_id": "1", **data}}


def plugin_event(number: int = 1, kind: str = "product.saved", **more: Any) -> dict[str, Any]:
    return {"id": f"01JD{number:04}", "type": kind, "at": clock.now().isoformat(), "seq": number, "store": "default",
            "subject": {"kind": "product", "id": "42"}, "via": "admin", **more}


@pytest.fixture
def plant(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plant]:
    monkeypatch.setitem(PLATFORMS, "teststore", Platform(  # type: ignore[arg-type]
        slug="teststore", title="Test store", settings=Schema, open=nobody, read_events=read_events))
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    with opened(config) as hub:
        with hub.db.write() as session:
            app = App(app_key=APP_KEY, api_host="http://127.0.0.1:1", token_host="http://127.0.0.1:1",
                      consent_host="http://127.0.0.1:1", is_practice=True, created_at=clock.now())
            app.app_secret = APP_SECRET
            session.add(app)
            connection = add_connection(session, "teststore")
            connection.hook_secret = secret
        yield Plant(hub, create_app(config, hub).test_client(), connection.id, connection.hook_key, secret)

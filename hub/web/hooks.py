"""Where plugins and TikTok Shop tell us what happened: verify the raw bytes, keep each event, answer. Nothing else.

`POST /hooks/<platform>/<key>` for a store's plugin (`contracts/plugins.md` 2), `POST /hooks/<platform>` for one that is
paired by its app key, `POST /hooks/tiktok/<app>` for TikTok Shop. Whatever is sent, the answer is never our failure:
hostile bytes get a 4xx, and what can't be stored now a 503.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, request
from sqlalchemy import or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from hub import clock, log
from hub.domain.events import Event
from hub.flows import connect, inbox
from hub.flows.inbox import Incoming, Known
from hub.inbound import MAX_BODY, BadSignature, NotTaken, Skewed, Unreadable
from hub.models.connections import Connection, ConnectionState
from hub.models.tiktok import App
from hub.stores import PLATFORMS
from hub.stores.base import HookSecrets
from hub.stores.hooks import answer_headers
from hub.tiktok import events as tiktok_events
from hub.wiring import Hub

blueprint = Blueprint("hooks", __name__)

# A sender is kept in memory for so long; a changed secret counts at once all the same (`Keys`).
KEYS_FOR_S = 10.0
# Whoever sends what does not fit what we know of him is looked up anew, at most this often.
ANEW_EVERY_S = 1.0
MOST_KEYS = 10_000
# TikTok Shop tries for 15 hours in all; what is older than this was not sent by it now.
OLDEST = timedelta(days=3)
COME_BACK_S = "5"
HELLO = "plugin.hello"

_log = log.get("hub.web.hooks")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who may post under a key, and the row that says so."""

    id: int
    platform: str
    is_removed: bool
    secrets: tuple[str, ...]
    row: Known
    old_until: datetime | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    def valid_secrets(self) -> tuple[str, ...]:
        """The secrets that count now: the older one of a rotation has an end."""
        return self.secrets[:1] if self.old_until is not None and self.old_until <= clock.now() else self.secrets

    @property
    def has_old_secret_waiting(self) -> bool:
        """Whether the older secret counts until the new one is used for the first time."""
        return len(self.secrets) > 1 and self.old_until is None


Look = Callable[[], Sender | None]


class Keys:
    """Senders by key, kept for ten seconds, so that a flood costs no queries.

    A process that keeps one may not have heard of a change that another process made. So what would be refused by what is kept
    is looked up anew first, and what would be taken is compared with the row when it is stored (`inbox.Outdated`).
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[float, Sender | None]] = {}
        self._lock = threading.Lock()

    def find(self, kind: str, key: str, look_up: Look, longest_s: float | None = None) -> Sender | None:
        """The sender, from memory where it is known for no longer than this, else by `look_up`."""
        now = time.monotonic()
        kept = self._found.get((kind, key))
        if kept is not None and now - kept[0] < (KEYS_FOR_S if longest_s is None else longest_s):
            return kept[1]
        sender = look_up()
        with self._lock:
            if len(self._found) >= MOST_KEYS:
                self._found.clear()
            self._found[(kind, key)] = (now, sender)
        return sender

    def forget(self) -> None:
        """Looks all of them up anew."""
        with self._lock:
            self._found.clear()


class Unknown(NotTaken):
    """Nobody has this key."""


def _hub() -> Hub:
    hub: Hub = current_app.extensions["hub"]
    return hub


def _keys() -> Keys:
    keys: Keys = current_app.extensions.setdefault("hub-hook-keys", Keys())
    return keys


@blueprint.post("/hooks/<platform>/<key>")
def plugin(platform: str, key: str) -> Response:
    """Events of the plugin whose webhook URL this is."""
    if platform not in PLATFORMS or len(key) > 64:
        return _says(404, "unknown")
    return _receive(platform, key, lambda: _by_key(platform, key), _from_plugin)


@blueprint.post("/hooks/<platform>")
def plugin_by_app_key(platform: str) -> Response:
    """Events of a plugin that was paired with an app key and secret (the Adobe guide's way)."""
    app_key = request.headers.get("x-shopbridge-app-key", "")
    if platform not in PLATFORMS or not app_key or len(app_key) > 200:
        return _says(404, "unknown")
    return _receive(f"{platform}!", app_key, lambda: _by_app_key(platform, app_key), _from_plugin)


def _receive(kind: str, key: str, look_up: Look, take: Callable[[Sender, bytes], Response]) -> Response:
    """The answer of `take`; a second one by who the sender is now, where the first one might rest on what is no longer so."""
    with inbox.writer_of(_hub().db).coming():
        body = _body()
        return body if isinstance(body, Response) else _answer(kind, key, look_up, take, body)


def _answer(kind: str, key: str, look_up: Look, take: Callable[[Sender, bytes], Response], body: bytes) -> Response:
    try:
        try:
            return take(_found(kind, key, look_up), body)
        except inbox.Outdated:
            return take(_found(kind, key, look_up, 0.0), body)
        except (Unknown, BadSignature):
            return take(_found(kind, key, look_up, ANEW_EVERY_S), body)
    except Unknown:
        return _says(404, "unknown")
    except BadSignature:
        return _says(401, "signature")
    except Skewed as error:
        return _says(401, "clock", server_time=int(error.server_time.timestamp()))
    except Unreadable as error:
        return _says(422, "unreadable", says=error.says)
    except (inbox.Busy, inbox.Outdated):
        return _busy()


def _found(kind: str, key: str, look_up: Look, longest_s: float | None = None) -> Sender:
    sender = _keys().find(kind, key, look_up, longest_s)
    if sender is None:
        raise Unknown("nobody has this key")
    return sender


def _from_plugin(sender: Sender, body: bytes) -> Response:
    events, secret = PLATFORMS[sender.platform].read_events(body, _headers(), HookSecrets(sender.valid_secrets(), sender.settings))
    if sender.is_removed:  # only its own plugin is told so
        return _says(410, "removed")
    if sender.has_old_secret_waiting and secret == sender.secrets[0]:
        _note_rotation(sender.id)
    if len(events) == 1 and events[0].kind == HELLO:
        return _hello(sender, events[0], secret)
    counts = inbox.accept(_hub(), [
        Incoming(source=f"plugin:{sender.id}", event=event, body=_bytes_of(event), connection_id=sender.id)
        for event in events
    ], sender.row)
    return _says(202, None, accepted=counts.accepted, duplicate=counts.duplicate, refused=[])


def _hello(sender: Sender, event: Event, secret: str) -> Response:
    """Pairs the plugin: answered once, with what it needs for the API, signed so that nobody else can answer."""
    row = Incoming(source=f"plugin:{sender.id}", event=event, body=_bytes_of(event), connection_id=sender.id)
    counts = inbox.accept(_hub(), [row], sender.row)
    if not counts.accepted:
        return _says(409, "replayed")
    with _hub().db.read() as session:
        connection = session.get_one(Connection, sender.id)
    body = json.dumps(connect.hello(_hub(), connection, event), separators=(",", ":")).encode()
    answer = Response(body, 200, mimetype="application/json")
    answer.headers.update(answer_headers(secret, request.headers.get("webhook-id", ""), body))
    return answer


@blueprint.post("/hooks/tiktok/<app>")
def tiktok(app: str) -> Response:
    """Events of TikTok Shop for one app, named by its key or our number. Answered 200 with an empty body."""
    if len(app) > 120:
        return _says(404, "unknown")
    return _receive("tiktok", app, lambda: _app(app), _from_tiktok)


def _from_tiktok(sender: Sender, body: bytes) -> Response:
    event = tiktok_events.read(body, request.headers.get("Authorization", ""), sender.platform, sender.secrets[0])
    if event.happened_at is not None and event.happened_at < clock.now() - OLDEST:
        return _says(400, "too_old")
    inbox.accept(_hub(), [Incoming(source=f"tiktok:{sender.id}", event=event, body=body, app_id=sender.id)], sender.row)
    return Response(status=200)


def _body() -> bytes | Response:
    """The raw bytes within our limits, or the refusal. Read before anything parses them."""
    if request.mimetype != "application/json":
        return _says(415, "content_type")
    if (request.content_length or 0) > MAX_BODY:
        return _says(413, "too_large")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        return _says(415, "content_encoding")
    request.max_content_length = MAX_BODY
    return request.get_data(cache=False)


def _headers() -> dict[str, str]:
    """Header names in lower case. One that is there twice counts as none: two readers could each take another."""
    found: dict[str, str] = {}
    twice = set()
    for name, value in request.headers:
        if name.lower() in found:
            twice.add(name.lower())
        found[name.lower()] = value
    return {name: value for name, value in found.items() if name not in twice}


def _bytes_of(event: Event) -> bytes:
    return json.dumps(dict(event.raw), separators=(",", ":"), default=str).encode()


def _by_key(platform: str, key: str) -> Sender | None:
    with _hub().db.read() as session:
        connection = session.scalar(
            select(Connection).where(Connection.hook_key == key, Connection.platform == platform))
        return None if connection is None else _sender(
            connection, (connection.hook_secret, connection.old_hook_secret), connection.old_hook_secret_until)


def _by_app_key(platform: str, app_key: str) -> Sender | None:
    with _hub().db.read() as session:
        for connection in session.scalars(
                select(Connection).where(Connection.platform == platform,
                                         Connection.state != ConnectionState.REMOVED).order_by(Connection.id)):
            known = {**connection.settings, **json.loads(connection.secrets or "{}")}
            if known.get("consumer_secret") and hmac.compare_digest(
                    str(known.get("consumer_key", "")).encode(), app_key.encode()):
                return _sender(connection, (str(known["consumer_secret"]),))
    return None


def _sender(connection: Connection, secrets: tuple[str, ...], old_until: datetime | None = None) -> Sender:
    return Sender(id=connection.id, platform=connection.platform, is_removed=connection.state is ConnectionState.REMOVED,
                  secrets=tuple(secret for secret in secrets if secret), row=inbox.known(connection), old_until=old_until,
                  settings=json.loads(connection.secrets or "{}"))


def _note_rotation(connection_id: int) -> None:
    """The plugin signs with the new secret: the old one ends in 24 hours."""
    with _hub().db.write() as session:
        session.execute(
            update(Connection).where(Connection.id == connection_id, Connection.old_hook_secret_until.is_(None))
            .values(old_hook_secret_until=clock.now() + connect.OLD_SECRET_LASTS))
    _keys().forget()


def _app(name: str) -> Sender | None:
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 10 else -1
    with _hub().db.read() as session:
        app = session.scalar(select(App).where(or_(App.app_key == name, App.id == number)).order_by(App.id))
        return None if app is None else Sender(id=app.id, platform=app.app_key, is_removed=False, secrets=(app.app_secret,),
                                               row=inbox.known(app))


def _says(status: int, code: str | None, **more: Any) -> Response:
    content = {**({"code": code} if code else {}), **more}
    return Response(json.dumps(content), status, mimetype="application/json")


def _busy() -> Response:
    answer = _says(503, "busy")
    answer.headers["Retry-After"] = COME_BACK_S
    return answer


@blueprint.errorhandler(413)
def too_large(_error: Any) -> Response:
    """A body that did not say how large it is, and was."""
    return _says(413, "too_large")


@blueprint.errorhandler(SQLAlchemyError)
def database_away(error: Any) -> Response:
    """Nothing is accepted that can't be stored: the sender keeps it and comes again (R-23)."""
    _log.warning("the database is away; senders are told to come again", error=type(error).__name__)
    return _busy()

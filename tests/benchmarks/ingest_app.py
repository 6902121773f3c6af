"""The web side as gunicorn serves it, with two endpoints beside it to compare the hub's own with.

``/noop`` answers at once, in a bare Flask application: the bound. ``/naive/<app>`` does what one would write first: signature,
one transaction per request, one enqueue per request. ``/hooks/tiktok/<app>`` is the hub's.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import redis
from flask import Flask, request
from rq import Queue
from sqlalchemy import insert

from hub import clock
from hub.app import create_app, settle
from hub.config import Config
from hub.models.inbox import InboxEvent, InboxState
from hub.tiktok.signing import is_from_tiktok
from tests.benchmarks.ingest_names import APP_KEY, APP_SECRET

_config = Config.from_env(os.environ)
_app = create_app(_config)
_bare = Flask("bare")
_queue = Queue("naive", connection=redis.Redis.from_url(_config.redis_url), serializer="json")


@_bare.post("/noop")
def noop() -> tuple[str, int]:
    return "", 200


@_app.post("/naive/<app_key>")
def naive(app_key: str) -> tuple[str, int]:
    body = request.get_data(cache=False)
    if not hmac.compare_digest(app_key, APP_KEY) or not is_from_tiktok(APP_KEY, APP_SECRET, body, request.headers.get("Authorization", "")):
        return "", 401
    event = json.loads(body)
    with _app.extensions["hub"].db.write() as session:
        row = session.scalar(
            insert(InboxEvent).returning(InboxEvent),
            {
                "source": "naive",
                "event_id": str(event["tts_notification_id"]),
                "kind": str(event["type"]),
                "subject": "",
                "event": event,
                "body": body,
                "received_at": clock.now(),
                "state": InboxState.IGNORED,
                "reason": "",
            },
        )
    _queue.enqueue("jobs.entry.run_task", row.id, result_ttl=0, description="")
    return "", 200


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """By address: the bare application gets nothing of the hub's hooks before and after a request."""
    return (_bare if environ["PATH_INFO"] == "/noop" else _app)(environ, start_response)


settle()

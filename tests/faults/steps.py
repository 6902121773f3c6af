"""What a forked work-horse does in a fault case: mostly a task, as a worker would; sometimes what no task does.

Each takes the opened hub and plain arguments, and answers something that JSON knows.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from flask import Flask

from hub import practice
from hub.app import create_app
from hub.flows import connect, store_hooks
from hub.flows import install as flow
from hub.models.connections import Connection
from hub.simulator import serve
from hub.stores.shopify import catalogue
from hub.wiring import Hub
from jobs import entry
from jobs.schedule import Scheduler


def task(hub: Hub, task_id: int) -> bool:
    """Runs a task, if it is due and nobody else has it."""
    return entry.run(hub, task_id)


def tasks(hub: Hub, task_ids: list[int], threads: int) -> int:
    """Runs many tasks on several threads; answers how many were there to run."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(lambda task_id: entry.run(hub, task_id), task_ids))


def web(hub: Hub, port: int) -> None:
    """The web side, until somebody ends it."""
    served = serve(create_app(hub.config, hub), "127.0.0.1", port)
    threading.Event().wait(3600)
    served.close()


def schedule(hub: Hub) -> None:
    """One round of the scheduler."""
    Scheduler(hub).sweep()


def hold(hub: Hub, connection_id: int, key: str, holds: bool) -> None:
    """The store's order is held or released, by the store's adapter."""
    hub.store_for(_connection(hub, connection_id)).set_status(key, "ON_HOLD", holds)


def forget_hook(hub: Hub, shop_id: int, event_type: str) -> list[str]:
    """TikTok Shop no longer sends this message; answers what it still sends."""
    hooks = hub.shop_for(shop_id).hooks
    hooks.remove(event_type)
    return sorted(hooks.all())


def consent(hub: Hub, connection_id: int, app_id: int, tiktok_url: str) -> int:
    """The seller agrees, and comes back with a code."""
    return practice.consent(hub, connection_id, app_id, tiktok_url).connection_id


def finish_consent(hub: Hub, state: str, code: str, bound_to: str) -> int:
    """The seller comes back with a code."""
    return connect.finish_consent(hub, state, code, bound_to).connection_id


def pull_in_bulk(hub: Hub, task_id: int) -> bool:
    """Runs a pull as that of a large catalogue: this process takes the bulk way from the first product on."""
    catalogue.BULK_FROM = 0
    return entry.run(hub, task_id)


def install(hub: Hub, connection_id: int) -> None:
    """The merchant presses “Go to authorize”, installs the app on the store's page, and is sent back with a code."""
    with hub.db.write() as session:
        connection = session.get_one(Connection, connection_id)
        page = urlsplit(flow.start(session, hub, connection, "tester"))
    answer = requests.post(f"{page.scheme}://{page.netloc}{page.path}", data=dict(parse_qsl(page.query)), allow_redirects=False, timeout=20)
    flow.finish(hub, connection.platform, dict(parse_qsl(urlsplit(answer.headers["Location"]).query)), "tester")


def ensure_hooks(hub: Hub, connection_id: int) -> list[str]:
    """The store's webhooks are looked after; answers what was registered."""
    report, trouble = store_hooks.ensure(hub, connection_id)
    assert report is not None, trouble
    return list(report.made)


def control(hub: Hub, url: str, path: str, body: dict[str, Any]) -> Any:
    """A command to a practice platform."""
    return practice.control(url, "POST", path, body)


def warm_up() -> None:
    """Whatever is imported late is imported now."""
    Flask("warm").test_client().get("/")


def _connection(hub: Hub, connection_id: int) -> Connection:
    with hub.db.read() as session:
        return session.get_one(Connection, connection_id)

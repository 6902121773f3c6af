"""Open hubs and rows for tests of the engine."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub import clock, queue
from hub.config import Config
from hub.domain.tasks import Kind
from hub.flows import inbox
from hub.models.connections import Connection, ConnectionState, Mode
from hub.models.tasks import Item, Task
from hub.wiring import Hub, open_hub
from jobs import entry


@contextmanager
def opened(config: Config, **options: Any) -> Iterator[Hub]:
    """A hub for the length of a test."""
    hub = open_hub(config, **options)
    entry.use(hub)
    try:
        yield hub
    finally:
        inbox.stop_writers()
        entry.use(None)
        queue.use(None)
        hub.close()


def add_connection(session: Session, platform: str = "magento", **values: Any) -> Connection:
    """A connected practice connection with a webhook key of its own."""
    row = Connection(**{
        "name": f"Shop {secrets.token_hex(2)}", "platform": platform, "mode": Mode.PRACTICE,
        "state": ConnectionState.CONNECTED, "hook_key": secrets.token_urlsafe(16), "handshake_key": secrets.token_hex(16),
        "created_at": clock.now(), **values,
    })
    session.add(row)
    session.flush()
    return row


def use_flow(monkeypatch: pytest.MonkeyPatch, kind: Kind, flow: Callable[..., Any], *, of_items: bool = False) -> None:
    """Lets this test's function do the work of one kind."""
    name = "item_flow" if of_items else "task_flow"
    known = getattr(entry, name)

    def chosen(asked: Kind) -> Callable[..., Any]:
        return flow if asked is kind else known(asked)

    monkeypatch.setattr(entry, name, chosen)


def task(hub: Hub, task_id: int) -> Task:
    """The row as it is now."""
    with hub.db.read() as session:
        return session.get_one(Task, task_id)


def items(hub: Hub, parent_id: int) -> list[Item]:
    """A fan-out's items in the order of their subjects."""
    with hub.db.read() as session:
        return list(session.scalars(select(Item).where(Item.parent_id == parent_id).order_by(Item.subject)))


def run_waiting(hub: Hub, most: int = 100) -> int:
    """Runs what is due, one after the other, as a worker would; answers how many."""
    count = 0
    while count < most:
        with hub.db.read() as session:
            due = session.scalars(
                select(Task.id).where(Task.state == "queued", Task.run_at <= clock.now()).order_by(Task.run_at, Task.id)
            ).all()
        ran = [one for one in due if entry.run(hub, one)]
        if not ran:
            return count
        count += len(ran)
    raise AssertionError("the work does not end")


__all__ = ["add_connection", "items", "opened", "run_waiting", "task", "use_flow"]

"""`run_task`: what RQ calls, by name, with one task id. It claims, calls the flow and settles; it never raises."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from sqlalchemy.exc import DBAPIError

from hub import log
from hub.config import Config
from hub.crashpoints import crash_point
from hub.errors import Temporary
from hub.flows import running
from hub.flows.running import Claimed, Ending
from hub.wiring import Hub, open_hub
from jobs.handlers import ITEMS, TASKS, item_flow, task_flow

SETTLE_WAITS_S = (0.5, 1, 2, 4, 8, 8)
# Nobody's order waits longer than this for the chunks that a process takes up after its first.
GO_ON_S = 1.0

_log = log.get("jobs.entry")
_hub: Hub | None = None
_lock = threading.Lock()
_running: list[Claimed] = []
_is_to_stop = False


def hub() -> Hub:
    """This process's hub; opened at first use from the environment."""
    global _hub
    with _lock:
        if _hub is None:
            _hub = open_hub(Config.from_env(os.environ))
        return _hub


def use(opened: Hub | None) -> None:
    """Sets this process's hub, at its start."""
    global _hub, _is_to_stop
    _hub, _is_to_stop = opened, False


def run_task(task_id: int) -> None:
    """Runs one task to its end, if it is due and nobody else has it. After a short chunk the next one of the same work is taken
    up in the same process: a process costs as much as twenty items that are over in no time."""
    until = time.monotonic() + GO_ON_S
    going_on: int | None = task_id
    while going_on is not None and run(hub(), going_on) and not _is_to_stop and time.monotonic() < until:
        going_on = running.next_chunk(hub().db, going_on)


def run(opened: Hub, task_id: int) -> bool:
    """The same over a given hub; whether the task was ours to run."""
    log.clear()
    claimed = running.claim(opened.db, task_id)
    if claimed is None:
        return False
    view = claimed.view
    log.bind(task=view.id, kind=str(view.kind), connection=view.connection_id)
    _running.append(claimed)
    try:
        with claimed.lease.held():
            try:
                ending: Ending = _work(opened, claimed)
            except DBAPIError as error:
                # The database was away or busy, not a mistake of the flow: what was begun goes on later.
                ending = Temporary("The database was not available") if _is_passing(error) else error
            except Exception as error:
                ending = error
            _settle(opened, claimed, ending)
    finally:
        _running.remove(claimed)
        log.clear()
    return True


def _settle(opened: Hub, claimed: Claimed, ending: Ending) -> None:
    """Writes the end down, over a short absence of the database too: the lease is held meanwhile (R-24)."""
    pause = threading.Event()
    for wait in SETTLE_WAITS_S:
        try:
            running.settle(opened.db, claimed, ending)
            return
        except DBAPIError as error:
            if not _is_passing(error):
                raise
            _log.warning("the database is away; the end is written down later", error=type(error).__name__)
            pause.wait(wait)
    running.settle(opened.db, claimed, ending)


def _work(opened: Hub, claimed: Claimed) -> Ending:
    view = claimed.view
    crash_point("task.before_flow")
    if view.kind in ITEMS and view.parent_id is not None and running.has_items(opened.db, view.id):
        of_item = item_flow(view.kind)
        return running.run_items(opened.db, claimed, lambda subject: of_item(opened, subject, view),
                                 opened.config.worker_threads)
    if view.kind in TASKS:
        return task_flow(view.kind)(opened, view)
    return item_flow(view.kind)(opened, int(view.args["listing_id"]), view)


def _is_passing(error: DBAPIError) -> bool:
    return error.connection_invalidated or any(
        word in str(error.orig).lower() for word in ("locked", "connection", "server closed", "shutdown", "readonly",
                                                     "disk", "deadlock", "recovery"))


def ask_to_stop(*_signal: Any) -> None:
    """Long tasks end at the next good place and go on after the restart (R-36)."""
    global _is_to_stop
    _is_to_stop = True
    for claimed in list(_running):
        claimed.lease.stop_asked.set()


def in_child() -> None:
    """Called in a work-horse right after the fork."""
    if _hub is not None:
        _hub.forget_connections()


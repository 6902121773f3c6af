"""Named places where a fault test kills the process, so that each window of a crash is met on purpose.

`crash_point("orders.create.before")` does nothing unless the process was armed with that name (variable
HUB_CRASH_AT, read by hub.config). Then it sends SIGKILL to the worker this work-horse belongs to, if any, and to
itself: nothing is cleaned up, as in a power cut.

What to write into HUB_CRASH_AT: `name`, `name:3` (the third time it is reached), and `name@file` or `name:3@file`
to crash only once over all processes: the first to create `file` dies, the others pass.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to die: at the `nth` passing of `name`, once only when `marker` names a file."""

    name: str
    nth: int = 1
    marker: str = ""

    @classmethod
    def from_string(cls, text: str) -> Plan | None:
        """Read `name[:nth][@marker]`; None for an empty text."""
        spot, _, marker = text.strip().partition("@")
        name, _, nth = spot.partition(":")
        return cls(name, int(nth or 1), marker) if name else None


_plan: Plan | None = None
_worker_pid: int | None = None
_passed = 0
_lock = threading.Lock()


def arm(text: str) -> None:
    """Set where this process (and those it forks) dies; an empty text disarms."""
    global _plan, _passed
    _plan, _passed = Plan.from_string(text), 0


@contextlib.contextmanager
def disarmed() -> Iterator[None]:
    """Nobody dies meanwhile, and no passing is counted."""
    global _plan
    plan, _plan = _plan, None
    try:
        yield
    finally:
        _plan = plan


def work_horse_of(worker_pid: int | None) -> None:
    """Told by the fork that runs a task: the worker that dies with it."""
    global _worker_pid
    _worker_pid = worker_pid


def crash_point(name: str) -> None:
    """Die here when the process was armed with this name."""
    global _passed
    if _plan is None or _plan.name != name:
        return
    with _lock:
        _passed += 1
        if _passed != _plan.nth:
            return
    if _plan.marker:
        try:
            os.close(os.open(_plan.marker, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return
    if _worker_pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(_worker_pid, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)

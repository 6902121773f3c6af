"""Runs the hub's processes as one command: starts them, shows what they say, restarts what dies, stops all cleanly.

    Supervisor([Child("web", [...]), Child("worker-1", [...])], environ=environment).run()

Children run in process groups of their own, so that Ctrl-C reaches the supervisor only: it then stops them in
order (`stops`, lowest first; equal numbers together) within one grace of 30 s for all, kills what is left, and lets
`at_end` stop the embedded Valkey last. A second Ctrl-C ends the grace at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, TextIO

from hub import log

GRACE_S = 30.0
_LOOK_EVERY_S = 0.1

_log = log.get("hub.supervisor")


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep running. `env` is added to the supervisor's; `stops` orders the end."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    stops: int = 0


@dataclass(frozen=True, slots=True)
class Patience:
    """How restarts are spaced: the first wait doubles up to the longest, and starts over after a long enough life.

    A child that never lived `settled_s` in `tries` starts on end is given up, and everything stops: a port in use or
    a missing setting does not mend itself.
    """

    first_s: float = 0.5
    longest_s: float = 30.0
    settled_s: float = 10.0
    tries: int = 6


class Supervisor:
    """Keeps its children running until it is told to stop."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        environ: Mapping[str, str],
        grace_s: float = GRACE_S,
        patience: Patience | None = None,
        at_end: Callable[[], object] | None = None,
        out: TextIO | None = None,
    ) -> None:
        self._children = list(children)
        self._environ = dict(environ)
        self._grace_s = grace_s
        self._patience = patience or Patience()
        self._at_end = at_end
        self._out = out or sys.stdout
        self._width = max((len(child.name) for child in children), default=0)
        self._running: dict[str, _Running] = {}
        self._readers: dict[str, threading.Thread] = {}
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._say = threading.Lock()

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run right now, by their child's name."""
        return {name: running.process.pid for name, running in self._running.items() if running.is_alive}

    def stop(self) -> None:
        """Ask for the end; `run` then returns. A second time: without grace."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    def run(self, meanwhile: Callable[[threading.Event], None] | None = None) -> int:
        """Start everything and stay until the end. Answers the exit code: 0, or 1 when a child was given up.

        `meanwhile` runs in a thread of its own beside the children and is given the event that tells the end.
        """
        code = 0
        with self._signals():
            try:
                for child in self._children:
                    self._running[child.name] = _Running(child, self._start(child))
                if meanwhile is not None:
                    threading.Thread(target=meanwhile, args=(self._stop,), daemon=True).start()
                while not self._stop.wait(_LOOK_EVERY_S):
                    if not all([self._look_after(running) for running in self._running.values()]):
                        code = 1
                        break
            finally:
                self._stop.set()
                self._end()
        return code

    def _start(self, child: Child) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            list(child.argv),
            env={**self._environ, "PYTHONUNBUFFERED": "1", **child.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        assert process.stdout is not None
        reader = self._readers[child.name] = threading.Thread(target=self._show, args=(child.name, process.stdout), daemon=True)
        reader.start()
        return process

    def _show(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                with self._say:
                    self._out.write(f"{name:<{self._width}} | {line.decode(errors='replace').rstrip()}\n")
                    self._out.flush()

    def _look_after(self, running: _Running) -> bool:
        """Restart it when it is dead and its wait is over; False when it is given up."""
        if running.is_alive:
            return True
        now = time.monotonic()
        if running.restart_at is None:
            lived = now - running.started_at
            running.quick_deaths = 0 if lived >= self._patience.settled_s else running.quick_deaths + 1
            if running.quick_deaths >= self._patience.tries:
                _log.error("gave up a process that does not stay up", name=running.child.name)
                return False
            wait = min(
                self._patience.first_s * 2 ** max(0, running.quick_deaths - 1), self._patience.longest_s
            )
            running.restart_at = now + wait
            _log.warning(
                "a process ended and is started again",
                name=running.child.name,
                exit_code=running.process.returncode,
                in_s=wait,
            )
        elif now >= running.restart_at:
            running.process = self._start(running.child)
            running.started_at, running.restart_at = now, None
        return True

    def _end(self) -> None:
        until = time.monotonic() + self._grace_s
        for turn in sorted({running.child.stops for running in self._running.values()}):
            group = [running for running in self._running.values() if running.child.stops == turn]
            for running in group:
                running.signal(signal.SIGTERM)
            while any(running.is_alive for running in group) and time.monotonic() < until:
                if self._hurry.wait(0.05):
                    break
            for running in group:
                if running.is_alive:
                    _log.warning("a process did not end in time and is killed", name=running.child.name)
                    running.signal(signal.SIGKILL)
                    running.process.wait()
            for running in group:  # its last words come before those of the next turn; a grandchild may hold the line longer
                self._readers[running.child.name].join(1)
        if self._at_end is not None:
            self._at_end()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, lambda *_: self.stop()) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@dataclass(slots=True)
class _Running:
    """A child as it is now: its process, when it started, and when it is to start again."""

    child: Child
    process: subprocess.Popen[bytes]
    started_at: float = field(default_factory=time.monotonic)
    restart_at: float | None = None
    quick_deaths: int = 0

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """SIGTERM goes to the process, which knows its own children; SIGKILL to its whole group."""
        if not self.is_alive:
            return
        with contextlib.suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)

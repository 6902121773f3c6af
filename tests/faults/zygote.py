"""The warmed parent of all fault cases: everything is imported once, each case is a fork of it.

`python -m tests.faults.zygote` reads one job per line and forks for it what RQ has: a worker, and of the worker one
work-horse per step. It is single-threaded and opens nothing itself, so that a fork of it is as good as a new process.
It is the subreaper of its descendants: a work-horse whose worker was killed with it is waited for here, and the
signal that ended each of them is told.

A job: `{"id", "env": {settings}, "steps": [[name, arguments…], …]}`; names are those of `tests.faults.steps`.
Its answers, a line each: `{"id", "started": pid}` of the worker, then `{"id", "worker": status, "horses": [status, …],
"answers": […]}` with the statuses of `os.waitpid`.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import sys
import traceback
from dataclasses import dataclass, field
from typing import Any

from hub import app, crashpoints, http, log  # noqa: F401  (app: the web side, warmed)
from hub.config import Config
from hub.wiring import open_hub
from jobs import entry, handlers
from tests.faults import steps
from tests.support import transactions

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(slots=True)
class Job:
    """A worker that runs, and what is known of its work-horses."""

    number: int
    worker: int
    pipe: int
    worker_status: int | None = None
    horses: dict[int, int | None] = field(default_factory=dict)
    answers: list[Any] = field(default_factory=list)
    rest: bytes = b""

    def read(self) -> None:
        """Takes what the worker and its work-horses have told so far."""
        while True:
            try:
                told = os.read(self.pipe, 65536)
            except BlockingIOError:
                break
            if not told:
                break
            self.rest += told
        *lines, self.rest = self.rest.split(b"\n")
        for line in map(json.loads, lines):
            if "horse" in line:
                self.horses.setdefault(line["horse"], None)
            elif "ended" in line:
                self.horses[line["ended"]] = line["status"]
            else:
                self.answers.append(line["answer"])

    @property
    def is_over(self) -> bool:
        return self.worker_status is not None and None not in self.horses.values()


class Zygote:
    """The loop."""

    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(0, selectors.EVENT_READ)
        self._woken, write = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(write, False)
        self.selector.register(self._woken, selectors.EVENT_READ)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        """Until the pipe from the tests is closed; nobody is left behind."""
        rest = b""
        while True:
            for key, _ in self.selector.select(1.0):
                if key.fd != 0:
                    os.read(self._woken, 4096)
                    continue
                text = os.read(0, 65536)
                if not text:
                    self.end()
                    return
                *lines, rest = (rest + text).split(b"\n")
                for line in lines:
                    self.start(json.loads(line))
            self.collect()

    def start(self, job: dict[str, Any]) -> None:
        """Forks the job's worker."""
        read, write = os.pipe()
        os.set_blocking(read, False)
        pid = os.fork()
        if pid == 0:
            _quietly(lambda: work(job, write))
        os.close(write)
        self.jobs[pid] = Job(int(job["id"]), pid, read)
        self.tell({"id": job["id"], "started": pid})

    def collect(self) -> None:
        """Waits for who has ended: workers, and work-horses that lost theirs."""
        ended: dict[int, int] = {}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            ended[pid] = status
        for job in list(self.jobs.values()):
            job.worker_status = ended.get(job.worker, job.worker_status)
            job.read()
            for pid in job.horses:
                if pid in ended:
                    job.horses[pid] = ended[pid]
            if job.is_over:
                del self.jobs[job.worker]
                os.close(job.pipe)
                self.tell({"id": job.number, "worker": job.worker_status, "horses": list(job.horses.values()),
                           "answers": job.answers})

    def end(self) -> None:
        """Kills what still runs."""
        for job in self.jobs.values():
            job.read()
            for pid in [job.worker, *(pid for pid, status in job.horses.items() if status is None)]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue

    @staticmethod
    def tell(line: dict[str, Any]) -> None:
        """To the tests."""
        os.write(1, json.dumps(line).encode() + b"\n")


def work(job: dict[str, Any], told: int) -> None:
    """The worker: one work-horse after the other, as RQ's does it."""
    opened = open_hub(Config.from_env(job["env"]))
    entry.use(opened)
    for name, *arguments in job["steps"]:
        pid = os.fork()
        if pid == 0:
            _quietly(lambda name=name, arguments=arguments: ride(name, arguments, told))
        _tell(told, {"horse": pid})
        # Looked at first, taken off the list only then: a worker that is killed meanwhile leaves it to the zygote.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        _, status = os.waitpid(pid, 0)
        _tell(told, {"ended": pid, "status": status})


def ride(name: str, arguments: list[Any], told: int) -> None:
    """The work-horse: one step, with the worker that dies with it."""
    _tell(told, {"horse": os.getpid()})     # by itself too: it may be dead before its worker says so
    entry.in_child()
    crashpoints.work_horse_of(os.getppid())
    _tell(told, {"answer": getattr(steps, name)(entry.hub(), *arguments)})


def _tell(told: int, line: dict[str, Any]) -> None:
    os.write(told, json.dumps(line).encode() + b"\n")


def _quietly(do: Any) -> None:
    """What a fork does, to its end: it never goes on as the zygote."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        do()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Warms up and works."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    log.configure(level="WARNING", as_json=False)
    http.Api.transaction_probe = staticmethod(transactions.is_open)
    handlers.load_all()
    steps.warm_up()
    Zygote().run()


if __name__ == "__main__":
    main()

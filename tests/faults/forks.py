"""The tests' end of the warmed parent: jobs go in, and how worker and work-horses ended comes out."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.processes import ROOT

Step = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: statuses as of `os.waitpid`, and what its steps answered."""

    worker: int
    horses: tuple[int, ...]
    answers: tuple[Any, ...]

    @property
    def was_killed(self) -> bool:
        """Whether the last work-horse and its worker died by SIGKILL, both."""
        return bool(self.horses) and all(os.WIFSIGNALED(one) and os.WTERMSIG(one) == 9 for one in (self.worker, self.horses[-1]))

    @property
    def is_well(self) -> bool:
        """Whether all of it ended by itself, without an error."""
        return all(os.WIFEXITED(one) and os.WEXITSTATUS(one) == 0 for one in (self.worker, *self.horses))


@dataclass(slots=True)
class Running:
    """A job under way."""

    worker: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    ended: Ended | None = None

    def wait(self, seconds: float = 60) -> Ended:
        """How it ended. Fails when it goes on for longer."""
        assert self.over.wait(seconds), f"the job goes on for more than {seconds:.0f} s"
        assert self.ended is not None
        return self.ended

    def kill(self) -> Ended:
        """SIGKILL for the worker and its work-horse, as a power cut."""
        assert self.begun.wait(20)
        for pid in [*children_of(self.worker), self.worker]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return self.wait(20)


class Forks:
    """One warmed parent for all cases of a test run."""

    def __init__(self, log: Path) -> None:
        self._log = open(log, "ab")
        self.log = log
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": os.environ.get("HOME", "/")}
        self._process = subprocess.Popen([sys.executable, "-m", "tests.faults.zygote"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=self._log, cwd=ROOT, env=env)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._jobs: dict[int, Running] = {}
        threading.Thread(target=self._read, name="forks", daemon=True).start()

    def start(self, env: Mapping[str, str], steps: Sequence[Step]) -> Running:
        """A worker that goes through these steps, under way."""
        running = Running()
        with self._lock:
            number = next(self._numbers)
            self._jobs[number] = running
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"id": number, "env": dict(env), "steps": [list(one) for one in steps]}).encode() + b"\n")
            self._process.stdin.flush()
        return running

    def run(self, env: Mapping[str, str], steps: Sequence[Step], seconds: float = 60) -> Ended:
        """The same, to its end."""
        return self.start(env, steps).wait(seconds)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            with self._lock:
                job = self._jobs[told["id"]]
            if "started" in told:
                job.worker = told["started"]
                job.begun.set()
            else:
                job.ended = Ended(told["worker"], tuple(told["horses"]), tuple(told["answers"]))
                job.over.set()

    def close(self) -> None:
        """Ends the parent, and it ends what it forked."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._log.close()


@contextmanager
def warmed(log: Path) -> Iterator[Forks]:
    """The warmed parent for as long as this lasts."""
    forks = Forks(log)
    try:
        yield forks
    finally:
        forks.close()


def children_of(pid: int) -> list[int]:
    """Direct and further children of a process, youngest last."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [int(word) for word in task.read_text().split()]
        except FileNotFoundError:
            continue
        for child in direct:
            found += [child, *children_of(child)]
    return found

"""`python -m tests.benchmarks.worker`: the hub's own worker, whose items take a fixed amount of computing and nothing else."""

from __future__ import annotations

import os
import sys

from hub.domain.tasks import Kind, Outcome
from hub.flows.tasks import Result, TaskView
from hub.wiring import Hub
from jobs import handlers
from jobs import worker as real

LOOPS = int(os.environ.get("BENCH_LOOPS", "0"))


def spin(loops: int) -> int:
    """Computes for a while: the same work, however long it takes here."""
    value = 1
    for number in range(loops):
        value = (value * 31 + number) % 1_000_003
    return value


def one_item(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """A millisecond of work."""
    spin(LOOPS)
    return Result(Outcome.OK)


if __name__ == "__main__":
    handlers.ITEMS = {**handlers.ITEMS, Kind.PUSH_LISTINGS: "tests.benchmarks.worker:one_item"}
    sys.exit(real.main())

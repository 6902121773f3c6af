"""`python -m tests.benchmarks.worker`: the hub's own worker, whose items take a fixed amount of computing and nothing else."""

from __future__ import annotations

import os
import sys

from hub.domain.tasks import Kind, Outcome
from hub.flows.tasks import Result, TaskView, about_to_write
from hub.http import Api
from hub.limits import Rate, RateBudget
from hub.net import Guard
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


def slow_item(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """Writes to a platform that takes its time (its address is BENCH_SLOW), under the budget of a shop."""
    budget = RateBudget("bench:slow", Rate(hub.config.tiktok_calls_per_s, 10), hub.redis)
    about_to_write()
    Api(os.environ["BENCH_SLOW"], guard=Guard(practice=True), budget=budget).json("POST", f"/listings/{listing_id}", json={})
    return Result(Outcome.OK)


if __name__ == "__main__":
    flow = "slow_item" if "BENCH_SLOW" in os.environ else "one_item"
    handlers.ITEMS = {**handlers.ITEMS, Kind.PUSH_LISTINGS: f"tests.benchmarks.worker:{flow}"}
    sys.exit(real.main())

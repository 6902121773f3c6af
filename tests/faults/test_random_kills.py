"""Orders come in while parts of the hub die at random: each is in the store exactly once in the end (R-03, R-20)."""

from __future__ import annotations

import os
import random
import threading

import pytest

from tests.faults.bench import Bench, place
from tests.faults.checker import broken

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
ORDERS = int(os.environ.get("FAULT_ORDERS", "30"))
SEED = int(os.environ.get("FAULT_SEED", "20260302"))
VICTIMS = ("web", "worker-1", "worker-2", "scheduler", "redis", "redis forgets")


def hit(bench: Bench, victim: str) -> None:
    """One fault."""
    if victim == "redis":
        bench.restart_redis()
    elif victim == "redis forgets":
        bench.empty_redis()
    else:
        bench.processes.kill(victim)


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize("bench", ["postgresql", "sqlite"], indirect=True, scope="module")
def test_orders_under_random_kills_are_created_once_each(bench: Bench) -> None:
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    pause = threading.Event()
    placed = []
    for number in range(ORDERS):
        placed.append(place(bench, 1 + number % 3, number))
        if number % 3 == 0:
            hit(bench, dice.choice(VICTIMS))
        bench.world.tiktok("POST", "webhooks/flush", {"everything": True})
        pause.wait(dice.uniform(0.1, 0.8))
    bench.recover(rounds=12)
    assert broken(bench.world) == []
    keys = [one["key"] for one in bench.world.store_orders()]
    assert [(order, keys.count(order)) for order in placed if keys.count(order) != 1] == []

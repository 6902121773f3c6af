"""One rate for all workers: kept exactly with Redis, shared out without it."""

import threading
import time

import pytest

from hub import limits
from hub.limits import Meter, Rate, RateBudget


def test_a_burst_goes_at_once_and_the_rest_at_the_rate(redis_url):
    budget = RateBudget("tiktok:1", Rate(per_s=1, burst=5), limits.connect(redis_url), longest_wait_s=60)
    started = time.monotonic()
    waits = [budget.acquire() for _ in range(10)]
    passed = time.monotonic() - started
    assert waits[:5] == [0.0] * 5
    # the slots lie a second apart; what went by while asking is taken off the wait
    assert all(slot - passed - 0.01 <= wait <= slot for slot, wait in enumerate(waits[5:], 1))


def test_workers_share_one_budget_by_name_and_names_are_apart(redis_url):
    here, there = (RateBudget("tiktok:1", Rate(1, 1), limits.connect(redis_url)) for _ in range(2))
    other = RateBudget("tiktok:2", Rate(1, 1), limits.connect(redis_url))
    assert here.acquire() == 0.0
    assert 0.5 < there.acquire() <= 1.0
    assert other.acquire() == 0.0


def test_threads_never_get_more_than_rate_and_burst_in_a_second(redis_url):
    budget = RateBudget("tiktok:1", Rate(per_s=100, burst=10), limits.connect(redis_url), longest_wait_s=60)
    waits: list[float] = []

    def take():
        for _ in range(25):
            waits.append(budget.acquire())

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # 200 calls, 10 of them free: the last slot lies (200 - 10) / 100 s after the first, less the time that went by.
    assert len(waits) == 200
    assert 1.0 < max(waits) <= 1.9


def test_a_wait_that_is_too_long_takes_no_slot(redis_url):
    budget = RateBudget("tiktok:1", Rate(1, 1), limits.connect(redis_url), longest_wait_s=2)
    budget.acquire()
    told = [budget.acquire() for _ in range(6)]
    assert told[2:] == pytest.approx([told[2]] * 4, abs=0.5)


def test_several_calls_are_taken_together(redis_url):
    budget = RateBudget("tiktok:1", Rate(per_s=1, burst=3), limits.connect(redis_url))
    started = time.monotonic()
    assert budget.acquire(3) == 0.0
    wait = budget.acquire(2)
    assert 2 - (time.monotonic() - started) - 0.01 <= wait <= 2


def test_a_pause_the_remote_asked_for_holds_every_worker(redis_url):
    here, there = (RateBudget("tiktok:1", Rate(50, 5), limits.connect(redis_url)) for _ in range(2))
    here.pause(30)
    assert 29 < there.acquire() <= 30
    here.pause(1)
    assert 29 < there.acquire() <= 30


@pytest.mark.parametrize("client", [None, "unix:///nowhere/redis.sock"])
def test_without_redis_each_process_keeps_to_its_share(client):
    connection = limits.connect(client) if client else None
    budget = RateBudget("tiktok:1", Rate(per_s=4, burst=5), connection, workers=4, longest_wait_s=60)
    started = time.monotonic()
    waits = [budget.acquire() for _ in range(4)]
    passed = time.monotonic() - started
    assert waits[0] == 0.0
    assert all(slot - passed - 0.01 <= wait <= slot for slot, wait in enumerate(waits[1:], 1))
    budget.pause(50)
    assert 40 < budget.acquire() <= 50


def test_redis_is_asked_again_once_it_is_back(redis_url, monkeypatch):
    client = limits.connect("unix:///nowhere/redis.sock")
    budget = RateBudget("tiktok:1", Rate(2, 1), client)
    budget.acquire()
    back = limits.connect(redis_url)
    client.connection_pool = back.connection_pool

    budget.acquire()
    assert back.keys() == []

    monkeypatch.setitem(limits._away_until, id(client), 0.0)
    budget.acquire()
    assert back.keys() == [b"shopbridge:budget:tiktok:1"]


@pytest.mark.parametrize(("per_s", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_rate_without_calls_is_no_rate(per_s, burst):
    with pytest.raises(ValueError, match="rate"):
        Rate(per_s, burst)


def test_one_slow_answer_is_no_reason_for_more_threads() -> None:
    meter, rate = Meter(), Rate(10)
    assert meter.at_once() == 1
    for seconds in (0.2, 0.2, 9.0, 0.2):
        meter.note("store:1", rate, seconds)
    assert meter.at_once() == 1 + 2
    meter.note("tiktok:1", Rate(20), 0.5)
    assert meter.at_once() == 1 + 2 + 10
    for _ in range(20):
        meter.note("tiktok:1", Rate(20), 0.05)
    assert meter.at_once() == 1 + 2 + 1

"""One rate budget per (connection, remote), shared by all workers on all hosts.

GCRA in one Lua script: Redis keeps the moment at which the next call would be due (the "theoretical arrival"), takes
its own clock, and answers how long this caller waits. A slot is taken when it is promised, so callers queue up
instead of polling. While Redis is away each process falls back to its share, rate ÷ workers, and asks again after
five seconds.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub import log

_RETRY_REDIS_S = 5.0
_TIMEOUT_S = 0.5
_PREFIX = "shopbridge:budget:"

_log = log.get("hub.limits")

# KEYS[1] arrival time; KEYS[2] a pause the remote asked for.
# ARGV: seconds per call, burst in calls, calls wanted, longest wait for which a slot is taken.
# Answers the wait in microseconds, as text (numbers lose their fraction on the way out of Lua).
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local step = tonumber(ARGV[1]) * 1000000
local slack = step * (tonumber(ARGV[2]) - 1)
local calls = tonumber(ARGV[3])
local due = tonumber(redis.call('GET', KEYS[1]) or '0')
local paused = tonumber(redis.call('GET', KEYS[2]) or '0')
local start = math.max(due, now - slack)
start = math.max(start, paused)
local wait = math.max(0, start + step * (calls - 1) - now)
if wait > tonumber(ARGV[4]) * 1000000 then
    return string.format('%.0f', wait)
end
local fresh = start + step * calls
redis.call('SET', KEYS[1], string.format('%.0f', fresh), 'PX', math.ceil((fresh - now + slack) / 1000) + 1000)
return string.format('%.0f', wait)
"""

_PAUSE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local until_ = now + tonumber(ARGV[1]) * 1000000
if until_ > tonumber(redis.call('GET', KEYS[1]) or '0') then
    redis.call('SET', KEYS[1], string.format('%.0f', until_), 'PX', math.ceil(tonumber(ARGV[1]) * 1000) + 1000)
end
return 1
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls per second, and how many may come at once after a rest."""

    per_s: float
    burst: int = 1

    def __post_init__(self) -> None:
        if self.per_s <= 0 or self.burst < 1:
            raise ValueError("a rate has calls per second above 0 and a burst of at least 1")


class RateBudget:
    """The budget of one name, such as `tiktok:7`. Threads may share it.

    `workers` is how many processes share the rate while Redis is away. `longest_wait_s`: a longer wait takes no slot
    (the caller puts its task off instead).
    """

    def __init__(
        self,
        name: str,
        rate: Rate,
        connection: redis.Redis | None,
        *,
        workers: int = 1,
        longest_wait_s: float = 10.0,
    ) -> None:
        self.name = name
        self.rate = rate
        self._redis = connection
        self._longest_wait_s = longest_wait_s
        self._alone = _Alone(Rate(rate.per_s / max(1, workers)), longest_wait_s)

    def acquire(self, n: int = 1) -> float:
        """Take n calls; answers the seconds to wait before making them (0.0: at once)."""
        key = _PREFIX + self.name
        arguments = (1 / self.rate.per_s, self.rate.burst, n, self._longest_wait_s)
        answer = _ask(self._redis, _TAKE, [key, key + ":pause"], arguments)
        if answer is None:
            return self._alone.take(n)
        return float(answer) / 1_000_000

    def took(self, seconds: float) -> None:
        """A call under this budget took so long, its wait for the budget left out."""
        for meter in list(_meters):
            meter.note(self.name, self.rate, seconds)

    def pause(self, seconds: float) -> None:
        """Let nobody call before this time is over: the remote answered 429 with Retry-After."""
        self._alone.pause(seconds)
        _ask(self._redis, _PAUSE, [_PREFIX + self.name + ":pause"], (seconds,))


class Meter:
    """How many calls must be under way at once for the allowed rates to be used: rate × time of a call, for each budget.

    The time is the slowest of the latest twenty but one, so that a single slow answer is no reason for more threads. One more
    than that keeps the rate used while a thread is between two calls. Threads may share it.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Rate, deque[float]]] = {}
        self._lock = threading.Lock()

    def note(self, name: str, rate: Rate, seconds: float) -> None:
        """A call under the budget of this name took so long."""
        with self._lock:
            self._seen.setdefault(name, (rate, deque(maxlen=20)))[1].append(seconds)

    def at_once(self) -> int:
        """Calls under way at once; 1 where none was made yet."""
        with self._lock:
            return 1 + sum(math.ceil(rate.per_s * sorted(times)[-2:][0]) for rate, times in self._seen.values())

    @contextmanager
    def running(self) -> Iterator[Meter]:
        """Notes the calls that this process makes meanwhile."""
        _meters.append(self)
        try:
            yield self
        finally:
            _meters.remove(self)


_meters: list[Meter] = []


def connect(url: str) -> redis.Redis:
    """A client whose calls never hold a worker longer than half a second."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=_TIMEOUT_S,
        socket_timeout=_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


# When to ask a Redis again after it failed, by client: one failure serves all budgets that share it.
_away_until: dict[int, float] = {}


def _ask(client: redis.Redis | None, script: str, keys: list[str], arguments: tuple[Any, ...]) -> Any:
    """Run the script, or None while Redis is away."""
    if client is None or time.monotonic() < _away_until.get(id(client), 0.0):
        return None
    try:
        answer = client.eval(script, len(keys), *keys, *arguments)
    except (redis.RedisError, OSError) as error:
        _away_until[id(client)] = time.monotonic() + _RETRY_REDIS_S
        _log.warning("Redis is away; this process keeps to its share of the rate", error=type(error).__name__)
        return None
    _away_until.pop(id(client), None)
    return answer


class _Alone:
    """The same budget inside one process, by its monotonic clock."""

    def __init__(self, rate: Rate, longest_wait_s: float) -> None:
        self._step = 1 / rate.per_s
        self._longest_wait_s = longest_wait_s
        self._due = 0.0
        self._lock = threading.Lock()

    def take(self, n: int) -> float:
        with self._lock:
            now = time.monotonic()
            start = max(self._due, now)
            wait = start + self._step * (n - 1) - now
            if wait <= self._longest_wait_s:
                self._due = start + self._step * n
            return max(0.0, wait)

    def pause(self, seconds: float) -> None:
        with self._lock:
            self._due = max(self._due, time.monotonic() + seconds)

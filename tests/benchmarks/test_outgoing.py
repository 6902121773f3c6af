"""G8: calls to a slow remote use the whole rate that it allows, and never more."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import redis

from hub.http import Api
from hub.limits import Rate, RateBudget
from hub.net import Guard
from tests.benchmarks.report import ROUNDS, Report, median

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]
PER_S = 50
LATENCY_S = 0.1
SECONDS = 4.0


class Slow(BaseHTTPRequestHandler):
    """Answers after a tenth of a second, and notes when it was called."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: apart, the second waits 40 ms for the first to be acknowledged
    disable_nagle_algorithm = True
    called: list[float] = []

    def do_GET(self) -> None:
        self.called.append(time.monotonic())
        threading.Event().wait(LATENCY_S)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_words: object) -> None:
        """Nothing: it would be part of what is measured."""


@contextmanager
def stub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def busiest_second(moments: list[float]) -> int:
    """The most calls in any stretch of one second, wherever it begins."""
    moments = sorted(moments)
    start, most = 0, 0
    for end, moment in enumerate(moments):
        while moment - moments[start] >= 1.0:
            start += 1
        most = max(most, end - start + 1)
    return most


def calls(url: str, client: redis.Redis, name: str, burst: int) -> list[float]:
    """As many calls as the budget lets through in this time, on as many threads as the rule says."""
    api = Api(url, guard=Guard(practice=True), budget=RateBudget(name, Rate(PER_S, burst), client))
    Slow.called.clear()
    until = time.monotonic() + SECONDS

    def work() -> None:
        while time.monotonic() < until:
            assert api.json("GET", "/") == {}

    threads = [threading.Thread(target=work) for _ in range(math.ceil(PER_S * LATENCY_S) + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(Slow.called)


def test_the_allowed_rate_is_used_and_never_passed(redis_url: str, report: Report) -> None:
    shares, busiest, bursting = [], [], []
    with stub() as url, redis.Redis.from_url(redis_url) as client:
        for number in range(ROUNDS):
            seen = calls(url, client, f"bench:{number}", 1)
            shares.append((len(seen) - 1) / (max(seen) - min(seen)) / PER_S)
            busiest.append(busiest_second(seen))
        seen = calls(url, client, "bench:burst", PER_S // 2)
        bursting.append(busiest_second(seen))
    share, most, most_bursting = median(shares), max(busiest), max(bursting)
    right = share >= 0.95 and most <= PER_S + 1 and most_bursting <= PER_S + PER_S // 2
    report.note("G8", f"calls at {LATENCY_S * 1000:.0f} ms, {PER_S}/s allowed, {math.ceil(PER_S * LATENCY_S) + 1} threads",
                "≥ 95 % of the rate; in no second more than it and the burst", f"{share:.1%}; busiest second {most} of {PER_S} + 1, "
                f"with a burst of {PER_S // 2}: {most_bursting}", right)  # fmt: skip
    assert share >= 0.95
    assert most <= PER_S + 1
    assert most_bursting <= PER_S + PER_S // 2

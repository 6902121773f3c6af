"""While a worker waits on a slow platform, people and plugins don't: pages and ingest on SQLite take no longer than without it.

One file of SQLite has one writer. A worker that held it over an outside call, or wrote more often than it has to, would show here.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from hub.config import Config
from hub.domain.tasks import Kind, Queue, TaskState
from hub.flows import tasks
from hub.flows.people import create_owner
from hub.models.connections import Connection
from hub.models.tasks import Task
from hub.wiring import Hub, open_hub
from tests.benchmarks.ingest_names import APP_KEY
from tests.benchmarks.load import Loaded, generator, load, look
from tests.benchmarks.report import ROUNDS, Report, median
from tests.benchmarks.test_ingest import A_ROUND, add_app, gunicorn, line
from tests.benchmarks.test_lists import PASSWORD, fill
from tests.support.processes import process, until

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]
GOAL = 1.2
PRODUCTS = 1_000
CLIENTS = 4
SECONDS = 3


class Slow(BaseHTTPRequestHandler):
    """Takes two seconds for each answer, and longer while nobody lets it go on."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    hurry = threading.Event()
    busy: set[int] = set()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.busy.add(id(self))
        self.hurry.wait(2)
        self.busy.discard(id(self))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_words: object) -> None:
        """Nothing: it would be part of what is measured."""


@contextmanager
def slow_platform() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def waiting(hub: Hub, connection_id: int) -> Iterator[None]:
    """A worker is in the middle of five hundred calls to the slow platform, on as many threads as it takes for them."""
    Slow.hurry.clear()
    with hub.db.write() as session:
        parent = tasks.fan_out(session, Kind.PUSH_LISTINGS, range(1, 501), connection_id=connection_id, chunk=100,
                               lane_of=lambda one: f"listing:{one}").id  # fmt: skip
    until(lambda: len(Slow.busy) > 8, 30, "the wait of all threads")
    yield
    with hub.db.write() as session:
        tasks.cancel(session, parent, "the benchmark")
    Slow.hurry.set()
    until(lambda: is_quiet(hub, parent), 60, "the end of the worker's calls")


def is_quiet(hub: Hub, parent: int) -> bool:
    with hub.db.read() as session:
        states = session.scalars(select(Task.state).where(Task.parent_id == parent)).all()
    return not {TaskState.QUEUED, TaskState.RUNNING} & set(states)


def cookie_of(host: str) -> str:
    """The owner's session."""
    session = requests.Session()
    token = re.search(r'name="csrf_token" value="([^"]+)"', session.get(f"http://{host}/sign-in").text)
    assert token is not None
    session.post(f"http://{host}/sign-in", data={"email": "maya@example.com", "password": PASSWORD, "csrf_token": token[1]})
    assert session.get(f"http://{host}/admin/products/").text.count("SKU-") >= 20
    return "; ".join(f"{one.name}={one.value}" for one in session.cookies)


@pytest.mark.parametrize("store_name", ["SQLite"])
def test_pages_and_ingest_take_no_longer_while_a_worker_waits(
    store_name: str, fresh_database: Callable[[], str], redis_url: str, tmp_path: Path, report: Report
) -> None:
    config = Config.from_env({"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": fresh_database(),
                              "REDIS_URL": redis_url, "PUBLIC_URL": "http://127.0.0.1:8000"})  # fmt: skip
    hub = open_hub(config)
    fill(hub.db, PRODUCTS)
    add_app(hub)
    with hub.db.write() as session:
        create_owner(session, "maya@example.com", "Maya", PASSWORD)
        connection_id = session.scalars(select(Connection.id)).first()
    assert connection_id is not None
    turns = ROUNDS + 2
    lines = tmp_path / "lines"
    lines.write_text("\n".join(line(number) for number in range((2 * turns + 1) * A_ROUND)) + "\n")
    found: dict[tuple[str, bool], list[Loaded]] = {(what, waits): [] for what in ("page", "ingest") for waits in (False, True)}
    with (
        slow_platform() as url,
        gunicorn(config, tmp_path, "wsgi:app", "/sign-in") as (host, _pid),
        process(config, "tests.benchmarks.worker", str(Queue.BULK), BENCH_SLOW=url),
    ):
        cookie = cookie_of(host)

        def measure(number: int, keep: bool, waits: bool) -> None:
            start = number * A_ROUND
            page = look(host, "/admin/products/", cookie, SECONDS, CLIENTS)
            ingest = load(host, f"/hooks/tiktok/{APP_KEY}", lines, start, start + A_ROUND, SECONDS, tmp_path, CLIENTS)
            assert page.refused == ingest.refused == 0
            if keep:
                found["page", waits].append(page)
                found["ingest", waits].append(ingest)

        measure(2 * turns, False, False)  # opens connections and fills caches
        for turn in range(turns):
            measure(2 * turn, True, False)
            with waiting(hub, connection_id):
                measure(2 * turn + 1, True, True)
    hub.close()

    slow = {}
    for what in ("page", "ingest"):
        pairs = list(zip(found[what, True], found[what, False], strict=True))
        p50 = median([one.p50_ms / other.p50_ms for one, other in pairs])
        p99 = median([one.p99_ms / other.p99_ms for one, other in pairs])
        figures = "; ".join(f"{name} p50 {median([one.p50_ms for one in side]):.1f} ms, p99 {median([one.p99_ms for one in side]):.1f} ms"
                            for name, side in (("with", found[what, True]), ("without", found[what, False])))  # fmt: skip
        report.note("6.3", f"{'a page' if what == 'page' else 'ingest'} while a worker waits on a slow platform, {store_name}",
                    f"p50 and p99 ≤ {GOAL} × those without", f"{p50:.2f} ×, {p99:.2f} ×", max(p50, p99) <= GOAL,
                    f"{figures} ({generator().replace('c16', f'c{CLIENTS}')}, {turns} rounds)")  # fmt: skip
        if max(p50, p99) > GOAL:
            slow[what] = (p50, p99)
    assert slow == {}

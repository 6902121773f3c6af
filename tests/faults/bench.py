"""A whole hub as real processes that can be killed, with strict practice platforms beside it.

`running_bench` starts web, workers, scheduler and a Valkey of their own over one database, and the simulators in the
test's process. A keeper restarts whatever dies, as a supervisor does. `tests.faults.checker` then says which promise
was broken. Everything is ended by its own process id.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import func, or_, select

from hub import clock, embedded, log
from hub.config import Config
from hub.domain.tasks import TaskState
from hub.models.inbox import InboxEvent, InboxState
from hub.models.tasks import Task
from hub.practice import practice_app
from hub.sandbox import APP_KEY, SERVICE_ID, Practice
from hub.seed import SeedCatalogue
from hub.wiring import Hub, open_hub
from tests.faults.forks import children_of
from tests.support.processes import ROOT, environment, until
from tests.support.servers import free_port
from tests.support.world import World, few_products


@dataclass(slots=True)
class Part:
    """One process of the hub, its command, and how often it was started."""

    name: str
    argv: Sequence[str]
    child: subprocess.Popen[bytes] | None = None
    starts: int = 0


class Processes:
    """Starts the parts, keeps them running, kills them on demand."""

    def __init__(self, config: Config, offset: Path, parts: Sequence[Part]) -> None:
        self.config = config
        self.offset = offset
        self.crash_at = ""
        self.parts = {part.name: part for part in parts}
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._logs: list[IO[bytes]] = []
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(self) -> None:
        """Starts all parts, and the keeper with them."""
        for part in self.parts.values():
            self._start(part)
        self._keeper.start()

    def _start(self, part: Part) -> None:
        out = open(self.config.data_dir / f"{part.name}.log", "ab")
        self._logs.append(out)
        env = environment(
            self.config, HUB_CLOCK_FILE=str(self.offset), HUB_CRASH_AT=self.crash_at, PUBLIC_URL=self.config.public_url,
            BIND=self.config.bind, TIKTOK_CALLS_PER_S="1000", STORE_CALLS_PER_S="1000")
        part.child = subprocess.Popen([sys.executable, *part.argv], env=env, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                                      start_new_session=True)
        part.starts += 1

    def _keep(self) -> None:
        while not self._ended.wait(0.2):
            with self._lock:
                for part in self.parts.values():
                    if part.child is not None and part.child.poll() is not None and not self._ended.is_set():
                        self._start(part)

    def kill(self, name: str) -> None:
        """SIGKILL for this part and its children: what a power cut does to them."""
        with self._lock:
            child = self.parts[name].child
            if child is None or child.poll() is not None:
                return
            for pid in [*children_of(child.pid), child.pid]:
                _signal(pid, signal.SIGKILL)
            child.wait(10)

    def restart(self, crash_at: str = "") -> None:
        """Stops all parts and starts them anew, armed with this crash point."""
        with self._lock:
            self._stop_all()
            self.crash_at = crash_at
            for part in self.parts.values():
                self._start(part)

    def stop(self) -> None:
        """Ends everything that was started."""
        self._ended.set()
        with self._lock:
            self._stop_all()
        for out in self._logs:
            out.close()

    def _stop_all(self) -> None:
        running = [part.child for part in self.parts.values() if part.child is not None and part.child.poll() is None]
        for child in running:
            _signal(child.pid, signal.SIGTERM)
        end = time.monotonic() + 10
        for child in running:
            try:
                child.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                for pid in [*children_of(child.pid), child.pid]:
                    _signal(pid, signal.SIGKILL)
                child.wait(5)


@dataclass(slots=True)
class LiveWorld(World):
    """The small world, worked on by real processes instead of the test's own thread."""

    offset: Path = field(default_factory=Path)

    def run_due(self, later_s: float = 0.0) -> int:
        """Waits until the workers have nothing left that is due now."""
        wait_quiet(self)
        return 0

    def pass_time(self, span: timedelta) -> None:
        """All clocks go on by this much."""
        shift(self.offset, span)

    def settle(self, *, later_s: float = 8.0, rounds: int = 60) -> None:
        """Lets all messages leave, moves the clock over short waits, and waits for the work."""
        for _ in range(3):
            self.deliver()
            wait_quiet(self)
            shift(self.offset, timedelta(seconds=later_s))
        wait_quiet(self)


@dataclass(slots=True)
class Bench:
    """The running hub, its world, and the processes to kill."""

    world: LiveWorld
    processes: Processes
    data_dir: Path
    offset: Path

    @property
    def hub(self) -> Hub:
        return self.world.hub

    def later(self, **time_: float) -> None:
        """All clocks go on by this much."""
        shift(self.offset, timedelta(**time_))

    def empty_redis(self) -> None:
        """Redis forgets everything at once."""
        assert self.hub.redis is not None
        self.hub.redis.flushall()

    def restart_redis(self) -> None:
        """The queue's server dies without a word and is started again."""
        pid = int((self.data_dir / "redis" / "pid").read_text())
        _signal(pid, signal.SIGKILL)
        until(lambda: not embedded.answers(embedded.socket_url(self.data_dir)), 10, "the end of Redis")
        embedded.ensure(self.data_dir)

    def recover(self, rounds: int = 8) -> None:
        """Faults are over: time goes on until everything has settled, within what the hub promises."""
        for _ in range(rounds):
            self.world.deliver()
            self.later(seconds=47)
            wait_quiet(self.world)
            if not waits_later(self.hub):
                return


def shift(offset: Path, by: timedelta) -> None:
    """Moves the clock of everybody who follows this file."""
    clock.write_file(offset, timedelta(seconds=float(offset.read_text())) + by)
    threading.Event().wait(0.1)  # longer than anybody goes without looking at the file


def wait_quiet(world: World, seconds: float = 90) -> None:
    """Until no message waits to be planned and no task is due or running."""
    def is_quiet() -> bool:
        now = clock.now()
        with world.hub.db.read() as session:
            events = session.scalar(select(func.count()).select_from(InboxEvent).where(InboxEvent.state == InboxState.NEW))
            busy = session.scalar(select(func.count()).select_from(Task).where(or_(
                (Task.state == TaskState.QUEUED) & (Task.run_at <= now),
                (Task.state == TaskState.RUNNING) & Task.holder.is_not(None))))
        return not events and not busy

    until(is_quiet, seconds, f"rest ({unsettled(world.hub)})")


def unsettled(hub: Hub) -> str:
    """What is not settled, for the message of a failed test."""
    with hub.db.read() as session:
        rows = session.execute(select(Task.id, Task.kind, Task.state, Task.says).where(
            Task.state.in_([TaskState.QUEUED, TaskState.RUNNING])).limit(10)).all()
    return "; ".join(f"{row.id} {row.kind} {row.state} {row.says}" for row in rows)


def waits_later(hub: Hub) -> int:
    """Tasks that wait for their next try: not periodic ones."""
    with hub.db.read() as session:
        return int(session.scalar(select(func.count()).select_from(Task).where(
            Task.state == TaskState.QUEUED, Task.backoff.is_(True) | (Task.says != ""))) or 0)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def place(bench: Bench, quantity: int = 1, number: int = 0) -> str:
    """A buyer orders the SKU with this number; TikTok Shop has enough of it."""
    skus = bench.world.skus()
    sku = skus[number % len(skus)]
    bench.world.tiktok("PUT", "stock", {"sku_id": sku.tiktok_sku_id, "quantity": 100})
    placed = bench.world.tiktok("POST", "orders", {
        "shop_id": bench.world.shop().tiktok_shop_id, "status": "AWAITING_SHIPMENT",
        "shipping": {"original": "4.99"}, "lines": [{"sku_id": sku.tiktok_sku_id, "quantity": quantity}]})
    return str(placed["id"])


def parts(config: Config, workers: int = 2) -> list[Part]:
    """The processes of `shopbridge run`, with one web process."""
    web = Part("web", ["-m", "gunicorn", "--bind", config.bind, "--worker-class", "gthread", "--workers", "1",
                       "--threads", "8", "--graceful-timeout", "5", "--log-level", "warning", "--no-control-socket",
                       "wsgi:app"])
    first = Part("worker-1", ["-m", "jobs.worker", "orders", "default"])
    others = [Part(f"worker-{number}", ["-m", "jobs.worker"]) for number in range(2, workers + 1)]
    return [web, first, *others, Part("scheduler", ["-m", "jobs.schedule"])]


@contextmanager
def running_bench(
    folder: Path, database_url: str, *platforms: str, catalogue: SeedCatalogue | None = None, workers: int = 2,
    tiktok_settings: Mapping[str, Any] | None = None,
) -> Iterator[Bench]:
    """Everything up, the platforms joined; taken down again at the end. The database has its tables already."""
    data_dir, offset = folder / "data", folder / "clock"
    data_dir.mkdir(parents=True, exist_ok=True)
    clock.write_file(offset, timedelta(0))
    server = embedded.ensure(data_dir)
    port = free_port()
    config = Config.from_env({
        "SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(data_dir), "DATABASE_URL": database_url, "REDIS_URL": server.url,
        "HUB_CLOCK_FILE": str(offset), "BIND": f"127.0.0.1:{port}", "PUBLIC_URL": f"http://127.0.0.1:{port}"})
    config = replace(config, tiktok_calls_per_s=1000, store_calls_per_s=1000)
    log.configure(level="ERROR", as_json=False)
    hub = open_hub(config)
    processes = Processes(config, offset, parts(config, workers))
    settings = {"review_after_s": None, "rate_per_s": None, **(tiktok_settings or {})}
    try:
        with Practice.start(hub_url=config.public_url, catalogue=catalogue or few_products(), stores=platforms, senders=False,
                            tiktok_settings=settings) as practice:
            app_id = practice_app(hub, practice.tiktok_url, APP_KEY, practice.app_secret, SERVICE_ID)
            processes.start()
            until(lambda: answers(port), 30, "the web side")
            world = LiveWorld(hub, practice, _Nothing(), app_id, {}, offset=offset)  # type: ignore[arg-type]
            for platform in platforms:
                world.join(platform)
            yield Bench(world, processes, data_dir, offset)
    finally:
        processes.stop()
        hub.close()
        embedded.stop(data_dir)
        clock.use_file(None)


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    import socket

    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _Nothing:
    """The web side is a process of its own."""

"""A small world whose work is done by forks that can be killed: web side, workers, scheduler. The platforms are the test's own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from hub import clock, log, queue
from hub.config import Config
from hub.domain.tasks import TaskState
from hub.flows import connect, inbox, listings
from hub.flows.leases import LEASE_S
from hub.flows.running import Sweep
from hub.models import sealed
from hub.models.listings import Listing
from hub.models.orders import OrderLink
from hub.models.products import StoreProduct
from hub.models.tasks import Task
from hub.practice import practice_app
from hub.sandbox import APP_KEY, SERVICE_ID, Practice
from hub.seed import SeedCatalogue
from hub.wiring import open_hub
from jobs import entry
from tests.faults.forks import Ended, Forks, Running
from tests.support.processes import environment, until
from tests.support.servers import free_port
from tests.support.world import World, few_products

PLENTY = 5000


@dataclass(slots=True)
class FaultWorld(World):
    """`World` with ``forked`` work: False while a case is prepared (quick, in the test's thread), True when faults count."""

    forks: Forks | None = None
    served: Running | None = None
    forked: bool = False

    @property
    def env(self) -> dict[str, str]:
        """What each process of this hub is started with."""
        config = self.hub.config
        return environment(config, HUB_CLOCK_FILE=config.clock_file, PUBLIC_URL=config.public_url, BIND=config.bind,
                           TIKTOK_CALLS_PER_S=str(config.tiktok_calls_per_s), STORE_CALLS_PER_S=str(config.store_calls_per_s),
                           WORKER_THREADS=str(config.worker_threads))

    def fork(self, *steps: Sequence[Any], crash_at: str = "") -> Ended:
        """A worker goes through these steps, with a work-horse each; armed, it may not come to the last."""
        assert self.forks is not None
        # At full size hundreds of tasks are due at once: the time that a job may take grows with them.
        return self.forks.run({**self.env, "HUB_CRASH_AT": crash_at}, steps, 60 + 2 * len(steps))

    def run_tasks(self, task_ids: Sequence[int]) -> int:
        """Runs these: in forks where faults count."""
        if not self.forked or not task_ids:
            return World.run_tasks(self, task_ids)
        ended = self.fork(*(("task", task_id) for task_id in task_ids))
        assert ended.is_well, f"a worker failed: {ended}; see {self.forks.log if self.forks else ''}"
        return sum(bool(one) for one in ended.answers)

    def start_web(self, crash_at: str = "") -> None:
        """The web side as a process, armed or not; the one before must have ended."""
        assert self.forks is not None
        port = self.hub.config.bind_port
        self.served = self.forks.start({**self.env, "HUB_CRASH_AT": crash_at}, [("web", port)])
        until(lambda: _answers(port), 30, "the web side")

    def stop_web(self) -> None:
        """Ends the web side."""
        if self.served is not None:
            self.served.kill()
            self.served = None

    def due(self) -> list[int]:
        """Tasks that a worker would take now."""
        with self.hub.db.read() as session:
            return list(session.scalars(select(Task.id).where(
                Task.state == TaskState.QUEUED, Task.run_at <= clock.now()).order_by(Task.run_at, Task.id)))

    def work_until_killed(self, crash_at: str, *, rounds: int = 8) -> Ended | None:
        """Workers armed with this point take what is due, and what comes due within seconds, until one of them is killed. None
        where the point was not met."""
        for _ in range(rounds):
            self.deliver()
            inbox.sweep(self.hub.db)
            due = self.due()
            if due:
                ended = self.fork(*(("task", task_id) for task_id in due), crash_at=crash_at)
                if ended.was_killed:
                    return ended
                assert ended.is_well, f"a worker failed: {ended}; see {self.forks.log if self.forks else ''}"
            else:
                self.pass_time(timedelta(seconds=6))
        return None

    def last_tasks(self, count: int = 10) -> str:
        """What was done last, for the message of a failed test."""
        with self.hub.db.read() as session:
            rows = session.execute(select(Task.id, Task.kind, Task.state, Task.outcome, Task.says).order_by(Task.id.desc()).limit(count)).all()
        return "; ".join(f"{row.id} {row.kind} {row.state} {row.outcome} {row.says}" for row in rows)

    def outlive_leases(self) -> int:
        """The dead ones' leases run out, and the scheduler's sweep takes their work back. How many tasks that were."""
        self.pass_time(timedelta(seconds=LEASE_S + 1))
        return Sweep(self.hub.db).free_dead()

    def recover(self, later_s: float = 75) -> None:
        """Fresh workers end what was begun, within what the hub promises; time goes on as far as it waits."""
        self.forked = True
        try:
            self.outlive_leases()
            for _ in range(4):
                self.settle(later_s=later_s)
                if not self.waits_later():
                    return
                self.pass_time(timedelta(seconds=601))
        finally:
            self.forked = False

    def waits_later(self) -> int:
        """Tasks that wait for their next try, and orders of which nobody knows yet whether the store made them."""
        with self.hub.db.read() as session:
            tries = session.scalar(select(func.count()).select_from(Task).where(Task.state == TaskState.QUEUED, Task.backoff.is_(True)))
            unknown = session.scalar(select(func.count()).select_from(OrderLink).where(
                OrderLink.intent_at.is_not(None), OrderLink.store_order_id == ""))
        return int(tries or 0) + int(unknown or 0)

    def take_over(self) -> None:
        """This world is the process's own again, after another test."""
        sealed.use_keys(self.hub.config.key_ring())
        queue.use(self.hub.redis)
        entry.use(self.hub)
        clock.use_file(self.clock_file)

    def unpushed(self, platform: str = "magento") -> list[tuple[int, str]]:
        """Listings that TikTok Shop does not have yet, with the SKU of their product: simple ones first, always in one order."""
        with self.hub.db.read() as session:
            return [(row.id, row.sku) for row in session.execute(
                select(Listing.id, StoreProduct.sku).join(StoreProduct, StoreProduct.id == Listing.product_id)
                .where(Listing.shop_id == self.shop_id(platform), Listing.tiktok_product_id.is_(None))
                .order_by(StoreProduct.kind != "simple", StoreProduct.sku))]

    def push_some(self, platform: str, count: int) -> None:
        """Pushes the first products and lets them go live, with plenty of each."""
        chosen = [listing_id for listing_id, _ in self.unpushed(platform)[:count]]
        with self.hub.db.write() as session:
            listings.submit_push(session, self.shop(platform), chosen, "tester")
        self.run_due()
        self.tiktok("POST", "review", {"verdict": "approve"})
        self.settle()
        for sku in self.skus(platform):
            self.store(platform, "PATCH", f"products/{sku.seller_sku}", {"quantity": PLENTY})
        self.settle()

    def search_late(self, platform: str, late_s: int = 60) -> None:
        """The store's search shows what is new, or changed, only so much later from now on."""
        self.store(platform, "POST", "settings", {"search_delay_s": late_s})

    def without_plugin(self, platform: str) -> None:
        """The store's plugin is gone from now on: only its own API is left."""
        self.store(platform, "POST", "plugin", {"installed": False})
        connect.check(self.hub, self.connections[platform])
        assert not self.connection(platform).has_plugin


def _answers(port: int) -> bool:
    """Whether somebody listens there."""
    import socket

    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def fault_world(folder: Path, database_url: str, redis_url: str, forks: Forks, *platforms: str, catalogue: SeedCatalogue | None = None,
                tiktok_settings: Mapping[str, Any] | None = None, **changed: Any) -> Iterator[FaultWorld]:
    """Everything up, the platforms joined; taken down at the end. ``changed`` are settings of the hub."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = Config.from_env({
        "SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(folder / "data"), "DATABASE_URL": database_url, "REDIS_URL": redis_url,
        "HUB_CLOCK_FILE": str(folder / "data" / "clock"), "BIND": f"127.0.0.1:{port}", "PUBLIC_URL": f"http://127.0.0.1:{port}"})
    config = replace(config, **{"tiktok_calls_per_s": 1000, "store_calls_per_s": 1000, **changed})
    log.configure(level="ERROR", as_json=False)
    clock.write_file(config.clock_file, timedelta(0))
    hub = open_hub(config)
    entry.use(hub)
    settings = {"review_after_s": None, "rate_per_s": None, **(tiktok_settings or {})}
    few = catalogue or few_products()
    with Practice.start(hub_url=config.public_url, catalogue=few, stores=platforms, senders=False, tiktok_settings=settings) as practice:
        app_id = practice_app(hub, practice.tiktok_url, APP_KEY, practice.app_secret, SERVICE_ID)
        world = FaultWorld(hub, practice, None, app_id, {}, forks=forks)  # type: ignore[arg-type]
        try:
            world.start_web()
            for platform in platforms:
                world.join(platform)
            yield world
        finally:
            world.take_over()
            world.stop_web()
            entry.use(None)
            queue.use(None)
            clock.use_file(None)
            hub.close()


def thirds(cases: Sequence[tuple[Any, ...]], *, first: int, special: str = "late") -> list[Any]:
    """The cases of a test, each after its (database, what is special): every third on SQLite, the others on PostgreSQL.

    ``first`` is the number of the test's first case, counted through all files, so that the choice is the same each time. At full
    size all are met on both.
    """
    chosen = []
    for database in ("postgresql", "sqlite"):
        for number, case in enumerate(cases, first):
            if is_full() or (number % 3 == 0) == (database == "sqlite"):
                name = "-".join([database, *(str(part) for part in case)])
                chosen.append(pytest.param((database, special), *case, id=name))
    return chosen


def in_turn(cases: Sequence[tuple[Any, ...]], of: int) -> list[tuple[Any, ...]]:
    """The cases of a table with rows of so many, at full size. Else every second, from the next place in each row."""
    return [case for number, case in enumerate(cases) if is_full() or (number + number // of) % 2 == 0]


def is_full() -> bool:
    """Whether the faults run at full size (`make faults`)."""
    return os.environ.get("FAULTS") == "full"

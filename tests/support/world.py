"""A whole small world: both practice stores, TikTok Shop and a hub with its web side, in one process.

Work is run one after the other in the test's own thread (`world.settle()`); messages leave when the test says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from hub import clock, log
from hub.app import create_app
from hub.config import Config
from hub.domain.listings import ListingState
from hub.domain.tasks import TaskState
from hub.flows import categories, inbox, ledger, listings, products
from hub.flows.settings import change_settings
from hub.models.connections import Connection
from hub.models.ledger import LedgerEntry
from hub.models.listings import Listing, ListingSku
from hub.models.orders import OrderLink
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.practice import control, join, practice_app
from hub.sandbox import APP_KEY, SERVICE_ID, Practice
from hub.sandbox.catalogue import FLAWS, demo_catalogue
from hub.seed import SeedCatalogue
from hub.simulator import Server, serve
from hub.stores import PLATFORMS
from hub.wiring import Hub, open_hub
from jobs import entry
from tests.support.merchants import MERCHANTS

PACKAGE = {"package_length": 20, "package_width": 15, "package_height": 10, "package_weight": "0.5"}


@dataclass(slots=True)
class World:
    """The hub, the simulators, and the connections by platform."""

    hub: Hub = field(repr=False)
    practice: Practice = field(repr=False)
    web: Server = field(repr=False)
    app_id: int
    connections: dict[str, int]
    shift: timedelta = timedelta(0)

    # -- steering

    def tiktok(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A command to the TikTok Shop simulator."""
        return control(self.practice.tiktok_url, method, path, body)

    def store(self, platform: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A command to a store simulator."""
        return control(self.practice.url(platform), method, path, body)

    def join(self, platform: str = "magento", region: str = "") -> int:
        """Connects a practice store to its TikTok shop."""
        self.connections[platform] = join(
            self.hub, name=f"{platform} practice", platform=platform, settings=self.practice.settings(platform),
            store_url=self.practice.url(platform), tiktok_url=self.practice.tiktok_url, app_id=self.app_id,
            region=region or PLATFORMS[platform].practice_store().region)
        with self.hub.db.write() as session:
            change_settings(session, self.shop_id(platform), "products", PACKAGE)
        return self.connections[platform]

    def deliver(self, platform: str = "") -> None:
        """Messages that wait leave now: the store's plugin, TikTok Shop, or all."""
        for one in [platform] if platform in self.connections else list(self.connections):
            self.store(one, "POST", "events/deliver")
        if platform in ("", "tiktok"):
            self.tiktok("POST", "webhooks/flush", {"everything": True})

    def settle(self, *, later_s: float = 8.0, rounds: int = 60) -> None:
        """Lets messages arrive and does all work that is due, or comes due within the next seconds, until nothing is left."""
        for _ in range(rounds):
            self.deliver()
            inbox.sweep(self.hub.db)
            if not self.run_due(later_s):
                return
        raise AssertionError("the work does not end")

    def run_due(self, later_s: float = 0.0) -> int:
        """Runs every task that is due, or comes due within so many seconds: then time passes. How many were run."""
        ran, until = 0, clock.now() + timedelta(seconds=later_s)
        while True:
            with self.hub.db.read() as session:
                waiting = session.execute(select(Task.id, Task.run_at).where(
                    Task.state == TaskState.QUEUED, Task.run_at <= until).order_by(Task.run_at, Task.id)).all()
            now = clock.now()
            done = self.run_tasks([task_id for task_id, run_at in waiting if run_at <= now])
            ran += done
            if done:
                continue
            following = min((run_at for _, run_at in waiting if run_at > now), default=None)
            if following is None:
                return ran
            self.pass_time(following - now + timedelta(milliseconds=1))
            if clock.now() < following:     # a test holds the clock
                with clock.hold(following):
                    done = sum(entry.run(self.hub, task_id) for task_id, run_at in waiting if run_at <= following)
                if not done:
                    return ran
                ran += done

    def run_tasks(self, task_ids: Sequence[int]) -> int:
        """Runs these, as a worker would; how many were there to run."""
        return sum(entry.run(self.hub, task_id) for task_id in task_ids)

    def pass_time(self, span: timedelta) -> None:
        """It is so much later now, for hub and simulators alike. Time never goes back."""
        self.shift += span
        clock.write_file(self.clock_file, self.shift)
        clock.use_file(self.clock_file)

    def expect_done(self, task_id: int) -> Task:
        """The task, which must have ended well enough to be over."""
        with self.hub.db.read() as session:
            task = session.get_one(Task, task_id)
        assert task.state is TaskState.DONE, (task.kind, task.state, task.says, task.reference)
        return task

    # -- looking

    @property
    def clock_file(self) -> str:
        """Whose shift moves this world's clock; a world that several tests share names it anew in each."""
        return self.hub.config.clock_file

    def shop_id(self, platform: str = "magento") -> int:
        """The shop of this platform's connection."""
        with self.hub.db.read() as session:
            return session.scalars(select(Shop.id).where(Shop.connection_id == self.connections[platform])).one()

    def shop(self, platform: str = "magento") -> Shop:
        """The same, as a row."""
        with self.hub.db.read() as session:
            return session.get_one(Shop, self.shop_id(platform))

    def connection(self, platform: str = "magento") -> Connection:
        """The connection's row."""
        with self.hub.db.read() as session:
            return session.get_one(Connection, self.connections[platform])

    def link(self, order_id: str) -> OrderLink:
        """What the hub knows of a TikTok order."""
        with self.hub.db.read() as session:
            return session.scalars(select(OrderLink).where(OrderLink.tiktok_order_id == order_id)).one()

    def listings(self, platform: str = "magento", state: ListingState | None = None) -> list[Listing]:
        """The shop's listings."""
        with self.hub.db.read() as session:
            query = select(Listing).where(Listing.shop_id == self.shop_id(platform))
            return list(session.scalars(query.where(Listing.state == state) if state else query))

    def skus(self, platform: str = "magento") -> list[ListingSku]:
        """SKUs that are on TikTok Shop."""
        with self.hub.db.read() as session:
            return list(session.scalars(select(ListingSku).where(ListingSku.shop_id == self.shop_id(platform)).order_by(ListingSku.id)))

    def store_orders(self, platform: str = "magento") -> list[dict[str, Any]]:
        """Orders in the store simulator."""
        answer = self.store(platform, "GET", "orders")
        return list(answer["orders"] if isinstance(answer, dict) else answer)

    def ledger(self, platform: str = "magento") -> ledger.Ledger:
        """Counts afresh, and gives the sums."""
        with self.hub.db.write() as session:
            count = ledger.submit_reconcile(session, self.connections[platform]).id
        self.pass_time(timedelta(seconds=2))       # a search by time leaves the second that has just begun to the next look
        self.run_due()
        self.expect_done(count)
        with self.hub.db.read() as session:
            return ledger.totals(session, self.connections[platform])

    def ledger_entries(self, platform: str = "magento") -> list[LedgerEntry]:
        """The ledger, order by order."""
        with self.hub.db.read() as session:
            return list(session.scalars(select(LedgerEntry).where(LedgerEntry.connection_id == self.connections[platform])))

    # -- the usual beginning

    def pull(self, platform: str = "magento") -> None:
        """Pulls everything, reads TikTok's categories and takes its suggestions."""
        with self.hub.db.write() as session:
            products.submit_pull(session, self.connections[platform], None, None, "tester")
        self.settle()
        with self.hub.db.write() as session:
            categories.confirm_suggestions(session, session.get_one(Shop, self.shop_id(platform)))

    def push(self, platform: str = "magento", skus: tuple[str, ...] = ()) -> None:
        """Pushes all products (or those with these SKUs) and waits for the review."""
        with self.hub.db.write() as session:
            query = select(Listing.id).join(StoreProduct, StoreProduct.id == Listing.product_id).where(Listing.shop_id == self.shop_id(platform))
            if skus:
                query = query.where(StoreProduct.sku.in_(skus))
            listings.submit_push(session, session.get_one(Shop, self.shop_id(platform)), session.scalars(query).all(), "tester")
        self.run_due()
        self.tiktok("POST", "review", {"verdict": "approve"})
        self.settle()


def few_products(count: int = 6) -> SeedCatalogue:
    """The beginning of our own catalogue, with both kinds of products: enough for most tests, and quick.

    Without lamps and jewellery: their TikTok categories want a document or an invitation.
    """
    whole = demo_catalogue()
    flawless = [one for one in whole.products if one.key not in FLAWS and one.kind in ("simple", "configurable")
                and not {"Lighting", "Jewellery"} & {part for path in one.categories for part in path}]
    simple = [one for one in flawless if one.kind == "simple"][:(count + 1) // 2]
    return replace(whole, products=(*simple, *[one for one in flawless if one.kind == "configurable"][:count // 2]))


@contextmanager
def small_world(config: Config, *platforms: str, catalogue: SeedCatalogue | None = None,
                tiktok_settings: Mapping[str, Any] | None = None, senders: bool = False, **markets: Any) -> Iterator[World]:
    """Builds it and takes it down again. ``platforms`` are joined at once, any other store runs once it is asked for; ``markets``:
    regions and currencies of `Practice.start`."""
    placeholder = serve(_empty_app(), "127.0.0.1", 0)
    port = int(placeholder.url.rsplit(":", 1)[1])
    placeholder.close()
    config = replace(config, public_url=f"http://127.0.0.1:{port}", clock_file=str(config.data_dir / "clock"),
                     tiktok_calls_per_s=1000, store_calls_per_s=1000)
    log.configure(level="WARNING", as_json=False)
    hub = open_hub(config)
    entry.use(hub)
    web = serve(create_app(config, hub), "127.0.0.1", port)
    settings = {"review_after_s": None, "rate_per_s": None, **(tiktok_settings or {})}
    with Practice.start(hub_url=config.public_url, catalogue=catalogue, stores=platforms, senders=senders,
                        tiktok_settings=settings, **markets) as practice:
        app_id = practice_app(hub, practice.tiktok_url, APP_KEY, practice.app_secret, SERVICE_ID)
        world = World(hub, practice, web, app_id, {})
        try:
            for platform in platforms:
                world.join(platform)
                MERCHANTS[platform].hurries(world)
            yield world
        finally:
            web.close()
            entry.use(None)
            clock.use_file(None)
            hub.close()


def _empty_app() -> Any:
    return Flask("placeholder", root_path=str(Path(__file__).parent))

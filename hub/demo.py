"""The demo's story: a merchant connects a practice store of each system, lists the catalogue, and buyers order.

It does what a person would do on the screens, through the same flows, and drives the practice platforms through their
control API. Afterwards a buyer goes on ordering now and then.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from hub.domain.listings import ListingState
from hub.domain.tasks import TERMINAL, Kind, TaskState
from hub.errors import HubError
from hub.flows import categories, listings, people, products
from hub.flows.ledger import submit_reconcile, totals
from hub.flows.settings import change_settings
from hub.models.categories import CategoryMapping, TikTokCategory
from hub.models.connections import Connection
from hub.models.listings import Listing
from hub.models.orders import LinkState, OrderLink
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.practice import control, join, practice_app
from hub.sandbox import APP_KEY, SERVICE_ID, Practice
from hub.stores import PLATFORMS
from hub.wiring import Hub

OWNER_EMAIL = "owner@example.com"
NAME = "The demo"
PRACTICE_FILE = "practice.json"
# What a merchant fills in once, in Settings › Products.
PACKAGE = {"package_length": 20, "package_width": 15, "package_height": 10, "package_weight": "0.5"}
# The first store has the whole catalogue, each other one about so much of it: four stores come up as quickly as two did.
PRODUCTS = 24
REFUSED_TITLE = "Walnut"
_OPEN_TASKS = (TaskState.QUEUED, TaskState.RUNNING)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the practice platforms are and what they let one in with, as the process that runs them wrote it down.

    ``stores`` by slug: address, and what a merchant types into the wizard.
    """

    app_secret: str
    tiktok: str = ""
    stores: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)


def keep_place(data_dir: Path, practice: Practice) -> Path:
    """Writes down where the practice platforms are and their keys; readable by the owner only."""
    place = {"app_secret": practice.app_secret, "tiktok": practice.tiktok_url,
             "stores": {slug: [practice.url(slug), practice.settings(slug)] for slug in practice.apps}}
    path = data_dir / PRACTICE_FILE
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(place))
    fresh.replace(path)
    return path


def read_place(data_dir: Path) -> Place:
    """Reads what `keep_place` wrote. Raises ``FileNotFoundError``."""
    known = json.loads((data_dir / PRACTICE_FILE).read_text())
    return Place(known["app_secret"], known["tiktok"], {slug: (url, settings) for slug, (url, settings) in known["stores"].items()})


def _name(platform: str) -> str:
    return PLATFORMS[platform].practice_store().title


class Stopped(Exception):
    """Ctrl-C came while the story was waiting."""


@dataclass(slots=True)
class Story:
    """Tells itself over a hub and the practice platforms, once these have written down where they are."""

    hub: Hub
    stop: threading.Event
    say: Callable[[str], None]
    place: Place = field(default_factory=lambda: Place(""))

    def run(self) -> None:
        """The whole story, once."""
        self._wait("the practice platforms", self._platforms_answer, 60)
        app_id = practice_app(self.hub, self.place.tiktok, APP_KEY, self.place.app_secret, SERVICE_ID)
        for slug in self.place.stores:
            self._list_catalogue(self._connect(slug, app_id), _name(slug))
        for slug in self.place.stores:
            self._sell(slug, self._shop(_name(slug)))
        self._count()

    def go_on(self, seed: int = 1) -> None:
        """A buyer orders now and then, and somebody ships, until the end."""
        dice = random.Random(seed)  # noqa: S311 - a story, not a secret
        while not self.stop.wait(dice.uniform(20, 45)):
            platform = dice.choice(list(self.place.stores))
            try:
                order_id = self._order(self._shop(_name(platform)), dice.randint(1, 3), dice)
                self.say(f"a buyer ordered {order_id}")
                self._wait("the order", partial(self._in_store, order_id), 120)
                if dice.random() < 0.6:
                    self._ship(platform, order_id)
            except (HubError, TimeoutError) as error:
                self.say(f"the buyer's order did not go through: {error}")

    # -- chapters

    def _connect(self, platform: str, app_id: int) -> int:
        name, region = _name(platform), PLATFORMS[platform].practice_store().region
        store_url, settings = self.place.stores[platform]
        connection_id = join(self.hub, name=name, platform=platform, settings=settings, store_url=store_url, tiktok_url=self.place.tiktok,
                             app_id=app_id, region=region)
        with self.hub.db.write() as session:
            shop = session.scalars(select(Shop).where(Shop.connection_id == connection_id)).one()
            change_settings(session, shop.id, "products", PACKAGE)
        self._map_carriers(connection_id, shop.id)
        self.say(f"{name}: connected to the TikTok shop of {region}")
        return connection_id

    def _map_carriers(self, connection_id: int, shop_id: int) -> None:
        """Settings › Orders: each of the store's carriers is one of TikTok Shop's (OST-15)."""
        with self.hub.db.read() as session:
            connection, shop = session.get_one(Connection, connection_id), session.get_one(Shop, shop_id)
        carriers = {one.title: shop.providers[0]["id"] for one in self.hub.store_for(connection).carriers()}
        with self.hub.db.write() as session:
            change_settings(session, shop_id, "orders", {"carriers": carriers})

    def _list_catalogue(self, connection_id: int, name: str) -> None:
        with self.hub.db.write() as session:
            pull = products.submit_pull(session, connection_id, None, None, NAME).id
        self._wait(f"{name}: the pull", lambda: self._is_over(pull), 600)
        shop = self._shop(name)
        self._wait(f"{name}: TikTok Shop's categories", lambda: self._has_categories(shop.id), 120)
        with self.hub.db.write() as session:
            mapped = categories.confirm_suggestions(session, session.get_one(Shop, shop.id), NAME)
        found = self._count_of(StoreProduct.id, StoreProduct.connection_id == connection_id)
        self.say(f"{name}: {found} products pulled, {mapped} categories mapped as TikTok Shop suggested")
        control(self.place.tiktok, "POST", "review_rules", {"contains": self._to_refuse(connection_id), "verdict": "refuse", "times": 1,
                                                        "reason": "The main picture shows more than the product."})
        with self.hub.db.write() as session:
            ids = session.scalars(select(Listing.id).where(Listing.shop_id == shop.id).order_by(Listing.id)).all()
            push = listings.submit_push(session, session.get_one(Shop, shop.id), ids, NAME).id
        self._wait(f"{name}: the push", lambda: self._is_over(push), 900)
        self._wait(f"{name}: the review", lambda: not self._count_of(
            Listing.id, Listing.shop_id == shop.id, Listing.state.in_((ListingState.IN_REVIEW, ListingState.PUSHING))), 300)
        live = self._count_of(Listing.id, Listing.shop_id == shop.id, Listing.state == ListingState.LIVE)
        needs = self._count_of(Listing.id, Listing.shop_id == shop.id, Listing.state == ListingState.NEEDS_ATTENTION)
        self.say(f"{name}: {live} of {len(ids)} products are live, {needs} need you (each says why)")

    def _to_refuse(self, connection_id: int) -> str:
        """Words of the title that the review refuses once: ours, or the first title of a catalogue that has them not."""
        with self.hub.db.read() as session:
            titles = session.scalars(select(StoreProduct.title).where(
                StoreProduct.connection_id == connection_id, StoreProduct.active.is_(True)).order_by(StoreProduct.id)).all()
        return next((REFUSED_TITLE for one in titles if REFUSED_TITLE in one), titles[0] if titles else REFUSED_TITLE)

    def _sell(self, platform: str, shop: Shop) -> None:
        dice = random.Random(shop.id)  # noqa: S311 - a story, not a secret
        orders = [self._order(shop, 1 + number % 3, dice) for number in range(4)]
        for order_id in orders:
            self._wait(f"order {order_id} in the store", partial(self._in_store, order_id), 120)
        shipped, cancelled, refunded, _ = orders
        self._ship(platform, shipped)
        control(self.place.tiktok, "POST", f"orders/{cancelled}/cancel", {"by": "BUYER"})
        self._ship(platform, refunded)
        for step in ("collect", "deliver"):
            control(self.place.tiktok, "POST", f"orders/{shipped}/{step}")
            control(self.place.tiktok, "POST", f"orders/{refunded}/{step}")
        control(self.place.tiktok, "POST", f"orders/{refunded}/refund")
        self._wait("the cancellation", lambda: self._link(cancelled).state is LinkState.CANCELLED, 120)
        self._wait("the refund", lambda: self._link(refunded).refunded > 0, 120)
        self.say(f"{shop.name}: 4 orders in the store; one delivered, one cancelled, one refunded, one to be shipped by you")

    def _count(self) -> None:
        with self.hub.db.write() as session:
            ids = [submit_reconcile(session, shop.connection_id).id for shop in session.scalars(
                select(Shop).where(Shop.connection_id.is_not(None))) if shop.connection_id is not None]
        for task_id in ids:
            self._wait("the ledger", partial(self._is_over, task_id), 120)
        with self.hub.db.read() as session:
            counted = totals(session)
        self.say(f"ledger: {counted.seen} TikTok orders, {counted.created} in the stores, {counted.missing} missing, {counted.double} double")

    # -- steps

    def _order(self, shop: Shop, lines: int, dice: random.Random) -> str:
        known = control(self.place.tiktok, "GET", "products")
        skus = [sku for row in known["products"] if row["status"] == "ACTIVATE" and row["shop_id"] == shop.tiktok_shop_id
                for sku in row["skus"] if sku["available"] >= 2]
        chosen = dice.sample(skus, min(lines, len(skus)))
        placed = control(self.place.tiktok, "POST", "orders", {
            "shop_id": shop.tiktok_shop_id, "status": "PAID", "shipping": {"original": "4.99"},
            "lines": [{"sku_id": sku["id"], "quantity": dice.randint(1, 2)} for sku in chosen],
            "tax": {"mode": "remitted" if shop.region == "US" else "inclusive", "rate": "0.08"}})
        # The buyer's free hour to cancel, which holds an order back, is over at once in the story.
        control(self.place.tiktok, "POST", f"orders/{placed['id']}/end_hold")
        return str(placed["id"])

    def _ship(self, platform: str, order_id: str) -> None:
        """The merchant ships in his store, with a carrier that TikTok Shop knows by that name."""
        link, (url, _) = self._link(order_id), self.place.stores[platform]
        number = f"TRK{order_id[-9:]}"
        provider = self._shop_by_id(link.shop_id).providers[0]["name"]
        control(url, "POST", f"orders/{link.store_order_id}/ship", {"number": number, "title": provider, "carrier": provider})
        self._wait("the tracking number", lambda: self._link(order_id).state is LinkState.SHIPPED, 120)

    # -- looking

    def _wait(self, what: str, is_so: Callable[[], bool], seconds: float) -> None:
        waited = 0.0
        while not is_so():
            if self.stop.wait(0.5):
                raise Stopped
            waited += 0.5
            if waited > seconds:
                raise TimeoutError(f"{what} did not come within {seconds:.0f} s")

    def _platforms_answer(self) -> bool:
        try:
            self.place = read_place(self.hub.config.data_dir)
            urls = (self.place.tiktok, *(url for url, _ in self.place.stores.values()))
            return all(control(url, "GET", "health") is not None for url in urls)
        except (HubError, FileNotFoundError):
            return False

    def _is_over(self, task_id: int) -> bool:
        with self.hub.db.read() as session:
            return session.get_one(Task, task_id).state in TERMINAL

    def _has_categories(self, shop_id: int) -> bool:
        with self.hub.db.read() as session:
            busy = session.scalar(select(func.count()).select_from(Task).where(
                Task.shop_id == shop_id, Task.kind.in_((Kind.REFRESH_TAXONOMY, Kind.SUGGEST_CATEGORIES)), Task.state.in_(_OPEN_TASKS)))
            tree = session.scalar(select(TikTokCategory.id).where(TikTokCategory.shop_id == shop_id).limit(1))
            mappings = session.scalar(select(func.count()).select_from(CategoryMapping).where(CategoryMapping.shop_id == shop_id))
        return bool(tree and mappings and not busy)

    def _count_of(self, column: Any, *where: Any) -> int:
        with self.hub.db.read() as session:
            return session.scalar(select(func.count(column)).where(*where)) or 0

    def _shop(self, connection_name: str) -> Shop:
        with self.hub.db.read() as session:
            return session.scalars(select(Shop).join(Connection, Connection.id == Shop.connection_id).where(
                Connection.name == connection_name)).one()

    def _shop_by_id(self, shop_id: int) -> Shop:
        with self.hub.db.read() as session:
            return session.get_one(Shop, shop_id)

    def _link(self, order_id: str) -> OrderLink:
        with self.hub.db.read() as session:
            return session.scalars(select(OrderLink).where(OrderLink.tiktok_order_id == order_id)).one()

    def _in_store(self, order_id: str) -> bool:
        with self.hub.db.read() as session:
            return session.scalars(select(OrderLink.store_order_id).where(OrderLink.tiktok_order_id == order_id)).one_or_none() not in (None, "")


def make_owner(hub: Hub, password: str) -> None:
    """The demo's sign-in."""
    with hub.db.write() as session:
        if not people.has_owner(session):
            people.create_owner(session, OWNER_EMAIL, "Demo owner", password)


def lines_of(address: str, password: str) -> Sequence[str]:
    """What the console shows once the hub answers."""
    return ("", f"  Shopbridge (practice mode)   {address}", f"  sign in as                   {OWNER_EMAIL}",
            f"  password                     {password}", "")

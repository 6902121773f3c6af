"""Buying and selling in a small world: what buyer, merchant and TikTok Shop do, the same words for every store system."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests
from sqlalchemy import select

from hub import clock
from hub.domain.settings import OrderSettings
from hub.flows import connect
from hub.flows.settings import change_settings
from hub.models.connections import Connection
from hub.models.listings import ListingSku
from hub.models.orders import OrderEvent, OrderLink
from hub.models.tasks import Notice, Task
from hub.models.users import Role, User
from tests.support.merchants import MERCHANTS, Merchant, is_about, standing
from tests.support.world import World

LIFE = ("UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED", "CANCELLED")
_STEPS = {"AWAITING_COLLECTION": ("ship",), "IN_TRANSIT": ("ship", "collect"), "DELIVERED": ("ship", "collect", "deliver"),
          "COMPLETED": ("ship", "collect", "deliver", "complete")}
# The journal's word for each write of the hub, by store system.
CALLS: Mapping[str, Mapping[str, str]] = {
    slug: {word: write.operation for word, write in one.writes.items()} for slug, one in MERCHANTS.items()}


@dataclass(frozen=True, slots=True)
class Trade:
    """One connection's orders, seen from all sides."""

    world: World
    platform: str

    @property
    def merchant(self) -> Merchant:
        """Whose store it is: its words and hands."""
        return MERCHANTS[self.platform]

    @property
    def other(self) -> Trade:
        """Another connection of the same world."""
        return Trade(self.world, next(slug for slug in self.world.connections if slug != self.platform))

    # -- the buyer and TikTok Shop

    def skus(self) -> list[ListingSku]:
        """What is on sale."""
        return self.world.skus(self.platform)

    def place(self, units: int = 1, sku: int = 0, *, status: str = "AWAITING_SHIPMENT", **more: Any) -> str:
        """An order of one SKU; its id. Nobody was told yet."""
        lines = [{"sku_id": self.skus()[sku].tiktok_sku_id, "quantity": units}]
        return str(self.world.tiktok("POST", "orders", {
            "shop_id": self.world.shop(self.platform).tiktok_shop_id, "status": status, "lines": lines, **more})["id"])

    def buy(self, units: int = 1, sku: int = 0, **more: Any) -> str:
        """An order whose free hour is over, in the store already."""
        order_id = self.place(units, sku, **{"status": "ON_HOLD", **more})
        self.tell(order_id, "end_hold")
        self.world.settle()
        assert self.link(order_id).store_order_id, self.link(order_id).problems
        return order_id

    def tell(self, order_id: str, step: str, body: Mapping[str, Any] | None = None) -> Any:
        """Something happens to the order on TikTok Shop."""
        return self.world.tiktok("POST", f"orders/{order_id}/{step}", dict(body or {}))

    def bring_to(self, order_id: str, status: str, *, settling: bool = True) -> None:
        """Moves an order that awaits shipment on, step by step, up to this status."""
        for step in _STEPS[status]:
            self.tell(order_id, step)
            if settling:
                self.world.settle()

    def told(self, order_id: str) -> Any:
        """TikTok Shop's own view, with the exact sums under ``truth``."""
        return self.world.tiktok("GET", f"orders/{order_id}")

    # -- the merchant in the store

    def there(self, order_id: str) -> dict[str, Any]:
        """The one store order with this key."""
        [found] = self.copies(order_id)
        return found

    def copies(self, order_id: str) -> list[dict[str, Any]]:
        """All store orders with this key; one that was archived no longer counts."""
        return [one for one in self.world.store_orders(self.platform) if one["key"] == order_id and not one.get("deleted")]

    def in_store(self, order_id: str, step: str, body: Mapping[str, Any] | None = None) -> Any:
        """The merchant does something with the store order."""
        return self.world.store(self.platform, "POST", f"orders/{self.there(order_id)['order_id']}/{step}", dict(body or {}))

    def ship(self, order_id: str, number: str, carrier: str = "", code: str = "", units: Mapping[str, int] | None = None) -> Any:
        """The merchant ships everything (or so many ``units`` by SKU) with this number; the carrier is one that the store knows, by
        its title and its code."""
        lines = {"lines": [{"sku": sku, "quantity": count} for sku, count in units.items()]} if units else {}
        return self.in_store(order_id, "ship", {
            "number": number, "title": carrier or "USPS", "carrier": code or carrier or "USPS", "carrier_code": code or carrier, **lines})

    def state(self, order_id: str) -> str:
        """Where the store has the order: ``held``, ``open``, ``shipped`` or ``cancelled``, the same words for all systems."""
        return standing(self.there(order_id))

    def numbers(self, order_id: str) -> list[str]:
        """Tracking numbers of its parcels in the store."""
        return self.merchant.numbers(self.there(order_id))

    def refunded(self, order_id: str) -> Decimal:
        """What the store says was given back."""
        return Decimal(str(self.there(order_id)["refunded"]))

    # -- the hub

    def link(self, order_id: str) -> OrderLink:
        """What the hub knows of it."""
        return self.world.link(order_id)

    def timeline(self, order_id: str) -> list[str]:
        """What the order's page tells."""
        with self.world.hub.db.read() as session:
            return list(session.scalars(select(OrderEvent.says).join(OrderLink, OrderLink.id == OrderEvent.link_id).where(
                OrderLink.tiktok_order_id == order_id).order_by(OrderEvent.id)))

    def set(self, **changes: Any) -> None:
        """Order settings of the shop."""
        with self.world.hub.db.write() as session:
            change_settings(session, self.world.shop_id(self.platform), "orders", changes)

    @contextmanager
    def with_settings(self, **changes: Any) -> Iterator[None]:
        """The same for a while."""
        before = dict(self.world.shop(self.platform).settings.get("orders", {}))
        self.set(**changes)
        try:
            yield
        finally:
            self.set(**{name: before.get(name, getattr(OrderSettings(), name)) for name in changes})

    def api(self, path: str, **query: str) -> Any:
        """The published API's JSON, as a program of this connection's merchant."""
        answer = self._ask(path, query)
        assert answer.status_code == 200, (answer.status_code, answer.text[:300])
        return answer.json()

    def api_status(self, path: str) -> int:
        """The status with which the API answers."""
        return self._ask(path, {}).status_code

    def _ask(self, path: str, query: Mapping[str, str]) -> requests.Response:
        with self.world.hub.db.write() as session:
            connection = session.get_one(Connection, self.world.connections[self.platform])
            token = connect.new_api_token(session, connection, "test", connect.ABILITIES, "tester")
        return requests.get(f"{self.world.hub.config.public_url}/api/v1/{path}", params=dict(query), timeout=20,
                            headers={"Authorization": f"Bearer {token}"})

    # -- journals

    def store_calls(self, do: str, order_id: str) -> list[dict[str, Any]]:
        """Calls about this order that reached the store, by the plugin's word ``do`` for them, as what they asked."""
        write, names = self.merchant.writes[do], self.merchant.names(order_id, self.copies(order_id))
        entries = self.world.practice.store(self.platform).sim.journal.entries(write.operation)
        return [json.loads(entry.body or "{}") for entry in entries
                if is_about(f"{entry.path} {entry.body}", names) and re.search(write.says, entry.body)]

    def tiktok_calls(self, operation: str, order_id: str = "") -> list[Any]:
        """Calls of this operation that TikTok Shop saw and that name the order."""
        return [entry for entry in self.world.practice.tiktok.sim.journal.entries(operation)
                if order_id in entry.body or order_id in entry.path or order_id in json.dumps(entry.query)]


def owners(world: World) -> None:
    """There is an owner who gets mail."""
    with world.hub.db.write() as session:
        if session.scalars(select(User).where(User.role == Role.OWNER)).first() is None:
            session.add(User(email="owner@example.test", name="Owner", role=Role.OWNER, created_at=clock.now()))


def notices(world: World, prefix: str) -> list[Notice]:
    """What the owners were told about, by the beginning of its key."""
    with world.hub.db.read() as session:
        return [one for one in session.scalars(select(Notice).order_by(Notice.id)) if one.about.startswith(prefix)]


def tasks_of(world: World, kind: Any) -> Sequence[Task]:
    """All tasks of a kind."""
    with world.hub.db.read() as session:
        return session.scalars(select(Task).where(Task.kind == kind).order_by(Task.id)).all()


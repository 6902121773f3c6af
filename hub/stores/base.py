"""What the hub asks of any shop system. Values in, values out; raises only `hub.errors`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from marshmallow import Schema

from hub.domain.events import Event
from hub.domain.listings import ListingRow
from hub.domain.orders import Carrier, OrderDraft, Parcel, Refund, StoreOrder
from hub.domain.problems import Problem
from hub.domain.products import DigestRow, Offer, Product, StoreCategory, VariantRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A store view (Magento) or shop (PrestaShop) that a TikTok shop can sell from."""

    code: str
    name: str
    currency: str
    locale: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a probe found. `problems` names each missing permission; `has_plugin` decides the best path; `plugin` is what the
    plugin says of itself (docs/plugin-contract.md 2, `hello.hint`)."""

    ok: bool
    version: str
    name: str
    timezone: str
    scopes: tuple[Scope, ...]
    has_plugin: bool
    plugin_version: str = ""
    capabilities: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    plugin: Mapping[str, Any] = field(default_factory=dict)


class Store(Protocol):
    """One open store. Methods may raise `Temporary`, `Refused` (with problems), `NeedsReconnect`.

    Every write names a key and is safe to repeat: the store does it once per key.
    """

    def check(self) -> Health:
        """Reads the root, the permissions and the plugin's health (PRS-01, PRS-02, MAG-02)."""

    def products(self, changed_from: datetime | None, changed_to: datetime | None, after: str = "") -> Iterator[tuple[str, Sequence[Product]]]:
        """Pages of products changed in [from, to], each with the cursor to go on after it (PUL-02)."""

    def product(self, product_id: str) -> Product | None:
        """The product as it is now, or None where it is gone. A variant's id gives its parent."""

    def offers(self, product_ids: Sequence[str], scope: str) -> Iterator[Offer]:
        """Price and salable quantity of all variants of these products, in one store scope."""

    def digest(self, scope: str, cursor: str = "") -> tuple[Sequence[DigestRow], str]:
        """One page of up to 5,000 rows in id order, and the next cursor ("" at the end)."""

    def categories(self) -> Iterator[StoreCategory]:
        """The whole category tree."""

    def image(self, url: str) -> bytes:
        """A picture of the store, at most 10 MB. Raises `Refused` where it is gone or too large."""

    def carriers(self) -> Iterator[Carrier]:
        """The store's carriers, for the carrier mapping."""

    def find_order(self, key: str) -> StoreOrder | None:
        """The order that carries this TikTok order id; None where there is none (yet)."""

    def create_order(self, draft: OrderDraft) -> StoreOrder:
        """Creates it once per ``draft.key``. Raises `Refused` with problems `order.store_refused`, `order.half_made`, `order.deleted`."""

    def order(self, key: str) -> StoreOrder | None:
        """State, parcels, refunds of the order with this key, read fresh."""

    def marked_orders(self, start: datetime, end: datetime) -> Iterator[StoreOrder]:
        """Those created in [start, end) that carry a key, one each: a key that stands twice comes twice. The ledger counts them."""

    def orders_changed(self, since: datetime) -> Iterator[StoreOrder]:
        """Marked orders changed since then: what a missed event would have told."""

    def ship(self, key: str, parcel: Parcel) -> None:
        """Makes a shipment once per ``parcel.parcel_id`` (tracking from TikTok Shop)."""

    def cancel_order(self, key: str, reason: str, restock: bool) -> StoreOrder:
        """Cancels it; an order already cancelled answers the same. Raises `Refused` where it can't be."""

    def refund(self, key: str, refund: Refund) -> None:
        """Credit memo or slip for the exact amount, once per ``refund.refund_key`` (RET-01, RET-05)."""

    def set_status(self, key: str, status: str, hold: bool | None = None, dates: Mapping[str, str] | None = None) -> None:
        """TikTok Shop's status for show; hold and release."""


@runtime_checkable
class ShowsListings(Protocol):
    """Stores whose plugin shows listings in its own product grid."""

    def put_listings(self, rows: Sequence[ListingRow]) -> None:
        """Up to 500 rows a call."""


class ReadEvents(Protocol):
    """Verifies and normalises what a plugin posted."""

    def __call__(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> tuple[Sequence[Event], str]:
        """Events and the secret that matched. Raises `hub.inbound.BadSignature`, `Skewed`, `Unreadable`."""


class Handshake(Protocol):
    """Stores that hand their keys over by themselves (Magento's Activate): what the callback and identity URLs call."""

    def receive(self, form: Mapping[str, str]) -> Any:
        """What the store posted, with ``key`` and ``base_url``. Raises `hub.inbound.Unreadable`."""

    def same_store(self, consumer: Any, base_url: str) -> bool:
        """Whether that speaks for the store whose address the merchant entered."""

    def exchange(self, consumer: Any, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Calls back and gives the lasting keys by their names in ``settings``. Raises `Refused` or `Temporary`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A registered shop system: everything that differs from the next one.

    ``settings`` is form, validation, masking and help text at once. ``open`` gets the connection's settings,
    hook secret (one, or all that are valid with the newest first), and the ground's `Api` options (transport, budget,
    networks allowed). ``without_plugin`` says in the merchant's words what is then not right.
    """

    slug: str
    title: str
    settings: type[Schema]
    open: Callable[..., Store]
    read_events: ReadEvents
    search_delay_s: int = 0
    checklist: tuple[str, ...] = ()
    without_plugin: tuple[str, ...] = ()
    handshake: Handshake | None = None


__all__ = ["Handshake", "Health", "Platform", "ReadEvents", "Scope", "ShowsListings", "Store", "VariantRef"]

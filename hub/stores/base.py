"""What the hub asks of any shop system. Values in, values out; raises only `hub.errors`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from marshmallow import Schema

from hub.domain.events import Event
from hub.domain.listings import ListingRow
from hub.domain.orders import Carrier, OrderDraft, OrderState, Parcel, Refund, StoreOrder
from hub.domain.problems import Problem
from hub.domain.products import DigestRow, Offer, Product, StoreCategory, VariantRef

if TYPE_CHECKING:
    from hub.seed import SeedCatalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a TikTok shop can sell from: a store view, a shop, or a stock location. ``code`` "" is the whole store."""

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


@dataclass(frozen=True, slots=True)
class HookReport:
    """What became of the hub's webhooks in the store: registered now, switched on again, and already right, by their topics."""

    made: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@runtime_checkable
class KeepsHooks(Protocol):
    """Stores that post by themselves once the hub has registered its address with them. Both calls may raise as any other."""

    def ensure_hooks(self, address: str, secret: str) -> HookReport:
        """Registers what is missing at ``<public url>/hooks/<slug>/<key>``, switches on what the store deactivated, and takes away
        the hub's own at any other address. Repeating it changes nothing. ``secret`` is the newest hook secret."""

    def remove_hooks(self, address: str) -> None:
        """Takes the hub's webhooks at this address away; one that is gone already is no failure."""


class StoreLogin(Protocol):
    """The connection's sealed settings as they are now, and the way to renew one of them that all workers share.

    An adapter finds it in ``options["login"]``; where it is absent the settings in its memory are all there is.
    """

    def current(self) -> Mapping[str, str]:
        """All sealed settings by their names. Raises `NeedsReconnect` where the login is lost."""

    def renew(self, stale: str, name: str, exchange: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Mapping[str, str]:
        """The settings with a newer ``name`` than ``stale``.

        One worker alone calls ``exchange`` with what is there; what it gives is kept before anybody uses it. The others wait and
        take that. Raises what ``exchange`` raises, or `Temporary` where the other worker's renewal takes too long.
        """


def api_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``open``'s options is for `hub.http.Api`: all but what an adapter itself looks into."""
    return {name: value for name, value in options.items() if name not in ("login", "known_order")}


@dataclass(frozen=True, slots=True)
class HookSecrets:
    """What a message may be signed with: the connection's own hook secrets, newest first, and its sealed store settings."""

    hook: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


class ReadEvents(Protocol):
    """Verifies and normalises what a store posted."""

    def __call__(self, body: bytes, headers: Mapping[str, str], secrets: HookSecrets) -> tuple[Sequence[Event], str]:
        """Events and the hook secret that matched ("" where another key of the connection did). ``headers`` by lower-case name.

        Event ids are stable over redeliveries. Raises `hub.inbound.BadSignature`, `Skewed`, `Unreadable`.
        """


class Handshake(Protocol):
    """Stores that hand their keys over by themselves (Magento's Activate): what the callback and identity URLs call."""

    def receive(self, form: Mapping[str, str]) -> Any:
        """What the store posted, with ``key`` and ``base_url``. Raises `hub.inbound.Unreadable`."""

    def same_store(self, consumer: Any, base_url: str) -> bool:
        """Whether that speaks for the store whose address the merchant entered."""

    def exchange(self, consumer: Any, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Calls back and gives the lasting keys by their names in ``settings``. Raises `Refused` or `Temporary`."""


class Install(Protocol):
    """Stores whose sign-in starts on the hub's page: the merchant is sent to the store, agrees, and comes back with a code.

    ``settings`` are the connection's open ones, ``secrets`` the sealed ones, ``query`` what the store put into the address it sent
    the merchant back to. The hub itself makes and checks the state (single use, ten minutes, for who asked).
    """

    def needs(self) -> Sequence[str]:
        """The settings that must be filled in before one can be sent there, by their names."""

    def consent_url(self, settings: Mapping[str, Any], secrets: Mapping[str, str], state: str, redirect_uri: str) -> str:
        """Where to send the merchant."""

    def verify(self, settings: Mapping[str, Any], secrets: Mapping[str, str], query: Mapping[str, str]) -> None:
        """Whether the store itself sent him back, and it is the store that he was sent to. Raises `hub.inbound.BadSignature`,
        `Skewed`, `Unreadable`."""

    def exchange(self, settings: Mapping[str, Any], secrets: Mapping[str, str], query: Mapping[str, str], redirect_uri: str,
                 options: Mapping[str, Any]) -> Mapping[str, str]:
        """Exchanges the code for the lasting login: settings by their names, secrets included. Raises `Refused` or `Temporary`."""


@dataclass(frozen=True, slots=True)
class InstallStep:
    """One thing that the merchant does in the store, in its own words; menus and buttons stand in [square brackets].

    ``shows`` puts something of the hub's under it: ``addresses`` (callback and identity link of a `Handshake`), ``redirect`` (the
    address that an `Install` comes back to), ``activation`` (whether the store has let us in).
    """

    title: str
    text: str = ""
    code: str = ""
    shows: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginOffer:
    """What the screens say about the module of a store system that has one.

    ``steps`` come after the download (whose sentence is ``download``); in the last one the webhook address is pasted. ``code`` may
    hold ``{file}``. ``cron`` is what to do where the store's cron stands still, ``where`` the place for the webhook address,
    ``without`` what is not right without the module. ``seller_returns_to`` is the module's own address, below the store's, for a
    seller who comes back from TikTok Shop's consent (NAT-03).
    """

    download: str
    steps: tuple[InstallStep, ...]
    cron: str
    where: str
    without: tuple[str, ...]
    seller_returns_to: str = ""


class PracticeStore(Protocol):
    """A store system's practice shop: what its ``sandbox`` package exposes as ``PRACTICE``.

    ``region`` is the TikTok shop that the demo joins it to, ``currency`` what it sells in.
    """

    slug: str
    title: str
    region: str
    currency: str

    def create(self, catalogue: SeedCatalogue, *, base_url: str = "", http: Any = None, **settings: Any) -> Any:
        """The Flask application with this catalogue; ``app.sim`` is the shop behind it. Draws the credentials that are not given;
        ``http`` carries the shop's own calls."""

    def settings(self, app: Any, base_url: str) -> dict[str, str]:
        """What a merchant types into the wizard's store step for this shop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Where the merchant sells, asked before the store is authorised (SHP-02)."""

    code: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A registered shop system: everything that differs from the next one (docs/adding-a-platform.md).

    ``settings`` is form, validation, masking and help text at once; a field's metadata may say ``secret``, ``choice`` (changed any
    time, without a new sign-in), ``fixed_once_synced`` (such a choice until the first product is on TikTok Shop), ``internal``
    (filled in by the hub itself, such as a renewed token: never shown) and ``practice`` (shown in practice mode only). ``open`` gets
    the connection's settings, its hook secrets (newest first), and the ground's `Api` options (transport, budget, networks allowed)
    with two more, both of which may be absent: ``login``, a `StoreLogin`, and ``known_order``, a function that gives the store's order
    id that the hub keeps for a key ("" for none), for stores whose search lags behind.

    ``address`` gives the store's address, for people, of its open settings. ``name`` is the short name for lists. ``checklist`` is
    what to have at hand, ``steps`` what to do in the store to open it to the hub. ``plugin`` is None where a store is joined by its
    API alone; ``hook_topics`` then says which webhooks it sends, in the merchant's words. ``install`` is there where the sign-in
    starts on the hub's page (after a choice of ``markets``, where there are any), ``handshake`` where the store hands its keys over.
    ``practice`` is the package that has ``PRACTICE``; it is imported only where practice is used.

    ``search_delay_s`` is the time a new order may stay unfound, ``compare_every_s`` the time between two comparisons of the whole
    catalogue by digest. ``remembers_deleted`` tells whether the store can still say that an order with a key was deleted; where
    not, the hub's own link is the memory. ``order_settings`` names the choices of `OrderSettings` that are offered (features.md
    34.3), ``rule_choices`` those of a field at ``create`` and ``update`` (34.1), ``status_table`` what becomes of a TikTok status in
    the store, in words (34.4).
    """

    slug: str
    title: str
    settings: type[Schema]
    open: Callable[..., Store]
    read_events: ReadEvents
    address: Callable[[Mapping[str, Any]], str] = lambda settings: str(settings.get("base_url") or "")
    practice: str = ""
    name: str = ""
    search_delay_s: int = 0
    compare_every_s: int = 600
    checklist: tuple[str, ...] = ()
    steps: tuple[InstallStep, ...] = ()
    plugin: PluginOffer | None = None
    handshake: Handshake | None = None
    install: Install | None = None
    markets: tuple[Market, ...] = ()
    hook_topics: tuple[str, ...] = ()
    remembers_deleted: bool = True
    order_settings: tuple[str, ...] = ("payment_title", "retry_orders", "sync_tiktok_fulfilled", "restock_cancelled", "restock_returned",
                                       "platform_shipping_waits", "carriers")
    rule_choices: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    status_table: Mapping[OrderState, str] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """The name for lists and badges."""
        return self.name or self.title

    def practice_store(self) -> PracticeStore:
        """The practice shop of this system, imported now."""
        found: PracticeStore = import_module(self.practice).PRACTICE
        return found


__all__ = ["Handshake", "Health", "HookReport", "HookSecrets", "Install", "InstallStep", "KeepsHooks", "Market", "Platform", "PluginOffer",
           "PracticeStore", "ReadEvents", "Scope", "ShowsListings", "Store", "StoreLogin", "VariantRef", "api_options"]

"""Magento as a `Store`: the catalogue over REST, orders, prices and stock over our module where it is installed.

Without the module the documented REST routes do what they can (`bare`); `WITHOUT_PLUGIN` says what is then not right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from hub.domain.listings import ListingRow
from hub.domain.orders import Carrier, OrderDraft, Parcel, Refund, StoreOrder
from hub.domain.problems import Problem, problem
from hub.domain.products import DigestRow, Offer, Product, StoreCategory
from hub.domain.sequences import batches
from hub.errors import NotAllowed, Refused
from hub.http import Answer, Api, raise_for
from hub.stores.base import Health, Scope
from hub.stores.dates import window, zone_of
from hub.stores.magento import translate
from hub.stores.magento.bare import Bare
from hub.stores.magento.client import Client, criteria
from hub.stores.magento.settings import MagentoKeys
from hub.stores.plugin import Plugin, PluginFirst, PluginMissing

PRODUCTS_A_PAGE = 50
CHILDREN_A_CALL = 100
LARGEST_IMAGE = 10 * 1024 * 1024
DEFAULT_SCOPE = "default"
PICTURES = "/catalog/product/"

# The least an integration must be allowed (MAG-02): a read that shows each permission.
_NEEDED: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("products", criteria(size=1)), ("products/attributes", criteria(size=1)), ("categories", {"depth": "1"}),
    ("orders", criteria(size=1)), ("shipments", criteria(size=1)), ("creditmemos", criteria(size=1)), ("modules", {}),
)
# Without the module prices, stock and orders are core's business, too.
_READ_WITHOUT_PLUGIN: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("store/websites", {}), ("inventory/source-items", criteria(size=1)), ("inventory/stock-resolver/website/base", {}),
)
_POSTED_WITHOUT_PLUGIN = ("products/base-prices-information", "orders", "order/0/ship", "orders/0/cancel", "orders/0/hold", "orders/0/unhold")
WITHOUT_PLUGIN = (
    "stock and price changes are found by asking now and then, not at once",
    "orders of TikTok Shop do not reserve stock: the salable quantity stays too high by each one",
    "discounts, fees and tax of TikTok Shop stand in the order as sums only, not as lines of their own",
    "orders of TikTok Shop stand without an invoice, as if nobody had paid, until someone makes one",
    "the order and product grids show nothing of TikTok Shop",
)


class MagentoStore(PluginFirst):
    """One Magento store, opened. Everything about it that is asked twice is kept for as long as this object lives."""

    def __init__(self, settings: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        self.keys = MagentoKeys.of(settings)
        self._options = dict(options)
        self._client = Client(self.keys, options)
        self._plugin = Plugin(self._client.plugin, "magento")
        self._bare = Bare(self._client, self._config)
        self._kept: dict[str, Any] = {}
        self._placeholders: dict[str, bytes | None] = {}

    # -- how it is

    def check(self) -> Health:
        """Reads the store, each permission and the module's health (MAG-02)."""
        try:
            views = self._client.get("store/storeViews")
        except Refused as error:
            if any(one.code == "store.permission" for one in error.problems):
                raise Refused(error.says, problems=tuple(dict.fromkeys((*error.problems, *self._missing())))) from error
            raise
        if not isinstance(views, list):
            raise Refused("This address does not answer as Magento does.", problems=(
                problem("store.not_expected", address=self.keys.base_url, platform="Magento"),))
        configs = {str(one["code"]): one for one in self._client.get("store/storeConfigs") or ()}
        scopes = tuple(
            Scope(code=str(view["code"]), name=str(view["name"]), locale=str(configs.get(view["code"], {}).get("locale", "")),
                  currency=str(configs.get(view["code"], {}).get("default_display_currency_code", "")))
            for view in views if view.get("code") != "admin" and view.get("is_active", 1))
        facts, plugin_problems = self._plugin_health()
        is_missing = any(one.code == "store.plugin_missing" for one in plugin_problems)
        problems = [*self._missing(without_plugin=is_missing), *plugin_problems]
        first: Mapping[str, Any] = next(iter(configs.values()), {})
        return Health(
            ok=not [one for one in problems if one.code != "store.plugin_missing"],
            version=str(facts.get("platform_version") or self._version()), name=scopes[0].name if scopes else "",
            timezone=str(first.get("timezone", "")), scopes=scopes, has_plugin=bool(facts),
            plugin_version=str(facts.get("plugin_version", "")),
            capabilities=frozenset(str(one) for one in facts.get("capabilities", ())), problems=tuple(problems), plugin=facts)

    def _missing(self, *, without_plugin: bool = False) -> list[Problem]:
        """Each permission that a call which we need is refused for, once."""
        needed = [("GET", *one) for one in _NEEDED]
        if without_plugin:
            needed += [*(("GET", *one) for one in _READ_WITHOUT_PLUGIN), *(("POST", path, {}) for path in _POSTED_WITHOUT_PLUGIN)]
        lacking = dict.fromkeys(missing for method, path, query in needed
                                if (missing := self._client.may(path, query, method=method)) is not None)
        return [problem("store.permission", what=one) for one in lacking]

    def _plugin_health(self) -> tuple[Mapping[str, Any], list[Problem]]:
        try:
            facts = self._plugin.health()
        except PluginMissing:
            return {}, [problem("store.plugin_missing", what=WITHOUT_PLUGIN[1])]
        except Refused as error:
            if not error.problems:
                raise
            return {}, list(error.problems)
        return facts, []

    def _version(self) -> str:
        """``Magento/2.4 (Community)`` where the store tells it; many switch that off."""
        answer = self._client.api.send("GET", "/magento_version")
        text = answer.text.strip()[:80] if answer.ok else ""
        return text if text.startswith("Magento/") else "Magento 2"

    # -- catalogue

    def products(self, changed_from: datetime | None, changed_to: datetime | None, after: str = "",
                 ) -> Iterator[tuple[str, Sequence[Product]]]:
        """Pages in id order, so that a page that was read is never read again; the cursor is the last id.

        A child that changed brings its parent: Magento leaves the parent's own date alone.
        """
        start, end = window(changed_from, changed_to, zone_of(str(self._config().get("timezone", ""))))
        filters = [[("updated_at", "gteq", translate.stamp(start))]] if start else []
        filters += [[("updated_at", "lteq", translate.stamp(end))]] if end else []
        parents = self._parents()
        cursor, done = after, set[str]()
        while True:
            asked = [*filters, *([[("entity_id", "gt", cursor)]] if cursor else [])]
            body = self._client.get("products", criteria(asked, sort=("entity_id",), size=PRODUCTS_A_PAGE)) or {}
            rows = body.get("items") or []
            if not rows:
                return
            cursor = str(rows[-1]["id"])
            own = [row for row in rows if str(row["id"]) not in parents and str(row["id"]) not in done]
            ids = {str(row["id"]) for row in own}
            missing = {parent for row in rows for parent in parents.get(str(row["id"]), ()) if parent not in ids | done}
            found = self._complete([*own, *self._by_ids(sorted(missing, key=int))])
            done |= {one.product_id for one in found}
            yield cursor, found
            if len(rows) < PRODUCTS_A_PAGE:
                return

    def product(self, product_id: str) -> Product | None:
        """Read fresh; a child's id gives its parent."""
        if not product_id.isdigit():
            return None
        rows = self._by_ids([product_id])
        if not rows:
            return None
        parent = self._parent_of(rows[0]) if rows[0].get("type_id") in ("simple", "virtual") else None
        if parent is not None and parent != product_id:
            rows = self._by_ids([parent]) or rows
        return next(iter(self._complete(rows)), None)

    def _by_ids(self, ids: Sequence[str]) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        for some in batches(ids, CHILDREN_A_CALL):
            asked = criteria([[("entity_id", "in", ",".join(some))]], sort=("entity_id",), size=len(some))
            rows += (self._client.get("products", asked) or {}).get("items") or []
        return rows

    def _complete(self, rows: Sequence[Mapping[str, Any]]) -> list[Product]:
        """Products with their children, which a configurable's own JSON only names."""
        wanted = list(dict.fromkeys(child for row in rows for child in translate.children_of(row)))
        children = {str(row["id"]): row for row in self._by_ids(wanted)}
        shop = self._shop()
        return [translate.product(row, [children[one] for one in translate.children_of(row) if one in children], shop) for row in rows]

    def _parents(self) -> Mapping[str, tuple[str, ...]]:
        """The parents of each child. Magento tells it from the parent's side only: one thin list of all configurables."""
        if "parents" not in self._kept:
            found: dict[str, tuple[str, ...]] = {}
            pages = self._client.rows("products", [[("type_id", "eq", "configurable")]], sort=("entity_id",),
                                      fields="items[id,extension_attributes[configurable_product_links]],total_count")
            for row in (row for page in pages for row in page):
                for child in translate.children_of(row):
                    found[child] = (*found.get(child, ()), str(row["id"]))
            self._kept["parents"] = found
        kept: Mapping[str, tuple[str, ...]] = self._kept["parents"]
        return kept

    def _parent_of(self, row: Mapping[str, Any]) -> str | None:
        """The parent's id of a simple product, or None. The module knows it at once."""
        if self._has_plugin is not False:
            try:
                offers = list(self._plugin.offers([str(row["id"])], self._scope("")))
                return next((one.ref.product_id for one in offers if one.ref.variant_id == str(row["id"])), None)
            except PluginMissing:
                self._has_plugin = False
        return next(iter(self._parents().get(str(row["id"]), ())), None)

    def categories(self) -> Iterator[StoreCategory]:
        """The whole tree below the default root."""
        yield from self._tree()

    def _tree(self) -> list[StoreCategory]:
        if "tree" not in self._kept:
            self._kept["tree"] = translate.categories(self._client.get("categories") or {})
        tree: list[StoreCategory] = self._kept["tree"]
        return tree

    def _shop(self) -> translate.Shop:
        if "shop" not in self._kept:
            config = self._config()
            attributes = {one.code: one for page in self._client.rows("products/attributes", sort=("attribute_id",))
                          for one in (translate.attribute(row) for row in page)}
            self._kept["shop"] = translate.Shop(
                keys=self.keys, media_url=str(config.get("secure_base_media_url") or config.get("base_media_url") or ""),
                base_url=str(config.get("secure_base_url") or config.get("base_url") or self.keys.base_url.rstrip("/") + "/"),
                weight_unit=str(config.get("weight_unit", "lbs")), attributes=attributes,
                paths={one.category_id: one.path for one in self._tree()})
        shop: translate.Shop = self._kept["shop"]
        return shop

    def _config(self, scope: str = "") -> Mapping[str, Any]:
        if "configs" not in self._kept:
            self._kept["configs"] = {str(one["code"]): one for one in self._client.get("store/storeConfigs") or ()}
        configs: Mapping[str, Mapping[str, Any]] = self._kept["configs"]
        return configs.get(scope) or configs.get(DEFAULT_SCOPE) or next(iter(configs.values()), {})

    def _scope(self, scope: str) -> str:
        return scope or str(self._config().get("code") or DEFAULT_SCOPE)

    def image(self, url: str) -> bytes:
        """A picture, wherever the store keeps its media. Raises `Refused` where it is gone or larger than 10 MB."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("This is no address of a picture.")
        answer = self._fetch(url)
        try:
            raise_for(answer)
        except NotAllowed as error:
            raise Refused("The store does not give this picture out.", status=answer.status) from error
        if len(answer.body) > LARGEST_IMAGE or not answer.body:
            raise Refused("The picture is empty or larger than 10 MB.")
        if answer.body == self._placeholder(url):
            raise Refused("The picture's file is gone from the store.")
        return answer.body

    def _fetch(self, url: str) -> Answer:
        parts = urlsplit(url)
        return Api(f"{parts.scheme}://{parts.netloc}", **self._options).send(
            "GET", parts.path + (f"?{parts.query}" if parts.query else ""))

    def _placeholder(self, url: str) -> bytes | None:
        """What Magento gives out, with 200, for a picture whose file is gone: found by asking for one that never was."""
        folder, found, _ = url.partition(PICTURES)
        if not found:
            return None
        if folder not in self._placeholders:
            answer = self._fetch(f"{folder}{PICTURES}n/o/no-such-picture.jpg")
            self._placeholders[folder] = answer.body if answer.ok else None
        return self._placeholders[folder]

    # -- prices and stock

    def offers(self, product_ids: Sequence[str], scope: str) -> Iterator[Offer]:
        """From the module: final price with rules, salable quantity with reservations. Else from the price and stock routes."""
        def asked() -> list[Offer]:
            return [replace(one, scope=scope) for one in self._plugin.offers(product_ids, self._scope(scope))]

        yield from self._either(asked, lambda: list(self._bare.offers(self._complete(self._by_ids(list(product_ids))), scope)))

    def digest(self, scope: str, cursor: str = "") -> tuple[Sequence[DigestRow], str]:
        """The module's digest. Raises `Refused` without it: nothing in the bare API sums up a catalogue."""
        return self._either(lambda: self._plugin.digest(self._scope(scope), cursor), _no_digest)

    # -- orders

    def carriers(self) -> Iterator[Carrier]:
        """Core's carriers: their list is not given out by any route; our module writes the title it was told anyway."""
        yield from (Carrier(code, title) for code, title in (
            ("ups", "UPS"), ("usps", "United States Postal Service"), ("fedex", "Federal Express"), ("dhl", "DHL"), ("custom", "Custom Value")))

    def find_order(self, key: str) -> StoreOrder | None:
        """By our key; a deleted order counts as none here."""
        found = self.order(key)
        return None if found is None or found.raw_state == "deleted" else found

    def create_order(self, draft: OrderDraft) -> StoreOrder:
        """Once per key."""
        store = self._scope(draft.store)
        return self._either(lambda: self._plugin.create_order(draft, store), lambda: self._bare.create_order(draft, store))

    def order(self, key: str) -> StoreOrder | None:
        """Read fresh, with parcels and refunds."""
        return self._either(lambda: self._plugin.order(key), lambda: self._bare.order(key))

    def marked_orders(self, start: datetime, end: datetime) -> Iterator[StoreOrder]:
        """As the orders themselves carry the key, one each."""
        yield from self._either(lambda: list(self._plugin.marked_orders(start, end)), lambda: list(self._bare.marked_orders(start, end)))

    def orders_changed(self, since: datetime) -> Iterator[StoreOrder]:
        """Marked orders whose date moved, and those with a shipment made since then, each read fresh."""
        for key in self._bare.changed_keys(since):
            found = self.order(key)
            if found is not None:
                yield found

    def ship(self, key: str, parcel: Parcel) -> None:
        """Once per ``parcel_id``."""
        self._either(lambda: self._plugin.ship(key, parcel), lambda: self._bare.ship(key, parcel))

    def cancel_order(self, key: str, reason: str, restock: bool) -> StoreOrder:
        """Cancels it, or says why not."""
        return self._either(lambda: self._plugin.cancel_order(key, reason, restock), lambda: self._bare.cancel_order(key, reason))

    def refund(self, key: str, refund: Refund) -> None:
        """Once per ``refund_key``."""
        self._either(lambda: self._plugin.refund(key, refund), lambda: self._bare.refund(key, refund))

    def set_status(self, key: str, status: str, hold: bool | None = None, dates: Mapping[str, str] | None = None) -> None:
        """TikTok Shop's word for show; hold and release."""
        self._either(lambda: self._plugin.set_status(key, status, hold, dates), lambda: self._bare.set_status(key, status, hold))

    def put_listings(self, rows: Sequence[ListingRow]) -> None:
        """Grid columns; nothing without the module, which alone has them."""
        self._either(lambda: self._plugin.put_listings(rows), lambda: None)


def _no_digest() -> tuple[Sequence[DigestRow], str]:
    raise Refused("Without the Shopbridge module the store can't sum up its catalogue.",
                  problems=(problem("store.plugin_missing", what=WITHOUT_PLUGIN[0]),))

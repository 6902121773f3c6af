"""PrestaShop as a `Store`: the catalogue over the webservice, orders, prices and stock over our module's signed endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from hub import clock
from hub.domain.listings import ListingRow
from hub.domain.orders import Carrier, OrderDraft, Parcel, Refund, StoreOrder
from hub.domain.problems import Problem, problem
from hub.domain.products import DigestRow, Offer, Product, StoreCategory
from hub.domain.sequences import batches
from hub.errors import NeedsReconnect, NotAllowed, Refused
from hub.http import Answer, Api, raise_for
from hub.stores.base import Health, Scope
from hub.stores.dates import window, zone_of
from hub.stores.plugin import Plugin, PluginFirst, PluginMissing
from hub.stores.prestashop import translate
from hub.stores.prestashop.bare import Bare
from hub.stores.prestashop.bare_orders import BareOrders
from hub.stores.prestashop.client import PAGE, Client
from hub.stores.prestashop.settings import PrestaShopKeys

T = TypeVar("T")
LARGEST_IMAGE = 10 * 1024 * 1024
DEFAULT_SCOPE = "default"
_SETTINGS = ("PS_LANG_DEFAULT", "PS_CURRENCY_DEFAULT", "PS_TIMEZONE", "PS_WEIGHT_UNIT", "PS_DIMENSION_UNIT", "PS_SHOP_NAME",
             "PS_ORDER_OUT_OF_STOCK", "PS_OS_PAYMENT", "PS_OS_SHIPPING", "PS_OS_DELIVERED", "PS_OS_CANCELED", "PS_OS_REFUND", "PS_OS_ERROR")

# What the webservice key must be allowed (PRS-02): methods by resource.
_READS = ("carriers", "categories", "combinations", "configurations", "currencies", "images", "languages", "order_payments", "orders",
          "product_feature_values", "product_features", "product_option_values", "product_options", "products", "stock_availables")
# Only without the module: with it the key needs no right to change anything.
_WRITES = {"addresses": ("get", "post"), "carts": ("get", "post"), "countries": ("get",), "customers": ("get", "post"),
           "order_carriers": ("get", "patch"), "order_histories": ("post",), "order_invoices": ("get", "patch"),
           "order_payments": ("patch",), "order_slip": ("get",),
           "orders": ("post", "patch"), "specific_prices": ("get", "post")}
WITHOUT_PLUGIN = (
    "orders are made from the shop's own cart and corrected afterwards: discounts and fees of TikTok Shop stand in the sums only",
    "the shop's own taxes stand on the lines of such an order",
    "stock and price changes are found by asking now and then, not at once",
    "refunds are made by hand, and an order can't be put on hold",
    "the webservice key must be allowed to write",
    "a pack that is sold can leave its stock as it was",
)


class PrestaShopStore(PluginFirst):
    """One PrestaShop, opened. What is asked twice is kept for as long as this object lives."""

    def __init__(self, settings: Mapping[str, Any], hook_secrets: Sequence[str], options: Mapping[str, Any]) -> None:
        self.keys = PrestaShopKeys.of(settings)
        self._options = dict(options)
        self._client = Client(self.keys, hook_secrets, options)
        self._plugin = Plugin(self._client.plugin, "prestashop")
        self._bare = Bare(self._client)
        self._bare_orders = BareOrders(self._client, self._settings, self._zone)
        self._kept: dict[str, Any] = {}

    # -- how it is

    def check(self) -> Health:
        """Reads the webservice's root, the key's rights and the module's health (PRS-01, PRS-02)."""
        root = self._client.root()
        missing = [f"{name}: GET" for name in _READS if "get" not in root.rights.get(name, ())]
        problems = [problem("store.permission", what=one) for one in missing]
        facts, plugin_problems = self._plugin_health()
        problems += plugin_problems
        if any(one.code == "store.plugin_missing" for one in plugin_problems):
            problems += [problem("store.permission", what=f"{name}: {', '.join(one.upper() for one in lacking)}") for name, methods in _WRITES.items()
                         if (lacking := [one for one in methods if one not in root.rights.get(name, ())])]
        can_read = not {"configurations: GET", "currencies: GET"} & set(missing)
        settings, currency = (self._settings(), self._currency()) if can_read else ({}, "")
        scopes = tuple(Scope(code=str(one["code"]), name=str(one.get("name", "")), currency=str(one.get("currency", "")),
                             locale=str(one.get("locale", ""))) for one in facts.get("stores", ()))
        return Health(
            ok=not [one for one in problems if one.code != "store.plugin_missing"],
            version=root.version, name=root.name or settings.get("PS_SHOP_NAME", ""), timezone=settings.get("PS_TIMEZONE", ""),
            scopes=scopes or (Scope(code=DEFAULT_SCOPE, name=root.name, currency=currency),), has_plugin=bool(facts),
            plugin_version=str(facts.get("plugin_version", "")),
            capabilities=frozenset(str(one) for one in facts.get("capabilities", ())), problems=tuple(problems), plugin=facts)

    def _plugin_health(self) -> tuple[Mapping[str, Any], list[Problem]]:
        try:
            facts = self._plugin.health()
        except PluginMissing:
            return {}, [problem("store.plugin_missing", what=WITHOUT_PLUGIN[0])]
        except NeedsReconnect as error:
            # The key may be right while the module holds another webhook URL: say which of the two it is.
            return {}, [problem("store.permission", what=f"the module's trust in this hub. {error.hint}")]
        return facts, []

    # -- catalogue

    def products(self, changed_from: datetime | None, changed_to: datetime | None, after: str = "",
                 ) -> Iterator[tuple[str, Sequence[Product]]]:
        """Pages in id order; the cursor is the last id. A product's date does not move with its combinations, stock or prices."""
        zone = self._zone()
        start, end = window(changed_from, changed_to, zone)
        filters = {"state": "1"}
        if start or end:
            low = translate.stamp(start, zone) if start else "1970-01-01 00:00:00"
            high = translate.stamp(end or clock.now(), zone)
            filters["date_upd"] = f"[{low},{high}]"
        cursor = after
        while True:
            asked = {**filters, **({"id": f">[{cursor}]"} if cursor else {})}
            rows = self._client.page("products", filters=asked, limit=f"0,{PAGE}", date="1")
            if not rows:
                return
            cursor = str(rows[-1]["id"])
            yield cursor, self._complete(rows)
            if len(rows) < PAGE:
                return

    def product(self, product_id: str) -> Product | None:
        """Read fresh. Ids of products and combinations overlap here: an id is a product's."""
        if not product_id.isdigit():
            return None
        rows = self._client.page("products", filters={"id": f"[{product_id}]", "state": "1"})
        return next(iter(self._complete(rows)), None)

    def _complete(self, rows: Sequence[Mapping[str, Any]]) -> list[Product]:
        """Products with their combinations, which a product only names."""
        wanted = [str(row["id"]) for row in rows if translate.listed(row, "combinations")]
        combinations: dict[str, list[Mapping[str, Any]]] = {}
        for some in batches(wanted, PAGE):
            for page in self._client.rows("combinations", filters={"id_product": f"[{'|'.join(some)}]"}):
                for one in page:
                    combinations.setdefault(str(one["id_product"]), []).append(one)
        shop = self._shop()
        return [translate.product(row, combinations.get(str(row["id"]), ()), shop) for row in rows]

    def categories(self) -> Iterator[StoreCategory]:
        """The whole tree below Home."""
        yield from self._tree()

    def image(self, url: str) -> bytes:
        """A picture; the key goes along only to the webservice itself. Raises `Refused` where it is gone or larger than 10 MB."""
        answer = self._picture(url)
        try:
            raise_for(answer)
        except NotAllowed as error:
            raise Refused("The store does not give this picture out.", status=answer.status) from error
        if len(answer.body) > LARGEST_IMAGE or not answer.body:
            raise Refused("The picture is empty or larger than 10 MB.")
        return answer.body

    def _picture(self, url: str) -> Answer:
        own = self.keys.base_url
        if url.startswith(f"{own}api/images/"):
            return self._client.picture("/" + url.removeprefix(own))
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("This is no address of a picture.")
        api = Api(f"{parts.scheme}://{parts.netloc}", **self._options)
        return api.send("GET", parts.path + (f"?{parts.query}" if parts.query else ""))

    # -- what is read once

    def _settings(self) -> Mapping[str, str]:
        def read() -> dict[str, str]:
            rows = self._client.page("configurations", filters={"name": f"[{'|'.join(_SETTINGS)}]"}, display="[id,name,value]")
            return {str(row["name"]): str(row["value"] or "") for row in rows}

        return self._once("settings", read)

    def _zone(self) -> Any:
        return zone_of(self._settings().get("PS_TIMEZONE", ""))

    def _currency(self) -> str:
        number = self._settings().get("PS_CURRENCY_DEFAULT", "1")
        return self._once("currency", lambda: next(
            (str(row["iso_code"]) for row in self._client.page("currencies", filters={"id": f"[{number}]"})), ""))

    def _language(self) -> str:
        return self._settings().get("PS_LANG_DEFAULT", "1")

    def _tree(self) -> list[StoreCategory]:
        return self._once("tree", lambda: translate.categories(
            [row for page in self._client.rows("categories", size=200, language=self._language()) for row in page], self._language()))

    def _shop(self) -> translate.Shop:
        def read() -> translate.Shop:
            settings, language = self._settings(), self._language()

            def texts(resource: str, field: str) -> dict[str, str]:
                return {str(row["id"]): translate.words(row[field], language)
                        for page in self._client.rows(resource, size=500, language=language) for row in page}

            values = {str(row["id"]): (str(row["id_attribute_group"]), translate.words(row["name"], language))
                      for page in self._client.rows("product_option_values", size=500, language=language) for row in page}
            return translate.Shop(
                base_url=self.keys.base_url, language=language, zone=self._zone(), weight_unit=settings.get("PS_WEIGHT_UNIT", "kg").lower(),
                dimension_unit=settings.get("PS_DIMENSION_UNIT", "cm").lower(), paths={one.category_id: one.path for one in self._tree()},
                features=texts("product_features", "name"), feature_values=texts("product_feature_values", "value"),
                groups=texts("product_options", "public_name"), values=values)

        return self._once("shop", read)

    def _scope(self, scope: str) -> str:
        """The module's code of the shop; its first one where none is chosen yet."""
        if scope:
            return scope
        stores = self._once("stores", lambda: list(self._plugin.health().get("stores", ())))
        return str(stores[0]["code"]) if stores else DEFAULT_SCOPE

    def _once(self, name: str, read: Callable[[], T]) -> T:
        if name not in self._kept:
            self._kept[name] = read()
        kept: T = self._kept[name]
        return kept

    # -- prices and stock

    def offers(self, product_ids: Sequence[str], scope: str) -> Iterator[Offer]:
        """From the module; else the prices that the shop computes and its stock rows."""
        def asked() -> list[Offer]:
            return [replace(one, scope=scope) for one in self._plugin.offers(product_ids, self._scope(scope))]

        def bare() -> list[Offer]:
            allows = self._settings().get("PS_ORDER_OUT_OF_STOCK") == "1"
            return list(self._bare.offers(product_ids, scope, self._currency(), allows))

        yield from self._either(asked, bare)

    def digest(self, scope: str, cursor: str = "") -> tuple[Sequence[DigestRow], str]:
        """The module's digest. Raises `Refused` without it."""
        return self._either(lambda: self._plugin.digest(self._scope(scope), cursor), _no_digest)

    # -- orders

    def carriers(self) -> Iterator[Carrier]:
        """Carriers by the id that stays when a merchant edits one (``id_reference``)."""
        for page in self._client.rows("carriers", filters={"deleted": "0"}):
            for row in page:
                yield Carrier(str(row.get("id_reference") or row["id"]), str(row["name"]))

    def find_order(self, key: str) -> StoreOrder | None:
        """By our key; a deleted order counts as none here."""
        found = self.order(key)
        return None if found is None or found.raw_state == "deleted" else found

    def create_order(self, draft: OrderDraft) -> StoreOrder:
        """Once per key."""
        return self._either(lambda: self._plugin.create_order(draft, self._scope(draft.store)), lambda: self._bare_orders.create_order(draft))

    def order(self, key: str) -> StoreOrder | None:
        """Read fresh, with tracking numbers and slips."""
        return self._either(lambda: self._plugin.order(key), lambda: self._bare_orders.order(key))

    def marked_orders(self, start: datetime, end: datetime) -> Iterator[StoreOrder]:
        """As the payments themselves carry the key, one an order."""
        yield from self._either(lambda: list(self._plugin.marked_orders(start, end)), lambda: list(self._bare_orders.marked_orders(start, end)))

    def orders_changed(self, since: datetime) -> Iterator[StoreOrder]:
        """Marked orders whose date moved, each read fresh. A tracking number alone does not move it."""
        for key in self._bare.changed_keys(since, self._zone(), clock.now()):
            found = self.order(key)
            if found is not None:
                yield found

    def ship(self, key: str, parcel: Parcel) -> None:
        """Once per ``parcel_id``."""
        self._either(lambda: self._plugin.ship(key, parcel), lambda: self._bare_orders.ship(key, parcel))

    def cancel_order(self, key: str, reason: str, restock: bool) -> StoreOrder:
        """Cancels it, or says why not."""
        return self._either(lambda: self._plugin.cancel_order(key, reason, restock), lambda: self._bare_orders.cancel_order(key))

    def refund(self, key: str, refund: Refund) -> None:
        """Once per ``refund_key``."""
        self._either(lambda: self._plugin.refund(key, refund), lambda: self._bare_orders.refund(refund))

    def set_status(self, key: str, status: str, hold: bool | None = None, dates: Mapping[str, str] | None = None) -> None:
        """TikTok Shop's word for show; hold and release. Only the module has a place for them."""
        self._either(lambda: self._plugin.set_status(key, status, hold, dates), lambda: None)

    def put_listings(self, rows: Sequence[ListingRow]) -> None:
        """Grid columns; nothing without the module, which alone has them."""
        self._either(lambda: self._plugin.put_listings(rows), lambda: None)


def _no_digest() -> tuple[Sequence[DigestRow], str]:
    raise Refused("Without the Shopbridge module the store can't sum up its catalogue.",
                  problems=(problem("store.plugin_missing", what=WITHOUT_PLUGIN[2]),))

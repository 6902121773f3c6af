"""Shopify as a `Store`, by its Admin API alone (contracts/shopify.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from hub.domain.orders import Carrier, OrderDraft, Parcel, Refund, StoreOrder
from hub.domain.problems import Problem, problem
from hub.domain.products import DigestRow, Offer, Product, StoreCategory
from hub.errors import NotAllowed, Refused
from hub.http import Api, raise_for
from hub.stores.base import Health, HookReport, Scope, api_options
from hub.stores.dates import window, zone_of
from hub.stores.shopify import carriers, documents, translate
from hub.stores.shopify.catalogue import Catalogue
from hub.stores.shopify.client import Client
from hub.stores.shopify.fulfilment import Fulfilment
from hub.stores.shopify.hooks import Hooks
from hub.stores.shopify.oauth import SCOPES, Login, how_to_grant, missing_scopes
from hub.stores.shopify.orders import Orders
from hub.stores.shopify.refunds import Refunds
from hub.stores.shopify.settings import API_VERSION

LARGEST_IMAGE = 10 * 1024 * 1024
LOCATIONS_A_PAGE = 100


class ShopifyStore:
    """One Shopify store, opened. What is asked twice of it is kept for as long as this object lives."""

    def __init__(self, settings: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        self._options = options
        login = Login(settings, options)
        self.keys = login.keys
        self._client = Client(login, options)
        self._catalogue = Catalogue(self._client, self.keys, options, self._shop)
        self._orders = Orders(self._client, options.get("known_order") or (lambda key: ""))
        self._fulfilment = Fulfilment(self._client, self._orders, self.keys.archive)
        self._refunds = Refunds(self._client, self._orders, self._fulfilment, self._first_location)
        self._hooks = Hooks(self._client)
        self._facts: Mapping[str, Any] | None = None
        self._places: list[Mapping[str, Any]] | None = None

    # -- how it is

    def check(self) -> Health:
        """Reads the shop, what the app may do, and its locations; each missing permission is a problem of its own (SHP-05)."""
        data = self._client.call(documents.SHOP)
        self._facts = shop = data.get("shop") or {}
        if not shop.get("myshopifyDomain"):
            raise Refused("This address does not answer as Shopify does.", problems=(
                problem("store.not_expected", address=self.keys.shop, platform="Shopify"),))
        granted = [str(one.get("handle")) for one in (data.get("currentAppInstallation") or {}).get("accessScopes") or ()]
        problems = [replace(problem("store.permission", what=f"{scope} ({SCOPES[scope]})"), fix=how_to_grant())
                    for scope in missing_scopes(granted)]
        problems += self._version_problems()
        may_see_locations = not {"read_locations"} & set(missing_scopes(granted))
        currency = str(shop.get("currencyCode") or "")
        places = self._locations() if may_see_locations else []
        return Health(
            ok=not problems, version=f"Admin API {self._client.version or API_VERSION}", name=str(shop.get("name") or ""),
            timezone=str(shop.get("ianaTimezone") or ""),
            scopes=(Scope(code="", name="All locations", currency=currency),
                    *(Scope(code=f"{translate.LOCATION}{translate.number(one['id'])}", name=str(one.get("name") or ""), currency=currency)
                      for one in places if one.get("isActive"))),
            has_plugin=False, capabilities=frozenset({"orders", "offers", "digest"}), problems=tuple(problems))

    def _version_problems(self) -> list[Problem]:
        """A version that is no longer served is answered by the oldest that is: then nothing is certain any more."""
        served = self._client.version
        if served in ("", API_VERSION):
            return []
        return [replace(problem("store.not_expected", address=self.keys.shop, platform=f"Shopify (Admin API {API_VERSION})"),
                        says=f"Shopify answers with version {served} of its Admin API; this hub was made for {API_VERSION}.",
                        fix="Install the hub's newest version. Until then compare new orders and stock with Shopify now and then.")]

    def _shop(self) -> Mapping[str, Any]:
        if self._facts is None:
            self._facts = self._client.call(documents.SHOP).get("shop") or {}
        return self._facts

    def _locations(self) -> list[Mapping[str, Any]]:
        if self._places is None:
            self._places = [one for _, page in self._client.pages(documents.LOCATIONS, ("locations",), first=LOCATIONS_A_PAGE) for one in page]
        return self._places

    def _first_location(self) -> str:
        """Where goods come back to when nothing else tells."""
        active = [one for one in self._locations() if one.get("isActive") and not one.get("isFulfillmentService")]
        online = [one for one in active if one.get("fulfillsOnlineOrders")]
        return str((online or active)[0]["id"]) if active else ""

    # -- catalogue

    def products(self, changed_from: datetime | None, changed_to: datetime | None, after: str = "",
                 ) -> Iterator[tuple[str, Sequence[Product]]]:
        """Pages in id order; a large catalogue comes by one bulk operation. Both go on after their cursor."""
        start, end = window(changed_from, changed_to, zone_of(str(self._shop().get("ianaTimezone") or "")))
        yield from self._catalogue.products(start, end, after)

    def product(self, product_id: str) -> Product | None:
        """Read fresh."""
        return self._catalogue.product(product_id)

    def categories(self) -> Iterator[StoreCategory]:
        """By the source that the connection chose."""
        yield from self._catalogue.categories()

    def image(self, url: str) -> bytes:
        """A picture, wherever Shopify keeps it. Raises `Refused` where it is gone or larger than 10 MB."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("This is no address of a picture.")
        api = Api(f"{parts.scheme}://{parts.netloc}", **api_options(self._options))
        answer = api.send("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
        try:
            raise_for(answer)
        except NotAllowed as error:
            raise Refused("The store does not give this picture out.", status=answer.status) from error
        if len(answer.body) > LARGEST_IMAGE or not answer.body:
            raise Refused("The picture is empty or larger than 10 MB.")
        return answer.body

    # -- prices and stock

    def offers(self, product_ids: Sequence[str], scope: str) -> Iterator[Offer]:
        """Of products, or of inventory items (``item:<id>``); of all locations that fulfil online orders, or of one."""
        yield from self._catalogue.offers(product_ids, scope)

    def digest(self, scope: str, cursor: str = "") -> tuple[Sequence[DigestRow], str]:
        """One page of variants in id order."""
        return self._catalogue.digest(scope, cursor)

    # -- orders

    def carriers(self) -> Iterator[Carrier]:
        """The names that Shopify offers when an order is shipped; the name is all there is of them."""
        yield from (Carrier(name, name) for name in carriers.NAMES)

    def find_order(self, key: str) -> StoreOrder | None:
        """By our key; a new order may stay unfound for as long as `Platform.search_delay_s`."""
        return self.order(key)

    def create_order(self, draft: OrderDraft) -> StoreOrder:
        """Once per key; at the location that was chosen, and held where the buyer can still cancel."""
        made, whole = self._orders.create(draft)
        if whole is None or not {"hold_until", "held", "location"} & set(whole.facts):
            return made
        self._fulfilment.prepare(whole)
        now = self.order_by_id(made.order_id)
        return replace(now, difference=made.difference, oversold=made.oversold) if now is not None else made

    def order_by_id(self, order_id: str) -> StoreOrder | None:
        """An order by Shopify's own id."""
        whole = self._orders.read(translate.gid("Order", order_id))
        return self._orders.as_order(whole) if whole is not None else None

    def order(self, key: str) -> StoreOrder | None:
        """Read fresh, with parcels and refunds."""
        whole = self._orders.find(key)
        return self._orders.as_order(whole) if whole is not None else None

    def marked_orders(self, start: datetime, end: datetime) -> Iterator[StoreOrder]:
        """As the orders themselves carry the key, one each."""
        yield from self._orders.marked(start, end)

    def orders_changed(self, since: datetime) -> Iterator[StoreOrder]:
        """Marked orders that changed since then, each read fresh."""
        yield from self._orders.changed(since)

    def ship(self, key: str, parcel: Parcel) -> None:
        """Once per parcel, from each location that its goods lie at."""
        self._fulfilment.ship(key, parcel)

    def cancel_order(self, key: str, reason: str, restock: bool) -> StoreOrder:
        """Cancels it with its payment, or says why not."""
        return self._orders.as_order(self._fulfilment.cancel(key, reason, restock))

    def refund(self, key: str, refund: Refund) -> None:
        """Once per ``refund_key``, for the exact amount."""
        self._refunds.refund(key, refund)

    def set_status(self, key: str, status: str, hold: bool | None = None, dates: Mapping[str, str] | None = None) -> None:
        """TikTok Shop's word in the order's metafields; hold and release."""
        self._fulfilment.set_status(key, status, hold)

    # -- webhooks

    def ensure_hooks(self, address: str, secret: str) -> HookReport:
        """Registers what is missing. Shopify signs with the app's own secret, so ``secret`` is not needed."""
        return self._hooks.ensure(address)

    def remove_hooks(self, address: str) -> None:
        """Takes the hub's webhooks at this address away."""
        self._hooks.remove(address)

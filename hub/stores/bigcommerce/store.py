"""BigCommerce as a `Store`: the catalogue over v3, orders over v2, refunds over v3, all with one API account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from hub.domain.orders import Carrier, OrderDraft, Parcel, Refund, StoreOrder
from hub.domain.problems import Problem, problem
from hub.domain.products import DigestRow, Offer, Product, StoreCategory
from hub.errors import NotAllowed, Refused
from hub.http import Api, raise_for
from hub.stores.base import Health, HookReport, Scope, api_options
from hub.stores.bigcommerce import wording
from hub.stores.bigcommerce.catalogue import Catalogue, scope_of
from hub.stores.bigcommerce.client import Client
from hub.stores.bigcommerce.orders import Orders
from hub.stores.bigcommerce.settings import BigCommerceKeys
from hub.stores.bigcommerce.subscriptions import Subscriptions

LARGEST_IMAGE = 10 * 1024 * 1024

# One cheap call for each permission that the hub needs. Writes go to an order that never is: the right is looked at first. Whether
# stock may be changed shows only when it is: no call asks for that without doing it (docs/bigcommerce-guide.md).
_NEEDED: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("GET", "/v3/catalog/products", {"limit": 1, "include_fields": "name"}), ("GET", "/v3/inventory/items", {"limit": 1}),
    ("GET", "/v3/inventory/locations", {"limit": 1}), ("GET", "/v3/settings/inventory", {}), ("GET", "/v2/orders", {"limit": 1}),
    ("PUT", "/v2/orders/0", {}),
)


class BigCommerceStore:
    """One BigCommerce store, opened. What is asked twice is kept for as long as this object lives."""

    def __init__(self, settings: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        self.keys = BigCommerceKeys.of(settings)
        self._options = api_options(options)
        self._client = Client(self.keys, options)
        self._catalogue = Catalogue(self._client)
        self._orders = Orders(self._client, self._catalogue, options.get("known_order"))
        self._hooks = Subscriptions(self._client)

    # -- how it is

    def check(self) -> Health:
        """Reads the profile, each permission, locations and inventory settings (BIG-03)."""
        missing = self._missing()
        try:
            profile = self._catalogue.profile()
        except Refused as error:
            if error.context.get("code") == "not_expected" or error.context.get("status") is not None and not error.problems:
                raise Refused("This store hash does not answer as a BigCommerce store does.", problems=(
                    problem("store.not_expected", address=f"store-{self.keys.store_hash}.mybigcommerce.com", platform="BigCommerce"),)) from error
            raise Refused(error.says, problems=tuple(missing) or error.problems) from error
        warnings = [] if missing else self._warnings()
        name, currency = str(profile.get("name") or ""), str(profile.get("currency") or "")
        named = profile.get("timezone")
        locations = [] if any("store_locations" in one.says for one in missing) else self._catalogue.locations()
        return Health(
            ok=not missing, version=f"BigCommerce {profile.get('plan_name') or ''}".strip(), name=name,
            timezone=str(named.get("name") or "") if isinstance(named, Mapping) else "",
            scopes=(Scope(code="", name=f"{name}: all locations", currency=currency),
                    *(Scope(code=scope_of(one["id"]), name=str(one.get("label") or one.get("code") or one["id"]), currency=currency)
                      for one in locations)),
            has_plugin=False, capabilities=frozenset({"orders", "offers", "digest"}), problems=(*missing, *warnings))

    def _missing(self) -> list[Problem]:
        """Each permission that a call which the hub needs is refused for, once."""
        calls = (("GET", "/v2/store", {}), *_NEEDED)
        found = dict.fromkeys(lacking for method, path, query in calls if (lacking := self._client.lacks(method, path, query)) is not None)
        # A token without the read needs no second word about the write.
        codes = {one.partition(" ")[0] for one in found if one.endswith("read-only)")}
        return [problem("store.permission", what=one) for one in found if one.endswith("read-only)") or one.partition(" ")[0] not in codes]

    def _warnings(self) -> list[Problem]:
        behaviour = str(self._catalogue.inventory_settings().get("update_stock_behavior") or "")
        return [problem("store.stock_late", raw=behaviour)] if behaviour == "order_completed_or_shipped" else []

    # -- catalogue

    def products(self, changed_from: datetime | None, changed_to: datetime | None, after: str = "",
                 ) -> Iterator[tuple[str, Sequence[Product]]]:
        """Pages in id order; the cursor is the last id."""
        return self._catalogue.products(changed_from, changed_to, after)

    def product(self, product_id: str) -> Product | None:
        """Read fresh; None where it is gone."""
        return self._catalogue.product(product_id)

    def offers(self, product_ids: Sequence[str], scope: str) -> Iterator[Offer]:
        """Price and stock of all variants; ``location:<id>`` is one location's stock."""
        return self._catalogue.offers(product_ids, scope)

    def digest(self, scope: str, cursor: str = "") -> tuple[Sequence[DigestRow], str]:
        """One page and the next cursor."""
        return self._catalogue.digest(scope, cursor)

    def categories(self) -> Iterator[StoreCategory]:
        """The values of the custom field "Category" (BIG-06)."""
        return self._catalogue.categories()

    def image(self, url: str) -> bytes:
        """A picture of the store's delivery network, which asks for no token. Raises `Refused` where it is gone or larger than 10 MB."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("This is no address of a picture.")
        answer = Api(f"{parts.scheme}://{parts.netloc}", **self._options).send("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
        try:
            raise_for(answer)
        except NotAllowed as error:
            raise Refused("The store does not give this picture out.", status=answer.status) from error
        if len(answer.body) > LARGEST_IMAGE or not answer.body:
            raise Refused("The picture is empty or larger than 10 MB.")
        return answer.body

    def carriers(self) -> Iterator[Carrier]:
        """BigCommerce's shipping providers: the same in each store."""
        yield from wording.CARRIERS

    # -- orders

    def find_order(self, key: str) -> StoreOrder | None:
        """The order that stands in the store with this key."""
        return self._orders.find(key)

    def create_order(self, draft: OrderDraft) -> StoreOrder:
        """Creates it once per key."""
        return self._orders.create(draft)

    def order(self, key: str) -> StoreOrder | None:
        """The order with parcels and refunds, read fresh; an archived one as deleted."""
        return self._orders.order(key)

    def marked_orders(self, start: datetime, end: datetime) -> Iterator[StoreOrder]:
        """Those with a key that were created in [start, end)."""
        return self._orders.marked(start, end)

    def orders_changed(self, since: datetime) -> Iterator[StoreOrder]:
        """Those with a key that changed since then."""
        return self._orders.changed(since)

    def ship(self, key: str, parcel: Parcel) -> None:
        """A shipment once per parcel."""
        self._orders.ship(key, parcel)

    def cancel_order(self, key: str, reason: str, restock: bool) -> StoreOrder:
        """Status Cancelled; cancelled before answers the same."""
        return self._orders.cancel(key, reason, restock)

    def refund(self, key: str, refund: Refund) -> None:
        """Once per refund key."""
        self._orders.refund(key, refund)

    def set_status(self, key: str, status: str, hold: bool | None = None, dates: Mapping[str, str] | None = None) -> None:
        """TikTok's status by the table; hold and release. BigCommerce has no field for TikTok's dates."""
        self._orders.set_status(key, status, hold)

    # -- webhooks

    def ensure_hooks(self, address: str, secret: str) -> HookReport:
        """One webhook per topic at this address."""
        return self._hooks.ensure(address, secret)

    def remove_hooks(self, address: str) -> None:
        """Takes them away."""
        self._hooks.remove(address)

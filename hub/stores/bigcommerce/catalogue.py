"""Reading BigCommerce's catalogue: products, prices, stock, digest (contracts/bigcommerce.md 3).

Lists are sorted by id and go on after the last one, because page numbers slip while products are added. A list with modifiers
has ten products a page, so modifiers are asked for apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub import clock
from hub.domain.products import DigestRow, Offer, Product, StoreCategory, offer_hash
from hub.domain.sequences import batches
from hub.errors import Refused
from hub.stores.bigcommerce import translate
from hub.stores.bigcommerce.client import CATALOGUE, Client
from hub.stores.bigcommerce.translate import Shop
from hub.stores.dates import window, zone_of

PAGE = 250
MODIFIER_PAGE = 10
INVENTORY_PAGE = 1000
# Ids in one address: 250 of ten digits are well below what servers take.
IDS_A_CALL = 250
DIGEST_ROWS = 5000
_SMALLER = (413, 502, 504)
_PRODUCTS = "/v3/catalog/products"
_ITEMS = "/v3/inventory/items"
_LOCATION = "location:"
# What prices and stock need of a product; its variants come whole.
_OFFER_FIELDS = "name,sku,price,sale_price,retail_price,inventory_tracking,is_visible,availability,is_price_hidden,date_modified"


class Catalogue:
    """Products and offers of one store. What is asked twice is kept for as long as this object lives."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._kept: dict[str, Any] = {}
        self._brands: dict[int, str] = {}

    # -- the store itself

    def profile(self) -> Mapping[str, Any]:
        """``/v2/store``; raises `Refused` where this is no BigCommerce store."""
        if "profile" not in self._kept:
            found = self._client.get("/v2/store")
            if not isinstance(found, Mapping) or "currency" not in found:
                raise Refused("This store hash does not answer as a BigCommerce store does.", code="not_expected")
            self._kept["profile"] = found
        profile: Mapping[str, Any] = self._kept["profile"]
        return profile

    def zone(self) -> Any:
        """The store's time zone."""
        named = self.profile().get("timezone")
        return zone_of(str(named.get("name") or "") if isinstance(named, Mapping) else "")

    def shop(self) -> Shop:
        """Units, currency and tax, from the profile."""
        profile = self.profile()
        return Shop(
            currency=str(profile.get("currency") or ""), tax_included=bool(profile.get("is_price_entered_with_tax")),
            weight_unit=str(profile.get("weight_units") or ""), length_unit=str(profile.get("dimension_units") or ""),
            secure_url=str(profile.get("secure_url") or profile.get("domain") or ""),
            sync_unpurchasable=self._client.keys.sync_unpurchasable)

    def locations(self) -> list[Mapping[str, Any]]:
        """The enabled locations, the default one first."""
        if "locations" not in self._kept:
            rows = [one for one in self._client.rows("/v3/inventory/locations") if one.get("enabled", True)]
            self._kept["locations"] = sorted(rows, key=lambda one: int(one["id"]))
        found: list[Mapping[str, Any]] = self._kept["locations"]
        return found

    def returns_stock(self) -> bool:
        """Whether the store itself gives stock back on a cancellation or refund (3.5)."""
        return bool(self.inventory_settings().get("refund_order_stock_adjustment"))

    def inventory_settings(self) -> Mapping[str, Any]:
        """``/v3/settings/inventory``."""
        if "inventory" not in self._kept:
            self._kept["inventory"] = self._client.data("/v3/settings/inventory") or {}
        found: Mapping[str, Any] = self._kept["inventory"]
        return found

    # -- products

    def products(self, changed_from: datetime | None, changed_to: datetime | None, after: str = "",
                 ) -> Iterator[tuple[str, Sequence[Product]]]:
        """Pages in id order; the cursor is the last id. A product's date need not move with its variants, prices or stock."""
        query: dict[str, Any] = {"include": "variants,images,custom_fields"}
        if changed_from is not None or changed_to is not None:
            start, end = window(changed_from, changed_to, self.zone())
            query |= {"date_modified:min": translate.stamp(start)} if start else {}
            query |= {"date_modified:max": translate.stamp(end or clock.now())}
        for rows in self._pages(query, after):
            yield str(rows[-1]["id"]), self._complete(rows)

    def product(self, product_id: str) -> Product | None:
        """Read fresh; None where it is gone. An id is a product's."""
        if not product_id.isascii() or not product_id.isdigit():
            return None
        row = self._client.data(f"{_PRODUCTS}/{product_id}", {"include": "variants,images,custom_fields"})
        return next(iter(self._complete([row])), None) if isinstance(row, Mapping) else None

    def categories(self) -> Iterator[StoreCategory]:
        """The values of the custom field "Category" that are in use."""
        rows = (row for page in self._pages({"include": "custom_fields", "include_fields": "name"}) for row in page)
        yield from translate.categories(rows)

    def _complete(self, rows: Sequence[Mapping[str, Any]]) -> list[Product]:
        required = self._required([str(row["id"]) for row in rows])
        shop = replace(self.shop(), brands=self._brand_names(rows))
        return [translate.product(row, shop, required.get(str(row["id"]), ())) for row in rows]

    def _required(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Names of the modifiers that a buyer must fill in, by product id."""
        found: dict[str, list[str]] = {}
        for some in batches(ids, MODIFIER_PAGE):
            query = {"id:in": ",".join(some), "include": "modifiers", "include_fields": "name", "limit": MODIFIER_PAGE}
            for row in self._client.data(_PRODUCTS, query) or ():
                named = [str(one.get("display_name") or "") for one in row.get("modifiers") or () if one.get("required")]
                if named:
                    found[str(row["id"])] = named
        return found

    def _brand_names(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[int, str]:
        wanted = sorted({int(row.get("brand_id") or 0) for row in rows} - {0} - set(self._brands))
        for some in batches(wanted, IDS_A_CALL):
            self._brands.update(dict.fromkeys(some, ""))
            for one in self._client.rows("/v3/catalog/brands", {"id:in": ",".join(map(str, some))}):
                self._brands[int(one["id"])] = str(one.get("name") or "")
        return self._brands

    def _pages(self, query: Mapping[str, Any], after: str = "") -> Iterator[list[Mapping[str, Any]]]:
        """Pages of products after an id; smaller ones where the store or our limit finds a page too heavy (8, 9.1)."""
        cursor, size = after, PAGE
        while True:
            asked = {**query, "sort": "id", "direction": "asc", "limit": size, **({"id:greater": cursor} if cursor else {})}
            try:
                answer = self._client.send("GET", _PRODUCTS, asked, limits=CATALOGUE)
            except Refused:
                if size <= MODIFIER_PAGE:
                    raise
                size = max(size // 5, MODIFIER_PAGE)
                continue
            if answer.status in _SMALLER and size > MODIFIER_PAGE:
                size = max(size // 5, MODIFIER_PAGE)
                continue
            body = self._client.read(answer, _PRODUCTS)
            rows = body.get("data") if isinstance(body, Mapping) else None
            if not isinstance(rows, list):
                raise Refused("This store hash does not answer as a BigCommerce store does.", code="not_expected")
            if not rows:
                return
            yield rows
            cursor = str(rows[-1]["id"])
            if len(rows) < size:
                return

    # -- prices and stock

    def offers(self, product_ids: Sequence[str], scope: str) -> Iterator[Offer]:
        """All variants of these products; ``scope`` may name one location."""
        shop, location = self.shop(), location_of(scope)
        ids = [one for one in dict.fromkeys(product_ids) if one.isascii() and one.isdigit()]
        for some in batches(ids, IDS_A_CALL):
            rows = [row for page in self._pages({"id:in": ",".join(some), "include": "variants", "include_fields": _OFFER_FIELDS}) for row in page]
            stock = self.stock(rows, location)
            for row in rows:
                yield from translate.offers(row, stock, scope, shop)

    def digest(self, scope: str, cursor: str = "") -> tuple[Sequence[DigestRow], str]:
        """Rows of whole products in id order, up to 5,000 of them; the next cursor is the last product's id."""
        shop, location, found, last = self.shop(), location_of(scope), list[DigestRow](), cursor
        for rows in self._pages({"include": "variants", "include_fields": _OFFER_FIELDS}, cursor):
            stock = self.stock(rows, location)
            for row in rows:
                its = [DigestRow(one.ref.product_id, one.ref.variant_id, one.ref.sku, offer_hash(one))
                       for one in translate.offers(row, stock, scope, shop)]
                if found and len(found) + len(its) > DIGEST_ROWS:
                    return found, last
                found += its
                last = str(row["id"])
        return found, ""

    def stock(self, rows: Sequence[Mapping[str, Any]], location: str = "") -> dict[int, int]:
        """What can be sold of each variant whose product is tracked by variant; by the inventory's own figures (3.5)."""
        tracked = [str(row["id"]) for row in rows if row.get("inventory_tracking") == "variant"]
        found: dict[int, int] = {}
        for some in batches(tracked, IDS_A_CALL):
            query = {"product_id:in": ",".join(some), **({"location_id:in": location} if location else {})}
            for item in self._client.rows(_ITEMS, query, size=INVENTORY_PAGE):
                found[int(item["identity"]["variant_id"])] = translate.available(item, location)
        return found


def location_of(scope: str) -> str:
    """The id of the location that a scope names; "" for all of them."""
    return scope.removeprefix(_LOCATION) if scope.startswith(_LOCATION) else ""


def scope_of(location_id: Any) -> str:
    """The scope that sells from this location alone."""
    return f"{_LOCATION}{location_id}"

"""Products, categories, prices and stock, asked of Shopify (contracts/shopify.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hub.domain.products import DigestRow, Offer, Product, StoreCategory
from hub.domain.sequences import batches
from hub.stores.shopify import documents, translate
from hub.stores.shopify.bulk import CURSOR, Bulk, Group
from hub.stores.shopify.client import Client, TooCostly
from hub.stores.shopify.settings import METAFIELD, PRODUCT_CATEGORY, ShopifyKeys

T = TypeVar("T")

PRODUCTS_A_PAGE = 10
VARIANTS_A_PRODUCT = 10
# From so many products on, one bulk operation costs less than the pages.
BULK_FROM = 250
OFFERS_A_CALL = 25
NODES_A_PAGE = 250
DIGEST_A_PAGE = 200
# Shopify's search index follows a change after seconds: a window begins that much earlier (contracts/shopify.md 3.4).
OVERLAP = timedelta(minutes=5)


class Catalogue:
    """What a shop sells. What is asked twice is kept for as long as this object lives."""

    def __init__(self, client: Client, keys: ShopifyKeys, options: Mapping[str, Any], shop: Callable[[], Mapping[str, Any]]) -> None:
        self._client = client
        self._keys = keys
        self._bulk = Bulk(client, options)
        self._shop = shop
        self._kept: dict[str, Any] = {}

    # -- products

    def products(self, start: datetime | None, end: datetime | None, after: str) -> Iterator[tuple[str, Sequence[Product]]]:
        """Pages in id order: a few by paging, a catalogue by one bulk operation. Both go on after their own cursors."""
        search = window_search(start, end)
        if after.startswith(CURSOR) or not after and self._count(search) > BULK_FROM:
            for cursor, groups in self._bulk.groups(documents.bulk_products(search), after):
                yield cursor, [self._grouped(one) for one in groups]
            return
        first, variants = PRODUCTS_A_PAGE, VARIANTS_A_PRODUCT
        asked = {"q": search or None, "variants": variants}
        for cursor, nodes in self._client.pages(documents.PRODUCTS, ("products",), asked, first=first, after=after):
            yield cursor, [self._product(node) for node in nodes]

    def product(self, product_id: str) -> Product | None:
        """Read fresh; None where it is gone. A variant's id gives its parent."""
        if not product_id.isdigit():
            return None
        node = self._one(product_id)
        if node is None:
            variant = self._client.call(documents.PRODUCT_OF_VARIANT, {"id": translate.gid("ProductVariant", product_id)}).get("productVariant")
            node = self._one(translate.number(variant["product"]["id"])) if isinstance(variant, Mapping) else None
        return self._product(node) if node is not None else None

    def _one(self, product_id: str) -> Mapping[str, Any] | None:
        data, _ = self._client.lessening(documents.PRODUCT, {"id": translate.gid("Product", product_id)}, 50, "variants")
        found = data.get("product")
        return found if isinstance(found, Mapping) else None

    def _count(self, search: str) -> int:
        found = self._client.call(documents.PRODUCTS_COUNT, {"q": search or None}).get("productsCount")
        return int(found.get("count") or 0) if isinstance(found, Mapping) else 0

    def _product(self, node: Mapping[str, Any]) -> Product:
        """A product from a page, its nested lists topped up."""
        given = {"id": node["id"]}

        def whole(name: str, document: str) -> list[Any]:
            return self._client.rest(node.get(name) or {}, document, ("product", name), given, first=50)

        return translate.product(node, whole("variants", documents.PRODUCT_VARIANTS), whole("media", documents.PRODUCT_MEDIA),
                                 whole("metafields", documents.PRODUCT_METAFIELDS), self._facts())

    def _grouped(self, group: Group) -> Product:
        return translate.product(group.node, list(group.variants.values()), group.media, group.metafields, self._facts())

    def _facts(self) -> translate.Catalogue:
        def read() -> translate.Catalogue:
            names = {(str(one["namespace"]), str(one["key"])): str(one["name"])
                     for _, page in self._client.pages(documents.METAFIELD_NAMES, ("metafieldDefinitions",), first=NODES_A_PAGE) for one in page}
            return translate.Catalogue(category_source=self._keys.category_source, metafield=self._keys.category_metafield, names=names)

        return self._once("facts", read)

    # -- categories

    def categories(self) -> Iterator[StoreCategory]:
        """What products are filed under: their types, their categories of Shopify's taxonomy with all above, or a metafield's values."""
        if self._keys.category_source == PRODUCT_CATEGORY:
            yield from self._taxonomy()
        elif self._keys.category_source == METAFIELD:
            namespace, key = self._keys.category_metafield
            pages = self._client.pages(documents.METAFIELD_VALUES, ("products",), {"namespace": namespace, "key": key}, first=NODES_A_PAGE)
            words = dict.fromkeys(word for _, page in pages for node in page if node.get("metafield")
                                  for word in translate.values_of(node["metafield"]))
            yield from map(translate.plain_category, words)
        else:
            for _, page in self._client.pages(documents.PRODUCT_TYPES, ("productTypes",), first=NODES_A_PAGE):
                yield from (translate.plain_category(str(one).strip()) for one in page if str(one).strip())

    def _taxonomy(self) -> Iterator[StoreCategory]:
        """Parents first."""
        found: dict[str, Mapping[str, Any]] = {}
        for _, page in self._client.pages(documents.CATEGORIES_IN_USE, ("products",), first=NODES_A_PAGE):
            found |= {str(node["category"]["id"]): node["category"] for node in page if node.get("category")}
        while missing := sorted({str(one["parentId"]) for one in found.values() if one.get("parentId")} - set(found)):
            before = len(found)
            for some in batches(missing, NODES_A_PAGE):
                nodes = self._client.call(documents.CATEGORY_PARENTS, {"ids": list(some)}).get("nodes") or ()
                found |= {str(one["id"]): one for one in nodes if one}
            if len(found) == before:
                break
        yield from sorted(map(translate.taxonomy_category, found.values()), key=lambda one: (one.path.count(" / "), one.path))

    # -- prices and stock

    def offers(self, ids: Sequence[str], scope: str) -> Iterator[Offer]:
        """Of products, by their ids, or of inventory items (``item:<id>``), as a webhook names them."""
        asked = [translate.gid("InventoryItem", one.removeprefix(translate.ITEM)) if one.startswith(translate.ITEM)
                 else translate.gid("Product", one) for one in dict.fromkeys(ids) if one.removeprefix(translate.ITEM).isdigit()]
        document, more, location = ((documents.OFFERS_AT, documents.MORE_OFFERS_AT, {"location": _location(scope)})
                                    if scope.startswith(translate.LOCATION) else (documents.OFFERS, documents.MORE_OFFERS, {}))
        size, (currency, tax_included) = OFFERS_A_CALL, self._money()
        while asked:
            some, asked = asked[:size], asked[size:]
            try:
                nodes = self._client.call(document, {"ids": some, "variants": VARIANTS_A_PRODUCT, **location}).get("nodes") or ()
            except TooCostly:
                if size <= 1:
                    raise
                asked, size = [*some, *asked], size // 2
                continue
            for node in filter(None, nodes):
                variants = (self._client.rest(node["variants"], more, ("product", "variants"), {"id": node["id"], **location}, first=100)
                            if node.get("variants") else (node.get("stocked") or {}).get("nodes") or ())
                for variant in variants:
                    yield translate.offer(variant, variant.get("product") or node, scope, currency, tax_included)

    def digest(self, scope: str, cursor: str) -> tuple[Sequence[DigestRow], str]:
        """One page in id order and the next cursor."""
        document, location = ((documents.DIGEST_AT, {"location": _location(scope)}) if scope.startswith(translate.LOCATION)
                              else (documents.DIGEST, {}))
        nodes, following, _ = self._client.page(document, ("productVariants",), location, first=DIGEST_A_PAGE, after=cursor)
        currency, tax_included = self._money()
        return [translate.digest_row(node, scope, currency, tax_included) for node in nodes], following

    def _money(self) -> tuple[str, bool]:
        shop = self._shop()
        return str(shop.get("currencyCode") or ""), bool(shop.get("taxesIncluded"))

    def _once(self, name: str, read: Callable[[], T]) -> T:
        if name not in self._kept:
            self._kept[name] = read()
        kept: T = self._kept[name]
        return kept


def window_search(start: datetime | None, end: datetime | None) -> str:
    """The search for what was changed in a stretch of time, both ends included."""
    parts = [f"updated_at:>='{stamp(start - OVERLAP)}'"] if start is not None else []
    parts += [f"updated_at:<='{stamp(end)}'"] if end is not None else []
    return " AND ".join(parts)


def stamp(when: datetime) -> str:
    """A time as Shopify's search takes it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _location(scope: str) -> str:
    return translate.gid("Location", scope.removeprefix(translate.LOCATION))

"""Shopify's products, prices and categories as values (contracts/shopify.md 3, 9). Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.domain.money import decimal_of
from hub.domain.products import DigestRow, Image, Measure, Offer, Product, ProductKind, StoreCategory, Variant, VariantRef, offer_hash
from hub.stores.shopify.settings import METAFIELD, PRODUCT_CATEGORY, PRODUCT_TYPE, moment

GID = "gid://shopify/"
ITEM = "item:"
LOCATION = "location:"
# What the hub keeps of a category's id.
_LONGEST_ID = 64
# Sold without a stock count: the most that TikTok Shop takes of one SKU (contracts/tiktok_shop.md 5).
ENDLESS = 99_999
_UNITS = {"GRAMS": "g", "KILOGRAMS": "kg", "OUNCES": "oz", "POUNDS": "lb"}
_MEASURES = {"weight", "dimension", "volume"}
# Metafields that hold other things than words: ids of records, layouts, program data.
_WORDLESS = ("_reference", "rich_text_field", "json", "money", "rating", "link", "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What a product's own answer leaves out: where its category stands, and what a metafield is called."""

    category_source: str = PRODUCT_TYPE
    metafield: tuple[str, str] = ("", "")
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)


def gid(kind: str, number: str) -> str:
    """The global id of a thing by its number."""
    return f"{GID}{kind}/{number}"


def number(global_id: Any) -> str:
    """The last part of a global id, which the hub knows the thing by: numbers are longer than 53 bits, so they stay text."""
    return str(global_id or "").rpartition("/")[2].partition("?")[0]


def kind_of(global_id: Any) -> str:
    """``Product`` of ``gid://shopify/Product/1``."""
    return str(global_id or "").removeprefix(GID).partition("/")[0]


# -- products


def product(node: Mapping[str, Any], variants: Sequence[Mapping[str, Any]], media: Sequence[Mapping[str, Any]],
            metafields: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> Product:
    """A product with all its variants. Each of them has an id of its own, also the only one of a simple product."""
    is_simple = bool(node.get("hasOnlyDefaultVariant"))
    sold = tuple(_variant(one, is_simple) for one in variants)
    kind = _kind(node, variants)
    ids, paths = _categories(node, metafields, catalogue)
    return Product(
        product_id=number(node["id"]), sku=sold[0].sku if is_simple and sold else "", kind=kind, title=str(node.get("title") or ""),
        description=str(node.get("descriptionHtml") or ""), images=_images(media), category_ids=ids, category_paths=paths,
        brand=str(node.get("vendor") or ""), attributes=_attributes(metafields, catalogue), weight=sold[0].weight if sold else None,
        # An unlisted product is sold as any other, it is only not shown in lists.
        variants=sold, active=node.get("status") in ("ACTIVE", "UNLISTED"), url=str(node.get("onlineStoreUrl") or ""),
        created_at=moment(node.get("createdAt")), updated_at=moment(node.get("updatedAt")))


def _kind(node: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]) -> ProductKind:
    """Gift cards and what is sold by subscription only can't be sold on TikTok Shop; a bundle's stock belongs to its parts."""
    if node.get("isGiftCard") or node.get("requiresSellingPlan"):
        return ProductKind.OTHER
    if node.get("hasVariantsThatRequiresComponents") or any(one.get("requiresComponents") for one in variants):
        return ProductKind.BUNDLE
    if node.get("combinedListingRole") == "PARENT":
        return ProductKind.GROUPED
    if not node.get("hasOnlyDefaultVariant"):
        return ProductKind.CONFIGURABLE
    is_shipped = all(_part(one, "inventoryItem").get("requiresShipping", True) for one in variants)
    return ProductKind.SIMPLE if is_shipped else ProductKind.VIRTUAL


def _variant(node: Mapping[str, Any], is_simple: bool) -> Variant:
    options = {} if is_simple else {str(one["name"]): str(one["value"]) for one in node.get("selectedOptions") or ()}
    images = _images(_part(node, "media").get("nodes") or ())
    return Variant(variant_id=number(node["id"]), sku=str(node.get("sku") or "").strip(), options=options,
                   barcode=str(node.get("barcode") or "").strip(), image=images[0] if images else None,
                   weight=_weight(_part(_part(_part(node, "inventoryItem"), "measurement"), "weight")))


def _images(media: Iterable[Mapping[str, Any]]) -> tuple[Image, ...]:
    """Pictures that are ready, in Shopify's order; one that is still worked on has no address yet."""
    ready = [one for one in media if one.get("mediaContentType", "IMAGE") == "IMAGE" and one.get("status", "READY") == "READY"
             and _part(one, "image").get("url")]
    return tuple(Image(str(one["image"]["url"]), place, str(one.get("alt") or "")) for place, one in enumerate(ready))


def _weight(given: Mapping[str, Any]) -> Measure | None:
    value = _number(given.get("value"))
    unit = _UNITS.get(str(given.get("unit") or ""))
    return Measure(value, unit) if value and unit else None


def _attributes(metafields: Iterable[Mapping[str, Any]], catalogue: Catalogue) -> dict[str, str]:
    """Metafields in words, by the name that the merchant gave them; the one that stands for the category is none."""
    found = {}
    for one in metafields:
        place = (str(one.get("namespace") or ""), str(one.get("key") or ""))
        if catalogue.category_source == METAFIELD and place == catalogue.metafield:
            continue
        words = ", ".join(_words(one))
        if words:
            found[catalogue.names.get(place) or place[1].replace("_", " ").replace("-", " ").strip().capitalize()] = words
    return found


def _words(metafield: Mapping[str, Any]) -> list[str]:
    """A metafield's value, or values, in words; nothing for what holds none. The value is always a text on the wire."""
    kind, text = str(metafield.get("type") or ""), str(metafield.get("value") or "").strip()
    plain = kind.removeprefix("list.")
    if not text or plain.endswith(_WORDLESS):
        return []
    values: list[Any] = [text]
    if kind.startswith("list.") or plain in _MEASURES:
        try:
            read = json.loads(text, parse_float=str, parse_int=str)
        except (ValueError, RecursionError):
            return []
        values = read if isinstance(read, list) else [read]
    return [words for one in values if (words := _word(plain, one))]


def _word(kind: str, value: Any) -> str:
    if kind in _MEASURES:
        return f"{value.get('value', '')} {str(value.get('unit', '')).lower().replace('_', ' ')}".strip() if isinstance(value, Mapping) else ""
    if kind == "boolean":
        return {"true": "Yes", "false": "No"}.get(str(value).lower(), "")
    return value.strip() if isinstance(value, str) else ""


# -- categories


def _categories(node: Mapping[str, Any], metafields: Iterable[Mapping[str, Any]], catalogue: Catalogue) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if catalogue.category_source == PRODUCT_CATEGORY:
        category = _part(node, "category")
        return ((number(category["id"]),), (path_of(category),)) if category else ((), ())
    if catalogue.category_source == METAFIELD:
        words = [word for one in metafields if (one.get("namespace"), one.get("key")) == catalogue.metafield for word in _words(one)]
    else:
        words = [str(node.get("productType") or "").strip()]
    words = list(dict.fromkeys(filter(None, words)))
    return tuple(category_id(one) for one in words), tuple(words)


def category_id(words: str) -> str:
    """What a category is known by where Shopify has only its words: these, shortened where they are long."""
    if len(words) <= _LONGEST_ID:
        return words
    return f"{words[:40]}…{hashlib.sha256(words.encode()).hexdigest()[:20]}"


def plain_category(words: str) -> StoreCategory:
    """A product type or a metafield's value: a category without parents."""
    return StoreCategory(category_id(words), "", words, words)


def values_of(metafield: Mapping[str, Any]) -> list[str]:
    """The categories that a product's metafield names."""
    return _words(metafield)


def path_of(category: Mapping[str, Any]) -> str:
    """``Apparel & Accessories / Clothing``: Shopify writes it with ``>``."""
    return " / ".join(part.strip() for part in str(category.get("fullName") or category.get("name") or "").split(" > "))


def taxonomy_category(node: Mapping[str, Any]) -> StoreCategory:
    """A category of Shopify's standard taxonomy."""
    return StoreCategory(number(node["id"]), number(node.get("parentId")), str(node.get("name") or ""), path_of(node))


# -- prices and stock


def offer(variant: Mapping[str, Any], owner: Mapping[str, Any], scope: str, currency: str, tax_included: bool) -> Offer:
    """What a variant costs and how many can be sold. ``owner`` has the product's id and status.

    A price to strike through counts only above the price (contracts/shopify.md 9). Without a stock count a variant never runs out.
    """
    price = decimal_of(variant.get("price"))
    compare_at = decimal_of(variant.get("compareAtPrice"))
    is_reduced = compare_at > price
    item = _part(variant, "inventoryItem")
    return Offer(
        ref=VariantRef(number(owner["id"]), number(variant["id"]), str(variant.get("sku") or "").strip()), scope=scope,
        price=compare_at if is_reduced else price, effective_price=price, currency=currency, tax_included=tax_included,
        salable=ENDLESS if item.get("tracked") is False else max(0, _available(variant, item, scope)),
        compare_at=compare_at if is_reduced else None, backorders=variant.get("inventoryPolicy") == "CONTINUE",
        active=owner.get("status") in ("ACTIVE", "UNLISTED"))


def _available(variant: Mapping[str, Any], item: Mapping[str, Any], scope: str) -> int:
    """Of one location what stands there; of all what the locations that fulfil online orders have together."""
    if not scope.startswith(LOCATION):
        return int(variant.get("sellableOnlineQuantity") or 0)
    level = _part(item, "inventoryLevel")
    if not level or level.get("isActive") is False:
        return 0
    return sum(int(one.get("quantity") or 0) for one in level.get("quantities") or () if one.get("name") == "available")


def digest_row(variant: Mapping[str, Any], scope: str, currency: str, tax_included: bool) -> DigestRow:
    """A variant with the hash of its offer."""
    found = offer(variant, _part(variant, "product"), scope, currency, tax_included)
    return DigestRow(found.ref.product_id, found.ref.variant_id, found.ref.sku, offer_hash(found))


def _number(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def _part(value: Any, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}

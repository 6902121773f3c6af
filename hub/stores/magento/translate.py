"""Magento's JSON as values: products, attributes, categories, times (contracts/magento.md 4). Pure."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.domain.products import Dimensions, Image, Measure, Product, ProductKind, StoreCategory, Variant
from hub.stores.magento.settings import MagentoKeys

_KINDS = {"simple": ProductKind.SIMPLE, "configurable": ProductKind.CONFIGURABLE, "virtual": ProductKind.VIRTUAL,
          "downloadable": ProductKind.VIRTUAL, "bundle": ProductKind.BUNDLE, "grouped": ProductKind.GROUPED}
_WEIGHT_UNITS = {"kgs": "kg", "lbs": "lb"}
ENABLED = 1


@dataclass(frozen=True, slots=True)
class Attribute:
    """A product attribute: its label, how it is filled in, and the words of its options by id."""

    attribute_id: str
    code: str
    label: str
    input: str
    is_own: bool
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What a product's JSON leaves out: units, addresses, attributes, categories."""

    keys: MagentoKeys
    media_url: str
    base_url: str
    weight_unit: str
    attributes: Mapping[str, Attribute]
    paths: Mapping[str, str]


def attribute(row: Mapping[str, Any]) -> Attribute:
    """One attribute of the list; the empty first option is left out."""
    options = {str(one["value"]): plain(one["label"]) for one in row.get("options") or ()
               if str(one.get("value", "")).strip() and str(one.get("label", "")).strip()}
    return Attribute(str(row["attribute_id"]), str(row["attribute_code"]),
                     str(row.get("default_frontend_label") or row["attribute_code"]), str(row.get("frontend_input") or "text"),
                     bool(row.get("is_user_defined")), options)


def categories(root: Mapping[str, Any]) -> list[StoreCategory]:
    """The tree, parents first, without the root that no shopper sees."""
    found: list[StoreCategory] = []

    def walk(node: Mapping[str, Any], above: str) -> None:
        for child in node.get("children_data") or ():
            path = f"{above} / {child['name']}" if above else str(child["name"])
            parent = str(child["parent_id"]) if above else ""
            found.append(StoreCategory(str(child["id"]), parent, str(child["name"]), path))
            walk(child, path)

    walk(root, "")
    return found


def axes(row: Mapping[str, Any], shop: Shop) -> list[Attribute]:
    """The attributes in which a configurable's children differ, in the store's order."""
    by_id = {one.attribute_id: one for one in shop.attributes.values()}
    options = sorted(_extension(row).get("configurable_product_options") or (), key=lambda one: int(one.get("position") or 0))
    found = []
    for one in options:
        known = by_id.get(str(one["attribute_id"]))
        if known is not None:
            label = str(one.get("label") or known.label)
            found.append(Attribute(known.attribute_id, known.code, label, known.input, known.is_own, known.options))
    return found


def children_of(row: Mapping[str, Any]) -> list[str]:
    """Ids of a configurable's children."""
    return [str(one) for one in _extension(row).get("configurable_product_links") or ()]


def product(row: Mapping[str, Any], children: Sequence[Mapping[str, Any]], shop: Shop) -> Product:
    """A product with its variants. A simple product is its own only variant."""
    custom = custom_of(row)
    kind = _KINDS.get(str(row.get("type_id")), ProductKind.OTHER)
    differing = axes(row, shop)
    ids = _category_ids(row, custom, shop.paths)
    if kind is ProductKind.CONFIGURABLE:
        variants = tuple(_variant(child, differing, shop) for child in children)
    else:
        variants = (_variant(row, (), shop, with_image=False),)
    return Product(
        product_id=str(row["id"]), sku=str(row["sku"]), kind=kind, title=plain(row.get("name") or ""),
        description=str(custom.get("description") or custom.get("short_description") or ""), images=_images(row, shop),
        category_ids=ids, category_paths=tuple(shop.paths[one] for one in ids),
        brand=_words(shop.keys.brand_attribute, custom, shop), attributes=_attributes(custom, differing, shop),
        weight=_weight(row, shop), dimensions=_dimensions(custom, shop), variants=variants,
        active=int(row.get("status") or 0) == ENABLED, url=f"{shop.base_url}catalog/product/view/id/{row['id']}",
        created_at=moment(row.get("created_at")), updated_at=moment(row.get("updated_at")))


def plain(text: Any) -> str:
    """Names without HTML escapes: Magento keeps and prints ``LumaTech&trade;`` as typed, TikTok Shop refuses it in a title."""
    return html.unescape(str(text))


def custom_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Custom attributes by code. Numbers in there are strings, and so are option ids; the absent is absent."""
    return {str(one["attribute_code"]): one["value"] for one in row.get("custom_attributes") or ()}


def moment(text: Any) -> datetime | None:
    """``2026-11-20 12:00:00``, which is UTC."""
    if not text:
        return None
    try:
        return datetime.strptime(str(text)[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def stamp(when: datetime) -> str:
    """As a filter wants it: UTC without a zone."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _variant(row: Mapping[str, Any], differing: Iterable[Attribute], shop: Shop, *, with_image: bool = True) -> Variant:
    custom = custom_of(row)
    images = _images(row, shop) if with_image else ()
    options = {one.label: one.options.get(str(custom[one.code]), str(custom[one.code])) for one in differing if one.code in custom}
    return Variant(variant_id=str(row["id"]), sku=str(row["sku"]), options=options,
                   barcode=str(custom.get(shop.keys.barcode_attribute) or "").strip(), image=images[0] if images else None,
                   weight=_weight(row, shop), active=int(row.get("status") or 0) == ENABLED)


def _images(row: Mapping[str, Any], shop: Shop) -> tuple[Image, ...]:
    entries = [one for one in row.get("media_gallery_entries") or () if one.get("media_type") == "image" and not one.get("disabled")]
    entries.sort(key=lambda one: int(one.get("position") or 0))
    return tuple(Image(f"{shop.media_url}catalog/product/{str(one['file']).lstrip('/')}", place, str(one.get("label") or ""))
                 for place, one in enumerate(entries))


def _category_ids(row: Mapping[str, Any], custom: Mapping[str, Any], paths: Mapping[str, str]) -> tuple[str, ...]:
    """Categories that the tree knows, deepest first."""
    linked = [str(one["category_id"]) for one in _extension(row).get("category_links") or ()]
    given = custom.get("category_ids")
    known = [one for one in dict.fromkeys(linked or [str(one) for one in given or ()]) if one in paths]
    return tuple(sorted(known, key=lambda one: -paths[one].count(" / ")))


def _attributes(custom: Mapping[str, Any], differing: Sequence[Attribute], shop: Shop) -> dict[str, str]:
    """The merchant's own attributes in words, without the axes and without what has a field of its own."""
    keys = shop.keys
    taken = {one.code for one in differing} | {keys.barcode_attribute, keys.length_attribute, keys.width_attribute, keys.height_attribute}
    found = {}
    for code in custom:
        known = shop.attributes.get(code)
        if known is not None and known.is_own and code not in taken and (words := _words(code, custom, shop)):
            found[known.label] = words
    return found


def _words(code: str, custom: Mapping[str, Any], shop: Shop) -> str:
    value = custom.get(code)
    if value in (None, "", "no_selection"):
        return ""
    known = shop.attributes.get(code)
    if known is None:
        return str(value)
    if known.input == "boolean":
        return "Yes" if str(value) == "1" else "No"
    if known.input == "multiselect":
        parts = value if isinstance(value, list) else str(value).split(",")
        return ", ".join(known.options.get(str(one), str(one)) for one in parts)
    return known.options.get(str(value), str(value)) if known.input == "select" else str(value)


def _weight(row: Mapping[str, Any], shop: Shop) -> Measure | None:
    value = _number(row.get("weight"))
    return Measure(value, _WEIGHT_UNITS.get(shop.weight_unit, "lb")) if value else None


def _dimensions(custom: Mapping[str, Any], shop: Shop) -> Dimensions | None:
    keys = shop.keys
    length, width, height = (_number(custom.get(code)) for code in (keys.length_attribute, keys.width_attribute, keys.height_attribute))
    return Dimensions(length, width, height, keys.dimension_unit) if length and width and height else None


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _extension(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = row.get("extension_attributes")
    return found if isinstance(found, Mapping) else {}

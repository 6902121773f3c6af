"""PrestaShop's JSON as values: products, combinations, categories, local times (contracts/prestashop.md 2.3, 3). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from hub.domain.products import Dimensions, Image, Measure, Product, ProductKind, StoreCategory, Variant

ROOT_DEPTH = 1  # 0 is the root, 1 is Home: no shopper's category


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What a product's JSON leaves out: units, zone, words of features and attributes, category paths."""

    base_url: str
    language: str
    zone: ZoneInfo
    weight_unit: str
    dimension_unit: str
    paths: Mapping[str, str]
    features: Mapping[str, str]
    feature_values: Mapping[str, str]
    groups: Mapping[str, str]
    values: Mapping[str, tuple[str, str]]


def words(value: Any, language: str) -> str:
    """A text in one language: a plain string where the shop has one language, else a list of ``{id, value}``."""
    if isinstance(value, list):
        found = {str(one.get("id")): str(one.get("value") or "") for one in value if isinstance(one, Mapping)}
        return found.get(language) or next((one for one in found.values() if one), "")
    return "" if value in (None, False) else str(value)


def moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """A shop-local time as UTC; None for ``0000-00-00 00:00:00``."""
    text = str(value or "")[:19]
    if not text or text.startswith("0000"):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


def stamp(when: datetime, zone: ZoneInfo) -> str:
    """As a filter wants it: the shop's local time."""
    return when.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def number(value: Any) -> Decimal:
    """An amount or a size; zero for what is none."""
    try:
        found = Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def is_on(value: Any) -> bool:
    """PrestaShop's yes: 1, "1" or true."""
    return value is True or str(value) == "1"


def categories(rows: Sequence[Mapping[str, Any]], language: str) -> list[StoreCategory]:
    """The tree below Home, parents first."""
    by_id = {str(row["id"]): row for row in rows}

    def way(number_: str, seen: tuple[str, ...] = ()) -> list[str]:
        row = by_id.get(number_)
        if row is None or number_ in seen or int(row.get("level_depth") or 0) <= ROOT_DEPTH:
            return []
        return [*way(str(row["id_parent"]), (*seen, number_)), words(row["name"], language)]

    found = []
    for number_, row in by_id.items():
        if int(row.get("level_depth") or 0) > ROOT_DEPTH:
            parent = by_id.get(str(row["id_parent"]))
            is_top = parent is None or int(parent.get("level_depth") or 0) <= ROOT_DEPTH
            found.append(StoreCategory(number_, "" if is_top else str(row["id_parent"]), words(row["name"], language), " / ".join(way(number_))))
    return sorted(found, key=lambda one: (one.path.count(" / "), int(one.category_id)))


def product(row: Mapping[str, Any], combinations: Sequence[Mapping[str, Any]], shop: Shop) -> Product:
    """A product with its variants. Without combinations it is its own only variant, under its own id."""
    weight = number(row.get("weight"))
    is_active = is_on(row.get("active"))
    if combinations:
        kind = ProductKind.CONFIGURABLE
        variants = tuple(_variant(one, row, weight, shop, is_active) for one in combinations)
    else:
        kind = {"pack": ProductKind.BUNDLE, "virtual": ProductKind.VIRTUAL}.get(
            str(row.get("product_type") or row.get("type") or ""), ProductKind.SIMPLE)
        if str(row.get("type")) in ("pack", "virtual"):
            kind = ProductKind.BUNDLE if row["type"] == "pack" else ProductKind.VIRTUAL
        variants = (Variant(variant_id=str(row["id"]), sku=str(row.get("reference") or ""), barcode=_barcode(row),
                            weight=_measure(weight, shop), active=is_active),)
    ids = _category_ids(row, shop.paths)
    maker = row.get("manufacturer_name")
    return Product(
        product_id=str(row["id"]), sku=str(row.get("reference") or ""), kind=kind, title=words(row.get("name"), shop.language),
        description=words(row.get("description"), shop.language) or words(row.get("description_short"), shop.language),
        images=tuple(Image(image_url(shop.base_url, str(one["id"])), place) for place, one in enumerate(_ordered_images(row))),
        category_ids=ids, category_paths=tuple(shop.paths[one] for one in ids), brand=str(maker) if maker else "",
        attributes=_features(row, shop), weight=_measure(weight, shop), dimensions=_dimensions(row, shop), variants=variants,
        active=is_active, url=f"{shop.base_url}index.php?controller=product&id_product={row['id']}",
        created_at=moment(row.get("date_add"), shop.zone), updated_at=moment(row.get("date_upd"), shop.zone))


def image_url(base_url: str, image_id: str) -> str:
    """The public address of a picture, which needs no key: ``img/p/1/2/12.jpg`` for id 12."""
    return f"{base_url}img/p/{'/'.join(image_id)}/{image_id}.jpg"


def listed(row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """An association; absent where it is empty."""
    associations = row.get("associations")
    found = associations.get(name) if isinstance(associations, Mapping) else None
    return list(found) if isinstance(found, list) else []


def _ordered_images(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    cover = str(row.get("id_default_image") or "")
    return sorted(listed(row, "images"), key=lambda one: str(one["id"]) != cover)


def _variant(row: Mapping[str, Any], parent: Mapping[str, Any], weight: Decimal, shop: Shop, is_active: bool) -> Variant:
    options = {}
    for one in listed(row, "product_option_values"):
        group, value = shop.values.get(str(one["id"]), ("", ""))
        if group in shop.groups:
            options[shop.groups[group]] = value
    images = listed(row, "images")
    image = Image(image_url(shop.base_url, str(images[0]["id"]))) if images and str(images[0]["id"]) not in ("", "0") else None
    return Variant(variant_id=str(row["id"]), sku=str(row.get("reference") or ""), options=options, barcode=_barcode(row), image=image,
                   weight=_measure(weight + number(row.get("weight")), shop), active=is_active)


def _barcode(row: Mapping[str, Any]) -> str:
    return next((str(row[name]).strip() for name in ("ean13", "upc", "isbn") if row.get(name) and str(row[name]).strip("0 ")), "")


def _category_ids(row: Mapping[str, Any], paths: Mapping[str, str]) -> tuple[str, ...]:
    """Deepest first; of equal depth the default category first."""
    default = str(row.get("id_category_default") or "")
    known = [one for one in dict.fromkeys(str(one["id"]) for one in listed(row, "categories")) if one in paths]
    return tuple(sorted(known, key=lambda one: (-paths[one].count(" / "), one != default)))


def _features(row: Mapping[str, Any], shop: Shop) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in listed(row, "product_features"):
        label, value = shop.features.get(str(one.get("id"))), shop.feature_values.get(str(one.get("id_feature_value")))
        if label and value:
            found[label] = f"{found[label]}, {value}" if label in found else value
    return found


def _measure(weight: Decimal, shop: Shop) -> Measure | None:
    return Measure(weight.normalize() + 0, shop.weight_unit) if weight > 0 else None


def _dimensions(row: Mapping[str, Any], shop: Shop) -> Dimensions | None:
    length, width, height = (number(row.get(name)).normalize() + 0 for name in ("depth", "width", "height"))
    return Dimensions(length, width, height, shop.dimension_unit) if length > 0 and width > 0 and height > 0 else None

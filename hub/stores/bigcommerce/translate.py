"""BigCommerce's catalogue as values: products, prices, stock (contracts/bigcommerce.md 3). Pure."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.domain.problems import Problem, problem
from hub.domain.products import Dimensions, Image, Measure, Offer, Product, ProductKind, StoreCategory, Variant, VariantRef

CATEGORY_FIELD = "category"
# What "tracking: none" sells: as many as TikTok Shop can be told.
ENDLESS = 99_999
_WEIGHTS = {"lbs": ("lb", 1), "lb": ("lb", 1), "pounds": ("lb", 1), "ounces": ("oz", 1), "oz": ("oz", 1), "kgs": ("kg", 1), "kg": ("kg", 1),
            "kilograms": ("kg", 1), "grams": ("g", 1), "g": ("g", 1), "tonnes": ("kg", 1000)}
_LENGTHS = {"inches": "in", "in": "in", "centimeters": "cm", "centimetres": "cm", "cm": "cm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What a product's row leaves out: units, currency, tax, brands, and whether unpurchasable products come along."""

    currency: str
    tax_included: bool
    weight_unit: str
    length_unit: str
    secure_url: str
    sync_unpurchasable: bool = False
    brands: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Price:
    """A variant's prices: the regular one, what a guest pays now, and what is struck through."""

    regular: Decimal
    effective: Decimal
    compare_at: Decimal | None


def product(row: Mapping[str, Any], shop: Shop, required: Sequence[str] = ()) -> Product:
    """A product with its variants. ``required`` are the names of modifiers that a buyer must fill in."""
    variants = [one for one in row.get("variants") or () if isinstance(one, Mapping)]
    is_simple = len(variants) <= 1 and not any(one.get("option_values") for one in variants)
    kind = ProductKind.CONFIGURABLE if not is_simple else ProductKind.VIRTUAL if row.get("type") == "digital" else ProductKind.SIMPLE
    paths = category_paths(row)
    reason = "" if shop.sync_unpurchasable else unpurchasable(row)
    problems = [problem("product.not_for_sale", reason=reason)] if reason else []
    problems += [problem("product.needs_answer", name=name) for name in required]
    tracking = str(row.get("inventory_tracking") or "none")
    return Product(
        product_id=str(row["id"]), sku=str(row.get("sku") or (variants[0].get("sku") if is_simple and variants else "") or ""), kind=kind,
        title=html.unescape(str(row.get("name") or "")), description=str(row.get("description") or ""), images=images(row),
        category_ids=tuple(category_id(path) for path in paths), category_paths=paths,
        brand=shop.brands.get(int(row.get("brand_id") or 0), ""), attributes=_attributes(row), weight=_weight(row.get("weight"), shop),
        dimensions=_dimensions(row, shop), variants=tuple(_variant(one, row, shop) for one in variants),
        active=bool(row.get("is_visible", True)) and not reason, url=_url(row, shop), created_at=moment(row.get("date_created")),
        updated_at=moment(row.get("date_modified")), problems=tuple(problems), warnings=_warnings(tracking, paths),
        stock_synced=tracking != "product")


def _warnings(tracking: str, paths: Sequence[str]) -> tuple[Problem, ...]:
    """BIG-04 and BIG-05: what the merchant must set before the pull."""
    found = []
    if tracking == "product":
        found.append(problem("stock.not_synced", raw="inventory_tracking:product"))
    if tracking == "none":
        found.append(problem("field.missing", name="Inventory", raw="inventory_tracking:none"))
    if not paths:
        found.append(problem("field.missing", name="Category", raw="custom_fields:Category"))
    return tuple(found)


def unpurchasable(row: Mapping[str, Any]) -> str:
    """Why nobody can buy the product in the store; "" where somebody can."""
    if row.get("availability") == "disabled":
        return "it can't be purchased online"
    if row.get("is_price_hidden"):
        return "its price is hidden"
    variants = [one for one in row.get("variants") or () if isinstance(one, Mapping)]
    if variants and all(one.get("purchasing_disabled") for one in variants):
        return "purchasing is disabled" if len(variants) == 1 else "purchasing is disabled for all of its variants"
    return ""


def _variant(one: Mapping[str, Any], row: Mapping[str, Any], shop: Shop) -> Variant:
    options = {str(value.get("option_display_name") or ""): str(value.get("label") or "") for value in one.get("option_values") or ()}
    weight = one.get("weight") if one.get("weight") is not None else row.get("weight")
    picture = str(one.get("image_url") or "")
    is_base = not options
    codes = [one.get("gtin"), one.get("upc"), *((row.get("gtin"), row.get("upc")) if is_base else ())]
    return Variant(
        variant_id=str(one["id"]), sku=str(one.get("sku") or (row.get("sku") if is_base else "") or ""), options=options,
        barcode=next((str(code).strip() for code in codes if code and str(code).strip()), ""), image=Image(picture) if picture else None,
        weight=_weight(weight, shop), active=is_bought(one, shop))


def is_bought(variant: Mapping[str, Any], shop: Shop) -> bool:
    """Whether this variant can be bought in the store, or comes along all the same."""
    return shop.sync_unpurchasable or not variant.get("purchasing_disabled")


def images(row: Mapping[str, Any]) -> tuple[Image, ...]:
    """The largest form of each picture, the thumbnail's first."""
    found = [one for one in row.get("images") or () if isinstance(one, Mapping) and (one.get("url_zoom") or one.get("url_standard"))]
    found.sort(key=lambda one: (not one.get("is_thumbnail"), int(one.get("sort_order") or 0), int(one.get("id") or 0)))
    return tuple(Image(str(one.get("url_zoom") or one["url_standard"]), place, str(one.get("description") or "")) for place, one in enumerate(found))


# -- categories: the values of the custom field "Category" (BIG-06)


def category_paths(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of the custom field; one may hold a path (``Clothing / Shirts``)."""
    values = [_path(one.get("value")) for one in row.get("custom_fields") or () if _is_category(one)]
    return tuple(dict.fromkeys(value for value in values if value))


def categories(rows: Iterable[Mapping[str, Any]]) -> list[StoreCategory]:
    """Each value that is in use, with the levels above it, parents first."""
    found: dict[str, StoreCategory] = {}
    for path in sorted({path for row in rows for path in category_paths(row)}):
        above = ""
        for part in path.split(" / "):
            here = f"{above} / {part}" if above else part
            found.setdefault(here, StoreCategory(category_id(here), category_id(above) if above else "", part, here))
            above = here
    return list(found.values())


def category_id(path: str) -> str:
    """The value itself, or its hash where it is longer than an id may be."""
    return path if len(path) <= 64 else hashlib.sha256(path.encode()).hexdigest()


def _is_category(one: Any) -> bool:
    return isinstance(one, Mapping) and str(one.get("name") or "").strip().casefold() == CATEGORY_FIELD


def _path(value: Any) -> str:
    return " / ".join(part for part in (one.strip() for one in html.unescape(str(value or "")).split("/")) if part)


def _attributes(row: Mapping[str, Any]) -> dict[str, str]:
    return {str(one["name"]).strip(): str(one["value"]).strip() for one in row.get("custom_fields") or ()
            if isinstance(one, Mapping) and not _is_category(one) and str(one.get("name") or "").strip() and str(one.get("value") or "").strip()}


# -- prices and stock


def price_of(variant: Mapping[str, Any], row: Mapping[str, Any]) -> Price:
    """By 3.4. What a guest pays is the store's own ``calculated_price``; where it is absent, the first of the variant's sale price,
    its price, the product's sale price, its price. The regular price is struck through where it is higher, else a higher retail price."""
    regular = amount(_first(variant.get("price"), row.get("price")))
    retail = amount(_first(variant.get("retail_price"), row.get("retail_price")))
    effective = amount(variant.get("calculated_price"))
    if effective <= 0:
        # 0 is no sale price; null inherits.
        sales = (amount(variant.get("sale_price")), amount(variant.get("price")), amount(row.get("sale_price")))
        effective = next((one for one in sales if one > 0), regular)
    compare_at = next((one for one in (regular, retail) if one > effective), None)
    return Price(max(regular, effective), effective, compare_at)


def offers(row: Mapping[str, Any], stock: Mapping[int, int], scope: str, shop: Shop) -> list[Offer]:
    """All variants of a product. ``stock``: what can be sold now by variant id; endless where nothing is tracked, none where it is
    tracked by product (BIG-04)."""
    tracking = str(row.get("inventory_tracking") or "none")
    is_on = bool(row.get("is_visible", True)) and (shop.sync_unpurchasable or not unpurchasable(row))
    found = []
    for one in row.get("variants") or ():
        price = price_of(one, row)
        salable = ENDLESS if tracking == "none" else stock.get(int(one["id"]), 0) if tracking == "variant" else 0
        sku = str(one.get("sku") or ("" if one.get("option_values") else row.get("sku")) or "")
        found.append(Offer(
            ref=VariantRef(str(row["id"]), str(one["id"]), sku), scope=scope, price=price.regular, effective_price=price.effective,
            currency=shop.currency, tax_included=shop.tax_included, salable=salable, compare_at=price.compare_at,
            active=is_on and is_bought(one, shop)))
    return found


def available(item: Mapping[str, Any], location: str = "") -> int:
    """What can be sold of an item of ``/v3/inventory/items``: at one location, or at all that are enabled."""
    total = 0
    for one in item.get("locations") or ():
        if location and str(one.get("location_id")) != location:
            continue
        if one.get("location_enabled", True):
            total += max(int(one.get("available_to_sell") or 0), 0)
    return total


# -- small things


def amount(value: Any) -> Decimal:
    """A price as an exact number; nothing is zero."""
    try:
        number = Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)


def moment(text: Any) -> datetime | None:
    """``2026-11-20T12:00:00+00:00``; UTC where no zone is named."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) and text else None
    except ValueError:
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def stamp(when: datetime) -> str:
    """As a filter wants it: a full timestamp, or the server adds its own time of day to the date (3.1)."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _first(*values: Any) -> Any:
    return next((one for one in values if one is not None), None)


def _weight(value: Any, shop: Shop) -> Measure | None:
    unit, times = _WEIGHTS.get(shop.weight_unit.strip().casefold(), ("lb", 1))
    number = amount(value)
    return Measure(number * times, unit) if number > 0 else None


def _dimensions(row: Mapping[str, Any], shop: Shop) -> Dimensions | None:
    length, width, height = (amount(row.get(name)) for name in ("depth", "width", "height"))
    unit = _LENGTHS.get(shop.length_unit.strip().casefold(), "in")
    return Dimensions(length, width, height, unit) if length > 0 and width > 0 and height > 0 else None


def _url(row: Mapping[str, Any], shop: Shop) -> str:
    custom = row.get("custom_url")
    path = str(custom.get("url") or "") if isinstance(custom, Mapping) else ""
    return f"{shop.secure_url.rstrip('/')}/{path.lstrip('/')}" if path else ""

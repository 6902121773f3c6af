"""A store's product as a TikTok Shop listing, or everything that keeps it from being one (PRD-13, ERR-03, ERR-04).

Limits are those of ``contracts/tiktok_shop.md`` 7. They are checked here, although TikTok Shop refuses loudly too, so that
a person sees all problems at once and not one a push.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from hub.domain.categories import Attribute, Category, CategoryRules
from hub.domain.listings import Draft, DraftSku
from hub.domain.money import rounded
from hub.domain.problems import Problem, problem
from hub.domain.products import Image, Measure, Offer, Product, ProductKind, Variant
from hub.rules.attributes import answer_attributes, certificate_problems, sales_attributes
from hub.rules.precedence import Chosen
from hub.rules.units import centimetres, kilograms, of_one_system

_TITLE_LIMIT = {"DE": 255, "ES": 255, "FR": 255, "IE": 255, "IT": 255, "JP": 255, "GB": 255, "US": 255}
_SKU_LIMIT = {"BR": 300, "DE": 300, "ES": 300, "FR": 300, "IE": 300, "IT": 300, "JP": 300, "MX": 300, "GB": 300, "US": 300}
_PRICES = {"BR": ("0.5", "10000"), "DE": ("0.01", "6300"), "FR": ("0.01", "6300"), "IT": ("0.01", "6300"), "ES": ("0.01", "6300"),
           "IE": ("0.01", "6300"), "GB": ("0.01", "5600"), "US": ("0.01", "7600"), "MX": ("1", "50000"), "JP": ("1", "500000"),
           "ID": ("100", "100000000"), "MY": ("0.01", "320000"), "PH": ("0.01", "400000"), "SG": ("0.01", "10000"),
           "TH": ("30", "260000"), "VN": ("1", "180000000")}
_DESCRIPTION_LIMIT = 10_000
_IMAGES = 9
_OPTIONS = 3
_SELLABLE = {ProductKind.SIMPLE, ProductKind.CONFIGURABLE, ProductKind.VIRTUAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Everything a draft rests on besides the product: the category and what product, category and store level chose.

    ``offers`` and ``stock`` by variant id. ``package``: length, width, height (whole numbers), weight as text.
    ``own_weight``: the weight was set on this very product here, so it goes before the store's; else it is a default.
    """

    region: str
    currency: str
    warehouse_id: str
    category: Category | None
    category_name: str
    store_category: str
    attributes: Sequence[Attribute] = ()
    rules: CategoryRules = field(default_factory=CategoryRules)
    values: Mapping[str, Chosen] = field(default_factory=dict)
    brand_id: str = ""
    title: str = ""
    description: str = ""
    package: tuple[int, int, int] | None = None
    dimension_unit: str = "CENTIMETER"
    weight: str = ""
    weight_unit: str = "KILOGRAM"
    own_weight: bool = False
    barcode_type: str = ""
    offers: Mapping[str, Offer] = field(default_factory=dict)
    stock: Mapping[str, int] = field(default_factory=dict)
    tiktok_sku_ids: Mapping[str, str] = field(default_factory=dict)


def draft_listing(product: Product, ground: Ground) -> Draft | list[Problem]:
    """The listing, or all its problems at once."""
    problems: list[Problem] = []
    if product.kind not in _SELLABLE:
        return [problem("product.kind", kind=product.kind.value)]
    title = ground.title or product.title.strip()
    description = ground.description or product.description
    problems += _text_problems(title, description, ground.region)
    problems += product.problems
    if not product.active and not product.problems:
        problems.append(problem("product.inactive"))
    if not product.images:
        problems.append(problem("images.missing"))
    if not ground.warehouse_id:
        problems.append(problem("warehouse.missing"))
    variants = [one for one in product.variants if one.active]
    if variants or product.active:      # a product that is off as a whole needs no second reason
        problems += _variant_problems(variants, ground.region)
    values: dict[str, tuple[tuple[str, str], ...]] = {}
    if ground.category is None:
        problems.append(problem("category.missing", category=ground.store_category or "this product"))
    elif not ground.category.can_hold_products:
        problems.append(problem("category.not_leaf", category=ground.category_name))
    else:
        values, missing = answer_attributes(product, ground.attributes, ground.values, category=ground.category_name)
        problems += missing
        problems += certificate_problems(ground.rules, values)
        if ground.rules.size_chart_required:
            problems.append(problem("size_chart.missing", category=ground.category_name))
    package = ground.package or centimetres(product.dimensions)
    dimension_unit = ground.dimension_unit if ground.package else "CENTIMETER"
    if package is None and ground.region not in ("ID", "TH", "VN"):
        problems.append(problem("package.missing"))
    weight, weight_unit = kilograms(_weight(product, variants)), "KILOGRAM"
    if not weight or (ground.own_weight and ground.weight):
        weight, weight_unit = ground.weight, ground.weight_unit
    weight, weight_unit = of_one_system(weight, weight_unit, dimension_unit)
    if not weight:
        problems.append(problem("weight.missing"))
    skus, offer_problems = _skus(variants, ground)
    problems += offer_problems
    if problems:
        return problems
    assert ground.category is not None
    return Draft(
        title=title, description=description, category_id=ground.category.category_id, brand_id=ground.brand_id,
        image_urls=tuple(dict.fromkeys(image.url for image in product.images))[:_IMAGES], skus=tuple(skus),
        attributes=values, package=package, dimension_unit=dimension_unit, weight=weight, weight_unit=weight_unit,
        warehouse_id=ground.warehouse_id, external_product_id=product.product_id)


def _text_problems(title: str, description: str, region: str) -> list[Problem]:
    problems = []
    limit = _TITLE_LIMIT.get(region, 300 if region in ("BR", "MX") else 255)
    if not title:
        problems.append(problem("title.missing"))
    elif len(title) > limit:
        problems.append(problem("title.too_long", length=len(title), limit=limit))
    if not description.strip():
        problems.append(problem("description.missing"))
    elif len(description) > _DESCRIPTION_LIMIT:
        problems.append(problem("description.too_long", length=len(description), limit=_DESCRIPTION_LIMIT))
    return problems


def _variant_problems(variants: Sequence[Variant], region: str) -> list[Problem]:
    problems = []
    if not variants:
        return [problem("variants.none")]
    limit = _SKU_LIMIT.get(region, 100)
    if len(variants) > limit:
        problems.append(problem("variants.too_many", count=len(variants), limit=limit))
    if (options := max(len(one.options) for one in variants)) > _OPTIONS:
        problems.append(problem("options.too_many", count=options))
    times = Counter(one.sku for one in variants)
    for one in variants:
        name = " / ".join(one.options.values()) or one.sku or one.variant_id
        if not one.sku:
            problems.append(problem("sku.missing", name=name))
        elif times[one.sku] > 1:
            problems.append(problem("sku.double", name=name, sku=one.sku))
        elif len(one.sku) > 50 or any(letter.isspace() for letter in one.sku):
            problems.append(problem("sku.format", name=name, sku=one.sku))
        problems += [problem("option.too_long", name=label, value=value) for label, value in one.options.items() if len(value) > 50]
    return problems


def _skus(variants: Sequence[Variant], ground: Ground) -> tuple[list[DraftSku], list[Problem]]:
    problems, skus = [], []
    low, high = (Decimal(bound) for bound in _PRICES.get(ground.region, ("0.01", "99999999")))
    pictures = _sku_pictures(variants)
    times = Counter(one.barcode for one in variants)
    for one in variants:
        offer = ground.offers.get(one.variant_id)
        if offer is None or offer.effective_price <= 0:
            problems.append(problem("price.missing", sku=one.sku or one.variant_id))
            continue
        if ground.currency and offer.currency != ground.currency:
            problems.append(problem("price.currency", sku=one.sku, currency=offer.currency, expected=ground.currency))
            continue
        price = rounded(offer.effective_price, offer.currency)
        if not low <= price <= high:
            problems.append(problem("price.range", sku=one.sku, price=price, low=low, high=high))
            continue
        # TikTok Shop refuses a code that stands twice; none is better than no listing.
        barcode_type = barcode_kind(one.barcode, ground.barcode_type) if times[one.barcode] == 1 else ""
        skus.append(DraftSku(
            variant_id=one.variant_id, seller_sku=one.sku, price=price, currency=offer.currency,
            stock=ground.stock.get(one.variant_id, 0), sales_attributes=sales_attributes(one, ground.attributes, ground.values),
            barcode=one.barcode if barcode_type else "", barcode_type=barcode_type, image_url=pictures.get(one.variant_id, ""),
            tiktok_sku_id=ground.tiktok_sku_ids.get(one.variant_id, "")))
    return skus, problems


def _sku_pictures(variants: Sequence[Variant]) -> dict[str, str]:
    """Pictures by the first option, and only where each of its values has one: TikTok Shop takes all or none (contract 7)."""
    if any(not one.options or one.image is None for one in variants):
        return {}
    of_value: dict[str, Image] = {}
    for one in variants:
        assert one.image is not None
        of_value.setdefault(next(iter(one.options.values())), one.image)
    return {one.variant_id: of_value[next(iter(one.options.values()))].url for one in variants}


def _weight(product: Product, variants: Sequence[Variant]) -> Measure | None:
    """The product's own, else its heaviest variant's: TikTok Shop takes one weight for all. Zero is how stores say none."""
    if kilograms(product.weight):
        return product.weight
    weights = [one.weight for one in variants if one.weight is not None and kilograms(one.weight)]
    return max(weights, key=lambda one: Decimal(kilograms(one))) if weights else None


def barcode_kind(code: str, wanted: str = "") -> str:
    """TikTok's type of an identifier code: the one that the merchant says his codes have, else told by its digits (contract
    6: identifier code type); "" for a code that none of them can be."""
    if not (code.isascii() and code.isdigit()):
        return ""
    kind = {8: "EAN", 12: "UPC", 13: "EAN", 14: "GTIN"}.get(len(code), "")
    return (wanted or kind) if kind and _check_digit_holds(code) else ""


def _check_digit_holds(code: str) -> bool:
    digits = [int(digit) for digit in reversed(code)]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def fingerprint(draft: Draft) -> str:
    """What a push sends besides price and stock, in short: equal ones need no second push."""
    content = asdict(draft)
    for sku in content["skus"]:
        for name in ("price", "stock", "tiktok_sku_id"):
            sku.pop(name)
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()

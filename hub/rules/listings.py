"""A store's product as a TikTok Shop listing, or everything that keeps it from being one (PRD-13, ERR-03, ERR-04).

Limits are those of ``contracts/tiktok_shop.md`` 7, subject by subject in `hub.rules.checks`. They are checked here, although
TikTok Shop refuses loudly too, so that a person sees all problems at once and not one a push.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from hub.domain.categories import Attribute, Category, CategoryRules
from hub.domain.listings import Draft, DraftSku
from hub.domain.problems import Problem, problem
from hub.domain.products import Image, Measure, Offer, Picture, Product, ProductKind, Variant
from hub.rules.attributes import Answers, answer_attributes, certificate_problems, sales_axes
from hub.rules.checks.barcodes import barcodes_to_send
from hub.rules.checks.pictures import MOST as MOST_PICTURES
from hub.rules.checks.pictures import left_out, picture_problems
from hub.rules.checks.prices import price_problem, price_to_send
from hub.rules.checks.texts import clean_title, description_problems, title_problems
from hub.rules.checks.variants import Axes, name_of, variant_problems
from hub.rules.precedence import Chosen
from hub.rules.stock import LARGEST
from hub.rules.units import centimetres, kilograms, of_one_system, size_of_market, weight_of_market

_NO_PACKAGE = {"ID", "TH", "VN"}
_SELLABLE = {ProductKind.SIMPLE, ProductKind.CONFIGURABLE, ProductKind.VIRTUAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Everything a draft rests on besides the product: the category and what product, category and store level chose.

    ``offers`` and ``stock`` by variant id. ``package``: length, width, height (whole numbers), weight as text.
    ``own_weight``: the weight was set on this very product here, so it goes before the store's; else it is a default.
    ``warehouses``: the ids that TikTok Shop sells from, none where they are not known. ``pictures``: what is known of the
    files, by address.
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
    warehouses: frozenset[str] = frozenset()
    pictures: Mapping[str, Picture] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a look at a product: the listing, or everything that keeps it from being one. ``notes``: what is left out or
    made fit on the way; they hold nothing back."""

    draft: Draft | None
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()


def draft_listing(product: Product, ground: Ground) -> Draft | list[Problem]:
    """The listing, or all its problems at once."""
    checked = check_listing(product, ground)
    return checked.draft if checked.draft is not None else list(checked.problems)


def check_listing(product: Product, ground: Ground) -> Checked:
    """Looks at a product as TikTok Shop would, from what is known here: everything at once, nothing is sent (PRD-13)."""
    if product.kind not in _SELLABLE:
        return Checked(None, (problem("product.kind", kind=product.kind.value),))
    problems: list[Problem] = []
    notes: list[Problem] = []
    title, description = clean_title(ground.title or product.title), ground.description or product.description
    problems += title_problems(title, ground.region)
    problems += description_problems(description, ground.region)
    problems += product.problems
    if not product.active and not product.problems:
        problems.append(problem("product.inactive"))
    problems += _warehouse_problems(ground)
    variants = [one for one in product.variants if one.active]
    axes = sales_axes(variants, ground.attributes, ground.values)
    if variants or product.active:      # a product that is off as a whole needs no second reason
        problems += variant_problems(variants, axes, ground.tiktok_sku_ids, ground.region)
    urls = list(dict.fromkeys(image.url for image in product.images))
    if not urls:
        problems.append(problem("images.missing"))
    pictures, picture_notes = _sku_pictures(variants)
    notes += [*left_out(urls), *picture_notes]
    of_variants = {name_of(one): pictures[one.variant_id] for one in variants if one.variant_id in pictures}
    problems += picture_problems(urls[:MOST_PICTURES], of_variants, ground.pictures)
    answers, category_problems = _asked_by_category(product, ground)
    problems += category_problems
    notes += answers.notes
    package, dimension_unit, weight, weight_unit = _package(product, variants, ground)
    problems += _package_problems(package, weight, ground.region)
    price_problems = (price_problem(one, ground.offers.get(one.variant_id), ground.region, ground.currency) for one in variants)
    problems += [one for one in price_problems if one is not None]
    codes, barcode_notes = barcodes_to_send(variants, ground.barcode_type, {one.variant_id: name_of(one) for one in variants})
    notes += barcode_notes
    if problems:
        return Checked(None, tuple(problems), tuple(notes))
    assert ground.category is not None
    draft = Draft(
        title=title, description=description, category_id=ground.category.category_id, brand_id=ground.brand_id,
        image_urls=tuple(urls[:MOST_PICTURES]), skus=tuple(_sku(one, ground, axes, codes, pictures) for one in variants),
        attributes=answers.values, package=package, dimension_unit=dimension_unit, weight=weight, weight_unit=weight_unit,
        warehouse_id=ground.warehouse_id, external_product_id=product.product_id)
    return Checked(draft, (), tuple(notes))


def _warehouse_problems(ground: Ground) -> list[Problem]:
    if not ground.warehouse_id:
        return [problem("warehouse.missing")]
    return [problem("warehouse.gone")] if ground.warehouses and ground.warehouse_id not in ground.warehouses else []


def _asked_by_category(product: Product, ground: Ground) -> tuple[Answers, list[Problem]]:
    """What the category asks for, answered; and what is missing, or wrong with the category itself."""
    nothing = Answers({}, [], [])
    if ground.category is None:
        return nothing, [problem("category.missing", category=ground.store_category or "this product")]
    if not ground.category.is_leaf:
        return nothing, [problem("category.not_leaf", category=ground.category_name)]
    if not ground.category.can_hold_products:
        return nothing, [problem("category.closed", category=ground.category_name)]
    answers = answer_attributes(product, ground.attributes, ground.values, category=ground.category_name, region=ground.region)
    problems = [*answers.problems, *certificate_problems(ground.rules, answers.values)]
    if ground.rules.size_chart_required:
        problems.append(problem("size_chart.missing", category=ground.category_name))
    return answers, problems


def _package(product: Product, variants: Sequence[Variant], ground: Ground) -> tuple[tuple[int, int, int] | None, str, str, str]:
    """Size, its unit, weight, its unit, as this market takes them."""
    size, dimension_unit = centimetres(product.dimensions), "CENTIMETER"
    if ground.package:
        size, dimension_unit = size_of_market(ground.package, ground.dimension_unit, ground.region)
    weight, weight_unit = kilograms(_weight(product, variants)), "KILOGRAM"
    if not weight or (ground.own_weight and ground.weight):
        weight, weight_unit = weight_of_market(ground.weight, ground.weight_unit, ground.region, dimension_unit)
    return size, dimension_unit, *of_one_system(weight, weight_unit, dimension_unit)


def _package_problems(package: tuple[int, int, int] | None, weight: str, region: str) -> list[Problem]:
    problems = []
    if package is None and region not in _NO_PACKAGE:
        problems.append(problem("package.missing"))
    if package is not None and min(package) <= 0:
        problems.append(problem("package.size", size=" × ".join(str(side) for side in package)))
    return problems if weight else [*problems, problem("weight.missing")]


def _sku(variant: Variant, ground: Ground, axes: Mapping[str, Axes], codes: Mapping[str, tuple[str, str]], pictures: Mapping[str, str]) -> DraftSku:
    offer = ground.offers[variant.variant_id]
    barcode, barcode_type = codes.get(variant.variant_id, ("", ""))
    return DraftSku(
        variant_id=variant.variant_id, seller_sku=variant.sku, price=price_to_send(offer.effective_price, offer.currency),
        currency=offer.currency, stock=max(0, min(ground.stock.get(variant.variant_id, 0), LARGEST)), sales_attributes=axes[variant.variant_id],
        barcode=barcode, barcode_type=barcode_type, image_url=pictures.get(variant.variant_id, ""),
        tiktok_sku_id=ground.tiktok_sku_ids.get(variant.variant_id, ""))


def _sku_pictures(variants: Sequence[Variant]) -> tuple[dict[str, str], list[Problem]]:
    """Pictures by the first option, and only where each of its values has one: TikTok Shop takes all or none (contract 7)."""
    if any(not one.options for one in variants):
        return {}, []
    if any(one.image is None for one in variants):
        some = next((one for one in variants if one.image is not None), None)
        return {}, [problem("images.of_variants", name=next(iter(some.options)))] if some is not None else []
    of_value: dict[str, Image] = {}
    for one in variants:
        assert one.image is not None
        of_value.setdefault(next(iter(one.options.values())), one.image)
    return {one.variant_id: of_value[next(iter(one.options.values()))].url for one in variants}, []


def _weight(product: Product, variants: Sequence[Variant]) -> Measure | None:
    """The product's own, else its heaviest variant's: TikTok Shop takes one weight for all. Zero is how stores say none."""
    if kilograms(product.weight):
        return product.weight
    weights = [one.weight for one in variants if one.weight is not None and kilograms(one.weight)]
    return max(weights, key=lambda one: Decimal(kilograms(one))) if weights else None


def fingerprint(draft: Draft) -> str:
    """What a push sends besides price and stock, in short: equal ones need no second push."""
    content = asdict(draft)
    for sku in content["skus"]:
        for name in ("price", "stock", "tiktok_sku_id"):
            sku.pop(name)
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()

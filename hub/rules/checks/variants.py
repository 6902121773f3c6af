"""Variants: their SKUs, and the options that tell them apart (contract 7, 9)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from hub.domain.problems import Problem, problem
from hub.domain.products import Variant
from hub.rules.checks.texts import odd_letters

Axes = tuple[tuple[str, str, str, str], ...]
_MANY = 300
_SKU_LIMIT = dict.fromkeys(("BR", "DE", "ES", "FR", "IE", "IT", "JP", "MX", "GB", "US"), _MANY)
_USUAL_SKU_LIMIT = 100
_LONGEST_SKU = _LONGEST_VALUE = 50
_OPTIONS = 3


def name_of(variant: Variant) -> str:
    """A variant as a person knows it: what it is, else its SKU, else its id."""
    return " / ".join(filter(None, variant.options.values())) or variant.sku or variant.variant_id


def variant_problems(variants: Sequence[Variant], axes: Mapping[str, Axes], sku_ids: Mapping[str, str], region: str) -> list[Problem]:
    """Everything that keeps these variants from being SKUs of one product. ``axes``: their options as they are sent, by variant
    id; ``sku_ids``: TikTok's SKU of each that has one."""
    if not variants:
        return [problem("variants.none")]
    problems = []
    limit = _SKU_LIMIT.get(region, _USUAL_SKU_LIMIT)
    if len(variants) > limit:
        problems.append(problem("variants.too_many", count=len(variants), limit=limit))
    if (options := max(len(one.options) for one in variants)) > _OPTIONS:
        problems.append(problem("options.too_many", count=options))
    return problems + _sku_problems(variants, sku_ids) + _letters(variants, region) + _axis_problems(variants, axes)


def _sku_problems(variants: Sequence[Variant], sku_ids: Mapping[str, str]) -> list[Problem]:
    problems = []
    times = Counter(one.sku for one in variants)
    mapped = Counter(sku_ids[one.variant_id] for one in variants if sku_ids.get(one.variant_id))
    for one in variants:
        if not one.sku:
            problems.append(problem("sku.missing", name=name_of(one)))
        elif times[one.sku] > 1:
            problems.append(problem("sku.double", name=name_of(one), sku=one.sku))
        elif len(one.sku) > _LONGEST_SKU or any(letter.isspace() for letter in one.sku):
            problems.append(problem("sku.format", name=name_of(one), sku=one.sku))
        if mapped[sku_ids.get(one.variant_id, "")] > 1:
            problems.append(problem("sku.mapped_twice", name=name_of(one), id=sku_ids[one.variant_id]))
    return problems


def _letters(variants: Sequence[Variant], region: str) -> list[Problem]:
    """What is wrong in the words: each option's name once, each value at its variant."""
    problems = []
    for label in dict.fromkeys(label for one in variants for label in one.options):
        if not label.strip():
            problems.append(problem("option.no_name"))
        elif what := odd_letters(label, region):
            problems.append(problem("option.name", name=label, what=what))
    for one in variants:
        for label, value in one.options.items():
            if not value.strip():
                problems.append(problem("option.empty", name=label, sku=one.sku or one.variant_id))
            elif len(value) > _LONGEST_VALUE:
                problems.append(problem("option.too_long", name=label, value=value))
            elif what := odd_letters(value, region):
                problems.append(problem("option.letters", name=label, value=value, what=what))
    return problems


def _axis_problems(variants: Sequence[Variant], axes: Mapping[str, Axes]) -> list[Problem]:
    """Several variants need the same options each, and no two the same values."""
    problems = []
    of_variant = {one.variant_id: [attribute_id or name for attribute_id, name, _, _ in axes[one.variant_id]] for one in variants}
    for one in variants:
        if len(set(of_variant[one.variant_id])) < len(of_variant[one.variant_id]):
            problems.append(problem("options.same", name=name_of(one), options=" and ".join(one.options)))
    if len(variants) == 1:
        return problems
    usual = Counter(frozenset(of_variant[one.variant_id]) for one in variants if one.options).most_common(1)
    for one in variants:
        if not one.options:
            problems.append(problem("options.missing", name=name_of(one)))
        elif frozenset(of_variant[one.variant_id]) != usual[0][0]:
            problems.append(problem("options.differ", name=name_of(one), options=", ".join(one.options)))
    alike: dict[Axes, list[Variant]] = defaultdict(list)
    for one in variants:
        alike[combination(axes[one.variant_id])].append(one)
    problems += [problem("options.double", name=name_of(some[0]), skus=", ".join(one.sku or one.variant_id for one in some))
                 for key, some in alike.items() if key and len(some) > 1]
    return problems


def combination(axes: Axes) -> Axes:
    """What may stand once only: the options without what is the same by id, in one order."""
    return tuple(sorted((attribute_id, "" if attribute_id else name, value_id, "" if value_id else value.strip())
                        for attribute_id, name, value_id, value in axes))

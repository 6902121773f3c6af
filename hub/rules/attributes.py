"""What a category asks for, answered from the product, the category's and the store's values (ATT-03, CAT-08, NAT-07)."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hub.domain.categories import Attribute, CategoryRules
from hub.domain.problems import Problem, problem
from hub.domain.products import Product, Variant
from hub.rules.checks.texts import odd_letters
from hub.rules.checks.variants import Axes, combination
from hub.rules.precedence import Chosen

Values = dict[str, tuple[tuple[str, str], ...]]
_SAME_WORD = {"colour": "color", "colors": "color", "colours": "color", "sizes": "size", "materials": "material"}
LONGEST_TEXT = 2000
LONGEST_NAME = 20
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


@functools.lru_cache(maxsize=1 << 16)
def plain(name: str) -> str:
    """A name as it is compared: case, width, spaces, marks and British spelling don't matter; letters of any script do."""
    word = re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", name).casefold()).strip()
    return _SAME_WORD.get(word, word)


@dataclass(frozen=True, slots=True)
class Answers:
    """Values by attribute id; what is missing; what was left out or cut so that the rest can go."""

    values: Values
    problems: list[Problem]
    notes: list[Problem]


def answer_attributes(
    product: Product, attributes: Sequence[Attribute], chosen: Mapping[str, Chosen], *, category: str, region: str = "",
) -> Answers:
    """Answers the describing attributes.

    ``chosen`` by attribute id: ``{"value_id", "text"}``, ``{"from": label of a store attribute}`` or plain text. An
    attribute of the store whose label equals TikTok's name answers by itself. What does not fit an attribute that may
    stay empty is left out, with a note.
    """
    of_store = {plain(label): value for label, value in product.attributes.items()}
    if product.brand:
        of_store.setdefault("brand", product.brand)
    values: Values = {}
    refused: dict[str, tuple[str, str]] = {}
    notes: list[Problem] = []
    asked = [one for one in attributes if not one.is_sales]
    for attribute in asked:
        text = _text_of(attribute, chosen.get(attribute.attribute_id), of_store, product)
        found, out = _known(attribute, *text) if isinstance(text, tuple) else _match(attribute, text, region)
        if found:
            values[attribute.attribute_id] = tuple((value_id, name[:LONGEST_TEXT]) for value_id, name in found)
            notes += [problem("attribute.left_out", name=attribute.name, value=part) for part, _ in out]
            notes += [problem("attribute.cut", name=attribute.name, length=len(name), limit=LONGEST_TEXT)
                      for _, name in found if len(name) > LONGEST_TEXT]
        elif out:
            refused[attribute.attribute_id] = out[0]
    problems = []
    for attribute in asked:
        if attribute.attribute_id in values:
            continue
        value, what = refused.get(attribute.attribute_id, ("", ""))
        if not _is_required(attribute, values):
            if value:
                notes.append(problem("attribute.left_out", name=attribute.name, value=value))
        elif what:
            problems.append(problem("attribute.letters", name=attribute.name, value=value, what=what))
        elif value:
            problems.append(problem("attribute.value", name=attribute.name, value=value))
        else:
            problems.append(problem("attribute.missing", name=attribute.name, category=category))
    return Answers(values, problems, notes)


def _text_of(attribute: Attribute, chosen: Chosen | None, of_store: Mapping[str, str], product: Product) -> str | tuple[str, str]:
    if chosen is None:
        return of_store.get(plain(attribute.name), "")
    value: Any = chosen.value
    if isinstance(value, str):
        return value
    if value.get("from"):
        return product.attributes.get(value["from"], "") or of_store.get(plain(value["from"]), "")
    if value.get("value_id"):
        return str(value["value_id"]), str(value.get("text", ""))
    return str(value.get("text", ""))


_Refused = list[tuple[str, str]]    # the value, and what odd letter it has, if that is the reason


def _known(attribute: Attribute, value_id: str, text: str) -> tuple[tuple[tuple[str, str], ...], _Refused]:
    """A value that was chosen by its id, unless TikTok Shop has dropped it since; one of the same name stands in for it."""
    if not attribute.values or any(value_id == known for known, _ in attribute.values):
        return ((value_id, text),), []
    same = tuple((known, name) for known, name in attribute.values if text and plain(name) == plain(text))
    return (same[:1], []) if same else ((), [(text or value_id, "")])


def _match(attribute: Attribute, text: str, region: str) -> tuple[tuple[tuple[str, str], ...], _Refused]:
    """TikTok's values for a text: by name; several by comma where that is allowed; free text where that is. And the parts that
    are neither known nor allowed."""
    names = {plain(name): (value_id, name) for value_id, name in attribute.values}
    if plain(text) in names or not attribute.multiple:
        parts = [text.strip()]
    else:
        parts = [part.strip() for part in text.split(",")]
    takes_text = attribute.customizable or not attribute.values
    found, out = [], []
    for part in filter(None, parts):
        what = odd_letters(part, region)
        if plain(part) in names:
            found.append(names[plain(part)])
        elif takes_text and not what and (not attribute.numeric or _is_number(part)):
            found.append(("", part))
        else:
            out.append((part, what if takes_text else ""))
    return tuple(dict.fromkeys(found)), out


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and Decimal(text) > 0


def _is_required(attribute: Attribute, values: Values) -> bool:
    if attribute.required:
        return True
    return any((one.value_id in {value_id for value_id, _ in values.get(one.attribute_id, ())}) for one in attribute.conditions)


def certificate_problems(rules: CategoryRules, values: Values) -> list[Problem]:
    """Documents that the category demands of this product. They are uploaded in Seller Center for now (ERR-02)."""
    picked = {(attribute_id, value_id) for attribute_id, pairs in values.items() for value_id, _ in pairs}
    return [problem("certificate.missing", name=one.name) for one in rules.certificates
            if one.required or any((when.attribute_id, when.value_id) in picked for when in one.conditions)]


def sales_axes(
    variants: Sequence[Variant], attributes: Sequence[Attribute], chosen: Mapping[str, Chosen] | None = None,
) -> dict[str, Axes]:
    """Each variant's options as they are sent, by variant id. Where values that the store tells apart would fall together
    ("Blue" and "BLUE"), only those that are written like TikTok's own take its ids."""
    axes = {one.variant_id: sales_attributes(one, attributes, chosen) for one in variants}
    said = {tuple(sorted(one.options.items())) for one in variants}
    if len({combination(one) for one in axes.values()}) < len(said):
        axes = {one.variant_id: sales_attributes(one, attributes, chosen, is_exact=True) for one in variants}
    return axes


def sales_attributes(
    variant: Variant, attributes: Sequence[Attribute], chosen: Mapping[str, Chosen] | None = None, *, is_exact: bool = False,
) -> Axes:
    """``(attribute id or "", name, value id or "", value)`` for each option, TikTok's own where names agree or where the
    merchant said which of the store's attributes it is: ``{"from": label}``, before an equal name (NAT-06). ``is_exact``:
    a value takes TikTok's id only where it is written just so."""
    known = {plain(one.name): one for one in attributes if one.is_sales}
    for one in attributes:
        said = chosen.get(one.attribute_id) if chosen and one.is_sales else None
        if said is not None and isinstance(said.value, Mapping) and said.value.get("from"):
            known[plain(str(said.value["from"]))] = one
    answer = []
    for name, value in variant.options.items():
        attribute = known.get(plain(name))
        if attribute is None:
            answer.append(("", name[:LONGEST_NAME], "", value))
            continue
        ids = {text if is_exact else plain(text): value_id for value_id, text in attribute.values}
        answer.append((attribute.attribute_id, attribute.name, ids.get(value if is_exact else plain(value), ""), value))
    return tuple(answer)

"""What a category asks for, answered from the product, the category's and the store's values (ATT-03, CAT-08, NAT-07)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.domain.categories import Attribute, CategoryRules
from hub.domain.problems import Problem, problem
from hub.domain.products import Product, Variant
from hub.rules.precedence import Chosen

Values = dict[str, tuple[tuple[str, str], ...]]
_SAME_WORD = {"colour": "color", "colors": "color", "colours": "color", "sizes": "size", "materials": "material"}
_LONGEST_TEXT = 2000


def plain(name: str) -> str:
    """A name as it is compared: case, width, spaces, marks and British spelling don't matter; letters of any script do."""
    word = re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", name).casefold()).strip()
    return _SAME_WORD.get(word, word)


def answer_attributes(
    product: Product, attributes: Sequence[Attribute], chosen: Mapping[str, Chosen], *, category: str,
) -> tuple[Values, list[Problem]]:
    """Values for the describing attributes, and what is missing.

    ``chosen`` by attribute id: ``{"value_id", "text"}``, ``{"from": label of a store attribute}`` or plain text. An
    attribute of the store whose label equals TikTok's name answers by itself.
    """
    of_store = {plain(label): value for label, value in product.attributes.items()}
    if product.brand:
        of_store.setdefault("brand", product.brand)
    values: Values = {}
    refused: dict[str, str] = {}
    asked = [one for one in attributes if not one.is_sales]
    for attribute in asked:
        text = _text_of(attribute, chosen.get(attribute.attribute_id), of_store, product)
        if isinstance(text, tuple):
            values[attribute.attribute_id] = (text,)
        elif text:
            found = _match(attribute, text)
            if found:
                values[attribute.attribute_id] = found
            else:
                refused[attribute.attribute_id] = text
    problems = []
    for attribute in asked:
        if attribute.attribute_id in values or not _is_required(attribute, values):
            continue
        if attribute.attribute_id in refused:
            problems.append(problem("attribute.value", name=attribute.name, value=refused[attribute.attribute_id]))
        else:
            problems.append(problem("attribute.missing", name=attribute.name, category=category))
    return values, problems


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


def _match(attribute: Attribute, text: str) -> tuple[tuple[str, str], ...]:
    """TikTok's values for a text: by name; several by comma where that is allowed; free text where that is.

    A part that is neither known nor allowed is left out as long as another part answers.
    """
    names = {plain(name): (value_id, name) for value_id, name in attribute.values}
    if plain(text) in names or not attribute.multiple:
        parts = [text.strip()]
    else:
        parts = [part.strip() for part in text.split(",") if part.strip()]
    takes_text = attribute.customizable or not attribute.values
    found = []
    for part in parts:
        if plain(part) in names:
            found.append(names[plain(part)])
        elif takes_text and (not attribute.numeric or _is_number(part)):
            found.append(("", part[:_LONGEST_TEXT]))
    return tuple(dict.fromkeys(found))


def _is_number(text: str) -> bool:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return False
    return number.is_finite() and number > 0


def _is_required(attribute: Attribute, values: Values) -> bool:
    if attribute.required:
        return True
    return any((one.value_id in {value_id for value_id, _ in values.get(one.attribute_id, ())}) for one in attribute.conditions)


def certificate_problems(rules: CategoryRules, values: Values) -> list[Problem]:
    """Documents that the category demands of this product. They are uploaded in Seller Center for now (ERR-02)."""
    picked = {(attribute_id, value_id) for attribute_id, pairs in values.items() for value_id, _ in pairs}
    return [problem("certificate.missing", name=one.name) for one in rules.certificates
            if one.required or any((when.attribute_id, when.value_id) in picked for when in one.conditions)]


def sales_attributes(
    variant: Variant, attributes: Sequence[Attribute], chosen: Mapping[str, Chosen] | None = None,
) -> tuple[tuple[str, str, str, str], ...]:
    """``(attribute id or "", name, value id or "", value)`` for each option, TikTok's own where names agree or where the
    merchant said which of the store's attributes it is: ``{"from": label}``, before an equal name (NAT-06)."""
    known = {plain(one.name): one for one in attributes if one.is_sales}
    for one in attributes:
        said = chosen.get(one.attribute_id) if chosen and one.is_sales else None
        if said is not None and isinstance(said.value, Mapping) and said.value.get("from"):
            known[plain(str(said.value["from"]))] = one
    answer = []
    for name, value in variant.options.items():
        attribute = known.get(plain(name))
        if attribute is None:
            answer.append(("", name[:20], "", value))
            continue
        ids = {plain(text): value_id for value_id, text in attribute.values}
        answer.append((attribute.attribute_id, attribute.name, ids.get(plain(value), ""), value))
    return tuple(answer)

"""A product's row of a category's CSV file: what stands in it today, what a changed one asks for, and what is wrong with it
(CSV-01 … CSV-07, ATT-03).

A row is right as a whole or wrong as a whole. A cell that says what holds today changes nothing, wherever that comes from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.domain.categories import Attribute
from hub.domain.products import Product, ProductKind
from hub.rules.attributes import answer_attributes, plain
from hub.rules.csv_files import LONGEST_CELL, Unreadable, is_rounded, plain_cell
from hub.rules.precedence import Chosen, choose, merge

PRODUCT_ID, SKU, TITLE, BRAND_ID, BRAND = "Product ID", "SKU", "Title", "Brand ID", "Brand"
FIXED = (PRODUCT_ID, SKU, TITLE, BRAND_ID, BRAND)
WHY = "Why it can't be used"
REQUIRED = " (required)"
_ATTRIBUTE = re.compile(r".*\[([^\[\]]+)\]\s*(?:\(required\))?\s*", re.DOTALL)
Brands = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """A product as it is today. ``own``, ``category``, ``store``: attribute values by id at the three levels, as in
    `hub.rules.attributes`; the brands ``(id, name)`` likewise. ``has_own_category``: it is listed in another TikTok category."""

    product: Product
    own: Mapping[str, Any] = field(default_factory=dict)
    category: Mapping[str, Any] = field(default_factory=dict)
    store: Mapping[str, Any] = field(default_factory=dict)
    own_brand: tuple[str, str] = ("", "")
    category_brand: tuple[str, str] = ("", "")
    store_brand: tuple[str, str] = ("", "")
    has_own_category: bool = False

    @property
    def brand(self) -> tuple[str, str]:
        """The brand that holds: the product's before the category's before the shop's."""
        levels = (one if one[0] else None for one in (self.own_brand, self.category_brand, self.store_brand))
        found: tuple[str, str] | None = choose(*levels).value
        return found or ("", "")

    @property
    def chosen(self) -> dict[str, Chosen]:
        """The values that hold, each with its level."""
        return merge(self.own, self.category, self.store)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the category asks of a product besides its variants. ``region`` decides which letters may stand in a value."""

    name: str
    attributes: tuple[Attribute, ...]
    region: str = ""

    @classmethod
    def of(cls, name: str, attributes: Sequence[Attribute], region: str = "") -> Asked:
        """Without the ones that tell variants apart; required ones first, as on the screens."""
        describing = (one for one in attributes if not one.is_sales)
        return cls(name, tuple(sorted(describing, key=lambda one: (not one.required, one.name))), region)


def header(asked: Asked) -> list[str]:
    """The template's first row: name and id of each attribute, required ones marked."""
    return [*FIXED, *(f"{one.name} [{one.attribute_id}]{REQUIRED if one.required else ''}" for one in asked.attributes)]


def template_row(current: Current, asked: Asked) -> list[str]:
    """A product's row as it is downloaded, with what holds today; cells are not yet made safe for spreadsheets."""
    today = today_of(current, asked)
    return [current.product.product_id, current.product.sku, current.product.title, *current.brand,
            *(today.get(one.attribute_id, "") for one in asked.attributes)]


def today_of(current: Current, asked: Asked) -> dict[str, str]:
    """What holds today by attribute id, in words; nothing for a product that is listed in another category."""
    if current.has_own_category:
        return {}
    chosen = current.chosen
    values = answer_attributes(current.product, asked.attributes, chosen, category=asked.name, region=asked.region).values
    shown = {}
    for one in asked.attributes:
        if one.attribute_id in values:
            shown[one.attribute_id] = ", ".join(name for _, name in values[one.attribute_id])
        elif one.attribute_id in chosen:        # a value that TikTok Shop would not take: it is shown, so that it can be mended
            shown[one.attribute_id] = _words(chosen[one.attribute_id].value)
    return {key: " ".join(text.split()) for key, text in shown.items()}


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return "" if value.get("from") else str(value.get("text", ""))
    return str(value)


def values_help(asked: Asked) -> list[list[str]]:
    """What may stand in each column: the second file. One row per value that TikTok Shop knows."""
    rows = [["Column", "Required", "What to write", "Value", "Value ID"]]
    for title, one in zip(header(asked)[len(FIXED):], asked.attributes, strict=True):
        what = _what_to_write(one)
        known: Sequence[tuple[str, str]] = one.values or (("", ""),)
        rows += [[title, "yes" if one.required else "", what, name, value_id] for value_id, name in known]
    return rows


def _what_to_write(attribute: Attribute) -> str:
    if not attribute.values:
        what = "A number" if attribute.numeric else "Your own words"
    elif attribute.customizable:
        what = "One of these values or your own number" if attribute.numeric else "One of these values or your own words"
    else:
        what = "One of these values"
    return what + (", or several with commas between" if attribute.multiple else "")


# -- reading


@dataclass(frozen=True, slots=True)
class Columns:
    """Where what stands: the place of each fixed column, and of each attribute by its id."""

    fixed: Mapping[str, int]
    attributes: Mapping[str, int]

    def cell(self, row: Sequence[str], name: str) -> str | None:
        """A fixed column's cell as it was meant; None where the file has no such column."""
        return _at(row, self.fixed.get(name))

    def value(self, row: Sequence[str], attribute_id: str) -> str | None:
        """An attribute's cell; None where the file has no such column."""
        return _at(row, self.attributes.get(attribute_id))


def _at(row: Sequence[str], place: int | None) -> str | None:
    if place is None:
        return None
    return plain_cell(row[place]) if place < len(row) else ""


def read_header(row: Sequence[str], asked: Asked) -> Columns:
    """Finds the columns. Those with other names are passed over. Raises `Unreadable` for a file that is another category's."""
    by_name = {plain(name): name for name in FIXED}
    known = {one.attribute_id for one in asked.attributes}
    fixed: dict[str, int] = {}
    attributes: dict[str, int] = {}
    for place, cell in enumerate(row):
        title = plain_cell(cell.lstrip("\ufeff"))
        of_attribute = _ATTRIBUTE.fullmatch(title)
        name = of_attribute.group(1).strip() if of_attribute else by_name.get(plain(title), "")
        if of_attribute and name not in known:
            raise Unreadable(f"The column “{title[:80]}” does not belong to this category. Download the template of this category again.")
        if name in (attributes if of_attribute else fixed):
            raise Unreadable(f"The column “{title[:80]}” is there twice. Remove one of them and upload again.")
        if name:
            (attributes if of_attribute else fixed)[name] = place
    if PRODUCT_ID not in fixed:
        raise Unreadable(f"The file has no column “{PRODUCT_ID}”. Keep the first row of the template as it is.")
    if not attributes and BRAND_ID not in fixed:
        raise Unreadable(f"The file has neither “{BRAND_ID}” nor an attribute to fill in. Keep the first row of the template as it is.")
    return Columns(fixed, attributes)


@dataclass(frozen=True, slots=True)
class Values:
    """Product-level values that a row is about, and nothing else: ``brand`` or None, attribute id → value or None for none."""

    brand: tuple[str, str] | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For a column of the database."""
        return {"brand": list(self.brand) if self.brand is not None else None, "attributes": dict(self.attributes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Values:
        """Of such a column."""
        brand = data.get("brand")
        return cls((str(brand[0]), str(brand[1])) if brand else None, dict(data.get("attributes") or {}))

    def __bool__(self) -> bool:
        return self.brand is not None or bool(self.attributes)


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """What a row asks for: the product's own values before and after. ``causes``: everything that is wrong; then nothing is asked."""

    causes: tuple[str, ...]
    before: Values
    after: Values


def check_row(row: Sequence[str], columns: Columns, current: Current, asked: Asked, brands: Brands) -> CheckedRow:
    """Checks a row against the product as it is today. ``brands``: names by id of those that this shop may use."""
    causes: list[str] = []
    sku = columns.cell(row, SKU)
    if sku and _same(sku) != _same(current.product.sku):
        causes.append(f"SKU {sku[:60]} is not this product's. Were the columns sorted apart? Copy the row from the template again.")
    brand = _brand(columns.cell(row, BRAND_ID), current, brands, causes)
    today = today_of(current, asked)
    attributes: dict[str, Any] = {}
    wrong: set[str] = set()
    for one in asked.attributes:
        text = columns.value(row, one.attribute_id)
        if text is None or " ".join(text.split()) == today.get(one.attribute_id, ""):
            continue
        if current.has_own_category:
            causes.append(f"This product has a TikTok category of its own. Fill in {one.name} on its page.")
            continue
        said = _value(text, one, asked, causes)
        if said is _WRONG:
            wrong.add(one.attribute_id)
        elif said != current.own.get(one.attribute_id):
            attributes[one.attribute_id] = said
    if not current.has_own_category:
        causes += _missing(current, attributes, asked, wrong)
    if causes:
        return CheckedRow(tuple(dict.fromkeys(causes)), Values(), Values())
    before = {key: current.own.get(key) for key in attributes}
    return CheckedRow((), Values(current.own_brand if brand is not None else None, before), Values(brand, attributes))


def _same(sku: str) -> str:
    """A spreadsheet drops zeros before a number; that makes no other SKU of it."""
    return sku.strip().casefold().lstrip("0")


def _brand(text: str | None, current: Current, brands: Brands, causes: list[str]) -> tuple[str, str] | None:
    """The brand that the row asks for; None where that is the one that holds."""
    if text is None or text == current.brand[0]:
        return None
    if not text:
        return ("", "") if current.own_brand[0] else None
    if is_rounded(text):
        causes.append(f"Your spreadsheet has rounded the brand ID to {text}. Format the column as text and paste the ID again.")
    elif not (text.isascii() and text.isdigit()):
        causes.append(f"“{text[:60]}” is no brand ID. Search for the brand on the page, copy its ID and put that into {BRAND_ID}.")
    elif text not in brands:
        causes.append(f"TikTok Shop has no brand with the ID {text[:40]} that this shop may use. Search for the brand on the page.")
    else:
        return text, brands[text]
    return None


_WRONG = object()


def _value(text: str, attribute: Attribute, asked: Asked, causes: list[str]) -> Any:
    """The value as it is kept, None for none."""
    if not text:
        return None
    if len(text) > LONGEST_CELL:
        causes.append(f"{attribute.name} is far too long.")
        return _WRONG
    named = dict(attribute.values).get(text)
    if named is not None and not any(plain(name) == plain(text) for _, name in attribute.values):
        return {"value_id": text, "text": named}
    said = {"value_id": "", "text": " ".join(text.split())}
    nothing_else = Product(product_id="", sku="", kind=ProductKind.SIMPLE, title="")
    answers = answer_attributes(nothing_else, (attribute,), {attribute.attribute_id: Chosen(said, "product")}, category=asked.name,
                                region=asked.region)
    if answers.problems or answers.notes:
        causes.append(_refused(text, attribute, [*answers.problems, *answers.notes]))
        return _WRONG
    found = answers.values.get(attribute.attribute_id, ())
    return {"value_id": found[0][0], "text": found[0][1]} if len(found) == 1 and found[0][0] else said


def _refused(text: str, attribute: Attribute, problems: Sequence[Any]) -> str:
    if attribute.numeric and (attribute.customizable or not attribute.values):
        return f"{attribute.name}: “{text[:60]}” is no number above 0. Write digits, with a point before decimals, and no unit."
    if any(one.code == "attribute.letters" for one in problems) or not attribute.values or attribute.customizable:
        return f"{attribute.name}: {problems[0].says}"
    some = ", ".join(name for _, name in attribute.values[:5])
    more = f" and {len(attribute.values) - 5} more, in the list of allowed values" if len(attribute.values) > 5 else ""
    return f"{attribute.name}: “{text[:60]}” is not one of TikTok Shop's values. Allowed: {some}{more}."


def _missing(current: Current, changes: Mapping[str, Any], asked: Asked, wrong: set[str]) -> list[str]:
    """What TikTok Shop would miss once the row is applied; a value that is wrong in the row is told of already."""
    own = {key: value for key, value in {**current.own, **changes}.items() if value is not None and key not in wrong}
    answers = answer_attributes(current.product, asked.attributes, merge(own, current.category, current.store), category=asked.name,
                                region=asked.region)
    told = {f"Attributes › {one.name}" for one in asked.attributes if one.attribute_id in wrong}
    return [one.says for one in answers.problems if one.where not in told]


def refused_now(values: Values, asked: Asked) -> str:
    """Why TikTok Shop would not take these values any more, since its category was read anew; empty where it would."""
    known = {one.attribute_id: one for one in asked.attributes}
    causes: list[str] = []
    for attribute_id, value in values.attributes.items():
        if attribute_id not in known:
            return "TikTok Shop's category does not ask for one of the attributes any more. Download the template again."
        if value is not None:
            _value(_words(value), known[attribute_id], asked, causes)
    return causes[0] if causes else ""

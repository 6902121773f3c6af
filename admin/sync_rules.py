"""Sync rules and the low-inventory threshold as they are shown and posted, for all products and for one (RUL-01, INV-01, DET-01)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from admin.forms import Field, whole_number
from hub.rules.field_sources import FIELDS, MOMENTS, Choices, Source, Sources, default_of, rule_name
from hub.rules.stock import LowStock, Threshold

SUGGESTED_ABOVE = 5
MODES = (
    (LowStock.OUT_OF_STOCK, "Show it as out of stock", "Only the variant that has too few; it shows 0 on TikTok Shop."),
    (LowStock.DEACTIVATE, "Take the product off sale", "One variant that has too few is enough; it comes back once none is below."),
)
_TITLES = {
    "name": "Title", "description": "Description", "price": "Price", "media": "Pictures", "barcode": "Barcode", "stock": "Stock",
    "status": "On or off sale", "video": "Video", "brand": "Brand",
}  # fmt: skip
_SAYS = {"video": "Videos are not sent yet", "status": "Follows your store's product status"}
_WORDS = {
    Source.ORIGIN: "From your store", Source.CONNECTOR: "As set here", Source.TTS: "Leave TikTok Shop's", Source.DONT_SYNC: "Don't send",
}  # fmt: skip
_LEVELS = {"product": "set for this product", "store": "from Settings", "": "default"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A field at one moment: what may be chosen (none: not offered), what is, and who said so."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    value: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A field's rules at first push and later."""

    title: str
    says: str
    cells: tuple[Cell, ...]


def of_shop(choices: Choices, rules: Sources) -> list[Row]:
    """The grid in Settings: only what this store system offers."""
    return [_row(field, tuple(_cell(choices, rules, field, moment) for moment in MOMENTS)) for field in _offered(choices)]


def of_product(choices: Choices, general: Sources, rules: Sources, own: Mapping[str, str]) -> list[Row]:
    """The same for one product, where empty means as in Settings."""
    rows = []
    for field in _offered(choices):
        cells = []
        for moment in MOMENTS:
            cell, inherited = _cell(choices, rules, field, moment), _WORDS[general.of(field, moment)]
            options = (("", f"As in Settings ({inherited.lower()})"), *cell.options) if len(cell.options) > 1 else cell.options
            chosen = rules.chosen[cell.name]
            says = f"{_WORDS[Source(chosen.value)]}, {_LEVELS[chosen.level]}" if cell.options else ""
            cells.append(Cell(cell.name, cell.label, options, own.get(cell.name, "") if len(cell.options) > 1 else cell.value, says))
        rows.append(_row(field, tuple(cells)))
    return rows


def _offered(choices: Choices) -> list[str]:
    return [field for field in FIELDS if any((field, moment) in choices for moment in MOMENTS)]


def _row(field: str, cells: tuple[Cell, ...]) -> Row:
    return Row(_TITLES[field], _SAYS.get(field, ""), cells)


def _cell(choices: Choices, rules: Sources, field: str, moment: str) -> Cell:
    offered = choices.get((field, moment), ())
    when = "on the first push" if moment == "create" else "when it changes later"
    value = rules.of(field, moment) if offered else default_of(choices, field, moment)
    return Cell(rule_name(field, moment), f"{_TITLES[field]}, {when}", tuple((one, _WORDS[Source(one)]) for one in offered), value.value)


def posted_rules(form: Mapping[str, str], choices: Choices) -> dict[str, str]:
    """What was chosen, by rule name; a field that the page did not show is not in it."""
    names = [rule_name(field, moment) for field in FIELDS for moment in MOMENTS if len(choices.get((field, moment), ())) != 1]
    return {name: form[f"rule-{name}"] for name in names if f"rule-{name}" in form}


def number_field(value: object, error: str = "", *, of_product: bool = False) -> Field:
    """The threshold; a low one has a hint, which is no error (INV-01)."""
    text = str(value or "")
    low = text.isdigit() and 0 < int(text) <= SUGGESTED_ABOVE
    rule = "Fewer pieces than this are too few. " + ("Empty: as in Settings. " if of_product else "0 switches it off. ")
    hint = "Greater than 5 suggested: TikTok Shop may sell some before it hears of the change."
    return Field(name="threshold", label="Low when fewer than", kind="number", value=text, error=error, required=False, width="sb-w20",
                 help=rule + (hint if low else "Greater than 5 suggested."))  # fmt: skip


def posted_threshold(form: Mapping[str, str]) -> tuple[int, str, str]:
    """Number, mode, and what is wrong with the number ("" = nothing)."""
    number, wrong = whole_number(form.get("threshold", "") or "0", "The threshold", low=0, high=100_000)
    mode = form.get("threshold_mode", "")
    return number or 0, mode if mode in set(LowStock) else "", wrong


def threshold_says(threshold: Threshold | None, own: Mapping[str, object], *, keeps_stock: bool) -> str:
    """What holds for this product, and where that comes from."""
    if keeps_stock:
        return "None applies: TikTok Shop keeps its own stock"
    if own.get("exclude"):
        return "None applies, set for this product"
    if threshold is None:
        return "Off in Settings"
    what = "is taken off sale" if threshold.mode is LowStock.DEACTIVATE else "shows as out of stock"
    return f"Fewer than {threshold.number} {what}, {_LEVELS[threshold.level]}"

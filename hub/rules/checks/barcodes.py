"""Identifier codes: which type a code is, whether it is right, whether it stands once (contract 6, 7; GS1's check digits)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from hub.domain.problems import Problem, problem
from hub.domain.products import Variant

# How many digits each type has (contract 6: identifier code type).
_DIGITS = {"GTIN": {14}, "EAN": {8, 13, 14}, "UPC": {12}, "ISBN": {10, 13}, "JAN": {8, 13}}
_BY_DIGITS = {8: "EAN", 12: "UPC", 13: "EAN", 14: "GTIN"}


def barcode_kind(code: str, wanted: str = "") -> str:
    """TikTok's type of a code: the one that the merchant says his codes have where this one can be that, else told by its
    digits; "" for a code that none of them can be."""
    kind = wanted if len(code) in _DIGITS.get(wanted, ()) else _BY_DIGITS.get(len(code), "")
    if not kind:
        return ""
    return kind if (_is_isbn_10(code) if len(code) == 10 else _is_gtin(code)) else ""


def _is_gtin(code: str) -> bool:
    if not (code.isascii() and code.isdigit()):
        return False
    digits = [int(digit) for digit in reversed(code)]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def _is_isbn_10(code: str) -> bool:
    body, last = code[:9], code[9:].upper()
    if not (body.isascii() and body.isdigit() and (last == "X" or (last.isascii() and last.isdigit()))):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), body, strict=True))
    return (total + (10 if last == "X" else int(last))) % 11 == 0


def barcodes_to_send(variants: Sequence[Variant], wanted: str, names: Mapping[str, str]) -> tuple[dict[str, tuple[str, str]], list[Problem]]:
    """``(code, type)`` by variant id, and a note for each code that is left out: none is better than no listing."""
    times = Counter(one.barcode for one in variants if one.barcode)
    codes, notes = {}, []
    for one in variants:
        if not one.barcode:
            continue
        kind = barcode_kind(one.barcode, wanted)
        if kind and times[one.barcode] == 1:
            codes[one.variant_id] = one.barcode, kind
            continue
        what = "stands on more than one variant" if kind else _what_is_wrong(one.barcode)
        notes.append(problem("barcode.left_out", name=names[one.variant_id], barcode=one.barcode, what=what))
    return codes, notes


def _what_is_wrong(code: str) -> str:
    if code.isascii() and code.isdigit() and len(code) in _BY_DIGITS:
        return "has a wrong check digit"
    return "is no GTIN, EAN, UPC or ISBN"

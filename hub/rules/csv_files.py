"""A CSV file as spreadsheets leave it: its letters, its separator, its cells, there and back (CSV-01, CSV-04).

A cell that a spreadsheet would take for a formula, or whose digits it would round, is written with a ``'`` before it and is read
back as it was.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from typing import TextIO

LONGEST_CELL = 20_000
_SEPARATORS = (",", ";", "\t")
# With their wide forms, which some spreadsheets read alike.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212")
# A spreadsheet keeps 15 digits of a number, shows 11, and drops what leads them.
_ROUNDED = re.compile(r"0[0-9]+|[0-9]{11,}|[0-9]+[eE][0-9]+")
_MANGLED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_SAYS_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)


class Unreadable(ValueError):
    """The file as a whole can't be read; says why and what to do, for people."""


def safe_cell(text: str) -> str:
    """The text as it is written into a file that a spreadsheet opens (S-12)."""
    return "'" + text if _needs_mark(text) else text


def plain_cell(cell: str) -> str:
    """What `safe_cell` was given, and what a person typed, without spaces around it."""
    text = cell.strip(" \u00a0")
    return text[1:] if text.startswith("'") and _needs_mark(text[1:]) else text


def _needs_mark(text: str) -> bool:
    return text.startswith(("'", *_FORMULA)) or text.lstrip().startswith(_FORMULA) \
        or _ROUNDED.fullmatch(text) is not None


def is_rounded(text: str) -> bool:
    """Whether a spreadsheet has made a number of an id and lost digits of it: ``7.08243E+18``."""
    return _MANGLED.fullmatch(text) is not None


def encoding_of(pieces: Iterable[bytes]) -> str:
    """How the file's letters are written. Raises `Unreadable` for what is no text at all."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_first, is_utf8, has_holes = True, True, False
    for piece in pieces:
        if is_first:
            is_first = False
            if piece.startswith(codecs.BOM_UTF8):
                return "utf-8-sig"
            if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            if piece.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
                raise Unreadable("This is a workbook, not a CSV file. In your spreadsheet choose Save as, then CSV UTF-8, and upload that.")
            if b"\0" in piece[:200]:
                return "utf-16-be" if piece[:1] == b"\0" else "utf-16-le"
        if is_utf8:
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                is_utf8 = False
        has_holes = has_holes or any(byte in piece for byte in b"\0\x81\x8d\x8f\x90\x9d")
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
            return "utf-8"
        except UnicodeDecodeError:
            is_utf8 = False
    if has_holes:
        raise Unreadable("The letters of this file can't be read. In your spreadsheet choose Save as, then CSV UTF-8, and upload that.")
    return "cp1252"


def rows_of(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """The rows with their numbers, as a spreadsheet counts them: the header is 1; empty rows are left out, and counted.

    ``text`` is opened with ``newline=""``. Comma, semicolon and tab are told apart by the header. Raises `Unreadable`.
    """
    first = text.readline(100_000)
    said = _SAYS_SEPARATOR.fullmatch(first)
    if said is not None:
        first = text.readline(100_000)
    separator = said.group(1) if said is not None else _separator_of(first)
    number = 0
    try:
        for number, row in enumerate(csv.reader(_again(first, text), delimiter=separator), start=1):
            if any(map(str.strip, row)):
                yield number, row
    except (csv.Error, TypeError) as error:
        raise Unreadable(f"Row {number + 1} can't be read: a quotation mark is missing or a cell is far too long. "
                         "Download the template again and copy your values into it.") from error
    except UnicodeError as error:
        raise Unreadable("The letters of this file can't be read. In your spreadsheet choose Save as, then CSV UTF-8, "
                         "and upload that.") from error


def _again(first: str, rest: TextIO) -> Iterator[str]:
    yield first
    yield from rest


def _separator_of(line: str) -> str:
    """The one that cuts the header into most cells."""
    return max(_SEPARATORS, key=lambda one: len(next(csv.reader([line], delimiter=one), [])))

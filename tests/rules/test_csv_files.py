"""A CSV file as spreadsheets leave it: letters, separators, cells, there and back (CSV-01, CSV-04)."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.csv_files import Unreadable, encoding_of, is_rounded, plain_cell, rows_of, safe_cell

LETTERS = "Größe, Farbe — 茶 ☕\n"


def rows(text: str) -> list[tuple[int, list[str]]]:
    return list(rows_of(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", [
    "=1+1", "+49 30", "-5", "@you", "\tx", "\rx", "\nx", "  =1+1", "＝1+1", "−3", "'", "'quoted", "''", "007", "1e5", "7082427311584347905",
    "12345678901"])
def test_a_cell_that_a_spreadsheet_would_change_is_marked_and_read_as_it_was(text):
    assert safe_cell(text) == "'" + text
    assert plain_cell(safe_cell(text)) == text


@pytest.mark.parametrize("text", ["", "Cotton", "38", "2.5", "100 % cotton", "O'Neill", "70s"])
def test_an_ordinary_cell_stays_as_it_is(text):
    assert safe_cell(text) == text == plain_cell(text)


def test_what_a_person_typed_keeps_its_quotation_mark_and_loses_spaces_around():
    assert plain_cell("'70s style") == "'70s style"
    assert plain_cell("  Cotton \u00a0") == "Cotton"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_every_text_comes_back_from_a_file_and_none_is_a_formula(text):
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["Product ID"], [safe_cell(text) or "x"]])
    written = list(csv.reader(io.StringIO(buffer.getvalue(), newline="")))[1][0]
    assert not written.lstrip().startswith(("=", "+", "-", "@")) and not written.startswith(("\t", "\r", "\n"))
    assert plain_cell(written).strip(" \u00a0") == (text or "x").strip(" \u00a0")


@pytest.mark.parametrize(("said", "encoding"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16")])
def test_letters_of_every_script_are_read_however_they_are_written(said, encoding):
    content = LETTERS.encode(said)
    found = encoding_of([content])
    assert found == encoding and content.decode(found) == LETTERS


@pytest.mark.parametrize("said", ["utf-16-le", "utf-16-be"])
def test_a_file_in_two_byte_letters_is_known_without_its_mark(said):
    assert encoding_of(["Product ID\tSKU\n".encode(said)]) == said


def test_old_files_of_spreadsheets_are_read_in_their_letters():
    content = "Größe;“Farbe”\n".encode("cp1252")
    assert encoding_of([content]) == "cp1252"


def test_a_letter_that_is_cut_between_two_pieces_is_no_fault():
    content = LETTERS.encode()
    assert encoding_of([content[:3], content[3:]]) == "utf-8"
    assert encoding_of([content[:-2] + "é".encode()[:1]]) == "cp1252"


@pytest.mark.parametrize("content", [b"PK\x03\x04 a workbook", b"\xd0\xcf\x11\xe0 an older one", b"Gr\xf6\x81e\n", b"abc\xff" + b"d" * 300 + b"\0"])
def test_what_is_no_text_is_refused_with_what_to_do(content):
    with pytest.raises(Unreadable, match="CSV UTF-8"):
        encoding_of([content])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_are_told_apart_and_cells_may_hold_them_and_line_ends(separator):
    text = separator.join(["Product ID", "SKU", '"Title, and; more"']) + "\r\n" + separator.join(["1", "A", '"two\r\nlines, so"']) + "\r\n"
    assert rows(text) == [(1, ["Product ID", "SKU", "Title, and; more"]), (2, ["1", "A", "two\r\nlines, so"])]


def test_a_separator_that_the_file_names_itself_wins():
    assert rows("sep=|\r\nProduct ID|SKU,x\r\n1|A\r\n") == [(1, ["Product ID", "SKU,x"]), (2, ["1", "A"])]


def test_empty_rows_are_left_out_and_counted():
    assert rows("Product ID,SKU\n\n,,\n1,A\n") == [(1, ["Product ID", "SKU"]), (4, ["1", "A"])]


def test_a_quotation_mark_that_never_ends_is_refused_and_names_its_row():
    with pytest.raises(Unreadable, match="Row 2 can't be read"):
        rows('Product ID,SKU\n1,"' + "x" * 200_000)


@pytest.mark.parametrize(("text", "expected"), [("7.08243E+18", True), ("7,08E+18", True), ("1e5", True), ("7082427311584347905", False),
                                                 ("Eve", False), ("", False)])
def test_numbers_that_were_rounded_are_known(text, expected):
    assert is_rounded(text) is expected

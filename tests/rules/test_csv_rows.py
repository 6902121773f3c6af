"""A product's row of a category's CSV file: what stands there today, and what a changed one asks for (CSV-01 … CSV-07)."""

from __future__ import annotations

import pytest

from hub.domain.categories import Condition
from hub.rules.csv_files import Unreadable
from hub.rules.csv_rows import Asked, Current, Values, check_row, header, read_header, refused_now, template_row, today_of, values_help
from tests.rules import made

MATERIAL = made.attribute(attribute_id="100", name="Material", required=True, values=(("1", "Cotton"), ("2", "Wool")))
FITS = made.attribute(attribute_id="101", name="Fits", required=False, values=(("7", "Men"), ("8", "Women")), multiple=True)
WATT = made.attribute(attribute_id="102", name="Watt", required=False, values=(), numeric=True)
CARE = made.attribute(attribute_id="103", name="Care", required=False, values=(), conditions=(Condition("100", "2"),))
COLOUR = made.attribute(attribute_id="104", name="Colour", required=True, is_sales=True)
ASKED = Asked.of("Jackets", (FITS, WATT, CARE, COLOUR, MATERIAL), "US")
BRANDS = {"7082427311584347905": "Tidewater"}
HEAD = header(ASKED)


def current(**given):
    of_store = given.pop("of_store", {})
    return Current(product=made.product(product_id="41", sku="FK-1", title="Jacket", attributes=of_store), **given)


def changed(now, **cells):
    """The template's row with some cells typed over, by attribute name or fixed column."""
    row = template_row(now, ASKED)
    for name, text in cells.items():
        place = next(place for place, title in enumerate(HEAD) if title.split(" [")[0].replace(" ", "_") == name)
        row[place] = text
    return check_row(row, read_header(HEAD, ASKED), now, ASKED, BRANDS)


COTTON = {"value_id": "1", "text": "Cotton"}


@pytest.mark.feature("CSV-02")
def test_the_columns_are_ids_brand_id_and_each_attribute_with_its_id_and_whether_it_is_required():
    assert HEAD == ["Product ID", "SKU", "Title", "Brand ID", "Brand", "Material [100] (required)", "Care [103]", "Fits [101]", "Watt [102]"]


def test_the_second_file_says_what_each_column_takes():
    rows = values_help(ASKED)
    assert rows[0] == ["Column", "Required", "What to write", "Value", "Value ID"]
    assert rows[1:3] == [["Material [100] (required)", "yes", "One of these values", "Cotton", "1"],
                         ["Material [100] (required)", "yes", "One of these values", "Wool", "2"]]
    assert ["Fits [101]", "", "One of these values, or several with commas between", "Men", "7"] in rows
    assert ["Watt [102]", "", "A number", "", ""] in rows


@pytest.mark.parametrize(("levels", "shown"), [
    ({"own": {"100": COTTON}}, "Cotton"),
    ({"category": {"100": {"value_id": "2", "text": "Wool"}}}, "Wool"),
    ({"store": {"100": "Wool"}}, "Wool"),
    ({"own": {"100": COTTON}, "category": {"100": {"text": "Wool"}}}, "Cotton"),
    ({"own": {"100": {"from": "Fabric"}}, "of_store": {"Fabric": "wool"}}, "Wool"),
    ({"of_store": {"Material": "cotton"}}, "Cotton"),
    ({"own": {"100": {"text": "Silk"}}}, "Silk"),
    ({}, ""),
])
def test_todays_value_is_shown_wherever_it_comes_from_and_unchanged_changes_nothing(levels, shown):
    now = current(**{**levels, "store": {"103": "By hand", **levels.get("store", {})}})
    assert today_of(now, ASKED).get("100", "") == shown
    found = changed(now)
    assert not found.after
    assert bool(found.causes) is (shown in ("", "Silk")), "what TikTok Shop requires is missing"


def test_brands_are_shown_from_the_level_that_holds():
    now = current(own={"100": COTTON}, category_brand=("5", "Fern"), store_brand=("6", "Kiln"))
    assert template_row(now, ASKED)[3:5] == ["5", "Fern"]
    assert changed(now).after == Values()


@pytest.mark.parametrize(("cells", "after"), [
    ({"Material": "wool", "Care": "By hand"}, {"100": {"value_id": "2", "text": "Wool"}, "103": {"value_id": "", "text": "By hand"}}),
    ({"Fits": "8"}, {"101": {"value_id": "8", "text": "Women"}}),
    ({"Fits": "women, Men"}, {"101": {"value_id": "", "text": "women, Men"}}),
    ({"Watt": "12.5"}, {"102": {"value_id": "", "text": "12.5"}}),
])
def test_a_changed_cell_becomes_the_products_own_value(cells, after):
    found = changed(current(own={"100": COTTON}), **cells)
    assert (found.causes, found.after.attributes) == ((), after)
    assert found.before.attributes == {key: {"100": COTTON}.get(key) for key in after}


def test_an_emptied_cell_takes_the_products_own_value_away_and_nothing_from_a_higher_level():
    found = changed(current(own={"100": COTTON, "102": {"text": "5"}}), Watt="")
    assert found.after.attributes == {"102": None} and found.causes == ()
    found = changed(current(own={"100": COTTON}, category={"102": {"text": "5"}}), Watt="")
    assert not found.after and found.causes == ()


@pytest.mark.feature("CSV-02")
def test_a_brand_is_given_by_its_id_and_a_name_in_its_place_is_an_error():
    now = current(own={"100": COTTON}, own_brand=("5", "Fern"))
    assert changed(now, Brand_ID="7082427311584347905").after.brand == ("7082427311584347905", "Tidewater")
    assert changed(now, Brand_ID="").after.brand == ("", "")
    [cause] = changed(now, Brand_ID="Tidewater").causes
    assert cause == "“Tidewater” is no brand ID. Search for the brand on the page, copy its ID and put that into Brand ID."
    assert "rounded the brand ID to 7.08243E+18" in changed(now, Brand_ID="7.08243E+18").causes[0]
    assert "no brand with the ID 99" in changed(now, Brand_ID="99").causes[0]


@pytest.mark.parametrize(("cells", "words"), [
    ({"Material": "Silk"}, "Material: “Silk” is not one of TikTok Shop's values. Allowed: Cotton, Wool."),
    ({"Fits": "Men, Cats"}, "Fits: “Men, Cats” is not one of TikTok Shop's values. Allowed: Men, Women."),
    ({"Watt": "12 W"}, "Watt: “12 W” is no number above 0."),
    ({"Watt": "-3"}, "Watt: “-3” is no number above 0."),
    ({"Care": "x" * 2001}, "Care: The value has 2001 characters; TikTok Shop takes 2000"),
    ({"Material": ""}, "TikTok Shop requires Material in Jackets."),
    ({"Material": "Wool"}, "TikTok Shop requires Care in Jackets."),
    ({"SKU": "FK-2"}, "SKU FK-2 is not this product's."),
])
def test_a_row_with_anything_wrong_changes_nothing_and_says_what(cells, words):
    found = changed(current(own={"100": COTTON}), Fits="Women", **cells) if "Fits" not in cells else changed(current(own={"100": COTTON}), **cells)
    assert len(found.causes) == 1 and found.causes[0].startswith(words)
    assert not found.after and not found.before


def test_all_that_is_wrong_is_said_at_once():
    found = changed(current(own={"100": COTTON}), Material="Silk", Watt="many", Brand_ID="Fern")
    assert len(found.causes) == 3


def test_a_product_with_a_category_of_its_own_takes_a_brand_and_no_attributes():
    now = current(own={"100": COTTON}, has_own_category=True)
    assert template_row(now, ASKED)[5:] == ["", "", "", ""]
    assert changed(now, Brand_ID="7082427311584347905").causes == ()
    assert changed(now, Material="Wool").causes == ("This product has a TikTok category of its own. Fill in Material on its page.",)


def test_columns_may_be_moved_or_left_out_and_notes_added():
    columns = read_header(["Watt [102]", "my notes", "PRODUCT ID"], ASKED)
    now = current(own={"100": COTTON})
    assert check_row(["3", "dear me", "41"], columns, now, ASKED, {}).after.attributes == {"102": {"value_id": "", "text": "3"}}
    assert not check_row(["", "short row"], columns, now, ASKED, {}).after


@pytest.mark.parametrize(("titles", "words"), [
    (["SKU", "Watt [102]"], "no column “Product ID”"),
    (["Product ID", "Length [999]"], "does not belong to this category"),
    (["Product ID", "Watt [102]", "Power [102]"], "is there twice"),
    (["Product ID", "SKU"], "nor an attribute"),
])
def test_a_file_that_is_no_template_of_this_category_is_refused_as_a_whole(titles, words):
    with pytest.raises(Unreadable, match=words):
        read_header(titles, ASKED)


def test_values_that_tiktok_shop_has_dropped_since_the_check_are_refused():
    asked = Asked.of("Jackets", (made.attribute(attribute_id="100", name="Material", values=(("1", "Cotton"),)),), "US")
    assert refused_now(Values(None, {"100": COTTON}), asked) == ""
    assert "“Wool” is not one of" in refused_now(Values(None, {"100": {"value_id": "2", "text": "Wool"}}), asked)
    assert "does not ask for one of the attributes" in refused_now(Values(None, {"102": None}), asked)

"""What a category asks, answered from three levels and the store (ATT-03, CAT-09)."""

from __future__ import annotations

import pytest

from hub.domain.categories import Brand, Condition
from hub.rules.attributes import answer_attributes, plain, sales_attributes, sales_axes
from hub.rules.precedence import Chosen, choose, merge
from tests.rules import made


def answered(asked, chosen=None, **product):
    found = answer_attributes(made.product(**product), asked, chosen or {}, category="Jackets", region="US")
    return found.values, [one.code for one in found.problems]


def noted(asked, chosen=None, region="US", **product):
    found = answer_attributes(made.product(**product), asked, chosen or {}, category="Jackets", region=region)
    assert found.problems == []
    return [(one.code, one.says) for one in found.notes]


@pytest.mark.parametrize(
    ("chosen", "of_store", "value", "problems"),
    [
        (None, {}, None, ["attribute.missing"]),
        (None, {"Material": "Cotton"}, ("1", "Cotton"), []),
        (None, {"MATERIALS": " cotton "}, ("1", "Cotton"), []),
        (None, {"Material": "Silk"}, None, ["attribute.value"]),
        (None, {"Fabric": "Cotton"}, None, ["attribute.missing"]),
        ("Wool", {"Material": "Cotton"}, ("2", "Wool"), []),
        ({"value_id": "2", "text": "Wool"}, {"Material": "Cotton"}, ("2", "Wool"), []),
        ({"from": "Fabric"}, {"Fabric": "Wool", "Material": "Cotton"}, ("2", "Wool"), []),
        ({"from": "FABRIC"}, {"Fabric": "Wool"}, ("2", "Wool"), []),
        ({"from": "Fabric"}, {}, None, ["attribute.missing"]),
        ({"text": "wool"}, {}, ("2", "Wool"), []),
        ({"text": "Silk"}, {}, None, ["attribute.value"]),
    ],
)
def test_a_required_attribute(chosen, of_store, value, problems):
    given = {"100": Chosen(chosen, "product")} if chosen is not None else {}
    values, found = answered([made.attribute()], given, attributes=of_store)
    assert (values.get("100"), found) == ((value,) if value else None, problems)


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        ({"customizable": True}, "Silk", (("", "Silk"),)),
        ({"values": ()}, "Silk", (("", "Silk"),)),
        ({"customizable": True}, "x" * 2001, (("", "x" * 2000),)),
        ({"values": (), "numeric": True}, "12.5", (("", "12.5"),)),
        ({"values": (), "numeric": True}, "0", None),
        ({"values": (), "numeric": True}, "-3", None),
        ({"values": (), "numeric": True}, "about 3", None),
        ({"values": (), "numeric": True}, "NaN", None),
        ({"values": (), "numeric": True}, "1e3", None),
        ({"values": (), "numeric": True}, "12 months", None),
        ({"values": (), "numeric": True}, "Infinity", None),
        ({"multiple": True}, "wool, Cotton,wool", (("2", "Wool"), ("1", "Cotton"))),
        ({"multiple": True}, "Wool, Silk", (("2", "Wool"),)),
        ({"multiple": True, "customizable": True}, "Wool, Silk", (("2", "Wool"), ("", "Silk"))),
        ({"multiple": True, "values": (("7", "Cotton, washed"),)}, "Cotton, washed", (("7", "Cotton, washed"),)),
        ({"multiple": False}, "Wool, Cotton", None),
        ({"values": (("7", "Größe"),)}, "GRÖSSE", (("7", "Größe"),)),
        ({"values": (("7", "綿"), ("8", "毛"))}, "毛", (("8", "毛"),)),
        ({"values": (("7", "綿"), ("8", "毛"))}, "絹", None),
        ({"values": (("7", "хлопок"), ("8", "шерсть"))}, "Шерсть", (("8", "шерсть"),)),
    ],
)
def test_a_text_becomes_tiktoks_values(options, text, expected):
    values, problems = answered([made.attribute(**options)], {"100": Chosen(text, "store")})
    assert (values.get("100"), problems) == (expected, [] if expected else ["attribute.value"])


@pytest.mark.parametrize(("picked", "problems"), [("Cotton", []), ("Wool", ["attribute.missing"]), ("", [])])
def test_a_condition_makes_an_attribute_required(picked, problems):
    care = made.attribute("101", "Care", required=False, conditions=(Condition("100", "2"),), values=())
    assert answered([care, made.attribute(required=False)], {"100": Chosen(picked, "product")} if picked else {})[1] == problems


def test_any_condition_is_enough_and_an_answer_settles_it():
    care = made.attribute("101", "Care", required=False, conditions=(Condition("100", "1"), Condition("100", "2")), values=())
    chosen = {"100": Chosen("Wool", "store")}
    assert answered([made.attribute(), care], chosen)[1] == ["attribute.missing"]
    assert answered([made.attribute(), care], {**chosen, "101": Chosen("By hand", "store")})[1] == []


def test_an_optional_attribute_that_does_not_fit_is_left_out_with_a_note():
    asked = [made.attribute(required=False)]
    assert answered(asked, attributes={"Material": "Silk"}) == ({}, [])
    assert noted(asked, attributes={"Material": "Silk"}) == [
        ("attribute.left_out", "“Silk” is no value that TikTok Shop takes for Material: the product goes without it.")
    ]


def test_a_part_that_does_not_fit_and_a_text_that_is_cut_are_noted():
    assert [code for code, _ in noted([made.attribute(multiple=True)], attributes={"Material": "Wool, Silk"})] == ["attribute.left_out"]
    assert [code for code, _ in noted([made.attribute(values=())], attributes={"Material": "x" * 2001})] == ["attribute.cut"]


def test_a_choice_that_tiktok_shop_has_dropped_is_found_by_its_name_or_named():
    gone = {"100": Chosen({"value_id": "9", "text": "wool"}, "category")}
    assert answered([made.attribute()], gone) == ({"100": (("2", "Wool"),)}, [])
    nowhere = {"100": Chosen({"value_id": "9", "text": "Silk"}, "category")}
    assert answered([made.attribute()], nowhere) == ({}, ["attribute.value"])
    assert [code for code, _ in noted([made.attribute(required=False)], nowhere)] == ["attribute.left_out"]


@pytest.mark.parametrize(("text", "region", "problems"), [
    ("羊毛", "US", ["attribute.letters"]), ("羊毛", "JP", []), ("Soft 😀", "US", ["attribute.letters"]), ("Soft\x07", "GB", ["attribute.letters"]),
    ("Größe", "DE", []),
])
def test_an_own_value_has_letters_that_its_market_takes(text, region, problems):
    found = answer_attributes(made.product(attributes={"Material": text}), [made.attribute(values=())], {}, category="Jackets", region=region)
    assert [one.code for one in found.problems] == problems


def test_the_brand_answers_an_attribute_of_that_name_unless_the_store_has_one():
    brand = made.attribute(name="Brand", values=())
    assert answered([brand], brand="Luma")[0] == {"100": (("", "Luma"),)}
    assert answered([brand], brand="Luma", attributes={"Brand": "Acme"})[0] == {"100": (("", "Acme"),)}


def test_sales_attributes_are_not_asked_of_the_product():
    assert answered([made.attribute(is_sales=True)]) == ({}, [])


def test_options_take_tiktoks_own_ids_where_names_agree():
    attributes = [
        made.attribute("100", "Color", is_sales=True, values=(("1", "Navy Blue"),)),
        made.attribute("101", "Size", is_sales=True, values=()),
    ]
    variant = made.variant(options={"Colour": "navy-blue", "Size": "M", "Length of the leg in inches": "32"})
    assert sales_attributes(variant, attributes) == (
        ("100", "Color", "1", "navy-blue"),
        ("101", "Size", "", "M"),
        ("", "Length of the leg in", "", "32"),
    )


def test_an_option_that_the_merchant_named_goes_to_his_choice_before_an_equal_name():
    attributes = [made.attribute("100", "Color", is_sales=True, values=(("1", "Navy"),)), made.attribute("101", "Size", is_sales=True, values=())]
    variant = made.variant(options={"Shade": "Navy", "Size": "M"})
    chosen = {"100": Chosen({"from": "shade"}, "category")}
    assert sales_attributes(variant, attributes, chosen) == (("100", "Color", "1", "Navy"), ("101", "Size", "", "M"))
    assert sales_attributes(variant, attributes)[0] == ("", "Shade", "", "Navy")


def test_values_that_the_store_tells_apart_never_fall_together():
    color = made.attribute("100", "Color", is_sales=True, values=(("1", "Blue"),))
    variants = [made.variant(str(number), f"S{number}", options={"Color": value}) for number, value in enumerate(("Blue", "BLUE"))]
    assert sales_axes(variants, [color]) == {"0": (("100", "Color", "1", "Blue"),), "1": (("100", "Color", "", "BLUE"),)}
    assert sales_axes(variants[1:], [color]) == {"1": (("100", "Color", "1", "BLUE"),)}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Colour", "color", True),
        ("  SIZE ", "sizes", True),
        ("T-Shirt", "t shirt", True),
        ("snake_case", "Snake Case", True),
        ("Ｓｉｚｅ", "size", True),
        ("色", "サイズ", False),
        ("Größe", "Grobe", False),
        ("Red", "Green", False),
    ],
)
def test_names_are_compared_without_case_marks_and_spelling(one, other, same):
    assert (plain(one) == plain(other)) is same


@pytest.mark.parametrize(
    ("product", "category", "store", "expected"),
    [
        ("p", "c", "s", Chosen("p", "product")),
        ("", "c", "s", Chosen("c", "category")),
        (None, None, "s", Chosen("s", "store")),
        ("", (), {}, Chosen(None, "")),
        (0, "c", "s", Chosen(0, "product")),
        (False, "c", "s", Chosen(False, "product")),
    ],
)
def test_product_goes_before_category_before_store(product, category, store, expected):
    assert choose(product, category, store) == expected


def test_levels_are_merged_name_by_name():
    merged = merge({"a": "p", "b": ""}, {"b": "c", "c": ""}, {"a": "s", "b": "s", "d": "s"})
    assert merged == {"a": Chosen("p", "product"), "b": Chosen("c", "category"), "d": Chosen("s", "store")}


def test_clearing_a_level_lets_the_next_one_through():
    levels = [{"100": "Wool"}, {"100": "Cotton"}, {"100": "Silk"}]
    seen = []
    for cleared in range(4):
        seen.append(merge(*[{} if number < cleared else level for number, level in enumerate(levels)]))
    assert [one.get("100", Chosen(None, "")).value for one in seen] == ["Wool", "Cotton", "Silk", None]


@pytest.mark.parametrize(
    ("authorized", "t1", "available", "selectable"),
    [(True, True, True, True), (True, False, False, False), (False, True, True, False), (False, False, True, True)],
)
def test_which_brands_can_be_chosen(authorized, t1, available, selectable):
    assert Brand(brand_id="1", name="B", authorized=authorized, is_t1=t1, available=available).selectable is selectable

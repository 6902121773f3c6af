"""A product as a listing, or every problem that keeps it from being one: one row per problem code (PRD-13, ERR-04)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from hub.domain.categories import Category, CategoryRules, Certificate, Condition
from hub.domain.listings import Draft
from hub.domain.problems import CATALOGUE, problem
from hub.domain.products import Dimensions, Image, Measure, Picture, ProductKind
from hub.rules.checks.barcodes import barcode_kind
from hub.rules.listings import check_listing, draft_listing, fingerprint
from tests.rules import made


def draft(product=None, ground=None) -> Draft:
    found = draft_listing(product or made.product(), ground or made.ground())
    assert isinstance(found, Draft), found
    return found


def codes(product=None, ground=None) -> list[str]:
    found = draft_listing(product or made.product(), ground or made.ground())
    assert isinstance(found, list), found
    return [one.code for one in found]


def several(*variants, **values):
    """A product of these variants, each with an offer, and the ground it stands on."""
    ids = [one.variant_id for one in variants]
    return made.product(variants=variants), made.ground(offers={one: made.offer(one) for one in ids}, stock=dict.fromkeys(ids, 5), **values)


def test_the_jacket_is_complete():
    found = draft()
    assert (found.title, found.category_id, found.warehouse_id, found.external_product_id) == (
        "A warm jacket for cold days",
        "600001",
        "7000",
        "42",
    )
    assert (found.package, found.dimension_unit, found.weight, found.weight_unit) == ((30, 20, 5), "CENTIMETER", "0.900", "KILOGRAM")
    assert [(one.variant_id, one.seller_sku, one.price, one.stock) for one in found.skus] == [("57", "JACKET-M", Decimal("72.00"), 5)]


BROKEN_PRODUCTS = {
    "product.kind": {"kind": ProductKind.BUNDLE},
    "product.inactive": {"active": False},
    "product.not_for_sale": {"active": False, "problems": (problem("product.not_for_sale", reason="its price is hidden"),)},
    "product.needs_answer": {"problems": (problem("product.needs_answer", name="Engraving"),)},
    "title.missing": {"title": "  "},
    "title.too_long": {"title": "x" * 256},
    "title.letters": {"title": "A warm jacket 😀"},
    "description.missing": {"description": " \n"},
    "description.too_long": {"description": "x" * 10_001},
    "description.letters": {"description": "<p>温暖</p>"},
    "description.nested": {"description": "<ul><li>" * 11 + "Warm" + "</li></ul>" * 11},
    "images.missing": {"images": ()},
    "weight.missing": {"weight": None},
    "package.missing": {"dimensions": None},
    "variants.none": {"variants": ()},
    "sku.missing": {"variants": (made.variant(sku=""),)},
    "sku.format": {"variants": (made.variant(sku="JACKET M"),)},
    "options.too_many": {"variants": (made.variant(options={"A": "1", "B": "2", "C": "3", "D": "4"}),)},
    "option.too_long": {"variants": (made.variant(options={"Size": "x" * 51}),)},
    "option.no_name": {"variants": (made.variant(options={"": "M"}),)},
    "option.name": {"variants": (made.variant(options={"Size 😀": "M"}),)},
    "option.empty": {"variants": (made.variant(options={"Size": " "}),)},
    "option.letters": {"variants": (made.variant(options={"Size": "大"}),)},
    "options.same": {"variants": (made.variant(options={"The size of the jacket": "M", "The size of the jacket's hood": "S"}),)},
}
BROKEN_GROUNDS = {
    "warehouse.missing": {"warehouse_id": ""},
    "category.missing": {"category": None},
    "category.not_leaf": {"category": replace(made.LEAF, is_leaf=False)},
    "category.closed": {"category": replace(made.LEAF, permissions=("PROHIBITED",))},
    "warehouse.gone": {"warehouses": frozenset({"7001"})},
    "package.size": {"package": (30, 0, 5)},
    "image.unfit": {"pictures": {"https://shop.example/jacket.jpg": Picture(299, 300, 1000, "jpeg")}},
    "attribute.missing": {"attributes": (made.attribute(),)},
    "certificate.missing": {"rules": CategoryRules(certificates=(Certificate(certificate_id="9", name="Safety", required=True),))},
    "size_chart.missing": {"rules": CategoryRules(size_chart_required=True)},
    "price.missing": {"offers": {}},
    "price.range": {"offers": {"57": made.offer(price="7600.01")}},
    "price.currency": {"offers": {"57": made.offer(currency="EUR")}},
}
MANY = [made.variant(str(number), f"S{number}", options={"Size": str(number)}) for number in range(301)]
BROKEN_TOGETHER = {
    "attribute.value": (made.product(attributes={"Material": "Unobtainium"}), made.ground(attributes=(made.attribute(),))),
    "attribute.letters": (made.product(attributes={"Material": "羊毛"}), made.ground(attributes=(made.attribute(values=()),))),
    "variants.too_many": several(*MANY),
    "options.missing": several(made.variant("1", "A"), made.variant("2", "B", options={})),
    "options.differ": several(made.variant("1", "A"), made.variant("2", "B", options={"Size": "L"}), made.variant("3", "C", options={"Cut": "Slim"})),
    "options.double": several(made.variant("1", "A"), made.variant("2", "B")),
    "title.too_short": (made.product(title="x" * 24), made.ground(region="SG")),
}
LEFT_OUT = {
    "images.left_out": (made.product(images=tuple(Image(f"{number}.jpg") for number in range(10))), made.ground()),
    "images.of_variants": several(made.variant("1", "A", image=Image("a.jpg")), made.variant("2", "B", options={"Size": "L"})),
    "attribute.left_out": (made.product(attributes={"Material": "Silk"}), made.ground(attributes=(made.attribute(required=False),))),
    "attribute.cut": (made.product(attributes={"Material": "x" * 2001}), made.ground(attributes=(made.attribute(values=()),))),
    "barcode.left_out": (made.product(variants=(made.variant(barcode="4006381333932"),)), made.ground()),
}
DOUBLE = several(made.variant("1", "SAME", options={"Size": "M"}), made.variant("2", "SAME", options={"Size": "L"}))


@pytest.mark.parametrize(("code", "values"), BROKEN_PRODUCTS.items())
def test_what_is_wrong_with_the_product_is_the_only_problem_named(code, values):
    assert codes(made.product(**values)) == [code]


@pytest.mark.parametrize(("code", "values"), BROKEN_GROUNDS.items())
def test_what_is_wrong_with_the_choices_is_the_only_problem_named(code, values):
    assert codes(ground=made.ground(**values)) == [code]


@pytest.mark.parametrize(("code", "case"), BROKEN_TOGETHER.items())
def test_what_is_wrong_between_product_and_choices_is_named(code, case):
    assert codes(*case) == [code]


@pytest.mark.parametrize(("code", "case"), LEFT_OUT.items())
def test_what_can_be_left_out_is_noted_and_holds_nothing_back(code, case):
    found = check_listing(*case)
    assert ([one.code for one in found.notes], found.problems) == ([code], ())
    assert found.draft == draft(*case)


def test_two_variants_on_one_tiktok_sku_are_named():
    product, ground = several(made.variant("1", "A"), made.variant("2", "B", options={"Size": "L"}), tiktok_sku_ids={"1": "9", "2": "9"})
    assert codes(product, ground) == ["sku.mapped_twice", "sku.mapped_twice"]


def test_a_problem_names_the_very_sku_picture_and_field():
    product, ground = several(
        made.variant("1", "A", options={"Color": "Red"}, image=Image("https://shop.example/red.jpg")),
        made.variant("2", "B C", options={"Color": "Blue"}, image=Image("https://shop.example/blue.gif")),
        made.variant("3", "D", options={"Color": "Blue"}, barcode="4006381333932", image=Image("https://shop.example/blue.gif")),
        pictures={"https://shop.example/blue.gif": Picture(0, 0, 9, ""), "https://shop.example/2.jpg": Picture(4001, 300, 9, "jpeg")})
    product = replace(product, images=(Image("https://shop.example/1.jpg"), Image("https://shop.example/2.jpg")))
    found = check_listing(product, ground)
    assert [(one.code, one.where, one.says) for one in (*found.problems, *found.notes)] == [
        ("sku.format", "Variant Blue", "TikTok Shop takes SKUs of 1 to 50 characters without spaces; this one is “B C”."),
        ("options.double", "Variant Blue", "Several variants have these same options: B C, D."),
        ("image.unfit", "Pictures › 2", "The picture 2.jpg is 4001 × 300 pixels; TikTok Shop takes 300 to 4,000 on each side."),
        ("image.unfit", "Variant Blue › Picture", "The picture blue.gif is no JPG, PNG, WEBP, HEIC or BMP."),
        ("barcode.left_out", "Variant Blue › Barcode", "The barcode 4006381333932 has a wrong check digit: the variant goes without it."),
    ]


@pytest.mark.parametrize(
    ("title", "sent"),
    [("Warm &amp; soft", "Warm & soft"), ("Warm\x07 jacket", "Warm jacket"), ("It&#39;s  warm", "It's warm"), ("Größe — 100 %™", "Größe — 100 %™")],
)
def test_a_title_is_sent_without_what_no_reader_sees(title, sent):
    assert draft(made.product(title=title)).title == sent


def test_a_rupiah_has_no_parts():
    ground = made.ground(region="ID", currency="IDR", offers={"57": made.offer(price="150000.50", currency="IDR")})
    assert draft(made.product(title="A warm jacket for the very cold days"), ground).skus[0].price == Decimal(150001)


@pytest.mark.parametrize(
    ("region", "weight", "unit", "sent"),
    [
        ("US", "1.125", "POUND", ("0.510", "KILOGRAM")),
        ("GB", "1", "POUND", ("0.454", "KILOGRAM")),
        ("JP", "300.4", "GRAM", ("300", "GRAM")),
        ("JP", "0.2", "GRAM", ("1", "GRAM")),
        ("DE", "300", "GRAM", ("0.300", "KILOGRAM")),
        ("US", "0.30001", "KILOGRAM", ("0.300", "KILOGRAM")),
    ],
)
def test_a_weight_is_sent_in_a_unit_and_with_decimals_that_its_market_takes(region, weight, unit, sent):
    currency, price = ("JPY", "7200") if region == "JP" else ({"US": "USD", "GB": "GBP", "DE": "EUR"}[region], "72.00")
    ground = made.ground(region=region, currency=currency, offers={"57": made.offer(price=price, currency=currency)}, weight=weight,
                         weight_unit=unit, own_weight=True)
    found = draft(ground=ground)
    assert (found.weight, found.weight_unit) == sent


@pytest.mark.parametrize("weight", ["0", "-1", "heavy", "NaN"])
def test_a_weight_that_is_none_is_missing(weight):
    assert codes(ground=made.ground(weight=weight, own_weight=True)) == ["weight.missing"]


def test_inches_become_centimetres_where_they_are_not_taken():
    ground = made.ground(region="GB", currency="GBP", offers={"57": made.offer(currency="GBP")}, package=(12, 8, 2), dimension_unit="INCH")
    found = draft(ground=ground)
    assert (found.package, found.dimension_unit, found.weight_unit) == ((31, 21, 6), "CENTIMETER", "KILOGRAM")


def test_a_sku_on_two_variants_is_named_at_both():
    found = draft_listing(*DOUBLE)
    assert isinstance(found, list)
    assert [(one.code, one.where) for one in found] == [("sku.double", "Variant M"), ("sku.double", "Variant L")]


def test_each_problem_before_a_push_is_in_the_tables_above():
    of_a_draft = {
        code
        for code in CATALOGUE
        if code.partition(".")[0]
        in (
            "product",
            "title",
            "description",
            "images",
            "category",
            "attribute",
            "certificate",
            "size_chart",
            "package",
            "weight",
            "warehouse",
            "sku",
            "variants",
            "options",
            "option",
            "image",
            "barcode",
            "price",
        )
    }
    elsewhere = {"product.not_pulled", "product.unknown", "sku.not_found", "image.refused"}  # flows find these
    of_two = {"sku.double", "sku.mapped_twice"}
    assert {*BROKEN_PRODUCTS, *BROKEN_GROUNDS, *BROKEN_TOGETHER, *LEFT_OUT, *of_two} == of_a_draft - elsewhere


def test_all_problems_come_at_once_with_text_and_fix():
    found = draft_listing(made.product(title="", description="", images=(), weight=None), made.ground(warehouse_id="", offers={}))
    assert isinstance(found, list)
    assert {one.code for one in found} == {
        "title.missing",
        "description.missing",
        "images.missing",
        "weight.missing",
        "warehouse.missing",
        "price.missing",
    }
    assert all(one.says and one.fix and one.link and "?" not in one.says for one in found)


@pytest.mark.parametrize("kind", [ProductKind.BUNDLE, ProductKind.GROUPED, ProductKind.OTHER])
def test_a_kind_that_cannot_be_sold_is_said_alone(kind):
    assert codes(made.product(kind=kind, title="", images=())) == ["product.kind"]


@pytest.mark.parametrize("kind", [ProductKind.SIMPLE, ProductKind.CONFIGURABLE, ProductKind.VIRTUAL])
def test_a_kind_that_can_be_sold_is_drafted(kind):
    assert draft(made.product(kind=kind)).title


@pytest.mark.parametrize(("region", "limit"), [("US", 255), ("GB", 255), ("DE", 255), ("JP", 255), ("BR", 300), ("MX", 300), ("MY", 255)])
def test_the_longest_title_of_each_market(region, limit):
    ground = made.ground(region=region, title="x" * limit)
    assert draft(ground=ground).title == "x" * limit
    assert codes(ground=replace(ground, title="x" * (limit + 1))) == ["title.too_long"]


@pytest.mark.parametrize(("region", "limit"), [("US", 300), ("DE", 300), ("JP", 300), ("MX", 300), ("MY", 100), ("SG", 100)])
def test_the_most_variants_of_each_market(region, limit):
    product, ground = several(*MANY[:limit], region=region)
    assert len(draft(product, ground).skus) == limit
    product, ground = several(*MANY[:limit], made.variant("one-more", "ONE-MORE", options={"Size": "one more"}), region=region)
    assert codes(product, ground) == ["variants.too_many"]


@pytest.mark.parametrize(
    ("region", "currency", "low", "high", "step"),
    [
        ("US", "USD", "0.01", "7600", "0.01"),
        ("GB", "GBP", "0.01", "5600", "0.01"),
        ("DE", "EUR", "0.01", "6300", "0.01"),
        ("JP", "JPY", "1", "500000", "1"),
        ("MX", "MXN", "1", "50000", "0.01"),
        ("TH", "THB", "30", "260000", "0.01"),
        ("ID", "IDR", "100", "100000000", "1"),
        ("VN", "VND", "1", "180000000", "1"),
        ("BR", "BRL", "0.5", "10000", "0.01"),
        ("MY", "MYR", "0.01", "320000", "0.01"),
        ("SG", "SGD", "0.01", "10000", "0.01"),
    ],
)
def test_the_lowest_and_highest_price_of_each_market(region, currency, low, high, step):
    def at(price: Decimal):
        return made.ground(region=region, currency=currency, offers={"57": made.offer(price=str(price), currency=currency)})

    for price in (Decimal(low), Decimal(high)):
        assert draft(ground=at(price)).skus[0].price == price
    assert codes(ground=at(Decimal(high) + Decimal(step))) == ["price.range"]
    if Decimal(low) > Decimal(step):
        assert codes(ground=at(Decimal(low) - Decimal(step))) == ["price.range"]


@pytest.mark.parametrize(
    ("price", "currency", "shown"),
    [("19.995", "USD", "20.00"), ("19.994", "USD", "19.99"), ("1500.5", "JPY", "1501"), ("0.0049", "USD", None)],
)
def test_a_net_price_is_rounded_half_up_to_the_minor_unit(price, currency, shown):
    ground = made.ground(
        region="JP" if currency == "JPY" else "US", currency=currency, offers={"57": made.offer(price=price, currency=currency)}
    )
    if shown is None:
        assert codes(ground=ground) == ["price.range"]
    else:
        assert draft(ground=ground).skus[0].price == Decimal(shown)


def test_todays_price_is_sent_not_the_regular_one():
    offer = replace(made.offer(price="72.00"), effective_price=Decimal("60.00"))
    assert draft(ground=made.ground(offers={"57": offer})).skus[0].price == Decimal("60.00")


def test_a_variant_that_is_off_is_left_out():
    product, ground = several(made.variant("1", "A"), made.variant("2", "B", active=False))
    assert [one.seller_sku for one in draft(product, ground).skus] == ["A"]


@pytest.mark.parametrize("sku", ["A\tB", "A B", "A\u00a0B", "x" * 51])
def test_a_sku_with_any_space_or_too_long_is_refused(sku):
    assert codes(made.product(variants=(made.variant(sku=sku),))) == ["sku.format"]


def test_own_title_and_description_go_before_the_stores():
    found = draft(ground=made.ground(title="A title for TikTok Shop", description="Ours"))
    assert (found.title, found.description) == ("A title for TikTok Shop", "Ours")


@pytest.mark.parametrize(("region", "refused"), [("ID", False), ("TH", False), ("VN", False), ("US", True), ("DE", True)])
def test_some_markets_ask_for_no_package_size(region, refused):
    offers = {"57": made.offer(price="200")}
    product = made.product(dimensions=None)
    if refused:
        assert codes(product, made.ground(region=region, offers=offers)) == ["package.missing"]
    else:
        assert draft(product, made.ground(region=region, offers=offers)).package is None


def test_a_chosen_package_goes_before_the_stores_and_the_stores_weight_before_the_default():
    found = draft(ground=made.ground(package=(10, 10, 10), weight="1"))
    assert (found.package, found.weight) == ((10, 10, 10), "0.900")
    assert draft(made.product(weight=None), made.ground(weight="1")).weight == "1"
    assert draft(ground=made.ground(weight="1", own_weight=True)).weight == "1"
    assert draft(ground=made.ground(weight="", own_weight=True)).weight == "0.900"


@pytest.mark.parametrize(
    ("weight", "of_variants", "sent"),
    [
        (Measure(Decimal("0.5"), "kg"), [], "0.500"),
        (None, [Measure(Decimal(300), "g"), Measure(Decimal("0.4"), "kg")], "0.400"),
        (Measure(Decimal(0), "kg"), [Measure(Decimal("0.7"), "kg")], "0.700"),
        (Measure(Decimal(0), "kg"), [None], "2"),
        (Measure(Decimal(3), "stone"), [None], "2"),
    ],
)
def test_the_weight_is_the_products_else_its_heaviest_variants_else_the_default(weight, of_variants, sent):
    each = enumerate(of_variants or [None])
    variants = [made.variant(str(number), f"S{number}", options={"Size": str(number)}, weight=one) for number, one in each]
    product, ground = several(*variants, weight="2")
    assert draft(replace(product, weight=weight), ground).weight == sent


@pytest.mark.parametrize(
    ("dimension_unit", "package", "weight_of_store", "default", "sent"),
    [
        ("INCH", (12, 8, 2), Measure(Decimal("0.9"), "kg"), ("", "POUND"), ("1.98", "POUND")),
        ("INCH", (12, 8, 2), None, ("1.50", "POUND"), ("1.50", "POUND")),
        ("INCH", None, None, ("1.50", "POUND"), ("0.680", "KILOGRAM")),
        ("CENTIMETER", (12, 8, 2), None, ("500", "GRAM"), ("0.500", "KILOGRAM")),
        ("INCH", (12, 8, 2), None, ("1", "GRAM"), ("0.01", "POUND")),
    ],
)
def test_weight_and_size_are_of_one_system(dimension_unit, package, weight_of_store, default, sent):
    ground = made.ground(package=package, dimension_unit=dimension_unit, weight=default[0], weight_unit=default[1])
    found = draft(made.product(weight=weight_of_store), ground)
    assert (found.weight, found.weight_unit) == sent
    assert (found.weight_unit == "POUND") == (found.dimension_unit == "INCH")


def test_nine_pictures_at_most_and_each_once():
    images = tuple(Image(f"https://shop.example/{number % 11}.jpg") for number in range(22))
    assert draft(made.product(images=images)).image_urls == tuple(f"https://shop.example/{number}.jpg" for number in range(9))


def test_variants_have_pictures_only_where_each_value_of_the_first_option_has_one():
    red = made.variant("1", "R-M", options={"Color": "Red", "Size": "M"}, image=Image("red.jpg"))
    red_l = made.variant("2", "R-L", options={"Color": "Red", "Size": "L"}, image=Image("other-red.jpg"))
    blue = made.variant("3", "B-M", options={"Color": "Blue", "Size": "M"}, image=Image("blue.jpg"))
    assert [one.image_url for one in draft(*several(red, red_l, blue)).skus] == ["red.jpg", "red.jpg", "blue.jpg"]
    assert {one.image_url for one in draft(*several(red, red_l, replace(blue, image=None))).skus} == {""}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("4006381333931", "EAN"),
        ("96385074", "EAN"),
        ("036000291452", "UPC"),
        ("10614141000415", "GTIN"),
        ("4006381333932", ""),
        ("96385075", ""),
        ("036000291453", ""),
        ("10614141000416", ""),
        ("", ""),
        ("123", ""),
        ("ABC", ""),
        ("400638133393X", ""),
        (" 4006381333931", ""),
        ("²²²²²²²²", ""),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", ""),
    ],
)
def test_a_barcode_is_sent_only_with_a_right_check_digit(code, kind):
    assert barcode_kind(code) == kind
    assert barcode_kind(code, "ISBN") == ("ISBN" if kind and len(code) == 13 else kind)
    sku = draft(made.product(variants=(made.variant(barcode=code),))).skus[0]
    assert (sku.barcode, sku.barcode_type) == (code if kind else "", kind)


@pytest.mark.parametrize(("code", "kind"), [("080442957X", "ISBN"), ("0804429578", ""), ("0804X29570", ""), ("0306406152", "ISBN")])
def test_an_isbn_of_ten_is_told_where_the_merchant_says_so(code, kind):
    assert (barcode_kind(code, "ISBN"), barcode_kind(code)) == (kind, "")


def test_a_barcode_that_stands_on_two_variants_is_left_out():
    variants = [made.variant(str(number), f"S{number}", options={"Size": str(number)}, barcode="4006381333931") for number in range(2)]
    other = made.variant("9", "S9", options={"Size": "9"}, barcode="96385074")
    assert [one.barcode for one in draft(*several(*variants, other)).skus] == ["", "", "96385074"]


def test_a_certificate_may_depend_on_what_the_product_is():
    rules = CategoryRules(
        certificates=(Certificate(certificate_id="9", name="Wool mark", required=False, conditions=(Condition("100", "2"),)),)
    )
    for word, expected in (("Wool", ["certificate.missing"]), ("Cotton", [])):
        found = draft_listing(made.product(attributes={"material": word}), made.ground(attributes=(made.attribute(),), rules=rules))
        assert ([one.code for one in found] if isinstance(found, list) else []) == expected


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [((), True), (("AVAILABLE",), True), (("INVITE_ONLY",), True), (("PROHIBITED",), False), (("NON_MAIN_CATEGORY",), False)],
)
def test_a_category_that_this_seller_may_not_use_is_none(permissions, allowed):
    category = Category(category_id="1", parent_id="0", name="C", is_leaf=True, permissions=permissions)
    if allowed:
        assert draft(ground=made.ground(category=category)).category_id == "1"
    else:
        assert codes(ground=made.ground(category=category)) == ["category.closed"]


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"title": "Another title"}, False),
        ({"image_urls": ("other.jpg",)}, False),
        ({"weight": "2"}, False),
        ({"brand_id": "5"}, False),
        ({"package": (1, 2, 3)}, False),
        ({"attributes": {"100": (("1", "Cotton"),)}}, False),
        ({}, True),
    ],
)
def test_a_push_is_needed_when_content_changed(change, is_same):
    assert (fingerprint(replace(draft(), **change)) == fingerprint(draft())) is is_same


@pytest.mark.parametrize(
    ("change", "is_same"),
    [({"price": Decimal(1)}, True), ({"stock": 99}, True), ({"tiktok_sku_id": "8"}, True), ({"seller_sku": "OTHER"}, False)],
)
def test_price_and_stock_need_no_push(change, is_same):
    found = draft()
    assert (fingerprint(replace(found, skus=(replace(found.skus[0], **change),))) == fingerprint(found)) is is_same


def test_a_size_in_inches_of_the_store_becomes_whole_centimetres():
    product = made.product(dimensions=Dimensions(Decimal(12), Decimal("8.5"), Decimal(2), "in"))
    assert draft(product).package == (31, 22, 6)

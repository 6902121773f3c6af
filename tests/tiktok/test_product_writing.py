"""What is sent of a listing: names, pictures of variants, prices by kind of seller, and no write without a name."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest

import hub.tiktok
from hub.domain.listings import Draft, DraftSku
from hub.tiktok.product_writing import price_body, product_body

READS = {
    "RecommendCategory", "SearchProducts", "InventorySearch", "GetOrderList", "SearchCancellations", "SearchReturns",
}  # fmt: skip


def sku(number, colour, size, image="", **changes):
    return DraftSku(
        variant_id=f"v{number}", seller_sku=f"S-{number}", price=Decimal("10"), currency="USD", stock=number,
        sales_attributes=(("100", "Color", "", colour), ("", "Fit", "", size)), image_url=image, **changes,
    )  # fmt: skip


def body(*skus, images=(), **options):
    draft = Draft(
        title="T", description="D", category_id="1", image_urls=("a", "b"), skus=skus, warehouse_id="w",
        attributes={"7": (("70", "Cotton"), ("", "own words")), "8": ()},
    )  # fmt: skip
    return product_body(
        draft, {name: f"uri-{name}" for name in ("a", *images)}, category_version="v2",
        **{"is_cross_border": False, **options},
    )  # fmt: skip


def pictures(sent):
    return [[one.get("sku_img", {}).get("uri") for one in each["sales_attributes"]] for each in sent["skus"]]


def test_only_pictures_that_were_uploaded_are_named():
    assert body(sku(1, "Red", "M"))["main_images"] == [{"uri": "uri-a"}]


def test_values_go_by_id_where_there_is_one_and_in_words_else():
    sent = body(sku(1, "Red", "M"))
    assert sent["product_attributes"] == [{"id": "7", "values": [{"id": "70"}, {"name": "own words"}]}]
    assert sent["skus"][0]["sales_attributes"] == [
        {"id": "100", "value_name": "Red"}, {"name": "Fit", "value_name": "M"},
    ]  # fmt: skip


def test_pictures_stand_on_the_attribute_that_tells_them_apart():
    sent = body(
        sku(1, "Red", "M", "r"), sku(2, "Red", "L", "r"), sku(3, "Blue", "M", "u"), sku(4, "Blue", "L"),
        images=("r", "u"),
    )  # fmt: skip
    assert pictures(sent) == [["uri-r", None], ["uri-r", None], ["uri-u", None], ["uri-u", None]]


def test_pictures_may_follow_the_second_attribute():
    sent = body(sku(1, "Red", "M", "m"), sku(2, "Blue", "M", "m"), sku(3, "Red", "L", "l"), images=("m", "l"))
    assert pictures(sent) == [[None, "uri-m"], [None, "uri-m"], [None, "uri-l"]]


def test_a_value_without_a_picture_means_no_pictures_at_all():
    sent = body(sku(1, "Red", "M", "r"), sku(2, "Blue", "L"), images=("r",))
    assert pictures(sent) == [[None, None], [None, None]]


def test_a_value_has_one_picture_in_every_sku():
    sent = body(sku(1, "Red", "M", "r1"), sku(2, "Red", "M", "r2"), images=("r1", "r2"))
    assert pictures(sent) == [["uri-r1", None], ["uri-r1", None]]


def test_a_known_sku_keeps_price_and_stock_and_a_new_one_gets_them():
    sent = body(sku(1, "Red", "M", tiktok_sku_id="900"), sku(2, "Blue", "M"), with_price=False, with_stock=False)
    known, new = sent["skus"]
    assert known["id"] == "900" and "price" not in known and "inventory" not in known
    assert "id" not in new and new["price"]["amount"] == "10.00"
    assert new["inventory"] == [{"warehouse_id": "w", "quantity": 2}]


@pytest.mark.parametrize(
    ("price", "currency", "cross", "sent"),
    [
        ("12.5", "USD", False, {"amount": "12.50", "currency": "USD"}),
        ("1200", "JPY", False, {"amount": "1200", "currency": "JPY"}),
        ("12.5", "GBP", True, {"sale_price": "12.50", "currency": "GBP"}),
    ],
)
def test_a_price_is_named_by_the_kind_of_seller(price, currency, cross, sent):
    assert price_body(Decimal(price), currency, cross) == sent


def outside_calls():
    """(operation, method, its keywords) of each call that the client makes."""
    for path in Path(hub.tiktok.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "call":
                first, second = node.args[0], node.args[1]
                if isinstance(first, ast.Constant) and isinstance(second, ast.Constant):
                    yield first.value, second.value, {word.arg for word in node.keywords}


def test_every_write_names_a_crash_point():
    calls = list(outside_calls())
    writes = [(name, words) for name, method, words in calls if method != "GET" and name not in READS]
    assert {name for name, _ in writes} >= {"CreateProduct", "EditProduct", "ShipPackage", "CancelOrder"}
    assert [name for name, words in writes if "crash_point" not in words] == []

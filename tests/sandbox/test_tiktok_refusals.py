"""Each check of the TikTok Shop sandbox: one request refused with the contract's code, its smallest repair accepted.

Sent to the sandbox without the hub (issue 2, section 6.1).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.tiktok_shop import Answer, Hand, picture
from tests.support.openapi import Contract

Body = dict[str, Any]
Change = Callable[[Body, Hand], None]


def put(path: str, value: Any) -> Change:
    """Set (or, with None, drop) a field: `skus.0.price.amount`."""

    def change(body: Body, hand: Hand) -> None:
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        at: Any = body
        for step in way:
            at = at[step]
        if value is None:
            del at[last]
        else:
            at[last] = value(hand) if callable(value) else value

    return change


def brand(**kind: Any) -> Callable[[Hand], str]:
    return lambda hand: hand.control("POST", "/sandbox/brands", {"name": "Trial brand", **kind})["id"]


def return_desk(hand: Hand) -> str:
    return hand.shop["warehouses"][1]["id"]


def root_category(hand: Hand) -> str:
    rows = hand.call("GET", "/product/202309/categories", {"category_version": "v2"}).data["categories"]
    return next(row["id"] for row in rows if not row["is_leaf"])


def leaf_named(name: str) -> Callable[[Hand], str]:
    def find(hand: Hand) -> str:
        query = {"category_version": "v2", "include_prohibited_categories": "true"}
        rows = hand.call("GET", "/product/202309/categories", query).data["categories"]
        return next(row["id"] for row in rows if row["local_name"] == name)

    return find


def attribute(name: str, *values: Any) -> Callable[[Hand], list[Body]]:
    """The shirt's material and one attribute more; a value is an id's place, or a custom name."""

    def build(hand: Hand) -> list[Body]:
        rows = hand.attributes(hand.category("Harbour T-Shirt"))
        chosen = [{"id": rows[name]["values"][one]["id"]} if isinstance(one, int) else {"name": one} for one in values]
        material = {"id": rows["Material"]["id"], "values": [{"id": rows["Material"]["values"][0]["id"]}]}
        return [material, {"id": rows[name]["id"], "values": chosen}]

    return build


REPAIRABLE: dict[str, tuple[int, Change]] = {
    "no title": (12052261, put("title", "")),
    "a title of 256 characters": (12052051, put("title", "x" * 256)),
    "a title in Chinese": (12052262, put("title", "衬衫 shirt")),
    "a title with an emoji": (12052931, put("title", "Shirt 😀")),
    "a title with an HTML escape": (12052931, put("title", "Shirt &amp; more")),
    "a title of symbols": (12052931, put("title", "***")),
    "no description": (12052015, put("description", None)),
    "a description of 10,001 characters": (12052013, put("description", "x" * 10_001)),
    "a description that does not close its tag": (12052344, put("description", "<p>A shirt.")),
    "a description with a script": (12052345, put("description", "<script>1</script>")),
    "a description with a handler": (12052350, put("description", "<p onclick='x'>A</p>")),
    "a description with a picture of elsewhere": (
        12052340, put("description", '<img src="https://shop.example/a.png" width="9" height="9">')),
    "a description picture without a size": (12052348, put("description", '<img src="https://shop.example/a.png">')),
    "no category": (12052002, put("category_id", None)),
    "an unknown category": (12052023, put("category_id", "999999999")),
    "a category that is no leaf": (12052024, put("category_id", root_category)),
    "a prohibited category": (12052220, put("category_id", leaf_named("Downloads & E-books"))),
    "a category for invited sellers": (12052221, put("category_id", leaf_named("Necklaces & Pendants"))),
    "category version v1 in the US": (12052217, put("category_version", "v1")),
    "no category version in the US": (12052217, put("category_version", None)),
    "no main image": (12052028, put("main_images", None)),
    "ten main images": (12052306, lambda body, hand: body.update(main_images=body["main_images"] * 10)),
    "an image URI that was never issued": (12052300, put("main_images.0.uri", "tos-elsewhere/made-up")),
    "a main image that is too small": (
        12052301, put("main_images.0.uri", lambda hand: hand.upload("ATTRIBUTE_IMAGE", picture(200, 200)))),
    "an unknown brand": (12052026, put("brand_id", "12345")),
    "a brand whose authorisation is over": (12052200, put("brand_id", brand(authorized=True, expired=True))),
    "a brand authorised for other categories": (
        12052201, put("brand_id", brand(authorized=True, category_ids=["1"]))),
    "a first-tier brand without authorisation": (12052208, put("brand_id", brand(t1=True))),
    "a required attribute is missing": (12052104, put("product_attributes", None)),
    "an attribute of another category": (12052247, put("product_attributes.0.id", "999999")),
    "an attribute without a value": (12052248, put("product_attributes.0.values", [])),
    "two values where one is allowed": (12052246, put("product_attributes", attribute("Sleeve Length", 0, 1))),
    "a custom value where none is allowed": (12052240, put("product_attributes", attribute("Sleeve Length", "Odd"))),
    "a custom value of 2,001 characters": (
        12052249, put("product_attributes", attribute("Pattern", "x" * 2001))),
    "an attribute twice": (
        12052254, lambda body, hand: body.update(product_attributes=body["product_attributes"] * 2)),
    "no package weight": (12019011, put("package_weight", None)),
    "a package weight of nothing": (12052181, put("package_weight.value", "0")),
    "a package weight with 4 decimals": (12052006, put("package_weight.value", "0.3001")),
    "no package dimensions": (12019012, put("package_dimensions", None)),
    "a package length with decimals": (12052005, put("package_dimensions.length", "30.5")),
    "a package width that is no number": (12052004, put("package_dimensions.width", "wide")),
    "a package height of nothing": (12052116, put("package_dimensions.height", "0")),
    "pounds with centimetres": (12052915, put("package_weight.unit", "POUND")),
    "no SKU": (12052910, put("skus", [])),
    "301 SKUs": (12052050, lambda body, hand: body.update(skus=body["skus"][:1] * 301)),
    "a seller SKU of 51 characters": (12052054, put("skus.0.seller_sku", "x" * 51)),
    "a SKU without a price": (12052073, put("skus.0.price", None)),
    "a price with three decimals": (12052073, put("skus.0.price.amount", "12.505")),
    "a price in another currency": (12052084, put("skus.0.price.currency", "GBP")),
    "a price above the market's range": (12052570, put("skus.0.price.amount", "7600.01")),
    "a SKU without stock": (12052097, put("skus.0.inventory", None)),
    "an unknown warehouse": (12052097, put("skus.0.inventory.0.warehouse_id", "1")),
    "a return warehouse": (12052532, put("skus.0.inventory.0.warehouse_id", return_desk)),
    "stock of 100,000": (12052055, put("skus.0.inventory.0.quantity", 100_000)),
    "several SKUs, one without sales attributes": (12052550, put("skus.0.sales_attributes", None)),
    "a SKU on other axes than the rest": (12052550, put("skus.0.sales_attributes.0.name", "Size")),
    "two SKUs of one combination": (12052560, put("skus.0.sales_attributes.0.value_name", "Blue")),
    "four sales attributes": (12052525, put("skus.0.sales_attributes", [
        {"name": name, "value_name": "A"} for name in ("Color", "Size", "Cut", "Hem")])),
    "a sales attribute's name of 21 characters": (12052933, put("skus.0.sales_attributes.0.name", "x" * 21)),
    "a sales attribute's value of 51 characters": (12052934, put("skus.0.sales_attributes.0.value_name", "x" * 51)),
    "an unknown sales attribute id": (
        12052527, put("skus.0.sales_attributes", [{"id": "1", "value_name": "Black"}])),
    "a variant image that was never issued": (
        12052520, put("skus.0.sales_attributes.0.sku_img", {"uri": "made-up"})),
    "a variant image for one value only": (
        12052522, put("skus.0.sales_attributes.0.sku_img", lambda hand: {"uri": hand.upload("ATTRIBUTE_IMAGE")})),
    "a custom value with an emoji": (12052935, put("product_attributes", attribute("Pattern", "Plain 😀"))),
    "an EAN with a wrong check digit": (12052591, put("skus.0.identifier_code", {"code": "4006381333932", "type": "EAN"})),
    "an ISBN of 10 with a wrong check digit": (12052591, put("skus.0.identifier_code", {"code": "0804429578", "type": "ISBN"})),
    "an EAN of 12 digits": (12052591, put("skus.0.identifier_code", {"code": "123456789012", "type": "EAN"})),
    "an identifier without a type": (12052600, put("skus.0.identifier_code", {"code": "1234567890123"})),
    "a list price below the price": (12052383, put("skus.0.list_price", {"amount": "1.00", "currency": "USD"})),
    "a size chart that was never issued": (12052670, put("size_chart", {"image": {"uri": "made-up"}})),
    "a certificate the category does not know": (12052655, put("certifications", [{"id": "1", "images": []}])),
    "a delivery option that is not opened": (12052405, put("delivery_option_ids", ["1"])),
    "a number where text is declared": (36009004, put("skus.0.price.amount", 12.5)),
    "text where a number is declared": (36009004, put("skus.0.inventory.0.quantity", "40")),
    "a save mode that is none": (12052910, put("save_mode", "LATER")),
}  # fmt: skip


@pytest.fixture(scope="module")
def hand() -> Hand:
    return Hand.at()


def documented(contract: Contract, method: str, path: str, answer: Answer) -> None:
    """The code is one of the operation's own, or the gateway's."""
    codes = contract.operation(method, path)["x-error-codes"]
    assert answer.code in codes or answer.code == 36009004


@pytest.mark.parametrize("case", REPAIRABLE)
def test_a_product_is_refused_with_the_contracts_code_and_taken_when_repaired(hand: Hand, case: str):
    code, spoil = REPAIRABLE[case]
    whole = hand.shirt()
    broken = copy.deepcopy(whole)
    spoil(broken, hand)
    before = len(hand.app.sim.products)

    refused = hand.create(broken)

    assert (refused.code, refused.json["data"]) == (code, None)
    assert len(hand.app.sim.products) == before
    documented(Contract.find("tiktok_shop.openapi.json"), "POST", "/product/202309/products", refused)
    assert hand.create(whole).data["product_id"]


def test_a_choice_can_make_another_attribute_required(hand: Hand):
    category_id = hand.category("Field watch")
    rows = hand.attributes(category_id)
    battery, kind = rows["Contains Batteries"], rows["Battery Type"]
    yes = next(value["id"] for value in battery["values"] if value["name"] == "Yes")
    body = hand.shirt(category_id=category_id, product_attributes=[{"id": battery["id"], "values": [{"id": yes}]}])

    assert hand.create(body).code == 12052182
    body["product_attributes"].append({"id": kind["id"], "values": [{"id": kind["values"][0]["id"]}]})
    assert hand.create(body).code == 0


def test_a_required_certificate_is_asked_for(hand: Hand):
    category_id = hand.category("Desk lamp")
    query = {"category_version": "v2"}
    rules = hand.call("GET", f"/product/202309/categories/{category_id}/rules", query).data
    (certificate,) = [one for one in rules["product_certifications"] if one["is_required"]]
    body = hand.shirt(category_id=category_id, product_attributes=[])

    assert hand.create(body).code == 12052105
    body["certifications"] = [{"id": certificate["id"], "images": [{"uri": "made-up"}]}]
    assert hand.create(body).code == 12052650
    body["certifications"][0]["images"][0]["uri"] = hand.upload("CERTIFICATION_IMAGE")
    assert hand.create(body).code == 0


@pytest.mark.parametrize(
    ("use_case", "data", "code"),
    [
        ("MAIN_IMAGE", b"GIF89a no picture that is taken", 12038004),
        ("MAIN_IMAGE", picture(299, 299), 12038014),
        ("MAIN_IMAGE", picture(4001, 4001), 12038014),
        ("SIZE_CHART_IMAGE", picture(1023, 2000), 12038014),
        ("MAIN_IMAGE", picture() + bytes(10 * 1024 * 1024), 12038005),
    ],
)
def test_a_picture_is_measured(hand: Hand, use_case: str, data: bytes, code: int):
    path = "/product/202309/images/upload"
    refused = hand.call("POST", path, cipher=False, file=(data, {"use_case": use_case}))
    assert refused.code == code
    fine = hand.call("POST", path, cipher=False, file=(picture(1200, 1200), {"use_case": use_case}))
    assert fine.data["use_case"] == use_case


def test_a_wide_picture_becomes_square(hand: Hand):
    file = (picture(1000, 400), {"use_case": "MAIN_IMAGE"})
    made = hand.call("POST", "/product/202309/images/upload", cipher=False, file=file).data
    assert (made["width"], made["height"]) == (1000, 1000)


def test_price_and_stock_change_on_live_products_only():
    hand = Hand.at()
    made = hand.create(hand.shirt()).data
    product, sku = made["product_id"], made["skus"][0]["id"]
    price = {"skus": [{"id": sku, "price": {"amount": "9.99", "currency": "USD"}}]}
    stock = {"skus": [{"id": sku, "inventory": [{"warehouse_id": hand.warehouse, "quantity": 3}]}]}
    prices, stocks = (f"/product/202309/products/{product}/{what}/update" for what in ("prices", "inventory"))

    assert hand.call("POST", prices, body=price).code == 12052901
    assert hand.call("POST", stocks, body=stock).code == 12052901
    hand.control("POST", "/sandbox/review")
    hand.control("PATCH", f"/sandbox/products/{product}", {"has_promotion": True})
    assert hand.call("POST", prices, body=price).code == 12052038
    hand.control("PATCH", f"/sandbox/products/{product}", {"has_promotion": False})
    assert hand.call("POST", prices, body=price).code == 0
    assert hand.call("POST", stocks, body=stock).data == {}
    (first, _) = hand.call("GET", f"/product/202309/products/{product}").data["skus"]
    assert (first["price"]["sale_price"], first["inventory"][0]["quantity"]) == ("9.99", 3)


def test_one_wrong_sku_of_a_stock_update_fails_alone_under_code_0():
    hand = Hand.at()
    made = hand.live()
    good, other = (sku["id"] for sku in made["skus"])
    row = {"warehouse_id": hand.warehouse, "quantity": 3}
    body = {"skus": [{"id": good, "inventory": [row]}, {"id": "1", "inventory": [row]},
                     {"id": other, "inventory": [{**row, "quantity": -1}]}]}  # fmt: skip
    path = f"/product/202309/products/{made['product_id']}/inventory/update"

    errors = hand.call("POST", path, body=body).data["errors"]

    assert [(one["code"], one["detail"]["sku_id"]) for one in errors] == [(12052556, "1"), (12052055, other)]


def test_unknown_ids_are_named_with_their_codes():
    hand = Hand.at()
    assert hand.call("GET", "/product/202309/products/1").code == 12052032
    assert hand.call("GET", "/order/202507/orders", {"ids": "1"}).code == 21008111
    assert hand.call("GET", "/fulfillment/202309/packages/1").code == 10006402
    cancel = {"order_id": "1", "cancel_reason": "seller_cancel_reason_out_of_stock"}
    assert hand.call("POST", "/return_refund/202602/cancellations", body=cancel).code == 25020005
    assert hand.call("POST", "/return_refund/202309/cancellations/1/approve").code == 25001001


def test_another_sellers_product_is_refused_as_such():
    hand = Hand.at(regions=("US", "GB"))
    made = hand.live()
    hand.cipher = hand.control("GET", "/sandbox/state")["shops"][1]["cipher"]
    assert hand.call("GET", f"/product/202309/products/{made['product_id']}").code == 12052048


def test_a_create_with_the_same_key_makes_one_product():
    hand = Hand.at()
    body = hand.shirt(idempotency_key="push-7")
    first, second = hand.create(body).data, hand.create(body).data
    assert first == second
    assert len(hand.app.sim.products) == 1
    assert hand.create({**body, "idempotency_key": "push-8"}).data["product_id"] != first["product_id"]


def test_a_yen_price_has_no_decimals():
    hand = Hand.at("JP")
    body = hand.shirt()
    body["skus"][0]["price"]["amount"] = "1250.5"
    assert hand.create(body).code == 12052073
    body["skus"][0]["price"]["amount"] = "1250"
    assert hand.create(body).code == 0


@pytest.mark.parametrize(("region", "shortest", "longest"), [("SG", 25, 255), ("TH", 25, 255), ("GB", 1, 255), ("BR", 1, 300)])
def test_a_title_has_the_length_of_its_market(region: str, shortest: int, longest: int):
    hand = Hand.at(region)
    body = hand.shirt()
    body["skus"][0]["price"]["amount"] = body["skus"][1]["price"]["amount"] = "50"
    for length, code in ((shortest - 1, 12052910 if shortest > 1 else 12052261), (shortest, 0), (longest, 0), (longest + 1, 12052051)):
        assert hand.create({**body, "title": "x" * length}).code == code


def test_a_size_with_decimals_is_for_brazil_only():
    for region, code in (("BR", 0), ("MX", 12052005)):
        hand = Hand.at(region)
        body = hand.shirt()
        body["package_dimensions"]["length"] = "30.5"
        assert hand.create(body).code == code


@pytest.mark.parametrize("code", ["4006381333931", "96385074", "036000291452", "10614141000415", "080442957X"])
def test_an_identifier_whose_check_digit_is_right_is_taken(hand: Hand, code: str):
    kind = {8: "EAN", 10: "ISBN", 12: "UPC", 13: "EAN", 14: "GTIN"}[len(code)]
    body = hand.shirt()
    body["skus"][0]["identifier_code"] = {"code": code, "type": kind}
    assert hand.create(body).code == 0


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Chaz Hoodie", "Women's Hoodies & Sweatshirts"),
        ("Men's Cotton Shorts", "Men's Shorts"),
        ("Enamel mug, harbour blue", "Mugs & Cups"),
        ("Minerva V-Tee", "Women's T-Shirts"),
        ("Yoga bag", "Sports & Duffel Bags"),
    ],
)
def test_a_title_is_given_its_leaf_category_with_the_way_to_it(hand: Hand, title: str, name: str):
    body = {"product_title": title, "category_version": "v2"}
    found = hand.call("POST", "/product/202309/categories/recommend", body=body).data
    assert found["categories"][-1] == {
        "id": found["leaf_category_id"], "name": name, "level": 3, "is_leaf": True, "permission_statuses": ["AVAILABLE"],
    }  # fmt: skip


def test_a_title_that_says_nothing_gets_no_category(hand: Hand):
    body = {"product_title": "Item 7", "category_version": "v2"}
    refused = hand.call("POST", "/product/202309/categories/recommend", body=body)
    assert refused.code == 12019064
    body["description"] = "<p>A candle with the scent of cedar.</p>"
    assert hand.call("POST", "/product/202309/categories/recommend", body=body).code == 0

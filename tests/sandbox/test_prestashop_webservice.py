"""The practice webservice: who may, what is read, how writes are refused; shapes beside recorded exchanges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from hub.stores.prestashop.sandbox.query import matches
from tests.sandbox.prestashop_shop import KEY, PNG, SHOP, Practice, entity

SAMPLES = Path(__file__).parents[3] / "shared/contracts/samples/prestashop"


@pytest.fixture
def shop() -> Practice:
    return Practice()


def codes(answer: Any) -> list[int]:
    return [int(each.text or 0) for each in fromstring(answer.content).iter("code")]


def test_the_key_is_the_user_of_basic_auth_or_a_parameter(shop: Practice) -> None:
    assert shop.api("GET", "products").status_code == 200
    assert shop.api("GET", "products", key=None, ws_key=KEY).status_code == 200
    answer = shop.api("GET", "products", key=None)
    assert (answer.status_code, answer.text) == (401, "401 Unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize(("key", "expected"), [("short", [18]), ("X" * 32, [20, 21])])
def test_a_wrong_key_is_refused_with_the_measured_codes(shop: Practice, key: str, expected: list[int]) -> None:
    answer = shop.api("GET", "products", key=key)
    assert (answer.status_code, codes(answer)) == (401, expected)
    assert answer.headers["PSWS-Version"] == "0"


def test_a_missing_right_is_told_apart_from_a_missing_resource() -> None:
    shop = Practice(permissions={"products": ["GET", "HEAD"], "orders": ["GET"]})
    assert shop.api("GET", "products").status_code == 200
    post = shop.api("POST", "products", body=entity("products", {"price": "1"}))
    assert (post.status_code, codes(post)) == (405, [25])
    other = shop.api("GET", "customers")
    assert (other.status_code, codes(other)) == (401, [26])
    root = fromstring(shop.api("GET", "").content)[0]
    assert {each.tag for each in root} == {"orders", "products"}
    assert root.find("products").get("post") == "false"
    shop.control("POST", "webservice", {"permissions": {"products": ["GET", "POST"]}})
    assert shop.api("POST", "products", body=entity("products", {"price": "1"})).status_code == 201


def test_a_webservice_that_is_off_answers_503(shop: Practice) -> None:
    shop.control("POST", "webservice", {"on": False})
    answer = shop.api("GET", "products")
    assert (answer.status_code, codes(answer)) == (503, [22])


def test_an_unknown_resource_and_an_unknown_shop_look_as_they_do(shop: Practice) -> None:
    answer = shop.api("GET", "product")
    assert (answer.status_code, codes(answer)) == (400, [27])
    assert 'Did you mean: "products"' in answer.text
    page = shop.api("GET", "products", id_shop="9")
    assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")


def test_pages_follow_one_another_without_a_gap(shop: Practice) -> None:
    ids = []
    for offset in (0, 2, 4):
        page = shop.read("combinations", display="[id]", sort="[id_ASC]", limit=f"{offset},2")
        ids += [row["id"] for row in page["combinations"]] if page else []
    assert ids == sorted(shop.sim.shop.tables["combinations"])
    assert shop.read("products", limit="abc") == []


def test_without_display_a_list_has_ids_only_and_one_entity_leaves_out_what_is_falsy(shop: Practice) -> None:
    assert shop.read("products", limit="1") == {"products": [{"id": 1}]}
    alone = shop.read("products/1")["product"]
    assert "ean13" not in alone and "on_sale" not in alone and alone["reference"] == "SKU-1"
    assert shop.read("products/1", display="full")["products"][0]["on_sale"] == "0"


@pytest.mark.parametrize(("name", "value", "expected"), [
    ("reference", "SKU-1", [1]), ("id", "[1|3]", [1, 3]), ("id", "[2,3]", [2, 3]), ("id", ">[1]", [2, 3]),
    ("id", "![2]", [1, 3]), ("reference", "%[ku-]%", [1, 2]), ("reference", "[SKU]%", [1, 2]), ("id", "[99]", [])])
def test_filters_choose_what_they_name(shop: Practice, name: str, value: str, expected: list[int]) -> None:
    found = shop.read("products", **{f"filter[{name}]": value, "sort": "[id_ASC]"})
    assert [row["id"] for row in found["products"]] == expected if expected else found == []


@pytest.mark.parametrize(("has", "value", "meets"), [
    ("577000000000000031", "577000000000000031", True), ("577000000000000031", "577000000000000032", False),
    ("577000000000000031", "[577000000000000030|577000000000000032]", False), ("577000000000000031", ">[577000000000000030]", True),
    ("577000000000000031", "![577000000000000032]", True), ("577000000000000031", "[577000000000000032,577000000000000033]", False),
    ("9", "[9,10]", True), ("11", "[9,10]", False), ("12.50", "12.5", True), ("abc", "[1,9]", False), ("NaN", "nan", True), ("1e3", "1000", False)])
def test_numbers_are_compared_exactly_whatever_their_length(has: str, value: str, meets: bool) -> None:
    assert matches(has, value) is meets


def test_a_date_filter_needs_date_1_and_takes_the_shops_own_time(shop: Practice) -> None:
    span = "[2020-01-01 00:00:00,2090-01-01 00:00:00]"
    wrong = shop.api("GET", "products", **{"filter[date_upd]": span})
    assert wrong.status_code == 500 and codes(wrong)[0] == 32
    right = shop.read("products", **{"filter[date_upd]": span, "date": "1"})
    assert len(right["products"]) == 3


@pytest.mark.parametrize(("params", "code"), [
    ({"filter[nope]": "1"}, 32), ({"filter[quantity]": "1"}, 34), ({"display": "id"}, 36),
    ({"display": "[nope]"}, 35), ({"sort": "id"}, 37)])
def test_a_wrong_query_is_a_500_whose_first_error_names_it(shop: Practice, params: dict[str, str], code: int) -> None:
    answer = shop.api("GET", "products", **params)
    assert answer.status_code == 500
    assert codes(answer)[0] == code and set(codes(answer)[1:]) == {3}


def test_a_missing_id_has_no_body(shop: Practice) -> None:
    answer = shop.api("GET", "products/99999", output_format="JSON")
    assert (answer.status_code, answer.content) == (404, b"")
    gone = shop.api("DELETE", "products/99999")
    assert (gone.status_code, codes(gone)) == (404, [87])


def test_writes_take_xml_only(shop: Practice) -> None:
    answer = shop.api("POST", "products", body='{"product":{"price":1}}')
    assert answer.status_code == 500 and codes(answer)[-1] == 127


@pytest.mark.parametrize(("method", "fields", "status", "code"), [
    ("POST", {"reference": "a"}, 400, 41), ("POST", {"id": "5", "price": "1"}, 400, 91),
    ("PUT", {"price": "1"}, 400, 90), ("PUT", {"id": "1", "price": "abc"}, 400, 85),
    ("PUT", {"id": "1", "price": "1", "quantity": "3"}, 400, 93)])
def test_a_wrong_write_is_refused_with_the_measured_code(shop: Practice, method: str, fields: dict[str, str],
                                                          status: int, code: int) -> None:
    path = "products" if method == "POST" else "products/1"
    answer = shop.api(method, path, body=entity("products", fields))
    assert (answer.status_code, codes(answer)) == (status, [code])


def test_put_empties_what_is_not_sent_and_patch_does_not(shop: Practice) -> None:
    shop.write("PATCH", "products/1", id="1", price="9.5")
    kept = shop.read("products/1", display="full")["products"][0]
    assert (kept["price"], kept["reference"], kept["active"]) == ("9.500000", "SKU-1", "1")
    shop.write("PUT", "products/1", id="1", price="9.5")
    wiped = shop.read("products/1", display="full")["products"][0]
    assert (wiped["reference"], wiped["active"], wiped["name"]) == ("", "0", "")


def test_stock_is_set_and_a_combination_recomputes_the_total(shop: Practice) -> None:
    rows = {row["id_product_attribute"]: row for row in
            shop.read("stock_availables", **{"filter[id_product]": "3", "display": "full"})["stock_availables"]}
    assert rows["0"]["quantity"] == "15"
    shop.write("PATCH", f"stock_availables/{rows['2']['id']}", id=rows["2"]["id"], quantity="1")
    total = shop.read(f"stock_availables/{rows['0']['id']}", display="full")["stock_availables"][0]
    assert total["quantity"] == "11"
    assert shop.api("DELETE", f"stock_availables/{rows['2']['id']}").status_code == 405


def test_prices_with_tax_and_reduction_follow_the_cores_order(shop: Practice) -> None:
    asked = {"price[full][use_tax]": "1", "price[full][use_reduction]": "0", "price[now][use_tax]": "1",
             "price[net][use_tax]": "0", "display": "full"}
    row = shop.read("products/2", **asked)["products"][0]
    assert (row["full"], row["now"]) == ("20.000000", "16.000000")
    assert row["net"] == "13.333334"


def test_pictures_come_by_the_webservice_and_by_their_public_address(shop: Practice) -> None:
    listed = fromstring(shop.api("GET", "images/products/1").content)
    assert [each.get("id") for each in listed.iter("declination")] == ["1"]
    assert shop.api("GET", "images/products/1/1").content == PNG
    public = shop.http.get(f"{SHOP}1-large_default/harbour-mug.jpg")
    assert (public.content, public.headers["Content-Type"]) == (PNG, "image/png")
    assert shop.http.get(f"{SHOP}img/p/1/1.jpg").content == PNG
    assert shop.api("GET", "images/products/99999").status_code == 404


@pytest.mark.parametrize(("sample", "path", "version", "params"), [
    ("ps8-product-1-json.txt", "products/3", "8.2.0", {}), ("ps8-products-list-json.txt", "products", "8.2.0", {
        "display": "full", "limit": "1", "filter[id]": "3"}),
    ("ps8-combinations-json.txt", "combinations", "8.2.0", {"display": "full", "filter[id_product]": "3"}),
    ("ps8-stock-json.txt", "stock_availables", "8.2.0", {"display": "full", "limit": "1"}),
    ("ps9-stock-json.txt", "stock_availables", "9.1.4", {"display": "full", "limit": "1"}),
    ("ps9-combinations-json.txt", "combinations", "9.1.4", {"display": "full", "filter[id_product]": "3"})])
def test_answers_have_the_names_order_and_types_of_the_recorded_ones(
        sample: str, path: str, version: str, params: dict[str, str]) -> None:
    if not SAMPLES.exists():
        pytest.skip("the recorded exchanges are not beside this checkout")
    recorded = json.loads((SAMPLES / sample).read_text().split("---- response ----", 1)[1].split("\n\n", 1)[1])
    ours = Practice(version=version).read(path, **params)
    plural = next(iter(recorded))
    theirs, mine = recorded[plural], ours[plural]
    if isinstance(theirs, list):
        theirs, mine = theirs[0], mine[0]
        assert list(mine) == list(theirs)
    shared = [name for name in theirs if name in mine and name != "associations"]
    assert len(shared) > 0.6 * len(theirs)
    differing = [name for name in shared if type(mine[name]) is not type(theirs[name])]
    assert differing == [] or set(differing) <= {"low_stock_threshold"}
    for name, rows in theirs.get("associations", {}).items():
        if name in mine.get("associations", {}):
            assert list(mine["associations"][name][0]) == list(rows[0])
            assert type(mine["associations"][name][0]["id"]) is type(rows[0]["id"])


def test_two_languages_make_lists_of_texts() -> None:
    shop = Practice(languages=("en", "es"))
    row = shop.read("products/1", display="full")["products"][0]
    assert row["name"] == [{"id": "1", "value": "Harbour mug"}, {"id": "2", "value": "Harbour mug"}]
    assert shop.read("products/1", display="full", language="1")["products"][0]["name"] == "Harbour mug"

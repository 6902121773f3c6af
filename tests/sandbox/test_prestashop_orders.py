"""Orders by cart, as the bare webservice makes them: recomputed, mailed, and with stock taken (contract 4.2, 4.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.prestashop_shop import Practice, entity


@pytest.fixture
def shop() -> Practice:
    return Practice()


def make_cart(shop: Practice, *, price: str | None = "12.491667", carrier: str = "1", quantity: int = 2,
              country: str = "17", product: str = "1") -> dict[str, str]:
    customer = shop.write("POST", "customers", lastname="Doe", firstname="Jane", email="jane@example.org",
                          passwd="Zx9!qwerty", is_guest="1", active="1", id_default_group="2")
    ids = {"id_customer": customer.findtext("id") or ""}
    address = shop.write("POST", "addresses", id_country=country, alias="TikTok", lastname="Doe", firstname="Jane",
                         address1="1 Street", city="London", postcode="SW1A 1AA", **ids)
    ids["id_address_delivery"] = ids["id_address_invoice"] = address.findtext("id") or ""
    rows = ("<associations><cart_rows><cart_row><id_product>" + product + "</id_product><id_product_attribute>0"
            f"</id_product_attribute><quantity>{quantity}</quantity></cart_row></cart_rows></associations>")
    cart = shop.write("POST", "carts", id_currency="1", id_lang="1", secure_key=customer.findtext("secure_key"),
                      delivery_option=json.dumps({ids["id_address_delivery"]: f"{carrier},"}), associations=rows, **ids)
    ids["id_cart"] = cart.findtext("id") or ""
    if price is not None:
        shop.write("POST", "specific_prices", id_shop="0", id_cart=ids["id_cart"], id_product=product,
                   id_product_attribute="0", id_currency="1", id_country="0", id_group="0", id_customer="0",
                   price=price, from_quantity="1", reduction="0", reduction_tax="1", reduction_type="amount",
                   **{"from": "0000-00-00 00:00:00", "to": "0000-00-00 00:00:00"})
    return ids


def order(ids: dict[str, str], total: str, **changes: str) -> dict[str, Any]:
    return {"id_currency": "1", "id_lang": "1", "id_carrier": "1", "module": "ps_wirepayment",
            "payment": "TikTok Shop", "total_paid": total, "total_paid_real": total, "total_products": "0",
            "total_products_wt": "0", "conversion_rate": "1", **ids, **changes}


def test_the_shop_recomputes_the_order_and_takes_the_stock(shop: Practice) -> None:
    ids = make_cart(shop)
    made = shop.write("POST", "orders", **order(ids, "29.98", current_state="2"))
    assert made.findtext("current_state") == "2" and not made.findtext("reference")
    row = shop.read(f"orders/{made.findtext('id')}", display="full")["orders"][0]
    assert (row["total_products"], row["total_products_wt"]) == ("24.980000", "29.980000")
    assert (row["current_state"], row["valid"], row["total_paid"]) == ("11", "1", "29.980000")
    assert row["associations"]["order_rows"][0]["unit_price_tax_excl"] == "12.491667"
    assert shop.stock("SKU-1") == 8
    assert [mail["template"] for mail in shop.control("GET", "mails")] == ["order_conf", "payment"]
    assert shop.read("specific_prices", **{"filter[id_cart]": ids["id_cart"]}) == []


def test_a_total_that_differs_is_a_payment_error_without_stock_until_it_is_rescued(shop: Practice) -> None:
    made = shop.write("POST", "orders", **order(make_cart(shop), "10.00"))
    number = made.findtext("id") or ""
    row = shop.read(f"orders/{number}", display="full")["orders"][0]
    assert (row["current_state"], row["valid"], shop.stock("SKU-1")) == ("8", "0", 10)
    assert [mail["template"] for mail in shop.control("GET", "mails")] == ["payment_error"]
    shop.write("POST", "order_histories", id_order=number, id_order_state="2")
    assert shop.stock("SKU-1") == 8
    assert shop.read(f"orders/{number}", display="full")["orders"][0]["invoice_number"] == "1"
    # The new invoice knows no payment of before: what it says is open is written down as a second one.
    assert [row["amount"] for row in shop.read("order_payments", display="full")["order_payments"]] == ["10.000000", "29.980000"]
    assert shop.read(f"orders/{number}", display="full")["orders"][0]["total_paid_real"] == "39.980000"


def test_a_rescue_by_the_orders_own_state_counts_the_payment_that_is_there(shop: Practice) -> None:
    number = shop.write("POST", "orders", **order(make_cart(shop), "10.00")).findtext("id") or ""
    (payment,) = shop.read("order_payments", display="full")["order_payments"]
    shop.write("PATCH", f"order_payments/{payment['id']}", id=str(payment["id"]), amount="29.98")
    shop.write("PATCH", f"orders/{number}", id=number, current_state="2")
    assert [row["amount"] for row in shop.read("order_payments", display="full")["order_payments"]] == ["29.980000"]
    assert shop.stock("SKU-1") == 8


def test_a_combination_that_is_not_there_is_sold_at_no_price(shop: Practice) -> None:
    ids = make_cart(shop, price=None)
    shop.sim.shop.tables["carts"][int(ids["id_cart"])]["associations"]["cart_rows"][0]["id_product_attribute"] = "999"
    number = shop.write("POST", "orders", **order(ids, "0.00")).findtext("id")
    row = shop.read(f"orders/{number}", display="full")["orders"][0]
    assert (row["total_paid"], row["current_state"], shop.stock("SKU-1")) == ("0.000000", "11", 10)


def test_a_carriers_price_is_part_of_the_total(shop: Practice) -> None:
    made = shop.write("POST", "orders", **order(make_cart(shop, carrier="2"), "39.58"))
    row = shop.read(f"orders/{made.findtext('id')}", display="full")["orders"][0]
    assert (row["current_state"], row["total_shipping"], row["total_paid"]) == ("11", "9.600000", "39.580000")


@pytest.mark.parametrize(("changes", "text"), [
    ({"module": "nope"}, ""), ({"module": "ps_banner"}, ""),
    ({"id_cart": "999"}, "Cart cannot be loaded or an order has already been placed using this cart")])
def test_the_core_dies_in_plain_text(shop: Practice, changes: dict[str, str], text: str) -> None:
    answer = shop.api("POST", "orders", body=entity("orders", order(make_cart(shop), "29.98") | changes))
    assert (answer.status_code, answer.text) == (500, text)
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_cart_makes_one_order(shop: Practice) -> None:
    ids = make_cart(shop)
    shop.write("POST", "orders", **order(ids, "29.98"))
    assert shop.api("POST", "orders", body=entity("orders", order(ids, "29.98"))).status_code == 500
    assert len(shop.control("GET", "orders")) == 1


def test_an_inactive_country_takes_the_address_and_kills_the_order(shop: Practice) -> None:
    ids = make_cart(shop, country="19")
    assert shop.api("POST", "orders", body=entity("orders", order(ids, "29.98"))).status_code == 500
    shop.control("POST", "countries", {"code": "CH", "active": True})
    assert shop.api("POST", "orders", body=entity("orders", order(ids, "29.98"))).status_code == 201


def test_more_than_there_is_goes_below_zero(shop: Practice) -> None:
    shop.write("POST", "orders", **order(make_cart(shop, quantity=12), "179.88"))
    assert shop.stock("SKU-1") == -2


def test_cancelling_gives_back_and_deleting_does_not(shop: Practice) -> None:
    first = shop.write("POST", "orders", **order(make_cart(shop), "29.98")).findtext("id") or ""
    second = shop.write("POST", "orders", **order(make_cart(shop), "29.98")).findtext("id") or ""
    assert shop.stock("SKU-1") == 6
    shop.write("POST", "order_histories", id_order=first, id_order_state="6")
    assert shop.stock("SKU-1") == 8
    assert shop.api("DELETE", f"orders/{second}").status_code == 200
    assert shop.stock("SKU-1") == 8


def test_masked_names_and_phones_are_refused_and_cleaned_ones_taken(shop: Practice) -> None:
    fields = {"id_country": "17", "alias": "TikTok", "lastname": "D*** 7", "firstname": "J", "address1": "1 Street",
              "city": "London"}
    answer = shop.api("POST", "addresses", body=entity("addresses", dict(fields)))
    assert answer.status_code == 400 and "Address-&amp;gt;lastname" in answer.text.replace("-&gt;", "-&amp;gt;")
    assert shop.api("POST", "addresses", body=entity("addresses", fields | {"lastname": "D"})).status_code == 201
    assert shop.api("POST", "addresses", body=entity(
        "addresses", fields | {"lastname": "D", "phone": "(+44)7*****67"})).status_code == 400


def test_tracking_is_patched_on_the_carrier_row_and_the_marker_found_by_its_transaction(shop: Practice) -> None:
    number = shop.write("POST", "orders", **order(make_cart(shop), "29.98")).findtext("id") or ""
    row = shop.read("order_carriers", **{"filter[id_order]": number, "display": "full"})["order_carriers"][0]
    shop.write("PATCH", f"order_carriers/{row['id']}", id=str(row["id"]), tracking_number="TRK1")
    assert shop.read(f"orders/{number}", display="full")["orders"][0]["shipping_number"] == "TRK1"
    reference = shop.read(f"orders/{number}", display="full")["orders"][0]["reference"]
    payment = shop.read("order_payments", **{"filter[order_reference]": reference, "display": "full"})
    payment_id = payment["order_payments"][0]["id"]
    shop.write("PATCH", f"order_payments/{payment_id}", id=str(payment_id), transaction_id="576000000000000002")
    found = shop.read("order_payments", **{"filter[transaction_id]": "[576000000000000002]", "display": "full"})
    assert found["order_payments"][0]["order_reference"] == reference

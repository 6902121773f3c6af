"""What only PrestaShop does: the webservice's odd answers, the module's signed endpoint, and its half-made orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub import clock
from hub.domain.orders import Parcel, StoreOrderState
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.stores import PLATFORMS
from hub.stores.prestashop import translate
from hub.stores.prestashop.sandbox import create_simulator
from hub.stores.prestashop.settings import PrestaShopSettings
from tests.contract.bench_prestashop import PrestaShopBench
from tests.contract.drafts import KEY, draft
from tests.sandbox import prestashop_shop
from tests.stores.test_hooks import OLD

PRESTASHOP = PLATFORMS["prestashop"]


@pytest.fixture
def bench() -> Any:
    return PrestaShopBench()


@pytest.mark.feature("PRS-02")
def test_a_key_of_the_wrong_length_is_refused_by_the_form():
    errors = PrestaShopSettings().validate({"base_url": "https://shop.example", "webservice_key": "short"})
    assert "32 characters" in errors["webservice_key"][0]


def test_a_web_server_that_drops_the_header_is_named(bench):
    bench.fault({"status": 401, "text": "401 Unauthorized"}, operation="GET root")
    with pytest.raises(Refused) as error:
        bench.open().check()
    assert "CGI" in error.value.hint and "CGI" in error.value.problems[0].says
    assert bench.open(key_in_address=True).check().ok
    entry = [one for one in bench.app.sim.journal.entries() if one.operation == "GET root"][-1]
    assert "Authorization" not in entry.headers


@pytest.mark.feature("PRS-02")
def test_a_key_without_a_single_tick_is_told_from_one_that_is_gone(bench):
    bench.control("POST", "webservice", {"permissions": {}})
    with pytest.raises(Refused) as error:
        bench.open().check()
    assert error.value.problems[0].code == "store.permission" and "every permission" in error.value.problems[0].says
    bench.control("POST", "webservice", {"active": False})
    with pytest.raises(NeedsReconnect):
        bench.open().check()


def test_a_wrong_filter_shows_its_first_error_and_not_php_warnings(bench):
    body = {"errors": [{"code": 32, "message": "This filter does not exist"}, {"code": 3, "message": "[PHP Warning #2]"}]}
    bench.fault({"status": 500, "json": body}, operation="GET products")
    with pytest.raises(Refused) as error:
        list(bench.open().products(None, None))
    assert error.value.says == "This filter does not exist"


def test_a_php_fatal_is_tried_later(bench):
    bench.fault({"status": 500, "text": ""}, operation="GET products")
    with pytest.raises(Temporary):
        list(bench.open().products(None, None))


def test_a_webservice_that_is_switched_off_says_so(bench):
    bench.control("POST", "webservice", {"on": False})
    with pytest.raises(Temporary) as error:
        bench.open().check()
    assert "switched off" in error.value.says and "Webservice" in error.value.hint


@pytest.mark.parametrize("languages", [("en",), ("en", "fr")])
@pytest.mark.parametrize("version", ["8.2.0", "9.1.4"])
def test_one_language_and_several_read_alike_on_8_and_9(version, languages):
    bench = PrestaShopBench()
    bench.mount(create_simulator(catalogue=prestashop_shop.catalogue(), webservice_key=prestashop_shop.KEY, base_url=bench.base_url,
                                 version=version, languages=languages))
    products = [one for _, page in bench.open().products(None, None) for one in page]
    assert [one.title for one in products] == ["Harbour mug", "Harbour bowl", "Linen shirt"]
    assert products[0].attributes == {"Material": "Stoneware"} and products[2].variants[0].options == {"Colour": "Blue", "Size": "M"}
    assert products[0].category_paths == ("Home",) and products[2].category_paths == ("Clothes / Shirts",)


def test_shop_local_times_become_utc():
    zone = ZoneInfo("Europe/Paris")
    summer = datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert translate.moment("2026-07-01 12:00:00", zone) == summer
    assert translate.moment("0000-00-00 00:00:00", zone) is None
    assert translate.stamp(summer, zone) == "2026-07-01 12:00:00"


def test_while_the_secret_is_rotated_the_module_is_called_with_the_one_it_knows(bench):
    store = PRESTASHOP.open(bench.settings(), (OLD, bench.secret), bench.options())
    assert store.create_order(draft(bench)).order_id
    assert store.find_order(KEY) is not None


def test_a_module_that_holds_another_secret_is_named_and_orders_wait_for_a_reconnect(bench):
    store = PRESTASHOP.open(bench.settings(), OLD, bench.options())
    health = store.check()
    assert not health.has_plugin and any("webhook URL" in one.says for one in health.problems)
    with pytest.raises(NeedsReconnect):
        store.create_order(draft(bench))


def test_a_clock_that_is_off_is_no_lost_login(bench):
    bench.control("POST", "mishaps", {"skew_s": 900})
    with pytest.raises(Temporary) as error:
        bench.open().create_order(draft(bench))
    assert "clock" in error.value.says
    assert bench.control("GET", "orders") == []


@pytest.mark.parametrize("answer", [
    {"status": 200, "json": {"order_id": "1", "number": "X", "state": "open", "totals": {"grand": "94.07"}}},
    {"status": 201, "json": {}}, {"status": 410, "json": {"code": "order_deleted"}}, {"status": 403, "text": "blocked by a firewall"},
])
def test_an_answer_without_the_modules_signature_is_not_believed(bench, answer):
    bench.fault(answer, operation="do:orders.create")
    with pytest.raises(Temporary):
        bench.open().create_order(draft(bench))


@pytest.mark.parametrize("stage", ["cart", "done"])
def test_a_try_that_died_in_the_shops_code_is_repeated_to_one_order(bench, stage):
    bench.control("POST", "die", {"stage": stage})
    with pytest.raises(Temporary):
        bench.open().create_order(draft(bench))
    assert bench.open().create_order(draft(bench)).grand == draft(bench).grand
    assert len(bench.control("GET", "orders")) == 1


def test_a_half_made_order_is_for_a_person(bench):
    bench.control("POST", "die", {"stage": "order"})
    with pytest.raises(Temporary):
        bench.open().create_order(draft(bench))
    with pytest.raises(Refused) as error:
        bench.open().create_order(draft(bench))
    assert [one.code for one in error.value.problems] == ["order.half_made"]


def test_a_picture_that_needs_the_key_gets_it_and_a_foreign_one_does_not(bench):
    store = bench.open()
    assert store.image(f"{bench.base_url}api/images/products/1/1")
    assert store.image(f"{bench.base_url}img/p/1/1.jpg")
    public = next(one for one in reversed(bench.app.sim.journal.entries()) if one.operation == "picture")
    assert "Authorization" not in public.headers
    with pytest.raises(Refused):
        store.image(f"{bench.base_url}img/p/9/9/9/999.jpg")


def test_an_external_entity_is_not_read(bench):
    text = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><prestashop><api shopName="&b;"/></prestashop>'
    bench.fault({"status": 200, "text": text}, operation="GET root")
    with pytest.raises(Refused) as error:
        bench.open().check()
    assert error.value.problems[0].code == "store.not_expected"


def test_carriers_come_by_the_id_that_stays(bench):
    for row in bench.app.sim.shop.tables["carriers"].values():
        row["id_reference"] = str(int(row["id"]) + 100)  # as after a merchant edited each carrier
    assert {one.carrier_id for one in bench.open().carriers()} == {
        row["id_reference"] for row in bench.app.sim.shop.tables["carriers"].values() if row["deleted"] == "0"}


def without_module(bench: Any) -> Any:
    bench.control("POST", "plugin", {"installed": False})
    return bench.open()


@pytest.mark.parametrize("included", [False, True])
def test_without_the_module_an_order_is_made_once_to_the_cent_and_nobody_is_mailed(bench, included):
    store, order = without_module(bench), draft(bench, prices_include_tax=included)
    order = replace(order, grand=order.grand - order.tax) if included else order
    sku = order.lines[0].sku
    before = next(row["quantity"] for row in bench.control("GET", "products") if row["sku"] == sku)
    first = store.create_order(order)
    assert (first.grand, first.key, first.state, first.currency) == (order.grand, KEY, StoreOrderState.OPEN, "GBP")
    assert bench.open().create_order(order).order_id == first.order_id
    assert len(bench.control("GET", "orders")) == 1
    assert next(row["quantity"] for row in bench.control("GET", "products") if row["sku"] == sku) == before - 2
    assert {mail["to"] for mail in bench.control("GET", "mails")} <= {f"{KEY}@tiktok.invalid"}
    assert [(one.key, one.grand) for one in store.marked_orders(first.created_at, first.created_at + timedelta(minutes=1))] == [(KEY, order.grand)]


def test_without_the_module_what_was_paid_stands_once_in_order_payment_parcel_and_invoice(bench):
    tables, order = bench.app.sim.shop.tables, draft(bench)
    number = without_module(bench).create_order(order).order_id
    row, (invoice,), (payment,) = tables["orders"][int(number)], tables["order_invoices"].values(), tables["order_payments"].values()
    assert {row["total_paid_real"], row["total_paid_tax_incl"], invoice["total_paid_tax_incl"], payment["amount"]} == {f"{order.grand:.6f}"}
    (carrier,) = tables["order_carriers"].values()
    assert carrier["shipping_cost_tax_incl"] == row["total_shipping_tax_incl"] == invoice["total_shipping_tax_incl"] == "4.990000"


@pytest.mark.parametrize("taxed", [False, True])
def test_without_the_module_the_invoice_agrees_whether_or_not_the_shop_knew_the_total(bench, taxed):
    tables = bench.app.sim.shop.tables
    if not taxed:
        for product in tables["products"].values():
            product["id_tax_rules_group"] = "0"
    lines = tuple(replace(line, tax=Decimal(0)) for line in draft(bench).lines)
    order = replace(draft(bench), lines=lines, tax=Decimal(0), grand=draft(bench).grand - draft(bench).tax)
    made = without_module(bench).create_order(order)
    states = [row["id_order_state"] for row in tables["order_histories"].values() if row["id_order"] == made.order_id]
    assert states == (["8", "2"] if taxed else ["11"])
    (invoice,), (payment,) = tables["order_invoices"].values(), tables["order_payments"].values()
    assert {invoice["total_paid_tax_incl"], payment["amount"], f"{made.grand:.6f}"} == {f"{order.grand:.6f}"}


@pytest.mark.parametrize("version", ["8.2.0", "9.1.4"])
def test_without_the_module_lines_of_another_currency_keep_their_prices_on_8_and_9(version):
    bench = PrestaShopBench()
    bench.mount(create_simulator(catalogue=prestashop_shop.catalogue(), webservice_key=prestashop_shop.KEY, base_url=bench.base_url, version=version))
    tables = bench.app.sim.shop.tables
    next(row for row in tables["currencies"].values() if row["iso_code"] == "EUR")["conversion_rate"] = "0.900000"
    order = replace(draft(bench), currency="EUR")
    assert without_module(bench).create_order(order).currency == "EUR"
    assert [row["total_price_tax_excl"] for row in tables["order_details"].values()] == ["50.000000", "36.000000"]


@pytest.mark.parametrize("operation", [
    "POST customers", "POST addresses", "POST carts", "POST specific_prices", "POST orders", "PATCH orders", "PATCH order_payments"])
@pytest.mark.parametrize("drop", ["before", "after"])
def test_without_the_module_whatever_answer_is_lost_there_is_one_order(bench, operation, drop):
    store = without_module(bench)
    bench.fault({"drop": drop}, operation=operation)
    with pytest.raises(Temporary):
        store.create_order(draft(bench))
    made = bench.open().create_order(draft(bench))
    assert made.grand == draft(bench).grand and made.state is StoreOrderState.OPEN
    assert len(bench.control("GET", "orders")) == 1


def test_without_the_module_a_combination_is_sold_though_its_id_is_also_the_products(bench):
    product, combination = bench.items["SHIRT-Red-M"]
    assert product == combination
    line = replace(draft(bench).lines[0], product_id=product, variant_id=combination)
    without_module(bench).create_order(replace(draft(bench), lines=(line, draft(bench).lines[1])))
    sold = {(row["product_id"], row["product_attribute_id"]) for row in bench.app.sim.shop.tables["order_details"].values()}
    assert (product, combination) in sold and (product, "0") not in sold


def test_without_the_module_an_order_is_shipped_once_and_cancelled_only_before(bench):
    store = without_module(bench)
    store.create_order(draft(bench))
    parcel = Parcel(parcel_id="p", carrier_code="", carrier_title="DPD", tracking_number="T1")
    store.ship(KEY, parcel)
    store.ship(KEY, parcel)
    there = store.order(KEY)
    assert [one.tracking_number for one in there.parcels] == ["T1"] and there.state is StoreOrderState.SHIPPED
    with pytest.raises(Refused):
        store.cancel_order(KEY, "late", True)
    other = "576461413038785799"
    store.create_order(draft(bench, key=other))
    assert store.cancel_order(other, "x", True).state is StoreOrderState.CANCELLED
    assert {one.key for one in store.orders_changed(clock.now() - timedelta(minutes=5))} == {KEY, other}


def test_without_the_module_what_the_shop_cant_do_is_said_before_anything_is_made(bench):
    store = without_module(bench)
    lines = (replace(draft(bench).lines[0], product_id="999", variant_id="999"),)
    nowhere = replace(draft(bench).ship_to, country="ZZ")
    gone = (replace(draft(bench).lines[0], variant_id="999"),)
    unchosen = (replace(draft(bench).lines[0], product_id=bench.items["SHIRT-Red-M"][0], variant_id=""),)
    for changes in ({"lines": lines}, {"lines": gone}, {"lines": unchosen}, {"currency": "ISK"}, {"ship_to": nowhere}):
        with pytest.raises(Refused) as error:
            store.create_order(draft(bench, **changes))
        assert error.value.problems[0].code == "order.store_refused"
    assert bench.app.sim.shop.tables["addresses"] == {} or all(
        not row["alias"].startswith("TT") for row in bench.app.sim.shop.tables["addresses"].values())


def test_without_the_module_missing_rights_to_write_are_named(bench):
    without_module(bench)
    names = ("carriers", "categories", "combinations", "configurations", "currencies", "images", "languages", "order_payments", "orders",
             "product_feature_values", "product_features", "product_option_values", "product_options", "products", "stock_availables")
    bench.control("POST", "webservice", {"permissions": {name: ["GET"] for name in names}})
    says = [one.says for one in bench.open().check().problems if one.code == "store.permission"]
    assert any("orders: POST, PATCH" in one for one in says) and not any("products" in one for one in says)

"""What only Magento does: the handshake, both sign-ins, its odd errors, and orders without the module."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from flask import Flask, request

from hub import clock
from hub.domain.orders import Parcel, Refund, StoreOrderState
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.inbound import Unreadable
from hub.seed import SeedProduct
from hub.simulator import InProcessAdapter
from hub.stores import PLATFORMS
from hub.stores.magento import oauth
from hub.stores.magento.sandbox import create_simulator
from hub.stores.magento.settings import MagentoSettings
from tests.contract.bench_magento import MagentoBench
from tests.contract.drafts import KEY, draft
from tests.sandbox import magento_shop

MAGENTO = PLATFORMS["magento"]


@pytest.fixture
def bench() -> Any:
    return MagentoBench()


@pytest.mark.feature("MAG-03", "MAG-04")
def test_activate_hands_over_keys_that_then_work():
    handshake = MAGENTO.handshake
    assert handshake is not None
    posted: list[dict[str, str]] = []
    hub = Flask("hub")

    @hub.post("/magento/callback/abc")
    def callback() -> str:
        posted.append(request.form.to_dict())
        return "ok"

    wire = requests.Session()
    wire.mount("http://hub.test", InProcessAdapter(hub))
    app = create_simulator(catalogue=magento_shop.seed(), base_url="http://shop.test/", http=wire)
    control = requests.Session()
    control.mount("http://shop.test", InProcessAdapter(app))

    def integration() -> Any:
        return control.get("http://shop.test/sandbox/integration").json()

    control.post("http://shop.test/sandbox/integration/activate",
                 json={"callback_url": "http://hub.test/magento/callback/abc", "identity_url": "http://hub.test/magento/identity"})
    assert not integration()["active"]
    consumer = handshake.receive(posted[0])
    assert handshake.same_store(consumer, "http://shop.test")
    assert not handshake.same_store(consumer, "http://other.test")
    options = {"transport": InProcessAdapter(app)}
    keys = handshake.exchange(consumer, options)
    assert integration()["active"]
    assert set(keys) <= set(MagentoSettings().fields)
    assert MAGENTO.open({"base_url": "http://shop.test/", **keys}, "", options).check().ok
    with pytest.raises(Refused) as error:
        handshake.exchange(consumer, options)
    assert "verifier" in error.value.says and error.value.hint


@pytest.mark.parametrize("form", [
    {}, {"oauth_consumer_key": "k", "oauth_consumer_secret": "s", "oauth_verifier": "v"},
    {"oauth_consumer_key": "k", "oauth_consumer_secret": "s", "oauth_verifier": "v", "store_base_url": "javascript:alert(1)"},
    {"oauth_consumer_key": "k", "oauth_consumer_secret": "s", "oauth_verifier": "v", "store_base_url": "http://me:you@shop.test/"},
    {"oauth_consumer_key": "k" * 999, "oauth_consumer_secret": "s", "oauth_verifier": "v", "store_base_url": "http://shop.test/"},
])
def test_a_callback_that_is_none_is_unreadable(form):
    with pytest.raises(Unreadable):
        oauth.receive_callback(form)


@pytest.mark.feature("MAG-07")
def test_secrets_of_the_handshake_are_not_shown_by_accident():
    consumer = oauth.Consumer("key", "very-secret", "verifier", "http://shop.test/")
    assert "very-secret" not in repr(consumer) and "very-secret" not in repr(oauth.Token("t", "very-secret"))
    hidden = {name for name, field in MagentoSettings().fields.items() if field.metadata.get("secret")}
    assert hidden == {"consumer_secret", "access_token", "access_token_secret"}


@pytest.mark.parametrize("version", ["2.4.7", "2.4.8"])
def test_signed_calls_are_taken_by_old_and_new_versions(version):
    app = create_simulator(catalogue=magento_shop.seed(), base_url="http://shop.test/", version=version, consumer_key=magento_shop.CONSUMER[0],
                           consumer_secret=magento_shop.CONSUMER[1], access_token=magento_shop.TOKEN[0], access_token_secret=magento_shop.TOKEN[1])
    bench = MagentoBench()
    bench.mount(app)
    store = bench.open()
    assert store.check().ok
    assert list(store.products(clock.now().replace(year=2020), clock.now()))
    assert store.find_order(KEY) is None


def test_a_bearer_token_works_where_the_store_allows_it_and_says_why_where_not(bench):
    settings = {"consumer_secret": "", "access_token_secret": ""}
    with pytest.raises(NeedsReconnect) as error:
        bench.open(**settings).check()
    assert "2.4.4" in error.value.hint
    bench.control("POST", "integration", {"bearer": True})
    assert bench.open(**settings).check().ok


def test_a_wrong_clock_is_no_lost_login(bench):
    with clock.hold(clock.now().replace(year=2031)):
        store, answer = bench.open(), {"status": 401, "json": {"message": "An error occurred validating the nonce"}}
        bench.fault(answer, operation="GET store/storeViews")
        with pytest.raises(Temporary) as error:
            store.check()
    assert "clock" in error.value.says


def test_placeholders_of_an_error_are_filled(bench):
    bench.fault({"status": 400, "json": {"message": 'The "%1" field of %name is odd', "parameters": {"1": "price", "name": "MUG"}}},
                operation="GET products")
    with pytest.raises(Refused) as error:
        list(bench.open().products(None, None))
    assert error.value.says == 'The "price" field of MUG is odd'


def test_a_maintenance_page_is_tried_later(bench):
    bench.fault({"status": 503, "text": "<html>back soon</html>"}, operation="GET store/storeViews")
    with pytest.raises(Temporary):
        bench.open().check()


def test_a_child_brings_its_parent(bench):
    child_id = bench.items["HOOD-R-S"][1]
    bench.control("POST", "products/HOOD-R-S/save", {})
    store = bench.open()
    pages = [one.product_id for _, page in store.products(clock.now().replace(hour=0, minute=0, second=0), None) for one in page]
    assert pages == [bench.items["HOOD-R-S"][0]]
    assert store.product(child_id).product_id == bench.items["HOOD-R-S"][0]
    bench.control("POST", "plugin", {"installed": False})
    assert bench.open().product(child_id).product_id == bench.items["HOOD-R-S"][0]


def test_without_the_module_an_order_is_posted_once_to_the_cent(bench):
    bench.control("POST", "plugin", {"installed": False})
    store = bench.open()
    first = store.create_order(draft(bench))
    again = bench.open().create_order(draft(bench))
    assert first.order_id == again.order_id and first.number == f"TT{KEY}" and first.grand == Decimal("94.07")
    assert len(bench.control("GET", "orders")) == 1
    assert store.find_order(KEY).key == KEY
    store.ship(KEY, Parcel(parcel_id="p", carrier_code="dhl", carrier_title="DHL", tracking_number="T1"))
    store.ship(KEY, Parcel(parcel_id="p", carrier_code="dhl", carrier_title="DHL", tracking_number="T1"))
    assert [one.tracking_number for one in store.order(KEY).parcels] == ["T1"]
    with pytest.raises(Refused) as error:
        store.refund(KEY, Refund(refund_key="r", currency="GBP", lines=(), total=Decimal("1.00"), adjustment=Decimal("1.00")))
    assert error.value.problems[0].code == "refund.refused"


def test_without_the_module_the_amounts_add_up_as_magento_wants_them(bench):
    bench.control("POST", "plugin", {"installed": False})
    for key, included in ((KEY, False), ("576461413038785799", True)):
        order = draft(bench, key=key, prices_include_tax=included)
        order = replace(order, grand=order.grand - order.tax) if included else order
        bench.open().create_order(order)
        entity = next(one for one in bench.app.sim.orders.orders.values() if one.key == key or one.increment_id == f"TT{key}").raw
        amounts = {name: Decimal(str(entity[name])) for name in (
            "subtotal", "tax_amount", "shipping_amount", "discount_amount", "grand_total", "base_grand_total")}
        assert amounts["grand_total"] == amounts["base_grand_total"] == order.grand
        assert amounts["grand_total"] == sum(amounts[name] for name in ("subtotal", "tax_amount", "shipping_amount", "discount_amount"))


def test_without_the_module_a_parcel_with_a_part_of_a_line_ships_that_part(bench):
    bench.control("POST", "plugin", {"installed": False})
    store = bench.open()
    store.create_order(draft(bench))
    store.ship(KEY, Parcel(parcel_id="1", carrier_code="ups", carrier_title="UPS", tracking_number="1Z", quantities={"12": 1}))
    store.ship(KEY, Parcel(parcel_id="2", carrier_code="", carrier_title="Royal Mail", tracking_number="RM", quantities={"11": 1, "13": 1}))
    assert [dict(one.quantities) for one in store.order(KEY).parcels] == [{"MUG-1": 1}, {"MUG-1": 1, "HOOD-R-S": 1}]


def test_without_the_module_an_order_on_its_way_is_not_cancelled(bench):
    bench.control("POST", "plugin", {"installed": False})
    store = bench.open()
    store.create_order(draft(bench))
    store.ship(KEY, Parcel(parcel_id="1", carrier_code="ups", carrier_title="UPS", tracking_number="1Z"))
    with pytest.raises(Refused) as error:
        store.cancel_order(KEY, "too late", True)
    assert error.value.says == "its order is shipped"
    assert store.order(KEY).state is StoreOrderState.OPEN


def test_without_the_module_an_order_in_its_first_hour_is_held_until_it_is_over(bench):
    bench.control("POST", "plugin", {"installed": False})
    store = bench.open()
    assert store.create_order(draft(bench, hold_until=clock.now() + timedelta(minutes=30))).state is StoreOrderState.HELD
    store.set_status(KEY, "AWAITING_SHIPMENT", False)
    assert store.order(KEY).state is StoreOrderState.OPEN


def test_without_the_module_a_special_price_holds_through_its_last_day(bench):
    bench.control("POST", "plugin", {"installed": False})
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    prices = {}
    for name, end in (("today", today), ("yesterday", today - timedelta(days=1))):
        bench.control("PATCH", "products/MUG-1", {"special_price": "7.00", "special_to": end.strftime("%Y-%m-%dT%H:%M:%SZ")})
        (offer,) = bench.open().offers([bench.items["MUG-1"][0]], "default")
        prices[name] = str(offer.effective_price)
    assert Decimal(prices["today"]) == Decimal("7.00") and Decimal(prices["yesterday"]) == Decimal("9.50")


def test_without_the_module_each_store_view_has_its_own_prices(bench):
    bench.control("POST", "plugin", {"installed": False})
    rows = [{"price": price, "store_id": view, "sku": "MUG-1"} for view, price in ((0, 14.5), (2, 17.77))]
    for operation in ("POST products/base-prices-information", "POST products/special-price-information"):
        bench.fault({"status": 200, "json": rows}, operation=operation)
    (offer,) = bench.open().offers([bench.items["MUG-1"][0]], "default")
    assert offer.price == Decimal("14.5") and offer.effective_price == Decimal("14.5")


def test_without_the_module_odd_skus_have_their_stock(bench):
    odd = (SeedProduct("comma", "BOX, large", "Box", "", Decimal("3.00"), quantity=4),
           SeedProduct("slash", "BAG/02 ü", "Bag", "", Decimal("3.00"), quantity=5))
    app = create_simulator(catalogue=replace(magento_shop.seed(), products=odd), base_url=bench.base_url, http=bench.hub_end.session,
                           **{name: bench.settings()[name] for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")})
    app.sim.plugin_installed = False
    store = MAGENTO.open(bench.settings(), "", {"transport": InProcessAdapter(app)})
    ids = [one.product_id for _, page in store.products(None, None) for one in page]
    assert {one.ref.sku: one.salable for one in store.offers(ids, "default")} == {"BOX, large": 4, "BAG/02 ü": 5}


def test_without_the_module_a_bundle_does_not_stand_in_the_way_of_other_prices(bench):
    bench.control("POST", "plugin", {"installed": False})
    mug = bench.items["MUG-1"][0]
    bench.app.sim.catalogue.products[int(mug)].type_id = "bundle"
    bench.fault({"status": 400, "json": {"message": "Can't check requested quantity for products without Source Items support."}},
                times=-1, path_regex="salable-quantity/MUG-1")
    found = {one.ref.sku: one.salable for one in bench.open().offers([mug, bench.items["TEE-1"][0]], "default")}
    assert found == {"MUG-1": 0, "TEE-1": 100}


@pytest.mark.feature("MAG-02")
def test_without_the_module_the_rights_to_ask_for_stock_and_to_post_orders_are_missed(bench):
    allowed = [f"Magento_{name}" for name in (
        "Backend::store", "Backend::admin", "Catalog::products", "Catalog::categories", "Catalog::attributes_attributes",
        "Sales::actions_view", "Sales::shipment", "Sales::sales_creditmemo")]
    bench.control("POST", "integration", {"resources": [*allowed, "Shopbridge_TikTokShop::api"]})
    assert bench.open().check().ok
    bench.control("POST", "plugin", {"installed": False})
    named = " ".join(one.says for one in bench.open().check().problems if one.code == "store.permission")
    for resource in ("InventoryApi::source", "InventorySalesApi::stock", "Sales::create", "Sales::ship", "Sales::cancel", "Sales::hold"):
        assert f"Magento_{resource}" in named
    assert bench.control("GET", "orders") == []


def test_a_picture_whose_file_is_gone_is_not_taken_for_the_shops_placeholder(bench):
    store = bench.open()
    with pytest.raises(Refused) as error:
        store.image(f"{bench.base_url}media/catalog/product/g/o/gone.jpg")
    assert "gone" in error.value.says


def test_without_the_module_a_lost_answer_leaves_one_order(bench):
    bench.control("POST", "plugin", {"installed": False})
    bench.fault({"drop": "after"}, operation="POST orders")
    with pytest.raises(Temporary):
        bench.open().create_order(draft(bench))
    assert bench.open().create_order(draft(bench)).key == KEY
    assert len(bench.control("GET", "orders")) == 1


def test_without_the_module_an_order_is_cancelled_and_held(bench):
    bench.control("POST", "plugin", {"installed": False})
    store = bench.open()
    store.create_order(draft(bench))
    store.set_status(KEY, "ON_HOLD", True)
    assert store.order(KEY).state is StoreOrderState.HELD
    assert store.cancel_order(KEY, "x", True).state is StoreOrderState.CANCELLED
    assert [one.key for one in store.orders_changed(clock.now().replace(hour=0, minute=0))] == [KEY]

"""Every method of the client against the simulated TikTok Shop; each call and answer held against the contract."""

import ast
import inspect
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import hub.tiktok
from hub import clock
from hub.domain.orders import OrderState, Parcel
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.rules.order_money import Binding, order_money
from hub.tiktok import auth
from tests.tiktok.conftest import png

PARTS = ("products", "categories", "orders", "logistics", "aftersales", "hooks")
# Asked only after a reason was refused; the simulator's reasons are all in our table (see test_cancel_reasons).
NOT_SIMULATED = {"GetAftersaleEligibility"}


class Listening:
    """A part of the client that notes which of its methods were called."""

    def __init__(self, part, name, called):
        self._part, self._name, self._called = part, name, called

    def __getattr__(self, method):
        self._called.add(f"{self._name}.{method}")
        return getattr(self._part, method)


def methods(shop) -> set[str]:
    return {
        f"{name}.{method}"
        for name in PARTS
        for method, _ in inspect.getmembers(getattr(shop, name), inspect.ismethod)
        if not method.startswith("_")
    }


def operations() -> set[str]:
    """The operations that the client's sources name."""
    found = set()
    for path in Path(hub.tiktok.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                if node.func.attr in ("call", "upload", "pages", "_switch", "_search"):
                    first = node.args[0]
                    if isinstance(first, ast.Constant):
                        found.add(first.value)
    return found


def parcel(order, shop, number="1Z999", **quantities) -> Parcel:
    carrier = shop.logistics.providers()[0]
    return Parcel(
        parcel_id="s1", carrier_code="ups", carrier_title="UPS", tracking_number=number,
        quantities=quantities.get("lines", {}), provider_id=carrier.carrier_id,
    )  # fmt: skip


def test_every_method_speaks_as_the_contract_says_and_none_is_left_out(market, contract):
    m = market("US", refund_after_s=0.0)
    shop, called = m.shop, set()
    everything = methods(shop)
    for name in PARTS:
        setattr(shop, name, Listening(getattr(shop, name), name, called))
    gb = market("MX")

    category_id = m.leaf()
    assert category_id in {one.category_id for one in shop.categories.all() if one.can_hold_products}
    assert shop.categories.attributes(category_id)
    assert shop.categories.rules(category_id).package_required
    assert [one.name for one in shop.categories.brands("Luma")] == ["Luma"]

    saved = m.live(skus=2)
    sku_id = saved.sku_ids["MUG-0"]
    product = shop.products.get(saved.product_id)
    assert product is not None and product.status == "ACTIVATE"
    assert [one.product_id for one in shop.products.search(["MUG-0"])] == [saved.product_id]
    shop.products.update_prices(saved.product_id, {sku_id: Decimal("13.75")}, "USD")
    assert shop.products.update_stock(saved.product_id, {sku_id: 30}, m.warehouse_id) == {}
    assert shop.products.inventory([saved.product_id])[sku_id] == 30
    assert shop.products.edit(saved.product_id, m.draft(skus=2, title="Ceramic mug in blue"), m.images()).product_id
    m.review()
    assert shop.products.edit_part(saved.product_id, m.draft(skus=2, title="Ceramic mug in red"), m.images(), ["description"]).product_id
    m.review()
    assert shop.products.deactivate([saved.product_id]) == {}
    assert shop.products.activate([saved.product_id]) == {}
    m.review()

    order_id = m.order()
    (order,) = shop.orders.get([order_id])
    assert [one.order_id for one in shop.orders.search(state="AWAITING_SHIPMENT")] == [order_id]
    assert shop.orders.price_detail(order_id)["currency"] == "USD"
    package_id = shop.logistics.ship(order, parcel(order, shop))
    packed = shop.logistics.package(package_id)
    assert packed is not None and packed.tracking_number == "1Z999"
    assert shop.logistics.warehouses() and shop.logistics.providers()

    assert shop.aftersales.cancel(m.order(), "out_of_stock", "k1").done
    requested = m.order()
    m.control("POST", f"/orders/{requested}/request_cancel", {})
    assert shop.aftersales.cancel(requested, "buyer_asked", "k2").done
    assert len(list(shop.aftersales.cancellations())) == 2
    m.control("POST", f"/orders/{order_id}/refund", {})
    assert [one.order_id for one in shop.aftersales.returns()] == [order_id]

    shop.hooks.register("ORDER_STATUS_CHANGE", "https://hub.example/hooks/tiktok/1")
    assert shop.hooks.all() == {"ORDER_STATUS_CHANGE": "https://hub.example/hooks/tiktok/1"}
    shop.hooks.remove("ORDER_STATUS_CHANGE")
    assert shop.hooks.all() == {}

    gb.live()
    (elsewhere,) = gb.shop.orders.get([gb.order()])
    assert gb.shop.logistics.ship(elsewhere, parcel(elsewhere, gb.shop)) == elsewhere.package_ids[0]

    m.tokens.renew(m.tokens.current())
    assert everything - called == set()
    seen = set()
    for one in (m, gb):
        for entry in one.app.sim.journal.entries():
            if entry.path.startswith(("/sandbox", "/open/")):
                continue
            contract.check(entry)
            seen.add(entry.operation)
    assert operations() - seen == NOT_SIMULATED
    assert {"OAuthGetAccessToken", "OAuthRefreshToken"} <= seen


@pytest.mark.feature("TTS-01", "TTS-03")
def test_the_seller_is_sent_to_consent_with_our_state_and_comes_back_with_tokens_and_shops(market):
    m = market("US")
    url = auth.consent_url(m.keys, "state & more")
    assert url == "http://tiktok.test/open/authorize?service_id=7400000000000000001&state=state+%26+more"
    tokens = m.tokens.tokens
    assert (tokens.region, tokens.seller_name) == ("US", "Sandbox Seller")
    assert timedelta(days=6) < tokens.access_expires_at - clock.now() < timedelta(days=8)
    assert "seller.order.info" in tokens.scopes
    assert m.info.shop_id == next(iter(m.app.sim.shops))


def test_a_code_is_good_once(market):
    m = market("US")
    code = m.control("POST", "/authorize", {})["code"]
    assert auth.exchange(m.keys, code, m.api_options).access_token
    with pytest.raises(NeedsReconnect):
        auth.exchange(m.keys, code, m.api_options)


def test_an_expired_token_is_renewed_without_anybody_noticing(market):
    m = market("US")
    m.control("POST", "/tokens/expire", {"kind": "access"})
    assert m.shop.logistics.warehouses()
    assert len(m.tokens.renewals) == 1


@pytest.mark.feature("TTS-06")
def test_a_seller_who_removed_the_app_is_asked_to_reconnect(market):
    m = market("US")
    m.control("POST", "/deauthorise", {})
    with pytest.raises(NeedsReconnect):
        m.shop.logistics.warehouses()


def test_a_throttled_shop_says_how_long(market):
    m = market("US")
    m.control("POST", "/throttle", {"seconds": 5})
    with pytest.raises(Temporary) as later:
        m.shop.logistics.warehouses()
    assert later.value.retry_after == 5.0


def test_a_missing_scope_is_the_merchants_to_mend(market):
    m = market("US", grants=("seller.authorization.info", "seller.product.basic"))
    with pytest.raises(Refused) as refused:
        m.shop.orders.get(["1"])
    assert refused.value.problems[0].code == "tiktok.scope"


def test_a_product_is_listed_once_however_often_it_is_sent(market):
    m = market("US")
    draft, images = m.draft(skus=3), m.images()
    first = m.shop.products.create(draft, "push-7", images)
    again = m.shop.products.create(draft, "push-7", images)
    assert first == again and set(first.sku_ids) == {"MUG-0", "MUG-1", "MUG-2"}
    assert len(m.app.sim.products) == 1


def test_a_lost_answer_to_a_create_is_asked_for_again(market):
    m = market("US")
    draft, images = m.draft(), m.images()
    m.control("POST", "/faults", {"match": {"operation": "CreateProduct"}, "times": 1, "do": {"drop": "after"}})
    with pytest.raises(Temporary):
        m.shop.products.create(draft, "push-8", images)
    assert m.shop.products.create(draft, "push-8", images).product_id in m.app.sim.products
    assert len(m.app.sim.products) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": ""}, "tiktok.title"),
        ({"title": "x" * 256}, "tiktok.title"),
        ({"description": ""}, "tiktok.description"),
        ({"description": "<p>open"}, "tiktok.description"),
        ({"category_id": "123"}, "tiktok.category"),
        ({"image_urls": ()}, "tiktok.pictures"),
        ({"brand_id": "123"}, "tiktok.brand"),
        ({"package": None}, "tiktok.package"),
        ({"weight": ""}, "tiktok.package"),
        ({"warehouse_id": "123"}, "tiktok.stock"),
        ({"attributes": {"123": (("", "x"),)}}, "tiktok.attributes"),
    ],
)
def test_a_refused_listing_names_the_place_to_mend(market, changes, code):
    m = market("US")
    with pytest.raises(Refused) as refused:
        m.shop.products.create(m.draft(**changes), "k", m.images())
    assert refused.value.problems[0].code == code
    assert refused.value.context["request_id"]


def test_a_refused_picture_says_which(market):
    m = market("US")
    for data in (b"no picture", png(100, 100)):
        with pytest.raises(Refused) as refused:
            m.shop.products.upload_image(data, "mug.png")
        assert refused.value.problems[0].code == "image.refused"
        assert "mug.png" in refused.value.problems[0].says


def test_a_review_that_fails_tells_why(market):
    m = market("US")
    saved = m.shop.products.create(m.draft(), "k", m.images())
    m.review("refuse", "The name breaks a rule.")
    product = m.shop.products.get(saved.product_id)
    assert product is not None and (product.status, product.audit) == ("FAILED", "FAILED")
    assert product.reasons[0][1] == "The name breaks a rule." and product.reasons[0][2]


def test_an_edited_live_product_has_two_versions_until_the_review_ends(market):
    m = market("US")
    saved = m.live()
    m.shop.products.edit(saved.product_id, m.draft(title="Ceramic mug, second"), m.images())
    live, waiting = m.shop.products.get(saved.product_id), m.shop.products.get(saved.product_id, under_review=True)
    assert live is not None and live.title == "Ceramic mug for coffee"
    assert waiting is not None and waiting.title == "Ceramic mug, second"
    m.review()
    final = m.shop.products.get(saved.product_id, under_review=True)
    assert final is not None and final.title == "Ceramic mug, second"


def known_skus(draft, saved):
    from dataclasses import replace

    return tuple(replace(sku, tiktok_sku_id=saved.sku_ids[sku.seller_sku]) for sku in draft.skus)


def test_an_edit_keeps_price_and_stock_where_they_are_not_wanted(market):
    from dataclasses import replace

    m = market("US")
    saved = m.live()
    sku_id = saved.sku_ids["MUG-0"]
    m.shop.products.update_prices(saved.product_id, {sku_id: Decimal("20.00")}, "USD")
    draft = m.draft(title="Ceramic mug, third", stock=1)
    draft = replace(draft, skus=known_skus(draft, saved))
    again = m.shop.products.edit(saved.product_id, draft, m.images(), with_price=False, with_stock=False)
    assert again.sku_ids == {"MUG-0": sku_id}
    m.review()
    product = m.shop.products.get(saved.product_id)
    assert product is not None
    assert (product.skus[0].price, product.skus[0].stock) == (Decimal("20.00"), {m.warehouse_id: 9})
    m.shop.products.edit(saved.product_id, draft, m.images())
    product = m.shop.products.get(saved.product_id)
    assert product is not None
    assert (product.skus[0].price, product.skus[0].stock) == (Decimal("12.50"), {m.warehouse_id: 1})


def test_a_product_of_nobody_is_none(market):
    m = market("US")
    assert m.shop.products.get("1729592969712207013") is None


def test_a_frozen_product_is_refused_and_not_gone(market):
    m = market("US")
    saved = m.live()
    m.control("PATCH", f"/products/{saved.product_id}", {"status": "FREEZE"})
    with pytest.raises(Refused) as refused:
        m.shop.products.get(saved.product_id)
    assert refused.value.problems[0].code == "listing.not_live"


def test_a_price_locked_by_a_promotion_is_refused(market):
    m = market("US")
    saved = m.live()
    m.control("PATCH", f"/products/{saved.product_id}", {"has_promotion": True})
    with pytest.raises(Refused) as refused:
        m.shop.products.update_prices(saved.product_id, {saved.sku_ids["MUG-0"]: Decimal("1.00")}, "USD")
    assert refused.value.problems[0].code == "tiktok.price"


def test_stock_that_is_refused_is_told_per_sku(market):
    m = market("US")
    saved = m.live(skus=2)
    refused = m.shop.products.update_stock(saved.product_id, {saved.sku_ids["MUG-0"]: 5, saved.sku_ids["MUG-1"]: 1_000_000}, m.warehouse_id)
    assert {sku_id: one.code for sku_id, one in refused.items()} == {saved.sku_ids["MUG-1"]: "tiktok.stock"}
    assert m.shop.products.inventory([saved.product_id])[saved.sku_ids["MUG-0"]] == 5


def test_stock_of_other_warehouses_is_sent_along_where_all_are_wanted(market):
    from hub.tiktok.sandbox.state import Warehouse

    m = market("US")
    saved = m.live()
    sku_id = saved.sku_ids["MUG-0"]
    sandbox_shop = next(iter(m.app.sim.shops.values()))
    sandbox_shop.warehouses.append(Warehouse("7000000000000000077", "second", "SALES_WAREHOUSE", False))
    m.app.sim.products[saved.product_id].skus[0].available["7000000000000000077"] = 4
    assert m.shop.products.update_stock(saved.product_id, {sku_id: 30}, m.warehouse_id) == {}
    product = m.shop.products.get(saved.product_id)
    assert product is not None
    assert product.skus[0].stock == {m.warehouse_id: 30, "7000000000000000077": 4}


def test_products_are_found_by_more_skus_than_one_question_takes(market):
    m = market("US")
    m.live(skus=2)
    wanted = [f"MUG-{number}" for number in range(24)]
    assert len(list(m.shop.products.search(wanted))) == 1
    assert len(m.journal("SearchProducts")) == 3


def test_a_cross_border_seller_names_sale_prices(market):
    m = market("GB", "DE", at="DE")
    assert m.info.seller_type == "CROSS_BORDER"
    saved = m.live()
    body = m.journal("CreateProduct")[0].body
    assert '"sale_price":"12.50"' in body and '"amount"' not in body
    product = m.shop.products.get(saved.product_id)
    assert product is not None and product.skus[0].price == Decimal("12.50")


@pytest.mark.parametrize("region", ["GB", "JP", "DE", "MX"])
def test_every_market_lists_in_its_own_currency(market, region):
    m = market(region)
    saved = m.live()
    product = m.shop.products.get(saved.product_id)
    assert product is not None
    assert product.skus[0].price == (Decimal(1200) if region == "JP" else Decimal("12.50"))


def test_nothing_to_recommend_is_none(market):
    m = market("US")
    assert m.shop.categories.recommend("zzzz qqqq") is None


def test_orders_are_read_page_by_page_in_the_order_of_their_change(market):
    m = market("US")
    m.live(stock=500)
    placed = [m.order(lines=[{"seller_sku": "MUG-0"}]) for _ in range(103)]
    span = (clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1))
    assert [one.order_id for one in m.shop.orders.search(updated=span)] == placed
    assert len(m.journal("GetOrderList")) == 2
    assert list(m.shop.orders.search(created=(span[0] - timedelta(days=1), span[0]))) == []
    assert len(m.shop.orders.get([*placed, "999"])) == 103


def test_two_units_are_two_lines_with_their_money(market):
    m = market("US")
    m.live()
    order_id = m.order(
        lines=[{"seller_sku": "MUG-0", "quantity": 2, "seller_discount": "1.00", "platform_discount": "0.50"}],
        shipping={"original": "4.99", "cofunded_discount": "1.00"}, fees={"small_order_fee": "0.30", "eco_fee": "0.07"},
        tax={"mode": "exclusive", "rate": "0.1"},
    )  # fmt: skip
    (order,) = m.shop.orders.get([order_id])
    assert len(order.lines) == 2 and {one.seller_sku for one in order.lines} == {"MUG-0"}
    assert order.state is OrderState.AWAITING_SHIPMENT and order.is_paid
    assert {fee.code: fee.amount for fee in order.fees} == {"small_order_fee": Decimal("0.30"), "eco_fee": Decimal("0.07")}
    assert order.shipping.net == Decimal("3.99")
    assert order.total == Decimal("22.00") + Decimal("3.99") + Decimal("0.37") + order.tax


def test_an_order_on_hold_has_no_address_yet(market):
    m = market("US")
    m.live()
    (order,) = m.shop.orders.get([m.order(status="ON_HOLD")])
    assert order.state is OrderState.ON_HOLD and order.is_on_hold_order and order.ship_to.lines == ()


@pytest.mark.feature("FUL-02")
def test_a_parcel_of_some_lines_ships_only_these(market):
    m = market("US")
    m.live()
    (order,) = m.shop.orders.get([m.order()])
    first, second = (line.line_id for line in order.lines)
    package_id = m.shop.logistics.ship(order, parcel(order, m.shop, lines={first: 1}))
    (half,) = m.shop.orders.get([order.order_id])
    assert half.state is OrderState.PARTIALLY_SHIPPING
    assert {line.line_id: line.tracking_number for line in half.lines} == {first: "1Z999", second: ""}
    packed = m.shop.logistics.package(package_id)
    assert packed is not None and dict(packed.quantities) == {first: 1}
    m.shop.logistics.ship(half, parcel(half, m.shop, "1Z998"))
    (whole,) = m.shop.orders.get([order.order_id])
    assert whole.state is OrderState.AWAITING_COLLECTION


def test_parcels_that_name_a_sku_take_its_units_one_after_the_other_and_each_once(market):
    m = market("US")
    m.live()
    (order,) = m.shop.orders.get([m.order()])
    one, other = (parcel(order, m.shop, number, lines={"MUG-0": 1}) for number in ("1Z001", "1Z002"))
    first = m.shop.logistics.ship(order, one)
    assert m.shop.logistics.ship(order, one) == first
    assert m.shop.logistics.ship(order, other) != first
    (shipped,) = m.shop.orders.get([order.order_id])
    assert sorted(line.tracking_number for line in shipped.lines) == ["1Z001", "1Z002"]


def test_a_line_with_several_units_takes_its_equals(market):
    m = market("US")
    m.live()
    (order,) = m.shop.orders.get([m.order(lines=[{"seller_sku": "MUG-0", "quantity": 3}])])
    m.shop.logistics.ship(order, parcel(order, m.shop, lines={order.lines[1].line_id: 2}))
    (half,) = m.shop.orders.get([order.order_id])
    assert sorted(line.tracking_number for line in half.lines) == ["", "1Z999", "1Z999"]


def test_all_units_are_all_units_whatever_the_store_calls_them(market):
    m = market("US")
    m.live()
    (order,) = m.shop.orders.get([m.order()])
    m.shop.logistics.ship(order, parcel(order, m.shop, lines={"STORE-SKU": 2}))
    assert m.shop.orders.get([order.order_id])[0].state is OrderState.AWAITING_COLLECTION


@pytest.mark.parametrize("lines", [{"OTHER-SKU": 1}, {"MUG-0": 3}])
def test_units_that_the_order_does_not_have_ship_nothing(market, lines):
    m = market("US")
    m.live()
    (order,) = m.shop.orders.get([m.order()])
    with pytest.raises(Refused) as refused:
        m.shop.logistics.ship(order, parcel(order, m.shop, lines=lines))
    assert refused.value.problems[0].code == "shipment.refused"
    assert m.journal("MarkPackageAsShipped") == []


@pytest.mark.parametrize("region", ["US", "MX"])
def test_a_parcel_sent_twice_is_shipped_once(market, region):
    m = market(region)
    m.live()
    (order,) = m.shop.orders.get([m.order()])
    sent = parcel(order, m.shop)
    assert m.shop.logistics.ship(order, sent) == m.shop.logistics.ship(order, sent)
    assert len(m.app.sim.packages) == 1


def test_another_parcel_for_a_shipped_order_is_refused(market):
    m = market("US")
    m.live()
    (order,) = m.shop.orders.get([m.order()])
    m.shop.logistics.ship(order, parcel(order, m.shop))
    with pytest.raises(Refused) as refused:
        m.shop.logistics.ship(order, parcel(order, m.shop, "1Z000"))
    assert refused.value.problems[0].code == "shipment.refused"


def test_a_part_of_a_package_is_not_shipped_as_the_whole(market):
    m = market("MX")
    m.live()
    (order,) = m.shop.orders.get([m.order()])
    with pytest.raises(Refused) as refused:
        m.shop.logistics.ship(order, parcel(order, m.shop, lines={order.lines[0].line_id: 1}))
    assert refused.value.problems[0].code == "shipment.split"
    assert m.journal("ShipPackage") == []


def test_an_order_that_tiktok_ships_is_left_alone(market):
    m = market("US")
    m.live()
    (order,) = m.shop.orders.get([m.order(shipping_type="TIKTOK")])
    with pytest.raises(Refused) as refused:
        m.shop.logistics.ship(order, parcel(order, m.shop))
    assert refused.value.problems[0].code == "shipment.platform"


def test_an_order_on_hold_is_not_shipped(market):
    m = market("US")
    m.live()
    (order,) = m.shop.orders.get([m.order(status="ON_HOLD")])
    with pytest.raises(Refused) as refused:
        m.shop.logistics.ship(order, parcel(order, m.shop))
    assert refused.value.context["code"] == 21011044


def test_a_package_of_nobody_is_none(market):
    assert market("US").shop.logistics.package("123") is None


@pytest.mark.feature("CXL-01")
@pytest.mark.parametrize("region", ["US", "GB", "MX"])
def test_an_order_cancelled_twice_is_cancelled_once_with_a_reason_of_its_market(market, region):
    m = market(region)
    m.live()
    order_id = m.order()
    first = m.shop.aftersales.cancel(order_id, "wrong_price", "k1")
    again = m.shop.aftersales.cancel(order_id, "wrong_price", "k1")
    assert first.done and again.done and first.cancel_id == again.cancel_id
    assert len(m.app.sim.cancellations) == 1
    assert len(m.journal("CancelOrder")) == 1


def test_a_lost_answer_to_a_cancellation_cancels_nothing_else(market):
    m = market("US")
    m.live()
    order_id = m.order()
    m.control("POST", "/faults", {"match": {"operation": "CancelOrder"}, "times": 1, "do": {"drop": "after"}})
    with pytest.raises(Temporary):
        m.shop.aftersales.cancel(order_id, "out_of_stock", "k1")
    assert m.shop.aftersales.cancel(order_id, "out_of_stock", "k1").done
    assert len(m.app.sim.cancellations) == 1


def test_a_buyers_open_request_is_granted_instead_of_a_second_cancellation(market):
    m = market("US")
    m.live()
    order_id = m.order()
    m.control("POST", f"/orders/{order_id}/request_cancel", {})
    (pending,) = m.shop.aftersales.cancellations(order_ids=[order_id])
    assert pending.pending and pending.by == "BUYER"
    granted = m.shop.aftersales.cancel(order_id, "out_of_stock", "key-9")
    assert granted.done and granted.cancel_id == pending.cancel_id
    assert m.journal("CancelOrder") == []
    assert m.journal("ApproveCancellation")[0].query["idempotency_key"] == "key-9"
    assert m.shop.orders.get([order_id])[0].state is OrderState.CANCELLED


def test_some_lines_are_cancelled_and_the_rest_stays(market):
    m = market("US")
    m.live()
    (order,) = m.shop.orders.get([m.order()])
    done = m.shop.aftersales.cancel(order.order_id, "out_of_stock", "k", [order.lines[0].line_id])
    assert done.line_ids == (order.lines[0].line_id,)
    (left,) = m.shop.orders.get([order.order_id])
    assert [line.state.value for line in left.lines] == ["CANCELLED", "AWAITING_SHIPMENT"]
    assert m.shop.aftersales.cancel(order.order_id, "out_of_stock", "k2").done
    assert m.shop.orders.get([order.order_id])[0].state is OrderState.CANCELLED


def test_a_shipped_order_is_not_cancelled(market):
    m = market("MX")
    m.live()
    (order,) = m.shop.orders.get([m.order()])
    m.shop.logistics.ship(order, parcel(order, m.shop))
    with pytest.raises(Refused) as refused:
        m.shop.aftersales.cancel(order.order_id, "out_of_stock", "k")
    assert refused.value.problems[0].code == "cancel.refused"


@pytest.mark.parametrize("mode", ["exclusive", "inclusive", "remitted"])
def test_a_refund_sums_to_what_went_back(market, mode):
    m = market("US", refund_after_s=0.0)
    m.live()
    order_id = m.order(
        shipping={"original": "4.99"}, tax={"mode": mode, "rate": "0.0825"},
        fees={"retail_delivery_fee": "0.28", "small_order_fee": "1.00", "eco_fee": "0.11"},
    )  # fmt: skip
    (order,) = m.shop.orders.get([order_id])
    m.shop.logistics.ship(order, parcel(order, m.shop))
    m.control("POST", f"/orders/{order_id}/refund", {})
    m.control("POST", "/tick", {})
    (case,) = m.shop.aftersales.returns(order_ids=[order_id])
    assert case.completed and case.refund is not None
    refund = case.refund
    parts = sum((line.amount + line.tax + line.fees for line in refund.lines), Decimal(0))
    assert parts + refund.shipping + refund.shipping_tax + refund.adjustment == refund.total == order.total
    assert sum((line.tax for line in refund.lines), Decimal(0)) + refund.shipping_tax == order.tax
    assert refund.refund_key == case.return_id and len(refund.lines) == 2


def test_a_return_that_is_still_open_carries_no_money(market):
    m = market("US")
    m.live()
    order_id = m.order()
    (order,) = m.shop.orders.get([order_id])
    m.shop.logistics.ship(order, parcel(order, m.shop))
    m.control("POST", f"/orders/{order_id}/return", {"type": "REFUND"})
    (case,) = m.shop.aftersales.returns(updated=(clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)))
    assert not case.completed and not case.closed and case.refund is None


@pytest.mark.parametrize("region", ["US", "JP", "DE"])
def test_seeded_orders_of_every_kind_are_explained_to_the_smallest_unit(market, region):
    m = market(region)
    m.live(stock=90_000, skus=3)
    m.control("POST", "/orders/seed", {"seed": 5, "count": 60})
    read = list(m.shop.orders.search())
    assert len(read) == 60
    for order in read:
        bound = {line.tiktok_sku_id: Binding(product_id="1", variant_id="2", sku=line.seller_sku) for line in order.lines}
        money = order_money(order, bound)
        truth = m.control("GET", f"/orders/{order.order_id}")["truth"]
        assert money.unexplained == 0, order.order_id
        assert money.grand == Decimal(truth["total_amount"])
        assert money.prices_include_tax is (truth["tax_mode"] == "inclusive")

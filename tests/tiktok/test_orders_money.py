"""An order's translation keeps every amount that TikTok Shop told, and the rules' sums come out at its total."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.orders import OrderState, ShippingType
from hub.rules.order_money import Binding, order_money
from hub.tiktok.order_reading import order_of

cents = st.integers(0, 500_000).map(lambda minor: Decimal(minor).scaleb(-2))
small = st.integers(0, 900).map(lambda minor: Decimal(minor).scaleb(-2))
KNOWN_FEES = (
    "small_order_fee", "retail_delivery_fee", "buyer_service_fee", "handling_fee", "shipping_insurance_fee",
    "item_insurance_fee", "distance_fee", "distance_shipping_fee", "payment_discount_service_fee",
)  # fmt: skip
new_names = st.from_regex(r"[a-z]{3,8}_(fee|levy|surcharge|duty)", fullmatch=True).filter(lambda name: name not in KNOWN_FEES)
fees = st.dictionaries(st.sampled_from(KNOWN_FEES) | new_names, small, max_size=8)


@st.composite
def wire_orders(draw, decimals=2):
    """An order as the wire shows it: totals worked out from the parts, tax on top or none."""
    units = draw(st.lists(st.tuples(cents, small, small, small), min_size=1, max_size=6))
    lines, goods, seller, platform, product_tax = [], Decimal(0), Decimal(0), Decimal(0), Decimal(0)
    for number, (price, off, subsidy, tax) in enumerate(units):
        price += off + subsidy
        goods, seller, platform, product_tax = goods + price, seller + off, platform + subsidy, product_tax + tax
        lines.append({
            "id": str(9_000_000_000_000_000_001 + number), "sku_id": f"s{number}", "product_id": "p1",
            "original_price": str(price), "seller_discount": str(off), "platform_discount": str(subsidy),
            "sale_price": str(price - off - subsidy), "display_status": "AWAITING_SHIPMENT",
            "item_tax": [{"tax_type": "SALES_TAX", "tax_amount": str(tax)}],
        })  # fmt: skip
    original, cut, subsidy, cofunded, shipping_tax = (draw(small) for _ in range(5))
    original += cut + subsidy + cofunded
    charged = draw(fees)
    off_payment = draw(small)
    insurance_tax = draw(small) if "item_insurance_fee" in charged else Decimal(0)
    tax = product_tax + shipping_tax
    total = goods - seller - platform + original - cut - subsidy - cofunded + tax + insurance_tax
    total += sum(charged.values(), Decimal(0)) - off_payment
    payment = {
        "currency": "USD", "original_total_product_price": str(goods), "seller_discount": str(seller),
        "platform_discount": str(platform), "sub_total": str(goods - seller - platform),
        "original_shipping_fee": str(original), "shipping_fee_seller_discount": str(cut),
        "shipping_fee_platform_discount": str(subsidy), "shipping_fee_cofunded_discount": str(cofunded),
        "shipping_fee": str(original - cut - subsidy), "shipping_fee_tax": str(shipping_tax),
        "product_tax": str(product_tax), "tax": str(tax), "total_amount": str(total),
        "payment_platform_discount": str(off_payment), "item_insurance_tax": str(insurance_tax),
        **{name: str(amount) for name, amount in charged.items()},
    }  # fmt: skip
    return {"id": "576461413038785752", "status": "AWAITING_SHIPMENT", "create_time": 1, "update_time": 2,
            "payment": payment, "line_items": lines}  # fmt: skip


@given(wire_orders())
def test_no_amount_of_the_payment_is_lost(row):
    order, payment = order_of(row, "US"), row["payment"]
    kept = {fee.code: fee for fee in order.fees}
    for name, text in payment.items():
        if name in ("currency", "shipping_fee"):
            continue
        amount = Decimal(text)
        where = {
            "original_total_product_price": order.goods_gross, "seller_discount": order.seller_discount,
            "platform_discount": order.platform_discount, "sub_total": order.sub_total,
            "original_shipping_fee": order.shipping.gross,
            "shipping_fee_seller_discount": order.shipping.seller_discount,
            "shipping_fee_platform_discount": order.shipping.platform_discount,
            "shipping_fee_cofunded_discount": order.shipping.cofunded_discount,
            "shipping_fee_tax": order.shipping_tax, "product_tax": order.product_tax, "tax": order.tax,
            "total_amount": order.total,
        }  # fmt: skip
        if name in where:
            assert where[name] == amount, name
        elif name == "item_insurance_tax":
            assert sum(fee.tax for fee in order.fees) == amount
        elif name == "payment_platform_discount":
            assert (kept[name].amount if amount else 0) == -amount
        else:
            assert (kept[name].amount if name in kept else 0) == amount, name
    assert order.raw == row


@given(wire_orders())
def test_what_the_buyer_paid_is_explained_to_the_cent(row):
    order = order_of(row, "US")
    bindings = {line.tiktok_sku_id: Binding(product_id="1", variant_id=line.tiktok_sku_id, sku=line.tiktok_sku_id) for line in order.lines}
    money = order_money(order, bindings)
    assert money.grand == Decimal(row["payment"]["total_amount"])
    assert money.unexplained == 0


def order(payment=None, **changes):
    row = {"id": "1", "status": "AWAITING_SHIPMENT", "create_time": 1760000000, "update_time": 1760000100,
           "payment": {"currency": "USD", "total_amount": "10.00", **(payment or {})}, **changes}  # fmt: skip
    return order_of(row, "US")


def test_a_fee_that_nobody_knows_becomes_a_charge_by_its_name():
    (fee,) = order({"green_levy": "0.35"}).fees
    assert (fee.code, fee.title, fee.amount) == ("green_levy", "Green levy", Decimal("0.35"))


def test_a_discount_that_nobody_knows_lowers_the_total():
    (fee,) = order({"birthday_discount": "2.00"}).fees
    assert fee.amount == Decimal("-2.00")


def test_insurance_and_its_tax_are_one_charge():
    (fee,) = order({"item_insurance_fee": "1.10", "item_insurance_tax": "0.09"}).fees
    assert (fee.code, fee.amount, fee.tax) == ("item_insurance_fee", Decimal("1.10"), Decimal("0.09"))


@pytest.mark.parametrize("name", ["payment_id", "bank_code", "tax_rate", "capture_time", "card_type"])
def test_a_number_that_is_no_money_is_no_charge(name):
    assert order({name: "1234567890"}).fees == ()


def test_pfand_stands_on_its_line():
    (line,) = order(line_items=[{"id": "5", "pfand_fee": "0.25", "original_price": "3.00"}]).lines
    assert [(fee.code, fee.amount) for fee in line.fees] == [("pfand_fee", Decimal("0.25"))]


def test_fees_of_whole_currencies_stay_whole():
    yen = order({"currency": "JPY", "total_amount": "1200", "small_order_fee": "100"})
    assert (yen.total, yen.fees[0].amount) == (Decimal(1200), Decimal(100))


@pytest.mark.parametrize(
    ("word", "state"),
    [("CANCEL", OrderState.CANCELLED), ("CANCELLED", OrderState.CANCELLED),
     ("ON_HOLD", OrderState.ON_HOLD), ("RETURNED_SOMEHOW", OrderState.UNKNOWN)],
)  # fmt: skip
def test_a_status_is_read_and_its_word_kept(word, state):
    read = order(status=word)
    assert (read.state, read.raw_state) == (state, word)


@pytest.mark.parametrize(
    ("word", "kind"),
    [("SELLER", ShippingType.SELLER), ("TIKTOK", ShippingType.PLATFORM), ("TIKTOK_DIGITAL", ShippingType.DIGITAL),
     ("DRONE", ShippingType.PLATFORM), ("", ShippingType.SELLER)],
)  # fmt: skip
def test_a_way_of_shipping_that_nobody_knows_is_not_ours_to_ship(word, kind):
    assert order(shipping_type=word).shipping_type is kind


def test_fulfilment_by_anyone_but_the_seller_is_the_platforms():
    assert not order(fulfillment_type="FULFILLMENT_BY_SELLER").fulfilled_by_tiktok
    assert order(fulfillment_type="FULFILLMENT_BY_TIKTOK").fulfilled_by_tiktok
    assert order(fulfillment_type="FULFILLMENT_BY_DILAYANI_TOKOPEDIA").fulfilled_by_tiktok


def test_an_address_is_taken_apart():
    place = order(recipient_address={
        "name": "J*** D***", "phone_number": "(+1)2*****67", "address_line1": "1 Main St", "address_line2": "Apt 2",
        "postal_code": "90001", "region_code": "US", "full_address": "whole",
        "district_info": [
            {"address_level": "L0", "address_level_name": "Country", "address_name": "United States"},
            {"address_level": "L1", "address_level_name": "State", "address_name": "California"},
            {"address_level": "L2", "address_level_name": "County", "address_name": "Los Angeles County"},
            {"address_level": "L3", "address_level_name": "City", "address_name": "Los Angeles"},
        ],
    }).ship_to  # fmt: skip
    assert (place.lines, place.city, place.region) == (("1 Main St", "Apt 2"), "Los Angeles", "California")
    assert (place.postcode, place.country, place.name) == ("90001", "US", "J*** D***")


def test_an_empty_address_stays_empty():
    assert order(recipient_address={"full_address": "", "district_info": []}).ship_to.lines == ()
    assert order().ship_to.name == ""


def test_packages_stand_on_the_order_or_on_its_lines():
    read = order(packages=[{"id": "7"}], line_items=[{"id": "1", "package_id": "8"}, {"id": "2", "package_id": "7"}])
    assert read.package_ids == ("7", "8")


def test_moments_are_utc_and_zero_is_none():
    read = order(paid_time=0, rts_sla_time=1760003600)
    assert read.paid_at is None
    assert read.ship_by is not None and read.ship_by.isoformat() == "2025-10-09T09:53:20+00:00"

"""Money of an order: the parts sum to what the buyer paid, whatever the order (I7, R-33, the rule of money)."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.money import quantum, to_minor
from hub.domain.orders import Charge, Order, OrderState, ShippingCharge
from hub.rules.order_money import OTHER, OrderMoney, order_money, share_out
from tests.rules import made

ORDERS = 100_000


def money_of(order: Order) -> OrderMoney:
    return order_money(order, made.bound(order.lines))


def assert_parts_sum_to_total(order: Order, money: OrderMoney) -> None:
    """The rule of money, word by word."""
    for one in money.lines:
        assert one.net == one.gross - one.seller_discount - one.platform_discount
        assert one.quantity == len(one.line_ids)
    assert sum(one.net for one in money.lines) == money.goods
    ship = money.shipping
    assert ship.net == ship.gross - ship.seller_discount - ship.platform_discount - ship.cofunded_discount
    assert sum(fee.amount for fee in money.fees) == money.fees_total
    assert sum(one.tax for one in money.lines) + ship.tax + sum(fee.tax for fee in money.fees) == money.tax
    on_top = 0 if money.prices_include_tax else money.tax
    assert money.goods + ship.net + money.fees_total + on_top == money.grand == order.total


def assert_whole_minor_units(order: Order, money: OrderMoney) -> None:
    amounts = [money.goods, money.fees_total, money.tax, money.grand, money.shipping.net, money.shipping.tax]
    amounts += [amount for fee in money.fees for amount in (fee.amount, fee.tax)]
    amounts += [amount for one in money.lines for amount in (one.gross, one.seller_discount, one.platform_discount, one.net, one.tax)]
    for amount in amounts:
        to_minor(amount, order.currency)  # raises for a fraction of one


def assert_each_unit_stands_once(order: Order, money: OrderMoney) -> None:
    assert Counter(line_id for one in money.lines for line_id in one.line_ids) == Counter(unit.line_id for unit in order.lines)
    units = {unit.line_id: unit for unit in order.lines}
    for one in money.lines:
        mine = [units[line_id] for line_id in one.line_ids]
        assert {(unit.tiktok_sku_id, unit.original_price, unit.seller_discount, unit.platform_discount) for unit in mine} == {
            (mine[0].tiktok_sku_id, mine[0].original_price, mine[0].seller_discount, mine[0].platform_discount)
        }
        assert one.gross == sum(unit.original_price for unit in mine)
        assert one.tax / one.quantity % quantum(order.currency) == 0, "units in one line have equal tax"


def check(planned: made.Planned) -> None:
    money = money_of(planned.order)
    assert_parts_sum_to_total(planned.order, money)
    assert_whole_minor_units(planned.order, money)
    assert_each_unit_stands_once(planned.order, money)
    assert money.tax == planned.tax
    if not planned.unexplained and planned.tax:
        assert money.prices_include_tax is not planned.tax_on_top
        assert money.unexplained == 0 and all(fee.code != OTHER for fee in money.fees)
    if planned.unexplained and not planned.tax:
        assert money.unexplained == planned.unexplained
        assert [fee.amount for fee in money.fees if fee.code == OTHER] == [planned.unexplained]


@settings(max_examples=300)
@given(st.integers(0, 2**63))
def test_the_parts_of_any_order_sum_to_what_the_buyer_paid(seed):
    check(made.random_order(random.Random(seed)))


@pytest.mark.slow
def test_a_hundred_thousand_orders_balance_to_the_minor_unit():
    dice = random.Random(33)
    currencies: Counter[str] = Counter()
    for _ in range(ORDERS):
        planned = made.random_order(dice)
        check(planned)
        currencies[planned.order.currency] += 1
    assert set(currencies) == {currency for currency, _ in made.CURRENCIES}


def test_tax_beside_the_prices_is_read_from_the_numbers_not_from_the_region():
    on_top = made.order(region="DE", currency="EUR", lines=(made.line(tax=Decimal("2.00")),), tax=Decimal("2.00"), total=Decimal("38.00"))
    inside = made.order(region="US", lines=(made.line(tax=Decimal("2.00")),), tax=Decimal("2.00"), total=Decimal("36.00"))
    assert not money_of(on_top).prices_include_tax
    assert money_of(inside).prices_include_tax


@pytest.mark.parametrize(("region", "includes"), [("US", False), ("GB", True), ("DE", True), ("JP", True)])
def test_without_tax_the_regions_habit_decides(region, includes):
    assert money_of(made.order(region=region)).prices_include_tax is includes


@pytest.mark.parametrize(
    ("region", "line_tax", "who"), [("US", "0", "tiktok"), ("US", "2", "tiktok"), ("DE", "0", "seller"), ("GB", "2", "tiktok")]
)
def test_who_owes_the_tax(region, line_tax, who):
    tax = Decimal(line_tax)
    assert money_of(made.order(region=region, lines=(made.line(tax=tax),), tax=tax, total=36 + tax)).tax_remitted_by == who


def test_units_of_one_sku_with_equal_money_become_one_line():
    lines = (made.line(1), made.line(2), made.line(3, price="35.99"), made.line(4, "s2"), made.line(5))
    money = money_of(made.order(lines=lines, goods_gross=Decimal("179.99"), total=Decimal("179.99")))
    assert [(one.variant_id, one.quantity, one.net) for one in money.lines] == [
        ("v-s1", 3, Decimal("108.00")),
        ("v-s1", 1, Decimal("35.99")),
        ("v-s2", 1, Decimal("36.00")),
    ]
    assert money.lines[0].line_ids == (lines[0].line_id, lines[1].line_id, lines[4].line_id)


def test_units_whose_tax_differs_stay_apart():
    lines = (made.line(1, tax=Decimal("1.00")), made.line(2, tax=Decimal("1.01")))
    money = money_of(made.order(lines=lines, goods_gross=Decimal("72.00"), tax=Decimal("2.01"), total=Decimal("74.01")))
    assert [(one.quantity, one.tax) for one in money.lines] == [(1, Decimal("1.00")), (1, Decimal("1.01"))]


def test_tax_told_in_one_sum_is_shared_out_by_what_the_lines_cost():
    lines = (made.line(1, "s1", "30.00"), made.line(2, "s2", "10.00"))
    money = money_of(made.order(lines=lines, goods_gross=Decimal("40.00"), tax=Decimal("4.01"), total=Decimal("44.01")))
    assert [one.tax for one in money.lines] == [Decimal("3.01"), Decimal("1.00")]


def test_a_fee_on_lines_alone_is_summed_and_one_on_both_counts_once():
    pfand = (Charge("pfand_fee", "Pfand", Decimal("0.25"), Decimal("0.05")),)
    lines = (made.line(1, fees=pfand), made.line(2, fees=pfand))
    base = {"lines": lines, "goods_gross": Decimal("72.00"), "tax": Decimal("0.10"), "total": Decimal("72.60")}
    alone = money_of(made.order(**base))
    assert alone.fees == (Charge("pfand_fee", "Pfand", Decimal("0.50"), Decimal("0.10")),)
    both = money_of(made.order(**base, fees=(Charge("pfand_fee", "Pfand", Decimal("0.50"), Decimal("0.10")),)))
    assert both.fees == alone.fees and both.unexplained == alone.unexplained == 0


@pytest.mark.parametrize("extra", ["0.01", "5.00", "-0.01", "-3.50"])
def test_what_no_field_explains_is_a_charge_of_its_own(extra):
    money = money_of(made.order(total=Decimal("36.00") + Decimal(extra)))
    assert money.fees == (Charge(OTHER, "Other TikTok Shop charges", Decimal(extra)),)
    assert money.unexplained == Decimal(extra)
    assert_parts_sum_to_total(made.order(total=Decimal("36.00") + Decimal(extra)), money)


def test_a_negative_fee_lowers_the_order():
    order = made.order(fees=(Charge("payment_platform_discount", "Payment discount", Decimal("-1.50")),), total=Decimal("34.50"))
    money = money_of(order)
    assert (money.fees_total, money.grand, money.unexplained) == (Decimal("-1.50"), Decimal("34.50"), 0)


def test_shipping_gives_back_all_three_discounts():
    shipping = ShippingCharge(
        gross=Decimal("9.99"), seller_discount=Decimal("1.00"), platform_discount=Decimal("2.00"), cofunded_discount=Decimal("0.50")
    )
    money = money_of(made.order(shipping=shipping, total=Decimal("42.49")))
    assert (money.shipping.net, money.unexplained) == (Decimal("6.49"), 0)


def test_a_cancelled_unit_stays_while_the_payment_counts_it():
    gone = made.line(2, state=OrderState.CANCELLED)
    still_paid = made.order(lines=(made.line(1), gone), goods_gross=Decimal("72.00"), total=Decimal("72.00"))
    taken_off = made.order(lines=(made.line(1), gone))
    assert [one.quantity for one in money_of(still_paid).lines] == [2]
    assert [one.quantity for one in money_of(taken_off).lines] == [1]


def test_an_unbound_sku_is_never_priced():
    order = made.order()
    with pytest.raises(KeyError):
        order_money(order, {})


amounts = st.integers(-100_000, 100_000)
weights = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=12)


@given(amounts, weights, st.sampled_from(["USD", "JPY", "KWD"]))
def test_nothing_is_lost_when_an_amount_is_shared_out(minor, shares, currency):
    amount = Decimal(minor) * quantum(currency)
    parts = share_out(amount, [Decimal(share) for share in shares], currency)
    assert sum(parts) == amount
    whole = Decimal(sum(shares)) or Decimal(len(shares))
    for part, share in zip(parts, shares, strict=True):
        fair = amount * (share if sum(shares) else 1) / whole
        assert abs(part - fair) < quantum(currency), "nobody gets a whole minor unit more or less than his share"


def test_equal_shares_differ_by_one_minor_unit_at_most():
    parts = share_out(Decimal("1.00"), [Decimal(1)] * 3, "USD")
    assert sorted(parts) == [Decimal("0.33"), Decimal("0.33"), Decimal("0.34")]


def test_line_tax_that_adds_up_is_kept_as_tiktok_told_it():
    lines = (made.line(1, "s1", "10.00", tax=Decimal("3.00")), made.line(2, "s2", "30.00", tax=Decimal("1.00")))
    order = made.order(lines=lines, goods_gross=Decimal("40.00"), product_tax=Decimal("4.00"), tax=Decimal("4.00"), total=Decimal("44.00"))
    assert [one.tax for one in money_of(order).lines] == [Decimal("3.00"), Decimal("1.00")]
    told_otherwise = replace(order, product_tax=Decimal("4.40"), tax=Decimal("4.40"), total=Decimal("44.40"))
    assert [one.tax for one in money_of(told_otherwise).lines] == [Decimal("1.10"), Decimal("3.30")]

"""Units, stock and exact money: the small rules, case by case (ATT-09, ATT-10, I6, I7)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import money
from hub.domain.money import Money
from hub.domain.products import Dimensions, Measure
from hub.rules.stock import LARGEST, stock_to_send
from hub.rules.units import centimetres, kilograms, of_one_system


@pytest.mark.parametrize(
    ("value", "unit", "sent"),
    [
        ("1", "kg", "1.000"),
        ("250", "g", "0.250"),
        ("16", "oz", "0.454"),
        ("2.5", "lbs", "1.134"),
        ("1", "LB", "0.454"),
        ("0.2", "g", "0.001"),
        ("0", "kg", ""),
        ("-1", "kg", ""),
        ("1", "stone", ""),
        ("0.0005", "kg", "0.001"),
        ("1.2345", "kg", "1.235"),
    ],
)
def test_a_weight_becomes_kilograms_with_three_decimals(value, unit, sent):
    assert kilograms(Measure(Decimal(value), unit)) == sent


def test_no_weight_is_no_text():
    assert kilograms(None) == ""


@pytest.mark.parametrize(
    ("size", "unit", "sent"),
    [
        (("30", "20", "5"), "cm", (30, 20, 5)),
        (("10.5", "10.01", "10"), "cm", (11, 11, 10)),
        (("5", "5", "5"), "in", (13, 13, 13)),
        (("1", "1", "1"), "ft", (31, 31, 31)),
        (("101", "99", "10"), "mm", (11, 10, 1)),
        (("1", "0.5", "0.25"), "m", (100, 50, 25)),
        (("0", "1", "1"), "cm", None),
        (("1", "-1", "1"), "cm", None),
        (("1", "1", "1"), "yd", None),
        (("2", "2", "2"), "IN", (6, 6, 6)),
    ],
)
def test_a_size_becomes_whole_centimetres_rounded_up(size, unit, sent):
    assert centimetres(Dimensions(*map(Decimal, size), unit)) == sent


def test_no_size_is_none():
    assert centimetres(None) is None


@pytest.mark.parametrize(
    ("weight", "unit", "dimension_unit", "sent"),
    [
        ("1.000", "KILOGRAM", "CENTIMETER", ("1.000", "KILOGRAM")),
        ("500", "GRAM", "CENTIMETER", ("500", "GRAM")),
        ("2.00", "POUND", "INCH", ("2.00", "POUND")),
        ("1.000", "KILOGRAM", "INCH", ("2.20", "POUND")),
        ("500", "GRAM", "INCH", ("1.10", "POUND")),
        ("0.001", "KILOGRAM", "INCH", ("0.01", "POUND")),
        ("1", "POUND", "CENTIMETER", ("0.454", "KILOGRAM")),
        ("", "POUND", "CENTIMETER", ("", "POUND")),
    ],
)
def test_weight_follows_the_system_of_the_size(weight, unit, dimension_unit, sent):
    assert of_one_system(weight, unit, dimension_unit) == sent


@pytest.mark.parametrize(
    ("salable", "reserve", "pending", "active", "sent"),
    [
        (10, 0, 0, True, 10),
        (10, 3, 0, True, 7),
        (10, 3, 4, True, 3),
        (10, 10, 0, True, 0),
        (2, 5, 0, True, 0),
        (0, 0, 3, True, 0),
        (-4, 0, 0, True, 0),
        (10, 0, 0, False, 0),
        (1_000_000, 0, 0, True, LARGEST),
        (100_005, 3, 3, True, LARGEST),
    ],
)
def test_the_stock_that_is_told(salable, reserve, pending, active, sent):
    assert stock_to_send(salable, reserve=reserve, pending=pending, active=active) == sent


@given(st.integers(-10, 200_000), st.integers(0, 500), st.integers(0, 500), st.booleans())
def test_never_more_is_told_than_can_be_sold(salable, reserve, pending, active):
    sent = stock_to_send(salable, reserve=reserve, pending=pending, active=active)
    assert 0 <= sent <= max(0, min(salable - reserve - pending, LARGEST)) <= LARGEST
    assert stock_to_send(salable, reserve=reserve, pending=pending + 1, active=active) <= sent


CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "VND", "KWD"])


@given(st.integers(-(10**15), 10**15), CURRENCIES)
def test_minor_units_and_amounts_are_one_another(minor, currency):
    amount = money.from_minor(minor, currency)
    assert money.to_minor(amount, currency) == minor
    assert money.decimal_of(money.text(amount, currency)) == amount
    assert Money.from_minor(minor, currency).minor == minor


@given(st.decimals(-(10**9), 10**9, places=6))
def test_six_decimals_of_a_price_are_kept(price):
    assert money.from_micro(money.to_micro(price)) == price


@pytest.mark.parametrize(
    ("currency", "decimals"), [("USD", 2), ("EUR", 2), ("IDR", 2), ("JPY", 0), ("VND", 0), ("KRW", 0), ("KWD", 3), ("XPF", 0), ("???", 2)]
)
def test_decimals_of_a_currency(currency, decimals):
    assert money.exponent(currency) == decimals
    assert -money.quantum(currency).as_tuple().exponent == decimals


@pytest.mark.parametrize(
    ("given_", "amount"),
    [(None, "0"), ("", "0"), ("12.30", "12.30"), (7, "7"), (Decimal("1.5"), "1.5"), ("-0.01", "-0.01"), ("1E+2", "100")],
)
def test_an_amount_is_read_exactly(given_, amount):
    assert money.decimal_of(given_) == Decimal(amount)


@pytest.mark.parametrize("given_", [1.5, True, "NaN", "Infinity", "-inf", "12,30", "abc", "1 2", "1_000", object()])
def test_what_is_no_exact_amount_is_refused(given_):
    with pytest.raises(ValueError):
        money.decimal_of(given_)


@pytest.mark.parametrize(("amount", "currency"), [("0.001", "USD"), ("0.1", "JPY"), ("1.0001", "KWD")])
def test_a_fraction_of_the_minor_unit_is_no_money(amount, currency):
    with pytest.raises(ValueError):
        money.to_minor(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [("72", "USD", "72.00"), ("1500", "JPY", "1500"), ("1.5", "KWD", "1.500"), ("-3.5", "EUR", "-3.50"), ("1E+3", "USD", "1000.00")],
)
def test_an_amount_as_text_has_its_currencys_decimals(amount, currency, shown):
    assert money.text(Decimal(amount), currency) == shown


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [("0.005", "USD", "0.01"), ("0.004999", "USD", "0"), ("2.5", "JPY", "3"), ("-0.005", "USD", "-0.01"), ("1.0005", "KWD", "1.001")],
)
def test_shops_round_half_up(amount, currency, rounded):
    assert money.rounded(Decimal(amount), currency) == Decimal(rounded)


def test_two_currencies_do_not_add_up():
    with pytest.raises(ValueError):
        Money.of("1", "USD") + Money.of("1", "EUR")
    with pytest.raises(ValueError):
        Money.of("1", "USD") - Money.of("1", "EUR")
    assert str(Money.of("1", "USD") + Money.of("0.5", "USD") - Money.of("0.25", "USD")) == "1.25 USD"


def test_money_is_never_made_of_a_float():
    with pytest.raises(TypeError):
        Money(1.5, "USD")  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        Money.of(1.5, "USD")  # type: ignore[arg-type]

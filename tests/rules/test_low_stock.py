"""The low-inventory threshold, case by case (INV-03 … INV-10, GAP-05)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.stock import LowStock, Threshold, must_come_down, stock_shown, threshold_of

ZERO, DOWN = Threshold(6, LowStock.OUT_OF_STOCK, "store"), Threshold(6, LowStock.DEACTIVATE, "store")


@pytest.mark.feature("INV-03", "INV-04", "INV-05")
@pytest.mark.parametrize(
    ("quantities", "is_down"),
    [((6,), False), ((5,), True), ((50, 4), True), ((50, 7), False), ((50, 6), False), ((0, 0), True), ((), False)],
)
def test_one_low_sku_takes_the_product_down_and_none_lets_it_up(quantities: tuple[int, ...], is_down: bool):
    assert must_come_down(quantities, DOWN) is is_down
    assert [stock_shown(one, DOWN) for one in quantities] == list(quantities)


@pytest.mark.feature("INV-06", "INV-07")
@pytest.mark.parametrize(("quantities", "shown"), [((5,), (0,)), ((6,), (6,)), ((50, 4), (50, 0))])
def test_out_of_stock_shows_none_of_a_low_sku_and_only_of_that(quantities: tuple[int, ...], shown: tuple[int, ...]):
    assert tuple(stock_shown(one, ZERO) for one in quantities) == shown
    assert not must_come_down(quantities, ZERO)


@pytest.mark.feature("INV-09", "INV-10")
@pytest.mark.parametrize(
    ("product", "number", "mode", "found"),
    [
        ({}, 0, "deactivate", None),
        ({}, 6, "deactivate", Threshold(6, LowStock.DEACTIVATE, "store")),
        ({"number": 20}, 6, "deactivate", Threshold(20, LowStock.DEACTIVATE, "product")),
        ({"number": 20, "mode": "out_of_stock"}, 6, "deactivate", Threshold(20, LowStock.OUT_OF_STOCK, "product")),
        ({"number": 3}, 0, "out_of_stock", Threshold(3, LowStock.OUT_OF_STOCK, "product")),
        ({"exclude": True}, 6, "deactivate", None),
    ],
)
def test_the_products_own_threshold_goes_before_the_shops(product: dict[str, Any], number: int, mode: str, found: Threshold | None):
    assert threshold_of(product, number, mode) == found
    if product.get("number") == 20:
        assert found is not None and found.is_low(10)


@given(st.integers(0, 200), st.integers(1, 100), st.sampled_from(LowStock))
def test_a_threshold_never_shows_more_than_there_is(quantity: int, number: int, mode: LowStock):
    assert stock_shown(quantity, Threshold(number, mode, "store")) in (0, quantity)

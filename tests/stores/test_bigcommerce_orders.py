"""What only BigCommerce does with orders: over the strict practice store, each request held against the platform's own description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub import clock
from hub.domain.orders import Parcel, Refund, RefundLine, StoreOrderState
from hub.errors import Refused, Temporary
from hub.stores.bigcommerce import PLATFORM
from hub.stores.bigcommerce.store import BigCommerceStore
from tests.contract.bench_bigcommerce import BigCommerceBench
from tests.contract.drafts import KEY, draft
from tests.sandbox.bigcommerce_shop import contract
from tests.stores.bigcommerce_calls import assert_requests_fit

PARCEL = Parcel(parcel_id="pkg-1", carrier_code="dpd", carrier_title="DPD", tracking_number="TRK1", quantities={"11": 1})


@pytest.fixture
def bench() -> Iterator[BigCommerceBench]:
    made = BigCommerceBench()
    yield made
    assert_requests_fit(made)


def row(bench: BigCommerceBench, place: int = 0) -> Any:
    """The practice store's own words about an order."""
    return bench.control("GET", "orders")[place]


def told(bench: BigCommerceBench, order_id: str) -> dict[str, Any]:
    """The order as the API shows it."""
    store = bench.open()
    assert isinstance(store, BigCommerceStore)
    found: dict[str, Any] = store._client.get(f"/v2/orders/{order_id}")
    return found


def left(bench: BigCommerceBench, sku: str = "MUG-1") -> int:
    return next(int(one["quantity"]) for one in bench.control("GET", "products") if one["sku"] == sku)


def back(total: str, *line_ids: str, **changes: Any) -> Refund:
    """Money for these units at 25.00 and 0.90 tax each."""
    lines = tuple(RefundLine(line_id=one, amount=Decimal("25.00"), tax=Decimal("0.90")) for one in line_ids)
    return Refund(**{"refund_key": "ret-1", "currency": "GBP", "lines": lines, "total": Decimal(total), "reason": "Damaged", **changes})


def calls(bench: BigCommerceBench, operation: str) -> int:
    return sum(entry.operation == operation for entry in bench.app.sim.journal.entries())


# -- creating


def test_an_order_stands_in_the_store_with_prices_discount_fee_and_the_buyers_words(bench):
    made = bench.open().create_order(draft(bench))
    there = told(bench, made.order_id)
    expected = {"external_order_id": KEY, "external_source": "TikTok Shop", "payment_method": "TikTokPAY", "customer_id": 0, "status_id": 11,
                "customer_message": "leave at the door"}
    assert {name: there[name] for name in expected} == expected
    totals = row(bench)["totals"]
    assert {name: totals[name] for name in ("goods", "discount", "shipping", "fees", "tax", "grand")} == {
        "goods": "94.80", "discount": "6.00", "shipping": "4.99", "fees": "0.28", "tax": "2.80", "grand": "94.07"}
    assert left(bench) == 8


def test_a_line_that_is_linked_to_nothing_is_sold_without_stock(bench):
    asked = draft(bench)
    asked = replace(asked, lines=(replace(asked.lines[0], product_id="", variant_id="", sku="OTHER-1", title="Something else"), asked.lines[1]))
    made = bench.open().create_order(asked)
    assert made.grand == asked.grand and left(bench) == 10
    assert [(one["sku"], one["product_id"], one["quantity"]) for one in row(bench)["lines"]] == [
        ("OTHER-1", "0", 2), ("HOOD-R-S", bench.items["HOOD-R-S"][0], 1)]
    bench.open().ship(KEY, replace(PARCEL, quantities={"11": 1, "12": 1}))
    (parcel,) = bench.open().order(KEY).parcels
    assert parcel.quantities == {"11": 1, "12": 1}


@pytest.mark.parametrize("there", [0, 1])
def test_a_paid_order_lands_with_the_units_that_there_are_and_the_others_without_stock(bench, there):
    bench.stock("MUG-1", there)
    made = bench.open().create_order(draft(bench))
    assert made.oversold and made.grand == Decimal("94.07") and left(bench) == 0
    mugs = [(one["product_id"] != "0", one["quantity"]) for one in row(bench)["lines"] if one["sku"] == "MUG-1"]
    assert mugs == ([(True, 1)] if there else []) + [(False, 2 - there)]
    bench.open().ship(KEY, replace(PARCEL, quantities={"11": 1, "12": 1}))
    assert bench.open().order(KEY).parcels[0].quantities == {"11": 1, "12": 1}


def test_a_store_that_sells_below_zero_takes_the_order_as_it_is(bench):
    bench.control("POST", "settings", {"refuse_out_of_stock": False})
    bench.stock("MUG-1", 1)
    assert bench.open().create_order(draft(bench)).oversold
    assert [one["quantity"] for one in row(bench)["lines"]] == [2, 1]


def test_what_is_not_tracked_is_never_oversold(bench):
    bench.control("PATCH", "products/MUG-1", {"tracking": "none"})
    assert bench.open().create_order(draft(bench)).oversold is False


def test_an_order_in_the_buyers_free_hour_waits_and_is_released(bench):
    store = bench.open()
    made = store.create_order(draft(bench, hold_until=clock.now() + timedelta(hours=1)))
    assert made.state is StoreOrderState.HELD and row(bench)["status_id"] == 12
    store.set_status(KEY, "AWAITING_SHIPMENT", None)
    assert row(bench)["status_id"] == 12
    store.set_status(KEY, "AWAITING_SHIPMENT", False)
    assert row(bench)["status_id"] == 11


def test_an_archived_order_answers_as_deleted_and_is_not_made_again(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    bench.control("DELETE", f"orders/{made.order_id}")
    there = store.order(KEY)
    assert (there.order_id, there.state) == (made.order_id, StoreOrderState.DELETED)
    assert [one.state for one in store.orders_changed(clock.now() - timedelta(minutes=1))] == [StoreOrderState.DELETED]
    with pytest.raises(Refused) as error:
        store.create_order(draft(bench))
    assert [one.code for one in error.value.problems] == ["order.deleted"] and len(bench.control("GET", "orders")) == 1


def test_a_store_that_can_not_list_its_archive_still_takes_orders(bench):
    bench.fault({"status": 400, "json": [{"status": 400, "message": "The field 'is_deleted' is not supported by this resource."}]},
                operation="getOrders", contains="is_deleted", times=-1)
    made = bench.open().create_order(draft(bench))
    assert [one.order_id for one in bench.open().orders_changed(clock.now() - timedelta(minutes=1))] == [made.order_id]


def test_an_order_that_the_list_does_not_show_yet_is_read_by_the_id_that_the_hub_keeps(bench):
    made = bench.open().create_order(draft(bench))
    bench.control("POST", "settings", {"search_delay_s": 3600})
    assert bench.open().find_order(KEY) is None
    asked: list[str] = []

    def known(key: str) -> str:
        asked.append(key)
        return made.order_id

    store = PLATFORM.open(bench.settings(), bench.secret, {**bench.options(), "known_order": known})
    assert store.find_order(KEY).order_id == made.order_id and set(asked) == {KEY}
    store.ship(KEY, PARCEL)
    assert store.order(KEY).parcels[0].parcel_id == "pkg-1"
    other = PLATFORM.open(bench.settings(), bench.secret, {**bench.options(), "known_order": lambda key: "99999"})
    assert other.find_order(KEY) is None


@pytest.mark.parametrize("drop", ["before", "after"])
def test_after_a_lost_answer_a_create_is_found_and_made_once(bench, drop):
    bench.fault({"drop": drop}, operation="createOrder")
    with pytest.raises(Temporary):
        bench.open().create_order(draft(bench))
    assert (bench.open().find_order(KEY) is not None) is (drop == "after")
    made = bench.open().create_order(draft(bench))
    assert made.grand == Decimal("94.07") and len(bench.control("GET", "orders")) == 1


# -- shipping


@pytest.mark.parametrize("drop", ["before", "after"])
def test_after_a_lost_answer_a_parcel_is_shipped_once(bench, drop):
    bench.open().create_order(draft(bench))
    bench.fault({"drop": drop}, operation="createOrderShipments")
    with pytest.raises(Temporary):
        bench.open().ship(KEY, PARCEL)
    bench.open().ship(KEY, PARCEL)
    assert [(one.parcel_id, one.tracking_number, one.quantities) for one in bench.open().order(KEY).parcels] == [("pkg-1", "TRK1", {"11": 1})]


def test_parcels_of_both_sides_share_a_line_out_between_them(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    store.ship(KEY, replace(PARCEL, quantities={"12": 1}))
    bench.control("POST", f"orders/{made.order_id}/ship", {"number": "S1", "carrier": "usps", "lines": [{"sku": "MUG-1", "quantity": 1}]})
    store.ship(KEY, replace(PARCEL, parcel_id="pkg-2", tracking_number="TRK2", quantities={}))
    ours, theirs, rest = store.order(KEY).parcels
    assert (ours.parcel_id, ours.quantities) == ("pkg-1", {"12": 1})
    assert (theirs.tracking_number, theirs.quantities, theirs.carrier_code, theirs.carrier_title) == ("S1", {"11": 1}, "usps", "USPS")
    assert (rest.parcel_id, rest.quantities) == ("pkg-2", {"13": 1})
    assert store.order(KEY).state is StoreOrderState.SHIPPED


def test_a_parcel_of_what_is_shipped_already_is_refused_but_for_its_own_number(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    bench.ship_in_store(made.order_id, "TRK1")
    store.ship(KEY, PARCEL)
    with pytest.raises(Refused) as error:
        store.ship(KEY, replace(PARCEL, tracking_number="TRK9"))
    assert "shipped already" in error.value.says and len(row(bench)["shipments"]) == 1


def test_a_cancelled_order_ships_nothing(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.cancel_order(KEY, "", True)
    with pytest.raises(Refused) as error:
        store.ship(KEY, PARCEL)
    assert error.value.context["state"] == "cancelled"


def test_without_the_line_in_the_notes_all_that_is_left_can_still_be_shipped_and_parcels_name_skus(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    assert isinstance(store, BigCommerceStore)
    store._client.write("PUT", f"/v2/orders/{made.order_id}", {"staff_notes": "Rewritten by a merchant"}, "test")
    with pytest.raises(Refused) as error:
        store.ship(KEY, PARCEL)
    assert "staff notes" in error.value.says
    store.ship(KEY, replace(PARCEL, quantities={"11": 1, "12": 1, "13": 1}))
    (parcel,) = store.order(KEY).parcels
    assert (parcel.quantities, store.create_order(draft(bench)).same) == ({"MUG-1": 2, "HOOD-R-S": 1}, False)


# -- cancelling


@pytest.mark.parametrize("store_does", [True, False])
@pytest.mark.parametrize("restock", [True, False])
def test_stock_comes_back_once_from_whoever_is_to_do_it(bench, store_does, restock):
    bench.control("POST", "settings", {"refund_order_stock_adjustment": store_does})
    bench.open().create_order(draft(bench))
    for _ in range(2):
        assert bench.open().cancel_order(KEY, "Changed his mind", restock).state is StoreOrderState.CANCELLED
    assert left(bench) == (10 if store_does or restock else 8)
    assert calls(bench, "updateOrder") == 1 and "Changed his mind" in told(bench, row(bench)["order_id"])["staff_notes"]


@pytest.mark.parametrize("drop", ["before", "after"])
def test_after_a_lost_answer_an_order_is_cancelled_and_never_gives_more_back_than_it_took(bench, drop):
    bench.open().create_order(draft(bench))
    bench.fault({"drop": drop}, operation="updateOrder")
    with pytest.raises(Temporary):
        bench.open().cancel_order(KEY, "", True)
    assert bench.open().cancel_order(KEY, "", True).state is StoreOrderState.CANCELLED
    assert left(bench) == (10 if drop == "before" else 8)


def test_a_cancellation_without_the_right_to_change_stock_still_cancels(bench):
    bench.open().create_order(draft(bench))
    bench.control("POST", "scopes", {"scopes": ["store_v2_orders", "store_v2_products_read_only", "store_inventory_read_only",
                                                "store_locations_read_only", "store_v2_information_read_only"]})
    assert bench.open().cancel_order(KEY, "", True).state is StoreOrderState.CANCELLED


def test_an_order_that_is_partly_shipped_is_not_cancelled(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.ship(KEY, PARCEL)
    with pytest.raises(Refused) as error:
        store.cancel_order(KEY, "", True)
    assert error.value.context["state"] == "open" and row(bench)["status_id"] == 3


# -- refunds


def test_a_refund_marks_the_units_that_came_back(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.refund(KEY, back("25.90", "11"))
    assert store.order(KEY).refunded == Decimal("25.90")
    assert [(one["sku"], one["refunded"]) for one in row(bench)["lines"]] == [("MUG-1", 1), ("HOOD-R-S", 0)] and row(bench)["status_id"] == 14
    store.refund(KEY, replace(back("25.90", "12"), refund_key="ret-2"))
    assert store.order(KEY).refunded == Decimal("51.80") and row(bench)["lines"][0]["refunded"] == 2


def test_all_units_with_shipping_are_refunded_to_the_cent(bench):
    store = bench.open()
    store.create_order(draft(bench))
    lines = (*back("0", "11", "12").lines, RefundLine(line_id="13", amount=Decimal("36.00"), tax=Decimal("1.00")))
    whole = back("94.07", lines=lines, shipping=Decimal("4.99"), adjustment=Decimal("0.28"))
    store.refund(KEY, whole)
    assert store.order(KEY).refunded == Decimal("94.07") and store.order(KEY).state is StoreOrderState.CLOSED
    assert [one["refunded"] for one in row(bench)["lines"]] == [2, 1]


def test_a_small_part_of_the_money_is_given_back_without_taking_the_goods(bench):
    store = bench.open()
    store.create_order(draft(bench))
    part = back("5.00", lines=(RefundLine(line_id="11", amount=Decimal("5.00")),))
    store.refund(KEY, part)
    assert store.order(KEY).refunded == Decimal("5.00") and [one["refunded"] for one in row(bench)["lines"]] == [0, 0]


def test_a_refund_without_lines_is_an_amount_of_the_order(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.refund(KEY, back("4.99", shipping=Decimal("4.99")))
    assert store.order(KEY).refunded == Decimal("4.99")


@pytest.mark.parametrize("operation", ["createOrderRefundQuotes", "createOrderRefund"])
@pytest.mark.parametrize("drop", ["before", "after"])
def test_after_a_lost_answer_a_refund_is_made_once(bench, operation, drop):
    bench.open().create_order(draft(bench))
    bench.fault({"drop": drop}, operation=operation)
    with pytest.raises(Temporary):
        bench.open().refund(KEY, back("25.90", "11"))
    for _ in range(3):
        bench.open().refund(KEY, back("25.90", "11"))
    assert bench.open().order(KEY).refunded == Decimal("25.90") and [one["amount"] for one in row(bench)["refunds"]] == ["25.90"]


def test_a_store_that_refunds_nothing_without_a_payment_says_so_in_the_order(bench):
    bench.control("POST", "settings", {"offline_refund": False})
    store = bench.open()
    made = store.create_order(draft(bench))
    for _ in range(2):
        store.refund(KEY, back("25.90", "11", restock=True))
    assert store.order(KEY).refunded == Decimal("25.90") and row(bench)["status_id"] == 14 and left(bench) == 9
    notes = told(bench, made.order_id)["staff_notes"]
    assert "no payment on record" in notes and notes.count("25.90 GBP") == 1
    with pytest.raises(Refused) as error:
        store.refund(KEY, replace(back("70.00"), refund_key="ret-2"))
    assert "68.17 GBP" in error.value.problems[0].says
    store.refund(KEY, replace(back("68.17", lines=()), refund_key="ret-3"))
    assert store.order(KEY).refunded == Decimal("94.07") and store.order(KEY).state is StoreOrderState.CLOSED


@pytest.mark.parametrize("drop", ["before", "after"])
def test_after_a_lost_answer_a_noted_refund_is_noted_once(bench, drop):
    bench.control("POST", "settings", {"offline_refund": False})
    bench.open().create_order(draft(bench))
    bench.fault({"drop": drop}, operation="updateOrder")
    with pytest.raises(Temporary):
        bench.open().refund(KEY, back("25.90", "11"))
    bench.open().refund(KEY, back("25.90", "11"))
    assert bench.open().order(KEY).refunded == Decimal("25.90")


@pytest.mark.parametrize("store_does", [True, False])
@pytest.mark.parametrize("restock", [True, False])
def test_refunded_units_come_back_once_from_whoever_is_to_do_it(bench, store_does, restock):
    bench.control("POST", "settings", {"refund_order_stock_adjustment": store_does})
    bench.open().create_order(draft(bench))
    for _ in range(2):
        bench.open().refund(KEY, back("25.90", "11", restock=restock))
    assert left(bench) == (9 if store_does or restock else 8)


def test_a_refund_while_another_one_is_made_is_tried_later(bench):
    bench.control("POST", "settings", {"refund_busy_s": 60})
    bench.open().create_order(draft(bench))
    bench.open().refund(KEY, back("25.90", "11"))
    with pytest.raises(Temporary):
        bench.open().refund(KEY, replace(back("25.90", "12"), refund_key="ret-2"))
    assert bench.open().order(KEY).refunded == Decimal("25.90")


# -- status


@pytest.mark.feature("FUL-10")
def test_an_order_follows_tiktok_shop_through_the_guides_statuses_and_never_back(bench):
    store = bench.open()
    store.create_order(draft(bench))
    seen = []
    for status in ("AWAITING_SHIPMENT", "AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED", "IN_TRANSIT", "AWAITING_SHIPMENT", "NEW_WORD"):
        store.set_status(KEY, status)
        seen.append(row(bench)["status"])
    assert seen == ["Awaiting Fulfillment", "Awaiting Shipment", "Shipped", "Awaiting Pickup", "Completed", "Completed", "Completed", "Completed"]


def test_what_the_merchant_cancelled_or_refunded_stays(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    for status in (4, 5, 13):
        bench.control("POST", f"orders/{made.order_id}/status", {"status_id": status})
        store.set_status(KEY, "COMPLETED")
        assert row(bench)["status_id"] == status


def test_a_call_that_the_platform_does_not_describe_is_found():
    bench = BigCommerceBench()
    store = bench.open()
    assert isinstance(store, BigCommerceStore)
    store._client.send("GET", "/v2/orders", {"nonsense": "1"})
    if contract() is not None:
        with pytest.raises(AssertionError) as error:
            assert_requests_fit(bench)
        assert "query nonsense is unknown" in str(error.value)

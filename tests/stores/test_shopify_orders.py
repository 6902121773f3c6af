"""Orders in Shopify beyond what all stores share: holds, several locations, slow jobs, a search that lags, keys that end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub import clock
from hub.domain.orders import Parcel, Refund, RefundLine, StoreOrderState
from hub.errors import Refused, Temporary
from hub.stores.base import Store
from tests.contract.bench_shopify import SECOND, ShopifyBench
from tests.contract.drafts import KEY, draft


@pytest.fixture
def bench() -> Any:
    return ShopifyBench()


def only(found: Any) -> Any:
    (one,) = found
    return one


def there(bench: ShopifyBench) -> Any:
    """The order as the shop has it."""
    return only(bench.control("GET", "orders"))


def holds(bench: ShopifyBench) -> list[list[str]]:
    return [[hold["handle"] for hold in one["holds"]] for one in there(bench)["fulfillment_orders"]]


def sent(bench: ShopifyBench, operation: str) -> int:
    return len(bench.app.sim.journal.entries(operation=operation))


def parcel(parcel_id: str = "pkg-1", number: str = "TRK1", **quantities: int) -> Parcel:
    named = {name.removeprefix("line"): count for name, count in quantities.items()}
    return Parcel(parcel_id=parcel_id, carrier_code="", carrier_title="royal mail", tracking_number=number, quantities=named)


def in_an_hour(**changes: Any) -> dict[str, Any]:
    return {"hold_until": clock.now() + timedelta(hours=1), **changes}


# -- as it lands


def test_the_order_shows_where_it_comes_from_who_owes_the_tax_and_what_it_took(bench):
    bench.open().create_order(draft(bench))
    order = there(bench)
    assert (order["key"], order["source_name"], order["status"], order["fulfillment"]) == (KEY, "tiktok-gb", "paid", "unfulfilled")
    assert order["tags"] == ["GB", "TikTok Shop"] and order["note"] == "leave at the door"
    assert order["taxes"] and all(tax["channel_liable"] for tax in order["taxes"]) and order["totals"]["tax"] == "2.80"
    assert [line["claimed"] for line in order["lines"]] == [2, 1, 0]
    told = {one["key"]: one["value"] for one in order["attributes"]}
    assert (told["Seller discount"], told["TikTok Shop discount"]) == ("4.50", "2.50")


def test_a_line_that_no_product_is_linked_to_stands_for_itself_and_takes_no_stock(bench):
    asked = draft(bench)
    loose = replace(asked.lines[1], product_id="", variant_id="", sku="GONE-1", title="A thing of Seller Center")
    bench.open().create_order(replace(asked, lines=(asked.lines[0], loose)))
    lines = there(bench)["lines"]
    assert (lines[1]["title"], lines[1]["variant_id"], lines[1]["claimed"]) == ("A thing of Seller Center", None, 0)
    bench.open().ship(KEY, parcel(line13=1))
    assert only(bench.open().order(KEY).parcels).quantities == {"13": 1}


def test_stock_that_may_not_go_below_nothing_refuses_the_order(bench):
    bench.stock(bench.sold[0], 1)
    with pytest.raises(Refused) as error:
        bench.open().create_order(draft(bench, allow_backorder=False))
    assert only(error.value.problems).raw.startswith("INVENTORY_CLAIM_FAILED") and bench.control("GET", "orders") == []


def test_the_same_buyer_may_buy_twice(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.create_order(draft(bench, key="576461413038785753"))
    assert len(bench.control("GET", "orders")) == 2 and len(bench.app.sim.customers) == 1


# -- hold and release


@pytest.mark.feature("OST-13")
def test_an_order_of_the_free_hour_is_held_and_only_our_own_hold_is_lifted(bench):
    store = bench.open()
    made = store.create_order(draft(bench, **in_an_hour()))
    assert made.state is StoreOrderState.HELD and holds(bench) == [["shopbridge-tiktok"]] * len(holds(bench))
    bench.control("POST", f"orders/{made.order_id}/hold")
    store.set_status(KEY, "AWAITING_SHIPMENT", False)
    assert all(len(one) == 1 and "shopbridge-tiktok" not in one for one in holds(bench))
    assert store.order(KEY).state is StoreOrderState.HELD


def test_a_hold_that_a_crash_left_out_comes_with_the_first_status(bench):
    bench.fault({"drop": "before"}, operation="Hold")
    with pytest.raises(Temporary):
        bench.open().create_order(draft(bench, **in_an_hour()))
    assert holds(bench) == [[]]
    bench.open().set_status(KEY, "AWAITING_SHIPMENT", None)
    assert holds(bench) == [["shopbridge-tiktok"]]


def test_a_hold_that_the_merchant_lifted_is_not_put_back(bench):
    store = bench.open()
    made = store.create_order(draft(bench, **in_an_hour()))
    store.set_status(KEY, "AWAITING_SHIPMENT", None)
    for one in bench.app.sim.orders[int(made.order_id)].fulfillment_orders:
        one.holds, one.status = [], "OPEN"
    store.set_status(KEY, "AWAITING_SHIPMENT", None)
    store.set_status(KEY, "AWAITING_COLLECTION", None)
    assert holds(bench) == [[]]


def test_a_status_is_written_once(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.set_status(KEY, "IN_TRANSIT")
    store.set_status(KEY, "IN_TRANSIT")
    assert sent(bench, "MetafieldsSet") == 1


# -- the location that was chosen


@pytest.mark.feature("INV-12")
def test_an_order_is_assigned_to_the_location_whose_stock_is_sold(bench):
    for sku in bench.sold:
        bench.stock(sku, 9, SECOND)
    made = bench.open().create_order(draft(bench, store=SECOND, **in_an_hour()))
    open_ones = [one for one in there(bench)["fulfillment_orders"] if one["status"] in ("OPEN", "ON_HOLD")]
    assert {one["location_id"] for one in open_ones} == {"81000000002"} and made.state is StoreOrderState.HELD
    assert salable(bench, bench.sold[0], SECOND) == 7


def test_an_order_that_can_not_be_moved_there_stands_all_the_same(bench):
    bench.fault({"status": 200, "json": {"data": {"fulfillmentOrderMove": {"movedFulfillmentOrder": None, "userErrors": [
        {"field": ["newLocationId"], "message": "Not stocked at this location", "code": None}]}}}}, times=9, operation="Move")
    made = bench.open().create_order(draft(bench, store=SECOND))
    assert made.state is StoreOrderState.OPEN and {one["location_id"] for one in there(bench)["fulfillment_orders"]} == {"81000000001"}


def test_a_crash_before_the_move_is_made_up_for_with_the_first_status(bench):
    bench.fault({"drop": "before"}, operation="Move")
    with pytest.raises(Temporary):
        bench.open().create_order(draft(bench, store=SECOND))
    bench.open().set_status(KEY, "AWAITING_SHIPMENT")
    assert {one["location_id"] for one in there(bench)["fulfillment_orders"] if one["status"] == "OPEN"} == {"81000000002"}


def salable(bench: ShopifyBench, sku: str, scope: str) -> int:
    product_id, variant_id = bench.items[sku]
    return next(one.salable for one in bench.open().offers([product_id], scope) if one.ref.variant_id == variant_id)


# -- shipping


@pytest.fixture
def apart(bench: ShopifyBench) -> Store:
    """An order whose lines lie at two locations."""
    bench.control("PATCH", f"products/{bench.sold[1]}", {"quantity": 0, "location_id": 81000000001})
    bench.stock(bench.sold[1], 5, SECOND)
    store = bench.open()
    store.create_order(draft(bench))
    assert len({one["location_id"] for one in there(bench)["fulfillment_orders"]}) == 2
    return store


@pytest.mark.feature("FUL-04")
def test_a_parcel_from_two_locations_is_two_fulfilments_and_one_parcel(bench, apart):
    apart.ship(KEY, parcel())
    apart.ship(KEY, parcel())
    assert len(there(bench)["shipments"]) == 2 and there(bench)["fulfillment"] == "fulfilled"
    found = only(apart.order(KEY).parcels)
    assert (found.parcel_id, found.carrier_title, found.quantities) == ("pkg-1", "Royal Mail", {"11": 1, "12": 1, "13": 1})


def test_a_crash_between_two_locations_is_gone_on_from(bench, apart):
    bench.fault({"status": 502, "text": ""}, operation="Ship", times=1)
    with pytest.raises(Temporary):
        apart.ship(KEY, parcel(line11=1, line12=1, line13=1))
    bench.control("DELETE", "faults")
    bench.fault({"drop": "after"}, operation="Ship", times=1)
    with pytest.raises(Temporary):
        apart.ship(KEY, parcel(line11=1, line12=1, line13=1))
    bench.open().ship(KEY, parcel(line11=1, line12=1, line13=1))
    bench.open().ship(KEY, parcel(line11=1, line12=1, line13=1))
    shipped = [line["quantity"] for one in there(bench)["shipments"] for line in one["lines"] if line["sku"]]
    assert sum(shipped) == 3 and len(there(bench)["shipments"]) == 2


def test_two_units_of_a_line_may_leave_in_two_parcels(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.ship(KEY, parcel("pkg-1", "TRK1", line11=1))
    store.ship(KEY, parcel("pkg-2", "TRK2", line12=1, line13=1))
    assert [one.parcel_id for one in store.order(KEY).parcels] == ["pkg-1", "pkg-2"]
    assert [sum(one.quantities.values()) for one in store.order(KEY).parcels] == [1, 2]


def test_a_parcel_ships_though_the_merchant_moved_the_order_meanwhile(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    before = [one["id"] for one in there(bench)["fulfillment_orders"]]
    bench.control("POST", f"orders/{made.order_id}/move", {"location_id": 81000000002})
    assert [one["id"] for one in there(bench)["fulfillment_orders"]] != before
    store.ship(KEY, parcel())
    assert there(bench)["fulfillment"] == "fulfilled"


def test_what_somebody_else_holds_is_not_shipped_and_the_reason_is_told(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    bench.control("POST", f"orders/{made.order_id}/hold")
    with pytest.raises(Refused, match="on hold"):
        store.ship(KEY, parcel())
    assert there(bench)["shipments"] == []


def test_our_own_hold_is_lifted_when_tiktok_shop_has_shipped(bench):
    store = bench.open()
    store.create_order(draft(bench, **in_an_hour()))
    store.ship(KEY, parcel())
    assert there(bench)["fulfillment"] == "fulfilled"


def test_a_fulfilment_that_the_merchant_took_back_is_no_parcel(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    bench.ship_in_store(made.order_id, "S1")
    bench.control("POST", f"orders/{made.order_id}/unship")
    assert store.order(KEY).parcels == () and store.order(KEY).state is StoreOrderState.OPEN


def test_more_than_is_left_is_not_shipped_as_if_it_were(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    bench.control("POST", f"orders/{made.order_id}/ship", {"number": "S1", "lines": [{"sku": bench.sold[0], "quantity": 1}]})
    with pytest.raises(Refused, match="no longer there"):
        store.ship(KEY, parcel(line11=1, line12=1))
    with pytest.raises(Refused, match="no line 99"):
        store.ship(KEY, parcel(line99=1))


def test_all_parcels_of_an_order_are_read_however_many_there_are(bench):
    asked = draft(bench)
    ids = tuple(str(number) for number in range(100, 123))
    many = replace(asked.lines[0], line_ids=ids, quantity=len(ids), gross=Decimal("23.00"), seller_discount=Decimal(0), platform_discount=Decimal(0),
                   net=Decimal("23.00"), tax=Decimal(0))
    store = bench.open()
    made = store.create_order(replace(asked, lines=(many,)))
    for number in range(len(ids)):
        bench.control("POST", f"orders/{made.order_id}/ship", {"number": f"S{number}", "lines": [{"sku": bench.sold[0], "quantity": 1}]})
    found = store.order(KEY).parcels
    assert [one.tracking_number for one in found] == [f"S{number}" for number in range(len(ids))]
    assert sorted(unit for one in found for unit in one.quantities) == sorted(ids)


# -- cancelling, archiving


def test_a_cancellation_that_takes_shopify_long_is_asked_about_again_and_not_made_twice(bench):
    bench.control("POST", "settings", {"job_delay_s": 3600})
    store = bench.open()
    store.create_order(draft(bench))
    with pytest.raises(Temporary) as error:
        store.cancel_order(KEY, "Buyer changed his mind", True)
    assert error.value.retry_after and there(bench)["state"] != "cancelled"
    bench.control("POST", "clock", {"advance_s": 3600})
    assert bench.open().cancel_order(KEY, "Buyer changed his mind", True).state is StoreOrderState.CANCELLED
    assert len(there(bench)["refunds"]) == 1 and there(bench)["totals"]["refunded"] == "94.07"


def test_a_lost_answer_to_a_cancellation_is_found_out(bench):
    bench.control("POST", "settings", {"job_delay_s": 3600})
    store = bench.open()
    store.create_order(draft(bench))
    bench.fault({"drop": "after"}, operation="OrderCancel")
    for _ in range(2):
        with pytest.raises(Temporary):
            store.cancel_order(KEY, "x", True)
    bench.control("POST", "clock", {"advance_s": 3600})
    assert store.cancel_order(KEY, "x", True).state is StoreOrderState.CANCELLED


@pytest.mark.parametrize(("archive", "done"), [("never", False), ("cancelled", False), ("cancelled_completed", True)])
def test_a_completed_order_is_archived_where_the_merchant_wants_that(bench, archive, done):
    store = bench.open(archive=archive)
    store.create_order(draft(bench))
    store.ship(KEY, parcel())
    store.set_status(KEY, "COMPLETED")
    assert there(bench)["closed"] is done
    assert store.order(KEY).state is (StoreOrderState.COMPLETE if done else StoreOrderState.SHIPPED)


# -- a search that lags


def test_while_the_search_lags_an_order_is_reached_by_the_id_that_the_hub_keeps(bench):
    bench.control("POST", "settings", {"search_delay_s": 60})
    made = bench.open().create_order(draft(bench))
    assert bench.open().find_order(KEY) is None
    options = {**bench.options(), "known_order": lambda key: made.order_id if key == KEY else ""}
    store = bench.platform.open(bench.settings(), bench.secret, options)
    assert store.order(KEY).order_id == made.order_id
    store.ship(KEY, parcel(line11=1))
    store.refund(KEY, Refund(refund_key="r", currency="GBP", lines=(), total=Decimal("1.00"), adjustment=Decimal("1.00")))
    assert store.order(KEY).refunded == Decimal("1.00") and len(store.order(KEY).parcels) == 1
    assert store.create_order(draft(bench)).same is True and len(bench.control("GET", "orders")) == 1
    with clock.hold(clock.now() + timedelta(seconds=61)):
        assert bench.open().find_order(KEY).order_id == made.order_id


def test_an_id_that_the_hub_keeps_of_a_deleted_order_finds_nothing(bench):
    made = bench.open().create_order(draft(bench))
    bench.control("DELETE", f"orders/{made.order_id}")
    store = bench.platform.open(bench.settings(), bench.secret, {**bench.options(), "known_order": lambda key: made.order_id})
    assert store.order(KEY) is None


# -- refunds


def refund(key: str = "ret-1", **changes: Any) -> Refund:
    line = RefundLine(line_id="11", amount=Decimal("25.00"), tax=Decimal("0.90"))
    return Refund(**{"refund_key": key, "currency": "GBP", "lines": (line,), "total": Decimal("25.90"), "reason": "Damaged", **changes})


@pytest.mark.feature("RET-05")
def test_a_refund_is_made_once_though_shopify_forgot_its_key(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.refund(KEY, refund())
    bench.control("POST", "settings", {"idempotency_hours": 0})
    bench.open().refund(KEY, refund())
    assert [one["amount"] for one in there(bench)["refunds"]] == ["25.90"]


def test_a_lost_answer_to_a_refund_is_found_out(bench):
    store = bench.open()
    store.create_order(draft(bench))
    bench.fault({"drop": "after"}, operation="Refund")
    with pytest.raises(Temporary):
        store.refund(KEY, refund())
    store.refund(KEY, refund())
    assert len(there(bench)["refunds"]) == 1


def test_refunds_whose_keys_begin_alike_are_two(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.refund(KEY, refund("ret-12"))
    store.refund(KEY, refund("ret-1", lines=(RefundLine(line_id="12", amount=Decimal("25.00"), tax=Decimal("0.90")),)))
    assert [one["note"] for one in there(bench)["refunds"]] == ["TikTok Shop refund ret-12: Damaged", "TikTok Shop refund ret-1: Damaged"]
    assert store.order(KEY).refunded == Decimal("51.80")


def test_an_unshipped_unit_that_is_refunded_leaves_the_order_and_the_rest_ships(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.refund(KEY, refund(restock=True))
    assert [line["unfulfilled"] for line in there(bench)["lines"]][:2] == [1, 1]
    store.ship(KEY, parcel())
    assert sum(sum(one.quantities.values()) for one in store.order(KEY).parcels) == 2


@pytest.mark.feature("OST-10")
@pytest.mark.parametrize(("restock", "kinds"), [(True, ["RETURN"]), (False, ["NO_RESTOCK"])])
def test_a_shipped_unit_comes_back_to_where_it_left_from_by_setting(bench, restock, kinds):
    store = bench.open()
    store.create_order(draft(bench))
    store.ship(KEY, parcel())
    store.refund(KEY, refund(restock=restock))
    assert [line["restock"] for one in there(bench)["refunds"] for line in one["lines"]] == kinds


def test_shipping_and_sums_without_a_line_are_given_back_to_the_cent(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.refund(KEY, refund("a", lines=(), total=Decimal("4.99"), shipping=Decimal("4.99")))
    store.refund(KEY, refund("b", lines=(), total=Decimal("0.01"), adjustment=Decimal("0.01"), shipping=Decimal("0.00")))
    assert store.order(KEY).refunded == Decimal("5.00")
    assert [one["shipping"] for one in there(bench)["refunds"]] == ["4.99", "0.00"]


def test_a_refund_of_a_line_that_the_order_lacks_is_refused_by_name(bench):
    store = bench.open()
    store.create_order(draft(bench))
    with pytest.raises(Refused) as error:
        store.refund(KEY, refund(lines=(RefundLine(line_id="99", amount=Decimal("1.00")),)))
    assert "99" in only(error.value.problems).says and there(bench)["refunds"] == []


def test_the_whole_sum_can_be_given_back_and_nothing_more(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.ship(KEY, parcel())
    store.refund(KEY, refund(lines=(), total=Decimal("94.07"), adjustment=Decimal("94.07")))
    assert store.order(KEY).refunded == Decimal("94.07")
    with pytest.raises(Refused):
        store.refund(KEY, refund("more", lines=(), total=Decimal("0.01"), adjustment=Decimal("0.01")))

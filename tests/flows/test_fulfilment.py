"""Fulfilment both ways: the store's tracking to TikTok Shop, TikTok's tracking to the store, and the table of §34.4."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub import clock
from hub.flows import missed
from hub.flows.orders import submit_relay
from hub.flows.schedules import insert_due
from hub.models.orders import EffectKind, EffectState, LinkState, OrderEffect, OrderLink
from hub.models.shops import Shop
from tests.flows.conftest import STORES
from tests.support.merchants import MERCHANTS
from tests.support.trade import Trade

IN_PARTS = [slug for slug in STORES if MERCHANTS[slug].ships_in_parts]
NUMBERS = iter(range(10_000_000, 20_000_000))


def number() -> str:
    """A tracking number that nothing else uses."""
    return f"1Z{next(NUMBERS)}"


def carrier(trade: Trade) -> dict[str, str]:
    """A carrier of the store, by the words that the store sends, and the TikTok provider that it is mapped to."""
    providers = trade.world.shop(trade.platform).providers
    known = {one["name"].casefold() for one in providers}
    carriers = trade.world.hub.store_for(trade.world.connection(trade.platform)).carriers()
    first = next(one for one in carriers if one.title.casefold() not in known)      # the same name would be a mapping of its own
    return {"code": first.carrier_id, "title": first.title, "to": providers[-1]["id"]}


def ship(trade: Trade, order_id: str, tracking: str, units: Mapping[str, int] | None = None) -> dict[str, str]:
    """The merchant ships all (or so many units by SKU) with a carrier of his that is mapped."""
    used = carrier(trade)
    trade.set(carriers={used["title"]: used["to"]})
    trade.ship(order_id, tracking, used["title"], used["code"], units)
    trade.world.settle()
    return used


@pytest.mark.feature("FUL-02", "FUL-03", "FUL-06", "OST-15")
def test_the_stores_tracking_goes_to_tiktok_once_with_the_mapped_carrier(trade: Trade):
    order_id, tracking = trade.buy(2), number()
    used = ship(trade, order_id, tracking)

    told = trade.told(order_id)
    assert told["status"] == "AWAITING_COLLECTION"
    assert {line["tracking_number"] for line in told["line_items"]} == {tracking}
    assert {line["shipping_provider_id"] for line in told["line_items"]} == {used["to"]}
    shown = trade.api(f"orders/{order_id}")
    assert shown["state"] == "shipped" and [one["number"] for one in shown["parcels"]] == [tracking]

    calls = len(shipped_calls(trade, order_id))
    trade.world.settle()
    trade.merchant.says_it_again(trade.world)
    trade.world.settle()
    assert calls == 1 == len(shipped_calls(trade, order_id))


def shipped_calls(trade: Trade, order_id: str) -> list[Any]:
    """Calls that shipped it on TikTok Shop: by order where there is no package yet (US), else by package."""
    package_ids = trade.told(order_id).get("packages", [])
    by_order = trade.tiktok_calls("CreatePackages", order_id) + trade.tiktok_calls("MarkPackageAsShipped", order_id)
    by_package = [entry for one in package_ids for entry in trade.tiktok_calls("ShipPackage", str(one.get("id", "?")))]
    return [entry for entry in (*by_order, *by_package) if '"code": 0' in entry.answer or '"code":0' in entry.answer]


@pytest.mark.feature("FUL-06")
def test_shipped_without_a_number_waits_for_the_number(trade: Trade):
    order_id, tracking = trade.buy(), number()
    ship(trade, order_id, "")
    assert trade.told(order_id)["status"] == "AWAITING_SHIPMENT" and shipped_calls(trade, order_id) == []
    assert [one["code"] for one in trade.api(f"orders/{order_id}")["problems"]] == ["shipment.no_tracking"]

    used = carrier(trade)
    trade.in_store(order_id, "track", {"number": tracking, "title": used["title"], "carrier": used["code"], "carrier_code": used["code"]})
    trade.world.settle()
    assert trade.told(order_id)["status"] == "AWAITING_COLLECTION"
    assert trade.api(f"orders/{order_id}")["problems"] == []


@pytest.mark.feature("ERR-08", "OST-15")
def test_an_unmapped_carrier_says_so_and_goes_once_it_is_mapped(trade: Trade):
    order_id, tracking = trade.buy(), number()
    with trade.with_settings(carriers={"somebody else": "1"}):
        used = carrier(trade)
        trade.ship(order_id, tracking, used["title"], used["code"])
        trade.world.settle()
        title = used["title"]
        [problem] = trade.api(f"orders/{order_id}")["problems"]
        assert problem["code"] == "carrier.unmapped" and title in problem["says"]
        assert trade.link(order_id).problems[0]["link"] == "settings.carriers"
        assert trade.told(order_id)["status"] == "AWAITING_SHIPMENT"

        trade.set(carriers={title.lower() + "!": used["to"], title.upper() + " ": used["to"]})       # nearly the same is not the same
        retry(trade, order_id)
        assert trade.told(order_id)["status"] == "AWAITING_SHIPMENT"
        trade.set(carriers={title: used["to"]})
        retry(trade, order_id)
        assert trade.told(order_id)["status"] == "AWAITING_COLLECTION"
        assert trade.api(f"orders/{order_id}")["problems"] == []


def retry(trade: Trade, order_id: str) -> None:
    """A person presses Retry."""
    with trade.world.hub.db.write() as session:
        missed.retry(session, session.get_one(OrderLink, trade.link(order_id).id), "tester")
    trade.world.settle()


@pytest.mark.feature("FUL-02", "FUL-07", "FUL-08")
def test_tiktoks_own_label_becomes_the_stores_shipment_once(trade: Trade):
    order_id = trade.buy(shipping_type="TIKTOK", masked=True)
    tracking = trade.tell(order_id, "ship")["tracking_number"]
    trade.world.settle()
    assert trade.numbers(order_id) == [tracking] and len(trade.store_calls("orders.ship", order_id)) == 1

    for step, state in (("collect", "IN_TRANSIT"), ("deliver", "DELIVERED"), ("complete", "COMPLETED")):
        trade.tell(order_id, step)
        trade.world.settle()
        assert trade.api(f"orders/{order_id}")["tiktok_state"] == state
    assert len(trade.store_calls("orders.ship", order_id)) == 1
    assert trade.link(order_id).state is LinkState.COMPLETED
    assert shipped_calls(trade, order_id) == []


@pytest.mark.feature("FUL-01", "FUL-09")
def test_what_is_shipped_in_seller_center_is_shipped_in_the_store_too(trade: Trade):
    order_id, tracking = trade.buy(2), number()
    trade.tell(order_id, "ship", {"tracking_number": tracking})
    trade.world.settle()
    assert trade.numbers(order_id) == [tracking] and trade.state(order_id) == "shipped"
    trade.tell(order_id, "collect")
    trade.world.settle()
    assert len(trade.store_calls("orders.ship", order_id)) == 1 and shipped_calls(trade, order_id) == []
    assert trade.api(f"orders/{order_id}")["problems"] == []


@pytest.mark.feature("FUL-01")
@pytest.mark.parametrize("trade", IN_PARTS, indirect=True)
def test_an_order_shipped_half_in_seller_center_and_half_in_the_store_is_told_both_ways_once(trade: Trade):
    first, second = trade.skus()[0], trade.skus()[1]
    order_id = trade.buy(lines=[{"sku_id": first.tiktok_sku_id}, {"sku_id": second.tiktok_sku_id}])
    lines = {line["seller_sku"]: line["id"] for line in trade.told(order_id)["line_items"]}
    here, there = number(), number()
    trade.tell(order_id, "ship", {"tracking_number": here, "line_ids": [lines[first.seller_sku]]})
    trade.world.settle()
    assert len(trade.store_calls("orders.ship", order_id)) == 1 and trade.told(order_id)["status"] == "PARTIALLY_SHIPPING"
    assert shipped_calls(trade, order_id) == [] and trade.api(f"orders/{order_id}")["problems"] == []

    ship(trade, order_id, there, units={second.seller_sku: 1})
    told = {line["seller_sku"]: line["tracking_number"] for line in trade.told(order_id)["line_items"]}
    assert told == {first.seller_sku: here, second.seller_sku: there}
    assert len(trade.store_calls("orders.ship", order_id)) == 1 and trade.state(order_id) == "shipped"


# §34.4, in the words that all practice stores share. What a store shows for "Unfulfilled" is an order that is open, for
# "Fulfilled/Shipped" one that is shipped in full; BigCommerce's own words stand in test_bigcommerce_day.py.
TABLE = {
    "UNPAID": "none", "ON_HOLD": "none", "AWAITING_SHIPMENT": "open", "AWAITING_COLLECTION": "shipped", "IN_TRANSIT": "shipped",
    "DELIVERED": "shipped", "COMPLETED": "shipped", "CANCELLED": "cancelled",
}


@pytest.mark.feature("FUL-01", "FUL-07", "FUL-08", "FUL-09", "FUL-11")
@pytest.mark.parametrize("status", TABLE)
def test_each_tiktok_status_has_its_state_in_the_store(trade: Trade, status: str):
    wanted = TABLE[status]
    if wanted == "none":
        order_id = trade.place(status=status)
        trade.world.settle()
        assert trade.copies(order_id) == []
    elif status == "CANCELLED":
        order_id = trade.buy()
        trade.tell(order_id, "cancel", {"by": "BUYER"})
        trade.world.settle()
        assert trade.state(order_id) == wanted
    else:
        order_id = trade.buy()
        if status != "AWAITING_SHIPMENT":
            ship(trade, order_id, number())
            for step, after in (("collect", "IN_TRANSIT"), ("deliver", "DELIVERED"), ("complete", "COMPLETED")):
                if trade.told(order_id)["status"] == status:
                    break
                trade.tell(order_id, step)
                trade.world.settle()
                assert trade.told(order_id)["status"] == after
        assert trade.state(order_id) == wanted
    assert trade.api(f"orders/{order_id}")["tiktok_state"] == status == trade.told(order_id)["status"]


@pytest.mark.feature("FUL-01")
def test_what_is_shipped_within_the_buyers_free_hour_is_sent_when_it_is_over(fresh: Trade):
    order_id, tracking = fresh.place(), number()
    fresh.world.settle()
    assert fresh.state(order_id) == "held", "the store holds it for the hour"
    assert fresh.link(order_id).hold_until is not None

    fresh.world.pass_time(timedelta(minutes=61))
    fresh.world.settle()
    assert fresh.state(order_id) == "open", "the hour is over"
    ship(fresh, order_id, tracking)
    assert fresh.told(order_id)["status"] == "AWAITING_COLLECTION"


def test_a_status_that_never_arrived_is_settled_by_the_next_one(fresh: Trade):
    """The store was away while the order waited; afterwards nothing stands as begun and unfinished."""
    order_id = fresh.place()
    fresh.world.settle()
    fresh.merchant.fault(fresh.world, {"path_regex": "/"}, {"status": 503})
    with fresh.world.hub.db.write() as session:
        submit_relay(session, session.get_one(Shop, fresh.world.shop_id(fresh.platform)), order_id)
    fresh.world.settle()
    assert EffectState.INTENDED in statuses(fresh, order_id)
    fresh.world.store(fresh.platform, "DELETE", "faults")
    fresh.world.pass_time(timedelta(minutes=61))
    fresh.world.settle()
    assert fresh.state(order_id) == "open" and set(statuses(fresh, order_id)) == {EffectState.DONE}


def statuses(trade: Trade, order_id: str) -> list[EffectState]:
    """How each of TikTok's states that were sent to the store for show ended."""
    link = trade.link(order_id)
    with trade.world.hub.db.read() as session:
        return list(session.scalars(select(OrderEffect.state).where(
            OrderEffect.link_id == link.id, OrderEffect.kind == EffectKind.STORE_STATUS)))


@pytest.mark.feature("FUL-02")
def test_a_shipment_that_no_message_told_is_found_by_the_poll(fresh: Trade):
    order_id, tracking = fresh.buy(), number()
    used = carrier(fresh)
    fresh.set(carriers={used["title"]: used["to"]})
    fresh.world.store(fresh.platform, "POST", "mishaps", {"drop": 100})
    fresh.ship(order_id, tracking, used["title"], used["code"])
    fresh.world.settle()
    assert fresh.told(order_id)["status"] == "AWAITING_SHIPMENT"

    fresh.world.pass_time(timedelta(minutes=6))
    with fresh.world.hub.db.write() as session:
        assert insert_due(session)
    fresh.world.settle()
    assert fresh.told(order_id)["status"] == "AWAITING_COLLECTION"


@pytest.mark.feature("FUL-13")
def test_the_providers_that_a_carrier_list_needs_are_given_out(trade: Trade):
    given = trade.api("shipping-providers", shop_id=trade.world.shop(trade.platform).tiktok_shop_id)["providers"]
    assert {one["name"] for one in given} >= {"US": {"USPS", "UPS"}, "GB": {"Royal Mail", "Evri"}}[trade.merchant.region]


@pytest.mark.feature("FUL-13")
@pytest.mark.parametrize("trade", ["magento"], indirect=True)       # our carrier in Magento
def test_our_own_carrier_in_the_store_hands_the_providers_id_on(trade: Trade):
    given = trade.api("shipping-providers", shop_id=trade.world.shop(trade.platform).tiktok_shop_id)["providers"]
    order_id, tracking = trade.buy(), number()
    trade.in_store(order_id, "ship", {"tracks": [{"number": tracking, "title": "TikTok Shopping", "carrier_code": given[2]["id"]}]})
    trade.world.settle()
    assert {line["shipping_provider_id"] for line in trade.told(order_id)["line_items"]} == {given[2]["id"]}


def test_all_units_of_an_order_travel_under_its_one_number(trade: Trade):
    order_id = trade.buy(lines=[{"sku_id": sku.tiktok_sku_id, "quantity": 2} for sku in trade.skus()[:2]])
    tracking = number()
    ship(trade, order_id, tracking)
    assert {line["tracking_number"] for line in trade.told(order_id)["line_items"]} == {tracking}


@pytest.mark.parametrize("trade", IN_PARTS, indirect=True)
def test_several_parcels_of_one_order_are_told_each(trade: Trade):
    first, second = trade.skus()[0], trade.skus()[1]
    order_id = trade.buy(lines=[{"sku_id": first.tiktok_sku_id, "quantity": 2}, {"sku_id": second.tiktok_sku_id}])
    numbers = {first.seller_sku: number(), second.seller_sku: number()}
    for sku, count in ((first, 2), (second, 1)):
        ship(trade, order_id, numbers[sku.seller_sku], units={sku.seller_sku: count})
    told = trade.told(order_id)
    assert {(line["seller_sku"], line["tracking_number"]) for line in told["line_items"]} == set(numbers.items())
    assert told["status"] == "AWAITING_COLLECTION"


def test_the_store_holds_the_order_from_its_creation_until_the_free_hour_is_over(trade: Trade):
    order_id = trade.place()
    trade.world.settle()
    until = trade.link(order_id).hold_until
    assert until is not None and abs(until - clock.now() - timedelta(hours=1)) < timedelta(minutes=2)
    assert trade.state(order_id) == "held" and len(trade.store_calls("orders.create", order_id)) == 1

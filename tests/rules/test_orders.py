"""What is to be done about an order: one row per state and setting (features 34.4, ORD-01 … ORD-04, OST-07, OST-08)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from hub.domain.orders import Order, OrderState, ShippingType
from hub.domain.settings import OrderSettings
from hub.rules.orders import (
    SKIPS,
    Advance,
    Blocked,
    CancelInStore,
    Create,
    Decision,
    Skip,
    decide,
    grace_ends,
    is_older,
    next_retry,
    not_due,
)
from tests.rules import made

PAID = [
    OrderState.AWAITING_SHIPMENT,
    OrderState.PARTIALLY_SHIPPING,
    OrderState.AWAITING_COLLECTION,
    OrderState.IN_TRANSIT,
    OrderState.DELIVERED,
    OrderState.COMPLETED,
]
WAITS = {OrderState.UNPAID: "unpaid", OrderState.ON_HOLD: "on_hold", OrderState.CANCELLED: "cancelled", OrderState.UNKNOWN: "unknown_state"}


def decided(
    order: Order, settings: OrderSettings | None = None, *, bindings=None, in_store=False, since=None, wanted=False, now=made.NOON
) -> Decision:
    return decide(
        order,
        made.bound(order.lines) if bindings is None else bindings,
        settings or OrderSettings(),
        in_store=in_store,
        since=since,
        wanted=wanted,
        now=now,
        shop_id="7495",
        scope="default",
    )


def test_every_state_is_in_one_of_the_tables_below():
    assert {*PAID, *WAITS} == set(OrderState)


@pytest.mark.parametrize("state", PAID)
def test_a_paid_order_is_created(state):
    assert isinstance(decided(made.order(state=state)), Create)


@pytest.mark.parametrize(("state", "reason"), WAITS.items())
def test_an_order_that_is_not_due_says_why(state, reason):
    assert decided(made.order(state=state)) == Skip(reason)
    assert SKIPS[reason]


@pytest.mark.parametrize("state", [state for state in OrderState if state is not OrderState.CANCELLED])
def test_an_order_in_the_store_is_carried_on_whatever_its_state(state):
    assert decided(made.order(state=state), in_store=True) == Advance()


def test_an_order_in_the_store_goes_when_tiktok_cancels_it():
    order = made.order(state=OrderState.CANCELLED, cancel_reason="Out of stock")
    assert decided(order, in_store=True) == CancelInStore("Out of stock")


@pytest.mark.parametrize(("on", "expected"), [(False, Skip("fulfilled_by_tiktok")), (True, Create)])
def test_orders_that_tiktok_fulfils_go_to_the_store_only_when_asked_for(on, expected):
    found = decided(made.order(fulfilled_by_tiktok=True), OrderSettings(sync_tiktok_fulfilled=on))
    assert found == expected or isinstance(found, Create) and expected is Create


@pytest.mark.parametrize(
    ("setting", "kind", "state", "waits"),
    [
        (True, ShippingType.PLATFORM, OrderState.AWAITING_SHIPMENT, True),
        (True, ShippingType.PLATFORM, OrderState.PARTIALLY_SHIPPING, True),
        (True, ShippingType.PLATFORM, OrderState.AWAITING_COLLECTION, False),
        (True, ShippingType.PLATFORM, OrderState.IN_TRANSIT, False),
        (True, ShippingType.SELLER, OrderState.AWAITING_SHIPMENT, False),
        (True, ShippingType.DIGITAL, OrderState.AWAITING_SHIPMENT, False),
        (False, ShippingType.PLATFORM, OrderState.AWAITING_SHIPMENT, False),
    ],
)
def test_an_order_that_tiktok_ships_waits_for_its_label_only_where_that_is_set(setting, kind, state, waits):
    found = decided(made.order(shipping_type=kind, state=state), OrderSettings(platform_shipping_waits=setting))
    assert found == Skip("platform_shipping") if waits else isinstance(found, Create)


@pytest.mark.parametrize(
    ("age", "wanted", "created"),
    [
        (timedelta(seconds=1), False, False),
        (timedelta(0), False, True),
        (timedelta(hours=-1), False, True),
        (timedelta(days=9), True, True),
    ],
)
def test_orders_from_before_the_connection_are_created_only_by_hand(age, wanted, created):
    found = decided(made.order(), since=made.NOON + age, wanted=wanted)
    assert isinstance(found, Create) if created else found == Skip("before_connection")


def test_wanting_an_order_does_not_make_it_paid():
    assert not_due(made.order(state=OrderState.UNPAID), OrderSettings(), since=None, wanted=True) == "unpaid"


def test_each_unlinked_sku_is_named_once_and_nothing_is_created():
    lines = (made.line(1, "s1"), made.line(2, "s2", title="Hat"), made.line(3, "s2", title="Hat"), made.line(4, "s3", seller_sku=""))
    found = decided(made.order(lines=lines), bindings=made.bound(lines[:1]))
    assert isinstance(found, Blocked)
    assert [one.code for one in found.problems] == ["order.unlinked", "order.unlinked"]
    assert ["S2" in one.where for one in found.problems] == [True, False] and "s3" in found.problems[1].where
    assert {one.link for one in found.problems} == {"products.map"}


def test_an_order_with_an_unexplained_charge_is_created_and_the_charge_shown():
    found = decided(made.order(total=Decimal("37.25")))
    assert isinstance(found, Create)
    assert [one.code for one in found.problems] == ["order.other_charge"] and "1.25 USD" in found.problems[0].says
    assert found.draft.grand == Decimal("37.25")


def test_the_draft_carries_what_the_store_is_asked_to_keep():
    order = made.order(
        delivery_option_name="TikTok Standard", delivery_option_id="standard", buyer_message="Ring twice", buyer_email="a@b.example"
    )
    found = decided(order, OrderSettings(payment_title="TikTok"))
    assert isinstance(found, Create)
    draft = found.draft
    assert (draft.key, draft.transaction_id, draft.shop_id, draft.store) == (order.order_id, order.order_id, "7495", "default")
    assert (draft.payment_title, draft.note, draft.buyer_email) == ("TikTok", "Ring twice", "a@b.example")
    assert (draft.shipping.title, draft.shipping.code) == ("TikTok Standard", "standard")
    assert found.problems == ()


@pytest.mark.parametrize(
    ("minutes_later", "is_hold_order", "held"),
    [(0, False, True), (59, False, True), (60, False, False), (0, True, False)],
)
def test_the_buyers_free_hour_is_told_while_it_runs(minutes_later, is_hold_order, held):
    found = decided(made.order(is_on_hold_order=is_hold_order), now=made.NOON + timedelta(minutes=minutes_later))
    assert isinstance(found, Create)
    assert found.draft.hold_until == (made.NOON + timedelta(hours=1) if held else None)


def test_an_order_without_a_time_of_payment_has_no_free_hour():
    assert grace_ends(made.order(paid_at=None)) is None


@pytest.mark.parametrize(("done", "minutes"), [(0, 10), (1, 20), (2, 30)])
def test_retries_come_at_ten_twenty_and_thirty_minutes(done, minutes):
    assert next_retry(OrderSettings(), made.NOON, done) == made.NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(("on", "done"), [(True, 3), (True, 4), (False, 0)])
def test_after_three_retries_or_with_retries_off_nothing_is_tried(on, done):
    assert next_retry(OrderSettings(retry_orders=on), made.NOON, done) is None


@pytest.mark.parametrize(
    ("known", "older"), [(None, False), (made.NOON, False), (made.NOON - timedelta(1), False), (made.NOON + timedelta(1), True)]
)
def test_only_news_from_before_what_is_known_is_old(known, older):
    assert is_older(known, made.NOON) is older


@pytest.mark.parametrize(
    ("word", "state"),
    [
        *((state.value, state) for state in OrderState),
        ("CANCEL", OrderState.CANCELLED),
        ("SOMETHING_NEW", OrderState.UNKNOWN),
        ("", OrderState.UNKNOWN),
    ],
)
def test_a_word_of_the_wire_is_read(word, state):
    assert OrderState.read(word) is state


@pytest.mark.parametrize("state", OrderState)
def test_paid_is_everything_between_payment_and_cancellation(state):
    assert made.order(state=state).is_paid is (state in PAID or state is OrderState.ON_HOLD)

"""Price and stock to TikTok Shop: by event, by button, coalesced, and never more than the store would sell (UPD, I6, R-16)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from hub.config import Config
from hub.domain.listings import ListingState
from hub.domain.tasks import Kind, connection_lane
from hub.flows import listings, tasks
from hub.flows.settings import change_settings
from hub.models.listings import ListingSku
from hub.models.orders import LinkState
from hub.models.shops import Shop
from tests.flows.catalogue import Api, approve, bodies, choose, first_simple, forget, journal, listing_of, many, push, there, writes
from tests.flows.conftest import STORES, TWO
from tests.support.trade import CALLS
from tests.support.world import World, small_world

# What is the store's own here is asked of all in the contract test and in tests/faults; the whole of the flow of two.
OVER = TWO

Either = tuple[World, str]


def on_sale(world: World, sku: str, platform: str = "magento") -> int:
    """How many TikTok Shop would sell now."""
    product = there(world, listing_of(world, sku, platform).tiktok_product_id)
    return int({one["seller_sku"]: one["available"] for one in product["skus"]}[sku])


def price(world: World, sku: str, platform: str = "magento") -> str:
    product = there(world, listing_of(world, sku, platform).tiktok_product_id)
    return str({one["seller_sku"]: one["price"] for one in product["skus"]}[sku])


def in_store(world: World, sku: str, platform: str = "magento") -> int:
    """How many the store would sell now."""
    row = next(one for one in world.store(platform, "GET", "products") if one["sku"] == sku)
    return int(Decimal(str(row.get("salable", row["quantity"]))))


def set_stock(world: World, sku: str, quantity: int, platform: str = "magento", **more: Any) -> None:
    world.store(platform, "PATCH", f"products/{sku}", {"quantity": quantity, **more})


def change(world: World, platform: str, **changes: Any) -> None:
    with world.hub.db.write() as session:
        change_settings(session, world.shop_id(platform), "products", changes)


def compare(world: World, platform: str) -> None:
    with world.hub.db.write() as session:
        connection_id = world.connections[platform]
        tasks.submit(session, Kind.COMPARE_DIGEST, connection_id=connection_id, lane=connection_lane(connection_id, Kind.COMPARE_DIGEST))
    world.settle()


def place(world: World, sku: str, units: int, platform: str = "magento") -> str:
    [row] = [one for one in world.skus(platform) if one.seller_sku == sku]
    return str(world.tiktok("POST", "orders", {
        "shop_id": world.shop(platform).tiktok_shop_id, "status": "AWAITING_SHIPMENT",
        "lines": [{"sku_id": row.tiktok_sku_id, "quantity": units}]})["id"])


@pytest.mark.feature("UPD-01")
def test_a_stock_event_brings_tiktok_shop_what_the_rule_gives(either_listed: Either):
    world, platform = either_listed
    sku = world.skus(platform)[0].seller_sku
    set_stock(world, sku, 9, platform)
    world.settle()
    assert on_sale(world, sku, platform) == 9

    change(world, platform, stock_reserve=4)
    for quantity, expected in ((7, 3), (4, 0), (2, 0), (150_000, 99_999)):
        set_stock(world, sku, quantity, platform)
        world.settle()
        assert on_sale(world, sku, platform) == expected, quantity


@pytest.mark.feature("UPD-01")
def test_a_price_event_brings_tiktok_shop_the_price_a_guest_would_pay(either_listed: Either):
    world, platform = either_listed
    sku = first_simple(world, platform)
    forget(world)
    world.store(platform, "PATCH", f"products/{sku}", {"price": "31.50"})
    world.settle()
    assert price(world, sku, platform) == "31.50"
    world.store(platform, "PATCH", f"products/{sku}", {"special_price": "27.00"})
    world.settle()
    assert price(world, sku, platform) == "27.00"
    assert set(writes(world)) == {"UpdatePrice"}
    assert there(world, listing_of(world, sku, platform).tiktok_product_id)["is_edit_waiting"] is False


@pytest.mark.feature("UPD-01", "RUL-04")
def test_price_and_stock_that_tiktok_shop_keeps_go_neither_by_themselves_nor_by_button(either_listed: Either):
    world, platform = either_listed
    sku = first_simple(world, platform)
    change(world, platform, rules={"stock.update": "tts", "price.update": "tts"})
    forget(world)
    world.store(platform, "PATCH", f"products/{sku}", {"quantity": 5, "price": "44.00"})
    world.settle()
    assert writes(world) == []

    for submit in (listings.submit_stocks, listings.submit_prices):
        with world.hub.db.write() as session:
            submit(session, session.get_one(Shop, world.shop_id(platform)), [listing_of(world, sku, platform).id], "tester")
        world.settle()
    assert writes(world) == []
    push(world, platform, [listing_of(world, sku, platform).id])
    world.settle()
    assert not {"UpdateInventory", "UpdatePrice"}.intersection(writes(world))

    change(world, platform, rules={})
    for submit in (listings.submit_stocks, listings.submit_prices):
        with world.hub.db.write() as session:
            submit(session, session.get_one(Shop, world.shop_id(platform)), [listing_of(world, sku, platform).id], "tester")
        world.settle()
    assert (on_sale(world, sku, platform), price(world, sku, platform)) == (5, "44.00")


@pytest.mark.feature("UPD-02", "TSK-01", "TSK-04")
@pytest.mark.parametrize("kind", ["stock", "prices"])
def test_an_update_of_chosen_products_sends_that_and_nothing_else(either_listed: Either, kind: str):
    world, platform = either_listed
    change(world, platform, rules={"stock.update": "tts", "price.update": "tts"})
    chosen = world.listings(platform, ListingState.LIVE)[:5]
    skus = [one for one in world.skus(platform) if one.listing_id in {each.id for each in chosen}]
    for one in skus:
        world.store(platform, "PATCH", f"products/{one.seller_sku}", {"quantity": 6, "price": "12.34"})
    world.settle()
    change(world, platform, rules={})
    forget(world)
    api = Api(world, platform)
    ids = [one["id"] for one in api.products() if one["listings"][0]["tiktok_product_id"] in {each.tiktok_product_id for each in chosen}]

    task = api.call("POST", "tasks", 202, {"kind": kind, "product_ids": ids})
    world.settle()

    progress = api.get(f"tasks/{task['task_id']}")["progress"]
    assert (progress["asked"], progress["ok"]) == (5, 5)
    assert writes(world) == [{"stock": "UpdateInventory", "prices": "UpdatePrice"}[kind]] * 5
    sent = {sku["id"] for body in bodies(world, writes(world)[0]) for sku in body["skus"]}
    assert sent <= {one.tiktok_sku_id for one in skus}


@pytest.mark.feature("UPD-05", "PRD-06")
def test_a_price_that_tiktok_shop_locks_shows_as_failed_until_a_try_succeeds(either_listed: Either):
    world, platform = either_listed
    sku = first_simple(world, platform)
    listing = listing_of(world, sku, platform)
    world.tiktok("PATCH", f"products/{listing.tiktok_product_id}", {"has_promotion": True})
    world.store(platform, "PATCH", f"products/{sku}", {"price": "19.99"})
    world.settle()
    failed = listing_of(world, sku, platform)
    assert (failed.state, failed.tiktok_status) == (ListingState.NEEDS_ATTENTION, "ACTIVATE")
    [problem] = failed.problems
    assert problem["code"] == "tiktok.price" and "promotion" in problem["says"] and "promotion" in problem["fix"]

    set_stock(world, sku, 3, platform)
    world.settle()
    assert on_sale(world, sku, platform) == 3, "its stock goes on"
    assert listing_of(world, sku, platform).problems == failed.problems, "and says nothing about the price"

    world.tiktok("PATCH", f"products/{listing.tiktok_product_id}", {"has_promotion": False})
    with world.hub.db.write() as session:
        listings.submit_prices(session, session.get_one(Shop, world.shop_id(platform)), [listing.id], "tester")
    world.settle()
    after = listing_of(world, sku, platform)
    assert (after.state, after.problems, price(world, sku, platform)) == (ListingState.LIVE, [], "19.99")


def test_a_change_while_the_product_is_in_review_is_sent_once_it_is_live(either: Either):
    world, platform = either
    world.pull(platform)
    sku = first_simple(world, platform)
    push(world, platform, [listing_of(world, sku, platform).id])
    world.store(platform, "PATCH", f"products/{sku}", {"quantity": 2, "price": "77.00"})
    world.settle()
    assert on_sale(world, sku, platform) != 2
    approve(world)
    assert (on_sale(world, sku, platform), price(world, sku, platform)) == (2, "77.00")


@pytest.mark.parametrize("platform", STORES)
def test_a_thousand_stock_events_of_one_sku_become_twelve_calls_at_most(config: Config, platform: str):
    few = many(2)
    with small_world(config, platform, catalogue=few) as world:
        world.pull(platform)
        world.push(platform)
        sku = first_simple(world, platform)
        forget(world)
        for number in range(1000):      # ten seconds of a hundred each
            set_stock(world, sku, 10 + number % 37, platform)
            if number % 100 == 99:
                world.deliver(platform)
                world.run_due(1.0)
        world.settle()

        calls = [one for one in journal(world, "tiktok") if one["operation"] == "UpdateInventory"]
        assert 1 <= len(calls) <= 12
        assert len(journal(world, "tiktok")) <= 12
        assert on_sale(world, sku, platform) == 10 + 999 % 37


def test_an_answer_that_was_lost_is_sent_again_and_ends_right(listed: World):
    sku = first_simple(listed)
    listed.tiktok("POST", "faults", {"match": {"operation": "UpdateInventory"}, "times": 1, "do": {"drop": "after"}})
    set_stock(listed, sku, 4)
    listed.settle(later_s=120)
    assert on_sale(listed, sku) == 4
    with listed.hub.db.read() as session:
        assert session.scalars(select(ListingSku.sent_stock).where(ListingSku.seller_sku == sku)).one() == 4


@pytest.mark.parametrize("platform", STORES)
def test_units_that_tiktok_shop_sold_and_the_store_does_not_hold_yet_are_not_offered_again(config: Config, platform: str):
    few = many(1)
    with small_world(config, platform, catalogue=few) as world:
        world.pull(platform)
        world.push(platform)
        sku = first_simple(world, platform)
        set_stock(world, sku, 10, platform)
        world.settle()
        world.store(platform, "POST", "faults", {"match": {"operation": CALLS[platform]["orders.create"]}, "times": -1, "do": {"status": 503}})
        order_id = place(world, sku, 3, platform)
        world.settle()
        assert world.link(order_id).state is not LinkState.IN_STORE
        assert (in_store(world, sku, platform), on_sale(world, sku, platform)) == (10, 7)

        set_stock(world, sku, 8, platform)          # the store still counts the three sold ones
        world.settle()
        assert on_sale(world, sku, platform) == 5

        world.store(platform, "DELETE", "faults")
        world.settle(later_s=3600)
        assert world.link(order_id).state is LinkState.IN_STORE
        compare(world, platform)
        assert in_store(world, sku, platform) == on_sale(world, sku, platform) == 5


class Stock(RuleBasedStateMachine):
    """A merchant, buyers and bad luck over one SKU; TikTok Shop is never told more than the rule gives (I6)."""

    world: ClassVar[World]
    sku: ClassVar[str]

    @initialize()
    def begin(self) -> None:
        """What came of the run before is over."""
        self.world.tiktok("DELETE", "faults")
        change(self.world, "magento", stock_reserve=0)
        self.reserve = 0
        set_stock(self.world, self.sku, 20)
        self.rest()
        self.forget_before(20)

    def calls(self) -> list[dict[str, Any]]:
        return journal(self.world, "tiktok", "UpdateInventory")

    @rule(quantity=st.integers(0, 30), is_quiet=st.booleans())
    def merchant_counts(self, quantity: int, is_quiet: bool) -> None:
        """The stock is set in the store; the store may forget to tell."""
        set_stock(self.world, self.sku, quantity, via="sql" if is_quiet else "admin", silent=is_quiet)
        self.most = max(self.most, quantity)

    @rule(reserve=st.integers(0, 5))
    def merchant_reserves(self, reserve: int) -> None:
        change(self.world, "magento", stock_reserve=reserve)
        self.reserve = reserve

    @rule(units=st.integers(1, 3))
    def buyer_orders(self, units: int) -> None:
        if on_sale(self.world, self.sku) >= units and in_store(self.world, self.sku) >= units:
            place(self.world, self.sku, units)

    @rule()
    def words_arrive(self) -> None:
        self.world.deliver()

    @rule()
    def work_is_done(self) -> None:
        self.world.run_due(1.5)

    @rule()
    def an_answer_is_lost(self) -> None:
        self.world.tiktok("POST", "faults", {"match": {"operation": "UpdateInventory"}, "times": 1, "do": {"drop": "after"}})

    @rule()
    def content_is_pushed(self) -> None:
        choose(self.world, self.sku, hub_title=f"Title Number {len(journal(self.world, 'tiktok'))}")
        push(self.world, "magento", [listing_of(self.world, self.sku).id])

    @rule()
    def review_ends(self) -> None:
        self.world.tiktok("POST", "review", {"verdict": "approve"})

    @rule()
    def all_comes_to_rest(self) -> None:
        """Then TikTok Shop sells exactly what the rule gives."""
        self.rest()
        assert on_sale(self.world, self.sku) == max(0, in_store(self.world, self.sku) - self.reserve)
        self.forget_before(in_store(self.world, self.sku))

    def forget_before(self, quantity: int) -> None:
        """From here on the store has at most so many, until the merchant says otherwise."""
        self.most, self.seen = quantity, self.calls()[-1]["seq"] if self.calls() else 0

    def rest(self) -> None:
        self.world.tiktok("DELETE", "faults")
        self.world.settle(later_s=120)
        with self.world.hub.db.write() as session:      # a reserve is sent with the next change or by the button
            listings.submit_stocks(session, session.get_one(Shop, self.world.shop_id()), [listing_of(self.world, self.sku).id], "tester")
        compare(self.world, "magento")

    @invariant()
    def never_more_than_the_store_had(self) -> None:
        if not hasattr(self, "seen"):
            return
        for call, body in zip(self.calls(), bodies(self.world, "UpdateInventory"), strict=True):
            if call["seq"] > self.seen:
                for sku in body["skus"]:
                    assert sum(int(one["quantity"]) for one in sku["inventory"]) <= max(0, self.most)


@pytest.mark.timeout(300)
def test_no_run_of_events_makes_tiktok_shop_offer_more_than_the_rule_gives(config: Config):
    with small_world(config, "magento", catalogue=many(1)) as world:
        world.pull()
        world.push()
        Stock.world, Stock.sku = world, first_simple(world)
        run_state_machine_as_test(Stock, settings=settings(
            max_examples=8, stateful_step_count=14, deadline=None, database=None, derandomize=True, print_blob=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck)))

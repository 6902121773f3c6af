"""The store's catalogue into the hub: by dates, by event, by digest; killed and gone on with (PUL, UPD-01)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from hub import clock
from hub.config import Config
from hub.domain.tasks import Kind, Outcome, Queue, TaskState, connection_lane
from hub.flows import products, tasks
from hub.flows.settings import change_settings
from hub.models.connections import Watermark
from hub.models.products import StoreOffer, StoreProduct, StoreVariant
from hub.models.tasks import Task
from jobs import entry
from tests.flows.catalogue import Api, journal, listing_of, many, product_of, product_row, push, there
from tests.flows.conftest import STORES, TWO
from tests.support.merchants import MERCHANTS
from tests.support.world import World, small_world

# What is the store's own here is asked of all in the contract test and in tests/faults; the whole of the flow of two.
OVER = TWO

Either = tuple[World, str]


def submit(world: World, platform: str, start: datetime | None = None, end: datetime | None = None) -> int:
    with world.hub.db.write() as session:
        return products.submit_pull(session, world.connections[platform], start, end, "tester").id


def pull(world: World, platform: str, start: datetime | None = None, end: datetime | None = None) -> Task:
    task_id = submit(world, platform, start, end)
    world.run_due()
    return world.expect_done(task_id)


def compare(world: World, platform: str) -> Task:
    connection_id = world.connections[platform]
    with world.hub.db.write() as session:
        task_id = tasks.submit(session, Kind.COMPARE_DIGEST, connection_id=connection_id,
                               lane=connection_lane(connection_id, Kind.COMPARE_DIGEST)).id
    world.settle()
    return world.expect_done(task_id)


def offer(world: World, sku: str) -> StoreOffer:
    with world.hub.db.read() as session:
        return session.scalars(select(StoreOffer).join(StoreVariant, StoreVariant.id == StoreOffer.variant_id).where(
            StoreVariant.sku == sku, StoreVariant.gone_at.is_(None))).one()


@pytest.mark.feature("PUL-03", "TSK-01", "TSK-02", "TSK-03")
def test_a_pull_is_a_task_at_once_and_ends_with_its_counts(either: Either):
    world, platform = either
    task_id = submit(world, platform)
    api = Api(world, platform)

    waiting = api.get(f"tasks/{task_id}")
    assert (waiting["state"], waiting["kind"], waiting["summary"]) == ("queued", "pull_products", "Pull products")
    world.run_due()

    done = api.get(f"tasks/{task_id}")
    assert (done["state"], done["outcome"]) == ("done", "ok")
    assert done["says"] == "6 products read: 6 new, 0 changed, 0 as before"


@pytest.mark.feature("PUL-02")
def test_a_start_after_the_end_is_refused_and_plans_nothing(either: Either):
    world, platform = either
    now = clock.now()
    with pytest.raises(ValueError, match="start date is after the end date"):
        submit(world, platform, now, now - timedelta(days=1))
    with world.hub.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Task).where(Task.kind == Kind.PULL_PRODUCTS)) == 0


@pytest.mark.feature("PUL-02")
def test_a_pull_by_dates_brings_what_changed_in_them_both_ends_included(either: Either):
    world, platform = either
    skus = [one["sku"] for one in world.store(platform, "GET", "products")]
    first = datetime(2027, 3, 1, tzinfo=UTC)
    chosen = list(dict.fromkeys(skus))[:3]
    for day, sku in enumerate(chosen):
        with clock.hold(first + timedelta(days=day)):
            world.store(platform, "POST", f"products/{sku}/save", {})

    with clock.hold(first + timedelta(days=30)):
        none = pull(world, platform, first - timedelta(days=3), first - timedelta(seconds=1))
        assert none.outcome is Outcome.NO_CHANGE
        pull(world, platform, first, first + timedelta(days=1))

    found = {one["sku"] for one in Api(world, platform).products()}
    assert found == set(chosen[:2])


@pytest.mark.feature("PUL-02")
def test_a_child_that_changed_brings_its_parent(config: Config):
    with small_world(config, "magento") as world:
        row = next(one for one in world.store("magento", "GET", "products") if one["parent_id"])
        moment = datetime(2027, 3, 1, 12, tzinfo=UTC)
        with clock.hold(moment):
            world.store("magento", "POST", f"products/{row['sku']}/save", {})
        with clock.hold(moment + timedelta(days=1)):
            pull(world, "magento", moment - timedelta(hours=1), moment + timedelta(hours=1))
        assert [one["id"] for one in Api(world).products()] == [row["parent_id"]]


@pytest.mark.timeout(300)
@pytest.mark.feature("PUL-04")
@pytest.mark.parametrize("platform", STORES)
def test_250_products_come_once_however_often_they_are_pulled(config: Config, platform: str):
    seed = many(250)
    with small_world(config, platform, catalogue=seed) as world:
        pull(world, platform)
        with world.hub.db.write() as session:     # a mark that only a write would change
            session.execute(update(StoreProduct).values(pulled_at=datetime(2020, 1, 1, tzinfo=UTC)))
        second = pull(world, platform)

        found = Api(world, platform).products(limit=200)
        assert len(found) == len({one["sku"] for one in found}) == 250
        assert all(one["listings"][0]["state"] == "draft" for one in found)
        assert second.says == "250 products read: 0 new, 0 changed, 250 as before"
        assert {one["pulled_at"][:10] for one in found} == {"2020-01-01"}, "an unchanged row was written"


@pytest.mark.parametrize("platform", STORES)
def test_a_pull_that_broke_off_goes_on_after_the_pages_that_it_has(config: Config, platform: str, monkeypatch: pytest.MonkeyPatch):
    seed, merchant = many(120), MERCHANTS[platform]
    merchant.small_pages(monkeypatch, 40)
    with small_world(config, platform, catalogue=seed) as world:
        world.store(platform, "DELETE", "journal")
        merchant.fault(world, merchant.pages, {"status": 503}, skip=2)
        task_id = submit(world, platform)
        for _ in range(3):
            entry.run(world.hub, task_id)
        with world.hub.db.read() as session:
            have = session.scalar(select(func.count()).select_from(StoreProduct)) or 0
            mark = session.scalars(select(Watermark).where(Watermark.name == f"pull:{task_id}")).one()
            last = session.scalars(select(StoreProduct.title).order_by(StoreProduct.id.desc())).first() or ""
        assert 0 < have < 120
        assert mark.cursor and last in seen_in(world, platform)

        world.store(platform, "DELETE", "faults")
        world.store(platform, "DELETE", "journal")
        world.settle(later_s=3600)

        task = world.expect_done(task_id)
        assert task.result == {"new": 120, "changed": 0, "unchanged": 0}
        assert last not in seen_in(world, platform), "what it has is not read again"
        with world.hub.db.read() as session:
            assert session.scalar(select(func.count()).select_from(StoreProduct)) == 120
            assert session.scalars(select(Watermark).where(Watermark.name == f"pull:{task_id}")).one_or_none() is None


def seen_in(world: World, platform: str) -> str:
    """All pages of products that the store gave since its journal began."""
    return "".join(one["answer"] for one in MERCHANTS[platform].calls(journal(world, platform), MERCHANTS[platform].pages))


@pytest.mark.feature("PUL-05")
def test_a_second_pull_brings_the_store_s_new_title_and_keeps_what_was_chosen_here(either: Either):
    world, platform = either
    pull(world, platform)
    api = Api(world, platform)
    sku = api.products()[0]["sku"]
    with world.hub.db.write() as session:
        row = session.get_one(StoreProduct, product_of(world, sku, platform).id)
        row.hub_title, row.hub_attributes, row.hub_package = "Our own title", {"100001": "Wood"}, {"length": 3, "width": 3, "height": 3}
    world.store(platform, "PATCH", f"products/{sku}", {"title": "A New Name from the Store", "silent": True, "via": "admin"})

    done = pull(world, platform)

    after = product_of(world, sku, platform)
    assert done.says == "6 products read: 0 new, 1 changed, 5 as before"
    assert api.product(after.external_id)["title"] == "A New Name from the Store"
    assert (after.hub_title, after.hub_attributes, after.hub_package) == (
        "Our own title", {"100001": "Wood"}, {"length": 3, "width": 3, "height": 3})


@pytest.mark.feature("PUL-06")
@pytest.mark.parametrize("is_on", [True, False])
def test_a_new_product_comes_in_by_itself_only_where_that_is_switched_on(either: Either, is_on: bool):
    world, platform = either
    if is_on:
        with world.hub.db.write() as session:
            change_settings(session, world.shop_id(platform), "products", {"auto_pull": True})
    world.store(platform, "POST", "products", {"sku": "FRESH-1", "name": "Fresh Mug", "price": "9.00", "quantity": 4})
    world.settle()
    compare(world, platform)      # what an event did not tell must not come in through the back door either

    found = [one["sku"] for one in Api(world, platform).products()]
    assert ("FRESH-1" in found) is is_on
    assert bool(found) is is_on


@pytest.mark.feature("PUL-07")
def test_a_product_that_was_never_pulled_cannot_be_pushed(either: Either):
    world, platform = either
    with pytest.raises(ValueError, match="has not been pulled from the store yet. Pull first"):
        push(world, platform, [4711])
    assert not [one for one in journal(world, "tiktok") if one["operation"] == "CreateProduct"]


def test_another_program_s_push_reads_first_what_was_never_pulled_and_names_what_the_store_has_not(either: Either):
    world, platform = either
    api = Api(world, platform)
    row = world.store(platform, "GET", "products")[0]
    known = str(row.get("parent_id") or row.get("product_id") or row["id"])

    task = api.call("POST", "tasks", 202, {"kind": "push", "product_ids": [known, "999999"]})
    world.settle()

    items = {one["product_id"]: one for one in api.items(task["task_id"])}
    assert items["999999"]["problems"][0]["code"] == "product.unknown"
    assert items[known]["title"] and items[known]["outcome"] == "needs_attention"     # its category is not chosen yet
    assert [one["id"] for one in api.products()] == [known]


# -- prices and stock


def test_a_pull_brings_price_and_salable_stock(either: Either):
    world, platform = either
    pull(world, platform)
    rows = {one["sku"]: one for one in world.store(platform, "GET", "products") if one.get("type") != "configurable"}
    with world.hub.db.read() as session:
        variants = session.scalars(select(StoreVariant)).all()
    assert {one.sku for one in variants} == set(rows)
    for variant in variants:
        kept, row = offer(world, variant.sku), rows[variant.sku]
        wanted = Decimal(str(row.get("effective_price") or row.get("special_price") or row["price"]))
        assert Decimal(kept.effective_price) / 1_000_000 == pytest.approx(wanted, abs=Decimal("0.01")), variant.sku
        assert kept.salable == int(Decimal(str(row["quantity"]))), variant.sku


@pytest.mark.feature("UPD-01")
def test_a_stock_change_that_no_event_told_is_found_by_the_digest_and_sent(either_listed: Either):
    world, platform = either_listed
    sku = next(one for one in world.skus(platform) if one.sent_stock)
    world.store(platform, "PATCH", f"products/{sku.seller_sku}", {"quantity": 3, "via": "sql", "silent": True})
    compare(world, platform)
    assert offer(world, sku.seller_sku).salable == 3
    [after] = [one for one in world.skus(platform) if one.tiktok_sku_id == sku.tiktok_sku_id]
    assert after.sent_stock == 3

    world.store(platform, "DELETE", "journal")
    assert compare(world, platform).outcome is Outcome.NO_CHANGE
    assert MERCHANTS[platform].calls(journal(world, platform), MERCHANTS[platform].offers) == [], "what is equal is not read again"


@pytest.mark.feature("UPD-01")
def test_a_special_price_that_starts_at_midnight_is_found_without_an_event(listed: World):
    sku = listed.skus()[0]
    midnight = (clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    listed.store("magento", "PATCH", f"products/{sku.seller_sku}", {
        "special_price": "5.55", "special_from": midnight.isoformat(), "via": "sql", "silent": True})
    compare(listed, "magento")
    assert offer(listed, sku.seller_sku).effective_price != 5_550_000

    with clock.hold(midnight + timedelta(hours=12)):
        compare(listed, "magento")
        listed.settle()
    assert offer(listed, sku.seller_sku).effective_price == 5_550_000
    listing = listing_of(listed, sku.seller_sku)
    assert {one["seller_sku"]: one["price"] for one in there(listed, listing.tiktok_product_id)["skus"]}[sku.seller_sku] == "5.55"


def test_a_product_deleted_in_the_store_sells_no_more(either_listed: Either):
    world, platform = either_listed
    listing = next(one for one in world.listings(platform))
    row = product_row(world, listing)
    world.store(platform, "DELETE", f"products/{row.sku}")
    world.settle()

    assert {one["available"] for one in there(world, listing.tiktok_product_id)["skus"]} == {0}
    assert Api(world, platform).product(row.external_id)["in_store"] is False


def test_a_product_that_vanished_without_a_word_is_missed_by_the_comparison(either_listed: Either):
    world, platform = either_listed
    row = product_row(world, world.listings(platform)[0])
    world.store(platform, "POST", "mishaps", {"drop": 50})
    world.store(platform, "DELETE", f"products/{row.sku}?via=sql")
    compare(world, platform)
    assert Api(world, platform).product(row.external_id)["in_store"] is False


def test_a_pull_leaves_workers_that_take_no_bulk_work_free(world: World):
    with world.hub.db.read() as session:
        task = session.get_one(Task, submit(world, "magento"))
    assert (task.queue, task.state, task.shown) == (Queue.BULK, TaskState.QUEUED, True)
    assert submit(world, "magento") == task.id, "a second press joins the pull that waits"

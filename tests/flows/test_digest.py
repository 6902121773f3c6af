"""What no event told: the digest finds it, names nothing twice, and survives what breaks in between (UPD-01)."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from hub.config import Config
from hub.domain.tasks import Kind, Outcome, TaskState, connection_lane
from hub.flows import schedules, tasks
from hub.models.connections import Connection
from hub.models.products import StoreOffer, StoreProduct, StoreVariant
from hub.models.tasks import Schedule, Task
from hub.stores import PLATFORMS
from tests.flows.catalogue import Api, first_simple, journal, many, product_of
from tests.flows.conftest import STORES
from tests.support.merchants import MERCHANTS
from tests.support.world import World, small_world

Either = tuple[World, str]


def submit(world: World, platform: str) -> int:
    connection_id = world.connections[platform]
    with world.hub.db.write() as session:
        return tasks.submit(session, Kind.COMPARE_DIGEST, connection_id=connection_id,
                            lane=connection_lane(connection_id, Kind.COMPARE_DIGEST)).id


def compare(world: World, platform: str) -> Task:
    task_id = submit(world, platform)
    world.settle()
    return world.expect_done(task_id)


def salable(world: World, sku: str) -> int:
    with world.hub.db.read() as session:
        return session.scalars(select(StoreOffer.salable).join(StoreVariant, StoreVariant.id == StoreOffer.variant_id).where(
            StoreVariant.sku == sku)).one()


def quietly(world: World, platform: str, sku: str, **changes: object) -> None:
    """A change by SQL or an import: nobody is told, and no date moves."""
    world.store(platform, "PATCH", f"products/{sku}", {**changes, "via": "sql", "silent": True})


def test_after_a_pull_nothing_differs(either: Either):
    world, platform = either
    world.pull(platform)
    world.store(platform, "DELETE", "journal")
    assert compare(world, platform).outcome is Outcome.NO_CHANGE
    assert len(journal(world, platform)) <= 4, "one look at the digest, and nothing else is read"


@pytest.mark.feature("UPD-01")
def test_only_what_differs_is_read_again(config: Config):
    with small_world(config, "magento", catalogue=many(60)) as world:
        world.pull()
        for number in (3, 41):
            quietly(world, "magento", f"MANY-{number:04d}", quantity=number)
        world.store("magento", "DELETE", "journal")
        assert compare(world, "magento").says == "2 products differed and were read again"
        asked = [one for one in journal(world, "magento") if "offers" in one["path"]]
        named = {external_id for one in asked for external_id in json.loads(one["body"])["ids"]}
        assert named == {product_of(world, f"MANY-{number:04d}").external_id for number in (3, 41)}
        assert (salable(world, "MANY-0003"), salable(world, "MANY-0041"), salable(world, "MANY-0004")) == (3, 41, 5)


def test_a_comparison_that_broke_before_it_read_finds_the_difference_again(either: Either):
    world, platform = either
    world.pull(platform)
    sku = first_simple(world, platform)
    quietly(world, platform, sku, quantity=2)
    offers = MERCHANTS[platform].offers
    world.store(platform, "POST", "faults", {"match": offers, "times": -1, "do": {"status": 503}})
    task_id = submit(world, platform)
    world.run_due(5)
    with world.hub.db.read() as session:
        assert session.get_one(Task, task_id).state is TaskState.QUEUED
    assert salable(world, sku) != 2
    assert [one for one in world.store(platform, "GET", "faults")["faults"] if one["applied"]]

    world.store(platform, "DELETE", "faults")
    world.settle(later_s=7200)
    assert salable(world, sku) == 2


@pytest.mark.parametrize("either", [slug for slug in STORES if PLATFORMS[slug].plugin], indirect=True)    # elsewhere it is prices and stock
def test_a_title_that_an_import_changed_is_found_where_the_digest_holds_the_content_s_date(either: Either):
    world, platform = either
    world.pull(platform)
    sku = first_simple(world, platform)
    world.store(platform, "POST", "mishaps", {"drop": 20})
    world.store(platform, "PATCH", f"products/{sku}", {"title": "Changed by an Import"})
    compare(world, platform)
    assert Api(world, platform).product(product_of(world, sku, platform).external_id)["title"] == "Changed by an Import"


def test_an_empty_digest_takes_nothing_away(world: World):
    world.pull()
    world.store("magento", "POST", "mishaps", {"drop": 100})
    for sku in [one["sku"] for one in world.store("magento", "GET", "products")]:
        world.store("magento", "DELETE", f"products/{sku}?via=sql")
    assert world.store("magento", "GET", "products") == []
    compare(world, "magento")
    with world.hub.db.read() as session:
        assert all(one.gone_at is None for one in session.scalars(select(StoreProduct))), "a broken store, sooner than an emptied one"


def test_without_the_plugin_there_is_no_digest_and_that_is_no_failure(world: World):
    world.pull()
    with world.hub.db.write() as session:
        session.get_one(Connection, world.connections["magento"]).has_plugin = False
    done = compare(world, "magento")
    assert (done.outcome, done.says) == (Outcome.NO_CHANGE, "The store has no plugin that could answer a digest")


def test_the_comparison_runs_by_itself_every_ten_minutes(world: World):
    with world.hub.db.write() as session:
        schedules.ensure(session, session.get_one(Connection, world.connections["magento"]))
    with world.hub.db.read() as session:
        row = session.scalars(select(Schedule).where(Schedule.kind == Kind.COMPARE_DIGEST)).one()
    assert row.every_s == 600

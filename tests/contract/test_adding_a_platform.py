"""docs/adding-a-platform.md names everything that an adapter declares; whoever adds to the record adds to the page."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from hub.flows.inbound import _PLUGIN
from hub.stores import PLATFORMS
from hub.stores.base import Platform
from tests.contract.bench import Bench
from tests.contract.benches import BENCHES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-platform.md").read_text()


def test_every_field_of_the_record_is_explained():
    table = PAGE.split("## The record")[1].split("## What the hub")[0]
    assert [one.name for one in fields(Platform) if not re.search(rf"`{one.name}[`(]", table)] == []


def test_every_kind_of_event_that_is_acted_on_is_named():
    internal = {"plugin.test", "category.deleted"}      # of our own modules
    assert [kind for kind in _PLUGIN if kind not in internal and f"`{kind}`" not in PAGE] == []


def test_what_a_bench_must_answer_is_named():
    must = [name for name, one in vars(Bench).items() if "*Must" in (getattr(one, "__doc__", None) or "")]
    assert len(must) >= 6 and [name for name in must if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("slug", sorted(PLATFORMS))
def test_a_platform_has_the_files_that_the_page_promises(slug):
    folder = ROOT / "hub" / "stores" / slug
    promised = re.findall(r"^\| `([\w/.]+)` \|", PAGE.split("## The folder")[1].split("## The record")[0], re.MULTILINE)
    assert len(promised) >= 6 and [name for name in promised if not (folder / name).exists()] == []
    known = {"secret", "choice", "fixed_once_synced", "internal", "practice", "label", "help", "placeholder"}
    assert {word for field in PLATFORMS[slug].settings().fields.values() for word in field.metadata} <= known


@pytest.mark.parametrize("slug", sorted(PLATFORMS))
def test_a_practice_shop_speaks_the_common_words(slug):
    """Asked of the routes, so that demo and tests need no branch."""
    bench = BENCHES[slug]()
    rules = {(method, re.sub(r"<[^>]+>", "<>", rule.rule)) for rule in bench.app.url_map.iter_rules() for method in rule.methods or ()}
    wanted = {("GET", "products"), ("PATCH", "products/<>"), ("POST", "products/<>/save"), ("DELETE", "products/<>"), ("GET", "orders"),
              ("POST", "orders/<>/ship"), ("POST", "orders/<>/cancel"), ("POST", "orders/<>/refund"), ("POST", "orders/<>/plant"),
              ("DELETE", "orders/<>"), ("POST", "pair"), ("POST", "faults"), ("DELETE", "faults"), ("GET", "journal"), ("GET", "health")}
    assert {(method, f"/sandbox/{path}") for method, path in wanted} - rules == set()
    practice = PLATFORMS[slug].practice_store()
    assert (practice.slug, bool(practice.title), len(practice.region), len(practice.currency)) == (slug, True, 2, 3)
    bench.app.sim.sender.stop()

"""Orders, carriers and the ledger through the API, and the same sums from the doctor."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub import clock
from hub.cli import main
from hub.config import Config
from hub.domain.money import decimal_of
from hub.flows import doctor
from hub.models import migrations
from hub.models.users import Role, User
from tests.api.caller import Caller
from tests.support.world import World

Make = Callable[..., Caller]
LEDGER = ("seen", "created", "not_due", "failed", "missing", "double")


@pytest.fixture
def order(world: World) -> str:
    """A paid TikTok order that is in the store."""
    if not world.skus():
        world.push()
    placed = world.tiktok("POST", "orders", {
        "shop_id": world.shop().tiktok_shop_id, "status": "AWAITING_SHIPMENT", "lines": [{"sku_id": world.skus()[0].tiktok_sku_id, "quantity": 2}]})
    world.settle()
    return str(placed["id"])


def test_an_order_is_found_by_tiktoks_id_with_its_store_order(world: World, caller: Make, order: str):
    program = caller()
    shown = program.call("GET", f"/orders/{order}")
    [there] = [one for one in world.store_orders() if one["key"] == order]
    assert (shown["key"], shown["store_number"], shown["state"]) == (order, there["number"], "in_store")
    told = world.tiktok("GET", f"orders/{order}")["truth"]["total_amount"]
    assert decimal_of(shown["total"]) == decimal_of(told) == decimal_of(shown["store_total"])
    assert len(shown["lines"]) == shown["units"] == 2 and all(one["sku"] for one in shown["lines"])
    assert shown["timeline"] and shown["timeline"][0]["at"]
    listed = {one["key"]: one for one in program.call("GET", "/orders", params={"limit": 200})["orders"]}
    assert listed[order] == {name: shown[name] for name in listed[order]}
    program.call("GET", "/orders/1234567890", 404)


def test_orders_are_filtered_and_come_in_pages(world: World, caller: Make, order: str):
    program = caller()
    every = program.call("GET", "/orders", params={"limit": 200})["orders"]
    assert program.call("GET", "/orders", params={"state": "in_store", "shop_id": world.shop().tiktok_shop_id, "limit": 200})["orders"]
    assert program.call("GET", "/orders", params={"placed_to": "2020-01-01T00:00:00Z"})["orders"] == []
    found, cursor = [], ""
    while cursor is not None:
        page = program.call("GET", "/orders", params={"limit": 1, "cursor": cursor})
        found += page["orders"]
        cursor = page["next"]
    assert found == every
    program.call("GET", "/orders", 422, params={"state": "lost"})
    program.call("GET", "/orders", 422, params={"placed_from": "yesterday"})


def test_the_stores_admin_gets_tiktok_shops_carriers(world: World, caller: Make):
    found = caller().call("GET", "/shipping-providers", params={"shop_id": world.shop().tiktok_shop_id})
    assert found["providers"] == world.shop().providers and found["providers"]


def test_the_ledger_is_the_doctors(world: World, caller: Make, order: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """`shopbridge doctor --json` and `GET ledger` say the same, and it adds up."""
    world.tiktok("POST", "orders", {"shop_id": world.shop().tiktok_shop_id, "status": "UNPAID",
                                    "lines": [{"sku_id": world.skus()[0].tiktok_sku_id, "quantity": 1}]})
    world.settle()
    counted = world.ledger()
    told = caller().call("GET", "/ledger")
    config = world.hub.config
    for name, text in {"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(config.data_dir), "DATABASE_URL": config.database_url,
                       "REDIS_URL": config.redis_url}.items():
        monkeypatch.setenv(name, text)
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ledger"] == {name: told[name] for name in LEDGER}
    assert found["orders"] == {"seen": told["seen"], "paid": told["paid"]}
    assert counted.seen == told["seen"] > told["paid"] >= 1
    assert told["seen"] == told["created"] + told["not_due"] + told["failed"] + told["missing"]
    assert (told["missing"], told["double"]) == (0, 0)
    assert [one["name"] for one in found["connections"]][:2] == ["magento practice", "prestashop practice"]
    assert found["products"]["live"] == len([one for one in world.listings() if one.state.value == "live"])
    assert found["products"]["pulled"] >= 12 and set(found["products"]) == {"pulled", "in_review", "live", "needs_attention"}
    assert set(found["queue"]) == {"waiting", "oldest_s", "failed"}
    for check in found["checks"]:
        assert set(check) == {"name", "ok", "says", "fix"} and check["says"] and check["ok"] == (not check["fix"]), check


def test_the_ledger_counts_the_stretch_that_is_asked_for(world: World, caller: Make, order: str, capsys: pytest.CaptureFixture[str],
                                                         monkeypatch: pytest.MonkeyPatch):
    world.ledger()
    program, shop = caller(), world.shop().tiktok_shop_id
    whole = program.call("GET", "/ledger", params={"shop_id": shop})
    none = program.call("GET", "/ledger", params={"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z", "shop_id": shop})
    assert whole["seen"] >= 1 and none["seen"] == 0 and none["from"].startswith("2020-01-01T00:00:00")
    program.call("GET", "/ledger", 422, params={"from": "2021-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z"})
    assert doctor.examine(world.hub, clock.now() - timedelta(days=900), clock.now() - timedelta(days=800))["ledger"]["seen"] == 0
    monkeypatch.setenv("SHOPBRIDGE_MODE", "practice")
    assert main(["doctor", "--from", "soon"]) == 2
    assert "--from" in capsys.readouterr().err


def _check(found: dict[str, Any], name: str) -> dict[str, Any]:
    [one] = [check for check in found["checks"] if check["name"] == name]
    return dict(one)


@pytest.fixture
def owner(world: World) -> Iterator[None]:
    with world.hub.db.write() as session:
        person = User(email="owner@example.com", name="Owner", role=Role.OWNER, created_at=clock.now())
        session.add(person)
    yield
    with world.hub.db.write() as session:
        session.delete(session.get_one(User, person.id))


def test_the_doctor_names_what_is_wrong_and_what_to_do(world: World, order: str, owner: None):
    world.ledger()
    number = world.connections["magento"]
    assert _check(doctor.examine(world.hub), f"ledger:{number}")["ok"] and _check(doctor.examine(world.hub), "owner")["ok"]
    [there] = [one for one in world.store_orders() if one["key"] == order]
    world.store("magento", "POST", f"orders/{there['number']}/plant")
    world.ledger()
    doubled = doctor.examine(world.hub)
    assert doubled["ledger"]["double"] == 1
    check = _check(doubled, f"ledger:{number}")
    assert not check["ok"] and "1 double" in check["says"] and check["fix"]
    lines = list(doctor.lines(doubled))
    assert any("1 double" in line for line in lines) and any(line.startswith("look") for line in lines)
    copies = [one for one in world.store_orders() if one["key"] == order and one["number"] != there["number"]]
    for copy in copies:
        world.store("magento", "DELETE", f"orders/{copy['number']}")
    assert world.ledger().double == 0


def test_the_doctor_finds_the_demo_of_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    for name in ("SHOPBRIDGE_MODE", "DATA_DIR", "DATABASE_URL", "REDIS_URL", "DEMO_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--json"]) == 2
    assert "shopbridge migrate" in capsys.readouterr().err
    demo = Config.from_env({"SHOPBRIDGE_MODE": "practice", "DATA_DIR": "var/demo"})
    for old in (tmp_path / "var" / "live").glob("hub.db*"):
        os.utime(old, (1, 1))
    migrations.upgrade(demo.database_url)
    assert main(["doctor", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["connections"] == [] and "var/demo" in told.err

"""Who may call what: no token, too little ability, another connection's things, too often, hostile bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from hub import clock
from hub.api.access import RATE, SLACK_S
from hub.domain.events import Event
from hub.flows import connect
from hub.models.connections import ApiToken, Connection, ConnectionState
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.tasks import Task
from tests.api.caller import PREFIX, Caller, Description
from tests.support.world import World

Make = Callable[..., Caller]
DATABASE = "postgresql"


def address(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{([^}]+)\}", lambda one: ids.get(one.group(1), "1"), path).removeprefix(PREFIX)


def test_without_a_token_nothing_answers(world: World, description: Description):
    for name, (method, path, _) in description.operations.items():
        for header in ({}, {"Authorization": "Bearer sbt_" + "x" * 43}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer x'--"}):
            answer = requests.request(method, f"{world.web.url}{PREFIX}{address(path, {})}", headers=header, json={}, timeout=30)
            assert answer.status_code == 401, (name, answer.status_code)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert description.faults(name, 401, answer.headers["Content-Type"], answer.json()) == []


@pytest.mark.parametrize("held", connect.ABILITIES)
def test_a_token_does_what_its_ability_says_and_nothing_else(caller: Make, held: str):
    """S-15: each operation × each ability, from the description, which is made from the map of routes."""
    program = caller(abilities=(held,))
    for name, (method, path, operation) in program.description.operations.items():
        answer = program.send(method, address(path, {}), json=[] if method in ("post", "put") else None)
        assert (answer.status_code == 403) == (operation["x-ability"] != held), (name, answer.status_code)
        assert answer.status_code < 500
    assert program.history("denied")


def test_nothing_of_another_connection_can_be_named(world: World, caller: Make):
    """S-14: two connections × every operation that takes an id."""
    mine, theirs = caller("prestashop"), caller("magento")
    task = theirs.call("POST", "/tasks", 202, json={"kind": "prices", "product_ids": ["1"], "start": False})["task_id"]
    with world.hub.db.read() as session:
        product = session.scalars(select(StoreProduct.external_id).where(
            StoreProduct.connection_id == world.connections["magento"], StoreProduct.external_id.not_in(select(
                StoreProduct.external_id).where(StoreProduct.connection_id == world.connections["prestashop"])))).first()
    shop = world.shop("magento").tiktok_shop_id
    order = place_order(world)
    foreign = {"task_id": task, "key": order, "product_id": product or "no-such"}
    tried = []
    for name, (method, path, operation) in mine.description.operations.items():
        if "{" in path and "{category_id}" not in path:
            mine.call(method, address(path, foreign), 404, json={} if method == "post" else None)
            tried.append(name)
        named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        if "shop_id" in named:
            needed = {"product_ids": "1"} if "product_ids" in named else {}
            mine.call(method, address(path, {"category_id": "802055"}), 404, params={"shop_id": shop, **needed})
            tried.append(name)
    bodies: dict[str, dict[str, Any]] = {
        "put_shop": {}, "put_sync": {"price": False}, "put_category_mapping": {"store_category_id": "5", "category_id": "806051"},
        "put_category_mappings": {"mappings": [{"store_category_id": "5", "category_id": "806051"}]},
        "put_attribute_mapping": {"scope": ["5"]}, "post_recommend": {"title": "A cup"}, "post_task": {"kind": "push", "product_ids": ["1"]}}
    for name, body in bodies.items():
        method, path, _ = mine.description.operations[name]
        mine.call(method, path.removeprefix(PREFIX), 404, json={**body, "shop_id": shop})
        tried.append(name)
    mine.call("POST", "/tasks", 404, json={"kind": "prices", "product_ids": ["1"], "append_to": task})
    taking_no_id = {"list_connections", "get_connection", "list_shops", "put_tiktok_app", "post_authorization", "post_authorization_code"}
    assert set(tried) | taking_no_id == set(mine.description.operations)
    assert {row.what for row in mine.history("denied")} == {"denied"}
    assert theirs.call("GET", f"/tasks/{task}")["progress"]["asked"] == 1
    assert all(row["shop_id"] != shop for row in mine.call("GET", "/orders")["orders"])
    assert mine.call("GET", "/ledger")["seen"] == 0


def place_order(world: World) -> str:
    """A TikTok order of the Magento connection, as the hub knows it."""
    with world.hub.db.read() as session:
        known = session.scalars(select(Listing.id).where(
            Listing.connection_id == world.connections["magento"], Listing.tiktok_product_id.is_not(None))).first()
    if known is None:
        world.push("magento")
    sku = world.skus("magento")[0]
    order: str = world.tiktok("POST", "orders", {
        "shop_id": world.shop().tiktok_shop_id, "status": "AWAITING_SHIPMENT", "lines": [{"sku_id": sku.tiktok_sku_id, "quantity": 1}]})["id"]
    world.settle()
    return order


def test_a_token_ends_when_it_is_told_to(world: World, caller: Make):
    for change in ({"ended_at": clock.now()}, {"expires_at": clock.now() - timedelta(seconds=1)}):
        program = caller()
        program.call("GET", "/connection")
        with world.hub.db.write() as session:
            session.execute(update(ApiToken).where(ApiToken.token_hash == connect._hash(program.token)).values(**change))
        program.call("GET", "/connection", 401)


def test_a_plugins_hello_brings_a_token_and_ends_the_older_one_ten_minutes_later(world: World, caller: Make):
    program, connection = caller(), world.connection()
    event = Event(event_id="hello-1", kind="plugin.hello", raw={"hint": {}}, happened_at=clock.now())
    first = connect.hello(world.hub, connection, event)
    second = connect.hello(world.hub, connection, event)
    assert first["api_url"] == f"{world.web.url}{PREFIX}" and first["api_token"].startswith("sbp_")
    with clock.hold(clock.now() + timedelta(minutes=9)):
        for answer in (first, second):
            program.token = answer["api_token"]
            assert program.call("GET", "/connection")["id"] == answer["connection"]["id"]
    with clock.hold(clock.now() + timedelta(minutes=11)):
        program.call("GET", "/connection")
        program.token = first["api_token"]
        program.call("GET", "/connection", 401)
    with clock.hold(clock.now() + timedelta(hours=49)):
        program.token = second["api_token"]
        program.call("GET", "/connection", 401)


def test_the_tokens_of_a_removed_connection_are_dead(world: World, caller: Make):
    program = caller("prestashop")
    with world.hub.db.write() as session:
        session.get_one(Connection, world.connections["prestashop"]).state = ConnectionState.REMOVED
    try:
        program.call("GET", "/connection", 401)
    finally:
        with world.hub.db.write() as session:
            session.get_one(Connection, world.connections["prestashop"]).state = ConnectionState.CONNECTED


def test_the_last_use_of_a_token_is_kept(world: World, caller: Make):
    program = caller()
    program.call("GET", "/connection")
    with world.hub.db.read() as session:
        row = session.scalars(select(ApiToken).where(ApiToken.token_hash == connect._hash(program.token))).one()
    assert row.used_at is not None and clock.now() - row.used_at < timedelta(minutes=1)
    assert program.token not in row.token_hash


def test_a_token_that_calls_too_often_is_told_when_to_come_back(caller: Make):
    """S-30. Another token goes on meanwhile."""
    busy, calm = caller(), caller()
    with requests.Session() as http:
        url, headers = f"{busy.world.web.url}{PREFIX}/connections", {"Authorization": f"Bearer {busy.token}"}
        most = int(RATE.burst + RATE.per_s * (SLACK_S + 60))
        answers = iter(lambda: http.get(url, headers=headers, timeout=30), None)
        refused = next((one for number, one in enumerate(answers) if one.status_code != 200 or number > most), None)
    assert refused is not None and refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1 and refused.json()["code"] == "too_many"
    calm.call("GET", "/connections")


def test_what_is_no_part_of_the_api_says_so_in_its_words(world: World, caller: Make):
    program = caller()
    missing = program.send("GET", "/nothing/here")
    assert (missing.status_code, missing.headers["Content-Type"], missing.json()["code"]) == (404, "application/problem+json", "not_found")
    wrong = program.send("DELETE", "/connection")
    assert (wrong.status_code, wrong.headers["Allow"], wrong.json()["code"]) == (405, "GET", "method")


@pytest.mark.parametrize(("body", "headers", "status"), [
    (b"{", {"Content-Type": "application/json"}, 400),
    (b"[" * 100_000, {"Content-Type": "application/json"}, 400),
    (b'{"kind": "push", "product_ids": ' + b"[" * 30 + b"]" * 30 + b"}", {"Content-Type": "application/json"}, 400),
    (b'{"kind": "push", "product_ids": ["a\\u0000b"]}', {"Content-Type": "application/json"}, 400),
    (b'{"kind": "push", "product_ids": ["\\ud800"]}', {"Content-Type": "application/json"}, 400),
    (b"kind=push", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    (b"<a/>", {"Content-Type": "text/xml"}, 415),
    (b'"' + b"a" * (2 * 1024 * 1024) + b'"', {"Content-Type": "application/json"}, 413),
    (b'{"kind": "burn", "product_ids": ["1"]}', {"Content-Type": "application/json"}, 422),
    (b'{"kind": "push", "product_ids": []}', {"Content-Type": "application/json"}, 422),
    (json.dumps({"kind": "push", "product_ids": ["1"] * 10_001}).encode(), {"Content-Type": "application/json"}, 422),
    (b"\xff\xfe\x00", {"Content-Type": "application/json"}, 400),
    (b"", {"Content-Type": "application/json"}, 422),
])
def test_a_body_that_can_not_be_used_is_refused_by_name(caller: Make, body: bytes, headers: dict[str, str], status: int):
    """S-30."""
    program = caller()
    answer = program.send("POST", "/tasks", data=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert program.description.faults("post_task", status, answer.headers["Content-Type"], answer.json()) == []
    with program.world.hub.db.read() as session:
        assert not session.scalars(select(Task).where(Task.by == f"API: {program.platform} test", Task.state == "queued")).first()


_WORD = st.one_of(st.text(max_size=30), st.sampled_from(["", "0", "-1", "9" * 30, "null", "../..", "%00", "1e400", "2026-13-01", "'"]))
_VALUE = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _WORD),
                      lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_WORD, inner, max_size=3)), max_leaves=6)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_hostile_calls_are_never_our_mistake(world: World, caller: Make, data: st.DataObject):
    """Each operation with values that its schema names and others: answered, as described, and below 500."""
    program = caller("prestashop", abilities=("read", "catalog", "push", "orders"))
    harmless = {name: one for name, one in program.description.operations.items() if one[2]["x-ability"] != "connect"}
    name = data.draw(st.sampled_from(sorted(harmless)))
    method, path, operation = harmless[name]
    ids = {one: data.draw(st.text(alphabet=st.characters(exclude_characters="/", exclude_categories=("Cs",)), min_size=1, max_size=40))
           for one in re.findall(r"\{([^}]+)\}", path)}
    if set("".join(ids.values())) <= {"."} and ids:
        return
    query = {one["name"]: data.draw(_WORD) for one in operation.get("parameters", []) if one["in"] == "query" and data.draw(st.booleans())}
    body = None
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        known = program.description.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]["properties"]
        body = json.dumps({one: data.draw(_VALUE) for one in known if data.draw(st.booleans())})
    quoted = {one: requests.utils.quote(text, safe="") for one, text in ids.items()}
    answer = program.send(method, address(path, quoted), params=_sendable(query), data=body,
                          headers={"Content-Type": "application/json"} if body is not None else {})
    assert answer.status_code < 500 or answer.json()["code"] == "platform_busy", (name, answer.text)
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert kind in ("application/json", "application/problem+json")


def _sendable(query: dict[str, str]) -> dict[str, str]:
    return {name: text.encode("utf-8", "replace").decode() for name, text in query.items()}

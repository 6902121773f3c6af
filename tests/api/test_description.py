"""The OpenAPI document: whole, valid, and true."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from openapi_schema_validator import OAS31Validator
from sqlalchemy import delete

from hub.app import create_app
from hub.flows.connect import ABILITIES
from hub.models.tiktok import App
from tests.api.caller import PREFIX, Caller, Description
from tests.support.features import ROOT
from tests.support.world import World


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_document_is_openapi_3_1_and_leads_nowhere_else(description: Description):
    document = description.document
    assert document["openapi"] == "3.1.0" and document["info"]["title"] and document["info"]["version"]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for reference in references(document):
        at: Any = document
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]
    for name, schema in document["components"]["schemas"].items():
        OAS31Validator.check_schema(schema)
        assert schema.get("type") == "object", name


def test_each_operation_says_what_it_does_takes_and_answers(description: Description):
    assert len(description.operations) == sum(
        method in ("get", "post", "put", "patch", "delete") for item in description.document["paths"].values() for method in item)
    for name, (method, path, operation) in description.operations.items():
        assert operation["summary"], name
        assert operation["x-ability"] in ABILITIES, name
        assert "default" in operation["responses"] and any(status.startswith("2") for status in operation["responses"]), name
        shared = description.document["paths"][path].get("parameters", [])
        declared = {one["name"] for one in [*operation.get("parameters", []), *shared] if one["in"] == "path"}
        assert declared == set(re.findall(r"\{([^}]+)\}", path)), name
        assert ("requestBody" in operation) == (method in ("post", "put") and name != "start_task"), name


def test_every_route_of_the_api_is_described(world: World, description: Description):
    """Read from the running application's own map, so that no route can be forgotten."""
    app = create_app(world.hub.config, world.hub)
    described = {(method, path) for method, path, _ in description.operations.values()}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(PREFIX) or rule.endpoint.startswith("api."):
            continue
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
        assert {(method.lower(), path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}} <= described, rule.rule


def test_every_operation_answers_as_it_is_described(world: World, caller: Callable[..., Caller]):
    """Each once and with success; `Caller.call` holds the answer against the document."""
    program, shop = caller(), world.shop()
    product = program.call("GET", "/products")["products"][0]["id"]
    category = program.call("GET", "/category-mappings")["mappings"][0]
    program.call("PUT", "/category-mappings", json={name: category[name] for name in ("store_category_id", "category_id")})
    program.call("PUT", "/category-mappings/many", json={"mappings": [
        {name: category[name] for name in ("store_category_id", "category_id")}]})
    for path in ("/connections", "/connection", "/shops", "/warehouses", "/settings/sync", "/categories", "/brands", "/attribute-mappings",
                 "/orders", "/ledger", "/shipping-providers", f"/products/{product}", f"/listings?product_ids={product}",
                 f"/categories/{category['category_id']}/rules", f"/categories/{category['category_id']}/attributes"):
        program.call("GET", path)
    program.call("POST", "/categories/recommend", json={"title": "Coffee mug"})
    program.call("PUT", "/attribute-mappings", json={"attributes": {}})
    program.call("PUT", "/settings/sync", json={"stock": True})
    task = program.call("POST", "/tasks", 202, json={"kind": "push", "product_ids": [product], "start": False})["task_id"]
    program.call("POST", f"/tasks/{task}/start", 202)
    program.call("GET", f"/tasks/{task}")
    program.call("GET", f"/tasks/{task}/items")
    program.call("PUT", "/connection/shop", json={"shop_id": shop.tiktok_shop_id, "store": shop.scope, "warehouse_id": shop.warehouse_id})
    state = program.call("POST", "/connection/authorization", json={})["state"]
    program.call("POST", "/connection/authorization/code", json={"state": state, "code": world.tiktok("POST", "authorize")["code"]})
    program.call("PUT", "/connection/tiktok-app", json={"app_key": "everyapp1", "app_secret": "a-secret-of-its-own"})
    with world.hub.db.write() as session:
        session.execute(delete(App).where(App.app_key == "everyapp1"))
    world.settle()
    world.tiktok("POST", "review", {"verdict": "approve"})
    world.settle()
    order = world.tiktok("POST", "orders", {"shop_id": shop.tiktok_shop_id, "status": "AWAITING_SHIPMENT",
                                            "lines": [{"sku_id": world.skus()[0].tiktok_sku_id}]})["id"]
    world.settle()
    program.call("GET", f"/orders/{order}")
    assert program.seen == set(program.description.operations)


def test_an_error_is_always_a_problem_document(description: Description):
    errors = description.document["components"]["responses"]
    assert errors and all(list(one["content"]) == ["application/problem+json"] for one in errors.values())
    assert set(description.document["components"]["schemas"]["ProblemDocument"]["required"]) == {
        "type", "title", "status", "detail", "code", "problems"}


def test_the_page_about_the_api_names_each_operation_with_its_ability(description: Description):
    page = (ROOT / "docs" / "api.md").read_text()
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| `")]
    said = {(method, path): abilities.split(",") for calls, abilities in rows
            for method, path in re.findall(r"`(GET|PUT|POST) (/[^`]*)`", calls)}
    real = {(method.upper(), path.removeprefix(PREFIX)): operation["x-ability"] for method, path, operation in description.operations.values()}
    assert set(said) == set(real)
    assert all(ability in [one.strip() for one in said[call]] for call, ability in real.items())

"""The OpenAPI document: whole, valid, and true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from openapi_schema_validator import OAS31Validator

from hub.flows.connect import ABILITIES
from tests.api.caller import PREFIX, Description
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
    from hub.app import create_app

    app = create_app(world.hub.config, world.hub)
    described = {(method, path) for method, path, _ in description.operations.values()}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(PREFIX) or rule.endpoint.startswith("api."):
            continue
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
        assert {(method.lower(), path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}} <= described, rule.rule


def test_an_error_is_always_a_problem_document(description: Description):
    errors = description.document["components"]["responses"]
    assert errors and all(list(one["content"]) == ["application/problem+json"] for one in errors.values())
    assert set(description.document["components"]["schemas"]["ProblemDocument"]["required"]) == {
        "type", "title", "status", "detail", "code", "problems"}

"""A program that calls the API over HTTP and holds every answer against the description."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from jsonschema import Draft202012Validator
from openapi_schema_validator import oas31_format_checker
from sqlalchemy import select

from hub.flows import connect
from hub.models.changes import Change
from hub.models.connections import Connection
from tests.support.world import World

PREFIX = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")


class Description:
    """The OpenAPI document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations = {operation["operationId"]: (method, path, operation) for path, item in document["paths"].items()
                           for method, operation in item.items() if method in METHODS}

    def find(self, method: str, path: str) -> str:
        """The operation that this call is; the most literal path wins."""
        fitting = [(template.count("{"), name) for name, (its_method, template, _) in self.operations.items()
                   if its_method == method.lower() and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)]
        assert fitting, f"{method} {path} is not described"
        return min(fitting)[1]

    def faults(self, operation_id: str, status: int, content_type: str, body: Any) -> list[str]:
        """What is wrong with an answer; none for one that is as described."""
        responses = self.operations[operation_id][2]["responses"]
        described = responses.get(str(status)) or responses["default"]
        if "$ref" in described:
            described = self.document["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
        kind = content_type.partition(";")[0]
        if kind not in described["content"]:
            return [f"{status} as {kind}"]
        if status < 400 and str(status) not in responses:
            return [f"{status} is not described"]
        schema = {**described["content"][kind]["schema"], "components": self.document["components"]}
        checker = Draft202012Validator(schema, format_checker=oas31_format_checker)
        return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in checker.iter_errors(body)]


class Caller:
    """One token."""

    def __init__(self, world: World, description: Description, platform: str, abilities: Sequence[str] = connect.ABILITIES) -> None:
        self.world = world
        self.description = description
        self.platform = platform
        self.seen: set[str] = set()
        with world.hub.db.write() as session:
            connection = session.get_one(Connection, world.connections[platform])
            self.token = connect.new_api_token(session, connection, f"{platform} test", abilities, "owner@example.com")

    def call(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """The answer's JSON; the answer must have this status and be as described."""
        answer = self.send(method, path, **options)
        assert answer.status_code == status, (answer.status_code, answer.text)
        body = answer.json()
        operation = self.description.find(method, f"{PREFIX}{path.partition('?')[0]}")
        assert self.description.faults(operation, status, answer.headers["Content-Type"], body) == []
        if status < 400:
            self.seen.add(operation)
        return body

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """The bare answer."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return requests.request(method, f"{self.world.web.url}{PREFIX}{path}", headers=headers, timeout=30, **options)

    def history(self, what: str) -> list[Change]:
        """What the connection's history says of this."""
        with self.world.hub.db.read() as session:
            return list(session.scalars(select(Change).where(
                Change.connection_id == self.world.connections[self.platform], Change.what == what).order_by(Change.id)))

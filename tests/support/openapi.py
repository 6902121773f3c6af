"""Calls and answers held against a platform's OpenAPI file, where the shared folder has one.

    contract = Contract.find("tiktok_shop.openapi.json")     # skips the test where the file is not there
    name = contract.check(entry)                             # an Entry of a simulator's journal: request and answer

A request must also name nothing that the file does not know; an answer may, since platforms add fields.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hub.simulator import Entry

CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts"


class Contract:
    """One OpenAPI 3.1 file."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    @classmethod
    def find(cls, name: str) -> Contract:
        """The file of this name; skips where it is absent, fails where it is absent and CI says it must not be."""
        path = CONTRACTS / name
        if not path.exists():
            if os.environ.get("CI") == "true":
                pytest.fail(f"{name} is not there")
            pytest.skip(f"{name} is not there")
        return cls(json.loads(path.read_text()))

    @cached_property
    def operations(self) -> list[tuple[str, re.Pattern[str], str, dict[str, Any]]]:
        """(method, pattern of the path, path, operation), literal paths before those with variables."""
        found = []
        for path, item in self.document["paths"].items():
            pattern = re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$")
            found += [
                (method.upper(), pattern, path, operation)
                for method, operation in item.items()
                if method in ("get", "post", "put", "delete", "patch")
            ]
        return sorted(found, key=lambda one: one[2].count("{"))

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """The operation that this call is; raises AssertionError where the file has none."""
        for its_method, pattern, _, operation in self.operations:
            if its_method == method and pattern.match(path):
                return operation
        raise AssertionError(f"{method} {path} is in no contract")

    def check(self, entry: Entry) -> str:
        """Hold a journal's entry against the file; answers the operation's id, raises AssertionError with all faults."""
        operation = self.operation(entry.method, entry.path)
        faults = [*self.request_faults(operation, entry), *self.answer_faults(operation, entry)]
        assert not faults, f"{entry.method} {entry.path}: " + "; ".join(faults)
        return str(operation["operationId"])

    def request_faults(self, operation: Mapping[str, Any], entry: Entry) -> Iterator[str]:
        """What is wrong with the query and the JSON body."""
        declared = [self.resolved(one) for one in operation.get("parameters", [])]
        by_name = {one["name"]: one for one in declared if one["in"] == "query"}
        for name, one in by_name.items():
            if name not in entry.query:
                if one.get("required"):
                    yield f"query {name} is missing"
                continue
            yield from (f"query {name}: {says}" for says in self.text_faults(one["schema"], entry.query[name]))
        yield from (f"query {name} is unknown" for name in entry.query if name not in by_name)
        body = operation.get("requestBody")
        content = (body or {}).get("content", {})
        if "multipart/form-data" in content:
            if not entry.headers.get("Content-Type", "").startswith("multipart/form-data"):
                yield "the body is not multipart"
            return
        if not entry.body:
            if body and self._demands_something(content):
                yield "the body is missing"
            return
        if not body:
            yield "a body where none is known"
            return
        schema = content["application/json"]["schema"]
        value = json.loads(entry.body)
        yield from self.faults(schema, value)
        yield from (f"{place} is unknown" for place in self.unknown(schema, value))

    def answer_faults(self, operation: Mapping[str, Any], entry: Entry) -> Iterator[str]:
        """What is wrong with the answer, by its status."""
        responses = operation["responses"]
        one = responses.get(str(entry.status)) or responses.get(f"{entry.status // 100}XX") or responses.get("default")
        if one is None:
            yield f"status {entry.status} is in no contract"
            return
        content = self.resolved(one).get("content", {}).get("application/json")
        if content is None:
            return
        schema, value = content["schema"], json.loads(entry.answer)
        # An envelope is accepted or refused: which of both is known, so the fault is said about that one.
        if isinstance(value, dict) and "code" in value and len(schema.get("oneOf", ())) == 2:
            schema = schema["oneOf"][0 if value["code"] == 0 else 1]
        yield from (f"answer {says}" for says in self.faults(schema, value))

    def faults(self, schema: Mapping[str, Any], value: Any) -> Iterator[str]:
        """Violations of a schema of this file."""
        whole = {**schema, "components": self.document["components"]}
        for error in Draft202012Validator(whole).iter_errors(value):
            yield f"{'/'.join(map(str, error.absolute_path)) or 'whole'}: {error.message[:200]}"

    def unknown(self, schema: Mapping[str, Any], value: Any, place: str = "") -> Iterator[str]:
        """Fields that no schema declares."""
        schema = self.resolved(schema)
        if isinstance(value, dict) and "properties" in schema:
            for name, inner in value.items():
                here = f"{place}/{name}".lstrip("/")
                if name not in schema["properties"]:
                    yield here
                else:
                    yield from self.unknown(schema["properties"][name], inner, here)
        elif isinstance(value, list) and "items" in schema:
            for number, inner in enumerate(value):
                yield from self.unknown(schema["items"], inner, f"{place}/{number}")

    def text_faults(self, schema: Mapping[str, Any], text: str) -> Iterator[str]:
        """Violations of a query parameter, which travels as text."""
        schema = self.resolved(schema)
        kind = schema.get("type")
        value: Any = text
        if kind == "integer":
            if not re.fullmatch(r"-?\d+", text):
                yield f"{text!r} is no integer"
                return
            value = int(text)
        elif kind == "boolean":
            if text not in ("true", "false"):
                yield f"{text!r} is no boolean"
                return
            value = text == "true"
        elif kind == "array":
            value = text.split(",")
        yield from self.faults(schema, value)
        low, high = schema.get("x-range", (None, None))
        if low is not None and not low <= int(text) <= high:
            yield f"{text} is outside of {low} to {high}"

    def resolved(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """What a reference points at."""
        while "$ref" in value:
            at: Any = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                at = at[part]
            value = at
        return dict(value)

    def _demands_something(self, content: Mapping[str, Any]) -> bool:
        schema = content.get("application/json", {}).get("schema")
        return bool(schema and self.resolved(schema).get("required"))

"""A practice BigCommerce for tests, a caller that knows nothing of the hub's adapter, a hub end, and the OpenAPI file.

`Shop.faults()` holds every call that was taken, and every answer, against the platform's own description, where the shared folder has
it; `contract` is that. What the description gets wrong, by bigcommerce.md, stands in `GAPS`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import requests
from flask import Flask, Response, request
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator

from hub.seed import SeedCatalogue, SeedProduct
from hub.simulator import Entry, InProcessAdapter
from hub.stores.bigcommerce.sandbox import create_simulator
from tests.sandbox import magento_shop
from tests.support.openapi import CONTRACTS, Contract

BASE = "http://shop.test"
HUB = "http://hub.test"
HASH = "abc123"
SECRET = "bc-demo-secret-01"
ADDRESS = {"first_name": "A", "last_name": "Buyer", "street_1": "1 High St", "city": "Leeds", "state": "West Yorkshire", "zip": "LS1 1AA",
           "country_iso2": "GB", "email": "buyer+5770@example.com"}

# (operation, place of the fault, why): where bigcommerce.md knows better than its OpenAPI file.
GAPS = (
    ("getVariants", r"data/\d+/((sale_|retail_|cost_|fixed_cost_shipping_)?price|weight|width|height|depth|sku_id)", "3.3: null inherits"),
    ("getProduct|getProducts", r"data(/\d+)?/(base_variant_id|option_set_id|primary_image)", "3.2: null with options; none"),
    ("getWebhooks", r"data", "an account without hooks has an empty list"),
    ("getOrderFees", r"whole", "5.3: a list, as all sub-resources"),
    ("getOrders|getOrder|updateOrder|createOrder", r"(\d+/)?(external_source|external_merchant_id|external_order_id)", "5.1: null until written"),
    ("getOrders", r"query sort", "5.3: sort=date_modified:asc"),
    ("getOrders|getOrdersCount|updateOrder", r"(query )?is_deleted is unknown", "5.3: is_deleted"),
)  # fmt: skip


def catalogue() -> SeedCatalogue:
    """The contract tests' catalogue, and a bowl whose stock is tracked by product."""
    seed = magento_shop.seed()
    bowl = SeedProduct("bowl", "BOWL-1", "Harbour bowl", "<p>A bowl.</p>", Decimal("20.00"), quantity=7, categories=(("Home",),))
    return replace(seed, products=(*seed.products, bowl))


class OpenApi30(Contract):
    """The file of OpenAPI 3.0: `nullable`, fields that are only read, bodies of several parts, arrays with commas.

    oneOf is read as anyOf: several of the file's alternatives require nothing, so that a rightful value fits more than one of them.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(_any_of(document))
        self._validators: dict[tuple[int, bool], Any] = {}
        self._kept: list[Any] = []

    def faults(self, schema: Mapping[str, Any], value: Any, *, write: bool = False) -> Iterator[str]:
        """Violations of a schema of this file."""
        key = (id(schema), write)
        if key not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._kept.append(schema)
            self._validators[key] = (OAS30WriteValidator if write else OAS30ReadValidator)(whole)
        for error in self._validators[key].iter_errors(value):
            yield f"{'/'.join(map(str, error.absolute_path)) or 'whole'}: {error.message[:200]}"

    def unknown(self, schema: Mapping[str, Any], value: Any, place: str = "") -> Iterator[str]:
        """Fields that none of a body's parts declares."""
        known = self._properties(schema)
        if isinstance(value, dict) and known:
            for name, inner in value.items():
                here = f"{place}/{name}".lstrip("/")
                if name not in known:
                    yield here
                else:
                    yield from self.unknown({"anyOf": known[name]}, inner, here)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                parts = [part["items"] for part in self._parts(schema) if "items" in part]
                if parts:
                    yield from self.unknown({"anyOf": parts}, inner, f"{place}/{number}")

    def _parts(self, schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        schema = self.resolved(schema)
        yield schema
        for word in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(word, ()):
                yield from self._parts(part)

    def _properties(self, schema: Mapping[str, Any]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for part in self._parts(schema):
            for name, inner in part.get("properties", {}).items():
                found.setdefault(name, []).append(inner)
        return found

    def request_faults(self, operation: Mapping[str, Any], entry: Entry) -> Iterator[str]:
        """What is wrong with the query and the body."""
        declared = [self.resolved(one) for one in operation.get("parameters", [])]
        by_name = {one["name"]: one for one in declared if one["in"] == "query"}
        for name, text in entry.query.items():
            if name not in by_name:
                yield f"query {name} is unknown"
                continue
            schema = self.resolved(by_name[name]["schema"])
            # "…:in" of the inventory calls is declared as one value and takes several with commas, as its siblings do.
            texts = text.split(",") if schema.get("type") == "array" or name.endswith(":in") else [text]
            for one in texts:
                inner = self.resolved(schema.get("items", schema))
                yield from (f"query {name}: {says}" for says in self.faults(inner, _typed(inner, one)))
        body = operation.get("requestBody")
        if not entry.body:
            if body and self.resolved(body).get("required"):
                yield "the body is missing"
        elif not body:
            yield "a body where none is known"
        else:
            schema = self.resolved(body)["content"]["application/json"]["schema"]
            value = json.loads(entry.body)
            yield from (f"body {says}" for says in self.faults(schema, value, write=True))
            yield from (f"body {place} is unknown" for place in self.unknown(schema, value))

    def answer_faults(self, operation: Mapping[str, Any], entry: Entry) -> Iterator[str]:
        """What is wrong with an answer: of a success by its schema, of a refusal by the shapes of bigcommerce.md 8."""
        if entry.status >= 400:
            yield from refusal_faults(entry)
            return
        if entry.status == 204:
            if entry.answer:
                yield "204 has a body"
            return
        one = operation["responses"].get(str(entry.status))
        if one is None:
            yield f"status {entry.status} is in no contract"
            return
        content = self.resolved(one).get("content", {}).get("application/json")
        if content is not None:
            yield from (f"answer {says}" for says in self.faults(content["schema"], json.loads(entry.answer)))

    def check(self, entry: Entry) -> str:
        """Hold a call of the journal against the file; answers the operation's name, raises AssertionError with all faults.

        A refused request need not fit: that is what it was refused for.
        """
        path = re.sub(r"^/stores/[^/]+", "", entry.path)
        operation = self.operation(entry.method, path)
        name = str(operation["operationId"])
        faults = [] if entry.status >= 400 else list(self.request_faults(operation, entry))
        faults += self.answer_faults(operation, entry)
        faults = [one for one in faults if not _is_gap(name, one)]
        assert not faults, f"{entry.method} {path}: " + "; ".join(faults)
        return name


def _any_of(value: Any) -> Any:
    if isinstance(value, list):
        return [_any_of(one) for one in value]
    if isinstance(value, dict):
        return {"anyOf" if name == "oneOf" else name: _any_of(one) for name, one in value.items()}
    return value


def _typed(schema: Mapping[str, Any], text: str) -> Any:
    kind = schema.get("type")
    try:
        if kind in ("integer", "number"):
            return int(text) if kind == "integer" or text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return text
    return {"true": True, "false": False}.get(text, text) if kind == "boolean" else text


def _is_gap(operation: str, fault: str) -> bool:
    place = re.sub("^(answer|body) ", "", fault).partition(":")[0]
    return any(re.fullmatch(name, operation) and re.fullmatch(pattern, place) for name, pattern, _ in GAPS)


def refusal_faults(entry: Entry) -> Iterator[str]:
    """v2: a list of {status, message}; v3: {status, title, type, errors}, or one of the two shapes of refunds."""
    told = json.loads(entry.answer)
    if "/v2/" in entry.path:
        if not isinstance(told, list) or not told or not all(
                one.keys() <= {"status", "message", "details"} and one["status"] == entry.status and one["message"] for one in told):
            yield f"refusal {told}"
        return
    rows = told["data"] if isinstance(told, dict) and "data" in told else [told]
    for one in rows:
        is_problem = {"status", "title", "type", "errors"} <= one.keys() and one["title"]
        is_busy = {"order_id", "status", "error"} == one.keys()
        if not (is_problem or is_busy) or one["status"] != entry.status:
            yield f"refusal {told}"


@cache
def contract() -> OpenApi30 | None:
    """The platform's file, or None where the shared folder has none; on CI it must be there."""
    path = CONTRACTS / "bigcommerce.openapi.json"
    assert path.exists() or os.environ.get("CI") != "true", "bigcommerce.openapi.json is not there"
    return OpenApi30(json.loads(path.read_text())) if path.exists() else None


def signature(message_id: str, stamp: str, body: bytes, secret: str = SECRET) -> str:
    """Standard Webhooks, from the contract's words."""
    text = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


class HubEnd:
    """Stands where the hub stands: keeps what comes and answers `status`, or what `answers` holds first."""

    def __init__(self) -> None:
        self.app = Flask("hub end")
        self.status = 200
        self.answers: list[int] = []
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.arrived = threading.Event()

        @self.app.post("/<path:rest>")
        def hook(rest: str) -> Response:
            self.calls.append(({name.lower(): value for name, value in request.headers}, request.get_data()))
            self.arrived.set()
            return Response("", self.answers.pop(0) if self.answers else self.status)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The bodies, in order."""
        return [json.loads(body) for _, body in self.calls]

    def scopes(self) -> list[str]:
        """What they were about."""
        return [one["scope"] for one in self.events]


class Shop:
    """A store, a caller with its token, and the hub's end."""

    def __init__(self, **settings: Any) -> None:
        self.hub = HubEnd()
        http = requests.Session()
        http.mount(HUB, InProcessAdapter(self.hub.app))
        options = {"catalogue": catalogue(), "base_url": BASE, "store_hash": HASH, "client_secret": SECRET, "by_product": ("bowl",), "http": http}
        self.app = create_simulator(**{**options, **settings})
        self.sim = self.app.sim
        self.http = requests.Session()
        self.http.mount(BASE, InProcessAdapter(self.app))
        self.rows = {row["sku"]: row for row in self.control("GET", "products")}

    def raw(self, method: str, path: str, *, token: str | None = None, headers: Mapping[str, str] | None = None, store: str = HASH,
            **options: Any) -> requests.Response:
        """A call as it comes, whatever is wrong with it."""
        sent = {"X-Auth-Token": self.sim.account.token if token is None else token, "Accept": "application/json", **(headers or {})}
        return self.http.request(method, f"{BASE}/stores/{store}{path}", headers=sent, **options)

    def get(self, path: str, **query: Any) -> Any:
        """A read that must succeed; None for 204. A colon in a filter's name is written with two underscores."""
        answer = self.raw("GET", path, params={name.replace("__", ":"): value for name, value in query.items()})
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.content else None

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """A write that must succeed; None for 204."""
        answer = self.raw(method, path, **({} if body is None else {"json": body}))
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """A call that must not succeed: status and all it says."""
        answer = self.raw(method, path, params={name.replace("__", ":"): value for name, value in query.items()},
                          **({} if body is None else {"json": body}))
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.text

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A control command that must succeed."""
        answer = self.http.request(method, f"{BASE}/sandbox/{path}", json=body if body is not None else {})
        assert answer.status_code < 300, answer.text
        return answer.json()

    def ids(self, sku: str) -> dict[str, int]:
        """`product_id` and `variant_id` of a SKU, as an order line names them."""
        row = self.rows[sku]
        return {"product_id": int(row["product_id"]), "variant_id": int(row["variant_id"])}

    def stock(self, sku: str) -> int:
        """What can be sold of it, in truth."""
        return next(row["quantity"] for row in self.control("GET", "products") if row["sku"] == sku)

    def line(self, sku: str, quantity: int = 1, ex: float = 8.0, inc: float = 9.6) -> dict[str, Any]:
        """A catalogue line."""
        return {**self.ids(sku), "quantity": quantity, "price_ex_tax": ex, "price_inc_tax": inc}

    def order_body(self, **changes: Any) -> dict[str, Any]:
        """Two mugs and a hoodie, shipping 2.99, from TikTok Shop, ready to be packed: total 31.79."""
        body = {"status_id": 11, "customer_id": 0, "channel_id": 1, "external_source": "4321", "external_order_id": "5770",
                "payment_method": "TikTok Shop",
                "billing_address": ADDRESS, "shipping_addresses": [{**ADDRESS, "shipping_method": "TikTok Standard"}],
                "products": [self.line("MUG-1", 2), self.line("HOOD-R-S")], "shipping_cost_ex_tax": "2.49", "shipping_cost_inc_tax": "2.99"}
        return {name: value for name, value in {**body, **changes}.items() if value is not None}

    def order(self, **changes: Any) -> dict[str, Any]:
        """One that was made."""
        return self.send("POST", "/v2/orders", self.order_body(**changes))

    def lines(self, order_id: int) -> list[dict[str, Any]]:
        """Its lines."""
        return self.get(f"/v2/orders/{order_id}/products")

    def hook(self, scope: str, path: str = "hooks/1", **more: Any) -> dict[str, Any]:
        """A webhook to the hub's end."""
        return self.send("POST", "/v3/hooks", {"scope": scope, "destination": f"{HUB}/{path}", **more})["data"]

    def deliver(self) -> list[str]:
        """Lets the store send what is due; what the hub got since the last time, by scope."""
        before = len(self.hub.calls)
        self.control("POST", "events/deliver")
        return self.hub.scopes()[before:]

    def faults(self) -> list[str]:
        """What of all calls and answers so far does not fit the platform's description."""
        found = []
        known = contract()
        for entry in self.sim.journal.entries() if known else ():
            if entry.path.startswith("/stores/") and known and entry.answer and not entry.fault and is_json(entry):
                try:
                    assert known.check(entry) == entry.operation, f"{entry.operation} is the name of another operation"
                except AssertionError as fault:
                    found.append(str(fault)[:600])
        return found


def is_json(entry: Entry) -> bool:
    """Whether the answer is JSON and the call is one of the API's operations: other refusals have no operation to be held against."""
    return not entry.answer.startswith("<") and " " not in entry.operation

"""The door of the practice API: who calls, what he may, how often, in which format (contract 1, 2, 8).

Every call under ``/stores/<hash>/v2|v3/…`` comes through `Gate.answer`: store hash (404), token (401), quota (429), path and
method (404, 405), scope (403), Accept (406), Content-Type (415), query names (v2 400, v3 422), JSON (400), then the operation
itself. Each answer carries ``X-Request-ID`` and the rate headers. Operations are named as the OpenAPI file names them.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Response, request

from hub import clock
from hub.stores.bigcommerce.sandbox.wire import Refusal, xml

if TYPE_CHECKING:
    from hub.stores.bigcommerce.sandbox import BigCommerceSim

PLANS = {"Standard": 150, "Plus": 150, "Pro": 450, "Enterprise": 3000}
WINDOW = timedelta(seconds=30)
SCOPES = (
    "store_v2_products", "store_inventory", "store_locations", "store_v2_orders", "store_v2_transactions", "store_v2_customers",
    "store_v2_information", "store_channel_settings", "store_channel_listings", "store_sites",
)  # fmt: skip
_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(slots=True)
class Account:
    """An API account: what the merchant is shown once."""

    name: str
    client_id: str
    client_secret: str
    token: str
    scopes: frozenset[str]

    @classmethod
    def draw(cls, name: str, scopes: frozenset[str]) -> Account:
        """A new one with keys of its own."""
        word = secrets.token_hex
        return cls(name, word(16)[:31], word(32), word(16)[:31], scopes)

    def may(self, scope: str, *, write: bool) -> bool:
        """Whether it has this scope, for reading also in its read-only form. "" is always there."""
        return not scope or scope in self.scopes or (not write and f"{scope}_read_only" in self.scopes)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation: ids of the path, query, body (numbers exact), and who makes it."""

    sim: BigCommerceSim
    account: Account
    ids: Mapping[str, int]
    query: Mapping[str, str]
    body: Any

    def listed(self, name: str) -> list[str]:
        """A comma-separated query list, empty where it is not given."""
        return [one for one in self.query.get(name, "").split(",") if one]

    def numbers(self, name: str) -> list[int]:
        """The same as whole numbers. Raises 422."""
        try:
            return [int(one) for one in self.listed(name)]
        except ValueError:
            raise Refusal(422, f"{name} takes whole numbers", {name: "must be a number"}) from None


Handler = Callable[[Call], Any]
"""Answers a body, or (body, status); None is 204."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: `scopes` any of which is enough, names of its query, `writes` where it needs more than read-only."""

    name: str
    method: str
    path: str
    scopes: tuple[str, ...]
    run: Handler
    query: frozenset[str]
    writes: bool

    @property
    def version(self) -> str:
        """v2 or v3."""
        return self.path[1:3]


@dataclass(slots=True)
class Table:
    """The operations of one part of the API, as its module declares them."""

    scopes: tuple[str, ...]
    operations: list[Operation] = field(default_factory=list)

    def on(self, name: str, method: str, path: str, *query: str, scopes: tuple[str, ...] | None = None) -> Callable[[Handler], Handler]:
        """Declares a handler for an operation."""

        def declare(run: Handler) -> Handler:
            asked = self.scopes if scopes is None else scopes
            self.operations.append(Operation(name, method, path, asked, run, frozenset(query), method != "GET"))
            return run

        return declare


class Quota:
    """Calls left in the running window of 30 seconds, which all apps of the store share."""

    def __init__(self, per_window: int) -> None:
        self.per_window = per_window
        self.overload = 0
        self._began: datetime | None = None
        self._used = 0

    def take(self) -> bool:
        """Counts one call; False where the quota is used up."""
        now = clock.now()
        if self._began is None or not timedelta() <= now - self._began < WINDOW:
            self._began, self._used = now, 0
        if self._used >= self.per_window:
            return False
        self._used += 1
        return True

    def use(self, left: int) -> None:
        """Other apps of the store took all but so many."""
        self._began, self._used = clock.now(), max(0, self.per_window - left)

    def age(self, passed: timedelta) -> None:
        """So much time passed of the window."""
        self._began = self._began - passed if self._began else None

    def headers(self) -> dict[str, str]:
        """What every answer says of it."""
        left = max(0, self.per_window - self._used)
        wait = WINDOW - (clock.now() - self._began) if self._began else WINDOW
        reset_ms = max(0, int(wait.total_seconds() * 1000))
        told = {"X-Rate-Limit-Requests-Left": str(left), "X-Rate-Limit-Requests-Quota": str(self.per_window),
                "X-Rate-Limit-Time-Window-Ms": str(int(WINDOW.total_seconds() * 1000)), "X-Rate-Limit-Time-Reset-Ms": str(reset_ms),
                "X-BC-ApiLimit-Remaining": str(left)}
        return told | ({} if left else {"X-Retry-After": str(math.ceil(reset_ms / 1000))})


class Gate:
    """Finds the operation of a call, lets it in or not, and writes its answer."""

    def __init__(self, sim: BigCommerceSim, operations: list[Operation]) -> None:
        self._sim = sim
        self.operations = operations
        self._patterns = [(re.compile(_VARIABLE.sub(r"(?P<\1>\\d+)", one.path) + "$"), one)
                          for one in sorted(operations, key=lambda one: one.path.count("{"))]

    def name(self, method: str, path: str) -> str:
        """What the journal calls this call."""
        found = [one for pattern, one in self._patterns if pattern.match(path)]
        return next((one.name for one in found if one.method == method), f"{method} {path}")

    def answer(self, store_hash: str, path: str) -> Response:
        """The whole way of a call. The caller holds the shop's lock."""
        sim, version = self._sim, path[1:3]
        headers = {"X-Request-ID": uuid.uuid4().hex}
        if sim.quota.overload:
            # Platform load: no rate headers, so that a client cannot read how long (contract 2).
            sim.quota.overload -= 1
            return self._written(version, Refusal(429, "Too many requests").body(version), 429, headers)
        try:
            account = self._account(store_hash)
            if not sim.quota.take():
                raise Refusal(429, "You have exceeded your API request limit.")
            body, status = self._run(account, version, path)
        except Refusal as no:
            body, status = no.body(version), no.status
        return self._written(version, body, status, headers | sim.quota.headers())

    def _account(self, store_hash: str) -> Account:
        sim = self._sim
        if store_hash != sim.shop.store_hash:
            raise Refusal(404, "No store was found with this hash.")
        token = request.headers.get("X-Auth-Token", "")
        account = sim.accounts.get(token)
        if account is None:
            raise Refusal(401, "The request contained missing or invalid API authentication credentials.")
        return account

    def _run(self, account: Account, version: str, path: str) -> tuple[Any, int]:
        found = [(match, one) for pattern, one in self._patterns if (match := pattern.match(path))]
        if not found:
            raise Refusal(404, "The requested resource was not found.")
        match, operation = next(((match, one) for match, one in found if one.method == request.method), (None, None))
        if operation is None or match is None:
            raise Refusal(405, f"The method {request.method} is not allowed here.")
        if operation.scopes and not any(account.may(one, write=operation.writes) for one in operation.scopes):
            raise Refusal(403, "You don't have a required scope to access the endpoint")
        self._check_format(version, operation)
        call = Call(self._sim, account, {name: int(value) for name, value in match.groupdict().items()}, self._query(operation),
                    self._body(operation))
        answered = operation.run(call)
        if answered is None:
            return None, 204
        return answered if isinstance(answered, tuple) else (answered, 200)

    def _check_format(self, version: str, operation: Operation) -> None:
        accept = request.headers.get("Accept", "*/*")
        if version == "v3" and not any(one in accept for one in ("application/json", "application/*", "*/*")):
            raise Refusal(406, "This resource answers application/json only.")
        if request.get_data() and request.mimetype != "application/json":
            raise Refusal(415, "The Content-Type must be application/json.")

    def _query(self, operation: Operation) -> dict[str, str]:
        query = {name: ",".join(request.args.getlist(name)) for name in request.args}
        unknown = sorted(set(query) - operation.query)
        if unknown and operation.version == "v2":
            raise Refusal(400, f"The field '{unknown[0]}' is not supported by this resource.")
        if unknown:
            raise Refusal(422, f"The filter(s): {', '.join(unknown)} are not valid filter parameter(s).")
        return query

    def _body(self, operation: Operation) -> Any:
        raw = request.get_data()
        if operation.method not in ("POST", "PUT"):
            return None
        try:
            return json.loads(raw, parse_float=Decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Refusal(400, "The body is no JSON.") from None

    def _written(self, version: str, body: Any, status: int, headers: Mapping[str, str]) -> Response:
        if status == 204:
            response = Response("", 204)
        elif version == "v2" and "application/json" not in request.headers.get("Accept", ""):
            response = Response(f'<?xml version="1.0" encoding="UTF-8"?>{xml(body)}', status, content_type="application/xml")
        else:
            is_problem = version == "v3" and status == 422 and "/inventory/" in request.path
            response = Response(json.dumps(body), status, content_type="application/problem+json" if is_problem else "application/json")
        response.headers.extend(headers)
        return response


def _no_constant(word: str) -> None:
    raise ValueError(word)

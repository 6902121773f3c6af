"""Shopify's GraphQL calls: pace by cost, what each kind of error means, lists page by page (contracts/shopify.md 2, 3.5, 7)."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub import log
from hub.domain.problems import problem
from hub.errors import NeedsReconnect, NotAllowed, Refused, Temporary
from hub.http import LONGEST_WAIT_S, Answer, Api, Budget, first_message, raise_for
from hub.stores.base import api_options
from hub.stores.shopify.documents import name_of
from hub.stores.shopify.oauth import Login, how_to_grant
from hub.stores.shopify.settings import API_VERSION, ShopifyKeys

# So often one call waits for points before its task is put off.
THROTTLED_TRIES = 5
# What a document is taken to cost before its first answer told.
_UNKNOWN_COST = 50.0
_FROZEN = {402: "Shopify has frozen this store because a bill is open. Settle it in Shopify under Settings › Billing",
           423: "Shopify has locked this store. Ask Shopify's support why"}
_LATER = 600.0

_log = log.get("hub.stores.shopify")


@dataclass(frozen=True, slots=True)
class UserError:
    """One thing that Shopify did not take: where (``order.lineItems.0.variantId``), its words, and its code where it has one."""

    field: str
    message: str
    code: str


class NotTaken(Refused):
    """A mutation that Shopify answered with ``userErrors``: all of them, in ``errors``."""

    def __init__(self, errors: Sequence[UserError]) -> None:
        super().__init__("; ".join(dict.fromkeys(one.message for one in errors)), code=errors[0].code)
        self.errors = tuple(errors)


class TooCostly(Refused):
    """The document asks for more points than one query may cost: ask for less at a time."""


class Bucket:
    """The points of one app in one shop, as Shopify told them last. Shared by all stores of this process that are the same shop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._available: float | None = None
        self._maximum = self._restore = 0.0
        self._at = 0.0
        self._costs: dict[str, float] = {}

    def take(self, name: str) -> float:
        """How long to wait before this document is sent; its points count as spent until its answer comes. A wait that is too long
        for a call takes none: then nothing is sent."""
        with self._lock:
            if self._available is None or self._restore <= 0:
                return 0.0
            now = time.monotonic()
            have = min(self._maximum, self._available + (now - self._at) * self._restore)
            cost = min(self._costs.get(name, _UNKNOWN_COST), self._maximum)
            wait = max(0.0, (cost - have) / self._restore)
            if wait <= LONGEST_WAIT_S:
                self._available, self._at = max(have - cost, -self._maximum), now
            return wait

    def note(self, name: str, cost: Mapping[str, Any]) -> None:
        """What ``extensions.cost`` says. A field that is missing or of another kind is passed over."""
        status = cost.get("throttleStatus")
        with self._lock:
            if (asked := _number(cost.get("requestedQueryCost"))) is not None:
                self._costs[name] = asked
            if isinstance(status, Mapping):
                found = [_number(status.get(part)) for part in ("currentlyAvailable", "maximumAvailable", "restoreRate")]
                if None not in found:
                    self._available, self._maximum, self._restore = (float(one or 0) for one in found)
                    self._at = time.monotonic()


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, (bool, Mapping)) else float(value)
    except (TypeError, ValueError):
        return None


_buckets: dict[tuple[str, str], Bucket] = {}
_buckets_lock = threading.Lock()


def bucket_of(keys: ShopifyKeys) -> Bucket:
    """The bucket of this app in this shop."""
    with _buckets_lock:
        return _buckets.setdefault((keys.origin, keys.api_key), Bucket())


class _Pace:
    """The hub's own budget and Shopify's points as one: the longer wait counts. ``document`` is what is sent next."""

    def __init__(self, inner: Budget | None, bucket: Bucket) -> None:
        self.document = ""
        self._inner = inner
        self._bucket = bucket

    def acquire(self, n: int = 1) -> float:
        """Seconds to wait before the call."""
        return max(self._inner.acquire(n) if self._inner is not None else 0.0, self._bucket.take(self.document))

    def took(self, seconds: float) -> None:
        """A call took so long."""
        if self._inner is not None:
            self._inner.took(seconds)

    def pause(self, seconds: float) -> None:
        """Shopify asked for a pause."""
        if self._inner is not None:
            self._inner.pause(seconds)


class Client:
    """One shop's Admin API. Raises hub.errors only. Not for several threads at once."""

    def __init__(self, login: Login, options: Mapping[str, Any]) -> None:
        self.login = login
        self.version = ""
        keys = login.keys
        self._bucket = bucket_of(keys)
        self._pace = _Pace(options.get("budget"), self._bucket)
        self.api = Api(keys.origin, headers={"Accept": "application/json"}, **{**api_options(options), "budget": self._pace})

    def call(self, document: str, variables: Mapping[str, Any] | None = None, *, crash_point: str | None = None) -> Mapping[str, Any]:
        """One document's ``data``. Where only a part came, what came.

        Raises `Temporary` (busy, throttled longer than one waits in a call), `NeedsReconnect`, `Refused` with a problem that names a
        missing permission, `TooCostly`.
        """
        name = name_of(document)
        wait = 0.0
        for _ in range(THROTTLED_TRIES):
            body = self._body(self._send(name, document, variables or {}, crash_point))
            errors = _errors(body)
            cost = _part(_part(body, "extensions"), "cost")
            self._bucket.note(name, cost)
            if not any(_code(one) == "THROTTLED" for one in errors):
                return self._data(name, body, errors)
            wait = _wait_for(cost)
            _log.info("shopify throttled us", document=name, seconds=round(wait, 1))
        # Not sent in its effect: Shopify refuses such a call before it runs.
        raise Temporary("Shopify asked us to slow down", retry_after=wait + random.uniform(0, 1), sent=False)

    def write(self, document: str, variables: Mapping[str, Any], field: str, *, crash_point: str, errors: str = "userErrors") -> Mapping[str, Any]:
        """A mutation's payload. Raises `NotTaken` with every user error, and what `call` raises."""
        payload = self.call(document, variables, crash_point=crash_point).get(field)
        if not isinstance(payload, Mapping):
            raise Temporary("Shopify's answer lacks the result", sent=True)
        found = [UserError(".".join(str(part) for part in one.get("field") or ()), str(one.get("message") or "no reason given"),
                           str(one.get("code") or "")) for one in payload.get(errors) or ()]
        if found:
            raise NotTaken(found)
        return payload

    def pages(self, document: str, path: Sequence[str], variables: Mapping[str, Any] | None = None, *, first: int,
              after: str = "") -> Iterator[tuple[str, list[Any]]]:
        """A connection page by page: the cursor behind each, and its nodes. The page shrinks where Shopify finds it too costly."""
        cursor = after
        while True:
            nodes, following, first = self.page(document, path, variables, first=first, after=cursor)
            if nodes:
                yield following or cursor, nodes
            if not following or following == cursor:
                return
            cursor = following

    def page(self, document: str, path: Sequence[str], variables: Mapping[str, Any] | None = None, *, first: int,
             after: str = "") -> tuple[list[Any], str, int]:
        """One page of a connection: its nodes, the cursor of the next ("" at the end), and the size that went through."""
        found, first = self.lessening(document, {**(variables or {}), "after": after or None}, first)
        for name in path:
            found = _part(found, name)
        info = _part(found, "pageInfo")
        return ([node for node in found.get("nodes") or () if node is not None],
                str(info.get("endCursor") or "") if info.get("hasNextPage") else "", first)

    def lessening(self, document: str, variables: Mapping[str, Any], first: int, name: str = "first") -> tuple[Mapping[str, Any], int]:
        """Calls with ``first``, halved for as long as that is too costly; the data and the size that went through."""
        while True:
            try:
                return self.call(document, {**variables, name: first}), first
            except TooCostly:
                if first <= 1:
                    raise
                first //= 2

    def rest(self, there: Mapping[str, Any], document: str, path: Sequence[str], variables: Mapping[str, Any], *, first: int) -> list[Any]:
        """All nodes of a nested connection: those that came, topped up page by page."""
        nodes = [node for node in there.get("nodes") or () if node is not None]
        info = _part(there, "pageInfo")
        if info.get("hasNextPage") and info.get("endCursor"):
            for _, more in self.pages(document, path, variables, first=first, after=str(info["endCursor"])):
                nodes += more
        return nodes

    # -- below GraphQL

    def _send(self, name: str, document: str, variables: Mapping[str, Any], crash_point: str | None) -> Answer:
        token = self.login.token()
        answer = self._post(name, document, variables, token, crash_point)
        if answer.status == 401:
            # An hour's token may end between two looks at the clock: once renewed, it is asked again.
            answer = self._post(name, document, variables, self.login.renew(token), crash_point)
            if answer.status == 401:
                raise _lost(answer)
        return answer

    def _post(self, name: str, document: str, variables: Mapping[str, Any], token: str, crash_point: str | None) -> Answer:
        self._pace.document = name
        return self.api.send("POST", f"/admin/api/{API_VERSION}/graphql.json", json={"query": document, "variables": dict(variables)},
                             headers={"X-Shopify-Access-Token": token}, crash_point=crash_point)

    def _body(self, answer: Answer) -> Mapping[str, Any]:
        if answer.status in _FROZEN:
            raise Temporary(_FROZEN[answer.status], retry_after=_LATER, status=answer.status)
        if answer.status == 403:
            raise lacks(first_message(answer) or "access to the Admin API")
        if answer.status == 404:
            raise Refused(f"There is no Shopify store at {answer.remote}.", status=404, problems=(
                problem("store.not_expected", address=answer.remote, platform="Shopify"),))
        try:
            raise_for(answer)
        except NotAllowed as error:
            raise _lost(answer) from error
        body = answer.json()
        if not isinstance(body, Mapping) or not ("data" in body or "errors" in body):
            raise Refused("This address does not answer as Shopify does.", problems=(
                problem("store.not_expected", address=answer.remote, platform="Shopify"),))
        self.version = answer.headers.get("x-shopify-api-version", "") or self.version
        return body

    def _data(self, name: str, body: Mapping[str, Any], errors: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        data = body.get("data")
        if errors and (not isinstance(data, Mapping) or all(value is None for value in data.values())):
            raise _refusal(errors)
        if errors:
            _log.warning("shopify answered in part", document=name, errors=[str(one.get("message"))[:200] for one in errors[:5]])
        if not isinstance(data, Mapping):
            raise Temporary("Shopify's answer holds no data", sent=True)
        return data


def lacks(what: str) -> Refused:
    """One permission is missing; the login itself is right."""
    found = replace(problem("store.permission", what=what), fix=how_to_grant())
    return Refused(found.says, problems=(found,), code="permission")


def _lost(answer: Answer) -> Exception:
    return NeedsReconnect("Shopify no longer accepts our sign-in.", hint="Press “Go to authorize” again, or enter a new access token.",
                          status=answer.status)


def _refusal(errors: Sequence[Mapping[str, Any]]) -> Exception:
    """What top-level errors without any data mean. All are told; the first that says what to do decides."""
    says = "; ".join(dict.fromkeys(str(one.get("message") or "no reason given") for one in errors))[:500]
    for one in errors:
        code, extensions = _code(one), _part(one, "extensions")
        if code == "ACCESS_DENIED":
            needed = str(extensions.get("requiredAccess") or one.get("message") or "access").replace("`", "")
            return lacks(needed.removesuffix("."))
        if code == "MAX_COST_EXCEEDED":
            return TooCostly(says, code=code)
        if code == "INTERNAL_SERVER_ERROR":
            return Temporary("Shopify had an error of its own", request_id=str(extensions.get("requestId", "")), sent=True)
        if code == "SHOP_INACTIVE":
            return Temporary("Shopify says that this store is not active", retry_after=_LATER, sent=False)
    return Refused(f"Shopify refused this: {says}", code=_code(errors[0]))


def _errors(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = body.get("errors")
    if isinstance(found, list):
        return [one if isinstance(one, Mapping) else {"message": str(one)} for one in found]
    return [{"message": str(found)}] if found else []


def _code(error: Mapping[str, Any]) -> str:
    return str(_part(error, "extensions").get("code") or "")


def _wait_for(cost: Mapping[str, Any]) -> float:
    """Seconds until the bucket holds what the document asks for (contracts/shopify.md 2); one where Shopify does not say."""
    status = _part(cost, "throttleStatus")
    asked, have, restore = (_number(one) for one in (cost.get("requestedQueryCost"), status.get("currentlyAvailable"), status.get("restoreRate")))
    if asked is None or have is None or not restore:
        return 1.0
    return max(0.0, (asked - have) / restore)


def _part(value: Any, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}

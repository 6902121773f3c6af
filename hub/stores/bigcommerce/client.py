"""BigCommerce's REST calls: both shapes of answers, rate headers, errors in words (contracts/bigcommerce.md 1, 2, 8).

v2 answers bare JSON, and 204 where there is nothing; v3 wraps ``data`` and ``meta``. The quota of a store is shared by all of
its apps: each answer says what is left of it, and the calls are spread over what is left of its window.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hub.domain.problems import problem
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.http import Answer, Api, Limits, first_message, raise_for, seconds_to_wait
from hub.stores.base import api_options
from hub.stores.bigcommerce.settings import API, BigCommerceKeys

# Below this share of the quota, what is left is spread over the rest of the window.
SPREAD_BELOW = Decimal("0.25")
# A 429 without headers is load of the platform, not our quota: it passes more slowly (2).
LOADED_S = 60.0
# A page of 250 products with variants and pictures is larger than other answers.
CATALOGUE = Limits(max_body=48 * 1024 * 1024)

# Which permission a path needs (1.2), the longest first.
_SCOPES = (
    ("/v2/orders", "store_v2_orders"), ("/v2/order_statuses", "store_v2_orders"), ("/v3/orders", "store_v2_orders"),
    ("/v3/catalog", "store_v2_products"), ("/v3/inventory/locations", "store_locations"), ("/v3/inventory", "store_inventory"),
    ("/v3/settings", "store_v2_information"), ("/v2/store", "store_v2_information"),
)
_TITLES = {"store_v2_orders": "Orders", "store_v2_products": "Products", "store_inventory": "Store Inventory",
           "store_locations": "Store Locations", "store_v2_information": "Information & Settings"}


def scope_of(path: str, *, writes: bool = False) -> str:
    """The permission that a call needs, by BigCommerce's code and its title on the API account's page."""
    # The stock of one location is a path below locations.
    if path.startswith("/v3/inventory/locations/") and path.endswith("/items"):
        code = "store_inventory"
    else:
        code = next((scope for start, scope in _SCOPES if path.startswith(start)), path)
    wanted = "modify" if writes else "read-only"
    return f"{code} ({_TITLES[code]}: {wanted})" if code in _TITLES else code


class Client:
    """One store's REST. Raises hub.errors only."""

    def __init__(self, keys: BigCommerceKeys, options: Mapping[str, Any]) -> None:
        self.keys = keys
        guard = options.get("guard")
        if keys.api_url and not keys.api_url.startswith(API) and guard is not None and not guard.practice:
            raise Refused("Only a practice store may answer elsewhere than at BigCommerce.")
        self.api = Api(keys.address, headers={"X-Auth-Token": keys.access_token, "Accept": "application/json"}, **api_options(options))

    # -- reads

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """A read; None for what is not there (404) and for an answer without a body (204)."""
        answer = self.send("GET", path, query)
        if answer.status == 404:
            return None
        return self.read(answer, path)

    def data(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """The ``data`` of a v3 read; None where there is none."""
        body = self.get(path, query)
        return body.get("data") if isinstance(body, Mapping) else None

    def rows(self, path: str, query: Mapping[str, Any] | None = None, *, size: int = 250) -> Iterator[Mapping[str, Any]]:
        """All rows of a v3 list, page by page: for lists that do not move meanwhile."""
        page = 1
        while True:
            body = self.get(path, {**(query or {}), "page": page, "limit": size})
            found = body.get("data") if isinstance(body, Mapping) else None
            if not isinstance(found, list):
                return
            yield from found
            pages = ((body.get("meta") or {}).get("pagination") or {}).get("total_pages")
            if len(found) < size if pages is None else page >= int(pages):
                return
            page += 1

    def rows2(self, path: str, query: Mapping[str, Any] | None = None, *, size: int = 250) -> Iterator[Mapping[str, Any]]:
        """All rows of a v2 list; it ends with a short page, an empty one, or 204."""
        page = 1
        while True:
            found = self.get(path, {**(query or {}), "page": page, "limit": size})
            if not isinstance(found, list):
                return
            yield from found
            if len(found) < size:
                return
            page += 1

    def lacks(self, method: str, path: str, query: Mapping[str, Any] | None = None) -> str | None:
        """Whether this call is not allowed: None, or the permission that is missing. A write goes to an id that never is."""
        answer = self.send(method, path, query, None if method == "GET" else {})
        if answer.status == 403:
            return scope_of(path, writes=method != "GET")
        if answer.status == 401:
            self.read(answer, path)
        if answer.status == 429 or answer.status >= 500:
            self.read(answer, path)
        return None

    # -- writes

    def write(self, method: str, path: str, body: Any, crash_point: str) -> Any:
        """A write; the answer's JSON, None where it has none."""
        return self.read(self.send(method, path, None, body, crash_point), path, writes=True)

    # -- below

    def send(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None, crash_point: str | None = None,
             limits: Limits | None = None) -> Answer:
        """One call, whatever its status; the quota that is left is heeded."""
        data = None if body is None else json.dumps(body, separators=(",", ":"), default=_plain).encode()
        answer = self.api.send(method, path, params=query, data=data, crash_point=crash_point, limits=limits,
                               headers={"Content-Type": "application/json"} if data else None)
        self._heed(answer)
        return answer

    def read(self, answer: Answer, path: str, *, writes: bool = False) -> Any:
        """The JSON of a success; raises what any other status means."""
        if answer.ok:
            return answer.json() if answer.body else None
        if answer.status == 401:
            raise self._no_entry(answer)
        if answer.status == 403:
            found = problem("store.permission", what=scope_of(path, writes=writes), raw=says(answer) or "403")
            raise Refused(found.says, problems=(found,), code="permission", status=403)
        if answer.status == 429:
            raise Temporary("BigCommerce asked us to slow down", retry_after=wait_of(answer), status=429, sent=True)
        if answer.status in (408, 423, 425) or answer.status >= 500 and answer.status != 507:
            raise Temporary("BigCommerce is busy", retry_after=wait_of(answer) if _names_wait(answer) else None, status=answer.status, sent=True,
                            request=answer.headers.get("x-request-id", ""))
        if answer.status < 400:
            raise_for(answer)
        raise Refused(says(answer) or f"BigCommerce refused this ({answer.status}).", status=answer.status, field=field_of(answer),
                      request=answer.headers.get("x-request-id", ""))

    def _no_entry(self, answer: Answer) -> Exception:
        """One odd answer, or the whole login? The time of day needs a valid token and no permission."""
        probe = self.api.send("GET", "/v2/time")
        if probe.status == 401:
            return NeedsReconnect("BigCommerce no longer accepts the access token.", status=401, hint=(
                "The API account was deleted or changed: make a new one under Settings › API Accounts and enter its credentials."))
        return Temporary("BigCommerce says no", status=answer.status)

    def _heed(self, answer: Answer) -> None:
        left, quota = _number(answer, "x-rate-limit-requests-left"), _number(answer, "x-rate-limit-requests-quota")
        reset = _number(answer, "x-rate-limit-time-reset-ms")
        if self.api.budget is None or left is None or reset is None:
            return
        if answer.status == 429 or left <= 0:
            self.api.budget.pause(reset / 1000)
        elif quota and left < quota * SPREAD_BELOW:
            self.api.budget.pause(reset / 1000 / left)


def wait_of(answer: Answer) -> float:
    """How long to wait after a refusal for load: what the headers say, else longer (2)."""
    reset = _number(answer, "x-rate-limit-time-reset-ms")
    if reset is not None:
        return reset / 1000
    retry = _number(answer, "x-retry-after")
    if retry is not None:
        return float(retry)
    asked = seconds_to_wait(answer)
    return LOADED_S if asked is None else asked


def says(answer: Answer) -> str:
    """What an error's body says, all of it: v2 a list of messages, v3 a title with a text per field (8)."""
    body = _json(answer)
    if isinstance(body, list):
        return " ".join(" ".join(filter(None, (_sentence(one.get("message")), _reason(one.get("details"))))) for one in body
                        if isinstance(one, Mapping)).strip()[:500]
    if not isinstance(body, Mapping):
        return first_message(answer)
    rows: Sequence[Any] = [body]
    for name in ("batch_errors", "data"):
        if isinstance(body.get(name), list):
            rows = body[name]
    found = []
    for row in rows:
        if isinstance(row, Mapping):
            errors = row.get("errors")
            texts = [f"{name}: {text}" for name, text in errors.items()] if isinstance(errors, Mapping) else [
                str(one) for one in errors] if isinstance(errors, list) else []
            found.append(" ".join(filter(None, (_sentence(row.get("title") or row.get("error")), "; ".join(texts)))))
    return " ".join(filter(None, found)).strip()[:500] or first_message(answer)


def field_of(answer: Answer) -> str:
    """The first field that an error's body names: v2 puts it into quotes, v3 makes it a key; "" where it names none."""
    body = _json(answer)
    for row in body if isinstance(body, list) else [body]:
        if isinstance(row, Mapping):
            quoted = str(row.get("message") or "").split("'")
            errors = row.get("errors")
            if len(quoted) > 2:
                return quoted[1][:80]
            if isinstance(errors, Mapping) and errors:
                return str(next(iter(errors)))[:80]
    return ""


def _reason(details: Any) -> str:
    """The texts among the details of a v2 error, such as ``invalid_reason``."""
    return " ".join(_sentence(one) for one in details.values() if isinstance(one, str)) if isinstance(details, Mapping) else ""


def _sentence(text: Any) -> str:
    said = str(text or "").strip()
    return said if not said or said[-1] in ".!?" else f"{said}."


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _names_wait(answer: Answer) -> bool:
    return any(name in answer.headers for name in ("retry-after", "x-retry-after"))


def _number(answer: Answer, name: str) -> int | None:
    text = answer.headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _plain(value: Any) -> Any:
    """A decimal as a JSON number: its shortest form as a float has the same digits, for amounts of up to fifteen of them."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)

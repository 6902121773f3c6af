"""Magento's REST calls: criteria, errors filled in, what a 401 really means (contracts/magento.md 3).

Writes and shared reads go to the scope ``all``. Query strings are encoded here: Magento's signatures do not read a plus
as a space, and SKUs never stand in a path, because versions differ in how they sign escaped characters there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from hub.domain.problems import problem
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.http import Answer, Api, raise_for
from hub.stores.magento.oauth import Bearer, Signed
from hub.stores.magento.settings import MagentoKeys
from hub.stores.plugin import PluginAnswer, PluginMissing

PAGE = 100
_NO_ROUTE = "Request does not match any route."
_PLACEHOLDER = re.compile(r"%(\w+)")
_ROUTES = {
    "orders.create": ("POST", "orders"), "orders.find": ("GET", "orders/{key}"), "orders.list": ("GET", "orders"),
    "orders.ship": ("POST", "orders/{key}/shipments"), "orders.cancel": ("POST", "orders/{key}/cancel"),
    "orders.refund": ("POST", "orders/{key}/refunds"), "orders.status": ("PUT", "orders/{key}/status"),
    "offers": ("POST", "offers"), "digest": ("GET", "digest"), "listings.put": ("PUT", "listings"), "health": ("GET", "health"),
}
_BEARER_HINT = ("Magento 2.4.4 and later take an access token alone only while Stores › Configuration › Services › OAuth › "
                "Consumer Settings allows it. Enter all four keys of the integration instead.")

Filter = tuple[str, str, str]


class Client:
    """One store's REST. Raises hub.errors only, but for `PluginMissing` from `plugin`."""

    def __init__(self, keys: MagentoKeys, options: Mapping[str, Any]) -> None:
        self.keys = keys
        auth = (Signed(keys.consumer_key, keys.consumer_secret, keys.access_token, keys.access_token_secret)
                if keys.is_signed else Bearer(keys.access_token))
        self.api = Api(keys.base_url, auth=auth, headers={"Accept": "application/json"}, **options)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """A read below ``rest/all/V1/``; None where the thing is not there."""
        answer = self._send("GET", path, query)
        if answer.status == 404 and _error(answer)[0] != _NO_ROUTE:
            return None
        return self._read(answer)

    def read(self, path: str, body: Any) -> Any:
        """A read that Magento words as a POST."""
        return self._read(self._send("POST", path, None, body))

    def write(self, method: str, path: str, body: Any, crash_point: str) -> Any:
        """A write; the answer's JSON."""
        return self._read(self._send(method, path, None, body, crash_point))

    def may(self, path: str, query: Mapping[str, str] | None = None, *, method: str = "GET") -> str | None:
        """Whether this call is allowed: None, or the ACL resource (else the path) that is missing.

        A POST goes without its body: Magento looks at the right first, then complains of what is missing, and does nothing.
        """
        answer = self._send(method, path, query, None if method == "GET" else {})
        if answer.status not in (401, 403):
            if answer.status != 404 and not (method == "POST" and answer.status == 400):
                self._read(answer)
            return None
        missing = _missing_resource(answer)
        if missing is None:
            self._read(answer)
        return missing or path

    def rows(self, path: str, filters: Sequence[Sequence[Filter]] = (), *, sort: Sequence[str] = ("entity_id",), fields: str = "",
             size: int = PAGE) -> Iterator[list[Mapping[str, Any]]]:
        """Pages of a list, by page number: for lists that do not move meanwhile."""
        page = 1
        while True:
            body = self.get(path, criteria(filters, sort=sort, size=size, page=page, fields=fields)) or {}
            items = body.get("items") or []
            if items:
                yield items
            # Older releases repeat the last page for ever: the total decides, not emptiness.
            if not items or page * size >= int(body.get("total_count") or 0):
                return
            page += 1

    def plugin(self, do: str, given: Mapping[str, Any], *, crash_point: str | None = None) -> PluginAnswer:
        """A call of our module (see `hub.stores.plugin.Way`)."""
        method, route = _ROUTES[do]
        body = dict(given)
        path = "shopbridge/" + route.format(key=quote(str(body.pop("key", "")), safe="")) if "{key}" in route else f"shopbridge/{route}"
        query = {name: str(value) for name, value in body.items()} if method == "GET" else None
        answer = self._send(method, path, query, None if method == "GET" else body, crash_point)
        if answer.status == 404 and _error(answer)[0] == _NO_ROUTE:
            raise PluginMissing
        if answer.status in (401, 403):
            self._read(answer)
        if answer.status in (408, 425, 429) or answer.status >= 500:
            raise_for(answer)
        try:
            said = answer.json() if answer.body else {}
        except Temporary:
            if answer.ok:
                raise
            said = {}
        return PluginAnswer(answer.status, said if isinstance(said, Mapping) else {})

    def _send(self, method: str, path: str, query: Mapping[str, str] | None, body: Any = None, crash_point: str | None = None) -> Answer:
        target = f"/rest/all/V1/{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        if body is None:
            return self.api.send(method, target, crash_point=crash_point)
        data = json.dumps(body, separators=(",", ":"), default=str).encode()
        return self.api.send(method, target, data=data, headers={"Content-Type": "application/json"}, crash_point=crash_point)

    def _read(self, answer: Answer) -> Any:
        if answer.ok:
            return answer.json() if answer.body else None
        if answer.status in (401, 403):
            raise self._no_entry(answer)
        message, _ = _error(answer)
        if answer.status in (400, 404) and message:
            raise Refused(message, status=answer.status, code="no_route" if message == _NO_ROUTE else "")
        raise_for(answer)
        raise Refused(message or f"Magento refused this ({answer.status})", status=answer.status)

    def _no_entry(self, answer: Answer) -> Exception:
        """One permission, a wrong clock, or the whole login? Found out by a second call, not guessed from one."""
        message, _ = _error(answer)
        if "nonce" in message:
            return Temporary(f"{self.api.remote}'s clock differs from ours", hint="Set the store server's clock.", status=answer.status)
        missing = _missing_resource(answer)
        if missing and self.keys.is_signed:
            return _lacks(missing)
        probe = self._send("GET", "store/storeViews", None)
        if probe.ok:
            return _lacks(missing) if missing else Temporary(f"{self.api.remote} says no", status=answer.status)
        if probe.status == 401 and self.keys.is_signed and _missing_resource(probe):
            return Temporary(f"{self.api.remote} says no: {message}", status=answer.status)
        if probe.status not in (401, 403):
            return Temporary(f"{self.api.remote} says no", status=answer.status)
        return NeedsReconnect("Magento no longer accepts our sign-in.", hint="" if self.keys.is_signed else _BEARER_HINT, status=answer.status)


def criteria(filters: Sequence[Sequence[Filter]] = (), *, sort: Sequence[str] = (), size: int = PAGE, page: int = 1,
             fields: str = "") -> dict[str, str]:
    """A search: groups are AND, filters inside one are OR. At most nine of each, or old versions sign them differently."""
    query: dict[str, str] = {}
    for group, alternatives in enumerate(filters):
        for place, (field, condition, value) in enumerate(alternatives):
            name = f"searchCriteria[filter_groups][{group}][filters][{place}]"
            query |= {f"{name}[field]": field, f"{name}[value]": value, f"{name}[condition_type]": condition}
    for place, field in enumerate(sort):
        query |= {f"searchCriteria[sortOrders][{place}][field]": field, f"searchCriteria[sortOrders][{place}][direction]": "ASC"}
    query |= {"searchCriteria[pageSize]": str(size), "searchCriteria[currentPage]": str(page)}
    return query | ({"fields": fields} if fields else {})


def _error(answer: Answer) -> tuple[str, Any]:
    """Magento's message with its placeholders filled, and the parameters."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return "", None
    if not isinstance(body, Mapping) or not isinstance(body.get("message"), str):
        return "", None
    given = body.get("parameters")
    values = ({str(place): value for place, value in enumerate(given, 1)} if isinstance(given, list)
              else dict(given) if isinstance(given, Mapping) else {})
    text = _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), body["message"])
    return text[:500], given


def _missing_resource(answer: Answer) -> str | None:
    """The ACL resource that a 401 names, or None where it is about the login."""
    message, given = _error(answer)
    if "isn't authorized to access" not in message:
        return None
    return str(given.get("resources", "")) if isinstance(given, Mapping) else message.rpartition(" ")[2].rstrip(".")


def _lacks(resource: str) -> Refused:
    found = problem("store.permission", what=resource)
    return Refused(found.says, problems=(found,), code="permission")

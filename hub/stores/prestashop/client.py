"""PrestaShop's webservice, and the signed endpoint of our module (contracts/prestashop.md 2, contracts/plugins.md 3).

Reads ask for JSON and always name display, sort and limit, because without them each shop answers differently; writes are
XML. The module's calls are signed with K2, its answers are believed only under K3 and the id of the call.
"""

from __future__ import annotations

import json
import re
import secrets as random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from requests.auth import HTTPBasicAuth

from hub import clock
from hub.domain.problems import problem
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.http import Answer, Api, raise_for
from hub.stores import hooks
from hub.stores.plugin import PluginAnswer, PluginMissing
from hub.stores.prestashop.settings import PrestaShopKeys

PAGE = 50
_NO_KEY = "401 Unauthorized"
_NOT_ACTIVE = (18, 20)
_NO_TICKS = 21
_NO_RIGHT = (25, 26)
_OFF = 22
_RESOURCE = re.compile(r'[Rr]esource (?:of type )?"?(\w+)"?')
CGI_FIX = ("The web server drops the sign-in header: switch on “Enable CGI mode for PHP” under Advanced Parameters › Webservice, or tick "
           "“Send the key in the address” here.")


@dataclass(frozen=True, slots=True)
class Root:
    """What the webservice's root tells: the shop's name, its version, and the methods allowed on each resource."""

    name: str
    version: str
    rights: Mapping[str, frozenset[str]]


class Client:
    """One shop. Raises hub.errors only, but for `PluginMissing` from `plugin`."""

    def __init__(self, keys: PrestaShopKeys, hook_secrets: Sequence[str], options: Mapping[str, Any]) -> None:
        self.keys = keys
        self._hook_secrets = tuple(one for one in hook_secrets if one)
        self.api = Api(keys.base_url, **options)
        self._auth = HTTPBasicAuth(keys.webservice_key, "")

    # -- the webservice

    def root(self) -> Root:
        """Name, version and rights. Raises `Refused` for an address that is no PrestaShop, with the reason (PRS-01)."""
        answer = self._send("GET", "/api/")
        self._insist(answer)
        node = _xml(answer.body)
        top = node.find("api") if node is not None else None
        if top is None:
            raise Refused("This address does not answer as a PrestaShop webservice does.", problems=(
                problem("store.not_expected", address=self.keys.base_url, platform="PrestaShop"),))
        rights = {child.tag: frozenset(name for name, value in child.attrib.items() if value == "true") for child in top}
        return Root(str(top.get("shopName") or ""), answer.headers.get("psws-version", ""), rights)

    def drops_the_header(self) -> bool:
        """Whether the same key works in the address though it did not in the header: the web server drops it (CGI)."""
        return self.api.send("GET", "/api/", params={"ws_key": self.keys.webservice_key}).ok

    def rows(self, resource: str, *, filters: Mapping[str, str] | None = None, display: str = "full", size: int = PAGE,
             **more: str) -> Iterator[list[Mapping[str, Any]]]:
        """Pages of a list that does not move meanwhile; a page shorter than asked for is the last."""
        offset = 0
        while True:
            page = self.page(resource, filters=filters, display=display, limit=f"{offset},{size}", **more)
            if page:
                yield page
            if len(page) < size:
                return
            offset += size

    def page(self, resource: str, *, filters: Mapping[str, str] | None = None, display: str = "full", limit: str = "",
             **more: str) -> list[Mapping[str, Any]]:
        """One page. `more` are further parameters such as ``date="1"`` or computed prices."""
        params = {"display": display, "sort": "[id_ASC]", **({"limit": limit} if limit else {}), **more}
        params |= {f"filter[{name}]": value for name, value in (filters or {}).items()}
        return self._list(resource, params)

    def _list(self, resource: str, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
        answer = self._send("GET", f"/api/{resource}", {"output_format": "JSON", **params})
        if answer.status == 404 and not answer.body:
            return []
        self._insist(answer)
        body = answer.json()
        if not isinstance(body, Mapping):
            return []
        found = body.get(resource)
        return list(found) if isinstance(found, list) else []

    def write(self, method: str, resource: str, fields: Mapping[str, Any], crash_point: str, **params: str) -> Element:
        """A write in XML; the entity as the shop echoes it, which is not what it stored: read again where it computes."""
        body = _document(resource, fields)
        answer = self._send(method, f"/api/{resource}", params, body, crash_point)
        self._insist(answer)
        node = _xml(answer.body)
        if node is None or len(node) == 0:
            raise Temporary(f"{self.api.remote} answered with something that is not XML", status=answer.status, sent=True)
        return node[0]

    def picture(self, path: str) -> Answer:
        """A picture that needs the key."""
        return self._send("GET", path)

    def _send(self, method: str, path: str, params: Mapping[str, str] | None = None, body: bytes | None = None,
              crash_point: str | None = None) -> Answer:
        query = dict(params or {})
        if self.keys.key_in_address:
            query["ws_key"] = self.keys.webservice_key
        return self.api.send(method, path, params=query, data=body, auth=None if self.keys.key_in_address else self._auth,
                             headers={"Content-Type": "text/xml"} if body else None, crash_point=crash_point)

    def _insist(self, answer: Answer) -> None:
        if answer.ok:
            return
        code, says = _first_error(answer)
        if answer.status in (401, 403, 405) and code in _NO_RIGHT:
            named = _RESOURCE.search(says)
            found = problem("store.permission", what=named[1] if named else says, raw=str(code))
            raise Refused(found.says, problems=(found,), code="permission")
        if code == _NO_TICKS:
            # A key that is not there answers 20 first: alone, 21 means a good key without a single tick.
            found = problem("store.permission", what="every permission: tick View for all resources", raw=str(code))
            raise Refused(found.says, problems=(found,), code="permission")
        if code in _NOT_ACTIVE:
            raise NeedsReconnect("PrestaShop no longer accepts the webservice key.", status=answer.status,
                                 hint="Check the key under Advanced Parameters › Webservice: it must be there and active.")
        if answer.status == 401:
            if not self.keys.key_in_address and _NO_KEY in answer.text[:200] and self.drops_the_header():
                raise Refused("PrestaShop did not see the key.", hint=CGI_FIX, problems=(problem("store.permission", what=f"the key. {CGI_FIX}"),))
            raise NeedsReconnect("PrestaShop no longer accepts the webservice key.", status=401)
        if code == _OFF:
            raise Temporary("The webservice is switched off.", status=answer.status,
                            hint="Switch it on under Advanced Parameters › Webservice.")
        if answer.status == 403:
            raise Refused(says or "The store does not let us in.", status=403)
        if answer.status == 500 and code not in (0, 3):
            # A wrong question answers 500: its real code comes first, PHP's warnings after it.
            raise Refused(says, status=500, code=code)
        raise_for(answer)

    # -- the module

    def plugin(self, do: str, given: Mapping[str, Any], *, crash_point: str | None = None) -> PluginAnswer:
        """A signed call of our module (see `hub.stores.plugin.Way`). The old secret is tried where the new one is not known yet."""
        if not self._hook_secrets:
            raise PluginMissing
        body = json.dumps({"do": do, "with": given}, separators=(",", ":"), ensure_ascii=False).encode()
        for place, secret in enumerate(self._hook_secrets, 1):
            answer, said = self._call(body, secret, crash_point)
            if answer.status != 401 or said.get("code") != "signature":
                return PluginAnswer(answer.status, said)
            if place == len(self._hook_secrets):
                break
        raise NeedsReconnect("The Shopbridge module does not accept our signature.",
                             hint="Paste the webhook URL of this connection into the module once more and save.")

    def _call(self, body: bytes, secret: str, crash_point: str | None) -> tuple[Answer, Mapping[str, Any]]:
        keys, message_id = hooks.keys_of(secret), f"call_{random.token_hex(12)}"
        answer = self.api.send("POST", "/index.php", params={"fc": "module", "module": "shopbridge", "controller": "api"}, data=body,
                               headers={"Content-Type": "application/json", **hooks.signed_headers(keys.k2, message_id, body)},
                               crash_point=crash_point)
        is_signed = hooks.is_signed(keys.k3, answer.headers, answer.body) and answer.headers.get("webhook-id") == message_id
        said = _json_object(answer)
        if answer.status == 401 and said.get("code") == "signature":
            return answer, said
        if not is_signed:
            if answer.status == 404:
                raise PluginMissing
            if answer.status in (408, 425, 429) or answer.status >= 500:
                raise_for(answer)
            raise Temporary(f"{self.api.remote} answered in the module's name without its signature", status=answer.status, sent=True)
        if answer.status == 401 and said.get("code") == "clock":
            raise Temporary(f"{self.api.remote}'s clock differs from ours by more than five minutes", hint="Set the store server's clock.",
                            status=401)
        if answer.status == 409 and said.get("code") == "replayed" or answer.status in (408, 425, 429) or answer.status >= 500:
            raise Temporary(f"{self.api.remote} is busy", status=answer.status, sent=True,
                            retry_after=_seconds(answer.headers.get("retry-after", "")))
        stamp = answer.headers.get("webhook-timestamp", "")
        if not stamp.isdigit() or abs(clock.timestamp() - int(stamp)) > hooks.SKEW_S:
            raise Temporary(f"{self.api.remote} gave an old answer of the module", status=answer.status, sent=True)
        return answer, said


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


def _json_object(answer: Answer) -> Mapping[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, Mapping) else {}


def _xml(body: bytes) -> Element | None:
    try:
        found: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return found


def _first_error(answer: Answer) -> tuple[int, str]:
    """Code and message of the first error, in JSON or XML; (0, "") where the answer is neither."""
    errors = _json_object(answer).get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], Mapping):
        return _whole(errors[0].get("code")), str(errors[0].get("message", ""))[:500]
    node = _xml(answer.body)
    error = node.find("./errors/error") if node is not None else None
    if error is None:
        return 0, ""
    return _whole(error.findtext("code")), (error.findtext("message") or "").strip()[:500]


def _whole(value: Any) -> int:
    text = str(value or "").strip()
    return int(text) if text.isascii() and text.isdigit() else 0


_SINGULAR = {"addresses": "address", "order_histories": "order_history", "order_slip": "order_slip"}


def _document(resource: str, fields: Mapping[str, Any]) -> bytes:
    """``<prestashop><order>…``: texts in CDATA, lists as associations ``{"cart_rows": [{…}]}``."""
    name = resource.split("/")[0]
    entity = _SINGULAR.get(name, name.removesuffix("s"))
    inner = "".join(_associations(value) if key == "associations" else f"<{key}>{_cdata(value)}</{key}>" for key, value in fields.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><prestashop><{entity}>{inner}</{entity}></prestashop>'.encode()


def _associations(lists: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    inner = "".join(
        f"<{name}>" + "".join("<row>" + "".join(f"<{key}>{_cdata(value)}</{key}>" for key, value in row.items()) + "</row>" for row in rows)
        + f"</{name}>" for name, rows in lists.items())
    return f"<associations>{inner}</associations>"


def _cdata(value: Any) -> str:
    text = re.sub(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "", str(value))
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"

"""The hub's webhooks in a store: registered, kept active, taken away (contracts/bigcommerce.md 7.1).

A webhook is seen by the API account alone that made it. BigCommerce switches one off after two days of failures, or ninety without
an event; what was missed is not sent again, the hub's own look at changes finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hub.errors import Refused
from hub.stores.base import HookReport
from hub.stores.bigcommerce.client import Client
from hub.stores.bigcommerce.events import SECRET_HEADER, TOPICS

_HOOKS = "/v3/hooks"
_PATH = "/hooks/bigcommerce/"


class Subscriptions:
    """The webhooks of one API account."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def ensure(self, address: str, secret: str) -> HookReport:
        """One per topic at this address, active and with the secret in its header; the hub's own elsewhere go away.

        A topic that the store refuses does not keep the others from being registered; it is raised in the end.
        """
        made, mended, kept = [], [], []
        refused: list[Refused] = []
        there: dict[str, Mapping[str, Any]] = {}
        for hook in self._own(address):
            topic = str(hook.get("scope") or "")
            if hook.get("destination") != address or topic not in TOPICS or topic in there:
                self._delete(hook)
            else:
                there[topic] = hook
        for topic in TOPICS:
            body = {"scope": topic, "destination": address, "is_active": True, "headers": {SECRET_HEADER: secret}}
            hook = there.get(topic, {})
            try:
                if not hook:
                    self._client.write("POST", _HOOKS, body, "bigcommerce.hooks.create")
                    made.append(topic)
                elif not hook.get("is_active") or _secret_of(hook) != secret:
                    self._client.write("PUT", f"{_HOOKS}/{hook['id']}", body, "bigcommerce.hooks.mend")
                    mended.append(topic)
                else:
                    kept.append(topic)
            except Refused as error:
                refused.append(error)
        if refused:
            raise refused[0]
        return HookReport(tuple(made), tuple(mended), tuple(kept))

    def remove(self, address: str) -> None:
        """All at this address."""
        for hook in self._own(address):
            if hook.get("destination") == address:
                self._delete(hook)

    def _own(self, address: str) -> list[Mapping[str, Any]]:
        """Those of this hub: at its host, or with this connection's key at a host that it had before."""
        parts = urlsplit(address)
        found = []
        for hook in self._client.rows(_HOOKS):
            its = urlsplit(str(hook.get("destination") or ""))
            if _PATH in its.path and (its.netloc == parts.netloc or its.path == parts.path):
                found.append(hook)
        return found

    def _delete(self, hook: Mapping[str, Any]) -> None:
        try:
            self._client.write("DELETE", f"{_HOOKS}/{hook['id']}", None, "bigcommerce.hooks.delete")
        except Refused as error:
            if error.context.get("status") != 404:
                raise


def _secret_of(hook: Mapping[str, Any]) -> str:
    headers = hook.get("headers")
    if not isinstance(headers, Mapping):
        return ""
    return next((str(value) for name, value in headers.items() if str(name).lower() == SECRET_HEADER.lower()), "")

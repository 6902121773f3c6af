"""Where TikTok Shop sends its webhooks for one shop (contract 5.1). One address per event type; HTTPS, no port."""

from __future__ import annotations

from collections.abc import Mapping

from hub.tiktok.client import Caller
from hub.tiktok.translate import rows, text

_PATH = "/event/202309/webhooks"


class Hooks:
    """A shop's own webhook addresses, which go before the app's."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def all(self) -> Mapping[str, str]:
        """Address by event type; those set in Partner Center for the whole app are not among them (GetShopWebhooks)."""
        data = self._caller.call("GetShopWebhooks", "GET", _PATH)
        return {text(row, "event_type"): text(row, "address") for row in rows(data, "webhooks")}

    def register(self, event_type: str, url: str) -> None:
        """Set or replace the address for an event type (UpdateShopWebhook)."""
        self._caller.call(
            "UpdateShopWebhook",
            "PUT",
            _PATH,
            body={"event_type": event_type, "address": url},
            crash_point="tiktok.hooks.register",
        )

    def remove(self, event_type: str) -> None:
        """Send this type no longer to an address of its own; nothing happens where none was set (DeleteShopWebhook)."""
        self._caller.call("DeleteShopWebhook", "DELETE", _PATH, body={"event_type": event_type}, crash_point="tiktok.hooks.remove")

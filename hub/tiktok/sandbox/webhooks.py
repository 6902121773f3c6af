"""Messages to the app: registration (contract 5.1), signing, sending, retries (contract 10).

A message goes to the shop's own address for its event type, else to the app's. It is signed over the app's key and
the raw body, and sent again after 2 minutes, 30 minutes, 3 hours and 12 hours until it is answered with 200. Control
rules can drop, double, delay or reorder messages (see `hub.tiktok.sandbox.control`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests

from hub.tiktok.sandbox.gateway import Call, Failure, operation
from hub.tiktok.sandbox.state import App, Shop, State

TYPES = {
    "ORDER_STATUS_CHANGE": 1, "RECIPIENT_ADDRESS_UPDATE": 3, "PACKAGE_UPDATE": 4, "PRODUCT_STATUS_CHANGE": 5,
    "SELLER_DEAUTHORIZATION": 6, "UPCOMING_AUTHORIZATION_EXPIRATION": 7, "CANCELLATION_STATUS_CHANGE": 11,
    "RETURN_STATUS_CHANGE": 12, "PRODUCT_INFORMATION_CHANGE": 15, "PRODUCT_CREATION": 16,
    "PRODUCT_CATEGORY_CHANGE": 18, "PRODUCT_AUDIT_STATUS_CHANGE": 37,
}  # fmt: skip
# Types that the event API names but this simulator never sends.
SUBSCRIBABLE = (
    *TYPES, "NEW_CONVERSATION", "NEW_MESSAGE", "NEW_MESSAGE_LISTENER", "INVOICE_STATUS_CHANGE",
    "REVERSE_STATUS_UPDATE",
)  # fmt: skip
RETRIES_S = (120.0, 1800.0, 10800.0, 43200.0)
ANSWER_WITHIN_S = 3


@dataclass(slots=True)
class Message:
    """One message to one address. `state`: waiting, sent, dropped (by a rule), given_up."""

    id: str
    event: str
    url: str
    app_key: str
    body: str
    signature: str
    due: float
    state: str = "waiting"
    attempts: list[dict[str, Any]] = field(default_factory=list)


class Sender:
    """Keeps the messages and sends those that are due, on its own thread or when `flush` is called."""

    def __init__(self, sim: State, session: requests.Session | None = None) -> None:
        self.sim = sim
        self.session = session or requests.Session()
        self.session.trust_env = False  # no proxy and no .netrc stands between a sandbox and its hub
        self.messages: list[Message] = []
        self.rules: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._number = 7327112393057371910
        self.retries_s = tuple(sim.settings.get("webhook_retries_s") or RETRIES_S)
        sim.notify = self.notify

    def notify(self, event: str, shop: Shop, data: dict[str, Any]) -> None:
        """Write a message of this event for each app that is authorised by the shop's seller."""
        for app in self.sim.apps.values():
            url = shop.webhooks.get(event, {}).get("address") or app.webhook_url
            if url and self._has_grant(app, shop, event):
                self._add(event, shop, app, url, data)
        self._wake.set()

    def _has_grant(self, app: App, shop: Shop, event: str) -> bool:
        return event == "SELLER_DEAUTHORIZATION" or any(
            token.seller_id == shop.seller_id and token.app_key == app.key and not token.dead for token in self.sim.tokens.values()
        )

    def _add(self, event: str, shop: Shop, app: App, url: str, data: dict[str, Any]) -> None:
        with self._lock:
            self._number += 1
            body = json.dumps(
                {"type": TYPES[event], "tts_notification_id": str(self._number), "shop_id": shop.id,
                 "timestamp": int(self.sim.now()), "data": data},
                ensure_ascii=False,
            )  # fmt: skip
            signature = hmac.new(app.secret.encode(), (app.key + body).encode(), hashlib.sha256).hexdigest()
            message = Message(str(self._number), event, url, app.key, body, signature, self.sim.now())
            copies = [message]
            rule = self._rule(event, body)
            if rule and rule["do"] == "drop":
                message.state = "dropped"
            elif rule and rule["do"] == "duplicate":
                copies.append(Message(message.id, event, url, app.key, body, signature, message.due))
            elif rule and rule["do"] in ("delay", "reorder"):
                # Reordered: it leaves after whatever is written within the next seconds.
                message.due += float(rule.get("seconds", 2))
            self.messages.extend(copies)

    def _rule(self, event: str, body: str) -> dict[str, Any] | None:
        for rule in self.rules:
            if rule["times"] == 0 or rule.get("event") not in (None, event):
                continue
            if rule.get("contains") and rule["contains"] not in body:
                continue
            rule["times"] -= 1
            return rule
        return None

    def flush(self, *, everything: bool = False) -> int:
        """Send what is due (or all that waits, with `everything`); answers how many arrived."""
        with self._lock:
            now = self.sim.now()
            due = [one for one in self.messages if one.state == "waiting" and (everything or one.due <= now)]
            due.sort(key=lambda one: one.due)
            for one in due:
                one.state = "sending"
        return sum(self._send(one) for one in due)

    def _send(self, message: Message) -> bool:
        attempt: dict[str, Any] = {"at": self.sim.now(), "status": 0, "error": ""}
        try:
            answer = self.session.post(
                message.url,
                data=message.body.encode(),
                headers={"Content-Type": "application/json", "Authorization": message.signature},
                timeout=ANSWER_WITHIN_S,
                allow_redirects=False,
            )
            attempt["status"] = answer.status_code
        except requests.RequestException as error:
            attempt["error"] = type(error).__name__
        with self._lock:
            message.attempts.append(attempt)
            if attempt["status"] == 200:
                message.state = "sent"
            elif len(message.attempts) > len(self.retries_s):
                message.state = "given_up"
            else:
                message.due = self.sim.now() + self.retries_s[len(message.attempts) - 1]
                message.state = "waiting"
        return message.state == "sent"

    def start(self) -> None:
        """Send in the background until `stop`."""
        self._thread = threading.Thread(target=self._run, daemon=True, name="tiktok-sandbox")
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.sim.tick()
            self.flush()
            self._wake.wait(0.25)
            self._wake.clear()


@operation(
    "UpdateShopWebhook", "PUT", "/event/202309/webhooks", scope="seller.authorization.info",
    body={"address!": "str", "event_type!": "str"},
)  # fmt: skip
def put_webhook(call: Call) -> None:
    """Set the shop's address for one event type."""
    event, address = call.body["event_type"], call.body["address"]
    if event not in SUBSCRIBABLE:
        raise Failure(11050001, f"event_type {event} is unknown")
    problem = _address_problem(address, call.sim.settings["allow_loopback"])
    if problem:
        raise Failure(11050001, f"address: {problem}")
    known = call.shop.webhooks.get(event)
    now = int(call.sim.now())
    call.shop.webhooks[event] = {
        "event_type": event, "address": address, "create_time": known["create_time"] if known else now,
        "update_time": now,
    }  # fmt: skip


@operation("GetShopWebhooks", "GET", "/event/202309/webhooks", scope="seller.authorization.info")
def get_webhooks(call: Call) -> dict[str, Any]:
    """The shop's own addresses."""
    return {"webhooks": list(call.shop.webhooks.values()), "total_count": len(call.shop.webhooks)}


@operation(
    "DeleteShopWebhook", "DELETE", "/event/202309/webhooks", scope="seller.authorization.info",
    body={"event_type!": "str"},
)  # fmt: skip
def delete_webhook(call: Call) -> None:
    """Forget the shop's address for one event type; fine when there was none."""
    call.shop.webhooks.pop(call.body["event_type"], None)


def _address_problem(address: str, allow_loopback: bool) -> str:
    """What is wrong with a webhook address: HTTPS, a domain, no port, at most 255 characters (contract 5.1).

    A practice hub has no domain, so that loopback addresses pass where `allow_loopback` is set.
    """
    if len(address) > 255:
        return "longer than 255 characters"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "cannot be read"
    host = parts.hostname or ""
    if allow_loopback and parts.scheme == "http" and host in ("127.0.0.1", "localhost", "::1"):
        return ""
    if parts.scheme != "https":
        return "HTTPS is required"
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return "an IP is not allowed, a domain is required"
    if port is not None:
        return "a port is not allowed"
    return "" if "." in host else "a domain is required"

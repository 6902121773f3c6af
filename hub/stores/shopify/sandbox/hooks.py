"""Webhooks: subscriptions of the app, and their signed delivery (contract 6).

The raw bytes are signed with the app's client secret. A delivery that is not answered by 2xx within five seconds comes
again, eight times over four hours, with the same body and the same `X-Shopify-Webhook-Id`; after the last failure the
subscription that it was for is deleted. Compliance topics belong to no subscription and are sent by command.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import requests

from hub.simulator import SendsByItself
from hub.stores.shopify.sandbox.access import allows, needs
from hub.stores.shopify.sandbox.graph import Call, Refusal, connection, error, field, gid, moment_text, number_of
from hub.stores.shopify.sandbox.payloads import body_of

if TYPE_CHECKING:
    from hub.stores.shopify.sandbox.shop import ShopifySim

Args = dict[str, Any]
RETRIES_S = (60, 120, 300, 600, 1_200, 2_400, 3_600, 6_120)  # eight within four hours
COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")
_SCOPES = {"PRODUCTS": "read_products", "COLLECTIONS": "read_products", "INVENTORY_ITEMS": "read_products", "INVENTORY_LEVELS": "read_inventory",
           "LOCATIONS": "read_locations", "ORDERS": "read_orders", "ORDER_TRANSACTIONS": "read_orders", "REFUNDS": "read_orders",
           "FULFILLMENT_ORDERS": "read_merchant_managed_fulfillment_orders", "FULFILLMENTS": "read_fulfillments"}  # fmt: skip
_CUSTOMER_TOPICS = ("ORDERS_", "REFUNDS_", "FULFILLMENTS_", "ORDER_TRANSACTIONS_")


def signature(body: bytes, secret: str) -> str:
    """`X-Shopify-Hmac-Sha256`: base64 of the HMAC-SHA256 over the raw bytes."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def topic_header(topic: str) -> str:
    """`products/update` of PRODUCTS_UPDATE; the part before the slash is the longest that Shopify knows."""
    for group in ("FULFILLMENT_ORDERS", "ORDER_TRANSACTIONS", "INVENTORY_LEVELS", "INVENTORY_ITEMS", "BULK_OPERATIONS"):
        if topic.startswith(f"{group}_"):
            return f"{group.lower()}/{topic.removeprefix(f'{group}_').lower()}"
    first, _, rest = topic.partition("_")
    return f"{first.lower()}/{rest.lower()}"


def scope_of(topic: str) -> str:
    """The scope that a topic needs, "" for none."""
    found = [group for group in _SCOPES if topic.startswith(f"{group}_")]
    return _SCOPES[max(found, key=len)] if found else ""


@dataclass(slots=True, eq=False)
class Subscription:
    """One webhook subscription that the app made through the API."""

    gql: ClassVar[str] = "WebhookSubscription"
    number: int
    topic: str
    uri: str
    created_at: datetime
    updated_at: datetime
    format: str = "JSON"
    name: str | None = None
    include_fields: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The global id."""
        return gid("WebhookSubscription", self.number)


@dataclass(slots=True, eq=False)
class Delivery:
    """One message to one address, through all its attempts. `subscription` 0: a compliance topic."""

    webhook_id: str
    event_id: str
    topic: str
    uri: str
    body: bytes
    triggered_at: datetime
    subscription: int
    due: datetime
    attempts: int = 0
    status: int = 0
    outcome: str = "waiting"

    def told(self) -> dict[str, Any]:
        """For the control API."""
        return {"webhook_id": self.webhook_id, "event_id": self.event_id, "topic": self.topic, "uri": self.uri, "attempts": self.attempts,
                "status": self.status, "outcome": self.outcome}


class Sender(SendsByItself):
    """The subscriptions and what waits to be delivered. `duplicate`, `reorder`, `drop` and `late_s` damage the next messages."""

    def __init__(self, sim: ShopifySim, http: requests.Session | None, *, allow_http: bool) -> None:
        super().__init__("shopify webhooks")
        self.sim = sim
        self.http = http or requests.Session()
        self.http.trust_env = False
        self.allow_http = allow_http
        self.subscriptions: list[Subscription] = []
        self.waiting: list[Delivery] = []
        self.log: deque[Delivery] = deque(maxlen=2_000)
        self.duplicate = self.drop = self.reorder = 0
        self.late_s = 0.0
        self.silent = 0
        self.signing_secret: str | None = None

    # --- queueing ------------------------------------------------------------------------------------------------

    def tell(self, topic: str, thing: Any) -> None:
        """Queues a message for each subscription of this topic."""
        if self.silent or not any(each.topic == topic for each in self.subscriptions):
            return
        body = body_of(self.sim, topic, thing)
        event, now = str(uuid.uuid4()), self.sim.now()
        with self._lock:
            for each in self.subscriptions:
                if each.topic != topic or (scope_of(topic) and not allows(frozenset(self.sim.access.scopes), scope_of(topic))):
                    continue
                told = {name: value for name, value in body.items() if name in each.include_fields} if each.include_fields else body
                self._queue(topic_header(topic), each.uri, told, event, now, each.number)

    def send_compliance(self, topic: str, body: Mapping[str, Any], uri: str) -> Delivery:
        """One of the three mandatory topics, which belong to the app and not to a subscription."""
        if topic not in COMPLIANCE:
            raise LookupError(f"compliance topic {topic}")
        with self._lock:
            return self._queue(topic, uri, body, str(uuid.uuid4()), self.sim.now(), 0)

    def _queue(self, topic: str, uri: str, body: Mapping[str, Any], event: str, now: datetime, subscription: int) -> Delivery:
        raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        made = Delivery(str(uuid.uuid4()), event, topic, uri, raw, now, subscription, now + timedelta(seconds=self.late_s))
        self.waiting.append(made)
        self._wake.set()
        return made

    def subscription(self, number: int | None) -> Subscription | None:
        """The one of this number."""
        return next((each for each in self.subscriptions if each.number == number), None)

    def drop_subscriptions(self) -> None:
        """The app is gone, and so are its subscriptions; what is queued still goes out."""
        self.subscriptions = []

    # --- delivery ------------------------------------------------------------------------------------------------

    def deliver(self) -> list[Delivery]:
        """Posts what is due; gives what was tried, in order."""
        tried: list[Delivery] = []
        with self._delivering:
            for each in self._due():
                if self.drop:
                    self.drop -= 1
                    each.outcome = "lost on purpose"
                    self._done(each)
                    continue
                twice = self.duplicate > 0
                self.duplicate -= int(twice)
                for _ in range(2 if twice else 1):
                    self._post(each)
                self._settle(each)
                tried.append(each)
        return tried

    def replay(self, count: int = 1) -> list[Delivery]:
        """Sends the last delivered messages once more, unchanged: same body, same id."""
        with self._delivering:
            last = [each for each in self.log if each.outcome == "delivered"][-count:]
            for each in last:
                self._post(each)
            return last

    def _due(self) -> Iterable[Delivery]:
        now = self.sim.now()
        with self._lock:
            found = [each for each in self.waiting if each.due <= now]
            if self.reorder and len(found) > 1:
                self.reorder -= 1
                found.reverse()
            return found

    def _post(self, each: Delivery) -> None:
        secret = self.signing_secret or self.sim.access.api_secret
        headers = {
            "Content-Type": "application/json", "X-Shopify-Topic": each.topic, "X-Shopify-Shop-Domain": self.sim.shop_domain,
            "X-Shopify-API-Version": "2026-07", "X-Shopify-Webhook-Id": each.webhook_id, "X-Shopify-Event-Id": each.event_id,
            "X-Shopify-Triggered-At": moment_text(each.triggered_at), "X-Shopify-Hmac-Sha256": signature(each.body, secret),
        }  # fmt: skip
        try:
            answer = self.http.post(each.uri, data=each.body, headers=headers, timeout=(1, 5), allow_redirects=False)
        except requests.RequestException as broken:
            each.status, each.outcome = 0, type(broken).__name__
        else:
            each.status = answer.status_code
            each.outcome = "delivered" if 200 <= answer.status_code < 300 else "refused"

    def _settle(self, each: Delivery) -> None:
        each.attempts += 1
        if each.outcome == "delivered":
            self._done(each)
        elif each.attempts > len(RETRIES_S):
            each.outcome = "given up"
            self._done(each)
            with self._lock:
                self.subscriptions = [one for one in self.subscriptions if one.number != each.subscription]
        else:
            each.due = self.sim.now() + timedelta(seconds=RETRIES_S[each.attempts - 1])

    def _done(self, each: Delivery) -> None:
        with self._lock:
            self.waiting.remove(each)
            self.log.append(each)


# -- the API --------------------------------------------------------------------------------------------------------

field("WebhookSubscription", "legacyResourceId")(lambda call, each, args: each.number)
field("WebhookSubscription", "filter")(lambda call, each, args: None)  # none can be given: the input does not carry it
field("WebhookSubscription", "apiVersion")(lambda call, each, args: {"handle": "2026-07", "displayName": "2026-07", "supported": True})


@connection("QueryRoot", "webhookSubscriptions")
def _list(call: Call, _: Any, args: Args) -> list[Subscription]:
    return [each for each in call.sim.sender.subscriptions
            if (args.get("topics") is None or each.topic in args["topics"]) and args.get("uri") in (None, each.uri)
            and args.get("format") in (None, each.format)]


@field("QueryRoot", "webhookSubscription")
def _one(call: Call, _: Any, args: Args) -> Subscription | None:
    return call.sim.sender.subscription(number_of(args["id"], "WebhookSubscription"))


@field("QueryRoot", "webhookSubscriptionsCount")
def _count(call: Call, _: Any, args: Args) -> Args:
    return {"count": len(call.sim.sender.subscriptions), "precision": "EXACT"}


def _uri_problem(sender: Sender, uri: str | None) -> str:
    if not uri:
        return "Address can't be blank"
    parts = urlsplit(uri)
    if parts.scheme in ("pubsub", "arn"):
        return ""
    if parts.scheme == "https" or (parts.scheme == "http" and sender.allow_http):
        return "" if parts.netloc else "Address is invalid"
    return "Address protocol http:// is not supported" if parts.scheme == "http" else "Address is invalid"


def _check(call: Call, topic: str, given: Args, mine: Subscription | None) -> list[Args]:
    sender = call.sim.sender
    uri = given.get("uri") if "uri" in given or mine is None else mine.uri
    problem = _uri_problem(sender, uri)
    if problem:
        return [error(("webhookSubscription", "uri"), problem)]
    if given.get("format") == "XML":
        return [error(("webhookSubscription", "format"), "XML is not carried by the practice store")]
    if any(each.topic == topic and each.uri == uri and each is not mine for each in sender.subscriptions):
        return [error(("webhookSubscription", "uri"), "Address for this topic has already been taken")]
    return []


@field("Mutation", "webhookSubscriptionCreate")
def _create(call: Call, _: Any, args: Args) -> Args:
    topic, given, sim = args["topic"], args["webhookSubscription"], call.sim
    if scope_of(topic):
        needs(call, scope_of(topic), "webhookSubscriptionCreate")
    if sim.protected and topic.startswith(_CUSTOMER_TOPICS):
        raise Refusal(f"This app is not approved to subscribe to webhook topics containing protected customer data: {topic}", "ACCESS_DENIED")
    errors = _check(call, topic, given, None)
    if errors:
        return {"webhookSubscription": None, "userErrors": errors}
    now = sim.now()
    made = Subscription(sim.number("WebhookSubscription"), topic, given["uri"], now, now, name=given.get("name"),
                        include_fields=tuple(given.get("includeFields") or ()))
    sim.sender.subscriptions.append(made)
    return {"webhookSubscription": made, "userErrors": []}


@field("Mutation", "webhookSubscriptionUpdate")
def _update(call: Call, _: Any, args: Args) -> Args:
    mine, given = call.sim.sender.subscription(number_of(args["id"], "WebhookSubscription")), args["webhookSubscription"]
    if mine is None:
        return {"webhookSubscription": None, "userErrors": [error(("id",), "Webhook subscription does not exist")]}
    errors = _check(call, mine.topic, given, mine)
    if errors:
        return {"webhookSubscription": None, "userErrors": errors}
    mine.uri = given.get("uri") or mine.uri
    if given.get("includeFields") is not None:
        mine.include_fields = tuple(given["includeFields"])
    mine.updated_at = call.sim.now()
    return {"webhookSubscription": mine, "userErrors": []}


@field("Mutation", "webhookSubscriptionDelete")
def _delete(call: Call, _: Any, args: Args) -> Args:
    mine = call.sim.sender.subscription(number_of(args["id"], "WebhookSubscription"))
    if mine is None:
        return {"deletedWebhookSubscriptionId": None, "userErrors": [error(("id",), "Webhook subscription does not exist")]}
    call.sim.sender.subscriptions.remove(mine)
    return {"deletedWebhookSubscriptionId": mine.id, "userErrors": []}

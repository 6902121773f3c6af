"""The practice shop as one object: catalogue, orders, the app's standing, and the lock that guards them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import requests
from flask import Response, jsonify, request

from hub import clock
from hub.seed import SeedCatalogue
from hub.simulator import Faults, Journal
from hub.stores.shopify.sandbox.access import SCOPES, UNRECOGNISED, Access, Login, allows, query_hmac
from hub.stores.shopify.sandbox.bulk import Bulk
from hub.stores.shopify.sandbox.catalogue import Catalogue, Product
from hub.stores.shopify.sandbox.cost import Bucket, Costs
from hub.stores.shopify.sandbox.fulfilment import cancel_all
from hub.stores.shopify.sandbox.graph import Call, Invalid, Refusal, Sorted, gid, parts_of, read_document, run
from hub.stores.shopify.sandbox.hooks import Sender
from hub.stores.shopify.sandbox.idempotency import Keys
from hub.stores.shopify.sandbox.nodes import find
from hub.stores.shopify.sandbox.orders import (
    ORDER_SORTS,
    ORDER_TERMS,
    ZERO,
    Customer,
    Fulfillment,
    FulfillmentOrder,
    Order,
    Transaction,
    cents,
)
from hub.stores.shopify.sandbox.refunds import book
from hub.stores.shopify.sandbox.search import Index, Term, compile_query
from hub.stores.shopify.sandbox.stock import restock

API_VERSION = "2026-07"
SHOP_DOMAIN = "practice-shop.myshopify.com"
ALL_ORDERS_AFTER = timedelta(days=60)
COUNTRIES = {"GB": "United Kingdom", "US": "United States", "DE": "Germany", "FR": "France", "IT": "Italy", "ES": "Spain", "IE": "Ireland",
             "MX": "Mexico", "NL": "Netherlands"}  # fmt: skip
_ADDRESS_PARTS = ("firstName", "lastName", "company", "address1", "address2", "city", "provinceCode", "zip", "phone")


@dataclass(slots=True)
class Cancelling:
    """A cancellation that was taken on and is not done before `due`."""

    order: Order
    due: datetime
    reason: str
    restock: bool
    refunds: bool
    note: str | None
    done: bool = False


class ShopifySim:
    """One practice shop. Every route holds `lock`; `http` carries what the shop itself sends.

    Settings that may change while it runs: `orders_per_minute` (None: no limit), `max_cost`, `job_delay_s`, `protected`
    (personal data is kept back), `idempotency_hours`, and `search_delay_s`, which is each index's own.
    """

    name = "shopify"
    access: Access
    app: dict[str, Any]
    bulk: Bulk
    catalogue: Catalogue
    protected: bool
    sender: Sender

    def __init__(self, seed: SeedCatalogue, *, access: Access, base_url: str, http: requests.Session | None, journal: Journal | None,
                 shop_name: str, locations: tuple[str, ...], country: str, timezone: str, prices_include_tax: bool, search_delay_s: float,
                 bucket: int, restore_rate: int, app_id: str, allow_http: bool) -> None:
        self.lock = threading.RLock()
        self.journal = journal or Journal()
        self.faults = Faults()
        self.access = access
        self.base_url = base_url
        self.shop_name, self.country, self.timezone = shop_name, country, timezone
        self.shop_domain = SHOP_DOMAIN
        self.prices_include_tax = prices_include_tax
        self.app_id = app_id
        self.app = {"id": gid("App", app_id), "apiKey": access.api_key, "handle": "tiktok-connector", "title": "TikTok connector"}
        self.orders_per_minute: int | None = None
        self.max_cost = 1_000
        self.bucket_size, self.restore_rate = bucket, restore_rate
        self.job_delay_s = 1.0
        self.protected = False
        self.buckets: dict[str, Bucket] = {}
        self.started_at = self.now()
        self._numbers: dict[str, int] = {}
        self._places = 1000
        self.sender = Sender(self, http, allow_http=allow_http)
        self.catalogue = Catalogue(seed, self.now, self.tell, locations=locations, country=country)
        self.orders: dict[int, Order] = {}
        self.fulfillment_orders: dict[int, FulfillmentOrder] = {}
        self.fulfillments: dict[int, Fulfillment] = {}
        self.customers: list[Customer] = []
        self.order_index = Index(ORDER_TERMS, ORDER_SORTS, self.now)
        self.jobs: dict[str, Cancelling] = {}
        self.keys = Keys(self.now)
        self.bulk = Bulk(self)
        self.search_delay_s = search_delay_s

    @property
    def base_url(self) -> str:
        """Where the shop answers, without a slash at its end."""
        return self._base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._base_url = url.rstrip("/")

    # --- clock and settings --------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The shop's time: the hub's clock."""
        return clock.now()

    @property
    def search_delay_s(self) -> float:
        """How long a search does not see a write."""
        return self.order_index.delay_s

    @search_delay_s.setter
    def search_delay_s(self, seconds: float) -> None:
        for index in (self.order_index, self.catalogue.index, self.catalogue.variant_index):
            index.delay_s = seconds

    def number(self, kind: str) -> int:
        """The next number of this kind of thing."""
        base = 9_500_000_000_000_000 if kind == "Order" else 9_600_000_000_000_000 + 1_000_000_000_000 * (len(kind) % 40)
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return base + self._numbers[kind]

    def next_order_place(self) -> int:
        """`1001` and on."""
        self._places += 1
        return self._places

    def tell(self, topic: str, thing: Any) -> None:
        """What happened, to whoever subscribed."""
        self.sender.tell(topic, thing)

    # --- the API -------------------------------------------------------------------------------------------------

    def answer(self, version: str) -> Response:
        """`POST /admin/api/{version}/graphql.json`."""
        with self.lock:
            login = self.access.login(request.headers.get("X-Shopify-Access-Token"))
            if login is None:
                return _plain({"errors": UNRECOGNISED}, 401)
            if version != API_VERSION:
                return _plain({"errors": "Not Found"}, 404)
            if not request.is_json:
                return _plain({"errors": "Unsupported media type: send application/json"}, 415)
            body = request.get_json(silent=True)
            if not isinstance(body, dict) or not isinstance(body.get("query"), str) or not isinstance(body.get("variables") or {}, dict):
                return _plain({"errors": {"query": "Required parameter missing or invalid"}}, 400)
            response = _plain(self._execute(login, body["query"], body.get("variables") or {}, body.get("operationName")))
            response.headers["X-Shopify-API-Version"] = API_VERSION
            response.headers["X-Request-ID"] = str(uuid.uuid4())
            return response

    def _execute(self, login: Login, query: str, variables: Mapping[str, Any], name: str | None) -> dict[str, Any]:
        try:
            document = read_document(query, variables, name)
        except Invalid as refused:
            return {"errors": refused.errors}
        costs = Costs(document)
        requested = costs.requested()
        bucket = self.bucket_of(login)
        if requested > self.max_cost:
            message = f"Query cost is {requested}, which exceeds the single query max cost limit ({self.max_cost})."
            return {"errors": [{"message": message, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": self.max_cost}}]}
        if not bucket.take(requested):
            return {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
                    "extensions": {"cost": {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": bucket.told()}}}
        self.settle()
        answer = run(document, Call(self, login))
        actual = min(requested, costs.actual(answer["data"]))
        bucket.give_back(requested - actual)
        answer["extensions"] = {"cost": {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": bucket.told()}}
        return answer

    def bucket_of(self, login: Login) -> Bucket:
        """The points of the app in this shop; each token of it draws on the same."""
        key = self.access.api_key
        if key not in self.buckets:
            self.buckets[key] = Bucket(self.now, self.bucket_size, self.restore_rate)
        return self.buckets[key]

    def signed_query(self, given: Mapping[str, str]) -> dict[str, str]:
        """The query of an install or a callback, with shop, host, timestamp and its HMAC."""
        told = {**given, "shop": self.shop_domain, "host": "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvcHJhY3RpY2Utc2hvcA",
                "timestamp": str(int(self.now().timestamp()))}
        return {**told, "hmac": query_hmac(told.items(), self.access.api_secret)}

    # --- money ---------------------------------------------------------------------------------------------------

    def bag(self, order: Order, amount: Decimal) -> dict[str, Any]:
        """A MoneyBag: the shop's amount and the buyer's."""
        return {"shopMoney": {"__typename": "MoneyV2", "amount": amount, "currencyCode": order.currency},
                "presentmentMoney": {"__typename": "MoneyV2", "amount": cents(amount * order.presentment_rate),
                                     "currencyCode": order.presentment_currency}}

    def plain_bag(self, amount: Decimal) -> dict[str, Any]:
        """A MoneyBag of something that does not know its order: the shop's currency on both sides."""
        told = {"__typename": "MoneyV2", "amount": amount, "currencyCode": self.catalogue.currency}
        return {"shopMoney": told, "presentmentMoney": told}

    def address(self, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """A MailingAddress from its input; None where none was given."""
        if not given:
            return None
        code = given.get("countryCode")
        name = " ".join(part for part in (given.get("firstName"), given.get("lastName")) if part) or None
        told = {part: given.get(part) for part in _ADDRESS_PARTS}
        return {**told, "id": gid("MailingAddress", self.number("MailingAddress")), "name": name,
                "province": given.get("province") or given.get("provinceCode"), "countryCodeV2": code, "country": COUNTRIES.get(code or "", code)}

    # --- orders --------------------------------------------------------------------------------------------------

    @contextmanager
    def changing(self, order: Order) -> Iterator[None]:
        """What is done inside is one change of the order."""
        self.order_index.before(order)
        yield
        order.updated_at = self.now()
        self.tell("ORDERS_UPDATED", order)

    def sees(self, call: Call, order: Order) -> bool:
        """Whether this token may see the order: one that is not deleted, and not too old for it."""
        fresh = allows(call.login.scopes, "read_all_orders") or order.created_at >= self.now() - ALL_ORDERS_AFTER
        return fresh and order.number in self.orders

    def seen_orders(self, call: Call) -> list[Order]:
        """The orders that this token may see."""
        return [order for order in self.orders.values() if self.sees(call, order)]

    def delete_order(self, order: Order) -> None:
        """The order is gone for good."""
        del self.orders[order.number]
        self.order_index.forget(order)
        self.tell("ORDERS_DELETE", order)

    def start_cancel(self, name: str, order: Order, *, reason: str, restock: bool, refunds: bool, note: str | None) -> None:
        """Takes a cancellation on, under this job's name."""
        due = self.now() + timedelta(seconds=self.job_delay_s)
        self.jobs[name] = Cancelling(order, due, reason, restock, refunds, note)
        self.settle()

    def is_being_cancelled(self, order: Order) -> bool:
        """Whether a job for it waits."""
        return any(job.order is order and not job.done for job in self.jobs.values())

    def job(self, name: str) -> dict[str, Any] | None:
        """A Job."""
        found = self.jobs.get(name)
        return {"id": gid("Job", name), "done": found.done} if found else None

    def settle(self) -> None:
        """Does what has become due on the clock."""
        self.bulk.settle()
        for job in self.jobs.values():
            if not job.done and self.now() >= job.due:
                job.done = True
                if job.order.number in self.orders and job.order.cancelled_at is None:
                    self.cancel(job.order, job.reason, restocks=job.restock, refunds=job.refunds, note=job.note)

    def cancel(self, order: Order, reason: str, *, restocks: bool, refunds: bool, note: str | None = None) -> None:
        """Cancels it: nothing is left to send, stock and money go back where that was asked."""
        with self.changing(order):
            units = [(line, line.unfulfilled) for line in order.lines if line.unfulfilled]
            if refunds and order.received > order.given_back:
                book(self, order, units, restocks=restocks, money=order.received - order.given_back, note="Order canceled")
            else:
                for line, quantity in units:
                    line.refunded += quantity
                    line.cancelled += quantity
                    restock(self, line, quantity, back=restocks)
                if not order.received:
                    order.transactions.append(Transaction(self.number("OrderTransaction"), order, "VOID", "SUCCESS", "manual", ZERO,
                                                          self.now(), self.now()))  # fmt: skip
            cancel_all(self, order)
            order.cancelled_at = self.now()
            order.closed_at = order.closed_at or self.now()
            order.cancel_reason, order.staff_note = reason, note
        self.tell("ORDERS_CANCELLED", order)

    # --- the rest ------------------------------------------------------------------------------------------------

    def deletions(self, args: Mapping[str, Any]) -> Sorted:
        """Deleted products, by when."""
        terms = {"occurred_at": Term("time", lambda each: each["occurredAt"])}
        test = compile_query(args["query"], terms) if args.get("query") else None
        wanted = args.get("subjectTypes")
        rows = [{"occurredAt": at, "subjectId": gid("Product", number), "subjectType": "PRODUCT"} for number, at in self.catalogue.deleted]
        rows = [row for row in rows if (not wanted or row["subjectType"] in wanted) and (test is None or test(
            lambda name, row=row: terms[name].read(row)))]  # type: ignore[misc]
        return Sorted(rows, [(row["occurredAt"], row["subjectId"]) for row in rows])

    def node(self, call: Call, given: str) -> Any:
        """Whatever a global id names, None for what is not there."""
        return find(call, parts_of(given)[0], given)

    def uninstall(self) -> None:
        """The merchant removes the app: the shop tells it, and every token is dead."""
        self.tell("APP_UNINSTALLED", self)
        self.access.revoke()
        self.access.installed = False
        self.sender.drop_subscriptions()

    def product_of(self, sku: str) -> Product | None:
        """The product that sells this SKU."""
        found = self.catalogue.by_sku.get(sku)
        return found[0].product if found else None


def _plain(body: Mapping[str, Any], status: int = 200) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


__all__ = ["API_VERSION", "SCOPES", "Refusal", "ShopifySim"]

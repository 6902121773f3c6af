"""The module's endpoint, `POST index.php?fc=module&module=shopbridge&controller=api` (plugin contract section 3).

The body is `{"do": "orders.create", "with": {…}}`, signed by K2; each answer is signed by K3 under the request's id.
Shapes where the contract leaves them open are those of the Magento module:

- `orders.create` → 201 `{order_id, number, state, totals, difference, oversold}`; 200 with `same`; 410; 409 half_made;
- `orders.find` `{key}` → the same and `key, currency, status, state_id, placed_at, updated_at, lines [{line_ids,
  product_id, variant_id, sku, quantity, refunded, net, tax}], shipments [{shipment_id, ship_key, tracks
  [{carrier_code, title, number}], lines}], refunds [{refund_id, refund_key, total, at}], refunded, tiktok`; else 404;
- `orders.list` `{from, to, cursor}` → `{rows: [[key, order_id, number, state, grand]], next}`, `next` null at the end;
- `orders.ship` `{key, ship_key, carrier: {title, code}, number, lines: [{line_id or sku, quantity}]}` → 201; 200 same;
- `orders.cancel` `{key, reason, restock}`; `orders.refund` as in the contract; `orders.status` `{key, status, dates, hold}`;
- `offers` `{ids, store}` → `{rows}`; `digest` `{store, cursor, limit}` → `{rows, next}`;
- `listings.put` `{rows}` → `{accepted, refused: [{product_id, says}]}`; `health` → hello's facts and `checks`.

States in answers: open, held, shipped, complete, closed (refunded), cancelled, error, deleted. `variant_id` equals
`product_id` for a product without combinations. Problem codes: malformed, currency, precision, line_ids, line_sum,
shipping_sum, goods_sum, fees_sum, tax_sum, grand_sum, unknown_sku, disabled_sku, no_stock, country, unknown_line,
total_sum, too_much.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Response, request

from hub import clock
from hub.simulator_plugin import CallGuard, CallRefused, EventSender, Keys, lower_headers, rfc3339
from hub.stores.prestashop.sandbox import module_orders
from hub.stores.prestashop.sandbox.module_orders import Answer, Died, ModuleState, problem, refused
from hub.stores.prestashop.sandbox.shop import Shop

PLUGIN_VERSION = "1.0.0"
CAPABILITIES = ("orders", "offers", "digest", "listings", "health")
STORE = "default"
OFFERS_LIMIT, DIGEST_LIMIT, LISTINGS_LIMIT = 500, 5000, 500


class Module:
    """The shopbridge module inside one shop."""

    def __init__(self, shop: Shop, sender: EventSender, base_url: Callable[[], str]) -> None:
        self.shop = shop
        self.sender = sender
        self.state = ModuleState()
        self.guard = CallGuard()
        self.installed = True
        self._base_url = base_url
        self._calls: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "orders.create": lambda given: module_orders.create(shop, self.state, given),
            "orders.find": lambda given: module_orders.find(shop, self.state, given),
            "orders.list": lambda given: module_orders.list_marked(shop, self.state, given),
            "orders.ship": lambda given: module_orders.ship(shop, self.state, given),
            "orders.cancel": lambda given: module_orders.cancel(shop, self.state, given),
            "orders.refund": lambda given: module_orders.refund(shop, self.state, given),
            "orders.status": lambda given: module_orders.set_status(shop, self.state, given),
            "offers": self._offers, "digest": self._digest, "listings.put": self._listings,
            "health": lambda _: Answer(200, self.health())}

    def answer(self) -> Response:
        """The answer to the current request."""
        if not self.installed:
            return Response("<!doctype html><html><body>404: the page you are looking for was not found</body></html>",
                            404, content_type="text/html; charset=utf-8")
        body = request.get_data()
        headers = lower_headers(dict(request.headers))
        now = self.sender.now()
        try:
            keys = self.guard.admit(self.sender.accepted_keys(), headers, body, now)
        except CallRefused as no:
            told: dict[str, Any] = {"code": no.code}
            if no.code == "clock":
                told["server_time"] = rfc3339(now)
            return self._signed(no.keys, headers.get("webhook-id", ""), Answer(no.status, told))
        self.sender.heard_hub()
        try:
            answer = self._do(body)
        except Died:
            return Response(b"", 500, content_type="text/html; charset=utf-8")
        return self._signed(keys, headers["webhook-id"], answer)

    def _do(self, body: bytes) -> Answer:
        try:
            asked = json.loads(body)
        except ValueError:
            return refused(problem("malformed", "", "the body is no JSON"))
        if not isinstance(asked, dict) or not isinstance(asked.get("with", {}), dict):
            return refused(problem("malformed", "", 'the body is {"do": …, "with": {…}}'))
        call = self._calls.get(str(asked.get("do")))
        if call is None:
            return refused(problem("malformed", "do", f"there is nothing called {asked.get('do')}"))
        with self.shop.lock, self.shop.acting("hub"):
            return call(asked.get("with") or {})

    def _signed(self, keys: Keys | None, request_id: str, answer: Answer) -> Response:
        body = json.dumps(answer.body, separators=(",", ":"), ensure_ascii=False).encode()
        response = Response(body, answer.status, content_type="application/json")
        if keys is not None:
            for name, value in keys.answer_headers(request_id, body, self.sender.now()).items():
                response.headers[name] = value
        return response

    # --- what no bare API answers in bulk ------------------------------------------------------------------------

    def _items(self, product_id: int) -> list[tuple[int, int]]:
        return [(product_id, attribute) for attribute in self.shop.attributes_of(product_id)]

    def _offers(self, given: dict[str, Any]) -> Answer:
        ids = given.get("ids")
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            return refused(problem("malformed", "ids", "ids is a list of texts"))
        if len(ids) > OFFERS_LIMIT:
            return refused(problem("malformed", "ids", f"at most {OFFERS_LIMIT} ids at once"))
        if bad := _wrong_store(given):
            return refused(bad)
        rows = [self.shop.offer(*item) for each in dict.fromkeys(ids)
                if (product := self.shop.row("products", each)) is not None for item in self._items(product["id"])]
        return Answer(200, {"rows": rows})

    def _digest(self, given: dict[str, Any]) -> Answer:
        if bad := _wrong_store(given):
            return refused(bad)
        limit = given.get("limit") or DIGEST_LIMIT
        parts = str(given.get("cursor") or "0.0").split(".")
        if (not str(limit).isdigit() or not 0 < int(limit) <= DIGEST_LIMIT
                or len(parts) != 2 or not all(part.isdigit() for part in parts)):
            return refused(problem("malformed", "cursor", "cursor is the one answered before, limit a number"))
        after = (int(parts[0]), int(parts[1]))
        items = sorted(item for number in self.shop.tables["products"] for item in self._items(number) if item > after
                       and self.shop.tables["products"][number]["state"] == "1")
        page = items[:int(limit)]
        more = f"{page[-1][0]}.{page[-1][1]}" if len(items) > len(page) else None
        return Answer(200, {"rows": [self.shop.digest(*item) for item in page], "next": more})

    def _listings(self, given: dict[str, Any]) -> Answer:
        rows = given.get("rows")
        if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
            return refused(problem("malformed", "rows", "rows is a list of objects"))
        if len(rows) > LISTINGS_LIMIT:
            return refused(problem("malformed", "rows", f"at most {LISTINGS_LIMIT} rows at once"))
        no = []
        for row in rows:
            product_id = str(row.get("product_id") or "")
            if self.shop.row("products", product_id) is None:
                no.append({"product_id": product_id, "says": "this shop has no such product"})
            else:
                self.state.listings[product_id, str(row.get("sku") or "")] = row
        return Answer(200, {"accepted": len(rows) - len(no), "refused": no})

    # --- about itself --------------------------------------------------------------------------------------------

    def hello(self) -> dict[str, Any]:
        """`hello.hint`."""
        queue = self.sender.state()
        base = self._base_url()
        return {
            "plugin_version": PLUGIN_VERSION, "platform_version": self.shop.version, "php": "8.1.27",
            "base_url": base, "api_url": f"{base}api/", "timezone": self.shop.timezone,
            "currency": self.shop.currency, "locales": ["en-US"],
            "stores": [{"code": STORE, "name": self.shop.name, "currency": self.shop.currency, "locale": "en-US"}],
            "modules": ["ps_wirepayment", "ps_checkpayment", "shopbridge"], "cron_seen_at": rfc3339(clock.now()),
            "queue": {"waiting": queue.waiting, "oldest_s": round(queue.oldest_s), "failed": len(queue.failed)},
            "capabilities": list(CAPABILITIES)}

    def health(self) -> dict[str, Any]:
        """Hello's facts with the checks of the module's health page."""
        queue = self.sender.state()
        return self.hello() | {"checks": [
            {"name": "paired", "ok": queue.paired, "says": "paired with the hub" if queue.paired else "not paired"},
            {"name": "queue", "ok": not queue.notice, "says": queue.notice or f"{queue.waiting} events wait"},
            {"name": "cron", "ok": True, "says": "cron ran within the last minute"}]}


def _wrong_store(given: dict[str, Any]) -> dict[str, str] | None:
    if given.get("store", STORE) in (STORE, "1", "", None):
        return None
    return problem("malformed", "store", f"there is no shop {given['store']}")

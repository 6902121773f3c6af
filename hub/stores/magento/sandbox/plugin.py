"""The plugin's endpoints under /rest/all/V1/shopbridge/ (plugin contract section 3). Shapes where it leaves them open:

- `POST orders` → 201 `{order_id, number, state, totals{goods, shipping, fees, tax, grand}, difference, oversold}`; the
  totals are the shop's own sum over its rows. Repeated: 200 with `same`, which looks away from what moves by itself
  (state, note, hold_until, ship_by, paid_at, shipping_type); order deleted: 410 `{code: "order_deleted"}`.
- `GET orders/{key}` → the order: the same body and `key, currency, status, placed_at, updated_at, tax_remitted_by,
  tax_title, refunded, tiktok, lines, shipments, refunds`; else 404. The four calls below answer the order as well.
- `GET orders?from&to&cursor&limit` → `{rows: [[key, order_id, number, state, grand]], next}`.
- `POST orders/{key}/shipments` `{ship_key, carrier: {title, code}, number, lines: [{line_id, quantity}]}` (no lines:
  all that is left; a TikTok line id stands for its SKU's line, and `sku` may stand in its place) → 201 with
  `ship_key, shipment_id`; 409 `{code: "cannot_ship", state}`.
- `POST orders/{key}/cancel` `{reason, restock}` → 200 with `same`; 409 `{code: "cannot_cancel", state}`. An order on
  hold is released first, as its buyer may cancel in the grace hour.
- `POST orders/{key}/refunds` → 201 with `refund_key, refund_id, total`; 409 `{code: "cannot_refund", state}`.
- `PUT orders/{key}/status` `{status, dates, hold: true | false | null}` → 200; any status but UNPAID moves an order
  made unpaid to processing; 409 `{code: "cannot_hold", state}`.
- `POST offers` → `{rows: […]}`; one row per sellable SKU, `variant_id` equal to `product_id` for a simple product; a
  configurable's id answers its children. `GET digest` → `{rows: […], next}`, one row per sellable SKU, the parent's content in the
  hash; a configurable without children stands for itself.
- `PUT listings` `{rows: […]}` → `{accepted, refused: [{product_id, says}]}`.
- `GET health` → hello's facts and `checks: [{name, ok, says}]`.

Problems of an order beyond the sums (`money.py`): `unknown_sku`, `disabled_sku`, `no_stock`, `country`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Request, request

from hub.stores.magento.sandbox.catalogue import Product, stamp
from hub.stores.magento.sandbox.money import Asked, Problem, read_order, read_refund, written
from hub.stores.magento.sandbox.orders import CannotDo, Order
from hub.stores.magento.sandbox.state import MagentoSim

RESOURCE = "Shopbridge_TikTokShop::api"
PAGE = 500
OFFERS_AT_ONCE = 500
LISTINGS_AT_ONCE = 500
DIGEST_AT_ONCE = 5000
# What the module answers for a product whose units the shop does not count.
UNCOUNTED = 9999
STORES = {"default", "all"}
# What may differ between two tries of one order without making it another order.
_VOLATILE = frozenset({"state", "note", "hold_until", "ship_by", "paid_at", "shipping_type"})
Answer = tuple[Any, int]


def handlers(sim: MagentoSim) -> dict[tuple[str, str], Any]:
    """Each route's function by (method, path below shopbridge/); the REST blueprint mounts and guards them."""
    plugin = Plugin(sim)
    return {
        ("POST", "orders"): plugin.create,
        ("GET", "orders"): plugin.listed,
        ("GET", "orders/<key>"): plugin.find,
        ("POST", "orders/<key>/shipments"): plugin.ship,
        ("POST", "orders/<key>/cancel"): plugin.cancel,
        ("POST", "orders/<key>/refunds"): plugin.refund,
        ("PUT", "orders/<key>/status"): plugin.status,
        ("POST", "offers"): plugin.offers,
        ("GET", "digest"): plugin.digest,
        ("PUT", "listings"): plugin.listings,
        ("GET", "health"): plugin.health,
    }


class Plugin:
    """The plugin inside the shop; every method runs under the shop's lock, inside a request."""

    def __init__(self, sim: MagentoSim) -> None:
        self.sim = sim

    # -- orders ---------------------------------------------------------------------------------------------------

    def create(self) -> Answer:
        """Create once per key."""
        body = _body(request)
        asked, problems = read_order(body, stores=STORES)
        if asked is None:
            return {"problems": problems}, 422
        known = self.sim.order_keys.get(asked.key)
        if known is not None:
            order = self.sim.orders.orders.get(known["order_id"])
            if order is None:
                return {
                    "code": "order_deleted",
                    "order_id": str(known["order_id"]),
                    "number": known["number"],
                }, 410
            return self._shown(order, asked.grand) | {"same": known["content"] == _content(body)}, 200
        products, problems = self._products(asked)
        if problems:
            return {"problems": problems}, 422
        order = self.sim.orders.place(asked, products)
        self.sim.order_keys[asked.key] = {
            "order_id": order.entity_id, "number": order.increment_id, "content": _content(body),
            "created_at": order.created_at, "grand": written(order.grand, order.currency),
        }  # fmt: skip
        return self._shown(order, asked.grand), 201

    def _products(self, asked: Asked) -> tuple[list[Product], list[Problem]]:
        catalogue = self.sim.catalogue
        found: list[Product] = []
        problems: list[Problem] = []
        wanted: Counter[int] = Counter()
        for index, line in enumerate(asked.lines):
            product = self._product(line.product_id, line.variant_id, line.sku)
            where = f"lines.{index}"
            if product is None:
                says = f"this shop has no sellable product {line.sku}"
                problems.append({"code": "unknown_sku", "where": where, "says": says})
                continue
            found.append(product)
            wanted[product.id] += line.quantity
            if not catalogue.is_active(product):
                problems.append({"code": "disabled_sku", "where": where, "says": f"{product.sku} is disabled"})
            elif not asked.raw.get("allow_backorder", True) and not catalogue.can_sell(product, Decimal(wanted[product.id])):
                says = f"{product.sku}: {catalogue.salable(product)} can be sold, {wanted[product.id]} were ordered"
                problems.append({"code": "no_stock", "where": where, "says": says})
        country = (asked.raw.get("ship_to") or {}).get("country")
        allowed = self.sim.allowed_countries
        if country and allowed is not None and country not in allowed:
            problems.append(
                {
                    "code": "country",
                    "where": "ship_to.country",
                    "says": f"this shop does not sell to {country}",
                }
            )
        return found, problems

    def _product(self, product_id: str, variant_id: str, sku: str) -> Product | None:
        products = self.sim.catalogue.products
        product: Product | None = None
        if variant_id not in ("", "0"):
            product = products.get(int(variant_id)) if variant_id.isdigit() else None
            if product is not None and str(product.parent_id) != product_id and variant_id != product_id:
                product = None
        elif product_id:
            product = products.get(int(product_id)) if product_id.isdigit() else None
        else:
            product = self.sim.catalogue.by_sku(sku)
        return product if product is not None and product.is_sellable else None

    def _shown(self, order: Order, sent: Decimal | None = None) -> dict[str, Any]:
        def money(amount: Decimal) -> str:
            return written(amount, order.currency)

        expected = order.grand - order.surcharge if sent is None else sent
        difference = None
        if order.grand != expected:
            difference = {
                "amount": money(order.grand - expected),
                "reason": "another extension of this shop adds a charge",
            }
        return {
            "order_id": str(order.entity_id),
            "number": order.increment_id,
            "state": order.state,
            "totals": {
                "goods": money(order.goods),
                "shipping": money(order.shipping - order.shipping_discount),
                "fees": money(order.fee_sum),
                "tax": money(order.tax),
                "grand": money(order.grand),
            },
            "difference": difference,
            "oversold": order.oversold,
        }

    def _order(self, key: str) -> Order | None:
        known = self.sim.order_keys.get(key)
        if known is not None and known["order_id"] in self.sim.orders.orders:
            return self.sim.orders.orders[known["order_id"]]
        marked = self.sim.orders.with_key(key)
        return marked[0] if marked else None

    def _missing(self, key: str) -> Answer:
        if key in self.sim.order_keys:
            return {"code": "order_deleted"}, 404
        return {"code": "not_found"}, 404

    def find(self, key: str) -> Answer:
        """The order of this key."""
        order = self._order(key)
        if order is None:
            return self._missing(key)
        return self._described(order), 200

    def _ids(self, product_id: int | None) -> dict[str, str]:
        product = self.sim.catalogue.products.get(product_id) if product_id else None
        parent = product.parent_id if product is not None else None
        return {"product_id": str(parent or product_id or ""), "variant_id": str(product_id or "")}

    def _described(self, order: Order) -> dict[str, Any]:
        """All that the hub may know of an order."""
        return self._shown(order) | {
            "key": order.key or "",
            "status": order.status,
            "currency": order.currency,
            "tax_remitted_by": order.raw.get("tax_remitted_by", ""),
            "tax_title": order.tax_title,
            "refunded": written(order.refunded_total, order.currency),
            "placed_at": _rfc(order.created_at),
            "updated_at": _rfc(order.updated_at),
            "tiktok": order.tiktok,
            "lines": [
                {
                    "line_ids": list(item.line_ids),
                    **self._ids(item.product_id),
                    "sku": item.sku,
                    "quantity": int(item.quantity),
                    "shipped": int(item.shipped),
                    "refunded": int(item.refunded),
                    "net": written(item.row_total - item.discount, order.currency),
                    "tax": written(item.tax, order.currency),
                }
                for item in order.items
            ],
            "shipments": [
                {
                    "shipment_id": str(shipment.entity_id),
                    "ship_key": shipment.key,
                    "created_at": _rfc(shipment.created_at),
                    "tracks": [{"carrier_code": t.carrier_code, "title": t.title, "number": t.number} for t in shipment.tracks],
                    "lines": [
                        {"line_ids": list(item.line_ids), "sku": item.sku, "quantity": int(quantity)} for item, quantity in shipment.lines
                    ],
                }
                for shipment in order.shipments
            ],
            "refunds": [
                {
                    "refund_id": str(memo.entity_id),
                    "refund_key": memo.key,
                    "created_at": _rfc(memo.created_at),
                    "total": written(memo.total, order.currency),
                }
                for memo in order.memos
            ],
        }

    def listed(self) -> Answer:
        """One row per marked order, read from the orders; keys without an order as `deleted`."""
        since, until = _moment(request.args.get("from")), _moment(request.args.get("to"))
        cursor, size = request.args.get("cursor") or "0", request.args.get("limit") or str(PAGE)
        if since is None or until is None or not cursor.isdigit() or not size.isdigit() or not int(size):
            return _malformed("from and to are times such as 2026-11-20T00:00:00Z; cursor is the one answered before")
        rows: list[tuple[datetime, int, list[str]]] = []
        for order in self.sim.orders.orders.values():
            if order.key is not None:
                grand = written(order.grand, order.currency)
                row = [order.key, str(order.entity_id), order.increment_id, order.state, grand]
                rows.append((order.created_at, order.entity_id, row))
        for key, known in self.sim.order_keys.items():
            if known["order_id"] not in self.sim.orders.orders:
                row = [key, str(known["order_id"]), known["number"], "deleted", known["grand"]]
                rows.append((known["created_at"], known["order_id"], row))
        chosen = sorted((one for one in rows if since <= one[0] < until), key=lambda one: one[1])
        page = [one for one in chosen if one[1] > int(cursor)][: int(size)]
        more = bool(page) and page[-1][1] < chosen[-1][1]
        return {"rows": [row for *_, row in page], "next": str(page[-1][1]) if more else None}, 200

    def ship(self, key: str) -> Answer:
        """Ship once per ship_key."""
        order = self._order(key)
        if order is None:
            return self._missing(key)
        body = _body(request)
        if not isinstance(body, dict) or not isinstance(body.get("ship_key"), str) or not body["ship_key"]:
            return _malformed("ship_key must be a text", "ship_key")
        carrier, tracking = body.get("carrier"), body.get("number")
        if not isinstance(carrier, dict) or not isinstance(carrier.get("title"), str) or not isinstance(tracking, str):
            return _malformed("carrier {title, code} and number are needed", "carrier")
        known = self.sim.ship_keys.get((key, body["ship_key"]))
        if known is not None:
            same = known["content"] == _content(body)
            return self._described(order) | known["answer"] | {"same": same}, 200
        wanted: dict[int, Decimal] | None = None
        if body.get("lines") is not None:
            wanted = {}
            by_name = {item.sku: item for item in order.items} | order.item_by_line
            for one in body["lines"] if isinstance(body["lines"], list) else [{}]:
                named, quantity = one.get("line_id") or one.get("sku"), one.get("quantity", 1)
                if named not in by_name or not isinstance(quantity, int) or quantity < 1:
                    return _problem("unknown_line", "lines", f"this order has no line {named}, or no such quantity")
                item_id = by_name[named].item_id
                wanted[item_id] = wanted.get(item_id, Decimal(0)) + quantity
        track = {
            "track_number": tracking,
            "title": carrier["title"],
            "carrier_code": carrier.get("code") or "custom",
        }
        try:
            shipment = self.sim.orders.ship(order, wanted, [track] if tracking else [], via="hub", key=body["ship_key"])
        except CannotDo as refused:
            return {"code": "cannot_ship", "state": order.state, "says": refused.message}, 409
        if order.state == "processing" and not any(item.to_ship for item in order.items):
            self.sim.orders.invoice(order, None, via="hub")
        answer = {"ship_key": shipment.key, "shipment_id": str(shipment.entity_id)}
        self.sim.ship_keys[key, shipment.key] = {"content": _content(body), "answer": answer}
        return self._described(order) | answer, 201

    def cancel(self, key: str) -> Answer:
        """Cancel; once more is the same, not a mistake."""
        order = self._order(key)
        if order is None:
            return self._missing(key)
        body = _body(request)
        restock = body.get("restock", True) if isinstance(body, dict) else None
        if not isinstance(restock, bool):
            return _malformed("restock must be true or false", "restock")
        same = order.state == "canceled"
        if not same:
            held = order.state == "holded"
            if held:
                self.sim.orders.unhold(order, via="hub")
            if not self.sim.orders.cancel(order, via="hub", restock=restock):
                if held:
                    self.sim.orders.hold(order, via="hub")
                return {"code": "cannot_cancel", "state": order.state}, 409
            if body.get("reason"):
                self.sim.orders.comment(order, str(body["reason"]), via="hub", silent=True)
        return self._described(order) | {"same": same}, 200

    def refund(self, key: str) -> Answer:
        """Refund once per refund_key."""
        order = self._order(key)
        if order is None:
            return self._missing(key)
        body = _body(request)
        refund, problems = read_refund(body, order.currency, prices_include_tax=order.prices_include_tax)
        if refund is None:
            return {"problems": problems}, 422
        known = self.sim.refund_keys.get((key, refund.refund_key))
        if known is not None:
            same = known["content"] == _content(body)
            return self._described(order) | known["answer"] | {"same": same}, 200
        if order.state in ("canceled", "closed", "pending_payment"):
            return {"code": "cannot_refund", "state": order.state}, 409
        unknown = [line_id for line_id, *_ in refund.lines if line_id not in order.item_by_line]
        if unknown:
            return _problem("unknown_line", "lines", f"this order has no line {', '.join(unknown)}")
        if order.refunded_total + refund.total > order.grand:
            left = written(order.grand - order.refunded_total, order.currency)
            return _problem("too_much", "total", f"only {left} of this order is left to refund")
        if not any(item.invoiced for item in order.items):
            # A credit memo needs an invoice: the module makes it, as the buyer has paid.
            if order.state == "holded":
                self.sim.orders.unhold(order, via="hub")
            self.sim.orders.invoice(order, None, via="hub")
        memo = self.sim.orders.refund(order, refund, via="hub")
        answer = {
            "refund_key": refund.refund_key,
            "refund_id": str(memo.entity_id),
            "total": written(memo.total, order.currency),
        }
        self.sim.refund_keys[key, refund.refund_key] = {"content": _content(body), "answer": answer}
        return self._described(order) | answer, 201

    def status(self, key: str) -> Answer:
        """TikTok's status and dates for show; hold and release."""
        order = self._order(key)
        if order is None:
            return self._missing(key)
        body = _body(request)
        if not isinstance(body, dict) or not isinstance(body.get("hold"), bool | None):
            return _malformed("hold is true, false or null", "hold")
        hold = body.get("hold")
        try:
            if hold and order.state != "holded":
                self.sim.orders.hold(order, via="hub")
            elif hold is False and order.state == "holded":
                self.sim.orders.unhold(order, via="hub")
        except CannotDo:
            return {"code": "cannot_hold", "state": order.state}, 409
        if order.state == "pending_payment" and str(body.get("status") or "unpaid").lower() != "unpaid":
            self.sim.orders.pay(order, via="hub")
        for name in ("status", "dates"):
            if name in body:
                order.tiktok[name] = body[name]
        return self._described(order), 200

    # -- catalogue ------------------------------------------------------------------------------------------------

    def _sellable(self, product: Product) -> list[Product]:
        if product.type_id == "configurable":
            return [self.sim.catalogue.products[child] for child in product.children]
        return [product] if product.is_sellable else []

    def offers(self) -> Answer:
        """Price, sale price and salable stock of up to 500 products."""
        body = _body(request)
        ids = body.get("ids") if isinstance(body, dict) else None
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            return _malformed("ids must be a list of texts", "ids")
        if len(ids) > OFFERS_AT_ONCE:
            return _malformed(f"at most {OFFERS_AT_ONCE} ids at once", "ids")
        if body.get("store") not in STORES:
            return _malformed(f"this shop has no store view {body.get('store')}", "store")
        catalogue = self.sim.catalogue
        rows = []
        for one in ids:
            product = catalogue.products.get(int(one)) if one.isdigit() else None
            for sold in self._sellable(product) if product else []:
                final = catalogue.final_price(sold)
                child = sold.parent_id is not None
                rows.append(
                    {
                        "product_id": str(sold.parent_id if child else sold.id),
                        "variant_id": str(sold.id),
                        "sku": sold.sku,
                        "price": written(sold.price, catalogue.currency),
                        "effective_price": written(final, catalogue.currency),
                        "compare_at": written(sold.price, catalogue.currency) if final < sold.price else None,
                        "currency": catalogue.currency,
                        "tax_included": self.sim.prices_include_tax,
                        "salable": max(0, int(catalogue.salable(sold))) if sold.manage_stock else UNCOUNTED,
                        "backorders": sold.backorders or not sold.manage_stock,
                        "active": catalogue.is_active(sold),
                    }
                )
        return {"rows": rows}, 200

    def digest(self) -> Answer:
        """One opaque hash per sellable SKU, in id order."""
        store, cursor = request.args.get("store"), request.args.get("cursor") or "0.0"
        limit = request.args.get("limit") or str(DIGEST_AT_ONCE)
        parts = cursor.split(".")
        if store not in STORES or not limit.isdigit() or not int(limit):
            return _malformed("store is a store view's code, limit a number", "store")
        if len(parts) != 2 or not all(part.isdigit() for part in parts):
            return _malformed("cursor is the one answered before", "cursor")
        after = (int(parts[0]), int(parts[1]))
        catalogue = self.sim.catalogue
        rows: list[tuple[tuple[int, int], Product]] = []
        for product in catalogue.products.values():
            if product.is_sellable or (product.type_id == "configurable" and not product.children):
                place = (product.parent_id, product.id) if product.parent_id is not None else (product.id, 0)
                if place > after:
                    rows.append((place, product))
        rows.sort(key=lambda one: one[0])
        page = rows[: min(int(limit), DIGEST_AT_ONCE)]
        last = page[-1][0] if len(page) < len(rows) else None
        return {
            "rows": [[str(place[0]), str(one.id), one.sku, catalogue.digest(one)] for place, one in page],
            "next": f"{last[0]}.{last[1]}" if last else None,
        }, 200

    def listings(self) -> Answer:
        """What the grid columns show."""
        body = _body(request)
        rows = body.get("rows") if isinstance(body, dict) else None
        if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
            return _malformed("rows must be a list of objects", "rows")
        if len(rows) > LISTINGS_AT_ONCE:
            return _malformed(f"at most {LISTINGS_AT_ONCE} rows at once", "rows")
        refused = []
        for row in rows:
            product_id = str(row.get("product_id") or "")
            if not product_id.isdigit() or int(product_id) not in self.sim.catalogue.products:
                refused.append({"product_id": product_id, "says": "this shop has no such product"})
                continue
            self.sim.listings[product_id, str(row.get("sku") or "")] = row | {"at": stamp(self.sim.now())}
        return {"accepted": len(rows) - len(refused), "refused": refused}, 200

    def health(self) -> Answer:
        """Hello's facts with the checks of the plugin's health page."""
        state = self.sim.sender.state()
        checks = [
            {
                "name": "paired",
                "ok": state.paired,
                "says": "paired with the hub" if state.paired else "not paired",
            },
            {"name": "queue", "ok": not state.notice, "says": state.notice or f"{state.waiting} events wait"},
            {"name": "cron", "ok": True, "says": "cron ran within the last minute"},
        ]
        return self.sim.hello() | {"checks": checks}, 200


def _body(asked: Request) -> Any:
    return asked.get_json(force=True, silent=True)


def _content(body: dict[str, Any]) -> str:
    lasting = {name: value for name, value in body.items() if name not in _VOLATILE}
    return hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()


def _problem(code: str, where: str, says: str) -> Answer:
    return {"problems": [{"code": code, "where": where, "says": says}]}, 422


def _malformed(says: str, where: str = "") -> Answer:
    return _problem("malformed", where, says)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _rfc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

"""The control API of the TikTok Shop sandbox: what a buyer, the platform or bad luck does. Plain JSON, no sign-in.

A refused command answers 409 `{"error": "…"}` (400 for a body that is no JSON object, 404 for an unknown id). In
addition to the routes of `hub.simulator.control_blueprint` (health, journal, faults; operation names are the
contract's, such as `GetOrderList`):

| route | does |
|---|---|
| `GET /sandbox/state` | counts, shops with id, region, cipher and warehouses, sellers, apps (no secrets) |
| `PUT /sandbox/app` `{redirect_url?, webhook_url?, app_key?}` | what the console holds |
| `GET, PATCH /sandbox/settings` | the settings of `create_simulator` that may change while running |
| `POST /sandbox/authorize` `{app_key?, seller_id?}` | the seller consents: `{code, redirect}` |
| `POST /sandbox/tokens` `{app_key?, seller_id?}` | a granted token pair, as the token host answers it |
| `POST /sandbox/tokens/expire` `{kind: "access" or "refresh"}` | all tokens of that kind are over now |
| `POST /sandbox/deauthorise` `{seller_id?, app_key?}` | the seller removes the app; webhook 6 |
| `POST /sandbox/authorisation_ends` `{seller_id?, in_s}` | webhook 7 |
| `PATCH /sandbox/shops/<id>` `{active}` | shop on or off (36009043) |
| `GET /sandbox/products` | id, status, audit, title, SKUs with stock and price |
| `POST /sandbox/review` `{product_id?, verdict?: "approve" or "refuse", reason?}` | ends reviews now: of one or all |
| `GET, POST, DELETE /sandbox/review_rules` `{contains? or seller_sku?, verdict, reason, times}` | scripted verdicts |
| `PATCH /sandbox/products/<id>` `{status?, has_promotion?}` | what policy or a promotion does |
| `POST /sandbox/brands` `{name, authorized?, t1?, expired?, category_ids?}` | a brand: `{id}` |
| `PUT /sandbox/stock` `{sku_id or seller_sku, quantity, shop_id?}` | available stock in the default warehouse |
| `POST /sandbox/orders` | a buyer orders; body: see `hub.tiktok.sandbox.placing` |
| `POST /sandbox/orders/seed` `{seed, count=200, shop_id?, status="AWAITING_SHIPMENT", tax_modes?, plain=false}` |
  orders by dice: 1–4 SKUs, 1–5 units each, discounts, every fee and an unknown one, tax in, out, remitted |
| `GET /sandbox/orders?status=&shop_id=` | each order's totals to the cent, and their sum by currency |
| `GET /sandbox/orders/<id>` | the order as its API shows it, with the exact sums under `truth` |
| `POST /sandbox/orders/<id>/pay` | UNPAID → ON_HOLD or AWAITING_SHIPMENT (`{status?}`) |
| `POST …/end_hold` | the grace hour is over |
| `POST …/ship` `{tracking_number?, shipping_provider_id?, line_ids?}` | shipped in Seller Center |
| `POST …/collect`, `…/deliver`, `…/complete` | carrier's scan, delivery, end of the after-sales window |
| `POST …/cancel` `{by: BUYER, SELLER, SYSTEM or OPERATOR, reason?, line_ids?}` | cancelled |
| `POST …/request_cancel` `{reason?}`, `…/withdraw_cancel` | the buyer asks, the buyer takes it back |
| `POST …/return` `{type: REFUND or RETURN_AND_REFUND, line_ids?, reason?}` | the buyer asks: `{return_id}` |
| `POST …/refund` `{line_ids?, reason?}` | a refund that is asked for, agreed and paid at once: `{return_id}` |
| `POST …/address` `{line1?, city?, …}` | the buyer moves; webhook 3 |
| `POST /sandbox/returns/<id>/<step>` | `buyer_ship`, `receive`, `approve`, `complete`, `cancel` |
| `GET /sandbox/webhooks?event=&state=` | all messages with body, signature, state and attempts |
| `POST /sandbox/webhooks/flush` `{everything?}` | sends what is due (or all that waits) now: `{sent}` |
| `POST /sandbox/webhooks/resend` `{id}` | the same message once more |
| `GET, POST, DELETE /sandbox/webhooks/rules` `{do: drop, duplicate, delay or reorder, event?, contains?, times,
  seconds?}` | what happens to messages |
| `POST /sandbox/throttle` `{seconds}` | every API call answers 429 for so long |
| `POST /sandbox/tick` | does what is due now |
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from hub.tiktok.sandbox import aftersales, auth, catalogue, fulfilment, orders, placing, products
from hub.tiktok.sandbox.gateway import Failure, json_response
from hub.tiktok.sandbox.shops import platform_provider, providers
from hub.tiktok.sandbox.state import Line, Order, Product, Seller, Sku, State, money, places, total
from hub.tiktok.sandbox.webhooks import Message, Sender

UNKNOWN_FEE = "eco_packaging_fee"
CHANGEABLE = (
    "review_after_s", "refuse_marker", "rate_per_s", "burst", "grants", "access_ttl_s", "refresh_ttl_s",
    "refresh_is_single_use", "search_delay_s", "hold_s", "refund_after_s", "label_polls", "daily_listing_limit",
    "invited_categories", "public_url",
)  # fmt: skip
_STATUSES = ("DRAFT", "PENDING", "FAILED", "ACTIVATE", "SELLER_DEACTIVATED", "PLATFORM_DEACTIVATED", "FREEZE",
             "DELETED")  # fmt: skip


class Refusal(Exception):
    """A command that cannot be done, with its HTTP status."""

    def __init__(self, says: str, status: int = 409) -> None:
        super().__init__(says)
        self.status = status


def control_routes(sim: State, sender: Sender) -> Blueprint:
    """The routes of this module's table."""
    routes = Blueprint("tiktok_sandbox_control", __name__, url_prefix="/sandbox")

    def command(rule: str, *methods: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def register(handler: Callable[..., Any]) -> Callable[..., Any]:
            def view(**ids: str) -> Response:
                body = request.get_json(force=True, silent=True) if request.get_data() else {}
                if not isinstance(body, dict):
                    return json_response({"error": "the body is a JSON object"}, 400)
                try:
                    with sim.lock:
                        sim.tick()
                        return json_response(handler(body, **ids))
                except (Refusal, placing.Unplaceable, Failure) as error:
                    return json_response({"error": str(error)}, error.status if isinstance(error, Refusal) else 409)
                except (KeyError, TypeError, ValueError, ArithmeticError) as error:
                    return json_response({"error": f"the command cannot be read: {error!r}"}, 400)

            view.__name__ = handler.__name__
            routes.add_url_rule(rule, handler.__name__, view, methods=list(methods))
            return handler

        return register

    _account_commands(sim, command)
    _product_commands(sim, command)
    _order_commands(sim, command)
    _webhook_commands(sim, sender, command)
    return routes


Command = Callable[..., Callable[[Callable[..., Any]], Callable[..., Any]]]


def _account_commands(sim: State, command: Command) -> None:
    def app_of(body: dict[str, Any]) -> Any:
        app = sim.apps.get(body.get("app_key") or next(iter(sim.apps)))
        if app is None:
            raise Refusal("no such app", 404)
        return app

    def seller_of(body: dict[str, Any]) -> Seller:
        seller = sim.sellers.get(body.get("seller_id") or next(iter(sim.sellers)))
        if seller is None:
            raise Refusal("no such seller", 404)
        return seller

    @command("/state", "GET")
    def state(body: dict[str, Any]) -> dict[str, Any]:
        return {
            "now": sim.now(), "products": len(sim.products), "orders": len(sim.orders),
            "packages": len(sim.packages), "cancellations": len(sim.cancellations), "returns": len(sim.returns),
            "images": len(sim.images),
            "shops": [
                {"id": shop.id, "name": shop.name, "region": shop.region, "currency": shop.currency,
                 "cipher": shop.cipher, "seller_id": shop.seller_id, "active": shop.active,
                 "delivery_option_id": shop.delivery_option_id, "webhooks": list(shop.webhooks.values()),
                 "warehouses": [asdict(one) for one in shop.warehouses]}
                for shop in sim.shops.values()
            ],
            "sellers": [asdict(one) for one in sim.sellers.values()],
            "apps": [
                {"app_key": one.key, "service_id": one.service_id, "name": one.name,
                 "redirect_url": one.redirect_url, "webhook_url": one.webhook_url}
                for one in sim.apps.values()
            ],
        }  # fmt: skip

    @command("/app", "PUT")
    def app(body: dict[str, Any]) -> dict[str, Any]:
        one = app_of(body)
        one.redirect_url = str(body.get("redirect_url", one.redirect_url))
        one.webhook_url = str(body.get("webhook_url", one.webhook_url))
        return {"redirect_url": one.redirect_url, "webhook_url": one.webhook_url}

    @command("/settings", "GET", "PATCH")
    def settings(body: dict[str, Any]) -> dict[str, Any]:
        unknown = set(body) - set(CHANGEABLE)
        if unknown:
            raise Refusal(f"not a setting that may change: {', '.join(sorted(unknown))}", 400)
        sim.settings.update(body)
        if "rate_per_s" in body or "burst" in body:
            sim.buckets.clear()
        return {name: sim.settings[name] for name in CHANGEABLE}

    @command("/authorize", "POST")
    def authorize(body: dict[str, Any]) -> dict[str, Any]:
        one = app_of(body)
        code = auth.issue_code(sim, one, seller_of(body))
        return {"code": code, "redirect": one.redirect_url}

    @command("/tokens", "POST")
    def tokens(body: dict[str, Any]) -> dict[str, Any]:
        return auth.grant(sim, app_of(body), seller_of(body))

    @command("/tokens/expire", "POST")
    def expire(body: dict[str, Any]) -> dict[str, Any]:
        kind = body.get("kind", "access")
        if kind not in ("access", "refresh"):
            raise Refusal("kind is access or refresh", 400)
        over = [one for one in sim.tokens.values() if one.kind == kind and one.expires > sim.now()]
        for one in over:
            one.expires = sim.now() - 1
        return {"expired": len(over)}

    @command("/deauthorise", "POST")
    def deauthorise(body: dict[str, Any]) -> dict[str, Any]:
        return {"revoked": auth.revoke(sim, seller_of(body), body.get("app_key"))}

    @command("/authorisation_ends", "POST")
    def ends(body: dict[str, Any]) -> dict[str, Any]:
        for shop in sim.shops_of(seller_of(body).id):
            sim.notify(
                "UPCOMING_AUTHORIZATION_EXPIRATION", shop,
                {"message": "The authorization ends soon.",
                 "expiration_time": str(int(sim.now() + float(body.get("in_s", 30 * 86400))))},
            )  # fmt: skip
        return {"ok": True}

    @command("/shops/<shop_id>", "PATCH")
    def shop(body: dict[str, Any], shop_id: str) -> dict[str, Any]:
        if shop_id not in sim.shops:
            raise Refusal("no such shop", 404)
        sim.shops[shop_id].active = bool(body["active"])
        return {"active": sim.shops[shop_id].active}

    @command("/throttle", "POST")
    def throttle(body: dict[str, Any]) -> dict[str, Any]:
        sim.throttled_until = sim.now() + float(body["seconds"])
        return {"until": sim.throttled_until}

    @command("/tick", "POST")
    def tick(body: dict[str, Any]) -> dict[str, Any]:
        return {"done": sim.tick()}


def _product_commands(sim: State, command: Command) -> None:
    def product_of(product_id: str) -> Product:
        if product_id not in sim.products:
            raise Refusal("no such product", 404)
        return sim.products[product_id]

    @command("/products", "GET")
    def list_products(body: dict[str, Any]) -> dict[str, Any]:
        return {"products": [_product_summary(one) for one in sim.products.values()]}

    @command("/products/<product_id>", "PATCH")
    def change_product(body: dict[str, Any], product_id: str) -> dict[str, Any]:
        one = product_of(product_id)
        if "status" in body:
            if body["status"] not in _STATUSES:
                raise Refusal("no such status", 400)
            one.status, one.updated = body["status"], sim.now()
            sim.notify(
                "PRODUCT_STATUS_CHANGE", sim.shops[one.shop_id],
                {"product_id": int(one.id), "status": "PRODUCT_STATUS_CHANGED",
                 "suspended_reason": str(body.get("reason", "")), "update_time": int(one.updated)},
            )  # fmt: skip
        one.has_promotion = bool(body.get("has_promotion", one.has_promotion))
        return _product_summary(one)

    @command("/review", "POST")
    def review(body: dict[str, Any]) -> dict[str, Any]:
        verdict = body.get("verdict")
        if verdict not in (None, "approve", "refuse"):
            raise Refusal("verdict is approve or refuse", 400)
        if body.get("product_id"):
            subjects = [product_of(body["product_id"])]
            if subjects[0].audit != "AUDITING":
                raise Refusal("the product is not under review")
        else:
            subjects = [one for one in sim.products.values() if one.audit == "AUDITING"]
        return {"reviewed": {one.id: products.review(sim, one, verdict, str(body.get("reason", ""))) for one in subjects}}

    @command("/review_rules", "GET", "POST", "DELETE")
    def review_rules(body: dict[str, Any]) -> dict[str, Any]:
        if request.method == "DELETE":
            sim.review_rules.clear()
        if request.method == "POST":
            if not body.get("contains") and not body.get("seller_sku"):
                raise Refusal("contains or seller_sku is required", 400)
            sim.review_rules.append({"times": -1, "verdict": "refuse", **body})
        return {"rules": sim.review_rules}

    @command("/brands", "POST")
    def brand(body: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": catalogue.add_brand(
                sim, str(body["name"]), authorized=bool(body.get("authorized")), t1=bool(body.get("t1")),
                expired=bool(body.get("expired")), category_ids=tuple(body.get("category_ids", ())),
            )
        }  # fmt: skip

    @command("/stock", "PUT")
    def stock(body: dict[str, Any]) -> dict[str, Any]:
        found = [
            (one, sku) for one in sim.products.values() for sku in one.skus
            if body.get("shop_id") in (None, one.shop_id)
            and (sku.id == body.get("sku_id") or (body.get("seller_sku") and sku.seller_sku == body["seller_sku"]))
        ]  # fmt: skip
        if not found:
            raise Refusal("no such SKU", 404)
        for one, sku in found:
            warehouse = next(iter(sku.available), sim.shops[one.shop_id].warehouses[0].id)
            sku.available[warehouse] = int(body["quantity"])
        return {"changed": [sku.id for _, sku in found]}


def _product_summary(one: Product) -> dict[str, Any]:
    return {
        "id": one.id, "shop_id": one.shop_id, "status": one.status, "audit": one.audit,
        "title": one.content.get("title", ""), "category_id": one.content.get("category_id", ""),
        "is_edit_waiting": one.waiting is not None, "fail_reasons": one.fail_reasons,
        "skus": [
            {"id": sku.id, "seller_sku": sku.seller_sku, "name": sku.name, "currency": sku.currency,
             "price": money(sku.price, sku.currency), "available": sum(sku.available.values()),
             "committed": sum(sku.committed.values())}
            for sku in one.skus
        ],
    }  # fmt: skip


def _order_commands(sim: State, command: Command) -> None:
    def order_of(order_id: str) -> Order:
        if order_id not in sim.orders:
            raise Refusal("no such order", 404)
        return sim.orders[order_id]

    def lines_of(order: Order, body: dict[str, Any]) -> list[Line]:
        ids = body.get("line_ids")
        lines = [line for line in order.open_lines() if not ids or line.id in ids]
        if not lines or (ids and len(lines) != len(set(ids))):
            raise Refusal("a line id is unknown, or nothing is left")
        return lines

    @command("/orders", "GET", "POST")
    def place_or_list(body: dict[str, Any]) -> dict[str, Any]:
        if request.method == "POST":
            return order_summary(sim, placing.place(sim, body))
        rows = [
            one for one in sim.orders.values()
            if request.args.get("status") in (None, "", one.status)
            and request.args.get("shop_id") in (None, "", one.shop_id)
        ]  # fmt: skip
        sums: dict[str, Decimal] = {}
        for one in rows:
            sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.truth["total_amount"]
        return {
            "orders": [order_summary(sim, one) for one in rows],
            "totals": {currency: money(amount, currency) for currency, amount in sums.items()},
        }

    @command("/orders/seed", "POST")
    def seed(body: dict[str, Any]) -> dict[str, Any]:
        return {"orders": [order_summary(sim, one) for one in place_by_seed(sim, body)]}

    @command("/orders/<order_id>", "GET")
    def one_order(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order = order_of(order_id)
        return {**orders.answer(sim, sim.shops[order.shop_id], order), "truth": order_summary(sim, order)}

    @command("/orders/<order_id>/pay", "POST")
    def pay(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        placing.pay(sim, order_of(order_id), body.get("status"))
        return order_summary(sim, order_of(order_id))

    @command("/orders/<order_id>/end_hold", "POST")
    def end_hold(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order = order_of(order_id)
        if order.status != "ON_HOLD":
            raise Refusal(f"the order is {order.status}")
        placing.end_hold(sim, order)
        return order_summary(sim, order)

    @command("/orders/<order_id>/ship", "POST")
    def ship(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order = order_of(order_id)
        if order.status not in ("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"):
            raise Refusal(f"the order is {order.status}")
        shop = sim.shops[order.shop_id]
        lines = [line for line in lines_of(order, body) if line.status == "AWAITING_SHIPMENT"]
        wanted = body.get("shipping_provider_id")
        carrier = next((one for one in providers(shop.region) if one["id"] == wanted), platform_provider(shop.region))
        open_packages = [sim.packages[one] for one in order.package_ids if not sim.packages[one].shipped]
        ids = [line.id for line in lines]
        package = next((one for one in open_packages if set(one.line_ids) == set(ids)), None)
        package = package or placing.make_package(sim, order, ids)
        number = str(body.get("tracking_number") or f"TTS{package.id[-12:]}")
        fulfilment.ship(sim, order, package, number, carrier)
        return {**order_summary(sim, order), "package_id": package.id, "tracking_number": number}

    def carry(order: Order, before: tuple[str, ...], after: str, package_status: str) -> dict[str, Any]:
        if order.status not in before:
            raise Refusal(f"the order is {order.status}")
        for line in order.open_lines():
            line.status = after
        for package_id in order.package_ids:
            package = sim.packages[package_id]
            if package.status != "CANCELLED":
                package.status, package.collected, package.updated = package_status, True, sim.now()
        placing.move(sim, order, after)
        return order_summary(sim, order)

    @command("/orders/<order_id>/collect", "POST")
    def collect(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order = order_of(order_id)
        order.collected = sim.now()
        return carry(order, ("AWAITING_COLLECTION",), "IN_TRANSIT", "FULFILLING")

    @command("/orders/<order_id>/deliver", "POST")
    def deliver(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order = order_of(order_id)
        order.delivered = sim.now()
        return carry(order, ("IN_TRANSIT",), "DELIVERED", "COMPLETED")

    @command("/orders/<order_id>/complete", "POST")
    def complete(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        return carry(order_of(order_id), ("DELIVERED",), "COMPLETED", "COMPLETED")

    @command("/orders/<order_id>/cancel", "POST")
    def cancel(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order = order_of(order_id)
        role = body.get("by", "SYSTEM")
        if role not in ("BUYER", "SELLER", "SYSTEM", "OPERATOR"):
            raise Refusal("by is BUYER, SELLER, SYSTEM or OPERATOR", 400)
        if order.status in ("CANCELLED", "COMPLETED", "DELIVERED"):
            raise Refusal(f"the order is {order.status}")
        default = {"BUYER": aftersales.BUYER_CANCEL[0], "SELLER": "seller_cancel_reason_out_of_stock"}
        one = aftersales.cancel(
            sim, order, lines_of(order, body), role=role,
            reason=body.get("reason") or default.get(role, "platform_cancel"),
        )  # fmt: skip
        return {**order_summary(sim, order), "cancel_id": one.id}

    @command("/orders/<order_id>/request_cancel", "POST")
    def request_cancel(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order = order_of(order_id)
        one = aftersales.request_cancel(sim, order, body.get("reason") or aftersales.BUYER_CANCEL[0])
        return {**order_summary(sim, order), "cancel_id": one.id, "cancel_status": one.status}

    @command("/orders/<order_id>/withdraw_cancel", "POST")
    def withdraw_cancel(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order_of(order_id)
        for one in sim.cancellations.values():
            if one.order_id == order_id and one.status == "CANCELLATION_REQUEST_PENDING":
                aftersales.withdraw(sim, one)
                return {"cancel_id": one.id, "cancel_status": one.status}
        raise Refusal("no request is open")

    @command("/orders/<order_id>/return", "POST")
    def open_return(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order = order_of(order_id)
        lines = [line for line in lines_of(order, body) if not line.refunded]
        kind = body.get("type", "REFUND")
        one = aftersales.open_return(sim, order, kind, lines, body.get("reason") or aftersales.REFUND_REASON)
        return {"return_id": one.id, "return_status": one.status}

    @command("/orders/<order_id>/refund", "POST")
    def refund(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order = order_of(order_id)
        lines = [line for line in lines_of(order, body) if not line.refunded]
        one = aftersales.open_return(sim, order, "REFUND", lines, body.get("reason") or aftersales.REFUND_REASON)
        aftersales.set_return(sim, one, "RETURN_OR_REFUND_REQUEST_SUCCESS", "The platform agreed.", "OPERATOR")
        aftersales.complete_return(sim, one)
        return {
            "return_id": one.id, "return_status": one.status,
            "refund_total": money(one.amounts["refund_total"], order.currency),
        }  # fmt: skip

    @command("/orders/<order_id>/address", "POST")
    def change_address(body: dict[str, Any], order_id: str) -> dict[str, Any]:
        order = order_of(order_id)
        order.buyer.update(body)
        shop = sim.shops[order.shop_id]
        order.address, order.updated = placing.address_for(shop, order.buyer), sim.now()
        sim.notify("RECIPIENT_ADDRESS_UPDATE", shop, {"order_id": order.id, "update_time": int(order.updated)})
        return order_summary(sim, order)

    @command("/returns/<return_id>/<step>", "POST")
    def return_step(body: dict[str, Any], return_id: str, step: str) -> dict[str, Any]:
        one = sim.returns.get(return_id)
        if one is None:
            raise Refusal("no such return", 404)
        success = "RETURN_OR_REFUND_REQUEST_SUCCESS"
        steps = {
            "approve": ("AWAITING_BUYER_SHIP" if one.type == "RETURN_AND_REFUND" else success, "OPERATOR"),
            "buyer_ship": ("BUYER_SHIPPED_ITEM", "BUYER"), "receive": (success, "OPERATOR"),
            "cancel": ("RETURN_OR_REFUND_REQUEST_CANCEL", "BUYER"),
        }  # fmt: skip
        if step == "complete":
            if one.status != success:
                raise Refusal(f"the return is {one.status}")
            aftersales.complete_return(sim, one)
        elif step in steps:
            if step == "buyer_ship":
                one.tracking_number = str(body.get("tracking_number") or f"RET{one.id[-10:]}")
            aftersales.set_return(sim, one, steps[step][0], f"Sandbox step {step}.", steps[step][1])
        else:
            raise Refusal("no such step", 404)
        return {"return_id": one.id, "return_status": one.status}


def order_summary(sim: State, order: Order) -> dict[str, Any]:
    """An order's truth for a ledger: status, marker, money to the cent, units by SKU."""
    truth = order.truth
    units: dict[str, int] = {}
    for line in order.open_lines():
        units[line.seller_sku] = units.get(line.seller_sku, 0) + 1
    amounts = {name: money(value, order.currency) for name, value in truth.items() if isinstance(value, Decimal)}
    amounts.pop("rate", None)
    return {
        "id": order.id, "shop_id": order.shop_id, "status": order.status, "currency": order.currency,
        "created": order.created, "paid": order.paid, "amounts": amounts, "total_amount": amounts["total_amount"],
        "fees": {name: money(value, order.currency) for name, value in truth["fees"].items()},
        "tax_mode": truth["tax_mode"], "units": units, "masked": order.extra["masked"],
        "line_ids": [line.id for line in order.lines],
        "refunded": money(
            total(
                one.partial if one.partial is not None else one.amounts["refund_total"]
                for one in sim.returns.values()
                if one.order_id == order.id and one.status == "RETURN_OR_REFUND_REQUEST_COMPLETE"
            ),
            order.currency,
        ),
    }  # fmt: skip


def place_by_seed(sim: State, body: dict[str, Any]) -> list[Order]:
    """Orders by dice; the same seed over the same products places the same orders."""
    dice = random.Random(int(body.get("seed", 1)))  # noqa: S311 - a simulator's dice
    shop = sim.shops[str(body.get("shop_id") or sim.only_shop().id)]
    modes = tuple(body.get("tax_modes") or placing.MODES)
    placed: list[Order] = []
    for number in range(int(body.get("count", 200))):
        live = [
            sku for one in sim.products.values() if one.shop_id == shop.id and one.status == "ACTIVATE"
            for sku in one.skus if sum(sku.available.values()) > 0
        ]  # fmt: skip
        if not live:
            raise Refusal(f"nothing is left in stock after {len(placed)} orders")
        chosen = dice.sample(live, min(len(live), dice.randint(1, 4)))
        placed.append(placing.place(sim, _dice_order(dice, shop.id, shop.currency, chosen, number, modes, body)))
    return placed


def _dice_order(
    dice: random.Random, shop_id: str, currency: str, skus: list[Sku], number: int, modes: tuple[str, ...],
    body: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    is_plain = bool(body.get("plain"))
    unit = Decimal(1).scaleb(-places(currency))

    def share(amount: Decimal, most: int) -> str:
        return str((amount * dice.randint(1, most) / 100).quantize(unit))

    def small() -> str:
        return str(unit * dice.randint(1, 300))

    lines = []
    for sku in skus:
        line: dict[str, Any] = {"sku_id": sku.id, "quantity": min(dice.randint(1, 5), sum(sku.available.values()))}
        if not is_plain and dice.random() < 0.6:
            line["seller_discount"] = share(sku.price, 20)
        if not is_plain and dice.random() < 0.5:
            line["platform_discount"] = share(sku.price, 20)
        lines.append(line)
    shipping: dict[str, str] = {}
    if dice.random() < 0.8:
        cost = unit * dice.randint(300, 1500)
        shipping["original"] = str(cost)
        if not is_plain:
            for name in ("seller_discount", "platform_discount", "cofunded_discount"):
                if dice.random() < 0.5:
                    shipping[name] = share(cost, 30)
    fees: dict[str, str] = {}
    if not is_plain:
        # Each name comes round, and every tenth order has them all.
        names = (*placing.FEES, *placing.DEDUCTIONS, UNKNOWN_FEE)
        for place, name in enumerate(names):
            if number % 10 == 0 or place == number % len(names) or dice.random() < 0.1:
                fees[name] = small() if name not in placing.DEDUCTIONS else str(unit * dice.randint(1, 20))
    mode = modes[number % len(modes)]
    return {
        "shop_id": shop_id, "lines": lines, "shipping": shipping, "fees": fees,
        "tax": {"mode": mode, "rate": dice.choice(("0.0625", "0.0825", "0.1", "0.2")),
                "on_shipping": dice.random() < 0.5},
        "status": body.get("status", "AWAITING_SHIPMENT"), "masked": dice.random() < 0.7,
        "shipping_type": dice.choice(("SELLER", "TIKTOK")) if not body.get("shipping_type") else body["shipping_type"],
        "buyer": {"first_name": dice.choice(("Ada", "Noor", "Ines", "Jo", "Mika", "Sam")),
                  "last_name": dice.choice(("Sample", "Example", "Practice"))},
    }  # fmt: skip


def _webhook_commands(sim: State, sender: Sender, command: Command) -> None:
    @command("/webhooks", "GET")
    def messages(body: dict[str, Any]) -> dict[str, Any]:
        return {
            "messages": [
                asdict(one) for one in sender.messages
                if request.args.get("event") in (None, "", one.event)
                and request.args.get("state") in (None, "", one.state)
            ]
        }  # fmt: skip

    @command("/webhooks/resend", "POST")
    def resend(body: dict[str, Any]) -> dict[str, Any]:
        found = [one for one in sender.messages if one.id == str(body.get("id"))]
        if not found:
            raise Refusal("no such message", 404)
        one = found[0]
        sender.messages.append(Message(one.id, one.event, one.url, one.app_key, one.body, one.signature, sim.now()))
        return {"ok": True}

    @command("/webhooks/rules", "GET", "POST", "DELETE")
    def webhook_rules(body: dict[str, Any]) -> dict[str, Any]:
        if request.method == "DELETE":
            sender.rules.clear()
        if request.method == "POST":
            if body.get("do") not in ("drop", "duplicate", "delay", "reorder"):
                raise Refusal("do is drop, duplicate, delay or reorder", 400)
            sender.rules.append({"times": 1, **body})
        return {"rules": sender.rules}


def flush_route(sim: State, sender: Sender) -> Blueprint:
    """`POST /sandbox/webhooks/flush`, outside of the lock: the receiver may call the sandbox before it answers."""
    routes = Blueprint("tiktok_sandbox_flush", __name__, url_prefix="/sandbox")

    @routes.post("/webhooks/flush")
    def flush() -> Response:
        body = request.get_json(force=True, silent=True) if request.get_data() else {}
        sim.tick()
        return json_response({"sent": sender.flush(everything=bool((body or {}).get("everything")))})

    return routes

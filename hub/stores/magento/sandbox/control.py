"""The control API: what a merchant, a shopper or a mishap does to the practice shop. No sign-in; loopback only.

Besides journal, faults and health (see `hub.simulator.control_blueprint`):

| route under /sandbox | does |
|---|---|
| `GET products` | `[{id, parent_id, sku, name, type, status, price, special_price, quantity, salable}]` |
| `POST products` `{sku, name, price, quantity, description?, categories?, via?}` | adds a simple product |
| `PATCH products/{sku}` (fields below) | changes it as that writer would |
| `POST products/{sku}/save` `{via?}` | a save with nothing changed |
| `DELETE products/{sku}?via=` | deletes it |
| `GET orders` | `[{order_id, number, key, state, status, totals{goods, shipping, fees, tax, grand}, currency, refunded, lines, shipments}]` |
| `POST orders/{id or number}/cancel`, `/hold`, `/unhold`, `/invoice` | the merchant in the admin |
| `POST orders/{id}/ship` `{tracks: [{number, title, carrier_code}], lines?: [{sku, quantity}]}`, or `{number, title?}` | ships, one parcel a call |
| `POST orders/{id}/track` `{number, title, carrier_code}` | a tracking number added later to the last shipment |
| `POST orders/{id}/refund` `{lines?: [{sku, quantity}], shipping?, adjustment?, restock?}` | a credit memo |
| `POST orders/{id}/plant` | a second order with the same marker |
| `DELETE orders/{id}` | the merchant deletes the order |
| `POST pair` `{url}` or `{url, app_key, app_secret}` | saves the webhook URL: hello is sent at once; 400 with a sentence for no URL of a hub |
| `POST unpair` | as an uninstall |
| `GET events` | the sending side: state, deliveries, dead letters, the hub's answer to hello |
| `POST events/deliver`, `/test`, `/hello` | deliver now; the test button; hello now |
| `POST plugin` `{installed}` | without it the plugin's routes are 404 and no event is sent |
| `POST mishaps` `{drop_percent?, drop?, duplicate?, reorder?, skew_s?}` | lose, double or turn events; turn the shop's clock |
| `POST limits` `{max_page_size}` | Magento's input limits on or (null) off |
| `POST surcharge` `{amount}` | another extension adds this to each new order's total |
| `POST countries` `{allowed}` | countries sold to; null: all |
| `GET integration` | `{consumer_key, consumer_secret, active, access_token, access_token_secret, bearer, resources, popup_closed}` |
| `POST integration/activate` `{callback_url, identity_url, open?}` | Activate or Reauthorize, see below |
| `POST integration` `{bearer?, resources?, revoke?}` | the bearer flag, the permissions (null: all), take the token away |
| `POST integration/admin-token` | `{token}` for the admin's own calls |

A product's change takes `quantity, price, special_price, special_from, special_to, title, description, status,
in_stock, backorders`, and `via` (default admin) and `silent` (true: no event). `via` sql and cron leave
`updated_at` alone, and so do api and bulk where only stock or price changed.

Activate posts the keys to the callback and answers `{identity_link_url, oauth_consumer_key, success_call_back,
popup_url, callback_status}`; with `open` it also calls the pop-up's address and tells where that led
(`popup_status`, `popup_leads_to`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import requests
from flask import Blueprint, Response, jsonify, request

from hub.seed import SeedProduct
from hub.simulator_plugin import NotAWebhookUrl
from hub.stores.magento.sandbox.catalogue import Product
from hub.stores.magento.sandbox.money import read_order, written
from hub.stores.magento.sandbox.orders import CannotDo, Order
from hub.stores.magento.sandbox.plugin import STORES
from hub.stores.magento.sandbox.state import MagentoSim

_QUIET_WRITERS = ("sql", "cron")


def blueprint(sim: MagentoSim) -> Blueprint:
    """All control routes of this shop."""
    routes = Blueprint("magento_sandbox", __name__, url_prefix="/sandbox")
    _products(sim, routes)
    _orders(sim, routes)
    _plugin(sim, routes)
    _integration(sim, routes)

    @routes.errorhandler(CannotDo)
    def cannot(refused: CannotDo) -> tuple[Response, int]:
        return jsonify(error=refused.message), 409

    @routes.errorhandler(LookupError)
    def unknown(missing: LookupError) -> tuple[Response, int]:
        return jsonify(error=str(missing)), 404

    return routes


def _asked() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    return body if isinstance(body, dict) else {}


# -- products -----------------------------------------------------------------------------------------------------


def _products(sim: MagentoSim, routes: Blueprint) -> None:
    def find(sku: str) -> Product:
        product = sim.catalogue.by_sku(sku)
        if product is None:
            raise LookupError(f"no product {sku}")
        return product

    @routes.get("/products")
    def products() -> Response:
        with sim.lock:
            return jsonify([_product_row(sim, product) for product in sim.catalogue.products.values()])

    @routes.post("/products")
    def add() -> Response:
        body = _asked()
        with sim.lock:
            seed = SeedProduct(
                key=body["sku"], sku=body["sku"], name=body["name"], description=body.get("description", ""),
                price=Decimal(str(body["price"])), quantity=int(body.get("quantity", 0)),
                categories=tuple(tuple(path) for path in body.get("categories", [])),
            )  # fmt: skip
            product = sim.catalogue.add(seed)
            sim.say("product.saved", product, via=body.get("via", "admin"))
            return jsonify(_product_row(sim, product))

    @routes.patch("/products/<path:sku>")
    def change(sku: str) -> Response:
        body = _asked()
        with sim.lock:
            product = find(sku)
            events = _change(product, body)
            via = body.get("via", "admin")
            if events & {"product.saved"} or via not in (*_QUIET_WRITERS, "api", "bulk"):
                sim.catalogue.touch(product)
            for kind in () if body.get("silent") else sorted(events):
                hint = {"qty": str(sim.catalogue.salable(product))} if kind == "stock.changed" else None
                sim.say(kind, product, via=via, hint=hint)
            return jsonify(_product_row(sim, product))

    @routes.post("/products/<path:sku>/save")
    def save(sku: str) -> Response:
        with sim.lock:
            product = find(sku)
            sim.catalogue.touch(product)
            sim.say("product.saved", product, via=_asked().get("via", "admin"))
            return jsonify(_product_row(sim, product))

    @routes.delete("/products/<path:sku>")
    def delete(sku: str) -> Response:
        with sim.lock:
            product = find(sku)
            sim.say("product.deleted", product, via=request.args.get("via", "admin"))
            sim.catalogue.remove(product)
            return jsonify(ok=True)


def _change(product: Product, body: dict[str, Any]) -> set[str]:
    """Apply what is asked and tell which events an observer would record."""
    events: set[str] = set()
    if "quantity" in body:
        product.quantity = Decimal(str(body["quantity"]))
        events.add("stock.changed")
    if "in_stock" in body:
        product.is_in_stock = bool(body["in_stock"])
        events.add("stock.changed")
    if "backorders" in body:
        product.backorders = bool(body["backorders"])
        events.add("stock.changed")
    if "price" in body:
        product.price = Decimal(str(body["price"]))
        events.add("price.changed")
    if "special_price" in body:
        special = body["special_price"]
        product.special_price = Decimal(str(special)) if special is not None else None
        product.special_from, product.special_to = (
            _time(body.get("special_from")),
            _time(body.get("special_to")),
        )
        events.add("price.changed")
    if "title" in body:
        product.name = str(body["title"])
        events.add("product.saved")
    if "description" in body:
        product.attributes["description"] = str(body["description"])
        events.add("product.saved")
    if "status" in body:
        product.status = int(body["status"])
        events.add("product.saved")
    return events


def _time(text: Any) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _product_row(sim: MagentoSim, product: Product) -> dict[str, Any]:
    return {
        "id": str(product.id),
        "parent_id": str(product.parent_id) if product.parent_id is not None else None,
        "sku": product.sku,
        "name": product.name,
        "type": product.type_id,
        "status": product.status,
        "price": str(product.price),
        "special_price": str(product.special_price) if product.special_price is not None else None,
        "quantity": str(product.quantity),
        "salable": str(sim.catalogue.salable(product)),
    }


# -- orders ---------------------------------------------------------------------------------------------------------


def _orders(sim: MagentoSim, routes: Blueprint) -> None:
    def find(name: str) -> Order:
        for order in sim.orders.orders.values():
            if name in (str(order.entity_id), order.increment_id, order.key):
                return order
        raise LookupError(f"no order {name}")

    def quantities(order: Order, body: dict[str, Any]) -> dict[int, Decimal] | None:
        if not body.get("lines"):
            return None
        by_sku = {item.sku: item.item_id for item in order.items}
        return {by_sku[one["sku"]]: Decimal(str(one["quantity"])) for one in body["lines"]}

    @routes.get("/orders")
    def orders() -> Response:
        with sim.lock:
            return jsonify([_order_row(order) for order in sim.orders.orders.values()])

    @routes.post("/orders/<name>/cancel")
    def cancel(name: str) -> Response:
        with sim.lock:
            order = find(name)
            if not sim.orders.cancel(order, via="admin"):
                raise CannotDo("You have not canceled the item.")
            return jsonify(_order_row(order))

    @routes.post("/orders/<name>/hold")
    def hold(name: str) -> Response:
        with sim.lock:
            order = find(name)
            sim.orders.hold(order, via="admin")
            return jsonify(_order_row(order))

    @routes.post("/orders/<name>/unhold")
    def unhold(name: str) -> Response:
        with sim.lock:
            order = find(name)
            sim.orders.unhold(order, via="admin")
            return jsonify(_order_row(order))

    @routes.post("/orders/<name>/invoice")
    def invoice(name: str) -> Response:
        with sim.lock:
            order = find(name)
            sim.orders.invoice(order, None, via="admin")
            return jsonify(_order_row(order))

    @routes.post("/orders/<name>/ship")
    def ship(name: str) -> Response:
        body = _asked()
        with sim.lock:
            order = find(name)
            sim.orders.ship(order, quantities(order, body), [_track(one) for one in _tracks(body)], via="admin")
            if not any(item.to_ship for item in order.items) and order.state == "processing":
                sim.orders.invoice(order, None, via="admin")
            return jsonify(_order_row(order))

    @routes.post("/orders/<name>/track")
    def track(name: str) -> Response:
        with sim.lock:
            order = find(name)
            if not order.shipments:
                raise CannotDo("This order has no shipment yet.")
            sim.orders.add_track(order.shipments[-1], _track(_asked()), via="admin")
            return jsonify(_order_row(order))

    @routes.post("/orders/<name>/refund")
    def refund(name: str) -> Response:
        body = _asked()
        with sim.lock:
            order = find(name)
            if not any(item.invoiced for item in order.items):
                sim.orders.invoice(order, None, via="admin")
            back = {item.item_id for item in order.items} if body.get("restock") else set()
            shipping = Decimal(str(body["shipping"])) if "shipping" in body else None
            adjustment = Decimal(str(body.get("adjustment", "0")))
            sim.orders.refund_items(
                order,
                quantities(order, body),
                shipping=shipping,
                adjustment=adjustment,
                restock=back,
                via="admin",
            )
            return jsonify(_order_row(order))

    @routes.post("/orders/<name>/plant")
    def plant(name: str) -> Response:
        with sim.lock:
            order = find(name)
            asked, problems = read_order(order.raw, stores=STORES)
            if asked is None:
                raise CannotDo(f"only an order of the plugin can be planted again: {problems}")
            products = [sim.catalogue.products[item.product_id] for item in order.items if item.product_id]
            return jsonify(_order_row(sim.orders.place(asked, products, via="admin")))

    @routes.delete("/orders/<name>")
    def delete_order(name: str) -> Response:
        with sim.lock:
            sim.orders.delete(find(name))
            return jsonify(ok=True)


def _tracks(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The parcels named; the words that all practice stores understand name one."""
    if "tracks" in body:
        return list(body["tracks"])
    return [{name: body[name] for name in ("number", "title") if body.get(name)}] if body.get("number") else []


def _track(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "track_number": one["number"],
        "title": one.get("title", "Royal Mail"),
        "carrier_code": one.get("carrier_code", "custom"),
    }


def _order_row(order: Order) -> dict[str, Any]:
    def money(amount: Decimal) -> str:
        return written(amount, order.currency)

    return {
        "order_id": str(order.entity_id),
        "number": order.increment_id,
        "key": order.key,
        "state": order.state,
        "status": order.status,
        "currency": order.currency,
        "totals": {
            "goods": money(order.goods),
            "shipping": money(order.shipping - order.shipping_discount),
            "fees": money(order.fee_sum),
            "tax": money(order.tax),
            "grand": money(order.grand),
        },
        "refunded": money(order.refunded_total),
        "lines": [{"sku": item.sku, "quantity": str(item.quantity), "shipped": str(item.shipped)} for item in order.items],
        "shipments": [{"id": str(one.entity_id), "tracks": [t.number for t in one.tracks]} for one in order.shipments],
    }


# -- plugin and mishaps ---------------------------------------------------------------------------------------------


def _plugin(sim: MagentoSim, routes: Blueprint) -> None:
    @routes.post("/pair")
    def pair() -> Response | tuple[Response, int]:
        body = _asked()
        try:
            if body.get("app_key") or body.get("app_secret"):
                sim.sender.pair_app(body.get("url", ""), body.get("app_key", ""), body.get("app_secret", ""))
            else:
                sim.sender.pair(body.get("url", ""))
        except NotAWebhookUrl as refused:
            return jsonify(error=str(refused)), 400
        sim.sender.deliver()
        return events()

    @routes.post("/unpair")
    def unpair() -> Response:
        sim.sender.unpair()
        return jsonify(ok=True)

    @routes.get("/events")
    def events() -> Response:
        state = sim.sender.state()
        return jsonify(
            state={name: getattr(state, name) for name in state.__dataclass_fields__},
            deliveries=[{"status": d.status, "outcome": d.outcome, "events": d.events, "says": d.says} for d in sim.sender.log],
            reply={name: value for name, value in sim.sender.reply.items() if name != "api_token"},
        )

    @routes.post("/events/deliver")
    def deliver() -> Response:
        done = sim.sender.deliver()
        return jsonify(deliveries=[{"status": d.status, "outcome": d.outcome, "events": d.events} for d in done])

    @routes.post("/events/test")
    def test_button() -> Response:
        sim.sender.test_button()
        sim.sender.deliver()
        return events()

    @routes.post("/events/hello")
    def hello() -> Response:
        sim.sender.say_hello()
        sim.sender.deliver()
        return events()

    @routes.post("/plugin")
    def installed() -> Response:
        with sim.lock:
            sim.plugin_installed = bool(_asked().get("installed", True))
            return jsonify(installed=sim.plugin_installed)

    @routes.post("/mishaps")
    def mishaps() -> Response:
        body = _asked()
        with sim.lock:
            if "drop_percent" in body:
                sim.drop_percent = float(body["drop_percent"])
            if "skew_s" in body:
                sim.skew = timedelta(seconds=float(body["skew_s"]))
                sim.sender.skew_s = float(body["skew_s"])
        sim.sender.drop(int(body.get("drop", 0)))
        sim.sender.duplicate(int(body.get("duplicate", 0)))
        sim.sender.reorder(int(body.get("reorder", 0)))
        return jsonify(ok=True)

    @routes.post("/limits")
    def limits() -> Response:
        size = _asked().get("max_page_size")
        with sim.lock:
            sim.max_page_size = int(size) if size is not None else None
        return jsonify(max_page_size=sim.max_page_size)

    @routes.post("/surcharge")
    def surcharge() -> Response:
        with sim.lock:
            sim.orders.surcharge = Decimal(str(_asked().get("amount", "0")))
        return jsonify(amount=str(sim.orders.surcharge))

    @routes.post("/countries")
    def countries() -> Response:
        allowed = _asked().get("allowed")
        with sim.lock:
            sim.allowed_countries = set(allowed) if allowed is not None else None
        return jsonify(allowed=allowed)


# -- integration ------------------------------------------------------------------------------------------------------


def _integration(sim: MagentoSim, routes: Blueprint) -> None:
    @routes.get("/integration")
    def integration() -> Response:
        one = sim.integration
        return jsonify(
            consumer_key=one.consumer_key,
            consumer_secret=one.consumer_secret,
            active=one.active,
            access_token=one.access_token,
            access_token_secret=one.access_token_secret,
            bearer=one.bearer,
            resources=sorted(one.resources) if one.resources is not None else None,
            popup_closed=one.popup_closed,
        )

    @routes.post("/integration")
    def change_integration() -> Response:
        body = _asked()
        with sim.lock:
            if "bearer" in body:
                sim.integration.bearer = bool(body["bearer"])
            if "resources" in body:
                sim.integration.resources = set(body["resources"]) if body["resources"] is not None else None
            if body.get("revoke"):
                sim.integration.revoke()
        return integration()

    @routes.post("/integration/admin-token")
    def admin_token() -> Response:
        with sim.lock:
            return jsonify(token=sim.integration.admin_token())

    @routes.post("/integration/activate")
    def activate() -> Response:
        body = _asked()
        base = sim.base_url or request.host_url
        with sim.lock:
            fields = sim.integration.begin()
        fields["store_base_url"] = base
        # The lock is free here: a connector may exchange the tokens inside this very call.
        callback_status = 0
        try:
            answer = sim.http.post(
                body["callback_url"], data=fields, timeout=5, allow_redirects=False,
                headers={"User-Agent": "Laminas\\Http\\Client"},
            )  # fmt: skip
            callback_status = answer.status_code
        except requests.RequestException:
            # Delivered or not, the admin goes on to the pop-up: status and body are ignored by the shop.
            callback_status = 0
        success = f"{base}admin/integration/success"
        query = urlencode({"oauth_consumer_key": sim.integration.consumer_key, "success_call_back": success})
        told: dict[str, Any] = {
            "identity_link_url": body["identity_url"],
            "oauth_consumer_key": sim.integration.consumer_key,
            "success_call_back": success,
            "popup_url": f"{body['identity_url']}?{query}",
            "callback_status": callback_status,
        }
        if body.get("open"):
            popup = sim.http.get(told["popup_url"], timeout=10, allow_redirects=False)
            told["popup_status"] = popup.status_code
            told["popup_leads_to"] = popup.headers.get("Location", "")
            if told["popup_leads_to"].startswith(success):
                sim.integration.popup_closed = True
        return jsonify(told)

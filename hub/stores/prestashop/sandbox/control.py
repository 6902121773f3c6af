"""The control API: what a merchant, a shopper or a mishap does to the practice shop. No sign-in; loopback only.

Besides journal, faults and health (see `hub.simulator.control_blueprint`):

| route under /sandbox | does |
|---|---|
| `GET products` | `[{product_id, variant_id, sku, name, active, price, effective_price, quantity}]` |
| `POST products` `{sku, name, price, quantity, description?, special_price?, via?}` | adds a simple product |
| `PATCH products/{sku}` `{quantity?, price?, special_price?, title?, active?, backorders?, via?}` | changes it; `price` is the shelf price |
| `POST products/{sku}/save` `{via?}` | a save with nothing changed |
| `DELETE products/{sku}?via=` | deletes the product, or the combination |
| `GET orders` | `[{order_id, number, key, state, status, totals, currency, refunded, lines, shipments, …}]` |
| `POST orders/{id}/cancel` | the merchant cancels |
| `POST orders/{id}/state` `{state: id}` | any state of the shop |
| `POST orders/{id}/ship` `{number, carrier_code?}` | tracking number and state Shipped |
| `POST orders/{id}/track` `{number}` | a tracking number without a new state |
| `POST orders/{id}/refund` `{amount, restock?}` | an order slip |
| `POST orders/{id}/plant` | a second order with the same marker; `{order_id}` |
| `DELETE orders/{id}` | the merchant deletes the order |
| `DELETE keys/{key}` | a person releases a key (after half_made) |
| `POST die` `{stage: "cart", "order" or "done"}` | the next orders.create dies there (below) |
| `POST pair` `{url}` | saves the webhook URL: hello is sent at once; 400 with a sentence for no URL of a hub |
| `POST unpair` | as an uninstall |
| `GET events` | the sending side: state, deliveries, dead letters, the hub's answer to hello |
| `POST events/deliver`, `/test`, `/hello` | deliver now; the test button; hello now |
| `POST plugin` `{installed}` | without it the endpoint is a 404 page and no event is sent |
| `POST mishaps` `{drop?, duplicate?, reorder?, skew_s?}` | lose, double or turn events; turn the shop's clock |
| `POST surcharge` `{amount}` | another module adds this to each new order's total |
| `POST countries` `{code, active}` | a country switched on or off |
| `POST backorders` `{allowed}` | the shop's default for items without stock |
| `POST webservice` `{on?, active?, permissions?}` | the switch, the key, its rights (`{resource: [methods]}`, null: all) |
| `GET mails` | `[{to, template, order_id}]` the shop sent |
| `GET listings` | rows put by the hub for the product grid |

A PATCH names a combination by its SKU too; with `via: "sql"` no hook fires and no date changes; `special_price` null
ends it. `die` at cart leaves a cart and no order, at order half an order, at done a whole order without an answer.
"""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from hub import clock
from hub.seed import SeedProduct
from hub.simulator_plugin import NotAWebhookUrl, rfc3339
from hub.stores.prestashop.sandbox import module_orders, orders
from hub.stores.prestashop.sandbox.seeding import add_product, add_specific_price, net
from hub.stores.prestashop.sandbox.shop import STATE_CANCELLED, STATE_SHIPPED, money

if TYPE_CHECKING:
    from hub.stores.prestashop.sandbox import PrestaShopSim


def blueprint(sim: PrestaShopSim) -> Blueprint:
    """All control routes of this shop."""
    routes = Blueprint("prestashop_sandbox", __name__, url_prefix="/sandbox")
    _products(sim, routes)
    _orders(sim, routes)
    _module(sim, routes)
    _shop(sim, routes)

    @routes.errorhandler(LookupError)
    def unknown(missing: LookupError) -> tuple[Response, int]:
        return jsonify(error=f"there is no {missing}"), 404

    return routes


def _asked() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    return body if isinstance(body, dict) else {}


def _products(sim: PrestaShopSim, routes: Blueprint) -> None:
    shop = sim.shop

    def item_of(sku: str) -> tuple[int, int]:
        item = shop.item_of_reference(sku)
        if item is None:
            parent = next((row["id"] for row in shop.tables["products"].values() if row["reference"] == sku), None)
            if parent is None:
                raise LookupError(sku)
            return parent, 0
        return item

    @routes.get("/products")
    def products() -> Response:
        with shop.lock:
            return jsonify([shop.offer(number, attribute) | {
                "name": row["name"]["1"], "quantity": shop.quantity(number, attribute)}
                for number, row in shop.tables["products"].items() for attribute in shop.attributes_of(number)])

    @routes.post("/products")
    def add() -> tuple[Response, int]:
        given = _asked()
        special = given.get("special_price")
        seed = SeedProduct(
            key=given["sku"], sku=given["sku"], name=given["name"], description=given.get("description", ""),
            price=Decimal(str(given["price"])), quantity=int(given.get("quantity", 0)),
            special_price=Decimal(str(special)) if special is not None else None, weight_kg=Decimal("0.5"))
        with shop.lock, shop.acting(given.get("via", "admin")):
            return jsonify(product_id=str(add_product(shop, seed, {}, {}))), 201

    @routes.patch("/products/<path:sku>")
    def change(sku: str) -> Response:
        given = _asked()
        via = given.get("via", "admin")
        with shop.lock, shop.acting(via):
            product_id, attribute = item_of(sku)
            product = shop.tables["products"][product_id]
            if "title" in given:
                product["name"] = shop.texts(str(given["title"]))
            if "active" in given:
                product["active"] = "1" if given["active"] else "0"
            if {"title", "active"} & set(given) and via != "sql":
                shop.save_product(product_id)
            if "price" in given or "special_price" in given:
                _set_price(sim, product_id, attribute, given)
            if "backorders" in given:
                row = shop.tables["stock_availables"][shop.stock_row[(product_id, attribute)]]
                row["out_of_stock"] = "1" if given["backorders"] else "0"
                shop.tell_product("stock.changed", product_id, attribute)
            if "quantity" in given:
                shop.set_quantity(product_id, attribute, int(given["quantity"]))
            return jsonify(shop.offer(product_id, attribute))

    @routes.post("/products/<path:sku>/save")
    def save(sku: str) -> Response:
        with shop.lock, shop.acting(_asked().get("via", "admin")):
            shop.save_product(item_of(sku)[0])
            return jsonify(ok=True)

    @routes.delete("/products/<path:sku>")
    def delete(sku: str) -> Response:
        with shop.lock, shop.acting(request.args.get("via", "admin")):
            product_id, attribute = item_of(sku)
            if attribute:
                shop.delete_combination(attribute)
            else:
                shop.delete_product(product_id)
            return jsonify(ok=True)


def _set_price(sim: PrestaShopSim, product_id: int, attribute: int, given: dict[str, Any]) -> None:
    """Shelf price and special price; neither changes the product's date but a simple product's own price."""
    shop = sim.shop
    product = shop.tables["products"][product_id]
    if "price" in given:
        wanted = Decimal(net(shop, Decimal(str(given["price"]))))
        if attribute:
            shop.tables["combinations"][attribute]["price"] = money(wanted - Decimal(product["price"]))
        else:
            product["price"] = money(wanted)
            if shop.via != "sql":
                shop.save_product(product_id)
    if "special_price" in given:
        for number in [number for number, row in shop.tables["specific_prices"].items()
                       if row["id_product"] == str(product_id) and row["id_product_attribute"] == str(attribute)]:
            del shop.tables["specific_prices"][number]
        if given["special_price"] is not None:
            regular = shop.price(product_id, attribute, use_tax=shop.tax_rate > 0, use_reduction=False, places=2)
            add_specific_price(shop, product_id, attribute, regular - Decimal(str(given["special_price"])))
    shop.tell_product("price.changed", product_id, attribute)


def _orders(sim: PrestaShopSim, routes: Blueprint) -> None:
    shop = sim.shop

    def check(order_id: int) -> int:
        if order_id not in shop.tables["orders"]:
            raise LookupError(f"order {order_id}")
        return order_id

    @routes.get("/orders")
    def listed() -> Response:
        with shop.lock:
            return jsonify([module_orders.describe(shop, number) for number in shop.tables["orders"]])

    @routes.post("/orders/<int:order_id>/cancel")
    def cancel(order_id: int) -> Response:
        with shop.lock, shop.acting("admin"):
            orders.move(shop, check(order_id), STATE_CANCELLED)
            return jsonify(module_orders.describe(shop, order_id))

    @routes.post("/orders/<int:order_id>/state")
    def state(order_id: int) -> Response:
        wanted = int(_asked().get("state", 0))
        with shop.lock, shop.acting("admin"):
            if wanted not in shop.tables["order_states"]:
                raise LookupError(f"state {wanted}")
            orders.move(shop, check(order_id), wanted)
            return jsonify(module_orders.describe(shop, order_id))

    @routes.post("/orders/<int:order_id>/ship")
    def ship(order_id: int) -> Response:
        given = _asked()
        with shop.lock, shop.acting("admin"):
            _track(sim, check(order_id), str(given.get("number") or ""), str(given.get("carrier_code") or ""))
            orders.move(shop, order_id, STATE_SHIPPED)
            return jsonify(module_orders.describe(shop, order_id))

    @routes.post("/orders/<int:order_id>/track")
    def track(order_id: int) -> Response:
        given = _asked()
        with shop.lock, shop.acting("admin"):
            _track(sim, check(order_id), str(given.get("number") or ""), str(given.get("carrier_code") or ""))
            orders.tell_order(shop, "shipment.changed", order_id)
            return jsonify(module_orders.describe(shop, order_id))

    @routes.post("/orders/<int:order_id>/refund")
    def refund(order_id: int) -> Response:
        given = _asked()
        amount = Decimal(str(given.get("amount", "0")))
        with shop.lock, shop.acting("admin"):
            order, extra = shop.tables["orders"][check(order_id)], shop.extras[order_id]
            slip = shop.insert("order_slip", {
                "id_customer": order["id_customer"], "id_order": str(order_id), "conversion_rate": "1.000000",
                "total_products_tax_excl": money(amount), "total_products_tax_incl": money(amount),
                "total_shipping_tax_excl": "0.000000", "total_shipping_tax_incl": "0.000000", "amount": money(amount),
                "shipping_cost": "0", "shipping_cost_amount": "0.000000", "partial": "1", "order_slip_type": "0",
                "associations": {"order_slip_details": []}})
            extra.refunds.append({"refund_key": "", "refund_id": str(slip), "total": str(amount),
                                  "at": rfc3339(clock.now())})
            if given.get("restock"):
                orders.give_back(shop, order_id)
            orders.tell_order(shop, "refund.created", order_id)
            return jsonify(module_orders.describe(shop, order_id))

    @routes.post("/orders/<int:order_id>/plant")
    def plant(order_id: int) -> tuple[Response, int]:
        with shop.lock, shop.acting("admin"):
            return jsonify(order_id=str(_plant(sim, check(order_id)))), 201

    @routes.delete("/orders/<int:order_id>")
    def delete_order(order_id: int) -> Response:
        with shop.lock, shop.acting("admin"):
            orders.delete_order(shop, check(order_id))
            return jsonify(ok=True)

    @routes.delete("/keys/<key>")
    def release(key: str) -> Response:
        with shop.lock:
            if sim.module.state.keys.pop(key, None) is None:
                raise LookupError(key)
            return jsonify(ok=True)


def _track(sim: PrestaShopSim, order_id: int, number: str, code: str) -> None:
    row = next(iter(orders.carriers_of(sim.shop, order_id)), None)
    if row is None:
        raise LookupError("carrier of this order")
    row["tracking_number"] = number
    carrier = next((each for each in sim.shop.tables["carriers"].values() if each["id_reference"] == code), None)
    if carrier is not None:
        row["id_carrier"] = str(carrier["id"])


def _plant(sim: PrestaShopSim, order_id: int) -> int:
    """A copy of an order with its lines and payment, as a second import by hand leaves it."""
    shop = sim.shop
    source, extra = shop.tables["orders"][order_id], shop.extras[order_id]
    copied = {name: value for name, value in source.items() if name not in ("id", "reference", "id_cart", "date_add")}
    number = orders.new_order_row(shop, copied | {"id_cart": "0"})
    twin = shop.extras[number]
    twin.key, twin.body, twin.stock_taken = extra.key, extra.body, True
    for line in orders.details_of(shop, order_id):
        shop.insert("order_details", {**{name: value for name, value in line.items() if name != "id"},
                                      "id_order": str(number)})
    for payment in orders.payments_of(shop, source):
        shop.insert("order_payments", {**{name: value for name, value in payment.items() if name != "id"},
                                       "order_reference": shop.tables["orders"][number]["reference"]})
    orders.tell_order(shop, "order.changed", number)
    return number


def _module(sim: PrestaShopSim, routes: Blueprint) -> None:
    @routes.post("/pair")
    def pair() -> Response | tuple[Response, int]:
        try:
            sim.sender.pair(str(_asked().get("url", "")))
        except NotAWebhookUrl as no:
            return jsonify(error=str(no)), 400
        deliveries = sim.sender.deliver()
        return jsonify(state=asdict(sim.sender.state()), deliveries=[asdict(each) for each in deliveries])

    @routes.post("/unpair")
    def unpair() -> Response:
        sim.sender.unpair()
        return jsonify(ok=True)

    @routes.get("/events")
    def events() -> Response:
        return jsonify(state=asdict(sim.sender.state()), deliveries=[asdict(each) for each in sim.sender.log],
                       dead=sim.sender.dead, reply=sim.sender.reply)

    @routes.post("/events/<what>")
    def act(what: str) -> Response:
        if what not in ("deliver", "test", "hello"):
            raise LookupError(what)
        if what == "test":
            sim.sender.test_button()
        if what == "hello":
            sim.sender.say_hello()
        return jsonify(deliveries=[asdict(each) for each in sim.sender.deliver()])

    @routes.post("/plugin")
    def plugin() -> Response:
        sim.module.installed = bool(_asked().get("installed", True))
        return jsonify(installed=sim.module.installed)

    @routes.post("/mishaps")
    def mishaps() -> Response:
        given = _asked()
        sim.sender.drop(int(given.get("drop", 0)))
        sim.sender.duplicate(int(given.get("duplicate", 0)))
        sim.sender.reorder(int(given.get("reorder", 0)))
        if "skew_s" in given:
            sim.sender.skew_s = float(given["skew_s"])
        return jsonify(ok=True)

    @routes.post("/die")
    def die() -> Response | tuple[Response, int]:
        stage = _asked().get("stage")
        if stage not in ("cart", "order", "done"):
            return jsonify(error="stage is cart, order or done"), 400
        sim.module.state.die_at.append(stage)
        return jsonify(ok=True)

    @routes.post("/surcharge")
    def surcharge() -> Response:
        sim.module.state.surcharge = Decimal(str(_asked().get("amount", "0")))
        return jsonify(ok=True)

    @routes.get("/listings")
    def listings() -> Response:
        return jsonify(list(sim.module.state.listings.values()))


def _shop(sim: PrestaShopSim, routes: Blueprint) -> None:
    @routes.post("/countries")
    def countries() -> Response:
        given = _asked()
        row = sim.shop.country_row(str(given.get("code", "")))
        if row is None:
            raise LookupError(f"country {given.get('code')}")
        row["active"] = "1" if given.get("active") else "0"
        return jsonify(ok=True)

    @routes.post("/backorders")
    def backorders() -> Response:
        sim.shop.backorders = bool(_asked().get("allowed"))
        return jsonify(ok=True)

    @routes.post("/webservice")
    def webservice() -> Response:
        given = _asked()
        if "on" in given:
            sim.webservice.on = bool(given["on"])
        if "active" in given:
            sim.webservice.keys.active = bool(given["active"])
        if "permissions" in given:
            sim.webservice.keys.allow(given["permissions"])
        return jsonify(ok=True)

    @routes.get("/mails")
    def mails() -> Response:
        return jsonify([asdict(each) for each in sim.shop.mails])

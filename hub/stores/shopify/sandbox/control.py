"""The control API: what a merchant, a shopper or a mishap does to the practice shop. No sign-in; loopback only.

Besides journal, faults and health (see `hub.simulator.control_blueprint`):

| route under /sandbox | does |
|---|---|
| `GET products` | `[{product_id, variant_id, item_id, sku, title, status, price, compare_at_price, quantity, quantities}]`, a row per variant |
| `POST products` `{sku, name, price, quantity, description?, special_price?, categories?, backorders?}` | adds a simple product |
| `PATCH products/{sku}` (fields below) | changes it as the merchant in the admin would |
| `POST products/{sku}/save` | a save with nothing changed |
| `DELETE products/{sku}?variant=1` | deletes the product, or that variant alone |
| `GET orders` | `[{order_id, number, key, state, status, totals{grand, goods, shipping, tax, …}, lines, shipments, refunds, …}]` |
| `POST orders/{id}/ship` `{number, carrier or title, lines?: [{sku, quantity}], notify?}` | ships what is open; a held order is refused (409) |
| `POST orders/{id}/track` `{number, carrier or title}` | changes the tracking of the last fulfilment |
| `POST orders/{id}/unship` | cancels the last fulfilment: fresh fulfilment orders |
| `POST orders/{id}/cancel` `{restock?, refund?, reason?}` | the merchant cancels, at once |
| `POST orders/{id}/refund` `{lines?: [{sku, quantity}], amount?, restock?, shipping?}` | the merchant refunds; no lines and no amount: all of it |
| `POST orders/{id}/hold`, `/release` | the merchant's own hold, which is not the app's |
| `POST orders/{id}/move` `{location_id}` | open fulfilment orders go to another location, with new ids |
| `POST orders/{id}/close`, `/open` | archived and back |
| `POST orders/{id}/plant` | a second order with the same source identifier and tags, made by hand; `{order_id}` |
| `DELETE orders/{id}` | the merchant deletes the order |
| `POST pair` | answers 200: an app has no plugin to pair |
| `GET events` | `{subscriptions, waiting, log}` |
| `POST events/deliver`, `/replay` `{count?}` | deliver what is due; send the last delivered once more, unchanged |
| `POST events/forget` `{topic?}` | Shopify drops the subscriptions (of this topic) |
| `POST events/compliance` `{topic, url?, body?}` | sends a compliance topic, to the address of any subscription if none is named |
| `POST mishaps` `{drop?, duplicate?, reorder?, late_s?, forge?}` | lose, double, turn or hold back messages; sign them with a wrong secret |
| `GET settings`, `POST settings` | how it behaves (below) |
| `GET login` | `{api_key, api_secret, tokens, scopes, installed}` |
| `POST login` `{revoke?, expire?, grant?, scopes?, remove_scopes?}` | no token is good any more; access tokens expire; a permanent token |
| `POST scopes` `{scopes}` | the granted scopes; app/scopes_update is sent |
| `POST uninstall` | the app is removed: tokens die, app/uninstalled is sent |
| `POST bulk` `{fail?, delay_s?}` | the next bulk operation fails with this code; how long one takes |
| `POST locations/{id}` `{active}` | a location switched on or off |
| `POST throttle` | empties the bucket |
| `POST clock` `{advance_s}` | due jobs are done as if so much time had passed |

A PATCH takes `price, compare_at_price, special_price, title, description, status, quantity` (at `location_id`, or the
first location so that the total is that), `barcode, new_sku, product_type, vendor, tags, tracked, policy, picture_status`
and `metafields {"namespace.key": value}`; with `silent` no webhook is sent and no date moves.

Settings: `search_delay_s`, `job_delay_s`, `bulk_delay_s`, `orders_per_minute` (null: no limit; 5 on a development store),
`max_cost`, `bucket`, `restore_rate`, `protected` (personal data is kept back), `idempotency_hours`.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from hub.seed import SeedProduct
from hub.stores.shopify.sandbox.catalogue import Product, Variant
from hub.stores.shopify.sandbox.fulfilment import actions, known_url, move, send, undo
from hub.stores.shopify.sandbox.orders import ZERO, FulfillmentOrder, Hold, Line, Order, Part, cents
from hub.stores.shopify.sandbox.refunds import book_by_hand

if TYPE_CHECKING:
    from hub.stores.shopify.sandbox.shop import ShopifySim

Row = dict[str, Any]


class CannotDo(Exception):
    """The admin would not let the merchant do that."""


def blueprint(sim: ShopifySim) -> Blueprint:
    """All control routes of this shop."""
    routes = Blueprint("shopify_sandbox", __name__, url_prefix="/sandbox")
    _products(sim, routes)
    _orders(sim, routes)
    _events(sim, routes)
    _standing(sim, routes)

    @routes.errorhandler(LookupError)
    def unknown(missing: LookupError) -> tuple[Response, int]:
        return jsonify(error=f"there is no {missing}"), 404

    @routes.errorhandler(CannotDo)
    def cannot(refused: CannotDo) -> tuple[Response, int]:
        return jsonify(error=str(refused)), 409

    return routes


def _asked() -> Row:
    body = request.get_json(force=True, silent=True)
    return body if isinstance(body, dict) else {}


# -- products -------------------------------------------------------------------------------------------------------


def _products(sim: ShopifySim, routes: Blueprint) -> None:
    catalogue = sim.catalogue

    def variant_of(sku: str) -> Variant:
        found = catalogue.by_sku.get(sku)
        if not found:
            raise LookupError(f"product {sku}")
        return found[0]

    @routes.get("/products")
    def products() -> Response:
        with sim.lock:
            return jsonify([_variant_row(variant) for variant in catalogue.variants.values()])

    @routes.post("/products")
    def add() -> tuple[Response, int]:
        given = _asked()
        special = given.get("special_price")
        seed = SeedProduct(
            key=given["sku"], sku=given["sku"], name=given["name"], description=given.get("description", ""), price=Decimal(str(given["price"])),
            quantity=int(given.get("quantity", 0)), special_price=Decimal(str(special)) if special is not None else None,
            weight_kg=Decimal("0.5"), categories=tuple(tuple(path) for path in given.get("categories", [])), backorders=bool(given.get("backorders")),
        )  # fmt: skip
        with sim.lock:
            return jsonify(_variant_row(catalogue.add(seed).variants[0])), 201

    @routes.patch("/products/<path:sku>")
    def change(sku: str) -> Response:
        given = _asked()
        with sim.lock:
            variant = variant_of(sku)
            _patch(sim, variant, given)
            return jsonify(_variant_row(variant))

    @routes.post("/products/<path:sku>/save")
    def save(sku: str) -> Response:
        with sim.lock, catalogue.changing(variant_of(sku).product):
            return jsonify(ok=True)

    @routes.delete("/products/<path:sku>")
    def delete(sku: str) -> Response:
        with sim.lock:
            variant = variant_of(sku)
            if request.args.get("variant") and len(variant.product.variants) > 1:
                with catalogue.changing(variant.product):
                    variant.product.variants.remove(variant)
                    catalogue.drop_variant(variant)
            else:
                catalogue.delete(variant.product)
            return jsonify(ok=True)

    @routes.post("/locations/<int:number>")
    def location(number: int) -> Response:
        with sim.lock:
            found = catalogue.location(number)
            if found is None:
                raise LookupError(f"location {number}")
            found.is_active = bool(_asked().get("active", True))
            sim.tell("LOCATIONS_ACTIVATE" if found.is_active else "LOCATIONS_DEACTIVATE", {"id": number, "name": found.name})
            return jsonify(ok=True)


def _variant_row(variant: Variant) -> Row:
    return {"product_id": str(variant.product.number), "variant_id": str(variant.number), "item_id": str(variant.item.number),
            "sku": variant.sku or "", "title": variant.product.title, "status": variant.product.status.lower(), "price": str(variant.price),
            "compare_at_price": str(variant.compare_at_price) if variant.compare_at_price is not None else None,
            "quantity": variant.item.available, "tracked": variant.item.tracked,
            "quantities": {str(level.location.number): level.available for level in variant.item.levels}}


def _patch(sim: ShopifySim, variant: Variant, given: Row) -> None:
    product, silent = variant.product, bool(given.get("silent"))
    saves = set(given) - {"quantity", "location_id", "silent", "tracked"}
    if saves:
        with nullcontext() if silent else sim.catalogue.changing(product):
            _set_values(sim, product, variant, given)
            if not silent:
                variant.updated_at = sim.now()
        if silent:
            sim.catalogue.index.changed()
            sim.catalogue.variant_index.changed()
    if "tracked" in given:
        variant.item.tracked = bool(given["tracked"])
        variant.item.updated_at = sim.now()
    if "quantity" in given:
        wanted = int(given["quantity"])
        first = variant.item.levels[0]
        if "location_id" in given:
            first = next(level for level in variant.item.levels if str(level.location.number) == str(given["location_id"]))
        else:
            wanted -= variant.item.available - first.available
        sim.catalogue.set_quantity(first, "available", wanted, silent=silent)


def _set_values(sim: ShopifySim, product: Product, variant: Variant, given: Row) -> None:
    def amount(name: str) -> Decimal | None:
        return None if given[name] is None else cents(Decimal(str(given[name])))

    if "price" in given:
        variant.price = amount("price") or ZERO
    if "compare_at_price" in given:
        variant.compare_at_price = amount("compare_at_price")
    if "special_price" in given:
        regular = variant.compare_at_price if variant.compare_at_price is not None else variant.price
        special = amount("special_price")
        variant.price, variant.compare_at_price = (regular, None) if special is None else (special, regular)
    for name, target in (("title", "title"), ("description", "description_html"), ("product_type", "product_type"), ("vendor", "vendor")):
        if name in given:
            setattr(product, target, str(given[name]))
    if "status" in given:
        product.status = str(given["status"]).upper()
    if "barcode" in given:
        variant.barcode = given["barcode"] or None
    if "policy" in given:
        variant.policy = str(given["policy"]).upper()
    if "tags" in given:
        product.tags = list(given["tags"])
    if "new_sku" in given:
        if variant.sku:
            sim.catalogue.by_sku[variant.sku].remove(variant)
        variant.sku = given["new_sku"] or None
        if variant.sku:
            sim.catalogue.by_sku.setdefault(variant.sku, []).append(variant)
    for picture in product.media if "picture_status" in given else ():
        picture.status = str(given["picture_status"]).upper()
    for name, value in (given.get("metafields") or {}).items():
        namespace, _, key = name.partition(".")
        sim.catalogue.set_metafield(product, namespace, key, str(value))


# -- orders ---------------------------------------------------------------------------------------------------------


def _orders(sim: ShopifySim, routes: Blueprint) -> None:
    def find(number: str) -> Order:
        order = next((each for each in sim.orders.values() if number in (str(each.number), each.name, each.name.removeprefix("#"))), None)
        if order is None:
            raise LookupError(f"order {number}")
        return order

    @routes.get("/orders")
    def orders() -> Response:
        with sim.lock:
            sim.settle()
            return jsonify([order_row(order) for order in sim.orders.values()])

    @routes.post("/orders/<number>/ship")
    def ship(number: str) -> Response:
        with sim.lock:
            return jsonify(_ship(sim, find(number), _asked()))

    @routes.post("/orders/<number>/track")
    def track(number: str) -> Response:
        given = _asked()
        with sim.lock:
            order = find(number)
            if not order.fulfillments:
                raise CannotDo("nothing was shipped")
            made = order.fulfillments[-1]
            with sim.changing(order):
                made.tracking, made.updated_at = [_track_row(given)], sim.now()
            sim.tell("FULFILLMENTS_UPDATE", made)
            return jsonify(order_row(order))

    @routes.post("/orders/<number>/unship")
    def unship(number: str) -> Response:
        with sim.lock:
            order = find(number)
            made = next((each for each in reversed(order.fulfillments) if each.status == "SUCCESS"), None)
            if made is None:
                raise CannotDo("nothing is shipped")
            undo(sim, made)
            return jsonify(order_row(order))

    @routes.post("/orders/<number>/cancel")
    def cancel(number: str) -> Response:
        given = _asked()
        with sim.lock:
            order = find(number)
            if order.cancelled_at is not None or any(line.fulfilled for line in order.lines):
                raise CannotDo("the order is cancelled already, or something of it is fulfilled")
            sim.cancel(order, str(given.get("reason", "OTHER")).upper(), restocks=bool(given.get("restock", True)),
                       refunds=bool(given.get("refund", True)))
            return jsonify(order_row(order))

    @routes.post("/orders/<number>/refund")
    def refund(number: str) -> Response:
        given = _asked()
        with sim.lock:
            order = find(number)
            amount = Decimal(str(given["amount"])) if given.get("amount") is not None else None
            shipping = Decimal(str(given["shipping"])) if given.get("shipping") is not None else None
            whole = amount is None and not given.get("lines") and shipping is None
            units = [(line, line.current) for line in order.lines if line.current] if whole else _units(order, given.get("lines") or [])
            if amount is None and order.received <= order.given_back:
                raise CannotDo("there is nothing to give back")
            with sim.changing(order):
                book_by_hand(sim, order, units, restocks=bool(given.get("restock", False)), amount=amount, shipping=shipping, whole=whole)
            return jsonify(order_row(order))

    @routes.post("/orders/<number>/<any(hold, release, close, open):what>")
    def admin(number: str, what: str) -> Response:
        with sim.lock:
            order = find(number)
            with sim.changing(order):
                _admin_change(sim, order, what)
            return jsonify(order_row(order))

    @routes.post("/orders/<number>/move")
    def moves(number: str) -> Response:
        with sim.lock:
            order, target = find(number), sim.catalogue.location(int(_asked()["location_id"]))
            if target is None:
                raise LookupError("such location")
            for each in [each for each in order.fulfillment_orders if "MOVE" in actions(each) and each.location is not target]:
                move(sim, each, target, [(part, part.remaining) for part in each.lines if part.remaining])
            return jsonify(order_row(order))

    @routes.post("/orders/<number>/plant")
    def plant(number: str) -> tuple[Response, int]:
        with sim.lock:
            old = find(number)
            place = sim.next_order_place()
            now = sim.now()
            made = Order(sim.number("Order"), place, f"#{place}", now, now, now, old.currency, old.presentment_currency, old.presentment_rate,
                         old.taxes_included, by_app=False, tags=list(old.tags), source_name=old.source_name,
                         source_identifier=old.source_identifier, note=old.note, attributes=[dict(each) for each in old.attributes])  # fmt: skip
            for meta in old.metafields:
                sim.catalogue.set_metafield(made, meta.namespace, meta.key, meta.value, meta.type)
            sim.order_index.before(made, fresh=True)
            sim.orders[made.number] = made
            sim.tell("ORDERS_CREATE", made)
            return jsonify(order_id=str(made.number)), 201

    @routes.delete("/orders/<number>")
    def delete_order(number: str) -> Response:
        with sim.lock:
            sim.delete_order(find(number))
            return jsonify(ok=True)


def _admin_change(sim: ShopifySim, order: Order, what: str) -> None:
    if what in ("close", "open"):
        order.closed_at = sim.now() if what == "close" else None
        return
    for each in [each for each in order.fulfillment_orders if each.is_live]:
        if what == "hold":
            each.holds.append(Hold(sim.number("FulfillmentHold"), "OTHER", "by the merchant", None, ""))
            each.status = "ON_HOLD"
        else:
            each.holds = [hold for hold in each.holds if hold.by_app]
            each.status = "ON_HOLD" if each.holds else "OPEN"


def _track_row(given: Row) -> dict[str, str | None]:
    company, number = given.get("carrier") or given.get("title"), str(given["number"])
    return {"company": company, "number": number, "url": given.get("url") or known_url(company, number)}


def _ship(sim: ShopifySim, order: Order, given: Row) -> Row:
    able = [each for each in order.fulfillment_orders if "CREATE_FULFILLMENT" in actions(each)]
    if not able:
        raise CannotDo("nothing of this order can be shipped now")
    wanted = {str(row["sku"]): int(row["quantity"]) for row in given.get("lines") or ()}
    tracking = [_track_row(given)] if given.get("number") else []
    for source in able:
        units: list[tuple[Part, int]] = []
        for part in source.lines:
            take = min(part.remaining, wanted.get(part.line.sku or "", 0)) if wanted else part.remaining
            if take:
                units.append((part, take))
                wanted.update({part.line.sku or "": wanted.get(part.line.sku or "", 0) - take} if wanted else {})
        if units:
            send(sim, [(source, units)], tracking)
    return order_row(order)


def _units(order: Order, rows: list[Row]) -> list[tuple[Line, int]]:
    found: list[tuple[Line, int]] = []
    for row in rows:
        line = next((each for each in order.lines if each.sku == row["sku"]), None)
        if line is None or not 1 <= int(row["quantity"]) <= line.current:
            raise CannotDo(f"there are not so many of {row['sku']} left on the order")
        found.append((line, int(row["quantity"])))
    return found


def order_row(order: Order) -> Row:
    """An order as the control API tells it."""
    return {
        "order_id": str(order.number), "number": order.name, "key": order.source_identifier or "", "state": order.status_word,
        "status": order.financial_status.lower(), "fulfillment": order.fulfillment_status.lower(), "currency": order.currency,
        "totals": {"grand": str(order.total), "goods": str(order.goods), "shipping": str(order.shipping_price), "tax": str(order.tax),
                   "discount": str(order.discounts), "received": str(order.received), "refunded": str(order.given_back),
                   "current": str(order.current_total)},
        "refunded": str(order.given_back), "source_name": order.source_name, "tags": order.tags, "note": order.note or "",
        "closed": order.closed_at is not None, "cancel_reason": order.cancel_reason, "email": order.email,
        "address": order.shipping_address, "billing": order.billing_address, "attributes": order.attributes,
        "taxes": [{"title": tax.title, "rate": str(tax.rate), "amount": str(tax.amount), "channel_liable": tax.channel_liable}
                  for tax in order.taxes],
        "lines": [{"sku": line.sku or "", "title": line.title, "quantity": line.quantity, "price": str(line.unit), "discount": str(line.discount),
                   "current": line.current, "fulfilled": line.fulfilled, "unfulfilled": line.unfulfilled, "claimed": line.claimed,
                   "variant_id": str(line.variant.number) if line.variant else None} for line in order.lines],
        "shipments": [{"id": str(each.number), "status": each.status, "tracks": each.tracking, "location_id": str(each.location.number),
                       "lines": [{"sku": part.line.sku or "", "quantity": part.quantity} for part in each.lines]}
                      for each in order.fulfillments],
        "refunds": [{"id": str(each.number), "amount": str(each.money), "note": each.note or "", "shipping": str(each.shipping),
                     "lines": [{"sku": part.line.sku or "", "quantity": part.quantity, "restock": part.restock_type} for part in each.lines]}
                    for each in order.refunds],
        "fulfillment_orders": [_fulfillment_order_row(each) for each in order.fulfillment_orders],
    }  # fmt: skip


def _fulfillment_order_row(each: FulfillmentOrder) -> Row:
    return {"id": str(each.number), "status": each.status, "location_id": str(each.location.number),
            "holds": [{"handle": hold.handle, "reason": hold.reason, "by_app": bool(hold.by_app)} for hold in each.holds],
            "lines": [{"sku": part.line.sku or "", "remaining": part.remaining} for part in each.lines]}


# -- webhooks, the app's standing, settings -------------------------------------------------------------------------


def _events(sim: ShopifySim, routes: Blueprint) -> None:
    sender = sim.sender

    @routes.post("/pair")
    def pair() -> Response:
        return jsonify(ok=True)

    @routes.get("/events")
    def events() -> Response:
        return jsonify(subscriptions=[{"id": each.id, "topic": each.topic, "uri": each.uri} for each in sender.subscriptions],
                       waiting=[each.told() for each in sender.waiting], log=[each.told() for each in sender.log])

    @routes.post("/events/deliver")
    def deliver() -> Response:
        return jsonify(deliveries=[each.told() for each in sender.deliver()])

    @routes.post("/events/replay")
    def replay() -> Response:
        return jsonify(deliveries=[each.told() for each in sender.replay(int(_asked().get("count", 1)))])

    @routes.post("/events/forget")
    def forget() -> Response:
        topic = _asked().get("topic")
        with sim.lock:
            sender.subscriptions = [each for each in sender.subscriptions if topic and each.topic != topic]
            return jsonify(left=len(sender.subscriptions))

    @routes.post("/events/compliance")
    def compliance() -> Response:
        given = _asked()
        with sim.lock:
            url = given.get("url") or next((each.uri for each in sender.subscriptions), None)
            if url is None:
                raise LookupError("address to send it to")
            body = {"shop_id": 70_000_000_001, "shop_domain": sim.shop_domain, **(given.get("body") or {})}
            made = sender.send_compliance(str(given["topic"]), body, url)
        sender.deliver()
        return jsonify(made.told())

    @routes.post("/mishaps")
    def mishaps() -> Response:
        given = _asked()
        for name in ("drop", "duplicate", "reorder"):
            if name in given:
                setattr(sender, name, int(given[name]))
        if "late_s" in given:
            sender.late_s = float(given["late_s"])
        if "forge" in given:
            sender.signing_secret = "not the app's secret" if given["forge"] else None
        return jsonify(ok=True)


_SETTINGS = ("search_delay_s", "job_delay_s", "orders_per_minute", "max_cost", "protected", "restore_rate")


def _standing(sim: ShopifySim, routes: Blueprint) -> None:
    access = sim.access

    def told() -> Row:
        return {name: getattr(sim, name) for name in _SETTINGS} | {
            "bucket": sim.bucket_size, "bulk_delay_s": sim.bulk.delay_s, "idempotency_hours": sim.keys.hours}

    @routes.get("/settings")
    def settings() -> Response:
        return jsonify(told())

    @routes.post("/settings")
    def set_settings() -> tuple[Response, int] | Response:
        given = _asked()
        unknown = set(given) - set(told())
        if unknown:
            return jsonify(error=f"unknown: {', '.join(sorted(unknown))}"), 400
        with sim.lock:
            for name, value in given.items():
                if name == "bucket":
                    sim.bucket_size = int(value)
                elif name == "bulk_delay_s":
                    sim.bulk.delay_s = float(value)
                elif name == "idempotency_hours":
                    sim.keys.hours = float(value)
                else:
                    setattr(sim, name, value)
            if {"bucket", "restore_rate"} & set(given):
                sim.buckets.clear()
        return jsonify(told())

    @routes.get("/login")
    def login() -> Response:
        with sim.lock:
            return jsonify(api_key=access.api_key, api_secret=access.api_secret, scopes=list(access.scopes), installed=access.installed,
                           tokens=[{"token": each.token, "ends": each.ends.isoformat() if each.ends else None} for each in access.logins.values()])

    @routes.post("/login")
    def change_login() -> Response:
        given = _asked()
        with sim.lock:
            if given.get("revoke"):
                access.revoke()
                access.client_credentials = False
            if given.get("expire"):
                for each in access.logins.values():
                    each.ends = sim.now() if each.ends is None else min(each.ends, sim.now())
            if given.get("grant"):
                access.grant_static(str(given["grant"]))
            if given.get("scopes") is not None:
                access.narrow(given["scopes"])
            if given.get("remove_scopes"):
                access.narrow(scope for scope in access.scopes if scope not in given["remove_scopes"])
            return jsonify(ok=True)

    @routes.post("/scopes")
    def scopes() -> Response:
        with sim.lock:
            old = list(access.scopes)
            access.narrow(_asked()["scopes"])
            sim.tell("APP_SCOPES_UPDATE", {"id": sim.app["id"], "shop_id": "70000000001", "previous": old, "current": list(access.scopes),
                                           "updated_at": sim.now().isoformat()})
            return jsonify(ok=True)

    @routes.post("/uninstall")
    def uninstall() -> Response:
        with sim.lock:
            sim.uninstall()
            return jsonify(ok=True)

    @routes.post("/bulk")
    def bulk() -> Response:
        given = _asked()
        with sim.lock:
            sim.bulk.fail_next = given.get("fail")
            sim.bulk.delay_s = float(given.get("delay_s", sim.bulk.delay_s))
            return jsonify(ok=True)

    @routes.post("/throttle")
    def throttle() -> Response:
        with sim.lock:
            for each in access.logins.values():
                bucket = sim.bucket_of(each)
                bucket.available()
                bucket.level = 0
            return jsonify(ok=True)

    @routes.post("/clock")
    def clock() -> Response:
        step = timedelta(seconds=float(_asked().get("advance_s", 0)))
        with sim.lock:
            for job in sim.jobs.values():
                job.due -= step
            for made in sim.bulk.operations.values():
                made.ready_at -= step
            for each in sim.sender.waiting:
                each.due -= step
            sim.settle()
            return jsonify(ok=True)

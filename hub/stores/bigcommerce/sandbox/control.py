"""The control API: what a merchant, a shopper or a mishap does to the practice store. No sign-in; loopback only.

Besides journal, faults and health (see `hub.simulator.control_blueprint`):

| route under /sandbox | does |
|---|---|
| `GET products` | `[{sku, product_id, variant_id, sku_id, name, price, effective_price, quantity, tracking, active}]`, one row per variant |
| `POST products` `{sku, name, price, quantity?, description?, special_price?, categories?, tracking?}` | adds a simple product |
| `PATCH products/{sku}` (fields below) | changes the variant with this SKU, or its product |
| `POST products/{sku}/save` | a save with nothing changed: `product/updated` and a new date |
| `POST products/{sku}/modifiers` `{name, required?}` | a buyer's input; `{option_id, values}` |
| `DELETE products/{sku}` | deletes the variant, or the whole product where it is its last or the product's own SKU |
| `GET orders` | `[{order_id, number, key, state, status_id, totals{goods, shipping, fees, discount, tax, grand}, refunded, lines, shipments, …}]` |
| `POST orders/{id}/ship` `{number, carrier? or title?, lines?: [{sku, quantity}]}` | ships what is left, or these |
| `POST orders/{id}/track` `{number, carrier?}` | changes the last shipment's tracking number |
| `POST orders/{id}/cancel`; `POST orders/{id}/status` `{status_id}` | the merchant sets the status |
| `POST orders/{id}/refund` `{amount?, lines?: [{sku, quantity}], restock?}` | these lines; or an amount of the order (default: what is left) |
| `POST orders/{id}/plant` | a second order with the same external order id, made by hand; `{order_id}` |
| `DELETE orders/{id}` | the merchant archives the order |
| `GET hooks`; `POST hooks/{id}/deactivate`; `DELETE hooks/{id}` | all hooks; switch one off as after 48 h of failures; make one vanish |
| `POST pair` `{url}` | nothing: hooks are registered over the API; 200 |
| `GET events` | `{waiting, log, mails, sent}` of the sending side |
| `POST events/deliver`; `POST events/replay` `{last?}` | deliver what is due; send the last (default all) again, as they were |
| `POST mishaps` `{drop?, duplicate?, reorder?, late_s?}` | lose, double, turn round or delay the next calls to hooks |
| `POST clock` `{advance_s}` | lets this much time pass for what waits here: deliveries, blocked domains, delays of search and stock, the quota |
| `GET settings`; `POST settings` | `shop.Settings` (`search_delay_s`, `stock_delay_s`, `refuse_out_of_stock`, …) and the stock rules |
| `POST surcharge` `{amount}` | an app of the store adds this to each new order's total, as a fee |
| `POST countries` `{allowed}` | countries orders may go to (ISO codes); null: all |
| `GET login`; `POST login` `{revoke}` | the account's keys; true: the token is no longer valid, false: it is again |
| `POST scopes` `{scopes}` or `{remove}` | the account's permissions; null: all |
| `POST accounts` `{name?, scopes?}` | one more API account: `{token, client_id, client_secret}` |
| `POST install` `{redirect_uri, scope?}`; `POST callback` | what an app is called with: code, scope, context; `signed_payload_jwt` |
| `POST uninstall` | `store/app/uninstalled` goes out, then token and hooks of the account are gone |
| `POST limits` `{left?, quota?, plan?, overload?}` | what is left of the window; its size; so many 429 without rate headers |
| `GET locations`; `POST locations` `{code, label, enabled?}`; `PATCH locations/{id}` `{enabled?, label?}` | places that hold stock |
| `POST pricelists` `{name, channel_id?, records: [{sku, currency, price, sale_price?}]}` | a price list |

A product's change takes `price, sale_price` (or `special_price`; null or 0 ends it), `retail_price, quantity` (available to sell, with
`location` id, default 1), `safety_stock, name` (or `title`), `description, active, is_visible, availability, is_price_hidden,
purchasing_disabled, tracking` (none, product, variant)`, weight, sku, custom_fields` ({name: value, "" removes}), `categories` (paths), and `silent`
(true: no event). Prices of a product with options go to the variant, which no longer inherits them; its product's date stays.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from hub import clock
from hub.seed import SeedCategory, SeedProduct
from hub.stores.bigcommerce.sandbox import seeding
from hub.stores.bigcommerce.sandbox.gate import PLANS, SCOPES, Account
from hub.stores.bigcommerce.sandbox.order_calls import NATIVE
from hub.stores.bigcommerce.sandbox.orders import CANCELLED, STATUSES, Order, Refund, RefundItem
from hub.stores.bigcommerce.sandbox.refunds import PROVIDER, read_items
from hub.stores.bigcommerce.sandbox.shop import DEFAULT_LOCATION, Location, Product, Settings, Variant
from hub.stores.bigcommerce.sandbox.wire import ZERO, Refusal, cents

if TYPE_CHECKING:
    from hub.stores.bigcommerce.sandbox import BigCommerceSim

_STATES = {2: "shipped", 4: "closed", 5: "cancelled", 6: "cancelled", 10: "complete", 12: "held"}


def blueprint(sim: BigCommerceSim) -> Blueprint:
    """All control routes of this store."""
    routes = Blueprint("bigcommerce_sandbox", __name__, url_prefix="/sandbox")
    _products(sim, routes)
    _orders(sim, routes)
    _events(sim, routes)
    _account(sim, routes)
    _store(sim, routes)

    @routes.errorhandler(LookupError)
    def unknown(missing: LookupError) -> tuple[Response, int]:
        return jsonify(error=f"there is no {missing}"), 404

    @routes.errorhandler(Refusal)
    def refused(no: Refusal) -> tuple[Response, int]:
        return jsonify(error=no.title, errors=no.errors, details=no.details), no.status

    return routes


def _asked() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    return body if isinstance(body, dict) else {}


def _amount(value: Any) -> Decimal:
    return Decimal(str(value or 0))


# -- products ------------------------------------------------------------------------------------------------------


def _product_row(sim: BigCommerceSim, variant: Variant) -> dict[str, Any]:
    shop = sim.shop
    product = shop.product_of(variant)
    price = product.price if variant.price is None else variant.price
    return {"sku": variant.sku, "product_id": str(product.id), "variant_id": str(variant.id), "sku_id": variant.sku_id, "name": product.name,
            "price": str(price), "effective_price": str(shop.price(variant)),
            "quantity": shop.available(shop.key(variant), truth=True), "tracking": product.tracking,
            "active": product.is_visible and product.availability == "available" and not variant.purchasing_disabled}


def _products(sim: BigCommerceSim, routes: Blueprint) -> None:
    shop = sim.shop

    def find(sku: str) -> Variant:
        variant = shop.by_sku(sku)
        if variant is None:
            raise LookupError(f"product {sku}")
        return variant

    def paths_of(wanted: list[list[str]]) -> dict[tuple[str, ...], int]:
        paths = {shop.path_of(one): one for one in shop.categories}
        for path in wanted:
            for depth in range(1, len(path) + 1):
                if tuple(path[:depth]) not in paths:
                    seeding.add_category(shop, SeedCategory(tuple(path[:depth])), paths)
        return paths

    @routes.get("/products")
    def products() -> Response:
        with shop.lock:
            return jsonify([_product_row(sim, one) for one in shop.variants.values()])

    @routes.post("/products")
    def add() -> tuple[Response, int]:
        given = _asked()
        seed = SeedProduct(
            key=given["sku"], sku=given["sku"], name=given["name"], description=given.get("description", ""), price=_amount(given["price"]),
            quantity=int(given.get("quantity", 0)), special_price=_amount(given["special_price"]) if given.get("special_price") else None,
            weight_kg=Decimal("0.5"), categories=tuple(tuple(path) for path in given.get("categories", [])))
        with shop.lock:
            product = seeding.add_product(shop, seed, paths_of(given.get("categories", [])), {}, tracking=given.get("tracking", "variant"))
            return jsonify(_product_row(sim, product.variants[0])), 201

    @routes.patch("/products/<path:sku>")
    def change(sku: str) -> Response:
        given = _asked()
        with shop.lock:
            variant = find(sku)
            product, silent = shop.product_of(variant), bool(given.get("silent"))
            is_product = _change_product(sim, product, given, paths_of(given.get("categories", [])))
            is_variant = _change_variant(product, variant, given)
            if is_product:
                shop.save(product, silent=silent)
            if is_variant:
                shop.save_variant(variant, silent=silent)
            if "quantity" in given or "safety_stock" in given:
                _change_stock(sim, variant, given, silent)
            return jsonify(_product_row(sim, variant))

    @routes.post("/products/<path:sku>/save")
    def save(sku: str) -> Response:
        with shop.lock:
            variant = find(sku)
            shop.save(shop.product_of(variant))
            return jsonify(_product_row(sim, variant))

    @routes.post("/products/<path:sku>/modifiers")
    def modifier(sku: str) -> Response:
        given = _asked()
        with shop.lock:
            product = shop.product_of(find(sku))
            made = seeding.add_modifier(shop, product, str(given.get("name", "Gift note")), bool(given.get("required", True)))
            shop.save(product)
            return jsonify(option_id=made.id, values=[{"id": one.id, "label": one.label} for one in made.values])

    @routes.delete("/products/<path:sku>")
    def delete(sku: str) -> Response:
        with shop.lock:
            variant = find(sku)
            product = shop.product_of(variant)
            if variant.sku != sku or len(product.variants) == 1:
                shop.delete(product)
            else:
                shop.delete_variant(variant)
            return jsonify(ok=True)


def _change_product(sim: BigCommerceSim, product: Product, given: dict[str, Any], paths: dict[tuple[str, ...], int]) -> bool:
    """Changes what stands on the product; whether anything did."""
    shop = sim.shop
    names = {"title": "name", "name": "name", "description": "description", "is_visible": "is_visible", "availability": "availability",
             "is_price_hidden": "is_price_hidden", "tracking": "tracking", "condition": "condition"}
    touched = [name for name in names if name in given]
    for name in touched:
        setattr(product, names[name], given[name])
    if "active" in given:
        product.is_visible, product.availability = bool(given["active"]), "available" if given["active"] else "disabled"
    if "weight" in given:
        product.weight = _amount(given["weight"])
    for name, value in given.get("custom_fields", {}).items():
        seeding.set_field(shop, product, name, value)
    if "categories" in given:
        product.categories = [paths[tuple(path)] for path in given["categories"]]
    is_price = False
    if product.is_simple:
        for name, target in (("price", "price"), ("sale_price", "sale_price"), ("special_price", "sale_price"), ("retail_price", "retail_price")):
            if name in given:
                setattr(product, target, _amount(given[name]))
                is_price = True
    return bool(touched) or is_price or bool({"active", "weight", "custom_fields", "categories"} & set(given))


def _change_variant(product: Product, variant: Variant, given: dict[str, Any]) -> bool:
    """Changes what stands on the variant; whether anything did."""
    changed = False
    if not product.is_simple:
        for name, target in (("price", "price"), ("sale_price", "sale_price"), ("special_price", "sale_price"), ("retail_price", "retail_price")):
            if name in given:
                setattr(variant, target, _amount(given[name]))
                changed = True
    if "purchasing_disabled" in given:
        variant.purchasing_disabled = bool(given["purchasing_disabled"])
        changed = True
    if "sku" in given:
        product.sku = given["sku"] if product.is_simple else product.sku
        variant.sku = given["sku"]
        changed = True
    return changed


def _change_stock(sim: BigCommerceSim, variant: Variant, given: dict[str, Any], silent: bool) -> None:
    place, key = int(given.get("location", DEFAULT_LOCATION)), sim.shop.key(variant)
    if place not in sim.shop.locations:
        raise LookupError(f"location {place}")
    cell = sim.shop.cell(place, key)
    available = cell.now - cell.safety
    cell.safety = int(given.get("safety_stock", cell.safety))
    onhand = int(given.get("quantity", available)) + cell.safety
    sim.shop.put_stock(place, key, onhand, by="silent" if silent else "")


# -- orders --------------------------------------------------------------------------------------------------------


def _order_row(order: Order) -> dict[str, Any]:
    def shown(amount: Decimal) -> str:
        return str(cents(amount))

    ex, inc = order.total
    return {
        "order_id": str(order.id), "number": str(order.id), "key": order.key, "status_id": order.status_id, "status": STATUSES[order.status_id],
        "state": "deleted" if order.is_deleted else _STATES.get(order.status_id, "open"), "deleted": order.is_deleted,
        "currency": order.currency, "refunded": shown(order.refunded), "by_hand": order.by_hand,
        "totals": {"goods": shown(order.subtotal[1]), "shipping": shown(order.pair("shipping_cost")[1]), "grand": shown(inc),
                   "fees": shown(sum((one.inc for one in order.fees), ZERO)), "discount": shown(order.discount), "tax": shown(inc - ex)},
        "lines": [{"line_id": str(one.id), "sku": one.sku, "name": one.name, "product_id": str(one.product_id), "variant_id": str(one.variant_id),
                   "quantity": one.quantity, "price": shown(one.price_inc), "shipped": one.shipped, "refunded": one.refunded, "held": one.held}
                  for one in order.lines],
        "shipments": [{"shipment_id": str(one.id), "tracks": [{
            "number": one.fields["tracking_number"], "carrier_code": one.fields["shipping_provider"] or one.fields["tracking_carrier"],
            "title": one.fields["shipping_method"]}], "lines": [{"line_id": str(line), "quantity": count} for line, count in one.items]}
            for one in order.shipments],
        "refunds": [{"refund_id": str(one.id), "amount": shown(one.total)} for one in order.refunds]}


def _orders(sim: BigCommerceSim, routes: Blueprint) -> None:
    shop, book = sim.shop, sim.orders

    @routes.get("/orders")
    def orders() -> Response:
        with shop.lock:
            return jsonify([_order_row(one) for one in book.rows.values()])

    @routes.post("/orders/<int:order_id>/ship")
    def ship(order_id: int) -> Response:
        given = _asked()
        with shop.lock:
            order = book.find(order_id)
            wanted = {one["sku"]: int(one["quantity"]) for one in given.get("lines", [])}
            items = []
            for line in order.lines:
                left = line.quantity - line.shipped - line.refunded
                count = min(left, wanted.get(line.sku, 0)) if wanted else left
                if count > 0:
                    items.append((line.id, count))
            if not items:
                raise Refusal(409, "nothing is left to ship")
            carrier, title = str(given.get("carrier") or ""), str(given.get("title") or given.get("carrier") or "")
            book.ship(order, items, {
                "tracking_number": str(given.get("number", "")), "shipping_provider": carrier if carrier in NATIVE else "",
                "tracking_carrier": "", "tracking_link": "", "shipping_method": title, "comments": "", "merchant_shipping_cost": "0.0000"})
            return jsonify(_order_row(order))

    @routes.post("/orders/<int:order_id>/track")
    def track(order_id: int) -> Response:
        given = _asked()
        with shop.lock:
            order = book.find(order_id)
            if not order.shipments:
                raise Refusal(409, "this order has no shipment yet")
            last = order.shipments[-1]
            last.fields["tracking_number"] = str(given.get("number", ""))
            last.fields["shipping_method"] = str(given.get("carrier", last.fields["shipping_method"]))
            shop.fire("store/shipment/updated", {"type": "shipment", "id": last.id, "orderId": order.id})
            book.touch(order)
            return jsonify(_order_row(order))

    def set_status(order_id: int, status: int) -> Response:
        if status not in STATUSES:
            raise LookupError(f"status {status}")
        with shop.lock:
            order = book.find(order_id)
            before, order.status_id = order.status_id, status
            book.moved(order, before)
            return jsonify(_order_row(order))

    @routes.post("/orders/<int:order_id>/cancel")
    def cancel(order_id: int) -> Response:
        return set_status(order_id, CANCELLED)

    @routes.post("/orders/<int:order_id>/status")
    def status(order_id: int) -> Response:
        return set_status(order_id, int(_asked().get("status_id", -1)))

    @routes.post("/orders/<int:order_id>/refund")
    def refund(order_id: int) -> Response:
        given = _asked()
        with shop.lock:
            order = book.find(order_id)
            book.refund(order, _refund(sim, order, given), restock=given.get("restock"))
            return jsonify(_order_row(order))

    @routes.post("/orders/<int:order_id>/plant")
    def plant(order_id: int) -> Response:
        with shop.lock:
            twin = book.twin(book.find(order_id))
            return jsonify(_order_row(twin))

    @routes.delete("/orders/<int:order_id>")
    def archive(order_id: int) -> Response:
        with shop.lock:
            book.archive(book.find(order_id))
            return jsonify(ok=True)


def _refund(sim: BigCommerceSim, order: Order, given: dict[str, Any]) -> Refund:
    """What the merchant gives back: lines by SKU, or an amount of the order."""
    if given.get("lines"):
        by_sku = {line.sku: line.id for line in order.lines}
        items = read_items(order, [{"item_type": "PRODUCT", "item_id": by_sku[one["sku"]], "quantity": int(one["quantity"])}
                                   for one in given["lines"]], "")
    else:
        amount = _amount(given["amount"]) if "amount" in given else cents(order.total[1]) - order.refunded
        items = [RefundItem("ORDER", order.id, 1, amount, ZERO, "")]
    total, tax = sum((one.amount for one in items), ZERO), sum((one.tax for one in items), ZERO)
    if total <= 0 or total > cents(order.total[1]) - order.refunded:
        raise Refusal(409, f"{total} is more than is left of the order")
    return Refund(sim.shop.next_id("refund", 1), order.id, clock.now(), items, total, tax, PROVIDER, True)


# -- events --------------------------------------------------------------------------------------------------------


def _events(sim: BigCommerceSim, routes: Blueprint) -> None:
    sender = sim.sender

    @routes.post("/pair")
    def pair() -> Response:
        return jsonify(ok=True, says="This store is joined by its API account; the hub registers its webhooks itself.")

    @routes.get("/hooks")
    def hooks() -> Response:
        return jsonify([{"id": one.id, "client_id": one.client_id, "scope": one.scope, "destination": one.destination, "headers": one.headers,
                         "is_active": one.is_active, "was_deactivated": one.was_deactivated} for one in sender.hooks.values()])

    def find(hook_id: int) -> Any:
        if hook_id not in sender.hooks:
            raise LookupError(f"hook {hook_id}")
        return sender.hooks[hook_id]

    @routes.post("/hooks/<int:hook_id>/deactivate")
    def deactivate(hook_id: int) -> Response:
        sender.deactivate(find(hook_id), "deliveries failed for 48 hours")
        return jsonify(ok=True)

    @routes.delete("/hooks/<int:hook_id>")
    def vanish(hook_id: int) -> Response:
        sender.remove(find(hook_id))
        return jsonify(ok=True)

    @routes.get("/events")
    def events() -> Response:
        waiting = [{"hook_id": one.hook_id, "scope": one.scope, "tries": one.tries, "due": one.due.isoformat()} for one in sender.waiting]
        return jsonify(waiting=waiting, log=[asdict(one) for one in sender.log], mails=sender.mails, sent=sender.sent)

    @routes.post("/events/deliver")
    def deliver() -> Response:
        return jsonify([asdict(one) for one in sender.deliver()])

    @routes.post("/events/replay")
    def replay() -> Response:
        return jsonify(again=sender.replay(int(_asked().get("last", sender.sent))))

    @routes.post("/mishaps")
    def mishaps() -> Response:
        given, now = _asked(), sender.mishaps
        now.drop, now.duplicate = int(given.get("drop", now.drop)), int(given.get("duplicate", now.duplicate))
        now.reorder, now.late_s = bool(given.get("reorder", now.reorder)), float(given.get("late_s", now.late_s))
        return jsonify(asdict(now))

    @routes.post("/clock")
    def pass_time() -> Response:
        passed = timedelta(seconds=float(_asked().get("advance_s", 0)))
        with sim.shop.lock:
            sender.age(passed)
            sim.shop.age(passed)
            sim.orders.age(passed)
            sim.quota.age(passed)
        return jsonify(ok=True)


# -- account and store ---------------------------------------------------------------------------------------------


def _account(sim: BigCommerceSim, routes: Blueprint) -> None:
    shop = sim.shop

    @routes.get("/login")
    def login() -> Response:
        one = sim.account
        return jsonify(store_hash=shop.store_hash, access_token=one.token, client_id=one.client_id, client_secret=one.client_secret,
                       scopes=sorted(one.scopes), valid=one.token in sim.accounts)

    @routes.post("/login")
    def revoke() -> Response:
        with shop.lock:
            if _asked().get("revoke", True):
                sim.accounts.pop(sim.account.token, None)
            else:
                sim.accounts[sim.account.token] = sim.account
        return login()

    @routes.post("/scopes")
    def scopes() -> Response:
        given = _asked()
        wanted = frozenset(SCOPES if given.get("scopes") is None else given["scopes"]) - frozenset(given.get("remove", []))
        with shop.lock:
            sim.account.scopes = wanted
        return jsonify(scopes=sorted(wanted))

    @routes.post("/accounts")
    def account() -> Response:
        given = _asked()
        made = Account.draw(str(given.get("name", "Another app")), frozenset(given.get("scopes") or SCOPES))
        with shop.lock:
            sim.accounts[made.token] = made
        return jsonify(token=made.token, client_id=made.client_id, client_secret=made.client_secret)

    @routes.post("/uninstall")
    def uninstall() -> Response:
        client_id = sim.account.client_id
        shop.fire("store/app/uninstalled", {})
        delivered = sim.sender.deliver()
        with shop.lock:
            sim.accounts.pop(sim.account.token, None)
            sim.sender.forget_account(client_id)
        return jsonify([asdict(one) for one in delivered])

    @routes.post("/limits")
    def limits() -> Response:
        given, quota = _asked(), sim.quota
        with shop.lock:
            if "plan" in given:
                sim.plan, quota.per_window = given["plan"], PLANS[given["plan"]]
            quota.per_window = int(given.get("quota", quota.per_window))
            if "left" in given:
                quota.use(int(given["left"]))
            quota.overload = int(given.get("overload", quota.overload))
        return jsonify(quota.headers())


def _store(sim: BigCommerceSim, routes: Blueprint) -> None:
    shop = sim.shop
    names = {one.name for one in fields(Settings)}

    def shown() -> dict[str, Any]:
        return asdict(shop.settings) | shop.stock_rules

    @routes.get("/settings")
    def settings() -> Response:
        return jsonify(shown())

    @routes.post("/settings")
    def change_settings() -> tuple[Response, int]:
        given = _asked()
        unknown = set(given) - names - set(shop.stock_rules)
        if unknown:
            return jsonify(error=f"unknown settings: {', '.join(sorted(unknown))}"), 400
        with shop.lock:
            for name, value in given.items():
                if name in names:
                    setattr(shop.settings, name, tuple(value) if isinstance(value, list) else value)
                else:
                    shop.stock_rules[name] = value
            return jsonify(shown()), 200

    @routes.post("/surcharge")
    def surcharge() -> Response:
        sim.orders.surcharge = _amount(_asked().get("amount"))
        return jsonify(ok=True)

    @routes.post("/countries")
    def countries() -> Response:
        allowed = _asked().get("allowed")
        sim.orders.countries = None if allowed is None else frozenset(allowed)
        return jsonify(ok=True)

    @routes.get("/locations")
    def locations() -> Response:
        return jsonify([asdict(one) for one in shop.locations.values()])

    @routes.post("/locations")
    def add_location() -> Response:
        given = _asked()
        with shop.lock:
            number = shop.next_id("location", DEFAULT_LOCATION)
            shop.locations[number] = Location(number, str(given.get("code", f"LOC-{number}")), str(given.get("label", f"Location {number}")),
                                              bool(given.get("enabled", True)))
            shop.fire("store/inventory/location/created", {"location_id": number})
            return jsonify(asdict(shop.locations[number]))

    @routes.patch("/locations/<int:location_id>")
    def change_location(location_id: int) -> Response:
        given = _asked()
        with shop.lock:
            place = shop.locations.get(location_id)
            if place is None:
                raise LookupError(f"location {location_id}")
            place.enabled, place.label = bool(given.get("enabled", place.enabled)), str(given.get("label", place.label))
            shop.fire("store/inventory/location/updated", {"location_id": location_id})
            return jsonify(asdict(place))

    @routes.post("/pricelists")
    def price_list() -> Response:
        given = _asked()
        with shop.lock:
            number, rows = shop.next_id("price_list", 1), []
            for one in given.get("records", []):
                variant = shop.by_sku(one["sku"])
                if variant is None:
                    raise LookupError(f"product {one['sku']}")
                price, sale = float(one["price"]), float(one.get("sale_price") or 0)
                rows.append({"price_list_id": number, "variant_id": variant.id, "sku": variant.sku, "currency": one.get("currency", shop.currency),
                             "price": price, "sale_price": sale, "retail_price": 0.0, "map_price": 0.0, "calculated_price": sale or price,
                             "product_id": variant.product_id, "date_created": clock.now().isoformat(timespec="seconds"),
                             "date_modified": clock.now().isoformat(timespec="seconds")})
            shop.price_lists[number] = {"id": number, "name": given["name"], "active": True, "records": rows,
                                        "channel_id": given.get("channel_id"), "date": clock.now().isoformat(timespec="seconds")}
            shop.fire("store/priceList/records/created", {"type": "priceList", "id": number})
            return jsonify(id=number)

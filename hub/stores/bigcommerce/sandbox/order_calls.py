"""Order calls of v2: create, find, change, archive, their lines, addresses, taxes, fees and shipments (contract 5, 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from hub.stores.bigcommerce.sandbox.bodies import Amount, Each, Shape, Text, Whole, insist_v2
from hub.stores.bigcommerce.sandbox.gate import Call, Table
from hub.stores.bigcommerce.sandbox.orders import STATUSES, Fee, Line, Order, Orders, Shipment
from hub.stores.bigcommerce.sandbox.shop import Shop
from hub.stores.bigcommerce.sandbox.wire import Invalid, Refusal, bare_page, cents, moment_of, rfc2822, text

TABLE = Table(("store_v2_orders",))
_PAGING = ("page", "limit")
_FILTERS = ("min_id", "max_id", "min_total", "max_total", "customer_id", "email", "status_id", "cart_id", "payment_method", "min_date_created",
            "max_date_created", "min_date_modified", "max_date_modified", "channel_id", "external_order_id", "is_deleted")
_SORTS = ("id", "customer_id", "date_created", "date_modified", "status_id", "channel_id", "external_id")
_PAYMENT_STATUS = {4: "refunded", 14: "partially refunded"}


# --- writing ------------------------------------------------------------------------------------------------------


def _link(order: Order, part: str) -> dict[str, str]:
    return {"url": f"https://api.bigcommerce.com/stores/practice/v2/orders/{order.id}/{part}", "resource": f"/orders/{order.id}/{part}"}


def order_row(shop: Shop, order: Order) -> dict[str, Any]:
    """An order as v2 shows it; its parts are links."""
    row: dict[str, Any] = {
        "id": order.id, "customer_id": order.customer_id, "date_created": rfc2822(order.created), "date_modified": rfc2822(order.modified),
        "date_shipped": rfc2822(order.shipped_at), "cart_id": "", "status_id": order.status_id, "status": STATUSES[order.status_id],
        "items_total": sum(one.quantity for one in order.lines), "items_shipped": sum(one.shipped for one in order.lines),
        "order_is_digital": all(one.kind == "digital" for one in order.lines), "payment_method": "", "payment_provider_id": "",
        "payment_status": _PAYMENT_STATUS.get(order.status_id, ""), "refunded_amount": text(order.refunded),
        "store_credit_amount": "0.0000", "gift_certificate_amount": "0.0000", "ip_address": "", "ip_address_v6": "", "geoip_country": "",
        "geoip_country_iso2": "", "currency_id": 1, "currency_code": order.currency, "currency_exchange_rate": "1.0000000000",
        "default_currency_id": 1, "default_currency_code": order.currency, "store_default_currency_code": order.currency,
        "store_default_to_transactional_exchange_rate": "1.0000000000", "staff_notes": "", "customer_message": "",
        "discount_amount": text(order.discount), "coupon_discount": "0.0000", "shipping_address_count": 1, "is_deleted": order.is_deleted,
        "ebay_order_id": "0", "billing_address": order.billing | {"form_fields": []}, "is_email_opt_in": False, "customer_locale": "en",
        "order_source": "manual" if order.by_hand else "external", "external_source": None, "external_id": None, "external_merchant_id": None,
        "external_order_id": "", "channel_id": order.channel_id, "tax_provider_id": "", "is_tax_inclusive_pricing": shop.with_tax,
        "shipping_cost_tax_class_id": 0, "handling_cost_tax_class_id": 0, "wrapping_cost_tax_class_id": 0, "fees": _link(order, "fees"),
        "products": _link(order, "products"), "shipping_addresses": _link(order, "shipping_addresses"), "coupons": _link(order, "coupons"),
        "consignments": _link(order, "consignments")}
    for name, pair in (("subtotal", order.subtotal), ("total", order.total), *(
            (name, order.pair(name)) for name in ("shipping_cost", "handling_cost", "wrapping_cost"))):
        ex, inc = cents(pair[0]), cents(pair[1])
        row |= {f"{name}_ex_tax": text(ex), f"{name}_inc_tax": text(inc), f"{name}_tax": text(inc - ex)}
    for name in ("shipping", "handling", "wrapping"):
        row[f"base_{name}_cost"] = row[f"{name}_cost_{'inc' if shop.with_tax else 'ex'}_tax"]
    written = dict(order.texts)
    for name in ("base_shipping_cost", "base_handling_cost", "base_wrapping_cost"):
        if name in written:
            written[name] = text(Decimal(str(written[name])))
    return row | written


def line_row(shop: Shop, order: Order, line: Line) -> dict[str, Any]:
    """A line; its `id` is the order_product_id of shipments and refunds."""
    base = line.price_inc if shop.with_tax else line.price_ex
    product = shop.products.get(line.product_id)
    return {
        "id": line.id, "order_id": order.id, "product_id": line.product_id, "variant_id": line.variant_id, "order_address_id": line.address_id,
        "order_pickup_method_id": 0, "name": line.name, "name_customer": line.name, "name_merchant": line.name, "sku": line.sku, "upc": line.upc,
        "type": line.kind, "base_price": text(base), "price_ex_tax": text(line.price_ex), "price_inc_tax": text(line.price_inc),
        "price_tax": text(line.price_inc - line.price_ex), "base_total": text(base * line.quantity), "total_ex_tax": text(line.total_ex),
        "total_inc_tax": text(line.total_inc), "total_tax": text(line.total_inc - line.total_ex), "quantity": line.quantity,
        "base_cost_price": "0.0000", "cost_price_inc_tax": "0.0000", "cost_price_ex_tax": "0.0000", "cost_price_tax": "0.0000",
        "weight": text(product.weight) if product else "0.0000", "width": "0", "height": "0", "depth": "0",
        "is_refunded": line.refunded >= line.quantity, "quantity_refunded": line.refunded,
        "refund_amount": text(_refunded(order, line)), "return_id": 0,
        "wrapping_id": 0, "wrapping_name": "", "base_wrapping_cost": "0.0000", "wrapping_cost_ex_tax": "0.0000", "wrapping_cost_inc_tax": "0.0000",
        "wrapping_cost_tax": "0.0000", "wrapping_message": "", "quantity_shipped": line.shipped, "event_name": None, "event_date": "",
        "fixed_shipping_cost": "0.0000", "ebay_item_id": "", "ebay_transaction_id": "", "option_set_id": None, "parent_order_product_id": None,
        "is_bundled_product": False, "bin_picking_number": "", "external_id": None, "brand": shop.brands.get(product.brand_id, "") if product else "",
        "discounted_total_inc_tax": text(order.discounted(line)), "gift_certificate_id": None, "configurable_fields": [],
        "applied_discounts": [{"id": "manual-discount", "amount": text(line.total_inc - order.discounted(line)), "name": "Manual Discount",
                               "code": None, "target": "order"}] if order.discount else [],
        "product_options": [{"id": place, "order_product_id": line.id, "display_name_customer": one["display_name"],
                             "display_name_merchant": one["display_name"], "display_value_customer": one["display_value"],
                             "display_value_merchant": one["display_value"], **one} for place, one in enumerate(line.options, 1)]}


def _refunded(order: Order, line: Line) -> Decimal:
    return sum((item.amount for refund in order.refunds for item in refund.items
                if item.item_type == "PRODUCT" and item.item_id == line.id), Decimal(0))


def _address_row(shop: Shop, order: Order) -> dict[str, Any]:
    ex, inc = order.pair("shipping_cost")
    handling_ex, handling_inc = order.pair("handling_cost")
    return {**order.shipping, "id": order.address_id, "order_id": order.id, "items_total": sum(one.quantity for one in order.lines),
            "items_shipped": sum(one.shipped for one in order.lines), "base_cost": text(inc if shop.with_tax else ex), "cost_ex_tax": text(ex),
            "cost_inc_tax": text(inc), "cost_tax": text(inc - ex), "cost_tax_class_id": 0,
            "base_handling_cost": text(handling_inc if shop.with_tax else handling_ex), "handling_cost_ex_tax": text(handling_ex),
            "handling_cost_inc_tax": text(handling_inc), "handling_cost_tax": text(handling_inc - handling_ex),
            "handling_cost_tax_class_id": 0, "shipping_zone_id": 1, "shipping_zone_name": order.shipping["country"], "form_fields": [],
            "shipping_quotes": _link(order, f"shipping_addresses/{order.address_id}/shipping_quotes")}


def _taxes(order: Order) -> list[dict[str, Any]]:
    ex, inc = order.pair("shipping_cost")
    parts = [("item", str(one.id), one.total_ex, one.total_inc) for one in order.lines] + [("shipping", "", ex, inc)]
    return [{"id": place, "order_id": order.id, "order_address_id": order.address_id, "tax_rate_id": 0, "sales_tax_id": "", "tax_class_id": 0,
             "name": "Tax", "class": "Default Tax Class", "rate": text((inc / ex - 1) * 100) if ex else "0.0000", "priority": 1,
             "priority_amount": text(inc - ex), "line_amount": text(inc - ex), "order_pickup_method_id": 0, "order_product_id": line_id,
             "line_item_type": kind}
            for place, (kind, line_id, ex, inc) in enumerate(parts, 1) if inc != ex]


def _fee_row(fee: Fee) -> dict[str, Any]:
    return {"id": fee.id, "type": "custom_fee", "display_name_customer": fee.name_customer, "display_name_merchant": fee.name_merchant,
            "source": fee.source, "base_cost": text(fee.ex), "cost_ex_tax": text(fee.ex), "cost_inc_tax": text(fee.inc),
            "cost_tax": text(fee.inc - fee.ex), "tax_class_id": fee.tax_class_id}


# --- finding ------------------------------------------------------------------------------------------------------


def _found(call: Call) -> list[Order]:
    """The orders that the query asks for. Archived ones only where it asks for them."""
    query, orders = call.query, call.sim.orders
    if query.get("is_deleted", "false") not in ("true", "false", "1", "0"):
        raise Invalid("is_deleted")
    is_deleted = query.get("is_deleted", "false") in ("true", "1")
    tests = [test for name in query for test in [_test(name, query[name])] if test is not None]
    return [one for one in orders.rows.values() if one.is_deleted == is_deleted and call.sim.is_listed(one) and all(test(one) for test in tests)]


def _test(name: str, raw: str) -> Callable[[Order], bool] | None:
    numbers: dict[str, Callable[[Order, Decimal], bool]] = {
        "min_id": lambda one, value: one.id >= value, "max_id": lambda one, value: one.id <= value,
        "min_total": lambda one, value: one.total[1] >= value, "max_total": lambda one, value: one.total[1] <= value,
        "customer_id": lambda one, value: one.customer_id == value, "status_id": lambda one, value: one.status_id == value,
        "channel_id": lambda one, value: one.channel_id == value}
    moments: dict[str, Callable[[Order, datetime], bool]] = {
        "min_date_created": lambda one, at: one.created.replace(microsecond=0) >= at,
        "max_date_created": lambda one, at: one.created.replace(microsecond=0) <= at,
        "min_date_modified": lambda one, at: one.modified.replace(microsecond=0) >= at,
        "max_date_modified": lambda one, at: one.modified.replace(microsecond=0) <= at}
    texts: dict[str, Callable[[Order], str]] = {
        "external_order_id": lambda one: one.key, "email": lambda one: one.billing["email"], "cart_id": lambda one: "",
        "payment_method": lambda one: str(one.texts.get("payment_method", ""))}
    if name in numbers:
        try:
            value = Decimal(raw)
        except ArithmeticError:
            raise Invalid(name) from None
        return lambda one: numbers[name](one, value)
    if name in moments:
        try:
            at = moment_of(raw)
        except ValueError:
            raise Invalid(name) from None
        return lambda one: moments[name](one, at)
    return (lambda one: texts[name](one) == raw) if name in texts else None


def _sorted(call: Call, rows: list[Order]) -> list[Order]:
    name, _, direction = call.query.get("sort", "id").partition(":")
    if name not in _SORTS or direction not in ("", "asc", "desc"):
        raise Invalid("sort")
    keys: dict[str, Callable[[Order], Any]] = {
        "customer_id": lambda one: one.customer_id, "date_created": lambda one: one.created, "date_modified": lambda one: one.modified,
        "status_id": lambda one: one.status_id, "channel_id": lambda one: one.channel_id}
    return sorted(rows, key=lambda one: (keys[name](one), one.id) if name in keys else (one.id,), reverse=direction == "desc")


def _list(call: Call, rows: list[dict[str, Any]]) -> Any:
    """A v2 list; where there is nothing, the status that the settings say (204 has no body)."""
    return (rows, 200) if rows else ([], call.sim.shop.settings.empty_list_status)


def _order(call: Call) -> Order:
    return call.sim.orders.find(call.ids["order_id"])


# --- orders -------------------------------------------------------------------------------------------------------


@TABLE.on("getOrders", "GET", "/v2/orders", *_FILTERS, *_PAGING, "sort", "include", "consignment_structure")
def get_orders(call: Call) -> Any:
    rows = bare_page(_sorted(call, _found(call)), call.query)
    return _list(call, [_with_includes(call, one) for one in rows])


def _with_includes(call: Call, order: Order) -> dict[str, Any]:
    row = order_row(call.sim.shop, order)
    if "include" in call.query:
        if call.query.get("consignment_structure") != "object":
            raise Invalid("include", "it needs consignment_structure=object")
        asked = call.listed("include")
        if set(asked) - {"fees"}:
            raise Invalid("include", "consignments are not practised here")
        row["fees"] = [_fee_row(one) for one in order.fees]
    return row


@TABLE.on("getOrdersCount", "GET", "/v2/orders/count", *_FILTERS)
def get_count(call: Call) -> Any:
    rows = _found(call)
    return {"count": len(rows), "statuses": [
        {**_status_row(number), "count": sum(one.status_id == number for one in rows), "sort_order": number} for number in STATUSES]}


@TABLE.on("createOrder", "POST", "/v2/orders", "include", "consignment_structure")
def post_order(call: Call) -> Any:
    order = call.sim.orders.create(call.body)
    return order_row(call.sim.shop, order), call.sim.shop.settings.create_status


@TABLE.on("getOrder", "GET", "/v2/orders/{order_id}", "include", "consignment_structure")
def get_order(call: Call) -> Any:
    return _with_includes(call, _order(call))


@TABLE.on("updateOrder", "PUT", "/v2/orders/{order_id}")
def put_order(call: Call) -> Any:
    return order_row(call.sim.shop, call.sim.orders.change(_order(call), call.body))


@TABLE.on("deleteOrder", "DELETE", "/v2/orders/{order_id}")
def delete_order(call: Call) -> None:
    call.sim.orders.archive(_order(call))


@TABLE.on("getOrderProducts", "GET", "/v2/orders/{order_id}/products", *_PAGING)
def get_lines(call: Call) -> Any:
    order = _order(call)
    return _list(call, [line_row(call.sim.shop, order, one) for one in bare_page(order.lines, call.query)])


@TABLE.on("getOrderProduct", "GET", "/v2/orders/{order_id}/products/{product_id}")
def get_line(call: Call) -> Any:
    order = _order(call)
    line = order.line(call.ids["product_id"])
    if line is None:
        raise Refusal(404, "The requested resource was not found.")
    return line_row(call.sim.shop, order, line)


@TABLE.on("getOrderShippingAddresses", "GET", "/v2/orders/{order_id}/shipping_addresses", *_PAGING)
def get_addresses(call: Call) -> Any:
    return _list(call, [_address_row(call.sim.shop, one) for one in bare_page([_order(call)], call.query)])


@TABLE.on("getOrderShippingAddress", "GET", "/v2/orders/{order_id}/shipping_addresses/{id}")
def get_address(call: Call) -> Any:
    order = _order(call)
    if order.address_id != call.ids["id"]:
        raise Refusal(404, "The requested resource was not found.")
    return _address_row(call.sim.shop, order)


@TABLE.on("getOrderTaxes", "GET", "/v2/orders/{order_id}/taxes", *_PAGING, "details")
def get_taxes(call: Call) -> Any:
    return _list(call, list(bare_page(_taxes(_order(call)), call.query)))


@TABLE.on("getOrderFees", "GET", "/v2/orders/{order_id}/fees")
def get_fees(call: Call) -> Any:
    return _list(call, [_fee_row(one) for one in _order(call).fees])


@TABLE.on("getOrderCoupons", "GET", "/v2/orders/{order_id}/coupons", *_PAGING)
def get_coupons(call: Call) -> Any:
    _order(call)
    return _list(call, [])


@TABLE.on("getOrderMessages", "GET", "/v2/orders/{order_id}/messages", *_PAGING)
def get_messages(call: Call) -> Any:
    _order(call)
    return _list(call, [])


def _status_row(number: int) -> dict[str, Any]:
    name = STATUSES[number]
    return {"id": number, "name": name, "system_label": name, "custom_label": name, "system_description": name}


@TABLE.on("getOrderStatuses", "GET", "/v2/order_statuses")
def get_statuses(call: Call) -> Any:
    return [_status_row(number) | {"order": number} for number in STATUSES]


@TABLE.on("getOrderStatusesStatus", "GET", "/v2/order_statuses/{status_id}")
def get_status(call: Call) -> Any:
    if call.ids["status_id"] not in STATUSES:
        raise Refusal(404, "The requested resource was not found.")
    return _status_row(call.ids["status_id"])


# --- shipments (contract 6) ---------------------------------------------------------------------------------------

NATIVE = ("auspost", "canadapost", "endicia", "usps", "fedex", "royalmail", "ups", "upsready", "upsonline", "shipperhq")
_TRACKING = {
    "tracking_number": Text(50), "shipping_provider": Text(50), "tracking_carrier": Text(100), "tracking_link": Text(500),
    "shipping_method": Text(255), "comments": Text(65535), "merchant_shipping_cost": Amount(), "order_address_id": Whole(1),
}  # fmt: skip
_MADE = frozenset({"id", "order_id", "customer_id", "date_created", "generated_tracking_link", "billing_address", "shipping_address",
                   "shipping_provider_display_name"})
_NEW_SHIPMENT = Shape(_TRACKING | {"items": Each(Shape({"order_product_id": Whole(1), "quantity": Whole(1)},
                                                       required=("order_product_id", "quantity")), 1)},
                      required=("order_address_id", "items"), readonly=_MADE)
_OLD_SHIPMENT = Shape(_TRACKING, readonly=_MADE | {"items"})
_TEXT_FIELDS = ("tracking_number", "shipping_provider", "tracking_carrier", "tracking_link", "shipping_method", "comments")


def _tracking(order: Order, given: Mapping[str, Any], before: Mapping[str, str]) -> dict[str, str]:
    provider = given.get("shipping_provider", "")
    if provider and provider not in NATIVE and not provider.startswith("carrier_"):
        raise Invalid("shipping_provider", "it is no provider of this store")
    if given.get("order_address_id", order.address_id) != order.address_id:
        raise Invalid("order_address_id", f"order {order.id} has no address {given['order_address_id']}")
    row = {name: str(given.get(name, before.get(name, ""))) for name in _TEXT_FIELDS}
    return row | {"merchant_shipping_cost": text(Decimal(str(given.get("merchant_shipping_cost", before.get("merchant_shipping_cost", 0)))))}


def shipment_row(order: Order, one: Shipment) -> dict[str, Any]:
    """A shipment; native carriers and known slugs have a link of their own."""
    given = one.fields
    carrier = given["shipping_provider"] or given["tracking_carrier"]
    link = f"https://track.example/{carrier}/{given['tracking_number']}" if carrier and given["tracking_number"] else ""
    lines = {line.id: line for line in order.lines}
    address = {name: value for name, value in order.shipping.items() if name != "shipping_method"}
    return {**given, "id": one.id, "order_id": order.id, "customer_id": order.customer_id, "order_address_id": one.address_id,
            "date_created": rfc2822(one.created), "generated_tracking_link": link, "billing_address": dict(order.billing),
            "shipping_address": address, "shipping_provider_display_name": given["shipping_provider"].upper(),
            "items": [{"order_product_id": line_id, "product_id": lines[line_id].product_id if line_id in lines else 0, "quantity": quantity}
                      for line_id, quantity in one.items]}


@TABLE.on("getOrderShipments", "GET", "/v2/orders/{order_id}/shipments", *_PAGING)
def get_shipments(call: Call) -> Any:
    order = _order(call)
    return _list(call, [shipment_row(order, one) for one in bare_page(order.shipments, call.query)])


@TABLE.on("getOrderShipmentsCount", "GET", "/v2/orders/{order_id}/shipments/count")
def get_shipments_count(call: Call) -> Any:
    return {"count": len(_order(call).shipments)}


@TABLE.on("createOrderShipments", "POST", "/v2/orders/{order_id}/shipments")
def post_shipment(call: Call) -> Any:
    order = _order(call)
    insist_v2(_NEW_SHIPMENT, call.body)
    fields = _tracking(order, call.body, {})
    wanted: dict[int, int] = {}
    for one in call.body["items"]:
        wanted[one["order_product_id"]] = wanted.get(one["order_product_id"], 0) + one["quantity"]
    for line_id, quantity in wanted.items():
        line = order.line(line_id)
        if line is None:
            raise Invalid("items", f"order {order.id} has no line {line_id}")
        if quantity > line.quantity - line.shipped - line.refunded:
            raise Invalid("items", f"line {line_id} has {line.quantity - line.shipped - line.refunded} left to ship")
    return shipment_row(order, call.sim.orders.ship(order, list(wanted.items()), fields)), 201


def _shipment(call: Call, order: Order) -> Shipment:
    one = next((one for one in order.shipments if one.id == call.ids["shipment_id"]), None)
    if one is None:
        raise Refusal(404, "The requested resource was not found.")
    return one


@TABLE.on("getOrderShipment", "GET", "/v2/orders/{order_id}/shipments/{shipment_id}")
def get_shipment(call: Call) -> Any:
    order = _order(call)
    return shipment_row(order, _shipment(call, order))


@TABLE.on("updateOrderShipment", "PUT", "/v2/orders/{order_id}/shipments/{shipment_id}")
def put_shipment(call: Call) -> Any:
    order = _order(call)
    one = _shipment(call, order)
    insist_v2(_OLD_SHIPMENT, call.body)
    one.fields = _tracking(order, call.body, one.fields)
    _told(call.sim.orders, order, "updated", one)
    return shipment_row(order, one)


@TABLE.on("deleteOrderShipment", "DELETE", "/v2/orders/{order_id}/shipments/{shipment_id}")
def delete_shipment(call: Call) -> None:
    """The order stays in its status, Shipped or not."""
    order = _order(call)
    one = _shipment(call, order)
    order.shipments.remove(one)
    for line_id, quantity in one.items:
        line = order.line(line_id)
        if line is not None:
            line.shipped -= quantity
    _told(call.sim.orders, order, "deleted", one)


def _told(orders: Orders, order: Order, what: str, one: Shipment) -> None:
    orders.shop.fire(f"store/shipment/{what}", {"type": "shipment", "id": one.id, "orderId": order.id})
    orders.touch(order)

"""What an order's GraphQL fields answer, and the changes to an order that move no goods (contract 4.2)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hub.stores.shopify.sandbox.access import needs, sees_fulfillment_orders
from hub.stores.shopify.sandbox.catalogue import Metafield, Product, Variant
from hub.stores.shopify.sandbox.catalogue_fields import count
from hub.stores.shopify.sandbox.graph import Call, Sorted, connection, error, field, number_of, parts_of
from hub.stores.shopify.sandbox.orders import ZERO, Line, Order, Shipping, Transaction, cents, joined_tags

Args = dict[str, Any]


def find_order(call: Call, given: str) -> Order | None:
    """The order of a global id; one older than 60 days only with `read_all_orders`."""
    order = call.sim.orders.get(number_of(given, "Order") or 0)
    return order if order is not None and call.sim.sees(call, order) else None


# -- roots ----------------------------------------------------------------------------------------------------------


@field("QueryRoot", "order")
def _order(call: Call, _: Any, args: Args) -> Order | None:
    needs(call, "read_orders", "order")
    return find_order(call, args["id"])


@connection("QueryRoot", "orders")
def _orders(call: Call, _: Any, args: Args) -> Sorted:
    needs(call, "read_orders", "orders")
    found = call.sim.order_index.find(call.sim.orders.values(), args.get("query") or "", args.get("sortKey", "PROCESSED_AT"))
    seen = {order.number for order in call.sim.seen_orders(call)}
    if len(seen) == len(call.sim.orders):
        return found
    places = [at for at, order in enumerate(found.items) if order.number in seen]
    return Sorted([found.items[at] for at in places], [found.keys[at] for at in places])


@field("QueryRoot", "ordersCount")
def _orders_count(call: Call, _: Any, args: Args) -> Args:
    return count(len(_orders(call, _, args).items), args.get("limit"))


@field("QueryRoot", "customer")
def _customer(call: Call, _: Any, args: Args) -> Any:
    needs(call, "read_customers", "customer")
    number = number_of(args["id"], "Customer")
    return next((each for each in call.sim.customers if each.number == number), None) if not call.sim.protected else None


@field("QueryRoot", "job")
def _job(call: Call, _: Any, args: Args) -> Args | None:
    return call.sim.job(parts_of(args["id"])[1])


# -- fields ---------------------------------------------------------------------------------------------------------


_AMOUNTS: dict[str, Callable[[Order], Decimal]] = {
    "totalPriceSet": lambda order: order.total, "originalTotalPriceSet": lambda order: order.total,
    "currentTotalPriceSet": lambda order: order.current_total, "subtotalPriceSet": lambda order: order.goods,
    "currentSubtotalPriceSet": lambda order: order.goods - sum((part.subtotal for each in order.refunds for part in each.lines), ZERO),
    "totalShippingPriceSet": lambda order: order.shipping_price,
    "currentShippingPriceSet": lambda order: order.shipping_price - sum((each.shipping for each in order.refunds), ZERO),
    "totalTaxSet": lambda order: order.tax,
    "currentTotalTaxSet": lambda order: order.tax - sum((part.tax for each in order.refunds for part in each.lines), ZERO),
    "totalDiscountsSet": lambda order: order.discounts, "currentTotalDiscountsSet": lambda order: order.discounts,
    "totalReceivedSet": lambda order: order.received, "totalRefundedSet": lambda order: order.given_back,
    "netPaymentSet": lambda order: order.received - order.given_back, "totalOutstandingSet": lambda order: order.outstanding,
    "totalRefundedShippingSet": lambda order: sum((each.shipping for each in order.refunds), ZERO),
}


def _amount(name: str, read: Callable[[Order], Decimal]) -> None:
    field("Order", name)(lambda call, order, args: call.sim.bag(order, read(order)))


def _personal(name: str) -> None:
    field("Order", name)(lambda call, order, args: None if call.sim.protected else getattr(order, name))


for _name, _read in _AMOUNTS.items():
    _amount(_name, _read)
for _name in ("email", "phone", "customer"):
    _personal(_name)
field("Order", "shippingAddress")(lambda call, order, args: None if call.sim.protected else order.shipping_address)
field("Order", "billingAddress")(lambda call, order, args: None if call.sim.protected else order.billing_address)
field("Order", "billingAddressMatchesShippingAddress")(
    lambda call, order, args: _bare(order.billing_address) == _bare(order.shipping_address))
field("Order", "legacyResourceId")(lambda call, order, args: order.number)
field("Order", "number")(lambda call, order, args: order.place)
field("Order", "currencyCode")(lambda call, order, args: order.currency)
field("Order", "presentmentCurrencyCode")(lambda call, order, args: order.presentment_currency)
field("Order", "displayFinancialStatus")(lambda call, order, args: order.financial_status)
field("Order", "displayFulfillmentStatus")(lambda call, order, args: order.fulfillment_status)
field("Order", "returnStatus")(lambda call, order, args: "NO_RETURN")
field("Order", "customAttributes")(lambda call, order, args: order.attributes)
field("Order", "registeredSourceUrl")(lambda call, order, args: order.source_url)
field("Order", "closed")(lambda call, order, args: order.closed_at is not None)
field("Order", "confirmed")(lambda call, order, args: True)
field("Order", "edited")(lambda call, order, args: False)
field("Order", "app")(lambda call, order, args: {"id": call.sim.app["id"], "name": call.sim.app["title"]} if order.by_app else None)
field("Order", "cancellation")(lambda call, order, args: {"staffNote": order.staff_note} if order.cancelled_at else None)
field("Order", "discountCodes")(lambda call, order, args: [order.discount_code] if order.discount_code else [])
field("Order", "paymentGatewayNames")(lambda call, order, args: list(dict.fromkeys(each.gateway for each in order.transactions)))
field("Order", "fullyPaid")(lambda call, order, args: order.outstanding == 0)
field("Order", "unpaid")(lambda call, order, args: order.received == 0)
field("Order", "canMarkAsPaid")(lambda call, order, args: order.cancelled_at is None and order.outstanding > 0)
field("Order", "refundable")(lambda call, order, args: order.received > order.given_back)
field("Order", "restockable")(lambda call, order, args: any(line.current for line in order.lines))
field("Order", "fulfillable")(lambda call, order, args: any(each.is_live for each in order.fulfillment_orders))
field("Order", "requiresShipping")(lambda call, order, args: any(line.requires_shipping for line in order.lines))
field("Order", "subtotalLineItemsQuantity")(lambda call, order, args: sum(line.quantity for line in order.lines))
field("Order", "currentSubtotalLineItemsQuantity")(lambda call, order, args: sum(line.current for line in order.lines))
field("Order", "taxLines")(lambda call, order, args: order.taxes)
field("Order", "shippingLine")(lambda call, order, args: order.shipping[0] if order.shipping else None)
field("Order", "transactions")(lambda call, order, args: order.transactions[:args.get("first")])
field("Order", "transactionsCount")(lambda call, order, args: count(len(order.transactions)))
field("Order", "refunds")(lambda call, order, args: order.refunds[:args.get("first")])
field("Order", "fulfillments")(lambda call, order, args: order.fulfillments[:args.get("first")])
field("Order", "fulfillmentsCount")(lambda call, order, args: count(len(order.fulfillments)))
connection("Order", "lineItems")(lambda call, order, args: order.lines)
connection("Order", "nonFulfillableLineItems")(lambda call, order, args: [line for line in order.lines if not line.requires_shipping])
connection("Order", "shippingLines")(lambda call, order, args: order.shipping)
connection("Order", "fulfillmentOrders")(lambda call, order, args: order.fulfillment_orders if sees_fulfillment_orders(call) else [])


def _bare(address: Args | None) -> Args | None:
    return {name: value for name, value in address.items() if name != "id"} if address else None


def _application(order: Order) -> Args:
    return {"__typename": "DiscountCodeApplication", "id": f"{order.id}/discount", "allocationMethod": "ACROSS", "index": 0,
            "targetSelection": "ALL", "targetType": "SHIPPING_LINE" if order.discounts_shipping else "LINE_ITEM",
            "code": order.discount_code, "value": order.discount_value}


class _Application(dict[str, Any]):
    """A discount application; a connection's rows need an id that the schema does not show."""

    @property
    def id(self) -> str:
        """Steady within the order."""
        return str(self["id"])


connection("Order", "discountApplications")(
    lambda call, order, args: [_Application(_application(order))] if order.discount_code else [])
field("LineItem", "currentQuantity")(lambda call, line, args: line.current)
field("LineItem", "refundableQuantity")(lambda call, line, args: line.current)
field("LineItem", "unfulfilledQuantity")(lambda call, line, args: line.unfulfilled)
field("LineItem", "nonFulfillableQuantity")(lambda call, line, args: line.quantity - line.unfulfilled if line.requires_shipping else line.quantity)
field("LineItem", "customAttributes")(lambda call, line, args: line.properties)
field("LineItem", "isGiftCard")(lambda call, line, args: False)
field("LineItem", "restockable")(lambda call, line, args: line.variant is not None and line.current > 0)
field("LineItem", "name")(lambda call, line, args: f"{line.title} - {line.variant_title}" if line.variant_title else line.title)
field("LineItem", "taxLines")(lambda call, line, args: line.taxes[:args.get("first")])
field("LineItem", "originalUnitPriceSet")(lambda call, line, args: call.sim.bag(line.order, line.unit))
field("LineItem", "originalTotalSet")(lambda call, line, args: call.sim.bag(line.order, line.total))
field("LineItem", "totalDiscountSet")(lambda call, line, args: call.sim.bag(line.order, ZERO))
field("LineItem", "discountedUnitPriceSet")(lambda call, line, args: call.sim.bag(line.order, line.unit))
field("LineItem", "discountedUnitPriceAfterAllDiscountsSet")(
    lambda call, line, args: call.sim.bag(line.order, cents((line.total - line.discount) / line.quantity)))


@field("LineItem", "product")
def _line_product(call: Call, line: Line, args: Args) -> Product | None:
    variant = _line_variant(call, line, args)
    return variant.product if variant else None


@field("LineItem", "variant")
def _line_variant(call: Call, line: Line, args: Args) -> Variant | None:
    return line.variant if line.variant and line.variant.number in call.sim.catalogue.variants else None


@field("LineItem", "discountedTotalSet")
def _discounted_total(call: Call, line: Line, args: Args) -> Args:
    # A code's share is left out unless it is asked for (withCodeDiscounts).
    return call.sim.bag(line.order, line.total - (line.discount if args.get("withCodeDiscounts") else ZERO))


@field("LineItem", "discountAllocations")
def _allocations(call: Call, line: Line, args: Args) -> list[Args]:
    if not line.discount:
        return []
    return [{"allocatedAmountSet": call.sim.bag(line.order, line.discount), "discountApplication": _application(line.order)}]


field("TaxLine", "ratePercentage")(lambda call, tax, args: float(tax.rate * 100))
field("TaxLine", "rate")(lambda call, tax, args: float(tax.rate))
field("TaxLine", "priceSet")(lambda call, tax, args: call.sim.plain_bag(tax.amount))
field("ShippingLine", "custom")(lambda call, each, args: True)
field("ShippingLine", "isRemoved")(lambda call, each, args: False)
field("ShippingLine", "taxLines")(lambda call, each, args: each.taxes)
field("ShippingLine", "originalPriceSet")(lambda call, each, args: call.sim.plain_bag(each.price))
field("ShippingLine", "discountedPriceSet", "currentDiscountedPriceSet")(
    lambda call, each, args: call.sim.plain_bag(each.price - each.discount))


@field("ShippingLine", "discountAllocations")
def _shipping_allocations(call: Call, each: Shipping, args: Args) -> list[Args]:
    owner = next((order for order in call.sim.orders.values() if each in order.shipping), None)
    if owner is None or not each.discount:
        return []
    return [{"allocatedAmountSet": call.sim.bag(owner, each.discount), "discountApplication": _application(owner)}]


field("OrderTransaction", "amountSet")(lambda call, each, args: call.sim.bag(each.order, each.amount))
field("OrderTransaction", "formattedGateway")(lambda call, each, args: each.gateway)
field("OrderTransaction", "manualPaymentGateway")(lambda call, each, args: True)
field("OrderTransaction", "parentTransaction")(lambda call, each, args: each.parent)


@field("OrderTransaction", "maximumRefundableV2")
def _maximum(call: Call, each: Transaction, args: Args) -> Args | None:
    if each.kind not in ("SALE", "CAPTURE"):
        return None
    back = sum((other.amount for other in each.order.transactions if other.parent is each and other.kind == "REFUND"), ZERO)
    return {"amount": each.amount - back, "currencyCode": each.order.currency}


field("Customer", "legacyResourceId")(lambda call, each, args: each.number)
field("Customer", "displayName")(lambda call, each, args: " ".join(part for part in (each.first_name, each.last_name) if part) or each.email or "")
field("Customer", "numberOfOrders")(lambda call, each, args: sum(order.customer is each for order in call.sim.orders.values()))
field("Customer", "defaultEmailAddress")(lambda call, each, args: {"emailAddress": each.email} if each.email else None)
field("Customer", "defaultPhoneNumber")(lambda call, each, args: {"phoneNumber": each.phone} if each.phone else None)


@field("MailingAddress", "formatted")
def _formatted(call: Call, address: Args, args: Args) -> list[str]:
    rows = [address["name"] if args.get("withName") else None, address["company"] if args.get("withCompany", True) else None,
            address["address1"], address["address2"], " ".join(filter(None, (address["city"], address["provinceCode"], address["zip"]))),
            address["country"]]
    return [row for row in rows if row]


# -- changes --------------------------------------------------------------------------------------------------------


def _gone(path: tuple[str, ...], **nothing: Any) -> Args:
    return {**nothing, "userErrors": [error(path, "Order does not exist", "NOT_FOUND")]}


@field("Mutation", "orderUpdate")
def _update(call: Call, _: Any, args: Args) -> Args:
    needs(call, "write_orders", "orderUpdate")
    given = args["input"]
    order = find_order(call, given["id"])
    if order is None:
        return _gone(("id",), order=None)
    with call.sim.changing(order):
        for name in ("note", "email", "phone"):
            if name in given:
                setattr(order, name, given[name])
        if "poNumber" in given:
            order.po_number = given["poNumber"]
        if given.get("tags") is not None:
            order.tags = joined_tags(given["tags"])
        if given.get("customAttributes") is not None:
            order.attributes = [dict(each) for each in given["customAttributes"]]
        if given.get("shippingAddress") is not None:
            order.shipping_address = call.sim.address(given["shippingAddress"])
        for each in given.get("metafields") or ():
            call.sim.catalogue.set_metafield(order, each["namespace"], each["key"], each["value"], each.get("type") or "")
    return {"order": order, "userErrors": []}


def _tagged(call: Call, args: Args, name: str) -> tuple[Order | Product | None, list[Args]]:
    kind = parts_of(args["id"])[0]
    if kind == "Product":
        needs(call, "write_products", name)
        found: Order | Product | None = call.sim.catalogue.products.get(number_of(args["id"], "Product") or 0)
    else:
        needs(call, "write_orders", name)
        found = find_order(call, args["id"])
    return found, [] if found else [error(("id",), f"{kind} does not exist")]


def _set_tags(call: Call, thing: Order | Product, tags: list[str]) -> None:
    with call.sim.changing(thing) if isinstance(thing, Order) else call.sim.catalogue.changing(thing):
        thing.tags = joined_tags(tags)


@field("Mutation", "tagsAdd")
def _tags_add(call: Call, _: Any, args: Args) -> Args:
    thing, errors = _tagged(call, args, "tagsAdd")
    if thing is not None:
        _set_tags(call, thing, [*thing.tags, *args["tags"]])
    return {"node": thing, "userErrors": errors}


@field("Mutation", "tagsRemove")
def _tags_remove(call: Call, _: Any, args: Args) -> Args:
    thing, errors = _tagged(call, args, "tagsRemove")
    if thing is not None:
        gone = {tag.strip().lower() for tag in args["tags"]}
        _set_tags(call, thing, [tag for tag in thing.tags if tag.lower() not in gone])
    return {"node": thing, "userErrors": errors}


@field("Mutation", "orderClose")
def _close(call: Call, _: Any, args: Args) -> Args:
    needs(call, "write_orders", "orderClose")
    order = find_order(call, args["input"]["id"])
    if order is None:
        return _gone(("input", "id"), order=None)
    if order.closed_at is None:
        with call.sim.changing(order):
            order.closed_at = call.sim.now()
    return {"order": order, "userErrors": []}


@field("Mutation", "orderOpen")
def _open(call: Call, _: Any, args: Args) -> Args:
    needs(call, "write_orders", "orderOpen")
    order = find_order(call, args["input"]["id"])
    if order is None:
        return _gone(("input", "id"), order=None)
    with call.sim.changing(order):
        order.closed_at = None
    return {"order": order, "userErrors": []}


def _pay(call: Call, order: Order, amount: Decimal, gateway: str) -> None:
    now = call.sim.now()
    with call.sim.changing(order):
        made = Transaction(call.sim.number("OrderTransaction"), order, "SALE", "SUCCESS", gateway, amount, now, now)
        order.transactions.append(made)
    call.sim.tell("ORDER_TRANSACTIONS_CREATE", made)
    if order.financial_status == "PAID":
        call.sim.tell("ORDERS_PAID", order)


@field("Mutation", "orderMarkAsPaid")
def _mark_paid(call: Call, _: Any, args: Args) -> Args:
    needs(call, "write_orders", "orderMarkAsPaid")
    order = find_order(call, args["input"]["id"])
    if order is None:
        return _gone(("id",), order=None)
    if order.cancelled_at or order.outstanding <= 0:
        return {"order": None, "userErrors": [error(("id",), "Order cannot be marked as paid.")]}
    _pay(call, order, order.outstanding, "manual")
    return {"order": order, "userErrors": []}


@field("Mutation", "orderCreateManualPayment")
def _manual_payment(call: Call, _: Any, args: Args) -> Args:
    needs(call, "write_orders", "orderCreateManualPayment")
    order = find_order(call, args["id"])
    if order is None:
        return {"order": None, "userErrors": [error(("id",), "Order does not exist", "ORDER_NOT_FOUND")]}
    amount = cents(args["amount"]["amount"]) if args.get("amount") else order.outstanding
    if amount <= 0:
        return {"order": None, "userErrors": [error(("amount",), "Amount must be positive", "AMOUNT_NOT_POSITIVE")]}
    if amount > order.outstanding:
        return {"order": None, "userErrors": [error(("amount",), "Amount exceeds the balance", "AMOUNT_EXCEEDS_BALANCE")]}
    _pay(call, order, amount, args.get("paymentMethodName") or "manual")
    return {"order": order, "userErrors": []}


@field("Mutation", "orderCancel")
def _cancel(call: Call, _: Any, args: Args) -> Args:
    """Takes the cancellation on; it happens when the job's time has come."""
    needs(call, "write_orders", "orderCancel")
    sim, order = call.sim, find_order(call, args["orderId"])
    problem = None
    if order is None:
        problem = error(("orderId",), "Order does not exist", "NOT_FOUND")
    elif order.cancelled_at is not None or sim.is_being_cancelled(order):
        problem = error(("orderId",), "Order has already been cancelled", "INVALID")
    elif any(line.fulfilled for line in order.lines):
        problem = error(("orderId",), "Cannot cancel an order that has fulfilled items", "INVALID")
    elif len(args.get("staffNote") or "") > 255:
        problem = error(("staffNote",), "Staff note is too long (maximum is 255 characters)", "INVALID")
    if problem is not None or order is None:
        return {"job": None, "orderCancelUserErrors": [problem], "userErrors": [problem]}
    refunds = bool((args.get("refundMethod") or {}).get("originalPaymentMethodsRefund")) or bool(args.get("refund"))
    name = secrets.token_hex(8)
    sim.start_cancel(name, order, reason=args["reason"], restock=args["restock"], refunds=refunds, note=args.get("staffNote"))
    return {"job": sim.job(name), "orderCancelUserErrors": []}


@field("Mutation", "orderDelete")
def _delete(call: Call, _: Any, args: Args) -> Args:
    needs(call, "write_orders", "orderDelete")
    order = find_order(call, args["orderId"])
    if order is None:
        return {"deletedId": None, "userErrors": [error(("orderId",), "Order does not exist", "NOT_FOUND")]}
    call.sim.delete_order(order)
    return {"deletedId": order.id, "userErrors": []}


@field("Mutation", "metafieldsSet")
def _metafields_set(call: Call, _: Any, args: Args) -> Args:
    """All of them or none, at most 25 a call."""
    rows = args["metafields"]
    errors: list[Args] = []
    owners: list[Any] = []
    if len(rows) > 25:
        errors.append({**error(("metafields",), "Exceeded the maximum metafields input limit of 25.", "LESS_THAN_OR_EQUAL_TO"), "elementIndex": None})
    for at, row in enumerate(rows):
        kind = parts_of(row["ownerId"])[0]
        needs(call, "write_orders" if kind == "Order" else "write_products", "metafieldsSet")
        owner = _owner(call, kind, row["ownerId"])
        owners.append(owner)
        if owner is None:
            errors.append({**error(("metafields", at, "ownerId"), "Owner does not exist.", "INVALID"), "elementIndex": at})
        elif not row["value"]:
            errors.append({**error(("metafields", at, "value"), "Value can't be blank", "BLANK"), "elementIndex": at})
    if errors:
        return {"metafields": None, "userErrors": errors}
    made: list[Metafield] = []
    for owner, row in zip(owners, rows, strict=True):
        with call.sim.changing(owner) if isinstance(owner, Order) else call.sim.catalogue.changing(getattr(owner, "product", owner)):
            made.append(call.sim.catalogue.set_metafield(owner, row.get("namespace") or "custom", row["key"], row["value"], row.get("type") or ""))
    return {"metafields": made, "userErrors": []}


def _owner(call: Call, kind: str, given: str) -> Any:
    number = number_of(given, kind) or 0
    if kind == "Order":
        return find_order(call, given)
    if kind == "Product":
        return call.sim.catalogue.products.get(number)
    return call.sim.catalogue.variants.get(number) if kind == "ProductVariant" else None


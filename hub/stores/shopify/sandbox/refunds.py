"""Refunds: lines off the order, goods back on the shelf, money back, each only where it is said (contract 4.3).

Without `transactions` no money moves. `CANCEL` takes units that are not sent, `RETURN` units that are; `NO_RESTOCK`
takes sent units first. A refund that takes unsent units off replaces the fulfilment orders that held them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hub.stores.shopify.sandbox.access import needs
from hub.stores.shopify.sandbox.catalogue import Location
from hub.stores.shopify.sandbox.fulfilment import take_off
from hub.stores.shopify.sandbox.graph import Call, connection, error, field, gid, number_of
from hub.stores.shopify.sandbox.order_fields import find_order
from hub.stores.shopify.sandbox.orders import ZERO, Line, Order, Refund, RefundPart, Transaction, cents
from hub.stores.shopify.sandbox.stock import put_back, restock

if TYPE_CHECKING:
    from hub.stores.shopify.sandbox.shop import ShopifySim

Args = dict[str, Any]
Taken = tuple[Line, int, str, Location | None]


def book(sim: ShopifySim, order: Order, units: Iterable[tuple[Line, int]], *, restocks: bool, money: Decimal, note: str | None) -> Refund:
    """The refund that a cancellation, or the merchant in the admin, makes: to the first payment that can bear it."""
    taken: list[Taken] = [(line, quantity, "CANCEL" if restocks else "NO_RESTOCK", None) for line, quantity in units if quantity]
    shipping = order.shipping_price - sum((each.shipping for each in order.refunds), ZERO)
    sale = next((each for each in order.transactions if each.kind in ("SALE", "CAPTURE")), None)
    payments = [(sale, money)] if sale is not None and money > 0 else []
    return _make(sim, order, taken, shipping=max(ZERO, min(shipping, money)), payments=payments, note=note, unsent=True)


def book_by_hand(sim: ShopifySim, order: Order, units: Iterable[tuple[Line, int]], *, restocks: bool, amount: Decimal | None,
                 shipping: Decimal | None, whole: bool) -> Refund:
    """The merchant's refund in the admin: sent goods come back, goods not sent are taken off, and the money is the lines' unless it is said."""
    left = order.shipping_price - sum((each.shipping for each in order.refunds), ZERO)
    ship = left if whole else min(left, shipping or ZERO)
    taken: list[Taken] = []
    goods = ZERO
    for line, quantity in units:
        subtotal, tax = line.goods_of(quantity)
        goods += subtotal + (ZERO if order.taxes_included else tax)
        sent = min(quantity, _sent_left(line))
        home = sim.catalogue.locations[0]
        for part, kind in ((sent, "RETURN"), (quantity - sent, "CANCEL")):
            if part:
                taken.append((line, part, kind if restocks else "NO_RESTOCK", home if restocks else None))
    money = min(amount if amount is not None else goods + ship, order.received - order.given_back)
    sale = next((each for each in order.transactions if each.kind in ("SALE", "CAPTURE")), None)
    payments = [(sale, cents(money))] if sale is not None and money > 0 else []
    return _make(sim, order, taken, shipping=ship, payments=payments, note="by hand")


def _make(sim: ShopifySim, order: Order, taken: list[Taken], *, shipping: Decimal, payments: list[tuple[Transaction, Decimal]],
          note: str | None, unsent: bool = False) -> Refund:
    now = sim.now()
    made = Refund(sim.number("Refund"), order, now, now, note, shipping=shipping)
    off: dict[int, int] = {}
    for line, quantity, kind, location in taken:
        subtotal, tax = line.goods_of(quantity)
        waiting = quantity if kind == "CANCEL" or unsent else 0 if kind == "RETURN" else max(0, quantity - _sent_left(line))
        made.lines.append(RefundPart(sim.number("RefundLineItem"), line, quantity, kind, location, subtotal, tax))
        if waiting:
            restock(sim, line, waiting, back=kind == "CANCEL", location=location)
            off[line.number] = off.get(line.number, 0) + waiting
        elif kind == "RETURN" and line.variant is not None and location is not None:
            put_back(sim, line.variant.item, location, quantity)
        line.refunded += quantity
        line.cancelled += waiting
    if off:
        take_off(sim, order, off)
    for parent, amount in payments:
        paid = Transaction(sim.number("OrderTransaction"), order, "REFUND", "SUCCESS", parent.gateway, amount, now, now, parent)
        order.transactions.append(paid)
        made.transactions.append(paid)
    order.refunds.append(made)
    sim.tell("REFUNDS_CREATE", made)
    for paid in made.transactions:
        sim.tell("ORDER_TRANSACTIONS_CREATE", paid)
    return made


def _sent_left(line: Line) -> int:
    """Sent units that no refund took yet."""
    return max(0, line.fulfilled - (line.refunded - line.cancelled))


@field("Mutation", "refundCreate")
def refund_create(call: Call, _: Any, args: Args) -> Args:
    """Books a refund once per key."""
    needs(call, "write_orders", "refundCreate")
    nothing = {"refund": None, "order": None}
    return call.sim.keys.once(call, "refundCreate", args, nothing, lambda: _do(call, args["input"]))


def _do(call: Call, given: Args) -> Args:
    errors: list[Args] = []
    order = find_order(call, given["orderId"])
    if order is None:
        return {"refund": None, "order": None, "userErrors": [error(("orderId",), "Order does not exist")]}
    if order.currency != order.presentment_currency and not given.get("currency"):
        errors.append(error(("currency",), "Currency is required when the order and presentment currencies differ"))
    taken = _taken(call, order, given.get("refundLineItems") or (), ("refundLineItems",), errors)
    left = order.shipping_price - sum((each.shipping for each in order.refunds), ZERO)
    told = given.get("shipping") or {}
    shipping = left if told.get("fullRefund") else cents(told.get("amount") or ZERO)
    if shipping > left or shipping < 0:
        errors.append(error(("shipping",), "Refund shipping amount is more than what is left of the shipping"))
    payments = _payments(call, order, given, errors)
    if not taken and not payments and not shipping and not errors:
        errors.append(error(None, "Refund can't be empty: name lines, shipping or transactions"))
    if errors:
        return {"refund": None, "order": order, "userErrors": errors}
    with call.sim.changing(order):
        made = _make(call.sim, order, taken, shipping=shipping, payments=payments, note=given.get("note"))
    return {"refund": made, "order": order, "userErrors": []}


def _taken(call: Call, order: Order, rows: Iterable[Args], path: tuple[str, ...], errors: list[Args]) -> list[Taken]:
    found: list[Taken] = []
    asked: dict[int, int] = {}
    for at, row in enumerate(rows):
        where: tuple[str | int, ...] = (*path, at)
        number = number_of(row["lineItemId"], "LineItem")
        line = next((each for each in order.lines if each.number == number), None)
        if line is None:
            errors.append(error((*where, "lineItemId"), "Line item does not exist on this order"))
            continue
        quantity, kind = row["quantity"], row.get("restockType") or "NO_RESTOCK"
        asked[line.number] = asked.get(line.number, 0) + quantity
        if quantity < 1 or asked[line.number] > line.current:
            errors.append(error((*where, "quantity"), "Refund quantity is greater than the available quantity"))
            continue
        if kind == "LEGACY_RESTOCK":
            errors.append(error((*where, "restockType"), "LEGACY_RESTOCK can't be used for new refunds"))
        if kind == "CANCEL" and quantity > line.unfulfilled and line.requires_shipping:
            errors.append(error((*where, "restockType"), "CANCEL takes units that are not fulfilled, and there are not so many"))
        if kind == "RETURN" and quantity > _sent_left(line):
            errors.append(error((*where, "restockType"), "RETURN takes units that are fulfilled, and there are not so many"))
        location = call.sim.catalogue.location(number_of(row["locationId"], "Location")) if row.get("locationId") else None
        if kind in ("CANCEL", "RETURN") and location is None:
            errors.append(error((*where, "locationId"), "A location is required to restock items"))
        if kind == "NO_RESTOCK" and row.get("locationId"):
            errors.append(error((*where, "locationId"), "A location can't be given when items are not restocked"))
        found.append((line, quantity, kind, location))
    return found


def _payments(call: Call, order: Order, given: Args, errors: list[Args]) -> list[tuple[Transaction, Decimal]]:
    found: list[tuple[Transaction, Decimal]] = []
    asked: dict[int, Decimal] = {}
    for at, row in enumerate(given.get("transactions") or ()):
        where = ("transactions", at)
        if row["kind"] != "REFUND":
            errors.append(error((*where, "kind"), "A refund's transactions are of the kind REFUND"))
        if number_of(row["orderId"], "Order") != order.number:
            errors.append(error((*where, "orderId"), "The transaction is for another order"))
        number = number_of(row["parentId"], "OrderTransaction") if row.get("parentId") else None
        parent = next((each for each in order.transactions if each.number == number and each.kind in ("SALE", "CAPTURE")), None)
        if parent is None:
            errors.append(error((*where, "parentId"), "The parent transaction must be a sale or a capture of this order"))
            continue
        if parent.gateway != row["gateway"]:
            errors.append(error((*where, "gateway"), "The gateway must be that of the parent transaction"))
        amount = cents(row["amount"])
        asked[parent.number] = asked.get(parent.number, ZERO) + amount
        back = sum((each.amount for each in order.transactions if each.parent is parent and each.kind == "REFUND"), ZERO)
        if amount <= 0 or (asked[parent.number] + back > parent.amount and not given.get("allowOverRefunding")):
            errors.append(error((*where, "amount"), f"Refund amount exceeds the maximum refundable amount of {parent.amount - back}"))
        found.append((parent, amount))
    return found


# -- fields ---------------------------------------------------------------------------------------------------------


@field("QueryRoot", "refund")
def _refund(call: Call, _: Any, args: Args) -> Refund | None:
    needs(call, "read_orders", "refund")
    number = number_of(args["id"], "Refund")
    return next((each for order in call.sim.seen_orders(call) for each in order.refunds if each.number == number), None)


field("Refund", "legacyResourceId")(lambda call, refund, args: refund.number)
field("Refund", "updatedAt")(lambda call, refund, args: refund.created_at)
field("Refund", "totalRefundedSet")(lambda call, refund, args: call.sim.bag(refund.order, refund.money))
connection("Refund", "refundLineItems")(lambda call, refund, args: refund.lines)
connection("Refund", "transactions")(lambda call, refund, args: refund.transactions)


class Row(dict[str, Any]):
    """A row of a connection that is made up when it is asked for."""

    @property
    def id(self) -> str:
        """Its global id."""
        return str(self["id"])


@connection("Refund", "refundShippingLines")
def _shipping_lines(call: Call, refund: Refund, args: Args) -> list[Row]:
    if not refund.shipping or not refund.order.shipping:
        return []
    return [Row(id=gid("RefundShippingLine", refund.number), shippingLine=refund.order.shipping[0],
                subtotalAmountSet=call.sim.bag(refund.order, refund.shipping), taxAmountSet=call.sim.bag(refund.order, ZERO))]


@connection("Refund", "orderAdjustments")
def _adjustments(call: Call, refund: Refund, args: Args) -> list[Row]:
    """What the money differs by from the lines: given back more is a negative adjustment."""
    gap = refund.order.off_by(refund) - refund.money
    if not gap or not refund.transactions:
        return []
    return [Row(id=gid("OrderAdjustment", refund.number), amountSet=call.sim.bag(refund.order, gap),
                taxAmountSet=call.sim.bag(refund.order, ZERO), reason="REFUND_DISCREPANCY")]


field("RefundLineItem", "restockType")(lambda call, part, args: part.restock_type)
field("RefundLineItem", "restocked")(lambda call, part, args: part.restock_type in ("CANCEL", "RETURN"))
field("RefundLineItem", "lineItem")(lambda call, part, args: part.line)
field("RefundLineItem", "priceSet")(lambda call, part, args: call.sim.bag(part.line.order, part.line.unit))
field("RefundLineItem", "subtotalSet")(lambda call, part, args: call.sim.bag(part.line.order, part.subtotal))
field("RefundLineItem", "totalTaxSet")(lambda call, part, args: call.sim.bag(part.line.order, part.tax))


@field("Order", "suggestedRefund")
def _suggested(call: Call, order: Order, args: Args) -> Args:
    errors: list[Args] = []
    rows = args.get("refundLineItems") or []
    if args.get("suggestFullRefund"):
        rows = [{"lineItemId": line.id, "quantity": line.current, "restockType": "NO_RESTOCK"} for line in order.lines if line.current]
    # Where goods go back to is no question yet, so a missing location is none either.
    taken = [(line, quantity) for line, quantity, _kind, _location in _taken(call, order, [
        {**row, "restockType": "NO_RESTOCK", "locationId": None} for row in rows], ("refundLineItems",), errors)]
    left = order.shipping_price - sum((each.shipping for each in order.refunds), ZERO)
    shipping = left if args.get("refundShipping") or args.get("suggestFullRefund") else min(left, cents(args.get("shippingAmount") or ZERO))
    parts = [RefundPart(0, line, quantity, "NO_RESTOCK", None, *line.goods_of(quantity)) for line, quantity in taken]
    goods, tax = sum((part.subtotal for part in parts), ZERO), sum((part.tax for part in parts), ZERO)
    most = max(ZERO, order.received - order.given_back)
    amount = min(most, goods + shipping + (ZERO if order.taxes_included else tax))
    suggested: list[Args] = []
    rest = amount
    for each in order.transactions:
        if each.kind in ("SALE", "CAPTURE") and rest > 0:
            back = sum((other.amount for other in order.transactions if other.parent is each and other.kind == "REFUND"), ZERO)
            part = min(rest, each.amount - back)
            if part > 0:
                suggested.append({"kind": "SUGGESTED_REFUND", "gateway": each.gateway, "formattedGateway": each.gateway, "parentTransaction": each,
                                  "amountSet": call.sim.bag(order, part), "maximumRefundableSet": call.sim.bag(order, each.amount - back)})
                rest -= part
    bag = call.sim.bag
    return {"amountSet": bag(order, amount), "maximumRefundableSet": bag(order, most), "refundLineItems": parts,
            "discountedSubtotalSet": bag(order, goods), "subtotalSet": bag(order, sum((part.line.unit * part.quantity for part in parts), ZERO)),
            "totalTaxSet": bag(order, tax), "suggestedTransactions": suggested,
            "totalCartDiscountAmountSet": bag(order, sum((part.line.unit * part.quantity - part.subtotal for part in parts), ZERO)),
            "shipping": {"amountSet": bag(order, shipping), "maximumRefundableSet": bag(order, left), "taxSet": bag(order, ZERO)}}  # fmt: skip

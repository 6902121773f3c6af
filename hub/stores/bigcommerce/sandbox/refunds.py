"""Transactions, refund quotes and refunds of v3 (contract 5.4).

An order made by API has no transaction, so that its refund is offered offline only, and only where `Settings.offline_refund` says
so (contract 11a leaves it open). Payments must come to the quote exactly, else 422. One refund at a time per order: within
`Settings.refund_busy_s` after one, the next is 503.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hub import clock
from hub.stores.bigcommerce.sandbox.bodies import Each, Flag, Number, Shape, Text, Whole, insist_v3
from hub.stores.bigcommerce.sandbox.gate import Call, Table
from hub.stores.bigcommerce.sandbox.orders import UNPAID, Line, Order, Refund, RefundItem
from hub.stores.bigcommerce.sandbox.wire import ZERO, Refusal, cents, envelope, exact, iso, moment_of, number

TABLE = Table(("store_v2_orders", "store_v2_transactions"))
PROVIDER = "custom"
_BY_UNIT = ("PRODUCT", "GIFT_WRAPPING")
_BY_AMOUNT = ("ORDER", "SHIPPING", "HANDLING", "TAX", "FEE")
_ADJUSTMENT = Shape({"amount": Number(None, ZERO), "description": Text(255)}, required=("amount",))
_ITEM = Shape({"item_type": Text(choices=_BY_UNIT + _BY_AMOUNT), "item_id": Whole(1), "quantity": Whole(1), "amount": Number(),
               "reason": Text(1000), "adjustments": Each(_ADJUSTMENT)}, required=("item_type", "item_id"))
_OVERRIDE = Shape({"total_amount": Number(), "total_tax": Number()}, required=("total_amount", "total_tax"))
_PAYMENT = Shape({"provider_id": Text(255, 1), "amount": Number(), "offline": Flag()}, required=("provider_id", "amount"))
_QUOTE = Shape({"items": Each(_ITEM, 1)}, required=("items",))
_TAX_QUOTE = Shape({"tax_adjustment_amount": Number()}, required=("tax_adjustment_amount",))
_REFUND = Shape({"items": Each(_ITEM, 1), "payments": Each(_PAYMENT, 1), "merchant_calculated_override": _OVERRIDE}, required=("items", "payments"))
_TAX_REFUND = Shape({"tax_adjustment_amount": Number(), "payments": Each(_PAYMENT, 1), "merchant_calculated_override": _OVERRIDE},
                    required=("tax_adjustment_amount",))


def _no(title: str, shape: str, **errors: str) -> Refusal:
    return Refusal(422, title, errors, shape=shape)


def _portion(total: Decimal, quantity: int, done: int, more: int) -> Decimal:
    """What `more` units after `done` ones get of a line's total, so that all units together get exactly it."""

    def upto(units: int) -> Decimal:
        return (total * units / quantity).quantize(Decimal("0.01"), ROUND_HALF_UP)

    return upto(done + more) - upto(done)


def read_items(order: Order, given: list[Mapping[str, Any]], shape: str) -> list[RefundItem]:
    """What is asked for, with its amounts. Raises 422 for what the order has not, or no longer."""
    items: list[RefundItem] = []
    taken: dict[int, int] = {}
    for at, one in enumerate(given):
        kind, where = one["item_type"], f"items.{at}"
        needed, other = ("quantity", "amount") if kind in _BY_UNIT else ("amount", "quantity")
        if needed not in one or other in one:
            raise _no("JSON data is missing or invalid", shape, **{f"{where}.{needed}": "error.path.missing"})
        if kind == "PRODUCT":
            line = order.line(one["item_id"])
            if line is None:
                raise _no(f"order {order.id} has no line {one['item_id']}", shape, **{f"{where}.item_id": "not found"})
            done = line.refunded + taken.get(line.id, 0)
            if one["quantity"] > line.quantity - done:
                raise _no(f"line {line.id} has {line.quantity - done} left to refund", shape, **{f"{where}.quantity": "too many"})
            taken[line.id] = taken.get(line.id, 0) + one["quantity"]
            items.append(_of_line(order, line, one, done))
        elif kind == "GIFT_WRAPPING":
            raise _no("nothing of this order is wrapped", shape, **{f"{where}.item_type": "not found"})
        else:
            items.append(_of_amount(order, one, items, where, shape))
    return items


def _of_line(order: Order, line: Line, one: Mapping[str, Any], done: int) -> RefundItem:
    adjustments = list(one.get("adjustments", []))
    amount = _portion(order.discounted(line), line.quantity, done, one["quantity"]) + sum((exact(each["amount"]) for each in adjustments), ZERO)
    tax = _portion(line.total_inc - line.total_ex, line.quantity, done, one["quantity"])
    return RefundItem("PRODUCT", line.id, one["quantity"], amount, tax, str(one.get("reason", "")),
                      [{"amount": number(exact(each["amount"])), "description": str(each.get("description", ""))} for each in adjustments])


def _of_amount(order: Order, one: Mapping[str, Any], before: list[RefundItem], where: str, shape: str) -> RefundItem:
    kind, amount = one["item_type"], cents(exact(one["amount"]))
    owner, limit, tax_share = order.id, cents(order.total[1]), ZERO
    if kind in ("SHIPPING", "HANDLING"):
        ex, inc = order.pair(f"{kind.lower()}_cost")
        owner, limit, tax_share = order.address_id, inc, (inc - ex) / inc if inc else ZERO
    elif kind == "FEE":
        fee = next((each for each in order.fees if each.id == one["item_id"]), None)
        if fee is None:
            raise _no(f"order {order.id} has no fee {one['item_id']}", shape, **{f"{where}.item_id": "not found"})
        owner, limit, tax_share = fee.id, fee.inc, (fee.inc - fee.ex) / fee.inc if fee.inc else ZERO
    elif kind == "TAX":
        limit, tax_share = cents(order.total[1] - order.total[0]), Decimal(1)
    if one["item_id"] != owner:
        raise _no(f"{kind} is not refunded by {one['item_id']}", shape, **{f"{where}.item_id": "not found"})
    gone = sum((each.amount for each in [*before, *(each for refund in order.refunds for each in refund.items)]
                if each.item_type == kind and each.item_id == owner), ZERO)
    if amount <= 0 or amount > limit - gone:
        raise _no(f"{kind} has {limit - gone} left to refund", shape, **{f"{where}.amount": "too much"})
    return RefundItem(kind, owner, 1, amount, cents(amount * tax_share), str(one.get("reason", "")))


def _sums(call: Call, order: Order, shape: str) -> tuple[list[RefundItem], Decimal, Decimal]:
    """Items, total and tax of a quote or refund, checked against what is left of the order."""
    if order.status_id in UNPAID:
        raise _no("The order has not received payment.", shape, order_id="not refundable")
    if not call.sim.shop.settings.offline_refund:
        # No transaction is on record, and nothing is offered in its stead.
        raise _no("The order has no transaction that could be refunded.", shape, order_id="not refundable")
    if "tax_adjustment_amount" in call.body:
        tax = cents(exact(call.body["tax_adjustment_amount"]))
        items, total = [], tax
    else:
        items = read_items(order, call.body["items"], shape)
        total, tax = sum((one.amount for one in items), ZERO), sum((one.tax for one in items), ZERO)
    if "merchant_calculated_override" in call.body:
        total = cents(exact(call.body["merchant_calculated_override"]["total_amount"]))
        tax = cents(exact(call.body["merchant_calculated_override"]["total_tax"]))
    left = cents(order.total[1]) - order.refunded
    if total <= 0 or total > left:
        raise _no(f"The refund comes to {total}, and {left} of the order is left.", shape, total_refund_amount="out of bounds")
    return items, total, tax


def _busy(call: Call, order: Order) -> None:
    last = order.refunds[-1].created if order.refunds else None
    if last is not None and clock.now() - last < timedelta(seconds=call.sim.shop.settings.refund_busy_s):
        raise Busy(order.id)


class Busy(Refusal):
    """Another refund of the order is being made."""

    def __init__(self, order_id: int) -> None:
        super().__init__(503, "Another refund of this order is in progress.")
        self.order_id = order_id

    def body(self, version: str) -> Any:
        return {"data": [{"order_id": self.order_id, "status": 503, "error": self.title}], "meta": {}}


# --- calls --------------------------------------------------------------------------------------------------------


def _order(call: Call) -> Order:
    return call.sim.orders.find(call.ids["order_id"])


@TABLE.on("getOrderTransactions", "GET", "/v3/orders/{order_id}/transactions", scopes=("store_v2_transactions", "store_v2_orders"))
def get_transactions(call: Call) -> None:
    """Orders made by API have none: 204."""
    _order(call)


@TABLE.on("createOrderRefundQuotes", "POST", "/v3/orders/{order_id}/payment_actions/refund_quotes")
def post_quote(call: Call) -> Any:
    order = _order(call)
    insist_v3(_TAX_QUOTE if isinstance(call.body, dict) and "tax_adjustment_amount" in call.body else _QUOTE, call.body)
    items, total, tax = _sums(call, order, "")
    at_order = sum((one.amount for one in items if one.item_type == "ORDER"), ZERO)
    method = {"provider_id": PROVIDER, "provider_description": str(order.texts.get("payment_method") or "Custom"), "amount": number(total),
              "offline": True, "offline_provider": True, "offline_reason": "This payment is not processed online."}
    return {"data": {"order_id": order.id, "total_refund_amount": number(total), "total_refund_tax_amount": number(tax),
                     "order_level_refund_amount": number(at_order), "rounding": 0, "adjustment": 0, "tax_inclusive": call.sim.shop.with_tax,
                     "refund_methods": [[method]]}, "meta": {}}, 201


@TABLE.on("createOrderRefund", "POST", "/v3/orders/{order_id}/payment_actions/refunds", "transaction_id")
def post_refund(call: Call) -> Any:
    order = _order(call)
    is_tax = isinstance(call.body, dict) and "tax_adjustment_amount" in call.body
    insist_v3(_TAX_REFUND if is_tax else _REFUND, call.body, shape="refunds")
    _busy(call, order)
    items, total, tax = _sums(call, order, "refunds")
    payments = call.body.get("payments", [{"provider_id": PROVIDER, "amount": total, "offline": True}])
    paid = sum((exact(one["amount"]) for one in payments), ZERO)
    if paid != total:
        raise _no(f"The payments come to {paid}, the refund to {total}.", "refunds", payments="amounts do not match the quote")
    if len(payments) != 1 or payments[0]["provider_id"] != PROVIDER:
        raise _no("The provider was not offered for this order.", "refunds", **{"payments.0.provider_id": "not offered"})
    if payments[0].get("offline") is not True:
        raise _no("The provider cannot refund online.", "refunds", **{"payments.0.offline": "must be true"})
    refund = Refund(call.sim.shop.next_id("refund", 1), order.id, clock.now(), items, total, tax, PROVIDER, True,
                    "merchant_calculated_override" in call.body)
    return {"data": refund_row(call.sim.orders.refund(order, refund)), "meta": {}}, 201


def refund_row(one: Refund, *, amounts_as_text: bool = False) -> dict[str, Any]:
    """A refund as the lists show it; the single call writes requested amounts as texts."""

    def item_row(item: RefundItem) -> dict[str, Any]:
        asked: Any = f"{item.amount:.4f}" if amounts_as_text else number(item.amount)
        return {"item_type": item.item_type, "item_id": item.item_id, "quantity": item.quantity, "requested_amount": asked,
                "reason": item.reason, "adjustments": item.adjustments}

    return {"id": one.id, "order_id": one.order_id, "user_id": 0, "created": iso(one.created), "reason": one.items[0].reason if one.items else "",
            "total_amount": number(one.total), "total_tax": number(one.tax), "uses_merchant_override_values": one.is_override,
            "items": [item_row(item) for item in one.items],
            "payments": [{"id": one.id, "provider_id": one.provider_id, "amount": number(one.total), "offline": one.offline,
                          "is_declined": False, "declined_message": "", "transaction_id": ""}]}


@TABLE.on("getOrderRefunds", "GET", "/v3/orders/{order_id}/payment_actions/refunds", "transaction_id")
def get_order_refunds(call: Call) -> Any:
    return {"data": [refund_row(one) for one in _order(call).refunds], "meta": {}}


@TABLE.on("getOrdersRefunds", "GET", "/v3/orders/payment_actions/refunds", "order_id:in", "id:in", "created:min", "created:max",
          "transaction_id", "page", "limit")
def get_refunds(call: Call) -> Any:
    query, orders, ids = call.query, call.numbers("order_id:in"), call.numbers("id:in")
    try:
        first = moment_of(query["created:min"]) if "created:min" in query else None
        last = moment_of(query["created:max"]) if "created:max" in query else None
    except ValueError:
        raise Refusal(422, "created cannot be read", {"created": "invalid"}) from None
    rows = [one for order in call.sim.orders.rows.values() for one in order.refunds
            if ("order_id:in" not in query or one.order_id in orders) and ("id:in" not in query or one.id in ids)
            and (first is None or one.created >= first) and (last is None or one.created <= last)]
    return envelope(rows, refund_row, query)


@TABLE.on("getOrderRefund", "GET", "/v3/orders/payment_actions/refunds/{refund_id}")
def get_refund(call: Call) -> Any:
    found = next((one for order in call.sim.orders.rows.values() for one in order.refunds if one.id == call.ids["refund_id"]), None)
    if found is None:
        raise Refusal(404, "The refund was not found.")
    return {"data": refund_row(found, amounts_as_text=True), "meta": {}}

"""Cancellations and returns as TikTok Shop tells them, made into our values (contract 5.9, 6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hub.domain.money import ZERO
from hub.domain.orders import Cancellation, Refund, RefundLine, ReturnCase
from hub.tiktok.translate import amount, is_amount, moment, part, rows, text

PENDING = "CANCELLATION_REQUEST_PENDING"
DONE = "CANCELLATION_REQUEST_SUCCESS"
_DONE = frozenset({DONE, "CANCELLATION_REQUEST_COMPLETE"})
# The docs spell it both ways (contract 12).
_WITHDRAWN = frozenset({"CANCELLATION_REQUEST_CANCEL", "CANCELLATION_REQUEST_CANCELLED"})
_REFUNDED = frozenset({"RETURN_OR_REFUND_REQUEST_COMPLETE", "REPLACEMENT_REQUEST_REFUND_SUCCESS"})
_CLOSED = frozenset({
    "RETURN_OR_REFUND_REQUEST_CANCEL", "RETURN_OR_REFUND_REQUEST_CANCELLED", "REPLACEMENT_REQUEST_CANCEL",
    "REPLACEMENT_REQUEST_COMPLETE",
})  # fmt: skip
_FEES = ("retail_delivery_fee", "buyer_service_fee")


def cancellation_of(row: Mapping[str, Any]) -> Cancellation:
    """A cancellation. Line ids name what it covers."""
    status = text(row, "cancel_status")
    refund = part(row, "refund_amount")
    lines = rows(row, "cancel_line_items")
    return Cancellation(
        cancel_id=text(row, "cancel_id"),
        order_id=text(row, "order_id"),
        status=status,
        pending=status == PENDING,
        done=status in _DONE,
        withdrawn=status in _WITHDRAWN,
        by=text(row, "role"),
        reason=text(row, "cancel_reason_text") or text(row, "cancel_reason"),
        line_ids=tuple(dict.fromkeys(one for line in lines if (one := text(line, "order_line_item_id")))),
        currency=text(refund, "currency"),
        refund_total=amount(refund, "refund_total"),
        updated_at=moment(row.get("update_time")) or moment(row.get("create_time")),
    )


def return_of(row: Mapping[str, Any]) -> ReturnCase:
    """A return or refund; ``refund`` only once money went back. A replacement without money carries none."""
    status = text(row, "return_status").replace("__", "_")
    completed = status in _REFUNDED
    refund = _refund(row) if completed else None
    return ReturnCase(
        return_id=text(row, "return_id"),
        order_id=text(row, "order_id"),
        kind=text(row, "return_type"),
        status=status,
        completed=completed,
        closed=status in _CLOSED,
        refund=refund,
        updated_at=moment(row.get("update_time")) or moment(row.get("create_time")),
    )


def _refund(row: Mapping[str, Any]) -> Refund | None:
    """The money of a return. Parts sum to ``refund_total``; what no field explains is the adjustment.

    Prices may hold the tax: then it is taken out of the amounts, so that each cent is counted once.
    """
    whole = part(row, "refund_amount")
    lines = [(text(line, "order_line_item_id"), part(line, "refund_amount")) for line in rows(row, "return_line_items")]
    total = amount(whole, "refund_total")
    if not total:
        total = sum((amount(money, "refund_total") for _, money in lines), ZERO)
    if not total:
        return None
    shipping = _of_whole_or_lines("refund_shipping_fee", whole, lines)
    tax = _of_whole_or_lines("refund_tax", whole, lines)
    line_tax = sum((amount(money, "refund_tax") for _, money in lines), ZERO)
    shipping_tax = max(tax - line_tax, ZERO) if shipping else ZERO
    is_tax_inside = _holds_tax([*(money for _, money in lines), whole])
    parts = tuple(
        RefundLine(
            line_id=line_id,
            amount=amount(money, "refund_subtotal") - (amount(money, "refund_tax") if is_tax_inside else ZERO),
            tax=amount(money, "refund_tax"),
            fees=_fees(money),
        )
        for line_id, money in lines
    )
    shipping -= shipping_tax if is_tax_inside else ZERO
    explained = sum((line.amount + line.tax + line.fees for line in parts), ZERO) + shipping + shipping_tax
    return Refund(
        refund_key=text(row, "return_id"),
        currency=text(whole, "currency") or next((text(money, "currency") for _, money in lines), ""),
        lines=parts,
        total=total,
        shipping=shipping,
        shipping_tax=shipping_tax,
        adjustment=total - explained,
        reason=text(row, "return_reason_text") or text(row, "return_reason"),
    )


def _holds_tax(amounts: list[dict[str, Any]]) -> bool:
    """Whether ``refund_tax`` is inside the other amounts, told by the first total that only fits one way."""
    for money in amounts:
        tax, total = amount(money, "refund_tax"), amount(money, "refund_total")
        without = amount(money, "refund_subtotal") + amount(money, "refund_shipping_fee") + _fees(money)
        if tax and total and total in (without, without + tax):
            return total == without
    return False


def _fees(money: Mapping[str, Any]) -> Decimal:
    return sum((amount(money, name) for name in _FEES), ZERO)


def _of_whole_or_lines(name: str, whole: Mapping[str, Any], lines: list[tuple[str, dict[str, Any]]]) -> Decimal:
    if is_amount(whole.get(name)):
        return amount(whole, name)
    return sum((amount(money, name) for _, money in lines), ZERO)

"""Refunds (contracts/bigcommerce.md 5.4): a quote, then the refund with the exact amount, booked offline: TikTok Shop paid it.

An order made over the API has no payment on record, and BigCommerce refunds only what was paid to it. Where it therefore refuses,
the status and the staff notes say what happened; the amount stands in the notes for the hub to count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hub.domain.money import decimal_of, text
from hub.domain.orders import Refund
from hub.domain.problems import problem
from hub.errors import Refused
from hub.stores.bigcommerce import wording
from hub.stores.bigcommerce.client import Client
from hub.stores.bigcommerce.stock import Stock

Parts = Sequence[tuple[Mapping[str, Any], int]]


class Refunds:
    """A store's refunds of orders that carry a key."""

    def __init__(self, client: Client, stock: Stock) -> None:
        self._client = client
        self._stock = stock

    def refunded(self, row: Mapping[str, Any]) -> Decimal:
        """What was given back: refunds on record, and those that stand in the notes only."""
        noted = sum(wording.noted_refunds(str(row.get("staff_notes") or "")).values(), Decimal(0))
        is_touched = int(row.get("status_id") or 0) in (wording.REFUNDED, wording.PARTIALLY_REFUNDED) or bool(
            decimal_of(row.get("refunded_amount"))) or "refund" in str(row.get("payment_status") or "")
        booked = self._booked(row) if is_touched else []
        return noted + sum((decimal_of(one.get("total_amount")) for one in booked), Decimal(0))

    def make(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], refund: Refund, parts: Parts) -> None:
        """Once per refund key. Raises `Refused` with `refund.refused` where more would go back than was paid."""
        notes = str(row.get("staff_notes") or "")
        booked = self._booked(row)
        if refund.refund_key in wording.noted_refunds(notes) or any(_has_key(one, refund.refund_key) for one in booked):
            return
        noted = sum(wording.noted_refunds(notes).values(), Decimal(0))
        before = noted + sum((decimal_of(one.get("total_amount")) for one in booked), Decimal(0))
        grand = decimal_of(row.get("total_inc_tax"))
        if before + refund.total > grand:
            left = f"{text(grand - before, refund.currency)} {refund.currency}"
            says = f"only {left} of the order is left to be refunded."
            raise Refused(f"The store did not take the refund: {says}", problems=(
                problem("refund.refused", says=says, amount=f"{text(refund.total, refund.currency)} {refund.currency}"),))
        is_booked, is_all = self._book(row, lines, refund, parts), before + refund.total == grand
        if not is_booked:
            self._note(row, refund, is_all=is_all)
        # The status "partially refunded" tells the store of no goods, so it gives none back. A crash in between leaves the
        # figure too low, never too high.
        if refund.restock and not (self._stock.is_returned_by_store and (is_booked or is_all)):
            self._stock.give_back(parts)

    def _booked(self, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        found = self._client.data(f"/v3/orders/{row['id']}/payment_actions/refunds")
        return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []

    def _book(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], refund: Refund, parts: Parts) -> bool:
        """By units and shipping where the store's own sum is then the amount, else as an amount of the order. False: it takes neither."""
        for items in (_by_parts(lines, refund, parts), _as_amount(row, refund)):
            if not items:
                continue
            try:
                quote = self._client.write("POST", f"/v3/orders/{row['id']}/payment_actions/refund_quotes", {"items": items},
                                           "bigcommerce.refunds.quote")
            except Refused as error:
                if error.problems:
                    raise
                continue
            payment = _offline(quote, refund.total)
            if payment is None:
                continue
            try:
                self._client.write("POST", f"/v3/orders/{row['id']}/payment_actions/refunds", {"items": items, "payments": [payment]},
                                   "bigcommerce.refunds.create")
            except Refused as error:
                if error.problems:
                    raise
                continue
            return True
        return False

    def _note(self, row: Mapping[str, Any], refund: Refund, *, is_all: bool) -> None:
        said = wording.refund_note(refund.refund_key, refund.total, refund.currency, refund.reason)
        notes = f"{row.get('staff_notes') or ''}\n{said}".strip()
        self._client.write("PUT", f"/v2/orders/{row['id']}", {
            "status_id": wording.REFUNDED if is_all else wording.PARTIALLY_REFUNDED, "staff_notes": notes}, "bigcommerce.orders.refund")


def _by_parts(lines: Sequence[Mapping[str, Any]], refund: Refund, parts: Parts) -> list[dict[str, Any]]:
    """Whole units, and shipping; nothing where the refund has other parts."""
    if sum(count for _, count in parts) != len(refund.lines) or refund.adjustment:
        return []
    reason = wording.refund_reason(refund.refund_key, refund.reason)
    items: list[dict[str, Any]] = [{"item_type": "PRODUCT", "item_id": int(line["id"]), "quantity": count, "reason": reason} for line, count in parts]
    shipping = refund.shipping + refund.shipping_tax
    address = next((int(one["order_address_id"]) for one in lines if one.get("order_address_id")), 0)
    if shipping and not address:
        return []
    if shipping:
        items.append({"item_type": "SHIPPING", "item_id": address, "amount": shipping, "reason": reason})
    return items


def _as_amount(row: Mapping[str, Any], refund: Refund) -> list[dict[str, Any]]:
    return [{"item_type": "ORDER", "item_id": int(row["id"]), "amount": refund.total,
             "reason": wording.refund_reason(refund.refund_key, refund.reason)}]


def _offline(quote: Any, total: Decimal) -> dict[str, Any] | None:
    """The one payment that books all of it without moving money; None where the sum is another or there is no such way."""
    data = quote.get("data") if isinstance(quote, Mapping) else None
    if not isinstance(data, Mapping) or decimal_of(data.get("total_refund_amount")) != total:
        return None
    for way in data.get("refund_methods") or ():
        methods = way if isinstance(way, list) else [way]
        if len(methods) == 1 and (methods[0].get("offline") or methods[0].get("offline_provider")) and decimal_of(methods[0].get("amount")) == total:
            return {"provider_id": str(methods[0]["provider_id"]), "amount": total, "offline": True}
    return None


def _has_key(booked: Mapping[str, Any], key: str) -> bool:
    reasons = [booked.get("reason"), *(item.get("reason") for item in booked.get("items") or () if isinstance(item, Mapping))]
    return any(wording.is_refund(str(one or ""), key) for one in reasons)

"""Refunds (contracts/bigcommerce.md 5.4): a quote, then the refund with the exact amount, booked offline: TikTok Shop paid it.

An order made over the API has no payment on record, and BigCommerce refunds only what was paid to it. Where it therefore refuses,
the status and the staff notes say what happened; the amount stands in the notes for the hub to count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hub.domain.money import decimal_of, quantum, text
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
        booked_as = self._book(row, lines, refund, parts)
        if not booked_as:
            self._note(row, refund, is_all=before + refund.total == grand)
        # Only units tell the store which goods came back. A crash in between leaves the figure too low, never too high.
        if refund.restock and not (booked_as == "units" and self._stock.is_returned_by_store):
            self._stock.give_back(parts)

    def _booked(self, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        found = self._client.data(f"/v3/orders/{row['id']}/payment_actions/refunds")
        return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []

    def _book(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], refund: Refund, parts: Parts) -> str:
        """By units and shipping, so that the lines show what came back; else as an amount of the order. "" where it takes neither."""
        for way, items in (("units", self._by_units(row, lines, refund, parts)), ("amount", [_amount(row, refund, refund.total)])):
            payment = _offline(self._quote(row, items), refund.total) if items else None
            if payment is not None and self._post(row, items, payment):
                return way
        return ""

    def _by_units(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], refund: Refund, parts: Parts) -> list[dict[str, Any]]:
        """Whole units and shipping, brought to the exact amount; nothing where that is not what the refund is about.

        BigCommerce spreads an order's discount over all lines, TikTok Shop knows it of each: what the store reckons too much is
        taken off as the items' adjustments, what it reckons too little is an amount of the order.
        """
        if not parts or sum(count for _, count in parts) != len(refund.lines):
            return []
        reason = wording.refund_reason(refund.refund_key, refund.reason)
        items: list[dict[str, Any]] = [{"item_type": "PRODUCT", "item_id": int(line["id"]), "quantity": count, "reason": reason}
                                       for line, count in parts]
        shipping, address = refund.shipping + refund.shipping_tax, next((int(one["order_address_id"]) for one in lines
                                                                         if one.get("order_address_id")), 0)
        if shipping > 0 and address:
            items.append({"item_type": "SHIPPING", "item_id": address, "amount": shipping, "reason": reason})
        quote = self._quote(row, items)
        if quote is None:
            return []
        reckoned = decimal_of(quote.get("total_refund_amount"))
        over = reckoned - refund.total
        # Much less than the units cost: money was given back, the goods were kept.
        if over > reckoned / 2:
            return []
        if over < 0:
            return [*items, _amount(row, refund, -over)]
        worth = [decimal_of(line.get("price_inc_tax")) * count for line, count in parts]
        for item, share in zip(items, _shares(over, worth, quantum(refund.currency)), strict=False):
            if share:
                item["adjustments"] = [{"amount": -share, "description": "Discount on TikTok Shop"}]
        return items

    def _quote(self, row: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """What the store would give back; None where it refuses."""
        try:
            quote = self._client.write("POST", f"/v3/orders/{row['id']}/payment_actions/refund_quotes", {"items": items},
                                       "bigcommerce.refunds.quote")
        except Refused as error:
            if error.problems:
                raise
            return None
        data = quote.get("data") if isinstance(quote, Mapping) else None
        return data if isinstance(data, Mapping) else None

    def _post(self, row: Mapping[str, Any], items: Sequence[Mapping[str, Any]], payment: Mapping[str, Any]) -> bool:
        try:
            self._client.write("POST", f"/v3/orders/{row['id']}/payment_actions/refunds", {"items": items, "payments": [payment]},
                               "bigcommerce.refunds.create")
        except Refused as error:
            if error.problems:
                raise
            return False
        return True

    def _note(self, row: Mapping[str, Any], refund: Refund, *, is_all: bool) -> None:
        said = wording.refund_note(refund.refund_key, refund.total, refund.currency, refund.reason)
        notes = f"{row.get('staff_notes') or ''}\n{said}".strip()
        self._client.write("PUT", f"/v2/orders/{row['id']}", {
            "status_id": wording.REFUNDED if is_all else wording.PARTIALLY_REFUNDED, "staff_notes": notes}, "bigcommerce.orders.refund")


def _amount(row: Mapping[str, Any], refund: Refund, amount: Decimal) -> dict[str, Any]:
    return {"item_type": "ORDER", "item_id": int(row["id"]), "amount": amount,
            "reason": wording.refund_reason(refund.refund_key, refund.reason)}


def _shares(amount: Decimal, worth: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """The amount in parts by what each is worth, to the cent; the last takes what is left over."""
    total, rest, found = sum(worth, Decimal(0)), amount, []
    for place, one in enumerate(worth, 1):
        share = rest if place == len(worth) or not total else (amount * one / total).quantize(unit)
        found.append(share)
        rest -= share
    return found


def _offline(quote: Mapping[str, Any] | None, total: Decimal) -> dict[str, Any] | None:
    """The one payment that books all of it without moving money; None where the sum is another or there is no such way."""
    if quote is None or decimal_of(quote.get("total_refund_amount")) != total:
        return None
    for way in quote.get("refund_methods") or ():
        methods = way if isinstance(way, list) else [way]
        if len(methods) == 1 and (methods[0].get("offline") or methods[0].get("offline_provider")) and decimal_of(methods[0].get("amount")) == total:
            return {"provider_id": str(methods[0]["provider_id"]), "amount": total, "offline": True}
    return None


def _has_key(booked: Mapping[str, Any], key: str) -> bool:
    reasons = [booked.get("reason"), *(item.get("reason") for item in booked.get("items") or () if isinstance(item, Mapping))]
    return any(wording.is_refund(str(one or ""), key) for one in reasons)

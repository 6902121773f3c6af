"""Refunds of an exact amount, once per key (contracts/shopify.md 4.3, 4.4).

Two things make it once: the note of the refund carries TikTok Shop's id and is read before each try, for ever; and the key of
`@idempotent`, made from the same id, holds where two tries are under way at once.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from hub.domain.money import decimal_of, text
from hub.domain.orders import Refund
from hub.domain.problems import problem
from hub.errors import Refused, Temporary
from hub.stores.shopify import documents, drafts
from hub.stores.shopify.client import Client, NotTaken
from hub.stores.shopify.fulfilment import Fulfilment, fulfilment_locations
from hub.stores.shopify.orders import Orders, Whole

_MARK = "TikTok Shop refund"
_SPACE = uuid.UUID("6f0c1b1e-2a53-4d1c-9f1e-5d0a4d0b7f11")
_RUNNING = "IDEMPOTENCY_CONCURRENT_REQUEST"
_OTHER_CONTENT = ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")


class Refunds:
    """Refunds of one shop's orders. ``fallback`` names a location where nothing tells where goods come back to."""

    def __init__(self, client: Client, orders: Orders, fulfilment: Fulfilment, fallback: Callable[[], str]) -> None:
        self._client = client
        self._orders = orders
        self._fulfilment = fulfilment
        self._fallback = fallback

    def refund(self, key: str, refund: Refund) -> None:
        """Books what TikTok Shop gave back, and puts goods back into stock where that is wanted. Raises `Refused` with why not."""
        whole = self._orders.required(key)
        if _is_made(whole, refund):
            return
        rows = self._rows(whole, refund)
        order = self._client.call(documents.REFUNDABLE, {"id": whole.gid, "lines": rows}).get("order") or {}
        most = _money(order.get("suggestedRefund") or {}, "maximumRefundableSet")
        # More shipping than was charged is money of another kind: the sum is booked all the same.
        left = _money(order, "totalShippingPriceSet") - _money(order, "totalRefundedShippingSet")
        shipping = text(min(refund.shipping, left), refund.currency) if min(refund.shipping, left) > 0 else None
        if refund.total > most:
            raise _refused(f"{text(most, refund.currency)} {refund.currency} of the order are left to refund", refund)
        given = {
            "orderId": whole.gid, "note": f"{_MARK} {refund.refund_key}{f': {refund.reason}' if refund.reason else ''}", "notify": False,
            "refundLineItems": rows, "transactions": [self._transaction(whole, order, refund)] if refund.total > 0 else [],
            **({"shipping": {"amount": shipping}} if shipping else {}),
        }
        self._send(whole, refund, given)

    def _send(self, whole: Whole, refund: Refund, given: Mapping[str, Any]) -> None:
        name = f"{whole.gid}/{refund.refund_key}"
        for key in (name, f"{name}/{hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()}"):
            try:
                self._client.write(documents.REFUND, {"input": given, "key": str(uuid.uuid5(_SPACE, key))}, "refundCreate",
                                   crash_point="shopify.orders.refund")
                return
            except Refused as error:
                said = f"{error.context.get('code', '')} {error.says}"
                if _RUNNING in said:
                    raise Temporary("Shopify is still working on this refund", retry_after=5.0, sent=True) from error
                if not any(code in said for code in _OTHER_CONTENT):
                    raise _refused(error.says, refund) if isinstance(error, NotTaken) else error from error
            # An earlier try had other content, or failed: whether it was booked after all stands in the order.
            again = self._orders.read(whole.gid)
            if again is not None and _is_made(again, refund):
                return
        raise Temporary("Shopify took none of the keys of this refund", retry_after=60.0, sent=True)

    def _rows(self, whole: Whole, refund: Refund) -> list[dict[str, Any]]:
        """Units by line, as far as they can still be refunded. Unshipped ones are taken out of the order, shipped ones come back."""
        units: dict[str, int] = {}
        by_id = {one: line for line in whole.lines for one in drafts.line_ids(line)}
        for part in refund.lines:
            line = by_id.get(part.line_id)
            if line is None:
                raise _refused(f"the order has no line {part.line_id}", refund)
            units[str(line["id"])] = units.get(str(line["id"]), 0) + 1
        lines = {str(line["id"]): line for line in whole.lines}
        waiting = self._fulfilment.locations(whole) if refund.restock and units else {}
        left_from = fulfilment_locations(whole)
        rows = []
        for line_id, count in units.items():
            line = lines[line_id]
            count = min(count, int(line.get("refundableQuantity") or 0))
            unshipped = min(count, int(line.get("unfulfilledQuantity") or 0))
            for part_count, kind, place in ((unshipped, "CANCEL", waiting.get(line_id)), (count - unshipped, "RETURN", left_from.get(line_id))):
                if part_count > 0:
                    row: dict[str, Any] = {"lineItemId": line_id, "quantity": part_count, "restockType": "NO_RESTOCK"}
                    if refund.restock and (location := place or self._fallback()):
                        row |= {"restockType": kind, "locationId": location}
                    rows.append(row)
        return rows

    def _transaction(self, whole: Whole, order: Mapping[str, Any], refund: Refund) -> dict[str, Any]:
        """The money goes the way it came: the same gateway, and the payment as its parent."""
        sales = [one for one in order.get("transactions") or () if one.get("kind") in ("SALE", "CAPTURE") and one.get("status") == "SUCCESS"]
        if not sales:
            raise _refused("the order has no payment to refund", refund)
        suggested = {str((one.get("parentTransaction") or {}).get("id") or "")
                     for one in (order.get("suggestedRefund") or {}).get("suggestedTransactions") or ()}
        sale = next((one for one in sales if one["id"] in suggested), sales[0])
        return {"orderId": whole.gid, "amount": text(refund.total, refund.currency), "gateway": str(sale.get("gateway") or ""), "kind": "REFUND",
                "parentId": sale["id"]}


def _is_made(whole: Whole, refund: Refund) -> bool:
    """Whether one of the order's refunds carries this key: as a word of its own, so that no key hides in a longer one."""
    for one in whole.node.get("refunds") or ():
        words = str(one.get("note") or "").removeprefix(f"{_MARK} ")
        if words != str(one.get("note") or "") and words.partition(" ")[0].removesuffix(":") == refund.refund_key:
            return True
    return False


def _money(there: Mapping[str, Any], name: str) -> Decimal:
    return decimal_of(((there.get(name) or {}).get("shopMoney") or {}).get("amount"))


def _refused(says: str, refund: Refund) -> Refused:
    return Refused(says, problems=(problem("refund.refused", says=says, amount=f"{text(refund.total, refund.currency)} {refund.currency}"),))


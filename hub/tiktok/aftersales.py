"""Cancellations, returns and refunds (contract 5.9, 6.4, 11). Decisions on returns stay with Seller Center."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.domain.orders import Cancellation, OrderState, ReturnCase
from hub.domain.problems import problem
from hub.errors import Refused
from hub.tiktok import codes
from hub.tiktok.aftersales_reading import DONE, PENDING, cancellation_of, return_of
from hub.tiktok.cancel_reasons import reason_name
from hub.tiktok.client import Caller, has_code
from hub.tiktok.translate import epoch, in_path, rows, text, words

_PAGE = 50
_ORDERS_PER_CALL = 50
Span = tuple[datetime, datetime]


class Aftersales:
    """After-sales of one shop."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def cancellations(self, *, updated: Span | None = None, order_ids: Sequence[str] = ()) -> Iterator[Cancellation]:
        """Cancellations updated in [from, to), or of these orders, oldest first (SearchCancellations 202602)."""
        for row in self._search("SearchCancellations", "/return_refund/202602/cancellations/search", "cancellations", updated, order_ids):
            yield cancellation_of(row)

    def returns(self, *, updated: Span | None = None, order_ids: Sequence[str] = ()) -> Iterator[ReturnCase]:
        """Returns and refunds updated in [from, to), or of these orders, oldest first (SearchReturns 202602)."""
        for row in self._search("SearchReturns", "/return_refund/202602/returns/search", "return_orders", updated, order_ids):
            yield return_of(row)

    def cancel(self, order_id: str, reason: str, key: str, line_ids: Sequence[str] = ()) -> Cancellation:
        """Cancel the order, or lines of it, for the seller; answers the cancellation (CancelOrder 202602).

        ``reason`` is one of ours (``out_of_stock``, ``wrong_price``, ``address``, ``buyer_asked``, ``unpaid``,
        ``fraud``) or a reason name of the wire. CancelOrder knows no idempotency key, so what is there is looked up
        first: a whole-order cancellation that is done is answered as it stands, and a buyer's open request is
        approved instead, under ``key`` (ApproveCancellation). So a repeat changes nothing. Raises ``Refused`` with
        ``cancel.refused``.
        """
        before = list(self.cancellations(order_ids=[order_id]))
        if known := self._standing(before, key, line_ids):
            return known
        name = reason_name(reason, self._caller.region, self._state_of(order_id))
        try:
            return self._cancel(order_id, name, line_ids)
        except Refused as refused:
            if has_code(refused, codes.CANCEL_REASON_WRONG):
                return self._cancel(order_id, self._offered_reason(order_id, name, refused), line_ids)
            if has_code(refused, codes.ALREADY_CANCELLED):
                known = self._standing(list(self.cancellations(order_ids=[order_id])), key, line_ids)
                if known:
                    return known
            raise

    def _standing(self, found: Sequence[Cancellation], key: str, line_ids: Sequence[str]) -> Cancellation | None:
        """The cancellation that already does what is asked; a buyer's request that waits is approved for it."""
        wanted = set(line_ids)
        for one in found:
            covers = wanted <= set(one.line_ids) if wanted else True
            if one.done and covers and (wanted or self._is_whole(one)):
                return one
            if one.pending and one.by == "BUYER" and covers:
                self._caller.call(
                    "ApproveCancellation",
                    "POST",
                    f"/return_refund/202309/cancellations/{in_path(one.cancel_id)}/approve",
                    query={"idempotency_key": key},
                    crash_point="tiktok.aftersales.cancel",
                )
                return replace(one, status=DONE, pending=False, done=True)
        return None

    def _is_whole(self, one: Cancellation) -> bool:
        """Whether nothing of the order is left: an order is cancelled only when each of its lines is."""
        return self._state_of(one.order_id) is OrderState.CANCELLED

    def _cancel(self, order_id: str, name: str, line_ids: Sequence[str]) -> Cancellation:
        body: dict[str, Any] = {"order_id": order_id, "cancel_reason": name}
        if line_ids:
            body["order_line_item_ids"] = list(line_ids)
        data = self._caller.call(
            "CancelOrder",
            "POST",
            "/return_refund/202602/cancellations",
            body=body,
            crash_point="tiktok.aftersales.cancel",
        )
        return cancellation_of(
            {
                "cancel_id": text(data, "cancel_id"),
                "order_id": order_id,
                "cancel_status": text(data, "cancel_status") or PENDING,
                "cancel_reason": name,
                "role": "SELLER",
                "cancel_line_items": [{"order_line_item_id": line_id} for line_id in line_ids],
            }
        )

    def _state_of(self, order_id: str) -> OrderState:
        data = self._caller.call("GetOrderDetail", "GET", "/order/202507/orders", query={"ids": order_id})
        return next((OrderState.read(text(row, "status")) for row in rows(data, "orders")), OrderState.UNKNOWN)

    def _offered_reason(self, order_id: str, tried: str, refused: Refused) -> str:
        """A reason that TikTok Shop itself offers for this order now (GetAftersaleEligibility 202602).

        Raises the first refusal again where none is offered: the order can no longer be cancelled.
        """
        try:
            data = self._caller.call(
                "GetAftersaleEligibility",
                "GET",
                f"/return_refund/202602/orders/{in_path(order_id)}/aftersale_eligibility",
                query={"initiate_aftersale_user": "SELLER", "request_types": "CANCEL"},
            )
        except Refused as unknown:
            raise refused from unknown
        offered: list[str] = []
        says = refused.says
        for sku in rows(data, "sku_eligibility"):
            for row in rows(sku, "line_item_eligibility"):
                if text(row, "request_type") in ("", "CANCEL"):
                    offered += words(row, "available_reason_names")
                    says = text(row, "ineligible_reason") or says
        # The nearest in meaning: another name for what was tried, else lack of stock, which every market knows.
        for part_of_name in (tried.removesuffix("_uk"), "out_of_stock"):
            for name in offered:
                if part_of_name in name and name != tried:
                    return name
        raise Refused(says, problems=[problem("cancel.refused", side="TikTok Shop", says=says)], **refused.context) from refused

    def _search(self, operation: str, path: str, items: str, updated: Span | None, order_ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        body: dict[str, Any] = {}
        if updated:
            body |= {"update_time_ge": epoch(updated[0]), "update_time_lt": epoch(updated[1])}
        query = {"sort_field": "update_time" if updated else "create_time", "sort_order": "ASC"}
        wanted = list(dict.fromkeys(order_ids))
        for start in range(0, len(wanted) or 1, _ORDERS_PER_CALL):
            some = {"order_ids": wanted[start : start + _ORDERS_PER_CALL]} if wanted else {}
            yield from self._caller.pages(operation, "POST", path, items, page_size=_PAGE, query=query, body={**body, **some})

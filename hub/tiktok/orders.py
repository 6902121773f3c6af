"""Reading orders (contract 5.6). The order of ids and pages is TikTok Shop's; the oldest come first in a search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.domain.orders import Order
from hub.errors import Refused
from hub.tiktok import codes
from hub.tiktok.client import Caller, has_code
from hub.tiktok.order_reading import order_of
from hub.tiktok.translate import epoch, in_path, rows

_IDS_PER_CALL = 50
_PAGE = 100
Span = tuple[datetime, datetime]


class Orders:
    """Orders of one shop. Nothing is written here: packages and cancellations have parts of their own."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def get(self, ids: Sequence[str]) -> Sequence[Order]:
        """These orders as they are now; one that TikTok Shop does not know is left out (GetOrderDetail)."""
        wanted = list(dict.fromkeys(ids))
        found: list[Order] = []
        for start in range(0, len(wanted), _IDS_PER_CALL):
            found += self._some(wanted[start : start + _IDS_PER_CALL])
        return found

    def _some(self, ids: Sequence[str]) -> list[Order]:
        """Up to 50 orders. One foreign id refuses the whole call, so a refused call is halved until it stands alone."""
        try:
            data = self._caller.call("GetOrderDetail", "GET", "/order/202507/orders", query={"ids": ",".join(ids)})
        except Refused as refused:
            if not has_code(refused, codes.NO_SUCH_ORDER):
                raise
            if len(ids) == 1:
                return []
            middle = len(ids) // 2
            return self._some(ids[:middle]) + self._some(ids[middle:])
        return [order_of(row, self._caller.region) for row in rows(data, "orders")]

    def search(self, *, created: Span | None = None, updated: Span | None = None, state: str = "") -> Iterator[Order]:
        """Whole orders created or updated in [from, to), oldest first, page by page (GetOrderList).

        Bounds are whole seconds, the upper one exclusive (contract 3.4). ``state`` is a word of the wire.
        """
        body: dict[str, Any] = {"order_status": state} if state else {}
        if created:
            body |= {"create_time_ge": epoch(created[0]), "create_time_lt": epoch(created[1])}
        if updated:
            body |= {"update_time_ge": epoch(updated[0]), "update_time_lt": epoch(updated[1])}
        by = "update_time" if updated and not created else "create_time"
        for row in self._caller.pages(
            "GetOrderList",
            "POST",
            "/order/202309/orders/search",
            "orders",
            page_size=_PAGE,
            query={"sort_field": by, "sort_order": "ASC"},
            body=body,
        ):
            yield order_of(row, self._caller.region)

    def price_detail(self, order_id: str) -> Mapping[str, Any]:
        """How TikTok Shop composed the price, by its own field names; amounts are texts (GetPriceDetail)."""
        return self._caller.call("GetPriceDetail", "GET", f"/order/202407/orders/{in_path(order_id)}/price_detail")

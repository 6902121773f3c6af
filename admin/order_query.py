"""Which orders a list shows: the guides' tabs, search and filters (ORD-03, ORD-10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, not_, or_, select
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.orders import OrderState
from hub.models.ledger import LedgerEntry
from hub.models.orders import LinkState, OrderLink

_NOT_SHIPPED = (OrderState.UNPAID, OrderState.ON_HOLD, OrderState.AWAITING_SHIPMENT, OrderState.PARTIALLY_SHIPPING, OrderState.UNKNOWN)
_OUTSIDE = (LinkState.SEEN, LinkState.CREATING, LinkState.NEEDS_ATTENTION)


@dataclass(frozen=True, slots=True)
class OrderTab:
    """A tab in the guides' words; the five add up to All."""

    key: str
    title: str
    tone: str
    icon: str
    need: bool = False


ORDER_TABS = (
    OrderTab("all", "All", "idle", "rows"),
    OrderTab("unfulfilled", "Unfulfilled", "idle", "s-ready"),
    OrderTab("fulfilled", "Fulfilled", "move", "s-ship"),
    OrderTab("unsynced", "Unsynced", "need", "s-need", True),
    OrderTab("cancelled", "Cancelled", "idle", "s-cancel"),
)


def in_order_tab(key: str) -> ColumnElement[bool]:
    """The tab's condition. Unsynced: not in the store (yet), whatever the reason."""
    cancelled = or_(OrderLink.state == LinkState.CANCELLED, OrderLink.tiktok_state == OrderState.CANCELLED)
    outside = and_(OrderLink.state.in_(_OUTSIDE), OrderLink.store_order_id == "")
    shipped = or_(OrderLink.state.in_((LinkState.SHIPPED, LinkState.COMPLETED)), not_(OrderLink.tiktok_state.in_(_NOT_SHIPPED)))
    match key:
        case "cancelled":
            return cancelled
        case "unsynced":
            return and_(not_(cancelled), outside)
        case "fulfilled":
            return and_(not_(cancelled), not_(outside), shipped)
        case "unfulfilled":
            return and_(not_(cancelled), not_(outside), not_(shipped))
    return OrderLink.id.is_not(None)


def order_tab_counts(db: Session, shop_id: int) -> dict[str, int]:
    """How many orders each tab has; they sum to ``all``."""
    which = case(*((in_order_tab(tab.key), tab.key) for tab in ORDER_TABS[1:]), else_="all")
    rows = db.execute(select(which, func.count()).where(OrderLink.shop_id == shop_id).group_by(which)).all()
    found = {tab.key: 0 for tab in ORDER_TABS}
    for key, n in rows:
        found[key] += n
    found["all"] = sum(n for _, n in rows)
    return found


RECENT = timedelta(days=60)


def needs_you() -> ColumnElement[bool]:
    """Not in the store for a reason that a person mends, or there with something open: a carrier without a name, a refund refused."""
    has_problems = cast(OrderLink.problems, String).not_in(("[]", "null"))
    open_ = and_(has_problems, OrderLink.placed_at >= clock.now() - RECENT, OrderLink.state != LinkState.CANCELLED)
    return or_(OrderLink.state == LinkState.NEEDS_ATTENTION, open_)


SORTS = (("newest", "Newest first"), ("ship_by", "Ship by, soonest first"), ("total", "Total, highest first"))


def matching_orders(shop_id: int, wanted: Mapping[str, Any]) -> Select[Any]:
    """Orders that answer to tab, number and filters of an address, in its order."""
    query = select(OrderLink).where(OrderLink.shop_id == shop_id)
    tab = str(wanted.get("tab", ""))
    if tab and tab != "all":
        query = query.where(in_order_tab(tab))
    text = str(wanted.get("q", "")).strip()[:100]
    if text:
        query = query.where(or_(OrderLink.tiktok_order_id == text, OrderLink.store_number == text, OrderLink.store_order_id == text))
    match wanted.get("need"):
        case "1":
            query = query.where(needs_you())
        case "double":
            query = query.where(
                OrderLink.tiktok_order_id.in_(
                    select(LedgerEntry.tiktok_order_id).where(LedgerEntry.shop_id == shop_id, LedgerEntry.copies > 1)
                )
            )
    match wanted.get("sort"):
        case "ship_by":
            return query.order_by(OrderLink.ship_by.is_(None), OrderLink.ship_by, OrderLink.id.desc())
        case "total":
            return query.order_by(OrderLink.total.desc(), OrderLink.id.desc())
    return query.order_by(OrderLink.placed_at.desc(), OrderLink.id.desc())

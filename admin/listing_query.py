"""Which products a list shows: the guides' tabs, search and filters, as one query for the list and for "all that match"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from admin.counting import counted
from hub.domain.listings import ListingState
from hub.models.listings import Listing, Origin
from hub.models.products import StoreProduct, StoreVariant
from hub.models.shops import Shop

_SENT = (ListingState.IN_REVIEW, ListingState.LIVE, ListingState.OFF)


@dataclass(frozen=True, slots=True)
class ListingTab:
    """A tab in the guides' words (PRD-07); the five add up to All."""

    key: str
    title: str
    tone: str
    icon: str
    need: bool = False


TABS = (
    ListingTab("all", "All", "idle", "rows"),
    ListingTab("synced", "Synced", "ok", "s-ok"),
    ListingTab("not_synced", "Not synced", "idle", "s-draft"),
    ListingTab("sync_failed", "Sync failed", "need", "s-need", True),
    ListingTab("update_failed", "Update failed", "need", "s-need", True),
)


def was_live() -> ColumnElement[bool]:
    """Whether buyers could see it before: a refused update then leaves the old one standing."""
    return or_(Listing.live_at.is_not(None), func.coalesce(Listing.origin, Origin.PUSHED) == Origin.MAPPED)


def is_or_was_live(listing: Listing) -> bool:
    """The same of a row in hand."""
    return listing.live_at is not None or listing.origin is Origin.MAPPED


def in_tab(key: str) -> ColumnElement[bool]:
    """The tab's condition. What is being sent counts where it came from."""
    has_id = Listing.tiktok_product_id.is_not(None)
    unsent = Listing.state.in_((ListingState.READY, ListingState.PUSHING))
    match key:
        case "synced":
            return or_(Listing.state.in_(_SENT), and_(unsent, has_id))
        case "not_synced":
            return or_(Listing.state == ListingState.DRAFT, and_(unsent, ~has_id))
        case "sync_failed":
            return and_(Listing.state == ListingState.NEEDS_ATTENTION, ~was_live())
        case "update_failed":
            return and_(Listing.state == ListingState.NEEDS_ATTENTION, was_live())
    return Listing.id.is_not(None)


def tab_counts(db: Session, shop_id: int) -> dict[str, int]:
    """How many products each tab has; they sum to ``all``."""
    which = case(*((in_tab(tab.key), tab.key) for tab in TABS[1:]), else_="all")
    rows = counted(
        db,
        select(which, func.count())
        .select_from(Listing)
        .join(StoreProduct, StoreProduct.id == Listing.product_id)
        .where(Listing.shop_id == shop_id, StoreProduct.gone_at.is_(None))
        .group_by(which),
    )
    found = {tab.key: 0 for tab in TABS}
    for key, n in rows:
        found[key] += n
    found["all"] = sum(n for _, n in rows)
    return found


STATUSES = (("live", "Live"), ("in_review", "In review"), ("off", "Off"), ("none", "Not on TikTok Shop"), ("waiting", "Changes waiting"))


def matching(shop_id: int, wanted: Mapping[str, Any]) -> Select[Any]:
    """Listings with their products that answer to tab, search text and filters of an address (PRD-17)."""
    query: Any = (
        select(Listing, StoreProduct)
        .join(StoreProduct, StoreProduct.id == Listing.product_id)
        .where(
            Listing.shop_id == shop_id,
            StoreProduct.gone_at.is_(None),
            # Said of the product too, so that the database can walk the product's own indexes in order.
            StoreProduct.connection_id == select(Shop.connection_id).where(Shop.id == shop_id).scalar_subquery(),
        )
    )
    tab = str(wanted.get("tab", ""))
    if tab and tab != "all":
        query = query.where(in_tab(tab))
    text = str(wanted.get("q", "")).strip()[:200]
    if text:
        like = f"%{text.replace(chr(92), chr(92) * 2).replace('%', chr(92) + '%').replace('_', chr(92) + '_')}%"
        query = query.where(
            or_(
                StoreProduct.title.ilike(like, escape="\\"),
                StoreProduct.sku.ilike(like, escape="\\"),
                Listing.tiktok_product_id == text,
                StoreProduct.external_id == text,
                StoreProduct.id.in_(select(StoreVariant.product_id).where(StoreVariant.sku.ilike(like, escape="\\"))),
            )
        )
    category = str(wanted.get("category", ""))
    if category:
        query = query.where(StoreProduct.category_id == ("" if category == "-" else category))
    match wanted.get("status"):
        case "live":
            query = query.where(Listing.state == ListingState.LIVE)
        case "in_review":
            query = query.where(Listing.state == ListingState.IN_REVIEW)
        case "off":
            query = query.where(Listing.state == ListingState.OFF)
        case "none":
            query = query.where(Listing.tiktok_product_id.is_(None))
        case "waiting":
            query = query.where(Listing.pending, Listing.tiktok_product_id.is_not(None))
        case None | "":
            pass
        case _:
            query = query.where(false())
    return query

"""Products: the list with its tabs, its bulk actions, the pull and the file (PUL-01 … PUL-03, PRD-01 … PRD-04, UPD-02).

One product's page is in `product.py`, mapping to a TikTok product that exists in `product_mapping.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from flask import Response, abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from admin import badges
from admin.base import Tab, csv_answer, may, needs, note_foreign, page_of, picked_ids, record, require, scope, with_args
from admin.counting import counted
from admin.formatting import plural, zone
from admin.listing_query import STATUSES, TABS, is_or_was_live, matching, tab_counts
from admin.product import OneProduct
from admin.product_mapping import ProductMapping
from admin.product_rows import product_rows, seller_center_url
from hub import clock
from hub.domain.tasks import Kind
from hub.flows import listings as listing_flows
from hub.flows import products as product_flows
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.models.tasks import Task

EXPORT_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class BulkAction:
    """Something done to many products at once. ``verb`` is the button; ``asks`` the sentence before it starts."""

    verb: str
    asks: str
    summary: str
    ability: str = "mend"
    listed_only: bool = False


ACTIONS: Mapping[str, BulkAction] = {
    "push": BulkAction("Push", "Push {n} to TikTok Shop?", "Push products"),
    "update_price": BulkAction("Update price", "Send today's prices of {n} to TikTok Shop?", "Update prices", listed_only=True),
    "update_stock": BulkAction("Update stock", "Send today's stock of {n} to TikTok Shop?", "Update stock", listed_only=True),
    "check": BulkAction("Check status", "Read the status of {n} from TikTok Shop?", "Check status", listed_only=True),
    "activate": BulkAction("Put on sale", "Put {n} on sale on TikTok Shop?", "Put on sale", "manage", True),
    "deactivate": BulkAction(
        "Take off sale", "Take {n} off sale on TikTok Shop? Buyers no longer see them.", "Take off sale", "manage", True
    ),
}


class Products(OneProduct, ProductMapping):
    """All screens about products."""

    section: ClassVar[str] = "products"
    needs_connection: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(name="Products", endpoint="products", url="/admin/products")

    @expose("/")
    def index(self) -> Any:
        """The list, by tab, search and filters."""
        chosen = scope()
        with self.read() as db:
            counts = tab_counts(db, chosen.shop_id)
            query = matching(chosen.shop_id, request.args).order_by(*_order(request.args.get("sort", "")))
            found, pager = page_of(db, query)
            rows = product_rows(db, chosen.shop, found)
            store_categories = counted(
                db,
                select(StoreProduct.category_id, func.max(StoreProduct.category_path), func.count())
                .where(StoreProduct.connection_id == chosen.connection_id, StoreProduct.gone_at.is_(None))
                .group_by(StoreProduct.category_id)
                .order_by(func.max(StoreProduct.category_path))
                .limit(300),
            )
            last_pull, pulled_before = counted(
                db,
                select(func.max(StoreProduct.pulled_at), func.count()).where(StoreProduct.connection_id == chosen.connection_id),
            )[0]
            running = db.scalars(
                select(Task)
                .where(
                    Task.connection_id == chosen.connection_id,
                    Task.shown,
                    Task.kind == Kind.PULL_PRODUCTS,
                    Task.state.in_(("queued", "running")),
                )
                .limit(1)
            ).first()
        current = request.args.get("tab") or "all"
        tabs = [
            Tab(t.title, url_for("products.index", **_kept(tab=t.key if t.key != "all" else None)), counts[t.key], t.need, t.key == current)
            for t in TABS
        ]
        filters = _filter_chips(store_categories)
        return self.render(
            "products/index.html",
            rows=rows,
            pager=pager,
            tabs=tabs,
            counts=counts,
            chosen=chosen,
            categories=store_categories,
            statuses=STATUSES,
            chips=filters,
            last_pull=last_pull,
            running=running,
            pulled_before=pulled_before,
            dates=_pull_dates(last_pull),
            actions=[(k, a) for k, a in ACTIONS.items() if may(a.ability)],
            seller_center=lambda listing: seller_center_url(chosen.shop, listing),
            dialog=request.args.get("dialog", ""),
            current_filter=request.query_string.decode(),
            filtered=bool(filters) or current != "all",
            by_title_url=with_args(sort="title", page=None),
        )

    @expose("/pull", methods=["POST"])
    @needs("mend")
    def pull(self) -> Any:
        """Starts a pull of what changed between two days, both included (PUL-02)."""
        chosen = scope()
        start, end = _day(request.form.get("start", "")), _day(request.form.get("end", ""))
        if start is None or end is None:
            flash("Choose both days, such as 2024-01-01.", "error")
            return redirect(url_for("products.index", dialog="pull"))
        if start > end:
            flash("The start is after the end. Choose an earlier start.", "error")
            return redirect(url_for("products.index", dialog="pull"))
        with self.db.write() as db:
            task = _pull_task(db, chosen.connection_id, start, end)
            record(db, "pull started", f"{start} to {end}", connection_id=chosen.connection_id)
            task_id = task.id
        return _started(task_id, "Pulling your products.")

    @expose("/bulk", methods=["POST"])
    def bulk(self) -> Any:
        """Does one action to the ticked products, or to all that match: then the number is counted again and asked for."""
        action = ACTIONS.get(request.form.get("action", ""))
        if action is None:
            abort(400)
        require(action.ability)
        chosen = scope()
        everything = request.form.get("all") == "1"
        wanted = MultiDict(_query(request.form.get("filter", "")))
        with self.read() as db:
            query = matching(chosen.shop_id, wanted) if everything else matching(chosen.shop_id, {}).where(Listing.id.in_(picked_ids()))
            if action.listed_only:
                left_out = (
                    db.scalar(select(func.count()).select_from(query.where(Listing.tiktok_product_id.is_(None)).order_by(None).subquery()))
                    or 0
                )
                query = query.where(Listing.tiktok_product_id.is_not(None))
            else:
                left_out = 0
            found = list(db.scalars(query.with_only_columns(Listing.id).order_by(Listing.id)))
            if not everything:
                note_foreign(db, Listing, picked_ids(), chosen.connection_id)
        if not found:
            flash("None of them is on TikTok Shop yet. Push them first." if left_out else "Tick at least one product.", "need")
            return redirect(url_for("products.index") + ("?" + request.form.get("filter", "") if request.form.get("filter") else ""))
        if request.form.get("confirmed") != "1" and (everything or left_out or request.form["action"] == "deactivate"):
            return self.render(
                "products/confirm.html",
                action=action,
                key=request.form["action"],
                n=len(found),
                left_out=left_out,
                everything=everything,
                ids=() if everything else found,
                filter=request.form.get("filter", ""),
                asks=action.asks.format(n=plural(len(found), "product")),
            )
        with self.db.write() as db:
            task_id = _fan_out(db, chosen.shop, request.form["action"], found)
            record(db, action.summary.lower(), plural(len(found), "product"), connection_id=chosen.connection_id)
        return _started(task_id, f"{action.verb}: {plural(len(found), 'product')}.")

    @expose("/export.csv")
    def export(self) -> Response:
        """The list as CSV, safe to open in a spreadsheet."""
        chosen = scope()
        with self.read() as db:
            found = db.execute(matching(chosen.shop_id, request.args).order_by(Listing.id).limit(EXPORT_ROWS)).all()
            rows = [
                (
                    p.title,
                    p.sku,
                    p.external_id,
                    p.category_path,
                    badges.sync(x.state, was_live=is_or_was_live(x)).word,
                    x.tiktok_product_id or "",
                    "; ".join(str(one.get("says", "")) for one in x.problems or ()),
                )
                for x, p in found
            ]
        return csv_answer("products", ("Title", "SKU", "Store product", "Category in store", "Sync", "TikTok product", "Problems"), rows)


def _pull_task(db: Session, connection_id: int, start: date, end: date) -> Task:
    """Submits the pull; from and to are days of the shop's zone, both included."""
    first = datetime.combine(start, time.min, tzinfo=zone())
    last = datetime.combine(end, time.max, tzinfo=zone()).replace(microsecond=0)
    return product_flows.submit_pull(db, connection_id, first, last, _who())


def _who() -> str:
    return str(current_user.email)


def _started(task_id: int, says: str) -> Any:
    address = url_for("tasks.page", task_id=task_id)
    flash(Markup('{} <a href="{}">Task {}</a>').format(says, address, task_id), "success")
    return redirect(address)


def _fan_out(db: Session, shop: Shop | None, key: str, ids: Sequence[int]) -> int:
    if shop is None:
        abort(404)
    match key:
        case "push":
            return listing_flows.submit_push(db, shop, ids, _who()).id
        case "update_price":
            return listing_flows.submit_prices(db, shop, ids, _who()).id
        case "update_stock":
            return listing_flows.submit_stocks(db, shop, ids, _who()).id
        case "check":
            return listing_flows.submit_checks(db, shop, ids, _who()).id
    return listing_flows.submit_active(db, shop, ids, key == "activate", _who()).id


def _order(sort: str) -> tuple[Any, ...]:
    match sort:
        case "title":
            return (StoreProduct.title, Listing.id)
        case "sku":
            return (StoreProduct.sku, Listing.id)
    return (Listing.updated_at.desc(), Listing.id.desc())


def _kept(**changes: Any) -> dict[str, Any]:
    """The address's filters with some changed; page and dialog never survive."""
    values: dict[str, Any] = {k: v for k, v in request.args.items() if k in ("q", "category", "status", "sort", "rows", "tab")}
    values.update(changes)
    return {k: v for k, v in values.items() if v}


def _query(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text)


def _filter_chips(categories: Sequence[Any]) -> list[tuple[str, str]]:
    """(what it says, address without it) for each filter that is on."""
    chips = []
    if q := request.args.get("q", "").strip():
        chips.append((f"“{q}”", with_args(q=None, page=None)))
    if category := request.args.get("category"):
        path = next((path for found, path, _ in categories if found == category), "No category" if category == "-" else category)
        chips.append((path or "No category", with_args(category=None, page=None)))
    if status := request.args.get("status"):
        chips.append((dict(STATUSES).get(status, status), with_args(status=None, page=None)))
    return chips


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _pull_dates(last_pull: Any) -> dict[str, str]:
    today = clock.now().astimezone(zone()).date()
    start = last_pull.astimezone(zone()).date() if last_pull else today.replace(year=today.year - 3, day=min(today.day, 28))
    return {
        "start": start.isoformat(),
        "end": today.isoformat(),
        "years": today.replace(year=today.year - 3, day=min(today.day, 28)).isoformat(),
        "week": (today - timedelta(days=7)).isoformat(),
        "last": start.isoformat() if last_pull else "",
    }

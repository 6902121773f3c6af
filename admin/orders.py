"""Orders: the list with its tabs, an order's own page with its money explained, the ledger, and missed orders
(ORD-03, ORD-08, ORD-10, FUL-01, MIS-01 … MIS-03, KNI-01)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from admin import asking, badges, links
from admin.badges import Badge
from admin.base import Page, Tab, csv_answer, find, hub, needs, note_foreign, page_of, picked_ids, record, scope
from admin.formatting import amount, plural, zone
from admin.links import Card
from admin.order_query import ORDER_TABS, SORTS, matching_orders, order_tab_counts
from admin.timeline import Moment
from hub import clock
from hub.domain.money import ZERO, from_minor
from hub.domain.orders import Order, OrderState
from hub.domain.tasks import Kind, Queue, connection_lane
from hub.errors import HubError
from hub.flows import ledger as ledger_flows
from hub.flows import missed as missed_flows
from hub.flows import order_links, tasks
from hub.models.connections import Connection
from hub.models.ledger import LedgerEntry, Verdict
from hub.models.listings import Listing
from hub.models.orders import EffectState, LinkState, OrderEffect, OrderEvent, OrderLink, OrderUnit
from hub.models.products import StoreVariant
from hub.models.shops import Shop
from hub.rules.orders import SKIPS

EXPORT_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A line of the list."""

    link: OrderLink
    total: str
    on_tiktok: Badge
    in_store: Badge
    late: Badge | None
    reason: str
    payment: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """Units of one SKU in an order, with where they are linked to."""

    title: str
    sku: str
    pieces: int
    list_price: Decimal
    discounts: Decimal
    paid: Decimal
    image_url: str
    listing_id: int | None
    cancelled: int

    @property
    def is_linked(self) -> bool:
        """Whether the store has this SKU."""
        return self.listing_id is not None


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """A line of "Money, explained"; a sum is drawn with a rule above it."""

    title: str
    value: Decimal
    note: str = ""
    is_sum: bool = False
    ok: bool | None = None


def explain_money(order: Order, store_total: Decimal | None) -> list[MoneyRow]:
    """From the list price to what the buyer paid and what the store holds; every step adds up to the cent.

    Where TikTok Shop's parts don't give its total, the rest stands on a line of its own: nothing is hidden.
    """
    shipping = order.shipping
    rows = [MoneyRow("List price", order.goods_gross, plural(len(order.lines), "piece"))]
    if order.seller_discount:
        rows.append(MoneyRow("Your discount", -order.seller_discount, "Paid by you"))
    if order.platform_discount:
        rows.append(MoneyRow("TikTok's discount", -order.platform_discount, "Paid by TikTok Shop, you get it back with the settlement"))
    if shipping.gross or shipping.net:
        rows.append(MoneyRow("Shipping", shipping.gross, shipping.title or order.delivery_option_name))
        for title, part in (
            ("Your shipping discount", shipping.seller_discount),
            ("TikTok's shipping discount", shipping.platform_discount),
            ("Shared shipping discount", shipping.cofunded_discount),
        ):
            if part:
                rows.append(MoneyRow(title, -part))
    rows += [MoneyRow(fee.title or fee.code.replace("_", " ").capitalize(), fee.amount) for fee in order.fees if fee.amount]
    parts = sum((row.value for row in rows), ZERO)
    if order.tax and parts + order.tax == order.total:
        rows.append(MoneyRow("Tax", order.tax, "Collected and paid by TikTok Shop" if order.region.upper() in ("US", "GB") else ""))
    elif parts != order.total:
        if order.tax and abs(parts + order.tax - order.total) < abs(parts - order.total):
            rows.append(MoneyRow("Tax", order.tax))
            parts += order.tax
        rows.append(MoneyRow("Other", order.total - parts, "In TikTok Shop's total, but in none of its fields"))
    rows.append(
        MoneyRow(
            "Buyer paid",
            order.total,
            f"Prices include {amount(order.tax, order.currency)} tax" if order.tax and parts == order.total else "",
            is_sum=True,
        )
    )
    if store_total is not None:
        difference = store_total - order.total
        note = (
            "Agrees to the cent."
            if not difference
            else f"{amount(abs(difference), order.currency)} {'more' if difference > 0 else 'less'} than the buyer paid."
        )
        rows.append(MoneyRow("Total in your store", store_total, note, ok=not difference))
    return rows


def _rows(found: Sequence[OrderLink], now: datetime) -> list[OrderRow]:
    return [
        OrderRow(
            link,
            amount(from_minor(link.total, link.currency), link.currency) if link.currency else "–",
            badges.order_on_tiktok(link.tiktok_state, cancel_requested=link.cancel_requested),
            badges.order_in_store(link.state),
            badges.ship_by(link.ship_by, now)
            if link.tiktok_state in (OrderState.AWAITING_SHIPMENT, OrderState.PARTIALLY_SHIPPING)
            else None,
            _reason(link),
            "Paid" if link.paid_at or link.tiktok_state not in (OrderState.UNPAID, OrderState.UNKNOWN, OrderState.CANCELLED) else "Unpaid",
        )
        for link in found
    ]


def _reason(link: OrderLink) -> str:
    """Why it needs somebody, in one line."""
    return str(link.problems[0].get("says", "")) if link.problems else ""


class Orders(Page):
    """All screens about orders."""

    section: ClassVar[str] = "orders"
    needs_connection: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(name="Orders", endpoint="orders", url="/admin/orders")

    @expose("/")
    def index(self) -> Any:
        """The list, by tab, number and sort."""
        chosen = scope()
        with self.read() as db:
            counts = order_tab_counts(db, chosen.shop_id)
            found, pager = page_of(db, matching_orders(chosen.shop_id, request.args))
            last = db.scalar(select(func.max(OrderLink.placed_at)).where(OrderLink.shop_id == chosen.shop_id))
        current = request.args.get("tab") or "all"
        q, sort = request.args.get("q") or None, request.args.get("sort") or None
        tabs = [
            Tab(
                t.title,
                url_for("orders.index", q=q, sort=sort, tab=t.key if t.key != "all" else None),
                counts[t.key],
                t.need,
                t.key == current,
            )
            for t in ORDER_TABS
        ]
        return self.render(
            "orders/index.html",
            rows=_rows([row[0] for row in found], clock.now()),
            pager=pager,
            tabs=tabs,
            counts=counts,
            sorts=SORTS,
            chosen=chosen,
            last=last,
            filtered=bool(request.args.get("q") or request.args.get("need")),
            query=request.query_string.decode(),
            skips=SKIPS,
        )

    @expose("/refresh", methods=["POST"])
    @needs("mend")
    def refresh(self) -> Any:
        """Fetches orders that changed since the last run (ORD-08)."""
        chosen = scope()
        if chosen.shop is None:
            abort(404)
        with self.db.write() as db:
            task = tasks.submit(
                db,
                Kind.SYNC_ORDERS,
                connection_id=chosen.connection_id,
                shop_id=chosen.shop_id,
                lane=connection_lane(chosen.connection_id, f"{Kind.SYNC_ORDERS}:{chosen.shop_id}"),
                queue=Queue.ORDERS,
                by=str(current_user.email),
                summary="Refresh orders",
                shown=True,
            )
            record(db, "orders refreshed", connection_id=chosen.connection_id)
            task_id = task.id
        return _to_task(task_id, "Asking TikTok Shop for changed orders.")

    @expose("/retry", methods=["POST"])
    @needs("mend")
    def retry(self) -> Any:
        """Brings the ticked orders (or one) up to date now: creates what is due, sends what was not taken."""
        chosen = scope()
        with self.read() as db:
            mine = OrderLink.connection_id == chosen.connection_id
            found = list(db.scalars(select(OrderLink.id).where(mine, OrderLink.id.in_(picked_ids()))))
            note_foreign(db, OrderLink, picked_ids(), chosen.connection_id)
        if not found:
            flash("Tick at least one order.", "need")
            return redirect(url_for("orders.index"))
        task_id = _relay(self, found, chosen.connection_id)
        if len(found) == 1 and task_id:
            return _to_task(task_id, "Trying this order again.")
        flash(
            Markup('Trying {} again. <a href="{}">See the tasks</a>').format(plural(len(found), "order"), url_for("tasks.index")), "success"
        )
        return redirect(url_for("orders.index"))

    @expose("/export.csv")
    def export(self) -> Any:
        """The list as CSV."""
        chosen = scope()
        with self.read() as db:
            found = db.scalars(matching_orders(chosen.shop_id, request.args).limit(EXPORT_ROWS)).all()
        rows = (
            (
                x.tiktok_order_id,
                x.placed_at.isoformat() if x.placed_at else "",
                from_minor(x.total, x.currency) if x.currency else "",
                x.currency,
                badges.order_on_tiktok(x.tiktok_state).word,
                badges.order_in_store(x.state).word,
                x.store_number,
                _reason(x),
            )
            for x in found
        )
        return csv_answer(
            "orders", ("TikTok order", "Ordered (UTC)", "Total", "Currency", "On TikTok Shop", "In store", "Store order", "Needs"), rows
        )

    @expose("/ledger")
    def ledger(self) -> Any:
        """Each TikTok order and what came of it."""
        chosen = scope()
        since = clock.now() - ledger_flows.WINDOW
        wanted = request.args.get("verdict", "")
        with self.read() as db:
            totals = ledger_flows.totals(db, shop_id=chosen.shop_id, start=since, end=clock.now())
            query = select(LedgerEntry).where(LedgerEntry.shop_id == chosen.shop_id, LedgerEntry.placed_at >= since)
            if wanted == "double":
                query = query.where(LedgerEntry.copies > 1)
            elif wanted in list(Verdict):
                query = query.where(LedgerEntry.verdict == Verdict(wanted))
            found, pager = page_of(db, query.order_by(LedgerEntry.placed_at.desc(), LedgerEntry.id.desc()))
            known = _links(db, chosen.shop_id, [row[0].tiktok_order_id for row in found])
        names = (
            ("", "All", totals.seen, False),
            ("created", "In your store", totals.created, False),
            ("not_due", "Not due yet", totals.not_due, False),
            ("failed", "Failed", totals.failed, True),
            ("missing", "Missing", totals.missing, True),
            ("double", "Double", totals.double, True),
        )
        tabs = [Tab(title, url_for("orders.ledger", verdict=key or None), n, need, key == wanted) for key, title, n, need in names]
        return self.render(
            "orders/ledger.html",
            entries=[row[0] for row in found],
            pager=pager,
            tabs=tabs,
            totals=totals,
            known=known,
            chosen=chosen,
            looks=_VERDICTS,
            skips=SKIPS,
        )

    @expose("/reconcile", methods=["POST"])
    @needs("mend")
    def reconcile(self) -> Any:
        """Counts both sides again, now."""
        chosen = scope()
        with self.db.write() as db:
            task_id = ledger_flows.submit_reconcile(db, chosen.connection_id, by=str(current_user.email)).id
        return _to_task(task_id, "Counting both sides again.")

    @expose("/<int:link_id>/")
    def page(self, link_id: int) -> Any:
        """The order's page: both sides, items, money, packages, what happened."""
        with self.read() as db:
            link = find(db, OrderLink, link_id)
            shop = db.get_one(Shop, link.shop_id)
            connection = db.get_one(Connection, link.connection_id)
            events = db.scalars(
                select(OrderEvent).where(OrderEvent.link_id == link.id).order_by(OrderEvent.at.desc(), OrderEvent.id.desc()).limit(300)
            ).all()
            effects = db.scalars(select(OrderEffect).where(OrderEffect.link_id == link.id).order_by(OrderEffect.at)).all()
            entry = db.scalars(
                select(LedgerEntry).where(LedgerEntry.shop_id == link.shop_id, LedgerEntry.tiktok_order_id == link.tiktok_order_id)
            ).first()
            order = order_links.order_of(link) if link.order else None
            lines = _lines(db, link, order) if order else []
        store_total = from_minor(link.store_total, link.currency) if link.store_total is not None and link.currency else None
        cards = links.cards(link.problems, order_id=link.id)
        row = _rows([link], clock.now())[0]
        return self.render(
            "orders/page.html",
            link=link,
            row=row,
            order=order,
            lines=lines,
            cards=[card for card in cards if card.code != "carrier.unmapped"],
            carriers=[_carrier_in(card.says) for card in cards if card.code == "carrier.unmapped"],
            providers=sorted(((str(p.get("id", "")), str(p.get("name", ""))) for p in shop.providers or ()), key=lambda p: p[1].lower()),
            has_shipped=any(card.code.startswith(("carrier", "shipment")) for card in cards),
            shop=shop,
            connection=connection,
            money_rows=explain_money(order, store_total) if order else [],
            packages=_packages(link, order, effects),
            timeline=[_moment(e) for e in events],
            bridge=_bridge(link, cards),
            entry=entry,
            skip=SKIPS.get(link.reason, ""),
            seller_center=_seller_center(shop, link),
            refunded=from_minor(link.refunded, link.currency) if link.refunded else ZERO,
        )


_VERDICTS = {
    Verdict.CREATED: Badge("In your store", "ok", "s-ok"),
    Verdict.NOT_DUE: Badge("Not due yet", "idle", "s-wait"),
    Verdict.FAILED: Badge("Failed", "need", "s-need"),
    Verdict.MISSING: Badge("Missing", "stop", "s-stop"),
}


class Missed(Page):
    """Paid orders that wait for shipment and are not in the store: found by time, sent with one button."""

    section: ClassVar[str] = "orders"
    needs_connection: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(name="Missed orders", endpoint="missed", url="/admin/orders/missed")

    @expose("/")
    def index(self) -> Any:
        """Asks TikTok Shop which orders of these days await shipment, and lists those that the store lacks (MIS-01, MIS-03)."""
        chosen = scope()
        start, end = _range()
        asked = "start" in request.args
        found: list[missed_flows.Missed] = []
        problem = ""
        if start > end:
            problem = "The start is after the end. Choose an earlier start."
        elif asked and chosen.shop is not None:
            try:
                with asking.patience(asking.SEVERAL_S):
                    found = missed_flows.find_missed(hub(), chosen.shop_id, *_moments(start, end))
            except HubError as error:
                problem = asking.why_not(error, "TikTok Shop") + " Fewer days are found faster; Sync all missed orders works in the background."
        with self.read() as db:
            known = _links(db, chosen.shop_id, [one.order_id for one in found])
        return self.render(
            "orders/missed.html",
            found=found,
            known=known,
            asked=asked and not problem,
            problem=problem,
            start=start.isoformat(),
            end=end.isoformat(),
            chosen=chosen,
        )

    @expose("/sync", methods=["POST"])
    @needs("mend")
    def sync(self) -> Any:
        """Asks TikTok Shop for the range and creates every order that is missing, each once (MIS-02)."""
        chosen = scope()
        start, end = _range()
        if start > end or chosen.shop is None:
            flash("The start is after the end. Choose an earlier start.", "error")
            return redirect(url_for("missed.index"))
        with self.db.write() as db:
            shop = db.get_one(Shop, chosen.shop_id)
            task_id = missed_flows.submit_missed(db, shop, *_moments(start, end), str(current_user.email)).id
            record(db, "missed orders synced", f"{start} to {end}", connection_id=chosen.connection_id)
        return _to_task(task_id, "Looking for missed orders and creating them.")


def _links(db: Session, shop_id: int, numbers: Sequence[str]) -> dict[str, int]:
    """Our page of each TikTok order that we know."""
    query = select(OrderLink.tiktok_order_id, OrderLink.id).where(OrderLink.shop_id == shop_id, OrderLink.tiktok_order_id.in_(numbers))
    return {number: link_id for number, link_id in db.execute(query)}


def _moments(start: date, end: date) -> tuple[datetime, datetime]:
    return datetime.combine(start, time.min, tzinfo=zone()), datetime.combine(end, time.max, tzinfo=zone()).replace(microsecond=0)


def _range() -> tuple[date, date]:
    today = clock.now().astimezone(zone()).date()

    def read(name: str, default: date) -> date:
        try:
            return date.fromisoformat((request.values.get(name) or "").strip())
        except ValueError:
            return default

    return read("start", today - timedelta(days=7)), read("end", today)


def _to_task(task_id: int, says: str) -> Any:
    address = url_for("tasks.page", task_id=task_id)
    flash(says, "success")
    return redirect(address)


def _relay(page: Page, found: Sequence[int], connection_id: int) -> int:
    task_id = 0
    who = str(current_user.email)
    with page.db.write() as db:
        links_ = [db.get_one(OrderLink, link_id) for link_id in found]
        for link in links_:
            task_id = missed_flows.retry(db, link, who).id
        record(db, "orders retried", ", ".join(link.tiktok_order_id for link in links_)[:200], connection_id=connection_id)
    return task_id


def _lines(db: Session, link: OrderLink, order: Order) -> list[LineRow]:
    linked = {unit.line_id: unit for unit in db.scalars(select(OrderUnit).where(OrderUnit.link_id == link.id))}
    variant_ids = {unit.variant_id for unit in linked.values() if unit.variant_id}
    listing_of = {
        variant_id: listing_id
        for variant_id, listing_id in db.execute(
            select(StoreVariant.id, Listing.id)
            .join(Listing, and_(Listing.product_id == StoreVariant.product_id, Listing.shop_id == link.shop_id))
            .where(StoreVariant.id.in_(variant_ids))
        )
    }
    groups: dict[tuple[str, Decimal, Decimal], list[Any]] = {}
    for line in order.lines:
        groups.setdefault((line.tiktok_sku_id, line.original_price, line.sale_price), []).append(line)
    rows = []
    for lines in groups.values():
        first = lines[0]
        unit = linked.get(first.line_id)
        rows.append(
            LineRow(
                f"{first.title}{' · ' + first.variant_title if first.variant_title and first.variant_title.lower() != 'default' else ''}",
                first.seller_sku,
                len(lines),
                first.original_price,
                -sum((x.seller_discount + x.platform_discount for x in lines), ZERO),
                sum((x.sale_price for x in lines), ZERO),
                first.image_url,
                listing_of.get(unit.variant_id) if unit and unit.variant_id else None,
                sum(x.state is OrderState.CANCELLED for x in lines),
            )
        )
    return rows


def _packages(link: OrderLink, order: Order | None, effects: Sequence[OrderEffect]) -> list[dict[str, str]]:
    """Parcels as known, from whichever side made them, and whether the other side was told."""
    told = {str(e.key): e for e in effects}
    found = [
        {
            "carrier": p.get("carrier", ""),
            "tracking": p.get("number", ""),
            "number": p.get("id", ""),
            "told": _told(told.get(str(p.get("id", "")))),
        }
        for p in link.parcels or ()
    ]
    if not found and order is not None:
        for number in dict.fromkeys(line.tracking_number for line in order.lines if line.tracking_number):
            line = next(x for x in order.lines if x.tracking_number == number)
            found.append(
                {"carrier": line.provider_name, "tracking": number, "number": line.package_id, "told": _told(told.get(line.package_id))}
            )
    return found


def _told(effect: OrderEffect | None) -> str:
    if effect is None:
        return ""
    return {
        EffectState.DONE: "Yes",
        EffectState.REFUSED: "Refused",
        EffectState.INTENDED: "On its way",
    }[effect.state]


def _carrier_in(says: str) -> str:
    """The carrier as the store writes it: it stands in quotes in the problem's sentence."""
    return says.partition("“")[2].partition("”")[0]


def _bridge(link: OrderLink, cards: Sequence[Card]) -> str:
    """What is missing between both sides, named; empty when the bridge is whole."""
    if any(c.code.startswith(("carrier", "shipment")) for c in cards):
        return "tracking missing"
    if any(c.code.startswith("order.unlinked") for c in cards):
        return "SKU not linked"
    if link.state is LinkState.NEEDS_ATTENTION:
        return "needs you"
    return "" if link.store_order_id else "not in your store yet"


def _seller_center(shop: Shop, link: OrderLink) -> str:
    host = "seller-us.tiktok.com" if shop.region.upper() == "US" else f"seller-{shop.region.lower()}.tiktok.com"
    return f"https://{host}/order/detail?order_no={link.tiktok_order_id}"


_LOOKS: Mapping[str, tuple[str, str]] = {
    "needs_attention": ("need", "s-need"),
    "try_failed": ("need", "s-need"),
    "created": ("ok", "s-ok"),
    "found": ("ok", "s-ok"),
    "waits": ("idle", "s-hold"),
    "shipped": ("move", "s-ship"),
    "cancelled": ("idle", "s-cancel"),
    "refunded": ("idle", "undo"),
    "tiktok": ("idle", "s-info"),
}


def _moment(event: OrderEvent) -> Moment:
    tone, icon = _LOOKS.get(event.what, ("idle", "s-info"))
    raw = "\n".join(f"{k}: {v}" for k, v in (event.data or {}).items())
    return Moment(
        event.at,
        event.says or event.what.replace("_", " ").capitalize(),
        "",
        tone,
        icon,
        raw,
        url_for("tasks.page", task_id=event.task_id) if event.task_id else "",
        f"Task {event.task_id}" if event.task_id else "",
    )

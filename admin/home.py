"""A connection's home: every order accounted for, what needs a person, counts, next steps (HOM-01 … HOM-03, CON-09)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from flask import redirect, request, url_for
from flask_admin import AdminIndexView, expose
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from admin import badges
from admin import tasks as task_words
from admin.badges import Badge
from admin.base import Guarded, Scope, database, may, scope
from admin.formatting import ago, day, plural, zone
from admin.frame import platform_title
from admin.listing_query import TABS, tab_counts
from admin.order_query import ORDER_TABS, needs_you, order_tab_counts
from hub import clock
from hub.models.categories import CategoryMapping
from hub.models.connections import ConnectionState, Watermark
from hub.models.ledger import LedgerEntry, Verdict
from hub.models.listings import Listing
from hub.models.orders import LinkState, OrderLink
from hub.models.products import StoreProduct, StoreVariant
from hub.models.tasks import Task

DAYS = 30


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the ledger; everything below the line adds up to what came in above it."""

    at: date
    seen: int
    created: int
    not_due: int
    need: int


@dataclass(frozen=True, slots=True)
class LedgerShown:
    """The ledger as it is drawn: seen = created + not due + failed + missing."""

    seen: int
    created: int
    not_due: int
    failed: int
    missing: int
    double: int
    days: tuple[Day, ...]
    counted: str
    is_fresh: bool

    @property
    def need(self) -> int:
        """Orders that stand nowhere until somebody acts."""
        return self.failed + self.missing

    @property
    def highest(self) -> int:
        """The tallest day, for the scale."""
        return max((d.seen for d in self.days), default=0) or 1


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing that needs a person, with its button; most urgent first."""

    badge: Badge
    says: str
    text: str
    url: str
    verb: str


@dataclass(frozen=True, slots=True)
class Step:
    """A first step: done, next, or later."""

    title: str
    text: str
    done: bool
    url: str = ""
    verb: str = ""


def ledger_of(db: Session, chosen: Scope) -> LedgerShown:
    """Counts the ledger's entries of the last 30 days, by day of the shop's zone."""
    since = clock.now() - timedelta(days=DAYS)
    rows = db.execute(
        select(LedgerEntry.placed_at, LedgerEntry.verdict, LedgerEntry.copies).where(
            LedgerEntry.shop_id == chosen.shop_id, LedgerEntry.placed_at >= since
        )
    ).all()
    counted_at = db.scalar(select(func.max(LedgerEntry.counted_at)).where(LedgerEntry.shop_id == chosen.shop_id))
    mark = db.scalar(
        select(func.max(Watermark.at)).where(Watermark.connection_id == chosen.connection_id, Watermark.name.like("reconcile%"))
    )
    counted_at = max(filter(None, (counted_at, mark)), default=None)
    today = clock.now().astimezone(zone()).date()
    days = {today - timedelta(days=back): [0, 0, 0, 0] for back in range(DAYS - 1, -1, -1)}
    total = dict.fromkeys(Verdict, 0)
    for placed_at, verdict, _copies in rows:
        total[verdict] += 1
        bars = days.get(placed_at.astimezone(zone()).date())
        if bars is not None:
            bars[0] += 1
            bars[{Verdict.CREATED: 1, Verdict.NOT_DUE: 2}.get(verdict, 3)] += 1
    return LedgerShown(
        seen=len(rows),
        created=total[Verdict.CREATED],
        not_due=total[Verdict.NOT_DUE],
        failed=total[Verdict.FAILED],
        missing=total[Verdict.MISSING],
        double=sum(1 for row in rows if row.copies > 1),
        days=tuple(Day(at, *bars) for at, bars in days.items()),
        counted=ago(counted_at),
        is_fresh=counted_at is not None and clock.now() - counted_at < timedelta(minutes=15),
    )


class Home(Guarded, AdminIndexView):
    """Home, and the search over everything."""

    section: ClassVar[str] = "home"

    def __init__(self) -> None:
        super().__init__(name="Home", endpoint="home", url="/admin")

    def is_visible(self) -> bool:
        """Our own menu is drawn by `admin.frame`."""
        return False

    @expose("/")
    def index(self) -> Any:
        """The connection's home; without a connection, the list where one begins."""
        chosen = scope()
        if chosen.connection is None:
            return redirect(url_for("connections.index"))
        with database().read() as db:
            ledger = ledger_of(db, chosen)
            products = tab_counts(db, chosen.shop_id)
            orders = order_tab_counts(db, chosen.shop_id)
            todo = _todo(db, chosen, ledger, products)
            steps = _first_steps(db, chosen, products, orders)
            latest = [
                (task, task_words.name_of(task), badges.task(task.state, task.outcome, attempts=task.attempts + task.tries))
                for task in db.scalars(
                    select(Task).where(Task.connection_id == chosen.connection_id, Task.shown).order_by(Task.id.desc()).limit(5)
                )
            ]
            last_order = db.scalar(select(func.max(OrderLink.placed_at)).where(OrderLink.shop_id == chosen.shop_id))
        connection = chosen.connection
        return self.render(
            "home.html",
            ledger=ledger,
            todo=todo,
            latest=latest,
            steps=steps,
            steps_done=sum(s.done for s in steps),
            products=[(tab, products[tab.key]) for tab in TABS[1:]],
            products_all=products["all"],
            orders=[(tab, orders[tab.key]) for tab in ORDER_TABS[1:]],
            orders_all=orders["all"],
            last_order=last_order,
            chosen=chosen,
            store_title=platform_title(connection.platform),
            badge=badges.connection(connection.state),
            today=ledger.days[-1].at,
            first_day=day_name(ledger.days[0].at),
            middle_day=day_name(ledger.days[DAYS // 2].at),
        )

    @expose("/search")
    def search(self) -> Any:
        """Finds an order by its number, else a product by SKU, title or number."""
        text = request.args.get("q", "").strip()[:200]
        chosen = scope()
        if not text or chosen.connection is None:
            return redirect(url_for("products.index"))
        with database().read() as db:
            link_id = db.scalar(
                select(OrderLink.id)
                .where(
                    OrderLink.connection_id == chosen.connection_id, or_(OrderLink.tiktok_order_id == text, OrderLink.store_number == text)
                )
                .limit(1)
            )
            listing_id = (
                db.scalar(
                    select(Listing.id)
                    .join(StoreProduct, StoreProduct.id == Listing.product_id)
                    .where(
                        Listing.shop_id == chosen.shop_id,
                        or_(
                            Listing.tiktok_product_id == text,
                            StoreProduct.sku == text,
                            StoreProduct.id.in_(
                                select(StoreVariant.product_id).where(
                                    StoreVariant.connection_id == chosen.connection_id, StoreVariant.sku == text
                                )
                            ),
                        ),
                    )
                    .limit(1)
                )
                if link_id is None
                else None
            )
        if link_id is not None:
            return redirect(url_for("orders.page", link_id=link_id))
        if listing_id is not None:
            return redirect(url_for("products.page", listing_id=listing_id))
        return redirect(url_for("products.index", q=text))


def day_name(at: date) -> str:
    """``22 Oct``."""
    return f"{at.day} {at.strftime('%b')}"


def _todo(db: Session, chosen: Scope, ledger: LedgerShown, products: dict[str, int]) -> list[Todo]:
    now, found = clock.now(), []
    late = db.execute(
        select(func.count(), func.min(OrderLink.ship_by)).where(
            OrderLink.shop_id == chosen.shop_id,
            OrderLink.state.in_((LinkState.IN_STORE, LinkState.NEEDS_ATTENTION, LinkState.CREATING)),
            OrderLink.ship_by < now + timedelta(hours=24),
            OrderLink.tiktok_state.in_(("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING")),
        )
    ).one()
    if late[0]:
        verb = "must ship" if late[0] > 1 else "must ship"
        found.append(
            Todo(
                Badge("", "stop", "s-stop"),
                f"{plural(late[0], 'order')} {verb} within 24 hours",
                "After that TikTok Shop counts them as late.",
                url_for("orders.index", sort="ship_by", tab="unfulfilled"),
                "See them",
            )
        )
    if ledger.missing:
        found.append(
            Todo(
                Badge("", "stop", "s-stop"),
                f"{plural(ledger.missing, 'order')} of TikTok Shop {'is' if ledger.missing == 1 else 'are'} not in your store",
                "They are paid. Look for missed orders creates them now.",
                url_for("missed.index"),
                "Look for missed orders",
            )
        )
    if ledger.double:
        found.append(
            Todo(
                Badge("", "stop", "s-stop"),
                f"{plural(ledger.double, 'order')} {'stands' if ledger.double == 1 else 'stand'} in your store more than once",
                "Cancel the extra ones in your store.",
                url_for("orders.index", need="double"),
                "See them",
            )
        )
    waiting = (
        db.scalar(
            select(func.count())
            .select_from(OrderLink)
            .where(OrderLink.connection_id == chosen.connection_id, OrderLink.shop_id == chosen.shop_id, needs_you())
        )
        or 0
    )
    if waiting:
        found.append(
            Todo(
                Badge("", "need", "s-need"),
                f"{plural(waiting, 'order')} {'needs' if waiting == 1 else 'need'} you",
                "Each says what is missing and how to mend it.",
                url_for("orders.index", need="1"),
                "See them",
            )
        )
    failed = products["sync_failed"] + products["update_failed"]
    if failed:
        found.append(
            Todo(
                Badge("", "need", "s-need"),
                f"{plural(failed, 'product')} {'needs' if failed == 1 else 'need'} you before TikTok Shop takes {'it' if failed == 1 else 'them'}",
                "The reason stands at each, with a button that leads to the mend.",
                url_for("products.index", tab="sync_failed" if products["sync_failed"] else "update_failed"),
                "See them",
            )
        )
    unmapped = (
        db.scalar(
            select(func.count())
            .select_from(CategoryMapping)
            .where(CategoryMapping.shop_id == chosen.shop_id, CategoryMapping.confirmed_at.is_(None))
        )
        or 0
    )
    if unmapped:
        found.append(
            Todo(
                Badge("", "need", "s-need"),
                f"{plural(unmapped, 'category', 'categories')} of your store {'waits' if unmapped == 1 else 'wait'} for your word",
                "We suggest a TikTok Shop category; you confirm it or choose another.",
                url_for("mappings.index"),
                "Open Mappings",
            )
        )
    return found


def _first_steps(db: Session, chosen: Scope, products: dict[str, int], orders: dict[str, int]) -> list[Step]:
    """Shown until all five are done."""
    connection = chosen.connection
    assert connection is not None
    connected = connection.state is not ConnectionState.SETUP and chosen.shop is not None
    pulled = products["all"] > 0
    mapped = (
        db.scalar(
            select(func.count())
            .select_from(CategoryMapping)
            .where(CategoryMapping.shop_id == chosen.shop_id, CategoryMapping.confirmed_at.is_not(None))
        )
        or 0
    ) > 0
    pushed = products["synced"] + products["update_failed"] > 0
    steps = [
        Step(
            "Connect your store and TikTok Shop",
            "About 10 minutes.",
            connected,
            url_for("wizard.resume", connection_id=connection.id) if may("manage") else "",
            "Go on",
        ),
        Step(
            "Pull your products",
            "About a minute for 200 products. Nothing is sent to TikTok Shop.",
            pulled,
            url_for("products.index", dialog="pull"),
            "Pull products",
        ),
        Step("Match your categories", "We suggest; you confirm.", mapped, url_for("mappings.index"), "Open Mappings"),
        Step(
            "Push your first product", "Start with one and look at it on TikTok Shop.", pushed, url_for("products.index"), "Open Products"
        ),
        Step("Get your first order", "It appears here and in your store within a minute.", orders["all"] > 0),
    ]
    return [] if all(s.done for s in steps) else steps


__all__ = ["DAYS", "Home", "day", "ledger_of"]

"""Products: the list with its tabs, bulk actions, a product's own page, and mapping to a TikTok product that exists
(PUL-01 … PUL-03, PRD-01 … PRD-17, UPD-02, MAP-01 … MAP-03, CAT-10, CAT-11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from flask import Response, abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from admin import badges, links
from admin.badges import Badge
from admin.base import (
    Page,
    Tab,
    as_id,
    csv_answer,
    denied,
    find,
    hub,
    may,
    needs,
    note_foreign,
    page_of,
    picked_ids,
    record,
    require,
    scope,
    with_args,
)
from admin.counting import counted
from admin.formatting import plural, price_range, zone
from admin.forms import Field, filled, whole_number
from admin.links import Card
from admin.listing_query import STATUSES, TABS, is_or_was_live, matching, tab_counts
from hub import clock
from hub.domain.listings import ListingState
from hub.domain.money import from_micro
from hub.domain.tasks import Kind
from hub.errors import HubError
from hub.flows import categories as category_flows
from hub.flows import listings as listing_flows
from hub.flows import products as product_flows
from hub.flows.settings import settings_of
from hub.models.categories import CategoryMapping, TikTokCategory
from hub.models.listings import Listing, ListingEvent, ListingSku
from hub.models.products import StoreOffer, StoreProduct, StoreVariant
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


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A variant on both sides."""

    id: int
    name: str
    sku: str
    sku_id: str
    price: Decimal | None
    stock: int | None
    sent_price: Decimal | None
    sent_stock: int | None
    badge: Badge
    active: bool
    currency: str


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A line of the list."""

    listing: Listing
    product: StoreProduct
    prices: str
    stock: int | None
    sync: Badge
    on_tiktok: Badge
    cards: Sequence[Card]
    tags: Sequence[tuple[str, str]]
    variants: Sequence[VariantRow] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of "Why is this value here?": who could have set it, what it says there, whether it won."""

    level: str
    text: str
    used: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A value on both sides, and where ours comes from (CAT-09)."""

    name: str
    ours: str
    theirs: str
    why: str
    ladder: Sequence[Rung] = ()
    change_url: str = ""

    @property
    def differs(self) -> bool:
        """Marked on the page. What we don't know of TikTok's side is no difference."""
        return bool(self.theirs) and self.ours != self.theirs


@dataclass(frozen=True, slots=True)
class Moment:
    """An entry of a timeline."""

    at: Any
    title: str
    text: str = ""
    tone: str = "idle"
    icon: str = "s-info"
    raw: str = ""
    link: str = ""
    link_text: str = ""


class Products(Page):
    """All screens about products."""

    section: ClassVar[str] = "products"
    needs_connection: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(name="Products", endpoint="products", url="/admin/products")

    # -- the list

    @expose("/")
    def index(self) -> Any:
        """The list, by tab, search and filters."""
        chosen = scope()
        with self.read() as db:
            counts = tab_counts(db, chosen.shop_id)
            query = matching(chosen.shop_id, request.args).order_by(*_order(request.args.get("sort", "")))
            found, pager = page_of(db, query)
            rows = _rows(db, chosen.shop, found)
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

    # -- one product

    @expose("/<int:listing_id>/")
    def page(self, listing_id: int) -> Any:
        """The product's page: problems, both sides, variants, what happened."""
        with self.read() as db:
            listing = find(db, Listing, listing_id)
            product = db.get_one(StoreProduct, listing.product_id)
            shop = scope().shop
            mapping = _mapping(db, listing.shop_id, product)
            category_id = product.hub_category_id or (confirmed(mapping))
            category = _category(db, listing.shop_id, category_id)
            variants = _variants(db, shop, [listing], [product.id]).get(product.id, [])
            events = db.scalars(
                select(ListingEvent)
                .where(ListingEvent.listing_id == listing.id)
                .order_by(ListingEvent.at.desc(), ListingEvent.id.desc())
                .limit(200)
            ).all()
            compared = _both_sides(product, shop, mapping, category, variants)
        row = ProductRow(
            listing,
            product,
            "",
            None,
            badges.sync(listing.state, was_live=is_or_was_live(listing), changes_pending=listing.pending),
            _tiktok_badge(listing),
            _cards_here(listing),
            (),
        )
        return self.render(
            "products/page.html",
            row=row,
            listing=listing,
            product=product,
            shop=shop,
            compared=compared,
            variants=variants,
            timeline=[_moment(e) for e in events],
            category=category,
            mapping=mapping,
            chosen=scope(),
            seller_center=seller_center_url(shop, listing),
            own=_own_fields(product),
            stale=_is_empty(listing),
        )

    @expose("/<int:listing_id>/values", methods=["POST"])
    @needs("mend")
    def values(self, listing_id: int) -> Any:
        """Saves a person's own values for TikTok Shop; an empty one gives way to category, shop or store (CAT-09)."""
        with self.read() as db:
            listing = find(db, Listing, listing_id)
            product_id = listing.product_id
        form, errors = request.form, {}
        package: dict[str, Any] = {}
        for name, what in (("length", "Length"), ("width", "Width"), ("height", "Height")):
            number, wrong = whole_number(form.get(name, ""), what)
            if wrong:
                errors[name] = wrong
            elif number is not None:
                package[name] = number
        title = form.get("hub_title", "").strip()
        if len(title) > 255:
            errors["hub_title"] = f"{len(title)} characters; TikTok Shop takes 255."
        if errors:
            for message in errors.values():
                flash(message, "error")
            return redirect(url_for("products.page", listing_id=listing_id))
        with self.db.write() as db:
            product = db.get_one(StoreProduct, product_id)
            before = {"title": product.hub_title, "package": product.hub_package}
            product.hub_title, product.hub_package = title, package
            _changed(db, listing_id)
            after = {"title": product.hub_title, "package": product.hub_package}
            _tell(db, listing_id, "values", "changed the values for TikTok Shop")
            record(db, "product values changed", product.title, before, after, product.connection_id)
        flash("Saved. Push the product to send it.", "success")
        return redirect(url_for("products.page", listing_id=listing_id))

    @expose("/<int:listing_id>/category", methods=["GET", "POST"])
    def own_category(self, listing_id: int) -> Any:
        """A TikTok category for this product alone (CAT-10); only lowest-level ones can be chosen (CAT-02)."""
        with self.read() as db:
            listing = find(db, Listing, listing_id)
            product = db.get_one(StoreProduct, listing.product_id)
            mapping = _mapping(db, listing.shop_id, product)
            current = _category(db, listing.shop_id, product.hub_category_id)
            inherited = _category(db, listing.shop_id, confirmed(mapping))
        if request.method == "POST":
            require("mend")
            chosen_id = request.form.get("category_id", "").strip()
            with self.db.write() as db:
                picked = _category(db, listing.shop_id, chosen_id)
                if chosen_id and (picked is None or not picked.is_leaf):
                    flash("Choose a category without further levels below it.", "error")
                    return redirect(url_for("products.own_category", listing_id=listing_id))
                product = db.get_one(StoreProduct, listing.product_id)
                before, product.hub_category_id = product.hub_category_id, chosen_id
                _changed(db, listing_id)
                _tell(
                    db,
                    listing_id,
                    "category",
                    f"chose the category {picked.path}" if picked else "went back to the category of the mapping",
                )
                record(db, "product category changed", product.title, {"category": before}, {"category": chosen_id}, product.connection_id)
            flash("Saved. Push the product to send it.", "success")
            return redirect(url_for("products.page", listing_id=listing_id))
        return self.render("products/category.html", listing=listing, product=product, current=current, inherited=inherited)

    @expose("/<int:listing_id>/attributes", methods=["GET", "POST"])
    def attributes(self, listing_id: int) -> Any:
        """What the category asks of this product; a value here wins over the category's and the shop's."""
        with self.read() as db:
            listing = find(db, Listing, listing_id)
            product = db.get_one(StoreProduct, listing.product_id)
            mapping = _mapping(db, listing.shop_id, product)
            category_id = product.hub_category_id or (confirmed(mapping))
            category = _category(db, listing.shop_id, category_id)
        asked = asked_attributes(listing.shop_id, category_id) if category else []
        if request.method == "POST":
            require("mend")
            values = typed_attributes(asked, request.form)
            with self.db.write() as db:
                product = db.get_one(StoreProduct, listing.product_id)
                before, product.hub_attributes = product.hub_attributes, values
                product.hub_brand_id, product.hub_brand_name = picked_brand(request.form)
                _changed(db, listing_id)
                _tell(db, listing_id, "attributes", "filled in attributes")
                record(db, "product attributes changed", product.title, before, values, product.connection_id)
            flash("Saved. Push the product to send it.", "success")
            return redirect(url_for("products.page", listing_id=listing_id))
        inherited = mapping.attributes if mapping else {}
        return self.render(
            "products/attributes.html",
            listing=listing,
            product=product,
            category=category,
            asked=asked,
            values=product.hub_attributes or {},
            inherited=inherited or {},
            store_attributes=sorted((product.data or {}).get("attributes", {})),
            brand=(product.hub_brand_id, product.hub_brand_name),
            inherited_brand=mapping.brand_name if mapping else "",
        )

    @expose("/categories")
    def find_category(self) -> Any:
        """Lowest-level categories that match what is typed, as a list to choose from."""
        chosen = scope()
        with self.read() as db:
            found = category_flows.leaf_search(db, chosen.shop_id, request.args.get("q", "")[:100], 30)
        return self.render("products/_categories.html", found=found, q=request.args.get("q", ""))

    @expose("/brands")
    def find_brand(self) -> Any:
        """Brands of TikTok Shop that match what is typed."""
        chosen = scope()
        text = request.args.get("q", "").strip()[:100]
        try:
            found = category_flows.brands(hub(), chosen.shop_id, text) if text and chosen.shop else []
            problem = ""
        except HubError as error:
            found, problem = [], error.says
        return self.render("products/_brands.html", found=found, q=text, problem=problem)

    # -- mapping to a TikTok product that exists

    @expose("/<int:listing_id>/map", methods=["GET", "POST"])
    def map(self, listing_id: int) -> Any:
        """Finds a TikTok product by its number and links each of its SKUs to a variant (MAP-01 … MAP-03)."""
        with self.read() as db:
            listing = find(db, Listing, listing_id)
            product = db.get_one(StoreProduct, listing.product_id)
            variants = _variants(db, scope().shop, [listing], [product.id]).get(product.id, [])
        number = (request.values.get("tiktok_product_id") or "").strip()
        theirs, problem = None, ""
        if number:
            try:
                theirs = (
                    listing_flows.look_up(hub(), listing.shop_id, number)
                    if number.isascii() and number.isdigit() and len(number) < 30
                    else None
                )
                problem = (
                    ""
                    if theirs
                    else "This shop has no product with that number. Copy the number from Seller Center, and check the country above."
                )
            except HubError as error:
                problem = error.says
        if request.method == "POST" and theirs is not None:
            require("mend")
            pairs = {sku.sku_id: as_id(request.form.get(f"sku-{sku.sku_id}", "")) for sku in theirs.skus}
            used = [v for v in pairs.values() if v]
            if not used:
                problem = "Choose a variant for at least one SKU."
            elif len(used) != len(set(used)):
                problem = "Each variant can be linked once. Two SKUs have the same one."
            elif not set(used) <= {v.id for v in variants}:
                denied("map: variant of another product")
                abort(404)
            else:
                with self.db.write() as db:
                    row = db.get_one(Listing, listing_id)
                    try:
                        listing_flows.map_existing(db, row, theirs, pairs, _who())
                    except ValueError as error:
                        problem = str(error)
                    else:
                        record(db, "product mapped", f"{product.title} to {number}", connection_id=product.connection_id)
                if not problem:
                    flash("Mapped. Orders for these SKUs reach your store from now on.", "success")
                    return redirect(url_for("products.page", listing_id=listing_id))
        guesses = _guesses(theirs.skus, variants) if theirs else {}
        return self.render(
            "products/map.html",
            listing=listing,
            product=product,
            variants=variants,
            number=number,
            theirs=theirs,
            problem=problem,
            guesses=guesses,
        )


# -- helpers


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


def _rows(db: Session, shop: Shop | None, found: Sequence[Any]) -> list[ProductRow]:
    by_product = _variants(db, shop, [listing for listing, _ in found], [product.id for _, product in found])
    mapped = {
        m.store_category_id: confirmed(m)
        for m in db.scalars(
            select(CategoryMapping).where(
                CategoryMapping.shop_id == (shop.id if shop else -1),
                CategoryMapping.store_category_id.in_({p.category_id for _, p in found}),
            )
        )
    }
    rows = []
    for listing, product in found:
        variants = by_product.get(product.id, [])
        prices = [v.price for v in variants if v.price is not None]
        stocks = [v.stock for v in variants if v.stock is not None]
        rows.append(
            ProductRow(
                listing,
                product,
                price_range(min(prices, default=None), max(prices, default=None), shop.currency if shop else ""),
                sum(stocks) if stocks else None,
                badges.sync(listing.state, was_live=is_or_was_live(listing), changes_pending=listing.pending),
                _tiktok_badge(listing),
                links.cards(listing.problems, listing_id=listing.id),
                _tags(listing, product, mapped.get(product.category_id, "")),
                variants,
            )
        )
    return rows


def _tags(listing: Listing, product: StoreProduct, mapped: str) -> list[tuple[str, str]]:
    """What is missing, each a link to its form (CAT-11)."""
    codes = [str(one.get("code", "")) for one in listing.problems or ()]
    tags = []
    if not (product.hub_category_id or mapped):
        tags.append(("No category yet", url_for("mappings.index")))
    missing = sum(code.startswith("attribute.") for code in codes)
    if missing:
        tags.append((plural(missing, "attribute"), url_for("products.attributes", listing_id=listing.id)))
    certificates = sum(code.startswith("certificate.") for code in codes)
    if certificates:
        tags.append((plural(certificates, "certificate"), url_for("products.page", listing_id=listing.id)))
    if any(code.startswith("image") for code in codes):
        tags.append(("Picture", url_for("products.page", listing_id=listing.id)))
    return tags


def _tiktok_badge(listing: Listing) -> Badge:
    return badges.on_tiktok(
        listing.state,
        product_id=listing.tiktok_product_id or "",
        status=listing.tiktok_status,
        rejected=any(str(p.get("code")) in ("tiktok.review", "tiktok.refused") for p in listing.problems or ()),
    )


def _variants(db: Session, shop: Shop | None, listings: Sequence[Listing], product_ids: Sequence[int]) -> dict[int, list[VariantRow]]:
    """Each product's variants with today's price and stock in the shop's scope, and what TikTok Shop was told last."""
    if not product_ids:
        return {}
    offers = {
        o.variant_id: o
        for o in db.scalars(
            select(StoreOffer)
            .join(StoreVariant, StoreVariant.id == StoreOffer.variant_id)
            .where(StoreVariant.product_id.in_(product_ids), StoreOffer.scope == (shop.scope if shop else ""))
        )
    }
    skus = {s.variant_id: s for s in db.scalars(select(ListingSku).where(ListingSku.listing_id.in_([x.id for x in listings])))}
    by_product = {x.product_id: x for x in listings}
    found: dict[int, list[VariantRow]] = {}
    for v in db.scalars(
        select(StoreVariant)
        .where(StoreVariant.product_id.in_(product_ids), StoreVariant.gone_at.is_(None))
        .order_by(StoreVariant.product_id, StoreVariant.position, StoreVariant.id)
    ):
        offer, sku, listing = offers.get(v.id), skus.get(v.id), by_product.get(v.product_id)
        badge = _tiktok_badge(listing) if listing is not None and sku is not None else Badge("Not on TikTok Shop", "idle", "s-draft")
        found.setdefault(v.product_id, []).append(
            VariantRow(
                v.id,
                " · ".join(str(word) for word in (v.options or {}).values()) or "Single",
                v.sku,
                sku.tiktok_sku_id if sku else "",
                from_micro(offer.effective_price) if offer else None,
                offer.salable if offer else None,
                from_micro(sku.sent_price) if sku and sku.sent_price is not None else None,
                sku.sent_stock if sku else None,
                badge,
                v.active,
                offer.currency if offer else "",
            )
        )
    return found


def _cards_here(listing: Listing) -> list[Card]:
    """The product's problems on its own page: a button that would lead here leads to what mends it, or is left out."""
    here = url_for("products.page", listing_id=listing.id)
    cards = []
    for card in links.cards(listing.problems, listing_id=listing.id):
        if card.code.startswith(("certificate.", "size_chart.", "category.")):
            card = replace(card, url=url_for("products.own_category", listing_id=listing.id), verb="Choose another category")
        elif card.code.startswith("title."):
            card = replace(card, url="#own", verb="Set a title here")
        elif card.url == here:
            card = replace(card, url="")
        cards.append(card)
    return cards


def confirmed(mapping: CategoryMapping | None) -> str:
    """The category that a person chose or confirmed; a suggestion alone lists nothing."""
    return mapping.category_id if mapping is not None and mapping.confirmed_at else ""


def _mapping(db: Session, shop_id: int, product: StoreProduct) -> CategoryMapping | None:
    return db.scalars(
        select(CategoryMapping).where(CategoryMapping.shop_id == shop_id, CategoryMapping.store_category_id == product.category_id)
    ).first()


def _category(db: Session, shop_id: int, category_id: str) -> TikTokCategory | None:
    if not category_id:
        return None
    return db.scalars(select(TikTokCategory).where(TikTokCategory.shop_id == shop_id, TikTokCategory.category_id == category_id)).first()


def asked_attributes(shop_id: int, category_id: str) -> list[Any]:
    """What the category asks for besides variants: from the cache, else read once from TikTok Shop."""
    try:
        attributes = category_flows.detail(hub(), shop_id, category_id).attributes
    except HubError as error:
        flash(f"TikTok Shop's attributes can't be read now: {error.says}", "need")
        return []
    return sorted((a for a in attributes if not a.is_sales), key=lambda a: (not a.required, a.name))


def typed_attributes(asked: Sequence[Any], form: Mapping[str, str]) -> dict[str, Any]:
    """What was chosen or typed per attribute id: ``{"value_id", "text"}`` or ``{"from": store attribute}``; empty ones are left out."""
    values: dict[str, Any] = {}
    for a in asked:
        choice, text, source = (form.get(f"{part}-{a.attribute_id}", "").strip()[:500] for part in ("value", "text", "from"))
        if source:
            values[a.attribute_id] = {"from": source}
        elif choice and choice in dict(a.values):
            values[a.attribute_id] = {"value_id": choice, "text": dict(a.values)[choice]}
        elif text:
            values[a.attribute_id] = {"value_id": "", "text": text}
    return values


def picked_brand(form: Mapping[str, str]) -> tuple[str, str]:
    """(id, name) of the brand chosen in the list, else the one that stood there."""
    brand_id, _, name = form.get("brand_id", form.get("brand_now", "")).partition("|")
    return brand_id[:64], name[:200]


def _both_sides(
    product: StoreProduct,
    shop: Shop | None,
    mapping: CategoryMapping | None,
    category: TikTokCategory | None,
    variants: Sequence[VariantRow],
) -> list[Compared]:
    settings = settings_of(shop).products if shop else None
    listing_url = request.path
    mapping_url = url_for("mappings.index", q=product.category_path[-60:]) if mapping else url_for("mappings.index")
    settings_url = url_for("settings.products")
    found = [
        Compared(
            "Title",
            product.title,
            product.hub_title or "",
            "Set here, for this product" if product.hub_title else "From your store",
            (
                Rung("This product", product.hub_title or "Nothing set here", bool(product.hub_title)),
                Rung("Your store", product.title, not product.hub_title),
            ),
            "#own",
        ),
    ]
    path = category.path if category else ""
    own, by_mapping = bool(product.hub_category_id), bool(confirmed(mapping))
    found.append(
        Compared(
            "Category",
            product.category_path or "No category",
            path or "Not chosen yet",
            "Chosen for this product" if own else "From the mapping" if by_mapping else "Nobody has chosen yet",
            (
                Rung("This product", path if own else "Nothing set here", own),
                Rung("Mapping", path if by_mapping and not own else "", by_mapping and not own),
            ),
            f"{listing_url}category",
        )
    )
    brand = product.hub_brand_name or (mapping.brand_name if mapping else "") or (settings.brand_name if settings else "")
    level = 0 if product.hub_brand_name else 1 if mapping and mapping.brand_name else 2 if brand else 3
    found.append(
        Compared(
            "Brand",
            str((product.data or {}).get("brand") or "Not given"),
            brand or "No brand",
            ("Set here, for this product", "From the category", "Default of all products", "Nothing chosen")[level],
            (
                Rung("This product", product.hub_brand_name or "Nothing set here", level == 0),
                Rung("Category", (mapping.brand_name if mapping else "") or "Nothing set", level == 1),
                Rung("All products", (settings.brand_name if settings else "") or "Nothing set", level == 2),
            ),
            f"{listing_url}attributes",
        )
    )
    package, level = _package(product, mapping, settings)
    found.append(
        Compared(
            "Package",
            _store_package(product),
            package or "Missing",
            (
                "Set here, for this product",
                "From your store",
                "From the category",
                "Default of all products",
                "Fill it in once in Settings",
            )[level],
            (
                Rung("This product", "Set here" if level == 0 else "Nothing set here", level == 0),
                Rung("Category", "", level == 2),
                Rung("All products", "Settings › Products", level == 3),
            ),
            settings_url if level >= 3 else mapping_url if level == 2 else "#own",
        )
    )
    for v in variants:
        name = f", {v.name.lower()}" if len(variants) > 1 else ""
        if v.price is not None:
            found.append(
                Compared(
                    f"Price{name}",
                    price_range(v.price, v.price, v.currency),
                    price_range(v.sent_price, v.sent_price, v.currency) if v.sent_price is not None else "",
                    "From your store, by itself" if not settings or settings.sync_price else "Not sent: switched off in Settings",
                    (),
                    settings_url,
                )
            )
        if v.stock is not None:
            found.append(
                Compared(
                    f"Stock{name}",
                    f"{v.stock:,}",
                    f"{v.sent_stock:,}" if v.sent_stock is not None else "",
                    "From your store, by itself" if not settings or settings.sync_stock else "Not sent: switched off in Settings",
                    (),
                    settings_url,
                )
            )
    return found


def _package(product: StoreProduct, mapping: CategoryMapping | None, settings: Any) -> tuple[str, int]:
    """What is sent as package size and where it comes from: 0 product, 1 store, 2 category, 3 shop, 4 nowhere."""

    def text(length: Any, width: Any, height: Any, unit: str) -> str:
        return f"{length} × {width} × {height} {'in' if unit.upper().startswith('IN') else 'cm'}"

    unit = settings.dimension_unit if settings else "CENTIMETER"
    own = product.hub_package or {}
    if all(own.get(k) for k in ("length", "width", "height")):
        return text(own["length"], own["width"], own["height"], unit), 0
    sizes = (product.data or {}).get("dimensions")
    if isinstance(sizes, Mapping) and sizes.get("length"):
        return text(sizes["length"], sizes["width"], sizes["height"], str(sizes.get("unit", "cm"))), 1
    of_category = (mapping.package or {}) if mapping else {}
    if all(of_category.get(k) for k in ("length", "width", "height")):
        return text(of_category["length"], of_category["width"], of_category["height"], unit), 2
    if settings and settings.package_length and settings.package_width and settings.package_height:
        return text(settings.package_length, settings.package_width, settings.package_height, unit), 3
    return "", 4


def _store_package(product: StoreProduct) -> str:
    sizes = (product.data or {}).get("dimensions")
    if isinstance(sizes, Mapping) and sizes.get("length"):
        return f"{sizes['length']} × {sizes['width']} × {sizes['height']} {sizes.get('unit', '')}"
    return "Not given"


def _own_fields(product: StoreProduct) -> list[Field]:
    package = product.hub_package or {}
    form = [
        Field(
            name="hub_title",
            label="Title on TikTok Shop",
            required=False,
            help="Leave empty to use your store's title. Up to 255 characters.",
        ),
        Field(name="length", label="Length", kind="number", required=False),
        Field(name="width", label="Width", kind="number", required=False),
        Field(name="height", label="Height", kind="number", required=False),
    ]
    return filled(
        form,
        {
            "hub_title": product.hub_title,
            "length": package.get("length", ""),
            "width": package.get("width", ""),
            "height": package.get("height", ""),
        },
    )


def _changed(db: Session, listing_id: int) -> None:
    listing = db.get_one(Listing, listing_id)
    listing.pending, listing.updated_at = True, clock.now()


def _tell(db: Session, listing_id: int, what: str, says: str) -> None:
    listing_flows.tell(db, listing_id, what, f"{current_user.name or current_user.email} {says}")


_EVENT_LOOKS = {
    "refused": ("need", "s-need"),
    "needs_attention": ("need", "s-need"),
    "problem": ("need", "s-need"),
    "failed": ("need", "s-need"),
    "rejected": ("stop", "s-stop"),
    "live": ("ok", "s-ok"),
    "pushed": ("move", "s-move"),
    "in_review": ("move", "s-review"),
    "sent": ("move", "s-move"),
    "off": ("idle", "s-off"),
    "gone": ("stop", "s-stop"),
    "mapped": ("ok", "s-ok"),
    "price": ("ok", "s-ok"),
    "stock": ("ok", "s-ok"),
    "values": ("idle", "user"),
    "category": ("idle", "user"),
    "attributes": ("idle", "user"),
}


def _moment(event: ListingEvent) -> Moment:
    tone, icon = next((look for word, look in _EVENT_LOOKS.items() if word in event.what), ("idle", "s-info"))
    title, _, rest = (event.says or event.what.replace("_", " ").capitalize()).partition("\n")
    raw = "\n".join(f"{k}: {v}" for k, v in (event.data or {}).items())
    return Moment(
        event.at,
        title,
        rest,
        tone,
        icon,
        raw,
        url_for("tasks.page", task_id=event.task_id) if event.task_id else "",
        f"Task {event.task_id}" if event.task_id else "",
    )


def _is_empty(listing: Listing) -> bool:
    return listing.state is ListingState.DRAFT and not listing.tiktok_product_id


def seller_center_url(shop: Shop | None, listing: Listing) -> str:
    """The product's page in Seller Center of the right region (PRD-09); nothing while it has no number."""
    if shop is None or not listing.tiktok_product_id:
        return ""
    host = "seller-us.tiktok.com" if shop.region.upper() == "US" else f"seller-{shop.region.lower()}.tiktok.com"
    return f"https://{host}/product/edit/{listing.tiktok_product_id}"


def _guesses(skus: Sequence[Any], variants: Sequence[VariantRow]) -> dict[str, int]:
    by_sku = {v.sku: v.id for v in variants if v.sku}
    found = {sku.sku_id: by_sku[sku.seller_sku] for sku in skus if sku.seller_sku in by_sku}
    if not found and len(skus) == len(variants) == 1:
        found = {skus[0].sku_id: variants[0].id}
    return found


__all__ = ["ACTIONS", "Moment", "Products", "asked_attributes", "picked_brand", "seller_center_url", "typed_attributes"]

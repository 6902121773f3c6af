"""Mappings: what the store calls a category and what TikTok Shop calls it, and values for all products in it
(CAT-01 … CAT-03, CAT-06 … CAT-09, CAT-13)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from admin import badges
from admin.badges import Badge
from admin.base import Page, Tab, as_id, find, needs, page_of, record, require, scope
from admin.choices import asked_attributes, confirmed, picked_brand, typed_attributes
from admin.formatting import plural
from admin.forms import whole_number
from hub.domain.listings import ListingState
from hub.flows import categories as category_flows
from hub.models.categories import CategoryDetail, CategoryMapping, TikTokCategory
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.shops import Shop


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A store category with what it maps to."""

    mapping: CategoryMapping
    n: int
    badge: Badge
    chosen: str
    suggested: str
    missing: int
    required: int


class Mappings(Page):
    """All screens about mappings."""

    section: ClassVar[str] = "mappings"
    needs_connection: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(name="Mappings", endpoint="mappings", url="/admin/mappings")

    @expose("/")
    def index(self) -> Any:
        """Every store category that products were pulled from, those that need a person first."""
        chosen = scope()
        text, only = request.args.get("q", "").strip()[:100], request.args.get("need") == "1"
        with self.read() as db:
            of_shop = CategoryMapping.shop_id == chosen.shop_id
            total = db.scalar(select(func.count()).select_from(CategoryMapping).where(of_shop)) or 0
            unmatched = (
                db.scalar(
                    select(func.count())
                    .select_from(CategoryMapping)
                    .where(of_shop, CategoryMapping.confirmed_at.is_(None), CategoryMapping.suggested_id == "")
                )
                or 0
            )
            suggested = (
                db.scalar(
                    select(func.count())
                    .select_from(CategoryMapping)
                    .where(of_shop, CategoryMapping.confirmed_at.is_(None), CategoryMapping.suggested_id != "")
                )
                or 0
            )
            query = select(CategoryMapping).where(of_shop)
            if text:
                query = query.where(CategoryMapping.store_path.icontains(text, autoescape=True))
            if only:
                query = query.where(CategoryMapping.confirmed_at.is_(None))
            found, pager = page_of(
                db,
                query.order_by(
                    CategoryMapping.confirmed_at.is_not(None),
                    CategoryMapping.suggested_id != "",
                    CategoryMapping.store_path,
                    CategoryMapping.id,
                ),
            )
            mappings = [row[0] for row in found]
            counts = {
                category: n
                for category, n in db.execute(
                    select(StoreProduct.category_id, func.count())
                    .where(StoreProduct.connection_id == chosen.connection_id, StoreProduct.gone_at.is_(None))
                    .group_by(StoreProduct.category_id)
                )
            }
            ids = {m.category_id for m in mappings} | {m.suggested_id for m in mappings}
            paths = {
                category: path
                for category, path in db.execute(
                    select(TikTokCategory.category_id, TikTokCategory.path).where(
                        TikTokCategory.shop_id == chosen.shop_id, TikTokCategory.category_id.in_(ids)
                    )
                )
            }
            asks = {
                d.category_id: d
                for d in db.scalars(
                    select(CategoryDetail).where(CategoryDetail.shop_id == chosen.shop_id, CategoryDetail.category_id.in_(ids))
                )
            }
            waiting = (
                db.scalar(
                    select(func.count())
                    .select_from(Listing)
                    .where(Listing.shop_id == chosen.shop_id, Listing.pending, Listing.tiktok_product_id.is_not(None))
                )
                or 0
            )
            has_tree = (
                db.scalar(select(func.count()).select_from(TikTokCategory).where(TikTokCategory.shop_id == chosen.shop_id)) or 0
            ) > 0
            uncategorised = counts.get("", 0)
            lacking = _lacking(db, chosen.shop_id)
        rows = []
        for m in mappings:
            required, missing = _required(asks.get(confirmed(m))), lacking[m.store_category_id]
            rows.append(
                MappingRow(
                    m,
                    counts.get(m.store_category_id, 0),
                    badges.mapping(confirmed(m) or m.suggested_id, bool(m.confirmed_at)),
                    paths.get(m.category_id, "") if m.confirmed_at else "",
                    paths.get(m.suggested_id, ""),
                    missing,
                    required,
                )
            )
        return self.render(
            "mappings/index.html",
            rows=rows,
            pager=pager,
            total=total,
            unmatched=unmatched,
            suggested=suggested,
            waiting=waiting,
            has_tree=has_tree,
            uncategorised=uncategorised,
            chosen=chosen,
            tabs=[
                Tab("Categories", url_for("mappings.index"), unmatched, True, True),
                Tab("Carriers", url_for("settings.orders") + "#carriers", None),
            ],
            q=text,
            only=only,
        )

    @expose("/confirm", methods=["POST"])
    @needs("mend")
    def confirm(self) -> Any:
        """Confirms one suggestion, or all that are open."""
        which = request.form.get("mapping", "")
        mapping = None
        if which:
            with self.read() as db:
                mapping = find(db, CategoryMapping, as_id(which))
            if not mapping.suggested_id:
                abort(404)
        chosen = scope()
        if chosen.shop is None:
            abort(404)
        with self.db.write() as db:
            shop = db.get_one(Shop, mapping.shop_id if mapping else chosen.shop_id)
            if mapping is not None:
                try:
                    category_flows.save_mapping(db, shop, mapping.store_category_id, mapping.suggested_id, _who())
                except ValueError as error:
                    flash(str(error), "error")
                    return redirect(url_for("mappings.index"))
                record(db, "category confirmed", mapping.store_path, None, {"category": mapping.suggested_id}, shop.connection_id)
                says = f"Confirmed {mapping.store_path.rpartition(' / ')[2] or 'the category'}."
            else:
                n = category_flows.confirm_suggestions(db, shop, _who())
                record(db, "categories confirmed", plural(n, "suggestion"), connection_id=shop.connection_id)
                says = f"Confirmed {plural(n, 'suggestion')}. You can push their products now."
        flash(says, "success")
        return redirect(url_for("mappings.index"))

    @expose("/suggest", methods=["POST"])
    @needs("mend")
    def suggest(self) -> Any:
        """Reads TikTok's categories again and asks for suggestions."""
        chosen = scope()
        if chosen.shop is None:
            abort(404)
        with self.db.write() as db:
            task_id = category_flows.submit_taxonomy(db, db.get_one(Shop, chosen.shop_id), by=_who()).id
        return redirect(url_for("tasks.page", task_id=task_id))

    @expose("/<int:mapping_id>/", methods=["GET", "POST"])
    def page(self, mapping_id: int) -> Any:
        """One store category: its TikTok category, and brand, attributes and package for all its products."""
        with self.read() as db:
            mapping = find(db, CategoryMapping, mapping_id)
            shop = db.get_one(Shop, mapping.shop_id)
            paths = {
                category: path
                for category, path in db.execute(
                    select(TikTokCategory.category_id, TikTokCategory.path).where(
                        TikTokCategory.shop_id == shop.id, TikTokCategory.category_id.in_({mapping.category_id, mapping.suggested_id})
                    )
                )
            }
            products = db.scalars(
                select(StoreProduct)
                .where(
                    and_(StoreProduct.connection_id == mapping.connection_id, StoreProduct.category_id == mapping.store_category_id),
                    StoreProduct.gone_at.is_(None),
                )
                .order_by(StoreProduct.title)
                .limit(6)
            ).all()
            n = (
                db.scalar(
                    select(func.count())
                    .select_from(StoreProduct)
                    .where(
                        StoreProduct.connection_id == mapping.connection_id,
                        StoreProduct.gone_at.is_(None),
                        StoreProduct.category_id == mapping.store_category_id,
                    )
                )
                or 0
            )
            labels = sorted(
                {
                    label
                    for data in db.scalars(
                        select(StoreProduct.data)
                        .where(StoreProduct.connection_id == mapping.connection_id, StoreProduct.category_id == mapping.store_category_id)
                        .limit(50)
                    )
                    for label in (data or {}).get("attributes", {})
                }
            )
            first = (
                db.scalar(
                    select(func.count())
                    .select_from(Listing)
                    .join(StoreProduct, StoreProduct.id == Listing.product_id)
                    .where(
                        Listing.shop_id == shop.id,
                        StoreProduct.category_id == mapping.store_category_id,
                        or_(Listing.pending, Listing.tiktok_product_id.is_(None)),
                    )
                )
                or 0
            )
        if request.method == "POST":
            require("mend")
            return self._save(mapping, shop)
        category_id = confirmed(mapping)
        asked = asked_attributes(shop.id, category_id) if category_id else []
        return self.render(
            "mappings/page.html",
            mapping=mapping,
            chosen_path=paths.get(category_id, ""),
            suggested_path=paths.get(mapping.suggested_id, ""),
            products=products,
            n=n,
            asked=asked,
            values=mapping.attributes or {},
            store_attributes=labels,
            brand=(mapping.brand_id, mapping.brand_name),
            inherited={},
            inherited_brand="",
            package=mapping.package or {},
            badge=badges.mapping(category_id or mapping.suggested_id, bool(mapping.confirmed_at)),
            waiting=first,
        )

    def _save(self, mapping: CategoryMapping, shop: Shop) -> Any:
        here = url_for("mappings.page", mapping_id=mapping.id)
        form = request.form
        if form.get("part") == "category":
            try:
                with self.db.write() as db:
                    category_flows.save_mapping(
                        db, db.get_one(Shop, shop.id), mapping.store_category_id, form.get("category_id", "").strip(), _who()
                    )
                    record(
                        db,
                        "category chosen",
                        mapping.store_path,
                        {"category": mapping.category_id},
                        {"category": form.get("category_id", "")},
                        mapping.connection_id,
                    )
            except ValueError as error:
                flash(str(error), "error")
                return redirect(here)
            flash("Saved. Products that are on TikTok Shop already have changes waiting: push them to send it.", "success")
            return redirect(here)
        package: dict[str, int] = {}
        for name, what in (("length", "Length"), ("width", "Width"), ("height", "Height")):
            number, wrong = whole_number(form.get(name, ""), what)
            if wrong:
                flash(wrong, "error")
                return redirect(here)
            if number is not None:
                package[name] = number
        values = typed_attributes(asked_attributes(shop.id, confirmed(mapping)), form) if confirmed(mapping) else {}
        with self.db.write() as db:
            row = db.get_one(CategoryMapping, mapping.id)
            before = {"attributes": row.attributes, "brand": row.brand_name, "package": row.package}
            category_flows.save_values(db, row, attributes=values, brand=picked_brand(form), package=package)
            record(
                db,
                "category values changed",
                mapping.store_path,
                before,
                {"attributes": values, "brand": row.brand_name, "package": package},
                mapping.connection_id,
            )
        flash("Saved for all products of this category. Push them to send it.", "success")
        return redirect(here)


def _who() -> str:
    return str(current_user.email)


def _required(detail: CategoryDetail | None) -> int:
    """How many attributes the category asks of every product."""
    return sum(bool(one.get("required") and not one.get("is_sales")) for one in (detail.attributes if detail else ()))


def _lacking(db: Session, shop_id: int) -> Counter[str]:
    """Products that were refused for an attribute, by store category: most find theirs in the store by themselves."""
    found: Counter[str] = Counter()
    query = (
        select(StoreProduct.category_id, Listing.problems)
        .join(StoreProduct, StoreProduct.id == Listing.product_id)
        .where(Listing.shop_id == shop_id, Listing.state == ListingState.NEEDS_ATTENTION)
        .limit(5000)
    )
    for category_id, problems in db.execute(query):
        found[category_id] += any(str(one.get("code", "")).startswith("attribute.") for one in problems or ())
    return found

"""One product's own page, and what a person sets for it alone (PRD-05 … PRD-17, CAT-09 … CAT-11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import asking, badges, links, sync_rules
from admin.base import Page, find, hub, needs, record, require, scope
from admin.both_sides import both_sides
from admin.choices import asked_attributes, category_of, confirmed, mapping_of, picked_brand, typed_attributes
from admin.forms import Field, filled, whole_number
from admin.links import Card
from admin.listing_query import is_or_was_live
from admin.product_rows import ProductRow, seller_center_url, tiktok_badge, told, variants_of
from admin.timeline import moment_of
from hub import clock
from hub.domain.listings import ListingState
from hub.domain.settings import ProductSettings
from hub.errors import HubError
from hub.flows import categories as category_flows
from hub.flows import listings as listing_flows
from hub.flows.settings import change_rules, change_threshold, change_title, choices_of, settings_of, sources_of
from hub.models.listings import Listing, ListingEvent
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.rules.field_sources import sources
from hub.rules.stock import threshold_of


class OneProduct(Page):
    """The part of the products screen that is about one product."""

    @expose("/<int:listing_id>/")
    def page(self, listing_id: int) -> Any:
        """The product's page: problems, both sides, variants, what happened."""
        with self.read() as db:
            listing = find(db, Listing, listing_id)
            product = db.get_one(StoreProduct, listing.product_id)
            shop = scope().shop
            mapping = mapping_of(db, listing.shop_id, product)
            category_id = product.hub_category_id or (confirmed(mapping))
            category = category_of(db, listing.shop_id, category_id)
            variants = variants_of(db, shop, [listing], [product.id]).get(product.id, [])
            events = db.scalars(
                select(ListingEvent)
                .where(ListingEvent.listing_id == listing.id)
                .order_by(ListingEvent.at.desc(), ListingEvent.id.desc())
                .limit(200)
            ).all()
            choices = choices_of(db, shop) if shop else {}
            general = sources(choices, settings_of(shop).products.rules if shop else {}, {})
            rules = sources_of(db, shop, product) if shop else general
            compared = both_sides(product, shop, mapping, category, variants, rules, listing.tiktok_product_id is not None)
            defaults = settings_of(shop).products if shop else ProductSettings()
            own_threshold = product.hub_threshold or {}
            threshold = threshold_of(own_threshold, defaults.threshold, defaults.threshold_mode)
        row = ProductRow(
            listing,
            product,
            "",
            None,
            badges.sync(listing.state, was_live=is_or_was_live(listing), changes_pending=listing.pending),
            tiktok_badge(listing),
            _cards_here(listing, product),
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
            timeline=[moment_of(e) for e in events],
            category=category,
            mapping=mapping,
            chosen=scope(),
            seller_center=seller_center_url(shop, listing),
            own=_own_fields(product),
            rules=sync_rules.of_product(choices, general, rules, product.hub_rules or {}),
            threshold=sync_rules.number_field(own_threshold.get("number", ""), of_product=True),
            threshold_says=sync_rules.threshold_says(threshold, own_threshold, keeps_stock=rules.keeps("stock")),
            own_threshold=own_threshold,
            modes=sync_rules.MODES,
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
            change_title(product, title)
            product.hub_package = package
            _changed(db, listing_id)
            after = {"title": product.hub_title, "package": product.hub_package}
            _tell(db, listing_id, "values", "changed the values for TikTok Shop")
            record(db, "product values changed", product.title, before, after, product.connection_id)
        flash("Saved. Push the product to send it.", "success")
        return redirect(url_for("products.page", listing_id=listing_id))

    @expose("/<int:listing_id>/rules", methods=["POST"])
    @needs("mend")
    def own_rules(self, listing_id: int) -> Any:
        """Whose value each field of this product has; one left empty follows Settings (DET-02)."""
        with self.read() as db:
            find(db, Listing, listing_id)
        with self.db.write() as db:
            listing = db.get_one(Listing, listing_id)
            product, shop = db.get_one(StoreProduct, listing.product_id), db.get_one(Shop, listing.shop_id)
            before = dict(product.hub_rules or {})
            try:
                change_rules(db, shop, product, {**before, **sync_rules.posted_rules(request.form, choices_of(db, shop))})
            except ValueError:
                flash("Choose one of what is offered for this store. Nothing was saved.", "error")
                return redirect(url_for("products.page", listing_id=listing_id) + "#rules")
            _changed(db, listing_id)
            listing_flows.submit_stocks(db, shop, [listing_id], current_user.name or current_user.email)
            _tell(db, listing_id, "rules", "changed the sync rules")
            record(db, "product sync rules changed", product.title, before, product.hub_rules, product.connection_id)
        flash("Saved. Push the product to send it.", "success")
        return redirect(url_for("products.page", listing_id=listing_id) + "#rules")

    @expose("/<int:listing_id>/threshold", methods=["POST"])
    @needs("mend")
    def own_threshold(self, listing_id: int) -> Any:
        """This product's own low-inventory threshold, or that none applies to it (INV-09, INV-10)."""
        number, mode, wrong = sync_rules.posted_threshold(request.form)
        if wrong:
            flash(wrong, "error")
            return redirect(url_for("products.page", listing_id=listing_id) + "#low")
        with self.read() as db:
            find(db, Listing, listing_id)
        with self.db.write() as db:
            listing = db.get_one(Listing, listing_id)
            product = db.get_one(StoreProduct, listing.product_id)
            before = dict(product.hub_threshold or {})
            change_threshold(product, number=number, mode=mode, exclude="exclude" in request.form)
            listing_flows.submit_stocks(db, db.get_one(Shop, listing.shop_id), [listing_id], current_user.name or current_user.email)
            _tell(db, listing_id, "threshold", "changed the low-inventory threshold")
            record(db, "product threshold changed", product.title, before, product.hub_threshold, product.connection_id)
        flash("Saved. It is applied now.", "success")
        return redirect(url_for("products.page", listing_id=listing_id) + "#low")

    @expose("/<int:listing_id>/category", methods=["GET", "POST"])
    def own_category(self, listing_id: int) -> Any:
        """A TikTok category for this product alone (CAT-10); only lowest-level ones can be chosen (CAT-02)."""
        with self.read() as db:
            listing = find(db, Listing, listing_id)
            product = db.get_one(StoreProduct, listing.product_id)
            mapping = mapping_of(db, listing.shop_id, product)
            current = category_of(db, listing.shop_id, product.hub_category_id)
            inherited = category_of(db, listing.shop_id, confirmed(mapping))
        if request.method == "POST":
            require("mend")
            chosen_id = request.form.get("category_id", "").strip()
            with self.db.write() as db:
                picked = category_of(db, listing.shop_id, chosen_id)
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
            mapping = mapping_of(db, listing.shop_id, product)
            category_id = product.hub_category_id or (confirmed(mapping))
            category = category_of(db, listing.shop_id, category_id)
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
            with asking.patience(asking.SEARCH_S):
                found = category_flows.brands(hub(), chosen.shop_id, text) if text and chosen.shop else []
            problem = ""
        except HubError as error:
            found, problem = [], asking.why_not(error, "TikTok Shop")
        return self.render("products/_brands.html", found=found, q=text, problem=problem)


def _cards_here(listing: Listing, product: StoreProduct) -> list[Card]:
    """The product's problems on its own page: a button that would lead here leads to what mends it, or is left out."""
    here = url_for("products.page", listing_id=listing.id)
    cards = []
    for card in links.cards(told(listing, product), listing_id=listing.id):
        if card.code.startswith(("certificate.", "size_chart.", "category.")):
            card = replace(card, url=url_for("products.own_category", listing_id=listing.id), verb="Choose another category")
        elif card.code.startswith("title."):
            card = replace(card, url="#own", verb="Set a title here")
        elif card.url == here:
            card = replace(card, url="")
        cards.append(card)
    return cards


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


def _is_empty(listing: Listing) -> bool:
    return listing.state is ListingState.DRAFT and not listing.tiktok_product_id

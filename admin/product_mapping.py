"""Mapping a product to a TikTok product that exists already (MAP-01 … MAP-03)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user

from admin import asking
from admin.base import Page, as_id, denied, find, hub, record, require, scope
from admin.product_rows import VariantRow, variants_of
from hub.errors import HubError
from hub.flows import listings as listing_flows
from hub.models.listings import Listing
from hub.models.products import StoreProduct


class ProductMapping(Page):
    """The part of the products screen that links a product to one that TikTok Shop has."""

    @expose("/<int:listing_id>/map", methods=["GET", "POST"])
    def map(self, listing_id: int) -> Any:
        """Finds a TikTok product by its number and links each of its SKUs to a variant (MAP-01 … MAP-03)."""
        with self.read() as db:
            listing = find(db, Listing, listing_id)
            product = db.get_one(StoreProduct, listing.product_id)
            variants = variants_of(db, scope().shop, [listing], [product.id]).get(product.id, [])
        number = (request.values.get("tiktok_product_id") or "").strip()
        theirs, problem = None, ""
        if number:
            try:
                with asking.patience(asking.LOOK_UP_S):
                    is_number = number.isascii() and number.isdigit() and len(number) < 30
                    theirs = listing_flows.look_up(hub(), listing.shop_id, number) if is_number else None
                problem = (
                    ""
                    if theirs
                    else "This shop has no product with that number. Copy the number from Seller Center, and check the country above."
                )
            except HubError as error:
                problem = asking.why_not(error, "TikTok Shop")
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
                        listing_flows.map_existing(db, row, theirs, pairs, str(current_user.email))
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


def _guesses(skus: Sequence[Any], variants: Sequence[VariantRow]) -> dict[str, int]:
    by_sku = {v.sku: v.id for v in variants if v.sku}
    found = {sku.sku_id: by_sku[sku.seller_sku] for sku in skus if sku.seller_sku in by_sku}
    if not found and len(skus) == len(variants) == 1:
        found = {skus[0].sku_id: variants[0].id}
    return found

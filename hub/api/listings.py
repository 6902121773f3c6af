"""Where products stand on TikTok Shop (NAT-11)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import select

from hub.api.access import hub, my_shop, needs, section
from hub.api.problems import ProblemRow, Stop, rows
from hub.api.shapes import LONGEST_ID, OfShop, Told, moment, text
from hub.models.listings import Listing
from hub.models.products import StoreProduct

blueprint = section("listings", "Where products stand on TikTok Shop")
MOST = 500


class ListingsIn(OfShop):
    product_ids = text(MOST * (LONGEST_ID + 1), 1, required=True, metadata={"description": f"Up to {MOST} of the store's ids, by comma"})


class ListingOut(Told):
    """A product in one shop. `state`: draft, ready, pushing, in_review, live, needs_attention, off."""

    product_id = fields.String()
    sku = fields.String()
    shop_id = fields.String()
    state = fields.String()
    tiktok_product_id = fields.String()
    pending = fields.Boolean(metadata={"description": "Something changed since it was pushed"})
    pushed_at = moment()
    live_at = moment()
    problems = fields.List(fields.Nested(ProblemRow))


class ListingsOut(Told):
    listings = fields.List(fields.Nested(ListingOut))


@blueprint.route("/listings")
@blueprint.arguments(ListingsIn, location="query")
@blueprint.response(200, ListingsOut)
@needs("catalog")
def list_listings(asked: dict[str, Any]) -> dict[str, Any]:
    """The listings of these products; one that was never pulled is left out."""
    ids = [one.strip() for one in asked["product_ids"].split(",") if one.strip()]
    if len(ids) > MOST:
        raise Stop(422, "product_ids", f"Name at most {MOST} products.")
    with hub().db.read() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
        found = session.execute(
            select(Listing, StoreProduct.external_id, StoreProduct.sku).join(StoreProduct, StoreProduct.id == Listing.product_id)
            .where(Listing.shop_id == shop.id, StoreProduct.connection_id == shop.connection_id, StoreProduct.external_id.in_(ids))
            .order_by(Listing.id)).all()
    return {"listings": [listing_out(listing, shop.tiktok_shop_id, external_id, sku) for listing, external_id, sku in found]}


def listing_out(listing: Listing, shop_id: str, external_id: str, sku: str) -> dict[str, Any]:
    """A listing as the API shows it."""
    return {"product_id": external_id, "sku": sku, "shop_id": shop_id, "state": listing.state.value,
            "tiktok_product_id": listing.tiktok_product_id or "", "pending": listing.pending, "pushed_at": listing.pushed_at,
            "live_at": listing.live_at, "problems": rows(listing.problems or ())}

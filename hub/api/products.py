"""The store's products as they were pulled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.api.access import caller, hub, my_shop, needs, not_found, section
from hub.api.listings import ListingOut, listing_out
from hub.api.shapes import LONGEST_ID, Moment, Paged, Told, after, moment, text
from hub.domain.listings import ListingState
from hub.domain.money import from_micro
from hub.models.listings import Listing
from hub.models.products import StoreOffer, StoreProduct, StoreVariant
from hub.models.shops import Shop

blueprint = section("products", "The store's products as they were pulled")


class ProductsIn(Paged):
    shop_id = text(LONGEST_ID, load_default="")
    state = fields.String(load_default="", validate=validate.OneOf(("", *(one.value for one in ListingState))))
    q = text(100, load_default="", metadata={"description": "Words of the title, or a SKU"})
    changed_from = Moment(load_default=None, metadata={"description": "Pulled or changed since then"})


class ProductOut(Told):
    """A product; `id` is the store's own."""

    id = fields.String()
    sku = fields.String()
    kind = fields.String()
    title = fields.String()
    active = fields.Boolean()
    image_url = fields.String()
    category_id = fields.String()
    category_path = fields.String()
    in_store = fields.Boolean()
    pulled_at = moment()
    listings = fields.List(fields.Nested(ListingOut))


class ProductsOut(Told):
    products = fields.List(fields.Nested(ProductOut))
    next = fields.String(allow_none=True)


class OfferOut(Told):
    """Price and stock of a variant in one store view; decimal text."""

    store = fields.String()
    price = fields.String()
    effective_price = fields.String()
    currency = fields.String()
    tax_included = fields.Boolean()
    salable = fields.Integer()
    active = fields.Boolean()
    read_at = moment()


class VariantOut(Told):
    id = fields.String()
    sku = fields.String()
    options = fields.Dict(keys=fields.String(), values=fields.String())
    barcode = fields.String()
    active = fields.Boolean()
    offers = fields.List(fields.Nested(OfferOut))


class ProductDetailOut(ProductOut):
    description = fields.String()
    variants = fields.List(fields.Nested(VariantOut))


@blueprint.route("/products")
@blueprint.arguments(ProductsIn, location="query")
@blueprint.response(200, ProductsOut)
@needs("catalog")
def list_products(asked: dict[str, Any]) -> dict[str, Any]:
    """The products that were pulled, a page at a time."""
    with hub().db.read() as session:
        query = select(StoreProduct).where(StoreProduct.connection_id == caller().connection_id, StoreProduct.id > after(asked["cursor"]))
        listings = select(Listing.product_id).where(Listing.connection_id == caller().connection_id)
        if asked["shop_id"]:
            listings = listings.where(Listing.shop_id == my_shop(session, asked["shop_id"]).id)
        if asked["state"]:
            listings = listings.where(Listing.state == ListingState(asked["state"]))
        if asked["shop_id"] or asked["state"]:
            query = query.where(StoreProduct.id.in_(listings))
        for word in asked["q"].split()[:8]:
            query = query.where(StoreProduct.title.icontains(word, autoescape=True) | StoreProduct.sku.istartswith(word, autoescape=True))
        if asked["changed_from"] is not None:
            query = query.where(StoreProduct.pulled_at >= asked["changed_from"])
        found = session.scalars(query.order_by(StoreProduct.id).limit(asked["limit"] + 1)).all()
        page = found[:asked["limit"]]
        return {"products": _products_out(session, page), "next": str(page[-1].id) if len(found) > len(page) else None}


def _products_out(session: Session, found: Sequence[StoreProduct]) -> list[dict[str, Any]]:
    listings: dict[int, list[dict[str, Any]]] = {one.id: [] for one in found}
    by_id = {one.id: one for one in found}
    for listing, shop_id in session.execute(select(Listing, Shop.tiktok_shop_id).join(Shop, Shop.id == Listing.shop_id).where(
            Listing.connection_id == caller().connection_id, Listing.product_id.in_(by_id)).order_by(Listing.id)):
        product = by_id[listing.product_id]
        listings[product.id].append(listing_out(listing, shop_id, product.external_id, product.sku))
    return [{"id": one.external_id, "sku": one.sku, "kind": one.kind, "title": one.title, "active": one.active, "image_url": one.image_url,
             "category_id": one.category_id, "category_path": one.category_path, "in_store": one.gone_at is None, "pulled_at": one.pulled_at,
             "listings": listings[one.id]} for one in found]


@blueprint.route("/products/<product_id>")
@blueprint.response(200, ProductDetailOut)
@needs("catalog")
def get_product(product_id: str) -> dict[str, Any]:
    """One product with its variants, prices and stock."""
    with hub().db.read() as session:
        row = session.scalars(select(StoreProduct).where(
            StoreProduct.connection_id == caller().connection_id, StoreProduct.external_id == product_id)).one_or_none()
        if row is None:
            foreign = session.scalars(select(StoreProduct.id).where(StoreProduct.external_id == product_id).limit(1)).first()
            raise not_found(f"product {product_id}", foreign=foreign is not None)
        variants = session.scalars(select(StoreVariant).where(
            StoreVariant.product_id == row.id, StoreVariant.gone_at.is_(None)).order_by(StoreVariant.position, StoreVariant.id)).all()
        offers: dict[int, list[dict[str, Any]]] = {one.id: [] for one in variants}
        for offer in session.scalars(select(StoreOffer).where(StoreOffer.variant_id.in_(offers)).order_by(StoreOffer.scope)):
            offers[offer.variant_id].append(_offer_out(offer))
        return {**_products_out(session, [row])[0], "description": str(row.data.get("description", "")), "variants": [
            {"id": one.external_id, "sku": one.sku, "options": {name: str(value) for name, value in one.options.items()},
             "barcode": one.barcode, "active": one.active, "offers": offers[one.id]} for one in variants]}


def _offer_out(offer: StoreOffer) -> dict[str, Any]:
    return {"store": offer.scope, "price": f"{from_micro(offer.price):f}", "effective_price": f"{from_micro(offer.effective_price):f}",
            "currency": offer.currency, "tax_included": offer.tax_included, "salable": offer.salable, "active": offer.active,
            "read_at": offer.read_at}

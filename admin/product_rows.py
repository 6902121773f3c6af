"""A product's line and its variants, as the list and a product's own page show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import badges, links
from admin.badges import Badge
from admin.choices import confirmed
from admin.formatting import plural, price_range
from admin.links import Card
from admin.listing_query import is_or_was_live
from hub.domain.money import from_micro
from hub.models.categories import CategoryMapping
from hub.models.listings import Listing, ListingSku
from hub.models.products import StoreOffer, StoreProduct, StoreVariant
from hub.models.shops import Shop


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


def product_rows(db: Session, shop: Shop | None, found: Sequence[Any]) -> list[ProductRow]:
    by_product = variants_of(db, shop, [listing for listing, _ in found], [product.id for _, product in found])
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
                tiktok_badge(listing),
                links.cards(told(listing, product), listing_id=listing.id),
                _tags(listing, product, mapped.get(product.category_id, "")),
                variants,
            )
        )
    return rows


def told(listing: Listing, product: StoreProduct) -> list[dict[str, Any]]:
    """The listing's problems, and what the store's own data say: what keeps it from being sold, and what is only to be known (BIG-05)."""
    known = [dict(one) for one in listing.problems or ()]
    codes = {one.get("code") for one in known}
    data = product.data or {}
    return known + [dict(one) for one in (*data.get("problems", ()), *data.get("warnings", ())) if one.get("code") not in codes]


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
    for warning in (product.data or {}).get("warnings", ()):
        says = "Stock not synced" if warning["code"] == "stock.not_synced" else f"{warning['where']} not set"
        tags.append((says, url_for("products.page", listing_id=listing.id)))
    if any(code.startswith("image") for code in codes):
        tags.append(("Picture", url_for("products.page", listing_id=listing.id)))
    return tags


def tiktok_badge(listing: Listing) -> Badge:
    return badges.on_tiktok(
        listing.state,
        product_id=listing.tiktok_product_id or "",
        status=listing.tiktok_status,
        rejected=any(str(p.get("code")) in ("tiktok.review", "tiktok.refused") for p in listing.problems or ()),
    )


def variants_of(db: Session, shop: Shop | None, listings: Sequence[Listing], product_ids: Sequence[int]) -> dict[int, list[VariantRow]]:
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
        badge = tiktok_badge(listing) if listing is not None and sku is not None else Badge("Not on TikTok Shop", "idle", "s-draft")
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


def seller_center_url(shop: Shop | None, listing: Listing) -> str:
    """The product's page in Seller Center of the right region (PRD-09); nothing while it has no number."""
    if shop is None or not listing.tiktok_product_id:
        return ""
    host = "seller-us.tiktok.com" if shop.region.upper() == "US" else f"seller-{shop.region.lower()}.tiktok.com"
    return f"https://{host}/product/edit/{listing.tiktok_product_id}"

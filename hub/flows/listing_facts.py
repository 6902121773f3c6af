"""Everything a listing rests on, gathered for the rules: product, offers, choices of three levels, what TikTok sold meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.domain.money import from_micro
from hub.domain.orders import OrderState
from hub.domain.products import Offer, Product, VariantRef
from hub.domain.settings import ProductSettings
from hub.flows.categories import as_category
from hub.flows.html import clean
from hub.flows.settings import settings_of, sources_of
from hub.models.categories import CategoryMapping, TikTokCategory
from hub.models.listings import Listing, ListingSku
from hub.models.orders import LinkState, OrderLink, OrderUnit
from hub.models.products import StoreOffer, StoreProduct, StoreVariant
from hub.models.shops import Shop
from hub.models.values import unpack
from hub.rules.field_sources import CREATE, UPDATE, Sources, title_of
from hub.rules.listings import Ground
from hub.rules.precedence import Chosen, choose, merge
from hub.rules.stock import Threshold, must_come_down, stock_shown, stock_to_send, threshold_of

_NOT_IN_STORE_YET = (LinkState.SEEN, LinkState.CREATING, LinkState.NEEDS_ATTENTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A listing at hand. ``category_from``/``brand_from`` say which level chose; ``skus`` by store variant row. ``sources``: whose
    value each field has. ``down_because``: why it must not be on sale now (``threshold``, ``store``), "" where it may; ``low``: the
    SKUs below the threshold, with their quantities.
    """

    listing: Listing
    shop: Shop
    row: StoreProduct
    product: Product
    settings: ProductSettings
    ground: Ground
    category_from: str
    brand_from: str
    brand_name: str
    variants: Sequence[StoreVariant]
    skus: dict[int, ListingSku]
    has_offers: bool
    sources: Sources
    threshold: Threshold | None
    low: Mapping[str, int]
    down_because: str

    @property
    def moment(self) -> str:
        """Whether a push makes the product on TikTok Shop or changes it."""
        return UPDATE if self.listing.tiktok_product_id else CREATE


def facts_of(session: Session, listing_id: int) -> Facts:
    """Gathers them; the category's attributes are added by the caller, which may have to ask TikTok Shop."""
    listing = session.get_one(Listing, listing_id)
    shop, row = session.get_one(Shop, listing.shop_id), session.get_one(StoreProduct, listing.product_id)
    settings = settings_of(shop).products
    mapping = session.scalars(select(CategoryMapping).where(
        CategoryMapping.shop_id == shop.id, CategoryMapping.store_category_id == row.category_id)).one_or_none()
    confirmed = mapping.category_id if mapping is not None and mapping.confirmed_at else ""
    category_id = choose(row.hub_category_id, confirmed, "")
    node = session.scalars(select(TikTokCategory).where(
        TikTokCategory.shop_id == shop.id, TikTokCategory.category_id == (category_id.value or ""))).one_or_none()
    brand = choose((row.hub_brand_id, row.hub_brand_name) if row.hub_brand_id else None,
                   (mapping.brand_id, mapping.brand_name) if mapping and mapping.brand_id else None,
                   (settings.brand_id, settings.brand_name) if settings.brand_id else None)
    variants = session.scalars(select(StoreVariant).where(
        StoreVariant.product_id == row.id, StoreVariant.gone_at.is_(None)).order_by(StoreVariant.position)).all()
    offers = {offer.variant_id: offer for offer in session.scalars(select(StoreOffer).where(
        StoreOffer.variant_id.in_([one.id for one in variants]), StoreOffer.scope == shop.scope))}
    skus = {one.variant_id: one for one in session.scalars(select(ListingSku).where(ListingSku.listing_id == listing.id))}
    pending = pending_units(session, shop, [one.id for one in variants])
    product = replace(unpack(Product, row.data), description=clean(str(row.data.get("description", ""))))
    package, weight = _package(row, mapping, settings)
    external = {one.id: one.external_id for one in variants}
    rules = sources_of(session, shop, row)
    # What TikTok Shop keeps by itself has no threshold here.
    threshold = None if rules.keeps("stock") or not product.stock_synced \
        else threshold_of(row.hub_threshold or {}, settings.threshold, settings.threshold_mode)
    quantities = {id_: stock_to_send(offer.salable, reserve=settings.stock_reserve, pending=pending.get(id_, 0),
                                     active=offer.active and row.active) for id_, offer in offers.items()}
    # A single variant that can't be bought in this view says nothing of the stock; a product that is off as a whole has none.
    counted = {one.sku or one.external_id: quantities[one.id] for one in variants
               if one.active and one.id in skus and one.id in quantities and (offers[one.id].active or not row.active)}
    ground = Ground(
        region=shop.region, currency=shop.currency, warehouse_id=shop.warehouse_id,
        category=as_category(node) if node is not None else None, category_name=node.name if node is not None else "",
        store_category=row.category_path, brand_id=brand.value[0] if brand.value else "",
        title=title_of(rules, UPDATE if listing.tiktok_product_id else CREATE, row.hub_title),
        description=clean(row.hub_description) if row.hub_description else "",
        values=_values(row, mapping, settings), package=package, dimension_unit=settings.dimension_unit, weight=weight,
        weight_unit=settings.weight_unit, own_weight=bool((row.hub_package or {}).get("weight")), barcode_type=settings.barcode_type,
        offers={external[id_]: as_offer(offer, row.external_id, external[id_]) for id_, offer in offers.items()},
        stock={external[id_]: stock_shown(quantity, threshold) for id_, quantity in quantities.items()},
        tiktok_sku_ids={external[id_]: sku.tiktok_sku_id for id_, sku in skus.items() if id_ in external},
        warehouses=frozenset(str(one["id"]) for one in shop.warehouses if one.get("enabled") and one.get("kind") == "sales"))
    return Facts(listing=listing, shop=shop, row=row, product=product, settings=settings, ground=ground,
                 category_from=category_id.level, brand_from=brand.level, brand_name=brand.value[1] if brand.value else "",
                 variants=variants, skus=skus, has_offers=bool(offers), sources=rules, threshold=threshold,
                 low={sku: quantity for sku, quantity in counted.items() if threshold is not None and threshold.is_low(quantity)},
                 down_because=_down_because(listing, row, rules, counted, threshold))


def _down_because(listing: Listing, row: StoreProduct, rules: Sources, quantities: Mapping[str, int], threshold: Threshold | None) -> str:
    if rules.follows_status and not row.active:
        return "store"
    if not quantities:
        return listing.down_because         # nothing is known of its stock: what was decided last holds
    return "threshold" if must_come_down(quantities.values(), threshold) else ""


def _values(row: StoreProduct, mapping: CategoryMapping | None, settings: ProductSettings) -> dict[str, Chosen]:
    return merge(row.hub_attributes or {}, mapping.attributes if mapping is not None else {}, dict(settings.attributes))


def _package(row: StoreProduct, mapping: CategoryMapping | None, settings: ProductSettings) -> tuple[tuple[int, int, int] | None, str]:
    """Size and default weight: the product's own here, its category's, or the shop's default. The store's own size is read
    from the product by the rules, and only a product-level choice goes before it."""
    levels: list[dict[str, Any]] = [row.hub_package or {}]
    store_has_size = bool(row.data.get("dimensions"))
    if not store_has_size:
        levels += [mapping.package if mapping is not None else {},
                   {"length": settings.package_length, "width": settings.package_width, "height": settings.package_height}]
    size: tuple[int, int, int] | None = None
    for level in levels:
        if level.get("length") and level.get("width") and level.get("height"):
            size = int(level["length"]), int(level["width"]), int(level["height"])
            break
    weights = (row.hub_package or {}).get("weight"), (mapping.package if mapping is not None else {}).get("weight"), settings.package_weight
    weight = choose(*weights).value
    return size, f"{Decimal(str(weight)):f}" if weight else ""


def as_offer(row: StoreOffer, product_id: str, variant_id: str) -> Offer:
    """The kept offer as the rules read it."""
    return Offer(ref=VariantRef(product_id, variant_id, ""), scope=row.scope, price=from_micro(row.price),
                 effective_price=from_micro(row.effective_price), currency=row.currency, tax_included=row.tax_included, salable=row.salable,
                 compare_at=from_micro(row.compare_at) if row.compare_at is not None else None, backorders=row.backorders, active=row.active)


def pending_units(session: Session, shop: Shop, variant_ids: Sequence[int]) -> dict[int, int]:
    """Units that TikTok Shop has sold and the store's figure does not know yet, by variant: on all shops, since they share the stock.

    An order that has just been created in the store counts until the store's figure was asked for after that.
    """
    waits = (OrderLink.store_order_id == "") & OrderLink.state.in_(_NOT_IN_STORE_YET)
    is_news = OrderLink.created_in_store_at >= StoreOffer.read_at
    rows = session.execute(
        select(OrderUnit.variant_id, func.count()).join(OrderLink, OrderLink.id == OrderUnit.link_id)
        .outerjoin(StoreOffer, (StoreOffer.variant_id == OrderUnit.variant_id) & (StoreOffer.scope == shop.scope))
        .where(OrderUnit.variant_id.in_(variant_ids), OrderUnit.cancelled.is_(False), waits | is_news,
               OrderLink.tiktok_state != OrderState.CANCELLED, OrderLink.reason.not_in(("before_connection", "fulfilled_by_tiktok")))
        .group_by(OrderUnit.variant_id))
    return {variant_id: count for variant_id, count in rows if variant_id is not None}

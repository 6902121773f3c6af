"""TikTok orders, where they stand in the store, and who may carry them (ORD-06, FUL-13)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from hub.api.access import caller, hub, my_shop, needs, not_found, section
from hub.api.problems import ProblemRow, rows
from hub.api.shapes import LONGEST_ID, Moment, OfShop, Paged, Told, after, moment, text
from hub.domain.money import from_minor
from hub.domain.money import text as money
from hub.models.orders import LinkState, OrderEvent, OrderLink, OrderUnit
from hub.models.products import StoreVariant
from hub.models.shops import Shop

blueprint = section("orders", "TikTok orders and their store orders")
MOST_EVENTS = 200


class OrdersIn(Paged):
    shop_id = text(LONGEST_ID, load_default="")
    state = fields.String(load_default="", validate=validate.OneOf(("", *(one.value for one in LinkState))))
    placed_from = Moment(load_default=None)
    placed_to = Moment(load_default=None)


class OrderOut(Told):
    """A TikTok order; `key` is TikTok's order id. Amounts are decimal text in `currency`."""

    key = fields.String()
    shop_id = fields.String()
    state = fields.String(metadata={"description": "seen, creating, in_store, shipped, completed, cancelled, needs_attention"})
    tiktok_state = fields.String()
    reason = fields.String(metadata={"description": "Why it is not due, where it is not"})
    currency = fields.String()
    total = fields.String()
    units = fields.Integer()
    shipping_type = fields.String()
    placed_at = moment()
    paid_at = moment()
    ship_by = moment()
    store_order_id = fields.String()
    store_number = fields.String()
    store_state = fields.String()
    store_total = fields.String(allow_none=True)
    refunded = fields.String()
    problems = fields.List(fields.Nested(ProblemRow))


class OrdersOut(Told):
    orders = fields.List(fields.Nested(OrderOut))
    next = fields.String(allow_none=True)


class UnitOut(Told):
    """One unit sold. `sku` is the store's, empty where the TikTok SKU is linked to nothing."""

    line_id = fields.String()
    tiktok_sku_id = fields.String()
    sku = fields.String()
    cancelled = fields.Boolean()


class ParcelOut(Told):
    carrier = fields.String()
    number = fields.String()


class EventOut(Told):
    at = moment()
    what = fields.String()
    says = fields.String()


class OrderDetailOut(OrderOut):
    lines = fields.List(fields.Nested(UnitOut))
    parcels = fields.List(fields.Nested(ParcelOut))
    timeline = fields.List(fields.Nested(EventOut))


class ProviderOut(Told):
    id = fields.String()
    name = fields.String()


class ProvidersOut(Told):
    shop_id = fields.String()
    providers = fields.List(fields.Nested(ProviderOut))


@blueprint.route("/orders")
@blueprint.arguments(OrdersIn, location="query")
@blueprint.response(200, OrdersOut)
@needs("orders")
def list_orders(asked: dict[str, Any]) -> dict[str, Any]:
    """The TikTok orders that the hub has seen, a page at a time."""
    with hub().db.read() as session:
        query = (select(OrderLink, Shop.tiktok_shop_id).join(Shop, Shop.id == OrderLink.shop_id)
                 .where(OrderLink.connection_id == caller().connection_id, OrderLink.id > after(asked["cursor"])))
        if asked["shop_id"]:
            query = query.where(OrderLink.shop_id == my_shop(session, asked["shop_id"]).id)
        if asked["state"]:
            query = query.where(OrderLink.state == LinkState(asked["state"]))
        if asked["placed_from"] is not None:
            query = query.where(OrderLink.placed_at >= asked["placed_from"])
        if asked["placed_to"] is not None:
            query = query.where(OrderLink.placed_at < asked["placed_to"])
        found = session.execute(query.order_by(OrderLink.id).limit(asked["limit"] + 1)).all()
    page = found[:asked["limit"]]
    return {"orders": [_order_out(link, shop_id) for link, shop_id in page], "next": str(page[-1][0].id) if len(found) > len(page) else None}


def _order_out(link: OrderLink, shop_id: str) -> dict[str, Any]:
    def amount(minor: int) -> str:
        return money(from_minor(minor, link.currency), link.currency)

    return {"key": link.tiktok_order_id, "shop_id": shop_id, "state": link.state.value, "tiktok_state": link.tiktok_state.value,
            "reason": link.reason, "currency": link.currency, "total": amount(link.total), "units": link.units,
            "shipping_type": link.shipping_type, "placed_at": link.placed_at, "paid_at": link.paid_at, "ship_by": link.ship_by,
            "store_order_id": link.store_order_id, "store_number": link.store_number, "store_state": link.store_state,
            "store_total": amount(link.store_total) if link.store_total is not None else None, "refunded": amount(link.refunded),
            "problems": rows(link.problems or ())}


@blueprint.route("/orders/<key>")
@blueprint.response(200, OrderDetailOut)
@needs("orders")
def get_order(key: str) -> dict[str, Any]:
    """One order by TikTok's order id, with lines, parcels and timeline."""
    with hub().db.read() as session:
        row = session.execute(
            select(OrderLink, Shop.tiktok_shop_id).join(Shop, Shop.id == OrderLink.shop_id)
            .where(OrderLink.connection_id == caller().connection_id, OrderLink.tiktok_order_id == key).order_by(OrderLink.id)).first()
        if row is None:
            foreign = session.scalars(select(OrderLink.id).where(OrderLink.tiktok_order_id == key).limit(1)).first()
            raise not_found(f"order {key}", foreign=foreign is not None)
        link, shop_id = row
        units = session.execute(select(OrderUnit, StoreVariant.sku).outerjoin(StoreVariant, StoreVariant.id == OrderUnit.variant_id)
                                .where(OrderUnit.link_id == link.id).order_by(OrderUnit.id)).all()
        events = session.scalars(select(OrderEvent).where(OrderEvent.link_id == link.id)
                                 .order_by(OrderEvent.id.desc()).limit(MOST_EVENTS)).all()
    return {**_order_out(link, shop_id),
            "lines": [{"line_id": unit.line_id, "tiktok_sku_id": unit.tiktok_sku_id, "sku": sku or "", "cancelled": unit.cancelled}
                      for unit, sku in units],
            "parcels": [{"carrier": str(one.get("carrier", "")), "number": str(one.get("number", ""))} for one in link.parcels or ()],
            "timeline": [{"at": one.at, "what": one.what, "says": one.says} for one in reversed(events)]}


@blueprint.route("/shipping-providers")
@blueprint.arguments(OfShop, location="query")
@blueprint.response(200, ProvidersOut)
@needs("orders")
def list_shipping_providers(asked: dict[str, Any]) -> dict[str, Any]:
    """TikTok Shop's carriers, as it listed them last (FUL-13)."""
    with hub().db.read() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
    return {"shop_id": shop.tiktok_shop_id,
            "providers": [{"id": str(one.get("id", "")), "name": str(one.get("name", ""))} for one in shop.providers]}

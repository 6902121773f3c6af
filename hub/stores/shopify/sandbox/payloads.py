"""The bodies of webhooks: REST-style JSON in snake case with numeric ids (contract 6.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub.stores.shopify.sandbox.catalogue import Level, Product, Variant
from hub.stores.shopify.sandbox.graph import moment_text, money
from hub.stores.shopify.sandbox.orders import Fulfillment, FulfillmentOrder, Line, Order, Refund, Transaction

if TYPE_CHECKING:
    from hub.stores.shopify.sandbox.shop import ShopifySim

Body = dict[str, Any]
# A large product's body leaves variants out beyond this many (contract 6.6): who trusts the body loses them.
VARIANTS_TOLD = 100


def body_of(sim: ShopifySim, topic: str, thing: Any) -> Body:
    """What this event tells."""
    if topic == "PRODUCTS_DELETE":
        return {"id": thing.number}
    if topic == "ORDERS_DELETE":
        return {"id": thing.number}
    if isinstance(thing, Product):
        return _product(thing)
    if isinstance(thing, Level):
        return {"inventory_item_id": thing.item.number, "location_id": thing.location.number,
                "available": thing.available if thing.item.tracked else None, "updated_at": moment_text(thing.updated_at),
                "admin_graphql_api_id": thing.id}
    if isinstance(thing, Order):
        return _order(sim, thing)
    if isinstance(thing, Fulfillment):
        return _fulfillment(thing)
    if isinstance(thing, FulfillmentOrder):
        return {"fulfillment_order": {"id": thing.id, "status": thing.status.lower(), "order_id": thing.order.id}}
    if isinstance(thing, Refund):
        return _refund(thing)
    if isinstance(thing, Transaction):
        return _transaction(thing)
    if isinstance(thing, Mapping):
        return dict(thing)
    return {"id": 70_000_000_001, "name": sim.shop_name, "domain": sim.shop_domain, "myshopify_domain": sim.shop_domain,
            "currency": sim.catalogue.currency, "iana_timezone": sim.timezone}


def _product(product: Product) -> Body:
    return {
        "id": product.number, "admin_graphql_api_id": product.id, "title": product.title, "body_html": product.description_html,
        "vendor": product.vendor, "product_type": product.product_type, "handle": product.handle, "status": product.status.lower(),
        "category": {"admin_graphql_api_id": product.category.id, "name": product.category.path[-1],
                     "full_name": " > ".join(product.category.path)} if product.category else None,
        "tags": ", ".join(sorted(product.tags)), "created_at": moment_text(product.created_at), "updated_at": moment_text(product.updated_at),
        "options": [{"name": name, "position": at + 1} for at, name in enumerate(product.option_names or ("Title",))],
        "variants": [_variant(each) for each in product.variants[:VARIANTS_TOLD]],
        "media": [{"id": each.number, "admin_graphql_api_id": each.id} for each in product.media],
    }  # fmt: skip


def _variant(variant: Variant) -> Body:
    told: Body = {
        "id": variant.number, "admin_graphql_api_id": variant.id, "product_id": variant.product.number, "title": variant.title,
        "sku": variant.sku, "barcode": variant.barcode, "price": money(variant.price), "position": variant.position,
        "compare_at_price": money(variant.compare_at_price) if variant.compare_at_price is not None else None,
        "inventory_item_id": variant.item.number, "inventory_quantity": variant.item.available,
        "inventory_policy": variant.policy.lower(), "updated_at": moment_text(variant.updated_at),
    }  # fmt: skip
    for at in range(3):
        told[f"option{at + 1}"] = variant.labels[at] if at < len(variant.labels) else "Default Title" if at == 0 else None
    return told


def _order(sim: ShopifySim, order: Order) -> Body:
    hidden = sim.protected
    return {
        "id": order.number, "admin_graphql_api_id": order.id, "name": order.name, "email": None if hidden else order.email,
        "phone": None if hidden else order.phone, "source_name": order.source_name, "source_identifier": order.source_identifier,
        "tags": ", ".join(order.tags), "note": order.note,
        "note_attributes": [{"name": each["key"], "value": each["value"]} for each in order.attributes],
        "financial_status": order.financial_status.lower(),
        "fulfillment_status": {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}.get(order.fulfillment_status),
        "cancelled_at": moment_text(order.cancelled_at) if order.cancelled_at else None,
        "cancel_reason": order.cancel_reason.lower() if order.cancel_reason else None,
        "closed_at": moment_text(order.closed_at) if order.closed_at else None, "currency": order.currency,
        "total_price": money(order.total), "total_tax": money(order.tax), "taxes_included": order.taxes_included,
        "line_items": [_line(line) for line in order.lines],
        "shipping_lines": [{"id": each.number, "title": each.title, "code": each.code, "source": each.source, "price": money(each.price)}
                           for each in order.shipping],
        "fulfillments": [_fulfillment(each) for each in order.fulfillments], "refunds": [_refund(each) for each in order.refunds],
        "created_at": moment_text(order.created_at), "updated_at": moment_text(order.updated_at), "test": order.test,
    }  # fmt: skip


def _line(line: Line) -> Body:
    sent = line.fulfilled
    return {"id": line.number, "admin_graphql_api_id": line.id, "variant_id": line.variant.number if line.variant else None, "sku": line.sku,
            "title": line.title, "quantity": line.quantity, "current_quantity": line.current, "price": money(line.unit),
            "fulfillment_status": "fulfilled" if sent and not line.unfulfilled else "partial" if sent else None,
            "fulfillable_quantity": line.unfulfilled}


def _fulfillment(made: Fulfillment) -> Body:
    return {"id": made.number, "admin_graphql_api_id": made.id, "order_id": made.order.number, "status": made.status.lower(), "name": made.name,
            "shipment_status": None if made.display_status in ("FULFILLED", "CANCELED") else made.display_status.lower(),
            "tracking_company": made.tracking[0]["company"] if made.tracking else None,
            "tracking_number": made.tracking[0]["number"] if made.tracking else None,
            "tracking_numbers": [each["number"] for each in made.tracking if each["number"]],
            "tracking_urls": [each["url"] for each in made.tracking if each["url"]],
            "line_items": [{**_line(part.line), "quantity": part.quantity} for part in made.lines],
            "location_id": made.location.number, "created_at": moment_text(made.created_at), "updated_at": moment_text(made.updated_at)}


def _refund(refund: Refund) -> Body:
    return {"id": refund.number, "admin_graphql_api_id": refund.id, "order_id": refund.order.number,
            "created_at": moment_text(refund.created_at), "note": refund.note,
            "restock": any(part.restock_type != "NO_RESTOCK" for part in refund.lines),
            "refund_line_items": [{"id": part.number, "line_item_id": part.line.number, "quantity": part.quantity,
                                   "restock_type": part.restock_type.lower(), "subtotal": money(part.subtotal), "total_tax": money(part.tax),
                                   "location_id": part.location.number if part.location else None} for part in refund.lines],
            "transactions": [_transaction(each) for each in refund.transactions], "order_adjustments": []}


def _transaction(each: Transaction) -> Body:
    return {"id": each.number, "admin_graphql_api_id": each.id, "order_id": each.order.number, "kind": each.kind.lower(),
            "status": each.status.lower(), "amount": money(each.amount), "gateway": each.gateway,
            "parent_id": each.parent.number if each.parent else None, "created_at": moment_text(each.created_at)}

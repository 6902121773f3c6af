"""What the API tells of fulfilment orders and lets an app do with them: send, track, hold, move, split (contract 4.2 and 5)."""

from __future__ import annotations

from typing import Any

from hub.stores.shopify.sandbox.access import needs, sees_fulfillment_orders
from hub.stores.shopify.sandbox.fulfilment import (
    actions,
    find_fulfillment,
    find_order_of,
    known_url,
    make,
    move,
    part_of,
    replace,
    send,
    undo,
)
from hub.stores.shopify.sandbox.graph import Call, Refusal, connection, error, field, gid, number_of
from hub.stores.shopify.sandbox.orders import Fulfillment, FulfillmentOrder, Hold, Part

Args = dict[str, Any]
HOLDS_PER_APP = 10
WRITE_SCOPE = "write_merchant_managed_fulfillment_orders"
_PROGRESS = {"IN_TRANSIT": "IN_TRANSIT", "DELIVERED": "DELIVERED", "OUT_FOR_DELIVERY": "OUT_FOR_DELIVERY", "FAILURE": "FAILURE",
             "ATTEMPTED_DELIVERY": "ATTEMPTED_DELIVERY", "CONFIRMED": "CONFIRMED", "LABEL_PRINTED": "LABEL_PRINTED",
             "LABEL_PURCHASED": "LABEL_PURCHASED", "READY_FOR_PICKUP": "READY_FOR_PICKUP", "CARRIER_PICKED_UP": "CARRIER_PICKED_UP",
             "DELAYED": "DELAYED"}  # fmt: skip


# -- fields ---------------------------------------------------------------------------------------------------------


@field("QueryRoot", "fulfillmentOrder")
def _fulfillment_order(call: Call, _: Any, args: Args) -> FulfillmentOrder | None:
    return find_order_of(call, args["id"])


@connection("QueryRoot", "fulfillmentOrders")
def _fulfillment_orders(call: Call, _: Any, args: Args) -> list[FulfillmentOrder]:
    if args.get("query") or args.get("sortKey", "ID") != "ID":
        raise Refusal("fulfillmentOrders are listed by id and without a search here", "INVALID_SEARCH_QUERY")
    if not sees_fulfillment_orders(call):
        return []
    return [each for order in call.sim.seen_orders(call) for each in order.fulfillment_orders if each.is_live or args.get("includeClosed")]


@field("QueryRoot", "fulfillment")
def _fulfillment(call: Call, _: Any, args: Args) -> Fulfillment | None:
    needs(call, "read_orders", "fulfillment")
    return find_fulfillment(call, args["id"])


field("FulfillmentOrder", "supportedActions")(
    lambda call, order, args: [{"action": action, "externalUrl": None} for action in actions(order)])
field("FulfillmentOrder", "assignedLocation")(lambda call, order, args: {
    "address1": "1 Practice Street", "city": "Practice", "zip": "PR1 1AA", "countryCode": order.location.country_code,
    "name": order.location.name, "location": order.location})  # fmt: skip
field("FulfillmentOrder", "requestStatus")(lambda call, order, args: "CLOSED" if order.status == "CLOSED" else "UNSUBMITTED")
field("FulfillmentOrder", "deliveryMethod")(lambda call, order, args: {
    "id": gid("DeliveryMethod", order.number), "methodType": "SHIPPING",
    "presentedName": order.order.shipping[0].title if order.order.shipping else None})  # fmt: skip
field("FulfillmentOrder", "fulfillAt")(lambda call, order, args: order.created_at)
field("FulfillmentOrder", "fulfillBy")(lambda call, order, args: None)
field("FulfillmentOrder", "fulfillmentHolds")(lambda call, order, args: order.holds)
field("FulfillmentOrder", "orderId")(lambda call, order, args: order.order.id)
field("FulfillmentOrder", "orderName")(lambda call, order, args: order.order.name)
field("FulfillmentOrder", "orderProcessedAt")(lambda call, order, args: order.order.processed_at)
connection("FulfillmentOrder", "lineItems")(lambda call, order, args: order.lines)
connection("FulfillmentOrder", "fulfillments")(lambda call, order, args: [
    each for each in order.order.fulfillments if any(part.source is order for part in each.lines)])
field("FulfillmentHold", "heldByRequestingApp")(lambda call, hold, args: hold.by_app == call.sim.access.api_key)
field("FulfillmentHold", "heldByApp")(lambda call, hold, args: call.sim.app if hold.by_app else None)
field("FulfillmentHold", "displayReason")(lambda call, hold, args: hold.reason.replace("_", " ").capitalize())
field("FulfillmentHold", "reasonNotes")(lambda call, hold, args: hold.notes)
field("FulfillmentOrderLineItem", "lineItem")(lambda call, part, args: part.line)
field("FulfillmentOrderLineItem", "totalQuantity")(lambda call, part, args: part.quantity)
field("FulfillmentOrderLineItem", "remainingQuantity")(lambda call, part, args: part.remaining)
field("FulfillmentOrderLineItem", "inventoryItemId")(lambda call, part, args: part.line.variant.item.id if part.line.variant else None)
field("FulfillmentOrderLineItem", "sku")(lambda call, part, args: part.line.sku)
field("FulfillmentOrderLineItem", "productTitle")(lambda call, part, args: part.line.title)
field("FulfillmentOrderLineItem", "variantTitle")(lambda call, part, args: part.line.variant_title)
field("FulfillmentOrderLineItem", "variant")(lambda call, part, args: part.line.variant)
field("FulfillmentOrderLineItem", "requiresShipping")(lambda call, part, args: part.line.requires_shipping)
field("Fulfillment", "legacyResourceId")(lambda call, made, args: made.number)
field("Fulfillment", "trackingInfo")(lambda call, made, args: made.tracking[:args.get("first")])
field("Fulfillment", "requiresShipping")(lambda call, made, args: True)
field("Fulfillment", "estimatedDeliveryAt")(lambda call, made, args: None)
field("Fulfillment", "totalQuantity")(lambda call, made, args: sum(part.quantity for part in made.lines))
connection("Fulfillment", "fulfillmentLineItems")(lambda call, made, args: made.lines)
connection("Fulfillment", "fulfillmentOrders")(lambda call, made, args: list(
    {part.source.number: part.source for part in made.lines if part.source}.values()) if sees_fulfillment_orders(call) else [])
field("FulfillmentLineItem", "lineItem")(lambda call, part, args: part.line)
field("FulfillmentLineItem", "originalTotalSet")(lambda call, part, args: call.sim.bag(part.line.order, part.line.unit * part.quantity))
field("FulfillmentLineItem", "discountedTotalSet")(
    lambda call, part, args: call.sim.bag(part.line.order, part.line.goods_of(part.quantity)[0]))


# -- mutations ------------------------------------------------------------------------------------------------------


def _tracking(given: Args | None, path: tuple[str, ...], errors: list[dict[str, Any]]) -> list[dict[str, str | None]]:
    """Rows of tracking; singular and plural are not mixed, and a url needs its number."""
    given = given or {}
    single = {"number", "url"} & {name for name, value in given.items() if value}
    plural = {"numbers", "urls"} & {name for name, value in given.items() if value}
    if single and plural:
        errors.append(error(path, "number and url can't be given together with numbers and urls"))
        return []
    numbers = given.get("numbers") or ([given["number"]] if given.get("number") else [])
    urls = given.get("urls") or ([given["url"]] if given.get("url") else [])
    if len(urls) > len(numbers):
        errors.append(error((*path, "url"), "A tracking url needs its tracking number"))
        return []
    company = given.get("company")
    if not numbers:
        return [{"company": company, "number": None, "url": None}] if company else []
    return [{"company": company, "number": number, "url": urls[at] if at < len(urls) else known_url(company, number)}
            for at, number in enumerate(numbers)]


@field("Mutation", "fulfillmentCreate")
def _create(call: Call, _: Any, args: Args) -> Args:
    needs(call, WRITE_SCOPE, "fulfillmentCreate")
    given = args["fulfillment"]
    errors: list[dict[str, Any]] = []
    tracking = _tracking(given.get("trackingInfo"), ("fulfillment", "trackingInfo"), errors)
    chosen: list[tuple[FulfillmentOrder, list[tuple[Part, int]]]] = []
    rows = "lineItemsByFulfillmentOrder"
    for at, each in enumerate(given[rows]):
        source = find_order_of(call, each["fulfillmentOrderId"])
        if source is None:
            errors.append(error(("fulfillment", rows, at, "fulfillmentOrderId"), "Fulfillment order does not exist."))
            continue
        if "CREATE_FULFILLMENT" not in actions(source):
            errors.append(error(("fulfillment",), f"Fulfillment order {source.number} has an unfulfillable status= {source.status.lower()}."))
            continue
        chosen.append((source, _units(source, each.get("fulfillmentOrderLineItems"), ("fulfillment", rows, at), errors)))
    if not given[rows]:
        errors.append(error(("fulfillment", rows), "At least one fulfillment order is required."))
    if len({(source.order.number, source.location.number) for source, _units_of in chosen}) > 1:
        errors.append(error(("fulfillment",), "All fulfillment orders must have the same order and the same assigned location."))
    if errors:
        return {"fulfillment": None, "userErrors": errors}
    return {"fulfillment": send(call.sim, chosen, tracking), "userErrors": []}


def _units(source: FulfillmentOrder, given: list[Args] | None, path: tuple[str | int, ...],
           errors: list[dict[str, Any]]) -> list[tuple[Part, int]]:
    """Units by their FulfillmentOrderLineItem ids; no list is all that remains."""
    if not given:
        return [(part, part.remaining) for part in source.lines if part.remaining]
    found: list[tuple[Part, int]] = []
    for at, each in enumerate(given):
        number = number_of(each["id"], "FulfillmentOrderLineItem")
        part = next((part for part in source.lines if part.number == number), None)
        where = (*path, "fulfillmentOrderLineItems", at)
        if part is None:
            errors.append(error((*where, "id"), "Fulfillment order line item does not exist."))
        elif not 1 <= each["quantity"] <= part.remaining:
            errors.append(error((*where, "quantity"), "Invalid fulfillment order line item quantity requested."))
        else:
            found.append((part, each["quantity"]))
    return found


@field("Mutation", "fulfillmentTrackingInfoUpdate")
def _track(call: Call, _: Any, args: Args) -> Args:
    needs(call, WRITE_SCOPE, "fulfillmentTrackingInfoUpdate")
    errors: list[dict[str, Any]] = []
    made = find_fulfillment(call, args["fulfillmentId"])
    tracking = _tracking(args["trackingInfoInput"], ("trackingInfoInput",), errors)
    if made is None:
        errors.append(error(("fulfillmentId",), "Fulfillment does not exist."))
    elif made.status != "SUCCESS":
        errors.append(error(("fulfillmentId",), "Tracking of a cancelled fulfillment can't be changed."))
    if errors or made is None:
        return {"fulfillment": None, "userErrors": errors}
    with call.sim.changing(made.order):
        made.tracking, made.updated_at = tracking, call.sim.now()
    call.sim.tell("FULFILLMENTS_UPDATE", made)
    return {"fulfillment": made, "userErrors": []}


@field("Mutation", "fulfillmentCancel")
def _cancel(call: Call, _: Any, args: Args) -> Args:
    needs(call, WRITE_SCOPE, "fulfillmentCancel")
    made = find_fulfillment(call, args["id"])
    if made is None or made.status != "SUCCESS":
        return {"fulfillment": None, "userErrors": [error(("id",), "Fulfillment does not exist or is cancelled already.")]}
    undo(call.sim, made)
    return {"fulfillment": made, "userErrors": []}


@field("Mutation", "fulfillmentEventCreate")
def _event(call: Call, _: Any, args: Args) -> Args:
    needs(call, WRITE_SCOPE, "fulfillmentEventCreate")
    given = args["fulfillmentEvent"]
    made = find_fulfillment(call, given["fulfillmentId"])
    if made is None:
        return {"fulfillmentEvent": None, "userErrors": [error(("fulfillmentEvent", "fulfillmentId"), "Fulfillment does not exist.")]}
    at = given.get("happenedAt") or call.sim.now()
    with call.sim.changing(made.order):
        made.display_status, made.updated_at = _PROGRESS[given["status"]], call.sim.now()
        if given["status"] == "IN_TRANSIT":
            made.in_transit_at = at
        if given["status"] == "DELIVERED":
            made.delivered_at = at
    call.sim.tell("FULFILLMENTS_UPDATE", made)
    return {"userErrors": [], "fulfillmentEvent": {
        "id": gid("FulfillmentEvent", call.sim.number("FulfillmentEvent")), "status": given["status"], "happenedAt": at,
        "createdAt": call.sim.now(), "message": given.get("message")}}  # fmt: skip


@field("Mutation", "fulfillmentOrderHold")
def _hold(call: Call, _: Any, args: Args) -> Args:
    needs(call, WRITE_SCOPE, "fulfillmentOrderHold")
    sim, given = call.sim, args["fulfillmentHold"]
    source = find_order_of(call, args["id"])
    nothing = {"fulfillmentHold": None, "fulfillmentOrder": source, "remainingFulfillmentOrder": None}
    if source is None:
        return {**nothing, "userErrors": [error(("id",), "Fulfillment order could not be found.", "FULFILLMENT_ORDER_NOT_FOUND")]}
    handle = given.get("handle") or ""
    mine = [hold for hold in source.holds if hold.by_app == sim.access.api_key]
    if any((hold.handle or "") == handle for hold in mine):
        return {**nothing, "userErrors": [error(("fulfillmentHold", "handle"), "The handle provided for the fulfillment hold is already in use "
                                                "by this app for another hold on this fulfillment order.", "DUPLICATE_FULFILLMENT_HOLD_HANDLE")]}
    if len(mine) >= HOLDS_PER_APP:
        return {**nothing, "userErrors": [error(("id",), "The maximum number of fulfillment holds for this fulfillment order has been "
                                                "reached for this app.", "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED")]}
    if "HOLD" not in actions(source):
        return {**nothing, "userErrors": [error(("id",), f"The fulfillment order can't be put on hold: it is {source.status.lower()}.", "TAKEN")]}
    rest: FulfillmentOrder | None = None
    if given.get("fulfillmentOrderLineItems"):
        errors: list[dict[str, Any]] = []
        units = _units(source, given["fulfillmentOrderLineItems"], ("fulfillmentHold",), errors)
        if errors:
            return {**nothing, "userErrors": [{**each, "code": "INVALID_LINE_ITEM_QUANTITY"} for each in errors]}
        rest = part_of(sim, source, units)
    hold = Hold(sim.number("FulfillmentHold"), given["reason"], given.get("reasonNotes"), handle or None, sim.access.api_key)
    with sim.changing(source.order):
        source.holds.append(hold)
        source.status, source.updated_at = "ON_HOLD", sim.now()
    sim.tell("FULFILLMENT_ORDERS_PLACED_ON_HOLD", source)
    return {"fulfillmentHold": hold, "fulfillmentOrder": source, "remainingFulfillmentOrder": rest, "userErrors": []}


@field("Mutation", "fulfillmentOrderReleaseHold")
def _release_hold(call: Call, _: Any, args: Args) -> Args:
    needs(call, WRITE_SCOPE, "fulfillmentOrderReleaseHold")
    sim = call.sim
    source = find_order_of(call, args["id"])
    if source is None:
        return {"fulfillmentOrder": None, "userErrors": [error(("id",), "Fulfillment order could not be found.", "FULFILLMENT_ORDER_NOT_FOUND")]}
    named = args.get("holdIds")
    with sim.changing(source.order):
        # Without ids every hold goes, whoever put it: that is Shopify's rule, and the trap.
        numbers = {number_of(each, "FulfillmentHold") for each in named} if named is not None else {hold.number for hold in source.holds}
        source.holds = [hold for hold in source.holds if hold.number not in numbers]
        if source.status == "ON_HOLD" and not source.holds:
            source.status = "OPEN"
        source.updated_at = sim.now()
    sim.tell("FULFILLMENT_ORDERS_HOLD_RELEASED", source)
    return {"fulfillmentOrder": source, "userErrors": []}


@field("Mutation", "fulfillmentOrderMove")
def _move(call: Call, _: Any, args: Args) -> Args:
    needs(call, WRITE_SCOPE, "fulfillmentOrderMove")
    nothing = {"movedFulfillmentOrder": None, "originalFulfillmentOrder": None, "remainingFulfillmentOrder": None}
    source = find_order_of(call, args["id"])
    location = call.sim.catalogue.location(number_of(args["newLocationId"], "Location"))
    if source is None or "MOVE" not in actions(source):
        return {**nothing, "userErrors": [error(("id",), "The fulfillment order can't be moved.")]}
    if location is None or not location.is_active or location is source.location:
        return {**nothing, "userErrors": [error(("newLocationId",), "The fulfillment order can't be moved to this location.")]}
    errors: list[dict[str, Any]] = []
    units = _units(source, args.get("fulfillmentOrderLineItems"), (), errors)
    if errors:
        return {**nothing, "userErrors": errors}
    moved, rest = move(call.sim, source, location, units)
    return {"movedFulfillmentOrder": moved, "originalFulfillmentOrder": source, "remainingFulfillmentOrder": rest, "userErrors": []}


@field("Mutation", "fulfillmentOrderSplit")
def _split(call: Call, _: Any, args: Args) -> Args:
    needs(call, WRITE_SCOPE, "fulfillmentOrderSplit")
    results: list[Args] = []
    for at, each in enumerate(args["fulfillmentOrderSplits"]):
        path = ("fulfillmentOrderSplits", at)
        source = find_order_of(call, each["fulfillmentOrderId"])
        if source is None or "SPLIT" not in actions(source):
            return {"fulfillmentOrderSplits": None, "userErrors": [
                error((*path, "fulfillmentOrderId"), "The fulfillment order can't be split.", "FULFILLMENT_ORDER_NOT_FOUND")]}
        errors: list[dict[str, Any]] = []
        units = _units(source, each["fulfillmentOrderLineItems"], path, errors)
        if errors or sum(quantity for _part, quantity in units) >= sum(part.remaining for part in source.lines):
            return {"fulfillmentOrderSplits": None, "userErrors": [*(
                {**each_error, "code": "INVALID_LINE_ITEM_QUANTITY"} for each_error in errors)] or [
                    error(path, "At least one unit has to stay.", "INVALID_LINE_ITEM_QUANTITY")]}
        with call.sim.changing(source.order):
            kept = replace(call.sim, source, {part.line.number: quantity for part, quantity in units})
            apart = make(call.sim, source.order, source.location, [(part.line, quantity) for part, quantity in units])
        call.sim.tell("FULFILLMENT_ORDERS_SPLIT", apart)
        results.append({"fulfillmentOrder": kept, "remainingFulfillmentOrder": apart, "replacementFulfillmentOrder": None})
    return {"fulfillmentOrderSplits": results, "userErrors": []}



"""Fulfilment orders and fulfilments: routing, holds, sending, undoing (contract 5).

A fulfilment order's id does not last: moving, splitting, cancelling a fulfilment and taking units off by a refund make
new ones. What is on hold, closed or cancelled can't be sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hub.stores.shopify.sandbox.access import needs, sees_fulfillment_orders
from hub.stores.shopify.sandbox.catalogue import Location
from hub.stores.shopify.sandbox.graph import Call, Refusal, connection, field, gid, number_of
from hub.stores.shopify.sandbox.orders import Fulfillment, FulfillmentOrder, Hold, Line, Order, Part

if TYPE_CHECKING:
    from hub.stores.shopify.sandbox.shop import ShopifySim

Args = dict[str, Any]
HOLDS_PER_APP = 10
WRITE_SCOPE = "write_merchant_managed_fulfillment_orders"
_PROGRESS = {"IN_TRANSIT": "IN_TRANSIT", "DELIVERED": "DELIVERED", "OUT_FOR_DELIVERY": "OUT_FOR_DELIVERY", "FAILURE": "FAILURE",
             "ATTEMPTED_DELIVERY": "ATTEMPTED_DELIVERY", "CONFIRMED": "CONFIRMED", "LABEL_PRINTED": "LABEL_PRINTED",
             "LABEL_PURCHASED": "LABEL_PURCHASED", "READY_FOR_PICKUP": "READY_FOR_PICKUP", "CARRIER_PICKED_UP": "CARRIER_PICKED_UP",
             "DELAYED": "DELAYED"}  # fmt: skip


def error(path: Iterable[str | int] | None, message: str, code: str | None = None) -> dict[str, Any]:
    """A user error; a path is told as text throughout."""
    return {"field": [str(part) for part in path] if path is not None else None, "message": message, "code": code}


# -- what the shop does by itself -----------------------------------------------------------------------------------


def route(sim: ShopifySim, order: Order, plan: dict[int, Location]) -> None:
    """One fulfilment order per location for the lines that are shipped; a line that is not gets none (contract 4.1)."""
    for location in dict.fromkeys(plan[line.number] for line in order.lines if line.requires_shipping):
        lines = [(line, line.quantity) for line in order.lines if line.requires_shipping and plan[line.number] is location]
        make(sim, order, location, lines)
    for each in order.fulfillment_orders:
        sim.tell("FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE", each)


def make(sim: ShopifySim, order: Order, location: Location, lines: Iterable[tuple[Line, int]]) -> FulfillmentOrder:
    """A fresh fulfilment order for these units."""
    now = sim.now()
    made = FulfillmentOrder(sim.number("FulfillmentOrder"), order, location, now, now)
    made.lines = [Part("FulfillmentOrderLineItem", sim.number("FulfillmentOrderLineItem"), line, units, units) for line, units in lines]
    order.fulfillment_orders.append(made)
    sim.fulfillment_orders[made.number] = made
    return made


def replace(sim: ShopifySim, old: FulfillmentOrder, off: dict[int, int]) -> FulfillmentOrder | None:
    """Closes one and makes another without these units (by line number); None where nothing is left to send."""
    left = [(part.line, part.remaining - off.get(part.line.number, 0)) for part in old.lines]
    left = [(line, units) for line, units in left if units > 0]
    old.status, old.updated_at = "CLOSED", sim.now()
    for part in old.lines:
        part.remaining = 0
    if not left:
        return None
    made = make(sim, old.order, old.location, left)
    made.holds, old.holds = old.holds, []
    made.status = "ON_HOLD" if made.holds else "OPEN"
    return made


def take_off(sim: ShopifySim, order: Order, units: dict[int, int]) -> None:
    """Takes units that are not sent off the fulfilment orders that hold them; each that is touched is replaced."""
    wanted = dict(units)
    for each in [each for each in order.fulfillment_orders if each.is_live]:
        off: dict[int, int] = {}
        for part in each.lines:
            taken = min(part.remaining, wanted.get(part.line.number, 0))
            if taken:
                off[part.line.number] = taken
                wanted[part.line.number] -= taken
        if off:
            replace(sim, each, off)


def cancel_all(sim: ShopifySim, order: Order) -> None:
    """No fulfilment order of a cancelled order is live."""
    for each in order.fulfillment_orders:
        if each.is_live:
            each.status, each.updated_at, each.holds = "CANCELLED", sim.now(), []
            for part in each.lines:
                part.remaining = 0
            sim.tell("FULFILLMENT_ORDERS_CANCELLED", each)


def send(sim: ShopifySim, chosen: list[tuple[FulfillmentOrder, list[tuple[Part, int]]]],
         tracking: list[dict[str, str | None]]) -> Fulfillment:
    """Makes a fulfilment of these units; checks are the caller's."""
    first = chosen[0][0]
    order, now = first.order, sim.now()
    parts: list[Part] = []
    for source, units in chosen:
        for part, quantity in units:
            part.remaining -= quantity
            parts.append(Part("FulfillmentLineItem", sim.number("FulfillmentLineItem"), part.line, quantity, source=source))
        source.status = "IN_PROGRESS" if any(part.remaining for part in source.lines) else "CLOSED"
        source.updated_at = now
    made = Fulfillment(sim.number("Fulfillment"), order, f"{order.name}-F{len(order.fulfillments) + 1}", first.location, now, now, parts,
                       tracking)
    with sim.changing(order):
        order.fulfillments.append(made)
        sim.fulfillments[made.number] = made
        for part in parts:
            _release(sim, part.line, first.location, part.quantity)
    sim.tell("FULFILLMENTS_CREATE", made)
    sim.tell("ORDERS_FULFILLED" if order.fulfillment_status == "FULFILLED" else "ORDERS_PARTIALLY_FULFILLED", order)
    return made


def _release(sim: ShopifySim, line: Line, location: Location, units: int) -> None:
    """Sent goods are committed no more; an order that claimed none had nothing committed."""
    level = line.variant.item.at(location) if line.variant and line.claimed else None
    if level is not None:
        sim.catalogue.set_quantity(level, "committed", max(0, level.committed - units))


def undo(sim: ShopifySim, made: Fulfillment) -> None:
    """Cancels a fulfilment: its units wait in fresh fulfilment orders."""
    order = made.order
    with sim.changing(order):
        made.status, made.display_status, made.updated_at = "CANCELLED", "CANCELED", sim.now()
        for source in {id(part.source): part.source for part in made.lines if part.source is not None}.values():
            back = {part.line.number: part.quantity for part in made.lines if part.source is source}
            left = {part.line.number: part.remaining for part in source.lines} if source.is_live else {}
            lines = [(part.line, back.get(part.line.number, 0) + left.get(part.line.number, 0)) for part in source.lines]
            source.status = "CLOSED"
            for part in source.lines:
                part.remaining = 0
            make(sim, order, source.location, [(line, units) for line, units in lines if units])
        for part in made.lines:
            level = part.line.variant.item.at(made.location) if part.line.variant and part.line.claimed else None
            if level is not None:
                sim.catalogue.set_quantity(level, "committed", level.committed + part.quantity)
    sim.tell("FULFILLMENTS_UPDATE", made)


# -- fields ---------------------------------------------------------------------------------------------------------


def find_order_of(call: Call, given: str) -> FulfillmentOrder | None:
    """The fulfilment order of a global id, as far as the app may see any."""
    found = call.sim.fulfillment_orders.get(number_of(given, "FulfillmentOrder") or 0)
    return found if found is not None and sees_fulfillment_orders(call) and call.sim.sees(call, found.order) else None


def find_fulfillment(call: Call, given: str) -> Fulfillment | None:
    """The fulfilment of a global id."""
    found = call.sim.fulfillments.get(number_of(given, "Fulfillment") or 0)
    return found if found is not None and call.sim.sees(call, found.order) else None


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


def actions(order: FulfillmentOrder) -> list[str]:
    """What may be done with it now."""
    if order.status == "ON_HOLD":
        return ["RELEASE_HOLD", "HOLD", "MOVE"]
    if order.status == "OPEN":
        return ["CREATE_FULFILLMENT", "HOLD", "MOVE", *(["SPLIT"] if sum(part.remaining for part in order.lines) > 1 else [])]
    return ["CREATE_FULFILLMENT"] if order.status == "IN_PROGRESS" else []


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


KNOWN_CARRIERS = frozenset({"Royal Mail", "UPS", "USPS", "FedEx", "DHL Express", "DPD", "DPD UK", "Evri", "GLS", "Deutsche Post",
                            "La Poste Colissimo", "Correos", "Poste Italiane", "PostNL", "An Post", "Yodel", "Parcelforce", "DHL"})  # fmt: skip


def known_url(company: str | None, number: str) -> str | None:
    """Shopify builds the address for the names that it knows, by their exact spelling."""
    return f"https://track.example/{number}" if company in KNOWN_CARRIERS else None


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
        rest = _part_of(sim, source, units)
    hold = Hold(sim.number("FulfillmentHold"), given["reason"], given.get("reasonNotes"), handle or None, sim.access.api_key)
    with sim.changing(source.order):
        source.holds.append(hold)
        source.status, source.updated_at = "ON_HOLD", sim.now()
    sim.tell("FULFILLMENT_ORDERS_PLACED_ON_HOLD", source)
    return {"fulfillmentHold": hold, "fulfillmentOrder": source, "remainingFulfillmentOrder": rest, "userErrors": []}


def _part_of(sim: ShopifySim, source: FulfillmentOrder, units: list[tuple[Part, int]]) -> FulfillmentOrder | None:
    """Leaves only these units in it; the rest goes to a fresh one."""
    kept = {part.number: quantity for part, quantity in units}
    rest = [(part.line, part.remaining - kept.get(part.number, 0)) for part in source.lines]
    rest = [(line, quantity) for line, quantity in rest if quantity]
    for part in source.lines:
        part.remaining = kept.get(part.number, 0)
        part.quantity = part.remaining
    source.lines = [part for part in source.lines if part.remaining]
    return make(sim, source.order, source.location, rest) if rest else None


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


def move(sim: ShopifySim, source: FulfillmentOrder, location: Location,
         units: list[tuple[Part, int]]) -> tuple[FulfillmentOrder, FulfillmentOrder | None]:
    """These units to another location, as a fresh fulfilment order; what stays, if anything, in another fresh one."""
    with sim.changing(source.order):
        rest = replace(sim, source, {part.line.number: quantity for part, quantity in units})
        moved = make(sim, source.order, location, [(part.line, quantity) for part, quantity in units])
        for part, quantity in units:
            if part.line.claimed and part.line.variant:
                old, new = part.line.variant.item.at(source.location), part.line.variant.item.at(location)
                for level, sign in ((old, -1), (new, 1)):
                    if level is not None:
                        sim.catalogue.set_quantity(level, "committed", max(0, level.committed + sign * quantity))
                        sim.catalogue.set_quantity(level, "available", level.available - sign * quantity)
    sim.tell("FULFILLMENT_ORDERS_MOVED", moved)
    return moved, rest


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



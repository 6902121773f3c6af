"""Fulfilment orders and fulfilments: routing, sending, moving, undoing (contract 5).

A fulfilment order's id does not last: moving, splitting, cancelling a fulfilment and taking units off by a refund make
new ones. What is on hold, closed or cancelled can't be sent. What the API makes of it stands in `fulfilment_api`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hub.stores.shopify.sandbox.access import sees_fulfillment_orders
from hub.stores.shopify.sandbox.catalogue import Location
from hub.stores.shopify.sandbox.graph import Call, number_of
from hub.stores.shopify.sandbox.orders import Fulfillment, FulfillmentOrder, Line, Order, Part

if TYPE_CHECKING:
    from hub.stores.shopify.sandbox.shop import ShopifySim

KNOWN_CARRIERS = frozenset({"Royal Mail", "UPS", "USPS", "FedEx", "DHL Express", "DPD", "DPD UK", "Evri", "GLS", "Deutsche Post",
                            "La Poste Colissimo", "Correos", "Poste Italiane", "PostNL", "An Post", "Yodel", "Parcelforce", "DHL"})  # fmt: skip


def find_order_of(call: Call, given: str) -> FulfillmentOrder | None:
    """The fulfilment order of a global id, as far as the app may see any."""
    found = call.sim.fulfillment_orders.get(number_of(given, "FulfillmentOrder") or 0)
    return found if found is not None and sees_fulfillment_orders(call) and call.sim.sees(call, found.order) else None


def find_fulfillment(call: Call, given: str) -> Fulfillment | None:
    """The fulfilment of a global id."""
    found = call.sim.fulfillments.get(number_of(given, "Fulfillment") or 0)
    return found if found is not None and call.sim.sees(call, found.order) else None


def actions(order: FulfillmentOrder) -> list[str]:
    """What may be done with it now."""
    if order.status == "ON_HOLD":
        return ["RELEASE_HOLD", "HOLD", "MOVE"]
    if order.status == "OPEN":
        return ["CREATE_FULFILLMENT", "HOLD", "MOVE", *(["SPLIT"] if sum(part.remaining for part in order.lines) > 1 else [])]
    return ["CREATE_FULFILLMENT"] if order.status == "IN_PROGRESS" else []


def known_url(company: str | None, number: str) -> str | None:
    """Shopify builds the address for the names that it knows, by their exact spelling."""
    return f"https://track.example/{number}" if company in KNOWN_CARRIERS else None


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


def part_of(sim: ShopifySim, source: FulfillmentOrder, units: list[tuple[Part, int]]) -> FulfillmentOrder | None:
    """Leaves only these units in it; the rest goes to a fresh one."""
    kept = {part.number: quantity for part, quantity in units}
    rest = [(part.line, part.remaining - kept.get(part.number, 0)) for part in source.lines]
    rest = [(line, quantity) for line, quantity in rest if quantity]
    for part in source.lines:
        part.remaining = kept.get(part.number, 0)
        part.quantity = part.remaining
    source.lines = [part for part in source.lines if part.remaining]
    return make(sim, source.order, source.location, rest) if rest else None


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

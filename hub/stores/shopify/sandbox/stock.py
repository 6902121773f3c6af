"""Writes of stock, each with its mandatory key and the quantity it changes from (contract 4.4); goods that come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.stores.shopify.sandbox.access import needs
from hub.stores.shopify.sandbox.catalogue import Item, Level, Location
from hub.stores.shopify.sandbox.graph import Call, Refusal, error, field, gid, number_of
from hub.stores.shopify.sandbox.orders import Line

if TYPE_CHECKING:
    from hub.stores.shopify.sandbox.shop import ShopifySim

Args = dict[str, Any]
REASONS = frozenset({"correction", "cycle_count_available", "damaged", "received", "restock", "shrinkage", "promotion", "quality_control",
                     "safety_stock", "reservation_created", "reservation_updated", "reservation_deleted", "movement_created",
                     "movement_updated", "movement_received", "movement_canceled", "other"})  # fmt: skip
MOST, LEAST = 1_000_000_000, -1_000_000_000


def restock(sim: ShopifySim, line: Line, units: int, *, back: bool, location: Location | None = None) -> None:
    """Units that are not sent any more: nothing is committed for them; back on the shelf where that was asked."""
    if line.variant is None or line.variant.number not in sim.catalogue.variants:
        return
    item = line.variant.item
    home = next((each.location for each in line.order.fulfillment_orders if any(part.line is line for part in each.lines)), None)
    where = home or location or sim.catalogue.locations[0]
    level = item.at(where)
    if level is not None and line.claimed:
        sim.catalogue.set_quantity(level, "committed", max(0, level.committed - units))
    if back:
        put_back(sim, item, location or where, units)


def put_back(sim: ShopifySim, item: Item, location: Location, units: int) -> None:
    """So many more available at this location."""
    level = item.at(location)
    if level is not None and item.tracked:
        sim.catalogue.set_quantity(level, "available", level.available + units)


class Group:
    """InventoryAdjustmentGroup: the changes of one write."""

    gql = "InventoryAdjustmentGroup"

    def __init__(self, call: Call, reason: str, document: str | None, changes: list[Args]) -> None:
        self.id = gid("InventoryAdjustmentGroup", call.sim.number("InventoryAdjustmentGroup"))
        self.reason, self.reference_document_uri = reason, document
        self.created_at, self.app, self.changed = call.sim.now(), call.sim.app, changes


@field("InventoryAdjustmentGroup", "changes")
def _changes(call: Call, group: Group, args: Args) -> list[Args]:
    return [each for each in group.changed
            if (args.get("quantityNames") is None or each["name"] in args["quantityNames"])
            and (args.get("inventoryItemIds") is None or each["item"].id in args["inventoryItemIds"])
            and (args.get("locationIds") is None or each["location"].id in args["locationIds"])]


def _must_say_from(rows: list[Args], path: str) -> None:
    """`changeFromQuantity` is named in each row, be it null (since 2026-04)."""
    for at, row in enumerate(rows):
        if "changeFromQuantity" not in row:
            raise Refusal(f"input.{path}.{at} must include the following argument: changeFromQuantity.", "INVALID_FIELD_ARGUMENTS")


def _level(call: Call, row: Args, path: tuple[str | int, ...], errors: list[Args]) -> Level | None:
    """The active level that a row means; what is wrong with it goes to `errors`."""
    item = call.sim.catalogue.item(number_of(row["inventoryItemId"], "InventoryItem"))
    location = call.sim.catalogue.location(number_of(row["locationId"], "Location"))
    if item is None:
        errors.append(error((*path, "inventoryItemId"), "The specified inventory item could not be found.", "INVALID_INVENTORY_ITEM"))
    if location is None or not location.is_active:
        errors.append(error((*path, "locationId"), "The specified location could not be found.", "INVALID_LOCATION"))
    if item is None or location is None:
        return None
    if item.variant.requires_components:
        errors.append(error((*path, "inventoryItemId"), "The specified inventory item is not allowed to be adjusted via API.",
                            "NON_MUTABLE_INVENTORY_ITEM"))
        return None
    level = item.at(location)
    if level is None or not level.is_active:
        errors.append(error((*path, "locationId"), "The specified inventory item is not stocked at the location.", "ITEM_NOT_STOCKED_AT_LOCATION"))
        return None
    return level


def _stale(level: Level, name: str, row: Args, path: tuple[str | int, ...], errors: list[Args]) -> None:
    if row["changeFromQuantity"] is not None and getattr(level, name) != row["changeFromQuantity"]:
        errors.append(error((*path, "changeFromQuantity"), "The changeFromQuantity argument no longer matches the persisted quantity.",
                            "CHANGE_FROM_QUANTITY_STALE"))


def _reason(given: Args, errors: list[Args]) -> None:
    if given["reason"] not in REASONS:
        errors.append(error(("input", "reason"), f"The specified reason is invalid: {given['reason']}", "INVALID_REASON"))
    document = given.get("referenceDocumentUri")
    if document is not None and "://" not in document:
        errors.append(error(("input", "referenceDocumentUri"), "The specified reference document is invalid.", "INVALID_REFERENCE_DOCUMENT"))


@field("Mutation", "inventorySetQuantities")
def _set(call: Call, _: Any, args: Args) -> Args:
    needs(call, "write_inventory", "inventorySetQuantities")
    given = args["input"]
    _must_say_from(given["quantities"], "quantities")
    return call.sim.keys.once(call, "inventorySetQuantities", args, {"inventoryAdjustmentGroup": None}, lambda: _do_set(call, given))


def _do_set(call: Call, given: Args) -> Args:
    errors: list[Args] = []
    if given["name"] not in ("available", "on_hand"):
        errors.append(error(("input", "name"), "The quantity name must be either 'available' or 'on_hand'.", "INVALID_NAME"))
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    _reason(given, errors)
    todo: list[tuple[Level, int]] = []
    seen: set[tuple[str, str]] = set()
    for at, row in enumerate(given["quantities"]):
        path = ("input", "quantities", at)
        pair = (row["inventoryItemId"], row["locationId"])
        if pair in seen:
            errors.append(error((*path, "inventoryItemId"), "The combination of inventoryItemId and locationId must be unique.",
                                "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"))
        seen.add(pair)
        if given["name"] == "on_hand" and row["quantity"] < 0:
            errors.append(error((*path, "quantity"), "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE"))
        if row["quantity"] > MOST:
            errors.append(error((*path, "quantity"), "The quantity can't be higher than 1,000,000,000.", "INVALID_QUANTITY_TOO_HIGH"))
        level = _level(call, row, path, errors)
        if level is not None:
            _stale(level, given["name"], row, path, errors)
            todo.append((level, row["quantity"]))
    if errors:
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    changes = [_change(call, level, given["name"], quantity) for level, quantity in todo]
    return {"inventoryAdjustmentGroup": Group(call, given["reason"], given.get("referenceDocumentUri"), changes), "userErrors": []}


def _change(call: Call, level: Level, name: str, quantity: int, ledger: str | None = None) -> Args:
    delta = call.sim.catalogue.set_quantity(level, name, quantity)
    return {"name": name, "delta": delta, "quantityAfterChange": getattr(level, name), "item": level.item, "location": level.location,
            "ledgerDocumentUri": ledger}


@field("Mutation", "inventoryAdjustQuantities")
def _adjust(call: Call, _: Any, args: Args) -> Args:
    needs(call, "write_inventory", "inventoryAdjustQuantities")
    given = args["input"]
    _must_say_from(given["changes"], "changes")
    return call.sim.keys.once(call, "inventoryAdjustQuantities", args, {"inventoryAdjustmentGroup": None}, lambda: _do_adjust(call, given))


def _do_adjust(call: Call, given: Args) -> Args:
    errors: list[Args] = []
    name = given["name"]
    if name not in ("available", "reserved", "damaged", "safety_stock", "quality_control", "incoming"):
        errors.append(error(("input", "name"), "The specified quantity name is invalid.", "INVALID_QUANTITY_NAME"))
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    _reason(given, errors)
    todo: list[tuple[Level, Args]] = []
    for at, row in enumerate(given["changes"]):
        path = ("input", "changes", at)
        if name == "available" and row.get("ledgerDocumentUri"):
            errors.append(error((*path, "ledgerDocumentUri"), "A ledger document URI is not allowed when adjusting available.",
                                "INVALID_AVAILABLE_DOCUMENT"))
        if name != "available" and not row.get("ledgerDocumentUri"):
            errors.append(error((*path, "ledgerDocumentUri"), "A ledger document URI is required except when adjusting available.",
                                "INVALID_QUANTITY_DOCUMENT"))
        level = _level(call, row, path, errors)
        if level is not None:
            _stale(level, name, row, path, errors)
            if not LEAST <= getattr(level, name) + row["delta"] <= MOST:
                errors.append(error((*path, "delta"), "The quantity is out of range.", "INVALID_QUANTITY_TOO_HIGH"))
            todo.append((level, row))
    if errors:
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    changes = [_change(call, level, name, getattr(level, name) + row["delta"], row.get("ledgerDocumentUri")) for level, row in todo]
    return {"inventoryAdjustmentGroup": Group(call, given["reason"], given.get("referenceDocumentUri"), changes), "userErrors": []}


@field("Mutation", "inventoryActivate")
def _activate(call: Call, _: Any, args: Args) -> Args:
    needs(call, "write_inventory", "inventoryActivate")
    return call.sim.keys.once(call, "inventoryActivate", args, {"inventoryLevel": None}, lambda: _do_activate(call, args))


def _do_activate(call: Call, args: Args) -> Args:
    sim = call.sim
    item = sim.catalogue.item(number_of(args["inventoryItemId"], "InventoryItem"))
    location = sim.catalogue.location(number_of(args["locationId"], "Location"))
    if item is None:
        return {"inventoryLevel": None, "userErrors": [error(("inventoryItemId",), "The product couldn't be stocked because it wasn't found.")]}
    if location is None or not location.is_active:
        return {"inventoryLevel": None, "userErrors": [error(("locationId",), "The product couldn't be stocked because the location wasn't found.")]}
    level = item.at(location)
    fresh = level is None or not level.is_active
    if not fresh and (args.get("available") is not None or args.get("onHand") is not None):
        return {"inventoryLevel": None, "userErrors": [error(("available",), "Not allowed to set available quantity when the item is already "
                                                             "active at the location.")]}
    if level is None:
        level = Level(item, location, 0, sim.now())
        item.levels.append(level)
    level.is_active = True
    if fresh:
        sim.tell("INVENTORY_LEVELS_CONNECT", level)
    for name, value in (("available", args.get("available")), ("on_hand", args.get("onHand"))):
        if value is not None:
            sim.catalogue.set_quantity(level, name, value)
    return {"inventoryLevel": level, "userErrors": []}

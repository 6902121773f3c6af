"""Shipping, holding, releasing and cancelling (contracts/shopify.md 4.2, 5).

Fulfilment orders get new ids with each move, split or partial refund: they are asked for anew each time, never kept.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from hub import clock, log
from hub.domain.orders import Parcel
from hub.errors import Refused, Temporary
from hub.stores.shopify import carriers, documents, drafts, translate
from hub.stores.shopify.client import Client, NotTaken
from hub.stores.shopify.orders import Orders, Whole
from hub.stores.shopify.settings import ARCHIVE_DONE, ARCHIVE_NEVER, moment

HANDLE = "shopbridge-tiktok"
_HOLD_SAYS = "TikTok Shop: the buyer can still cancel"
_OPEN = ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED", "INCOMPLETE")
_MAY_BE_HELD = ("OPEN", "IN_PROGRESS", "SCHEDULED")
_SHIPPED = ("FULFILLED", "PARTIALLY_FULFILLED")
# How long a cancellation, which Shopify works on behind the scenes, is waited for within a call.
_JOB_WAITS = (0.1, 0.2, 0.4, 0.8, 1.5, 2.0)

_log = log.get("hub.stores.shopify")


class Fulfilment:
    """What happens to the goods of an order."""

    def __init__(self, client: Client, orders: Orders, archive: str) -> None:
        self._client = client
        self._orders = orders
        self._archive = archive

    # -- shipping

    def ship(self, key: str, parcel: Parcel) -> None:
        """Once per parcel, one fulfilment for each location that its goods lie at.

        A parcel is known by its tracking number, which stands in the very fulfilment that it makes: there is no moment in which the
        one exists without the other. Whose number it is is written down before, so that it is read back under TikTok Shop's id.
        """
        whole = self._orders.required(key)
        sent = _units_under(whole, parcel.tracking_number)
        wanted = _wanted(whole, parcel, sent)
        groups = self._by_location(whole, wanted)
        if not groups:
            if sent:
                return
            # Fulfilment orders that belong to somebody else's service are not even shown (contracts/shopify.md 1.4).
            is_elsewhere = any(int(line.get("unfulfilledQuantity") or 0) for line in whole.lines)
            says = "Its goods lie at a fulfilment service that ships them itself." if is_elsewhere else "Nothing of the order is left to ship."
            raise Refused(says, state=str(whole.node.get("displayFulfillmentStatus")))
        self._remember(whole, parcel)
        tracking = {"company": carriers.exact(parcel.carrier_title), "number": parcel.tracking_number}
        for group in groups:
            given = {"lineItemsByFulfillmentOrder": group, "trackingInfo": {name: value for name, value in tracking.items() if value},
                     "notifyCustomer": False}
            self._client.write(documents.SHIP, {"fulfillment": given}, "fulfillmentCreate", crash_point="shopify.orders.ship")

    def _remember(self, whole: Whole, parcel: Parcel) -> None:
        known = whole.parcels_by_number
        if parcel.tracking_number and known.get(parcel.tracking_number) != parcel.parcel_id:
            self._note(whole, parcels=json.dumps({**known, parcel.tracking_number: parcel.parcel_id}))

    def _by_location(self, whole: Whole, wanted: dict[str, int] | None) -> list[list[dict[str, Any]]]:
        """What to fulfil at each location. ``wanted`` units by line, None for all that is left."""
        groups: dict[str, list[dict[str, Any]]] = {}
        left = dict(wanted) if wanted is not None else None
        in_the_way: list[str] = []
        for one in self._open_orders(whole):
            lines = []
            for row in one["lines"]:
                line, there = str(row["lineItem"]["id"]), int(row.get("remainingQuantity") or 0)
                count = there if left is None else min(there, left.get(line, 0))
                if count > 0:
                    lines.append({"id": row["id"], "quantity": count})
                    if left is not None:
                        left[line] -= count
            if not lines:
                continue
            freed = self._freed(one)
            if "CREATE_FULFILLMENT" not in _actions(freed):
                in_the_way.append(_why_not(freed))
                continue
            location = str(((one.get("assignedLocation") or {}).get("location") or {}).get("id") or one["id"])
            groups.setdefault(location, []).append({"fulfillmentOrderId": one["id"], "fulfillmentOrderLineItems": lines})
        if in_the_way:
            raise Refused("; ".join(dict.fromkeys(in_the_way)), state="held")
        missing = sum((left or {}).values())
        if missing and groups:
            raise Refused(f"{missing} of the parcel's units are no longer there to ship.", state="changed")
        return list(groups.values())

    def _freed(self, one: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fulfilment order without our own hold: TikTok Shop has shipped it, so nobody can cancel freely any more."""
        mine = _own_holds(one)
        if not mine:
            return one
        payload = self._client.write(documents.RELEASE, {"id": one["id"], "holds": mine}, "fulfillmentOrderReleaseHold",
                                     crash_point="shopify.orders.release")
        status = str((payload.get("fulfillmentOrder") or {}).get("status") or "")
        return {**one, "supportedActions": [{"action": "CREATE_FULFILLMENT"}]} if status in ("OPEN", "IN_PROGRESS") else one

    # -- where it is sent from, hold and release

    def prepare(self, whole: Whole) -> None:
        """What an order needs right after it was made: the location that was chosen (INV-12), and our hold in the free hour."""
        location = whole.facts.get("location", "")
        if location.isdigit():
            self._assign(whole, translate.gid("Location", location))
        until = moment(whole.facts.get("hold_until"))
        if whole.facts.get("held") or until is not None and until > clock.now():
            self.hold(whole)

    def _assign(self, whole: Whole, location: str) -> None:
        """Goods that are not kept there stay where Shopify put them: the order is right all the same."""
        for one in self._open_orders(whole):
            there = (one.get("assignedLocation") or {}).get("location") or {}
            if there.get("id") == location or "MOVE" not in _actions(one):
                continue
            try:
                self._client.write(documents.MOVE, {"id": one["id"], "location": location}, "fulfillmentOrderMove", crash_point="shopify.orders.move")
            except NotTaken as error:
                _log.warning("the order stays at another location than the one chosen", order=translate.number(whole.gid), says=error.says)

    def hold(self, whole: Whole) -> None:
        """Every fulfilment order that may be held, by a hold of our own; one that has it already stays as it is."""
        for one in self._open_orders(whole):
            if one.get("status") in _MAY_BE_HELD and not _own_holds(one):
                given = {"reason": "OTHER", "reasonNotes": _HOLD_SAYS, "handle": HANDLE, "notifyMerchant": False}
                self._client.write(documents.HOLD, {"id": one["id"], "hold": given}, "fulfillmentOrderHold", crash_point="shopify.orders.hold")

    def release(self, whole: Whole) -> None:
        """Our own holds only: without their ids Shopify would lift everybody's."""
        for one in self._open_orders(whole):
            if mine := _own_holds(one):
                self._client.write(documents.RELEASE, {"id": one["id"], "holds": mine}, "fulfillmentOrderReleaseHold",
                                   crash_point="shopify.orders.release")

    def set_status(self, key: str, status: str, hold: bool | None) -> None:
        """TikTok Shop's word for show; hold and release; archive where the merchant wants that.

        What a crash right after creating the order left out (`prepare`) is made up for with the first status.
        """
        whole = self._orders.required(key)
        if hold:
            self.hold(whole)
        elif hold is False:
            self.release(whole)
        elif "status" not in whole.facts:
            self.prepare(whole)
        if whole.facts.get("status") != status:
            self._note(whole, status=status)
        if status == "COMPLETED" and self._archive == ARCHIVE_DONE:
            self._close(whole)

    # -- cancelling

    def cancel(self, key: str, reason: str, restock: bool) -> Whole:
        """Cancels it, and the payment with it; one that is cancelled answers the same. Raises `Refused` for one that left the shop."""
        whole = self._orders.required(key)
        if not whole.node.get("cancelledAt"):
            state = str(whole.node.get("displayFulfillmentStatus") or "")
            if state in _SHIPPED:
                raise Refused("its order is shipped", state=state.lower())
            given = {"id": whole.gid, "reason": "INVENTORY" if "stock" in reason.lower() else "CUSTOMER", "restock": restock,
                     "note": f"TikTok Shop: {reason}"[:255]}
            try:
                payload = self._client.write(documents.ORDER_CANCEL, given, "orderCancel", errors="orderCancelUserErrors",
                                             crash_point="shopify.orders.cancel")
            except NotTaken as error:
                # An earlier try may be under way, which Shopify words as done: the order itself tells when it is.
                again = self._orders.read(whole.gid)
                is_done = again is not None and again.node.get("cancelledAt")
                if not is_done and not any("already" in one.message for one in error.errors):
                    raise Refused(error.says, state=state.lower()) from error
            else:
                self._wait_for(payload.get("job"))
            whole = self._orders.required(key)
            if not whole.node.get("cancelledAt"):
                raise Temporary("Shopify is still cancelling the order", retry_after=5.0, sent=True)
        if self._archive != ARCHIVE_NEVER:
            self._close(whole)
        return whole

    def _wait_for(self, job: Any) -> None:
        found = job
        for pause in _JOB_WAITS:
            if not isinstance(found, Mapping) or found.get("done"):
                return
            threading.Event().wait(pause)
            found = self._client.call(documents.JOB, {"id": found["id"]}).get("job")

    # -- small

    def _close(self, whole: Whole) -> None:
        if not whole.node.get("closed"):
            self._client.write(documents.ORDER_CLOSE, {"id": whole.gid}, "orderClose", crash_point="shopify.orders.close")

    def _note(self, whole: Whole, **facts: str) -> None:
        rows = [{"ownerId": whole.gid, "namespace": drafts.NAMESPACE, "key": name, "value": value,
                 "type": "json" if name == "parcels" else "single_line_text_field"} for name, value in facts.items()]
        self._client.write(documents.METAFIELDS_SET, {"metafields": rows}, "metafieldsSet", crash_point="shopify.orders.note")

    def _open_orders(self, whole: Whole) -> list[dict[str, Any]]:
        """Fulfilment orders with something in them, whole, as they are at this moment."""
        found = []
        for _, page in self._client.pages(documents.FULFILMENT_ORDERS, ("order", "fulfillmentOrders"), {"id": whole.gid}, first=10):
            for one in page:
                if one.get("status") in _OPEN:
                    lines = self._client.rest(one.get("lineItems") or {}, documents.FULFILMENT_ORDER_LINES, ("fulfillmentOrder", "lineItems"),
                                              {"id": one["id"]}, first=100)
                    found.append({**one, "lines": lines})
        return found

    def locations(self, whole: Whole) -> dict[str, str]:
        """Where each line's unshipped units lie, by the line's id."""
        return {str(row["lineItem"]["id"]): str(location["id"]) for one in self._open_orders(whole) for row in one["lines"]
                if (location := (one.get("assignedLocation") or {}).get("location"))}


def _actions(one: Mapping[str, Any]) -> set[str]:
    return {str(action.get("action")) for action in one.get("supportedActions") or ()}


def _own_holds(one: Mapping[str, Any]) -> list[str]:
    return [str(hold["id"]) for hold in one.get("fulfillmentHolds") or ()
            if hold.get("handle") == HANDLE and hold.get("heldByRequestingApp", True)]


def _why_not(one: Mapping[str, Any]) -> str:
    place = str((one.get("assignedLocation") or {}).get("name") or "its location")
    if one.get("status") == "ON_HOLD":
        notes = ", ".join(str(hold.get("reasonNotes") or hold.get("reason") or "") for hold in one.get("fulfillmentHolds") or ())
        return f"It is on hold in Shopify ({notes})" if notes else "It is on hold in Shopify"
    if one.get("status") == "SCHEDULED":
        return "It is scheduled for later in Shopify"
    return f"{place} ships it itself"


def _units_under(whole: Whole, number: str) -> dict[str, int]:
    """Units by line that left under this tracking number already."""
    units: dict[str, int] = {}
    for one in whole.fulfilments:
        if number and any(track.get("number") == number for track in one.get("trackingInfo") or ()):
            for row in one.get("lines") or ():
                line = str(row["lineItem"]["id"])
                units[line] = units.get(line, 0) + int(row.get("quantity") or 0)
    return units


def _wanted(whole: Whole, parcel: Parcel, sent: Mapping[str, int]) -> dict[str, int] | None:
    """Units by line that are still to leave in this parcel; None for everything that is left. Raises `Refused` for an unknown line."""
    if not parcel.quantities:
        return None
    by_name: dict[str, str] = {}
    for line in whole.lines:
        by_name |= dict.fromkeys(filter(None, (str(line.get("sku") or ""), *drafts.line_ids(line))), str(line["id"]))
    wanted: dict[str, int] = {}
    for name, count in parcel.quantities.items():
        if name not in by_name:
            raise Refused(f"The order has no line {name}.", code="not_found")
        wanted[by_name[name]] = wanted.get(by_name[name], 0) + count
    return {line: count - sent.get(line, 0) for line, count in wanted.items() if count > sent.get(line, 0)}


def fulfilment_locations(whole: Whole) -> dict[str, str]:
    """Where each line's shipped units left from, by the line's id."""
    return {str(row["lineItem"]["id"]): str(one["location"]["id"]) for one in whole.fulfilments if one.get("location")
            for row in one.get("lines") or ()}


"""Orders in Shopify: found by their key, created once, read whole (contracts/shopify.md 4).

Shopify's search follows a write only after seconds, and `orderCreate` knows no idempotency key. So what the search gives is
read again (an order's own marker decides), and an order whose id the hub knows is read directly.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from hub.domain.money import decimal_of
from hub.domain.orders import OrderDraft, Parcel, StoreOrder, StoreOrderState
from hub.domain.problems import problem
from hub.errors import Refused, Temporary
from hub.stores.shopify import documents, drafts, translate
from hub.stores.shopify.catalogue import OVERLAP, stamp
from hub.stores.shopify.client import Client, NotTaken
from hub.stores.shopify.settings import moment

ORDERS_A_PAGE = 100
_PARCELS, _LINES_A_PARCEL = 20, 8


@dataclass(frozen=True, slots=True)
class Whole:
    """An order as read, with its lists whole. ``parcels_by_number`` names the parcels that the hub itself sent, by tracking number."""

    node: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    fulfilments: Sequence[Mapping[str, Any]] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def gid(self) -> str:
        """The order's global id."""
        return str(self.node["id"])

    @property
    def key(self) -> str:
        """The TikTok order id that it carries."""
        return drafts.key_of(self.node)

    @property
    def parcels_by_number(self) -> dict[str, str]:
        """Tracking number → the id of the parcel that TikTok Shop told of."""
        try:
            found = json.loads(self.facts.get("parcels") or "{}")
        except ValueError:
            return {}
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


class Orders:
    """The orders of one shop that TikTok Shop sold. ``known`` says where the hub has an order already, "" where it does not know."""

    def __init__(self, client: Client, known: Callable[[str], str]) -> None:
        self._client = client
        self._known = known

    # -- finding

    def find(self, key: str) -> Whole | None:
        """The order with this key, read fresh; None where there is none (yet). Of two the older one."""
        known = self._known(key)
        if known.isdigit():
            found = self.read(translate.gid("Order", known))
            if found is not None and found.key == key:
                return found
        hits = self._client.call(documents.ORDERS_BY_KEY, {"q": f"source_identifier:{quoted(key)}"}).get("orders") or {}
        mine = sorted((str(one["createdAt"]), str(one["id"])) for one in hits.get("nodes") or () if drafts.key_of(one) == key)
        for _, gid in mine:
            found = self.read(gid)
            if found is not None and found.key == key:
                return found
        return None

    def required(self, key: str) -> Whole:
        """The same; raises `Refused` where there is none."""
        found = self.find(key)
        if found is None:
            raise Refused("The store does not have this order.", code="not_found")
        return found

    def read(self, gid: str) -> Whole | None:
        """An order by its id, with its lines and fulfilments; None where it is gone."""
        node = self._client.call(documents.ORDER, {"id": gid}).get("order")
        return self._whole(node) if isinstance(node, Mapping) else None

    def _whole(self, node: Mapping[str, Any]) -> Whole:
        facts = {str(one["key"]): str(one["value"]) for one in (node.get("metafields") or {}).get("nodes") or ()}
        lines = self._client.rest(node.get("lineItems") or {}, documents.ORDER_LINES, ("order", "lineItems"), {"id": node["id"]}, first=100)
        is_untouched = node.get("displayFulfillmentStatus") in ("UNFULFILLED", "ON_HOLD", "SCHEDULED", "OPEN")
        return Whole(node, lines, () if is_untouched else self._fulfilments(str(node["id"])), facts)

    def _fulfilments(self, gid: str) -> list[Mapping[str, Any]]:
        """All that count, oldest first, each with all its lines."""
        first, lines = _PARCELS, _LINES_A_PARCEL
        while True:
            order = self._client.call(documents.ORDER_PARCELS, {"id": gid, "first": first, "lines": lines}).get("order") or {}
            found = list(order.get("fulfillments") or ())
            if len(found) < first or first >= 100:
                break
            first, lines = 100, 1
        made = []
        for one in found:
            if one.get("status") in ("CANCELLED", "ERROR", "FAILURE"):
                continue
            whole = self._client.rest(one.get("fulfillmentLineItems") or {}, documents.PARCEL_LINES, ("fulfillment", "fulfillmentLineItems"),
                                      {"id": one["id"]}, first=100)
            made.append({**one, "lines": whole})
        return sorted(made, key=lambda one: (str(one.get("createdAt") or ""), int(translate.number(one["id"]) or 0)))

    # -- creating

    def create(self, draft: OrderDraft) -> tuple[StoreOrder, Whole | None]:
        """Once per key; with the order as Shopify made it now, None where it stood there before. A repeat says whether it asked for
        the ``same``."""
        there = self.find(draft.key)
        if there is not None:
            return self.as_order(there, same=there.facts.get("content") == drafts.fingerprint(draft)), None
        payload = self._send(drafts.variables(draft))
        node = payload.get("order")
        if not isinstance(node, Mapping):
            raise Temporary("Shopify took the order and does not show it", sent=True)
        made = self._whole(node)
        total = _amount(node, "totalPriceSet")
        difference = None
        if total != draft.grand:
            difference = (total - draft.grand, "Shopify computed another total than the parts of the order make.")
        return self.as_order(made, difference=difference, oversold=_is_oversold(made)), made

    def _send(self, given: dict[str, Any]) -> Mapping[str, Any]:
        try:
            return self._client.write(documents.ORDER_CREATE, given, "orderCreate", crash_point="shopify.orders.create")
        except NotTaken as error:
            # Since 2026-07 a source may have to be announced by the app first (contracts/shopify.md 4.1): the order goes without it.
            if "sourceName" in given["order"] and all("sourceName" in one.field for one in error.errors):
                order = {name: value for name, value in given["order"].items() if name != "sourceName"}
                return self._send({**given, "order": order})
            raise Refused(error.says, problems=tuple(
                problem("order.store_refused", says=one.message, raw=":".join(filter(None, (one.code, one.field)))) for one in error.errors),
            ) from error

    # -- lists

    def marked(self, start: datetime, end: datetime) -> Iterator[StoreOrder]:
        """All that carry a key, created in [start, end), one each."""
        search = f"created_at:>='{stamp(start)}' AND created_at:<='{stamp(end)}'"
        for node in self._listed(search, "CREATED_AT"):
            created = moment(node.get("createdAt"))
            if created is not None and start <= created < end:
                yield self.as_order(Whole(node, ()))

    def changed(self, since: datetime) -> Iterator[StoreOrder]:
        """Marked orders that changed since then, each read fresh."""
        for node in self._listed(f"updated_at:>='{stamp(since - OVERLAP)}'", "UPDATED_AT"):
            updated = moment(node.get("updatedAt"))
            found = self.read(str(node["id"])) if updated is None or updated >= since.replace(microsecond=0) else None
            if found is not None:
                yield self.as_order(found)

    def _listed(self, search: str, sort: str) -> Iterator[Mapping[str, Any]]:
        seen = set[str]()
        for _, page in self._client.pages(documents.ORDERS_SINCE, ("orders",), {"q": search, "sort": sort}, first=ORDERS_A_PAGE):
            for node in page:
                if node["id"] not in seen and drafts.key_of(node):
                    seen.add(node["id"])
                    yield node

    # -- as values

    def as_order(self, whole: Whole, *, same: bool | None = None, difference: tuple[Decimal, str] | None = None,
                 oversold: bool = False) -> StoreOrder:
        """The order in the hub's words."""
        node = whole.node
        return StoreOrder(
            order_id=translate.number(node["id"]), number=str(node.get("name") or ""), key=whole.key, state=_state(node),
            raw_state=f"{node.get('displayFinancialStatus') or ''}/{node.get('displayFulfillmentStatus') or ''}".lower(),
            grand=_amount(node, "totalPriceSet"), currency=str(node.get("currencyCode") or ""), created_at=moment(node.get("createdAt")),
            parcels=_parcels(whole), refunded=_amount(node, "totalRefundedSet"), same=same, difference=difference, oversold=oversold)


def quoted(words: str) -> str:
    """A search term as one piece: its quotes and backslashes escaped."""
    escaped = words.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _state(node: Mapping[str, Any]) -> StoreOrderState:
    """A word that this version does not know reads as open: nothing is done about it."""
    if node.get("cancelledAt"):
        return StoreOrderState.CANCELLED
    shipped = node.get("displayFulfillmentStatus")
    if shipped == "ON_HOLD":
        return StoreOrderState.HELD
    if shipped == "FULFILLED":
        return StoreOrderState.COMPLETE if node.get("closed") else StoreOrderState.SHIPPED
    if node.get("displayFinancialStatus") == "REFUNDED":
        return StoreOrderState.CLOSED
    return StoreOrderState.OPEN


def _amount(node: Mapping[str, Any], name: str) -> Decimal:
    """In the shop's own currency: the buyer's may be another (contracts/shopify.md 8, row 9)."""
    money = (node.get(name) or {}).get("shopMoney") or {}
    return decimal_of(money.get("amount"))


def _is_oversold(whole: Whole) -> bool:
    """Whether stock that is counted went below nothing with this order."""
    variants = [line.get("variant") or {} for line in whole.lines]
    return any((one.get("inventoryItem") or {}).get("tracked") and int(one.get("inventoryQuantity") or 0) < 0 for one in variants)


def _parcels(whole: Whole) -> tuple[Parcel, ...]:
    """One parcel per tracking number. A parcel of the hub that left from two places is one again, under its own id."""
    ids_left = {str(line["id"]): drafts.line_ids(line) for line in whole.lines}
    skus = {str(line["id"]): str(line.get("sku") or "") for line in whole.lines}
    ours = whole.parcels_by_number
    found: dict[str, Parcel] = {}
    for one in whole.fulfilments:
        quantities = _quantities(one.get("lines") or (), ids_left, skus)
        tracks = [track for track in one.get("trackingInfo") or () if track.get("number")] or [{}]
        for place, track in enumerate(tracks):
            number = str(track.get("number") or "")
            own = translate.number(one["id"])
            name = ours.get(number) or (own if place == 0 else f"{own}.{place + 1}")
            there = found.get(name)
            units = dict(there.quantities) if there is not None else {}
            for unit, count in quantities.items():
                units[unit] = units.get(unit, 0) + count
            title = str(track.get("company") or "")
            found[name] = Parcel(parcel_id=name, carrier_code=title, carrier_title=title, tracking_number=number, quantities=units)
    return tuple(found.values())


def _quantities(rows: Sequence[Mapping[str, Any]], ids_left: dict[str, list[str]], skus: Mapping[str, str]) -> dict[str, int]:
    """Units by TikTok line id. A part of a line's equal units takes the first ids that no parcel before it took."""
    units: dict[str, int] = {}
    for row in rows:
        line, count = str((row.get("lineItem") or {}).get("id") or ""), int(row.get("quantity") or 0)
        taken, ids_left[line] = ids_left.get(line, [])[:count], ids_left.get(line, [])[count:]
        units.update(dict.fromkeys(taken, 1))
        if count > len(taken) and skus.get(line):
            units[skus[line]] = units.get(skus[line], 0) + count - len(taken)
    return units



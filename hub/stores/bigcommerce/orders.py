"""TikTok Shop's orders in BigCommerce: create, find, ship, cancel, status (contracts/bigcommerce.md 5, 6).

BigCommerce does nothing once by itself: each write is looked up first by the mark that it left. What goes on and what comes off the
shelf is the store's business where its settings say so, and the hub's where they do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from hub import clock
from hub.domain.money import decimal_of
from hub.domain.orders import OrderDraft, OrderState, Parcel, Refund, StoreOrder, StoreOrderState
from hub.domain.problems import problem
from hub.errors import Refused
from hub.stores.bigcommerce import translate, wording
from hub.stores.bigcommerce.catalogue import Catalogue
from hub.stores.bigcommerce.client import Client
from hub.stores.bigcommerce.refunds import Refunds
from hub.stores.bigcommerce.stock import Stock

_SLUG = "bigcommerce"
_ORDERS = "/v2/orders"


class Orders:
    """One store's orders that carry a key of TikTok Shop."""

    def __init__(self, client: Client, catalogue: Catalogue, known: Callable[[str], str] | None) -> None:
        self._client = client
        self._catalogue = catalogue
        self._known = known
        self._stock = Stock(client, catalogue)
        self._refunds = Refunds(client, self._stock)

    # -- reading

    def find(self, key: str) -> StoreOrder | None:
        """The order that stands in the store with this key, the oldest of several."""
        row = self._row(key)
        return None if row is None else self._read(row)

    def order(self, key: str) -> StoreOrder | None:
        """The same; one that was archived answers as deleted."""
        row = self._row(key)
        if row is not None:
            return self._read(row)
        gone = self._archived(key)
        return self._brief(gone) if gone is not None else None

    def marked(self, start: datetime, end: datetime) -> Iterator[StoreOrder]:
        """All with a key that were created in [start, end), archived ones as deleted."""
        # Whole seconds: one more, so that none of the last one is left out.
        query = {"min_date_created": translate.stamp(start), "max_date_created": translate.stamp(end + timedelta(seconds=1)), "sort": "id"}
        for row in self._rows(query):
            made = self._brief(row)
            if made.created_at is not None and start <= made.created_at < end:
                yield made

    def changed(self, since: datetime) -> Iterator[StoreOrder]:
        """All with a key that changed since then."""
        for row in self._rows({"min_date_modified": translate.stamp(since), "sort": "id"}):
            yield self._brief(row) if row.get("is_deleted") else self._read(row)

    def _rows(self, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Each order with a key once: those that stand, then those that were archived."""
        seen: set[int] = set()
        for rows in (self._client.rows2(_ORDERS, query), self._archive(query)):
            for row in rows:
                if wording.KEY.fullmatch(str(row.get("external_order_id") or "")) and row["id"] not in seen:
                    seen.add(row["id"])
                    yield row

    def _row(self, key: str) -> Mapping[str, Any] | None:
        known = self._by_id(key)
        if known is not None and not known.get("is_deleted"):
            return known
        return next((row for row in self._with_key(key) if not row.get("is_deleted")), None)

    def _archived(self, key: str) -> Mapping[str, Any] | None:
        known = self._by_id(key)
        if known is not None and known.get("is_deleted"):
            return known
        return next((row for row in self._with_key(key, archived=True) if row.get("is_deleted")), None)

    def _archive(self, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Archived orders. The filter stands in no description of the API: a store that does not know it has none to tell of."""
        try:
            yield from self._client.rows2(_ORDERS, {**query, "is_deleted": "true"})
        except Refused as error:
            if error.problems:
                raise

    def _by_id(self, key: str) -> Mapping[str, Any] | None:
        """The order that the hub remembers for this key, where it still carries it."""
        number = self._known(key) if self._known is not None else ""
        row = self._client.get(f"{_ORDERS}/{number}") if number.isascii() and number.isdigit() else None
        return row if isinstance(row, Mapping) and str(row.get("external_order_id")) == key else None

    def _with_key(self, key: str, *, archived: bool = False) -> list[Mapping[str, Any]]:
        if not wording.KEY.fullmatch(key):
            return []
        query = {"external_order_id": key, "sort": "id"}
        rows = self._archive(query) if archived else self._client.rows2(_ORDERS, query)
        return sorted((row for row in rows if str(row.get("external_order_id")) == key), key=lambda row: int(row["id"]))

    def _required(self, key: str) -> Mapping[str, Any]:
        row = self._row(key)
        if row is None:
            raise Refused("The store does not have this order.", code="not_found")
        return row

    def _brief(self, row: Mapping[str, Any], **more: Any) -> StoreOrder:
        """The order without what only further calls tell."""
        return StoreOrder(
            order_id=str(row["id"]), number=str(row["id"]), key=str(row.get("external_order_id") or ""), state=wording.state_of(row),
            raw_state=str(row.get("status") or row.get("status_id") or ""), grand=decimal_of(row.get("total_inc_tax")),
            currency=str(row.get("currency_code") or row.get("default_currency_code") or ""), created_at=moment(row.get("date_created")), **more)

    def _read(self, row: Mapping[str, Any], **more: Any) -> StoreOrder:
        """The order with its parcels and refunds."""
        return self._brief(row, parcels=self._parcels(row), refunded=self._refunds.refunded(row), **more)

    # -- creating

    def create(self, draft: OrderDraft) -> StoreOrder:
        """Once per key. Units that the store does not have become lines without a product: what was paid lands (`oversold`)."""
        there = self._row(draft.key)
        if there is not None:
            return self._read(there, same=wording.kept_hash(str(there.get("staff_notes") or "")) == wording.content_hash(draft))
        if self._archived(draft.key) is not None:
            raise Refused("The order was created and then deleted in the store.", problems=(problem("order.deleted", raw="archived"),))
        lines = wording.lines_of(draft)
        left = self._stock.left({line.of.variant_id: line.of.product_id for line in lines if not line.is_custom})
        sold = Counter({variant: sum(line.quantity for line in lines if line.of.variant_id == variant) for variant in left})
        is_short = any(count > left[variant] for variant, count in sold.items())
        tries = [lines, wording.short_of(lines, left), wording.short_of(lines, dict.fromkeys(left, 0))] if is_short else [lines]
        row = self._post(draft, tries)
        grand = decimal_of(row.get("total_inc_tax"))
        difference = (grand - draft.grand, "BigCommerce computed another total.") if grand != draft.grand else None
        return self._brief(row, oversold=is_short, difference=difference)

    def _post(self, draft: OrderDraft, tries: Sequence[Sequence[wording.Line]]) -> Mapping[str, Any]:
        currency = str(self._catalogue.profile().get("currency") or "")
        for place, lines in enumerate(tries, 1):
            try:
                row = self._client.write("POST", _ORDERS, wording.order_body(draft, lines, currency), f"{_SLUG}.orders.create")
            except Refused as error:
                if error.problems:
                    raise
                if place == len(tries):
                    field = str(error.context.get("field") or error.context.get("status") or "")
                    raise Refused(f"The store did not take the order: {error.says}", problems=(
                        problem("order.store_refused", says=error.says, raw=field),)) from error
                continue
            # An answer that says nothing of the order is read again, not believed.
            if isinstance(row, Mapping) and row.get("id"):
                return row
            break
        return self._required(draft.key)

    # -- shipping

    def ship(self, key: str, parcel: Parcel) -> None:
        """A shipment once per parcel: its id stands in the shipment's comments, with TikTok's line ids."""
        row = self._required(key)
        state = wording.state_of(row)
        if state in (StoreOrderState.CANCELLED, StoreOrderState.CLOSED):
            raise Refused(f"its order is {state.value}", state=state.value)
        shipments = self._shipments(row)
        if any((found := wording.parcel_in(str(one.get("comments") or ""))) is not None and found[0] == parcel.parcel_id for one in shipments):
            return
        units = _Units(self._lines(row), str(row.get("staff_notes") or ""), shipments)
        items, line_ids = units.take(parcel.quantities)
        if not items:
            if any(str(one.get("tracking_number") or "") == parcel.tracking_number for one in shipments):
                return
            raise Refused("everything in it is shipped already", state=state.value)
        by_address: dict[int, list[dict[str, int]]] = {}
        for line, count in items:
            by_address.setdefault(int(line.get("order_address_id") or 0), []).append({"order_product_id": int(line["id"]), "quantity": count})
        if len(by_address) > 1:
            raise Refused("its goods go to several addresses in the store")
        ((address, products),) = by_address.items()
        self._client.write("POST", f"{_ORDERS}/{row['id']}/shipments", {
            "order_address_id": address, "tracking_number": parcel.tracking_number[:50], **wording.carrier_fields(parcel),
            "comments": wording.parcel_note(parcel, line_ids), "items": products}, f"{_SLUG}.orders.ship")

    def _shipments(self, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return sorted(self._client.rows2(f"{_ORDERS}/{row['id']}/shipments"), key=lambda one: int(one["id"]))

    def _lines(self, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return sorted(self._client.rows2(f"{_ORDERS}/{row['id']}/products"), key=lambda one: int(one["id"]))

    def _parcels(self, row: Mapping[str, Any]) -> tuple[Parcel, ...]:
        shipments = self._shipments(row)
        if not shipments:
            return ()
        units = _Units(self._lines(row), str(row.get("staff_notes") or ""), shipments)
        found = []
        for one in shipments:
            ours = wording.parcel_in(str(one.get("comments") or ""))
            code, title = wording.carrier_of(one, is_ours=ours is not None)
            found.append(Parcel(parcel_id=ours[0] if ours else str(one["id"]), carrier_code=code, carrier_title=title,
                                tracking_number=str(one.get("tracking_number") or ""), quantities=units.of(one)))
        return tuple(found)

    # -- the rest of its life

    def cancel(self, key: str, reason: str, restock: bool) -> StoreOrder:
        """Status Cancelled; one that is cancelled answers the same. Gives stock back where it is wanted and the store does not."""
        row = self._required(key)
        state = wording.state_of(row)
        if state is StoreOrderState.CANCELLED:
            return self._read(row)
        if not wording.can_cancel(row):
            raise Refused(f"its order is {state.value}", state=state.value)
        lines = self._lines(row) if restock and not self._catalogue.returns_stock() else []
        notes = f"{row.get('staff_notes') or ''}\nCancelled on TikTok Shop: {reason or 'no reason given'}."
        self._client.write("PUT", f"{_ORDERS}/{row['id']}", {"status_id": wording.CANCELLED, "staff_notes": notes.strip()},
                           f"{_SLUG}.orders.cancel")
        # Only who made it cancelled gets here: after a crash in between the figure is too low, never too high.
        self._stock.give_back([(one, int(one.get("quantity") or 0) - int(one.get("quantity_refunded") or 0)) for one in lines])
        done = self._client.get(f"{_ORDERS}/{row['id']}")
        return self._read(done if isinstance(done, Mapping) else row)

    def refund(self, key: str, refund: Refund) -> None:
        """Once per refund key, for the exact amount."""
        row = self._required(key)
        lines = self._lines(row)
        units = _Units(lines, str(row.get("staff_notes") or ""), [])
        self._refunds.make(row, lines, refund, units.of_ids([line.line_id for line in refund.lines]))

    def set_status(self, key: str, status: str, hold: bool | None) -> None:
        """TikTok's status by the table of 34.4, never back; hold and release."""
        row = self._required(key)
        target = wording.next_status(int(row.get("status_id") or 0), OrderState.read(status), hold)
        if target is not None:
            self._client.write("PUT", f"{_ORDERS}/{row['id']}", {"status_id": target}, f"{_SLUG}.orders.status")


class _Units:
    """Which unit of TikTok Shop stands in which line of the order, and in which shipment.

    The staff notes tell a line's units. Where a merchant took that line out, units are named by their SKU, and a parcel can still
    be made where it holds all that is left.
    """

    def __init__(self, lines: Sequence[Mapping[str, Any]], notes: str, shipments: Sequence[Mapping[str, Any]]) -> None:
        self._lines = {int(one["id"]): one for one in lines}
        kept = wording.kept_lines(notes)
        self._ids: dict[int, list[str]] = {}
        for number, one in self._lines.items():
            pool = kept.get(wording.ref_of(one), [])
            count = int(one.get("quantity") or 0)
            self._ids[number], pool[:] = pool[:count], pool[count:]
        self._in_shipment: dict[int, dict[str, int]] = {}
        free = {number: list(ids) for number, ids in self._ids.items()}
        self._left = {number: int(one.get("quantity") or 0) for number, one in self._lines.items()}
        # What the hub shipped says its ids itself; the store's own shipments take the first of the others.
        named = sorted(shipments, key=lambda one: wording.parcel_in(str(one.get("comments") or "")) is None)
        for shipment in named:
            self._in_shipment[int(shipment["id"])] = self._settle(shipment, free)
        self._free = free

    def _settle(self, shipment: Mapping[str, Any], free: dict[int, list[str]]) -> dict[str, int]:
        ours = wording.parcel_in(str(shipment.get("comments") or ""))
        its_ids = set(ours[1]) if ours else set()
        found: dict[str, int] = {}
        for item in shipment.get("items") or ():
            number, count = int(item.get("order_product_id") or 0), int(item.get("quantity") or 0)
            ids = free.get(number, [])
            own = [one for one in ids if one in its_ids]
            chosen = (own + [one for one in ids if one not in its_ids])[:count]
            free[number] = [one for one in ids if one not in chosen]
            self._left[number] = self._left.get(number, 0) - count
            found.update(dict.fromkeys(chosen, 1))
            unnamed = count - len(chosen)
            if unnamed > 0:
                sku = str(self._lines.get(number, {}).get("sku") or number)
                found[sku] = found.get(sku, 0) + unnamed
        return found

    def of(self, shipment: Mapping[str, Any]) -> dict[str, int]:
        """The units in this shipment, by TikTok line id."""
        return self._in_shipment.get(int(shipment["id"]), {})

    def of_ids(self, line_ids: Sequence[str]) -> list[tuple[Mapping[str, Any], int]]:
        """The lines of the order in which these units stand, with how many of them."""
        wanted = set(line_ids)
        counts = [(self._lines[number], sum(one in wanted for one in ids)) for number, ids in self._ids.items()]
        return [(line, count) for line, count in counts if count]

    def take(self, quantities: Mapping[str, int]) -> tuple[list[tuple[Mapping[str, Any], int]], list[str]]:
        """What a parcel ships: lines with counts, and the TikTok line ids. Without quantities all that is left.

        Raises `Refused` where the order's lines are no longer known and it is not all that is left.
        """
        # A digital line has no address, and nothing of it is shipped.
        left = {number: count for number, count in self._left.items() if count > 0 and self._lines[number].get("order_address_id")}
        if not quantities:
            return [(self._lines[number], count) for number, count in left.items()], [one for number in left for one in self._free[number]]
        chosen: dict[int, int] = {}
        ids: list[str] = []
        unknown = 0
        for name, count in quantities.items():
            number = next((number for number, free in self._free.items() if name in free), None)
            if number is None:
                number = next((number for number in left if str(self._lines[number].get("sku") or "") == name), None)
                known = any(name in its for its in self._ids.values())
                unknown += count if number is None and not known else 0
            else:
                ids.append(name)
            if number is not None and number in left:
                chosen[number] = min(chosen.get(number, 0) + count, left[number])
        if unknown and sum(quantities.values()) != sum(left.values()):
            raise Refused("the line with TikTok Shop's numbers is gone from the order's staff notes")
        return [(self._lines[number], count) for number, count in (left if unknown else chosen).items()], ids


def moment(value: Any) -> datetime | None:
    """``Thu, 20 Apr 2017 11:32:00 +0000`` as v2 says it; None where there is none."""
    try:
        found = parsedate_to_datetime(value) if isinstance(value, str) and value else None
    except (ValueError, TypeError):
        return translate.moment(value)
    return found.astimezone(clock.now().tzinfo) if found is not None and found.tzinfo is not None else None

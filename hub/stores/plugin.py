"""What both plugins answer alike: the calls of contracts/plugins.md 3, as values. Each platform brings only the way there.

A platform's `Way` carries one call (`orders.create`, …) and gives back status and body. It raises `Temporary` where the
answer is lost or says "later", `PluginMissing` where the store does not know our plugin; everything else is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from hub.domain.listings import ListingRow
from hub.domain.money import decimal_of, text
from hub.domain.orders import (
    Address,
    Charge,
    OrderDraft,
    Parcel,
    Refund,
    StoreOrder,
    StoreOrderState,
)
from hub.domain.problems import problem
from hub.domain.products import DigestRow, Offer, VariantRef
from hub.domain.sequences import batches
from hub.errors import Refused, Temporary

T = TypeVar("T")

OFFERS_A_CALL = 500
LISTINGS_A_CALL = 500

_STATES = {
    "open": StoreOrderState.OPEN, "new": StoreOrderState.OPEN, "pending_payment": StoreOrderState.OPEN,
    "processing": StoreOrderState.OPEN, "payment_review": StoreOrderState.OPEN, "held": StoreOrderState.HELD,
    "holded": StoreOrderState.HELD, "shipped": StoreOrderState.SHIPPED, "complete": StoreOrderState.COMPLETE,
    "closed": StoreOrderState.CLOSED, "cancelled": StoreOrderState.CANCELLED, "canceled": StoreOrderState.CANCELLED,
    "deleted": StoreOrderState.DELETED,
}


class PluginMissing(Exception):
    """The store has no Shopbridge plugin, or it is switched off. Never leaves an adapter."""


@dataclass(frozen=True, slots=True)
class PluginAnswer:
    """What the plugin said: HTTP status and the JSON object (empty where there was none)."""

    status: int
    body: Mapping[str, Any]


class Way(Protocol):
    """How a call reaches a platform's plugin."""

    def __call__(self, do: str, given: Mapping[str, Any], *, crash_point: str | None = None) -> PluginAnswer:
        """One call; raises `Temporary`, `NeedsReconnect`, `Refused` or `PluginMissing`."""


def state_of(word: str) -> StoreOrderState:
    """A store's word for an order's state, of either platform; a new one reads as unknown."""
    return _STATES.get(word, StoreOrderState.UNKNOWN)


def rfc3339(moment: datetime | None) -> str | None:
    """``2026-11-20T12:00:00Z``; null for none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def moment_of(value: Any) -> datetime | None:
    """An RFC 3339 time; None where there is none or it can't be read."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None


# -- bodies


def order_body(draft: OrderDraft, store: str) -> dict[str, Any]:
    """``orders.create``: amounts as text in the currency's own decimals, ids as text."""

    def money(amount: Decimal) -> str:
        return text(amount, draft.currency)

    shipping = draft.shipping
    return {
        "key": draft.key, "shop": {"id": draft.shop_id, "region": draft.region}, "store": store,
        "placed_at": rfc3339(draft.placed_at), "paid_at": rfc3339(draft.paid_at), "currency": draft.currency,
        "prices_include_tax": draft.prices_include_tax, "tax_remitted_by": draft.tax_remitted_by, "state": draft.state,
        "hold_until": rfc3339(draft.hold_until), "ship_by": rfc3339(draft.ship_by), "shipping_type": draft.shipping_type,
        "lines": [{
            "line_ids": list(line.line_ids), "product_id": line.product_id, "variant_id": line.variant_id, "sku": line.sku,
            "title": line.title, "quantity": line.quantity, "gross": money(line.gross),
            "seller_discount": money(line.seller_discount), "platform_discount": money(line.platform_discount),
            "net": money(line.net), "tax": money(line.tax), "virtual": line.virtual,
        } for line in draft.lines],
        "shipping": {
            "title": shipping.title, "code": shipping.code, "gross": money(shipping.gross),
            "seller_discount": money(shipping.seller_discount), "platform_discount": money(shipping.platform_discount),
            "cofunded_discount": money(shipping.cofunded_discount), "net": money(shipping.net), "tax": money(shipping.tax),
        },
        "fees": [_fee(fee, draft.currency) for fee in draft.fees],
        "totals": {"goods": money(draft.goods), "shipping": money(shipping.net), "fees": money(draft.fees_total),
                   "tax": money(draft.tax), "grand": money(draft.grand)},
        "buyer": {"name": draft.buyer_name, "email": draft.buyer_email, "phone": draft.buyer_phone},
        "ship_to": _address(draft.ship_to), "bill_to": _address(draft.bill_to) if draft.bill_to else None,
        "payment": {"title": draft.payment_title, "transaction_id": draft.transaction_id},
        "allow_backorder": draft.allow_backorder, "note": draft.note,
    }


def _fee(fee: Charge, currency: str) -> dict[str, str]:
    return {"code": fee.code, "title": fee.title, "amount": text(fee.amount, currency), "tax": text(fee.tax, currency)}


def _address(address: Address) -> dict[str, Any]:
    return {"name": address.name, "lines": list(address.lines), "city": address.city, "region": address.region,
            "postcode": address.postcode, "country": address.country, "phone": address.phone}


def parcel_body(key: str, parcel: Parcel) -> dict[str, Any]:
    """``orders.ship``: without quantities everything that is left."""
    body: dict[str, Any] = {
        "key": key, "ship_key": parcel.parcel_id, "number": parcel.tracking_number,
        "carrier": {"title": parcel.carrier_title, "code": parcel.carrier_code},
    }
    if parcel.quantities:
        body["lines"] = [{"line_id": name, "quantity": quantity} for name, quantity in parcel.quantities.items()]
    return body


def refund_body(key: str, refund: Refund) -> dict[str, Any]:
    """``orders.refund``: parts that sum to what TikTok Shop gave back."""

    def money(amount: Decimal) -> str:
        return text(amount, refund.currency)

    return {
        "key": key, "refund_key": refund.refund_key, "reason": refund.reason, "restock": refund.restock,
        "lines": [{"line_id": line.line_id, "amount": money(line.amount), "tax": money(line.tax), "fees": money(line.fees)}
                  for line in refund.lines],
        "shipping": money(refund.shipping), "shipping_tax": money(refund.shipping_tax),
        "adjustment": money(refund.adjustment), "total": money(refund.total),
    }


# -- answers


def read_order(body: Mapping[str, Any], key: str, currency: str = "") -> StoreOrder:
    """A created, found or changed order. Raises `Temporary` for an answer that lacks what the contract promises."""
    try:
        totals = body["totals"]
        raw_state, difference = str(body["state"]), body.get("difference")
        return StoreOrder(
            order_id=str(body["order_id"]), number=str(body["number"]), key=str(body.get("key") or key),
            state=state_of(raw_state), raw_state=raw_state, grand=decimal_of(totals["grand"]),
            currency=str(body.get("currency") or currency), created_at=moment_of(body.get("placed_at")),
            parcels=_parcels(body), refunded=_refunded(body), same=body.get("same"), oversold=body.get("oversold") is True,
            difference=(decimal_of(difference["amount"]), str(difference.get("reason", ""))) if difference else None)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _broken(error) from None


def _parcels(body: Mapping[str, Any]) -> tuple[Parcel, ...]:
    """One parcel per tracking number; one without number for a shipment that has none yet.

    What the hub itself sent is named by its ``ship_key``, so that it is recognised; what the store made, by its own id.
    """
    line_ids = {line["sku"]: list(line["line_ids"]) for line in body.get("lines", ()) if line.get("line_ids")}
    found = []
    for shipment in body.get("shipments", ()):
        name = str(shipment.get("ship_key") or shipment["shipment_id"])
        quantities = _quantities(shipment.get("lines") or (), line_ids)
        tracks = shipment.get("tracks") or [{}]
        for place, track in enumerate(tracks):
            found.append(Parcel(
                parcel_id=name if place == 0 else f"{name}.{place + 1}", carrier_code=str(track.get("carrier_code") or ""),
                carrier_title=str(track.get("title") or ""), tracking_number=str(track.get("number") or ""),
                quantities=quantities))
    return tuple(found)


def _quantities(lines: Sequence[Mapping[str, Any]], line_ids: Mapping[str, list[str]]) -> dict[str, int]:
    """Units by TikTok line id. A part of a line's equal units takes the first of its ids that is not shipped before."""
    units: dict[str, int] = {}
    for line in lines:
        count = int(line.get("quantity") or 1)
        if line.get("line_id"):
            units[str(line["line_id"])] = count
            continue
        ids = list(line.get("line_ids") or line_ids.get(str(line.get("sku")), []))
        if len(ids) == count:
            units.update(dict.fromkeys((str(one) for one in ids), 1))
        elif line.get("sku"):
            units[str(line["sku"])] = units.get(str(line["sku"]), 0) + count
    return units


def _refunded(body: Mapping[str, Any]) -> Decimal:
    return sum((decimal_of(one["total"]) for one in body.get("refunds", ())), Decimal(0))


def _broken(error: Exception) -> Temporary:
    return Temporary("The Shopbridge plugin's answer lacks something", missing=str(error)[:80], sent=True)


def refusal(answer: PluginAnswer, doing: str) -> Refused:
    """What a 4xx of the plugin means, with problems in the merchant's words."""
    body = answer.body
    if answer.status == 410 or body.get("code") == "order_deleted":
        return Refused("The order was created and then deleted in the store.", problems=(problem("order.deleted", raw="order_deleted"),))
    if answer.status == 409 and body.get("code") == "half_made":
        says = str(body.get("says") or "")
        return Refused(says or "An earlier try left something half made.", problems=(problem("order.half_made", raw="half_made"),))
    if answer.status == 409:
        says = str(body.get("says") or f"its order is {body.get('state', 'in another state')}")
        return Refused(says, code=str(body.get("code", "")), state=str(body.get("state", "")))
    if answer.status == 404:
        return Refused("The store does not have this order.", code="not_found")
    found = [one for one in body.get("problems", ()) if isinstance(one, Mapping)]
    problems = tuple(problem("order.store_refused", says=str(one.get("says") or one.get("code") or "no reason given"),
                             raw=":".join(filter(None, (str(one.get("code", "")), str(one.get("where", ""))))))
                     for one in found)
    says = "; ".join(str(one.get("says", "")) for one in found) or f"The store refused to {doing} ({answer.status})."
    return Refused(says, problems=problems, status=answer.status)


# -- the calls


class PluginFirst:
    """A store that asks our plugin where it is installed, and its own bare API where it is not. Which one is found out once."""

    _has_plugin: bool | None = None

    def _either(self, with_plugin: Callable[[], T], without: Callable[[], T]) -> T:
        if self._has_plugin is not False:
            try:
                answer = with_plugin()
                self._has_plugin = True
                return answer
            except PluginMissing:
                if self._has_plugin:
                    raise Temporary("The Shopbridge module went away in the middle of this", sent=True) from None
                self._has_plugin = False
        return without()


class Plugin:
    """The plugin's calls as the `Store` protocol words them. ``slug`` begins the names of crash points."""

    def __init__(self, way: Way, slug: str) -> None:
        self._way = way
        self._slug = slug

    def health(self) -> Mapping[str, Any]:
        """The plugin's facts about its store and its checks; raises `PluginMissing`."""
        return self._ask("health", {}, "say how it is").body

    def create_order(self, draft: OrderDraft, store: str) -> StoreOrder:
        """Creates it once per key; a repeat answers the first one with ``same``."""
        answer = self._ask("orders.create", order_body(draft, store), "create the order", writes=True)
        return read_order(answer.body, draft.key, draft.currency)

    def order(self, key: str) -> StoreOrder | None:
        """The order of this key with parcels and refunds; None where there is none. Deleted ones answer as such."""
        answer = self._way("orders.find", {"key": key})
        if answer.status == 404 and answer.body.get("code") == "order_deleted" or answer.status == 410:
            return StoreOrder(order_id=str(answer.body.get("order_id", "")), number=str(answer.body.get("number", "")), key=key,
                              state=StoreOrderState.DELETED, raw_state="deleted", grand=Decimal(0), currency="")
        if answer.status == 404:
            return None
        return read_order(self._good(answer, "find the order").body, key)

    def marked_orders(self, start: datetime, end: datetime) -> Iterator[StoreOrder]:
        """One per row: a key that stands twice comes twice, a deleted order comes as deleted."""
        cursor: str | None = None
        while True:
            asked = {"from": rfc3339(start), "to": rfc3339(end), **({"cursor": cursor} if cursor else {})}
            body = self._ask("orders.list", asked, "list its orders").body
            for row in body.get("rows", ()):
                try:
                    key, order_id, number, state, grand = (str(part) for part in row)
                except (TypeError, ValueError) as error:
                    raise _broken(error) from None
                yield StoreOrder(order_id=order_id, number=number, key=key, state=state_of(state), raw_state=state,
                                 grand=decimal_of(grand), currency="")
            following = str(body.get("next") or "")
            if not following or following == cursor:
                return
            cursor = following

    def ship(self, key: str, parcel: Parcel) -> None:
        """Once per ``parcel_id``."""
        self._ask("orders.ship", parcel_body(key, parcel), "ship the order", writes=True)

    def cancel_order(self, key: str, reason: str, restock: bool) -> StoreOrder:
        """Cancels it; cancelled before answers the same."""
        given = {"key": key, "reason": reason, "restock": restock}
        body = self._ask("orders.cancel", given, "cancel the order", writes=True).body
        if "totals" in body:
            return read_order(body, key)
        found = self.order(key)
        if found is None:
            raise Refused("The store does not have this order.", code="not_found")
        return found

    def refund(self, key: str, refund: Refund) -> None:
        """Once per ``refund_key``."""
        self._ask("orders.refund", refund_body(key, refund), "refund", writes=True)

    def set_status(self, key: str, status: str, hold: bool | None, dates: Mapping[str, str] | None) -> None:
        """TikTok Shop's word for show; hold and release."""
        given = {"key": key, "status": status, "hold": hold, "dates": dict(dates or {})}
        self._ask("orders.status", given, "show the status", writes=True)

    def offers(self, product_ids: Sequence[str], scope: str) -> Iterator[Offer]:
        """All variants of these products, up to 500 products a call."""
        for some in batches(product_ids, OFFERS_A_CALL):
            body = self._ask("offers", {"ids": list(some), "store": scope}, "say its prices").body
            for row in body.get("rows", ()):
                yield _offer(row, scope)

    def digest(self, scope: str, cursor: str) -> tuple[Sequence[DigestRow], str]:
        """One page and the next cursor."""
        asked = {"store": scope, **({"cursor": cursor} if cursor else {})}
        body = self._ask("digest", asked, "sum up its catalogue").body
        try:
            rows = [DigestRow(*(str(part) for part in row)) for row in body["rows"]]
        except (KeyError, TypeError) as error:
            raise _broken(error) from None
        following = str(body.get("next") or "")
        return rows, "" if following == cursor else following

    def put_listings(self, rows: Sequence[ListingRow]) -> None:
        """The grid columns; rows of products that the store no longer has are left out by it."""
        for some in batches(rows, LISTINGS_A_CALL):
            given = [{"product_id": row.product_id, "sku": row.sku, "tiktok_product_id": row.tiktok_product_id,
                      "status": row.status, "problems": list(row.problems)} for row in some]
            self._ask("listings.put", {"rows": given}, "show the listings", writes=True)

    def _ask(self, do: str, given: Mapping[str, Any], doing: str, *, writes: bool = False) -> PluginAnswer:
        answer = self._way(do, given, crash_point=f"{self._slug}.{do}" if writes else None)
        return self._good(answer, doing)

    def _good(self, answer: PluginAnswer, doing: str) -> PluginAnswer:
        if 200 <= answer.status < 300:
            return answer
        if answer.status == 423:
            raise Temporary("The store is working on this order", status=423, sent=True)
        raise refusal(answer, doing)


def _offer(row: Mapping[str, Any], scope: str) -> Offer:
    try:
        compare_at = row.get("compare_at")
        return Offer(
            ref=VariantRef(str(row["product_id"]), str(row["variant_id"]), str(row["sku"])), scope=scope,
            price=decimal_of(row["price"]), effective_price=decimal_of(row["effective_price"]), currency=str(row["currency"]),
            tax_included=bool(row["tax_included"]), salable=int(row["salable"]),
            compare_at=decimal_of(compare_at) if compare_at is not None else None,
            backorders=bool(row.get("backorders", False)), active=bool(row.get("active", True)))
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(error) from None

"""An order as BigCommerce takes it, and what is read back from one: lines, money, notes, statuses (contracts/bigcommerce.md 5). Pure.

What belongs to the hub is kept where it goes out in the same call as the thing it is about, so that no crash can part the two:
the key in ``external_order_id``, TikTok's line ids and a hash of the content in the last line of ``staff_notes``, a parcel's id in
the ``comments`` of its shipment, a refund's key in the ``reason`` of its items. A metafield would be a second call after the first.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote, unquote

from hub.domain.money import ZERO, text
from hub.domain.orders import Address, Carrier, DraftLine, OrderDraft, OrderState, Parcel, StoreOrderState
from hub.stores.bigcommerce.states import full_name

KEY = re.compile(r"\d{15,20}")
SOURCE = "TikTok Shop"
_FOUR = Decimal("0.0001")

# -- statuses (5.2)

INCOMPLETE, PENDING, SHIPPED, PARTIALLY_SHIPPED, REFUNDED, CANCELLED, DECLINED, AWAITING_PAYMENT = range(8)
AWAITING_PICKUP, AWAITING_SHIPMENT, COMPLETED, AWAITING_FULFILLMENT, ON_HOLD, DISPUTED, PARTIALLY_REFUNDED = range(8, 15)

STATES: Mapping[int, StoreOrderState] = {
    PENDING: StoreOrderState.OPEN, AWAITING_PAYMENT: StoreOrderState.OPEN, AWAITING_FULFILLMENT: StoreOrderState.OPEN,
    AWAITING_SHIPMENT: StoreOrderState.OPEN, PARTIALLY_SHIPPED: StoreOrderState.OPEN, DISPUTED: StoreOrderState.OPEN,
    ON_HOLD: StoreOrderState.HELD, SHIPPED: StoreOrderState.SHIPPED, AWAITING_PICKUP: StoreOrderState.SHIPPED,
    COMPLETED: StoreOrderState.COMPLETE, REFUNDED: StoreOrderState.CLOSED, CANCELLED: StoreOrderState.CANCELLED,
    DECLINED: StoreOrderState.CANCELLED,
}
# What becomes of TikTok's status (features.md 34.4).
STATUS_OF: Mapping[OrderState, int] = {
    OrderState.ON_HOLD: ON_HOLD, OrderState.AWAITING_SHIPMENT: AWAITING_FULFILLMENT, OrderState.AWAITING_COLLECTION: AWAITING_SHIPMENT,
    OrderState.IN_TRANSIT: SHIPPED, OrderState.DELIVERED: AWAITING_PICKUP, OrderState.COMPLETED: COMPLETED,
}
STATUS_TABLE: Mapping[OrderState, str] = {
    OrderState.UNPAID: "Not in the store yet", OrderState.ON_HOLD: "Manual Verification Required",
    OrderState.AWAITING_SHIPMENT: "Awaiting Fulfillment", OrderState.PARTIALLY_SHIPPING: "Partially Shipped",
    OrderState.AWAITING_COLLECTION: "Awaiting Shipment", OrderState.IN_TRANSIT: "Shipped", OrderState.DELIVERED: "Awaiting Pickup",
    OrderState.COMPLETED: "Completed", OrderState.CANCELLED: "Cancelled",
}
# The way that an order goes; it never goes back, and what is off this way (refunded, cancelled, disputed) stays.
_WAY = (PENDING, AWAITING_PAYMENT, ON_HOLD, AWAITING_FULFILLMENT, AWAITING_SHIPMENT, PARTIALLY_SHIPPED, SHIPPED, AWAITING_PICKUP, COMPLETED)
_NOT_SHIPPED = (INCOMPLETE, PENDING, AWAITING_PAYMENT, AWAITING_SHIPMENT, AWAITING_FULFILLMENT, ON_HOLD, DISPUTED, PARTIALLY_REFUNDED)


def state_of(row: Mapping[str, Any]) -> StoreOrderState:
    """The order's state; one that is partly refunded is where its goods are."""
    if row.get("is_deleted"):
        return StoreOrderState.DELETED
    status = int(row.get("status_id") or 0)
    if status == PARTIALLY_REFUNDED:
        total, shipped = int(row.get("items_total") or 0), int(row.get("items_shipped") or 0)
        return StoreOrderState.SHIPPED if total and shipped >= total else StoreOrderState.OPEN
    return STATES.get(status, StoreOrderState.UNKNOWN)


def can_cancel(row: Mapping[str, Any]) -> bool:
    """Whether nothing of it has left the store."""
    return int(row.get("status_id") or 0) in _NOT_SHIPPED and int(row.get("items_shipped") or 0) == 0


def next_status(now: int, wanted: OrderState, hold: bool | None) -> int | None:
    """The status to set, or None where it stays. A hold is put on before anything is packed and taken off by being told so."""
    if now not in _WAY:
        return None
    place = _WAY.index(now)
    if hold or (wanted is OrderState.ON_HOLD and hold is None):
        return ON_HOLD if place < _WAY.index(ON_HOLD) or now == AWAITING_FULFILLMENT else None
    target = STATUS_OF.get(wanted)
    if now == ON_HOLD and hold is False and (target is None or target == ON_HOLD):
        return AWAITING_FULFILLMENT
    if target is None or (now == ON_HOLD and target == AWAITING_FULFILLMENT and hold is None):
        return None
    return target if _WAY.index(target) > place else None


# -- carriers (6)

CARRIERS: tuple[Carrier, ...] = (
    Carrier("auspost", "Australia Post"), Carrier("canadapost", "Canada Post"), Carrier("endicia", "Endicia"), Carrier("usps", "USPS"),
    Carrier("fedex", "FedEx"), Carrier("ups", "UPS"), Carrier("upsready", "UPS Ready"), Carrier("upsonline", "UPS OnLine"),
    Carrier("shipperhq", "ShipperHQ"), Carrier("royalmail", "Royal Mail"), Carrier("dpd-uk", "DPD"), Carrier("evri", "Evri"),
)
# BigCommerce's own providers make a tracking link; of the others the tracking carrier does (AfterShip's names).
_PROVIDERS = {"auspost", "canadapost", "endicia", "usps", "fedex", "ups", "upsready", "upsonline", "shipperhq", "royalmail"}
_TITLES = {carrier.carrier_id: carrier.title for carrier in CARRIERS}
_BY_NAME = {re.sub(r"[^a-z0-9]", "", name.casefold()): code for code, title in _TITLES.items() for name in (title, code)}


def carrier_fields(parcel: Parcel) -> dict[str, str]:
    """``shipping_provider`` or ``tracking_carrier`` where BigCommerce knows the carrier, and its name for people to read."""
    names = (re.sub(r"[^a-z0-9]", "", one.casefold()) for one in (parcel.carrier_title, parcel.carrier_code))
    code = next((_BY_NAME[name] for name in names if name in _BY_NAME), "")
    found = {"shipping_method": parcel.carrier_title or parcel.carrier_code or SOURCE}
    return found | ({"shipping_provider": code} if code in _PROVIDERS else {"shipping_provider": "", "tracking_carrier": code})


def carrier_of(row: Mapping[str, Any], *, is_ours: bool) -> tuple[str, str]:
    """Code and title of a shipment's carrier. The method of one that the store made is what the buyer chose, so it comes last."""
    code = str(row.get("shipping_provider") or row.get("tracking_carrier") or "")
    method = str(row.get("shipping_method") or "")
    named = str(_TITLES.get(code) or row.get("shipping_provider_display_name") or "")
    return code, (method or named or code) if is_ours else (named or method or code)


# -- the order that is created (5.1)


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one draft line that go out as one line of the order. ``is_custom``: without a product, so without its stock."""

    of: DraftLine
    line_ids: tuple[str, ...]
    is_custom: bool

    @property
    def quantity(self) -> int:
        return len(self.line_ids)

    @property
    def ref(self) -> str:
        """What it is found again by among the order's lines."""
        return f"s{quote(self.of.sku or self.of.title, safe='')}" if self.is_custom else f"v{self.of.variant_id}"


def lines_of(draft: OrderDraft) -> list[Line]:
    """One each; a line that is linked to no variant goes as a custom one."""
    return [Line(line, line.line_ids, not line.variant_id.isdigit()) for line in draft.lines]


def short_of(lines: Sequence[Line], left: Mapping[str, int]) -> list[Line]:
    """The same units with those that the store does not have as custom lines: a paid order lands all the same. ``left`` by
    variant id; a variant that is not in there is not counted."""
    rest, found = dict(left), list[Line]()
    for line in lines:
        variant = line.of.variant_id
        if line.is_custom or variant not in rest:
            found.append(line)
            continue
        there = min(max(rest[variant], 0), line.quantity)
        rest[variant] -= there
        found += [replace(line, line_ids=ids, is_custom=is_custom)
                  for ids, is_custom in ((line.line_ids[:there], False), (line.line_ids[there:], True)) if ids]
    return found


def order_body(draft: OrderDraft, lines: Sequence[Line], currency: str) -> dict[str, Any]:
    """``POST /v2/orders``: pairs of prices with and without tax, whose sum is what the buyer paid.

    Lines stand at their price before discounts; what seller and platform gave off is the order's discount. Shipping stands as paid.
    The store sums up by itself; only where a line can't be divided into equal prices is the total given, too.
    """
    included = draft.prices_include_tax

    def pair(amount: Decimal, tax: Decimal) -> tuple[Decimal, Decimal]:
        return (amount - tax, amount) if included else (amount, amount + tax)

    products = [_line_body(line, pair) for line in lines]
    shipping_ex, shipping_inc = pair(draft.shipping.net, draft.shipping.tax)
    discount = sum((line.seller_discount + line.platform_discount for line in draft.lines), ZERO)
    fees = []
    for fee in draft.fees:
        fee_ex, fee_inc = pair(fee.amount, fee.tax)
        if fee_inc < 0 or fee_ex < 0:
            discount -= fee_inc
        elif fee_inc:
            fees.append({"type": "custom_fee", "display_name_customer": fee.title, "display_name_merchant": fee.title, "source": SOURCE,
                         "cost_ex_tax": text(fee_ex, draft.currency), "cost_inc_tax": text(fee_inc, draft.currency)})
    address = address_of(draft.ship_to, draft)
    body: dict[str, Any] = {
        "status_id": ON_HOLD if draft.hold_until is not None else AWAITING_FULFILLMENT, "customer_id": 0, "external_source": SOURCE,
        "external_order_id": draft.key, "payment_method": draft.payment_title, "payment_provider_id": draft.transaction_id or draft.key,
        "staff_notes": staff_notes(draft, lines), "billing_address": address_of(draft.bill_to or draft.ship_to, draft),
        "shipping_addresses": [{**address, "shipping_method": draft.shipping.title or SOURCE}],
        "products": products,
        "shipping_cost_ex_tax": text(shipping_ex, draft.currency), "shipping_cost_inc_tax": text(shipping_inc, draft.currency),
        "discount_amount": text(discount, draft.currency),
    }
    goods = pair(sum((line.gross for line in draft.lines), ZERO), sum((line.tax for line in draft.lines), ZERO))
    summed = tuple(sum((one[name] * one["quantity"] for one in products), ZERO) for name in ("price_ex_tax", "price_inc_tax"))
    if summed != goods:
        body |= {"subtotal_ex_tax": text(goods[0], draft.currency), "subtotal_inc_tax": text(goods[1], draft.currency),
                 "total_ex_tax": text(draft.grand - draft.tax, draft.currency), "total_inc_tax": text(draft.grand, draft.currency)}
    if fees:
        body["fees"] = fees
    if draft.note:
        body["customer_message"] = draft.note[:1000]
    if draft.currency != currency:
        body["default_currency_code"] = draft.currency
    return body


def _line_body(line: Line, pair: Any) -> dict[str, Any]:
    each_ex, each_inc = (one.quantize(_FOUR, ROUND_HALF_UP) for one in pair(line.of.gross / line.of.quantity, line.of.tax / line.of.quantity))
    prices = {"quantity": line.quantity, "price_ex_tax": each_ex, "price_inc_tax": each_inc}
    if line.is_custom:
        return {"name": (line.of.title or line.of.sku or SOURCE)[:250], **({"sku": line.of.sku} if line.of.sku else {}), **prices}
    return {"product_id": int(line.of.product_id), "variant_id": int(line.of.variant_id), **prices}


def address_of(address: Address, draft: OrderDraft) -> dict[str, str]:
    """An address with full state names, because tax providers refuse abbreviations; a field that TikTok Shop withholds is a dash."""
    parts = (address.name or draft.buyer_name).split()
    street = [one for one in address.lines if one]
    return {
        "first_name": parts[0] if parts else "TikTok", "last_name": " ".join(parts[1:]) or "Buyer", "street_1": street[0] if street else "-",
        "street_2": ", ".join(street[1:]), "city": address.city or "-", "state": full_name(address.country, address.region),
        "zip": address.postcode if len(address.postcode) >= 2 else "00000", "country_iso2": address.country,
        "phone": address.phone or draft.buyer_phone, "email": draft.buyer_email or f"{draft.key}@tiktok.invalid"}


# -- what the staff notes keep

_LINES = re.compile(r"\[tiktok lines ([0-9a-f]{16}) ([^\]]*)\]")
_REFUND = re.compile(r"\[tiktok refund (\S+) (\d+(?:\.\d+)?)\]")


def staff_notes(draft: OrderDraft, lines: Sequence[Line]) -> str:
    """Who it is from, in words, and the line that the hub reads back."""
    named = ";".join(f"{line.ref}:{','.join(line.line_ids)}" for line in lines)
    custom = [line.of.sku or line.of.title for line in lines if line.is_custom]
    said = [f"TikTok Shop order {draft.key}, placed {draft.placed_at:%Y-%m-%d %H:%M} UTC."]
    if custom:
        said.append(f"Without stock of the store: {', '.join(custom)}.")
    return "\n".join([*said, "Please leave the next line as it is: it tells which goods are which on TikTok Shop.",
                      f"[tiktok lines {content_hash(draft)} {named}]"])


def content_hash(draft: OrderDraft) -> str:
    """Tells a repeat with other content: lines, money, address; not the times, which a repeat may say otherwise."""
    content = [draft.key, draft.currency, draft.prices_include_tax, str(draft.grand), str(draft.tax), str(draft.shipping.net),
               [(fee.code, str(fee.amount), str(fee.tax)) for fee in draft.fees],
               [(line.line_ids, line.variant_id, line.sku, str(line.gross), str(line.net), str(line.tax)) for line in draft.lines],
               [draft.ship_to.country, draft.ship_to.postcode]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def kept_hash(notes: str) -> str:
    """The hash that an order was made with; "" where the line is gone."""
    found = _LINES.search(notes)
    return found[1] if found else ""


def kept_lines(notes: str) -> dict[str, list[str]]:
    """TikTok's line ids by what stands in the order's line (`ref_of`), in the order in which they were posted."""
    found = _LINES.search(notes)
    lines: dict[str, list[str]] = {}
    for part in found[2].split(";") if found else ():
        ref, _, ids = part.rpartition(":")
        if ref:
            lines.setdefault(ref, []).extend(one for one in ids.split(",") if one)
    return lines


def ref_of(row: Mapping[str, Any]) -> str:
    """What a line of the order is found by in `kept_lines`."""
    if int(row.get("product_id") or 0):
        return f"v{int(row.get('variant_id') or 0)}"
    return f"s{quote(str(row.get('sku') or row.get('name') or ''), safe='')}"


def sku_of(ref: str) -> str:
    """The SKU or title of a custom line."""
    return unquote(ref[1:]) if ref.startswith("s") else ""


def refund_note(key: str, amount: Decimal, currency: str, reason: str) -> str:
    """Of a refund that BigCommerce can't book."""
    why = f": {reason}" if reason else ""
    return (f"TikTok Shop gave {text(amount, currency)} {currency} back{why}. BigCommerce has no payment on record for this order, so no "
            f"refund could be booked; the status says it instead.\n[tiktok refund {key} {text(amount, currency)}]")


def noted_refunds(notes: str) -> dict[str, Decimal]:
    """Amounts by refund key of those that stand in the notes only."""
    return {key: Decimal(amount) for key, amount in _REFUND.findall(notes)}


def refund_reason(key: str, reason: str) -> str:
    """The reason of a refund's items, with the key that it is found by."""
    return f"{reason[:800] or 'Refunded on TikTok Shop'} [tiktok refund {key}]"


def is_refund(text_: str, key: str) -> bool:
    """Whether this reason is that refund's."""
    return f"[tiktok refund {key}]" in text_


# -- parcels

_PARCEL = re.compile(r"\[tiktok parcel (\S+)(?: ([\d,]+))?\]")


def parcel_note(parcel: Parcel, line_ids: Sequence[str]) -> str:
    """The comment of a shipment that the hub makes."""
    ids = f" {','.join(line_ids)}" if line_ids else ""
    return f"Shipped on TikTok Shop. [tiktok parcel {parcel.parcel_id}{ids}]"


def parcel_in(comments: str) -> tuple[str, tuple[str, ...]] | None:
    """The parcel's id and the TikTok line ids in it; None for a shipment that the store made."""
    found = _PARCEL.search(comments)
    return (found[1], tuple((found[2] or "").split(",")) if found[2] else ()) if found else None

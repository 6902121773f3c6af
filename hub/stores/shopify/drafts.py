"""An order draft as ``orderCreate`` wants it (contracts/shopify.md 4.1). Pure.

The money: each line at TikTok Shop's price before discounts, all discounts together in the one discount code that an order may
have, shipping as the buyer paid it, fees as lines of their own. So the parts sum to ``grand`` to the cent. Which discount was
TikTok Shop's and which the seller's stands in the order's additional details.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hub.domain.money import ZERO, text
from hub.domain.orders import Address, Charge, DraftLine, OrderDraft
from hub.stores.shopify import translate

KEY = "tiktok_order_id"
LINE_IDS = "_tiktok_line_ids"
NAMESPACE = "shopbridge"
TAG = "TikTok Shop"
DISCOUNT = "TikTok Shop discount"
TAX_REMITTED = "Tax collected and remitted by TikTok Shop"
# RFC 2606: nobody's, so that no mail ever reaches a stranger.
NOBODYS = "example.com"
_RATE = Decimal("0.0001")
_PHONE = re.compile(r"\+?[0-9 ()./-]{7,20}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CODE = re.compile(r"[A-Z0-9]{1,3}")
_COUNTRIES = {"UK": "GB"}
# Where Shopify's addresses have a state or province; elsewhere a name there is refused.
_WITH_PROVINCES = frozenset({"AU", "BR", "CA", "ES", "IE", "IT", "JP", "MX", "US"})
_US_STATES = {name: code for code, _, name in (part.partition(" ") for part in (
    "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,DC District of Columbia,FL Florida,"
    "GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,"
    "MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,"
    "NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,"
    "PR Puerto Rico,RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,"
    "WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming").split(","))}


def variables(draft: OrderDraft) -> dict[str, Any]:
    """Both arguments of ``orderCreate``. Stock is claimed, and only where the draft allows it beyond what there is."""
    order = _order(draft)
    facts = {
        "content": fingerprint(draft), "hold_until": draft.hold_until.isoformat() if draft.hold_until is not None else "",
        "held": "yes" if draft.state == "held" else "",
        "location": draft.store.removeprefix(translate.LOCATION) if draft.store.startswith(translate.LOCATION) else "",
    }
    order["metafields"] = [{"namespace": NAMESPACE, "key": name, "type": "single_line_text_field", "value": value}
                           for name, value in facts.items() if value]
    behaviour = "DECREMENT_IGNORING_POLICY" if draft.allow_backorder else "DECREMENT_OBEYING_POLICY"
    return {"order": order, "options": {"inventoryBehaviour": behaviour, "sendReceipt": False, "sendFulfillmentReceipt": False}}


def fingerprint(draft: OrderDraft) -> str:
    """Tells whether a repeat asks for the same: what is sold, for how much, to where."""
    order = _order(draft)
    told = {name: order.get(name) for name in ("currency", "lineItems", "shippingLines", "discountCode", "shippingAddress")}
    told["grand"] = text(draft.grand, draft.currency)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def _order(draft: OrderDraft) -> dict[str, Any]:
    charged = [fee for fee in draft.fees if fee.amount >= 0]
    given = [fee for fee in draft.fees if fee.amount < 0]
    shipping_price = max(draft.shipping.net, ZERO)
    discount = (sum((line.gross - line.net for line in draft.lines), ZERO) - sum((fee.amount for fee in given), ZERO)
                + shipping_price - draft.shipping.net)
    # Tax of what takes money off has no line of its own in Shopify.
    loose_tax = sum((fee.tax for fee in given), ZERO)
    lines = [_line(draft, line, loose_tax if place == 0 else ZERO) for place, line in enumerate(draft.lines)]
    order: dict[str, Any] = {
        "currency": draft.currency, "sourceName": source_name(draft.region), "sourceIdentifier": draft.key,
        "sourceUrl": _seller_center(draft), "tags": [TAG, *([draft.region] if draft.region else [])], "note": draft.note or None,
        "processedAt": draft.placed_at.isoformat(), "taxesIncluded": draft.prices_include_tax,
        "customAttributes": _details(draft), "email": _mail(draft), "customer": {"toUpsert": _customer(draft)},
        "shippingAddress": _address(draft.ship_to, draft.buyer_name),
        "lineItems": [*lines, *(_fee(draft, fee) for fee in charged)],
        "shippingLines": [{"title": draft.shipping.title or "TikTok Shop shipping", "code": draft.shipping.code or None, "source": "tiktok",
                           "priceSet": _money(shipping_price, draft.currency),
                           "taxLines": _taxes(draft, draft.shipping.tax, draft.shipping.net)}],
        "transactions": [{"kind": "SALE", "status": "SUCCESS", "gateway": draft.payment_title, "amountSet": _money(draft.grand, draft.currency),
                          "processedAt": (draft.paid_at or draft.placed_at).isoformat()}],
    }
    if not draft.grand:
        order["financialStatus"] = "PAID"
        del order["transactions"]
    if draft.bill_to is not None:
        order["billingAddress"] = _address(draft.bill_to, draft.buyer_name)
    if discount:
        order["discountCode"] = {"itemFixedDiscountCode": {"code": DISCOUNT, "amountSet": _money(discount, draft.currency)}}
    return {name: value for name, value in order.items() if value is not None}


def source_name(region: str) -> str:
    """Where the order comes from, as Shopify's order list may filter it."""
    return f"tiktok-{region.lower()}" if region else "tiktok"


def _line(draft: OrderDraft, line: DraftLine, more_tax: Decimal) -> dict[str, Any]:
    """A line of the catalogue, or one that stands for itself where no product is linked."""
    tax = line.tax + more_tax
    made: dict[str, Any] = {
        "quantity": line.quantity, "priceSet": _money(line.gross / line.quantity, draft.currency), "requiresShipping": not line.virtual,
        "taxable": bool(tax), "taxLines": _taxes(draft, tax, line.net),
        "properties": [{"name": LINE_IDS, "value": ",".join(line.line_ids)}],
    }
    if line.variant_id:
        return {**made, "variantId": translate.gid("ProductVariant", line.variant_id)}
    return {**made, "title": line.title or line.sku or "TikTok Shop item", **({"sku": line.sku} if line.sku else {})}


def _fee(draft: OrderDraft, fee: Charge) -> dict[str, Any]:
    return {"title": fee.title, "quantity": 1, "priceSet": _money(fee.amount, draft.currency), "requiresShipping": False,
            "taxable": bool(fee.tax), "taxLines": _taxes(draft, fee.tax, fee.amount), "properties": [{"name": "_tiktok_fee", "value": fee.code}]}


def _taxes(draft: OrderDraft, tax: Decimal, net: Decimal) -> list[dict[str, Any]]:
    """One tax line, or none. The rate is what the amounts say; who owes the tax stands in ``channelLiable`` (OST-12)."""
    if not tax:
        return []
    is_remitted = draft.tax_remitted_by == "tiktok"
    base = net - tax if draft.prices_include_tax else net
    rate = (tax / base).quantize(_RATE) if base > 0 else ZERO
    return [{"title": TAX_REMITTED if is_remitted else "Tax", "rate": str(max(rate, ZERO)), "channelLiable": is_remitted,
             "priceSet": _money(tax, draft.currency)}]


def _money(amount: Decimal, currency: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": text(amount, currency), "currencyCode": currency}}


def _details(draft: OrderDraft) -> list[dict[str, str]]:
    """What Shopify shows under Additional details."""
    def sum_of(*amounts: Decimal) -> str:
        return text(sum(amounts, ZERO), draft.currency)

    shipping = draft.shipping
    rows = {
        KEY: draft.key, "TikTok Shop": draft.shop_id, "TikTok Shop market": draft.region,
        "Seller discount": sum_of(*(line.seller_discount for line in draft.lines), shipping.seller_discount),
        "TikTok Shop discount": sum_of(*(line.platform_discount for line in draft.lines), shipping.platform_discount, shipping.cofunded_discount),
        "Ship by": draft.ship_by.isoformat() if draft.ship_by else "",
    }
    zero = text(ZERO, draft.currency)
    return [{"key": name, "value": value} for name, value in rows.items() if value and value != zero]


def _mail(draft: OrderDraft) -> str:
    """TikTok Shop's relay address, else one of nobody's that is the same for each repeat: an address belongs to one customer."""
    return draft.buyer_email if _MAIL.fullmatch(draft.buyer_email) else f"tiktok-{draft.key}@{NOBODYS}"


def _customer(draft: OrderDraft) -> dict[str, Any]:
    """Without a telephone number: Shopify takes each for one customer only, and TikTok Shop masks them."""
    first, last = _names(draft.buyer_name or draft.ship_to.name)
    return {"email": _mail(draft), "firstName": first, "lastName": last}


def _names(name: str) -> tuple[str, str]:
    first, _, last = name.strip().rpartition(" ")
    return first.strip(), last.strip() or "TikTok Shop buyer"


def _address(address: Address, buyer: str) -> dict[str, Any]:
    first, last = _names(address.name or buyer)
    country = _COUNTRIES.get(address.country.upper(), address.country.upper())
    region = address.region.strip() if country in _WITH_PROVINCES else ""
    code = region.upper() if _CODE.fullmatch(region.upper()) else _US_STATES.get(region, "") if country == "US" else ""
    made = {
        "firstName": first, "lastName": last, "address1": address.lines[0] if address.lines else "",
        "address2": ", ".join(address.lines[1:]), "city": address.city, "zip": address.postcode, "countryCode": country if len(country) == 2 else "",
        "provinceCode": code, "province": "" if code else region,
        # Masked digits make no number that anybody could call.
        "phone": address.phone if _PHONE.fullmatch(address.phone) else "",
    }
    return {name: value for name, value in made.items() if value}


def _seller_center(draft: OrderDraft) -> str:
    region = draft.region.lower()
    return f"https://seller-{region}.tiktok.com/order/detail?order_no={draft.key}" if region.isalpha() and draft.key.isalnum() else ""


def line_ids(line: Mapping[str, Any]) -> list[str]:
    """The TikTok lines that a line of the store's order stands for."""
    for one in line.get("customAttributes") or ():
        if one.get("key") == LINE_IDS:
            return [part for part in str(one.get("value") or "").split(",") if part]
    return []


def key_of(order: Mapping[str, Any]) -> str:
    """The TikTok order id that an order carries itself: its source, else the additional details. "" for any other order."""
    named: Sequence[Mapping[str, Any]] = order.get("customAttributes") or ()
    written = next((str(one.get("value") or "") for one in named if one.get("key") == KEY), "")
    source = str(order.get("sourceIdentifier") or "")
    return written or (source if str(order.get("sourceName") or "").startswith("tiktok") else "")

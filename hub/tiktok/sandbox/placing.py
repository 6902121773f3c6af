"""A buyer's order: lines, money, address. The totals are worked out here, from the parts alone (contract 8.5).

`place` takes what the control API was given:

    {"shop_id"?, "lines": [{"sku_id" | "seller_sku", "quantity"?, "original_price"?, "seller_discount"?,
                            "platform_discount"?, "tax"?, "is_gift"?}],       amounts are per unit
     "shipping": {"original"?, "seller_discount"?, "platform_discount"?, "cofunded_discount"?, "tax"?},
     "fees": {"small_order_fee": "1.00", any other name: "0.40"},
     "tax": {"mode": "exclusive" | "inclusive" | "remitted", "rate": "0.0825", "on_shipping": true},
     "status": "UNPAID" | "PAID" | "ON_HOLD" | "AWAITING_SHIPMENT", "shipping_type": "SELLER" | "TIKTOK",
     "fulfillment_type"?, "buyer": {"first_name", "last_name", "email", "phone", "line1", "line2", "city", "state",
     "postal_code"}, "masked": true, "message"?, "ship_within_s"?, "allow_oversell"?, "extra": {wire fields}}

Tax: `exclusive` is on top of prices; `remitted` too, and is collected by TikTok (shown per line as SALES_TAX);
`inclusive` is inside the prices and shown, but not added. A tax given on a line or on shipping wins over the rate.
`status` PAID follows the shop: ON_HOLD in US and GB, else AWAITING_SHIPMENT.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from hub.tiktok.sandbox.shops import address_of
from hub.tiktok.sandbox.state import Line, Order, Package, Product, Shop, Sku, State, money, places, total

FEES = (
    "small_order_fee", "retail_delivery_fee", "buyer_service_fee", "handling_fee", "shipping_insurance_fee",
    "item_insurance_fee", "item_insurance_tax", "distance_fee", "distance_shipping_fee",
    "payment_discount_service_fee",
)  # fmt: skip
# The one further part that the buyer does not pay.
DEDUCTIONS = ("payment_platform_discount",)
MODES = ("exclusive", "inclusive", "remitted")
GRACE_MARKETS = frozenset({"US", "GB"})
# Contract 8.3: in these markets a parcel exists only once a ship call has made it.
LATE_PACKAGES = frozenset({"US"})


class Unplaceable(Exception):
    """The control call asks for an order that cannot be; the text says why."""


def place(sim: State, raw: Mapping[str, Any]) -> Order:
    """Place an order and take its units out of stock; raises `Unplaceable`."""
    shop = sim.shops.get(str(raw.get("shop_id") or sim.only_shop().id))
    if shop is None:
        raise Unplaceable("no such shop")
    shape = {"shop_id", "lines", "shipping", "fees", "tax", "status", "shipping_type", "fulfillment_type", "buyer",
             "masked", "message", "ship_within_s", "allow_oversell", "extra"}  # fmt: skip
    if set(raw) - shape:
        raise Unplaceable(f"unknown: {', '.join(sorted(set(raw) - shape))}")
    tax = {"mode": "exclusive", "rate": "0", "on_shipping": True, **(raw.get("tax") or {})}
    if tax["mode"] not in MODES:
        raise Unplaceable(f"tax.mode is one of {', '.join(MODES)}")
    lines = _lines(sim, shop, raw, tax)
    shipping_type = raw.get("shipping_type") or "SELLER"
    now = sim.now()
    order = Order(
        sim.new_id("order"), shop.id, "UNPAID", lines, {}, {}, now, now, shop.currency, shipping_type,
        raw.get("fulfillment_type") or "FULFILLMENT_BY_SELLER", {}, dict(raw.get("buyer") or {}),
    )  # fmt: skip
    order.buyer.setdefault("user_id", sim.new_id("user"))
    order.address = address_for(shop, order.buyer)
    order.extra = {
        "masked": bool(raw.get("masked", shipping_type == "TIKTOK")), "message": raw.get("message") or "",
        "ship_within_s": raw.get("ship_within_s", 3 * 86400), "wire": dict(raw.get("extra") or {}),
    }  # fmt: skip
    price(order, shop, raw, tax)
    for line in lines:
        line.status = "UNPAID"
        _take(sim, line)
    sim.orders[order.id] = order
    sim.notify("ORDER_STATUS_CHANGE", shop, _status_data(order))
    status = raw.get("status") or "PAID"
    if status != "UNPAID":
        pay(sim, order, None if status == "PAID" else status)
    return order


def _amount(value: Any, currency: str, what: str) -> Decimal:
    try:
        number = Decimal(str(value if value not in (None, "") else 0))
    except InvalidOperation:
        raise Unplaceable(f"{what} is no amount: {value!r}") from None
    if number != number.quantize(Decimal(1).scaleb(-places(currency))):
        raise Unplaceable(f"{what} has more decimals than {currency} has: {value!r}")
    return number


def _lines(sim: State, shop: Shop, raw: Mapping[str, Any], tax: Mapping[str, Any]) -> list[Line]:
    lines: list[Line] = []
    needed: dict[str, int] = {}
    for given in raw.get("lines") or []:
        product, sku = _find(sim, shop, given)
        quantity = int(given.get("quantity", 1))
        needed[sku.id] = needed.get(sku.id, 0) + quantity
        if not raw.get("allow_oversell") and sum(sku.available.values()) < needed[sku.id]:
            raise Unplaceable(f"out of stock: {sku.seller_sku or sku.id}")
        original = _amount(given.get("original_price", sku.price), shop.currency, "original_price")
        seller = _amount(given.get("seller_discount"), shop.currency, "seller_discount")
        platform = _amount(given.get("platform_discount"), shop.currency, "platform_discount")
        sale = original - seller - platform
        if sale < 0:
            raise Unplaceable("the discounts are larger than the price")
        unit_tax = _amount(given["tax"], shop.currency, "tax") if "tax" in given else _tax(sale, tax, shop.currency)
        images = product.content.get("main_images") or []
        image = sim.images.get(images[0]["uri"]) if images else None
        for _ in range(quantity):
            lines.append(Line(
                sim.new_id("line"), product.id, sku.id, sku.seller_sku, str(product.content.get("title", "")),
                sku.name, image.url if image else "", original, seller, platform, unit_tax,
                _warehouse(shop, sku), is_gift=bool(given.get("is_gift")),
            ))  # fmt: skip
    if not lines:
        raise Unplaceable("an order has lines")
    return lines


def _find(sim: State, shop: Shop, given: Mapping[str, Any]) -> tuple[Product, Sku]:
    for product in sim.products.values():
        if product.shop_id != shop.id:
            continue
        for sku in product.skus:
            if (given.get("sku_id") and sku.id == given["sku_id"]) or (given.get("seller_sku") and sku.seller_sku == given["seller_sku"]):
                if product.status != "ACTIVATE":
                    raise Unplaceable(f"the product of {sku.seller_sku or sku.id} is not live")
                return product, sku
    raise Unplaceable(f"no such SKU: {given.get('sku_id') or given.get('seller_sku')}")


def _warehouse(shop: Shop, sku: Sku) -> str:
    full = [one for one, count in sku.available.items() if count > 0]
    return (full or list(sku.available) or [shop.warehouses[0].id])[0]


def _tax(base: Decimal, tax: Mapping[str, Any], currency: str) -> Decimal:
    rate = Decimal(str(tax["rate"]))
    part = base * rate if tax["mode"] != "inclusive" else base - base / (1 + rate)
    return part.quantize(Decimal(1).scaleb(-places(currency)), ROUND_HALF_UP)


def price(order: Order, shop: Shop, raw: Mapping[str, Any], tax: Mapping[str, Any]) -> None:
    """Fill `payment` (wire texts) and `truth` (exact sums) from lines, shipping and fees."""
    currency = shop.currency
    shipping = raw.get("shipping") or {}
    unknown = set(shipping) - {"original", "seller_discount", "platform_discount", "cofunded_discount", "tax"}
    if unknown:
        raise Unplaceable(f"unknown in shipping: {', '.join(sorted(unknown))}")
    part = {
        name: _amount(shipping.get(name), currency, name)
        for name in ("original", "seller_discount", "platform_discount", "cofunded_discount")
    }
    shipping_fee = part["original"] - part["seller_discount"] - part["platform_discount"] - part["cofunded_discount"]
    if "tax" in shipping:
        shipping_tax = _amount(shipping["tax"], currency, "shipping.tax")
    else:
        shipping_tax = _tax(shipping_fee, tax, currency) if tax["on_shipping"] else Decimal(0)
    fees = {name: _amount(value, currency, name) for name, value in (raw.get("fees") or {}).items()}
    goods = total(line.original for line in order.lines)
    seller = total(line.seller_discount for line in order.lines)
    platform = total(line.platform_discount for line in order.lines)
    product_tax = total(line.tax for line in order.lines)
    sub_total = goods - seller - platform
    charges = total(-amount if name in DEDUCTIONS else amount for name, amount in fees.items())
    is_inside = tax["mode"] == "inclusive"
    grand = sub_total + shipping_fee + charges + (Decimal(0) if is_inside else product_tax + shipping_tax)
    parts = {
        "original_total_product_price": goods, "seller_discount": seller, "platform_discount": platform,
        "sub_total": sub_total, "original_shipping_fee": part["original"],
        "shipping_fee_seller_discount": part["seller_discount"],
        "shipping_fee_platform_discount": part["platform_discount"],
        "shipping_fee_cofunded_discount": part["cofunded_discount"], "shipping_fee": shipping_fee,
        "product_tax": product_tax, "shipping_fee_tax": shipping_tax, "tax": product_tax + shipping_tax,
        **fees, "total_amount": grand,
    }  # fmt: skip
    order.payment = {"currency": currency, **{name: money(amount, currency) for name, amount in parts.items()}}
    order.truth = {**parts, "fees": dict(fees), "tax_mode": tax["mode"], "rate": Decimal(str(tax["rate"]))}


def _take(sim: State, line: Line) -> None:
    sku = sku_of(sim, line)
    if sku is not None:
        sku.available[line.warehouse_id] = sku.available.get(line.warehouse_id, 0) - 1
        sku.committed[line.warehouse_id] = sku.committed.get(line.warehouse_id, 0) + 1


def give_back(sim: State, line: Line) -> None:
    """A cancelled unit is on sale again."""
    sku = sku_of(sim, line)
    if sku is not None:
        sku.available[line.warehouse_id] = sku.available.get(line.warehouse_id, 0) + 1
        sku.committed[line.warehouse_id] = max(0, sku.committed.get(line.warehouse_id, 0) - 1)


def sku_of(sim: State, line: Line) -> Sku | None:
    """The SKU that a line sold, if the product still has it."""
    product = sim.products.get(line.product_id)
    return product.sku(line.sku_id) if product else None


def address_for(shop: Shop, buyer: Mapping[str, Any]) -> dict[str, Any]:
    """The full address as the platform knows it; what is shown of it is decided when it is read."""
    here = address_of(shop.region)
    first, last = buyer.get("first_name") or "Robin", buyer.get("last_name") or "Sample"
    line1, line2 = buyer.get("line1") or here["line"], buyer.get("line2") or ""
    city, state = buyer.get("city") or here["city"], buyer.get("state") or here["state"]
    postal_code = buyer.get("postal_code") or here["postal_code"]
    levels = [("Country", here["region"], "L0"), ("State", state, "L1"), ("City", city, "L2")]
    return {
        "name": f"{first} {last}", "first_name": first, "last_name": last,
        "phone_number": buyer.get("phone") or here["phone"],
        "address_line1": line1, "address_line2": line2, "address_line3": "", "address_line4": "",
        "address_detail": ", ".join(part for part in (line1, line2) if part),
        "full_address": ", ".join(part for part in (line1, line2, city, state, postal_code, here["region"]) if part),
        "district_info": [
            {"address_level_name": name, "address_name": value, "address_level": level}
            for name, value, level in levels
        ],
        "postal_code": postal_code, "region_code": shop.region, "post_town": city if shop.region == "GB" else "",
        "delivery_preferences": {"drop_off_location": ""},
    }  # fmt: skip


def _status_data(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.id, "order_status": order.status, "is_on_hold_order": order.is_on_hold_order,
        "update_time": int(order.updated),
    }  # fmt: skip


def move(sim: State, order: Order, status: str) -> None:
    """Set the order's status, touch it and tell the app."""
    order.status, order.updated = status, sim.now()
    sim.notify("ORDER_STATUS_CHANGE", sim.shops[order.shop_id], _status_data(order))


def pay(sim: State, order: Order, status: str | None = None) -> None:
    """The buyer pays: into the grace period, or straight to the seller; raises `Unplaceable` when not UNPAID."""
    if order.status != "UNPAID":
        raise Unplaceable(f"the order is {order.status}")
    shop = sim.shops[order.shop_id]
    hold_s = float(sim.settings["hold_s"])
    status = status or ("ON_HOLD" if shop.region in GRACE_MARKETS and hold_s > 0 else "AWAITING_SHIPMENT")
    if status not in ("ON_HOLD", "AWAITING_SHIPMENT"):
        raise Unplaceable("an order is paid into ON_HOLD or AWAITING_SHIPMENT")
    order.paid = sim.now()
    order.is_on_hold_order = status == "ON_HOLD"
    for line in order.open_lines():
        line.status = "AWAITING_SHIPMENT"  # the items' statuses know no ON_HOLD
    if status == "AWAITING_SHIPMENT":
        _pack(sim, order)
    move(sim, order, status)
    if status == "ON_HOLD":
        sim.later(hold_s, lambda: end_hold(sim, order))


def end_hold(sim: State, order: Order) -> None:
    """The grace hour is over."""
    if order.status != "ON_HOLD":
        return
    _pack(sim, order)
    move(sim, order, "AWAITING_SHIPMENT")


def _pack(sim: State, order: Order) -> None:
    shop = sim.shops[order.shop_id]
    if shop.region not in LATE_PACKAGES:
        make_package(sim, order, [line.id for line in order.open_lines()])


def make_package(sim: State, order: Order, line_ids: list[str]) -> Package:
    """A parcel for these units."""
    now = sim.now()
    package = Package(sim.new_id("package"), order.shop_id, order.id, list(line_ids), "PROCESSING", now, now)
    sim.packages[package.id] = package
    order.package_ids.append(package.id)
    for line in order.lines:
        if line.id in line_ids:
            line.package_id = package.id
    return package

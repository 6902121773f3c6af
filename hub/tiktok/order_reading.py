"""An order as TikTok Shop's API tells it, made into our `Order` (contract 5.6, 6.2, 8).

Every amount of the payment object finds its place: goods, shipping, tax, or a `Charge` by its field's name, also one
that nobody here has heard of. What then still differs from the total is found by the rules, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hub.domain.money import ZERO
from hub.domain.orders import Address, Charge, Order, OrderLine, OrderState, ShippingCharge, ShippingType
from hub.tiktok.translate import amount, is_amount, moment, part, rows, text

# Payment fields with a place of their own; `shipping_fee`, `sub_total` and `total_amount` are sums of others.
_PLACED = frozenset({
    "currency", "total_amount", "sub_total", "original_total_product_price", "seller_discount", "platform_discount",
    "shipping_fee", "original_shipping_fee", "shipping_fee_seller_discount", "shipping_fee_platform_discount",
    "shipping_fee_cofunded_discount", "tax", "product_tax", "shipping_fee_tax",
})  # fmt: skip
_TITLES = {
    "small_order_fee": "Small order fee",
    "retail_delivery_fee": "Retail delivery fee",
    "buyer_service_fee": "Buyer service fee",
    "handling_fee": "Handling fee",
    "shipping_insurance_fee": "Shipping insurance",
    "item_insurance_fee": "Item insurance",
    "distance_fee": "Distance fee",
    "distance_shipping_fee": "Distance shipping fee",
    "payment_discount_service_fee": "Payment discount service fee",
    "payment_platform_discount": "Payment discount by TikTok Shop",
    "pfand_fee": "Pfand deposit",
}
# A name that ends like this is no amount, whatever its value looks like.
_NO_AMOUNT = ("_id", "_code", "_time", "_type", "_method", "_name", "_rate", "_count", "_status", "_currency")
_SELLER_SHIPS = "FULFILLMENT_BY_SELLER"
_SHIPPING_TYPES = {
    "SELLER": ShippingType.SELLER,
    "": ShippingType.SELLER,
    "TIKTOK": ShippingType.PLATFORM,
    "TIKTOK_DIGITAL": ShippingType.DIGITAL,
}
_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


def order_of(row: Mapping[str, Any], region: str) -> Order:
    """The order, its own words kept in ``raw``. ``region`` is the shop's market."""
    payment = part(row, "payment")
    lines = tuple(_line(line) for line in rows(row, "line_items"))
    address = part(row, "recipient_address")
    status = text(row, "status")
    created = moment(row.get("create_time")) or moment(row.get("update_time")) or _NO_MOMENT
    fulfilment = text(row, "fulfillment_type")
    currency = text(payment, "currency") or next((text(line, "currency") for line in rows(row, "line_items")), "")
    shipping_tax = amount(payment, "shipping_fee_tax")
    shipping = _shipping(row, payment, shipping_tax)
    product_tax = amount(payment, "product_tax")
    return Order(
        order_id=text(row, "id"),
        state=OrderState.read(status),
        raw_state=status,
        region=region or text(address, "region_code"),
        currency=currency,
        created_at=created,
        updated_at=moment(row.get("update_time")) or created,
        paid_at=moment(row.get("paid_time")),
        lines=lines,
        goods_gross=_goods_gross(payment, lines),
        seller_discount=amount(payment, "seller_discount"),
        platform_discount=amount(payment, "platform_discount"),
        sub_total=amount(payment, "sub_total"),
        shipping=shipping,
        fees=_in_the_orders_terms(charges(payment, _PLACED), payment, _goods_gross(payment, lines), shipping),
        tax=amount(payment, "tax") if is_amount(payment.get("tax")) else product_tax + shipping_tax,
        product_tax=product_tax,
        shipping_tax=shipping_tax,
        total=amount(payment, "total_amount"),
        buyer_email=text(row, "buyer_email"),
        buyer_id=text(row, "user_id"),
        buyer_message=text(row, "buyer_message"),
        ship_to=_address(address),
        shipping_type=_SHIPPING_TYPES.get(text(row, "shipping_type"), ShippingType.PLATFORM),
        fulfilled_by_tiktok=bool(fulfilment) and fulfilment != _SELLER_SHIPS,
        is_on_hold_order=row.get("is_on_hold_order") is True,
        ship_by=moment(row.get("rts_sla_time")) or moment(row.get("shipping_due_time")),
        delivery_option_id=text(row, "delivery_option_id"),
        delivery_option_name=text(row, "delivery_option_name"),
        warehouse_id=text(row, "warehouse_id"),
        package_ids=_package_ids(row, lines),
        tracking_number=text(row, "tracking_number"),
        provider_id=text(row, "shipping_provider_id"),
        provider_name=text(row, "shipping_provider"),
        payment_method=text(row, "payment_method_name"),
        cancel_reason=text(row, "cancel_reason"),
        cancelled_by=text(row, "cancellation_initiator"),
        cancel_requested=row.get("is_buyer_request_cancel") is True,
        cancelled_at=moment(row.get("cancel_time")),
        is_sample=row.get("is_sample_order") is True,
        is_replacement=row.get("is_replacement_order") is True,
        is_exchange=row.get("is_exchange_order") is True,
        raw=dict(row),
    )


def charges(payment: Mapping[str, Any], placed: frozenset[str]) -> tuple[Charge, ...]:
    """Every amount that has no other place, by its field's name. A discount is negative.

    ``…_tax`` beside ``…_fee`` of the same name is that charge's tax (``item_insurance_tax``); alone it is a charge
    without an amount.
    """
    found = {name: amount(payment, name) for name in payment if name not in placed and _may_be_charge(name, payment)}
    taxes = {name.removesuffix("_tax") + "_fee": name for name in found if name.endswith("_tax")}
    charged = []
    for name, value in found.items():
        if name.endswith("_tax"):
            if name.removesuffix("_tax") + "_fee" not in found and value:
                charged.append(Charge(name, _title(name), ZERO, value))
            continue
        tax = found[taxes[name]] if name in taxes else ZERO
        if value or tax:
            charged.append(Charge(name, _title(name), -value if name.endswith("_discount") else value, tax))
    return tuple(charged)


def _in_the_orders_terms(
    fees: tuple[Charge, ...], payment: Mapping[str, Any], goods_gross: Decimal, shipping: ShippingCharge
) -> tuple[Charge, ...]:
    """Fees with tax in them where the order's prices hold their tax and the fee's own still came on top.

    Told by the total: it is reached by all amounts and the fees' taxes, without the tax of goods and shipping.
    """
    fee_tax = sum((fee.tax for fee in fees), ZERO)
    amounts = goods_gross - amount(payment, "seller_discount") - amount(payment, "platform_discount") + shipping.net
    amounts += sum((fee.amount for fee in fees), ZERO)
    if not fee_tax or not amount(payment, "tax") or amounts + fee_tax != amount(payment, "total_amount"):
        return fees
    return tuple(replace(fee, amount=fee.amount + fee.tax) if fee.tax else fee for fee in fees)


def _may_be_charge(name: str, payment: Mapping[str, Any]) -> bool:
    return not name.endswith(_NO_AMOUNT) and is_amount(payment[name])


def _title(name: str) -> str:
    return _TITLES.get(name) or name.replace("_", " ").capitalize()


def _goods_gross(payment: Mapping[str, Any], lines: tuple[OrderLine, ...]) -> Decimal:
    if is_amount(payment.get("original_total_product_price")):
        return amount(payment, "original_total_product_price")
    return sum((line.original_price for line in lines), ZERO)


def _shipping(row: Mapping[str, Any], payment: Mapping[str, Any], tax: Decimal) -> ShippingCharge:
    """``shipping_fee`` leaves the co-funded discount out, our net does not (contract 8.5)."""
    seller = amount(payment, "shipping_fee_seller_discount")
    platform = amount(payment, "shipping_fee_platform_discount")
    cofunded = amount(payment, "shipping_fee_cofunded_discount")
    if is_amount(payment.get("original_shipping_fee")):
        gross = amount(payment, "original_shipping_fee")
    else:
        gross = amount(payment, "shipping_fee") + seller + platform
    return ShippingCharge(
        gross=gross,
        seller_discount=seller,
        platform_discount=platform,
        cofunded_discount=cofunded,
        net=gross - seller - platform - cofunded,
        tax=tax,
        title=text(row, "delivery_option_name"),
        code=text(row, "delivery_option_id"),
    )


def _line(row: Mapping[str, Any]) -> OrderLine:
    fee_names = frozenset(name for name in row if not name.endswith("_fee"))
    return OrderLine(
        line_id=text(row, "id"),
        tiktok_product_id=text(row, "product_id"),
        tiktok_sku_id=text(row, "sku_id"),
        seller_sku=text(row, "seller_sku"),
        title=text(row, "product_name"),
        variant_title=text(row, "sku_name"),
        image_url=text(row, "sku_image"),
        original_price=amount(row, "original_price"),
        sale_price=amount(row, "sale_price"),
        seller_discount=amount(row, "seller_discount"),
        platform_discount=amount(row, "platform_discount"),
        tax=sum((amount(tax, "tax_amount") for tax in rows(row, "item_tax")), ZERO),
        fees=charges(row, fee_names),
        state=OrderState.read(text(row, "display_status")),
        package_id=text(row, "package_id"),
        tracking_number=text(row, "tracking_number"),
        provider_id=text(row, "shipping_provider_id"),
        provider_name=text(row, "shipping_provider_name"),
        is_gift=row.get("is_gift") is True,
        cancel_reason=text(row, "cancel_reason"),
    )


def _package_ids(row: Mapping[str, Any], lines: tuple[OrderLine, ...]) -> tuple[str, ...]:
    """The order's packages, and those that stand on lines only; each once, in order."""
    named = [text(package, "id") for package in rows(row, "packages")] + [line.package_id for line in lines]
    return tuple(dict.fromkeys(one for one in named if one))


def _address(row: Mapping[str, Any]) -> Address:
    """Name and place; empty while unpaid or on hold, masked where TikTok Shop ships (contract 8.1, 8.2)."""
    lines = tuple(line for number in "1234" if (line := text(row, f"address_line{number}")))
    if not lines:
        lines = tuple(line for line in (text(row, "address_detail") or text(row, "full_address"),) if line)
    name = text(row, "name") or " ".join(filter(None, (text(row, "first_name"), text(row, "last_name"))))
    districts = rows(row, "district_info")
    return Address(
        name=name,
        lines=lines,
        city=_city(row, districts),
        region=next((text(one, "address_name") for one in districts if text(one, "address_level") == "L1"), ""),
        postcode=text(row, "postal_code"),
        country=text(row, "region_code"),
        phone=text(row, "phone_number"),
    )


def _city(row: Mapping[str, Any], districts: list[dict[str, Any]]) -> str:
    """The level that calls itself a city or town, else the deepest below the state."""
    if post_town := text(row, "post_town"):
        return post_town
    for one in districts:
        if any(word in text(one, "address_level_name").lower() for word in ("city", "town", "municipality")):
            return text(one, "address_name")
    below = [one for one in districts if text(one, "address_level") in ("L2", "L3", "L4")]
    return text(max(below, key=lambda one: text(one, "address_level")), "address_name") if below else ""

"""Products, offers and orders for the rules' tests: right as they stand, so that each test breaks one thing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hub.domain.categories import Attribute, Category
from hub.domain.money import from_minor
from hub.domain.orders import Charge, Order, OrderLine, OrderState, ShippingCharge
from hub.domain.products import Dimensions, Image, Measure, Offer, Product, ProductKind, Variant, VariantRef
from hub.rules.listings import Ground
from hub.rules.order_money import Binding

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LEAF = Category(category_id="600001", parent_id="600000", name="Jackets", is_leaf=True)


def variant(variant_id: str = "57", sku: str = "JACKET-M", **values: Any) -> Variant:
    return Variant(**{"variant_id": variant_id, "sku": sku, "options": {"Size": "M"}, **values})


def product(**values: Any) -> Product:
    """A jacket in one size, complete for TikTok Shop."""
    return Product(
        **{
            "product_id": "42",
            "sku": "JACKET",
            "kind": ProductKind.CONFIGURABLE,
            "title": "A warm jacket for cold days",
            "description": "<p>Warm.</p>",
            "images": (Image("https://shop.example/jacket.jpg"),),
            "category_ids": ("7",),
            "category_paths": ("Men / Jackets",),
            "weight": Measure(Decimal("0.9"), "kg"),
            "dimensions": Dimensions(Decimal(30), Decimal(20), Decimal(5), "cm"),
            "variants": (variant(),),
            **values,
        }
    )


def offer(variant_id: str = "57", price: str = "72.00", currency: str = "USD", **values: Any) -> Offer:
    return Offer(
        **{
            "ref": VariantRef("42", variant_id, ""),
            "scope": "default",
            "price": Decimal(price),
            "effective_price": Decimal(price),
            "currency": currency,
            "tax_included": False,
            "salable": 5,
            **values,
        }
    )


def ground(**values: Any) -> Ground:
    """What the jacket's listing rests on in a US shop."""
    return Ground(
        **{
            "region": "US",
            "currency": "USD",
            "warehouse_id": "7000",
            "category": LEAF,
            "category_name": "Jackets",
            "store_category": "Men / Jackets",
            "offers": {"57": offer()},
            "stock": {"57": 5},
            **values,
        }
    )


def attribute(attribute_id: str = "100", name: str = "Material", **values: Any) -> Attribute:
    return Attribute(
        **{
            "attribute_id": attribute_id,
            "name": name,
            "is_sales": False,
            "required": True,
            "values": (("1", "Cotton"), ("2", "Wool")),
            **values,
        }
    )


def line(number: int = 1, sku_id: str = "s1", price: str = "36.00", **values: Any) -> OrderLine:
    return OrderLine(
        **{
            "line_id": str(9_000_000_000_000_000_000 + number),
            "tiktok_product_id": "p1",
            "tiktok_sku_id": sku_id,
            "seller_sku": sku_id.upper(),
            "title": "Jacket",
            "original_price": Decimal(price),
            "sale_price": Decimal(price),
            "state": OrderState.AWAITING_SHIPMENT,
            **values,
        }
    )


def order(**values: Any) -> Order:
    """One paid jacket, no tax, nothing to ship for. A caller that changes lines says what they sum to."""
    return Order(
        **{
            "order_id": "576461413038785752",
            "state": OrderState.AWAITING_SHIPMENT,
            "raw_state": "AWAITING_SHIPMENT",
            "region": "US",
            "currency": "USD",
            "created_at": NOON,
            "updated_at": NOON,
            "paid_at": NOON,
            "lines": (line(),),
            "goods_gross": Decimal("36.00"),
            "sub_total": Decimal("36.00"),
            "total": Decimal("36.00"),
            **values,
        }
    )


def bound(lines: Sequence[OrderLine]) -> dict[str, Binding]:
    return {one.tiktok_sku_id: Binding(product_id="42", variant_id=f"v-{one.tiktok_sku_id}", sku=one.seller_sku) for one in lines}


@dataclass(frozen=True)
class Planned:
    """A random order and what was planned into it."""

    order: Order
    tax_on_top: bool
    tax: Decimal
    unexplained: Decimal


FEES = (
    "retail_delivery_fee",
    "small_order_fee",
    "buyer_service_fee",
    "handling_fee",
    "item_insurance_fee",
    "import_duty_fee",
    "payment_platform_discount",
    "never_seen_levy",
)
CURRENCIES = (("USD", "US"), ("GBP", "GB"), ("EUR", "DE"), ("JPY", "JP"), ("VND", "VN"), ("KWD", "SG"), ("MYR", "MY"))


def random_order(dice: random.Random, *, with_unexplained: bool = True) -> Planned:
    """An order whose total is worked out from its parts here, in whole minor units and by nobody else's code."""
    currency, region = dice.choice(CURRENCIES)

    def amount(minor: int) -> Decimal:
        return from_minor(minor, currency)

    taxed, on_top = dice.random() < 0.8, dice.random() < 0.5
    lines: list[OrderLine] = []
    goods = seller = platform = goods_tax = pfand = 0
    for sku in range(dice.randint(1, 4)):
        for _ in range(dice.randint(1, 5)):
            price, off, subsidy = dice.randint(1, 900_000), dice.choice((0, 0, dice.randint(0, 99))), dice.choice((0, dice.randint(0, 99)))
            if sku % 2:  # units of this SKU cost the same
                price, off, subsidy = 7_200, 40, 0
            price += off + subsidy
            tax = dice.choice((0, price // 12, dice.randint(0, 500))) if taxed else 0
            deposit = dice.choice((0, 0, 25))
            goods, seller, platform = goods + price, seller + off, platform + subsidy
            goods_tax, pfand = goods_tax + tax, pfand + deposit
            lines.append(
                line(
                    len(lines) + 1,
                    f"s{sku}",
                    original_price=amount(price),
                    sale_price=amount(price - off - subsidy),
                    tax=amount(tax),
                    seller_discount=amount(off),
                    platform_discount=amount(subsidy),
                    fees=(Charge("pfand_fee", "Pfand", amount(deposit)),) if deposit else (),
                )
            )
    if taxed and dice.random() < 0.4:  # the platform tells the goods' tax in one sum only
        goods_tax += dice.randint(0, 7)
        lines = [replace(one, tax=Decimal(0)) for one in lines]
    ship_gross, *ship_off = dice.randint(0, 2_000), dice.randint(0, 30), dice.randint(0, 30), dice.randint(0, 30)
    ship_gross += sum(ship_off)
    ship_tax = dice.randint(0, 60) if taxed else 0
    charged = {code: dice.randint(-300, 600) for code in dice.sample(FEES, dice.randint(0, 5))}
    fee_taxes = {code: dice.choice((0, dice.randint(0, 20))) if taxed else 0 for code in charged}
    if pfand and dice.random() < 0.3:  # said on the payment and on the lines: counted once
        charged["pfand_fee"], fee_taxes["pfand_fee"] = pfand, 0
    tax = goods_tax + ship_tax + sum(fee_taxes.values())
    total = goods - seller - platform + ship_gross - sum(ship_off) + sum(charged.values())
    total += pfand if "pfand_fee" not in charged else 0
    total += tax if on_top else 0
    unexplained = dice.choice((0, 0, 0, dice.randint(-50, 50))) if with_unexplained else 0
    splits_tax = dice.random() < 0.5
    return Planned(
        order=order(
            region=region,
            currency=currency,
            lines=tuple(lines),
            goods_gross=amount(goods),
            seller_discount=amount(seller),
            platform_discount=amount(platform),
            sub_total=amount(goods - seller - platform),
            tax=amount(tax),
            product_tax=amount(goods_tax) if splits_tax else Decimal(0),
            shipping_tax=amount(ship_tax),
            total=amount(total + unexplained),
            shipping=ShippingCharge(
                gross=amount(ship_gross),
                seller_discount=amount(ship_off[0]),
                platform_discount=amount(ship_off[1]),
                cofunded_discount=amount(ship_off[2]),
            ),
            fees=tuple(Charge(code, code.title(), amount(minor), amount(fee_taxes[code])) for code, minor in charged.items()),
        ),
        tax_on_top=on_top,
        tax=amount(tax),
        unexplained=amount(unexplained),
    )

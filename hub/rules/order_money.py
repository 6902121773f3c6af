"""A TikTok order's money as the store must have it: parts that sum to what the buyer paid, to the minor unit.

The rules are those of ``contracts/plugins.md`` 3 ("rule of money"); the fields those of TikTok's payment object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import floor

from hub.domain.money import ZERO, from_minor, quantum, to_minor
from hub.domain.orders import Charge, DraftLine, Order, OrderLine, ShippingCharge

# Where prices are shown without tax, and TikTok Shop as marketplace owes the sales tax (contract 8.5).
_NET_PRICE_REGIONS = frozenset({"US"})
_TIKTOK_REMITS_REGIONS = frozenset({"US"})
OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Which store variant a TikTok SKU is."""

    product_id: str
    variant_id: str
    sku: str
    virtual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMoney:
    """All parts. ``unexplained`` is what no field of TikTok Shop accounts for; it is a fee of its own."""

    lines: tuple[DraftLine, ...]
    shipping: ShippingCharge
    fees: tuple[Charge, ...]
    goods: Decimal
    fees_total: Decimal
    tax: Decimal
    grand: Decimal
    prices_include_tax: bool
    tax_remitted_by: str
    unexplained: Decimal


def order_money(order: Order, bindings: Mapping[str, Binding]) -> OrderMoney:
    """Sums up an order whose SKUs are all bound. Raises ``KeyError`` for one that isn't."""
    lines = [line for line in order.lines if not _is_cancelled(line, order)]
    fees = _fees(order, lines)
    shipping = replace(order.shipping, tax=order.shipping_tax or order.shipping.tax,
                       net=order.shipping.gross - order.shipping.seller_discount
                       - order.shipping.platform_discount - order.shipping.cofunded_discount)
    fee_tax = sum((fee.tax for fee in fees), ZERO)
    taxes = _line_taxes(order, lines, shipping.tax, fee_tax)
    drafts = _grouped(lines, taxes, bindings)
    goods = sum((draft.net for draft in drafts), ZERO)
    tax = sum((draft.tax for draft in drafts), ZERO) + shipping.tax + fee_tax
    before_tax = goods + shipping.net + sum((fee.amount for fee in fees), ZERO)
    included = _includes_tax(before_tax, tax, order.total, order.region)
    unexplained = order.total - before_tax - (ZERO if included else tax)
    if unexplained:
        fees = (*fees, Charge(OTHER, "Other TikTok Shop charges", unexplained))
    return OrderMoney(
        lines=drafts, shipping=shipping, fees=fees, goods=goods, fees_total=sum((fee.amount for fee in fees), ZERO),
        tax=tax, grand=order.total, prices_include_tax=included,
        tax_remitted_by=_remitted_by(order), unexplained=unexplained)


def _remitted_by(order: Order) -> str:
    """TikTok Shop owes the tax in the US, and wherever it names a sales tax on the lines (contract 8.5)."""
    return "tiktok" if order.region in _TIKTOK_REMITS_REGIONS or any(line.tax for line in order.lines) else "seller"


def _is_cancelled(line: OrderLine, order: Order) -> bool:
    # TikTok's payment still counts a cancelled line until its refund is made; the store must match the payment,
    # and the refund follows as its own effect. So a line is left out only when the goods' sum says it is.
    if line.state.value != "CANCELLED":
        return False
    every_line = sum((one.original_price for one in order.lines), ZERO)
    return every_line != order.goods_gross


def _fees(order: Order, lines: Sequence[OrderLine]) -> tuple[Charge, ...]:
    """The payment's fees, and those that stand on lines only (pfand)."""
    fees = [fee for fee in order.fees if fee.amount or fee.tax]
    known = {fee.code for fee in order.fees}
    on_lines: dict[str, Charge] = {}
    for line in lines:
        for fee in line.fees:
            if fee.code in known or not (fee.amount or fee.tax):
                continue
            so_far = on_lines.get(fee.code)
            on_lines[fee.code] = fee if so_far is None else replace(
                so_far, amount=so_far.amount + fee.amount, tax=so_far.tax + fee.tax)
    return (*fees, *on_lines.values())


def _line_taxes(order: Order, lines: Sequence[OrderLine], shipping_tax: Decimal, fee_tax: Decimal) -> list[Decimal]:
    """Tax of each line. The lines' own where they sum to what the payment says of goods, else shared out by net."""
    own = [line.tax for line in lines]
    goods_tax = order.product_tax or max(order.tax - shipping_tax - fee_tax, ZERO)
    if sum(own, ZERO) == goods_tax or not lines:
        return own
    return share_out(goods_tax, [max(_net(line), ZERO) for line in lines], order.currency)


def share_out(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Splits an amount in whole minor units by weight; the largest remainders get what is left over."""
    unit = quantum(currency)
    total = sum(weights, ZERO)
    if not total:
        weights, total = [Decimal(1)] * len(weights), Decimal(len(weights))
    minor = to_minor(amount.quantize(unit), currency)
    shares = [minor * weight / total for weight in weights]
    whole = [floor(share) for share in shares]
    order = sorted(range(len(shares)), key=lambda i: (shares[i] - whole[i], weights[i]), reverse=True)
    for i in order[:minor - sum(whole)]:
        whole[i] += 1
    return [from_minor(one, currency) for one in whole]


def _net(line: OrderLine) -> Decimal:
    return line.original_price - line.seller_discount - line.platform_discount


def _grouped(lines: Sequence[OrderLine], taxes: Sequence[Decimal], bindings: Mapping[str, Binding]) -> tuple[DraftLine, ...]:
    """Units of one SKU whose money and tax are equal become one line (``line_ids`` names them all)."""
    groups: dict[tuple[str, Decimal, Decimal, Decimal, Decimal], list[OrderLine]] = {}
    for line, tax in zip(lines, taxes, strict=True):
        same = (line.tiktok_sku_id, line.original_price, line.seller_discount, line.platform_discount, tax)
        groups.setdefault(same, []).append(line)
    drafts = []
    for (sku_id, gross, seller, platform, unit_tax), units in groups.items():
        binding, count = bindings[sku_id], len(units)
        drafts.append(DraftLine(
            line_ids=tuple(unit.line_id for unit in units), product_id=binding.product_id,
            variant_id=binding.variant_id, sku=binding.sku, title=units[0].title, quantity=count,
            gross=gross * count, seller_discount=seller * count, platform_discount=platform * count,
            net=(gross - seller - platform) * count, tax=unit_tax * count, virtual=binding.virtual))
    return tuple(drafts)


def _includes_tax(before_tax: Decimal, tax: Decimal, total: Decimal, region: str) -> bool:
    """Read from the numbers, not from the region, wherever the numbers tell."""
    if tax and before_tax + tax == total:
        return False
    if tax and before_tax == total:
        return True
    return region not in _NET_PRICE_REGIONS

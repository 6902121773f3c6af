"""The rules of money for an order handed to the plugin (plugin contract section 3), by the store's own arithmetic.

`read_order` turns the JSON body into values and lists every contradiction as `{code, where, says}`. Amounts are
decimal strings in whole minor units of the order's currency. Codes: `malformed` (a field is missing or of the wrong
kind), `currency`, `precision`, `line_ids` (one TikTok line is one unit), `line_sum`, `goods_sum`, `shipping_sum`,
`fees_sum`, `tax_sum`, `grand_sum`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

_AMOUNT = re.compile(r"-?\d{1,12}(\.\d{1,6})?")
_MINOR = {"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
          "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "KWD": 3, "OMR": 3}  # fmt: skip
STATES = ("unpaid", "on_hold", "paid", "shipped", "delivered", "completed")

Problem = dict[str, str]


def unit(currency: str) -> Decimal:
    """The currency's smallest amount: 0.01, or 1 for a currency without decimals."""
    return Decimal(1).scaleb(-_MINOR.get(currency, 2))


def written(amount: Decimal, currency: str) -> str:
    """An amount as the contract writes it: a string with the currency's decimals."""
    return str(amount.quantize(unit(currency)))


@dataclass(frozen=True)
class AskedLine:
    """One line of the order: some units of one SKU with their money."""

    line_ids: tuple[str, ...]
    product_id: str
    variant_id: str
    sku: str
    title: str
    quantity: int
    gross: Decimal
    seller_discount: Decimal
    platform_discount: Decimal
    tax: Decimal
    virtual: bool

    @property
    def net(self) -> Decimal:
        """What the line comes to after both discounts."""
        return self.gross - self.seller_discount - self.platform_discount


@dataclass(frozen=True)
class AskedShipping:
    """Shipping with its three discounts."""

    title: str
    code: str
    gross: Decimal
    seller_discount: Decimal
    platform_discount: Decimal
    cofunded_discount: Decimal
    tax: Decimal

    @property
    def net(self) -> Decimal:
        """What shipping comes to after its discounts."""
        return self.gross - self.seller_discount - self.platform_discount - self.cofunded_discount


@dataclass(frozen=True)
class AskedFee:
    """Any other charge; may be negative."""

    code: str
    title: str
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Asked:
    """A whole order as asked for; sums are the store's own, from the parts."""

    key: str
    store: str
    currency: str
    prices_include_tax: bool
    tax_remitted_by: str
    state: str
    hold_until: str | None
    placed_at: datetime
    lines: tuple[AskedLine, ...]
    shipping: AskedShipping
    fees: tuple[AskedFee, ...]
    raw: dict[str, Any]

    @property
    def goods(self) -> Decimal:
        """Σ net of the lines."""
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def fee_sum(self) -> Decimal:
        """Σ of the fees."""
        return sum((fee.amount for fee in self.fees), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """Σ tax of lines, shipping and fees."""
        parts = [line.tax for line in self.lines] + [self.shipping.tax] + [fee.tax for fee in self.fees]
        return sum(parts, Decimal(0))

    @property
    def grand(self) -> Decimal:
        """What the buyer paid."""
        return self.goods + self.shipping.net + self.fee_sum + (0 if self.prices_include_tax else self.tax)


@dataclass
class _Reader:
    """Walks a body and collects problems; a bad value becomes a harmless default, so that all are found at once."""

    currency: str = ""
    problems: list[Problem] = field(default_factory=list)

    def complain(self, code: str, where: str, says: str) -> None:
        self.problems.append({"code": code, "where": where, "says": says})

    def text(self, body: dict[str, Any], name: str, where: str, *, required: bool = True) -> str:
        value = body.get(name)
        if isinstance(value, str) and (value or not required):
            return value
        if required or value is not None:
            self.complain("malformed", f"{where}{name}", f"{name} must be a text")
        return ""

    def flag(self, body: dict[str, Any], name: str, where: str, *, default: bool | None = None) -> bool:
        value = body.get(name, default)
        if not isinstance(value, bool):
            self.complain("malformed", f"{where}{name}", f"{name} must be true or false")
            return False
        return value

    def part(self, body: dict[str, Any], name: str, where: str = "") -> dict[str, Any]:
        value = body.get(name)
        if not isinstance(value, dict):
            self.complain("malformed", f"{where}{name}", f"{name} must be an object")
            return {}
        return value

    def rows(self, body: dict[str, Any], name: str, *, empty: bool) -> list[dict[str, Any]]:
        value = body.get(name)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value) or not (value or empty):
            self.complain("malformed", name, f"{name} must be a list of objects" + ("" if empty else ", not empty"))
            return []
        return value

    def amount(self, body: dict[str, Any], name: str, where: str, *, negative: bool = False) -> Decimal:
        value = body.get(name)
        if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
            self.complain("malformed", f"{where}{name}", f"{name} must be an amount written as a text, such as 12.50")
            return Decimal(0)
        amount = Decimal(value)
        if amount < 0 and not negative:
            self.complain("malformed", f"{where}{name}", f"{name} may not be negative")
        if amount % unit(self.currency):
            self.complain("precision", f"{where}{name}", f"{value} is not a whole amount of {self.currency}")
        return amount

    def moment(self, body: dict[str, Any], name: str, *, required: bool = True) -> datetime | None:
        value = body.get(name)
        if value is None and not required:
            return None
        try:
            parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            parsed = None
        if parsed is None or parsed.tzinfo is None:
            self.complain("malformed", name, f"{name} must be a time such as 2026-11-20T12:00:00Z")
            return None
        return parsed

    def sums(self, code: str, where: str, said: Decimal, found: Decimal) -> None:
        if said != found:
            self.complain(code, where, f"says {said}, the parts come to {found}")


def read_order(body: Any, *, stores: set[str]) -> tuple[Asked | None, list[Problem]]:
    """The order asked for, or None with every problem found."""
    reader = _Reader()
    if not isinstance(body, dict):
        reader.complain("malformed", "", "the body must be an object")
        return None, reader.problems
    reader.currency = currency = reader.text(body, "currency", "")
    if currency and not re.fullmatch(r"[A-Z]{3}", currency):
        reader.complain("currency", "currency", f"{currency} is not a currency code")
    key = reader.text(body, "key", "")
    store = reader.text(body, "store", "")
    if store and store not in stores:
        reader.complain("malformed", "store", f"this shop has no store view {store}")
    shop = reader.part(body, "shop")
    reader.text(shop, "id", "shop.")
    includes = reader.flag(body, "prices_include_tax", "")
    remitted = reader.text(body, "tax_remitted_by", "")
    if remitted not in ("tiktok", "seller", ""):
        reader.complain("malformed", "tax_remitted_by", "tax_remitted_by is tiktok or seller")
    state = reader.text(body, "state", "")
    if state and state not in STATES:
        reader.complain("malformed", "state", f"state is one of {', '.join(STATES)}")
    reader.flag(body, "allow_backorder", "", default=True)
    placed_at = reader.moment(body, "placed_at")
    for name in ("paid_at", "ship_by", "hold_until"):
        reader.moment(body, name, required=False)
    lines = tuple(_line(reader, one, i) for i, one in enumerate(reader.rows(body, "lines", empty=False)))
    ids = [line_id for line in lines for line_id in line.line_ids]
    if len(ids) != len(set(ids)):
        reader.complain("line_ids", "lines", "a line id stands twice")
    shipping = _shipping(reader, reader.part(body, "shipping"))
    fees = tuple(_fee(reader, one, i) for i, one in enumerate(reader.rows(body, "fees", empty=True)))
    _people(reader, body, needs_address=any(not line.virtual for line in lines))
    asked = Asked(
        key, store, currency, includes, remitted, state, body.get("hold_until"), placed_at or datetime.min,
        lines, shipping, fees, body,
    )  # fmt: skip
    if not reader.problems:
        _totals(reader, reader.part(body, "totals"), asked)
    elif not isinstance(body.get("totals"), dict):
        reader.part(body, "totals")
    return (None if reader.problems else asked), reader.problems


def _line(reader: _Reader, one: dict[str, Any], index: int) -> AskedLine:
    where = f"lines.{index}."
    ids = one.get("line_ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(i, str) and i for i in ids):
        reader.complain("malformed", f"{where}line_ids", "line_ids must be a list of texts")
        ids = []
    quantity = one.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        reader.complain("malformed", f"{where}quantity", "quantity must be a whole number from 1")
        quantity = 1
    elif ids and len(ids) != quantity:
        reader.complain("line_ids", f"{where}line_ids", f"{quantity} units, but {len(ids)} line ids")
    product_id, variant_id = one.get("product_id"), one.get("variant_id")
    for name, value in (("product_id", product_id), ("variant_id", variant_id)):
        if value is not None and not isinstance(value, str):
            reader.complain("malformed", f"{where}{name}", f"{name} must be a text")
    line = AskedLine(
        tuple(ids), str(product_id or ""), str(variant_id or ""), reader.text(one, "sku", where),
        reader.text(one, "title", where), quantity, reader.amount(one, "gross", where),
        reader.amount(one, "seller_discount", where), reader.amount(one, "platform_discount", where),
        reader.amount(one, "tax", where), reader.flag(one, "virtual", where, default=False),
    )  # fmt: skip
    reader.sums("line_sum", f"{where}net", reader.amount(one, "net", where), line.net)
    return line


def _shipping(reader: _Reader, one: dict[str, Any]) -> AskedShipping:
    where = "shipping."
    if not one:
        return AskedShipping("", "", *(Decimal(0),) * 5)
    shipping = AskedShipping(
        reader.text(one, "title", where), reader.text(one, "code", where), reader.amount(one, "gross", where),
        reader.amount(one, "seller_discount", where), reader.amount(one, "platform_discount", where),
        reader.amount(one, "cofunded_discount", where), reader.amount(one, "tax", where),
    )  # fmt: skip
    reader.sums("shipping_sum", "shipping.net", reader.amount(one, "net", where), shipping.net)
    return shipping


def _fee(reader: _Reader, one: dict[str, Any], index: int) -> AskedFee:
    where = f"fees.{index}."
    return AskedFee(
        reader.text(one, "code", where), reader.text(one, "title", where),
        reader.amount(one, "amount", where, negative=True), reader.amount(one, "tax", where, negative=True),
    )  # fmt: skip


def _people(reader: _Reader, body: dict[str, Any], *, needs_address: bool) -> None:
    buyer = reader.part(body, "buyer")
    if buyer:
        reader.text(buyer, "name", "buyer.", required=False)
        reader.text(buyer, "email", "buyer.", required=False)
    payment = reader.part(body, "payment")
    if payment:
        reader.text(payment, "title", "payment.")
    address = body.get("ship_to")
    if address is None and not needs_address:
        return
    address = reader.part(body, "ship_to")
    if address:
        country = reader.text(address, "country", "ship_to.")
        if country and not re.fullmatch(r"[A-Z]{2}", country):
            reader.complain("malformed", "ship_to.country", "country is two capital letters")
        lines = address.get("lines")
        if not isinstance(lines, list) or not all(isinstance(one, str) for one in lines):
            reader.complain("malformed", "ship_to.lines", "lines must be a list of texts")


def _totals(reader: _Reader, said: dict[str, Any], asked: Asked) -> None:
    if not said:
        return
    where = "totals."
    amounts = {
        name: reader.amount(said, name, where, negative=name in ("fees", "tax")) for name in ("goods", "shipping", "fees", "tax", "grand")
    }
    if reader.problems:
        return
    reader.sums("goods_sum", "totals.goods", amounts["goods"], asked.goods)
    reader.sums("shipping_sum", "totals.shipping", amounts["shipping"], asked.shipping.net)
    reader.sums("fees_sum", "totals.fees", amounts["fees"], asked.fee_sum)
    reader.sums("tax_sum", "totals.tax", amounts["tax"], asked.tax)
    reader.sums("grand_sum", "totals.grand", amounts["grand"], asked.grand)


@dataclass(frozen=True)
class AskedRefund:
    """A refund: TikTok's parts of it, per line id, and the sum."""

    refund_key: str
    lines: tuple[tuple[str, Decimal, Decimal, Decimal], ...]
    shipping: Decimal
    shipping_tax: Decimal
    adjustment: Decimal
    total: Decimal
    restock: bool


def read_refund(body: Any, currency: str, *, prices_include_tax: bool) -> tuple[AskedRefund | None, list[Problem]]:
    """The refund asked for. Its parts sum to `total`; where prices contain the tax, it is not added a second time."""
    reader = _Reader(currency)
    if not isinstance(body, dict):
        reader.complain("malformed", "", "the body must be an object")
        return None, reader.problems
    lines = []
    for index, one in enumerate(reader.rows(body, "lines", empty=True)):
        where = f"lines.{index}."
        lines.append(
            (
                reader.text(one, "line_id", where), reader.amount(one, "amount", where),
                reader.amount(one, "tax", where), reader.amount(one, "fees", where, negative=True),
            )
        )  # fmt: skip
    refund = AskedRefund(
        reader.text(body, "refund_key", ""), tuple(lines), reader.amount(body, "shipping", ""),
        reader.amount(body, "shipping_tax", ""), reader.amount(body, "adjustment", "", negative=True),
        reader.amount(body, "total", ""), reader.flag(body, "restock", ""),
    )  # fmt: skip
    if not reader.problems:
        tax = sum((line[2] for line in lines), refund.shipping_tax)
        rest = sum((line[1] + line[3] for line in lines), refund.shipping + refund.adjustment)
        if refund.total != rest + tax and not (prices_include_tax and refund.total == rest):
            reader.complain("total_sum", "total", f"says {refund.total}, the parts come to {rest + tax}")
    return (None if reader.problems else refund), reader.problems

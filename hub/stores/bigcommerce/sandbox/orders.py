"""Orders as the store keeps them: money in pairs, statuses, stock, shipments and refunds, and the events of each change.

Amounts are exact; `read_order` turns a v2 body into an order and refuses what the store refuses (contract 5.1), `change_order`
does so for a change (5.3). Where §11a leaves a behaviour open, `shop.Settings` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale

from hub import clock
from hub.stores.bigcommerce.sandbox.bodies import Amount, Each, Either, Flag, Kind, Number, Shape, Text, Whole, insist_v2
from hub.stores.bigcommerce.sandbox.shop import Product, Shop, Variant
from hub.stores.bigcommerce.sandbox.wire import ZERO, Invalid, Refusal, cents, exact, moment_of

STATUSES = {
    0: "Incomplete", 1: "Pending", 2: "Shipped", 3: "Partially Shipped", 4: "Refunded", 5: "Cancelled", 6: "Declined",
    7: "Awaiting Payment", 8: "Awaiting Pickup", 9: "Awaiting Shipment", 10: "Completed", 11: "Awaiting Fulfillment",
    12: "Manual Verification Required", 13: "Disputed", 14: "Partially Refunded",
}  # fmt: skip
PENDING, SHIPPED, PARTLY_SHIPPED, REFUNDED, CANCELLED, DECLINED, COMPLETED, PARTLY_REFUNDED = 1, 2, 3, 4, 5, 6, 10, 14
UNPAID = (0, 1, 7)
_ADDRESS_FIELDS = ("first_name", "last_name", "company", "street_1", "street_2", "city", "state", "zip", "country", "country_iso2", "phone", "email")


@dataclass(slots=True)
class Line:
    """A line of an order; `product_id` 0 is a custom line. `held` is how many units were taken from stock for it."""

    id: int
    name: str
    sku: str
    quantity: int
    price_ex: Decimal
    price_inc: Decimal
    address_id: int
    product_id: int = 0
    variant_id: int = 0
    upc: str = ""
    kind: str = "physical"
    options: list[dict[str, Any]] = field(default_factory=list)
    held: int = 0
    shipped: int = 0
    refunded: int = 0

    @property
    def total_ex(self) -> Decimal:
        """For the whole line, without tax."""
        return self.price_ex * self.quantity

    @property
    def total_inc(self) -> Decimal:
        """For the whole line, with tax."""
        return self.price_inc * self.quantity


@dataclass(slots=True)
class Fee:
    """A custom fee."""

    id: int
    name_customer: str
    name_merchant: str
    source: str
    ex: Decimal
    inc: Decimal
    tax_class_id: int | None


@dataclass(slots=True)
class Shipment:
    """A parcel; `items` are (line id, quantity)."""

    id: int
    address_id: int
    items: list[tuple[int, int]]
    created: datetime
    fields: dict[str, str]


@dataclass(slots=True)
class RefundItem:
    """A part of a refund, as it was asked for, with what it comes to."""

    item_type: str
    item_id: int
    quantity: int
    amount: Decimal
    tax: Decimal
    reason: str
    adjustments: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Refund:
    """Money given back."""

    id: int
    order_id: int
    created: datetime
    items: list[RefundItem]
    total: Decimal
    tax: Decimal
    provider_id: str
    offline: bool
    is_override: bool = False


@dataclass(slots=True)
class Order:
    """An order; `made` is when it really came, `created` what it says of that.

    `pairs` holds shipping, handling, wrapping (ex, inc) and, where they were given, subtotal and total.
    """

    id: int
    made: datetime
    created: datetime
    modified: datetime
    status_id: int
    billing: dict[str, str]
    address_id: int
    shipping: dict[str, str]
    lines: list[Line]
    currency: str
    channel_id: int = 1
    customer_id: int = 0
    texts: dict[str, Any] = field(default_factory=dict)
    pairs: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    discount: Decimal = ZERO
    fees: list[Fee] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    shipped_at: datetime | None = None
    is_deleted: bool = False
    by_hand: bool = False

    @property
    def subtotal(self) -> tuple[Decimal, Decimal]:
        """The goods, without and with tax: as overridden, else the lines' sum."""
        return self.pairs.get("subtotal") or (sum((one.total_ex for one in self.lines), ZERO), sum((one.total_inc for one in self.lines), ZERO))

    def pair(self, name: str) -> tuple[Decimal, Decimal]:
        """Shipping, handling or wrapping, without and with tax."""
        return self.pairs.get(name, (ZERO, ZERO))

    @property
    def total(self) -> tuple[Decimal, Decimal]:
        """What the order comes to: as overridden, else the sum of its parts less the discount."""
        if "total" in self.pairs:
            return self.pairs["total"]
        parts = [self.subtotal, self.pair("shipping_cost"), self.pair("handling_cost"), self.pair("wrapping_cost"),
                 *((one.ex, one.inc) for one in self.fees)]
        return sum((one[0] for one in parts), ZERO) - self.discount, sum((one[1] for one in parts), ZERO) - self.discount

    @property
    def refunded(self) -> Decimal:
        """All that was given back."""
        return sum((one.total for one in self.refunds), ZERO)

    @property
    def key(self) -> str:
        """The marketplace's id of it."""
        return str(self.texts.get("external_order_id") or "")

    def line(self, line_id: int) -> Line | None:
        """The line with this id."""
        return next((one for one in self.lines if one.id == line_id), None)

    def discounted(self, line: Line) -> Decimal:
        """A line's total with tax, less its share of the order's discount."""
        goods = sum((one.total_inc for one in self.lines), ZERO)
        return line.total_inc - (self.discount * line.total_inc / goods if goods else ZERO)


# --- what a body may hold (contract 5.1) --------------------------------------------------------------------------

_ADDRESS: dict[str, Kind] = {name: Text(255) for name in _ADDRESS_FIELDS}
_FORM_FIELDS = Each(Shape({"name": Text(), "value": Either()}))
_OPTION = Shape({"id": Whole(1), "value": Text(255), "display_name": Text(255, 1), "display_name_customer": Text(255, 1),
                 "display_name_merchant": Text(255), "display_value": Text(255, 1), "display_value_customer": Text(255, 1),
                 "display_value_merchant": Text(255, 1)}, required=("id", "value"))
_LINE: dict[str, Kind] = {
    "product_id": Whole(1), "variant_id": Whole(1), "quantity": Whole(0), "price_ex_tax": Number(), "price_inc_tax": Number(),
    "product_options": Each(_OPTION), "name": Text(250, 1), "name_customer": Text(250, 1), "name_merchant": Text(250), "sku": Text(255),
    "upc": Text(255), "wrapping_id": Whole(0), "wrapping_name": Text(), "wrapping_message": Text(), "wrapping_cost_ex_tax": Number(),
    "wrapping_cost_inc_tax": Number(),
}  # fmt: skip
_FEE: dict[str, Kind] = {
    "type": Text(choices=("custom_fee",)), "display_name_customer": Text(255), "display_name_merchant": Text(255), "source": Text(255),
    "cost_ex_tax": Amount(), "cost_inc_tax": Amount(), "cost_tax": Amount(), "tax_class_id": Whole(0, null=True),
}  # fmt: skip
PAIRS = ("shipping_cost", "handling_cost", "wrapping_cost", "subtotal", "total")
_PAIR_FIELDS: dict[str, Kind] = {f"{name}_{side}_tax": Amount() for name in PAIRS for side in ("ex", "inc")}
_TEXTS: dict[str, Kind] = {
    "customer_message": Text(), "external_source": Text(255, null=True), "external_order_id": Text(255, null=True),
    "external_merchant_id": Text(255, null=True), "payment_method": Text(255), "payment_provider_id": Either(), "staff_notes": Text(65535),
    "ip_address": Text(30), "ip_address_v6": Text(39), "geoip_country": Text(255), "geoip_country_iso2": Text(2), "customer_locale": Text(10),
    "tax_provider_id": Text(255), "ebay_order_id": Text(255), "base_handling_cost": Amount(), "base_shipping_cost": Amount(),
    "base_wrapping_cost": Amount(),
}  # fmt: skip
_COMMON: dict[str, Kind] = _TEXTS | _PAIR_FIELDS | {
    "billing_address": Shape(_ADDRESS | {"form_fields": _FORM_FIELDS}, required=("zip",)),
    "channel_id": Whole(1), "customer_id": Whole(0), "date_created": Text(64, 1), "discount_amount": Amount(), "status_id": Whole(0, 14)}
READONLY = frozenset({
    "id", "date_modified", "date_shipped", "cart_id", "status", "subtotal_tax", "shipping_cost_tax", "shipping_cost_tax_class_id",
    "handling_cost_tax", "handling_cost_tax_class_id", "wrapping_cost_tax", "wrapping_cost_tax_class_id", "payment_status",
    "store_credit_amount", "gift_certificate_amount", "currency_id", "currency_code", "currency_exchange_rate", "default_currency_id",
    "store_default_currency_code", "store_default_to_transactional_exchange_rate", "coupon_discount", "shipping_address_count", "total_tax",
    "is_tax_inclusive_pricing", "is_email_opt_in", "order_source", "external_id", "coupons", "items_total", "items_shipped", "order_is_digital",
    "refunded_amount", "custom_status",
})  # fmt: skip
NEW = Shape(_COMMON | {
    "default_currency_code": Text(3, 3), "products": Each(Shape(_LINE, required=("quantity",))), "fees": Each(Shape(_FEE)),
    "shipping_addresses": Each(Shape(_ADDRESS | {"shipping_method": Text(255), "form_fields": _FORM_FIELDS})), "consignments": Shape({}),
}, required=("billing_address", "products"), readonly=READONLY | {"is_deleted"})
CHANGE = Shape(_COMMON | {
    "products": Each(Shape(_LINE | {"id": Whole(1)})), "fees": Each(Shape(_FEE | {"id": Whole(1)})),
    "shipping_addresses": Each(Shape(_ADDRESS | {"id": Whole(1), "shipping_method": Text(255), "form_fields": _FORM_FIELDS}, required=("id",))),
    "is_deleted": Flag()}, readonly=READONLY | {"default_currency_code", "consignments"})


@cache
def _countries() -> dict[str, str]:
    return {code: name for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()}


def _address(given: Mapping[str, Any], where: str) -> dict[str, str]:
    """An address with both forms of its country. Raises 400."""
    row = {name: str(given.get(name, "")) for name in _ADDRESS_FIELDS}
    if len(row["zip"].strip()) < 2:
        raise Invalid(where, "zip has at least two characters")
    code = row["country_iso2"].upper()
    if not code:
        code = next((one for one, name in _countries().items() if name == row["country"]), "")
    if code not in _countries():
        raise Invalid(where, "country or country_iso2 is needed and must be known")
    if row["email"] and "@" not in row["email"][1:-1]:
        raise Invalid(where, "email is none")
    row["country_iso2"], row["country"] = code, row["country"] or _countries()[code]
    return row


def _pairs(given: Mapping[str, Any]) -> dict[str, tuple[Decimal, Decimal]]:
    """The amounts that come in twos, without and with tax. Raises 400 where one of a pair is missing."""
    found = {}
    for name in PAIRS:
        ex, inc = f"{name}_ex_tax", f"{name}_inc_tax"
        if (ex in given) != (inc in given):
            missing = inc if ex in given else ex
            raise Refusal(400, f"The required field '{missing}' was not supplied.", details={"invalid_reason": f"{ex} and {inc} go together"})
        if ex in given:
            found[name] = (exact(given[ex]), exact(given[inc]))
    return found


# --- the book of orders -------------------------------------------------------------------------------------------


class Orders:
    """All orders of the store. The caller holds the shop's lock."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.rows: dict[int, Order] = {}
        self.surcharge = ZERO
        self.countries: frozenset[str] | None = None

    def find(self, order_id: int) -> Order:
        """The order of this number, archived or not. Raises 404."""
        order = self.rows.get(order_id)
        if order is None:
            raise Refusal(404, "The requested resource was not found.")
        return order

    # --- making -----------------------------------------------------------------------------------------------

    def create(self, given: Mapping[str, Any]) -> Order:
        """A new order from a v2 body; nothing is kept where it is refused."""
        insist_v2(NEW, given)
        if "consignments" in given:
            raise Invalid("consignments", "pickup is not practised here")
        if not given["products"]:
            raise Invalid("products", "at least one line is needed")
        billing = _address(given["billing_address"], "billing_address")
        addresses = given.get("shipping_addresses") or [given["billing_address"]]
        shipping = [_address(one, "shipping_addresses") | {"shipping_method": str(one.get("shipping_method", ""))} for one in addresses]
        if len(shipping) > 1:
            raise Invalid("shipping_addresses", "several addresses are not practised here")
        if self.countries is not None and shipping[0]["country_iso2"] not in self.countries:
            raise Invalid("shipping_addresses", f"the store does not ship to {shipping[0]['country_iso2']}")
        self._check_facts(given)
        status = given.get("status_id", PENDING)
        now = clock.now()
        address_id = self.shop.next_id("address", 3001)
        lines = [self._line(one, address_id) for one in given["products"]]
        order = Order(
            id=self.shop.next_id("order", 100), made=now, created=self._moment(given, now), modified=now, status_id=status, billing=billing,
            address_id=address_id, shipping=shipping[0], lines=lines, currency=self.shop.currency, channel_id=given.get("channel_id", 1),
            customer_id=given.get("customer_id", 0), texts={name: given[name] for name in _TEXTS if name in given}, pairs=_pairs(given),
            discount=exact(given.get("discount_amount", 0)), fees=self._fees(given.get("fees", [])))
        self._refuse_short(order)
        if self.surcharge:
            order.fees.append(Fee(self.shop.next_id("fee", 1), "Handling", "Handling by an app", "", self.surcharge, self.surcharge, None))
        self.rows[order.id] = order
        self._fire(order, "created")
        self._stock(order)
        self._tell_status(order, 0)
        self._tell(order)
        return order

    def twin(self, order: Order) -> Order:
        """An order with the same marker that a person made; it has a different id and no shipments."""
        now = clock.now()
        lines = [replace(one, id=self.shop.next_id("line", 7001), held=0, shipped=0, refunded=0) for one in order.lines]
        made = replace(order, id=self.shop.next_id("order", 100), made=now, created=now, modified=now, lines=lines, texts=dict(order.texts),
                       shipments=[], refunds=[], shipped_at=None, is_deleted=False, by_hand=True)
        self.rows[made.id] = made
        self._fire(made, "created")
        self._stock(made)
        self._tell(made)
        return made

    def age(self, passed: timedelta) -> None:
        """So much time passed: what waits on the delay of search may show."""
        for order in self.rows.values():
            order.made -= passed

    def _check_facts(self, given: Mapping[str, Any]) -> None:
        shop = self.shop
        channel = shop.channels.get(given.get("channel_id", 1))
        if channel is None or not channel.is_enabled:
            raise Invalid("channel_id", "it is no enabled channel of this store")
        if given.get("customer_id", 0):
            raise Invalid("customer_id", "there is no such customer")
        if given.get("default_currency_code", shop.currency) != shop.currency:
            raise Invalid("default_currency_code", "the store has no second currency")

    def _moment(self, given: Mapping[str, Any], default: datetime) -> datetime:
        if "date_created" not in given:
            return default
        try:
            return moment_of(given["date_created"])
        except ValueError:
            raise Invalid("date_created") from None

    def _line(self, given: Mapping[str, Any], address_id: int) -> Line:
        if given["quantity"] < 1:
            raise Invalid("products", "quantity starts at 1")
        if "product_id" in given:
            return self._catalogue_line(given, address_id)
        for name in ("name", "price_ex_tax", "price_inc_tax"):
            if name not in given:
                raise Refusal(400, f"The required field '{name}' was not supplied.", details={"invalid_reason": "a custom line needs it"})
        for name in ("variant_id", "product_options"):
            if name in given:
                raise Invalid("products", f"a custom line has no {name}")
        return Line(self.shop.next_id("line", 7001), given["name"], str(given.get("sku", "")), given["quantity"],
                    exact(given["price_ex_tax"]), exact(given["price_inc_tax"]), address_id, upc=str(given.get("upc", "")))

    def _catalogue_line(self, given: Mapping[str, Any], address_id: int) -> Line:
        if "sku" in given:
            raise Refusal(400, "The field 'sku' is not supported by this resource.", details={"invalid_reason": "custom lines only"})
        product = self.shop.products.get(given["product_id"])
        if product is None:
            raise Invalid("products", f"there is no product {given['product_id']}")
        variant = self._variant(product, given)
        options = self._options(product, variant, given)
        asked = self.shop.price(variant)
        ex, inc = given.get("price_ex_tax"), given.get("price_inc_tax")
        # One price alone leaves the other to the price engine: the totals no longer fit (contract 5.1).
        return Line(self.shop.next_id("line", 7001), str(given.get("name", product.name)), variant.sku, given["quantity"],
                    asked if ex is None else exact(ex), asked if inc is None else exact(inc), address_id, product.id, variant.id,
                    str(given.get("upc", variant.upc or product.upc)), product.kind, options)

    def _variant(self, product: Product, given: Mapping[str, Any]) -> Variant:
        if "variant_id" in given:
            variant = next((one for one in product.variants if one.id == given["variant_id"]), None)
            if variant is None:
                raise Invalid("products", f"product {product.id} has no variant {given['variant_id']}")
            return variant
        if product.is_simple:
            return product.variants[0]
        chosen = {one["id"]: one["value"] for one in given.get("product_options", [])}
        missing = [one for one in product.options if one.id not in chosen]
        if missing:
            raise _options_refused("MandatoryProductOptions", product, missing)
        found = next((one for one in product.variants if all(chosen[option] == str(value) for option, value in one.options)), None)
        if found is None:
            raise _options_refused("InvalidProductOptionValue", product, product.options)
        return found

    def _options(self, product: Product, variant: Variant, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        chosen = {one["id"]: one["value"] for one in given.get("product_options", [])}
        unknown = set(chosen) - {one.id for one in (*product.options, *product.modifiers)}
        if unknown:
            raise _options_refused("InvalidProductOption", product, product.options)
        missing = [one for one in product.modifiers if one.required and one.id not in chosen]
        if missing:
            raise _options_refused("MandatoryProductOptions", product, missing)
        picked = [(option, value) for number, value in variant.options for option in product.options if option.id == number]
        picked += [(one, int(chosen[one.id]) if chosen[one.id].isdigit() else 0) for one in product.modifiers if one.id in chosen]
        rows = []
        for option, value_id in picked:
            value = next((one for one in option.values if one.id == value_id), None)
            if value is None:
                raise _options_refused("InvalidProductOptionValue", product, [option])
            rows.append({"option_id": option.id, "product_option_id": option.id, "value": str(value.id), "display_name": option.display_name,
                         "display_value": value.label, "type": "Multiple choice", "name": option.display_name, "display_style": "Dropdown"})
        return rows

    def _fees(self, given: list[Mapping[str, Any]]) -> list[Fee]:
        fees = []
        for one in given:
            if not one.get("display_name_customer") and not one.get("display_name_merchant"):
                raise Invalid("fees", "a display name is needed")
            costs = {name: exact(one[name]) for name in ("cost_ex_tax", "cost_inc_tax", "cost_tax") if name in one}
            if len(costs) < 2:
                raise Invalid("fees", "two of cost_ex_tax, cost_inc_tax, cost_tax are needed")
            ex = costs.get("cost_ex_tax", costs.get("cost_inc_tax", ZERO) - costs.get("cost_tax", ZERO))
            inc = costs.get("cost_inc_tax", ex + costs.get("cost_tax", ZERO))
            if "cost_tax" in costs and ex + costs["cost_tax"] != inc:
                raise Invalid("fees", "cost_ex_tax and cost_tax do not make cost_inc_tax")
            merchant = str(one.get("display_name_merchant") or one["display_name_customer"])
            fees.append(Fee(self.shop.next_id("fee", 1), str(one.get("display_name_customer") or merchant), merchant, str(one.get("source", "")),
                            ex, inc, one.get("tax_class_id")))
        return fees

    # --- changing (contract 5.3) ------------------------------------------------------------------------------

    def change(self, order: Order, given: Mapping[str, Any]) -> Order:
        """A partial change. Raises 400 for what cannot be written, and then nothing has changed."""
        insist_v2(CHANGE, given)
        merchant_id = order.texts.get("external_merchant_id")
        if merchant_id is not None and given.get("external_merchant_id", merchant_id) != merchant_id:
            raise Refusal(400, "The field 'external_merchant_id' cannot be written to. Please remove it from your request before trying again.")
        self._check_facts({name: given[name] for name in ("channel_id", "customer_id") if name in given})
        billing = _address(order.billing | given["billing_address"], "billing_address") if "billing_address" in given else order.billing
        shipping = self._changed_address(order, given)
        created = self._moment(given, order.created)
        pairs, fees = _pairs(given), self._fees(given["fees"]) if "fees" in given else order.fees
        lines = self._changed_lines(order, given["products"]) if "products" in given else order.lines
        before = order.status_id
        order.billing, order.shipping, order.created, order.fees = billing, shipping, created, fees
        order.texts |= {name: given[name] for name in _TEXTS if name in given}
        order.channel_id = given.get("channel_id", order.channel_id)
        if lines is not order.lines:
            order.pairs.pop("subtotal", None)
            order.pairs.pop("total", None)
            self._replace_lines(order, lines)
        if {"fees", "discount_amount"} & set(given) or set(pairs) - {"total"}:
            order.pairs.pop("total", None)
        order.discount = exact(given.get("discount_amount", order.discount))
        order.pairs |= pairs
        order.status_id = given.get("status_id", order.status_id)
        if order.status_id != before:
            self.moved(order, before)
        elif given.get("is_deleted"):
            self.archive(order)
        else:
            self._tell(order)
        return order

    def _changed_address(self, order: Order, given: Mapping[str, Any]) -> dict[str, str]:
        shipping = order.shipping
        for one in given.get("shipping_addresses", []):
            if one["id"] != order.address_id:
                raise Invalid("shipping_addresses", f"order {order.id} has no address {one['id']}")
            method = str(one.get("shipping_method", shipping.get("shipping_method", "")))
            shipping = _address({**shipping, **one}, "shipping_addresses") | {"shipping_method": method}
        return shipping

    def _changed_lines(self, order: Order, given: list[Mapping[str, Any]]) -> list[Line]:
        """With an id: changed, or taken away by quantity 0; without: added."""
        lines = {one.id: one for one in order.lines}
        for one in given:
            known = lines.get(one["id"]) if "id" in one else None
            if "id" in one and known is None:
                raise Invalid("products", f"order {order.id} has no line {one['id']}")
            if known is None:
                if "quantity" not in one:
                    raise Refusal(400, "The required field 'quantity' was not supplied.")
                fresh = self._line(one, order.address_id)
                lines[fresh.id] = fresh
            elif one.get("quantity") == 0:
                if known.shipped or known.refunded:
                    raise Invalid("products", "a line that was shipped or refunded stays")
                del lines[known.id]
            else:
                lines[known.id] = self._changed_line(known, one)
        if not lines:
            raise Invalid("products", "at least one line stays")
        return list(lines.values())

    def _changed_line(self, line: Line, given: Mapping[str, Any]) -> Line:
        quantity = given.get("quantity", line.quantity)
        if quantity < max(line.shipped, line.refunded):
            raise Invalid("products", "fewer than were shipped or refunded")
        return Line(line.id, str(given.get("name", line.name)), line.sku, quantity, exact(given.get("price_ex_tax", line.price_ex)),
                    exact(given.get("price_inc_tax", line.price_inc)), line.address_id, line.product_id, line.variant_id, line.upc, line.kind,
                    line.options, line.held, line.shipped, line.refunded)

    def _replace_lines(self, order: Order, lines: list[Line]) -> None:
        """The new lines, with their stock where the store adjusts it on edits."""
        gone = [one for one in order.lines if one.id not in {line.id for line in lines}]
        order.lines = lines
        if self.shop.stock_rules["edit_order_stock_adjustment"] and self._holds(order):
            for one in gone:
                self._hold(one, 0)
            for one in lines:
                self._hold(one, one.quantity)

    # --- status and stock -------------------------------------------------------------------------------------

    def moved(self, order: Order, before: int) -> None:
        """The status changed: stock, date and events."""
        if order.status_id == SHIPPED and order.shipped_at is None:
            order.shipped_at = clock.now()
        self._stock(order)
        self._tell_status(order, before)
        self._tell(order)

    def archive(self, order: Order) -> None:
        """Deleted as the store deletes: it stays readable."""
        order.is_deleted = True
        order.modified = clock.now()
        self._fire(order, "archived")

    def touch(self, order: Order) -> None:
        """Something below the order changed."""
        self._tell(order)

    def _tell(self, order: Order) -> None:
        order.modified = max(clock.now(), order.modified)
        for _ in range(self.shop.settings.updates_per_write):
            self._fire(order, "updated")

    def _tell_status(self, order: Order, before: int) -> None:
        if order.status_id != before:
            self._fire(order, "statusUpdated", status={"previous_status_id": before, "new_status_id": order.status_id})

    def _fire(self, order: Order, what: str, **more: Any) -> None:
        """An order's event, and its channel's own one, which names the order by another key (contract 7.2)."""
        self.shop.fire(f"store/order/{what}", {"type": "order", "id": order.id, **more})
        self.shop.fire(f"store/channel/{order.channel_id}/order/{what}", {"order_id": order.id})

    def _holds(self, order: Order) -> bool:
        """Whether the order has units of the stock, by the store's rule of when it is counted down."""
        if self.shop.stock_rules["update_stock_behavior"] == "order_placed":
            return order.status_id in self.shop.settings.takes_stock
        return order.status_id in (SHIPPED, COMPLETED)

    def _stock(self, order: Order) -> None:
        if self._holds(order):
            for one in order.lines:
                if not one.held:
                    self._hold(one, one.quantity - one.refunded)
        elif order.status_id in (CANCELLED, DECLINED) and self.returns_stock:
            for one in order.lines:
                self._hold(one, 0)

    @property
    def returns_stock(self) -> bool:
        """Whether cancelling or refunding by API puts units back (contract 11a: the setting says so, a guide does not)."""
        return bool(self.shop.stock_rules["refund_order_stock_adjustment"]) and self.shop.settings.returns_stock_by_api

    def _hold(self, line: Line, wanted: int) -> None:
        variant = self.shop.variants.get(line.variant_id)
        if variant is None or wanted == line.held:
            return
        line.held -= self.shop.move_for_order(variant, line.held - wanted)

    def give_back(self, line: Line, quantity: int) -> None:
        """So many refunded units go back on the shelf."""
        self._hold(line, max(0, line.held - quantity))

    def _refuse_short(self, order: Order) -> None:
        """409 with each product of which there is not enough, where the store refuses that (contract 11a)."""
        if not self.shop.settings.refuse_out_of_stock or not self._holds(order):
            return
        wanted: dict[int, int] = {}
        for one in order.lines:
            if one.variant_id:
                wanted[one.variant_id] = wanted.get(one.variant_id, 0) + one.quantity
        short = []
        for variant_id, quantity in wanted.items():
            variant = self.shop.variants[variant_id]
            product = self.shop.product_of(variant)
            level = self.shop.available(self.shop.key(variant), truth=True)
            if product.tracking != "none" and level < quantity:
                short.append({"type": "OutOfStock", "product": {"id": product.id, "name": product.name, "inventory_level": level,
                                                                 "resource": f"/products/{product.id}"}})
        if short:
            raise Refusal(409, "Quantities of one or more products are out of stock or did not meet quantity requirements.",
                          details={"errors": short})

    # --- shipments and refunds --------------------------------------------------------------------------------

    def ship(self, order: Order, items: list[tuple[int, int]], fields: Mapping[str, str]) -> Shipment:
        """A parcel with these (line, quantity), and the status that follows from it."""
        for line_id, quantity in items:
            line = order.line(line_id)
            if line is not None:
                line.shipped += quantity
        shipment = Shipment(self.shop.next_id("shipment", 1), order.address_id, items, clock.now(), dict(fields))
        order.shipments.append(shipment)
        self.shop.fire("store/shipment/created", {"type": "shipment", "id": shipment.id, "orderId": order.id})
        before = order.status_id
        if self.shop.settings.shipment_moves_status and before not in (CANCELLED, DECLINED, REFUNDED):
            order.status_id = SHIPPED if all(one.shipped >= one.quantity - one.refunded for one in order.lines) else PARTLY_SHIPPED
        self.moved(order, before)
        return shipment

    def refund(self, order: Order, refund: Refund, *, restock: bool | None = None) -> Refund:
        """Keeps a refund that was checked: lines, status, stock, events. `restock` None: as the store's settings say."""
        order.refunds.append(refund)
        for item in refund.items:
            line = order.line(item.item_id) if item.item_type == "PRODUCT" else None
            if line is not None:
                line.refunded += item.quantity
                if self.returns_stock if restock is None else restock:
                    self.give_back(line, item.quantity)
        before = order.status_id
        order.status_id = REFUNDED if order.refunded >= cents(order.total[1]) else PARTLY_REFUNDED
        self._fire(order, "refund/created", refund={"refund_id": refund.id})
        self.moved(order, before)
        return refund


def _options_refused(kind: str, product: Product, options: Any) -> Refusal:
    named = [{"id": one.id, "option_id": one.id, "display_name": one.display_name} for one in options]
    told = {"id": product.id, "name": product.name, "required_product_options": named, "resource": f"/products/{product.id}"}
    return Refusal(400, "The options of one or more products are invalid.", details={"errors": [{"type": kind, "product": told}]})

"""`orderCreate` with all that it forgives and all that it does not (contract 4.1)."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hub.stores.shopify.sandbox.access import needs
from hub.stores.shopify.sandbox.catalogue import Location, Variant
from hub.stores.shopify.sandbox.catalogue_fields import find_variant
from hub.stores.shopify.sandbox.fulfilment import route
from hub.stores.shopify.sandbox.graph import Call, field, number_of
from hub.stores.shopify.sandbox.orders import ZERO, Customer, Line, Order, Shipping, Tax, Transaction, cents, joined_tags, spread

if TYPE_CHECKING:
    from hub.stores.shopify.sandbox.shop import ShopifySim

Given = dict[str, Any]
# Shopify's own channels may not be named by an app (contract 4.1; a guess that no source contradicts).
RESERVED_SOURCES = frozenset({"web", "pos", "shopify_draft_order", "iphone", "android"})
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Faults:
    """The user errors of one call: path, message, code."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, path: tuple[str | int, ...] | None, message: str, code: str | None = "INVALID") -> None:
        """One more; a path is told as text throughout."""
        self.rows.append({"field": [str(part) for part in path] if path is not None else None, "message": message, "code": code})


def _refused(faults: Faults) -> Given:
    return {"order": None, "userErrors": faults.rows}


@field("Mutation", "orderCreate")
def order_create(call: Call, _: Any, args: Given) -> Given:
    """Makes the order, or tells all that is wrong with it."""
    needs(call, "write_orders", "orderCreate")
    sim, given = call.sim, args["order"]
    options = args.get("options") or {}
    behaviour = options.get("inventoryBehaviour", "BYPASS")
    faults = Faults()
    if sim.orders_per_minute is not None and len(_lately(sim)) >= sim.orders_per_minute:
        faults.add(None, "Too many attempts. Please try again later.", None)
        return _refused(faults)
    currency = given.get("currency") or sim.catalogue.currency
    _check(call, given, currency, faults)
    customer = _customer(call, given, faults)
    if faults.rows:
        return _refused(faults)
    order = _head(call, given, currency, customer)
    for each in given["lineItems"]:
        order.lines.append(_line(call, order, each))
    for each in given.get("shippingLines") or ():
        order.shipping.append(Shipping(sim.number("ShippingLine"), each["title"], each.get("code"), each.get("source"),
                                       _amount(each["priceSet"]), []))
    _discount(order, given.get("discountCode") or {})
    _taxes(order, given)
    plan = _plan(sim, order)
    if behaviour == "DECREMENT_OBEYING_POLICY":
        for at, line in enumerate(order.lines):
            variant = line.variant
            if variant and variant.item.tracked and variant.policy == "DENY" and variant.item.available < line.quantity:
                faults.add(("order", "lineItems", at), "Unable to claim inventory: not enough is available", "INVENTORY_CLAIM_FAILED")
        if faults.rows:
            return _refused(faults)
    _keep(call, order, given, plan, claims=behaviour != "BYPASS")
    return {"order": order, "userErrors": []}


def _lately(sim: ShopifySim) -> list[Order]:
    since = sim.now() - timedelta(minutes=1)
    return [order for order in sim.orders.values() if order.created_at > since and order.by_app]


def _amount(bag: Given) -> Decimal:
    return cents(bag["shopMoney"]["amount"])


# -- checks ---------------------------------------------------------------------------------------------------------


def _check(call: Call, given: Given, currency: str, faults: Faults) -> None:
    lines = given.get("lineItems") or []
    if not lines:
        faults.add(("order", "lineItems"), "Line items must have at least one line item")
    for at, line in enumerate(lines):
        _check_line(call, at, line, faults)
    bags = [(("order", "lineItems", at, "priceSet"), line["priceSet"]) for at, line in enumerate(lines) if line.get("priceSet")]
    bags += [(("order", "shippingLines", at, "priceSet"), each["priceSet"]) for at, each in enumerate(given.get("shippingLines") or ())]
    bags += [(("order", "transactions", at, "amountSet"), each["amountSet"]) for at, each in enumerate(given.get("transactions") or ())]
    for path, bag in bags:
        if bag["shopMoney"]["currencyCode"] != currency:
            faults.add((*path, "shopMoney"), f"Shop money must be in the order's currency {currency}")
        elif bag["shopMoney"]["amount"] < 0:
            faults.add((*path, "shopMoney"), "Amount must be greater than or equal to 0")
        if bag.get("presentmentMoney") and not given.get("presentmentCurrency"):
            faults.add(("order", "presentmentCurrency"), "Presentment currency is required when presentment money is given")
    on_lines = any(line.get("taxLines") for line in lines)
    if on_lines and given.get("taxLines"):
        faults.add(("order", "taxLines"), "Tax lines must be specified on either the order or the line items, not both")
    kinds = given.get("discountCode") or {}
    if given.get("discountCode") is not None and sum(value is not None for value in kinds.values()) != 1:
        faults.add(("order", "discountCode"), "Exactly one kind of discount code must be given")
    if (given.get("sourceName") or "").lower() in RESERVED_SOURCES:
        faults.add(("order", "sourceName"), f"Source name {given['sourceName']} is reserved")
    if given.get("email") and not _MAIL.fullmatch(given["email"]):
        faults.add(("order", "email"), "Email is invalid")
    if given.get("phone") and not _E164.fullmatch(given["phone"]):
        faults.add(("order", "phone"), "Phone is invalid")
    for at, each in enumerate(given.get("metafields") or ()):
        if not each.get("namespace") or not each.get("key") or not each.get("type") or not each.get("value"):
            faults.add(("order", "metafields", at), "Namespace, key, type and value can't be blank")


def _check_line(call: Call, at: int, line: Given, faults: Faults) -> None:
    if line["quantity"] < 1:
        faults.add(("order", "lineItems", at, "quantity"), "Quantity must be greater than or equal to 1")
    if line.get("variantId"):
        if find_variant(call, line["variantId"]) is None:
            faults.add(("order", "lineItems", at, "variantId"), "The product variant does not exist")
        return
    if not line.get("title"):
        faults.add(("order", "lineItems", at, "title"), "Title can't be blank")
    if not line.get("priceSet"):
        faults.add(("order", "lineItems", at, "priceSet"), "Price can't be blank for a custom line item")


def _customer(call: Call, given: Given, faults: Faults) -> Customer | None:
    """The buyer that the order names; made or changed only where nothing is wrong."""
    asked = given.get("customer") or {}
    customers = call.sim.customers
    if asked.get("toAssociate"):
        known = asked["toAssociate"]
        number = number_of(known["id"], "Customer") if known.get("id") else None
        found = next((each for each in customers if each.number == number or (known.get("email") and each.email == known["email"])), None)
        if found is None:
            faults.add(("order", "customer", "toAssociate"), "Customer does not exist")
        return found
    upsert = asked.get("toUpsert")
    if not upsert:
        return None
    path = ("order", "customer", "toUpsert")
    email, phone = upsert.get("email") or given.get("email"), upsert.get("phone")
    if email and not _MAIL.fullmatch(email):
        faults.add((*path, "email"), "Email is invalid")
    if phone and not _E164.fullmatch(phone):
        faults.add((*path, "phone"), "Phone is invalid")
    number = number_of(upsert["id"], "Customer") if upsert.get("id") else None
    mine = next((each for each in customers if each.number == number), None) if number else next(
        (each for each in customers if email and each.email == email), None)
    if phone and any(each.phone == phone and each is not mine for each in customers):
        faults.add((*path, "phone"), "Phone has already been taken")
    if faults.rows:
        return None
    now = call.sim.now()
    if mine is None:
        mine = Customer(call.sim.number("Customer"), now, now)
        customers.append(mine)
    mine.email, mine.phone, mine.updated_at = email or mine.email, phone or mine.phone, now
    mine.first_name, mine.last_name = upsert.get("firstName") or mine.first_name, upsert.get("lastName") or mine.last_name
    mine.note = upsert.get("note") or mine.note
    mine.tags = joined_tags([*mine.tags, *(upsert.get("tags") or ())])
    return mine


# -- making ---------------------------------------------------------------------------------------------------------


def _head(call: Call, given: Given, currency: str, customer: Customer | None) -> Order:
    sim, now = call.sim, call.sim.now()
    place = sim.next_order_place()
    rate = Decimal(1)
    for line in given["lineItems"]:
        bag = line.get("priceSet") or {}
        if bag.get("presentmentMoney") and bag["shopMoney"]["amount"]:
            rate = bag["presentmentMoney"]["amount"] / bag["shopMoney"]["amount"]
            break
    processed = min(given.get("processedAt") or now, now)  # 2026-07: a moment to come is taken for now
    return Order(
        number=sim.number("Order"), place=place, name=given.get("name") or f"#{place}", created_at=now, updated_at=now,
        processed_at=processed, currency=currency, presentment_currency=given.get("presentmentCurrency") or currency,
        presentment_rate=rate, taxes_included=given["taxesIncluded"], by_app=True,
        email=given.get("email") or (customer.email if customer else None), phone=given.get("phone"), note=given.get("note"),
        po_number=given.get("poNumber"), tags=joined_tags(given.get("tags") or ()),
        attributes=[dict(each) for each in given.get("customAttributes") or ()], source_name=given.get("sourceName") or sim.app_id,
        source_identifier=given.get("sourceIdentifier"), source_url=given.get("sourceUrl"), customer=customer,
        shipping_address=sim.address(given.get("shippingAddress")), billing_address=sim.address(given.get("billingAddress")),
        status_override=given.get("financialStatus"), test=given["test"], closed_at=given.get("closedAt"),
    )  # fmt: skip


def _line(call: Call, order: Order, given: Given) -> Line:
    variant: Variant | None = find_variant(call, given["variantId"]) if given.get("variantId") else None
    unit = _amount(given["priceSet"]) if given.get("priceSet") else cents(variant.price) if variant else ZERO
    options = variant.title if variant and variant.labels else None
    return Line(
        number=call.sim.number("LineItem"), order=order, variant=variant,
        title=given.get("title") or (variant.product.title if variant else ""), variant_title=given.get("variantTitle") or options,
        sku=given.get("sku") or (variant.sku if variant else None),
        vendor=given.get("vendor") or (variant.product.vendor if variant else None), quantity=given["quantity"], unit=unit,
        taxable=given["taxable"], requires_shipping=given["requiresShipping"],
        properties=[{"key": each["name"], "value": each["value"]} for each in given.get("properties") or ()],
    )  # fmt: skip


def _discount(order: Order, code: Given) -> None:
    fixed, percent, free = (code.get(name) for name in ("itemFixedDiscountCode", "itemPercentageDiscountCode", "freeShippingDiscountCode"))
    totals = [line.total for line in order.lines]
    if fixed:
        amount = min(_amount(fixed["amountSet"]) if fixed.get("amountSet") else ZERO, sum(totals, ZERO))
        order.discount_code, order.discount_value = fixed["code"], {"__typename": "MoneyV2", "amount": amount, "currencyCode": order.currency}
        for line, part in zip(order.lines, spread(amount, totals), strict=True):
            line.discount = part
    elif percent:
        share = Decimal(str(percent.get("percentage") or 0))
        order.discount_code, order.discount_value = percent["code"], {"__typename": "PricingPercentageValue", "percentage": float(share)}
        for line in order.lines:
            line.discount = cents(line.total * share / 100)
    elif free:
        order.discount_code, order.discount_value = free["code"], {"__typename": "PricingPercentageValue", "percentage": 100.0}
        order.discounts_shipping = True
        for each in order.shipping:
            each.discount = each.price


def _taxes(order: Order, given: Given) -> None:
    def one(tax: Given, base: Decimal) -> Tax:
        rate = tax["rate"]
        computed = cents(base * rate / (1 + rate) if order.taxes_included else base * rate)
        return Tax(tax["title"], rate, _amount(tax["priceSet"]) if tax.get("priceSet") else computed, tax["channelLiable"])

    for line, told in zip(order.lines, given["lineItems"], strict=True):
        line.taxes = [one(tax, line.total - line.discount) for tax in told.get("taxLines") or ()]
    for each, told in zip(order.shipping, given.get("shippingLines") or (), strict=True):
        each.taxes = [one(tax, each.price - each.discount) for tax in told.get("taxLines") or ()]
    taxed = [line for line in order.lines if line.taxable]
    for tax in given.get("taxLines") or ():
        whole = one(tax, sum((line.total - line.discount for line in taxed), ZERO))
        for line, part in zip(taxed, spread(whole.amount, [line.total - line.discount for line in taxed]), strict=True):
            line.taxes.append(Tax(whole.title, whole.rate, part, whole.channel_liable))


def _plan(sim: ShopifySim, order: Order) -> dict[int, Location]:
    """Which location is to send each line, by the line's number: the first that has enough, else the first of all."""
    active = [each for each in sim.catalogue.locations if each.is_active and each.fulfills_online_orders]
    found: dict[int, Location] = {}
    for line in order.lines:
        levels = line.variant.item.levels if line.variant else []
        able = [level.location for level in levels if level.is_active and level.location in active and level.available >= line.quantity]
        stocked = [level.location for level in levels if level.is_active and level.location in active]
        found[line.number] = (able or stocked or active or sim.catalogue.locations)[0]
    return found


def _keep(call: Call, order: Order, given: Given, plan: dict[int, Location], *, claims: bool) -> None:
    sim, now = call.sim, call.sim.now()
    for each in given.get("transactions") or ():
        order.transactions.append(Transaction(
            sim.number("OrderTransaction"), order, each["kind"], each["status"], each.get("gateway") or "manual",
            _amount(each["amountSet"]), now, each.get("processedAt") or now, test=each["test"]))  # fmt: skip
    if not order.transactions and order.status_override == "PAID":
        order.transactions.append(Transaction(sim.number("OrderTransaction"), order, "SALE", "SUCCESS", "manual", order.total, now, now))
    for meta in given.get("metafields") or ():
        sim.catalogue.set_metafield(order, meta["namespace"], meta["key"], meta["value"], meta["type"])
    sim.order_index.before(order, fresh=True)
    sim.orders[order.number] = order
    for line in order.lines:
        item = line.variant.item if line.variant else None
        level = item.at(plan[line.number]) if item else None
        if claims and item is not None and item.tracked and level is not None:
            line.claimed = line.quantity
            level.committed += line.quantity
            sim.catalogue.set_quantity(level, "available", level.available - line.quantity)
    route(sim, order, plan)
    sim.tell("ORDERS_CREATE", order)
    for payment in order.transactions:
        sim.tell("ORDER_TRANSACTIONS_CREATE", payment)
    if order.financial_status == "PAID":
        sim.tell("ORDERS_PAID", order)

"""Orders as the core makes and moves them: by cart (the webservice's way), states, stock, invoices, mails.

The core recomputes everything by itself: what a caller sends as totals decides only whether it calls the payment an
error (contract 4.2, 4.3).
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hub import clock
from hub.stores.prestashop.sandbox.seeding import SHIPPING_NET
from hub.stores.prestashop.sandbox.shop import (
    NO_TIME,
    STATE_CANCELLED,
    STATE_ERROR,
    STATE_REFUNDED,
    STATE_REMOTE_PAYMENT,
    STATE_SHIPPED,
    STATES,
    OrderExtra,
    Row,
    Shop,
    cents,
    money,
)

PAYMENT_MODULES = ("ps_wirepayment", "ps_checkpayment", "shopbridge")


class CoreDied(Exception):
    """The core ended the request by itself: HTTP 500 with this plain text, often empty."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.text = text


def new_order_row(shop: Shop, values: Row) -> int:
    """An order row with the columns every order has; `values` are those that differ."""
    common: Row = {
        "id_lang": "1", "current_state": "0", "invoice_number": "0", "invoice_date": NO_TIME, "delivery_number": "0",
        "delivery_date": NO_TIME, "valid": "0", "shipping_number": "", "note": "", "id_shop_group": "1",
        "id_shop": "1", "recyclable": "0", "gift": "0", "gift_message": "", "mobile_theme": "0",
        "round_mode": "2", "round_type": "2", "conversion_rate": "1.000000",
        "reference": "".join(shop.random.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(9))}
    for name in ("total_discounts", "total_wrapping", "total_shipping", "total_paid"):
        common |= {name: "0.000000", f"{name}_tax_incl": "0.000000", f"{name}_tax_excl": "0.000000"}
    number = shop.insert("orders", common | values)
    shop.extras[number] = OrderExtra(created_at=clock.now(), updated_at=clock.now())
    return number


def new_detail(shop: Shop, order_id: int, item: tuple[int, int], quantity: int, values: Row) -> int:
    """An order line. `values` carry its prices."""
    product_id, attribute = item
    product = shop.tables["products"][product_id]
    combination = shop.row("combinations", attribute) if attribute else None
    held = max(0, min(quantity, shop.quantity(product_id, attribute)))
    return shop.insert("order_details", {
        "id_order": str(order_id), "product_id": str(product_id), "product_attribute_id": str(attribute),
        "product_quantity_reinjected": "0", "group_reduction": "0.00", "discount_quantity_applied": "0",
        "download_deadline": NO_TIME, "id_order_invoice": "0", "id_warehouse": "0", "id_shop": "1",
        "id_customization": "0", "product_name": shop.item_name(product_id, attribute),
        "product_quantity": str(quantity), "product_quantity_in_stock": str(held), "product_quantity_return": "0",
        "product_quantity_refunded": "0", "reduction_percent": "0.00", "reduction_amount": "0.000000",
        "reduction_amount_tax_incl": "0.000000", "reduction_amount_tax_excl": "0.000000",
        "product_quantity_discount": "0.000000", "product_ean13": (combination or product)["ean13"],
        "product_reference": shop.reference(product_id, attribute), "product_weight": product["weight"],
        "tax_computation_method": "0", "id_tax_rules_group": product["id_tax_rules_group"], "ecotax": "0.000000",
        "ecotax_tax_rate": "0.000", "download_nb": "0", "total_shipping_price_tax_excl": "0.000000",
        "total_shipping_price_tax_incl": "0.000000", "purchase_supplier_price": "0.000000",
        "original_wholesale_price": product["wholesale_price"], "total_refunded_tax_excl": "0.000000",
        "total_refunded_tax_incl": "0.000000", "associations": {"taxes": []}} | values)


def details_of(shop: Shop, order_id: int) -> list[Row]:
    """The order's lines, in order."""
    return [row for row in shop.tables["order_details"].values() if row["id_order"] == str(order_id)]


def payments_of(shop: Shop, order: Row) -> list[Row]:
    """The order's payments; the shop links them by reference."""
    return [row for row in shop.tables["order_payments"].values() if row["order_reference"] == order["reference"]]


def carriers_of(shop: Shop, order_id: int) -> list[Row]:
    """The order's carrier rows."""
    return [row for row in shop.tables["order_carriers"].values() if row["id_order"] == str(order_id)]


def place_cart(shop: Shop, sent: dict[str, Any]) -> int:
    """What POST orders does: the payment module validates the cart. Raises CoreDied."""
    module = sent["module"]
    if module not in PAYMENT_MODULES:
        raise CoreDied()
    cart = shop.row("carts", sent["id_cart"])
    used = cart is None or any(row["id_cart"] == str(cart["id"]) for row in shop.tables["orders"].values())
    if used or cart is None:
        raise CoreDied("Cart cannot be loaded or an order has already been placed using this cart"
                       if shop.version < "9" else "")
    customer = shop.row("customers", cart["id_customer"])
    if customer is None:
        raise CoreDied()
    if cart["secure_key"] and cart["secure_key"] != customer["secure_key"]:
        raise CoreDied("Error processing order. Secure key does not match." if shop.version < "9" else "")
    address = shop.row("addresses", cart["id_address_delivery"])
    country = shop.row("countries", address["id_country"]) if address else None
    if country is None or country["active"] != "1":
        raise CoreDied()
    cart["secure_key"] = customer["secure_key"]
    items: list[tuple[int, int, int]] = []
    for line in cart["associations"].get("cart_rows", []):
        product_id, attribute = int(line["id_product"]), int(line.get("id_product_attribute") or 0)
        if shop.row("products", product_id) is None:
            raise CoreDied()
        items.append((product_id, attribute, int(line["quantity"])))
    if not items:
        raise CoreDied()
    return _validate(shop, sent, cart, items)


def _validate(shop: Shop, sent: dict[str, Any], cart: Row, items: list[tuple[int, int, int]]) -> int:
    currency = shop.row("currencies", cart["id_currency"]) or shop.tables["currencies"][1]
    places = int(currency["precision"])
    carrier = _carrier_of(shop, cart)
    shipping_net = Decimal(0) if carrier["is_free"] == "1" else SHIPPING_NET
    shipping = cents(shipping_net * (1 + shop.tax_rate / 100), places)
    order_id = new_order_row(shop, {
        "id_address_delivery": cart["id_address_delivery"], "id_address_invoice": cart["id_address_invoice"],
        "id_cart": str(cart["id"]), "id_currency": cart["id_currency"], "id_customer": cart["id_customer"],
        "id_carrier": str(carrier["id"]), "module": sent["module"], "payment": sent["payment"],
        "secure_key": cart["secure_key"], "id_lang": cart["id_lang"] or "1"})
    net_total = gross_total = Decimal(0)
    for product_id, attribute, quantity in items:
        unit_net = _unit(shop, cart, product_id, attribute, quantity)
        unit = cents(unit_net * (1 + shop.rate(product_id)), 6)
        line_net, line = cents(unit_net * quantity, places), cents(unit * quantity, places)
        net_total, gross_total = net_total + line_net, gross_total + line
        new_detail(shop, order_id, (product_id, attribute), quantity, {
            "product_price": money(unit_net), "original_product_price": money(unit_net),
            "unit_price_tax_incl": money(cents(unit, places)), "unit_price_tax_excl": money(unit_net),
            "total_price_tax_incl": money(line), "total_price_tax_excl": money(line_net)})
    total = gross_total + shipping
    paid = Decimal(sent["total_paid"])
    order = shop.tables["orders"][order_id]
    order |= {
        "total_products": money(net_total), "total_products_wt": money(gross_total),
        "total_shipping": money(shipping), "total_shipping_tax_incl": money(shipping),
        "total_shipping_tax_excl": money(shipping_net), "carrier_tax_rate": f"{shop.tax_rate:.3f}",
        "total_paid": money(total), "total_paid_tax_incl": money(total),
        "total_paid_tax_excl": money(net_total + shipping_net), "total_paid_real": money(paid)}
    shop.insert("order_carriers", {
        "id_order": str(order_id), "id_carrier": str(carrier["id"]), "id_order_invoice": "0", "weight": "0.000000",
        "shipping_cost_tax_excl": money(shipping_net), "shipping_cost_tax_incl": money(shipping)})
    shop.insert("order_payments", {
        "order_reference": order["reference"], "id_currency": cart["id_currency"], "amount": money(paid),
        "payment_method": sent["payment"], "conversion_rate": "1.000000", "transaction_id": ""})
    for number in [number for number, row in shop.tables["specific_prices"].items()
                   if row["id_cart"] == str(cart["id"])]:
        del shop.tables["specific_prices"][number]
    right = cents(paid, places) == cents(total, places)
    move(shop, order_id, STATE_REMOTE_PAYMENT if right else STATE_ERROR, mails=False)
    if right:
        shop.mail(order_id, "order_conf")
    shop.mail(order_id, "payment" if right else "payment_error")
    return order_id


def _unit(shop: Shop, cart: Row, product_id: int, attribute: int, quantity: int) -> Decimal:
    """A unit's net price in the cart's currency. A combination that is not there is sold at no price, as measured.

    It is converted from the shop's own currency; 9 leaves a special price alone that names the cart's, 8.2 does not.
    """
    if attribute not in shop.attributes_of(product_id) and attribute:
        return Decimal(0)
    net = shop.price(product_id, attribute, use_tax=False, quantity=quantity, cart_id=cart["id"])
    special = shop.specific_price(product_id, attribute, quantity=quantity, cart_id=cart["id"])
    names_it = special is not None and Decimal(special["price"]) >= 0 and special["id_currency"] == cart["id_currency"]
    currency = shop.row("currencies", cart["id_currency"])
    if currency is None or currency["iso_code"] == shop.currency or (names_it and shop.version >= "9"):
        return net
    return net * Decimal(currency["conversion_rate"])


def _carrier_of(shop: Shop, cart: Row) -> Row:
    """The carrier that the delivery option names; without one the cheapest, whatever the cart's id_carrier says."""
    try:
        wanted = json.loads(cart["delivery_option"] or "{}").get(str(cart["id_address_delivery"]), "")
    except (ValueError, AttributeError):
        wanted = ""
    carrier = shop.row("carriers", str(wanted).strip(","))
    if carrier is not None and carrier["active"] == "1" and carrier["deleted"] != "1":
        return carrier
    return next(row for row in shop.tables["carriers"].values() if row["active"] == "1" and row["deleted"] != "1")


def move(shop: Shop, order_id: int, state: int, *, mails: bool = True, restock: bool | None = None,
         uses_payments: bool = True) -> None:
    """Move an order to a state, with stock, invoice, history, hooks and, if wanted, the state's mail.

    `restock` None follows the core: cancelling gives goods back that were taken, refunding does not. Without
    `uses_payments` (a history row of the webservice) a new invoice knows no payment, so that a paid state adds one.
    """
    order = shop.tables["orders"][order_id]
    extra = shop.extras[order_id]
    _, logable, paid, _, delivery, invoice, sends = STATES.get(state) or _flags(shop, state)
    order["current_state"], order["valid"] = str(state), str(logable)
    if logable and not extra.stock_taken:
        take_stock(shop, order_id)
    elif state == STATE_CANCELLED and extra.stock_taken:
        if restock is not False:
            give_back(shop, order_id)
        extra.stock_taken = False
    if invoice and order["invoice_number"] == "0":
        order["invoice_number"] = str(shop.insert("order_invoices", {
            "id_order": str(order_id), "number": str(len(shop.tables["order_invoices"]) + 1), "delivery_number": "0",
            "delivery_date": NO_TIME, "total_discount_tax_excl": "0.000000", "total_discount_tax_incl": "0.000000",
            "shipping_tax_computation_method": "0",
            **{name: order[name] for name in (
                "total_paid_tax_excl", "total_paid_tax_incl", "total_products", "total_products_wt",
                "total_shipping_tax_excl", "total_shipping_tax_incl", "total_wrapping_tax_excl",
                "total_wrapping_tax_incl")}}))
        order["invoice_date"] = shop.local_now()
        if uses_payments:
            extra.invoiced_payments |= {int(row["id"]) for row in payments_of(shop, order)}
    if paid:
        _pay_the_rest(shop, order, extra)
    if delivery and order["delivery_number"] == "0":
        order["delivery_number"], order["delivery_date"] = str(order_id), shop.local_now()
    shop.insert("order_histories", {"id_employee": "0", "id_order_state": str(state), "id_order": str(order_id)})
    changed(shop, order_id, "order.cancelled" if state == STATE_CANCELLED else "order.changed")
    if state == STATE_SHIPPED:
        tell_order(shop, "shipment.changed", order_id)
    if mails and sends:
        shop.mail(order_id, "state")


def _pay_the_rest(shop: Shop, order: Row, extra: OrderExtra) -> None:
    """A paid state writes down, as a payment, what the invoice says is still open."""
    invoice = shop.row("order_invoices", order["invoice_number"])
    if invoice is None:
        return
    known = [row for row in payments_of(shop, order) if int(row["id"]) in extra.invoiced_payments]
    rest = Decimal(invoice["total_paid_tax_incl"]) - sum((Decimal(row["amount"]) for row in known), Decimal(0))
    if rest > 0:
        extra.invoiced_payments.add(shop.insert("order_payments", {
            "order_reference": order["reference"], "id_currency": order["id_currency"], "amount": money(rest),
            "payment_method": "Wire payment", "conversion_rate": "1.000000", "transaction_id": ""}))
        order["total_paid_real"] = money(Decimal(order["total_paid_real"]) + rest)


def _flags(shop: Shop, state: int) -> tuple[str, int, int, int, int, int, int]:
    row = shop.tables["order_states"][state]
    flags = [int(row[name] or 0) for name in ("logable", "paid", "shipped", "delivery", "invoice", "send_email")]
    return (str(row["name"]["1"]), flags[0], flags[1], flags[2], flags[3], flags[4], flags[5])


def changed(shop: Shop, order_id: int, kind: str = "order.changed") -> None:
    """The order was saved: date and hook."""
    shop.touch("orders", order_id)
    shop.extras[order_id].updated_at = clock.now()
    tell_order(shop, kind, order_id)


def tell_order(shop: Shop, kind: str, order_id: int) -> None:
    """A hook about an order fires, with the TikTok order id where it has one."""
    order = shop.tables["orders"][order_id]
    hint = {"state": word_of(shop, order_id), "number": order["reference"]}
    if key := marker_of(shop, order):
        hint["key"] = key
    shop.tell(kind, {"kind": "order", "id": str(order_id)}, **hint)


def take_stock(shop: Shop, order_id: int) -> None:
    """The order's goods leave the stock, below zero if need be."""
    extra = shop.extras[order_id]
    extra.stock_taken = True
    for line in details_of(shop, order_id):
        _shift(shop, line, -int(line["product_quantity"]))


def give_back(shop: Shop, order_id: int) -> None:
    """The order's goods, but those given back already, return to the stock."""
    for line in details_of(shop, order_id):
        back = int(line["product_quantity"]) - int(line["product_quantity_reinjected"])
        line["product_quantity_reinjected"] = line["product_quantity"]
        _shift(shop, line, back)


def give_back_units(shop: Shop, line: Row, units: int) -> None:
    """So many units of one line return to the stock."""
    line["product_quantity_reinjected"] = str(int(line["product_quantity_reinjected"]) + units)
    _shift(shop, line, units)


def _shift(shop: Shop, line: Row, by: int) -> None:
    item = int(line["product_id"]), int(line["product_attribute_id"])
    if by and item in shop.stock_row:
        shop.set_quantity(*item, shop.quantity(*item) + by)


def marker_of(shop: Shop, order: Row) -> str:
    """The TikTok order id that the order carries in a payment's transaction id, or an empty text."""
    return next((row["transaction_id"] for row in payments_of(shop, order)
                 if row["transaction_id"].isdigit() and 15 <= len(row["transaction_id"]) <= 20), "")


def word_of(shop: Shop, order_id: int) -> str:
    """The order's state in one word: open, held, shipped, complete, closed (refunded), cancelled, error."""
    order = shop.tables["orders"][order_id]
    state = int(order["current_state"] or 0)
    words = {4: "shipped", 5: "complete", STATE_CANCELLED: "cancelled", STATE_REFUNDED: "closed",
             STATE_ERROR: "error", 15: "held"}
    return words.get(state, "open")


def delete_order(shop: Shop, order_id: int) -> None:
    """The order goes, its stock does not come back (contract 4.3). Its payment rows go with it."""
    order = shop.tables["orders"][order_id]
    for row in payments_of(shop, order):
        del shop.tables["order_payments"][row["id"]]
    for table in ("order_details", "order_carriers", "order_histories", "order_invoices", "order_slip"):
        for number in [number for number, row in shop.tables[table].items() if row["id_order"] == str(order_id)]:
            del shop.tables[table][number]
    del shop.tables["orders"][order_id]
    shop.extras.pop(order_id, None)

"""Orders without our module, by the webservice alone (contracts/prestashop.md 4.2, 4.3): many calls, one order.

The shop computes an order from a cart, so what was paid is put in afterwards. Each step leaves a mark that the next try
finds: the address carries the key, the cart the address, and a cart makes one order only. The payment's transaction id is
written last: an order that has it is whole.
"""

from __future__ import annotations

import re
import secrets as random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from hub.domain.money import decimal_of, text
from hub.domain.orders import Address, DraftLine, OrderDraft, Parcel, Refund, StoreOrder, StoreOrderState
from hub.domain.problems import problem
from hub.domain.sequences import batches
from hub.errors import Refused
from hub.stores.prestashop import translate
from hub.stores.prestashop.client import PAGE, Client

# A payment module that each fresh shop has; ours is missing here.
PAYMENT_MODULE = "ps_wirepayment"
GUESTS = "2"
_KEY = re.compile(r"\d{15,20}")
_STATES = {"PS_OS_CANCELED": StoreOrderState.CANCELLED, "PS_OS_SHIPPING": StoreOrderState.SHIPPED,
           "PS_OS_DELIVERED": StoreOrderState.COMPLETE, "PS_OS_REFUND": StoreOrderState.CLOSED, "PS_OS_ERROR": StoreOrderState.UNKNOWN}
_ON_INVOICE = ("total_paid_tax_excl", "total_paid_tax_incl", "total_products", "total_products_wt", "total_shipping_tax_excl",
               "total_shipping_tax_incl", "total_wrapping_tax_excl", "total_wrapping_tax_incl")
_WHOLE = "id,reference,current_state,total_paid_tax_incl,id_currency,id_cart,date_add"


class BareOrders:
    """Create, find, ship and cancel. ``settings`` gives the shop's ``PS_…`` values."""

    def __init__(self, client: Client, settings: Callable[[], Mapping[str, str]], zone: Callable[[], Any]) -> None:
        self._client = client
        self._settings = settings
        self._zone = zone

    def order(self, key: str) -> StoreOrder | None:
        """By the payment's transaction id; None where there is none, or only a part of one."""
        row = self._row(key)
        return None if row is None else self._read(row, key, with_parcels=True)

    def create_order(self, draft: OrderDraft) -> StoreOrder:
        """Goes on where an earlier try ended. Raises `Refused` with what the shop can't do."""
        row = self._row(draft.key)
        if row is None:
            currency = self._one("currencies", {"iso_code": draft.currency, "deleted": "0"}, f"it does not sell in {draft.currency}")
            country = self._one("countries", {"iso_code": draft.ship_to.country, "active": "1"}, f"it does not deliver to {draft.ship_to.country}")
            attributes = self._attributes(draft)
            address = self._address(draft, str(country["id"]))
            row = self._first("orders", {"id_address_delivery": str(address["id"])}, f"[{_WHOLE}]")
            if row is None:
                row = self._place(draft, self._cart(draft, address, currency, attributes), address, currency)
            self._finish(draft, row)
        made = self.order(draft.key)
        if made is None:
            raise _refused("it took the order and does not show it")
        return made

    def marked_orders(self, start: datetime, end: datetime) -> Iterator[StoreOrder]:
        """All whose payment carries a key, created in the range, one each."""
        zone = self._zone()
        span = f"[{translate.stamp(start, zone)},{translate.stamp(end, zone)}]"
        for page in self._client.rows("orders", filters={"date_add": span}, display=f"[{_WHOLE}]", date="1"):
            by_reference = {str(row["reference"]): row for row in page}
            for some in batches(list(by_reference), PAGE):
                for payments in self._client.rows("order_payments", filters={"order_reference": f"[{'|'.join(some)}]"},
                                                  display="[id,order_reference,transaction_id]"):
                    for payment in payments:
                        row = by_reference[str(payment["order_reference"])]
                        created = translate.moment(row.get("date_add"), zone)
                        if _KEY.fullmatch(str(payment.get("transaction_id") or "")) and created is not None and start <= created < end:
                            yield self._read(row, str(payment["transaction_id"]), with_parcels=False)

    def ship(self, key: str, parcel: Parcel) -> None:
        """The tracking number, then the state Shipped; each only where it is not there yet."""
        row = self._required(key)
        carriers = self._client.page("order_carriers", filters={"id_order": str(row["id"])}, display="[id,tracking_number]")
        if not any(str(one.get("tracking_number") or "") == parcel.tracking_number for one in carriers):
            if not carriers:
                raise _refused("its order has no carrier to put a tracking number on")
            self._client.write("PATCH", f"order_carriers/{carriers[0]['id']}", {"id": carriers[0]["id"], "tracking_number": parcel.tracking_number},
                               "prestashop.order_carriers.track")
        self._move(row, "PS_OS_SHIPPING", "prestashop.orders.ship")

    def cancel_order(self, key: str) -> StoreOrder:
        """State Cancelled, which gives the goods back; one that left the shop can't be."""
        row = self._required(key)
        state = self._state(row)
        if state in (StoreOrderState.SHIPPED, StoreOrderState.COMPLETE, StoreOrderState.CLOSED):
            raise Refused(f"its order is {state.value}", state=state.value)
        self._move(row, "PS_OS_CANCELED", "prestashop.orders.cancel")
        return self._read(self._required(key), key, with_parcels=True)

    def refund(self, refund: Refund) -> None:
        """A slip by the webservice changes neither counters nor stock and may be made twice: a person does it."""
        raise Refused("Without the Shopbridge module a refund can't be passed on.", problems=(problem(
            "refund.refused", says="the Shopbridge module is not installed", amount=text(refund.total, refund.currency)),))

    # -- the steps

    def _attributes(self, draft: OrderDraft) -> dict[str, str]:
        """The combination that each variant id stands for, "0" for a product without any. The shop would sell one that is
        not there at no price, and ids of products and combinations overlap: only its combinations tell them apart."""
        wanted = {line.product_id: line for line in draft.lines}
        there = {str(row["id"]): row for row in self._client.page("products", filters={"id": f"[{'|'.join(wanted)}]"}, display="[id,active]")}
        for product_id, line in wanted.items():
            if product_id not in there:
                raise _refused(f"{line.sku or product_id} is unknown", "unknown_sku")
            if not translate.is_on(there[product_id].get("active")):
                raise _refused(f"{line.sku or product_id} is switched off", "disabled_sku")
        sold = {(str(row["id_product"]), str(row["id"])) for page in self._client.rows(
            "combinations", filters={"id_product": f"[{'|'.join(wanted)}]"}, display="[id,id_product]", size=500) for row in page}
        with_combinations = {product_id for product_id, _ in sold}
        found: dict[str, str] = {}
        for line in draft.lines:
            if (line.product_id, line.variant_id) in sold:
                found[f"{line.product_id}/{line.variant_id}"] = line.variant_id
            elif line.variant_id in ("", line.product_id) and line.product_id not in with_combinations:
                found[f"{line.product_id}/{line.variant_id}"] = "0"
            else:
                raise _refused(f"{line.sku or line.variant_id} is unknown", "unknown_sku")
        return found

    def _address(self, draft: OrderDraft, country_id: str) -> Mapping[str, Any]:
        """The address with the key in its alias; its guest was made right before it. The guest has an address that no mail
        reaches: the shop always mails the buyer of such an order, who hears from TikTok Shop already."""
        alias = f"TT{draft.key}"
        found = self._first("addresses", {"alias": alias}, "[id,id_customer]")
        if found is not None:
            return found
        first, last = _names(draft.ship_to.name or draft.buyer_name)
        guest = self._client.write("POST", "customers", {
            "lastname": last, "firstname": first, "email": f"{draft.key}@tiktok.invalid", "passwd": random.token_urlsafe(12), "is_guest": 1,
            "active": 1, "id_default_group": GUESTS, "associations": {"groups": [{"id": GUESTS}]}}, "prestashop.customers.create")
        made = self._client.write("POST", "addresses", {
            "id_customer": guest.findtext("id"), "id_country": country_id, "alias": alias, "lastname": last, "firstname": first,
            **_place_of(draft.ship_to)}, "prestashop.addresses.create")
        return {"id": made.findtext("id"), "id_customer": guest.findtext("id")}

    def _cart(self, draft: OrderDraft, address: Mapping[str, Any], currency: Mapping[str, Any], attributes: Mapping[str, str]) -> str:
        """The cart of this address with one special price a line; that price is alone for this cart and goes with it."""
        def attribute(line: DraftLine) -> str:
            return attributes[f"{line.product_id}/{line.variant_id}"]

        found = self._first("carts", {"id_address_delivery": str(address["id"])}, "[id]")
        if found is None:
            customer = self._one("customers", {"id": str(address["id_customer"])}, "the buyer that was made for it is gone")
            carrier = self._carrier()
            made = self._client.write("POST", "carts", {
                "id_currency": currency["id"], "id_lang": self._settings().get("PS_LANG_DEFAULT", "1"), "id_customer": customer["id"],
                "id_address_delivery": address["id"], "id_address_invoice": address["id"], "id_carrier": carrier,
                "secure_key": customer["secure_key"], "delivery_option": f'{{"{address["id"]}":"{carrier},"}}',
                "associations": {"cart_rows": [{
                    "id_product": line.product_id, "id_product_attribute": attribute(line), "id_address_delivery": address["id"],
                    "quantity": line.quantity} for line in _merged(draft)]}}, "prestashop.carts.create")
            found = {"id": made.findtext("id")}
        cart = str(found["id"])
        priced = {(str(row["id_product"]), str(row["id_product_attribute"])) for row in self._client.page(
            "specific_prices", filters={"id_cart": cart}, display="[id,id_product,id_product_attribute]")}
        # Given in the shop's own currency for any: 8 converts it even where it names the cart's own, 9 does not.
        is_own = str(currency["id"]) == self._settings().get("PS_CURRENCY_DEFAULT")
        rate = Decimal(1) if is_own else translate.number(currency.get("conversion_rate")) or Decimal(1)
        for line in _merged(draft):
            if (line.product_id, attribute(line)) not in priced:
                price = (line.net - (line.tax if draft.prices_include_tax else 0)) / line.quantity / rate
                zeros = dict.fromkeys(("id_shop", "id_currency", "id_country", "id_group", "id_customer", "reduction"), "0")
                self._client.write("POST", "specific_prices", {
                    **zeros, "id_cart": cart, "id_product": line.product_id, "id_product_attribute": attribute(line),
                    "price": f"{price:.6f}", "from_quantity": 1, "reduction_tax": 1, "reduction_type": "amount",
                    "from": "0000-00-00 00:00:00", "to": "0000-00-00 00:00:00"}, "prestashop.specific_prices.create")
        return cart

    def _place(self, draft: OrderDraft, cart: str, address: Mapping[str, Any], currency: Mapping[str, Any]) -> Mapping[str, Any]:
        money = _Sums(draft)
        self._client.write("POST", "orders", {
            "id_address_delivery": address["id"], "id_address_invoice": address["id"], "id_cart": cart, "id_currency": currency["id"],
            "id_lang": self._settings().get("PS_LANG_DEFAULT", "1"), "id_customer": address["id_customer"], "id_carrier": self._carrier(),
            "module": PAYMENT_MODULE, "payment": draft.payment_title, "total_paid": _six(money.goods_with), "total_paid_real": _six(money.goods_with),
            "total_products": _six(money.goods), "total_products_wt": _six(money.goods_with),
            "conversion_rate": currency.get("conversion_rate") or "1"}, "prestashop.orders.create")
        row = self._first("orders", {"id_cart": cart}, f"[{_WHOLE}]")
        if row is None:
            raise _refused("it took the order and does not show it")
        return row

    def _finish(self, draft: OrderDraft, row: Mapping[str, Any]) -> None:
        """What was paid in place of what the shop computed, in order, payment, parcel and invoice; the key goes in last.

        An order in "payment error" becomes paid through its own state, which counts the payment that is there: a history
        row would add a second one and double what was paid. Its mail goes to the address that nobody reads.
        """
        money, number = _Sums(draft), str(row["id"])
        sums = {name: _six(value) for name, value in money.of_order().items()}
        self._client.write("PATCH", f"orders/{number}", {
            "id": number, **sums, "note": f"TikTok Shop {draft.key}. {draft.note}".strip()[:1000]}, "prestashop.orders.total")
        payments = self._client.page("order_payments", filters={"order_reference": str(row["reference"])}, display="[id]")
        if not payments:
            raise _refused("it made the order without a payment")
        payment = str(payments[0]["id"])
        if str(row["current_state"]) == self._settings().get("PS_OS_ERROR"):
            paid = self._settings().get("PS_OS_PAYMENT", "")
            if not paid:
                raise _refused("its setting PS_OS_PAYMENT names no state")
            self._client.write("PATCH", f"order_payments/{payment}", {"id": payment, "amount": _six(draft.grand)},
                               "prestashop.order_payments.amount")
            self._client.write("PATCH", f"orders/{number}", {"id": number, "current_state": paid}, "prestashop.orders.pay")
        for carrier in self._client.page("order_carriers", filters={"id_order": number}, display="[id]"):
            self._client.write("PATCH", f"order_carriers/{carrier['id']}", {
                "id": carrier["id"], "shipping_cost_tax_incl": _six(money.shipping_with), "shipping_cost_tax_excl": _six(money.shipping)},
                "prestashop.order_carriers.cost")
        for invoice in self._client.page("order_invoices", filters={"id_order": number}, display="[id,total_paid_tax_incl,total_paid_tax_excl]"):
            if (translate.number(invoice.get("total_paid_tax_incl")), translate.number(invoice.get("total_paid_tax_excl"))) != (
                    draft.grand, money.without):
                self._client.write("PATCH", f"order_invoices/{invoice['id']}", {
                    "id": invoice["id"], **{name: value for name, value in sums.items() if name in _ON_INVOICE}}, "prestashop.orders.total")
        self._client.write("PATCH", f"order_payments/{payment}", {
            "id": payment, "amount": _six(draft.grand), "transaction_id": draft.key}, "prestashop.order_payments.mark")

    def _move(self, row: Mapping[str, Any], name: str, crash_point: str) -> None:
        wanted = self._settings().get(name, "")
        if not wanted:
            raise _refused(f"its setting {name} names no state")
        if str(row["current_state"]) != wanted:
            self._client.write("POST", "order_histories", {"id_order": row["id"], "id_order_state": wanted}, crash_point)

    # -- reading

    def _row(self, key: str) -> Mapping[str, Any] | None:
        if not _KEY.fullmatch(key):
            return None
        # A database may compare long digits as floating numbers: the exact one is chosen here.
        payments = self._client.page("order_payments", filters={"transaction_id": f"[{key}]"}, display="[id,order_reference,transaction_id]")
        payment = next((one for one in payments if str(one.get("transaction_id")) == key), None)
        return None if payment is None else self._first("orders", {"reference": str(payment["order_reference"])}, f"[{_WHOLE}]")

    def _required(self, key: str) -> Mapping[str, Any]:
        row = self._row(key)
        if row is None:
            raise Refused("The store does not have this order.", code="not_found")
        return row

    def _read(self, row: Mapping[str, Any], key: str, *, with_parcels: bool) -> StoreOrder:
        currency, slips = "", Decimal(0)
        parcels: tuple[Parcel, ...] = ()
        if with_parcels:
            found = self._first("currencies", {"id": str(row["id_currency"])}, "[id,iso_code]")
            currency = str(found["iso_code"]) if found else ""
            parcels = tuple(Parcel(parcel_id=str(one["id"]), carrier_code=str(one["id_carrier"]), carrier_title=self._title(str(one["id_carrier"])),
                                   tracking_number=str(one["tracking_number"])) for one in self._client.page(
                "order_carriers", filters={"id_order": str(row["id"])}) if one.get("tracking_number"))
            made = self._client.page("order_slip", filters={"id_order": str(row["id"])})
            slips = sum((translate.number(one.get("amount")) for one in made), Decimal(0))
        return StoreOrder(
            order_id=str(row["id"]), number=str(row["reference"]), key=key, state=self._state(row), raw_state=str(row["current_state"]),
            grand=decimal_of(str(row["total_paid_tax_incl"])), currency=currency, created_at=translate.moment(row.get("date_add"), self._zone()),
            parcels=parcels, refunded=slips)

    def _state(self, row: Mapping[str, Any]) -> StoreOrderState:
        by_id = {self._settings().get(name): state for name, state in _STATES.items()}
        return by_id.get(str(row["current_state"]), StoreOrderState.OPEN)

    def _title(self, carrier_id: str) -> str:
        found = self._first("carriers", {"id": carrier_id}, "[id,name]")
        return str(found["name"]) if found else ""

    def _carrier(self) -> str:
        """A free carrier, so that the cart's total is its lines' (4.2)."""
        rows = self._client.page("carriers", filters={"active": "1", "deleted": "0"}, display="[id,is_free]")
        free = next((row for row in rows if translate.is_on(row.get("is_free"))), None)
        if free is None and not rows:
            raise _refused("it has no active carrier")
        return str((free or rows[0])["id"])

    def _first(self, resource: str, filters: Mapping[str, str], display: str) -> Mapping[str, Any] | None:
        found = self._client.page(resource, filters={name: f"[{value}]" for name, value in filters.items()}, display=display, limit="0,1")
        return found[0] if found else None

    def _one(self, resource: str, filters: Mapping[str, str], otherwise: str) -> Mapping[str, Any]:
        found = self._first(resource, filters, "full")
        if found is None:
            raise _refused(otherwise)
        return found


class _Sums:
    """The order's sums with and without tax, as the shop keeps both."""

    def __init__(self, draft: OrderDraft) -> None:
        included = draft.prices_include_tax
        line_tax = sum((line.tax for line in draft.lines), Decimal(0))
        fee_tax = sum((fee.tax for fee in draft.fees), Decimal(0))

        def both(amount: Decimal, tax: Decimal) -> tuple[Decimal, Decimal]:
            return (amount, amount - tax) if included else (amount + tax, amount)

        self.goods_with, self.goods = both(draft.goods, line_tax)
        self.shipping_with, self.shipping = both(draft.shipping.net, draft.shipping.tax)
        self.fees_with, self.fees = both(draft.fees_total, fee_tax)
        self.grand = draft.grand
        self.without = self.goods + self.shipping + self.fees

    def of_order(self) -> dict[str, Decimal]:
        """By the names of the shop's order; fees stand where it keeps wrapping."""
        return {
            "total_products": self.goods, "total_products_wt": self.goods_with, "total_shipping": self.shipping_with,
            "total_shipping_tax_incl": self.shipping_with, "total_shipping_tax_excl": self.shipping, "total_wrapping": self.fees_with,
            "total_wrapping_tax_incl": self.fees_with, "total_wrapping_tax_excl": self.fees, "total_paid": self.grand,
            "total_paid_tax_incl": self.grand, "total_paid_tax_excl": self.without, "total_paid_real": self.grand}


def _merged(draft: OrderDraft) -> list[DraftLine]:
    """One line a unit of sale: a cart holds each product once, so lines of other prices share their mean."""
    found: dict[tuple[str, str], DraftLine] = {}
    for line in draft.lines:
        name = (line.product_id, line.variant_id)
        before = found.get(name)
        found[name] = line if before is None else replace(
            before, quantity=before.quantity + line.quantity, net=before.net + line.net, tax=before.tax + line.tax)
    return list(found.values())


def _six(amount: Decimal) -> str:
    return f"{amount:.6f}"


def _names(whole: str) -> tuple[str, str]:
    """A masked name without what the shop refuses in one."""
    parts = "".join(letter if letter.isalpha() or letter in " '-" else "" for letter in whole).split()
    return (parts[0][:255] if parts else "TikTok"), (" ".join(parts[1:])[:255] or "Buyer")


def _place_of(address: Address) -> dict[str, str]:
    street = [re.sub(r"[!<>?=+@{}_$%]", "", line).strip() for line in address.lines] + ["", ""]
    return {"address1": (street[0] or "-")[:128], "address2": " ".join(one for one in street[1:] if one)[:128],
            "city": (re.sub(r"[!<>;?=+@#\"°{}_$%]", "", address.city).strip() or "-")[:64],
            "postcode": re.sub(r"[^A-Za-z0-9 -]", "", address.postcode)[:12], "phone": re.sub(r"[^+0-9. ()/-]", "", address.phone)[:32]}


def _refused(says: str, raw: str = "") -> Refused:
    return Refused(f"The store did not take the order: {says}.", problems=(problem("order.store_refused", says=f"{says}.", raw=raw),))

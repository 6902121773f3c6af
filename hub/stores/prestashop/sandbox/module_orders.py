"""The module's order calls: `orders.create` and what follows it (plugin contract section 3).

Every rule of money is checked here on its own, from the contract's words. The module then writes the order's lines
and lets the shop add them up: the totals answered are those of the rows, not those of the request.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hub import clock
from hub.simulator_plugin import rfc3339
from hub.stores.prestashop.sandbox import orders
from hub.stores.prestashop.sandbox.shop import (
    STATE_CANCELLED,
    STATE_REFUNDED,
    STATE_SHIPPED,
    STATE_TIKTOK_HELD,
    STATE_TIKTOK_PAID,
    Row,
    Shop,
    cents,
    money,
)

LIST_PAGE = 500
ORDER_STATES = ("unpaid", "on_hold", "paid", "shipped", "delivered", "completed")
WHOLE_CURRENCIES = ("JPY", "KRW", "VND", "CLP", "ISK")
_VOLATILE = frozenset({"state", "note", "hold_until", "ship_by", "paid_at", "shipping_type"})
_MONEY_OF_LINE = ("gross", "seller_discount", "platform_discount", "net", "tax")
_MONEY_OF_SHIPPING = ("gross", "seller_discount", "platform_discount", "cofunded_discount", "net", "tax")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an answer; `shape` names it for tests."""

    status: int
    body: dict[str, Any]


class Died(Exception):
    """PHP died in the shop's code: an empty 500, with whatever was written until then."""


@dataclass(slots=True)
class Key:
    """A row of the module's key table: committed as `creating` with its cart before the shop is asked."""

    cart_id: int
    digest: str
    at: datetime
    order_id: int = 0
    done: bool = False


@dataclass(slots=True)
class ModuleState:
    """What the module keeps: keys, listings, and where it is told to die."""

    keys: dict[str, Key] = field(default_factory=dict)
    listings: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    die_at: list[str] = field(default_factory=list)
    surcharge: Decimal = Decimal(0)

    def dies(self, stage: str) -> None:
        """Die here if the next death was set to this stage."""
        if self.die_at and self.die_at[0] == stage:
            self.die_at.pop(0)
            raise Died(stage)


def problem(code: str, where: str, says: str) -> dict[str, str]:
    """One thing wrong with a request."""
    return {"code": code, "where": where, "says": says}


def refused(*problems: dict[str, str]) -> Answer:
    """422 with these problems."""
    return Answer(422, {"problems": list(problems)})


# --- create --------------------------------------------------------------------------------------------------------


def create(shop: Shop, state: ModuleState, body: dict[str, Any]) -> Answer:
    """`orders.create`: once per key. Raises Died where the script says so."""
    problems = shape_problems(body) or money_problems(body)
    if problems:
        return refused(*problems)
    key = str(body["key"])
    digest = content_digest(body)
    known = state.keys.get(key)
    if known is not None:
        answer = _known(shop, known, key, digest)
        if answer is not None:
            return answer
    problems = _shop_problems(shop, body)
    if problems:
        return refused(*problems)
    cart_id = known.cart_id if known else _make_cart(shop, body)
    row = state.keys[key] = Key(cart_id, digest, known.at if known else clock.now())
    state.dies("cart")
    order_id = _make_order(shop, state, body, cart_id)
    state.dies("done")
    row.order_id, row.done = order_id, True
    return Answer(201, describe_created(shop, order_id))


def _known(shop: Shop, known: Key, key: str, digest: str) -> Answer | None:
    """The answer for a key that exists, or None where its try died before there was an order."""
    if not known.done:
        found = next((row["id"] for row in shop.tables["orders"].values() if row["id_cart"] == str(known.cart_id)), 0)
        if not found:
            return None
        if not shop.extras[found].whole:
            return Answer(409, {"code": "half_made", "order_id": str(found),
                                "says": "An earlier try died inside the shop's code. A person must look at it."})
        known.order_id, known.done = found, True
    if known.order_id not in shop.tables["orders"]:
        return Answer(410, {"code": "order_deleted", "order_id": str(known.order_id)})
    return Answer(200, describe_created(shop, known.order_id) | {"same": known.digest == digest})


def content_digest(body: dict[str, Any]) -> str:
    """What makes two bodies the same order."""
    content = {name: value for name, value in body.items() if name not in _VOLATILE}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def shape_problems(body: dict[str, Any]) -> list[dict[str, str]]:
    """Missing fields and wrong types: ids and money are text, times have a zone."""
    found: list[dict[str, str]] = []

    def need(holder: Any, name: str, where: str, *kinds: type) -> Any:
        value = holder.get(name) if isinstance(holder, dict) else None
        if not isinstance(value, kinds) or (kinds == (int,) and isinstance(value, bool)):
            found.append(problem("malformed", where, "is missing or of the wrong type"))
            return None
        return value

    def amount(holder: Any, name: str, where: str) -> None:
        value = need(holder, name, where, str)
        if value is not None and _decimal(value) is None:
            found.append(problem("malformed", where, "is not a decimal number in text"))

    for name in ("key", "store", "currency", "tax_remitted_by", "state", "placed_at"):
        if need(body, name, name, str) == "":
            found.append(problem("malformed", name, "is empty"))
    if body.get("tax_remitted_by") not in ("tiktok", "seller"):
        found.append(problem("malformed", "tax_remitted_by", "is tiktok or seller"))
    if body.get("state") not in ORDER_STATES:
        found.append(problem("malformed", "state", f"is one of {', '.join(ORDER_STATES)}"))
    for name in ("placed_at", "paid_at", "hold_until", "ship_by"):
        if isinstance(body.get(name), str) and body[name] and _moment(body[name]) is None:
            found.append(problem("malformed", name, "is not an RFC 3339 time"))
    need(body, "prices_include_tax", "prices_include_tax", bool)
    lines = need(body, "lines", "lines", list)
    if lines == []:
        found.append(problem("malformed", "lines", "is empty"))
    for place, line in enumerate(lines or []):
        where = f"lines[{place}]"
        ids = need(line, "line_ids", f"{where}.line_ids", list)
        if ids is not None and (not ids or not all(isinstance(each, str) and each for each in ids)):
            found.append(problem("malformed", f"{where}.line_ids", "is a list of ids in text"))
        need(line, "quantity", f"{where}.quantity", int)
        for name in ("product_id", "variant_id", "sku", "title"):
            need(line, name, f"{where}.{name}", str)
        for name in _MONEY_OF_LINE:
            amount(line, name, f"{where}.{name}")
    shipping = need(body, "shipping", "shipping", dict)
    if shipping is not None:
        for name in _MONEY_OF_SHIPPING:
            amount(shipping, name, f"shipping.{name}")
    for place, fee in enumerate(need(body, "fees", "fees", list) or []):
        for name in ("code", "title"):
            need(fee, name, f"fees[{place}].{name}", str)
        for name in ("amount", "tax"):
            amount(fee, name, f"fees[{place}].{name}")
    totals = need(body, "totals", "totals", dict)
    if totals is not None:
        for name in ("goods", "shipping", "fees", "tax", "grand"):
            amount(totals, name, f"totals.{name}")
    ship_to = need(body, "ship_to", "ship_to", dict)
    if ship_to is not None:
        for name in ("name", "country"):
            need(ship_to, name, f"ship_to.{name}", str)
        need(ship_to, "lines", "ship_to.lines", list)
    need(body, "buyer", "buyer", dict)
    need(body, "payment", "payment", dict)
    return found


def money_problems(body: dict[str, Any]) -> list[dict[str, str]]:
    """Each rule of money that the body breaks, by the contract's table."""
    found: list[dict[str, str]] = []

    def check(code: str, where: str, said: str, is_: Decimal) -> None:
        if Decimal(said) != is_:
            found.append(problem(code, where, f"is {said}, its parts make {is_}"))

    goods = tax = Decimal(0)
    seen: set[str] = set()
    for place, line in enumerate(body["lines"]):
        amounts = {name: Decimal(line[name]) for name in _MONEY_OF_LINE}
        where = f"lines[{place}]"
        check("line_sum", f"{where}.net", line["net"],
              amounts["gross"] - amounts["seller_discount"] - amounts["platform_discount"])
        if line["quantity"] != len(line["line_ids"]) or line["quantity"] < 1:
            found.append(problem("line_ids", f"{where}.line_ids", "one TikTok line is one unit"))
        if seen & set(line["line_ids"]) or len(set(line["line_ids"])) != len(line["line_ids"]):
            found.append(problem("line_ids", f"{where}.line_ids", "a line id stands twice"))
        seen |= set(line["line_ids"])
        goods, tax = goods + amounts["net"], tax + amounts["tax"]
    shipping = {name: Decimal(body["shipping"][name]) for name in _MONEY_OF_SHIPPING}
    check("shipping_sum", "shipping.net", body["shipping"]["net"],
          shipping["gross"] - shipping["seller_discount"] - shipping["platform_discount"]
          - shipping["cofunded_discount"])
    places = _places_written(body["currency"])
    for where, value in _amounts(body):
        if Decimal(value) != cents(Decimal(value), places):
            found.append(problem("precision", where, f"{value} is not a whole amount of {body['currency']}"))
    fees = sum((Decimal(fee["amount"]) for fee in body["fees"]), Decimal(0))
    tax += shipping["tax"] + sum((Decimal(fee["tax"]) for fee in body["fees"]), Decimal(0))
    totals = body["totals"]
    check("goods_sum", "totals.goods", totals["goods"], goods)
    check("shipping_sum", "totals.shipping", totals["shipping"], shipping["net"])
    check("fees_sum", "totals.fees", totals["fees"], fees)
    check("tax_sum", "totals.tax", totals["tax"], tax)
    said = {name: Decimal(totals[name]) for name in ("goods", "shipping", "fees", "tax")}
    check("grand_sum", "totals.grand", totals["grand"],
          said["goods"] + said["shipping"] + said["fees"] + (0 if body["prices_include_tax"] else said["tax"]))
    return found


def _amounts(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Every amount of the body with its place."""
    found = [(f"lines[{place}].{name}", line[name])
             for place, line in enumerate(body["lines"]) for name in _MONEY_OF_LINE]
    found += [(f"shipping.{name}", body["shipping"][name]) for name in _MONEY_OF_SHIPPING]
    found += [(f"fees[{place}].{name}", fee[name])
              for place, fee in enumerate(body["fees"]) for name in ("amount", "tax")]
    return found + [(f"totals.{name}", value) for name, value in body["totals"].items() if isinstance(value, str)]


def _places_written(currency: str) -> int:
    """The decimals that the contract allows an amount of this currency."""
    return 0 if currency in WHOLE_CURRENCIES else 2


def _shop_problems(shop: Shop, body: dict[str, Any]) -> list[dict[str, str]]:
    """What this shop cannot do: unknown store, currency, country, item; an item switched off or sold out."""
    found: list[dict[str, str]] = []
    if body["store"] not in ("1", "default"):
        found.append(problem("malformed", "store", f"there is no shop {body['store']}"))
    if shop.currency_row(body["currency"]) is None:
        found.append(problem("currency", "currency", f"the shop does not sell in {body['currency']}"))
    country = shop.country_row(body["ship_to"]["country"])
    if country is None or country["active"] != "1":
        found.append(problem("country", "ship_to.country",
                             f"the shop does not deliver to {body['ship_to']['country']}"))
    wanted: dict[tuple[int, int], int] = {}
    for place, line in enumerate(body["lines"]):
        item = shop.find_item(line["product_id"], line["variant_id"], line["sku"])
        other = shop.item_of_reference(line["sku"])
        if item is None:
            found.append(problem("unknown_sku", f"lines[{place}].sku", f"{line['sku'] or line['product_id']} is unknown"))
            continue
        if other is not None and other != item and shop.reference(*item) != line["sku"]:
            found.append(problem("unknown_sku", f"lines[{place}].sku", "the ids name another product"))
        if shop.tables["products"][item[0]]["active"] != "1":
            found.append(problem("disabled_sku", f"lines[{place}].sku", f"{line['sku']} is switched off"))
        wanted[item] = wanted.get(item, 0) + line["quantity"]
        if (not body.get("allow_backorder", True) and not shop.allows_backorder(*item)
                and shop.quantity(*item) < wanted[item]):
            found.append(problem("no_stock", f"lines[{place}].quantity", f"{shop.quantity(*item)} left"))
    return found


def _make_cart(shop: Shop, body: dict[str, Any]) -> int:
    currency = shop.currency_row(body["currency"])
    return shop.insert("carts", {
        "id_currency": str(currency["id"] if currency else 1), "id_lang": "1", "id_shop": "1", "id_shop_group": "1",
        "associations": {"cart_rows": []}})


def _make_order(shop: Shop, state: ModuleState, body: dict[str, Any], cart_id: int) -> int:
    address, customer = _make_buyer(shop, body)
    currency = shop.currency_row(body["currency"])
    order_id = orders.new_order_row(shop, {
        "id_address_delivery": str(address), "id_address_invoice": str(address), "id_cart": str(cart_id),
        "id_currency": str(currency["id"] if currency else 1), "id_customer": str(customer["id"]),
        "id_carrier": "1", "module": "shopbridge", "payment": str(body["payment"].get("title") or "TikTok Shop"),
        "secure_key": customer["secure_key"], "note": str(body.get("note") or "")})
    extra = shop.extras[order_id]
    extra.key, extra.body, extra.whole = body["key"], body, False
    state.dies("order")
    for line in body["lines"]:
        _make_line(shop, order_id, body, line)
    _add_up(shop, state, order_id, body)
    order = shop.tables["orders"][order_id]
    shop.insert("order_carriers", {
        "id_order": str(order_id), "id_carrier": "1", "id_order_invoice": "0", "weight": "0.000000",
        "shipping_cost_tax_excl": order["total_shipping_tax_excl"],
        "shipping_cost_tax_incl": order["total_shipping_tax_incl"], "tracking_number": ""})
    shop.insert("order_payments", {
        "order_reference": order["reference"], "id_currency": order["id_currency"], "amount": order["total_paid"],
        "payment_method": order["payment"], "conversion_rate": "1.000000", "transaction_id": body["key"],
        "card_number": "", "card_brand": "", "card_expiration": "", "card_holder": ""})
    extra.oversold = any(shop.quantity(*_item(line)) < int(line["product_quantity"])
                         for line in orders.details_of(shop, order_id))
    extra.whole = True
    held = body["state"] == "on_hold" or bool(body.get("hold_until"))
    # The module stops the shop's own mails for its orders: the buyer hears from TikTok Shop.
    orders.move(shop, order_id, STATE_TIKTOK_HELD if held else STATE_TIKTOK_PAID, mails=False)
    return order_id


def _make_buyer(shop: Shop, body: dict[str, Any]) -> tuple[int, Row]:
    """A guest and an address; masked names are cleaned into what the shop accepts."""
    first, last = _name(body["ship_to"].get("name") or body["buyer"].get("name") or "")
    customer_id = shop.insert("customers", {
        "id_default_group": "2", "id_lang": "1", "secure_key": shop.token(), "deleted": "0", "lastname": last,
        "firstname": first, "email": str(body["buyer"].get("email") or f"{body['key']}@tiktok.invalid"),
        "active": "1", "is_guest": "1", "id_shop": "1", "id_shop_group": "1",
        "associations": {"groups": [{"id": "2"}]}})
    ship_to = body["ship_to"]
    country = shop.country_row(ship_to["country"])
    street = [str(line) for line in ship_to["lines"]] + ["", ""]
    address = shop.insert("addresses", {
        "id_customer": str(customer_id), "id_country": str(country["id"] if country else 0), "id_state": "0",
        "alias": "TikTok Shop", "lastname": last, "firstname": first, "address1": street[0][:128],
        "address2": street[1][:128], "postcode": str(ship_to.get("postcode") or "")[:12],
        "city": str(ship_to.get("city") or "-")[:64], "phone": str(ship_to.get("phone") or "")[:32], "deleted": "0"})
    return address, shop.tables["customers"][customer_id]


def _name(whole: str) -> tuple[str, str]:
    kept = "".join(letter if letter.isalpha() or letter in " '-" else "" for letter in whole).split()
    return (kept[0] if kept else "TikTok"), (" ".join(kept[1:]) or "Buyer")


def _make_line(shop: Shop, order_id: int, body: dict[str, Any], line: dict[str, Any]) -> None:
    item = shop.find_item(line["product_id"], line["variant_id"], line["sku"])
    if item is None:
        raise Died("the product went between the check and the order")
    net, tax = Decimal(line["net"]), Decimal(line["tax"])
    with_tax, without = (net, net - tax) if body["prices_include_tax"] else (net + tax, net)
    off = Decimal(line["seller_discount"]) + Decimal(line["platform_discount"])
    places = shop.places(body["currency"])
    quantity = int(line["quantity"])
    detail = orders.new_detail(shop, order_id, item, quantity, {
        "product_name": line["title"] or shop.item_name(*item),
        "product_price": money(Decimal(line["gross"]) / quantity),
        "original_product_price": money(Decimal(line["gross"]) / quantity),
        "reduction_amount": money(off / quantity),
        "unit_price_tax_incl": money(with_tax / quantity), "unit_price_tax_excl": money(without / quantity),
        "total_price_tax_incl": money(cents(with_tax, places)),
        "total_price_tax_excl": money(cents(without, places))})
    shop.extras[order_id].line_ids[detail] = list(line["line_ids"])


def _add_up(shop: Shop, state: ModuleState, order_id: int, body: dict[str, Any]) -> None:
    """The order's totals, from its own rows; where they differ from what was paid, that is told."""
    places = shop.places(body["currency"])
    order = shop.tables["orders"][order_id]
    lines = orders.details_of(shop, order_id)
    goods_with = sum((Decimal(line["total_price_tax_incl"]) for line in lines), Decimal(0))
    goods = sum((Decimal(line["total_price_tax_excl"]) for line in lines), Decimal(0))
    ship_with, ship = _both(Decimal(body["shipping"]["net"]), Decimal(body["shipping"]["tax"]), body, places)
    fees_with = fees = Decimal(0)
    for fee in body["fees"]:
        with_tax, without = _both(Decimal(fee["amount"]), Decimal(fee["tax"]), body, places)
        fees_with, fees = fees_with + with_tax, fees + without
    fees_with, fees = fees_with + state.surcharge, fees + state.surcharge
    total, total_net = goods_with + ship_with + fees_with, goods + ship + fees
    order |= {
        "total_products": money(goods), "total_products_wt": money(goods_with),
        "shipping_sum": money(ship_with), "total_shipping_tax_incl": money(ship_with),
        "total_shipping_tax_excl": money(ship), "total_wrapping": money(fees_with),
        "total_wrapping_tax_incl": money(fees_with), "total_wrapping_tax_excl": money(fees),
        "total_paid": money(total), "total_paid_tax_incl": money(total), "total_paid_tax_excl": money(total_net),
        "total_paid_real": money(total)}
    off = total - Decimal(body["totals"]["grand"])
    if off:
        shop.extras[order_id].difference = {
            "amount": str(cents(off, places)), "reason": "another module of this shop adds a charge"}


def _both(net: Decimal, tax: Decimal, body: dict[str, Any], places: int) -> tuple[Decimal, Decimal]:
    """(with tax, without) of an amount in the body's own habit, as the shop rounds them."""
    with_tax, without = (net, net - tax) if body["prices_include_tax"] else (net + tax, net)
    return cents(with_tax, places), cents(without, places)


# --- reading -------------------------------------------------------------------------------------------------------


def totals_of(shop: Shop, order_id: int) -> dict[str, str]:
    """Goods, shipping, fees, tax and grand of an order as the shop's rows add up, in its currency's decimals."""
    order = shop.tables["orders"][order_id]
    currency = shop.row("currencies", order["id_currency"])
    places = int(currency["precision"]) if currency else 2
    included = bool(shop.extras[order_id].body.get("prices_include_tax", False))

    def pick(name_with: str, name_without: str) -> Decimal:
        return Decimal(order[name_with if included else name_without] or 0)

    grand = Decimal(order["total_paid_tax_incl"] or 0)
    amounts = {
        "goods": pick("total_products_wt", "total_products"),
        "shipping": pick("total_shipping_tax_incl", "total_shipping_tax_excl"),
        "fees": pick("total_wrapping_tax_incl", "total_wrapping_tax_excl"),
        "tax": grand - Decimal(order["total_paid_tax_excl"] or 0), "grand": grand}
    return {name: str(cents(value, places)) for name, value in amounts.items()}


def describe_created(shop: Shop, order_id: int) -> dict[str, Any]:
    """The body of a 201 or 200."""
    extra = shop.extras[order_id]
    return {"order_id": str(order_id), "number": shop.tables["orders"][order_id]["reference"],
            "state": orders.word_of(shop, order_id), "totals": totals_of(shop, order_id),
            "difference": extra.difference, "oversold": extra.oversold}


def describe(shop: Shop, order_id: int) -> dict[str, Any]:
    """Everything the hub may know of an order: `orders.find` and the answers of the calls that change one."""
    order, extra = shop.tables["orders"][order_id], shop.extras[order_id]
    currency = shop.row("currencies", order["id_currency"])
    places = int(currency["precision"]) if currency else 2
    included = bool(extra.body.get("prices_include_tax", False))
    lines = [{
        "line_ids": extra.line_ids.get(line["id"], []),
        "product_id": line["product_id"],
        "variant_id": line["product_attribute_id"] if line["product_attribute_id"] not in ("", "0")
        else line["product_id"],
        "sku": line["product_reference"], "quantity": int(line["product_quantity"]),
        "refunded": int(line["product_quantity_refunded"]),
        "net": str(cents(Decimal(line["total_price_tax_incl" if included else "total_price_tax_excl"]), places)),
        "tax": str(cents(Decimal(line["total_price_tax_incl"]) - Decimal(line["total_price_tax_excl"]), places)),
    } for line in orders.details_of(shop, order_id)]
    return describe_created(shop, order_id) | {
        "key": orders.marker_of(shop, order), "currency": currency["iso_code"] if currency else "",
        "state_id": order["current_state"], "status": _state_name(shop, order),
        "placed_at": rfc3339(extra.created_at), "updated_at": rfc3339(extra.updated_at), "lines": lines,
        "tax_remitted_by": extra.body.get("tax_remitted_by", ""),
        "tax_title": "Tax collected and remitted by TikTok Shop"
        if extra.body.get("tax_remitted_by") == "tiktok" else "",
        "shipments": shipments_of(shop, order_id), "refunds": extra.refunds,
        "refunded": str(sum((Decimal(each["total"]) for each in extra.refunds), Decimal(0))),
        "tiktok": {"status": extra.status, "dates": extra.dates}, "reason": extra.reason}


def shipments_of(shop: Shop, order_id: int) -> list[dict[str, Any]]:
    """One row per tracking number: those the hub sent with their `ship_key`, those made in the shop without."""
    mine = {each["shipment_id"]: each for each in shop.extras[order_id].shipments}
    found = []
    for row in orders.carriers_of(shop, order_id):
        if not row["tracking_number"]:
            continue
        carrier = shop.row("carriers", row["id_carrier"])
        known = mine.get(str(row["id"]), {})
        track = {"carrier_code": known.get("carrier_code") or (carrier["id_reference"] if carrier else ""),
                 "title": known.get("carrier_title") or (carrier["name"] if carrier else ""),
                 "number": row["tracking_number"]}
        found.append({"shipment_id": str(row["id"]), "ship_key": known.get("ship_key", ""), "tracks": [track],
                      "lines": known.get("lines", [])})
    return found


def _state_name(shop: Shop, order: Row) -> str:
    row = shop.row("order_states", order["current_state"])
    return str(row["name"]["1"]) if row else ""


def order_of(shop: Shop, state: ModuleState, key: str) -> int:
    """The order of this key (by the key table, else by its payment), or 0."""
    known = state.keys.get(key)
    if known is not None and known.order_id in shop.tables["orders"]:
        return known.order_id
    return next((row["id"] for row in shop.tables["orders"].values() if orders.marker_of(shop, row) == key), 0)


def find(shop: Shop, state: ModuleState, given: dict[str, Any]) -> Answer:
    """`orders.find`; one that was made and is gone since is told apart from one that never was."""
    key = str(given.get("key", ""))
    order_id = order_of(shop, state, key)
    if order_id:
        return Answer(200, describe(shop, order_id))
    known = state.keys.get(key)
    return Answer(404, {"code": "order_deleted", "order_id": str(known.order_id)}) if known and known.done else _not_found()


def _not_found() -> Answer:
    return Answer(404, {"code": "not_found"})


def list_marked(shop: Shop, state: ModuleState, given: dict[str, Any]) -> Answer:
    """`orders.list`: from the payments themselves, one row an order; key rows without an order as `deleted`."""
    start, end = _moment(given.get("from")), _moment(given.get("to"))
    if start is None or end is None:
        return refused(problem("malformed", "from" if start is None else "to", "is not an RFC 3339 time"))
    rows: list[tuple[datetime, str, list[str]]] = []
    for order in shop.tables["orders"].values():
        extra = shop.extras[order["id"]]
        key = orders.marker_of(shop, order)
        if key and start <= extra.created_at < end:
            rows.append((extra.created_at, str(order["id"]), [
                key, str(order["id"]), order["reference"], orders.word_of(shop, order["id"]),
                totals_of(shop, order["id"])["grand"]]))
    for key, known in state.keys.items():
        if known.done and known.order_id not in shop.tables["orders"] and start <= known.at < end:
            rows.append((known.at, str(known.order_id), [key, str(known.order_id), "", "deleted", "0"]))
    rows.sort(key=lambda each: (each[0], int(each[1])))
    at = int(given.get("cursor") or 0) if str(given.get("cursor") or 0).isdigit() else 0
    page = [row for _, _, row in rows[at:at + LIST_PAGE]]
    return Answer(200, {"rows": page, "next": str(at + LIST_PAGE) if at + LIST_PAGE < len(rows) else None})


# --- changing ------------------------------------------------------------------------------------------------------


def ship(shop: Shop, state: ModuleState, given: dict[str, Any]) -> Answer:
    """`orders.ship`: once per `ship_key`. Lines name TikTok line ids or SKUs; none means everything."""
    order_id = order_of(shop, state, str(given.get("key", "")))
    if not order_id:
        return _not_found()
    ship_key, number = str(given.get("ship_key") or ""), str(given.get("number") or "")
    if not ship_key or not number:
        return refused(problem("malformed", "number" if ship_key else "ship_key", "is missing"))
    extra = shop.extras[order_id]
    if any(each["ship_key"] == ship_key for each in extra.shipments):
        return Answer(200, describe(shop, order_id) | {"ship_key": ship_key, "same": True})
    if orders.word_of(shop, order_id) in ("cancelled", "closed", "held", "error"):
        return Answer(409, {"code": "cannot_ship", "state": orders.word_of(shop, order_id)})
    carrier = given.get("carrier")
    if not isinstance(carrier, dict) or not isinstance(carrier.get("title"), str):
        return refused(problem("malformed", "carrier", "carrier {title, code} is needed"))
    title, code = carrier["title"], str(carrier.get("code") or "")
    lines = given.get("lines") or []
    unknown = [each for each in lines if not _units_of(shop, order_id, each)]
    if unknown:
        return refused(problem("unknown_line", "lines", f"{unknown[0]} is no line of this order"))
    known = next((row for row in shop.tables["carriers"].values()
                  if row["id_reference"] == code or row["name"].lower() == title.lower()), None)
    empty = next((row for row in orders.carriers_of(shop, order_id) if not row["tracking_number"]), None)
    if empty is None:
        empty = shop.tables["order_carriers"][shop.insert("order_carriers", {
            "id_order": str(order_id), "id_carrier": "1", "id_order_invoice": "0", "weight": "0.000000",
            "shipping_cost_tax_excl": "0.000000", "shipping_cost_tax_incl": "0.000000"})]
    if known is not None:
        empty["id_carrier"] = str(known["id"])
    empty["tracking_number"] = number
    extra.shipments.append({"shipment_id": str(empty["id"]), "ship_key": ship_key, "carrier_code": code,
                            "carrier_title": title, "number": number, "lines": lines})
    orders.tell_order(shop, "shipment.changed", order_id)
    if _all_shipped(shop, order_id):
        orders.move(shop, order_id, STATE_SHIPPED, mails=False)
    return Answer(201, describe(shop, order_id) | {"ship_key": ship_key, "shipment_id": str(empty["id"])})


def _units_of(shop: Shop, order_id: int, line: Any) -> int:
    """How many units a shipment line names; 0 where it names none of this order's."""
    if not isinstance(line, dict):
        return 0
    quantity = int(line.get("quantity") or 1)
    wanted = str(line.get("line_id") or line.get("sku") or "")
    for detail in orders.details_of(shop, order_id):
        if wanted and wanted in (*shop.extras[order_id].line_ids.get(detail["id"], []), detail["product_reference"]):
            return quantity if quantity <= int(detail["product_quantity"]) else 0
    return 0


def _all_shipped(shop: Shop, order_id: int) -> bool:
    units = 0
    for shipment in shop.extras[order_id].shipments:
        if not shipment["lines"]:
            return True
        units += sum(_units_of(shop, order_id, each) for each in shipment["lines"])
    return units >= sum(int(row["product_quantity"]) for row in orders.details_of(shop, order_id))


def cancel(shop: Shop, state: ModuleState, given: dict[str, Any]) -> Answer:
    """`orders.cancel`: an order already cancelled answers the same; one that left the shop cannot be."""
    order_id = order_of(shop, state, str(given.get("key", "")))
    if not order_id:
        return _not_found()
    word = orders.word_of(shop, order_id)
    if word in ("shipped", "complete", "closed"):
        return Answer(409, {"code": "cannot_cancel", "state": word})
    if word != "cancelled":
        shop.extras[order_id].reason = str(given.get("reason") or "")
        orders.move(shop, order_id, STATE_CANCELLED, mails=False, restock=bool(given.get("restock", True)))
    return Answer(200, describe(shop, order_id) | {"same": word == "cancelled"})


def refund(shop: Shop, state: ModuleState, given: dict[str, Any]) -> Answer:
    """`orders.refund`: a credit slip of exactly this amount, once per `refund_key`."""
    order_id = order_of(shop, state, str(given.get("key", "")))
    if not order_id:
        return _not_found()
    found = _refund_problems(shop, order_id, given)
    if found:
        return refused(*found)
    extra, order = shop.extras[order_id], shop.tables["orders"][order_id]
    known = next((each for each in extra.refunds if each["refund_key"] == given["refund_key"]), None)
    if known is not None:
        return Answer(200, describe(shop, order_id)
                      | {"refund_id": known["refund_id"], "same": known["total"] == str(Decimal(given["total"]))})
    if orders.word_of(shop, order_id) in ("closed", "error"):
        return Answer(409, {"code": "cannot_refund", "state": orders.word_of(shop, order_id)})
    paid = Decimal(order["total_paid_tax_incl"])
    total = Decimal(given["total"])
    before = sum((Decimal(each["total"]) for each in extra.refunds), Decimal(0))
    if before + total > paid:
        return refused(problem("too_much", "total", f"{before} of {paid} is refunded already"))
    slip_lines: list[dict[str, str]] = []
    net_total = with_total = Decimal(0)
    for line in given["lines"]:
        detail = next(row for row in orders.details_of(shop, order_id)
                      if line["line_id"] in extra.line_ids.get(row["id"], []))
        amount, tax = Decimal(line["amount"]), Decimal(line["tax"]) + Decimal(line.get("fees") or 0)
        net_total, with_total = net_total + amount, with_total + amount + tax
        detail["product_quantity_refunded"] = str(min(int(detail["product_quantity"]),
                                                      int(detail["product_quantity_refunded"]) + 1))
        detail["total_refunded_tax_excl"] = money(Decimal(detail["total_refunded_tax_excl"]) + amount)
        detail["total_refunded_tax_incl"] = money(Decimal(detail["total_refunded_tax_incl"]) + amount + tax)
        slip_lines.append({"id": str(len(slip_lines) + 1), "id_order_detail": str(detail["id"]),
                           "product_quantity": "1", "amount_tax_excl": money(amount),
                           "amount_tax_incl": money(amount + tax)})
        if given.get("restock") and int(detail["product_quantity_reinjected"]) < int(detail["product_quantity"]):
            orders.give_back_units(shop, detail, 1)
    shipping, shipping_tax = Decimal(given.get("shipping") or 0), Decimal(given.get("shipping_tax") or 0)
    slip = shop.insert("order_slip", {
        "id_customer": order["id_customer"], "id_order": str(order_id), "conversion_rate": "1.000000",
        "total_products_tax_excl": money(net_total), "total_products_tax_incl": money(with_total),
        "total_shipping_tax_excl": money(shipping), "total_shipping_tax_incl": money(shipping + shipping_tax),
        "amount": money(total), "shipping_cost": "1" if shipping else "0",
        "shipping_cost_amount": money(shipping + shipping_tax), "partial": "1" if before + total < paid else "0",
        "order_slip_type": "0", "associations": {"order_slip_details": slip_lines}})
    extra.refunds.append({"refund_key": str(given["refund_key"]), "refund_id": str(slip), "total": str(total),
                          "at": rfc3339(clock.now())})
    orders.tell_order(shop, "refund.created", order_id)
    if before + total == paid and orders.word_of(shop, order_id) != "cancelled":
        orders.move(shop, order_id, STATE_REFUNDED, mails=False)
    return Answer(201, describe(shop, order_id) | {"refund_id": str(slip)})


def _refund_problems(shop: Shop, order_id: int, given: dict[str, Any]) -> list[dict[str, str]]:
    if not given.get("refund_key"):
        return [problem("malformed", "refund_key", "is missing")]
    lines = given.get("lines")
    if not isinstance(lines, list) or not all(isinstance(each, dict) for each in lines):
        return [problem("malformed", "lines", "is not a list")]
    known = {each for ids in shop.extras[order_id].line_ids.values() for each in ids}
    summed = taxes = Decimal(0)
    for place, line in enumerate(lines):
        if str(line.get("line_id")) not in known:
            return [problem("unknown_line", f"lines[{place}].line_id", "is no line of this order")]
        for name in ("amount", "tax", "fees"):
            value = _decimal(line.get(name, "0"))
            if value is None or (name == "amount" and "amount" not in line):
                return [problem("malformed", f"lines[{place}].{name}", "is not a decimal number in text")]
            taxes, summed = (taxes + value, summed) if name == "tax" else (taxes, summed + value)
    for name in ("shipping", "shipping_tax", "adjustment"):
        value = _decimal(given.get(name) or "0")
        if value is None:
            return [problem("malformed", name, "is not a decimal number in text")]
        taxes, summed = (taxes + value, summed) if name == "shipping_tax" else (taxes, summed + value)
    total = _decimal(given.get("total"))
    if total is None:
        return [problem("malformed", "total", "is not a decimal number in text")]
    # Where prices contain the tax, it is not added a second time.
    included = bool(shop.extras[order_id].body.get("prices_include_tax", False))
    if total != summed + taxes and not (included and total == summed):
        return [problem("total_sum", "total", f"is {total}, its parts make {summed + taxes}")]
    return []


def set_status(shop: Shop, state: ModuleState, given: dict[str, Any]) -> Answer:
    """`orders.status`: TikTok's word and dates for show; `hold` true holds, false releases."""
    order_id = order_of(shop, state, str(given.get("key", "")))
    if not order_id:
        return _not_found()
    extra = shop.extras[order_id]
    extra.status = str(given.get("status") or "")
    extra.dates |= {str(name): str(value) for name, value in (given.get("dates") or {}).items()}
    word = orders.word_of(shop, order_id)
    if given.get("hold") is True and word not in ("open", "held"):
        return Answer(409, {"code": "cannot_hold", "state": word})
    if given.get("hold") is True and word == "open":
        orders.move(shop, order_id, STATE_TIKTOK_HELD, mails=False)
    elif given.get("hold") is False and word == "held":
        orders.move(shop, order_id, STATE_TIKTOK_PAID, mails=False)
    return Answer(200, describe(shop, order_id))


def _item(line: Row) -> tuple[int, int]:
    return int(line["product_id"]), int(line["product_attribute_id"])


def _decimal(value: Any) -> Decimal | None:
    if not isinstance(value, str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None

"""The practice shop itself: its tables, clock, prices, stock, mails, and what its hooks tell the module.

Rows are kept as the shop's database would give them: ids as numbers under `id`, everything else as text, texts per
language as `{language id: text}`, lists under `associations`. Nothing here knows HTTP. Callers hold `shop.lock`.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hub import clock
from hub.seed import SeedImage
from hub.simulator_plugin import product_subject
from hub.stores.prestashop.sandbox.schema import RESOURCES

Row = dict[str, Any]
NO_TIME = "0000-00-00 00:00:00"
HOME = 2

STATE_PAYMENT, STATE_PREPARATION, STATE_SHIPPED, STATE_DELIVERED = 2, 3, 4, 5
STATE_CANCELLED, STATE_REFUNDED, STATE_ERROR, STATE_REMOTE_PAYMENT = 6, 7, 8, 11
STATE_TIKTOK_PAID, STATE_TIKTOK_HELD = 14, 15
# id: (name, logable, paid, shipped, delivery, invoice, send_email), contract 4.1; the last two are the module's own.
STATES: dict[int, tuple[str, int, int, int, int, int, int]] = {
    1: ("Awaiting check payment", 0, 0, 0, 0, 0, 1), 2: ("Payment accepted", 1, 1, 0, 0, 1, 1),
    3: ("Processing in progress", 1, 1, 0, 1, 1, 1), 4: ("Shipped", 1, 1, 1, 1, 1, 1),
    5: ("Delivered", 1, 1, 1, 1, 1, 0), 6: ("Canceled", 0, 0, 0, 0, 0, 1), 7: ("Refunded", 0, 0, 0, 0, 1, 1),
    8: ("Payment error", 0, 0, 0, 0, 0, 1), 9: ("On backorder (paid)", 0, 1, 0, 0, 1, 1),
    10: ("Awaiting bank wire payment", 0, 0, 0, 0, 0, 1), 11: ("Remote payment accepted", 1, 1, 0, 0, 1, 1),
    12: ("On backorder (not paid)", 0, 0, 0, 0, 0, 1), 13: ("Awaiting Cash On Delivery validation", 0, 0, 0, 0, 0, 0),
    14: ("TikTok Shop: paid", 1, 1, 0, 0, 0, 0), 15: ("TikTok Shop: on hold", 1, 1, 0, 0, 0, 0)}


@dataclass(slots=True)
class Picture:
    """A stored picture of a product."""

    id: int
    product_id: int
    position: int
    source: SeedImage


@dataclass(slots=True)
class Mail:
    """A mail the shop sent (or would have)."""

    to: str
    template: str
    order_id: int


@dataclass(slots=True)
class OrderExtra:
    """What the shop and the module know of an order beside its database row."""

    key: str = ""
    stock_taken: bool = False
    whole: bool = True
    invoiced_payments: set[int] = field(default_factory=set)
    created_at: datetime = field(default_factory=clock.now)
    updated_at: datetime = field(default_factory=clock.now)
    body: dict[str, Any] = field(default_factory=dict)
    line_ids: dict[int, list[str]] = field(default_factory=dict)
    shipments: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    oversold: bool = False
    difference: dict[str, str] | None = None
    status: str = ""
    dates: dict[str, str] = field(default_factory=dict)
    reason: str = ""


def money(value: Decimal | str | int) -> str:
    """Six decimals, as the database keeps amounts."""
    return str(Decimal(value).quantize(Decimal("0.000001"), ROUND_HALF_UP))


def cents(value: Decimal, places: int = 2) -> Decimal:
    """Rounded half up to a currency's decimals."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


class Shop:
    """All the state of one practice shop."""

    def __init__(self, *, name: str, version: str, timezone: str, currency: str, languages: tuple[str, ...],
                 tax_rate: Decimal, seed: int) -> None:
        self.lock = threading.RLock()
        self.name = name
        self.version = version
        self.zone = ZoneInfo(timezone)
        self.timezone = timezone
        self.currency = currency
        self.languages = languages
        self.tax_rate = tax_rate
        self.tables: dict[str, dict[int, Row]] = {name: {} for name in RESOURCES}
        self.pictures: dict[int, Picture] = {}
        self.mails: list[Mail] = []
        self.extras: dict[int, OrderExtra] = {}
        self.combinations_of: dict[int, list[int]] = {}
        self.stock_row: dict[tuple[int, int], int] = {}
        self.pictures_of: dict[int, list[int]] = {}
        self.saves: dict[int, int] = {}
        self.backorders = False
        self.via = "admin"
        self.told: Callable[[str, dict[str, str], str, dict[str, Any]], None] = lambda *_: None
        self.random = random.Random(seed)  # noqa: S311 - references and keys of a practice shop
        self._last: dict[str, int] = {}

    # --- rows --------------------------------------------------------------------------------------------------

    def next_id(self, table: str) -> int:
        """The number the next row of this table gets; numbers are never used twice."""
        self._last[table] = max(self._last.get(table, 0), max(self.tables.get(table, {}), default=0)) + 1
        return self._last[table]

    def insert(self, table: str, values: Row, *, row_id: int | None = None) -> int:
        """A new row; fields not given are empty, dates are set where the table has them."""
        number = row_id or self.next_id(table)
        resource = RESOURCES[table]
        row: Row = {"id": number}
        for each in resource.fields:
            empty: Any = {language: "" for language in self.language_ids} if each.i18n else ""
            row[each.name] = values.get(each.name, empty)
        stamp = self.local_now()
        for name in ("date_add", "date_upd"):
            if name in resource.by_name and not row[name]:
                row[name] = stamp
        row["associations"] = values.get("associations", {})
        self.tables[table][number] = row
        self._last[table] = max(self._last.get(table, 0), number)
        return number

    def touch(self, table: str, row_id: int) -> None:
        """The row was saved now."""
        row = self.tables[table][row_id]
        if "date_upd" in row:
            row["date_upd"] = self.local_now()

    def row(self, table: str, row_id: int | str) -> Row | None:
        """The row of this number, or None."""
        try:
            return self.tables[table].get(int(row_id))
        except (TypeError, ValueError):
            return None

    @property
    def language_ids(self) -> tuple[str, ...]:
        """The ids of the shop's languages."""
        return tuple(str(place + 1) for place in range(len(self.languages)))

    def texts(self, text: str) -> dict[str, str]:
        """The same text in each language."""
        return dict.fromkeys(self.language_ids, text)

    def local_now(self) -> str:
        """The shop's own time, without an offset, as every date it shows."""
        return self.local(clock.now())

    def local(self, moment: datetime) -> str:
        """A moment in the shop's time zone."""
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def token(self) -> str:
        """32 hexadecimal digits."""
        return f"{self.random.getrandbits(128):032x}"

    # --- who does it, and what the hooks tell -------------------------------------------------------------------

    @contextlib.contextmanager
    def acting(self, via: str) -> Iterator[None]:
        """Within, changes are told as made this way (admin, api, hub, checkout, import, cron, sql)."""
        before, self.via = self.via, via
        try:
            yield
        finally:
            self.via = before

    def tell(self, kind: str, subject: dict[str, str], **hint: Any) -> None:
        """A hook fires. Direct SQL fires nothing."""
        if self.via != "sql":
            self.told(kind, subject, self.via, hint)

    def tell_product(self, kind: str, product_id: int, attribute: int = 0, **hint: Any) -> None:
        """A hook about a product, or one of its combinations, fires."""
        row = self.row("combinations", attribute) if attribute else self.row("products", product_id)
        self.tell(kind, product_subject(str(product_id), str(attribute) if attribute else "",
                                        str(row["reference"]) if row else ""), **hint)

    def mail(self, order_id: int, template: str) -> None:
        """The shop mails the customer of this order."""
        order = self.tables["orders"][order_id]
        customer = self.row("customers", order["id_customer"]) or {"email": ""}
        self.mails.append(Mail(customer["email"], template, order_id))

    # --- products ----------------------------------------------------------------------------------------------

    def save_product(self, product_id: int) -> None:
        """A product was saved: date and hooks."""
        self.touch("products", product_id)
        self.saves[product_id] = self.saves.get(product_id, 0) + 1
        self.tell_product("product.saved", product_id)

    def attributes_of(self, product_id: int) -> list[int]:
        """The product's combinations, or `[0]` where it has none."""
        return self.combinations_of.get(product_id) or [0]

    def add_stock_row(self, product_id: int, attribute: int, quantity: int, out_of_stock: int) -> int:
        """The stock row of a new product or combination."""
        number = self.insert("stock_availables", {
            "id_product": str(product_id), "id_product_attribute": str(attribute), "id_shop": "1",
            "id_shop_group": "0", "quantity": str(quantity), "depends_on_stock": "0",
            "out_of_stock": str(out_of_stock), "location": ""})
        self.stock_row[(product_id, attribute)] = number
        return number

    def quantity(self, product_id: int, attribute: int) -> int:
        """What the stock row says; 0 where there is none."""
        row = self.row("stock_availables", self.stock_row.get((product_id, attribute), 0))
        return int(row["quantity"]) if row else 0

    def set_quantity(self, product_id: int, attribute: int, quantity: int) -> None:
        """Set the stock; a combination's change recomputes the total row (contract 3.3)."""
        self.tables["stock_availables"][self.stock_row[(product_id, attribute)]]["quantity"] = str(quantity)
        if attribute:
            total = sum(self.quantity(product_id, each) for each in self.combinations_of[product_id])
            self.tables["stock_availables"][self.stock_row[(product_id, 0)]]["quantity"] = str(total)
        self.tell_product("stock.changed", product_id, attribute, qty=str(quantity))

    def allows_backorder(self, product_id: int, attribute: int) -> bool:
        """Whether the shop sells it below zero."""
        row = self.row("stock_availables", self.stock_row.get((product_id, attribute), 0))
        rule = row["out_of_stock"] if row else "0"
        return self.backorders if rule == "2" else rule == "1"

    def delete_product(self, product_id: int) -> None:
        """The product with all that belongs to it."""
        self.tell_product("product.deleted", product_id)
        for attribute in list(self.combinations_of.get(product_id, [])):
            self.delete_combination(attribute, quietly=True)
        self._drop_rows("specific_prices", product_id)
        self._drop_rows("stock_availables", product_id)
        self.stock_row.pop((product_id, 0), None)
        self.combinations_of.pop(product_id, None)
        for picture in self.pictures_of.pop(product_id, []):
            self.pictures.pop(picture, None)
        del self.tables["products"][product_id]

    def delete_combination(self, attribute: int, *, quietly: bool = False) -> None:
        """A combination and its stock row; the total row is recomputed."""
        row = self.tables["combinations"].pop(attribute)
        product_id = int(row["id_product"])
        self.combinations_of[product_id].remove(attribute)
        stock = self.stock_row.pop((product_id, attribute), 0)
        self.tables["stock_availables"].pop(stock, None)
        if not quietly:
            total = sum(self.quantity(product_id, each) for each in self.combinations_of[product_id])
            self.tables["stock_availables"][self.stock_row[(product_id, 0)]]["quantity"] = str(total)
            self.tell_product("product.saved", product_id)

    def _drop_rows(self, table: str, product_id: int) -> None:
        for number in [number for number, row in self.tables[table].items() if row["id_product"] == str(product_id)]:
            del self.tables[table][number]

    def find_item(self, product_id: str, variant_id: str, sku: str) -> tuple[int, int] | None:
        """(product, combination or 0) by ids, else by reference; None where neither is there.

        A product without combinations is named by an empty variant id, 0, or its own id again.
        """
        product = self.row("products", product_id)
        if product is not None:
            attributes = self.attributes_of(product["id"])
            if attributes == [0] and variant_id in ("", "0", str(product["id"])):
                return product["id"], 0
            if variant_id.isdigit() and int(variant_id) in attributes and attributes != [0]:
                return product["id"], int(variant_id)
        return self.item_of_reference(sku)

    def item_of_reference(self, sku: str) -> tuple[int, int] | None:
        """The sellable item with this reference."""
        if not sku:
            return None
        for row in self.tables["combinations"].values():
            if row["reference"] == sku:
                return int(row["id_product"]), row["id"]
        for row in self.tables["products"].values():
            if row["reference"] == sku and self.attributes_of(row["id"]) == [0]:
                return row["id"], 0
        return None

    def reference(self, product_id: int, attribute: int) -> str:
        """The SKU."""
        row = self.row("combinations", attribute) if attribute else self.row("products", product_id)
        return str(row["reference"]) if row else ""

    def item_name(self, product_id: int, attribute: int) -> str:
        """The name as an order line shows it, with the combination's values."""
        product = self.tables["products"][product_id]
        name = str(product["name"]["1"])
        combination = self.row("combinations", attribute) if attribute else None
        if combination is None:
            return name
        parts = []
        for value in combination["associations"].get("product_option_values", []):
            row = self.tables["product_option_values"][int(value["id"])]
            group = self.tables["product_options"][int(row["id_attribute_group"])]
            parts.append(f"{group['public_name']['1']}:{row['name']['1']}")
        return f"{name} ({' - '.join(parts)})"

    # --- prices (contract 3.4) ---------------------------------------------------------------------------------

    def rate(self, product_id: int) -> Decimal:
        """The tax rate of a product, 0.20 for 20 %."""
        product = self.tables["products"][product_id]
        return self.tax_rate / 100 if product["id_tax_rules_group"] not in ("", "0") else Decimal(0)

    def specific_price(self, product_id: int, attribute: int, *, quantity: int = 1, cart_id: int = 0) -> Row | None:
        """The one special price that counts now: the cart's own first, then the narrower, then the newer."""
        now = self.local_now()
        best: Row | None = None
        for row in self.tables["specific_prices"].values():
            if (row["id_product"] != str(product_id) or row["id_product_attribute"] not in ("", "0", str(attribute))
                    or row["id_cart"] not in ("", "0", str(cart_id)) or int(row["from_quantity"] or 1) > quantity
                    or row["id_customer"] not in ("", "0") or row["id_country"] not in ("", "0")
                    or (row["from"] != NO_TIME and row["from"] > now) or (row["to"] != NO_TIME and row["to"] < now)):
                continue
            if best is None or _weight(row) >= _weight(best):
                best = row
        return best

    def price(self, product_id: int, attribute: int, *, use_tax: bool = True, use_reduction: bool = True,
              quantity: int = 1, cart_id: int = 0, places: int = 6) -> Decimal:
        """What one unit costs in the shop's own currency, in the core's order of steps."""
        product = self.tables["products"][product_id]
        rate = self.rate(product_id)
        combination = self.row("combinations", attribute) if attribute else None
        special = self.specific_price(product_id, attribute, quantity=quantity, cart_id=cart_id)
        net = Decimal(product["price"])
        fixed = special is not None and Decimal(special["price"]) >= 0 and (use_reduction or cart_id)
        if fixed and special is not None:
            net = Decimal(special["price"])
        own = fixed and special is not None and special["id_product_attribute"] not in ("", "0")
        if combination is not None and not own:
            net += Decimal(combination["price"] or 0)
        value = net * (1 + rate) if use_tax else net
        if special is not None and use_reduction and Decimal(special["reduction"] or 0):
            cut = Decimal(special["reduction"])
            if special["reduction_type"] == "percentage":
                value -= value * cut
            elif use_tax:
                value -= cut if special["reduction_tax"] == "1" else cut * (1 + rate)
            else:
                value -= cut / (1 + rate) if special["reduction_tax"] == "1" else cut
        return cents(max(value, Decimal(0)), places)

    def offer(self, product_id: int, attribute: int) -> dict[str, Any]:
        """Price, stock and state of one sellable item, as the module's `offers` tells them."""
        product = self.tables["products"][product_id]
        taxed = self.tax_rate > 0
        places = self.places(self.currency)
        regular = self.price(product_id, attribute, use_tax=taxed, use_reduction=False, places=places)
        effective = self.price(product_id, attribute, use_tax=taxed, places=places)
        return {
            "product_id": str(product_id), "variant_id": str(attribute or product_id),
            "sku": self.reference(product_id, attribute), "price": str(regular), "effective_price": str(effective),
            "compare_at": str(regular) if effective < regular else None, "currency": self.currency,
            "tax_included": taxed, "salable": max(0, self.quantity(product_id, attribute)),
            "backorders": self.allows_backorder(product_id, attribute),
            "active": product["active"] == "1" and product["available_for_order"] == "1"}

    def digest(self, product_id: int, attribute: int) -> list[str]:
        """`[product_id, variant_id, sku, hash]`: the hash covers offer, content date and the combination itself."""
        offer = self.offer(product_id, attribute)
        product = self.tables["products"][product_id]
        combination = self.row("combinations", attribute) if attribute else None
        # Dates have whole seconds: the count tells two saves within one apart.
        content = (product["date_upd"], self.saves.get(product_id, 0), product["state"], combination)
        told = repr((sorted(offer.items(), key=str), content))
        return [offer["product_id"], offer["variant_id"], offer["sku"],
                hashlib.sha256(told.encode()).hexdigest()[:24]]

    def currency_row(self, code: str) -> Row | None:
        """An active currency of the shop, by ISO code."""
        return next((row for row in self.tables["currencies"].values()
                     if row["iso_code"] == code and row["active"] == "1" and row["deleted"] != "1"), None)

    def places(self, code: str) -> int:
        """How many decimals the shop keeps for this currency."""
        row = self.currency_row(code)
        return int(row["precision"]) if row else 2

    def country_row(self, code: str) -> Row | None:
        """A country by ISO code, active or not."""
        return next((row for row in self.tables["countries"].values() if row["iso_code"] == code), None)


def _weight(row: Row) -> tuple[int, int, int]:
    return (int(row["id_cart"] not in ("", "0")), int(row["id_product_attribute"] not in ("", "0")),
            int(row["from_quantity"] or 1))

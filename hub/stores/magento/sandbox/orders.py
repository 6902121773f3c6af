"""The shop's orders and their life: placing, shipping, invoicing, cancelling, refunding (contracts/magento.md 5).

`place` is the plugin's way: it reserves stock and the shop adds the totals up itself. `post` is the bare
`POST /V1/orders`: whatever is sent is stored, nothing is reserved, and shipping or cancelling such an order still
writes the compensating reservation, so that its salable quantity ends too high, as measured.

States are core's: new, pending_payment, processing, complete, closed, canceled, holded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from hub.stores.magento.sandbox.catalogue import SOURCE, Catalogue, Product, number, stamp
from hub.stores.magento.sandbox.money import Asked, AskedRefund, unit

TAX_TITLE = "Tax collected and remitted by TikTok Shop"
STATUSES = {"new": "pending", "pending_payment": "pending_payment", "processing": "processing",
            "complete": "complete", "closed": "closed", "canceled": "canceled", "holded": "holded"}  # fmt: skip
Say = Callable[..., None]
NO_STOCK = ("Type Error occurred when creating object: Magento\\InventoryIndexer\\Model\\Queue\\ReservationData, "
            "Magento\\InventoryIndexer\\Model\\Queue\\ReservationData::__construct(): Argument #2 ($stock) must be of type int, null given")


class CannotDo(Exception):
    """The shop's own "no": the message as Magento words it."""

    def __init__(self, message: str, parameters: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.parameters = parameters


@dataclass
class Item:
    """One line of an order. `row_total` is before discounts; `line_ids` are TikTok's units, in order."""

    item_id: int
    product_id: int | None
    product_type: str
    sku: str
    name: str
    quantity: Decimal
    row_total: Decimal
    discount: Decimal
    tax: Decimal
    weight: Decimal = Decimal(0)
    line_ids: tuple[str, ...] = ()
    seller_discount: Decimal = Decimal(0)
    platform_discount: Decimal = Decimal(0)
    shipped: Decimal = Decimal(0)
    invoiced: Decimal = Decimal(0)
    cancelled: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def to_ship(self) -> Decimal:
        """Units that may still be shipped."""
        return self.quantity - self.shipped - self.cancelled - max(self.refunded - self.shipped, Decimal(0))


@dataclass
class Track:
    """A tracking number of a shipment."""

    entity_id: int
    number: str
    title: str
    carrier_code: str
    created_at: datetime
    weight: Decimal | None = None
    quantity: Decimal | None = None
    description: str | None = None


@dataclass
class Shipment:
    """A parcel: quantities by order item, tracking numbers."""

    entity_id: int
    order_id: int
    lines: list[tuple[Item, Decimal]]
    created_at: datetime
    tracks: list[Track] = field(default_factory=list)
    comment: str = ""
    key: str = ""


@dataclass
class CreditMemo:
    """A refund. `lines` are (item, quantity, amount, tax)."""

    entity_id: int
    order_id: int
    lines: list[tuple[Item, Decimal, Decimal, Decimal]]
    shipping: Decimal
    shipping_tax: Decimal
    adjustment: Decimal
    total: Decimal
    created_at: datetime
    key: str = ""
    line_ids: tuple[str, ...] = ()


@dataclass
class Order:
    """An order; money in its own currency. `key` is `ext_order_id`, the marker."""

    entity_id: int
    increment_id: str
    key: str | None
    store_id: int
    state: str
    status: str
    currency: str
    created_at: datetime
    updated_at: datetime
    items: list[Item]
    shipping: Decimal = Decimal(0)
    shipping_discount: Decimal = Decimal(0)
    shipping_tax: Decimal = Decimal(0)
    shipping_title: str = ""
    fees: list[dict[str, Any]] = field(default_factory=list)
    fee_sum: Decimal = Decimal(0)
    surcharge: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    grand: Decimal = Decimal(0)
    prices_include_tax: bool = False
    tax_title: str = ""
    buyer: dict[str, Any] = field(default_factory=dict)
    ship_to: dict[str, Any] = field(default_factory=dict)
    bill_to: dict[str, Any] | None = None
    payment: dict[str, Any] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    memos: list[CreditMemo] = field(default_factory=list)
    invoiced_total: Decimal = Decimal(0)
    refunded_total: Decimal = Decimal(0)
    state_before_hold: str = ""
    tiktok: dict[str, Any] = field(default_factory=dict)
    restocked: set[str] = field(default_factory=set)
    oversold: bool = False
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def goods(self) -> Decimal:
        """Σ of the lines after discounts."""
        return sum((item.row_total - item.discount for item in self.items), Decimal(0))

    @property
    def item_by_line(self) -> dict[str, Item]:
        """The item of each TikTok line id."""
        return {line_id: item for item in self.items for line_id in item.line_ids}


class Orders:
    """All orders of the shop. Callers hold the simulator's lock; `say(type, subject, via=…)` reports changes."""

    def __init__(self, catalogue: Catalogue, now: Callable[[], datetime], say: Say) -> None:
        self._catalogue = catalogue
        self._now = now
        self._say = say
        self.orders: dict[int, Order] = {}
        self.surcharge = Decimal(0)
        self._next = {"order": 0, "item": 0, "shipment": 0, "track": 0, "memo": 0, "invoice": 0, "comment": 0}

    def _take(self, kind: str) -> int:
        self._next[kind] += 1
        return self._next[kind]

    def with_key(self, key: str) -> list[Order]:
        """Every order that carries this marker, oldest first."""
        return [order for order in self.orders.values() if order.key == key]

    # -- making -------------------------------------------------------------------------------------------------

    def place(self, asked: Asked, products: list[Product], *, via: str = "hub") -> Order:
        """Create an order from checked values, add it up, reserve its stock. `products` stand beside the lines."""
        now = self._now()
        new = self._take("order")
        items = []
        for line, product in zip(asked.lines, products, strict=True):
            items.append(
                Item(
                    self._take("item"), product.id, product.type_id, product.sku, line.title or product.name,
                    Decimal(line.quantity), line.gross, line.seller_discount + line.platform_discount, line.tax,
                    product.weight or Decimal(0), line.line_ids, line.seller_discount, line.platform_discount,
                )
            )  # fmt: skip
        shipping = asked.shipping
        state = "pending_payment" if asked.state == "unpaid" else "processing"
        body = asked.raw
        order = Order(
            new, f"{new:09d}", asked.key, 1, state, STATUSES[state], asked.currency, now, now, items,
            shipping.gross, shipping.gross - shipping.net, shipping.tax, shipping.title,
            [{"code": f.code, "title": f.title, "amount": f.amount, "tax": f.tax} for f in asked.fees],
            asked.fee_sum, self.surcharge, prices_include_tax=asked.prices_include_tax,
            tax_title=TAX_TITLE if asked.tax_remitted_by == "tiktok" else "Tax",
            buyer=body.get("buyer") or {}, ship_to=body.get("ship_to") or {}, bill_to=body.get("bill_to"),
            payment=body.get("payment") or {}, raw=body,
        )  # fmt: skip
        self._add_up(order)
        self.orders[new] = order
        for item in items:
            self._catalogue.reserve(item.sku, -item.quantity)
            self._stock_said(item, via)
        order.oversold = any(self._catalogue.salable(product) < 0 for product in products)
        if body.get("note"):
            self.comment(order, str(body["note"]), via=via, silent=True)
        if asked.state == "on_hold" or asked.hold_until:
            self._hold(order)
        self._changed(order, via)
        return order

    def _add_up(self, order: Order) -> None:
        fee_tax = sum((fee["tax"] for fee in order.fees), Decimal(0))
        order.tax = sum((item.tax for item in order.items), order.shipping_tax + fee_tax)
        net = order.goods + order.shipping - order.shipping_discount + order.fee_sum + order.surcharge
        order.grand = net + (0 if order.prices_include_tax else order.tax)

    def post(self, entity: dict[str, Any]) -> Order:
        """The bare `POST /V1/orders`: stores what is sent. CannotDo as Magento words it."""
        if isinstance(entity.get("entity_id"), int) and entity["entity_id"] in self.orders:
            order = self.orders[entity["entity_id"]]
            order.state = str(entity.get("state", order.state))
            order.status = str(entity.get("status", order.status))
            self._changed(order, "api")
            return order
        if not isinstance(entity.get("payment"), dict) or not entity["payment"].get("method"):
            raise CannotDo("Please provide payment for the order.")
        new = self._take("order")
        given = str(entity.get("increment_id") or f"{new:09d}")
        if any(order.increment_id == given for order in self.orders.values()):
            raise CannotDo("Unique constraint violation found")
        now = self._now()
        items = [self._posted_item(one) for one in entity.get("items") or []]
        assignments = (entity.get("extension_attributes") or {}).get("shipping_assignments") or [{}]
        address = (assignments[0].get("shipping") or {}).get("address") or {}
        order = Order(
            new, given, entity.get("ext_order_id"), int(entity.get("store_id") or 1), str(entity.get("state") or "new"),
            str(entity.get("status") or "pending"), str(entity.get("order_currency_code") or self._catalogue.currency),
            now, now, items, _money(entity, "shipping_amount"), _money(entity, "shipping_discount_amount"),
            _money(entity, "shipping_tax_amount"), str(entity.get("shipping_description") or ""),
            tax=_money(entity, "tax_amount"), grand=_money(entity, "grand_total"), tax_title="Tax",
            buyer={"email": entity.get("customer_email"), "first": entity.get("customer_firstname"),
                   "last": entity.get("customer_lastname")},
            ship_to=_from_magento(address), bill_to=_from_magento(entity.get("billing_address") or {}),
            payment=entity["payment"], raw=entity,
        )  # fmt: skip
        self.orders[new] = order
        for one in entity.get("status_histories") or []:
            self.comment(order, str(one.get("comment", "")), via="api", silent=True)
        self._changed(order, "api")
        return order

    def _posted_item(self, one: dict[str, Any]) -> Item:
        product_id = one.get("product_id")
        return Item(
            self._take("item"), int(product_id) if product_id else None, str(one.get("product_type") or "simple"),
            str(one.get("sku") or ""), str(one.get("name") or ""), Decimal(str(one.get("qty_ordered") or 0)),
            _money(one, "row_total"), _money(one, "discount_amount"), _money(one, "tax_amount"),
            Decimal(str(one.get("weight") or 0)), raw=one,
        )  # fmt: skip

    def delete(self, order: Order) -> None:
        """The merchant removed the order from the database."""
        del self.orders[order.entity_id]

    # -- life -----------------------------------------------------------------------------------------------------

    def ship(
        self, order: Order, wanted: dict[int, Decimal] | None, tracks: list[dict[str, Any]], *, via: str,
        comment: str = "", source: str = SOURCE, key: str = "",
    ) -> Shipment:  # fmt: skip
        """Ship these quantities by item id (None: all that is left). CannotDo as the shop words it."""
        complaint = "Shipment Document Validation Error(s):\n"
        if order.state == "holded":
            raise CannotDo(complaint + "A shipment cannot be created when an order has a status of holded")
        if order.state in ("canceled", "closed", "complete", "pending_payment") or not any(i.to_ship for i in order.items):
            raise CannotDo(complaint + "The order does not allow a shipment to be created.\nYou can't create a shipment without products.")
        if source != SOURCE:
            raise CannotDo("Could not save a shipment, see error log for details")
        if wanted is None:
            wanted = {item.item_id: item.to_ship for item in order.items if item.to_ship > 0}
        lines = []
        for item in order.items:
            quantity = wanted.get(item.item_id, Decimal(0))
            if quantity > item.to_ship:
                raise CannotDo(
                    complaint + f'The quantity to ship must not be greater than the unshipped quantity for product SKU "{item.sku}".'
                )
            if quantity > 0:
                lines.append((item, quantity))
        if not lines:
            raise CannotDo(complaint + "You can't create a shipment without products.")
        now = self._now()
        shipment = Shipment(self._take("shipment"), order.entity_id, lines, now, comment=comment, key=key)
        for item, quantity in lines:
            item.shipped += quantity
            self._deduct(item, quantity)
        order.shipments.append(shipment)
        for track in tracks:
            shipment.tracks.append(self._track(track))
        self._settle(order)
        self._changed(order, via)
        self._say("shipment.changed", _subject(order), via=via)
        return shipment

    def _deduct(self, item: Item, quantity: Decimal) -> None:
        # Without a product id the shop ships and never touches its stock.
        if item.product_id is None or item.product_id not in self._catalogue.products:
            return
        self._catalogue.products[item.product_id].quantity -= quantity
        self._catalogue.reserve(item.sku, quantity)

    def _track(self, track: dict[str, Any]) -> Track:
        quantity, weight = track.get("qty"), track.get("weight")
        return Track(
            self._take("track"), str(track["track_number"]), str(track["title"]), str(track["carrier_code"]), self._now(),
            Decimal(str(weight)) if weight is not None else None,
            Decimal(str(quantity)) if quantity is not None else None, track.get("description"),
        )  # fmt: skip

    def add_track(self, shipment: Shipment, track: dict[str, Any], *, via: str) -> Track:
        """A tracking number that comes later: neither order nor shipment changes its date."""
        added = self._track(track)
        shipment.tracks.append(added)
        self._say("shipment.changed", _subject(self.orders[shipment.order_id]), via=via)
        return added

    def invoice(self, order: Order, wanted: dict[int, Decimal] | None, *, via: str) -> int:
        """Invoice these quantities (None: the rest). CannotDo where the shop refuses."""
        if order.state in ("canceled", "closed", "complete", "holded"):
            raise CannotDo("The order does not allow an invoice to be created.")
        for item in order.items:
            quantity = item.quantity - item.invoiced - item.cancelled
            if wanted is not None:
                asked = wanted.get(item.item_id, Decimal(0))
                if asked > quantity:
                    raise CannotDo('We found an invalid quantity to invoice item "%1".', [item.name])
                quantity = asked
            item.invoiced += quantity
        order.invoiced_total = order.grand
        if order.state in ("new", "pending_payment"):
            self._move(order, "processing")
        self._settle(order)
        self._changed(order, via)
        return self._take("invoice")

    def cancel(self, order: Order, *, via: str, restock: bool = True, by_core: bool = False) -> bool:
        """Cancel; False where the shop can't (invoiced, held, over), nor its module a shipped one, which core would.

        CannotDo for a posted line that names no store: core finds no stock for it.
        """
        over = order.state in ("canceled", "complete", "closed", "holded")
        if over or any(item.invoiced or (item.shipped and not by_core) for item in order.items):
            return False
        if any(item.raw and not item.raw.get("store_id") and item.to_ship > 0 for item in order.items):
            raise CannotDo(NO_STOCK)
        for item in order.items:
            item.cancelled = item.quantity - item.shipped
            self._catalogue.reserve(item.sku, item.cancelled)
            if not restock and item.product_id in self._catalogue.products:
                # The goods are gone: give the reservation back, and take them from the source.
                self._catalogue.products[item.product_id].quantity -= item.quantity
            self._stock_said(item, via)
        self._move(order, "canceled")
        self._changed(order, via)
        self._say("order.cancelled", _subject(order), via=via)
        return True

    def pay(self, order: Order, *, via: str) -> None:
        """The buyer has paid an order that was made unpaid."""
        self._move(order, "processing")
        self._changed(order, via)

    def hold(self, order: Order, *, via: str) -> None:
        """Put on hold. CannotDo where the state does not allow it."""
        if order.state not in ("new", "processing", "pending_payment"):
            raise CannotDo("A hold action is not available.")
        self._hold(order)
        self._changed(order, via)

    def _hold(self, order: Order) -> None:
        order.state_before_hold = order.state
        self._move(order, "holded")

    def unhold(self, order: Order, *, via: str) -> None:
        """Release from hold. CannotDo when it is not held."""
        if order.state != "holded":
            raise CannotDo("You cannot remove the hold.")
        self._move(order, order.state_before_hold)
        self._changed(order, via)

    def comment(self, order: Order, text: str, *, via: str, status: str | None = None, silent: bool = False) -> None:
        """Add a comment; a status must belong to the order's state. CannotDo otherwise."""
        if status is not None and status not in (order.status, STATUSES[order.state]):
            says = 'Unable to add comment: The status "%1" is not part of the order\n                 status history.'
            raise CannotDo(says, [status])
        order.comments.append(
            {
                "comment": text,
                "created_at": stamp(self._now()),
                "entity_id": self._take("comment"),
                "is_customer_notified": 0,
                "is_visible_on_front": 0,
                "parent_id": order.entity_id,
                "status": status or order.status,
            }
        )
        if not silent:
            self._say("order.changed", _subject(order), via=via)

    def refund(self, order: Order, refund: AskedRefund, *, via: str) -> CreditMemo:
        """Make the credit memo of a plugin's refund; the caller has checked line ids and the sum left."""
        by_line = order.item_by_line
        grouped: dict[int, list[tuple[str, Decimal, Decimal]]] = {}
        for line_id, amount, tax, _fees in refund.lines:
            grouped.setdefault(by_line[line_id].item_id, []).append((line_id, amount, tax))
        lines = []
        for item in order.items:
            parts = grouped.get(item.item_id)
            if not parts:
                continue
            known = {line_id for memo in order.memos for line_id in memo.line_ids}
            fresh = {line_id for line_id, _, _ in parts} - known
            item.refunded += len(fresh)
            lines.append(
                (
                    item,
                    Decimal(len(parts)),
                    sum((a for _, a, _ in parts), Decimal(0)),
                    sum((t for *_, t in parts), Decimal(0)),
                )
            )
            if refund.restock:
                back = {line_id for line_id, _, _ in parts} - order.restocked
                order.restocked |= back
                self._return(item, Decimal(len(back)), via)
        memo = CreditMemo(
            self._take("memo"), order.entity_id, lines, refund.shipping, refund.shipping_tax,
            refund.adjustment + sum((fees for *_, fees in refund.lines), Decimal(0)), refund.total, self._now(),
            refund.refund_key, tuple(line_id for line_id, *_ in refund.lines),
        )  # fmt: skip
        self._refunded(order, memo, via)
        return memo

    def refund_items(
        self, order: Order, wanted: dict[int, Decimal] | None, *, shipping: Decimal | None, adjustment: Decimal,
        restock: set[int], via: str,
    ) -> CreditMemo:  # fmt: skip
        """The shop's own refund by item quantities (None: all that is left). CannotDo where it refuses."""
        if order.state in ("canceled", "closed", "holded") or not any(i.invoiced for i in order.items):
            raise CannotDo("Creditmemo Document Validation Error(s):\nThe order does not allow a creditmemo to be created.")
        lines = []
        for item in order.items:
            left = item.invoiced - item.refunded
            quantity = left if wanted is None else wanted.get(item.item_id, Decimal(0))
            if quantity > left:
                raise CannotDo(
                    "Creditmemo Document Validation Error(s):\nThe quantity to creditmemo must not be greater than "
                    f'the unrefunded quantity for product SKU "{item.sku}".'
                )
            if quantity <= 0:
                continue
            share = quantity / item.quantity
            amount = ((item.row_total - item.discount) * share).quantize(unit(order.currency))
            lines.append((item, quantity, amount, (item.tax * share).quantize(unit(order.currency))))
        net_shipping = order.shipping - order.shipping_discount
        given = sum((memo.shipping for memo in order.memos), Decimal(0))
        shipping = net_shipping - given if shipping is None and wanted is None else shipping or Decimal(0)
        total = sum((amount for _, _, amount, _ in lines), shipping + adjustment)
        if not order.prices_include_tax:
            total += sum((tax for *_, tax in lines), Decimal(0))
        total = min(total, order.grand - order.refunded_total)
        for item, quantity, _, _ in lines:
            item.refunded += quantity
            if item.item_id in restock:
                self._return(item, quantity, via)
        memo = CreditMemo(self._take("memo"), order.entity_id, lines, shipping, Decimal(0), adjustment, total, self._now())
        self._refunded(order, memo, via)
        return memo

    def _return(self, item: Item, quantity: Decimal, via: str) -> None:
        if item.product_id is None or item.product_id not in self._catalogue.products or not quantity:
            return
        if item.shipped < item.quantity:
            # These units never left: only their reservation ends.
            self._catalogue.reserve(item.sku, quantity)
        else:
            self._catalogue.products[item.product_id].quantity += quantity
        self._stock_said(item, via)

    def _refunded(self, order: Order, memo: CreditMemo, via: str) -> None:
        order.memos.append(memo)
        order.refunded_total += memo.total
        if order.refunded_total >= order.grand:
            self._move(order, "closed")
        else:
            self._settle(order)
        self._changed(order, via)
        self._say("refund.created", _subject(order), via=via)

    def _settle(self, order: Order) -> None:
        shipped = not any(item.to_ship > 0 for item in order.items)
        invoiced = all(item.invoiced + item.cancelled >= item.quantity for item in order.items)
        if order.state == "processing" and shipped and invoiced:
            self._move(order, "complete")
        elif order.state == "new" and (any(i.shipped for i in order.items) or invoiced):
            self._move(order, "processing")

    def _move(self, order: Order, state: str) -> None:
        order.state = state
        order.status = STATUSES[state]

    def _changed(self, order: Order, via: str) -> None:
        order.updated_at = self._now()
        self._say("order.changed", _subject(order), via=via)

    def _stock_said(self, item: Item, via: str) -> None:
        product = self._catalogue.products.get(item.product_id) if item.product_id else None
        if product is not None:
            self._say("stock.changed", product, via=via, hint={"qty": str(self._catalogue.salable(product))})

    # -- showing ------------------------------------------------------------------------------------------------

    def read(self, order: Order, name: str) -> Any:
        """A field for searching. KeyError for one the table does not have."""
        return {
            "entity_id": order.entity_id, "increment_id": order.increment_id, "ext_order_id": order.key,
            "state": order.state, "status": order.status, "store_id": order.store_id,
            "created_at": stamp(order.created_at), "updated_at": stamp(order.updated_at),
            "grand_total": order.grand, "customer_email": order.buyer.get("email"),
        }[name]  # fmt: skip

    def shown(self, order: Order) -> dict[str, Any]:
        """An order as REST answers it: every amount twice, absent fields left out."""
        subtotal = sum((item.row_total for item in order.items), Decimal(0))
        line_tax = sum((item.tax for item in order.items), Decimal(0))
        discount = sum((item.discount for item in order.items), order.shipping_discount)
        net_first = order.prices_include_tax
        money = {
            "discount_amount": -discount,
            "grand_total": order.grand,
            "discount_tax_compensation_amount": Decimal(0),
            "shipping_amount": order.shipping - (order.shipping_tax if net_first else 0),
            "shipping_discount_amount": order.shipping_discount,
            "shipping_incl_tax": order.shipping + (0 if net_first else order.shipping_tax),
            "shipping_tax_amount": order.shipping_tax,
            "subtotal": subtotal - (line_tax if net_first else 0),
            "subtotal_incl_tax": subtotal + (0 if net_first else line_tax),
            "tax_amount": order.tax,
            "total_due": order.grand - order.invoiced_total,
        }
        if order.invoiced_total:
            money["total_invoiced"] = money["total_paid"] = order.invoiced_total
        if order.refunded_total:
            money["total_refunded"] = order.refunded_total
        body: dict[str, Any] = {}
        for name, amount in money.items():
            body[f"base_{name}"] = body[name] = number(amount)
        names = str(order.buyer.get("name") or "").split(" ", 1)
        body |= {
            "base_currency_code": self._catalogue.currency,
            "base_to_global_rate": 1,
            "base_to_order_rate": 1,
            "billing_address_id": order.entity_id * 2,
            "created_at": stamp(order.created_at),
            "customer_email": order.buyer.get("email"),
            "customer_firstname": order.buyer.get("first") or names[0],
            "customer_group_id": 0,
            "customer_is_guest": 1,
            "customer_lastname": order.buyer.get("last") or names[-1],
            "entity_id": order.entity_id,
            "global_currency_code": self._catalogue.currency,
            "increment_id": order.increment_id,
            "is_virtual": int(all(item.product_type == "virtual" for item in order.items)),
            "order_currency_code": order.currency,
            "protect_code": hashlib.md5(order.increment_id.encode()).hexdigest(),  # noqa: S324 - a page address
            "shipping_description": order.shipping_title,
            "state": order.state,
            "status": order.status,
            "store_currency_code": self._catalogue.currency,
            "store_id": order.store_id,
            "store_name": "Main Website\nMain Website Store\nDefault Store View",
            "store_to_base_rate": 0,
            "store_to_order_rate": 0,
            "total_item_count": len(order.items),
            "total_qty_ordered": number(sum((item.quantity for item in order.items), Decimal(0))),
            "updated_at": stamp(order.updated_at),
            "weight": number(sum((item.weight * item.quantity for item in order.items), Decimal(0))),
            "items": [self._item_shown(order, item) for item in order.items],
            "billing_address": _address(order, order.bill_to or order.ship_to, "billing"),
            "payment": {
                "account_status": None,
                "additional_information": [str(order.payment.get("title") or "")],
                "amount_ordered": number(order.grand),
                "base_amount_ordered": number(order.grand),
                "cc_last4": None,
                "entity_id": order.entity_id,
                "method": order.payment.get("method") or "shopbridge",
                "parent_id": order.entity_id,
            },
            "status_histories": order.comments,
        }
        if order.key is not None:
            body["ext_order_id"] = order.key
        body["extension_attributes"] = {
            "shipping_assignments": [
                {
                    "shipping": {
                        "address": _address(order, order.ship_to, "shipping"),
                        "method": "shopbridge_tiktok",
                        "total": {"shipping_amount": body["shipping_amount"]},
                    },
                    "items": body["items"],
                }
            ],
            "applied_taxes": [{"code": order.tax_title, "title": order.tax_title, "amount": number(order.tax)}] if order.tax else [],
        }
        return dict(sorted(body.items(), key=lambda pair: pair[0] in _LAST))

    def _item_shown(self, order: Order, item: Item) -> dict[str, Any]:
        net_first = order.prices_include_tax
        row = item.row_total - (item.tax if net_first else 0)
        row_with_tax = item.row_total + (0 if net_first else item.tax)
        amounts = {
            "amount_refunded": sum((a for memo in order.memos for i, _, a, _ in memo.lines if i is item), Decimal(0)),
            "discount_amount": item.discount,
            "discount_invoiced": Decimal(0),
            "discount_tax_compensation_amount": Decimal(0),
            "original_price": row_with_tax / item.quantity if item.quantity else Decimal(0),
            "price": row / item.quantity if item.quantity else Decimal(0),
            "price_incl_tax": row_with_tax / item.quantity if item.quantity else Decimal(0),
            "row_invoiced": Decimal(0),
            # REST takes the discount off both of these: not the stored figures.
            "row_total": row - item.discount,
            "row_total_incl_tax": row_with_tax - item.discount,
            "tax_amount": item.tax,
            "tax_invoiced": Decimal(0),
        }
        body: dict[str, Any] = {}
        for name, amount in amounts.items():
            body[f"base_{name}"] = body[name] = number(amount.quantize(Decimal("0.0001")))
        base = item.row_total - item.discount - (item.tax if net_first else 0)
        body |= {
            "created_at": stamp(order.created_at),
            "discount_percent": 0,
            "free_shipping": 0,
            "is_qty_decimal": 0,
            "is_virtual": int(item.raw.get("is_virtual") or item.product_type == "virtual"),
            "item_id": item.item_id,
            "name": item.name,
            "no_discount": 0,
            "order_id": order.entity_id,
            "product_type": item.product_type,
            "qty_canceled": number(item.cancelled),
            "qty_invoiced": number(item.invoiced),
            "qty_ordered": number(item.quantity),
            "qty_refunded": number(item.refunded),
            "qty_shipped": number(item.shipped),
            "row_weight": number(item.weight * item.quantity),
            "sku": item.sku,
            "store_id": order.store_id,
            "tax_percent": number((item.tax * 100 / base).quantize(Decimal("0.01"))) if base else 0,
            "updated_at": stamp(order.updated_at),
            "weight": number(item.weight),
        }
        if item.product_id is not None:
            body["product_id"] = item.product_id
        if item.raw.get("additional_data"):
            body["additional_data"] = item.raw["additional_data"]
        return body

    def shipment_shown(self, shipment: Shipment) -> dict[str, Any]:
        """A shipment with its items and tracks."""
        order = self.orders[shipment.order_id]
        created = stamp(shipment.created_at)
        comments = []
        if shipment.comment:
            comments.append(
                {
                    "is_customer_notified": 0, "parent_id": shipment.entity_id, "comment": shipment.comment,
                    "is_visible_on_front": 0, "created_at": created, "entity_id": shipment.entity_id,
                }
            )  # fmt: skip
        return {
            "billing_address_id": order.entity_id * 2,
            "created_at": created,
            "entity_id": shipment.entity_id,
            "increment_id": f"{shipment.entity_id:09d}",
            "order_id": order.entity_id,
            "packages": [],
            "shipping_address_id": order.entity_id * 2 - 1,
            "store_id": order.store_id,
            "total_qty": number(sum((quantity for _, quantity in shipment.lines), Decimal(0))),
            "updated_at": created,
            "items": [
                {
                    "entity_id": shipment.entity_id * 100 + place,
                    "name": item.name,
                    "parent_id": shipment.entity_id,
                    "price": number((item.row_total / item.quantity).quantize(Decimal("0.0001"))),
                    "product_id": item.product_id,
                    "sku": item.sku,
                    "weight": number(item.weight),
                    "order_item_id": item.item_id,
                    "qty": number(quantity),
                }
                for place, (item, quantity) in enumerate(shipment.lines)
            ],
            "tracks": [self.track_shown(shipment, track) for track in shipment.tracks],
            "comments": comments,
            "extension_attributes": {"source_code": SOURCE},
        }

    def track_shown(self, shipment: Shipment, track: Track) -> dict[str, Any]:
        """One tracking number."""
        return {
            "order_id": shipment.order_id,
            "created_at": stamp(track.created_at),
            "entity_id": track.entity_id,
            "parent_id": shipment.entity_id,
            "updated_at": stamp(track.created_at),
            "weight": number(track.weight),
            "qty": number(track.quantity),
            "description": track.description,
            "track_number": track.number,
            "title": track.title,
            "carrier_code": track.carrier_code,
        }

    def memo_shown(self, memo: CreditMemo) -> dict[str, Any]:
        """A credit memo."""
        order = self.orders[memo.order_id]
        goods = sum((amount for _, _, amount, _ in memo.lines), Decimal(0))
        tax = sum((line_tax for *_, line_tax in memo.lines), memo.shipping_tax)
        amounts = {
            "adjustment": memo.adjustment,
            "adjustment_negative": max(-memo.adjustment, Decimal(0)),
            "adjustment_positive": max(memo.adjustment, Decimal(0)),
            "discount_amount": Decimal(0),
            "grand_total": memo.total,
            "discount_tax_compensation_amount": Decimal(0),
            "shipping_amount": memo.shipping,
            "shipping_incl_tax": memo.shipping + memo.shipping_tax,
            "shipping_tax_amount": memo.shipping_tax,
            "subtotal": goods,
            "subtotal_incl_tax": goods + tax - memo.shipping_tax,
            "tax_amount": tax,
        }
        body: dict[str, Any] = {}
        for name, amount in amounts.items():
            body[f"base_{name}"] = body[name] = number(amount)
        return body | {
            "base_currency_code": self._catalogue.currency,
            "base_to_global_rate": 1,
            "base_to_order_rate": 1,
            "billing_address_id": order.entity_id * 2,
            "created_at": stamp(memo.created_at),
            "entity_id": memo.entity_id,
            "global_currency_code": self._catalogue.currency,
            "increment_id": f"{memo.entity_id:09d}",
            "order_currency_code": order.currency,
            "order_id": order.entity_id,
            "shipping_address_id": order.entity_id * 2 - 1,
            "state": 2,
            "store_currency_code": self._catalogue.currency,
            "store_id": order.store_id,
            "store_to_base_rate": 0,
            "store_to_order_rate": 0,
            "updated_at": stamp(memo.created_at),
            "items": [
                {
                    "base_cost": None,
                    "entity_id": memo.entity_id * 100 + place,
                    "name": item.name,
                    "order_item_id": item.item_id,
                    "parent_id": memo.entity_id,
                    "product_id": item.product_id,
                    "qty": number(quantity),
                    "price": number((amount / quantity).quantize(Decimal("0.0001"))),
                    "base_price": number((amount / quantity).quantize(Decimal("0.0001"))),
                    "price_incl_tax": number(((amount + line_tax) / quantity).quantize(Decimal("0.0001"))),
                    "base_price_incl_tax": number(((amount + line_tax) / quantity).quantize(Decimal("0.0001"))),
                    "row_total": number(amount),
                    "base_row_total": number(amount),
                    "row_total_incl_tax": number(amount + line_tax),
                    "base_row_total_incl_tax": number(amount + line_tax),
                    "sku": item.sku,
                    "tax_amount": number(line_tax),
                    "base_tax_amount": number(line_tax),
                }
                for place, (item, quantity, amount, line_tax) in enumerate(memo.lines)
            ],
            "comments": [],
        }


_LAST = ("items", "billing_address", "payment", "status_histories", "extension_attributes")


def _subject(order: Order) -> dict[str, str]:
    subject = {"kind": "order", "id": str(order.entity_id)}
    return subject | ({"key": order.key} if order.key else {})


def _money(entity: dict[str, Any], name: str) -> Decimal:
    return Decimal(str(entity.get(name) or 0))


def _from_magento(address: dict[str, Any]) -> dict[str, Any]:
    name = f"{address.get('firstname', '')} {address.get('lastname', '')}".strip()
    return {
        "name": name, "lines": address.get("street") or [], "city": address.get("city"),
        "region": address.get("region"), "postcode": address.get("postcode"),
        "country": address.get("country_id"), "phone": address.get("telephone"),
    }  # fmt: skip


def _address(order: Order, address: dict[str, Any], kind: str) -> dict[str, Any]:
    names = str(address.get("name") or "").split(" ", 1)
    return {
        "address_type": kind,
        "city": address.get("city") or "",
        "country_id": address.get("country") or "",
        "email": order.buyer.get("email"),
        "entity_id": order.entity_id * 2 - (kind == "shipping"),
        "firstname": names[0],
        "lastname": names[-1],
        "parent_id": order.entity_id,
        "postcode": address.get("postcode") or "",
        "region": address.get("region") or "",
        "street": list(address.get("lines") or []),
        "telephone": address.get("phone") or "",
    }

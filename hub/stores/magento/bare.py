"""Magento without our module: what its own REST routes can do (contracts/magento.md 4.1, 4.2, 5).

A directly posted order reserves no stock and knows totals only; its number carries the key, and Magento refuses a number
that stands already: so it is created once all the same. A refund of an exact amount has no route and is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from hub import clock
from hub.domain.money import decimal_of, text
from hub.domain.orders import Address, OrderDraft, Parcel, Refund, StoreOrder, StoreOrderState
from hub.domain.problems import problem
from hub.domain.products import Offer, Product, ProductKind, VariantRef
from hub.domain.sequences import batches
from hub.errors import Refused
from hub.stores.dates import zone_of
from hub.stores.magento import translate
from hub.stores.magento.client import Client, criteria
from hub.stores.plugin import state_of

SKUS_A_CALL = 20
ALTERNATIVES = 9
LINE_IDS = "tiktok_line_ids"
NUMBER_PREFIX = "TT"
# Magento refuses to say a quantity of the others, which have none of their own.
_WITH_STOCK = frozenset({ProductKind.SIMPLE, ProductKind.CONFIGURABLE, ProductKind.VIRTUAL})
_SAFE_IN_A_PATH = re.compile(r"[A-Za-z0-9._-]+")
_NO_MASK = re.compile(r"[^\w .'-]+")


class Bare:
    """The same questions as the module answers, asked of core."""

    def __init__(self, client: Client, config: Callable[[str], Mapping[str, Any]]) -> None:
        self._client = client
        self._config = config

    # -- prices and stock

    def offers(self, products: Sequence[Product], scope: str) -> Iterator[Offer]:
        """Base price, special price within its dates (in the store's time), salable quantity. Rule prices are not seen."""
        config = self._config(scope)
        currency = str(config.get("base_currency_code") or config.get("default_display_currency_code") or "")
        refs = {one.sku: (product, one) for product in products for one in product.variants}
        stock_id = self._stock_id(config)
        for some in batches(list(refs), SKUS_A_CALL):
            prices = {sku: decimal_of(str(row["price"])) for sku, row in self._prices("base-prices-information", some, config).items()}
            specials = self._specials(some, config)
            flags = self._source_items(some)
            for sku in some:
                if sku not in prices:
                    continue
                product, variant = refs[sku]
                special = specials.get(sku)
                effective = min(prices[sku], special) if special is not None else prices[sku]
                yield Offer(
                    ref=VariantRef(product.product_id, variant.variant_id, sku), scope=scope, price=prices[sku],
                    effective_price=effective, currency=currency, tax_included=False,
                    salable=self._salable(sku, stock_id, flags) if product.kind in _WITH_STOCK else 0,
                    compare_at=prices[sku] if effective < prices[sku] else None, active=product.active and variant.active)

    def _prices(self, route: str, skus: Sequence[str], config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """One row a SKU: the store view's own, else the one for all. Magento gives out the rows of every view at once."""
        found: dict[str, Mapping[str, Any]] = {}
        own = int(config.get("id") or 0)
        for row in self._client.read(f"products/{route}", {"skus": list(skus)}) or []:
            view = int(row.get("store_id") or 0)
            if row.get("price") is not None and (view == own or view == 0 and str(row["sku"]) not in found):
                found[str(row["sku"])] = row
        return found

    def _specials(self, skus: Sequence[str], config: Mapping[str, Any]) -> dict[str, Decimal]:
        """Those that hold today. The last day counts whole, whatever time stands in its date."""
        now, found = clock.now().astimezone(zone_of(str(config.get("timezone", "")))).replace(tzinfo=None), {}
        for sku, row in self._prices("special-price-information", skus, config).items():
            start, end = (_local(row.get(name)) for name in ("price_from", "price_to"))
            if (start is None or start <= now) and (end is None or now.date() <= end.date()):
                found[sku] = decimal_of(str(row["price"]))
        return found

    def _source_items(self, skus: Sequence[str]) -> dict[str, Decimal]:
        """A SKU with a comma can't stand in a list: each is asked for by itself, few at a time for the signature's sake."""
        plain, odd = [one for one in skus if "," not in one], [one for one in skus if "," in one]
        asked = [[("sku", "in", ",".join(plain))]] if plain else []
        asked += [[("sku", "eq", one) for one in some] for some in batches(odd, ALTERNATIVES)]
        found: dict[str, Decimal] = {}
        for alternatives in asked:
            for row in (self._client.get("inventory/source-items", criteria([alternatives], size=500)) or {}).get("items") or ():
                if int(row.get("status") or 0) == 1:
                    found[str(row["sku"])] = found.get(str(row["sku"]), Decimal(0)) + decimal_of(str(row["quantity"]))
        return found

    def _stock_id(self, config: Mapping[str, Any]) -> int | None:
        """The stock that the scope's website sells from."""
        websites = [one for one in self._client.get("store/websites") or [] if one.get("code") != "admin"]
        code = next((str(one["code"]) for one in websites if str(one.get("id")) == str(config.get("website_id"))),
                    str(websites[0]["code"]) if websites else "base")
        stock = self._client.get(f"inventory/stock-resolver/website/{code}") if _SAFE_IN_A_PATH.fullmatch(code) else None
        return int(stock["stock_id"]) if stock else None

    def _salable(self, sku: str, stock_id: int | None, quantities: Mapping[str, Decimal]) -> int:
        """With reservations where the SKU can stand in a path; the sources' sum where it can't."""
        if stock_id is not None and _SAFE_IN_A_PATH.fullmatch(sku):
            answer = self._client.get(f"inventory/get-product-salable-quantity/{sku}/{stock_id}")
            return max(0, int(decimal_of(str(answer or 0))))
        return max(0, int(quantities.get(sku, Decimal(0))))

    # -- orders

    def order(self, key: str) -> StoreOrder | None:
        """By ``ext_order_id``; None where there is none."""
        row = self._row(key)
        return self._read(row, with_parcels=True) if row is not None else None

    def create_order(self, draft: OrderDraft, store: str) -> StoreOrder:
        """Posts it under a number made from the key; where that number stands already, the order that has it."""
        before = self.order(draft.key)
        if before is not None:
            return before
        try:
            self._client.write("POST", "orders", {"entity": self._entity(draft, store)}, "magento.orders.create")
        except Refused as error:
            found = self.order(draft.key) if "constraint" in error.says else None
            if found is None:
                raise Refused(error.says, problems=(problem("order.store_refused", says=error.says),)) from error
            return found
        made = self.order(draft.key)
        if made is not None and draft.hold_until is not None:
            self.set_status(draft.key, "", True)
            made = self.order(draft.key)
        if made is None:
            raise Refused("The store took the order and does not show it.", problems=(
                problem("order.store_refused", says="It took the order and does not show it."),))
        return made

    def marked_orders(self, start: datetime, end: datetime) -> Iterator[StoreOrder]:
        """All that carry a key, in the order of their ids."""
        pages = self._client.rows("orders", [
            [("created_at", "gteq", translate.stamp(start))], [("created_at", "lt", translate.stamp(end))], [("ext_order_id", "notnull", "1")]])
        for page in pages:
            for row in page:
                yield self._read(row, with_parcels=False)

    def changed_keys(self, since: datetime) -> list[str]:
        """Keys of marked orders changed since then. A shipment does not always move its order's date, so both are asked."""
        moment = translate.stamp(since)
        keys = dict.fromkeys(str(row["ext_order_id"]) for page in self._client.rows(
            "orders", [[("updated_at", "gteq", moment)], [("ext_order_id", "notnull", "1")]],
            fields="items[entity_id,ext_order_id],total_count") for row in page)
        shipped = {str(row["order_id"]) for page in self._client.rows("shipments", [[("created_at", "gteq", moment)]]) for row in page}
        for some in batches(sorted(shipped), 100):
            for page in self._client.rows("orders", [[("entity_id", "in", ",".join(some))], [("ext_order_id", "notnull", "1")]]):
                keys |= dict.fromkeys(str(row["ext_order_id"]) for row in page)
        return list(keys)

    def ship(self, key: str, parcel: Parcel) -> None:
        """Ships what the parcel names; a tracking number that stands already is not sent again."""
        row = self._required(key)
        there = self._read(row, with_parcels=True)
        if any(one.tracking_number == parcel.tracking_number for one in there.parcels):
            return
        body: dict[str, Any] = {"notify": False, "tracks": [{
            "track_number": parcel.tracking_number, "title": parcel.carrier_title, "carrier_code": parcel.carrier_code or "custom"}]}
        known = {name: int(item["item_id"]) for item in row.get("items") or () for name in (str(item["sku"]), *_line_ids(item))}
        named: dict[int, int] = {}
        for name, count in parcel.quantities.items():
            if name in known:
                named[known[name]] = named.get(known[name], 0) + count
        if named:
            body["items"] = [{"order_item_id": item, "qty": count} for item, count in named.items()]
        self._client.write("POST", f"order/{row['entity_id']}/ship", body, "magento.orders.ship")

    def cancel_order(self, key: str, reason: str) -> StoreOrder:
        """Magento answers false, not an error, where it can't be. It would cancel one that is on its way, for want of an invoice."""
        row = self._required(key)
        if row.get("state") != "canceled":
            if any(decimal_of(str(item.get("qty_shipped") or 0)) for item in row.get("items") or ()):
                raise Refused("its order is shipped", state="shipped")
            if row.get("state") == "holded":
                self._client.write("POST", f"orders/{row['entity_id']}/unhold", {}, "magento.orders.unhold")
            if self._client.write("POST", f"orders/{row['entity_id']}/cancel", {}, "magento.orders.cancel") is not True:
                raise Refused(f"its order is {row.get('state')}", state=str(row.get("state")))
        return self._read(self._required(key), with_parcels=True)

    def refund(self, key: str, refund: Refund) -> None:
        """Core can't refund a part of a line to the cent: a person does it."""
        raise Refused("Without the Shopbridge module a refund of an exact amount can't be made in Magento.", problems=(problem(
            "refund.refused", says="the Shopbridge module is not installed", amount=text(refund.total, refund.currency)),))

    def set_status(self, key: str, status: str, hold: bool | None) -> None:
        """Hold and release; TikTok's word has no place without the module."""
        row = self._required(key)
        is_held = row.get("state") == "holded"
        if hold and not is_held:
            self._client.write("POST", f"orders/{row['entity_id']}/hold", {}, "magento.orders.hold")
        elif hold is False and is_held:
            self._client.write("POST", f"orders/{row['entity_id']}/unhold", {}, "magento.orders.unhold")

    def _row(self, key: str) -> Mapping[str, Any] | None:
        found = (self._client.get("orders", criteria([[("ext_order_id", "eq", key)]], sort=("entity_id",), size=10)) or {}).get("items") or []
        return found[0] if found else None

    def _required(self, key: str) -> Mapping[str, Any]:
        row = self._row(key)
        if row is None:
            raise Refused("The store does not have this order.", code="not_found")
        return row

    def _read(self, row: Mapping[str, Any], *, with_parcels: bool) -> StoreOrder:
        raw_state = str(row.get("state") or "")
        state = state_of(raw_state)
        return StoreOrder(
            order_id=str(row["entity_id"]), number=str(row["increment_id"]), key=str(row.get("ext_order_id") or ""),
            state=state if state is not StoreOrderState.UNKNOWN else StoreOrderState.OPEN, raw_state=raw_state,
            grand=decimal_of(str(row.get("grand_total") or 0)), currency=str(row.get("order_currency_code") or ""),
            created_at=translate.moment(row.get("created_at")), refunded=decimal_of(str(row.get("total_refunded") or 0)),
            parcels=self._parcels(row) if with_parcels else ())

    def _parcels(self, row: Mapping[str, Any]) -> tuple[Parcel, ...]:
        found = []
        for page in self._client.rows("shipments", [[("order_id", "eq", str(row["entity_id"]))]]):
            for shipment in page:
                units = {str(item["sku"]): int(decimal_of(str(item["qty"]))) for item in shipment.get("items") or ()}
                for place, track in enumerate(shipment.get("tracks") or [{}]):
                    name = str(shipment["entity_id"]) + (f".{place + 1}" if place else "")
                    found.append(Parcel(parcel_id=name, carrier_code=str(track.get("carrier_code") or ""),
                                        carrier_title=str(track.get("title") or ""),
                                        tracking_number=str(track.get("track_number") or ""), quantities=units))
        return tuple(found)

    # -- the body of a posted order (5.2): every amount twice, identity grand = subtotal + tax + shipping + discount

    def _entity(self, draft: OrderDraft, store: str) -> dict[str, Any]:
        included = draft.prices_include_tax
        store_id = int(self._config(store).get("id") or 1)
        lines = [self._item(line, draft, store_id) for line in draft.lines]
        discount = sum((line.seller_discount + line.platform_discount for line in draft.lines), Decimal(0))
        shipping_tax = draft.shipping.tax + sum((fee.tax for fee in draft.fees), Decimal(0))
        shipping = draft.shipping.net + draft.fees_total - (shipping_tax if included else 0)
        line_tax = sum((line.tax for line in draft.lines), Decimal(0))
        subtotal = sum((line.gross for line in draft.lines), Decimal(0)) - (line_tax if included else 0)
        amounts = {
            "subtotal": subtotal, "subtotal_incl_tax": subtotal + line_tax, "shipping_amount": shipping,
            "shipping_incl_tax": shipping + shipping_tax, "shipping_tax_amount": shipping_tax, "tax_amount": draft.tax,
            "discount_amount": -discount, "grand_total": draft.grand, "total_due": draft.grand,
        }
        first, last = _names(draft.buyer_name or draft.ship_to.name)
        fees = "".join(f" + {fee.title} {text(fee.amount, draft.currency)}" for fee in draft.fees)
        address = self._address(draft.ship_to, draft)
        item_count = sum(line.quantity for line in draft.lines)
        return {
            "increment_id": f"{NUMBER_PREFIX}{draft.key}", "ext_order_id": draft.key, "store_id": store_id,
            "state": "processing", "status": "processing", "customer_is_guest": 1, "customer_group_id": 0,
            "customer_email": draft.buyer_email or f"{draft.key}@tiktok.invalid", "customer_firstname": first, "customer_lastname": last,
            **{name: draft.currency for name in ("base_currency_code", "global_currency_code", "order_currency_code", "store_currency_code")},
            "base_to_global_rate": 1, "base_to_order_rate": 1, "total_qty_ordered": item_count, "total_item_count": len(lines),
            **_twice(amounts, draft.currency), "discount_description": "TikTok Shop", "items": lines,
            "shipping_description": f"{draft.shipping.title}{fees}"[:255],
            "billing_address": {**(self._address(draft.bill_to, draft) if draft.bill_to else address), "address_type": "billing"},
            "payment": {"method": "checkmo", "additional_information": [draft.payment_title],
                        **_twice({"amount_ordered": draft.grand}, draft.currency)},
            "is_virtual": int(all(line.virtual for line in draft.lines)),
            "status_histories": [{"comment": f"TikTok Shop order {draft.key}. {draft.note}".strip()[:1000], "is_customer_notified": 0,
                                  "is_visible_on_front": 0, "status": "processing"}],
            "extension_attributes": {"shipping_assignments": [{
                "shipping": {"address": {**address, "address_type": "shipping"}, "method": "flatrate_flatrate"}, "items": lines}]},
        }

    def _item(self, line: Any, draft: OrderDraft, store_id: int) -> dict[str, Any]:
        """A line. Without its own ``store_id`` Magento finds no stock for it and can't cancel the order; the ids of TikTok
        Shop's units stand in the one field of a line that nobody else uses, so that a parcel with a part of it can be made."""
        total = line.gross - (line.tax if draft.prices_include_tax else 0)
        amounts = {"row_total": total, "row_total_incl_tax": total + line.tax, "tax_amount": line.tax,
                   "discount_amount": line.seller_discount + line.platform_discount}
        each = {"price": total / line.quantity, "original_price": total / line.quantity, "price_incl_tax": (total + line.tax) / line.quantity}
        return {"sku": line.sku, "product_id": int(line.variant_id or line.product_id), "name": line.title, "qty_ordered": line.quantity,
                "product_type": "virtual" if line.virtual else "simple", "is_virtual": int(line.virtual), "store_id": store_id,
                "additional_data": json.dumps({LINE_IDS: list(line.line_ids)}), **_twice(amounts, draft.currency),
                **{f"{prefix}{name}": f"{value:.4f}" for name, value in each.items() for prefix in ("", "base_")}}

    def _address(self, address: Address, draft: OrderDraft) -> dict[str, Any]:
        first, last = _names(address.name or draft.buyer_name)
        return {"firstname": first, "lastname": last, "street": [one for one in address.lines if one] or ["-"], "city": address.city or "-",
                "region": address.region, "postcode": address.postcode, "country_id": address.country,
                "telephone": address.phone or draft.buyer_phone or "-", "email": draft.buyer_email or f"{draft.key}@tiktok.invalid"}


def _twice(amounts: Mapping[str, Decimal], currency: str) -> dict[str, str]:
    return {f"{prefix}{name}": text(amount, currency) for name, amount in amounts.items() for prefix in ("", "base_")}


def _names(whole: str) -> tuple[str, str]:
    parts = _NO_MASK.sub("", whole).split()
    return (parts[0] if parts else "TikTok"), (" ".join(parts[1:]) or "Buyer")


def _line_ids(item: Mapping[str, Any]) -> list[str]:
    """The ids of TikTok Shop that were posted with a line; none in an order that another wrote."""
    try:
        said = json.loads(str(item.get("additional_data") or "{}"))
    except ValueError:
        return []
    found = said.get(LINE_IDS) if isinstance(said, Mapping) else None
    return [str(one) for one in found] if isinstance(found, list) else []


def _local(value: Any) -> datetime | None:
    """A special price's date, which is the store's local time."""
    found = translate.moment(value)
    return found.replace(tzinfo=None) if found else None

"""PrestaShop without our module: what the webservice can do by itself (contracts/prestashop.md 3, 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.domain.products import Offer, VariantRef
from hub.domain.sequences import batches
from hub.stores.prestashop import translate
from hub.stores.prestashop.client import PAGE, Client

# A TikTok order id, as other payments carry none.
_KEY = re.compile(r"\d{15,20}")
# Computed by the shop's own price code: a guest's price with tax, before and after reductions.
_PRICES: Mapping[str, Any] = {
    f"price[{name}][{option}]": value for name, reduced in (("shelf", "0"), ("now", "1"))
    for option, value in (("use_tax", "1"), ("use_reduction", reduced))}


class Bare:
    """The same questions as the module answers, asked of the webservice."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def offers(self, product_ids: Sequence[str], scope: str, currency: str, allows_backorders: bool) -> Iterator[Offer]:
        """Prices with tax as the shop computes them for its default country, and the stock rows."""
        for some in batches([one for one in product_ids if one.isdigit()], PAGE):
            among = f"[{'|'.join(some)}]"
            products = {str(row["id"]): row for row in self._client.page("products", filters={"id": among}, **_PRICES)}
            combinations = [row for page in self._client.rows("combinations", filters={"id_product": among}, **_PRICES) for row in page]
            stock = {(str(row["id_product"]), str(row["id_product_attribute"])): row
                     for page in self._client.rows("stock_availables", filters={"id_product": among}) for row in page}
            sold = [(products[str(row["id_product"])], row) for row in combinations if str(row["id_product"]) in products]
            with_combinations = {str(row["id_product"]) for row in combinations}
            sold += [(row, row) for number, row in products.items() if number not in with_combinations]
            for product, row in sold:
                yield self._offer(product, row, stock, scope, currency, allows_backorders)

    def _offer(self, product: Mapping[str, Any], row: Mapping[str, Any], stock: Mapping[tuple[str, str], Mapping[str, Any]], scope: str,
               currency: str, allows_backorders: bool) -> Offer:
        product_id, attribute = str(product["id"]), "0" if row is product else str(row["id"])
        held = stock.get((product_id, attribute), {})
        regular, effective = translate.number(row.get("shelf")), translate.number(row.get("now"))
        policy = str(held.get("out_of_stock", "2"))
        return Offer(
            ref=VariantRef(product_id, product_id if row is product else str(row["id"]), str(row.get("reference") or "")), scope=scope,
            price=regular, effective_price=effective, currency=currency, tax_included=True,
            salable=max(0, int(translate.number(held.get("quantity")))), compare_at=regular if effective < regular else None,
            backorders=policy == "1" or (policy == "2" and allows_backorders), active=translate.is_on(product.get("active")))

    def changed_keys(self, since: datetime, shop_zone: Any, now: datetime) -> list[str]:
        """Keys of orders whose date moved since then: the key stands in the payment."""
        span = f"[{translate.stamp(since, shop_zone)},{translate.stamp(now, shop_zone)}]"
        references = [str(row["reference"]) for page in self._client.rows(
            "orders", filters={"date_upd": span}, display="[id,reference]", date="1") for row in page]
        keys: dict[str, None] = {}
        for some in batches(dict.fromkeys(references), PAGE):
            for page in self._client.rows("order_payments", filters={"order_reference": f"[{'|'.join(some)}]"},
                                          display="[id,order_reference,transaction_id]"):
                keys |= dict.fromkeys(str(row["transaction_id"]) for row in page if _KEY.fullmatch(str(row.get("transaction_id") or "")))
        return list(keys)


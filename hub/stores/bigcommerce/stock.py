"""Stock around an order: what is left before it, and what comes back after it (contracts/bigcommerce.md 3.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.errors import Refused
from hub.log import get
from hub.stores.bigcommerce.catalogue import Catalogue
from hub.stores.bigcommerce.client import Client

_log = get("hub.stores.bigcommerce")


class Stock:
    """The inventory of a store's variants."""

    def __init__(self, client: Client, catalogue: Catalogue) -> None:
        self._client = client
        self._catalogue = catalogue

    @property
    def is_returned_by_store(self) -> bool:
        """Whether the store's own setting gives goods back on a cancellation or refund."""
        return self._catalogue.returns_stock()

    def left(self, products: Mapping[str, str]) -> dict[str, int]:
        """What can be sold of each variant that is counted; ``products`` gives the product of each variant id."""
        rows = self._tracking(products.values())
        stock = self._catalogue.stock(rows)
        return {variant: stock[int(variant)] for variant in products if int(variant) in stock}

    def give_back(self, lines: Sequence[tuple[Mapping[str, Any], int]]) -> None:
        """Puts units of order lines back at the default location, in one call. A refusal is no reason to fail what came before."""
        tracking = {int(row["id"]): row.get("inventory_tracking") for row in self._tracking(
            str(line["product_id"]) for line, _ in lines if line.get("product_id"))}
        locations = self._catalogue.locations() if tracking else []
        items: list[dict[str, int]] = []
        for line, count in lines:
            product = int(line.get("product_id") or 0)
            if count <= 0 or tracking.get(product) not in ("variant", "product") or not locations:
                continue
            named = {"variant_id": int(line["variant_id"])} if tracking[product] == "variant" else {"product_id": product}
            items.append({"location_id": int(locations[0]["id"]), **named, "quantity": count})
        if not items:
            return
        try:
            self._client.write("POST", "/v3/inventory/adjustments/relative", {"reason": "Returned on TikTok Shop", "items": items},
                               "bigcommerce.stock.return")
        except Refused as error:
            _log.warning("stock was not given back", reason=error.says, remote=self._client.api.remote)

    def _tracking(self, product_ids: Any) -> list[Mapping[str, Any]]:
        ids = ",".join(dict.fromkeys(one for one in product_ids if one.isdigit()))
        if not ids:
            return []
        return list(self._client.rows("/v3/catalog/products", {"id:in": ids, "include_fields": "inventory_tracking"}))

"""The bench of Magento: Luma's little cousin with OAuth keys."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from hub.stores.magento import store as magento
from hub.stores.magento.sandbox import create_simulator
from tests.contract.bench import PluginBench
from tests.sandbox import magento_shop as seed


class MagentoBench(PluginBench):
    """A Magento shop with the module paired."""

    slug = "magento"
    create, any_read = "POST shopbridge/orders", "GET products"
    unable: ClassVar[dict[str, str]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.mount(create_simulator(
            catalogue=seed.seed(), base_url=self.base_url, consumer_key=seed.CONSUMER[0], http=self.hub_end.session,
            consumer_secret=seed.CONSUMER[1], access_token=seed.TOKEN[0], access_token_secret=seed.TOKEN[1]))
        rows = self.control("GET", "products")
        self.items = {row["sku"]: (str(row["parent_id"] or row["id"]), str(row["id"])) for row in rows}
        self.join()

    def settings(self) -> dict[str, Any]:
        return {"base_url": self.base_url, "consumer_key": seed.CONSUMER[0], "consumer_secret": seed.CONSUMER[1],
                "access_token": seed.TOKEN[0], "access_token_secret": seed.TOKEN[1]}

    def login_is_lost(self) -> None:
        self.control("POST", "integration", {"revoke": True})

    def lacks(self) -> str:
        allowed = ["Magento_Backend::store", "Magento_Catalog::products", "Shopbridge_TikTokShop::api", "Magento_Backend::admin"]
        self.control("POST", "integration", {"resources": allowed})
        return "Magento_Sales::actions_view"

    def refuse_orders(self) -> None:
        self.control("POST", "countries", {"allowed": ["FR"]})

    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(magento, "PRODUCTS_A_PAGE", 2)

    def ship_in_store(self, order_id: str, number: str) -> None:
        self.control("POST", f"orders/{order_id}/ship", {"tracks": [{"number": number, "title": "DHL", "carrier_code": "dhl"}]})

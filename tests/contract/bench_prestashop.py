"""The bench of PrestaShop: a small PrestaShop 8."""

from __future__ import annotations

from typing import Any

import pytest

from hub.stores.prestashop import store as prestashop
from hub.stores.prestashop.sandbox import create_simulator
from tests.contract.bench import PluginBench
from tests.sandbox import prestashop_shop as seed


class PrestaShopBench(PluginBench):
    """A PrestaShop with the module paired."""

    slug = "prestashop"
    create, any_read = "do:orders.create", "GET products"
    mug, reduced, sold = "SKU-1", "SKU-2", ("SKU-1", "SKU-2")

    def __init__(self) -> None:
        super().__init__()
        self.mount(create_simulator(
            catalogue=seed.catalogue(), webservice_key=seed.KEY, base_url=self.base_url, http=self.hub_end.session))
        self.items = self.read_items()
        self.join()

    def settings(self) -> dict[str, Any]:
        return {"base_url": self.base_url, "webservice_key": seed.KEY}

    def login_is_lost(self) -> None:
        self.control("POST", "webservice", {"active": False})

    def lacks(self) -> str:
        names = ("categories", "combinations", "configurations", "currencies", "languages", "products")
        self.control("POST", "webservice", {"permissions": {name: ["GET"] for name in names}})
        return "stock_availables: GET"

    def refuse_orders(self) -> None:
        self.control("POST", "countries", {"code": "GB", "active": False})

    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(prestashop, "PAGE", 2)

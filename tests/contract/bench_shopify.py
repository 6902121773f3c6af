"""The bench of Shopify: a shop with two locations, joined by a custom app's token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any, ClassVar

import pytest

from hub.stores.shopify import catalogue
from hub.stores.shopify.sandbox import SHOP_DOMAIN, create_simulator
from tests.contract.bench import Bench, Message
from tests.sandbox import magento_shop

SECRET, TOKEN = f"shpss_{'5' * 32}", f"shpat_{'7' * 32}"
FIRST, SECOND = "location:81000000001", "location:81000000002"
THROTTLED = {
    "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
    "extensions": {"cost": {"requestedQueryCost": 900, "actualQueryCost": None,
                            "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 0, "restoreRate": 10.0}}}}


class ShopifyBench(Bench):
    """Categories are product types, so the mug's stands for itself."""

    slug = "shopify"
    create, any_read = "OrderCreate", "Shop"
    picture = "cdn/files/999/none.jpg"
    top_category = ""
    scope = ""
    locations = (FIRST, SECOND)
    scopes = (("", "GBP"), (FIRST, "GBP"), (SECOND, "GBP"))
    signature = "x-shopify-hmac-sha256"
    late_s = None
    country_word = "variant does not exist"
    unable: ClassVar[dict[str, str]] = {
        "test_a_total_that_the_store_changed_is_told_with_its_reason":
            "Shopify books an order as it is given; that a total of another sum is told stands in tests/stores/test_shopify_client.py",
    }

    def __init__(self) -> None:
        super().__init__()
        # The points of an app in a shop are counted for the whole process: each bench is an app of its own.
        self.key = secrets.token_hex(16)
        self.mount(create_simulator(catalogue=magento_shop.seed(), base_url=self.base_url, api_key=self.key, api_secret=SECRET, access_token=TOKEN,
                                    http=self.hub_end.session))
        # A job that takes a moment of the clock is tried in tests/stores/test_shopify_orders.py; here nobody waits for one.
        self.control("POST", "settings", {"job_delay_s": 0.05})
        self.items = self.read_items()

    def settings(self) -> dict[str, Any]:
        return {"shop": SHOP_DOMAIN, "api_key": self.key, "api_secret": SECRET, "access_token": TOKEN, "base_url": self.base_url}

    def login_is_lost(self) -> None:
        self.control("POST", "login", {"revoke": True})

    def lacks(self) -> str:
        self.control("POST", "login", {"remove_scopes": ["read_orders", "write_orders"]})
        return "write_orders"

    def refuse_orders(self) -> None:
        """Shopify knows no order that it would refuse for its country: a product that is gone is what it does refuse."""
        self.control("DELETE", f"products/{self.sold[0]}")

    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalogue, "PRODUCTS_A_PAGE", 2)

    def slow_downs(self) -> tuple[tuple[dict[str, Any], float | None], ...]:
        return (*super().slow_downs(), ({"status": 200, "json": THROTTLED}, None))

    def stock(self, sku: str, quantity: int, location: str = "") -> None:
        self.control("PATCH", f"products/{sku}", {
            "quantity": quantity, **({"location_id": int(location.removeprefix("location:"))} if location else {})})

    def signed(self, body: bytes) -> Message:
        mac = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        return body, {"x-shopify-topic": "products/update", "x-shopify-shop-domain": SHOP_DOMAIN, "x-shopify-webhook-id": "msg_bench",
                      self.signature: mac}

    def lose_hook(self) -> str:
        self.control("POST", "events/forget", {"topic": "PRODUCTS_UPDATE"})
        return "PRODUCTS_UPDATE"

"""The bench of BigCommerce: a small store whose stock stands at two locations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub import clock
from hub.stores.bigcommerce import catalogue
from hub.stores.bigcommerce.events import SECRET_HEADER, sign
from hub.stores.bigcommerce.sandbox import create_simulator
from tests.contract.bench import Bench, Message
from tests.sandbox import magento_shop

HASH, TOKEN, CLIENT_ID, CLIENT_SECRET = "bench1234", "tok" * 10, "client" * 5, "secret" * 10


class BigCommerceBench(Bench):
    """A store with one API account. Categories are the values of a custom field, so they stand for themselves."""

    slug = "bigcommerce"
    create, any_read = "createOrder", "getProducts"
    picture = "images/999/zoom/none.jpg"
    top_category = ""
    scope = ""
    locations = ("location:1", "location:2")
    scopes = (("", "GBP"), ("location:1", "GBP"), ("location:2", "GBP"))
    signature = SECRET_HEADER.lower()

    def __init__(self) -> None:
        super().__init__()
        self.mount(create_simulator(
            catalogue=magento_shop.seed(), base_url=self.base_url, store_hash=HASH, access_token=TOKEN, client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET, http=self.hub_end.session))
        self.control("POST", "locations", {"code": "BACK", "label": "Back room"})
        # Where the store itself gives stock back, the hub does not ask whether it may (tests/stores/test_bigcommerce_orders.py).
        self.control("POST", "settings", {"refund_order_stock_adjustment": False})
        self.items = self.read_items()

    def settings(self) -> dict[str, Any]:
        return {"store_hash": HASH, "access_token": TOKEN, "app_key": CLIENT_ID, "app_secret": CLIENT_SECRET, "api_url": self.base_url}

    def settings_at(self, url: str) -> dict[str, Any]:
        return {**self.settings(), "api_url": url}

    def login_is_lost(self) -> None:
        self.control("POST", "login", {"revoke": True})

    def lacks(self) -> str:
        self.control("POST", "scopes", {"remove": ["store_v2_orders"]})
        return "store_v2_orders"

    def refuse_orders(self) -> None:
        self.control("POST", "countries", {"allowed": ["FR"]})

    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalogue, "PAGE", 2)

    def signed(self, body: bytes) -> Message:
        stamp = str(int(clock.timestamp()))
        return body, {SECRET_HEADER.lower(): self.secret, "webhook-id": "msg_bench", "webhook-timestamp": stamp,
                      "webhook-signature": sign(CLIENT_SECRET, "msg_bench", stamp, body)}

    def lose_hook(self) -> str:
        hook = self.control("GET", "hooks")[0]
        self.control("POST", f"hooks/{hook['id']}/deactivate")
        return str(hook["scope"])

    def body_of(self, topic: str, data: Any) -> bytes:
        """A message as the store words it."""
        return json.dumps({"scope": topic, "store_id": "1", "data": data, "hash": "h" * 40, "created_at": int(clock.timestamp()),
                           "producer": f"stores/{HASH}"}).encode()

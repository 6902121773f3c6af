"""A seller's own hand at the TikTok Shop sandbox: signed calls and the control API, without the hub."""

from __future__ import annotations

import copy
import io
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from hub import clock
from hub.tiktok.sandbox import Simulator, create_simulator, sign

KEY, SECRET, SERVICE = "6abc9demo1k2l", "f3a1c9e07b5d4c2a8e6f0b1d2c3a4e5f60718293", "7400000000000000001"


def picture(width: int = 800, height: int = 800) -> bytes:
    """The head of a PNG of this size; the rest does not matter to anyone who only measures it."""
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0) + b"crc."


@dataclass
class Answer:
    """What came back."""

    status: int
    json: dict[str, Any]
    headers: dict[str, str]

    @property
    def code(self) -> int:
        return int(self.json["code"])

    @property
    def data(self) -> dict[str, Any]:
        assert self.code == 0, self.json
        return self.json["data"]


@dataclass
class Hand:
    """One seller with one app at one sandbox. Each attribute that goes into a call may be spoilt by a test."""

    app: Simulator
    token: str = ""
    cipher: str = ""
    secret: str = SECRET
    key: str = KEY
    lag_s: int = 0
    shop: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def at(cls, region: str = "US", **settings: Any) -> Hand:
        settings = {"rate_per_s": None, "run_thread": False, "review_after_s": None, "regions": (region,), **settings}
        hand = cls(create_simulator(seed=7, app_key=KEY, app_secret=SECRET, service_id=SERVICE, **settings))
        hand.shop = hand.control("GET", "/sandbox/state")["shops"][0]
        hand.cipher = hand.shop["cipher"]
        hand.token = hand.control("POST", "/sandbox/tokens")["access_token"]
        return hand

    @property
    def warehouse(self) -> str:
        return self.shop["warehouses"][0]["id"]

    @property
    def version(self) -> str:
        return "v2" if self.shop["region"] == "US" else "v1"

    def control(self, method: str, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
        """A control command; the status it must have."""
        answer = self.app.test_client().open(path, method=method, json=body)
        assert answer.status_code == status, answer.text
        return answer.json

    def call(
        self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None, *,
        cipher: bool = True, spoil: Any = None, headers: dict[str, str] | None = None,
        file: tuple[bytes, dict[str, str]] | None = None,
    ) -> Answer:  # fmt: skip
        """A signed call. `spoil(query)` changes the signed query; `file` makes it multipart."""
        whole = {**(query or {}), "app_key": self.key, "timestamp": str(int(clock.timestamp()) - self.lag_s)}
        if cipher:
            whole["shop_cipher"] = self.cipher
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "multipart/form-data" if file else "application/json"
        whole["sign"] = sign(self.secret, path, whole, raw, kind)
        if spoil:
            spoil(whole)
        given: dict[str, Any] = {"headers": {"x-tts-access-token": self.token, **(headers or {})}}
        if file:
            given["data"] = {**file[1], "data": (io.BytesIO(file[0]), "picture.png")}
        else:
            given |= {"data": raw, "content_type": "application/json"}
        answer = self.app.test_client().open(path, method=method, query_string=whole, **given)
        return Answer(answer.status_code, answer.json, dict(answer.headers))

    def upload(self, use_case: str = "MAIN_IMAGE", data: bytes | None = None) -> str:
        """An uploaded picture's URI."""
        file = (data or picture(1200, 1200) if use_case != "MAIN_IMAGE" else data or picture(), {"use_case": use_case})
        answer = self.call("POST", "/product/202309/images/upload", cipher=False, file=file)
        return answer.data["uri"]

    def category(self, title: str) -> str:
        """The recommended leaf."""
        body = {"product_title": title, "category_version": self.version}
        return self.call("POST", "/product/202309/categories/recommend", body=body).data["leaf_category_id"]

    def attributes(self, category_id: str) -> dict[str, dict[str, Any]]:
        """A leaf's attributes by name; product attributes win over sales attributes of one name."""
        path = f"/product/202309/categories/{category_id}/attributes"
        rows = self.call("GET", path, {"category_version": self.version}).data["attributes"]
        return {row["name"]: row for row in sorted(rows, key=lambda row: row["type"], reverse=True)}

    def shirt(self, **changes: Any) -> dict[str, Any]:
        """A product that is taken: a T-shirt in two colours."""
        category_id = self.category("Harbour T-Shirt")
        material = self.attributes(category_id)["Material"]
        currency = self.shop["currency"]
        body = {
            "title": "Harbour T-Shirt", "description": "<p>A shirt.</p>", "category_id": category_id,
            "category_version": self.version, "main_images": [{"uri": self.upload()}],
            "package_weight": {"value": "0.3", "unit": "KILOGRAM"},
            "package_dimensions": {"length": "30", "width": "20", "height": "4", "unit": "CENTIMETER"},
            "product_attributes": [{"id": material["id"], "values": [{"id": material["values"][0]["id"]}]}],
            "skus": [
                {"seller_sku": f"SHIRT-{color}", "price": {"amount": "1250" if currency == "JPY" else "12.50",
                                                           "currency": currency},
                 "inventory": [{"warehouse_id": self.warehouse, "quantity": 40}],
                 "sales_attributes": [{"name": "Color", "value_name": color}]}
                for color in ("Black", "Blue")
            ],
        }  # fmt: skip
        return {**copy.deepcopy(body), **changes}

    def create(self, body: dict[str, Any]) -> Answer:
        return self.call("POST", "/product/202309/products", body=body)

    def live(self, **changes: Any) -> dict[str, Any]:
        """A product on sale: the answer of its creation."""
        made = self.create(self.shirt(**changes)).data
        self.control("POST", "/sandbox/review", {"product_id": made["product_id"]})
        return made

    def order(self, **changes: Any) -> dict[str, Any]:
        """A paid order of two units, ready to ship, unless told otherwise."""
        body = {"lines": [{"seller_sku": "SHIRT-Black", "quantity": 2}], "status": "AWAITING_SHIPMENT", **changes}
        return self.control("POST", "/sandbox/orders", body)

    def detail(self, order_id: str) -> dict[str, Any]:
        return self.call("GET", "/order/202507/orders", {"ids": order_id}).data["orders"][0]

    def carrier(self) -> str:
        path = f"/logistics/202309/delivery_options/{self.shop['delivery_option_id']}/shipping_providers"
        return self.call("GET", path).data["shipping_providers"][0]["id"]

    def mark_shipped(self, order_id: str, number: str = "1Z999AA1", **more: Any) -> Answer:
        body = {"tracking_number": number, "shipping_provider_id": self.carrier(), **more}
        return self.call("POST", f"/fulfillment/202309/orders/{order_id}/packages", body=body)

"""A small practice PrestaShop for tests, a caller that signs as the hub does, and a hub end that keeps what comes.

Signatures are computed here in a few lines of their own, from the contract's words.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import requests
from defusedxml.ElementTree import fromstring
from flask import Flask, Response, request

from hub import clock
from hub.seed import SeedCatalogue, SeedCategory, SeedImage, SeedProduct, SeedVariant
from hub.simulator import InProcessAdapter
from hub.stores.prestashop.sandbox import PrestaShopApp, create_simulator

KEY = "K" * 32
SHOP = "http://shop.test/"
HUB = "http://hub.test"
VECTORS = Path(__file__).parent.parent / "vectors"
SECRET = json.loads((VECTORS / "signature.json").read_text())["secrets"][0]
HOOK = f"{HUB}/hooks/prestashop/{'a' * 22}"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def catalogue() -> SeedCatalogue:
    """Two simple products (one reduced), one with combinations, one category below another."""
    image = SeedImage("mug.png", draw=lambda: PNG)
    shirt = SeedProduct(
        key="shirt", sku="", name="Linen shirt", description="<p>Linen.</p>", price=Decimal("0"),
        kind="configurable", axes=("color", "size"), categories=(("Clothes", "Shirts"),), brand="Harbour",
        weight_kg=Decimal("0.3"), variants=tuple(
            SeedVariant(f"SHIRT-{color}-{size}", {"color": color, "size": size}, Decimal(price), 5)
            for color, size, price in (("Blue", "M", "30.00"), ("Blue", "L", "32.50"), ("Red", "M", "30.00"))))
    return SeedCatalogue(
        name="small", currency="GBP", axis_labels={"color": "Colour", "size": "Size"},
        categories=(SeedCategory(("Clothes",)), SeedCategory(("Clothes", "Shirts")), SeedCategory(("Home",))),
        products=(
            SeedProduct(key="mug", sku="SKU-1", name="Harbour mug", description="A mug.", price=Decimal("14.99"),
                        quantity=10, images=(image,), categories=(("Home",),), brand="Harbour",
                        weight_kg=Decimal("0.4"), attributes={"material": "Stoneware"}),
            SeedProduct(key="bowl", sku="SKU-2", name="Harbour bowl", description="A bowl.", price=Decimal("20.00"),
                        special_price=Decimal("16.00"), quantity=3, categories=(("Home",),)),
            shirt))


class HubEnd:
    """Stands where the hub stands: answers what it is told to, and keeps what came. Hello is answered truthfully."""

    def __init__(self) -> None:
        self.app = Flask("hub end")
        self.batches: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.answers: list[Response] = []
        self.bad_hello = False

        @self.app.post("/hooks/<path:rest>")
        def hook(rest: str) -> Response:
            body, headers = request.get_data(), request.headers
            expected = sign("k1", headers["webhook-id"], headers["webhook-timestamp"], body)
            if expected != headers["webhook-signature"]:
                return Response(json.dumps({"code": "signature"}), 401, content_type="application/json")
            self.ids.append(headers["webhook-id"])
            if self.answers:
                return self.answers.pop(0)
            batch = json.loads(body)
            self.batches.append(batch)
            if batch["events"][0]["type"] == "plugin.hello":
                return self._hello(headers["webhook-id"])
            return Response(json.dumps({"accepted": len(batch["events"]), "duplicate": 0, "refused": []}), 202,
                            content_type="application/json")

    def _hello(self, message_id: str) -> Response:
        body = json.dumps({"api_url": f"{HUB}/api/v1", "api_token": "t" * 40}).encode()
        stamp = str(int(clock.timestamp()))
        response = Response(body, 200, content_type="application/json")
        response.headers["webhook-id"], response.headers["webhook-timestamp"] = message_id, stamp
        response.headers["webhook-signature"] = sign("k1" if self.bad_hello else "k4", message_id, stamp, body)
        return response

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event that came, without hello."""
        return [event for batch in self.batches for event in batch["events"] if event["type"] != "plugin.hello"]


def sign(key: str, message_id: str, stamp: str, body: bytes) -> str:
    """A Standard Webhooks signature with one of the vector secret's keys."""
    text = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(bytes.fromhex(SECRET[key]), text, hashlib.sha256).digest()).decode()


class Practice:
    """A shop, a session to it, and the hub's end."""

    def __init__(self, **options: Any) -> None:
        self.hub = HubEnd()
        http = requests.Session()
        http.mount(HUB, InProcessAdapter(self.hub.app))
        self.app: PrestaShopApp = create_simulator(
            catalogue=catalogue(), webservice_key=KEY, base_url=SHOP, http=http, **options)
        self.sim = self.app.sim
        self.http = requests.Session()
        self.http.mount(SHOP, InProcessAdapter(self.app))
        self._calls = 0

    def pair(self) -> Practice:
        """Paste the webhook URL and let hello go through."""
        self.control("POST", "pair", {"url": f"{HOOK}#{SECRET['secret']}"})
        return self

    def api(self, method: str, path: str, *, body: str | None = None, key: str | None = KEY,
            **params: str) -> requests.Response:
        """A call of the webservice."""
        return self.http.request(method, f"{SHOP}api/{path}", params=params, data=body.encode() if body else None,
                                 auth=(key, "") if key is not None else None)

    def read(self, path: str, **params: str) -> Any:
        """A JSON read that must succeed."""
        answer = self.api("GET", path, output_format="JSON", **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def write(self, method: str, path: str, **fields: Any) -> Element:
        """A write in XML that must succeed; gives the entity answered."""
        answer = self.api(method, path, body=entity(path.split("/")[0], fields))
        assert answer.status_code in (200, 201), answer.text
        return fromstring(answer.content)[0]

    def do(self, name: str, given: dict[str, Any], *, key: str = "k2", message_id: str = "", shift_s: int = 0,
           spoil: bool = False) -> requests.Response:
        """A signed call of the module."""
        self._calls += 1
        body = json.dumps({"do": name, "with": given}).encode()
        message_id = message_id or f"call_{self._calls}"
        stamp = str(int(clock.timestamp()) + shift_s)
        headers = {"webhook-id": message_id, "webhook-timestamp": stamp, "content-type": "application/json",
                   "webhook-signature": sign(key, message_id, stamp, body)}
        return self.http.post(f"{SHOP}index.php?fc=module&module=shopbridge&controller=api",
                              data=body + b" " if spoil else body, headers=headers)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the control API that must succeed."""
        answer = self.http.request(method, f"{SHOP}sandbox/{path}", json=body if body is not None else {})
        assert answer.status_code < 300, answer.text
        return answer.json()

    def stock(self, sku: str) -> int:
        """What the shop has of this SKU."""
        return next(row["quantity"] for row in self.control("GET", "products") if row["sku"] == sku)


def entity(resource: str, fields: dict[str, Any]) -> str:
    """An XML body with these fields, in the singular that the shop expects."""
    singular = {"addresses": "address", "order_histories": "order_history", "categories": "category",
                "order_slip": "order_slip"}.get(resource, resource.removesuffix("s"))
    lists = fields.pop("associations", "")
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<prestashop><{singular}>{inner}{lists}</{singular}></prestashop>"


def money_cases(verdict: str) -> list[dict[str, Any]]:
    """The money vectors with this verdict."""
    return [case for case in json.loads((VECTORS / "money.json").read_text())["cases"] if case["verdict"] == verdict]


def order_body(name: str = "tax inside the prices", **changes: Any) -> dict[str, Any]:
    """A valid order of the vectors, with changes at the top."""
    body = copy.deepcopy(next(case["body"] for case in money_cases("accepted") if case["name"] == name))
    return body | changes

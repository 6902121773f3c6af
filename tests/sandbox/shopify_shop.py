"""A small practice Shopify shop for tests, a caller that asks it as an app does, and a hub end that keeps what comes.

Signatures are computed here in a few lines of their own, from the contract's words.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, Response, request

from hub.seed import SeedCatalogue, SeedCategory, SeedImage, SeedProduct, SeedVariant
from hub.simulator import InProcessAdapter
from hub.stores.shopify.sandbox import ShopifyApp, create_simulator

TOKEN = "shpat_practice"
SECRET = "hub-demo-secret-01"
SHOP = "http://shop.test"
HUB = "http://hub.test"
HOOK = f"{HUB}/hooks/shopify/{'a' * 22}"
CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def needs_contracts() -> pytest.MarkDecorator:
    """Skips where the shared contracts are not beside the project, but never where CI is set."""
    return pytest.mark.skipif(not CONTRACTS.exists() and not os.environ.get("CI"), reason="the shared contracts are not here")


def catalogue() -> SeedCatalogue:
    """Two simple products (one reduced), one with options, one that is a draft; a bundle; something that is not stocked."""
    image = SeedImage("mug.png", "A mug", draw=lambda: PNG)
    shirt = SeedProduct(
        key="shirt", sku="", name="Linen shirt", description="<p>Linen.</p>", price=Decimal("0"), kind="configurable", axes=("color", "size"),
        categories=(("Clothes", "Shirts"),), brand="Harbour", weight_kg=Decimal("0.3"), images=(image,), variants=tuple(
            SeedVariant(f"SHIRT-{color}-{size}", {"color": color, "size": size}, Decimal(price), 8)
            for color, size, price in (("Blue", "M", "30.00"), ("Blue", "L", "32.50"), ("Red", "M", "30.00"))))  # fmt: skip
    return SeedCatalogue(
        name="small", currency="GBP", axis_labels={"color": "Colour", "size": "Size"},
        categories=(SeedCategory(("Clothes",)), SeedCategory(("Clothes", "Shirts")), SeedCategory(("Home",))),
        products=(
            SeedProduct(key="mug", sku="MUG", name="Harbour mug", description="<p>A mug.</p>", price=Decimal("14.99"), quantity=12,
                        images=(image,), categories=(("Home",),), brand="Harbour", weight_kg=Decimal("0.4"), ean="2000000000015",
                        attributes={"material": "Stoneware"}),
            SeedProduct(key="bowl", sku="BOWL", name="Harbour bowl", description="A bowl.", price=Decimal("20.00"),
                        special_price=Decimal("16.00"), quantity=4, categories=(("Home",),)),
            shirt,
            SeedProduct(key="old", sku="OLD", name="Old crate", description="Off.", price=Decimal("5.00"), enabled=False),
            SeedProduct(key="set", sku="SET", name="Breakfast set", description="Both.", price=Decimal("30.00"), kind="bundle", quantity=4),
            SeedProduct(key="voucher", sku="VOUCHER", name="Course", description="By mail.", price=Decimal("9.00"), kind="virtual"),
        ))  # fmt: skip


def signed(body: bytes, secret: str = SECRET) -> str:
    """What `X-Shopify-Hmac-Sha256` must hold."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class HubEnd:
    """Stands where the hub stands: keeps what came and answers 200, or what `answers` hold."""

    def __init__(self) -> None:
        self.app = Flask("hub end")
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.arrived = threading.Event()

        @self.app.post("/hooks/<path:rest>")
        def hook(rest: str) -> Response:
            self.came.append(({name.lower(): value for name, value in request.headers.items()}, request.get_data()))
            self.arrived.set()
            return Response("", self.answers.pop(0) if self.answers else 200)

    @property
    def topics(self) -> list[str]:
        """What came, by topic."""
        return [headers["x-shopify-topic"] for headers, _body in self.came]


class Shop:
    """The application, a session to it, and the ways an app and a merchant use them."""

    def __init__(self, **settings: Any) -> None:
        self.hub = HubEnd()
        self.session = requests.Session()
        http = requests.Session()
        http.mount(HUB, InProcessAdapter(self.hub.app))
        given = {"catalogue": catalogue(), "base_url": SHOP, "access_token": TOKEN, "api_key": "key-1", "api_secret": SECRET, "http": http}
        self.app: ShopifyApp = create_simulator(**{**given, **settings})
        self.session.mount(SHOP, InProcessAdapter(self.app))
        self.sim = self.app.sim
        self.token = TOKEN

    def post(self, query: str, variables: dict[str, Any] | None = None, version: str = "2026-07") -> requests.Response:
        """One call as it comes back."""
        return self.session.post(f"{SHOP}/admin/api/{version}/graphql.json", json={"query": query, "variables": variables or {}},
                                 headers={"X-Shopify-Access-Token": self.token}, timeout=5)

    def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer of one call."""
        response = self.post(query, variables)
        assert response.status_code == 200, response.text
        told: dict[str, Any] = response.json()
        return told

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a call that has no top-level error."""
        told = self.answer(query, **variables)
        assert "errors" not in told, told["errors"]
        return told["data"]

    def refused(self, query: str, **variables: Any) -> dict[str, Any]:
        """The first top-level error of a call that has one."""
        first: dict[str, Any] = self.answer(query, **variables)["errors"][0]
        return first

    def control(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """One control call; its JSON."""
        response = self.session.request(method, f"{SHOP}/sandbox/{path}", json=body, timeout=5)
        assert response.status_code == status, response.text
        return response.json()

    def row(self, sku: str) -> dict[str, Any]:
        """The control row of a SKU."""
        return next(each for each in self.control("GET", "products") if each["sku"] == sku)

    def variant(self, sku: str) -> str:
        """The variant's global id."""
        return f"gid://shopify/ProductVariant/{self.row(sku)['variant_id']}"

    def item(self, sku: str) -> str:
        """The inventory item's global id."""
        return f"gid://shopify/InventoryItem/{self.row(sku)['item_id']}"

    def order_row(self, number: str = "") -> dict[str, Any]:
        """The control row of an order: the last one where none is named."""
        rows = self.control("GET", "orders")
        return next(each for each in rows if each["order_id"] == number.rsplit("/", 1)[-1]) if number else rows[-1]

    def stock(self, sku: str, at: int = 0) -> dict[str, int]:
        """All quantities of a SKU at one location."""
        found = self.ask("""query S($id: ID!) { inventoryItem(id: $id) { inventoryLevels(first: 5) { nodes { quantities(names: [
            "available", "on_hand", "committed"]) { name quantity } } } } }""", id=self.item(sku))
        rows = found["inventoryItem"]["inventoryLevels"]["nodes"][at]["quantities"]
        return {row["name"]: row["quantity"] for row in rows}

    # --- orders --------------------------------------------------------------------------------------------------

    def create(self, order: dict[str, Any], behaviour: str | None = "DECREMENT_IGNORING_POLICY") -> dict[str, Any]:
        """The payload of `orderCreate`."""
        options = {} if behaviour is None else {"inventoryBehaviour": behaviour}
        payload: dict[str, Any] = self.ask(ORDER_CREATE, order=order, options=options)["orderCreate"]
        return payload

    def made(self, behaviour: str | None = "DECREMENT_IGNORING_POLICY", **changes: Any) -> dict[str, Any]:
        """An order that was taken: two mugs and a shirt."""
        payload = self.create(self.order(**changes), behaviour)
        assert payload["userErrors"] == []
        order: dict[str, Any] = payload["order"]
        return order

    def order(self, **changes: Any) -> dict[str, Any]:
        """Two mugs at 9.90 and a shirt at 30.00, post 2.99: 52.79, paid in full, taxes included and remitted by the channel."""
        return {
            "currency": "GBP", "sourceName": "tiktok-uk", "sourceIdentifier": "577001112223334445", "tags": ["tiktok-shop"],
            "taxesIncluded": True, "customer": {"toUpsert": {"email": "buyer@example.com", "firstName": "A", "lastName": "Buyer"}},
            "shippingAddress": {"firstName": "A", "lastName": "Buyer", "address1": "1 High St", "city": "Leeds", "zip": "LS1 1AA",
                                "countryCode": "GB"},
            "lineItems": [
                {"variantId": self.variant("MUG"), "quantity": 2, "requiresShipping": True, "priceSet": gbp("9.90"),
                 "taxLines": [{"title": "VAT", "rate": "0.2", "channelLiable": True, "priceSet": gbp("3.30")}]},
                {"variantId": self.variant("SHIRT-Blue-M"), "quantity": 1, "requiresShipping": True, "priceSet": gbp("30.00")}],
            "shippingLines": [{"title": "Standard", "code": "TTS_STD", "source": "tiktok", "priceSet": gbp("2.99")}],
            "transactions": [{"kind": "SALE", "status": "SUCCESS", "gateway": "TikTok Shop", "amountSet": gbp("52.79")}], **changes,
        }  # fmt: skip

    def fulfillment_orders(self, order: str) -> list[dict[str, Any]]:
        """All of an order, with what can be done."""
        found = self.ask(FULFILLMENT_ORDERS, id=order)["order"]["fulfillmentOrders"]["nodes"]
        return list(found)

    def ship(self, order: str, **tracking: Any) -> dict[str, Any]:
        """The payload of a `fulfillmentCreate` for all that is open."""
        rows = [{"fulfillmentOrderId": each["id"]} for each in self.fulfillment_orders(order) if each["status"] in ("OPEN", "IN_PROGRESS")]
        given = {"lineItemsByFulfillmentOrder": rows, "trackingInfo": tracking or {"company": "Royal Mail", "number": "AB123456789GB"}}
        payload: dict[str, Any] = self.ask(SHIP, f=given)["fulfillmentCreate"]
        return payload


def gbp(amount: str) -> dict[str, Any]:
    """A MoneyBagInput in pounds."""
    return {"shopMoney": {"amount": amount, "currencyCode": "GBP"}}


def amount(bag: dict[str, Any]) -> Decimal:
    """The shop's amount of a MoneyBag."""
    return Decimal(bag["shopMoney"]["amount"])


ORDER_CREATE = """mutation OrderCreate($order: OrderCreateOrderInput!, $options: OrderCreateOptionsInput) {
  orderCreate(order: $order, options: $options) {
    order { id name email note tags sourceName sourceIdentifier displayFinancialStatus displayFulfillmentStatus processedAt
      totalPriceSet { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } } subtotalPriceSet { shopMoney { amount } }
      totalTaxSet { shopMoney { amount } } totalShippingPriceSet { shopMoney { amount } } totalDiscountsSet { shopMoney { amount } }
      taxLines { title rate channelLiable priceSet { shopMoney { amount } } } transactions(first: 5) { id kind gateway status }
      lineItems(first: 10) { nodes { id sku title quantity currentQuantity requiresShipping variant { id } totalDiscountSet { shopMoney { amount } }
        discountAllocations { allocatedAmountSet { shopMoney { amount } } } taxLines { priceSet { shopMoney { amount } } } } }
      fulfillmentOrders(first: 5) { nodes { id status } } }
    userErrors { field message code } } }"""
FULFILLMENT_ORDERS = """query FulfillmentOrders($id: ID!) { order(id: $id) { fulfillmentOrders(first: 20) { nodes { id status requestStatus
  supportedActions { action } fulfillmentHolds { id handle heldByRequestingApp reason } assignedLocation { name location { id } }
  lineItems(first: 10) { nodes { id totalQuantity remainingQuantity sku lineItem { id } } } } } } }"""
SHIP = """mutation Ship($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) {
  fulfillment { id status trackingInfo { company number url } fulfillmentLineItems(first: 10) { nodes { quantity lineItem { sku } } } }
  userErrors { field message } } }"""


def document(name: str) -> str:
    """A document of contracts/shopify.md 13 by its operation's name."""
    text = (CONTRACTS / "shopify.md").read_text()
    block = text.split("```graphql\n", 1)[1].split("```", 1)[0]
    found = re.split(r"\n(?=(?:query|mutation) )", "\n" + block)
    return next(part.strip() for part in found if re.match(rf"(?:query|mutation) {name}\b", part.strip()))


def documents() -> dict[str, str]:
    """All documents of contracts/shopify.md 13."""
    if not CONTRACTS.exists():
        return {}
    text = (CONTRACTS / "shopify.md").read_text()
    block = text.split("```graphql\n", 1)[1].split("```", 1)[0]
    names = re.findall(r"^(?:query|mutation) (\w+)", block, re.MULTILINE)
    return {name: document(name) for name in names}


def vectors() -> list[tuple[str, str]]:
    """Body and header value of each row of contracts/shopify.md 6.5 that gives a body."""
    if not CONTRACTS.exists():
        return []
    text = (CONTRACTS / "shopify.md").read_text().split("### 6.5", 1)[1].split("### 6.6", 1)[0]
    return [(found[1], found[2]) for found in re.finditer(r"^\|[^{|]*`(\{.*?\})`.*`([A-Za-z0-9+/=]{44})`", text, re.MULTILINE)]


def variables_of_the_contract() -> dict[str, Any]:
    """The variables of contracts/shopify.md 13.1."""
    text = (CONTRACTS / "shopify.md").read_text().split("### 13.1", 1)[1]
    found: dict[str, Any] = json.loads(text.split("```json\n", 1)[1].split("```", 1)[0])
    return found

"""A small practice Magento shop for tests, with a caller whose signatures are made by oauthlib, not by the hub."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import requests
from requests_oauthlib import OAuth1

from hub.seed import SeedCatalogue, SeedCategory, SeedImage, SeedProduct, SeedVariant
from hub.simulator import InProcessAdapter
from hub.stores.magento.sandbox import MagentoApp, create_simulator

BASE = "http://shop.test"
CONSUMER = ("ck" * 16, "cs" * 16)
TOKEN = ("tk" * 16, "ts" * 16)


def seed() -> SeedCatalogue:
    """Two simple products, one hoodie in two colours and two sizes, one product that is off."""
    variants = tuple(
        SeedVariant(f"HOOD-{colour[0]}-{size}", {"color": colour, "size": size}, Decimal("39.00"), 5, weight_kg=Decimal("0.8"))
        for colour in ("Red", "Blue")
        for size in ("S", "M")
    )
    picture = SeedImage("mug.jpg", "Mug", draw=lambda: b"\xff\xd8 a picture")
    return SeedCatalogue(
        "Test shop",
        (
            SeedProduct("mug", "MUG-1", "Blue mug", "<p>Holds tea.</p>", Decimal("9.50"), quantity=10, weight_kg=Decimal("0.4"),
                        categories=(("Home", "Mugs"),), brand="Tidewater", images=(picture,), ean="2900000000018",
                        dimensions_cm=(Decimal(12), Decimal(10), Decimal(9)), attributes={"material": "Stoneware"}),
            SeedProduct("tee", "TEE-1", "Plain tee", "<p>Cotton.</p>", Decimal("15.00"), quantity=100,
                        categories=(("Clothing",),), special_price=Decimal("12.50")),
            SeedProduct("hood", "HOOD", "Hoodie", "<p>Warm.</p>", Decimal("39.00"), "configurable",
                        categories=(("Clothing", "Hoodies"),), axes=("color", "size"), variants=variants),
            SeedProduct("off", "OFF-1", "Old stock", "<p>Gone.</p>", Decimal("5.00"), quantity=3, enabled=False),
        ),
        (SeedCategory(("Home",)), SeedCategory(("Home", "Mugs")), SeedCategory(("Clothing",)), SeedCategory(("Clothing", "Hoodies"))),
        "GBP",
        {"color": "Color", "size": "Size"},
    )  # fmt: skip


class Shop:
    """The shop and a signed caller."""

    def __init__(self, **settings: Any) -> None:
        self.http = requests.Session()
        options: dict[str, Any] = {
            "catalogue": seed(), "base_url": BASE, "consumer_key": CONSUMER[0], "consumer_secret": CONSUMER[1],
            "access_token": TOKEN[0], "access_token_secret": TOKEN[1], "http": self.http,
        }  # fmt: skip
        self.app: MagentoApp = create_simulator(**{**options, **settings})
        self.sim = self.app.sim
        self.session = requests.Session()
        self.session.mount(BASE, InProcessAdapter(self.app))

    def call(self, method: str, path: str, json: Any = None, auth: Any = ..., **extra: Any) -> requests.Response:
        """One call below /rest/all/V1/, signed as the integration unless `auth` says otherwise."""
        if auth is ...:
            auth = OAuth1(*CONSUMER, *TOKEN, signature_method="HMAC-SHA256")
        return self.session.request(method, f"{BASE}/rest/all/V1/{path}", json=json, auth=auth, timeout=5, **extra)

    def plugin(self, method: str, path: str, json: Any = None) -> requests.Response:
        """One call of a plugin route."""
        return self.call(method, f"shopbridge/{path}", json)

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """One control call; its JSON."""
        answer = self.session.request(method, f"{BASE}/sandbox/{path}", json=json, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def salable(self, sku: str) -> Decimal:
        """What can be sold of a SKU now."""
        product = self.sim.catalogue.by_sku(sku)
        assert product is not None
        return self.sim.catalogue.salable(product)


def order(shop: Shop, key: str = "576461413038785752", **changes: Any) -> dict[str, Any]:
    """An order of two mugs and one red hoodie S: goods 86.00, shipping 4.99, fee 0.28, tax 2.80, grand 94.07."""
    mug, hood = shop.sim.catalogue.by_sku("MUG-1"), shop.sim.catalogue.by_sku("HOOD-R-S")
    assert mug is not None and hood is not None
    body: dict[str, Any] = {
        "key": key, "shop": {"id": "7495000000000000001", "region": "GB"}, "store": "default",
        "placed_at": "2026-11-20T12:00:00Z", "paid_at": "2026-11-20T12:01:00Z", "currency": "GBP",
        "prices_include_tax": False, "tax_remitted_by": "tiktok", "state": "paid", "hold_until": None,
        "ship_by": "2026-11-22T12:00:00Z", "shipping_type": "seller",
        "lines": [
            {"line_ids": ["11", "12"], "product_id": str(mug.id), "variant_id": str(mug.id), "sku": "MUG-1", "title": "Mug",
             "quantity": 2, "gross": "56.00", "seller_discount": "4.00", "platform_discount": "2.00", "net": "50.00",
             "tax": "1.80", "virtual": False},
            {"line_ids": ["13"], "product_id": str(hood.parent_id), "variant_id": str(hood.id), "sku": "HOOD-R-S",
             "title": "Hoodie", "quantity": 1, "gross": "36.00", "seller_discount": "0.00", "platform_discount": "0.00",
             "net": "36.00", "tax": "1.00", "virtual": False},
        ],
        "shipping": {"title": "TikTok Standard", "code": "standard", "gross": "5.99", "seller_discount": "0.50",
                     "platform_discount": "0.25", "cofunded_discount": "0.25", "net": "4.99", "tax": "0.00"},
        "fees": [{"code": "retail_delivery_fee", "title": "Retail delivery fee", "amount": "0.28", "tax": "0.00"}],
        "totals": {"goods": "86.00", "shipping": "4.99", "fees": "0.28", "tax": "2.80", "grand": "94.07"},
        "buyer": {"name": "J*** D***", "email": "x@scs.tiktokw.us", "phone": "(+1)2*****67"},
        "ship_to": {"name": "J*** D***", "lines": ["1 *** Road"], "city": "London", "region": "", "postcode": "SW1A 1AA",
                    "country": "GB", "phone": "(+44)7*****67"},
        "bill_to": None, "payment": {"title": "TikTokPAY", "transaction_id": "t1"}, "allow_backorder": True, "note": "n",
    }  # fmt: skip
    return body | changes

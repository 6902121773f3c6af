"""A simulated TikTok Shop behind the client's transport, and a seller who has let our app in."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from hub.domain.listings import Draft, DraftSku, Saved
from hub.simulator import Entry, InProcessAdapter
from hub.tiktok import AppKeys, TikTokShop, auth
from hub.tiktok.sandbox import Simulator, create_simulator
from tests.support.openapi import Contract

HOST = "http://tiktok.test"


@dataclass
class HeldTokens:
    """A grant in memory that renews itself at the simulated token host."""

    app: AppKeys
    tokens: auth.Tokens
    api_options: Mapping[str, Any]
    renewals: list[str] = field(default_factory=list)

    def current(self) -> str:
        return self.tokens.access_token

    def renew(self, stale_token: str) -> str:
        self.renewals.append(stale_token)
        if stale_token == self.tokens.access_token:
            self.tokens = auth.refresh(self.app, self.tokens.refresh_token, self.api_options)
        return self.tokens.access_token


@dataclass
class Market:
    """One market's shop, simulated, and our client for it. `contract` holds every call against the OpenAPI file."""

    app: Simulator
    keys: AppKeys
    api_options: dict[str, Any]
    tokens: HeldTokens
    info: auth.ShopInfo
    shop: TikTokShop

    @property
    def warehouse_id(self) -> str:
        return next(one.warehouse_id for one in self.shop.logistics.warehouses() if one.kind == "sales")

    def journal(self, operation: str) -> list[Entry]:
        return self.app.sim.journal.entries(operation)

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Drive the simulator as a buyer or the platform would."""
        session = requests.Session()
        session.mount("http://", self.api_options["transport"])
        answer = session.request(method, f"{HOST}/sandbox{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def review(self, verdict: str = "approve", reason: str = "") -> None:
        """End every review that waits."""
        self.control("POST", "/review", {"verdict": verdict, "reason": reason})

    def leaf(self, title: str = "Ceramic mug for coffee") -> str:
        """A leaf that fits, as TikTok Shop recommends it."""
        found = self.shop.categories.recommend(title)
        assert found
        return found

    def draft(self, *, skus: int = 1, title: str = "Ceramic mug for coffee", stock: int = 9, **changes: Any) -> Draft:
        """A listing that passes every check of the simulator."""
        category_id = self.leaf()
        attributes = self.shop.categories.attributes(category_id)
        sales = next(one for one in attributes if one.is_sales)
        wanted = {one.attribute_id: ((one.values[0]),) for one in attributes if one.required and not one.is_sales}
        currency = {"US": "USD", "GB": "GBP", "JP": "JPY", "DE": "EUR", "MX": "MXN"}[self.info.region]
        price = Decimal("1200") if currency == "JPY" else Decimal("12.50")
        values = dict(
            title=title,
            description="<p>A mug.</p>",
            category_id=category_id,
            image_urls=("https://store.test/mug.png",),
            attributes=wanted,
            package=(12, 10, 9),
            weight="0.4",
            warehouse_id=self.warehouse_id,
            external_product_id="41",
            skus=tuple(
                DraftSku(
                    variant_id=f"v{place}",
                    seller_sku=f"MUG-{place}",
                    price=price,
                    currency=currency,
                    stock=stock,
                    sales_attributes=(
                        ((sales.attribute_id, sales.name, sales.values[place][0], sales.values[place][1]),) if skus > 1 else ()
                    ),
                )
                for place in range(skus)
            ),
        )
        return Draft(**{**values, **changes})

    def images(self) -> dict[str, str]:
        return {"https://store.test/mug.png": self.shop.products.upload_image(png(400, 400), "mug.png")}

    def live(self, key: str = "listing-1", **changes: Any) -> Saved:
        """A product that passed its review."""
        saved = self.shop.products.create(self.draft(**changes), key, self.images())
        self.review()
        return saved

    def order(self, **raw: Any) -> str:
        """A buyer's order for what is live; answers its id."""
        body = {"lines": [{"seller_sku": "MUG-0", "quantity": 2}], "status": "AWAITING_SHIPMENT", "shop_id": self.info.shop_id}
        return str(self.control("POST", "/orders", {**body, **raw})["id"])


def png(width: int, height: int) -> bytes:
    """A white picture."""
    rows = b"".join(b"\x00" + b"\xff" * width for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def let_in(app: Simulator, keys: AppKeys, adapter: InProcessAdapter, state: str = "s1") -> str:
    """Agree on the consent page as the seller does; answers the authorisation code."""
    url = auth.consent_url(keys, state)
    session = requests.Session()
    session.mount("http://", adapter)
    query = parse_qs(urlsplit(url).query)
    assert session.get(url).status_code == 200
    answer = session.post(
        f"{HOST}/open/authorize",
        data={"service_id": query["service_id"][0], "state": state, "answer": "authorize",
              "seller_id": next(iter(app.sim.sellers))},
        allow_redirects=False,
    )  # fmt: skip
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == [state]
    return back["code"][0]


@pytest.fixture
def market() -> Iterator[Callable[..., Market]]:
    """Opens a market: `market("US")`, `market("GB", "DE", at="DE")`; further names go to the simulator."""

    def opened(*regions: str, at: str = "", **settings: Any) -> Market:
        regions = regions or ("US",)
        settings = {"run_thread": False, "rate_per_s": None, "review_after_s": None, **settings}
        app = create_simulator(regions=regions, redirect_url="https://hub.test/oauth", **settings)
        adapter = InProcessAdapter(app)
        sandbox_app = next(iter(app.sim.apps.values()))
        keys = AppKeys(
            app_key=sandbox_app.key, app_secret=sandbox_app.secret, service_id=sandbox_app.service_id,
            api_host=HOST, token_host=HOST, consent_host=HOST,
        )  # fmt: skip
        options = {"transport": adapter}
        tokens = HeldTokens(keys, auth.exchange(keys, let_in(app, keys, adapter), options), options)
        shops = auth.shops(keys, tokens.current(), options)
        info = next(one for one in shops if one.region == (at or regions[0]))
        shop = TikTokShop(
            keys, tokens, info.cipher, info.region, options,
            seller_type=info.seller_type, has_us_shop="US" in regions,
        )  # fmt: skip
        return Market(app, keys, options, tokens, info, shop)

    yield opened


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract.find("tiktok_shop.openapi.json")

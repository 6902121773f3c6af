"""One bench per registered store system: a strict practice shop, its hands, and the adapter opened on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import requests
from flask import Flask

from hub import clock
from hub.domain.orders import Address, Charge, DraftLine, OrderDraft, ShippingCharge
from hub.simulator import InProcessAdapter
from hub.stores import PLATFORMS
from hub.stores.base import Store
from hub.stores.magento.sandbox import create_simulator as magento_shop
from hub.stores.prestashop.sandbox import create_simulator as prestashop_shop
from tests.sandbox import magento_shop as magento_seed
from tests.sandbox import prestashop_shop as prestashop_seed

KEY = "576461413038785752"


class Bench(Protocol):
    """What the contract tests need of any practice shop."""

    slug: str
    app: Flask
    hook_url: str
    secret: str
    items: Mapping[str, tuple[str, str]]
    login_is_lost: Callable[[], None]

    def open(self, **settings: Any) -> Store:
        """The adapter with the right settings, changed as asked."""

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What a merchant or a mishap does."""


class _Base:
    slug = ""
    base_url = "http://shop.test/"

    def __init__(self) -> None:
        self.session = requests.Session()
        self.secret = prestashop_seed.SECRET["secret"]
        self.hook_url = f"http://hub.test/hooks/{self.slug}/{'a' * 22}#{self.secret}"

    def mount(self, app: Flask) -> None:
        self.app = app
        self.session.mount(self.base_url, InProcessAdapter(app))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self.base_url}sandbox/{path}", json=body, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def fault(self, do: Mapping[str, Any], times: int = 1, **match: Any) -> None:
        self.control("POST", "faults", {"match": match, "do": dict(do), "times": times})

    def options(self) -> dict[str, Any]:
        return {"transport": InProcessAdapter(self.app)}


class MagentoBench(_Base):
    """Luma's little cousin with OAuth keys."""

    slug = "magento"
    create, ship, find = "POST shopbridge/orders", "POST shopbridge/orders/<key>/shipments", "GET shopbridge/orders/<key>"
    any_read = "GET products"

    def __init__(self) -> None:
        super().__init__()
        self.mount(magento_shop(
            catalogue=magento_seed.seed(), base_url=self.base_url, consumer_key=magento_seed.CONSUMER[0], http=hub_end(),
            consumer_secret=magento_seed.CONSUMER[1], access_token=magento_seed.TOKEN[0], access_token_secret=magento_seed.TOKEN[1]))
        rows = self.control("GET", "products")
        self.items = {row["sku"]: (str(row["parent_id"] or row["id"]), str(row["id"])) for row in rows}
        self.control("POST", "pair", {"url": self.hook_url})

    def settings(self) -> dict[str, Any]:
        return {"base_url": self.base_url, "consumer_key": magento_seed.CONSUMER[0], "consumer_secret": magento_seed.CONSUMER[1],
                "access_token": magento_seed.TOKEN[0], "access_token_secret": magento_seed.TOKEN[1]}

    def open(self, **changes: Any) -> Store:
        return PLATFORMS["magento"].open({**self.settings(), **changes}, self.secret, self.options())

    def login_is_lost(self) -> None:
        self.control("POST", "integration", {"revoke": True})

    def lacks(self) -> str:
        """Takes a permission away; gives a word of the problem that names it."""
        allowed = ["Magento_Backend::store", "Magento_Catalog::products", "Shopbridge_TikTokShop::api", "Magento_Backend::admin"]
        self.control("POST", "integration", {"resources": allowed})
        return "Magento_Sales::actions_view"


class PrestaShopBench(_Base):
    """A small PrestaShop 8 with the module paired."""

    slug = "prestashop"
    create, ship, find = "do:orders.create", "do:orders.ship", "do:orders.find"
    any_read = "GET products"

    def __init__(self) -> None:
        super().__init__()
        self.mount(prestashop_shop(catalogue=prestashop_seed.catalogue(), webservice_key=prestashop_seed.KEY, base_url=self.base_url, http=hub_end()))
        rows = self.control("GET", "products")
        self.items = {row["sku"]: (str(row["product_id"]), str(row["variant_id"])) for row in rows}
        self.control("POST", "pair", {"url": self.hook_url})

    def settings(self) -> dict[str, Any]:
        return {"base_url": self.base_url, "webservice_key": prestashop_seed.KEY}

    def open(self, **changes: Any) -> Store:
        return PLATFORMS["prestashop"].open({**self.settings(), **changes}, self.secret, self.options())

    def login_is_lost(self) -> None:
        self.control("POST", "webservice", {"active": False})

    def lacks(self) -> str:
        """Takes a permission away; gives a word of the problem that names it."""
        names = ("categories", "combinations", "configurations", "currencies", "languages", "products")
        self.control("POST", "webservice", {"permissions": {name: ["GET"] for name in names}})
        return "stock_availables: GET"


BENCHES: Mapping[str, Callable[[], Any]] = {"magento": MagentoBench, "prestashop": PrestaShopBench}


def hub_end() -> requests.Session:
    """Where the shop's events go in these tests: nowhere, answered 503."""
    app = Flask("nobody")

    @app.post("/hooks/<path:rest>")
    def hook(rest: str) -> tuple[str, int]:
        return "", 503

    session = requests.Session()
    session.mount("http://hub.test", InProcessAdapter(app))
    return session


def draft(bench: Any, key: str = KEY, **changes: Any) -> OrderDraft:
    """Two units of one SKU and one of another: goods 86.00, shipping 4.99, fee 0.28, tax 2.80, grand 94.07."""
    first, second = list(bench.items)[:2] if bench.slug == "prestashop" else ("MUG-1", "HOOD-R-S")
    now = clock.now().replace(microsecond=0)
    lines = (
        _line(bench, first, ("11", "12"), gross="56.00", seller="4.00", platform="2.00", net="50.00", tax="1.80"),
        _line(bench, second, ("13",), gross="36.00", seller="0.00", platform="0.00", net="36.00", tax="1.00"),
    )
    values: dict[str, Any] = {
        "key": key, "shop_id": "7495000000000000001", "region": "GB", "store": "", "placed_at": now - timedelta(minutes=5),
        "paid_at": now - timedelta(minutes=4), "currency": "GBP", "prices_include_tax": False, "tax_remitted_by": "tiktok",
        "state": "paid", "shipping_type": "seller", "lines": lines,
        "shipping": ShippingCharge(title="TikTok Standard", code="standard", gross=Decimal("5.99"), seller_discount=Decimal("0.50"),
                                   platform_discount=Decimal("0.25"), cofunded_discount=Decimal("0.25"), net=Decimal("4.99")),
        "fees": (Charge("retail_delivery_fee", "Retail delivery fee", Decimal("0.28")),), "goods": Decimal("86.00"),
        "fees_total": Decimal("0.28"), "tax": Decimal("2.80"), "grand": Decimal("94.07"), "buyer_name": "J*** D***",
        "buyer_email": "x@scs.tiktokw.us", "buyer_phone": "(+1)2*****67",
        "ship_to": Address(name="J*** D***", lines=("1 *** Road",), city="London", postcode="SW1A 1AA", country="GB", phone="(+44)7*****67"),
        "ship_by": now + timedelta(days=2), "transaction_id": key, "note": "leave at the door",
    }
    return OrderDraft(**{**values, **changes})


def _line(bench: Any, sku: str, ids: tuple[str, ...], *, gross: str, seller: str, platform: str, net: str, tax: str) -> DraftLine:
    product_id, variant_id = bench.items[sku]
    return DraftLine(line_ids=ids, product_id=product_id, variant_id=variant_id, sku=sku, title=f"Item {sku}", quantity=len(ids),
                     gross=Decimal(gross), seller_discount=Decimal(seller), platform_discount=Decimal(platform), net=Decimal(net), tax=Decimal(tax))


def draft_of(body: Mapping[str, Any]) -> OrderDraft:
    """A vector's body as the draft that must make it."""
    def amounts(row: Mapping[str, Any], *names: str) -> dict[str, Decimal]:
        return {name: Decimal(row[name]) for name in names}

    def moment(text: str | None) -> datetime | None:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None

    def address(row: Mapping[str, Any]) -> Address:
        return Address(**{**row, "lines": tuple(row["lines"])})

    totals, placed = body["totals"], moment(body["placed_at"])
    assert placed is not None
    return OrderDraft(
        key=body["key"], shop_id=body["shop"]["id"], region=body["shop"]["region"], store=body["store"], placed_at=placed,
        paid_at=moment(body["paid_at"]), currency=body["currency"], prices_include_tax=body["prices_include_tax"],
        tax_remitted_by=body["tax_remitted_by"], state=body["state"], hold_until=moment(body["hold_until"]), ship_by=moment(body["ship_by"]),
        shipping_type=body["shipping_type"],
        lines=tuple(DraftLine(
            line_ids=tuple(row["line_ids"]), product_id=row["product_id"], variant_id=row["variant_id"], sku=row["sku"], title=row["title"],
            quantity=row["quantity"], virtual=row["virtual"], **amounts(row, "gross", "seller_discount", "platform_discount", "net", "tax"))
            for row in body["lines"]),
        shipping=ShippingCharge(title=body["shipping"]["title"], code=body["shipping"]["code"], **amounts(
            body["shipping"], "gross", "seller_discount", "platform_discount", "cofunded_discount", "net", "tax")),
        fees=tuple(Charge(row["code"], row["title"], **amounts(row, "amount", "tax")) for row in body["fees"]),
        goods=Decimal(totals["goods"]), fees_total=Decimal(totals["fees"]), tax=Decimal(totals["tax"]), grand=Decimal(totals["grand"]),
        buyer_name=body["buyer"]["name"], buyer_email=body["buyer"]["email"], buyer_phone=body["buyer"]["phone"],
        ship_to=address(body["ship_to"]), bill_to=address(body["bill_to"]) if body["bill_to"] else None,
        payment_title=body["payment"]["title"], transaction_id=body["payment"]["transaction_id"], allow_backorder=body["allow_backorder"],
        note=body["note"])

"""What the tests of the catalogue share: the published API, the journals, and one listing at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import requests
from sqlalchemy import select

from hub.flows import categories, listings, products, tasks
from hub.flows.connect import ABILITIES, new_api_token
from hub.flows.settings import change_title
from hub.models.connections import Connection
from hub.models.listings import Listing, ListingSku
from hub.models.products import StoreProduct, StoreVariant
from hub.models.shops import Shop
from hub.sandbox.pictures import picture
from hub.seed import SeedCatalogue, SeedCategory, SeedProduct
from tests.support.world import World


def many(count: int, weight_kg: str = "0.4") -> SeedCatalogue:
    """So many simple products of one category, without a package size; ``weight_kg`` may be missing too."""
    shown = (picture("many", "mug", "Blue"),)
    made = tuple(SeedProduct(
        f"many-{number}", f"MANY-{number:04d}", f"Blue Mug Number {number} for Every Day", "<p>A mug.</p>", Decimal("10.00"), quantity=5,
        weight_kg=Decimal(weight_kg) if weight_kg else None, categories=(("Mugs",),), images=shown) for number in range(count))
    return SeedCatalogue("Many", made, (SeedCategory(("Mugs",)),))


class Api:
    """The published API as another program calls it."""

    def __init__(self, world: World, platform: str = "magento") -> None:
        with world.hub.db.write() as session:
            connection = session.get_one(Connection, world.connections[platform])
            token = new_api_token(session, connection, "tests", ABILITIES, "tester")
        self.base = f"{world.web.url}/api/v1"
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, status: int = 200, body: Mapping[str, Any] | None = None, **query: Any) -> Any:
        """The answer's JSON; the status must be this one."""
        answer = self.http.request(method, f"{self.base}/{path}", json=body, params=query or None, timeout=30)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json()

    def get(self, path: str, **query: Any) -> Any:
        """GET, which must be answered."""
        return self.call("GET", path, **query)

    def product(self, external_id: str) -> Any:
        """One product with variants and listings."""
        return self.get(f"products/{external_id}")

    def products(self, **query: Any) -> list[Any]:
        """All products, over all pages."""
        found, cursor = [], ""
        while True:
            page = self.get("products", **({"cursor": cursor} if cursor else {}), **query)
            found += page["products"]
            if not (cursor := page["next"] or ""):
                return found

    def items(self, task_id: int | str, **query: Any) -> list[Any]:
        """The products of a task with what came of each."""
        return list(self.get(f"tasks/{task_id}/items", **query)["items"])


def journal(world: World, side: str, operation: str = "") -> list[dict[str, Any]]:
    """What a platform was asked: ``tiktok``, ``magento`` or ``prestashop``."""
    path = f"journal?operation={operation}" if operation else "journal"
    answer = world.tiktok("GET", path) if side == "tiktok" else world.store(side, "GET", path)
    return list(answer["entries"])


def forget(world: World) -> None:
    """TikTok Shop's journal begins anew."""
    world.tiktok("DELETE", "journal")


def writes(world: World) -> list[str]:
    """Names of the calls that changed something at TikTok Shop."""
    return [one["operation"] for one in journal(world, "tiktok") if one["method"] in ("POST", "PUT", "DELETE")
            and not one["path"].startswith("/sandbox") and not one["operation"].startswith("Search")]


def listing_of(world: World, sku: str, platform: str = "magento") -> Listing:
    """The listing of the product with this SKU, its own or a variant's."""
    with world.hub.db.read() as session:
        variants = select(StoreVariant.product_id).where(StoreVariant.connection_id == world.connections[platform], StoreVariant.sku == sku)
        return session.scalars(select(Listing).join(StoreProduct, StoreProduct.id == Listing.product_id).where(
            Listing.shop_id == world.shop_id(platform), (StoreProduct.sku == sku) | StoreProduct.id.in_(variants))).one()


def product_of(world: World, sku: str, platform: str = "magento") -> StoreProduct:
    """The product with this SKU as it was pulled."""
    with world.hub.db.read() as session:
        return session.get_one(StoreProduct, listing_of(world, sku, platform).product_id)


def product_row(world: World, listing: Listing) -> StoreProduct:
    """The product that is listed."""
    with world.hub.db.read() as session:
        return session.get_one(StoreProduct, listing.product_id)


def skus_of(world: World, listing: Listing) -> list[ListingSku]:
    """What the listing's SKUs are on TikTok Shop, and what it was told of them last."""
    with world.hub.db.read() as session:
        return list(session.scalars(select(ListingSku).where(ListingSku.listing_id == listing.id).order_by(ListingSku.id)))


def there(world: World, tiktok_product_id: str | None) -> dict[str, Any]:
    """The product as TikTok Shop's simulator has it."""
    [found] = [one for one in world.tiktok("GET", "products")["products"] if one["id"] == tiktok_product_id]
    return dict(found)


def push(world: World, platform: str, listing_ids: list[int], *, settle: bool = True) -> int:
    """Pushes these as a person would; the id of the task. Review is left to the caller."""
    with world.hub.db.write() as session:
        task_id = listings.submit_push(session, session.get_one(Shop, world.shop_id(platform)), listing_ids, "tester").id
    if settle:
        world.run_due(2.0)      # a lane rests for a second after stock or price
    return task_id


def approve(world: World, verdict: str = "approve", reason: str = "") -> None:
    """TikTok Shop ends its reviews, and the hub hears of it."""
    world.tiktok("POST", "review", {"verdict": verdict, **({"reason": reason} if reason else {})})
    world.settle()


def progress(world: World, task_id: int) -> tasks.Progress:
    """How far a fan-out is."""
    with world.hub.db.read() as session:
        return tasks.progress(session, task_id)


def bodies(world: World, operation: str) -> list[dict[str, Any]]:
    """What TikTok Shop was sent under this operation, oldest first."""
    return [json.loads(one["body"]) for one in journal(world, "tiktok", operation)]


def choose(world: World, sku: str, platform: str = "magento", **choices: Any) -> None:
    """What a merchant sets on the product's own page: ``hub_category_id``, ``hub_attributes``, …"""
    with world.hub.db.write() as session:
        row = session.get_one(StoreProduct, product_of(world, sku, platform).id)
        for name, value in choices.items():
            if name == "hub_title":
                change_title(row, value)
            else:
                setattr(row, name, value)


def category_id(world: World, words: str, platform: str = "magento") -> str:
    """The lowest-level category that these words find first."""
    with world.hub.db.read() as session:
        return categories.leaf_search(session, world.shop_id(platform), words)[0].category_id


def pulled(world: World, platform: str) -> None:
    """Pulls everything; no category is confirmed."""
    with world.hub.db.write() as session:
        products.submit_pull(session, world.connections[platform], None, None, "tester")
    world.settle()


def first_simple(world: World, platform: str = "magento") -> str:
    """The SKU of a product without variants."""
    with world.hub.db.read() as session:
        return session.scalars(select(StoreProduct.sku).where(
            StoreProduct.connection_id == world.connections[platform], StoreProduct.kind == "simple").order_by(StoreProduct.id)).first() or ""

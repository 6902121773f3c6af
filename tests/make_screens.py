"""Takes the pictures of docs/screens: every screen at 1440 and 390 pixels, in use and empty.

    python -m tests.make_screens [folder]

It builds a small world (practice platforms and a hub in this process), looks at it empty, tells a short story in it and
looks again. Not a test: what to see in the pictures is judged by people.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from admin import attach
from hub import embedded, models
from hub.app import create_app
from hub.config import Config
from hub.domain.listings import ListingState
from hub.flows import people
from hub.models.categories import CategoryMapping
from hub.models.listings import Listing
from hub.models.orders import LinkState, OrderLink
from hub.models.tasks import Task
from hub.simulator import serve
from tests.screens.browser import chromium, sign_in
from tests.support.world import World, small_world

EMAIL, PASSWORD = "owner@example.com", "a-quiet-harbour-42"  # noqa: S105 - of a throw-away hub
WIDTHS = (1440, 390)
OUTSIDE = {"sign-in": "/sign-in", "forgot": "/forgot"}
EMPTY = {
    "home": "/admin/", "products": "/admin/products/", "mappings": "/admin/mappings/", "orders": "/admin/orders/",
    "ledger": "/admin/orders/ledger", "tasks": "/admin/tasks/", "wizard": "/admin/connect/",
}
ALWAYS = {
    "connections": "/admin/connections/", "connection": "/admin/connections/1/", "health": "/admin/health/",
    "settings-products": "/admin/settings/products", "settings-orders": "/admin/settings/orders", "people": "/admin/people/",
    "history": "/admin/settings/history/", "missed": "/admin/orders/missed/", "help": "/admin/help/",
}


def main(folder: str = "docs/screens") -> None:
    """All pictures into this folder."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with _config(Path(place)) as config, small_world(config) as world:
            app = create_app(world.hub.config, world.hub)
            attach(app)
            with serve(app) as server:
                _shoot(browser, server.url, target, {"first-run": "/first-run"}, "", signed_in=False)
                with world.hub.db.write() as session:
                    people.create_owner(session, EMAIL, "Mara Owner", PASSWORD)
                _shoot(browser, server.url, target, OUTSIDE, "", signed_in=False)
                _shoot(browser, server.url, target, {"connections": "/admin/connections/"}, "-empty")
                world.join("magento")
                _shoot(browser, server.url, target, EMPTY, "-empty")
                _live_a_little(world)
                _shoot(browser, server.url, target, {**EMPTY, **ALWAYS, **_pages_of(world)}, "")
        browser.close()


@contextmanager
def _config(place: Path) -> Iterator[Config]:
    server = embedded.ensure(place)
    url = f"sqlite:///{place / 'hub.db'}"
    config = Config.from_env({"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(place), "DATABASE_URL": url, "REDIS_URL": server.url})
    models.load_all()
    engine = models.engine_for(url)
    models.Base.metadata.create_all(engine)
    engine.dispose()
    try:
        yield config
    finally:
        embedded.stop(place)


def _live_a_little(world: World) -> None:
    """A catalogue with its flaws, orders in every state, one that needs a person."""
    world.pull()
    world.push()
    shop, skus = world.shop(), world.skus()
    orders = []
    for number in range(8):
        sku = skus[number * 3 % len(skus)]
        placed = world.tiktok("POST", "orders", {
            "shop_id": shop.tiktok_shop_id, "status": "PAID", "shipping": {"original": "4.99", "platform_discount": "1.00"},
            "lines": [{"sku_id": sku.tiktok_sku_id, "quantity": 1 + number % 2}], "tax": {"mode": "remitted", "rate": "0.0825"}})
        if number:
            world.tiktok("POST", f"orders/{placed['id']}/end_hold")
        orders.append(placed["id"])
    world.settle()
    provider = shop.providers[0]["name"]
    for order_id in orders[2:5]:
        world.store("magento", "POST", f"orders/{world.link(order_id).store_order_id}/ship",
                    {"tracks": [{"number": f"TRK{order_id[-8:]}", "title": provider, "carrier_code": "custom"}]})
    world.store("magento", "POST", f"orders/{world.link(orders[6]).store_order_id}/ship",
                {"tracks": [{"number": "X-77120", "title": "Village courier", "carrier_code": "custom"}]})
    world.tiktok("POST", f"orders/{orders[5]}/cancel", {"by": "BUYER"})
    world.settle()
    for step in ("collect", "deliver"):
        world.tiktok("POST", f"orders/{orders[2]}/{step}")
    world.settle()
    world.ledger()


def _pages_of(world: World) -> dict[str, str]:
    """One page of each kind of thing, picked so that it has something to show."""
    with world.hub.db.read() as session:
        live = session.scalars(select(Listing.id).where(Listing.state == ListingState.LIVE)).first()
        sick = session.scalars(select(Listing.id).where(Listing.state == ListingState.NEEDS_ATTENTION)).first()
        shipped = session.scalars(select(OrderLink.id).where(OrderLink.state == LinkState.SHIPPED)).first()
        stuck = session.scalars(select(OrderLink).where(OrderLink.state == LinkState.IN_STORE)).all()
        push = session.scalars(select(Task.id).where(Task.kind == "push_listings", Task.parent_id.is_(None))).first()
        mapping = session.scalars(select(CategoryMapping.id)).first()
    needs = next((one.id for one in stuck if one.problems), shipped)
    return {
        "product": f"/admin/products/{live}/", "product-needs-you": f"/admin/products/{sick}/", "order": f"/admin/orders/{shipped}/",
        "order-needs-you": f"/admin/orders/{needs}/", "task": f"/admin/tasks/{push}/", "mapping": f"/admin/mappings/{mapping}/",
        "attributes": f"/admin/products/{live}/attributes",
    }


def _shoot(browser: Browser, base: str, target: Path, pages: dict[str, str], suffix: str, *, signed_in: bool = True) -> None:
    for width in WIDTHS:
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        if signed_in:
            sign_in(page, base, EMAIL, PASSWORD)
        for name, path in pages.items():
            _picture(page, base + path, target / f"{name}{suffix}-{width}.png")
        context.close()


def _picture(page: Page, url: str, path: Path) -> None:
    answer = page.goto(url)
    if answer is None or answer.status >= 400:
        raise RuntimeError(f"{url} answered {answer.status if answer else 'nothing'}")
    page.wait_for_load_state("networkidle")
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    shot.convert("RGB").quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

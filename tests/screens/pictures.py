"""Takes the pictures of docs/screens: a hub in use and an empty one, wide and narrow, some dark.

    python -m tests.screens.pictures [folder]

The hub in use is the practice world: its catalogue is pulled and pushed, TikTok Shop refuses one product, buyers order.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from admin import attach
from hub import models
from hub.app import create_app
from hub.config import Config
from hub.domain.tasks import Kind
from hub.flows import categories, connect, listings, products
from hub.models import sealed
from hub.models.connections import Mode
from hub.models.listings import Listing
from hub.models.orders import LinkState, OrderLink
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.simulator import serve
from hub.wiring import Hub, open_hub
from tests.screens.browser import chromium, sign_in
from tests.screens.rows import PASSWORD, add_connection, fill_people
from tests.support.trade import Trade
from tests.support.world import World, few_products, small_world

WIDTHS = (1440, 390)


def main(folder: Path) -> None:
    """All of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play, tempfile.TemporaryDirectory() as data:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        _empty(browser, folder, _config(Path(data) / "empty"))
        with small_world(_config(Path(data) / "used"), "magento") as world:
            _live_through(world)
            _in_use(browser, folder, world)
        with small_world(_config(Path(data) / "by-api"), "shopify", "bigcommerce", catalogue=few_products()) as world:
            _by_api(browser, folder, world)
        browser.close()


def _take(page: Page, path: Path) -> None:
    """The page from its head to at most 1,800 pixels down, in 200 colours: the folder stays small."""
    page.screenshot(path=path, full_page=True)
    with Image.open(path) as picture:
        top = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, 1800)))
    top.quantize(200, dither=Image.Dither.NONE).save(path, optimize=True)


def _config(folder: Path) -> Config:
    folder.mkdir(parents=True)
    url = f"sqlite:///{folder / 'hub.db'}"
    models.load_all()
    engine = models.engine_for(url)
    models.Base.metadata.create_all(engine)
    engine.dispose()
    config = Config.from_env({"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(folder), "DATABASE_URL": url})
    sealed.use_keys(config.key_ring())
    return config


def _live_through(world: World) -> None:
    """A catalogue goes live but for one product, and orders come to every state."""
    with world.hub.db.write() as db:
        fill_people(db)
        products.submit_pull(db, world.connections["magento"], None, None, "maya@example.com")
    world.settle()
    with world.hub.db.write() as db:
        categories.confirm_suggestions(db, db.get_one(Shop, world.shop_id()))
    world.tiktok(
        "POST", "review_rules", {"contains": "a", "verdict": "refuse", "reason": "The main picture shows a text overlay.", "times": 1}
    )
    with world.hub.db.write() as db:
        found = db.scalars(select(Listing.id).where(Listing.shop_id == world.shop_id())).all()
        listings.submit_push(db, db.get_one(Shop, world.shop_id()), found[:-3], "maya@example.com")
    world.run_due()
    world.tiktok("POST", "review", {})
    world.settle()
    trade = Trade(world, "magento")
    live = {listing.id for listing in world.listings() if listing.state == "live"}
    on_sale = [n for n, sku in enumerate(trade.skus()) if sku.listing_id in live]
    for n in range(6):
        trade.buy(1 + n % 2, on_sale[n * 3])
    trade.bring_to(trade.buy(2, on_sale[1]), "DELIVERED")
    trade.ship(trade.buy(1, on_sale[2]), "9400111899560000000001", "USPS")
    trade.place(1, on_sale[0], status="UNPAID")
    cancelled = trade.buy(1, on_sale[4])
    trade.tell(cancelled, "cancel")
    trade.ship(trade.buy(1, on_sale[5]), "1Z88R4E20377194402", "Grandpa's van")
    world.settle()
    world.ledger()


def _number(world: World, what: str) -> int:
    with world.hub.db.read() as db:
        if what == "order":
            wanted = select(OrderLink.id).order_by(
                (OrderLink.state == LinkState.NEEDS_ATTENTION).desc(), OrderLink.problems.is_(None), OrderLink.id.desc()
            )
        elif what == "task":
            wanted = select(Task.id).where(Task.kind == Kind.PUSH_LISTINGS, Task.parent_id.is_(None))
        elif what == "refused":
            wanted = select(Listing.id).where(Listing.state == "needs_attention")
        else:
            wanted = select(Listing.id).where(Listing.state == "live")
        return db.scalars(wanted.limit(1)).first() or 1


def _in_use(browser: Browser, folder: Path, world: World) -> None:
    connection = world.connections["magento"]
    _shoot(
        browser,
        folder,
        world.hub,
        "",
        {
            "connections": "/admin/connections/",
            "home": "/admin/",
            "products": "/admin/products/",
            "products-pull": "/admin/products/?dialog=pull",
            "product": f"/admin/products/{_number(world, 'live')}/",
            "product-refused": f"/admin/products/{_number(world, 'refused')}/",
            "attributes": f"/admin/products/{_number(world, 'live')}/attributes",
            "mappings": "/admin/mappings/",
            "mapping": "/admin/mappings/1/",
            "orders": "/admin/orders/",
            "order": f"/admin/orders/{_number(world, 'order')}/",
            "ledger": "/admin/orders/ledger",
            "tasks": "/admin/tasks/",
            "task": f"/admin/tasks/{_number(world, 'task')}/",
            "settings": "/admin/settings/products",
            "order-settings": "/admin/settings/orders",
            "people": "/admin/people/",
            "history": "/admin/settings/history/",
            "health": f"/admin/connections/{connection}/",
            "wizard": "/admin/connect/",
            "wizard-store": f"/admin/connect/{connection}/store",
            "wizard-tiktok": f"/admin/connect/{connection}/tiktok",
            "account": "/account/password",
            "help": "/admin/help/push",
            "not-found": "/admin/orders/999999/",
        },
    )


def _by_api(browser: Browser, folder: Path, world: World) -> None:
    """What is another page for a store without a module of ours."""
    paths = {}
    for platform in ("shopify", "bigcommerce"):
        with world.hub.db.write() as db:
            fresh = connect.create(db, f"Fern & Kiln {platform}", platform, Mode.PRACTICE).id
        paths[f"wizard-{platform}"] = f"/admin/connect/{fresh}/store"
        paths[f"health-{platform}"] = f"/admin/connections/{world.connections[platform]}/"
    with world.hub.db.write() as db:
        fill_people(db)
    _shoot(browser, folder, world.hub, "by-api-", paths)


def _empty(browser: Browser, folder: Path, config: Config) -> None:
    hub = open_hub(config)
    app = create_app(config, hub)
    attach(app)
    server = serve(app, "127.0.0.1", 0)
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(f"{server.url}/first-run")
        _take(page, folder / f"first-run-{width}.png")
        page.close()
    server.close()
    with hub.db.write() as db:
        fill_people(db)
    _shoot(browser, folder, hub, "empty-", {"connections": "/admin/connections/"}, signed_out={"sign-in": "/sign-in", "forgot": "/forgot"})
    with hub.db.write() as db:
        connection, _shop = add_connection(db, "Fern & Kiln US", "magento", "US", "USD")
        connection.last_event_at = None
        fresh = connect.create(db, "Fern & Kiln UK", "prestashop", Mode.PRACTICE).id
    _shoot(
        browser,
        folder,
        hub,
        "empty-",
        {
            "home": "/admin/",
            "products": "/admin/products/",
            "orders": "/admin/orders/",
            "mappings": "/admin/mappings/",
            "tasks": "/admin/tasks/",
            "missed": "/admin/orders/missed/",
            "health": f"/admin/connections/{fresh}/",
            "wizard-store": f"/admin/connect/{fresh}/store",
        },
    )
    hub.close()


def _shoot(browser: Browser, folder: Path, hub: Hub, prefix: str, paths: dict[str, str], signed_out: dict[str, str] | None = None) -> None:
    app = create_app(hub.config, hub)
    attach(app)
    server = serve(app, "127.0.0.1", 0)
    for width in WIDTHS:
        for colours in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=colours, reduced_motion="reduce")  # type: ignore[arg-type]
            page = context.new_page()
            wanted = {
                name: path for name, path in paths.items() if colours == "light" or (not prefix and name in ("home", "products", "order"))
            }
            for name, path in (signed_out or {}).items():
                if colours == "light":
                    page.goto(server.url + path)
                    _take(page, folder / f"{name}-{width}.png")
            if wanted:
                sign_in(page, server.url, "maya@example.com", PASSWORD)
            for name, path in wanted.items():
                page.goto(server.url + path)
                page.wait_for_load_state("networkidle")
                end = "-dark" if colours == "dark" else ""
                _take(page, folder / f"{prefix}{name}-{width}{end}.png")
            context.close()
    server.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screens"))

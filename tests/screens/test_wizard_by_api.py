"""Connecting stores that have no module of ours, through the screens: authorised on the store's own page, or by an API account."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from admin import attach
from hub.app import create_app
from hub.config import Config
from hub.models.connections import Connection, ConnectionState, Mode
from hub.models.products import StoreProduct
from hub.simulator import serve
from hub.stores import PLATFORMS
from tests.screens.browser import complaints, is_fault, sign_in, with_axe
from tests.screens.conftest import Visitor
from tests.screens.rows import PASSWORD, fill_people
from tests.screens.test_wizard import leads_to
from tests.support.world import World, few_products, small_world

BY_PAGE = [slug for slug, platform in PLATFORMS.items() if platform.install is not None]
BY_API = [slug for slug, platform in PLATFORMS.items() if platform.plugin is None]


@pytest.fixture
def world(config: Config) -> Iterator[World]:
    """The practice stores, nothing connected."""
    with small_world(config, catalogue=few_products()) as made:
        yield made


@pytest.fixture
def screens(world: World) -> Flask:
    """The screens over this world."""
    app = create_app(world.hub.config, world.hub)
    attach(app)
    with world.hub.db.write() as db:
        fill_people(db)
    return app


@pytest.fixture
def maya(screens: Flask) -> Visitor:
    """The owner."""
    return Visitor(screens.test_client()).sign_in("maya@example.com")


def start(maya: Visitor, platform: str) -> int:
    maya.post("/admin/connect/", {"name": "My shop", "platform": platform, "to": "tiktok"})
    return int(maya.last.headers["Location"].split("/")[-2])


def typed(world: World, platform: str, *leave_out: str) -> dict[str, str]:
    """What the merchant types; the first market, where one is asked for."""
    markets = PLATFORMS[platform].markets
    settings = {name: text for name, text in world.practice.settings(platform).items() if name not in leave_out}
    return {**settings, **({"sells_in": markets[0].code} if markets else {})}


def row(world: World, connection_id: int) -> Connection:
    with world.hub.db.read() as db:
        return db.get_one(Connection, connection_id)


def install(address: str) -> str:
    """The merchant presses Install on the store's page: where it sends him."""
    page = requests.get(address, timeout=10)
    assert page.status_code == 200, page.text
    hidden = {name: html.unescape(value) for name, value in re.findall(r'name="?(\w+)"? value="([^"]*)"', page.text)}
    target = urlsplit(address)._replace(query="").geturl()
    return str(requests.post(target, data=hidden, allow_redirects=False, timeout=10).headers["Location"])


@pytest.mark.feature("SHP-02")
def test_the_market_is_chosen_first_and_kept_on_the_connection(maya: Visitor, world: World) -> None:
    connection_id = start(maya, "shopify")
    page = maya.get(f"/admin/connect/{connection_id}/store")
    offered = re.findall(r"<option[^>]*>([^<]+)<", page.split('name="sells_in"')[1].split("</select>")[0])[1:]
    assert offered == ["United States", "United Kingdom", "Mexico", "European Union (Spain, Ireland, Germany, France, Italy)"]
    page = maya.post(f"/admin/connect/{connection_id}/authorize", typed(world, "shopify") | {"sells_in": ""})
    assert maya.status == 422 and "Choose the market that you sell in." in page
    maya.post(f"/admin/connect/{connection_id}/authorize", typed(world, "shopify") | {"sells_in": "MX"})
    assert leads_to(maya) and row(world, connection_id).wizard["sells_in"] == "MX"
    assert "Mexico" in maya.get(f"/admin/connections/{connection_id}/")


@pytest.mark.feature("SHP-01", "SHP-04")
@pytest.mark.parametrize("platform", BY_PAGE)
def test_the_merchant_goes_to_the_stores_page_and_comes_back_let_in(maya: Visitor, world: World, platform: str) -> None:
    connection_id = start(maya, platform)
    maya.post(f"/admin/connect/{connection_id}/authorize", typed(world, platform, "access_token"))
    address = leads_to(maya)
    state = parse_qs(urlsplit(address).query)["state"][0]
    assert address.startswith(world.practice.url(platform)) and len(state) >= 20

    back = urlsplit(install(address))
    assert back.path == f"/connect/store/{platform}/callback"
    other = maya.get(f"{back.path}?{back.query.replace(state, 'another')}", follow_redirects=True)
    assert "was not started here" in other
    page = maya.get(f"{back.path}?{back.query}", follow_redirects=True)
    assert f"{PLATFORMS[platform].short} has let us in." in page and "Authorise again" in page
    kept = json.loads(row(world, connection_id).secrets)
    assert kept["access_token"] and not any(kept["access_token"] in text for text in (page, json.dumps(row(world, connection_id).settings)))
    assert "was used already" in maya.get(f"{back.path}?{back.query}", follow_redirects=True)

    maya.post(f"/admin/connect/{connection_id}/store", typed(world, platform, "access_token"))
    assert maya.last.headers["Location"] == f"/admin/connect/{connection_id}/"
    maya.get(maya.last.headers["Location"])
    assert maya.last.headers["Location"] == f"/admin/connect/{connection_id}/tiktok"
    assert json.loads(row(world, connection_id).secrets) == kept, "Next keeps the login that came by itself"


@pytest.mark.feature("SHP-03", "ERR-06")
def test_a_domain_of_ones_own_is_not_the_address(maya: Visitor, world: World) -> None:
    connection_id = start(maya, "shopify")
    for form in ("authorize", "store"):
        page = maya.post(f"/admin/connect/{connection_id}/{form}", typed(world, "shopify") | {"shop": "www.shop.com"})
        assert maya.status == 422 and ".myshopify.com" in page and "Settings › Domains" in page
    assert 'value="www.shop.com"' in page


@pytest.mark.feature("SHP-05")
def test_a_token_entered_by_hand_is_tried_once_and_what_it_lacks_is_named(maya: Visitor, world: World) -> None:
    connection_id = start(maya, "shopify")
    world.store("shopify", "POST", "login", {"remove_scopes": ["read_orders", "write_orders"]})
    page = maya.post(f"/admin/connect/{connection_id}/store", typed(world, "shopify"))
    assert maya.status == 422 and "write_orders" in page and "to mend before Next" in page
    assert row(world, connection_id).state is ConnectionState.SETUP


@pytest.mark.parametrize("platform", BY_API)
def test_what_only_practice_needs_is_not_shown_for_a_real_store(maya: Visitor, world: World, platform: str) -> None:
    connection_id = start(maya, platform)
    practice = [name for name, field in PLATFORMS[platform].settings().fields.items() if field.metadata.get("practice")]
    internal = [name for name, field in PLATFORMS[platform].settings().fields.items() if field.metadata.get("internal")]
    assert practice
    page = maya.get(f"/admin/connect/{connection_id}/store")
    assert all(f'name="{name}"' in page for name in practice) and not any(f'name="{name}"' in page for name in internal)
    with world.hub.db.write() as db:
        db.get_one(Connection, connection_id).mode = Mode.LIVE
    assert not any(f'name="{name}"' in maya.get(f"/admin/connect/{connection_id}/store") for name in (*practice, *internal))
    maya.post(f"/admin/connect/{connection_id}/store", typed(world, platform))
    assert not any(row(world, connection_id).settings.get(name) for name in practice), "nor taken, if somebody sends it all the same"


@pytest.mark.feature("BIG-01", "BIG-02", "BIG-03")
def test_bigcommerce_is_connected_by_its_api_account_with_the_address_as_it_was_pasted(maya: Visitor, world: World) -> None:
    connection_id = start(maya, "bigcommerce")
    page = maya.get(f"/admin/connect/{connection_id}/store")
    for theirs in ("Access Token", "Client ID", "Client Secret"):
        assert theirs in page
    assert "only once" in page and "Create API Account" in page and "new API account" in page
    page = maya.post(f"/admin/connect/{connection_id}/store", {"store_hash": "no store"})
    assert maya.status == 422 and page.count("invalid-feedback") >= 4
    settings = typed(world, "bigcommerce")
    plain = settings["store_hash"]
    maya.post(f"/admin/connect/{connection_id}/store", settings | {"store_hash": f"https://store-{plain}.mybigcommerce.com/manage/dashboard"})
    assert maya.status == 302 and row(world, connection_id).settings["store_hash"] == plain


@pytest.mark.parametrize("platform", BY_API)
def test_the_connections_page_shows_its_webhooks_and_registers_them_again(maya: Visitor, world: World, platform: str) -> None:
    connection_id = world.join(platform)
    page = maya.get(f"/admin/connections/{connection_id}/")
    known = row(world, connection_id).store["hooks"]["topics"]
    assert f"{len(known)} webhooks registered" in page and "Register again" in page and known[0] in page
    assert "store&#39;s module" not in page and "whsec_" not in page
    for topic in PLATFORMS[platform].hook_topics:
        assert html.escape(topic) in page
    assert "All webhooks were in place." in maya.post(f"/admin/connections/{connection_id}/hooks", follow_redirects=True)
    world.hub.store_for(row(world, connection_id)).remove_hooks(  # type: ignore[attr-defined]
        f"{world.hub.config.public_url}/hooks/{platform}/{row(world, connection_id).hook_key}")
    assert f"{len(known)} webhooks registered." in maya.post(f"/admin/connections/{connection_id}/hooks", follow_redirects=True)


@pytest.mark.parametrize("platform", BY_API)
def test_a_choice_is_changed_any_time_and_costs_no_sign_in(maya: Visitor, world: World, platform: str) -> None:
    connection_id = world.join(platform)
    before = row(world, connection_id)
    fields = PLATFORMS[platform].settings().fields
    values = {"bigcommerce": {"sync_unpurchasable": "1"}, "shopify": {"category_source": "category", "archive": "cancelled"}}[platform]
    assert all(f'name="{name}"' in maya.get(f"/admin/connections/{connection_id}/") for name in values)
    page = maya.post(f"/admin/connections/{connection_id}/choices", values, follow_redirects=True)
    assert "Saved." in page
    after = row(world, connection_id)
    assert after.secrets == before.secrets and {str(after.settings[name]) for name in values} <= {*values.values(), "True"}
    assert {name: text for name, text in after.settings.items() if not fields[name].metadata.get("choice")} == {
        name: text for name, text in before.settings.items() if not fields[name].metadata.get("choice")}


def test_a_choice_that_is_wrong_is_said_at_its_field(maya: Visitor, world: World) -> None:
    connection_id = world.join("shopify")
    page = maya.post(f"/admin/connections/{connection_id}/choices", {"category_source": "metafield", "category_metafield": "nodot"})
    assert maya.status == 422 and "custom.category" in page and 'value="nodot"' in page
    assert row(world, connection_id).settings["category_source"] == "product_type"


@pytest.mark.feature("CAT-05")
def test_the_categories_source_rebuilds_the_categories_and_is_fixed_once_a_product_is_on_tiktok_shop(maya: Visitor, world: World) -> None:
    connection_id = world.join("shopify")
    world.pull("shopify")
    where = f"/admin/connections/{connection_id}/choices"

    def paths() -> set[str]:
        with world.hub.db.read() as db:
            return set(db.scalars(select(StoreProduct.category_path).where(StoreProduct.connection_id == connection_id)))

    by_type = paths()
    assert "Saved." in maya.post(where, {"category_source": "metafield", "category_metafield": "custom.category"}, follow_redirects=True)
    world.settle()
    assert paths() and not paths() & by_type
    maya.post(where, {"category_source": "product_type"})
    world.settle()
    assert paths() == by_type
    world.push("shopify")
    page = maya.post(where, {"category_source": "category"})
    assert maya.status == 422 and "Products of this store are on TikTok Shop already" in page
    assert row(world, connection_id).settings["category_source"] == "product_type"
    assert "Saved." in maya.post(where, {"category_source": "product_type", "archive": "cancelled"}, follow_redirects=True)


@pytest.mark.parametrize("platform", BY_API)
def test_only_the_order_settings_of_the_store_system_are_offered_and_its_statuses_told(maya: Visitor, world: World, platform: str) -> None:
    connection_id = world.join(platform)
    maya.get(f"/admin/connections/{connection_id}/open", follow_redirects=True)
    page = maya.get("/admin/settings/orders")
    known = PLATFORMS[platform]
    for name in ("restock_cancelled", "restock_returned", "platform_shipping_waits", "payment_title", "retry_orders", "sync_tiktok_fulfilled"):
        assert (f'name="{name}"' in page) is (name in known.order_settings), name
    assert known.status_table and all(html.escape(words) in page for words in known.status_table.values())


def test_a_browser_is_led_to_the_stores_page_and_back_and_every_step_can_be_used(world: World, screens: Flask, browser: Browser) -> None:
    """The policy of our pages lets this one form lead away; what it looks like is looked at by axe."""
    world.web.close()
    server = serve(screens, "127.0.0.1", int(world.hub.config.public_url.rsplit(":", 1)[1]))
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=server.url, reduced_motion="reduce")
    try:
        page = with_axe(context.new_page())
        errors: list[str] = []
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" and is_fault(m.text) else None)
        sign_in(page, server.url, "maya@example.com", PASSWORD)
        page.goto("/admin/connect/")
        page.get_by_label("Connection name").fill("Harbour")
        page.get_by_label("From").select_option("shopify")
        page.get_by_role("button", name="Next: open your store").click()
        page.wait_for_url("**/store")
        assert complaints(page) == []
        settings = typed(world, "shopify")
        page.get_by_label("Where do you sell?").select_option("UK")
        page.get_by_label("Shopify URL").fill(settings["shop"])
        page.get_by_label("App Key").fill(settings["api_key"])
        page.get_by_label("App Secret", exact=True).fill(settings["api_secret"])
        page.get_by_text("Or enter a token by hand").click()
        page.get_by_label("Practice address").fill(settings["base_url"])
        page.get_by_role("button", name="Go to authorize").click()
        page.get_by_role("button", name="Install").click()
        expect(page.get_by_text("Shopify has let us in.").first).to_be_visible()
        assert complaints(page) == []
        page.get_by_role("button", name="Next: allow TikTok Shop").click()
        page.wait_for_url("**/tiktok")
        page.get_by_label("Where is your TikTok Shop seller account?").select_option("elsewhere")
        page.get_by_role("button", name="Go to authorize").click()
        page.wait_for_url(f"{world.practice.tiktok_url}/**")
        assert errors == []
    finally:
        context.close()
        server.close()

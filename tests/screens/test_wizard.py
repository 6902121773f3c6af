"""Connecting a store through the screens, against the practice stores and the practice TikTok Shop."""

from __future__ import annotations

import hashlib
import html
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from defusedxml import ElementTree
from flask import Flask
from sqlalchemy import select

from admin import attach
from hub import clock
from hub.app import create_app
from hub.config import Config
from hub.flows import apps, connect
from hub.models.connections import Connection, ConnectionState, Mode, OAuthState
from hub.models.shops import Shop
from hub.models.tiktok import App
from hub.stores import PLATFORMS
from tests.screens.conftest import Visitor
from tests.screens.rows import fill_people
from tests.support.world import World, small_world


@pytest.fixture
def world(config: Config) -> Iterator[World]:
    """Both practice stores and TikTok Shop, nothing connected."""
    with small_world(config) as made:
        yield made


@pytest.fixture
def maya(world: World) -> Visitor:
    """The owner, signed in to the screens over this world."""
    app: Flask = create_app(world.hub.config, world.hub)
    attach(app)
    with world.hub.db.write() as db:
        fill_people(db)
    return Visitor(app.test_client()).sign_in("maya@example.com")


def start(maya: Visitor, platform: str, name: str = "My shop") -> int:
    maya.post("/admin/connect/", {"name": name, "platform": platform, "to": "tiktok"})
    assert maya.status == 302
    found = re.search(r"/connect/(\d+)/store", maya.last.headers["Location"])
    assert found is not None
    return int(found.group(1))


def leads_to(maya: Visitor) -> str:
    """Where the answer goes on to by itself. A redirect would be stopped by the browser: a form of ours leads to us alone."""
    assert maya.status == 200 and "form-action 'self';" in maya.last.headers["Content-Security-Policy"]
    return maya.last.headers["Refresh"].removeprefix("0; url=")


@pytest.mark.feature("CON-01", "CON-03", "CON-04", "CON-08")
def test_the_button_starts_the_wizard_which_offers_the_supported_stores(maya: Visitor) -> None:
    assert "Create connection" in maya.get("/admin/connections/")
    page = maya.get("/admin/connect/")
    assert re.findall(r'<option value="(\w+)">', page.split('name="platform"')[1].split("</select>")[0]) == list(PLATFORMS)
    assert {"magento", "prestashop", "shopify", "bigcommerce"} <= set(PLATFORMS)
    assert re.findall(r'<option value="(\w+)"', page.split('name="to"')[1].split("</select>")[0]) == ["tiktok"]
    assert "/admin/help/connect" in page


@pytest.mark.feature("CON-02")
def test_a_connection_needs_a_name(maya: Visitor) -> None:
    page = maya.post("/admin/connect/", {"name": " ", "platform": "magento"})
    assert maya.status == 422 and "Give the connection a name." in page
    maya.post("/admin/connect/", {"name": "Ünï code & co", "platform": "magento"})
    assert maya.status == 302


@pytest.mark.feature("CON-07")
def test_what_was_typed_is_there_again_after_the_page_was_closed(maya: Visitor, world: World) -> None:
    maya.post("/admin/connect/draft", {"name": "Half a name", "platform": "prestashop"})
    assert 'value="Half a name"' in maya.get("/admin/connect/")

    connection_id = start(maya, "prestashop")
    maya.post("/admin/connect/draft", {"connection": str(connection_id), "base_url": "https://shop.example", "webservice_key": "S" * 32})
    page = maya.get(f"/admin/connect/{connection_id}/store")
    assert 'value="https://shop.example"' in page and "SSSS" not in page


@pytest.mark.feature("MAG-01", "MAG-04", "MAG-07")
def test_magento_is_asked_to_be_let_in_by_two_addresses_of_this_connection_alone(maya: Visitor, world: World) -> None:
    first, second = start(maya, "magento"), start(maya, "magento", "Another")
    pages = [maya.get(f"/admin/connect/{one}/store") for one in (first, second)]
    addresses = [re.findall(r'value="(http://[^"]+/connect/magento/[^"]+)"', page) for page in pages]
    assert [len(found) for found in addresses] == [2, 2] and not set(addresses[0]) & set(addresses[1])
    assert 'data-copy="u-cb"' in pages[0] and 'data-copy="u-id"' in pages[0]

    page = maya.post(f"/admin/connect/{first}/store", {"connection": str(first), "base_url": world.practice.url("magento")})
    assert maya.status == 422 and "The integration is not active yet." in page

    settings = world.practice.settings("magento")
    maya.post(f"/admin/connect/{first}/store", {"connection": str(first), **{k: str(v) for k, v in settings.items()}})
    assert maya.status == 302
    kept = maya.get(f"/admin/connect/{first}/store")
    for name in ("consumer_secret", "access_token", "access_token_secret"):
        assert str(settings[name]) not in kept and f"Saved, ends in {str(settings[name])[-4:]}" in kept


@pytest.mark.feature("CON-06", "PRS-01", "PRS-02")
def test_saving_is_refused_with_the_failing_thing_named(maya: Visitor, world: World) -> None:
    connection_id = start(maya, "prestashop")
    page = maya.post(f"/admin/connect/{connection_id}/store", {"base_url": world.practice.url("prestashop"), "webservice_key": "W" * 32})
    assert maya.status == 422 and "no longer accepts our sign-in" in page
    page = maya.post(f"/admin/connect/{connection_id}/store", {"base_url": "http://127.0.0.1:9", "webservice_key": "W" * 32})
    assert maya.status == 422 and "http://127.0.0.1:9" in page
    with world.hub.db.read() as db:
        assert db.get_one(Connection, connection_id).state is ConnectionState.SETUP


@pytest.mark.feature("CON-05", "CON-09", "PRS-06", "TTS-01", "TTS-03", "TTS-04", "ACC-05")
def test_a_store_is_connected_through_the_screens_alone(maya: Visitor, world: World) -> None:
    connection_id = start(maya, "prestashop")
    settings = world.practice.settings("prestashop")
    address = re.search(r'id="u-hook" readonly value="([^"]+)"', maya.get(f"/admin/connect/{connection_id}/store"))
    assert address is not None
    world.store("prestashop", "POST", "pair", {"url": address.group(1)})
    page = maya.post(f"/admin/connect/{connection_id}/store", {k: str(v) for k, v in settings.items() if v})
    assert maya.status == 302, re.findall(
        r"sb-says\">([^<]+)|invalid-feedback.*?<span>([^<]+)|role=\"alert\">.*?sb-grow\">([^<]+)", page, re.S
    )
    assert maya.last.headers["Location"] == f"/admin/connect/{connection_id}/"
    maya.get(maya.last.headers["Location"])
    assert maya.last.headers["Location"] == f"/admin/connect/{connection_id}/tiktok"

    assert "Go to authorize" in maya.get(f"/admin/connect/{connection_id}/tiktok")
    maya.post(f"/admin/connect/{connection_id}/tiktok", {"market": "us"})
    consent = leads_to(maya)
    assert consent.startswith(world.practice.tiktok_url) and parse_qs(urlsplit(consent).query)["state"]
    state = parse_qs(urlsplit(consent).query)["state"][0]

    declined = maya.get("/connect/tiktok/callback?code=null&error=auth_denied&state=" + state, follow_redirects=True)
    assert "give its permission" in declined
    foreign = maya.get("/connect/tiktok/callback?state=foreign&code=x", follow_redirects=True)
    assert "was not started here" in foreign
    back = _authorise(world, consent)
    assert parse_qs(urlsplit(back).query)["state"] == [state]
    maya.get(f"/connect/tiktok/callback?{urlsplit(back).query}")
    assert maya.last.headers["Location"] == f"/admin/connect/{connection_id}/shop"
    replay = maya.get(f"/connect/tiktok/callback?{urlsplit(back).query}", follow_redirects=True)
    assert "was used already" in replay

    page = maya.get(f"/admin/connect/{connection_id}/shop")
    offered = re.findall(r'name="shop" id="shop-\d+" value="(\d+)"', page)
    with world.hub.db.read() as db:
        assert db.get_one(Connection, connection_id).state is ConnectionState.SETUP, "not usable before a shop is chosen"
    assert "Choose one of the shops." in maya.post(f"/admin/connect/{connection_id}/shop", {"shop": "999999"})
    maya.post(f"/admin/connect/{connection_id}/shop", {"shop": offered[0]})
    assert maya.last.headers["Location"] == "/admin/"

    listed = maya.get("/admin/connections/")
    assert "My shop" in listed and "Practice" in listed
    maya.get(f"/admin/connections/{connection_id}/open", follow_redirects=True)
    products = maya.get("/admin/products/")
    assert "Your products aren" in products and "data-row " not in products
    with world.hub.db.read() as db:
        shop = db.query(Shop).filter_by(connection_id=connection_id).one()
        assert db.get_one(Connection, connection_id).state is ConnectionState.CONNECTED and shop.warehouse_id


@pytest.mark.feature("TTS-02")
def test_a_seller_says_where_his_account_is_and_is_sent_to_the_page_for_it(maya: Visitor, world: World) -> None:
    connection_id = start(maya, "prestashop")
    settings = world.practice.settings("prestashop")
    maya.post(f"/admin/connect/{connection_id}/store", {k: str(v) for k, v in settings.items() if v})
    config = world.hub.config
    with world.hub.db.write() as db:
        app = db.get_one(App, world.app_id)
        app.is_practice, app.consent_host = False, config.tiktok_consent_host
    page = maya.get(f"/admin/connect/{connection_id}/tiktok")
    assert re.findall(r'<option value="(\w*)"', page.split('name="market"')[1].split("</select>")[0]) == ["", "us", "elsewhere"]
    for nothing in ("", "mars"):
        page = maya.post(f"/admin/connect/{connection_id}/tiktok", {"market": nothing})
        assert maya.status == 422 and "Choose where your TikTok Shop seller account is." in page
    for market, host in (("us", config.tiktok_consent_host_us), ("elsewhere", config.tiktok_consent_host)):
        maya.post(f"/admin/connect/{connection_id}/tiktok", {"market": market})
        assert leads_to(maya).startswith(f"{host}/open/authorize?")
        assert f'value="{market}" selected' in maya.get(f"/admin/connect/{connection_id}/tiktok"), "kept for the next time"


@pytest.mark.feature("TTS-01")
def test_a_connection_with_an_app_of_its_own_asks_for_consent_to_that_app(maya: Visitor, world: World) -> None:
    """Another connection's own app is never used; without one of its own it is the operator's."""
    mine, other = start(maya, "prestashop"), start(maya, "prestashop", "Another")
    settings = {k: str(v) for k, v in world.practice.settings("prestashop").items() if v}
    for connection_id in (mine, other):
        maya.post(f"/admin/connect/{connection_id}/store", settings)
    with world.hub.db.write() as db:
        operators = db.get_one(App, world.app_id)
        operators_id, hosts = operators.service_id, {"api": "", "token": "", "consent": ""}
        own = apps.keep_own(db, world.hub.config, db.get_one(Connection, mine), app_key="merchants-key", app_secret="merchants-secret",
                            service_id="7700000001", hosts=hosts)
        assert own.id != operators.id
    for connection_id, service_id in ((mine, "7700000001"), (other, operators_id)):
        maya.post(f"/admin/connect/{connection_id}/tiktok", {"market": "us"})
        consent = urlsplit(leads_to(maya))
        assert parse_qs(consent.query)["service_id"] == [service_id]


def _authorise(world: World, consent: str) -> str:
    """The seller presses Authorize on TikTok's page: where it sends him."""
    page = requests.get(consent, timeout=10).text
    seller = re.search(r'name="seller_id" value="([^"]+)"', page)
    query = {name: values[0] for name, values in parse_qs(urlsplit(consent).query).items()}
    assert seller is not None
    answer = requests.post(
        f"{world.practice.tiktok_url}/open/authorize",
        allow_redirects=False,
        timeout=10,
        data={**query, "seller_id": seller.group(1), "answer": "authorize"},
    )
    return answer.headers["Location"]


@pytest.mark.feature("PRS-04")
def test_the_prestashop_module_is_downloaded_from_the_wizard(maya: Visitor) -> None:
    """A valid module archive, as Module Manager › Upload a module takes it: one folder with the module's class of that name in it."""
    connection_id = start(maya, "prestashop")
    page = maya.get(f"/admin/connect/{connection_id}/store")
    link = re.search(r'href="([^"]+)" download="shopbridge.zip"', page)
    assert link is not None and "Upload a module" in page

    maya.get(link.group(1))
    content = maya.last.data
    assert maya.status == 200 and maya.last.mimetype == "application/zip"
    assert "attachment; filename=shopbridge.zip" in maya.last.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        assert {name.split("/")[0] for name in packed.namelist()} == {"shopbridge"}
        version = re.search(r"\$this->version = '([^']+)'", packed.read("shopbridge/shopbridge.php").decode())
    assert version is not None and f"Version {version.group(1)}." in page and hashlib.sha256(content).hexdigest() in page
    maya.get("/admin/connect/plugin/weblog")
    assert maya.status == 404


@pytest.mark.feature("MAG-05")
def test_the_magento_module_from_the_wizard_has_the_four_fields_of_the_saas_configuration(maya: Visitor) -> None:
    connection_id = start(maya, "magento")
    page = maya.get(f"/admin/connect/{connection_id}/store")
    link = re.search(r'href="([^"]+)" download="shopbridge-magento.zip"', page)
    assert link is not None and "Stores › Configuration › TikTok Shop Connector › Saas Configuration" in page
    maya.get(link.group(1))
    with zipfile.ZipFile(io.BytesIO(maya.last.data)) as packed:
        system = ElementTree.fromstring(packed.read("etc/adminhtml/system.xml"))
    tabs = {tab.get("id"): tab.findtext("label") for tab in system.iter("tab")}
    section = next(one for one in system.iter("section") if one.findtext("label") == "Saas Configuration")
    assert tabs[section.findtext("tab")] == "TikTok Shop Connector"
    fields = {field.findtext("label"): field for field in section.iter("field")}
    assert {name: fields[name].get("type") for name in ("Enabled", "Web Hook URL", "App Key", "App Secret")} == {
        "Enabled": "select", "Web Hook URL": "text", "App Key": "text", "App Secret": "obscure"}
    assert fields["Enabled"].findtext("source_model") == r"Magento\Config\Model\Config\Source\Yesno"
    assert fields["App Secret"].findtext("backend_model") == r"Magento\Config\Model\Config\Backend\Encrypted"


@pytest.mark.feature("PRS-03")
def test_the_page_says_how_the_module_is_and_what_to_do_about_it(maya: Visitor, world: World) -> None:
    """What the module says at its hello: version, cron and queue, on the wizard and on the connection's page."""
    connection_id = start(maya, "prestashop")
    state = f"/admin/connect/{connection_id}/module"
    assert "The module hasn&#39;t called yet." in maya.get(state)
    address = re.search(r'id="u-hook" readonly value="([^"]+)"', maya.get(f"/admin/connect/{connection_id}/store"))
    assert address is not None
    world.store("prestashop", "POST", "pair", {"url": address.group(1)})
    for page in (maya.get(state), maya.get(f"/admin/connections/{connection_id}/")):
        assert re.search(r"The module [0-9.]+ is connected\.", page)
        assert facts(page)["Store's cron"] == "Runs" and facts(page)["Events waiting there"].startswith("0")
    before = facts(maya.get(f"/admin/connections/{connection_id}/"))["Last event received"]
    sku = world.store("prestashop", "GET", "products")[0]["sku"]
    with clock.hold(clock.now() + timedelta(minutes=3)):
        world.store("prestashop", "POST", f"products/{sku}/save")
        world.store("prestashop", "POST", "events/deliver")
        assert facts(maya.get(f"/admin/connections/{connection_id}/"))["Last event received"] not in ("None yet", before)

    hello = {"plugin_version": "0.9.0", "cron_seen_at": None, "queue": {"waiting": 12, "oldest_s": 2400, "failed": 3},
             "said_at": (clock.now() - timedelta(hours=30)).isoformat()}
    with world.hub.db.write() as db:
        row = db.get_one(Connection, connection_id)
        row.store = {**row.store, "plugin": hello}
    told = facts(maya.get(f"/admin/connections/{connection_id}/"))
    assert told["Version"].startswith("0.9.0") and "is newer. Download it" in told["Version"]
    assert "press Save" in told["Last said how it is"] and "Has never run" in told["Store's cron"]
    assert told["Events waiting there"].startswith("12, the oldest for 40 minutes") and told["Events given up"].startswith("3")
    assert "5 things to look at." in maya.get(state)


def facts(page: str) -> dict[str, str]:
    """Every fact of the page by its name, without marks."""
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.S)
    return {html.unescape(name): " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split()) for name, text in found}


def test_a_seller_who_was_sent_from_his_stores_admin_goes_on_to_his_store(maya: Visitor, world: World) -> None:
    """With the hub's own app TikTok Shop brings him here, without anybody signed in; the code stays the store's to use."""
    with world.hub.db.write() as db:
        connection = connect.create(db, "Sent from the store", "magento", Mode.PRACTICE)
        connection.settings = {"base_url": "https://shop.example/de/"}
        tiktok = db.scalars(select(App)).first()
        assert tiktok is not None
        _, state = connect.consent(db, world.hub.config, connection, tiktok, f"api:{connection.id}", "own")
        _, ours = connect.consent(db, world.hub.config, connection, tiktok, "somebody")
    stranger = maya.client.application.test_client()
    answer = stranger.get("/connect/tiktok/callback", query_string={"code": "C1", "state": state, "app_key": "x"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"https://shop.example/de/tts/authorization/code?code=C1&state={state}"
    denied = stranger.get("/connect/tiktok/callback", query_string={"code": "null", "error": "auth_denied", "state": state})
    assert denied.headers["Location"].endswith(f"code=null&state={state}&error=auth_denied")
    for other in (ours, "foreign", ""):
        assert "sign-in" in stranger.get("/connect/tiktok/callback", query_string={"code": "C1", "state": other}).headers["Location"]
    with world.hub.db.read() as db:
        assert db.scalars(select(OAuthState.used_at).order_by(OAuthState.id.desc()).limit(2)).all() == [None, None]

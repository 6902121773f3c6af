"""S-10 … S-12: what a store, a buyer or TikTok Shop writes is shown as text; it never runs, leads astray or calculates."""

from __future__ import annotations

import csv
import io
import itertools
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin.base import csv_safe
from admin.formatting import safe_image, safe_link
from hub import clock
from hub.domain.listings import ListingState
from hub.domain.orders import OrderState
from hub.models.categories import CategoryMapping, TikTokCategory
from hub.models.changes import Change
from hub.models.connections import ApiToken, Connection
from hub.models.ledger import LedgerEntry
from hub.models.listings import Listing, ListingEvent
from hub.models.orders import LinkState, OrderEvent, OrderLink
from hub.models.products import StoreProduct, StoreVariant
from hub.models.shops import Shop
from hub.models.tasks import Item, Task
from hub.models.users import User
from tests.screens.rows import add_order, add_product
from tests.security.pages import Page, nonce_of
from tests.security.site import Browser, Site, address, text_of

# Each makes, where it is not escaped for its place, a tag or an attribute whose name begins with xq, or a script that says xq.
SHAPES = (
    "<xq{n}>", "<script>xq{n}()</script>", '"><xq{n}>', "'><xq{n}>", '" xq{n}="', "' xq{n}='", " xq{n}=1 ", "</title><xq{n}>", "</textarea><xq{n}>",
    "</script><xq{n}>", "</style><xq{n}>", "--><xq{n}>", "]]><xq{n}>", "<svg><xq{n}></svg>", "<img src=x xq{n}=1>",
    "<a href=javascript:xq{n}()>x</a>",
    "{{{{'<xq{n}>'|safe}}}}", "{{% raw %}}<xq{n}>", "&lt;xq{n}&gt;<xq{n}>", "<xq{n}\n>", "<XQ{n}>", "<<xq{n}>>", "\x3cxq{n}\x3e", "<xq{n}/",
    "`<xq{n}>`",
    "<math><mtext></p><xq{n}>", "<!--<xq{n}>", "<noscript><p title=\"</noscript><xq{n}>\">", "<plaintext><xq{n}>", "＜xq{n}＞<xq{n}>", "<xq{n} x='",
    "javascript:xq{n}()", "data:text/html,<xq{n}>", "\u202e<xq{n}>", "</td></tr></table><xq{n}>", "</select></form><xq{n}>",
    "<template><xq{n}></template>",
    "<iframe srcdoc='<xq{n}>'>", "<object data=x xq{n}>", "<meta http-equiv=refresh content='0;url=//xq{n}'>",
)
_numbers = itertools.count()


def hostile() -> str:
    """Another text each time; the shapes go round."""
    number = next(_numbers)
    return SHAPES[number % len(SHAPES)].format(n=number)


def problems() -> list[dict[str, str]]:
    return [{"code": hostile() if n else "tiktok.refused", "where": hostile(), "says": hostile(), "fix": hostile(), "link": hostile(),
             "raw": hostile(), "url": "javascript:xq()"} for n in range(2)]


def sow(db: Session, connection: Connection, shop: Shop) -> None:
    """Rows whose every text is hostile; a thousand of them."""
    now = clock.now()
    for n in range(30):
        listing = add_product(db, connection, shop, hostile(), hostile(), variants=1 + n % 2, category=(f"x{n}{hostile()}", hostile()),
                              state=(ListingState.LIVE, ListingState.NEEDS_ATTENTION, ListingState.OFF)[n % 3], tiktok_product_id=f"99{n}",
                              tiktok_status=hostile()[:30], live_at=now, pending=bool(n % 2), problems=problems())
        product = db.get_one(StoreProduct, listing.product_id)
        product.data = {"brand": hostile(), "attributes": {hostile(): hostile()}, "url": ("javascript:xq()", "data:text/html,xq", hostile())[n % 3],
                        "images": [hostile(), "javascript:xq()"], "description": hostile(),
                        "dimensions": {"length": hostile(), "width": "1", "height": "1"}}
        product.hub_title, product.hub_brand_name, product.hub_brand_id = hostile(), hostile(), hostile()
        product.hub_attributes = {"100398": {"value_id": "", "text": hostile()}}
        product.external_id = f"{n}{hostile()}"
        db.execute(update(StoreVariant).where(StoreVariant.product_id == product.id).values(sku=hostile(), options={hostile(): hostile()}))
        db.add(ListingEvent(listing_id=listing.id, at=now, what=hostile()[:30], says=hostile() + "\n" + hostile(), data={hostile(): hostile()}))
        db.add(CategoryMapping(connection_id=connection.id, shop_id=shop.id, store_category_id=product.category_id, store_path=hostile(),
                               suggested_id=f"9{n}", category_id=f"9{n}", confirmed_at=now, brand_name=hostile(), brand_id=hostile(),
                               attributes={"1": {"value_id": "", "text": hostile()}}))
        db.add(TikTokCategory(shop_id=shop.id, category_id=f"9{n}", parent_id="0", name=hostile(), path=hostile(), is_leaf=True,
                              permissions=["AVAILABLE"], read_at=now))
        link = add_order(db, connection, shop, f"88{n}", state=(LinkState.IN_STORE, LinkState.NEEDS_ATTENTION)[n % 2],
                         tiktok=OrderState.AWAITING_SHIPMENT, store_order_id=hostile(), store_number=hostile(), problems=problems(),
                         reason=hostile(), parcels=[{"id": hostile(), "carrier": hostile(), "number": hostile(), "from": hostile()}])
        link.buyer = hostile()
        packed = json.loads(json.dumps(link.order))
        for line in packed["lines"]:
            line.update(title=hostile(), variant_title=hostile(), seller_sku=hostile(), image_url=("javascript:xq()", hostile())[n % 2])
        packed["shipping"]["title"] = hostile()
        link.order = packed
        db.add(OrderEvent(link_id=link.id, at=now, what=hostile()[:30], says=hostile(), data={hostile(): hostile()}))
    db.execute(update(LedgerEntry).where(LedgerEntry.shop_id == shop.id).values(reason=hostile()))
    for row in db.scalars(select(Task).where(Task.connection_id == connection.id)):
        row.summary, row.says, row.by, row.reference = hostile(), hostile(), hostile(), hostile()
        row.problems, row.result = problems(), {"x": hostile()}
    for row in db.scalars(select(Item)):
        row.label, row.says, row.problems = hostile(), hostile(), problems()
    connection.name, connection.paused_because, connection.problems = hostile(), hostile(), problems()
    connection.settings = {"base_url": "javascript:xq()"}
    connection.store = {"version": hostile(), "name": hostile(), "timezone": "UTC", "plugin_version": hostile(), "capabilities": [hostile()],
                        "scopes": [{"code": "us", "name": hostile(), "currency": "USD", "locale": hostile()}]}
    connection.wizard = {"base_url": hostile()}
    shop.name = hostile()
    shop.warehouses = [{"id": "w1", "name": hostile(), "kind": "sales", "default": True, "enabled": True}]
    shop.providers = [{"id": hostile(), "name": hostile()}]
    shop.settings = {"orders": {"carriers": {hostile(): hostile()}, "payment_title": hostile()}}
    for token in db.scalars(select(ApiToken)):
        token.label, token.made_by = hostile(), hostile()
    for user in db.scalars(select(User)):
        user.name = hostile()
    for _ in range(40):
        db.add(Change(at=now, who=hostile(), address=hostile()[:60], what=hostile()[:80], subject=hostile(), before={hostile(): hostile()},
                      after={hostile(): {"x": [hostile()]}}))


@pytest.fixture
def sown(site: Site) -> Site:
    if next(_numbers) == 0:
        with site.hub.db.write() as session:
            sow(session, session.get_one(Connection, site.own["connection_id"]), session.get_one(Shop, site.own["shop_id"]))
        assert next(_numbers) > 500
    return site


def strange_in(html: str, nonce: str) -> list[str]:
    """What a browser would have taken for more than text."""
    page = Page(html, nonce)
    found = [f"<{tag}>" for tag in page.tags if tag.startswith("xq")]
    found += [f"<{tag} {name}>" for tag, name, _ in page.attributes if name.startswith("xq")]
    found += [f"<{tag} {name}={value}>" for tag, name, value in page.attributes
              if name in ("href", "src", "action") and value.strip().lower().startswith(("javascript:", "data:text"))]
    found += [code for code in page.code if "xq" in code]
    return found


def ran(browser: Browser, path: str, **options: Any) -> list[str]:
    """The same of an address's answer."""
    answer = browser.get(path, **options)
    assert answer.status_code < 500, path
    if answer.mimetype != "text/html":
        return []
    return strange_in(text_of(answer), nonce_of(answer.headers["Content-Security-Policy"]))


@pytest.mark.parametrize("shape", SHAPES)
def test_each_payload_would_be_seen_where_it_is_not_escaped(shape: str):
    """The oracle of these tests is able to fail: in one of the places that texts stand in, each of them breaks out."""
    places = ("<p>%s</p>", '<p title="%s">', "<p title='%s'>", "<p title=x %s>", "<title>%s</title>", "<textarea>%s</textarea>", '<a href="%s">x</a>',
              '<script nonce="n">"%s"</script>', '<style nonce="n">%s</style>', "<!-- %s -->")
    assert any(strange_in(place % shape.format(n=7), "n") for place in places)
    assert not any(strange_in(place % escape(shape.format(n=7)), "n") for place in places[:3] + places[4:6])


def test_no_text_of_others_becomes_a_tag_a_handler_or_a_link(sown: Site):
    """S-10, S-11: a thousand payloads in forty shapes, in every text that a page can show, × every page, for an owner."""
    browser, found, shown = sown.browser("owner"), {}, 0
    browser.get(f"/admin/connections/{sown.own['connection_id']}/open")
    with sown.hub.db.read() as session:
        ids = {
            "listing_id": session.scalars(select(Listing.id).where(Listing.shop_id == sown.own["shop_id"])).all(),
            "link_id": session.scalars(select(OrderLink.id).where(OrderLink.shop_id == sown.own["shop_id"])).all(),
            "mapping_id": session.scalars(select(CategoryMapping.id).where(CategoryMapping.shop_id == sown.own["shop_id"]).limit(12)).all(),
            "task_id": session.scalars(select(Task.id).where(Task.connection_id == sown.own["connection_id"])).all(),
            "user_id": session.scalars(select(User.id)).all(),
        }
    assert sum(map(len, ids.values())) > 80
    pages = []
    for rule in sown.people_rules():
        if "GET" not in (rule.methods or set()) or "static" in rule.endpoint:
            continue
        named = next((name for name in rule.arguments if name in ids), "")
        values = {**sown.own, "page": "problems", "platform": "prestashop", "export_type": "csv", "token": "x"}
        few = ids[named] if named and rule.endpoint.endswith(".page") else ids[named][-2:] if named else [0]
        pages += [address(rule, {**values, **({named: number} if named else {})}) for number in few]
    pages += ["/admin/products/?page=1", "/admin/products/?rows=20&page=2", "/admin/mappings/?page=1", "/admin/orders/?page=1",
              "/admin/settings/orders?carrier=%22%3E%3Cxq%3E"]
    for path in pages:
        strange = ran(browser, path)
        shown += "xq" in browser.last
        if strange:
            found[path] = strange[:3]
    assert found == {} and shown > 110


@pytest.mark.parametrize("shape", SHAPES)
def test_no_text_of_an_address_comes_back_as_more_than_text(sown: Site, shape: str):
    """S-10, reflected: what stands in the query of a list, a form that was refused, and an address that does not exist."""
    browser, text = sown.kept("owner"), shape.format(n=7)
    for path in ("/admin/products/", "/admin/orders/", "/admin/mappings/", "/admin/products/categories", "/admin/settings/history/"):
        assert ran(browser, path, query_string={"q": text, "search": text, "tab": text, "category": text, "status": text, "sort": text}) == [], path
    assert ran(browser, "/admin/" + text.replace("\n", "").replace("?", "")) == []
    assert ran(browser, "/sign-in", query_string={"next": "/" + text}) == []


@pytest.mark.parametrize("bad", ["javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x",
                                 "vbscript:x", "file:///etc/passwd", "//thief.example", "/\\thief.example", "blob:x", "http:", "https://",
                                 "\x01javascript:alert(1)", "ftp://x", "http:/\\", "https:thief.example", "http://[", None, ""])
def test_only_web_addresses_become_links(bad: str | None):
    """S-11."""
    assert safe_link(bad) == safe_image(bad) == ""


@given(st.text(max_size=40))
def test_whatever_becomes_a_link_is_a_web_address_or_a_path_of_ours(text: str):
    """S-11: as a browser reads it, tabs and line breaks dropped."""
    found = safe_link(text)
    read = found.replace("\t", "").replace("\n", "").replace("\r", "").lower()
    assert found == "" or read.startswith(("http://", "https://")) or (read.startswith("/") and not read.startswith(("//", "/\\")))


@given(st.one_of(st.text(max_size=30), st.text(alphabet="=+-@\t\r |!\"',;0123456789.AC(" + "＝＋－＠" + string.whitespace, max_size=12)))
def test_no_cell_of_a_file_is_a_formula(text: str):
    """S-12: a spreadsheet takes what begins with one of these for a formula; plain numbers keep their minus."""
    cell = csv_safe(text)
    assert cell.endswith(text)
    bare = cell.lstrip()
    if bare[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠"):
        assert bare[:1] == "-" and bare[1:].replace(".", "", 1).isdigit()
    assert cell[:1] not in ("\t", "\r")


def test_the_files_that_are_downloaded_hold_no_formula(site: Site):
    """S-12: products, orders, a task's results and the history, each with formulas in their texts."""
    formulas = ["=HYPERLINK(\"http://thief.example\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0"]
    browser = site.browser("owner")
    browser.get(f"/admin/connections/{site.foreign['connection_id']}/open")
    with site.hub.db.write() as session:
        connection, shop = session.get_one(Connection, site.foreign["connection_id"]), session.get_one(Shop, site.foreign["shop_id"])
        task = session.get_one(Task, site.foreign["task_id"])
        for n, formula in enumerate(formulas):
            listing = add_product(session, connection, shop, formula, formula, category=(str(n), formula), problems=[{"says": formula}])
            add_order(session, connection, shop, f"77{n}", state=LinkState.IN_STORE, tiktok=OrderState.AWAITING_SHIPMENT, store_number=formula,
                      store_order_id=formula)
            session.add(Item(task_id=task.id, parent_id=task.id, subject=listing.id, label=formula, says=formula, attempts=1, state="done",
                             outcome="ok", problems=[{"fix": formula}]))
            session.add(Change(at=clock.now(), who=formula, what=formula, subject=formula, before={"x": formula}))
    for path in ("/admin/products/export.csv", "/admin/orders/export.csv", f"/admin/tasks/{task.id}/results.csv",
                 "/admin/settings/history/export/csv/"):
        answer = browser.get(path)
        assert answer.status_code == 200 and answer.mimetype == "text/csv", path
        assert answer.headers["Content-Disposition"].startswith("attachment"), path
        rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True), newline="")))
        cells = [cell for row in rows for cell in row]
        assert [cell for cell in cells if cell.lstrip()[:1] in ("=", "+", "@") or cell.startswith(("\t", "\r"))] == [], path
        assert sum(formula in cell for formula in formulas for cell in cells) >= len(formulas), path
        assert len({len(row) for row in rows if row}) == 1, path

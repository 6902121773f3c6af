"""S-32, S-33: headers on every answer, nothing that the policy would have to stop, and nothing of the inside in an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from hub.web import headers
from tests.security.pages import Page, faults_of
from tests.security.site import Site, address, text_of

ROOT = Path(__file__).parents[2]
INSIDE = "postgresql://hub:pw-zqcanary@db.internal/hub"


def every_get(site: Site) -> Iterator[str]:
    values = {**site.own, "page": "push", "export_type": "csv", "filename": "shopbridge.css", "token": "no-such-link", "platform": "magento",
              "key": "x", "app": "1", "rest": "x", "category_id": "602", "task_id": str(site.own["task_id"]), "product_id": "1"}
    for rule in site.app.url_map.iter_rules():
        if "GET" in (rule.methods or set()):
            yield address(rule, values)


@pytest.mark.parametrize("role", ["", "support", "owner"])
def test_every_answer_has_the_headers_and_no_page_needs_what_the_policy_stops(site: Site, role: str):
    """S-32: `Browser` holds each answer against `faults_of`; here every address is asked for, signed in and not."""
    browser, pages = site.browser(role), 0
    for path in every_get(site):
        answer = browser.get(path)
        assert answer.status_code < 500, path
        pages += answer.mimetype == "text/html" and answer.status_code == 200
        assert browser.open("OPTIONS", path).status_code < 500
        assert browser.open("HEAD", path).status_code < 500
    assert pages >= (2 if not role else 25)


def test_the_nonce_is_another_for_each_answer_and_the_page_uses_it(site: Site):
    """S-32."""
    browser = site.browser("owner")
    nonces = set()
    for _ in range(5):
        answer = browser.get("/admin/products/")
        policy = answer.headers["Content-Security-Policy"]
        nonce = policy.split("'nonce-")[1].partition("'")[0]
        nonces.add(nonce)
        assert len(nonce) >= 22
    assert len(nonces) == 5


@pytest.mark.parametrize(("html", "fault"), [
    ('<p onclick="x()">', "a handler"), ("<P OnMouseOver=x>", "a handler"), ('<p style="color:red">', "a style"),
    ('<a href="javascript:x()">', "astray"), ('<a href=" JaVaScRiPt:x">', "astray"), ('<img src="data:text/html,x">', "astray"),
    ('<a href="//thief.example">', "astray"), ('<form action="vbscript:x">', "astray"), ("<script>x()</script>", "nonce"),
    ('<script nonce="other">x()</script>', "nonce"), ("<style>p{}</style>", "nonce"), ("<base href=/>", "<base>"), ("<object>", "<object>"),
    ('<iframe src="/x">', "sandbox"), ('<a href="https://a.example" target="_blank">', "opener"), ("<svg/onload=x>", "a handler"),
])
def test_the_reader_of_pages_sees_what_it_is_there_for(html: str, fault: str):
    """The oracle of these tests is able to fail."""
    assert any(fault in one for one in Page(html, "own").faults)
    assert Page('<a href="/x" title="onclick=1">&lt;script&gt;</a><script nonce="own">1</script><script src="/s.js"></script>', "own").faults == []


def test_an_answer_without_headers_is_seen():
    """The same for the headers."""
    bare = Flask("bare", static_folder=None)
    bare.add_url_rule("/", view_func=lambda: "hello")
    assert {"may be framed", "no nosniff", "no Cross-Origin-Opener-Policy"} <= set(faults_of(bare.test_client().get("/")))
    dressed = Flask("dressed", static_folder=None)
    headers.install(dressed, https=False)
    assert faults_of(dressed.test_client().get("/nothing")) == []



def test_no_error_shows_the_inside(site: Site, caplog: pytest.LogCaptureFixture):
    """S-33: the page says a reference; the log holds it beside the reason; nothing of the reason is told."""
    browser = site.browser("owner")
    views = site.app.view_functions
    kept = dict(views)

    def fail() -> str:
        raise RuntimeError(f"could not connect to {INSIDE}: SELECT password_hash FROM user_account")

    try:
        for endpoint in ("help.index", "products.index", "auth.front", "health.alive", "returns.tiktok_callback"):
            views[endpoint] = lambda *a, **k: fail()
            rule = next(one for one in site.app.url_map.iter_rules() if one.endpoint == endpoint)
            answer = browser.get(rule.rule)
            text = answer.get_data(as_text=True)
            assert answer.status_code == 500, endpoint
            assert not [word for word in (INSIDE, "zqcanary", "SELECT", "RuntimeError", "could not connect", str(ROOT)) if word in text], endpoint
            reference = next(record.reference for record in caplog.records if hasattr(record, "reference"))
            assert reference in text
            caplog.clear()
    finally:
        views.update(kept)


def test_each_kind_of_error_is_a_plain_page(site: Site):
    """S-33: 400, 403, 404, 405, 413, 415 as people and machines get them."""
    owner, support = site.browser("owner"), site.browser("support")
    plain = {"token": "", "data": b"<a/>", "content_type": "text/xml"}
    gets = ("/admin/nothing", "/admin/orders/99999/", "/admin/%ff%fe", "/admin/products/%00", "/admin/help/../../etc/passwd", "/assets/nothing.css",
            "/assets/../../pyproject.toml", "/assets/%2e%2e/%2e%2e/pyproject.toml", "/api/v1/nothing", "/hooks/x/y")
    errors = [
        owner.post("/admin/products/pull", token=""), support.get("/admin/people/"), owner.open("DELETE", "/admin/products/"),
        owner.open("POST", "/hooks/magento/x", **plain), owner.post("/admin/connect/draft", {"name": "x" * 17_000_000}),
        *(owner.get(path) for path in gets),
    ]
    for answer in errors:
        assert 400 <= answer.status_code < 500, answer.request.path
        text = answer.get_data(as_text=True)
        assert str(ROOT) not in text and "shopbridge" not in text.partition("[project]")[2]


@pytest.mark.parametrize("value", ["²", "9" * 30, "-1", "a\x00b", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
                                   "'; DROP TABLE task; --", "{{7*7191}}", "%s%n", "x" * 5000])
def test_odd_values_in_any_field_are_never_our_mistake(site: Site, value: str):
    """S-33: each form and each list with values that no page sends: answered below 500, nothing of the inside shown."""
    owner = site.browser("owner")
    owner.get(f"/admin/connections/{site.own['connection_id']}/open")
    fields = ("ids", "mapping", "connection", "shop", "scope", "category_id", "start", "end", "name", "platform", "base_url", "role", "email",
              "connections", "abilities", "label", "part", "length", "width", "height", "hub_title", "brand_id", "carrier", "provider", "action",
              "filter", "confirmed", "q", "tab", "page", "rows", "sort", "status", "verdict", "need", "result", "state", "code", "next", "to",
              "tiktok_product_id", "now", "password", "again", "payment_title", "retries", "stock_reserve", "package_weight", "price_rule")
    form: dict[str, object] = dict.fromkeys(fields, value)
    skipped = {"connections.remove", "people.remove", "auth.sign_out", "auth.sign_out_elsewhere", "auth.sign_in", "auth.forgot",
               "auth.change_password"}
    for rule in site.people_rules():
        if rule.endpoint in skipped or "static" in rule.endpoint:
            continue
        path = address(rule, {**site.own, "page": "push", "platform": "prestashop", "export_type": "csv", "token": "no-such-link"})
        if "GET" in (rule.methods or set()):
            query = {name: text for name, text in form.items() if name not in ("start", "tiktok_product_id")}
            answer = owner.get(path, query_string=query)
            assert answer.status_code < 500, (rule, answer.status_code)
            assert "50337" not in text_of(answer)
        if "POST" in (rule.methods or set()):
            answer = owner.post(path, form)
            assert answer.status_code < 500, (rule, answer.status_code)



"""S-13: what changes something wants this session's own form token; nothing is changed by a link."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.routing import Rule

from hub import embedded
from hub.models import sealed
from tests.screens.rows import PASSWORD
from tests.security.site import EMAILS, Browser, Site, address, changed, open_site

PLAIN = {"page": "push", "platform": "prestashop", "export_type": "csv", "filename": "shopbridge.css", "token": "no-such-link"}
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


def changing(site: Site) -> list[tuple[Rule, str]]:
    found = [(rule, method) for rule in site.people_rules() for method in sorted((rule.methods or set()) & set(CHANGING))]
    assert len(found) > 40
    return found


def filled_in(site: Site, rule: Rule) -> str:
    return address(rule, {**site.own, **PLAIN})


def test_every_form_refuses_no_token_and_one_of_another_session_or_of_nobody(site: Site):
    """S-13: 100 % of the routes of people that change something, from the map of routes."""
    owner, foreign = site.browser("owner"), site.browser("admin").form_token()
    stranger, before = site.browser().form_token(), site.rows()
    own = owner.form_token()
    tokens = {"none": "", "another session's": foreign, "of nobody": stranger, "cut": own[:-1], "made up": "IjEi.aQ.x", "as text": "null"}
    for rule, method in changing(site):
        path = filled_in(site, rule)
        for name, token in tokens.items():
            answer = owner.open(method, path, token=token, data={"email": "x@example.com", "name": "x", "confirmed": "1"})
            assert answer.status_code == 400, (rule, name, answer.status_code)
        # Neither a header nor the address nor JSON stands in for a missing token.
        for options in ({"headers": {"X-CSRFToken": foreign}}, {"query_string": {"csrf_token": own}}, {"json": {"csrf_token": own}},
                        {"headers": {"X-HTTP-Method-Override": "GET"}}):
            assert owner.open(method, path, token="", **options).status_code == 400, (rule, options)
    assert changed(before, site.rows()) == set()
    assert owner.is_in


def test_a_link_changes_nothing(site: Site):
    """S-13: by GET and HEAD no row changes, whatever the address says; what only changes has no GET."""
    owner, before = site.browser("owner"), site.rows()
    query = "?csrf_token=x&confirmed=1&action=push&all=1&name=thief&role=owner&_method=POST&id=1"
    readable = {rule.rule for rule in site.people_rules() if "GET" in (rule.methods or set())}
    for rule in site.people_rules():
        methods = rule.methods or set()
        path = filled_in(site, rule)
        for method in ("GET", "HEAD"):
            answer = owner.open(method, path + query, data={"name": "Thief", "role": "admin", "hub_title": "Thief"})
            if method not in methods and rule.rule not in readable:
                assert answer.status_code in (404, 405), (rule, answer.status_code)
            assert answer.status_code < 500, rule
        for method in {"PUT", "PATCH", "DELETE", "TRACE", "BREW"} - methods:
            assert owner.open(method, path).status_code in (400, 404, 405, 501), (rule, method)
    after = site.rows()
    assert {(key, name) for key in changed(before, after) for name in after[key] if before.get(key, {}).get(name) != after[key][name]} == set()
    assert owner.is_in, "signing out by a link"


def test_machines_bring_their_own_proof_and_need_no_form_token(site: Site):
    """S-13: webhooks and API are left out; without signature or token nothing changes there either."""
    nobody, before = site.browser(), site.rows()
    machines = site.app.extensions["shopbridge_machine_blueprints"]
    values = {"platform": "magento", "key": "x" * 22, "app": "1", "rest": "x", "category_id": "602", "task_id": "1", "product_id": "1"}
    kept = site.filled
    with site.hub.db.read() as session:
        from hub.models.connections import Connection

        values["key"] = session.get_one(Connection, kept.connection_id).hook_key
    tried = 0
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in machines:
            for method in sorted((rule.methods or set()) & set(CHANGING)):
                answer = nobody.open(method, address(rule, values), token="", json={"type": "x"})
                assert answer.status_code in (401, 404, 405, 415), (rule, method, answer.status_code)
                tried += 1
    assert tried > 12
    assert changed(before, site.rows()) == set()


def test_a_form_token_ends_with_its_session(site: Site):
    """S-13, S-17: a page from before signing in again saves nothing."""
    browser = site.browser("owner")
    old = browser.form_token()
    browser.post("/sign-out")
    browser.token = ""
    browser.sign_in(EMAILS["owner"])
    answer = browser.open("POST", f"/admin/connections/{site.own['connection_id']}/rename", token=old, data={"name": "Thief"})
    assert answer.status_code == 400 and "This page is old" in answer.get_data(as_text=True)


@pytest.fixture(scope="module")
def _https(tmp_path_factory: pytest.TempPathFactory, redis_server: embedded.Server) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("https")
    made = open_site(folder, redis_server.url, public_url="https://hub.example", BIND="127.0.0.1:8000", TRUSTED_PROXIES="1")
    yield made
    made.hub.close()


@pytest.fixture
def https(_https: Site) -> Site:
    sealed.use_keys(_https.hub.config.key_ring())
    return _https


def test_over_https_a_form_must_come_from_our_own_page(https: Site):
    """S-13: the origin is checked besides the token."""
    owner, path = https.browser("owner"), f"/admin/connections/{https.own['connection_id']}/rename"
    for referrer in ("", "https://thief.example/", "http://hub.example/admin/", "https://hub.example.thief.example/", "https://hub.example:444/"):
        answer = owner.post(path, {"name": "Thief"}, headers={"Referer": referrer, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example"})
        assert answer.status_code == 400, referrer
    assert owner.post(path, {"name": "Fern & Kiln US"}, headers={"X-Forwarded-Proto": "https"}).status_code == 302


def test_over_https_every_cookie_is_bound_to_the_host_and_every_answer_says_stay(https: Site):
    """S-32: `__Host-`, Secure, HttpOnly, SameSite, HSTS; `Browser` checks it on each answer of a whole round."""
    owner: Browser = https.browser()
    answer = owner.sign_in(EMAILS["owner"], PASSWORD)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-shopbridge=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; ")) and "Domain" not in cookie
    seen = 0
    for rule in https.people_rules():
        if "GET" in (rule.methods or set()):
            assert owner.get(filled_in(https, rule)).status_code < 500
            seen += 1
    for path in ("/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/nothing", "/nothing", "/hooks/magento/x", "/connect/magento/x/identity"):
        owner.get(path)
    assert seen > 45

"""S-14, S-15: every route × every id × two connections × three roles; nobody gets across, and nothing is left out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from hub.models.changes import Change
from hub.models.connections import Connection
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.users import Role, User, UserConnection
from tests.security.site import CANARY, Browser, Site, address, changed, rows_of, text_of

ROLES = ("owner", "admin", "support")
MAY = {"everyone": ROLES, "managers": ("owner", "admin"), "owner": ("owner",), "nobody": ()}

# The written matrix (S-15). Who may use each address with each method; a route that is not here fails the first test.
MATRIX = {
    "everyone": """
        home.index:GET home.search:GET connections.index:GET connections.landing:GET connections.page:GET connections.open:GET
        connections.choose_shop:GET connections.check:POST connections.hooks:POST checks.index:GET help.index:GET help.topic:GET
        products.index:GET products.pull:POST products.bulk:POST products.export:GET products.page:GET products.values:POST
        products.own_rules:POST products.own_threshold:POST
        products.own_category:GET products.own_category:POST products.attributes:GET products.attributes:POST
        products.find_category:GET products.find_brand:GET products.map:GET products.map:POST
        mappings.index:GET mappings.confirm:POST mappings.suggest:POST mappings.page:GET mappings.page:POST
        csv_updates.index:GET csv_updates.page:GET csv_updates.template:GET csv_updates.allowed:GET csv_updates.upload:POST
        csv_updates.file:GET csv_updates.part:GET csv_updates.errors:GET csv_updates.apply:POST csv_updates.undo:POST
        orders.index:GET orders.refresh:POST orders.retry:POST orders.export:GET orders.ledger:GET orders.reconcile:POST orders.page:GET
        missed.index:GET missed.sync:POST
        tasks.index:GET tasks.page:GET tasks.part:GET tasks.progress_json:GET tasks.stop:POST tasks.results:GET
        settings.index:GET settings.products:GET settings.orders:GET settings.save_carrier:POST
        auth.change_password:GET auth.change_password:POST auth.change_mail:POST auth.sign_out_elsewhere:POST
    """,
    "managers": """
        connections.pause:POST connections.resume:POST connections.secret:POST connections.rename:POST connections.remove:POST
        connections.token:POST connections.end_token:POST connections.choices:POST
        wizard.index:GET wizard.index:POST wizard.draft:POST wizard.resume:GET wizard.store:GET wizard.store:POST wizard.authorize:POST
        wizard.activation:GET wizard.plugin:GET wizard.plugin_state:GET wizard.tiktok:GET wizard.tiktok:POST wizard.shop:GET
        wizard.shop:POST returns.tiktok_callback:GET returns.store_callback:GET
        settings.save_products:POST settings.save_orders:POST
        people.index:GET people.page:GET
        history.index_view:GET history.export:GET
    """,
    "owner": "people.add:GET people.add:POST people.page:POST people.invite:POST people.remove:POST",
    # Flask-Admin brings these along; on the history they do nothing for anybody.
    "nobody": """
        history.create_view:GET history.create_view:POST history.edit_view:GET history.edit_view:POST history.delete_view:POST
        history.details_view:GET history.action_view:POST history.ajax_lookup:GET history.ajax_update:POST
    """,
    "public": """
        auth.front:GET auth.sign_in:GET auth.sign_in:POST auth.sign_out:POST auth.first_run:GET auth.first_run:POST
        auth.forgot:GET auth.forgot:POST auth.set_password:GET auth.set_password:POST sb.static:GET home.static:GET
    """,
}
RIGHTS = {way: right for right, ways in MATRIX.items() for way in ways.split()}
# What machines use brings a token, a signature or a key of its own; `tests/api/test_access.py` enumerates the API,
# `tests/inbox` the webhooks. Here: that none of them takes a person's session for one.
MACHINES = {"hooks", "health", "handshake", "api"}
IDS = {"connection_id", "shop_id", "listing_id", "mapping_id", "upload_id", "link_id", "task_id", "token_id", "user_id"}
PLAIN = {"page": "push", "platform": "prestashop", "export_type": "csv", "filename": "shopbridge.css", "token": "no-such-link"}
# What a form could name besides its own fields, to take what is not its own.
HOSTILE = {"role": "owner", "email": "thief@example.com", "password_hash": "x", "session_epoch": "99", "deleted_at": "2020-01-01",
           "user_id": "1", "id": "1", "owner_id": "1", "made_by": "thief@example.com", "by": "thief@example.com", "hook_key": "x",
           "handshake_key": "x", "is_practice": "1", "grant_id": "1"}


def ways(site: Site) -> Iterator[tuple[Rule, str]]:
    for rule in site.people_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def with_right(site: Site, *rights: str) -> Iterator[tuple[Rule, str, str]]:
    for rule, method in ways(site):
        right = RIGHTS.get(f"{rule.endpoint}:{method}", "unknown")
        if right in rights:
            yield rule, method, right


def is_to_sign_in(answer: TestResponse) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in")


def leaks(site: Site, answer: TestResponse) -> list[str]:
    told = text_of(answer) + str(answer.headers)
    return [canary for canary in site.canaries if canary in told]


def test_every_route_is_in_the_matrix_and_every_id_is_known(site: Site):
    """S-14, S-15: a new route fails here until somebody has written down who may use it."""
    found = {f"{rule.endpoint}:{method}" for rule, method in ways(site)}
    assert found - RIGHTS.keys() == set(), "write down who may use these"
    assert RIGHTS.keys() - found == set(), "these routes are gone"
    arguments = set().union(*(rule.arguments for rule in site.people_rules()))
    assert arguments <= IDS | PLAIN.keys(), "a new kind of id: give both sides one in tests/security/site.py"
    blueprints = {rule.endpoint.partition(".")[0].partition("-")[0] for rule in site.app.url_map.iter_rules()}
    people = {rule.endpoint.partition(".")[0] for rule in site.people_rules()}
    assert blueprints - people == MACHINES
    assert set(site.own) == set(site.foreign) and set(site.own) >= IDS
    assert all(site.own[name] != site.foreign[name] for name in IDS)


def test_the_other_connection_is_full_of_canaries(site: Site):
    """What makes the tests below able to fail: who may see the other connection finds them."""
    owner = site.browser("owner")
    found = set()
    for rule, method, _ in with_right(site, "everyone", "managers"):
        if method == "GET" and rule.arguments & IDS:
            answer = owner.get(address(rule, {**site.foreign, **PLAIN}), follow_redirects=False)
            assert answer.status_code < 400 or "token_id" in rule.arguments, rule
            if CANARY in text_of(answer):
                found.add(rule.endpoint)
    assert found >= {"connections.page", "products.page", "orders.page", "mappings.page", "tasks.page", "tasks.results", "wizard.tiktok"}


def test_support_reaches_nothing_of_another_connection(site: Site):
    """S-14: each route × each of its ids; refused, nothing shown, nothing changed, and written down."""
    support, before, tried = site.kept("support"), site.rows(), 0
    for rule, method, _ in with_right(site, "everyone", "managers", "owner"):
        named = sorted(rule.arguments & IDS)
        for choice in itertools.product(("own", "foreign"), repeat=len(named)):
            if "foreign" not in choice:
                continue
            ids = {name: (site.own if side == "own" else site.foreign)[name] for name, side in zip(named, choice, strict=True)}
            denied = site.denied()
            answer = support.open(method, address(rule, {**PLAIN, **ids}), data=dict(HOSTILE))
            assert answer.status_code in (403, 404), (rule, method, ids, answer.status_code)
            assert leaks(site, answer) == [], (rule, ids)
            assert site.denied() > denied, (rule, method, "is not in the history")
            tried += 1
    assert tried > 40
    assert changed(before, site.rows()) == set()
    assert leaks(site, support.get("/admin/")) == []


def test_ids_that_nobody_has_look_the_same_as_foreign_ones(site: Site):
    """S-14: whether an id exists can't be told."""
    support = site.kept("support")
    for rule, method, _ in with_right(site, "everyone"):
        named = rule.arguments & IDS
        if not named:
            continue
        foreign = support.open(method, address(rule, {**PLAIN, **{name: site.foreign[name] for name in named}}))
        missing = support.open(method, address(rule, {**PLAIN, **dict.fromkeys(named, 10**12)}))
        beyond = support.open(method, address(rule, {**PLAIN, **dict.fromkeys(named, 10**40)}))
        assert foreign.status_code == missing.status_code == beyond.status_code == 404, rule
        assert len(foreign.get_data()) == pytest.approx(len(missing.get_data()), abs=200)


def test_owner_and_admin_can_not_mix_two_connections_in_one_address(site: Site):
    """S-14: a token of the other connection under this one's address."""
    before = site.rows()
    for role in ("owner", "admin"):
        for ids in ({**site.own, "token_id": site.foreign["token_id"]}, {**site.foreign, "token_id": site.own["token_id"]}):
            for rule, method, _ in with_right(site, "everyone", "managers"):
                if len(rule.arguments & IDS) > 1:
                    denied = site.denied()
                    assert site.kept(role).open(method, address(rule, ids)).status_code == 404
                    assert site.denied() > denied
    assert changed(before, site.rows()) == set()


def test_lists_searches_and_files_show_the_chosen_connection_only(site: Site):
    """S-14: search, tabs, filters and downloads of a person who may see one connection."""
    support = site.kept("support")
    with site.hub.db.read() as session:
        sku = session.scalars(select(StoreProduct.sku).where(StoreProduct.connection_id == site.filled.other_connection_id)).first()
    queries = ["", f"?q={CANARY}", f"?q={sku}", "?q=576918389999999999", "?q=1729441088999999999",
               f"?connection_id={site.foreign['connection_id']}&shop_id={site.foreign['shop_id']}&shop={site.foreign['shop_id']}",
               "?category=77&tab=all&rows=50&page=0", "?need=1", "?verdict=missing"]
    for rule, method, _ in with_right(site, "everyone"):
        if method == "GET" and not rule.arguments & IDS:
            for query in queries:
                answer = support.get(address(rule, PLAIN) + query)
                shown = text_of(answer).replace(f"{CANARY}", "", 0)
                typed = query.partition("q=")[2]
                found = [canary for canary in site.canaries if canary in shown and canary != typed and not typed.startswith(CANARY)]
                assert found == [] and answer.status_code < 500, (rule, query, found)
    for text in (str(sku), "576918389999999999", "1729441088999999999"):
        assert "/orders/" not in support.get("/admin/search", query_string={"q": text}).headers.get("Location", "")


def test_a_session_that_names_another_connection_is_not_believed(site: Site):
    """S-14: the chosen connection is checked each time, also after the right was taken away."""
    support = site.browser("support")
    with support.client.session_transaction(base_url=support.origin) as kept:
        kept["connection"], kept["shop"] = site.foreign["connection_id"], site.foreign["shop_id"]
    for rule, method, _ in with_right(site, "everyone"):
        if method == "GET" and not rule.arguments & IDS:
            assert leaks(site, support.get(address(rule, PLAIN))) == [], rule
    with site.hub.db.write() as session:
        user = session.scalars(select(User).where(User.email == "ines@example.com")).one()
        session.execute(delete(UserConnection).where(UserConnection.user_id == user.id))
    try:
        answer = support.get(f"/admin/connections/{site.own['connection_id']}/")
        assert answer.status_code == 404
        assert support.get("/admin/products/").headers["Location"] == "/admin/connections/"
    finally:
        with site.hub.db.write() as session:
            session.add(UserConnection(user_id=user.id, connection_id=site.own["connection_id"]))


@pytest.mark.parametrize("action", ["push", "update_price", "update_stock", "check"])
def test_ticked_products_of_another_connection_are_left_alone(site: Site, action: str):
    """S-14: bulk actions with foreign ids, alone, among one's own, and "all that match" with foreign filters."""
    support, mine = site.kept("support"), rows_of(site.hub.db, site.foreign["connection_id"])
    before = site.rows()
    alone = {"action": action, "ids": [str(site.foreign["listing_id"])], "confirmed": "1"}
    denied = site.denied()
    assert support.post("/admin/products/bulk", alone).headers["Location"] == "/admin/products/"
    assert changed(before, site.rows()) == set() and site.denied() > denied
    listing = site.filled.listings["live"]
    for form in ({**alone, "ids": [str(listing), str(site.foreign["listing_id"])]},
                 {"action": action, "all": "1", "confirmed": "1", "filter": f"shop_id={site.foreign['shop_id']}&q=AN-1"},
                 {"action": action, "all": "1", "confirmed": "1", "filter": f"connection_id={site.foreign['connection_id']}"}):
        answer = support.post("/admin/products/bulk", form)
        assert answer.status_code == 302 and leaks(site, answer) == []
    after = site.rows()
    assert {key for key in changed(before, after) if key in mine} == set()
    subjects = {row["subject"] for key, row in after.items() if key[0] == "item" and key not in before}
    with site.hub.db.read() as session:
        own = set(session.scalars(select(Listing.id).where(Listing.connection_id == site.own["connection_id"])))
    assert listing in subjects and subjects <= own


def test_support_does_not_take_products_off_sale(site: Site):
    """S-15: a bulk action with a right of its own."""
    before = site.rows()
    for action in ("activate", "deactivate"):
        form = {"action": action, "ids": [str(site.filled.listings["live"])], "confirmed": "1"}
        assert site.kept("support").post("/admin/products/bulk", form).status_code == 403
    assert changed(before, site.rows()) == set()


def test_foreign_ids_in_forms_are_refused(site: Site):
    """S-14: orders to try again, a mapping to confirm, a category of another shop, a shop to choose, a draft to keep."""
    support, owner, before = site.kept("support"), site.browser("owner"), site.rows()
    denied = site.denied()
    assert support.post("/admin/orders/retry", {"ids": str(site.foreign["link_id"])}).headers["Location"] == "/admin/orders/"
    assert site.denied() == denied + 1
    assert support.post("/admin/mappings/confirm", {"mapping": str(site.foreign["mapping_id"])}).status_code == 404
    assert site.denied() == denied + 2
    assert support.post("/admin/connect/draft", {"connection": str(site.foreign["connection_id"]), "base_url": "x"}).status_code == 403
    category = {"part": "category", "category_id": "9901"}
    support.post(f"/admin/mappings/{site.own['mapping_id']}/", category)
    support.post(f"/admin/products/{site.own['listing_id']}/category", category)
    owner.get(f"/admin/connections/{site.own['connection_id']}/open")
    owner.post(f"/admin/connect/{site.own['connection_id']}/shop", {"shop": str(site.foreign["shop_id"])})
    assert changed(before, site.rows()) == set()


def test_each_role_may_what_is_written_and_nothing_else(site: Site):
    """S-15: owner, admin, support and nobody × every route; refused tries change nothing and are in the history."""
    before = site.rows()
    stranger = site.browser()
    for rule, method, right in with_right(site, "everyone", "managers", "owner", "nobody"):
        path = address(rule, {**site.own, **PLAIN})
        answer = stranger.open(method, path, data=dict(HOSTILE))
        assert is_to_sign_in(answer) or answer.status_code == 403, (rule, method, answer.status_code)
        for role in ROLES:
            if role in MAY[right] or right == "nobody":
                continue
            denied = site.denied()
            answer = site.kept(role).open(method, path, data=dict(HOSTILE))
            assert answer.status_code == 403, (role, rule, method, answer.status_code)
            assert site.denied() > denied
    for rule, method, _ in with_right(site, "nobody"):
        for role in ROLES:
            answer = site.kept(role).open(method, address(rule, PLAIN) + "?id=1&url=https://thief.example/", data={**HOSTILE, "list_form_pk": "1"})
            assert answer.status_code in (302, 403, 404), (role, rule, answer.status_code)
    assert changed(before, site.rows()) == set()


FORMS: dict[str, dict[str, Any]] = {
    "products.bulk": {"action": "check", "all": "1", "confirmed": "1"},
    "products.values": {"hub_title": "Another title", "length": "1", "width": "1", "height": "1"},
    "products.own_rules": {"rule-name.update": "tts"},
    "products.own_threshold": {"threshold": "20", "threshold_mode": "deactivate"},
    "products.own_category": {"category_id": "603"},
    "products.attributes": {"text-100398": "Clay", "brand_id": "b2|Other"},
    "mappings.page": {"part": "values", "length": "3", "width": "3", "height": "3"},
    "orders.retry": {"ids": "1"},
    "wizard.index": {"name": "One more", "platform": "magento"},
    "settings.save_products": {"title_from": "name"},
    "settings.save_orders": {"payment_title": "TikTok"},
    "settings.save_carrier": {"carrier": "Post", "provider": "117717"},
    "connections.rename": {"name": "Renamed"},
    "connections.token": {"label": "Mine", "abilities": "read"},
    "products.pull": {"start": "2026-01-01", "end": "2026-01-02"},
    "people.page": {"name": "Ines S.", "role": "support", "connections": "1"},
    "auth.change_password": {"now": "wrong", "password": "another long sentence"},
}
# These end something that the rest of the test needs, or are tried by a test of their own.
APART = {"connections.remove", "people.remove", "people.add", "connections.pause", "auth.sign_out_elsewhere"}


@pytest.mark.parametrize("role", ROLES)
def test_a_form_changes_its_own_fields_of_its_own_connection_and_no_others(site: Site, role: str):
    """S-15, mass assignment: each form is sent with fields that it doesn't have; no role, e-mail, key or owner moves."""
    person, foreign = site.browser(role), rows_of(site.hub.db, site.foreign["connection_id"])
    person.get(f"/admin/connections/{site.own['connection_id']}/open")
    ids = {**site.own, **PLAIN}
    for rule, method, right in with_right(site, "everyone", "managers", "owner"):
        if method != "POST" or role not in MAY[right] or rule.endpoint in APART:
            continue
        own = FORMS.get(rule.endpoint, {})
        form = {**HOSTILE, "connection_id": site.foreign["connection_id"], "shop_id": site.foreign["shop_id"], "state": "removed",
                "product_id": site.foreign["listing_id"], "platform": "prestashop", "mode": "live", **own}
        before = site.rows()
        answer = person.post(address(rule, ids), form)
        assert answer.status_code in (200, 302, 422), (rule, answer.status_code)
        assert not is_to_sign_in(answer), rule
        after = site.rows()
        moved = changed(before, after)
        new = {key for key in moved if key not in before}
        assert moved & foreign == set(), rule
        for key in moved - new:
            was, now = before[key], after.get(key, {})
            columns = {name for name in was if was[name] != now.get(name)}
            kept = {"id", "connection_id", "shop_id", "product_id", "user_id", "role", "email", "password_hash", "owner_id", "platform", "mode",
                    "hook_key", "handshake_key", "created_at", "made_by", "deleted_at", "grant_id"}
            assert columns & kept == set(), (rule, key, columns)
        for key in new:
            row = after[key]
            assert row.get("connection_id") in (None, site.own["connection_id"]) or key[0] in ("connection", "user_connection"), (rule, key)
            assert not {str(value) for value in row.values()} & {"thief@example.com"}, (rule, key)
        if rule.endpoint == "wizard.index":
            new_one = next(number for table, number in new if table == "connection")
            assert after[("connection", new_one)]["hook_key"] != "x" and after[("connection", new_one)]["state"] == "setup"
            person.get(f"/admin/connections/{site.own['connection_id']}/open")


@pytest.mark.feature("USR-01", "USR-03")
def test_only_an_owner_adds_people_and_an_admin_can_not_make_himself_one(site: Site):
    """S-15."""
    with site.hub.db.read() as session:
        admin = session.scalars(select(User).where(User.role == Role.ADMIN)).one()
    denied = site.denied()
    for role in ("admin", "support"):
        browser = site.kept(role)
        assert browser.post(f"/admin/people/{admin.id}/", {"name": "T", "role": "owner"}).status_code == 403
        assert browser.post("/admin/people/add", {"name": "T", "email": "t@example.com", "role": "owner"}).status_code == 403
    with site.hub.db.read() as session:
        assert session.get_one(User, admin.id).role is Role.ADMIN
        assert session.scalar(select(func.count()).select_from(User).where(User.email == "t@example.com")) == 0
    assert site.denied() == denied + 4
    assert site.kept("admin").get(f"/admin/people/{admin.id}/").status_code == 200
    renamed = {"name": "Tomas B.", "email": "thief@example.com", "role": "admin"}
    assert site.kept("owner").post(f"/admin/people/{admin.id}/", renamed).status_code == 302
    with site.hub.db.read() as session:
        row = session.get_one(User, admin.id)
    assert (row.name, row.email) == ("Tomas B.", "tomas@example.com")


def test_a_session_of_a_person_opens_nothing_that_belongs_to_machines(site: Site):
    """S-15: the API wants its token, the webhooks their signature, whoever is signed in."""
    owner, before = site.kept("owner"), site.rows()
    machines = site.app.extensions["shopbridge_machine_blueprints"]
    values = {"platform": "magento", "key": "x", "app": "1", "rest": "x", "category_id": "602", "task_id": "1", "product_id": "1"}
    open_to_all = {"health.alive", "health.ready", "api.description"}
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] not in machines or rule.endpoint in open_to_all:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = owner.open(method, address(rule, values), token="", json={}, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
            assert answer.status_code in (401, 403, 404, 405, 415), (rule, method, answer.status_code)
    assert changed(before, site.rows()) == set()


def test_the_numbers_for_monitoring_are_not_shown_to_who_comes_through_a_proxy(site: Site):
    """S-15: a proxy on the same machine calls from loopback; only what it doesn't hand on is from here."""
    stranger = site.browser()
    assert stranger.get("/metrics").status_code == 200
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert stranger.get("/metrics", headers={name: "for=203.0.113.9"}).status_code == 404


def test_a_removed_connection_is_out_of_reach_for_support(site: Site):
    """S-14: its rows stay for the history; nobody works with them."""
    with site.hub.db.write() as session:
        session.execute(update(Connection).where(Connection.id == site.own["connection_id"]).values(state="removed"))
    try:
        assert site.kept("support").get("/admin/").headers["Location"] == "/admin/connections/"
    finally:
        with site.hub.db.write() as session:
            session.execute(update(Connection).where(Connection.id == site.own["connection_id"]).values(state="connected"))


def test_the_history_names_who_tried_what_and_from_where(site: Site):
    """S-14: what stands there after a refused try."""
    browser: Browser = site.kept("support")
    browser.get(f"/admin/orders/{site.foreign['link_id']}/")
    with site.hub.db.read() as session:
        row = session.scalars(select(Change).where(Change.what == "denied").order_by(Change.id.desc())).first()
    assert row is not None
    assert (row.who, row.address) == ("ines@example.com", "127.0.0.1")
    assert row.subject == f"GET /admin/orders/{site.foreign['link_id']}/ (order_link {site.foreign['link_id']})"

"""Who may do what: every address by role, by connection and by token, and nothing that runs inline."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule

from admin import home
from hub.models.changes import Change
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.users import Role, User
from hub.wiring import Hub
from tests.screens.conftest import Visitor
from tests.screens.rows import Filled

# The written matrix: what a role may not do at all (USR-01, USR-06, S-15). Everything else is for everybody.
NOT_FOR_SUPPORT = {
    "wizard.",
    "people.",
    "history.",
    "connections.pause",
    "connections.resume",
    "connections.secret",
    "connections.rename",
    "connections.remove",
    "connections.token",
    "connections.end_token",
    "connections.choices",
    "settings.save_products",
    "settings.save_orders",
    "returns.tiktok_callback",
    "returns.store_callback",
}
ONLY_OWNER = {"people.add", "people.invite", "people.remove", "POST people.page"}
NEVER = {"history.ajax_update"}
OPEN = {"auth.front", "auth.sign_in", "auth.sign_out", "auth.first_run", "auth.forgot", "auth.set_password"}


def screens(app: Flask) -> Iterator[Rule]:
    """Every address that speaks to people."""
    machines = app.extensions["shopbridge_machine_blueprints"]
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.endswith("static") and rule.endpoint.split(".")[0] not in machines:
            yield rule


def address(rule: Rule, numbers: dict[str, int]) -> str:
    """The rule with numbers filled in."""
    values = {name: numbers.get(name, "pull" if name == "page" else "csv" if name == "export_type" else "x") for name in rule.arguments}
    _, path = rule.build({**values, **(rule.defaults or {})}) or ("", "")
    return str(path)


def mine(filled: Filled) -> dict[str, int]:
    """Things of the first connection."""
    return {
        "connection_id": filled.connection_id,
        "listing_id": filled.listings["draft"],
        "link_id": filled.orders["unpaid"],
        "task_id": filled.tasks["pull"],
        "mapping_id": filled.mapping_id,
        "upload_id": filled.upload_id,
        "shop_id": filled.shop_id,
        "user_id": filled.users["admin"],
        "token_id": 1,
    }


def refused(endpoint: str, role: Role, method: str = "GET") -> bool:
    """What the matrix says."""
    if role is Role.SUPPORT and any(endpoint == entry or (entry.endswith(".") and endpoint.startswith(entry)) for entry in NOT_FOR_SUPPORT):
        return True
    return endpoint in NEVER or (role is not Role.OWNER and bool({endpoint, f"{method} {endpoint}"} & ONLY_OWNER))


def test_nobody_sees_a_screen_without_signing_in(app: Flask, filled: Filled) -> None:
    for rule in screens(app):
        for method in sorted(rule.methods or set()):
            if method in ("GET", "POST") and rule.endpoint not in OPEN:
                app.config["WTF_CSRF_ENABLED"] = False
                answer = app.test_client().open(address(rule, mine(filled)), method=method)
                assert answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in"), (rule, method)


@pytest.mark.feature("USR-01", "USR-06")
@pytest.mark.parametrize("role", list(Role))
def test_every_address_is_open_to_the_roles_that_the_matrix_names(
    app: Flask, filled: Filled, signed_in: Callable[[str], Visitor], hub: Hub, role: Role
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    wrong = []
    visitor = signed_in(role.value)
    for rule in screens(app):
        if rule.endpoint in OPEN:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            with hub.db.read() as db:
                before = db.scalar(select(func.count()).select_from(Change).where(Change.what == "denied"))
            visitor.last = visitor.client.open(address(rule, mine(filled)), method=method)
            with hub.db.read() as db:
                after = db.scalar(select(func.count()).select_from(Change).where(Change.what == "denied"))
            expected = refused(rule.endpoint, role, method)
            if (visitor.status == 403) is not expected or (expected and after == before) or visitor.status >= 500:
                wrong.append((method, rule.rule, rule.endpoint, visitor.status, expected))
            if rule.endpoint in ("people.remove", "connections.remove", "people.page"):
                with hub.db.write() as db:
                    for user in db.scalars(select(User)):
                        user.deleted_at = None
    assert wrong == []


def test_no_road_leads_to_another_connections_rows(app: Flask, filled: Filled, signed_in: Callable[[str], Visitor], hub: Hub) -> None:
    """S-14: a support person who may see the first connection only."""
    foreign = {
        **mine(filled),
        "connection_id": filled.other_connection_id,
        "listing_id": filled.other_listing_id,
        "link_id": filled.other_order_id,
        "shop_id": filled.other_shop_id,
    }
    ines = signed_in("support")
    for rule in screens(app):
        named = rule.arguments & {"connection_id", "listing_id", "link_id", "shop_id"}
        if not named or refused(rule.endpoint, Role.SUPPORT):
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            path = address(rule, foreign)
            if method == "GET":
                ines.get(path)
            else:
                ines.post(path, {"category_id": "602", "tiktok_product_id": "1729441088999999999"})
            assert ines.status == 404, (method, path)
    with hub.db.read() as db:
        assert (db.scalar(select(func.count()).select_from(Change).where(Change.what == "denied")) or 0) > 10
    assert "Atelier" not in ines.get("/admin/connections/")
    ines.get("/admin/search?q=AN-1")
    assert "/products/?q=" in ines.last.headers["Location"]


def test_a_bulk_action_touches_no_row_of_another_connection(filled: Filled, signed_in: Callable[[str], Visitor], hub: Hub) -> None:
    ines = signed_in("support")
    ines.get(f"/admin/connections/{filled.connection_id}/open")
    page = ines.post("/admin/products/bulk", {"action": "push", "ids": str(filled.other_listing_id)}, follow_redirects=True)
    assert "Tick at least one product." in page
    with hub.db.read() as db:
        assert db.get_one(Listing, filled.other_listing_id).state.value == "live"


def test_every_form_needs_its_token(app: Flask, filled: Filled, signed_in: Callable[[str], Visitor]) -> None:
    """S-13, for every address that takes a POST."""
    maya = signed_in("owner")
    for rule in screens(app):
        if "POST" in (rule.methods or set()):
            for data in ({}, {"csrf_token": "foreign"}):
                answer = maya.client.post(address(rule, mine(filled)), data=data)
                assert answer.status_code == 400, rule
                assert "Nothing was saved" in answer.get_data(as_text=True)


def test_no_page_runs_anything_inline_and_all_answers_carry_the_headers(
    app: Flask, filled: Filled, signed_in: Callable[[str], Visitor]
) -> None:
    maya = signed_in("owner")
    for rule in screens(app):
        if "GET" not in (rule.methods or set()):
            continue
        page = maya.get(address(rule, mine(filled)))
        if maya.last.mimetype != "text/html":
            continue
        assert not re.search(r"<[^>]+\son\w+\s*=", page), rule
        assert not re.search(r"<script(?![^>]*\bsrc=)", page) and "javascript:" not in page and " style=" not in page, rule
        headers = maya.last.headers
        policy = headers["Content-Security-Policy"]
        assert "'nonce-" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy, rule
        nonces = set(re.findall(r'<script[^>]*nonce="([^"]+)"', page))
        assert all(f"'nonce-{nonce}'" in policy for nonce in nonces), rule
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"], rule


def test_an_editable_list_obeys_the_right_to_edit_and_a_page_number_stays_in_bounds(
    filled: Filled, signed_in: Callable[[str], Visitor]
) -> None:
    """stack.md 3.1, 3.4: what Flask-Admin forgets."""
    maya = signed_in("owner")
    maya.post("/admin/settings/history/ajax/update/", {"list_form_pk": "1", "what": "forged"})
    assert maya.status in (403, 404)
    for page in ("99999999999999999999", "-5", "x"):
        maya.get(f"/admin/settings/history/?page={page}")
        assert maya.status == 200
        maya.get(f"/admin/products/?page={page}")
        assert maya.status == 200


def test_exports_are_no_formulas(filled: Filled, signed_in: Callable[[str], Visitor], hub: Hub) -> None:
    """S-12."""
    with hub.db.write() as db:
        db.get_one(StoreProduct, db.get_one(Listing, filled.listings["draft"]).product_id).title = '=HYPERLINK("http://evil")'
    maya = signed_in("owner")
    maya.get(f"/admin/connections/{filled.connection_id}/open")
    text = maya.get("/admin/products/export.csv")
    assert "'=HYPERLINK" in text and "\n=" not in text


def test_a_broken_page_tells_a_reference_and_nothing_else(
    app: Flask, filled: Filled, signed_in: Callable[[str], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-33: the reference stands in the log."""
    maya = signed_in("owner")

    def broken(*_: object) -> None:
        raise RuntimeError("SELECT secret FROM somewhere")

    monkeypatch.setattr(home, "ledger_of", broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    page = maya.get("/admin/")
    assert maya.status == 500 and re.search(r'id="ref">[0-9A-F]{6}<', page)
    assert "SELECT" not in page and "Traceback" not in page and "RuntimeError" not in page

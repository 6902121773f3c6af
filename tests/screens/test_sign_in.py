"""Getting in, getting back in, and staying out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from admin import attach, mail
from hub import clock
from hub.app import create_app
from hub.config import Config
from hub.flows import people
from hub.models.users import LinkPurpose, SignInLink, User
from hub.notify.email import Mail
from hub.wiring import Hub, open_hub
from tests.screens.conftest import Visitor
from tests.screens.rows import PASSWORD, Filled, fill_people


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[Mail]:
    """What would go to the mail server."""
    sent: list[Mail] = []
    monkeypatch.setattr(mail, "send", lambda message, **_: sent.append(message))
    monkeypatch.setattr(mail.threading, "Thread", _AtOnce)
    return sent


class _AtOnce:
    def __init__(self, target: Callable[..., None], args: tuple[object, ...], **_: object) -> None:
        self.work = lambda: target(*args)

    def start(self) -> None:
        self.work()


@pytest.mark.feature("ACC-01")
def test_the_first_page_makes_the_owner_and_every_other_page_leads_there_before(visitor: Visitor, hub: Hub) -> None:
    for path in ("/", "/admin/", "/admin/products/", "/sign-in", "/admin/connect/"):
        visitor.get(path)
        assert visitor.last.headers["Location"] == "/first-run"
    visitor.post("/first-run", {"name": "Maya", "email": "maya@example.com", "password": PASSWORD}, token_of="/first-run")
    assert visitor.status == 302
    assert "Connect your first store" in visitor.get("/admin/connections/")

    stranger = Visitor(visitor.client.application.test_client())
    stranger.get("/admin/products/")
    assert stranger.last.headers["Location"].startswith("/sign-in")
    stranger.post("/first-run", {"name": "Eve", "email": "eve@example.com", "password": PASSWORD}, token_of="/sign-in")
    with hub.db.read() as db:
        assert db.scalar(select(func.count()).select_from(User)) == 1


def test_the_first_page_asks_for_the_consoles_code_when_others_can_reach_it(config: Config) -> None:
    public = replace(config, bind="0.0.0.0:8000", public_url="https://hub.example.com")
    hub = open_hub(public)
    app = create_app(public, hub)
    attach(app)
    visitor = Visitor(app.test_client())
    owner: dict[str, object] = {"name": "Maya", "email": "maya@example.com", "password": PASSWORD}
    options = {"base_url": "https://hub.example.com"}
    page = visitor.get("/first-run", **options)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None and 'name="code"' in page
    headers = {"Referer": "https://hub.example.com/first-run"}
    for code, status in (("", 422), ("AAAA-BBBB-CCCC", 422), (people.first_run_code(public.secret_key).lower(), 302)):
        visitor.last = visitor.client.post(
            "/first-run", data={**owner, "code": code, "csrf_token": token.group(1)}, headers=headers, **options
        )
        assert visitor.status == status, code
    hub.close()


@pytest.mark.feature("ACC-02")
def test_a_right_password_opens_the_list_and_a_wrong_one_says_the_same_for_everybody(app: Flask, filled: Filled) -> None:
    right = Visitor(app.test_client())
    right.post("/sign-in", {"email": "MAYA@example.com", "password": PASSWORD}, token_of="/sign-in")
    page = right.get(right.last.headers["Location"], follow_redirects=True)
    assert "<h1>Connections</h1>" in page and "Fern &amp; Kiln US" in page

    texts = []
    for email in ("maya@example.com", "nobody@example.com"):
        wrong = Visitor(app.test_client())
        page = wrong.post("/sign-in", {"email": email, "password": "not this one at all"}, token_of="/sign-in")
        assert wrong.status == 401
        texts.append(re.sub(r'value="[^"]*"|nonce="[^"]*"', "", page).replace(email, ""))
    assert texts[0] == texts[1]


def test_a_return_address_elsewhere_is_ignored(app: Flask, filled: Filled) -> None:
    for bad in ("https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"):
        visitor = Visitor(app.test_client())
        visitor.post(f"/sign-in?next={bad}", {"email": "maya@example.com", "password": PASSWORD}, token_of="/sign-in")
        assert visitor.last.headers["Location"] == "/admin/connections/landing"


@pytest.mark.feature("ACC-03")
def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(app: Flask, filled: Filled, hub: Hub, mails: list[Mail]) -> None:
    visitor = Visitor(app.test_client())
    pages = [visitor.post("/forgot", {"email": email}, token_of="/forgot") for email in ("maya@example.com", "nobody@example.com")]
    plain = [re.sub(r'nonce="[^"]*"', "", page) for page in pages]
    assert plain[0].replace("maya@", "") == plain[1].replace("nobody@", "")
    assert [m.to for m in mails] == ["maya@example.com"] and mails[0].button is not None
    path = "/" + mails[0].button[1].split("/", 3)[3]
    assert mails[0].button[1].startswith(hub.config.public_url + "/")

    assert "at least 12" in visitor.post(path, {"password": "short", "again": "short"}, token_of=path).lower()
    fresh = "an orchard in the rain"
    visitor.post(path, {"password": fresh, "again": fresh}, token_of=path)
    assert visitor.status == 302 and "Connections" in visitor.get("/admin/connections/")
    again = Visitor(app.test_client())
    assert "no longer works" in again.get(path) and again.status == 410
    assert Visitor(app.test_client()).sign_in("maya@example.com", fresh).status == 302


@pytest.mark.parametrize("host", ["evil.test", "evil.test:80", "127.0.0.1@evil.test", "localhost.evil.test"])
def test_a_mailed_link_leads_to_the_public_address_whatever_the_host_header_says(
    app: Flask, filled: Filled, hub: Hub, mails: list[Mail], host: str
) -> None:
    visitor = Visitor(app.test_client())
    headers = {"Host": host, "X-Forwarded-Host": host}
    visitor.post("/forgot", {"email": "maya@example.com"}, token_of="/forgot", headers=headers)
    assert all("evil" not in m.text() for m in mails)


def test_links_end_by_time_and_are_kept_as_a_hash_only(app: Flask, filled: Filled, hub: Hub) -> None:
    with hub.db.write() as db:
        token = people.make_link(db, db.get_one(User, filled.users["owner"]), LinkPurpose.RESET)
    with hub.db.read() as db:
        assert token not in str(db.execute(select(SignInLink.__table__)).all())
    with clock.hold(clock.now() + timedelta(minutes=11)):
        assert "no longer works" in Visitor(app.test_client()).get(f"/set-password/{token}")


@pytest.mark.feature("ACC-04")
def test_a_new_person_gets_a_link_to_choose_a_password_and_no_password(
    signed_in: Callable[[str], Visitor], app: Flask, mails: list[Mail]
) -> None:
    maya = signed_in("owner")
    maya.post("/admin/people/add", {"name": "Jo", "email": "jo@example.com", "role": "admin"})
    assert [m.to for m in mails] == ["jo@example.com"] and "password" in mails[0].text() and mails[0].button is not None
    path = "/" + mails[0].button[1].split("/", 3)[3]
    jo = Visitor(app.test_client())
    jo.post(path, {"password": PASSWORD, "again": PASSWORD}, token_of=path)
    assert "Connections" in jo.get("/admin/connections/") and jo.status == 200
    assert "is here already" in maya.post("/admin/people/add", {"name": "Jo", "email": "JO@example.com", "role": "admin"})


def test_a_session_ends_after_half_an_hour_of_rest_and_after_twelve_hours(signed_in: Callable[[str], Visitor]) -> None:
    began = clock.now()
    maya = signed_in("owner")
    with clock.hold(began + timedelta(minutes=29)):
        maya.get("/admin/")
        assert maya.status == 200
    with clock.hold(began + timedelta(minutes=58)):
        maya.get("/admin/")
        assert maya.status == 200
    with clock.hold(began + timedelta(minutes=89)):
        maya.get("/admin/")
        assert maya.last.headers["Location"].startswith("/sign-in")

    maya = signed_in("owner")
    for minutes in range(0, 12 * 60 + 20, 20):
        with clock.hold(clock.now() + timedelta(minutes=minutes)):
            maya.get("/admin/")
    assert maya.last.headers.get("Location", "").startswith("/sign-in")


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(signed_in: Callable[[str], Visitor], filled: Filled) -> None:
    maya = signed_in("owner")
    began = clock.now()
    for minutes in range(0, 31, 5):
        with clock.hold(began + timedelta(minutes=minutes)):
            maya.get(f"/admin/tasks/{filled.tasks['running']}/part", headers={"X-Requested-By": "poll"})
    with clock.hold(began + timedelta(minutes=32)):
        maya.get("/admin/")
        assert maya.last.headers["Location"].startswith("/sign-in")


def test_signing_in_starts_a_fresh_session_and_a_new_password_ends_the_others(app: Flask, filled: Filled) -> None:
    first, second = (Visitor(app.test_client()).sign_in("maya@example.com") for _ in range(2))
    with first.client.session_transaction() as kept:
        sid = kept["sid"]
    with second.client.session_transaction() as kept:
        assert kept["sid"] != sid
    first.post("/account/password", {"now": PASSWORD, "password": "seven otters on a raft"}, token_of="/account/password")
    assert first.get("/admin/") and first.status == 200
    second.get("/admin/")
    assert second.last.headers["Location"].startswith("/sign-in")


def test_a_removed_person_is_out_at_once_and_the_same_address_can_come_back(
    app: Flask, signed_in: Callable[[str], Visitor], filled: Filled, mails: list[Mail]
) -> None:
    maya, tomas = signed_in("owner"), signed_in("admin")
    maya.post(f"/admin/people/{filled.users['admin']}/remove")
    tomas.get("/admin/")
    assert tomas.last.headers["Location"].startswith("/sign-in")
    assert Visitor(app.test_client()).sign_in("tomas@example.com").status == 401
    maya.post("/admin/people/add", {"name": "Tomas", "email": "tomas@example.com", "role": "admin"})
    assert maya.status == 302 and "signed in" in maya.get("/admin/settings/history/")


def test_the_last_owner_can_neither_be_removed_nor_demoted(signed_in: Callable[[str], Visitor], filled: Filled, hub: Hub) -> None:
    maya = signed_in("owner")
    maya.post(f"/admin/people/{filled.users['owner']}/remove")
    assert "last owner" in maya.get("/admin/people/")
    maya.post(f"/admin/people/{filled.users['owner']}/", {"name": "Maya", "role": "support"})
    with hub.db.read() as db:
        owner = db.get_one(User, filled.users["owner"])
        assert owner.role.value == "owner" and owner.deleted_at is None


def test_an_eleventh_wrong_try_has_to_wait_and_a_stranger_locks_nobody_out_elsewhere(app: Flask, filled: Filled) -> None:
    visitor = Visitor(app.test_client())
    statuses = []
    for _ in range(12):
        visitor.post("/sign-in", {"email": "ines@example.com", "password": "wrong wrong wrong"}, token_of="/sign-in")
        statuses.append(visitor.status)
    assert statuses == [401] * 10 + [429] * 2
    assert "Too many tries" in visitor.last.get_data(as_text=True)
    elsewhere = Visitor(app.test_client())
    elsewhere.post(
        "/sign-in", {"email": "ines@example.com", "password": PASSWORD}, token_of="/sign-in", environ_base={"REMOTE_ADDR": "10.9.8.7"}
    )
    assert elsewhere.status == 302


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "PasswordPassword", "maya@example.com", "x" * 300])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(people.Rejected):
        people.check_password(password, "maya@example.com")


def test_two_owners_can_not_remove_each_other_at_once(hub: Hub) -> None:
    with hub.db.write() as db:
        fill_people(db)
        people.change_role(db, db.get_one(User, 2), people.Role.OWNER)
    with hub.db.write() as db:
        people.remove_user(db, db.get_one(User, 1))
        with pytest.raises(people.Rejected, match="last owner"):
            people.remove_user(db, db.get_one(User, 2))

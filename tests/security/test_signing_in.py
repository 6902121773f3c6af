"""S-16 … S-18, S-21: the last owner, how long a session lives, how often one may try, and links that are mailed."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from hub import clock, embedded, queue
from hub.flows import people
from hub.models import Database, sealed
from hub.models.users import LinkPurpose, Role, SignInLink, User
from tests.screens.rows import PASSWORD
from tests.security.mailbox import Mailbox, mailbox
from tests.security.site import EMAILS, Browser, Site, open_site
from tests.support import both_databases

_nets = itertools.cycle(range(1, 250))
ANOTHER = "a louder harbour at dusk"


def add_person(site: Site, email: str, role: Role = Role.SUPPORT) -> int:
    with site.hub.db.write() as session:
        user = people.add_user(session, email, email.partition("@")[0], role)
        people.set_password(session, user, PASSWORD)
        return user.id


@contextmanager
def later(**time: float) -> Iterator[None]:
    with clock.hold(clock.now() + timedelta(**time)):
        yield


# -- S-16


@both_databases
def test_of_two_owners_who_remove_each_other_at_once_one_stays(db: Database):
    """S-16: on both databases, in any mix of removing and demoting."""
    ways: tuple[Callable[[Any, User], None], ...] = (people.remove_user, lambda session, user: people.change_role(session, user, Role.ADMIN))
    for turn in range(8):
        with db.write() as session:
            session.execute(update(User).values(deleted_at=clock.now()))
            ids = [people.add_user(session, f"o{turn}{n}@example.com", "O", Role.OWNER).id for n in range(2)]
        begun, refused = threading.Barrier(2), []

        def one(user_id: int, way: Callable[[Any, User], None], begun: threading.Barrier = begun, refused: list[str] = refused) -> None:
            begun.wait()
            try:
                with db.write() as session:
                    way(session, session.get_one(User, user_id))
            except people.Rejected as why:
                refused.append(why.says)

        threads = [threading.Thread(target=one, args=(user_id, ways[(turn + n) % 2])) for n, user_id in enumerate(ids)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with db.read() as session:
            left = session.scalar(select(func.count()).select_from(User).where(User.role == Role.OWNER, User.deleted_at.is_(None)))
        assert left == 1 and len(refused) == 1


def test_the_last_owner_can_not_be_removed_or_demoted_by_a_form(site: Site):
    """S-16."""
    owner, owner_id = site.browser("owner"), site.filled.users["owner"]
    for path, form in ((f"/admin/people/{owner_id}/", {"name": "Maya", "role": "support"}), (f"/admin/people/{owner_id}/remove", {})):
        text = owner.post(path, form, follow_redirects=True).get_data(as_text=True)
        assert "This is the last owner" in text
    with site.hub.db.read() as session:
        assert session.get_one(User, owner_id).role is Role.OWNER and session.get_one(User, owner_id).deleted_at is None


# -- S-17


def test_signing_in_begins_a_new_session(site: Site):
    """S-17: what was planted in the browser before is gone, and the cookie of before opens nothing."""
    browser = site.browser()
    with browser.client.session_transaction(base_url=browser.origin) as planted:
        planted["sid"], planted["connection"], planted["note"] = "planted", 2, "planted"
    before = browser.client.get_cookie("shopbridge", domain="localhost")
    browser.sign_in(EMAILS["owner"])
    with browser.client.session_transaction(base_url=browser.origin) as session:
        assert session["sid"] != "planted" and "note" not in session and session.get("connection") != 2
    after = browser.client.get_cookie("shopbridge", domain="localhost")
    assert before and after and before.value != after.value
    other = site.browser()
    other.client.set_cookie("shopbridge", before.value, domain="localhost")
    assert not other.is_in


def copied(site: Site, browser: Browser) -> Browser:
    """Somebody else's browser with a copy of this one's cookie."""
    cookie = browser.client.get_cookie("shopbridge", domain="localhost")
    assert cookie is not None
    thief = site.browser()
    thief.client.set_cookie("shopbridge", cookie.value, domain="localhost")
    return thief


def test_signing_out_ends_every_copy_of_the_cookie(site: Site):
    """S-17: the cookie alone opens nothing; the hub knows which sessions are open."""
    browser, other = site.browser("owner"), site.browser("owner")
    thief = copied(site, browser)
    assert thief.is_in
    browser.post("/sign-out")
    assert not thief.is_in and not browser.is_in
    assert other.is_in, "another session of the same person goes on"


def test_a_session_that_ended_by_itself_is_over_for_its_copies_too(site: Site):
    """S-17."""
    browser = site.browser("owner")
    thief = copied(site, browser)
    with later(minutes=31):
        assert not browser.is_in
    assert not thief.is_in, "not even when the clock goes back"


def test_a_person_sees_where_he_is_signed_in_and_ends_all_but_this(site: Site):
    """S-17: a list of one's own sessions, nobody else's, and one button."""
    phone = site.browser()
    phone.sign_in(EMAILS["admin"], headers={"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36"})
    desk = site.browser()
    desk.sign_in(EMAILS["admin"], headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"})
    stranger = site.browser("support")
    page = desk.get("/account/password").get_data(as_text=True)
    assert "Firefox on Windows</strong> <span" in page and "Chrome on Android</strong><span" in page
    assert "Chrome on Android" not in stranger.get("/account/password").get_data(as_text=True)

    told = desk.post("/account/sign-out-elsewhere", follow_redirects=True).get_data(as_text=True)
    assert "Signed out of" in told and "Chrome on Android" not in told and "Nowhere else." in told
    assert desk.is_in and stranger.is_in and not phone.is_in
    assert "You were signed in nowhere else." in desk.post("/account/sign-out-elsewhere", follow_redirects=True).get_data(as_text=True)


def test_a_session_ends_after_half_an_hour_without_a_request(site: Site):
    """S-17: idle for 30 minutes; a page that refreshes itself does not count."""
    browser = site.browser("owner")
    with later(minutes=29):
        assert browser.is_in
    with later(minutes=58):
        assert browser.is_in
    for minutes in (70, 80, 87):
        with later(minutes=minutes):
            assert browser.get("/admin/help/", headers={"X-Requested-By": "poll"}).status_code == 200
    with later(minutes=89):
        answer = browser.get("/admin/products/?tab=synced")
        assert answer.headers["Location"].startswith("/sign-in?next=")
    assert not browser.is_in, "not even when the clock goes back"
    idle = site.browser("owner")
    with later(minutes=31):
        assert idle.post("/admin/orders/reconcile", token="x").status_code in (302, 400)
        assert not idle.is_in


def test_a_session_ends_after_twelve_hours_however_busy(site: Site):
    """S-17."""
    browser = site.browser("owner")
    minutes = 0
    while minutes + 25 < 12 * 60:
        minutes += 25
        with later(minutes=minutes):
            assert browser.is_in, minutes
    with later(minutes=12 * 60 + 1):
        assert not browser.is_in


def test_a_session_ends_with_a_new_password_another_role_or_the_person(site: Site):
    """S-17: at the next request, in every other browser."""
    user_id = add_person(site, "leaving@example.com")
    owner = site.browser("owner")

    def ended_by(change: Callable[[Browser], object]) -> None:
        first, second = site.browser(), site.browser()
        for browser in (first, second):
            browser.sign_in("leaving@example.com")
            assert browser.is_in
        change(first)
        assert not second.is_in

    def new_password(browser: Browser) -> None:
        before = browser.client.get_cookie("shopbridge", domain="localhost")
        assert browser.post("/account/password", {"now": PASSWORD, "password": ANOTHER}).status_code == 302
        browser.token = ""
        after = browser.client.get_cookie("shopbridge", domain="localhost")
        assert browser.is_in and before and after and before.value != after.value
        browser.post("/account/password", {"now": ANOTHER, "password": PASSWORD})

    ended_by(new_password)
    ended_by(lambda _: owner.post(f"/admin/people/{user_id}/", {"name": "L", "role": "admin"}))
    ended_by(lambda _: owner.post(f"/admin/people/{user_id}/remove"))
    assert site.browser().sign_in("leaving@example.com").status_code == 401


def test_signing_out_ends_the_session_here_and_a_copied_cookie_says_who_only_until_the_next_change(site: Site):
    """S-17."""
    browser = site.browser("admin")
    browser.post("/sign-out")
    assert not browser.is_in


def test_a_session_that_is_altered_is_nobodys(site: Site):
    """S-17: the cookie is signed; no other person's number can be put in."""
    browser = site.browser("support")
    cookie = browser.client.get_cookie("shopbridge", domain="localhost")
    assert cookie is not None
    head, _, tail = cookie.value.rpartition(".")
    for value in (head + "." + tail[:-2] + "AA", head + ".", "." + tail, cookie.value[:40], "eyJfdXNlcl9pZCI6IjE6MSJ9.aQ.x", "x" * 5000):
        other = site.browser()
        other.client.set_cookie("shopbridge", value, domain="localhost")
        assert not other.is_in


# -- S-18


def try_often(browser: Browser, email: str, times: int, address: str, **headers: str) -> list[int]:
    where = {"REMOTE_ADDR": address}
    return [browser.post("/sign-in", {"email": email, "password": f"wrong password {n}"}, environ_overrides=where, headers=headers).status_code
            for n in range(times)]


def test_ten_passwords_a_quarter_of_an_hour_are_tried_and_no_more(site: Site):
    """S-18: per account and net, also for e-mails that nobody has, and whatever a header claims about where one is."""
    browser = site.browser()
    assert try_often(browser, EMAILS["admin"], 14, "198.51.100.7") == [401] * 10 + [429] * 4
    assert try_often(browser, EMAILS["admin"].upper() + " ", 1, "198.51.100.7") == [429]
    assert try_often(browser, EMAILS["admin"], 1, "198.51.100.7", **{"X-Forwarded-For": "203.0.113.1", "Forwarded": "for=1"}) == [429]
    right = {"email": EMAILS["admin"], "password": PASSWORD}
    refused = browser.post("/sign-in", right, environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
    assert refused.status_code == 429 and "You can sign in again in" in refused.get_data(as_text=True)
    assert browser.post("/sign-in", right, environ_overrides={"REMOTE_ADDR": "198.51.100.8"}).status_code == 302, "no stranger locks one out"
    assert try_often(site.browser(), "nobody@example.com", 12, "198.51.100.9") == [401] * 10 + [429] * 2


def test_one_net_tries_sixty_times_over_all_accounts(site: Site):
    """S-18: many e-mails from one net."""
    browser = site.browser()
    found = [try_often(browser, f"person{n}@example.com", 1, "198.51.100.20")[0] for n in range(62)]
    assert found == [401] * 60 + [429] * 2


def test_an_unknown_e_mail_and_a_wrong_password_are_answered_alike(site: Site):
    """S-18, ACC-02: by text; the work done is the same, too."""
    pages = []
    for email in (EMAILS["owner"], "stranger@example.com"):
        answer = site.browser().post("/sign-in", {"email": email, "password": "not this one"}, environ_overrides={"REMOTE_ADDR": "198.51.100.30"})
        pages.append(re.sub(r'(value|nonce)="[^"]*"', "", answer.get_data(as_text=True)))
        assert answer.status_code == 401
    assert pages[0] == pages[1]


def test_without_redis_tries_are_counted_all_the_same(tmp_path: Path):
    """S-18: a dead queue opens no door."""
    alone = open_site(tmp_path, "redis://127.0.0.1:1")
    sealed.use_keys(alone.hub.config.key_ring())
    queue.use(None)
    try:
        assert try_often(alone.browser(), EMAILS["admin"], 12, "198.51.100.40") == [401] * 10 + [429] * 2
    finally:
        alone.hub.close()


# -- S-21


@pytest.fixture(scope="module")
def _post(tmp_path_factory: pytest.TempPathFactory, redis_server: embedded.Server) -> Iterator[tuple[Site, Mailbox]]:
    with mailbox() as box:
        made = open_site(tmp_path_factory.mktemp("post"), redis_server.url, public_url="http://hub.example", SMTP_URL=box.url)
        yield made, box
        made.hub.close()


@pytest.fixture
def post(_post: tuple[Site, Mailbox]) -> tuple[Site, Mailbox]:
    sealed.use_keys(_post[0].hub.config.key_ring())
    return _post


HEADERS = ("X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-Original-Host", "X-HTTP-Host-Override", "Forwarded", "X-Forwarded-Proto",
           "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Original-URL", "X-Rewrite-URL", "Origin", "Referer", "X-Script-Name")
HOSTS = ("thief.example", "thief.example:80", "hub.example.thief.example", "hub.example@thief.example", "thief.example/hub.example", "127.0.0.1")


@pytest.mark.feature("ACC-03")
def test_a_mailed_link_leads_to_our_own_address_whatever_the_request_says(post: tuple[Site, Mailbox]):
    """S-21: Host and 14 other headers, 6 addresses; each mail's link begins with PUBLIC_URL."""
    site, box = post
    add_person(site, "reset@example.com")
    variants: list[dict[str, str]] = [{"Host": host} for host in HOSTS[:3]]
    variants += [{name: value} for name in HEADERS for value in (HOSTS[:4] if "Forwarded-" not in name or "Host" in name else ("https", "/thief"))]
    assert len(variants) >= 50
    sent = 0
    for number, variant in enumerate(variants):
        browser = site.browser()
        answer = browser.client.open("/forgot", method="POST", data={"email": "reset@example.com", "csrf_token": browser.form_token()},
                                     headers=variant, base_url=browser.origin, environ_overrides={"REMOTE_ADDR": f"203.0.113.{number}"})
        assert answer.status_code in (200, 400), variant
        sent += answer.status_code == 200
    assert sent > 40
    stranger = site.browser()
    assert stranger.post("/forgot", {"email": "none@example.com"}).status_code == 200
    assert stranger.post("/forgot", {"email": "reset@example.com"}).status_code == 200
    mails = box.wait(sent + 1)
    assert len(mails) == sent + 1 and not any("none@example.com" in mail for mail in mails)
    newest = {re.findall(r"/set-password/(\S+)", mail)[0] for mail in mails}
    assert sorted(use(site, token) for token in newest) == [302] + [410] * sent, "one works, the newest; older ones ended with it"
    for mail in mails:
        links = re.findall(r"https?://\S+", mail)
        assert links and all(link.startswith("http://hub.example/set-password/") for link in links)
        assert "thief" not in mail and "127.0.0.1" not in mail


def link_for(site: Site, email: str, purpose: LinkPurpose = LinkPurpose.RESET) -> str:
    with site.hub.db.write() as session:
        user = people.by_email(session, email)
        assert user is not None
        return people.make_link(session, user, purpose)


def use(site: Site, token: str, password: str = ANOTHER) -> int:
    where = {"REMOTE_ADDR": f"192.0.2.{next(_nets)}"}
    return site.browser().post(f"/set-password/{token}", {"password": password, "again": password}, environ_overrides=where).status_code


@pytest.mark.parametrize(("purpose", "lasts"), [(LinkPurpose.RESET, timedelta(minutes=10)), (LinkPurpose.INVITE, timedelta(hours=24))])
def test_a_link_works_once_and_ends_by_itself(site: Site, purpose: LinkPurpose, lasts: timedelta):
    """S-21: 10 minutes for a reset, 24 hours for an invitation; older ones end with a newer one and with a new password."""
    email = f"{purpose}@example.com"
    add_person(site, email)
    late = link_for(site, email, purpose)
    assert len(late) >= 43
    with later(seconds=lasts.total_seconds() + 1):
        assert use(site, late) == 410
    older, newer = link_for(site, email, purpose), link_for(site, email, purpose)
    assert use(site, older) == 410
    with later(seconds=lasts.total_seconds() - 5):
        assert site.browser().get(f"/set-password/{newer}").status_code == 200, "looking does not use it up"
        assert use(site, newer, "short") == 422
        assert use(site, newer) == 302
        assert use(site, newer) == 410
    kept = link_for(site, email, purpose)
    browser = site.browser()
    browser.sign_in(email, ANOTHER)
    assert browser.post("/account/password", {"now": ANOTHER, "password": PASSWORD}).status_code == 302
    assert use(site, kept) == 410
    with site.hub.db.read() as session:
        assert all(kept not in row.token_hash for row in session.scalars(select(SignInLink)))


@both_databases
def test_of_many_who_use_one_link_at_once_one_succeeds(db: Database):
    """S-21, S-39."""
    with db.write() as session:
        user = people.add_user(session, "race@example.com", "R", Role.SUPPORT)
        token = people.make_link(session, user, LinkPurpose.INVITE)
    begun, won = threading.Barrier(8), []

    def one(number: int) -> None:
        begun.wait()
        with db.write() as session:
            if people.use_link(session, token, f"the long password {number}") is not None:
                won.append(number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    with db.read() as session:
        assert people.password_is(people.by_email(session, "race@example.com"), f"the long password {won[0]}")


def test_asking_for_a_link_tells_nobody_who_is_here(site: Site):
    """S-21, ACC-03: the same page for an e-mail that nobody has."""
    pages = []
    for email in ("ines@example.com", "none@example.com"):
        answer = site.browser().post("/forgot", {"email": email})
        pages.append((answer.status_code, re.sub(r'(value|nonce)="[^"]*"', "", answer.get_data(as_text=True)).replace(email, "")))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("target", ["https://thief.example/", "//thief.example", "/\\thief.example", "\\\\thief.example", "javascript:alert(1)",
                                    "/\t/thief.example", "/%09/thief.example", " //thief.example", "http:thief.example", "///thief.example",
                                    "/\n/thief.example", "//[", "//[thief.example", "/x\r\nSet-Cookie: a=b"])
def test_signing_in_never_leads_elsewhere(site: Site, target: str):
    """S-11, S-22: the way back is a path of ours; `Browser` refuses a Location that leaves."""
    browser = site.browser()
    answer = browser.post("/sign-in", {"email": EMAILS["owner"], "password": PASSWORD}, query_string={"next": target})
    assert answer.status_code == 302
    where = answer.headers["Location"]
    assert where.startswith("/") and not re.match(r"/[\s\\/]", where) and "\r" not in where
    assert "thief.example" not in where or where.startswith("/%09/")

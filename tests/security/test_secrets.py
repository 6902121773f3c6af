"""S-06, S-07, S-34: what is secret stands nowhere in the open, is bound to its row, and survives a change of keys."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from sqlalchemy import select, text, update

from hub import cli, clock, log
from hub.crypto import CannotUnseal, KeyRing, key_id_of, new_key
from hub.flows import connect, people
from hub.models import Base, Database, load_all, sealed
from hub.models.connections import ApiToken, Connection
from hub.models.sealed import reseal_all, sealed_of
from hub.models.tiktok import App, Grant
from hub.models.users import LinkPurpose, User
from tests.screens.rows import PASSWORD
from tests.security.site import EMAILS, Browser, Site, address, text_of
from tests.support import only_postgresql
from tests.support.hubs import add_connection

MARK = "zqsecret"


def sealed_models() -> list[Any]:
    load_all()
    return [mapper.class_ for mapper in Base.registry.mappers if sealed_of(mapper.class_)]


def plant_canaries(database: Database) -> dict[tuple[str, str, int], str]:
    """A different secret in every sealed column of every row; each model must have rows, else the test sees nothing."""
    planted = {}
    with database.write() as session:
        for model in sealed_models():
            rows = session.scalars(select(model)).all()
            assert len(rows) >= 2, f"seed {model.__tablename__}"
            for row in rows:
                for secret in sealed_of(model):
                    name = secret.column.removesuffix("_sealed")
                    value = f"{MARK}{model.__tablename__}{name}{row.id}Zx9".replace("_", "")
                    planted[(model.__tablename__, name, row.id)] = value
                    setattr(row, name, json.dumps({"consumer_secret": value, "access_token": value}) if name == "secrets" else value)
    return planted


def addresses(site: Site) -> Iterator[str]:
    values = {**site.own, "page": "push", "export_type": "csv", "filename": "shopbridge.css", "token": "no-such-link", "platform": "magento",
              "key": "x", "app": "1", "rest": "x", "category_id": "602", "task_id": str(site.own["task_id"]), "product_id": "1"}
    for rule in site.app.url_map.iter_rules():
        if "GET" in (rule.methods or set()):
            yield address(rule, values)


def everything_in(client: redis.Redis) -> str:
    found: list[Any] = []
    for key in client.scan_iter("*"):
        read = {b"string": client.get, b"hash": client.hgetall, b"set": client.smembers}.get(client.type(key))
        if read is not None:
            found.append((key, read(key)))
        elif client.type(key) == b"list":
            found.append((key, client.lrange(key, 0, -1)))
        elif client.type(key) == b"zset":
            found.append((key, client.zrange(key, 0, -1)))
    return repr(found)


def test_no_secret_stands_in_the_open(site: Site, redis_server: Any):
    """S-06, S-34: canaries in every sealed column, then all pages, the API, calls to both platforms and the log at its loudest."""
    planted = plant_canaries(site.hub.db)
    shown_by_us = {value for (table, name, _), value in planted.items() if name == "hook_secret"}
    written = io.StringIO()
    log.configure(level="DEBUG", as_json=True, stream=written)
    with site.hub.db.write() as session:
        token = connect.new_api_token(session, session.get_one(Connection, site.own["connection_id"]), "Mine", list(connect.ABILITIES), "maya")
        reset = people.make_link(session, session.get_one(User, site.filled.users["admin"]), LinkPurpose.RESET)
    told: list[tuple[str, str]] = []
    for role in ("support", "owner"):
        browser: Browser = site.browser(role)
        for path in addresses(site):
            told.append((role, text_of(browser.get(path))))
        for path, form in ((f"/admin/connections/{site.own['connection_id']}/check", {}),
                           (f"/admin/connect/{site.own['connection_id']}/store", {"base_url": "https://store.example"})):
            told.append((role, browser.post(path, form, follow_redirects=True).get_data(as_text=True)))
        told.append((role, browser.get("/admin/orders/missed/?start=2026-01-01&end=2026-01-02").get_data(as_text=True)))
        told.append((role, browser.get(f"/admin/products/{site.own['listing_id']}/map?tiktok_product_id=123").get_data(as_text=True)))
    nobody = site.browser()
    for path in ("/api/v1/connection", "/api/v1/shops", "/api/v1/products", "/api/v1/brands?q=x", "/api/v1/categories"):
        told.append(("api", nobody.get(path, headers={"Authorization": f"Bearer {token}"}).get_data(as_text=True)))
    nobody.post("/sign-in", {"email": EMAILS["owner"], "password": PASSWORD + "?"}, environ_overrides={"REMOTE_ADDR": "198.51.100.3"})
    nobody.get(f"/set-password/{reset}")
    for role, page in told:
        hits = {value for value in planted.values() if value in page}
        assert hits <= (shown_by_us if role == "owner" else set()), role
        assert token not in page and (reset not in page)
    assert any(value in page for _, page in told for value in shown_by_us), "the webhook URL is there to be pasted: so the search finds"
    with site.hub.db.engine.connect() as sql:
        sql.execute(text("SELECT 1"))
    raw = b"".join(path.read_bytes() for path in site.hub.config.data_dir.glob("hub.db*"))
    assert b"fernandkiln.com" in raw and MARK.encode() not in raw
    assert site.hub.redis is not None
    with redis.Redis.from_url(redis_server.url) as client:
        kept = everything_in(client)
    lines = written.getvalue()
    assert "outside call" in lines, "the log was not listened to"
    for where, words in (("Redis", kept), ("log", lines)):
        found = [value for value in (MARK, token, reset, PASSWORD) if value in words]
        assert found == [], where
    for hidden in (token.encode(), reset.encode(), PASSWORD.encode()):
        assert hidden not in raw
    with site.hub.db.read() as session:
        for model in sealed_models():
            assert all(MARK not in repr(row) + str(row) for row in session.scalars(select(model)))
    assert site.hub.config.secret_key not in repr(site.hub.config) + repr(site.hub) + lines


def test_what_is_kept_of_tokens_links_and_passwords_is_a_hash(site: Site):
    """S-06: who reads the database can't sign in with what stands there."""
    with site.hub.db.read() as session:
        assert all(len(row.token_hash) == 64 for row in session.scalars(select(ApiToken)))
        assert all((row.password_hash or "$argon2id$").startswith("$argon2id$") for row in session.scalars(select(User)))
    browser = site.browser()
    with site.hub.db.read() as session:
        stolen = session.scalars(select(ApiToken.token_hash)).first()
    for token in (f"sbt_{stolen}", str(stolen)):
        assert browser.get("/api/v1/connection", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_sealed_text_opens_in_its_own_row_and_column_only(db: Database):
    """S-06: moved to another row, to another column, or altered by one character, it does not open."""
    now = clock.now()
    with db.write() as session:
        first, second = add_connection(session), add_connection(session)
        for row in (first, second):
            row.secrets, row.hook_secret, row.old_hook_secret = "{}", f"hook {row.id}", f"old {row.id}"
        app = App(app_key="k", api_host="x", token_host="x", consent_host="x", created_at=now)
        app.app_secret = "app"
        session.add(app)
        session.flush()
        grants = [Grant(app_id=app.id, open_id=str(number), created_at=now) for number in range(2)]
        for grant in grants:
            grant.access_token, grant.refresh_token = f"access {grant.open_id}", f"refresh {grant.open_id}"
        session.add_all(grants)
    tried = 0
    for rows in ([first, second], grants):
        secrets_of_model = sealed_of(type(rows[0]))
        for secret in secrets_of_model:
            name, own = secret.column.removesuffix("_sealed"), getattr(rows[0], secret.column)
            assert getattr(rows[0], name)
            strangers = [getattr(rows[1], secret.column), app.app_secret_sealed,
                         *(getattr(rows[0], other.column) for other in secrets_of_model if other is not secret)]
            altered = [own[:-1] + ("A" if own[-1] != "A" else "B"), own[:-4], own.replace(".test.", ".other."), "", own.upper(), "plain text"]
            for moved in strangers + altered:
                setattr(rows[0], secret.column, moved)
                if not moved:
                    assert getattr(rows[0], name) == ""
                    continue
                with pytest.raises(CannotUnseal):
                    getattr(rows[0], name)
                tried += 1
            setattr(rows[0], secret.column, own)
    assert tried > 40


def test_the_same_secret_never_looks_the_same_twice(db: Database):
    """S-06: equal secrets can't be told by comparing rows."""
    with db.write() as session:
        rows = [add_connection(session) for _ in range(3)]
        for row in rows:
            row.hook_secret = "the same"
    seals = {row.hook_secret_sealed for row in rows}
    rows[0].hook_secret = "the same"
    assert len(seals | {rows[0].hook_secret_sealed}) == 4


OLD, FRESH = new_key("old"), new_key("fresh")


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_after_a_rotation_the_old_key_is_needed_no_more(db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    """S-07: `shopbridge rotate-keys`, with rows of every model; then the old key is taken off the ring."""
    sealed.use_keys(KeyRing.from_string(OLD))
    now = clock.now()
    with db.write() as session:
        for number in range(7):
            row = add_connection(session)
            row.secrets, row.hook_secret = f"secrets {number}", f"hook {number}"
            app = App(app_key=f"k{number}", api_host="x", token_host="x", consent_host="x", created_at=now)
            app.app_secret = f"app {number}"
            session.add(app)
            session.flush()
            grant = Grant(app_id=app.id, open_id="1", created_at=now)
            grant.access_token = f"access {number}"
            session.add(grant)
    for name, value in {"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(tmp_path), "DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:1",
                        "SHOPBRIDGE_KEYS": f"{FRESH},{OLD}"}.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["rotate-keys"]) == 0
    sealed.use_keys(KeyRing.from_string(FRESH))
    with db.read() as session:
        assert [row.secrets for row in session.scalars(select(Connection).order_by(Connection.id))] == [f"secrets {n}" for n in range(7)]
        assert [row.app_secret for row in session.scalars(select(App).order_by(App.id))] == [f"app {n}" for n in range(7)]
        assert [row.access_token for row in session.scalars(select(Grant).order_by(Grant.id))] == [f"access {n}" for n in range(7)]
        for model in sealed_models():
            for row in session.scalars(select(model)):
                kept = [getattr(row, secret.column) for secret in sealed_of(model)]
                assert all(key_id_of(one) == "fresh" for one in kept if one)
    sealed.use_keys(KeyRing.from_string(OLD))
    with db.read() as session, pytest.raises(CannotUnseal):
        session.scalars(select(Connection)).first().hook_secret  # type: ignore[union-attr]  # noqa: B018


def test_a_rotation_goes_on_where_it_was_cut_off(db: Database):
    """S-07: a few rows a transaction, each of them whole, until nothing is left."""
    sealed.use_keys(KeyRing.from_string(OLD))
    with db.write() as session:
        for number in range(5):
            add_connection(session).hook_secret = f"hook {number}"
    sealed.use_keys(KeyRing.from_string(f"{FRESH},{OLD}"))
    done: dict[str, int] = {}
    steps = 0
    while True:
        with db.write() as session:
            step = reseal_all(session, after=done, limit=2)
        if not step:
            break
        done.update(step)
        steps += 1
        with db.read() as session:
            kept = [key_id_of(row.hook_secret_sealed or "") for row in session.scalars(select(Connection).order_by(Connection.id))]
        assert kept == ["fresh"] * min(2 * steps, 5) + ["old"] * max(5 - 2 * steps, 0)
    assert steps == 3


@only_postgresql
def test_a_token_that_is_renewed_during_a_rotation_is_not_lost(db: Database):
    """S-07, R-18: the rotation read the old token; its renewal commits before the rotation writes."""
    sealed.use_keys(KeyRing.from_string(OLD))
    now = clock.now()
    with db.write() as session:
        app = App(app_key="k", api_host="x", token_host="x", consent_host="x", created_at=now)
        app.app_secret = "app"
        session.add(app)
        session.flush()
        grant = Grant(app_id=app.id, open_id="1", created_at=now)
        grant.access_token, grant.refresh_token = "stale", "spent"
        session.add(grant)
        session.flush()
        grant_id = grant.id
        place = Grant.__dict__["access_token"].context(grant), Grant.__dict__["refresh_token"].context(grant)
    ring = KeyRing.from_string(f"{FRESH},{OLD}")
    sealed.use_keys(ring)
    done = threading.Event()

    def rotate() -> None:
        with db.write() as session:
            reseal_all(session)
        done.set()

    # A process that was not restarted yet still seals with the old key.
    renewed = [KeyRing.from_string(OLD).seal(words, where) for words, where in zip(("fresh access", "fresh refresh"), place, strict=True)]
    with db.write() as session:
        session.execute(update(Grant).where(Grant.id == grant_id).values(access_token_sealed=renewed[0], refresh_token_sealed=renewed[1]))
        thread = threading.Thread(target=rotate)
        thread.start()
        with db.engine.connect() as watching:
            for _ in range(600):
                waits = watching.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"))
                watching.rollback()
                if waits:
                    break
                done.wait(0.02)
        assert waits, "the rotation did not meet the renewal"
    thread.join(30)
    assert done.is_set()
    sealed.use_keys(KeyRing.from_string(FRESH))
    with db.read() as session:
        kept = session.get_one(Grant, grant_id)
        assert (kept.access_token, kept.refresh_token) == ("fresh access", "fresh refresh")

"""The whole web application over two connections and people of every role, and browsers whose every answer is checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import JSON, String, Text, select, update
from sqlalchemy import Connection as Sql
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from admin import attach
from hub import clock
from hub.app import create_app
from hub.config import Config
from hub.domain.tasks import Kind, Outcome, Queue, TaskState
from hub.flows import connect, people
from hub.models import Base, Database, migrations
from hub.models.categories import CategoryMapping, TikTokCategory
from hub.models.connections import ApiToken, Connection
from hub.models.csv_updates import CsvRow, CsvUpload, RowState, UploadState
from hub.models.listings import Listing
from hub.models.orders import OrderLink
from hub.models.products import StoreVariant
from hub.models.tasks import Item, Task
from hub.models.users import Role, UserConnection
from hub.wiring import Hub, open_hub
from tests.screens.rows import PASSWORD, Filled, fill
from tests.security.pages import faults_of

CANARY = "zqcanary"
EMAILS = {"owner": "maya@example.com", "admin": "tomas@example.com", "support": "ines@example.com"}
SHOWN = {"title", "sku", "category_path", "store_path", "name", "label", "says", "summary", "buyer", "store_number", "subject", "seller_name"}

Snapshot = dict[tuple[str, int], dict[str, Any]]


@dataclass
class Site:
    """The application, its rows, and the ids of both sides: `own` is what the support person may see, `foreign` what not."""

    app: Flask
    hub: Hub
    filled: Filled
    own: dict[str, int]
    foreign: dict[str, int]
    canaries: tuple[str, ...]
    https: bool = False
    _browsers: dict[str, Browser] = field(default_factory=dict)

    def browser(self, role: str = "") -> Browser:
        """A new browser; signed in where a role is named."""
        made = Browser(self)
        if role:
            made.sign_in(EMAILS[role])
        return made

    def kept(self, role: str) -> Browser:
        """The same browser of this role for a whole module: signing in is slow on purpose."""
        if role not in self._browsers:
            self._browsers[role] = self.browser(role)
        return self._browsers[role]

    def people_rules(self) -> Iterator[Rule]:
        """The routes that people use: all that no machine's blueprint owns."""
        machines = self.app.extensions["shopbridge_machine_blueprints"]
        for rule in self.app.url_map.iter_rules():
            if rule.endpoint.partition(".")[0] not in machines:
                yield rule

    def rows(self) -> Snapshot:
        """Every row of every table but the history and the moments of sign-ins."""
        with self.hub.db.read() as session:
            return _rows(session.connection())

    def denied(self) -> int:
        """How many refused tries stand in the history."""
        with self.hub.db.read() as session:
            table = Base.metadata.tables["change"]
            return len(session.execute(select(table.c.id).where(table.c.what == "denied")).all())


def _rows(sql: Sql) -> Snapshot:
    found: Snapshot = {}
    for table in Base.metadata.sorted_tables:
        if table.name in ("change", "sign_in") or "id" not in table.c:
            continue
        for row in sql.execute(select(table)).mappings():
            found[(table.name, row["id"])] = {k: v for k, v in row.items() if k != "signed_in_at"}
    return found


def changed(before: Snapshot, after: Snapshot) -> set[tuple[str, int]]:
    """Rows that are new, gone or different."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def rows_of(database: Database, connection_id: int) -> set[tuple[str, int]]:
    """Every row that belongs to a connection, by foreign keys all the way down."""
    with database.read() as session:
        every = _rows(session.connection())
    mine = {("connection", connection_id)}
    for table in [*Base.metadata.sorted_tables, *Base.metadata.sorted_tables]:
        keys = [(key.parent.name, key.column.table.name) for key in table.foreign_keys]
        for (name, number), row in every.items():
            if name == table.name and name not in ("tiktok_app", "tiktok_grant") and (
                    row.get("connection_id") == connection_id or any((to, row[column]) in mine for column, to in keys)):
                mine.add((name, number))
    return mine


def mark(database: Database, rows: set[tuple[str, int]]) -> None:
    """Puts the canary into every text of these rows that a page or file could show."""
    tables = Base.metadata.tables
    with database.write() as session:
        for name, number in sorted(rows):
            table = tables[name]
            row = session.execute(select(table).where(table.c.id == number)).mappings().one()
            values: dict[str, Any] = {
                column.name: f"{CANARY} {row[column.name]}"
                for column in table.columns
                if column.name in SHOWN and isinstance(column.type, (String, Text)) and not isinstance(column.type, JSON)
            }
            if "problems" in table.c and row["problems"] is not None:
                values["problems"] = [{"code": "bug", "says": f"{CANARY} says", "fix": f"{CANARY} fix"}]
            if values:
                session.execute(update(table).where(table.c.id == number).values(values))


def open_site(folder: Path, redis_url: str, *, public_url: str = "", **environ: str) -> Site:
    """A hub with everything twice; connection A is the support person's, B is not."""
    settings = {"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'hub.db'}",
                "REDIS_URL": redis_url, **({"PUBLIC_URL": public_url} if public_url else {}), **environ}
    config = Config.from_env(settings)
    migrations.upgrade(config.database_url)
    hub = open_hub(config)
    app = create_app(config, hub)
    attach(app)
    filled = fill(hub.db)
    own, foreign = _more(hub.db, filled)
    mine = rows_of(hub.db, filled.other_connection_id)
    mark(hub.db, mine - {("user_connection", 0)})
    with hub.db.read() as session:
        row = session.get_one(Connection, filled.other_connection_id)
        canaries = (CANARY, row.hook_key, row.handshake_key, "1729441088999999999", "576918389999999999")
    return Site(app, hub, filled, own, foreign, canaries, config.is_https)


def _more(database: Database, filled: Filled) -> tuple[dict[str, int], dict[str, int]]:
    """What each side lacks for one id of every kind."""
    now = clock.now()
    sides: list[dict[str, int]] = []
    with database.write() as db:
        for connection_id, shop_id in ((filled.connection_id, filled.shop_id), (filled.other_connection_id, filled.other_shop_id)):
            connection = db.get_one(Connection, connection_id)
            connect.new_api_token(db, connection, "A program", ["read"], "maya@example.com")
            db.flush()
            token = db.scalars(select(ApiToken).where(ApiToken.connection_id == connection_id)).first()
            task = Task(connection_id=connection_id, shop_id=shop_id, kind=Kind.PUSH_LISTINGS, queue=Queue.BULK, state=TaskState.DONE,
                        outcome=Outcome.PARTLY, summary="Push products", says="Some", run_at=now, created_at=now, started_at=now,
                        finished_at=now, shown=True, by="maya@example.com")
            db.add(task)
            db.flush()
            listing = db.scalars(select(Listing).where(Listing.connection_id == connection_id).order_by(Listing.id)).first()
            assert token is not None and listing is not None
            db.add(Item(task_id=task.id, parent_id=task.id, subject=listing.id, label="A product", state="done", outcome=Outcome.OK,
                        says="Sent", attempts=1, finished_at=now, problems=[]))
            sides.append({"connection_id": connection_id, "shop_id": shop_id, "token_id": token.id, "task_id": task.id,
                          "listing_id": listing.id})
        db.add(CategoryMapping(connection_id=filled.other_connection_id, shop_id=filled.other_shop_id, store_category_id="77",
                               store_path="Scarves", suggested_id="9901"))
        db.add(TikTokCategory(shop_id=filled.other_shop_id, category_id="9901", parent_id="0", name="Scarves", path="Scarves",
                              is_leaf=True, permissions=["AVAILABLE"], read_at=now))
        db.flush()
        for side in sides:
            side["mapping_id"] = db.scalars(select(CategoryMapping.id).where(CategoryMapping.shop_id == side["shop_id"])).first() or 0
            side["upload_id"] = _add_file(db, side)
            side["link_id"] = db.scalars(select(OrderLink.id).where(OrderLink.shop_id == side["shop_id"])).first() or 0
            side["variant_id"] = db.scalars(select(StoreVariant.id).where(StoreVariant.connection_id == side["connection_id"])).first() or 0
        colleague = people.add_user(db, "noor@example.com", "Noor Haddad", Role.SUPPORT)
        people.set_password(db, colleague, PASSWORD)
        db.add(UserConnection(user_id=colleague.id, connection_id=filled.other_connection_id))
        sides[0]["user_id"], sides[1]["user_id"] = filled.users["support"], colleague.id
    return sides[0], sides[1]


def _add_file(db: Session, side: Mapping[str, int]) -> int:
    """A checked CSV file with a row of each group."""
    kept = CsvUpload(connection_id=side["connection_id"], shop_id=side["shop_id"], mapping_id=side["mapping_id"], category_id="602",
                     name="values.csv", state=UploadState.CHECKED, content=b"", header=["Product ID", "Title"], valid=1, errors=1,
                     by="maya@example.com", created_at=clock.now())
    db.add(kept)
    db.flush()
    brand = {"brand": ["7082427311584347905", "Tidewater"], "attributes": {}}
    db.add(CsvRow(upload_id=kept.id, number=2, listing_id=side["listing_id"], title="A product", sku="A-1", state=RowState.VALID, causes=[],
                  before={"brand": ["", ""], "attributes": {}}, after=brand))
    db.add(CsvRow(upload_id=kept.id, number=3, title="Another", sku="A-2", state=RowState.ERROR, causes=["It is no product."],
                  cells=["9", "Another"], before={}, after={}))
    db.flush()
    return kept.id


class Browser:
    """Keeps its cookies and its form token; every answer that comes is checked for S-11, S-32 and S-33."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.client = site.app.test_client()
        self.origin = "https://hub.example" if site.https else "http://localhost"
        self.token = ""
        self.last = ""

    def open(self, method: str, path: str, *, token: str | None = None, data: Any = None, **options: Any) -> TestResponse:
        """One call. ``token``: the form's; None sends this browser's own with what changes something, "" none."""
        headers = dict(options.pop("headers", {}))
        if method not in ("GET", "HEAD") and "json" not in options and isinstance(data, (Mapping, type(None))):
            data = dict(data or {})
            sent = self.form_token() if token is None else token
            if sent:
                data["csrf_token"] = sent
            headers.setdefault("Referer", self.origin + "/admin/")
        answer = self.client.open(path, method=method, data=data, base_url=self.origin, headers=headers, **options)
        faults = faults_of(answer, https=self.site.https)
        self.last = "" if answer.is_streamed and answer.mimetype != "text/html" else answer.get_data(as_text=True)
        assert faults == [], (method, path, answer.status_code, faults)
        return answer

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.open("GET", path, **options)

    def post(self, path: str, data: Mapping[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.open("POST", path, data=data, **options)

    def form_token(self) -> str:
        """This session's token, from the page that it is on."""
        if not self.token:
            found = None
            for path in ("/sign-in", "/admin/help/"):
                found = found or re.search(r'name="csrf_token" value="([^"]+)"', self.get(path).get_data(as_text=True))
            assert found is not None
            self.token = found.group(1)
        return self.token

    def sign_in(self, email: str, password: str = PASSWORD, **options: Any) -> TestResponse:
        answer = self.post("/sign-in", {"email": email, "password": password}, **options)
        self.token = ""
        return answer

    @property
    def is_in(self) -> bool:
        """Whether it is still signed in."""
        return self.get("/admin/help/").status_code == 200


def text_of(answer: TestResponse) -> str:
    """What an answer says; of a file, whatever in it can be read."""
    return answer.get_data().decode(errors="replace")


def address(rule: Rule, ids: Mapping[str, Any]) -> str:
    """The rule with these values put in."""
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda one: str(ids[one.group(1)]), rule.rule)

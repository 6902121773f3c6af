"""Connections: the list that sign-in opens, a connection's page, switching, pausing, removing (ACC-02, ACC-05, CON-01, CON-10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from marshmallow import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin import asking, badges, forms, links
from admin.base import Page, choose, denied, find, hub, may, needs, record, scope, visible_connections
from admin.formatting import country, plural
from admin.frame import platform_title
from admin.plugin import module, offer_of
from hub import clock
from hub.domain.tasks import TaskState
from hub.errors import HubError
from hub.flows import connect, store_hooks
from hub.models.connections import ApiToken, Connection, ConnectionState, Mode
from hub.models.inbox import InboxEvent, InboxState
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.models.tiktok import App, Grant
from hub.stores import PLATFORMS

SECTIONS = ("home", "products", "orders", "mappings", "tasks", "checks", "settings")


def _own(connection: Connection) -> int:
    return connection.id


class Connections(Page):
    """The list of connections and what can be done with each."""

    section: ClassVar[str] = "connections"

    def __init__(self) -> None:
        super().__init__(name="Connections", endpoint="connections", url="/admin/connections")

    @expose("/")
    def index(self) -> Any:
        """All connections one may see; a click opens one (ACC-05)."""
        with self.read() as db:
            found = visible_connections(db)
            shops: dict[int, list[Shop]] = {}
            for shop in db.scalars(select(Shop).where(Shop.connection_id.in_([c.id for c in found])).order_by(Shop.region)):
                shops.setdefault(shop.connection_id or 0, []).append(shop)
        rows = [
            (
                c,
                badges.connection(c.state, practice=c.mode is Mode.PRACTICE),
                platform_title(c.platform),
                [country(s.region) for s in shops.get(c.id, [])],
            )
            for c in found
        ]
        return self.render("connections/index.html", rows=rows)

    @expose("/landing")
    def landing(self) -> Any:
        """Where a sign-in leads: the list (ACC-02)."""
        return redirect(url_for("connections.index"))

    @expose("/<int:connection_id>/open")
    def open(self, connection_id: int) -> Any:
        """Makes it the chosen one and shows the same page of it; filters are dropped."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
        choose(connection.id)
        return _to(request.args.get("to", ""))

    @expose("/shop/<int:shop_id>")
    def choose_shop(self, shop_id: int) -> Any:
        """Another country of the same connection."""
        with self.read() as db:
            shop = find(db, Shop, shop_id)
            choose(shop.connection_id or 0, shop.id)
        return _to(request.args.get("to", ""))

    @expose("/<int:connection_id>/")
    def page(self, connection_id: int) -> Any:
        """The connection's page: both sides, plugin, events, what is wrong, and how to end it."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
            context = _facts(db, connection)
        return self.render("connections/page.html", **context)

    @expose("/<int:connection_id>/check", methods=["POST"])
    @needs("mend")
    def check(self, connection_id: int) -> Any:
        """Tests the store now: what works, what is missing by name (the one outside call that a page makes)."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
        began = clock.timestamp()
        try:
            with asking.patience(asking.SEVERAL_S):
                health = connect.check(hub(), connection.id)
        except HubError as error:
            flash(asking.why_not(error, "The store"), "error")
        else:
            took = f"{max(0.1, clock.timestamp() - began):.1f} s"
            if health.problems:
                flash(
                    f"The store answered in {took}, but {plural(len(health.problems), 'thing')} must be mended. See below.",
                    "need",
                )
            else:
                flash(f"The store answered in {took}. Everything that we need is allowed.", "success")
        return redirect(url_for("connections.page", connection_id=connection.id))

    @expose("/<int:connection_id>/pause", methods=["POST"])
    @needs("manage")
    def pause(self, connection_id: int) -> Any:
        """Stops all work; what comes in is kept."""
        return self._change(
            connection_id,
            "connection paused",
            lambda db, c: connect.pause(db, c, f"Paused by {current_user.name or current_user.email}."),
            "Paused. What comes in is kept and goes on later.",
        )

    @expose("/<int:connection_id>/resume", methods=["POST"])
    @needs("manage")
    def resume(self, connection_id: int) -> Any:
        """Goes on, what waited first."""
        return self._change(connection_id, "connection resumed", connect.resume, "Going on. What waited comes first.")

    @expose("/<int:connection_id>/secret", methods=["POST"])
    @needs("manage")
    def secret(self, connection_id: int) -> Any:
        """A new webhook secret; the old one stays good for 24 hours after the new one is used."""
        return self._change(
            connection_id,
            "webhook secret renewed",
            connect.rotate_hook_secret,
            "A new webhook address is ready below. Paste it into the store's module; the old one works until then.",
        )

    @expose("/<int:connection_id>/hooks", methods=["POST"])
    @needs("mend")
    def hooks(self, connection_id: int) -> Any:
        """Registers our webhooks in the store again: what is missing, and what the store switched off."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
        with asking.patience(asking.SEVERAL_S):
            report, problem = store_hooks.ensure(hub(), connection.id)
        if problem is not None:
            flash(f"{problem.says} {problem.fix}", "error")
        elif report is None:
            flash("This store posts through its module: there are no webhooks of ours to register.", "need")
        else:
            renewed = len(report.made) + len(report.mended)
            flash(f"{plural(renewed, 'webhook')} registered." if renewed else "All webhooks were in place.", "success")
        return redirect(url_for("connections.page", connection_id=connection.id) + "#hooks")

    @expose("/<int:connection_id>/choices", methods=["POST"])
    @needs("manage")
    def choices(self, connection_id: int) -> Any:
        """What may be changed any time about the store, without a new sign-in."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
        platform = hub().platform(connection)
        schema = platform.settings()
        names = forms.names_shown(schema, practice=connection.mode is Mode.PRACTICE, choices=True)
        typed = forms.typed(schema, request.form, names)
        try:
            with self.db.write() as db:
                row = db.get_one(Connection, connection.id)
                before = {name: row.settings.get(name) for name in names}
                connect.change_choices(row, {**dict.fromkeys(names), **typed}, current_user.email)
                record(db, "store choices changed", row.name, before, {name: row.settings.get(name) for name in names}, row.id)
        except ValidationError as error:
            with self.read() as db:
                row = db.get_one(Connection, connection_id)
                context = _facts(db, row) | {"choices": _choices(row, typed, forms.messages(error))}
            return self.render("connections/page.html", **context), 422
        flash("Saved. It counts from the next time that the store is read.", "success")
        return redirect(url_for("connections.page", connection_id=connection.id) + "#choices")

    @expose("/<int:connection_id>/rename", methods=["POST"])
    @needs("manage")
    def rename(self, connection_id: int) -> Any:
        """Another name."""
        name = request.form.get("name", "").strip()[:120]
        if not name:
            flash("Give the connection a name.", "error")
            return redirect(url_for("connections.page", connection_id=connection_id))

        def change(_db: Session, connection: Connection) -> None:
            connection.name = name

        return self._change(connection_id, "connection renamed", change, "Saved.", {"name": name})

    @expose("/<int:connection_id>/remove", methods=["POST"])
    @needs("manage")
    def remove(self, connection_id: int) -> Any:
        """Ends it, once its name has been typed."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
        if request.form.get("name", "").strip() != connection.name:
            flash("That is not the connection's name, so nothing was removed.", "error")
            return redirect(url_for("connections.page", connection_id=connection_id))
        with asking.patience(asking.SEVERAL_S):
            left = connect.part(hub(), connection_id)
        with self.db.write() as db:
            row = db.get_one(Connection, connection_id)
            connect.remove(db, row)
            record(db, "connection removed", row.name, connection_id=row.id)
        flash(f"Removed {connection.name}. Its products stay on TikTok Shop and in your store.", "success")
        if left:
            flash(f"Our webhooks could not be taken out of the store: {left}", "need")
        return redirect(url_for("connections.index"))

    def _change(self, connection_id: int, what: str, change: Any, says: str, after: dict[str, Any] | None = None) -> Any:
        with self.read() as db:
            find(db, Connection, connection_id, _own)
        with self.db.write() as db:
            connection = db.get_one(Connection, connection_id)
            change(db, connection)
            record(db, what, connection.name, None, after, connection.id)
        flash(says, "success")
        return redirect(url_for("connections.page", connection_id=connection_id))

    @expose("/<int:connection_id>/tokens", methods=["POST"])
    @needs("manage")
    def token(self, connection_id: int) -> Any:
        """A token for another program; shown once."""
        with self.read() as db:
            find(db, Connection, connection_id, _own)
        try:
            with self.db.write() as db:
                connection = db.get_one(Connection, connection_id)
                made = connect.new_api_token(
                    db,
                    connection,
                    request.form.get("label", "").strip() or "API",
                    request.form.getlist("abilities"),
                    str(current_user.email),
                )
                record(
                    db,
                    "access for a program made",
                    request.form.get("label", "")[:120],
                    None,
                    {"abilities": request.form.getlist("abilities")},
                    connection_id,
                )
        except ValueError as error:
            flash(str(error), "error")
            return redirect(url_for("connections.page", connection_id=connection_id) + "#access")
        with self.read() as db:
            context = _facts(db, db.get_one(Connection, connection_id))
        return self.render("connections/page.html", made_token=made, **context)

    @expose("/<int:connection_id>/tokens/<int:token_id>/end", methods=["POST"])
    @needs("manage")
    def end_token(self, connection_id: int, token_id: int) -> Any:
        """Ends a token at once."""
        with self.read() as db:
            find(db, Connection, connection_id, _own)
            known = db.get(ApiToken, token_id) if token_id < 2**63 else None
        if known is None or known.connection_id != connection_id:
            if known is not None:
                denied(f"{ApiToken.__tablename__} {token_id}")
            abort(404)
        with self.db.write() as db:
            token = db.get_one(ApiToken, token_id)
            token.ended_at = clock.now()
            record(db, "access for a program ended", token.label, connection_id=connection_id)
        flash("Ended. Programs that use it are refused from now on.", "success")
        return redirect(url_for("connections.page", connection_id=connection_id) + "#access")


class Health(Page):
    """The chosen connection's page, as the menu names it."""

    section: ClassVar[str] = "checks"
    needs_connection: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(name="Health", endpoint="checks", url="/admin/health")

    @expose("/")
    def index(self) -> Any:
        """The same facts as the connection's page."""
        with self.read() as db:
            context = _facts(db, db.get_one(Connection, scope().connection_id))
        return self.render("connections/page.html", **context)


def _facts(db: Session, connection: Connection) -> dict[str, Any]:
    shops = list(db.scalars(select(Shop).where(Shop.connection_id == connection.id).order_by(Shop.region)))
    grants = {g.id: g for g in db.scalars(select(Grant).where(Grant.id.in_([s.grant_id for s in shops])))}
    now = clock.now()
    waiting = db.execute(
        select(func.count(), func.min(Task.run_at)).where(
            Task.connection_id == connection.id, Task.state == TaskState.QUEUED, Task.run_at <= now
        )
    ).one()
    held = db.scalar(select(func.count()).select_from(Task).where(Task.connection_id == connection.id, Task.state == TaskState.HELD)) or 0
    parked = (
        db.scalar(
            select(func.count())
            .select_from(InboxEvent)
            .where(InboxEvent.connection_id == connection.id, InboxEvent.state == InboxState.PARKED)
        )
        or 0
    )
    last_inbound = db.scalar(select(func.max(InboxEvent.received_at)).where(InboxEvent.connection_id == connection.id))
    tokens = db.scalars(
        select(ApiToken).where(ApiToken.connection_id == connection.id, ApiToken.ended_at.is_(None)).order_by(ApiToken.id)
    ).all()
    config, platform = hub().config, PLATFORMS.get(connection.platform)
    return {
        "connection": connection,
        "badge": badges.connection(connection.state, practice=connection.mode is Mode.PRACTICE),
        "title": platform_title(connection.platform),
        "system": _system(connection),
        "shops": [
            (
                s,
                country(s.region),
                grants.get(s.grant_id),
                next((str(w.get("name", "")) for w in s.warehouses or () if w.get("id") == s.warehouse_id), ""),
            )
            for s in shops
        ],
        "cards": links.cards(connection.problems, connection_id=connection.id),
        "waiting": waiting[0],
        "oldest": waiting[1],
        "held": held,
        "parked": parked,
        "last_inbound": last_inbound or connection.last_event_at,
        "hook_url": connect.hook_url(connection, config.public_url) if may("manage") else "",
        "without_plugin": _without_plugin(connection),
        "module": module(connection),
        "plugin": offer_of(connection.platform),
        "tokens": tokens,
        "abilities": connect.ABILITIES,
        "address": platform.address(connection.settings or {}) if platform else "",
        "platform": platform,
        "hooks": store_hooks.known(connection),
        "choices": _choices(connection),
        "sells_in": _sells_in(connection),
        "is_setup": connection.state is ConnectionState.SETUP,
        "has_app": db.scalar(select(func.count()).select_from(App)) or bool(config.tiktok_app_key),
        "secret_tail": _tail(connection),
    }


def _without_plugin(connection: Connection) -> tuple[str, ...]:
    """What is not right while the store has no plugin."""
    try:
        platform = hub().platform(connection)
    except LookupError:
        return ()
    return () if connection.has_plugin or platform.plugin is None else platform.plugin.without


def _choices(connection: Connection, typed: Mapping[str, Any] | None = None, errors: Mapping[str, str] | None = None) -> list[forms.Field]:
    """What may be changed any time about this store, as a form."""
    platform = PLATFORMS.get(connection.platform)
    if platform is None:
        return []
    schema = platform.settings()
    names = forms.names_shown(schema, practice=connection.mode is Mode.PRACTICE, choices=True)
    return forms.from_schema(schema, {**(connection.settings or {}), **(typed or {})}, names=names, errors=errors)


def _system(connection: Connection) -> str:
    """The store system and its version, which may begin with the name."""
    title, version = platform_title(connection.platform), str((connection.store or {}).get("version", ""))
    return version if version.startswith(title) else f"{title} {version}".strip()


def _sells_in(connection: Connection) -> str:
    platform = PLATFORMS.get(connection.platform)
    code = str((connection.wizard or {}).get("sells_in", ""))
    return next((one.title for one in platform.markets if one.code == code), "") if platform is not None else ""


def _tail(connection: Connection) -> str:
    secret = connection.hook_secret or ""
    return secret.rstrip("=")[-4:] if may("manage") else ""


def _to(section: str) -> Any:
    return redirect(url_for(f"{section}.index") if section in SECTIONS else url_for("home.index"))

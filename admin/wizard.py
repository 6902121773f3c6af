"""Connecting a store, one address per step: name and store, the store's side, TikTok Shop's side, the shop
(CON-01 … CON-08, MAG-01 … MAG-04, PRS-01 … PRS-06, TTS-01 … TTS-04).

A draft connection is kept from the first Next on; what was typed and is no secret is kept while it is typed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, g, jsonify, make_response, redirect, request, send_file, session, url_for
from flask_admin import expose
from flask_login import current_user, login_required
from marshmallow import ValidationError
from sqlalchemy import select

from admin import asking, forms, links
from admin.base import Page, as_id, choose, database, find, hub, record, require
from admin.connections import _own
from admin.formatting import country
from admin.frame import platform_title
from admin.plugin import module
from hub import clock, plugin_archives
from hub.errors import HubError
from hub.flows import apps, connect, handshake, install, store_hooks
from hub.models.connections import Connection, ConnectionState, Mode
from hub.models.shops import Shop
from hub.models.tiktok import App
from hub.stores import PLATFORMS
from hub.stores.base import Platform

returns = Blueprint("returns", __name__)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the wizard as it is drawn."""

    name: str
    text: str
    url: str
    state: str


class Wizard(Page):
    """The wizard."""

    section: ClassVar[str] = "wizard"
    ability: ClassVar[str] = "manage"

    def __init__(self) -> None:
        super().__init__(name="Connect a store", endpoint="wizard", url="/admin/connect")

    @expose("/", methods=["GET", "POST"])
    def index(self) -> Any:
        """Step 1: name, from, to."""
        kept = session.get("wizard", {})
        if request.method != "POST":
            return self._first(kept)
        name, platform = request.form.get("name", "").strip(), request.form.get("platform", "")
        session["wizard"] = {"name": name[:120], "platform": platform[:32]}
        try:
            with self.db.write() as db:
                made = connect.create(db, name, platform, Mode.PRACTICE if hub().config.is_practice else Mode.LIVE)
                record(db, "connection created", made.name, None, {"platform": platform}, made.id)
                made_id = made.id
        except ValueError as error:
            return self._first(session["wizard"], {"platform" if name else "name": str(error)}), 422
        session.pop("wizard", None)
        choose(made_id)
        return redirect(url_for("wizard.store", connection_id=made_id))

    def _first(self, values: Mapping[str, Any], errors: Mapping[str, str] | None = None) -> Any:
        choices = tuple((p.slug, p.title) for p in PLATFORMS.values())
        fields = forms.filled(
            [
                forms.Field(name="name", label="Connection name", help="Only you and your team see it.", autocomplete="off"),
                forms.Field(
                    name="platform",
                    label="From",
                    kind="select",
                    choices=choices if len(choices) == 1 else (("", "Choose your store system"), *choices),
                ),
                forms.Field(name="to", label="To", kind="select", choices=(("tiktok", "TikTok Shop"),)),
            ],
            values,
            errors,
        )
        return self.render("wizard/start.html", fields=fields, steps=_steps(None, 1), platforms=PLATFORMS.values())

    @expose("/draft", methods=["POST"])
    def draft(self) -> Response:
        """Keeps what is being typed, so that a closed page loses nothing (CON-07). Secrets are never sent here."""
        typed = {name: text[:500] for name, text in request.form.items() if name not in ("csrf_token", "connection")}
        number = request.form.get("connection", "")
        if not number:
            session["wizard"] = {"name": typed.get("name", "")[:120], "platform": typed.get("platform", "")[:32]}
            return jsonify({"kept": True})
        with self.read() as db:
            connection = find(db, Connection, as_id(number), _own)
        schema = PLATFORMS[connection.platform].settings()
        names = [*_names(connection), *(("sells_in",) if PLATFORMS[connection.platform].markets else ())]
        plain = {n: t for n, t in typed.items() if n in names and not (n in schema.fields and schema.fields[n].metadata.get("secret"))}
        with self.db.write() as db:
            row = db.get_one(Connection, connection.id)
            row.wizard = {**(row.wizard or {}), **plain}
        return jsonify({"kept": True})

    @expose("/<int:connection_id>/")
    def resume(self, connection_id: int) -> Any:
        """The first step that isn't done."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
            shop = db.scalars(select(Shop.id).where(Shop.connection_id == connection.id)).first()
            offered = connect.shops_to_choose(db, connection)
        if not _store_is_done(connection):
            return redirect(url_for("wizard.store", connection_id=connection.id))
        if shop is None:
            return redirect(url_for("wizard.shop" if offered else "wizard.tiktok", connection_id=connection.id))
        return redirect(url_for("connections.page", connection_id=connection.id))

    # -- step 2: the store

    @expose("/<int:connection_id>/store", methods=["GET", "POST"])
    def store(self, connection_id: int) -> Any:
        """The store's address and keys; Next probes them and names what is missing (PRS-01, PRS-02, MAG-02)."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
        platform = PLATFORMS[connection.platform]
        if request.method != "POST":
            return self._store_page(connection, platform, {**(connection.settings or {}), **(connection.wizard or {})})
        typed = forms.typed(platform.settings(), request.form, _names(connection))
        secret = {n for n, f in platform.settings().fields.items() if f.metadata.get("secret")}
        plain = {n: v for n, v in typed.items() if n not in secret}
        if platform.markets:
            plain["sells_in"] = request.form.get("sells_in", "")
        try:
            with self.db.write() as db:
                row = db.get_one(Connection, connection.id)
                row.wizard = {**(row.wizard or {}), **plain}
                if platform.markets:
                    connect.choose_selling_market(row, plain["sells_in"])
                if platform.handshake is not None and not _is_active(row, typed):
                    raise ValueError(f"The integration is not active yet. In {platform_title(row.platform)} press Activate, then Allow.")
                connect.save_store_settings(row, typed)
                record(db, "store address and keys saved", row.name, None, {"changed": sorted(typed)}, row.id)
        except ValidationError as error:
            with self.db.write() as db:
                db.get_one(Connection, connection.id).wizard = {**(connection.wizard or {}), **plain}
            return self._store_page(connection, platform, plain, forms.messages(error)), 422
        except ValueError as error:
            with self.db.write() as db:
                db.get_one(Connection, connection.id).wizard = {**(connection.wizard or {}), **plain}
            return self._store_page(connection, platform, plain, {"": str(error)}), 422
        health = self._probe(connection.id)
        with self.read() as db:
            connection = db.get_one(Connection, connection.id)
        if isinstance(health, str):
            return self._store_page(connection, platform, plain, {"": health}), 422
        if not health.ok:
            return self._store_page(connection, platform, plain, health=health), 422
        with self.db.write() as db:
            row = db.get_one(Connection, connection.id)
            row.wizard = connect.only_market(row.wizard or {})
            if row.state is ConnectionState.PAUSED:
                connect.resume(db, row)
        flash(f"{platform_title(connection.platform)} has let us in.", "success")
        if connection.state is not ConnectionState.SETUP:
            return redirect(url_for("connections.page", connection_id=connection.id))
        return redirect(url_for("wizard.resume", connection_id=connection.id))

    @expose("/<int:connection_id>/authorize", methods=["POST"])
    def authorize(self, connection_id: int) -> Any:
        """Keeps what is filled in and sends the merchant to the store's own page, where he installs us (SHP-01, SHP-02)."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
        platform = PLATFORMS[connection.platform]
        typed = forms.typed(platform.settings(), request.form, _names(connection))
        secret = {n for n, f in platform.settings().fields.items() if f.metadata.get("secret")}
        plain = {n: v for n, v in typed.items() if n not in secret} | {"sells_in": request.form.get("sells_in", "")}
        errors: dict[str, str] = {}
        try:
            with self.db.write() as db:
                row = db.get_one(Connection, connection.id)
                if platform.markets:
                    connect.choose_selling_market(row, plain["sells_in"])
                connect.save_store_settings(row, typed)
                address = install.start(db, hub(), row, bound_to())
                record(db, "sent to the store to authorise", row.name, None, {"changed": sorted(typed)}, row.id)
        except ValidationError as error:
            errors = forms.messages(error)
        except ValueError as error:
            errors = {"sells_in": str(error)}
        except connect.NotThisTime as why:
            errors = {"": str(why)}
        if errors:
            with self.db.write() as db:
                row = db.get_one(Connection, connection.id)
                row.wizard = {**(row.wizard or {}), **plain}
            return self._store_page(connection, platform, plain, errors), 422
        return _lead_to(self, platform_title(platform.slug), address)

    def _probe(self, connection_id: int) -> Any:
        try:
            with asking.patience(asking.SEVERAL_S):
                return connect.check(hub(), connection_id)
        except HubError as error:
            return asking.why_not(error, "The store")

    def _store_page(
        self,
        connection: Connection,
        platform: Platform,
        values: Mapping[str, Any],
        errors: Mapping[str, str] | None = None,
        health: Any = None,
    ) -> Any:
        public = hub().config.public_url.rstrip("/")
        key = connection.handshake_key
        return self.render(
            "wizard/store.html",
            connection=connection,
            platform=platform,
            title=platform_title(connection.platform),
            steps=_steps(connection, 2),
            market=_selling_market(platform, values, errors),
            fields=forms.from_schema(platform.settings(), values, names=_names(connection, False), saved=_saved(connection), errors=errors),
            choices=forms.from_schema(platform.settings(), values, names=_names(connection, True), errors=errors),
            install=None
            if platform.install is None
            else {
                "needs": tuple(platform.install.needs()),
                "back": install.redirect_uri(hub().config.public_url, platform.slug),
                "is_done": install.is_installed(connection) and _store_is_done(connection),
            },
            hooks=store_hooks.known(connection),
            errors=errors or {},
            health=health,
            cards=[links.card(p, connection_id=connection.id) for p in (health.problems if health else ())],
            has_handshake=platform.handshake is not None,
            callback_url=f"{public}/connect/{connection.platform}/{key}/callback",
            identity_url=f"{public}/connect/{connection.platform}/{key}/identity",
            handshake=_handshake(connection),
            hook_url=connect.hook_url(connection, hub().config.public_url),
            is_private=public.startswith("http://"),
            module=module(connection),
            plugin=platform.plugin,
        )

    # -- the store's module

    @expose("/plugin/<platform>")
    def plugin(self, platform: str) -> Any:
        """The module as a file to install (PRS-04)."""
        try:
            made = plugin_archives.archive(platform)
        except plugin_archives.NoArchive:
            abort(404)
        return send_file(io.BytesIO(made.content), mimetype="application/zip", as_attachment=True, download_name=made.file, etag=made.sha256)

    @expose("/<int:connection_id>/module")
    def plugin_state(self, connection_id: int) -> Any:
        """Whether the module has called, and how it is; the page asks by itself."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
        return self.render("wizard/_plugin.html", module=module(connection))

    @expose("/<int:connection_id>/handshake")
    def activation(self, connection_id: int) -> Any:
        """Whether the store has let us in yet; the page asks by itself."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
        answer = make_response(self.render("wizard/_handshake.html", handshake=_handshake(connection)))
        if _handshake(connection)[0] == "ok":
            answer.headers["X-Poll"] = "stop"
        return answer

    # -- step 3: TikTok Shop

    @expose("/<int:connection_id>/tiktok", methods=["GET", "POST"])
    def tiktok(self, connection_id: int) -> Any:
        """Explains what comes, takes a TikTok app's keys where none is known, and sends the seller to the consent page (TTS-01, TTS-02)."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
        if not _store_is_done(connection):
            flash("Open your store to us first.", "need")
            return redirect(url_for("wizard.store", connection_id=connection.id))
        with self.db.write() as db:
            # One that the connection brought (NAT-02) comes before the operator's, whose keys may have changed in the environment.
            app = apps.own_app(db, connection) or connect.app_of_operator(db, hub(), practice=hub().config.is_practice)
            app_id = app.id if app else 0
            market = connect.market_of(db, connection)
        if request.method == "POST":
            return self._consent(connection, app_id) if app_id else self._keep_app(connection)
        return self._tiktok_page(connection, forms.filled([_market_field()] if app_id else _app_fields(), {"market": market}), bool(app_id))

    def _tiktok_page(self, connection: Connection, fields: list[forms.Field], has_app: bool) -> Any:
        return self.render(
            "wizard/tiktok.html", connection=connection, steps=_steps(connection, 3), fields=fields, has_app=has_app, callback=_callback()
        )

    def _keep_app(self, connection: Connection) -> Any:
        values = {name: request.form.get(name, "").strip() for name in ("app_key", "app_secret", "service_id")}
        errors = {name: "Copy it from the app's page in TikTok Shop's Partner Center." for name, text in values.items() if not text}
        if errors:
            return self._tiktok_page(connection, forms.filled(_app_fields(), values, errors), has_app=False), 422
        config = hub().config
        with self.db.write() as db:
            app = App(
                app_key=values["app_key"],
                service_id=values["service_id"],
                api_host=config.tiktok_api_host,
                token_host=config.tiktok_token_host,
                consent_host=config.tiktok_consent_host,
                is_practice=config.is_practice,
                created_at=clock.now(),
            )
            app.app_secret = values["app_secret"]
            db.add(app)
            record(db, "TikTok app saved", values["app_key"], connection_id=connection.id)
        flash("Saved. Now allow Shopbridge in TikTok Shop.", "success")
        return redirect(url_for("wizard.tiktok", connection_id=connection.id))

    def _consent(self, connection: Connection, app_id: int) -> Any:
        try:
            with self.db.write() as db:
                row = db.get_one(Connection, connection.id)
                connect.choose_market(row, request.form.get("market", ""))
                address, _state = connect.consent(db, hub().config, row, db.get_one(App, app_id), bound_to())
        except ValueError as error:
            return self._tiktok_page(connection, forms.filled([_market_field()], {}, {"market": str(error)}), has_app=True), 422
        return _lead_to(self, "TikTok Shop", address)

    # -- step 4: the shop

    @expose("/<int:connection_id>/shop", methods=["GET", "POST"])
    def shop(self, connection_id: int) -> Any:
        """One seller account may own several shops: one is chosen, with the store view it sells from (TTS-04)."""
        with self.read() as db:
            connection = find(db, Connection, connection_id, _own)
            offered = connect.shops_to_choose(db, connection)
        if not offered:
            return redirect(url_for("wizard.tiktok", connection_id=connection.id))
        problem = ""
        if request.method == "POST":
            wanted = request.form.get("shop", "")
            if as_id(wanted) not in {s.id for s in offered}:
                problem = "Choose one of the shops."
            else:
                try:
                    with asking.patience(asking.SEVERAL_S):
                        connect.choose_shop(hub(), connection.id, as_id(wanted), request.form.get("scope", ""))
                except ValueError as error:
                    problem = str(error)
                except HubError as error:
                    problem = asking.why_not(error, "TikTok Shop")
                else:
                    with self.db.write() as db:
                        record(db, "TikTok shop chosen", connection.name, None, {"shop": wanted}, connection.id)
                    choose(connection.id, as_id(wanted))
                    g.pop("scope", None)
                    flash(f"{connection.name} is connected. Pull your products next.", "success")
                    return redirect(url_for("home.index"))
        scopes = (connection.store or {}).get("scopes", [])
        return self.render(
            "wizard/shop.html",
            connection=connection,
            steps=_steps(connection, 3),
            offered=[(s, country(s.region)) for s in offered],
            scopes=scopes,
            best={s.id: connect.default_scope(connection, s) for s in offered},
            problem=problem,
        )


@returns.get("/connect/store/<platform>/callback")
@login_required
def store_callback(platform: str) -> Any:
    """Where a store's own consent page sends the merchant back to (SHP-01, SHP-04)."""
    require("manage")
    if platform not in PLATFORMS:
        abort(404)
    try:
        with asking.patience(asking.SEVERAL_S):
            connection_id = install.finish(hub(), platform, request.args.to_dict(), bound_to())
    except connect.NotThisTime as why:
        flash(str(why), "error")
        return redirect(url_for("connections.index"))
    except HubError as error:
        flash(asking.why_not(error, "The store"), "error")
        return redirect(url_for("connections.index"))
    with database().write() as db:
        row = db.get_one(Connection, connection_id)
        record(db, "store authorised", row.name, connection_id=row.id)
        is_well, is_new = _store_is_done(row), row.state is ConnectionState.SETUP
    choose(connection_id)
    if not is_well:
        flash(f"{platform_title(platform)} let us in, but something is missing. See below.", "need")
    else:
        flash(f"{platform_title(platform)} has let us in. The store's side is done.", "success")
    if is_new or not is_well:
        return redirect(url_for("wizard.store", connection_id=connection_id))
    return redirect(url_for("connections.page", connection_id=connection_id))


@returns.get("/connect/tiktok/callback")
def tiktok_callback() -> Any:
    """Where TikTok Shop sends the seller back to. One who was sent from his store's admin goes on to his store."""
    with database().read() as db:
        onwards = connect.store_that_asked(db, request.args.get("state", "")[:300])
    if onwards:
        known = {name: request.args[name][:500] for name in ("code", "state", "error") if name in request.args}
        return redirect(f"{onwards}?{urlencode(known)}")
    return _take_consent()


@login_required
def _take_consent() -> Any:
    """A replayed or foreign state is refused (TTS-03, S-22)."""
    require("manage")
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if not state or code in ("", "null") or "error" in request.args:
        flash("TikTok Shop didn't give its permission. Press Authorize there, or start again.", "need")
        return redirect(url_for("connections.index"))
    try:
        with asking.patience(asking.SEVERAL_S):
            done = connect.finish_consent(hub(), state[:300], code[:500], bound_to())
    except connect.NotThisTime as why:
        flash(str(why), "error")
        return redirect(url_for("connections.index"))
    except HubError as error:
        flash(asking.why_not(error, "TikTok Shop"), "error")
        return redirect(url_for("connections.index"))
    with database().write() as db:
        record(db, "TikTok Shop authorised", connection_id=done.connection_id)
        has_shop = db.scalars(select(Shop.id).where(Shop.connection_id == done.connection_id)).first()
    choose(done.connection_id)
    if has_shop is not None:
        flash("TikTok Shop lets us in again. What waited goes on.", "success")
        return redirect(url_for("connections.page", connection_id=done.connection_id))
    if not done.shop_ids:
        flash("This seller account has no shop yet. Open one in Seller Center, then authorise again.", "need")
        return redirect(url_for("wizard.tiktok", connection_id=done.connection_id))
    return redirect(url_for("wizard.shop", connection_id=done.connection_id))


def bound_to() -> str:
    """Who asked for a consent: this person in this session."""
    return f"{current_user.user_id}.{session.get('sid', '')}"


def _lead_to(page: Page, there: str, address: str) -> Response:
    """A page that goes on to somebody else's by itself. No redirect: a browser sends a form nowhere but to us, nor on from us."""
    answer = make_response(page.render("wizard/leaving.html", there=there, address=address))
    answer.headers["Refresh"] = f"0; url={address}"
    return answer


def _names(connection: Connection, choices: bool | None = None) -> list[str]:
    """The store's settings that are shown for this connection."""
    return forms.names_shown(PLATFORMS[connection.platform].settings(), practice=connection.mode is Mode.PRACTICE, choices=choices)


def _selling_market(platform: Platform, values: Mapping[str, Any], errors: Mapping[str, str] | None) -> forms.Field | None:
    if not platform.markets:
        return None
    field = forms.Field(
        name="sells_in",
        label="Where do you sell?",
        kind="select",
        choices=(("", "Choose"), *((one.code, one.title) for one in platform.markets)),
        help="The market of your TikTok Shop. A connection joins the store to one seller.",
    )
    return forms.filled([field], values, errors)[0]


def _app_fields() -> list[forms.Field]:
    return [
        forms.Field(name="app_key", label="App key", autocomplete="off"),
        forms.Field(name="app_secret", label="App secret", kind="secret"),
        forms.Field(
            name="service_id",
            label="Service ID",
            autocomplete="off",
            help="All three stand on the app's page in TikTok Shop's Partner Center.",
        ),
    ]


def _market_field() -> forms.Field:
    return forms.Field(
        name="market",
        label="Where is your TikTok Shop seller account?",
        kind="select",
        choices=(("", "Choose"), (connect.US, "United States"), (connect.ELSEWHERE, "Anywhere else")),
        help="Sellers in the United States sign in on a page of their own.",
    )


def _callback() -> str:
    return f"{hub().config.public_url.rstrip('/')}/connect/tiktok/callback"


def _saved(connection: Connection) -> dict[str, str]:
    """The last characters of each secret that is kept; never more."""
    kept = json.loads(connection.secrets or "{}")
    return {name: str(text)[-4:] for name, text in kept.items() if len(str(text)) > 8}


def _store_is_done(connection: Connection) -> bool:
    return bool(
        connection.store
        and connection.store.get("version")
        and not any(p.get("code") in ("login.lost", "store.unreachable", "store.not_expected") for p in connection.problems or ())
    )


def _handshake(connection: Connection) -> tuple[str, str, str]:
    """(tone, strong words, further words) of the store's handshake."""
    title = platform_title(connection.platform)
    match connection.handshake_state:
        case handshake.DONE:
            return "ok", f"{title} has let us in.", "Press Next to check that everything works."
        case handshake.RECEIVED:
            return "info", f"{title} called us and hasn't finished.", "Press Allow there."
        case handshake.REFUSED:
            says = f"Check the store address above, then press Reauthorize on the integration in {title}."
            return "stop", f"The keys that {title} sent could not be used.", says
    return "info", f"Waiting for {title}.", "This page notices by itself."


def _is_active(connection: Connection, typed: Mapping[str, Any]) -> bool:
    """Whether the store's integration has let us in, or a token was typed by hand (MAG-04)."""
    return bool(
        connection.handshake_state == handshake.DONE
        or typed.get("access_token")
        or json.loads(connection.secrets or "{}").get("access_token")
    )


def _steps(connection: Connection | None, now: int) -> list[Step]:
    title = platform_title(connection.platform) if connection else "your store"
    names = (
        ("Name and store", f"{connection.name}, {title}" if connection else "1 minute", ""),
        ("Open your store to us", f"In {title}, 3 minutes", url_for("wizard.store", connection_id=connection.id) if connection else ""),
        ("Allow TikTok Shop", "In TikTok Shop, 2 minutes", ""),
    )
    return [Step(name, text, url, "done" if i < now else "now" if i == now else "later") for i, (name, text, url) in enumerate(names, 1)]


__all__ = ["Wizard", "bound_to", "returns"]

"""Signing in and out, the first run, and passwords by mailed link (ACC-01 … ACC-03, S-17 … S-21)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user

from admin import mail
from admin.base import database, hub, record, to_sign_in
from admin.formatting import plural
from admin.forms import Field, filled
from hub import clock
from hub.config import Config
from hub.flows import people
from hub.flows.people import IDLE, LONGEST
from hub.models.users import LinkPurpose, Role, User

TRIES = "10 per 15 minutes"
# Marks in a browser's own words, the telling one first: Edge and Opera call themselves Chrome, Chrome calls itself Safari.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"),
            ("Linux", "Linux"))
auth = Blueprint("auth", __name__)
limiter = Limiter(
    key_func=get_remote_address, default_limits=[], in_memory_fallback_enabled=True, in_memory_fallback=[], swallow_errors=True
)


@dataclass(frozen=True)
class Person(UserMixin):
    """Who is signed in. Their session names the epoch, so a new password or role ends the older ones."""

    user_id: int
    email: str
    name: str
    role: Role
    epoch: int

    def get_id(self) -> str:
        """What the session keeps."""
        return f"{self.user_id}:{self.epoch}"

    @property
    def initials(self) -> str:
        """For the round button: ``MO``."""
        words = (self.name or self.email).split()
        return "".join(word[0] for word in (words[0], words[-1])[: 1 if len(words) < 2 else 2]).upper()

    @classmethod
    def of(cls, user: User) -> Person:
        """From the row."""
        return cls(user.id, user.email, user.name, user.role, user.session_epoch)


def install(app: Flask, config: Config) -> None:
    """Hangs sign-in on the app."""
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_load)
    manager.unauthorized_handler(to_sign_in)
    app.config["PERMANENT_SESSION_LIFETIME"] = LONGEST
    app.config.setdefault("RATELIMIT_STORAGE_URI", _limits_at(config.redis_url))
    app.config.setdefault("RATELIMIT_KEY_PREFIX", "sign-in")
    limiter.init_app(app)
    app.register_blueprint(auth)
    app.before_request(_first_run_first)
    app.before_request(_end_old_sessions)


def _limits_at(redis_url: str) -> str:
    if redis_url.startswith("unix://"):
        return "redis+" + redis_url
    return redis_url or "memory://"


def _load(kept: str) -> Person | None:
    user_id, _, epoch = kept.partition(":")
    if not (user_id.isdigit() and epoch.isdigit()):
        return None
    with database().read() as db:
        user = people.signed_in(db, int(user_id), str(session.get("sid", "")))
        return Person.of(user) if user is not None and user.session_epoch == int(epoch) else None


def _screen_asked() -> bool:
    """Whether the request is for a screen: hooks, API, health and static files look after themselves."""
    endpoint = request.endpoint or ""
    return not endpoint.endswith("static") and request.blueprint not in current_app.extensions["shopbridge_machine_blueprints"]


def _first_run_first() -> Response | None:
    """While nobody has an account, every screen leads to the first page (ACC-01)."""
    if current_app.extensions.get("shopbridge_has_owner") or not _screen_asked() or request.endpoint == "auth.first_run":
        return None
    with database().read() as db:
        if people.has_owner(db):
            current_app.extensions["shopbridge_has_owner"] = True
            return None
    return redirect(url_for("auth.first_run"))  # type: ignore[return-value]


def _end_old_sessions() -> Response | None:
    """A session ends after 30 minutes without a request and after 12 hours in any case (S-17)."""
    if not _screen_asked() or "_user_id" not in session:
        return None
    now = clock.timestamp()
    began, seen = session.get("began", 0), session.get("seen", 0)
    if now - seen > IDLE.total_seconds() or now - began > LONGEST.total_seconds():
        _end_session()
        if request.method != "POST":
            return to_sign_in()
        abort(400)
    # A page that refreshes itself keeps nobody signed in.
    if "X-Requested-By" not in request.headers and now - seen > 60:
        session["seen"] = now
        with database().write() as db:
            people.saw(db, str(session.get("sid", "")))
    return None


def _end_session() -> None:
    """Here and in every copy of the cookie."""
    with database().write() as db:
        people.end_sign_in(db, str(session.get("sid", "")))
    logout_user()
    session.clear()


def device(agent: str) -> str:
    """What a browser calls itself, in words that its owner recognises: ``Firefox on Windows``."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser


def start_session(user: User) -> None:
    """A fresh session for this person: nothing of the one before is kept (no fixation)."""
    session.clear()
    session.permanent = True
    now = clock.timestamp()
    sid = secrets.token_urlsafe(32)
    session.update(began=now, seen=now, sid=sid)
    with database().write() as db:
        people.begin_sign_in(db, user, sid, device(request.headers.get("User-Agent", "")), request.remote_addr or "")
    login_user(Person.of(user))
    g.pop("scope", None)


def _account_and_net() -> str:
    return f"{request.form.get('email', '').strip().lower()[:254]}|{get_remote_address()}"


def _counts_as_try(answer: Response) -> bool:
    return answer.status_code == 401


@auth.get("/")
def front() -> Any:
    """The address without a path leads to Home."""
    return redirect(url_for("home.index"))


@auth.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(TRIES, key_func=_account_and_net, methods=["POST"], deduct_when=_counts_as_try)
@limiter.limit("60 per 15 minutes", methods=["POST"], deduct_when=_counts_as_try)
def sign_in() -> Any:
    """E-mail and password. The same words whether or not the e-mail exists (ACC-02)."""
    if request.method != "POST":
        return redirect("/") if current_user.is_authenticated else _sign_in_page()
    email, password = request.form.get("email", ""), request.form.get("password", "")
    with database().read() as db:
        user = people.by_email(db, email)
    if not people.password_is(user, password):
        with database().write() as db:
            record(db, "sign-in refused", email[:200])
        return _sign_in_page("That e-mail and password don't go together.", email), 401
    assert user is not None
    with database().write() as db:
        user = db.get_one(User, user.id)
        people.after_sign_in(db, user, password)
    start_session(user)
    with database().write() as db:
        record(db, "signed in")
    return redirect(_own_path(request.args.get("next", "")) or url_for("connections.landing"))


def _sign_in_page(error: str = "", email: str = "", offer_reset: bool = True) -> str:
    return render_template(
        "auth/sign_in.html", error=error, email=email, offer_reset=offer_reset, next=_own_path(request.args.get("next", ""))
    )


def _own_path(address: str) -> str:
    """The address if it is a path of ours: a sign-in never sends people elsewhere."""
    # Browsers drop tabs and line breaks from an address before they read it, so none may stand in it.
    ours = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if ours else ""


def too_many() -> tuple[str, int]:
    """After too many tries: when it goes on (design 12)."""
    until = request.environ.get("RATELIMIT_RESET") or (getattr(limiter.current_limit, "reset_at", 0) if limiter.current_limit else 0)
    from_now = max(1, round((until - clock.timestamp()) / 60)) if until else 15
    again = f"Too many tries. You can sign in again in {from_now} minute{'s' if from_now != 1 else ''}."
    return _sign_in_page(again, request.form.get("email", ""), offer_reset=False), 429


@auth.post("/sign-out")
def sign_out() -> Any:
    """Ends the session."""
    if current_user.is_authenticated:
        with database().write() as db:
            record(db, "signed out")
    _end_session()
    return redirect(url_for("auth.sign_in"))


@auth.route("/first-run", methods=["GET", "POST"])
@limiter.limit("20 per 15 minutes", methods=["POST"])
def first_run() -> Any:
    """Creates the owner. Where others can reach the page it asks for the code that the console printed (ACC-01)."""
    config = hub().config
    with database().read() as db:
        if people.has_owner(db):
            return redirect(url_for("auth.sign_in"))
    fields = [
        Field(name="name", label="Your name", autocomplete="name"),
        Field(name="email", label="E-mail", kind="email", autocomplete="username"),
        Field(name="password", label="Password", kind="secret", help="At least 12 characters; a sentence is good."),
    ]
    if not config.is_loopback_only:
        fields.insert(
            0,
            Field(
                name="code",
                label="One-time code",
                autocomplete="one-time-code",
                help="Printed by the console that started Shopbridge; it proves that this computer is yours.",
            ),
        )
    if request.method != "POST":
        return render_template("auth/first_run.html", fields=fields)
    form = request.form
    try:
        if not config.is_loopback_only and not people.code_matches(form.get("code", ""), config.secret_key):
            raise people.Rejected("code", "This is not the code that the console printed.")
        with database().write() as db:
            user = people.create_owner(db, form.get("email", ""), form.get("name", ""), form.get("password", ""))
            user.signed_in_at = clock.now()
            record(db, "owner created", user.email)
    except people.Rejected as why:
        return render_template("auth/first_run.html", fields=filled(fields, form, {why.field: why.says})), 422
    start_session(user)
    return redirect(url_for("connections.landing"))


@auth.route("/forgot", methods=["GET", "POST"])
@limiter.limit("10 per 15 minutes", methods=["POST"])
def forgot() -> Any:
    """Mails a link to set a new password; says the same for an e-mail that nobody has (ACC-03)."""
    if request.method != "POST":
        return render_template("auth/forgot.html", sent=False)
    email = request.form.get("email", "").strip()
    with database().write() as db:
        user = people.by_email(db, email)
        token = people.make_link(db, user, LinkPurpose.RESET) if user else ""
        record(db, "password link asked", email)
    if user is not None:
        mail.send_link(user, LinkPurpose.RESET, token)
    return render_template("auth/forgot.html", sent=True, email=email)


@auth.route("/set-password/<token>", methods=["GET", "POST"])
@limiter.limit("30 per 15 minutes")
def set_password(token: str) -> Any:
    """Where a mailed link leads: choose a password, once."""
    with database().read() as db:
        user = people.link_owner(db, token)
    if user is None:
        return render_template("auth/set_password.html", gone=True), 410
    fields = [Field(name="password", label="New password", kind="secret"), Field(name="again", label="The same again", kind="secret")]
    if request.method != "POST":
        return render_template("auth/set_password.html", fields=fields, email=user.email)
    password = request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise people.Rejected("again", "The two are not the same.")
        with database().write() as db:
            user = people.use_link(db, token, password)
            if user is not None:
                user.signed_in_at = clock.now()
                record(db, "password set by link", user.email)
    except people.Rejected as why:
        return render_template(
            "auth/set_password.html", fields=filled(fields, {}, {why.field: why.says}), email=user.email if user else ""
        ), 422
    if user is None:
        return render_template("auth/set_password.html", gone=True), 410
    start_session(user)
    return redirect(url_for("connections.landing"))


@auth.post("/account/sign-out-elsewhere")
@login_required
def sign_out_elsewhere() -> Any:
    """Ends every other session of oneself, and with them all copies of their cookies."""
    with database().write() as db:
        ended = people.end_other_sign_ins(db, db.get_one(User, current_user.user_id), str(session.get("sid", "")))
        record(db, "signed out elsewhere", current_user.email, None, {"sessions": ended})
    flash(f"Signed out of {plural(ended, 'other session')}." if ended else "You were signed in nowhere else.", "success")
    return redirect(url_for("auth.change_password"))


@auth.post("/account/mail")
@login_required
def change_mail() -> Any:
    """Mails on or off for oneself, for all connections (CON-10)."""
    wants = "wants_mail" in request.form
    with database().write() as db:
        db.get_one(User, current_user.user_id).wants_mail = wants
        record(db, "mails switched on" if wants else "mails switched off", current_user.email)
    flash("Saved. You get mails again." if wants else "Saved. No connection mails you any more.", "success")
    return redirect(url_for("auth.change_password"))


@auth.route("/account/password", methods=["GET", "POST"])
@login_required
@limiter.limit(TRIES, methods=["POST"], key_func=lambda: str(current_user.get_id()))
def change_password() -> Any:
    """A new password for oneself; other sessions end."""
    fields = [
        Field(name="now", label="Your password now", kind="secret", autocomplete="current-password"),
        Field(name="password", label="New password", kind="secret", help="At least 12 characters; a sentence is good."),
    ]
    with database().read() as db:
        known = db.get_one(User, current_user.user_id)
        sessions = people.sign_ins(db, known, str(session.get("sid", "")))
    if request.method != "POST":
        return render_template("auth/change_password.html", fields=fields, wants_mail=known.wants_mail, sessions=sessions)
    try:
        if not people.password_is(known, request.form.get("now", "")):
            raise people.Rejected("now", "This is not your password.")
        with database().write() as db:
            user = db.get_one(User, current_user.user_id)
            people.set_password(db, user, request.form.get("password", ""))
            record(db, "password changed", user.email)
    except people.Rejected as why:
        fields = filled(fields, {}, {why.field: why.says})
        return render_template("auth/change_password.html", fields=fields, wants_mail=known.wants_mail, sessions=sessions), 422
    start_session(user)
    return redirect("/")

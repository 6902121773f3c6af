"""The screens. `attach(app)` hangs them on the assembled application: menu, sign-in, errors, static files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, request, url_for
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader

HERE = Path(__file__).parent


class PeopleOnly(CSRFProtect):
    """Asks for a form's token everywhere but where machines speak: they bring a signature or token and no session."""

    def protect(self, *args: Any, **options: Any) -> None:
        """Called before each request that could change something."""
        if request.blueprint not in current_app.extensions["shopbridge_machine_blueprints"]:
            super().protect(*args, **options)


def attach(app: Flask) -> Admin:
    """Adds every screen to the app. Blueprints that are there already speak to machines: they bring signatures or
    tokens instead of a session, and are left out of CSRF and sign-in."""
    from admin import auth, errors, formatting, frame, wizard
    from admin.base import hub
    from hub.web import headers

    machines = frozenset(app.blueprints)
    app.extensions["shopbridge_machine_blueprints"] = machines
    app.jinja_loader = ChoiceLoader([FileSystemLoader(HERE / "templates"), *([app.jinja_loader] if app.jinja_loader else [])])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    with app.app_context():
        config = hub().config
    app.config.update(
        {name: value for name, value in config.flask_settings().items() if name not in ("MAX_CONTENT_LENGTH", "MAX_FORM_MEMORY_SIZE")}
    )
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.setdefault("WTF_CSRF_SSL_STRICT", config.is_https)
    PeopleOnly(app)
    if "csp_nonce" not in app.jinja_env.globals:
        headers.install(app, https=config.is_https, image_hosts="https: http:" if config.is_practice else "https:")
    app.register_blueprint(Blueprint("sb", __name__, static_folder="static", static_url_path="/assets"))
    app.register_blueprint(wizard.returns)
    formatting.install(app)
    auth.install(app, config)
    errors.install(app)
    app.jinja_env.globals.update(frame.template_globals(), asset=_asset(), bootstrap_css=_bootstrap_css)
    return _screens(app, headers.csp_nonce)


def _screens(app: Flask, nonce: object) -> Admin:
    from admin import connections, csv_updates, help, history, home, mappings, orders, people, products, settings, tasks, wizard

    screens = Admin(app, name="Shopbridge", theme=Bootstrap4Theme(), index_view=home.Home(), csp_nonce_generator=nonce)
    for view in (
        connections.Connections(),
        connections.Health(),
        wizard.Wizard(),
        products.Products(),
        mappings.Mappings(),
        csv_updates.CsvUpdates(),
        orders.Orders(),
        orders.Missed(),
        tasks.Tasks(),
        settings.Settings(),
        people.People(),
        help.Help(),
        history.History(),
    ):
        screens.add_view(view)
    return screens


def _asset() -> object:
    """A function from a file name to its address with a hash, so that browsers may keep it for a year."""
    marks = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:10] for path in (HERE / "static").iterdir() if path.is_file()}

    def asset(name: str) -> str:
        return url_for("sb.static", filename=name, v=marks[name])

    return asset


def _bootstrap_css() -> str:
    """Flask-Admin's own copy; we ship none."""
    return url_for("home.static", filename="bootstrap/bootstrap4/css/bootstrap.min.css", v="4.6.2")

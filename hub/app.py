"""Assembles the web application: settings, the one database, what answers to machines, headers.

The screens are added by `admin.attach` (`wsgi.py`): the hub does not know them.
"""

from __future__ import annotations

import gc
from typing import Any

from flask import Flask, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as RequestSession
from sqlalchemy import Engine
from werkzeug.middleware.proxy_fix import ProxyFix

from hub import api, log
from hub.config import Config
from hub.models import Base
from hub.web import headers, health, hooks, oauth
from hub.wiring import Hub, open_hub


class OneSession(RequestSession):
    """The request's session. It begins IMMEDIATE on SQLite unless the method only reads: a POST that reads first and
    writes then would fail at once otherwise."""

    def get_bind(self, *args: Any, **options: Any) -> Any:
        """The engine, told whether this request writes."""
        engine = super().get_bind(*args, **options)
        writes = has_request_context() and request.method not in ("GET", "HEAD", "OPTIONS")
        if writes and isinstance(engine, Engine) and engine.dialect.name == "sqlite":
            return engine.execution_options(writes=True)
        return engine


class OneDatabase(SQLAlchemy):
    """Flask-SQLAlchemy over the hub's own engine: left alone it would open SQLite in its own way."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        hub: Hub = app.extensions["hub"]
        return hub.db.engine


db = OneDatabase(model_class=Base, session_options={"class_": OneSession})


def create_app(config: Config, hub: Hub | None = None) -> Flask:
    """The application over this hub; opens one from the settings when none is given."""
    app = Flask("hub", static_folder=None)
    app.config.update(config.flask_settings())
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    app.extensions["hub"] = hub or open_hub(config, pool=config.web_threads)
    db.init_app(app)
    app.before_request(log.clear)
    app.register_blueprint(hooks.blueprint)
    app.register_blueprint(health.blueprint)
    oauth.attach(app)
    api.attach(app)
    headers.install(app, https=config.is_https, image_hosts="https: http:" if config.is_practice else "https:")
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def settle() -> None:
    """Called once the whole application stands: what it consists of stays for good, so the garbage collector need not look at it
    again and again while messages wait (G2)."""
    gc.collect()
    gc.freeze()

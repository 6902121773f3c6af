"""The published API, `/api/v1`: what a store's plugin does behind the store's admin (`contracts/plugins.md` 4), and what
other programs may ask. Its description in OpenAPI 3.1 is at `/api/v1/openapi.json`; `docs/api.md` explains it.

Whoever calls brings a token of one connection; nothing of another connection can be named with it (S-14). It runs the
same flows as the screens.
"""

from __future__ import annotations

from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Flask, Response, current_app, json, request
from flask_smorest import Api
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from hub.api import attributes, categories, connections, ledger, listings, orders, products, tasks
from hub.api.problems import MEDIA_TYPE, ProblemDocument, answer_http

PREFIX = "/api/v1"
SECTIONS = (connections, categories, attributes, tasks, listings, products, orders, ledger)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

edge = Blueprint("api", __name__, url_prefix=PREFIX)


class _Documented(Api):
    """flask-smorest's collector of the description. Errors are answered by our own sections, and only there: its own
    handler would answer for the screens, too."""

    ERROR_SCHEMA = ProblemDocument
    DEFAULT_RESPONSE_CONTENT_TYPE: str = "application/json"

    def _register_error_handlers(self) -> None:
        """None: see `hub.api.problems`."""

    def _register_responses(self) -> None:
        self.DEFAULT_RESPONSE_CONTENT_TYPE = MEDIA_TYPE      # the shared answers are all errors
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE


def attach(app: Flask) -> None:
    """Hangs the API on the app."""
    api = _Documented(app, spec_kwargs={
        "title": "Shopbridge", "version": "1", "openapi_version": "3.1.0",
        "marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_name_of),
        "servers": [{"url": "/"}], "security": [{"token": []}],
        "info": {"description": "A store and its TikTok Shop, joined. Ids are text, money is decimal text, times are RFC 3339 in UTC."},
    })
    api.spec.components.security_scheme("token", {
        "type": "http", "scheme": "bearer",
        "description": "A token of one connection: a plugin gets one with its hello, a person makes one on the connection's page."})
    for section in SECTIONS:
        api.register_blueprint(section.blueprint, url_prefix=PREFIX, name=f"api-{section.blueprint.name}")
    app.extensions["hub-api"] = api
    app.register_blueprint(edge)


def _name_of(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    name: str = kind.__name__
    return name


@edge.get("/openapi.json")
def description() -> Response:
    """The description of this API."""
    document = current_app.extensions["hub-api"].spec.to_dict()
    return Response(json.dumps(document), mimetype="application/json")


@edge.route("/", defaults={"rest": ""}, methods=METHODS)
@edge.route("/<path:rest>", methods=METHODS)
def nowhere(rest: str) -> Response:
    """What is not part of the API: 404, or 405 where only the method is wrong."""
    allowed = []
    adapter = current_app.url_map.bind("")
    for method in METHODS:
        try:
            endpoint, _ = adapter.match(request.path, method)
        except HTTPException:
            continue
        if endpoint != request.endpoint:
            allowed.append(method)
    return answer_http(MethodNotAllowed(valid_methods=allowed) if allowed else NotFound())

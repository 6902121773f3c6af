"""A strict practice Shopify shop as a Flask application, for an app that is installed in it.

It follows contracts/shopify.md by itself and shares no rule with the hub: the GraphQL Admin API (`graph`, executed by
graphql-core against `schema.graphql`, a true subset of Shopify's), its cost bucket (`cost`), the app's tokens and
install (`access`), products and stock (`catalogue`, `stock`), orders (`order_making`, `order_fields`), fulfilment
orders (`fulfilment`, `fulfilment_api`), refunds (`refunds`), bulk operations (`bulk`, `bulk_plan`) and webhooks
(`hooks`, `payloads`). What a merchant or a mishap does goes through /sandbox/… (see `control`).

    app = create_simulator(catalogue=demo_catalogue(), base_url="http://127.0.0.1:8003", access_token="shpat_…")
    app.sim.sender.start()                     # deliver webhooks from a thread; or POST /sandbox/events/deliver
    with serve(app, port=8003) as server: ...

Operations in the journal: the GraphQL operation's name (`graphql` where it has none), `oauth.token`, `oauth.authorize`,
`oauth.install`, `bulk.download`, `picture`. State is in memory under one lock: one process is one shop.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import requests
from flask import Flask, Response, request

from hub import clock
from hub.seed import SeedCatalogue
from hub.simulator import Journal, control_blueprint, recorded
from hub.stores.shopify.sandbox import (
    access,
    bulk,
    catalogue_fields,
    control,
    fulfilment_api,
    hooks,
    nodes,
    order_fields,
    order_making,
    refunds,
    stock,
)
from hub.stores.shopify.sandbox.access import SCOPES, Access
from hub.stores.shopify.sandbox.shop import SHOP_DOMAIN, ShopifySim

__all__ = ["PRACTICE", "SHOP_DOMAIN", "ShopifyApp", "ShopifySim", "create_simulator"]

# What these declare makes up the API: each is imported for its fields.
FIELD_MODULES = (bulk, catalogue_fields, fulfilment_api, hooks, nodes, order_fields, order_making, refunds, stock)
_OPERATION = re.compile(r"\b(?:query|mutation)\s+(\w+)")


class ShopifyApp(Flask):
    """The application; `sim` is the shop behind it."""

    sim: ShopifySim


def create_simulator(
    *,
    catalogue: SeedCatalogue,
    base_url: str = "http://127.0.0.1:8003",
    api_key: str | None = None,
    api_secret: str | None = None,
    access_token: str | None = None,
    scopes: Iterable[str] = SCOPES,
    redirect_uris: Iterable[str] | None = None,
    client_credentials: bool = True,
    shop_name: str = "Practice Shopify",
    locations: Iterable[str] = ("High Street", "Warehouse"),
    country: str = "GB",
    timezone: str = "Europe/London",
    prices_include_tax: bool = True,
    search_delay_s: float = 0,
    bucket: int = 2_000,
    restore_rate: int = 100,
    app_id: str = "5500001",
    allow_http: bool = True,
    http: requests.Session | None = None,
    journal: Journal | None = None,
) -> ShopifyApp:
    """A shop with this catalogue.

    Keys not given are drawn. `access_token` is a custom app's permanent token; None: there is none before the install,
    or a grant of client credentials (where `client_credentials` allows it). `redirect_uris` None takes any. `bucket` and
    `restore_rate` are those of the shop's plan. A quarter of each product's stock lies at the last of `locations`. An
    address of a webhook may be plain http where `allow_http` says so, which Shopify never does. `http` carries the
    shop's own calls (webhooks): mount an in-process adapter there in tests.
    """
    standing = Access(clock.now, api_key or secrets.token_hex(16), api_secret or f"shpss_{secrets.token_hex(16)}", tuple(scopes),
                      tuple(redirect_uris) if redirect_uris is not None else None, client_credentials=client_credentials)
    if access_token:
        standing.grant_static(access_token)
    app = ShopifyApp(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # an answer's fields stand in the order they were asked for
    sim = ShopifySim(
        catalogue, access=standing, base_url=base_url, http=http, journal=journal, shop_name=shop_name, locations=tuple(locations),
        country=country, timezone=timezone, prices_include_tax=prices_include_tax, search_delay_s=search_delay_s, bucket=bucket,
        restore_rate=restore_rate, app_id=app_id, allow_http=allow_http,
    )  # fmt: skip
    app.sim = sim
    app.register_blueprint(control_blueprint(sim))
    app.register_blueprint(control.blueprint(sim))
    app.register_blueprint(access.blueprint(sim))

    @app.post("/admin/api/<version>/graphql.json")
    def graphql(version: str) -> Response:
        return recorded(sim, _asked_for(), lambda: sim.answer(version))

    @app.get("/bulk/<int:number>/<token>.jsonl")
    def lines(number: int, token: str) -> Response:
        return recorded(sim, "bulk.download", lambda: sim.bulk.download(number, token, request.range))

    @app.get("/cdn/files/<int:number>/<name>")
    def picture(number: int, name: str) -> Response:
        return recorded(sim, "picture", lambda: _picture(sim, number))

    @app.get("/")
    def home() -> Response:
        return Response(f"<!doctype html><html><body>{sim.shop_name}</body></html>", content_type="text/html")

    return app


def _asked_for() -> str:
    """The name of the operation that a call runs."""
    body = request.get_json(silent=True) if request.is_json else None
    if not isinstance(body, dict):
        return "graphql"
    found = _OPERATION.search(str(body.get("query", "")))
    return str(body.get("operationName") or (found[1] if found else "graphql"))


def _picture(sim: ShopifySim, number: int) -> Response:
    with sim.lock:
        found = sim.catalogue.pictures.get(number)
    if found is None:
        return Response("Not Found", 404, content_type="text/plain")
    return Response(found.source.data(), content_type="image/png" if found.source.name.endswith(".png") else "image/jpeg")


class Practice:
    """The practice Shopify shop as `hub.sandbox` starts it."""

    slug = "shopify"
    title = "Shopify practice store"
    region = "GB"
    currency = "GBP"

    def create(self, catalogue: SeedCatalogue, *, base_url: str = "", http: requests.Session | None = None, **settings: Any) -> ShopifyApp:
        """The shop, with credentials of its own unless `settings` (those of `create_simulator`) bring some.

        Its search lags a second behind, as Shopify's does by some: who relies on it in the demo is found out.
        """
        settings.setdefault("access_token", f"shpat_{secrets.token_hex(16)}")
        settings.setdefault("search_delay_s", 1)
        return create_simulator(catalogue=catalogue, base_url=base_url or "http://127.0.0.1:8003", http=http, **settings)

    def settings(self, app: ShopifyApp, base_url: str) -> Mapping[str, str]:
        """What a merchant types into the wizard's store step."""
        standing = app.sim.access
        token = next((login.token for login in standing.logins.values() if login.ends is None), "")
        return {"shop": SHOP_DOMAIN, "api_key": standing.api_key, "api_secret": standing.api_secret, "access_token": token, "base_url": base_url}


PRACTICE = Practice()

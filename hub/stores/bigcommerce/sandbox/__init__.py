"""A strict practice BigCommerce store as a Flask application.

It follows contracts/bigcommerce.md by itself and shares no rule with the hub: the door (`gate`), the catalogue (`catalogue`),
stock (`inventory`), the store's own facts (`profile`), orders and shipments (`orders`, `order_calls`), refunds (`refunds`),
webhooks (`hooks`, `hook_calls`), the sign-in of apps (`signin`). What a merchant or a mishap does goes through /sandbox/… (see `control`).

    app = create_simulator(catalogue=demo_catalogue())
    app.sim.sender.start()                     # deliver webhooks from a thread; or POST /sandbox/events/deliver
    with serve(app, port=8004) as server: ...
    PRACTICE.settings(app, server.url)         # what a merchant types: hash, token, client id and secret, address

The API lives under ``<address>/stores/<hash>/v2|v3/…``, the sign-in service under ``<address>/oauth2/token``, pictures under
``<address>/images/…``. Operations in the journal have the names of the OpenAPI file (`getProducts`, `createOrder`,
`createOrderShipments`, `get_inventory_items`, …). State is in memory under one lock: one process is one store.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

import requests
from flask import Flask, Response, request

from hub import clock
from hub.seed import SeedCatalogue
from hub.simulator import Faults, Journal, control_blueprint, recorded
from hub.stores.bigcommerce.sandbox import catalogue as catalogue_calls
from hub.stores.bigcommerce.sandbox import control, hook_calls, inventory, order_calls, profile, refunds, seeding, signin
from hub.stores.bigcommerce.sandbox.gate import PLANS, SCOPES, Account, Gate, Quota
from hub.stores.bigcommerce.sandbox.hooks import HookSender
from hub.stores.bigcommerce.sandbox.orders import Order, Orders
from hub.stores.bigcommerce.sandbox.shop import Settings, Shop

__all__ = ["PRACTICE", "BigCommerceApp", "BigCommerceSim", "Practice", "create_simulator"]

STORE_HASH = "prac1234ab"
STORE_ID = "1002003"
_PICTURE = re.compile(r"images/(\d+)/(?:zoom|standard|thumbnail|tiny)/[^/]+")
_TABLES = (catalogue_calls.TABLE, inventory.TABLE, profile.TABLE, profile.CHANNELS, profile.PRICES, order_calls.TABLE, refunds.TABLE,
           hook_calls.TABLE)
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_TAXED = ("GBP", "EUR")
_MANY = 20


class BigCommerceSim:
    """The store behind the application: `shop`, `orders`, `accounts` by token, `sender`, `quota`, `journal`, `faults`."""

    def __init__(self, shop: Shop, account: Account, plan: str, base_url: str, http: requests.Session | None, journal: Journal | None) -> None:
        self.name = "bigcommerce"
        self.shop = shop
        self.plan = plan
        self.base_url = base_url
        self.store_id = STORE_ID
        self.born: datetime = clock.now()
        self.journal = journal or Journal()
        self.faults = Faults()
        self.quota = Quota(PLANS[plan])
        self.account = account
        self.accounts = {account.token: account}
        self.orders = Orders(shop)
        self.sender = HookSender(store_hash=shop.store_hash, store_id=STORE_ID, settings=shop.settings, secret_of=self._secret_of,
                                 scopes_of=self._scopes_of, session=http)
        self.gate = Gate(self, [one for table in _TABLES for one in table.operations])
        shop.fire = self.sender.fire

    def _secret_of(self, client_id: str) -> str:
        return next((one.client_secret for one in self.accounts.values() if one.client_id == client_id), "")

    def _scopes_of(self, client_id: str) -> frozenset[str]:
        return next((one.scopes for one in self.accounts.values() if one.client_id == client_id), frozenset())

    def is_listed(self, order: Order) -> bool:
        """Whether lists show the order by now (`search_delay_s`)."""
        return order.by_hand or self.shop.is_listed(order.made)


class BigCommerceApp(Flask):
    """The application; `sim` is the store behind it."""

    sim: BigCommerceSim


def create_simulator(
    *,
    catalogue: SeedCatalogue,
    base_url: str = "http://127.0.0.1:8004",
    store_hash: str = STORE_HASH,
    access_token: str = "",
    client_id: str = "",
    client_secret: str = "",
    scopes: Iterable[str] = SCOPES,
    shop_name: str = "Practice BigCommerce",
    plan: str = "Pro",
    timezone: str = "Europe/London",
    by_product: Collection[str] | None = None,
    http: requests.Session | None = None,
    journal: Journal | None = None,
    seed: int = 1,
    **settings: Any,
) -> BigCommerceApp:
    """A store with this catalogue and one API account, whose keys are drawn where they are not given.

    `by_product` names products (key or SKU) whose stock is tracked by product; None: each twentieth of a catalogue of twenty or
    more. `settings` are those of `shop.Settings`. `http` carries the webhooks: mount an in-process adapter there in tests.
    Raises TypeError for an unknown setting.
    """
    unknown = set(settings) - {one.name for one in fields(Settings)}
    if unknown:
        raise TypeError(f"unknown settings: {', '.join(sorted(unknown))}")
    drawn = Account.draw("Shopbridge", frozenset(scopes))
    account = Account(drawn.name, client_id or drawn.client_id, client_secret or drawn.client_secret, access_token or drawn.token, drawn.scopes)
    is_taxed = catalogue.currency in _TAXED
    shop = Shop(name=shop_name, store_hash=store_hash, currency=catalogue.currency, timezone=timezone, with_tax=is_taxed,
                metric=catalogue.currency != "USD", settings=Settings(**settings), seed=seed)
    app = BigCommerceApp(__name__)
    sim = BigCommerceSim(shop, account, plan, base_url.rstrip("/"), http, journal)
    app.sim = sim
    if by_product is None:
        by_product = [one.key for one in catalogue.products[_MANY - 1::_MANY]]
    seeding.fill(shop, catalogue, by_product)
    app.register_blueprint(control_blueprint(sim))
    app.register_blueprint(control.blueprint(sim))
    app.register_blueprint(signin.blueprint(sim))

    @app.route("/stores/<store>/<path:rest>", methods=_METHODS)
    def api(store: str, rest: str) -> Response:
        path = f"/{rest}"

        def answer() -> Response:
            with sim.shop.lock:
                return sim.gate.answer(store, path)

        return recorded(sim, sim.gate.name(request.method, path), answer)

    @app.get("/<path:path>")
    def page(path: str) -> Response:
        found = _PICTURE.fullmatch(path)
        return recorded(sim, "picture" if found else "page", lambda: _picture(sim, int(found[1])) if found else _nothing())

    return app


def _picture(sim: BigCommerceSim, number: int) -> Response:
    with sim.shop.lock:
        picture = sim.shop.pictures.get(number)
    if picture is None:
        return _nothing()
    data = picture.source.data()
    kind = "image/png" if data.startswith(b"\x89PNG") else "image/webp" if data[8:12] == b"WEBP" else "image/jpeg"
    return Response(data, content_type=kind)


def _nothing() -> Response:
    return Response("<!doctype html><html><body>404</body></html>", 404, content_type="text/html")


class Practice:
    """The practice store as the hub's practice mode starts it."""

    slug = "bigcommerce"
    title = "BigCommerce practice store"
    region = "GB"
    currency = "GBP"

    def create(self, catalogue: SeedCatalogue, *, base_url: str = "", http: requests.Session | None = None, **settings: Any) -> BigCommerceApp:
        """A store with this catalogue; credentials are drawn unless given. See `create_simulator`."""
        return create_simulator(catalogue=catalogue, base_url=base_url, http=http, **settings)

    def settings(self, app: BigCommerceApp, base_url: str) -> dict[str, str]:
        """What a merchant types into the wizard's store step, and the practice address."""
        one = app.sim.account
        return {"store_hash": app.sim.shop.store_hash, "access_token": one.token, "app_key": one.client_id, "app_secret": one.client_secret,
                "api_url": base_url.rstrip("/")}


PRACTICE = Practice()

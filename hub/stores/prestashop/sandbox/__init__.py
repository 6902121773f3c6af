"""A strict practice PrestaShop 8 (or 9) shop as a Flask application, with the shopbridge module in it.

It follows contracts/prestashop.md and the plugin contract by itself and shares no rule with the hub: the webservice
(`webservice`), the module's signed endpoint (`module`, `module_orders`), orders as the core makes them (`orders`),
prices and stock (`shop`). What a merchant or a mishap does goes through /sandbox/… (see `control`).

    app = create_simulator(catalogue=demo_catalogue(), webservice_key="PRACTICE…32 characters")
    app.sim.sender.start()                     # deliver events from a thread; or POST /sandbox/events/deliver
    with serve(app, port=8002) as server: ...

Operations in the journal: `GET products`, `POST orders`, … for the webservice; `do:orders.create`, … for the module;
`picture` for a public picture. State is in memory under one lock: one process is one shop.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import requests
from flask import Flask, Response, request

from hub.seed import SeedCatalogue
from hub.simulator import Faults, Journal, control_blueprint, recorded
from hub.simulator_plugin import EventSender
from hub.stores.prestashop.sandbox import control, seeding
from hub.stores.prestashop.sandbox.module import PLUGIN_VERSION, Module
from hub.stores.prestashop.sandbox.shop import Shop
from hub.stores.prestashop.sandbox.webservice import Keys, Webservice, picture_type

__all__ = ["DEMO_KEY", "PRACTICE", "PrestaShopApp", "PrestaShopSim", "create_simulator"]

DEMO_KEY = "PRACTICEPRACTICEPRACTICEPRACTICE"
_PICTURE = re.compile(r"(\d+)-[a-z0-9_]+/[^/]+\.(?:jpg|png|webp)|img/p/(?:\d/)+(\d+)(?:-[a-z_]+)?\.(?:jpg|png|webp)")
_TAXED = ("GBP", "EUR")


class PrestaShopSim:
    """The shop behind the application: `shop`, `webservice`, `module`, `sender`, `journal`, `faults`."""

    def __init__(self, shop: Shop, keys: Keys, base_url: str, http: requests.Session | None,
                 journal: Journal | None) -> None:
        self.name = "prestashop"
        self.shop = shop
        self.base_url = base_url if base_url.endswith("/") else base_url + "/"
        self.journal = journal or Journal()
        self.faults = Faults()
        self.webservice = Webservice(shop, keys)
        self.sender = EventSender("prestashop", hello=self._hello, version=PLUGIN_VERSION, session=http)
        self.module = Module(shop, self.sender, lambda: self.base_url)
        shop.told = self._told

    def _hello(self) -> dict[str, object]:
        return self.module.hello()

    def _told(self, kind: str, subject: dict[str, str], via: str, hint: dict[str, object]) -> None:
        """A hook of the module writes a row; without module or pairing there is none."""
        if self.module.installed and self.sender.pairing is not None:
            self.sender.add(kind, subject, via=via, hint=hint)


class PrestaShopApp(Flask):
    """The application; `sim` is the shop behind it."""

    sim: PrestaShopSim


def create_simulator(
    *,
    catalogue: SeedCatalogue,
    webservice_key: str = DEMO_KEY,
    permissions: dict[str, Iterable[str]] | None = None,
    base_url: str = "http://127.0.0.1:8002/",
    shop_name: str = "Practice PrestaShop",
    version: str = "8.2.0",
    timezone: str = "Europe/London",
    languages: tuple[str, ...] = ("en",),
    tax_rate: Decimal | None = None,
    http: requests.Session | None = None,
    journal: Journal | None = None,
    seed: int = 1,
) -> PrestaShopApp:
    """A shop with this catalogue.

    `permissions` are the webservice key's (`{"products": ["GET"]}`, None: all). `version` "9.1.4" writes numbers in
    JSON as 9 does. `tax_rate` in percent; None: 20 where the catalogue's currency is pound or euro, else none; seed
    prices include it. `http` carries the module's own calls (events): mount an in-process adapter there in tests.
    """
    rate = tax_rate if tax_rate is not None else Decimal(20 if catalogue.currency in _TAXED else 0)
    shop = Shop(name=shop_name, version=version, timezone=timezone, currency=catalogue.currency, languages=languages,
                tax_rate=rate, seed=seed)
    app = PrestaShopApp(__name__)
    sim = PrestaShopSim(shop, Keys(webservice_key, permissions), base_url, http, journal)
    app.sim = sim
    seeding.fill(shop, catalogue, sim.base_url)
    app.register_blueprint(control_blueprint(sim))
    app.register_blueprint(control.blueprint(sim))
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

    @app.route("/api/", defaults={"path": ""}, methods=methods, strict_slashes=False)
    @app.route("/api/<path:path>", methods=methods, strict_slashes=False)
    def webservice(path: str) -> Response:
        operation = f"{request.method} {path.split('/')[0] or 'root'}"
        return recorded(sim, operation, lambda: sim.webservice.answer(path))

    @app.route("/webservice/dispatcher.php", methods=methods)
    def dispatcher() -> Response:
        path = request.args.get("url", "")
        operation = f"{request.method} {path.split('/')[0] or 'root'}"
        return recorded(sim, operation, lambda: sim.webservice.answer(path))

    @app.post("/index.php")
    def module() -> Response:
        args = request.args
        if (args.get("fc"), args.get("module"), args.get("controller")) != ("module", "shopbridge", "api"):
            return Response("<!doctype html><html><body>404</body></html>", 404, content_type="text/html")
        return recorded(sim, f"do:{_asked_for()}", sim.module.answer)

    @app.get("/<path:path>")
    def page(path: str) -> Response:
        found = _PICTURE.fullmatch(path)
        if found:
            return recorded(sim, "picture", lambda: _picture(sim, int(found[1] or found[2])))
        return Response("<!doctype html><html><body>404</body></html>", 404, content_type="text/html")

    @app.get("/")
    def home() -> Response:
        return Response(f"<!doctype html><html><body>{shop_name}</body></html>", content_type="text/html")

    return app


def _asked_for() -> str:
    """What a module call asks for, as its body says; the signature is judged later."""
    try:
        asked = json.loads(request.get_data())
    except ValueError:
        return "unreadable"
    return str(asked.get("do")) if isinstance(asked, dict) else "unreadable"


def _picture(sim: PrestaShopSim, number: int) -> Response:
    with sim.shop.lock:
        picture = sim.shop.pictures.get(number)
    if picture is None:
        return Response("<!doctype html><html><body>404</body></html>", 404, content_type="text/html")
    data = picture.source.data()
    return Response(data, content_type=picture_type(data))


class Practice:
    """The shop as the hub's practice mode starts it."""

    slug = "prestashop"
    title = "PrestaShop practice store"
    region = "GB"
    currency = "GBP"

    def create(self, catalogue: SeedCatalogue, *, base_url: str = "", http: requests.Session | None = None, **settings: Any) -> PrestaShopApp:
        """A shop with this catalogue; its webservice key is drawn unless given. See `create_simulator`."""
        drawn = {"webservice_key": secrets.token_hex(16).upper(), **({"base_url": base_url} if base_url else {})}
        return create_simulator(catalogue=catalogue, http=http, **{**drawn, **settings})

    def settings(self, app: PrestaShopApp, base_url: str) -> dict[str, str]:
        """Address and webservice key."""
        return {"base_url": base_url, "webservice_key": app.sim.webservice.keys.key}


PRACTICE = Practice()

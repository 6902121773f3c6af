"""A strict practice Magento 2.4 shop as a Flask application, with the plugin in it.

It follows contracts/magento.md and the plugin contract by itself and shares no rule with the hub: it verifies OAuth
signatures, adds orders up from their parts, reserves stock, keeps its keys, and sends signed events. What a merchant
or a mishap does goes through /sandbox/… (see `control`); the plugin's bodies are described in `plugin`.

    app = create_simulator(catalogue=demo_catalogue(), base_url="http://127.0.0.1:8001",
                           access_token="…", access_token_secret="…", consumer_key="…", consumer_secret="…")
    app.sim.sender.start()                     # deliver events from a thread; or POST /sandbox/events/deliver
    with serve(app, port=8001) as server: ...

State is in memory under one lock: one process is one shop.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import requests
from flask import Flask

from hub.seed import SeedCatalogue
from hub.simulator import Journal, control_blueprint
from hub.stores.magento.sandbox import control, rest
from hub.stores.magento.sandbox.oauth import Integration
from hub.stores.magento.sandbox.state import MagentoSim

__all__ = ["PRACTICE", "MagentoApp", "MagentoSim", "create_simulator"]


class MagentoApp(Flask):
    """The application; `sim` is the shop behind it."""

    sim: MagentoSim


def create_simulator(
    *,
    catalogue: SeedCatalogue,
    base_url: str | None = None,
    consumer_key: str | None = None,
    consumer_secret: str | None = None,
    access_token: str | None = None,
    access_token_secret: str | None = None,
    bearer: bool = False,
    resources: Iterable[str] | None = None,
    store_name: str = "Default Store View",
    locale: str = "en_GB",
    timezone: str = "Europe/London",
    prices_include_tax: bool = False,
    allowed_countries: Iterable[str] | None = None,
    version: str = "2.4.7",
    http: requests.Session | None = None,
    journal: Journal | None = None,
) -> MagentoApp:
    """A shop with this catalogue.

    Without `access_token` the integration is inactive until the handshake; keys not given are drawn. `bearer` is
    the shop's flag for bearer tokens (off since 2.4.4), `resources` the integration's permissions (None: all),
    `version` "2.4.7" or "2.4.8" for the reading of signatures. `http` carries the shop's own calls (events,
    callback): mount an in-process adapter there in tests.
    """
    app = MagentoApp(__name__)
    sim = MagentoSim(
        catalogue,
        lambda now: Integration(
            now, consumer_key=consumer_key, consumer_secret=consumer_secret, access_token=access_token,
            access_token_secret=access_token_secret, bearer=bearer, resources=resources, version=version,
        ),
        base_url=base_url, store_name=store_name, locale=locale, timezone=timezone,
        prices_include_tax=prices_include_tax, allowed_countries=allowed_countries, http=http, journal=journal,
        version=version,
    )  # fmt: skip
    app.sim = sim
    app.register_blueprint(control_blueprint(sim))
    app.register_blueprint(control.blueprint(sim))
    app.register_blueprint(rest.blueprint(sim))
    return app


class Practice:
    """The shop as the hub's practice mode starts it: integrated already, in the middle of the United States."""

    slug = "magento"
    title = "Magento practice store"
    region = "US"
    currency = "USD"

    def create(self, catalogue: SeedCatalogue, *, base_url: str = "", http: requests.Session | None = None, **settings: Any) -> MagentoApp:
        """A shop with this catalogue; the keys of its integration are drawn unless given. See `create_simulator`."""
        drawn = {name: secrets.token_hex(16) for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")}
        return create_simulator(catalogue=catalogue, base_url=base_url or None, http=http,
                                **{**drawn, "locale": "en_US", "timezone": "America/Chicago", **settings})

    def settings(self, app: MagentoApp, base_url: str) -> dict[str, str]:
        """Address and the four keys."""
        keys = app.sim.integration
        return {"base_url": base_url, "consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret,
                "access_token": keys.access_token or "", "access_token_secret": keys.access_token_secret or ""}


PRACTICE = Practice()

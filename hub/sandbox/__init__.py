"""Practice mode: TikTok Shop and two stores as real HTTP servers on loopback, and the catalogues they start with.

    with Practice.start(ports=(8001, 8002, 8003), hub_url="http://127.0.0.1:8000") as practice: ...

Each simulator is strict, keeps a journal of its own and is driven through ``/sandbox/…`` (see their ``control``).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hub.sandbox.catalogue import demo_catalogue
from hub.sandbox.luma import load as load_luma
from hub.seed import SeedCatalogue
from hub.simulator import Server, serve
from hub.stores.magento import sandbox as magento
from hub.stores.prestashop import sandbox as prestashop
from hub.tiktok import sandbox as tiktok

APP_KEY = "6practiceapp1"
SERVICE_ID = "7400000000000000001"
REGIONS = ("US", "GB")


@dataclass(frozen=True, slots=True)
class Keys:
    """What the practice platforms let one in with; drawn anew for each run, so that nothing real looks like them."""

    app_secret: str
    consumer_key: str
    consumer_secret: str
    access_token: str
    access_secret: str
    webservice_key: str

    @classmethod
    def draw(cls) -> Keys:
        """New ones."""
        word = secrets.token_hex
        return cls(word(20), word(16), word(16), word(16), word(16), secrets.token_hex(16).upper())


@dataclass(slots=True)
class Practice:
    """The running simulators; ``tiktok``, ``magento`` and ``prestashop`` are the applications, ``servers`` theirs in that order."""

    keys: Keys
    tiktok: Any
    magento: Any
    prestashop: Any
    servers: tuple[Server, Server, Server]

    @classmethod
    def start(cls, *, hub_url: str, ports: tuple[int, int, int] = (0, 0, 0), host: str = "127.0.0.1", catalogue: SeedCatalogue | None = None,
              second_catalogue: SeedCatalogue | None = None, keys: Keys | None = None, senders: bool = True,
              tiktok_settings: Mapping[str, Any] | None = None, regions: tuple[str, ...] = REGIONS,
              currencies: tuple[str, str] = ("USD", "GBP")) -> Practice:
        """Starts all three. ``senders`` False: messages leave only when the control API says so (tests).

        The Magento store sells in dollars to the US shop, the PrestaShop store in pounds to the UK shop; ``catalogue`` and
        ``second_catalogue`` are theirs, our own where none is given. Other ``regions`` and ``currencies`` make other markets.
        """
        keys = keys or Keys.draw()
        own = demo_catalogue()
        tts = tiktok.create_simulator(
            app_key=APP_KEY, app_secret=keys.app_secret, service_id=SERVICE_ID, regions=regions, run_thread=senders,
            webhook_url=f"{hub_url.rstrip('/')}/hooks/tiktok/{APP_KEY}",
            redirect_url=f"{hub_url.rstrip('/')}/connect/tiktok/callback", **dict(tiktok_settings or {}))
        tts_server = serve(tts, host, ports[0])
        tts.sim.settings["public_url"] = tts_server.url
        first = magento.create_simulator(
            catalogue=replace(catalogue or own, currency=currencies[0]), consumer_key=keys.consumer_key, consumer_secret=keys.consumer_secret,
            access_token=keys.access_token, access_token_secret=keys.access_secret, locale="en_US", timezone="America/Chicago")
        first_server = serve(first, host, ports[1])
        second = prestashop.create_simulator(catalogue=replace(second_catalogue or own, currency=currencies[1]), webservice_key=keys.webservice_key)
        second_server = serve(second, host, ports[2])
        for app, server in ((first, first_server), (second, second_server)):
            app.sim.base_url = f"{server.url}/"
            if senders:
                app.sim.sender.start()
        return cls(keys, tts, first, second, (tts_server, first_server, second_server))

    @property
    def urls(self) -> tuple[str, str, str]:
        """Addresses of TikTok Shop, the Magento and the PrestaShop store."""
        first, second, third = (server.url for server in self.servers)
        return first, second, third

    def close(self) -> None:
        """Stops the senders and the servers."""
        for app in (self.magento, self.prestashop):
            app.sim.sender.stop()
        self.tiktok.sender.stop()
        for server in self.servers:
            server.close()

    def __enter__(self) -> Practice:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def catalogue_from(path: str) -> SeedCatalogue | None:
    """The catalogue that ``CATALOGUE=`` names (a folder in the Luma form), or None for our own."""
    return load_luma(Path(path)) if path else None

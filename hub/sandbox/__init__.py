"""Practice mode: TikTok Shop and the stores as real HTTP servers on loopback, and the catalogues they start with.

    with Practice.start(port=8001, hub_url="http://127.0.0.1:8000") as practice: ...

Each registered store system brings its own practice store (`hub.stores.base.PracticeStore`). Each simulator is strict, keeps a
journal of its own and is driven through ``/sandbox/…`` (see their ``control``).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hub.sandbox.catalogue import demo_catalogue
from hub.sandbox.luma import load as load_luma
from hub.seed import SeedCatalogue
from hub.simulator import Server, serve
from hub.stores import PLATFORMS
from hub.tiktok import sandbox as tiktok

APP_KEY = "6practiceapp1"
SERVICE_ID = "7400000000000000001"
REGIONS = ("US", "GB")


def slugs() -> tuple[str, ...]:
    """The store systems that can be practised with, in the order of their registration: so they get their ports."""
    return tuple(slug for slug, platform in PLATFORMS.items() if platform.practice)


def regions_for(stores: Sequence[str]) -> tuple[str, ...]:
    """The markets that TikTok Shop needs a shop in, one for each store: two stores of one market get two shops there."""
    wanted = Counter(PLATFORMS[slug].practice_store().region for slug in stores)
    return (*REGIONS, *(wanted - Counter(REGIONS)).elements())


@dataclass(slots=True)
class Practice:
    """The running simulators. ``tiktok`` and ``apps`` (by slug) are the applications, ``catalogue`` what a store starts with."""

    app_secret: str
    tiktok: Any
    tiktok_server: Server
    host: str
    port: int
    senders: bool
    catalogue: SeedCatalogue
    catalogues: Mapping[str, SeedCatalogue]
    currencies: Mapping[str, str]
    apps: dict[str, Any] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)

    @classmethod
    def start(cls, *, hub_url: str, port: int = 0, host: str = "127.0.0.1", stores: Sequence[str] | None = None,
              catalogue: SeedCatalogue | None = None, catalogues: Mapping[str, SeedCatalogue] | None = None, app_secret: str = "",
              senders: bool = True, tiktok_settings: Mapping[str, Any] | None = None, regions: Sequence[str] | None = None,
              currencies: Mapping[str, str] | None = None) -> Practice:
        """Starts TikTok Shop at ``port`` and the stores on those after it, each always on its own (0: any that is free).

        ``stores`` are started at once (all, where None), any other when it is first asked for. ``catalogues`` by slug come before
        ``catalogue``, which is our own where none is given. ``senders`` False: messages leave only when the control API says so
        (tests). ``regions`` and ``currencies`` make other markets than the practice stores' own.
        """
        stores = slugs() if stores is None else stores
        secret = app_secret or secrets.token_hex(20)
        tts = tiktok.create_simulator(
            app_key=APP_KEY, app_secret=secret, service_id=SERVICE_ID, regions=regions or regions_for(stores), run_thread=senders,
            webhook_url=f"{hub_url.rstrip('/')}/hooks/tiktok/{APP_KEY}",
            redirect_url=f"{hub_url.rstrip('/')}/connect/tiktok/callback", **dict(tiktok_settings or {}))
        server = serve(tts, host, port)
        tts.sim.settings["public_url"] = server.url
        made = cls(secret, tts, server, host, port, senders, catalogue or demo_catalogue(), catalogues or {}, currencies or {})
        for slug in stores:
            made.url(slug)
        return made

    @property
    def tiktok_url(self) -> str:
        """TikTok Shop's address."""
        return self.tiktok_server.url

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses of all that run, TikTok Shop's first."""
        return (self.tiktok_url, *(server.url for server in self.servers.values()))

    def url(self, slug: str) -> str:
        """The address of a store, which is started where it does not run yet. Raises ``KeyError`` for an unknown one."""
        if slug not in self.servers:
            self._start(slug)
        return self.servers[slug].url

    def store(self, slug: str) -> Any:
        """The application of a store, which is started where it does not run yet."""
        self.url(slug)
        return self.apps[slug]

    def settings(self, slug: str) -> dict[str, str]:
        """What a merchant would type into the wizard's store step."""
        return PLATFORMS[slug].practice_store().settings(self.store(slug), self.url(slug))

    def _start(self, slug: str) -> None:
        practice = PLATFORMS[slug].practice_store()
        catalogue = replace(self.catalogues.get(slug, self.catalogue), currency=self.currencies.get(slug, practice.currency))
        app = practice.create(catalogue)
        server = serve(app, self.host, self.port + 1 + slugs().index(slug) if self.port else 0)
        app.sim.base_url = f"{server.url}/" if app.sim.base_url.endswith("/") or not app.sim.base_url else server.url
        self.apps[slug], self.servers[slug] = app, server
        if self.senders:
            app.sim.sender.start()

    def close(self) -> None:
        """Stops the senders and the servers."""
        for app in self.apps.values():
            app.sim.sender.stop()
        self.tiktok.sender.stop()
        for server in (self.tiktok_server, *self.servers.values()):
            server.close()

    def __enter__(self) -> Practice:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def catalogue_from(path: str) -> SeedCatalogue | None:
    """The catalogue that ``CATALOGUE=`` names (a folder in the Luma form), or None for our own."""
    return load_luma(Path(path)) if path else None


def beginning(catalogue: SeedCatalogue, products: int) -> SeedCatalogue:
    """The catalogue with at most so many products, picked evenly, so that every kind of them is there."""
    step = max(1, -(-len(catalogue.products) // products))
    return replace(catalogue, products=catalogue.products[::step])

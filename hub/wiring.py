"""Turns rows into open adapters: a connection into its store, a shop into TikTok Shop. Decides nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import redis
import requests
from requests.adapters import BaseAdapter
from sqlalchemy import exists, select

from hub import clock, crashpoints, limits, log, models, queue
from hub.config import Config
from hub.crashpoints import crash_point
from hub.errors import HubError, NeedsReconnect, Temporary
from hub.http import patience
from hub.limits import Rate, RateBudget
from hub.models import Database
from hub.models.connections import Connection, ConnectionState, Mode, StoreLogin
from hub.models.orders import OrderLink
from hub.models.sealed import use_keys
from hub.models.shops import Shop
from hub.models.tiktok import App, Grant, GrantState
from hub.stores import PLATFORMS
from hub.stores.base import Platform, Store
from hub.tiktok import TikTokShop, auth
from hub.tiktok.keys import AppKeys

# How long one refresh may take before another worker may try, and how long others wait for it.
REFRESH_LEASE_S = 45
REFRESH_WAIT_S = 40
# A token this close to its end is renewed before it is used.
NEARLY_OVER = timedelta(minutes=2)


class Hub:
    """What every flow gets first: settings, database, queue and the way to the platforms.

    ``transports`` replaces the network by host and port (tests and the in-process sandbox).
    """

    def __init__(
        self, config: Config, db: Database, client: redis.Redis | None = None,
        transports: Mapping[str, BaseAdapter] | None = None,
    ) -> None:
        self.config = config
        self.db = db
        self.redis = client
        self._transport = ByHost(transports) if transports else None

    def platform(self, connection: Connection) -> Platform:
        """The store system of this connection. Raises ``LookupError`` for one that is no longer registered."""
        return PLATFORMS[connection.platform]

    def store_for(self, connection: Connection) -> Store:
        """The connection's store, opened. The rate budget is shared by all workers."""
        options = self._options(connection.mode is Mode.PRACTICE, f"store:{connection.id}", self.config.store_calls_per_s)
        return self.platform(connection).open(
            {**connection.settings, **json.loads(connection.secrets or "{}")},
            # Until the plugin was given the new URL it knows the old secret only: both are good for calls to it.
            tuple(one for one in (connection.hook_secret, connection.old_hook_secret) if one),
            {**options, "login": ConnectionLogin(self, connection.id), "known_order": self._known_order(connection.id)},
        )

    def is_complete(self, connection: Connection) -> bool:
        """Whether the store does all that an adapter can ask: it needs no plugin of ours, or has it."""
        return connection.has_plugin or self.platform(connection).plugin is None

    def _known_order(self, connection_id: int) -> Callable[[str], str]:
        def find(key: str) -> str:
            with self.db.read() as session:
                return session.scalars(select(OrderLink.store_order_id).where(
                    OrderLink.connection_id == connection_id, OrderLink.tiktok_order_id == key)).first() or ""
        return find

    def handshake_options(self, connection: Connection) -> dict[str, Any]:
        """`Api` options for a sign-in with the connection's store: the same guard, no budget."""
        return self._options(connection.mode is Mode.PRACTICE, "", 0)

    def shop_for(self, shop_id: int) -> TikTokShop:
        """This shop on TikTok Shop. Raises ``LookupError`` where there is no such shop."""
        with self.db.read() as session:
            found = session.execute(
                select(Shop, Grant, App).join(Grant, Grant.id == Shop.grant_id).join(App, App.id == Grant.app_id)
                .where(Shop.id == shop_id)
            ).one_or_none()
            if found is None:
                raise LookupError(f"no shop {shop_id}")
            shop, grant, app = found
            has_us_shop = session.scalar(select(exists().where(Shop.grant_id == grant.id, Shop.region == "US")))
        options = self.app_options(app, budget=f"tiktok:{shop.id}")
        return TikTokShop(app_keys(app), GrantTokens(self, grant.id), shop.cipher, shop.region, options,
                          seller_type=shop.seller_type or "LOCAL", has_us_shop=bool(has_us_shop))

    def app_options(self, app: App, *, budget: str = "") -> dict[str, Any]:
        """`Api` options for calls with this app; without a budget for the rare calls that belong to no shop."""
        return self._options(app.is_practice, budget, self.config.tiktok_calls_per_s)

    def _options(self, is_practice: bool, budget: str, per_s: int) -> dict[str, Any]:
        return {
            "guard": self.config.guard(practice=is_practice),
            "transport": self._transport,
            "budget": RateBudget(budget, Rate(per_s, burst=max(1, per_s // 2)), self.redis,
                                 workers=self.config.workers) if budget else None,
        }

    def forget_connections(self) -> None:
        """In a forked child: leave the parent's database connections to the parent."""
        self.db.forget_connections()
        if self.redis is not None:
            self.redis.connection_pool.reset()

    def close(self) -> None:
        """Closes what this process opened."""
        self.db.engine.dispose()
        if self.redis is not None:
            self.redis.close()


def open_hub(config: Config, *, transports: Mapping[str, BaseAdapter] | None = None, pool: int = 5) -> Hub:
    """Opens the hub of this process: keys, clock, crash points, database, Redis. ``pool``: database connections."""
    clock.use_file(config.clock_file or None)
    crashpoints.arm(config.crash_at)
    log.hide(*config.known_secrets())
    use_keys(config.key_ring())
    models.load_all()
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    options: dict[str, Any] = {} if config.database_url.startswith("sqlite") else {"pool_size": pool, "max_overflow": 5}
    client = limits.connect(config.redis_url) if config.redis_url else None
    queue.use(client)
    return Hub(config, Database(config.database_url, **options), client, transports)


def app_keys(app: App) -> AppKeys:
    """The app's keys and hosts, as the client wants them."""
    return AppKeys(app_key=app.app_key, app_secret=app.app_secret, service_id=app.service_id, api_host=app.api_host,
                   token_host=app.token_host, consent_host=app.consent_host)


class GrantTokens:
    """A grant's tokens. The refresh is single flight over all workers: claimed by compare-and-set on
    ``refreshing_until``; who comes second waits and takes the first one's result (R-18)."""

    def __init__(self, hub: Hub, grant_id: int) -> None:
        self._hub = hub
        self._grant_id = grant_id

    def current(self) -> str:
        """The token to send now. Raises ``NeedsReconnect`` where the grant is lost."""
        grant = self._load()
        token = grant.access_token
        if grant.access_expires_at is not None and grant.access_expires_at - NEARLY_OVER <= clock.now():
            return self.renew(token)
        return token

    def renew(self, stale_token: str) -> str:
        """A newer token than this one. Raises ``NeedsReconnect`` or ``Temporary``."""
        pause = threading.Event()
        for _ in range(round(REFRESH_WAIT_S * 5)):
            grant = self._load()
            if grant.access_token != stale_token:
                return grant.access_token
            if self._claim(stale_token):
                return self._refresh()
            pause.wait(0.2)
        raise Temporary("TikTok Shop's sign-in is being renewed", retry_after=10)

    def _load(self) -> Grant:
        with self._hub.db.read() as session:
            grant = session.get(Grant, self._grant_id)
        if grant is None or grant.state is GrantState.LOST:
            raise NeedsReconnect("TikTok Shop no longer accepts our sign-in.", hint="Reconnect TikTok Shop.")
        return grant

    def _claim(self, stale_token: str) -> bool:
        with self._hub.db.write() as session:
            grant = session.get(Grant, self._grant_id, with_for_update=True)
            now = clock.now()        # not before the row is ours: who waited for it would take a fresh claim for a clock that jumped
            if grant is None or grant.state is GrantState.LOST or grant.access_token != stale_token:
                return False
            until = grant.refreshing_until
            # A claim that lies further ahead than any can is left from before the clock was set back.
            if until is not None and now < until <= now + timedelta(seconds=2 * REFRESH_LEASE_S):
                return False
            grant.refreshing_until = now + timedelta(seconds=REFRESH_LEASE_S)
        return True

    def _refresh(self) -> str:
        with self._hub.db.read() as session:
            grant = session.get_one(Grant, self._grant_id)
            app = session.get_one(App, grant.app_id)
        try:
            # A refresh token counts once: nobody's hurry may cost its answer.
            with patience(None):
                fresh = auth.refresh(app_keys(app), grant.refresh_token, self._hub.app_options(app))
        except NeedsReconnect:
            self._note(state=GrantState.LOST, lost_at=clock.now(), refreshing_until=None)
            raise
        except HubError:
            self._note(refreshing_until=None)
            raise
        crash_point("tiktok.refresh.before_commit")
        self._note(access_token=fresh.access_token, access_expires_at=fresh.access_expires_at,
                   refresh_token=fresh.refresh_token, refresh_expires_at=fresh.refresh_expires_at,
                   refreshes=grant.refreshes + 1, refreshing_until=None)
        return fresh.access_token

    def _note(self, **values: Any) -> None:
        with self._hub.db.write() as session:
            grant = session.get_one(Grant, self._grant_id, with_for_update=True)
            for name, value in values.items():
                setattr(grant, name, value)


class ConnectionLogin:
    """A connection's sealed store settings, and their renewal: single flight over all workers, claimed by compare-and-set on
    ``renewing_until`` while the setting still is the stale one (R-18)."""

    def __init__(self, hub: Hub, connection_id: int) -> None:
        self._hub = hub
        self._connection_id = connection_id

    def current(self) -> Mapping[str, str]:
        """The sealed settings as they are now. Raises ``NeedsReconnect`` where there are none any more."""
        with self._hub.db.read() as session:
            row = session.get(Connection, self._connection_id)
            return self._of(row)

    def renew(self, stale: str, name: str, exchange: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Mapping[str, str]:
        """The settings with a newer ``name``; see `hub.stores.base.StoreLogin`."""
        pause = threading.Event()
        for _ in range(round(REFRESH_WAIT_S * 5)):
            known = self.current()
            if known.get(name, "") != stale:
                return known
            if self._claim(stale, name):
                return self._renew(known, exchange)
            pause.wait(0.2)
        raise Temporary("The store's sign-in is being renewed", retry_after=10)

    def _of(self, row: Connection | None) -> dict[str, str]:
        if row is None or row.state is ConnectionState.REMOVED:
            raise NeedsReconnect("The connection was removed.", hint="Connect the store again.")
        known: dict[str, str] = json.loads(row.secrets or "{}")
        return known

    def _claim(self, stale: str, name: str) -> bool:
        with self._hub.db.write() as session:
            row = session.get(Connection, self._connection_id, with_for_update=True)
            now = clock.now()        # not before the row is ours, as with a grant
            if row is None or self._of(row).get(name, "") != stale:
                return False
            login = session.get(StoreLogin, self._connection_id)
            if login is None:
                login = StoreLogin(connection_id=self._connection_id, renewals=0)
                session.add(login)
            until = login.renewing_until
            if until is not None and now < until <= now + timedelta(seconds=2 * REFRESH_LEASE_S):
                return False
            login.renewing_until = now + timedelta(seconds=REFRESH_LEASE_S)
        return True

    def _renew(self, known: Mapping[str, str], exchange: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Mapping[str, str]:
        try:
            # A refresh token may count once: nobody's hurry may cost its answer.
            with patience(None):
                fresh = exchange(known)
        except HubError:
            with self._hub.db.write() as session:
                session.get_one(StoreLogin, self._connection_id).renewing_until = None
            raise
        crash_point("store.login.before_commit")
        with self._hub.db.write() as session:
            row = session.get_one(Connection, self._connection_id, with_for_update=True)
            kept = {**self._of(row), **fresh}
            row.secrets = json.dumps(kept)
            login = session.get_one(StoreLogin, self._connection_id)
            login.renewing_until, login.renewals = None, login.renewals + 1
        return kept


class ByHost(BaseAdapter):
    """Hands each call to the transport of its host and port; anything else is not reachable."""

    def __init__(self, transports: Mapping[str, BaseAdapter]) -> None:
        super().__init__()
        self._transports = dict(transports)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """As the transport of this host answers; ``requests.ConnectionError`` where there is none."""
        transport = self._transports.get(urlsplit(str(request.url)).netloc)
        if transport is None:
            raise requests.ConnectionError(f"no transport for {urlsplit(str(request.url)).netloc}")
        return transport.send(request, *args, **options)

    def close(self) -> None:
        """Closes all of them."""
        for transport in self._transports.values():
            transport.close()

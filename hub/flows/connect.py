"""Joining a store to a TikTok shop, and parting them again (CON, MAG, PRS, TTS)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from marshmallow import Schema, ValidationError
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, object_session

from hub import clock
from hub.config import Config
from hub.domain.events import Event
from hub.domain.orders import Carrier, Warehouse
from hub.domain.problems import Problem, problem
from hub.domain.tasks import Kind, Outcome, connection_lane
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.flows import alerts, inbox, schedules, store_hooks, tasks
from hub.flows.categories import submit_taxonomy
from hub.flows.logins import connections_of, login_lost
from hub.flows.order_links import insert_once, shops_of
from hub.flows.products import make_listings, submit_pull
from hub.flows.tasks import Result, TaskView
from hub.models.connections import ApiToken, Connection, ConnectionState, Mode, OAuthState, StoreLogin
from hub.models.listings import Listing
from hub.models.shops import Shop
from hub.models.tiktok import App, Grant, GrantState
from hub.stores import PLATFORMS
from hub.stores.base import Health
from hub.tiktok import auth
from hub.wiring import Hub, app_keys

STATE_LASTS = timedelta(minutes=10)
TOKEN_LASTS = timedelta(hours=48)
OLD_TOKEN_LASTS = timedelta(minutes=10)
OLD_SECRET_LASTS = timedelta(hours=24)
ABILITIES = ("read", "catalog", "push", "orders", "connect")
# Where a seller's account may be, as far as his consent page depends on it.
US, ELSEWHERE = MARKETS = ("us", "elsewhere")
MARKET_NAMES = ("market", "sells_in")
# What TikTok Shop tells us by itself; everything else is read.
HOOKS = ("ORDER_STATUS_CHANGE", "RECIPIENT_ADDRESS_UPDATE", "PACKAGE_UPDATE", "PRODUCT_STATUS_CHANGE", "SELLER_DEAUTHORIZATION",
         "UPCOMING_AUTHORIZATION_EXPIRATION", "CANCELLATION_STATUS_CHANGE", "RETURN_STATUS_CHANGE", "PRODUCT_AUDIT_STATUS_CHANGE")
_CURRENCIES = {"US": "USD", "GB": "GBP", "JP": "JPY", "MX": "MXN", "BR": "BRL", "ID": "IDR", "MY": "MYR", "PH": "PHP", "SG": "SGD",
               "TH": "THB", "VN": "VND", "DE": "EUR", "ES": "EUR", "FR": "EUR", "IE": "EUR", "IT": "EUR"}


class NotThisTime(Exception):
    """A sign-in that came back and can't be used: its sentence says why, and what to do."""


# -- the connection itself


def create(session: Session, name: str, platform: str, mode: Mode = Mode.LIVE) -> Connection:
    """A new connection, to be filled in by the wizard. Raises ``ValueError`` for an empty name or an unknown store system."""
    if not name.strip():
        raise ValueError("Give the connection a name.")
    if platform not in PLATFORMS:
        raise ValueError("Choose one of the store systems listed.")
    connection = Connection(name=name.strip()[:120], platform=platform, mode=mode, hook_key=secrets.token_urlsafe(16)[:22],
                            handshake_key=secrets.token_urlsafe(24), created_at=clock.now(), settings={}, store={}, problems=[], wizard={})
    connection.hook_secret = new_hook_secret()
    session.add(connection)
    session.flush()
    return connection


def new_hook_secret() -> str:
    """32 random bytes in base64 whose text is letters and digits but for the closing ``=`` (contracts/plugins.md 1)."""
    while True:
        text = base64.b64encode(secrets.token_bytes(32)).decode()
        if re.fullmatch(r"[A-Za-z0-9]{43}=", text):
            return text


def hook_url(connection: Connection, public_url: str) -> str:
    """What the merchant pastes into the plugin: address and, in the fragment, the secret."""
    return f"{public_url.rstrip('/')}/hooks/{connection.platform}/{connection.hook_key}#whsec_{connection.hook_secret}"


def rotate_hook_secret(session: Session, connection: Connection) -> None:
    """A new secret; the old one goes on being accepted, and for 24 h more once the new one was used. A store that keeps webhooks of
    ours is told by the check that is planned."""
    connection.old_hook_secret, connection.old_hook_secret_until = connection.hook_secret, None
    connection.hook_secret = new_hook_secret()
    if PLATFORMS[connection.platform].plugin is None:
        tasks.submit(session, Kind.CHECK_CONNECTION, connection_id=connection.id, lane=connection_lane(connection.id, Kind.CHECK_CONNECTION),
                     summary="Tell the store the new secret")


def save_store_settings(connection: Connection, values: Mapping[str, Any]) -> None:
    """The wizard's store step. A secret left empty keeps its old value. Raises marshmallow's ``ValidationError`` by field."""
    session = object_session(connection)
    if session is not None:
        session.flush()
        session.refresh(connection, with_for_update=True)      # a login that is being renewed by a worker must not be lost
    schema = PLATFORMS[connection.platform].settings()
    hidden = {name for name, field in schema.fields.items() if field.metadata.get("secret")}
    kept = json.loads(connection.secrets or "{}")
    filled = {name: value for name, value in values.items() if value not in ("", None)}
    # What the form does not show stays as it is.
    unshown = {name for name, field in schema.fields.items() if {"choice", "internal", "practice"} & set(field.metadata) and name not in values}
    filled = {**{name: value for name, value in (connection.settings or {}).items() if name in unshown}, **filled}
    loaded = schema.load({**{name: kept[name] for name in hidden if name in kept}, **filled})
    _keep_what_is_fixed(session, connection, schema, loaded)
    connection.settings = {name: value for name, value in loaded.items() if name not in hidden}
    secrets = {name: value for name, value in loaded.items() if name in hidden}
    connection.secrets = json.dumps(secrets)
    if session is not None and connection.id is not None and {**kept, **secrets} != kept:
        login = session.get(StoreLogin, connection.id)
        if login is None:
            session.add(StoreLogin(connection_id=connection.id, signed_in_at=clock.now(), renewals=0))
        else:
            login.signed_in_at = clock.now()


def _keep_what_is_fixed(session: Session | None, connection: Connection, schema: Schema, loaded: Mapping[str, Any]) -> None:
    """CAT-05: some choices stay as they are from the first product on that is on TikTok Shop."""
    before = connection.settings or {}
    changed = [name for name, field in schema.fields.items()
               if field.metadata.get("fixed_once_synced") and name in before and before[name] != loaded.get(name)]
    if changed and session is not None and session.scalar(select(exists().where(
            Shop.connection_id == connection.id, Listing.shop_id == Shop.id, Listing.tiktok_product_id.is_not(None)))):
        raise ValidationError({name: ["Products of this store are on TikTok Shop already, so this can't be changed any more."]
                               for name in changed})


def change_choices(connection: Connection, values: Mapping[str, Any], by: str = "") -> None:
    """Changes what may be changed any time, without a new sign-in. Raises marshmallow's ``ValidationError`` by field.

    Where a choice changed that products are read by (CAT-05), all of them are read anew.
    """
    before = dict(connection.settings or {})
    fields = PLATFORMS[connection.platform].settings().fields
    choices = {name: value for name, value in values.items() if name in fields and fields[name].metadata.get("choice")}
    save_store_settings(connection, {**connection.settings, **dict.fromkeys(choices), **choices})
    is_read_by = [name for name in choices if fields[name].metadata.get("fixed_once_synced")]
    session = object_session(connection)
    if session is not None and any(before.get(name) != connection.settings.get(name) for name in is_read_by):
        submit_pull(session, connection.id, None, None, by)


def choose_selling_market(connection: Connection, code: str) -> None:
    """Where the merchant sells (SHP-02), kept on the connection; TikTok Shop's consent page follows from it. Raises ``ValueError``."""
    markets = {one.code: one for one in PLATFORMS[connection.platform].markets}
    if code not in markets:
        raise ValueError("Choose the market that you sell in.")
    connection.wizard = {**(connection.wizard or {}), "sells_in": code, "market": US if code == "US" else ELSEWHERE}


def check(hub: Hub, connection_id: int) -> Health:
    """Asks the store how it is, and writes it down. What is wrong stands in the answer's problems (MAG-02, PRS-01, PRS-02)."""
    with hub.db.read() as session:
        connection = session.get_one(Connection, connection_id)
    title, address = PLATFORMS[connection.platform].title, PLATFORMS[connection.platform].address(connection.settings)
    try:
        health = hub.store_for(connection).check()
    except Temporary as error:
        health = _unwell(problem("store.unreachable", address=address, says=error.says))
    except NeedsReconnect:
        health = _unwell(problem("login.lost", side=title))
    except Refused as error:
        found = tuple(one for one in error.problems if isinstance(one, Problem))
        health = _unwell(*(found or (problem("store.not_expected", address=address, platform=title),)))
    with hub.db.write() as session:
        row = session.get_one(Connection, connection_id)
        row.checked_at, row.problems = clock.now(), [one.as_json() for one in health.problems]
        if health.version:
            row.store = {**row.store, **store_facts(health)}
            row.has_plugin = health.has_plugin
    if health.ok:
        _, trouble = store_hooks.ensure(hub, connection_id)
        health = replace(health, problems=(*health.problems, *([trouble] if trouble else ())))
    return health


def _unwell(*problems: Problem) -> Health:
    return Health(ok=False, version="", name="", timezone="", scopes=(), has_plugin=False, problems=problems)


def store_facts(health: Health) -> dict[str, Any]:
    """What is kept of a store's answer."""
    return {**({"plugin": _plugin_facts(health.plugin)} if health.plugin else {}),
            "version": health.version, "name": health.name, "timezone": health.timezone, "plugin_version": health.plugin_version,
            "capabilities": sorted(health.capabilities),
            "scopes": [{"code": one.code, "name": one.name, "currency": one.currency, "locale": one.locale} for one in health.scopes]}


def check_connection(hub: Hub, task: TaskView) -> Result:
    """The hourly look at the store; a lost login was found by a probe, so the connection stops (section 7 of the plan)."""
    assert task.connection_id is not None
    health = check(hub, task.connection_id)
    if any(one.code == "login.lost" for one in health.problems):
        raise NeedsReconnect(health.problems[0].says)
    if any(one.code == "store.unreachable" for one in health.problems):
        raise Temporary(health.problems[0].says)
    return Result(Outcome.OK if health.ok else Outcome.NEEDS_ATTENTION, health.problems[0].says if health.problems else "The store answers",
                  health.problems)


def pause(session: Session, connection: Connection, because: str) -> None:
    """Stops all work of the connection; what comes in is kept."""
    if connection.state is ConnectionState.CONNECTED:
        connection.state, connection.paused_because = ConnectionState.PAUSED, because[:500]


def resume(session: Session, connection: Connection) -> None:
    """Work goes on, what waited first."""
    if connection.state is ConnectionState.PAUSED:
        connection.state, connection.paused_because = ConnectionState.CONNECTED, ""
        alerts.forget(session, f"login:{connection.id}")
        tasks.release_held(session, connection.id)


def part(hub: Hub, connection_id: int) -> str:
    """What the store is told before the connection is removed: our webhooks go. A sentence where it can't be told."""
    return store_hooks.remove(hub, connection_id)


def remove(session: Session, connection: Connection) -> None:
    """Ends the connection: nothing is sent any more, its shops are free for another, its history stays readable."""
    connection.state, connection.removed_at, connection.secrets = ConnectionState.REMOVED, clock.now(), ""
    session.execute(update(Shop).where(Shop.connection_id == connection.id).values(connection_id=None))
    session.execute(update(ApiToken).where(ApiToken.connection_id == connection.id, ApiToken.ended_at.is_(None)).values(ended_at=clock.now()))
    schedules.ensure(session, connection)


# -- TikTok Shop's consent


def app_of_operator(session: Session, hub: Hub, practice: bool = False) -> App | None:
    """The first app, from the environment; kept up to date with it. None where none is set."""
    config = hub.config
    if config.tiktok_app_key and config.tiktok_app_secret:
        app = session.scalars(select(App).where(App.app_key == config.tiktok_app_key)).one_or_none()
        if app is None:
            app = App(app_key=config.tiktok_app_key, created_at=clock.now())
            session.add(app)
        app.api_host, app.token_host, app.consent_host = config.tiktok_api_host, config.tiktok_token_host, config.tiktok_consent_host
        app.service_id, app.is_practice = config.tiktok_service_id, practice
        if app.app_secret_sealed is None or app.app_secret != config.tiktok_app_secret:
            app.app_secret = config.tiktok_app_secret
        session.flush()
        return app
    return session.scalars(select(App).where(App.owner_id.is_(None)).order_by(App.id).limit(1)).first()


def consent(session: Session, config: Config, connection: Connection, app: App, bound_to: str, prefix: str = "") -> tuple[str, str]:
    """Where to send the seller, and the state that comes back with him: single use, ten minutes, for who asked (TTS-01, S-22).

    The page is that of the connection's market (TTS-02).
    """
    state = (f"{prefix}." if prefix else "") + secrets.token_urlsafe(24)
    session.add(OAuthState(state_hash=_hash(state), connection_id=connection.id, app_id=app.id, bound_to=bound_to[:80],
                           expires_at=clock.now() + STATE_LASTS))
    keys = replace(app_keys(app), consent_host=_consent_host(session, config, connection, app))
    return auth.consent_url(keys, state), state


def choose_market(connection: Connection, market: str) -> None:
    """Where the seller's account is, one of `MARKETS`; kept for every later consent. Raises ``ValueError`` for another word."""
    if market not in MARKETS:
        raise ValueError("Choose where your TikTok Shop seller account is.")
    connection.wizard = {**(connection.wizard or {}), "market": market}


def without_market(wizard: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed in the wizard for the store alone."""
    return {name: typed for name, typed in wizard.items() if name not in MARKET_NAMES}


def only_market(wizard: Mapping[str, Any]) -> dict[str, Any]:
    """What stays of the wizard once the store is open: where the merchant sells."""
    return {name: typed for name, typed in wizard.items() if name in MARKET_NAMES}


def market_of(session: Session, connection: Connection) -> str:
    """What was chosen, else where the connection's shops are; ``""`` where neither is known."""
    chosen = str((connection.wizard or {}).get("market", ""))
    if chosen in MARKETS:
        return chosen
    regions = set(session.scalars(select(Shop.region).where(Shop.connection_id == connection.id)))
    return "" if not regions else US if regions == {"US"} else ELSEWHERE


def _consent_host(session: Session, config: Config, connection: Connection, app: App) -> str:
    """Sellers in the US have a consent page of their own. A practice app, and one with a host of its own, keeps its host."""
    is_standard = not app.is_practice and app.consent_host.rstrip("/") == config.tiktok_consent_host.rstrip("/")
    return config.tiktok_consent_host_us if is_standard and market_of(session, connection) == US else app.consent_host


@dataclass(frozen=True, slots=True)
class Consented:
    """What came of a consent: the connection, the seller's shops, and the one chosen where there was no choice."""

    connection_id: int
    shop_ids: tuple[int, ...]
    chosen: int | None


def finish_consent(hub: Hub, state: str, code: str, bound_to: str) -> Consented:
    """Exchanges the code, keeps the tokens, lists the shops (TTS-03, TTS-04). Raises `NotThisTime`, or `hub.errors`."""
    with hub.db.write() as session:
        # Locked: of two that come back with the same state at once, the second finds it used.
        row = session.scalars(select(OAuthState).where(OAuthState.state_hash == _hash(state)).with_for_update()).one_or_none()
        if row is None or row.app_id is None or row.bound_to != bound_to[:80]:
            raise NotThisTime("This sign-in was not started here. Start it again from the connection's page.")
        if row.used_at is not None:
            raise NotThisTime("This sign-in was used already. Start it again from the connection's page.")
        if row.expires_at < clock.now():
            raise NotThisTime("This sign-in took longer than ten minutes. Start it again from the connection's page.")
        row.used_at = clock.now()
        asked_id, connection_id, app = row.id, row.connection_id, session.get_one(App, row.app_id)
    options = hub.app_options(app)
    tokens = auth.exchange(app_keys(app), code, options)
    shops = auth.shops(app_keys(app), tokens.access_token, options)
    with hub.db.write() as session:
        grant = _keep_grant(session, app, tokens)
        session.get_one(OAuthState, asked_id).grant_id = grant.id
        ids = tuple(_keep_shop(session, grant, shop) for shop in shops)
        for other in connections_of(session, grant.id):
            resume(session, session.get_one(Connection, other))
        mine = session.scalars(select(Shop.id).where(Shop.connection_id == connection_id)).all()
        resume(session, session.get_one(Connection, connection_id))
    chosen = ids[0] if len(ids) == 1 and not mine else None
    return Consented(connection_id, ids, chosen)


def store_that_asked(session: Session, state: str) -> str:
    """Where the store takes its seller back, for a consent that was asked for from the store's own admin (NAT-03); "" for
    any other. The hub's own app brings him to the hub, and only the store's call may use that code."""
    row = session.scalars(select(OAuthState).where(OAuthState.state_hash == _hash(state), OAuthState.bound_to.startswith("api:"))).one_or_none()
    connection = session.get(Connection, row.connection_id) if row is not None else None
    plugin = PLATFORMS[connection.platform].plugin if connection is not None else None
    if connection is None or plugin is None or not plugin.seller_returns_to or not connection.settings.get("base_url"):
        return ""
    return f"{str(connection.settings['base_url']).rstrip('/')}/{plugin.seller_returns_to}"


def _keep_grant(session: Session, app: App, tokens: auth.Tokens) -> Grant:
    insert_once(session, Grant, {"app_id": app.id, "open_id": tokens.open_id, "seal_id": secrets.token_hex(16), "seller_name": "",
                                 "region": "", "scopes": [], "refreshes": 0, "state": GrantState.ACTIVE, "created_at": clock.now()})
    grant = session.scalars(select(Grant).where(Grant.app_id == app.id, Grant.open_id == tokens.open_id)).one()
    grant.access_token, grant.access_expires_at = tokens.access_token, tokens.access_expires_at
    grant.refresh_token, grant.refresh_expires_at = tokens.refresh_token, tokens.refresh_expires_at
    grant.seller_name, grant.region, grant.scopes = tokens.seller_name, tokens.region, list(tokens.scopes)
    grant.state, grant.lost_at, grant.refreshing_until = GrantState.ACTIVE, None, None
    return grant


def _keep_shop(session: Session, grant: Grant, info: auth.ShopInfo) -> int:
    insert_once(session, Shop, {"grant_id": grant.id, "tiktok_shop_id": info.shop_id, "name": info.name, "region": info.region,
                                "currency": _CURRENCIES.get(info.region, ""), "cipher": info.cipher, "seller_type": info.seller_type,
                                "scope": "", "warehouse_id": "", "warehouses": [], "providers": [], "settings": {}, "created_at": clock.now()})
    shop = session.scalars(select(Shop).where(Shop.grant_id == grant.id, Shop.tiktok_shop_id == info.shop_id)).one()
    shop.name, shop.region, shop.cipher, shop.seller_type = info.name, info.region, info.cipher, info.seller_type
    return shop.id


def shops_to_choose(session: Session, connection: Connection) -> Sequence[Shop]:
    """The seller's shops that this connection uses or could use: those of grants given through it."""
    grants = select(OAuthState.grant_id).where(OAuthState.connection_id == connection.id, OAuthState.grant_id.is_not(None))
    return session.scalars(select(Shop).join(Grant, Grant.id == Shop.grant_id).where(
        Grant.id.in_(grants), Grant.state == GrantState.ACTIVE,
        Shop.connection_id.is_(None) | (Shop.connection_id == connection.id)).order_by(Shop.id)).all()


def choose_shop(hub: Hub, connection_id: int, shop_id: int, scope: str = "") -> Shop:
    """The connection sells in this shop from now on. Reads its warehouses and carriers, registers for its messages, starts the
    periodic work. Raises ``ValueError`` for a shop that another connection uses."""
    with hub.db.write() as session:
        shop = session.get_one(Shop, shop_id)
        if shop.connection_id not in (None, connection_id):
            raise ValueError("Another connection uses this TikTok shop already.")
        connection = session.get_one(Connection, connection_id)
        if shop.connection_id is None:
            shop.created_at = clock.now()        # orders placed before are not ours to create
        shop.connection_id = connection_id
        shop.scope = scope or shop.scope or default_scope(connection, shop)
        app_key = session.scalars(select(App.app_key).join(Grant, Grant.app_id == App.id).where(Grant.id == shop.grant_id)).one()
    read_shop(hub, shop_id)
    register_hooks(hub, shop_id, app_key)
    with hub.db.write() as session:
        shop, connection = session.get_one(Shop, shop_id), session.get_one(Connection, connection_id)
        connection.state, connection.paused_because = ConnectionState.CONNECTED, ""
        make_listings(session, shop)
        submit_taxonomy(session, shop)
        schedules.ensure(session, connection)
        inbox.replan(session, session.get_one(Grant, shop.grant_id).app_id)       # messages that came before their shop was chosen
        session.flush()
    return shop


def default_scope(connection: Connection, shop: Shop) -> str:
    """The store view that sells in the shop's currency, else the first."""
    scopes = connection.store.get("scopes", [])
    fitting = [one["code"] for one in scopes if one["currency"] == shop.currency]
    return str((fitting or [one["code"] for one in scopes] or [""])[0])


def read_shop(hub: Hub, shop_id: int) -> None:
    """Reads warehouses and carriers; the default sales warehouse is chosen where none was."""
    logistics = hub.shop_for(shop_id).logistics
    warehouses, providers = logistics.warehouses(), logistics.providers()
    with hub.db.write() as session:
        shop = session.get_one(Shop, shop_id)
        shop.warehouses, shop.providers = [_warehouse_row(one) for one in warehouses], [_provider_row(one) for one in providers]
        known = {one.warehouse_id for one in warehouses if one.enabled}
        if shop.warehouse_id not in known:
            sales = [one for one in warehouses if one.enabled and one.kind == "sales"]
            best = next((one for one in sales if one.is_default), sales[0] if sales else None)
            shop.warehouse_id = best.warehouse_id if best else ""


def _warehouse_row(one: Warehouse) -> dict[str, Any]:
    return {"id": one.warehouse_id, "name": one.name, "kind": one.kind, "default": one.is_default, "enabled": one.enabled}


def _provider_row(one: Carrier) -> dict[str, Any]:
    return {"id": one.carrier_id, "name": one.title}


def register_hooks(hub: Hub, shop_id: int, app_key: str) -> Sequence[str]:
    """Asks TikTok Shop to send its messages here; gives those that it would not. Reading by time goes on in any case."""
    hooks, refused = hub.shop_for(shop_id).hooks, []
    url = f"{hub.config.public_url.rstrip('/')}/hooks/tiktok/{app_key}"
    known = hooks.all()
    for event_type in HOOKS:
        if known.get(event_type) == url:
            continue
        try:
            hooks.register(event_type, url)
        except Refused:
            refused.append(event_type)
    with hub.db.write() as session:
        session.get_one(Shop, shop_id).hooks_registered_at = clock.now() if not refused else None
    return refused


def refresh_shops(hub: Hub, task: TaskView) -> Result:
    """The daily look at a connection's shops: warehouses, carriers, messages."""
    assert task.connection_id is not None
    with hub.db.read() as session:
        shops = [(shop.id, app_key) for shop in shops_of(session, task.connection_id) for app_key in session.scalars(
            select(App.app_key).join(Grant, Grant.app_id == App.id).where(Grant.id == shop.grant_id))]
    for shop_id, app_key in shops:
        read_shop(hub, shop_id)
        register_hooks(hub, shop_id, app_key)
    return Result(Outcome.OK, f"{len(shops)} shops read")


def lose_grant(session: Session, grant: Grant, because: str) -> None:
    """TikTok Shop no longer accepts us for this seller: its connections stop at once, with one notice each (TTS-06, R-19)."""
    if grant.state is GrantState.ACTIVE:
        grant.state, grant.lost_at = GrantState.LOST, clock.now()
    for connection_id in connections_of(session, grant.id):
        login_lost(session, connection_id, f"TikTok Shop: {because}")


def warn_of_expiry(session: Session, grant: Grant) -> None:
    """The seller's consent ends soon: said once a week."""
    week = clock.now().strftime("%G-%V")
    for connection_id in connections_of(session, grant.id):
        alerts.notify(session, f"expiry:{grant.id}:{connection_id}:{week}", "TikTok Shop's consent ends soon",
                      ["TikTok Shop says that the seller's consent to this connection ends within 30 days.",
                       "Reconnect before it does; nothing stops meanwhile."],
                      connection_id=connection_id, button=("Reconnect", f"/admin/connections/{connection_id}/"))


# -- the plugin's hello


def hello(hub: Hub, connection: Connection, event: Event) -> dict[str, Any]:
    """Pairs the plugin, or renews its token (contracts/plugins.md 4). An older token ends ten minutes later."""
    now = clock.now()
    token = f"sbp_{secrets.token_urlsafe(32)}"
    hint = dict(event.raw.get("hint") or {})
    with hub.db.write() as session:
        row = session.get_one(Connection, connection.id)
        session.execute(update(ApiToken).where(
            ApiToken.connection_id == row.id, ApiToken.made_by == "plugin", ApiToken.ended_at.is_(None)).values(ended_at=now + OLD_TOKEN_LASTS))
        session.add(ApiToken(connection_id=row.id, token_hash=_hash(token), label="Store plugin", abilities=list(ABILITIES),
                             made_by="plugin", created_at=now, expires_at=now + TOKEN_LASTS))
        row.has_plugin, row.last_event_at = True, now
        row.store = {**row.store, "plugin": _plugin_facts(hint), "plugin_version": str(hint.get("plugin_version", ""))[:40]}
        shops = [{"id": shop.tiktok_shop_id, "name": shop.name, "region": shop.region, "store": shop.scope,
                  "warehouse_id": shop.warehouse_id} for shop in shops_of(session, row.id)]
        tasks.submit(session, Kind.CHECK_CONNECTION, connection_id=row.id, lane=connection_lane(row.id, Kind.CHECK_CONNECTION),
                     summary="Look at the store")
    skew = (event.happened_at - now).total_seconds() if event.happened_at else 0
    return {"api_url": f"{hub.config.public_url.rstrip('/')}/api/v1", "api_token": token, "expires_at": _rfc3339(now + TOKEN_LASTS),
            "connection": {"id": str(row.id), "name": row.name, "state": row.state.value, "mode": row.mode.value}, "shops": shops,
            "skew_s": round(skew)}


def _plugin_facts(hint: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of what a plugin says of itself, and when it said so."""
    known = ("plugin_version", "platform_version", "php", "timezone", "currency", "locales", "stores", "cron_seen_at", "queue", "capabilities")
    return {**{name: hint[name] for name in known if name in hint and len(json.dumps(hint[name])) < 4000}, "said_at": _rfc3339(clock.now())}


def new_api_token(session: Session, connection: Connection, label: str, abilities: Sequence[str], by: str) -> str:
    """A token for another program; shown once. Raises ``ValueError`` for an ability that does not exist."""
    if not abilities or set(abilities) - set(ABILITIES):
        raise ValueError("Choose what the token may do.")
    token = f"sbt_{secrets.token_urlsafe(32)}"
    session.add(ApiToken(connection_id=connection.id, token_hash=_hash(token), label=label[:120], abilities=list(abilities), made_by=by,
                         created_at=clock.now()))
    return token


def find_api_token(session: Session, token: str) -> ApiToken | None:
    """The token, if it is still good."""
    row = session.scalars(select(ApiToken).where(ApiToken.token_hash == _hash(token))).one_or_none()
    now = clock.now()
    if row is None or (row.ended_at and row.ended_at <= now) or (row.expires_at and row.expires_at <= now):
        return None
    return row


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

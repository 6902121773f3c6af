"""The token's connection: its state, its TikTok app, the seller's consent, its shops (NAT-02 … NAT-04)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.api.access import caller, hub, my_connection, my_shop, my_shops, needs, not_found, record, section
from hub.api.problems import ProblemRow, Stop, rows
from hub.api.shapes import LONGEST_ID, Asked, OfShop, Told, id_text, moment, text
from hub.flows import apps, connect
from hub.flows.settings import change_settings, settings_of
from hub.models.connections import Connection
from hub.models.shops import Shop
from hub.models.tiktok import App, Grant
from hub.rules.field_sources import UPDATE, Source, rule_name

blueprint = section("connection", "The connection that the token belongs to")


class ShopOut(Told):
    """A TikTok shop of the seller. `chosen`: the connection sells in it."""

    id = fields.String()
    name = fields.String()
    region = fields.String()
    currency = fields.String()
    chosen = fields.Boolean()
    store = fields.String()
    warehouse_id = fields.String()


class ShopsOut(Told):
    shops = fields.List(fields.Nested(ShopOut))


class AppOut(Told):
    """A TikTok app. `own`: it was made by this connection, and may be changed by it."""

    app_key = fields.String()
    service_id = fields.String()
    hosts = fields.Dict(keys=fields.String(), values=fields.String())
    own = fields.Boolean()


class ConsentGivenOut(Told):
    """What a seller agreed to through this connection. `ends_at`: he has to agree anew by then."""

    seller = fields.String()
    region = fields.String()
    state = fields.String(metadata={"description": "active or lost"})
    scopes = fields.List(fields.String())
    token_until = moment()
    ends_at = moment()


class ConnectionOut(Told):
    """A store joined with a TikTok Shop seller."""

    id = fields.String()
    name = fields.String()
    platform = fields.String()
    mode = fields.String()
    state = fields.String()
    paused_because = fields.String()
    authorization = fields.String(metadata={"description": "none, active or lost: the seller's consent on TikTok Shop"})
    consents = fields.List(fields.Nested(ConsentGivenOut))
    tiktok_app = fields.Nested(AppOut, allow_none=True)
    shops = fields.List(fields.Nested(ShopOut))
    has_plugin = fields.Boolean()
    store_version = fields.String()
    last_event_at = moment()
    checked_at = moment()
    problems = fields.List(fields.Nested(ProblemRow))


class ConnectionsOut(Told):
    connections = fields.List(fields.Nested(ConnectionOut))


class HostsIn(Asked):
    """Where TikTok Shop is; each must be one that this hub allows. An empty one is the hub's own choice."""

    api = text(300, load_default="")
    token = text(300, load_default="")
    consent = text(300, load_default="")


class AppIn(Asked):
    """Keys of an app of the TikTok Shop Partner Center."""

    app_key = fields.String(required=True, validate=validate.Regexp(r"^[A-Za-z0-9_-]{4,120}$"))
    app_secret = fields.String(required=True, validate=validate.Regexp(r"^[\x21-\x7e]{8,200}$"))
    service_id = fields.String(load_default="", validate=validate.Regexp(r"^[A-Za-z0-9_-]{0,120}$"))
    hosts = fields.Nested(HostsIn, load_default=dict)


class ConsentIn(Asked):
    state_prefix = fields.String(load_default="", validate=validate.Regexp(r"^[A-Za-z0-9_-]{0,64}$"),
                                 metadata={"description": "The store's own static part of the state"})
    market = fields.String(load_default="", validate=validate.OneOf(("", *connect.MARKETS)),
                           metadata={"description": "Where the seller's account is: it has its own consent page in the US. "
                                                    "Kept; left out, it is the one named before, else where the connection's shops are"})


class ConsentOut(Told):
    consent_url = fields.String()
    state = fields.String()


class CodeIn(Asked):
    """What TikTok Shop sent back with the seller."""

    code = text(500, 1, required=True)
    state = text(300, 1, required=True)


class ChoiceIn(Asked):
    """The shop to sell in, the store view that it sells from, and where its stock is."""

    shop_id = id_text(required=True)
    store = text(120, load_default="")
    warehouse_id = text(LONGEST_ID, load_default="")


class WarehouseOut(Told):
    id = fields.String()
    name = fields.String()
    kind = fields.String()
    enabled = fields.Boolean()
    is_default = fields.Boolean()
    chosen = fields.Boolean()


class WarehousesOut(Told):
    shop_id = fields.String()
    warehouses = fields.List(fields.Nested(WarehouseOut))


class SyncOut(Told):
    """What is sent by itself."""

    shop_id = fields.String()
    price = fields.Boolean()
    stock = fields.Boolean()
    new_products = fields.Boolean()
    changes = fields.Boolean()


class SyncIn(OfShop):
    """Switches to change; one that is not named stays."""

    price = fields.Boolean(metadata={"description": "Send a changed price"})
    stock = fields.Boolean(metadata={"description": "Send changed stock"})
    new_products = fields.Boolean(metadata={"description": "Pull new products of the store"})
    changes = fields.Boolean(metadata={"description": "Push changed products"})


SWITCHES = {"new_products": "auto_pull", "changes": "auto_push"}
# Switched on and off as a rule: the store's value, or TikTok Shop's own.
BY_RULE = {"price": rule_name("price", UPDATE), "stock": rule_name("stock", UPDATE)}


@blueprint.route("/connections")
@blueprint.response(200, ConnectionsOut)
@needs("read")
def list_connections() -> dict[str, Any]:
    """The connections that the token may see: its own."""
    return {"connections": [_shown()]}


@blueprint.route("/connection")
@blueprint.response(200, ConnectionOut)
@needs("read")
def get_connection() -> dict[str, Any]:
    """The token's connection."""
    return _shown()


def _shown() -> dict[str, Any]:
    with hub().db.read() as session:
        row = my_connection(session)
        shops = my_shops(session)
        # Also those whose shop is still to be chosen: the seller agreed, and his next step is to choose.
        given = {shop.grant_id for shop in (*shops, *connect.shops_to_choose(session, row))}
        grants = session.scalars(select(Grant).where(Grant.id.in_(given)).order_by(Grant.id)).all()
        app = apps.app_for(session, row)
        return {
            "id": str(row.id), "name": row.name, "platform": row.platform, "mode": row.mode.value, "state": row.state.value,
            "paused_because": row.paused_because, "authorization": _worst(grants),
            "consents": [_consent_out(grant) for grant in grants], "tiktok_app": _app_out(app, row) if app else None,
            "shops": [_shop_out(shop, row.id) for shop in shops], "has_plugin": row.has_plugin,
            "store_version": str(row.store.get("version", "")), "last_event_at": row.last_event_at, "checked_at": row.checked_at,
            "problems": rows(row.problems)}


def _worst(grants: Any) -> str:
    states = {grant.state.value for grant in grants}
    return "lost" if "lost" in states else "active" if states else "none"


def _consent_out(grant: Grant) -> dict[str, Any]:
    return {"seller": grant.seller_name, "region": grant.region, "state": grant.state.value, "scopes": list(grant.scopes),
            "token_until": grant.access_expires_at, "ends_at": grant.refresh_expires_at}


def _shop_out(shop: Shop, connection_id: int) -> dict[str, Any]:
    return {"id": shop.tiktok_shop_id, "name": shop.name, "region": shop.region, "currency": shop.currency,
            "chosen": shop.connection_id == connection_id, "store": shop.scope, "warehouse_id": shop.warehouse_id}


def _app_out(app: App, connection: Connection) -> dict[str, Any]:
    return {"app_key": app.app_key, "service_id": app.service_id, "own": app.owner_id == connection.id,
            "hosts": {"api": app.api_host, "token": app.token_host, "consent": app.consent_host}}


@blueprint.route("/connection/tiktok-app", methods=["PUT"])
@blueprint.arguments(AppIn)
@blueprint.response(200, AppOut)
@needs("connect")
def put_tiktok_app(asked: dict[str, Any]) -> dict[str, Any]:
    """Keeps the keys of the store's own TikTok app. An app of the operator or of another connection: 409."""
    with hub().db.write() as session:
        row = my_connection(session)
        try:
            app = apps.keep_own(session, hub().config, row, app_key=asked["app_key"], app_secret=asked["app_secret"],
                                service_id=asked["service_id"], hosts=asked["hosts"])
        except apps.NotYours as error:
            raise Stop(409, "app_taken", str(error)) from error
        except ValueError as error:
            raise Stop(422, "hosts", str(error)) from error
        record(session, "TikTok app saved", app.app_key, None, {"hosts": [app.api_host, app.token_host, app.consent_host]})
        return _app_out(app, row)


@blueprint.route("/connection/authorization", methods=["POST"])
@blueprint.arguments(ConsentIn)
@blueprint.response(200, ConsentOut)
@needs("connect")
def post_authorization(asked: dict[str, Any]) -> dict[str, str]:
    """Where to send the seller, and the state that will come back with him: single use, ten minutes (S-22)."""
    with hub().db.write() as session:
        row = my_connection(session)
        app = apps.app_for(session, row) or connect.app_of_operator(session, hub(), practice=hub().config.is_practice)
        if app is None:
            raise Stop(409, "no_app", "No TikTok app is known yet: save one first.")
        if asked["market"]:
            connect.choose_market(row, asked["market"])
        address, state = connect.consent(session, hub().config, row, app, _bound_to(), asked["state_prefix"])
        record(session, "TikTok Shop's consent asked", app.app_key)
    return {"consent_url": address, "state": state}


@blueprint.route("/connection/authorization/code", methods=["POST"])
@blueprint.arguments(CodeIn)
@blueprint.response(200, ShopsOut)
@needs("connect")
def post_authorization_code(asked: dict[str, Any]) -> dict[str, Any]:
    """Hands on the code that TikTok Shop sent back, and gets the seller's shops. A used, late or foreign state: 409."""
    try:
        connect.finish_consent(hub(), asked["state"], asked["code"], _bound_to())
    except connect.NotThisTime as error:
        raise Stop(409, "state", str(error)) from error
    with hub().db.write() as session:
        record(session, "TikTok Shop authorised")
    return _shops()


def _bound_to() -> str:
    return f"api:{caller().connection_id}"


@blueprint.route("/shops")
@blueprint.response(200, ShopsOut)
@needs("read")
def list_shops() -> dict[str, Any]:
    """The seller's shops that this connection uses or could use."""
    return _shops()


def _shops() -> dict[str, Any]:
    with hub().db.read() as session:
        row = my_connection(session)
        mine = {shop.id: shop for shop in (*my_shops(session), *connect.shops_to_choose(session, row))}
        return {"shops": [_shop_out(mine[shop_id], row.id) for shop_id in sorted(mine)]}


@blueprint.route("/connection/shop", methods=["PUT"])
@blueprint.arguments(ChoiceIn)
@blueprint.response(200, ShopOut)
@needs("connect")
def put_shop(asked: dict[str, Any]) -> dict[str, Any]:
    """Chooses the shop that the connection sells in (TTS-04)."""
    with hub().db.read() as session:
        row = my_connection(session)
        offered = {shop.tiktok_shop_id: shop for shop in (*connect.shops_to_choose(session, row), *my_shops(session))}
        shop = offered.get(asked["shop_id"])
        if shop is None:
            raise not_found(f"shop {asked['shop_id']}", foreign=_shop_exists(session, asked["shop_id"]))
        _check_store(row, asked["store"])
    try:
        shop = connect.choose_shop(hub(), row.id, shop.id, asked["store"])
    except ValueError as error:
        raise Stop(409, "shop_taken", str(error)) from error
    with hub().db.write() as session:
        kept = session.get_one(Shop, shop.id)
        if asked["warehouse_id"]:
            choose_warehouse(session, kept, asked["warehouse_id"])
        record(session, "TikTok shop chosen", kept.tiktok_shop_id, None, {"store": kept.scope, "warehouse": kept.warehouse_id})
        return _shop_out(kept, row.id)


def _shop_exists(session: Session, tiktok_shop_id: str) -> bool:
    return session.scalars(select(Shop.id).where(Shop.tiktok_shop_id == tiktok_shop_id).limit(1)).first() is not None


def _check_store(connection: Connection, store: str) -> None:
    known = {str(one.get("code", "")) for one in connection.store.get("scopes", [])}
    if store and known and store not in known:
        raise Stop(422, "store", f"The store has no view “{store}”.")


def choose_warehouse(session: Session, shop: Shop, warehouse_id: str) -> None:
    """Where the shop's stock is from now on. Raises `Stop` for one that is not the shop's, or not for sales."""
    fitting = {str(one.get("id")) for one in shop.warehouses if one.get("enabled") and one.get("kind") == "sales"}
    if warehouse_id not in fitting:
        raise Stop(422, "warehouse", "This is none of the shop's warehouses for sales.")
    if shop.warehouse_id != warehouse_id:
        record(session, "warehouse chosen", shop.tiktok_shop_id, {"warehouse": shop.warehouse_id}, {"warehouse": warehouse_id})
        shop.warehouse_id = warehouse_id


@blueprint.route("/warehouses")
@blueprint.arguments(OfShop, location="query")
@blueprint.response(200, WarehousesOut)
@needs("read")
def list_warehouses(asked: dict[str, Any]) -> dict[str, Any]:
    """The shop's warehouses, as TikTok Shop listed them last."""
    with hub().db.read() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
    return {"shop_id": shop.tiktok_shop_id, "warehouses": [
        {"id": str(one.get("id", "")), "name": str(one.get("name", "")), "kind": str(one.get("kind", "")), "enabled": bool(one.get("enabled")),
         "is_default": bool(one.get("default")), "chosen": one.get("id") == shop.warehouse_id} for one in shop.warehouses]}


@blueprint.route("/settings/sync")
@blueprint.arguments(OfShop, location="query")
@blueprint.response(200, SyncOut)
@needs("read")
def get_sync(asked: dict[str, Any]) -> dict[str, Any]:
    """What is sent by itself (NAT-14)."""
    with hub().db.read() as session:
        return _sync_out(my_shop(session, asked["shop_id"], asked["store"]))


@blueprint.route("/settings/sync", methods=["PUT"])
@blueprint.arguments(SyncIn)
@blueprint.response(200, SyncOut)
@needs("push")
def put_sync(asked: dict[str, Any]) -> dict[str, Any]:
    """Switches what is sent by itself."""
    with hub().db.write() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
        changes: dict[str, Any] = {SWITCHES[name]: asked[name] for name in SWITCHES if name in asked}
        if rules := {BY_RULE[name]: (Source.ORIGIN if asked[name] else Source.TTS).value for name in BY_RULE if name in asked}:
            changes["rules"] = {**settings_of(shop).products.rules, **rules}
        before, after = change_settings(session, shop.id, "products", changes)
        if before != after:
            record(session, "settings changed", "products", {name: before[name] for name in changes}, {name: after[name] for name in changes})
        return _sync_out(shop)


def _sync_out(shop: Shop) -> dict[str, Any]:
    products = settings_of(shop).products
    return {"shop_id": shop.tiktok_shop_id, **{name: products.rules.get(rule) != Source.TTS for name, rule in BY_RULE.items()},
            **{name: getattr(products, setting) for name, setting in SWITCHES.items()}}

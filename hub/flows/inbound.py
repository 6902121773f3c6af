"""From a message to the work that it asks for. A message is a hint: the work reads the thing itself afresh.

Answers are (state, reason, task id). Our own echoes are recognised where the work looks at the link, not here: a message
that says ``via: hub`` may still be the first news of somebody else's change.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.problems import problem
from hub.domain.tasks import Kind, connection_lane
from hub.flows import connect, privacy, products, tasks
from hub.flows.logins import login_lost
from hub.flows.orders import submit_fulfilment, submit_relay
from hub.flows.products import submit_for_listing
from hub.models.connections import Connection, ConnectionState, StoreLogin
from hub.models.inbox import InboxEvent, InboxState
from hub.models.listings import Listing
from hub.models.orders import OrderLink
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.models.tiktok import App, Grant
from hub.stores import PLATFORMS
from hub.wiring import Hub

Plan = tuple[InboxState, str, int | None]
# A change too large to name is compared once things are quiet.
SETTLES = timedelta(seconds=10)


def plan(session: Session, hub: Hub, row: InboxEvent) -> Plan:
    """What is to be done about one message."""
    if row.source.startswith("plugin:"):
        return _plan_plugin(session, row)
    return _plan_tiktok(session, row)


def _done(task: Task | None) -> Plan:
    return InboxState.PLANNED, "", task.id if task is not None else None


def _ignored(reason: str) -> Plan:
    return InboxState.IGNORED, reason, None


# -- the store's plugin


def _plan_plugin(session: Session, row: InboxEvent) -> Plan:
    connection = session.get(Connection, row.connection_id)
    if connection is None or connection.state is ConnectionState.REMOVED:
        return _ignored("The connection was removed")
    planner = _PLUGIN.get(row.kind)
    if planner is None:
        return _ignored(f"Nothing depends on {row.kind}")
    return planner(session, connection, row)


def _product_saved(session: Session, connection: Connection, row: InboxEvent) -> Plan:
    return _done(products.submit_refresh(session, connection.id, row.subject))


def _offers_changed(session: Session, connection: Connection, row: InboxEvent) -> Plan:
    return _done(products.submit_offers(session, connection.id, row.subject))


def _catalogue_changed(session: Session, connection: Connection, row: InboxEvent) -> Plan:
    return _done(tasks.submit(session, Kind.COMPARE_DIGEST, connection_id=connection.id, run_at=clock.now() + SETTLES,
                              lane=connection_lane(connection.id, Kind.COMPARE_DIGEST), summary="Compare with the store"))


def _store_order_changed(session: Session, connection: Connection, row: InboxEvent) -> Plan:
    link = session.scalars(select(OrderLink).where(
        OrderLink.connection_id == connection.id, OrderLink.store_order_id == row.subject).limit(1)).first()
    if link is None:
        return _ignored("Not an order of TikTok Shop")
    return _done(submit_fulfilment(session, link))


def _tested(session: Session, connection: Connection, row: InboxEvent) -> Plan:
    return _ignored("A test message; it arrived")


def _is_of_an_older_login(session: Session, connection: Connection, row: InboxEvent) -> bool:
    """Whether it happened before the present sign-in: stores send their messages for hours and out of order."""
    login, said = session.get(StoreLogin, connection.id), row.event.get("happened_at")
    return bool(login is not None and login.signed_in_at is not None and said and datetime.fromisoformat(said) < login.signed_in_at)


def _uninstalled(session: Session, connection: Connection, row: InboxEvent) -> Plan:
    if _is_of_an_older_login(session, connection, row):
        return _ignored("It is about an older sign-in; the present one is newer")
    title = PLATFORMS[connection.platform].short
    connection.problems = [problem("login.lost", side=title).as_json()]
    login_lost(session, connection.id, f"{title}: Shopbridge was taken out of the store's apps, so its sign-in has ended. Authorise it again.")
    return _done(None)


def _scopes_changed(session: Session, connection: Connection, row: InboxEvent) -> Plan:
    return _done(tasks.submit(session, Kind.CHECK_CONNECTION, connection_id=connection.id,
                              lane=connection_lane(connection.id, Kind.CHECK_CONNECTION), summary="Look at the store's permissions"))


def _orders_named(row: InboxEvent) -> list[str]:
    named = (row.event.get("raw") or {}).get("orders")
    return [str(one) for one in named] if isinstance(named, list) else []


def _data_asked_for(session: Session, connection: Connection, row: InboxEvent) -> Plan:
    privacy.tell_owners(session, connection, _orders_named(row), row.id)
    return _done(None)


def _buyer_to_erase(session: Session, connection: Connection, row: InboxEvent) -> Plan:
    return _done(privacy.submit_erasure(session, connection, _orders_named(row), row.id))


def _store_to_erase(session: Session, connection: Connection, row: InboxEvent) -> Plan:
    if _is_of_an_older_login(session, connection, row):
        return _ignored("The store was connected again since")
    return _done(privacy.submit_erasure(session, connection, None, row.id))


_PLUGIN: dict[str, Callable[[Session, Connection, InboxEvent], Plan]] = {
    "product.saved": _product_saved, "product.deleted": _product_saved, "stock.changed": _offers_changed, "price.changed": _offers_changed,
    "category.saved": _catalogue_changed, "category.deleted": _catalogue_changed, "catalog.changed": _catalogue_changed,
    "order.changed": _store_order_changed, "order.cancelled": _store_order_changed, "shipment.changed": _store_order_changed,
    "refund.created": _store_order_changed, "plugin.test": _tested,
    "store.uninstalled": _uninstalled, "store.scopes_changed": _scopes_changed, "privacy.data_request": _data_asked_for,
    "privacy.customer_redact": _buyer_to_erase, "privacy.shop_redact": _store_to_erase,
}


# -- TikTok Shop


def _plan_tiktok(session: Session, row: InboxEvent) -> Plan:
    app = session.get(App, row.app_id)
    if app is None:
        return InboxState.PARKED, "No such TikTok app", None
    if row.kind in ("SELLER_DEAUTHORIZATION", "UPCOMING_AUTHORIZATION_EXPIRATION"):
        return _grant_news(session, app, row)
    shop = session.scalars(select(Shop).join(Grant, Grant.id == Shop.grant_id).where(
        Grant.app_id == app.id, Shop.tiktok_shop_id == str(row.event.get("owner", "")), Shop.connection_id.is_not(None))).first()
    if shop is None:
        return InboxState.PARKED, "No connection uses this TikTok shop yet", None
    planner = _TIKTOK.get(row.kind)
    return planner(session, shop, row) if planner is not None else _ignored(f"Nothing depends on {row.kind}")


def _order_news(session: Session, shop: Shop, row: InboxEvent) -> Plan:
    return _done(submit_relay(session, shop, row.subject)) if row.subject else _ignored("It names no order")


def _package_news(session: Session, shop: Shop, row: InboxEvent) -> Plan:
    last: Task | None = None
    for package in (row.event.get("raw") or {}).get("data", {}).get("package_list", []):
        for order_id in package.get("order_id_list", []):
            last = submit_relay(session, shop, str(order_id))
    return _done(last) if last is not None else _order_news(session, shop, row)


def _product_news(session: Session, shop: Shop, row: InboxEvent) -> Plan:
    listing = session.scalars(select(Listing).where(Listing.shop_id == shop.id, Listing.tiktok_product_id == row.subject)).first()
    if listing is None:
        return _ignored("Not a product of this connection")
    return _done(submit_for_listing(session, Kind.CHECK_LISTING, shop, listing.id))


_TIKTOK: dict[str, Callable[[Session, Shop, InboxEvent], Plan]] = {
    "ORDER_STATUS_CHANGE": _order_news, "RECIPIENT_ADDRESS_UPDATE": _order_news, "CANCELLATION_STATUS_CHANGE": _order_news,
    "RETURN_STATUS_CHANGE": _order_news, "REVERSE_STATUS_UPDATE": _order_news, "PACKAGE_UPDATE": _package_news,
    "PRODUCT_STATUS_CHANGE": _product_news, "PRODUCT_AUDIT_STATUS_CHANGE": _product_news,
}


def _grant_news(session: Session, app: App, row: InboxEvent) -> Plan:
    owner = str(row.event.get("owner", ""))
    grants = session.scalars(select(Grant).where(
        Grant.app_id == app.id,
        Grant.open_id.in_([owner]) | Grant.id.in_(select(Shop.grant_id).where(Shop.tiktok_shop_id == owner)))).all()
    if not grants:
        return InboxState.PARKED, "No grant of this app belongs to that seller", None
    for grant in grants:
        if row.kind == "SELLER_DEAUTHORIZATION":
            connect.lose_grant(session, grant, "The seller removed the app in Seller Center.")
        else:
            connect.warn_of_expiry(session, grant)
    return _done(None)


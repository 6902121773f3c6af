"""Which flow does which kind of work: the only table."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any

from hub import log
from hub.domain.tasks import Kind

_log = log.get("jobs.handlers")

# Kind -> a flow that takes (hub, task).
TASKS: Mapping[Kind, str] = {
    Kind.DRAIN_INBOX: "hub.flows.inbox:drain",
    Kind.TIDY: "hub.flows.inbox:tidy",
    Kind.REFRESH_TOKEN: "hub.flows.logins:refresh_tokens",
    Kind.SEND_MAIL: "hub.flows.alerts:send_mail",
    Kind.PULL_PRODUCTS: "hub.flows.products:pull_products",
    Kind.REFRESH_PRODUCT: "hub.flows.products:refresh_product",
    Kind.READ_PRODUCTS: "hub.flows.asked:read_products",
    Kind.REFRESH_OFFERS: "hub.flows.products:refresh_offers",
    Kind.COMPARE_DIGEST: "hub.flows.products:compare_digest",
    Kind.REFRESH_TAXONOMY: "hub.flows.categories:refresh_taxonomy",
    Kind.SUGGEST_CATEGORIES: "hub.flows.categories:suggest",
    Kind.CHECK_LISTINGS: "hub.flows.listings:check_listings",
    Kind.SEND_LISTING_ROWS: "hub.flows.listings:send_rows",
    Kind.RELAY_ORDER: "hub.flows.orders:relay_order",
    Kind.RELAY_FULFILMENT: "hub.flows.orders:relay_fulfilment",
    Kind.SYNC_ORDERS: "hub.flows.missed:sync_orders",
    Kind.SYNC_MISSED_ORDERS: "hub.flows.missed:sync_missed",
    Kind.POLL_STORE_ORDERS: "hub.flows.missed:poll_store_orders",
    Kind.RECONCILE: "hub.flows.ledger:reconcile",
    Kind.REFRESH_SHOPS: "hub.flows.connect:refresh_shops",
    Kind.CHECK_CONNECTION: "hub.flows.connect:check_connection",
    Kind.ERASE_BUYERS: "hub.flows.privacy:erase_buyers",
    Kind.CHECK_CSV: "hub.flows.csv_updates:check",
}
# Kind -> a flow that takes (hub, listing id, task): for each item of a fan-out, and for a task of its own, whose
# argument ``listing_id`` it is then.
ITEMS: Mapping[Kind, str] = {
    Kind.PUSH_LISTINGS: "hub.flows.listings:push_listing",
    Kind.PUSH_LISTING: "hub.flows.listings:push_listing",
    Kind.VALIDATE_LISTINGS: "hub.flows.validation:validate_listing",
    Kind.CHECK_LISTINGS: "hub.flows.listings:check_listing",
    Kind.CHECK_LISTING: "hub.flows.listings:check_listing",
    Kind.UPDATE_PRICES: "hub.flows.listings:update_price",
    Kind.UPDATE_PRICE: "hub.flows.listings:update_price",
    Kind.UPDATE_STOCKS: "hub.flows.listings:update_stock",
    Kind.UPDATE_STOCK: "hub.flows.listings:update_stock",
    Kind.ACTIVATE_LISTINGS: "hub.flows.listings:activate",
    Kind.DEACTIVATE_LISTINGS: "hub.flows.listings:deactivate",
    Kind.APPLY_CSV: "hub.flows.csv_updates:apply_row",
}


@functools.cache
def task_flow(kind: Kind) -> Callable[..., Any]:
    """The flow that does a task of this kind. Raises ``LookupError`` where there is none."""
    return _named(TASKS[kind])


@functools.cache
def item_flow(kind: Kind) -> Callable[..., Any]:
    """The flow that does one listing of this kind. Raises ``LookupError`` where there is none."""
    return _named(ITEMS[kind])


def _named(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    flow: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return flow


def load_all() -> None:
    """Imports every flow, so that a worker forks with everything loaded. One that can't be loaded fails its own tasks,
    with a reference, and stops no others."""
    for kinds, find in ((TASKS, task_flow), (ITEMS, item_flow)):
        for kind in kinds:
            try:
                find(kind)
            except (ImportError, AttributeError):
                _log.exception("a flow can't be loaded", kind=str(kind))

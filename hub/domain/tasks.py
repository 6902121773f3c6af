"""The words for work: kinds, states, outcomes, lanes and queues (``architecture.md`` 6)."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a task does; `jobs/handlers.py` says which flow does it."""

    DRAIN_INBOX = "drain_inbox"
    PULL_PRODUCTS = "pull_products"
    REFRESH_PRODUCT = "refresh_product"
    READ_PRODUCTS = "read_products"
    REFRESH_OFFERS = "refresh_offers"
    COMPARE_DIGEST = "compare_digest"
    REFRESH_TAXONOMY = "refresh_taxonomy"
    SUGGEST_CATEGORIES = "suggest_categories"
    PUSH_LISTINGS = "push_listings"
    PUSH_LISTING = "push_listing"
    VALIDATE_LISTINGS = "validate_listings"
    CHECK_LISTINGS = "check_listings"
    CHECK_LISTING = "check_listing"
    UPDATE_PRICES = "update_prices"
    UPDATE_PRICE = "update_price"
    UPDATE_STOCKS = "update_stocks"
    UPDATE_STOCK = "update_stock"
    ACTIVATE_LISTINGS = "activate_listings"
    DEACTIVATE_LISTINGS = "deactivate_listings"
    SEND_LISTING_ROWS = "send_listing_rows"
    RELAY_ORDER = "relay_order"
    RELAY_FULFILMENT = "relay_fulfilment"
    SYNC_ORDERS = "sync_orders"
    SYNC_MISSED_ORDERS = "sync_missed_orders"
    POLL_STORE_ORDERS = "poll_store_orders"
    RECONCILE = "reconcile"
    REFRESH_TOKEN = "refresh_token"
    REFRESH_SHOPS = "refresh_shops"
    CHECK_CONNECTION = "check_connection"
    SEND_MAIL = "send_mail"
    ERASE_BUYERS = "erase_buyers"
    CHECK_CSV = "check_csv"
    APPLY_CSV = "apply_csv"
    TIDY = "tidy"


class TaskState(StrEnum):
    """queued → running → done | failed; held = waits for a reconnect; parked = killed its worker three times (R-22);
    superseded = a newer one of its lane took over."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    DONE = "done"
    FAILED = "failed"
    PARKED = "parked"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What came of it. *Ran* and *accepted* are two questions (PRD-04)."""

    OK = "ok"
    PARTLY = "partly"
    NO_CHANGE = "no_change"
    NEEDS_ATTENTION = "needs_attention"
    FAILED = "failed"
    BUG = "bug"


class ItemState(StrEnum):
    """A part of a big task: waiting → running → done; one whose lane is busy waits."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


class Queue(StrEnum):
    """RQ queues, in the order in which a worker reads them; at least one worker never takes bulk."""

    ORDERS = "orders"
    DEFAULT = "default"
    BULK = "bulk"


TERMINAL = frozenset({TaskState.DONE, TaskState.FAILED, TaskState.PARKED, TaskState.SUPERSEDED, TaskState.CANCELLED})


def listing_lane(listing_id: int) -> str:
    """One thing at a time per listing."""
    return f"listing:{listing_id}"


def order_lane(link_id: int) -> str:
    """One thing at a time per order link."""
    return f"order:{link_id}"


def connection_lane(connection_id: int, what: str) -> str:
    """One pull, one digest, one reconcile … at a time per connection."""
    return f"connection:{connection_id}:{what}"

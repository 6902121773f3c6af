"""BigCommerce: v2 orders and v3 catalogue over REST, joined by a store-level API account (contracts/bigcommerce.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.stores.base import InstallStep, Platform, Store
from hub.stores.bigcommerce.events import read_events
from hub.stores.bigcommerce.settings import BigCommerceSettings
from hub.stores.bigcommerce.store import BigCommerceStore
from hub.stores.bigcommerce.wording import STATUS_TABLE

_ORIGIN_OR_TTS = ("origin", "tts")


def open_store(settings: Mapping[str, Any], hook_secret: str | Sequence[str], options: Mapping[str, Any]) -> Store:
    """The store behind these settings. The hook secret is not needed: the hub calls with the access token alone."""
    return BigCommerceStore(settings, options)


PLATFORM = Platform(
    slug="bigcommerce", title="BigCommerce", settings=BigCommerceSettings, open=open_store, read_events=read_events,
    practice="hub.stores.bigcommerce.sandbox", address=lambda settings: f"store-{settings.get('store_hash') or ''}.mybigcommerce.com",
    # A list may lag behind a write while the platform is busy; an order is made again only after this.
    search_delay_s=60, compare_every_s=6 * 3600,
    checklist=(
        "A BigCommerce user who may make API accounts: the store owner, or one with that permission.",
        "On each product, Track inventory on the variant level, with the stock set under Variants. Product-level stock can't be synced.",
        "On each product, a custom field named Category: its value is mapped to a TikTok Shop category. Set both before you pull products.",
    ),
    steps=(
        InstallStep("In BigCommerce, open [Settings › API Accounts] and press [+ Create API Account]", "Any name will do."),
        InstallStep("Switch the permissions on and press [Save]",
                    "Orders, Order Transactions and Store Inventory: modify. Products, Information & Settings and Store Locations: read-only."),
        InstallStep("Copy Access Token, Client ID and Client Secret to this page",
                    "These credentials can only be viewed once: keep them in a safe place. A lost one means a new API account."),
    ),
    hook_topics=("Products, variants and stock", "Orders, their status and refunds", "Shipments", "Removal of the API account"),
    remembers_deleted=True,
    order_settings=("retry_orders", "sync_tiktok_fulfilled", "carriers"),
    rule_choices={
        ("name", "create"): ("origin", "connector"), ("name", "update"): ("origin", "connector", "tts"),
        ("description", "create"): ("origin",), ("description", "update"): _ORIGIN_OR_TTS,
        ("price", "create"): ("origin",), ("price", "update"): _ORIGIN_OR_TTS,
        ("media", "create"): ("origin",), ("media", "update"): _ORIGIN_OR_TTS,
        ("barcode", "create"): ("origin", "dont_sync"), ("barcode", "update"): _ORIGIN_OR_TTS,
        ("stock", "create"): ("origin", "dont_sync"), ("stock", "update"): _ORIGIN_OR_TTS,
    },
    status_table=STATUS_TABLE,
)

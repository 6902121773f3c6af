"""Shopify, by its GraphQL Admin API (contracts/shopify.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.domain.orders import OrderState
from hub.errors import Refused
from hub.stores.base import InstallStep, Market, Platform, Store
from hub.stores.shopify import oauth
from hub.stores.shopify.events import read_events
from hub.stores.shopify.settings import ShopifyKeys, ShopifySettings
from hub.stores.shopify.store import ShopifyStore


class Installation:
    """“Go to authorize”: to Shopify's page, where the merchant installs the app, and back (SHP-01, SHP-04)."""

    def needs(self) -> Sequence[str]:
        """Without these there is no page to go to."""
        return ("shop", "api_key", "api_secret")

    def consent_url(self, settings: Mapping[str, Any], secrets: Mapping[str, str], state: str, redirect_uri: str) -> str:
        """The store's own page."""
        return oauth.consent_url(_keys(settings, secrets), state, redirect_uri)

    def verify(self, settings: Mapping[str, Any], secrets: Mapping[str, str], query: Mapping[str, str]) -> None:
        """Whether Shopify sent the merchant back from that store."""
        oauth.verify(_keys(settings, secrets), query)

    def exchange(self, settings: Mapping[str, Any], secrets: Mapping[str, str], query: Mapping[str, str], redirect_uri: str,
                 options: Mapping[str, Any]) -> Mapping[str, str]:
        """Both tokens and when the first one ends, by their names in the settings."""
        return oauth.exchange(_keys(settings, secrets), query.get("code", ""), options)


def _keys(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> ShopifyKeys:
    return ShopifyKeys.of({**settings, **secrets})


def open_store(settings: Mapping[str, Any], hook_secret: str | Sequence[str], options: Mapping[str, Any]) -> Store:
    """The store behind these settings. Shopify signs its messages with the app's secret; the hub's own hook secret is not needed."""
    guard = options.get("guard")
    if settings.get("base_url") and guard is not None and not guard.practice:
        raise Refused("A practice address works only in practice mode.", hint="Take the practice address out of the connection.")
    return ShopifyStore(settings, options)


# Origin is the store, Connector this hub (features.md 34.1).
_ORIGIN_OR_TTS = ("origin", "tts")

PLATFORM = Platform(
    slug="shopify", title="Shopify", name="Shopify", settings=ShopifySettings, open=open_store, read_events=read_events,
    practice="hub.stores.shopify.sandbox", install=Installation(), address=lambda settings: str(settings.get("shop") or ""),
    # New orders are searchable after seconds; a minute is on the safe side (contracts/shopify.md 3.4).
    search_delay_s=60, compare_every_s=6 * 3600, remembers_deleted=False,
    markets=(Market(code="US", title="United States"), Market(code="UK", title="United Kingdom"), Market(code="MX", title="Mexico"),
             Market(code="EU", title="European Union (Spain, Ireland, Germany, France, Italy)")),
    checklist=(
        "The address of your store that ends in .myshopify.com. You find it under Settings › Domains.",
        "All products have the Product type filled in: it stands for the category that is mapped to TikTok Shop's.",
        "Stock and prices in Shopify are right: set them up before you pull products.",
        "An app of your own in Shopify's Dev Dashboard, with the scopes that this page names.",
        "Your TikTok Shop Seller Center account, signed in on another tab.",
    ),
    steps=(
        InstallStep("Open the [Dev Dashboard] of Shopify and press [Create app]",
                    "Any name will do. A hub of your own has no shared app: the keys are those of the app that you make for your store."),
        InstallStep("Under [Versions] give the app these scopes", code=",".join(oauth.SCOPES)),
        InstallStep("Add this redirect URL on the same page and press [Release]", shows="redirect"),
        InstallStep("Copy [Client ID] and [Client secret] from [Settings] into App Key and App Secret here"),
        InstallStep("Press [Go to authorize]",
                    "Shopify asks you to install the app; press [Install]. If you have a custom app with an access token already, paste that "
                    "token as Access Token instead."),
    ),
    hook_topics=("Products", "Stock", "Orders", "Shipments", "Refunds", "Removal of the app", "Changed permissions"),
    order_settings=("payment_title", "retry_orders", "sync_tiktok_fulfilled", "restock_cancelled", "restock_returned", "carriers"),
    rule_choices={
        ("name", "create"): ("origin", "connector"), ("name", "update"): ("origin", "connector", "tts"),
        ("description", "create"): ("origin",), ("description", "update"): _ORIGIN_OR_TTS,
        ("price", "create"): ("origin",), ("price", "update"): _ORIGIN_OR_TTS,
        ("media", "create"): ("origin",), ("media", "update"): _ORIGIN_OR_TTS,
        ("barcode", "create"): ("origin", "dont_sync"), ("barcode", "update"): _ORIGIN_OR_TTS,
        ("stock", "create"): ("origin", "dont_sync"), ("stock", "update"): _ORIGIN_OR_TTS,
        ("status", "create"): ("dont_sync",), ("status", "update"): _ORIGIN_OR_TTS,
        ("video", "create"): ("origin", "dont_sync"), ("video", "update"): _ORIGIN_OR_TTS,
        ("brand", "create"): ("connector",), ("brand", "update"): ("connector", "tts"),
    },
    status_table={
        OrderState.UNPAID: "no order", OrderState.ON_HOLD: "On hold", OrderState.AWAITING_SHIPMENT: "Unfulfilled",
        OrderState.PARTIALLY_SHIPPING: "Partially fulfilled", OrderState.AWAITING_COLLECTION: "Fulfilled",
        OrderState.IN_TRANSIT: "Fulfilled (tracked by TikTok Shop)", OrderState.DELIVERED: "Fulfilled", OrderState.COMPLETED: "Fulfilled",
        OrderState.CANCELLED: "Cancelled",
    },
)

"""Adobe Commerce and Magento Open Source 2.4 (contracts/magento.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.stores.base import Platform, Store
from hub.stores.magento import oauth
from hub.stores.magento.events import read_events
from hub.stores.magento.oauth import Consumer, Token
from hub.stores.magento.settings import MagentoSettings
from hub.stores.magento.store import WITHOUT_PLUGIN, MagentoStore


@dataclass(frozen=True, slots=True)
class Handshake:
    """What the callback and identity URLs of the wizard do (MAG-01 … MAG-04).

    ``receive(form) -> Consumer``; ``same_store(consumer, base_url)``; ``exchange(consumer, options) -> Token``, whose
    ``as_settings(consumer)`` are all four keys by their names in the settings.
    """

    receive: Callable[[Mapping[str, str]], Consumer] = oauth.receive_callback
    same_store: Callable[[Consumer, str], bool] = oauth.same_store
    exchange: Callable[..., Token] = oauth.exchange


def open_store(settings: Mapping[str, Any], hook_secret: str, options: Mapping[str, Any]) -> Store:
    """The store behind these settings. The hook secret is not needed: the integration's keys authorise the module's calls."""
    return MagentoStore(settings, options)


PLATFORM = Platform(
    slug="magento", title="Adobe Commerce (Magento)", settings=MagentoSettings, open=open_store, read_events=read_events,
    handshake=Handshake(),
    checklist=(
        "In Magento open System › Integrations and press Add New Integration.",
        "Paste the Callback URL and the Identity Link URL from this page.",
        "On the tab API choose Resource Access: All, or at least Catalog, Sales, Stores and Shopbridge.",
        "Save, press Activate, then Allow. The integration's status turns to Active.",
        "Install the Shopbridge module and paste the Web Hook URL under Stores › Configuration › TikTok Shop Connector.",
    ),
    without_plugin=WITHOUT_PLUGIN,
    help_topics={"store.permission": "magento-integration", "store.plugin_missing": "magento-module", "login.lost": "magento-integration"},
)

"""Adobe Commerce and Magento Open Source 2.4 (contracts/magento.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.stores.base import InstallStep, Platform, PluginOffer, Store, api_options
from hub.stores.magento import oauth
from hub.stores.magento.events import read_events
from hub.stores.magento.oauth import Consumer
from hub.stores.magento.settings import MagentoSettings
from hub.stores.magento.store import WITHOUT_PLUGIN, MagentoStore


class Activation:
    """What the callback and identity URLs of the wizard do when Activate is pressed in Magento (MAG-01 … MAG-04)."""

    def receive(self, form: Mapping[str, str]) -> Consumer:
        """What Magento posted to the callback URL."""
        return oauth.receive_callback(form)

    def same_store(self, consumer: Consumer, base_url: str) -> bool:
        """Whether it came from the store whose address was entered."""
        return oauth.same_store(consumer, base_url)

    def exchange(self, consumer: Consumer, options: Mapping[str, Any]) -> Mapping[str, str]:
        """All four keys, by their names in the settings; the integration is active from then on."""
        return oauth.exchange(consumer, options).as_settings(consumer)


def open_store(settings: Mapping[str, Any], hook_secret: str | Sequence[str], options: Mapping[str, Any]) -> Store:
    """The store behind these settings. The hook secret is not needed: the integration's keys authorise the module's calls."""
    return MagentoStore(settings, api_options(options))


_ORIGIN_OR_TTS = ("origin", "tts")

PLATFORM = Platform(
    slug="magento", title="Adobe Commerce (Magento)", name="Magento", settings=MagentoSettings, open=open_store, read_events=read_events,
    handshake=Activation(), practice="hub.stores.magento.sandbox",
    checklist=(
        "In Magento open System › Integrations and press Add New Integration.",
        "Paste the Callback URL and the Identity Link URL from this page.",
        "On the tab API choose Resource Access: All, or at least Catalog, Sales, Stores and Shopbridge.",
        "Save, press Activate, then Allow. The integration's status turns to Active.",
        "Install the Shopbridge module and paste the Web Hook URL under Stores › Configuration › TikTok Shop Connector.",
    ),
    steps=(
        InstallStep("In Magento, open [System › Integrations] and press [Add New Integration]",
                    "Name it Shopbridge. Magento asks for your own password there; we never see it."),
        InstallStep("Paste these two addresses", shows="addresses"),
        InstallStep("On the [API] tab, choose what we may do",
                    "[All] works. If you'd rather give less, tick Catalog, Inventory, Sales and Stores › All Stores."),
        InstallStep("Save, then press [Activate] and [Allow]", shows="activation"),
        InstallStep("Check that it works", "Next asks Magento for everything that we need and names what is missing."),
    ),
    plugin=PluginOffer(
        download="Give the file to whoever runs your server.",
        steps=(
            InstallStep(
                "Install it on the server, in Magento's folder",
                "In production mode, also setup:di:compile and setup:static-content:deploy. With Composer: put the file into a folder, add that "
                "as an “artifact” repository and require shopbridge/module-tiktok-shop.",
                "mkdir -p app/code/Shopbridge/TikTokShop\nunzip {file} -d app/code/Shopbridge/TikTokShop\n"
                "bin/magento module:enable Shopbridge_TikTokShop\nbin/magento setup:upgrade"),
            InstallStep("In [Stores › Configuration › TikTok Shop Connector › Saas Configuration] set Enabled to Yes, paste this as Web Hook "
                        "URL, and save"),
        ),
        cron="Nothing is sent without it. Ask whoever runs the server for “bin/magento cron:install”.",
        where="in Magento under Stores › Configuration › TikTok Shop Connector", without=WITHOUT_PLUGIN,
        seller_returns_to="tts/authorization/code",
    ),
    rule_choices={
        ("name", "create"): ("origin", "connector"), ("name", "update"): ("origin", "connector", "tts"),
        ("description", "create"): ("origin",), ("description", "update"): _ORIGIN_OR_TTS,
        ("price", "create"): ("origin",), ("price", "update"): _ORIGIN_OR_TTS,
        ("media", "create"): ("origin",), ("media", "update"): _ORIGIN_OR_TTS,
        ("stock", "create"): ("origin", "dont_sync"), ("stock", "update"): _ORIGIN_OR_TTS,
    },
)

"""PrestaShop 1.7.8 to 9 (contracts/prestashop.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.stores.base import InstallStep, Platform, PluginOffer, Store, api_options
from hub.stores.prestashop.events import read_events
from hub.stores.prestashop.settings import PrestaShopSettings
from hub.stores.prestashop.store import WITHOUT_PLUGIN, PrestaShopStore


def open_store(settings: Mapping[str, Any], hook_secret: str | Sequence[str], options: Mapping[str, Any]) -> Store:
    """The shop behind these settings. The hook secret signs the module's calls; during a rotation give both, new one first."""
    secrets = (hook_secret,) if isinstance(hook_secret, str) else tuple(hook_secret)
    return PrestaShopStore(settings, secrets, api_options(options))


_ORIGIN_OR_TTS = ("origin", "tts")

PLATFORM = Platform(
    slug="prestashop", title="PrestaShop", settings=PrestaShopSettings, open=open_store, read_events=read_events,
    practice="hub.stores.prestashop.sandbox",
    checklist=(
        "In PrestaShop open Advanced Parameters › Webservice and switch “Enable PrestaShop's webservice” on.",
        "Press Add new webservice key, press Generate, tick View for all resources, and save.",
        "Copy the key into this page, with the store's address.",
        "Download the Shopbridge module here and install it under Modules › Module Manager › Upload a module.",
        "Open the module's Configure page, paste the Webhook URL from this page, and save.",
    ),
    steps=(
        InstallStep("In PrestaShop, open [Advanced Parameters › Webservice] and switch “Enable PrestaShop's webservice” on"),
        InstallStep("Press [Add new webservice key], then [Generate]", "Tick View for all resources, and save."),
        InstallStep("Copy the key into Access token here"),
    ),
    plugin=PluginOffer(
        download="Keep the file as it is; don't unpack it.",
        steps=(
            InstallStep("In PrestaShop, open [Modules › Module Manager] and press [Upload a module]",
                        "Drop the file there. PrestaShop installs it by itself."),
            InstallStep("Press [Configure], paste this as Webhook URL, and save"),
        ),
        cron="Changes leave only when somebody opens a page of your shop. Add the cron address of the module's Configure page to your "
             "server's cron, once a minute.",
        where="in PrestaShop on the module's Configure page", without=WITHOUT_PLUGIN,
    ),
    rule_choices={
        ("name", "create"): ("origin", "connector"), ("name", "update"): ("origin", "connector", "tts"),
        ("description", "create"): ("origin",), ("description", "update"): _ORIGIN_OR_TTS,
        ("price", "create"): ("origin",), ("price", "update"): _ORIGIN_OR_TTS,
        ("media", "create"): ("origin",), ("media", "update"): _ORIGIN_OR_TTS,
        ("barcode", "create"): ("origin", "dont_sync"), ("barcode", "update"): _ORIGIN_OR_TTS,
        ("stock", "create"): ("origin", "dont_sync"), ("stock", "update"): _ORIGIN_OR_TTS,
    },
)

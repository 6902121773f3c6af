"""The simulated shop as one object: catalogue, orders, integration, plugin, and the lock that guards them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import requests

from hub import clock
from hub.seed import SeedCatalogue
from hub.simulator import Faults, Journal
from hub.simulator_plugin import EventSender, product_subject
from hub.stores.magento.sandbox.catalogue import Catalogue, Product
from hub.stores.magento.sandbox.oauth import Integration
from hub.stores.magento.sandbox.orders import Orders

PLUGIN_MODULE = "Shopbridge_TikTokShop"
PLUGIN_VERSION = "1.0.0"
CORE_MODULES = ("Magento_Store", "Magento_Config", "Magento_Directory", "Magento_Backend", "Magento_Eav",
                "Magento_Customer", "Magento_Integration", "Magento_Catalog", "Magento_CatalogInventory",
                "Magento_ConfigurableProduct", "Magento_Bundle", "Magento_Quote", "Magento_SalesSequence",
                "Magento_Sales", "Magento_Tax", "Magento_Inventory", "Magento_InventoryApi",
                "Magento_InventorySales", "Magento_InventorySalesApi", "Magento_InventoryReservations")  # fmt: skip
CAPABILITIES = ("orders", "offers", "digest", "listings", "events")


class MagentoSim:
    """One practice shop. `lock` is held by every route; `http` carries what the shop itself sends.

    The plugin's keys of orders, shipments and refunds live here as its module's tables would: they outlive an order
    that the merchant deletes.
    """

    name = "magento"

    def __init__(
        self,
        seed: SeedCatalogue,
        integration: Callable[[Callable[[], datetime]], Integration],
        *,
        base_url: str | None,
        store_name: str,
        locale: str,
        timezone: str,
        prices_include_tax: bool,
        allowed_countries: Iterable[str] | None,
        http: requests.Session | None,
        journal: Journal | None,
        version: str,
    ) -> None:
        self.lock = threading.RLock()
        self.journal = journal or Journal()
        self.faults = Faults()
        self.skew = timedelta(0)
        self.base_url = base_url.rstrip("/") + "/" if base_url else ""
        self.store_name = store_name
        self.locale = locale
        self.timezone = timezone
        self.version = version
        self.prices_include_tax = prices_include_tax
        self.allowed_countries = set(allowed_countries) if allowed_countries is not None else None
        self.integration = integration(self.now)
        self.plugin_installed = True
        self.max_page_size: int | None = None
        self.drop_percent = 0.0
        self._drop_debt = 0.0
        self.http = http or requests.Session()
        self.http.trust_env = False
        self.catalogue = Catalogue(seed, self.now)
        self.orders = Orders(self.catalogue, self.now, self.say)
        self.order_keys: dict[str, dict[str, Any]] = {}
        self.ship_keys: dict[tuple[str, str], dict[str, Any]] = {}
        self.refund_keys: dict[tuple[str, str], dict[str, Any]] = {}
        self.listings: dict[tuple[str, str], dict[str, Any]] = {}
        self.sender = EventSender("magento", hello=self.hello, version=PLUGIN_VERSION, session=self.http)

    def now(self) -> datetime:
        """The shop's own idea of the time."""
        return clock.now() + self.skew

    def say(self, kind: str, subject: Product | dict[str, str], *, via: str, hint: dict[str, Any] | None = None) -> None:
        """What an observer of the plugin writes into its queue; nothing without a plugin."""
        if not self.plugin_installed or self._is_dropped():
            return
        if isinstance(subject, Product):
            parent = subject.parent_id
            if parent is None:
                subject = product_subject(str(subject.id), "", subject.sku)
            else:
                subject = product_subject(str(parent), str(subject.id), subject.sku)
        self.sender.add(kind, subject, via=via, hint=hint)

    def _is_dropped(self) -> bool:
        # Evenly spread instead of random, so that a run can be repeated.
        self._drop_debt += self.drop_percent
        if self._drop_debt >= 100:
            self._drop_debt -= 100
            return True
        return False

    def hello(self) -> dict[str, Any]:
        """`hello.hint`, and the facts of the plugin's health page."""
        state = self.sender.state()
        return {
            "plugin_version": PLUGIN_VERSION,
            "platform_version": self.version,
            "php": "8.2.0",
            "base_url": self.base_url,
            "api_url": f"{self.base_url}rest/all/V1/",
            "timezone": self.timezone,
            "currency": self.catalogue.currency,
            "locales": [self.locale],
            "stores": [
                {
                    "code": "default",
                    "name": self.store_name,
                    "currency": self.catalogue.currency,
                    "locale": self.locale,
                }
            ],
            "modules": self.modules(),
            "cron_seen_at": self.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "queue": {
                "waiting": state.waiting,
                "oldest_s": round(state.oldest_s),
                "failed": len(state.failed),
            },
            "capabilities": list(CAPABILITIES),
        }

    def modules(self) -> list[str]:
        """Names of the active modules."""
        return [*CORE_MODULES, PLUGIN_MODULE] if self.plugin_installed else list(CORE_MODULES)

"""The store systems that the hub knows: one line each, and nothing else to do (``architecture.md`` 5d)."""

from __future__ import annotations

from collections.abc import Mapping

from hub.stores import bigcommerce, magento, prestashop, shopify
from hub.stores.base import Platform

PLATFORMS: Mapping[str, Platform] = {platform.slug: platform for platform in (
    bigcommerce.PLATFORM, magento.PLATFORM, prestashop.PLATFORM, shopify.PLATFORM)}

"""The store systems that the hub knows, in the order in which they are offered: a name each, and nothing else to do
(docs/adding-a-platform.md)."""

from __future__ import annotations

from collections.abc import Mapping

from hub.stores import bigcommerce, magento, prestashop, shopify
from hub.stores.base import Platform

PLATFORMS: Mapping[str, Platform] = {one.PLATFORM.slug: one.PLATFORM for one in (magento, prestashop, shopify, bigcommerce)}

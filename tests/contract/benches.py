"""The benches by platform: one line each, as in `hub.stores`."""

from __future__ import annotations

from collections.abc import Mapping

from tests.contract.bench import Bench
from tests.contract.bench_bigcommerce import BigCommerceBench
from tests.contract.bench_magento import MagentoBench
from tests.contract.bench_prestashop import PrestaShopBench
from tests.contract.bench_shopify import ShopifyBench

BENCHES: Mapping[str, type[Bench]] = {bench.slug: bench for bench in (BigCommerceBench, MagentoBench, PrestaShopBench, ShopifyBench)}

"""A practice Shopify with a large catalogue, and two ways to read its bulk file, each in a process of its own.

    python -m tests.benchmarks.shopify_bulk serve PRODUCTS         # prints its address, and waits for a line on its input
    python -m tests.benchmarks.shopify_bulk bare ADDRESS FILE      # the bound: each line downloaded and read as JSON, nothing else
    python -m tests.benchmarks.shopify_bulk hub ADDRESS CURSOR     # the adapter: products as the hub keeps them, from a cursor on

The readers print one JSON line: seconds, seconds of computing, products, lines or pages, peak memory in MB. An empty cursor lets
the adapter start the bulk operation itself.
"""

from __future__ import annotations

import json
import re
import sys
import time
from decimal import Decimal
from pathlib import Path

import requests

TOKEN, KEY, SECRET = f"shpat_{'7' * 32}", "c" * 32, f"shpss_{'5' * 32}"


def settings(address: str) -> dict[str, str]:
    """The login of the practice shop at this address."""
    from hub.stores.shopify.sandbox import SHOP_DOMAIN

    return {"shop": SHOP_DOMAIN, "api_key": KEY, "api_secret": SECRET, "access_token": TOKEN, "base_url": address}


def serve(count: int) -> None:
    """The shop: simple products with a picture and three facts, every tenth a configurable of four variants."""
    from hub.seed import SeedCatalogue, SeedCategory, SeedImage, SeedProduct, SeedVariant
    from hub.simulator import serve as served
    from hub.stores.shopify.sandbox import create_simulator

    picture = SeedImage("jacket.jpg", "Jacket", draw=lambda: b"\xff\xd8 a picture")
    sizes = tuple("SMLX")

    def product(number: int) -> SeedProduct:
        common = {"brand": "Luma", "images": (picture,), "categories": (("Men", f"Jackets {number % 40}"),), "weight_kg": Decimal("0.9"),
                  "attributes": {"material": "Wool", "climate": "Cold", "pattern": "Solid"}}
        words = (f"p{number}", f"SKU-{number}", f"Jacket number {number}", "<p>A warm jacket for cold days, made to last.</p>" * 4, Decimal("39.00"))
        if number % 10:
            return SeedProduct(*words, quantity=10, **common)
        return SeedProduct(*words, "configurable", axes=("size",), variants=tuple(
            SeedVariant(f"SKU-{number}-{size}", {"size": size}, Decimal("39.00"), 5, weight_kg=Decimal("0.9")) for size in sizes), **common)

    seed = SeedCatalogue("Big shop", tuple(product(number) for number in range(1, count + 1)),
                         (SeedCategory(("Men",)), *(SeedCategory(("Men", f"Jackets {number}")) for number in range(40))), "GBP", {"size": "Size"})
    app = create_simulator(catalogue=seed, base_url="", access_token=TOKEN, api_key=KEY, api_secret=SECRET, bucket=1_000_000, restore_rate=1_000_000)
    with served(app) as server:
        app.sim.base_url = server.url.rstrip("/")
        print(server.url, flush=True)
        sys.stdin.readline()


def bare(address: str, file: str) -> dict[str, float]:
    """Every line of the file as JSON."""
    products = lines = 0
    with requests.get(file, stream=True, timeout=60) as answer:
        for line in answer.iter_lines(chunk_size=65536):
            products += "__parentId" not in json.loads(line)
            lines += 1
    return {"products": products, "lines": lines}


def hub(address: str, cursor: str) -> dict[str, float]:
    """Every product as the adapter gives it."""
    from hub.stores.shopify.store import ShopifyStore

    products = pages = variants = 0
    for _, page in ShopifyStore(settings(address), {}).products(None, None, after=cursor):
        products += len(page)
        variants += sum(len(one.variants) for one in page)
        pages += bool(page)
    return {"products": products, "lines": pages, "variants": variants}


def main() -> None:
    """See above."""
    mode, *given = sys.argv[1:]
    if mode == "serve":
        serve(int(given[0]))
        return
    if mode == "hub":
        # What a worker has loaded long before is not part of the reading.
        import logging

        import structlog

        from hub.stores.shopify import store  # noqa: F401
        from hub.stores.shopify.sandbox import SHOP_DOMAIN  # noqa: F401

        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    started, computed = time.perf_counter(), time.process_time()
    found = (bare if mode == "bare" else hub)(*given)
    spent = {"seconds": time.perf_counter() - started, "computed": time.process_time() - computed}
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps({**found, **spent, "peak_mb": int(peak[1]) / 1024 if peak else 0.0}))


if __name__ == "__main__":
    main()

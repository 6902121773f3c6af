"""A whole Shopify catalogue by one bulk operation, against reading its JSON lines bare; and what it takes of memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.benchmarks.report import ROUNDS, Report, median
from tests.benchmarks.shopify_bulk import TOKEN

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]
ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = int(os.environ.get("BENCH_PRODUCTS", "100000"))
LATEST = "{ bulkOperations(first: 1, reverse: true) { nodes { id status url fileSize objectCount } } }"
COMMAND = [sys.executable, "-m", "tests.benchmarks.shopify_bulk"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
# The adapter makes values of each line (a product with pictures, categories, attributes, variants); the bound only reads it.
RATE, MEMORY, GROWTH = 0.2, 3.0, 1.1


@pytest.fixture
def shop() -> Iterator[str]:
    """The address of a practice shop with so many products."""
    server = subprocess.Popen([*COMMAND, "serve", str(PRODUCTS)], cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin is not None and server.stdout is not None
    address = server.stdout.readline().strip()
    assert address, "the practice shop did not start"
    yield address
    server.stdin.close()
    server.wait(30)


def reading(*arguments: str) -> dict[str, float]:
    """One way of reading, in a process of its own."""
    done = subprocess.run([*COMMAND, *arguments], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def latest(address: str) -> dict[str, Any]:
    """The bulk operation that was made last."""
    answer = requests.post(f"{address.rstrip('/')}/admin/api/2026-07/graphql.json", json={"query": LATEST}, timeout=60,
                           headers={"X-Shopify-Access-Token": TOKEN})
    node: dict[str, Any] = answer.json()["data"]["bulkOperations"]["nodes"][0]
    return node


def test_a_whole_catalogue_is_read_near_the_bare_file_and_memory_does_not_grow_with_it(shop: str, report: Report) -> None:
    whole = reading("hub", shop, "")
    operation = latest(shop)
    assert operation["status"] == "COMPLETED" and whole["products"] == PRODUCTS
    number, size = operation["id"].rpartition("/")[2], int(operation["fileSize"])
    bares, hubs = [], []
    for _ in range(ROUNDS):
        bares.append(reading("bare", shop, operation["url"]))
        hubs.append(reading("hub", shop, f"bulk:{number}:0"))
    # The last tenth alone: what it takes of memory is what a small catalogue takes.
    small = reading("hub", shop, f"bulk:{number}:{_start_of_a_product(operation['url'], size * 9 // 10)}")
    rate = median([bare["computed"] / hub["computed"] for bare, hub in zip(bares, hubs, strict=True)])
    memory = median([hub["peak_mb"] / bare["peak_mb"] for bare, hub in zip(bares, hubs, strict=True)])
    growth = whole["peak_mb"] / small["peak_mb"]
    report.note(
        "5", "Shopify's bulk file into products", f"≥ {RATE:.2f} of reading its lines as JSON", f"{rate:.2f}", rate >= RATE,
        f"{PRODUCTS / median([hub['computed'] for hub in hubs]):,.0f} of {PRODUCTS / median([bare['computed'] for bare in bares]):,.0f} products/s "
        f"of computing; {PRODUCTS:,} products, {int(operation['objectCount']):,} lines, {size / 1e6:,.0f} MB; "
        f"with the operation itself {whole['seconds']:.0f} s")
    report.note(
        "5", "peak memory of a Shopify bulk pull", f"< {MEMORY:.0f} × reading its lines as JSON; ≤ {GROWTH:.1f} × that of its last tenth",
        f"{memory:.1f} ×; {growth:.2f} ×", memory < MEMORY and growth <= GROWTH,
        f"{median([hub['peak_mb'] for hub in hubs]):.0f} MB against {median([bare['peak_mb'] for bare in bares]):.0f} MB")
    assert all(one["products"] == PRODUCTS for one in (*bares, *hubs)) and 0 < small["products"] < PRODUCTS / 5
    assert rate >= RATE
    assert memory < MEMORY and growth <= GROWTH


def _start_of_a_product(url: str, about: int) -> int:
    """Where a product begins in the file, from about this byte on."""
    piece = requests.get(url, headers={"Range": f"bytes={about}-{about + 1_000_000}"}, timeout=60).content
    at = piece.index(b"\n") + 1
    while b"__parentId" in piece[at:piece.index(b"\n", at)]:
        at = piece.index(b"\n", at) + 1
    return about + at

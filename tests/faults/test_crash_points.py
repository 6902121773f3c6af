"""Every window of an order's way, met on purpose: the process dies there, and the order is in the store once (R-04)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.bench import Bench, answers
from tests.faults.checker import broken
from tests.support.processes import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
WINDOWS = (
    "inbox.before_commit", "inbox.after_commit", "drain.before_commit", "drain.after_commit", "task.claimed",
    "task.before_flow", "magento.orders.create.before", "magento.orders.create.after", "task.before_settle",
    "task.after_settle", "schedule.before_commit", "schedule.after_commit",
)


def place(bench: Bench, quantity: int = 1, number: int = 0) -> str:
    """A buyer orders the SKU with this number; TikTok Shop has enough of it."""
    skus = bench.world.skus()
    sku = skus[number % len(skus)]
    bench.world.tiktok("PUT", "stock", {"sku_id": sku.tiktok_sku_id, "quantity": 100})
    placed = bench.world.tiktok("POST", "orders", {
        "shop_id": bench.world.shop().tiktok_shop_id, "status": "AWAITING_SHIPMENT",
        "shipping": {"original": "4.99"}, "lines": [{"sku_id": sku.tiktok_sku_id, "quantity": quantity}]})
    return str(placed["id"])


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize("window", WINDOWS)
def test_a_crash_in_this_window_costs_no_order_and_makes_no_second_one(bench: Bench, window: str, tmp_path: Path) -> None:
    marker = tmp_path / "crashed"
    bench.processes.restart(f"{window}@{marker}")
    until(lambda: _web_answers(bench), 30, "the web side")
    order = place(bench)
    bench.world.deliver()
    until(marker.exists, 30, f"the crash at {window}")
    bench.recover()
    assert broken(bench.world) == []
    assert [one["key"] for one in bench.world.store_orders()].count(order) == 1


def _web_answers(bench: Bench) -> bool:
    return answers(bench.hub.config.bind_port)

"""G4 and G5: a catalogue into the database, against the quickest way there is; and again when nothing changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.report import ROUNDS, Report, median

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]
ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = int(os.environ.get("BENCH_PRODUCTS", "100000"))
# The rounds are smaller than the run whose memory is taken: the ratio does not depend on the size, the time does.
A_ROUND = max(1_000, PRODUCTS // 10)


def load(mode: str, url: str, count: int) -> dict[str, float]:
    """One way of loading, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.catalogue", mode, url, str(count)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_catalogue_is_stored_near_the_quickest_way_and_an_unchanged_one_quicker(
    store_name: str,
    fresh_database: Callable[[], str],
    report: Report,
) -> None:
    bound_mode, goal = ("raw", 0.70) if store_name == "SQLite" else ("copy", 0.30)
    # SQLite is part of the process that writes: there the computing is all, and a busy machine does not lengthen it.
    time_of = "computed" if store_name == "SQLite" else "seconds"
    ratios, changed_rates, unchanged_rates, hub_rates, bound_rates = [], [], [], [], []
    for _ in range(ROUNDS):
        bound = load(bound_mode, fresh_database(), A_ROUND)
        url = fresh_database()
        first = load("hub", url, A_ROUND)
        changed = load("hub changed", url, A_ROUND)
        unchanged = load("hub unchanged", url, A_ROUND)
        ratios.append(bound[time_of] / first[time_of])
        hub_rates.append(first["rows"] / first[time_of])
        bound_rates.append(bound["rows"] / bound[time_of])
        changed_rates.append(changed["products"] / changed[time_of])
        unchanged_rates.append(unchanged["products"] / unchanged[time_of])
    whole = load("hub", fresh_database(), PRODUCTS)
    found = median(ratios)
    again = median([new / old for new, old in zip(unchanged_rates, changed_rates, strict=True)])
    bound_name = "executemany" if store_name == "SQLite" else "COPY"
    report.note(
        "G4",
        f"catalogue upsert, {store_name}",
        f"≥ {goal:.2f} of {bound_name}",
        f"{found:.2f}",
        found >= goal,
        f"{median(hub_rates):,.0f} of {median(bound_rates):,.0f} rows/s{' of computing' if time_of == 'computed' else ''}",
    )
    report.note(
        "G4",
        f"peak memory of a whole catalogue, {store_name}",
        "< 200 MB",
        f"{whole['peak_mb']:.0f} MB",
        whole["peak_mb"] < 200,
        f"{PRODUCTS:,} products, {whole['rows']:,.0f} rows in {whole['seconds']:.1f} s",
    )
    report.note(
        "G5",
        f"unchanged re-sync, {store_name}",
        "≥ 1.7 × the rate of a changed one",
        f"{again:.2f} ×",
        again >= 1.7,
        f"{median(unchanged_rates):,.0f} against {median(changed_rates):,.0f} products/s",
    )
    assert found >= goal
    assert whole["peak_mb"] < 200
    assert again >= 1.7

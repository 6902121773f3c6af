"""What the benchmarks found: kept as JSON, shown as a table in `docs/performance.md`.

A run replaces the rows it measured and leaves the others, so that one goal can be measured again by itself.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))

_HEAD = """# Performance

Measured by `make bench`, which writes this page and `performance.json`. Every figure in the column "measured" is a ratio, or a
count, against a bound taken in the same run on the same machine; where it is taken in rounds, the ratio is taken inside each
round and the median is shown. Absolute figures differ from machine to machine and from minute to minute; the ratios travel, as long
as nothing else keeps the machine busy: the last column names the load of the five minutes around each measurement (the benchmark's
own processes make about 3 of it), and a row taken under a higher one says little about goals that count milliseconds. Where many
processes share two cores, a way that needs few of them (the hub's one writer against the naive way's sixteen connections) gets the
smaller share of the machine: the milliseconds of computing that each request takes of the web processes stand beside its rate.

| # | what | goal | measured | met | seen in absolute figures | when |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """One measurement. ``goal`` and ``measured`` as people read them; ``seen`` the absolute figures behind it."""

    goal_id: str
    what: str
    goal: str
    measured: str
    met: bool
    seen: str
    at: str
    machine: str


def median(values: Sequence[float]) -> float:
    """The middle one of the rounds."""
    return statistics.median(values)


def in_rounds(measures: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Takes each measure once a round, one after the other, so that a busy minute touches all of them alike."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def ratio(found: Mapping[str, Sequence[float]], of: str, to: str) -> float:
    """The median of the rounds' ratios."""
    return median([one / other for one, other in zip(found[of], found[to], strict=True)])


def machine() -> str:
    """The machine in a few words, without its name."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _read("/proc/cpuinfo").splitlines() if line.startswith("model name")),
        platform.machine(),
    )
    memory = next((int(line.split()[1]) // 1024**2 for line in _read("/proc/meminfo").splitlines() if line.startswith("MemTotal")), 0)
    return f"{len(os.sched_getaffinity(0))} × {cpu}, {memory} GB, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def _read(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""


def commit() -> str:
    """The commit that was measured."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=DOCS.parent, capture_output=True, text=True)
    return done.stdout.strip()


def _place(row: dict[str, str]) -> tuple[bool, float, str]:
    """G1 to G10 of the baselines first, then what the issues ask for besides."""
    is_baseline = row["goal_id"].startswith("G")
    return not is_baseline, float(row["goal_id"].lstrip("G")), row["what"]


class Report:
    """Collects rows and writes both files after each, so that an interrupted run loses nothing."""

    def __init__(self, folder: Path = DOCS) -> None:
        self._json, self._table = folder / "performance.json", folder / "performance.md"

    def note(self, goal_id: str, what: str, goal: str, measured: str, met: bool, seen: str = "") -> None:
        """Writes down one measurement; the caller asserts."""
        rows = {(row["goal_id"], row["what"]): row for row in self._kept()}
        now = datetime.now(UTC)
        rows[goal_id, what] = asdict(
            Row(goal_id, what, goal, measured, met, seen, f"{now:%Y-%m-%d %H:%M} UTC, {commit()}, load {os.getloadavg()[1]:.1f}", machine())
        )
        ordered = sorted(rows.values(), key=_place)
        self._json.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")
        lines = [
            f"| {row['goal_id']} | {row['what']} | {row['goal']} | {row['measured']} | {'yes' if row['met'] else '**no**'} "
            f"| {row['seen']} | {row['at']} |"
            for row in ordered
        ]
        machines = sorted({row["machine"] for row in ordered})
        self._table.write_text(_HEAD + "\n".join(lines) + "\n\nMachine: " + "; ".join(machines) + ".\n")

    def _kept(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self._json.read_text()) if self._json.exists() else []
        return found

"""G10: after a SIGKILL work goes on within lease and sweep, in real time and by nobody's help."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from hub import clock
from hub.config import Config
from hub.domain.tasks import Kind, TaskState
from hub.flows import tasks
from tests.benchmarks.report import Report
from tests.support.hubs import opened, task
from tests.support.processes import process, until

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]
LIMIT_S = 60


@pytest.fixture
def config(fresh_database: Callable[[], str], redis_url: str, tmp_path: Path) -> Config:
    return Config.from_env({"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": fresh_database(),
                            "REDIS_URL": redis_url})  # fmt: skip


def test_work_goes_on_after_its_worker_is_killed(store_name: str, config: Config, tmp_path: Path, report: Report) -> None:
    marker = tmp_path / "crashed"
    with opened(config) as hub, process(config, "jobs.schedule"):
        with hub.db.write() as session:
            number = tasks.submit(session, Kind.TIDY).id
        with process(config, "jobs.worker", HUB_CRASH_AT=f"task.claimed@{marker}") as first:
            until(lambda: first.poll() is not None, 60, "the crash")
        assert first.returncode == -signal.SIGKILL and task(hub, number).state is TaskState.RUNNING
        started = time.monotonic()
        with process(config, "jobs.worker"):
            until(lambda: task(hub, number).state is TaskState.DONE, 2 * LIMIT_S, "the second run")
        waited = time.monotonic() - started
    report.note("G10", f"work-horse and worker killed by SIGKILL, {store_name}", f"≤ {LIMIT_S} s", f"{waited:.0f} s", waited <= LIMIT_S)
    assert waited <= LIMIT_S


def test_what_is_due_runs_after_the_leading_scheduler_is_killed(store_name: str, config: Config, report: Report) -> None:
    with opened(config) as hub, process(config, "jobs.worker"), process(config, "jobs.schedule") as leader:
        with hub.db.write() as session:
            first = tasks.submit(session, Kind.TIDY, run_at=clock.now() + timedelta(seconds=2), lane="first").id
        until(lambda: task(hub, first).state is TaskState.DONE, 60, "the first task")
        with process(config, "jobs.schedule"):
            with hub.db.write() as session:
                second = tasks.submit(session, Kind.TIDY, run_at=clock.now() + timedelta(seconds=1), lane="second").id
            os.kill(leader.pid, signal.SIGKILL)
            started = time.monotonic()
            until(lambda: task(hub, second).state is TaskState.DONE, 2 * LIMIT_S, "the task that came due")
            waited = time.monotonic() - started
    report.note("G10", f"leading scheduler killed by SIGKILL, {store_name}", f"≤ {LIMIT_S} s", f"{waited:.0f} s", waited <= LIMIT_S)
    assert waited <= LIMIT_S

"""Real worker and scheduler processes over a test's database and queue. They are ended by their own id only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.config import Config

ROOT = Path(__file__).resolve().parents[2]


def environment(config: Config, **more: str) -> dict[str, str]:
    """What a process of this hub is started with."""
    return {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": os.environ.get("HOME", "/"),
        "SHOPBRIDGE_MODE": config.mode, "DATA_DIR": str(config.data_dir), "DATABASE_URL": config.database_url,
        "REDIS_URL": config.redis_url, "LOG_LEVEL": "WARNING", **more,
    }


@contextmanager
def process(config: Config, *words: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m words…` for the length of a test."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    out = open(config.data_dir / f"{words[0]}.log", "ab")
    child = subprocess.Popen([sys.executable, "-m", *words], env=environment(config, **more), cwd=ROOT, stdout=out,
                             stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield child
    finally:
        stop(child)
        out.close()


def stop(child: subprocess.Popen[bytes], grace_s: float = 15) -> int:
    """SIGTERM, then SIGKILL; answers the exit code."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(grace_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(5)
    return int(child.returncode)


def until(holds: Callable[[], bool], seconds: float = 30, says: str = "it") -> float:
    """Waits until this holds; answers how long it took. Fails with `says`."""
    started = time.monotonic()
    pause = threading.Event()
    while not holds():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"{says} did not happen within {seconds:.0f} s")
        pause.wait(0.05)
    return time.monotonic() - started

"""The one clock: what time it is, for every process alike.

Three ways to move it, all seen by every caller of `now()`:

- `hold(moment)` freezes it in this process (tests);
- a clock file (variable HUB_CLOCK_FILE) shifts it in all processes that name the same file. Its text is either a
  number of seconds to add to the real time (`-3600`, `86400.5`), or an ISO moment with a zone
  (`2026-03-01T00:00:00+00:00`), which stands for that moment *at the time the file was written*; time goes on
  from there. A missing or empty file means no shift.

The file is looked at again at most every 50 ms, so a change is seen everywhere within that time.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time as _time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

_LOOK_EVERY_S = 0.05

_lock = threading.Lock()
_held: list[datetime] = []
_file: Path | None = None
_looked_at = float("-inf")
_seen: tuple[int, int, int] | None = None
_shift = timedelta(0)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    if _held:
        return _held[-1]
    return datetime.now(UTC) + _current_shift()


def today() -> date:
    """Today's date in UTC."""
    return now().date()


def timestamp() -> float:
    """The present moment as seconds since 1970, for signatures and remote APIs."""
    return now().timestamp()


def use_file(path: str | os.PathLike[str] | None) -> None:
    """Follow this clock file from now on (None: the real time). Called once, by the process's start-up."""
    global _file, _looked_at, _seen, _shift
    with _lock:
        _file = Path(path) if path else None
        _looked_at, _seen, _shift = float("-inf"), None, timedelta(0)


@contextlib.contextmanager
def hold(moment: datetime) -> Iterator[None]:
    """Freeze `now()` at this moment in this process until the block ends. Nests."""
    if moment.tzinfo is None:
        raise ValueError("the clock is held at an aware moment only")
    _held.append(moment.astimezone(UTC))
    try:
        yield
    finally:
        _held.pop()


def write_file(path: str | os.PathLike[str], shift: timedelta) -> None:
    """Set the shift of everybody who follows this file. Readers see either the old text or the new, never half."""
    target = Path(path)
    fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
    fresh.write_text(f"{shift.total_seconds()}\n")
    fresh.replace(target)


def _current_shift() -> timedelta:
    global _looked_at, _seen, _shift
    if _file is None:
        return timedelta(0)
    if _time.monotonic() - _looked_at < _LOOK_EVERY_S:
        return _shift
    with _lock:
        try:
            stat = _file.stat()
        except FileNotFoundError:
            seen, text, written_at = None, "", 0.0
        else:
            # The inode is part of it: two replacements within one tick of the file system's clock differ by that.
            seen, written_at = (stat.st_ino, stat.st_mtime_ns, stat.st_size), stat.st_mtime
            text = _file.read_text() if seen != _seen else ""
        if seen is None:
            _shift = timedelta(0)
        elif seen != _seen:
            _shift = _read_shift(text.strip(), written_at)
        _seen = seen
        _looked_at = _time.monotonic()
    return _shift


def _read_shift(text: str, written_at: float) -> timedelta:
    if not text:
        return timedelta(0)
    try:
        return timedelta(seconds=float(text))
    except ValueError:
        pass
    base = datetime.fromisoformat(text)
    if base.tzinfo is None:
        raise ValueError(f"the clock file needs a moment with a zone, not {text!r}")
    return base - datetime.fromtimestamp(written_at, UTC)

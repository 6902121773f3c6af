"""One clock for all: held in a test, shifted by a file for every process alike."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from hub import clock


def test_now_is_aware_and_in_utc():
    assert clock.now().utcoffset() == timedelta(0)


def test_a_held_clock_stands_still_and_nests():
    outer, inner = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, 5, tzinfo=UTC)
    with clock.hold(outer):
        with clock.hold(inner):
            assert (clock.now(), clock.today().year) == (inner, 2027)
        assert clock.now() == clock.now() == outer


def test_a_clock_is_not_held_at_a_moment_without_a_zone():
    with pytest.raises(ValueError, match="aware"), clock.hold(datetime(2026, 1, 1)):
        pass


def test_a_clock_file_shifts_the_time_and_follows_its_changes(tmp_path, monkeypatch):
    path = tmp_path / "clock"
    monkeypatch.setattr(clock, "_LOOK_EVERY_S", 0.0)
    clock.use_file(path)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)

    clock.write_file(path, timedelta(hours=24))
    assert timedelta(hours=23, minutes=59) < clock.now() - datetime.now(UTC) < timedelta(hours=24, minutes=1)

    clock.write_file(path, timedelta(hours=-1))
    assert timedelta(minutes=59) < datetime.now(UTC) - clock.now() < timedelta(minutes=61)

    path.unlink()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_clock_file_may_name_a_moment_from_which_time_goes_on(tmp_path):
    path = tmp_path / "clock"
    path.write_text("2031-05-06T07:08:09+00:00")
    written_at = datetime.now(UTC) - timedelta(seconds=100)
    os.utime(path, (written_at.timestamp(), written_at.timestamp()))
    clock.use_file(path)
    passed = clock.now() - datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert timedelta(seconds=99) < passed < timedelta(seconds=130)


def test_every_process_that_names_the_file_sees_the_same_shift(tmp_path):
    path = tmp_path / "clock"
    clock.write_file(path, timedelta(days=200))
    program = f"from hub import clock; clock.use_file({str(path)!r}); print(clock.now().isoformat())"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    clock.use_file(path)
    assert abs(datetime.fromisoformat(said.strip()) - clock.now()) < timedelta(minutes=1)

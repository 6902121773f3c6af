"""Crash points: the process dies by SIGKILL at the named place, with its worker, and only there."""

import os
import signal
import subprocess
import sys

import pytest

from hub import crashpoints


def run(spec: str, body: str) -> subprocess.CompletedProcess[str]:
    program = f"from hub import crashpoints\ncrashpoints.arm({spec!r})\n{body}\nprint('survived')"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


def test_the_named_place_kills_and_others_do_not():
    killed = run("orders.create.after", "crashpoints.crash_point('orders.create.after')")
    spared = run("orders.create.after", "crashpoints.crash_point('orders.create.before')")
    assert killed.returncode == -signal.SIGKILL and "survived" not in killed.stdout
    assert spared.returncode == 0 and "survived" in spared.stdout


def test_the_third_passing_is_meant_when_it_says_three():
    body = "for n in range(5):\n    print(n, flush=True)\n    crashpoints.crash_point('here')"
    assert run("here:3", body).stdout.split() == ["0", "1", "2"]


def test_with_a_marker_only_the_first_process_dies(tmp_path):
    spec = f"here@{tmp_path / 'died'}"
    assert run(spec, "crashpoints.crash_point('here')").returncode == -signal.SIGKILL
    assert run(spec, "crashpoints.crash_point('here')").returncode == 0


def test_a_work_horse_takes_its_worker_along():
    body = """
import os, sys
if (child := os.fork()) == 0:
    crashpoints.work_horse_of(os.getppid())
    crashpoints.crash_point('here')
    os._exit(0)
os.waitpid(child, 0)
print('the worker lives')"""
    done = run("here", body)
    assert done.returncode == -signal.SIGKILL and done.stdout == ""


def test_nothing_happens_when_unarmed():
    crashpoints.arm("")
    crashpoints.crash_point("here")
    assert os.getpid() > 0 and crashpoints.Plan.from_string("") is None


@pytest.mark.parametrize(
    ("text", "plan"),
    [("a.b", ("a.b", 1, "")), ("a:2", ("a", 2, "")), ("a:2@/x", ("a", 2, "/x")), ("a@/x", ("a", 1, "/x"))],
)
def test_how_a_crash_is_planned(text, plan):
    assert crashpoints.Plan.from_string(text) == crashpoints.Plan(*plan)

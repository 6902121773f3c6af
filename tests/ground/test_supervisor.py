"""The supervisor with real processes: prefixed output, restarts, an ordered end, nothing left behind."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hub.supervisor import Child, Patience, Supervisor

ENVIRON = {"PATH": os.environ.get("PATH", "")}
STAY = "import signal, sys, time\nprint('up', flush=True)\nsignal.sigwait([signal.SIGTERM])\nprint('down', flush=True)"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"
BLOCKED = "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n" + STAY


def python(program):
    return [sys.executable, "-c", program]


class Watched:
    """A supervisor in a thread, with its output."""

    def __init__(self, children, **options):
        self.out = io.StringIO()
        self.supervisor = Supervisor(children, environ=ENVIRON, out=self.out, **options)
        self.code = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        self.code = self.supervisor.run()

    def until(self, claim):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if claim():
                return
            threading.Event().wait(0.02)
        pytest.fail(f"it never came to that; the output was: {self.out.getvalue()}")

    def says(self, text, times=1):
        self.until(lambda: self.out.getvalue().count(text) >= times)

    def end(self):
        self.supervisor.stop()
        self.thread.join(20)
        return self.code


def test_each_line_carries_the_name_of_its_process():
    watched = Watched([Child("web", python(BLOCKED)), Child("worker-1", python(BLOCKED))])
    watched.says("web      | up")
    watched.says("worker-1 | up")
    assert watched.end() == 0


def test_children_get_the_environment_and_their_own_part():
    program = "import os\nprint(os.environ['MINE'], 'PATH' in os.environ, os.environ.get('HOME'), flush=True)\n" + BLOCKED
    watched = Watched([Child("web", python(program), env={"MINE": "yes"})])
    watched.says("yes True None")
    assert watched.end() == 0


def test_a_dead_child_is_started_again_and_its_neighbour_left_alone():
    watched = Watched([Child("web", python(BLOCKED)), Child("worker", python(BLOCKED))], patience=Patience(first_s=0.05))
    watched.says("up", times=2)
    web, worker = watched.supervisor.pids["web"], watched.supervisor.pids["worker"]
    os.kill(worker, signal.SIGKILL)
    watched.says("worker | up", times=2)
    assert watched.supervisor.pids["web"] == web
    assert watched.supervisor.pids["worker"] != worker
    assert watched.end() == 0


def test_restarts_are_spaced_further_and_further_and_then_given_up(tmp_path):
    marks = tmp_path / "marks"
    program = f"import time\nopen({str(marks)!r}, 'a').write(f'{{time.monotonic()}}\\n')\nraise SystemExit(3)"
    watched = Watched([Child("bad", python(program))], patience=Patience(first_s=0.1, tries=4))
    watched.thread.join(30)
    starts = [float(line) for line in marks.read_text().split()]
    gaps = [later - earlier for earlier, later in zip(starts, starts[1:], strict=False)]
    assert watched.code == 1 and len(starts) == 4
    assert gaps[0] >= 0.1 and gaps[1] >= 0.2 and gaps[2] >= 0.4


def test_giving_one_up_stops_the_others(tmp_path):
    children = [Child("bad", python("raise SystemExit(1)")), Child("good", python(BLOCKED))]
    watched = Watched(children, patience=Patience(first_s=0.3, tries=2))
    watched.says("good | down")
    watched.thread.join(20)
    assert watched.code == 1 and watched.supervisor.pids == {}


def test_the_end_goes_in_order_and_the_last_thing_comes_last():
    events = []
    watched = Watched(
        [
            Child("sandbox", python(BLOCKED), stops=2),
            Child("worker", python(BLOCKED), stops=1),
            Child("web", python(BLOCKED)),
        ],
        at_end=lambda: events.append(watched.supervisor.pids),
    )
    watched.says("up", times=3)
    assert watched.end() == 0
    watched.says("down", times=3)
    said = watched.out.getvalue()
    assert said.index("web     | down") < said.index("worker  | down") < said.index("sandbox | down")
    assert events == [{}]


def test_what_does_not_end_within_the_grace_is_killed():
    watched = Watched([Child("stubborn", python(STUBBORN))], grace_s=0.3)
    watched.says("up")
    pid = watched.supervisor.pids["stubborn"]
    started = time.monotonic()
    watched.end()
    assert time.monotonic() - started < 10
    assert not Path(f"/proc/{pid}").exists()


def test_asking_twice_ends_the_grace():
    watched = Watched([Child("stubborn", python(STUBBORN))], grace_s=60)
    watched.says("up")
    watched.supervisor.stop()
    assert watched.end() == 0
    assert watched.supervisor.pids == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_stop_everything_cleanly(number):
    program = f"""
import os, sys
from hub.supervisor import Child, Supervisor
children = [Child("a", [sys.executable, "-c", {BLOCKED!r}]), Child("b", [sys.executable, "-c", {BLOCKED!r}], stops=1)]
sys.exit(Supervisor(children, environ=dict(os.environ), at_end=lambda: print("last", flush=True)).run())
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    seen = [process.stdout.readline(), process.stdout.readline()]
    process.send_signal(number)
    rest, _ = process.communicate(timeout=30)
    assert sorted(line.strip() for line in seen) == ["a | up", "b | up"]
    assert process.returncode == 0
    assert rest.splitlines().index("a | down") < rest.splitlines().index("b | down")
    assert "last" in rest


def test_something_may_go_on_beside_the_children_until_the_end():
    seen = []
    supervisor = Supervisor([Child("web", python(BLOCKED))], environ=ENVIRON, out=io.StringIO())

    def meanwhile(end):
        seen.append(dict(supervisor.pids))
        supervisor.stop()
        end.wait(5)

    assert supervisor.run(meanwhile) == 0
    assert list(seen[0]) == ["web"]

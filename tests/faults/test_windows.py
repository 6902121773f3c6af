"""Every crash point of the code is met: worker and work-horse die there by SIGKILL, and what was begun happens once (R-04)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from hub.errors import HubError
from tests.faults.cases import MATRIX, Case, covered, thinned
from tests.faults.checker import broken
from tests.faults.fault_world import FaultWorld, is_full
from tests.faults.forks import Ended
from tests.faults.points import crash_points

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]
# At full size all on both databases, with searches that show at once or late, in the stores or on TikTok Shop. Else each crash point
# once in a store with our plugin (or that needs none) and once without it: every third on SQLite, the others on PostgreSQL, and the
# stores' searches late.
SEARCHES = ("late", "", "eventual") if is_full() else ("late",)


def chosen() -> Iterator[Any]:
    """The matrix of this size, world by world."""
    for place, database in enumerate(("postgresql", "sqlite")):
        for search in SEARCHES:
            for number, (case, point) in enumerate(MATRIX if is_full() else thinned()):
                if not is_full() and (number % 3 == 2) != place or case.bare and search != "late":
                    continue
                special = "bare" if case.bare else search
                yield pytest.param((database, special), case, point, id=f"{database}-{special or 'strong'}-{case.name}-{point}")


def test_the_matrix_meets_every_crash_point_of_the_code() -> None:
    assert crash_points() - set(covered()) == set()
    assert {point for _, point in thinned()} == set(covered())


@pytest.mark.feature("ORD-09")
@pytest.mark.parametrize(("world", "case", "point"), list(chosen()), indirect=["world"])
def test_a_kill_in_this_window_loses_nothing_and_doubles_nothing(world: FaultWorld, case: Case, point: str) -> None:
    begun = case.begin(world, case.platform)
    if case.by == "worker":
        check, ended = begun, world.work_until_killed(point)
    elif case.by == "step":
        step, check = begun
        ended = world.fork(step, crash_at=point)
    else:
        act, check = begun
        ended = _kill_the_web_side(world, act, point)
    assert ended is not None and ended.was_killed, f"{point} was not met: {ended}; {world.last_tasks()}"

    if case.by == "step":
        world.outlive_leases()
        again = world.fork(step)
        assert again.is_well, again
    world.recover()
    check()
    assert broken(world) == []


def _kill_the_web_side(world: FaultWorld, act: Any, point: str) -> Ended:
    """The web side is armed, somebody calls it, it dies, and a fresh one takes its place."""
    world.stop_web()
    world.start_web(crash_at=point)
    assert world.served is not None
    caller = threading.Thread(target=_call, args=(act,))
    caller.start()
    ended = world.served.wait(30)
    caller.join(30)
    world.start_web()
    return ended


def _call(act: Any) -> None:
    """The other side meets a dead end: it says so, or only sees its own call fail."""
    try:
        act()
    except HubError:
        return

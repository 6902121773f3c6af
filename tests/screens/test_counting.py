"""Numbers above lists: always fresh while counting is quick or the list short, kept a little while for a long one."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import func, literal, select, text

from admin import counting
from hub.models import Database


@pytest.fixture
def counter(db: Database, monkeypatch: pytest.MonkeyPatch):
    """A number that grows with each count, and a clock whose counting takes so long."""
    with db.write() as session:
        session.execute(text("CREATE TABLE number (n INTEGER)"))
        session.execute(text("INSERT INTO number VALUES (0)"))
    moments = itertools.count()
    monkeypatch.setattr(counting, "_kept", {})

    def count(start: int, takes_s: float, name: str = "a") -> int:
        monkeypatch.setattr(counting.time, "monotonic", lambda: next(moments) * takes_s)
        with db.write() as session:
            session.execute(text("UPDATE number SET n = n + 1"))
        with db.read() as session:
            return counting.counted(session, select(literal(name), text("n + :start").bindparams(start=start)).select_from(text("number")))[
                0
            ][-1]

    return count


def test_a_quick_count_is_always_fresh(counter) -> None:
    assert [counter(1_000_000, 0.001) for _ in range(3)] == [1_000_001, 1_000_002, 1_000_003]


def test_a_short_list_is_always_fresh_however_busy_the_machine(counter) -> None:
    assert [counter(100, 5.0) for _ in range(3)] == [101, 102, 103]


def test_a_slow_count_of_a_long_list_is_kept_for_a_while_and_then_taken_anew(counter) -> None:
    seen = [counter(1_000_000, 0.5) for _ in range(40)]
    assert seen[:10] == [1_000_001] * 10
    assert seen[-1] > 1_000_001


def test_another_question_has_its_own_answer(counter) -> None:
    assert counter(1_000_000, 0.5) == 1_000_001
    assert counter(1_000_000, 0.5, "b") == 1_000_002
    assert counter(2_000_000, 0.5) == 2_000_003


def test_nothing_found_is_no_number_to_keep(db: Database) -> None:
    with db.read() as session:
        assert counting.counted(session, select(literal("a"), func.count()).where(literal(False)).group_by(literal("a"))) == []

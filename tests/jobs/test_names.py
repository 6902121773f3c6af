"""What is only a name in one place is really there in another."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from hub import queue
from hub.domain.tasks import Kind
from jobs import handlers

ROOT = Path(__file__).resolve().parents[2]


def test_every_kind_of_work_has_a_flow() -> None:
    for kind in Kind:
        assert kind in handlers.TASKS or kind in handlers.ITEMS, kind
    for kind in handlers.TASKS:
        assert callable(handlers.task_flow(kind)), kind
    for kind in handlers.ITEMS:
        assert callable(handlers.item_flow(kind)), kind


def test_the_entry_has_its_name() -> None:
    module, _, name = queue.ENTRY.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_queues_are_made_in_one_place() -> None:
    """RQ's default serializer is pickle: whoever can write to Redis would run code in workers."""
    made = {
        path.relative_to(ROOT).as_posix()
        for folder in ("hub", "admin", "jobs") for path in (ROOT / folder).rglob("*.py")
        if re.search(r"\bRqQueue\(|from rq(\.queue)? import .*\bQueue\b(?! as RqQueue)", path.read_text())
    }
    assert made == {"hub/queue.py"}

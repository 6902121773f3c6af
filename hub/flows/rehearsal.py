"""What a work-horse would work out anew at its every start, worked out once in the worker that forks it.

A worker forks a process for each task. Mappers, compiled statements and the like are made at their first use, which would be
in each child again: tens of milliseconds for a task of a hundred. So before its first fork the worker goes through the life of
a task and its items once, in a transaction that is rolled back.
"""

from __future__ import annotations

import gc

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from hub import crashpoints, log
from hub.domain.tasks import Kind, Outcome
from hub.errors import Temporary
from hub.flows import running, tasks
from hub.flows.tasks import Result
from hub.models import Database
from hub.models.tasks import Task

_log = log.get("hub.flows.rehearsal")
_LANE = "rehearsal"


def rehearse(db: Database) -> None:
    """Goes through claim, items and settlement once, leaving nothing behind; then nothing of it is looked at by the garbage
    collector again, which would copy all of it in each child. Where the database is away, the children do it themselves."""
    try:
        with crashpoints.disarmed(), db.rehearsal() as stage:
            _play(stage)
    except SQLAlchemyError as error:
        _log.warning("the rehearsal was not held; the first tasks take a little longer", error=type(error).__name__)
    gc.collect()
    gc.freeze()


def _play(stage: Database) -> None:
    with stage.write() as session:
        alone = tasks.submit(session, Kind.TIDY, lane=_LANE).id
        parent = tasks.fan_out(session, Kind.PUSH_LISTINGS, [1, 2, 3], lane_of=lambda subject: f"{_LANE}:{subject}").id
        chunk = session.scalars(select(Task.id).where(Task.parent_id == parent)).one()
    claimed = running.claim(stage, alone)
    if claimed is not None:
        running.settle(stage, claimed, Temporary("a rehearsal"))
    claimed = running.claim(stage, chunk)
    if claimed is not None and running.has_items(stage, chunk):
        # One item alone, then the others together, however slow this minute is: these are different statements.
        running.settle(stage, claimed, running.run_items(stage, claimed, lambda subject: Result(Outcome.NO_CHANGE), 1, together_s=3600))
        running.next_chunk(stage, chunk)

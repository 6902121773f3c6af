"""Wake-ups after commit, and nothing else. The truth about work is in the tables; an emptied Redis costs seconds.

RQ carries one task id. The one factory of queues is here, so that the JSON serializer, the missing time-out and the
missing retries hold everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import redis
from rq import Queue as RqQueue
from sqlalchemy import event
from sqlalchemy.orm import Session

from hub import limits, log
from hub.domain.tasks import Queue

# A name, so that hub never imports jobs; one test resolves it.
ENTRY = "jobs.entry.run_task"
SERIALIZER = "json"
NO_TIMEOUT = -1
FAILURES_KEPT_S = 24 * 3600

_log = log.get("hub.queue")
_client: redis.Redis | None = None


class Waking(Protocol):
    """A task row, as far as a wake-up needs it."""

    id: Any
    queue: Any


def use(client: redis.Redis | None) -> None:
    """The Redis that this process wakes workers through; None leaves all wake-ups to the sweep."""
    global _client
    _client = client


def connect(url: str) -> redis.Redis:
    """A client whose calls never hold anybody longer than half a second."""
    return limits.connect(url)


def queue_named(name: Queue, client: redis.Redis) -> RqQueue:
    """The only place that makes an RQ queue."""
    return RqQueue(str(name), connection=client, default_timeout=NO_TIMEOUT, serializer=SERIALIZER)


def after_commit(session: Session, task: Waking) -> None:
    """Wakes a worker for this task once the session's transaction is durable."""
    session.flush()
    session.info.setdefault("waiting", {})[task.id] = Queue(task.queue)


def wake(task_ids: Mapping[int, Queue]) -> bool:
    """Sends these task ids now. False when Redis can't be reached: the sweep finds them."""
    if _client is None or not task_ids:
        return False
    by_queue: dict[Queue, list[int]] = {}
    for task_id, name in task_ids.items():
        by_queue.setdefault(name, []).append(task_id)
    try:
        for name, ids in by_queue.items():
            _send(_client, name, ids)
    except (redis.RedisError, OSError) as error:
        _log.warning("tasks are kept but not queued; the sweep will find them", error=type(error).__name__)
        return False
    return True


def lengths(client: redis.Redis) -> dict[Queue, int]:
    """How many wake-ups wait in each queue. Raises what redis raises."""
    return {name: int(client.llen(queue_named(name, client).key)) for name in Queue}


def _send(client: redis.Redis, name: Queue, ids: Sequence[int]) -> None:
    jobs = [RqQueue.prepare_data(ENTRY, (task_id,), timeout=NO_TIMEOUT, result_ttl=0, failure_ttl=FAILURES_KEPT_S,
                                 description=f"task {task_id}") for task_id in ids]
    queue = queue_named(name, client)
    for start in range(0, len(jobs), 500):
        queue.enqueue_many(jobs[start : start + 500])


@event.listens_for(Session, "after_commit")
def _send_waiting(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint was released; nothing is durable yet
        return
    waiting = session.info.pop("waiting", None)
    if waiting and not session.info.get("rehearsal"):
        try:
            wake(waiting)
        except Exception:  # raising here would break a session that is already committed
            _log.exception("tasks are kept but not queued; the sweep will find them")


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, previous: Any) -> None:
    if previous.parent is None:  # a savepoint's rollback leaves the rest standing
        session.info.pop("waiting", None)

"""Wake-ups are sent after a commit that is durable, and carry one number."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import redis
from rq.job import Job
from sqlalchemy.orm import Session

from hub import queue
from hub.config import Config
from hub.domain.tasks import Kind, Queue
from hub.flows import tasks
from hub.models.tasks import Task
from hub.wiring import Hub
from tests.support import both_databases
from tests.support.hubs import opened, task

pytestmark = both_databases


@pytest.fixture
def hub(config: Config) -> Iterator[Hub]:
    with opened(config) as one:
        yield one


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as one:
        yield one


def sent(client: redis.Redis, name: Queue = Queue.DEFAULT) -> list[int]:
    named = queue.queue_named(name, client)
    return [job.args[0] for job in named.jobs]


def test_nothing_is_sent_before_the_commit_and_all_of_it_after(hub: Hub, client: redis.Redis) -> None:
    with hub.db.write() as session:
        first = tasks.submit(session, Kind.TIDY)
        second = tasks.submit(session, Kind.TIDY)
        assert sent(client) == []
    assert sorted(sent(client)) == [first.id, second.id]


def test_a_rollback_sends_nothing(hub: Hub, client: redis.Redis) -> None:
    with pytest.raises(ZeroDivisionError), hub.db.write() as session:
        tasks.submit(session, Kind.TIDY)
        raise ZeroDivisionError
    assert sent(client) == []


def test_a_released_savepoint_sends_nothing_and_a_rolled_back_one_leaves_the_rest_standing(
        hub: Hub, client: redis.Redis) -> None:
    with hub.db.write() as session:
        first = tasks.submit(session, Kind.TIDY)
        with session.begin_nested():
            second = tasks.submit(session, Kind.TIDY)
        assert sent(client) == []
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            session.flush()
            raise ZeroDivisionError
        assert sent(client) == []
    assert sorted(sent(client)) == [first.id, second.id]


def test_a_wake_up_is_json_with_one_number_and_without_time_out_or_retries(hub: Hub, client: redis.Redis) -> None:
    with hub.db.write() as session:
        number = tasks.submit(session, Kind.TIDY, queue=Queue.ORDERS).id
    (job,) = queue.queue_named(Queue.ORDERS, client).jobs
    assert (job.func_name, job.args, job.kwargs) == (queue.ENTRY, [number], {})
    assert (job.timeout, job.retries_left, job.result_ttl) == (-1, None, 0)
    raw = Job.fetch(job.id, connection=client, serializer="json").data
    assert json.loads(raw)[2] == [number]


def test_redis_that_is_away_costs_no_commit(hub: Hub) -> None:
    queue.use(queue.connect("redis://127.0.0.1:1/0"))
    with hub.db.write() as session:
        number = tasks.submit(session, Kind.TIDY).id
    assert task(hub, number).id == number


def test_a_failure_while_sending_leaves_the_session_usable(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_ids: object) -> bool:
        raise RuntimeError("not even foreseen")

    monkeypatch.setattr(queue, "wake", broken)
    with Session(hub.db.engine.execution_options(writes=True)) as session:
        number = tasks.submit(session, Kind.TIDY).id
        session.commit()
        assert session.get_one(Task, number).kind is Kind.TIDY

"""Real processes: web, worker, scheduler, Valkey. What happens when one of them dies, and when Redis forgets all."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import func, select, update

from hub import clock
from hub.app import create_app
from hub.config import Config
from hub.domain.tasks import Kind, Queue, TaskState
from hub.flows import tasks
from hub.models.inbox import InboxEvent, InboxState
from hub.models.tasks import Schedule, Task
from hub.models.tiktok import App
from hub.wiring import Hub
from tests.support import both_databases
from tests.support.hubs import opened, task
from tests.support.processes import process, stop, until


@pytest.fixture
def hub(config: Config) -> Iterator[Hub]:
    with opened(config) as one:
        yield one


def submit(hub: Hub, kind: Kind = Kind.TIDY, **options: object) -> int:
    with hub.db.write() as session:
        return tasks.submit(session, kind, **options).id  # type: ignore[arg-type]


def is_done(hub: Hub, number: int) -> bool:
    return task(hub, number).state is TaskState.DONE


def add_app(hub: Hub) -> App:
    with hub.db.write() as session:
        app = App(app_key="6abc9demo", api_host="http://127.0.0.1:1", token_host="http://127.0.0.1:1",
                  consent_host="http://127.0.0.1:1", is_practice=True, created_at=clock.now())
        app.app_secret = "a practice secret"
        session.add(app)
    return app


def message(number: int) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"type": 13, "tts_notification_id": str(number), "shop_id": "7494049642642441621",
                       "timestamp": int(clock.timestamp()), "data": {"conversation_id": "1"}}).encode()
    mac = hmac.new(b"a practice secret", b"6abc9demo" + body, hashlib.sha256).hexdigest()
    return body, {"Authorization": mac, "Content-Type": "application/json"}


@both_databases
def test_a_message_goes_from_the_hook_through_the_inbox_to_the_end_of_its_task(hub: Hub, config: Config) -> None:
    add_app(hub)
    client = create_app(config, hub).test_client()
    with process(config, "jobs.worker", "orders", "default"):
        for number in (1, 2, 2):
            body, headers = message(number)
            answer = client.post("/hooks/tiktok/6abc9demo", data=body, headers=headers)
            assert (answer.status_code, answer.data) == (200, b"")

        def drained() -> bool:
            with hub.db.read() as session:
                states = session.scalars(select(InboxEvent.state)).all()
            return len(states) == 2 and InboxState.NEW not in states

        until(drained, says="the drain")
        with hub.db.read() as session:
            drain = session.scalars(select(Task.id).where(Task.kind == Kind.DRAIN_INBOX)).first()
        assert drain is not None
        until(lambda: is_done(hub, drain), says="the end of the drain")


@both_databases
def test_a_killed_worker_costs_seconds_and_no_work(hub: Hub, config: Config, tmp_path: Path) -> None:
    """The work-horse and its worker die together right after the claim; another worker ends the task."""
    offset = tmp_path / "clock"
    clock.write_file(offset, timedelta(0))
    clock.use_file(offset)
    marker = tmp_path / "crashed"
    number = submit(hub)
    with process(config, "jobs.worker", HUB_CRASH_AT=f"task.claimed@{marker}", HUB_CLOCK_FILE=str(offset)) as first:
        until(lambda: first.poll() is not None, says="the crash")
    assert marker.exists()
    row = task(hub, number)
    assert row.state is TaskState.RUNNING
    with process(config, "jobs.worker", HUB_CLOCK_FILE=str(offset)):
        clock.write_file(offset, timedelta(seconds=46))  # the lease has run out
        with process(config, "jobs.schedule", HUB_CLOCK_FILE=str(offset)):
            until(lambda: is_done(hub, number), says="the second run")


@both_databases
def test_a_redis_that_lost_everything_is_made_good_from_the_database(hub: Hub, config: Config) -> None:
    numbers = [submit(hub, queue=name) for name in Queue for _ in range(5)]
    with redis.Redis.from_url(config.redis_url) as client:
        client.flushall()
    with process(config, "jobs.worker"), process(config, "jobs.schedule"):
        until(lambda: all(is_done(hub, number) for number in numbers), says="all of them")


def test_a_worker_ends_its_task_when_it_is_asked_to_stop(hub: Hub, config: Config) -> None:
    number = submit(hub)
    with process(config, "jobs.worker") as worker:
        until(lambda: is_done(hub, number))
        assert stop(worker) == 0


def test_a_worker_comes_back_when_redis_does(hub: Hub, config: Config) -> None:
    """Its connections are cut again and again, as by a restart of the server."""
    with process(config, "jobs.worker") as worker, redis.Redis.from_url(config.redis_url) as client:
        for _ in range(2):
            number = submit(hub)
            until(lambda number=number: is_done(hub, number))  # type: ignore[misc]
            for kind in ("normal", "pubsub"):
                client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        number = submit(hub)
        until(lambda: is_done(hub, number), 10)
        assert worker.poll() is None


def test_periodic_work_is_inserted_once_by_two_schedulers_and_a_dead_leader_is_followed(
        hub: Hub, config: Config, tmp_path: Path) -> None:
    offset = tmp_path / "clock"
    clock.write_file(offset, timedelta(0))
    clock.use_file(offset)
    with (process(config, "jobs.schedule", HUB_CLOCK_FILE=str(offset)) as first,
          process(config, "jobs.schedule", HUB_CLOCK_FILE=str(offset))):
        until(lambda: _count(hub, Kind.REFRESH_TOKEN) == 1, says="the first slot")
        os.kill(first.pid, signal.SIGKILL)
        with hub.db.write() as session:
            session.execute(update(Task).where(Task.kind == Kind.REFRESH_TOKEN).values(state=TaskState.DONE))
        clock.write_file(offset, timedelta(minutes=12))
        until(lambda: _count(hub, Kind.REFRESH_TOKEN) == 2, says="the next slot, with the other leading")
        with hub.db.read() as session:
            slot = session.get_one(Schedule, f"hub:{Kind.REFRESH_TOKEN}")
        assert clock.now() < slot.next_at <= clock.now() + timedelta(minutes=5), "missed slots are skipped"


def _count(hub: Hub, kind: Kind) -> int:
    with hub.db.read() as session:
        return int(session.scalar(select(func.count()).select_from(Task).where(Task.kind == kind)) or 0)

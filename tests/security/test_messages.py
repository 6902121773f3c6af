"""S-02, S-04, S-22, S-26: forged and replayed messages, consents that come back wrong, and what others wrote into Redis."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import pickle
import random
import string
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from rq.job import Job
from sqlalchemy import select

from hub import clock, queue
from hub.config import Config
from hub.domain.tasks import Kind, Queue, TaskState
from hub.errors import HubError
from hub.flows import connect, tasks
from hub.inbound import BadSignature
from hub.models.connections import Connection, OAuthState
from hub.models.inbox import InboxEvent
from hub.models.tasks import Notice, Task
from hub.models.tiktok import App
from hub.stores.base import HookSecrets
from hub.stores.hooks import read_events
from hub.tiktok import events as tiktok_events
from hub.wiring import Hub
from jobs.worker import PARKED, is_ours
from tests.inbox.conftest import APP_KEY, APP_SECRET, Plant, plant, plugin_event, tiktok_message  # noqa: F401  (a fixture)
from tests.support import both_databases
from tests.support.hubs import add_connection, opened, run_waiting
from tests.support.hubs import task as row_of
from tests.support.processes import process, until

SEED = 20261121


def forgeries(count: int, length: int) -> Iterator[str]:
    """Random signatures of the right and of other shapes."""
    draw = random.Random(SEED)
    alphabets = (string.hexdigits.lower(), string.hexdigits.upper(), string.ascii_letters + string.digits + "+/=", string.printable, "é\u202e\x00あ")
    for number in range(count):
        size = length if number % 2 else draw.randrange(0, 2 * length)
        yield "".join(draw.choices(alphabets[number % len(alphabets)], k=size))


# -- S-02


def test_ten_thousand_forged_messages_of_tiktok_shop_are_refused():
    """S-02: by the function that each webhook passes; the right one is taken, so that it is not simply shut."""
    body = json.dumps(tiktok_message()).encode()
    right = hmac.new(APP_SECRET.encode(), APP_KEY.encode() + body, hashlib.sha256).hexdigest()
    assert tiktok_events.read(body, right, APP_KEY, APP_SECRET)
    near = [right.upper(), right[:-1], right + "0", " " + right, right + "\n", f"Bearer {right}", right.replace(right[0], "x"), "", right[::-1],
            hmac.new(b"other", APP_KEY.encode() + body, hashlib.sha256).hexdigest(), hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest(),
            hmac.new(b"", APP_KEY.encode() + body, hashlib.sha256).hexdigest(), hashlib.sha256(body).hexdigest()]
    taken = []
    for signature in (*near, *forgeries(10_000, 64)):
        try:
            tiktok_events.read(body, signature, APP_KEY, APP_SECRET)
        except BadSignature:
            continue
        taken.append(signature)
    assert [one for one in taken if one.strip().lower() != right] == []
    for altered in (body + b" ", body.replace(b"13", b"14"), body[:-1], b"", body.decode().encode("utf-16")):
        with pytest.raises(BadSignature):
            tiktok_events.read(altered, right, APP_KEY, APP_SECRET)


def test_ten_thousand_forged_messages_of_a_plugin_are_refused():
    """S-02."""
    secret, other = (base64.b64encode(bytes([n] * 16 + list(range(16)))).decode() for n in (1, 2))
    body, stamp = json.dumps({"plugin": "t/1", "events": [plugin_event()]}).encode(), str(int(clock.timestamp()))

    def signed(key: str, words: str = "msg_1", at: str = stamp, content: bytes = body) -> str:
        mac = hmac.new(base64.b64decode(key), f"{words}.{at}.".encode() + content, hashlib.sha256).digest()
        return "v1," + base64.b64encode(mac).decode()

    def taken(signature: str | None, **changes: str) -> bool:
        headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp, **({"webhook-signature": signature} if signature is not None else {}),
                   **changes}
        try:
            read_events(body, headers, HookSecrets((secret,)))
        except BadSignature:
            return False
        return True

    right = signed(secret)
    assert taken(right)
    bare = right.removeprefix("v1,")
    near = [None, "", bare, "v2," + bare, "v1a," + bare, right[:-2], right.lower(), right.replace("=", ""), "v1, " + bare, signed(other),
            signed(secret, "msg_2"), signed(secret, at=str(int(stamp) - 1)), signed(secret, content=body + b" "), "v1," + "A" * 43 + "=", "v1,", ","]
    assert [one for one in near if taken(one)] == []
    assert [one for one in forgeries(10_000, 47) if one != right and (taken(one) or taken("v1," + one))] == []
    assert not taken(right, **{"webhook-id": ""}) and not taken(right, **{"webhook-timestamp": ""})


def test_a_forged_message_leaves_no_row_whatever_the_request_looks_like(plant: Plant):  # noqa: F811
    """S-02: over HTTP; missing, doubled, another connection's secret."""
    other = base64.b64encode(bytes(range(32))).decode()
    with plant.hub.db.write() as session:
        second = add_connection(session, "teststore")
        second.hook_secret = other
        key = second.hook_key
    assert plant.plugin([plugin_event()], key=key).status_code == 401, "one connection's secret under another's address"
    assert plant.plugin([plugin_event()], secret=other).status_code == 401
    for headers in ({"webhook-signature": ""}, {"webhook-id": ""}, {"webhook-timestamp": "x"}, {"Authorization": "Bearer x"}):
        status = plant.plugin([plugin_event()], headers=headers).status_code
        assert status == 401 or headers == {"Authorization": "Bearer x"}
    draw = random.Random(SEED)
    for signature in forgeries(120, 64):
        header = "".join(one for one in signature if one.isprintable() and ord(one) < 256)
        assert plant.tiktok(tiktok_message(draw.randrange(99)), signature=header).status_code == 401
    body = json.dumps(tiktok_message()).encode()
    for doubled in ([("Authorization", "x"), ("Authorization", "y")], [("Authorization", "")], []):
        answer = plant.client.post(f"/hooks/tiktok/{APP_KEY}", data=body, headers=[("Content-Type", "application/json"), *doubled])
        assert answer.status_code == 401
    assert [row.source for row in plant.events()] in ([], ["plugin:1"]), "the one with a right signature and a header too many"


# -- S-04


def test_a_message_that_is_sent_again_has_no_second_effect(plant: Plant):  # noqa: F811
    """S-04: at once, after ten minutes and after thirty days, signed anew or as it was; the tidying between forgets nothing."""
    message, event = tiktok_message(1), plugin_event(1)
    stamp = int(clock.timestamp())
    assert plant.tiktok(message).status_code == 200
    assert plant.plugin([event], message_id="msg_once").status_code == 202
    known = [(row.id, row.event_id) for row in plant.events()]
    assert len(known) == 2
    now = clock.now()
    for later in (timedelta(0), timedelta(minutes=10), timedelta(days=2), timedelta(days=30), timedelta(days=60)):
        with clock.hold(now + later):
            with plant.hub.db.write() as session:
                tasks.submit(session, Kind.TIDY)
            run_waiting(plant.hub)
            assert plant.tiktok(message).status_code == (200 if later < timedelta(days=3) else 400)
            again = plant.plugin([event], message_id="msg_once", at=stamp)
            assert again.status_code == (202 if later < timedelta(minutes=5) else 401)
            fresh = plant.plugin([event])
            assert (fresh.status_code, fresh.json) == (202, {"accepted": 0, "duplicate": 1, "refused": []})
            assert [(row.id, row.event_id) for row in plant.events()] == known, later


# -- S-22


@pytest.fixture
def asked(config: Config) -> Iterator[tuple[Hub, Connection, str]]:
    """A consent that maya's session asked for."""
    with opened(config) as hub:
        with hub.db.write() as session:
            connection = add_connection(session)
            app = App(app_key="k", api_host="http://127.0.0.1:1", token_host="http://127.0.0.1:1", consent_host="https://consent.example",
                      is_practice=True, created_at=clock.now())
            app.app_secret = "s"
            session.add(app)
            session.flush()
            address, state = connect.consent(session, hub.config, connection, app, "1.maya")
        assert address.startswith("https://consent.example/") and len(state) >= 32
        yield hub, connection, state


def test_a_consent_that_comes_back_elsewhere_later_or_twice_is_refused(asked: tuple[Hub, Connection, str]):
    """S-22: nothing is asked of TikTok Shop, and nothing changes; after the first use the state is spent, whatever came of it."""
    hub, _connection, state = asked
    for words, who in ((state, "1.other session"), (state, "2.maya"), (state, ""), (state, "api:1"), (state + "x", "1.maya"), (state[:-1], "1.maya"),
                       ("", "1.maya"), (state.upper(), "1.maya"), ("' OR 1=1", "1.maya")):
        with pytest.raises(connect.NotThisTime, match="not started here"):
            connect.finish_consent(hub, words, "a code", who)
    with clock.hold(clock.now() + timedelta(minutes=10, seconds=1)), pytest.raises(connect.NotThisTime, match="ten minutes"):
        connect.finish_consent(hub, state, "a code", "1.maya")
    with hub.db.read() as session:
        row = session.scalars(select(OAuthState)).one()
        assert row.used_at is None and state not in row.state_hash
    with pytest.raises(Exception) as first:
        connect.finish_consent(hub, state, "a code", "1.maya")
    assert not isinstance(first.value, connect.NotThisTime), "it went on to TikTok Shop, which is not there"
    with pytest.raises(connect.NotThisTime, match="used already"):
        connect.finish_consent(hub, state, "a code", "1.maya")


@both_databases
def test_of_many_who_come_back_with_one_state_at_once_one_goes_on(asked: tuple[Hub, Connection, str]):
    """S-22, S-39."""
    hub, _connection, state = asked
    begun, refused = threading.Barrier(6), []

    def one() -> None:
        begun.wait()
        try:
            connect.finish_consent(hub, state, "a code", "1.maya")
        except connect.NotThisTime as why:
            refused.append(str(why))
        except HubError:
            return

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5 and all("used already" in why for why in refused)


# -- S-26


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as one:
        yield one


class Bomb:
    """What a pickle can do when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Path.touch, (self.path,)  # type: ignore[return-value]


def plant_job(client: redis.Redis, name: str, data: bytes, **fields: str) -> None:
    client.hset(f"rq:job:{name}", mapping={"data": data, "created_at": "2026-01-01T00:00:00Z", "origin": str(Queue.DEFAULT), "status": "queued",
                                           "enqueued_at": "2026-01-01T00:00:00Z", "timeout": "-1", **fields})
    client.rpush(f"rq:queue:{Queue.DEFAULT}", name)


def test_what_others_write_into_redis_is_not_run(config: Config, client: redis.Redis, tmp_path: Path):
    """S-26: a pickle, unknown functions, our function with callbacks or odd arguments: parked, told, and work goes on."""
    marks = [tmp_path / f"ran-{n}" for n in range(8)]

    def calls(name: str, *args: Any, **words: Any) -> bytes:
        return json.dumps([name, None, args, words]).encode()

    planted: dict[str, tuple[bytes, dict[str, str]]] = {
        "pickle": (pickle.dumps(("os.mkdir", None, (str(marks[0]),), {})), {}),
        "bomb": (pickle.dumps(Bomb(marks[1])), {}),
        "mkdir": (calls("os.mkdir", str(marks[2])), {}),
        "system": (calls("os.system", f"touch {marks[3]}"), {}),
        "success": (calls(queue.ENTRY, 10**9), {"success_callback_name": "os.mkdir"}),
        "failure": (calls(queue.ENTRY, "x"), {"failure_callback_name": "os.mkdir"}),
        "instance": (json.dumps(["mkdir", "os", [str(marks[4])], {}]).encode(), {}),
        "words": (calls(queue.ENTRY, 1, hub=str(marks[5])), {}),
        "nothing": (b"", {}),
        "noise": (b"\x80\x04\x95" + b"\xff" * 40, {}),
    }
    with opened(config) as hub:
        for name, (data, fields) in planted.items():
            plant_job(client, name, data, **fields)
        with hub.db.write() as session:
            number = tasks.submit(session, Kind.TIDY).id
        with process(config, "jobs.worker", "default"):
            until(lambda: row_of(hub, number).state is TaskState.DONE)
        assert sorted(tmp_path.glob("ran-*")) == []
        assert {name.decode() for name in client.lrange(PARKED, 0, -1)} == set(planted)
        assert client.llen(f"rq:queue:{Queue.DEFAULT}") == 0
        with hub.db.read() as session:
            assert [row.about for row in session.scalars(select(Notice)) if row.about.startswith("foreign job")]
            assert session.scalars(select(Task.id).where(Task.id == number)).one() == number
            assert session.scalars(select(InboxEvent.id)).all() == []


def test_what_the_hub_queues_is_known_as_its_own(config: Config, client: redis.Redis):
    """S-26: the rule lets our own wake-ups through."""
    with opened(config) as hub:
        with hub.db.write() as session:
            tasks.submit(session, Kind.TIDY)
        (job,) = queue.queue_named(Queue.DEFAULT, client).jobs
        assert is_ours(Job.fetch(job.id, connection=client, serializer="json"))

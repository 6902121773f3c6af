"""What a sender is answered, for everything a sender can do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from hub import clock, queue
from hub.flows import connect, inbox
from hub.models.connections import Connection, ConnectionState
from hub.models.inbox import InboxEvent, InboxState
from hub.models.tasks import Task
from hub.models.tiktok import App
from hub.web import hooks
from hub.wiring import Hub, open_hub
from tests.inbox.conftest import Plant, plugin_event, tiktok_message
from tests.support import both_databases
from tests.support.processes import until


@both_databases
def test_tiktok_shop_is_answered_200_with_an_empty_body_and_a_second_delivery_changes_nothing(plant: Plant) -> None:
    for _ in range(3):
        answer = plant.tiktok(tiktok_message(7))
        assert (answer.status_code, answer.data) == (200, b"")
    (row,) = plant.events()
    assert (row.source, row.event_id, row.kind, row.state) == ("tiktok:1", "7", "NEW_CONVERSATION", InboxState.NEW)


@both_databases
def test_a_batch_is_one_row_per_event_and_duplicates_are_counted(plant: Plant) -> None:
    answer = plant.plugin([plugin_event(1), plugin_event(2)])
    assert (answer.status_code, answer.json) == (202, {"accepted": 2, "duplicate": 0, "refused": []})
    answer = plant.plugin([plugin_event(2), plugin_event(3), plugin_event(3)])
    assert (answer.status_code, answer.json) == (202, {"accepted": 1, "duplicate": 2, "refused": []})
    assert [row.event_id for row in plant.events()] == ["01JD0001", "01JD0002", "01JD0003"]
    assert {row.connection_id for row in plant.events()} == {plant.connection_id}


def test_an_app_is_found_by_its_key_or_our_number(plant: Plant) -> None:
    assert plant.tiktok(tiktok_message(1), app="1").status_code == 200
    assert plant.tiktok(tiktok_message(2), app="6abc9demo").status_code == 200
    assert plant.tiktok(tiktok_message(3), app="unknown").status_code == 404


@pytest.mark.parametrize("signature", ["", "0" * 64, "Bearer x", "ü", "a" * 10_000])
def test_a_forged_message_is_answered_401_and_not_kept(plant: Plant, signature: str) -> None:
    assert plant.tiktok(tiktok_message(), signature=signature.encode().decode("latin-1")).status_code == 401
    assert plant.events() == []


def test_a_wrong_secret_and_a_wrong_clock_are_told_apart(plant: Plant) -> None:
    other = base64.b64encode(secrets.token_bytes(32)).decode()
    answer = plant.plugin([plugin_event()], secret=other)
    assert (answer.status_code, answer.json) == (401, {"code": "signature"})
    now = int(clock.timestamp())
    for skew in (-301, 302):
        answer = plant.plugin([plugin_event()], at=now + skew)
        assert answer.status_code == 401
        assert answer.json["code"] == "clock"  # type: ignore[index]
        assert abs(answer.json["server_time"] - now) <= 2  # type: ignore[index]
    for skew in (-290, 290):
        assert plant.plugin([plugin_event(5 + skew // 290)], at=now + skew).status_code == 202


def test_the_key_of_nobody_is_answered_404(plant: Plant) -> None:
    assert plant.plugin([plugin_event()], key="x" * 22).status_code == 404
    assert plant.plugin([plugin_event()], key="x" * 2000).status_code == 404
    assert plant.client.post("/hooks/nostore/abc", json={}).status_code == 404
    assert plant.client.post("/hooks/teststore", json={}).status_code == 404


def test_a_removed_connection_is_told_410_but_only_to_its_own_plugin(plant: Plant) -> None:
    with plant.hub.db.write() as session:
        session.execute(update(Connection).values(state=ConnectionState.REMOVED))
    assert plant.plugin([plugin_event()]).status_code == 410
    assert plant.plugin([plugin_event()], secret=base64.b64encode(bytes(32)).decode()).status_code == 401
    assert plant.events() == []


@pytest.fixture
def elsewhere(plant: Plant) -> Iterator[Hub]:
    """The same hub as another process has it open: what it changes, this web side is not told."""
    other = open_hub(plant.hub.config)
    yield other
    other.close()
    queue.use(plant.hub.redis)


@both_databases
def test_a_secret_that_another_process_revoked_is_refused_at_once(plant: Plant, elsewhere: Hub) -> None:
    assert plant.plugin([plugin_event(1)]).status_code == 202  # from here on the sender is known by heart
    assert plant.tiktok(tiktok_message(1)).status_code == 200
    with elsewhere.db.write() as session:
        session.scalars(select(Connection)).one().hook_secret = base64.b64encode(secrets.token_bytes(32)).decode()
        session.scalars(select(App)).one().app_secret = "another secret"
    assert plant.plugin([plugin_event(2)]).status_code == 401
    assert plant.tiktok(tiktok_message(2)).status_code == 401
    assert len(plant.events()) == 2


@both_databases
def test_a_secret_that_another_process_made_counts_at_once(plant: Plant, elsewhere: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plant.plugin([plugin_event(1)]).status_code == 202
    monkeypatch.setattr(hooks, "ANEW_EVERY_S", 0.0)  # the second in which forgers cost one query is over
    with elsewhere.db.write() as session:
        row = session.scalars(select(Connection)).one()
        connect.rotate_hook_secret(session, row)
        fresh = row.hook_secret
    assert plant.plugin([plugin_event(2)]).status_code == 202, "the older one counts until the new one is used"
    assert plant.plugin([plugin_event(3)], secret=fresh).status_code == 202
    assert plant.plugin([plugin_event(4)]).status_code == 202, "and a day longer"
    with clock.hold(clock.now() + connect.OLD_SECRET_LASTS + timedelta(seconds=1)):
        assert plant.plugin([plugin_event(5)]).status_code == 401
        assert plant.plugin([plugin_event(6)], secret=fresh).status_code == 202


@both_databases
def test_a_connection_that_another_process_removed_takes_nothing_more(plant: Plant, elsewhere: Hub) -> None:
    assert plant.plugin([plugin_event(1)]).status_code == 202
    with elsewhere.db.write() as session:
        session.execute(update(Connection).values(state=ConnectionState.REMOVED))
    assert plant.plugin([plugin_event(2)]).status_code == 410
    assert len(plant.events()) == 1


@both_databases
def test_forged_messages_look_their_sender_up_once_in_a_while_only(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "ANEW_EVERY_S", 3600.0)
    assert plant.plugin([plugin_event(1)]).status_code == 202
    other = base64.b64encode(secrets.token_bytes(32)).decode()
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(plant.hub.db.engine, "before_cursor_execute", note)
    for number in range(20):
        assert plant.plugin([plugin_event(number)], secret=other).status_code == 401
    event.remove(plant.hub.db.engine, "before_cursor_execute", note)
    assert sum("FROM connection" in statement for statement in seen) <= 1


def test_limits_are_answered_before_anything_is_read(plant: Plant) -> None:
    large = b'{"a": "' + b"x" * (1024 * 1024) + b'"}'
    assert plant.tiktok(large).status_code == 413
    assert plant.client.post("/hooks/tiktok/6abc9demo", data=b"{}", content_type="text/plain").status_code == 415
    assert plant.tiktok(b"{}", headers={"Content-Encoding": "gzip"}).status_code == 415
    deep = b'{"type":1,"timestamp":1,"data":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    assert plant.tiktok(deep).status_code in (400, 422)
    assert plant.plugin(b'{"plugin":"x","events":' + b"[" * 10_000 + b"]" * 10_000 + b"}").status_code == 422
    assert plant.plugin([plugin_event(n) for n in range(101)]).status_code in (413, 422)
    assert plant.events() == []


def test_a_message_that_is_older_than_any_retry_is_refused(plant: Plant) -> None:
    old = tiktok_message() | {"timestamp": int((clock.now() - timedelta(days=4)).timestamp())}
    assert plant.tiktok(old).status_code == 400
    assert plant.events() == []


@pytest.mark.parametrize("odd", ["\u0000", "\ud800", "a\u0000b", "x" * 5000, "🫖" * 200])
@both_databases
def test_odd_texts_are_kept_and_never_an_error(plant: Plant, odd: str) -> None:
    raw = json.dumps(tiktok_message(1, note=odd)).encode()
    assert plant.tiktok(raw).status_code in (200, 422)
    named = json.dumps(tiktok_message(2) | {"tts_notification_id": odd}).encode()
    assert plant.tiktok(named).status_code in (200, 422)
    assert plant.plugin([plugin_event(1, note=odd)]).status_code in (202, 422)
    assert plant.plugin([plugin_event(2) | {"id": odd}]).status_code in (202, 422)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["id", "type", "data", "events", "subject", "order_id", "shop_id", "timestamp", "seq", "at", "kind",
         "tts_notification_id", "via", "hint", "product_id", "update_time"]), inner, max_size=6), max_leaves=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(st.binary(max_size=200), JSON.map(lambda value: json.dumps(value).encode()),
                      st.fixed_dictionaries({"type": st.integers(0, 60), "data": JSON, "timestamp": JSON, "shop_id": JSON,
                                             "tts_notification_id": JSON}).map(lambda v: json.dumps(v).encode()),
                      st.fixed_dictionaries({"plugin": JSON, "events": st.lists(st.fixed_dictionaries(
                          {"id": JSON, "type": st.sampled_from(["stock.changed", "order.changed", ""]) | JSON, "at": JSON,
                           "seq": JSON, "subject": JSON}), max_size=3)}).map(lambda v: json.dumps(v).encode())))
def test_signed_nonsense_is_never_our_failure(plant: Plant, body: bytes) -> None:
    """S-05, R-34: whoever holds the secret can send what he likes; he gets an answer that says so."""
    assert plant.tiktok(body).status_code < 500
    assert plant.plugin(body).status_code < 500


def test_hello_pairs_once_and_its_answer_proves_who_gave_it(plant: Plant) -> None:
    hello = plugin_event(1, "plugin.hello", hint={"plugin_version": "1.0.0"}) | {"subject": {"kind": "plugin", "id": ""}}
    answer = plant.plugin([hello], message_id="msg_hello")
    assert answer.status_code == 200
    assert answer.json["api_token"]  # type: ignore[index]
    assert answer.headers["webhook-id"] == "msg_hello"
    k4 = hmac.new(base64.b64decode(plant.secret), b"shopbridge hub answer v1", hashlib.sha256).digest()
    signed = f"msg_hello.{answer.headers['webhook-timestamp']}.".encode() + answer.data
    expected = base64.b64encode(hmac.new(k4, signed, hashlib.sha256).digest()).decode()
    assert answer.headers["webhook-signature"] == f"v1,{expected}"
    again = plant.plugin([hello])
    assert (again.status_code, again.json) == (409, {"code": "replayed"})


def test_both_secrets_are_taken_until_a_day_after_the_new_one_was_first_used(plant: Plant) -> None:
    fresh = base64.b64encode(secrets.token_bytes(32)).decode()
    with plant.hub.db.write() as session:
        row = session.get_one(Connection, plant.connection_id)
        row.old_hook_secret, row.hook_secret = row.hook_secret, fresh
    assert plant.plugin([plugin_event(1)], secret=plant.secret).status_code == 202
    with plant.hub.db.read() as session:
        assert session.get_one(Connection, plant.connection_id).old_hook_secret_until is None
    assert plant.plugin([plugin_event(2)], secret=fresh).status_code == 202
    assert plant.plugin([plugin_event(3)], secret=plant.secret).status_code == 202
    with plant.hub.db.write() as session:
        row = session.get_one(Connection, plant.connection_id)
        assert row.old_hook_secret_until is not None
        assert abs(row.old_hook_secret_until - clock.now() - timedelta(hours=24)) < timedelta(minutes=1)
        row.old_hook_secret_until = clock.now() - timedelta(seconds=1)
    plant.client.application.extensions["hub-hook-keys"].forget()
    assert plant.plugin([plugin_event(4)], secret=plant.secret).status_code == 401


def test_what_cannot_be_stored_is_not_accepted(plant: Plant) -> None:
    """R-23: the database takes nothing; the sender is asked to come again, and nothing was kept."""
    assert plant.tiktok(tiktok_message(1)).status_code == 200
    with plant.hub.db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE inbox_event RENAME TO elsewhere")
    answer = plant.tiktok(tiktok_message(2))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    with plant.hub.db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO inbox_event")
    assert plant.tiktok(tiktok_message(2)).status_code == 200


def test_a_writer_that_is_held_up_for_two_seconds_means_503(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "LONGEST_WAIT_S", 0.2)
    with plant.hub.db.write():
        assert plant.tiktok(tiktok_message(1)).status_code == 503


@both_databases
def test_a_flood_wakes_one_drain(plant: Plant) -> None:
    for number in range(30):
        assert plant.tiktok(tiktok_message(number)).status_code == 200
    with plant.hub.db.read() as session:
        assert len(session.scalars(select(Task.id)).all()) == 1


def test_one_bad_row_does_not_take_its_neighbours_along(plant: Plant) -> None:
    """A group that the database refuses is stored row by row."""
    storing = inbox._Storing(plant.hub.db)
    good = inbox._Waiting([inbox.Incoming(source="tiktok:1", event=_event("good"), body=b"{}", app_id=1).row()])
    bad_row: dict[str, Any] = inbox.Incoming(source="tiktok:1", event=_event("bad"), body=b"{}", app_id=99).row()
    bad = inbox._Waiting([bad_row])
    storing.store([good, bad])
    storing.close()
    assert (good.failed, bad.failed) == (False, True)
    with plant.hub.db.read() as session:
        assert session.scalars(select(InboxEvent.event_id)).all() == ["good"]


def _event(name: str) -> Any:
    from hub.domain.events import Event

    return Event(event_id=name, kind="X")


def test_after_a_flood_the_database_file_itself_holds_what_was_kept(plant: Plant, tmp_path: Path) -> None:
    """The one log of SQLite would grow without end, or be carried over while somebody waits."""
    for start in range(0, inbox.TIDY_AFTER + 100, 100):
        plant.plugin([plugin_event(start + number) for number in range(1, 101)])

    def in_the_file_alone() -> int:
        copy = tmp_path / "alone.sqlite"        # without its log
        shutil.copyfile(str(plant.hub.db.engine.url.database), copy)
        with closing(sqlite3.connect(copy)) as there:
            return int(there.execute("SELECT count(*) FROM inbox_event").fetchone()[0])

    until(lambda: in_the_file_alone() >= inbox.TIDY_AFTER, 10, "the log to be carried over")

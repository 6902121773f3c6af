"""The kit of all simulators: what the journal keeps, what a fault does over a socket and in process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from flask import Flask, Response, jsonify, request

from hub import clock
from hub.simulator import InProcessAdapter, Journal, Kit, busiest_by, control_blueprint, recorded, serve

MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Till:
    """A simulator of one operation: it counts what it took."""

    def __init__(self) -> None:
        self.kit = Kit("till")
        self.taken = 0
        self.app = Flask("till")
        self.app.register_blueprint(control_blueprint(self.kit))
        self.app.post("/coins")(self.take)

    def take(self) -> Response:
        def answer() -> Response:
            self.taken += 1
            return jsonify(taken=self.taken, told=request.get_json(silent=True))

        return recorded(self.kit, "TakeCoin", answer)


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture(params=["socket", "in process"])
def at(request: pytest.FixtureRequest, till: Till) -> Iterator[tuple[requests.Session, str]]:
    session = requests.Session()
    if request.param == "in process":
        session.mount("http://till.test", InProcessAdapter(till.app))
        yield session, "http://till.test"
    else:
        with serve(till.app) as server:
            yield session, server.url
    session.close()


def fault(at: tuple[requests.Session, str], **raw: Any) -> requests.Response:
    return at[0].post(f"{at[1]}/sandbox/faults", json=raw, timeout=5)


def coin(at: tuple[requests.Session, str], **body: Any) -> requests.Response:
    return at[0].post(f"{at[1]}/coins?side=head", json=body, timeout=5)


def test_a_call_is_written_down_with_its_answer(till: Till, at: tuple[requests.Session, str]):
    assert coin(at, worth=2).json() == {"taken": 1, "told": {"worth": 2}}
    (entry,) = till.kit.journal.entries("TakeCoin")
    assert (entry.method, entry.path, entry.query, entry.status) == ("POST", "/coins", {"side": "head"}, 200)
    assert '"worth": 2' in entry.body and '"taken":1' in entry.answer.replace(" ", "")
    told = at[0].get(f"{at[1]}/sandbox/journal?operation=Take*", timeout=5).json()
    assert (told["last"], told["entries"][0]["operation"]) == (entry.seq, "TakeCoin")


@pytest.mark.parametrize(("drop", "taken"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_leaves_the_effect_undone_or_done(till: Till, at: tuple[requests.Session, str], drop: str, taken: int):
    fault(at, match={"operation": "TakeCoin"}, do={"drop": drop})
    with pytest.raises(requests.ConnectionError):
        coin(at)
    assert till.taken == taken
    assert till.kit.journal.entries("TakeCoin")[0].status == 0
    assert coin(at).json()["taken"] == taken + 1


def test_a_scripted_answer_comes_in_the_platforms_stead(till: Till, at: tuple[requests.Session, str]):
    do = {"status": 503, "json": {"busy": True}, "headers": {"Retry-After": 7}}
    fault(at, match={"path_regex": "^/coins"}, do=do, skip=1, times=2)
    answers = [coin(at) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 503, 503, 200]
    assert (answers[1].json(), answers[1].headers["Retry-After"]) == ({"busy": True}, "7")
    assert till.taken == 2


def test_a_fault_meets_only_the_call_that_holds_its_text(till: Till, at: tuple[requests.Session, str]):
    fault(at, match={"contains": "silver"}, do={"status": 500}, times=-1)
    assert [coin(at, of=metal).status_code for metal in ("gold", "silver", "silver")] == [200, 500, 500]
    at[0].delete(f"{at[1]}/sandbox/faults", timeout=5)
    assert coin(at, of="silver").status_code == 200


def test_half_an_answer_is_an_error_for_the_caller(till: Till, at: tuple[requests.Session, str]):
    fault(at, do={"truncate": True})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        coin(at)
    assert till.taken == 1


def test_a_trickled_answer_arrives_whole(at: tuple[requests.Session, str]):
    fault(at, do={"trickle_s": 0.001})
    assert coin(at).json()["taken"] == 1


def test_a_script_that_cannot_be_read_is_refused_with_a_sentence(at: tuple[requests.Session, str]):
    for wrong in ({"do": {"explode": True}}, {"match": {}}, {"do": {"drop": "sometimes"}}, {"do": {"status": 1}, "x": 1}):
        answer = fault(at, **wrong)
        assert answer.status_code == 400 and answer.json()["error"]


def test_the_busiest_second_slides():
    journal = Journal()
    for milliseconds in (0, 900, 1100, 1800, 5000):
        at = MOMENT + timedelta(milliseconds=milliseconds)
        journal.add(method="GET", path="/", operation="Look", at=at)
    assert journal.busiest_second("Look") == 3
    assert journal.busiest_second("Other") == 0
    assert busiest_by(journal.entries(), lambda entry: entry.path) == {"/": 2}


def test_the_journal_follows_the_shared_clock_and_outlives_its_process_in_a_file(tmp_path):
    path = str(tmp_path / "journal.sqlite")
    first = Journal(path)
    with clock.hold(MOMENT):
        first.add(method="GET", path="/", operation="Look")
    first.close()
    (entry,) = Journal(path).entries()
    assert entry.at == MOMENT.timestamp()

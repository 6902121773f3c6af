"""The HTTP client: our time-outs, our limits, our errors; nothing repeated, nothing kept open for ever."""

import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from hub import clock, http, log
from hub.errors import NotAllowed, Refused, Temporary
from hub.http import Answer, Api, Limits, raise_for, seconds_to_wait
from hub.net import Guard


class Remote:
    """A raw HTTP server that says exactly what a test scripts, by path."""

    def __init__(self):
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections = 0
        self.script = {}
        remote = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                remote.connections += 1
                while line := self.rfile.readline().decode().split():
                    headers = {}
                    while (text := self.rfile.readline().decode().strip()) != "":
                        name, _, value = text.partition(":")
                        headers[name.lower()] = value.strip()
                    body = self.rfile.read(int(headers.get("content-length", 0)))
                    remote.asked.append((line[0], line[1], headers, body))
                    try:
                        if remote.script[line[1].partition("?")[0]](self.wfile) == "close":
                            return
                    except OSError:
                        return

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def says(self, path, status=200, body=b"{}", headers=()):
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
        self.script[path] = lambda out: out.write("\r\n".join(lines).encode() + body)

    def drips(self, path, head, drop):
        """Writes the head, then one drop every 50 ms for ever."""

        def drip(out):
            out.write(head)
            while True:
                out.write(drop)
                out.flush()
                threading.Event().wait(0.05)

        self.script[path] = drip


@pytest.fixture
def remote():
    server = Remote()
    yield server
    server.server.shutdown()
    server.server.server_close()


def api_of(remote, **options):
    return Api(remote.url, guard=Guard(practice=True), **options)


def answer(status, body=b"", **headers):
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, "shop.example")


def test_json_keeps_fractions_exact_and_long_ids_whole(remote):
    remote.says("/x", body=b'{"price": 19.10, "id": 576461413038785752123}')
    assert api_of(remote).json("GET", "/x") == {"price": Decimal("19.10"), "id": 576461413038785752123}


def test_an_empty_answer_is_none(remote):
    remote.says("/x", status=204, body=b"")
    assert api_of(remote).json("DELETE", "/x") is None


def test_headers_and_bodies_are_sent_as_given(remote):
    remote.says("/x")
    api_of(remote, headers={"X-Shop": "1"}).json("POST", "/x", json={"a": 1}, headers={"X-Key": "7"}, params={"q": "ä"})
    method, path, headers, body = remote.asked[0]
    assert (method, path, json.loads(body)) == ("POST", "/x?q=%C3%A4", {"a": 1})
    assert (headers["x-shop"], headers["x-key"]) == ("1", "7")


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (401, NotAllowed), (403, NotAllowed), (404, Refused), (408, Temporary), (409, Refused),
     (422, Refused), (425, Temporary), (429, Temporary), (500, Temporary), (502, Temporary), (503, Temporary),
     (504, Temporary), (301, Refused), (302, Refused), (307, Refused)],
)  # fmt: skip
def test_each_status_becomes_the_error_that_tells_what_happens_next(remote, status, error):
    remote.says("/x", status=status, headers=["Location: http://127.0.0.1:1/"])
    with pytest.raises(error) as raised:
        api_of(remote).json("GET", "/x")
    assert type(raised.value) is error
    assert raised.value.context["status"] == status
    assert len(remote.asked) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"message": "Title too long"}', "Title too long"),
        (b'{"errors": [{"code": 3, "message": "No such product"}]}', "No such product"),
        (b'{"error": {"message": "Nope"}}', "Nope"),
        (b'{"error_description": "expired", "error": "x"}', "expired"),
        (b"<html>nginx</html>", "shop.example refused this (400)"),
        (b'{"code": 1}', "shop.example refused this (400)"),
        (b"[" * 100_000, "shop.example refused this (400)"),
    ],
)
def test_a_refusal_says_what_the_remote_said(body, says):
    with pytest.raises(Refused) as raised:
        raise_for(answer(400, body))
    assert raised.value.says == says


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None), ({"retry_after": "7"}, 7.0), ({"retry_after": "0.5"}, 0.5), ({"retry_after": "soon"}, None),
        ({"retry_after": "-4"}, 0.0), ({"retry_after": "nan"}, None), ({"retry_after": "99999999"}, 86400.0),
        ({"retry_after": "Mon, 02 Mar 2026 09:31:00 GMT"}, 60.0),
        ({"retry_after": "Mon, 02 Mar 2026 09:31:00 GMT", "date": "Mon, 02 Mar 2026 09:30:50 GMT"}, 10.0),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_all_its_forms(headers, wait):
    with clock.hold(datetime(2026, 3, 2, 9, 30, tzinfo=UTC)):
        assert seconds_to_wait(answer(429, **headers)) == wait


def test_something_that_is_not_json_is_temporary_and_names_the_remote(remote):
    remote.says("/x", body=b"<html>", headers=["Content-Type: text/html"])
    with pytest.raises(Temporary, match="not JSON") as raised:
        api_of(remote).json("GET", "/x")
    assert raised.value.context["content_type"] == "text/html"


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"\r\n" * 0 + b"H"),
    ],
    ids=["headers", "body", "body without a length", "chunks", "status line"],
)
def test_a_remote_that_drips_cannot_hold_a_worker_past_the_deadline(remote, head, drop):
    remote.drips("/x", head, drop)
    started = time.monotonic()
    with pytest.raises(Temporary, match="took too long") as raised:
        api_of(remote, limits=Limits(total_s=0.6)).json("GET", "/x")
    assert time.monotonic() - started < 5
    assert raised.value.context["sent"] is True


def test_a_remote_that_drips_its_tls_greeting_cannot_hold_a_worker_either():
    """The handshake happens before a request exists, on a socket that Python hides meanwhile."""
    ended = threading.Event()

    class Greeter(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                self.request.sendall(b"\x16\x03\x03\x3f\x00\x02\x00\x3e\xfc")
                while not ended.wait(0.05):
                    self.request.sendall(b"\x00")
            except OSError:
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greeter) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        api = Api(f"https://127.0.0.1:{server.server_address[1]}", guard=Guard(practice=True))
        started = time.monotonic()
        with pytest.raises(Temporary, match="took too long"):
            api.json("GET", "/", limits=Limits(total_s=0.6))
        assert time.monotonic() - started < 5
        ended.set()
        server.shutdown()


def test_the_usual_deadline_is_within_the_promise():
    assert Limits().total_s <= 35 and Limits().max_body <= 10 * 1024 * 1024


def test_a_silent_remote_is_left_after_the_read_time_out(remote):
    remote.script["/x"] = lambda out: threading.Event().wait(3) and None
    with pytest.raises(Temporary, match="took too long"):
        api_of(remote, limits=Limits(read_s=0.2)).json("GET", "/x")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_big_is_refused_before_it_is_held(remote, announced):
    length = b"Content-Length: 5000\r\n" if announced else b"Connection: close\r\n"
    remote.script["/x"] = lambda out: out.write(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + b"x" * 5000) and "close"
    with pytest.raises(Refused, match="more than 1 KB"):
        api_of(remote, limits=Limits(max_body=1024)).json("GET", "/x")


def test_a_body_that_was_squeezed_counts_by_its_true_size(remote):
    import gzip

    bomb = gzip.compress(b" " * 5_000_000)
    remote.says("/x", body=bomb, headers=["Content-Encoding: gzip"])
    with pytest.raises(Refused, match="more than"):
        api_of(remote, limits=Limits(max_body=100_000)).json("GET", "/x")


@pytest.mark.parametrize(
    ("said", "sent"),
    [(b"", True), (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", True), (b"nonsense\r\n\r\n", True)],
)
def test_a_lost_answer_says_that_the_request_may_have_arrived(remote, said, sent):
    remote.script["/x"] = lambda out: out.write(said) and None or "close"
    with pytest.raises(Temporary) as raised:
        api_of(remote).json("POST", "/x", json={})
    assert raised.value.context["sent"] is sent
    assert len(remote.asked) == 1


def test_a_remote_that_is_not_there_never_got_the_request():
    with pytest.raises(Temporary, match="did not answer") as raised:
        Api("http://127.0.0.1:9", guard=Guard(practice=True)).json("GET", "/x")
    assert raised.value.context["sent"] is False


def test_connections_are_kept_for_the_next_api_of_the_same_remote(remote):
    remote.says("/x")
    for _ in range(3):
        api_of(remote).json("GET", "/x")
    assert (len(remote.asked), remote.connections) == (3, 1)


def test_a_forked_child_shares_no_connection_with_its_parent(remote):
    remote.says("/x")
    api_of(remote).json("GET", "/x")
    child = os.fork()
    if child == 0:
        try:
            api_of(remote).json("GET", "/x")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    api_of(remote).json("GET", "/x")
    assert (len(remote.asked), remote.connections) == (3, 2)


def test_cookies_of_one_call_are_not_sent_with_the_next(remote):
    remote.says("/x", headers=["Set-Cookie: session=other-tenant"])
    api_of(remote).json("GET", "/x")
    api_of(remote).json("GET", "/x")
    assert "cookie" not in remote.asked[1][2]


def test_a_call_inside_a_transaction_fails_before_it_is_made(remote, monkeypatch):
    monkeypatch.setattr(Api, "transaction_probe", staticmethod(lambda: True))
    with pytest.raises(AssertionError, match="transaction is open"):
        api_of(remote).json("GET", "/x")
    assert remote.asked == []


def test_each_finished_call_counts_as_progress_also_a_failed_one(remote):
    notes = []
    http.progress.append(lambda: notes.append(1))
    remote.says("/x")
    api_of(remote).json("GET", "/x")
    with pytest.raises(Temporary):
        Api("http://127.0.0.1:9", guard=Guard(practice=True)).json("GET", "/x")
    assert len(notes) == 2


class Ration:
    def __init__(self, wait):
        self.wait, self.paused, self.calls = wait, [], 0

    def acquire(self, n=1):
        return self.wait

    def took(self, seconds):
        self.calls += 1

    def pause(self, seconds):
        self.paused.append(seconds)


def test_a_429_pauses_the_budget_for_everybody_as_long_as_was_asked(remote):
    remote.says("/x", status=429, headers=["Retry-After: 17"])
    ration = Ration(0.0)
    with pytest.raises(Temporary) as raised:
        api_of(remote, budget=ration).json("GET", "/x")
    assert raised.value.retry_after == 17 and ration.paused == [17] and ration.calls == 1


def test_a_long_wait_for_the_budget_puts_the_task_off_without_calling(remote):
    with pytest.raises(Temporary) as raised:
        api_of(remote, budget=Ration(60.0)).json("GET", "/x")
    assert raised.value.retry_after == 60 and remote.asked == []
    assert raised.value.context["sent"] is False


def test_who_waits_is_answered_in_his_time_whatever_the_remote_does(remote):
    """All calls inside share the time; a call that would begin after its end is not made at all."""
    remote.script["/silent"] = lambda out: threading.Event().wait(5)
    with http.patience(0.3):
        with pytest.raises(Temporary, match="took too long") as late:
            Api(remote.url).send("GET", "/silent")
        assert late.value.context["sent"] is True
        with pytest.raises(Temporary, match="took too long") as never:
            Api(remote.url).send("GET", "/")
        assert never.value.context["sent"] is False
    assert [path for _, path, _, _ in remote.asked] == ["/silent"]


def test_patience_ends_with_its_block_and_an_inner_one_is_never_longer(remote):
    remote.says("/", 200)
    with http.patience(0.0):
        with http.patience(60), pytest.raises(Temporary):
            Api(remote.url).send("GET", "/")
        with http.patience(None):
            assert Api(remote.url).send("GET", "/").ok, "a call whose answer must not be lost"
        with pytest.raises(Temporary):
            Api(remote.url).send("GET", "/")
    assert Api(remote.url).send("GET", "/").ok


def test_who_waits_does_not_wait_for_a_slot_that_comes_too_late(remote):
    with http.patience(1.0), pytest.raises(Temporary, match="slow down"):
        Api(remote.url, budget=Ration(5.0)).send("GET", "/")
    assert remote.asked == []



@pytest.mark.parametrize(("side", "arrived"), [("before", 0), ("after", 1)])
def test_a_crash_point_dies_on_either_side_of_the_call(remote, side, arrived):
    remote.says("/x")
    program = f"""
from hub import crashpoints
from hub.http import Api
from hub.net import Guard
crashpoints.arm("orders.create.{side}")
Api({remote.url!r}, guard=Guard(practice=True)).json("POST", "/x", crash_point="orders.create")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert len(remote.asked) == arrived


def test_the_log_line_tells_the_call_and_neither_query_nor_secret(remote, capsys):
    import io
    import logging

    stream, handlers = io.StringIO(), logging.getLogger().handlers[:]
    log.configure(stream=stream)
    remote.says("/orders")
    api_of(remote).json("GET", "/orders", params={"access_token": "canary"}, headers={"x-tts-access-token": "canary"})
    logging.getLogger().handlers[:] = handlers
    line = json.loads(stream.getvalue().splitlines()[0])
    assert (line["method"], line["path"], line["status"], line["remote"]) == (
        "GET",
        "/orders",
        200,
        "127.0.0.1",
    )
    assert "canary" not in stream.getvalue()

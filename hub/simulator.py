"""A small kit for strict simulators of remote platforms: journal, scripted faults, control routes, a server.

Each simulator is a Flask application that knows the rules of its platform by itself. What all of them share stands
here, and nothing of it is a rule of any platform:

- `Journal`: what was asked and answered, kept in SQLite, for tests and for the checker of reliability.md part 3;
- `Faults`: scripted faults, matched against a call in the order they were added;
- `control_blueprint(sim)`: the routes every simulator answers under /sandbox/ (see there);
- `serve(app)`: a real HTTP server on loopback; `InProcessAdapter(app)`: the same application behind `requests`
  without a socket.

A simulator's answering code runs inside `recorded(sim, operation, answer)`, which applies the faults and writes the
journal, so that a dropped connection looks to the caller as in life: with the effect done, or not.

The control routes take and give plain JSON and ask for no sign-in: a simulator is bound to loopback only.
"""

from __future__ import annotations

import io
import json
import re
import socket
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import requests
from flask import Blueprint, Flask, Response, jsonify, request
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from hub import clock

_ANSWER_LIMIT = 1_000_000  # characters kept of a body or an answer; a picture's bytes help nobody in a journal
_DROPPED = "shopbridge.dropped"  # environ key: this call's connection ends without a (whole) answer


@dataclass(frozen=True, slots=True)
class Entry:
    """One call as the simulator saw it.

    `at` is seconds since 1970 on `hub.clock`; `query` and `headers` are plain mappings; `body` and `answer` are text.
    `status` is 0 where the connection was closed without an answer. `fault` names the fault that was applied, if any.
    """

    seq: int
    at: float
    method: str
    path: str
    operation: str
    query: dict[str, str]
    body: str
    status: int
    answer: str
    headers: dict[str, str]
    fault: str = ""


class Journal:
    """The calls a simulator saw, in order. Safe for threads; ":memory:" by default, or a file that others may read."""

    def __init__(self, path: str = ":memory:") -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL, method TEXT, path TEXT,"
            " operation TEXT, query TEXT, body TEXT, status INTEGER, answer TEXT, headers TEXT, fault TEXT)"
        )
        self._db.execute("CREATE INDEX IF NOT EXISTS entry_operation ON entry (operation, seq)")

    def add(
        self,
        *,
        method: str,
        path: str,
        operation: str,
        query: Mapping[str, str] | None = None,
        body: str = "",
        status: int = 200,
        answer: str = "",
        headers: Mapping[str, str] | None = None,
        fault: str = "",
        at: datetime | None = None,
    ) -> int:
        """Write one call down and answer its number. Calls are numbered from 1 in the order they ended."""
        moment = (at or clock.now()).timestamp()
        values = (
            moment, method, path, operation, json.dumps(dict(query or {})), body[:_ANSWER_LIMIT], status,
            answer[:_ANSWER_LIMIT], json.dumps(dict(headers or {})), fault,
        )  # fmt: skip
        with self._lock:
            cursor = self._db.execute(
                "INSERT INTO entry (at, method, path, operation, query, body, status, answer, headers, fault) VALUES (?,?,?,?,?,?,?,?,?,?)",
                values,
            )
            return int(cursor.lastrowid or 0)

    def entries(self, operation: str | None = None, since: int = 0, limit: int = 100_000) -> list[Entry]:
        """The calls after number `since`, oldest first; `operation` asks for one operation, or `Get*` for a prefix."""
        sql, values = "SELECT * FROM entry WHERE seq > ?", [since]  # type: tuple[str, list[Any]]
        if operation and operation.endswith("*"):
            sql, values = sql + " AND substr(operation, 1, ?) = ?", [*values, len(operation) - 1, operation[:-1]]
        elif operation:
            sql, values = sql + " AND operation = ?", [*values, operation]
        with self._lock:
            rows = self._db.execute(sql + " ORDER BY seq LIMIT ?", [*values, limit]).fetchall()
        return [
            Entry(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]), row[6], row[7], row[8],
                  json.loads(row[9]), row[10])
            for row in rows
        ]  # fmt: skip

    def busiest_second(self, operation_prefix: str = "") -> int:
        """The most calls that came within any one second, sliding, of the operations that start so."""
        with self._lock:
            rows = self._db.execute(
                "SELECT at FROM entry WHERE substr(operation, 1, ?) = ? ORDER BY at",
                (len(operation_prefix), operation_prefix),
            ).fetchall()
        moments = [row[0] for row in rows]
        most = first = 0
        for last, moment in enumerate(moments):
            while moment - moments[first] >= 1.0:
                first += 1
            most = max(most, last - first + 1)
        return most

    def counts(self) -> dict[str, int]:
        """How many calls of each operation came."""
        with self._lock:
            return dict(self._db.execute("SELECT operation, count(*) FROM entry GROUP BY operation").fetchall())

    def clear(self) -> None:
        """Forget all calls; numbering goes on."""
        with self._lock:
            self._db.execute("DELETE FROM entry")

    def close(self) -> None:
        """Give the database back."""
        with self._lock:
            self._db.close()


@dataclass(slots=True)
class Fault:
    """One scripted fault: which calls it meets, how often, and what then happens.

    `match`: any of `operation` (exact, or `Get*`), `path_regex`, `method`, `contains` (text in path, query or body);
    an empty mapping meets every call. `skip` matching calls pass first; then it is applied `times` times (-1: for
    ever). `do`: `status`, `json` (or `text`), `headers` answer in the platform's stead, without an effect; `delay_s`
    waits first; `drop` "before" closes the connection without an effect, "after" with it; `truncate` sends half of
    the true answer and closes; `trickle_s` sends the true answer a byte at a time, with so many seconds between.
    """

    match: dict[str, Any]
    do: dict[str, Any]
    times: int = 1
    skip: int = 0
    name: str = ""
    met: int = 0
    applied: int = 0

    _MATCHES = frozenset({"operation", "path_regex", "method", "contains"})
    _DOES = frozenset({"status", "json", "text", "headers", "delay_s", "drop", "truncate", "trickle_s"})

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Fault:
        """A fault from plain JSON; ValueError says what is wrong with it, so that no script fails silently."""
        match, do = dict(raw.get("match") or {}), dict(raw.get("do") or {})
        unknown = (set(raw) - {"match", "do", "times", "skip", "name"}) | (set(match) - cls._MATCHES) | (set(do) - cls._DOES)
        if unknown:
            raise ValueError(f"unknown in a fault: {', '.join(sorted(unknown))}")
        if not do:
            raise ValueError("a fault does something: give `do`")
        if do.get("drop") not in (None, "before", "after"):
            raise ValueError("drop is before or after")
        if "path_regex" in match:
            re.compile(match["path_regex"])
        return cls(match, do, int(raw.get("times", 1)), int(raw.get("skip", 0)), str(raw.get("name", "")))

    def meets(self, operation: str, method: str, path: str, text: str) -> bool:
        """Whether this call is one of those it waits for (counting is the list's business)."""
        wanted = self.match
        if "operation" in wanted:
            name = str(wanted["operation"])
            if name.endswith("*") and not operation.startswith(name[:-1]):
                return False
            if not name.endswith("*") and operation != name:
                return False
        if "method" in wanted and str(wanted["method"]).upper() != method.upper():
            return False
        if "path_regex" in wanted and not re.search(wanted["path_regex"], path):
            return False
        return not ("contains" in wanted and str(wanted["contains"]) not in text)


class Faults:
    """The scripted faults of one simulator, applied in the order they were added; the first that meets wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []

    def add(self, raw: Mapping[str, Any]) -> Fault:
        """Add one fault (see `Fault`)."""
        fault = Fault.read(raw)
        with self._lock:
            self._rules.append(fault)
        return fault

    def take(self, operation: str, method: str, path: str, text: str = "") -> Fault | None:
        """The fault for this call, used up by one; None: answer truthfully."""
        with self._lock:
            for fault in self._rules:
                if fault.times >= 0 and fault.applied >= fault.times:
                    continue
                if not fault.meets(operation, method, path, text):
                    continue
                fault.met += 1
                if fault.met <= fault.skip:
                    continue
                fault.applied += 1
                return fault
        return None

    def list(self) -> list[dict[str, Any]]:
        """All faults with their counts, as plain JSON."""
        with self._lock:
            return [asdict(fault) for fault in self._rules]

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._rules.clear()


class Simulator(Protocol):
    """What every simulator has: a name, a journal, faults."""

    name: str
    journal: Journal
    faults: Faults


@dataclass(slots=True)
class Kit:
    """Journal and faults together, for a simulator's state object to carry. `stopping` ends its threads."""

    name: str
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    stopping: threading.Event = field(default_factory=threading.Event)


def control_blueprint(sim: Simulator) -> Blueprint:
    """The routes every simulator answers.

    - `GET /sandbox/health` → `{"name", "calls": n}`
    - `GET /sandbox/journal?operation=&since=&limit=` → `{"entries": [Entry…], "last": seq}`; `operation` may end in `*`
    - `DELETE /sandbox/journal` forgets; `GET /sandbox/journal/counts` → `{operation: n}`
    - `GET /sandbox/journal/busiest?operation=` → `{"busiest_second": n}` of the operations that start so
    - `GET /sandbox/faults` → `{"faults": […]}`; `POST /sandbox/faults` one fault or a list (see `Fault`), 400 with a
      sentence for one that cannot be read; `DELETE /sandbox/faults` clears
    """
    routes = Blueprint(f"{sim.name}_control", __name__, url_prefix="/sandbox")

    @routes.get("/health")
    def health() -> Response:
        return jsonify(name=sim.name, calls=sum(sim.journal.counts().values()))

    @routes.get("/journal")
    def journal() -> Response:
        entries = sim.journal.entries(
            request.args.get("operation") or None,
            request.args.get("since", 0, type=int),
            request.args.get("limit", 100_000, type=int),
        )
        return jsonify(entries=[asdict(entry) for entry in entries], last=entries[-1].seq if entries else 0)

    @routes.delete("/journal")
    def forget() -> Response:
        sim.journal.clear()
        return jsonify(ok=True)

    @routes.get("/journal/counts")
    def counts() -> Response:
        return jsonify(sim.journal.counts())

    @routes.get("/journal/busiest")
    def busiest() -> Response:
        return jsonify(busiest_second=sim.journal.busiest_second(request.args.get("operation", "")))

    @routes.get("/faults")
    def faults() -> Response:
        return jsonify(faults=sim.faults.list())

    @routes.post("/faults")
    def add_fault() -> Response | tuple[Response, int]:
        raw = request.get_json(force=True)
        try:
            added = [sim.faults.add(one) for one in (raw if isinstance(raw, list) else [raw])]
        except (ValueError, re.error, AttributeError, TypeError) as error:
            return jsonify(error=str(error)), 400
        return jsonify(added=len(added))

    @routes.delete("/faults")
    def clear_faults() -> Response:
        sim.faults.clear()
        return jsonify(ok=True)

    return routes


def recorded(sim: Simulator, operation: str, answer: Callable[[], Response]) -> Response:
    """Answer the current request under the simulator's faults, and write it down.

    `answer` does the effect and builds the true answer. Call it inside a Flask request context.
    """
    body = "" if request.mimetype == "multipart/form-data" else request.get_data(as_text=True)
    query = {name: ",".join(request.args.getlist(name)) for name in request.args}
    fault = sim.faults.take(operation, request.method, request.path, f"{request.full_path}\n{body}")
    do = fault.do if fault else {}
    at = clock.now()
    if do.get("delay_s"):
        threading.Event().wait(float(do["delay_s"]))
    drop = do.get("drop")
    if drop == "before":
        response = Response("", status=503)
    elif "status" in do or "json" in do or "text" in do:
        text = json.dumps(do["json"]) if "json" in do else str(do.get("text", ""))
        response = Response(text, status=int(do.get("status", 200)),
                            content_type="application/json" if "json" in do else "text/plain")  # fmt: skip
        for name, value in (do.get("headers") or {}).items():
            response.headers[name] = str(value)
    else:
        response = answer()
    told = "" if response.is_streamed or (response.mimetype or "").startswith("image/") else response.get_data(as_text=True)
    sim.journal.add(
        method=request.method, path=request.path, operation=operation, query=query, body=body, at=at,
        status=0 if drop else response.status_code, answer=told, headers=dict(request.headers),
        fault=(fault.name or json.dumps(do)) if fault else "",
    )  # fmt: skip
    if drop:
        return _closed(response)
    if do.get("truncate"):
        return _truncated(response)
    if do.get("trickle_s"):
        return _trickled(response, float(do["trickle_s"]))
    return response


def _closed(response: Response) -> Response:
    request.environ[_DROPPED] = True
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        # Both directions: the caller sees the end at once, and nothing werkzeug still writes can reach it.
        _shut(connection)
    response.headers["Connection"] = "close"
    return response


def _truncated(response: Response) -> Response:
    whole = response.get_data()
    connection = request.environ.get("werkzeug.socket")
    if connection is None:
        request.environ[_DROPPED] = True
        return response

    def half() -> Iterator[bytes]:
        yield whole[: max(1, len(whole) // 2)]
        _shut(connection)

    cut = Response(half(), status=response.status_code, headers=list(response.headers))
    cut.headers["Content-Length"] = str(len(whole))
    return cut


def _trickled(response: Response, pause_s: float) -> Response:
    whole, never = response.get_data(), threading.Event()

    def drops() -> Iterator[bytes]:
        for at in range(len(whole)):
            never.wait(pause_s)
            yield whole[at : at + 1]

    slow = Response(drops(), status=response.status_code, headers=list(response.headers))
    slow.headers["Content-Length"] = str(len(whole))
    return slow


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The caller was faster and is gone already: that is what was wanted.
        return


class _QuietHandler(WSGIRequestHandler):
    """HTTP/1.1 with kept connections, a dead peer is no event, and no line per call on the console."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        return None

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        self.close_connection = True


class Server:
    """A running simulator: `url` is its address, `close()` ends it and its connections."""

    def __init__(self, server: BaseWSGIServer, host: str) -> None:
        self._server = server
        self.host = host
        self.port = int(server.server_port)
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def wait(self) -> None:
        """Block until the server is closed (a process that is nothing but this simulator)."""
        self._thread.join()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SendsByItself:
    """A practice platform's way out: what is due leaves by ``deliver``, on command or from a thread of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.RLock()
        self._delivering = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._ending = False

    def deliver(self) -> Sequence[Any]:
        """Posts what is due; gives what happened, in order."""
        raise NotImplementedError

    def start(self, poll_s: float = 0.2) -> None:
        """Deliver from a thread of its own until `stop`."""
        self._ending = False

        def run() -> None:
            while not self._ending:
                self.deliver()
                self._wake.wait(poll_s)
                self._wake.clear()

        self._thread = threading.Thread(target=run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ending = True
        self._wake.set()
        if self._thread:
            self._thread.join(timeout=15)
            self._thread = None


def serve(app: Flask, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Serve this application on a thread per connection; port 0 takes a free one. Raises OSError when it is taken."""
    server = make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
    # A kept connection must not hold up the end of the process or of a test.
    server.daemon_threads = True  # type: ignore[attr-defined]
    server.block_on_close = False  # type: ignore[attr-defined]
    return Server(server, host)


class InProcessAdapter(BaseAdapter):
    """A `requests` transport that hands each call to a Flask application: whole client, no socket.

    Mount it: `session.mount("http://sandbox.local", InProcessAdapter(app))`. A dropped or truncated answer becomes
    `requests.ConnectionError`, as it would over a socket.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._app = app

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Hand the prepared call over and give the application's answer back."""
        url = urlsplit(request.url or "")
        body = _body_bytes(request.body)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method or "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(url.path or "/", "utf-8").encode("utf-8").decode("latin-1"),
            "REQUEST_URI": (url.path or "/") + (f"?{url.query}" if url.query else ""),
            "RAW_URI": (url.path or "/") + (f"?{url.query}" if url.query else ""),
            "QUERY_STRING": url.query,
            "SERVER_NAME": url.hostname or "localhost",
            "SERVER_PORT": str(url.port or (443 if url.scheme == "https" else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": url.scheme,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_HOST": url.netloc,
        }
        for name, value in request.headers.items():
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            if name.lower() == "content-type":
                environ["CONTENT_TYPE"] = text
            elif name.lower() != "content-length":
                environ[f"HTTP_{name.upper().replace('-', '_')}"] = text
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., None]:
            started[:] = [status, headers]
            return lambda _data: None

        chunks: Iterable[bytes] = self._app(environ, start_response)
        try:
            content = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        if environ.get(_DROPPED):
            raise requests.ConnectionError("the simulator closed the connection without an answer", request=request)
        status, headers = started
        code, _, reason = status.partition(" ")
        raw = HTTPResponse(
            body=io.BytesIO(content), headers=headers, status=int(code), reason=reason, preload_content=False,
            request_method=request.method,
        )  # fmt: skip
        answer = requests.Response()
        answer.status_code = int(code)
        answer.reason = reason
        answer.headers = requests.structures.CaseInsensitiveDict(headers)
        answer.encoding = requests.utils.get_encoding_from_headers(answer.headers)
        answer.raw = raw
        answer.url = request.url or ""
        answer.request = request
        if not stream:
            answer.content  # noqa: B018 - reads and keeps the body, as requests does
        return answer

    def close(self) -> None:
        """Nothing is held open."""


def _body_bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8")
    if isinstance(body, bytes):
        return body
    if hasattr(body, "read"):
        return bytes(body.read())
    return b"".join(part.encode() if isinstance(part, str) else part for part in body)


def busiest_by(entries: Iterable[Entry], key: Callable[[Entry], str]) -> dict[str, int]:
    """The most calls within one whole second for each value of `key` (a shop, an app), for rate checks."""
    seconds: Counter[tuple[str, int]] = Counter((key(entry), int(entry.at)) for entry in entries)
    most: dict[str, int] = {}
    for (name, _second), count in seconds.items():
        most[name] = max(most.get(name, 0), count)
    return most

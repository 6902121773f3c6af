"""JSON over HTTP with our time-outs, our limits and our errors. Knows no platform.

    shop = Api("https://shop.example", auth=signer, guard=config.guard(), budget=budget)
    order = shop.json("POST", "/orders", json=body, crash_point="orders.create")

`send` answers whatever the remote said; `request` turns its status into one of hub.errors; `json` also reads the body.
An adapter whose remote explains itself in an envelope calls `send` and falls back to `raise_for`.

Nothing is repeated here: no urllib3 retries, no loops. An error says in its context whether the request may have
arrived (`sent`): after a lost answer to a write the state is unknown, and the flow looks it up before trying again.
"""

from __future__ import annotations

import email.utils
import json as _json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from typing import IO, Any, ClassVar, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, LocationParseError, NewConnectionError

from hub import clock, log
from hub.crashpoints import crash_point as reach_crash_point
from hub.errors import NotAllowed, Refused, Temporary
from hub.net import Guard, HubAdapter, deadline

CONNECT_S = 5.0
READ_S = 20.0
DEADLINE_S = 35.0
MAX_BODY = 10 * 1024 * 1024
# Longer than this is not waited for inside a call; the task is put off instead.
LONGEST_WAIT_S = 10.0

_NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    LocationParseError,
)

_log = log.get("hub.http")

# When whoever waits for the calls of this context stops waiting, by the monotonic clock.
_until: ContextVar[float | None] = ContextVar("until", default=None)


@contextmanager
def patience(seconds: float | None) -> Iterator[None]:
    """Somebody waits: all calls made inside end within so many seconds together, else they raise Temporary.

    None takes an outer limit away, for a call whose answer must not be lost.
    """
    outer = _until.get()
    mine = None if seconds is None else time.monotonic() + seconds
    token = _until.set(mine if mine is None or outer is None else min(mine, outer))
    try:
        yield
    finally:
        _until.reset(token)


@dataclass(slots=True)
class Waits:
    """How long calls waited because no more of them are allowed at a time."""

    seconds: float = 0.0


_waits: ContextVar[Waits | None] = ContextVar("waits", default=None)


@contextmanager
def counting_waits() -> Iterator[Waits]:
    """Counts the waits of all calls made inside, so that whoever watches can be told why it takes long (PUL-08)."""
    waits = Waits()
    token = _waits.set(waits)
    try:
        yield waits
    finally:
        _waits.reset(token)


def _seconds_left() -> float | None:
    until = _until.get()
    return None if until is None else until - time.monotonic()


# Called after each finished call, whatever its end: the lease heartbeat counts that as progress.
progress: list[Callable[[], None]] = []


class Budget(Protocol):
    """A rate budget, as hub.limits makes it."""

    def acquire(self, n: int = 1) -> float:
        """Take n calls; answers how many seconds to wait before making them."""
        ...

    def took(self, seconds: float) -> None:
        """A call took so long."""
        ...

    def pause(self, seconds: float) -> None:
        """Nobody calls before this time is over: the remote asked for it."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a remote answered, whole. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    remote: str
    elapsed_s: float = 0.0

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body as JSON, numbers with a fraction kept exact as Decimal; raises Temporary when it is none.

        Not Refused: a broken body comes from a proxy or a cut connection far more often than from the platform.
        """
        try:
            return _json.loads(self.body, parse_float=_exact)
        except (ValueError, RecursionError):
            raise Temporary(
                f"{self.remote} answered with something that is not JSON",
                status=self.status,
                content_type=self.headers.get("content-type", ""),
                sent=True,
            ) from None


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one call may take: seconds to connect, between two reads, in all; bytes of body."""

    connect_s: float = CONNECT_S
    read_s: float = READ_S
    total_s: float = DEADLINE_S
    max_body: int = MAX_BODY


@dataclass(slots=True)
class Api:
    """One remote at one base address. Cheap to make: connections are shared per process and remote."""

    base_url: str
    auth: AuthBase | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    guard: Guard | None = None
    budget: Budget | None = None
    transport: BaseAdapter | None = None
    limits: Limits = field(default_factory=Limits)

    # A test hook: answers whether this thread has a database transaction open. Each call then fails if it has.
    transaction_probe: ClassVar[Callable[[], bool] | None] = None

    @property
    def remote(self) -> str:
        """The host, as errors and the log name it."""
        return urlsplit(self.base_url).hostname or self.base_url

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Call, insist on success, read the JSON. Options as for `send`. None for an empty body."""
        answer = self.request(method, path, **options)
        return answer.json() if answer.body else None

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """Call and insist on success; raises Temporary, NotAllowed or Refused. Options as for `send`."""
        answer = self.send(method, path, **options)
        raise_for(answer)
        return answer

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | list[tuple[str, Any]] | None = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        auth: AuthBase | None = None,
        crash_point: str | None = None,
        limits: Limits | None = None,
        into: IO[bytes] | None = None,
    ) -> Answer:
        """Call once and answer what the remote said, whatever the status; raises Temporary when it said nothing.

        `crash_point` names this call for the fault tests: `<name>.before` is reached right before it, `<name>.after`
        right after the answer came. `into` takes the body as it comes, so that a large one is never held in memory; the
        answer's own is empty then.
        """
        if Api.transaction_probe is not None and Api.transaction_probe():
            raise AssertionError(f"a database transaction is open during an outside call to {self.remote}")
        self._wait_for_budget()
        if crash_point:
            reach_crash_point(f"{crash_point}.before")
        started = time.monotonic()
        status: int | None = None
        try:
            answer = self._exchange(
                method,
                self.base_url.rstrip("/") + path,
                limits or self.limits,
                params=params,
                json=json,
                data=data,
                files=files,
                headers={**self.headers, **(headers or {})},
                auth=auth or self.auth,
                into=into,
            )
            status = answer.status
        finally:
            spent = time.monotonic() - started
            _log.info("outside call", method=method, remote=self.remote, path=path, status=status, ms=round(spent * 1000))
            if self.budget is not None:
                self.budget.took(spent)
            for note in progress:
                note()
        if crash_point:
            reach_crash_point(f"{crash_point}.after")
        if answer.status == 429 and self.budget is not None:
            self.budget.pause(seconds_to_wait(answer) or 1.0)
        return answer

    def _wait_for_budget(self) -> None:
        if self.budget is None:
            return
        wait, left = self.budget.acquire(), _seconds_left()
        if wait > LONGEST_WAIT_S or (left is not None and wait > left):
            raise Temporary(f"{self.remote} asked us to slow down", retry_after=wait, sent=False)
        if wait > 0:
            threading.Event().wait(wait)
            if (waits := _waits.get()) is not None:
                waits.seconds += wait

    def _exchange(self, method: str, url: str, limits: Limits, into: IO[bytes] | None, **options: Any) -> Answer:
        left = _seconds_left()
        if left is not None:
            if left <= 0:
                raise Temporary(f"{self.remote} took too long to answer", sent=False)
            limits = replace(limits, connect_s=min(limits.connect_s, left), read_s=min(limits.read_s, left), total_s=min(limits.total_s, left))
        session = _session(url, self.guard, self.transport)
        started = time.monotonic()
        with deadline(limits.total_s) as watch:
            try:
                response = session.request(
                    method,
                    url,
                    timeout=(limits.connect_s, limits.read_s),
                    stream=True,
                    allow_redirects=False,
                    **options,
                )
                with response:
                    body = _read(response, limits, started, self.remote, into)
            except (*_NO_ADDRESS, UnicodeError) as error:
                raise Refused(f"{self.remote} is no address that can be called") from error
            except (requests.RequestException, HTTPError, OSError, AttributeError) as error:
                # AttributeError: http.client trips over its own socket when it is cut between two reads.
                if isinstance(error, AttributeError) and not watch.expired:
                    raise
                raise self._no_answer(error, watch.expired) from error
        if watch.expired:
            raise self._no_answer(None, True)
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            remote=self.remote,
            elapsed_s=time.monotonic() - started,
        )

    def _no_answer(self, error: Exception | None, is_late: bool) -> Temporary:
        if is_late or isinstance(error, requests.ReadTimeout):
            return Temporary(f"{self.remote} took too long to answer", sent=True)
        sent = not isinstance(error, requests.ConnectTimeout) and not _never_connected(error)
        return Temporary(f"{self.remote} did not answer", sent=sent)


def raise_for(answer: Answer) -> None:
    """Turn a status that is no success into the error that tells what happens next."""
    status, remote = answer.status, answer.remote
    if answer.ok:
        return
    if status in (401, 403):
        raise NotAllowed(f"{remote} says no", status=status, answer=first_message(answer))
    if status in (408, 425, 429) or status >= 500:
        raise Temporary(f"{remote} is busy", retry_after=seconds_to_wait(answer), status=status, sent=True)
    if 300 <= status < 400:
        raise Refused(
            f"{remote} sends us to another address",
            hint="Enter the address that the store finally answers on, with https:// and without a redirect.",
            status=status,
        )
    raise Refused(first_message(answer) or f"{remote} refused this ({status})", status=status)


def seconds_to_wait(answer: Answer) -> float | None:
    """What Retry-After asks for (seconds, or a date by the remote's clock), or None when it says nothing sensible."""
    text = answer.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        wait = float(text)
    except ValueError:
        try:
            until = email.utils.parsedate_to_datetime(text)
            sent_at = answer.headers.get("date")
            since = email.utils.parsedate_to_datetime(sent_at) if sent_at else clock.now()
            wait = (until - since).total_seconds()
        except (ValueError, TypeError):
            return None
    if wait != wait or wait < 0:
        return 0.0 if wait < 0 else None
    return min(wait, 24 * 3600.0)


def first_message(answer: Answer, longest: int = 500) -> str:
    """The first sentence a refusal carries, whichever of the usual shapes it has; empty when there is none."""
    try:
        found = _message_in(_json.loads(answer.body))
    except (ValueError, RecursionError):
        is_text = answer.headers.get("content-type", "").startswith("text/plain")
        found = answer.text.strip() if is_text else ""
    return found[:longest]


def forget_connections() -> None:
    """Close this process's idle connections (tests, and a worker that stops)."""
    with _sessions_lock:
        for session in _sessions.values():
            session.close()
        _sessions.clear()


def _message_in(value: Any, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > 4:
        return ""
    if isinstance(value, list):
        return next((text for item in value if (text := _message_in(item, depth + 1))), "")
    if isinstance(value, dict):
        for name in ("message", "error_description", "detail", "title", "error", "errors"):
            if name in value and (text := _message_in(value[name], depth + 1)):
                return text
    return ""


def _exact(text: str) -> Decimal:
    return Decimal(text)


def _never_connected(error: BaseException | None) -> bool:
    """Whether this is about connecting, so that the remote cannot have seen the request."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, NewConnectionError):
            return True
        inner = [
            part for part in (getattr(error, "reason", None), *error.args) if isinstance(part, BaseException)
        ]
        error = inner[0] if inner else error.__cause__ or error.__context__
    return False


def _read(response: requests.Response, limits: Limits, started: float, remote: str, into: IO[bytes] | None) -> bytes:
    """The whole body, within the size and the time. Chunks are taken as they come, so that both are seen in time."""
    too_big = Refused(
        f"{remote} answered with more than {limits.max_body // 1024} KB", status=response.status_code
    )
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limits.max_body and response.request.method != "HEAD":
        raise too_big
    parts: list[bytes] = []
    size = 0
    read1 = getattr(response.raw, "read1", None)
    chunks = iter(lambda: read1(65536, decode_content=True), b"") if read1 else response.iter_content(65536)
    for chunk in chunks:
        size += len(chunk)
        if size > limits.max_body:
            raise too_big
        if time.monotonic() - started > limits.total_s:
            raise requests.ReadTimeout(f"{remote}: the body did not end in time")
        if into is None:
            parts.append(chunk)
        else:
            into.write(chunk)
    return b"".join(parts)


_sessions: dict[tuple[str, Guard | None, int], requests.Session] = {}
_sessions_lock = threading.Lock()


def _session(url: str, guard: Guard | None, transport: BaseAdapter | None) -> requests.Session:
    """One session per process and remote. It knows no login: that is given per call."""
    parts = urlsplit(url)
    key = (f"{parts.scheme}://{parts.netloc}", guard, id(transport))
    with _sessions_lock:
        session = _sessions.get(key)
        if session is None:
            session = requests.Session()
            session.trust_env = (
                False  # no proxy and no .netrc from the environment: they would go round the guard
            )
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.headers["User-Agent"] = "Shopbridge"
            adapter = transport or HubAdapter(guard)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            _sessions[key] = session
        return session


def _after_fork() -> None:
    """A forked child shares no connection with its parent. The parent's sockets are left alone, not closed."""
    global _sessions, _sessions_lock
    _inherited.append(_sessions)
    _sessions, _sessions_lock = {}, threading.Lock()


_inherited: list[dict[tuple[str, Guard | None, int], requests.Session]] = []
os.register_at_fork(after_in_child=_after_fork)

"""Who calls, and whether he may: the token's connection and abilities, its rate, and what a body may hold.

A view without a stated ability answers nobody: the check stands before every section, not in each view.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from flask import Response, current_app, g, request
from flask_smorest import Blueprint
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from hub import clock, log
from hub.api import problems
from hub.api.problems import Stop
from hub.flows.connect import ABILITIES, find_api_token
from hub.http import patience
from hub.limits import Rate, RateBudget
from hub.models.changes import Change
from hub.models.connections import ApiToken, Connection, ConnectionState
from hub.models.shops import Shop
from hub.wiring import Hub

View = TypeVar("View", bound=Callable[..., Any])

MAX_BODY = 2 * 1024 * 1024
MAX_DEPTH = 20
RATE = Rate(20, burst=60)
# So far may a token run ahead of its rate before it is told to wait.
SLACK_S = 3.0
# A person waits in the store's admin behind most calls: so long may the platforms be asked within one.
LONGEST_WAIT_S = 8.0
MOST_BUDGETS = 5_000
NOTE_USE_EVERY = timedelta(minutes=1)
_TOKEN = re.compile(r"sb[pt]_[A-Za-z0-9_-]{20,100}")
# What databases and platforms can't hold: the zero character and halves of a pair.
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Caller:
    """The token of this call."""

    token_id: int
    connection_id: int
    label: str
    abilities: frozenset[str]

    @property
    def who(self) -> str:
        """As tasks and the history name him."""
        return f"API: {self.label or 'token'}"


def section(name: str, description: str) -> Blueprint:
    """A part of the API whose calls all pass the checks."""
    blueprint = Blueprint(name, f"hub.api.{name}", description=description)
    blueprint.before_request(_let_in)
    blueprint.after_request(_note_denied)
    blueprint.teardown_request(_wait_no_more)
    problems.install(blueprint)
    return blueprint


def needs(ability: str) -> Callable[[View], View]:
    """On a view, innermost: which ability the token must have."""
    if ability not in ABILITIES:
        raise ValueError(f"no such ability: {ability}")

    def mark(view: View) -> View:
        view.ability = ability  # type: ignore[attr-defined]
        documented: View = Blueprint.doc(**{"operationId": view.__name__, "security": [{"token": []}], "x-ability": ability})(view)
        return documented

    return mark


def hub() -> Hub:
    """The hub that the application was assembled with."""
    found: Hub = current_app.extensions["hub"]
    return found


def caller() -> Caller:
    """Whose call this is."""
    found: Caller = g.api_caller
    return found


def _let_in() -> None:
    g.api_caller = found = _caller_of(request.headers.get("Authorization", ""))
    log.bind(connection=found.connection_id)
    _keep_to_rate(found)
    ability = getattr(current_app.view_functions.get(request.endpoint or ""), "ability", None)
    if ability is None or ability not in found.abilities:
        g.api_denied = ability or "nothing"
        raise Stop(403, "ability", f"This token may not do that: it lacks “{ability}”.")
    _check_text()
    g.api_patience = limit = ExitStack()
    limit.enter_context(patience(LONGEST_WAIT_S))


def _wait_no_more(_error: BaseException | None = None) -> None:
    limit: ExitStack | None = g.pop("api_patience", None)
    if limit is not None:
        limit.close()


def _note_denied(answer: Response) -> Response:
    """After the view's own transaction has ended, whatever it was."""
    denied = g.pop("api_denied", "")
    if denied:
        with hub().db.write() as session:
            record(session, "denied", f"{request.method} {request.path} ({denied})")
    return answer


def _caller_of(header: str) -> Caller:
    scheme, _, token = header.partition(" ")
    refused = Stop(401, "token", "Send a valid token: Authorization: Bearer …")
    if scheme.lower() != "bearer" or not _TOKEN.fullmatch(token.strip()):
        raise refused
    with hub().db.read() as session:
        row = find_api_token(session, token.strip())
        if row is None:
            raise refused
        if session.get_one(Connection, row.connection_id).state is ConnectionState.REMOVED:
            raise refused
    now = clock.now()
    if row.used_at is None or now - row.used_at > NOTE_USE_EVERY or row.used_at > now:
        with hub().db.write() as session:
            session.execute(update(ApiToken).where(ApiToken.id == row.id).values(used_at=now))
    return Caller(row.id, row.connection_id, row.label, frozenset(row.abilities))


def _keep_to_rate(found: Caller) -> None:
    wait = _budget(found.token_id).acquire()
    if wait > SLACK_S:
        raise Stop(429, "too_many", f"At most {RATE.per_s:g} calls a second.", retry_after=wait)


def _budget(token_id: int) -> RateBudget:
    """Kept per process: while Redis is away it counts by itself."""
    kept: tuple[threading.Lock, dict[int, RateBudget]] = current_app.extensions.setdefault("hub-api-budgets", (threading.Lock(), {}))
    lock, budgets = kept
    with lock:
        if len(budgets) >= MOST_BUDGETS:
            budgets.clear()
        if token_id not in budgets:
            budgets[token_id] = RateBudget(f"api:{token_id}", RATE, hub().redis, longest_wait_s=SLACK_S)
        return budgets[token_id]


# -- what a call may hold


def _check_text() -> None:
    """Refuses what nothing behind us could take, before any view sees it (S-30)."""
    words = [*(request.view_args or {}).values(), *(text for pair in request.args.items(multi=True) for text in pair)]
    if any(_UNUSABLE.search(str(word)) for word in words):
        raise Stop(400, "unreadable", "The address holds characters that can't be used.")
    if request.method in ("GET", "HEAD", "DELETE"):
        return
    if (request.content_length or 0) > MAX_BODY:
        raise Stop(413, "too_large", f"A body may have {MAX_BODY // 1024} KB.")
    request.max_content_length = MAX_BODY
    if request.get_data(cache=True) and not request.is_json:
        raise Stop(415, "content_type", "Send JSON: Content-Type: application/json")
    try:
        body = request.get_json(silent=True, cache=True) if request.is_json else None
    except RecursionError:
        raise Stop(400, "unreadable", "The body is nested too deeply.") from None
    if body is None and request.get_data(cache=True).strip():
        raise Stop(400, "unreadable", "The body is not JSON.")
    for text in _texts(body, MAX_DEPTH):
        if _UNUSABLE.search(text):
            raise Stop(400, "unreadable", "The body holds characters that can't be used.")


def _texts(value: Any, depth: int) -> Iterator[str]:
    if depth < 0:
        raise Stop(400, "unreadable", "The body is nested too deeply.")
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, depth - 1)


# -- what is the caller's


def my_connection(session: Session) -> Connection:
    """The token's connection."""
    return session.get_one(Connection, caller().connection_id)


def my_shops(session: Session) -> list[Shop]:
    """The shops that the token's connection sells in."""
    return list(session.scalars(select(Shop).where(Shop.connection_id == caller().connection_id).order_by(Shop.id)))


def my_shop(session: Session, shop_id: str | None = None, store: str | None = None) -> Shop:
    """The shop that a call names by TikTok's id or by the store view that it sells from; the only one where it names none."""
    mine = my_shops(session)
    if shop_id:
        found = [shop for shop in mine if shop.tiktok_shop_id == shop_id]
        if not found:
            raise not_found(f"shop {shop_id}", foreign=bool(session.scalar(select(exists().where(Shop.tiktok_shop_id == shop_id)))))
    else:
        found = [shop for shop in mine if not store or shop.scope == store]
    if not mine:
        raise Stop(409, "no_shop", "No TikTok shop is chosen yet.")
    if not found:
        raise not_found(f"shop of {store}", foreign=False)
    if len(found) > 1:
        raise Stop(422, "shop_id", "The connection has several shops: name one by shop_id.")
    if store and found[0].scope and found[0].scope != store:
        raise Stop(422, "store", f"This TikTok shop sells from “{found[0].scope}”, not from “{store}”.")
    return found[0]


def not_found(what: str, *, foreign: bool) -> Stop:
    """404. Naming what belongs to another connection is written into the history (S-14)."""
    if foreign:
        g.api_denied = what
    return Stop(404, "not_found", "There is no such thing in this connection.")


def record(session: Session, what: str, subject: str = "", before: Mapping[str, Any] | None = None,
           after: Mapping[str, Any] | None = None) -> None:
    """Writes a change into the history, within the caller's transaction (S-35). Secrets never enter it."""
    found = caller()
    session.add(Change(at=clock.now(), who=found.who[:254], address=request.remote_addr or "", connection_id=found.connection_id,
                       what=what[:80], subject=subject[:200], before=dict(before) if before else None, after=dict(after) if after else None))

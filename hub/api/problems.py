"""Errors as problem documents (RFC 9457): `{type, title, detail, code, problems[]}`, `application/problem+json`."""

from __future__ import annotations

import http
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response
from marshmallow import Schema, fields
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from hub import log
from hub.domain.problems import Problem
from hub.errors import HubError, NeedsReconnect, Refused, Temporary

MEDIA_TYPE = "application/problem+json"
COME_BACK_S = 5
_log = log.get("hub.api")
_CODES = {400: "unreadable", 401: "token", 403: "ability", 404: "not_found", 405: "method", 409: "conflict", 413: "too_large",
          415: "content_type", 422: "invalid", 429: "too_many", 500: "bug", 503: "busy"}


class ProblemRow(Schema):
    """One thing that is wrong: a stable code, where, in words, and what to do."""

    code = fields.String(required=True)
    where = fields.String(required=True)
    says = fields.String(required=True)
    fix = fields.String(required=True)


class ProblemDocument(Schema):
    """Why a call was not done. `code` is stable; `detail` is for people."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    problems = fields.List(fields.Nested(ProblemRow), required=True)


class Stop(Exception):
    """Ends a call with a problem document."""

    def __init__(self, status: int, code: str, detail: str, problems: Sequence[Mapping[str, str]] = (), *,
                 retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.problems = tuple(problems)
        self.retry_after = retry_after


def rows(problems: Iterable[Problem | Mapping[str, Any]]) -> list[dict[str, str]]:
    """Problems as the API shows them; what the platform said raw and our screens' names stay inside."""
    found = [one.as_json() if isinstance(one, Problem) else one for one in problems]
    return [{name: str(one.get(name, "")) for name in ("code", "where", "says", "fix")} for one in found]


def document(status: int, code: str, detail: str, problems: Iterable[Mapping[str, str]] = (), *,
             retry_after: float | None = None) -> Response:
    """The answer."""
    body = {"type": "about:blank", "title": http.HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code,
            "problems": list(problems)}
    answer = Response(json.dumps(body), status, mimetype=MEDIA_TYPE)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="shopbridge"'
    if retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, round(retry_after)))
    return answer


def answer_http(error: HTTPException) -> Response:
    """For what Flask and the reader of arguments raise."""
    status = error.code or 500
    data = getattr(error, "data", None) or {}
    problems = list(_invalid(data.get("messages") or {})) if status == 422 else []
    detail = "The call has values that can't be used." if problems else (error.description or "")
    answer = document(status, _CODES.get(status, "refused"), detail, problems)
    allow = error.get_response().headers.get("Allow")
    if allow:
        answer.headers["Allow"] = allow
    return answer


def _invalid(messages: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """marshmallow's nested messages as a flat list; the outermost name is where the value travelled (json, query)."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _invalid(inner, (*path, str(name)))
        return
    for one in messages if isinstance(messages, (list, tuple)) else [messages]:
        yield {"code": "invalid", "where": ".".join(path[1:])[:200], "says": str(one)[:300], "fix": ""}


def _answer_stop(stop: Stop) -> Response:
    return document(stop.status, stop.code, stop.detail, stop.problems, retry_after=stop.retry_after)


def _answer_hub(error: HubError) -> Response:
    """What a platform said while we asked it for the caller."""
    if isinstance(error, Temporary):
        return document(503, "platform_busy", error.says, retry_after=error.retry_after or COME_BACK_S)
    if isinstance(error, NeedsReconnect):
        return document(409, "reconnect", " ".join(filter(None, (error.says, error.hint))))
    if isinstance(error, Refused):
        return document(422, "refused", error.says, rows(one for one in error.problems if isinstance(one, Problem)))
    return document(502, "platform", error.says)


def _answer_database(error: SQLAlchemyError) -> Response:
    if isinstance(error, DBAPIError):
        _log.warning("the database did not take a call of the API", error=type(error).__name__)
        return document(503, "busy", "The hub is busy. Try again.", retry_after=COME_BACK_S)
    return _answer_bug(error)


def _answer_bug(error: Exception) -> Response:
    reference = secrets.token_hex(3).upper()
    _log.error("bug", reference=reference, exc_info=error)
    return document(500, "bug", f"Our mistake. Reference {reference}.")


def install(blueprint: Blueprint) -> None:
    """Lets a section of the API answer with problem documents only."""
    blueprint.register_error_handler(HTTPException, answer_http)
    blueprint.register_error_handler(Stop, _answer_stop)
    blueprint.register_error_handler(HubError, _answer_hub)
    blueprint.register_error_handler(SQLAlchemyError, _answer_database)
    blueprint.register_error_handler(Exception, _answer_bug)

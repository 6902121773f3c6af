"""Error pages that say what is safe and give one action (design 12). 500 needs neither menu nor database."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask, Response, current_app, jsonify, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from admin import auth
from admin.base import database
from admin.formatting import day, when
from hub import clock
from hub.models.users import Role, User

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Hangs the pages on the app; requests to machine addresses keep the hub's own JSON answers."""
    app.register_error_handler(CSRFError, _for_people(_old_form))
    for code, page in ((400, _bad), (403, _forbidden), (404, _missing), (405, _missing), (413, _too_big), (429, _too_many)):
        app.register_error_handler(code, _for_people(page))
    app.register_error_handler(Exception, _broken)


def _for_people(page: Any) -> Any:
    def answer(error: Any) -> Any:
        if _is_machine():
            return _to_machine(error)
        return page(error)

    return answer


def _is_machine() -> bool:
    return request.blueprint in current_app.extensions["shopbridge_machine_blueprints"] or request.path.startswith(("/api/", "/hooks/"))


def _to_machine(error: HTTPException) -> Any:
    found = error.get_response()
    if found.mimetype == "application/json":
        return found
    answer = jsonify({"error": {"code": (error.name or "error").lower().replace(" ", "_"), "message": error.description or ""}})
    answer.status_code = error.code or 500
    for name, value in found.headers.items():
        if name in ("Allow", "Retry-After", "WWW-Authenticate"):
            answer.headers[name] = value
    return answer


def _framed(title: str, text: str, code: int, back_url: str = "/", back_text: str = "Home") -> tuple[str, int]:
    template = "errors/framed.html" if current_user.is_authenticated else "errors/plain.html"
    return render_template(template, title=title, text=text, back_url=back_url, back_text=back_text, said_at=_now()), code


def _now() -> str:
    return f"{day(clock.now())}, {when(clock.now(), seconds=True)}"


def _old_form(error: CSRFError) -> Any:
    return _framed(
        "This page is old",
        "This page is from before you signed in again. Nothing was saved.",
        400,
        request.path if request.method == "GET" else "/",
        "Load again",
    )


def _bad(error: HTTPException) -> Any:
    return _framed("This couldn't be read", "What came from the page was incomplete, so nothing was saved.", 400)


def _forbidden(error: HTTPException) -> Any:
    with database().read() as db:
        owner = (
            db.scalar(select(User.name).where(User.role == Role.OWNER, User.deleted_at.is_(None)).order_by(User.id).limit(1)) or "The owner"
        )
    return _framed("You may not do this", f"Your account doesn't have this right. {owner} can do it, or give you the right.", 403)


def _missing(error: HTTPException) -> Any:
    return _framed(
        "This page doesn't exist", "The order or product may belong to another connection, or the address is mistyped.", error.code or 404
    )


def _too_big(error: HTTPException) -> Any:
    return _framed("This is too big", "The limit is 16 MB. Save it smaller and try again.", 413)


def _too_many(error: HTTPException) -> Any:
    if request.endpoint == "auth.sign_in":
        return auth.too_many()
    return _framed("Too many tries", "You can go on in 15 minutes.", 429)


def _broken(error: Exception) -> Any:
    """Anything else: our mistake. The reference stands in the log beside the traceback, and nothing else is told (S-33)."""
    if isinstance(error, HTTPException):
        if _is_machine():
            return _to_machine(error)
        if error.code is not None and error.code < 400:
            return error
        return _framed(error.name or "This didn't work", "Nothing was saved.", error.code or 500)
    reference = secrets.token_hex(3).upper()
    log.error("a page broke", exc_info=error, extra={"reference": reference, "path": request.path, "method": request.method})
    if _is_machine():
        answer: Response = jsonify(
            {"error": {"code": "internal", "message": f"Our mistake. Reference {reference}.", "reference": reference}}
        )
        answer.status_code = 500
        return answer
    text = (
        "This page couldn't be shown. Orders and products go on syncing; they run apart from this page. "
        "If you were saving something, check whether it is there."
    )
    return render_template(
        "errors/plain.html",
        title="Something broke on our side",
        text=text,
        reference=reference,
        back_url=url_for("connections.index"),
        back_text="Home",
        said_at=_now(),
    ), 500

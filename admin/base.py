"""What every screen shares: who may see it, the chosen connection and shop, lists that page, and stock views made safe.

Two kinds of view: :class:`Page` for our own screens, and :class:`HubView` for lists that Flask-Admin draws. Both ask
:func:`scope` for what the person chose and may see. A row of a connection that one may not see is *not found*
(S-14), and the try is written into the history.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import urlencode

from flask import Response, abort, current_app, g, redirect, request, session, url_for
from flask_admin import BaseView, expose
from flask_admin.contrib.sqla import ModelView
from flask_login import current_user
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from admin.counting import counted
from admin.formatting import zone_of
from hub import clock
from hub.models import Base, Database
from hub.models.changes import Change
from hub.models.connections import Connection, ConnectionState, Mode
from hub.models.shops import Shop
from hub.models.users import Role, UserConnection

if TYPE_CHECKING:
    from hub.wiring import Hub

Row = TypeVar("Row", bound=Base)
View = Callable[..., Any]

# What each role may do; a screen or button asks for an ability, never for a role (USR-01, USR-06).
ABILITIES: Mapping[str, frozenset[Role]] = {
    "look": frozenset(Role),
    "mend": frozenset(Role),
    "manage": frozenset({Role.OWNER, Role.ADMIN}),
    "history": frozenset({Role.OWNER, Role.ADMIN}),
    "see_people": frozenset({Role.OWNER, Role.ADMIN}),
    "people": frozenset({Role.OWNER}),
}
MAX_PAGE = 1_000_000
PAGE_SIZES = (20, 50)


def hub() -> Hub:
    """The hub that the application was assembled with: what every flow gets first."""
    found: Hub = current_app.extensions["hub"]
    return found


def database() -> Database:
    """The hub's database."""
    return hub().db


def may(ability: str) -> bool:
    """Whether the person signed in has this ability."""
    return bool(current_user.is_authenticated) and current_user.role in ABILITIES[ability]


@dataclass(frozen=True, slots=True)
class Scope:
    """The chosen connection and its shop (either may be missing), and all connections one may see."""

    connection: Connection | None
    shop: Shop | None
    connections: Sequence[Connection]
    shops: Sequence[Shop]

    @property
    def connection_id(self) -> int:
        """Raises 404 where nothing is chosen: screens that need one ask `Page.needs_connection` first."""
        if self.connection is None:
            abort(404)
        return self.connection.id

    @property
    def shop_id(self) -> int:
        """The chosen shop; -1 matches no row while the connection has none yet."""
        return self.shop.id if self.shop else -1

    @property
    def is_practice(self) -> bool:
        """Whether what is shown is made up."""
        return self.connection is not None and self.connection.mode is Mode.PRACTICE


def visible_ids(db: Session) -> set[int] | None:
    """The connections this person may see; None is all of them (owners and admins)."""
    if not current_user.is_authenticated:
        return set()
    if current_user.role in (Role.OWNER, Role.ADMIN):
        return None
    return set(db.scalars(select(UserConnection.connection_id).where(UserConnection.user_id == current_user.user_id)))


def visible_connections(db: Session) -> list[Connection]:
    """Those one may see and that are not removed, by name."""
    query = select(Connection).where(Connection.state != ConnectionState.REMOVED).order_by(Connection.name, Connection.id)
    ids = visible_ids(db)
    return list(db.scalars(query if ids is None else query.where(Connection.id.in_(ids))))


def scope() -> Scope:
    """What is chosen in this request; read once."""
    if "scope" not in g:
        with database().read() as db:
            g.scope = _find_scope(db)
        g.zone = zone_of(g.scope.shop.region if g.scope.shop else "")
    found: Scope = g.scope
    return found


def _find_scope(db: Session) -> Scope:
    connections = visible_connections(db)
    wanted = session.get("connection")
    chosen = next((c for c in connections if c.id == wanted), connections[0] if connections else None)
    if chosen is None:
        return Scope(None, None, connections, ())
    shops = list(db.scalars(select(Shop).where(Shop.connection_id == chosen.id).order_by(Shop.region, Shop.id)))
    shop = next((s for s in shops if s.id == session.get("shop")), shops[0] if shops else None)
    return Scope(chosen, shop, connections, shops)


def choose(connection_id: int, shop_id: int | None = None) -> None:
    """Makes this connection (and shop) the chosen one from now on. The caller has checked that it may be seen."""
    if session.get("connection") != connection_id or (shop_id is not None and session.get("shop") != shop_id):
        session["connection"] = connection_id
        if shop_id is not None:
            session["shop"] = shop_id
        g.pop("scope", None)


def find(db: Session, model: type[Row], row_id: int, connection_of: Callable[[Row], int | None] | None = None) -> Row:
    """A row that this person may see, else 404 and a line in the history. The row's connection becomes the chosen one."""
    row = db.get(model, row_id) if 0 < row_id < 2**63 else None
    if row is None:
        abort(404)
    owner = connection_of(row) if connection_of else getattr(row, "connection_id", None)
    ids = visible_ids(db)
    if owner is None or (ids is not None and owner not in ids):
        denied(f"{model.__tablename__} {row_id}")
        abort(404)
    shop = getattr(row, "shop_id", None)
    choose(owner, shop if isinstance(shop, int) else None)
    return row


def record(
    db: Session,
    what: str,
    subject: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    connection_id: int | None = None,
) -> None:
    """Writes a change into the history, within the caller's transaction. Secrets never enter it."""
    known = current_user.is_authenticated
    db.add(
        Change(
            at=clock.now(),
            user_id=current_user.user_id if known else None,
            who=current_user.email if known else "nobody",
            address=request.remote_addr or "",
            connection_id=connection_id,
            what=what,
            subject=subject[:200],
            before=dict(before) if before else None,
            after=dict(after) if after else None,
        )
    )


def denied(subject: str) -> None:
    """Writes down a try that was refused (USR-01)."""
    with database().write() as db:
        record(db, "denied", f"{request.method} {request.path} ({subject})")


def note_foreign(db: Session, model: Any, row_ids: Sequence[int], connection_id: int) -> None:
    """Writes down that ticked rows belong to another connection; the caller leaves them out (S-14)."""
    foreign = db.scalars(select(model.id).where(model.id.in_(row_ids), model.connection_id != connection_id).limit(5)).all()
    if foreign:
        denied(f"{model.__tablename__} {', '.join(str(number) for number in foreign)}")


def needs(ability: str) -> Callable[[View], View]:
    """On a view method: only for people with this ability; others get 403 and a line in the history."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            require(ability)
            return view(*args, **kwargs)

        return guarded

    return wrap


def require(ability: str) -> None:
    """Ends the request with 403 unless the person has this ability."""
    if not may(ability):
        denied(f"needs {ability}")
        abort(403)


class Guarded:
    """Access by role, checked on the server for every request of a view; hidden menu entries are courtesy only."""

    ability: ClassVar[str] = "look"

    def is_accessible(self) -> bool:
        """Whether the person signed in may use this view at all."""
        return may(self.ability)

    def _run_view(self, fn: View, *args: Any, **kwargs: Any) -> Any:
        """Calls the view once. Flask-Admin's own way calls it a second time after any TypeError inside it."""
        return fn(self, *args, **kwargs)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        """403 for a person without the right, the sign-in page for nobody."""
        if current_user.is_authenticated:
            denied(f"needs {self.ability}")
            abort(403)
        return to_sign_in()


def to_sign_in() -> Response:
    """To the sign-in page and back to this address afterwards; a form that was posted is not repeated."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=back) if back and back != "/" else url_for("auth.sign_in"))  # type: ignore[return-value]


class Page(Guarded, BaseView):
    """One of our own screens. ``section`` is the menu entry that it lights up."""

    section: ClassVar[str] = ""
    needs_connection: ClassVar[bool] = False

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        refused = super()._handle_view(name, **kwargs)
        if refused is not None:
            return refused
        if self.needs_connection and scope().connection is None:
            return redirect(url_for("connections.index"))
        return None

    def is_visible(self) -> bool:
        """Flask-Admin's own menu is not used; ours is drawn by `admin.frame`."""
        return False

    @property
    def db(self) -> Database:
        """The database."""
        return database()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A reading session for the length of a page."""
        with database().read() as db:
            yield db


@dataclass(frozen=True, slots=True)
class Pager:
    """A page of a list; knows the addresses of its neighbours."""

    page: int
    size: int
    count: int
    shown: int
    sizes: tuple[int, ...] = ()

    @property
    def first(self) -> int:
        """The number of the first row shown, from 1."""
        return self.page * self.size + 1 if self.shown else 0

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.page * self.size + self.shown

    @property
    def newer_url(self) -> str:
        """The page before, or nothing on the first."""
        return with_args(page=self.page - 1 or None) if self.page > 0 else ""

    @property
    def older_url(self) -> str:
        """The page after, or nothing on the last."""
        return with_args(page=self.page + 1) if self.last < self.count else ""

    def size_url(self, size: int) -> str:
        """The same list with so many rows on a page."""
        return with_args(rows=size, page=None)


def with_args(**changes: Any) -> str:
    """This address with some query values changed; None takes one away."""
    values: dict[str, Any] = dict(request.args.items())
    values.update(changes)
    text = urlencode({name: value for name, value in values.items() if value is not None and value != ""})
    return request.path + ("?" + text if text else "")


def whole(name: str, default: int = 0, low: int = 0, high: int = MAX_PAGE) -> int:
    """A whole number of the query, held within bounds: page numbers beyond the database's integers never reach it."""
    text = request.args.get(name, "")
    return min(max(int(text), low), high) if text.isascii() and text.isdigit() and len(text) < 10 else default


def page_of(db: Session, query: Select[Any], *, size: int | None = None, sizes: tuple[int, ...] = PAGE_SIZES) -> tuple[list[Any], Pager]:
    """One page of a query, by the ``page`` and ``rows`` of the address. The query brings its own order."""
    rows_each = size or (whole("rows", sizes[-1]) if whole("rows", sizes[-1]) in sizes else sizes[-1])
    count = counted(db, select(func.count()).select_from(query.order_by(None).subquery()))[0][0]
    page = min(whole("page"), max(0, (count - 1) // rows_each))
    rows = list(db.execute(query.limit(rows_each).offset(page * rows_each)).all())
    return rows, Pager(page, rows_each, count, len(rows), sizes if size is None else ())


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved filter above a list; ``need``: its number is drawn as needing a person."""

    title: str
    url: str
    count: int | None
    need: bool = False
    current: bool = False


def as_id(text: str) -> int:
    """A row's number as a form sends it; 0, which no row has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def picked_ids(name: str = "ids") -> list[int]:
    """The rows that were ticked, as numbers; anything else is left out."""
    return sorted({as_id(text) for text in request.form.getlist(name)} - {0})


# With their wide forms, which some spreadsheets read alike.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212")


def csv_safe(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula (S-12). Plain numbers keep their minus."""
    text = "" if value is None else str(value)
    if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA):
        number = text.replace(".", "", 1).lstrip("-")
        return text if text.startswith("-") and number.isdigit() else "'" + text
    return text


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A CSV file to download, each cell safe, streamed."""

    def lines() -> Iterator[str]:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(head)
        for row in rows:
            writer.writerow([csv_safe(cell) for cell in row])
            if buffer.tell() > 16_384:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue()

    return Response(lines(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})


class HubView(Guarded, ModelView):
    """A list that Flask-Admin draws, with its traps closed (`stack.md` 3): one scope for every road to a row,
    a default order, no inline edit without the right to edit, page numbers held in bounds, safe CSV."""

    can_create = False
    can_edit = False
    can_delete = False
    can_view_details = False
    column_display_actions = False
    page_size = 50
    simple_list_pager = True
    export_max_rows = 50_000
    export_types: ClassVar[list[str]] = ["csv"]
    list_intro = ""
    empty_title = "Nothing here yet"
    empty_text = ""
    section: ClassVar[str] = ""
    column_default_sort: ClassVar[Any] = ("id", True)

    def is_visible(self) -> bool:
        """Our own menu is drawn by `admin.frame`."""
        return False

    def scoped(self, query: Any) -> Any:
        """Narrows a query to what this person may see. Every road to a row goes through here."""
        with database().read() as db:
            ids = visible_ids(db)
        return query if ids is None else query.filter(self.model.connection_id.in_(ids))

    def get_query(self) -> Any:
        return self.scoped(super().get_query())

    def get_count_query(self) -> Any:
        return self.scoped(super().get_count_query())

    def get_one(self, id: str) -> Any:  # noqa: A002 - Flask-Admin's own name
        if not (id.isascii() and id.isdigit() and len(id) < 19):
            return None
        return self.get_query().filter(self.model.id == int(id)).one_or_none()

    def _get_list_extra_args(self) -> Any:
        found = super()._get_list_extra_args()
        found.page = min(max(found.page or 0, 0), MAX_PAGE)
        found.extra_args = {}  # names of the address that are none of ours never build one of our addresses
        return found

    def get_export_value(self, model: Any, name: str) -> Any:
        return csv_safe(super().get_export_value(model, name))

    @expose("/ajax/update/", methods=("POST",))
    def ajax_update(self) -> Any:
        """Inline edit obeys the right to edit, which Flask-Admin itself forgets."""
        if not self.can_edit:
            denied("inline edit")
            return "Permission denied.", 403
        return super().ajax_update()

    def is_editable(self, name: str) -> bool:
        return bool(self.can_edit and super().is_editable(name))

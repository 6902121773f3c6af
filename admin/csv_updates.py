"""Update by CSV: attributes and brands of all products of a store category, in a spreadsheet (CSV-01 … CSV-07)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from flask import Response, abort, flash, make_response, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin import asking
from admin.badges import Badge
from admin.base import Page, Tab, find, hub, needs, page_of, record, scope
from admin.choices import category_of, confirmed
from admin.formatting import plural
from hub.domain.tasks import TERMINAL
from hub.errors import HubError
from hub.flows import csv_updates as flow
from hub.models.categories import CategoryMapping
from hub.models.csv_updates import CsvRow, CsvUpload, RowState, UploadState
from hub.models.products import StoreProduct
from hub.models.tasks import Task
from hub.rules.csv_files import Unreadable
from hub.rules.csv_rows import Asked, Values, values_help

_VALID = (RowState.VALID, RowState.SAME, RowState.APPLIED, RowState.REFUSED, RowState.UNDONE)
_STATES = {
    UploadState.CHECKING: ("move", "s-move", "Being checked"),
    UploadState.CHECKED: ("need", "s-need", "Waits for you"),
    UploadState.REFUSED: ("stop", "s-stop", "Can't be read"),
    UploadState.APPLIED: ("ok", "s-ok", "Applied"),
    UploadState.UNDONE: ("idle", "s-draft", "Undone"),
}
_ROWS = {
    RowState.ERROR: ("need", "s-need", "Error"),
    RowState.SAME: ("idle", "s-draft", "Nothing to change"),
    RowState.VALID: ("ok", "s-ok", "Valid"),
    RowState.APPLIED: ("ok", "s-ok", "Applied"),
    RowState.REFUSED: ("need", "s-need", "Not applied"),
    RowState.UNDONE: ("idle", "s-draft", "Undone"),
}


class CsvUpdates(Page):
    """All screens about files of values."""

    section: ClassVar[str] = "mappings"
    needs_connection: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(name="Update by CSV", endpoint="csv_updates", url="/admin/csv")

    @expose("/")
    def index(self) -> Any:
        """From the products of a store category to its page."""
        with self.read() as db:
            mapping = db.scalars(
                select(CategoryMapping).where(
                    CategoryMapping.shop_id == scope().shop_id, CategoryMapping.store_category_id == request.args.get("category", "")[:64]
                )
            ).first()
        if mapping is None:
            flash("This category isn't among your mappings yet. Choose its TikTok category first.", "need")
            return redirect(url_for("mappings.index"))
        return redirect(url_for("csv_updates.page", mapping_id=mapping.id))

    @expose("/<int:mapping_id>/")
    def page(self, mapping_id: int) -> Any:
        """The three steps, and the files that were uploaded."""
        with self.read() as db:
            mapping = find(db, CategoryMapping, mapping_id)
            category = category_of(db, mapping.shop_id, confirmed(mapping))
            n = (
                db.scalar(
                    select(func.count())
                    .select_from(StoreProduct)
                    .where(
                        StoreProduct.connection_id == mapping.connection_id,
                        StoreProduct.category_id == mapping.store_category_id,
                        StoreProduct.gone_at.is_(None),
                    )
                )
                or 0
            )
            uploads = db.scalars(
                select(CsvUpload).where(CsvUpload.mapping_id == mapping.id).order_by(CsvUpload.id.desc()).limit(20)
            ).all()
        return self.render(
            "csv/page.html",
            mapping=mapping,
            category=category,
            n=n,
            uploads=[(one, _badge(*_STATES[one.state])) for one in uploads],
            days=flow.KEEP.days,
            most_rows=flow.MOST_ROWS,
            most_mb=flow.MOST_BYTES // 1024 // 1024,
        )

    @expose("/<int:mapping_id>/template.csv")
    def template(self, mapping_id: int) -> Any:
        """All products of the category with what holds today (CSV-01, CSV-02)."""
        mapping, asked = self._asked(mapping_id)
        if asked is None:
            return redirect(url_for("csv_updates.page", mapping_id=mapping_id))
        return _download(f"products-of-category-{mapping.id}", flow.template(hub(), mapping.id, asked))

    @expose("/<int:mapping_id>/values.csv")
    def allowed(self, mapping_id: int) -> Any:
        """What may stand in each column."""
        mapping, asked = self._asked(mapping_id)
        if asked is None:
            return redirect(url_for("csv_updates.page", mapping_id=mapping_id))
        return _download(f"allowed-values-of-category-{mapping.id}", flow.safe(values_help(asked)))

    def _asked(self, mapping_id: int) -> tuple[CategoryMapping, Asked | None]:
        """The category, and what TikTok Shop asks for in it; says so where that can't be known."""
        with self.read() as db:
            mapping = find(db, CategoryMapping, mapping_id)
        if not confirmed(mapping):
            flash("Choose the TikTok category first: it decides which columns there are.", "need")
            return mapping, None
        try:
            with asking.patience(asking.LOOK_UP_S):
                return mapping, flow.asked_of(hub(), mapping.shop_id, mapping.category_id)
        except HubError as error:
            flash(f"What the category asks for can't be read now. {asking.why_not(error, 'TikTok Shop')}", "need")
            return mapping, None

    @expose("/<int:mapping_id>/upload", methods=["POST"])
    @needs("mend")
    def upload(self, mapping_id: int) -> Any:
        """Takes a file and has it checked; nothing is changed by that (CSV-04)."""
        with self.read() as db:
            mapping = find(db, CategoryMapping, mapping_id)
        here = url_for("csv_updates.page", mapping_id=mapping.id)
        file = request.files.get("file")
        if file is None or not file.filename:
            flash("Choose the file that you filled in.", "error")
            return redirect(here)
        name = file.filename.replace("\\", "/").rpartition("/")[2]
        try:
            content = flow.packed(file.stream)
            with self.db.write() as db:
                kept = flow.upload(db, mapping, name, content, _who())
                record(db, "CSV uploaded", f"{mapping.store_path}: {name}", connection_id=mapping.connection_id)
                upload_id = kept.id
        except (flow.TooBig, flow.NotNow, Unreadable) as error:
            flash(str(error), "error")
            return redirect(here)
        return redirect(url_for("csv_updates.file", upload_id=upload_id))

    @expose("/file/<int:upload_id>/")
    def file(self, upload_id: int) -> Any:
        """What came of the check, in two groups (CSV-04), and what each row changes."""
        with self.read() as db:
            kept = find(db, CsvUpload, upload_id)
            context = self._state(db, kept)
            which = "error" if request.args.get("rows") == "error" or (kept.errors and not kept.valid) else "valid"
            states = (RowState.ERROR,) if which == "error" else _VALID
            found, pager = page_of(
                db,
                select(CsvRow)
                .where(CsvRow.upload_id == kept.id, CsvRow.state.in_(states))
                .order_by((CsvRow.state == RowState.SAME), CsvRow.number),
            )
            changes = (
                db.scalar(select(func.count()).select_from(CsvRow).where(CsvRow.upload_id == kept.id, CsvRow.state == RowState.VALID)) or 0
            )
            applied = (
                db.scalar(select(func.count()).select_from(CsvRow).where(CsvRow.upload_id == kept.id, CsvRow.state == RowState.APPLIED)) or 0
            )
        names = _names(kept.header)
        rows = [(row, _badge(*_ROWS[row.state]), _differences(row, names)) for (row,) in found]
        tabs = [
            Tab("Valid", url_for("csv_updates.file", upload_id=kept.id, rows="valid"), kept.valid, False, which == "valid"),
            Tab("Error", url_for("csv_updates.file", upload_id=kept.id, rows="error"), kept.errors, True, which == "error"),
        ]
        return self.render("csv/file.html", rows=rows, pager=pager, tabs=tabs, which=which, changes=changes, applied=applied, **context)

    @expose("/file/<int:upload_id>/part")
    def part(self, upload_id: int) -> Response:
        """The part of the page that waits for the check; says when to load the page again."""
        with self.read() as db:
            kept = find(db, CsvUpload, upload_id)
            context = self._state(db, kept)
        answer = make_response(self.render("csv/_checking.html", **context))
        if kept.state is not UploadState.CHECKING or context["stopped"]:
            answer.headers["X-Poll"] = "reload"
        return answer

    def _state(self, db: Session, kept: CsvUpload) -> dict[str, Any]:
        task = db.get(Task, kept.task_id) if kept.task_id is not None else None
        done = db.scalar(select(func.count()).select_from(CsvRow).where(CsvRow.upload_id == kept.id)) or 0
        return {
            "upload": kept,
            "mapping": db.get_one(CategoryMapping, kept.mapping_id),
            "badge": _badge(*_STATES[kept.state]),
            "task": task,
            "stopped": kept.state is UploadState.CHECKING and (task is None or task.state in TERMINAL),
            "working": task is not None and task.state not in TERMINAL,
            "done": done,
        }

    @expose("/file/<int:upload_id>/errors.csv")
    def errors(self, upload_id: int) -> Response:
        """The rows in error with the cause of each (CSV-05)."""
        with self.read() as db:
            kept = find(db, CsvUpload, upload_id)
        if not kept.errors:
            abort(404)
        return _download(f"errors-of-file-{kept.id}", flow.error_file(hub(), kept.id))

    @expose("/file/<int:upload_id>/apply", methods=["POST"])
    @needs("mend")
    def apply(self, upload_id: int) -> Any:
        """Applies the valid rows (CSV-06)."""
        return self._start(upload_id, is_undo=False)

    @expose("/file/<int:upload_id>/undo", methods=["POST"])
    @needs("mend")
    def undo(self, upload_id: int) -> Any:
        """Puts back what the file has changed, where nobody has changed it since."""
        return self._start(upload_id, is_undo=True)

    def _start(self, upload_id: int, *, is_undo: bool) -> Any:
        with self.read() as db:
            find(db, CsvUpload, upload_id)
        try:
            with self.db.write() as db:
                kept = db.get_one(CsvUpload, upload_id)
                task_id = (flow.undo if is_undo else flow.confirm)(db, kept, _who()).id
                rows = f"{plural(kept.valid - kept.same, 'row')} valid, {plural(kept.errors, 'row')} in error"
                record(db, "CSV undone" if is_undo else "CSV applied", kept.name, None, {"rows": rows}, kept.connection_id)
        except flow.NotNow as error:
            flash(str(error), "need")
            return redirect(url_for("csv_updates.file", upload_id=upload_id))
        return redirect(url_for("tasks.page", task_id=task_id))


def _who() -> str:
    return str(current_user.email)


def _badge(tone: str, icon: str, word: str) -> Badge:
    return Badge(word, tone, icon)


def _names(header: Sequence[str]) -> dict[str, str]:
    """Names of attributes by id, as the file's columns say them."""
    found = {}
    for title in header:
        name, _, rest = title.rpartition(" [")
        if name and "]" in rest:
            found[rest.partition("]")[0]] = name
    return found


def _differences(row: CsvRow, names: dict[str, str]) -> list[tuple[str, str, str]]:
    """(what, before, after) of the product's own values."""
    before, after = Values.from_json(row.before), Values.from_json(row.after)
    found = [("Brand", (before.brand or ("", ""))[1], after.brand[1])] if after.brand is not None else []
    return found + [
        (names.get(key, f"Attribute {key}"), _said(before.attributes.get(key)), _said(value)) for key, value in after.attributes.items()
    ]


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return f"your store's {value['from']}" if value.get("from") else str(value.get("text", ""))
    return str(value or "")


def _download(name: str, rows: Iterable[Sequence[str]]) -> Response:
    """A CSV file with a byte order mark, by which spreadsheets know its letters; streamed. Its cells are safe already."""

    def lines() -> Iterator[str]:
        buffer = io.StringIO()
        buffer.write("\ufeff")
        writer = csv.writer(buffer)
        for row in rows:
            writer.writerow(row)
            if buffer.tell() > 16_384:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue()

    return Response(lines(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})

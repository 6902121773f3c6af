"""History: who changed what, when, from where. Rows are only ever added (S-35, USR-06)."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from markupsafe import Markup

from admin.base import HubView
from admin.formatting import utc_iso, when
from hub.app import db
from hub.models.changes import Change

_HIDDEN = ("secret", "token", "password", "key")


def _moment(_view: Any, _context: Any, row: Change, _name: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(utc_iso(row.at), when(row.at, seconds=True))


def _difference(_view: Any, _context: Any, row: Change, _name: str) -> Markup:
    """Before and after, field by field, only what differs."""
    before, after = row.before or {}, row.after or {}
    lines = []
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if any(word in name.lower() for word in _HIDDEN):
            was = now = "changed"
        lines.append(
            Markup("<div>{}: {}<ins>{}</ins></div>").format(
                name.replace("_", " "), Markup("<del>{}</del> → ").format(_text(was)) if was not in (None, "", {}, []) else "", _text(now)
            )
        )
    return Markup("").join(lines) if lines else Markup("")


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= 200 else text[:200] + "…"


class History(HubView):
    """The history as Flask-Admin lists it: searchable, newest first, downloadable."""

    ability: ClassVar[str] = "history"
    section: ClassVar[str] = "settings"
    list_intro = "Who changed what, when and from where. Nothing here can be edited or deleted."
    empty_title = "Nothing has been changed yet"
    empty_text = "Sign-ins, settings, mappings, pushes and refused tries are written down here."
    can_export = True
    column_list = ("at", "who", "what", "subject", "difference", "address")
    column_labels: ClassVar[dict[str, str]] = {
        "at": "When",
        "who": "Who",
        "what": "What",
        "subject": "Of",
        "difference": "Before and after",
        "address": "From",
    }
    column_searchable_list = ("who", "what", "subject")
    column_sortable_list = ("at", "who", "what")
    column_default_sort = ("id", True)
    column_export_list = ("at", "who", "what", "subject", "before", "after", "address")
    column_formatters: ClassVar[dict[str, Any]] = {"at": _moment, "difference": _difference}
    column_formatters_export: ClassVar[dict[str, Any]] = {"at": lambda v, c, m, p: utc_iso(m.at)}

    def __init__(self) -> None:
        super().__init__(Change, db, name="History", endpoint="history", url="/admin/settings/history")

    def search_placeholder(self) -> str:
        """What the search looks through."""
        return "Person, action or thing"


__all__ = ["History"]

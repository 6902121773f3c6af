"""Tasks: what was started and what came of it, live (TSK-01 … TSK-05, PRD-04)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Response, flash, jsonify, make_response, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from admin import badges, links
from admin.badges import Badge
from admin.base import Page, Tab, csv_answer, find, needs, page_of, record, scope
from admin.formatting import duration, plural, when
from admin.links import Card
from hub import clock
from hub.domain.problems import Problem
from hub.domain.tasks import TERMINAL, ItemState, Kind, Outcome, TaskState
from hub.flows import tasks
from hub.models.tasks import Item, Task

NAMES = {
    Kind.PULL_PRODUCTS: "Pull products",
    Kind.PUSH_LISTINGS: "Push products",
    Kind.PUSH_LISTING: "Push product",
    Kind.CHECK_LISTINGS: "Check status",
    Kind.CHECK_LISTING: "Check status",
    Kind.UPDATE_PRICES: "Update prices",
    Kind.UPDATE_PRICE: "Update price",
    Kind.UPDATE_STOCKS: "Update stock",
    Kind.UPDATE_STOCK: "Update stock",
    Kind.ACTIVATE_LISTINGS: "Put on sale",
    Kind.DEACTIVATE_LISTINGS: "Take off sale",
    Kind.RELAY_ORDER: "Bring order up to date",
    Kind.RELAY_FULFILMENT: "Bring shipment up to date",
    Kind.SYNC_ORDERS: "Refresh orders",
    Kind.SYNC_MISSED_ORDERS: "Sync missed orders",
    Kind.RECONCILE: "Balance the ledger",
    Kind.REFRESH_TAXONOMY: "Read TikTok's categories",
    Kind.ERASE_BUYERS: "Erase buyers' data",
    Kind.SUGGEST_CATEGORIES: "Suggest categories",
    Kind.CHECK_CONNECTION: "Check the connection",
    Kind.REFRESH_OFFERS: "Read prices and stock",
    Kind.COMPARE_DIGEST: "Compare prices and stock",
    Kind.REFRESH_PRODUCT: "Read product again",
    Kind.CHECK_CSV: "Check a CSV file",
    Kind.APPLY_CSV: "Apply a CSV file",
}
_RUNNING = (TaskState.QUEUED, TaskState.RUNNING, TaskState.HELD)
_BROKEN = (TaskState.FAILED, TaskState.PARKED)
LISTING_KINDS = frozenset(
    {Kind.PUSH_LISTINGS, Kind.CHECK_LISTINGS, Kind.UPDATE_PRICES, Kind.UPDATE_STOCKS, Kind.ACTIVATE_LISTINGS, Kind.DEACTIVATE_LISTINGS,
     Kind.APPLY_CSV}
)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A line of the list."""

    task: Task
    name: str
    badge: Badge
    line: str


@dataclass(frozen=True, slots=True)
class Cause:
    """The same problem on many items: one card with the number."""

    card: Card
    n: int
    code: str


def name_of(task: Task) -> str:
    """The task's kind in the merchant's words."""
    return NAMES.get(task.kind, task.kind.replace("_", " ").capitalize())


def _tab(key: str) -> ColumnElement[bool] | None:
    match key:
        case "running":
            return Task.state.in_(_RUNNING)
        case "completed":
            return ~Task.state.in_((*_RUNNING, *_BROKEN))
        case "error":
            return Task.state.in_(_BROKEN)
    return None


class Tasks(Page):
    """All screens about tasks."""

    section: ClassVar[str] = "tasks"
    needs_connection: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(name="Tasks", endpoint="tasks", url="/admin/tasks")

    @expose("/")
    def index(self) -> Any:
        """The list, newest first, with the guides' three states as tabs."""
        chosen = scope()
        mine = (Task.connection_id == chosen.connection_id, Task.shown)
        current = request.args.get("tab", "")
        with self.read() as db:
            states = {state: n for state, n in db.execute(select(Task.state, func.count()).where(*mine).group_by(Task.state))}
            query = select(Task).where(*mine)
            narrowed = _tab(current)
            if narrowed is not None:
                query = query.where(narrowed)
            found, pager = page_of(db, query.order_by(Task.id.desc()))
            rows = [_row(db, row[0]) for row in found]
        total = sum(states.values())
        running, error = sum(states.get(s, 0) for s in _RUNNING), sum(states.get(s, 0) for s in _BROKEN)
        names = (
            ("", "All", total, False),
            ("running", "Running", running, False),
            ("completed", "Completed", total - running - error, False),
            ("error", "Error", error, True),
        )
        tabs = [Tab(title, url_for("tasks.index", tab=key or None), n, need, key == current) for key, title, n, need in names]
        return self.render("tasks/index.html", rows=rows, pager=pager, tabs=tabs, total=total)

    @expose("/<int:task_id>/")
    def page(self, task_id: int) -> Any:
        """One task: progress, what needs a person by cause, every item."""
        with self.read() as db:
            task = find(db, Task, task_id)
            if task.parent_id is not None:
                return redirect(url_for("tasks.page", task_id=task.parent_id))
            context = _details(db, task)
            result = request.args.get("result", "")
            items, pager = page_of(db, _items(task.id, result))
            item_rows = [(row[0], badges.item(row[0].state, row[0].outcome), _item_url(task, row[0])) for row in items]
        p = context["progress"]
        names = (
            ("", "All", p.asked, False),
            ("done", "Sent" if task.kind is Kind.PUSH_LISTINGS else "Done", p.ok + p.no_change, False),
            ("need", "Need you", p.needs_attention + p.failed, True),
            ("waiting", "Waiting", p.waiting, False),
        )
        tabs = [
            Tab(title, url_for("tasks.page", task_id=task.id, result=key or None), n, need, key == result) for key, title, n, need in names
        ]
        return self.render("tasks/page.html", items=item_rows, pager=pager, tabs=tabs, **context)

    @expose("/<int:task_id>/part")
    def part(self, task_id: int) -> Response:
        """The part of the page that refreshes itself; says when to stop or to load the whole page again."""
        with self.read() as db:
            task = find(db, Task, task_id)
            context = _details(db, task)
        answer = make_response(self.render("tasks/_progress.html", **context))
        if task.state in TERMINAL:
            answer.headers["X-Poll"] = "reload"
        return answer

    @expose("/<int:task_id>/progress.json")
    def progress_json(self, task_id: int) -> Response:
        """The numbers alone: asked = sent + need you + waiting."""
        with self.read() as db:
            task = find(db, Task, task_id)
            p = tasks.progress(db, task.id)
        return jsonify(
            {
                "task": task.id,
                "state": task.state.value,
                "outcome": task.outcome.value if task.outcome else None,
                "asked": p.asked,
                "sent": p.ok + p.no_change,
                "need_you": p.needs_attention + p.failed,
                "waiting": p.waiting,
                "done": task.state in TERMINAL,
            }
        )

    @expose("/<int:task_id>/stop", methods=["POST"])
    @needs("mend")
    def stop(self, task_id: int) -> Any:
        """Stops after the item being worked on; what has been sent stays sent."""
        with self.read() as db:
            task = find(db, Task, task_id)
        with self.db.write() as db:
            tasks.cancel(db, task.id, str(current_user.name or current_user.email))
            record(db, "task stopped", f"task {task.id}", connection_id=task.connection_id)
        flash("Stopping. What has been sent stays sent.", "success")
        return redirect(url_for("tasks.page", task_id=task.id))

    @expose("/<int:task_id>/results.csv")
    def results(self, task_id: int) -> Response:
        """Every item's result."""
        with self.read() as db:
            task = find(db, Task, task_id)
            rows = [
                (
                    i.label,
                    badges.item(i.state, i.outcome).word,
                    i.says,
                    "; ".join(str(p.get("fix", "")) for p in i.problems or ()),
                    i.attempts,
                    i.finished_at or "",
                )
                for i in db.scalars(select(Item).where(Item.parent_id == task.id).order_by(Item.id).limit(50_000))
            ]
        return csv_answer(f"task-{task_id}", ("Item", "Result", "What happened", "Fix", "Tries", "Finished (UTC)"), rows)


def _items(task_id: int, result: str) -> Any:
    query = select(Item).where(Item.parent_id == task_id)
    match result:
        case "done":
            query = query.where(Item.state == ItemState.DONE, Item.outcome.in_((Outcome.OK, Outcome.PARTLY, Outcome.NO_CHANGE)))
        case "need":
            query = query.where(Item.state == ItemState.DONE, Item.outcome.in_((Outcome.NEEDS_ATTENTION, Outcome.FAILED, Outcome.BUG)))
        case "waiting":
            query = query.where(Item.state != ItemState.DONE)
    return query.order_by(
        (Item.state == ItemState.RUNNING).desc(), Item.outcome.in_((Outcome.NEEDS_ATTENTION, Outcome.FAILED, Outcome.BUG)).desc(), Item.id
    )


def _item_url(task: Task, item: Item) -> str:
    return url_for("products.page", listing_id=item.subject) if task.kind in LISTING_KINDS else ""


def _row(db: Session, task: Task) -> TaskRow:
    if task.kind in LISTING_KINDS:
        p = tasks.progress(db, task.id)
        word = "sent" if task.kind is Kind.PUSH_LISTINGS else "done"
        need = p.needs_attention + p.failed
        line = f"{plural(p.asked, 'product')} asked · {p.ok + p.no_change} {word} · {need} need you · {p.waiting} waiting"
    else:
        line = task.says
    return TaskRow(task, name_of(task), badges.task(task.state, task.outcome, attempts=task.attempts + task.tries), line)


def _details(db: Session, task: Task) -> dict[str, Any]:
    p = tasks.progress(db, task.id)
    own = [links.card(Problem.from_json(row), connection_id=task.connection_id) for row in task.problems or ()]
    return {
        "task": task,
        "name": name_of(task),
        "badge": badges.task(task.state, task.outcome, attempts=task.attempts + task.tries),
        "progress": p,
        "sent": p.ok + p.no_change,
        "need": p.needs_attention + p.failed,
        "causes": _causes(db, task),
        "cards": own,
        "ended": task.state in TERMINAL,
        "headline": _headline(task, p),
        "facts": [(k.replace("_", " ").capitalize(), v) for k, v in (task.result or {}).items() if isinstance(v, (str, int))],
        "is_push": task.kind is Kind.PUSH_LISTINGS,
        "holds": _holds(db, task),
    }


def _causes(db: Session, task: Task) -> Sequence[Cause]:
    """Problems of the items, grouped by cause, most frequent first."""
    groups: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for item_id, subject, problems in db.execute(
        select(Item.id, Item.subject, Item.problems)
        .where(Item.parent_id == task.id, Item.outcome.in_((Outcome.NEEDS_ATTENTION, Outcome.FAILED, Outcome.BUG)))
        .limit(5000)
    ):
        for row in problems or ():
            groups[(str(row.get("code", "")), str(row.get("says", "")))].append((item_id, subject, row))
    causes = []
    for (code, _), rows in sorted(groups.items(), key=lambda group: -len(group[1])):
        single = rows[0][1] if len(rows) == 1 and task.kind in LISTING_KINDS else None
        causes.append(Cause(links.card(Problem.from_json(rows[0][2]), listing_id=single), len(rows), code))
    return causes


def _headline(task: Task, p: tasks.Progress) -> str:
    if task.state is TaskState.QUEUED:
        waits = task.run_at > clock.now()
        return f"Next try {when(task.run_at)}" if waits and (task.attempts or task.tries) else "Starts in a moment"
    if task.state is TaskState.HELD:
        return "Held until the connection is back"
    if task.state is TaskState.RUNNING:
        done = p.asked - p.waiting
        if p.asked and done and task.started_at:
            left = (clock.now() - task.started_at).total_seconds() / done * p.waiting
            return f"About {duration(max(1, left))} left"
        return "Working on it"
    took = f" in {duration(max(1, (task.finished_at - task.started_at).total_seconds()))}" if task.finished_at and task.started_at else ""
    if task.state in (TaskState.CANCELLED, TaskState.SUPERSEDED):
        return "Stopped"
    if task.state in _BROKEN:
        return "It didn't work"
    return f"Done{took}" if task.outcome is not Outcome.PARTLY else f"Partly done{took}"


def _holds(db: Session, task: Task) -> str:
    """What holds the task up at the moment: a chunk of it waits for a platform."""
    waiting = db.scalars(
        select(Task)
        .where(
            (Task.parent_id == task.id) | (Task.id == task.id), Task.state == TaskState.QUEUED, Task.says != "", Task.run_at > clock.now()
        )
        .order_by(Task.run_at)
        .limit(1)
    ).first()
    return f"{waiting.says} It goes on at {when(waiting.run_at, seconds=True)}; nothing is lost." if waiting else ""


__all__ = ["NAMES", "Tasks", "name_of"]

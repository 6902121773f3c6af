"""Pushes and updates that a program asks for, and how far they are (NAT-09 … NAT-13)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.api.access import caller, hub, my_shop, needs, not_found, record, section
from hub.api.connections import choose_warehouse
from hub.api.problems import ProblemRow, Stop, rows
from hub.api.shapes import LONGEST_ID, OfShop, Paged, Told, after, id_text, moment, number_of, text
from hub.domain.tasks import ItemState, Outcome
from hub.flows import asked as flows
from hub.flows import tasks as work
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.tasks import Item, Task

blueprint = section("tasks", "Work on many products, with a result for each")


class TaskIn(OfShop):
    """Products by the store's ids. More than one call takes: send the first with `start: false`, the rest with
    `append_to`, then `POST tasks/{id}/start`."""

    kind = fields.String(required=True, validate=validate.OneOf(tuple(flows.KINDS)))
    warehouse_id = text(LONGEST_ID, load_default="", metadata={"description": "Where the stock is; the shop's own where it is missing"})
    product_ids = fields.List(id_text(), required=True, validate=validate.Length(1, flows.MOST_A_CALL))
    append_to = text(18, load_default="")
    start = fields.Boolean(load_default=True)


class TaskAcceptedOut(Told):
    task_id = fields.String()
    asked = fields.Integer()
    started = fields.Boolean()


class ProgressOut(Told):
    asked = fields.Integer()
    ok = fields.Integer()
    no_change = fields.Integer()
    needs_attention = fields.Integer()
    failed = fields.Integer()
    waiting = fields.Integer()


class TaskOut(Told):
    """A piece of work. `state`: gathering, queued, running, held, done, failed, parked, superseded, cancelled."""

    id = fields.String()
    kind = fields.String()
    state = fields.String()
    outcome = fields.String(allow_none=True)
    summary = fields.String()
    says = fields.String()
    progress = fields.Nested(ProgressOut)
    problems = fields.List(fields.Nested(ProblemRow))
    created_at = moment()
    finished_at = moment()


class ItemsIn(Paged):
    outcome = fields.String(load_default="", validate=validate.OneOf(("", "waiting", *(one.value for one in Outcome))))


class ItemOut(Told):
    """One product of a task. `product_id` is the store's own."""

    product_id = fields.String()
    sku = fields.String()
    title = fields.String()
    outcome = fields.String(metadata={"description": "waiting, ok, partly, no_change, needs_attention, failed or bug"})
    says = fields.String()
    tiktok_product_id = fields.String()
    problems = fields.List(fields.Nested(ProblemRow))


class ItemsOut(Told):
    items = fields.List(fields.Nested(ItemOut))
    next = fields.String(allow_none=True)


@blueprint.route("/tasks", methods=["POST"])
@blueprint.arguments(TaskIn)
@blueprint.response(202, TaskAcceptedOut)
@needs("push")
def post_task(asked: dict[str, Any]) -> dict[str, Any]:
    """Pushes products, or sends their price or stock. One that was never pulled is read first."""
    with hub().db.write() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
        if asked["append_to"]:
            parent = _my_task(session, asked["append_to"], to_change=True)
            if parent.shop_id != shop.id or parent.kind is not flows.KINDS[asked["kind"]][0]:
                raise Stop(409, "task", "That task is of another kind or for another shop.")
        else:
            parent = flows.begin(session, shop, asked["kind"], caller().who)
        if asked["warehouse_id"]:
            choose_warehouse(session, shop, asked["warehouse_id"])
        starts = asked["start"] and not asked["append_to"]
        try:
            total = flows.add(session, parent, asked["product_ids"])
            if starts:
                flows.start(session, parent)
        except ValueError as error:
            raise Stop(409, "task", str(error)) from error
        record(session, f"{asked['kind']} asked", f"{len(asked['product_ids'])} products", None, {"task": parent.id})
        return {"task_id": str(parent.id), "asked": total, "started": starts}


@blueprint.route("/tasks/<task_id>/start", methods=["POST"])
@blueprint.response(202, TaskAcceptedOut)
@needs("push")
def start_task(task_id: str) -> dict[str, Any]:
    """Sets a gathered task going."""
    with hub().db.write() as session:
        parent = _my_task(session, task_id, to_change=True)
        try:
            flows.start(session, parent)
        except ValueError as error:
            raise Stop(409, "task", str(error)) from error
        record(session, "task started", parent.summary, None, {"task": parent.id})
        session.flush()
        return {"task_id": str(parent.id), "asked": flows.count(session, parent), "started": True}


def _my_task(session: Session, task_id: str, *, to_change: bool = False) -> Task:
    found = session.get(Task, number_of(task_id), with_for_update=to_change)
    if found is None or found.connection_id != caller().connection_id:
        raise not_found(f"task {task_id}", foreign=found is not None)
    return found


@blueprint.route("/tasks/<task_id>")
@blueprint.response(200, TaskOut)
@needs("read")
def get_task(task_id: str) -> dict[str, Any]:
    """How far a task is."""
    with hub().db.read() as session:
        task = _my_task(session, task_id)
        counts = work.progress(session, task.id)
    progress = {name: getattr(counts, name) for name in ("asked", "ok", "no_change", "needs_attention", "failed", "waiting")}
    return {"id": str(task.id), "kind": task.kind.value, "state": "gathering" if flows.is_gathering(task) else task.state.value,
            "outcome": task.outcome.value if task.outcome else None, "summary": task.summary, "says": task.says, "progress": progress,
            "problems": rows(task.problems), "created_at": task.created_at, "finished_at": task.finished_at}


@blueprint.route("/tasks/<task_id>/items")
@blueprint.arguments(ItemsIn, location="query")
@blueprint.response(200, ItemsOut)
@needs("read")
def list_task_items(asked: dict[str, Any], task_id: str) -> dict[str, Any]:
    """The products of a task, each with what came of it."""
    with hub().db.read() as session:
        task = _my_task(session, task_id)
        query = (select(Item, StoreProduct.external_id, StoreProduct.sku, StoreProduct.title, Listing.tiktok_product_id)
                 .outerjoin(Listing, (Listing.id == Item.subject) & (Listing.connection_id == task.connection_id))
                 .outerjoin(StoreProduct, StoreProduct.id == Listing.product_id)
                 .where(Item.parent_id == task.id, Item.id > after(asked["cursor"])))
        if asked["outcome"] == "waiting":
            query = query.where(Item.state != ItemState.DONE)
        elif asked["outcome"]:
            query = query.where(Item.state == ItemState.DONE, Item.outcome == Outcome(asked["outcome"]))
        found = session.execute(query.order_by(Item.id).limit(asked["limit"] + 1)).all()
    page = found[:asked["limit"]]
    items = [{"product_id": external_id or item.label, "sku": sku or "", "title": title or "", "says": item.says,
              "outcome": item.outcome.value if item.outcome and item.state is ItemState.DONE else "waiting",
              "tiktok_product_id": tiktok_id or "", "problems": rows(item.problems or ())}
             for item, external_id, sku, title, tiktok_id in page]
    return {"items": items, "next": str(page[-1][0].id) if len(found) > len(page) else None}

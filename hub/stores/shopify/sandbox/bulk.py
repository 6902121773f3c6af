"""Bulk operations: one query over everything, its answer as JSON lines (contract 3.6).

The query is compiled once (`bulk_plan`), and the lines go to an unnamed file as they are made: 100,000 products need
no memory. A large one is made by a thread that takes the shop's lock for a few hundred objects at a time, so that
calls and polls go on meanwhile.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, ClassVar

from flask import Response

from hub.stores.shopify.sandbox.access import Login
from hub.stores.shopify.sandbox.bulk_plan import Plan, Wrong, compile_bulk
from hub.stores.shopify.sandbox.graph import Call, Refusal, connection, error, field, gid, number_of

if TYPE_CHECKING:
    from werkzeug.datastructures import Range

    from hub.stores.shopify.sandbox.shop import ShopifySim

Args = dict[str, Any]
AT_ONCE = 5
INLINE = 1_000  # so many root objects are done on the spot
CHUNK = 250
KEPT = timedelta(days=7)
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(slots=True, eq=False)
class Operation:
    """One bulk query: its state, its counts, and the file with its lines."""

    gql: ClassVar[str] = "BulkOperation"
    number: int
    query: str
    created_at: datetime
    ready_at: datetime
    file: IO[bytes]
    status: str = "CREATED"
    error_code: str | None = None
    completed_at: datetime | None = None
    object_count: int = 0
    root_object_count: int = 0
    size: int = 0
    written: bool = False
    ends_as: str = "COMPLETED"
    token: str = ""

    @property
    def id(self) -> str:
        """The global id."""
        return gid("BulkOperation", self.number)

    @property
    def is_live(self) -> bool:
        """Whether it still runs."""
        return self.status in ("CREATED", "RUNNING", "CANCELING")


class Bulk:
    """The shop's bulk operations. `delay_s`: how long one takes at least; `fail_next`: the error code that ends the next one."""

    def __init__(self, sim: ShopifySim) -> None:
        self.sim = sim
        self.operations: dict[int, Operation] = {}
        self.delay_s = 0.0
        self.fail_next: str | None = None

    def start(self, login: Login, query: str, *, group: bool) -> Operation:
        """Takes a query on; raises `Wrong` for one that Shopify would not run."""
        plan = compile_bulk(query)
        roots = plan.roots(Call(self.sim, login))
        now = self.sim.now()
        for old in [each for each in self.operations.values() if now > each.created_at + KEPT]:
            old.file.close()
            del self.operations[old.number]
        made = Operation(self.sim.number("BulkOperation"), query, now, now + timedelta(seconds=self.delay_s),
                         tempfile.TemporaryFile(prefix="shopify-bulk-"), token=os.urandom(12).hex())
        if self.fail_next:
            made.error_code, made.ends_as, self.fail_next = self.fail_next, "FAILED", None
        self.operations[made.number] = made
        call = Call(self.sim, login)
        if len(roots) <= INLINE:
            self._write(made, plan, call, roots, group)
        else:
            threading.Thread(target=self._write, args=(made, plan, call, roots, group), name="shopify bulk", daemon=True).start()
        return made

    def _write(self, made: Operation, plan: Plan, call: Call, roots: Sequence[Any], group: bool) -> None:
        """Writes all lines; a failing one stops half way. Not grouped, children stand behind all the roots of their chunk."""
        end = len(roots) // 2 if made.ends_as == "FAILED" else len(roots)
        for at in range(0, end, CHUNK):
            if made.status in ("CANCELING", "CANCELED"):
                break
            with self.sim.lock:
                lines = self._chunk(made, plan, call, roots[at:min(at + CHUNK, end)], group)
                made.size += made.file.write(b"".join(lines))
        made.file.flush()
        made.written = True

    def _chunk(self, made: Operation, plan: Plan, call: Call, roots: Sequence[Any], group: bool) -> list[bytes]:
        first: list[bytes] = []
        behind: list[bytes] = []
        for root in roots:
            told, children = plan.row(call, root)
            first.append(_line(told))
            rows = [_line(child) for child in children]
            made.object_count += 1 + len(rows)
            made.root_object_count += 1
            (first if group else behind).extend(rows)
        return first + behind[::-1]

    def settle(self) -> None:
        """Moves each operation on as far as the clock and its file are."""
        for made in self.operations.values():
            if made.is_live:
                self._move_on(made)

    def _move_on(self, made: Operation) -> None:
        if made.status == "CANCELING":
            made.status, made.completed_at = "CANCELED", self.sim.now()
        elif made.written and self.sim.now() >= made.ready_at:
            made.status, made.completed_at = made.ends_as, self.sim.now()
        elif made.status == "CREATED":
            made.status = "RUNNING"
            return
        if not made.is_live:
            self.sim.tell("BULK_OPERATIONS_FINISH", {
                "admin_graphql_api_id": made.id, "status": made.status.lower(), "type": "query",
                "error_code": made.error_code.lower() if made.error_code else None, "created_at": made.created_at.isoformat(),
                "completed_at": made.completed_at.isoformat() if made.completed_at else None})  # fmt: skip

    def url(self, made: Operation) -> str:
        """Where the lines are read, without a sign-in: the address is the secret."""
        return f"{self.sim.base_url}/bulk/{made.number}/{made.token}.jsonl"

    def download(self, number: int, token: str, span: Range | None) -> Response:
        """The lines, streamed; a part of them by `Range`, as the storage where Shopify keeps them does."""
        made = self.operations.get(number)
        if made is None or made.token != token or made.is_live or self.sim.now() > made.created_at + KEPT:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404, content_type="application/xml")
        part = span.range_for_length(made.size) if span is not None else None
        if span is not None and part is None:
            return Response("<Error><Code>InvalidRange</Code></Error>", 416, content_type="application/xml",
                            headers={"Content-Range": f"bytes */{made.size}"})
        start, end = part or (0, made.size)
        headers = {"Content-Length": str(end - start), "Accept-Ranges": "bytes"}
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{made.size}"
        return Response(_read(made, start, end), 206 if part is not None else 200, content_type="application/jsonl", headers=headers)


def _line(told: Args) -> bytes:
    return _ENCODER.encode(told).encode() + b"\n"


def _read(made: Operation, at: int, end: int) -> Iterator[bytes]:
    while part := os.pread(made.file.fileno(), min(1 << 20, end - at), at):
        at += len(part)
        yield part


# -- the API --------------------------------------------------------------------------------------------------------


field("BulkOperation", "type")(lambda call, made, args: "QUERY")
field("BulkOperation", "fileSize")(lambda call, made, args: made.size if not made.is_live and made.size else None)
field("BulkOperation", "errorCode")(lambda call, made, args: made.error_code if made.status == "FAILED" else None)
field("BulkOperation", "url")(
    lambda call, made, args: call.sim.bulk.url(made) if made.status == "COMPLETED" and made.object_count else None)
field("BulkOperation", "partialDataUrl")(
    lambda call, made, args: call.sim.bulk.url(made) if made.status in ("FAILED", "CANCELED") and made.object_count else None)


@field("Mutation", "bulkOperationRunQuery")
def _run(call: Call, _: Any, args: Args) -> Args:
    bulk = call.sim.bulk
    live = [each for each in bulk.operations.values() if each.is_live]
    if len(live) >= AT_ONCE:
        return {"bulkOperation": None, "userErrors": [error(None, f"No more than {AT_ONCE} bulk query operations can run at once for this app "
                                                            f"and shop.", "LIMIT_REACHED")]}
    if any(each.query == args["query"] for each in live):
        return {"bulkOperation": None, "userErrors": [error(None, f"A bulk query operation for this app and shop is already in progress: "
                                                            f"{live[0].id}.", "OPERATION_IN_PROGRESS")]}
    try:
        made = bulk.start(call.login, args["query"], group=args["groupObjects"])
    except (Wrong, Refusal) as refused:
        return {"bulkOperation": None, "userErrors": [error(("query",), str(refused), "INVALID")]}
    return {"bulkOperation": made, "userErrors": []}


@field("Mutation", "bulkOperationCancel")
def _cancel(call: Call, _: Any, args: Args) -> Args:
    made = call.sim.bulk.operations.get(number_of(args["id"], "BulkOperation") or 0)
    if made is None:
        return {"bulkOperation": None, "userErrors": [error(("id",), "Bulk operation does not exist")]}
    if not made.is_live:
        return {"bulkOperation": made, "userErrors": [error(None, f"A bulk operation cannot be canceled when it is {made.status.lower()}")]}
    made.status = "CANCELING"
    return {"bulkOperation": made, "userErrors": []}


@field("QueryRoot", "bulkOperation")
def _by_id(call: Call, _: Any, args: Args) -> Operation | None:
    return call.sim.bulk.operations.get(number_of(args["id"], "BulkOperation") or 0)


@connection("QueryRoot", "bulkOperations")
def _list(call: Call, _: Any, args: Args) -> list[Operation]:
    if args.get("query") or args.get("sortKey", "CREATED_AT") != "CREATED_AT":
        raise Refusal("bulkOperations are listed by their begin and without a search here", "INVALID_SEARCH_QUERY")
    return list(call.sim.bulk.operations.values())

"""Bulk operations: one query over everything, its answer as JSON lines (contract 3.6).

The query is compiled once into readers, which are far quicker than executing it, and the lines go to an unnamed file
as they are made: 100,000 products need no memory. A large one is made by a thread that takes the shop's lock for a few
hundred objects at a time, so that calls and polls go on meanwhile.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as kept
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, ClassVar

from flask import Response
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
)
from graphql.execution.values import get_argument_values

from hub.stores.shopify.sandbox.access import Login
from hub.stores.shopify.sandbox.fulfilment import error
from hub.stores.shopify.sandbox.graph import (
    FIELDS,
    LISTS,
    Call,
    Document,
    Invalid,
    Refusal,
    Sorted,
    connection,
    field,
    gid,
    number_of,
    read_document,
    schema,
    snake,
    type_of,
)

if TYPE_CHECKING:
    from werkzeug.datastructures import Range

    from hub.stores.shopify.sandbox.shop import ShopifySim

Args = dict[str, Any]
AT_ONCE, MOST_CONNECTIONS, MOST_DEPTH = 5, 5, 2
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
        document, plan = _compile(query)
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


# -- the plan -------------------------------------------------------------------------------------------------------


class Wrong(ValueError):
    """A query that is no bulk query."""


Reader = Callable[[Call, Any], Any]


@dataclass(slots=True)
class Plan:
    """A selection, compiled: plain readers by their response key, and the connections below."""

    type_name: str
    readers: list[tuple[str, Reader]] = kept(default_factory=list)
    children: list[tuple[Reader, dict[str, Plan]]] = kept(default_factory=list)
    listing: Callable[[Call], Any] | None = None
    by_type: dict[str, Plan] = kept(default_factory=dict)

    def roots(self, call: Call) -> Sequence[Any]:
        """All objects of the top connection."""
        if self.listing is None:
            raise Wrong("Bulk queries must contain at least one connection.")
        found = self.listing(call)
        return found.items if isinstance(found, Sorted) else found

    def row(self, call: Call, thing: Any) -> tuple[Args, list[Args]]:
        """An object and all below it, each child with its parent's id."""
        plan = self.by_type[type_of(thing)] if self.by_type else self
        told = {key: read(call, thing) for key, read in plan.readers}
        below: list[Args] = []
        for listing, plans in plan.children:
            for child in listing(call, thing):
                inner, deeper = plans[type_of(child)].row(call, child)
                inner["__parentId"] = thing.id
                below.append(inner)
                below += deeper
        return told, below


def _compile(query: str) -> tuple[Document, Plan]:
    try:
        document = read_document(query, {})
    except Invalid as refused:
        raise Wrong(refused.errors[0]["message"]) from refused
    operation = document.operation
    if operation.operation.value != "query":
        raise Wrong("Invalid operation type. Only `query` operations are supported.")
    if len(operation.selection_set.selections) != 1:
        raise Wrong("Bulk queries must contain exactly one top-level field.")
    compiler = _Compiler(document)
    root = operation.selection_set.selections[0]
    if isinstance(root, FieldNode) and root.name.value in ("node", "nodes"):
        raise Wrong(f"Bulk queries cannot contain a top level `{root.name.value}` field.")
    if not isinstance(root, FieldNode) or not get_named_type(_root_field(root).type).name.endswith("Connection"):
        raise Wrong("Bulk queries must contain at least one connection.")
    plans = compiler.nodes(root, _root_field(root), depth=0)
    if compiler.connections > MOST_CONNECTIONS:
        raise Wrong(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.")
    listing, args = LISTS[("QueryRoot", root.name.value)], get_argument_values(_root_field(root), root, {})
    plan = next(iter(plans.values()))
    plan.by_type = plans if len(plans) > 1 else {}
    plan.listing = lambda call: listing(call, {}, {**args, "first": None})
    return document, plan


def _root_field(node: FieldNode) -> GraphQLField:
    query_type = schema().query_type
    if query_type is None:
        raise Wrong("There is no query type.")
    return query_type.fields[node.name.value]


class _Compiler:
    def __init__(self, document: Document) -> None:
        self.fragments = {node.name.value: node for node in document.node.definitions if isinstance(node, FragmentDefinitionNode)}
        self.connections = 0

    def nodes(self, node: FieldNode, of: GraphQLField, depth: int) -> dict[str, Plan]:
        """The plans for the node of a connection, by its concrete type."""
        self.connections += 1
        if depth > MOST_DEPTH:  # the top connection is not counted
            raise Wrong(f"Bulk queries cannot contain connections with a nesting depth greater than {MOST_DEPTH}.")
        selections, kind = _node_of(node, get_named_type(of.type))
        kinds = schema().get_possible_types(kind) if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)) else [kind]
        return {each.name: self.plan(selections, each, depth) for each in kinds}

    def plan(self, selections: SelectionSetNode, kind: GraphQLObjectType, depth: int) -> Plan:
        made = Plan(kind.name)
        for node in self.fields(selections, kind):
            of = kind.fields.get(node.name.value)
            key = node.alias.value if node.alias else node.name.value
            if node.name.value == "__typename":
                made.readers.append((key, lambda call, thing, name=kind.name: name))  # type: ignore[misc]
                continue
            if of is None:
                raise Wrong(f"Field '{node.name.value}' can't be read in bulk")
            args = get_argument_values(of, node, {})
            inner = get_named_type(of.type)
            if inner.name.endswith("Connection"):
                listing = LISTS[(kind.name, node.name.value)]
                made.children.append((lambda call, thing, listing=listing, args=args: _items(listing(call, thing, args)),  # type: ignore[misc]
                                      self.nodes(node, of, depth + 1)))
            else:
                made.readers.append((key, self.reader(kind.name, node, inner, args, depth)))
        if made.children and "id" not in (key for key, _reader in made.readers):
            raise Wrong("The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' "
                        f"return type. Connection fields without 'id': {kind.name}.")
        return made

    def reader(self, type_name: str, node: FieldNode, kind: Any, args: Args, depth: int) -> Reader:
        name = node.name.value
        value_at = _value_at(type_name, name, args)
        if isinstance(kind, (GraphQLScalarType, GraphQLEnumType)):
            give = kind.serialize if isinstance(kind, GraphQLScalarType) else _as_is

            def leaf(call: Call, thing: Any) -> Any:
                value = value_at(call, thing)
                if isinstance(value, list):
                    return [give(each) for each in value]
                return None if value is None else give(value)

            return leaf
        if node.selection_set is None:
            raise Wrong(f"Field '{name}' must have selections")
        kinds = schema().get_possible_types(kind) if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)) else [kind]
        plans = {each.name: self.plan(node.selection_set, each, depth) for each in kinds}
        if any(each.children for each in plans.values()):
            raise Wrong("Queries that contain a connection field within a list field or a plain object are not carried here.")
        only = next(iter(plans.values())) if len(plans) == 1 else None

        def told(call: Call, value: Any) -> Args:
            plan = only or plans[type_of(value)]
            return {key: read(call, value) for key, read in plan.readers}

        def nested(call: Call, thing: Any) -> Any:
            value = value_at(call, thing)
            if isinstance(value, list):
                return [told(call, each) for each in value]
            return None if value is None else told(call, value)

        return nested

    def fields(self, selections: SelectionSetNode, kind: GraphQLObjectType) -> Iterator[FieldNode]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield node
                continue
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                condition, inner = fragment.type_condition.name.value, fragment.selection_set
            elif isinstance(node, InlineFragmentNode):
                condition, inner = node.type_condition.name.value if node.type_condition else kind.name, node.selection_set
            else:
                continue
            if condition == kind.name or any(each.name == condition for each in kind.interfaces):
                yield from self.fields(inner, kind)


def _value_at(type_name: str, name: str, args: Args) -> Reader:
    """`value_of` with its look-ups done once: this is called a million times."""
    getter, attribute = FIELDS.get((type_name, name)), snake(name)
    if getter is not None:
        return lambda call, thing: getter(call, thing, args)
    return lambda call, thing: thing[name] if isinstance(thing, dict) else getattr(thing, attribute)


def _items(found: Any) -> Sequence[Any]:
    return found.items if isinstance(found, Sorted) else found


def _as_is(value: Any) -> Any:
    return value


def _node_of(node: FieldNode, kind: Any) -> tuple[SelectionSetNode, Any]:
    """The selection and the type of a connection's node, through `edges { node }`, which alone is good in bulk."""
    for part in node.selection_set.selections if node.selection_set else ():
        if isinstance(part, FieldNode) and part.name.value == "edges" and part.selection_set:
            edge = get_named_type(kind.fields["edges"].type)
            for inner in part.selection_set.selections:
                if isinstance(inner, FieldNode) and inner.name.value == "node" and inner.selection_set:
                    return inner.selection_set, get_named_type(edge.fields["node"].type)
    raise Wrong("All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: 'products { edges { node {'. "
                f"Selecting via 'nodes' is not supported. Invalid connection fields: '{node.name.value}'.")


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

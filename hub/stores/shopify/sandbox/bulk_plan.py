"""A bulk query, compiled: readers that are far quicker than executing it, and Shopify's rules for such queries (contract 3.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as kept
from typing import Any

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

from hub.stores.shopify.sandbox.graph import FIELDS, LISTS, Call, Document, Invalid, Sorted, read_document, schema, snake, type_of

Args = dict[str, Any]
MOST_CONNECTIONS, MOST_DEPTH = 5, 2


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


def compile_bulk(query: str) -> Plan:
    """The plan of a bulk query; raises `Wrong` for one that Shopify would not run."""
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
    return plan


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

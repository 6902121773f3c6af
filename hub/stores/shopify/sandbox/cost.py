"""What a query costs and the bucket that it is taken from (contract 2).

Scalars and enums cost nothing, an object 1, a connection 2 and its node times the page asked for, an interface or union
the dearest of its possible types, a mutation 10 and what it selects. Lists that are no connection cost their object
times `first` where that is given, once otherwise. The requested cost is reserved, and what was not used is given back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from hub.stores.shopify.sandbox.graph import Document, schema

CONNECTION, OBJECT, MUTATION = 2, 1, 10


@dataclass(slots=True)
class Bucket:
    """Points of one app in one shop, restored as the clock goes."""

    now: Callable[[], datetime]
    maximum: float
    restore_rate: float
    level: float = -1
    at: datetime | None = None

    def available(self) -> float:
        """The points there are now."""
        now = self.now()
        if self.at is None or self.level < 0:
            self.level = self.maximum
        else:
            self.level = min(self.maximum, self.level + max(0.0, (now - self.at).total_seconds()) * self.restore_rate)
        self.at = now
        return self.level

    def take(self, points: float) -> bool:
        """Reserves points; False where there are not enough."""
        if self.available() < points:
            return False
        self.level -= points
        return True

    def give_back(self, points: float) -> None:
        """What was reserved and not used."""
        self.level = min(self.maximum, self.available() + points)

    def told(self) -> dict[str, float]:
        """`throttleStatus`."""
        return {"maximumAvailable": float(self.maximum), "currentlyAvailable": math.floor(self.available()), "restoreRate": float(self.restore_rate)}


@dataclass(slots=True)
class Costs:
    """Counts the cost of one document, asked for and had."""

    document: Document
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.document.node.definitions:
            if isinstance(node, FragmentDefinitionNode):
                self.fragments[node.name.value] = node

    def requested(self) -> int:
        """What the whole operation may cost at most."""
        operation: OperationDefinitionNode = self.document.operation
        is_mutation = operation.operation.value == "mutation"
        root = schema().mutation_type if is_mutation else schema().query_type
        return self._asked(operation.selection_set, root, MUTATION if is_mutation else None)

    def actual(self, data: Mapping[str, Any] | None) -> int:
        """What the answer did cost."""
        operation = self.document.operation
        is_mutation = operation.operation.value == "mutation"
        root = schema().mutation_type if is_mutation else schema().query_type
        return self._had(operation.selection_set, root, data, MUTATION if is_mutation else None)

    def _asked(self, selections: SelectionSetNode | None, parent: Any, base: int | None = None) -> int:
        if selections is None:
            return 0
        if isinstance(parent, (GraphQLInterfaceType, GraphQLUnionType)):
            return max((self._asked(selections, each) for each in schema().get_possible_types(parent)), default=0)
        total = 0
        for node, of in self._fields(selections, parent):
            total += self._asked_field(node, of, base)
        return total

    def _asked_field(self, node: FieldNode, of: GraphQLField, base: int | None) -> int:
        kind = get_named_type(of.type)
        if node.selection_set is None:
            return base or 0
        if kind.name.endswith("Connection"):
            size = max(self._number(node, "first"), self._number(node, "last"))
            return CONNECTION + size * self._per_node(node.selection_set, kind) + (base or 0)
        times = (self._number(node, "first") or 1) if _is_list(of.type) and "first" in of.args else 1
        own = base if base is not None else 0 if kind.name == "PageInfo" else OBJECT
        return times * (own + self._asked(node.selection_set, kind)) if base is None else own + self._asked(node.selection_set, kind)

    def _per_node(self, selections: SelectionSetNode, connection: Any) -> int:
        """The node of a connection, through `nodes` or `edges { node }`; asked for twice, it is paid twice."""
        total = 0
        for node, of in self._fields(selections, connection):
            if node.name.value == "nodes":
                total += OBJECT + self._asked(node.selection_set, get_named_type(of.type)) if node.selection_set else 0
            elif node.name.value == "edges" and node.selection_set is not None:
                for inner, inner_of in self._fields(node.selection_set, get_named_type(of.type)):
                    if inner.name.value == "node" and inner.selection_set is not None:
                        total += OBJECT + self._asked(inner.selection_set, get_named_type(inner_of.type))
        return total

    def _had(self, selections: SelectionSetNode | None, parent: Any, data: Any, base: int | None = None) -> int:
        if selections is None or not isinstance(data, Mapping):
            return 0
        total = 0
        for node, of in self._fields(selections, parent):
            value = data.get(node.alias.value if node.alias else node.name.value)
            kind = get_named_type(of.type)
            if base is not None:
                total += base
            elif value is None or node.selection_set is None or kind.name == "PageInfo":
                continue
            elif kind.name.endswith("Connection"):
                total += CONNECTION
            elif not kind.name.endswith("Edge"):
                total += len(value) if isinstance(value, list) else OBJECT
            for each in value if isinstance(value, list) else (value,):
                total += self._had(node.selection_set, kind, each)
        return total

    def _fields(self, selections: SelectionSetNode, parent: Any) -> list[tuple[FieldNode, GraphQLField]]:
        found: list[tuple[FieldNode, GraphQLField]] = []
        for node in selections.selections:
            if isinstance(node, FieldNode):
                of = getattr(parent, "fields", {}).get(node.name.value)
                if of is not None:
                    found.append((node, of))
                continue
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                condition, inner = fragment.type_condition.name.value, fragment.selection_set
            elif isinstance(node, InlineFragmentNode):
                condition, inner = node.type_condition.name.value if node.type_condition else parent.name, node.selection_set
            else:
                continue
            if _applies(condition, parent):
                found += self._fields(inner, parent if isinstance(parent, GraphQLObjectType) else schema().type_map[condition])
        return found

    def _number(self, node: FieldNode, name: str) -> int:
        for argument in node.arguments:
            if argument.name.value != name:
                continue
            if isinstance(argument.value, IntValueNode):
                return int(argument.value.value)
            if isinstance(argument.value, VariableNode):
                return int(self.document.variables.get(argument.value.name.value) or 0)
        return 0


def _applies(condition: str, parent: Any) -> bool:
    if condition == parent.name:
        return True
    named = schema().type_map[condition]
    if isinstance(named, (GraphQLInterfaceType, GraphQLUnionType)) and isinstance(parent, GraphQLObjectType):
        return parent in schema().get_possible_types(named)
    return not isinstance(parent, GraphQLObjectType)


def _is_list(kind: Any) -> bool:
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return isinstance(inner, GraphQLList)

"""The GraphQL side: the schema, what its fields answer, and the errors in Shopify's shapes (contracts/shopify.md 7).

A field's value comes from the function that `field` or `connection` declared for it, else from the attribute of the
same name in snake case. `connection` functions give the whole list and `Page` cuts it, so that a bulk operation walks
the same lists without pages.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    ValueNode,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
    value_from_ast_untyped,
)
from graphql.execution.values import get_directive_values, get_variable_values

if TYPE_CHECKING:
    from hub.stores.shopify.sandbox.access import Login
    from hub.stores.shopify.sandbox.shop import ShopifySim

SCHEMA_FILE = Path(__file__).with_name("schema.graphql")
PAGE_LIMIT = 250
DEPTH_LIMIT = 25_000
_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([^?]+)(?:\?.*)?")


class Refusal(GraphQLError):
    """A top-level error with Shopify's `extensions.code`."""

    def __init__(self, message: str, code: str, **more: Any) -> None:
        super().__init__(message, extensions={"code": code, **more})


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, and of what: the context of one execution. `key` is the value of the field's `@idempotent`."""

    sim: ShopifySim
    login: Login
    key: str | None = None


Getter = Callable[[Call, Any, dict[str, Any]], Any]
FIELDS: dict[tuple[str, str], Getter] = {}
LISTS: dict[tuple[str, str], Getter] = {}


def error(path: Iterable[str | int] | None, message: str, code: str | None = None) -> dict[str, Any]:
    """A user error; a path is told as text throughout."""
    return {"field": [str(part) for part in path] if path is not None else None, "message": message, "code": code}


def field(type_name: str, *names: str) -> Callable[[Getter], Getter]:
    """Declares what these fields of a type answer: `(call, source, arguments by their GraphQL names)`."""

    def keep(getter: Getter) -> Getter:
        for name in names:
            FIELDS[(type_name, name)] = getter
        return getter

    return keep


def connection(type_name: str, *names: str) -> Callable[[Getter], Getter]:
    """Declares the whole list behind a connection: a sequence of objects with an `id`, or a `Sorted` one."""

    def keep(getter: Getter) -> Getter:
        for name in names:
            LISTS[(type_name, name)] = getter

            def page(call: Call, source: Any, args: dict[str, Any], path: str = f"{type_name}.{name}") -> Page:
                return Page(getter(call, source, args), args, path)

            FIELDS[(type_name, name)] = page
        return getter

    return keep


@dataclass(frozen=True, slots=True)
class Sorted:
    """A list in the order of its keys (ascending tuples), for cursors that hold their place while rows come and go."""

    items: Sequence[Any]
    keys: Sequence[tuple[Any, ...]]


class Page:
    """One page of a connection, with Shopify's rules: `first` or `last`, at most 250, cursors that are opaque text."""

    def __init__(self, found: Sequence[Any] | Sorted, args: Mapping[str, Any], path: str) -> None:
        first, last = args.get("first"), args.get("last")
        if (first is None) == (last is None):
            raise Refusal(f"you must provide one of first or last on {path}", "BAD_REQUEST")
        size = first if first is not None else last
        if size is None or size < 0 or size > PAGE_LIMIT:
            raise Refusal(f"{path}: first and last cannot exceed {PAGE_LIMIT}", "BAD_REQUEST")
        keys = found.keys if isinstance(found, Sorted) else None
        items = found.items if isinstance(found, Sorted) else found
        total = len(items)
        reverse = bool(args.get("reverse"))
        start, end = 0, total
        if args.get("after") is not None:
            start = _place(args["after"], items, keys, reverse, behind=True)
        if args.get("before") is not None:
            end = _place(args["before"], items, keys, reverse, behind=False)
        if first is not None:
            end = min(end, start + first)
        else:
            start = max(start, end - (last or 0))
        if start >= DEPTH_LIMIT and start < total:
            raise Refusal(f"{path}: pages go no deeper than {DEPTH_LIMIT} objects; use a filter or a bulk operation", "BAD_REQUEST")
        places = range(start, max(start, end))
        order = [total - 1 - place for place in places] if reverse else list(places)
        self.nodes = [items[place] for place in order]
        self._cursors = [_cursor(items[place], keys[place] if keys is not None else None) for place in order]
        self.page_info = {
            "hasNextPage": end < total, "hasPreviousPage": start > 0,
            "startCursor": self._cursors[0] if order else None, "endCursor": self._cursors[-1] if order else None,
        }  # fmt: skip

    @property
    def edges(self) -> list[dict[str, Any]]:
        """Cursor and node of each row."""
        return [{"cursor": cursor, "node": node} for cursor, node in zip(self._cursors, self.nodes, strict=True)]


def _cursor(item: Any, key: tuple[Any, ...] | None) -> str:
    told: Any = [_plain(part) for part in key] if key is not None else item if isinstance(item, str) else item.id
    return base64.b64encode(json.dumps(told).encode()).decode()


def _plain(part: Any) -> Any:
    return {"t": part.isoformat()} if isinstance(part, datetime) else part


def _place(cursor: str, items: Sequence[Any], keys: Sequence[tuple[Any, ...]] | None, reverse: bool, *, behind: bool) -> int:
    """Where the rows behind (or before) the cursor begin (end), in the order they are read."""
    try:
        told = json.loads(base64.b64decode(cursor, validate=True))
        if keys is not None:
            key = tuple(datetime.fromisoformat(part["t"]) if isinstance(part, dict) else part for part in told)
            below, above = bisect_left(keys, key), bisect_right(keys, key)
            if reverse:
                return len(items) - below if behind else len(items) - above
            return above if behind else below
        place = next(at for at, item in enumerate(items) if (item if isinstance(item, str) else item.id) == told)
    except (ValueError, TypeError, KeyError, StopIteration):
        raise Refusal(f"Invalid cursor for current pagination sort: {cursor}", "BAD_REQUEST") from None
    place = len(items) - 1 - place if reverse else place
    return place + 1 if behind else place


# -- identifiers ----------------------------------------------------------------------------------------------------


def gid(kind: str, number: int | str) -> str:
    """`gid://shopify/Product/123`."""
    return f"gid://shopify/{kind}/{number}"


def parts_of(given: str) -> tuple[str, str]:
    """Kind and last part of an id; a text that is no global id is refused as Shopify does."""
    found = _GID.fullmatch(given)
    if not found:
        raise Refusal(f"Invalid global id '{given}'", "argumentLiteralsIncompatible")
    return found[1], found[2]


def number_of(given: str, kind: str) -> int | None:
    """The numeric part of an id of this kind; None for a number that cannot be one. Another kind is refused."""
    named, number = parts_of(given)
    if named != kind:
        raise Refusal(f"Invalid id: {given} is no {kind}", "RESOURCE_NOT_FOUND")
    return int(number) if number.isdigit() else None


# -- schema and scalars ---------------------------------------------------------------------------------------------


@cache
def schema() -> GraphQLSchema:
    """The store's type system with its scalars; built once."""
    built = build_schema(SCHEMA_FILE.read_text())
    for name, (give, take) in _SCALARS.items():
        scalar = built.type_map.get(name)
        if isinstance(scalar, GraphQLScalarType):
            scalar.serialize = give  # type: ignore[method-assign, assignment]
            scalar.parse_value = take  # type: ignore[method-assign, assignment]
            scalar.parse_literal = _literal(take)  # type: ignore[method-assign]
    return built


def _literal(take: Callable[[Any], Any]) -> Callable[..., Any]:
    def read(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        return take(value_from_ast_untyped(node, variables))

    return read


def money(amount: Decimal) -> str:
    """`9.90`: a Money scalar has two places."""
    return str(amount.quantize(Decimal("0.01")))


def decimal_text(amount: Decimal | int) -> str:
    """`9.9`, `10.0`: a Decimal scalar drops zeros at the end and keeps one place."""
    text = format(Decimal(amount).normalize(), "f")
    return text if "." in text else f"{text}.0"


def moment_text(at: datetime) -> str:
    """`2026-09-01T10:00:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _to_decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise GraphQLError(f"invalid decimal '{value}'")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise GraphQLError(f"invalid decimal '{value}'") from None
    if not number.is_finite():
        raise GraphQLError(f"invalid decimal '{value}'")
    return number


def _to_moment(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"invalid DateTime '{value}'") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _to_url(value: Any) -> str:
    if not isinstance(value, str) or not re.match(r"[a-z][a-z0-9+.-]*:", value):
        raise GraphQLError(f"invalid URL '{value}'")
    return value


def _to_text(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"'{value}' is not a string")
    return value


def _to_unsigned(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d+", str(value)):
        raise GraphQLError(f"invalid UnsignedInt64 '{value}'")
    return int(value)


def _as_is(value: Any) -> Any:
    return value


_SCALARS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "DateTime": (moment_text, _to_moment), "Decimal": (decimal_text, _to_decimal), "Money": (money, _to_decimal),
    "URL": (str, _to_url), "HTML": (str, _to_text), "UnsignedInt64": (str, _to_unsigned), "JSON": (_as_is, _as_is),
}  # fmt: skip


# -- execution ------------------------------------------------------------------------------------------------------


@cache
def snake(name: str) -> str:
    """`page_info` of `pageInfo`."""
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def value_of(call: Call, type_name: str, source: Any, name: str, args: dict[str, Any]) -> Any:
    """What this field of this object answers."""
    getter = FIELDS.get((type_name, name))
    if getter is not None:
        return getter(call, source, args)
    if isinstance(source, dict):
        return source[name]
    return getattr(source, snake(name))


def type_of(value: Any, *_: Any) -> str:
    """The GraphQL type of an object behind an interface or a union."""
    return str(value["__typename"] if isinstance(value, dict) else value.gql)


def _resolve(source: Any, info: GraphQLResolveInfo, **args: Any) -> Any:
    call: Call = info.context
    if info.parent_type.name == "Mutation":
        _check_array_sizes(args, info.field_name)
        given = get_directive_values(schema().get_directive("idempotent"), info.field_nodes[0], info.variable_values)  # type: ignore[arg-type]
        call = Call(call.sim, call.login, str(given["key"]) if given else None)
    return value_of(call, info.parent_type.name, source, info.field_name, args)


def _check_array_sizes(given: Any, path: str) -> None:
    """Input arrays hold at most 250 entries, fulfilment order lines 512 (contract 2)."""
    if isinstance(given, dict):
        for name, value in given.items():
            _check_array_sizes(value, name)
    elif isinstance(given, list):
        most = 512 if path == "fulfillmentOrderLineItems" else PAGE_LIMIT
        if len(given) > most:
            raise Refusal(f"The input array size of {len(given)} is greater than the maximum allowed of {most}", "MAX_INPUT_SIZE_EXCEEDED")
        for value in given:
            _check_array_sizes(value, path)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that passed validation, its operation and its coerced variables."""

    node: DocumentNode
    operation: OperationDefinitionNode
    variables: dict[str, Any]
    given: Mapping[str, Any]


class Invalid(Exception):
    """A document that is refused before it runs: `errors` as they go out."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors


def read_document(query: str, variables: Mapping[str, Any], operation_name: str | None = None) -> Document:
    """Parses, validates and coerces; raises `Invalid`."""
    node = _valid(query)
    operation = get_operation_ast(node, operation_name)
    if operation is None:
        raise Invalid([{"message": "An operation name is required" if operation_name is None else f'No operation named "{operation_name}"'}])
    coerced = get_variable_values(schema(), operation.variable_definitions or (), dict(variables), max_errors=20)
    if isinstance(coerced, list):
        raise Invalid([_invalid_variable(error) for error in coerced])
    return Document(node, operation, coerced, variables)


@lru_cache(maxsize=512)
def _valid(query: str) -> DocumentNode:
    """The document; kept, because an app sends the same few again and again."""
    try:
        node = parse(query)
    except GraphQLError as wrong:
        raise Invalid([formatted(wrong)]) from wrong
    errors = validate(schema(), node, max_errors=20)
    if errors:
        raise Invalid([formatted(wrong) for wrong in errors])
    return node


def run(document: Document, call: Call) -> dict[str, Any]:
    """`data` and `errors` of one execution."""
    result = execute_sync(
        schema(), document.node, context_value=call, variable_values=dict(document.given), field_resolver=_resolve,
        operation_name=document.operation.name.value if document.operation.name else None, type_resolver=type_of,
        root_value={},
    )  # fmt: skip
    for error in result.errors or ():
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            raise error.original_error
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [formatted(error) for error in result.errors]
    return answer


_SAID: tuple[tuple[re.Pattern[str], str, str, tuple[str, ...]], ...] = (
    (re.compile(r"Cannot query field '(\w+)' on type '(\w+)'\."), "Field '{0}' doesn't exist on type '{1}'", "undefinedField",
     ("fieldName", "typeName")),
    (re.compile(r"Unknown argument '(\w+)' on field '(\w+)\.(\w+)'\."), "Field '{2}' doesn't accept argument '{0}'", "argumentNotAccepted",
     ("argumentName", "typeName", "name")),
    (re.compile(r"Field '(\w+)' is not defined by type '(\w+)'\."), "InputObject '{1}' doesn't accept argument '{0}'", "argumentNotAccepted",
     ("argumentName", "name")),
    (re.compile(r"Field '(\w+)' argument '(\w+)' of type '(.+)' is required"), "Field '{0}' is missing required arguments: {1}",
     "missingRequiredArguments", ("name", "arguments")),
    (re.compile(r"Unknown type '(\w+)'\."), "{0} isn't a defined input type (or it is not carried here)", "undefinedType", ("typeName",)),
    (re.compile(r"Value '(\w+)' does not exist in '(\w+)' enum\."), "Expected type '{1}'; '{0}' is none of its values",
     "argumentLiteralsIncompatible", ("value", "typeName")),
    (re.compile(r"Variable '\$(\w+)' is never used in operation '(\w+)'\."), "Variable ${0} is declared by {1} but not used",
     "variableNotUsed", ("variableName",)),
    (re.compile(r"Field '(\w+)' of type '(.+)' must have a selection of subfields\."),
     "Field must have selections (field '{0}' returns {1} but has no selections)", "selectionMismatch", ("nodeName", "typeName")),
)  # fmt: skip


def formatted(error: GraphQLError) -> dict[str, Any]:
    """A GraphQL error in Shopify's words."""
    message, extensions = error.message, dict(error.extensions or {})
    for pattern, words, code, names in _SAID:
        found = pattern.match(message)
        if found:
            message = words.format(*found.groups())
            extensions = {"code": code} | dict(zip(names, found.groups(), strict=False))
            break
    told: dict[str, Any] = {"message": message}
    if error.locations:
        told["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        told["path"] = error.path
    if extensions:
        told["extensions"] = extensions
    return told


_VARIABLE = re.compile(r"Variable '\$(\w+)' got invalid value .*?(?: at '(?P<at>[^']+)')?; (?P<why>.+)$", re.DOTALL)


def _invalid_variable(error: GraphQLError) -> dict[str, Any]:
    told = formatted(error)
    found = _VARIABLE.match(error.message)
    path: list[str] = []
    why = error.message
    if found:
        at = (found["at"] or found[1]).removeprefix(found[1])
        path, why = [part for part in re.split(r"[.\[\]]+", at) if part], found["why"]
        unknown = re.match(r"Field '(\w+)' is not defined by type '(\w+)'", why)
        if unknown:
            path, why = [*path, unknown[1]], f"Field is not defined on {unknown[2]}"
    told["message"] = f"Variable ${found[1]} was provided invalid value for {'.'.join(path)} ({why})" if found else error.message
    told["extensions"] = {"code": "INVALID_VARIABLE", "problems": [{"path": path, "explanation": why}]}
    told.pop("path", None)
    return told


def object_type(name: str) -> GraphQLObjectType:
    """An object type of the schema."""
    found = schema().type_map[name]
    if not isinstance(found, GraphQLObjectType):
        raise TypeError(f"{name} is no object type")
    return found

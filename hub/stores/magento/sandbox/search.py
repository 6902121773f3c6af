"""searchCriteria and `fields=` as Magento 2.4.7 answers them (contracts/magento.md 3).

Measured quirks kept: filters of a group are OR, groups are AND; an unknown condition finds nothing instead of
failing; a page past the end is an empty list with the true count, and with `fields=` that list is null; a space in
`fields` makes the whole answer `[]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

_PART = re.compile(r"\[([^\]]*)\]")
_FIELDS = re.compile(r"[A-Za-z0-9_\[\],]*")
_SPELLINGS = {
    "filterGroups": "filter_groups",
    "sortOrders": "sort_orders",
    "pageSize": "page_size",
    "currentPage": "current_page",
    "conditionType": "condition_type",
}
Read = Callable[[Any, str], Any]


class NoCriteria(Exception):
    """The list was asked for without any searchCriteria."""


@dataclass(frozen=True)
class Filter:
    """One condition on one field."""

    name: str
    value: str
    condition: str


@dataclass(frozen=True)
class Criteria:
    """A parsed search; `page_size` 0 means no limit."""

    groups: tuple[tuple[Filter, ...], ...] = ()
    sorts: tuple[tuple[str, bool], ...] = ()
    page_size: int = 0
    page: int = 1
    shown: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """Every field that a filter names."""
        return {one.name for group in self.groups for one in group}


def parse(args: Iterable[tuple[str, str]]) -> Criteria:
    """Read the query's pairs. NoCriteria when none of them is a searchCriteria."""
    tree: dict[str, Any] = {}
    found = False
    for name, value in args:
        if name.split("[", 1)[0] not in ("searchCriteria", "search_criteria"):
            continue
        found = True
        parts = [_SPELLINGS.get(part, part) for part in _PART.findall(name)]
        if not parts:
            continue
        here = tree
        for part in parts[:-1]:
            here = here.setdefault(part, {})
        here[parts[-1]] = value
    if not found:
        raise NoCriteria
    groups = tuple(
        tuple(
            Filter(str(one.get("field", "")), str(one.get("value", "")), str(one.get("condition_type") or "eq"))
            for one in _in_order(group.get("filters", {}))
        )
        for group in _in_order(tree.get("filter_groups", {}))
    )
    sorts = tuple(
        (str(one.get("field", "")), str(one.get("direction", "DESC")).upper() == "DESC") for one in _in_order(tree.get("sort_orders", {}))
    )
    size, page = _whole(tree.get("page_size")), _whole(tree.get("current_page"))
    shown: dict[str, Any] = {
        "filter_groups": [
            {"filters": [{"field": f.name, "value": f.value, "condition_type": f.condition} for f in group]} for group in groups
        ]
    }
    if sorts:
        shown["sort_orders"] = [{"field": n, "direction": "DESC" if d else "ASC"} for n, d in sorts]
    if size:
        shown["page_size"] = size
    if page:
        shown["current_page"] = page
    return Criteria(groups, sorts, size, max(page, 1), shown)


def _in_order(branch: Any) -> list[dict[str, Any]]:
    if not isinstance(branch, dict):
        return []
    keys = sorted(branch, key=lambda key: (not key.isdigit(), int(key) if key.isdigit() else 0, key))
    return [branch[key] for key in keys if isinstance(branch[key], dict)]


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, str) and value.isdigit() else 0


def find(rows: Sequence[Any], criteria: Criteria, read: Read) -> tuple[list[Any], int]:
    """The page asked for and the count of all that match. `read(row, field)` gives a value, or a list of values."""
    hits = [row for row in rows if _matches(row, criteria, read)]
    for name, descending in reversed(criteria.sorts):
        hits.sort(key=lambda row, name=name: _sort_key(read(row, name)), reverse=descending)  # type: ignore[misc]
    if not criteria.page_size:
        return hits, len(hits)
    start = (criteria.page - 1) * criteria.page_size
    return hits[start : start + criteria.page_size], len(hits)


def _matches(row: Any, criteria: Criteria, read: Read) -> bool:
    return all(any(_holds(read(row, one.name), one.condition, one.value) for one in group) for group in criteria.groups if group)


def _holds(actual: Any, condition: str, wanted: str) -> bool:
    if isinstance(actual, list | tuple | set | frozenset):
        if condition in ("neq", "nin"):
            return not any(_holds(one, "eq" if condition == "neq" else "in", wanted) for one in actual)
        return any(_holds(one, condition, wanted) for one in actual)
    if condition == "null":
        return actual is None
    if condition == "notnull":
        return actual is not None
    if condition == "neq":
        return actual is not None and not _same(actual, wanted)
    if condition == "nin":
        return actual is not None and not any(_same(actual, one) for one in wanted.split(","))
    if actual is None:
        return False
    if condition == "eq":
        return _same(actual, wanted)
    if condition == "in":
        return any(_same(actual, one) for one in wanted.split(","))
    if condition in ("like", "nlike"):
        pattern = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in wanted)
        hit = re.fullmatch(pattern, _text(actual), re.IGNORECASE | re.DOTALL) is not None
        return hit if condition == "like" else not hit
    if condition in ("finset", "nfinset"):
        return (wanted in _text(actual).split(",")) == (condition == "finset")
    if condition == "regexp":
        return re.search(wanted, _text(actual), re.IGNORECASE) is not None
    return _compares(actual, condition, wanted)


def _compares(actual: Any, condition: str, wanted: str) -> bool:
    left, right = _number(actual), _number(wanted)
    order: int
    if left is not None and right is not None:
        order = (left > right) - (left < right)
    else:
        order = (_text(actual) > wanted) - (_text(actual) < wanted)
    if condition == "gt":
        return order > 0
    if condition in ("gteq", "from"):
        return order >= 0
    if condition == "lt":
        return order < 0
    if condition in ("lteq", "to"):
        return order <= 0
    return False


def _same(actual: Any, wanted: str) -> bool:
    left, right = _number(actual), _number(wanted)
    if left is not None and right is not None and not isinstance(actual, str):
        return left == right
    return _text(actual).casefold() == wanted.casefold()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(_text(value))
    except InvalidOperation:
        return None


def _sort_key(value: Any) -> tuple[int, Any, str]:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return (1, Decimal(value), "")
    return (0, Decimal(0), "") if value is None else (1, Decimal(0), _text(value))


def answer(rows: list[Any], total: int, criteria: Criteria) -> dict[str, Any]:
    """The body of every list."""
    return {"items": rows, "search_criteria": criteria.shown, "total_count": total}


def pick(body: Any, wanted: str | None) -> Any:
    """Trim an answer to `fields=`; the whole of it when none was asked for."""
    if wanted is None or wanted == "":
        return body
    if not _FIELDS.fullmatch(wanted):
        return []
    shape, _ = _shape(wanted, 0)
    if isinstance(body, dict) and isinstance(body.get("items"), list) and not body["items"] and "items" in shape:
        body = {**body, "items": None}
    return _trim(body, shape)


def _shape(text: str, at: int) -> tuple[dict[str, Any], int]:
    shape: dict[str, Any] = {}
    name = ""
    while at < len(text):
        letter = text[at]
        if letter == "[":
            shape[name], at = _shape(text, at + 1)
            name = ""
        elif letter in ",]":
            if name:
                shape.setdefault(name, None)
            name = ""
            if letter == "]":
                return shape, at
        else:
            name += letter
        at += 1
    if name:
        shape.setdefault(name, None)
    return shape, at


def _trim(body: Any, shape: dict[str, Any] | None) -> Any:
    if shape is None:
        return body
    if isinstance(body, list):
        return [_trim(one, shape) for one in body]
    if isinstance(body, dict):
        kept = {name: _trim(body[name], inner) for name, inner in shape.items() if name in body}
        return kept if kept else []
    return body

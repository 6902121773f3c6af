"""Reading a webservice query: filters, sort, limit, display. Wrong ones raise `Wrong` with the measured codes.

The shop answers 500, not 400, for them: PHP warnings follow the first error (contract 2.4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from hub.stores.prestashop.sandbox.schema import Field, Resource

_PARAMETER = re.compile(r"filter\[(\w+)\](?:\[(\w+)\])?")
_SORT = re.compile(r"(\w+)_(ASC|DESC)")
_WARNING = ("[PHP Warning #2] Trying to access array offset on value of type bool "
            "(/var/www/shop/classes/webservice/WebserviceRequest.php, line {})")


class Wrong(Exception):
    """An error answer: HTTP status and `(code, message)` pairs."""

    def __init__(self, status: int, *errors: tuple[int, str], warnings: bool = False) -> None:
        super().__init__(errors[0][1])
        self.status = 500 if warnings else status
        self.errors = [*errors, *((3, _WARNING.format(line)) for line in (range(1333, 1337) if warnings else ()))]


class Query:
    """What a GET of a list asks for."""

    def __init__(self, resource: Resource, args: Mapping[str, str], languages: tuple[str, ...]) -> None:
        self.resource = resource
        self.languages = languages
        self.full = args.get("display") == "full"
        self.fields = self._display(args.get("display"))
        self.filters = [self._filter(found, value, args) for name, value in args.items()
                        if (found := _PARAMETER.fullmatch(name))]
        self.sorts = self._sort(args.get("sort"), args)
        self.offset, self.count = self._limit(args.get("limit"))

    def _display(self, given: str | None) -> list[Field] | None:
        """The fields to show; None where only ids are."""
        if given is None or given == "":
            return None
        if given == "full":
            return list(self.resource.fields)
        names = ["id", *(each.name for each in self.resource.fields)]
        available = ", ".join(names)
        if not (given.startswith("[") and given.endswith("]")):
            raise Wrong(400, (36, "The 'display' syntax is wrong. You can set 'full' or "
                              f"'[field_1,field_2,field_3,...]'. These are available: {available}"), warnings=True)
        asked = re.sub(r"\[[^\]]*\]", "", given[1:-1]).split(",")
        lists = {each.name for each in self.resource.associations}
        for name in asked:
            if name not in names and name not in lists:
                raise Wrong(400, (35, f'Unable to display this field "{name}". However, these are available: '
                                  f"{available}"), warnings=True)
        self.shows_id = "id" in asked
        self.lists = lists & set(asked)
        return [each for each in self.resource.fields if each.name in asked]

    shows_id = True
    lists: set[str] = set()

    def _filter(self, found: re.Match[str], value: str, args: Mapping[str, str]) -> tuple[str, str, str]:
        name = found[1]
        field = self.resource.by_name.get(name)
        filterable = ["id", *(each.name for each in self.resource.fields
                              if not each.i18n and each.name not in ("date_add", "date_upd"))]
        if field is not None and not field.filterable:
            raise Wrong(400, (34, f'The field "{name}" is dynamic. It is not possible to filter GET query with this '
                              "field."), warnings=True)
        dated = name in ("date_add", "date_upd") and args.get("date") != "1"
        if name != "id" and field is None or dated:
            near = (get_close_matches(name, filterable, 1, 0.0) or ["id"])[0]
            listed = '", "'.join(filterable)
            raise Wrong(400, (32, f'This filter does not exist. Did you mean: "{near}"? The full list is: '
                              f'"{listed}"'), warnings=True)
        return name, value, args.get("language", "")

    def _sort(self, given: str | None, args: Mapping[str, str]) -> list[tuple[str, bool]]:
        if not given:
            return []
        sorts = []
        for part in given.strip("[]").split(","):
            found = _SORT.fullmatch(part)
            if found is None:
                raise Wrong(400, (37, 'The "sort" value has to be formed as this example: "field_ASC" or '
                                  "'[field_1_DESC,field_2_ASC,field_3_ASC,...]' (\"field\" has to be an available "
                                  "field)"), warnings=True)
            name = found[1]
            if name != "id" and name not in self.resource.by_name or (
                    name in ("date_add", "date_upd") and args.get("date") != "1"):
                raise Wrong(400, (38, f'Unable to filter by this field "{name}".'), warnings=True)
            sorts.append((name, found[2] == "DESC"))
        return sorts

    @staticmethod
    def _limit(given: str | None) -> tuple[int, int | None]:
        if given is None:
            return 0, None
        parts = given.split(",")
        if len(parts) > 2 or not all(part.strip().isdigit() for part in parts):
            return 0, 0
        return (int(parts[0]), int(parts[1])) if len(parts) == 2 else (0, int(parts[0]))

    def choose(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows asked for, in the order and page asked for."""
        kept = [row for row in rows if all(self._meets(row, each) for each in self.filters)]
        # Without a sort the database promises nothing: every twentieth row comes first, as measured on 8.
        kept.sort(key=lambda row: (row["id"] % 20 != 0, row["id"]))
        for name, down in reversed(self.sorts):
            kept.sort(key=lambda row: _key(row, name, self.languages[0]), reverse=down)
        end = None if self.count is None else self.offset + self.count
        return kept[self.offset:end]

    def _meets(self, row: dict[str, Any], wanted: tuple[str, str, str]) -> bool:
        name, value, language = wanted
        has = row.get(name)
        if isinstance(has, dict):
            texts = [has.get(language, "")] if language in has else list(has.values())
            return any(matches(text, value) for text in texts)
        return matches("" if has is None else str(has), value)


def _key(row: dict[str, Any], name: str, language: str) -> Any:
    value = row.get(name)
    if isinstance(value, dict):
        value = value.get(language, "")
    text = "" if value is None else str(value)
    number = _number(text)
    return (1, Decimal(0), text) if number is None else (0, number, "")


def matches(has: str, value: str) -> bool:
    """Whether a column's text meets a filter's: `1`, `[1|2]`, `[1,9]`, `>[5]`, `<[5]`, `![1|2]`, `%[abc]%`."""
    if value.startswith("%[") or value.endswith("]%"):
        inner = value.strip("%").strip("[]").lower()
        low = has.lower()
        if value.startswith("%") and value.endswith("%"):
            return inner in low
        return low.endswith(inner) if value.startswith("%") else low.startswith(inner)
    for sign, test in ((">", lambda a, b: a > b), ("<", lambda a, b: a < b)):
        if value.startswith(f"{sign}["):
            return bool(test(*_comparable(has, value[2:-1])))
    if value.startswith("!["):
        return not any(_same(has, each) for each in value[2:-1].split("|"))
    if value.startswith("[") and value.endswith("]"):
        inner = value[1:-1]
        if "," in inner and re.fullmatch(r"[0-9.: ,\-]+", inner):
            low, high = sorted(_comparable(*inner.split(",", 1)))
            each = _comparable(has, str(low))[0]
            return type(each) is type(low) and bool(low <= each <= high)
        return any(_same(has, each) for each in inner.split("|"))
    return _same(has, value)


def _same(has: str, wanted: str) -> bool:
    left, right = _comparable(has, wanted)
    return bool(left == right)


def _comparable(left: str, right: str) -> tuple[Any, Any]:
    one, other = _number(left), _number(right)
    return (left.lower(), right.lower()) if one is None or other is None else (one, other)


def _number(text: str) -> Decimal | None:
    """Exact: TikTok Shop's ids have more digits than a float."""
    return Decimal(text.strip()) if re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", text, re.ASCII) else None

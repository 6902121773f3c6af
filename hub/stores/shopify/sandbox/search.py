"""The `query` argument: Shopify's search syntax, read strictly, over an index that lags behind its writes.

Terms are joined by blanks or AND, or by OR; NOT or a minus turns one round; parentheses group. A value may be quoted,
may end in `*`, and may stand behind `>`, `>=`, `<` or `<=`. A name that the table of the searched kind does not hold
is refused (Shopify would warn and leave the term out, which hides mistakes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from hub.stores.shopify.sandbox.graph import Refusal, Sorted

Kind = Literal["text", "word", "time", "number", "yes"]
Read = Callable[[str], Any]
Test = Callable[[Read], bool]


@dataclass(frozen=True, slots=True)
class Term:
    """How one name is compared and where its value stands. `values` closes the list of words, lower case.

    `text` compares words without case and knows `*`; `word` is the same for a fixed vocabulary; a value that is a
    list or tuple matches by any of its members.
    """

    kind: Kind
    read: Callable[[Any], Any]
    values: frozenset[str] = frozenset()


Terms = Mapping[str, Term]
_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<minus>-)(?=\S)"
    rf"|(?P<name>[A-Za-z_][\w.$-]*)\s*:\s*(?P<op>[<>]=?)?\s*(?P<value>{_QUOTED}|(?!['\"])(?:[^\s()\\]|\\.)+)"
    rf"|(?P<word>{_QUOTED}|(?!['\"])(?:[^\s()\\:]|\\.)+))")
_METAFIELD = re.compile(r"metafields\.([^.]+)\.(.+)")


def compile_query(text: str, terms: Terms) -> Test:
    """The predicate of a search text; raises `Refusal` for what is no query of this kind."""
    tokens = _tokens(text)
    test, rest = _any_of(tokens, terms, text)
    if rest:
        raise _unreadable(text)
    return test


def _tokens(text: str) -> list[re.Match[str]]:
    found, at = [], 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None or token.end() == at:
            raise _unreadable(text)
        found.append(token)
        at = token.end()
    return found


def _unreadable(text: str) -> Refusal:
    return Refusal(f"The search query can't be read: {text}", "INVALID_SEARCH_QUERY")


def _any_of(tokens: list[re.Match[str]], terms: Terms, text: str) -> tuple[Test, list[re.Match[str]]]:
    test, tokens = _all_of(tokens, terms, text)
    tests = [test]
    while tokens and tokens[0]["word"] == "OR":
        test, tokens = _all_of(tokens[1:], terms, text)
        tests.append(test)
    return (tests[0] if len(tests) == 1 else lambda read: any(each(read) for each in tests)), tokens


def _all_of(tokens: list[re.Match[str]], terms: Terms, text: str) -> tuple[Test, list[re.Match[str]]]:
    tests: list[Test] = []
    while tokens and tokens[0]["word"] != "OR" and not tokens[0]["close"]:
        if tokens[0]["word"] == "AND":
            tokens = tokens[1:]
            continue
        test, tokens = _one(tokens, terms, text)
        tests.append(test)
    if not tests:
        raise _unreadable(text)
    return (tests[0] if len(tests) == 1 else lambda read: all(each(read) for each in tests)), tokens


def _one(tokens: list[re.Match[str]], terms: Terms, text: str) -> tuple[Test, list[re.Match[str]]]:
    if not tokens:
        raise _unreadable(text)
    first = tokens[0]
    if first["minus"] or first["word"] == "NOT":
        inner, rest = _one(tokens[1:], terms, text)
        return (lambda read: not inner(read)), rest
    if first["open"]:
        inner, rest = _any_of(tokens[1:], terms, text)
        if not rest or not rest[0]["close"]:
            raise _unreadable(text)
        return inner, rest[1:]
    if first["name"]:
        return _compare(first["name"], first["op"] or "", _bare(first["value"]), terms), tokens[1:]
    if first["word"]:
        return _compare("default", "", _bare(first["word"]), terms), tokens[1:]
    raise _unreadable(text)


def _bare(value: str) -> str:
    if value[0] in "'\"" and value[-1] == value[0] and len(value) > 1:
        value = value[1:-1]
    return re.sub(r"\\(.)", r"\1", value)


def _compare(name: str, op: str, value: str, terms: Terms) -> Test:
    meta = _METAFIELD.fullmatch(name)
    term = terms.get("metafields" if meta else name)
    if term is None:
        raise Refusal(f"The search query has a term that is not known here: {name}", "INVALID_SEARCH_QUERY")
    if meta:
        wanted = (meta[1], meta[2], value)
        return lambda read: wanted in (read("metafields") or ())
    if value == "*" and not op:
        return lambda read: bool(read(name))
    if term.kind == "time":
        return _ordered(name, op, _moment(value, name))
    if term.kind == "number":
        return _ordered(name, op, _number(value, name))
    if op:
        raise Refusal(f"{name} knows no order in a search query", "INVALID_SEARCH_QUERY")
    if term.values and not set(value.lower().split(",")) <= term.values:
        raise Refusal(f"{value} is no value of {name} in a search query", "INVALID_SEARCH_QUERY")
    if term.kind == "yes":
        return lambda read: bool(read(name)) is (value.lower() == "true")
    wanteds = [part.strip().lower() for part in value.split(",")] if term.kind == "word" else [value.lower()]
    return lambda read: any(_same(have, wanted) for have in _each(read(name)) for wanted in wanteds)


def _each(value: Any) -> Iterable[str]:
    if value is None:
        return ()
    return [str(part).lower() for part in value] if isinstance(value, (list, tuple)) else (str(value).lower(),)


def _same(have: str, wanted: str) -> bool:
    return have.startswith(wanted[:-1]) if wanted.endswith("*") else have == wanted


def _ordered(name: str, op: str, bound: Any) -> Test:
    def test(read: Read) -> bool:
        value = read(name)
        if value is None:
            return False
        if op == ">":
            return bool(value > bound)
        if op == ">=":
            return bool(value >= bound)
        if op == "<":
            return bool(value < bound)
        return bool(value <= bound) if op == "<=" else bool(value == bound)

    return test


def _moment(value: str, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise Refusal(f"{name}: {value} is no time", "INVALID_SEARCH_QUERY") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _number(value: str, name: str) -> Decimal:
    try:
        return Decimal(value.rsplit("/", 1)[-1])
    except InvalidOperation:
        raise Refusal(f"{name}: {value} is no number", "INVALID_SEARCH_QUERY") from None


# -- the index ------------------------------------------------------------------------------------------------------

_ABSENT: dict[str, Any] = {}


@dataclass(slots=True)
class Index:
    """What a search sees of one kind of object: each write only after `delay_s`, whatever a direct read tells.

    Call `before` with an object just before it is written, made or deleted (`fresh` for one that is being made).
    `sorts` gives the value of each sort key; `terms` those of the search.
    """

    terms: Terms
    sorts: Mapping[str, Callable[[Any], Any]]
    now: Callable[[], datetime]
    delay_s: float = 0
    _version: int = 0
    _rows: int = 0
    _old: dict[int, list[tuple[datetime, dict[str, Any]]]] = field(default_factory=dict)
    _kept: dict[tuple[str, str], tuple[int, Sorted]] = field(default_factory=dict)

    def before(self, thing: Any, *, fresh: bool = False) -> None:
        """Keeps what the index knows of it until the delay is over."""
        self.changed(rows=fresh)
        if self.delay_s <= 0:
            return
        seen = _ABSENT if fresh else {name: term.read(thing) for name, term in self.terms.items()} | {
            f"sort {name}": read(thing) for name, read in self.sorts.items()}
        self._old.setdefault(thing.number, []).append((self.now() + timedelta(seconds=self.delay_s), seen))

    def forget(self, thing: Any) -> None:
        """A deleted object is found no more."""
        self._old.pop(thing.number, None)
        self.changed(rows=True)

    def changed(self, *, rows: bool = False) -> None:
        """What was found before may no longer hold; `rows`: objects came or went."""
        self._version += 1
        self._rows += int(rows)

    def counted(self) -> None:
        """A quantity moved: only a search by quantity is no longer good."""
        for key in [key for key in self._kept if "inventory_quantity" in key[0]]:
            del self._kept[key]

    def find(self, things: Iterable[Any], query: str, sort: str) -> Sorted:
        """Those that match, in the order of the sort key."""
        self._ripen()
        kept = self._kept.get((query, sort))
        # Everything by id changes only where objects come or go.
        version = self._rows if not query.strip() and sort == "ID" else self._version
        if kept and kept[0] == version:
            return kept[1]
        if sort not in self.sorts:
            raise Refusal(f"{sort} is no order that the practice store knows", "BAD_REQUEST")
        test = compile_query(query, self.terms) if query.strip() else None
        by = self.sorts[sort]
        rows: list[tuple[Any, int, Any]] = []
        for thing in things:
            seen = self._old.get(thing.number)
            doc = seen[0][1] if seen else None
            if doc is _ABSENT:
                continue
            if test is not None and not test(doc.__getitem__ if doc is not None else self._reader(thing)):
                continue
            rows.append((doc[f"sort {sort}"] if doc is not None else by(thing), thing.number, thing))
        rows.sort(key=lambda row: row[:2])
        found = Sorted([row[2] for row in rows], [row[:2] for row in rows])
        if len(self._kept) >= 4:
            self._kept.pop(next(iter(self._kept)))
        self._kept[(query, sort)] = (version, found)
        return found

    def _reader(self, thing: Any) -> Read:
        terms = self.terms
        return lambda name: terms[name].read(thing)

    def _ripen(self) -> None:
        now = self.now()
        for number, seen in list(self._old.items()):
            ripe = [entry for entry in seen if entry[0] > now]
            if len(ripe) != len(seen):
                self.changed(rows=True)
                if ripe:
                    self._old[number] = ripe
                else:
                    del self._old[number]

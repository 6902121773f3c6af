"""The whole catalogue by one bulk operation: Shopify writes a file of JSON lines, which is read piece by piece (contracts/shopify.md 3.6).

Nothing of it is held as a whole: a piece of the file, and the product that its lines are making up. We ask for children right
behind their parents; where Shopify does not keep to that, the lines go through a database on disk.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.errors import Temporary
from hub.http import Api, Limits, raise_for
from hub.stores.base import api_options
from hub.stores.shopify import documents, translate
from hub.stores.shopify.client import Client, NotTaken, lacks

PIECE = 4 * 1024 * 1024
PRODUCTS_A_PAGE = 250
CURSOR = "bulk:"
# Shopify may take its time; the task is put off rather than a worker held for longer than this.
LONGEST_WAIT_S = 900.0
_WAITS = (0.2, 0.5, 1.0, 2.0, 5.0)
_LIMITS = Limits(read_s=30.0, total_s=3600.0, max_body=64 * 1024**3)
_READ = json.JSONDecoder(parse_float=Decimal).decode
_GOES_ON = {"CREATED", "RUNNING", "CANCELING"}
_BUSY = {"LIMIT_REACHED", "OPERATION_IN_PROGRESS"}


class Gone(Exception):
    """The operation's file is no longer there. Never leaves this module."""


class _Scattered(Exception):
    """A child came that belongs to another product than the one that is being read."""


@dataclass(slots=True)
class Group:
    """A product's lines: its own, and those of its children."""

    node: Mapping[str, Any]
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    media: list[Mapping[str, Any]] = field(default_factory=list)
    metafields: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, row: Mapping[str, Any]) -> None:
        """A child's line. Raises `_Scattered` where it is no child of this product."""
        parent, own = row["__parentId"], str(row.get("id") or "")
        if parent in self.variants:
            self.variants[parent]["media"]["nodes"].append(row)
        elif parent != self.node["id"]:
            raise _Scattered
        elif translate.kind_of(own) == "ProductVariant":
            self.variants[own] = {**row, "media": {"nodes": []}}
        elif translate.kind_of(own) == "Metafield":
            self.metafields.append(row)
        else:
            self.media.append(row)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pull by bulk operation has got to: bytes of the file, or products out of the database on disk."""

    operation: str
    position: int = 0
    is_scattered: bool = False

    @classmethod
    def read(cls, cursor: str) -> Place:
        """From a cursor; one that can't be read begins anew."""
        operation, _, position = cursor.removeprefix(CURSOR).partition(":")
        digits = position.removeprefix("s")
        return cls(operation, int(digits) if digits.isdigit() else 0, position.startswith("s"))

    def __str__(self) -> str:
        return f"{CURSOR}{self.operation}:{'s' if self.is_scattered else ''}{self.position}"


class Bulk:
    """Bulk operations of one shop. ``options`` carry the way to the host where Shopify puts its files."""

    def __init__(self, client: Client, options: Mapping[str, Any]) -> None:
        self._client = client
        self._options = {**api_options(options), "budget": None}

    def groups(self, query: str, after: str = "") -> Iterator[tuple[str, Sequence[Group]]]:
        """Pages of products, each with the cursor to go on after it. An empty page says that Shopify is still at it.

        Raises `Temporary` where it takes too long or fails, `Refused` with the permission that is missing.
        """
        place = Place.read(after) if after.startswith(CURSOR) else Place(self._start(query))
        while True:
            try:
                yield from self._read(place)
                return
            except Gone:
                # Files are kept for seven days: what was read stays read, the rest is asked for anew, from the beginning.
                place = Place(self._start(query))

    def _start(self, query: str) -> str:
        try:
            payload = self._client.write(documents.BULK_START, {"q": query}, "bulkOperationRunQuery", crash_point="shopify.bulk.start")
        except NotTaken as error:
            if any(one.code in _BUSY for one in error.errors):
                raise Temporary("Shopify is still working on other bulk operations", retry_after=60.0, sent=False) from error
            raise
        return translate.number((payload.get("bulkOperation") or {}).get("id"))

    def _read(self, place: Place) -> Iterator[tuple[str, Sequence[Group]]]:
        url = ""
        for state in self._states(place.operation):
            url = str(state.get("url") or "")
            if state["status"] != "COMPLETED":
                yield str(place), ()
        if not url:
            return
        if not place.is_scattered:
            try:
                for end, groups in _pages(self._in_order(url, place.position)):
                    place = Place(place.operation, end)
                    yield str(place), groups
                return
            except _Scattered:
                # Products before this one may lack children, too: all are read again, which changes nothing where they don't.
                place = Place(place.operation, 0, is_scattered=True)
        with tempfile.TemporaryDirectory(prefix="shopify-") as folder:
            with _Spool(Path(folder) / "lines.db", self._lines(url, 0)) as spool:
                for count, groups in _pages(spool.groups(place.position)):
                    yield str(Place(place.operation, count, is_scattered=True)), groups

    def _states(self, operation: str) -> Iterator[Mapping[str, Any]]:
        """The operation as it is, again and again, until it is done."""
        waited, look = 0.0, 0
        while True:
            state = self._client.call(documents.BULK_STATE, {"id": translate.gid("BulkOperation", operation)}).get("bulkOperation") or {}
            status = str(state.get("status") or "")
            if status == "FAILED":
                if state.get("errorCode") == "ACCESS_DENIED":
                    raise lacks("read_products")
                raise Temporary(f"Shopify's bulk operation failed: {state.get('errorCode')}", sent=True)
            if status in ("", "CANCELED", "EXPIRED"):
                raise Gone
            yield state
            if status not in _GOES_ON:
                return
            if waited >= LONGEST_WAIT_S:
                raise Temporary("Shopify is still putting the catalogue together", retry_after=60.0, sent=True)
            pause = _WAITS[min(look, len(_WAITS) - 1)]
            threading.Event().wait(pause)
            waited, look = waited + pause, look + 1

    def _in_order(self, url: str, start: int) -> Iterator[tuple[int, Group]]:
        """Products whose children stand right behind them, each with the place in the file behind the last of them."""
        group: Group | None = None
        end = start
        for row, behind in self._lines(url, start):
            if row.get("__parentId"):
                if group is None:
                    raise _Scattered
                group.add(row)
            else:
                if group is not None:
                    yield end, group
                group = Group(row)
            end = behind
        if group is not None:
            yield end, group

    def _lines(self, url: str, start: int) -> Iterator[tuple[dict[str, Any], int]]:
        """The file's lines from a place on, each with the place behind it. One piece of the file at a time, as storage hosts give
        it; of a host that gives everything at once the rest is kept on disk."""
        parts = urlsplit(url)
        api = Api(f"{parts.scheme}://{parts.netloc}", limits=_LIMITS, **self._options)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        carry, at = b"", start
        while True:
            first = at + len(carry)
            with tempfile.SpooledTemporaryFile(max_size=2 * PIECE) as piece:
                answer = api.send("GET", path, headers={"Range": f"bytes={first}-{first + PIECE - 1}", "Accept-Encoding": "identity"}, into=piece)
                if answer.status in (401, 403, 404, 410):
                    raise Gone
                if answer.status == 416:
                    break
                raise_for(answer)
                is_piece = answer.status == 206
                size = piece.tell()
                piece.seek(0 if is_piece else first)
                for line in piece:
                    line, carry = carry + line, b""
                    if not line.endswith(b"\n"):
                        carry = line
                        break
                    at += len(line)
                    if line.strip():
                        yield _row(line), at
            if not is_piece or not size or _is_last(answer.headers.get("content-range", ""), first + size):
                break
        if carry:
            yield _row(carry), at + len(carry)


def _is_last(content_range: str, end: int) -> bool:
    """Whether the piece was the file's last, by ``bytes 0-99/1234``."""
    total = content_range.rpartition("/")[2]
    return total.isdigit() and end >= int(total)


def _row(line: bytes | str) -> dict[str, Any]:
    try:
        row = _READ(line.decode() if isinstance(line, bytes) else line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict) or "id" not in row:
        raise Temporary("Shopify's file of products is broken", sent=True)
    return row


def _pages(groups: Iterator[tuple[int, Group]]) -> Iterator[tuple[int, list[Group]]]:
    page: list[Group] = []
    place = 0
    for place, group in groups:
        page.append(group)
        if len(page) >= PRODUCTS_A_PAGE:
            yield place, page
            page = []
    if page:
        yield place, page


class _Spool:
    """Lines in a database on disk, from which each product is put together whatever the order they came in."""

    def __init__(self, path: Path, lines: Iterator[tuple[dict[str, Any], int]]) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                               "CREATE TABLE line (place INTEGER PRIMARY KEY, id TEXT, parent TEXT, body TEXT)")
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO line (id, parent, body) VALUES (?, ?, ?)", (
            (str(row["id"]), str(row.get("__parentId") or ""), json.dumps(row, default=str)) for row, _ in lines))
        self._db.execute("CREATE INDEX by_parent ON line (parent, place)")
        self._db.execute("COMMIT")

    def __enter__(self) -> _Spool:
        return self

    def __exit__(self, *error: object) -> None:
        self._db.close()

    def groups(self, after: int) -> Iterator[tuple[int, Group]]:
        """Products in the file's order, each with its number, counted from one; those up to ``after`` are passed over."""
        roots = self._db.execute("SELECT body FROM line WHERE parent = '' ORDER BY place LIMIT -1 OFFSET ?", (after,))
        for count, (body,) in enumerate(roots, after + 1):
            group = Group(_row(body))
            for child in self._children(str(group.node["id"])):
                group.add(child)
            for variant in list(group.variants):
                for child in self._children(variant):
                    group.add(child)
            yield count, group

    def _children(self, parent: str) -> list[dict[str, Any]]:
        return [_row(body) for (body,) in self._db.execute("SELECT body FROM line WHERE parent = ? ORDER BY place", (parent,))]


__all__ = ["CURSOR", "Bulk", "Group"]

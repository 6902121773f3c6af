"""Attributes and brands of all products of a category by CSV: the template, the check, what is applied, the way back (CSV-01 … CSV-07).

A file is stored as it came and checked by a task, which writes nothing but its findings. After a person has seen both groups, each
valid row is applied by itself, in one transaction, to a product that is still as it was when the row was checked (GAP-07).
"""

from __future__ import annotations

import gzip
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import IO, Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import Session

from hub import clock
from hub.crashpoints import crash_point
from hub.domain.products import Product, ProductKind
from hub.domain.sequences import batches
from hub.domain.tasks import TERMINAL, Kind, Outcome, Queue
from hub.errors import Refused
from hub.flows import categories, listings, tasks
from hub.flows.settings import settings_of
from hub.flows.tasks import Again, Result, TaskView
from hub.models.categories import CategoryDetail, CategoryMapping, TikTokCategory
from hub.models.csv_updates import CsvRow, CsvUpload, RowState, UploadState
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.rules.csv_files import Unreadable, encoding_of, plain_cell, rows_of, safe_cell
from hub.rules.csv_rows import (
    BRAND,
    BRAND_ID,
    PRODUCT_ID,
    SKU,
    TITLE,
    WHY,
    Asked,
    CheckedRow,
    Columns,
    Current,
    Values,
    check_row,
    header,
    read_header,
    refused_now,
    template_row,
)
from hub.wiring import Hub

MOST_ROWS = 50_000
MOST_BYTES = 15 * 1024 * 1024
KEEP = timedelta(days=14)
# Brands that are looked through for ids that no name leads to, and names that are searched for.
MOST_BRANDS, MOST_NAMES = 20_000, 200
_BATCH = 500
_PIECE = 64 * 1024


class TooBig(ValueError):
    """The file is larger than what one upload may be; says so, for people."""


class NotNow(ValueError):
    """What was asked does not fit the state that the file is in; says why, for people."""


# -- what there is


def asked_of(hub: Hub, shop_id: int, category_id: str) -> Asked:
    """What the TikTok category asks for, from the cache or from TikTok Shop. Raises `HubError` where it can't be read."""
    attributes = categories.detail(hub, shop_id, category_id).attributes
    with hub.db.read() as session:
        return Asked.of(_name_of(session, shop_id, category_id), attributes, session.get_one(Shop, shop_id).region)


def _name_of(session: Session, shop_id: int, category_id: str) -> str:
    name = session.scalar(select(TikTokCategory.name).where(TikTokCategory.shop_id == shop_id, TikTokCategory.category_id == category_id))
    return name or "this category"


def template(hub: Hub, mapping_id: int, asked: Asked) -> Iterator[list[str]]:
    """Every product of the category with what holds today, the header first; read in batches, safe for spreadsheets."""
    with hub.db.read() as session:
        mapping = session.get_one(CategoryMapping, mapping_id)
        levels = _Levels(session, mapping)
    yield [safe_cell(cell) for cell in header(asked)]
    last = 0
    while True:
        with hub.db.read() as session:
            found = session.execute(_products(mapping).where(StoreProduct.id > last).order_by(StoreProduct.id).limit(_BATCH)).all()
        for row in found:
            yield [safe_cell(cell) for cell in template_row(levels.current(row), asked)]
        if len(found) < _BATCH:
            return
        last = found[-1].product_id


def _products(mapping: CategoryMapping) -> Select[Any]:
    """The category's products, with what a row needs of them and no more: descriptions stay in the database."""
    return select(
        StoreProduct.id.label("product_id"), StoreProduct.external_id, StoreProduct.sku, StoreProduct.title, StoreProduct.hub_category_id,
        StoreProduct.hub_brand_id, StoreProduct.hub_brand_name, StoreProduct.hub_attributes, Listing.id.label("listing_id"),
        StoreProduct.data["attributes"].label("attributes"), StoreProduct.data["brand"].as_string().label("brand"),
    ).join(Listing, (Listing.product_id == StoreProduct.id) & (Listing.shop_id == mapping.shop_id)).where(
        StoreProduct.connection_id == mapping.connection_id, StoreProduct.category_id == mapping.store_category_id,
        StoreProduct.gone_at.is_(None))


class _Levels:
    """What the category and the shop set for all their products."""

    def __init__(self, session: Session, mapping: CategoryMapping) -> None:
        settings = settings_of(session.get_one(Shop, mapping.shop_id)).products
        self.category_id = mapping.category_id
        self.category, self.store = dict(mapping.attributes or {}), dict(settings.attributes)
        self.category_brand = (mapping.brand_id, mapping.brand_name)
        self.store_brand = (settings.brand_id, settings.brand_name)

    def current(self, row: Any) -> Current:
        """A product as it is today."""
        product = Product(product_id=row.external_id, sku=row.sku, kind=ProductKind.SIMPLE, title=row.title, brand=row.brand or "",
                          attributes={str(key): str(value) for key, value in (row.attributes or {}).items()})
        return Current(product=product, own=row.hub_attributes or {}, category=self.category, store=self.store,
                       own_brand=(row.hub_brand_id, row.hub_brand_name), category_brand=self.category_brand, store_brand=self.store_brand,
                       has_own_category=row.hub_category_id not in ("", self.category_id))


# -- an upload, and its check


def upload(session: Session, mapping: CategoryMapping, name: str, content: bytes, by: str) -> CsvUpload:
    """Keeps the packed file (`packed`) and plans its check; no product is touched. Raises `NotNow` for a category without a choice."""
    if not mapping.category_id or mapping.confirmed_at is None:
        raise NotNow("Choose the TikTok category first: it decides what the file may hold.")
    kept = CsvUpload(connection_id=mapping.connection_id, shop_id=mapping.shop_id, mapping_id=mapping.id, category_id=mapping.category_id,
                     name=name[:200], content=content, by=by, created_at=clock.now())
    session.add(kept)
    session.flush()
    task = tasks.submit(session, Kind.CHECK_CSV, connection_id=kept.connection_id, shop_id=kept.shop_id, lane=f"csv:{kept.id}",
                        args={"upload_id": kept.id}, by=by, summary=f"Check {kept.name}", shown=True)
    session.flush()
    kept.task_id = task.id
    return kept


def packed(stream: IO[bytes]) -> bytes:
    """The file as it is kept, read piece by piece. Raises `TooBig`, and `Unreadable` for an empty one."""
    size, kept = 0, io.BytesIO()
    with gzip.GzipFile(fileobj=kept, mode="wb", compresslevel=3) as pack:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > MOST_BYTES:
                raise TooBig(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB. Cut it in two and upload one after the other.")
            pack.write(piece)
    if not size:
        raise Unreadable("The file is empty. Download the template, fill it in and upload it.")
    return kept.getvalue()


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as pieces:
        encoding = encoding_of(iter(lambda: pieces.read(_PIECE), b""))
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        yield from rows_of(text)


def check(hub: Hub, task: TaskView) -> Result | Again:
    """Reads the file and writes down what each row would change or what is wrong with it. A second run begins anew."""
    upload_id = int(task.args["upload_id"])
    with hub.db.write() as session:
        kept = session.get(CsvUpload, upload_id)
        if kept is None or kept.state is not UploadState.CHECKING:
            return Result(Outcome.NO_CHANGE, "The file was checked before.")
        content = kept.content
        session.execute(delete(CsvRow).where(CsvRow.upload_id == upload_id))
    try:
        return _Check(hub, kept, content).run()
    except (Unreadable, Refused) as error:
        says = str(error) if isinstance(error, Unreadable) else f"TikTok Shop said: {error.says}"
    with hub.db.write() as session:
        session.execute(delete(CsvRow).where(CsvRow.upload_id == upload_id))
        session.execute(update(CsvUpload).where(CsvUpload.id == upload_id).values(
            state=UploadState.REFUSED, says=says[:1000], content=b""))
    return Result(Outcome.NEEDS_ATTENTION, says)


class _Check:
    """One run over a file."""

    def __init__(self, hub: Hub, kept: CsvUpload, content: bytes) -> None:
        self.hub, self.kept, self.content = hub, kept, content
        self.asked = asked_of(hub, kept.shop_id, kept.category_id)
        with hub.db.read() as session:
            self.mapping = session.get_one(CategoryMapping, kept.mapping_id)
            self.levels = _Levels(session, self.mapping)
            self.asked_at = _asked_at(session, kept)
        self.counts: Counter[RowState] = Counter()

    def run(self) -> Result | Again:
        """The whole file, in two passes: what stands in it more than once, then row by row."""
        rows = _rows(self.content)
        titles = next(rows, (1, []))[1]
        columns = read_header(titles, self.asked)
        seen, brands = self._first_pass(columns, rows)
        for some in batches(self._rest(), _BATCH):
            self._write(some, columns, seen, brands)
            crash_point("csv.checked_some")
            if tasks.should_stop():
                return Again(clock.now(), "Goes on after a restart.")
        valid, same, errors = (self.counts[one] for one in (RowState.VALID, RowState.SAME, RowState.ERROR))
        with self.hub.db.write() as session:
            session.execute(update(CsvUpload).where(CsvUpload.id == self.kept.id).values(
                state=UploadState.CHECKED, header=[plain_cell(cell)[:300] for cell in titles], valid=valid + same, same=same, errors=errors,
                asked_at=self.asked_at, content=b""))
        return Result(Outcome.NEEDS_ATTENTION if errors else Outcome.OK,
                      f"{valid + same:,} rows are valid, {errors:,} are not. Nothing has been changed yet.")

    def _rest(self) -> Iterator[tuple[int, list[str]]]:
        rows = _rows(self.content)
        next(rows, None)
        return rows

    def _first_pass(self, columns: Columns, rows: Iterator[tuple[int, list[str]]]) -> tuple[dict[str, list[int]], dict[str, str]]:
        """Rows by product, where there are several; and the brands that are named by id."""
        seen: dict[str, int] = {}
        twice: dict[str, list[int]] = {}
        wanted: dict[str, str] = {}
        number = 0
        for count, (number, row) in enumerate(rows, start=1):
            if count > MOST_ROWS:
                raise Unreadable(f"The file has more than {MOST_ROWS:,} rows. Cut it in two and upload one after the other.")
            product_id = columns.cell(row, PRODUCT_ID) or ""
            if product_id in seen:
                twice.setdefault(product_id, [seen[product_id]]).append(number)
            elif product_id:
                seen[product_id] = number
            brand_id = columns.cell(row, BRAND_ID) or ""
            if brand_id.isascii() and brand_id.isdigit():
                name = columns.cell(row, BRAND) or ""
                wanted[brand_id] = wanted.get(brand_id, "") or name
        if not number:
            raise Unreadable("The file has a header and no rows. Download the template: it holds all products of the category.")
        return twice, self._brands(wanted)

    def _brands(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """Names of those of the wanted ids that this shop may use: from what is used here already, by their names, then one by one."""
        with self.hub.db.read() as session:
            known = dict(_brands_here(session, self.mapping))
        known.update(one for one in (self.levels.category_brand, self.levels.store_brand) if one[0])
        found = {brand_id: known[brand_id] for brand_id in wanted if brand_id in known}
        open_ones = {brand_id: name for brand_id, name in wanted.items() if brand_id not in found}
        if not open_ones:
            return found
        remote = self.hub.shop_for(self.kept.shop_id).categories
        for name in list(dict.fromkeys(filter(None, open_ones.values())))[:MOST_NAMES]:
            found.update(_picked(remote.brands(name), open_ones, MOST_NAMES))
        left = {brand_id: "" for brand_id in open_ones if brand_id not in found}
        if left:
            found.update(_picked(remote.brands(), left, MOST_BRANDS))
        return found

    def _write(self, some: Sequence[tuple[int, list[str]]], columns: Columns, twice: Mapping[str, Sequence[int]],
               brands: Mapping[str, str]) -> None:
        ids = {columns.cell(row, PRODUCT_ID) or "" for _, row in some}
        with self.hub.db.read() as session:
            products = {one.external_id: one
                        for one in session.execute(_products(self.mapping).where(StoreProduct.external_id.in_(ids)))}
        rows = [self._checked(number, row, columns, products, twice, brands) for number, row in some]
        with self.hub.db.write() as session:
            session.execute(insert(CsvRow), rows)
        self.counts.update(row["state"] for row in rows)

    def _checked(self, number: int, row: list[str], columns: Columns, products: Mapping[str, Any], twice: Mapping[str, Sequence[int]],
                 brands: Mapping[str, str]) -> dict[str, Any]:
        product_id = columns.cell(row, PRODUCT_ID) or ""
        product = products.get(product_id)
        if product is None:
            found = CheckedRow((_unknown(product_id),), Values(), Values())
        elif product_id in twice:
            where = ", ".join(str(one) for one in twice[product_id][:5])
            found = CheckedRow((f"This product is in rows {where}. Keep one of them.",), Values(), Values())
        else:
            found = check_row(row, columns, self.levels.current(product), self.asked, brands)
        state = RowState.ERROR if found.causes else RowState.VALID if found.after else RowState.SAME
        title = product.title if product is not None else columns.cell(row, TITLE) or ""
        sku = product.sku if product is not None else columns.cell(row, SKU) or ""
        return {"upload_id": self.kept.id, "number": number, "listing_id": product.listing_id if product is not None else None,
                "title": title[:300], "sku": sku[:255], "state": state, "causes": list(found.causes),
                "cells": row if state is RowState.ERROR else None, "before": found.before.as_json(), "after": found.after.as_json()}


def _unknown(product_id: str) -> str:
    if not product_id:
        return f"{PRODUCT_ID} is empty. Copy it from the template."
    return f"This category of your store has no product with the ID {product_id[:60]}. Copy it from the template."


def _brands_here(session: Session, mapping: CategoryMapping) -> Iterator[tuple[str, str]]:
    yield from session.execute(select(StoreProduct.hub_brand_id, StoreProduct.hub_brand_name).where(
        StoreProduct.connection_id == mapping.connection_id, StoreProduct.hub_brand_id != "").distinct().limit(MOST_BRANDS))
    yield from session.execute(select(CategoryMapping.brand_id, CategoryMapping.brand_name).where(
        CategoryMapping.shop_id == mapping.shop_id, CategoryMapping.brand_id != ""))


def _picked(offered: Iterator[Any], wanted: Mapping[str, str], most: int) -> dict[str, str]:
    """The wanted ones of what TikTok Shop lists, as long as some are missing; only those that can be chosen."""
    found: dict[str, str] = {}
    for _, brand in zip(range(most), offered, strict=False):
        if brand.brand_id in wanted and brand.selectable:
            found[brand.brand_id] = brand.name
        if len(found) == len(wanted):
            break
    return found


def _asked_at(session: Session, kept: CsvUpload) -> datetime | None:
    """When TikTok Shop was last asked what the category wants."""
    return session.scalar(select(CategoryDetail.read_at).where(
        CategoryDetail.shop_id == kept.shop_id, CategoryDetail.category_id == kept.category_id))


# -- what a person confirms


def confirm(session: Session, kept: CsvUpload, by: str) -> Task:
    """Applies the valid rows, each as an item of a task. Raises `NotNow` where the file is not waiting for that."""
    return _fan_out(session, kept, by, UploadState.CHECKED, UploadState.APPLIED, RowState.VALID, f"Apply {kept.name}", is_undo=False)


def undo(session: Session, kept: CsvUpload, by: str) -> Task:
    """Puts back what the applied rows have replaced. Raises `NotNow` where there is nothing to take back, or not yet."""
    if kept.task_id is not None and (task := session.get(Task, kept.task_id)) is not None and task.state not in TERMINAL:
        raise NotNow("The rows are still being applied. Wait for the task to end, then undo it.")
    return _fan_out(session, kept, by, UploadState.APPLIED, UploadState.UNDONE, RowState.APPLIED, f"Undo {kept.name}", is_undo=True)


def _fan_out(session: Session, kept: CsvUpload, by: str, was: UploadState, then: UploadState, rows: RowState, summary: str, *,
             is_undo: bool) -> Task:
    taken = session.scalar(update(CsvUpload).where(CsvUpload.id == kept.id, CsvUpload.state == was).values(state=then)
                           .returning(CsvUpload.id).execution_options(synchronize_session=False))
    if taken is None:
        raise NotNow("This was done before. Open the file again to see how it stands.")
    labels = {listing_id: title for listing_id, title in session.execute(
        select(CsvRow.listing_id, CsvRow.title).where(CsvRow.upload_id == kept.id, CsvRow.state == rows).order_by(CsvRow.number))
        if listing_id is not None}
    if not labels:
        raise NotNow("No row of the file changes anything." if not is_undo else "No row of the file was applied.")
    parent = tasks.fan_out(session, Kind.APPLY_CSV, list(labels), labels=labels, connection_id=kept.connection_id, shop_id=kept.shop_id,
                           args={"upload_id": kept.id, "undo": is_undo}, by=by, summary=summary, queue=Queue.BULK, chunk=200)
    session.execute(update(CsvUpload).where(CsvUpload.id == kept.id).values(task_id=parent.id))
    return parent


def apply_row(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """Applies or takes back one row, whole, if the product is still as the row found it."""
    is_undo, upload_id = bool(task.args.get("undo")), int(task.args["upload_id"])
    was, then = (RowState.APPLIED, RowState.UNDONE) if is_undo else (RowState.VALID, RowState.APPLIED)
    with hub.db.read() as session:
        kept = session.get(CsvUpload, upload_id)
        stale = kept is not None and not is_undo and _asked_at(session, kept) != kept.asked_at
    if kept is None:
        return Result(Outcome.NEEDS_ATTENTION, "The file is not kept any more. Upload it again.")
    asked = asked_of(hub, kept.shop_id, kept.category_id) if stale else None
    with hub.db.write() as session:
        row = session.scalars(select(CsvRow).where(CsvRow.upload_id == upload_id, CsvRow.listing_id == listing_id)).one()
        if row.state is then:
            return Result(Outcome.OK, "Put back" if is_undo else "Changed")
        if row.state is not was:
            return Result(Outcome.NEEDS_ATTENTION, row.causes[0] if row.causes else "The row was not applied.")
        listing = session.get_one(Listing, listing_id)
        product = session.get_one(StoreProduct, listing.product_id, with_for_update=True)
        found, wanted = Values.from_json(row.before), Values.from_json(row.after)
        if is_undo:
            found, wanted = wanted, found
        why_not = _differs(product, found) or ("" if is_undo else _why_not(session, kept, product, wanted, asked))
        if why_not:
            if not is_undo:
                row.state = RowState.REFUSED
            row.causes = [why_not]
            return Result(Outcome.NEEDS_ATTENTION, why_not)
        _set(product, wanted)
        row.state = then
        listing.pending, listing.updated_at = True, clock.now()
        listings.tell(session, listing_id, "csv", f"{task.by or 'Somebody'} {'took back' if is_undo else 'applied'} row {row.number} of {kept.name}",
                      task.parent_id)
    crash_point("csv.row_applied")
    return Result(Outcome.OK, "Put back" if is_undo else "Changed")


def _differs(product: StoreProduct, found: Values) -> str:
    if product.gone_at is not None:
        return "The product is not in your store any more. Nothing was changed."
    own = product.hub_attributes or {}
    is_same = (found.brand is None or found.brand == (product.hub_brand_id, product.hub_brand_name)) \
        and all(own.get(key) == value for key, value in found.attributes.items())
    return "" if is_same else "Somebody has changed this product here since. Nothing of this row was applied; look at the product."


def _why_not(session: Session, kept: CsvUpload, product: StoreProduct, wanted: Values, asked: Asked | None) -> str:
    mapping = session.get_one(CategoryMapping, kept.mapping_id)
    if product.category_id != mapping.store_category_id:
        return "The product has moved to another category of your store. Nothing was changed."
    if mapping.category_id != kept.category_id or mapping.confirmed_at is None:
        return "The category goes to another TikTok category since. Nothing was changed; download the template again."
    if wanted.attributes and product.hub_category_id not in ("", kept.category_id):
        return "The product has a TikTok category of its own since. Nothing was changed; fill in its attributes on its page."
    return refused_now(wanted, asked) if asked is not None else ""


def _set(product: StoreProduct, wanted: Values) -> None:
    if wanted.brand is not None:
        product.hub_brand_id, product.hub_brand_name = wanted.brand
    if wanted.attributes:
        merged = {**(product.hub_attributes or {}), **wanted.attributes}
        product.hub_attributes = {key: value for key, value in merged.items() if value is not None}


# -- what is shown, and what is tidied


def error_file(hub: Hub, upload_id: int) -> Iterator[list[str]]:
    """The rows in error as they were uploaded, with the reason in a last column; mended, the file can be uploaded again (CSV-05)."""
    with hub.db.read() as session:
        titles = list(session.get_one(CsvUpload, upload_id).header)
    kept = [place for place, title in enumerate(titles) if title != WHY]
    yield [safe_cell(cell) for cell in [*(titles[place] for place in kept), WHY]]
    last = 0
    while True:
        with hub.db.read() as session:
            rows = session.execute(select(CsvRow.number, CsvRow.cells, CsvRow.causes).where(
                CsvRow.upload_id == upload_id, CsvRow.state == RowState.ERROR, CsvRow.number > last,
            ).order_by(CsvRow.number).limit(_BATCH)).all()
        for row in rows:
            cells = row.cells or []
            yield [safe_cell(cell) for cell in [*(plain_cell(cells[place]) if place < len(cells) else "" for place in kept),
                                                " ".join(row.causes)]]
        if len(rows) < _BATCH:
            return
        last = rows[-1].number


def safe(rows: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    """Rows whose cells no spreadsheet takes for formulas."""
    return ([safe_cell(cell) for cell in row] for row in rows)


def tidy(session: Session) -> int:
    """Takes away files that are old; how many. What they changed stays, and can't be undone here any more."""
    old = session.scalars(select(CsvUpload.id).where(CsvUpload.created_at < clock.now() - KEEP)).all()
    for some in batches(old, 100):
        session.execute(delete(CsvUpload).where(CsvUpload.id.in_(some)).execution_options(synchronize_session=False))
    return len(old)


__all__ = ["MOST_BYTES", "MOST_ROWS", "NotNow", "TooBig", "apply_row", "asked_of", "check", "confirm", "error_file", "packed", "safe", "template",
           "tidy", "undo", "upload"]

"""A CSV file of 50,000 products: what its template and its check need of memory, against a tenth of it (CSV-04)."""

from __future__ import annotations

import csv
import io
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hub import clock
from hub.domain.products import Product, ProductKind, Variant
from hub.domain.sequences import batches
from hub.flows import csv_updates
from hub.flows.products import store_products
from hub.models import Database
from hub.models.categories import CategoryDetail, CategoryMapping
from hub.models.csv_updates import CsvUpload
from tests.benchmarks.report import Report
from tests.models.test_bulk import add_shop

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]
ROWS = int(os.environ.get("BENCH_CSV_ROWS", "50000"))
# Ten columns of fifty values each, as TikTok Shop's wider categories have.
ASKED = [{"attribute_id": str(100 + number), "name": f"Attribute {number}", "is_sales": False, "required": number == 0,
          "values": [[str(value), f"Value {value}"] for value in range(50)]} for number in range(10)]


def filled(db: Database, count: int) -> tuple[Any, CategoryMapping]:
    """So many products of one category; and the hub as the flow needs it: nothing is asked of a remote."""
    connection, shop = add_shop(db)
    for numbers in batches(range(count), 1000):
        made = [Product(product_id=str(one), sku=f"S{one}", kind=ProductKind.SIMPLE, title=f"Mug {one}", description="x" * 500,
                        category_ids=("7",), category_paths=("Mugs",), variants=(Variant(variant_id=str(one), sku=f"S{one}"),))
                for one in numbers]
        with db.write() as session:
            store_products(session, connection.id, made)
    with db.write() as session:
        mapping = CategoryMapping(connection_id=connection.id, shop_id=shop.id, store_category_id="7", category_id="9", confirmed_at=clock.now())
        session.add_all([mapping, CategoryDetail(shop_id=shop.id, category_id="9", read_at=clock.now(), rules={}, attributes=ASKED)])
    return SimpleNamespace(db=db), mapping


def lines(hub: Any, mapping: CategoryMapping) -> Iterator[str]:
    """The template, filled in."""
    asked = csv_updates.asked_of(hub, mapping.shop_id, mapping.category_id)
    buffer = io.StringIO(newline="")
    for number, row in enumerate(csv_updates.template(hub, mapping.id, asked)):
        if number:
            row[5], row[6] = "Value 3", "Value 4"
        csv.writer(buffer).writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def measured(work: Callable[[], Any]) -> tuple[float, float]:
    """Peak of memory in MB, and seconds."""
    tracemalloc.start()
    started = time.monotonic()
    work()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return peak, time.monotonic() - started


def peaks(url: str, count: int) -> tuple[tuple[float, float], tuple[float, float]]:
    db = Database(url)
    try:
        hub, mapping = filled(db, count)
        written = measured(lambda: sum(1 for _ in lines(hub, mapping)))
        content = csv_updates.packed(io.BytesIO("".join(lines(hub, mapping)).encode()))
        with db.write() as session:
            upload_id = csv_updates.upload(session, mapping, "mugs.csv", content, "bench").id
        checked = measured(lambda: csv_updates.check(hub, SimpleNamespace(args={"upload_id": upload_id})))  # type: ignore[arg-type]
        with db.read() as session:
            kept = session.get_one(CsvUpload, upload_id)
        assert (kept.valid, kept.same, kept.errors) == (count, 0, 0)
        return written, checked
    finally:
        db.engine.dispose()


def test_a_file_of_the_most_rows_is_written_and_checked_in_little_memory(fresh_database: Callable[[], str], store_name: str, report: Report) -> None:
    small, large = peaks(fresh_database(), ROWS // 10), peaks(fresh_database(), ROWS)
    for name, little, much in (("template", small[0], large[0]), ("check", small[1], large[1])):
        ratio = much[0] / little[0]
        is_kept = much[0] < 40
        report.note("6.1", f"memory of a file's {name}, {store_name}", "< 40 MB", f"{much[0]:.1f} MB", is_kept,
                    f"{ROWS:,} rows, {ratio:.1f} × that of a tenth; {ROWS / much[1]:,.0f} rows/s while measured")
        assert is_kept
    assert large[0][0] < 1.5 * small[0][0], "a template is never held as a whole"

"""One way to load a catalogue, in a process of its own, so that its memory is its own.

    python -m tests.benchmarks.catalogue MODE URL PRODUCTS

``hub`` and ``hub changed`` and ``hub unchanged`` go through `hub.flows.products.store_products`; ``copy`` (PostgreSQL) and ``raw``
(SQLite) are the bounds: the driver's quickest way to put the very same rows into the same tables, with nothing compared, nothing
returned and ids given out by hand. Prints one JSON line: seconds, rows, peak memory in MB.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from hub import clock
from hub.domain.products import Dimensions, Image, Measure, Product, ProductKind, Variant
from hub.flows import products as flow
from hub.models import Database, load_all
from hub.models.connections import Connection, ConnectionState, Mode
from hub.models.values import pack

PAGE = 1_000
VARIANTS = 3


def products(count: int, generation: int) -> Iterator[list[Product]]:
    """Pages of products as an adapter reads them: each with three variants, pictures and attributes."""
    page: list[Product] = []
    for number in range(count):
        page.append(
            Product(
                product_id=str(number),
                sku=f"SKU-{number}",
                kind=ProductKind.CONFIGURABLE,
                title=f"Jacket number {number}, edition {generation}",
                description="<p>A warm jacket for cold days, made to last.</p>" * 4,
                brand="Luma",
                images=(Image(f"https://shop.example/{number}-1.jpg"), Image(f"https://shop.example/{number}-2.jpg", 1)),
                category_ids=(str(number % 40),),
                category_paths=(f"Men / Tops / Jackets {number % 40}",),
                attributes={"Material": "Wool", "Climate": "Cold", "Pattern": "Solid", "Style": "Basic", "Collar": "High"},
                weight=Measure(Decimal("0.9"), "kg"),
                dimensions=Dimensions(Decimal(30), Decimal(20), Decimal(5), "cm"),
                variants=tuple(
                    Variant(
                        variant_id=f"{number}-{one}",
                        sku=f"SKU-{number}-{one}",
                        options={"Size": "SML"[one], "Color": "Blue"},
                        barcode=f"{number:013d}",
                    )
                    for one in range(VARIANTS)
                ),
            )
        )
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


class Spent:
    """Seconds gone by, and seconds that this process computed: on a busy machine only the second tells what a way costs that needs
    no other process."""

    def __init__(self) -> None:
        self.seconds = self.computed = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        started, computed = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - started
        self.computed += time.process_time() - computed


def through_the_hub(db: Database, count: int, generation: int) -> Spent:
    """Seconds inside the hub and the database; making the products up is left out."""
    spent = Spent()
    for page in products(count, generation):
        with spent.counted(), db.write() as session:
            flow.store_products(session, 1, page)
    return spent


PRODUCT_COLUMNS = (
    "id",
    "connection_id",
    "external_id",
    "sku",
    "kind",
    "title",
    "image_url",
    "category_id",
    "category_path",
    "active",
    "data",
    "content_hash",
    "store_updated_at",
    "pulled_at",
    "gone_at",
    "hub_attributes",
    "hub_package",
    "hub_rules",
    "hub_threshold",
    "hub_title",
    "hub_description",
    "hub_category_id",
    "hub_brand_id",
    "hub_brand_name",
)
VARIANT_COLUMNS = ("product_id", "connection_id", "external_id", "sku", "options", "barcode", "position", "active", "image_url", "gone_at")


def tuples(page: list[Product], first_id: int) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The rows that the hub writes for this page, as a driver takes them."""
    now = clock.now()
    of_products, of_variants = [], []
    for number, one in enumerate(page):
        content = pack(one)
        row = {**flow._product_row(1, one, content, flow.content_hash(content), now), "id": first_id + number}
        of_products.append(
            tuple(json.dumps(value) if isinstance(value, dict) else value for value in (row[name] for name in PRODUCT_COLUMNS))
        )
        for position, variant in enumerate(one.variants):
            of_variants.append(
                (
                    first_id + number,
                    1,
                    variant.variant_id,
                    variant.sku,
                    json.dumps(dict(variant.options)),
                    variant.barcode,
                    position,
                    variant.active,
                    "",
                    None,
                )
            )
    return of_products, of_variants


def by_copy(url: str, count: int) -> Spent:
    """COPY into both tables, a commit a page. The bound of PostgreSQL."""
    import psycopg

    spent, first_id = Spent(), 1
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for page in products(count, 1):
            with spent.counted():
                for table, columns, rows in of_tables(page, first_id):
                    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                        for row in rows:
                            copy.write_row(row)
                connection.commit()
            first_id += len(page)
    return spent


def by_executemany(url: str, count: int) -> Spent:
    """The driver's executemany of a plain INSERT, a commit a page. The bound of SQLite."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    spent, first_id = Spent(), 1
    for page in products(count, 1):
        with spent.counted():
            for table, columns, rows in of_tables(page, first_id):
                connection.executemany(
                    f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                    [tuple(str(value) if hasattr(value, "isoformat") else value for value in row) for row in rows],
                )
            connection.commit()
        first_id += len(page)
    connection.close()
    return spent


def of_tables(page: list[Product], first_id: int) -> Iterator[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]:
    """Each table with its columns and the page's rows."""
    of_products, of_variants = tuples(page, first_id)
    yield "store_product", PRODUCT_COLUMNS, of_products
    yield "store_variant", VARIANT_COLUMNS, of_variants


def peak_mb() -> float:
    """The most memory this program had. Not `getrusage`: that counts in what its parent had before this program began."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def main(mode: str, url: str, count: int) -> dict[str, float]:
    load_all()
    db = Database(url)
    with db.write() as session:
        if session.get(Connection, 1) is None:
            session.add(
                Connection(
                    id=1,
                    name="Bench",
                    platform="magento",
                    mode=Mode.PRACTICE,
                    state=ConnectionState.CONNECTED,
                    hook_key="k",
                    handshake_key="h",
                    created_at=clock.now(),
                )
            )
    match mode:
        case "hub":
            spent = through_the_hub(db, count, 1)
        case "hub changed":
            spent = through_the_hub(db, count, 2)
        case "hub unchanged":
            spent = through_the_hub(db, count, 2)
        case "copy":
            spent = by_copy(url, count)
        case "raw":
            spent = by_executemany(url, count)
        case _:
            raise SystemExit(f"no such mode: {mode}")
    return {
        "seconds": spent.seconds,
        "computed": spent.computed,
        "rows": count * (1 + VARIANTS),
        "products": count,
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))

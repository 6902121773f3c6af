"""G7: a page of the products list takes no longer for a million products than for a thousand."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from admin import attach
from hub import clock
from hub.app import create_app
from hub.config import Config
from hub.flows.people import create_owner
from hub.models import Database
from hub.models.shops import Shop
from hub.models.tiktok import App, Grant
from hub.wiring import open_hub
from tests.benchmarks.report import ROUNDS, Report, median
from tests.support.hubs import add_connection

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]
MANY = int(os.environ.get("BENCH_LIST_ROWS", "1000000"))
FEW = 1_000
PASSWORD = "quiet harbour lamp forty"
PAGES = {
    "first page": "/admin/products/",
    "a tab": "/admin/products/?tab=synced",
    "filtered by category": "/admin/products/?category=7",
    "sorted by title": "/admin/products/?sort=title",
}


def fill(db: Database, count: int) -> None:
    """Products, a variant each and their listings, by the database itself."""
    numbers = "SELECT n FROM generate_series(CAST(1 AS bigint), :count) AS t(n)" if not db.is_sqlite else (
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < :count) SELECT n FROM t")  # fmt: skip
    now = clock.now()
    with db.write() as session:
        connection = add_connection(session)
        app = App(app_key="k", api_host="h", token_host="h", consent_host="h", created_at=now)
        session.add(app)
        session.flush()
        grant = Grant(app_id=app.id, open_id="o", created_at=now)
        session.add(grant)
        session.flush()
        shop = Shop(
            grant_id=grant.id, connection_id=connection.id, tiktok_shop_id="1", region="US", currency="USD", cipher="c", created_at=now
        )
        session.add(shop)
        session.flush()
        facts = {"count": count, "connection": connection.id, "shop": shop.id, "now": now.replace(tzinfo=None) if db.is_sqlite else now}
        session.execute(
            text(
                "INSERT INTO store_product (id, connection_id, external_id, sku, kind, title, image_url, category_id, category_path, active, data,"
                " content_hash, pulled_at, hub_title, hub_description, hub_category_id, hub_brand_id, hub_brand_name, hub_attributes, hub_package,"
                " hub_rules, hub_threshold)"
                " SELECT n, :connection, 'p' || n, 'SKU-' || n, 'simple', 'Product ' || (n * 7919 % 1000003), '', '' || (n % 20),"
                " 'Men / Category ' || (n % 20), true, '{}', 'h', :now, '', '', '', '', '', '{}', '{}', '{}', '{}' FROM (" + numbers + ") AS numbers"
            ),
            facts,
        )
        session.execute(
            text(
                "INSERT INTO store_variant (id, product_id, connection_id, external_id, sku, options, barcode, image_url, position, active)"
                " SELECT n, n, :connection, 'p' || n, 'SKU-' || n, '{}', '', '', 0, true FROM (" + numbers + ") AS numbers"
            ),
            facts,
        )
        session.execute(text(
            "INSERT INTO listing (id, connection_id, shop_id, product_id, state, tiktok_product_id, tiktok_status, tiktok_audit, problems, pending,"
            " taken_down, down_because, pushed_hash, sent, intent_key, live_at, updated_at) SELECT n, :connection, :shop, n,"
            " CASE n % 4 WHEN 0 THEN 'draft' WHEN 1 THEN 'needs_attention' ELSE 'live' END,"
            " CASE WHEN n % 4 > 1 THEN '17' || n END, '', '', '[]', false, false, '', '', '{}', '', CASE WHEN n % 4 > 1 THEN :now END, :now"
            " FROM (" + numbers + ") AS numbers"), facts)  # fmt: skip
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection_:
        connection_.execute(text("ANALYZE"))
        if not db.is_sqlite:
            connection_.execute(text("VACUUM"))


def open_lists(url: str, redis_url: str, folder: Path, count: int) -> FlaskClient:
    """The screens over this many products, with the owner signed in."""
    hub = open_hub(Config.from_env({"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(folder / f"data{count}"), "DATABASE_URL": url,
                                    "REDIS_URL": redis_url}))  # fmt: skip
    fill(hub.db, count)
    with hub.db.write() as session:
        create_owner(session, "maya@example.com", "Maya", PASSWORD)
    app = create_app(hub.config, hub)
    attach(app)
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").get_data(as_text=True))
    assert token is not None
    answer = client.post("/sign-in", data={"email": "maya@example.com", "password": PASSWORD, "csrf_token": token[1]})
    assert answer.status_code == 302, answer.status
    return client


def look(client: FlaskClient, path: str) -> float:
    """How long one page takes, in milliseconds."""
    started = time.perf_counter()
    answer = client.get(path)
    spent = (time.perf_counter() - started) * 1000
    assert answer.status_code == 200 and answer.get_data(as_text=True).count("SKU-") >= 20, path
    return spent


def a_round(few: FlaskClient, many: FlaskClient, path: str, times: int = 9) -> tuple[float, float]:
    """The middle times of the short list's page and the long one's, looked at in turn; the first two looks fill caches."""
    pairs = [(look(few, path), look(many, path)) for _ in range(times + 2)][2:]
    return median([short for short, _ in pairs]), median([long for _, long in pairs])


def test_a_page_of_a_long_list_is_as_quick_as_one_of_a_short_list(
    store_name: str, fresh_database: Callable[[], str], redis_url: str, tmp_path: Path, report: Report
) -> None:
    few = open_lists(fresh_database(), redis_url, tmp_path, FEW)
    many = open_lists(fresh_database(), redis_url, tmp_path, MANY)
    slow = {}
    for name, path in PAGES.items():
        pairs = [a_round(few, many, path) for _ in range(ROUNDS)]
        share = median([long / short for short, long in pairs])
        report.note("G7", f"products list, {name}, {store_name}", f"p50 at {MANY:,} rows ≤ 2 × at {FEW:,}", f"{share:.2f} ×", share <= 2,
                    f"{median([long for _, long in pairs]):.1f} against {median([short for short, _ in pairs]):.1f} ms")  # fmt: skip
        if share > 2:
            slow[name] = share
    assert slow == {}

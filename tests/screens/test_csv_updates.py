"""Update by CSV on the screen: template, brand search, upload, both groups, applied, undone (CSV-01 … CSV-07)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from admin import attach
from hub.app import create_app
from hub.config import Config
from hub.flows import csv_updates
from hub.models.categories import CategoryMapping
from hub.models.changes import Change
from hub.models.csv_updates import CsvUpload, UploadState
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.tasks import Task
from hub.wiring import Hub
from jobs import entry
from tests.screens.conftest import Visitor
from tests.screens.rows import Filled, fill_people
from tests.support.world import few_products, small_world

SignIn = Callable[[str], Visitor]


@pytest.fixture
def maya(signed_in: SignIn, filled: Filled) -> Visitor:
    """The owner, looking at the first connection."""
    visitor = signed_in("owner")
    visitor.get(f"/admin/connections/{filled.connection_id}/open")
    return visitor


@pytest.fixture
def worker(hub: Hub) -> Iterator[Callable[[], None]]:
    """Does what waits to be done with files, as a worker would."""
    entry.use(hub)

    def work() -> None:
        while True:
            with hub.db.read() as db:
                waiting = db.scalars(select(Task.id).where(Task.kind.in_(("check_csv", "apply_csv")), Task.state == "queued")).all()
            if not waiting:
                return
            for task_id in waiting:
                entry.run(hub, task_id)

    yield work
    entry.use(None)


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def upload(visitor: Visitor, filled: Filled, rows: list[list[str]]) -> str:
    """Sends a file; the address of its page."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    visitor.post(f"/admin/csv/{filled.mapping_id}/upload", {"file": (io.BytesIO(buffer.getvalue().encode("utf-8-sig")), "C:\\files\\mugs.csv")},
                 content_type="multipart/form-data")
    assert visitor.status == 302
    return str(visitor.last.headers["Location"])


@pytest.mark.feature("CSV-01", "CSV-02")
def test_the_template_is_one_click_from_the_category_and_from_its_products(maya: Visitor, filled: Filled, hub: Hub) -> None:
    address = f"/admin/csv/{filled.mapping_id}/"
    assert address in maya.get(f"/admin/mappings/{filled.mapping_id}/")
    assert "/admin/csv/?category=11" in maya.get("/admin/products/?category=11")
    maya.get("/admin/csv/?category=11")
    assert maya.last.headers["Location"] == address
    assert f"{address}template.csv" in maya.get(address)

    text = maya.get(f"{address}template.csv")
    assert maya.last.mimetype == "text/csv" and text.startswith("\ufeff")
    rows = table(text)
    assert rows[0] == ["Product ID", "SKU", "Title", "Brand ID", "Brand", "Material [100398] (required)"]
    with hub.db.read() as db:
        there = db.scalars(select(StoreProduct.external_id).where(
            StoreProduct.connection_id == filled.connection_id, StoreProduct.category_id == "11", StoreProduct.gone_at.is_(None))).all()
    assert sorted(row[0] for row in rows[1:]) == sorted(there) and len(there) > 3
    assert {tuple(row[3:]) for row in rows[1:]} == {("b1", "Fern & Kiln", "Stoneware")}
    assert ["Material [100398] (required)", "yes", "One of these values or your own words", "Glass", "2"] in table(maya.get(f"{address}values.csv"))


@pytest.mark.feature("CSV-04", "CSV-05", "CSV-06", "CSV-07")
def test_a_file_is_checked_shown_in_two_groups_applied_and_undone(maya: Visitor, filled: Filled, hub: Hub, worker: Callable[[], None]) -> None:
    rows = table(maya.get(f"/admin/csv/{filled.mapping_id}/template.csv"))
    for row in rows[1:]:
        row[5] = "Glass"
    rows[1][5], rows[1][3] = "\u2028wool \U0001f411", "Fern & Kiln"
    page = upload(maya, filled, rows)
    assert "Checking the file" in maya.get(page) and f'data-poll="{page}part"' in maya.get(page)
    assert "0 rows checked so far" in maya.get(f"{page}part") and "X-Poll" not in maya.last.headers
    worker()
    maya.get(f"{page}part")
    assert maya.last.headers["X-Poll"] == "reload"

    valid = len(rows) - 2
    shown = maya.get(page)
    assert f"{valid} rows valid, 1 row in error" in shown and "Nothing has been changed yet" in shown and "mugs.csv" in shown
    assert re.search(r"<strong>Material</strong>: nothing set here → Glass", shown)
    assert "is no brand ID" in maya.get(f"{page}?rows=error")
    mended = table(maya.get(f"{page}errors.csv"))
    assert mended[0][-1] == "Why it can't be used" and len(mended) == 2 and "is no brand ID" in mended[1][-1]
    assert own_values(hub, filled) == [{}] * (valid + 1)

    maya.post(f"{page}apply")
    task = maya.last.headers["Location"]
    worker()
    assert f"{valid} sent" in maya.get(task) or "Done" in maya.last.get_data(as_text=True)
    assert own_values(hub, filled).count({"100398": {"value_id": "2", "text": "Glass"}}) == valid
    assert f"{valid} products changed" in maya.get(page)
    maya.post(f"{page}apply")
    assert maya.last.headers["Location"] == page and "done before" in maya.get(page)

    maya.post(f"{page}undo")
    worker()
    assert own_values(hub, filled) == [{}] * (valid + 1) and "Taken back" in maya.get(page)
    with hub.db.read() as db:
        history = db.scalars(select(Change.what).where(Change.what.startswith("CSV")).order_by(Change.id)).all()
        assert history == ["CSV uploaded", "CSV applied", "CSV undone"]
        assert all(listing.pending for listing in db.scalars(select(Listing).join(StoreProduct).where(
            StoreProduct.category_id == "11", StoreProduct.external_id.in_([row[0] for row in rows[2:]]))))


def own_values(hub: Hub, filled: Filled) -> list[object]:
    with hub.db.read() as db:
        return list(db.scalars(select(StoreProduct.hub_attributes).where(
            StoreProduct.connection_id == filled.connection_id, StoreProduct.category_id == "11", StoreProduct.gone_at.is_(None))))


def test_a_product_of_another_connection_is_unknown_here(maya: Visitor, filled: Filled, hub: Hub, worker: Callable[[], None]) -> None:
    with hub.db.read() as db:
        foreign = db.scalars(select(StoreProduct).where(StoreProduct.connection_id == filled.other_connection_id)).first()
    assert foreign is not None
    page = upload(maya, filled, [["Product ID", "Material [100398]"], [foreign.external_id, "Glass"]])
    worker()
    shown = maya.get(page)
    assert "has no product with the ID" in shown and foreign.title not in shown
    with hub.db.read() as db:
        assert db.get_one(StoreProduct, foreign.id).hub_attributes == {}


@pytest.mark.parametrize(("content", "words"), [(b"", "The file is empty"), (b"x" * (csv_updates.MOST_BYTES + 1), "larger than 15 MB")])
def test_what_can_not_be_taken_is_said_on_the_page(maya: Visitor, filled: Filled, hub: Hub, content: bytes, words: str) -> None:
    address = f"/admin/csv/{filled.mapping_id}/"
    maya.post(f"{address}upload", {"file": (io.BytesIO(content), "a.csv")}, content_type="multipart/form-data")
    assert words in maya.get(address)
    maya.post(f"{address}upload", {})
    assert "Choose the file" in maya.get(address)
    with hub.db.read() as db:
        assert db.scalars(select(CsvUpload.id)).all() == [filled.upload_id]


def test_a_file_that_is_no_table_says_what_to_do(maya: Visitor, filled: Filled, worker: Callable[[], None], hub: Hub) -> None:
    page = upload(maya, filled, [["Something", "else"], ["1", "2"]])
    worker()
    assert "This file can&#39;t be used" in maya.get(page) and "no column “Product ID”" in maya.get(page)
    maya.get(f"{page}errors.csv")
    assert maya.status == 404
    with hub.db.read() as db:
        assert db.scalars(select(CsvUpload.state).where(CsvUpload.id != filled.upload_id)).all() == [UploadState.REFUSED]


def test_a_category_without_a_choice_is_sent_to_choose_one(maya: Visitor, filled: Filled) -> None:
    shown = maya.get(f"/admin/csv/{filled.mapping_id + 1}/")
    assert "Choose the TikTok category first" in shown and "template.csv" not in shown
    maya.get(f"/admin/csv/{filled.mapping_id + 1}/template.csv")
    assert maya.last.headers["Location"] == f"/admin/csv/{filled.mapping_id + 1}/"
    maya.get("/admin/csv/?category=nothing")
    assert maya.last.headers["Location"] == "/admin/mappings/"


@pytest.mark.feature("CSV-03")
def test_a_typed_brand_name_shows_ids_to_copy_and_one_that_this_seller_may_not_use_is_left_out(config: Config) -> None:
    with small_world(config, "magento", catalogue=few_products(2)) as world:
        made = world.tiktok("POST", "brands", {"name": "Tidewater Pottery", "authorized": True})["id"]
        world.tiktok("POST", "brands", {"name": "Tidewater Locked", "t1": True})
        world.pull()
        app = create_app(world.hub.config, world.hub)
        attach(app)
        with world.hub.db.write() as db:
            fill_people(db)
            mapping_id = db.scalars(select(CategoryMapping.id).where(CategoryMapping.confirmed_at.is_not(None))).first()
        visitor = Visitor(app.test_client()).sign_in("maya@example.com")
        page = visitor.get(f"/admin/csv/{mapping_id}/")
        address = re.search(r'data-lookup="([^"]+)"', page)
        assert address is not None
        found = visitor.get(f"{address.group(1)}&q=Tidew")
        assert "Tidewater Pottery" in found and "Tidewater Locked" not in found and "radio" not in found
        assert f'id="brand-{made}">{made}<' in found and f'data-copy="brand-{made}"' in found
        assert "No brand matches" in visitor.get(f"{address.group(1)}&q=nothing-like-it")

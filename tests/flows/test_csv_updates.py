"""Attributes and brands by CSV, from the template to TikTok Shop, for each kind of store (CSV-01 … CSV-07)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from hub import clock
from hub.config import Config
from hub.domain.tasks import Kind, Outcome
from hub.flows import csv_updates, tasks
from hub.models.categories import CategoryDetail, CategoryMapping
from hub.models.csv_updates import CsvRow, CsvUpload, RowState, UploadState
from hub.models.listings import Listing, ListingEvent
from hub.models.products import StoreProduct
from hub.models.tasks import Item, Task
from hub.rules.csv_files import plain_cell
from hub.rules.csv_rows import Values
from hub.stores import PLATFORMS
from tests.flows.catalogue import bodies, many, push
from tests.support.world import World, small_world

# What each made category asks for: two that must be there, and one that may.
ASKED: list[dict[str, Any]] = [
    {"attribute_id": "100", "name": "Material", "is_sales": False, "required": True, "values": [["1", "Stoneware"], ["2", "Glass"]]},
    {"attribute_id": "101", "name": "Style", "is_sales": False, "required": False, "values": [["5", "Plain"]], "customizable": True},
]


@pytest.fixture(params=sorted(PLATFORMS))
def world(request: pytest.FixtureRequest, config: Config) -> Iterator[Mugs]:
    """Forty mugs of one category, pulled and mapped, for each kind of store in turn."""
    with small_world(config, request.param, catalogue=many(40)) as built:
        yield mugs_of(built, request.param)


@pytest.fixture
def one(config: Config) -> Iterator[Mugs]:
    """The same for one store: what no store system has a part in."""
    with small_world(config, "magento", catalogue=many(40)) as built:
        yield mugs_of(built, "magento")


class Mugs:
    """The world with its one category, and a merchant with a spreadsheet."""

    def __init__(self, world: World, platform: str, mapping_id: int) -> None:
        self.world, self.platform, self.mapping_id = world, platform, mapping_id
        self.hub = world.hub

    def template(self) -> list[list[str]]:
        """The template's rows as a spreadsheet reads them."""
        return [[plain_cell(cell) for cell in row] for row in csv_updates.template(self.hub, self.mapping_id, self.asked)]

    @property
    def asked(self) -> Any:
        with self.hub.db.read() as session:
            mapping = session.get_one(CategoryMapping, self.mapping_id)
        return csv_updates.asked_of(self.hub, mapping.shop_id, mapping.category_id)

    def upload(self, rows: list[list[str]] | bytes, *, run: bool = True, separator: str = ",", encoding: str = "utf-8-sig") -> int:
        """Uploads a file and has it checked; its number."""
        if not isinstance(rows, bytes):
            buffer = io.StringIO(newline="")
            csv.writer(buffer, delimiter=separator).writerows(rows)
            rows = buffer.getvalue().encode(encoding)
        with self.hub.db.write() as session:
            mapping = session.get_one(CategoryMapping, self.mapping_id)
            upload_id = csv_updates.upload(session, mapping, "mugs.csv", csv_updates.packed(io.BytesIO(rows)), "maya").id
        if run:
            self.world.run_due(2.0)
        return upload_id

    def confirm(self, upload_id: int, *, run: bool = True, way: Callable[..., Task] = csv_updates.confirm) -> int:
        with self.hub.db.write() as session:
            task_id = way(session, session.get_one(CsvUpload, upload_id), "maya").id
        if run:
            self.world.run_due(2.0)
        return task_id

    def kept(self, upload_id: int) -> CsvUpload:
        with self.hub.db.read() as session:
            return session.get_one(CsvUpload, upload_id)

    def rows(self, upload_id: int) -> list[CsvRow]:
        with self.hub.db.read() as session:
            return list(session.scalars(select(CsvRow).where(CsvRow.upload_id == upload_id).order_by(CsvRow.number)))

    def products(self) -> list[StoreProduct]:
        with self.hub.db.read() as session:
            return list(session.scalars(select(StoreProduct).order_by(StoreProduct.id)))

    def own(self) -> list[dict[str, Any]]:
        return [one.hub_attributes for one in self.products()]


def mugs_of(world: World, platform: str) -> Mugs:
    world.pull(platform)
    with world.hub.db.write() as session:
        mapping = session.scalars(select(CategoryMapping).where(CategoryMapping.shop_id == world.shop_id(platform),
                                                                CategoryMapping.category_id != "")).one()
        session.merge(CategoryDetail(id=_detail_id(session, mapping), shop_id=mapping.shop_id, category_id=mapping.category_id,
                                     attributes=ASKED, rules={}, read_at=clock.now()))
        mapping.attributes = {"100": {"value_id": "1", "text": "Stoneware"}}
    return Mugs(world, platform, mapping.id)


def _detail_id(session: Any, mapping: CategoryMapping) -> int | None:
    found: int | None = session.scalar(select(CategoryDetail.id).where(
        CategoryDetail.shop_id == mapping.shop_id, CategoryDetail.category_id == mapping.category_id))
    return found


GLASS = {"100": {"value_id": "2", "text": "Glass"}}


def outcomes(mugs: Mugs, task_id: int) -> dict[Outcome | None, int]:
    with mugs.hub.db.read() as session:
        found = session.execute(select(Item.outcome, func.count()).where(Item.parent_id == task_id).group_by(Item.outcome))
        return {outcome: n for outcome, n in found}


@pytest.mark.feature("CSV-01", "CSV-04", "CSV-06")
def test_forty_rows_go_out_thirty_eight_are_valid_two_are_not_and_thirty_eight_products_change(world: Mugs):
    rows = world.template()
    assert rows[0] == ["Product ID", "SKU", "Title", "Brand ID", "Brand", "Material [100] (required)", "Style [101]"]
    assert len(rows) == 41
    assert {row[0] for row in rows[1:]} == {one.external_id for one in world.products()}
    assert {(row[1], row[2]) for row in rows[1:]} == {(one.sku, one.title) for one in world.products()}
    assert {row[5] for row in rows[1:]} == {"Stoneware"}, "what the category gives is shown"

    for row in rows[1:]:
        row[5] = "Glass"
    rows[3][5], rows[4][3] = "Silk", "Tidewater"
    before = world.own()
    upload_id = world.upload(rows)
    kept = world.kept(upload_id)
    assert (kept.state, kept.valid, kept.errors, kept.same) == (UploadState.CHECKED, 38, 2, 0)
    assert world.own() == before, "nothing is written yet"

    task_id = world.confirm(upload_id)
    assert world.world.expect_done(task_id).shown
    assert outcomes(world, task_id) == {Outcome.OK: 38}
    assert sorted(world.own(), key=str) == sorted([GLASS] * 38 + [{}] * 2, key=str)
    with world.hub.db.read() as session:
        changed = session.scalars(select(Listing).where(Listing.pending)).all()
        assert len(changed) == 38
        told = session.scalars(select(ListingEvent.says).where(ListingEvent.listing_id == changed[0].id, ListingEvent.what == "csv")).all()
        assert len(told) == 1 and told[0].endswith("of mugs.csv")


@pytest.mark.feature("CSV-05", "CSV-07")
def test_rows_in_error_come_back_with_their_cause_and_none_of_them_is_half_applied(one: Mugs):
    rows = one.template()
    rows[1][5], rows[1][6] = "Silk", "Rustic"
    rows[2][3], rows[2][6] = "Tidewater", "Rustic"
    rows[3][6] = "Rustic"
    upload_id = one.upload(rows)
    file = [[plain_cell(cell) for cell in row] for row in csv_updates.error_file(one.hub, upload_id)]
    assert file[0] == [*rows[0], "Why it can't be used"]
    assert [row[:-1] for row in file[1:]] == rows[1:3]
    assert file[1][-1] == "Material: “Silk” is not one of TikTok Shop's values. Allowed: Stoneware, Glass."
    assert "is no brand ID" in file[2][-1]

    one.confirm(upload_id)
    own = {product.external_id: product.hub_attributes for product in one.products()}
    assert [own[row[0]] for row in rows[1:4]] == [{}, {}, {"101": {"value_id": "", "text": "Rustic"}}]

    file[1][5], file[2][3] = "Glass", ""
    again = one.kept(one.upload(file))
    assert (again.valid, again.errors) == (2, 0), "the file of errors can be mended and uploaded as it is"


def test_a_template_that_comes_back_unchanged_changes_nothing(one: Mugs):
    upload_id = one.upload(one.template())
    kept = one.kept(upload_id)
    assert (kept.valid, kept.same, kept.errors) == (40, 40, 0)
    with pytest.raises(csv_updates.NotNow, match="No row of the file changes anything"):
        one.confirm(upload_id)


@pytest.mark.feature("CSV-02")
def test_a_brand_of_tiktok_shop_is_taken_by_its_id_and_an_unknown_id_or_a_name_is_an_error(one: Mugs):
    made = one.world.tiktok("POST", "brands", {"name": "Tidewater Pottery", "authorized": True})["id"]
    locked = one.world.tiktok("POST", "brands", {"name": "Tidewater Locked", "t1": True})["id"]
    rows = one.template()
    for row, brand_id in zip(rows[1:], [made, locked, "123456789", "Tidewater Pottery", ""], strict=False):
        row[3] = brand_id
    upload_id = one.upload(rows)
    causes = [row.causes for row in one.rows(upload_id)[:5]]
    assert causes[0] == [] == causes[4]
    assert "that this shop may use" in causes[1][0] and "that this shop may use" in causes[2][0] and "is no brand ID" in causes[3][0]
    one.confirm(upload_id)
    first = one.products()[0]
    assert (first.hub_brand_id, first.hub_brand_name) == (made, "Tidewater Pottery")
    with one.hub.db.read() as session:
        listing_id = session.scalars(select(Listing.id).where(Listing.product_id == first.id)).one()
    push(one.world, one.platform, [listing_id])
    assert bodies(one.world, "CreateProduct")[-1]["brand_id"] == made


@pytest.mark.parametrize(("separator", "encoding"), [(";", "cp1252"), ("\t", "utf-16"), (",", "utf-8")])
def test_files_of_every_spreadsheet_are_read(one: Mugs, separator: str, encoding: str):
    rows = one.template()[:3]
    rows[1][6], rows[2][6] = 'Größe, "rund"; hoch', "two\nlines"
    kept = one.rows(one.upload(rows, separator=separator, encoding=encoding))
    assert [Values.from_json(row.after).attributes["101"]["text"] for row in kept] == ['Größe, "rund"; hoch', "two lines"]


def test_products_that_are_not_of_this_category_or_stand_there_twice_are_errors(one: Mugs):
    rows = one.template()
    rows = [rows[0], rows[1], rows[2], [*rows[1]], ["99999", *rows[3][1:]], ["", *rows[4][1:]]]
    upload_id = one.upload(rows)
    causes = [row.causes for row in one.rows(upload_id)]
    assert causes[0] == causes[2] == ["This product is in rows 2, 4. Keep one of them."]
    assert causes[1] == []
    assert causes[3] == ["This category of your store has no product with the ID 99999. Copy it from the template."]
    assert causes[4] == ["Product ID is empty. Copy it from the template."]


@pytest.mark.parametrize(("content", "words"), [
    (b"PK\x03\x04", "a workbook"), (b"SKU,Style [101]\n1,2\n", "no column"), (b"Product ID,Style [101]\n", "a header and no rows"),
    (b"Product ID,Size [9]\n1,2\n", "does not belong to this category"), (b'Product ID,Style [101]\n1,"' + b"x" * 200_000, "Row 2 can't be read"),
    (b"Product ID,Style [101]\n" + b"1,\n" * 50_001, "more than 50,000 rows"),
])
def test_a_file_that_can_not_be_used_says_why_and_changes_nothing(one: Mugs, content: bytes, words: str):
    upload_id = one.upload(content)
    kept = one.kept(upload_id)
    assert kept.state is UploadState.REFUSED and words in kept.says
    assert one.rows(upload_id) == []
    with pytest.raises(csv_updates.NotNow):
        one.confirm(upload_id)


def test_a_file_that_is_too_large_or_empty_is_not_kept():
    with pytest.raises(csv_updates.TooBig, match="15 MB"):
        csv_updates.packed(io.BytesIO(b"x" * (csv_updates.MOST_BYTES + 1)))
    with pytest.raises(ValueError, match="empty"):
        csv_updates.packed(io.BytesIO(b""))


def glazed(one: Mugs, count: int = 3) -> int:
    """A checked file that makes so many mugs glass."""
    rows = one.template()[:count + 1]
    for row in rows[1:]:
        row[5] = "Glass"
    return one.upload(rows)


def change(one: Mugs, number: int, **values: Any) -> None:
    with one.hub.db.write() as session:
        product = session.get_one(StoreProduct, one.products()[number].id)
        for name, value in values.items():
            setattr(product, name, value)


def test_what_has_changed_after_the_check_is_left_alone_and_said(one: Mugs):
    upload_id = glazed(one, 4)
    change(one, 0, hub_attributes={"100": {"value_id": "1", "text": "Stoneware"}})
    change(one, 1, gone_at=clock.now())
    change(one, 2, hub_category_id="another")
    task_id = one.confirm(upload_id)
    assert outcomes(one, task_id) == {Outcome.OK: 1, Outcome.NEEDS_ATTENTION: 3}
    assert [row.state for row in one.rows(upload_id)] == [RowState.REFUSED] * 3 + [RowState.APPLIED]
    assert one.own()[:4] == [{"100": {"value_id": "1", "text": "Stoneware"}}, {}, {}, GLASS]
    with one.hub.db.read() as session:
        says = session.scalars(select(Item.says).where(Item.parent_id == task_id).order_by(Item.id)).all()
    assert "changed this product here since" in says[0] and "not in your store any more" in says[1] and "of its own since" in says[2]


def test_values_that_tiktok_shop_dropped_after_the_check_are_not_applied(one: Mugs):
    upload_id = glazed(one)
    with one.hub.db.write() as session:
        detail = session.scalars(select(CategoryDetail).where(CategoryDetail.attributes != [])).first()
        assert detail is not None
        detail.attributes, detail.read_at = [{**ASKED[0], "values": [["1", "Stoneware"]]}], clock.now() + timedelta(seconds=1)
    task_id = one.confirm(upload_id)
    assert outcomes(one, task_id) == {Outcome.NEEDS_ATTENTION: 3} and one.own()[:3] == [{}] * 3


def test_a_file_is_applied_once_and_can_be_undone_where_nobody_changed_anything_since(one: Mugs):
    change(one, 0, hub_attributes={"101": {"value_id": "", "text": "Mine"}})
    upload_id = glazed(one)
    one.confirm(upload_id)
    with pytest.raises(csv_updates.NotNow, match="done before"):
        one.confirm(upload_id)
    assert one.own()[0] == {"101": {"value_id": "", "text": "Mine"}, **GLASS}
    change(one, 1, hub_attributes={"100": {"value_id": "1", "text": "Stoneware"}})
    task_id = one.confirm(upload_id, way=csv_updates.undo)
    assert outcomes(one, task_id) == {Outcome.OK: 2, Outcome.NEEDS_ATTENTION: 1}
    assert one.own()[:3] == [{"101": {"value_id": "", "text": "Mine"}}, {"100": {"value_id": "1", "text": "Stoneware"}}, {}]


def test_what_is_still_being_applied_can_not_be_undone_yet(one: Mugs):
    upload_id = glazed(one)
    one.confirm(upload_id, run=False)
    with pytest.raises(csv_updates.NotNow, match="still being applied"):
        one.confirm(upload_id, way=csv_updates.undo)


def test_old_files_are_tidied_and_what_they_changed_stays(one: Mugs):
    upload_id = glazed(one)
    one.confirm(upload_id)
    one.world.pass_time(csv_updates.KEEP - timedelta(hours=1))
    tidy(one)
    assert one.kept(upload_id).state is UploadState.APPLIED
    one.world.pass_time(timedelta(hours=2))
    tidy(one)
    with one.hub.db.read() as session:
        assert session.get(CsvUpload, upload_id) is None
        assert session.scalar(select(func.count()).select_from(CsvRow)) == 0
    assert one.own()[:3] == [GLASS] * 3


def tidy(one: Mugs) -> None:
    with one.hub.db.write() as session:
        task_id = tasks.submit(session, Kind.TIDY, lane=f"tidy:{clock.timestamp()}").id
    one.world.run_tasks([task_id])
    one.world.expect_done(task_id)

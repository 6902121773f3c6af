"""A merchant's CSV file when somebody is killed: while it is checked, and while its rows are applied."""

from __future__ import annotations

import io

from sqlalchemy import func, select

from hub.flows import csv_updates
from hub.models.categories import CategoryMapping
from hub.models.csv_updates import CsvRow, CsvUpload, RowState, UploadState
from hub.models.listings import Listing, ListingEvent
from hub.models.products import StoreProduct
from tests.faults.fault_world import FaultWorld
from tests.faults.order_cases import CHECK


def _uploaded(world: FaultWorld, platform: str) -> tuple[int, dict[int, str]]:
    """A file that empties nothing and gives each product of a category another brand: one that the shop knows."""
    made = world.tiktok("POST", "brands", {"name": "Tidewater Pottery", "authorized": True})["id"]
    with world.hub.db.write() as session:
        mapping = session.scalars(select(CategoryMapping).where(
            CategoryMapping.shop_id == world.shop_id(platform), CategoryMapping.confirmed_at.is_not(None)).order_by(CategoryMapping.id)).first()
        assert mapping is not None
        products = session.scalars(select(StoreProduct).where(
            StoreProduct.connection_id == mapping.connection_id, StoreProduct.category_id == mapping.store_category_id,
            StoreProduct.gone_at.is_(None))).all()
        for one in products:
            one.hub_category_id, one.hub_brand_id, one.hub_brand_name = "of-its-own", "", ""
        lines = ["Product ID,Brand ID", *(f"{one.external_id},'{made}" for one in products)]
        content = csv_updates.packed(io.BytesIO("\r\n".join(lines).encode()))
        upload_id = csv_updates.upload(session, mapping, "brands.csv", content, "tester").id
    return upload_id, {one.id: made for one in products}


def file_is_checked(world: FaultWorld, platform: str) -> CHECK:
    """The check goes on, and each row is written down once."""
    upload_id, wanted = _uploaded(world, platform)

    def check() -> None:
        with world.hub.db.read() as session:
            kept = session.get_one(CsvUpload, upload_id)
            rows = session.scalar(select(func.count()).select_from(CsvRow).where(CsvRow.upload_id == upload_id))
        assert (kept.state, kept.valid, kept.errors, rows) == (UploadState.CHECKED, len(wanted), 0, len(wanted)), kept.says

    return check


def file_is_applied(world: FaultWorld, platform: str) -> CHECK:
    """Each row is applied once."""
    upload_id, wanted = _uploaded(world, platform)
    world.settle()
    with world.hub.db.write() as session:
        csv_updates.confirm(session, session.get_one(CsvUpload, upload_id), "tester")

    def check() -> None:
        with world.hub.db.read() as session:
            brands = {row.id: row.hub_brand_id for row in session.scalars(select(StoreProduct).where(StoreProduct.id.in_(wanted)))}
            states = set(session.scalars(select(CsvRow.state).where(CsvRow.upload_id == upload_id)))
            told = session.scalars(select(func.count()).select_from(ListingEvent).join(Listing, Listing.id == ListingEvent.listing_id).where(
                ListingEvent.what == "csv", ListingEvent.says.endswith(" of brands.csv"), Listing.product_id.in_(wanted))
                .group_by(Listing.id)).all()
        assert (brands, states) == (wanted, {RowState.APPLIED})
        assert set(told) == {1}, "applied once"

    return check

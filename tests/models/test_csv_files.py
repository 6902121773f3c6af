"""The step that keeps CSV files, there and back with data on both databases (R-25)."""

from __future__ import annotations

from sqlalchemy import inspect, select

from hub import clock
from hub.flows.products import store_products
from hub.models import Database, migrations
from hub.models.categories import CategoryMapping
from hub.models.csv_updates import CsvRow, CsvUpload, RowState
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.rules.csv_rows import Values
from tests.models.test_bulk import add_shop, products
from tests.models.test_migrations import both


@both
def test_files_and_rows_come_with_the_step_and_going_back_keeps_products_and_mappings(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url, "0007")
    db = Database(empty_database_url)
    try:
        connection, shop = add_shop(db)
        with db.write() as session:
            store_products(session, connection.id, products(2))
            session.add(CategoryMapping(connection_id=connection.id, shop_id=shop.id, store_category_id="7", brand_id="5"))
        migrations.upgrade(empty_database_url)
        assert migrations.differences(empty_database_url) == []
        values = Values(("5", "Fern"), {"100": {"value_id": "1", "text": "Größe"}, "101": None})
        with db.write() as session:
            mapping, listing = session.scalars(select(CategoryMapping)).one(), session.scalars(select(Listing)).first()
            assert listing is not None
            kept = CsvUpload(connection_id=connection.id, shop_id=shop.id, mapping_id=mapping.id, category_id="9", name="ä.csv",
                             content=b"\x00\xff", header=["Product ID"], created_at=clock.now())
            session.add(kept)
            session.flush()
            session.add(CsvRow(upload_id=kept.id, number=2, listing_id=listing.id, state=RowState.VALID, after=values.as_json()))
        with db.read() as session:
            assert session.scalars(select(CsvUpload)).one().content == b"\x00\xff"
            assert Values.from_json(session.scalars(select(CsvRow)).one().after) == values
        migrations.downgrade(empty_database_url, "0007")
        assert not {"csv_upload", "csv_row"} & set(inspect(db.engine).get_table_names())
        with db.read() as session:
            assert len(session.scalars(select(StoreProduct.id)).all()) == 2 and session.scalars(select(CategoryMapping.brand_id)).all() == ["5"]
        migrations.upgrade(empty_database_url)
        with db.read() as session:
            assert session.scalars(select(CsvUpload)).all() == []
    finally:
        db.engine.dispose()

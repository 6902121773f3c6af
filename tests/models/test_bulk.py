"""Many rows at once: new ones get the model's defaults, known ones only what is named, on both databases and both ways."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from hub import clock
from hub.domain.products import Product, ProductKind, Variant
from hub.flows.products import store_products
from hub.models import Database, bulk
from hub.models.connections import Connection
from hub.models.listings import Listing
from hub.models.products import StoreProduct, StoreVariant
from hub.models.shops import Shop
from hub.models.tiktok import App, Grant
from tests.support import both_databases
from tests.support.hubs import add_connection

# Fewer than make a COPY worth while, and more.
SIZES = pytest.mark.parametrize("count", [1, bulk.COPY_FROM - 1, bulk.COPY_FROM, 120])


def products(count: int) -> list[Product]:
    return [Product(product_id=str(number), sku=f"S{number}", kind=ProductKind.CONFIGURABLE, title=f"Größe {number}, \\N\t“quoted”\n",
                    attributes={"a": "1"}, variants=(Variant(variant_id=f"{number}-1", sku="A", options={"Size": "M"}),
                                                     Variant(variant_id=f"{number}-2", sku="B", options={"Size": "L"}))) for number in range(count)]


def add_shop(db: Database) -> tuple[Connection, Shop]:
    with db.write() as session:
        connection = add_connection(session)
        app = App(app_key="k", api_host="h", token_host="h", consent_host="h", created_at=clock.now())
        session.add(app)
        session.flush()
        grant = Grant(app_id=app.id, open_id="o", created_at=clock.now())
        session.add(grant)
        session.flush()
        shop = Shop(grant_id=grant.id, connection_id=connection.id, tiktok_shop_id="1", region="US", cipher="c", created_at=clock.now())
        session.add(shop)
    return connection, shop


@both_databases
@SIZES
def test_a_page_of_products_is_stored_and_only_what_changed_is_written_again(db: Database, count: int) -> None:
    connection, shop = add_shop(db)
    page = products(count)
    with db.write() as session:
        assert len(store_products(session, connection.id, page).new) == count
    with db.write() as session:
        session.scalars(select(StoreProduct)).first().hub_title = "Ours"  # type: ignore[union-attr]
    with db.write() as session:
        again = store_products(session, connection.id, page)
        assert (again.new, again.changed, again.unchanged) == ([], [], count)
    changed = [replace(one, title="Another", variants=one.variants[1:]) for one in page]
    with db.write() as session:
        assert len(store_products(session, connection.id, changed).changed) == count
    with db.read() as session:
        rows = session.scalars(select(StoreProduct).order_by(StoreProduct.id)).all()
        variants = session.scalars(select(StoreVariant)).all()
        listings = session.scalars(select(Listing)).all()
    assert {row.title for row in rows} == {"Another"} and rows[0].hub_title == "Ours"
    assert rows[0].data["attributes"] == {"a": "1"} and rows[0].hub_attributes == {}
    assert {(one.sku, one.gone_at is None) for one in variants} == {("A", False), ("B", True)} and len(variants) == 2 * count
    assert {one.product_id for one in listings} == {row.id for row in rows} and len(listings) == count
    assert {(one.shop_id, one.state, one.tiktok_status, one.pending) for one in listings} == {(shop.id, "draft", "", False)}


@both_databases
@SIZES
def test_text_comes_back_as_it_went_in(db: Database, count: int) -> None:
    connection, _ = add_shop(db)
    with db.write() as session:
        store_products(session, connection.id, products(count))
    with db.read() as session:
        assert sorted(session.scalars(select(StoreProduct.title))) == sorted(one.title for one in products(count))
        assert all(moment.tzinfo is not None for moment in session.scalars(select(StoreProduct.pulled_at)))


@both_databases
def test_a_product_that_comes_back_is_there_again(db: Database) -> None:
    connection, _ = add_shop(db)
    with db.write() as session:
        store_products(session, connection.id, products(2))
        for row in session.scalars(select(StoreProduct)):
            row.gone_at = clock.now()
    with db.write() as session:
        assert len(store_products(session, connection.id, products(2)).changed) == 2
    with db.read() as session:
        assert session.scalars(select(StoreProduct.gone_at)).all() == [None, None]


@both_databases
@SIZES
def test_a_rollback_takes_everything_back(db: Database, count: int) -> None:
    connection, _ = add_shop(db)
    with pytest.raises(ZeroDivisionError), db.write() as session:
        store_products(session, connection.id, products(count))
        Decimal(1) // 0
    with db.read() as session:
        assert session.scalars(select(StoreProduct.id)).all() == []


@both_databases
def test_two_pages_fit_into_one_transaction(db: Database) -> None:
    connection, _ = add_shop(db)
    page = products(2 * bulk.COPY_FROM)
    with db.write() as session:
        store_products(session, connection.id, page[: bulk.COPY_FROM])
        assert len(store_products(session, connection.id, page).new) == bulk.COPY_FROM

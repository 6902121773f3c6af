"""A database's versions, with data in it, on both databases (R-25)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import String, inspect, select, text
from sqlalchemy.exc import IntegrityError

from hub import clock, models
from hub.crypto import KeyRing, new_key
from hub.domain.tasks import Kind
from hub.flows import people
from hub.models import Database, migrations
from hub.models.connections import ApiToken, Connection
from hub.models.sealed import use_keys
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.models.tiktok import App, Grant
from hub.models.users import User
from tests.support.hubs import add_connection

both = pytest.mark.parametrize("empty_database_url", ["sqlite", "postgresql"], indirect=True)


def fill(url: str) -> None:
    use_keys(KeyRing.from_string(new_key()))
    db = Database(url)
    with db.write() as session:
        connection = add_connection(session)
        session.add(ApiToken(connection_id=connection.id, token_hash="x", made_by="plugin", created_at=clock.now()))
        session.add(Task(kind=Kind.TIDY, run_at=clock.now(), created_at=clock.now(), connection_id=connection.id,
                         args={"a": [1, "ä"]}))
    db.engine.dispose()


def contents(url: str) -> dict[str, list[Any]]:
    db = Database(url)
    try:
        with db.engine.connect() as connection:
            return {name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY 1"))]
                    for name in ("connection", "api_token", "task")}
    finally:
        db.engine.dispose()


@both
def test_migrated_tables_are_those_of_the_models(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url)
    assert migrations.current(empty_database_url) == migrations.newest()
    assert migrations.differences(empty_database_url) == []


@both
@pytest.mark.filterwarnings("ignore:autogenerate skipping:UserWarning")
def test_indexes_are_those_of_the_models(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url)
    engine = models.engine_for(empty_database_url)
    with engine.connect() as connection:
        there = {index["name"] for table in inspect(connection).get_table_names()
                 for index in inspect(connection).get_indexes(table)}
        if engine.dialect.name == "sqlite":
            there |= set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'index'")))
    engine.dispose()
    wanted = {index.name for table in models.Base.metadata.tables.values() for index in table.indexes}
    assert wanted <= there


@both
def test_up_again_changes_nothing_and_down_and_up_gives_empty_tables(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url)
    fill(empty_database_url)
    before = contents(empty_database_url)
    migrations.upgrade(empty_database_url)
    assert contents(empty_database_url) == before
    migrations.downgrade(empty_database_url, "base")
    assert migrations.current(empty_database_url) is None
    migrations.upgrade(empty_database_url)
    assert {name: rows for name, rows in contents(empty_database_url).items() if rows} == {}


@both
def test_a_seals_name_is_one_rows_and_the_step_there_and_back_loses_nothing(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url, "0003")
    fill(empty_database_url)
    copy = text("UPDATE connection SET seal_id = (SELECT seal_id FROM connection ORDER BY id LIMIT 1)")
    before = contents(empty_database_url)
    migrations.upgrade(empty_database_url)
    assert contents(empty_database_url) == before
    db = Database(empty_database_url)
    try:
        with db.write() as session:
            add_connection(session)
        for table in ("connection", "tiktok_app", "tiktok_grant"):
            assert [index["column_names"] for index in inspect(db.engine).get_indexes(table) if index["unique"]].count(["seal_id"]) == 1
        with pytest.raises(IntegrityError), db.write() as session:
            session.execute(copy)
    finally:
        db.engine.dispose()
    before = contents(empty_database_url)
    migrations.downgrade(empty_database_url, "0003")
    assert contents(empty_database_url) == before
    db = Database(empty_database_url)
    with db.write() as session:
        session.execute(copy)
    db.engine.dispose()
    with pytest.raises(IntegrityError):
        migrations.upgrade(empty_database_url)
    assert migrations.current(empty_database_url) == "0003", "copied seals are refused, not taken over"


@both
def test_sign_ins_become_rows_and_going_back_keeps_the_people(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url, "0004")
    db = Database(empty_database_url)

    def emails() -> list[str]:
        with db.engine.connect() as connection:
            return list(connection.scalars(text("SELECT email FROM user_account")))

    try:
        with db.engine.begin() as connection:
            connection.execute(text("INSERT INTO user_account (email, name, role, session_epoch, created_at) "
                                    "VALUES ('maya@example.com', 'Maya', 'owner', 1, '2026-03-02 09:30:00+00:00')"))
        migrations.upgrade(empty_database_url)
        with db.write() as session:
            maya = session.scalars(select(User)).one()
            people.begin_sign_in(session, maya, "a-session", "Firefox on Windows", "127.0.0.1")
            assert people.signed_in(session, maya.id, "a-session") is maya
            assert people.signed_in(session, maya.id, "another") is None
        migrations.downgrade(empty_database_url, "0004")
        assert "sign_in" not in inspect(db.engine).get_table_names() and emails() == ["maya@example.com"]
        migrations.upgrade(empty_database_url)
        assert emails() == ["maya@example.com"] and migrations.differences(empty_database_url) == []
    finally:
        db.engine.dispose()


@both
def test_states_without_an_app_come_and_go_and_orders_stay(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url, "0005")
    fill(empty_database_url)
    db = Database(empty_database_url)
    now = "'2026-11-21 09:30:00+00:00'"

    def keep(connection: Any, state: str, app: str) -> None:
        connection.execute(text("INSERT INTO oauth_state (state_hash, connection_id, app_id, bound_to, expires_at) "
                                f"VALUES ('{state}', (SELECT max(id) FROM connection), {app}, 'maya', {now})"))

    def rows(query: str) -> list[Any]:
        with db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    try:
        with db.engine.begin() as connection:
            connection.execute(text(
                "INSERT INTO tiktok_app (id, app_key, api_host, token_host, consent_host, service_id, is_practice, created_at, seal_id) "
                f"VALUES (7, 'k', 'a', 't', 'c', '', {'true' if 'postgres' in empty_database_url else '1'}, {now}, 'seal')"))
            keep(connection, "tiktok", "7")
        before = contents(empty_database_url)
        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            keep(connection, "store", "NULL")
        migrations.upgrade(empty_database_url)
        assert contents(empty_database_url) == before and rows("SELECT state_hash, app_id FROM oauth_state") == [("tiktok", 7)]
        with db.engine.begin() as connection:
            keep(connection, "store", "NULL")
            connection.execute(text("INSERT INTO store_login (connection_id, renewals) SELECT max(id), 0 FROM connection"))
        migrations.downgrade(empty_database_url, "0005")
        assert contents(empty_database_url) == before and rows("SELECT state_hash, app_id FROM oauth_state") == [("tiktok", 7)]
        assert "store_login" not in inspect(db.engine).get_table_names()
        migrations.upgrade(empty_database_url)
        assert contents(empty_database_url) == before and migrations.differences(empty_database_url) == []
    finally:
        db.engine.dispose()


@both
def test_a_copied_table_keeps_its_children(empty_database_url: str) -> None:
    """Batch mode copies, drops and renames: with foreign keys on, the drop would take every child row along."""
    migrations.upgrade(empty_database_url)
    fill(empty_database_url)
    before = contents(empty_database_url)

    def step(config: Any) -> None:
        operations = Operations(MigrationContext.configure(config.attributes["connection"]))
        with operations.batch_alter_table("connection") as batch:
            batch.alter_column("name", existing_type=String(120), type_=String(130))

    migrations._run(empty_database_url, step)
    assert contents(empty_database_url) == before


def test_a_migration_that_loses_parents_is_undone(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    migrations.upgrade(url)
    fill(url)
    before = contents(url)

    def step(config: Any) -> None:
        config.attributes["connection"].execute(text("DELETE FROM connection"))

    with pytest.raises(migrations.BrokenKeys):
        migrations._run(url, step)
    assert contents(url) == before


@both
def test_a_failing_migration_leaves_the_database_as_it_was(empty_database_url: str) -> None:
    def step(config: Any) -> None:
        command.upgrade(config, "head")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        migrations._run(empty_database_url, step)
    assert migrations.current(empty_database_url) is None
    migrations.upgrade(empty_database_url)
    assert Connection.__tablename__ in inspect(models.engine_for(empty_database_url)).get_table_names()


@both
def test_switches_become_rules_and_go_back_and_own_titles_are_sent_on(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url, "0006")
    fill(empty_database_url)
    db = Database(empty_database_url)
    both_on, price_off = {"auto_pull": True, "sync_price": True, "sync_stock": True}, {"stock_reserve": 2, "sync_price": False, "sync_stock": True}
    kept = {"1": {}, "2": {"products": both_on, "orders": {"retry_orders": False}}, "3": {"products": price_off}}

    def rows(query: str) -> dict[str, Any]:
        with db.engine.connect() as connection:
            return {str(name): value if isinstance(value, dict) else json.loads(value) for name, value in connection.execute(text(query))}

    try:
        with db.write() as session:
            number, now = session.scalars(select(Connection.id)).one(), clock.now()
            session.add(App(id=7, app_key="k", api_host="h", token_host="h", consent_host="h", created_at=now))
            session.flush()
            session.add(Grant(id=7, app_id=7, open_id="o", created_at=now))
            session.flush()
            session.add_all(Shop(grant_id=7, connection_id=number, tiktok_shop_id=shop_id, region="US", currency="USD", cipher="c", created_at=now,
                                 settings=settings) for shop_id, settings in kept.items())
        with db.engine.begin() as connection:
            for external, title in (("1", ""), ("2", "Our own")):
                connection.execute(text(
                    "INSERT INTO store_product (connection_id, external_id, sku, kind, title, image_url, category_id, category_path, active, data,"
                    " content_hash, pulled_at, hub_title, hub_description, hub_category_id, hub_brand_id, hub_brand_name, hub_attributes,"
                    f" hub_package) VALUES ({number}, '{external}', '', 'simple', 't', '', '', '', true, '{{}}', 'h',"
                    f" '2026-11-21 09:30:00+00:00', '{title}', '', '', '', '', '{{}}', '{{}}')"))
        migrations.upgrade(empty_database_url)
        assert rows("SELECT tiktok_shop_id, settings FROM shop") == {
            "1": {}, "2": {"products": {"auto_pull": True}, "orders": {"retry_orders": False}},
            "3": {"products": {"stock_reserve": 2, "rules": {"price.update": "tts"}}}}
        assert rows("SELECT external_id, hub_rules FROM store_product") == {"1": {}, "2": {"name.create": "connector", "name.update": "connector"}}
        assert rows("SELECT external_id, hub_threshold FROM store_product") == {"1": {}, "2": {}}
        assert migrations.differences(empty_database_url) == []
        migrations.downgrade(empty_database_url, "0006")
        assert rows("SELECT tiktok_shop_id, settings FROM shop") == kept
        migrations.upgrade(empty_database_url)
        assert rows("SELECT tiktok_shop_id, settings FROM shop")["3"]["products"]["rules"] == {"price.update": "tts"}
    finally:
        db.engine.dispose()

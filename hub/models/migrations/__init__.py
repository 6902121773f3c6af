"""The database's versions: `shopbridge migrate` brings one to the newest (`upgrade`), or to a named one.

On SQLite foreign keys are off while a migration runs: batch mode copies, drops and renames a table, and with them on
the drop would take the child rows along, without an error (`stack.md` 5). They are checked afterwards.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text

from hub import models

HERE = Path(__file__).parent
# All starters of one hub take this lock of PostgreSQL, so that one migrates and the others wait.
_LOCK = 7_203_115


class BrokenKeys(Exception):
    """After a migration rows point at rows that are not there. Nothing was committed."""


def upgrade(url: str, to: str = "head") -> None:
    """Brings the database at this address to a version, the newest by default. Safe for several starters at once."""
    _run(url, lambda config: command.upgrade(config, to))


def downgrade(url: str, to: str) -> None:
    """Back to a version; `base` takes all tables away."""
    _run(url, lambda config: command.downgrade(config, to))


def current(url: str) -> str | None:
    """The version that the database has; None for an empty one."""
    engine = models.engine_for(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def newest() -> str | None:
    """The version that this program wants."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def differences(url: str) -> list[object]:
    """What the database's tables and the models disagree about; empty when they fit."""
    models.load_all()
    engine = models.engine_for(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, models.Base.metadata))
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config


def _run(url: str, step: object) -> None:
    """One transaction around the whole step: after an error the database is as it was."""
    models.load_all()
    is_sqlite = url.startswith("sqlite")
    engine = create_engine(url.replace("postgres://", "postgresql://", 1))
    if is_sqlite:
        event.listen(engine, "connect", _bare)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN EXCLUSIVE"))
    try:
        with engine.connect() as connection, connection.begin():
            if not is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            config = _config()
            config.attributes["connection"] = connection
            step(config)  # type: ignore[operator]
            if is_sqlite:
                _check_keys(connection)
    finally:
        engine.dispose()


def _bare(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=OFF"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _check_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise BrokenKeys(f"{len(broken)} rows of {tables} point at rows that are not there")

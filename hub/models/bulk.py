"""Many rows into one table at the speed of the driver: a page of a catalogue is thousands of rows.

SQLAlchemy's own ways build a dictionary of parameters for each row, which costs more than the database does. Here each value
goes through its column's type once, and then straight to the driver: `executemany` on SQLite, COPY into a temporary table and one
merge on PostgreSQL. It all happens inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

# Below this a temporary table costs more than it saves.
COPY_FROM = 50
_NONE_YET: Any = object()


def upsert(session: Session, model: Any, rows: Sequence[Mapping[str, Any]], keys: Sequence[str], update: Sequence[str] = ()) -> None:
    """Inserts the rows; one whose ``keys`` exist already gets its ``update`` columns anew, or stays as it is where none are named.

    All rows have the same columns; the model's own defaults fill in the others. No key comes twice.
    """
    if not rows:
        return
    table: Table = model.__table__
    defaults = {column.name: column.default for column in table.columns if column.default is not None and column.name not in rows[0]}
    if defaults:
        rows = [{**row, **{name: _default(default) for name, default in defaults.items()}} for row in rows]
    columns = list(rows[0])
    session.flush()
    connection = session.connection()
    values = list(_values(table, columns, rows, connection.dialect))
    if connection.dialect.name == "postgresql" and len(rows) >= COPY_FROM:
        _by_copy(connection, table, columns, values, keys, update)
        return
    make: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = _merging(make(table), keys, update)
    compiled = statement.compile(dialect=connection.dialect, column_keys=columns)
    text = str(compiled)
    if compiled.positional:
        in_order = _picker([columns.index(name) for name in compiled.positiontup or ()])
        connection.exec_driver_sql(text, [in_order(row) for row in values])
    else:
        connection.exec_driver_sql(text, [dict(zip(columns, row, strict=True)) for row in values])


def _default(default: Any) -> Any:
    return default.arg(None) if default.is_callable else default.arg


def _merging(statement: Any, keys: Sequence[str], update: Sequence[str]) -> Any:
    if not update:
        return statement.on_conflict_do_nothing(index_elements=list(keys))
    return statement.on_conflict_do_update(index_elements=list(keys), set_={name: statement.excluded[name] for name in update})


def _picker(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    if len(places) == 1:
        return lambda row: (row[places[0]],)
    return itemgetter(*places)


def _values(table: Table, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> Iterator[tuple[Any, ...]]:
    """Each row's values in the columns' order, as the driver takes them. A value that a column has in one row after the other, as
    the time of a pull, is worked out once."""
    pick = itemgetter(*columns)
    changed = [(place, processor) for place, name in enumerate(columns)
               if (processor := table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) is not None]
    given = [_NONE_YET] * len(columns)
    taken: list[Any] = given.copy()
    for row in rows:
        values = list(pick(row))
        for place, processor in changed:
            value = values[place]
            if value is not given[place]:
                given[place], taken[place] = value, processor(value)
            values[place] = taken[place]
        yield tuple(values)


def _by_copy(connection: Connection, table: Table, columns: Sequence[str], values: Sequence[tuple[Any, ...]], keys: Sequence[str],
             update: Sequence[str]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in columns)
    incoming, target = quote(f"incoming_{table.name}"), quote(table.name)
    action = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in update)
    merge = f"DO UPDATE SET {action}" if update else "DO NOTHING"
    connection.exec_driver_sql(  # nothing here comes from outside: names of our own tables and columns
        f"CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS SELECT {names} FROM {target} WITH NO DATA")  # noqa: S608
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(f"COPY {incoming} ({names}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
    finally:
        cursor.close()
    connection.exec_driver_sql(
        f"INSERT INTO {target} ({names}) SELECT {names} FROM {incoming} "  # noqa: S608
        f"ON CONFLICT ({', '.join(quote(name) for name in keys)}) {merge}")
    connection.exec_driver_sql(f"DROP TABLE {incoming}")


__all__ = ["upsert"]

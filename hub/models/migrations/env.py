"""What Alembic runs: over the connection that `hub.models.migrations` opened for it."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, BigInteger, Enum

from hub.models import Base, Moment

connection = context.config.attributes["connection"]


def written_as(kind: str, column_type: Any, autogen: Any) -> str | Literal[False]:
    """Our own types in a migration as what they are in the database: a migration outlives the classes."""
    if kind != "type":
        return False
    if isinstance(column_type, Moment):
        return "sa.DateTime(timezone=True)"
    if isinstance(column_type, Enum):
        return f"sa.String(length={column_type.length})"
    if isinstance(column_type, JSON):
        return "JSON"
    if isinstance(column_type, BigInteger) and column_type._variant_mapping:
        return "NUMBER"
    return False


context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=written_as,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

"""A row's name for its seals is its own: a sealed secret can't be copied to another row together with it (S-06)."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("connection", "tiktok_app", "tiktok_grant")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(f"ix_{table}_seal_id", table, ["seal_id"], unique=True)


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_seal_id", table_name=table)

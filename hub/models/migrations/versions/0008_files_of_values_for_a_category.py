"""CSV files with values for all products of a category are kept with their rows until they are applied and old."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "csv_upload",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("shop_id", NUMBER, nullable=False),
        sa.Column("mapping_id", NUMBER, nullable=False),
        sa.Column("category_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("says", sa.String(length=1000), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("header", JSON, nullable=False),
        sa.Column("valid", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=254), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_csv_upload_connection_id_connection"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_csv_upload_shop_id_shop"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["mapping_id"], ["category_mapping.id"], name=op.f("fk_csv_upload_mapping_id_category_mapping"),
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_csv_upload")),
    )
    for column in ("connection_id", "mapping_id", "created_at"):
        op.create_index(op.f(f"ix_csv_upload_{column}"), "csv_upload", [column])
    op.create_table(
        "csv_row",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("upload_id", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("listing_id", NUMBER, nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("causes", JSON, nullable=False),
        sa.Column("cells", JSON, nullable=True),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["csv_upload.id"], name=op.f("fk_csv_row_upload_id_csv_upload"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_csv_row_listing_id_listing"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_csv_row")),
        sa.UniqueConstraint("upload_id", "number", name=op.f("uq_csv_row_upload_id_number")),
    )
    op.create_index(op.f("ix_csv_row_listing_id"), "csv_row", ["listing_id"])
    op.create_index("ix_csv_row_upload_state", "csv_row", ["upload_id", "state", "number"])
    op.create_index("ix_csv_row_upload_listing", "csv_row", ["upload_id", "listing_id"])


def downgrade() -> None:
    op.drop_table("csv_row")
    op.drop_table("csv_upload")

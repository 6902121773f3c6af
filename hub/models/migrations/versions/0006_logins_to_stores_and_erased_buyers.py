"""A store's login can be renewed and asked for on its own consent page; a buyer's data that was erased stays so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "store_login",
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("renewing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renewals", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_store_login_connection_id_connection"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_store_login")),
    )
    op.add_column("order_link", sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("oauth_state") as batch:
        batch.alter_column("app_id", existing_type=NUMBER, nullable=True)


def downgrade() -> None:
    # What an older version can't know: a consent page that is not TikTok Shop's.
    op.execute("DELETE FROM oauth_state WHERE app_id IS NULL")
    with op.batch_alter_table("oauth_state") as batch:
        batch.alter_column("app_id", existing_type=NUMBER, nullable=False)
    with op.batch_alter_table("order_link") as batch:
        batch.drop_column("redacted_at")
    op.drop_table("store_login")

"""The products list shows what changed last; a million rows need not be sorted for that."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_listing_shop_updated", "listing", ["shop_id", "updated_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_listing_shop_updated", table_name="listing")

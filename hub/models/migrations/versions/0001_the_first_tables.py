"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "connection",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("paused_because", sa.String(length=500), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("secrets_sealed", sa.Text(), nullable=True),
        sa.Column("hook_key", sa.String(length=32), nullable=False),
        sa.Column("hook_secret_sealed", sa.Text(), nullable=True),
        sa.Column("old_hook_secret_sealed", sa.Text(), nullable=True),
        sa.Column("old_hook_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handshake_key", sa.String(length=64), nullable=False),
        sa.Column("handshake_state", sa.String(length=32), nullable=False),
        sa.Column("store", JSON, nullable=False),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("wizard", JSON, nullable=False),
        sa.Column("has_plugin", sa.Boolean(), nullable=False),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=True),
        sa.Column("missed_events", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("handshake_key", name=op.f("uq_connection_handshake_key")),
        sa.UniqueConstraint("hook_key", name=op.f("uq_connection_hook_key")),
    )
    op.create_table(
        "lane",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lane")),
    )
    op.create_table(
        "leader",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leader")),
    )
    op.create_table(
        "tiktok_app",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("app_key", sa.String(length=120), nullable=False),
        sa.Column("app_secret_sealed", sa.Text(), nullable=True),
        sa.Column("service_id", sa.String(length=120), nullable=False),
        sa.Column("api_host", sa.String(length=300), nullable=False),
        sa.Column("token_host", sa.String(length=300), nullable=False),
        sa.Column("consent_host", sa.String(length=300), nullable=False),
        sa.Column("is_practice", sa.Boolean(), nullable=False),
        sa.Column("owner_id", NUMBER, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["connection.id"], name=op.f("fk_tiktok_app_owner_id_connection"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tiktok_app")),
        sa.UniqueConstraint("app_key", name=op.f("uq_tiktok_app_app_key")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
    )
    op.create_index(
        "uq_user_account_email_live",
        "user_account",
        [sa.text("lower(email)")],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("abilities", JSON, nullable=False),
        sa.Column("made_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_api_token_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_connection_id"), ["connection_id"], unique=False)

    op.create_table(
        "change",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", NUMBER, nullable=True),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("connection_id", NUMBER, nullable=True),
        sa.Column("what", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("after", JSON, nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_change_connection_id_connection"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_change_user_id_user_account"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_at"), ["at"], unique=False)
        batch_op.create_index("ix_change_connection_at", ["connection_id", "at"], unique=False)

    op.create_table(
        "inbox_event",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("connection_id", NUMBER, nullable=True),
        sa.Column("app_id", NUMBER, nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("event", JSON, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["app_id"], ["tiktok_app.id"], name=op.f("fk_inbox_event_app_id_tiktok_app"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_inbox_event_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_event")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_inbox_event_source_event_id")),
    )
    with op.batch_alter_table("inbox_event", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_event_connection_received", ["connection_id", "received_at"], unique=False)
        batch_op.create_index(
            "ix_inbox_event_new", ["id"], unique=False, sqlite_where=sa.text("state = 'new'"), postgresql_where=sa.text("state = 'new'")
        )

    op.create_table(
        "notice",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("connection_id", NUMBER, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_notice_connection_id_connection"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("about", name=op.f("uq_notice_about")),
    )
    op.create_table(
        "oauth_state",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("app_id", NUMBER, nullable=False),
        sa.Column("bound_to", sa.String(length=80), nullable=False),
        sa.Column("grant_id", NUMBER, nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["app_id"], ["tiktok_app.id"], name=op.f("fk_oauth_state_app_id_tiktok_app"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_oauth_state_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_state")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_oauth_state_state_hash")),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_sign_in_link_user_id_user_account"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_link_token_hash")),
    )
    with op.batch_alter_table("sign_in_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_link_user_id"), ["user_id"], unique=False)

    op.create_table(
        "store_product",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("image_url", sa.String(length=2000), nullable=False),
        sa.Column("category_id", sa.String(length=64), nullable=False),
        sa.Column("category_path", sa.String(length=1000), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("store_updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hub_title", sa.String(length=300), nullable=False),
        sa.Column("hub_description", sa.Text(), nullable=False),
        sa.Column("hub_category_id", sa.String(length=64), nullable=False),
        sa.Column("hub_brand_id", sa.String(length=64), nullable=False),
        sa.Column("hub_brand_name", sa.String(length=200), nullable=False),
        sa.Column("hub_attributes", JSON, nullable=False),
        sa.Column("hub_package", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_store_product_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_product")),
        sa.UniqueConstraint("connection_id", "external_id", name=op.f("uq_store_product_connection_id_external_id")),
    )
    with op.batch_alter_table("store_product", schema=None) as batch_op:
        batch_op.create_index("ix_store_product_connection_category", ["connection_id", "category_id"], unique=False)
        batch_op.create_index("ix_store_product_connection_sku", ["connection_id", "sku"], unique=False)
        batch_op.create_index("ix_store_product_connection_title", ["connection_id", "title"], unique=False)

    op.create_table(
        "tiktok_grant",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("app_id", NUMBER, nullable=False),
        sa.Column("open_id", sa.String(length=120), nullable=False),
        sa.Column("seller_name", sa.String(length=200), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("access_token_sealed", sa.Text(), nullable=True),
        sa.Column("access_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refresh_token_sealed", sa.Text(), nullable=True),
        sa.Column("refresh_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refreshing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refreshes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["tiktok_app.id"], name=op.f("fk_tiktok_grant_app_id_tiktok_app")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tiktok_grant")),
        sa.UniqueConstraint("app_id", "open_id", name=op.f("uq_tiktok_grant_app_id_open_id")),
    )
    op.create_table(
        "user_connection",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_user_connection_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_connection_user_id_user_account"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_connection")),
        sa.UniqueConstraint("user_id", "connection_id", name=op.f("uq_user_connection_user_id_connection_id")),
    )
    op.create_table(
        "watermark",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_watermark_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watermark")),
        sa.UniqueConstraint("connection_id", "name", name=op.f("uq_watermark_connection_id_name")),
    )
    op.create_table(
        "shop",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("grant_id", NUMBER, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=True),
        sa.Column("tiktok_shop_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("cipher", sa.String(length=200), nullable=False),
        sa.Column("seller_type", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("warehouse_id", sa.String(length=64), nullable=False),
        sa.Column("warehouses", JSON, nullable=False),
        sa.Column("providers", JSON, nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("hooks_registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_shop_connection_id_connection")),
        sa.ForeignKeyConstraint(["grant_id"], ["tiktok_grant.id"], name=op.f("fk_shop_grant_id_tiktok_grant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
        sa.UniqueConstraint("grant_id", "tiktok_shop_id", name=op.f("uq_shop_grant_id_tiktok_shop_id")),
    )
    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_connection_id"), ["connection_id"], unique=False)
        batch_op.create_index("ix_shop_tiktok_shop_id", ["tiktok_shop_id"], unique=False)

    op.create_table(
        "store_variant",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("product_id", NUMBER, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("barcode", sa.String(length=64), nullable=False),
        sa.Column("image_url", sa.String(length=2000), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_store_variant_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["store_product.id"], name=op.f("fk_store_variant_product_id_store_product"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_variant")),
        sa.UniqueConstraint("product_id", "external_id", name=op.f("uq_store_variant_product_id_external_id")),
    )
    with op.batch_alter_table("store_variant", schema=None) as batch_op:
        batch_op.create_index("ix_store_variant_connection_external", ["connection_id", "external_id"], unique=False)
        batch_op.create_index("ix_store_variant_connection_sku", ["connection_id", "sku"], unique=False)

    op.create_table(
        "uploaded_image",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("grant_id", NUMBER, nullable=False),
        sa.Column("use_case", sa.String(length=40), nullable=False),
        sa.Column("source_url", sa.String(length=2000), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("uri", sa.String(length=500), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["tiktok_grant.id"], name=op.f("fk_uploaded_image_grant_id_tiktok_grant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploaded_image")),
        sa.UniqueConstraint("grant_id", "use_case", "content_hash", name=op.f("uq_uploaded_image_grant_id_use_case_content_hash")),
    )
    with op.batch_alter_table("uploaded_image", schema=None) as batch_op:
        batch_op.create_index("ix_uploaded_image_source", ["grant_id", "source_url"], unique=False)

    op.create_table(
        "category_detail",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("shop_id", NUMBER, nullable=False),
        sa.Column("category_id", sa.String(length=64), nullable=False),
        sa.Column("attributes", JSON, nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_category_detail_shop_id_shop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_detail")),
        sa.UniqueConstraint("shop_id", "category_id", name=op.f("uq_category_detail_shop_id_category_id")),
    )
    op.create_table(
        "category_mapping",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("shop_id", NUMBER, nullable=False),
        sa.Column("store_category_id", sa.String(length=64), nullable=False),
        sa.Column("store_path", sa.String(length=1000), nullable=False),
        sa.Column("suggested_id", sa.String(length=64), nullable=False),
        sa.Column("category_id", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brand_id", sa.String(length=64), nullable=False),
        sa.Column("brand_name", sa.String(length=200), nullable=False),
        sa.Column("attributes", JSON, nullable=False),
        sa.Column("package", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_category_mapping_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_category_mapping_shop_id_shop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_mapping")),
        sa.UniqueConstraint("shop_id", "store_category_id", name=op.f("uq_category_mapping_shop_id_store_category_id")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("shop_id", NUMBER, nullable=False),
        sa.Column("tiktok_order_id", sa.String(length=64), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("store_orders", JSON, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("tiktok_total", sa.String(length=32), nullable=False),
        sa.Column("store_total", sa.String(length=32), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_ledger_entry_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_ledger_entry_shop_id_shop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("shop_id", "tiktok_order_id", name=op.f("uq_ledger_entry_shop_id_tiktok_order_id")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_connection_placed", ["connection_id", "placed_at"], unique=False)
        batch_op.create_index("ix_ledger_entry_shop_placed", ["shop_id", "placed_at"], unique=False)

    op.create_table(
        "listing",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("shop_id", NUMBER, nullable=False),
        sa.Column("product_id", NUMBER, nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=True),
        sa.Column("tiktok_product_id", sa.String(length=64), nullable=True),
        sa.Column("tiktok_status", sa.String(length=40), nullable=False),
        sa.Column("tiktok_audit", sa.String(length=40), nullable=False),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("taken_down", sa.Boolean(), nullable=False),
        sa.Column("pushed_hash", sa.String(length=64), nullable=False),
        sa.Column("intent_key", sa.String(length=64), nullable=False),
        sa.Column("intent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_listing_connection_id_connection"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["product_id"], ["store_product.id"], name=op.f("fk_listing_product_id_store_product"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_listing_shop_id_shop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("shop_id", "product_id", name=op.f("uq_listing_shop_id_product_id")),
        sa.UniqueConstraint("shop_id", "tiktok_product_id", name=op.f("uq_listing_shop_id_tiktok_product_id")),
    )
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.create_index("ix_listing_connection_state", ["connection_id", "state"], unique=False)
        batch_op.create_index("ix_listing_shop_state", ["shop_id", "state"], unique=False)

    op.create_table(
        "order_link",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=False),
        sa.Column("shop_id", NUMBER, nullable=False),
        sa.Column("tiktok_order_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("tiktok_state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("buyer", sa.String(length=200), nullable=False),
        sa.Column("shipping_type", sa.String(length=16), nullable=False),
        sa.Column("order", JSON, nullable=False),
        sa.Column("raw", JSON, nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ship_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tiktok_updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("store_order_id", sa.String(length=64), nullable=False),
        sa.Column("store_number", sa.String(length=64), nullable=False),
        sa.Column("store_state", sa.String(length=40), nullable=False),
        sa.Column("store_total", sa.BigInteger(), nullable=True),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("created_in_store_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("intent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parcels", JSON, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_order_link_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_order_link_shop_id_shop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_link")),
        sa.UniqueConstraint("shop_id", "tiktok_order_id", name=op.f("uq_order_link_shop_id_tiktok_order_id")),
    )
    with op.batch_alter_table("order_link", schema=None) as batch_op:
        batch_op.create_index("ix_order_link_connection_placed", ["connection_id", "placed_at"], unique=False)
        batch_op.create_index("ix_order_link_connection_state", ["connection_id", "state"], unique=False)
        batch_op.create_index("ix_order_link_store_order", ["connection_id", "store_order_id"], unique=False)

    op.create_table(
        "schedule",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("connection_id", NUMBER, nullable=True),
        sa.Column("shop_id", NUMBER, nullable=True),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("args", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_schedule_connection_id_connection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_schedule_shop_id_shop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedule_next_at"), ["next_at"], unique=False)

    op.create_table(
        "store_offer",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("variant_id", NUMBER, nullable=False),
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("effective_price", sa.BigInteger(), nullable=False),
        sa.Column("compare_at", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("tax_included", sa.Boolean(), nullable=False),
        sa.Column("salable", sa.BigInteger(), nullable=False),
        sa.Column("backorders", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["store_variant.id"], name=op.f("fk_store_offer_variant_id_store_variant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_offer")),
        sa.UniqueConstraint("variant_id", "scope", name=op.f("uq_store_offer_variant_id_scope")),
    )
    op.create_table(
        "task",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("connection_id", NUMBER, nullable=True),
        sa.Column("shop_id", NUMBER, nullable=True),
        sa.Column("parent_id", NUMBER, nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("lane", sa.String(length=120), nullable=True),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("args", JSON, nullable=False),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("says", sa.String(length=1000), nullable=False),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("backoff", sa.Boolean(), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("woken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=254), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_task_connection_id_connection"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["task.id"], name=op.f("fk_task_parent_id_task"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_task_shop_id_shop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index("ix_task_connection_created", ["connection_id", "created_at"], unique=False)
        batch_op.create_index(
            "ix_task_due", ["run_at"], unique=False, sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'")
        )
        batch_op.create_index(
            "ix_task_lane", ["lane"], unique=False, sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'")
        )
        batch_op.create_index(
            "ix_task_leases",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.create_index(batch_op.f("ix_task_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "ix_task_shown",
            ["connection_id", "id"],
            unique=False,
            sqlite_where=sa.text("shown IS 1"),
            postgresql_where=sa.text("shown IS true"),
        )
        batch_op.create_index(
            "uq_task_waiting",
            ["kind", "lane"],
            unique=True,
            sqlite_where=sa.text("state IN ('queued', 'held')"),
            postgresql_where=sa.text("state IN ('queued', 'held')"),
        )

    op.create_table(
        "tiktok_category",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("shop_id", NUMBER, nullable=False),
        sa.Column("category_id", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("is_leaf", sa.Boolean(), nullable=False),
        sa.Column("permissions", JSON, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_tiktok_category_shop_id_shop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tiktok_category")),
        sa.UniqueConstraint("shop_id", "category_id", name=op.f("uq_tiktok_category_shop_id_category_id")),
    )
    with op.batch_alter_table("tiktok_category", schema=None) as batch_op:
        batch_op.create_index("ix_tiktok_category_shop_parent", ["shop_id", "parent_id"], unique=False)

    op.create_table(
        "item",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("task_id", NUMBER, nullable=False),
        sa.Column("parent_id", NUMBER, nullable=False),
        sa.Column("subject", NUMBER, nullable=False),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.Column("lane", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("says", sa.String(length=1000), nullable=False),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["task.id"], name=op.f("fk_item_parent_id_task"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_item_task_id_task"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("parent_id", "subject", name=op.f("uq_item_parent_id_subject")),
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_index("ix_item_parent_outcome", ["parent_id", "outcome"], unique=False)
        batch_op.create_index("ix_item_task_state", ["task_id", "state"], unique=False)

    op.create_table(
        "listing_event",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("listing_id", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("says", sa.String(length=1000), nullable=False),
        sa.Column("data", JSON, nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_listing_event_listing_id_listing"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_event")),
    )
    with op.batch_alter_table("listing_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_event_listing_id"), ["listing_id"], unique=False)

    op.create_table(
        "listing_sku",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("listing_id", NUMBER, nullable=False),
        sa.Column("shop_id", NUMBER, nullable=False),
        sa.Column("variant_id", NUMBER, nullable=False),
        sa.Column("tiktok_sku_id", sa.String(length=64), nullable=False),
        sa.Column("seller_sku", sa.String(length=64), nullable=False),
        sa.Column("sent_price", sa.BigInteger(), nullable=True),
        sa.Column("sent_stock", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_listing_sku_listing_id_listing"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_listing_sku_shop_id_shop"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["store_variant.id"], name=op.f("fk_listing_sku_variant_id_store_variant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_sku")),
        sa.UniqueConstraint("listing_id", "variant_id", name=op.f("uq_listing_sku_listing_id_variant_id")),
        sa.UniqueConstraint("shop_id", "tiktok_sku_id", name=op.f("uq_listing_sku_shop_id_tiktok_sku_id")),
    )
    with op.batch_alter_table("listing_sku", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_sku_variant_id"), ["variant_id"], unique=False)

    op.create_table(
        "order_effect",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("link_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["link_id"], ["order_link.id"], name=op.f("fk_order_effect_link_id_order_link"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_effect")),
        sa.UniqueConstraint("link_id", "kind", "key", name=op.f("uq_order_effect_link_id_kind_key")),
    )
    op.create_table(
        "order_event",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("link_id", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("says", sa.String(length=1000), nullable=False),
        sa.Column("data", JSON, nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["link_id"], ["order_link.id"], name=op.f("fk_order_event_link_id_order_link"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_event")),
    )
    with op.batch_alter_table("order_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_event_link_id"), ["link_id"], unique=False)

    op.create_table(
        "order_unit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("link_id", NUMBER, nullable=False),
        sa.Column("line_id", sa.String(length=64), nullable=False),
        sa.Column("tiktok_sku_id", sa.String(length=64), nullable=False),
        sa.Column("variant_id", NUMBER, nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["order_link.id"], name=op.f("fk_order_unit_link_id_order_link"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["store_variant.id"], name=op.f("fk_order_unit_variant_id_store_variant"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_unit")),
        sa.UniqueConstraint("link_id", "line_id", name=op.f("uq_order_unit_link_id_line_id")),
    )
    with op.batch_alter_table("order_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_unit_variant_id"), ["variant_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("order_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_unit_variant_id"))

    op.drop_table("order_unit")
    with op.batch_alter_table("order_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_event_link_id"))

    op.drop_table("order_event")
    op.drop_table("order_effect")
    with op.batch_alter_table("listing_sku", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_listing_sku_variant_id"))

    op.drop_table("listing_sku")
    with op.batch_alter_table("listing_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_listing_event_listing_id"))

    op.drop_table("listing_event")
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.drop_index("ix_item_task_state")
        batch_op.drop_index("ix_item_parent_outcome")

    op.drop_table("item")
    with op.batch_alter_table("tiktok_category", schema=None) as batch_op:
        batch_op.drop_index("ix_tiktok_category_shop_parent")

    op.drop_table("tiktok_category")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_task_waiting", sqlite_where=sa.text("state IN ('queued', 'held')"), postgresql_where=sa.text("state IN ('queued', 'held')")
        )
        batch_op.drop_index("ix_task_shown", sqlite_where=sa.text("shown IS 1"), postgresql_where=sa.text("shown IS true"))
        batch_op.drop_index(batch_op.f("ix_task_parent_id"))
        batch_op.drop_index("ix_task_leases", sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"))
        batch_op.drop_index("ix_task_lane", sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
        batch_op.drop_index("ix_task_due", sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
        batch_op.drop_index("ix_task_connection_created")

    op.drop_table("task")
    op.drop_table("store_offer")
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schedule_next_at"))

    op.drop_table("schedule")
    with op.batch_alter_table("order_link", schema=None) as batch_op:
        batch_op.drop_index("ix_order_link_store_order")
        batch_op.drop_index("ix_order_link_connection_state")
        batch_op.drop_index("ix_order_link_connection_placed")

    op.drop_table("order_link")
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.drop_index("ix_listing_shop_state")
        batch_op.drop_index("ix_listing_connection_state")

    op.drop_table("listing")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entry_shop_placed")
        batch_op.drop_index("ix_ledger_entry_connection_placed")

    op.drop_table("ledger_entry")
    op.drop_table("category_mapping")
    op.drop_table("category_detail")
    with op.batch_alter_table("uploaded_image", schema=None) as batch_op:
        batch_op.drop_index("ix_uploaded_image_source")

    op.drop_table("uploaded_image")
    with op.batch_alter_table("store_variant", schema=None) as batch_op:
        batch_op.drop_index("ix_store_variant_connection_sku")
        batch_op.drop_index("ix_store_variant_connection_external")

    op.drop_table("store_variant")
    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.drop_index("ix_shop_tiktok_shop_id")
        batch_op.drop_index(batch_op.f("ix_shop_connection_id"))

    op.drop_table("shop")
    op.drop_table("watermark")
    op.drop_table("user_connection")
    op.drop_table("tiktok_grant")
    with op.batch_alter_table("store_product", schema=None) as batch_op:
        batch_op.drop_index("ix_store_product_connection_title")
        batch_op.drop_index("ix_store_product_connection_sku")
        batch_op.drop_index("ix_store_product_connection_category")

    op.drop_table("store_product")
    with op.batch_alter_table("sign_in_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_link_user_id"))

    op.drop_table("sign_in_link")
    op.drop_table("oauth_state")
    op.drop_table("notice")
    with op.batch_alter_table("inbox_event", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_event_new", sqlite_where=sa.text("state = 'new'"), postgresql_where=sa.text("state = 'new'"))
        batch_op.drop_index("ix_inbox_event_connection_received")

    op.drop_table("inbox_event")
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.drop_index("ix_change_connection_at")
        batch_op.drop_index(batch_op.f("ix_change_at"))

    op.drop_table("change")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_connection_id"))

    op.drop_table("api_token")
    op.drop_table("user_account")
    op.drop_table("tiktok_app")
    op.drop_table("leader")
    op.drop_table("lane")
    op.drop_table("connection")

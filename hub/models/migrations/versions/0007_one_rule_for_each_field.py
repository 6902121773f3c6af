"""Whose value a field has is one table of rules, per shop and per product; low stock can take a product off sale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")

SHOP = sa.table("shop", sa.column("id", NUMBER), sa.column("settings", JSON))
PRODUCT = sa.table("store_product", sa.column("id", NUMBER), sa.column("hub_title", sa.String()), sa.column("hub_rules", JSON))
# The switch of a shop that it was, and the rule that it is.
RULES = {"sync_price": "price.update", "sync_stock": "stock.update"}
OWN_TITLE = {"name.create": "connector", "name.update": "connector"}


def upgrade() -> None:
    with op.batch_alter_table("store_product") as batch:
        batch.add_column(sa.Column("hub_rules", JSON, nullable=False, server_default="{}"))
        batch.add_column(sa.Column("hub_threshold", JSON, nullable=False, server_default="{}"))
    with op.batch_alter_table("listing") as batch:
        batch.add_column(sa.Column("down_because", sa.String(length=20), nullable=False, server_default=""))
        batch.add_column(sa.Column("sent", JSON, nullable=False, server_default="{}"))
    _each_shop(_to_rules)
    # A title that a person wrote here went to TikTok Shop, and goes on doing so.
    op.execute(sa.update(PRODUCT).where(PRODUCT.c.hub_title != "").values(hub_rules=OWN_TITLE))


def downgrade() -> None:
    _each_shop(_to_switches)
    with op.batch_alter_table("listing") as batch:
        batch.drop_column("sent")
        batch.drop_column("down_because")
    with op.batch_alter_table("store_product") as batch:
        batch.drop_column("hub_threshold")
        batch.drop_column("hub_rules")


def _each_shop(changed: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
    connection = op.get_bind()
    for shop_id, settings in connection.execute(sa.select(SHOP.c.id, SHOP.c.settings)).all():
        if products := (settings or {}).get("products"):
            connection.execute(sa.update(SHOP).where(SHOP.c.id == shop_id).values(settings={**settings, "products": changed(products)}))


def _to_rules(products: Mapping[str, Any]) -> dict[str, Any]:
    off = {rule: "tts" for switch, rule in RULES.items() if products.get(switch) is False}
    kept = {name: value for name, value in products.items() if name not in RULES}
    return {**kept, "rules": {**products.get("rules", {}), **off}} if off else kept


def _to_switches(products: Mapping[str, Any]) -> dict[str, Any]:
    rules = products.get("rules", {})
    kept = {name: value for name, value in products.items() if name not in ("rules", "threshold", "threshold_mode")}
    return {**kept, **{switch: rules.get(rule) != "tts" for switch, rule in RULES.items()}}

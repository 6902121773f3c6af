"""What people choose for TikTok Shop: category, attributes and brand, of one product or of a whole category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import asking
from admin.base import hub
from hub.errors import HubError
from hub.flows import categories as category_flows
from hub.models.categories import CategoryMapping, TikTokCategory
from hub.models.products import StoreProduct


def confirmed(mapping: CategoryMapping | None) -> str:
    """The category that a person chose or confirmed; a suggestion alone lists nothing."""
    return mapping.category_id if mapping is not None and mapping.confirmed_at else ""


def mapping_of(db: Session, shop_id: int, product: StoreProduct) -> CategoryMapping | None:
    return db.scalars(
        select(CategoryMapping).where(CategoryMapping.shop_id == shop_id, CategoryMapping.store_category_id == product.category_id)
    ).first()


def category_of(db: Session, shop_id: int, category_id: str) -> TikTokCategory | None:
    if not category_id:
        return None
    return db.scalars(select(TikTokCategory).where(TikTokCategory.shop_id == shop_id, TikTokCategory.category_id == category_id)).first()


def asked_attributes(shop_id: int, category_id: str) -> list[Any]:
    """What the category asks for besides variants: from the cache, else read once from TikTok Shop."""
    try:
        with asking.patience(asking.LOOK_UP_S):
            attributes = category_flows.detail(hub(), shop_id, category_id).attributes
    except HubError as error:
        flash(f"What the category asks for can't be read now. {asking.why_not(error, 'TikTok Shop')}", "need")
        return []
    return sorted((a for a in attributes if not a.is_sales), key=lambda a: (not a.required, a.name))


def typed_attributes(asked: Sequence[Any], form: Mapping[str, str]) -> dict[str, Any]:
    """What was chosen or typed per attribute id: ``{"value_id", "text"}`` or ``{"from": store attribute}``; empty ones are left out."""
    values: dict[str, Any] = {}
    for a in asked:
        choice, text, source = (form.get(f"{part}-{a.attribute_id}", "").strip()[:500] for part in ("value", "text", "from"))
        if source:
            values[a.attribute_id] = {"from": source}
        elif choice and choice in dict(a.values):
            values[a.attribute_id] = {"value_id": choice, "text": dict(a.values)[choice]}
        elif text:
            values[a.attribute_id] = {"value_id": "", "text": text}
    return values


def picked_brand(form: Mapping[str, str]) -> tuple[str, str]:
    """(id, name) of the brand chosen in the list, else the one that stood there."""
    brand_id, _, name = form.get("brand_id", form.get("brand_now", "")).partition("|")
    return brand_id[:64], name[:200]

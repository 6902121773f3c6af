"""A shop's choices, read and written in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from hub.domain.settings import OrderSettings, ProductSettings, ShopSettings
from hub.models.shops import Shop
from hub.models.values import pack, unpack


def settings_of(shop: Shop) -> ShopSettings:
    """The shop's settings; what was never set has its default."""
    return ShopSettings(unpack(ProductSettings, shop.settings.get("products", {})),
                        unpack(OrderSettings, shop.settings.get("orders", {})))


def change_settings(session: Session, shop_id: int, part: str, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sets some of a part (``products`` or ``orders``); gives its values before and after, for the audit.

    Raises ``ValueError`` for a setting that does not exist or a value of the wrong kind.
    """
    kinds: dict[str, type[Any]] = {"products": ProductSettings, "orders": OrderSettings}
    kind = kinds[part]
    shop = session.get_one(Shop, shop_id)
    before = pack(unpack(kind, shop.settings.get(part, {})))
    if unknown := set(changes) - set(before):
        raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
    after = pack(unpack(kind, {**before, **changes}))
    shop.settings = {**shop.settings, part: after}
    return before, after

"""A shop's choices, and those of one product, read and written in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from hub.domain.settings import OrderSettings, ProductSettings, ShopSettings
from hub.models.connections import Connection
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.models.values import pack, unpack
from hub.rules.field_sources import CREATE, UPDATE, Choices, Source, Sources, not_offered, rule_name, sources
from hub.rules.stock import LowStock
from hub.stores import PLATFORMS


def settings_of(shop: Shop) -> ShopSettings:
    """The shop's settings; what was never set has its default."""
    return ShopSettings(unpack(ProductSettings, shop.settings.get("products", {})),
                        unpack(OrderSettings, shop.settings.get("orders", {})))


def change_settings(session: Session, shop_id: int, part: str, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sets some of a part (``products`` or ``orders``); gives its values before and after, for the audit.

    Raises ``ValueError`` for a setting that does not exist, a value of the wrong kind, or one that this store system does not offer.
    """
    kinds: dict[str, type[Any]] = {"products": ProductSettings, "orders": OrderSettings}
    kind = kinds[part]
    shop = session.get_one(Shop, shop_id)
    before = pack(unpack(kind, shop.settings.get(part, {})))
    if unknown := set(changes) - set(before):
        raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
    if part == "products":
        changes = _checked(session, shop, changes)
    after = pack(unpack(kind, {**before, **changes}))
    shop.settings = {**shop.settings, part: after}
    return before, after


def _checked(session: Session, shop: Shop, changes: Mapping[str, Any]) -> dict[str, Any]:
    checked = dict(changes)
    if "rules" in checked:
        checked["rules"] = _offered(choices_of(session, shop), checked["rules"])
    if "threshold_mode" in checked:
        checked["threshold_mode"] = LowStock(checked["threshold_mode"]).value
    if int(checked.get("threshold") or 0) < 0:
        raise ValueError("The threshold has to be 0 or more.")
    return checked


def _offered(choices: Choices, rules: Mapping[str, str]) -> dict[str, str]:
    """The rules that were really chosen. Raises ``ValueError`` for one that is not offered (RUL-06)."""
    chosen = {name: value for name, value in rules.items() if value}
    if refused := not_offered(choices, chosen):
        raise ValueError(f"Not offered for this store: {', '.join(f'{name} = {chosen[name]}' for name in refused)}")
    return chosen


def choices_of(session: Session, shop: Shop) -> Choices:
    """What the shop's store system offers for each field (features.md 34.1)."""
    connection = session.get(Connection, shop.connection_id) if shop.connection_id is not None else None
    platform = PLATFORMS.get(connection.platform) if connection is not None else None
    return platform.rule_choices if platform is not None else {}


def sources_of(session: Session, shop: Shop, product: StoreProduct) -> Sources:
    """Whose value each field of this product has in this shop."""
    return sources(choices_of(session, shop), settings_of(shop).products.rules, product.hub_rules or {})


def change_rules(session: Session, shop: Shop, product: StoreProduct, rules: Mapping[str, str]) -> None:
    """Sets the product's own rules; one that is empty gives way to the shop's (DET-02). Raises ``ValueError``."""
    product.hub_rules = _offered(choices_of(session, shop), rules)


def change_threshold(product: StoreProduct, *, number: int = 0, mode: str = "", exclude: bool = False) -> None:
    """Sets the product's own threshold, or that none applies to it (INV-09, INV-10). Raises ``ValueError`` for an unknown mode."""
    if mode:
        LowStock(mode)
    own = {"number": number, "mode": mode} if number else {}
    product.hub_threshold = {"exclude": True} if exclude else {name: value for name, value in own.items() if value}


def change_title(product: StoreProduct, title: str) -> None:
    """Sets the product's title for TikTok Shop. Who writes one wants it there: where the product has no rule of its own, that is it."""
    rules = dict(product.hub_rules or {})
    names = [rule_name("name", moment) for moment in (CREATE, UPDATE)]
    if title and not product.hub_title:
        rules = {**dict.fromkeys(names, Source.CONNECTOR.value), **rules}
    elif not title:
        rules = {name: value for name, value in rules.items() if not (name in names and value == Source.CONNECTOR)}
    product.hub_title, product.hub_rules = title, rules

"""A shop's choices, as the rules read them. Defaults are the guides', else ours (features.md 34.2, 34.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSettings:
    """How products go to TikTok Shop. Package size in whole numbers (ATT-09), weight in the unit named.

    ``rules``: whose value a field has, by ``<field>.<moment>`` (`hub.rules.field_sources`). ``threshold``: fewer pieces than that are
    too few, 0 = off; ``threshold_mode`` as in `hub.rules.stock`.
    """

    package_length: int | None = None
    package_width: int | None = None
    package_height: int | None = None
    dimension_unit: str = "CENTIMETER"
    package_weight: Decimal | None = None
    weight_unit: str = "KILOGRAM"
    brand_id: str = ""
    brand_name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    barcode_type: str = ""      # GTIN, EAN, UPC or ISBN for all codes; empty: told by their digits
    auto_pull: bool = False
    auto_push: bool = False
    stock_reserve: int = 0
    rules: Mapping[str, str] = field(default_factory=dict)
    threshold: int = 0
    threshold_mode: str = "out_of_stock"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSettings:
    """How orders go to the store."""

    payment_title: str = "TikTokPAY"
    retry_orders: bool = True
    sync_tiktok_fulfilled: bool = False
    restock_cancelled: bool = True
    restock_returned: bool = False
    platform_shipping_waits: bool = False
    carriers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """All choices of one shop."""

    products: ProductSettings = field(default_factory=ProductSettings)
    orders: OrderSettings = field(default_factory=OrderSettings)

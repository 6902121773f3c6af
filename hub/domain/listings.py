"""A product's life on TikTok Shop: what we ask for, and what it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hub.domain.money import ZERO


class ListingState(StrEnum):
    """Where a listing stands.

    draft → ready → pushing → in_review → live; from each → needs_attention; live ⇄ off (taken down).
    ``needs_attention`` with a TikTok id is *Update Failed* (it stays live there), without one *Sync Failed*.
    """

    DRAFT = "draft"
    READY = "ready"
    PUSHING = "pushing"
    IN_REVIEW = "in_review"
    LIVE = "live"
    NEEDS_ATTENTION = "needs_attention"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSku:
    """A SKU to be listed. ``sales_attributes``: ``[(attribute id or "", name, value id or "", value), …]``."""

    variant_id: str
    seller_sku: str
    price: Decimal
    currency: str
    stock: int
    sales_attributes: tuple[tuple[str, str, str, str], ...] = ()
    barcode: str = ""
    barcode_type: str = ""
    image_url: str = ""
    tiktok_sku_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A complete listing, ready to be sent. Picture URLs are the store's; the client uploads them once each.

    ``attributes`` maps a TikTok attribute id to its values ``(value id or "", text)``.
    Package size is in whole numbers of ``dimension_unit``; weight is text in ``weight_unit``.
    """

    title: str
    description: str
    category_id: str
    image_urls: tuple[str, ...]
    skus: tuple[DraftSku, ...]
    warehouse_id: str
    brand_id: str = ""
    attributes: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    package: tuple[int, int, int] | None = None
    dimension_unit: str = "CENTIMETER"
    weight: str = ""
    weight_unit: str = "KILOGRAM"
    external_product_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TikTokSku:
    """A SKU as TikTok Shop has it; ``stock`` by warehouse id."""

    sku_id: str
    seller_sku: str
    price: Decimal = ZERO
    currency: str = ""
    stock: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    barcode: str = ""
    barcode_type: str = ""
    image_uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TikTokProduct:
    """A product as TikTok Shop has it.

    ``status`` is the wire's word (``ACTIVATE`` is live); ``audit`` NONE, AUDITING, FAILED, PRE_APPROVED or APPROVED.
    ``reasons``: why review refused it, ``[(where, reason, suggestion), …]`` in the platform's words.
    """

    product_id: str
    status: str
    audit: str
    title: str
    skus: tuple[TikTokSku, ...] = ()
    reasons: tuple[tuple[str, str, str], ...] = ()
    category_id: str = ""
    brand_id: str = ""
    description: str = ""
    image_url: str = ""
    image_uris: tuple[str, ...] = ()
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The answer to a create or edit: ids by seller SKU, and TikTok's warnings (accepted all the same)."""

    product_id: str
    sku_ids: Mapping[str, str]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRow:
    """What a store's own product grid shows of a listing (``PUT listings`` of ``contracts/plugins.md`` 3)."""

    product_id: str
    sku: str
    tiktok_product_id: str
    status: str
    problems: tuple[str, ...] = ()

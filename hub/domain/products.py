"""What a store sells, in words of no platform."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hub.domain.problems import Problem


class ProductKind(StrEnum):
    """How the store builds the product. Only the first two can be sold on TikTok Shop (PRD-15)."""

    SIMPLE = "simple"
    CONFIGURABLE = "configurable"
    VIRTUAL = "virtual"
    BUNDLE = "bundle"
    GROUPED = "grouped"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Measure:
    """A weight or a length with its unit (``g kg oz lb`` or ``mm cm m in ft``)."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Package size; all three in one unit."""

    length: Decimal
    width: Decimal
    height: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in the store, in the order in which the store shows it."""

    url: str
    position: int = 0
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture's file is: pixels, bytes, and ``jpeg png webp heic bmp`` or "" for what is none of them."""

    width: int
    height: int
    size: int
    kind: str


@dataclass(frozen=True, slots=True)
class VariantRef:
    """Names one sellable unit of a store. ``variant_id`` equals ``product_id`` in stores whose simple products have no variant."""

    product_id: str
    variant_id: str
    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One sellable unit. ``options`` in the store's order: ``{"Colour": "Blue", "Size": "M"}``."""

    variant_id: str
    sku: str
    options: Mapping[str, str] = field(default_factory=dict)
    barcode: str = ""
    image: Image | None = None
    weight: Measure | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A store's product with its variants; prices and stock are :class:`Offer` s, read apart.

    ``category_ids``/``category_paths`` are parallel (``"Men / Tops / Jackets"``), deepest category first.
    ``attributes`` maps a label of the store to its value in words. ``problems`` is what in the store keeps it from being sold on
    TikTok Shop and no rule can see; ``warnings`` are shown only. ``stock_synced`` is False where the store can't say how many of
    which variant there are: then TikTok Shop is told nothing about its stock (BIG-04).
    """

    product_id: str
    sku: str
    kind: ProductKind
    title: str
    description: str = ""
    images: tuple[Image, ...] = ()
    category_ids: tuple[str, ...] = ()
    category_paths: tuple[str, ...] = ()
    brand: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    weight: Measure | None = None
    dimensions: Dimensions | None = None
    variants: tuple[Variant, ...] = ()
    active: bool = True
    url: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    stock_synced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one variant costs in one store scope and how many can be sold now.

    ``price`` is the regular price, ``effective_price`` what a guest would pay today, ``compare_at`` the
    struck-through price if the store shows one. ``salable`` is what the store would still sell: reservations
    are already taken off. Prices are exact decimals; they may carry more digits than the currency (net prices).
    """

    ref: VariantRef
    scope: str
    price: Decimal
    effective_price: Decimal
    currency: str
    tax_included: bool
    salable: int
    compare_at: Decimal | None = None
    backorders: bool = False
    active: bool = True


def offer_hash(offer: Offer) -> str:
    """What a digest says of an offer, in stores whose digest is made by the adapter: it changes with what TikTok Shop must hear."""
    facts = (offer.price.normalize(), offer.effective_price.normalize(), offer.compare_at.normalize() if offer.compare_at is not None else "",
             offer.currency, offer.salable, offer.backorders, offer.active)
    return hashlib.sha256("|".join(map(str, facts)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class DigestRow:
    """A variant with an opaque hash over price, stock, status and content date (``contracts/plugins.md`` 3)."""

    product_id: str
    variant_id: str
    sku: str
    hash: str


@dataclass(frozen=True, slots=True)
class StoreCategory:
    """A category of the store; ``path`` is the whole way down, joined by `` / ``."""

    category_id: str
    parent_id: str
    name: str
    path: str

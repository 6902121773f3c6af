"""The neutral seed: what a practice store starts with, before any platform's own words.

The demo catalogue and the Luma loader (`hub.sandbox`) fill these values; each store simulator turns them into
its platform's products, categories and pictures. They carry a shop's raw material, flaws included: a missing SKU
or a missing dimension is data here, not an error. Prices are Decimal in the catalogue's currency, weights in
kilograms, lengths in centimetres.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

CategoryPath = tuple[str, ...]
"""Names from the top down, such as `("Home", "Kitchen", "Mugs")`; unique within a catalogue."""

Kind = Literal["simple", "configurable", "bundle", "virtual"]


@dataclass(frozen=True, slots=True)
class SeedImage:
    """A picture: a file on disk, or one that is drawn when first asked for.

    `name` is the file name under which a store serves it, unique in the catalogue (`mug-harbour-blue.jpg`).
    """

    name: str
    label: str = ""
    path: Path | None = None
    draw: Callable[[], bytes] | None = field(default=None, compare=False, repr=False)

    def data(self) -> bytes:
        """The picture's bytes. ValueError when the seed names neither a file nor a drawing."""
        if self.path is not None:
            return self.path.read_bytes()
        if self.draw is not None:
            return self.draw()
        raise ValueError(f"picture {self.name} has neither a file nor a drawing")


@dataclass(frozen=True, slots=True)
class SeedCategory:
    """A category by its path; parents are listed before their children."""

    path: CategoryPath
    description: str = ""
    active: bool = True

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class SeedVariant:
    """One sellable SKU of a configurable product: `options` maps each axis to its label."""

    sku: str
    options: dict[str, str]
    price: Decimal
    quantity: int
    special_price: Decimal | None = None
    weight_kg: Decimal | None = None
    ean: str = ""
    images: tuple[SeedImage, ...] = ()
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class SeedProduct:
    """One product as a merchant keeps it.

    `key` is stable and unique in the catalogue (sku may be empty in a deliberately flawed product).
    A configurable has `axes` (such as `("color", "size")`) and `variants`; its own price and quantity are unused.
    `attributes` are further facts by attribute code, as shown to a shopper (`{"material": "Stoneware"}`).
    """

    key: str
    sku: str
    name: str
    description: str
    price: Decimal
    kind: Kind = "simple"
    short_description: str = ""
    special_price: Decimal | None = None
    quantity: int = 0
    weight_kg: Decimal | None = None
    dimensions_cm: tuple[Decimal, Decimal, Decimal] | None = None
    categories: tuple[CategoryPath, ...] = ()
    brand: str = ""
    ean: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    images: tuple[SeedImage, ...] = ()
    axes: tuple[str, ...] = ()
    variants: tuple[SeedVariant, ...] = ()
    enabled: bool = True
    backorders: bool = False

    @property
    def skus(self) -> tuple[str, ...]:
        """Every SKU of the product: its own, then its variants'."""
        return (self.sku, *(variant.sku for variant in self.variants))


@dataclass(frozen=True, slots=True)
class SeedCatalogue:
    """A whole shop: categories (parents first) and products.

    `axis_labels` names each variant axis for people (`{"color": "Colour"}`).
    """

    name: str
    products: tuple[SeedProduct, ...]
    categories: tuple[SeedCategory, ...]
    currency: str = "GBP"
    axis_labels: dict[str, str] = field(default_factory=dict)

    @property
    def skus(self) -> tuple[str, ...]:
        """Every SKU of every product, in order."""
        return tuple(sku for product in self.products for sku in product.skus)

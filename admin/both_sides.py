"""A product's values on both sides, and where ours come from (CAT-09)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from admin.choices import confirmed
from admin.formatting import price_range
from admin.product_rows import VariantRow
from hub.flows.settings import settings_of
from hub.models.categories import CategoryMapping, TikTokCategory
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.rules.field_sources import CREATE, UPDATE, Sources, title_of


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of "Why is this value here?": who could have set it, what it says there, whether it won."""

    level: str
    text: str
    used: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A value on both sides, and where ours comes from (CAT-09)."""

    name: str
    ours: str
    theirs: str
    why: str
    ladder: Sequence[Rung] = ()
    change_url: str = ""

    @property
    def differs(self) -> bool:
        """Marked on the page. What we don't know of TikTok's side is no difference."""
        return bool(self.theirs) and self.ours != self.theirs


def both_sides(
    product: StoreProduct,
    shop: Shop | None,
    mapping: CategoryMapping | None,
    category: TikTokCategory | None,
    variants: Sequence[VariantRow],
    rules: Sources,
    is_there: bool,
) -> list[Compared]:
    settings = settings_of(shop).products if shop else None
    title = title_of(rules, UPDATE if is_there else CREATE, product.hub_title)
    keeps_title = is_there and rules.keeps("name")
    listing_url = request.path
    mapping_url = url_for("mappings.index", q=product.category_path[-60:]) if mapping else url_for("mappings.index")
    settings_url = url_for("settings.products")
    found = [
        Compared(
            "Title",
            product.title,
            title,
            "TikTok Shop keeps its own: sync rules" if keeps_title else "Set here, for this product" if title else "From your store",
            (
                Rung("This product", product.hub_title or "Nothing set here", bool(title)),
                Rung("Your store", product.title, not title and not keeps_title),
            ),
            "#own" if title or not product.hub_title else "#rules",
        ),
    ]
    path = category.path if category else ""
    own, by_mapping = bool(product.hub_category_id), bool(confirmed(mapping))
    found.append(
        Compared(
            "Category",
            product.category_path or "No category",
            path or "Not chosen yet",
            "Chosen for this product" if own else "From the mapping" if by_mapping else "Nobody has chosen yet",
            (
                Rung("This product", path if own else "Nothing set here", own),
                Rung("Mapping", path if by_mapping and not own else "", by_mapping and not own),
            ),
            f"{listing_url}category",
        )
    )
    brand = product.hub_brand_name or (mapping.brand_name if mapping else "") or (settings.brand_name if settings else "")
    level = 0 if product.hub_brand_name else 1 if mapping and mapping.brand_name else 2 if brand else 3
    found.append(
        Compared(
            "Brand",
            str((product.data or {}).get("brand") or "Not given"),
            brand or "No brand",
            ("Set here, for this product", "From the category", "Default of all products", "Nothing chosen")[level],
            (
                Rung("This product", product.hub_brand_name or "Nothing set here", level == 0),
                Rung("Category", (mapping.brand_name if mapping else "") or "Nothing set", level == 1),
                Rung("All products", (settings.brand_name if settings else "") or "Nothing set", level == 2),
            ),
            f"{listing_url}attributes",
        )
    )
    package, level = _package(product, mapping, settings)
    found.append(
        Compared(
            "Package",
            _store_package(product),
            package or "Missing",
            (
                "Set here, for this product",
                "From your store",
                "From the category",
                "Default of all products",
                "Fill it in once in Settings",
            )[level],
            (
                Rung("This product", "Set here" if level == 0 else "Nothing set here", level == 0),
                Rung("Category", "", level == 2),
                Rung("All products", "Settings › Products", level == 3),
            ),
            settings_url if level >= 3 else mapping_url if level == 2 else "#own",
        )
    )
    for v in variants:
        name = f", {v.name.lower()}" if len(variants) > 1 else ""
        if v.price is not None:
            found.append(
                Compared(
                    f"Price{name}",
                    price_range(v.price, v.price, v.currency),
                    price_range(v.sent_price, v.sent_price, v.currency) if v.sent_price is not None else "",
                    "TikTok Shop keeps its own: sync rules" if rules.keeps("price") else "From your store, by itself",
                    (),
                    "#rules",
                )
            )
        if v.stock is not None:
            found.append(
                Compared(
                    f"Stock{name}",
                    f"{v.stock:,}",
                    f"{v.sent_stock:,}" if v.sent_stock is not None else "",
                    "TikTok Shop keeps its own: sync rules" if rules.keeps("stock") else "From your store, by itself",
                    (),
                    "#rules",
                )
            )
    return found


def _package(product: StoreProduct, mapping: CategoryMapping | None, settings: Any) -> tuple[str, int]:
    """What is sent as package size and where it comes from: 0 product, 1 store, 2 category, 3 shop, 4 nowhere."""

    def text(length: Any, width: Any, height: Any, unit: str) -> str:
        return f"{length} × {width} × {height} {'in' if unit.upper().startswith('IN') else 'cm'}"

    unit = settings.dimension_unit if settings else "CENTIMETER"
    own = product.hub_package or {}
    if all(own.get(k) for k in ("length", "width", "height")):
        return text(own["length"], own["width"], own["height"], unit), 0
    sizes = (product.data or {}).get("dimensions")
    if isinstance(sizes, Mapping) and sizes.get("length"):
        return text(sizes["length"], sizes["width"], sizes["height"], str(sizes.get("unit", "cm"))), 1
    of_category = (mapping.package or {}) if mapping else {}
    if all(of_category.get(k) for k in ("length", "width", "height")):
        return text(of_category["length"], of_category["width"], of_category["height"], unit), 2
    if settings and settings.package_length and settings.package_width and settings.package_height:
        return text(settings.package_length, settings.package_width, settings.package_height, unit), 3
    return "", 4


def _store_package(product: StoreProduct) -> str:
    sizes = (product.data or {}).get("dimensions")
    if isinstance(sizes, Mapping) and sizes.get("length"):
        return f"{sizes['length']} × {sizes['width']} × {sizes['height']} {sizes.get('unit', '')}"
    return "Not given"

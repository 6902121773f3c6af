"""The Luma sample catalogue, read from a folder that the operator names (`CATALOGUE=…`).

The folder holds Magento's own sample files: `products.csv` (configurables with their children, in the import
format), `products_gear_*.csv` with `images_gear_*.csv`, `categories*.csv`, and `images/`. Nothing of it is part of
this project. Weights there are pounds; a product whose picture file is missing gets a drawn one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from hub.sandbox.pictures import picture
from hub.seed import CategoryPath, SeedCatalogue, SeedCategory, SeedImage, SeedProduct, SeedVariant

_POUND = Decimal("0.45359237")
_ROOT = "Default Category"
_SHAPES = (("hoodie", "hoodie"), ("jacket", "hoodie"), ("pant", "trousers"), ("short", "trousers"), ("tight", "trousers"),
           ("capri", "trousers"), ("watch", "watch"), ("bottle", "bottle"), ("ball", "ball"), ("backpack", "backpack"),
           ("bag", "bag"), ("pack", "backpack"), ("tote", "bag"), ("tank", "shirt"), ("tee", "shirt"))  # fmt: skip
_FLAGS = ("has_options", "required_options", "eco_collection", "performance_fabric", "erin_recommends", "new", "sale")


def load(folder: str | Path) -> SeedCatalogue:
    """The catalogue of this folder. FileNotFoundError names the file that is missing."""
    root = Path(folder)
    products = [*_apparel(root), *_gear(root)]
    used = [path for product in products for path in product.categories]
    return SeedCatalogue("Luma", tuple(products), tuple(_categories(root, used)), "USD", {"size": "Size", "color": "Color"})


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _categories(root: Path, used: list[CategoryPath]) -> Iterator[SeedCategory]:
    seen: set[CategoryPath] = set()
    for file in sorted(root.glob("categories*.csv")):
        for row in _rows(file):
            path = (*(part for part in row["path"].split("/") if part), row["name"])
            if path not in seen and path[:-1] in seen | {()}:
                seen.add(path)
                yield SeedCategory(path, active=row["active"] == "1")
    for path in used:
        for depth in range(1, len(path) + 1):
            if path[:depth] not in seen:
                seen.add(path[:depth])
                yield SeedCategory(path[:depth])


def _apparel(root: Path) -> Iterator[SeedProduct]:
    rows = _rows(root / "products.csv")
    children = {row["sku"]: row for row in rows if row["product_type"] == "simple"}
    for row in rows:
        if row["product_type"] != "configurable":
            continue
        chosen = [_pairs(text, ",") for text in row["configurable_variations"].split("|")]
        axes = tuple(name for name in chosen[0] if name != "sku")
        variants = []
        for options in chosen:
            child = children[options["sku"]]
            file = _file(root, child["base_image"])
            variants.append(
                SeedVariant(
                    options["sku"], {axis: options[axis] for axis in axes}, Decimal(child["price"]), int(child["qty"]),
                    weight_kg=_kilograms(child["weight"]),
                    images=(SeedImage(file.name, child["name"], file),) if file else (),
                    enabled=child["product_online"] == "1",
                )
            )  # fmt: skip
        facts = _pairs(row["additional_attributes"], ",")
        yield SeedProduct(
            row["sku"], row["sku"], row["name"], row["description"], Decimal(row["price"]), "configurable",
            categories=_paths(row["categories"]), attributes=_facts(facts), axes=axes, variants=tuple(variants),
            images=(_picture(root, row["base_image"], row["sku"], row["name"]),),
            enabled=row["product_online"] == "1",
        )  # fmt: skip


def _gear(root: Path) -> Iterator[SeedProduct]:
    tops = {row["name"] for file in root.glob("categories*.csv") for row in _rows(file) if not row["path"]}
    for file in sorted(root.glob("products_gear_*.csv")):
        pictures: dict[str, list[str]] = {}
        for row in _rows(root / file.name.replace("products_", "images_")):
            pictures.setdefault(row["sku"], []).append(row["image"])
        for row in _rows(file):
            paths: list[CategoryPath] = []
            top = ""
            for part in (line.strip() for line in row["category"].splitlines()):
                if part in tops:
                    top = part
                elif part:
                    paths.append((top, part))
            facts = {
                name: ", ".join(part.strip() for part in row[name].splitlines() if part.strip())
                for name in ("material", "activity", "gender", "pattern", "features_bags", "strap_bags", "style_bags")
                if row.get(name)
            }
            found = [_file(root, path) for path in pictures.get(row["sku"], [])]
            images = tuple(SeedImage(one.name, row["name"].strip(), one) for one in found if one is not None)
            special = Decimal(row["special_price"]) if row["special_price"] else None
            yield SeedProduct(
                row["sku"], row["sku"], row["name"].strip(), row["description"], Decimal(row["price"]),
                special_price=special, quantity=int(row["qty"]), categories=tuple(paths),
                attributes={name: text for name, text in facts.items() if text},
                images=images or (_picture(root, "", row["sku"], row["name"]),),
            )  # fmt: skip


def _pairs(text: str, between: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(between) if "=" in part)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _facts(facts: dict[str, str]) -> dict[str, str]:
    return {name: value.replace("|", ", ") for name, value in facts.items() if name not in _FLAGS and value}


def _paths(text: str) -> tuple[CategoryPath, ...]:
    paths = (tuple(part.split("/")) for part in text.split(",") if part)
    return tuple(path[1:] for path in paths if path[0] == _ROOT and len(path) > 1)


def _kilograms(text: str) -> Decimal | None:
    return (Decimal(text) * _POUND).quantize(Decimal("0.001")) if text else None


def _file(root: Path, path: str) -> Path | None:
    file = root / "images" / path.lstrip("/")
    return file if path and file.is_file() else None


def _picture(root: Path, path: str, sku: str, name: str) -> SeedImage:
    file = _file(root, path)
    if file is not None:
        return SeedImage(file.name, name, file)
    shape = next((shape for word, shape in _SHAPES if word in name.lower()), "parcel")
    return picture(re.sub(r"[^a-z0-9]+", "-", sku.lower()), shape, name, label=name)

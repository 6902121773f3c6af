"""G6: a product out of its JSON column and back into one, against code written by hand for just this shape."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hub.domain.products import Dimensions, Image, Measure, Product, ProductKind, Variant
from hub.models.values import pack, unpack
from tests.benchmarks.catalogue import products
from tests.benchmarks.report import Report, in_rounds, median, ratio

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]
GOAL = 0.03


def load_by_hand(data: dict[str, Any]) -> Product:
    weight, size = data["weight"], data["dimensions"]
    return Product(
        product_id=data["product_id"], sku=data["sku"], kind=ProductKind(data["kind"]), title=data["title"], description=data["description"],
        images=tuple(Image(one["url"], one["position"], one["alt"]) for one in data["images"]), category_ids=tuple(data["category_ids"]),
        category_paths=tuple(data["category_paths"]), brand=data["brand"], attributes=dict(data["attributes"]),
        weight=Measure(Decimal(weight["value"]), weight["unit"]) if weight else None,
        dimensions=Dimensions(*(Decimal(size[name]) for name in ("length", "width", "height")), size["unit"]) if size else None,
        variants=tuple(Variant(variant_id=one["variant_id"], sku=one["sku"], options=dict(one["options"]), barcode=one["barcode"],
                               active=one["active"]) for one in data["variants"]),
        active=data["active"], url=data["url"])  # fmt: skip


def dump_by_hand(one: Product) -> dict[str, Any]:
    size = one.dimensions
    return {
        "product_id": one.product_id, "sku": one.sku, "kind": one.kind.value, "title": one.title, "description": one.description,
        "images": [{"url": image.url, "position": image.position, "alt": image.alt} for image in one.images],
        "category_ids": list(one.category_ids), "category_paths": list(one.category_paths), "brand": one.brand, "attributes": dict(one.attributes),
        "weight": {"value": str(one.weight.value), "unit": one.weight.unit} if one.weight else None,
        "dimensions": {"length": str(size.length), "width": str(size.width), "height": str(size.height), "unit": size.unit} if size else None,
        "variants": [{"variant_id": variant.variant_id, "sku": variant.sku, "options": dict(variant.options), "barcode": variant.barcode,
                      "image": None, "weight": None, "active": variant.active} for variant in one.variants],
        "active": one.active, "url": one.url, "created_at": None, "updated_at": None}  # fmt: skip


def test_a_product_is_read_and_written_at_a_fair_share_of_code_by_hand(report: Report) -> None:
    page = next(products(1_000, 1))
    packed = [pack(one) for one in page]
    assert [load_by_hand(one) for one in packed] == page == [unpack(Product, one) for one in packed]
    assert [dump_by_hand(one) for one in page] == packed

    def rate(what: Callable[[], object]) -> float:
        started = time.perf_counter()
        what()
        return len(page) / (time.perf_counter() - started)

    found = in_rounds({
        "hub": lambda: rate(lambda: [pack(unpack(Product, one)) for one in packed]),
        "hand": lambda: rate(lambda: [dump_by_hand(load_by_hand(one)) for one in packed]),
    })  # fmt: skip
    share = ratio(found, "hub", "hand")
    report.note("G6", "a product loaded and dumped", f"≥ {GOAL} of code by hand", f"{share:.2f}", share >= GOAL,
                f"{median(found['hub']):,.0f} of {median(found['hand']):,.0f} products/s")  # fmt: skip
    assert share >= GOAL

"""A listing as CreateProduct and EditProduct want it (contract 5.3, 7). All numbers of money, weight, size are text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hub.domain import money
from hub.domain.listings import Draft, DraftSku

# Written without decimals although the currency has them on paper: a whole number is one either way.
_WITHOUT_DECIMALS = {"IDR"}


def price_body(price: Decimal, currency: str, is_cross_border: bool) -> dict[str, str]:
    """Local sellers name ``amount``, cross-border ones ``sale_price`` (contract 5.3 CreateProduct)."""
    amount = f"{price.quantize(Decimal(1), ROUND_HALF_UP):f}" if currency in _WITHOUT_DECIMALS else money.text(price, currency)
    return {"sale_price" if is_cross_border else "amount": amount, "currency": currency}


def product_body(
    draft: Draft,
    images: Mapping[str, str],
    *,
    category_version: str,
    is_cross_border: bool,
    with_price: bool = True,
    with_stock: bool = True,
) -> dict[str, Any]:
    """The body of a create or a full edit. ``images`` maps a picture's address in the store to its uploaded URI.

    Price and stock of a SKU that TikTok Shop has already are left out where they are not to be changed; EditProduct
    keeps them then, and only them: everything else that is missing is cleared (contract 13.7).
    """
    pictured = _pictured_attribute(draft, images)
    body: dict[str, Any] = {
        "title": draft.title,
        "description": draft.description,
        "category_id": draft.category_id,
        "category_version": category_version,
        "main_images": [{"uri": images[url]} for url in draft.image_urls if url in images],
        "skus": [_sku_body(sku, draft, images, pictured, is_cross_border, with_price, with_stock) for sku in draft.skus],
        "product_attributes": [
            {"id": attribute_id, "values": [_value(value_id, name) for value_id, name in values]}
            for attribute_id, values in draft.attributes.items()
            if values
        ],
    }
    if draft.brand_id:
        body["brand_id"] = draft.brand_id
    if draft.package:
        length, width, height = (str(side) for side in draft.package)
        body["package_dimensions"] = {
            "length": length, "width": width, "height": height, "unit": draft.dimension_unit,
        }  # fmt: skip
    if draft.weight:
        body["package_weight"] = {"value": draft.weight, "unit": draft.weight_unit}
    if draft.external_product_id:
        body["external_product_id"] = draft.external_product_id
    return body


def _sku_body(
    sku: DraftSku,
    draft: Draft,
    images: Mapping[str, str],
    pictured: int | None,
    is_cross_border: bool,
    with_price: bool,
    with_stock: bool,
) -> dict[str, Any]:
    body: dict[str, Any] = {"seller_sku": sku.seller_sku, "external_sku_id": sku.variant_id}
    is_new = not sku.tiktok_sku_id
    if not is_new:
        body["id"] = sku.tiktok_sku_id
    if sku.sales_attributes:
        body["sales_attributes"] = [
            _sales_attribute(each, draft, images) if place == pictured else _sales_attribute(each)
            for place, each in enumerate(sku.sales_attributes)
        ]
    if with_price or is_new:
        body["price"] = price_body(sku.price, sku.currency, is_cross_border)
    if with_stock or is_new:
        body["inventory"] = [{"warehouse_id": draft.warehouse_id, "quantity": sku.stock}]
    if sku.barcode and sku.barcode_type:
        body["identifier_code"] = {"code": sku.barcode, "type": sku.barcode_type}
    return body


def _sales_attribute(
    each: tuple[str, str, str, str], draft: Draft | None = None, images: Mapping[str, str] | None = None
) -> dict[str, Any]:
    attribute_id, name, value_id, value = each
    body: dict[str, Any] = {}
    if attribute_id:
        body["id"] = attribute_id
    else:
        body["name"] = name
    if value_id:
        body["value_id"] = value_id
    else:
        body["value_name"] = value
    if draft is not None and images is not None:
        body["sku_img"] = {"uri": _image_of_value(each, draft, images)}
    return body


def _value(value_id: str, name: str) -> dict[str, str]:
    """An attribute's value: by its id, or in words where TikTok Shop takes own ones."""
    return {"id": value_id} if value_id else {"name": name}


def _pictured_attribute(draft: Draft, images: Mapping[str, str]) -> int | None:
    """Which sales attribute carries the variants' pictures: one at most, and each of its values needs one.

    The first whose values each have one picture of their own (a colour); failing that, the first whose values all
    have some picture.
    """
    places = min((len(sku.sales_attributes) for sku in draft.skus), default=0)
    complete = []
    for place in range(places):
        pictures: dict[tuple[str, str], set[str]] = {}
        for sku in draft.skus:
            _, _, value_id, value = sku.sales_attributes[place]
            pictures.setdefault((value_id, value), set()).update({sku.image_url} & images.keys())
        if all(pictures.values()):
            if all(len(of_value) == 1 for of_value in pictures.values()):
                return place
            complete.append(place)
    return complete[0] if complete else None


def _image_of_value(each: tuple[str, str, str, str], draft: Draft, images: Mapping[str, str]) -> str:
    """The first picture among the SKUs that share this value: a value has one picture in every SKU."""
    return next(images[sku.image_url] for sku in draft.skus if each in sku.sales_attributes and sku.image_url in images)

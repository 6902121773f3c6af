"""Products as TikTok Shop shows them, made into our values (contract 5.3, 6.1). The read side has its own names."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hub.domain.listings import Saved, TikTokProduct, TikTokSku
from hub.tiktok.translate import amount, is_amount, moment, part, rows, text, words


def product_of(row: Mapping[str, Any], is_cross_border: bool) -> TikTokProduct:
    """A product from GetProduct or, with less in it, from SearchProducts. Statuses stay the wire's words."""
    chain = rows(row, "category_chains")
    leaf = next((node for node in chain if node.get("is_leaf") is True), chain[-1] if chain else {})
    pictures = rows(row, "main_images")
    return TikTokProduct(
        product_id=text(row, "id"),
        status=text(row, "status"),
        audit=text(part(row, "audit"), "status") or "NONE",
        title=text(row, "title"),
        skus=tuple(_sku(sku, is_cross_border) for sku in rows(row, "skus")),
        reasons=tuple(_reason(reason) for reason in rows(row, "audit_failed_reasons")),
        category_id=text(leaf, "id"),
        brand_id=text(part(row, "brand"), "id"),
        description=text(row, "description"),
        image_uris=tuple(text(picture, "uri") for picture in pictures),
        image_url=next(iter(words(pictures[0], "thumb_urls") or words(pictures[0], "urls")), "") if pictures else "",
        updated_at=moment(row.get("update_time")),
    )


def saved_of(data: Mapping[str, Any]) -> Saved:
    """The answer to a create or edit."""
    return Saved(
        product_id=text(data, "product_id"),
        sku_ids={text(sku, "seller_sku"): text(sku, "id") for sku in rows(data, "skus")},
        warnings=tuple(says for row in rows(data, "warnings") if (says := text(row, "message"))),
    )


def _sku(row: Mapping[str, Any], is_cross_border: bool) -> TikTokSku:
    price = part(row, "price")
    return TikTokSku(
        sku_id=text(row, "id"),
        seller_sku=text(row, "seller_sku"),
        price=_price(price, is_cross_border),
        currency=text(price, "currency"),
        stock={text(place, "warehouse_id"): _count(place.get("quantity")) for place in rows(row, "inventory")},
        options={text(one, "name"): text(one, "value_name") for one in rows(row, "sales_attributes")},
        barcode=text(part(row, "identifier_code"), "code"),
        barcode_type=text(part(row, "identifier_code"), "type"),
        image_uri=next((uri for one in rows(row, "sales_attributes") if (uri := text(part(one, "sku_img"), "uri"))), ""),
    )


def _price(price: Mapping[str, Any], is_cross_border: bool) -> Decimal:
    """What was written as ``amount`` comes back as ``tax_exclusive_price``, ``sale_price`` under its own name."""
    first, second = ("sale_price", "tax_exclusive_price") if is_cross_border else ("tax_exclusive_price", "sale_price")
    return amount(price, first if is_amount(price.get(first)) else second)


def _count(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _reason(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return text(row, "position"), " ".join(words(row, "reasons")), " ".join(words(row, "suggestions"))

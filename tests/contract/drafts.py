"""The TikTok order that the contract tests ask every store to make, and the vectors' bodies as drafts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hub import clock
from hub.domain.orders import Address, Charge, DraftLine, OrderDraft, ShippingCharge
from tests.contract.bench import Bench

KEY = "576461413038785752"


def draft(bench: Bench, key: str = KEY, **changes: Any) -> OrderDraft:
    """Two units of one SKU and one of another: goods 86.00, shipping 4.99, fee 0.28, tax 2.80, grand 94.07."""
    first, second = bench.sold
    now = clock.now().replace(microsecond=0)
    lines = (
        _line(bench, first, ("11", "12"), gross="56.00", seller="4.00", platform="2.00", net="50.00", tax="1.80"),
        _line(bench, second, ("13",), gross="36.00", seller="0.00", platform="0.00", net="36.00", tax="1.00"),
    )
    values: dict[str, Any] = {
        "key": key, "shop_id": "7495000000000000001", "region": "GB", "store": "", "placed_at": now - timedelta(minutes=5),
        "paid_at": now - timedelta(minutes=4), "currency": "GBP", "prices_include_tax": False, "tax_remitted_by": "tiktok",
        "state": "paid", "shipping_type": "seller", "lines": lines,
        "shipping": ShippingCharge(title="TikTok Standard", code="standard", gross=Decimal("5.99"), seller_discount=Decimal("0.50"),
                                   platform_discount=Decimal("0.25"), cofunded_discount=Decimal("0.25"), net=Decimal("4.99")),
        "fees": (Charge("retail_delivery_fee", "Retail delivery fee", Decimal("0.28")),), "goods": Decimal("86.00"),
        "fees_total": Decimal("0.28"), "tax": Decimal("2.80"), "grand": Decimal("94.07"), "buyer_name": "J*** D***",
        "buyer_email": "x@scs.tiktokw.us", "buyer_phone": "(+1)2*****67",
        "ship_to": Address(name="J*** D***", lines=("1 *** Road",), city="London", postcode="SW1A 1AA", country="GB", phone="(+44)7*****67"),
        "ship_by": now + timedelta(days=2), "transaction_id": key, "note": "leave at the door",
    }
    return OrderDraft(**{**values, **changes})


def _line(bench: Bench, sku: str, ids: tuple[str, ...], *, gross: str, seller: str, platform: str, net: str, tax: str) -> DraftLine:
    product_id, variant_id = bench.items[sku]
    return DraftLine(line_ids=ids, product_id=product_id, variant_id=variant_id, sku=sku, title=f"Item {sku}", quantity=len(ids),
                     gross=Decimal(gross), seller_discount=Decimal(seller), platform_discount=Decimal(platform), net=Decimal(net), tax=Decimal(tax))


def draft_of(body: Mapping[str, Any]) -> OrderDraft:
    """A vector's body as the draft that must make it."""
    def amounts(row: Mapping[str, Any], *names: str) -> dict[str, Decimal]:
        return {name: Decimal(row[name]) for name in names}

    def moment(text: str | None) -> datetime | None:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None

    def address(row: Mapping[str, Any]) -> Address:
        return Address(**{**row, "lines": tuple(row["lines"])})

    totals, placed = body["totals"], moment(body["placed_at"])
    assert placed is not None
    return OrderDraft(
        key=body["key"], shop_id=body["shop"]["id"], region=body["shop"]["region"], store=body["store"], placed_at=placed,
        paid_at=moment(body["paid_at"]), currency=body["currency"], prices_include_tax=body["prices_include_tax"],
        tax_remitted_by=body["tax_remitted_by"], state=body["state"], hold_until=moment(body["hold_until"]), ship_by=moment(body["ship_by"]),
        shipping_type=body["shipping_type"],
        lines=tuple(DraftLine(
            line_ids=tuple(row["line_ids"]), product_id=row["product_id"], variant_id=row["variant_id"], sku=row["sku"], title=row["title"],
            quantity=row["quantity"], virtual=row["virtual"], **amounts(row, "gross", "seller_discount", "platform_discount", "net", "tax"))
            for row in body["lines"]),
        shipping=ShippingCharge(title=body["shipping"]["title"], code=body["shipping"]["code"], **amounts(
            body["shipping"], "gross", "seller_discount", "platform_discount", "cofunded_discount", "net", "tax")),
        fees=tuple(Charge(row["code"], row["title"], **amounts(row, "amount", "tax")) for row in body["fees"]),
        goods=Decimal(totals["goods"]), fees_total=Decimal(totals["fees"]), tax=Decimal(totals["tax"]), grand=Decimal(totals["grand"]),
        buyer_name=body["buyer"]["name"], buyer_email=body["buyer"]["email"], buyer_phone=body["buyer"]["phone"],
        ship_to=address(body["ship_to"]), bill_to=address(body["bill_to"]) if body["bill_to"] else None,
        payment_title=body["payment"]["title"], transaction_id=body["payment"]["transaction_id"], allow_backorder=body["allow_backorder"],
        note=body["note"])

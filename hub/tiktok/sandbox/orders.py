"""Reading orders: search, detail, price detail, external references (contract 5.6, 8)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from hub.tiktok.sandbox.gateway import Call, Failure, gateway, operation
from hub.tiktok.sandbox.state import Line, Order, Shop, State, money, total, wire_times

_EMPTY_ADDRESS = {
    "full_address": "", "phone_number": "", "name": "", "first_name": "", "last_name": "", "address_detail": "",
    "address_line1": "", "address_line2": "", "address_line3": "", "address_line4": "", "district_info": [],
    "postal_code": "", "region_code": "", "post_town": "",
}  # fmt: skip


def order_of(call: Call, order_id: str) -> Order:
    """This shop's order, or the refusal."""
    order = call.sim.orders.get(order_id)
    if order is None or order.shop_id != call.shop.id:
        raise Failure(21008111, "the order is unknown here or belongs to another seller")
    return order


@operation(
    "GetOrderDetail", "GET", "/order/202507/orders", "/order/202309/orders", scope="seller.order.info",
    query={"ids!": "str"},
)  # fmt: skip
def detail(call: Call) -> dict[str, Any]:
    """Up to 50 orders by id."""
    ids = [one for one in call.query["ids"].split(",") if one]
    if not 1 <= len(ids) <= 50:
        raise gateway("'ids' is invalid: 1 to 50 are allowed")
    return {"orders": [answer(call.sim, call.shop, order_of(call, one)) for one in ids]}


_SORTED = {"page_size!": "int", "page_token": "str", "sort_order": "ASC|DESC", "sort_field": "create_time|update_time"}


@operation(
    "GetOrderList", "POST", "/order/202309/orders/search", scope="seller.order.info", query=_SORTED,
    body={"order_status": "str", "create_time_ge": "int", "create_time_lt": "int", "update_time_ge": "int",
          "update_time_lt": "int", "shipping_type": "str", "buyer_user_id": "str", "is_buyer_request_cancel": "bool",
          "warehouse_ids": ["str"]},
)  # fmt: skip
def search(call: Call) -> dict[str, Any]:
    """Whole orders by page, newest first unless told otherwise."""
    body, sim = call.body, call.sim
    size = page_size(call, 1, 100)

    def wanted(order: Order) -> bool:
        return (
            body.get("order_status") in (None, "", order.status)
            and body.get("shipping_type") in (None, "", order.shipping_type)
            and body.get("buyer_user_id") in (None, "", order.buyer["user_id"])
            and body.get("is_buyer_request_cancel") in (None, order.cancel_requested is not None)
            and (not body.get("warehouse_ids") or order.lines[0].warehouse_id in body["warehouse_ids"])
        )

    rows = [
        one for one in sim.orders.values()
        if one.shop_id == call.shop.id and sim.is_visible(one.created) and in_time(body, one) and wanted(one)
    ]  # fmt: skip
    page, token = paged(call, rows, size, "DESC")
    return {"orders": [answer(sim, call.shop, one) for one in page], "total_count": len(rows), "next_page_token": token}


def page_size(call: Call, low: int, high: int, default: int | None = None) -> int:
    """The page size of a search, or the gateway's refusal."""
    text = call.query.get("page_size") or str(default)
    size = int(text)
    if not low <= size <= high:
        raise gateway(f"'page_size' is invalid: {low} to {high} are allowed")
    return size


def in_time(body: dict[str, Any], one: Any) -> bool:
    """Whether something passes the half-open time filters: ge inclusive, lt exclusive (contract 3.4)."""
    created, updated = int(one.created), int(one.updated)
    return body.get("create_time_ge", 0) <= created < body.get("create_time_lt", 1 << 62) and body.get(
        "update_time_ge", 0
    ) <= updated < body.get("update_time_lt", 1 << 62)


def paged(call: Call, rows: Iterable[Any], size: int, default_order: str) -> tuple[list[Any], str]:
    """One page of rows by time, and the token of the next: it names the last row seen, so new rows move nothing."""
    by = "updated" if call.query.get("sort_field") == "update_time" else "created"
    is_down = (call.query.get("sort_order") or default_order) == "DESC"
    key: Callable[[Any], tuple[int, str]] = lambda one: (int(getattr(one, by)), one.id)  # noqa: E731
    ordered = sorted(rows, key=key, reverse=is_down)
    token = call.query.get("page_token", "")
    if token:
        try:
            text = base64.urlsafe_b64decode(token.encode()).decode()
            moment, _, last_id = text.removeprefix("k:").partition(":")
            last = (int(moment), last_id)
        except ValueError:
            raise gateway("'page_token' is invalid") from None
        ordered = [one for one in ordered if (key(one) < last if is_down else key(one) > last)]
    page = ordered[:size]
    if len(ordered) <= size:
        return page, ""
    moment_id = "k:{}:{}".format(*key(page[-1]))
    return page, base64.urlsafe_b64encode(moment_id.encode()).decode()


def answer(sim: State, shop: Shop, order: Order) -> dict[str, Any]:
    """An order as the wire shows it."""
    packages = [sim.packages[one] for one in order.package_ids]
    shown = next((one for one in packages if one.tracking_number), None)
    ship_within = float(order.extra["ship_within_s"])
    due = (order.paid or order.created) + ship_within
    wire: dict[str, Any] = {
        "id": order.id, "status": order.status, "buyer_message": order.extra["message"],
        "cancellation_initiator": order.cancel_user, "cancel_reason": order.cancel_reason,
        "shipping_provider_id": shown.provider_id if shown else "",
        "shipping_provider": shown.provider_name if shown else "",
        "tracking_number": shown.tracking_number if shown else "",
        "packages": [{"id": one.id} for one in packages],
        "payment": dict(order.payment), "recipient_address": address(order),
        "fulfillment_type": order.fulfillment_type, "delivery_type": "HOME_DELIVERY",
        "payment_method_name": "CREDIT_CARD" if order.paid else "", "warehouse_id": order.lines[0].warehouse_id,
        "split_or_combine_tag": "SPLIT" if len(packages) > 1 else "", "has_updated_recipient_address": False,
        "shipping_type": order.shipping_type, "user_id": order.buyer["user_id"], "seller_note": "", "is_cod": False,
        "delivery_option_id": shop.delivery_option_id, "delivery_option_name": "Standard shipping",
        "line_items": [line_answer(order, one, sim) for one in order.lines],
        "buyer_email": order.buyer.get("email") or f"v{order.buyer['user_id'][-12:]}@scs.tiktok.example",
        "is_sample_order": False, "is_on_hold_order": order.is_on_hold_order, "is_replacement_order": False,
        "is_buyer_request_cancel": order.cancel_requested is not None, "commerce_platform": "TIKTOK_SHOP",
        "order_type": "NORMAL", "rts_sla_time": int(due), "tts_sla_time": int(due + 86400),
        "shipping_due_time": int(due + 86400), "collection_due_time": int(due + 3 * 86400),
        **wire_times(
            create_time=order.created, update_time=order.updated, paid_time=order.paid, rts_time=order.shipped,
            collection_time=order.collected, delivery_time=order.delivered, cancel_time=order.cancelled,
            request_cancel_time=order.cancel_requested, cancel_order_sla_time=due + 4 * 86400,
        ),
    }  # fmt: skip
    return {**wire, **order.extra["wire"]}


def address(order: Order) -> dict[str, Any]:
    """The address as it may be seen: empty while UNPAID or ON_HOLD, masked for platform shipping (contract 8.1)."""
    if order.status in ("UNPAID", "ON_HOLD"):
        return dict(_EMPTY_ADDRESS)
    shown = dict(order.address)
    if order.extra["masked"]:
        for name in ("name", "first_name", "last_name"):
            shown[name] = " ".join(f"{word[:1]}***" for word in shown[name].split())
        phone = shown["phone_number"]
        prefix, bracket, rest = phone.partition(")")
        shown["phone_number"] = f"{prefix}{bracket}{rest[:1]}{'*' * max(0, len(rest) - 3)}{rest[-2:]}"
        for name in ("address_line1", "address_line2", "address_detail"):
            shown[name] = "***" if shown[name] else ""
        shown["full_address"] = ", ".join(
            ["***", *(one["address_name"] for one in reversed(shown["district_info"]) if one["address_name"])]
        )
    return shown


def line_answer(order: Order, line: Line, sim: State) -> dict[str, Any]:
    """A unit as the wire shows it."""
    currency = order.currency
    package = sim.packages.get(line.package_id)
    wire: dict[str, Any] = {
        "id": line.id, "sku_id": line.sku_id, "display_status": line.status, "product_name": line.product_name,
        "seller_sku": line.seller_sku, "sku_image": line.sku_image, "sku_name": line.sku_name,
        "product_id": line.product_id, "currency": currency, "original_price": money(line.original, currency),
        "sale_price": money(line.sale, currency), "platform_discount": money(line.platform_discount, currency),
        "seller_discount": money(line.seller_discount, currency), "sku_type": "NORMAL", "is_gift": line.is_gift,
        "cancel_reason": line.cancel_reason, "cancel_user": line.cancel_user, "package_id": line.package_id,
        "package_status": _package_status(line, package.status if package else ""),
        "tracking_number": package.tracking_number if package else "",
        "shipping_provider_id": package.provider_id if package else "",
        "shipping_provider_name": package.provider_name if package else "",
        "is_dangerous_good": False, "needs_prescription": False,
        **wire_times(rts_time=order.shipped),
    }  # fmt: skip
    if line.tax and order.truth["tax_mode"] == "remitted":
        rate = order.truth["rate"]
        wire["item_tax"] = [{"tax_type": "SALES_TAX", "tax_amount": money(line.tax, currency), "tax_rate": format(rate, "f")}]
    return {**wire, **line.extra}


def _package_status(line: Line, status: str) -> str:
    if line.status == "CANCELLED":
        return "CANCELLED"
    return status or "TO_FULFILL"


@operation("GetPriceDetail", "GET", "/order/202407/orders/{order_id}/price_detail", scope="seller.order.info")
def price_detail(call: Call) -> dict[str, Any]:
    """How the price came about, for the order and for each unit."""
    order = order_of(call, call.path["order_id"])
    truth, currency = order.truth, order.currency
    is_inside = truth["tax_mode"] == "inclusive"

    def block(lines: list[Line], *, whole: bool) -> dict[str, str]:
        goods = total(line.original for line in lines)
        seller, platform = (
            total(line.seller_discount for line in lines),
            total(line.platform_discount for line in lines),
        )
        tax = total(line.tax for line in lines)
        subtotal = goods - seller - platform
        zero = Decimal(0)
        shipping = truth["shipping_fee"] if whole else zero
        all_tax = truth["tax"] if whole else tax
        # Fees stand in the order's payment; here they are part of the order's total only.
        sum_ = truth["total_amount"] if whole else subtotal + (zero if is_inside else tax)
        amounts = {
            "total": sum_, "payment": sum_, "sku_list_price": goods, "sku_sale_price": subtotal,
            "subtotal": subtotal, "subtotal_deduction_seller": seller, "subtotal_deduction_platform": platform,
            "subtotal_tax_amount": tax, "voucher_deduction_platform": zero, "voucher_deduction_seller": zero,
            "shipping_list_price": truth["original_shipping_fee"] if whole else zero,
            "shipping_sale_price": shipping,
            "shipping_fee_deduction_seller": truth["shipping_fee_seller_discount"] if whole else zero,
            "shipping_fee_deduction_platform": truth["shipping_fee_platform_discount"] if whole else zero,
            "shipping_fee_deduction_platform_voucher": zero, "tax_amount": all_tax,
            "net_price_amount": sum_ - all_tax,
        }  # fmt: skip
        return {
            "currency": currency, "tax_rate": format(truth["rate"], "f"),
            **{name: money(amount, currency) for name, amount in amounts.items()},
        }  # fmt: skip

    return {
        **block(order.lines, whole=True),
        "line_items": [{"id": line.id, **block([line], whole=False)} for line in order.lines],
    }


PLATFORMS = (
    "SHOPIFY", "WOOCOMMERCE", "BIGCOMMERCE", "MAGENTO", "SALESFORCE_COMMERCE_CLOUD", "CHANNEL_ADVISOR", "AMAZON",
    "ORDER_MANAGEMENT_SYSTEM", "WAREHOUSE_MANAGEMENT_SYSTEM", "ERP_SYSTEM",
)  # fmt: skip


@operation(
    "AddExternalOrderReferences", "POST", "/order/202406/orders/external_orders",
    scope="seller.order.ext_ref.write",
    body={"orders!": [{"id!": "str", "external_order!": {
        "id!": "str", "platform!": "str", "line_items": [{"id!": "str", "origin_id!": "str"}]}}]},
)  # fmt: skip
def add_references(call: Call) -> dict[str, Any]:
    """Write down the orders' numbers in another system; single failures come in `errors` under code 0."""
    if not 1 <= len(call.body["orders"]) <= 100:
        raise gateway("'orders' is invalid: 1 to 100 are allowed")
    errors = []
    for one in call.body["orders"]:
        external = one["external_order"]
        order = call.sim.orders.get(one["id"])
        code = ""
        if order is None or order.shop_id != call.shop.id:
            code = "21008111"
        elif external["platform"] not in PLATFORMS or len(external.get("line_items") or []) > 100:
            code = "21001001"
        else:
            order.external[external["platform"]] = dict(external)
        if code:
            errors.append({"code": code, "message": "the reference was not taken", "detail": {
                "order_id": one["id"], "external_order": {"id": external["id"], "platform": external["platform"]}}})  # fmt: skip
    return {"errors": errors} if errors else {}


@operation(
    "GetExternalOrderReferences", "GET", "/order/202406/orders/{order_id}/external_orders",
    scope="seller.order.ext_ref.read", query={"platform!": "str"},
)  # fmt: skip
def get_references(call: Call) -> dict[str, Any]:
    """An order's numbers in another system."""
    found = order_of(call, call.path["order_id"]).external.get(call.query["platform"])
    return {"external_orders": [found] if found else []}

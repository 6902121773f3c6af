"""Cancellations, returns and refunds (contract 5.9, 6.3, 6.4, 11)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hub.tiktok.sandbox.gateway import Call, Failure, operation
from hub.tiktok.sandbox.orders import in_time, page_size, paged
from hub.tiktok.sandbox.placing import give_back, move
from hub.tiktok.sandbox.state import Cancellation, Line, Order, Return, State, money, total, wire_times

# Contract 11: what a seller may name, by order status. The UK's names end in _uk.
SELLER_CANCEL = {
    "seller_cancel_reason_out_of_stock": ("AWAITING_SHIPMENT", "ON_HOLD"),
    "seller_cancel_reason_wrong_price": ("AWAITING_SHIPMENT", "ON_HOLD"),
    "seller_cancel_paid_reason_address_not_deliver": ("AWAITING_SHIPMENT", "ON_HOLD"),
    "seller_cancel_paid_reason_buyer_requested_cancellation": ("AWAITING_SHIPMENT", "ON_HOLD"),
    "seller_cancel_unpaid_reason_out_of_stock": ("UNPAID",),
    "seller_cancel_unpaid_reason_wrong_price": ("UNPAID",),
    "seller_cancel_unpaid_reason_buyer_hasnt_paid_within_time_allowed": ("UNPAID",),
    "seller_cancel_unpaid_reason_buyer_requested_cancellation": ("UNPAID",),
}
BUYER_CANCEL = (
    "ecom_order_to_ship_canceled_reason_created_by_mistakes", "ecom_order_to_ship_canceled_reason_no_longer_needed",
    "ecom_order_to_ship_canceled_reason_better_price", "ecom_order_to_ship_canceled_reason_wrong_delivery_info",
)  # fmt: skip
REJECT_CANCEL = {
    "order_manage_list_action_respond_popup_reject_reason_invalid_cancellation_reason": "Invalid reason",
    "order_manage_list_action_respond_popup_reject_reason_delivered": "The parcel is on its way",
    "order_manage_list_action_respond_popup_reject_reason_buyer_agree": "The buyer agreed to keep the order",
    "seller_reject_apply_product_has_been_packed": "The product has been packed",
}
REJECT_RETURN = {
    "reverse_reject_request_reason_1": "The item is as described",
    "reverse_reject_request_reason_2": "The request came too late",
    "seller_reject_apply_item_is_correct": "The item is correct",
}
REFUND_REASON = "ecom_order_delivered_refund_reason_damaged"
_NO_STOCK = "out_of_stock"
RESPOND_WITHIN_S = 48 * 3600


def _uk(call: Call, name: str) -> str:
    return f"{name}_uk" if call.shop.region == "GB" else name


def refund_of(order: Order, lines: Sequence[Line], *, with_shipping: bool) -> dict[str, Decimal]:
    """What these units cost the buyer: goods, their tax, and shipping where all of it goes back."""
    truth = order.truth
    is_inside = truth["tax_mode"] == "inclusive"
    subtotal, tax = total(line.sale for line in lines), total(line.tax for line in lines)
    shipping = truth["shipping_fee"] if with_shipping else Decimal(0)
    if with_shipping:
        tax += truth["shipping_fee_tax"]
    retail = truth["fees"].get("retail_delivery_fee", Decimal(0)) if with_shipping else Decimal(0)
    others = (
        truth["total_amount"] - truth["sub_total"] - truth["shipping_fee"] - retail
        - (Decimal(0) if is_inside else truth["tax"])
        if with_shipping
        else Decimal(0)
    )  # fmt: skip
    return {
        "refund_subtotal": subtotal, "refund_shipping_fee": shipping, "refund_tax": tax,
        "retail_delivery_fee": retail,
        "refund_total": subtotal + shipping + retail + others + (Decimal(0) if is_inside else tax),
    }  # fmt: skip


def _amounts(order: Order, amounts: dict[str, Decimal]) -> dict[str, str]:
    return {"currency": order.currency, **{name: money(amount, order.currency) for name, amount in amounts.items()}}


def cancel(
    sim: State, order: Order, lines: Sequence[Line], *, role: str, reason: str, kind: str = "CANCEL",
    existing: Cancellation | None = None,
) -> Cancellation:  # fmt: skip
    """Take these units out of the order, give their stock back, refund what was paid."""
    now = sim.now()
    for line in lines:
        if line.status in ("UNPAID", "AWAITING_SHIPMENT"):
            give_back(sim, line)
        line.status, line.cancel_reason, line.cancel_user = "CANCELLED", reason, role
    one = existing or Cancellation(
        sim.new_id("cancel"), order.shop_id, order.id, kind, "", role, reason, [line.id for line in lines], now, now
    )
    sim.cancellations[one.id] = one
    one.status, one.updated = "CANCELLATION_REQUEST_SUCCESS", now
    for package_id in order.package_ids:
        package = sim.packages[package_id]
        if all(line.status == "CANCELLED" for line in order.lines if line.id in package.line_ids):
            package.status, package.updated = "CANCELLED", now
    order.cancel_requested = None
    was_paid = order.paid is not None
    if not order.open_lines():
        order.cancel_reason, order.cancel_user, order.cancelled = reason, role, now
        move(sim, order, "CANCELLED")
    elif all(line.status != "AWAITING_SHIPMENT" for line in order.open_lines()) and order.status in (
        "AWAITING_SHIPMENT",
        "PARTIALLY_SHIPPING",
    ):
        move(sim, order, "AWAITING_COLLECTION")
    else:
        order.updated = now
    tell_cancellation(sim, one)
    if was_paid:
        sim.later(float(sim.settings["refund_after_s"]), lambda: _complete_cancellation(sim, one))
    else:
        _complete_cancellation(sim, one)
    return one


def _complete_cancellation(sim: State, one: Cancellation) -> None:
    one.status, one.updated = "CANCELLATION_REQUEST_COMPLETE", sim.now()
    tell_cancellation(sim, one)


def tell_cancellation(sim: State, one: Cancellation) -> None:
    """Webhook 11."""
    role = one.role if one.role in ("BUYER", "SELLER", "SYSTEM") else "SYSTEM"
    sim.notify(
        "CANCELLATION_STATUS_CHANGE", sim.shops[one.shop_id],
        {"order_id": one.order_id, "cancellations_role": role, "cancel_status": one.status, "cancel_id": one.id,
         "create_time": int(one.created)},
    )  # fmt: skip


def request_cancel(sim: State, order: Order, reason: str) -> Cancellation:
    """The buyer asks; during the grace period it is granted at once (contract 8.1)."""
    if order.status in ("UNPAID", "ON_HOLD"):
        return cancel(sim, order, order.open_lines(), role="BUYER", reason=reason)
    if order.status != "AWAITING_SHIPMENT" or order.cancel_requested is not None:
        raise Failure(25001003, "the order's status does not allow a request")
    now = sim.now()
    one = Cancellation(
        sim.new_id("cancel"), order.shop_id, order.id, "BUYER_CANCEL", "CANCELLATION_REQUEST_PENDING", "BUYER", reason,
        [line.id for line in order.open_lines()], now, now, now + RESPOND_WITHIN_S,
    )  # fmt: skip
    sim.cancellations[one.id] = one
    order.cancel_requested = order.updated = now
    tell_cancellation(sim, one)
    return one


@operation(
    "CancelOrder", "POST", "/return_refund/202602/cancellations", "/return_refund/202309/cancellations",
    scope="seller.return_refund.basic",
    body={"cancel_reason!": "str", "order_id!": "str", "order_line_item_ids": ["str"],
          "order_line_list": [{"order_line_item_id!": "str"}], "skus": [{"sku_id!": "str", "quantity!": "int"}]},
)  # fmt: skip
def cancel_order(call: Call) -> dict[str, Any]:
    """The seller cancels an order; some of its units only in US and UK, and only for want of stock."""
    body = call.body
    order = call.sim.orders.get(body["order_id"])
    if order is None or order.shop_id != call.shop.id:
        raise Failure(25020005, "the order is not yours")
    if order.status in ("CANCELLED", "COMPLETED"):
        raise Failure(25001051, "the order is completed or cancelled")
    reason = body["cancel_reason"]
    plain = reason.removesuffix("_uk") if call.shop.region == "GB" else reason
    if plain not in SELLER_CANCEL or reason != _uk(call, plain):
        code = 25001015 if plain in BUYER_CANCEL else 25001014
        raise Failure(code, "the reason is unknown or not for a seller")
    may = ("AWAITING_SHIPMENT", "ON_HOLD", "PARTIALLY_SHIPPING") + (("AWAITING_COLLECTION",) if call.shop.region == "US" else ())
    if order.status not in may:
        raise Failure(25001021, "the reason does not match the order's status")
    status = "AWAITING_SHIPMENT" if order.status in ("PARTIALLY_SHIPPING", "AWAITING_COLLECTION") else order.status
    if status not in SELLER_CANCEL[plain]:
        raise Failure(25001021, "the reason does not match the order's status")
    lines = _some(order, body)
    if len(lines) < len(order.open_lines()) and (call.shop.region not in ("US", "GB") or not plain.endswith(_NO_STOCK)):
        raise Failure(25005010, "a line item cannot be cancelled alone here")
    one = cancel(call.sim, order, lines, role="SELLER", reason=reason)
    return {"cancel_id": one.id, "cancel_status": one.status}


def _some(order: Order, body: dict[str, Any]) -> list[Line]:
    """The units that a body names by line or by SKU and number; all open ones when it names none."""
    ids = body.get("order_line_item_ids") or [one["order_line_item_id"] for one in body.get("order_line_list") or []]
    still = order.open_lines()
    if ids:
        chosen = [line for line in still if line.id in ids]
        if len(chosen) != len(set(ids)):
            raise Failure(25005011, "the line items exceed what can be taken")
        return chosen
    if body.get("skus"):
        picked: list[Line] = []
        for one in body["skus"]:
            of_sku = [line for line in still if line.sku_id == one["sku_id"] and line not in picked]
            if len(of_sku) < one["quantity"] or one["quantity"] < 1:
                raise Failure(25005011, "the line items exceed what can be taken")
            picked += of_sku[: one["quantity"]]
        return picked
    return still


def _cancellation(call: Call) -> Cancellation:
    one = call.sim.cancellations.get(call.path["cancel_id"])
    if one is None:
        raise Failure(25001001, "the cancellation is unknown")
    if one.shop_id != call.shop.id:
        raise Failure(25020005, "the order is not yours")
    return one


def _repeat(call: Call, subject: str) -> bool:
    """Whether this idempotency_key was used for this subject before: then nothing more is done."""
    key = call.query.get("idempotency_key", "")
    if not key:
        return False
    mark = (call.operation.name, subject, key)
    if mark in call.sim.repeats:
        return True
    call.sim.repeats[mark] = True
    return False


def _forget_repeat(call: Call, subject: str) -> None:
    call.sim.repeats.pop((call.operation.name, subject, call.query.get("idempotency_key", "")), None)


@operation(
    "ApproveCancellation", "POST", "/return_refund/202309/cancellations/{cancel_id}/approve",
    scope="seller.return_refund.basic", query={"idempotency_key": "str"},
)  # fmt: skip
def approve_cancellation(call: Call) -> None:
    """The buyer's request is granted: the units are cancelled and refunded."""
    one = _cancellation(call)
    if _repeat(call, one.id):
        return
    if one.status != "CANCELLATION_REQUEST_PENDING":
        _forget_repeat(call, one.id)
        raise Failure(25020009 if one.status == "CANCELLATION_REQUEST_CANCEL" else 25011012, "the state does not allow approval")
    order = call.sim.orders[one.order_id]
    lines = [line for line in order.open_lines() if line.id in one.line_ids]
    cancel(call.sim, order, lines, role="BUYER", reason=one.reason, existing=one)


@operation(
    "RejectCancellation", "POST", "/return_refund/202309/cancellations/{cancel_id}/reject",
    scope="seller.return_refund.basic", query={"idempotency_key": "str"},
    body={"reject_reason!": "str", "comment": "str", "images": [{"image_id!": "str"}]},
)  # fmt: skip
def reject_cancellation(call: Call) -> None:
    """The buyer's request is refused; the order goes on."""
    one = _cancellation(call)
    if _repeat(call, one.id):
        return
    reason = call.body["reject_reason"]
    allowed = {_uk(call, name) if "order_manage" in name else name for name in REJECT_CANCEL}
    if reason not in allowed:
        _forget_repeat(call, one.id)
        raise Failure(25001014, "the reason is unknown")
    if one.status != "CANCELLATION_REQUEST_PENDING":
        _forget_repeat(call, one.id)
        raise Failure(25020010 if one.status != "CANCELLATION_REQUEST_CANCEL" else 25011011, "the state does not allow a reject")
    withdraw(call.sim, one)


def withdraw(sim: State, one: Cancellation) -> None:
    """The request ends without effect: rejected by the seller, or taken back by the buyer."""
    one.status, one.updated = "CANCELLATION_REQUEST_CANCEL", sim.now()
    order = sim.orders[one.order_id]
    order.cancel_requested, order.updated = None, sim.now()
    tell_cancellation(sim, one)


_SEARCH_QUERY = {"sort_field": "create_time|update_time", "sort_order": "ASC|DESC", "page_size": "int",
                 "page_token": "str"}  # fmt: skip
_TIMES = {"create_time_ge": "int", "create_time_lt": "int", "update_time_ge": "int", "update_time_lt": "int",
          "locale": "str", "order_ids": ["str"], "buyer_user_ids": ["str"]}  # fmt: skip


@operation(
    "SearchCancellations", "POST", "/return_refund/202602/cancellations/search",
    "/return_refund/202309/cancellations/search", scope="seller.return_refund.basic", query=_SEARCH_QUERY,
    body={**_TIMES, "cancel_ids": ["str"], "cancel_status": ["str"], "cancel_types": ["str"]},
)  # fmt: skip
def search_cancellations(call: Call) -> dict[str, Any]:
    """Cancellations by page: 10 a page and oldest first unless told otherwise (contract 13.11)."""
    body, sim = call.body, call.sim
    size = page_size(call, 1, 50, 10)
    statuses = {_plain_status(one) for one in body.get("cancel_status") or []}
    rows = [
        one for one in sim.cancellations.values()
        if one.shop_id == call.shop.id and sim.is_visible(one.created) and in_time(body, one)
        and (not body.get("cancel_ids") or one.id in body["cancel_ids"])
        and (not body.get("order_ids") or one.order_id in body["order_ids"])
        and (not body.get("cancel_types") or one.type in body["cancel_types"])
        and (not statuses or _plain_status(one.status) in statuses)
        and (not body.get("buyer_user_ids") or sim.orders[one.order_id].buyer["user_id"] in body["buyer_user_ids"])
    ]  # fmt: skip
    page, token = paged(call, rows, size, "ASC")
    return {
        "cancellations": [_cancellation_answer(sim, one) for one in page], "total_count": len(rows),
        "next_page_token": token,
    }  # fmt: skip


def _plain_status(status: str) -> str:
    """CANCEL and CANCELLED are one (contract 12)."""
    return status.removesuffix("LED") if status.endswith("_CANCELLED") else status


def _cancellation_answer(sim: State, one: Cancellation) -> dict[str, Any]:
    order = sim.orders[one.order_id]
    lines = [line for line in order.lines if line.id in one.line_ids]
    is_whole = len(lines) == len(order.lines)
    amounts = refund_of(order, lines, with_shipping=is_whole)
    if order.paid is None:
        amounts = {name: Decimal(0) for name in amounts}
    answer: dict[str, Any] = {
        "cancel_id": one.id, "order_id": one.order_id, "cancel_type": one.type, "cancel_status": one.status,
        "role": one.role, "cancel_reason": one.reason,
        "cancel_reason_text": one.reason.rpartition("reason_")[2].replace("_", " "),
        "refund_amount": _amounts(order, amounts),
        "should_replenish_stock": one.status != "CANCELLATION_REQUEST_CANCEL",
        "cancel_line_items": [
            {"cancel_line_item_id": f"{one.id}{place:02d}", "order_line_item_id": line.id, "sku_id": line.sku_id,
             "sku_name": line.sku_name, "seller_sku": line.seller_sku, "product_name": line.product_name,
             "product_image": {"url": line.sku_image, "width": 0, "height": 0},
             "refund_amount": _amounts(order, refund_of(order, [line], with_shipping=False))}
            for place, line in enumerate(lines, 1)
        ],
        "seller_next_action_response": [], **wire_times(create_time=one.created, update_time=one.updated),
    }  # fmt: skip
    if one.status == "CANCELLATION_REQUEST_PENDING":
        answer["seller_next_action_response"] = [{"action": "SELLER_RESPOND_CANCEL", "deadline": int(one.deadline)}]
    return answer


@operation(
    "GetRejectReasons", "GET", "/return_refund/202309/reject_reasons", scope="seller.return_refund.basic",
    query={"return_or_cancel_id!": "str", "locale": "str"},
)  # fmt: skip
def reject_reasons(call: Call) -> dict[str, Any]:
    """What a seller may answer to a request."""
    subject = call.query["return_or_cancel_id"]
    known: Cancellation | Return | None = call.sim.cancellations.get(subject) or call.sim.returns.get(subject)
    if known is None or known.shop_id != call.shop.id:
        raise Failure(25001001, "the request is unknown")
    reasons = REJECT_CANCEL if isinstance(known, Cancellation) else REJECT_RETURN
    return {"reasons": [{"name": _uk(call, name) if "order_manage" in name else name, "text": text} for name, text in reasons.items()]}


def open_return(sim: State, order: Order, kind: str, lines: Sequence[Line], reason: str, *, role: str = "BUYER") -> Return:
    """A refund or return is asked for; raises `Failure` where the order's status does not allow it (contract 6.3)."""
    allowed = {"REFUND": ("AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED"), "RETURN_AND_REFUND": ("DELIVERED",)}
    if kind not in allowed or order.status not in allowed[kind]:
        raise Failure(25001003, "the order's status is wrong for this")
    if not lines or any(line.refunded for line in lines):
        raise Failure(25001010, "the return is done already, or names no line item")
    now = sim.now()
    rest = [line for line in order.open_lines() if not line.refunded and line not in lines]
    one = Return(
        sim.new_id("return"), order.shop_id, order.id, kind, "RETURN_OR_REFUND_REQUEST_PENDING", role, reason,
        [line.id for line in lines], refund_of(order, lines, with_shipping=not rest), now, now, now + RESPOND_WITHIN_S,
    )  # fmt: skip
    sim.returns[one.id] = one
    set_return(sim, one, one.status, "The buyer asked for a refund.", role)
    return one


def set_return(sim: State, one: Return, status: str, says: str, role: str) -> None:
    """Move a return, write its history, tell the app; its end refunds the units."""
    one.status, one.updated = status, sim.now()
    one.records.append({"event": status, "role": role, "description": says, "create_time": int(one.updated)})
    sim.notify(
        "RETURN_STATUS_CHANGE", sim.shops[one.shop_id],
        {"order_id": one.order_id, "return_role": one.role if one.role != "OPERATOR" else "SYSTEM",
         "return_type": one.type, "return_status": status, "return_id": one.id, "create_time": int(one.created),
         "update_time": int(one.updated)},
    )  # fmt: skip
    if status == "RETURN_OR_REFUND_REQUEST_SUCCESS":
        sim.later(float(sim.settings["refund_after_s"]), lambda: complete_return(sim, one))


def complete_return(sim: State, one: Return) -> None:
    """The money of a granted return goes back; the order ends when nothing is left of it."""
    if one.status != "RETURN_OR_REFUND_REQUEST_SUCCESS":
        return
    order = sim.orders[one.order_id]
    if one.partial is None:
        for line in order.lines:
            if line.id in one.line_ids:
                line.refunded = True
    set_return(sim, one, "RETURN_OR_REFUND_REQUEST_COMPLETE", "The money went back to the buyer.", "SYSTEM")
    if all(line.refunded for line in order.open_lines()) and order.status != "COMPLETED":
        for line in order.open_lines():
            line.status = "COMPLETED"
        move(sim, order, "COMPLETED")


def _return(call: Call) -> Return:
    one = call.sim.returns.get(call.path["return_id"])
    if one is None:
        raise Failure(25001001, "the return is unknown")
    if one.shop_id != call.shop.id:
        raise Failure(25020005, "the order is not yours")
    return one


@operation(
    "SearchReturns", "POST", "/return_refund/202602/returns/search", "/return_refund/202309/returns/search",
    scope="seller.return_refund.basic", query=_SEARCH_QUERY,
    body={**_TIMES, "return_ids": ["str"], "return_status": ["str"], "return_types": ["str"]},
)  # fmt: skip
def search_returns(call: Call) -> dict[str, Any]:
    """Returns and refunds by page: 10 a page and oldest first unless told otherwise."""
    body, sim = call.body, call.sim
    size = page_size(call, 10, 50, 10)
    rows = [
        one for one in sim.returns.values()
        if one.shop_id == call.shop.id and sim.is_visible(one.created) and in_time(body, one)
        and (not body.get("return_ids") or one.id in body["return_ids"])
        and (not body.get("order_ids") or one.order_id in body["order_ids"])
        and (not body.get("return_types") or one.type in body["return_types"])
        and (not body.get("return_status") or one.status in body["return_status"])
        and (not body.get("buyer_user_ids") or sim.orders[one.order_id].buyer["user_id"] in body["buyer_user_ids"])
    ]  # fmt: skip
    page, token = paged(call, rows, size, "ASC")
    return {
        "return_orders": [_return_answer(sim, one) for one in page], "total_count": len(rows),
        "next_page_token": token,
    }  # fmt: skip


_ACTIONS = {
    ("REFUND", "RETURN_OR_REFUND_REQUEST_PENDING"): "SELLER_RESPOND_REFUND",
    ("RETURN_AND_REFUND", "RETURN_OR_REFUND_REQUEST_PENDING"): "SELLER_RESPOND_RETURN",
    ("RETURN_AND_REFUND", "BUYER_SHIPPED_ITEM"): "SELLER_RESPOND_RECEIVE_PACKAGE",
}


def _return_answer(sim: State, one: Return) -> dict[str, Any]:
    order = sim.orders[one.order_id]
    lines = [line for line in order.lines if line.id in one.line_ids]
    action = _ACTIONS.get((one.type, one.status))
    answer: dict[str, Any] = {
        "return_id": one.id, "order_id": one.order_id, "return_type": one.type, "return_status": one.status,
        "role": one.role, "return_reason": one.reason,
        "return_reason_text": one.reason.rpartition("reason_")[2].replace("_", " "),
        "arbitration_status": "", "can_buyer_keep_item": False, "is_combined_return": False,
        "is_quick_refund": False, "refund_amount": _amounts(order, one.amounts),
        "return_tracking_number": one.tracking_number,
        "return_line_items": [
            {"return_line_item_id": f"{one.id}{place:02d}", "order_line_item_id": line.id, "sku_id": line.sku_id,
             "sku_name": line.sku_name, "seller_sku": line.seller_sku, "product_name": line.product_name,
             "product_image": {"url": line.sku_image, "width": 0, "height": 0},
             "refund_amount": _amounts(order, refund_of(order, [line], with_shipping=False))}
            for place, line in enumerate(lines, 1)
        ],
        "seller_next_action_response": [{"action": action, "deadline": int(one.deadline)}] if action else [],
        **wire_times(create_time=one.created, update_time=one.updated),
    }  # fmt: skip
    if one.partial is not None:
        answer["partial_refund"] = {"amount": money(one.partial, order.currency), "currency": order.currency}
        answer["seller_proposed_return_type"] = "PARTIAL_REFUND"
    return answer


@operation(
    "GetReturnRecords", "GET", "/return_refund/202309/returns/{return_id}/records",
    scope="seller.return_refund.basic", query={"locale": "str"},
)  # fmt: skip
def return_records(call: Call) -> dict[str, Any]:
    """The history of a return, newest first."""
    return {"records": list(reversed(_return(call).records))}


@operation(
    "ApproveReturn", "POST", "/return_refund/202309/returns/{return_id}/approve",
    scope="seller.return_refund.basic", query={"idempotency_key": "str"},
    body={"decision!": "str", "buyer_keep_item": "bool", "partial_refund": {"currency": "str", "amount": "str"}},
)  # fmt: skip
def approve_return(call: Call) -> None:
    """The seller agrees: to the refund, to the return, to the goods that came back, or offers a part."""
    one, decision = _return(call), call.body["decision"]
    if _repeat(call, one.id):
        return
    steps = {
        ("REFUND", "RETURN_OR_REFUND_REQUEST_PENDING", "APPROVE_REFUND"): "RETURN_OR_REFUND_REQUEST_SUCCESS",
        ("RETURN_AND_REFUND", "RETURN_OR_REFUND_REQUEST_PENDING", "APPROVE_RETURN"): "AWAITING_BUYER_SHIP",
        ("RETURN_AND_REFUND", "BUYER_SHIPPED_ITEM", "APPROVE_RECEIVED_PACKAGE"): "RETURN_OR_REFUND_REQUEST_SUCCESS",
    }
    status = steps.get((one.type, one.status, decision))
    is_pending = one.status == "RETURN_OR_REFUND_REQUEST_PENDING"
    if decision == "OFFER_PARTIAL_REFUND" and is_pending:
        offered = call.body.get("partial_refund") or {}
        if offered.get("currency") != call.sim.orders[one.order_id].currency:
            _forget_repeat(call, one.id)
            raise Failure(25001001, "the partial refund is missing or in another currency")
        one.partial = Decimal(offered["amount"])
        status = "AWAITING_BUYER_RESPONSE"
    if status is None:
        _forget_repeat(call, one.id)
        is_known = any(decision == known for _, _, known in steps)
        raise Failure(25011012 if is_known else 25020004, "the state or the type does not allow this decision")
    if decision == "APPROVE_RETURN" and call.body.get("buyer_keep_item"):
        status = "RETURN_OR_REFUND_REQUEST_SUCCESS"
    set_return(call.sim, one, status, "The seller agreed.", "SELLER")


@operation(
    "RejectReturn", "POST", "/return_refund/202309/returns/{return_id}/reject",
    scope="seller.return_refund.basic", query={"idempotency_key": "str"},
    body={"decision!": "str", "reject_reason!": "str", "comment": "str", "images": [{"image_id!": "str"}]},
)  # fmt: skip
def reject_return(call: Call) -> None:
    """The seller refuses: the request, or the goods that came back."""
    one, body = _return(call), call.body
    if _repeat(call, one.id):
        return
    steps = {
        ("REFUND", "RETURN_OR_REFUND_REQUEST_PENDING", "REJECT_REFUND"): "REFUND_OR_RETURN_REQUEST_REJECT",
        ("RETURN_AND_REFUND", "RETURN_OR_REFUND_REQUEST_PENDING", "REJECT_RETURN"): "REFUND_OR_RETURN_REQUEST_REJECT",
        ("RETURN_AND_REFUND", "BUYER_SHIPPED_ITEM", "REJECT_RECEIVED_PACKAGE"): "REJECT_RECEIVE_PACKAGE",
    }
    status = steps.get((one.type, one.status, body["decision"]))
    if body["reject_reason"] not in REJECT_RETURN:
        _forget_repeat(call, one.id)
        raise Failure(25001014, "the reason is unknown")
    if status is None:
        _forget_repeat(call, one.id)
        raise Failure(25011011, "the state does not allow a reject")
    set_return(call.sim, one, status, "The seller refused.", "SELLER")


@operation(
    "CreateReturn", "POST", "/return_refund/202602/returns", "/return_refund/202309/returns",
    scope="seller.return_refund.basic", query={"idempotency_key": "str"},
    body={"order_id!": "str", "return_reason!": "str", "return_type!": "str", "order_line_item_ids": ["str"],
          "order_line_list": [{"order_line_item_id!": "str"}], "skus": [{"sku_id!": "str", "quantity!": "int"}],
          "refund_total": "str", "currency": "str"},
)  # fmt: skip
def create_return(call: Call) -> dict[str, Any]:
    """The seller refunds on the buyer's behalf (US and UK)."""
    body = call.body
    order = call.sim.orders.get(body["order_id"])
    if order is None or order.shop_id != call.shop.id:
        raise Failure(25020005, "the order is not yours")
    key = call.query.get("idempotency_key", "")
    mark = ("CreateReturn", call.shop.id, key)
    if key and mark in call.sim.repeats:
        return dict(call.sim.repeats[mark])
    if call.shop.region not in ("US", "GB"):
        raise Failure(25001003, "sellers of this market cannot open a return")
    if not body["return_reason"].removesuffix("_uk").endswith("_seller") and "seller_" not in body["return_reason"]:
        raise Failure(25001015, "the reason is not for a seller")
    lines = [line for line in _some(order, body) if not line.refunded]
    wanted = Decimal(body["refund_total"]) if body.get("refund_total") else None
    most = refund_of(order, lines, with_shipping=len(lines) == len(order.open_lines()))["refund_total"]
    if wanted is not None and wanted > most:
        raise Failure(25005005, "the refund is above what can be refunded")
    one = open_return(call.sim, order, body["return_type"], lines, body["return_reason"], role="SELLER")
    if one.type == "REFUND":
        set_return(call.sim, one, "RETURN_OR_REFUND_REQUEST_SUCCESS", "The seller refunds.", "SELLER")
    answer = {"return_id": one.id, "return_status": one.status}
    if key:
        call.sim.repeats[mark] = answer
    return answer


@operation(
    "CalculateRefund", "POST", "/return_refund/202602/refunds/calculate",
    "/return_refund/202309/refunds/calculate", scope="seller.return_refund.basic",
    body={"order_id!": "str", "reason_name!": "str", "request_type!": "str", "order_line_item_ids": ["str"],
          "order_line_list": [{"order_line_item_id!": "str"}], "skus": [{"sku_id!": "str", "quantity!": "int"}]},
)  # fmt: skip
def calculate_refund(call: Call) -> dict[str, Any]:
    """What a refund of these units would come to."""
    order = call.sim.orders.get(call.body["order_id"])
    if order is None or order.shop_id != call.shop.id:
        raise Failure(25007006, "the order is not found")
    lines = [line for line in _some(order, call.body) if not line.refunded]
    rest = [line for line in order.open_lines() if not line.refunded and line not in lines]
    amounts = refund_of(order, lines, with_shipping=not rest)
    return {"order_refund_amount": _amounts(order, amounts)}

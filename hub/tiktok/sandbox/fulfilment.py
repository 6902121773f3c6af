"""Parcels both ways (contract 5.7, 5.8, 8.2–8.4): the seller's own carrier, and TikTok's labels."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, abort

from hub.tiktok.sandbox.gateway import Call, Failure, gateway, operation
from hub.tiktok.sandbox.orders import address, in_time, order_of, page_size, paged
from hub.tiktok.sandbox.placing import LATE_PACKAGES, make_package, move, sku_of
from hub.tiktok.sandbox.shops import address_of, platform_provider, providers
from hub.tiktok.sandbox.state import Line, Order, Package, State, money, wire_times

_DONE = ("AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED")
_TRACKING = re.compile(r"^[A-Za-z0-9-]{4,60}$")
CHANGE_WINDOW_S = 72 * 3600


def _shippable(call: Call, order: Order) -> None:
    if order.fulfillment_type != "FULFILLMENT_BY_SELLER":
        raise Failure(21008025, "the order is fulfilled by the platform")
    if order.status == "ON_HOLD":
        raise Failure(21011044, "the order is ON_HOLD: wait for AWAITING_SHIPMENT")
    if order.status == "CANCELLED":
        raise Failure(21011041, "the order is cancelled")
    if order.status in _DONE:
        raise Failure(21011006, "the order is already shipped")
    if order.status not in ("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"):
        raise Failure(21042057, "the order is not AWAITING_SHIPMENT")
    if order.cancel_requested is not None and call.shop.region != "US":
        raise Failure(21008044, "an after-sale request is open")


def _carrier(call: Call, given: dict[str, Any]) -> tuple[str, dict[str, str]]:
    number = str(given.get("tracking_number") or "").strip()
    carrier = next((one for one in providers(call.shop.region) if one["id"] == given.get("shipping_provider_id")), None)
    if not number or carrier is None:
        raise Failure(21011022, "the tracking number or the provider is invalid")
    if not _TRACKING.match(number):
        raise Failure(21004012, "the tracking number has special characters or a wrong length")
    return number, carrier


def _not_used(call: Call, number: str, order_id: str) -> None:
    """One number on several orders means one parcel: fine for one buyer, refused for two (contract 8.4)."""
    for package in call.sim.packages.values():
        if package.tracking_number == number and package.order_id != order_id:
            one, other = call.sim.orders[package.order_id], call.sim.orders[order_id]
            if one.buyer["user_id"] != other.buyer["user_id"]:
                raise Failure(21034012, "the tracking number is already used")


def _chosen(order: Order, ids: list[str] | None) -> list[Line]:
    still = [line for line in order.open_lines() if line.status == "AWAITING_SHIPMENT"]
    if not ids:
        return still
    by_id = {line.id: line for line in order.lines}
    unknown = [one for one in ids if one not in by_id]
    if unknown:
        raise Failure(21011029, "a line item is not in this order")
    chosen = [by_id[one] for one in ids]
    if any(line not in still for line in chosen):
        raise Failure(21011020, "a line item is already shipped or cancelled")
    return chosen


def _reject_open_request(call: Call, order: Order) -> None:
    """US: shipping refuses the buyer's open request by itself (contract 8.1)."""
    if order.cancel_requested is None:
        return
    for one in call.sim.cancellations.values():
        if one.order_id == order.id and one.status == "CANCELLATION_REQUEST_PENDING":
            one.status, one.updated = "CANCELLATION_REQUEST_CANCEL", call.sim.now()
            call.sim.notify(
                "CANCELLATION_STATUS_CHANGE", call.shop,
                {"order_id": order.id, "cancellations_role": "BUYER", "cancel_status": one.status,
                 "cancel_id": one.id, "create_time": int(one.created)},
            )  # fmt: skip
    order.cancel_requested = None


def ship(sim: State, order: Order, package: Package, number: str, carrier: dict[str, str]) -> None:
    """The parcel is ready for the carrier; the order follows when nothing is left to ship."""
    now = sim.now()
    package.tracking_number, package.provider_id, package.provider_name = number, carrier["id"], carrier["name"]
    package.status, package.shipped, package.updated = "PROCESSING", True, now
    for line in order.lines:
        if line.id in package.line_ids and line.status == "AWAITING_SHIPMENT":
            line.status = "AWAITING_COLLECTION"
            line.package_id = package.id
            sku = sku_of(sim, line)
            if sku is not None:
                sku.committed[line.warehouse_id] = max(0, sku.committed.get(line.warehouse_id, 0) - 1)
    is_all = all(line.status != "AWAITING_SHIPMENT" for line in order.open_lines())
    if is_all:
        order.shipped = now
    move(sim, order, "AWAITING_COLLECTION" if is_all else "PARTIALLY_SHIPPING")
    package_update(sim, package)


def package_update(sim: State, package: Package) -> None:
    """Webhook 4: an order's parcels are several now."""
    if len(sim.orders[package.order_id].package_ids) < 2:
        return
    sim.notify(
        "PACKAGE_UPDATE", sim.shops[package.shop_id],
        {"sc_type": "SPLIT", "role_type": "ROLE_SELLER",
         "package_list": [{"package_id": package.id, "order_id_list": [package.order_id]}],
         "update_time": int(package.updated)},
    )  # fmt: skip


@operation(
    "MarkPackageAsShipped", "POST", "/fulfillment/202309/orders/{order_id}/packages",
    scope="seller.fulfillment.basic",
    body={"order_line_item_ids": ["str"], "tracking_number!": "str", "shipping_provider_id!": "str"},
)  # fmt: skip
def mark_shipped(call: Call) -> dict[str, Any]:
    """The seller's own carrier has it: for the whole order, or for the named units."""
    order = order_of(call, call.path["order_id"])
    _shippable(call, order)
    if order.shipping_type != "SELLER":
        raise Failure(21011003, "the action is not allowed: TikTok ships this order")
    number, carrier = _carrier(call, call.body)
    lines = _chosen(order, call.body.get("order_line_item_ids"))
    _not_used(call, number, order.id)
    _reject_open_request(call, order)
    package = _parcel(call, order, lines)
    ship(call.sim, order, package, number, carrier)
    return {
        "order_id": order.id, "order_line_item_ids": [line.id for line in lines], "package_id": package.id,
        "warning": {"message": ""},
    }  # fmt: skip


def _parcel(call: Call, order: Order, lines: list[Line]) -> Package:
    """The parcel that payment made where it fits these units, else a new one."""
    ids = [line.id for line in lines]
    for package_id in order.package_ids:
        package = call.sim.packages[package_id]
        if package.shipped:
            continue
        if set(package.line_ids) == set(ids):
            return package
        package.line_ids = [one for one in package.line_ids if one not in ids]
    return make_package(call.sim, order, ids)


@operation(
    "GetEligibleShippingService", "POST", "/fulfillment/202309/orders/{order_id}/shipping_services/query",
    scope="seller.fulfillment.basic",
    body={"order_line_item_ids": ["str"], "weight": {"value!": "str", "unit!": "str"},
          "dimension": {"length!": "str", "width!": "str", "height!": "str", "unit!": "str"}},
)  # fmt: skip
def shipping_services(call: Call) -> dict[str, Any]:
    """Which labels TikTok sells for an order (US)."""
    order = order_of(call, call.path["order_id"])
    if call.shop.region not in LATE_PACKAGES:
        raise Failure(21011037, "no shipping service is available here")
    lines = _chosen(order, call.body.get("order_line_item_ids"))
    answer: dict[str, Any] = {
        "order_id": order.id, "order_line_id": [line.id for line in lines],
        "shipping_services": [_service(call, place) for place in (1, 2)],
    }  # fmt: skip
    for name in ("weight", "dimension"):
        if call.body.get(name):
            answer[name] = call.body[name]
    return answer


def _service(call: Call, place: int) -> dict[str, Any]:
    carrier = providers(call.shop.region)[place - 1]
    return {
        "id": f"7200000000000000{place:03d}", "name": ("Ground", "Priority")[place - 1],
        "price": money(Decimal("4.10") * place, call.shop.currency), "currency": call.shop.currency,
        "earliest_delivery_days": 3 - place, "latest_delivery_days": 6 - place, "is_default": place == 1,
        "shipping_provider_name": carrier["name"], "shipping_provider_id": carrier["id"],
    }  # fmt: skip


@operation(
    "CreatePackages", "POST", "/fulfillment/202512/packages", "/fulfillment/202309/packages",
    scope="seller.fulfillment.basic",
    body={"order_id!": "str", "shipping_service_id": "str", "order_line_item_ids": ["str"],
          "order_line_item": [{"order_line_id": "str"}],
          "weight!": {"value!": "str", "unit!": "str"},
          "dimension!": {"length!": "str", "width!": "str", "height!": "str", "unit!": "str"}},
)  # fmt: skip
def create_packages(call: Call) -> dict[str, Any]:
    """Buy a TikTok label (US) for an order or some of its units: the parcel gets its number at once."""
    body = call.body
    order = order_of(call, body["order_id"])
    if call.shop.region not in LATE_PACKAGES:
        raise Failure(21008106, "not for this region")
    _shippable(call, order)
    if order.shipping_type != "TIKTOK":
        raise Failure(21011003, "the action is not allowed: the seller ships this order")
    services = {one["id"]: one for one in (_service(call, place) for place in (1, 2))}
    service = services.get(body.get("shipping_service_id") or next(iter(services)))
    if service is None:
        raise Failure(21004008, "the shipping service is unknown")
    if body["weight"]["unit"] not in ("GRAM", "POUND") or body["dimension"]["unit"] not in ("CM", "INCH"):
        raise Failure(21001001, "the units are invalid")
    ids = body.get("order_line_item_ids") or [one["order_line_id"] for one in body.get("order_line_item") or []]
    lines = _chosen(order, ids)
    _reject_open_request(call, order)
    package = _parcel(call, order, lines)
    package.weight, package.dimension = body["weight"], body["dimension"]
    ship(
        call.sim, order, package, _label_number(package),
        {"id": service["shipping_provider_id"], "name": service["shipping_provider_name"]},
    )  # fmt: skip
    answer: dict[str, Any] = {
        "package_id": package.id, "create_time": int(package.created), "weight": package.weight,
        "dimension": package.dimension,
        "shipping_service_info": {
            name: service[name]
            for name in ("id", "name", "price", "currency", "earliest_delivery_days", "latest_delivery_days",
                         "shipping_provider_id", "shipping_provider_name")
        },
    }  # fmt: skip
    if "/202309/" in call.operation.path:
        answer |= {"order_id": order.id, "order_line_item_ids": [line.id for line in lines]}
    return answer


def _label_number(package: Package) -> str:
    return f"TTS{package.id[-12:]}"


def _package(call: Call) -> Package:
    package = call.sim.packages.get(call.path["package_id"])
    if package is None:
        raise Failure(21001001, "the package is unknown")
    if package.shop_id != call.shop.id:
        raise Failure(21011028, "the package belongs to another shop")
    return package


@operation(
    "ShipPackage", "POST", "/fulfillment/202309/packages/{package_id}/ship", scope="seller.fulfillment.basic",
    body={"handover_method": "str", "pickup_slot": {"start_time": "int", "end_time": "int"},
          "self_shipment": {"tracking_number!": "str", "shipping_provider_id!": "str"}},
)  # fmt: skip
def ship_package(call: Call) -> None:
    """Outside the US: a parcel that payment made goes out, with TikTok's carrier or the seller's own."""
    package = _package(call)
    order = call.sim.orders[package.order_id]
    if package.shipped:
        raise Failure(21011040, "the package is already shipped")
    _shippable(call, order)
    if order.shipping_type == "SELLER":
        if not call.body.get("self_shipment"):
            raise Failure(21001001, "self_shipment is missing: the seller ships this order")
        number, carrier = _carrier(call, call.body["self_shipment"])
        _not_used(call, number, order.id)
    else:
        method = call.body.get("handover_method") or "DROP_OFF"
        if method not in ("PICKUP", "DROP_OFF"):
            raise Failure(21001001, "the handover method is invalid")
        package.handover_method = method
        number, carrier = _label_number(package), platform_provider(call.shop.region)
    ship(call.sim, order, package, number, carrier)


@operation(
    "GetPackageDetail", "GET", "/fulfillment/202309/packages/{package_id}", scope="seller.fulfillment.basic",
    cipher="optional",
)  # fmt: skip
def package_detail(call: Call) -> dict[str, Any]:
    """A parcel with its addresses; the recipient is masked where TikTok ships."""
    package = call.sim.packages.get(call.path["package_id"])
    if package is None or package.shop_id != call.shop.id:
        raise Failure(10006402, "permission denied for this package")
    order = call.sim.orders[package.order_id]
    from_ = address_of(call.shop.region)
    shown = order_address(order)
    answer: dict[str, Any] = {
        "package_id": package.id, "orders": [{"id": order.id}], "package_status": package.status,
        "split_and_combine_tag": "SPLIT" if len(order.package_ids) > 1 else "DEFAULT",
        "has_multi_skus": len({line.sku_id for line in order.lines if line.id in package.line_ids}) > 1,
        "note_tag": "BUYER_NOTED" if order.extra["message"] else "BUYER_UNNOTED",
        "shipping_provider_name": package.provider_name, "shipping_provider_id": package.provider_id,
        "shipping_type": order.shipping_type, "delivery_option_id": call.shop.delivery_option_id,
        "delivery_option_name": "Standard shipping", "tracking_number": package.tracking_number,
        "order_line_item_ids": package.line_ids, "recipient_address": shown,
        "sender_address": {"full_address": f"{from_['line']}, {from_['city']}", "name": call.shop.name,
                           "phone_number": from_["phone"], "postal_code": from_["postal_code"],
                           "region_code": call.shop.region, "address_line1": from_["line"]},
        **wire_times(create_time=package.created, update_time=package.updated),
    }  # fmt: skip
    if package.handover_method:
        answer["handover_method"] = package.handover_method
    if package.weight:
        answer |= {"weight": package.weight, "dimension": package.dimension}
    return answer


def order_address(order: Order) -> dict[str, Any]:
    """The parts of a recipient's address that a parcel shows."""
    names = ("full_address", "phone_number", "name", "postal_code", "address_detail", "region_code", "address_line1",
             "address_line2", "address_line3", "address_line4")  # fmt: skip
    return {name: value for name, value in address(order).items() if name in names}


@operation(
    "SearchPackage", "POST", "/fulfillment/202309/packages/search", scope="seller.fulfillment.basic",
    cipher="optional",
    query={"page_size!": "int", "page_token": "str", "sort_order": "ASC|DESC",
           "sort_field": "create_time|update_time|order_pay_time"},
    body={"create_time_ge": "int", "create_time_lt": "int", "update_time_ge": "int", "update_time_lt": "int",
          "package_status": "str"},
)  # fmt: skip
def search_packages(call: Call) -> dict[str, Any]:
    """Parcels by page, newest first unless told otherwise."""
    size = page_size(call, 1, 50)
    rows = [
        one for one in call.sim.packages.values()
        if one.shop_id == call.shop.id and in_time(call.body, one)
        and call.body.get("package_status") in (None, "", one.status)
    ]  # fmt: skip
    page, token = paged(call, rows, size, "DESC")
    return {
        "packages": [
            {"id": one.id, "orders": [{"id": one.order_id}], "status": one.status,
             "tracking_number": one.tracking_number, "shipping_provider_name": one.provider_name,
             "shipping_provider_id": one.provider_id, "order_line_item_ids": one.line_ids,
             **wire_times(create_time=one.created, update_time=one.updated)}
            for one in page
        ],
        "total_count": len(rows), "next_page_token": token,
    }  # fmt: skip


@operation(
    "GetPackageShippingDocument", "GET", "/fulfillment/202309/packages/{package_id}/shipping_documents",
    scope="seller.fulfillment.basic",
    query={"document_type!": "SHIPPING_LABEL|PACKING_SLIP|SHIPPING_LABEL_AND_PACKING_SLIP|SHIPPING_LABEL_PICTURE"
                             "|HAZMAT_LABEL|INVOICE_LABEL",
           "document_size": "A6|A5", "document_format": "PDF|ZPL"},
)  # fmt: skip
def shipping_document(call: Call) -> dict[str, Any]:
    """Where a label lies: only for TikTok's shipping, after the ship call and before the carrier's scan."""
    package = _package(call)
    order = call.sim.orders[package.order_id]
    if order.fulfillment_type != "FULFILLMENT_BY_SELLER":
        raise Failure(21008043, "the package is fulfilled by the platform: there is no document")
    if order.shipping_type != "TIKTOK":
        raise Failure(11034002, "only for TIKTOK shipping")
    if package.status == "CANCELLED":
        raise Failure(21023059, "the package is cancelled")
    if not package.shipped:
        raise Failure(21042104, "there is no document before shipping")
    if package.collected:
        raise Failure(21042102, "there is no document after pickup")
    if package.label_polls < int(call.sim.settings["label_polls"]):
        package.label_polls += 1
        raise Failure(11034037, "the document is not ready, retry")
    base = call.sim.settings.get("public_url") or call.request.host_url.rstrip("/")
    return {"doc_url": f"{base}/sandbox/labels/{package.id}.pdf", "tracking_number": package.tracking_number}


def label_routes(sim: State) -> Blueprint:
    """`GET /sandbox/labels/<package>.pdf`: the label, a page with its number."""
    routes = Blueprint("tiktok_labels", __name__)

    @routes.get("/sandbox/labels/<package_id>.pdf")
    def label(package_id: str) -> Response:
        package = sim.packages.get(package_id)
        if package is None or not package.shipped:
            abort(404)
        return Response(_pdf(f"SANDBOX {package.provider_name} {package.tracking_number}"),
                        content_type="application/pdf")  # fmt: skip

    return routes


def _pdf(text: str) -> bytes:
    """A one-page A6 document with one line."""
    stream = f"BT /F1 12 Tf 24 380 Td ({text}) Tj ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    return out + b"xref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table, start,
    )  # fmt: skip


_CHANGE = {"tracking_number!": "str", "shipping_provider_id!": "str"}


@operation(
    "UpdateShippingInfo", "POST", "/fulfillment/202309/orders/{order_id}/shipping_info/update",
    scope="seller.logistics", body=_CHANGE,
)  # fmt: skip
def update_order_tracking(call: Call) -> None:
    """Another tracking number for an unsplit order: once, within 72 hours."""
    order = order_of(call, call.path["order_id"])
    shipped = [call.sim.packages[one] for one in order.package_ids if call.sim.packages[one].shipped]
    if order.status == "CANCELLED":
        raise Failure(21011042, "the order is cancelled")
    if not shipped:
        raise Failure(21011043, "the package is not shipped yet")
    if len(shipped) > 1:
        raise Failure(21011049, "the order is split: change its packages")
    _change(call, order, shipped[0])


@operation(
    "UpdatePackageShippingInfo", "POST", "/fulfillment/202309/packages/{package_id}/shipping_info/update",
    scope="seller.fulfillment.basic", body=_CHANGE,
)  # fmt: skip
def update_package_tracking(call: Call) -> None:
    """Another tracking number for one parcel."""
    package = _package(call)
    if not package.shipped:
        raise Failure(21011043, "the package is not shipped yet")
    _change(call, call.sim.orders[package.order_id], package)


def _change(call: Call, order: Order, package: Package) -> None:
    if order.shipping_type != "SELLER":
        raise Failure(21011004, "only for seller-shipped packages")
    if order.tracking_changes >= 1:
        raise Failure(21011051 if call.operation.name == "UpdatePackageShippingInfo" else 21011030,
                      "the tracking number may be changed once only")  # fmt: skip
    if call.sim.now() - (order.shipped or package.updated) > CHANGE_WINDOW_S:
        raise Failure(21011050 if call.operation.name == "UpdatePackageShippingInfo" else 21011049,
                      "the window for changes is over")  # fmt: skip
    number, carrier = _carrier(call, call.body)
    _not_used(call, number, order.id)
    package.tracking_number, package.provider_id, package.provider_name = number, carrier["id"], carrier["name"]
    package.updated = order.updated = call.sim.now()
    order.tracking_changes += 1


@operation("GetTracking", "GET", "/fulfillment/202309/orders/{order_id}/tracking", scope="seller.logistics")
def tracking(call: Call) -> dict[str, Any]:
    """What the carrier said so far; the times are milliseconds."""
    order = order_of(call, call.path["order_id"])
    steps = [(order.shipped, "Your package is ready for the carrier."), (order.collected, "Picked up by the carrier."),
             (order.delivered, "Delivered.")]  # fmt: skip
    return {"tracking": [{"description": says, "update_time_millis": int(at * 1000)} for at, says in steps if at is not None]}


@operation("GetWarehouseList", "GET", "/logistics/202309/warehouses", scope="seller.logistics")
def warehouses(call: Call) -> dict[str, Any]:
    """Sales and return warehouses. The wire spells `distict` (contract 13.5)."""
    here = address_of(call.shop.region)
    return {
        "warehouses": [
            {"id": one.id, "entity_id": one.id, "name": one.name, "effect_status": one.effect_status, "type": one.type,
             "sub_type": "DOMESTIC_WAREHOUSE", "is_default": one.is_default,
             "address": {"region": here["region"], "state": here["state"], "city": here["city"], "distict": "",
                         "postal_code": here["postal_code"], "region_code": call.shop.region,
                         "full_address": f"{here['line']}, {here['city']}", "address_line1": here["line"],
                         "contact_person": "Warehouse desk", "phone_number": here["phone"]}}
            for one in call.shop.warehouses
        ]
    }  # fmt: skip


@operation(
    "GetWarehouseDeliveryOptions", "GET", "/logistics/202309/warehouses/{warehouse_id}/delivery_options",
    scope="seller.logistics", query={"scope": "str"},
)  # fmt: skip
def delivery_options(call: Call) -> dict[str, Any]:
    """How a warehouse's orders travel; `scope=PRODUCT` answers id and name only."""
    if call.path["warehouse_id"] not in {one.id for one in call.shop.warehouses}:
        raise gateway("'warehouse_id' is invalid")
    option: dict[str, Any] = {"id": call.shop.delivery_option_id, "name": "Standard shipping"}
    if call.query.get("scope") != "PRODUCT":
        option |= {
            "type": "STANDARD", "description": "Standard shipping", "platform": ["TIKTOK_SHOP"],
            "dimension_limit": {"max_height": 120, "max_length": 120, "max_width": 120, "unit": "CM"},
            "weight_limit": {"max_weight": 30000, "min_weight": 0, "unit": "GRAM"},
        }  # fmt: skip
    return {"delivery_options": [option]}


@operation(
    "GetShippingProviders", "GET", "/logistics/202309/delivery_options/{delivery_option_id}/shipping_providers",
    scope="seller.logistics",
)  # fmt: skip
def shipping_providers(call: Call) -> dict[str, Any]:
    """The carriers that may be named for a delivery option."""
    if call.path["delivery_option_id"] != call.shop.delivery_option_id:
        raise Failure(21008116, "the delivery option is not subscribed")
    return {"shipping_providers": providers(call.shop.region)}

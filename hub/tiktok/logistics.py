"""Warehouses, carriers, packages and shipping (contract 5.7, 5.8, 8.3)."""

from __future__ import annotations

from collections.abc import Sequence

from hub import log
from hub.domain.orders import Carrier, Order, OrderLine, OrderState, Parcel, ShippingType, Warehouse
from hub.domain.problems import problem
from hub.errors import Refused
from hub.tiktok import codes
from hub.tiktok.client import Caller, has_code
from hub.tiktok.order_reading import order_of
from hub.tiktok.translate import in_path, part, rows, text, words

# Markets where the ship call itself makes the package (contract 8.3); elsewhere it exists since the payment.
_MARKS_AS_SHIPPED = frozenset({"US", "GB", "UK", "ES", "IE", "IT", "DE", "FR", "JP"})
_WAREHOUSE_KINDS = {"SALES_WAREHOUSE": "sales", "RETURN_WAREHOUSE": "return"}

_log = log.get("hub.tiktok.logistics")


class Logistics:
    """Everything about goods on their way, for one shop."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def warehouses(self) -> Sequence[Warehouse]:
        """All warehouses; ``kind`` is ``sales`` or ``return``, or the wire's word where it is another."""
        data = self._caller.call("GetWarehouseList", "GET", "/logistics/202309/warehouses")
        return [
            Warehouse(
                warehouse_id=text(row, "id"),
                name=text(row, "name"),
                kind=_WAREHOUSE_KINDS.get(text(row, "type"), text(row, "type")),
                is_default=row.get("is_default") is True,
                enabled=text(row, "effect_status") in ("", "ENABLED"),
            )
            for row in rows(data, "warehouses")
        ]

    def providers(self) -> Sequence[Carrier]:
        """The carriers that a seller may name, over all ways of delivery of the enabled sales warehouses.

        GetWarehouseDeliveryOptions, then GetShippingProviders of each option. Options that TikTok Shop carries out
        itself have none (21008117).
        """
        options: dict[str, None] = {}
        for warehouse in self.warehouses():
            if warehouse.kind != "sales" or not warehouse.enabled:
                continue
            data = self._caller.call(
                "GetWarehouseDeliveryOptions",
                "GET",
                f"/logistics/202309/warehouses/{in_path(warehouse.warehouse_id)}/delivery_options",
            )
            options |= dict.fromkeys(text(row, "id") for row in rows(data, "delivery_options"))
        found: dict[str, Carrier] = {}
        for option in options:
            for carrier in self._providers_of(option):
                found.setdefault(carrier.carrier_id, carrier)
        return list(found.values())

    def ship(self, order: Order, parcel: Parcel) -> str:
        """Tell TikTok Shop that the seller's own carrier has these goods; answers the package id.

        ``parcel.quantities`` names line ids, or SKUs with a number of units; empty means all that is left.
        ``provider_id`` is TikTok Shop's carrier. Where the market makes packages at payment the existing one is
        shipped, else the call makes it (contract 8.3). Safe to repeat: a parcel that TikTok Shop has already under
        the same number answers its package. Raises ``Refused``: ``shipment.platform``, ``.split``, ``.no_package``,
        ``.refused``.
        """
        if order.fulfilled_by_tiktok or order.shipping_type is not ShippingType.SELLER:
            raise Refused("TikTok Shop ships this order itself", problems=[problem("shipment.platform")])
        if parcel.quantities.keys() - {line.line_id for line in order.lines}:
            # SKUs fit any of their units: which are left to ship is known only now.
            order = self._fresh(order)
            if package_id := _package_with(order, parcel.tracking_number):
                return package_id
        try:
            lines = _lines_of(order, parcel)
            if self._caller.region in _MARKS_AS_SHIPPED:
                return self._mark_as_shipped(order, parcel, lines)
            return self._ship_packages(order, parcel, lines)
        except Refused as refused:
            if has_code(refused, codes.ALREADY_SHIPPED | codes.TRACKING_USED):
                if package_id := _package_with(self._fresh(order), parcel.tracking_number):
                    return package_id
            raise

    def package(self, package_id: str) -> Parcel | None:
        """A package as TikTok Shop has it, None where this shop has none of that id (GetPackageDetail)."""
        try:
            data = self._caller.call("GetPackageDetail", "GET", f"/fulfillment/202309/packages/{in_path(package_id)}")
        except Refused as refused:
            if has_code(refused, codes.NO_SUCH_PACKAGE):
                return None
            raise
        if not data:
            return None
        return Parcel(
            parcel_id=text(data, "package_id") or package_id,
            carrier_code=text(data, "shipping_provider_id"),
            carrier_title=text(data, "shipping_provider_name"),
            tracking_number=text(data, "tracking_number"),
            quantities=dict.fromkeys(words(data, "order_line_item_ids"), 1),
            provider_id=text(data, "shipping_provider_id"),
        )

    def _providers_of(self, option: str) -> Sequence[Carrier]:
        try:
            data = self._caller.call(
                "GetShippingProviders",
                "GET",
                f"/logistics/202309/delivery_options/{in_path(option)}/shipping_providers",
            )
        except Refused as refused:
            if has_code(refused, codes.NO_PROVIDERS):
                return []
            raise
        return [Carrier(text(row, "id"), text(row, "name")) for row in rows(data, "shipping_providers")]

    def _mark_as_shipped(self, order: Order, parcel: Parcel, lines: Sequence[OrderLine]) -> str:
        """MarkPackageAsShipped makes the package. The lines are named unless they are the whole order."""
        body: dict[str, object] = {
            "tracking_number": parcel.tracking_number,
            "shipping_provider_id": parcel.provider_id,
        }
        if len(lines) < len(order.lines):
            body["order_line_item_ids"] = [line.line_id for line in lines]
        data = self._caller.call(
            "MarkPackageAsShipped",
            "POST",
            f"/fulfillment/202309/orders/{in_path(order.order_id)}/packages",
            body=body,
            crash_point="tiktok.logistics.ship",
        )
        if says := text(part(data, "warning"), "message"):
            # Accepted all the same: TikTok Shop doubts the address, say.
            _log.warning("TikTok Shop warns about a shipment", order=order.order_id, says=says[:200])
        return text(data, "package_id")

    def _ship_packages(self, order: Order, parcel: Parcel, lines: Sequence[OrderLine]) -> str:
        """ShipPackage with the seller's number, for each package that the parcel's lines are in."""
        wanted = {line.line_id for line in lines}
        packages: dict[str, set[str]] = {}
        only = order.package_ids[0] if len(order.package_ids) == 1 else ""
        for line in _open_lines(order):
            packages.setdefault(line.package_id or only, set()).add(line.line_id)
        touched = {package_id: inside for package_id, inside in packages.items() if inside & wanted}
        if not touched or "" in touched:
            raise Refused("TikTok Shop shows no package yet", problems=[problem("shipment.no_package")])
        if any(inside - wanted for inside in touched.values()):
            raise Refused("Only a part of a package was shipped", problems=[problem("shipment.split")])
        for package_id in touched:
            self._caller.call(
                "ShipPackage",
                "POST",
                f"/fulfillment/202309/packages/{in_path(package_id)}/ship",
                body={
                    "self_shipment": {
                        "tracking_number": parcel.tracking_number,
                        "shipping_provider_id": parcel.provider_id,
                    }
                },
                crash_point="tiktok.logistics.ship",
            )
        return next(iter(touched))

    def _fresh(self, order: Order) -> Order:
        """The order as it is now; as it was where TikTok Shop no longer shows it."""
        data = self._caller.call("GetOrderDetail", "GET", "/order/202507/orders", query={"ids": order.order_id})
        return next((order_of(row, self._caller.region) for row in rows(data, "orders")), order)


def _package_with(order: Order, tracking_number: str) -> str:
    """The package in which an earlier try shipped this number; "" where there is none."""
    for line in order.lines:
        if line.tracking_number == tracking_number and line.package_id:
            return line.package_id
    return order.package_ids[0] if order.tracking_number == tracking_number and order.package_ids else ""


def _open_lines(order: Order) -> list[OrderLine]:
    """Lines that still have to be shipped, or whose state TikTok Shop does not show."""
    done = (OrderState.CANCELLED, OrderState.AWAITING_COLLECTION, OrderState.IN_TRANSIT, OrderState.DELIVERED,
            OrderState.COMPLETED)  # fmt: skip
    return [line for line in order.lines if line.state not in done]


def _lines_of(order: Order, parcel: Parcel) -> list[OrderLine]:
    """The units that this parcel holds: those it names, or all that are left.

    A line id with more than one unit, or a SKU, takes further units of that SKU that are still to be shipped.
    Raises ``Refused`` for units that the order does not have.
    """
    open_lines = _open_lines(order)
    if not parcel.quantities:
        if not open_lines:
            raise _not_there("nothing of the order is left to ship")
        return open_lines
    by_id = {line.line_id: line for line in order.lines}
    if not by_id.keys() & parcel.quantities.keys() and sum(parcel.quantities.values()) == len(open_lines):
        return open_lines  # all of it, whatever the store calls the SKUs
    taken = {name: by_id[name] for name, count in parcel.quantities.items() if name in by_id and count > 0}
    for name, count in parcel.quantities.items():
        named = by_id.get(name)
        fitting = [
            line
            for line in open_lines
            if line.line_id not in taken and (line.tiktok_sku_id == named.tiktok_sku_id if named else line.seller_sku == name)
        ]
        missing = count - 1 if named else count
        if missing > len(fitting):
            raise _not_there(f"the order has no {missing} open units of {name}")
        taken |= {line.line_id: line for line in fitting[: max(missing, 0)]}
    return list(taken.values())


def _not_there(says: str) -> Refused:
    return Refused(f"The shipment does not fit the TikTok Shop order: {says}", problems=[problem("shipment.refused", says=says)])

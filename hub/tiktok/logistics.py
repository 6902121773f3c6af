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

        ``parcel.quantities`` names line ids; empty means the whole order. ``provider_id`` is TikTok Shop's carrier.
        Where the market makes packages at payment the existing one is shipped, else the call makes it (contract 8.3).
        Safe to repeat: a parcel that TikTok Shop has already under the same number answers its package.
        Raises ``Refused``: ``shipment.platform``, ``.split``, ``.no_package``, ``.refused``.
        """
        if order.fulfilled_by_tiktok or order.shipping_type is not ShippingType.SELLER:
            raise Refused("TikTok Shop ships this order itself", problems=[problem("shipment.platform")])
        try:
            if self._caller.region in _MARKS_AS_SHIPPED:
                return self._mark_as_shipped(order, parcel)
            return self._ship_packages(order, parcel)
        except Refused as refused:
            if has_code(refused, codes.ALREADY_SHIPPED | codes.TRACKING_USED):
                if package_id := self._shipped_before(order, parcel):
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

    def _mark_as_shipped(self, order: Order, parcel: Parcel) -> str:
        """MarkPackageAsShipped makes the package. The lines are named unless they are all that is left to ship."""
        body: dict[str, object] = {
            "tracking_number": parcel.tracking_number,
            "shipping_provider_id": parcel.provider_id,
        }
        wanted = [line.line_id for line in _lines_of(order, parcel)]
        if len(wanted) < len(order.lines):
            body["order_line_item_ids"] = wanted
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

    def _ship_packages(self, order: Order, parcel: Parcel) -> str:
        """ShipPackage with the seller's number, for each package that the parcel's lines are in."""
        wanted = {line.line_id for line in _lines_of(order, parcel)}
        packages: dict[str, set[str]] = {}
        only = order.package_ids[0] if len(order.package_ids) == 1 else ""
        for line in _open_lines(order):
            packages.setdefault(line.package_id or only, set()).add(line.line_id)
        touched = {package_id: lines for package_id, lines in packages.items() if lines & wanted}
        if not touched or "" in touched:
            raise Refused("TikTok Shop shows no package yet", problems=[problem("shipment.no_package")])
        if any(lines - wanted for lines in touched.values()):
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

    def _shipped_before(self, order: Order, parcel: Parcel) -> str:
        """The package in which an earlier try shipped this parcel, by its tracking number; "" where there is none."""
        data = self._caller.call("GetOrderDetail", "GET", "/order/202507/orders", query={"ids": order.order_id})
        for fresh in (order_of(row, self._caller.region) for row in rows(data, "orders")):
            for line in fresh.lines:
                if line.tracking_number == parcel.tracking_number and line.package_id:
                    return line.package_id
            if fresh.tracking_number == parcel.tracking_number and fresh.package_ids:
                return fresh.package_ids[0]
        return ""


def _open_lines(order: Order) -> list[OrderLine]:
    """Lines that still have to be shipped, or whose state TikTok Shop does not show."""
    done = (OrderState.CANCELLED, OrderState.AWAITING_COLLECTION, OrderState.IN_TRANSIT, OrderState.DELIVERED,
            OrderState.COMPLETED)  # fmt: skip
    return [line for line in order.lines if line.state not in done]


def _lines_of(order: Order, parcel: Parcel) -> list[OrderLine]:
    """The lines that this parcel holds: those it names, or all that are left."""
    if parcel.quantities:
        return [line for line in order.lines if parcel.quantities.get(line.line_id)]
    return _open_lines(order)

"""How many units TikTok Shop is told (invariant I6), and what low stock does to a product (INV-01 … INV-11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LARGEST = 99_999          # contract 5.3 UpdateInventory


def stock_to_send(salable: int, *, reserve: int, pending: int, active: bool = True) -> int:
    """What the store would still sell, less the merchant's reserve and the units that TikTok Shop has sold already
    but the store does not hold yet: otherwise the store's late figure sells them again (`architecture.md` 6)."""
    if not active:
        return 0
    return max(0, min(salable - reserve - pending, LARGEST))


class LowStock(StrEnum):
    """What happens below the threshold: the SKU shows no stock, or the whole product is taken off sale."""

    OUT_OF_STOCK = "out_of_stock"
    DEACTIVATE = "deactivate"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Fewer than ``number`` pieces are too few. ``level`` says who set it: ``product`` or ``store``."""

    number: int
    mode: LowStock
    level: str

    def is_low(self, quantity: int) -> bool:
        """Below it; just at it is enough (GAP-05)."""
        return quantity < self.number


def threshold_of(product: Mapping[str, Any], number: int, mode: str) -> Threshold | None:
    """The threshold that holds: the product's own ``{"number", "mode"}`` before the shop's, none where the product is left out of it
    (``{"exclude": true}``, INV-10) or where it is 0 (INV-09)."""
    if product.get("exclude"):
        return None
    own = int(product.get("number") or 0)
    chosen = LowStock(str(product.get("mode") or mode))
    if own > 0:
        return Threshold(own, chosen, "product")
    return Threshold(number, LowStock(mode), "store") if number > 0 else None


def stock_shown(quantity: int, threshold: Threshold | None) -> int:
    """The quantity of one SKU, 0 where it is low and that is the mode (INV-06, INV-07)."""
    hides = threshold is not None and threshold.mode is LowStock.OUT_OF_STOCK and threshold.is_low(quantity)
    return 0 if hides else quantity


def must_come_down(quantities: Iterable[int], threshold: Threshold | None) -> bool:
    """Whether the product is taken off sale: one low SKU is enough (INV-03, INV-04); it comes back once none is (INV-05)."""
    if threshold is None or threshold.mode is not LowStock.DEACTIVATE:
        return False
    return any(threshold.is_low(quantity) for quantity in quantities)

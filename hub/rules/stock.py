"""How many units TikTok Shop is told (invariant I6)."""

from __future__ import annotations

LARGEST = 99_999          # contract 5.3 UpdateInventory


def stock_to_send(salable: int, *, reserve: int, pending: int, active: bool = True) -> int:
    """What the store would still sell, less the merchant's reserve and the units that TikTok Shop has sold already
    but the store does not hold yet: otherwise the store's late figure sells them again (`architecture.md` 6)."""
    if not active:
        return 0
    return max(0, min(salable - reserve - pending, LARGEST))

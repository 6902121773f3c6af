"""Who wins: product level over category level over store level (CAT-09)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEVELS = ("product", "category", "store")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value and the level it comes from (``product``, ``category``, ``store``), or None and ""."""

    value: Any
    level: str


def choose(product: Any, category: Any, store: Any) -> Chosen:
    """The first level that has a value; an empty one counts as none."""
    for level, value in zip(LEVELS, (product, category, store), strict=True):
        if value not in (None, "", (), {}, []):
            return Chosen(value, level)
    return Chosen(None, "")


def merge(product: Mapping[str, Any], category: Mapping[str, Any], store: Mapping[str, Any]) -> dict[str, Chosen]:
    """Name by name, for settings that are filled in one at each level."""
    names = dict.fromkeys([*product, *category, *store])
    merged = {name: choose(product.get(name), category.get(name), store.get(name)) for name in names}
    return {name: chosen for name, chosen in merged.items() if chosen.level}

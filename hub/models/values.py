"""Domain values in JSON columns, and back: exact decimals and aware times as text, unknown keys ignored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from cattrs import Converter

T = TypeVar("T")


@lru_cache(maxsize=1)
def _converter() -> Converter:
    converter = Converter(unstruct_collection_overrides={tuple: list})
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(Decimal, lambda text, _: Decimal(str(text)))
    return converter


def pack(value: Any) -> dict[str, Any]:
    """The value as plain JSON."""
    packed: dict[str, Any] = _converter().unstructure(value)
    return packed


def unpack(kind: type[T], data: Mapping[str, Any]) -> T:
    """The value again; what a newer version may have added is passed over."""
    return _converter().structure(data, kind)

"""Small readings of the wire that every part shares: moments, amounts, texts, lists of objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hub.domain.money import decimal_of
from hub.errors import Refused, Temporary


def moment(seconds: Any) -> datetime | None:
    """Epoch seconds, as a number or as text, in UTC; None for nothing, zero, or what is no moment."""
    try:
        whole = int(seconds)
        return datetime.fromtimestamp(whole, UTC) if whole > 0 else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def epoch(at: datetime) -> int:
    """Whole epoch seconds of an aware moment."""
    return int(at.timestamp())


def text(row: Mapping[str, Any], name: str) -> str:
    """A text field; ids that came as numbers become text, so that none above 2^53 is ever rounded."""
    value = row.get(name)
    if value is None or isinstance(value, (dict, list, bool)):
        return ""
    return str(value)


def amount(row: Mapping[str, Any], name: str) -> Decimal:
    """An amount, exact; missing or blank is zero. Raises ``Temporary`` for what is no amount: money is not guessed."""
    value = row.get(name)
    try:
        return decimal_of(value)
    except ValueError:
        raise Temporary("TikTok Shop sent an amount that is no number", field=name, value=str(value)[:40], sent=True) from None


def is_amount(value: Any) -> bool:
    """Whether this wire value can be read as an amount other than blank."""
    if isinstance(value, (bool, dict, list)) or value in (None, ""):
        return False
    try:
        decimal_of(value)
    except ValueError:
        return False
    return True


def rows(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list field; empty where it is missing."""
    found = value.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def part(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object field; empty where it is missing."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def words(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The texts of a list field, empty ones left out."""
    found = value.get(name)
    return tuple(str(one) for one in found if one not in (None, "")) if isinstance(found, list) else ()


def in_path(value: str) -> str:
    """An id that goes into a path. Raises ``Refused`` for anything but letters, digits, ``_`` and ``-``."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        raise Refused("This is no TikTok Shop id", value=value[:64])
    return value

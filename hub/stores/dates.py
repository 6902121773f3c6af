"""A range of dates in a store's own time."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(name: str) -> ZoneInfo:
    """The store's time zone; UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def window(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """A range of dates as moments (PUL-02). Without a zone it is the store's own time; an end at midnight means that whole day."""
    if start is not None and start.tzinfo is None:
        start = start.replace(tzinfo=zone)
    if end is not None and end.tzinfo is None:
        if end.time() == time(0):
            end += timedelta(days=1, seconds=-1)
        end = end.replace(tzinfo=zone)
    return start, end

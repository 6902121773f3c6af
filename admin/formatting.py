"""How values read on a screen: money with its sign, times in the shop's zone, only links that may be followed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.numbers import format_currency, get_currency_symbol
from flask import Flask, g
from markupsafe import Markup, escape

from hub import clock
from hub.domain.money import quantum

# A shop's days are its market's days; one zone stands for the market (contracts: regions of TikTok Shop).
ZONES = {
    "US": "America/New_York",
    "GB": "Europe/London",
    "UK": "Europe/London",
    "IE": "Europe/Dublin",
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "IT": "Europe/Rome",
    "ES": "Europe/Madrid",
    "MX": "America/Mexico_City",
    "BR": "America/Sao_Paulo",
    "JP": "Asia/Tokyo",
    "ID": "Asia/Jakarta",
    "MY": "Asia/Kuala_Lumpur",
    "PH": "Asia/Manila",
    "SG": "Asia/Singapore",
    "TH": "Asia/Bangkok",
    "VN": "Asia/Ho_Chi_Minh",
}
COUNTRIES = {
    "US": "United States",
    "GB": "United Kingdom",
    "UK": "United Kingdom",
    "IE": "Ireland",
    "DE": "Germany",
    "FR": "France",
    "IT": "Italy",
    "ES": "Spain",
    "MX": "Mexico",
    "BR": "Brazil",
    "JP": "Japan",
    "ID": "Indonesia",
    "MY": "Malaysia",
    "PH": "Philippines",
    "SG": "Singapore",
    "TH": "Thailand",
    "VN": "Vietnam",
}
MINUS = "\N{MINUS SIGN}"


def zone_of(region: str) -> ZoneInfo:
    """The zone in which a market's times are shown; UTC where we don't know the market."""
    return ZoneInfo(ZONES.get(region.upper(), "UTC"))


def zone() -> ZoneInfo:
    """The zone of this request: the chosen shop's."""
    found = g.get("zone")
    return found if isinstance(found, ZoneInfo) else ZoneInfo("UTC")


def country(region: str) -> str:
    """A market's name, or its code where it is new to us."""
    return COUNTRIES.get(region.upper(), region.upper())


def money(amount: Decimal | None, currency: str) -> str:
    """``$1,234.50``, with a real minus sign; unknown is a dash."""
    if amount is None:
        return "–"
    shown = format_currency(abs(amount), currency, locale="en_US") if currency else f"{abs(amount):,f}"
    return MINUS + shown if amount < 0 else shown


def amount(value: Decimal | None, currency: str = "") -> str:
    """A number of money for a column whose head names the currency: ``1,234.50``."""
    if value is None:
        return "–"
    text = f"{abs(value):,.{max(0, -int(quantum(currency).as_tuple().exponent))}f}" if currency else f"{abs(value):,.2f}"
    return MINUS + text if value < 0 else text


def price_range(low: Decimal | None, high: Decimal | None, currency: str) -> str:
    """One price, or ``18.00 – 32.00`` where variants differ."""
    if low is None or high is None:
        return "–"
    return amount(low, currency) if low == high else f"{amount(low, currency)} – {amount(high, currency)}"


def local(moment: datetime) -> datetime:
    """In the shop's zone. A moment without a zone is taken as UTC: the database keeps nothing else."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(zone())


def when(moment: datetime | None, seconds: bool = False) -> str:
    """Today ``14:26``; this week ``18 Nov, 16:40``; older with the year."""
    if moment is None:
        return "–"
    at, today = local(moment), local(clock.now()).date()
    hour = at.strftime("%H:%M:%S" if seconds else "%H:%M")
    if at.date() == today:
        return hour
    if at.date() == today - timedelta(days=1):
        return f"Yesterday, {hour}"
    if abs((today - at.date()).days) < 300 and at.year == today.year:
        return f"{at.day} {at.strftime('%b')}, {hour}"
    return f"{at.day} {at.strftime('%b %Y')}, {hour}"


def clock_time(moment: datetime, seconds: bool = False) -> str:
    """The time of day alone, for lists that are grouped by day."""
    return local(moment).strftime("%H:%M:%S" if seconds else "%H:%M")


def day(moment: datetime | None) -> str:
    """``18 November 2026``; today and yesterday by name."""
    if moment is None:
        return "–"
    at, today = local(moment).date(), local(clock.now()).date()
    named = f"{at.day} {at.strftime('%B')}" + ("" if at.year == today.year else f" {at.year}")
    if at == today:
        return f"Today, {named}"
    return f"Yesterday, {named}" if at == today - timedelta(days=1) else named


def ago(moment: datetime | None) -> str:
    """``2 minutes ago``, for things that are checked again and again."""
    if moment is None:
        return "never"
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = int((clock.now() - aware).total_seconds())
    return f"{duration(max(1, seconds))} ago"


def duration(seconds: float) -> str:
    """``40 seconds``, ``2 minutes``, ``3 h 5 min``, ``4 days``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} second{'s' if whole != 1 else ''}"
    if whole < 3600:
        minutes = round(whole / 60)
        return f"{minutes} minute{'s' if minutes != 1 else ''}"
    if whole < 2 * 86400:
        hours, minutes = divmod(whole // 60, 60)
        return f"{hours} h {minutes} min" if minutes and hours < 12 else f"{hours} hour{'s' if hours != 1 else ''}"
    return f"{whole // 86400} days"


def utc_iso(moment: datetime) -> str:
    """For ``<time datetime>``."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def by_day(moments: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    """A timeline's entries under their day, newest first; each has ``at``."""
    ordered = sorted(moments, key=lambda m: local(m.at), reverse=True)
    return [(day(group[0].at), group) for group in (list(g_) for _, g_ in groupby(ordered, key=lambda m: local(m.at).date()))]


def safe_link(address: str | None) -> str:
    """The address if it may stand in an href: our own path, or http(s). Else nothing (S-11)."""
    text = (address or "").strip()
    if text.startswith("/") and not text.startswith(("//", "/\\")):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.netloc else ""


def safe_image(address: str | None) -> str:
    """The address if it may be shown as a picture."""
    return safe_link(address)


def inline(text: str) -> Markup:
    """Text with ``code`` marks drawn; everything else is escaped."""
    parts = str(escape(text)).split("`")
    return Markup("".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts)))  # noqa: S704 - escaped above


def plural(n: int, one: str, many: str = "") -> str:
    """``1 product``, ``1,208 products``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def install(app: Flask) -> None:
    """Makes all of this known to the templates."""
    app.jinja_env.filters.update(
        when=when,
        clock=clock_time,
        day=day,
        ago=ago,
        duration=duration,
        utc_iso=utc_iso,
        by_day=by_day,
        safe_link=safe_link,
        safe_image=safe_image,
        inline=inline,
        country=country,
    )
    app.jinja_env.globals.update(money=money, amount=amount, price_range=price_range, plural=plural, currency_symbol=get_currency_symbol)

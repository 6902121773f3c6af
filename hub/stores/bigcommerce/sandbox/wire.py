"""How the practice BigCommerce writes things down: money, dates, pages, problems, for v2 and v3 (contract 3.1, 5, 8).

v2 answers are bare JSON: amounts are texts with four decimals, moments are RFC 2822. v3 answers stand in an envelope:
amounts are numbers, moments ISO 8601. A `Refusal` becomes an array of messages in v2 and one object in v3.
"""

from __future__ import annotations

import email.utils
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from hub import clock

DOCS = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes"
CENT = Decimal("0.01")
ZERO = Decimal(0)
PAGE, LARGEST_PAGE = 50, 250


class Refusal(Exception):
    """The store says no. `title` is the sentence, `errors` names fields (v3), `details` is v2's further part.

    `shape` "refunds" puts the problem into a list under data, as the refund calls do.
    """

    def __init__(self, status: int, title: str, errors: Mapping[str, Any] | None = None, *,
                 details: Mapping[str, Any] | None = None, shape: str = "") -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.errors = dict(errors or {})
        self.details = dict(details or {})
        self.shape = shape

    def body(self, version: str) -> Any:
        """The JSON of this refusal in one of both versions."""
        if version == "v2":
            one: dict[str, Any] = {"status": self.status, "message": self.title}
            return [one | {"details": self.details}] if self.details else [one]
        problem = {"status": self.status, "title": self.title, "type": DOCS, "errors": self.errors}
        if self.shape == "refunds":
            return {"data": [problem]}
        return problem


class Invalid(Refusal):
    """A field that v2 does not take: 400 with the field's name in the sentence."""

    def __init__(self, field: str, reason: str = "", *, says: str = "") -> None:
        super().__init__(400, says or f"The field '{field}' is invalid.", details={"invalid_reason": reason} if reason else None)


# -- money ---------------------------------------------------------------------------------------------------------


def exact(value: Any) -> Decimal:
    """An amount as it came in JSON, as number or text. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise ValueError("not an amount")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise ValueError("not an amount") from None
    if not amount.is_finite():
        raise ValueError("not an amount")
    return amount


def cents(amount: Decimal) -> Decimal:
    """Rounded to two decimals, halves up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def text(amount: Decimal) -> str:
    """As v2 writes it: "22.7900"."""
    return f"{amount:.4f}"


def number(amount: Decimal | None) -> float | None:
    """As v3 writes it."""
    return None if amount is None else float(amount)


# -- moments -------------------------------------------------------------------------------------------------------


def rfc2822(moment: datetime | None) -> str:
    """Thu, 20 Apr 2017 11:32:00 +0000; empty for none."""
    return email.utils.format_datetime(moment.astimezone(UTC)) if moment else ""


def iso(moment: datetime) -> str:
    """2026-03-01T09:30:00+00:00."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def moment_of(value: str) -> datetime:
    """RFC 2822 or ISO 8601; a date alone gets the present time of day (contract 3.1). Raises ValueError."""
    given = value.strip()
    if len(given) == 10 and given[4:5] == "-":
        now = clock.now()
        return datetime.combine(date.fromisoformat(given), now.timetz().replace(microsecond=0))
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        try:
            moment = email.utils.parsedate_to_datetime(given)
        except (TypeError, ValueError):
            raise ValueError(f"{value!r} is no moment") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# -- pages ---------------------------------------------------------------------------------------------------------


def whole(value: str | None, default: int) -> int:
    """A page number or size of a query. Raises ValueError."""
    return default if value is None else int(value)


def envelope(rows: Sequence[Any], write: Callable[[Any], Any], query: Mapping[str, str], *, per_page: int = 0,
             largest: int = LARGEST_PAGE) -> dict[str, Any]:
    """One page of these rows in v3's envelope. `per_page` forces the size; a larger limit than allowed is 413."""
    try:
        page, limit = whole(query.get("page"), 1), whole(query.get("limit"), PAGE)
    except ValueError:
        raise Refusal(422, "page and limit are whole numbers", {"page": "must be a number"}) from None
    if page < 1 or limit < 1:
        raise Refusal(422, "page and limit start at 1", {"limit": "must be greater than 0"})
    if limit > largest:
        raise Refusal(413, f"The limit is greater than {largest}.", {"limit": f"at most {largest}"})
    limit = min(limit, per_page or limit)
    shown = rows[(page - 1) * limit: page * limit]
    pages = math.ceil(len(rows) / limit)

    def link(to: int) -> str:
        return "?" + urlencode({**query, "page": str(to), "limit": str(limit)})

    links = {"current": link(page)}
    if page > 1:
        links["previous"] = link(page - 1)
    if page < pages:
        links["next"] = link(page + 1)
    return {"data": [write(row) for row in shown], "meta": {"pagination": {
        "total": len(rows), "count": len(shown), "per_page": limit, "current_page": page, "total_pages": pages, "links": links}}}


def bare_page(rows: Sequence[Any], query: Mapping[str, str]) -> Sequence[Any]:
    """One page of v2, whose limit is at most 250 too."""
    for name in ("page", "limit"):
        if name in query and not query[name].isdigit():
            raise Invalid(name)
    page, limit = whole(query.get("page"), 1), whole(query.get("limit"), PAGE)
    if page < 1:
        raise Invalid("page")
    if not 1 <= limit <= LARGEST_PAGE:
        raise Invalid("limit", f"from 1 to {LARGEST_PAGE}")
    return rows[(page - 1) * limit: page * limit]


def xml(value: Any, name: str = "response") -> str:
    """What v2 answers to who does not ask for JSON."""
    if isinstance(value, dict):
        inner = "".join(xml(one, key) for key, one in value.items())
    elif isinstance(value, list):
        inner = "".join(xml(one, "item") for one in value)
    else:
        inner = escape("" if value is None else str(value))
    return f"<{name}>{inner}</{name}>"

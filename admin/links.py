"""From the name of a screen, as a problem carries it, to its address.

Rules and flows name the screen that mends a problem (`hub.domain.problems.CATALOGUE`); only here is known where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from admin.formatting import safe_link
from hub.domain.problems import Problem

_VERBS = {
    "products.pull": "Pull products",
    "products.map": "Map the product",
    "product": "Open the product",
    "product.push": "Push again",
    "categories": "Choose the category",
    "attributes": "Fill in attributes",
    "settings.products": "Open Settings",
    "settings.shop": "Open Settings",
    "settings.orders": "Open Settings",
    "settings.carriers": "Map the carrier",
    "order": "Open the order",
    "order.retry": "Open the order",
    "connection": "Open the connection",
    "connection.reconnect": "Reconnect",
}


def address(link: str, *, listing_id: int | None = None, order_id: int | None = None, connection_id: int | None = None) -> str:
    """Where this screen is; empty for one that does not exist. A path (``/…``) or web address is kept as it is."""
    match link:
        case "":
            return ""
        case "products.pull":
            return url_for("products.index", dialog="pull")
        case "products.map":
            return url_for("products.index", dialog="map")
        case "product" | "product.push":
            return url_for("products.page", listing_id=listing_id) if listing_id else url_for("products.index")
        case "attributes":
            return url_for("products.attributes", listing_id=listing_id) if listing_id else url_for("mappings.index")
        case "categories":
            return url_for("mappings.index")
        case "settings.products" | "settings.shop":
            return url_for("settings.products")
        case "settings.orders":
            return url_for("settings.orders")
        case "settings.carriers":
            return url_for("settings.orders") + "#carriers"
        case "order" | "order.retry":
            return url_for("orders.page", link_id=order_id) if order_id else url_for("orders.index")
        case "connection" | "connection.reconnect":
            return url_for("connections.page", connection_id=connection_id) if connection_id else url_for("connections.index")
    return safe_link(link)


@dataclass(frozen=True, slots=True)
class Card:
    """A problem as it is drawn: with the address of the screen that mends it and what the button says."""

    code: str
    where: str
    says: str
    fix: str
    url: str
    verb: str
    raw: str


def card(problem: Problem, *, listing_id: int | None = None, order_id: int | None = None, connection_id: int | None = None) -> Card:
    """Draws a problem for the thing that it belongs to."""
    url = address(problem.link, listing_id=listing_id, order_id=order_id, connection_id=connection_id)
    return Card(problem.code, problem.where, problem.says, problem.fix, url, _VERBS.get(problem.link, "Mend it"), problem.raw)


def cards(
    rows: Iterable[Mapping[str, Any]] | None,
    *,
    listing_id: int | None = None,
    order_id: int | None = None,
    connection_id: int | None = None,
) -> list[Card]:
    """The problems of a JSON column, drawn."""
    return [card(Problem.from_json(row), listing_id=listing_id, order_id=order_id, connection_id=connection_id) for row in rows or ()]

"""What stands around every page: menu, connection switcher, banners, ribbon. Read once per page, cheaply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import request, session, url_for
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin import badges
from admin.badges import Badge
from admin.base import Scope, database, may, scope
from admin.counting import counted
from admin.formatting import ZONES, ago, country, plural
from admin.order_query import needs_you
from hub import clock
from hub.domain.listings import ListingState
from hub.models.categories import CategoryMapping
from hub.models.connections import Connection, ConnectionState, Mode
from hub.models.listings import Listing
from hub.models.orders import OrderLink
from hub.models.tiktok import Grant, GrantState
from hub.stores import PLATFORMS

RENEW_DAYS = (30, 14, 3, 1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu. ``key`` goes with "g" on the keyboard; ``need`` counts what needs a person."""

    title: str
    url: str
    icon: str
    key: str = ""
    need: int = 0
    current: bool = False


@dataclass(frozen=True, slots=True)
class Banner:
    """A fact about the whole connection; it goes when its cause goes."""

    tone: str
    strong: str
    text: str
    url: str = ""
    verb: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of the connection switcher."""

    name: str
    line: str
    url: str
    badge: Badge
    current: bool


@dataclass(frozen=True, slots=True)
class Country:
    """A line of the country switcher."""

    country: str
    code: str
    line: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Pulse:
    """The line under the menu: is everything running?"""

    badge: Badge
    line: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything that `admin/base.html` draws around a page."""

    theme: str
    density: str
    practice: bool
    connection_name: str
    store_title: str
    connections: list[Choice]
    shops: list[Country]
    shop: Country | None
    menu: list[list[Entry]]
    banners: list[Banner]
    pulse: Pulse | None
    may_connect: bool
    home_url: str
    wizard_url: str
    connections_url: str
    search_url: str
    person_name: str
    initials: str
    role: str


def theme() -> str:
    """The colours chosen in a cookie, or nothing: then the system's choice counts."""
    kept = request.cookies.get("sb_theme", "")
    return kept if kept in ("light", "dark") else ""


def platform_title(slug: str) -> str:
    """A store system's name as merchants say it."""
    return PLATFORMS[slug].short if slug in PLATFORMS else slug.capitalize()


def section() -> str:
    """The menu entry that this page belongs to: the first part of the endpoint."""
    return (request.endpoint or "").partition(".")[0]


def build() -> Frame:
    """Reads what the frame shows for this person and connection."""
    chosen = scope()
    with database().read() as db:
        needs = _needs(db, chosen)
        banners = _banners(db, chosen)
    here = section()
    density = request.cookies.get("sb_density", "")
    to = here if here in ("home", "products", "orders", "mappings", "tasks", "settings", "checks") else "home"
    countries = [
        Country(
            country(s.region),
            s.region,
            " · ".join(filter(None, (s.currency, ZONES.get(s.region, "UTC").replace("_", " ")))),
            url_for("connections.choose_shop", shop_id=s.id, to=to),
            chosen.shop is not None and s.id == chosen.shop.id,
        )
        for s in chosen.shops
    ]
    connection = chosen.connection
    return Frame(
        theme=theme(),
        density=density if density == "compact" else "",
        practice=chosen.is_practice,
        connection_name=connection.name if connection else "",
        store_title=platform_title(connection.platform) if connection else "",
        connections=[_choice(c, chosen, to) for c in chosen.connections],
        shops=countries,
        shop=next((c for c in countries if c.current), None),
        menu=_menu(here, needs, connection is not None),
        banners=banners,
        pulse=_pulse(connection),
        may_connect=may("manage"),
        home_url=url_for("home.index"),
        wizard_url=url_for("wizard.index"),
        connections_url=url_for("connections.index"),
        search_url=url_for("home.search"),
        person_name=current_user.name or current_user.email,
        initials=current_user.initials,
        role=current_user.role.value,
    )


def _choice(c: Connection, chosen: Scope, to: str) -> Choice:
    badge = badges.connection(c.state, practice=c.mode is Mode.PRACTICE)
    return Choice(
        c.name,
        f"{platform_title(c.platform)} · {badge.word.lower()}",
        url_for("connections.open", connection_id=c.id, to=to),
        badge,
        chosen.connection is not None and c.id == chosen.connection.id,
    )


def _needs(db: Session, chosen: Scope) -> dict[str, int]:
    if chosen.connection is None:
        return {}
    count = select(func.count())
    return {
        "products": counted(
            db, count.select_from(Listing).where(Listing.shop_id == chosen.shop_id, Listing.state == ListingState.NEEDS_ATTENTION)
        )[0][0],
        "orders": counted(
            db,
            count.select_from(OrderLink).where(
                OrderLink.connection_id == chosen.connection_id, OrderLink.shop_id == chosen.shop_id, needs_you()
            ),
        )[0][0],
        "mappings": db.scalar(
            count.select_from(CategoryMapping).where(
                CategoryMapping.shop_id == chosen.shop_id, CategoryMapping.category_id == "", CategoryMapping.suggested_id == ""
            )
        )
        or 0,
    }


def _menu(here: str, needs: dict[str, int], connected: bool) -> list[list[Entry]]:
    def entry(title: str, name: str, icon: str, key: str, endpoint: str = "", lights: tuple[str, ...] = ()) -> Entry:
        return Entry(title, url_for(endpoint or f"{name}.index"), icon, key, needs.get(name, 0), here == name or here in lights)

    daily = [
        entry("Home", "home", "home", "h"),
        entry("Products", "products", "box", "p"),
        entry("Orders", "orders", "receipt", "o", lights=("missed",)),
        entry("Mappings", "mappings", "map", "m"),
        entry("Tasks", "tasks", "tasks", "t"),
    ]
    rarely = [entry("Health", "checks", "pulse", "c"), entry("Settings", "settings", "gear", "s", lights=("history",))]
    if not connected:
        daily, rarely = [entry("Connections", "connections", "plug", "c", lights=("wizard",))], []
    if may("see_people"):
        rarely.append(entry("People", "people", "people", "u"))
    rarely.append(entry("Help", "help", "help", "?"))
    return [daily, rarely]


def _banners(db: Session, chosen: Scope) -> list[Banner]:
    """At most two, worst first."""
    found: list[Banner] = []
    connection = chosen.connection
    if connection is None:
        return found
    page = url_for("connections.page", connection_id=connection.id)
    if connection.state is ConnectionState.PAUSED:
        why = connection.paused_because or "A sign-in is no longer accepted."
        found.append(
            Banner(
                "stop",
                "This connection is paused.",
                f"{why} What waits goes on by itself once it is back.",
                page,
                "Reconnect" if may("manage") else "See why",
            )
        )
    if connection.state is ConnectionState.SETUP and section() not in ("wizard", "connections"):
        found.append(
            Banner(
                "need",
                "This connection isn't set up yet.",
                "Products and orders start to flow when it is.",
                url_for("wizard.resume", connection_id=connection.id) if may("manage") else "",
                "Go on setting up",
            )
        )
    if chosen.shop is not None:
        grant = db.get(Grant, chosen.shop.grant_id)
        if grant is not None and grant.state is GrantState.LOST and connection.state is not ConnectionState.PAUSED:
            found.append(
                Banner("stop", "TikTok Shop no longer lets us in.", "Reconnect; orders wait safely and then go on.", page, "Reconnect")
            )
        elif grant is not None and grant.refresh_expires_at is not None:
            left = grant.refresh_expires_at - clock.now()
            if timedelta(0) < left <= timedelta(days=RENEW_DAYS[0]):
                found.append(
                    Banner(
                        "need",
                        f"Your TikTok Shop permission ends in {plural(max(1, left.days), 'day')}.",
                        "Renewing takes a minute; until then everything works.",
                        page,
                        "Renew",
                    )
                )
    if len(found) > 2:
        found = [*found[:2]]
    return found


def _pulse(connection: Connection | None) -> Pulse | None:
    if connection is None or connection.state is ConnectionState.SETUP:
        return None
    if connection.state is ConnectionState.PAUSED:
        return Pulse(Badge("Paused", "stop", "s-stop"), "Nothing is sent now")
    line = f"Last event {ago(connection.last_event_at)}" if connection.last_event_at else "No event from the store yet"
    return Pulse(Badge("Everything is running", "ok", "s-ok"), line)


def template_globals() -> dict[str, Any]:
    """For the templates."""
    return {"sb_frame": build, "gate_theme": theme, "may": may, "scope": scope, "platform_title": platform_title, "session": session}

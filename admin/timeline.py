"""What happened to a record, one entry after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for

from hub.models.listings import ListingEvent


@dataclass(frozen=True, slots=True)
class Moment:
    """An entry of a timeline."""

    at: Any
    title: str
    text: str = ""
    tone: str = "idle"
    icon: str = "s-info"
    raw: str = ""
    link: str = ""
    link_text: str = ""


_EVENT_LOOKS = {
    "refused": ("need", "s-need"),
    "needs_attention": ("need", "s-need"),
    "problem": ("need", "s-need"),
    "failed": ("need", "s-need"),
    "rejected": ("stop", "s-stop"),
    "live": ("ok", "s-ok"),
    "pushed": ("move", "s-move"),
    "in_review": ("move", "s-review"),
    "sent": ("move", "s-move"),
    "off": ("idle", "s-off"),
    "gone": ("stop", "s-stop"),
    "mapped": ("ok", "s-ok"),
    "price": ("ok", "s-ok"),
    "stock": ("ok", "s-ok"),
    "values": ("idle", "user"),
    "category": ("idle", "user"),
    "attributes": ("idle", "user"),
}


def moment_of(event: ListingEvent) -> Moment:
    tone, icon = next((look for word, look in _EVENT_LOOKS.items() if word in event.what), ("idle", "s-info"))
    title, _, rest = (event.says or event.what.replace("_", " ").capitalize()).partition("\n")
    raw = "\n".join(f"{k}: {v}" for k, v in (event.data or {}).items())
    return Moment(
        event.at,
        title,
        rest,
        tone,
        icon,
        raw,
        url_for("tasks.page", task_id=event.task_id) if event.task_id else "",
        f"Task {event.task_id}" if event.task_id else "",
    )

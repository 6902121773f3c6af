"""Every state's word, colour and shape, in one place (the dictionary of the design kit, section 6).

Tones are meanings: ok done · move on its way · need a person is needed · stop stands still or refused ·
idle nothing to do now · play practice. The same state reads the same in menu, list, page and mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.domain.listings import ListingState
from hub.domain.orders import OrderState
from hub.domain.tasks import ItemState, Outcome, TaskState


@dataclass(frozen=True, slots=True)
class Badge:
    """A state to show: ``icon`` is a symbol of icons.svg without its ``i-``."""

    word: str
    tone: str
    icon: str
    tip: str = ""


NOT_SYNCED = Badge("Not synced", "idle", "s-draft")
SYNC_FAILED = Badge("Sync failed", "need", "s-need")
UPDATE_FAILED = Badge("Update failed", "need", "s-need")
SYNCED = Badge("Synced", "ok", "s-ok")
CHANGES_WAITING = Badge("Changes waiting", "idle", "s-ready", "Changed since the last push")


def sync(state: str, *, was_live: bool, changes_pending: bool = False) -> Badge:
    """What became of our last send. ``was_live``: TikTok Shop has given the product an id before."""
    match state:
        case ListingState.DRAFT:
            return NOT_SYNCED
        case ListingState.READY:
            return CHANGES_WAITING if was_live else Badge("Not synced", "idle", "s-ready", "Ready to push")
        case ListingState.PUSHING:
            return Badge("Sending", "move", "s-move")
        case ListingState.NEEDS_ATTENTION:
            return UPDATE_FAILED if was_live else SYNC_FAILED
        case _:
            return CHANGES_WAITING if changes_pending else SYNCED


def on_tiktok(state: str, *, product_id: str, status: str = "", rejected: bool = False, off_reason: str = "") -> Badge:
    """What TikTok Shop shows of the product, apart from what we sent. ``status`` is TikTok's own word, if known."""
    if not product_id:
        return Badge("Rejected", "stop", "s-stop") if rejected else Badge("Not on TikTok Shop", "idle", "s-draft")
    word = status.upper()
    if word in ("ACTIVATE", "LIVE") or (not word and state == ListingState.LIVE):
        return Badge("Live", "ok", "s-ok", "Buyers can see it")
    if word in ("PENDING", "AUDITING") or (not word and state == ListingState.IN_REVIEW):
        return Badge("In review", "move", "s-review", "TikTok Shop is reviewing it, usually within a day")
    if word in ("FAILED", "REJECTED"):
        return Badge("Rejected", "stop", "s-stop")
    if word in ("PLATFORM_DEACTIVATED", "FREEZE", "SUSPENDED"):
        return Badge("Taken down", "stop", "s-stop", "TikTok Shop took it off sale")
    if word == "DELETED":
        return Badge("Deleted", "stop", "s-stop", "It no longer exists on TikTok Shop")
    if word in ("SELLER_DEACTIVATED", "DEACTIVATED") or state == ListingState.OFF:
        return Badge("Off: low stock", "idle", "s-off") if off_reason == "threshold" else Badge("Off", "idle", "s-off")
    if word == "DRAFT":
        return Badge("Draft", "idle", "s-draft", "Saved on TikTok Shop, not sent for review")
    if state == ListingState.IN_REVIEW:
        return Badge("In review", "move", "s-review")
    if rejected:
        return Badge("Rejected", "stop", "s-stop")
    return Badge("Live", "ok", "s-ok") if state == ListingState.LIVE else Badge("Unknown", "idle", "s-wait", word.lower())


_ORDER_ON_TIKTOK = {
    OrderState.UNPAID: Badge("Unpaid", "idle", "s-wait"),
    OrderState.ON_HOLD: Badge("On hold", "idle", "s-hold", "Buyers may cancel freely in the first hour"),
    OrderState.AWAITING_SHIPMENT: Badge("Awaiting shipment", "idle", "s-ready"),
    OrderState.PARTIALLY_SHIPPING: Badge("Partly shipped", "move", "s-ship"),
    OrderState.AWAITING_COLLECTION: Badge("Awaiting collection", "move", "s-ship"),
    OrderState.IN_TRANSIT: Badge("In transit", "move", "s-ship"),
    OrderState.DELIVERED: Badge("Delivered", "ok", "s-ok"),
    OrderState.COMPLETED: Badge("Completed", "ok", "s-ok"),
    OrderState.CANCELLED: Badge("Cancelled", "idle", "s-cancel"),
}


def order_on_tiktok(state: str, *, cancel_requested: bool = False) -> Badge:
    """An order's state on TikTok Shop."""
    if cancel_requested and state != OrderState.CANCELLED:
        return Badge("Cancel requested", "need", "s-need")
    return _ORDER_ON_TIKTOK.get(OrderState.read(state), Badge("Unknown", "idle", "s-wait"))


_ORDER_IN_STORE = {
    "seen": Badge("Not due yet", "idle", "s-wait"),
    "creating": Badge("Creating", "move", "s-move"),
    "in_store": Badge("In your store", "ok", "s-ok"),
    "shipped": Badge("Shipped", "move", "s-ship"),
    "completed": Badge("Completed", "ok", "s-ok"),
    "needs_attention": Badge("Needs you", "need", "s-need"),
    "cancelled": Badge("Cancelled", "idle", "s-cancel"),
}


def order_in_store(state: str) -> Badge:
    """An order's state in the store."""
    return _ORDER_IN_STORE.get(state, Badge(state.replace("_", " ").capitalize(), "idle", "s-wait"))


def ship_by(deadline: datetime | None, now: datetime) -> Badge | None:
    """How urgent a shipment is: under 4 hours red, under 24 hours amber; later it is just a date (None)."""
    if deadline is None:
        return None
    left = deadline - now
    if left < timedelta(0):
        return Badge("Late", "stop", "s-late")
    if left < timedelta(hours=24):
        hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
        word = f"in {hours} h {minutes} min" if hours < 4 else f"in {hours} h"
        return Badge(word, "stop", "s-late") if hours < 4 else Badge(word, "need", "s-wait")
    return None


_TASK_OUTCOME = {
    Outcome.OK: Badge("Done", "ok", "s-ok"),
    Outcome.PARTLY: Badge("Partly done", "need", "s-need"),
    Outcome.NO_CHANGE: Badge("Nothing to change", "idle", "s-off"),
    Outcome.NEEDS_ATTENTION: Badge("Needs you", "need", "s-need"),
    Outcome.FAILED: Badge("Failed", "stop", "s-stop"),
    Outcome.BUG: Badge("Failed: our mistake", "stop", "s-bug"),
}


def task(state: str, outcome: str | None = None, *, attempts: int = 0) -> Badge:
    """How a task stands. A task that waits for its next try says so."""
    match state:
        case TaskState.QUEUED:
            return Badge("Waiting to try again", "idle", "s-hold") if attempts else Badge("Queued", "idle", "s-wait")
        case TaskState.RUNNING:
            return Badge("Running", "move", "s-move")
        case TaskState.HELD:
            return Badge("Held", "idle", "s-hold", "Goes on when the connection is back")
        case TaskState.PARKED:
            return Badge("Stopped: it crashed three times", "stop", "s-bug")
        case TaskState.CANCELLED:
            return Badge("Stopped by you", "idle", "s-cancel")
        case TaskState.SUPERSEDED:
            return Badge("Taken over by a newer one", "idle", "s-off")
    if outcome and outcome in list(Outcome):
        return _TASK_OUTCOME[Outcome(outcome)]
    return Badge("Failed", "stop", "s-stop") if state == TaskState.FAILED else Badge("Done", "ok", "s-ok")


def item(state: str, outcome: str | None) -> Badge:
    """How one part of a task ended."""
    match state:
        case ItemState.WAITING:
            return Badge("Waiting", "idle", "s-wait")
        case ItemState.RUNNING:
            return Badge("Sending", "move", "s-move")
    if outcome == Outcome.OK:
        return Badge("Done", "ok", "s-ok")
    return _TASK_OUTCOME.get(Outcome(outcome), Badge("Done", "ok", "s-ok")) if outcome in list(Outcome) else Badge("Done", "ok", "s-ok")


_CONNECTION = {
    "setting_up": Badge("Setting up", "move", "s-review"),
    "draft": Badge("Setting up", "move", "s-review"),
    "active": Badge("Connected", "ok", "s-ok"),
    "connected": Badge("Connected", "ok", "s-ok"),
    "paused": Badge("Paused: access lost", "stop", "s-stop"),
    "lost": Badge("Paused: access lost", "stop", "s-stop"),
    "off": Badge("Paused by you", "idle", "s-hold"),
    "removed": Badge("Removed", "idle", "s-cancel"),
}


def connection(state: str, *, practice: bool = False, renew_in_days: int | None = None) -> Badge:
    """How a connection stands; one that ends within 30 days asks to be renewed."""
    badge = _CONNECTION.get(state, Badge(state.replace("_", " ").capitalize(), "idle", "s-wait"))
    if badge.tone == "ok" and renew_in_days is not None and renew_in_days <= 30:
        return Badge("Renew soon", "need", "s-need", f"The permission ends in {renew_in_days} days")
    if badge.tone == "ok" and practice:
        return Badge("Practice", "play", "s-play")
    return badge


def mapping(category_id: str, confirmed: bool) -> Badge:
    """A category mapping: nothing found, our guess, or a person's choice."""
    if not category_id:
        return Badge("No match yet", "need", "s-need")
    return Badge("Confirmed", "ok", "s-ok") if confirmed else Badge("Suggested", "move", "s-review")

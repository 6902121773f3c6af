"""What a platform tells us happened: a hint about where to look, never the truth itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One message. ``kind`` is the plugin's type (``stock.changed``) or TikTok's event name (``ORDER_STATUS_CHANGE``).

    ``subject`` is the id of the thing that changed, ``variant`` narrower where the sender knew it.
    ``owner`` is the TikTok shop id or seller open id that the message belongs to. ``via`` tells echoes (``hub``).
    """

    event_id: str
    kind: str
    subject: str = ""
    variant: str = ""
    owner: str = ""
    scope: str = ""
    via: str = ""
    seq: int | None = None
    happened_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)

"""Asking a platform while a person waits for the page: within seconds, and with words for when it takes longer.

Almost everything is done by tasks. A few answers are of no use later: what the store allows us now, a product looked up by its
number, a brand's name as it is typed.
"""

from __future__ import annotations

from hub.errors import HubError, Temporary
from hub.http import patience

# What is asked again with each key press; one thing looked up; several calls that belong together.
SEARCH_S, LOOK_UP_S, SEVERAL_S = 5.0, 8.0, 20.0


def why_not(error: HubError, side: str) -> str:
    """Why there is no answer, in the merchant's words, with what to do. ``side``: who was asked, such as ``TikTok Shop``."""
    if isinstance(error, Temporary):
        return f"{side} doesn't answer right now. Nothing was changed. Try again in a minute."
    says = f"{side} said: {error.says}"
    return f"{says} {error.hint}".strip()


__all__ = ["LOOK_UP_S", "SEARCH_S", "SEVERAL_S", "patience", "why_not"]

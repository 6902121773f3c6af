"""A store's description as TikTok Shop takes it: a few tags, nothing that runs (``contracts/tiktok_shop.md`` 7)."""

from __future__ import annotations

import nh3

_TAGS = {"p", "ul", "ol", "li", "br", "strong", "b", "i", "em", "u"}


def clean(description: str) -> str:
    """The description with only the tags that TikTok Shop keeps; plain text becomes a paragraph.

    Pictures are left out: theirs would have to be hosted by TikTok Shop.
    """
    kept = nh3.clean(description, tags=_TAGS, attributes={}, link_rel=None).strip()
    return kept if "<" in kept or not kept else f"<p>{kept}</p>"

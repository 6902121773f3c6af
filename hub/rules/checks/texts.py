"""Titles and descriptions: how long they may be in each market, and which letters and signs they may have (contract 7, 9)."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from hub.domain.problems import Problem, problem

_TITLE_LIMIT = {"BR": 300, "MX": 300}
_USUAL_TITLE_LIMIT = 255
_SHORTEST_TITLE = {"ID": 25, "MY": 25, "PH": 25, "SG": 25, "TH": 25, "VN": 25}
_DESCRIPTION_LIMIT = 10_000
_DEEPEST = 20
_WRITES_HAN = {"JP"}
_HAN = re.compile(r"[\u4e00-\u9fff]")
# Pictographs, dingbats, flags, and the mark that makes an emoji of a sign.
_EMOJI = re.compile(r"[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPE = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]{2,8});", re.IGNORECASE)


def odd_letters(text: str, region: str) -> str:
    """What TikTok Shop refuses in a short text of this market, in words; "" for nothing."""
    if region not in _WRITES_HAN and (found := _HAN.search(text)):
        return f"the Chinese character “{found[0]}”"
    if found := _EMOJI.search(text):
        return f"the sign “{found[0]}”"
    return "an invisible control character" if _CONTROL.search(text) else ""


def clean_title(title: str) -> str:
    """The title without what some stores write into it and no reader sees: HTML's escapes, control characters, double spaces."""
    return " ".join(_CONTROL.sub("", html.unescape(title)).split())


def title_problems(title: str, region: str) -> list[Problem]:
    """Everything that TikTok Shop would refuse in this title."""
    if not title:
        return [problem("title.missing")]
    found = []
    limit, least = _TITLE_LIMIT.get(region, _USUAL_TITLE_LIMIT), _SHORTEST_TITLE.get(region, 1)
    if len(title) > limit:
        found.append(problem("title.too_long", length=len(title), limit=limit))
    if len(title) < least:
        found.append(problem("title.too_short", length=len(title), limit=least))
    what = odd_letters(title, region)
    if not what and (escape := _ESCAPE.search(title)):
        what = f"the HTML code “{escape[0]}”"
    if not what and not any(letter.isalnum() for letter in title):
        what = "signs only"
    if what:
        found.append(problem("title.letters", what=what))
    return found


class _Depth(HTMLParser):
    """How deep the tags of a cleaned description are nested."""

    def __init__(self) -> None:
        super().__init__()
        self.open = self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open += 1
            self.deepest = max(self.deepest, self.open)

    def handle_endtag(self, tag: str) -> None:
        if tag != "br":
            self.open -= 1


def description_problems(description: str, region: str) -> list[Problem]:
    """Everything that TikTok Shop would refuse in a description whose tags were cleaned already."""
    if not description.strip():
        return [problem("description.missing")]
    found = []
    if len(description) > _DESCRIPTION_LIMIT:
        found.append(problem("description.too_long", length=len(description), limit=_DESCRIPTION_LIMIT))
    if region not in _WRITES_HAN and (han := _HAN.search(description)):
        found.append(problem("description.letters", what=f"the Chinese character “{han[0]}”"))
    depth = _Depth()
    depth.feed(description)
    if depth.deepest > _DEEPEST:
        found.append(problem("description.nested", depth=depth.deepest, limit=_DEEPEST))
    return found

"""Pictures: how many, how large, of which format (contract 5.2 UploadProductImage, 7). Ratios need no check: TikTok Shop makes
a picture square that is too wide or too high."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.domain.problems import Problem, problem
from hub.domain.products import Picture

MOST = 9
_KINDS = {"jpeg", "png", "webp", "heic", "bmp"}
_MOST_BYTES = 10 * 1024 * 1024
_MAIN, _OF_VARIANT = (300, 4000), (100, 20_000)


def picture_problems(urls: Sequence[str], of_variants: Mapping[str, str], known: Mapping[str, Picture]) -> list[Problem]:
    """What is wrong with the files, as far as they are known: the product's by ``urls``, the variants' by variant name."""
    found = [_problem(f"Pictures › {number}", url, known[url], _MAIN) for number, url in enumerate(urls, 1) if url in known]
    found += [_problem(f"Variant {name} › Picture", url, known[url], _OF_VARIANT) for name, url in of_variants.items() if url in known]
    return [one for one in found if one is not None]


def fits(picture: Picture, *, is_main: bool) -> bool:
    """Whether TikTok Shop takes this file as a picture of the product, or of a variant."""
    return not _unfit(picture, _MAIN if is_main else _OF_VARIANT)


def _problem(where: str, url: str, picture: Picture, sides: tuple[int, int]) -> Problem | None:
    what = _unfit(picture, sides)
    return problem("image.unfit", place=where, name=name_of(url), what=what) if what else None


def _unfit(picture: Picture, sides: tuple[int, int]) -> str:
    low, high = sides
    if picture.kind not in _KINDS:
        return "is no JPG, PNG, WEBP, HEIC or BMP"
    if picture.size > _MOST_BYTES:
        return f"has {picture.size / 1024 / 1024:.1f} MB; TikTok Shop takes 10"
    if not (low <= picture.width <= high and low <= picture.height <= high):
        return f"is {picture.width} × {picture.height} pixels; TikTok Shop takes {low} to {high:,} on each side"
    return ""


def name_of(url: str) -> str:
    """The file's name in an address, as a person knows it."""
    return url.split("?")[0].rsplit("/", 1)[-1][:100] or "picture"


def left_out(urls: Sequence[str]) -> list[Problem]:
    """A note where there are more pictures than TikTok Shop takes."""
    return [problem("images.left_out", count=len(urls), limit=MOST)] if len(urls) > MOST else []

"""Product pictures drawn by the project itself: no photograph is copied from anywhere.

`draw(shape, colour, accent=…)` gives an 800 × 800 JPEG (TikTok Shop asks for 600 × 600 at least): a lit background,
a soft shadow and the thing itself in its colour. The same arguments always give the same bytes, and they are kept.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache, partial

from PIL import Image, ImageDraw, ImageFilter

from hub.seed import SeedImage

SIZE = 800
_BIG = 1200
Colour = tuple[int, int, int]
Draw = ImageDraw.ImageDraw

COLOURS: dict[str, Colour] = {
    "black": (45, 45, 50), "white": (240, 238, 232), "grey": (142, 146, 152), "gray": (142, 146, 152),
    "navy": (38, 56, 92), "blue": (70, 116, 178), "sky": (134, 180, 214), "teal": (44, 128, 128),
    "green": (86, 132, 92), "olive": (122, 122, 70), "sage": (156, 176, 150), "mint": (168, 212, 190),
    "yellow": (232, 190, 84), "mustard": (206, 158, 52), "orange": (222, 128, 66), "terracotta": (192, 102, 74),
    "red": (188, 62, 58), "burgundy": (120, 44, 60), "pink": (222, 150, 162), "rose": (206, 134, 140),
    "purple": (124, 90, 150), "lavender": (176, 164, 208), "brown": (122, 88, 62), "tan": (196, 160, 118),
    "cream": (236, 224, 198), "oat": (214, 200, 174), "sand": (214, 192, 152), "charcoal": (70, 72, 78),
    "natural": (208, 182, 140), "oak": (188, 146, 96), "walnut": (110, 78, 54), "copper": (190, 114, 78),
    "silver": (190, 194, 200), "gold": (206, 172, 92), "amber": (206, 140, 60), "multi": (196, 120, 120),
}  # fmt: skip


def colour(name: str) -> Colour:
    """The colour a name stands for ("Harbour Blue" is a blue); a steady one for a name without."""
    for word in reversed(name.lower().split()):
        if word in COLOURS:
            return COLOURS[word]
    known = sorted(COLOURS)
    return COLOURS[known[sum(name.encode()) % len(known)]]


def picture(name: str, shape: str, shade: str, *, label: str = "", accent: str = "cream") -> SeedImage:
    """A seed picture under this file name (without `.jpg`), drawn when first asked for."""
    return SeedImage(f"{name}.jpg", label, draw=partial(draw, shape, colour(shade), accent=colour(accent)))


@lru_cache(maxsize=512)
def draw(shape: str, shade: Colour, *, accent: Colour = COLOURS["cream"]) -> bytes:
    """The picture's JPEG. A shape that is not known is drawn as a parcel."""
    backdrop = _mix(shade, (250, 248, 244), 0.86)
    image = _lit(backdrop)
    shadow = Image.new("L", (_BIG, _BIG), 0)
    ImageDraw.Draw(shadow).ellipse((260, 930, 940, 1040), fill=110)
    shadow = shadow.filter(ImageFilter.GaussianBlur(28))
    image.paste(_mix(backdrop, (60, 50, 50), 0.5), mask=shadow)
    SHAPES.get(shape, _parcel)(ImageDraw.Draw(image), shade, accent)
    out = io.BytesIO()
    image.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(out, "JPEG", quality=88)
    return out.getvalue()


def _lit(backdrop: Colour) -> Image.Image:
    column = Image.new("RGB", (1, 64))
    for y in range(64):
        column.putpixel((0, y), _mix(_mix(backdrop, (255, 255, 255), 0.55), backdrop, y / 63))
    return column.resize((_BIG, _BIG), Image.Resampling.BICUBIC)


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _dark(shade: Colour, share: float = 0.25) -> Colour:
    return _mix(shade, (20, 16, 20), share)


def _light(shade: Colour, share: float = 0.3) -> Colour:
    return _mix(shade, (255, 255, 255), share)


def _mug(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.arc((720, 460, 980, 800), -80, 95, fill=_dark(shade, 0.15), width=52)
    pen.rounded_rectangle((300, 380, 800, 980), 60, fill=shade)
    pen.rounded_rectangle((320, 420, 380, 940), 30, fill=_light(shade))
    pen.ellipse((300, 330, 800, 430), fill=_light(shade, 0.15))
    pen.ellipse((330, 345, 770, 415), fill=_dark(shade, 0.5))
    pen.rectangle((300, 640, 800, 700), fill=accent)


def _shirt(pen: Draw, shade: Colour, accent: Colour) -> None:
    body = [(390, 300), (520, 260), (680, 260), (810, 300), (1010, 480), (900, 600), (820, 540), (820, 1000),
            (380, 1000), (380, 540), (300, 600), (190, 480)]  # fmt: skip
    pen.polygon(body, fill=shade)
    pen.pieslice((500, 180, 700, 360), 0, 180, fill=_dark(shade, 0.35))
    pen.line([(380, 540), (390, 300)], fill=_dark(shade, 0.18), width=6)
    pen.line([(820, 540), (810, 300)], fill=_dark(shade, 0.18), width=6)
    pen.ellipse((520, 520, 680, 680), fill=accent)
    pen.polygon([(600, 550), (650, 640), (550, 640)], fill=_dark(accent, 0.3))


def _hoodie(pen: Draw, shade: Colour, accent: Colour) -> None:
    _shirt(pen, shade, shade)
    pen.ellipse((440, 170, 760, 420), fill=_dark(shade, 0.2))
    pen.ellipse((500, 220, 700, 400), fill=_dark(shade, 0.5))
    pen.line([(540, 380), (530, 560)], fill=accent, width=12)
    pen.line([(660, 380), (670, 560)], fill=accent, width=12)
    pen.polygon([(470, 760), (730, 760), (790, 920), (410, 920)], fill=_dark(shade, 0.16))


def _candle(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.rounded_rectangle((380, 480, 820, 990), 40, fill=_light(shade, 0.12))
    pen.rectangle((380, 560, 820, 900), fill=shade)
    pen.rounded_rectangle((470, 640, 730, 840), 16, fill=accent)
    pen.line([(520, 710), (680, 710)], fill=_dark(accent, 0.5), width=10)
    pen.line([(550, 760), (650, 760)], fill=_dark(accent, 0.4), width=8)
    pen.ellipse((380, 440, 820, 530), fill=_light(shade, 0.5))
    pen.line([(600, 480), (600, 400)], fill=(60, 50, 46), width=10)
    pen.polygon([(600, 240), (650, 350), (600, 410), (550, 350)], fill=(246, 184, 72))
    pen.polygon([(600, 300), (624, 360), (600, 400), (576, 360)], fill=(255, 236, 170))


def _bag(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.arc((430, 200, 770, 700), 180, 360, fill=_dark(shade, 0.3), width=36)
    pen.polygon([(310, 460), (890, 460), (950, 990), (250, 990)], fill=shade)
    pen.polygon([(310, 460), (890, 460), (896, 520), (304, 520)], fill=_dark(shade, 0.15))
    pen.rounded_rectangle((500, 640, 700, 800), 20, fill=accent)
    pen.line([(270, 930), (930, 930)], fill=_light(shade), width=6)


def _backpack(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.arc((500, 190, 700, 400), 180, 360, fill=_dark(shade, 0.35), width=28)
    pen.rounded_rectangle((340, 280, 860, 990), 150, fill=shade)
    pen.rounded_rectangle((400, 640, 800, 940), 50, fill=_dark(shade, 0.14))
    pen.line([(420, 700), (780, 700)], fill=accent, width=14)
    pen.arc((380, 330, 820, 700), 190, 350, fill=accent, width=12)


def _notebook(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.rounded_rectangle((370, 270, 870, 1000), 26, fill=(246, 242, 232))
    pen.rounded_rectangle((340, 250, 840, 980), 26, fill=shade)
    pen.rectangle((340, 250, 420, 980), fill=_dark(shade, 0.22))
    pen.rectangle((740, 250, 770, 980), fill=accent)
    pen.rounded_rectangle((480, 400, 680, 500), 12, fill=_light(shade, 0.6))
    for y in (430, 466):
        pen.line([(505, y), (655, y)], fill=_dark(shade, 0.2), width=6)


def _watch(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.rounded_rectangle((500, 130, 700, 1070), 50, fill=shade)
    pen.ellipse((370, 370, 830, 830), fill=_dark(accent, 0.25))
    pen.ellipse((400, 400, 800, 800), fill=(250, 249, 245))
    for x, y in ((600, 430), (600, 770), (430, 600), (770, 600)):
        pen.ellipse((x - 12, y - 12, x + 12, y + 12), fill=_dark(shade, 0.3))
    pen.line([(600, 600), (600, 470)], fill=(50, 50, 55), width=16)
    pen.line([(600, 600), (690, 650)], fill=(50, 50, 55), width=12)
    pen.rounded_rectangle((826, 576, 864, 624), 8, fill=_dark(accent, 0.35))


def _bottle(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.rounded_rectangle((520, 170, 680, 320), 24, fill=accent)
    pen.polygon([(540, 320), (660, 320), (740, 440), (460, 440)], fill=shade)
    pen.rounded_rectangle((440, 420, 760, 1000), 60, fill=shade)
    pen.rounded_rectangle((470, 460, 520, 950), 24, fill=_light(shade))
    pen.rectangle((440, 640, 760, 760), fill=_dark(shade, 0.2))


def _cushion(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.polygon([(240, 330), (600, 370), (960, 330), (920, 650), (960, 970), (600, 930), (240, 970), (280, 650)], fill=shade)
    for offset in range(-240, 241, 120):
        pen.line([(600 + offset, 400), (600 + offset, 900)], fill=accent, width=18)
    pen.line([(300, 650), (900, 650)], fill=_dark(shade, 0.15), width=8)


def _blanket(pen: Draw, shade: Colour, accent: Colour) -> None:
    for place, y in enumerate((820, 680, 540, 400)):
        tone = shade if place % 2 == 0 else _light(shade, 0.16)
        pen.rounded_rectangle((260, y, 940, y + 170), 70, fill=tone)
        pen.line([(340, y + 86), (860, y + 86)], fill=accent, width=14)
    for x in range(300, 920, 48):
        pen.line([(x, 980), (x, 1030)], fill=_dark(shade, 0.2), width=10)


def _pot(pen: Draw, shade: Colour, accent: Colour) -> None:
    leaf = (88, 138, 92)
    for x, y in ((460, 300), (600, 210), (740, 300)):
        pen.ellipse((x - 76, y - 90, x + 76, y + 210), fill=leaf if x == 600 else _dark(leaf, 0.15))
    pen.line([(600, 380), (600, 600)], fill=_dark(leaf, 0.3), width=14)
    pen.polygon([(350, 620), (850, 620), (770, 990), (430, 990)], fill=shade)
    pen.rectangle((330, 560, 870, 650), fill=_dark(shade, 0.12))
    pen.line([(410, 760), (790, 760)], fill=accent, width=16)


def _soap(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.rounded_rectangle((300, 520, 900, 940), 90, fill=_dark(shade, 0.18))
    pen.rounded_rectangle((300, 470, 900, 880), 90, fill=shade)
    pen.rounded_rectangle((520, 460, 680, 950), 8, fill=accent)
    pen.ellipse((560, 640, 640, 720), fill=_dark(accent, 0.3))


def _tin(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.rectangle((380, 420, 820, 980), fill=shade)
    pen.ellipse((380, 930, 820, 1030), fill=_dark(shade, 0.1))
    pen.rectangle((360, 330, 840, 440), fill=_dark(shade, 0.2))
    pen.ellipse((360, 290, 840, 380), fill=_light(shade, 0.2))
    pen.rectangle((380, 560, 820, 820), fill=accent)
    pen.ellipse((530, 610, 670, 770), fill=_mix(accent, shade, 0.6))


def _socks(pen: Draw, shade: Colour, accent: Colour) -> None:
    for dx, tone in ((150, _dark(shade, 0.15)), (0, shade)):
        pen.rounded_rectangle((400 + dx, 240, 580 + dx, 800), 40, fill=tone)
        pen.rounded_rectangle((400 + dx, 700, 780 + dx, 920), 100, fill=tone)
        pen.rectangle((400 + dx, 300, 580 + dx, 350), fill=accent)
        pen.rectangle((400 + dx, 390, 580 + dx, 420), fill=accent)


def _cap(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.pieslice((280, 380, 880, 1060), 180, 360, fill=shade)
    pen.pieslice((560, 640, 1080, 820), 180, 360, fill=_dark(shade, 0.2))
    pen.rectangle((280, 700, 880, 740), fill=_dark(shade, 0.12))
    pen.ellipse((555, 360, 605, 410), fill=accent)
    pen.arc((420, 390, 740, 1060), 180, 360, fill=_dark(shade, 0.15), width=6)


def _lamp(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.rectangle((580, 560, 620, 960), fill=_dark(accent, 0.3))
    pen.rounded_rectangle((430, 940, 770, 1000), 26, fill=_dark(accent, 0.2))
    pen.polygon([(460, 240), (740, 240), (860, 600), (340, 600)], fill=shade)
    pen.polygon([(470, 250), (560, 250), (480, 590), (360, 590)], fill=_light(shade, 0.35))


def _board(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.rounded_rectangle((540, 150, 660, 420), 50, fill=shade)
    pen.rounded_rectangle((350, 340, 850, 990), 80, fill=shade)
    pen.ellipse((575, 190, 625, 240), fill=_mix(shade, (250, 248, 244), 0.8))
    for x in range(420, 800, 70):
        pen.line([(x, 380), (x - 20, 950)], fill=_dark(shade, 0.1), width=5)
    pen.line([(370, 880), (830, 880)], fill=accent, width=8)


def _bowl(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.pieslice((240, 260, 960, 980), 0, 180, fill=shade)
    pen.ellipse((240, 540, 960, 700), fill=_light(shade, 0.2))
    pen.ellipse((290, 560, 910, 680), fill=_dark(shade, 0.25))
    pen.rounded_rectangle((470, 950, 730, 1000), 16, fill=_dark(shade, 0.2))
    pen.arc((290, 320, 910, 920), 20, 160, fill=accent, width=14)


def _jewel(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.arc((330, 130, 870, 830), 15, 165, fill=_dark(accent, 0.15), width=14)
    pen.polygon([(600, 760), (690, 850), (600, 1000), (510, 850)], fill=shade)
    pen.polygon([(600, 760), (640, 850), (600, 1000), (560, 850)], fill=_light(shade))


def _ball(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.ellipse((280, 340, 920, 990), fill=shade)
    pen.ellipse((380, 420, 560, 560), fill=_light(shade, 0.4))
    pen.arc((280, 340, 920, 990), 20, 160, fill=_dark(shade, 0.2), width=20)
    pen.arc((200, 500, 1000, 840), 200, 340, fill=accent, width=14)


def _trousers(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.polygon([(400, 220), (800, 220), (860, 1020), (650, 1020), (600, 480), (550, 1020), (340, 1020)], fill=shade)
    pen.rectangle((396, 210, 804, 280), fill=_dark(shade, 0.2))
    pen.line([(600, 280), (600, 480)], fill=_dark(shade, 0.25), width=8)
    pen.line([(470, 300), (440, 420)], fill=accent, width=8)
    pen.line([(730, 300), (760, 420)], fill=accent, width=8)


def _parcel(pen: Draw, shade: Colour, accent: Colour) -> None:
    pen.polygon([(280, 480), (600, 360), (920, 480), (600, 600)], fill=_light(shade, 0.2))
    pen.polygon([(280, 480), (600, 600), (600, 1010), (280, 880)], fill=shade)
    pen.polygon([(920, 480), (600, 600), (600, 1010), (920, 880)], fill=_dark(shade, 0.15))
    pen.polygon([(410, 430), (470, 408), (790, 530), (730, 552)], fill=accent)


SHAPES: dict[str, Callable[[Draw, Colour, Colour], None]] = {
    "mug": _mug, "shirt": _shirt, "hoodie": _hoodie, "candle": _candle, "bag": _bag, "backpack": _backpack,
    "notebook": _notebook, "watch": _watch, "bottle": _bottle, "cushion": _cushion, "blanket": _blanket,
    "pot": _pot, "soap": _soap, "tin": _tin, "socks": _socks, "cap": _cap, "lamp": _lamp, "board": _board,
    "bowl": _bowl, "jewel": _jewel, "ball": _ball, "trousers": _trousers, "parcel": _parcel,
}  # fmt: skip

"""What a picture's file is, told by its first bytes: the formats that TikTok Shop takes (contract 5.2 UploadProductImage)."""

from __future__ import annotations

from hub.domain.products import Picture

_HEIC = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}
# JPEG's start-of-frame markers: all of C0 to CF but tables (C4), extensions (C8) and arithmetic conditioning (CC).
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = {0x01, *range(0xD0, 0xD8)}


def look(data: bytes) -> Picture:
    """Pixels, bytes and format; without pixels and format for what is none of those that are taken, or is cut short."""
    kind, width, height = _measured(data)
    if width < 1 or height < 1:
        kind, width, height = "", 0, 0
    return Picture(width, height, len(data), kind)


def _measured(data: bytes) -> tuple[str, int, int]:
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "png", _big(data[16:20]), _big(data[20:24])
    if data[:3] == b"\xff\xd8\xff":
        return "jpeg", *_jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp", *_webp(data)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        return "heic", *_heic(data)
    if data[:2] == b"BM":
        return "bmp", _little(data[18:22]), abs(int.from_bytes(data[22:26], "little", signed=True))
    return "", 0, 0


def _big(some: bytes) -> int:
    return int.from_bytes(some, "big")


def _little(some: bytes) -> int:
    return int.from_bytes(some, "little")


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:              # filling
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker in _FRAMES:
            return _big(data[at + 7:at + 9]), _big(data[at + 5:at + 7])
        else:
            at += 2 + _big(data[at + 2:at + 4])
    return 0, 0


def _webp(data: bytes) -> tuple[int, int]:
    form = data[12:16]
    if form == b"VP8X" and len(data) >= 30:
        return 1 + _little(data[24:27]), 1 + _little(data[27:30])
    if form == b"VP8L" and len(data) >= 25:
        bits = _little(data[21:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF


def _heic(data: bytes) -> tuple[int, int]:
    """The largest of the pictures in it: a file may carry a thumbnail too."""
    sizes, at = [(0, 0)], data.find(b"ispe")
    while at >= 0:
        sizes.append((_big(data[at + 8:at + 12]), _big(data[at + 12:at + 16])))
        at = data.find(b"ispe", at + 4)
    return max(sizes, key=lambda one: one[0] * one[1])

"""A picture's format and size, read from files that were put together here byte by byte."""

from __future__ import annotations

import struct

import pytest

from hub.domain.products import Picture
from hub.rules.picture_files import look


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height)


def jpeg(width: int, height: int, marker: int = 0xC0) -> bytes:
    app = b"\xff\xe0\x00\x10JFIF" + bytes(10)
    tables = b"\xff\xc4\x00\x04\x00\x00"
    return b"\xff\xd8" + app + b"\xff" + tables + b"\xff" + bytes([marker]) + b"\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(10)


def webp(form: bytes, rest: bytes) -> bytes:
    return b"RIFF\x00\x00\x00\x00WEBP" + form + b"\x00\x00\x00\x00" + rest


def heic(*sizes: tuple[int, int]) -> bytes:
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00" + b"".join(
        b"\x00\x00\x00\x14ispe\x00\x00\x00\x00" + struct.pack(">II", *size) for size in sizes)


def lossless(width: int, height: int) -> bytes:
    return b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(4)


@pytest.mark.parametrize(
    ("data", "width", "height", "kind"),
    [
        (png(640, 480), 640, 480, "png"),
        (jpeg(640, 480), 640, 480, "jpeg"),
        (jpeg(4001, 300, 0xC2), 4001, 300, "jpeg"),
        (webp(b"VP8X", bytes(4) + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")), 640, 480, "webp"),
        (webp(b"VP8L", lossless(640, 480)), 640, 480, "webp"),
        (webp(b"VP8 ", b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 640, 480)), 640, 480, "webp"),
        (heic((160, 120), (640, 480)), 640, 480, "heic"),
        (b"BM" + bytes(16) + struct.pack("<ii", 640, -480), 640, 480, "bmp"),
        (b"GIF89a\x80\x02\xe0\x01", 0, 0, ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 0, 0, ""),
        (png(640, 480)[:20], 0, 0, ""),
        (jpeg(640, 480)[:30], 0, 0, ""),
        (b"\xff\xd8\xff", 0, 0, ""),
        (b"", 0, 0, ""),
    ],
)
def test_a_file_is_told_by_its_first_bytes(data: bytes, width: int, height: int, kind: str):
    assert look(data) == Picture(width, height, len(data), kind)

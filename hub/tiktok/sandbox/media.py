"""Picture upload (contract 5.2 UploadProductImage): only what is uploaded here may be used in a product."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from flask import Blueprint, Response, abort

from hub.tiktok.sandbox.gateway import Call, Failure, gateway, operation
from hub.tiktok.sandbox.state import Image, State

USE_CASES = ("MAIN_IMAGE", "ATTRIBUTE_IMAGE", "DESCRIPTION_IMAGE", "CERTIFICATION_IMAGE", "SIZE_CHART_IMAGE")
MAX_BYTES = 10 * 1024 * 1024
_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "bmp": "image/bmp", "heic": "image/heic"}


def look(data: bytes) -> tuple[str, int, int]:
    """The kind, width and height of a picture by its first bytes; ("", 0, 0) for what is none we know."""
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            return ("png", *struct.unpack(">II", data[16:24]))
        if data[:2] == b"BM":
            width, height = struct.unpack("<ii", data[18:26])
            return "bmp", width, abs(height)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
        if data[:3] == b"\xff\xd8\xff":
            return _jpeg(data)
        if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
            at = data.index(b"ispe") + 8
            return ("heic", *struct.unpack(">II", data[at : at + 8]))
    except (struct.error, IndexError, ValueError):
        return "", 0, 0
    return "", 0, 0


def _webp(data: bytes) -> tuple[str, int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return "webp", 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return "webp", (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    width, height = struct.unpack("<HH", data[26:30])
    return "webp", width & 0x3FFF, height & 0x3FFF


def _jpeg(data: bytes) -> tuple[str, int, int]:
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            return "", 0, 0
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return "jpeg", width, height
        at += 2 + length
    return "", 0, 0


@operation(
    "UploadProductImage", "POST", "/product/202309/images/upload", scope="seller.product.basic", cipher="none",
    is_multipart=True,
)  # fmt: skip
def upload_image(call: Call) -> dict[str, Any]:
    """Keep a picture and give it a URI; pictures for buyers outside 3:4 … 4:3 become square."""
    file = call.request.files.get("data")
    use_case = call.request.form.get("use_case") or "MAIN_IMAGE"
    if file is None:
        raise Failure(12038002, "the form has no file part named data")
    if use_case not in USE_CASES:
        raise gateway(f"'use_case' is invalid: {use_case[:40]}")
    data = file.read()
    if len(data) > MAX_BYTES:
        raise Failure(12038005, "the file is larger than 10 MB")
    kind, width, height = look(data)
    if not kind:
        raise Failure(12038004, "the content or format of the picture is not supported")
    low, high = (300, 4000) if use_case == "MAIN_IMAGE" else (100, 20_000)
    if use_case == "SIZE_CHART_IMAGE" and min(width, height) < 1024:
        raise Failure(12038014, "the short side of a size chart has at least 1024 pixels")
    if not (low <= width <= high and low <= height <= high):
        raise Failure(12038014, f"the pixel size is out of range: {low} to {high}")
    if use_case in ("MAIN_IMAGE", "ATTRIBUTE_IMAGE") and not 3 * height <= 4 * width <= 16 * height / 3:
        width = height = max(width, height)
    digest = hashlib.sha256(data).hexdigest()[:32]
    uri = f"tos-sandbox-i-{call.sim.settings['seed'] % 1000:03d}/{digest}-{use_case.split('_')[0].lower()}"
    base = call.sim.settings.get("public_url") or call.request.host_url.rstrip("/")
    image = Image(uri, f"{base}/sandbox/pictures/{uri}", width, height, use_case, len(data), kind)
    call.sim.images[uri] = image
    call.sim.picture_bytes[uri] = (_TYPES[kind], data)
    return {"uri": uri, "url": image.url, "width": width, "height": height, "use_case": use_case}


def picture_routes(sim: State) -> Blueprint:
    """`GET /sandbox/pictures/<uri>`: an uploaded picture, as the URLs in answers point to."""
    routes = Blueprint("tiktok_pictures", __name__)

    @routes.get("/sandbox/pictures/<path:uri>")
    def picture(uri: str) -> Response:
        if uri not in sim.picture_bytes:
            abort(404)
        kind, data = sim.picture_bytes[uri]
        return Response(data, content_type=kind)

    return routes

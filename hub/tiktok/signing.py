"""Signatures of requests and of webhooks (contract 2 and 10). Pure: bytes in, hex out."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

_NOT_SIGNED = frozenset({"sign", "access_token"})
_MULTIPART = "multipart/form-data"


def sign(app_secret: str, path: str, query: Mapping[str, str], body: bytes = b"", content_type: str = "application/json") -> str:
    """The ``sign`` of a request: over path, decoded query values in byte order of their names, and the raw body.

    ``path`` without host and query. A list value is one text, joined by commas. The body of an upload is left out.
    """
    names = sorted((name for name in query if name not in _NOT_SIGNED), key=str.encode)
    signed = path + "".join(name + query[name] for name in names)
    if content_type.partition(";")[0].strip().lower() == _MULTIPART:
        body = b""
    secret = app_secret.encode()
    return hmac.new(secret, secret + signed.encode() + body + secret, hashlib.sha256).hexdigest()


def sign_webhook(app_key: str, app_secret: str, body: bytes) -> str:
    """What a webhook's ``Authorization`` header must be: over the app's key and the bytes as they came."""
    return hmac.new(app_secret.encode(), app_key.encode() + body, hashlib.sha256).hexdigest()


def is_from_tiktok(app_key: str, app_secret: str, body: bytes, authorization: str) -> bool:
    """Whether the header fits the body, compared without telling by its time how much of it does."""
    given = authorization.strip().encode("utf-8", "replace")
    return hmac.compare_digest(sign_webhook(app_key, app_secret, body).encode(), given)

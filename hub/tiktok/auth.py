"""How a seller lets an app in: consent page, tokens, the shops that a token covers (contract 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from hub import clock
from hub.errors import NeedsReconnect, Refused
from hub.http import Api
from hub.tiktok.client import Caller, StaleToken, read_envelope
from hub.tiktok.keys import AppKeys
from hub.tiktok.translate import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What the token host gave. The moments of expiry are absolute, as the wire's are (contract 13.1)."""

    access_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime | None
    open_id: str
    seller_name: str
    region: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopInfo:
    """A shop that a token covers. ``shop_id`` is what webhooks carry, ``cipher`` what calls want (contract 1.3)."""

    shop_id: str
    name: str
    region: str
    cipher: str
    seller_type: str
    code: str = ""


def consent_url(app: AppKeys, state: str) -> str:
    """Where the seller agrees. The redirect address is fixed in Partner Center, not given here (contract 1)."""
    query = urlencode({"service_id": app.service_id, "state": state})
    return f"{app.consent_host.rstrip('/')}/open/authorize?{query}"


def exchange(app: AppKeys, code: str, api_options: Mapping[str, Any] | None = None) -> Tokens:
    """The tokens for a consent's code: valid for 30 minutes, once. Raises ``NeedsReconnect`` for a bad code."""
    return _tokens(
        app, "/api/v2/token/get", {"auth_code": code, "grant_type": "authorized_code"}, "tiktok.auth.exchange",
        api_options,
    )  # fmt: skip


def refresh(app: AppKeys, refresh_token: str, api_options: Mapping[str, Any] | None = None) -> Tokens:
    """New tokens; keep the refresh token that comes with them. Raises ``NeedsReconnect`` for one that is unknown."""
    return _tokens(
        app, "/api/v2/token/refresh", {"refresh_token": refresh_token, "grant_type": "refresh_token"},
        "tiktok.auth.refresh", api_options,
    )  # fmt: skip


def shops(app: AppKeys, token: str, api_options: Mapping[str, Any] | None = None) -> Sequence[ShopInfo]:
    """All shops that this access token covers (GetAuthorizedShops, contract 5.1)."""
    caller = Caller(app, _Only(token), cipher="", region="", api_options=api_options)
    data = caller.call("GetAuthorizedShops", "GET", "/authorization/202309/shops", with_cipher=False)
    return [
        ShopInfo(
            shop_id=str(row.get("id") or ""),
            name=str(row.get("name") or ""),
            region=str(row.get("region") or ""),
            cipher=str(row.get("cipher") or ""),
            seller_type=str(row.get("seller_type") or ""),
            code=str(row.get("code") or ""),
        )
        for row in data.get("shops") or []
    ]


class _Only:
    """A single token without a grant behind it: right after the consent there is nothing to renew yet."""

    def __init__(self, token: str) -> None:
        self._token = token

    def current(self) -> str:
        return self._token

    def renew(self, stale_token: str) -> str:
        raise NeedsReconnect("TikTok Shop does not accept the sign-in it just gave")


def _tokens(app: AppKeys, path: str, query: Mapping[str, str], crash_point: str, api_options: Mapping[str, Any] | None) -> Tokens:
    api = Api(app.token_host, **(api_options or {}))
    answer = api.send(
        "GET",
        path,
        params={"app_key": app.app_key, "app_secret": app.app_secret, **query},
        crash_point=crash_point,
    )
    try:
        data = read_envelope(answer, crash_point)
    except StaleToken as stale:
        raise stale.lost from None
    if not data.get("access_token") or not data.get("refresh_token"):
        raise Refused("TikTok Shop answered without tokens", operation=crash_point)
    return Tokens(
        access_token=str(data["access_token"]),
        access_expires_at=moment(data.get("access_token_expire_in")) or clock.now(),
        refresh_token=str(data["refresh_token"]),
        refresh_expires_at=moment(data.get("refresh_token_expire_in")),
        open_id=str(data.get("open_id") or ""),
        seller_name=str(data.get("seller_name") or ""),
        region=str(data.get("seller_base_region") or ""),
        scopes=tuple(str(scope) for scope in data.get("granted_scopes") or ()),
    )

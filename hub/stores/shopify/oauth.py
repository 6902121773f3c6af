"""Shopify's sign-in: the way there, the way back, and tokens that end after an hour (contracts/shopify.md 1.2, 1.3).

Three ways lead to a token, and the settings tell which: the merchant agrees on Shopify's page (access and refresh token), he
pastes a custom app's lasting token, or the app belongs to the store's own organisation and fetches one by its keys alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from hub import clock
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.http import Answer, Api, first_message, patience, raise_for
from hub.inbound import BadSignature, Skewed, Unreadable
from hub.stores.base import StoreLogin, api_options
from hub.stores.shopify.settings import ShopifyKeys, shop_host

TOKEN_PATH = "/admin/oauth/access_token"
# A token this close to its end is renewed before it is used.
NEARLY_OVER = timedelta(minutes=5)
# How old the signed way back may be: Shopify's own libraries allow 90 seconds (Node) to a day (Python).
QUERY_LASTS = timedelta(minutes=10)
_LONGEST = 2048

# What the adapter cannot work without, by what for (contracts/shopify.md 1.4). A write scope includes its read scope.
SCOPES: Mapping[str, str] = {
    "read_products": "products, variants and their changes",
    "read_inventory": "stock and its changes",
    "read_locations": "stock locations",
    "write_orders": "creating, cancelling and refunding orders",
    "write_customers": "the buyer of an order",
    "write_merchant_managed_fulfillment_orders": "shipping and holding orders",
    "read_fulfillments": "news of shipments",
}
_HOW = ("In Shopify's Dev Dashboard open your app › Versions, add the scope, release it, and install the app in the store again.")


def missing_scopes(granted: Sequence[str]) -> list[str]:
    """Those of `SCOPES` that the app was not given."""
    have = set(granted) | {scope.replace("write_", "read_", 1) for scope in granted if scope.startswith("write_")}
    return [scope for scope in SCOPES if scope not in have]


def how_to_grant() -> str:
    """What a merchant does about a missing scope."""
    return _HOW


# -- the way there and back


def consent_url(keys: ShopifyKeys, state: str, redirect_uri: str) -> str:
    """The store's page where the merchant agrees; offline access, so no ``grant_options``."""
    query = {"client_id": keys.api_key, "scope": ",".join(SCOPES), "redirect_uri": redirect_uri, "state": state}
    return f"{keys.origin}/admin/oauth/authorize?{urlencode(query)}"


def verify(keys: ShopifyKeys, query: Mapping[str, str]) -> None:
    """Whether Shopify sent the merchant back, from the store that was entered. Raises `BadSignature`, `Skewed`, `Unreadable`."""
    for name in ("code", "hmac", "shop", "state", "timestamp"):
        if not query.get(name) or len(query[name]) > _LONGEST:
            raise Unreadable(f"{name} is missing")
    if not is_signed(keys.api_secret, query):
        raise BadSignature("hmac")
    try:
        host = shop_host(query["shop"])
    except ValueError:
        raise Unreadable("shop is no store of Shopify") from None
    if host != keys.shop:
        raise Unreadable("shop is another store than the one that was entered")
    stamp = query["timestamp"]
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12) or (
            abs(clock.now().timestamp() - int(stamp)) > QUERY_LASTS.total_seconds()):
        raise Skewed("the way back is older than ten minutes", clock.now())


def is_signed(secret: str, query: Mapping[str, str]) -> bool:
    """The pairs without the signature, sorted, escaped as Shopify's Python library does; hex HMAC-SHA256 (1.3)."""
    pairs = sorted((name, value) for name, value in query.items() if name not in ("hmac", "signature"))
    text = "&".join(f"{_escaped(name).replace('=', '%3D')}={_escaped(value)}" for name, value in pairs)
    expected = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), query.get("hmac", "").encode("utf-8", "replace"))


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("&", "%26")


# -- tokens


def exchange(keys: ShopifyKeys, code: str, options: Mapping[str, Any]) -> dict[str, str]:
    """The code for a pair of tokens, by their names in the settings. Raises `Refused` or `Temporary`."""
    return _ask(keys, {"code": code, "expiring": "1"}, options, "shopify.oauth.exchange")


def renewed(keys: ShopifyKeys, options: Mapping[str, Any]) -> dict[str, str]:
    """A newer token: by the refresh token, else by the app's keys. Raises `NeedsReconnect` where neither is taken."""
    grant = ({"grant_type": "refresh_token", "refresh_token": keys.refresh_token} if keys.refresh_token
             else {"grant_type": "client_credentials"})
    try:
        # The old pair may be worth nothing once this is answered: nobody's hurry may cost the answer.
        with patience(None):
            return _ask(keys, grant, options, "shopify.oauth.renew")
    except Refused as error:
        raise NeedsReconnect("Shopify no longer accepts our sign-in.", hint=error.hint or error.says, status=error.context.get("status")) from error


def _ask(keys: ShopifyKeys, grant: Mapping[str, str], options: Mapping[str, Any], crash_point: str) -> dict[str, str]:
    api = Api(keys.origin, headers={"Accept": "application/json"}, **{**api_options(options), "budget": None})
    body = {"client_id": keys.api_key, "client_secret": keys.api_secret, **grant}
    answer = api.send("POST", TOKEN_PATH, json=body, crash_point=crash_point)
    if answer.status in (400, 401, 403, 404):
        raise Refused(_reason(answer), hint="Check App Key and App Secret, then press “Go to authorize” again.", status=answer.status)
    raise_for(answer)
    said = answer.json()
    if not isinstance(said, Mapping) or not isinstance(said.get("access_token"), str):
        raise Temporary("Shopify's answer holds no token", status=answer.status, sent=True)
    lasts = said.get("expires_in")
    ends = clock.now() + timedelta(seconds=int(lasts)) if lasts else None
    return {"access_token": said["access_token"], "refresh_token": str(said.get("refresh_token") or ""),
            "token_expires_at": ends.isoformat() if ends else ""}


def _reason(answer: Answer) -> str:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    code = str(said.get("error", "")) if isinstance(said, Mapping) else ""
    words = first_message(answer, 200) or code
    return f"Shopify did not give a token: {words}" if words else "Shopify did not give a token."


class Login:
    """The token to send. Renewed a few minutes early and after a 401, by one worker for all where wiring gives a `StoreLogin`."""

    def __init__(self, settings: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        self._settings = dict(settings)
        self._options = options
        self._shared: StoreLogin | None = options.get("login")
        self._lock = threading.Lock()
        self._is_read = self._shared is None
        self._is_pasted = False

    @property
    def keys(self) -> ShopifyKeys:
        """The settings as they are known now."""
        return ShopifyKeys.of(self._settings)

    def token(self) -> str:
        """The token to send now. Raises `NeedsReconnect` or `Temporary`."""
        if not self._is_read and self._shared is not None:
            self._settings.update(self._shared.current())
            self._is_read = True
        keys = self.keys
        is_over = keys.expires_at is not None and keys.expires_at - NEARLY_OVER <= clock.now() and not self._is_pasted
        if not is_over and keys.access_token:
            return keys.access_token
        try:
            return self.renew(keys.access_token)
        except NeedsReconnect:
            if not keys.access_token:
                raise
            # The pair is dead; the token may be a newer one that the merchant pasted. If it is none, Shopify's 401 tells.
            self._is_pasted = True
            return keys.access_token

    def renew(self, stale: str) -> str:
        """A newer token than this one. Raises `NeedsReconnect` where a pasted token is no longer taken."""
        keys = self.keys
        if keys.access_token == stale and stale and not keys.refresh_token and keys.expires_at is None:
            raise NeedsReconnect("Shopify no longer accepts our sign-in.", hint="Create a new access token in Shopify, or press “Go to authorize”.")
        if self._shared is not None:
            fresh = self._shared.renew(stale, "access_token", self._exchange)
        else:
            with self._lock:
                fresh = self._exchange({}) if self.keys.access_token == stale else {}
        self._settings.update(fresh)
        return self.keys.access_token

    def _exchange(self, values: Mapping[str, str]) -> Mapping[str, str]:
        return renewed(ShopifyKeys.of({**self._settings, **values}), self._options)

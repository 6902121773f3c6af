"""Who may call: the app's tokens, the install by authorization code, refresh, client credentials, scopes (contract 1).

A refreshed pair replaces the old one: the old access token ends at once, the old refresh token stays good until the new
refresh token is first used, at most 30 days after its own first use, and never beyond its 90 days. A new grant revokes
the app's older tokens.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, jsonify, redirect, request

from hub.simulator import recorded
from hub.stores.shopify.sandbox.graph import Call, Refusal

if TYPE_CHECKING:
    from hub.stores.shopify.sandbox.shop import ShopifySim

ACCESS_S = 3_600
REFRESH_S = 7_776_000
CLIENT_S = 86_400
OVERLAP = timedelta(days=30)
SCOPES = ("read_products", "read_inventory", "write_inventory", "read_locations", "read_orders", "write_orders", "read_all_orders",
          "write_merchant_managed_fulfillment_orders", "read_fulfillments", "write_fulfillments", "read_customers", "write_customers",
          "write_products", "read_publications", "read_returns", "write_returns")  # fmt: skip
UNRECOGNISED = "[API] Invalid API key or access token (unrecognized login or wrong password)"


@dataclass(slots=True)
class Login:
    """An access token and what it may do. `ends` None: it lives until it is revoked."""

    token: str
    scopes: frozenset[str]
    ends: datetime | None = None


@dataclass(slots=True)
class Renewal:
    """A refresh token. `successor` is the pair's that replaced it; `used` its own first use."""

    token: str
    ends: datetime
    used: datetime | None = None
    successor: Renewal | None = None
    dead: bool = False


@dataclass(slots=True)
class Access:
    """The app's standing with the shop: its credentials, live tokens, and codes waiting for exchange."""

    now: Callable[[], datetime]
    api_key: str
    api_secret: str
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...] | None = None
    logins: dict[str, Login] = field(default_factory=dict)
    renewals: dict[str, Renewal] = field(default_factory=dict)
    codes: dict[str, tuple[datetime, frozenset[str]]] = field(default_factory=dict)
    installed: bool = True
    client_credentials: bool = True

    def grant_static(self, token: str) -> None:
        """A permanent token, as a custom app's owner copies it from the admin."""
        self.logins[token] = Login(token, frozenset(self.scopes))

    def login(self, token: str | None) -> Login | None:
        """The live login of this token."""
        found = self.logins.get(token or "")
        if found is None or (found.ends is not None and self.now() >= found.ends):
            return None
        return found

    def revoke(self) -> None:
        """All tokens are dead: the app was removed, or the merchant took the access away."""
        self.logins.clear()
        self.renewals.clear()
        self.codes.clear()

    def narrow(self, scopes: Iterable[str]) -> None:
        """The granted scopes from now on, of every live token too."""
        self.scopes = tuple(scopes)
        for login in self.logins.values():
            login.scopes = frozenset(self.scopes)

    def exchange(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        """`POST /admin/oauth/access_token`: the answer and its status."""
        if given.get("client_id") != self.api_key or not hmac.compare_digest(
                str(given.get("client_secret", "")).encode(), self.api_secret.encode()):
            return {"error": "invalid_client", "error_description": "Client authentication failed"}, 401
        grant = given.get("grant_type")
        if grant == "refresh_token":
            return self._refresh(str(given.get("refresh_token", "")))
        if grant == "client_credentials":
            if not self.client_credentials or not self.installed:
                return {"error": "shop_not_permitted", "error_description": "Client credentials cannot be performed on this shop."}, 400
            made = self._new_login(CLIENT_S, frozenset(self.scopes))
            return {"access_token": made.token, "scope": ",".join(self.scopes), "expires_in": CLIENT_S - 1}, 200
        if grant == "urn:ietf:params:oauth:grant-type:token-exchange":
            return self._migrate(given)
        if grant is not None:
            return {"error": "unsupported_grant_type"}, 400
        code = self.codes.pop(str(given.get("code", "")), None)
        if code is None or self.now() >= code[0]:
            return {"error": "invalid_request", "error_description": "The authorization code was not found or was already used"}, 400
        self.installed = True
        self.logins.clear()
        self.renewals.clear()
        if str(given.get("expiring", "0")) != "1":
            made = self._new_login(None, code[1])
            return {"access_token": made.token, "scope": self._written(code[1])}, 200
        return self._pair(code[1]), 200

    def _refresh(self, token: str) -> tuple[dict[str, Any], int]:
        now, old = self.now(), self.renewals.get(token)
        if old is None or old.dead or now >= old.ends or (old.used is not None and now >= old.used + OVERLAP):
            return {"error": "invalid_grant", "error_description": "The refresh token is invalid or has expired"}, 400
        old.used = old.used or now
        for earlier in self.renewals.values():
            # The first use of a replacement ends the one that it replaced.
            if earlier.successor is old:
                earlier.dead = True
        self.logins.clear()
        pair = self._pair(frozenset(self.scopes))
        old.successor = self.renewals[pair["refresh_token"]]
        return pair, 200

    def _migrate(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        old = self.login(str(given.get("subject_token", "")))
        offline = "urn:shopify:params:oauth:token-type:offline-access-token"
        if old is None or old.ends is not None or given.get("subject_token_type") != offline or str(given.get("expiring")) != "1":
            return {"error": "invalid_subject_token", "error_description": "The subject token can't be exchanged"}, 400
        self.logins.clear()
        return self._pair(old.scopes), 200

    def _pair(self, scopes: frozenset[str]) -> dict[str, Any]:
        made = self._new_login(ACCESS_S, scopes)
        renewal = Renewal(f"shprt_{secrets.token_hex(16)}", self.now() + timedelta(seconds=REFRESH_S))
        self.renewals[renewal.token] = renewal
        return {"access_token": made.token, "scope": self._written(scopes), "expires_in": ACCESS_S,
                "refresh_token": renewal.token, "refresh_token_expires_in": REFRESH_S}

    def _new_login(self, seconds: int | None, scopes: frozenset[str]) -> Login:
        made = Login(f"shpat_{secrets.token_hex(16)}", scopes, None if seconds is None else self.now() + timedelta(seconds=seconds))
        self.logins[made.token] = made
        return made

    def _written(self, scopes: frozenset[str]) -> str:
        return ",".join(scope for scope in self.scopes if scope in scopes)


def query_hmac(pairs: Iterable[tuple[str, str]], secret: str) -> str:
    """The hex HMAC-SHA256 over the sorted pairs without `hmac` and `signature` (contract 1.3, as the official Python does)."""
    told = []
    for name, value in sorted((name, value) for name, value in pairs if name not in ("hmac", "signature")):
        written = f"{name.replace('%', '%25').replace('=', '%3D')}={value.replace('%', '%25')}"
        told.append(written.replace("&", "%26"))
    return hmac.new(secret.encode(), "&".join(told).encode(), hashlib.sha256).hexdigest()


def allows(scopes: frozenset[str], scope: str) -> bool:
    """Whether they hold this scope; a write scope holds its read scope."""
    return scope in scopes or (scope.startswith("read_") and f"write_{scope.removeprefix('read_')}" in scopes)


def needs(call: Call, scope: str, name: str) -> None:
    """Refuses a field whose scope was not granted."""
    if not allows(call.login.scopes, scope):
        required = f"`{scope}` access scope."
        raise Refusal(f"Access denied for {name} field. Required access: {required}", "ACCESS_DENIED", requiredAccess=required,
                      documentation="https://shopify.dev/api/usage/access-scopes")


def sees_fulfillment_orders(call: Call) -> bool:
    """Without one of their scopes an order shows none of its fulfilment orders, and no error."""
    return allows(call.login.scopes, "read_merchant_managed_fulfillment_orders")


def blueprint(sim: ShopifySim) -> Blueprint:
    """The install page and the token endpoint."""
    routes = Blueprint("shopify_access", __name__)

    @routes.get("/admin/oauth/authorize")
    def consent() -> Response:
        return recorded(sim, "oauth.authorize", lambda: _consent_page(sim))

    @routes.post("/admin/oauth/authorize")
    def install() -> Response:
        return recorded(sim, "oauth.install", lambda: _install(sim))

    @routes.post("/admin/oauth/access_token")
    def token() -> Response:
        return recorded(sim, "oauth.token", lambda: _token(sim))

    return routes


def _wrong(sim: ShopifySim, given: Mapping[str, str]) -> str:
    """What is wrong with an authorisation request, "" where nothing is."""
    access = sim.access
    if given.get("client_id") != access.api_key:
        return "Oauth error invalid_request: Could not find Shopify API application with that client_id"
    target = given.get("redirect_uri", "")
    parts = urlsplit(target)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
        return "Oauth error invalid_request: The redirect_uri is missing or is no address"
    if access.redirect_uris is not None and target not in access.redirect_uris:
        return "Oauth error invalid_request: The redirect_uri is not whitelisted"
    if not given.get("state"):
        return "Oauth error invalid_request: state is missing"
    return ""


def _page(title: str, body: str, status: int = 200) -> Response:
    return Response(f"<!doctype html><html lang=en><head><title>{html.escape(title)}</title></head><body>{body}</body></html>",
                    status, content_type="text/html; charset=utf-8")


def _consent_page(sim: ShopifySim) -> Response:
    with sim.lock:
        wrong = _wrong(sim, request.args)
        if wrong:
            return _page("Shopify", f"<p>{html.escape(wrong)}</p>", 400)
        asked = [scope for scope in request.args.get("scope", "").split(",") if scope] or list(sim.access.scopes)
        hidden = "".join(f'<input type=hidden name="{html.escape(name)}" value="{html.escape(value)}">'
                         for name, value in request.args.items(multi=True))
        rows = "".join(f"<li>{html.escape(scope)}</li>" for scope in asked)
        return _page("Install app", f"<h1>Install app on {html.escape(sim.shop_name)}</h1><p>This app will be able to:</p><ul>{rows}</ul>"
                     f'<form method=post action="/admin/oauth/authorize">{hidden}<button type=submit>Install</button></form>')


def _install(sim: ShopifySim) -> Response:
    with sim.lock:
        given = request.form
        wrong = _wrong(sim, given)
        if wrong:
            return _page("Shopify", f"<p>{html.escape(wrong)}</p>", 400)
        asked = frozenset(scope for scope in given.get("scope", "").split(",") if scope) or frozenset(sim.access.scopes)
        code = secrets.token_hex(16)
        sim.access.codes[code] = (sim.now() + timedelta(minutes=1), frozenset(
            scope for scope in sim.access.scopes if scope in asked or (scope.startswith("read_") and allows(asked, scope))))
        return redirect(f"{given['redirect_uri']}{'&' if urlsplit(given['redirect_uri']).query else '?'}"
                        f"{urlencode(sim.signed_query({'code': code, 'state': given['state']}))}")  # type: ignore[return-value]


def _token(sim: ShopifySim) -> Response:
    given = request.get_json(silent=True) if request.is_json else dict(parse_qsl(request.get_data(as_text=True)))
    with sim.lock:
        answer, status = sim.access.exchange(given if isinstance(given, dict) else {})
    response = jsonify(answer)
    response.status_code = status
    return response

"""The sign-in service: a code for a token when the app is installed, and the signed payload of the other callbacks (contract 1.1).

The store begins: it calls the app's addresses with a code (no state, no signature), or with a JWT that the client secret signs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from hub import clock
from hub.simulator import recorded
from hub.stores.bigcommerce.sandbox.gate import Account

if TYPE_CHECKING:
    from hub.stores.bigcommerce.sandbox import BigCommerceSim

EARLY_S = 5
LIFE_S = 24 * 3600
USER = {"id": 11, "username": "user@example.com", "email": "user@example.com"}
OWNER = {"id": 10, "username": "owner@example.com", "email": "owner@example.com"}
_ASKED = ("client_id", "client_secret", "code", "scope", "context", "grant_type", "redirect_uri")


@dataclass(frozen=True, slots=True)
class Code:
    """What the store handed to the app's callback, good for one exchange."""

    code: str
    scope: str
    redirect_uri: str


def jwt(claims: Mapping[str, Any], secret: str) -> str:
    """HS256 over header and claims in the order given."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = part(json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode())
    text = f"{head}.{part(json.dumps(claims, separators=(',', ':')).encode())}"
    return f"{text}.{part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def claims(account: Account, store_hash: str, *, url: str = "/", locale: str = "en-US") -> dict[str, Any]:
    """What a callback says: who, in which store, until when. `nbf` lies a little before `iat`."""
    now = int(clock.timestamp())
    return {"aud": account.client_id, "iss": "bc", "iat": now, "nbf": now - EARLY_S, "exp": now + LIFE_S, "jti": str(uuid.uuid4()),
            "sub": f"stores/{store_hash}", "user": {"id": USER["id"], "email": USER["email"], "locale": locale},
            "owner": {"id": OWNER["id"], "email": OWNER["email"]}, "url": url, "channel_id": None}


def blueprint(sim: BigCommerceSim) -> Blueprint:
    """`/oauth2/token`, and the control routes that make the store begin (`control` lists them)."""
    routes = Blueprint("bigcommerce_signin", __name__)
    codes: dict[str, Code] = {}

    @routes.post("/sandbox/install")
    def install() -> Response:
        """The merchant presses Install: `{redirect_uri, scope?}` → what the store sends to the app's callback."""
        given = request.get_json(force=True, silent=True) or {}
        scope = str(given.get("scope") or " ".join(sorted(sim.account.scopes)))
        one = Code(secrets.token_hex(16), scope, str(given["redirect_uri"]))
        codes[one.code] = one
        return jsonify(code=one.code, scope=one.scope, context=f"stores/{sim.shop.store_hash}", account_uuid=str(uuid.uuid4()))

    @routes.post("/sandbox/callback")
    def callback() -> Response:
        """The merchant opens or removes the app: the `signed_payload_jwt` that comes with it."""
        return jsonify(signed_payload_jwt=jwt(claims(sim.account, sim.shop.store_hash), sim.account.client_secret))

    @routes.post("/oauth2/token")
    def token() -> Response:
        return recorded(sim, "exchangeAuthCode", lambda: _exchanged(sim, codes))

    return routes


def _exchanged(sim: BigCommerceSim, codes: dict[str, Code]) -> Response:
    given = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    if not isinstance(given, dict) or any(not given.get(name) for name in _ASKED):
        return _refused("invalid_request", 400)
    account, one = sim.account, codes.get(given["code"])
    if (given["client_id"], given["client_secret"]) != (account.client_id, account.client_secret):
        return _refused("invalid_client", 401)
    told = (given["scope"], given["context"], given["redirect_uri"], given["grant_type"])
    if one is None or told != (one.scope, f"stores/{sim.shop.store_hash}", one.redirect_uri, "authorization_code"):
        return _refused("invalid_grant", 400)
    del codes[one.code]
    with sim.shop.lock:
        # The new token takes the place of the old one, which is no longer valid (contract 1).
        sim.accounts.pop(account.token, None)
        account.token, account.scopes = secrets.token_hex(16)[:31], frozenset(one.scope.split())
        sim.accounts[account.token] = account
    return jsonify(access_token=account.token, scope=one.scope, user=USER, owner=OWNER, context=given["context"], account_uuid=str(uuid.uuid4()))


def _refused(error: str, status: int) -> Response:
    answer = jsonify(error=error)
    answer.status_code = status
    return answer

"""Signing in: consent page, token host, authorised shops, seller (contract 1 and 5.1)."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template_string, request

from hub.simulator import recorded
from hub.tiktok.sandbox.gateway import Call, Failure, envelope, failed, gateway, json_response, operation
from hub.tiktok.sandbox.state import App, Seller, State, Token

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Authorize {{ app.name if app else "an app" }} · TikTok Shop sandbox</title>
<style>
 :root { color-scheme: light dark; --ink: #16181d; --soft: #5a6070; --line: #d9dce3; --card: #fff; --page: #f3f4f7;
  --go: #0b5cad; --note: #fff4d6; --note-ink: #5c4300 }
 @media (prefers-color-scheme: dark) { :root { --ink: #eef0f4; --soft: #a9b0bf; --line: #363b47; --card: #1c1f26;
  --page: #121419; --go: #7db7f5; --note: #3a2f10; --note-ink: #ffe3a0 } }
 * { box-sizing: border-box } body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--page) }
 .ribbon { background: var(--note); color: var(--note-ink); text-align: center; padding: .6rem 1rem;
  font-weight: 600 }
 main { max-width: 30rem; margin: 8vh auto; padding: 1.75rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px }
 h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem } p { margin: 0 0 1rem; color: var(--soft) }
 fieldset { border: 1px solid var(--line); border-radius: 8px; padding: .75rem 1rem; margin: 0 0 1rem }
 legend { padding: 0 .35rem; font-weight: 600 } label { display: block; padding: .25rem 0 }
 ul { margin: 0 0 1.25rem; padding-left: 1.2rem } .row { display: flex; gap: .75rem; flex-wrap: wrap }
 button { font: inherit; font-weight: 600; min-height: 44px; padding: .5rem 1.4rem; border-radius: 8px;
  border: 1px solid var(--line); background: transparent; color: var(--ink); cursor: pointer }
 button.go { background: var(--go); border-color: var(--go); color: var(--card) }
 button:focus-visible, input:focus-visible { outline: 3px solid var(--go); outline-offset: 2px }
</style></head><body>
<div class="ribbon" role="note">Practice sandbox: this is not TikTok, and no real account is touched.</div>
<main>
{% if problem %}<h1>This link does not work</h1><p>{{ problem }}</p>
{% else %}
<h1>Allow {{ app.name }} to work with your shop?</h1>
<p>It will be able to:</p>
<ul><li>read and write your products, prices and stock</li><li>read your orders and ship them</li>
<li>handle cancellations, returns and refunds</li></ul>
<form method="post" action="/open/authorize">
<input type="hidden" name="service_id" value="{{ app.service_id }}">
{% if state is not none %}<input type="hidden" name="state" value="{{ state }}">{% endif %}
<fieldset><legend>Seller account</legend>
{% for seller in sellers %}<label><input type="radio" name="seller_id" value="{{ seller.id }}"
 {{ "checked" if loop.first }}> {{ seller.name }} ({{ regions[seller.id] }})</label>{% endfor %}
</fieldset>
<div class="row"><button class="go" name="answer" value="authorize">Authorize</button>
<button name="answer" value="decline">Decline</button></div>
</form>
{% endif %}
</main></body></html>"""


def consent_routes(sim: State) -> Blueprint:
    """The token host and the consent page. Routes: `/open/authorize`, `/api/v2/token/get`, `/api/v2/token/refresh`."""
    routes = Blueprint("tiktok_consent", __name__)

    @routes.get("/open/authorize")
    def consent() -> Response:
        return recorded(sim, "OAuthAuthorizePage", lambda: _consent_page(sim))

    @routes.post("/open/authorize")
    def decided() -> Response:
        return recorded(sim, "OAuthAuthorizeAnswer", lambda: _decided(sim))

    @routes.get("/api/v2/token/get")
    def token_get() -> Response:
        return recorded(sim, "OAuthGetAccessToken", lambda: _tokens(sim, refresh=False))

    @routes.get("/api/v2/token/refresh")
    def token_refresh() -> Response:
        return recorded(sim, "OAuthRefreshToken", lambda: _tokens(sim, refresh=True))

    @routes.post("/api/v2/token/<path:rest>")
    def no_post(rest: str) -> Response:
        return recorded(sim, "Unknown", lambda: Response("404 page not found", 404, content_type="text/plain"))

    return routes


def _consent_page(sim: State) -> Response:
    with sim.lock:
        app = _app_by_service(sim, request.args.get("service_id", ""))
        problem = ""
        if app is None:
            problem = "No app has this service id. Copy the id from the app's page in the partner console."
        elif not app.redirect_url:
            problem = "The app has no redirect URL in the console, so there is nowhere to go back to."
        page = render_template_string(
            _PAGE,
            app=app,
            problem=problem,
            state=request.args.get("state"),
            sellers=list(sim.sellers.values()),
            regions={seller.id: ", ".join(shop.region for shop in sim.shops_of(seller.id)) for seller in sim.sellers.values()},
        )
    return Response(page, 400 if problem else 200, content_type="text/html; charset=utf-8")


def _decided(sim: State) -> Response:
    with sim.lock:
        app = _app_by_service(sim, request.form.get("service_id", ""))
        seller = sim.sellers.get(request.form.get("seller_id", ""))
        if app is None or not app.redirect_url or seller is None:
            return _consent_page(sim)
        state = request.form.get("state")
        if request.form.get("answer") == "authorize":
            back: dict[str, str] = {"code": issue_code(sim, app, seller), "app_key": app.key,
                                    "locale": "en", "shop_region": seller.region}  # fmt: skip
        else:
            back = {"code": "null", "error": "auth_denied"}
        if state is not None:
            back["state"] = state
        joint = "&" if "?" in app.redirect_url else "?"
        answer = redirect(f"{app.redirect_url}{joint}{urlencode(back)}", 302)
        return Response(answer.get_data(), 302, headers={"Location": answer.location}, content_type="text/html")


def _app_by_service(sim: State, service_id: str) -> App | None:
    return next((app for app in sim.apps.values() if app.service_id == service_id), None)


def issue_code(sim: State, app: App, seller: Seller) -> str:
    """An authorisation code of this seller: 30 minutes, one use."""
    code = f"{seller.region}_{secrets.token_urlsafe(24)}"
    sim.codes[code] = {"app": app.key, "seller": seller.id, "expires": sim.now() + 1800, "used": False}
    return code


def _tokens(sim: State, *, refresh: bool) -> Response:
    with sim.lock:
        sim.tick()
        try:
            app = sim.apps.get(request.args.get("app_key", ""))
            if app is None:
                raise gateway("Invalid 'app_key': it is missing, unknown or disabled", 200)
            if not secrets.compare_digest(request.args.get("app_secret", ""), app.secret):
                raise gateway("Invalid 'app_secret': it does not belong to the app_key", 200)
            data = _refreshed(sim, app) if refresh else _exchanged(sim, app)
            return json_response(envelope(sim, data))
        except Failure as failure:
            return failed(sim, failure)


def _exchanged(sim: State, app: App) -> dict[str, Any]:
    if request.args.get("grant_type") != "authorized_code":
        raise gateway("'grant_type' is invalid, authorized_code is required", 200)
    code = sim.codes.get(request.args.get("auth_code", ""))
    if code is None or code["used"] or code["expires"] <= sim.now() or code["app"] != app.key:
        raise Failure(36004004, "invalid auth code")
    code["used"] = True
    return grant(sim, app, sim.sellers[code["seller"]])


def _refreshed(sim: State, app: App) -> dict[str, Any]:
    # The official SDK sends authorized_code here too; the contract lets a simulator tolerate that.
    if request.args.get("grant_type") not in ("refresh_token", "authorized_code"):
        raise gateway("'grant_type' is invalid, refresh_token is required", 200)
    old = sim.tokens.get(request.args.get("refresh_token", ""))
    if old is None or old.kind != "refresh" or old.dead or old.app_key != app.key or old.expires <= sim.now():
        raise Failure(36004005, "can not find related auth record")
    if sim.settings["refresh_is_single_use"]:
        old.dead = True
    return grant(sim, app, sim.sellers[old.seller_id], until=old.expires)


def grant(sim: State, app: App, seller: Seller, until: float | None = None) -> dict[str, Any]:
    """A fresh pair of tokens, as the token host answers it. `*_expire_in` are absolute seconds (contract 13.1)."""
    scopes = tuple(sim.settings["grants"])
    prefix = "TTP_" if seller.region == "US" else "ROW_"
    expires = {
        "access": sim.now() + float(sim.settings["access_ttl_s"]),
        "refresh": until if until is not None else sim.now() + float(sim.settings["refresh_ttl_s"]),
    }
    pair = {}
    for kind in ("access", "refresh"):
        value = prefix + secrets.token_urlsafe(32)
        pair[kind] = sim.tokens[value] = Token(value, app.key, seller.id, expires[kind], scopes, kind)
    return {
        "access_token": pair["access"].value,
        "access_token_expire_in": int(expires["access"]),
        "refresh_token": pair["refresh"].value,
        "refresh_token_expire_in": int(expires["refresh"]),
        "open_id": seller.open_id,
        "seller_name": seller.name,
        "seller_base_region": seller.region,
        "user_type": 0,
        "granted_scopes": list(scopes),
    }


def revoke(sim: State, seller: Seller, app_key: str | None = None) -> int:
    """The seller removes the app: its tokens die, webhook 6 goes out. Answers how many tokens died."""
    died = 0
    for token in sim.tokens.values():
        if token.seller_id == seller.id and not token.dead and app_key in (None, token.app_key):
            token.dead = True
            died += 1
    for shop in sim.shops_of(seller.id):
        sim.notify("SELLER_DEAUTHORIZATION", shop, {"message": "The seller removed the authorization."})
    return died


@operation("GetAuthorizedShops", "GET", "/authorization/202309/shops", scope="seller.authorization.info", cipher="none")
def authorized_shops(call: Call) -> dict[str, Any]:
    """All shops that the token covers, with their ciphers."""
    seller = call.sim.sellers[call.token.seller_id]
    return {
        "shops": [
            {"id": shop.id, "name": shop.name, "region": shop.region, "seller_type": seller.type,
             "cipher": shop.cipher, "code": shop.code}
            for shop in call.sim.shops_of(seller.id)
        ]
    }  # fmt: skip


@operation("GetActiveShops", "GET", "/seller/202309/shops", scope="seller.shop.info", cipher="none")
def active_shops(call: Call) -> dict[str, Any]:
    """The shops that finished onboarding."""
    shops = call.sim.shops_of(call.token.seller_id)
    return {"shops": [{"id": shop.id, "region": shop.region} for shop in shops if shop.active]}


@operation("GetSellerPermissions", "GET", "/seller/202309/permissions", scope="seller.shop.info", cipher="none")
def permissions(call: Call) -> dict[str, Any]:
    """Whether the seller may run global products: only one with several shops."""
    is_global = call.sim.sellers[call.token.seller_id].type == "CROSS_BORDER"
    return {"permissions": ["MANAGE_GLOBAL_PRODUCT"] if is_global else []}


@operation("DeauthorizeShop", "DELETE", "/authorization/202403/shops", scope="")
def deauthorize_shop(call: Call) -> None:
    """The app gives up a shop: here the seller's whole authorisation ends with its last shop."""
    revoke(call.sim, call.sim.sellers[call.shop.seller_id], call.app.key)

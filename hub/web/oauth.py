"""The addresses that a merchant pastes into the store's integration: callback and identity link (MAG-01, MAG-03).

Each connection has its own, by a random key. TikTok Shop's way back is a screen: it belongs to who is signed in.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, render_template, request

from hub.flows import handshake
from hub.stores import PLATFORMS
from hub.wiring import Hub

blueprint = Blueprint("handshake", __name__, template_folder="templates")

MAX_FORM = 16 * 1024
# The store's server waits five seconds for the callback and then opens the page all the same.
LOOK_AGAIN_S = 2
GO_ON_S = 4


def attach(app: Flask) -> None:
    """Hangs the addresses on the app."""
    app.register_blueprint(blueprint)


def _hub() -> Hub:
    hub: Hub = current_app.extensions["hub"]
    return hub


@blueprint.post("/connect/<platform>/<key>/callback")
def callback(platform: str, key: str) -> Response:
    """The store's server posts the integration's keys here when the administrator presses Activate."""
    found = handshake.find(_hub(), platform, key)
    if found is None:
        return _plain(404, "unknown")
    if (request.content_length or 0) > MAX_FORM:
        return _plain(413, "too large")
    request.max_content_length = request.max_form_memory_size = MAX_FORM
    if request.mimetype != "application/x-www-form-urlencoded":
        return _plain(415, "send a form")
    try:
        handshake.receive(_hub(), found, request.form.to_dict())
    except handshake.NotAccepted as error:
        return _plain(422, str(error))
    return _plain(200, "ok")


@blueprint.get("/connect/<platform>/<key>/identity")
def identity(platform: str, key: str) -> Response:
    """The store opens this in a pop-up of its administrator: whether it worked, and the way back."""
    found = handshake.find(_hub(), platform, key)
    if found is None:
        return _plain(404, "unknown")
    title = PLATFORMS[platform].title
    if handshake.is_confirmed(found, request.args.get("oauth_consumer_key", "")[:200]):
        back = handshake.way_back(found, request.args.get("success_call_back", ""))
        answer = _page(200, "Authorisation confirmed", f"{title} has let Shopbridge in for TikTok Shop. " + (
            "This window goes back by itself." if back else "You can close this window and go on in Shopbridge."), title, back)
        if back:
            answer.headers["Refresh"] = f"{GO_ON_S}; url={back}"
        return answer
    if found.handshake_state == handshake.RECEIVED:
        answer = _page(200, "Almost there", f"Shopbridge is exchanging keys with {title}. This page looks again by itself.", title)
        answer.headers["Refresh"] = str(LOOK_AGAIN_S)
        return answer
    return _page(409, "Not authorised yet", f"The keys that {title} sent could not be used. Close this window, check the store address on the "
                 f"connection's page in Shopbridge, then press Reauthorize on the integration in {title}.", title)


def _page(status: int, title: str, says: str, store: str, back: str = "") -> Response:
    answer = Response(render_template("handshake.html", title=title, says=says, store=store, back=back), status, mimetype="text/html")
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _plain(status: int, says: str) -> Response:
    return Response(says + "\n", status, mimetype="text/plain")

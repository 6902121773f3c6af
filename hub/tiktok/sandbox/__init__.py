"""A strict simulator of TikTok Shop's Open API, for practice mode and for tests.

One Flask application stands for the API host, the token host and the consent page. It checks what TikTok Shop checks
(each refusal with the contract's code) and keeps its own truth: it shares no rule with the hub.

    app = create_simulator(seed=7, app_key="…", app_secret="…", redirect_url="http://127.0.0.1:8000/…")
    server = hub.simulator.serve(app)        # real HTTP; app.sim is the state, app.sender the webhooks

How it is driven from outside: see `hub.tiktok.sandbox.control` (routes under /sandbox/).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests
from flask import Flask, Response, request

from hub.simulator import Journal, control_blueprint, recorded
from hub.tiktok.sandbox import aftersales, auth, catalogue, control, fulfilment, media, orders, products, webhooks
from hub.tiktok.sandbox.gateway import OPERATIONS, Operation, respond, sign
from hub.tiktok.sandbox.shops import open_shops
from hub.tiktok.sandbox.state import ALL_SCOPES, App, State

__all__ = ["OPERATIONS", "Operation", "Simulator", "create_simulator", "sign"]


class Simulator(Flask):
    """The application, with its state (`sim`) and its webhook sender (`sender`)."""

    sim: State
    sender: webhooks.Sender


def create_simulator(
    *,
    seed: int = 1,
    app_key: str = "6sandboxkey01",
    app_secret: str = "sandbox-secret-0000000000000000000000000",  # noqa: S107 - a practice value, no secret
    service_id: str = "7400000000000000001",
    app_name: str = "Shopbridge",
    redirect_url: str = "",
    webhook_url: str | None = None,
    regions: Sequence[str] = ("US",),
    review_after_s: float | None = 2.0,
    refuse_marker: str = "[refuse]",
    rate_per_s: float | None = 50.0,
    burst: float | None = None,
    grants: Sequence[str] = ALL_SCOPES,
    access_ttl_s: float = 7 * 86400,
    refresh_ttl_s: float = 365 * 86400,
    refresh_is_single_use: bool = True,
    search_delay_s: float = 0.0,
    hold_s: float = 3600.0,
    refund_after_s: float = 2.0,
    label_polls: int = 0,
    webhook_retries_s: Sequence[float] = webhooks.RETRIES_S,
    webhook_session: requests.Session | None = None,
    run_thread: bool = True,
    allow_loopback: bool = True,
    public_url: str = "",
    daily_listing_limit: int | None = None,
    invited_categories: Sequence[str] = (),
    first_id: int = 0,
    journal_path: str = ":memory:",
) -> Simulator:
    """Build a simulator.

    `regions`: one shop per market, all of one seller. `review_after_s`: None waits for the control command.
    `rate_per_s`/`burst`: per app, shop and operation; None means no limit. `grants`: scopes that a token gets.
    `search_delay_s`: how long a search does not show what is new. `hold_s`: the grace period after payment.
    `label_polls`: how often a label is "not ready" first. `webhook_session`: carries webhooks (tests give one with an
    in-process transport). `run_thread` False: nothing happens by itself, tests call `app.sim.tick()` and
    `app.sender.flush()`. `first_id` moves the ids, so that two runs of a demo do not meet.
    """
    settings: dict[str, Any] = {
        "seed": seed, "review_after_s": review_after_s, "refuse_marker": refuse_marker, "rate_per_s": rate_per_s,
        "burst": burst, "grants": tuple(grants), "access_ttl_s": access_ttl_s, "refresh_ttl_s": refresh_ttl_s,
        "refresh_is_single_use": refresh_is_single_use, "search_delay_s": search_delay_s, "hold_s": hold_s,
        "refund_after_s": refund_after_s, "label_polls": label_polls,
        "webhook_retries_s": tuple(webhook_retries_s), "allow_loopback": allow_loopback, "public_url": public_url,
        "daily_listing_limit": daily_listing_limit, "invited_categories": tuple(invited_categories),
        "first_id": first_id,
    }  # fmt: skip
    sim = State(seed=seed, settings=settings, journal=Journal(journal_path))
    sim.apps[app_key] = App(app_key, app_secret, service_id, app_name, redirect_url, webhook_url or "")
    open_shops(sim, regions)

    app = Simulator("tiktok_sandbox", static_folder=None)
    app.sim = sim
    app.sender = webhooks.Sender(sim, webhook_session)
    app.register_blueprint(control_blueprint(sim))
    app.register_blueprint(media.picture_routes(sim))
    app.register_blueprint(auth.consent_routes(sim))
    app.register_blueprint(fulfilment.label_routes(sim))
    app.register_blueprint(control.control_routes(sim, app.sender))
    app.register_blueprint(control.flush_route(sim, app.sender))

    @app.route("/", defaults={"rest": ""}, methods=_METHODS)
    @app.route("/<path:rest>", methods=_METHODS)
    def api(rest: str) -> Response:
        name, answer = respond(sim, request)
        return recorded(sim, name, answer)

    if run_thread:
        app.sender.start()
    return app


_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
# Importing them registers their operations.
_OPERATION_MODULES = (aftersales, auth, catalogue, fulfilment, media, orders, products, webhooks)

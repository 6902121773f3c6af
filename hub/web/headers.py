"""Security headers on every answer (S-32): a policy with a nonce per request, and nothing that lets a page be framed."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request


def csp_nonce() -> str:
    """This request's nonce for `<script>` and `<link>`; the same for all of one answer."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def policy(nonce: str, image_hosts: str = "https:") -> str:
    """The content security policy. Scripts and styles come from us alone; pictures of products from the stores."""
    return "; ".join((
        "default-src 'none'",
        f"script-src 'self' 'nonce-{nonce}'",
        f"style-src 'self' 'nonce-{nonce}'",
        f"img-src 'self' {image_hosts}".rstrip(),
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ))


def install(app: Flask, *, https: bool, image_hosts: str = "https:") -> None:
    """Puts the headers on every answer of this app. ``https``: the public address is, so browsers are told to stay
    with it. ``image_hosts``: where product pictures may come from (practice mode adds the loopback stores)."""

    app.jinja_env.globals["csp_nonce"] = csp_nonce

    @app.after_request
    def add_headers(answer: Response) -> Response:
        headers = answer.headers
        headers.setdefault("Content-Security-Policy", policy(csp_nonce(), image_hosts))
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        if https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if request.endpoint is None or not request.endpoint.endswith("static"):
            headers.setdefault("Cache-Control", "no-store")
        return answer

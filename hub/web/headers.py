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


# What no answer but a page asks a browser for: nothing may be loaded, run, framed or sent.
BARE_POLICY = "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
)


def install(app: Flask, *, https: bool, image_hosts: str = "https:") -> None:
    """Puts the headers on every answer of this app. ``https``: the public address is, so browsers are told to stay
    with it. ``image_hosts``: where product pictures may come from (practice mode adds the loopback stores)."""

    app.jinja_env.globals["csp_nonce"] = csp_nonce
    always = (*_ALWAYS, *((("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),) if https else ()))

    @app.after_request
    def add_headers(answer: Response) -> Response:
        headers = answer.headers
        # Looked through once: a message of a store costs no more for these than it must (G1).
        given = {name for name, _ in headers}
        more = [one for one in always if one[0] not in given]
        if "Content-Security-Policy" not in given:
            more.append(("Content-Security-Policy", policy(csp_nonce(), image_hosts) if _is_page(answer) else BARE_POLICY))
        if "Cache-Control" not in given and (request.endpoint is None or not request.endpoint.endswith("static")):
            more.append(("Cache-Control", "no-store"))
        headers.extend(more)
        return answer


def _is_page(answer: Response) -> bool:
    """Whether a browser shows it: a message's empty answer calls itself HTML too."""
    return answer.mimetype == "text/html" and (answer.is_streamed or bool(answer.get_data()))

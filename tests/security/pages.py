"""What every answer must keep to, checked by a parser: headers, and nothing in the HTML that could run or lead astray."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from werkzeug.test import TestResponse

LINKS = {"href", "src", "action", "formaction", "poster", "data", "xlink:href", "srcset", "cite", "background"}
HARMLESS = re.compile(r"(?i)(?:https?://|mailto:|/(?![/\\])|[#?.]|[a-z0-9_-]+(?:[/?#]|$))|$")
TRACES = re.compile(r"Traceback \(most recent|File \"/|sqlalchemy\.|psycopg|sqlite3\.|werkzeug\.|jinja2\.|site-packages|\.py\", line|SELECT .* FROM ")
VOID_OF_SCRIPT = {"application/json", "application/ld+json"}


class Page(HTMLParser):
    """Reads one answer as a browser would and writes down what the policy would have to stop."""

    def __init__(self, html: str, nonce: str) -> None:
        super().__init__(convert_charrefs=True)
        self.nonce = nonce
        self.faults: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.code: list[str] = []
        self._in_code = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name.lower(): value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in found.items()]
        for name, value in found.items():
            if name.startswith("on"):
                self.faults.append(f"a handler: <{tag} {name}={value!r}>")
            if name == "style":
                self.faults.append(f"a style that the policy stops: <{tag} style={value!r}>")
            if name in LINKS and not HARMLESS.match(value.strip()) and not (tag == "img" and value.startswith("data:image/svg+xml,")):
                self.faults.append(f"a link that leads astray: <{tag} {name}={value!r}>")
        if tag in ("script", "style"):
            self._in_code = "src" not in found
            if not found.get("src") and found.get("nonce") != self.nonce and found.get("type") not in VOID_OF_SCRIPT:
                self.faults.append(f"an inline <{tag}> without this answer's nonce")
        if tag in ("object", "embed", "applet", "base", "frame"):
            self.faults.append(f"<{tag}>")
        if tag == "iframe" and "sandbox" not in found:
            self.faults.append("an <iframe> without sandbox")
        if tag == "meta" and found.get("http-equiv", "").lower() in ("refresh", "set-cookie"):
            self.faults.append("<meta http-equiv>")
        if tag == "a" and found.get("target") == "_blank" and "noopener" not in found.get("rel", ""):
            self.faults.append("a new window that keeps its opener")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._in_code = False

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.code.append(data)


def nonce_of(policy: str) -> str:
    """The nonce that a policy names."""
    found = re.search(r"'nonce-([A-Za-z0-9_-]{16,})'", policy)
    return found.group(1) if found else ""


def faults_of(answer: TestResponse, *, https: bool = False) -> list[str]:
    """Everything about one answer that is not as S-32, S-33 and S-11 want it."""
    faults, headers = [], answer.headers
    policy = headers.get("Content-Security-Policy", "")
    directives = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}
    if directives.get("default-src") != ["'none'"] or directives.get("base-uri") != ["'none'"]:
        faults.append(f"policy: {policy!r}")
    if directives.get("frame-ancestors") != ["'none'"]:
        faults.append("may be framed")
    is_page = answer.mimetype == "text/html" and bool(answer.get_data())
    for name in ("script-src", "style-src"):
        if name not in directives and not is_page:
            continue        # 'none', by default-src: whatever is no page runs nothing at all
        if set(directives.get(name, ["missing"])) - {"'self'", f"'nonce-{nonce_of(policy)}'"} or not nonce_of(policy):
            faults.append(f"{name}: {directives.get(name)}")
    if any(word in policy for word in ("unsafe-", "*", "data:", "blob:", "strict-dynamic")):
        faults.append(f"policy is too wide: {policy}")
    if headers.get("X-Content-Type-Options") != "nosniff":
        faults.append("no nosniff")
    if headers.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        faults.append(f"Referrer-Policy: {headers.get('Referrer-Policy')}")
    if headers.get("Cross-Origin-Opener-Policy") != "same-origin":
        faults.append("no Cross-Origin-Opener-Policy")
    hsts = headers.get("Strict-Transport-Security", "")
    if https != (hsts == "max-age=31536000; includeSubDomains"):
        faults.append(f"Strict-Transport-Security: {hsts!r}")
    for cookie in headers.getlist("Set-Cookie"):
        faults += [f"cookie without {word}: {cookie}" for word in ("HttpOnly", "SameSite=", "Path=/") if word not in cookie]
        if https and not (cookie.startswith("__Host-") and "; Secure" in cookie and "Domain" not in cookie):
            faults.append(f"cookie not bound to the host: {cookie}")
    if headers.get("Server", "").lower().startswith(("werkzeug", "gunicorn", "python")) or "X-Powered-By" in headers:
        faults.append("tells what serves it")
    location = headers.get("Location", "")
    if location and not location.startswith("/") or location.startswith("//"):
        faults.append(f"leads away: {location}")
    text = "" if answer.is_streamed and answer.mimetype != "text/html" else answer.get_data(as_text=True)
    if TRACES.search(text):
        faults.append("shows the inside: " + str(TRACES.search(text)))
    if answer.mimetype == "text/html":
        faults += Page(text, nonce_of(policy)).faults
    return faults

"""Who may call: the integration's handshake, OAuth 1.0a signatures and the bearer flag (contracts/magento.md 2).

Checked for real and apart from the hub's own signing code. Version "2.4.7" sorts parameters in natural order,
unescapes the path and leaves bare parameters out; "2.4.8" sorts by bytes, signs the path as sent and counts bare
parameters. Both refuse HMAC-SHA1, a nonce used twice and a timestamp more than ten minutes ahead, and accept an old
one, as measured.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from flask import Request

_ALPHABET = string.ascii_lowercase + string.digits
_HEADER_PAIR = re.compile(r'\s*([A-Za-z_]+)="([^"]*)"\s*')
NOT_ALLOWED = "The consumer isn't authorized to access %resources."
BAD_SIGNATURE = "The signature is invalid. Verify and try again."
EXCHANGE_WITHIN = timedelta(seconds=300)
MAY_BE_AHEAD = 600
ADMIN_TOKEN_LASTS = timedelta(hours=1)


class OAuthProblem(Exception):
    """A refused call: HTTP status, message with placeholders, and the parameters that fill them."""

    def __init__(self, status: int, message: str, parameters: list[str] | dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.parameters = parameters


def new_secret() -> str:
    """32 letters and digits, as Magento draws keys, secrets, tokens and verifiers."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(32))


class Integration:
    """One integration of the shop: its consumer keys, its tokens, what it may do.

    Inactive until the access token was exchanged, or created active when an access token is given.
    `resources` None means all. `bearer` is `oauth/consumer/enable_integration_as_bearer`.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        consumer_key: str | None = None,
        consumer_secret: str | None = None,
        access_token: str | None = None,
        access_token_secret: str | None = None,
        bearer: bool = False,
        resources: Iterable[str] | None = None,
        version: str = "2.4.7",
    ) -> None:
        self._now = now
        self.version = version
        self.consumer_key = consumer_key or new_secret()
        self.consumer_secret = consumer_secret or new_secret()
        self.access_token = access_token
        self.access_token_secret = access_token_secret or (new_secret() if access_token else None)
        self.bearer = bearer
        self.resources: set[str] | None = None if resources is None else set(resources)
        self.verifier: str | None = None
        self.request_token: tuple[str, str] | None = None
        self.posted_at: datetime | None = None
        self.popup_closed = False
        self._nonces: set[str] = set()
        self._admin_tokens: dict[str, datetime] = {}

    @property
    def active(self) -> bool:
        """True while an access token exists."""
        return self.access_token is not None

    def begin(self) -> dict[str, str]:
        """Activate or reauthorize: forget the old token, draw a new verifier; returns the callback's fields."""
        self.access_token = self.access_token_secret = None
        self.request_token = None
        self.verifier = new_secret()
        self.posted_at = self._now()
        self.popup_closed = False
        return {
            "oauth_consumer_key": self.consumer_key,
            "oauth_consumer_secret": self.consumer_secret,
            "oauth_verifier": self.verifier,
        }

    def revoke(self) -> None:
        """The merchant deleted the integration's token."""
        self.access_token = self.access_token_secret = None

    def admin_token(self) -> str:
        """A fresh admin token, good for an hour."""
        token = new_secret()
        self._admin_tokens[token] = self._now() + ADMIN_TOKEN_LASTS
        return token

    def exchange_request(self, request: Request) -> tuple[str, str]:
        """`/oauth/token/request`: the request token, once per verifier. OAuthProblem otherwise."""
        fields = self._consumer(request)
        self._in_time()
        if self.verifier is None or self.request_token is not None:
            raise OAuthProblem(401, "Cannot create request token because consumer token is not a verifier token")
        self._signed(request, fields, "")
        self.request_token = (new_secret(), new_secret())
        return self.request_token

    def exchange_access(self, request: Request) -> tuple[str, str]:
        """`/oauth/token/access`: the permanent token; from here the integration is active."""
        fields = self._consumer(request)
        self._in_time()
        if self.request_token is None or fields.get("oauth_token") != self.request_token[0]:
            raise OAuthProblem(401, "Cannot get access token because consumer token is not a request token")
        if not hmac.compare_digest(fields.get("oauth_verifier", ""), self.verifier or ""):
            raise OAuthProblem(401, "The token verifier is invalid. Verify the token and try again.")
        self._signed(request, fields, self.request_token[1])
        self.access_token, self.access_token_secret = new_secret(), new_secret()
        self.verifier = None
        self.request_token = None
        return self.access_token, self.access_token_secret

    def authorise(self, request: Request, resource: str) -> None:
        """Let a REST call pass that needs `resource`. OAuthProblem otherwise."""
        header = request.headers.get("Authorization", "")
        scheme, _, rest = header.partition(" ")
        refused = OAuthProblem(401, NOT_ALLOWED, {"resources": resource})
        if scheme.lower() == "bearer":
            token = rest.strip()
            if self._admin_tokens.get(token, self._now()) > self._now():
                return
            if not self.bearer or not self.access_token or not hmac.compare_digest(token, self.access_token):
                raise refused
        elif scheme.lower() == "oauth":
            fields = self._consumer(request)
            if not self.access_token or fields.get("oauth_token") != self.access_token:
                raise OAuthProblem(401, "Specified token does not exist")
            self._signed(request, fields, self.access_token_secret or "")
        else:
            raise refused
        if self.resources is not None and resource not in self.resources:
            raise refused

    def _consumer(self, request: Request) -> dict[str, str]:
        fields = read_header(request.headers.get("Authorization", ""))
        wanted = ("consumer_key", "signature_method", "signature", "timestamp", "nonce")
        missing = [f"oauth_{name}" for name in wanted if not fields.get(f"oauth_{name}")]
        if missing:
            raise OAuthProblem(400, '"%fieldName" is required. Enter and try again.', {"fieldName": missing[0]})
        if fields.get("oauth_version", "1.0") != "1.0":
            raise OAuthProblem(400, 'The "%1" Oauth version isn\'t supported.', [fields["oauth_version"]])
        if fields["oauth_signature_method"] != "HMAC-SHA256":
            raise OAuthProblem(400, "Signature method %1 is not supported", [fields["oauth_signature_method"]])
        if not hmac.compare_digest(fields["oauth_consumer_key"], self.consumer_key):
            raise OAuthProblem(401, "A consumer having the specified key does not exist")
        self._nonce(fields)
        return fields

    def _nonce(self, fields: dict[str, str]) -> None:
        stamp = fields["oauth_timestamp"]
        if not stamp.isdigit() or int(stamp) > self._now().timestamp() + MAY_BE_AHEAD:
            raise OAuthProblem(401, "An error occurred validating the nonce")
        if fields["oauth_nonce"] in self._nonces:
            raise OAuthProblem(401, "The nonce is already being used by the consumer with ID %1", ["2"])
        self._nonces.add(fields["oauth_nonce"])

    def _in_time(self) -> None:
        if self.posted_at is None or self._now() - self.posted_at > EXCHANGE_WITHIN:
            raise OAuthProblem(401, "Consumer key has expired")

    def _signed(self, request: Request, fields: dict[str, str], token_secret: str) -> None:
        given = fields["oauth_signature"]
        text = base_string(request, fields, self.version)
        key = f"{_enc(self.consumer_secret)}&{_enc(token_secret)}"
        digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(base64.b64encode(digest).decode(), given):
            raise OAuthProblem(401, BAD_SIGNATURE)


def read_header(header: str) -> dict[str, str]:
    """The fields of an `Authorization: OAuth …` header, decoded; empty when it is none."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    fields = {}
    for part in rest.split(","):
        pair = _HEADER_PAIR.fullmatch(part)
        if pair:
            fields[pair.group(1)] = unquote(pair.group(2))
    return fields


def base_string(request: Request, fields: dict[str, str], version: str) -> str:
    """What a caller must have signed, in this version's reading of the request."""
    modern = version >= "2.4.8"
    raw = urlsplit(request.environ.get("REQUEST_URI") or request.full_path)
    pairs = [(name, value) for name, value in fields.items() if name.startswith("oauth_") and name != "oauth_signature"]
    for part in raw.query.split("&"):
        # A bare parameter is invisible up to 2.4.7; a plus is a plus, not a space.
        if part and (modern or "=" in part):
            name, _, value = part.partition("=")
            pairs.append((unquote(name), unquote(value)))
    if request.mimetype == "application/x-www-form-urlencoded":
        pairs += parse_qsl(request.get_data(as_text=True), keep_blank_values=True)
    encoded = [(_enc(name), _enc(value)) for name, value in pairs]
    encoded.sort(key=(lambda pair: pair) if modern else (lambda pair: (_natural(pair[0]), _natural(pair[1]))))
    path = raw.path if modern else quote(unquote(raw.path), safe="/-._~!$&'()*+,;=:@")
    host = request.host
    if not modern and host.endswith({"http": ":80", "https": ":443"}[request.scheme]):
        host = host.rsplit(":", 1)[0]
    url = f"{request.scheme}://{host.lower()}{path}"
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    return "&".join((request.method, _enc(url), _enc(joined)))


def _natural(text: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D", text)]


def _enc(text: str) -> str:
    return quote(text, safe="-._~")

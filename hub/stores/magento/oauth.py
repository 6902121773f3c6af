"""Magento's OAuth 1.0a: signing each call, and the handshake that Activate starts (contracts/magento.md 2).

    consumer = receive_callback(request.form)            # Magento's server posts the keys, waits 5 s, ignores the answer
    token = exchange(consumer, options)                  # our two calls back; the integration is active from then on

Nobody signs the callback: tie it to one connection by the random path it came on, compare ``base_url`` with the address
that the merchant entered, and let the identity link go on only for the same consumer key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.auth import AuthBase
from requests_oauthlib import OAuth1

from hub import clock
from hub.errors import NotAllowed, Refused
from hub.http import Api, raise_for
from hub.inbound import Unreadable

_LONGEST = 256


@dataclass(frozen=True, slots=True)
class Consumer:
    """What Activate posts. ``base_url`` is a claim until it equals the merchant's own address."""

    key: str
    secret: str
    verifier: str
    base_url: str

    def __repr__(self) -> str:
        return f"Consumer(key={self.key!r}, base_url={self.base_url!r})"


@dataclass(frozen=True, slots=True)
class Token:
    """A permanent access token of an integration."""

    token: str
    secret: str

    def __repr__(self) -> str:
        return "Token(…)"

    def as_settings(self, consumer: Consumer) -> dict[str, str]:
        """All four keys by the names that `MagentoSettings` gives them."""
        return {"consumer_key": consumer.key, "consumer_secret": consumer.secret, "access_token": self.token,
                "access_token_secret": self.secret}


class Signed(AuthBase):
    """Signs a request with HMAC-SHA256, the one method that 2.4.4 to 2.4.8 all take; the time is the hub's own clock."""

    def __init__(self, consumer_key: str, consumer_secret: str, token: str = "", token_secret: str = "",
                 verifier: str = "") -> None:
        self._keys = (consumer_key, consumer_secret, token or None, token_secret or None)
        self._verifier = verifier or None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signer = OAuth1(*self._keys, verifier=self._verifier, signature_method="HMAC-SHA256",
                        timestamp=str(int(clock.timestamp())))
        signed: requests.PreparedRequest = signer(request)
        # oauthlib gives header values back as bytes where requests wants text of one kind.
        for name, value in list(signed.headers.items()):
            if isinstance(value, bytes):
                signed.headers[name] = value.decode("latin-1")
        return signed


class Bearer(AuthBase):
    """Sends the access token alone."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def receive_callback(form: Mapping[str, str]) -> Consumer:
    """The consumer of an Activate or Reauthorize. Raises `Unreadable` where a field is missing or no address of a shop."""
    values = []
    for name in ("oauth_consumer_key", "oauth_consumer_secret", "oauth_verifier", "store_base_url"):
        value = form.get(name, "")
        if not value or len(value) > _LONGEST or not value.isprintable():
            raise Unreadable(f"{name} is missing")
        values.append(value)
    key, secret, verifier, base_url = values
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise Unreadable("store_base_url is no address of a shop")
    return Consumer(key, secret, verifier, base_url)


def same_store(consumer: Consumer, base_url: str) -> bool:
    """Whether the callback speaks for the store that the merchant entered: same host and port."""
    def host(url: str) -> tuple[str, int | None]:
        parts = urlsplit(url)
        return (parts.hostname or "").casefold().removeprefix("www."), parts.port

    return host(consumer.base_url) == host(base_url)


def exchange(consumer: Consumer, options: Mapping[str, Any] | None = None) -> Token:
    """Both calls of the handshake; afterwards the integration shows Active (MAG-03, MAG-04).

    The verifier works once and for 300 s. Raises `Refused` with Magento's reason, or `Temporary`.
    """
    api = Api(consumer.base_url, **(options or {}))
    first = _token(api, "/oauth/token/request", Signed(consumer.key, consumer.secret))
    return _token(api, "/oauth/token/access",
                  Signed(consumer.key, consumer.secret, first.token, first.secret, consumer.verifier))


def _token(api: Api, path: str, auth: AuthBase) -> Token:
    answer = api.send("POST", path, auth=auth, crash_point=f"magento{path.replace('/', '.')}")
    said = dict(parse_qsl(answer.text[:4096]))
    if not answer.ok and "oauth_problem" in said:
        raise Refused(f"Magento did not finish the sign-in: {said['oauth_problem'][:200]}",
                      hint="Press Reauthorize on the integration in Magento and try again.", status=answer.status)
    try:
        raise_for(answer)
    except NotAllowed as error:
        raise Refused("Magento did not finish the sign-in.", hint="Press Reauthorize on the integration in Magento.",
                      status=answer.status) from error
    if not said.get("oauth_token") or not said.get("oauth_token_secret"):
        raise Refused("This address does not answer as Magento does.", hint="Check the store address.", status=answer.status)
    return Token(said["oauth_token"], said["oauth_token_secret"])

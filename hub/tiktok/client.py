"""One call to the TikTok Shop API: signed, sent, its envelope read, its code turned into one of our fates.

`Caller` belongs to one shop. The parts (`products`, `orders`, …) name path, version and fields; how a call ends is
decided here only:

    Temporary        busy, broken, throttled or no answer (contract 3, 3.3)
    Refused          a business code, with the merchant's problem and the platform's code, words and request id
    NeedsReconnect   the token is unknown or revoked even after one renewal, or the app is (contract 1.2)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub import clock
from hub.errors import HubError, NeedsReconnect, Refused, Temporary
from hub.http import Answer, Api, raise_for, seconds_to_wait
from hub.tiktok import codes
from hub.tiktok.keys import AppKeys, TokenSource
from hub.tiktok.signing import sign

# How long to stay away where TikTok Shop throttles without saying for how long: the first step of its back-off, and
# an hour for the quota of a development shop, which is counted by the hour (contract 3.3).
_THROTTLED_S = 1.0
_HOURLY_QUOTA_S = 3600.0
_HOURLY_QUOTA = 36009037


class StaleToken(Exception):
    """The access token was not taken; a newer one may be. Never leaves the client."""

    def __init__(self, lost: HubError) -> None:
        super().__init__(str(lost))
        self.lost = lost


def read_envelope(answer: Answer, operation: str) -> dict[str, Any]:
    """``data`` of an accepted call; raises one of hub.errors, or `StaleToken` where a renewal may help.

    The HTTP status decides only where there is no envelope: 200 carries refusals too (contract 3). Numbers with a
    fraction are `Decimal`.
    """
    try:
        envelope = answer.json()
    except Temporary:
        raise_for(answer)
        raise
    code = envelope.get("code") if isinstance(envelope, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        raise_for(answer)
        raise Temporary(f"{answer.remote} answered without its envelope", status=answer.status, sent=True)
    if code == 0:
        raise_for(answer)
        data = envelope.get("data")
        return data if isinstance(data, dict) else {}
    raise _fate(answer, operation, code, str(envelope.get("message") or ""), str(envelope.get("request_id") or ""))


def _fate(answer: Answer, operation: str, code: int, says: str, request_id: str) -> Exception:
    context: dict[str, Any] = {
        "code": code, "message": says[:500], "request_id": request_id, "operation": operation,
        "status": answer.status,
    }  # fmt: skip
    words = says.strip() or f"TikTok Shop refused this with code {code}"
    if code in codes.TEMPORARY or answer.status in (408, 425, 429) or answer.status >= 500:
        wait = seconds_to_wait(answer)
        if wait is None and code == _HOURLY_QUOTA:
            wait = _HOURLY_QUOTA_S
        elif wait is None and answer.status == 429:
            wait = _THROTTLED_S
        return Temporary("TikTok Shop is busy", retry_after=wait, sent=True, **context)
    if code == codes.TOKEN_EXPIRED:
        return StaleToken(Temporary("TikTok Shop calls a fresh sign-in expired", sent=True, **context))
    if code == codes.NOT_THIS_TOKENS:
        return StaleToken(NeedsReconnect("TikTok Shop no longer lets us into this shop", **context))
    if code in (codes.CODE_USED, codes.REFRESH_TOKEN_UNKNOWN):
        return NeedsReconnect(
            "TikTok Shop does not know this authorisation any more",
            hint="Authorise the app in TikTok Shop again.", **context,
        )  # fmt: skip
    if code == codes.WRONG_SIGNATURE:
        return NeedsReconnect(
            "TikTok Shop does not accept the app's secret",
            hint="Enter the app secret that Partner Center shows now, then reconnect.", **context,
        )  # fmt: skip
    if code == codes.GATEWAY:
        return _gateway(says, words, context)
    return Refused(words, problems=[codes.problem_of(code, says)], **context)


def _gateway(says: str, words: str, context: Mapping[str, Any]) -> Exception:
    """Code 36009004 is many errors; the words tell them apart, names in quotes or without (contract 3.1)."""
    text = says.lower().replace("'", "").replace("`", "").replace('"', "")
    if "x-tts-access-token" in text or "access_token" in text:
        return StaleToken(NeedsReconnect("TikTok Shop no longer accepts our sign-in", **context))
    if "app_key" in text or "app_secret" in text:
        return NeedsReconnect("TikTok Shop does not know this app", hint="Check app key and app secret, then reconnect.", **context)
    if "timestamp" in text:
        return Temporary(
            "TikTok Shop says that this server's clock is wrong",
            hint="Set the clock of this server (NTP).", sent=True, **context,
        )  # fmt: skip
    return Refused(words, problems=[codes.problem_of(codes.GATEWAY, says)], **context)


def has_code(error: HubError, wanted: frozenset[int] | set[int]) -> bool:
    """Whether TikTok Shop's code of this error is one of these."""
    return error.context.get("code") in wanted


class Caller:
    """Calls for one shop. ``region`` is its market; ``seller_type`` LOCAL or CROSS_BORDER (contract 1.3)."""

    def __init__(
        self,
        app: AppKeys,
        tokens: TokenSource,
        *,
        cipher: str,
        region: str,
        seller_type: str = "LOCAL",
        has_us_shop: bool = False,
        api_options: Mapping[str, Any] | None = None,
    ) -> None:
        self.region = region.upper()
        self.is_cross_border = seller_type == "CROSS_BORDER"
        # v2 for US shops and for global sellers with an active US shop, else v1 (contract 6, code 12052217).
        self.category_version = "v2" if self.region == "US" or has_us_shop else "v1"
        self._app = app
        self._tokens = tokens
        self._cipher = cipher
        self._api = Api(app.api_host, **(api_options or {}))

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        with_cipher: bool = True,
        crash_point: str | None = None,
    ) -> dict[str, Any]:
        """Make the call and answer its ``data``; ``operation`` names it in errors. Raises hub.errors.

        An empty body is not sent at all: whether ``{}`` is signed is disputed (contract 2). Each write names a
        ``crash_point``.
        """
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() if body else b""
        return self._twice(lambda token: self._send(operation, method, path, dict(query or {}), raw, with_cipher, token, crash_point))

    def upload(self, operation: str, path: str, file: bytes, name: str, fields: Mapping[str, str], crash_point: str) -> dict[str, Any]:
        """Send a file as multipart; neither file nor fields are signed, no ``shop_cipher`` (contract 2, 3.2)."""

        def once(token: str) -> dict[str, Any]:
            answer = self._api.send(
                "POST",
                path,
                params=self._signed(path, {}, b"", "multipart/form-data", False),
                data=dict(fields),
                files={"data": (name, file)},
                headers={"x-tts-access-token": token},
                crash_point=crash_point,
            )
            return read_envelope(answer, operation)

        return self._twice(once)

    def pages(
        self,
        operation: str,
        method: str,
        path: str,
        items: str,
        *,
        page_size: int,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every item of a list that comes in pages; ``items`` is its name in ``data`` (contract 3.3)."""
        token, seen = "", {""}
        while True:
            asked = {**(query or {}), "page_size": str(page_size)}
            if token:
                asked["page_token"] = token
            data = self.call(operation, method, path, query=asked, body=body)
            yield from (item for item in data.get(items) or [] if isinstance(item, dict))
            token = str(data.get("next_page_token") or "")
            if not token:
                return
            if token in seen:
                raise Temporary("TikTok Shop gives the same page again and again", operation=operation, sent=True)
            seen.add(token)

    def _twice(self, once: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """Once with the token at hand, and once more with a renewed one where TikTok Shop did not take it."""
        token = self._tokens.current()
        try:
            return once(token)
        except StaleToken:
            fresh = self._tokens.renew(token)
        try:
            return once(fresh)
        except StaleToken as stale:
            raise stale.lost from None

    def _send(
        self,
        operation: str,
        method: str,
        path: str,
        query: dict[str, str],
        raw: bytes,
        with_cipher: bool,
        token: str,
        crash_point: str | None,
    ) -> dict[str, Any]:
        answer = self._api.send(
            method,
            path,
            params=self._signed(path, query, raw, "application/json", with_cipher),
            data=raw or None,
            headers={"x-tts-access-token": token, "content-type": "application/json"},
            crash_point=crash_point,
        )
        return read_envelope(answer, operation)

    def _signed(self, path: str, query: Mapping[str, str], raw: bytes, content_type: str, with_cipher: bool) -> dict[str, str]:
        whole = {**query, "app_key": self._app.app_key, "timestamp": str(int(clock.timestamp()))}
        if with_cipher:
            whole["shop_cipher"] = self._cipher
        whole["sign"] = sign(self._app.app_secret, path, whole, raw, content_type)
        return whole

"""What the client is given to sign in with: an app's keys, and where a shop's current token comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class AppKeys:
    """An app of TikTok Shop's Partner Center with the hosts it is used at (contract 1)."""

    app_key: str
    app_secret: str = field(repr=False)
    service_id: str = ""
    api_host: str = "https://open-api.tiktokglobalshop.com"
    token_host: str = "https://auth.tiktok-shops.com"  # noqa: S105 - a host's name
    consent_host: str = "https://services.tiktokshop.com"


class TokenSource(Protocol):
    """Hands out a grant's access token. Safe to call from several workers at once."""

    def current(self) -> str:
        """The token to send now; raises ``NeedsReconnect`` where the grant is lost."""
        ...

    def renew(self, stale_token: str) -> str:
        """A newer token than this one, which TikTok Shop no longer takes.

        Single flight: whoever comes second gets the first one's result. Raises ``NeedsReconnect`` where TikTok Shop
        gives no new one, ``Temporary`` where it could not be asked.
        """
        ...

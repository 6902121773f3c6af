"""What can go wrong, by what happens next. Every error the hub foresees is one of these.

    HubError
    ├── Temporary        try again, perhaps after `retry_after` seconds
    ├── Refused          the platform said no, with problems; never retried as it stands
    ├── NotAllowed       a 401 or 403: the adapter finds out whether one permission or the whole login is gone
    └── NeedsReconnect   the login is no longer accepted; the connection is paused until a person signs in again

Only the task runner decides about retries: adapters and flows raise, they neither sleep nor loop. Anything outside
this tree is our own mistake; it is logged with its traceback and shown to a person as a reference only.

`context` carries what support needs (the remote's request id, its code, the HTTP status). Secrets and buyers' data
never go into it; names that smell of a secret are refused here so that a slip shows in the first test.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_SECRET_NAME = re.compile(
    r"secret|token|passw|signature|credential|authorization|cookie|api_?key", re.IGNORECASE
)


class HubError(Exception):
    """Base of all foreseen errors.

    `says` is a sentence for a person; `hint` tells what to do next and may be shown to a merchant; `context` is for
    the log and the support page (plain values, no secrets).
    """

    def __init__(self, says: str, *, hint: str = "", **context: Any) -> None:
        for name in context:
            if _SECRET_NAME.search(name):
                raise ValueError(f"an error's context never carries secrets: {name}")
        super().__init__(says)
        self.says = says
        self.hint = hint
        self.context = context

    def __str__(self) -> str:
        return self.says

    def __repr__(self) -> str:
        fields = "".join(f", {name}={value!r}" for name, value in self.context.items())
        return f"{type(self).__name__}({self.says!r}{fields})"


class Temporary(HubError):
    """Try again. `retry_after` is the wait in seconds the remote asked for, or None when it did not say."""

    def __init__(
        self, says: str, *, retry_after: float | None = None, hint: str = "", **context: Any
    ) -> None:
        super().__init__(says, hint=hint, **context)
        self.retry_after = retry_after


class Refused(HubError):
    """The platform said no. `problems` are the things a merchant can repair; the same request is never sent again."""

    def __init__(self, says: str, *, problems: Sequence[Any] = (), hint: str = "", **context: Any) -> None:
        super().__init__(says, hint=hint, **context)
        self.problems = tuple(problems)


class NotAllowed(HubError):
    """A 401 or 403 from a remote. The adapter probes before it calls the whole login lost."""


class NeedsReconnect(HubError):
    """The login is no longer accepted (found by a probe, not by one refused call)."""

"""Why a message that came in is not taken: shared by all senders, turned into statuses by the routes that receive.

    BadSignature   401  nobody we know sent it, or it was changed on the way
    Skewed         400  rightly signed, but too old or from the future; carries our time for the sender to correct
    Unreadable     422  rightly signed, but not what the contract says a message looks like
"""

from __future__ import annotations

from datetime import datetime


class NotTaken(Exception):
    """Base of the three reasons. ``says`` is for the sender's log; it repeats nothing of the message."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


class BadSignature(NotTaken):
    """The signature is missing or does not fit the bytes."""


class Skewed(NotTaken):
    """The sender's clock and ours differ by more than is allowed; ``server_time`` is ours, aware UTC."""

    def __init__(self, says: str, server_time: datetime) -> None:
        super().__init__(says)
        self.server_time = server_time


class Unreadable(NotTaken):
    """The body is no message: not JSON, too deep, or a field of another kind than agreed."""

"""Tells whether this thread has a database transaction open: none may be, during an outside call."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

_mine = threading.local()


def is_open() -> bool:
    """For `Api.transaction_probe`."""
    return any(not connection.closed and connection.in_transaction() for connection in _begun())


def _begun() -> weakref.WeakSet[Connection]:
    if not hasattr(_mine, "begun"):
        _mine.begun = weakref.WeakSet()
    return _mine.begun


@event.listens_for(Engine, "begin")
def _remember(connection: Any) -> None:
    _begun().add(connection)

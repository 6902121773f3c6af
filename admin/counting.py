"""Numbers above long lists: counted anew each time while that is quick, and kept for a little while where it is not (G7).

Counting a million rows takes a second on any database, while the fifty rows below the number take a few milliseconds. A number
is kept for twenty times as long as it took to count, so that counting never takes more than a twentieth of anybody's time; a
catalogue of ordinary size is always counted afresh.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

LARGE = 10_000
QUICK_S = 0.02
KEPT_TIMES = 20
LONGEST_S = 60.0
MOST = 1_000

_kept: dict[tuple[Any, ...], tuple[float, Sequence[Any]]] = {}
_lock = threading.Lock()


def counted(db: Session, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    """The query's rows, whose last column is a count. They may be as old as `LONGEST_S` where all counts sum to many."""
    compiled = query.compile(dialect=db.get_bind().dialect)
    key = (id(db.get_bind()), str(compiled), tuple(sorted((name, str(value)) for name, value in compiled.params.items())))
    now = time.monotonic()
    found = _kept.get(key)
    if found is not None and now < found[0]:
        return found[1]
    rows = db.execute(query).all()
    spent = time.monotonic() - now
    if spent >= QUICK_S and sum(row[-1] or 0 for row in rows) >= LARGE:
        with _lock:
            if len(_kept) >= MOST:
                _kept.clear()
            _kept[key] = (now + min(LONGEST_S, KEPT_TIMES * spent), rows)
    return rows

"""Columns that hold secrets: sealed with the key ring and bound to their row (S-06), rotated by `reseal_all`."""

from __future__ import annotations

import secrets
from typing import Any, overload

from sqlalchemy import String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.crypto import KeyRing
from hub.models import Base

_ring: KeyRing | None = None


def use_keys(ring: KeyRing) -> None:
    """Sets the key ring of this process; called once at start."""
    global _ring
    _ring = ring


def ring() -> KeyRing:
    """The key ring in use. Raises ``RuntimeError`` where none was set: nothing is ever kept unsealed."""
    if _ring is None:
        raise RuntimeError("no key ring: call use_keys() at start")
    return _ring


class HasSecrets:
    """Mixin: the row's own name for its seals. A sealed text moved to another row doesn't open, and its name can't be copied with it."""

    seal_id: Mapped[str] = mapped_column(String(32), unique=True, index=True, default=lambda: secrets.token_hex(16))


class Sealed:
    """A secret attribute, kept in the text column ``<name>_sealed``. ``""`` stands for none."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.column = f"{name}_sealed"

    @overload
    def __get__(self, row: None, owner: type) -> Sealed: ...
    @overload
    def __get__(self, row: Any, owner: type) -> str: ...
    def __get__(self, row: Any, owner: type) -> str | Sealed:
        if row is None:
            return self
        sealed = getattr(row, self.column)
        return ring().unseal(sealed, self.context(row)) if sealed else ""

    def __set__(self, row: Any, secret: str) -> None:
        if row.seal_id is None:
            row.seal_id = secrets.token_hex(16)
        setattr(row, self.column, ring().seal(secret, self.context(row)) if secret else None)

    def context(self, row: Any) -> str:
        """What the seal is bound to."""
        return self.place(row.__tablename__, row.seal_id)

    def place(self, table: str, seal_id: str) -> str:
        """The same, from a row that was read without its model."""
        return f"{table}.{self.column}:{seal_id}"


def sealed_column() -> Any:
    """The text column behind a `Sealed`."""
    return mapped_column(Text)


def sealed_of(model: type[Base]) -> list[Sealed]:
    """The model's secrets."""
    return [attribute for attribute in vars(model).values() if isinstance(attribute, Sealed)]


def reseal_all(session: Session, after: dict[str, int] | None = None, limit: int = 500) -> dict[str, int]:
    """Seals up to `limit` rows per table anew with the ring's first key. Resumable: give back what it returned.

    A secret that is exchanged meanwhile, such as a token just renewed, is never overwritten: each is replaced only
    where it still is what was read. Returns the last id done by table; empty when nothing is left (S-07).
    """
    done: dict[str, int] = {}
    for mapper in Base.registry.mappers:
        model: Any = mapper.class_
        secrets_of_model = sealed_of(model)
        if not secrets_of_model:
            continue
        last = (after or {}).get(model.__tablename__, 0)
        rows = session.execute(select(model.id, model.seal_id).where(model.id > last).order_by(model.id).limit(limit)).all()
        for row_id, seal_id in rows:
            for secret in secrets_of_model:
                _reseal(session, model, secret, row_id, secret.place(model.__tablename__, seal_id))
        if rows:
            done[model.__tablename__] = rows[-1][0]
    return done


def _reseal(session: Session, model: Any, secret: Sealed, row_id: int, place: str) -> None:
    """One secret, by compare-and-set; read again where it was exchanged between reading and writing."""
    column = getattr(model, secret.column)
    while True:
        old = session.scalar(select(column).where(model.id == row_id))
        fresh = ring().reseal(old, place) if old else None
        if fresh is None:
            return
        changed = session.execute(update(model).where(model.id == row_id, column == old).values({secret.column: fresh})
                                  .execution_options(synchronize_session=False))
        if changed.rowcount == 1:  # type: ignore[attr-defined]
            return

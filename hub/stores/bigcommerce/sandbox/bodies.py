"""What a request body may hold: small descriptions of fields, and the faults of a body held against them.

A description says what is known, written, required and of which type; whatever is not described is refused, as the
store does. `faults` finds all faults of a body; v2 tells the first one as a sentence, v3 all of them by field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hub.stores.bigcommerce.sandbox.wire import Refusal, exact


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: where, in which way (missing, unknown, readonly, null, type) and why in words."""

    place: str
    kind: str
    says: str


class Kind:
    """A type of field; `null` says whether null is taken."""

    null: bool = False

    def faults(self, value: Any, place: str) -> Iterator[Fault]:
        """What is wrong with this value."""
        raise NotImplementedError


def _wrong(place: str, says: str) -> Fault:
    return Fault(place, "type", says)


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """A text of so many characters, or one of `choices`."""

    longest: int = 65535
    shortest: int = 0
    choices: tuple[str, ...] = ()
    null: bool = False

    def faults(self, value: Any, place: str) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield _wrong(place, "must be a text")
        elif not self.shortest <= len(value) <= self.longest:
            yield _wrong(place, f"must have {self.shortest} to {self.longest} characters")
        elif self.choices and value not in self.choices:
            yield _wrong(place, f"must be one of {', '.join(self.choices)}")


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    """A whole number within bounds."""

    least: int = -2147483648
    most: int = 2147483647
    null: bool = False

    def faults(self, value: Any, place: str) -> Iterator[Fault]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield _wrong(place, "must be a whole number")
        elif not self.least <= value <= self.most:
            yield _wrong(place, f"must be from {self.least} to {self.most}")


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A JSON number, whole or not; `least` and `most` are its bounds. A text is none."""

    least: Decimal | None = Decimal(0)
    most: Decimal | None = None
    null: bool = False

    def faults(self, value: Any, place: str) -> Iterator[Fault]:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            yield _wrong(place, "must be a number")
        elif (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            yield _wrong(place, "is out of bounds")


@dataclass(frozen=True, slots=True)
class Amount(Kind):
    """An amount as number or text, not negative."""

    null: bool = False

    def faults(self, value: Any, place: str) -> Iterator[Fault]:
        try:
            if exact(value) < 0:
                yield _wrong(place, "must not be negative")
        except ValueError:
            yield _wrong(place, "must be an amount")


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    """true or false."""

    null: bool = False

    def faults(self, value: Any, place: str) -> Iterator[Fault]:
        if not isinstance(value, bool):
            yield _wrong(place, "must be true or false")


@dataclass(frozen=True, slots=True)
class Either(Kind):
    """A number or a text, whichever."""

    null: bool = False

    def faults(self, value: Any, place: str) -> Iterator[Fault]:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
            yield _wrong(place, "must be a text or a number")


@dataclass(frozen=True, slots=True)
class Words(Kind):
    """An object of texts by name, such as a hook's headers."""

    null: bool = False

    def faults(self, value: Any, place: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield _wrong(place, "must be an object")
        else:
            yield from (_wrong(f"{place}.{name}", "must be a text") for name, one in value.items() if not isinstance(one, str))


@dataclass(frozen=True, slots=True)
class Each(Kind):
    """A list of one kind."""

    of: Kind
    least: int = 0
    most: int = 100_000
    null: bool = False

    def faults(self, value: Any, place: str) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield _wrong(place, "must be a list")
        elif not self.least <= len(value) <= self.most:
            yield _wrong(place, f"must have {self.least} to {self.most} entries")
        else:
            for at, one in enumerate(value):
                yield from faults_of(self.of, one, f"{place}.{at}")


@dataclass(frozen=True, slots=True)
class Shape(Kind):
    """An object: its writable fields, those required, those that can only be read."""

    fields: Mapping[str, Kind]
    required: Sequence[str] = ()
    readonly: frozenset[str] = frozenset()
    null: bool = field(default=False)

    def faults(self, value: Any, place: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield _wrong(place, "must be an object")
            return
        before = f"{place}." if place else ""
        for name in self.required:
            if name not in value:
                yield Fault(before + name, "missing", "is required")
        for name, one in value.items():
            kind = self.fields.get(name)
            if name in self.readonly:
                yield Fault(before + name, "readonly", "cannot be written to")
            elif kind is None:
                yield Fault(before + name, "unknown", "is not known here")
            else:
                yield from faults_of(kind, one, before + name)


def faults_of(kind: Kind, value: Any, place: str = "") -> Iterator[Fault]:
    """All faults of a value, null included."""
    if value is None:
        if not kind.null:
            yield Fault(place, "null", "does not allow null values")
    else:
        yield from kind.faults(value, place)


_SAYS = {
    "missing": "The required field '{0}' was not supplied.",
    "unknown": "The field '{0}' is not supported by this resource.",
    "readonly": "The field '{0}' cannot be written to. Please remove it from your request before trying again.",
    "null": "The field '{0}' does not allow null values.",
    "type": "The field '{0}' is invalid.",
}


def insist_v2(kind: Kind, body: Any) -> None:
    """Raises v2's 400 about the first fault, with the field's own name in it."""
    for fault in faults_of(kind, body):
        name = fault.place.rsplit(".", 1)[-1] if fault.kind in ("readonly", "unknown", "missing", "null") else fault.place.split(".")[0]
        details = {"invalid_reason": f"{fault.place} {fault.says}"}
        raise Refusal(400, _SAYS[fault.kind].format(name or "body"), details=details)


def insist_v3(kind: Kind, body: Any, *, shape: str = "") -> None:
    """Raises v3's 422 that names every field at fault."""
    errors = {fault.place or "body": {"missing": "error.path.missing"}.get(fault.kind, fault.says) for fault in faults_of(kind, body)}
    if errors:
        raise Refusal(422, "JSON data is missing or invalid", errors, shape=shape)

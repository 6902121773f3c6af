"""Forms without magic: a list of fields with value, message and hint, drawn by one macro.

A platform's settings schema (marshmallow) becomes such a form by :func:`from_schema`: its labels, help texts and
which fields are secret all come from the schema's metadata, so that the wizard never knows a platform by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field as it is drawn. ``kind``: line, text, number, email, url, date, search, secret, select or check."""

    name: str
    label: str
    kind: str = "line"
    value: Any = ""
    help: str = ""
    error: str = ""
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    placeholder: str = ""
    autocomplete: str = ""
    width: str = ""
    rows: int = 0
    disabled: bool = False
    prefix: str = "f"

    @property
    def id(self) -> str:
        """The element's id, unique on the page by its prefix."""
        return f"{self.prefix}-{self.name}"


def filled(form: Iterable[Field], values: Mapping[str, Any], errors: Mapping[str, str] | None = None) -> list[Field]:
    """The same fields with what was typed and what is wrong with it. Secrets are never put back into the page."""
    return [
        replace(f, value=f.value if f.kind == "secret" else values.get(f.name, f.value), error=(errors or {}).get(f.name, "")) for f in form
    ]


def _kind(spec: fields.Field) -> str:
    if spec.metadata.get("secret"):
        return "secret"
    if isinstance(spec, fields.Boolean):
        return "check"
    if isinstance(spec, fields.Url):
        return "url"
    if isinstance(spec, fields.Email):
        return "email"
    if isinstance(spec, (fields.Integer, fields.Decimal)):
        return "number"
    return "select" if _choices(spec) else "line"


def _choices(spec: fields.Field) -> tuple[tuple[str, str], ...]:
    for check in spec.validators:
        if isinstance(check, validate.OneOf):
            labels = list(check.labels) or [str(choice) for choice in check.choices]
            return tuple((str(value), str(label)) for value, label in zip(check.choices, labels, strict=False))
    return ()


def names_shown(schema: Schema, *, practice: bool, choices: bool | None = None) -> list[str]:
    """The fields that a person sees: those that the hub fills in itself never, those of practice mode only there. ``choices`` True or
    False: only those that are, or are not, a choice that may be changed any time."""
    return [
        name
        for name, spec in schema.fields.items()
        if not spec.dump_only
        and not spec.metadata.get("internal")
        and (practice or not spec.metadata.get("practice"))
        and choices in (None, bool(spec.metadata.get("choice")))
    ]


def from_schema(
    schema: Schema,
    values: Mapping[str, Any],
    *,
    names: Iterable[str],
    saved: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[Field]:
    """The form of these fields of a settings schema. ``saved`` names secrets that are kept, with their last characters."""
    drawn = []
    for name in names:
        spec = schema.fields[name]
        kind, tail = _kind(spec), (saved or {}).get(name)
        default = spec.load_default if spec.load_default is not None and not callable(spec.load_default) else ""
        value = values.get(name, default)
        drawn.append(
            Field(
                name=name,
                label=str(spec.metadata.get("label") or name.replace("_", " ").capitalize()),
                kind=kind,
                value="" if kind == "secret" else (value if isinstance(value, (str, bool, int)) else ""),
                help=str(spec.metadata.get("help", "")),
                error=(errors or {}).get(name, ""),
                required=bool(spec.required) or (kind == "select" and bool(default)),
                choices=_choices(spec),
                placeholder=f"Saved, ends in {tail}" if tail else str(spec.metadata.get("placeholder", "")),
                autocomplete="off" if kind != "secret" else "",
            )
        )
    return drawn


def typed(schema: Schema, form: Mapping[str, str], names: Iterable[str]) -> dict[str, Any]:
    """What a person typed into these fields. An empty secret means *as it was* and is left out; an unticked box is no."""
    found: dict[str, Any] = {}
    for name in names:
        spec, text = schema.fields[name], form.get(name, "").strip()
        if isinstance(spec, fields.Boolean):
            found[name] = name in form
        elif text or (not spec.metadata.get("secret") and spec.required):
            found[name] = text
    return found


def messages(error: ValidationError) -> dict[str, str]:
    """A schema's complaints, one line per field."""
    found = error.messages if isinstance(error.messages, dict) else {"_": error.messages}
    return {str(name): _line(lines) for name, lines in found.items()}


def _line(lines: Any) -> str:
    if isinstance(lines, Mapping):
        return " ".join(_line(part) for part in lines.values())
    if isinstance(lines, (list, tuple)):
        return " ".join(str(part) for part in lines)
    return str(lines)


def whole_number(text: str, what: str, *, low: int = 1, high: int = 10_000) -> tuple[int | None, str]:
    """A whole number or nothing, and what is wrong with it: the message offers the number rounded up (ATT-09)."""
    text = text.strip().replace(",", ".")
    if not text:
        return None, ""
    try:
        number = float(text)
    except ValueError:
        return None, f"{what} has to be a whole number, such as 11."
    if number != number or number in (float("inf"), float("-inf")):
        return None, f"{what} has to be a whole number, such as 11."
    if number != int(number):
        up = int(number) + (1 if number > 0 else 0)
        return None, f"{what} has to be a whole number. Rounded up, {text} is {up}."
    if not low <= number <= high:
        return None, f"{what} has to be between {low} and {high:,}."
    return int(number), ""


Check = Callable[[str], str]

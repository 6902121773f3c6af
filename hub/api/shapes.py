"""What bodies, queries and answers have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from hub.api.problems import Stop

MOST_ROWS = 200
LONGEST_ID = 64


class Asked(Schema):
    """What a caller sends; names that we don't know are passed over (`contracts/plugins.md`)."""

    class Meta:
        unknown = EXCLUDE


class Told(Schema):
    """What we answer: every name is always there, and no others."""

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.required = True


def text(most: int, least: int = 0, **options: Any) -> fields.String:
    """Text of so many characters."""
    return fields.String(validate=validate.Length(least, most), **options)


def id_text(**options: Any) -> fields.String:
    """An id: text, whatever it is made of."""
    return text(LONGEST_ID, 1, **options)


class Moment(fields.AwareDateTime):
    """A time of the years 2000 to 2200; without an offset it is UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:
        moment: datetime = super()._deserialize(value, attr, data, **options)
        if not 2000 <= moment.year <= 2200:
            raise ValidationError("Use a time of the years 2000 to 2200.")
        return moment.astimezone(UTC)


def moment(**options: Any) -> Moment:
    """A time that may be missing."""
    return Moment(allow_none=True, **options)


class OfShop(Asked):
    """Which of the connection's shops: needed where it has several."""

    shop_id = text(LONGEST_ID, load_default="", metadata={"description": "TikTok's id of the shop"})
    store = text(120, load_default="", metadata={"description": "The store view or shop id that it sells from"})


class Paged(Asked):
    """Lists come in pages: `next` of one is the `cursor` of the following one."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, MOST_ROWS), metadata={"description": "Rows of a page"})
    cursor = text(40, load_default="")


def after(cursor: str) -> int:
    """The row number that a cursor stands for. Raises `Stop` for one that we never gave."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise Stop(422, "cursor", "This cursor is none of ours: take “next” of the page before.")
    return int(cursor)


def number_of(text_id: str) -> int:
    """One of our own numbers from its text; 0, which nothing has, for what is none."""
    return int(text_id) if text_id.isascii() and text_id.isdigit() and len(text_id) <= 18 else 0

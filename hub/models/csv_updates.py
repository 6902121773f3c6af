"""CSV files that a merchant uploaded for a category: as they came, and row by row as they were checked."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models import Base, Json, Moment, key, one_of


class UploadState(StrEnum):
    """checking → checked → applied → undone; checking → refused, where the file as a whole can't be read."""

    CHECKING = "checking"
    CHECKED = "checked"
    REFUSED = "refused"
    APPLIED = "applied"
    UNDONE = "undone"


class RowState(StrEnum):
    """error; same = valid, and nothing to change; valid → applied → undone, or refused: the product has changed since."""

    ERROR = "error"
    SAME = "same"
    VALID = "valid"
    APPLIED = "applied"
    REFUSED = "refused"
    UNDONE = "undone"


class CsvUpload(Base):
    """A file. ``content`` as it came, gzipped, until it is checked. ``header`` its first row; ``says`` why it was refused.
    ``task_id``: the task that works on it now, or did last."""

    __tablename__ = "csv_upload"

    id: Mapped[int] = key()
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"), index=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    mapping_id: Mapped[int] = mapped_column(ForeignKey("category_mapping.id", ondelete="CASCADE"), index=True)
    category_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[UploadState] = mapped_column(one_of(UploadState), default=UploadState.CHECKING)
    says: Mapped[str] = mapped_column(String(1000), default="")
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    header: Mapped[list[str]] = mapped_column(Json, default=list)
    valid: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(254), default="")
    task_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)


class CsvRow(Base):
    """A row of such a file. ``number`` as a spreadsheet counts. ``before`` and ``after``: the product's own values that it is
    about (`hub.rules.csv_rows.Values`). ``cells`` as uploaded, of rows in error."""

    __tablename__ = "csv_row"

    id: Mapped[int] = key()
    upload_id: Mapped[int] = mapped_column(ForeignKey("csv_upload.id", ondelete="CASCADE"))
    number: Mapped[int]
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(300), default="")
    sku: Mapped[str] = mapped_column(String(255), default="")
    state: Mapped[RowState] = mapped_column(one_of(RowState))
    causes: Mapped[list[str]] = mapped_column(Json, default=list)
    cells: Mapped[list[str] | None] = mapped_column(Json)
    before: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    __table_args__ = (
        UniqueConstraint("upload_id", "number"),
        Index("ix_csv_row_upload_state", "upload_id", "state", "number"),
        Index("ix_csv_row_upload_listing", "upload_id", "listing_id"),
    )

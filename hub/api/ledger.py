"""The ledger: what each TikTok order came to, counted from both sides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import fields
from sqlalchemy.orm import Session

from hub import clock
from hub.api.access import caller, hub, my_shop, needs, section
from hub.api.problems import Stop
from hub.api.shapes import LONGEST_ID, Asked, Moment, Told, moment, text
from hub.flows import ledger

blueprint = section("ledger", "What each TikTok order came to")


class LedgerIn(Asked):
    from_ = Moment(load_default=None, data_key="from", attribute="from", metadata={"description": "Orders placed from then on; 30 days"})
    to = Moment(load_default=None, metadata={"description": "… and before then; now"})
    shop_id = text(LONGEST_ID, load_default="")


class LedgerOut(Told):
    """`seen` = `created` + `not_due` + `failed` + `missing`; `double`: orders that stand in the store more than once."""

    from_ = Moment(data_key="from", attribute="from")
    to = Moment()
    shop_id = fields.String(allow_none=True)
    counted_at = moment()
    seen = fields.Integer()
    paid = fields.Integer()
    created = fields.Integer()
    not_due = fields.Integer()
    failed = fields.Integer()
    missing = fields.Integer()
    double = fields.Integer()


@blueprint.route("/ledger")
@blueprint.arguments(LedgerIn, location="query")
@blueprint.response(200, LedgerOut)
@needs("orders")
def get_ledger(asked: dict[str, Any]) -> dict[str, Any]:
    """The counts over orders placed in a stretch of time, as of the last count."""
    end = asked["to"] or clock.now() + timedelta(minutes=1)
    start = asked["from"] or end - ledger.WINDOW
    if start > end:
        raise Stop(422, "range", "The start is after the end.")
    with hub().db.read() as session:
        counted = ledger.totals(session, caller().connection_id, shop_id=_shop_id(session, asked["shop_id"]), start=start, end=end)
    return {"from": start, "to": end, "shop_id": asked["shop_id"] or None, "counted_at": counted.counted_at,
            **{name: getattr(counted, name) for name in ("seen", "paid", "created", "not_due", "failed", "missing", "double")}}


def _shop_id(session: Session, tiktok_shop_id: str) -> int | None:
    return my_shop(session, tiktok_shop_id).id if tiktok_shop_id else None

"""Holds what the BigCommerce adapter asked of its practice store against the platform's own description."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

from tests.contract.bench_bigcommerce import BigCommerceBench
from tests.sandbox.bigcommerce_shop import GAPS, OpenApi30, contract


@cache
def _mended() -> OpenApi30 | None:
    """The description, where an item of a refund may be more than one of the kinds that it lists: an amount of the order stands in
    two branches of a oneOf, so that nobody could send one."""
    known = contract()
    if known is None:
        return None
    document = copy.deepcopy(dict(known.document))

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            branches = [known.resolved(one) for one in value.get("oneOf", ())]
            if any("item_type" in one.get("properties", {}) for one in branches):
                value["anyOf"] = value.pop("oneOf")
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)
    return OpenApi30(document)


def assert_requests_fit(bench: BigCommerceBench) -> None:
    """Each call of the journal: known path, known query, known body; refused ones, too. Nothing where the description is absent."""
    known = _mended()
    faults = []
    for entry in bench.app.sim.journal.entries() if known else ():
        path = re.sub(r"^/stores/[^/]+", "", entry.path)
        if not entry.path.startswith("/stores/") or known is None:
            continue
        operation = known.operation(entry.method, path)
        name = str(operation["operationId"])
        faults += [f"{entry.method} {path}: {says}" for says in known.request_faults(operation, entry)
                   if not any(re.fullmatch(one, name) and re.fullmatch(place, says.partition(":")[0]) for one, place, _ in GAPS)]
    assert not faults, "; ".join(faults)

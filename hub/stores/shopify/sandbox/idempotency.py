"""The keys of `@idempotent`: what each was used for and what came of it (contract 4.4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.stores.shopify.sandbox.graph import Call, Refusal, error

Args = dict[str, Any]


@dataclass(slots=True)
class _Attempt:
    """What a key was used for, and what came of it."""

    asked: str
    at: datetime
    answer: Args
    failed: bool


@dataclass(slots=True)
class Keys:
    """The idempotency keys of the app, remembered for `hours`."""

    now: Callable[[], datetime]
    hours: float = 24
    _attempts: dict[tuple[str, str], _Attempt] = field(default_factory=dict)

    def once(self, call: Call, name: str, args: Args, nothing: Args, do: Callable[[], Args]) -> Args:
        """The first answer again for the same key and the same variables; the refusals that Shopify has for the rest.

        `nothing` is the payload without a result. Raises `Refusal` where the key is missing or blank.
        """
        if not (call.key or "").strip():
            raise Refusal("The @idempotent directive is required for this mutation but was not provided.", "BAD_REQUEST")
        place, asked = (name, str(call.key)), json.dumps(args, sort_keys=True, default=str)
        known = self._attempts.get(place)
        if known is not None and self.now() < known.at + timedelta(hours=self.hours):
            if known.asked != asked:
                return {**nothing, "userErrors": [error(None, "The same idempotency key was used with different parameters.",
                                                        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")]}
            if known.failed:
                return {**nothing, "userErrors": [error(None, "The previous attempt with this idempotency key failed. Use a new key.",
                                                        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")]}
            return known.answer
        answer = do()
        self._attempts[place] = _Attempt(asked, self.now(), answer, bool(answer["userErrors"]))
        return answer

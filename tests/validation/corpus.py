"""The corpus: broken products with the code that TikTok Shop must answer, and good ones at the edge of each limit."""

from __future__ import annotations

from tests.validation.broken_by_code import BY_CODE
from tests.validation.broken_by_contract import BY_CONTRACT
from tests.validation.good import GOOD

BROKEN = [*BY_CONTRACT, *BY_CODE]

__all__ = ["BROKEN", "BY_CODE", "BY_CONTRACT", "GOOD"]

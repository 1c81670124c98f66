"""M of N datapoints of one Datadog monitor: each point of a window is made 1 or 0, and these are added.

`clamp_max(clamp_min((x - 300) * 1000000000, 0), 1)` is 1 where x is above 300 and 0 elsewhere, where there is
no data too: `clamp_min` makes 0 of it. So `sum(last_5m):... >= 3` asks whether three of five points breach. A
gap that breaches is counted by those that do not: at most N - M points are good.

A point within a billionth of the limit may be a part of 1, so the sum is compared from the side where such a
part decides nothing wrongly; whole numbers need no such care.
https://docs.datadoghq.com/dashboards/functions/exclusion/ (Clamp)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sereno.vendors.datadog import metrics
from sereno.vendors.datadog.query import Binary

STEEP: Final = Decimal(10**9)  # one over the least distance from a limit that is told from none
_OTHER: Final = {"gt": "lte", "gte": "lt", "lt": "gte", "lte": "gt"}


@dataclass(frozen=True, slots=True)
class Points:
    """Those whose value is `op` a limit: `gt`, `gte`, `lt`, `lte`. `whole`: the values are whole numbers."""

    op: str
    limit: Decimal
    whole: bool = False

    @property
    def others(self) -> Points:
        return Points(_OTHER[self.op], self.limit, self.whole)

    @property
    def strict(self) -> bool:
        return not self.op.endswith("e")

    def written(self, value: str) -> str:
        """1 of each such point of a query, and 0 of any other."""
        distance = self._distance(value)
        return f"clamp_max(clamp_min({distance if self.whole else self._steep(distance)}, 0), 1)"

    def _distance(self, value: str) -> str:
        zero = self._zero()
        if self.op in ("gt", "gte"):
            sign = "-" if zero > 0 else "+"
            return f"{value} {sign} {metrics.number(abs(zero))}" if zero else value
        inner = f"({value})" if isinstance(metrics.tree(value), Binary) else value
        return f"{metrics.number(zero)} - {inner}"

    def _steep(self, distance: str) -> str:
        return f"({distance}) * {metrics.number(STEEP)}{'' if self.strict else ' + 1'}"

    def _zero(self) -> Decimal:
        """The value whose distance is 0: the limit, or the whole number beside the first that is meant."""
        if not self.whole:
            return self.limit
        below, above = math.floor(self.limit), math.ceil(self.limit)
        return Decimal({"gt": below, "gte": above - 1, "lt": above, "lte": below + 1}[self.op])

    def at_least(self, m: int) -> tuple[str, Decimal]:
        """How the sum of them is compared when there are m of them, or more."""
        return (">=", Decimal(m)) if self.whole or self.strict else (">", Decimal(m - 1))

    def at_most(self, m: int) -> tuple[str, Decimal]:
        """How the sum of them is compared when there are m of them, or fewer."""
        return ("<", Decimal(m + 1)) if self.strict and not self.whole else ("<=", Decimal(m))

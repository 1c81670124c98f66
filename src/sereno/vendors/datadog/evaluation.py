"""How an alert's M of N datapoints are asked of a Datadog monitor, which has one value a window.

| declared | asked |
|---|---|
| 1 of 1 | the statistic over the period |
| N of N | the least value of N periods (the greatest, for `<`): every one of them breaches |
| 1 of N | the greatest value of N periods (the least, for `<`): one of them breaches |
| M of N, whole counts of at least 1 | their sum over N periods: at least what M breaching periods hold |
| M of N, anything else | M of M, in a row |

The first three mean the same as on CloudWatch; the last two are told as a difference.
https://docs.datadoghq.com/monitors/types/metric/
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sereno.language.expr import Binary, Expr, Name
from sereno.language.model import DAY, HOUR, MINUTE, Alert, System
from sereno.vendors.datadog import metrics, query
from sereno.vendors.readings import leaves, plain

Kind = Literal["statistic", "every", "any", "sum", "row"]
LONGEST = 2 * DAY
UP = ("gt", "gte")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A window in seconds, what is made of its points, and the comparison."""

    kind: Kind
    window: int
    aggregator: str  # sum, avg, min, max, percentile
    op: str
    threshold: Decimal
    rollup: int  # seconds of a point; 0: as Datadog does by itself
    apart: bool  # points are computed before they are aggregated


def evaluation(system: System, alert: Alert) -> Evaluation:
    """Of an alert whose signals are readable."""
    kind = kind_of(system, alert)
    periods = {"statistic": 1, "row": alert.datapoints}.get(kind, alert.evaluation_periods)
    window = periods * alert.period
    op, threshold = _compared(alert, kind)
    natural = bucket(window) if kind != "statistic" else alert.period
    aggregator = _aggregator(system, alert, kind)
    apart = aggregator != "sum"
    computed = apart and _computes_with_counts(system, alert.signal)
    rolled = computed or (alert.period != natural and kind not in ("statistic", "sum"))
    return Evaluation(kind, window, aggregator, op, threshold, alert.period if rolled else 0, apart)


def kind_of(system: System, alert: Alert) -> Kind:
    """Which line of the table it is."""
    m, n = alert.datapoints, alert.evaluation_periods
    if n == 1:
        return "statistic"
    if m in (1, n):
        return "every" if m == n else "any"
    above_zero = alert.op in UP and least(alert) >= 1
    return "sum" if above_zero and counts(system, alert.signal) else "row"


def least(alert: Alert) -> int:
    """The least whole number that breaches; where it is not above 0, a sum says nothing of M periods."""
    return math.floor(alert.threshold) + 1 if alert.op == "gt" else math.ceil(alert.threshold)


def _compared(alert: Alert, kind: Kind) -> tuple[str, Decimal]:
    sign = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}[alert.op]
    if kind != "sum":
        return sign, alert.threshold
    return ">=", Decimal(alert.datapoints * least(alert))


def _aggregator(system: System, alert: Alert, kind: Kind) -> str:
    if kind == "statistic":
        return over_a_period(system, alert.signal)
    if kind == "sum":
        return "sum"
    every = kind in ("every", "row")
    return "min" if every == (alert.op in UP) else "max"


def over_a_period(system: System, signal: str) -> str:
    """What makes a signal's points over one period into a value."""
    if is_ratio_of_counts(system, signal):
        return "sum"
    first = _metrics(system, signal)[0]
    if first.aggregator.startswith("p"):
        return "percentile"
    return first.aggregator if first.aggregator in ("avg", "min", "max") else "avg"


def is_ratio_of_counts(system: System, signal: str) -> bool:
    """Whether only counts are read: Datadog then adds each up over the window, and computes after it."""
    return all(metrics.is_count(metric) for metric in _metrics(system, signal))


def counts(system: System, signal: str) -> bool:
    """Whether it is whole counts, or a sum of such."""
    return is_ratio_of_counts(system, signal) and _only_added(plain(system.signals, Name(signal)))


def _only_added(expr: Expr) -> bool:
    match expr:
        case Name():
            return True
        case Binary("+", left, right):
            return _only_added(left) and _only_added(right)
        case _:
            return False


def _computes_with_counts(system: System, signal: str) -> bool:
    counted = any(metrics.is_count(metric) for metric in _metrics(system, signal))
    return counted and not isinstance(plain(system.signals, Name(signal)), Name)


def _metrics(system: System, signal: str) -> list[query.Metric]:
    return [metrics.parsed(system, leaf) for leaf in leaves(system.signals, [signal])]


def bucket(window: int) -> int:
    """Seconds of a point in a window of that length, as Datadog makes them by itself."""
    if window < HOUR:
        return MINUTE
    return 10 * MINUTE if window < DAY else HOUR


def unfinished(aggregator: str, window: int, value: str) -> int:
    """Seconds until the newest point of a query is over: those longer than a minute begin by the clock.

    https://docs.datadoghq.com/dashboards/functions/rollup/ (Rollups in monitors)
    """
    asked = [dict(metric.functions).get("rollup", "") for metric in query.metrics(metrics.tree(value))]
    seconds = [int(text) for each in asked if (text := each.rpartition(",")[2].strip()).isdecimal()]
    longest = max(seconds, default=bucket(window) if aggregator in ("min", "max") else 0)
    return longest if longest > MINUTE else 0


def last(seconds: int) -> str:
    """`last_5m`, `last_2h`, `last_1d`: as the head of a query has it."""
    if seconds % DAY == 0:
        return f"last_{seconds // DAY}d"
    return f"last_{seconds // HOUR}h" if seconds % HOUR == 0 else f"last_{seconds // MINUTE}m"

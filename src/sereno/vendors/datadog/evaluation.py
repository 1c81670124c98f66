"""How an alert's M of N datapoints are asked of a Datadog monitor, which has one value a window.

| declared | asked |
|---|---|
| 1 of 1 | the statistic over the period |
| N of N | the least value of N periods (the greatest, for `<`): every one of them breaches |
| 1 of N | the greatest value of N periods (the least, for `<`): one of them breaches |
| M of N | how many of N points breach: `counting.py` |
| M of N of a percentile over periods that are not Datadog's own | M of M, in a row |

The least and the greatest are of the points there are. Where a gap says otherwise (N of N with one that
does not breach, 1 of N with one that does), points are counted too.
https://docs.datadoghq.com/monitors/types/metric/
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from sereno.language.expr import Binary, Expr, Name
from sereno.language.model import DAY, HOUR, MINUTE, Alert, System
from sereno.vendors.datadog import gaps, metrics, query
from sereno.vendors.datadog.counting import Points
from sereno.vendors.readings import leaves, plain

Kind = Literal["statistic", "every", "any", "count", "row"]
LONGEST = 2 * DAY
UP = ("gt", "gte")
SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


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
    points: Points | None = None  # which of them are counted
    busy: tuple[str, Points] | None = None  # and of those that another signal has such a point beside

    def value(self, system: System, signal: str, *, zero: bool = False) -> str:
        """The query of a signal's points, or of those that are counted."""
        way = metrics.Way(self.rollup, zero, self.apart, single=self.points is not None)
        text = metrics.in_place(system, Name(signal), way)
        if self.points is None:
            return text
        counted = self.points.written(text)
        if self.busy is None:
            return counted
        name, busy = self.busy
        traffic = metrics.in_place(system, Name(name), replace(way, zero=False))
        return f"{counted} * {busy.written(traffic)}"


def evaluation(system: System, alert: Alert) -> Evaluation:
    """Of an alert whose signals are readable."""
    kind = kind_of(system, alert)
    if kind == "count":
        return _counting(system, alert)
    periods = {"statistic": 1, "row": alert.datapoints}.get(kind, alert.evaluation_periods)
    window = periods * alert.period
    natural = bucket(window) if kind != "statistic" else alert.period
    aggregator = _aggregator(system, alert, kind)
    apart = aggregator != "sum"
    computed = apart and _computes_with_counts(system, alert.signal)
    rolled = alert.period if computed or (alert.period != natural and kind != "statistic") else 0
    return Evaluation(kind, window, aggregator, SIGNS[alert.op], alert.threshold, rolled, apart)


def _counting(system: System, alert: Alert) -> Evaluation:
    """Of the points that breach, or, where a gap breaches too, of those that do not."""
    breaching = Points(alert.op, alert.threshold, whole_counts(system, alert.signal))
    points, (op, threshold) = breaching, breaching.at_least(alert.datapoints)
    if gaps.silence_breaches(system, alert):
        points = breaching.others
        op, threshold = points.at_most(alert.evaluation_periods - alert.datapoints)
    window, busy = alert.period * alert.evaluation_periods, None
    if alert.guard and counts_guard(system, alert):
        name, least = alert.guard
        busy = name, Points("gte", least, whole_counts(system, name))
    return Evaluation("count", window, "sum", op, threshold, alert.period, True, points, busy)


def kind_of(system: System, alert: Alert) -> Kind:
    """Which line of the table it is."""
    m, n = alert.datapoints, alert.evaluation_periods
    if n == 1:
        return "statistic"
    if counts_guard(system, alert):
        return "count"
    plain_enough = gaps.read_as_zero(system, alert) or alert.missing != _missing_that_counts(alert)
    countable = _countable(system, alert, alert.signal)
    if m in (1, n) and (plain_enough or not countable):
        return "every" if m == n else "any"
    return "count" if countable else "row"


def counts_guard(system: System, alert: Alert) -> bool:
    """Whether points are counted only where there is enough traffic: M of N, where a gap is no breach."""
    if alert.guard is None or not alert.datapoints < alert.evaluation_periods:
        return False
    read = (alert.signal, alert.guard[0])
    return not gaps.silence_breaches(system, alert) and all(_countable(system, alert, each) for each in read)


def _missing_that_counts(alert: Alert) -> str:
    """How missing data is treated where the least or the greatest of what is there is not what is meant."""
    return "notBreaching" if alert.datapoints == alert.evaluation_periods else "breaching"


def _countable(system: System, alert: Alert, signal: str) -> bool:
    """Whether each of Datadog's points can be a period: a percentile's are as Datadog makes them."""
    natural = bucket(alert.period * alert.evaluation_periods) == alert.period
    every = _metrics(system, signal)
    own = [dict(metric.functions).get("rollup", "").rpartition(",")[2].strip() for metric in every]
    percentile = any(metric.aggregator.startswith("p") for metric in every)
    return (natural or not percentile) and all(seconds in ("", str(alert.period)) for seconds in own)


def _aggregator(system: System, alert: Alert, kind: Kind) -> str:
    if kind == "statistic":
        return over_a_period(system, alert.signal)
    every = kind in ("every", "row")
    return "min" if every == (alert.op in UP) else "max"


def over_a_period(system: System, signal: str) -> str:
    """What makes a signal's points over one period into a value."""
    if metrics.counted(system, signal):
        return "sum"
    first = _metrics(system, signal)[0]
    if first.aggregator.startswith("p"):
        return "percentile"
    return first.aggregator if first.aggregator in ("avg", "min", "max") else "avg"


def whole_counts(system: System, signal: str) -> bool:
    """Whether it is whole counts, or a sum of such."""
    return metrics.counted(system, signal) and _only_added(plain(system.signals, Name(signal)))


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

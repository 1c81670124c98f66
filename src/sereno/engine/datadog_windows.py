"""The windows a Datadog monitor looks at, cut into buckets, and the value it compares.

Each bucket gets a value, and the buckets are aggregated. With `as_count` metrics and `sum`, the sums
are made first, 0 of a metric that has none, and then divided: no data is then that no metric has any. Else
the buckets are divided, those with a missing side or a zero below dropped, and then aggregated: no data is
then that no bucket has every metric.
Buckets that are rolled up begin at multiples of their length, and those that begin in the window are its:
the newest is not over yet, unless the evaluation is delayed by as much.
https://docs.datadoghq.com/dashboards/functions/rollup/ (Rollups in monitors)
https://docs.datadoghq.com/monitors/guide/as-count-in-monitor-evaluations/
https://docs.datadoghq.com/monitors/guide/monitor-arithmetic-and-sparse-metrics
https://docs.datadoghq.com/monitors/guide/troubleshooting-no-data/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sereno.engine.periods import distinct
from sereno.engine.series import Floats, History, MetricKey, Slots
from sereno.engine.statistic import window_values
from sereno.engine.window import Bools
from sereno.errors import Unable
from sereno.vendors.cloudwatch.statistic import Statistic
from sereno.vendors.datadog.query import Binary, Call, Metric, MetricQuery, Node, Number, metrics

Times = NDArray[np.int64]

MINUTE, HOUR, DAY = 60, 3_600, 86_400
EMPTY_ALLOWED = 3  # empty buckets of a full window


class CannotEvaluateMonitor(Unable):
    """A monitor the engine cannot evaluate (its address, where it is known), and why."""

    monitor = ""

    def of(self, address: str) -> CannotEvaluateMonitor:
        """The same, of this monitor."""
        named = CannotEvaluateMonitor(str(self))
        named.monitor = address
        return named


def bucket(window: int) -> int:
    """Seconds of a bucket: 1 min for windows in minutes, 10 min in hours, 1 h in days, 4 h beyond."""
    if window < HOUR:
        return MINUTE
    if window < DAY:
        return 10 * MINUTE
    return HOUR if window < 7 * DAY else 4 * HOUR


def full(filled: Bools) -> Bools:
    """Whether windows (rows of buckets, oldest first) are full: data in the first, none in at most three."""
    return np.asarray(filled[:, 0] & (np.count_nonzero(~filled, axis=1) <= EMPTY_ALLOWED))


def key(metric: Metric) -> MetricKey:
    """How a `History` names a Datadog metric: its tags are the dimensions."""
    pairs = [tag.split(":", 1) if ":" in tag else (tag, "") for tag in metric.scope]
    return MetricKey("datadog", metric.name, tuple(sorted((name, value) for name, value in pairs)))


class Windows:
    """The windows of every evaluation, cut into buckets: arrays of shape (evaluations, buckets)."""

    def __init__(self, query: MetricQuery, history: History, times: Times, seen: Times) -> None:
        """`times` are the ends of the windows, `seen` until when there is data then; epoch seconds."""
        self.query, self.size = query, _size(query)
        count = max(1, self.query.window // self.size)
        newest = -(-times // self.size) * self.size if self._by_the_clock() else times
        self.ends = newest[:, None] - self.size * np.arange(count - 1, -1, -1)
        self.seen = np.minimum(self.ends, seen[:, None])
        first, last = int(self.ends.min()) - self.size, int(self.ends.max())
        self.slots = {metric: history.read(key(metric), first, last) for metric in metrics(self.query.tree)}

    def filled(self) -> Bools:
        """Which buckets have a value: of any metric where sums are made first, else of the whole query."""
        if not self._sums_first():
            with np.errstate(all="ignore"):
                values = self._tree(self.query.tree, self._metric)
            return np.broadcast_to(~np.isnan(values), self.ends.shape)
        if _defaults(self.query.tree):
            return np.ones(self.ends.shape, dtype=np.bool_)
        counts = [self._values(slots, Statistic("SampleCount")) for slots in self.slots.values()]
        return np.asarray(np.any([~np.isnan(count) for count in counts], axis=0))

    def aggregated(self) -> Floats:
        """The value each evaluation compares; NaN where there is none."""
        with np.errstate(all="ignore"):
            if self._sums_first():
                found = self._tree(self.query.tree, lambda metric: np.nansum(self._metric(metric), axis=-1))
                return np.where(self.filled().any(axis=-1), found, np.nan)
            return _AGGREGATE[self.query.time_aggregator](self._tree(self.query.tree, self._metric))

    def _by_the_clock(self) -> bool:
        """Whether buckets begin at multiples of their length, so that the newest may not be over yet."""
        if self.size <= MINUTE or self.query.time_aggregator == "percentile":
            return False
        rolled_up = any(_rollup(metric)[1] for metric in metrics(self.query.tree))
        return rolled_up or self.query.time_aggregator in ("min", "max")

    def _sums_first(self) -> bool:
        return self.query.time_aggregator == "sum" and _all_counts(self.query.tree)

    def _tree(self, tree: Node, leaf: Callable[[Metric], Floats]) -> Floats:
        match tree:
            case Number(value=value):
                return np.array(float(value))
            case Metric():
                return leaf(tree)
            case Call(function="default_zero", argument=argument):
                return np.nan_to_num(self._tree(argument, leaf), nan=0.0)
            case Call(function="clamp_min" | "clamp_max" as function, argument=argument, arguments=(limit,)):
                return _clamped(function, self._tree(argument, leaf), float(limit))
            case Call(function=function):
                raise _unknown(function)
            case Binary(op=op, left=left, right=right):
                found = _OPERATORS[op](self._tree(left, leaf), self._tree(right, leaf))
                return np.where(np.isfinite(found), found, np.nan)

    def _metric(self, metric: Metric) -> Floats:
        """The metric's value in every bucket."""
        slots = self.slots[metric]
        functions = dict(metric.functions)
        for unknown in sorted(set(functions) - {"as_count", "as_rate", "fill", "rollup"}):
            raise _unknown(unknown)
        values = self._values(slots, _statistic(metric))
        if "as_rate" in functions:
            values = values / self.size
        return np.nan_to_num(values, nan=0.0) if functions.get("fill") == "zero" else values

    def _values(self, slots: Slots, statistic: Statistic) -> Floats:
        """Of each bucket, as far as there is data of it; NaN where there is none."""
        stop = (self.seen - slots.start) // slots.resolution
        widths = stop - (self.ends - self.size - slots.start) // slots.resolution
        found = np.full(stop.shape, np.nan)
        for width in distinct(widths):
            if width > 0:
                mask = widths == width
                found[mask] = window_values(slots, statistic, int(width), stop[mask])
        return found


def _size(query: MetricQuery) -> int:
    """Seconds of a bucket: what is rolled up to; the whole window for a percentile of it."""
    if query.time_aggregator == "percentile":
        return query.window
    asked = {int(argument) for metric in metrics(query.tree) if (argument := _rollup(metric)[1])}
    if len(asked) > 1:
        raise CannotEvaluateMonitor("the metrics of a query are rolled up to different periods")
    return min(asked, default=bucket(query.window))


def _rollup(metric: Metric) -> tuple[str, str]:
    """The method and the seconds of `.rollup(method, seconds)`; empty where there is none."""
    method, _, period = dict(metric.functions).get("rollup", "").partition(",")
    return method.strip(), period.strip()


def _unknown(function: str) -> CannotEvaluateMonitor:
    return CannotEvaluateMonitor(f"the engine has no Datadog function {function}")


def _all_counts(tree: Node) -> bool:
    return all("as_count" in dict(metric.functions) for metric in metrics(tree))


def _defaults(tree: Node) -> bool:
    """Whether `default_zero` is in it, so that there is always a value."""
    match tree:
        case Call(function=function, argument=argument):
            return function == "default_zero" or _defaults(argument)
        case Binary(left=left, right=right):
            return _defaults(left) or _defaults(right)
    return False


def _statistic(metric: Metric) -> Statistic:
    """What Datadog's space aggregation is of the samples in a bucket, for one series."""
    if metric.aggregator.startswith("p"):
        return Statistic("p", None, Decimal(metric.aggregator[1:]), percent=True)
    method = _rollup(metric)[0] if metric.aggregator != "count" else ""
    named: dict[str, Statistic] = {
        "sum": Statistic("Sum"),
        "avg": Statistic("Average"),
        "min": Statistic("Minimum"),
        "max": Statistic("Maximum"),
        "count": Statistic("SampleCount"),
    }
    return named[method or metric.aggregator]


def _clamped(function: str, values: Floats, limit: float) -> Floats:
    """A bucket without a value becomes the limit, where any in its window has one.

    https://docs.datadoghq.com/dashboards/functions/exclusion/ (Clamp)
    """
    found = np.maximum(values, limit) if function == "clamp_min" else np.minimum(values, limit)
    some = ~np.isnan(values).all(axis=-1, keepdims=True) if values.ndim else np.True_
    return np.where(np.isnan(values) & some, limit, found)


def _over(function: Callable[..., Floats], values: Floats) -> Floats:
    """Over the buckets that have a value; NaN where none has."""
    empty: Bools = np.asarray(np.isnan(values).all(axis=-1))
    return np.where(empty, np.nan, function(np.where(empty[..., None], 0.0, values), axis=-1))


_AGGREGATE: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "sum": lambda values: _over(np.nansum, values),
    "avg": lambda values: _over(np.nanmean, values),
    "min": lambda values: _over(np.nanmin, values),
    "max": lambda values: _over(np.nanmax, values),
    "percentile": lambda values: _over(np.nanmax, values),
}
_OPERATORS: Final[Mapping[str, Callable[[Floats, Floats], Floats]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}

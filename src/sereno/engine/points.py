"""The datapoints an alarm looks at, and the state it makes of them, evaluation by evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from sereno.engine import given
from sereno.engine.metric_math import Known, compute, series_of
from sereno.engine.metric_math_values import Context, Series, Unsupported, Value
from sereno.engine.parameters import KEEP, Parameters
from sereno.engine.payload import COMPARE, CannotEvaluate, MetricAlarm, Query
from sereno.engine.periods import Times, distinct, earliest, stretches, width
from sereno.engine.series import Floats, History, MetricKey, Slots
from sereno.engine.statistic import window_values
from sereno.engine.window import Bools, Codes, Treatment, evaluated, judge
from sereno.vendors.cloudwatch.statistic import Statistic

SAMPLES = Statistic("SampleCount")
CELLS = 1 << 15  # datapoints looked at in one go: what a cache holds, and memory is bounded whatever N is


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """Evaluation ranges: values (NaN missing) and period begins, shape (evaluations, datapoints)."""

    values: Floats
    starts: Times
    breaching: Bools
    codes: Codes


def read(
    alarms: Sequence[MetricAlarm], history: History, times: Times, parameters: Parameters
) -> dict[MetricKey, Slots]:
    """Each metric once, as far back as any of the alarms looks."""
    since: dict[MetricKey, int] = {}
    for alarm in alarms if len(times) else ():
        begin = earliest(alarm, int(times[0]), parameters)
        for query in alarm.queries:
            since[query.key] = min(begin, since.get(query.key, begin))
    return {key: history.read(key, begin, int(times[-1])) for key, begin in since.items()}


def ranges(
    alarm: MetricAlarm, slots: Mapping[MetricKey, Slots], at: Times, parameters: Parameters
) -> Iterator[Range]:
    """The evaluations at each of the times, in blocks."""
    if not len(at):
        return
    sources = [_Source(query, _sound(alarm, query, slots[query.key])) for query in alarm.queries]
    counting = alarm.low_sample_ignore and len(sources) == 1
    counts = _Source(sources[0].query, sources[0].slots, counting=True) if counting else None
    block = max(1, CELLS // width(alarm, parameters))
    for k in range(0, len(at), block):
        yield _range(alarm, sources, counts, at[k : k + block], parameters)


def _sound(alarm: MetricAlarm, query: Query, slots: Slots) -> Slots:
    if query.given and not slots.count.any():
        metric = given.name(query.key)
        raise CannotEvaluate(
            alarm.name, f"{query.key.namespace} is known to AWS alone; give it as the metric `{metric}`"
        )
    if alarm.period % slots.resolution:
        raise CannotEvaluate(
            alarm.name, f"it has a period of {alarm.period} s over data per {slots.resolution} s"
        )
    return slots


def _range(
    alarm: MetricAlarm, sources: Sequence[_Source], counts: _Source | None, at: Times, p: Parameters
) -> Range:
    begins, ends = stretches(alarm, at, p)
    known: dict[str, Value] = {s.query.id: Series(s.values(begins, ends, at, p)) for s in sources}
    context = Context(begins, alarm.period)
    try:
        for formula in alarm.formulas:
            ids = tuple(source.query.id for source in sources if not source.query.given)
            known[formula.id] = compute(formula.tree, Known(known, ids, context))
        values = series_of(known[alarm.watched])
    except Unsupported as reason:
        raise CannotEvaluate(alarm.name, str(reason)) from None
    values, breaching = _compared(alarm, values, known)
    real = ~np.isnan(values)
    codes = judge(breaching, real, alarm.n, alarm.m, treatment(alarm, p), p.premature)
    if counts is not None:
        codes[_low_samples(alarm, counts.values(begins, ends, at, p), values)] = KEEP
    return Range(values, begins, breaching, codes)


def _compared(alarm: MetricAlarm, values: Floats, known: Mapping[str, Value]) -> tuple[Floats, Bools]:
    """The values, and which of them breach; where a band is missing, so is the datapoint."""
    if alarm.comparison not in given.BEYOND:
        compare, _ = COMPARE[alarm.comparison]
        return values, np.asarray(compare(values, alarm.threshold))
    lower, upper = known[given.LOWER].points, known[given.UPPER].points
    values = np.where(np.isnan(lower) | np.isnan(upper), np.nan, values)
    return values, given.beyond(alarm.comparison, values, lower, upper)


def treatment(alarm: MetricAlarm, parameters: Parameters) -> Treatment:
    """How missing data is treated (see `Parameters.dynamodb_always_ignores`)."""
    dynamodb = any(query.key.namespace == "AWS/DynamoDB" for query in alarm.queries)
    return "ignore" if dynamodb and parameters.dynamodb_always_ignores else alarm.treatment


def _low_samples(alarm: MetricAlarm, counts: Floats, values: Floats) -> Bools:
    """Where a datapoint that is judged has too few samples for the percentile to mean something.

    Fewer than 10/(1-p) from p50 up, than 10/p below.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
    """
    statistic = alarm.queries[0].statistic
    if len(alarm.queries) != 1 or alarm.formulas or statistic.kind != "p" or statistic.high is None:
        return np.zeros(len(values), dtype=np.bool_)
    rarer = Fraction(min(statistic.high, 100 - statistic.high))  # percent
    least = ceil(1_000 / rarer) if rarer else np.inf
    judged = evaluated(~np.isnan(values), alarm.n)
    return np.asarray(np.any(judged & (np.nan_to_num(counts) < least), axis=1))


class _Source:
    """One query over one metric's slots; windows of a width are computed once, and then looked up."""

    def __init__(self, query: Query, slots: Slots, *, counting: bool = False) -> None:
        """`counting`: the SampleCount in place of the query's statistic."""
        self.query, self.slots, self.counting = query, slots, counting
        self._known: dict[int, Floats] = {}

    def values(self, begins: Times, ends: Times, at: Times, parameters: Parameters) -> Floats:
        """The statistic from each begin to each end, of what has arrived by then; NaN where nothing has."""
        lag = 0 if self.query.given else parameters.lags.get(self.query.key.namespace, parameters.lag)
        seen = np.minimum(ends, at[:, None] - lag) if lag else ends
        stop = np.clip(self._index(seen), 0, len(self.slots.count))
        widths = self._index(seen) - self._index(begins)
        found = np.full(begins.shape, np.nan)
        for one in distinct(widths):
            if one > 0:
                mask = widths == one
                found[mask] = self._of_width(int(one))[stop[mask]]
        return found

    def _index(self, seconds: Times) -> Times:
        return (seconds - self.slots.start) // self.slots.resolution

    def _of_width(self, slots: int) -> Floats:
        if slots not in self._known:
            every = np.arange(len(self.slots.count) + 1)
            statistic = SAMPLES if self.counting else self.query.statistic
            self._known[slots] = window_values(self.slots, statistic, slots, every)
        return self._known[slots]

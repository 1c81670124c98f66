"""Series written in a test, as the metrics a vendor would have: a `History` for the engine.

A value stands for what its signal is read as. A `Sum` of 40 is one sample of 40, a `SampleCount` of
40 is 40 samples, a `Maximum`, `Average` or percentile of 40 is one sample of 40, and a `TC(:300)`
of 40 is 40 samples of 300. A `SampleCount` and trimmed counts of one metric may be given together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sereno.engine.series import Floats, MetricKey, Slots
from sereno.language.model import AlertTest, InputSeries, Signal
from sereno.language.problem import Problem
from sereno.proof import faults
from sereno.proof.notation import NotationFault, parse
from sereno.proof.vendor import Source, Vendor
from sereno.vendors.cloudwatch.statistic import Statistic

MINUTE = 60
FINE = (1, 5, 10, 20, 30)  # seconds of a high-resolution metric


@dataclass(frozen=True, slots=True, eq=False)
class Fed:
    """One metric from second 0 on, a statistic set an interval."""

    count: Floats
    total: Floats
    low: Floats
    high: Floats
    samples: Mapping[int, Floats]


@dataclass(frozen=True, slots=True)
class Feed:
    """A `History` in which nothing was before second 0 and nothing is after the series end."""

    metrics: Mapping[MetricKey, Fed]
    interval: int

    @property
    def resolution(self) -> int:
        return min(self.interval, MINUTE)

    def read(self, key: MetricKey, start: int, end: int) -> Slots:
        size = max(0, (end - start) // self.resolution)
        fed = self.metrics.get(key)
        arrays = [np.zeros(size), *(np.full(size, np.nan) for _ in range(3))]
        samples: dict[int, Floats] = {}
        if fed is not None:
            self._place(fed, start, arrays, samples)
        return Slots(start, arrays[0], arrays[1], arrays[2], arrays[3], self.resolution, samples)

    def _place(self, fed: Fed, start: int, into: Sequence[Floats], samples: dict[int, Floats]) -> None:
        """Value i stands in the slot that ends at (i + 1) intervals."""
        every = self.interval // self.resolution
        slots = (np.arange(len(fed.count)) + 1) * every - 1 - start // self.resolution
        inside = (slots >= 0) & (slots < len(into[0]))
        for array, values in zip(into, (fed.count, fed.total, fed.low, fed.high), strict=True):
            array[slots[inside]] = values[inside]
        samples.update({int(slots[i]): raw for i, raw in fed.samples.items() if inside[i]})


def words(test: AlertTest, signals: Mapping[str, Signal], vendor: Vendor) -> Mapping[MetricKey, str]:
    """How the test names the metrics it feeds."""
    found: dict[MetricKey, str] = {}
    for series in test.series:
        source = _source(series, signals, vendor, [])
        if source is not None:
            found[source[0]] = series.signal or str(series.metric)
    return found


def feed(test: AlertTest, signals: Mapping[str, Signal], vendor: Vendor) -> tuple[Feed, tuple[Problem, ...]]:
    """The test's series as a vendor's metrics, and what is wrong with them."""
    problems: list[Problem] = []
    if test.interval not in FINE and test.interval % MINUTE:
        problems.append(faults.series_interval(test.series[0], test.interval))
        return Feed({}, MINUTE), tuple(problems)
    named: dict[MetricKey, list[tuple[InputSeries, Statistic]]] = {}
    for series in test.series:
        source = _source(series, signals, vendor, problems)
        if source is not None:
            named.setdefault(source[0], []).append((series, source[1]))
    fed = {metric: _fed(parts, problems) for metric, parts in named.items()}
    return Feed({metric: f for metric, f in fed.items() if f is not None}, test.interval), tuple(problems)


def _source(
    series: InputSeries, signals: Mapping[str, Signal], vendor: Vendor, problems: list[Problem]
) -> Source | None:
    if series.signal is None:
        return _written(series, vendor, problems)
    signal = signals[series.signal]
    source = vendor.source_of(signal)
    if source is None:
        computed = signal.expr is not None
        problems.append(faults.series_signal(series, vendor.NAME, computed=computed))
    return source


def _written(series: InputSeries, vendor: Vendor, problems: list[Problem]) -> Source | None:
    """A vendor's metric by its own name, one sample a value."""
    try:
        return vendor.source_of_text(series.metric or "")
    except ValueError as fault:
        problems.append(faults.series_metric(series, str(fault)))
        return None


def _fed(parts: Sequence[tuple[InputSeries, Statistic]], problems: list[Problem]) -> Fed | None:
    values = [_values(series, problems) for series, _ in parts]
    if any(array is None for array in values):
        return None
    known = [(stat, array) for (_, stat), array in zip(parts, values, strict=True) if array is not None]
    if len(known) == 1 and known[0][0].kind not in ("SampleCount", "tc"):
        return _single(known[0][1])
    counted = _counted(known)
    if counted is None:
        problems.append(faults.series_twice(parts[-1][0]))
    return counted


def _values(series: InputSeries, problems: list[Problem]) -> Floats | None:
    try:
        values = parse(series.values)
    except NotationFault as fault:
        problems.append(faults.series_notation(series, str(fault)))
        return None
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _single(values: Floats) -> Fed:
    """One sample a value."""
    return Fed((~np.isnan(values)).astype(np.float64), values, values, values, {})


def _counted(parts: Iterable[tuple[Statistic, Floats]]) -> Fed | None:
    """Samples made up so that every count among the parts is met; None when that cannot be."""
    counts = list(parts)
    if any(stat.kind not in ("SampleCount", "tc") or stat.percent for stat, _ in counts):
        return None
    length = max(len(values) for _, values in counts)
    padded = [(stat, np.pad(v, (0, length - len(v)), constant_values=np.nan)) for stat, v in counts]
    groups = [_sample_group(padded, i) for i in range(length)]
    if any(group is None for group in groups):
        return None
    arrays = {i: group for i, group in enumerate(groups) if group is not None and len(group)}
    figures = np.full((4, length), np.nan)
    figures[0] = 0
    for i, group in arrays.items():
        figures[:, i] = len(group), group.sum(), group[0], group[-1]
    return Fed(figures[0], figures[1], figures[2], figures[3], arrays)


def _sample_group(counts: Sequence[tuple[Statistic, Floats]], i: int) -> Floats | None:
    """Samples of interval i: those up to a bound are at the bound, the others above every bound."""
    trimmed = sorted((float(s.high), v[i]) for s, v in counts if s.high is not None and s.low is None)
    whole = [v[i] for s, v in counts if s.kind == "SampleCount"]
    if len(trimmed) + len(whole) != len(counts) or len(whole) > 1:
        return None
    steps = [n for _, n in trimmed] + whole
    if all(np.isnan(steps)):
        return np.empty(0)
    rising = np.diff([0.0, *np.nan_to_num(steps)])
    if np.any(rising < 0) or np.any(rising != np.rint(rising)):
        return None
    places = [bound for bound, _ in trimmed] + [trimmed[-1][0] + 1 if trimmed else 1.0] * len(whole)
    return np.repeat(places, rising.astype(np.int64))

"""Series written in a test, as the metrics a vendor would have: a `History` for the engine.

A value stands for what its signal is read as. A `Sum` of 40 is one sample of 40, a `SampleCount` of
40 is 40 equal samples, a `Maximum`, `Average` or percentile of 40 is one sample of 40, and a `TC(:300)`
of 40 is 40 samples of 300. A `SampleCount` and trimmed counts of one metric may be given together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from sereno.engine.series import Floats, MetricKey, Slots
from sereno.language.model import AlertTest, InputSeries, Signal
from sereno.language.problem import Problem
from sereno.proof import faults
from sereno.proof.notation import NotationFault, parse
from sereno.proof.vendor import Source, Vendor
from sereno.vendors.cloudwatch.statistic import Statistic

MINUTE = 60
MOST = 20_000_000  # samples made up for one metric
EXACT = 2.0**53  # up to which float64 has every whole number
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
        problems.append(faults.series_interval(test))
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
    return _counted(parts, known, problems)


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


def _counted(
    parts: Sequence[tuple[InputSeries, Statistic]],
    counts: Sequence[tuple[Statistic, Floats]],
    problems: list[Problem],
) -> Fed | None:
    """Samples made up so that every count among the parts is met; None, and why, when that cannot be."""
    if not _go_together([stat for stat, _ in counts]):
        problems.append(faults.series_twice(parts[-1][0]))
        return None
    wrong = [faults.series_count(of) for (of, _), (_, v) in zip(parts, counts, strict=True) if not _whole(v)]
    if wrong:
        problems += wrong
        return None
    steps, places = _steps(counts)
    if np.any(steps < 0):
        problems.append(faults.series_twice(parts[-1][0]))
        return None
    shares = steps // np.maximum(np.gcd.reduce(steps, axis=0), 1)
    if shares.sum() > MOST:
        problems.append(faults.series_samples(parts[-1][0], MOST))
        return None
    return _made_up(steps, shares, places)


def _go_together(kinds: Sequence[Statistic]) -> bool:
    """One SampleCount at most, and counts up to different values."""
    bounds = [stat.high for stat in kinds if stat.kind == "tc" and not stat.percent and stat.low is None]
    whole = [stat for stat in kinds if stat.kind == "SampleCount"]
    return len(bounds) + len(whole) == len(kinds) and len(whole) <= 1 and len(set(bounds)) == len(bounds)


def _whole(values: Floats) -> bool:
    counts = values[~np.isnan(values)]
    return bool(np.all((counts >= 0) & (counts == np.rint(counts)) & (counts < EXACT)))


def _steps(counts: Sequence[tuple[Statistic, Floats]]) -> tuple[NDArray[np.int64], Floats]:
    """Samples at each place, shape (places, intervals), and the places: the bounds, and one above them."""
    length = max(len(values) for _, values in counts)
    rising = sorted(counts, key=lambda part: part[0].high if part[0].high is not None else Decimal("inf"))
    padded = [np.pad(v, (0, length - len(v)), constant_values=np.nan) for _, v in rising]
    bounds = [float(stat.high) for stat, _ in rising if stat.high is not None]
    above = [bounds[-1] + 1 if bounds else 1.0] * (len(rising) - len(bounds))
    totals = np.nan_to_num(np.stack(padded)).astype(np.int64)
    return np.diff(totals, axis=0, prepend=0), np.array([*bounds, *above])


def _made_up(steps: NDArray[np.int64], shares: NDArray[np.int64], places: Floats) -> Fed:
    """`shares` are the fewest samples in the same proportions: each weighs as much as it stands for."""
    count = steps.sum(axis=0).astype(np.float64)
    some = count > 0
    at = np.where(steps > 0, places[:, None], np.nan)
    figures = (places @ steps, np.fmin.reduce(at, axis=0), np.fmax.reduce(at, axis=0))
    samples = {int(i): np.repeat(places, shares[:, i]) for i in np.flatnonzero(some)}
    total, low, high = (np.where(some, figure, np.nan) for figure in figures)
    return Fed(count, total, low, high, samples)

"""The books of an objective: how much was bad, of how much, in any stretch of time. Exact.

All budgeting methods end here as running sums of integers over a scale:

* Occurrences of counts: events. Of a raw share or a threshold: minutes, each interval weighing
  its length, so that older and coarser data weigh no more than fresh.
* Timeslices: a slice is bad when less than its target of it was good; a slice that reports no
  traffic failed nobody and is good; a slice without data is not in the books.
* RatioTimeslices: each slice is bad by its share of bad (the average of the slices' ratios).

A composite (OpenSLO v1, "Composite SLOs"): Timeslices, a slice is bad when any objective's is;
RatioTimeslices, the shortfalls add up, never beyond the whole slice; Occurrences, the burn rates
are averaged by weight, so that its unit is the share of the budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sereno.language.model import MINUTE, Objective, RawRatio, Slo, Threshold
from sereno.report.exact import Ints, common, integers, running, safe, scaled
from sereno.report.model import Tally, Unit
from sereno.report.series import Counts, Series, Times

# Slices whose ratios have a common denominator beyond this are booked in 1e-30ths, rounded up.
_DENOMINATOR = 10**30


@dataclass(frozen=True, eq=False)
class Ledger:
    """bad / scale and total / scale of each interval, in the unit."""

    times: Times
    seconds: Times  # of data, for coverage
    bad: Ints
    total: Ints
    scale: int
    unit: Unit

    @cached_property
    def running_bad(self) -> Ints:
        return running(self.bad)

    @cached_property
    def running_total(self) -> Ints:
        return running(self.total)

    @cached_property
    def step(self) -> int | None:
        """The length of every interval where all are alike and none is missing."""
        first = int(self.seconds[0]) if len(self.seconds) else 0
        whole = first and int(self.times[-1] - self.times[0]) == first * (len(self.times) - 1)
        return first if whole and bool(np.all(self.seconds == first)) else None

    def between(self, edges: Times) -> tuple[Ints, Ints]:
        """Bad and total between each edge and the next."""
        at = np.searchsorted(self.times, edges)
        bad, total = self.running_bad[at], self.running_total[at]
        return bad[1:] - bad[:-1], total[1:] - total[:-1]

    def bad_between(self, edges: Times) -> NDArray[np.float64]:
        """Bad units between each edge and the next, rounded: for ranks only."""
        return np.diff(self.running_bad[np.searchsorted(self.times, edges)]).astype(float)

    @cached_property
    def _first(self) -> int:
        return int(self.times[0])

    def index(self, moment: int) -> int:
        """How many intervals start before a moment."""
        if self.step is None:
            return int(np.searchsorted(self.times, moment))
        before = -(-(moment - self._first) // self.step)
        return min(max(before, 0), len(self.times))

    def tally(self, start: int, end: int) -> Tally:
        low, high = self.index(start), self.index(end)
        if low == high:
            return Tally(0, 0, self.scale)
        bad, total = self.running_bad, self.running_total
        return Tally(int(bad[high] - bad[low]), int(total[high] - total[low]), self.scale)

    def bad_units(self, start: int, end: int) -> int:
        return int(self.running_bad[self.index(end)] - self.running_bad[self.index(start)])


def ledger(objective: Objective, slo: Slo, series: Series) -> Ledger:
    """One objective's books, by the SLO's budgeting method."""
    bad, total, scale = _parts(objective, series)
    if slo.budgeting == "Occurrences":
        unit: Unit = "events" if isinstance(series, Counts) else "minutes"
        return Ledger(series.times, series.seconds, bad, total, scale, unit)
    assert objective.slice_seconds is not None  # noqa: S101 - the model's promise for sliced methods
    slices = _slices(series, bad, total, objective.slice_seconds)
    if slo.budgeting == "Timeslices":
        return _timeslices(slices, objective.slice_target or Decimal(1))
    return _ratio_timeslices(slices)


def _parts(objective: Objective, series: Series) -> tuple[Ints, Ints, int]:
    """Bad and total of each interval over one scale; values weigh by time, in minutes."""
    if isinstance(series, Counts):
        return common(integers(series.bad), integers(series.total))
    seconds = safe(series.seconds)
    match objective.indicator:
        case RawRatio(success=success):
            share, scale = integers(series.values)
            bad = scaled(seconds, scale) - _product(share, seconds) if success else _product(share, seconds)
            return bad, scaled(seconds, scale), MINUTE * scale
        case Threshold(op=op, value=value):
            good = _holds(series.values, op, value)
            return np.where(good, 0, seconds), seconds, MINUTE
        case _:
            raise TypeError("a ratio of counts needs counts")


def _product(a: Ints, b: Ints) -> Ints:
    factor = int(b.max()) if len(b) else 1
    return safe(a, factor) * b


def _holds(values: NDArray[Any], op: str, limit: Decimal) -> NDArray[np.bool_]:
    """Which values keep the threshold; compared as decimals, so that 0.1 equals 0.1."""
    n, scale = integers(values)
    p, q = limit.as_integer_ratio()
    left, right = scaled(n, q), p * scale
    if abs(right) >= 2**62:
        left = left.astype(object)
    result = {"gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right}[op]
    return np.asarray(result, dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class _Slices:
    times: Times
    seconds: Times  # of data
    weight: Times  # seconds the slice stands for
    bad: Ints
    total: Ints


def _slices(series: Series, bad: Ints, total: Ints, size: int) -> _Slices:
    """Intervals gathered into slices of the epoch; one longer than a slice stands for several alike."""
    if not len(series.times):
        return _Slices(series.times, series.seconds, series.seconds, bad, total)
    ids = series.times // size
    first = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))
    seconds = np.add.reduceat(series.seconds, first)
    weight = np.maximum(series.seconds[first] // size * size, size)
    starts = np.where(series.seconds[first] > size, series.times[first], ids[first] * size)
    parts = np.add.reduceat(safe(bad), first), np.add.reduceat(safe(total), first)
    return _Slices(starts, seconds, weight, *parts)


def _timeslices(slices: _Slices, target: Decimal) -> Ledger:
    p, q = target.as_integer_ratio()
    failed = scaled(slices.total - slices.bad, q) < scaled(slices.total, p)
    bad = np.where(failed, slices.weight, 0)
    return Ledger(slices.times, slices.seconds, bad, slices.weight, MINUTE, "minutes")


def _ratio_timeslices(slices: _Slices) -> Ledger:
    """The share of bad of each slice, over the least common multiple of the totals."""
    some = slices.total != 0
    scale = _least_common([abs(int(t)) for t in np.unique(slices.total[some])])
    rows = zip(slices.bad, slices.total, slices.weight, strict=True)
    bad = [_share(b, t, scale) * int(w) for b, t, w in rows]
    total = safe(slices.weight.astype(object)) * scale
    return Ledger(slices.times, slices.seconds, np.array(bad, dtype=object), total, MINUTE * scale, "minutes")


def _least_common(totals: list[int]) -> int:
    scale = 1
    for total in totals:
        scale = lcm(scale, total)
        if scale > _DENOMINATOR**4:
            return _DENOMINATOR
    return scale


def _share(bad: Any, total: Any, scale: int) -> int:
    return -(-int(bad) * scale // int(total)) if total else 0


@dataclass(frozen=True, slots=True)
class Part:
    """One ledger in a book, with the share of it that may be bad, and its weight (they add to 1)."""

    ledger: Ledger
    budget: Fraction
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Book:
    """What one line of the report is computed from: one part, or the parts of a composite."""

    parts: tuple[Part, ...]
    target: Fraction

    @property
    def budget(self) -> Fraction:
        return 1 - self.target

    @property
    def unit(self) -> Unit:
        return self.parts[0].ledger.unit if len(self.parts) == 1 else "share"

    def tally(self, start: int, end: int) -> Tally:
        """Bad and total; of several parts, their mean burn rate as a share of 1."""
        return self.measured(start, end)[1]

    def measured(self, start: int, end: int) -> tuple[Fraction | None, Tally]:
        """How many budgets a window of this kind would spend (None when nothing was counted), and of what.

        (bad / total) / (1 - target): the SRE workbook, chapter 5. Parts without data weigh nothing.
        """
        if len(self.parts) == 1:
            tally = self.parts[0].ledger.tally(start, end)
            p, q = self.parts[0].budget.as_integer_ratio()
            share = tally.total_units * p
            return Fraction(tally.bad_units * q, share) if share else None, tally
        rate = self._mean(start, end)
        return rate, Tally(0, 0) if rate is None else Tally(rate * self.budget, 1)

    def _mean(self, start: int, end: int) -> Fraction | None:
        tallies = ((p, p.ledger.tally(start, end)) for p in self.parts)
        real = [(p, t) for p, t in tallies if t.total_units]
        weight = sum((p.weight for p, _ in real), Fraction(0))
        rates = (p.weight * t.bad / (t.total * p.budget) for p, t in real)
        return sum(rates, Fraction(0)) / weight if weight else None

    def unit_share(self, start: int, end: int) -> tuple[Fraction, ...]:
        """For each part, the share of the whole budget of [start, end) that one scaled bad unit spends."""
        tallies = [p.ledger.tally(start, end) for p in self.parts]
        if len(self.parts) == 1:
            share = tallies[0].total_units * self.parts[0].budget
            return (1 / share if share else Fraction(0),)
        weight = sum((p.weight for p, t in zip(self.parts, tallies, strict=True) if t.total), Fraction(0))
        return tuple(
            p.weight / weight / (t.total * p.budget * p.ledger.scale) if t.total else Fraction(0)
            for p, t in zip(self.parts, tallies, strict=True)
        )


def book(slo: Slo, ledgers: Sequence[tuple[Objective, Ledger]]) -> Book:
    """The book of an objective, or of a composite's objectives together."""
    if len(ledgers) == 1:
        objective, only = ledgers[0]
        return Book((Part(only, objective.budget, Fraction(1)),), Fraction(objective.target))
    if slo.budgeting == "Occurrences":
        return _weighted(ledgers)
    joined = _joined([one for _, one in ledgers], any_bad=slo.budgeting == "Timeslices")
    target = Fraction(max(o.target for o, _ in ledgers))
    return Book((Part(joined, 1 - target, Fraction(1)),), target)


def _weighted(ledgers: Sequence[tuple[Objective, Ledger]]) -> Book:
    """Its target is the weighted mean of theirs, so that it is met exactly when the burn is at most 1."""
    whole = sum((Fraction(o.weight) for o, _ in ledgers), Fraction(0))
    parts = tuple(Part(one, o.budget, Fraction(o.weight) / whole) for o, one in ledgers)
    return Book(parts, 1 - sum((p.weight * p.budget for p in parts), Fraction(0)))


def _joined(ledgers: Sequence[Ledger], *, any_bad: bool) -> Ledger:
    """Slices of several objectives as one: bad when any is, or by the sum of the shortfalls."""
    starts = np.unique(np.concatenate([one.times for one in ledgers]))
    scale = lcm(*(one.scale for one in ledgers))
    bad, total = np.zeros(len(starts), dtype=object), np.zeros(len(starts), dtype=object)
    seconds = np.zeros(len(starts), dtype=np.int64)
    for one in ledgers:
        at = np.searchsorted(starts, one.times)
        theirs = one.bad.astype(object) * (scale // one.scale)
        bad[at] = np.maximum(bad[at], theirs) if any_bad else bad[at] + theirs
        total[at] = np.maximum(total[at], one.total.astype(object) * (scale // one.scale))
        seconds[at] = np.maximum(seconds[at], one.seconds)
    return Ledger(starts, seconds, np.minimum(bad, total), total, scale, "minutes")

"""The books of an objective: how much was bad, of how much, in any stretch of time. Exact.

All budgeting methods end here as running sums of integers over a scale:

* Occurrences of counts: events. Of a raw share or a threshold: minutes, each interval weighing
  its length, so that older and coarser data weigh no more than fresh.
* Timeslices: a slice is bad when less than its target of it was good; a slice that reports no
  traffic failed nobody and is good; a slice without data is not in the books.
* RatioTimeslices: each slice is bad by its share of bad (the average of the slices' ratios).

A composite's are made of its objectives' (`composite.py`), and judged by a target (`book.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sereno.language.model import MINUTE, Objective, RawRatio, Slo, Threshold
from sereno.report.exact import Ints, added, common, integers, running, safe, scaled
from sereno.report.model import Tally, Unit
from sereno.report.pieces import Span, along, before, cut, inside
from sereno.report.series import Counts, Series, Times
from sereno.report.slices import Slices, gather

# Slices whose ratios have a common denominator beyond the largest are booked in parts this fine, rounded up.
_LARGEST, _FINE = 10**120, 10**60


@dataclass(frozen=True, eq=False)
class Ledger:
    """bad / scale and total / scale of each interval, in the unit."""

    times: Times
    seconds: Times  # of data, for coverage
    bad: Ints
    total: Ints
    scale: int
    unit: Unit
    # Where `bad` is rounded up: the share of bad of each slice and its seconds, as `exactly` needs them.
    exact: tuple[tuple[Fraction, int], ...] = ()

    @cached_property
    def running_bad(self) -> Ints:
        return running(self.bad)

    @cached_property
    def running_total(self) -> Ints:
        return running(self.total)

    @property
    def ends(self) -> Times:
        """Where each slice ends (of sliced methods, whose total is time)."""
        return self.times + (self.total * MINUTE // self.scale).astype(np.int64)

    @property
    def bad_in_all(self) -> Fraction:
        return Fraction(int(self.running_bad[-1]), self.scale)

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

    def exactly(self, start: int, end: int) -> Tally:
        """The tally without any rounding; slow where slices have many different totals."""
        rounded = self.tally(start, end)
        if not self.exact:
            return rounded
        rows = self.exact[self.index(start) : self.index(end)]
        minutes = added([share * seconds for share, seconds in rows]) / MINUTE
        return Tally(minutes, rounded.total)

    def share(self, row: int) -> Fraction:
        """The share of bad of one slice, without any rounding."""
        return self.exact[row][0] if self.exact else Fraction(int(self.bad[row]), int(self.total[row]))

    def bad_units(self, start: int, end: int) -> int:
        return int(self.running_bad[self.index(end)] - self.running_bad[self.index(start)])


def ledger(
    objective: Objective, slo: Slo, series: Series, edges: Sequence[int] = (), excused: Sequence[Span] = ()
) -> Ledger:
    """One objective's books, by the SLO's budgeting method.

    No interval of values and no slice reaches across an edge, and nothing begins at the last one or later.
    What lies wholly inside the `excused` times was not bad, whatever it was.
    """
    end = edges[-1] if edges else None
    sliced = slo.budgeting != "Occurrences"
    series = cut(series, (*edges, *(moment for span in excused for moment in span)))
    if sliced:
        assert objective.slice_seconds is not None  # noqa: S101 - the model's promise for sliced methods
        series = along(series, objective.slice_seconds)
    series = series if end is None else before(series, end)
    bad, total, scale = _parts(objective, series)
    bad = np.where(inside(series, excused), 0, bad) if excused else bad
    if not sliced:
        unit: Unit = "events" if isinstance(series, Counts) else "minutes"
        return Ledger(series.times, series.seconds, bad, total, scale, unit)
    slices = gather(series, bad, total, objective.slice_seconds or MINUTE, edges)
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


def _timeslices(slices: Slices, target: Decimal) -> Ledger:
    p, q = target.as_integer_ratio()
    failed = scaled(slices.total - slices.bad, q) < scaled(slices.total, p)
    bad = np.where(failed, slices.weight, 0)
    return Ledger(slices.times, slices.seconds, bad, slices.weight, MINUTE, "minutes")


def _ratio_timeslices(slices: Slices) -> Ledger:
    """The share of bad of each slice, over the least common multiple of the totals."""
    some = slices.total != 0
    scale = _least_common([abs(int(t)) for t in np.unique(slices.total[some])])
    fine = scale or _FINE
    rows = list(zip(slices.bad.tolist(), slices.total.tolist(), slices.weight.tolist(), strict=True))
    bad = np.array([_parts_bad(b, t, fine) * w for b, t, w in rows], dtype=object)
    total = slices.weight.astype(object) * fine
    one = Ledger(slices.times, slices.seconds, bad, total, MINUTE * fine, "minutes")
    return one if scale else replace(one, exact=tuple((_share(b, t), w) for b, t, w in rows))


def _least_common(totals: list[int]) -> int | None:
    """None when it is too large to count by."""
    scale = 1
    for total in totals:
        scale = lcm(scale, total)
        if scale > _LARGEST:
            return None
    return scale


def _share(bad: int, total: int) -> Fraction:
    """How much of a slice was bad: all of it where only failures were counted."""
    return Fraction(bad, total) if total else Fraction(bad > 0)


def _parts_bad(bad: int, total: int, parts: int) -> int:
    """The same, of so many parts of it, rounded up."""
    return -(-bad * parts // total) if total else parts * (bad > 0)

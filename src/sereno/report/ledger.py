"""The books of an objective: how much was bad, of how much, in any stretch of time. Exact.

All budgeting methods end here as running sums of integers over a scale:

* Occurrences of counts: events. Of a raw share or a threshold: minutes, each interval weighing
  its length, so that older and coarser data weigh no more than fresh.
* Timeslices: a slice is bad when less than its target of it was good; a slice that reports no
  traffic failed nobody and is good; a slice without data is not in the books.
* RatioTimeslices: each slice is bad by its share of bad (the average of the slices' ratios).

A composite (OpenSLO v1, "Composite SLOs"): Timeslices, a slice is bad when any objective's is;
RatioTimeslices, the shortfalls add up, never beyond the whole slice; Occurrences, the burn rates
are averaged by weight, so that its unit is the share of the budget. OpenSLO does not say which
objective's target a composite of slices has: it is the strictest, and the report says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sereno.language.model import MINUTE, Objective, RawRatio, Slo, Threshold
from sereno.records import dataclass, replace
from sereno.report.exact import Ints, added, common, integers, running, safe, scaled
from sereno.report.model import Tally, Unit
from sereno.report.pieces import Span, along, before, cut, inside
from sereno.report.series import Counts, Series, Times
from sereno.report.slices import Slices, gather

# Slices whose ratios have a common denominator beyond this are booked in 1e-30ths, rounded up.
_DENOMINATOR = 10**30
# Nearer to a limit than this, a rate made of rounded slices is computed again without rounding.
_NEAR = Fraction(1, 10**20)


@dataclass(frozen=True, eq=False)
class Ledger:
    """bad / scale and total / scale of each interval, in the unit."""

    times: Times
    seconds: Times  # of data, for coverage
    bad: Ints
    total: Ints
    scale: int
    unit: Unit
    # Where `bad` is rounded up: (bad, total, seconds) of each slice, as `exactly` needs them.
    exact: tuple[tuple[int, int, int], ...] = ()

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
        minutes = added([Fraction(b * w, t * MINUTE) for b, t, w in rows if t])
        return Tally(minutes, rounded.total)

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
    rows = list(zip(slices.bad.tolist(), slices.total.tolist(), slices.weight.tolist(), strict=True))
    bad = np.array([_share(b, t, scale or _DENOMINATOR) * w for b, t, w in rows], dtype=object)
    total = slices.weight.astype(object) * (scale or _DENOMINATOR)
    one = Ledger(slices.times, slices.seconds, bad, total, MINUTE * (scale or _DENOMINATOR), "minutes")
    return one if scale else replace(one, exact=tuple(rows))


def _least_common(totals: list[int]) -> int | None:
    """None when it is too large to count by."""
    scale = 1
    for total in totals:
        scale = lcm(scale, total)
        if scale > _DENOMINATOR**4:
            return None
    return scale


def _share(bad: int, total: int, scale: int) -> int:
    return -(-bad * scale // total) if total else 0


@dataclass(frozen=True, slots=True)
class Part:
    """One ledger in a book, with the share of it that may be bad, and its weight (they add to 1)."""

    ledger: Ledger
    budget: Fraction
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Book:
    """What one line of the report is computed from: one part, or the parts of a composite.

    `least`: an objective has no data, and counts as fine, so that no more is claimed than is known.
    """

    parts: tuple[Part, ...]
    target: Fraction
    sources: tuple[Ledger, ...]  # each objective's
    least: bool = False

    @property
    def budget(self) -> Fraction:
        return 1 - self.target

    @property
    def unit(self) -> Unit:
        return self.parts[0].ledger.unit if len(self.parts) == 1 else "share"

    def tally(self, start: int, end: int) -> Tally:
        """Bad and total; of several parts, their mean burn rate as a share of 1."""
        return self.measured(start, end)[1]

    def measured(
        self, start: int, end: int, limits: Collection[Fraction] = ()
    ) -> tuple[Fraction | None, Tally]:
        """How many budgets a window of this kind would spend (None when nothing was counted), and of what.

        (bad / total) / (1 - target): the SRE workbook, chapter 5. Parts without data weigh nothing.
        Where rounding could decide whether it is more than one of the limits, nothing is rounded.
        """
        if len(self.parts) == 1:
            one = self.parts[0]
            tally = one.ledger.tally(start, end)
            rate = _rate(tally, one.budget)
            if one.ledger.exact and rate is not None and any(abs(rate - limit) < _NEAR for limit in limits):
                tally = one.ledger.exactly(start, end)
                rate = _rate(tally, one.budget)
            return rate, tally
        rate = self._mean(start, end)
        return rate, Tally(0, 0) if rate is None else Tally(rate * self.budget, 1)

    def _mean(self, start: int, end: int) -> Fraction | None:
        tallies = ((p, p.ledger.tally(start, end)) for p in self.parts)
        real = [(p, t) for p, t in tallies if t.total_units]
        rates = (p.weight * t.bad / (t.total * p.budget) for p, t in real)
        return sum(rates, Fraction(0)) / self._weight(p for p, _ in real) if real else None

    def _weight(self, real: Iterable[Part]) -> Fraction:
        return Fraction(1) if self.least else sum((p.weight for p in real), Fraction(0))

    def unit_share(self, start: int, end: int) -> tuple[Fraction, ...]:
        """For each part, the share of the whole budget of [start, end) that one scaled bad unit spends."""
        tallies = [p.ledger.tally(start, end) for p in self.parts]
        if len(self.parts) == 1:
            share = tallies[0].total_units * self.parts[0].budget
            return (1 / share if share else Fraction(0),)
        weight = self._weight(p for p, t in zip(self.parts, tallies, strict=True) if t.total)
        return tuple(
            p.weight / weight / (t.total * p.budget * p.ledger.scale) if t.total else Fraction(0)
            for p, t in zip(self.parts, tallies, strict=True)
        )


def _rate(tally: Tally, budget: Fraction) -> Fraction | None:
    p, q = budget.as_integer_ratio()
    share = tally.total_units * p
    return Fraction(tally.bad_units * q, share) if share else None


def book(slo: Slo, ledgers: Sequence[tuple[Objective, Ledger]], *, least: bool = False) -> Book:
    """The book of an objective, or of a composite's objectives together."""
    sources = tuple(one for _, one in ledgers)
    if len(ledgers) == 1:
        objective, only = ledgers[0]
        return Book((Part(only, objective.budget, Fraction(1)),), Fraction(objective.target), sources)
    if slo.budgeting == "Occurrences":
        return _weighted(ledgers, sources, least)
    both = joined(sources, any_bad=slo.budgeting == "Timeslices")
    target = Fraction(max(o.target for o, _ in ledgers))
    return Book((Part(both, 1 - target, Fraction(1)),), target, sources, least)


def _weighted(ledgers: Sequence[tuple[Objective, Ledger]], sources: tuple[Ledger, ...], least: bool) -> Book:
    """Its target is the weighted mean of theirs, so that it is met exactly when the burn is at most 1."""
    whole = sum((Fraction(o.weight) for o, _ in ledgers), Fraction(0))
    parts = tuple(Part(one, o.budget, Fraction(o.weight) / whole) for o, one in ledgers)
    return Book(parts, 1 - sum((p.weight * p.budget for p in parts), Fraction(0)), sources, least)


def joined(ledgers: Sequence[Ledger], *, any_bad: bool) -> Ledger:
    """Slices of several objectives as one: bad when any is, or by the sum of the shortfalls.

    Slices of several lengths are cut at each other's ends, so that each minute counts once.
    """
    edges = np.unique(np.concatenate([e for one in ledgers for e in (one.times, one.ends)]))
    scale = lcm(*(one.scale for one in ledgers))
    length = np.diff(edges)
    bad, total = np.zeros(len(length), dtype=object), np.zeros(len(length), dtype=object)
    seconds = np.zeros(len(length), dtype=np.int64)
    for one in ledgers:
        row, at = _covering(one, edges)
        whole = (one.ends - one.times)[row].astype(object)
        theirs = one.bad[row].astype(object) * length[at] // whole * (scale // one.scale)
        bad[at] = np.maximum(bad[at], theirs) if any_bad else bad[at] + theirs
        total[at] = length[at].astype(object) * (scale // MINUTE)
        seconds[at] = np.maximum(seconds[at], np.minimum(one.seconds[row], length[at]))
    some = np.flatnonzero(total)
    bad = np.minimum(bad, total)
    return Ledger(edges[:-1][some], seconds[some], bad[some], total[some], scale, "minutes")


def _covering(one: Ledger, edges: Times) -> tuple[Times, Times]:
    """Which of the stretches between the edges lie in a slice, and in which one."""
    row = np.searchsorted(one.times, edges[:-1], side="right") - 1
    at = np.flatnonzero((row >= 0) & (edges[:-1] < np.append(one.ends, 0)[row]))
    return row[at], at

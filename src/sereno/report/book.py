"""What a line of the report is computed from: an objective's ledger and its target, or a composite's.

Of Occurrences a composite's burn rates are averaged by weight, so that its unit is the share of the budget.
Of slices it has one ledger (`composite.py`); OpenSLO does not say which objective's target it has: it is
the strictest, and the report says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sereno.language.model import Objective, Slo
from sereno.report.composite import joined
from sereno.report.ledger import Ledger
from sereno.report.model import Tally, Unit

# Nearer to a limit than this, a rate made of rounded slices is computed again without rounding.
_NEAR = Fraction(1, 10**20)


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

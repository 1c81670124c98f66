"""How good an alert is: the SRE workbook's four measures, and what remains without labels.

Precision: the share of its firings that began in a significant incident. Recall: the share of
significant incidents in which it began to fire. Detection time: from an incident's onset to the first
firing in it. Reset time: from an incident's end to the end of a firing that was still on.
https://sre.google/workbook/alerting-on-slos/

A firing that began before the onset detects nothing: nobody is told a second time. An incident is
significant for a severity if it spent at least that severity's share of the error budget; where the
history has no counts, every incident is. A firing in an incident that is not significant counts
against precision, since it told of something small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from sereno.proof.history import WEEK, Bools, Budget, History


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes [first, last) of a history."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Incident:
    """What a person labelled: minutes [first, last), and what it cost (None: not known)."""

    name: str
    first: int
    last: int
    spent: Fraction | None


@dataclass(frozen=True, slots=True)
class Score:
    """Times are minutes; shares and `precision`, `recall` are None where they would divide by nothing."""

    firings: tuple[Span, ...]
    significant: int  # incidents
    detected: int  # of these
    already: int  # of these, not detected since it was firing when they began
    precision: Fraction | None
    recall: Fraction | None
    detection: tuple[int, ...]  # one a detected incident, ascending
    reset: tuple[int, ...]  # one a firing that was on at an incident's end, ascending
    spent: tuple[Fraction, ...]  # of the budget, from onset to detection, ascending
    pages_a_week: Fraction
    alarmed: Fraction  # share of the time
    unseen: Fraction | None  # share of the budget spent while nothing fired, nor within the look-back before


def firings(fires: Bools) -> tuple[Span, ...]:
    """The stretches in which it fires."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], fires, [False]]).astype(np.int8)))
    return tuple(Span(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True))


def score(
    fires: Bools,
    history: History,
    incidents: Sequence[Incident],
    budget: Budget | None,
    significance: Fraction,
    lookback: int = 0,
) -> Score:
    """`significance`: the least share of the budget; `lookback`: minutes a firing looks back over."""
    found = firings(fires)
    significant = [i for i in incidents if i.spent is None or i.spent >= significance]
    true = [f for f in found if any(i.first <= f.first < i.last for i in significant)]
    first = {i: _first(found, i) for i in significant}
    seen = {incident: firing for incident, firing in first.items() if firing is not None}
    return Score(
        firings=found,
        significant=len(significant),
        detected=len(seen),
        already=sum(_is_on(found, i.first) for i in significant if i not in seen),
        precision=Fraction(len(true), len(found)) if found and incidents else None,
        recall=Fraction(len(seen), len(significant)) if significant else None,
        detection=tuple(sorted(firing.first + 1 - incident.first for incident, firing in seen.items())),
        reset=tuple(sorted(_resets(found, significant))),
        spent=tuple(sorted(_spent(history, budget, incident, firing) for incident, firing in seen.items())),
        pages_a_week=Fraction(len(found) * WEEK, max(history.minutes, 1)),
        alarmed=Fraction(int(np.count_nonzero(fires)), max(history.minutes, 1)),
        unseen=_unseen(found, history, budget, lookback),
    )


def _first(found: Sequence[Span], incident: Incident) -> Span | None:
    return next((f for f in found if incident.first <= f.first < incident.last), None)


def _is_on(found: Sequence[Span], onset: int) -> bool:
    """Whether it fired in the minute before, and still does."""
    return any(f.first < onset < f.last for f in found)


def _resets(found: Sequence[Span], incidents: Sequence[Incident]) -> list[int]:
    """A firing is over at the end of the first minute it no longer fires in."""
    return [f.last + 1 - i.last for i in incidents for f in found if f.first < i.last <= f.last]


def _spent(history: History, budget: Budget | None, incident: Incident, firing: Span) -> Fraction:
    spent = budget.spent(history, incident.first, firing.first + 1) if budget else None
    return spent or Fraction(0)


def _unseen(found: Sequence[Span], history: History, budget: Budget | None, lookback: int) -> Fraction | None:
    if budget is None or history.bad is None or budget.spent(history, 0, 0) is None:
        return None
    dark = np.ones(history.minutes, dtype=np.bool_)
    for firing in found:
        dark[max(0, firing.first + 1 - lookback) : firing.last] = False
    return int(history.bad[dark].sum()) / budget.events(history)


def median(values: Sequence[int | Fraction]) -> Fraction | None:
    """The middle one, or the mean of the two in the middle; None of nothing. `values` ascend."""
    if not values:
        return None
    half = len(values) // 2
    return Fraction(values[half]) if len(values) % 2 else Fraction(values[half - 1] + values[half]) / 2


def rank(values: Sequence[int], percent: int) -> int | None:
    """The value of rank ceil(percent x n); None of nothing. `values` ascend."""
    return values[max(0, -(-len(values) * percent // 100) - 1)] if values else None

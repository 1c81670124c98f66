"""One ledger of the slices of several objectives (OpenSLO v1, "Composite SLOs").

Timeslices: a slice is bad when any objective's is. RatioTimeslices: the shortfalls add up, never beyond the
whole slice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import lcm

import numpy as np

from sereno.language.model import MINUTE
from sereno.report.ledger import Ledger
from sereno.report.series import Times


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
    rounded = not any_bad and any(one.exact for one in ledgers)
    exact = tuple(_exactly(ledgers, edges, length, some)) if rounded else ()
    return Ledger(edges[:-1][some], seconds[some], bad[some], total[some], scale, "minutes", exact)


def _exactly(
    ledgers: Sequence[Ledger], edges: Times, length: Times, some: Times
) -> Iterator[tuple[Fraction, int]]:
    """The share of bad of each stretch, and its seconds, without any rounding."""
    shares = [Fraction(0)] * len(length)
    for one in ledgers:
        for row, at in zip(*(each.tolist() for each in _covering(one, edges)), strict=True):
            shares[at] += one.share(row)
    for at in some.tolist():
        yield min(shares[at], Fraction(1)), int(length[at])


def _covering(one: Ledger, edges: Times) -> tuple[Times, Times]:
    """Which of the stretches between the edges lie in a slice, and in which one."""
    row = np.searchsorted(one.times, edges[:-1], side="right") - 1
    at = np.flatnonzero((row >= 0) & (edges[:-1] < np.append(one.ends, 0)[row]))
    return row[at], at

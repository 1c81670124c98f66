"""A window cut up: days, hours, the worst of them, and the curves of the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sereno.language.model import MINUTE
from sereno.report.book import Book
from sereno.report.ledger import Ledger
from sereno.report.model import Bin, Bins, Curve, Incident, Period
from sereno.report.outlook import shares
from sereno.report.series import Times

WORST: Final = 5
POINTS: Final = 240  # of a picture's curve
# An hour that spends this share of a window's budget and that no alarm saw is a miss: what the
# workbook's fastest page promises to see (https://sre.google/workbook/alerting-on-slos/, table 5-8).
MISS_SHARE: Final = Fraction(2, 100)

Scale = tuple[Fraction, ...]  # of Book.unit_share
Rank = NDArray[np.float64]


def bins(books: Book, edges: Times, scale: Scale) -> Bins:
    """Every bin between the edges."""
    ends = edges.tolist()
    if len(books.parts) == 1:
        one = books.parts[0].ledger
        bads, totals = (part.tolist() for part in one.between(edges))
        return Bins(ends, bads, totals, one.scale, bads, scale[0])
    made = [_bin(books, start, end, scale) for start, end in pairwise(ends)]
    shares = [b.units for b in made]
    return Bins(ends, [b.tally.bad for b in made], [b.tally.total for b in made], 1, shares, Fraction(1))


def _bin(books: Book, start: int, end: int, scale: Scale) -> Bin:
    tally = books.tally(start, end)
    if len(books.parts) == 1:
        return Bin(start, end, tally, tally.bad_units, scale[0])
    bads = (part.ledger.bad_units(start, end) for part in books.parts)
    share = sum((s * b for s, b in zip(scale, bads, strict=True)), Fraction(0))
    return Bin(start, end, tally, share, Fraction(1))


def rank(books: Book, edges: Times, scale: Scale) -> Rank:
    """About what share of the budget each bin spent: to choose by, never to show."""
    found = np.zeros(len(edges) - 1)
    for share, part in zip(scale, books.parts, strict=True):
        found += float(share) * part.ledger.bad_between(edges)
    return found


def worst(books: Book, edges: Times, scale: Scale, ranks: Rank) -> tuple[Bin, ...]:
    """The bins that spent most, the earlier first among equals; ranked by floats, computed exactly."""
    order = np.argsort(-ranks, kind="stable")[:WORST].tolist()
    return tuple(_bin(books, int(edges[i]), int(edges[i + 1]), scale) for i in order if ranks[i] > 0)


def misses(
    books: Book, hours: Times, scale: Scale, ranks: Rank, found: Sequence[Incident]
) -> tuple[Bin, ...]:
    """The hours that spent much and that no incident covers, those that spent most first."""
    near = np.flatnonzero(ranks > float(MISS_SHARE) * 0.999).tolist()
    spent = [_bin(books, int(hours[i]), int(hours[i + 1]), scale) for i in near]
    much = [h for h in spent if h.spent_share >= MISS_SHARE and not any(_covers(i, h) for i in found)]
    return tuple(sorted(much, key=lambda h: -h.spent_share))


def _covers(incident: Incident, hour: Bin) -> bool:
    return incident.onset < hour.end and (incident.end is None or hour.start < incident.end)


def drawn(books: Book, period: Period) -> Curve | None:
    """Budget left and burn rate from the first data on, in at most POINTS bins."""
    scale = shares(books, period)
    firsts = [int(t[0]) for t in (_within(p.ledger, period) for p in books.parts) if len(t)]
    if not firsts or not any(scale):
        return None
    start = min(firsts)
    finest = min(int(p.ledger.seconds.min()) for p in books.parts if len(p.ledger.seconds))
    step = max(-(-(period.end - start) // POINTS), finest, MINUTE)
    step += -step % MINUTE
    edges = np.append(np.arange(start, period.end, step), period.end)
    return Curve(start, step, *_curves(books, edges, scale))


def _within(one: Ledger, period: Period) -> Times:
    return one.times[one.index(period.start) : one.index(period.end)]


def _curves(books: Book, edges: Times, scale: Scale) -> tuple[tuple[float, ...], tuple[float | None, ...]]:
    spent, burn, weight = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for share, part in zip(scale, books.parts, strict=True):
        bad, total = (a.astype(float) for a in part.ledger.between(edges))
        spent += float(share) * bad
        some = total > 0
        burn[some] += float(part.weight) * bad[some] / total[some] / float(part.budget)
        weight[some] += float(part.weight)
    rates = (b / w if w else None for b, w in zip(burn.tolist(), weight.tolist(), strict=True))
    return tuple((1 - np.cumsum(spent)).tolist()), tuple(rates)

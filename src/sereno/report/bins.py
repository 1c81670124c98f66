"""A window cut up: days, hours, the worst of them, and the curves of the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from sereno.language.model import MINUTE
from sereno.report.ledger import Book, Ledger
from sereno.report.model import Bin, Curve, Incident, Period, Tally
from sereno.report.series import Times

WORST: Final = 5
POINTS: Final = 240  # of a picture's curve
# An hour that spends this share of a window's budget and that no alarm saw is a miss: what the
# workbook's fastest page promises to see (https://sre.google/workbook/alerting-on-slos/, table 5-8).
MISS_SHARE: Final = Fraction(2, 100)

Scale = tuple[Fraction, ...]  # of Book.unit_share


def _bin(books: Book, start: int, end: int, scale: Scale) -> Bin:
    bads = (part.ledger.bad_units(start, end) for part in books.parts)
    share = sum((s * b for s, b in zip(scale, bads, strict=True)), Fraction(0))
    return Bin(start, end, books.tally(start, end), 1, share)


def bins(books: Book, edges: Times, scale: Scale) -> tuple[Bin, ...]:
    """Every bin between the edges."""
    return _chosen(books, edges, scale, range(len(edges) - 1))


def worst(books: Book, edges: Times, scale: Scale) -> tuple[Bin, ...]:
    """The bins that spent most, the earlier first among equals; ranked by floats, computed exactly."""
    rank = np.zeros(len(edges) - 1)
    for share, part in zip(scale, books.parts, strict=True):
        rank += float(share) * part.ledger.between(edges)[0].astype(float)
    order = np.argsort(-rank, kind="stable")[:WORST].tolist()
    return _chosen(books, edges, scale, [i for i in order if rank[i] > 0])


def _chosen(books: Book, edges: Times, scale: Scale, which: Sequence[int]) -> tuple[Bin, ...]:
    """The bins that begin at these edges."""
    ends = edges.tolist()
    if len(books.parts) > 1:
        return tuple(_bin(books, ends[i], ends[i + 1], scale) for i in which)
    one = books.parts[0].ledger
    bads, totals = (part.tolist() for part in one.between(edges))
    return tuple(
        Bin(ends[i], ends[i + 1], Tally(bads[i], totals[i], one.scale), bads[i], scale[0]) for i in which
    )


def misses(hours: Sequence[Bin], found: Sequence[Incident]) -> tuple[Bin, ...]:
    """Of these hours, those that spent much and that no incident covers."""
    return tuple(h for h in hours if h.spent_share >= MISS_SHARE and not any(_covers(i, h) for i in found))


def _covers(incident: Incident, hour: Bin) -> bool:
    return incident.onset < hour.end and (incident.end is None or hour.start < incident.end)


def drawn(books: Book, period: Period) -> Curve | None:
    """Budget left and burn rate from the first data on, in at most POINTS bins."""
    scale = books.unit_share(period.start, period.end)
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

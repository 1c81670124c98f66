"""Intervals gathered into slices of the epoch, cut where a report's window begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sereno.report.exact import Ints, safe
from sereno.report.series import Series, Times


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    times: Times
    seconds: Times  # of data
    weight: Times  # seconds the slice stands for
    bad: Ints
    total: Ints


def gather(series: Series, bad: Ints, total: Ints, size: int, edges: Sequence[int]) -> Slices:
    """A slice that an edge cuts is two, each judged by its own intervals and as long as it is.

    A count over more than a slice stands for several alike. No slice reaches into the next.
    """
    if not len(series.times):
        return Slices(series.times, series.seconds, series.seconds, bad, total)
    starts, ends = _bounds(series.times, size, edges)
    coarse = series.seconds > size
    starts = np.maximum.accumulate(np.where(coarse, series.times, starts))
    ends = np.where(coarse, np.minimum(series.times + series.seconds, _next(series.times, edges)), ends)
    first = np.flatnonzero(np.concatenate(([True], starts[1:] != starts[:-1])))
    starts, ends = starts[first], ends[first]
    ends[:-1] = np.minimum(ends[:-1], starts[1:])
    before = np.minimum(series.seconds, _next(series.times, edges) - series.times)
    seconds = np.minimum(np.add.reduceat(before, first), ends - starts)
    return Slices(starts, seconds, ends - starts, *(np.add.reduceat(safe(v), first) for v in (bad, total)))


def _bounds(times: Times, size: int, edges: Sequence[int]) -> tuple[Times, Times]:
    starts = times // size * size
    ends = np.minimum(starts + size, _next(times, edges))
    for edge in edges:
        starts = np.where(times >= edge, np.maximum(starts, edge), starts)
    return starts, ends


def _next(times: Times, edges: Sequence[int]) -> Times:
    """The first edge after each time, or the end of all times."""
    known = np.array([*sorted(edges), np.iinfo(np.int64).max], dtype=np.int64)
    return known[np.searchsorted(known, times, side="right")]

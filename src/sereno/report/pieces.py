"""A series cut in time: at a report's ends, at those of maintenance, along the slices.

A value holds over its whole interval and can be cut anywhere. A count cannot: where in its interval
the events were is not known, so it belongs to where the interval begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sereno.report.series import Counts, Series, Values

Span = tuple[int, int]  # [start, end) in epoch seconds


def before(series: Series, end: int) -> Series:
    """The intervals that begin before a moment: a past report does not change as later data arrive."""
    if not len(series.times) or series.times[-1] < end:
        return series
    stop = int(np.searchsorted(series.times, end))
    times, seconds = series.times[:stop], series.seconds[:stop]
    if isinstance(series, Values):
        return replace(series, times=times, seconds=seconds, values=series.values[:stop])
    return replace(series, times=times, seconds=seconds, bad=series.bad[:stop], total=series.total[:stop])


def cut(series: Series, edges: Iterable[int]) -> Series:
    """Values with no interval across an edge; counts as they are."""
    if isinstance(series, Counts) or not len(series.times):
        return series
    ends = series.times + series.seconds
    for edge in sorted(set(edges)):
        i = int(np.searchsorted(series.times, edge)) - 1
        if i >= 0 and edge < ends[i]:
            series = replace(
                series,
                times=np.insert(series.times, i + 1, edge),
                seconds=np.insert(series.seconds, i + 1, ends[i] - edge),
                values=np.insert(series.values, i + 1, series.values[i]),
            )
            series.seconds[i] = edge - series.times[i]
            ends = series.times + series.seconds
    return series


def along(series: Series, size: int) -> Series:
    """Values with no interval in two slices of the epoch; counts as they are."""
    if isinstance(series, Counts) or not len(series.times):
        return series
    first, last = series.times // size, (series.times + series.seconds - 1) // size
    many = last - first + 1
    if int(many.max()) <= 1:
        return series
    rows = np.repeat(np.arange(len(many)), many)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
    grid = (first[rows] + nth) * size
    times = np.maximum(series.times[rows], grid)
    ends = np.minimum((series.times + series.seconds)[rows], grid + size)
    return replace(series, times=times, seconds=ends - times, values=series.values[rows])


def inside(series: Series, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Which intervals lie wholly inside one of the times."""
    ends = series.times + series.seconds
    found = np.zeros(len(series.times), dtype=np.bool_)
    for start, end in spans:
        found |= (series.times >= start) & (ends <= end)
    return found

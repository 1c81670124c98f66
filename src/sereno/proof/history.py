"""A history on a grid of minutes: what a backtest judges.

An interval longer than a minute counts in its last minute, when it is known; shorter ones add up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

MINUTE = 60
LONGEST = 10 * 366 * 24 * 60  # minutes
WEEK = 7 * 24 * 60
MOST = 2.0**53  # events; above it float64 has not every whole number

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class HistoryFault(ValueError):
    """A history that cannot be judged, and why."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Minutes from `start` (epoch seconds, a full minute) on.

    Either counts (`bad` and `total`, whole numbers; 0 of 0 where there is nothing) or `values`
    (NaN where there is nothing); the other is None.
    """

    start: int
    bad: Ints | None = None
    total: Ints | None = None
    values: Floats | None = None

    @property
    def minutes(self) -> int:
        series = self.values if self.total is None else self.total
        return 0 if series is None else len(series)

    @property
    def end(self) -> int:
        """Epoch seconds of the end of the last minute."""
        return self.start + MINUTE * self.minutes

    def minute(self, time: int) -> int:
        """The index of the minute a time lies in; below 0 or past the end outside the history."""
        return (time - self.start) // MINUTE


def of_counts(times: Ints, seconds: Ints, bad: NDArray[Any], total: NDArray[Any]) -> History:
    """From intervals sorted by start. Raises `HistoryFault`."""
    start, places, minutes = _grid(times, seconds)
    counts = [_whole(bad, "bad"), _whole(total, "total")]
    if np.any(counts[0] > counts[1]) or np.any(counts[0] < 0):
        raise HistoryFault("an interval has more bad events than events, or fewer than none")
    grids = [np.zeros(minutes, dtype=np.int64) for _ in counts]
    for grid, values in zip(grids, counts, strict=True):
        np.add.at(grid, places, values)
    return History(start, bad=grids[0], total=grids[1])


def of_values(times: Ints, seconds: Ints, values: Floats) -> History:
    """From intervals sorted by start; of several in a minute the last counts. Raises `HistoryFault`."""
    start, places, minutes = _grid(times, seconds)
    grid = np.full(minutes, np.nan)
    grid[places] = values
    return History(start, values=grid)


def _grid(times: Ints, seconds: Ints) -> tuple[int, Ints, int]:
    """The first minute, the minute each interval counts in, and how many minutes there are."""
    if not len(times):
        _none()
    start = int(times[0]) // MINUTE * MINUTE
    places = np.maximum((times + seconds - start + MINUTE - 1) // MINUTE - 1, 0)
    minutes = int(places.max()) + 1
    _not_too_long(minutes)
    return start, places, minutes


def joined(parts: Iterable[History]) -> History:
    """One history of several; in a minute that two have, counts add up and the later value counts.

    Raises `HistoryFault` where there is none, and for one that is too long.
    """
    found: list[History] = []
    for part in parts:
        found.append(part)
        _not_too_long((part.end - found[0].start) // MINUTE)
    if len(found) < 2:
        return found[0] if found else _none()
    start = min(part.start for part in found)
    minutes = (max(part.end for part in found) - start) // MINUTE
    spans = [(part, slice((part.start - start) // MINUTE, (part.end - start) // MINUTE)) for part in found]
    if found[0].values is not None:
        values = np.full(minutes, np.nan)
        for part, span in spans:
            if part.values is not None:
                np.copyto(values[span], part.values, where=~np.isnan(part.values))
        return History(start, values=values)
    bad, total = (np.zeros(minutes, dtype=np.int64) for _ in range(2))
    for part, span in spans:
        bad[span] += 0 if part.bad is None else part.bad
        total[span] += 0 if part.total is None else part.total
    return History(start, bad=bad, total=total)


def _none() -> History:
    raise HistoryFault("the history is empty")


def _not_too_long(minutes: int) -> None:
    if minutes > LONGEST:
        raise HistoryFault(f"the history is {minutes // WEEK:,} weeks long; ten years are the most")


def _whole(values: NDArray[Any], what: str) -> Ints:
    floats = np.asarray(values, dtype=np.float64)
    if not np.all(np.isfinite(floats)) or np.any(floats != np.rint(floats)):
        raise HistoryFault(f"{what} counts events, and holds a number that is not whole")
    if np.any(np.abs(floats) > MOST):
        raise HistoryFault(f"{what} counts more events in an interval than can be told apart")
    return np.asarray(values).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be bad: `target` of the events of `window` minutes, at the history's mean traffic."""

    target: Fraction
    window: int  # minutes

    def events(self, history: History) -> Fraction:
        """Bad events that spend the whole budget."""
        total = 0 if history.total is None else int(history.total.sum())
        return (1 - self.target) * total * self.window / max(history.minutes, 1)

    def spent(self, history: History, first: int, last: int) -> Fraction | None:
        """The share of the budget spent in minutes [first, last); None where there are no counts."""
        events = self.events(history)
        if history.bad is None or not events:
            return None
        return int(history.bad[max(first, 0) : max(last, 0)].sum()) / events

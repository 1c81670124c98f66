"""A ratio's counts from what two metrics say, where one of them may be silent; and a raw ratio's shares.

Each use of a rule is said in `notes`:

* bad of total: where only total speaks, nothing was bad - unless the signal declares `always`;
  where only bad speaks, it was bad all the same.
* good of total: only intervals in which both speak are measured.
* a raw ratio: only values from 0 to 1 are measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sereno.language.model import HOUR
from sereno.report.series import Counts, Times, Values
from sereno.report.show import moment
from sereno.vendors.backend import Points

RULE: Final = 12  # intervals, of which a count must speak in nine of ten to be expected in the rest


def shares(points: Points) -> Values:
    """Without values below 0 or above 1: 99.5 (percent?) would make up for hours that were bad."""
    fit = (points.values >= 0) & (points.values <= 1)
    left_out = int(np.count_nonzero(~fit))
    note = f"{left_out} values of the raw ratio are not from 0 to 1: left out (are they percent?)"
    notes = (note,) if left_out else ()
    return Values(points.times[fit], points.seconds[fit], points.values[fit], notes)


def good_of_total(good: Points, total: Points) -> Counts:
    """Intervals in which both speak; a good count above the total stays as it is (skewed clocks
    put the two in neighbouring intervals, and the window's sum is right again)."""
    times, g, t = np.intersect1d(good.times, total.times, assume_unique=True, return_indices=True)
    bad = total.values[t] - good.values[g]
    return Counts(times, total.seconds[t], bad, total.values[t], _both(len(times), total, bad))


def _both(measured: int, total: Points, bad: NDArray[Any]) -> tuple[str, ...]:
    silent, over = len(total.times) - measured, int(np.count_nonzero(bad < 0))
    return tuple(
        text
        for text, n in (
            (f"{silent} intervals have a total but no good count: not measured", silent),
            (f"good is more than total in {over} intervals (skewed clocks?)", over),
        )
        if n
    )


def bad_of_total(bad: Points, total: Points, *, always: bool = False) -> Counts:
    """Intervals in which total speaks (and bad, if it always must), or bad alone does."""
    if always:
        times, b, t = np.intersect1d(bad.times, total.times, assume_unique=True, return_indices=True)
        silent = len(total.times) - len(times)
        note = (f"{silent} intervals have a total but no bad count: not measured",) if silent else ()
        return Counts(times, total.seconds[t], bad.values[b], total.values[t], note)
    both = join(bad, total)
    return Counts(both.times, both.seconds, both.left, both.right, _assumed(bad, total, both))


def _assumed(bad: Points, total: Points, both: Joined) -> tuple[str, ...]:
    alone = len(both.times) - len(total.times)
    over = int(np.count_nonzero(both.left > both.right)) - alone
    never = len(total.times) > 0 and len(bad.times) == 0
    said = tuple(
        text
        for text, n in (
            ("the bad count never spoke: taken as no failure; is its metric's name still right?", never),
            (f"{alone} intervals have a bad count but no total: counted as bad all the same", alone),
            (f"bad is more than total in {over} intervals (skewed clocks?)", max(over, 0)),
        )
        if n
    )
    return (*said, *_renamed(bad, total))


def _renamed(bad: Points, total: Points) -> tuple[str, ...]:
    """Of a bad count that as a rule speaks with the total: that it begins later, or ends earlier."""
    if not len(bad.times) or not len(total.times):
        return ()
    first, last = int(bad.times[0]), int(bad.times[-1])
    both = int(np.count_nonzero((total.times >= first) & (total.times <= last)))
    if both < RULE or len(bad.times) < both * 9 / 10:
        return ()
    late, early = first - int(total.times[0]) > HOUR, int(total.times[-1]) - last > HOUR
    begins = f"the bad count begins at {moment(first)}, the total before it: until then taken as no failure"
    ends = f"the bad count ends at {moment(last)}, the total goes on: since then taken as no failure"
    ask = "is its metric's name still right?"
    return tuple(f"{text}; {ask}" for text, n in ((begins, late), (ends, early)) if n)


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    times: Times
    seconds: Times
    left: NDArray[np.float64]  # 0 where silent
    right: NDArray[np.float64]


def join(left: Points, right: Points) -> Joined:
    """Both on the union of their times, 0 where one is silent."""
    times = np.union1d(left.times, right.times)
    at_left, at_right = np.searchsorted(times, left.times), np.searchsorted(times, right.times)
    seconds, a, b = np.zeros(len(times), np.int64), np.zeros(len(times)), np.zeros(len(times))
    seconds[at_left], seconds[at_right] = left.seconds, right.seconds
    a[at_left], b[at_right] = left.values, right.values
    return Joined(times, seconds, a, b)

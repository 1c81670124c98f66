"""The functions of metric math with more than one argument: FILL, SORT, SLICE, TIME_SERIES, PERIOD.

FILL with REPEAT repeats the last datapoint before the gap and with LINEAR draws a line across it;
a gap that reaches the beginning of the evaluation range (for LINEAR also its end) stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from sereno.engine.metric_math_functions import STATISTICS, as_group
from sereno.engine.metric_math_values import Context, Group, Scalar, Series, Unsupported, Value
from sereno.engine.series import Floats

Argument = Value | str  # a bare word stays a word


def _fill(arguments: Sequence[Argument], context: Context) -> Value:
    del context
    if len(arguments) != 2 or isinstance(arguments[0], str):
        raise Unsupported("FILL takes time series and a number, a time series, REPEAT or LINEAR")
    value, filler = arguments
    match value:
        case Series(points):
            return Series(_filled(points, filler))
        case Group():
            return value.each(lambda points: _filled(points, filler))
    raise Unsupported("FILL takes time series, and a number has nothing to fill")


def _filled(points: Floats, filler: Argument) -> Floats:
    if filler == "REPEAT":
        return _repeat(points)
    if filler == "LINEAR":
        return _linear(points)
    if isinstance(filler, str | Group):
        raise Unsupported("FILL fills with a number, a time series, REPEAT or LINEAR")
    return np.where(np.isnan(points), np.broadcast_to(filler.points, points.shape), points)


def _repeat(points: Floats) -> Floats:
    before = _nearest(points)
    return np.where(before >= 0, np.take_along_axis(points, np.maximum(before, 0), axis=1), np.nan)


def _nearest(points: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Of each place the index of the datapoint there or the last before it; -1 where there is none."""
    at = np.where(np.isnan(points), -1, np.arange(points.shape[1]))
    return np.maximum.accumulate(at, axis=1)


def _linear(points: Floats) -> Floats:
    width = points.shape[1]
    before, after = _nearest(points), width - 1 - _nearest(points[:, ::-1])[:, ::-1]
    inside = (before >= 0) & (after < width)
    left, right = np.maximum(before, 0), np.minimum(after, width - 1)
    low, high = np.take_along_axis(points, left, axis=1), np.take_along_axis(points, right, axis=1)
    share = np.divide(np.arange(width) - left, right - left, out=np.zeros(points.shape), where=right > left)
    return np.where(inside, low + (high - low) * share, np.nan)


def _sort(arguments: Sequence[Argument], context: Context) -> Value:
    """By a statistic of each series; one without datapoints comes last, equals keep their order."""
    match arguments:
        case [Group() as group, ("AVG" | "MIN" | "MAX" | "SUM") as by, ("ASC" | "DESC") as way, *rest]:
            scores = STATISTICS[by](group.points, 2, np.full(context.rows, float(context.width)))
            held = group.present & ~np.isnan(group.points).all(axis=2)
            scores = np.where(held, scores if way == "ASC" else -scores, np.nan)
            order = np.argsort(scores, axis=0, kind="stable")
            ordered = Group(np.take_along_axis(group.points, order[:, :, None], axis=0), group.size)
            return _cut(ordered, 0, _whole(rest[0], "SORT")) if rest else ordered
    raise Unsupported("SORT takes an array, AVG, MIN, MAX or SUM, then ASC or DESC, and perhaps a limit")


def _slice(arguments: Sequence[Argument], context: Context) -> Value:
    del context
    if len(arguments) not in (2, 3) or isinstance(arguments[0], str):
        raise Unsupported("SLICE takes an array, a first and perhaps a last place")
    group = as_group(arguments[0], "SLICE")
    start, *stop = (_whole(argument, "SLICE") for argument in arguments[1:])
    return _cut(group, start, stop[0] if stop else len(group.points))


def _cut(group: Group, start: int, stop: int) -> Group:
    start, stop = min(start, len(group.points)), max(stop, start)
    return Group(group.points[start:stop], np.clip(group.size - start, 0, max(0, stop - start)))


def _whole(argument: Argument, function: str) -> int:
    """A place in an array: a whole number that is the same at all times."""
    if isinstance(argument, Scalar) and argument.points.size:
        number = argument.points.flat[0]
        if np.all(argument.points == number) and number >= 0 and number == int(number):
            return int(number)
    raise Unsupported(f"{function} counts places in whole numbers, from 0")


def _time_series(arguments: Sequence[Argument], context: Context) -> Value:
    match arguments:
        case [Scalar(points)]:
            return Series(np.broadcast_to(points, (context.rows, context.width)))
    raise Unsupported("TIME_SERIES takes a number")


def _period(arguments: Sequence[Argument], context: Context) -> Value:
    match arguments:
        case [Series()]:
            return Scalar(np.full((context.rows, 1), float(context.period)))
    raise Unsupported("PERIOD takes a metric")


SPECIAL: Final[Mapping[str, Callable[[Sequence[Argument], Context], Value]]] = {
    "FILL": _fill,
    "PERIOD": _period,
    "SLICE": _slice,
    "SORT": _sort,
    "TIME_SERIES": _time_series,
}

"""The functions of metric math, in tables by what they take.

EACH changes datapoints one by one, ALONG looks along a series, REDUCE makes a number of a series
and a series of an array; those with several arguments are in `metric_math_special.py`. Where AWS
says "missing values are treated as 0" (AVG), they are; the other reductions look at the datapoints
that exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sereno.engine.metric_math_values import Context, Group, Scalar, Series, Unsupported, Value, pack
from sereno.engine.series import Floats

Indexes = NDArray[np.int64]

EACH: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "ABS": np.abs,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "LOG": np.log,
    "LOG10": np.log10,
}


def _previous(points: Floats) -> Indexes:
    """Of each datapoint, the index of the one before it in its row; -1 where there is none."""
    at = np.where(np.isnan(points), -1, np.arange(points.shape[1]))
    latest = np.maximum.accumulate(at, axis=1)
    return np.concatenate([np.full((len(points), 1), -1), latest[:, :-1]], axis=1)


def _diff(points: Floats, context: Context) -> Floats:
    del context
    before = _previous(points)
    past = np.take_along_axis(points, np.maximum(before, 0), axis=1)
    return np.where(before >= 0, points - past, np.nan)


def _diff_time(points: Floats, context: Context) -> Floats:
    before = _previous(points)
    past = np.take_along_axis(context.starts, np.maximum(before, 0), axis=1)
    return np.where((before >= 0) & ~np.isnan(points), context.starts - past, np.nan)


def _rate(points: Floats, context: Context) -> Floats:
    return _diff(points, context) / _diff_time(points, context)


def _running_sum(points: Floats, context: Context) -> Floats:
    del context
    return np.where(np.isnan(points), np.nan, np.nancumsum(points, axis=1))


def _calendar(unit: Callable[[NDArray[np.datetime64]], Indexes]) -> Callable[[Floats, Context], Floats]:
    def along(points: Floats, context: Context) -> Floats:
        del points
        return np.asarray(unit(context.starts.astype("datetime64[s]")), dtype=np.float64)

    return along


def _since(smaller: str, larger: str) -> Callable[[NDArray[np.datetime64]], Indexes]:
    return lambda t: (t.astype(f"datetime64[{smaller}]") - t.astype(f"datetime64[{larger}]")).astype(np.int64)


ALONG: Final[Mapping[str, Callable[[Floats, Context], Floats]]] = {
    "DIFF": _diff,
    "DIFF_TIME": _diff_time,
    "RATE": _rate,
    "RUNNING_SUM": _running_sum,
    "MINUTE": _calendar(_since("m", "h")),
    "HOUR": _calendar(_since("h", "D")),
    "DAY": _calendar(lambda t: (t.astype("datetime64[D]").astype(np.int64) + 3) % 7 + 1),  # 1 is Monday
    "DATE": _calendar(lambda t: _since("D", "M")(t) + 1),
    "MONTH": _calendar(lambda t: _since("M", "Y")(t) + 1),
    "YEAR": _calendar(lambda t: t.astype("datetime64[Y]").astype(np.int64) + 1970),
    "EPOCH": _calendar(lambda t: t.astype(np.int64)),
}


def _stddev(points: Floats, axis: int) -> Floats:
    """Of the whole population."""
    spread = points - np.expand_dims(_mean(points, axis), axis)
    return np.asarray(np.sqrt(_mean(spread**2, axis)))


def _mean(points: Floats, axis: int) -> Floats:
    count = _count(points, axis)
    empty = np.full(count.shape, np.nan)
    return np.asarray(np.divide(np.nansum(points, axis=axis), count, out=empty, where=count > 0))


def _average(points: Floats, axis: int, size: Floats) -> Floats:
    """Missing values count as 0: divided by all, not by those that exist."""
    return np.asarray(np.nansum(points, axis=axis) / size)


def _count(points: Floats, axis: int) -> Floats:
    return np.asarray(np.count_nonzero(~np.isnan(points), axis=axis), dtype=np.float64)


def _reduce(over: Callable[[Floats, int, Floats], Floats]) -> Callable[[Value], Value]:
    """A series becomes a number (NaN if it has no datapoint), an array a series."""

    def reduce(value: Value) -> Value:
        match value:
            case Series(points):
                size = np.full(len(points), float(points.shape[1]))
                return Scalar(_or_nothing(over(points, 1, size), points, 1)[:, None])
            case Group(points, size):
                held = np.where(value.present[:, :, None], points, np.nan)
                return Series(_or_nothing(over(held, 0, size[:, None].astype(np.float64)), held, 0))
        raise Unsupported("a number has no average, sum or extreme; a time series is expected")

    return reduce


def _or_nothing(result: Floats, points: Floats, axis: int) -> Floats:
    return np.where(_count(points, axis) > 0, result, np.nan)


def _metric_count(value: Value) -> Value:
    if not isinstance(value, Group):
        raise Unsupported("METRIC_COUNT takes an array of time series")
    return Scalar(value.size[:, None].astype(np.float64))


def _datapoint_count(value: Value) -> Value:
    match value:
        case Series(points):
            return Scalar(_count(points, 1)[:, None])
        case Group(points):
            return Series(_count(np.where(value.present[:, :, None], points, np.nan), 0))
    raise Unsupported("DATAPOINT_COUNT takes time series")


def _first(value: Value) -> Value:
    group = as_group(value, "FIRST")
    return _at(group, np.zeros_like(group.size))


def _last(value: Value) -> Value:
    group = as_group(value, "LAST")
    return _at(group, np.maximum(group.size - 1, 0))


def _at(group: Group, index: Indexes) -> Value:
    if not len(group.points):
        raise Unsupported("an array without time series has no first or last")
    chosen = np.take_along_axis(group.points, index[None, :, None], axis=0)[0]
    return Series(np.where(group.size[:, None] > 0, chosen, np.nan))


def _remove_empty(value: Value) -> Value:
    group = as_group(value, "REMOVE_EMPTY")
    return pack(group.points, group.present & ~np.isnan(group.points).all(axis=2))


def as_group(value: Value, function: str) -> Group:
    """The argument of a function that takes an array. Raises `Unsupported` for anything else."""
    if not isinstance(value, Group):
        raise Unsupported(f"{function} takes an array of time series")
    return value


STATISTICS: Final[Mapping[str, Callable[[Floats, int, Floats], Floats]]] = {
    "AVG": _average,
    "SUM": lambda points, axis, _size: np.nansum(points, axis=axis),
    "MIN": lambda points, axis, _size: np.fmin.reduce(points, axis=axis),
    "MAX": lambda points, axis, _size: np.fmax.reduce(points, axis=axis),
    "STDDEV": lambda points, axis, _size: _stddev(points, axis),
}

REDUCE: Final[Mapping[str, Callable[[Value], Value]]] = {
    **{name: _reduce(over) for name, over in STATISTICS.items()},
    "DATAPOINT_COUNT": _datapoint_count,
    "METRIC_COUNT": _metric_count,
    "FIRST": _first,
    "LAST": _last,
    "REMOVE_EMPTY": _remove_empty,
}

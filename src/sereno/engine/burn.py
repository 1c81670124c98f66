"""Burn rates in exact integers: no float decides who is paged.

With burn x budget = p/q, D = q*cumulated(bad) - p*cumulated(total), and a window of w minutes
burns faster than the threshold exactly when D[t] > D[t - w]: bad/total > p/q, multiplied out.
The pair of windows is the SRE workbook's approach 6
(https://sre.google/workbook/alerting-on-slos/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Exact = Decimal | Fraction | int | str
Bools = NDArray[np.bool_]
Integers = NDArray[Any]  # int64, or object (Python's integers) where int64 is too small


@dataclass(frozen=True, slots=True)
class Pair:
    """Two windows, in minutes, that must both burn faster than `threshold` times the budget.

    A window with fewer than `minimum_bad` bad events never burns.
    """

    long_window: int
    short_window: int
    threshold: Exact
    inclusive: bool = False  # at least as fast, and some traffic
    minimum_bad: int = 0


def burn_firing(
    bad: ArrayLike,
    total: ArrayLike,
    *,
    target: Exact,
    long_window: int,
    short_window: int,
    threshold: Exact,
    inclusive: bool = False,
) -> Bools:
    """Whether a burn-rate pair fires at the end of each minute.

    `bad` and `total` are integers per minute, shape (minutes,) or (SLOs, minutes); windows are in
    minutes. Element i tells of the end of minute i + 1; the past before the array is healthy and
    counts nothing. Both windows must burn strictly faster than `threshold` (or as fast: `inclusive`).
    Raises ValueError for anything that is not a count, a share or a window.
    """
    pair = Pair(long_window, short_window, threshold, inclusive)
    firing: Bools = pairs_firing(bad, total, target=target, pairs=[pair])[0]
    return firing


def pairs_firing(bad: ArrayLike, total: ArrayLike, *, target: Exact, pairs: Sequence[Pair]) -> Bools:
    """`burn_firing` for several pairs at once: shape (pairs, *shape of `bad`)."""
    failed, all_ = _counts(bad, "bad"), _counts(total, "total")
    if failed.shape != all_.shape:
        raise ValueError(f"bad and total have different shapes, {failed.shape} and {all_.shape}")
    shares = _shares(target, pairs)
    out = np.zeros((len(pairs), *failed.shape), dtype=np.bool_)
    rows = out.reshape(len(pairs), -1, failed.shape[-1]) if out.size else out[:, :0]
    buffers = _Buffers(failed.shape[-1])
    for i, (b, t) in enumerate(zip(_rows(failed), _rows(all_), strict=True)):
        _fire_row(b, t, pairs, shares, buffers, rows[:, i])
    return out


class _Buffers:
    """Scratch for one series, so that a thousand of them allocate once."""

    def __init__(self, minutes: int) -> None:
        shape = minutes + 1
        self.bad, self.total, self.excess, self.product = (np.zeros(shape, dtype=np.int64) for _ in range(4))
        self.short = np.zeros(minutes, dtype=np.bool_)


def _fire_row(
    bad: Integers,
    total: Integers,
    pairs: Sequence[Pair],
    shares: Sequence[Fraction],
    buffers: _Buffers,
    out: Bools,
) -> None:
    """`out[k]` becomes whether pair k fires. All pairs share q, so that q*bad is made once."""
    if not len(bad):
        return
    q = lcm(*(share.denominator for share in shares))
    tops = [share.numerator * (q // share.denominator) for share in shares]
    if _fits(bad, q) and _fits(total, max(tops)):
        cum_bad = np.cumsum(bad, out=buffers.bad[1:], dtype=np.int64)
        cum_total = np.cumsum(total, out=buffers.total[1:], dtype=np.int64)
        np.multiply(cum_bad, q, out=cum_bad)
        for pair, top, row in zip(pairs, tops, out, strict=True):
            np.multiply(cum_total, top, out=buffers.product[1:])
            np.subtract(cum_bad, buffers.product[1:], out=buffers.excess[1:])
            _breach(buffers.excess, buffers.total, pair, row, buffers.short)
            _enough(buffers.bad, pair, pair.minimum_bad * q, row)
        return
    cum_bad, cum_total = _cumulated(bad), _cumulated(total)
    for pair, top, row in zip(pairs, tops, out, strict=True):
        _breach(cum_bad * q - cum_total * top, cum_total, pair, row, buffers.short)
        _enough(cum_bad, pair, pair.minimum_bad, row)


def _enough(bad: Integers, pair: Pair, least: int, row: Bools) -> None:
    """Clears minutes in which a window holds fewer bad events than `least` (a burning one has one)."""
    if pair.minimum_bad <= 1 or not row.any():
        return
    for window in (pair.long_window, pair.short_window):
        past = bad[np.maximum(np.arange(1, len(bad)) - window, 0)]
        row &= np.asarray(bad[1:] - past >= least, dtype=np.bool_)


def _breach(excess: Integers, traffic: Integers, pair: Pair, row: Bools, short: Bools) -> None:
    compare = np.greater_equal if pair.inclusive else np.greater
    _against_past(compare, excess, pair.long_window, row)
    if not row.any():
        return
    _against_past(compare, excess, pair.short_window, short)
    np.logical_and(row, short, out=row)
    if pair.inclusive:  # no traffic burns exactly as fast as anything
        for window in (pair.long_window, pair.short_window):
            _against_past(np.greater, traffic, window, short)
            np.logical_and(row, short, out=row)


def _against_past(compare: np.ufunc, series: Integers, window: int, out: Bools) -> None:
    """out[t] = compare(series[t + 1], series[t + 1 - window]), the series being 0 before its start."""
    head = min(window, len(out))
    compare(series[1 : head + 1], series[0], out=out[:head])
    compare(series[head + 1 :], series[1 : len(out) - head + 1], out=out[head:])


def _shares(target: Exact, pairs: Sequence[Pair]) -> list[Fraction]:
    """threshold x budget of each pair: the share of bad that is too much."""
    goal = _exact(target, "target")
    if not 0 <= goal < 1:
        raise ValueError(f"the target {target} is not a share from 0 up to, but not, 1")
    for pair in pairs:
        windows = (pair.long_window, pair.short_window)
        if not all(isinstance(window, int | np.integer) and window >= 1 for window in windows):
            raise ValueError(
                f"a window is a whole number of minutes, at least one: {windows[0]} and {windows[1]} given"
            )
    shares = [_exact(pair.threshold, "threshold") * (1 - goal) for pair in pairs]
    if not all(share > 0 for share in shares):
        raise ValueError("a threshold is above 0")
    return shares


def _exact(value: Exact, what: str) -> Fraction:
    if isinstance(value, Fraction):
        return value
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"the {what} `{value}` is not a number") from None


def _counts(values: ArrayLike, what: str) -> Integers:
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim not in (1, 2):
        raise ValueError(f"{what} has {array.ndim} dimensions, not (minutes,) or (SLOs, minutes)")
    if array.dtype.kind == "u":
        array = array.astype(np.int64) if array.max(initial=0) < 2**63 else array.astype(object)
    if array.dtype.kind != "i":
        numpys, array = array.dtype, _as_given(values, array)
        if not _whole(array):
            raise ValueError(f"{what} must be integers, not {numpys}")
    if array.size and array.min() < 0:
        raise ValueError(f"{what} counts events, and has a negative number")
    return array


def _as_given(values: ArrayLike, array: Integers) -> Integers:
    """Numpy makes floats of a list with integers beyond int64 in it; here they stay what they were."""
    return array if isinstance(values, np.ndarray) else np.array(values, dtype=object)


def _whole(array: Integers) -> bool:
    kinds = {type(value) for value in array.flat} if array.dtype == object else {array.dtype.type}
    return all(issubclass(kind, int | np.integer) and kind is not bool for kind in kinds)


def _rows(array: Integers) -> Integers:
    return array.reshape(-1, array.shape[-1]) if array.shape[-1] else array.reshape(0, 0)


def _fits(values: Integers, factor: int) -> bool:
    """Whether neither the factor nor a cumulated value, multiplied, leaves int64."""
    return values.dtype != object and max(int(values.max()) * len(values), 1) * factor < 2**63


def _cumulated(values: Integers) -> Integers:
    return np.concatenate([[0], np.cumsum(values.astype(object))])

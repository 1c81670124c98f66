"""Exact sums of arrays: integers stay integers, decimals become integers over a power of ten.

A float is taken as the shortest decimal that reads back as it (0.9995 is 9995/10000), since that
is what was written, and as its exact binary value when it has more than 15 decimals.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[Any]  # int64, or Python integers (dtype object) where int64 could overflow
_FLOAT_EXACT = 2**53
_DECIMALS = (3, 6, 9, 12, 15)


def integers(values: NDArray[Any]) -> tuple[Ints, int]:
    """(n, scale) with n / scale equal to the values."""
    if values.dtype.kind == "i":
        return values, 1
    if values.dtype.kind == "O":
        return _of_fractions(values)
    if _whole(values):
        return values.astype(np.int64), 1
    for places in _DECIMALS:
        with np.errstate(over="ignore"):
            near = np.rint(values * 10**places)
        if _whole(near) and np.array_equal(near / 10**places, values):
            return near.astype(np.int64), 10**places
    return _binary(values)


def _whole(values: NDArray[Any]) -> bool:
    return bool(np.all(np.abs(values) < _FLOAT_EXACT)) and bool(np.array_equal(np.rint(values), values))


def _binary(values: NDArray[Any]) -> tuple[Ints, int]:
    parts = [float(v).as_integer_ratio() for v in values]
    scale = lcm(*(d for _, d in parts))
    return np.array([n * (scale // d) for n, d in parts], dtype=object), scale


def _of_fractions(values: NDArray[Any]) -> tuple[Ints, int]:
    scale = lcm(*{v.denominator for v in values})
    return np.array([v.numerator * (scale // v.denominator) for v in values], dtype=object), scale


def added(numbers: list[Fraction]) -> Fraction:
    """Their sum, by halves: numbers grow long only in the last steps."""
    if len(numbers) < 3:
        return sum(numbers, Fraction(0))
    middle = len(numbers) // 2
    return added(numbers[:middle]) + added(numbers[middle:])


def common(a: tuple[Ints, int], b: tuple[Ints, int]) -> tuple[Ints, Ints, int]:
    """Both over one scale."""
    scale = lcm(a[1], b[1])
    return scaled(a[0], scale // a[1]), scaled(b[0], scale // b[1]), scale


def scaled(values: Ints, factor: int) -> Ints:
    """values * factor, in Python integers where int64 could overflow."""
    return values if factor == 1 else safe(values, factor) * factor


def safe(values: Ints, factor: int = 1) -> Ints:
    """The values in a type that holds the sum of all of them, times the factor."""
    if values.dtype == object or not len(values):
        return values
    largest = max(abs(int(values.max())), abs(int(values.min())))
    return values.astype(object) if largest * len(values) * abs(factor) >= 2**62 else values


def running(values: Ints) -> Ints:
    """Sums of the first 0, 1, ... n values."""
    out = np.zeros(len(values) + 1, dtype=object if safe(values).dtype == object else np.int64)
    np.cumsum(safe(values), out=out[1:])
    return out

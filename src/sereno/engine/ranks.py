"""The k smallest of any stretch of a sequence, for many stretches at once.

A wavelet matrix (Claude and Navarro, 2012) over the samples' places in sorted order: one level a
bit, each answered for all stretches by a few array look-ups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sereno.engine.series import Floats

Indexes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """Of the first i: `zeros[i]` have bit 0, which weigh `weight[i]` and sum up to `sums[i]` (if asked)."""

    zeros: Indexes
    weight: Floats | Indexes
    sums: Floats | None


class Ranks:
    """Built once from values and their weights, O(n log n); a query costs O(log n) a stretch."""

    def __init__(self, values: Floats, weights: Floats, *, sums: bool) -> None:
        """`sums`: whether `smallest` is asked for sums."""
        self._sorted, places = np.unique(values, return_inverse=True)
        self._levels: list[_Level] = []
        even = bool(np.all(weights == 1))
        for bit in reversed(range(max(1, int(len(self._sorted) - 1).bit_length()))):
            zero = (places >> bit) & 1 == 0
            self._levels.append(_level(zero, values if sums else None, None if even else weights))
            order = np.concatenate([np.flatnonzero(zero), np.flatnonzero(~zero)])
            places = places[order]
            values = values[order] if sums else values
            weights = weights if even else weights[order]

    def smallest(self, k: Floats, start: Indexes, stop: Indexes) -> tuple[Floats, Floats]:
        """Of each stretch values[start:stop]: the k-th smallest value, and the sum of the k smallest.

        k counts by weight. For an empty stretch the value is NaN and the sum 0; without `sums`, so is any.
        """
        empty = stop <= start
        if not len(self._sorted):
            return np.full(len(k), np.nan), np.zeros(len(k))
        left, place, below = k.copy(), np.zeros(len(k), dtype=np.int64), np.zeros(len(k))
        for level in self._levels:
            first, last = level.zeros[start], level.zeros[stop]
            light = level.weight[stop] - level.weight[start]
            up = left > light
            if level.sums is not None:
                below += np.where(up, level.sums[stop] - level.sums[start], 0.0)
            left -= np.where(up, light, 0.0)
            place = 2 * place + up
            total = level.zeros[-1]
            start = np.where(up, total + start - first, first)
            stop = np.where(up, total + stop - last, last)
        value = self._sorted[np.minimum(place, len(self._sorted) - 1)]
        summed = self._levels[0].sums is not None
        return np.where(empty, np.nan, value), np.where(empty, 0.0, (below + left * value) * summed)


def _level(zero: NDArray[np.bool_], values: Floats | None, weights: Floats | None) -> _Level:
    """Without weights each value weighs 1, and the weights are the numbers."""
    zeros = np.concatenate([[0], np.cumsum(zero)])
    light = np.where(zero, 1.0 if weights is None else weights, 0.0)
    weight = zeros if weights is None else np.concatenate([[0.0], np.cumsum(light)])
    return _Level(
        zeros, weight, None if values is None else np.concatenate([[0.0], np.cumsum(light * values)])
    )

"""CloudWatch statistics over sliding windows of slots.

Sums of whole numbers are cumulated exactly; other sums are added up window by window, so that a
window of zeros is 0 and not what rounding left over. Percentiles and trimmed statistics rank the
samples: of n samples, `p99` is the one of rank ceil(0.99 n), and `TM(10%:90%)` cuts the lowest
floor(0.1 n) and keeps those up to rank ceil(0.9 n). CloudWatch does not publish how it interpolates;
this does not.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sereno.engine.ranks import Ranks
from sereno.engine.series import Floats, Slots
from sereno.vendors.cloudwatch.statistic import Statistic

Indexes = NDArray[np.int64]
EXACT = 2.0**53  # the last whole number up to which float64 has them all


def window_values(slots: Slots, statistic: Statistic, width: int, ends: Indexes) -> Floats:
    """The statistic of the `width` slots before each index of `ends` (0 to n); NaN where there is no data.

    Slots before the first are empty.
    """
    match statistic.kind:
        case "SampleCount":
            return _or_nan(window_counts(slots, width, ends))
        case "Sum":
            return _where_data(slots, width, ends, _sums(_filled(slots.total), width)[ends])
        case "Average":
            counts = window_counts(slots, width, ends)
            return _divide(_sums(_filled(slots.total), width)[ends], counts)
        case "Minimum":
            return _extremes(np.minimum, slots.low, np.inf, slots, width, ends)
        case "Maximum":
            return _extremes(np.maximum, slots.high, -np.inf, slots, width, ends)
    samples = _samples(slots)
    if statistic.percent:
        return _ranked(samples, statistic, width, ends)
    return _bounded(samples, statistic, width, ends)


def window_counts(slots: Slots, width: int, ends: Indexes) -> Floats:
    """SampleCount of the `width` slots before each index of `ends`; 0 where there is no data."""
    return _sums(slots.count, width)[ends]


def _where_data(slots: Slots, width: int, ends: Indexes, values: Floats) -> Floats:
    return np.where(window_counts(slots, width, ends) > 0, values, np.nan)


def _or_nan(counts: Floats) -> Floats:
    return np.where(counts > 0, counts, np.nan)


def _filled(values: Floats) -> Floats:
    return np.nan_to_num(values, nan=0.0)


def _divide(above: Floats, below: Floats) -> Floats:
    quotient: Floats = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return quotient


def _extremes(op: np.ufunc, values: Floats, empty: float, slots: Slots, width: int, ends: Indexes) -> Floats:
    filled = np.where(slots.count > 0, values, empty)
    return _where_data(slots, width, ends, _slide(op, filled, width, empty)[ends])


def _sums(values: Floats, width: int) -> Floats:
    """The sum of the `width` values before each index from 0 to n."""
    if _whole(values):
        sums = np.concatenate([[0.0], np.cumsum(values)])
        return np.concatenate([sums[:width], sums[width:] - sums[: max(0, len(sums) - width)]])
    return _slide(np.add, values, width, 0.0)


def _whole(values: Floats) -> bool:
    return bool(np.all(values == np.rint(values)) and np.sum(np.abs(values)) < EXACT)


def _slide(op: np.ufunc, values: Floats, width: int, empty: float) -> Floats:
    """`op` over the `width` values before each index from 0 to n: blocks from both sides, nothing subtracted.

    van Herk, "A fast algorithm for local minimum and maximum filters", 1992: each window is the end
    of one block and the beginning of the next.
    """
    n = len(values)
    tail = -(n + width) % width
    padded = np.concatenate([np.full(width, empty), values, np.full(tail, empty)]).reshape(-1, width)
    ahead = op.accumulate(padded, axis=1).ravel()
    behind = np.ascontiguousarray(op.accumulate(padded[:, ::-1], axis=1)[:, ::-1]).ravel()
    first = np.arange(n + 1)
    whole_block = first % width == 0
    return np.where(whole_block, behind[first], op(behind[first], ahead[first + width - 1]))


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """Every sample in slot order; those of slot i are first[i]:first[i + 1]."""

    values: Floats
    weights: Floats
    first: Indexes


def _samples(slots: Slots) -> _Samples:
    """A slot without raw samples is `count` times its average."""
    parts = list(_slot_samples(slots))
    values = np.concatenate([v for v, _ in parts]) if parts else np.empty(0)
    weights = np.concatenate([w for _, w in parts]) if parts else np.empty(0)
    return _Samples(values, weights, np.cumsum([0, *(len(v) for v, _ in parts)]))


def _slot_samples(slots: Slots) -> Iterator[tuple[Floats, Floats]]:
    for i, count in enumerate(slots.count):
        raw = slots.samples.get(i)
        if count <= 0:
            yield np.empty(0), np.empty(0)
        elif raw is not None and len(raw):
            yield raw, np.full(len(raw), count / len(raw))
        else:
            yield slots.total[i : i + 1] / count, slots.count[i : i + 1]


def _spans(samples: _Samples, width: int, ends: Indexes) -> tuple[Indexes, Indexes]:
    return samples.first[np.maximum(ends - width, 0)], samples.first[ends]


def _bounded(samples: _Samples, statistic: Statistic, width: int, ends: Indexes) -> Floats:
    """Statistics between two values, the lower excluded, the upper included."""
    low = -np.inf if statistic.low is None else float(statistic.low)
    high = np.inf if statistic.high is None else float(statistic.high)
    inside = (samples.values > low) & (samples.values <= high)
    start, stop = _spans(samples, width, ends)
    counts = _between(samples.weights, start, stop)
    within = _between(np.where(inside, samples.weights, 0.0), start, stop)
    worth = (
        np.clip(samples.values, low, high)
        if statistic.kind == "wm"
        else np.where(inside, samples.values, 0.0)
    )
    totals = _between(worth * samples.weights, start, stop)
    figures: dict[str, Callable[[], Floats]] = {
        "tc": lambda: within,
        "ts": lambda: totals,
        "pr": lambda: 100 * _divide(within, counts),
        "tm": lambda: _divide(totals, within),
        "wm": lambda: _divide(
            _between(np.clip(samples.values, low, high) * samples.weights, start, stop), counts
        ),
    }
    return np.where(counts > 0, figures[statistic.kind](), np.nan)


def _between(values: Floats, start: Indexes, stop: Indexes) -> Floats:
    """The sum of values[start:stop] for each pair."""
    if _whole(values):
        sums = np.concatenate([[0.0], np.cumsum(values)])
        return np.asarray(sums[stop] - sums[start])
    return np.array([values[a:b].sum() for a, b in zip(start, stop, strict=True)])


def _ranked(samples: _Samples, statistic: Statistic, width: int, ends: Indexes) -> Floats:
    """Statistics between two percentiles of the samples."""
    start, stop = _spans(samples, width, ends)
    counts = _between(samples.weights, start, stop)
    ranks = Ranks(samples.values, samples.weights, sums=statistic.kind != "p")
    low, high = _cut_off(statistic.low, counts), _rank(statistic.high, 100, counts)
    top, _ = ranks.smallest(np.maximum(high, 1), start, stop)
    if statistic.kind == "p":
        return np.where(counts > 0, top, np.nan)
    (_, below), (_, upto) = (ranks.smallest(k, start, stop) for k in (low, high))
    bottom, _ = ranks.smallest(np.maximum(_rank(statistic.low, 0, counts), 1), start, stop)
    kept = high - low
    figures: dict[str, Callable[[], Floats]] = {
        "tc": lambda: kept,
        "ts": lambda: upto - below,
        "tm": lambda: _divide(upto - below, kept),
        "wm": lambda: _divide(upto - below + low * bottom + (counts - high) * top, counts),
    }
    return np.where(counts > 0, figures[statistic.kind](), np.nan)


def _cut_off(percentage: Decimal | None, counts: Floats) -> Floats:
    """floor(percentage x count), exactly."""
    return counts - _rank(100 - (percentage or Decimal(0)), 100, counts)


def _rank(percentage: Decimal | None, default: int, counts: Floats) -> Floats:
    """ceil(percentage x count), exactly."""
    share = Fraction(default if percentage is None else percentage) / 100
    whole = counts.astype(np.int64)
    return np.asarray(-(-whole * share.numerator // share.denominator), dtype=np.float64)

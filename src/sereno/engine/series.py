"""What the engine reads: a metric's data, slot by slot, as CloudWatch stores it.

A slot is a minute (or 1 to 30 s for high resolution). "No data" is a count of zero,
never a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MetricKey:
    """A metric's identity; `dimensions` are sorted by name."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """Statistic sets of n slots of `resolution` seconds; slot i covers [start + i*resolution, +resolution).

    Where `count` is 0 there is no data, and `total`, `low`, `high` are NaN. `samples` holds the
    raw values of a slot, sorted, for percentiles and trimmed statistics; a slot that has
    none there, but a count, is taken as `count` equal values of `total / count`.
    """

    start: int  # epoch seconds, a multiple of `resolution`
    count: Floats
    total: Floats
    low: Floats
    high: Floats
    resolution: int = 60
    samples: Mapping[int, Floats] = field(default_factory=dict)


class History(Protocol):
    """Where metrics come from: the local store, a file, a test's series."""

    def read(self, key: MetricKey, start: int, end: int) -> Slots:
        """The slots of [start, end); unknown metrics and missing slots have count 0."""

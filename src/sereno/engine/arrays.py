"""A history in memory: arrays of one value a minute, by the metric's name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from sereno.engine.series import Floats, MetricKey, Slots

MINUTE: Final = 60
_METRIC: Final = re.compile(r"(?P<namespace>[^:{}]+):(?P<metric>[^{}]+?)(?:\{(?P<dimensions>.*)\})?")


def metric_key(text: str) -> MetricKey:
    """A metric written as `NAMESPACE:METRIC{Name=value,...}`. Raises ValueError, which says how one is."""
    found = _METRIC.fullmatch(text)
    pairs = [part.split("=", 1) for part in (found["dimensions"] or "").split(",") if part] if found else []
    if found is None or any(len(pair) != 2 for pair in pairs):
        raise ValueError(
            f"`{text}` names no metric: write NAMESPACE:METRIC{{Name=value}}, "
            "such as AWS/SQS:NumberOfMessagesSent{QueueName=users}"
        )
    named = sorted((name.strip(), value.strip().strip('"')) for name, value in pairs)
    return MetricKey(found["namespace"], found["metric"], tuple(named))


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """A `History` of values, each one sample of its slot; NaN or None where there is none.

    Keys are `MetricKey` or text (see `metric_key`). `start` is when the first slot begins, epoch seconds;
    `resolution` is a slot's length in seconds. Before and after the arrays there is no data.
    """

    metrics: Mapping[MetricKey | str, ArrayLike | Sequence[float | None]]
    start: int = 0
    resolution: int = MINUTE

    def read(self, key: MetricKey, start: int, end: int) -> Slots:
        found = np.full(max(0, (end - start) // self.resolution), np.nan)
        for name, values in self.metrics.items():
            if (metric_key(name) if isinstance(name, str) else name) == key:
                _place(np.asarray(values, dtype=np.float64), (self.start - start) // self.resolution, found)
        return Slots(start, (~np.isnan(found)).astype(np.float64), found, found, found, self.resolution)


def _place(values: Floats, at: int, into: Floats) -> None:
    """Writes `values` into the slots from `at` on, as far as there are slots."""
    first, last = max(at, 0), min(at + len(values), len(into))
    if first < last:
        into[first:last] = values[first - at : last - at]

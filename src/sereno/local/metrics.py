"""The local metric store: what CloudWatch would hold of this machine, in metric time.

Bounded: `DAYS` of minute slots a metric (46 kB a day that has data), `FINE_HOURS` of one-second
slots for metrics that ask for them, `METRICS` metrics, and `VALUES` distinct raw values over all
metrics (16 bytes each, a slot costing `SLOT` more); past that the oldest raw values go first, and
percentiles of their slots are no longer exact. What is turned away is counted in `dropped`.
"""

from __future__ import annotations

import math
import threading
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sereno.engine.series import Floats, MetricKey, Slots
from sereno.local.clock import MINUTE, Clock

DAYS = 31
FINE_HOURS = 3  # CloudWatch, too, keeps periods under a minute for three hours
METRICS = 5_000
VALUES = 2_000_000
SLOT = 20  # what the bookkeeping of one slot's raw values weighs, in values
PAST, FUTURE = 14 * 86_400, 2 * 3_600  # seconds; PutMetricData refuses what is older or later

_CHUNK = 1_440  # slots
_COUNT, _TOTAL, _LOW, _HIGH = range(4)
_EMPTY = np.array([[0.0], [0.0], [np.inf], [-np.inf]])

Packed = tuple[Floats, NDArray[np.int64]]  # each distinct value, ascending, and how often it came


def key(namespace: str, metric: str, dimensions: Mapping[str, str] | None = None) -> MetricKey:
    """A metric's identity, its dimensions sorted by name."""
    return MetricKey(namespace, metric, tuple(sorted((dimensions or {}).items())))


@dataclass(frozen=True, slots=True)
class _Samples(Mapping[int, Floats]):
    """Unpacks a slot's raw values only when a percentile asks for them."""

    packed: Mapping[int, Packed]

    def __getitem__(self, index: int) -> Floats:
        return np.repeat(*self.packed[index])

    def __iter__(self) -> Iterator[int]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)


class _Series:
    """One metric at one resolution: statistic sets in chunks of slots, and the raw values beside them."""

    def __init__(self, resolution: int, keep: int) -> None:
        self.resolution = resolution
        self.keep = keep  # chunks
        self.chunks: dict[int, Floats] = {}
        self.fresh: dict[int, array[float]] = {}  # raw values as they came
        self.packed: dict[int, Packed] = {}

    def add(self, slot: int, values: Sequence[float]) -> bool:
        """Adds to a slot; whether that began a new chunk."""
        chunk, index = divmod(slot, _CHUNK)
        began = chunk not in self.chunks
        if began:
            self.chunks[chunk] = np.repeat(_EMPTY, _CHUNK, axis=1)
        column = self.chunks[chunk][:, index]
        if self._reopen(slot, column):
            self.fresh[slot].extend(values)
        column[_COUNT] += len(values)
        column[_TOTAL] += math.fsum(values)
        column[_LOW] = min(column[_LOW], *values)
        column[_HIGH] = max(column[_HIGH], *values)
        return began

    def expire(self) -> int:
        """Drops chunks past their time; the weight of the raw values that went with them."""
        last = max(self.chunks, default=0) - self.keep
        for chunk in [c for c in self.chunks if c <= last]:
            del self.chunks[chunk]
        return sum(self.forget(slot) for slot in [s for s in self.packed if s // _CHUNK <= last])

    def pack(self, slot: int) -> int:
        """Folds a slot's fresh values into its packed ones; the weight this adds.

        A slot of one distinct value keeps none: its count and lowest value say it all.
        """
        fresh, had = np.array(self.fresh.pop(slot)), self.packed.pop(slot, None)
        both = fresh if had is None else np.concatenate((np.repeat(*had), fresh))
        values, counts = np.unique(both, return_counts=True)
        if len(values) > 1:
            self.packed[slot] = values, counts
        return _weight(self.packed.get(slot)) - _weight(had)

    def forget(self, slot: int) -> int:
        """Drops a slot's packed values; what they weighed."""
        return _weight(self.packed.pop(slot, None))

    def read(self, first: int, stop: int) -> Slots:
        table = np.repeat(_EMPTY, max(stop - first, 0), axis=1)
        for chunk in range(first // _CHUNK, (stop - 1) // _CHUNK + 1):
            if chunk in self.chunks:
                low, high = max(first, chunk * _CHUNK), min(stop, (chunk + 1) * _CHUNK)
                part = self.chunks[chunk][:, low - chunk * _CHUNK : high - chunk * _CHUNK]
                table[:, low - first : high - first] = part
        table[_TOTAL:, table[_COUNT] == 0] = np.nan
        near = range(first, stop) if stop - first < len(self.packed) else tuple(self.packed)
        packed = {s - first: self.packed[s] for s in near if s in self.packed and first <= s < stop}
        count, total, lowest, highest = table
        start = first * self.resolution
        return Slots(start, count, total, lowest, highest, self.resolution, _Samples(packed))

    def _reopen(self, slot: int, column: Floats) -> bool:
        """Makes the slot ready for raw values; False where some of its own are gone already."""
        if slot in self.fresh:
            return True
        one = column[_LOW] == column[_HIGH]
        whole = column[_COUNT] == 0 or slot in self.packed or one
        if whole:
            again = int(column[_COUNT]) if one and slot not in self.packed else 0
            self.fresh[slot] = array("d", [column[_LOW]]) * again
        return bool(whole)


def _weight(packed: Packed | None) -> int:
    return 0 if packed is None else SLOT + len(packed[0])


@dataclass(eq=False)
class _Metric:
    unit: str
    minutes: _Series = field(default_factory=lambda: _Series(MINUTE, DAYS * 86_400 // MINUTE // _CHUNK + 1))
    seconds: _Series | None = None  # only once a value came with storage resolution 1
    newest: int = 0  # metric time of the newest value, whole seconds


class MetricStore:
    """`engine.series.History` over what was put; safe from any thread."""

    def __init__(self, clock: Clock, other_names: Mapping[MetricKey, MetricKey] | None = None) -> None:
        """`other_names`: by which a metric may be read as well (see `second_names.py`)."""
        self.clock = clock
        self._other_names = other_names or {}
        self.dropped: Counter[str] = Counter()  # reason -> values turned away
        self._metrics: dict[MetricKey, _Metric] = {}
        self._kept = 0
        self._order: deque[tuple[_Series, int]] = deque()  # packed slots, oldest first
        self._lock = threading.Lock()

    def put(
        self,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        values: Sequence[float],
        *,
        at: float | None = None,
        unit: str = "None",
        resolution: int = MINUTE,
    ) -> None:
        """Values observed at a wall time (now, if not said), as PutMetricData takes them."""
        now = self.clock.now()
        when = now if at is None else self.clock.metric(at)
        if now - PAST <= when <= now + FUTURE:
            self.put_slot(key(namespace, metric, dimensions), math.floor(when), values, unit, resolution)
        else:
            self._drop("too old or too far ahead", values)

    def put_slot(
        self,
        metric: MetricKey,
        when: int,
        values: Sequence[float],
        unit: str = "None",
        resolution: int = MINUTE,
    ) -> None:
        """Values at a metric time (epoch seconds), whatever the clock says."""
        finite = [float(v) for v in values if math.isfinite(v)]
        if len(finite) < len(values):
            self._drop("not a finite number", values[len(finite) :])
        with self._lock:
            held = self._held(metric, unit)
            if held is not None and finite:
                self._add(held, when, finite, resolution)
            elif held is None:
                self.dropped["more metrics than the store keeps"] += len(finite)

    def read(self, key: MetricKey, start: int, end: int) -> Slots:
        """The slots of [start, end) in metric time; one-second slots where the metric has them
        and the window is within the last `FINE_HOURS`, minutes otherwise."""
        with self._lock:
            held = self._metrics.get(self._other_names.get(key, key)) or _Metric("None")
            series = held.minutes
            if held.seconds is not None and start >= held.newest - FINE_HOURS * 3_600:
                series = held.seconds
            first, stop = start // series.resolution, -(-end // series.resolution)
            self._pack(series, [slot for slot in series.fresh if first <= slot < stop])
            return series.read(first, stop)

    def list(self) -> tuple[MetricKey, ...]:
        """Every metric that has had a value."""
        with self._lock:
            return tuple(self._metrics)

    def unit(self, key: MetricKey) -> str:
        """The unit its values came with, `None` when unknown."""
        with self._lock:
            return self._metrics[key].unit if key in self._metrics else "None"

    def _held(self, metric: MetricKey, unit: str) -> _Metric | None:
        if metric not in self._metrics and len(self._metrics) >= METRICS:
            return None
        return self._metrics.setdefault(metric, _Metric(unit))

    def _add(self, held: _Metric, when: int, values: Sequence[float], resolution: int) -> None:
        held.newest = max(held.newest, when)
        if resolution < MINUTE:
            held.seconds = held.seconds or _Series(1, FINE_HOURS * 3_600 // _CHUNK + 1)
            self._add_to(held.seconds, when, values)
        self._add_to(held.minutes, when // MINUTE, values)

    def _add_to(self, series: _Series, slot: int, values: Sequence[float]) -> None:
        if slot not in series.fresh:
            self._pack(series, tuple(series.fresh))
        if series.add(slot, values):
            self._kept -= series.expire()

    def _pack(self, series: _Series, slots: Sequence[int]) -> None:
        for slot in slots:
            new = slot not in series.packed
            self._kept += series.pack(slot)
            if new and slot in series.packed:
                self._order.append((series, slot))
        while self._kept > VALUES:
            oldest, slot = self._order.popleft()
            self._kept -= oldest.forget(slot)

    def _drop(self, reason: str, values: Sequence[float]) -> None:
        with self._lock:
            self.dropped[reason] += len(values)

"""Days that are over are asked for once: a daily report of 90 days asks for a day.

One file a metric, holding its points of an unbroken stretch of closed days. A day is closed six hours
after it ended: CloudWatch shows within two hours what is sent to it up to a day late
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html), so that what
was sent four hours late is in. What is kept stays as fine as it was when it was fresh. A file that
cannot be read is as good as none.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np

from sereno import whole
from sereno.errors import Unable
from sereno.language.model import DAY, HOUR
from sereno.vendors.backend import Event, Metric, Observer, Points, Unavailable

CLOSED_AFTER: Final = 6 * HOUR


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of [start, end)."""

    start: int
    end: int
    points: Points


@dataclass(frozen=True, slots=True)
class CachedObserver:
    """An `Observer` that keeps closed days in a folder, or raises `Unable`. `scope` sets apart what one
    folder holds of several environments; `now` is the moment by which a day is closed."""

    source: Observer
    folder: Path
    scope: str
    now: int

    def observe(
        self, metrics: Sequence[Metric], start: int, end: int
    ) -> Mapping[Metric, Points | Unavailable]:
        kept = {m: self._read(m, start) for m in metrics}
        found: dict[Metric, Points | Unavailable] = {}
        # Most metrics are kept up to the same day, so that they are asked for in one go.
        for since in sorted({self._since(k, start, end) for k in kept.values()}):
            wanted = [m for m in metrics if self._since(kept[m], start, end) == since]
            fresh = self.source.observe(wanted, since, end) if since < end else {}
            found |= {m: self._joined(m, kept[m], fresh.get(m), since, start, end) for m in wanted}
        return found

    def events(self, names: Sequence[str], start: int, end: int) -> Sequence[Event] | Unavailable:
        return self.source.events(names, start, end)

    def _since(self, kept: _Kept | None, start: int, end: int) -> int:
        """From when on the source must be asked."""
        return start if kept is None else min(kept.end, end)

    def _joined(
        self,
        metric: Metric,
        kept: _Kept | None,
        fresh: Points | Unavailable | None,
        since: int,
        start: int,
        end: int,
    ) -> Points | Unavailable:
        if isinstance(fresh, Unavailable):
            return fresh
        parts = [p for p in (kept.points if kept else None, fresh) if p is not None]
        whole = _concatenated(parts)
        known = _Kept(kept.start, max(kept.end, end), whole) if kept else _Kept(since, end, whole)
        self._write(metric, known)
        return _cut(whole, start, end)

    def _path(self, metric: Metric) -> Path:
        return self.folder / f"{hashlib.sha256(f'{self.scope} {metric!r}'.encode()).hexdigest()[:32]}.npz"

    def _read(self, metric: Metric, start: int) -> _Kept | None:
        """What is kept, if the start is in it: else there would be a hole."""
        try:
            with self._path(metric).open("rb") as stream, np.load(stream) as file:
                first, last = (int(edge) for edge in file["covers"])
                points = Points(file["times"], file["seconds"], file["values"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None
        return _Kept(first, last, points) if first <= start <= last else None

    def _write(self, metric: Metric, known: _Kept) -> None:
        """Closed days only."""
        end = min(known.end, (self.now - CLOSED_AFTER) // DAY * DAY)
        if end <= known.start:
            return
        points = _cut(known.points, known.start, end)
        packed = io.BytesIO()
        covers = np.array([known.start, end])
        np.savez(packed, covers=covers, times=points.times, seconds=points.seconds, values=points.values)
        try:
            whole.write(self._path(metric), packed.getvalue())
        except OSError as error:
            raise Unable(f"the cache {self.folder} cannot be written: {error.strerror}") from error


def _concatenated(parts: Sequence[Points]) -> Points:
    empty = np.empty(0, dtype=np.int64)
    if not parts:
        return Points(empty, empty, np.empty(0))
    return Points(
        np.concatenate([p.times for p in parts]),
        np.concatenate([p.seconds for p in parts]),
        np.concatenate([p.values for p in parts]),
    )


def _cut(points: Points, start: int, end: int) -> Points:
    low, high = np.searchsorted(points.times, (start, end))
    return Points(points.times[low:high], points.seconds[low:high], points.values[low:high])

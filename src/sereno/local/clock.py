"""The metric clock: at warp 60 a second of this machine counts as a metric minute.

Only metrics, alarms and the schedules of metric minutes live on it. Timeouts, visibility,
traces and rows stay on the wall clock, since the functions under test must not notice.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

MINUTE = 60


def _whole_second() -> float:
    return float(math.floor(time.time()))


@dataclass(frozen=True, slots=True)
class Clock:
    """Metric time in epoch seconds: `t0 + (wall - t0) * warp`. At warp 1 it is the wall clock.

    `t0` is a whole second, so a stack's first metric minutes begin near its start and two
    stacks of one warp, started in one second, agree.
    """

    warp: float = 1.0
    t0: float = field(default_factory=_whole_second)

    def metric(self, wall: float) -> float:
        """The metric time of a wall time, both in epoch seconds."""
        return self.t0 + (wall - self.t0) * self.warp

    def wall(self, metric: float) -> float:
        """The wall time at which this metric time is reached: what a ticker sleeps until."""
        return self.t0 + (metric - self.t0) / self.warp

    def pace(self) -> tuple[str, ...]:
        """What a reader of metric times must know; nothing where they are the clock's."""
        lasts = f"a minute of which lasts {MINUTE / self.warp:.3g} s: it is ahead of the clock"
        return (f"all times are the local stack's metric time, {lasts}",) if self.warp != 1 else ()

    def now(self) -> float:
        """Metric time now, epoch seconds."""
        return self.metric(time.time())

    def minute(self) -> int:
        """The start of the running metric minute, epoch seconds (a multiple of 60)."""
        return math.floor(self.now() / MINUTE) * MINUTE

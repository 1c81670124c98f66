"""When an alarm is evaluated, and over which stretches of time.

Every minute; every 10 s for periods of 10, 20 or 30 s; once an hour for windows of more than a day,
and then only over data up to the full hour. A sliding window ends at the minute of the evaluation,
a wall-clock window at the last full period of its zone. Times are epoch seconds.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from sereno.engine.parameters import Parameters
from sereno.engine.payload import CannotEvaluate, MetricAlarm

Times = NDArray[np.int64]

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800


def cadence(alarm: MetricAlarm) -> int:
    """Seconds from one evaluation to the next."""
    if alarm.period < MINUTE:
        return 10
    return HOUR if alarm.period * alarm.n > DAY else MINUTE


def due(alarm: MetricAlarm, times: Times, parameters: Parameters) -> Times:
    """The last moment at or before each time at which the alarm is evaluated."""
    every = cadence(alarm)
    offset = parameters.hourly_at if every == HOUR else 0
    return (times - offset) // every * every + offset


def width(alarm: MetricAlarm, parameters: Parameters) -> int:
    """Datapoints of the evaluation range. A wall-clock window looks at its N periods only."""
    return alarm.n if alarm.wall_clock else alarm.n + parameters.extra_periods


def stretches(alarm: MetricAlarm, at: Times, parameters: Parameters) -> tuple[Times, Times]:
    """Begin and end of each datapoint's period, oldest to newest: two arrays (evaluations, range)."""
    range_ = width(alarm, parameters)
    if alarm.wall_clock:
        edges = _wall_edges(alarm, at, range_)
        return edges[:, :-1], edges[:, 1:]
    newest = at // HOUR * HOUR if cadence(alarm) == HOUR else at
    ends = newest[:, None] - alarm.period * np.arange(range_ - 1, -1, -1)
    return ends - alarm.period, ends


def distinct(values: Times) -> Times:
    """Each value once, ascending. (`numpy.unique` imports all of numpy.ma, 20 ms.)"""
    ordered = np.sort(values, axis=None)
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def earliest(alarm: MetricAlarm, at: int, parameters: Parameters) -> int:
    """Before which nothing is looked at, for an evaluation at `at`; a full hour."""
    longest = max(alarm.period, MINUTE) + (DAY if alarm.wall_clock else HOUR)
    return (at - longest - alarm.period * width(alarm, parameters)) // HOUR * HOUR


def _wall_edges(alarm: MetricAlarm, at: Times, range_: int) -> Times:
    """The last range + 1 full-period boundaries before or at each time, of the alarm's zone."""
    boundaries = _boundaries(alarm, int(at.min()), int(at.max()), range_)
    last = np.searchsorted(boundaries, at, side="right") - 1
    return np.asarray(boundaries[last[:, None] + np.arange(-range_, 1)])


def _boundaries(alarm: MetricAlarm, first: int, last: int, range_: int) -> Times:
    """Where periods of 1 or 5 min, 1 h, 1 day or (from Monday) 1 week begin, from well before `first`."""
    zone = _zone(alarm)
    start = first - alarm.period * (range_ + 1) - 2 * DAY
    if alarm.period < DAY:
        offset = int((datetime.fromtimestamp(first, zone).utcoffset() or timedelta()).total_seconds())
        begin = (start + offset) // alarm.period * alarm.period - offset
        return np.arange(begin, last + 1, alarm.period, dtype=np.int64)
    day = datetime.fromtimestamp(start, zone).date()
    if alarm.period == WEEK:
        day -= timedelta(days=day.weekday())
    step = timedelta(days=alarm.period // DAY)
    found: list[int] = []
    while not found or found[-1] <= last:
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        found.append(int(midnight.astimezone(UTC).timestamp()))
        day += step
    return np.array(found, dtype=np.int64)


def _zone(alarm: MetricAlarm) -> ZoneInfo:
    if alarm.period not in (MINUTE, 5 * MINUTE, HOUR, DAY, WEEK):
        raise CannotEvaluate(alarm.name, "a wall-clock period is 1 or 5 min, 1 h, 1 day or 7 days")
    try:
        return ZoneInfo(str(alarm.wall_clock))
    except (ZoneInfoNotFoundError, ValueError):
        raise CannotEvaluate(alarm.name, f"`{alarm.wall_clock}` is not a time zone") from None

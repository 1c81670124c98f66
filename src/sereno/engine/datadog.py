"""Datadog metric and burn-rate monitors through time.

A window ends `evaluation_delay` before the evaluation; what is compared is `datadog_windows.py`'s.
https://docs.datadoghq.com/monitors/types/metric/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sereno.engine.burn import Pair, pairs_firing
from sereno.engine.datadog_windows import (
    DAY,
    HOUR,
    MINUTE,
    CannotEvaluateMonitor,
    Times,
    Windows,
    bucket,
    full,
)
from sereno.engine.series import Floats, History
from sereno.engine.window import Bools
from sereno.vendors.datadog.query import BurnQuery, MetricQuery

Missing = Literal["keep", "zero", "no data", "ok"]
MonitorState = Literal["OK", "Warn", "Alert", "No Data"]
MONITOR_STATES: Final[tuple[MonitorState, ...]] = ("OK", "Warn", "Alert", "No Data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A metric monitor. A threshold is compared as the query's operator says.

    `missing`: what a window without a value does: `keep` the state, `zero` is compared, `no data` or `ok`
    is the state (never before the first data). `no_data_timeframe`: seconds without a value until the
    state is No Data all the same (Datadog's default for `notify_no_data` is two windows).
    """

    query: MetricQuery
    warning: Decimal | None = None
    critical_recovery: Decimal | None = None
    warning_recovery: Decimal | None = None
    require_full_window: bool = False
    evaluation_delay: int = 0  # seconds
    lag: int = 0  # seconds until Datadog has a metric: about 600 for CloudWatch's, crawled every 10 min
    no_data_timeframe: int | None = None
    missing: Missing = "keep"


@dataclass(frozen=True, slots=True)
class Before:
    """A monitor before a stretch of time: its state, and when it last had a value (None: never yet)."""

    state: MonitorState = "OK"
    seen: int | None = None  # epoch seconds


NEW: Final = Before()


@dataclass(frozen=True, slots=True, eq=False)
class MonitorTimeline:
    """The state at each time (indexes of `MONITOR_STATES`), and the value then compared (NaN: none)."""

    times: Times
    states: NDArray[np.int8]
    values: Floats
    before: Before = NEW

    def at(self, time: int) -> MonitorState:
        """The state at a time."""
        i = int(np.searchsorted(self.times, time, side="right")) - 1
        return self.before.state if i < 0 else MONITOR_STATES[self.states[i]]

    @property
    def last(self) -> Before:
        """What goes on from its end."""
        seen = self.times[~np.isnan(self.values)]
        state = MONITOR_STATES[self.states[-1]] if len(self.states) else self.before.state
        return Before(state, int(seen[-1]) if len(seen) else self.before.seen)


def cadence(window: int) -> int:
    """Seconds between evaluations: 1 min below 24 h, 10 min below 48 h, else 30 min."""
    if window < DAY:
        return MINUTE
    return 10 * MINUTE if window < 2 * DAY else 30 * MINUTE


def evaluate_monitor(
    monitor: Monitor, history: History, *, start: int, end: int, before: Before = NEW
) -> MonitorTimeline:
    """Its states from just after `start` up to `end` (epoch seconds). Raises `CannotEvaluateMonitor`.

    `before` continues an earlier stretch (`MonitorTimeline.last`).
    """
    query = monitor.query
    every = cadence(query.window)
    times = np.arange((start // every + 1) * every, end + 1, every, dtype=np.int64)
    if not len(times):
        return MonitorTimeline(times, np.empty(0, np.int8), np.empty(0), before)
    windows = Windows(query, history, times - monitor.evaluation_delay, times - monitor.lag)
    values, filled = windows.aggregated(), windows.filled()
    if monitor.missing == "zero":
        values = np.where(filled.any(axis=1), values, 0.0)
    real = ~np.isnan(values)
    known = real & (full(filled) if monitor.require_full_window else True)
    silent = _silent(monitor, times, real, before.seen)
    return MonitorTimeline(times, _states(monitor, values, known, silent, before.state), values, before)


def _silent(monitor: Monitor, times: Times, seen: Bools, earlier: int | None) -> Bools:
    """Where there is no value, long enough to say so. Never before the first one."""
    last = np.maximum.accumulate(np.where(seen, times, np.int64(-1 if earlier is None else earlier)))
    if monitor.missing in ("no data", "ok"):
        return np.asarray(~seen & (last >= 0))
    if monitor.no_data_timeframe is None:
        return np.zeros(len(times), dtype=np.bool_)
    gone = times - last + monitor.query.window - bucket(monitor.query.window)  # since the last filled bucket
    return np.asarray((last >= 0) & ~seen & (gone >= monitor.no_data_timeframe))


def _states(
    monitor: Monitor, values: Floats, known: Bools, silent: Bools, state: MonitorState
) -> NDArray[np.int8]:
    found = np.empty(len(values), dtype=np.int8)
    for i, value in enumerate(values):
        if silent[i]:
            state = "OK" if monitor.missing == "ok" else "No Data"
        elif known[i]:
            state = next_state(monitor, state, float(value))
        found[i] = MONITOR_STATES.index(state)
    return found


def next_state(monitor: Monitor, state: MonitorState, value: float) -> MonitorState:
    """A level is entered when its threshold is crossed, and left when its recovery threshold is."""
    query = monitor.query
    levels: tuple[tuple[MonitorState, Decimal | None, Decimal | None], ...] = (
        ("Alert", query.threshold, monitor.critical_recovery),
        ("Warn", monitor.warning, monitor.warning_recovery),
    )
    for level, threshold, recovery in levels:
        if threshold is None:
            continue
        if _crosses(query.op, value, threshold):
            return level
        held = state == level or (level == "Warn" and state == "Alert")
        if held and recovery is not None and _crosses(query.op, value, recovery):
            return level
    return "OK"


_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
}


def _crosses(op: str, value: float, limit: Decimal) -> bool:
    return _COMPARE[op](value, float(limit))


def burn_monitor(
    query: BurnQuery, bad: NDArray[np.int64], total: NDArray[np.int64], target: Decimal
) -> Bools:
    """Whether a burn-rate monitor alerts at the end of each minute: both windows must cross.

    Raises `CannotEvaluateMonitor` where Datadog would refuse the monitor: a long window of 1 to 48 h, a
    shorter short one, a burn rate of at most 1 / (1 - target).
    https://docs.datadoghq.com/service_management/service_level_objectives/burn_rate/
    """
    for broken, why in (
        (query.op not in (">", ">="), f"a burn rate is compared with > or >=, not {query.op}"),
        (not HOUR <= query.long <= 2 * DAY, f"a long window of {query.long} s is not from 1 to 48 h"),
        (not 0 < query.short < query.long, "the short window is shorter than the long one"),
        (not 0 < query.threshold * (1 - target) <= 1, f"no outage burns {query.threshold} times as fast"),
    ):
        if broken:
            raise CannotEvaluateMonitor(f"Datadog refuses the burn-rate monitor: {why}")
    pair = Pair(query.long // MINUTE, query.short // MINUTE, query.threshold, inclusive=query.op == ">=")
    firing: Bools = pairs_firing(bad, total, target=target, pairs=[pair])[0]
    return firing

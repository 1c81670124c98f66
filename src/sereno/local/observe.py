"""What the metric store and the alarms' history say: to the console in-process, to the report from anywhere.

Times are the stack's metric time; `LocalObserver.now` tells it to another process.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sereno.engine import metric_math
from sereno.engine.metric_math_values import Context, Series
from sereno.engine.series import Floats, MetricKey
from sereno.engine.statistic import window_values
from sereno.errors import Unable
from sereno.language.expr import Expr, names
from sereno.language.model import MINUTE, CloudWatchMetric, Objective, System
from sereno.local import state
from sereno.local.ask import NoAnswer, ask
from sereno.local.metrics import DAYS, MetricStore
from sereno.vendors.backend import Event, Metric, Points, Unavailable
from sereno.vendors.cloudwatch import metric_math as grammar
from sereno.vendors.cloudwatch import metrics as queries
from sereno.vendors.cloudwatch import statistic
from sereno.vendors.readings import bad_and_total, ids, plain

PATIENCE = 30.0  # seconds for the console to answer
_NOT_OURS = Unavailable("the local stack has CloudWatch's metrics only")


def values(store: MetricStore, metric: CloudWatchMetric, start: int, end: int, period: int) -> Floats:
    """The metric's statistic over each period of [start, end), NaN where there is no data.

    `start` and `period` are whole minutes. Raises `StatisticFault`.
    """
    slots = store.read(MetricKey(metric.namespace, metric.metric, metric.dimensions), start, end)
    width = period // slots.resolution
    ends = np.arange(width, len(slots.count) + 1, width, dtype=np.int64)
    return window_values(slots, statistic.parse(metric.stat), width, ends)


def computed(system: System, store: MetricStore, expr: Expr, start: int, end: int, period: int) -> Floats:
    """An expression over signals, each period, as CloudWatch's metric math would compute it.

    No data where a signal does not say how CloudWatch is asked for it.
    """
    tree = plain(system.signals, expr)
    given = ids(names(tree))
    starts = np.arange(start, end - period + 1, period, dtype=np.int64)
    if any(system.signals[leaf].cloudwatch is None for leaf in given):
        return np.full(len(starts), np.nan)
    known = {
        id_: Series(values(store, queries.metric_of(system, leaf), start, end, period)[None, :])
        for leaf, id_ in given.items()
    }
    context = metric_math.Known(known, tuple(known), Context(starts[None, :], period))
    value = metric_math.compute(grammar.parse(queries.text(tree, given)), context)
    return np.asarray(metric_math.series_of(value)[0], np.float64)


def burn(
    system: System, store: MetricStore, objective: Objective, start: int, end: int, period: int, window: int
) -> Floats:
    """How fast the budget burnt over the `window` seconds before the end of each period of [start, end).

    NaN where nothing was counted. For a picture: `report` says it exactly.
    """
    bad, total = bad_and_total(system, objective)
    if total is None:
        return np.full((end - start) // period, np.nan)
    sums = [
        np.concatenate(
            ([0.0], np.cumsum(np.nan_to_num(computed(system, store, e, start - window, end, MINUTE))))
        )
        for e in (bad, total)
    ]
    ends = np.arange(start + period, end + 1, period, dtype=np.int64)
    last = (ends - (start - window)) // MINUTE
    failed, every = (s[last] - s[last - window // MINUTE] for s in sums)
    share = np.divide(failed, every, out=np.full(len(every), np.nan), where=every > 0)
    return np.asarray(share / float(objective.budget), np.float64)


@dataclass(frozen=True, slots=True)
class StoreObserver:
    """`Observer` over the store itself; `history` gives every change of state kept."""

    store: MetricStore
    history: Callable[[], Sequence[Event]]

    def observe(
        self, metrics: Sequence[Metric], start: int, end: int
    ) -> Mapping[Metric, Points | Unavailable]:
        return {metric: self._points(metric, start, end) for metric in metrics}

    def events(self, names: Sequence[str], start: int, end: int) -> Sequence[Event] | Unavailable:
        wanted = set(names)
        return [e for e in self.history() if e.name in wanted and start <= e.at < end]

    def _points(self, metric: Metric, start: int, end: int) -> Points | Unavailable:
        if not isinstance(metric, CloudWatchMetric):
            return _NOT_OURS
        newest = int(self.store.clock.now())
        first = max(start, newest - (DAYS + 1) * 86_400) // MINUTE * MINUTE
        last = min(end, newest + MINUTE)
        found = values(self.store, metric, first, max(first, last), MINUTE)
        some = np.flatnonzero(~np.isnan(found))
        return Points(first + some * MINUTE, np.full(len(some), MINUTE, np.int64), found[some])


@dataclass(frozen=True, slots=True)
class LocalObserver:
    """`Observer` over a running stack, through its console. Raises `Unable` when it does not answer."""

    console: str  # URL

    def now(self) -> int:
        """The stack's metric time, whole seconds."""
        return int(self._get("health")["now"])

    def observe(
        self, metrics: Sequence[Metric], start: int, end: int
    ) -> Mapping[Metric, Points | Unavailable]:
        return {metric: self._points(metric, start, end) for metric in metrics}

    def events(self, names: Sequence[str], start: int, end: int) -> Sequence[Event] | Unavailable:
        found = self._get("api/history", start=start, end=end)["events"]
        wanted = set(names)
        return [Event(**event) for event in found if event["name"] in wanted]

    def _points(self, metric: Metric, start: int, end: int) -> Points | Unavailable:
        if not isinstance(metric, CloudWatchMetric):
            return _NOT_OURS
        found = self._get(
            "api/series",
            namespace=metric.namespace,
            metric=metric.metric,
            stat=metric.stat,
            dimension=[f"{name}:{value}" for name, value in metric.dimensions],
            start=start,
            end=end,
        )
        times, seconds = (np.asarray(found[name], np.int64) for name in ("times", "seconds"))
        return Points(times, seconds, np.asarray(found["values"], np.float64))

    def _get(self, path: str, **query: object) -> Any:
        url = f"{self.console}/{path}?{urllib.parse.urlencode(query, doseq=True)}"
        try:
            return ask(url, PATIENCE)
        except NoAnswer as error:
            raise Unable(f"the local stack's console at {self.console} does not answer: {error}") from error


def chosen(project: Path) -> str:
    """Which stack `connect` takes, where there are several; else empty."""
    running = state.living(project)
    if len(running) < 2:
        return ""
    newest = running[0]
    return f"{len(running)} local stacks run; the newest is asked: pid {newest.pid}, console {newest.console}"


def connect(project: Path) -> LocalObserver:
    """The newest running stack of a project. Raises `Unable` when none runs, or it has no console."""
    running = state.newest(project)
    if not running.console:
        raise Unable("the running local stack has no console; start one with `sereno up`")
    return LocalObserver(running.console)

"""What the metric store and the alarms' history say: to the console in-process, to the report from anywhere.

Times are the stack's metric time; `LocalObserver.now` tells it to another process.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from sereno.engine import metric_math
from sereno.engine.datadog_windows import CannotEvaluateMonitor, Windows
from sereno.engine.metric_math_values import Context, Series
from sereno.engine.series import Floats, MetricKey
from sereno.engine.statistic import window_values
from sereno.errors import Unable
from sereno.language.expr import Expr, names
from sereno.language.model import MINUTE, CloudWatchMetric, DatadogMetric, Objective, System
from sereno.local import state
from sereno.local.ask import NoAnswer, ask
from sereno.local.clock import Clock
from sereno.local.metrics import DAYS, MetricStore
from sereno.vendors.backend import Event, Metric, Points, Unavailable
from sereno.vendors.cloudwatch import metric_math as grammar
from sereno.vendors.cloudwatch import metrics as queries
from sereno.vendors.cloudwatch import statistic
from sereno.vendors.datadog import query as datadog
from sereno.vendors.datadog.metrics import rollup, tree
from sereno.vendors.datadog.query import MetricQuery, QueryFault
from sereno.vendors.readings import bad_and_total, ids, plain

PATIENCE = 30.0  # seconds for the console to answer


def values(store: MetricStore, metric: CloudWatchMetric, start: int, end: int, period: int) -> Floats:
    """The metric's statistic over each period of [start, end), NaN where there is no data.

    `start` and `period` are whole minutes. Raises `StatisticFault`.
    """
    slots = store.read(MetricKey(metric.namespace, metric.metric, metric.dimensions), start, end)
    width = period // slots.resolution
    ends = np.arange(width, len(slots.count) + 1, width, dtype=np.int64)
    return window_values(slots, statistic.parse(metric.stat), width, ends)


def asked(store: MetricStore, query: str, start: int, end: int, period: int) -> Floats:
    """A Datadog metric's value over each period of [start, end), NaN where there is no data.

    `start` and `period` are whole minutes. Raises `QueryFault`, `CannotEvaluateMonitor`.
    """
    metric = tree(query)
    if not isinstance(metric, datadog.Metric):
        raise QueryFault("it is not one metric", 0)
    ends = np.arange(start + period, end + 1, period, dtype=np.int64)
    if not len(ends):
        return np.empty(0)
    aggregator = "percentile" if metric.aggregator.startswith("p") else rollup(metric)
    return Windows(MetricQuery(aggregator, period, metric, ">", Decimal(0)), store, ends, ends).aggregated()


def computed(system: System, store: MetricStore, expr: Expr, start: int, end: int, period: int) -> Floats:
    """An expression over signals, each period, as CloudWatch's metric math would compute it.

    Each signal is what the environment's back end has of it; no data where it is not asked for it.
    """
    whole = plain(system.signals, expr)
    given = ids(names(whole))
    starts = np.arange(start, end - period + 1, period, dtype=np.int64)
    leaves = {id_: _leaf(system, store, leaf, start, end, period) for leaf, id_ in given.items()}
    if any(found is None for found in leaves.values()):
        return np.full(len(starts), np.nan)
    known = {id_: Series(found[None, :]) for id_, found in leaves.items() if found is not None}
    context = metric_math.Known(known, tuple(known), Context(starts[None, :], period))
    value = metric_math.compute(grammar.parse(queries.text(whole, given)), context)
    return np.asarray(metric_math.series_of(value)[0], np.float64)


def _leaf(system: System, store: MetricStore, leaf: str, start: int, end: int, period: int) -> Floats | None:
    """What the back end has of a signal that is a metric; None where it is not asked for it."""
    signal = system.signals[leaf]
    metric = signal.datadog if system.environment.backend == "datadog" else signal.cloudwatch
    return None if metric is None else _read(store, metric, start, end, period)


def _read(store: MetricStore, metric: Metric, start: int, end: int, period: int) -> Floats:
    if isinstance(metric, DatadogMetric):
        return asked(store, metric.query, start, end, period)
    return values(store, metric, start, end, period)


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
        newest = int(self.store.clock.now())
        first = max(start, newest - (DAYS + 1) * 86_400) // MINUTE * MINUTE
        last = max(first, min(end, newest + MINUTE))
        try:
            found = _read(self.store, metric, first, last, MINUTE)
        except (QueryFault, CannotEvaluateMonitor) as problem:
            return Unavailable(str(problem))
        some = np.flatnonzero(~np.isnan(found))
        return Points(first + some * MINUTE, np.full(len(some), MINUTE, np.int64), found[some])


@dataclass(frozen=True, slots=True)
class LocalObserver:
    """`Observer` over a running stack, through its console. Raises `Unable` when it does not answer."""

    console: str  # URL

    def now(self) -> int:
        """The stack's metric time, whole seconds."""
        return int(self._get("health")["now"])

    def pace(self) -> tuple[str, ...]:
        """What a reader of the stack's times must know."""
        return Clock(self._get("health")["warp"]).pace()

    def observe(
        self, metrics: Sequence[Metric], start: int, end: int
    ) -> Mapping[Metric, Points | Unavailable]:
        return {metric: self._points(metric, start, end) for metric in metrics}

    def events(self, names: Sequence[str], start: int, end: int) -> Sequence[Event] | Unavailable:
        found = self._get("api/history", start=start, end=end)["events"]
        wanted = set(names)
        return [Event(**event) for event in found if event["name"] in wanted]

    def _points(self, metric: Metric, start: int, end: int) -> Points | Unavailable:
        found = self._get("api/series", start=start, end=end, **_named(metric))
        if "unavailable" in found:
            return Unavailable(str(found["unavailable"]))
        times, seconds = (np.asarray(found[name], np.int64) for name in ("times", "seconds"))
        return Points(times, seconds, np.asarray(found["values"], np.float64))

    def _get(self, path: str, **query: object) -> Any:
        url = f"{self.console}/{path}?{urllib.parse.urlencode(query, doseq=True)}"
        try:
            return ask(url, PATIENCE)
        except NoAnswer as error:
            raise Unable(f"the local stack's console at {self.console} does not answer: {error}") from error


def _named(metric: Metric) -> dict[str, object]:
    """As the console is asked for it."""
    if isinstance(metric, DatadogMetric):
        return {"query": metric.query}
    dimensions = [f"{name}:{value}" for name, value in metric.dimensions]
    return {
        "namespace": metric.namespace,
        "metric": metric.metric,
        "stat": metric.stat,
        "dimension": dimensions,
    }


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

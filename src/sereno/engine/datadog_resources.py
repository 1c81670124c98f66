"""What Datadog was told, monitors and SLOs together, judged through time.

Bodies are those of POST /api/v1/monitor and /api/v1/slo, by address; a body names another one as
`${ADDRESS}`. A composite's state is the least severe of those `&&` joins, the most severe of those `||`
joins (OK, No Data, Warn, Alert). `!` of No Data is No Data, of OK Alert, of anything else OK. One that
comes to No Data keeps its state unless it notifies that.
https://docs.datadoghq.com/monitors/types/composite/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sereno.engine.datadog import (
    MONITOR_STATES,
    NEW,
    Before,
    Missing,
    Monitor,
    MonitorTimeline,
    evaluate_monitor,
)
from sereno.engine.datadog_slos import evaluate_slo_monitor
from sereno.engine.datadog_windows import MINUTE, CannotEvaluateMonitor
from sereno.engine.series import History
from sereno.vendors.datadog import query as grammar
from sereno.vendors.datadog.query import ChangeQuery, MetricQuery, QueryFault

Body = Mapping[str, Any]

REFERENCE: Final = re.compile(r"\$\{([^{}]+)\}")
SEVERITY: Final = np.array([MONITOR_STATES.index(s) for s in ("OK", "No Data", "Warn", "Alert")], np.int8)
OK, NO_DATA, WARN, ALERT = range(4)  # places in it
Severities = NDArray[np.int8]
_MISSING: Final[Mapping[str, Missing]] = {
    "show_no_data": "no data",
    "show_and_notify_no_data": "no data",
    "resolve": "ok",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """Every body, the history, the stretch of time, and what was before it."""

    bodies: Mapping[str, Body]
    history: History
    start: int
    end: int
    before: Mapping[str, Before]


def evaluate_monitors(
    bodies: Mapping[str, Body],
    history: History,
    *,
    start: int,
    end: int,
    before: Mapping[str, Before] | None = None,
) -> dict[str, MonitorTimeline]:
    """Each monitor's states at the end of each minute in (start, end], by address; SLOs are read by them.

    `before` continues an earlier stretch (`MonitorTimeline.last`). Raises `CannotEvaluateMonitor`, which
    names the monitor.
    """
    run = _Run(bodies, history, start, end, before or {})
    found: dict[str, MonitorTimeline] = {}
    for address in sorted(bodies, key=lambda address: bodies[address].get("type") == "composite"):
        try:
            timeline = _judged(run, address, found)
        except CannotEvaluateMonitor as problem:
            raise problem.of(address) from None
        found |= {address: timeline} if timeline else {}
    return found


def _judged(run: _Run, address: str, found: Mapping[str, MonitorTimeline]) -> MonitorTimeline | None:
    """A monitor; None for what is none."""
    body = run.bodies[address]
    if body.get("type") == "composite":
        return _composite(run, address, body, found)
    if body.get("type") in ("query alert", "metric alert", "slo alert"):
        return _minutes(run, _single(run, address, body))
    return None


def read_monitor(body: Body) -> Monitor:
    """A metric monitor of its body. Raises `CannotEvaluateMonitor`."""
    query = _parsed(body)
    if not isinstance(query, MetricQuery):
        raise CannotEvaluateMonitor(f"`{body.get('name')}` watches no metric")
    options: Body = body.get("options") or {}
    thresholds: Body = options.get("thresholds") or {}
    return Monitor(
        query=query,
        warning=_number(thresholds.get("warning")),
        critical_recovery=_number(thresholds.get("critical_recovery")),
        warning_recovery=_number(thresholds.get("warning_recovery")),
        require_full_window=bool(options.get("require_full_window", False)),
        evaluation_delay=int(options.get("evaluation_delay") or 0),
        no_data_timeframe=_timeframe(options, query),
        missing=_missing(options, query),
    )


def _timeframe(options: Body, query: MetricQuery) -> int | None:
    """`no_data_timeframe` is in minutes; two windows unless said."""
    if not options.get("notify_no_data") or options.get("on_missing_data"):
        return None
    return int(options.get("no_data_timeframe") or 2 * query.window // MINUTE) * MINUTE


def _missing(options: Body, query: MetricQuery) -> Missing:
    """Datadog's `default` compares 0 for sums and counts, and shows the last state of anything else.

    https://docs.datadoghq.com/monitors/guide/on_missing_data/
    """
    said = str(options.get("on_missing_data") or "")
    counts = all(metric.aggregator in ("sum", "count") for metric in grammar.metrics(query.tree))
    return _MISSING.get(said, "zero" if said == "default" and counts else "keep")


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _parsed(body: Body) -> grammar.Query:
    try:
        return grammar.parse(str(body.get("query", "")))
    except QueryFault as fault:
        raise CannotEvaluateMonitor(f"the query of `{body.get('name')}` is none: {fault}") from None


def _single(run: _Run, address: str, body: Body) -> MonitorTimeline:
    query = _parsed(body)
    if isinstance(query, MetricQuery):
        before = run.before.get(address, NEW)
        return evaluate_monitor(read_monitor(body), run.history, start=run.start, end=run.end, before=before)
    if isinstance(query, ChangeQuery):
        raise CannotEvaluateMonitor(f"the engine has no Datadog function {query.function}")
    named = REFERENCE.fullmatch(query.slo)
    if named is None or named[1] not in run.bodies:
        raise CannotEvaluateMonitor(
            f"`{address}` watches the SLO {query.slo}, which is not among the resources"
        )
    return evaluate_slo_monitor(query, run.bodies[named[1]], run.history, start=run.start, end=run.end)


def _minutes(run: _Run, timeline: MonitorTimeline) -> MonitorTimeline:
    """On every minute of the run: what is evaluated less often stands until the next evaluation."""
    times = np.arange(run.start + MINUTE, run.end + 1, MINUTE, dtype=np.int64)
    place = np.searchsorted(timeline.times, times, side="right")
    first = MONITOR_STATES.index(timeline.before.state)
    states = np.concatenate([[first], timeline.states]).astype(np.int8)[place]
    values = np.concatenate([[np.nan], timeline.values])[place]
    return MonitorTimeline(times, states, values, timeline.before)


def _composite(run: _Run, address: str, body: Body, known: Mapping[str, MonitorTimeline]) -> MonitorTimeline:
    times = np.arange(run.start + MINUTE, run.end + 1, MINUTE, dtype=np.int64)
    before = run.before.get(address, NEW)

    def of(child: str) -> Severities:
        if child not in known:
            raise CannotEvaluateMonitor(
                f"`{body.get('name')}` names {child}, which is not among the monitors"
            )
        return np.argsort(SEVERITY).astype(np.int8)[known[child].states]

    found = _Condition(str(body["query"]), of).value()
    states = SEVERITY[np.broadcast_to(found, times.shape)]
    if not (body.get("options") or {}).get("notify_no_data"):
        states = _kept(states, before)
    return MonitorTimeline(times, states, states.astype(np.float64), before)


def _kept(states: Severities, before: Before) -> Severities:
    """The last state that is not No Data in place of each that is."""
    no_data = MONITOR_STATES.index("No Data")
    every = np.concatenate([[MONITOR_STATES.index(before.state)], states]).astype(np.int8)
    places = np.where(every != no_data, np.arange(len(every)), 0)
    return every[np.maximum.accumulate(places)][1:]


_NOT: Final = np.array([ALERT, NO_DATA, OK, OK], dtype=np.int8)


class _Condition:
    """`${a} && !(${b} || ${c})`: `!` binds tightest, then `&&`, then `||`."""

    def __init__(self, text: str, of: Callable[[str], Severities]) -> None:
        self.tokens = re.findall(r"\$\{[^{}]+\}|&&|\|\||!|\(|\)|\S", text)
        self.text, self.of = text, of

    def value(self) -> Severities:
        found = self._either()
        if self.tokens:
            raise CannotEvaluateMonitor(f"`{self.text}` is no condition of monitors")
        return found

    def _take(self, token: str) -> bool:
        taken = bool(self.tokens) and self.tokens[0] == token
        if taken:
            self.tokens.pop(0)
        return taken

    def _either(self) -> Severities:
        left = self._both()
        while self._take("||"):
            left = np.maximum(left, self._both())
        return left

    def _both(self) -> Severities:
        left = self._one()
        while self._take("&&"):
            left = np.minimum(left, self._one())
        return left

    def _one(self) -> Severities:
        if self._take("!"):
            return _NOT[self._one()]
        if self._take("("):
            inner = self._either()
            if not self._take(")"):
                raise CannotEvaluateMonitor(f"`{self.text}` has a bracket that is not closed")
            return inner
        found = REFERENCE.fullmatch(self.tokens.pop(0)) if self.tokens else None
        if found is None:
            raise CannotEvaluateMonitor(f"`{self.text}` is no condition of monitors")
        return self.of(found[1])

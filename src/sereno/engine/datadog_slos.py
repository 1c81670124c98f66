"""Datadog's SLOs through time, from bodies of POST /api/v1/slo, and the monitors that watch them.

Whether one alerts is decided in exact integers; the values beside the states are for a reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sereno.engine.burn import Pair, pairs_firing
from sereno.engine.datadog import MONITOR_STATES, MonitorTimeline, burn_monitor
from sereno.engine.datadog_windows import MINUTE, CannotEvaluateMonitor, Times, Windows
from sereno.engine.series import Floats, History
from sereno.engine.window import Bools
from sereno.vendors.datadog import query as grammar
from sereno.vendors.datadog.query import BudgetQuery, BurnQuery, MetricQuery, QueryFault

Body = Mapping[str, Any]


def evaluate_slo_monitor(
    query: BurnQuery | BudgetQuery, slo: Body, history: History, *, start: int, end: int
) -> MonitorTimeline:
    """Its states at the end of each minute in (start, end]. Raises `CannotEvaluateMonitor`."""
    window = query.long if isinstance(query, BurnQuery) else query.over
    first = (start - window) // MINUTE * MINUTE
    ends = np.arange(first + MINUTE, end + 1, MINUTE, dtype=np.int64)
    bad, total = sli(slo, history, ends)
    target = Decimal(str(slo["target_threshold"])) / 100
    counts = bad.astype(np.int64), total.astype(np.int64)
    if isinstance(query, BurnQuery):
        fires = burn_monitor(query, *counts, target)
        values = np.minimum(*(_rate(bad, total, seconds) for seconds in (query.long, query.short)))
    else:
        fires = budget_monitor(query, *counts, target)
        values = _rate(bad, total, query.over) * 100
    inside = ends > start
    codes = np.where(fires[inside], MONITOR_STATES.index("Alert"), MONITOR_STATES.index("OK"))
    return MonitorTimeline(ends[inside], codes.astype(np.int8), (values / float(1 - target))[inside])


def budget_monitor(
    query: BudgetQuery, bad: NDArray[np.int64], total: NDArray[np.int64], target: Decimal
) -> Bools:
    """Whether an error-budget monitor alerts at the end of each minute.

    So many percent of the budget are spent when the bad share of the SLO's window is so many percent of
    1 - target. Raises `CannotEvaluateMonitor` where Datadog would refuse the monitor.
    """
    if query.op not in (">", ">=") or query.threshold <= 0:
        raise CannotEvaluateMonitor(f"`{query.op} {query.threshold}` is no share of a budget that is spent")
    minutes = query.over // MINUTE
    pair = Pair(minutes, minutes, query.threshold / 100, inclusive=query.op == ">=")
    firing: Bools = pairs_firing(bad, total, target=target, pairs=[pair])[0]
    return firing


def _rate(bad: Floats, total: Floats, seconds: int) -> Floats:
    """The bad share of the seconds up to each minute."""
    width = seconds // MINUTE
    sums = [np.concatenate([np.zeros(width), np.cumsum(counts)]) for counts in (bad, total)]
    failed, every = (s[width:] - s[:-width] for s in sums)
    return np.asarray(np.divide(failed, every, out=np.full(len(bad), np.nan), where=every > 0))


def sli(slo: Body, history: History, ends: Times) -> tuple[Floats, Floats]:
    """Bad and total of the minute before each of `ends`: events (0 of 0 without data), or slices of time."""
    specification: Body = slo["sli_specification"]
    if "time_slice" in specification:
        return _slices(specification["time_slice"], history, ends)
    count: Body = specification["count"]
    figures = {
        name: _formula(count[f"{name}_events_formula"]["formula"], count["queries"], history, ends)
        for name in ("good", "bad", "total")
        if f"{name}_events_formula" in count
    }
    good = np.nan_to_num(figures["good"], nan=0.0)
    if "bad" in figures:
        bad = np.nan_to_num(figures["bad"], nan=0.0)
        return bad, good + bad
    total = np.nan_to_num(figures["total"], nan=0.0)
    return np.maximum(total - good, 0.0), total


def _slices(condition: Body, history: History, ends: Times) -> tuple[Floats, Floats]:
    """Each minute takes the verdict of the slice that ends with it; one without data is good time.

    https://docs.datadoghq.com/service_management/service_level_objectives/time_slice/
    """
    size = int(condition.get("query_interval_seconds") or MINUTE)
    formula = condition["query"]["formulas"][0]["formula"]
    values = _formula(formula, condition["query"]["queries"], history, ends, size)
    compare = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}
    good: Bools = compare[str(condition["comparator"])](values, float(condition["threshold"]))
    return np.where(good | np.isnan(values), 0.0, 1.0), np.ones(len(values))


def _formula(
    formula: str,
    queries: Sequence[Body],
    history: History,
    ends: Times,
    window: int = MINUTE,
) -> Floats:
    """A formula over named queries, over `window` seconds before each end; NaN without a value."""
    texts = {str(query["name"]): str(query["query"]) for query in queries}
    written = re.sub(r"[A-Za-z_]\w*", lambda word: texts.get(word[0], word[0]), formula)
    try:
        tree = grammar.parse_metrics(written)
    except QueryFault as fault:
        raise CannotEvaluateMonitor(f"the formula `{formula}` is none: {fault}") from None
    asked = MetricQuery("sum", window, tree, ">", Decimal(0))
    return np.broadcast_to(Windows(asked, history, ends, ends).aggregated(), ends.shape)

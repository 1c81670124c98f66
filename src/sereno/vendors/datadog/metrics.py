"""Signals as Datadog queries: named for formulas (SLOs, dashboards), or written in place (monitors)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sereno.language.expr import Binary, Expr, Name, Number
from sereno.language.model import MINUTE, Signal, System
from sereno.language.problem import Problem, Span
from sereno.vendors.datadog import faults, query, query_words
from sereno.vendors.readings import leaves, plain

_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2}
AWS = "aws."  # how the names of the integration's metrics begin


@lru_cache(maxsize=10_000)
def tree(text: str) -> query.Node:
    """The tree of a query, read once. Raises `QueryFault`."""
    return query.parse_metrics(text)


@dataclass(frozen=True, slots=True)
class Way:
    """How monitors read a metric: rolled up to a period, and with 0 for what is not there.

    `apart`: each bucket is computed before they are aggregated. `as_count()` in arithmetic does the
    opposite, takes 0 for what is missing, and knows no aggregation but a sum. `single`: so is one metric by
    itself, which is then computed with; and no gap of a gauge is filled by what is on either side.
    https://docs.datadoghq.com/monitors/guide/as-count-in-monitor-evaluations/
    https://docs.datadoghq.com/metrics/guide/interpolation-the-fill-modifier-explained/
    """

    period: int = 0  # seconds; 0: as Datadog would
    zero: bool = False
    apart: bool = False
    single: bool = False


def text_of(system: System, leaf: str) -> str:
    """The query of a leaf. `unreadable` has been asked before, so it is there."""
    metric = system.signals[leaf].datadog
    if metric is None:
        raise KeyError(leaf)
    return metric.query


def parsed(system: System, leaf: str) -> query.Metric:
    """The metric of a leaf."""
    found = tree(text_of(system, leaf))
    if not isinstance(found, query.Metric):
        raise KeyError(leaf)
    return found


def unreadable(system: System, wanted: Iterable[str], where: Span) -> tuple[Problem, ...]:
    """What keeps Datadog from reading these signals; empty when it can."""
    every = leaves(system.signals, wanted)
    return tuple(p for name in every if (p := _refused(system.signals[name], where)))


def _refused(signal: Signal, where: Span) -> Problem | None:
    if signal.datadog is None:
        return faults.signal(signal, where)
    try:
        found = tree(signal.datadog.query)
    except query.QueryFault as fault:
        return faults.query(signal, where, str(fault))
    if not isinstance(found, query.Metric):
        return faults.query(signal, where, "it is not one metric")
    if any(tag.startswith("$") for tag in found.scope):
        return faults.query(signal, where, "`$` begins a variable, which only a dashboard knows")
    if said := next(query_words.odd(found), ""):
        return faults.query(signal, where, said)
    return faults.query(signal, where, "it is grouped by tags") if found.by else None


def is_count(metric: query.Metric) -> bool:
    """Whether its values add up: a sum or a count, as counts."""
    return metric.aggregator in ("sum", "count") and "as_count" in dict(metric.functions)


def counted(system: System, signal: str) -> bool:
    """Whether only counts are read: Datadog then adds each up over the window, and computes after it."""
    return all(is_count(parsed(system, leaf)) for leaf in leaves(system.signals, [signal]))


def from_aws(system: System, wanted: Iterable[str]) -> bool:
    """Whether any comes by the AWS integration, and so late."""
    return any(parsed(system, leaf).name.startswith(AWS) for leaf in leaves(system.signals, wanted))


def formula(expr: Expr, ids: Mapping[str, str], level: int = 0) -> str:
    """The expression over the names of queries."""
    return _written(expr, level, lambda leaf: ids[leaf])


def in_place(system: System, expr: Expr, way: Way) -> str:
    """The expression with each metric's query written out, as a monitor has it."""
    whole = plain(system.signals, expr)
    this = way if way.single or isinstance(whole, Binary) else replace(way, apart=False)
    return _written(whole, 0, lambda leaf: _read(system, leaf, this))


def _written(expr: Expr, level: int, leaf: Any) -> str:
    match expr:
        case Name(name):
            return str(leaf(name))
        case Number(value):
            return number(value)
        case Binary(op, left, right):
            mine = _LEVEL[op]
            words = f"{_written(left, mine, leaf)} {op} {_written(right, mine + 1, leaf)}"
            return f"({words})" if mine < level else words


def _read(system: System, leaf: str, way: Way) -> str:
    metric = parsed(system, leaf)
    found = text_of(system, leaf)
    percentile = metric.aggregator.startswith("p")  # of a distribution, which is not rolled up
    if way.apart:
        found = found.replace(".as_count()", "")
    if way.period and not percentile and "rollup" not in dict(metric.functions):
        found += f".rollup({rollup(metric)}, {way.period})"
    if way.single and not (percentile or is_count(metric) or "fill" in dict(metric.functions)):
        found += ".fill(null)"
    return f"default_zero({found})" if way.zero else found


def samples(system: System, wanted: Iterable[str]) -> str:
    """In how many points a minute all of these signals spoke: their counts multiplied; never below 0.

    A distribution is counted as it is: it is not rolled up by a method of one's own.
    """
    return " * ".join(_samples(system, leaf) for leaf in leaves(system.signals, wanted))


def _samples(system: System, leaf: str) -> str:
    metric, text = parsed(system, leaf), text_of(system, leaf)
    bare = text[: text.rindex("}") + 1]
    if metric.aggregator.startswith("p"):
        return f"count:{bare.partition(':')[2]}"
    return f"{bare}.rollup(count, {MINUTE})"


def rollup(metric: query.Metric) -> str:
    """The statistic that makes the points of a period into one."""
    if is_count(metric):
        return "sum"
    return metric.aggregator if metric.aggregator in ("avg", "min", "max", "sum") else "max"


def number(value: Decimal) -> str:
    """Without an exponent."""
    return f"{value.normalize():f}" if value else "0"


def queries(system: System, ids: Mapping[str, str]) -> list[dict[str, Any]]:
    """The named queries of a formula."""
    return [
        {"data_source": "metrics", "name": identity, "query": text_of(system, leaf)}
        for leaf, identity in ids.items()
    ]

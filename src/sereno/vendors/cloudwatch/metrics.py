"""Signals as metric math: which metrics are fetched, under which ids, and how an expression reads them.

A signal with an `expr` is read in place, in parentheses where precedence asks for them, so
what CloudWatch gets are plain metrics and one expression over their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sereno.language.expr import Binary, Expr, Name, Number
from sereno.language.model import CloudWatchMetric, Signal, System
from sereno.language.problem import Problem, Span
from sereno.vendors.cloudwatch import faults
from sereno.vendors.readings import ids as ids
from sereno.vendors.readings import leaves as leaves
from sereno.vendors.readings import plain as plain

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2}

Query = dict[str, Any]


def text(expr: Expr, ids: Mapping[str, str], level: int = 0) -> str:
    """The expression in CloudWatch's words; parentheses only where precedence needs them."""
    match expr:
        case Name(name):
            return ids[name]
        case Number(value):
            return number(value)
        case Binary(op, left, right):
            mine = _LEVEL[op]
            written = f"{text(left, ids, mine)} {op} {text(right, ids, mine + 1)}"
            return f"({written})" if mine < level else written


def number(value: Decimal) -> str:
    """Without an exponent, which metric math does not read."""
    return f"{value:f}" if value >= 0 else f"(0 - {-value:f})"


def fetched(system: System, ids: Mapping[str, str], period: int, stat: str = "") -> list[Query]:
    """A MetricStat query a signal, none of them returned."""
    return [_query(system, name, identity, period, stat) for name, identity in ids.items()]


def _query(system: System, name: str, identity: str, period: int, stat: str) -> Query:
    metric = metric_of(system, name)
    asked = {"Metric": named(metric), "Period": period, "Stat": stat or metric.stat}
    query: Query = {"Id": identity, "MetricStat": asked, "ReturnData": False}
    return {**query, "AccountId": metric.account} if metric.account else query


def free(wanted: str, ids: Mapping[str, str]) -> str:
    """An id for a result that no metric has."""
    return next(word for word in (wanted, f"all_{wanted}", f"{wanted}_of_all") if word not in ids.values())


def returned(identity: str, expression: str, label: str) -> Query:
    """The one result of an alarm."""
    return {"Id": identity, "Expression": expression, "Label": label, "ReturnData": True}


def named(metric: CloudWatchMetric) -> dict[str, Any]:
    """Namespace, name and dimensions, as PutMetricAlarm takes them."""
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
    }


def metric_of(system: System, name: str) -> CloudWatchMetric:
    """The metric of a leaf. `unreadable` has been asked before, so it is there."""
    metric = system.signals[name].cloudwatch
    if metric is None:
        raise KeyError(name)
    return metric


def unreadable(system: System, wanted: Iterable[str], where: Span) -> tuple[Problem, ...]:
    """What keeps an alarm from reading these signals; empty when it can."""
    every = leaves(system.signals, wanted)
    return tuple(p for name in every if (p := _refused(system, system.signals[name], where)))


def _refused(system: System, signal: Signal, where: Span) -> Problem | None:
    here = system.environment.region
    if signal.cloudwatch is None:
        return faults.signal(signal, where)
    there = signal.cloudwatch.region or here
    return faults.region(signal, there, here, where) if there != here else None

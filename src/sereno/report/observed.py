"""A vendor's points, read through the System's signals: which metrics are wanted, and what they say.

Where a metric is silent: `a + b`, `a - b`: what is silent counts 0 as long as one of them speaks (a route
without a request has no count). `a * b`, `a / b`: no value unless both speak. Of ratios: `ratios.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sereno.language.expr import Binary, Expr, Name, Number, Operator, names
from sereno.language.model import (
    CloudWatchMetric,
    DatadogMetric,
    Indicator,
    Objective,
    Ratio,
    RawRatio,
    Signal,
    System,
    Threshold,
)
from sereno.report.ratios import bad_of_total, good_of_total, join, shares
from sereno.report.series import Counts, Key, Series, Times, Values
from sereno.vendors.backend import Metric, Points, Unavailable

Observed = Mapping[Metric, Points | Unavailable]


class _Away(Exception):
    """A metric that could not be asked for; becomes `Unavailable` in `read`."""


def metric(signal: Signal, system: System) -> Metric | None:
    """What the environment's back end is asked for; None for an expression."""
    if signal.expr is not None:
        return None
    wanted: CloudWatchMetric | DatadogMetric | None = (
        signal.cloudwatch if system.environment.backend == "cloudwatch" else signal.datadog
    )
    return wanted


def signals(indicator: Indicator) -> tuple[str, ...]:
    """The names an indicator reads."""
    match indicator:
        case Ratio(total=total, good=good, bad=bad):
            return (total, good or bad or total)
        case RawRatio(raw=raw):
            return (raw,)
        case Threshold(signal=signal):
            return (signal,)


def metrics(system: System) -> tuple[Metric, ...]:
    """All that the SLOs read, once each."""
    names = (n for s in system.slos for o in s.objectives for n in signals(o.indicator))
    found = (m for name in dict.fromkeys(names) for m in _leaves(name, system))
    return tuple(dict.fromkeys(found))


def _leaves(name: str, system: System) -> list[Metric]:
    signal = system.signals[name]
    if signal.expr is not None:
        return [m for n in names(signal.expr) for m in _leaves(n, system)]
    wanted = metric(signal, system)
    return [] if wanted is None else [wanted]


def read(system: System, observed: Observed) -> dict[Key, Series | Unavailable]:
    """Each objective's series, or why there is none."""
    return {
        (slo.name, objective.name): _objective(objective, system, observed)
        for slo in system.slos
        for objective in slo.objectives
    }


def _objective(objective: Objective, system: System, observed: Observed) -> Series | Unavailable:
    try:
        return _indicator(objective.indicator, system, observed)
    except _Away as away:
        return Unavailable(str(away))


def _indicator(indicator: Indicator, system: System, observed: Observed) -> Series:
    match indicator:
        case Ratio():
            return _ratio(indicator, system, observed)
        case RawRatio(raw=name):
            return shares(_signal(name, system, observed))
        case Threshold(signal=name):
            points = _signal(name, system, observed)
            return Values(points.times, points.seconds, points.values)


def _ratio(ratio: Ratio, system: System, observed: Observed) -> Counts:
    total = _signal(ratio.total, system, observed)
    if ratio.good is not None:
        return good_of_total(_signal(ratio.good, system, observed), total)
    assert ratio.bad is not None  # noqa: S101 - the model's promise: exactly one of good and bad
    bad = _signal(ratio.bad, system, observed)
    return bad_of_total(bad, total, always=system.signals[ratio.bad].always)


def _signal(name: str, system: System, observed: Observed) -> Points:
    signal = system.signals[name]
    if signal.expr is not None:
        points = _expr(signal.expr, system, observed)
        if isinstance(points, float):
            raise _Away(f"the signal `{name}` is a plain number, not a metric")
        return points
    wanted = metric(signal, system)
    got = Unavailable("the back end has no such metric") if wanted is None else observed.get(wanted)
    if isinstance(got, Points):
        return _points(got.times, got.seconds, got.values)
    raise _Away(f"`{name}`: {got.reason if got else 'it was not asked for'}")


def _expr(expr: Expr, system: System, observed: Observed) -> Points | float:
    match expr:
        case Name(name):
            return _signal(name, system, observed)
        case Number(value):
            return float(value)
        case Binary(op, left, right):
            return _apply(op, _expr(left, system, observed), _expr(right, system, observed))


def _apply(op: Operator, left: Points | float, right: Points | float) -> Points | float:
    if isinstance(left, float) and isinstance(right, float):
        return _numbers(op, left, right)
    if isinstance(left, float):
        assert isinstance(right, Points)  # noqa: S101 - two numbers were answered above
        return _points(right.times, right.seconds, _operate(op, left, right.values))
    if isinstance(right, float):
        return _points(left.times, left.seconds, _operate(op, left.values, right))
    if op in "+-":
        both = join(left, right)
        return _points(both.times, both.seconds, _operate(op, both.left, both.right))
    times, a, b = np.intersect1d(left.times, right.times, assume_unique=True, return_indices=True)
    return _points(times, left.seconds[a], _operate(op, left.values[a], right.values[b]))


def _numbers(op: Operator, left: float, right: float) -> float:
    result: float = _operate(op, np.float64(left), np.float64(right))
    return float(result)


def _operate(op: Operator, left: Any, right: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        match op:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right


def _points(times: Times, seconds: Times, values: NDArray[np.float64]) -> Points:
    """Without the intervals whose value is none (NaN, a division by zero)."""
    real = np.isfinite(values)
    return Points(times[real], seconds[real], values[real])

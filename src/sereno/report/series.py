"""What was observed for one objective, interval by interval: counts, or a value.

`read` turns a vendor's points into them through the System's signals. Where a metric is silent
the rules are these, and each use of one is said in `notes`:

* `a + b`, `a - b`: what is silent counts 0 as long as one of them speaks (a route without a
  request has no count). `a * b`, `a / b`: no value unless both speak.
* bad of total: where only total speaks, nothing was bad - unless the signal declares `always`;
  where only bad speaks, it was bad all the same.
* good of total: only intervals in which both speak are measured.
* a raw ratio: only values from 0 to 1 are measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sereno.language.expr import Binary, Expr, Name, Number, Operator
from sereno.language.model import (
    HOUR,
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
from sereno.records import dataclass
from sereno.report.show import moment
from sereno.vendors.backend import Metric, Points, Unavailable

RULE: Final = 12  # intervals, of which a count must speak in nine of ten to be expected in the rest
Times = NDArray[np.int64]
Observed = Mapping[Metric, Points | Unavailable]
Key = tuple[str, str]  # SLO, objective


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Bad and total events of each interval, sorted by start; integers or floats."""

    times: Times
    seconds: Times
    bad: NDArray[Any]
    total: NDArray[Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The indicator's own value in each interval: a share (raw) or what a threshold judges."""

    times: Times
    seconds: Times
    values: NDArray[Any]
    notes: tuple[str, ...] = ()


Series = Counts | Values
Readings = Mapping[Key, Series | Unavailable]


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
        return [m for n in _names(signal.expr) for m in _leaves(n, system)]
    wanted = metric(signal, system)
    return [] if wanted is None else [wanted]


def _names(expr: Expr) -> tuple[str, ...]:
    from sereno.language.expr import names

    return names(expr)


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


def shares(points: Points) -> Values:
    """Without values below 0 or above 1: 99.5 (percent?) would make up for hours that were bad."""
    fit = (points.values >= 0) & (points.values <= 1)
    left_out = int(np.count_nonzero(~fit))
    note = f"{left_out} values of the raw ratio are not from 0 to 1: left out (are they percent?)"
    notes = (note,) if left_out else ()
    return Values(points.times[fit], points.seconds[fit], points.values[fit], notes)


def _ratio(ratio: Ratio, system: System, observed: Observed) -> Counts:
    total = _signal(ratio.total, system, observed)
    if ratio.good is not None:
        return good_of_total(_signal(ratio.good, system, observed), total)
    assert ratio.bad is not None  # noqa: S101 - the model's promise: exactly one of good and bad
    bad = _signal(ratio.bad, system, observed)
    return bad_of_total(bad, total, always=system.signals[ratio.bad].always)


def good_of_total(good: Points, total: Points) -> Counts:
    """Intervals in which both speak; a good count above the total stays as it is (skewed clocks
    put the two in neighbouring intervals, and the window's sum is right again)."""
    times, g, t = np.intersect1d(good.times, total.times, assume_unique=True, return_indices=True)
    bad = total.values[t] - good.values[g]
    return Counts(times, total.seconds[t], bad, total.values[t], _both(len(times), total, bad))


def _both(measured: int, total: Points, bad: NDArray[Any]) -> tuple[str, ...]:
    silent, over = len(total.times) - measured, int(np.count_nonzero(bad < 0))
    return tuple(
        text
        for text, n in (
            (f"{silent} intervals have a total but no good count: not measured", silent),
            (f"good is more than total in {over} intervals (skewed clocks?)", over),
        )
        if n
    )


def bad_of_total(bad: Points, total: Points, *, always: bool = False) -> Counts:
    """Intervals in which total speaks (and bad, if it always must), or bad alone does."""
    if always:
        times, b, t = np.intersect1d(bad.times, total.times, assume_unique=True, return_indices=True)
        silent = len(total.times) - len(times)
        note = (f"{silent} intervals have a total but no bad count: not measured",) if silent else ()
        return Counts(times, total.seconds[t], bad.values[b], total.values[t], note)
    both = _join(bad, total)
    return Counts(both.times, both.seconds, both.left, both.right, _assumed(bad, total, both))


def _assumed(bad: Points, total: Points, both: _Joined) -> tuple[str, ...]:
    alone = len(both.times) - len(total.times)
    over = int(np.count_nonzero(both.left > both.right)) - alone
    never = len(total.times) > 0 and len(bad.times) == 0
    said = tuple(
        text
        for text, n in (
            ("the bad count never spoke: taken as no failure; is its metric's name still right?", never),
            (f"{alone} intervals have a bad count but no total: counted as bad all the same", alone),
            (f"bad is more than total in {over} intervals (skewed clocks?)", max(over, 0)),
        )
        if n
    )
    return (*said, *_renamed(bad, total))


def _renamed(bad: Points, total: Points) -> tuple[str, ...]:
    """Of a bad count that as a rule speaks with the total: that it begins later, or ends earlier."""
    if not len(bad.times) or not len(total.times):
        return ()
    first, last = int(bad.times[0]), int(bad.times[-1])
    both = int(np.count_nonzero((total.times >= first) & (total.times <= last)))
    if both < RULE or len(bad.times) < both * 9 / 10:
        return ()
    late, early = first - int(total.times[0]) > HOUR, int(total.times[-1]) - last > HOUR
    begins = f"the bad count begins at {moment(first)}, the total before it: until then taken as no failure"
    ends = f"the bad count ends at {moment(last)}, the total goes on: since then taken as no failure"
    ask = "is its metric's name still right?"
    return tuple(f"{text}; {ask}" for text, n in ((begins, late), (ends, early)) if n)


@dataclass(frozen=True, slots=True, eq=False)
class _Joined:
    times: Times
    seconds: Times
    left: NDArray[np.float64]  # 0 where silent
    right: NDArray[np.float64]


def _join(left: Points, right: Points) -> _Joined:
    """Both on the union of their times, 0 where one is silent."""
    times = np.union1d(left.times, right.times)
    at_left, at_right = np.searchsorted(times, left.times), np.searchsorted(times, right.times)
    seconds, a, b = np.zeros(len(times), np.int64), np.zeros(len(times)), np.zeros(len(times))
    seconds[at_left], seconds[at_right] = left.seconds, right.seconds
    a[at_left], b[at_right] = left.values, right.values
    return _Joined(times, seconds, a, b)


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
        both = _join(left, right)
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

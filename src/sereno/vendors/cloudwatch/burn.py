"""Burn-rate pairs: two alarms over two windows, and the composite that wants both.

A window burns when `bad / total` over it exceeds burn rate x error budget (the share that
may be bad). A rolling ratio needs one datapoint whose period is the window: sums over
several datapoints are not for alarms, which fetch more points than they evaluate.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html

The low-traffic guard counts bad events, not all events: one bad event in a quiet hour wakes
nobody, yet a total outage of a quiet service still fires, which a floor under the total
would hide.

A Timeslices SLO (and a threshold one, whose slice is a minute) has no events to divide. Its
window is N slices, of which more than N x burn x budget must be bad: an M-of-N alarm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sereno.language import names
from sereno.language.expr import Binary
from sereno.language.model import (
    DAY,
    MINUTE,
    BurnPair,
    Comparison,
    Objective,
    Ratio,
    Slo,
    System,
    Threshold,
)
from sereno.language.problem import Problem
from sereno.vendors import subjects
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import faults, metrics, parts
from sereno.vendors.cloudwatch.alarm_rule import quote
from sereno.vendors.readings import bad_and_total, signals_of

ADDITIVE = ("Sum", "SampleCount", "TC(", "tc")
INVERSE: Mapping[Comparison, Comparison] = {"gt": "lte", "gte": "lt", "lt": "gte", "lte": "gt"}

Compiled = tuple[tuple[Resource, ...], tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class Half:
    """One window of a pair, with all that its alarm needs to know."""

    system: System
    slo: Slo
    objective: Objective
    pair: BurnPair
    address: str
    window: int  # seconds


def compile_pairs(system: System, slo: Slo) -> Compiled:
    """Two alarms and their composite for every policy and objective."""
    refusals = _refusals(system, slo)
    if refusals:
        return (), tuple(refusals)
    resources: list[Resource] = []
    problems: list[Problem] = []
    for objective, pair, address in subjects.pairs(slo):
        halves = (
            Half(system, slo, objective, pair, names.long(address), pair.long),
            Half(system, slo, objective, pair, names.short(address), pair.short),
        )
        problems += [p for half in halves for p in _window_problems(half)]
        resources += [_alarm(half) for half in halves]
        resources.append(_both(halves[0], address))
    return tuple(resources), tuple(problems)


def _refusals(system: System, slo: Slo) -> Iterable[Problem]:
    """What has no faithful alarm, with the way out."""
    if not slo.policies:
        return []
    if slo.budgeting == "RatioTimeslices":
        return [faults.no_alarm(slo, "an average of slices' ratios", "write `budgetingMethod: Timeslices`")]
    if slo.composite:
        way_out = "put the policies on an SLO for each objective"
        return [faults.no_alarm(slo, "a composite SLO's weighted budget", way_out)]
    found: list[Problem] = []
    for objective in slo.objectives:
        found += metrics.unreadable(system, signals_of(objective), slo.where)
    return found or [p for o in slo.objectives for p in _uncountable(system, slo, o)]


def _uncountable(system: System, slo: Slo, objective: Objective) -> Iterable[Problem]:
    """Counts that do not add up over a window: an average or a percentile is no count."""
    if not isinstance(objective.indicator, Ratio):
        return
    for leaf in metrics.leaves(system.signals, signals_of(objective)):
        stat = metrics.metric_of(system, leaf).stat
        if not stat.startswith(ADDITIVE):
            yield faults.no_count(slo, leaf, stat)


def _window_problems(half: Half) -> Iterable[Problem]:
    if half.window > DAY and not _slice(half):
        yield faults.window_over_a_day(half.pair, half.window)
    if _slice(half) and needed(half) > slices(half):
        yield faults.never(half.slo, half.pair)


def threshold(half: Half) -> Decimal:
    """Burn rate x budget, exactly: the share of bad events above which the window burns."""
    return half.pair.burn * (1 - half.objective.target)


def _slice(half: Half) -> int:
    """Seconds of a slice; 0 where events are counted."""
    if half.slo.budgeting == "Timeslices":
        return half.objective.slice_seconds or MINUTE
    return MINUTE if isinstance(half.objective.indicator, Threshold) else 0


def slices(half: Half) -> int:
    """N: how many slices make the window."""
    return max(1, half.window // _slice(half))


def needed(half: Half) -> int:
    """M: the least number of bad slices whose share exceeds the threshold (or meets it, for `gte`)."""
    share = slices(half) * Fraction(threshold(half))
    return max(1, math.ceil(share) if half.pair.inclusive else math.floor(share) + 1)


def _alarm(half: Half) -> Resource:
    body = {
        "AlarmName": names.live(half.system, half.address),
        "AlarmDescription": _half_description(half),
        **(_sliced(half) if _slice(half) else _ratio(half)),
        "TreatMissingData": "notBreaching",
        "Tags": parts.tags(half.system, half.address, half.slo.labels),
    }
    return Resource("metric-alarm", half.address, body, half.slo.where)


def _ratio(half: Half) -> dict[str, Any]:
    """One datapoint, whose period is the window: the share of bad events against the threshold."""
    return {
        **_math(half, "bad_share", *_share(half), half.window),
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": parts.OPERATORS["gte" if half.pair.inclusive else "gt"],
        "Threshold": float(threshold(half)),
    }


def _math(half: Half, identity: str, expression: str, ids: dict[str, str], period: int) -> dict[str, Any]:
    result = next(w for w in (identity, f"{identity}_of_all") if w not in ids.values())
    label = half.slo.display_name or half.slo.name
    fetched = metrics.fetched(half.system, ids, period)
    return {"Metrics": [metrics.returned(result, expression, label), *fetched]}


def _share(half: Half) -> tuple[str, dict[str, str]]:
    """The guarded share of bad events as metric math, and the ids it reads."""
    bad, total = bad_and_total(half.system, half.objective)
    ids = metrics.ids(metrics.leaves(half.system.signals, signals_of(half.objective)))
    if total is None:
        return metrics.text(bad, ids), ids
    count = metrics.text(bad, ids)
    share = metrics.text(Binary("/", bad, total), ids)
    return (
        f"IF({count} >= {half.pair.minimum_bad}, {share}, 0)" if half.pair.minimum_bad > 1 else share
    ), ids


def _sliced(half: Half) -> dict[str, Any]:
    """N datapoints of a slice each, M of which must be bad."""
    operator, limit = _bad_slice(half)
    return {
        **_slice_value(half),
        "EvaluationPeriods": slices(half),
        "DatapointsToAlarm": min(needed(half), slices(half)),
        "ComparisonOperator": parts.OPERATORS[operator],
        "Threshold": float(limit),
    }


def _slice_value(half: Half) -> dict[str, Any]:
    bad, total = bad_and_total(half.system, half.objective)
    ids = metrics.ids(metrics.leaves(half.system.signals, signals_of(half.objective)))
    value = bad if total is None else Binary("/", bad, total)
    return _math(half, "slice_value", metrics.text(value, ids), ids, _slice(half))


def _bad_slice(half: Half) -> tuple[Comparison, Decimal]:
    """When a slice is bad: its value is on the wrong side, or its bad share exceeds 1 - slice target."""
    indicator = half.objective.indicator
    if isinstance(indicator, Threshold):
        return INVERSE[indicator.op], indicator.value
    return "gt", 1 - (half.objective.slice_target or half.objective.target)


def _half_description(half: Half) -> str:
    over = names.window(half.window)
    lead = (
        f"The error budget of {half.slo.display_name or half.slo.name} burns faster than"
        f" {half.pair.burn} times over {over}. One of the two windows of a pair: it notifies nobody."
    )
    hourly = "CloudWatch evaluates a window of more than a day once an hour." if half.window > DAY else ""
    return parts.description(f"{lead} {hourly}", facts(half.system, half.slo, half.pair.severity))


def facts(system: System, slo: Slo, severity: str) -> list[tuple[str, str]]:
    """What the person who is woken needs: whose it is, how bad, and where to look."""
    return [
        ("SLO", slo.name),
        ("Service", slo.service),
        ("Owner", slo.owner),
        ("Severity", severity),
        ("Runbook", parts.runbook_url(system, slo.runbook)),
        ("Dashboard", parts.dashboard_url(system, slo=slo.name)),
    ]


def _both(half: Half, address: str) -> Resource:
    """ALARM while both windows burn, so that it fires on what goes on, and stops soon after it is over."""
    system, pair, slo = half.system, half.pair, half.slo
    long, short = (names.live(system, name(address)) for name in (names.long, names.short))
    windows = f"{names.window(pair.long)} and {names.window(pair.short)}"
    lead = (
        f"The error budget of {slo.display_name or slo.name} burns faster than {pair.burn} times"
        f" over {windows} ({pair.name}). It notifies nobody: {names.burn(slo.name, pair.severity)} does."
    )
    body = {
        "AlarmName": names.live(system, address),
        "AlarmDescription": parts.description(lead, facts(system, slo, pair.severity)),
        "AlarmRule": f"ALARM({quote(long)}) AND ALARM({quote(short)})",
        "Tags": parts.tags(system, address, slo.labels),
    }
    return Resource("composite-alarm", address, body, slo.where)

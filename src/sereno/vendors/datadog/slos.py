"""SLOs: counts of good and bad events as metric SLOs, slices of time as time-slice SLOs.

https://docs.datadoghq.com/api/latest/service-level-objectives/
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sereno.language import names
from sereno.language.expr import Binary, Expr, Name
from sereno.language.model import DAY, MINUTE, Objective, Ratio, RawRatio, Slo, System, Threshold
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import faults, metrics, parts
from sereno.vendors.readings import bad_and_total, ids, leaves, plain, signals_of
from sereno.vendors.subjects import runbook_url

WINDOWS = (7 * DAY, 30 * DAY, 90 * DAY)
SLICES = (MINUTE, 5 * MINUTE)


def compile_slo(system: System, slo: Slo) -> parts.Compiled:
    """An SLO an objective, for Datadog keeps one target a time window."""
    problems = tuple(_refusals(system, slo))
    if problems:
        return (), problems
    return tuple(_slo(system, slo, objective) for objective in slo.objectives), ()


def address(slo: Slo, objective: Objective) -> str:
    """Of the Datadog SLO that keeps this objective."""
    return names.slo(slo.name, objective.name if len(slo.objectives) > 1 else "")


def _refusals(system: System, slo: Slo) -> Iterable[Problem]:
    """What has no faithful SLO, with the way out."""
    if not slo.window.rolling or slo.window.seconds not in WINDOWS:
        yield faults.window_unknown(slo)
    if slo.budgeting == "RatioTimeslices":
        yield faults.no_slo(slo, "an average of slices' ratios", "write `budgetingMethod: Timeslices`")
    elif slo.composite:
        yield faults.no_slo(slo, "a composite SLO's weighted budget", "make an SLO of each objective")
    else:
        for objective in slo.objectives:
            yield from _objective_refused(system, slo, objective)


def _objective_refused(system: System, slo: Slo, objective: Objective) -> Iterable[Problem]:
    unreadable = metrics.unreadable(system, signals_of(objective), slo.where)
    if unreadable:
        yield from unreadable
    elif sliced(slo, objective):
        if seconds(slo, objective) not in SLICES:
            way_out = "write `timeSliceWindow: 1m` or `5m`"
            yield faults.no_slo(slo, f"slices of {names.window(seconds(slo, objective))}", way_out)
    elif isinstance(objective.indicator, RawRatio):
        way_out = "write `budgetingMethod: Timeslices`, or a ratioMetric with good and total"
        yield faults.no_slo(slo, "a share without its counts", way_out)
    else:
        for leaf in leaves(system.signals, signals_of(objective)):
            if not metrics.is_count(metrics.parsed(system, leaf)):
                yield faults.no_count(slo, leaf)


def sliced(slo: Slo, objective: Objective) -> bool:
    """Whether time is counted, not events."""
    return slo.budgeting == "Timeslices" or isinstance(objective.indicator, Threshold)


def seconds(slo: Slo, objective: Objective) -> int:
    """Of a slice."""
    return (objective.slice_seconds if slo.budgeting == "Timeslices" else None) or MINUTE


def timeframe(slo: Slo) -> str:
    """`7d`, `30d` or `90d`."""
    return f"{slo.window.seconds // DAY}d"


def _slo(system: System, slo: Slo, objective: Objective) -> Resource:
    many = len(slo.objectives) > 1
    target = float(objective.target * 100)
    of = address(slo, objective)
    labels = parts.labels_of(slo.labels, owner=slo.owner, service=slo.service)
    time = sliced(slo, objective)
    body = {
        "name": f"{slo.display_name or slo.name}{f': {objective.name}' if many else ''}",
        "description": _description(system, slo),
        "type": "time_slice" if time else "metric",
        "sli_specification": _slices(system, slo, objective) if time else _counts(system, objective),
        "thresholds": [{"timeframe": timeframe(slo), "target": target}],
        "timeframe": timeframe(slo),
        "target_threshold": target,
        "tags": parts.tags(system, of, labels),
    }
    return Resource("time-slice-slo" if time else "metric-slo", of, body, slo.where)


def _description(system: System, slo: Slo) -> str:
    facts = [("Owner", slo.owner), ("Runbook", runbook_url(system, slo.runbook))]
    return parts.message(slo.description or slo.name, facts)


def _counts(system: System, objective: Objective) -> dict[str, Any]:
    """Good events, and all events or bad ones: Datadog takes either, so what is declared is said.

    A count that is not there is 0, as arithmetic on CloudWatch has it: without `default_zero`
    Datadog would drop the minute from the difference.
    """
    indicator = objective.indicator
    named = ids(leaves(system.signals, signals_of(objective)))
    if isinstance(indicator, Ratio) and indicator.bad is not None:
        bad = metrics.formula(plain(system.signals, Name(indicator.bad)), _zeroed(named))
        total = metrics.formula(plain(system.signals, Name(indicator.total)), named)
        less = f"({bad})" if " " in bad else bad
        second = {"good_events_formula": f"{total} - {less}", "bad_events_formula": bad}
    else:
        good, total = _good_and_total(indicator)
        second = {
            "good_events_formula": metrics.formula(plain(system.signals, Name(good)), named),
            "total_events_formula": metrics.formula(plain(system.signals, Name(total)), named),
        }
    formulas = {name: {"formula": text} for name, text in second.items()}
    return {"count": {**formulas, "queries": metrics.queries(system, named)}}


def _good_and_total(indicator: Any) -> tuple[str, str]:
    return indicator.good or indicator.total, indicator.total


def _zeroed(named: dict[str, str]) -> dict[str, str]:
    return {leaf: f"default_zero({identity})" for leaf, identity in named.items()}


def _slices(system: System, slo: Slo, objective: Objective) -> dict[str, Any]:
    """Good while the formula compares so with the threshold."""
    value, comparator, threshold = _slice(system, objective)
    named = ids(leaves(system.signals, signals_of(objective)))
    query = {
        "formulas": [{"formula": metrics.formula(value, named)}],
        "queries": metrics.queries(system, named),
    }
    condition = {
        "comparator": comparator,
        "threshold": float(threshold),
        "query": query,
        "query_interval_seconds": seconds(slo, objective),
    }
    return {"time_slice": condition}


def _slice(system: System, objective: Objective) -> tuple[Expr, str, Decimal]:
    """(value, comparator, threshold): a threshold as it is, else the bad share against 1 - slice target."""
    indicator = objective.indicator
    bad, total = bad_and_total(system, objective)
    if isinstance(indicator, Threshold):
        return bad, parts.OPERATORS[indicator.op], indicator.value
    share = bad if total is None else Binary("/", bad, total)
    return share, "<=", 1 - (objective.slice_target or objective.target)

"""An SLO as Application Signals' own, with burn-rate windows; for those with the annotation

`sereno.dev/application-signals: "true"`. CloudWatch then keeps attainment and burn rate as metrics
(`AWS/ApplicationSignals`), over windows up to seven days, evaluated each minute.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.language import names
from sereno.language.expr import Expr, Name
from sereno.language.model import DAY, MINUTE, Ratio, Slo, System
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import burn, faults, metrics, parts
from sereno.vendors.readings import signals_of

PERIOD = MINUTE
WINDOWS = 10  # the most burn-rate windows of an SLO


def compile_native(system: System, slo: Slo) -> burn.Compiled:
    """One SLO of the vendor's; a problem for what it cannot say."""
    if not slo.native:
        return (), ()
    why = _why_not(slo)
    if why:
        return (), (faults.no_native_slo(slo, why),)
    refused = metrics.unreadable(system, signals_of(slo.objectives[0]), slo.where)
    if refused:
        return (), refused
    address = names.native(slo.name)
    body = {
        "Name": names.live(system, address),
        "Description": parts.description(slo.description or slo.name, burn.facts(system, slo, "")),
        "RequestBasedSliConfig": {"RequestBasedSliMetricConfig": _requests(system, slo)},
        "Goal": {
            "Interval": {"RollingInterval": {"DurationUnit": "DAY", "Duration": slo.window.seconds // DAY}},
            "AttainmentGoal": float(slo.objectives[0].target * 100),
            "WarningThreshold": 50.0,
        },
        "BurnRateConfigurations": [{"LookBackWindowMinutes": minutes} for minutes in _windows(slo)],
        "Tags": parts.tags(system, address, slo.labels),
    }
    return (Resource("slo", address, body, slo.where),), ()


def _why_not(slo: Slo) -> str:
    """What keeps Application Signals from counting the same."""
    if len(slo.objectives) != 1 or not isinstance(slo.objectives[0].indicator, Ratio):
        return "it counts requests of one objective, good or bad, and in total"
    if slo.budgeting != "Occurrences":
        return f"it does not know budgetingMethod {slo.budgeting} of counts"
    if not slo.window.rolling or slo.window.seconds % DAY:
        return "its window is taken as rolling days"
    return "it has at most ten burn-rate windows" if len(_windows(slo)) > WINDOWS else ""


def _windows(slo: Slo) -> list[int]:
    """Minutes, each once, the shortest first."""
    return sorted({window // MINUTE for pair in slo.policies for window in (pair.long, pair.short)})


def _requests(system: System, slo: Slo) -> dict[str, Any]:
    indicator = slo.objectives[0].indicator
    if not isinstance(indicator, Ratio):
        raise TypeError(indicator)
    kind, counted = (
        ("BadCountMetric", indicator.bad) if indicator.bad else ("GoodCountMetric", indicator.good)
    )
    return {
        "TotalRequestCountMetric": _queries(system, indicator.total),
        "MonitoredRequestCountMetric": {kind: _queries(system, counted or indicator.total)},
    }


def _queries(system: System, signal: str) -> list[dict[str, Any]]:
    """The metric itself, or the expression over several."""
    tree: Expr = metrics.plain(system.signals, Name(signal))
    ids = metrics.ids(metrics.leaves(system.signals, [signal]))
    fetched = metrics.fetched(system, ids, PERIOD)
    if isinstance(tree, Name):
        return [{**fetched[0], "ReturnData": True}]
    return [metrics.returned("counted", metrics.text(tree, ids), signal), *fetched]


def created(live: Mapping[str, Any]) -> dict[str, Any]:
    """What GetServiceLevelObjective tells, as the arguments that would create it."""
    requests = live.get("RequestBasedSli", {}).get("RequestBasedSliMetric", {})
    kept = {
        k: requests[k] for k in ("TotalRequestCountMetric", "MonitoredRequestCountMetric") if k in requests
    }
    plain = {k: live[k] for k in ("Name", "Description", "Goal", "BurnRateConfigurations") if k in live}
    return {**plain, "RequestBasedSliConfig": {"RequestBasedSliMetricConfig": kept}}

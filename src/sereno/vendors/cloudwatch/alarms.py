"""Threshold alerts, and the no-data alert of an SLO: silence is never health."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from sereno.language import names, routes
from sereno.language.expr import Name
from sereno.language.model import Alert, Anomaly, Comparison, Direction, Slo, System
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import burn, composites, kept, metrics, parts
from sereno.vendors.readings import signals_of
from sereno.vendors.subjects import tells_of_data_again

# The id of a band. Ids of metrics are like their signals' names, of which none has a capital in it.
BAND: Final = "theBand"
OF_THE_BAND: Final[Mapping[Direction, str]] = {
    "above": "GreaterThanUpperThreshold",
    "below": "LessThanLowerThreshold",
    "outside": "LessThanLowerOrGreaterThanUpperThreshold",
}
SIGNS: Final[Mapping[Comparison, str]] = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
# Silence of eight minutes in a row. CloudWatch looks at two datapoints more than it judges, and while
# one of them is there, the alarm waits: all signals silent are told after (8 + 2) x 60 s = 10 minutes.
# One of several silent is a 0, not a missing datapoint, and is told after 8 x 60 s. A late minute, or
# seven, are not eight. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
SILENT_PERIOD, SILENT_PERIODS = 60, 8


def compile_alert(system: System, alert: Alert) -> burn.Compiled:
    """The alarm of an alert; with a composite before it when others inhibit it."""
    wanted = (alert.signal, *(alert.guard[:1] if alert.guard else ()))
    refused = () if kept.watches(alert) else metrics.unreadable(system, wanted, alert.where)
    if refused:
        return (), refused
    who = kept.told(system, alert)
    acts = {**composites.actions(who.arns, alert.when_resolved), **kept.said(alert, kept.ACTIONS)}
    text = alert.cloudwatch.get("AlarmDescription", _description(system, alert))
    if kept.whole(alert):
        return (kept.alarm(system, alert, text, acts),), who.problems
    if not alert.inhibited_by:
        return (_alarm(system, alert, names.alert(alert.name), text, acts),), who.problems
    bare = _alarm(system, alert, names.threshold(alert.name), text, {})
    return (bare, *composites.compile_inhibited(system, alert, text, acts)), who.problems


def _alarm(system: System, alert: Alert, address: str, text: str, acts: dict[str, Any]) -> Resource:
    body = {
        "AlarmName": names.live(system, address),
        "AlarmDescription": text,
        **_value(system, alert),
        "EvaluationPeriods": alert.evaluation_periods,
        "DatapointsToAlarm": alert.datapoints,
        **_compared(alert),
        "TreatMissingData": alert.missing,
        **kept.said(alert, kept.MEASURED),
        **acts,
        "Tags": kept.tags(system, alert, address),
    }
    return Resource("metric-alarm", address, body, alert.where)


def _compared(alert: Alert) -> dict[str, Any]:
    """With a number, or with the band beside the value (`_banded`)."""
    if alert.anomaly:
        return {"ComparisonOperator": OF_THE_BAND[alert.anomaly.direction], "ThresholdMetricId": BAND}
    return {"ComparisonOperator": parts.OPERATORS[alert.op], "Threshold": float(alert.threshold)}


def _banded(system: System, alert: Alert, anomaly: Anomaly) -> dict[str, Any]:
    """The value and its band, both returned: what an anomaly alarm compares.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Anomaly_Detection_Alarm.html
    """
    ids = metrics.ids(metrics.leaves(system.signals, (alert.signal,)))
    fetched = metrics.fetched(system, ids, alert.period)
    value = metrics.text(metrics.plain(system.signals, Name(alert.signal)), ids)
    watched = value
    if value in ids.values():
        fetched = [{**query, "ReturnData": query["Id"] == value} for query in fetched]
    else:
        watched = metrics.free("value", ids)
        fetched = [metrics.returned(watched, value, alert.name), *fetched]
    learned = f"ANOMALY_DETECTION_BAND({watched}, {metrics.number(anomaly.deviations)})"
    return {"Metrics": [metrics.returned(BAND, learned, f"{alert.name}: expected"), *fetched]}


def _value(system: System, alert: Alert) -> dict[str, Any]:
    """The metric itself where that is all, else metric math; nothing where the alert says it itself."""
    if kept.watches(alert):
        return {}
    if alert.anomaly:
        return _banded(system, alert, alert.anomaly)
    signal = system.signals[alert.signal]
    if signal.cloudwatch is not None and not alert.guard and not signal.cloudwatch.account:
        return single(signal.cloudwatch.stat, metrics.named(signal.cloudwatch), alert.period)
    wanted = (alert.signal, *(alert.guard[:1] if alert.guard else ()))
    ids = metrics.ids(metrics.leaves(system.signals, wanted))
    value = metrics.text(metrics.plain(system.signals, Name(alert.signal)), ids)
    result = metrics.free("value", ids)
    expression = _guarded(system, alert, value, ids)
    return {
        "Metrics": [
            metrics.returned(result, expression, alert.name),
            *metrics.fetched(system, ids, alert.period),
        ]
    }


def single(stat: str, named: dict[str, Any], period: int) -> dict[str, Any]:
    """One metric, without math."""
    kind = "Statistic" if stat in metrics.STATISTICS else "ExtendedStatistic"
    return {**named, "Period": period, kind: stat}


def _guarded(system: System, alert: Alert, value: str, ids: dict[str, str]) -> str:
    if alert.guard is None:
        return value
    name, least = alert.guard
    traffic = metrics.text(metrics.plain(system.signals, Name(name)), ids)
    quiet = metrics.number(unbreached(alert.op, alert.threshold))
    return f"IF({traffic} >= {metrics.number(least)}, {value}, {quiet})"


def unbreached(op: Comparison, threshold: Decimal) -> Decimal:
    """A value that does not breach: 0 where it will do, else one beside the threshold."""
    beside = {"gt": threshold, "gte": threshold - 1, "lt": threshold, "lte": threshold + 1}[op]
    zero_is_well = threshold > 0 if op in ("gt", "gte") else threshold < 0
    return Decimal(0) if zero_is_well else beside


def _description(system: System, alert: Alert) -> str:
    of = f"{alert.datapoints} of {alert.evaluation_periods}"
    condition = f"{alert.signal} {_against(alert)} in {of} periods of {names.window(alert.period)}"
    facts = [
        ("Condition", "" if kept.watches(alert) else condition),
        ("Service", alert.service),
        ("Owner", alert.owner),
        ("Severity", alert.severity),
        ("Runbook", parts.runbook_url(system, alert.runbook)),
        ("Dashboard", parts.dashboard_url(system, alert=alert.name)),
    ]
    lead = parts.meant(alert.description or alert.name, when_resolved=alert.when_resolved)
    return parts.description(lead, facts)


def compile_silence(system: System, slo: Slo) -> burn.Compiled:
    """One alarm for the signals of an SLO that must always have data; none where nothing promises it.

    The product of the numbers of datapoints is 0 as soon as one signal is silent (arithmetic
    reads a missing point as 0), and missing when all are, which breaches.
    """
    wanted = [name for objective in slo.objectives for name in signals_of(objective)]
    if metrics.unreadable(system, wanted, slo.where):
        return (), ()
    leaves = metrics.leaves(system.signals, wanted)
    promised = _distinct(system, [leaf for leaf in leaves if system.signals[leaf].always])
    if not promised:
        return (), ()
    who = parts.told(system, routes.slo_labels(system, slo, "ticket"), (), True, slo.where)
    address = names.silence(slo.name)
    body = {
        "AlarmName": names.live(system, address),
        "AlarmDescription": _silence_description(system, slo, promised),
        **_counted(system, promised),
        "EvaluationPeriods": SILENT_PERIODS,
        "DatapointsToAlarm": SILENT_PERIODS,
        "ComparisonOperator": parts.OPERATORS["lt"],
        "Threshold": 1.0,
        "TreatMissingData": "breaching",
        **composites.actions(who.arns, tells_of_data_again(slo)),
        "Tags": parts.tags(system, address, slo.labels),
    }
    return (Resource("metric-alarm", address, body, slo.where),), who.problems


def _distinct(system: System, leaves: list[str]) -> list[str]:
    """One signal a metric: two statistics of it fall silent together."""
    by_metric = {str(metrics.named(metrics.metric_of(system, leaf))): leaf for leaf in reversed(leaves)}
    return [leaf for leaf in leaves if leaf in by_metric.values()]


def _counted(system: System, promised: list[str]) -> dict[str, Any]:
    first = metrics.metric_of(system, promised[0])
    if len(promised) == 1 and not first.account:
        return single("SampleCount", metrics.named(first), SILENT_PERIOD)
    ids = metrics.ids(promised)
    expression = " * ".join(ids.values())
    fetched = metrics.fetched(system, ids, SILENT_PERIOD, "SampleCount")
    result = metrics.free("datapoints", ids)
    return {"Metrics": [metrics.returned(result, expression, "datapoints"), *fetched]}


def _against(alert: Alert) -> str:
    if alert.anomaly:
        return f"{alert.anomaly.direction} its band of {alert.anomaly.deviations} deviations"
    return f"{SIGNS[alert.op]} {alert.threshold}"


def _silence_description(system: System, slo: Slo, promised: list[str]) -> str:
    lead = (
        f"{', '.join(promised)} stopped sending data, so {slo.display_name or slo.name} is not measured:"
        " green means nothing now. A renamed metric, a stopped canary or a broken emitter does this."
    )
    lead = parts.meant(lead, when_resolved=tells_of_data_again(slo))
    return parts.description(lead, burn.facts(system, slo, "ticket"))

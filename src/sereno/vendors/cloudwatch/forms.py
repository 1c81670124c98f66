"""One form for what means the same: how we write an alarm and how CloudWatch gives it back.

Defaults are put in, empty values left out, and lists whose order means nothing become maps
or are sorted. Only for comparing; what is sent is the body as compiled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sereno.language import names
from sereno.vendors.backend import Body, Resource
from sereno.vendors.cloudwatch import alarm_rule
from sereno.vendors.plan import Terms

_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "metric-alarm": {"ActionsEnabled": True, "TreatMissingData": "missing"},
    "composite-alarm": {"ActionsEnabled": True},
    "dashboard": {},
    "mute-rule": {},
    "slo": {},
}
# What the vendor says unasked, and means nothing.
_SILENT: Mapping[str, Any] = {
    "EvaluateLowSampleCountPercentile": "evaluate",
    "EvaluationWindow": {"SlidingWindow": {}},
}


def name(resource: Resource) -> str:
    """`alarm:NAME` (metric and composite alarms share their names), `dashboard:NAME`, `mute-rule:NAME`."""
    body = resource.body
    if resource.kind == "dashboard":
        return f"dashboard:{body['DashboardName']}"
    if resource.kind in ("mute-rule", "slo"):
        return f"{resource.kind}:{body['Name']}"
    return f"alarm:{body['AlarmName']}"


def needs(resource: Resource) -> tuple[str, ...]:
    """The alarms of a composite's rule, its suppressor, and the targets of a mute rule."""
    if resource.kind == "composite-alarm":
        suppressor = resource.body.get("ActionsSuppressor")
        named = [*_children(str(resource.body["AlarmRule"])), *([suppressor] if suppressor else [])]
    elif resource.kind == "mute-rule":
        named = list(resource.body.get("MuteTargets", {}).get("AlarmNames", ()))
    else:
        named = []
    return tuple(f"alarm:{alarm_rule.alarm_name(each)}" for each in named)


def _children(rule: str) -> tuple[str, ...]:
    """A rule that others broke by hand has no children we know of."""
    try:
        return alarm_rule.alarms(alarm_rule.parse(rule))
    except alarm_rule.RuleFault:
        return ()


def form(resource: Resource) -> Body:
    """The canonical body."""
    body = {**_DEFAULTS[resource.kind], **_given(resource.body)}
    if resource.kind == "metric-alarm" and body.get("DatapointsToAlarm") is None:
        body["DatapointsToAlarm"] = body.get("EvaluationPeriods")
    if resource.kind == "composite-alarm" and "ActionsSuppressor" not in body:
        body.pop("ActionsSuppressorWaitPeriod", None)  # described as 0
        body.pop("ActionsSuppressorExtensionPeriod", None)
    if resource.kind in ("dashboard", "mute-rule", "slo"):
        body = _without_tags(resource, body)
    return {key: _field(key, value) for key, value in body.items()}


def _without_tags(resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
    """Some endpoints neither keep nor show them, and they tell nothing that a name we minted does not.

    Of a dashboard that keeps the name it had, ours stay: by them it is known as ours.
    """
    ours = {tag["Key"]: tag["Value"] for tag in body.pop("Tags", ()) if tag["Key"] in names.OURS}
    minted = "-".join(ours[key] for key in names.OURS if key in ours).replace("/", "-")
    if resource.kind != "dashboard" or not ours or body["DashboardName"] == minted:
        return body
    return {**body, "Tags": [{"Key": key, "Value": value} for key, value in ours.items()]}


def _given(body: Body) -> dict[str, Any]:
    """Without what is empty, or said unasked."""
    return {k: v for k, v in body.items() if v not in (None, "", [], {}) and _SILENT.get(k) != v}


def _field(key: str, value: Any) -> Any:
    if key in _ACTIONS:
        return sorted(value)
    if key == "Tags":
        # AWS's own, as those of a CloudFormation stack, are not ours to set or to take.
        return {tag["Key"]: tag["Value"] for tag in value if not tag["Key"].startswith("aws:")}
    if key == "Dimensions":
        return _dimensions(value)
    if key == "MuteTargets":
        return {"AlarmNames": sorted(value.get("AlarmNames", ()))}
    if key == "RequestBasedSliConfig":
        return _counted(value)
    if key == "Metrics":
        return {query["Id"]: _query(query) for query in value}
    return value


def _counted(value: Any) -> Any:
    """Lists of queries, wherever they are, by their ids."""
    if isinstance(value, Mapping):
        return {key: _counted(inner) for key, inner in value.items()}
    return {query["Id"]: _query(query) for query in value} if isinstance(value, list) else value


def _dimensions(value: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {dimension["Name"]: dimension["Value"] for dimension in value}


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    given = {"ReturnData": True, **_given({k: v for k, v in query.items() if k != "Id"})}
    if "MetricStat" in given:
        stat = _given(given["MetricStat"])
        metric = _given(stat["Metric"])
        dimensions = _dimensions(metric.get("Dimensions", ()))
        given["MetricStat"] = {**stat, "Metric": {**metric, "Dimensions": dimensions}}
    return given


TERMS = Terms(name=name, form=form, needs=needs)

"""What a file of resources holds: four shapes, read to one.

(a) `aws cloudwatch describe-alarms`: `MetricAlarms` and `CompositeAlarms`, the arguments of the
calls among what is only described; (b) `Dashboards: [{DashboardName, DashboardBody}]`;
(c) what `sereno build` writes; (d) `terraform show -json` of a plan or a state, whose values
that are known only after the apply are taken to be right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]
LATER = "known-after-apply"  # stands for a value that Terraform does not know yet


@dataclass(frozen=True, slots=True)
class Found:
    """One resource of a file; `described` says that it may hold more than the call takes."""

    kind: str
    name: str
    body: Any
    described: bool = False


def found(document: Mapping[str, Any]) -> list[Found]:
    """Everything that can be checked, in the file's order; nothing where the shape is none of the four."""
    return [*_described(document), *_built(document), *_terraform(document)]


def _described(document: Body) -> Iterator[Found]:
    shapes = (
        ("MetricAlarms", "metric-alarm", "AlarmName"),
        ("CompositeAlarms", "composite-alarm", "AlarmName"),
        ("Dashboards", "dashboard", "DashboardName"),
        ("AlarmMuteRules", "mute-rule", "Name"),
        ("ServiceLevelObjectives", "slo", "Name"),
    )
    for key, kind, name in shapes:
        entries = document.get(key)
        for n, body in enumerate(entries if isinstance(entries, list) else ()):
            yield Found(kind, _name(body, name) or f"{key}[{n}]", body, described=True)


def _name(body: Any, key: str) -> str:
    name = body.get(key) if isinstance(body, Mapping) else None
    return name if isinstance(name, str) else ""


def _built(document: Body) -> Iterator[Found]:
    entries = document.get("resources")
    for n, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, Mapping) and "body" in entry:
            address = entry.get("address")
            name = address if isinstance(address, str) else f"resources[{n}]"
            yield Found(str(entry.get("kind", "")), name, entry["body"])


def _terraform(document: Body) -> Iterator[Found]:
    planned = document.get("planned_values") or document.get("values")
    if not isinstance(planned, Mapping):
        return
    later = _later(document)
    for resource in _resources(planned.get("root_module")):
        values = resource.get("values")
        address = str(resource.get("address", ""))
        read = _READERS.get(str(resource.get("type")))
        if read and isinstance(values, Mapping):
            kind, translate = read
            unknown = {key: _unknown(key) for key, is_so in later.get(address, {}).items() if is_so is True}
            given = {key: value for key, value in values.items() if value not in (None, "", [], {})}
            yield Found(kind, address, translate({**unknown, **given}))


def _later(document: Body) -> dict[str, Body]:
    """Of each address, the fields that are known after the apply."""
    changes = document.get("resource_changes")
    return {
        str(change.get("address")): change["change"].get("after_unknown") or {}
        for change in (changes if isinstance(changes, list) else ())
        if isinstance(change, Mapping) and isinstance(change.get("change"), Mapping)
    }


def _unknown(key: str) -> Any:
    """A value that breaks no rule, for one that is not known yet."""
    numbers = {"threshold": 0, "period": 60, "evaluation_periods": 1, "datapoints_to_alarm": 1}
    texts = {"alarm_rule": "TRUE", "dashboard_body": '{"widgets": []}', "statistic": "Sum"}
    lists = ("alarm_actions", "ok_actions", "insufficient_data_actions", "metric_query")
    if key in lists:
        return []
    return {} if key in ("dimensions", "tags") else numbers.get(key, texts.get(key, LATER))


def _resources(module: Any) -> Iterator[Body]:
    if not isinstance(module, Mapping):
        return
    resources, modules = module.get("resources"), module.get("child_modules")
    for resource in resources if isinstance(resources, list) else ():
        if isinstance(resource, Mapping) and resource.get("mode", "managed") == "managed":
            yield resource
    for child in modules if isinstance(modules, list) else ():
        yield from _resources(child)


_ALARM_FIELDS = {
    "alarm_name": "AlarmName",
    "alarm_description": "AlarmDescription",
    "actions_enabled": "ActionsEnabled",
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "insufficient_data_actions": "InsufficientDataActions",
}
_METRIC_FIELDS = {
    **_ALARM_FIELDS,
    "comparison_operator": "ComparisonOperator",
    "datapoints_to_alarm": "DatapointsToAlarm",
    "evaluate_low_sample_count_percentiles": "EvaluateLowSampleCountPercentile",
    "evaluation_periods": "EvaluationPeriods",
    "extended_statistic": "ExtendedStatistic",
    "metric_name": "MetricName",
    "namespace": "Namespace",
    "period": "Period",
    "statistic": "Statistic",
    "threshold": "Threshold",
    "threshold_metric_id": "ThresholdMetricId",
    "treat_missing_data": "TreatMissingData",
    "unit": "Unit",
}
_QUERY_FIELDS = {
    "id": "Id",
    "expression": "Expression",
    "label": "Label",
    "period": "Period",
    "account_id": "AccountId",
}


def _renamed(values: Body, fields: Mapping[str, str]) -> dict[str, Any]:
    return {new: values[old] for old, new in fields.items() if values.get(old) not in (None, "")}


def _metric_alarm(values: Body) -> dict[str, Any]:
    body = _renamed(values, _METRIC_FIELDS)
    queries = values.get("metric_query")
    if isinstance(queries, list) and queries:
        body["Metrics"] = [_query(query) for query in queries]
    return {**body, **_dimensions(values), **_tags(values)}


def _query(values: Any) -> Any:
    """Terraform's `return_data` is false unless it is said, where the API's is true."""
    if not isinstance(values, Mapping):
        return values
    query = {**_renamed(values, _QUERY_FIELDS), "ReturnData": bool(values.get("return_data"))}
    metric = values.get("metric")
    if isinstance(metric, list) and metric and isinstance(metric[0], Mapping):
        said = metric[0]
        named = _renamed(said, {"namespace": "Namespace", "metric_name": "MetricName"})
        asked = _renamed(said, {"period": "Period", "stat": "Stat", "unit": "Unit"})
        query["MetricStat"] = {"Metric": {**named, **_dimensions(said)}, **asked}
    return query


def _dimensions(values: Body) -> dict[str, Any]:
    said = values.get("dimensions")
    if not isinstance(said, Mapping) or not said:
        return {}
    return {"Dimensions": [{"Name": name, "Value": value} for name, value in said.items()]}


def _tags(values: Body) -> dict[str, Any]:
    said = values.get("tags")
    if not isinstance(said, Mapping) or not said:
        return {}
    return {"Tags": [{"Key": key, "Value": value} for key, value in said.items()]}


def _composite_alarm(values: Body) -> dict[str, Any]:
    body = {**_renamed(values, {**_ALARM_FIELDS, "alarm_rule": "AlarmRule"}), **_tags(values)}
    suppressor = values.get("actions_suppressor")
    if isinstance(suppressor, list) and suppressor and isinstance(suppressor[0], Mapping):
        said = {
            "alarm": "ActionsSuppressor",
            "wait_period": "ActionsSuppressorWaitPeriod",
            "extension_period": "ActionsSuppressorExtensionPeriod",
        }
        body |= _renamed(suppressor[0], said)
    return body


def _dashboard(values: Body) -> dict[str, Any]:
    return _renamed(values, {"dashboard_name": "DashboardName", "dashboard_body": "DashboardBody"})


_READERS = {
    "aws_cloudwatch_metric_alarm": ("metric-alarm", _metric_alarm),
    "aws_cloudwatch_composite_alarm": ("composite-alarm", _composite_alarm),
    "aws_cloudwatch_dashboard": ("dashboard", _dashboard),
}

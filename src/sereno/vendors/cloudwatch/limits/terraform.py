"""The alarms, dashboards and mute rules of `terraform show -json`, as the calls that the provider will make.

What is known only after the apply is taken to be right: where a call needs it, a value stands in
that breaks no rule; elsewhere it is left out. The provider's zero values (0, "", []) say nothing.
https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sereno.vendors.cloudwatch.limits import terraform_plan
from sereno.vendors.cloudwatch.limits.providers import Providers
from sereno.vendors.cloudwatch.limits.tables import BAND_OPERATORS, OPERATORS
from sereno.vendors.cloudwatch.limits.terraform_plan import Body, Path

LATER = "known-after-apply"  # stands for a text that Terraform does not know yet
_INDEX = re.compile(r"\[[^\[\]]*\]")
NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Read:
    """One resource as the call will be; `at` is where its values stand, `names` Terraform's of its fields.

    `owner` is the provider that makes it, or the block that it is declared in: one account and Region,
    but for a `region` of its own.
    """

    kind: str
    address: str
    body: dict[str, Any]
    at: Path
    names: Mapping[str, str]
    owner: str


def resources(document: Body) -> Iterator[Read]:
    """Everything in a plan or a state that can be checked."""
    later, providers = terraform_plan.later(document), Providers.of(document)
    for at, resource, values in terraform_plan.declared(document):
        address = str(resource.get("address", ""))
        if (kind := _KINDS.get(str(resource.get("type")))) and isinstance(values, Mapping):
            given = {key: value for key, value in values.items() if value not in NOTHING}
            if "evaluation_criteria" in given:
                continue  # a PromQL alarm, in a form of the provider that is not known here
            body = _READERS[kind](given, later.get(address, frozenset()))
            block = _INDEX.sub("", address)
            body |= _arn(kind, given, body, providers.region(block))
            yield Read(kind, address, body, at, _NAMES[kind], providers.owner(block))


def _arn(kind: str, given: Body, body: Body, region: str) -> dict[str, str]:
    """Its ARN; of one that is not there yet, as far as it is known."""
    if kind == "dashboard":
        return {}
    arn, said = given.get("arn"), given.get("region", region)
    if not isinstance(arn, str) and isinstance(said, str) and said:
        arn = f"arn:aws:cloudwatch:{said}::alarm:{body.get('AlarmName', LATER)}"
    return {"AlarmArn": arn} if isinstance(arn, str) else {}


_ALARM_FIELDS = {
    "alarm_name": "AlarmName",
    "alarm_description": "AlarmDescription",
    "actions_enabled": "ActionsEnabled",
}
_ACTIONS = {
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
_SUPPRESSOR = {
    "alarm": "ActionsSuppressor",
    "wait_period": "ActionsSuppressorWaitPeriod",
    "extension_period": "ActionsSuppressorExtensionPeriod",
}
_ZERO_IS_UNSET = ("datapoints_to_alarm", "period")


def _renamed(values: Body, fields: Mapping[str, str]) -> dict[str, Any]:
    named = {new: values[old] for old, new in fields.items() if values.get(old) not in NOTHING}
    return {new: value for new, value in named.items() if not _unset(new, value, fields)}


def _unset(new: str, value: Any, fields: Mapping[str, str]) -> bool:
    zero = isinstance(value, int) and not isinstance(value, bool) and value == 0
    return zero and new in [fields.get(old) for old in _ZERO_IS_UNSET]


def _common(values: Body) -> dict[str, Any]:
    """The actions (without those not known yet) and the tags."""
    actions = {new: _known(values[old]) for old, new in _ACTIONS.items() if old in values}
    return {**actions, **_pairs(values.get("tags"), "Tags", "Key")}


def _known(entries: Any) -> Any:
    return [one for one in entries if one is not None] if isinstance(entries, list) else entries


def _pairs(said: Any, name: str, key: str) -> dict[str, Any]:
    """A map as the list that the call takes; a value that is not known yet stands for a sound one."""
    if not isinstance(said, Mapping) or not said:
        return {}
    return {name: [{key: k, "Value": LATER if value is None else value} for k, value in said.items()]}


def _metric_alarm(values: Body, later: frozenset[str]) -> dict[str, Any]:
    body = {**_renamed(values, _METRIC_FIELDS), **_common(values)}
    queries = values.get("metric_query", [{}] if "metric_query" in later else [])
    if isinstance(queries, list) and queries:
        body["Metrics"] = [_query(query, "metric_query" in later, _period(queries)) for query in queries]
    if "ThresholdMetricId" in body and body.get("Threshold") == 0:
        del body["Threshold"]
    unknown = {"InstanceId": None} if "dimensions" in later else None
    body |= _pairs(values.get("dimensions", unknown), "Dimensions", "Name")
    wanted = _stand_ins(body)
    return {**{_METRIC_FIELDS[key]: wanted[key] for key in wanted.keys() & later}, **body}


def _stand_ins(body: Body) -> dict[str, Any]:
    """By Terraform's names, what this alarm cannot do without."""
    band = "ThresholdMetricId" in body
    wanted = {
        "alarm_name": LATER,
        "comparison_operator": (BAND_OPERATORS if band else OPERATORS)[0],
        "evaluation_periods": body.get("DatapointsToAlarm", 1),
        **({} if band else {"threshold": 0}),
    }
    if "Metrics" in body:
        return wanted
    wanted |= {"metric_name": LATER, "namespace": LATER, "period": 60}
    return wanted | ({} if "ExtendedStatistic" in body else {"statistic": "Sum"})


def _period(queries: list[Any]) -> int:
    """The first period that is known, else a minute: all metrics of an alarm share one."""
    metrics = [_metric(query) or {} for query in queries if isinstance(query, Mapping)]
    return next((said["period"] for said in metrics if said.get("period")), 60)


def _metric(query: Body) -> Body | None:
    return _block(query, "metric")


def _query(values: Any, later: bool, period: int) -> Any:
    """Terraform's `return_data` is false unless it is said, where the API's is true."""
    if not isinstance(values, Mapping):
        return values
    query = {**_renamed(values, _QUERY_FIELDS), "ReturnData": bool(values.get("return_data", not values))}
    said = _metric(values)
    if said is not None or (later and "Expression" not in query):
        query["MetricStat"] = _stat(said or {}, later, period)
    return (
        {"Id": "later", **({"Period": period} if "Expression" in query else {}), **query} if later else query
    )


def _stat(said: Body, later: bool, period: int) -> dict[str, Any]:
    named = _renamed(said, {"namespace": "Namespace", "metric_name": "MetricName"})
    asked = _renamed(said, {"period": "Period", "stat": "Stat", "unit": "Unit"})
    if later:
        named = {"Namespace": LATER, "MetricName": LATER, **named}
        asked = {"Period": period, "Stat": "Sum", **asked}
    return {"Metric": {**named, **_pairs(said.get("dimensions"), "Dimensions", "Name")}, **asked}


def _composite_alarm(values: Body, later: frozenset[str]) -> dict[str, Any]:
    body = {**_renamed(values, {**_ALARM_FIELDS, "alarm_rule": "AlarmRule"}), **_common(values)}
    suppressor = _block(values, "actions_suppressor")
    if suppressor is not None:
        unknown = dict(zip(_SUPPRESSOR.values(), (LATER, 0, 0), strict=True))
        body |= {**(unknown if "actions_suppressor" in later else {}), **_renamed(suppressor, _SUPPRESSOR)}
    wanted = {"alarm_name": LATER, "alarm_rule": "TRUE"}
    names = {**_ALARM_FIELDS, "alarm_rule": "AlarmRule"}
    return {**{names[key]: wanted[key] for key in wanted.keys() & later}, **body}


def _dashboard(values: Body, later: frozenset[str]) -> dict[str, Any]:
    names = {"dashboard_name": "DashboardName", "dashboard_body": "DashboardBody"}
    wanted = {"dashboard_name": LATER, "dashboard_body": '{"widgets": []}'}
    return {**{names[key]: wanted[key] for key in wanted.keys() & later}, **_renamed(values, names)}


_MUTE_FIELDS = {
    "name": "Name",
    "description": "Description",
    "start_date": "StartDate",
    "expire_date": "ExpireDate",
}
_SCHEDULE = {"expression": "Expression", "duration": "Duration", "timezone": "Timezone"}


def _mute_rule(values: Body, later: frozenset[str]) -> dict[str, Any]:
    """Its blocks are lists of at most one, as the provider's schema has them.

    https://github.com/hashicorp/terraform-provider-aws/pull/46750
    """
    body = {**_renamed(values, _MUTE_FIELDS), **_pairs(values.get("tags"), "Tags", "Key")}
    if (rule := _block(values, "rule")) is not None or "rule" in later:
        unknown = {"Expression": "cron(0 0 * * *)", "Duration": "PT1H"} if "rule" in later else {}
        body["Rule"] = {"Schedule": {**unknown, **_renamed(_block(rule or {}, "schedule") or {}, _SCHEDULE)}}
    targets = (_block(values, "mute_targets") or {}).get("alarm_names")
    unknown_names = [LATER] if "mute_targets" in later else []
    if named := _known(targets or []) or unknown_names:
        body["MuteTargets"] = {"AlarmNames": named}
    return {**({"Name": LATER} if "name" in later else {}), **body}


def _block(values: Body, name: str) -> Body | None:
    """The one of a block that stands at most once."""
    said = values.get(name)
    return said[0] if isinstance(said, list) and said and isinstance(said[0], Mapping) else None


_KINDS = {
    "aws_cloudwatch_metric_alarm": "metric-alarm",
    "aws_cloudwatch_composite_alarm": "composite-alarm",
    "aws_cloudwatch_dashboard": "dashboard",
    "aws_cloudwatch_alarm_mute_rule": "mute-rule",
}
_READERS = {
    "metric-alarm": _metric_alarm,
    "composite-alarm": _composite_alarm,
    "dashboard": _dashboard,
    "mute-rule": _mute_rule,
}
_SHARED = {**_METRIC_FIELDS, **_ACTIONS, "alarm_rule": "AlarmRule", "metric_query": "Metrics"}
_OF_ALARMS = {new: old for old, new in {**_SHARED, "dimensions": "Dimensions", "tags": "Tags"}.items()}
_NAMES: Mapping[str, Mapping[str, str]] = {
    "metric-alarm": _OF_ALARMS,
    "composite-alarm": _OF_ALARMS,
    "dashboard": {"DashboardName": "dashboard_name", "DashboardBody": "dashboard_body"},
    "mute-rule": {
        **{new: old for old, new in _MUTE_FIELDS.items()},
        "Rule": "rule",
        "MuteTargets": "mute_targets",
        "Tags": "tags",
    },
}

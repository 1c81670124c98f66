"""What a file of resources holds: seven shapes, read to one.

(a) `aws cloudwatch describe-alarms`: `MetricAlarms`, `CompositeAlarms` and `LogAlarms`, the arguments of
the calls among what is only described; and so mute rules, anomaly detectors and SLOs; (b) `Dashboards:
[{DashboardName, DashboardBody}]`, or what `aws cloudwatch get-dashboard` tells of one; (c) what `sereno
build` writes; (d) `terraform show -json` of a plan or a state (see `terraform`); (e) the arguments of
one call (PutMetricAlarm, PutMetricData, GetMetricData ...), or a log line with embedded metrics; (f) a
template of CloudFormation (see `cloudformation`); (g) a dashboard's body alone, or a list of alarms, as
`--query` gives, or of queries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sereno.vendors.cloudwatch.limits import cloudformation, terraform

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One resource of a file; `described` says that it may hold more than the call takes.

    `at` is the path to its body in the file, `names` what its fields are called there, where not the same
    ("" where a field is the file itself). `besides` is another reading of what is not known: what is wrong in
    both is wrong.
    `region` and `owner` (the account, or what stands for it in this file) are empty where they are not said.
    """

    kind: str
    name: str
    body: Any
    described: bool = False
    at: tuple[str | int, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    region: str = ""
    owner: str = ""
    besides: Any = None


def found(document: Any) -> list[Found]:
    """Everything that can be checked, in the file's order; nothing where the shape is none of these."""
    if isinstance(document, list):
        return list(_listed(document))
    if not isinstance(document, Mapping):
        return []
    planned = (
        Found(read.kind, read.address, read.body, True, read.at, read.names, *_place(read.body, read.owner))
        for read in terraform.resources(document)
    )
    stacked = (
        Found(
            made.kind, made.name, made.body, True, made.at, {}, *_place(made.body, made.owner), made.besides
        )
        for made in cloudformation.resources(document)
    )
    return [*_described(document), *_built(document), *planned, *stacked]


def _listed(alarms: list[Any]) -> Iterator[Found]:
    """Alarms as `--query MetricAlarms` lists them, or queries as `--metric-data-queries` takes them."""
    if alarms and all(isinstance(one, Mapping) and "Id" in one for one in alarms):
        yield Found(
            "metric-request", "queries", {"MetricDataQueries": alarms}, names={"MetricDataQueries": ""}
        )
    for n, body in enumerate(alarms):
        for one in _sent(body) if isinstance(body, Mapping) else ():
            yield replace(one, described=True, at=(n,), region=_place(body)[0], owner=_place(body)[1])


LISTS = (
    ("MetricAlarms", "metric-alarm", "AlarmName"),
    ("CompositeAlarms", "composite-alarm", "AlarmName"),
    ("LogAlarms", "log-alarm", "AlarmName"),
    ("AnomalyDetectors", "anomaly-detector", "MetricName"),
    ("Dashboards", "dashboard", "DashboardName"),
    ("AlarmMuteRules", "mute-rule", "Name"),
    ("ServiceLevelObjectives", "slo", "Name"),
)


def no_lists(document: Any) -> Iterator[tuple[str, Any]]:
    """(key, value) of what should be a list of resources and is none; null says that there is none."""
    if not isinstance(document, Mapping):
        return
    for key in (*(key for key, _, _ in LISTS), "resources"):
        value = document.get(key)
        if value is not None and not isinstance(value, list):
            yield key, value


def _described(document: Body) -> Iterator[Found]:
    for key, kind, name in LISTS:
        entries = document.get(key)
        for n, body in enumerate(entries if isinstance(entries, list) else ()):
            called = _name(body, name) or f"{key}[{n}]"
            yield Found(kind, called, body, True, (key, n), {}, *_place(body))
    yield from _sent(document)
    if "DashboardBody" in document:
        yield Found("dashboard", _name(document, "DashboardName") or "dashboard", document, described=True)
    if isinstance(document.get("widgets"), list):
        body = {"DashboardName": "dashboard", "DashboardBody": document}
        yield Found("dashboard", "dashboard", body, described=True, names={"DashboardBody": ""})


def _sent(document: Body) -> Iterator[Found]:
    """The arguments of one call, as `--cli-input-json` takes them, and a log line with embedded metrics."""
    kinds = (
        ("AlarmRule", "composite-alarm", "AlarmName"),
        ("ScheduledQueryConfiguration", "log-alarm", "AlarmName"),
        ("AlarmName", "metric-alarm", "AlarmName"),
        ("Rule", "mute-rule", "Name"),
        ("SliConfig", "slo", "Name"),
        ("RequestBasedSliConfig", "slo", "Name"),
        ("SingleMetricAnomalyDetector", "anomaly-detector", "MetricName"),
        ("MetricMathAnomalyDetector", "anomaly-detector", "MetricName"),
    )
    for key, kind, name in kinds:
        if key in document:
            told = "AlarmMuteRuleArn" in document  # as GetAlarmMuteRule does
            yield Found(kind, _name(document, name) or kind, document, described=told)
            break
    if "MetricData" in document or "EntityMetricData" in document:
        yield Found("metric-data", _name(document, "Namespace") or "MetricData", document)
    if "MetricDataQueries" in document:
        yield Found("metric-request", "MetricDataQueries", document)
    if "_aws" in document:
        yield Found("embedded-metrics", "_aws", document)


def _place(body: Any, owner: str = "") -> tuple[str, str]:
    """Region and account of its ARN; a dashboard's has no Region."""
    arn = _name(body, "AlarmArn") or _name(body, "DashboardArn")
    region, account = arn.split(":", 5)[3:5] if arn.count(":") > 4 else ("", "")
    return region, account or owner


def _name(body: Any, key: str) -> str:
    name = body.get(key) if isinstance(body, Mapping) else None
    return name if isinstance(name, str) else ""


def _built(document: Body) -> Iterator[Found]:
    entries = document.get("resources")
    for n, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, Mapping) and "body" in entry:
            address = entry.get("address")
            name = address if isinstance(address, str) else f"resources[{n}]"
            yield Found(str(entry.get("kind", "")), name, entry["body"], at=("resources", n, "body"))

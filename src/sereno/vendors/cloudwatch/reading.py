"""What is there, read page by page: alarms, dashboards, mute rules, native SLOs, and their tags.

Alarms are found by the prefix of the names we mint, or by the names that were adopted; whose they are, their
tags say. The Resource Groups Tagging API gives those by the page; what it does not know (yet: it lags
behind by seconds, and emulators lack it) is asked for one by one. What somebody deletes between two calls
is not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from math import inf
from typing import Any

from sereno.errors import Unable
from sereno.language import names
from sereno.language.model import System
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import native
from sereno.vendors.cloudwatch.client import Calls, Refused, now

PAGE = 100  # the most DescribeAlarms and GetResources give at once
TYPES = ["MetricAlarm", "CompositeAlarm"]
METRIC_FIELDS = (
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
    "ThresholdMetricId",
    "EvaluationWindow",
    "WarmUpConfiguration",
    "EvaluationCriteria",
    "EvaluationInterval",
)
MUTE_FIELDS = ("Name", "Description", "Rule", "MuteTargets", "StartDate", "ExpireDate")
SIGNALS = "application-signals"
# How endpoints that are not AWS say that they do not have an operation.
UNKNOWN_OPERATION = ("InvalidAction", "UnknownOperation", "UnknownOperationException", "404", "500", "501")
COMPOSITE_FIELDS = (
    "AlarmName",
    "AlarmDescription",
    "AlarmRule",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)
DENIED = ("AccessDenied", "AccessDeniedException")
# How the vendor says that somebody has deleted it meanwhile.
GONE = ("ResourceNotFound", "DashboardNotFoundError", "ResourceNotFoundException")
# What some endpoints keep without tags, and how the addresses of ours begin.
MINTED = {"dashboard": names.dashboard(""), "mute-rule": names.mute("")}
Tags = Mapping[str, str]
ALARMS = "cloudwatch:alarm"  # of the tagging API
LAG = 3_600  # seconds; the tagging API has a tag after some of them, and does not say how many


@dataclass(frozen=True, slots=True)
class There:
    """A live thing without its tags and address; `updated` in epoch seconds, endless where nothing says."""

    arn: str
    resource: Resource
    updated: float = inf


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads of one account and region."""

    calls: Calls

    def candidates(self, prefix: str) -> Iterator[There]:
        """Each thing whose name begins so."""
        for page in self.calls.pages(
            "describe_alarms",
            AlarmNamePrefix=prefix,
            AlarmTypes=TYPES,
            MaxRecords=PAGE,
        ):
            yield from _alarms(page)
        for page in self.calls.pages("list_dashboards", DashboardNamePrefix=prefix):
            for entry in page.get("DashboardEntries", ()):
                yield from self._dashboard(entry["DashboardName"])
        yield from self._mute_rules(f"{prefix}mute-")

    def called(self, wanted: Iterable[str]) -> Iterator[There]:
        """Those of these names (`alarm:NAME`, `dashboard:NAME`) that are there."""
        alarms = sorted(bare(name) for name in wanted if name.startswith("alarm:"))
        for first in range(0, len(alarms), PAGE):
            some = alarms[first : first + PAGE]
            for page in self.calls.pages(
                "describe_alarms",
                AlarmNames=some,
                AlarmTypes=TYPES,
                MaxRecords=PAGE,
            ):
                yield from _alarms(page)
        for name in sorted(name for name in wanted if name.startswith("dashboard:")):
            yield from self._dashboard(bare(name))

    def log_alarms(self, prefix: str) -> Iterator[Resource]:
        """Only their names: nothing here can say them."""
        try:
            for page in self.calls.pages("describe_alarms", AlarmNamePrefix=prefix, AlarmTypes=["LogAlarm"]):
                for alarm in page.get("LogAlarms", ()):
                    yield Resource("log-alarm", alarm["AlarmName"], _picked(alarm, ("AlarmName",)))
        except Refused:
            return  # the endpoint does not know this type of alarm yet

    def slos(self, system: System, known: Mapping[str, Tags]) -> list[There]:
        """Application Signals' own; not asked for where the YAML and the tags know of none.

        Many may not ask. The tags tell of the last one, whose annotation is gone.
        """
        if not any(slo.native for slo in system.slos) and not any(_is_slo(arn) for arn in known):
            return []
        service, found = {"service": SIGNALS}, []
        for page in self.calls.pages("list_service_level_objectives", MaxResults=50, **service):
            for entry in page.get("SloSummaries", ()):
                if str(entry["Name"]).startswith(names.prefix(system)):
                    asked = self._unless_gone("get_service_level_objective", Id=entry["Name"], **service)
                    if asked:
                        found.append(There(entry["Arn"], Resource("slo", "", native.created(asked["Slo"]))))
        return found

    def _mute_rules(self, prefix: str) -> Iterator[There]:
        """Those that plans make; the ones a person laid bear other names."""
        try:
            arns = [
                entry["AlarmMuteRuleArn"]
                for page in self.calls.pages("list_alarm_mute_rules")
                for entry in page.get("AlarmMuteRuleSummaries", ())
            ]
        except Refused as refused:
            if refused.code in UNKNOWN_OPERATION:
                return
            raise
        for arn in arns:
            name = arn.rpartition(":")[2]
            if name.startswith(prefix):
                found = self._unless_gone("get_alarm_mute_rule", AlarmMuteRuleName=name)
                if not found:
                    continue
                yield There(arn, Resource("mute-rule", "", _picked(found, MUTE_FIELDS)))

    def _dashboard(self, name: str) -> Iterator[There]:
        """Nothing when somebody has deleted it since it was listed."""
        found = self._unless_gone("get_dashboard", DashboardName=name)
        if found:
            body = {"DashboardName": name, "DashboardBody": _read(found["DashboardBody"])}
            yield There(found.get("DashboardArn", name), Resource("dashboard", "", body))

    def _unless_gone(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        try:
            return self.calls.call(operation, **arguments)
        except Refused as refused:
            if refused.code in GONE:
                return {}
            raise

    def canaries(self, tagged: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Those of CloudWatch Synthetics with these tags; none where they cannot be asked for."""
        try:
            arns = self.tags_by_arn(TagFilters=tagged, ResourceTypeFilters=["synthetics:canary"])
            named = sorted(arn.rpartition(":")[2] for arn in arns if ":canary:" in arn)
            return [
                each
                for first in range(0, len(named), 5)  # the most it takes
                for page in self.calls.pages(
                    "describe_canaries", service="synthetics", Names=named[first : first + 5]
                )
                for each in page.get("Canaries", ())
            ]
        except Unable:
            return []

    def tags_by_arn(self, *, first: bool = False, **filters: Any) -> dict[str, Tags]:
        """The tags of everything that the filters let through, or of the first page of it."""
        try:
            pages = self.calls.pages(
                "get_resources", service="resourcegroupstaggingapi", ResourcesPerPage=PAGE, **filters
            )
            found = list(islice(pages, 1 if first else None))
        except Refused as refused:
            if refused.code in UNKNOWN_OPERATION:
                return {}
            # With half of them, what is ours would be others'.
            raise Unable(f"whose things are cannot be read (tag:GetResources): {refused}") from refused
        entries = [entry for page in found for entry in page.get("ResourceTagMappingList", ())]
        return {e["ResourceARN"]: {t["Key"]: t["Value"] for t in e["Tags"]} for e in entries}

    def tags(self, arn: str, resource: Resource) -> Tags | None:
        """None when somebody has deleted it since it was listed."""
        try:
            if resource.kind == "slo":
                found = self.calls.call("list_tags_for_resource", service=SIGNALS, ResourceArn=arn)
            else:
                found = self.calls.call("list_tags_for_resource", ResourceARN=arn)
        except Refused as refused:
            if resource.kind in MINTED and refused.code not in DENIED:
                return {}
            if refused.code in GONE:
                return None
            raise
        return {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}

    def with_tags(
        self, there: Sequence[There], known: Mapping[str, Tags], wanted: Callable[[Resource], bool]
    ) -> Iterator[tuple[Resource, Tags]]:
        """Each with its tags: those `known`; none of what is long as it is, or not wanted; else asked for."""
        indexed = any(each.arn not in known and wanted(each.resource) for each in there) and self._indexed(
            known
        )
        long_ago = now() - LAG
        for each in there:
            tags = known.get(each.arn)
            if tags is None:
                settled = not wanted(each.resource) or (indexed and each.updated < long_ago)
                tags = {} if settled else self.tags(each.arn, each.resource)
            if tags is not None:
                yield each.resource, tags

    def _indexed(self, known: Mapping[str, Tags]) -> bool:
        """Whether the tagging API knows alarms, as that of some emulators does not."""
        return any(":alarm:" in arn for arn in known) or bool(
            self.tags_by_arn(ResourceTypeFilters=[ALARMS], first=True)
        )


def _is_slo(arn: str) -> bool:
    """`arn:aws:application-signals:REGION:ACCOUNT:slo/NAME`."""
    return "".join(arn.split(":")[5:6]).startswith("slo")


def _picked(alarm: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    return {name: alarm[name] for name in fields if alarm.get(name) is not None}


def _alarms(page: Mapping[str, Any]) -> Iterator[There]:
    for alarm in page.get("MetricAlarms", ()):
        yield _alarm(alarm, "metric-alarm", METRIC_FIELDS)
    for alarm in page.get("CompositeAlarms", ()):
        yield _alarm(alarm, "composite-alarm", COMPOSITE_FIELDS)


def _alarm(alarm: Mapping[str, Any], kind: str, fields: Iterable[str]) -> There:
    updated = alarm.get("AlarmConfigurationUpdatedTimestamp")
    since = updated.timestamp() if isinstance(updated, datetime) else inf
    return There(alarm["AlarmArn"], Resource(kind, "", _picked(alarm, fields)), since)


def _read(body: str) -> Any:
    """A dashboard's body; as text where somebody has made it none."""
    try:
        return json.loads(body)
    except ValueError:
        return body


def bare(name: str) -> str:
    return name.partition(":")[2]

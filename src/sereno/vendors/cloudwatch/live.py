"""What is live: ours read page by page, and changed one step at a time.

Alarms are found by the prefix of the names we mint; whose they are, their tags say. The
Resource Groups Tagging API gives those by the page; what it does not know (yet: it lags
behind by seconds, and emulators lack it) is asked for one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.errors import Unable
from sereno.language import names
from sereno.language.model import System
from sereno.language.problem import Problem
from sereno.vendors import cloudwatch
from sereno.vendors.backend import Change, Event, Metric, Outcome, Points, Resource, Unavailable
from sereno.vendors.cloudwatch import native
from sereno.vendors.cloudwatch.client import Calls, Pace, Refused, now
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.plan import Live, Terms

PAGE = 100  # the most DescribeAlarms and GetResources give at once
BATCH = 100  # the most DeleteAlarms takes, one composite among them
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
# How the vendor says that somebody has deleted it meanwhile.
GONE = ("ResourceNotFound", "DashboardNotFoundError", "ResourceNotFoundException")
# What some endpoints keep without tags, and how the addresses of ours begin.
MINTED = {"dashboard": names.dashboard(""), "mute-rule": names.mute("")}
Tags = Mapping[str, str]


@dataclass(frozen=True)
class CloudWatch:
    """The `Backend`."""

    calls: Calls
    pace: Pace
    region: str
    terms: Terms = TERMS

    def compile(self, system: System) -> tuple[tuple[Resource, ...], tuple[Problem, ...]]:
        return cloudwatch.compile(system)

    def read(self, system: System) -> Iterator[Resource]:
        """What is live and ours."""
        yield from self.live(system).owned

    def live(self, system: System) -> Live:
        """Ours, and the names under our prefix, or among those adopted, that are not."""
        known = self._tags_by_arn(system)
        prefix, adopted = names.prefix(system), _adopted(system)
        every = (*adopted, *_tagged(system, known))
        elsewhere = {name for name in every if not _bare(name).startswith(prefix)}
        candidates = [*self._candidates(prefix), *self._called(elsewhere), *self._slos(system, known)]
        owned: list[Resource] = []
        foreign: set[str] = set()
        for arn, resource in candidates:
            tags = known[arn] if arn in known else self._tags(arn, resource)
            if tags is None:
                continue
            if _ours(system, resource, tags, adopted):
                owned.append(_with(prefix, resource, tags, adopted))
            else:
                foreign.add(TERMS.name(resource))
        return Live(tuple(owned), frozenset(foreign))

    def named(self, prefix: str) -> Iterator[Resource]:
        """Everything whose name begins so, whoever's it is, with its tags."""
        for arn, resource in self._candidates(prefix):
            tags = self._tags(arn, resource)
            if tags is not None:
                yield _with(prefix, resource, tags, {})
        yield from self._log_alarms(prefix)

    def _log_alarms(self, prefix: str) -> Iterator[Resource]:
        """Only their names: nothing here can say them."""
        try:
            for page in self.calls.pages("describe_alarms", AlarmNamePrefix=prefix, AlarmTypes=["LogAlarm"]):
                for alarm in page.get("LogAlarms", ()):
                    yield Resource("log-alarm", alarm["AlarmName"], _picked(alarm, ("AlarmName",)))
        except Refused:
            return  # the endpoint does not know this type of alarm yet

    def _candidates(self, prefix: str) -> Iterator[tuple[str, Resource]]:
        """(ARN, resource without tags and address) of each thing whose name begins so."""
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

    def _called(self, wanted: Iterable[str]) -> Iterator[tuple[str, Resource]]:
        """Those of these names (`alarm:NAME`, `dashboard:NAME`) that are there."""
        alarms = sorted(_bare(name) for name in wanted if name.startswith("alarm:"))
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
            yield from self._dashboard(_bare(name))

    def _slos(self, system: System, known: Mapping[str, Tags]) -> list[tuple[str, Resource]]:
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
                        found.append((entry["Arn"], Resource("slo", "", native.created(asked["Slo"]))))
        return found

    def _mute_rules(self, prefix: str) -> Iterator[tuple[str, Resource]]:
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
                yield arn, Resource("mute-rule", "", _picked(found, MUTE_FIELDS))

    def _dashboard(self, name: str) -> Iterator[tuple[str, Resource]]:
        """Nothing when somebody has deleted it since it was listed."""
        found = self._unless_gone("get_dashboard", DashboardName=name)
        if found:
            body = {"DashboardName": name, "DashboardBody": _read(found["DashboardBody"])}
            yield found.get("DashboardArn", name), Resource("dashboard", "", body)

    def _unless_gone(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        try:
            return self.calls.call(operation, **arguments)
        except Refused as refused:
            if refused.code in GONE:
                return {}
            raise

    def _tags_by_arn(self, system: System) -> dict[str, Tags]:
        """The tags of everything that is tagged as this project's."""
        try:
            pages = list(
                self.calls.pages(
                    "get_resources",
                    service="resourcegroupstaggingapi",
                    TagFilters=[{"Key": names.TAG_PROJECT, "Values": [system.project]}],
                    ResourcesPerPage=PAGE,
                )
            )
        except Refused as refused:
            if refused.code in ("AccessDenied", "AccessDeniedException"):
                raise Unable(f"reading tags is not allowed (tag:GetResources): {refused}") from refused
            return {}
        entries = [entry for page in pages for entry in page.get("ResourceTagMappingList", ())]
        return {e["ResourceARN"]: {t["Key"]: t["Value"] for t in e["Tags"]} for e in entries}

    def _tags(self, arn: str, resource: Resource) -> Tags | None:
        """None when somebody has deleted it since it was listed."""
        try:
            if resource.kind == "slo":
                found = self.calls.call("list_tags_for_resource", service=SIGNALS, ResourceArn=arn)
            else:
                found = self.calls.call("list_tags_for_resource", ResourceARN=arn)
        except Refused as refused:
            if resource.kind in MINTED:
                return {}
            if refused.code in GONE:
                return None
            raise
        return {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}

    def cost(self, system: System, live: Sequence[Resource], changes: Sequence[Change]) -> str:
        """What is there, and what the changes make of it, in dollars a month."""
        from sereno.vendors.cloudwatch.cost import summary

        return summary(system, live, changes)

    def observe(
        self, metrics: Sequence[Metric], start: int, end: int
    ) -> Mapping[Metric, Points | Unavailable]:
        """What each metric was, over [start, end)."""
        from sereno.vendors.cloudwatch import observer

        return observer.observe(self.calls, self.region, metrics, start, end, now())

    def events(self, names: Sequence[str], start: int, end: int) -> Sequence[Event] | Unavailable:
        """The state changes of these alarms in [start, end), oldest first."""
        from sereno.vendors.cloudwatch import observer

        return observer.events(self.calls, names, start, end)

    def apply(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        """One by one (metric alarms are deleted a hundred a call); what needs a refused one is not tried."""
        failed: set[str] = set()
        for group in _groups(changes):
            for outcome in self._group(group, failed):
                if outcome.error:
                    failed.add(TERMS.name(outcome.change.resource))
                yield outcome

    def _group(self, group: Sequence[Change], failed: set[str]) -> Iterator[Outcome]:
        if len(group) == 1:
            yield self._one(group[0], failed)
            return
        self.pace.wait()
        try:
            self.calls.call("delete_alarms", AlarmNames=[c.resource.body["AlarmName"] for c in group])
        except Refused:
            # One of them is stood upon by an alarm that is not ours; the others can go.
            yield from (self._one(change, failed) for change in group)
        else:
            yield from (Outcome(change) for change in group)

    def _one(self, change: Change, failed: set[str]) -> Outcome:
        missing = failed & set(TERMS.needs(change.resource)) if change.verb != "delete" else set()
        if missing:
            return Outcome(change, f"not tried: it needs {', '.join(sorted(missing))}")
        self.pace.wait()
        try:
            self._delete(change.resource) if change.verb == "delete" else self._put(change)
        except Refused as refused:
            return Outcome(change, str(refused))
        return Outcome(change)

    def _put(self, change: Change) -> None:
        body = dict(change.resource.body)
        if change.verb == "update" and all(path.startswith("Tags") for path, _, _ in change.fields):
            self._retag(change)
            return
        if change.resource.kind == "metric-alarm":
            self.calls.call("put_metric_alarm", **body)
        elif change.resource.kind == "composite-alarm":
            self.calls.call("put_composite_alarm", **body)
        elif change.resource.kind == "slo":
            self._put_slo(change)
        elif change.resource.kind == "mute-rule":
            self.calls.call("put_alarm_mute_rule", **body)
        else:
            text = json.dumps(body["DashboardBody"], ensure_ascii=False, sort_keys=True)
            self.calls.call("put_dashboard", **{**body, "DashboardBody": text})
        if change.verb == "update" and any(path.startswith("Tags") for path, _, _ in change.fields):
            self._retag(change)

    def _put_slo(self, change: Change) -> None:
        body = dict(change.resource.body)
        if change.verb == "create":
            self.calls.call("create_service_level_objective", service=SIGNALS, **body)
        else:
            changed = {key: value for key, value in body.items() if key not in ("Name", "Tags")}
            self.calls.call("update_service_level_objective", service=SIGNALS, Id=body["Name"], **changed)

    def _retag(self, change: Change) -> None:
        """A put ignores the tags of a thing that exists."""
        name = change.resource.body["AlarmName"]
        page = self.calls.call("describe_alarms", AlarmNames=[name], AlarmTypes=TYPES)
        for alarm in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
            arn, wanted = alarm["AlarmArn"], list(change.resource.body["Tags"])
            gone = (self._tags(arn, change.resource) or {}).keys() - {tag["Key"] for tag in wanted}
            gone = {key for key in gone if not key.startswith("aws:")}  # AWS's own can be taken by nobody
            self.calls.call("tag_resource", ResourceARN=arn, Tags=wanted)
            if gone:
                self.calls.call("untag_resource", ResourceARN=arn, TagKeys=sorted(gone))

    def _delete(self, resource: Resource) -> None:
        """What somebody else deleted meanwhile is deleted."""
        try:
            if resource.kind == "dashboard":
                self.calls.call("delete_dashboards", DashboardNames=[resource.body["DashboardName"]])
            elif resource.kind == "slo":
                name = resource.body["Name"]
                self.calls.call("delete_service_level_objective", service=SIGNALS, Id=name)
            elif resource.kind == "mute-rule":
                self.calls.call("delete_alarm_mute_rule", AlarmMuteRuleName=resource.body["Name"])
            else:
                self.calls.call("delete_alarms", AlarmNames=[resource.body["AlarmName"]])
        except Refused as refused:
            if refused.code not in GONE:
                raise


def _is_slo(arn: str) -> bool:
    """`arn:aws:application-signals:REGION:ACCOUNT:slo/NAME`."""
    return "".join(arn.split(":")[5:6]).startswith("slo")


def _picked(alarm: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    return {name: alarm[name] for name in fields if alarm.get(name) is not None}


def _alarms(page: Mapping[str, Any]) -> Iterator[tuple[str, Resource]]:
    for alarm in page.get("MetricAlarms", ()):
        yield alarm["AlarmArn"], Resource("metric-alarm", "", _picked(alarm, METRIC_FIELDS))
    for alarm in page.get("CompositeAlarms", ()):
        yield alarm["AlarmArn"], Resource("composite-alarm", "", _picked(alarm, COMPOSITE_FIELDS))


def _read(body: str) -> Any:
    """A dashboard's body; as text where somebody has made it none."""
    try:
        return json.loads(body)
    except ValueError:
        return body


def _bare(name: str) -> str:
    return name.partition(":")[2]


def _adopted(system: System) -> dict[str, str]:
    """What keeps a name of its own: `alarm:NAME` or `dashboard:NAME`, and its address."""
    return {
        f"{'dashboard' if address.startswith('dashboard/') else 'alarm'}:{name}": address
        for address, name in system.adopted.items()
    }


def _tagged(system: System, known: Mapping[str, Tags]) -> Iterator[str]:
    """The names of the alarms and dashboards whose tags say that they are this environment's."""
    for arn, tags in known.items():
        found = re.match(r"arn:[^:]*:cloudwatch:[^:]*:[^:]*:(alarm|dashboard)[:/](.*)", arn, re.DOTALL)
        if found and tags.get(names.TAG_ENVIRONMENT) == system.environment.name:
            yield f"{found[1]}:{found[2]}"


def _ours(system: System, resource: Resource, tags: Tags, adopted: Mapping[str, str]) -> bool:
    """By its tags; where they name no owner, because it is adopted.

    A dashboard or mute rule without any tags, whose endpoint keeps none, is ours by its minted name.
    """
    owner = (tags.get(names.TAG_PROJECT), tags.get(names.TAG_ENVIRONMENT))
    if TERMS.name(resource) in adopted and owner == (None, None):
        return True
    if not tags and resource.kind in MINTED:
        name = TERMS.name(resource).partition(":")[2]
        return name.startswith(names.live(system, MINTED[resource.kind]))
    return owner == (system.project, system.environment.name)


def _with(prefix: str, resource: Resource, tags: Tags, adopted: Mapping[str, str]) -> Resource:
    """With its tags, and the address it was adopted for or they tell (else what the name tells of it)."""
    name = TERMS.name(resource).partition(":")[2]
    address = adopted.get(TERMS.name(resource)) or tags.get(names.TAG_ADDRESS) or name.removeprefix(prefix)
    pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return Resource(resource.kind, address, {**resource.body, "Tags": pairs}, resource.where)


def _groups(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Runs of deleted metric alarms, a hundred at most; everything else alone."""
    group: list[Change] = []
    for change in changes:
        batched = change.verb == "delete" and change.resource.kind == "metric-alarm"
        if group and (not batched or len(group) == BATCH):
            yield group
            group = []
        if batched:
            group.append(change)
        else:
            yield [change]
    if group:
        yield group

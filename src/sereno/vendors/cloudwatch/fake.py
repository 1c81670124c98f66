"""CloudWatch's control plane in memory: its rules about names, children, tags and pages, and no clock.

Put it where `client.Calls` takes its `place`. It gives back what real CloudWatch gives back:
defaults filled in, no tags with alarms, lists in another order than they were sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sereno.vendors.cloudwatch import alarm_rule
from sereno.vendors.cloudwatch.client import refusal

ACCOUNT = "123456789012"
_EMPTY = {"OKActions": [], "AlarmActions": [], "InsufficientDataActions": [], "ActionsEnabled": True}

Body = dict[str, Any]
Before = Callable[[str, Mapping[str, Any]], None]


@dataclass
class Fake:
    """`before` sees each call by operation and arguments, and may raise `refusal(...)` or anything else."""

    region: str = "eu-west-1"
    page: int = 100
    before: Before | None = None
    metric: dict[str, Body] = field(default_factory=dict)
    composite: dict[str, Body] = field(default_factory=dict)
    dashboards: dict[str, str] = field(default_factory=dict)
    mutes: dict[str, Body] = field(default_factory=dict)
    slos: dict[str, Body] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)  # by ARN
    updated: datetime | None = None  # when all alarms were last put; None: it does not say
    calls: list[str] = field(default_factory=list)  # the operations, in order

    def client(self, service: str, region: str | None = None) -> Fake:
        """Itself, for CloudWatch and the tagging API."""
        del service, region
        return self

    def _called(self, operation: str, arguments: Mapping[str, Any]) -> None:
        if self.before:
            self.before(operation, arguments)
        self.calls.append(operation)

    def arn(self, name: str, kind: str = "alarm") -> str:
        """The ARN of an alarm or a mute rule; dashboards are global."""
        if kind == "dashboard":
            return f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"
        return f"arn:aws:cloudwatch:{self.region}:{ACCOUNT}:{kind}:{name}"

    def put_metric_alarm(self, **body: Any) -> Body:
        self._called("put_metric_alarm", body)
        self._keep(self.metric, self.composite, body)
        return {}

    def put_composite_alarm(self, **body: Any) -> Body:
        self._called("put_composite_alarm", body)
        missing = [name for name in _stands_on(body) if name not in self.metric | self.composite]
        if missing:
            raise refusal("PutCompositeAlarm", "ValidationError", f"alarms {missing} do not exist")
        self._keep(self.composite, self.metric, body)
        return {}

    def _keep(self, mine: dict[str, Body], others: Mapping[str, Body], body: Body) -> None:
        name = body["AlarmName"]
        if name in others:
            raise refusal("PutAlarm", "ValidationError", f"{name} exists as another kind of alarm")
        if name not in mine:
            self.tags[self.arn(name)] = {tag["Key"]: tag["Value"] for tag in body.get("Tags", ())}
        mine[name] = {key: deepcopy(value) for key, value in body.items() if key != "Tags"}

    def delete_alarms(self, **arguments: Any) -> Body:
        self._called("delete_alarms", arguments)
        names = arguments["AlarmNames"]
        if len(names) > 100 or sum(name in self.composite for name in names) > 1:
            raise refusal("DeleteAlarms", "ValidationError", "too many at once")
        for name in names:
            parents = [p for p, body in self.composite.items() if name in _stands_on(body)]
            if parents:
                raise refusal("DeleteAlarms", "ValidationError", f"{name} is needed by {parents}")
        for name in names:
            self.metric.pop(name, None)
            self.composite.pop(name, None)
            self.tags.pop(self.arn(name), None)
        return {}

    def describe_alarms(self, **arguments: Any) -> Body:
        self._called("describe_alarms", arguments)
        prefix, wanted = arguments.get("AlarmNamePrefix", ""), arguments.get("AlarmNames")
        every = sorted(n for n in self.metric | self.composite if n.startswith(prefix))
        every = [n for n in every if wanted is None or n in wanted]
        page, more = _page(every, arguments.get("NextToken"), min(self.page, arguments.get("MaxRecords", 50)))
        return {
            "MetricAlarms": [self._shown(self.metric[n]) for n in page if n in self.metric],
            "CompositeAlarms": [self._shown(self.composite[n]) for n in page if n in self.composite],
            **more,
        }

    def _shown(self, body: Body) -> Body:
        since = {"AlarmConfigurationUpdatedTimestamp": self.updated} if self.updated else {}
        told = {"AlarmArn": self.arn(body["AlarmName"]), "StateValue": "OK", **since}
        return {**_EMPTY, **_turned(body), **told}

    def set_alarm_state(self, **arguments: Any) -> Body:
        self._called("set_alarm_state", arguments)
        return {}

    def describe_alarm_history(self, **arguments: Any) -> Body:
        self._called("describe_alarm_history", arguments)
        return {"AlarmHistoryItems": []}

    def put_dashboard(self, **arguments: Any) -> Body:
        self._called("put_dashboard", arguments)
        name = arguments["DashboardName"]
        if name not in self.dashboards:
            arn = self.arn(name, "dashboard")
            self.tags[arn] = {tag["Key"]: tag["Value"] for tag in arguments.get("Tags", ())}
        self.dashboards[name] = arguments["DashboardBody"]
        return {"DashboardValidationMessages": []}

    def list_dashboards(self, **arguments: Any) -> Body:
        self._called("list_dashboards", arguments)
        every = sorted(n for n in self.dashboards if n.startswith(arguments.get("DashboardNamePrefix", "")))
        page, more = _page(every, arguments.get("NextToken"), self.page)
        return {"DashboardEntries": [{"DashboardName": name} for name in page], **more}

    def get_dashboard(self, **arguments: Any) -> Body:
        self._called("get_dashboard", arguments)
        name = arguments["DashboardName"]
        if name not in self.dashboards:
            raise refusal("GetDashboard", "ResourceNotFound", f"{name} does not exist")
        arn = self.arn(name, "dashboard")
        return {"DashboardName": name, "DashboardBody": self.dashboards[name], "DashboardArn": arn}

    def delete_dashboards(self, **arguments: Any) -> Body:
        self._called("delete_dashboards", arguments)
        for name in arguments["DashboardNames"]:
            if name not in self.dashboards:
                raise refusal("DeleteDashboards", "DashboardNotFoundError", f"{name} does not exist")
            del self.dashboards[name]
            self.tags.pop(self.arn(name, "dashboard"), None)
        return {}

    def put_alarm_mute_rule(self, **body: Any) -> Body:
        self._called("put_alarm_mute_rule", body)
        name = body["Name"]
        if body["Rule"]["Schedule"]["Expression"].startswith("at(") and {"StartDate", "ExpireDate"} & set(
            body
        ):
            said = "Can not set start or expire dates for At expressions"
            raise refusal("PutAlarmMuteRule", "ValidationError", said)
        if name not in self.mutes:
            arn = self.arn(name, "alarm-mute-rule")
            self.tags[arn] = {tag["Key"]: tag["Value"] for tag in body.get("Tags", ())}
        self.mutes[name] = {key: deepcopy(value) for key, value in body.items() if key != "Tags"}
        return {}

    def list_alarm_mute_rules(self, **arguments: Any) -> Body:
        self._called("list_alarm_mute_rules", arguments)
        page, more = _page(sorted(self.mutes), arguments.get("NextToken"), self.page)
        summaries = [{"AlarmMuteRuleArn": self.arn(name, "alarm-mute-rule")} for name in page]
        return {"AlarmMuteRuleSummaries": summaries, **more}

    def get_alarm_mute_rule(self, **arguments: Any) -> Body:
        self._called("get_alarm_mute_rule", arguments)
        name = arguments["AlarmMuteRuleName"]
        if name not in self.mutes:
            raise refusal("GetAlarmMuteRule", "ResourceNotFoundException", f"{name} does not exist")
        arn = self.arn(name, "alarm-mute-rule")
        return {**deepcopy(self.mutes[name]), "AlarmMuteRuleArn": arn, "Status": "SCHEDULED"}

    def delete_alarm_mute_rule(self, **arguments: Any) -> Body:
        self._called("delete_alarm_mute_rule", arguments)
        self.mutes.pop(arguments["AlarmMuteRuleName"], None)
        return {}

    def create_service_level_objective(self, **body: Any) -> Body:
        self._called("create_service_level_objective", body)
        if body["Name"] in self.slos:
            raise refusal("CreateServiceLevelObjective", "ConflictException", f"{body['Name']} exists")
        self.tags[self.arn(body["Name"], "slo")] = {t["Key"]: t["Value"] for t in body.get("Tags", ())}
        self.slos[body["Name"]] = {key: deepcopy(value) for key, value in body.items() if key != "Tags"}
        return {}

    def update_service_level_objective(self, **body: Any) -> Body:
        self._called("update_service_level_objective", body)
        self._there("UpdateServiceLevelObjective", body["Id"])
        self.slos[body["Id"]] |= {key: deepcopy(value) for key, value in body.items() if key != "Id"}
        return {}

    def list_service_level_objectives(self, **arguments: Any) -> Body:
        self._called("list_service_level_objectives", arguments)
        page, more = _page(sorted(self.slos), arguments.get("NextToken"), self.page)
        return {"SloSummaries": [{"Name": name, "Arn": self.arn(name, "slo")} for name in page], **more}

    def get_service_level_objective(self, **arguments: Any) -> Body:
        self._called("get_service_level_objective", arguments)
        self._there("GetServiceLevelObjective", arguments["Id"])
        told = deepcopy(self.slos[arguments["Id"]])
        asked = told.pop("RequestBasedSliConfig")["RequestBasedSliMetricConfig"]
        return {
            "Slo": {
                **told,
                "EvaluationType": "RequestBased",
                "RequestBasedSli": {"RequestBasedSliMetric": asked},
            }
        }

    def delete_service_level_objective(self, **arguments: Any) -> Body:
        self._called("delete_service_level_objective", arguments)
        self._there("DeleteServiceLevelObjective", arguments["Id"])
        del self.slos[arguments["Id"]]
        return {}

    def _there(self, operation: str, name: str) -> None:
        if name not in self.slos:
            raise refusal(operation, "ResourceNotFoundException", f"{name} does not exist")

    def list_tags_for_resource(self, **arguments: Any) -> Body:
        self._called("list_tags_for_resource", arguments)
        arn = arguments.get("ResourceARN") or arguments["ResourceArn"]
        return {"Tags": _pairs(self.tags.get(arn, {}))}

    def get_caller_identity(self, **arguments: Any) -> Body:
        self._called("get_caller_identity", arguments)
        return {"Account": ACCOUNT}

    def tag_resource(self, **arguments: Any) -> Body:
        self._called("tag_resource", arguments)
        tags = self.tags.setdefault(arguments["ResourceARN"], {})
        more = tags | {tag["Key"]: tag["Value"] for tag in arguments["Tags"]}
        if len(more) > 50:
            raise refusal("TagResource", "ValidationError", "a resource has at most 50 tags")
        tags.update(more)
        return {}

    def untag_resource(self, **arguments: Any) -> Body:
        self._called("untag_resource", arguments)
        for key in arguments["TagKeys"]:
            self.tags.get(arguments["ResourceARN"], {}).pop(key, None)
        return {}

    def get_resources(self, **arguments: Any) -> Body:
        self._called("get_resources", arguments)
        wanted = [(f["Key"], set(f["Values"])) for f in arguments.get("TagFilters", ())]
        kinds = [f":{kind.partition(':')[2]}" for kind in arguments.get("ResourceTypeFilters", ())]
        every = sorted(
            arn
            for arn, tags in self.tags.items()
            if tags
            and all(tags.get(key) in values for key, values in wanted)
            and (not kinds or any(kind in arn for kind in kinds))
        )
        page, more = _page(every, arguments.get("PaginationToken"), self.page, "PaginationToken")
        entries = [{"ResourceARN": arn, "Tags": _pairs(self.tags[arn])} for arn in page]
        return {"ResourceTagMappingList": entries, **more}


def _page(
    every: Sequence[str], token: str | None, size: int, key: str = "NextToken"
) -> tuple[Sequence[str], dict[str, str]]:
    """The names from the token's on, and the token of the next page."""
    rest = [name for name in every if token is None or name >= token]
    return rest[:size], {key: rest[size]} if len(rest) > size else {}


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _stands_on(body: Mapping[str, Any]) -> Iterable[str]:
    """The children of a composite and its suppressor."""
    suppressor = [body["ActionsSuppressor"]] if body.get("ActionsSuppressor") else []
    named = [*alarm_rule.alarms(alarm_rule.parse(body["AlarmRule"])), *suppressor]
    return [alarm_rule.alarm_name(name) for name in named]


def _turned(body: Body) -> Body:
    """Lists whose order means nothing, the other way round."""
    turned = deepcopy(body)
    for key in ("Dimensions", "Metrics", "AlarmActions", "OKActions"):
        if key in turned:
            turned[key] = turned[key][::-1]
    return turned

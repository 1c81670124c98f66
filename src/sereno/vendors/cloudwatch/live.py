"""The back end: what is live and ours, and its change one step at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sereno.errors import Unable
from sereno.language import names
from sereno.language.model import System
from sereno.language.problem import Problem
from sereno.vendors import cloudwatch
from sereno.vendors.backend import Change, Event, Metric, Outcome, Points, Resource, Unavailable
from sereno.vendors.cloudwatch.client import Calls, Pace, Refused, now
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.cloudwatch.ownership import adopted_names, ours, tagged, with_address
from sereno.vendors.cloudwatch.reading import ALARMS, GONE, SIGNALS, TYPES, Reader, bare
from sereno.vendors.plan import Live, Terms

BATCH = 100  # the most DeleteAlarms takes, one composite among them


@dataclass(frozen=True)
class CloudWatch:
    """The `Backend`."""

    calls: Calls
    pace: Pace
    region: str
    terms: Terms = TERMS
    emulated: bool = False  # the endpoint is not AWS's, and may keep no tags of dashboards

    def compile(self, system: System) -> tuple[tuple[Resource, ...], tuple[Problem, ...]]:
        return cloudwatch.compile(system)

    def read(self, system: System) -> Iterator[Resource]:
        """What is live and ours."""
        yield from self.live(system).owned

    def live(self, system: System) -> Live:
        """Ours, and the names under our prefix, or among those adopted, that are not."""
        reader = Reader(self.calls)
        known = reader.tags_by_arn(TagFilters=[{"Key": names.TAG_PROJECT, "Values": [system.project]}])
        prefix, adopted = names.prefix(system), adopted_names(system)
        every = (*adopted, *tagged(system, known))
        elsewhere = {name for name in every if not bare(name).startswith(prefix)}
        there = [*reader.candidates(prefix), *reader.called(elsewhere), *reader.slos(system, known)]
        owned: list[Resource] = []
        foreign: set[str] = set()
        minted = tuple(f"{prefix}{word}-" for word in names.WORDS)

        def may_be_ours(resource: Resource) -> bool:
            name = TERMS.name(resource)
            return name in adopted or bare(name).startswith(minted)

        for resource, tags in reader.with_tags(there, known, may_be_ours):
            named = resource.kind == "mute-rule" or self.emulated
            if ours(system, resource, tags, adopted, named):
                owned.append(with_address(prefix, resource, tags, adopted))
            else:
                foreign.add(TERMS.name(resource))
        return Live(tuple(owned), frozenset(foreign))

    def named(self, prefix: str) -> Iterator[Resource]:
        """Everything whose name begins so, whoever's it is, with its tags."""
        reader = Reader(self.calls)
        known = reader.tags_by_arn(ResourceTypeFilters=[ALARMS])
        for resource, tags in reader.with_tags(list(reader.candidates(prefix)), known, lambda _: True):
            yield with_address(prefix, resource, tags, {})
        yield from reader.log_alarms(prefix)

    def place(self) -> str:
        """`ACCOUNT in REGION`; the region alone where STS is not reached."""
        try:
            account = self.calls.call("get_caller_identity", service="sts").get("Account", "")
        except Unable:
            return self.region
        return f"account {account} in {self.region}"

    def cost(self, system: System, live: Sequence[Resource], changes: Sequence[Change]) -> str:
        """What is there, and what the changes make of it, in dollars a month."""
        from sereno.vendors.cloudwatch import canaries, cost

        tagged = [{"Key": names.TAG_PROJECT, "Values": [system.project]}]
        found = Reader(self.calls).canaries(tagged)
        return cost.summary(system, live, changes) + canaries.of_synthetics(found)

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
        failed: dict[str, Change] = {}
        for group in _groups(changes):
            for outcome in self._group(group, failed):
                if outcome.error:
                    failed.setdefault(TERMS.name(outcome.change.resource), outcome.change)
                yield outcome

    def _group(self, group: Sequence[Change], failed: Mapping[str, Change]) -> Iterator[Outcome]:
        if len(group) == 1 or any(_hindered(change, failed) for change in group):
            yield from (self._one(change, failed) for change in group)
            return
        self.pace.wait()
        try:
            self.calls.call("delete_alarms", AlarmNames=[c.resource.body["AlarmName"] for c in group])
        except Refused:
            # One of them is stood upon by an alarm that is not ours; the others can go.
            yield from (self._one(change, failed) for change in group)
        else:
            yield from (Outcome(change) for change in group)

    def _one(self, change: Change, failed: Mapping[str, Change]) -> Outcome:
        if why := _hindered(change, failed):
            return Outcome(change, f"not tried: {why}")
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
        """One that somebody deleted meanwhile is made again, as a put makes an alarm."""
        body = dict(change.resource.body)
        changed = {key: value for key, value in body.items() if key not in ("Name", "Tags")}
        try:
            if change.verb == "update":
                self.calls.call("update_service_level_objective", service=SIGNALS, Id=body["Name"], **changed)
                return
        except Refused as refused:
            if refused.code not in GONE:
                raise
        self.calls.call("create_service_level_objective", service=SIGNALS, **body)

    def _retag(self, change: Change) -> None:
        """A put ignores the tags of a thing that exists."""
        if change.resource.kind == "dashboard":
            self._mark(change.resource)
            return
        name = change.resource.body["AlarmName"]
        page = self.calls.call("describe_alarms", AlarmNames=[name], AlarmTypes=TYPES)
        for alarm in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
            arn, wanted = alarm["AlarmArn"], list(change.resource.body["Tags"])
            there = Reader(self.calls).tags(arn, change.resource) or {}
            kept = {tag["Key"] for tag in wanted}
            gone = {key for key in there if key not in kept and not key.startswith("aws:")}
            if gone:  # first, since there is room for fifty
                self.calls.call("untag_resource", ResourceARN=arn, TagKeys=sorted(gone))
            self.calls.call("tag_resource", ResourceARN=arn, Tags=wanted)

    def _mark(self, dashboard: Resource) -> None:
        """With our tags, beside those it has; what has none on this endpoint is left without."""
        try:
            found = self.calls.call("get_dashboard", DashboardName=dashboard.body["DashboardName"])
            tags = list(dashboard.body["Tags"])
            self.calls.call("tag_resource", ResourceARN=found["DashboardArn"], Tags=tags)
        except Refused as refused:
            if refused.code not in GONE:
                raise

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


def _hindered(change: Change, failed: Mapping[str, Change]) -> str:
    """Why a change cannot be done after those that failed; empty where it can be tried.

    What could not be deleted is there, so that what needs it can be put.
    """
    mine, needs = TERMS.name(change.resource), set(TERMS.needs(change.resource))
    kept = {name: TERMS.needs(each.resource) for name, each in failed.items() if each.verb == "delete"}
    if change.verb == "delete":
        standing = sorted(name for name, below in kept.items() if mine in below)
        return f"{standing[0]} stands on it" if standing else ""
    if mine in kept:
        return "the alarm that bears its name could not be deleted"
    missing = sorted(needs & failed.keys() - kept.keys())
    return f"it needs {', '.join(missing)}" if missing else ""


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

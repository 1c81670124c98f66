"""Alert tests on CloudWatch's alarms (see `vendor.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sereno.engine.alarms import Timelines, evaluate
from sereno.engine.arrays import metric_key
from sereno.engine.parameters import State
from sereno.engine.payload import Body, MetricAlarm, actions, read_alarm
from sereno.engine.series import History, MetricKey
from sereno.language.model import Backend, Receiver, Signal
from sereno.proof.vendor import Source
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import alarm_rule, statistic

KINDS: Final = ("metric-alarm", "composite-alarm")
NAME: Final = "CloudWatch"
BACKEND: Backend = "cloudwatch"


def live_name(resource: Resource) -> str:
    return str(resource.body["AlarmName"])


def speaks(resource: Resource) -> bool:
    return bool(actions(resource.body, "ALARM"))


def source_of(signal: Signal) -> Source | None:
    metric = signal.cloudwatch
    if metric is None:
        return None
    key = MetricKey(metric.namespace, metric.metric, tuple(sorted(metric.dimensions)))
    return key, statistic.parse(metric.stat)


def source_of_text(text: str) -> Source:
    """One sample a value."""
    return metric_key(text), statistic.Statistic("Sum")


def depends_on(body: Body) -> list[str]:
    """A composite's children, and its suppressor."""
    if "AlarmRule" not in body:
        return []
    rule = alarm_rule.alarms(alarm_rule.parse(str(body["AlarmRule"])))
    suppressor = [str(body["ActionsSuppressor"])] if body.get("ActionsSuppressor") else []
    return [alarm_rule.alarm_name(reference) for reference in (*rule, *suppressor)]


def reads(body: Body) -> list[MetricKey]:
    alarm = read_alarm(body)
    return [query.key for query in alarm.queries] if isinstance(alarm, MetricAlarm) else []


def timelines(bodies: Mapping[str, Body], history: History, end: int) -> Timelines:
    return evaluate(list(bodies.values()), history, start=0, end=end)


def told(body: Body, state: State, receivers: Mapping[str, Receiver]) -> tuple[str, ...]:
    arns = actions(body, state)
    return tuple(r.name for r in receivers.values() if any(arn in arns for arn in r.cloudwatch))


def description(body: Body) -> str:
    return str(body.get("AlarmDescription", ""))

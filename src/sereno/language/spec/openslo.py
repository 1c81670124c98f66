"""OpenSLO v1, field by field. Rules between fields are in `rules/openslo.py`.

https://github.com/OpenSLO/OpenSLO (specification), https://github.com/OpenSLO/go-sdk (reference rules).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema

from sereno.language.spec.base import (
    Description,
    Flag,
    Metadata,
    Name,
    Number,
    Shorthand,
    Spec,
    Text,
    Words,
    broken,
)
from sereno.language.text import Bare

Op = Literal["gt", "gte", "lt", "lte"]


def _slice(value: object) -> object:
    """A shorthand, or a number of minutes: the specification has both, the SDK the first only."""
    if isinstance(value, Bare) and value.text.isdigit():
        return f"{value.text}m"
    return value


SliceWindow = Annotated[
    Shorthand,
    BeforeValidator(_slice),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": "^[0-9]+[mhdwMQY]$"}, {"type": "integer"}]}),
]


def _anything(value: object) -> object:
    if value is None:
        raise broken("missing-field", field="connectionDetails")
    return value


Anything = Annotated[Any, BeforeValidator(_anything)]


def _left_out(value: object) -> object:
    """An empty reference is none, as to the SDK."""
    return None if value == "" else value


class MetricSource(Spec):
    metric_source_ref: Annotated[Name | None, BeforeValidator(_left_out)] = None
    type: Text | None = None
    spec: dict[str, Any]


class Metric(Spec):
    metric_source: MetricSource


class RatioMetric(Spec):
    counter: Flag | None = None
    good: Metric | None = None
    bad: Metric | None = None
    total: Metric | None = None
    raw: Metric | None = None
    raw_type: Text | None = None


class SliSpec(Spec):
    description: Description | None = None
    threshold_metric: Metric | None = None
    ratio_metric: RatioMetric | None = None


class InlineSli(Spec):
    metadata: Metadata
    spec: SliSpec


class Calendar(Spec):
    start_time: Words
    time_zone: Words


class TimeWindow(Spec):
    duration: Shorthand
    is_rolling: Flag | None = None
    calendar: Calendar | None = None


class Objective(Spec):
    display_name: Text | None = None
    op: Text | None = None
    value: Number | None = None
    target: Number | None = None
    target_percent: Number | None = None
    time_slice_target: Number | None = None
    time_slice_window: SliceWindow | None = None
    indicator: InlineSli | None = None
    indicator_ref: Name | None = None
    composite_weight: Number | None = None


class ConditionType(Spec):
    kind: Literal["burnrate"]
    op: Op
    threshold: Number
    lookback_window: Shorthand
    alert_after: Shorthand | Literal[""] | None = None


class ConditionSpec(Spec):
    description: Description | None = None
    severity: Words
    condition: ConditionType


class Condition(Spec):
    """Inline (`kind`, `metadata`, `spec`) or by reference."""

    condition_ref: Name | None = None
    kind: Literal["AlertCondition"] | None = None
    metadata: Metadata | None = None
    spec: ConditionSpec | None = None


class TargetSpec(Spec):
    description: Description | None = None
    target: Words


class Target(Spec):
    """Inline (`kind`, `metadata`, `spec`) or by reference."""

    target_ref: Name | None = None
    kind: Literal["AlertNotificationTarget"] | None = None
    metadata: Metadata | None = None
    spec: TargetSpec | None = None


class PolicySpec(Spec):
    description: Description | None = None
    alert_when_no_data: Flag | None = None
    alert_when_breaching: Flag | None = None
    alert_when_resolved: Flag | None = None
    conditions: list[Condition] | None = None
    notification_targets: list[Target] | None = None


class Policy(Spec):
    """Inline (`kind`, `metadata`, `spec`) or by reference."""

    alert_policy_ref: Name | None = None
    kind: Literal["AlertPolicy"] | None = None
    metadata: Metadata | None = None
    spec: PolicySpec | None = None


class SloSpec(Spec):
    description: Description | None = None
    service: Words
    indicator: InlineSli | None = None
    indicator_ref: Name | None = None
    budgeting_method: Literal["Occurrences", "Timeslices", "RatioTimeslices"]
    time_window: list[TimeWindow] | None = None
    objectives: list[Objective] | None = None
    alert_policies: list[Policy] | None = None


class Head(Spec):
    api_version: Literal["openslo/v1"]
    metadata: Metadata


class Slo(Head):
    kind: Literal["SLO"]
    spec: SloSpec


class Sli(Head):
    kind: Literal["SLI"]
    spec: SliSpec


class ServiceSpec(Spec):
    description: Description | None = None


class Service(Head):
    kind: Literal["Service"]
    spec: ServiceSpec | None = None


class DataSourceSpec(Spec):
    description: Description | None = None
    type: Words
    connection_details: Anything


class DataSource(Head):
    kind: Literal["DataSource"]
    spec: DataSourceSpec


class AlertPolicy(Head):
    kind: Literal["AlertPolicy"]
    spec: PolicySpec


class AlertCondition(Head):
    kind: Literal["AlertCondition"]
    spec: ConditionSpec


class AlertNotificationTarget(Head):
    kind: Literal["AlertNotificationTarget"]
    spec: TargetSpec

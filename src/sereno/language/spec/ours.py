"""Our own kinds, `sereno/v1`, and `sereno.yaml`, field by field."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from sereno.language.spec.base import (
    Description,
    Flag,
    Labels,
    Metadata,
    Name,
    Number,
    Scalar,
    Seconds,
    SignalName,
    Spec,
    Text,
    Verbatim,
    Whole,
    Words,
)
from sereno.language.spec.openslo import Op

DOCUMENTS = ("slo", "alerts", "dashboards", "tests/alerts")  # where documents are, unless sereno.yaml says

Severity = Literal["page", "ticket"]
Missing = Literal["missing", "ignore", "breaching", "notBreaching"]
Backend = Literal["cloudwatch", "datadog"]
Direction = Literal["above", "below", "outside"]


class Head(Spec):
    api_version: Literal["sereno/v1"]
    metadata: Metadata


class CloudWatchSource(Spec):
    """A CloudWatch metric; `stat` as CloudWatch writes it: Sum, p99, TC(:300)."""

    namespace: Words
    metric: Words
    dimensions: dict[str, Scalar] = Field(default_factory=dict)
    stat: Words = "Sum"
    region: Words | None = None
    account: Scalar | None = None


class DatadogSource(Spec):
    """A Datadog metric query."""

    query: Words


class Signal(Spec):
    """Read from a vendor's metric, or computed (`expr`) from other signals."""

    unit: Words
    description: Words
    emitted_by: Words | None = None
    always: Flag = False
    cloudwatch: CloudWatchSource | None = None
    datadog: DatadogSource | None = None
    expr: Scalar | None = None


class Signals(Head):
    kind: Literal["Signals"]
    spec: dict[SignalName, Signal]


class Guard(Spec):
    """Below `atLeast` of `signal` the datapoint does not breach."""

    signal: SignalName
    at_least: Number


class Anomaly(Spec):
    """The band that the vendor learns: the alert fires outside of it, or on one side only."""

    deviations: Number = Decimal(2)
    direction: Direction = "outside"


class CloudWatchAlarm(Spec):
    """An alarm's fields in CloudWatch's own words, in place of what would be written: as it was live.

    `Metrics`, `AlarmRule` or `EvaluationCriteria` stand where the language has no words for what is watched.
    """

    alarm_name: Annotated[Words | None, Field(alias="AlarmName")] = None
    alarm_description: Annotated[Text | None, Field(alias="AlarmDescription")] = None
    actions_enabled: Annotated[Flag | None, Field(alias="ActionsEnabled")] = None
    alarm_actions: Annotated[list[Words] | None, Field(alias="AlarmActions")] = None
    ok_actions: Annotated[list[Words] | None, Field(alias="OKActions")] = None
    silence_actions: Annotated[list[Words] | None, Field(alias="InsufficientDataActions")] = None
    unit: Annotated[Words | None, Field(alias="Unit")] = None
    low_samples: Annotated[Words | None, Field(alias="EvaluateLowSampleCountPercentile")] = None
    window: Annotated[Verbatim, Field(alias="EvaluationWindow")] = None
    warm_up: Annotated[Verbatim, Field(alias="WarmUpConfiguration")] = None
    metrics: Annotated[Verbatim, Field(alias="Metrics")] = None
    band: Annotated[Words | None, Field(alias="ThresholdMetricId")] = None
    rule: Annotated[Words | None, Field(alias="AlarmRule")] = None
    suppressor: Annotated[Words | None, Field(alias="ActionsSuppressor")] = None
    wait: Annotated[Verbatim, Field(alias="ActionsSuppressorWaitPeriod")] = None
    extension: Annotated[Verbatim, Field(alias="ActionsSuppressorExtensionPeriod")] = None
    criteria: Annotated[Verbatim, Field(alias="EvaluationCriteria")] = None
    interval: Annotated[Verbatim, Field(alias="EvaluationInterval")] = None
    tags: Annotated[dict[str, Scalar] | None, Field(alias="Tags")] = None


class AlertSpec(Spec):
    description: Description
    service: Name
    signal: SignalName | None = None
    expr: Scalar | None = None
    op: Op = "gt"
    threshold: Number | None = None
    anomaly: Anomaly | None = None
    period: Seconds = 60
    datapoints: Words = "1 of 1"
    missing: Missing = "missing"
    guard: Guard | None = None
    severity: Severity
    owner: Words | None = None
    runbook: Name | None = None
    inhibited_by: list[Name] = Field(default_factory=list)
    when_resolved: Flag = False
    cloudwatch: CloudWatchAlarm | None = None


class Alert(Head):
    kind: Literal["Alert"]
    spec: AlertSpec


class AlertChange(Spec):
    """What may be changed of an alert without copying it: any of its fields."""

    description: Description | None = None
    service: Name | None = None
    signal: SignalName | None = None
    expr: Scalar | None = None
    op: Op | None = None
    threshold: Number | None = None
    anomaly: Anomaly | None = None
    period: Seconds | None = None
    datapoints: Words | None = None
    missing: Missing | None = None
    guard: Guard | None = None
    severity: Severity | None = None
    owner: Words | None = None
    runbook: Name | None = None
    inhibited_by: list[Name] | None = None
    when_resolved: Flag | None = None
    cloudwatch: CloudWatchAlarm | None = None


class UseSpec(Spec):
    """A pack, its parameters, what is changed or dropped of it by name, and the dashboard its panels join."""

    use: Words
    with_: Annotated[dict[str, Scalar], Field(alias="with")] = Field(default_factory=dict)
    override: dict[Name, AlertChange] = Field(default_factory=dict)
    drop: dict[Name, Words] = Field(default_factory=dict)
    dashboard: Name | None = None


class Use(Head):
    kind: Literal["Use"]
    spec: UseSpec


class Parameter(Spec):
    description: Words
    default: Scalar | None = None


class PackAlert(AlertSpec):
    """An alert of a pack says why its numbers are what they are, and where they come from."""

    reason: Words
    source: Words


class PackSpec(Spec):
    description: Words
    parameters: dict[str, Parameter]
    signals: dict[SignalName, Signal] = Field(default_factory=dict)
    alerts: dict[Name, PackAlert] = Field(default_factory=dict)
    panels: list[PanelSpec] = Field(default_factory=list)


class Pack(Spec):
    """A file of `packs/`. Its texts may hold `${parameter}`."""

    api_version: Literal["sereno/v1"]
    kind: Literal["Pack"]
    metadata: PackMetadata
    spec: PackSpec


class PackMetadata(Spec):
    name: Words


class Receiver(Spec):
    """Who is told, and how each vendor reaches them."""

    description: Words
    cloudwatch: list[Words] = Field(default_factory=list)
    datadog: list[Words] = Field(default_factory=list)


class Mute(Spec):
    """A recurring time in which a route notifies nobody; `end` before `start` is on the next day."""

    days: Annotated[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]], Field(min_length=1)]
    start: Words
    end: Words
    zone: Words


class Route(Spec):
    receiver: Name | None = None
    match: dict[str, Scalar] = Field(default_factory=dict)
    proceed: Annotated[Flag, Field(alias="continue")] = False
    mutes: list[Name] = Field(default_factory=list)
    routes: list[Route] = Field(default_factory=list)


class RoutesSpec(Spec):
    receivers: dict[Name, Receiver]
    mutes: dict[Name, Mute] = Field(default_factory=dict)
    route: Route


class Routes(Head):
    kind: Literal["Routes"]
    spec: RoutesSpec


class PanelSpec(Spec):
    """One widget. What it shows depends on its kind: signals or an `expr`, SLOs, alerts, or text.

    An alert is named as tests and drills name it: `NAME`, or `SLO/page`, `SLO/ticket`, `SLO/no-data`.
    """

    kind: Literal["timeseries", "number", "slo", "burn", "alerts", "text"]
    title: Text = ""
    width: Whole = 6
    height: Whole = 6
    signals: list[SignalName] = Field(default_factory=list)
    expr: Scalar | None = None
    slos: list[Name] = Field(default_factory=list)
    alerts: list[Words] = Field(default_factory=list)
    text: Text = ""
    unit: Text = ""
    period: Seconds = 60


class CloudWatchDashboard(Spec):
    """A dashboard as CloudWatch has it, in place of rows: what was live, and stays."""

    name: Annotated[Words | None, Field(alias="DashboardName")] = None
    body: Annotated[Verbatim, Field(alias="DashboardBody")]


class VariableSpec(Spec):
    """What a viewer may choose: every panel's metrics with that dimension (or tag) follow."""

    name: Name
    title: Text = ""
    cloudwatch: Words | None = None  # a dimension
    datadog: Words | None = None  # a tag's key
    values: list[Scalar] = Field(default_factory=list)
    default: Scalar | None = None


class DashboardSpec(Spec):
    title: Words
    variables: list[VariableSpec] = Field(default_factory=list)
    rows: list[list[PanelSpec]] = Field(default_factory=list)
    cloudwatch: CloudWatchDashboard | None = None


class Dashboard(Head):
    kind: Literal["Dashboard"]
    spec: DashboardSpec


class Expectation(Spec):
    """An alert that must fire: `NAME`, or `SLO/page`, `SLO/ticket`, `SLO/no-data`."""

    alert: Words
    within: Seconds
    receivers: list[Name] = Field(default_factory=list)


class DrillSpec(Spec):
    description: Words
    fault: Words
    with_: Annotated[dict[str, Scalar], Field(alias="with")] = Field(default_factory=dict)
    hold: Seconds
    expect: list[Expectation]
    silent: list[Words] = Field(default_factory=list)
    recovered: Seconds


class Drill(Head):
    kind: Literal["Drill"]
    spec: DrillSpec


class InputSeries(Spec):
    """One series in promtool's notation, a value an interval; of a signal, or of a vendor's metric."""

    signal: SignalName | None = None
    metric: Text | None = None
    values: Scalar


Judges = Literal["cloudwatch", "datadog", "both"]


class AlertState(Spec):
    eval_time: Annotated[Seconds, Field(alias="eval_time")]
    alert: Words
    state: Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
    receivers: list[Name] | None = None
    description: Words | None = None
    backend: Judges | None = None  # whose minute it is; else the test says


class AlertTestSpec(Spec):
    """Each expectation is of one vendor, or of both: each looks at the data in its own way."""

    description: Text = ""
    backend: Judges = "cloudwatch"
    interval: Seconds = 60
    input_series: Annotated[list[InputSeries], Field(alias="input_series")]
    alert_rule_test: Annotated[list[AlertState], Field(alias="alert_rule_test")]


class AlertTest(Head):
    kind: Literal["AlertTest"]
    spec: AlertTestSpec


class BudgetRule(Spec):
    """Holds when at most `budgetLeft` of the budget is left, or it burns faster than `burn` over `over`."""

    budget_left: Number | None = None
    burn: Number | None = None
    over: Seconds | None = None
    action: Literal["warn", "freeze"]
    notify: Severity | None = None  # of a rule on budgetLeft: who is told that it holds, by the routes


class BudgetOverride(Spec):
    """A named person lets a release through, for a reason, until a day."""

    slo: Name
    by: Words
    reason: Words
    until: Words


class BudgetAdjustment(Spec):
    """Declared maintenance: what was bad in it does not spend budget."""

    slos: list[Name]
    start: Words
    end: Words
    reason: Words


class BudgetPolicySpec(Spec):
    description: Words
    match: Labels = Field(default_factory=dict)
    rules: list[BudgetRule]
    no_data: Literal["allow", "warn", "freeze"] = "allow"
    exempt: Labels = Field(default_factory=dict)
    overrides: list[BudgetOverride] = Field(default_factory=list)
    adjustments: list[BudgetAdjustment] = Field(default_factory=list)


class BudgetPolicy(Head):
    kind: Literal["BudgetPolicy"]
    spec: BudgetPolicySpec


class SloChange(Spec):
    """What an environment may change of an SLO."""

    target: Number | None = None
    alert_policies: list[Name] | None = None
    owner: Words | None = None


class Overrides(Spec):
    alerts: dict[Name, AlertChange] = Field(default_factory=dict)
    slos: dict[Name, SloChange] = Field(default_factory=dict)


class Signing(Spec):
    """AWS Signature 4 by keys that Datadog keeps: each is `{{ NAME }}`, a global variable's name."""

    access_key: Words
    secret_key: Words
    session_token: Words | None = None
    region: Words | None = None
    service: Words = "execute-api"


class Synthetic(Spec):
    """A GET that Datadog makes from its own locations: its status, and how long it may take."""

    url: Words
    description: Text = ""
    locations: list[Words]
    every: Seconds = 300
    status: Whole = 200
    within_ms: Whole = 1_000
    failing_locations: Whole = 1
    severity: Severity = "ticket"
    service: Name
    owner: Words | None = None
    runbook: Name | None = None
    sign: Signing | None = None


class DatadogSettings(Spec):
    """What only Datadog has."""

    synthetics: dict[Name, Synthetic] = Field(default_factory=dict)


class Environment(Spec):
    """Where the documents go: a vendor, and what the variables are there."""

    backend: Backend
    region: Scalar = "us-east-1"
    variables: dict[str, Scalar] = Field(default_factory=dict)
    outputs: Words | None = None
    overrides: Overrides | None = None
    endpoint: Words | None = None
    datadog: DatadogSettings | None = None


class Project(Spec):
    """`sereno.yaml`: the project's name, where its documents are, and its environments."""

    project: Name
    documents: list[Words] = Field(default_factory=lambda: [*DOCUMENTS])
    runbooks: Words = "runbooks"
    runbook_url: Words | None = None
    traffic: dict[SignalName, Number] = Field(default_factory=dict)
    environments: dict[Name, Environment]


class RunbookFront(Spec):
    """The front matter of a runbook: what a person sees before the text."""

    title: Words
    owner: Words
    applies_to: Annotated[list[Words], Field(alias="applies-to")]


Raw = dict[str, Any]

"""What the YAML means: frozen, resolved, exact. Only `resolve` makes a `System`.

A compiler, the report and the proofs take nothing else, so none of them ever sees a
default, a missing runbook or a raw string. Ratios and thresholds are `Decimal`,
durations are integer seconds, and `None` is allowed only where it means something,
which the field's comment says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from sereno.language.expr import Expr
from sereno.language.problem import NOWHERE, Span

Severity = Literal["page", "ticket"]
Backend = Literal["cloudwatch", "datadog"]
Comparison = Literal["gt", "gte", "lt", "lte"]
Missing = Literal["missing", "ignore", "breaching", "notBreaching"]
Budgeting = Literal["Occurrences", "Timeslices", "RatioTimeslices"]

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudWatchMetric:
    """How CloudWatch is asked for a signal; variables are already put in."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...] = ()  # sorted by name
    stat: str = "Sum"  # Sum, Average, p99, TC(:300), PR(0:300) ...
    region: str | None = None  # None: the environment's own
    account: str | None = None  # None: the environment's own


@dataclass(frozen=True, slots=True, kw_only=True)
class DatadogMetric:
    """How Datadog is asked for a signal: a metric query such as `sum:a.b{c:d}.as_count()`."""

    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A number over time: read from a vendor's metric, or computed from other signals.

    Exactly one of (`cloudwatch` and/or `datadog`) and `expr` is set. `always` says that
    silence is a fault, not a quiet hour: something (the canary) guarantees data.
    """

    name: str
    unit: str
    description: str
    emitted_by: str  # a function ("functions/api") or "aws"
    always: bool = False
    cloudwatch: CloudWatchMetric | None = None
    datadog: DatadogMetric | None = None
    expr: Expr | None = None  # over names in `System.signals`
    where: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """good/total or bad/total of two counts; exactly one of `good` and `bad` is a signal's name."""

    total: str
    good: str | None = None
    bad: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRatio:
    """A signal that is already the share (0 to 1) of good or bad."""

    raw: str
    success: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Good while `signal op value` holds."""

    signal: str
    op: Comparison
    value: Decimal


Indicator = Ratio | RawRatio | Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Rolling, or calendar-aligned in an IANA zone (then `start` is the first period's local start)."""

    seconds: int  # calendar windows: the nominal length (M = 30 d, Q = 90 d, Y = 365 d)
    text: str  # as written: "30d", "1M"
    rolling: bool = True
    start: str | None = None  # calendar only: "YYYY-MM-DD HH:MM:SS"
    zone: str | None = None  # calendar only


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnPair:
    """Two windows that must both burn faster than `burn`: one OpenSLO AlertPolicy, resolved.

    `receivers` are the names its notification targets add to the routing tree;
    `routed` is whether the tree is asked at all (the reserved target `routes`).
    """

    name: str  # the AlertPolicy's metadata.name
    severity: Severity
    burn: Decimal
    long: int  # seconds
    short: int  # seconds
    inclusive: bool = False  # op: gte
    receivers: tuple[str, ...] = ()
    routed: bool = True
    when_resolved: bool = False
    minimum_bad: int = 2  # fewer bad events than this in a window never make it burn
    where: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A target share in [0, 1) and how it is counted."""

    name: str
    target: Decimal
    indicator: Indicator
    weight: Decimal = Decimal(1)  # composite SLOs
    slice_seconds: int | None = None  # Timeslices, RatioTimeslices
    slice_target: Decimal | None = None  # Timeslices

    @property
    def budget(self) -> Fraction:
        """The share that may be bad, exactly."""
        return 1 - Fraction(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """One OpenSLO SLO, its references followed. More than one objective: composite or many targets."""

    name: str
    display_name: str
    service: str
    description: str
    owner: str
    runbook: str  # a key of System.runbooks
    budgeting: Budgeting
    window: Window
    objectives: tuple[Objective, ...]
    composite: bool = False  # each objective has an indicator of its own
    policies: tuple[BurnPair, ...] = ()
    native: bool = False  # also as the vendor's own SLO, where that is not how it is watched anyway
    labels: Mapping[str, str] = field(default_factory=dict)
    where: Span = field(default=NOWHERE, compare=False)


Direction = Literal["above", "below", "outside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """The band that the vendor learns of a signal, so many standard deviations to either side."""

    deviations: Decimal
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A threshold on a signal or expression, M of N datapoints of `period` seconds each."""

    name: str
    service: str
    description: str
    signal: str  # a key of System.signals (an inline expr has become a signal of its own)
    op: Comparison
    threshold: Decimal  # 0, and meaningless as `op` is, where `anomaly` is set
    period: int
    datapoints: int  # M
    evaluation_periods: int  # N
    missing: Missing
    severity: Severity
    owner: str
    runbook: str  # a key of System.runbooks
    guard: tuple[str, Decimal] | None = None  # (signal, at least): below it the datapoint does not breach
    inhibited_by: tuple[str, ...] = ()  # names of alerts or SLOs
    when_resolved: bool = False
    anomaly: Anomaly | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    cloudwatch: Mapping[str, Any] = field(default_factory=dict)  # fields of its alarm, in CloudWatch's words
    where: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Who is told, and how each vendor reaches them. What a backend lacks is a problem, not None here."""

    name: str
    description: str
    cloudwatch: tuple[str, ...] = ()  # ARNs, at most 5
    datadog: tuple[str, ...] = ()  # handles: @pagerduty-x, @slack-y
    where: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A recurring time in which a route notifies nobody."""

    name: str
    days: tuple[int, ...]  # 0 = Monday
    start: str  # "HH:MM"
    end: str  # "HH:MM"; before start: it ends the next day
    zone: str  # IANA


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of the routing tree, Alertmanager's rules: first match wins unless `proceed`."""

    receiver: str
    match: Mapping[str, str] = field(default_factory=dict)  # label -> value, `~regex` for a full match
    proceed: bool = False  # YAML `continue`
    mutes: tuple[Mute, ...] = ()
    routes: tuple[Route, ...] = ()
    where: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """One Markdown file with front matter."""

    name: str  # the file's stem
    path: str  # relative to the project
    title: str
    text: str
    url: str  # where a person at 3 a.m. opens it


PanelKind = Literal["timeseries", "number", "slo", "burn", "alerts", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One widget; `signals` are keys of System.signals, `slos` names, `alerts` as people name them."""

    kind: PanelKind
    title: str
    width: int  # of 24 columns
    height: int
    signals: tuple[str, ...] = ()
    slos: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    text: str = ""
    unit: str = ""
    period: int = MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A viewer's choice: what every panel's metrics have as that dimension, or tag."""

    name: str
    title: str
    values: tuple[str, ...] = ()  # none: whatever there is
    default: str | None = None  # None: everything, until one is chosen
    cloudwatch: str | None = None  # the dimension; None: there is no such choice there
    datadog: str | None = None  # the tag's key; None: there is no such choice there


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Rows of panels."""

    name: str
    title: str
    rows: tuple[tuple[Panel, ...], ...]
    variables: tuple[Variable, ...] = ()
    cloudwatch: Mapping[str, Any] = field(default_factory=dict)  # its name and body, in CloudWatch's words
    where: Span = field(default=NOWHERE, compare=False)


GateAction = Literal["allow", "warn", "freeze"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRule:
    """Holds when the share of budget left is at most `left`, or the burn rate over `over` above `burn`."""

    action: GateAction
    left: Decimal | None = None  # exactly one of left and (burn, over) is set
    burn: Decimal | None = None
    over: int | None = None  # seconds
    notify: Severity | None = None  # only with `left`; None: nobody is told that the rule holds


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetOverride:
    """A named person lets releases through although `slo` says freeze, until a moment (epoch seconds)."""

    slo: str
    by: str
    reason: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetAdjustment:
    """Declared maintenance: what was bad in [start, end) spends no budget (epoch seconds)."""

    slos: tuple[str, ...]
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPolicy:
    """What spent budget means for releases, for the SLOs whose labels match and that are not exempt."""

    name: str
    description: str
    rules: tuple[BudgetRule, ...]
    no_data: GateAction = "allow"
    match: Mapping[str, str] = field(default_factory=dict)
    exempt: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[BudgetOverride, ...] = ()
    adjustments: tuple[BudgetAdjustment, ...] = ()
    where: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """An alert that must fire, and who must then be told. `alert` is an address (`language/names.py`)."""

    alert: str
    within: int  # seconds after the fault began
    receivers: tuple[str, ...] = ()  # empty: whoever the routes say


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A fault on purpose: what must fire, what must not, and when all must be well again."""

    name: str
    description: str
    fault: str  # a name that `local/` knows
    parameters: Mapping[str, str]
    hold: int  # seconds the fault lasts
    expect: tuple[Expectation, ...]
    silent: tuple[str, ...]  # addresses
    recovered: int  # seconds after the fault ended, by which no page fires any more
    where: Span = field(default=NOWHERE, compare=False)


AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSeries:
    """Values in promtool's notation, one an interval; exactly one of `signal` and `metric` is set."""

    values: str
    signal: str | None = None
    metric: str | None = None
    where: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedState:
    """An alert's state at a time. `alert` is an address."""

    at: int  # seconds after the first value
    alert: str
    state: AlarmState
    receivers: tuple[str, ...] | None = None  # None: not asked
    description: str | None = None  # a text its description must hold; None: not asked
    backends: tuple[Backend, ...] = ("cloudwatch",)  # whose minute it is
    where: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTest:
    """Series in, states out, through time."""

    name: str
    description: str
    interval: int  # seconds
    series: tuple[InputSeries, ...]
    expected: tuple[ExpectedState, ...]
    where: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """AWS Signature 4. The keys are names of variables that Datadog keeps, as written: `{{ NAME }}`."""

    access_key: str
    secret_key: str
    region: str
    service: str
    session_token: str | None = None  # None: the keys are no temporary ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthetic:
    """A GET that Datadog makes from its own locations."""

    name: str
    description: str
    url: str
    locations: tuple[str, ...]
    every: int  # seconds
    status: int
    within: int  # milliseconds
    failing_locations: int  # of these at once make it alert
    severity: Severity
    service: str
    owner: str
    runbook: str
    sign: Signing | None = None  # None: the request is not signed
    where: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where it all goes, and what the variables are there."""

    name: str
    backend: Backend
    region: str
    variables: Mapping[str, str]
    endpoint: str | None = None  # an emulator's URL; None: the vendor itself
    synthetics: tuple[Synthetic, ...] = ()  # Datadog's alone


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Everything declared, for one environment."""

    project: str
    environment: Environment
    slos: tuple[Slo, ...] = ()
    alerts: tuple[Alert, ...] = ()
    signals: Mapping[str, Signal] = field(default_factory=dict)
    receivers: Mapping[str, Receiver] = field(default_factory=dict)
    routes: Route | None = None  # None: nothing is routed (a folder of OpenSLO only)
    runbooks: Mapping[str, Runbook] = field(default_factory=dict)
    dashboards: tuple[Dashboard, ...] = ()
    drills: tuple[Drill, ...] = ()
    tests: tuple[AlertTest, ...] = ()
    services: Mapping[str, str] = field(default_factory=dict)  # name -> description
    budget_policies: tuple[BudgetPolicy, ...] = ()
    adopted: Mapping[str, str] = field(default_factory=dict)  # address -> the name that what was live keeps

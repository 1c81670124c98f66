"""The words of what compiling finds: what CloudWatch cannot say, with the way out. One function a code.

The function's name is the code (`no_alarm` is `cw-no-alarm`), its docstring the page of
`sereno explain`. What CloudWatch would refuse of the payload itself is in `limits/`.
"""

from __future__ import annotations

from sereno.language.model import BudgetPolicy, BurnPair, Dashboard, Mute, Receiver, Signal, Slo, Variable
from sereno.language.names import window
from sereno.language.problem import Problem, Span
from sereno.vendors.nights import Late, told


def receiver(of: Receiver) -> Problem:
    """A receiver that is told of an alarm must say how CloudWatch reaches it.

    Breaks: `{name: on-call, datadog: ["@pagerduty"]}` in an environment of CloudWatch
    Keeps: `cloudwatch: ["arn:aws:sns:eu-west-1:123456789012:on-call"]` beside it
    """
    message = f"receiver `{of.name}` does not say how CloudWatch reaches it"
    return Problem(of.where, "cw-receiver", message, "add `cloudwatch: [ARN]`, such as an SNS topic's")


def nobody(where: Span) -> Problem:
    """An alarm that notifies nobody is a line on a dashboard.

    Breaks: no route and no notification target for a severity
    Keeps: a root route with a receiver, which everything reaches
    """
    message, way_out = (
        "nobody is told when this fires",
        "let a route or a notification target lead to a receiver",
    )
    return Problem(where, "cw-nobody", message, way_out, "warning")


def signal(of: Signal, where: Span) -> Problem:
    """A signal that an alarm or a panel reads must say how CloudWatch is asked for it.

    Breaks: a signal with `datadog` only
    Keeps: `cloudwatch: {namespace: Shop, metric: Failed, stat: Sum}` beside it
    """
    message = f"signal `{of.name}` does not say how CloudWatch is asked for it"
    way_out = "add `cloudwatch: {namespace, metric, dimensions, stat}` to it in the signals file"
    return Problem(where, "cw-signal", message, way_out)


def region(of: Signal, there: str, here: str, where: Span) -> Problem:
    """An alarm reads the metrics of its own Region only (those of another account it can read).

    Breaks: a signal of `us-east-1` in an environment of `eu-west-1`
    Keeps: the alert in an environment of `us-east-1`
    """
    message = f"signal `{of.name}` lives in {there}, and an alarm reads only its own region, {here}"
    way_out = "publish the metric here, or declare the alert in an environment of the other region"
    return Problem(where, "cw-region", message, way_out)


def no_alarm(slo: Slo, what: str, way_out: str) -> Problem:
    """Some SLOs have no alarm on CloudWatch that means the same: better none than one that lies.

    An average of slices' ratios, and a budget weighted over several indicators, are not sums that
    metric math can take over a window.

    Breaks: `budgetingMethod: RatioTimeslices` with alert policies
    Keeps: `budgetingMethod: Timeslices`, or the same SLO without alert policies
    """
    message = f"no CloudWatch alarm says {what} faithfully (SLO `{slo.name}`)"
    return Problem(slo.where, "cw-no-alarm", message, f"{way_out}, or leave its alertPolicies out")


def no_count(slo: Slo, leaf: str, stat: str) -> Problem:
    """Good, bad and total events are counts: they must add up over a window.

    Breaks: a total read as `stat: Average`
    Keeps: `stat: Sum`, `SampleCount`, or `TC(:300)` for those under 300
    """
    message = f"`{leaf}` is read as {stat}, which is no count: SLO `{slo.name}` cannot add it up"
    return Problem(slo.where, "cw-no-count", message, "read it with `stat: Sum`, `SampleCount` or `TC(...)`")


def window_over_a_day(pair: BurnPair, seconds: int) -> Problem:
    """CloudWatch evaluates a window of more than a day once an hour, not once a minute.

    And whether it takes a sliding period of more than a day at all, its documentation does not say.

    Breaks: a policy with `lookbackWindow: 3d`
    Keeps: `24h`; or an Application Signals SLO, whose burn-rate windows reach seven days
    """
    message = (
        f"CloudWatch evaluates a window of {window(seconds)} once an hour, and whether it takes a sliding"
        " period of more than a day is not documented"
    )
    way_out = "use a long window of at most 24h, or `applicationSignals` burn-rate windows"
    return Problem(pair.where, "cw-window-over-a-day", message, way_out, "warning")


def never(slo: Slo, pair: BurnPair) -> Problem:
    """More bad slices than a window has can never be.

    Breaks: 40 times a budget of 3 %
    Keeps: at most 1 / (1 - target) times
    """
    message = f"{pair.burn} times the budget of SLO `{slo.name}` is more than all of the window"
    return Problem(pair.where, "cw-never", message, "choose a burn rate of at most 1 / (1 - target)")


def receivers_united(slo: Slo, severity: str) -> Problem:
    """One alarm speaks for all policies of an SLO and a severity, so it tells everyone any of them names.

    Breaks: two page policies with different notification targets
    Keeps: the same targets for both
    """
    message = (
        f"the {severity} policies of SLO `{slo.name}` name different receivers, and all of them are told of"
        " each: one alarm notifies for a severity"
    )
    way_out = "give the policies of one severity the same notification targets"
    return Problem(slo.where, "cw-receivers-united", message, way_out, "warning")


def suppressor_cycle(where: Span, name: str) -> Problem:
    """What inhibits must exist before what it inhibits, so alerts cannot inhibit each other in a circle.

    Breaks: `a` with `inhibitedBy: [b]` and `b` with `inhibitedBy: [a]`
    Keeps: the cause inhibits its effects, and is inhibited by none of them
    """
    message = f"alert `{name}` is inhibited, over others, by itself"
    return Problem(where, "cw-suppressor-cycle", message, "let only the cause inhibit")


def account(dashboard: Dashboard) -> Problem:
    """An alarm widget names alarms by ARN, and an ARN holds the account.

    It is the variable `account_id`, else that of the first receiver's topic.

    Breaks: an `alerts` panel where neither is known
    Keeps: `variables: {account_id: "123456789012"}`
    """
    message = "an alarm widget names alarms by ARN, and nothing says which account this is"
    return Problem(dashboard.where, "cw-account", message, "set the variable `account_id` of the environment")


def panel_alert(dashboard: Dashboard, title: str, name: str) -> Problem:
    """CloudWatch has no alarm for what is left of a budget, so a panel here cannot show its state.

    The panel shows the others that it names; on Datadog it shows this one too.

    Breaks: `alerts: [get-availability/budget-25]` in an environment of CloudWatch
    Keeps: `alerts: [get-availability/page]`, or a panel of `kind: slo`, which shows how much is left
    """
    message = f"panel `{title}` of dashboard `{dashboard.name}` names `{name}`, which is no alarm here"
    way_out = "name the SLO in a panel of `kind: slo`, or allow this where Datadog is meant"
    return Problem(dashboard.where, "cw-panel-alert", message, way_out, "warning")


def variable(dashboard: Dashboard, of: Variable) -> Problem:
    """A variable of a dashboard is a dimension that its panels' metrics have: those follow what is chosen.

    Breaks: `{name: stage, cloudwatch: Stage}` where no panel's metric has a dimension `Stage`
    Keeps: `{name: stage, cloudwatch: Stage}` with `dimensions: {ApiId: a1, Stage: live}`
    """
    why = f"no panel's metric has a dimension `{of.cloudwatch}`" if of.cloudwatch else "it names no dimension"
    message = f"variable `{of.name}` of dashboard `{dashboard.name}` changes nothing on CloudWatch: {why}"
    way_out = "name a dimension that the panels' metrics have, or leave the variable out"
    return Problem(dashboard.where, "cw-variable", message, way_out, "warning")


def mute_partial(where: Span, address: str, muted: str) -> Problem:
    """A mute rule silences an alarm for everybody, so all who are told of it must be muted alike.

    Breaks: a muted route with `continue: true`, and after it a route without the mute
    Keeps: the same `mutes` on every route that the alert reaches
    """
    message = f"the mute `{muted}` holds for some who are told of {address}, and CloudWatch mutes it for all"
    way_out = "give every route that this alert reaches the same mutes, or none"
    return Problem(where, "cw-mute-partial", message, way_out)


def mute_clock_change(where: Span, mute: Mute, late: Late) -> Problem:
    """A mute rule is a start by the clock and a length, so when clocks are put forward it ends late.

    A window that spans the change becomes two rules, the second from when the change is over. That takes a
    window that begins before the hours that are skipped, and ends an hour after them or later.

    Breaks: `{start: "22:00", end: "03:30", zone: Europe/Berlin}`: in March, 02:00 to 03:00 are skipped
    Keeps: `end: "04:00"` or `end: "02:00"`
    """
    return Problem(where, "cw-mute-clock-change", *told(mute, late), "warning")


def no_budget_alarm(policy: BudgetPolicy) -> Problem:
    """No alarm of CloudWatch looks back over an SLO's whole window: its longest is seven days.

    So nobody is told when a budget reaches what a BudgetPolicy names with `notify`. `sereno gate` and the
    report say it, and burn-rate alarms fire before.

    Breaks: `{budgetLeft: 0.25, action: warn, notify: ticket}` in an environment of CloudWatch
    Keeps: the rule without `notify`, or an environment of Datadog
    """
    message = f"CloudWatch tells nobody what is left of a budget (policy `{policy.name}`)"
    way_out = "read it in the report and by `sereno gate`, or allow this where Datadog is meant"
    return Problem(policy.where, "cw-no-budget-alarm", message, way_out, "warning")


def no_native_slo(slo: Slo, why: str) -> Problem:
    """Application Signals counts requests (good or bad, and all) of one objective over rolling days.

    Breaks: the annotation `sereno.dev/application-signals: "true"` on a Timeslices SLO
    Keeps: the annotation on an Occurrences SLO with good (or bad) and total counts over 30d
    """
    message = f"SLO `{slo.name}` is no Application Signals SLO: {why}"
    way_out = "leave the annotation `sereno.dev/application-signals` out: its alarms work without it"
    return Problem(slo.where, "cw-no-native-slo", message, way_out)


RULES = (
    receiver,
    nobody,
    signal,
    region,
    no_alarm,
    no_count,
    window_over_a_day,
    never,
    receivers_united,
    suppressor_cycle,
    account,
    panel_alert,
    variable,
    mute_partial,
    mute_clock_change,
    no_budget_alarm,
    no_native_slo,
)

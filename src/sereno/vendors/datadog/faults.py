"""The words of what compiling for Datadog finds: what it cannot say, with the way out. One function a code.

The function's name is the code (`no_slo` is `dd-no-slo`), its docstring the page of `sereno explain`.
What Datadog would refuse of the payload itself is in `limits.py`, what it takes to mean something
else in `differences.py`.
"""

from __future__ import annotations

from sereno.language.model import Alert, BurnPair, Dashboard, Mute, Receiver, Signal, Slo, Synthetic
from sereno.language.names import window
from sereno.language.problem import Problem, Span
from sereno.vendors.nights import Late, told


def receiver(of: Receiver) -> Problem:
    """A receiver that is told of an alert must say how Datadog reaches it.

    Breaks: `{name: on-call, cloudwatch: ["arn:aws:sns:..."]}` in an environment of Datadog
    Keeps: `datadog: ["@pagerduty-users"]` beside it
    """
    message = f"receiver `{of.name}` does not say how Datadog reaches it"
    return Problem(
        of.where, "dd-receiver", message, 'add `datadog: ["@HANDLE"]`, such as @pagerduty-x or @slack-y'
    )


def handle(of: Receiver, text: str) -> Problem:
    """A handle begins with `@` and is one word: anything else in a message tells nobody, without a word.

    https://docs.datadoghq.com/monitors/notify/#notifications

    Breaks: `datadog: [pagerduty-users]`
    Keeps: `datadog: ["@pagerduty-users"]`
    """
    message = f"`{text}` of receiver `{of.name}` is no handle of Datadog's, so it would tell nobody"
    return Problem(of.where, "dd-handle", message, "write it as @pagerduty-x, @slack-y or @NAME@HOST")


def nobody(where: Span) -> Problem:
    """A monitor that notifies nobody is a line on a dashboard.

    Breaks: no route and no notification target for a severity
    Keeps: a root route with a receiver, which everything reaches
    """
    message = "nobody is told when this fires"
    return Problem(
        where, "dd-nobody", message, "let a route or a notification target lead to a receiver", "warning"
    )


def signal(of: Signal, where: Span) -> Problem:
    """A signal that an SLO, a monitor or a panel reads must say how Datadog is asked for it.

    Breaks: a signal with `cloudwatch` only
    Keeps: `datadog: {query: "sum:shop.failed{service:shop}.as_count()"}` beside it
    """
    message = f"signal `{of.name}` does not say how Datadog is asked for it"
    return Problem(where, "dd-signal", message, "add `datadog: {query: ...}` to it in the signals file")


def adopted(dashboard: Dashboard) -> Problem:
    """A dashboard that was imported from CloudWatch says what it shows in CloudWatch's words alone.

    Breaks: a Dashboard with `cloudwatch: {DashboardBody: ...}` in an environment of Datadog
    Keeps: the same with `rows`
    """
    message = f"dashboard `{dashboard.name}` says what it shows in CloudWatch's words alone"
    return Problem(dashboard.where, "dd-adopted", message, "write its panels as `rows`")


def anomaly(alert: Alert) -> Problem:
    """A band that CloudWatch learns is no monitor of Datadog's: its own algorithms learn other bands.

    Breaks: `anomaly: {deviations: 2}` in an environment of Datadog
    Keeps: a `threshold` there, set by the environment's `overrides`
    """
    message = f"alert `{alert.name}` compares with a band that CloudWatch learns"
    return Problem(alert.where, "dd-anomaly", message, "set a `threshold` in the environment's `overrides`")


def query(of: Signal, where: Span, said: str) -> Problem:
    """The query of a signal is one metric, in Datadog's grammar: `AGGREGATOR:METRIC{TAGS}.FUNCTION()`.

    Arithmetic belongs in a signal with `expr`, where both vendors can read it.

    Breaks: `users.get{env:prod}`
    Keeps: `sum:users.get{env:prod}.as_count()`
    """
    way_out = "write one metric, such as `sum:users.get{env:prod}.as_count()`; arithmetic goes into `expr`"
    return Problem(
        where, "dd-query", f"signal `{of.name}` is no Datadog metric query for a monitor: {said}", way_out
    )


def variable(dashboard: Dashboard, name: str, why: str) -> Problem:
    """A variable of a dashboard is a tag that its panels' metrics have: on Datadog it is put in their place.

    Breaks: `{name: stage, datadog: stage}` where no panel's query has a tag `stage:...`
    Keeps: `{name: stage, datadog: stage}` with `sum:shop.orders{stage:live}.as_count()`
    """
    message = f"variable `{name}` of dashboard `{dashboard.name}` changes nothing on Datadog: {why}"
    way_out = "name a tag that the panels' metrics have, or leave the variable out"
    return Problem(dashboard.where, "dd-variable", message, way_out, "warning")


def empty_panel(dashboard: Dashboard, title: str) -> Problem:
    """A panel of alerts shows those it names, and the burn rates and silence of its SLOs: one at least.

    Breaks: `{kind: alerts, title: On call}`
    Keeps: `{kind: alerts, title: On call, alerts: [dlq-not-empty]}`
    """
    message = f"panel `{title}` of dashboard `{dashboard.name}` shows no alert"
    return Problem(dashboard.where, "dd-empty-panel", message, "name alerts or SLOs in it, or leave it out")


def span(dashboard: Dashboard, title: str, asked: str, shown: str) -> Problem:
    """A number on Datadog is over one of the spans that it offers, so another period takes the nearest.

    https://docs.datadoghq.com/dashboards/guide/custom_time_frames/

    Breaks: `{kind: number, period: 2m}`, which shows one minute
    Keeps: `{kind: number, period: 5m}`
    """
    message = f"panel `{title}` of dashboard `{dashboard.name}` shows {shown} on Datadog, not {asked}"
    way_out = "write a period of 1m, 5m, 10m, 15m, 30m, 1h, 4h, 1d, 2d, 7d or 30d"
    return Problem(dashboard.where, "dd-span", message, way_out, "warning")


def synthetic_secret(environment: str, of: Synthetic, field: str) -> Problem:
    """A synthetic test names what Datadog keeps, and holds no secret itself: `{{ NAME }}`, a global variable.

    What is in YAML is in the repository, in every built file and in every plan. The keys of a signed request
    are global variables of Datadog's, obfuscated there; a URL has no password and no token.
    https://docs.datadoghq.com/synthetics/platform/settings/#global-variables

    Breaks: `sign: {accessKey: AKIA..., secretKey: ...}`
    Keeps: `sign: {accessKey: "{{ CANARY_ACCESS_KEY }}", secretKey: "{{ CANARY_SECRET_KEY }}"}`
    """
    message = f"`{field}` of the synthetic test `{of.name}` of `{environment}` may hold a secret"
    way_out = "write {{ NAME }}, the name of a Datadog global variable; if a key stood there, revoke it"
    return Problem(Span(of.where.file), "dd-synthetic-secret", message, way_out)


def synthetic_unknown(of: Synthetic, what: str, name: str, near: str) -> Problem:
    """The service and the runbook of a synthetic test are there.

    Breaks: a test without `runbook` where no runbook has its name
    Keeps: `runbook: canary-round-trip`
    """
    message = f"the synthetic test `{of.name}` names the {what} `{name}`, which is not there"
    return Problem(of.where, "dd-synthetic-unknown", message, near or f"name a {what} that is there")


def no_slo(slo: Slo, what: str, way_out: str) -> Problem:
    """Some SLOs have no Datadog SLO that means the same: better none than one that lies.

    Datadog knows counts of good and bad events, and slices of 1 or 5 minutes; an average of slices'
    ratios, a budget weighted over several indicators and a bare share are neither.

    Breaks: `budgetingMethod: RatioTimeslices`
    Keeps: `budgetingMethod: Timeslices` with `timeSliceWindow: 1m` or `5m`
    """
    return Problem(
        slo.where, "dd-no-slo", f"no Datadog SLO says {what} faithfully (SLO `{slo.name}`)", way_out
    )


def window_unknown(slo: Slo) -> Problem:
    """Datadog's SLOs are over the last 7, 30 or 90 days; nothing else has an error budget or a burn rate.

    Breaks: `timeWindow: [{duration: 28d, isRolling: true}]`, or a calendar month
    Keeps: `timeWindow: [{duration: 30d, isRolling: true}]`
    """
    kind = slo.window.text if slo.window.rolling else f"calendar {slo.window.text}"
    message = f"Datadog has no SLO over {kind} (SLO `{slo.name}`)"
    return Problem(slo.where, "dd-window-unknown", message, "write a rolling 7d, 30d or 90d")


def no_count(slo: Slo, leaf: str) -> Problem:
    """A metric SLO adds events up, so each of its queries must be a count: `sum:` or `count:` `.as_count()`.

    Breaks: `avg:users.get{...}` as the total of an SLO
    Keeps: `sum:users.get{...}.as_count()`
    """
    message = f"`{leaf}` is not read as a count: SLO `{slo.name}` cannot add it up"
    return Problem(slo.where, "dd-no-count", message, "write its query as `sum:...{...}.as_count()`")


def long_window(pair: BurnPair) -> Problem:
    """The long window of a Datadog burn-rate monitor is 1 to 48 hours.

    So the workbook's 3 days at 1x cannot be said; a day at 3x spends the same tenth of the budget.
    https://docs.datadoghq.com/service_management/service_level_objectives/burn_rate/

    Breaks: `lookbackWindow: 3d`
    Keeps: `lookbackWindow: 24h` and `threshold: 3`
    """
    message = f"Datadog's long window is 1 to 48 hours, not {window(pair.long)} ({pair.name})"
    return Problem(
        pair.where, "dd-long-window", message, "use 24h with three times the burn rate, such as ticket-3x-24h"
    )


def never(slo: Slo, pair: BurnPair) -> Problem:
    """Datadog refuses a burn rate above 1 / (1 - target): nothing can burn so fast.

    Breaks: 14.4x for a target of 95 % (at most 20x is possible, and 14.4x of it means 72 % errors)
    Keeps: a burn rate of at most 1 / (1 - target)
    """
    message = f"{pair.burn} times the budget of SLO `{slo.name}` is more than a total outage"
    return Problem(pair.where, "dd-never", message, "choose a burn rate of at most 1 / (1 - target)")


def period(alert: Alert) -> Problem:
    """A metric monitor looks back 1 minute to 48 hours (and evaluates whole minutes).

    Breaks: `period: 10s`
    Keeps: `period: 1m`
    """
    total = alert.period * alert.evaluation_periods
    message = f"alert `{alert.name}` looks back {window(total)} in steps of {window(alert.period)}"
    way_out = "use whole minutes, 1 minute to 48 hours in all"
    return Problem(alert.where, "dd-period", f"{message}, which a Datadog metric monitor cannot do", way_out)


def inhibited_in_a_circle(alert: Alert) -> Problem:
    """What inhibits must exist before what it inhibits, so alerts cannot inhibit each other in a circle.

    Breaks: `a` with `inhibitedBy: [b]` and `b` with `inhibitedBy: [a]`
    Keeps: the cause inhibits its effects, and is inhibited by none of them
    """
    message = f"alert `{alert.name}` is inhibited, over others, by itself"
    return Problem(alert.where, "dd-inhibited-in-a-circle", message, "let only the cause inhibit")


def inhibitor_missing(alert: Alert, name: str) -> Problem:
    """What inhibits an alert must itself become monitors.

    Breaks: `inhibitedBy: [orders]`, an SLO that Datadog cannot say, or without alert policies
    Keeps: an alert or SLO of this environment that is compiled
    """
    message = f"alert `{alert.name}` is inhibited by `{name}`, which has no monitor on Datadog"
    return Problem(
        alert.where, "dd-inhibitor-missing", message, "mend that one first, or drop it from inhibitedBy"
    )


def receivers_united(slo: Slo, severity: str) -> Problem:
    """One monitor speaks for all policies of an SLO and a severity, so it tells everyone any of them names.

    Breaks: two page policies with different notification targets
    Keeps: the same targets for both
    """
    message = (
        f"the {severity} policies of SLO `{slo.name}` name different receivers, and all are told of each"
    )
    way_out = "give the policies of one severity the same notification targets"
    return Problem(slo.where, "dd-receivers-united", message, way_out, "warning")


def mute_partial(where: Span, address: str, muted: str) -> Problem:
    """A downtime silences a monitor for everybody, so all who are told of it must be muted alike.

    Breaks: a muted route with `continue: true`, and after it a route without the mute
    Keeps: the same `mutes` on every route that the alert reaches
    """
    message = f"the mute `{muted}` holds for some who are told of {address}, and a downtime mutes it for all"
    return Problem(
        where, "dd-mute-partial", message, "give every route that this alert reaches the same mutes, or none"
    )


def mute_clock_change(where: Span, mute: Mute, late: Late) -> Problem:
    """A downtime is a start by the clock and a length, so when clocks are put forward it ends late.

    A window that spans the change recurs in two parts, the second from when the change is over. That takes a
    window that begins before the hours that are skipped, and ends an hour after them or later.

    Breaks: `{start: "22:00", end: "03:30", zone: Europe/Berlin}`: in March, 02:00 to 03:00 are skipped
    Keeps: `end: "04:00"` or `end: "02:00"`
    """
    return Problem(where, "dd-mute-clock-change", *told(mute, late), "warning")


RULES = (
    receiver,
    handle,
    nobody,
    signal,
    adopted,
    anomaly,
    query,
    variable,
    empty_panel,
    span,
    synthetic_secret,
    synthetic_unknown,
    no_slo,
    window_unknown,
    no_count,
    long_window,
    never,
    period,
    inhibited_in_a_circle,
    inhibitor_missing,
    receivers_united,
    mute_partial,
    mute_clock_change,
)

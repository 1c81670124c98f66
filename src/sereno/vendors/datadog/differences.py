"""What means something else on Datadog than it does on CloudWatch: told as warnings, one a kind.

Nothing here is refused. Who switches a back end reads these once, and allows them where they stand:
`# sereno: allow CODE because REASON`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sereno.language import names
from sereno.language.model import Alert, Signal, Slo, System
from sereno.language.problem import NOWHERE, Problem
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import alerts, gaps, metrics, slos
from sereno.vendors.datadog.evaluation import bucket, counts_guard, evaluation, kind_of
from sereno.vendors.readings import leaves, signals_of
from sereno.vendors.subjects import severities

NAMED = 3  # before "and N more"
Rule = Callable[[Sequence[Any]], Problem]


def of(system: System, resources: Sequence[Resource]) -> Iterator[Problem]:
    """The differences in what was compiled, each told once, of all that it concerns."""
    return (rule(concerned) for rule, concerned in _concerned(system, resources) if concerned)


def reasons(system: System, resources: Sequence[Resource]) -> dict[str, list[str]]:
    """Why each alarm decides otherwise than CloudWatch's, in the words of the warnings: by address."""
    found: dict[str, list[str]] = {}
    for rule, concerned in _concerned(system, resources):
        for subject in concerned if rule is not late_events else ():  # what is late is no matter of series
            words = f"{rule([subject]).message.rpartition(': ')[0]} ({rule([subject]).code})"
            for address in _addresses(subject):
                found.setdefault(address, []).append(words)
    return found


def _addresses(subject: Alert | Slo | Signal) -> Iterator[str]:
    """Of the alarms of its own that speak."""
    if isinstance(subject, Alert):
        yield names.alert(subject.name)
    elif isinstance(subject, Slo):
        yield from (names.burn(subject.name, severity) for severity in severities(subject))


def _concerned(system: System, resources: Sequence[Resource]) -> Iterator[tuple[Rule, Sequence[Any]]]:
    """Each rule with those it concerns, which may be none."""
    made = {resource.address for resource in resources}
    told = [alert for alert in system.alerts if names.alert(alert.name) in made]
    kept = [slo for slo in system.slos if any(slos.address(slo, o) in made for o in slo.objectives)]
    yield m_of_n_row, [a for a in told if kind_of(system, a) == "row"]
    yield percentile_of_minutes, [a for a in told if _percentile_by_minute(system, a)]
    yield missing_data, [a for a in told if _missing_differs(system, a)]
    yield guard, [a for a in told if a.guard and not counts_guard(system, a) and a.evaluation_periods > 1]
    yield late, [a for a in told if alerts.delay(system, [a.signal]) >= alerts.POLLED]
    yield late_events, [s for s in kept if metrics.from_aws(system, _signals(s))]
    yield few_events, [s for s in kept if any(p.minimum_bad > 1 for p in s.policies)]
    yield silent_slices, [s for s in kept if any(slos.sliced(s, o) for o in s.objectives)]
    yield no_distribution, _without_distribution(system, made)


def _signals(slo: Slo) -> list[str]:
    return [name for objective in slo.objectives for name in signals_of(objective)]


def _percentile_by_minute(system: System, alert: Alert) -> bool:
    """A percentile over a longer period than Datadog's own points, more than one of them asked for."""
    every = [metrics.parsed(system, leaf) for leaf in leaves(system.signals, [alert.signal])]
    if not any(metric.aggregator.startswith("p") for metric in every):
        return False
    return kind_of(system, alert) != "statistic" and bucket(evaluation(system, alert).window) != alert.period


def _missing_differs(system: System, alert: Alert) -> bool:
    """Where No Data, or a count's 0, is not what was declared."""
    if gaps.read_as_zero(system, alert):
        return False
    return alert.missing == "breaching" or (
        alert.missing == "ignore" and metrics.counted(system, alert.signal)
    )


def _without_distribution(system: System, made: set[str]) -> list[Signal]:
    """Percentiles of AWS metrics that something reads."""
    read = [alert.signal for alert in system.alerts if names.alert(alert.name) in made]
    read += [name for slo in system.slos for name in _signals(slo)]
    shown = [d for d in system.dashboards if names.dashboard(d.name) in made]
    read += [name for d in shown for row in d.rows for panel in row for name in panel.signals]
    every = [leaf for leaf in leaves(system.signals, read) if not metrics.unreadable(system, [leaf], NOWHERE)]
    return [system.signals[leaf] for leaf in every if _aws_percentile(system, leaf)]


def _aws_percentile(system: System, leaf: str) -> bool:
    metric = metrics.parsed(system, leaf)
    enhanced = metric.name.startswith("aws.lambda.enhanced.")
    return metric.aggregator.startswith("p") and metric.name.startswith(metrics.AWS) and not enhanced


def _told(concerned: Sequence[Alert] | Sequence[Slo] | Sequence[Signal]) -> str:
    """`a, b, c and 4 more`."""
    every = sorted(each.name for each in concerned)
    more = len(every) - NAMED
    return ", ".join(every[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _warning(
    concerned: Sequence[Alert] | Sequence[Slo] | Sequence[Signal], code: str, message: str, way_out: str
) -> Problem:
    where = min(each.where for each in concerned)
    return Problem(where, f"dd-{code}", f"{message}: {_told(concerned)}", way_out, "warning")


def m_of_n_row(of_alerts: Sequence[Alert]) -> Problem:
    """A Datadog monitor cannot count the datapoints of a percentile over periods of one's own.

    A percentile is not rolled up, so Datadog's points of it are a minute in windows below an hour, ten in
    windows below a day; M of N of other periods becomes M in a row: it fires on nothing that M of N does
    not fire on, and misses M that are not in a row.

    Breaks: `datapoints: 3 of 5` of a percentile with `period: 5m`, which becomes `min(last_15m) > 300`
    Keeps: `datapoints: 1 of 1`, `5 of 5`, `1 of 5`; `3 of 5` with `period: 1m`, or of anything else
    """
    message = "Datadog asks M of N datapoints of these percentiles in a row"
    return _warning(of_alerts, "m-of-n-row", message, "accept it, or write N of N, 1 of N, or `period: 1m`")


def percentile_of_minutes(of_alerts: Sequence[Alert]) -> Problem:
    """A percentile cannot be rolled up to a period: Datadog takes it of each of its own points.

    So N periods of 5 minutes become the percentiles of 5 N minutes, each of which must breach.

    Breaks: a percentile with `period: 5m` and `datapoints: 2 of 2`
    Keeps: `datapoints: 1 of 1`, whose percentile is of the whole period, or `period: 1m`
    """
    message = "Datadog takes these percentiles minute by minute, not over the period"
    return _warning(of_alerts, "percentile-of-minutes", message, "write 1 of 1, or a period of 1m")


def missing_data(of_alerts: Sequence[Alert]) -> Problem:
    """Missing data has its own state on Datadog.

    `breaching` becomes No Data, which notifies the same people as Alert (a count that must not be low is
    read as 0 instead, and alerts; of an alert with a guard or an inhibitor, a monitor beside it alerts when
    every period that may not breach is silent). `ignore` of a count is read as 0, for Datadog keeps no
    count's state.

    Breaks: `missing: breaching` on a gauge
    Keeps: `missing: notBreaching`, and `missing` and `ignore` of gauges
    """
    message = "Datadog says No Data, or takes a count as 0, where CloudWatch breaches or keeps its state"
    return _warning(of_alerts, "missing-data", message, "accept it, or treat missing data otherwise")


def guard(of_alerts: Sequence[Alert]) -> Problem:
    """A low-traffic guard is a monitor of its own on Datadog, where points are not counted.

    Of N of N it asks whether every period has enough traffic; where silence breaches, whether as many have as
    must breach. CloudWatch asks that of each datapoint that breaches.

    Breaks: a guard with `datapoints: 3 of 3`, or with `3 of 5` and `missing: breaching`
    Keeps: a guard with `datapoints: 1 of 1`, or with `3 of 5`
    """
    message = "Datadog's low-traffic guard is a monitor beside the alert's, over the whole window"
    return _warning(of_alerts, "guard", message, "accept it, or write 1 of 1, or M of N")


def late(of_alerts: Sequence[Alert]) -> Problem:
    """The AWS integration polls: metrics of a minute are 10 minutes late and more.

    So the monitors look back by that much (`evaluation_delay`, 900 s): they fire later than CloudWatch's,
    by a quarter of an hour. With a metric stream, set the variable `datadog_aws_delay` (seconds).
    https://docs.datadoghq.com/integrations/guide/cloud-metric-delay/

    Breaks: alerts on `aws.*` metrics
    Keeps: alerts on metrics that the functions send to Datadog
    """
    message = "metrics of AWS reach Datadog late, so these look 900 s back and fire so much later"
    way_out = "send a metric stream and set the variable datadog_aws_delay, or accept 900 s"
    return _warning(of_alerts, "late", message, way_out)


def late_events(of_slos: Sequence[Slo]) -> Problem:
    """A burn-rate monitor has no evaluation delay: events that arrive late are counted when they arrive.

    Over metrics that Datadog polls from AWS, a short window of 5 minutes is empty most of the time, so
    the alert comes late, and may flap.

    Breaks: SLOs over `aws.*` metrics
    Keeps: SLOs over metrics that the functions send to Datadog
    """
    message = "these SLOs count metrics that reach Datadog late, and a burn-rate monitor does not wait"
    way_out = "send a metric stream, or count what the functions send"
    return _warning(of_slos, "late-events", message, way_out)


def few_events(of_slos: Sequence[Slo]) -> Problem:
    """A burn-rate monitor has no low-traffic guard: one bad event in a quiet hour may page.

    On CloudWatch fewer than 2 bad events never burn (`sereno.dev/minimum-bad`).

    Breaks: every burn rate of an SLO with little traffic
    Keeps: `sereno.dev/minimum-bad: "1"`
    """
    message = "Datadog's burn rates do not ask for a least number of bad events"
    way_out = "let synthetic traffic make single failures small, or set sereno.dev/minimum-bad to 1"
    return _warning(of_slos, "few-events", message, way_out)


def silent_slices(of_slos: Sequence[Slo]) -> Problem:
    """A slice without data is good on Datadog, and not counted on CloudWatch.

    Breaks: a Timeslices SLO whose signal falls silent
    Keeps: a Timeslices SLO with `always: true` signals, whose no-data alert says so
    """
    message = "Datadog takes slices without data as good time"
    return _warning(of_slos, "silent-slices", message, "declare `always: true` where silence is a fault")


def no_distribution(signals: Sequence[Signal]) -> Problem:
    """Neither the AWS integration nor a metric stream brings the distribution a percentile is taken of.

    So `p99:` of an `aws.*` metric is empty (Lambda's enhanced metrics are distributions).
    https://docs.datadoghq.com/metrics/distributions/

    Breaks: `p99:aws.apigateway.latency{...}`
    Keeps: `p99:aws.lambda.enhanced.duration{...}`, or a distribution that a function sends
    """
    message = "Datadog has no distribution of these metrics of AWS, so their percentiles stay empty"
    way_out = "read a distribution that the functions send, or `max:` or `avg:`"
    return _warning(signals, "no-distribution", message, way_out)


RULES = (
    m_of_n_row,
    percentile_of_minutes,
    missing_data,
    guard,
    late,
    late_events,
    few_events,
    silent_slices,
    no_distribution,
)

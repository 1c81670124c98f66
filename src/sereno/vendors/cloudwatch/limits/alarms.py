"""Metric alarms: what PutMetricAlarm refuses, and what it takes and does not mean.

Each rule is a function of the body; its name is its code (`period` is `cw-period`), its docstring
what `sereno explain` shows. Sources: the API reference of PutMetricAlarm, and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sereno.vendors.cloudwatch import statistic
from sereno.vendors.cloudwatch.limits.actions import ACTION_RULES, action_kind
from sereno.vendors.cloudwatch.limits.queries import maths_of
from sereno.vendors.cloudwatch.limits.shape import Fault
from sereno.vendors.cloudwatch.limits.tables import BAND_OPERATORS

Body = Mapping[str, Any]
DAY, WEEK, HOUR, MINUTE = 86_400, 604_800, 3_600, 60
FAST = (10, 20, 30)
WALL_CLOCK = (60, 300, 3_600, 86_400, 604_800)
_SINGLE = ("Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
_STATIC = ("Threshold", "ComparisonOperator", "ThresholdMetricId", "EvaluationPeriods", "DatapointsToAlarm")
_PROMQL_EXCLUDES = (*_SINGLE, "Metrics", *_STATIC)
PAYLOAD = 120 * 1_024
INSIGHTS_WINDOW = 3 * HOUR


def periods(body: Body) -> tuple[int, ...]:
    """Every period the alarm reads at: its own, or those of its metrics."""
    own = (body["Period"],) if "Period" in body else ()
    return (*own, *maths_of(body).periods)


def period(body: Body) -> Iterator[Fault]:
    """A period is 10, 20 or 30 seconds, or a multiple of 60.

    Breaks: `"Period": 45`, `"Period": 90`
    Keeps: `"Period": 60`, `"Period": 20` (for a metric stored by the second)
    """
    of_expressions = (query["Period"] for query in body.get("Metrics", ()) if "Period" in query)
    for seconds in dict.fromkeys((*periods(body), *of_expressions)):
        if seconds not in FAST and seconds % MINUTE:
            nearest = max(MINUTE, round(seconds / MINUTE) * MINUTE)
            way_out = f"write 10, 20, 30, or {nearest}"
            yield Fault(f"a period of {seconds} s is not possible", way_out, at=_where(body, seconds))


def _where(body: Body, seconds: int) -> str:
    """The first metric with this period, where the alarm itself has none."""
    stats = (query.get("MetricStat", {}) for query in body.get("Metrics", ()))
    found = (n for n, stat in enumerate(stats) if stat.get("Period") == seconds)
    return next((f"Metrics[{n}].MetricStat.Period" for n in found), "")


def fast_period(body: Body) -> Iterator[Fault]:
    """AWS's own metrics are stored by the minute: a faster alarm finds data in one period of several.

    It is legal, dearer, and mostly INSUFFICIENT_DATA.

    Breaks: `"Period": 20` on a metric of `AWS/SQS`
    Keeps: `"Period": 60`
    """
    spaces = [body.get("Namespace", ""), *(m.get("Namespace", "") for m in _metrics(body))]
    if set(periods(body)) & set(FAST) and any(space.startswith("AWS/") for space in spaces):
        yield Fault("a period under a minute on a metric of AWS's own", "write 60 or more", "warning")


def _metrics(body: Body) -> list[Body]:
    return [q["MetricStat"].get("Metric", {}) for q in body.get("Metrics", ()) if "MetricStat" in q]


def window(body: Body) -> Iterator[Fault]:
    """Period x EvaluationPeriods is at most a day, or a week if the period is at least an hour.

    It holds for metric math too, where the period stands with each metric. A Metrics Insights
    query reaches back three hours.

    Breaks: 289 periods of 300 s; 8 periods of a day
    Keeps: 288 periods of 300 s; 168 periods of an hour
    """
    count = body.get("EvaluationPeriods", 1)
    for seconds in periods(body):
        longest = WEEK if seconds >= HOUR else DAY
        if maths_of(body).insights:
            longest = INSIGHTS_WINDOW
        if seconds * count > longest:
            yield Fault(
                f"{count} periods of {seconds} s are {seconds * count:,} s, and may be {longest:,}",
                f"use at most {longest // seconds} periods" if seconds <= longest else "use a shorter period",
            )


def datapoints(body: Body) -> Iterator[Fault]:
    """M of N: no more datapoints to alarm than evaluation periods.

    Breaks: `"DatapointsToAlarm": 4, "EvaluationPeriods": 3`
    Keeps: 3 of 4
    """
    n, m = body.get("EvaluationPeriods"), body.get("DatapointsToAlarm")
    if n and m and m > n:
        yield Fault(f"{m} datapoints of {n} periods can never alarm", f"write at most {n}, or more periods")


def one_source(body: Body) -> Iterator[Fault]:
    """An alarm watches one metric (`MetricName`), or `Metrics`, or a PromQL query (`EvaluationCriteria`).

    With `Metrics`, the namespace, dimensions, period and statistic stand with each metric.

    Breaks: `MetricName` beside `Metrics`; neither of them; `Period` beside `Metrics`
    Keeps: one of them
    """
    sources = [name for name in ("MetricName", "Metrics", "EvaluationCriteria") if body.get(name)]
    if not sources:
        yield Fault("the alarm watches nothing", "write `MetricName`, `Metrics` or `EvaluationCriteria`")
    excluded = {"Metrics": _SINGLE, "EvaluationCriteria": _PROMQL_EXCLUDES}
    for source in sources:
        beside = [name for name in excluded.get(source, ()) if body.get(name) not in (None, [], "")]
        if beside:
            yield Fault(f"`{source}` and {_listed(beside)} cannot stand together", f"keep `{source}` alone")


def _listed(words: list[str]) -> str:
    return " and ".join(f"`{word}`" for word in words)


def metric_whole(body: Body) -> Iterator[Fault]:
    """An alarm on one metric says its namespace, period, and exactly one statistic.

    Breaks: `Statistic` and `ExtendedStatistic` together, or neither
    Keeps: `"Statistic": "Sum"`, or `"ExtendedStatistic": "p99"`
    """
    if "MetricName" not in body or "Metrics" in body:
        return
    missing = [name for name in ("Namespace", "Period") if name not in body]
    if missing:
        yield Fault(f"an alarm on one metric needs {_listed(missing)}", "write it, or use `Metrics`")
    both = [name for name in ("Statistic", "ExtendedStatistic") if name in body]
    if len(both) != 1:
        said = (
            "both `Statistic` and `ExtendedStatistic`"
            if both
            else "neither `Statistic` nor `ExtendedStatistic`"
        )
        yield Fault(f"the alarm has {said}", "write one of them")


def statistics(body: Body) -> Iterator[Fault]:
    """A statistic is one of the five, or a percentile, trimmed or ranked statistic as CloudWatch writes it.

    Breaks: `"ExtendedStatistic": "p101"`, `"Stat": "P99"`, `PR(10%:90%)`
    Keeps: `p99`, `tm90`, `TC(:300)`, `PR(100:200)`, `IQM`
    """
    stats = [q["MetricStat"].get("Stat") for q in body.get("Metrics", ()) if "MetricStat" in q]
    for said in (body.get("ExtendedStatistic"), *stats):
        if said is None:
            continue
        try:
            statistic.parse(said)
        except statistic.StatisticFault as fault:
            yield Fault(str(fault))


def extended_plain(body: Body) -> Iterator[Fault]:
    """Sum, Average, Minimum, Maximum and SampleCount are `Statistic`, not `ExtendedStatistic`.

    Breaks: `"ExtendedStatistic": "Average"`
    Keeps: `"Statistic": "Average"`
    """
    said = body.get("ExtendedStatistic")
    if said in statistic.PLAIN:
        yield Fault(f"`{said}` is no extended statistic", f'write `"Statistic": "{said}"`')


def low_samples(body: Body) -> Iterator[Fault]:
    """`EvaluateLowSampleCountPercentile` says what a percentile of few samples is worth.

    Breaks: `"Statistic": "Sum", "EvaluateLowSampleCountPercentile": "ignore"`
    Keeps: `"ExtendedStatistic": "p99", "EvaluateLowSampleCountPercentile": "ignore"`
    """
    stats = [body.get("ExtendedStatistic", ""), *(q["MetricStat"].get("Stat", "") for q in _stats(body))]
    asked = body.get("EvaluateLowSampleCountPercentile") == "ignore"
    if asked and not any(re.fullmatch(r"p\d.*", stat) for stat in stats):
        yield Fault("`EvaluateLowSampleCountPercentile` is only for percentiles", "leave it out", "warning")


def _stats(body: Body) -> list[Body]:
    return [query for query in body.get("Metrics", ()) if "MetricStat" in query]


def threshold(body: Body) -> Iterator[Fault]:
    """A static alarm has a threshold, a comparison and a number of periods; an anomaly alarm has a band.

    Breaks: no `Threshold`; `GreaterThanUpperThreshold` without `ThresholdMetricId`; both thresholds
    Keeps: `"Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 3`
    """
    if "EvaluationCriteria" in body:
        return
    for name in ("ComparisonOperator", "EvaluationPeriods"):
        if name not in body:
            yield Fault(f"`{name}` is missing", f"write `{name}`")
    operator = body.get("ComparisonOperator", "")
    if "ThresholdMetricId" in body:
        if "Threshold" in body:
            yield Fault("`Threshold` and `ThresholdMetricId` cannot stand together", "keep one of them")
        if operator and operator not in BAND_OPERATORS:
            yield Fault(f"`{operator}` does not compare with a band", f"write {' or '.join(BAND_OPERATORS)}")
        return
    if "Threshold" not in body:
        yield Fault("`Threshold` is missing", "write a number")
    if operator in BAND_OPERATORS:
        yield Fault(
            f"`{operator}` compares with a band, and there is no `ThresholdMetricId`", "name the band"
        )


def anomaly_period(body: Body) -> Iterator[Fault]:
    """An anomaly band is learned from data by the minute: a faster period has none.

    Breaks: `"Period": 30` in an alarm with `ThresholdMetricId`
    Keeps: `"Period": 60`
    """
    if "ThresholdMetricId" in body and any(seconds < MINUTE for seconds in periods(body)):
        yield Fault("an anomaly alarm needs a period of at least 60 s", "write 60 or more")


def evaluation_window(body: Body) -> Iterator[Fault]:
    """`EvaluationWindow` slides, or follows the wall clock with periods of 60, 300, 3600, 86400 or 604800.

    Breaks: `{"WallClockWindow": {}}` with `"Period": 120`; both windows; `"Timezone": "Mars/Base"`
    Keeps: `{"WallClockWindow": {"Timezone": "Europe/London"}}` with `"Period": 3600`
    """
    said = body.get("EvaluationWindow")
    if said is None:
        return
    if len(said) != 1:
        yield Fault("`EvaluationWindow` holds exactly one of `WallClockWindow` and `SlidingWindow`")
    if "EvaluationCriteria" in body:
        yield Fault("a PromQL alarm has no `EvaluationWindow`", "leave it out")
    if "WallClockWindow" in said:
        for seconds in periods(body):
            if seconds not in WALL_CLOCK:
                yield Fault(f"a wall clock window has no period of {seconds} s", f"write one of {WALL_CLOCK}")
        zone = said["WallClockWindow"].get("Timezone")
        if zone and not known_zone(zone):
            yield Fault(f"`{zone}` is no time zone", "write an IANA name, or an offset such as +05:30")


def known_zone(name: str) -> bool:
    """An IANA name, or an offset of a multiple of five minutes (`+05:30`, `UTC+05:30`)."""
    if match := re.fullmatch(r"(?:UTC|GMT)?[+-](\d\d):(\d\d)", name):
        return int(match[1]) <= 18 and int(match[2]) < 60 and int(match[2]) % 5 == 0
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def promql(body: Body) -> Iterator[Fault]:
    """A PromQL alarm says how often it is evaluated; no other alarm does.

    Breaks: `EvaluationCriteria` without `EvaluationInterval`; `"EvaluationInterval": 45`
    Keeps: `"EvaluationInterval": 60`
    """
    interval = body.get("EvaluationInterval")
    if "EvaluationCriteria" in body:
        if "PromQLCriteria" not in body["EvaluationCriteria"]:
            yield Fault("`EvaluationCriteria` holds no `PromQLCriteria`", "write the query")
        if interval is None:
            yield Fault("a PromQL alarm needs `EvaluationInterval`", "write 60")
        if "TreatMissingData" in body:
            yield Fault("`TreatMissingData` means nothing to a PromQL alarm", "leave it out", "warning")
    elif interval is not None:
        yield Fault("`EvaluationInterval` is for PromQL alarms only", "leave it out")
    if interval is not None and interval not in FAST and interval % MINUTE:
        yield Fault(f"an `EvaluationInterval` of {interval} s is not possible", "write 10, 20, 30 or 60")


def tag_twice(body: Body) -> Iterator[Fault]:
    """A tag's key stands once.

    Breaks: two tags `team`
    Keeps: one
    """
    keys = [tag.get("Key") for tag in body.get("Tags", ())]
    if len(set(keys)) < len(keys):
        yield Fault("Tags has a key twice", "keep one")


def dimension_twice(body: Body) -> Iterator[Fault]:
    """A metric has each dimension once.

    Breaks: two dimensions `QueueName`
    Keeps: one; for two queues, two metrics and an expression
    """
    for dimensions in (body.get("Dimensions", ()), *(m.get("Dimensions", ()) for m in _metrics(body))):
        keys = [dimension.get("Name") for dimension in dimensions]
        if len(set(keys)) < len(keys):
            yield Fault("a metric has a dimension twice", "keep one; for two things, use two metrics")


def dynamodb(body: Body) -> Iterator[Fault]:
    """Alarms on AWS/DynamoDB ignore missing data, whatever `TreatMissingData` says (the API reference).

    Breaks: `"Namespace": "AWS/DynamoDB", "TreatMissingData": "breaching"`
    Keeps: `"TreatMissingData": "ignore"`
    """
    said = body.get("TreatMissingData", "ignore")
    if body.get("Namespace") == "AWS/DynamoDB" and said not in ("ignore", "missing"):
        yield Fault(f"alarms on AWS/DynamoDB ignore missing data, not `{said}`", "write ignore", "warning")


def payload(body: Body) -> Iterator[Fault]:
    """A PutMetricAlarm call has at most 120 KB.

    Breaks: ten metrics of thirty dimensions with a thousand characters each
    Keeps: fewer dimensions
    """
    if len(body.get("Metrics", ())) < 3:
        return  # every field at its longest, and it still fits
    size = len(json.dumps(body, default=str).encode())
    if size > PAYLOAD:
        yield Fault(
            f"the alarm has {size:,} bytes, and may have {PAYLOAD:,}", "use fewer metrics or dimensions"
        )


RULES = (
    one_source,
    metric_whole,
    period,
    fast_period,
    window,
    datapoints,
    statistics,
    extended_plain,
    low_samples,
    threshold,
    anomaly_period,
    evaluation_window,
    promql,
    action_kind,
    *ACTION_RULES,
    tag_twice,
    dimension_twice,
    dynamodb,
    payload,
)

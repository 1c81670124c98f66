"""Alarms on log queries, and anomaly detectors.

Each rule is a function of the body; its name is its code, its docstring what `sereno explain` shows.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAnomalyDetector.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutLogAlarm.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sereno.vendors.cloudwatch import statistic
from sereno.vendors.cloudwatch.limits import maths, queries
from sereno.vendors.cloudwatch.limits.actions import ACTION_RULES
from sereno.vendors.cloudwatch.limits.alarms import dimension_twice, known_zone, tag_twice
from sereno.vendors.cloudwatch.limits.shape import Fault
from sereno.vendors.cloudwatch.metric_math import Call, walk

Body = Mapping[str, Any]


def log_results(body: Body) -> Iterator[Fault]:
    """M of N: no more results of the query to alarm than are looked at.

    Breaks: `"QueryResultsToAlarm": 4, "QueryResultsToEvaluate": 3`
    Keeps: 3 of 4
    """
    m, n = body.get("QueryResultsToAlarm", 0), body.get("QueryResultsToEvaluate", 0)
    if n and m > n:
        yield Fault(f"{m} results of {n} can never alarm", f"write at most {n}")


def log_window(body: Body) -> Iterator[Fault]:
    """A query's time range begins before it ends: both are seconds before its run.

    Breaks: `"StartTimeOffset": 60, "EndTimeOffset": 300`
    Keeps: `"StartTimeOffset": 300, "EndTimeOffset": 0`
    """
    said = body.get("ScheduledQueryConfiguration", {}).get("ScheduleConfiguration", {})
    if "StartTimeOffset" in said and said.get("EndTimeOffset", 0) >= said["StartTimeOffset"]:
        yield Fault("the query's time range ends before it begins", "make StartTimeOffset the larger")


LOG_RULES = (log_results, log_window, *ACTION_RULES, tag_twice)


def detector_source(body: Body) -> Iterator[Fault]:
    """A detector learns one metric (namespace, name and statistic), or one expression.

    Breaks: `SingleMetricAnomalyDetector` beside `MetricMathAnomalyDetector` or beside `Namespace`; no metric
    Keeps: `{"SingleMetricAnomalyDetector": {"Namespace": "Shop", "MetricName": "Orders", "Stat": "Sum"}}`
    """
    kinds = [name for name in ("SingleMetricAnomalyDetector", "MetricMathAnomalyDetector") if name in body]
    if len(kinds) == 2 or not (kinds or "MetricName" in body):
        yield Fault("a detector is of one metric, or of one expression", "write one of the two")
    beside = [name for name in ("Namespace", "MetricName", "Dimensions", "Stat") if name in body]
    if kinds and beside and "StateValue" not in body:  # with which both are described
        said = f"{' and '.join(f'`{name}`' for name in beside)} cannot stand beside `{kinds[0]}`"
        yield Fault(said, f"write it in `{kinds[0]}`", at=beside[0])
    single = body.get("SingleMetricAnomalyDetector", {} if kinds else body)
    wanted = () if kinds == ["MetricMathAnomalyDetector"] else ("Namespace", "MetricName", "Stat")
    missing = [name for name in wanted if name not in single]
    if missing and (kinds or "MetricName" in body):
        yield Fault(f"the metric has no {' and no '.join(missing)}", "write them")


def detector_stat(body: Body) -> Iterator[Fault]:
    """The statistic of a detector is one that CloudWatch has.

    Breaks: `"Stat": "Mean"`
    Keeps: `"Stat": "p99"`
    """
    for said in (body.get("Stat"), body.get("SingleMetricAnomalyDetector", {}).get("Stat")):
        try:
            statistic.parse(said or "Sum")
        except statistic.StatisticFault as fault:
            yield Fault(str(fault))


_OF_MATHS = (
    queries.metrics_count,
    queries.metric_id_twice,
    queries.metric_or_expression,
    queries.return_data,
    queries.mixed_periods,
    maths.math_syntax,
    maths.math_unknown_id,
    maths.math_function,
    maths.math_types,
    maths.math_of_metric,
    maths.math_search,
)


def detector_math(body: Body) -> Iterator[Fault]:
    """An expression of a detector is metric math over one period of at least a minute, and one result.

    METRICS() is not for detectors.

    Breaks: two entries with `"ReturnData": true`; a SEARCH; `SUM(METRICS())`; a period of 30 seconds
    Keeps: one expression over metrics by the minute
    """
    asked = body.get("MetricMathAnomalyDetector", {}).get("MetricDataQueries", ())
    of_maths = queries.Maths(tuple(asked))
    for rule in _OF_MATHS if asked else ():
        yield from rule(of_maths)
    for name, tree in of_maths.trees.items():
        if any(isinstance(node, Call) and node.function == "METRICS" for node in walk(tree)):
            yield Fault(f"`METRICS()` in `{name}` is not for a detector", "name the metrics")
    for seconds in of_maths.periods:
        if seconds < 60 or seconds % 60:
            yield Fault(f"a detector has no period of {seconds} s", "write 60, or a multiple")


def detector_times(body: Body) -> Iterator[Fault]:
    """What is left out of learning begins before it ends, and stands in a time zone that exists.

    Breaks: `{"StartTime": "2026-05-02T00:00:00Z", "EndTime": "2026-05-01T00:00:00Z"}`
    Keeps: the two the other way round; `"MetricTimezone": "Europe/Berlin"`
    """
    said = body.get("Configuration", {})
    for span in said.get("ExcludedTimeRanges", ()):
        if {"StartTime", "EndTime"} <= span.keys() and _key(span["StartTime"]) >= _key(span["EndTime"]):
            yield Fault("a time that is left out ends before it begins", "turn the two round")
    zone = said.get("MetricTimezone")
    if zone and not known_zone(zone):
        yield Fault(f"`{zone}` is no time zone", "write an IANA name such as Europe/Berlin")


def _key(moment: Any) -> float:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


def detector_dimensions(body: Body) -> Iterator[Fault]:
    """A metric that is learned has each dimension once.

    Breaks: two dimensions `service`
    Keeps: one
    """
    for said in (body, body.get("SingleMetricAnomalyDetector", {})):
        yield from dimension_twice({"Dimensions": said.get("Dimensions", ())})


DETECTOR_RULES = (detector_source, detector_stat, detector_math, detector_times, detector_dimensions)

"""Application Signals SLOs: CreateServiceLevelObjective's shape, and what must stand together.

https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_CreateServiceLevelObjective.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sereno.vendors.cloudwatch.limits.maths import (
    math_function,
    math_of_metric,
    math_result,
    math_search,
    math_syntax,
    math_types,
    math_unknown_id,
)
from sereno.vendors.cloudwatch.limits.queries import (
    Maths,
    metric_id_twice,
    metric_or_expression,
    metrics_count,
    mixed_periods,
    return_data,
)
from sereno.vendors.cloudwatch.limits.shape import (
    Anything,
    Fault,
    Flag,
    Many,
    Moment,
    Real,
    Record,
    Shape,
    Text,
    Whole,
)
from sereno.vendors.cloudwatch.limits.tables import QUERY, TAGS

Body = Mapping[str, Any]
QUERIES = Many(QUERY, 1, 20)
_SLI: dict[str, Shape] = {
    "KeyAttributes": Anything(),
    "OperationName": Text(1, 255),
    "MetricType": Text(choices=("LATENCY", "AVAILABILITY")),
    "MetricName": Text(1, 255),
    "MetricSource": Anything(),
    "DependencyConfig": Anything(),
    "CompositeSliConfig": Record(
        {
            "SelectionConfig": Record(
                {"Type": Text(choices=("EXPLICIT", "PREFIX", "REGEX")), "Pattern": Text(1)}, ("Type",)
            ),
            "Components": Many(Record({"OperationName": Text(1, 255)}), 2, 20),
        },
        ("SelectionConfig",),
    ),
}
_COMPARED: dict[str, Shape] = {
    "MetricThreshold": Real(),
    "ComparisonOperator": Text(
        choices=("GreaterThanOrEqualTo", "GreaterThan", "LessThan", "LessThanOrEqualTo")
    ),
}
_UNIT = Text(choices=("MINUTE", "HOUR", "DAY", "MONTH"))
SLO = Record(
    {
        "Name": Text(
            2,
            128,
            r"[0-9A-Za-z][-._0-9A-Za-z ]{0,126}[0-9A-Za-z]",
            "letters, digits, - . _ and spaces inside",
        ),
        "Description": Text(1, 1_024),
        "SliConfig": Record(
            {
                "SliMetricConfig": Record(
                    {
                        **_SLI,
                        "Statistic": Text(1, 20, r"[a-zA-Z0-9.]+", "a statistic without brackets"),
                        "PeriodSeconds": Whole(60, 900),
                        "MetricDataQueries": QUERIES,
                    }
                ),
                **_COMPARED,
            },
            ("SliMetricConfig",),
        ),
        "RequestBasedSliConfig": Record(
            {
                "RequestBasedSliMetricConfig": Record(
                    {
                        **_SLI,
                        "TotalRequestCountMetric": QUERIES,
                        "MonitoredRequestCountMetric": Record(
                            {"GoodCountMetric": QUERIES, "BadCountMetric": QUERIES}
                        ),
                    }
                ),
                **_COMPARED,
            },
            ("RequestBasedSliMetricConfig",),
        ),
        "Goal": Record(
            {
                "Interval": Record(
                    {
                        "RollingInterval": Record(
                            {"DurationUnit": _UNIT, "Duration": Whole(1)}, ("DurationUnit", "Duration")
                        ),
                        "CalendarInterval": Record(
                            {"StartTime": Moment(), "DurationUnit": _UNIT, "Duration": Whole(1)},
                            ("StartTime", "DurationUnit", "Duration"),
                        ),
                    }
                ),
                "AttainmentGoal": Real(),
                "WarningThreshold": Real(),
            }
        ),
        "BurnRateConfigurations": Many(
            Record({"LookBackWindowMinutes": Whole(1, 10_080)}, ("LookBackWindowMinutes",)), 0, 10
        ),
        "Tags": TAGS,
        "CreateRecommendedSlo": Flag(),
        "AutoInvestigationEnabled": Flag(),
    },
    ("Name",),
)
_MINUTES = {"MINUTE": 1, "HOUR": 60, "DAY": 1_440, "MONTH": 43_200}


def slo_indicator(body: Body) -> Iterator[Fault]:
    """An SLO counts periods (`SliConfig`) or requests (`RequestBasedSliConfig`), never both.

    Requests are counted by a total, and by either the good or the bad ones.

    Breaks: both configurations; `GoodCountMetric` beside `BadCountMetric`
    Keeps: `RequestBasedSliConfig` with a total and the bad ones
    """
    there = [name for name in ("SliConfig", "RequestBasedSliConfig") if name in body]
    if len(there) != 1:
        yield Fault("an SLO has either `SliConfig` or `RequestBasedSliConfig`", "write one of them")
    metric = _requests(body)
    if "TotalRequestCountMetric" in metric or "MonitoredRequestCountMetric" in metric:
        if len(metric.get("MonitoredRequestCountMetric", {})) != 1:
            yield Fault("requests are counted by `GoodCountMetric` or `BadCountMetric`", "write one of them")
        if "TotalRequestCountMetric" not in metric:
            yield Fault("`TotalRequestCountMetric` is missing", "write the total")


def _requests(body: Body) -> Body:
    found: Body = body.get("RequestBasedSliConfig", {}).get("RequestBasedSliMetricConfig", {})
    return found


def slo_goal(body: Body) -> Iterator[Fault]:
    """A goal is a percentage below 100, over one interval, rolling or by the calendar.

    Breaks: `"AttainmentGoal": 100`; two intervals
    Keeps: `"AttainmentGoal": 99.9`
    """
    goal = body.get("Goal", {})
    for name in ("AttainmentGoal", "WarningThreshold"):
        percent = goal.get(name)
        if percent is not None and not 0 < percent < 100:
            yield Fault(f"`{name}` is {percent}, and must be between 0 and 100", "write 99.9 for 99.9 %")
    if len(goal.get("Interval", {"RollingInterval": {}})) != 1:
        yield Fault("`Interval` holds one of `RollingInterval` and `CalendarInterval`", "write one of them")


def slo_burn_window(body: Body) -> Iterator[Fault]:
    """A look-back window is a multiple of the SLO's period, and shorter than its interval.

    Breaks: a look-back of 7 days in an interval of 7 days; 7 minutes at a period of 300 s
    Keeps: 60 minutes
    """
    interval = _interval(body)
    period = body.get("SliConfig", {}).get("SliMetricConfig", {}).get("PeriodSeconds") or 60
    for entry in body.get("BurnRateConfigurations", ()):
        minutes = entry.get("LookBackWindowMinutes")
        if minutes is None:
            continue
        if minutes >= interval:
            yield Fault(f"a look-back of {minutes} min is not shorter than the interval", "use a shorter one")
        if minutes * 60 % period:
            yield Fault(f"a look-back of {minutes} min is no multiple of the period of {period} s")


def _interval(body: Body) -> int:
    """Minutes; a week where nothing is said."""
    intervals = body.get("Goal", {}).get("Interval", {})
    said: Body = intervals.get("RollingInterval") or intervals.get("CalendarInterval") or {}
    return int(said.get("Duration", 7)) * _MINUTES.get(str(said.get("DurationUnit", "DAY")), 1_440)


def slo_latency(body: Body) -> Iterator[Fault]:
    """A latency SLO says what is slow: a threshold, and how it is compared.

    Breaks: `"MetricType": "LATENCY"` without `MetricThreshold`
    Keeps: `"MetricThreshold": 300, "ComparisonOperator": "LessThan"`
    """
    for outer, inner in (
        ("SliConfig", "SliMetricConfig"),
        ("RequestBasedSliConfig", "RequestBasedSliMetricConfig"),
    ):
        config = body.get(outer, {})
        latency = config.get(inner, {}).get("MetricType") == "LATENCY"
        if latency and not {"MetricThreshold", "ComparisonOperator"} <= config.keys():
            yield Fault(f"a latency SLO needs `MetricThreshold` and `ComparisonOperator` in `{outer}`")


def slo_attributes(body: Body) -> Iterator[Fault]:
    """What an SLO is of is told by 1 to 4 attributes, each a text.

    Breaks: `"KeyAttributes": {}`; five of them
    Keeps: `"KeyAttributes": {"Type": "Service", "Name": "orders", "Environment": "lambda:default"}`
    """
    for config in (_requests(body), body.get("SliConfig", {}).get("SliMetricConfig", {})):
        said = config.get("KeyAttributes")
        texts = isinstance(said, Mapping) and all(isinstance(value, str) for value in said.values())
        if said is not None and not (texts and 1 <= len(said) <= 4):
            yield Fault(
                "`KeyAttributes` are 1 to 4 texts by name", "write such as Type, Name and Environment"
            )


_QUERY_RULES = (
    metrics_count,
    metric_id_twice,
    metric_or_expression,
    return_data,
    math_syntax,
    math_unknown_id,
    math_function,
    math_types,
    math_of_metric,
    math_search,
    math_result,
    mixed_periods,
)


def slo_queries(body: Body) -> Iterator[Fault]:
    """The queries of an SLO keep the rules of an alarm's `Metrics`: one is returned, all ids are known.

    Breaks: two queries that return data
    Keeps: one with `"ReturnData": true`
    """
    monitored = _requests(body).get("MonitoredRequestCountMetric", {})
    period = body.get("SliConfig", {}).get("SliMetricConfig", {})
    lists: Sequence[Any] = (
        _requests(body).get("TotalRequestCountMetric"),
        monitored.get("GoodCountMetric"),
        monitored.get("BadCountMetric"),
        period.get("MetricDataQueries"),
    )
    for queries in lists:
        if queries:
            maths = Maths(tuple(queries))
            for rule in _QUERY_RULES:
                yield from rule(maths)


RULES = (slo_indicator, slo_goal, slo_burn_window, slo_latency, slo_attributes, slo_queries)

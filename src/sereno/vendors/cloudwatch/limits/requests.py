"""What is asked of GetMetricData: queries, and a stretch of time.

Each rule is a function of the body; its name is its code, its docstring what `sereno explain` shows.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sereno.vendors.cloudwatch.limits import insights, maths, queries, tables
from sereno.vendors.cloudwatch.limits.alarms import statistics
from sereno.vendors.cloudwatch.limits.data import epoch
from sereno.vendors.cloudwatch.limits.shape import Fault, Many, Moment, Record, Text, Whole

Body = Mapping[str, Any]
REQUEST: Final = Record(
    {
        "MetricDataQueries": Many(tables.QUERY, 1, 500),
        "StartTime": Moment(),
        "EndTime": Moment(),
        "ScanBy": Text(choices=("TimestampDescending", "TimestampAscending")),
        "MaxDatapoints": Whole(1, 100_800),
        "NextToken": Text(),
        "LabelOptions": Record({"Timezone": Text(1, 50, r"[+-]\d{4}", "+ or - and four digits")}),
    },
    ("MetricDataQueries",),
)
FAST: Final = (1, 5, 10, 20, 30)
_OF_MATHS: Final = (
    queries.metric_id_twice,
    queries.metric_or_expression,
    maths.math_syntax,
    maths.math_unknown_id,
    maths.math_function,
    maths.math_types,
    maths.math_of_metric,
    maths.math_text,
    maths.math_cycle,
    *insights.INSIGHTS_RULES[:2],
)


def request_queries(body: Body) -> Iterator[Fault]:
    """The queries of a request keep the rules of metric math; each result is a time series, or several.

    Breaks: an id that stands twice; `m1 / m9`; `SUM(m1)`, which is a number
    Keeps: `SUM(METRICS())`, `SEARCH('{AWS/Lambda} Errors', 'Sum')`
    """
    of_maths = queries.maths_of({"Metrics": body.get("MetricDataQueries", ())})
    for rule in _OF_MATHS:
        yield from rule(of_maths)
    for name in of_maths.returned:
        if of_maths.types.get(name) == "number":
            yield Fault(f"the expression `{name}` gives a number", "write TIME_SERIES() around it")


def request_metric(body: Body) -> Iterator[Fault]:
    """Each metric has a statistic that there is, over 1, 5, 10, 20, 30 or a multiple of 60 seconds.

    Breaks: `"Period": 45`, `"Stat": "Mean"`
    Keeps: `"Period": 300, "Stat": "p99"`
    """
    asked = body.get("MetricDataQueries", ())
    yield from statistics({"Metrics": asked})
    periods = (said.get("Period", 60) for query in asked for said in (query, query.get("MetricStat", {})))
    for seconds in dict.fromkeys(periods):
        if seconds not in FAST and seconds % 60:
            yield Fault(f"a period of {seconds} s is not possible", "write a multiple of 60")


def request_time(body: Body) -> Iterator[Fault]:
    """A request ends after it starts.

    Breaks: `"StartTime": "2026-02-01T00:00:00Z", "EndTime": "2026-01-01T00:00:00Z"`
    Keeps: the two the other way round
    """
    start, end = (epoch(body.get(name)) for name in ("StartTime", "EndTime"))
    if start is not None and end is not None and start >= end:
        yield Fault("the request ends before it starts", "turn the two round")


RULES = (request_queries, request_metric, request_time)

"""The shapes of a widget's properties, by its type. Others are let through: the console writes many.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from collections.abc import Mapping

from sereno.vendors.cloudwatch.limits.shape import (
    Anything,
    Either,
    Flag,
    Many,
    Real,
    Record,
    Shape,
    Text,
    Whole,
)

ARN = Text(1, 1_600, r"arn:.+", "an ARN")
AXIS = Record({"min": Real(), "max": Real(), "label": Text(), "showUnits": Flag()}, open=True)
_VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
_TITLE: dict[str, Shape] = {"title": Text()}
LEGEND = Record({"position": Text(choices=("right", "bottom", "hidden"))}, open=True)
TABLE = Record(
    {
        "layout": Text(choices=("vertical", "horizontal")),
        "stickySummary": Flag(),
        "showTimeSeriesData": Flag(),
        "summaryColumns": Many(Text(choices=("MIN", "MAX", "SUM", "AVG"))),
    },
    open=True,
)
EXPLORED = Record(
    {"metricName": Text(1), "resourceType": Text(1), "stat": Text(1)},
    ("metricName", "resourceType"),
    open=True,
)
# The console leaves both empty where nothing is aggregated.
AGGREGATED = Record(
    {"key": Text(), "func": Text(choices=("AVG", "MIN", "MAX", "STDDEV", "SUM", ""))}, open=True
)
_STATE = Text(choices=("ALARM", "INSUFFICIENT_DATA", "OK"))
# The console has also written `{"value": "ALARM", "label": "In alarm"}`, which the reference does not know.
STATE = Either(_STATE, Record({"value": _STATE}, ("value",), open=True))
PROPERTIES: Mapping[str, Record] = {
    "metric": Record(
        {
            **_TITLE,
            "region": Text(1),
            "accountId": Text(1),
            "view": Text(choices=_VIEWS),
            "stat": Text(1),
            "period": Whole(1, pointed=True),
            "stacked": Flag(),
            "liveData": Flag(),
            "sparkline": Flag(),
            "setPeriodToTimeRange": Flag(),
            "legend": LEGEND,
            "table": TABLE,
            "timezone": Text(5, 5, r"[+-]\d{4}", "+ or - and four digits, such as +0130"),
            "yAxis": Record({"left": AXIS, "right": AXIS}, open=True),
            "metrics": Many(Anything()),
            "annotations": Record(
                {"alarms": Many(ARN, most=1), "horizontal": Many(Anything()), "vertical": Many(Anything())},
                open=True,
            ),
        },
        open=True,
    ),
    "text": Record(
        {"markdown": Text(), "background": Text(choices=("solid", "transparent"))}, ("markdown",), True
    ),
    "log": Record(
        {
            **_TITLE,
            "region": Text(1),
            "query": Text(1),
            "view": Text(choices=("table", "timeSeries", "bar", "pie")),
        },
        ("region", "query"),
        open=True,
    ),
    "alarm": Record(
        {
            **_TITLE,
            "alarms": Many(ARN, 1, 100),
            "sortBy": Text(choices=("default", "stateUpdatedTimestamp", "timestamp")),
            "states": Many(STATE),
        },
        ("alarms",),
        open=True,
    ),
    "explorer": Record(
        {
            **_TITLE,
            "metrics": Many(EXPLORED, 1, 100),
            "labels": Many(Record({"key": Text(1)}, ("key",), open=True)),
            "aggregateBy": AGGREGATED,
            "period": Whole(1, pointed=True),
            "splitBy": Text(),
            "widgetOptions": Record(
                {"view": Text(choices=("timeSeries", "bar", "pie")), "legend": LEGEND, "stacked": Flag()},
                open=True,
            ),
        },
        ("metrics", "labels"),
        open=True,
    ),
    "custom": Record({**_TITLE, "endpoint": ARN}, ("endpoint",), open=True),
}

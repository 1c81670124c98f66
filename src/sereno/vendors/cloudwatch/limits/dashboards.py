"""Dashboards: the grid, the widgets of each type, and how much fits.

Properties that the reference does not name are let through: the console writes many.
Each rule is a function of a dashboard's body or of a widget; its name is its code.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sereno.vendors.cloudwatch import statistic
from sereno.vendors.cloudwatch.limits.maths import Maths, math_function, math_syntax, math_unknown_id
from sereno.vendors.cloudwatch.limits.shape import (
    Anything,
    Fault,
    Flag,
    Many,
    Real,
    Record,
    Shape,
    Text,
    Whole,
    faults,
    sound,
)

Body = Mapping[str, Any]
TYPES = ("metric", "text", "log", "alarm", "explorer", "custom", "chart", "trace")
WIDGET_METRICS, DASHBOARD_METRICS = 500, 2_500
ARN = Text(1, 1_600, r"arn:.+", "an ARN")
AXIS = Record({"min": Real(), "max": Real(), "label": Text(), "showUnits": Flag()}, open=True)
WIDGET = Record(
    {
        "type": Text(choices=TYPES),
        "x": Whole(0, 23, pointed=True),
        "y": Whole(0, pointed=True),
        "width": Whole(1, 24, pointed=True),
        "height": Whole(1, 1_000, pointed=True),
        "properties": Anything(),
    },
    ("type", "properties"),
    open=True,
)
VARIABLE = Record(
    {
        "type": Text(choices=("property", "pattern")),
        "inputType": Text(choices=("input", "select", "radio")),
        "id": Text(1, 32, r"[0-9A-Za-z_-]+", "letters, digits, - and _"),
        "label": Text(0, 30),
        "search": Text(1, 2_048),
        "defaultValue": Anything(),
        "populateFrom": Text(1),
        "values": Many(Record({"value": Anything(), "label": Text(0, 255)}, ("value",), open=True), 1, 500),
        "visible": Flag(),
    },
    ("type", "inputType", "id"),
    open=True,
)
BODY = Record(
    {
        "widgets": Many(WIDGET, most=500),
        "variables": Many(VARIABLE, most=25),
        "start": Text(1),
        "end": Text(1),
        "periodOverride": Text(choices=("auto", "inherit")),
    },
    ("widgets",),
    open=True,
)
_VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
_TITLE: dict[str, Shape] = {"title": Text()}
PROPERTIES: Mapping[str, Record] = {
    "metric": Record(
        {
            **_TITLE,
            "region": Text(1),
            "view": Text(choices=_VIEWS),
            "stat": Text(1),
            "period": Whole(1, pointed=True),
            "stacked": Flag(),
            "yAxis": Record({"left": AXIS, "right": AXIS}, open=True),
            "metrics": Many(Anything()),
            "annotations": Record({"alarms": Many(ARN, most=1)}, open=True),
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
        ("region",),
        open=True,
    ),
    "alarm": Record(
        {
            **_TITLE,
            "alarms": Many(ARN, 1, 100),
            "sortBy": Text(choices=("default", "stateUpdatedTimestamp", "timestamp")),
            "states": Many(Text(choices=("ALARM", "INSUFFICIENT_DATA", "OK"))),
        },
        ("alarms",),
        open=True,
    ),
    "explorer": Record({**_TITLE, "metrics": Many(Anything(), 1, 100)}, ("metrics",), open=True),
}


def check(dashboard: Body) -> Iterator[Fault]:
    """Everything wrong with a DashboardBody, given as an object or as the text the API takes."""
    body = _read(dashboard.get("DashboardBody"))
    if body is None:
        yield Fault(
            "DashboardBody is not a JSON object", 'write `{"widgets": [...]}`', code="cw-dashboard-json"
        )
        return
    yield from faults(body, BODY, "DashboardBody")
    clean = sound(body, BODY)
    for rule in BODY_RULES:
        yield from rule(clean)
    for n, widget in enumerate(clean.get("widgets", ())):
        yield from _widget(widget, f"widgets[{n}]")


def dashboard_json() -> None:
    """A dashboard's body is a JSON object with a `widgets` list.

    Breaks: `"DashboardBody": "{widgets: []}"`
    Keeps: `"DashboardBody": "{\\"widgets\\": []}"`
    """


def _read(body: Any) -> Mapping[str, Any] | None:
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return None
    return body if isinstance(body, Mapping) else None


def _widget(widget: Body, path: str) -> Iterator[Fault]:
    kind = str(widget.get("type", ""))
    properties = widget.get("properties", {})
    shape = PROPERTIES.get(kind)
    if shape is not None:
        yield from faults(properties, shape, f"{path}.properties")
        properties = sound(properties, shape) or {}
    for rule in WIDGET_RULES:
        for fault in rule(kind, {**widget, "properties": properties}):
            yield Fault(f"{path}: {fault.message}", fault.help, fault.severity, _code(rule.__name__))


def _code(name: str) -> str:
    return "cw-" + name.replace("_", "-")


def dashboard_metrics(body: Body) -> Iterator[Fault]:
    """A dashboard reads at most 2,500 metrics, hidden ones and those behind expressions counted.

    Breaks: six widgets of 450 metrics
    Keeps: two dashboards
    """
    count = sum(len(_lines(widget)) for widget in body.get("widgets", ()))
    if count > DASHBOARD_METRICS:
        said = f"the dashboard has {count:,} metrics, and may have {DASHBOARD_METRICS:,}"
        yield Fault(said, "split it into two dashboards", code="cw-dashboard-metrics")


def dashboard_time(body: Body) -> Iterator[Fault]:
    """`end` comes with `start`; a relative `start` begins with `-P`, an absolute one is ISO 8601.

    Breaks: `"end": "2026-01-01T00:00:00Z"` alone; `"start": "3h"`
    Keeps: `"start": "-PT3H"`
    """
    start, end = body.get("start"), body.get("end")
    if end and not start:
        yield Fault("`end` stands without `start`", "write both", code="cw-dashboard-time")
    if start and not re.fullmatch(r"-P(?:T\d+[MH]|\d+[DWM])|\d{4}-\d\d-\d\dT.*|-PT?[\dDTHMWS.]+", start):
        yield Fault(
            f"`start` {start!r} is no time", "write `-PT3H`, or an ISO 8601 time", code="cw-dashboard-time"
        )


BODY_RULES = (dashboard_metrics, dashboard_time)


def _lines(widget: Body) -> list[Any]:
    properties = widget.get("properties")
    metrics = properties.get("metrics") if isinstance(properties, Mapping) else None
    return metrics if isinstance(metrics, list) and widget.get("type") == "metric" else []


def widget_place(kind: str, widget: Body) -> Iterator[Fault]:
    """`x` and `y` stand together, and a widget that reaches over the 24 columns is moved.

    Breaks: `x` without `y`; `"x": 20, "width": 12`
    Keeps: `"x": 12, "y": 0, "width": 12`
    """
    del kind
    if ("x" in widget) != ("y" in widget):
        yield Fault("`x` and `y` stand together or not at all", "write both")
    if widget.get("x", 0) + widget.get("width", 6) > 24:
        yield Fault("the widget reaches over the 24 columns", "make it narrower", "warning")


def widget_region(kind: str, widget: Body) -> Iterator[Fault]:
    """A metric widget says the Region of its metrics; one that draws an alarm has it from the alarm's ARN.

    Breaks: `metrics` without `region`
    Keeps: `"region": "eu-west-1"`
    """
    drawn = widget["properties"].get("annotations", {}).get("alarms") if kind == "metric" else True
    if not drawn and "region" not in widget["properties"]:
        yield Fault("`region` is missing", 'write `"region": "eu-west-1"`, or where the metrics are')


def widget_metrics(kind: str, widget: Body) -> Iterator[Fault]:
    """A metric widget draws metrics, or one alarm: at most 500 metrics, and at most one SELECT query.

    Breaks: neither `metrics` nor an alarm annotation; both; 501 metrics
    Keeps: `"metrics": [["AWS/SQS", "NumberOfMessagesSent", "QueueName", "orders"]]`
    """
    if kind != "metric":
        return
    lines = _lines(widget)
    annotations = widget["properties"].get("annotations", {})
    alarms = annotations.get("alarms", ())
    shown = alarms or any(name in widget["properties"] for name in ("metrics", "insightRule"))
    if not shown:
        yield Fault("a metric widget without metrics and without an alarm", "write `metrics`")
    if lines and alarms:
        yield Fault("a metric widget draws either `metrics` or an alarm", "keep one of them")
    if alarms and (annotations.get("horizontal") or annotations.get("vertical")):
        yield Fault("an alarm and other annotations cannot stand together", "keep one of them")
    if len(lines) > WIDGET_METRICS:
        yield Fault(f"the widget has {len(lines)} metrics, and may have {WIDGET_METRICS}", "split it")
    if sum(_is_insights(line) for line in lines) > 1:
        yield Fault("the widget has more than one Metrics Insights query", "keep one")


def _is_insights(line: Any) -> bool:
    return bool(re.match(r"\s*SELECT\s", _options(line).get("expression", ""), re.IGNORECASE))


def _options(line: Any) -> Mapping[str, Any]:
    """The options of a metrics entry: its last item, when that is an object."""
    last = line[-1] if isinstance(line, list) and line else {}
    return (
        {k: v for k, v in last.items() if k in ("expression", "id", "stat", "period")}
        if _is_map(last)
        else {}
    )


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(value.get(key, ""), str) for key in ("expression", "id", "stat")
    )


def widget_line(kind: str, widget: Body) -> Iterator[Fault]:
    """A metrics entry is `[namespace, metric, dimension, value, ..., {options}]`, or `[{expression}]`.

    Breaks: `["AWS/SQS", "NumberOfMessagesSent", "QueueName"]`
    Keeps: `["AWS/SQS", "NumberOfMessagesSent", "QueueName", "orders", {"stat": "Sum"}]`
    """
    lines = _lines(widget) if kind == "metric" else []
    if lines and all(isinstance(line, str) for line in lines):
        lines = [lines]
    for n, line in enumerate(lines):
        if not isinstance(line, list) or not line:
            yield Fault(f"metrics[{n}] is not a list", 'write `["NAMESPACE", "METRIC"]`')
            continue
        words = line[:-1] if isinstance(line[-1], Mapping) else line
        if not all(isinstance(word, str) for word in words):
            yield Fault(f"metrics[{n}] has something else than texts and, last, options")
        elif not words and "expression" not in line[-1]:
            yield Fault(f"metrics[{n}] has neither a metric nor an `expression`")
        elif len(words) == 1 or (len(words) > 2 and len(words) % 2 and "..." not in words):
            yield Fault(f"metrics[{n}] has a dimension without its value", "write names and values in pairs")


def widget_period(kind: str, widget: Body) -> Iterator[Fault]:
    """The period of a widget or of its metrics is 1, 5, 10, 20, 30 or a multiple of 60 seconds.

    Breaks: `"period": 90`
    Keeps: `"period": 300`
    """
    own = [widget["properties"].get("period")] if isinstance(widget.get("properties"), Mapping) else []
    for seconds in (*own, *(_options(line).get("period") for line in _lines(widget))):
        if (
            kind == "metric"
            and isinstance(seconds, int)
            and seconds not in (1, 5, 10, 20, 30)
            and seconds % 60
        ):
            yield Fault(f"a period of {seconds} s is not possible", "write a multiple of 60")


def widget_stat(kind: str, widget: Body) -> Iterator[Fault]:
    """The statistic of a widget or of its metrics is one that CloudWatch has.

    Breaks: `"stat": "Mean"`
    Keeps: `"stat": "p99"`
    """
    own = [widget["properties"].get("stat")] if isinstance(widget.get("properties"), Mapping) else []
    stats = [*own, *(_options(line).get("stat") for line in _lines(widget))]
    for stat in dict.fromkeys(stats) if kind == "metric" else ():
        try:
            statistic.parse(stat or "Sum")
        except statistic.StatisticFault as fault:
            yield Fault(str(fault))


def widget_gauge(kind: str, widget: Body) -> Iterator[Fault]:
    """A gauge says the minimum and the maximum of its left axis; a minimum is below its maximum.

    Breaks: `"view": "gauge"` without `yAxis`; `"min": 5, "max": 5`
    Keeps: `"yAxis": {"left": {"min": 0, "max": 100}}`
    """
    if kind != "metric":
        return
    axes = widget["properties"].get("yAxis", {})
    left = axes.get("left", {})
    if widget["properties"].get("view") == "gauge" and not {"min", "max"} <= left.keys():
        yield Fault("a gauge needs `min` and `max` of `yAxis.left`", "write both")
    for axis in (left, axes.get("right", {})):
        if {"min", "max"} <= axis.keys() and axis["min"] >= axis["max"]:
            yield Fault(f"the axis ends at {axis['max']}, and begins at {axis['min']}", "turn them round")


def widget_expression(kind: str, widget: Body) -> Iterator[Fault]:
    """An expression in a widget is metric math over the ids of the same widget.

    Breaks: `m1 / m9` where no metric has the id `m9`
    Keeps: `m1 / m2`
    """
    lines = _lines(widget) if kind == "metric" else []
    options = [_options(line) for line in lines]
    queries = [
        {"Id": o.get("id", f"_{n}"), **({"Expression": o["expression"]} if "expression" in o else {})}
        for n, o in enumerate(options)
    ]
    maths = Maths(tuple(queries))
    for rule in (math_syntax, math_unknown_id, math_function):
        yield from rule(maths)


def widget_id(kind: str, widget: Body) -> Iterator[Fault]:
    """The id of a metric begins with a lower-case letter, and stands once in its widget.

    Breaks: `"id": "M1"`; `"id": "m1"` twice
    Keeps: `m1` and `m2`
    """
    lines = _lines(widget) if kind == "metric" else []
    ids = [o["id"] for o in (_options(line) for line in lines) if o.get("id")]
    for name in dict.fromkeys(ids):
        if not re.fullmatch(r"[a-z][A-Za-z0-9_]*", name):
            yield Fault(f"the id `{name}` is not a lower-case letter and then letters, digits and _")
        if ids.count(name) > 1:
            yield Fault(f"the id `{name}` stands {ids.count(name)} times", "give each metric its own")


WIDGET_RULES = (
    widget_place,
    widget_region,
    widget_metrics,
    widget_line,
    widget_period,
    widget_stat,
    widget_gauge,
    widget_expression,
    widget_id,
)
RULES = (dashboard_json, *BODY_RULES, *WIDGET_RULES)

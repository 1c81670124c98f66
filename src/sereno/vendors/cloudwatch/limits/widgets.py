"""The widgets of a dashboard, by their types.

Properties that the reference does not name are let through: the console writes many.
Each rule is a function of a widget; its name is its code.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sereno.vendors.cloudwatch import statistic
from sereno.vendors.cloudwatch.limits.insights import insights_syntax
from sereno.vendors.cloudwatch.limits.maths import (
    math_function,
    math_of_metric,
    math_syntax,
    math_types,
    math_unknown_id,
)
from sereno.vendors.cloudwatch.limits.queries import Maths
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
WIDGET_METRICS = 500
ARN = Text(1, 1_600, r"arn:.+", "an ARN")
AXIS = Record({"min": Real(), "max": Real(), "label": Text(), "showUnits": Flag()}, open=True)
_VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
_TITLE: dict[str, Shape] = {"title": Text()}
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
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
            "states": Many(Text(choices=("ALARM", "INSUFFICIENT_DATA", "OK"))),
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


def widget_faults(widget: Body, path: str) -> Iterator[Fault]:
    """Everything wrong with a widget of a sound type and place."""
    kind = str(widget.get("type", ""))
    said = widget.get("properties", {})
    properties = said if isinstance(said, Mapping) else {}
    shape = PROPERTIES.get(kind)
    if shape is not None:
        for fault in faults(said, shape, f"{path}.properties"):
            yield replace(fault, at=f"DashboardBody.{fault.at}")
        properties = sound(properties, shape) or {}
    for rule in WIDGET_RULES:
        for fault in rule(kind, {**widget, "properties": properties}):
            message, at = f"{path}: {fault.message}", f"DashboardBody.{path}"
            yield Fault(message, fault.help, fault.severity, _code(rule.__name__), at)


def _code(name: str) -> str:
    return "cw-" + name.replace("_", "-")


def lines_of(widget: Body) -> list[Any]:
    """The metrics and expressions of a metric widget."""
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
    lines = lines_of(widget)
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
    Keeps: `["AWS/SQS", "NumberOfMessagesSent", "QueueName", "orders", {"stat": "Sum"}]`, `["...", "bills"]`
    """
    lines = lines_of(widget) if kind == "metric" else []
    if lines and all(isinstance(line, str) for line in lines):
        lines = [lines]
    named = (line for line in lines if isinstance(line, list) and line and isinstance(line[0], str))
    first = next(named, [])
    if any(word in (".", "...") for word in first if isinstance(word, str)):
        yield Fault("the first metric repeats one before it, and there is none", "write it out")
    for n, line in enumerate(lines):
        if not isinstance(line, list) or not line:
            yield Fault(f"metrics[{n}] is not a list", 'write `["NAMESPACE", "METRIC"]`')
            continue
        words = line[:-1] if isinstance(line[-1], Mapping) else line
        if not all(isinstance(word, str) for word in words):
            yield Fault(f"metrics[{n}] has something else than texts and, last, options")
        elif line is not words and (odd := _not_texts(line[-1])):
            yield Fault(f"metrics[{n}]: {odd} must be a text", "write it in quotes")
        elif not words and "expression" not in line[-1]:
            yield Fault(f"metrics[{n}] has neither a metric nor an `expression`")
        elif "..." not in words and (len(words) == 1 or (len(words) > 2 and len(words) % 2)):
            yield Fault(f"metrics[{n}] has a dimension without its value", "write names and values in pairs")


def _not_texts(options: Body) -> str:
    texts = ("expression", "id", "label", "stat", "region", "accountId")
    return " and ".join(f"`{key}`" for key in texts if not isinstance(options.get(key, ""), str))


def widget_period(kind: str, widget: Body) -> Iterator[Fault]:
    """The period of a widget or of its metrics is 1, 5, 10, 20, 30 or a multiple of 60 seconds.

    Breaks: `"period": 90`
    Keeps: `"period": 300`
    """
    of_lines = (_options(line).get("period") for line in lines_of(widget))
    asked = (widget["properties"].get("period"), *of_lines) if kind in ("metric", "explorer") else ()
    for seconds in asked:
        if isinstance(seconds, int) and seconds not in (1, 5, 10, 20, 30) and seconds % 60:
            yield Fault(f"a period of {seconds} s is not possible", "write a multiple of 60")


def widget_stat(kind: str, widget: Body) -> Iterator[Fault]:
    """The statistic of a widget or of its metrics is one that CloudWatch has.

    Breaks: `"stat": "Mean"`
    Keeps: `"stat": "p99"`
    """
    properties = widget["properties"]
    stats = [properties.get("stat"), *(_options(line).get("stat") for line in lines_of(widget))]
    if kind == "explorer":
        stats = [metric.get("stat") for metric in properties.get("metrics", ())]
    for stat in dict.fromkeys(stats) if kind in ("metric", "explorer") else ():
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

    What a function is given of another type than it takes is a warning: the console shows it in the widget.

    Breaks: `m1 / m9` where no metric has the id `m9`
    Keeps: `m1 / m2`
    """
    options = [_options(line) for line in (lines_of(widget) if kind == "metric" else [])]
    maths = Maths(tuple(_query(said, n) for n, said in enumerate(options)))
    for rule in (math_syntax, math_unknown_id, math_function, insights_syntax):
        yield from rule(maths)
    for rule in (math_types, math_of_metric):
        yield from (replace(fault, severity="warning") for fault in rule(maths))


def _query(said: Body, n: int) -> Body:
    """An entry of a widget's `metrics` as one of an alarm's `Metrics`."""
    what = {"Expression": said["expression"]} if "expression" in said else {"MetricStat": {}}
    return {"Id": said.get("id", f"_{n}"), **what}


def widget_id(kind: str, widget: Body) -> Iterator[Fault]:
    """The id of a metric begins with a lower-case letter, and stands once in its widget.

    Breaks: `"id": "M1"`; `"id": "m1"` twice
    Keeps: `m1` and `m2`
    """
    lines = lines_of(widget) if kind == "metric" else []
    ids = [o["id"] for o in (_options(line) for line in lines) if o.get("id")]
    for name in dict.fromkeys(ids):
        if not re.fullmatch(r"[a-z][A-Za-z0-9_]*", name):
            yield Fault(f"the id `{name}` is not a lower-case letter and then letters, digits and _")
        if ids.count(name) > 1:
            yield Fault(f"the id `{name}` stands {ids.count(name)} times", "give each metric its own")


def widget_drawn(kind: str, widget: Body) -> Iterator[Fault]:
    """How a metric is drawn: its axis is left or right, its colour hexadecimal, and it is visible or not.

    Breaks: `{"yAxis": "top"}`, `{"color": "reddish"}`
    Keeps: `{"yAxis": "right", "color": "#9467bd", "visible": false}`
    """
    for n, line in enumerate(lines_of(widget) if kind == "metric" else ()):
        if isinstance(line, list) and line and isinstance(line[-1], Mapping):
            yield from _drawn(line[-1], f"metrics[{n}]")


def _drawn(said: Body, path: str) -> Iterator[Fault]:
    if said.get("yAxis", "left") not in ("left", "right"):
        yield Fault(f"{path}: `yAxis` is {said['yAxis']!r}", "write left or right")
    colour = said.get("color", "#000000")
    if not isinstance(colour, str) or not COLOUR.fullmatch(colour):
        yield Fault(f"{path}: the colour {colour!r} is not hexadecimal", "write such as #9467bd")
    if not isinstance(said.get("visible", True), bool):
        yield Fault(f"{path}: `visible` is {said['visible']!r}", "write true or false")


_FILLS = {
    "horizontal": ("above", "below", "none", "between"),
    "vertical": ("before", "after", "none", "between"),
}


def widget_annotation(kind: str, widget: Body) -> Iterator[Fault]:
    """A horizontal line stands at a number, a vertical one at a time; a pair of either is a band.

    Breaks: `"horizontal": [{"label": "high"}]`; `"vertical": [{"value": "yesterday"}]`; `"fill": "up"`
    Keeps: `"horizontal": [{"value": 20, "fill": "above"}]`
    """
    annotations = widget["properties"].get("annotations", {}) if kind == "metric" else {}
    for axis, fills in _FILLS.items():
        for n, said in enumerate(annotations.get(axis, ())):
            band = isinstance(said, list)  # whatever its `fill` is, it is ignored
            for line in said if band else [said]:
                yield from _annotated(line, axis, () if band else fills, f"annotations.{axis}[{n}]")


def _annotated(line: Any, axis: str, fills: tuple[str, ...], path: str) -> Iterator[Fault]:
    if not isinstance(line, Mapping):
        yield Fault(f"{path} is no object", 'write `{"value": ...}`')
        return
    value = line.get("value")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number if axis == "horizontal" else _time(value)):
        wanted = "a number" if axis == "horizontal" else "a time such as 2026-04-15T08:00:00Z"
        yield Fault(f"{path}: `value` is {value!r}, and must be {wanted}", f"write {wanted}")
    if fills and line.get("fill", "none") not in fills:
        yield Fault(f"{path}: `fill` is {line['fill']!r}", f"write {', '.join(fills[:3])}")
    yield from _drawn(line, path)


def _time(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def widget_explorer(kind: str, widget: Body) -> Iterator[Fault]:
    """All metrics of an explorer are of one type of resource.

    Breaks: a metric of `AWS::EC2::Instance` beside one of `AWS::Lambda::Function`
    Keeps: two explorers
    """
    metrics = widget["properties"].get("metrics", ()) if kind == "explorer" else ()
    if len({metric.get("resourceType") for metric in metrics}) > 1:
        yield Fault("an explorer shows resources of one type", "use an explorer for each")


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
    widget_drawn,
    widget_annotation,
    widget_explorer,
)

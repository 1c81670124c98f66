"""The widgets of a dashboard, by their types.

Properties that the reference does not name are let through: the console writes many.
Each rule is a function of a widget; its name is its code.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sereno.vendors.cloudwatch import statistic
from sereno.vendors.cloudwatch.limits.drawing import widget_annotation, widget_drawn
from sereno.vendors.cloudwatch.limits.metric_lines import (
    lines_of,
    options_of,
    widget_expression,
    widget_id,
    widget_line,
)
from sereno.vendors.cloudwatch.limits.shape import Fault, faults, sound
from sereno.vendors.cloudwatch.limits.widget_tables import PROPERTIES

Body = Mapping[str, Any]
WIDGET_METRICS = 500


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
    return bool(re.match(r"\s*SELECT\s", options_of(line).get("expression", ""), re.IGNORECASE))


def widget_period(kind: str, widget: Body) -> Iterator[Fault]:
    """The period of a widget or of its metrics is 1, 5, 10, 20, 30 or a multiple of 60 seconds.

    Breaks: `"period": 90`
    Keeps: `"period": 300`
    """
    of_lines = (options_of(line).get("period") for line in lines_of(widget))
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
    stats = [properties.get("stat"), *(options_of(line).get("stat") for line in lines_of(widget))]
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

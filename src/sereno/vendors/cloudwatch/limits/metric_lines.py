"""The entries of a metric widget's `metrics`: metrics, expressions, and what each of them says.

Each rule is a function of a widget; its name is its code.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sereno.vendors.cloudwatch.limits.insights import insights_syntax
from sereno.vendors.cloudwatch.limits.maths import (
    math_function,
    math_of_metric,
    math_syntax,
    math_types,
    math_unknown_id,
)
from sereno.vendors.cloudwatch.limits.queries import Maths
from sereno.vendors.cloudwatch.limits.shape import Fault

Body = Mapping[str, Any]


def lines_of(widget: Body) -> list[Any]:
    """The metrics and expressions of a metric widget."""
    properties = widget.get("properties")
    metrics = properties.get("metrics") if isinstance(properties, Mapping) else None
    return metrics if isinstance(metrics, list) and widget.get("type") == "metric" else []


def options_of(line: Any) -> Mapping[str, Any]:
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


def widget_expression(kind: str, widget: Body) -> Iterator[Fault]:
    """An expression in a widget is metric math over the ids of the same widget.

    What a function is given of another type than it takes is a warning: the console shows it in the widget.

    Breaks: `m1 / m9` where no metric has the id `m9`
    Keeps: `m1 / m2`
    """
    options = [options_of(line) for line in (lines_of(widget) if kind == "metric" else [])]
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
    ids = [o["id"] for o in (options_of(line) for line in lines) if o.get("id")]
    for name in dict.fromkeys(ids):
        if not re.fullmatch(r"[a-z][A-Za-z0-9_]*", name):
            yield Fault(f"the id `{name}` is not a lower-case letter and then letters, digits and _")
        if ids.count(name) > 1:
            yield Fault(f"the id `{name}` stands {ids.count(name)} times", "give each metric its own")

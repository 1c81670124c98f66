"""How a metric widget draws: axes, colours, and lines across.

Each rule is a function of a widget; its name is its code.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sereno.vendors.cloudwatch.limits.metric_lines import lines_of
from sereno.vendors.cloudwatch.limits.shape import Fault

Body = Mapping[str, Any]
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")


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

"""Dashboards: the grid, the variables, and how much fits; the widgets themselves are in `widgets`.

Each rule is a function of a dashboard's body; its name is its code.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sereno.vendors.cloudwatch.limits.metric_lines import lines_of
from sereno.vendors.cloudwatch.limits.shape import (
    Anything,
    Fault,
    Flag,
    Many,
    Record,
    Text,
    Whole,
    faults,
    sound,
)
from sereno.vendors.cloudwatch.limits.widgets import WIDGET_RULES, widget_faults

Body = Mapping[str, Any]
TYPES = ("metric", "text", "log", "alarm", "explorer", "custom", "chart", "trace")
DASHBOARD_METRICS = 2_500
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
        "property": Text(1),
        "pattern": Text(1),
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
        yield from (replace(fault, code=_code(rule.__name__)) for fault in rule(clean))
    for n, widget in enumerate(clean.get("widgets", ())):
        yield from widget_faults(widget, f"widgets[{n}]")


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


def _code(name: str) -> str:
    return "cw-" + name.replace("_", "-")


def dashboard_metrics(body: Body) -> Iterator[Fault]:
    """A dashboard reads at most 2,500 metrics, hidden ones and those behind expressions counted.

    Breaks: six widgets of 450 metrics
    Keeps: two dashboards
    """
    count = sum(len(lines_of(widget)) for widget in body.get("widgets", ()))
    if count > DASHBOARD_METRICS:
        said = f"the dashboard has {count:,} metrics, and may have {DASHBOARD_METRICS:,}"
        yield Fault(said, "split it into two dashboards")


_ABSOLUTE = re.compile(r"\d{4}-\d\d-\d\dT.*")
_RELATIVE = re.compile(r"-P(?=\d|T\d)(?:\d+[DWM])*(?:T(?:\d+[HMS])+)?")


def dashboard_time(body: Body) -> Iterator[Fault]:
    """`end` comes with `start`; a relative `start` begins with `-P`, an absolute time is ISO 8601.

    Breaks: `"end": "2026-01-01T00:00:00Z"` alone; `"start": "3h"`; `"end": "tomorrow"`
    Keeps: `"start": "-PT3H"`
    """
    start, end = body.get("start"), body.get("end")
    if end and not start:
        yield Fault("`end` stands without `start`", "write both")
    if start and not _ABSOLUTE.fullmatch(start) and not _RELATIVE.fullmatch(start):
        yield Fault(f"`start` {start!r} is no time", "write `-PT3H`, or an ISO 8601 time")
    if end and not _ABSOLUTE.fullmatch(end):
        relative = _RELATIVE.fullmatch(f"-{end.removeprefix('-')}")
        said = f"`end` {end!r} is no absolute time"
        yield Fault(said, "write an ISO 8601 time, or leave it out", "warning" if relative else "error")


def variable_whole(body: Body) -> Iterator[Fault]:
    """A variable says which property or pattern it changes; a choice has `values`, or a `search`.

    Its default has at most 255 characters, as its values have, and is one of them; its id stands once.

    Breaks: `"type": "pattern"` without `pattern`; `"inputType": "select"` without `values` and `search`
    Keeps: `{"type": "property", "property": "region", "inputType": "input", "id": "region"}`
    """
    variables = body.get("variables", ())
    for name, times in Counter(str(said.get("id", "")) for said in variables).items():
        if name and times > 1:
            yield Fault(f"the variable `{name}` stands {times} times", "give each its own id")
    for said in variables:
        yield from _variable(said, f"the variable `{said.get('id', '')}`")


def _variable(said: Body, name: str) -> Iterator[Fault]:
    changes = said.get("type")
    if changes in ("property", "pattern") and changes not in said:
        yield Fault(f"{name} of type {changes} has no `{changes}`", f"write `{changes}`")
    chosen = said.get("inputType") in ("select", "radio")
    if chosen and "values" not in said and not {"search", "populateFrom"} <= said.keys():
        yield Fault(f"{name} is chosen from nothing", "write `values`, or `search` and `populateFrom`")
    values = [entry.get("value") for entry in said.get("values", ())]
    if not all(isinstance(value, str | int | float) for value in values):
        yield Fault(f"{name} has a value that is no text, number or truth value", "write one of them")
    default = said.get("defaultValue", "__FIRST")
    if chosen and values and "search" not in said and default not in (*values, "__FIRST"):
        yield Fault(f"{name} has a default that is none of its `values`", "write one of them")
    if any(isinstance(text, str) and len(text) > 255 for text in (said.get("defaultValue"), *values)):
        yield Fault(f"{name} has a value of more than 255 characters", "shorten it")


BODY_RULES = (dashboard_metrics, dashboard_time, variable_whole)
RULES = (dashboard_json, *BODY_RULES, *WIDGET_RULES)

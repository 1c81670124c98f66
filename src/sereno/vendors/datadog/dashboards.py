"""Dashboards: rows of panels as widgets of an ordered layout, 12 columns wide.

What a panel shows is `widgets.py`'s, and of signals `signal_widgets.py`'s.
https://docs.datadoghq.com/api/latest/dashboards/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sereno.language import names
from sereno.language.model import Dashboard, Panel, System
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import faults, metrics, parts, signal_widgets, variables, widgets
from sereno.vendors.datadog.signal_widgets import Widget
from sereno.vendors.readings import signals_of

COLUMNS, DECLARED = 12, 24
HEADER = 1  # rows of a group's title


def compile_dashboard(system: System, dashboard: Dashboard) -> parts.Compiled:
    """One dashboard; panels that cannot be drawn here are problems."""
    if dashboard.cloudwatch:
        return (), (faults.adopted(dashboard),)
    problems = tuple(p for row in dashboard.rows for panel in row for p in _refused(system, dashboard, panel))
    if problems:
        return (), problems
    address = names.dashboard(dashboard.name)
    body = {
        "title": f"{dashboard.title} ({system.project} {system.environment.name})",
        "description": parts.mark(system, address),
        "layout_type": "ordered",
        "reflow_type": "fixed",
        "widgets": list(_placed(system, dashboard)),
    }
    made, unused = _with_variables(dashboard, Resource("dashboard", address, body, dashboard.where))
    return made, (*unused, *_other_spans(dashboard))


def _with_variables(dashboard: Dashboard, resource: Resource) -> parts.Compiled:
    """Each variable in the place of the tag that it chooses, in every query of every widget."""
    followed, used = variables.put_in(resource.body["widgets"], dashboard.variables)
    problems = tuple(variables.unused(dashboard, used))
    shown = [variables.template(each) for each in dashboard.variables if each.name in used]
    body = {**resource.body, "widgets": followed, **({"template_variables": shown} if shown else {})}
    return (replace(resource, body=body),), problems


def _refused(system: System, dashboard: Dashboard, panel: Panel) -> Iterable[Problem]:
    """What is wrong with an SLO is told of the SLO; here only what this panel reads itself."""
    if panel.kind == "alerts" and not widgets.addresses(system, panel):
        return [faults.empty_panel(dashboard, panel.title)]
    shown = [widgets.slo_of(system, name) for name in panel.slos if panel.kind in ("slo", "burn")]
    read = [name for slo in shown for o in slo.objectives for name in signals_of(o)]
    return metrics.unreadable(system, (*panel.signals, *read), dashboard.where)


def _placed(system: System, dashboard: Dashboard) -> Iterable[Widget]:
    """Each panel's widget in its place; a row is as high as its highest."""
    y = 0
    for row in dashboard.rows:
        drawn = [
            (widgets.definition(system, panel, width), x, width, panel) for panel, x, width in _across(row)
        ]
        heights = [max(panel.height, _needed(definition)) for definition, _, _, panel in drawn]
        for (definition, x, width, _), height in zip(drawn, heights, strict=True):
            layout = {"x": x, "y": y, "width": width, "height": height}
            yield {"definition": definition, "layout": layout}
        y += max(heights, default=0)


def _across(row: Sequence[Panel]) -> Iterable[tuple[Panel, int, int]]:
    """(panel, x, width) on 12 columns: edges are halved, so that panels that touch still do."""
    left = 0
    for panel in row:
        x, end = _halved(left), _halved(left + panel.width)
        left += panel.width
        yield panel, min(x, COLUMNS - 1), max(1, end - min(x, COLUMNS - 1))


def _halved(column: int) -> int:
    return min(COLUMNS, (column * COLUMNS + DECLARED // 2) // DECLARED)


def _needed(definition: Widget) -> int:
    """Rows that a group's widgets take, its title included."""
    inner = definition.get("widgets", ())
    return HEADER + max((w["layout"]["y"] + w["layout"]["height"] for w in inner), default=-HEADER)


def _other_spans(dashboard: Dashboard) -> Iterable[Problem]:
    for panel in (panel for row in dashboard.rows for panel in row if panel.kind == "number"):
        nearest = signal_widgets.nearest(panel.period)
        if nearest != panel.period:
            asked, shown = names.window(panel.period), names.window(nearest)
            yield faults.span(dashboard, panel.title, asked, shown)

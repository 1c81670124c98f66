"""Dashboards: rows of panels as widgets of an ordered layout, 12 columns wide.

A panel over SLOs is a group with a widget an SLO, for an SLO widget shows one.
https://docs.datadoghq.com/api/latest/dashboards/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sereno.language import names
from sereno.language.expr import Name
from sereno.language.model import DAY, HOUR, MINUTE, Dashboard, Panel, Slo, System
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import faults, metrics, parts, silence, slos, variables
from sereno.vendors.readings import ids, leaves, plain, signals_of
from sereno.vendors.subjects import budgets, pairs, severities

Widget = dict[str, Any]
COLUMNS, DECLARED = 12, 24
SLO_WIDTH, SLO_HEIGHT, HEADER = 3, 3, 1  # of an SLO widget, and of a group's title
LIGHT = {"page": "error dashed", "ticket": "warning dashed"}


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
        "widgets": list(_widgets(system, dashboard)),
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
    if panel.kind == "alerts" and not _shown(system, panel):
        return [faults.empty_panel(dashboard, panel.title)]
    shown = [_slo(system, name) for name in panel.slos if panel.kind in ("slo", "burn")]
    read = [name for slo in shown for o in slo.objectives for name in signals_of(o)]
    return metrics.unreadable(system, (*panel.signals, *read), dashboard.where)


def _slo(system: System, name: str) -> Slo:
    return next(slo for slo in system.slos if slo.name == name)


def _widgets(system: System, dashboard: Dashboard) -> Iterable[Widget]:
    y = 0
    for row in dashboard.rows:
        drawn = [(_definition(system, panel, width), x, width, panel) for panel, x, width in _placed(row)]
        heights = [max(panel.height, _needed(definition)) for definition, _, _, panel in drawn]
        for (definition, x, width, _), height in zip(drawn, heights, strict=True):
            layout = {"x": x, "y": y, "width": width, "height": height}
            yield {"definition": definition, "layout": layout}
        y += max(heights, default=0)


def _placed(row: Sequence[Panel]) -> Iterable[tuple[Panel, int, int]]:
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


def _definition(system: System, panel: Panel, width: int) -> Widget:
    match panel.kind:
        case "text":
            return {"type": "note", "content": panel.text, "background_color": "white", "show_tick": False}
        case "alerts":
            return _alerts(system, panel)
        case "slo":
            return _budgets(system, panel, width)
        case "burn":
            return _burn(system, panel)
        case "number":
            return _numbers(system, panel, width)
        case "timeseries":
            return _timeseries(system, panel)


def _alerts(system: System, panel: Panel) -> Widget:
    """The monitors that notify, found by their tag."""
    shown = _shown(system, panel)
    ours = [
        f'tag:"{parts.tag(parts.TAG_PROJECT, system.project)}"',
        f'tag:"{parts.tag(parts.TAG_ENVIRONMENT, system.environment.name)}"',
    ]
    either = " OR ".join(f'tag:"{parts.tag(parts.TAG_ADDRESS, address)}"' for address in shown)
    return {
        "type": "manage_status",
        "title": panel.title,
        "query": f"{' '.join(ours)} ({either})",
        "summary_type": "monitors",
        "display_format": "countsAndList",
        "sort": "status,asc",
        "count": 50,
        "start": 0,
    }


def _shown(system: System, panel: Panel) -> list[str]:
    """Addresses: of each alert, and of each SLO by severity."""
    shown = [names.alert(name) for name in panel.alerts]
    for slo in (_slo(system, name) for name in panel.slos):
        shown += [names.burn(slo.name, severity) for severity in severities(slo)]
        shown += [resource.address for resource in silence.compile_silence(system, slo)[0]]
        shown += [address for _, address, _ in budgets(system, slo)]
    return shown


def _objectives(system: System, panel: Panel) -> list[tuple[str, Slo, str]]:
    """(title, SLO, address of the Datadog SLO) of each objective."""
    return [
        (
            f"{slo.name} {objective.name}" if len(slo.objectives) > 1 else slo.name,
            slo,
            slos.address(slo, objective),
        )
        for slo in (_slo(system, name) for name in panel.slos)
        for objective in slo.objectives
    ]


def _budgets(system: System, panel: Panel, width: int) -> Widget:
    """Each SLO's status and what is left of its budget."""
    across = max(1, width // SLO_WIDTH)
    widgets = [
        {
            "definition": {
                "type": "slo",
                "title": title,
                "slo_id": parts.reference(address),
                "view_type": "detail",
                "view_mode": "overall",
                "time_windows": [slos.timeframe(slo)],
                "show_error_budget": True,
            },
            "layout": {
                "x": n % across * (width // across),
                "y": n // across * SLO_HEIGHT,
                "width": width // across,
                "height": SLO_HEIGHT,
            },
        }
        for n, (title, slo, address) in enumerate(_objectives(system, panel))
    ]
    return {"type": "group", "layout_type": "ordered", "title": panel.title, "widgets": widgets}


def _burn(system: System, panel: Panel) -> Widget:
    """Datadog's own burn rate of each SLO, and a line where each policy fires."""
    shown = _objectives(system, panel)
    queries = [
        {
            "data_source": "slo",
            "name": f"burn{n}",
            "slo_id": parts.reference(address),
            "measure": "burn_rate",
            "slo_query_type": "time_slice" if slos.sliced(slo, slo.objectives[0]) else "metric",
            "group_mode": "overall",
        }
        for n, (_, slo, address) in enumerate(shown)
    ]
    formulas = [{"formula": f"burn{n}", "alias": title} for n, (title, _, _) in enumerate(shown)]
    return {**_lines(panel, formulas, queries), "markers": _markers(system, panel)}


def _markers(system: System, panel: Panel) -> list[dict[str, str]]:
    every = {
        (pair.burn, pair.severity, pair.long)
        for name in panel.slos
        for _, pair, _ in pairs(_slo(system, name))
    }
    return [
        {
            "value": f"y = {metrics.number(rate)}",
            "display_type": LIGHT[severity],
            "label": f"{severity} {metrics.number(rate)}x over {names.window(long)}",
        }
        for rate, severity, long in sorted(every, reverse=True)
    ]


def _lines(panel: Panel, formulas: list[Any], queries: list[Any]) -> Widget:
    request = {
        "response_format": "timeseries",
        "display_type": "line",
        "formulas": formulas,
        "queries": queries,
    }
    axis = {"yaxis": {"label": panel.unit, "include_zero": True}} if panel.unit else {}
    return {"type": "timeseries", "title": panel.title, "show_legend": True, "requests": [request], **axis}


def _formulas(system: System, panel: Panel, signals: Sequence[str]) -> tuple[list[Any], list[Any]]:
    named = ids(leaves(system.signals, signals))
    formulas = [
        {"formula": metrics.formula(plain(system.signals, Name(name)), named), "alias": _alias(name, panel)}
        for name in signals
    ]
    return formulas, metrics.queries(system, named)


def _alias(name: str, panel: Panel) -> str:
    """A signal's name; one that the panel's own expression made is called as the panel is."""
    return panel.title if "/" in name else name


def _timeseries(system: System, panel: Panel) -> Widget:
    return _lines(panel, *_formulas(system, panel, panel.signals))


def _numbers(system: System, panel: Panel, width: int) -> Widget:
    """One number a widget; several signals are a group of them."""
    if len(panel.signals) == 1:
        return _number(system, panel, panel.signals[0], panel.title)
    across = max(1, width // len(panel.signals))
    per_row = max(1, width // across)
    widgets = [
        {
            "definition": _number(system, panel, name, name),
            "layout": {"x": n % per_row * across, "y": n // per_row * 2, "width": across, "height": 2},
        }
        for n, name in enumerate(panel.signals)
    ]
    return {"type": "group", "layout_type": "ordered", "title": panel.title, "widgets": widgets}


def _number(system: System, panel: Panel, signal: str, title: str) -> Widget:
    """A signal over the panel's period up to now."""
    formulas, queries = _formulas(system, panel, [signal])
    found = [
        {**each, "aggregator": _scalar(system, leaf)}
        for each, leaf in zip(queries, leaves(system.signals, [signal]), strict=True)
    ]
    request = {"response_format": "scalar", "formulas": formulas, "queries": found}
    unit = {"custom_unit": panel.unit} if panel.unit else {}
    return {
        "type": "query_value",
        "title": title,
        "autoscale": not unit,
        **unit,
        "precision": 2,
        "requests": [request],
        "time": {"live_span": _SPANS[_nearest(panel.period)]},
    }


_SPANS = {
    MINUTE: "1m",
    5 * MINUTE: "5m",
    10 * MINUTE: "10m",
    15 * MINUTE: "15m",
    30 * MINUTE: "30m",
    HOUR: "1h",
    4 * HOUR: "4h",
    DAY: "1d",
    2 * DAY: "2d",
    7 * DAY: "1w",
    30 * DAY: "1mo",
}


def _nearest(period: int) -> int:
    """The span, in seconds, that is least far from a period; of two the shorter."""
    return min(_SPANS, key=lambda seconds: (abs(seconds - period), seconds))


def _other_spans(dashboard: Dashboard) -> Iterable[Problem]:
    for panel in (panel for row in dashboard.rows for panel in row if panel.kind == "number"):
        nearest = _nearest(panel.period)
        if nearest != panel.period:
            asked, shown = names.window(panel.period), names.window(nearest)
            yield faults.span(dashboard, panel.title, asked, shown)


def _scalar(system: System, leaf: str) -> str:
    """The aggregation of a query over the whole span."""
    metric = metrics.parsed(system, leaf)
    if metrics.is_count(metric):
        return "sum"
    return metric.aggregator if metric.aggregator in ("avg", "min", "max") else "max"

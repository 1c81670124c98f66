"""What a panel is on Datadog: a widget's definition.

A panel over SLOs is a group with a widget an SLO, for an SLO widget shows one.
https://docs.datadoghq.com/dashboards/widgets/
"""

from __future__ import annotations

from sereno.language import names
from sereno.language.model import Panel, Slo, System
from sereno.vendors.datadog import burn, metrics, parts, signal_widgets, silence, slos
from sereno.vendors.datadog.signal_widgets import Widget
from sereno.vendors.subjects import budgets, pairs, severities

SLO_WIDTH, SLO_HEIGHT = 3, 3  # of an SLO widget
LIGHT = {"page": "error dashed", "ticket": "warning dashed"}


def definition(system: System, panel: Panel, width: int) -> Widget:
    """Of a panel so many columns wide."""
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
            return signal_widgets.numbers(system, panel, width)
        case "timeseries":
            return signal_widgets.timeseries(system, panel)


def _alerts(system: System, panel: Panel) -> Widget:
    """The monitors that notify, found by their tag."""
    found = addresses(system, panel)
    ours = [
        f'tag:"{parts.tag(parts.TAG_PROJECT, system.project)}"',
        f'tag:"{parts.tag(parts.TAG_ENVIRONMENT, system.environment.name)}"',
    ]
    either = " OR ".join(f'tag:"{parts.tag(parts.TAG_ADDRESS, address)}"' for address in found)
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


def addresses(system: System, panel: Panel) -> list[str]:
    """Addresses, each once: of each alert, and of each SLO by severity."""
    shown = [burn.monitor_of(system, names.referred(name)) for name in panel.alerts]
    for slo in (slo_of(system, name) for name in panel.slos):
        shown += [names.burn(slo.name, severity) for severity in severities(slo)]
        shown += [resource.address for resource in silence.compile_silence(system, slo)[0]]
        shown += [address for _, address, _ in budgets(system, slo)]
    return list(dict.fromkeys(shown))


def slo_of(system: System, name: str) -> Slo:
    """By name; that there is one has been checked."""
    return next(slo for slo in system.slos if slo.name == name)


def _objectives(system: System, panel: Panel) -> list[tuple[str, Slo, str]]:
    """(title, SLO, address of the Datadog SLO) of each objective."""
    return [
        (
            f"{slo.name} {objective.name}" if len(slo.objectives) > 1 else slo.name,
            slo,
            slos.address(slo, objective),
        )
        for slo in (slo_of(system, name) for name in panel.slos)
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
    return {**signal_widgets.lines(panel, formulas, queries), "markers": _markers(system, panel)}


def _markers(system: System, panel: Panel) -> list[dict[str, str]]:
    every = {
        (pair.burn, pair.severity, pair.long)
        for name in panel.slos
        for _, pair, _ in pairs(slo_of(system, name))
    }
    return [
        {
            "value": f"y = {metrics.number(rate)}",
            "display_type": LIGHT[severity],
            "label": f"{severity} {metrics.number(rate)}x over {names.window(long)}",
        }
        for rate, severity, long in sorted(every, reverse=True)
    ]

"""Dashboards: rows of panels as widgets on the 24-column grid. What a person opens first at 3 a.m.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sereno.language import names
from sereno.language.expr import Binary, Expr, Name, Number
from sereno.language.model import DAY, HOUR, Dashboard, Objective, Panel, Slo, System, Variable
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import alarms, burn, faults, kept, metrics, parts
from sereno.vendors.readings import bad_and_total, leaves, signals_of
from sereno.vendors.subjects import budgets, severities

Widget = dict[str, Any]
_PERCENT = Number(Decimal(100))


def compile_dashboard(system: System, dashboard: Dashboard) -> burn.Compiled:
    """One dashboard; panels that cannot be drawn here are problems."""
    if dashboard.cloudwatch:
        return (kept.dashboard(system, dashboard),), ()
    problems = tuple(p for row in dashboard.rows for panel in row for p in _refused(system, dashboard, panel))
    if problems:
        return (), problems
    address = names.dashboard(dashboard.name)
    body = {
        "DashboardName": names.live(system, address),
        "DashboardBody": {"widgets": list(_widgets(system, dashboard))} | _variables(dashboard),
        "Tags": parts.tags(system, address, {}),
    }
    return (Resource("dashboard", address, body, dashboard.where),), (
        *_unused(system, dashboard),
        *_without_an_alarm(system, dashboard),
    )


def _variables(dashboard: Dashboard) -> dict[str, Any]:
    """What a viewer chooses: a dimension of every metric that has it."""
    found = [_variable(of) for of in dashboard.variables if of.cloudwatch]
    return {"variables": found} if found else {}


def _variable(of: Variable) -> dict[str, Any]:
    first = {"defaultValue": of.default} if of.default is not None else {}
    values = {"values": [{"value": value, "label": value} for value in of.values]} if of.values else {}
    return {
        "type": "property",
        "property": of.cloudwatch,
        "inputType": "select" if of.values else "input",
        "id": of.name,
        "label": of.title,
        "visible": True,
        **first,
        **values,
    }


def _unused(system: System, dashboard: Dashboard) -> Iterable[Problem]:
    """Variables that no panel's metric follows."""
    panels = [panel for row in dashboard.rows for panel in row]
    read = [name for panel in panels for name in panel.signals]
    shown = [_slo(system, name) for panel in panels if panel.kind in ("slo", "burn") for name in panel.slos]
    read += [name for slo in shown for o in slo.objectives for name in signals_of(o)]
    sources = [system.signals[leaf].cloudwatch for leaf in leaves(system.signals, read)]
    known = {dimension for source in sources if source for dimension, _ in source.dimensions}
    for of in dashboard.variables:
        if of.cloudwatch not in known:
            yield faults.variable(dashboard, of)


def _without_an_alarm(system: System, dashboard: Dashboard) -> Iterable[Problem]:
    """Alerts that a panel leaves out, for CloudWatch has none of their kind."""
    nowhere = _of_budgets(system)
    for panel in (panel for row in dashboard.rows for panel in row):
        for name in panel.alerts:
            if names.referred(name) in nowhere:
                yield faults.panel_alert(dashboard, panel.title, name)


def _refused(system: System, dashboard: Dashboard, panel: Panel) -> Iterable[Problem]:
    shown = [_slo(system, name) for name in panel.slos if panel.kind in ("slo", "burn")]
    read = [name for slo in shown for o in slo.objectives for name in signals_of(o)]
    yield from metrics.unreadable(system, (*panel.signals, *read), dashboard.where)
    if panel.kind == "alerts" and account(system) is None:
        yield faults.account(dashboard)


def account(system: System) -> str | None:
    """The variable `account_id`, else the account of the first receiver's ARN."""
    known = system.environment.variables.get("account_id")
    arns = [arn for receiver in system.receivers.values() for arn in receiver.cloudwatch]
    found = [m[1] for arn in arns if (m := re.match(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):", arn))]
    return known or next(iter(found), None)


def alarm_arn(system: System, address: str) -> str:
    """The ARN an alarm of this environment has, or will have."""
    region = system.environment.region
    return f"arn:aws:cloudwatch:{region}:{account(system)}:alarm:{names.live(system, address)}"


def _widgets(system: System, dashboard: Dashboard) -> Iterable[Widget]:
    y = 0
    for row in dashboard.rows:
        x = 0
        for panel in row:
            place = {"x": x, "y": y, "width": panel.width, "height": panel.height}
            yield {**place, **_widget(system, panel)}
            x += panel.width
        y += max((panel.height for panel in row), default=0)


def _widget(system: System, panel: Panel) -> Widget:
    match panel.kind:
        case "text":
            return {"type": "text", "properties": {"markdown": panel.text}}
        case "alerts":
            arns = [alarm_arn(system, address) for address in _alarms(system, panel)]
            return {"type": "alarm", "properties": {"title": panel.title, "alarms": arns}}
        case "slo":
            return _metric(system, panel, _budget_left(system, panel), _over_the_window(system, panel))
        case "burn":
            return _metric(system, panel, _burn_rates(system, panel), _thresholds(system, panel))
        case "timeseries" | "number":
            return _metric(system, panel, _signals(system, panel), {})


def _metric(system: System, panel: Panel, lines: list[list[Any]], more: dict[str, Any]) -> Widget:
    view = "singleValue" if panel.kind in ("number", "slo") else "timeSeries"
    properties: dict[str, Any] = {
        "title": panel.title,
        "region": system.environment.region,
        "view": view,
        "period": panel.period,
        "metrics": lines,
        **more,
    }
    if panel.unit and view == "timeSeries":
        properties.setdefault("yAxis", {"left": {"label": panel.unit, "showUnits": False}})
    return {"type": "metric", "properties": properties}


def _alarms(system: System, panel: Panel) -> list[str]:
    """The alarms of each alert, and those with the actions of each SLO, with its no-data alert: each once."""
    nowhere = _of_budgets(system)
    shown = [address for address in map(names.referred, panel.alerts) if address not in nowhere]
    for slo in (_slo(system, name) for name in panel.slos):
        shown += [names.burn(slo.name, severity) for severity in severities(slo)]
        silence, _ = alarms.compile_silence(system, slo)
        shown += [resource.address for resource in silence]
    return list(dict.fromkeys(shown))


def _of_budgets(system: System) -> set[str]:
    """The addresses of the alerts that tell what is left of a budget: no alarm is at them."""
    return {address for slo in system.slos for _, address, _ in budgets(system, slo)}


def _slo(system: System, name: str) -> Slo:
    return next(slo for slo in system.slos if slo.name == name)


def _signals(system: System, panel: Panel) -> list[list[Any]]:
    """A line a signal; the metrics behind a computed one are fetched and hidden."""
    wanted = [Name(name) for name in panel.signals]
    ids = metrics.ids(metrics.leaves(system.signals, panel.signals))
    lines = [
        _expression(metrics.text(plain, ids), f"e{n}", name.name)
        for n, name in enumerate(wanted)
        if not isinstance(plain := metrics.plain(system.signals, name), Name)
    ]
    bare = [name for name in panel.signals if system.signals[name].expr is None]
    return lines + [_line(system, leaf, identity, leaf in bare, None) for leaf, identity in ids.items()]


def _expression(expression: str, identity: str, label: str) -> list[Any]:
    return [{"expression": expression, "id": identity, "label": label}]


def _line(system: System, leaf: str, identity: str, visible: bool, period: int | None) -> list[Any]:
    metric = metrics.metric_of(system, leaf)
    options: dict[str, Any] = {"id": identity, "label": leaf, "stat": metric.stat, "visible": visible}
    if period:
        options["period"] = period
    if metric.account:
        options["accountId"] = metric.account
    dimensions = [word for pair in metric.dimensions for word in pair]
    return [metric.namespace, metric.metric, *dimensions, options]


def _of_budget(system: System, objective: Objective) -> Expr:
    """Burn rate: the share of bad events, in error budgets. Not for thresholds: they have no share."""
    bad, total = bad_and_total(system, objective)
    share = bad if total is None else Binary("/", bad, total)
    return Binary("/", share, Number(1 - objective.target))


def _drawn(system: System, panel: Panel) -> list[tuple[str, Slo, Objective]]:
    """(title, SLO, objective) of each line; threshold indicators have no ratio to draw."""
    return [
        (f"{slo.name} {objective.name}" if len(slo.objectives) > 1 else slo.name, slo, objective)
        for slo in (_slo(system, name) for name in panel.slos)
        for objective in slo.objectives
        if bad_and_total(system, objective)[1] is not None
    ]


def _budget_left(system: System, panel: Panel) -> list[list[Any]]:
    """Per cent of the budget left over the SLO's window: 100 x (1 - burn rate over all of it)."""
    drawn = _drawn(system, panel)
    ids = _ids(system, [objective for _, _, objective in drawn])
    lines = []
    for n, (title, _, objective) in enumerate(drawn):
        left = Binary("*", _PERCENT, Binary("-", Number(Decimal(1)), _of_budget(system, objective)))
        lines.append(_expression(metrics.text(left, ids), f"left{n}", f"{title}: % of budget left"))
    return lines + [_line(system, leaf, identity, False, None) for leaf, identity in ids.items()]


def _over_the_window(system: System, panel: Panel) -> dict[str, Any]:
    """One number over the whole of the longest SLO window, whatever the dashboard's time range is."""
    days = max(_slo(system, name).window.seconds for name in panel.slos) // DAY
    return {"start": f"-P{days}D", "setPeriodToTimeRange": True, "sparkline": False}


def _ids(system: System, objectives: Iterable[Objective]) -> dict[str, str]:
    every = [name for objective in objectives for name in signals_of(objective)]
    return metrics.ids(metrics.leaves(system.signals, every))


def _burn_rates(system: System, panel: Panel) -> list[list[Any]]:
    """The burn rate over the short window of each policy (an hour where there is none)."""
    lines: list[list[Any]] = []
    hidden: list[list[Any]] = []
    for n, (title, slo, objective) in enumerate(_drawn(system, panel)):
        plain = _ids(system, [objective])
        for window in sorted({pair.short for pair in slo.policies} or {HOUR}):
            ids = {leaf: f"{identity}_{n}_{window}" for leaf, identity in plain.items()}
            label = f"{title} over {names.window(window)}"
            expression = metrics.text(_of_budget(system, objective), ids)
            lines.append(_expression(expression, f"burn{n}_{window}", label))
            hidden += [_line(system, leaf, identity, False, window) for leaf, identity in ids.items()]
    return lines + hidden


def _thresholds(system: System, panel: Panel) -> dict[str, Any]:
    """A horizontal line where each policy fires."""
    pairs = {
        (pair.burn, pair.severity, pair.long) for name in panel.slos for pair in _slo(system, name).policies
    }
    lines = [
        {"label": f"{severity} {rate}x over {names.window(long)}", "value": float(rate)}
        for rate, severity, long in sorted(pairs, reverse=True)
    ]
    axis = {"left": {"min": 0, "label": "x budget", "showUnits": False}}
    return {"annotations": {"horizontal": lines}, "yAxis": axis} if lines else {"yAxis": axis}
